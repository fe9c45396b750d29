"""Sets of comparisons, as the logic of Qualtrics consists of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from populace.survey.formats.qsf_write_places import Target

#: comparisons of one condition
MOST = 200
_WORDS = {
    "Selected": "Is Selected", "NotSelected": "Is Not Selected", "Displayed": "Is Displayed",
    "NotDisplayed": "Is Not Displayed", "EqualTo": "Is Equal to", "NotEqualTo": "Is Not Equal to",
    "GreaterThan": "Is Greater Than", "GreaterThanOrEqual": "Is Greater Than or Equal to",
    "LessThan": "Is Less Than", "LessThanOrEqual": "Is Less Than or Equal to", "Empty": "Is Empty",
    "NotEmpty": "Is Not Empty", "Contains": "Contains", "DoesNotContain": "Does Not Contain",
    "MatchesRegex": "Matches Regex",
}  # fmt: skip


class NotWritten(Exception):
    """A condition that Qualtrics has no words for; says why."""


@dataclass(frozen=True)
class Term:
    """One comparison."""

    #: what is compared
    target: Target
    #: its locator
    left: str
    #: operator of Qualtrics
    operator: str
    #: what it is compared with
    right: str | None = None
    #: capitals do not count
    alike: bool = False


@dataclass(frozen=True)
class Joined:
    """Comparisons, and others joined already."""

    #: "And" or "Or"
    word: str
    #: two or more
    parts: tuple[Form, ...]


Form = Term | Joined


def joined(word: str, parts: Sequence[Form]) -> Form:
    """Forms joined; those joined by the same word become one."""
    flat: list[Form] = []
    for part in parts:
        flat += part.parts if isinstance(part, Joined) and part.word == word else [part]
    return flat[0] if len(flat) == 1 else Joined(word, tuple(flat))


def as_sets(form: Form) -> list[tuple[str, list[Term], str]] | None:
    """Sets joined by one word, with the other within; None where it is nested deeper."""
    if isinstance(form, Term):
        return [("And", [form], "And")]
    other = "Or" if form.word == "And" else "And"
    sets: list[tuple[str, list[Term], str]] = []
    alone = False  # does the last set consist of comparisons that stood alone?
    for part in form.parts:
        if isinstance(part, Term):
            if alone:
                sets[-1][1].append(part)
            else:
                sets.append((form.word, [part], form.word))
            alone = True
        elif all(isinstance(one, Term) for one in part.parts):
            sets.append((form.word, list(part.parts), other))
            alone = False
        else:
            return None
    return sets


def multiplied(form: Form) -> Form:
    """The same as alternatives of comparisons that hold together, as far as that is not too many."""
    return joined("Or", [joined("And", terms) for terms in _alternatives(form)])


def _alternatives(form: Form) -> list[list[Term]]:
    if isinstance(form, Term):
        return [[form]]
    parts = [_alternatives(part) for part in form.parts]
    if form.word == "Or":
        found = [terms for part in parts for terms in part]
    else:
        found = [[]]
        for part in parts:
            if len(found) * len(part) > MOST:
                raise NotWritten(f"takes more than {MOST} comparisons; split it up")
            found = [[*before, *terms] for before in found for terms in part]
    if sum(map(len, found)) > 4 * MOST:
        raise NotWritten(f"takes more than {MOST} comparisons; split it up")
    return found


def boolean(sets: Sequence[tuple[str, list[Term], str]]) -> dict[str, Any]:
    """The dictionary of dictionaries."""
    found: dict[str, Any] = {}
    for number, (before, terms, within) in enumerate(sets):
        group: dict[str, Any] = {
            str(place): term_of(term, within if place else before if number else None)
            for place, term in enumerate(terms)
        }
        group["Type"] = "If" if not number else "AndIf" if before == "And" else "OrIf"
        found[str(number)] = group
    return found | {"Type": "BooleanExpression"}


def term_of(term: Term, word: str | None) -> dict[str, Any]:
    """One comparison as Qualtrics writes it; `word` joins it to what stands before."""
    target = term.target
    shown = {"score": "Score", "field": "EmbeddedField", "loop": "LoopAndMerge"}
    content: dict[str, Any] = {"LogicType": shown.get(target.kind, "Question")}
    if content["LogicType"] == "Question":
        content |= {
            "QuestionID": target.question,
            "QuestionIsInLoop": "no",
            "ChoiceLocator": term.left,
            "QuestionIDFromLocator": target.id,
        }
    content |= {"Operator": term.operator, "LeftOperand": term.left}
    content |= {} if term.right is None else {"RightOperand": term.right}
    content |= {"IgnoreCase": 1} if term.alike else {}
    content |= {"Type": "Expression", "Description": _described(term, word)}
    return content | ({} if word is None else {"Conjuction": word})


def _described(term: Term, word: str | None) -> str:
    """What the editor shows before it has looked the comparison up."""
    parts = [("ConjDesc", word or "If"), ("QuestionDesc", term.target.id), ("OpDesc", _WORDS[term.operator])]
    parts += [("RightOpDesc", term.right)] if term.right is not None else []
    return " ".join(f'<span class="{name}">{escape(text, quote=False)}</span>' for name, text in parts)
