"""Kinds of question that are tables, sets or tasks, as SurveyJS elements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.surveyjs_options import choice, told_codes
from populace.survey.formats.surveyjs_variables import as_word
from populace.survey.formats.surveyjs_writing import Element, Writing
from populace.survey.formats.surveyjs_written_kinds import SIMPLE, told_row
from populace.survey.question import Question


def _rows(question: Question, writing: Writing) -> list[Element]:
    found = []
    for row in question.rows:
        place = f"question {question.name!r}, row {row.name!r}"
        one: Element = {"value": row.name, "text": writing.text(row.text, place, f"{question.name}/rows/{row.name}")}
        if row.show_if:
            one["visibleIf"] = writing.condition(row.show_if, place, "row.show_if")
        if row.fixed:
            one["randomize"] = False
        told_row(row, question, writing, plain=False)
        found.append(one)
    writing.fidelity.taken("row", len(found))
    return found


def _grid(question: Question, writing: Writing) -> Element:
    several, place = question.kind == "grid_multiple", f"question {question.name!r}"
    one: Element = {"type": "matrix", "columns": [], "rows": _rows(question, writing)}
    if several:
        one["cellType"] = "checkbox"
        for name in ("at_least", "at_most"):
            if getattr(question, name) is not None:
                writing.fidelity.lost(name, place, "cells of a table have no limits")
    for option in question.options:
        column = choice(option, replace(question, look=None), writing, several)
        for flag in ("showCommentArea", "randomize"):
            if column.pop(flag, None) is not None:
                writing.fidelity.lost("option", f"{place}, option {option.code!r}", "columns have no such flag")
        one["columns"].append(column)
    told_codes(question, writing.fidelity, place)
    writing.fidelity.taken("option", len(question.options))
    if question.randomize:
        one["rowOrder"] = "random"
    if question.required:
        one["eachRowRequired"] = True
    if question.look:
        writing.fidelity.lost("look", place, f"{question.look!r}")
    return one


def _side_by_side(question: Question, writing: Writing) -> Element:
    one: Element = {"type": "matrixdropdown", "rows": _rows(question, writing)}
    one["columns"] = [_column(column, question, writing) for column in question.columns]
    writing.fidelity.taken("column", len(question.columns))
    if question.randomize:
        one["rowOrder"] = "random"
    if question.look:
        writing.fidelity.lost("look", f"question {question.name!r}", f"{question.look!r}")
    return one


def _column(column: Question, question: Question, writing: Writing) -> Element:
    """A column as SurveyJS has it: the type of its cells and what belongs to it."""
    silent = Writing(Fidelity(""), writing.words, writing.translations, writing.placed)
    cell = SIMPLE[column.kind](column, silent)
    place = f"question {question.name!r}, column {column.name!r}"
    assert isinstance(cell, dict)  # noqa: S101 (columns are of kinds with one element)
    kind = cell.pop("type")
    one: Element = {"name": column.name, "cellType": kind, **cell}
    one["title"] = writing.text(column.text, place, f"{question.name}/columns/{column.name}")
    if column.required:
        one["isRequired"] = True
    bare = Question(column.name, column.kind, column.text, options=column.options, required=column.required)
    if replace(column, source=None, look=None, several_lines=False, longest=None, minimum=None, maximum=None) != bare:
        writing.fidelity.lost("column", place, "columns have no conditions, random orders and other fields")
    for note in silent.fidelity.notes:
        writing.fidelity.changed(note.element, place, note.words)
    if column.kind == "numeric":
        one |= {"min": as_word(column.minimum)} if column.minimum is not None else {}
        one |= {"max": as_word(column.maximum)} if column.maximum is not None else {}
    return one


def _best_worst(question: Question, writing: Writing) -> list[Element]:
    """A table for every set: best and worst are its rows, what is shown together its columns."""
    place = f"question {question.name!r}"
    labels = {option.code: option for option in question.options}
    writing.fidelity.changed("kind", place, "a table for every set, with the rows best and worst")
    if len(question.sets) > 1:
        writing.fidelity.lost("sets", place, f"the first of {len(question.sets)} versions is shown to everybody")
    return [
        {
            "type": "matrix",
            "name": f"{question.name}_{number}",
            "columns": [choice(labels[code], replace(question, look=None), writing, False) for code in together],
            "rows": [{"value": "best", "text": "Best"}, {"value": "worst", "text": "Worst"}],
            "eachRowUnique": True,
        }
        for number, together in enumerate(question.sets[0], 1)
    ]


def _choice_task(question: Question, writing: Writing) -> list[Element]:
    """A list of described alternatives for every task."""
    place, tasks = f"question {question.name!r}", question.tasks
    assert tasks is not None  # noqa: S101 (the kind demands them)
    writing.fidelity.changed("kind", place, "a list of described alternatives for every task")
    if len(tasks.versions) > 1:
        writing.fidelity.lost("tasks", place, f"the first of {len(tasks.versions)} versions is shown to everybody")
    found = []
    for number, task in enumerate(tasks.versions[0]):
        choices = [
            {"value": str(alternative + 1), "text": writing.text(tasks.wording(0, number, alternative), place)}
            for alternative in range(len(task))
        ]
        choices += [{"value": "0", "text": writing.text(tasks.none, place)}] if tasks.none else []
        found.append({"type": "radiogroup", "name": f"{question.name}_{number + 1}", "choices": choices})
    return found


#: kind -> what writes it, of tables, sets and tasks
TABLES: dict[str, Callable[[Question, Writing], Element | list[Element]]] = {
    "grid": _grid,
    "grid_multiple": _grid,
    "side_by_side": _side_by_side,
    "best_worst": _best_worst,
    "choice_task": _choice_task,
}
