"""Computed values that are scores: points for answers, added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Number
from populace.survey.expressions import parse
from populace.survey.flow import Computed
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_write_places import Target
from populace.survey.instrument import Instrument


@dataclass
class Scores:
    """The scores of one file."""

    #: name of a computed value -> id of its category
    ids: dict[str, str] = field(default_factory=dict)
    #: categories as the file has them
    categories: list[dict[str, Any]] = field(default_factory=list)
    #: QID -> points of its choices
    grading: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, one: Computed, points: list[tuple[Target, str, int | float]]) -> None:
        """A score with its points: target, id of the choice, number."""
        id = f"SC_{len(self.categories) + 1:015d}"
        self.ids[one.name] = id
        self.categories.append({"ID": id, "Name": one.name, "Description": one.text or ""})
        for target, choice, number in points:
            self._grade(target, choice)["Grades"][id] = str(number)

    def _grade(self, target: Target, choice: str) -> dict[str, Any]:
        """Where the points of a choice stand."""
        named = {"ChoiceID": target.ids[0], "AnswerID": choice} if target.ids else {"ChoiceID": choice}
        listed = self.grading.setdefault(target.id, [])
        for one in listed:
            if {key: one.get(key) for key in ("ChoiceID", "AnswerID") if key in one} == named:
                return one
        listed.append({**named, "Grades": {}, "index": len(listed)})
        return listed[-1]


def scores_of(instrument: Instrument, targets: Mapping[str, Target], fidelity: Fidelity) -> Scores:
    """Computed values as scores, as far as they are sums of points."""
    scores = Scores()
    for one in instrument.computed:
        try:
            points = _points(parse(one.value), targets)
        except InstrumentError:
            points = None
        if points is None:
            words = f"{one.value[:200]}: only points that answers give can be added up there"
            fidelity.lost("computed value", f"computed {one.name}", words)
            continue
        scores.add(one, points)
        fidelity.taken("score")
    return scores


def _points(expression: Expression, targets: Mapping[str, Target]) -> list[tuple[Target, str, int | float]] | None:
    """Points of a sum of `if(selected(…), points, 0)`, None where it is something else."""
    if not (isinstance(expression, Call) and expression.function == "sum"):
        return None
    found: list[tuple[Target, str, int | float]] = []
    for term in expression.arguments:
        match term:
            case Call("if", (Call("selected", (name, *codes)), Number(points), Number(0))):
                target = targets.get(name.name)
                known = target is not None and target.kind in ("closed", "multiple") and target.id.startswith("QID")
                if not known or "#" in target.id or any(code.value not in target.codes for code in codes):
                    return None
                found += [(target, target.codes[code.value], points) for code in codes]
            case _:
                return None
    named = [(target.id, target.ids, choice) for target, choice, _ in found]
    return found if len(set(named)) == len(named) else None
