"""Tables of SurveyJS whose cells are questions: a question side by side, its columns put for every row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats.surveyjs_choices import legal, listed, specials, told_apart
from populace.survey.formats.surveyjs_drafts import Draft, Reading
from populace.survey.formats.surveyjs_fields import slider, table_rows
from populace.survey.formats.surveyjs_kinds import boolean, legal_codes, rating
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.item import Row
from populace.survey.names import name_problem
from populace.survey.question import Question

#: rows of a table in which respondents cannot add any, at most
_MOST_ROWS = 100
#: type of a cell -> kind of the column
_CHOICES = {
    "dropdown": ("single", "dropdown"), "radiogroup": ("single", None),
    "checkbox": ("multiple", None), "tagbox": ("multiple", "tagbox"),
}  # fmt: skip


def matrixdropdown(raw: Raw, name: str, reading: Reading) -> Draft:
    """Fixed rows, columns of any type."""
    rows, conditions = table_rows(raw, name, reading)
    return _table(raw, name, reading, rows, conditions)


def matrixdynamic(raw: Raw, name: str, reading: Reading) -> Draft:
    """Rows that respondents add: only a fixed number of them can be asked."""
    count, least, most = raw.whole("rowCount"), raw.whole("minRowCount"), raw.whole("maxRowCount")
    fixed = raw.any("allowAddRows") is False and raw.any("allowRemoveRows") is False
    count = 2 if count is None else count
    if least is not None and least == most:
        fixed, count = True, least
    if not fixed or not 0 < count <= _MOST_ROWS:
        raw.lost("question", "a table to which respondents add rows; kept in its place without an answer")
        raw.any("columns"), raw.any("choices"), raw.text("cellType")
        return Draft(raw, name, "technical", {"look": "matrixdynamic"})
    rows = [Row(str(place), str(place), source=str(place)) for place in range(1, count + 1)]
    return _table(raw, name, reading, rows, {})


def _table(raw: Raw, name: str, reading: Reading, rows: list[Row], conditions: dict[str, list[str]]) -> Draft:
    columns: list[Question] = []
    raw.any("choices")  # the choices of columns that have none of their own
    for one in raw.members("columns"):
        part = raw.within(one, f"column {one.get('name')!r}") if isinstance(one, dict) else None
        column = part and _column(part, raw, name, reading, [column.name for column in columns])
        if column:
            columns.append(column)
    if not columns or not rows:
        raw.lost("question", "a table without rows or columns asks nothing; kept in its place as text")
        return Draft(raw, name, "display")
    for key in ("detailElements", "totalText"):
        if raw.any(key):
            raw.lost("property", f"{key}: more about a row")
    reading.fidelity.taken("column", len(columns))
    draft = Draft(raw, name, "side_by_side", {"rows": tuple(_legal_rows(rows)), "columns": tuple(columns)})
    draft.row_conditions = conditions
    if raw.text("rowOrder", "rowsOrder") == "random":
        draft.fields["randomize"] = True
    draft.variables = _variables(draft)
    return draft


def _legal_rows(rows: list[Row]) -> list[Row]:
    """Rows whose names are parts of columns: those of a table side by side have no columns of their own."""
    found: list[Row] = []
    for row in rows:
        name = legal(row.name) if name_problem(f"q_{row.name}") else row.name
        while name in [other.name for other in found]:
            name += "_2"
        found.append(replace(row, name=name, column=None))
    return found


def _variables(draft: Draft) -> dict[str, Any]:
    """What expressions say of the cells: {table.row.column}."""
    own = draft.raw.content.get("name")
    found: dict[str, Any] = {}
    for column in draft.fields["columns"]:
        for row in draft.fields["rows"]:
            cell = f"{draft.name}_{column.name}_{row.name}"
            codes = {option.source or str(option.code): option.code for option in column.options}
            kind = {"open": "text", "numeric": "number", "multiple": "cells"}.get(column.kind, "closed")
            found[f"{own}.{row.source}.{column.source}"] = Variable(cell, kind, codes)
    return found


def _column(part: Raw, table: Raw, name: str, reading: Reading, taken: list[str]) -> Question | None:
    """A column as a question for every row."""
    cell = part.text("cellType")
    cell = (table.text("cellType") or "dropdown") if cell in (None, "default") else cell
    word = part.text("name")
    if not word:
        part.lost("column", "has no name")
        return None
    own = legal(word)
    while own in taken:
        own += "_2"
    text = reading.texts.words(part, "title", at=f"{name}/columns/{own}") or word
    shape = _shape(cell, part, table, f"{name}/columns/{own}", reading)
    if shape is None:
        return None
    shape |= {"required": True} if part.flag("isRequired") else {}
    for key in ("visibleIf", "enableIf", "requiredIf", "validators", "totalType", "totalExpression"):
        if part.any(key) not in (None, "none"):
            part.lost(key, "conditions and rules of single cells have no place")
    part.tell_rest(reading.looks)
    try:
        return Question(own, text=text, source=word, **shape)
    except InstrumentError as problem:
        part.lost("column", str(problem))
        return None


def _shape(cell: str, part: Raw, table: Raw, at: str, reading: Reading) -> dict[str, Any] | None:
    """Kind and fields of a column by the type of its cells."""
    if cell in _CHOICES:
        return _chosen(cell, part, table, at, reading)
    if cell == "boolean":
        return {"kind": "single", "look": "boolean", "options": tuple(boolean(part, "x", reading).options)}
    if cell == "rating":
        draft = rating(part, "x", reading)
        return {"kind": "scale", "options": tuple(draft.options)}
    if cell == "slider":
        part.changed("column", "sliders side by side are taken as numbers")
        draft = slider(part, "x", reading)
        return {"kind": "numeric", **{key: draft.fields[key] for key in ("minimum", "maximum")}}
    if cell == "text" and part.text("inputType") in ("number", "range"):
        limits = {"minimum": part.number("min"), "maximum": part.number("max"), "step": part.number("step")}
        return {"kind": "numeric", **{key: value for key, value in limits.items() if value is not None}}
    if cell in ("text", "comment"):
        if part.text("inputType") not in (None, "text"):
            part.changed("column", f"cells of type {part.text('inputType')!r} are taken as texts")
        longest = part.whole("maxLength")
        return {"kind": "open", "several_lines": cell == "comment", **({"longest": longest} if longest else {})}
    part.lost("column", f"cells of type {cell!r} are not asked")
    return None


def _chosen(cell: str, part: Raw, table: Raw, at: str, reading: Reading) -> dict[str, Any] | None:
    kind, look = _CHOICES[cell]
    source = part if part.members("choices") else table
    choices = listed(source, reading.texts, f"{at}/options", "choices")
    choices += specials(part, reading.texts, f"{at}/options", choices, kind == "multiple", False)
    if any(choice.conditions for choice in choices) or part.any("choicesVisibleIf", "choicesFromQuestion"):
        part.lost("choice condition", "conditions of choices in cells have no place")
    if part.any("choicesByUrl") or not choices:
        part.lost("column", "its choices are not in the file")
        return None
    choices = legal_codes(part, choices)
    reading.fidelity.taken("choice", len(choices))
    options = [replace(option, specify=False) for option in told_apart(part, [choice.option for choice in choices])]
    shape: dict[str, Any] = {"kind": kind, "options": tuple(options)}
    if part.text("choicesOrder") == "random":
        shape["randomize"] = True
    return shape | ({"look": look} if look and part.text("cellType") == cell else {})
