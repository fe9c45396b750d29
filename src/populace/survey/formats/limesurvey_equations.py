"""What LimeSurvey computes or is told beforehand: equations, hidden questions, fields of participants."""

from __future__ import annotations

import re
from html import unescape

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Text, Truth
from populace.survey.flow import Branch, Computed, Element, Field, Roll, SetData
from populace.survey.formats.limesurvey_conditions import relevance_of
from populace.survey.formats.limesurvey_expressions import Translation
from populace.survey.formats.limesurvey_kinds import wording
from populace.survey.formats.limesurvey_plans import Plan, variable_kind
from populace.survey.formats.limesurvey_reading import Reading
from populace.survey.formats.limesurvey_texts import braces
from populace.survey.formats.markup import plain_text
from populace.survey.formats.translated import NotRead, holds_unsupported, unsupported
from populace.survey.question import Question

_RAND = r"rand\s*\(\s*(-?\d{1,15})\s*,\s*(-?\d{1,15})\s*\)"
#: a random number, drawn once
_ROLL = re.compile(rf"{_RAND}|if\s*\(\s*is_empty\s*\(\s*([\w.]+)\s*\)\s*,\s*{_RAND}\s*,\s*\3\s*\)", re.IGNORECASE)


class Outcome:
    """What a group gives besides questions."""

    def __init__(self) -> None:
        #: steps before the block
        self.before: list[Element] = []
        #: steps after it
        self.after: list[Element] = []
        #: values that follow from the answers
        self.computed: list[Computed] = []
        #: embedded data
        self.fields: list[Field] = []


def hidden_field(plan: Plan, reading: Reading, outcome: Outcome) -> None:
    """A hidden question: embedded data; its default is written on the way."""
    asked = plan.asked
    kind = "number" if variable_kind(plan) == "number" else "text"
    default = reading.texts.plain(asked.defaults.get("0", ""), f"{asked.place}, default answer")
    words = reading.texts.of(asked.texts, asked.place)
    options = f", its {len(plan.answers.get(0, {}))} answer options are not kept" if plan.answers.get(0) else ""
    reading.fidelity.changed("hidden question", asked.place, f"is embedded data here{options}")
    if words or default is None:
        outcome.fields.append(Field(plan.name, words, kind))
    if default is not None:
        _write(plan, default, reading, outcome)
        reading.fidelity.taken("default answer")


def _write(plan: Plan, text: str, reading: Reading, outcome: Outcome) -> None:
    """Embedded data written before the block, those in a row in one step."""
    step = _for_whom(SetData(((plan.name, text),)), plan, reading)
    last = outcome.before[-1] if outcome.before else None
    if isinstance(last, SetData) and isinstance(step, SetData):
        outcome.before[-1] = SetData((*last.values, *step.values))
    else:
        outcome.before.append(step)


def equation(plan: Plan, reading: Reading, outcome: Outcome) -> list[Question]:
    """An equation: a computed value, a random number, or a text that is filled in; and what is shown of it."""
    asked, language = plan.asked, reading.raw.languages[0]
    text = asked.attribute("equation") or asked.texts.get(language, "")
    pieces = [(piece, inner) for piece, inner in braces(text) if inner or plain_text(piece)]
    if len(pieces) == 1 and pieces[0][1]:
        _single(plan, unescape(pieces[0][0][1:-1]).replace("\xa0", " ").strip(), reading, outcome)
    else:
        words = reading.texts.plain(text, asked.place) or ""
        outcome.after.append(_for_whom(SetData(((plan.name, words),)), plan, reading))
        reading.fidelity.changed("equation", asked.place, "is a text that is filled in after its group")
    if asked.on("hidden"):
        return []
    return _shown(plan, reading, single=len(pieces) == 1)


def _single(plan: Plan, text: str, reading: Reading, outcome: Outcome) -> None:
    roll = _ROLL.fullmatch(text)
    if roll and (roll[3] is None or reading.lookup.find(roll[3]) == reading.lookup.find(plan.asked.code)):
        low, high = int(roll[1] or roll[4]), int(roll[2] or roll[5])
        outcome.before.append(_for_whom(Roll(plan.name, min(low, high), max(low, high)), plan, reading))
        reading.fidelity.taken("equation")
        return
    try:
        reading.lookup.own = plan.asked.code
        value = Translation(text, reading.lookup).value()
        reading.fidelity.taken("equation")
    except (NotRead, InstrumentError) as problem:
        value = unsupported(text)
        reading.fidelity.lost("equation", plan.asked.place, f"not translated: {text[:200]!r}: {problem}")
    condition = relevance_of(plan, reading)
    if condition is not None and not holds_unsupported(value):
        value = Call("if", (condition, value, Text("")))
    outcome.computed.append(Computed(plan.name, str(value)))


def _shown(plan: Plan, reading: Reading, single: bool) -> list[Question]:
    """The text that is shown of an equation."""
    name = reading.names.free(f"{plan.name}_shown")
    reading.names.add(name)
    words = wording(plan, reading) if plan.asked.attribute("equation") or not single else f"${{{plan.name}}}"
    condition = relevance_of(plan, reading)
    show_if = None if condition is None else str(condition)
    reading.fidelity.changed("equation", plan.asked.place, f"what is shown of it is the text {name!r} here")
    return [Question(name, "display", words, show_if=show_if, source=plan.asked.qid)]


def _for_whom(step: Element, plan: Plan, reading: Reading) -> Element:
    condition: Expression | None = relevance_of(plan, reading)
    return step if condition in (None, Truth(True)) else Branch(str(condition), (step,))


def tokens(reading: Reading) -> list[Field]:
    """Fields of participants that conditions and wordings name."""
    found = []
    for field, name in reading.lookup.tokens.items():
        reading.fidelity.changed("participant field", f"TOKEN:{field}", f"is embedded data {name!r} here")
        found.append(Field(name, f"participant field {field}"))
    return found
