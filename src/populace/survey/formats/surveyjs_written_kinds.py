"""Kinds of question without a table, as SurveyJS elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.surveyjs_choices import legal
from populace.survey.formats.surveyjs_kinds import _RECOMMEND
from populace.survey.formats.surveyjs_options import choices, told_codes
from populace.survey.formats.surveyjs_variables import as_word
from populace.survey.formats.surveyjs_writing import Element, Writing
from populace.survey.item import Row
from populace.survey.names import name_problem
from populace.survey.question import Question
from populace.survey.scale import Option

_INPUTS = {"email": "email", "phone": "tel", "url": "url", "time": "time"}


#: looks that are an input type of a line of text
_LOOK_INPUTS = ("color", "datetime-local", "month", "password", "week")


def _single(question: Question, writing: Writing) -> Element:
    look, place = question.look, f"question {question.name!r}"
    if look == "boolean" and _is_boolean(question):
        return _boolean(question, writing)
    one: Element = {"type": look if look in ("dropdown", "buttongroup", "imagepicker") else "radiogroup"}
    if look and look not in ("dropdown", "buttongroup", "imagepicker"):
        writing.fidelity.lost("look", place, f"{look!r}")
    ordered = look_ordered([option.label for option in question.options if not option.missing])
    if ordered and one["type"] in ("radiogroup", "dropdown"):
        writing.fidelity.changed("kind", place, "read back, its labels make it an ordered scale")
    choices(one, question, writing, several=False)
    return one


def _is_boolean(question: Question) -> bool:
    plain = [replace(option, label="", source=None) for option in question.options]
    codes = {option.code for option in question.options}
    kept = all(option == Option(option.code, "") for option in plain)
    return kept and codes == {0, 1} and not question.randomize


def _boolean(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    labels = {
        option.code: writing.text(option.label, place, f"{question.name}/options/{option.code}")
        for option in question.options
    }
    writing.fidelity.taken("option", 2)
    one: Element = {"type": "boolean", "labelTrue": labels[1], "labelFalse": labels[0]}
    return one | ({"swapOrder": True} if question.options[0].code == 1 else {})


def _multiple(question: Question, writing: Writing) -> Element:
    look = question.look
    one: Element = {"type": look if look in ("tagbox", "imagepicker") else "checkbox"}
    if look == "imagepicker":
        one["multiSelect"] = True
    elif look and look != "tagbox":
        writing.fidelity.lost("look", f"question {question.name!r}", f"{look!r}")
    choices(one, question, writing, several=True)
    if one["type"] == "imagepicker" and (question.at_least or question.at_most):
        limits = {"minCount": question.at_least, "maxCount": question.at_most}
        one["validators"] = [{"type": "answercount", **{key: value for key, value in limits.items() if value}}]
        return one
    limits = {"minSelectedChoices": question.at_least, "maxSelectedChoices": question.at_most}
    return one | {key: value for key, value in limits.items() if value}


def _scale(question: Question, writing: Writing) -> Element:
    """A rating; where it has choices that no rating has, a list of choices."""
    look, place = question.look, f"question {question.name!r}"
    plain = all(replace(o, label="", source=None) == Option(o.code, "") for o in question.options)
    if plain and not question.randomize and look not in ("radiogroup", "dropdown"):
        return _rating(question, writing)
    labels = [option.label for option in question.options if not option.missing]
    kind = look if look in ("radiogroup", "dropdown") else "radiogroup"
    if not look_ordered(labels):
        writing.fidelity.changed("kind", place, "read back as a single choice: nothing says that it is a scale")
    elif look != kind:
        writing.fidelity.changed("look", place, f"now {kind!r}")
    one: Element = {"type": kind}
    choices(one, question, writing, several=False)
    return one


def _rating(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    one: Element = {"type": "rating"}
    if question.look in ("stars", "smileys"):
        one["rateType"] = question.look
    elif question.look:
        writing.fidelity.lost("look", place, f"{question.look!r}")
    one["rateValues"] = [
        {
            "value": as_word(option.code),
            "text": writing.text(option.label, place, f"{question.name}/options/{option.code}"),
        }
        for option in question.options
    ]
    writing.fidelity.taken("option", len(question.options))
    told_codes(question, writing.fidelity, place)
    if [option.code for option in question.options] == list(range(11)) and _RECOMMEND.search(_hint(question)):
        writing.fidelity.changed("kind", place, "read back, its words make it a net promoter question")
    return one


def _hint(question: Question) -> str:
    return f"{question.name} {question.text}"


def _nps(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    answers = tuple(option for option in question.options if not option.missing)
    if len(answers) < len(question.options):
        writing.fidelity.lost("option", place, "a rating has no choice for no answer")
    if any(option != Option(option.code, option.label, source=option.source) for option in answers):
        writing.fidelity.lost("option", place, "values of a rating have no conditions or flags")
    one = _rating(
        _shorter(question, answers), Writing(Fidelity(""), writing.words, writing.translations, writing.placed)
    )
    if not _RECOMMEND.search(_hint(question)):
        writing.fidelity.changed("kind", place, "read back as a scale: no word says that it is a net promoter question")
    writing.fidelity.taken("option", len(answers))
    return one


def _shorter(question: Question, options: tuple[Option, ...]) -> Question:
    return replace(question, options=tuple(Option(option.code, option.label) for option in options))


def _rank(question: Question, writing: Writing) -> Element:
    one: Element = {"type": "ranking"}
    choices(one, question, writing, several=True)
    if question.look:
        writing.fidelity.lost("look", f"question {question.name!r}", f"{question.look!r}")
    if question.ranked is not None and question.ranked < len(question.options):
        one |= {"selectToRankEnabled": True, "maxSelectedChoices": question.ranked}
        one["minSelectedChoices"] = question.ranked
    elif question.ranked is not None:
        writing.fidelity.changed("ranked", f"question {question.name!r}", "all are put in order, without saying so")
    return one


def _open(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    if question.rows:
        return _form(question, writing, {"inputType": _INPUTS[question.format]} if question.format in _INPUTS else {})
    if question.several_lines:
        one: Element = {"type": "comment"}
        rest = question.format or question.look
    else:
        one = {"type": "text"}
        kind = _INPUTS.get(question.format or "") or (question.look if question.look in _LOOK_INPUTS else None)
        one |= {"inputType": kind} if kind else {}
        rest = None if kind else question.format or question.look
    if rest:
        writing.fidelity.lost("format", place, f"{rest!r}")
    return one | ({"maxLength": question.longest} if question.longest else {})


def _form(question: Question, writing: Writing, shape: Element) -> Element:
    """One field for each row."""
    place = f"question {question.name!r}"
    items = []
    for row in question.rows:
        told_row(row, question, writing, plain=True)
        title = writing.text(row.text, place, f"{question.name}/rows/{row.name}")
        items.append({"name": row.name, "title": title, **shape})
        if question.kind == "open" and question.longest:
            items[-1]["maxLength"] = question.longest
    writing.fidelity.taken("row", len(items))
    for name in ("several_lines", "look"):
        if getattr(question, name):
            writing.fidelity.lost(name, place, "fields of a form have no such property")
    return {"type": "multipletext", "items": items}


def told_row(row: Row, question: Question, writing: Writing, plain: bool) -> None:
    place = f"question {question.name!r}, row {row.name!r}"
    if row.specify:
        writing.fidelity.lost("row.specify", place, "nobody is asked to write more beside a row")
    if plain and (row.show_if or row.fixed):
        writing.fidelity.lost("row.show_if", place, "fields of a form are shown to everybody, in their order")
    illegal = name_problem(f"{question.name}_{row.name}") is not None
    derived = f"{question.name}_{legal(row.name)}" if illegal and question.kind != "side_by_side" else None
    if row.column != derived:
        writing.fidelity.lost("row.column", place, "columns have no names of their own")


def _limits(question: Question) -> list[Element]:
    limits = {"minValue": question.minimum, "maxValue": question.maximum}
    limits = {key: value for key, value in limits.items() if value is not None}
    return [{"type": "numeric", **limits}] if limits else []


def _numeric(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    if question.options:
        writing.fidelity.lost("option", place, "a number has no choice for no answer")
    kind = "range" if question.look == "range" else "number"
    if question.look not in (None, "range"):
        writing.fidelity.lost("look", place, f"{question.look!r}")
    shape: Element = {"inputType": kind}
    step = question.step
    if question.decimals is not None and step is None:
        step = 10**-question.decimals if question.decimals else 1
    if question.decimals is not None:
        writing.fidelity.changed("decimals", place, f"now steps of {step}")
    shape |= {"step": step} if step else {}
    rules = _limits(question)
    shape |= {"validators": rules} if rules else {}
    return _form(question, writing, shape) if question.rows else {"type": "text", **shape}


def _slider(question: Question, writing: Writing) -> Element:
    if question.rows:
        return _range(question, writing)
    place = f"question {question.name!r}"
    if question.options or question.look or question.decimals is not None:
        writing.fidelity.lost("slider", place, "no choice for no answer, no look, no decimals")
    if question.step == 1:
        writing.fidelity.changed("step", place, "steps of 1 are what goes without saying")
    one: Element = {"type": "slider", "min": question.minimum, "max": question.maximum}
    return one | ({"step": question.step} if question.step else {})


def _range(question: Question, writing: Writing) -> Element:
    """Sliders in rows: two ends of one slider, or numbers."""
    place = f"question {question.name!r}"
    if [(row.name, row.text) for row in question.rows] == [("from", "from"), ("to", "to")]:
        rest = replace(question, rows=())
        return {**_slider(rest, writing), "sliderType": "range"}
    writing.fidelity.changed("kind", place, "sliders in rows are fields for numbers")
    return _numeric(replace(question, kind="numeric", look="range"), writing)


def _sum(question: Question, writing: Writing) -> Element:
    place = f"question {question.name!r}"
    items, names = [], []
    for option in question.options:
        name = as_word(option.code)
        title = writing.text(option.label, place, f"{question.name}/options/{option.code}")
        items.append({"name": name, "title": title, "inputType": "number"})
        names.append(f"{{{question.name}{writing.suffix}.{name}}}")
        if replace(option, label="", source=None, column=None) != Option(option.code, ""):
            writing.fidelity.lost("option", f"{place}, option {option.code!r}", "fields of a form have no flags")
    for name in ("decimals", "look"):
        if getattr(question, name):
            writing.fidelity.lost(name, place, "fields of a form have no such property")
    told_codes(question, writing.fidelity, place)
    writing.fidelity.taken("option", len(items))
    total = as_word(question.total)
    rule = {"type": "expression", "expression": f"{' + '.join(names)} = {total}"}
    if len(names) < 2:
        writing.fidelity.changed("kind", place, "read back as a number: one field adds up to nothing")
    return {"type": "multipletext", "items": items, "validators": [rule]}


def _date(question: Question, writing: Writing) -> Element:
    return {"type": "text", "inputType": "date"}


def _display(question: Question, writing: Writing) -> Element:
    if question.look not in (None,):
        writing.fidelity.lost("look", f"question {question.name!r}", f"{question.look!r}")
    return {"type": "html"}


def _technical(question: Question, writing: Writing) -> Element | None:
    return {"type": question.look} if question.look in ("file", "signaturepad") else None


#: kind -> what writes it, of kinds without a table
SIMPLE: dict[str, Callable[[Question, Writing], Element | None]] = {
    "single": _single,
    "multiple": _multiple,
    "scale": _scale,
    "nps": _nps,
    "numeric": _numeric,
    "slider": _slider,
    "rank": _rank,
    "sum": _sum,
    "open": _open,
    "date": _date,
    "display": _display,
    "technical": _technical,
}
