"""What questions of each kind have in a LimeSurvey file besides their own row."""

from __future__ import annotations

from collections.abc import Callable

from populace.survey.expression_records import Expression
from populace.survey.expressions import parse
from populace.survey.formats.limesurvey_put import Put
from populace.survey.question import Question

#: fields of a question that LimeSurvey has nothing for
_NOWHERE = ("flip", "show_only", "stem", "item", "new_page")


def fill(put: Put, conditions: list[Expression]) -> None:
    """The question, all its parts and attributes."""
    question = put.question
    put.row(conditions)
    _PARTS.get(question.kind, _nothing)(put, question)
    _validation(put, question)
    if question.randomize:
        put.attributes |= {"random_order": "1", "answer_order": "random", "subquestion_order": "random"}
    for name in _NOWHERE:
        if getattr(question, name):
            put.lost(name.replace("_", " "), f"{getattr(question, name)!r}")
    if question.role != "question":
        put.lost("role", "is known beforehand here; LimeSurvey asks it")
    _look(put, question)
    put.finish()


def _nothing(put: Put, question: Question) -> None:
    """No further parts."""


def _look(put: Put, question: Question) -> None:
    said = {"!": "dropdown", "H": "by column", "U": "huge", "I": "language", "|": "file upload"}.get(put.type)
    if question.look and question.look != said:
        put.lost("look", f"{question.look!r}")


def _list(put: Put, question: Question) -> None:
    if put.type in "YG5":
        put.writing.fidelity.taken("answer option", len(question.options))
        return
    put.answers(question.options)


def _multiple(put: Put, question: Question) -> None:
    put.boxes(question.options)
    for attribute, value in (("min_answers", question.at_least), ("max_answers", question.at_most)):
        if value is not None:
            put.attributes[attribute] = str(value)


def _grid(put: Put, question: Question) -> None:
    put.rows(question.rows)
    if put.type in "FH":
        put.answers(question.options)


def _boxes(put: Put, question: Question) -> None:
    put.rows(question.rows)
    codes = put.writing.codes.options[question.name]
    for option in question.options:
        put.flags(option)
        at = f"{question.name}/options/{option.code}"
        put.sub(codes[option.code], option.label, at, scale=1, show_if=option.show_if)
    put.attributes["multiflexible_checkbox"] = "1"
    if question.at_least is not None or question.at_most is not None:
        put.lost("limit to answers", "how many are ticked in a row")


def _side_by_side(put: Put, question: Question) -> None:
    put.rows(question.rows)
    for scale, column in enumerate(question.columns):
        if put.type == "1":
            _scale(put, column, scale)
        else:
            put.sub(column.name, column.text, f"{question.name}/columns/{column.name}", scale=1)
        _note_column(put, column)
    if put.type == ":":
        first = question.columns[0]
        limits = {"min": first.minimum, "max": first.maximum, "step": first.step}
        put.attributes["input_boxes"] = "1"
        put.attributes |= {f"multiflexible_{end}": _plain(value) for end, value in limits.items() if value is not None}


def _scale(put: Put, column: Question, scale: int) -> None:
    codes = {option.code: str(option.code) for option in column.options}
    put.answers(column.options, scale, codes)
    header = "dualscale_headerA" if scale == 0 else "dualscale_headerB"
    for language, html in put.writing.texts("header", column.text, f"{put.question.name}/columns/{scale}", put.place):
        put.attribute(header, html, language)


def _note_column(put: Put, column: Question) -> None:
    if column.kind == "single":
        put.writing.fidelity.changed("column", put.place, f"column {column.name} is a scale there")
    like = Question(
        column.name, "scale" if column.kind == "single" else column.kind, column.text, column.options,
        minimum=column.minimum, maximum=column.maximum, step=column.step,
    )  # fmt: skip
    if column.kind != "single" and column != like:
        put.lost("column", f"column {column.name}: conditions, limits or looks of its own")


def _plain(value: float) -> str:
    return f"{value:g}" if abs(value) < 1_000_000 else repr(value)


def _numeric(put: Put, question: Question) -> None:
    if question.rows:
        put.rows(question.rows)
    if question.options:
        put.lost("answer option", f"{len(question.options)} options beside the number")
    if question.kind == "slider" and question.rows:
        put.attributes |= {
            "slider_layout": "1", "slider_min": _plain(question.minimum), "slider_max": _plain(question.maximum),
        }  # fmt: skip
        if question.step is not None:
            put.attributes["slider_accuracy"] = _plain(question.step)
    else:
        _limits(put, question)
    _decimals(put, question)
    _unit(put, question)


def _limits(put: Put, question: Question) -> None:
    for attribute, value in (("min_num_value_n", question.minimum), ("max_num_value_n", question.maximum)):
        if value is not None:
            put.attributes[attribute] = _plain(value)
    if question.step is not None:
        put.lost("step", f"numbers lie {question.step:g} apart")


def _decimals(put: Put, question: Question) -> None:
    if question.decimals == 0:
        put.attributes["num_value_int_only"] = "1"
    elif question.decimals is not None:
        put.lost("decimals", f"numbers have at most {question.decimals} decimals")


def _unit(put: Put, question: Question) -> None:
    if question.unit:
        for language, html in put.writing.texts("suffix", question.unit, f"{question.name}/unit", put.place):
            put.attribute("suffix", html, language)


def _sum(put: Put, question: Question) -> None:
    put.boxes(question.options)
    put.attributes["equals_num_value"] = _plain(question.total)
    _decimals(put, question)
    _unit(put, question)


def _rank(put: Put, question: Question) -> None:
    put.answers(question.options)
    if question.ranked is not None:
        put.attributes["max_answers"] = str(question.ranked)


def _open(put: Put, question: Question) -> None:
    if question.rows:
        put.rows(question.rows)
    if question.rows and question.several_lines:
        put.lost("several lines", "fields of several texts have one line")
    if question.longest is not None:
        put.attributes["maximum_chars"] = str(question.longest)


def _validation(put: Put, question: Question) -> None:
    if question.valid_if is None:
        if question.valid_text:
            put.lost("validation", f"{question.valid_text!r} has no condition")
        return
    written = put.writing.relevance([parse(question.valid_if)], "validation", put.place)
    if written == "0":
        return
    put.attributes["em_validation_q"] = written
    if question.valid_text:
        for language, html in put.writing.texts("tip", question.valid_text, f"{question.name}/valid_text", put.place):
            put.attribute("em_validation_q_tip", html, language)


_PARTS: dict[str, Callable[[Put, Question], None]] = {
    "single": _list, "scale": _list, "nps": _list, "multiple": _multiple, "grid": _grid, "grid_multiple": _boxes,
    "side_by_side": _side_by_side, "numeric": _numeric, "slider": _numeric, "sum": _sum, "rank": _rank, "open": _open,
}  # fmt: skip
