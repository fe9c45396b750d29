"""Scores of a Qualtrics file: points that answers give, added up."""

from __future__ import annotations

from collections.abc import Iterator

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Number
from populace.survey.flow import Computed
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.names import Names
from populace.survey.formats.qsf_draft import Draft
from populace.survey.formats.qsf_places import Places, Unknown, read_locator
from populace.survey.formats.qsf_raw import Raw, mapping, members, number


def scores_of(raw: Raw, places: Places, names: Names, fidelity: Fidelity) -> list[Computed]:
    """A computed value for each category of scores that has points; places know them from here on."""
    found = []
    for category in map(mapping, members(raw.scoring.get("ScoringCategories"))):
        id, words = str(category.get("ID")), str(category.get("Name") or "Score").strip() or "Score"
        place = f"score {words} ({id})"
        terms = [term for draft in places.drafts.values() for term in _graded(draft, id, places, fidelity)]
        if not terms:
            fidelity.lost("score", place, "no choice has points in it")
            continue
        name = names.claim(words, "score name", place, fidelity)
        text = str(category.get("Description") or "").strip() or (words if words != name else None)
        try:
            found.append(Computed(name, str(Call("sum", tuple(terms))), text))
        except InstrumentError as problem:
            fidelity.lost("score", place, str(problem))
            continue
        places.scores[id] = name
        fidelity.taken("score")
    return found


def _graded(draft: Draft, category: str, places: Places, fidelity: Fidelity) -> Iterator[Expression]:
    """Points that answers to a question give in a category."""
    for one in map(mapping, members(draft.raw.get("GradingData"))):
        points = number(mapping(one.get("Grades")).get(category))
        if not points:
            continue
        ids = "/".join(str(one[key]) for key in ("ChoiceID", "AnswerID") if one.get(key) not in (None, ""))
        at = read_locator(f"q://{draft.qid}/SelectableChoice/{ids}")
        try:
            if at is None or not at.ids:
                raise Unknown("its choice is not named")
            yield Call("if", (places.selected(at), Number(points), Number(0)))
        except (Unknown, InstrumentError) as reason:
            fidelity.lost("points of a score", f"{draft.place}, choice {ids or '?'}", str(reason))
