"""Questions of ours as elements of SurveyJS.

One table, `KINDS`; a writer takes a question and what is needed around it, and gives the element without what all
questions have.
"""

from __future__ import annotations

from collections.abc import Callable

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.surveyjs_writing import Element, Writing
from populace.survey.formats.surveyjs_written_kinds import SIMPLE
from populace.survey.formats.surveyjs_written_tables import TABLES
from populace.survey.formats.translated import negated
from populace.survey.question import Question


def element(question: Question, writing: Writing) -> list[Element]:
    """The elements a question becomes: one, or one for every set or task; none where SurveyJS has nothing like it."""
    writer = KINDS.get(question.kind)
    found = writer(question, writing) if writer else None
    place = f"question {question.name!r}"
    if not found:
        writing.fidelity.lost("question", place, f"SurveyJS has nothing like kind {question.kind!r}")
        return []
    elements = found if isinstance(found, list) else [found]
    for one in elements:
        _common(one, question, writing, place)
    writing.fidelity.taken("question")
    return elements


def _common(one: Element, question: Question, writing: Writing, place: str) -> None:
    """What all questions have."""
    one["name"] = one.get("name", question.name) + writing.suffix
    if one["type"] == "html":
        one["html"] = writing.text(question.text, place, question.name, html=True)
    elif "title" not in one:
        one["title"] = writing.text(question.text, place, question.name)
    if question.show_if:
        one["visibleIf"] = writing.condition(question.show_if, place, "show_if")
    if question.required:
        one["isRequired"] = True
    if question.valid_if:
        _rules(one, question, writing, place)
    elif question.valid_text:
        writing.fidelity.lost("valid_text", place, "words for a condition that is not there")
    _told_lost(question, writing.fidelity, place)


def _told_lost(question: Question, fidelity: Fidelity, place: str) -> None:
    """Fields that SurveyJS has nothing for."""
    if question.randomize and question.kind not in _SHUFFLED:
        fidelity.lost("randomize", place, f"kind {question.kind!r} has no order there")
    for name, words in _LOST.items():
        if getattr(question, name) not in (None, False, "question"):
            fidelity.lost(name, place, words)


#: kinds whose options or rows have an order there
_SHUFFLED = ("single", "multiple", "scale", "rank", "grid", "grid_multiple", "side_by_side")
_LOST = {
    "role": "questions are not marked as background",
    "stem": "the common wording of a battery stands in the full wording only",
    "item": "the own wording within a battery stands in the full wording only",
    "unit": "numbers have no unit",
    "requested": "an answer is asked for once, or it must be given",
    "flip": "options are not reversed for half of the respondents",
    "show_only": "all options are shown, not some of them at random",
    "fixed": "all questions of a page are put in random order, or none",
}


def _rules(one: Element, question: Question, writing: Writing, place: str) -> None:
    """`valid_if` as what it came from: an answer that is needed, a least length, or a condition."""
    rest: list[Expression] = []
    expression = parse(question.valid_if or "")
    parts = expression.operands if isinstance(expression, Logic) and expression.operator == "and" else (expression,)
    validators = one.setdefault("validators", [])
    for part in parts:
        needed, least = _needed(part, question), _least(part, question)
        if least:
            validators.append({"type": "text", "minLength": least})
        elif needed is not None and "requiredIf" not in one:
            one["requiredIf"] = writing.condition(needed, place, "valid_if")
        else:
            rest.append(part)
    for part in rest:
        validators.append({"type": "expression", "expression": writing.condition(part, place, "valid_if")})
    if question.valid_text:
        words = writing.text(question.valid_text, place)
        target = validators[-1] if validators else one
        target["text" if validators else "requiredErrorText"] = words
    if not validators:
        del one["validators"]


def _needed(part: Expression, question: Question) -> Expression | None:
    """The condition of `not condition or answered(question)`."""
    match part:
        case Logic(operator="or", operands=(first, Call(function="answered", arguments=(Name(name=name),)))):
            return negated(first) if name == question.name else None
    return None


def _least(part: Expression, question: Question) -> int | None:
    """The least length of `not answered(question) or length(question) >= 3`."""
    own = Name(question.name)
    match part:
        case Logic(
            operator="or",
            operands=(
                Not(operand=Call(function="answered", arguments=(asked,))),
                Compare(operator=">=", left=Call(function="length", arguments=(measured,)), right=Number(value=least)),
            ),
        ) if asked == measured == own and isinstance(least, int) and least > 0 and question.kind == "open":
            return None if question.rows else least
    return None


#: kind -> what writes it
KINDS: dict[str, Callable[[Question, Writing], Element | list[Element] | None]] = {**SIMPLE, **TABLES}
