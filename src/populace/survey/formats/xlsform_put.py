"""Writes questions as rows of an XLSForm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Name, Number, Text
from populace.survey.expressions import parse
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import look_ordered, says_missing
from populace.survey.formats.translated import both
from populace.survey.formats.xlsform_names import Rows
from populace.survey.formats.xlsform_paths import Paths
from populace.survey.formats.xlsform_sheets import SHOWN, Sheets
from populace.survey.formats.xlsform_wordings import Wordings
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question
from populace.survey.scale import Option

#: fields of a question that XLSForm has nothing for
_NOWHERE = ("flip", "show_only", "stem", "item", "unit", "new_page", "requested")
#: looks of ours that are appearances there
_LOOKS = {"dropdown": "minimal"}
#: types of what a device records
_RECORDED = {
    "photo": "image", "image": "image", "audio": "audio", "video": "video", "file": "file", "geopoint": "geopoint",
    "geotrace": "geotrace", "geoshape": "geoshape", "file upload": "file",
}  # fmt: skip


@dataclass
class Writing:
    """One instrument that is being written."""

    #: the instrument
    instrument: Instrument
    #: names of the rows
    rows: Rows
    #: writes conditions
    paths: Paths
    #: writes texts
    wordings: Wordings
    #: rows of the sheets
    sheets: Sheets
    #: what became of it
    fidelity: Fidelity

    def condition(self, conditions: list[Expression], element: str, place: str, own: str | None = None) -> str:
        """Conditions that all have to hold; "" where there are none, `false()` where one cannot be said."""
        joined = both(*conditions)
        if joined is None:
            return ""
        self.paths.own = own
        try:
            written = self.paths.condition(joined)
        except (NotWritten, InstrumentError) as problem:
            self.fidelity.lost(element, place, f"{str(joined)[:200]!r} is never met there: {problem}")
            return "false()"
        finally:
            self.paths.own = None
        self.fidelity.taken(element)
        return written


def put(question: Question, conditions: list[Expression], writing: Writing) -> None:
    """One question."""
    place = f"question {question.name}"
    for name in _NOWHERE:
        if getattr(question, name):
            writing.fidelity.lost(name.replace("_", " "), place, f"{str(getattr(question, name))[:200]!r}")
    if question.role != "question":
        writing.fidelity.lost("role", place, "is known beforehand here; the form asks it")
    writer = _WRITERS.get(question.kind)
    if writer is None:
        writing.fidelity.lost("question", place, f"XLSForm has no question of kind {question.kind!r}")
        return
    writer(question, conditions, writing)
    writing.fidelity.taken("question")


def _row(question: Question, type: str, conditions: list[Expression], writing: Writing, **cells: str) -> None:
    """The row of a question; its constraint is joined to the one in `cells`."""
    name, place = writing.rows.names[question.name], f"question {question.name}"
    row = {"type": type, "name": name, **writing.wordings.cells("label", question.text, question.name, place)}
    if question.required:
        row["required"] = "yes"
    row["relevant"] = writing.condition(conditions, "relevant", place)
    valid = writing.condition([parse(question.valid_if)], "constraint", place, name) if question.valid_if else ""
    limits = cells.pop("limits", "")
    valid = f"({valid})" if limits and valid else valid
    row["constraint"] = " and ".join(filter(None, (limits, valid)))
    if question.valid_text and valid:
        row |= writing.wordings.cells("constraint_message", question.valid_text, None, place)
    elif question.valid_text:
        writing.fidelity.lost("constraint message", place, f"{question.valid_text[:200]!r} has no condition")
    look = _LOOKS.get(question.look or "", question.look or "")
    row["appearance"] = cells.pop("appearance", "") or look
    writing.sheets.survey.append(row | cells)


# -- choices ---------------------------------------------------------------------------------------------------------


def _select(question: Question, conditions: list[Expression], writing: Writing) -> None:
    type = {"multiple": "select_multiple", "rank": "rank"}.get(question.kind, "select_one")
    if question.look == "acknowledge" and [option.code for option in question.options] == ["OK"]:
        _row(replace(question, look=None), "acknowledge", conditions, writing)
        return
    if question.kind == "rank" and question.ranked is not None:
        writing.fidelity.lost("ranked", f"question {question.name}", f"all are put in order, not {question.ranked}")
    name = _list(question, list(question.options), writing)
    cells = {"parameters": "randomize=true" if question.randomize else "", "limits": _limits(question, writing)}
    cells["choice_filter"] = _filter(question, writing)
    cells["appearance"] = _appearance(question, writing)
    _row(question, f"{type} {name}", conditions, writing, **cells)
    for option in question.options:
        if option.specify:
            _specify(question, option, writing)


def _specify(question: Question, option: Option, writing: Writing) -> None:
    """The text in which "other" is specified, as `or_other` would add it."""
    column = option_column(question, option) if question.kind == "multiple" else f"{question.name}_{option.code}"
    target = writing.paths.targets[f"{column}_text"]
    chosen = Call("selected", (Name(question.name), _code(option.code)))
    words = dict.fromkeys(writing.sheets.words("label", dict.fromkeys(writing.sheets.languages, "x")), "Specify other.")
    relevant = writing.condition([chosen], "relevant", f"question {question.name}, {option.code}")
    writing.sheets.survey.append({"type": "text", "name": target.name, **words, "relevant": relevant})
    if target.name != writing.rows.other_of(question):
        reason = f"option {option.code}: what is specified is the question {target.name!r} there"
        writing.fidelity.changed("specify", f"question {question.name}", reason)


def _code(code: int | str) -> Expression:
    return Text(code) if isinstance(code, str) else Number(code)


def _appearance(question: Question, writing: Writing) -> str:
    """Our kind, where the labels would say another."""
    labels = [option.label for option in question.options if not (option.missing or option.specify)]
    looks = "scale" if look_ordered(labels) else "single"
    if question.kind == "scale" and looks == "single" and question.look is None:
        return "likert"
    if question.kind in ("single", "scale", "nps") and question.kind != looks:
        words = f"is a question of kind {looks!r} when it is read again, by the words of its choices"
        writing.fidelity.changed("question", f"question {question.name}", words)
    return ""


def _list(question: Question, options: list[Option], writing: Writing) -> str:
    names, rows = writing.rows.choices[question.name], []
    conditions = list(dict.fromkeys(option.show_if for option in question.options if option.show_if))
    for option in options:
        at, place = f"{question.name}/options/{option.code}", f"question {question.name}, option {option.code}"
        row = {"name": names[option.code], **writing.wordings.cells("label", option.label, at, place)}
        if option.show_if:
            row[SHOWN] = str(conditions.index(option.show_if) + 1)
        if option.image:
            row["media::image"] = option.image
        rows.append(row)
        _flags(question, option, writing)
        writing.fidelity.taken("choice")
    return writing.sheets.list_of(f"{writing.rows.names[question.name]}_choices", rows)


def _flags(question: Question, option: Option, writing: Writing) -> None:
    said = {
        "off_scale": option.off_scale, "fixed": option.fixed, "column": bool(option.column),
        "exclusive": option.exclusive and question.kind != "multiple",
        "specify": option.specify and question.kind not in ("single", "scale", "multiple"),
    }  # fmt: skip
    for name in (one for one, given in said.items() if given):
        writing.fidelity.lost(
            f"option, {name}", f"question {question.name}", f"option {option.code} is marked {name!r}"
        )
    if option.missing != says_missing(option.label):
        words = f"option {option.code} is {'' if option.missing else 'not '}marked as no answer; its words say other"
        writing.fidelity.lost("option, missing", f"question {question.name}", words)


def _filter(question: Question, writing: Writing) -> str:
    """Conditions of choices: each has the number of its condition in a column."""
    conditions = list(dict.fromkeys(option.show_if for option in question.options if option.show_if))
    if not conditions:
        return ""
    parts = [f"{SHOWN} = ''"] if any(not option.show_if for option in question.options) else []
    for number, text in enumerate(conditions, 1):
        written = writing.condition([parse(text)], "choice filter", f"question {question.name}")
        parts.append(f"({SHOWN} = '{number}' and ({written}))")
    return " or ".join(parts)


def _limits(question: Question, writing: Writing) -> str:
    """Limits to how many are chosen, and what is chosen alone."""
    parts = []
    if question.at_least is not None:
        parts.append(f"count-selected(.) >= {question.at_least}")
    if question.at_most is not None:
        parts.append(f"count-selected(.) <= {question.at_most}")
    alone = [option for option in question.options if option.exclusive and question.kind == "multiple"]
    names = writing.rows.choices[question.name]
    parts += [f"not(selected(., '{names[option.code]}') and count-selected(.) > 1)" for option in alone]
    return " and ".join(parts)


# -- numbers and texts -----------------------------------------------------------------------------------------------


def _number(question: Question, conditions: list[Expression], writing: Writing) -> None:
    if question.rows:
        _group(question, conditions, writing)
        return
    place = f"question {question.name}"
    if question.options:
        writing.fidelity.lost("choice", place, f"{len(question.options)} options beside the number")
    decimal = bool(question.decimals) or any(
        limit is not None and not float(limit).is_integer() for limit in (question.minimum, question.maximum)
    )
    if question.kind == "slider":
        limits = {"start": question.minimum, "end": question.maximum, "step": question.step}
        if question.step is None:
            writing.fidelity.changed("step", place, "is 1 there")
        parameters = " ".join(
            f"{key}={value or 1:g}" if key == "step" else f"{key}={value:g}" for key, value in limits.items()
        )
        _row(question, "range", conditions, writing, parameters=parameters)
        return
    if question.decimals not in (None, 2):
        writing.fidelity.changed("decimals", place, f"{question.decimals} are not said there")
    if question.step is not None:
        writing.fidelity.lost("step", place, f"numbers lie {question.step:g} apart")
    parts = [f". >= {question.minimum:g}"] if question.minimum is not None else []
    parts += [f". <= {question.maximum:g}"] if question.maximum is not None else []
    _row(question, "decimal" if decimal else "integer", conditions, writing, limits=" and ".join(parts))


def _open(question: Question, conditions: list[Expression], writing: Writing) -> None:
    if question.rows:
        _group(question, conditions, writing)
        return
    if question.format == "time":
        _row(replace(question, format=None), "time", conditions, writing)
        return
    look = "numbers" if question.format == "number" else "multiline" if question.several_lines else ""
    if question.format not in (None, "text", "number"):
        writing.fidelity.lost("format", f"question {question.name}", f"answers are of the format {question.format!r}")
    if look and question.look:
        writing.fidelity.lost("look", f"question {question.name}", f"{question.look!r}")
    limit = f"string-length(.) <= {question.longest}" if question.longest is not None else ""
    _row(question, "text", conditions, writing, appearance=look, limits=limit)


def _plain(type: str) -> Callable[[Question, list[Expression], Writing], None]:
    return lambda question, conditions, writing: _row(question, type, conditions, writing)


def _technical(question: Question, conditions: list[Expression], writing: Writing) -> None:
    type = _RECORDED.get(question.look or "")
    if type is None:
        writing.fidelity.lost("question", f"question {question.name}", f"XLSForm does not record {question.look!r}")
        return
    _row(replace(question, look=None), type, conditions, writing)


# -- several rows ----------------------------------------------------------------------------------------------------


def _grid(question: Question, conditions: list[Expression], writing: Writing) -> None:
    """A grid is a group of selects in a table."""
    place = f"question {question.name}"
    if question.at_least is not None or question.at_most is not None:
        writing.fidelity.lost("limit to answers", place, "how many are chosen in a row")
    if question.valid_if or question.valid_text:
        writing.fidelity.lost("constraint", place, f"{question.valid_if!r}"[:200])
    if question.randomize or any(row.fixed for row in question.rows):
        writing.fidelity.lost("random order", place, "the rows stand in the order of the file")
    if question.look:
        writing.fidelity.lost("look", place, f"{question.look!r}")
    for option in (one for one in question.options if one.show_if):
        writing.fidelity.lost("condition of a choice", place, f"option {option.code}: {option.show_if[:200]!r}")
    plain = replace(question, options=tuple(replace(one, show_if=None) for one in question.options))
    listed = _list(plain, list(plain.options), writing)
    type = "select_one" if question.kind == "grid" else "select_multiple"
    _around(question, "table-list", conditions, writing)
    for row in question.rows:
        _inner(question, row.name, row_column(question, row), row.text, row.show_if, f"{type} {listed}", writing)
    writing.sheets.survey.append({"type": "end_group"})


def _around(question: Question, look: str, conditions: list[Expression], writing: Writing) -> None:
    place = f"question {question.name}"
    words = writing.wordings.cells("label", question.text, question.name, place)
    relevant = writing.condition(conditions, "relevant", place)
    name = writing.rows.names[question.name]
    writing.sheets.survey.append(
        {"type": "begin_group", "name": name, **words, "relevant": relevant, "appearance": look}
    )


def _inner(
    question: Question,
    row: str,
    column: str,
    text: str,
    show_if: str | None,
    type: str,
    writing: Writing,
    limits: str = "",
) -> None:
    place = f"question {question.name}, row {row}"
    words = writing.wordings.cells("label", text, f"{question.name}/rows/{row}", place)
    cells = {"type": type, "name": writing.paths.targets[column].name, **words, "constraint": limits}
    cells["relevant"] = writing.condition([parse(show_if)] if show_if else [], "relevant", place)
    cells["required"] = "yes" if question.required else ""
    writing.sheets.survey.append(cells)
    writing.fidelity.taken("row")


def _group(question: Question, conditions: list[Expression], writing: Writing) -> None:
    """Numbers or texts in rows are questions of their own in a group."""
    place = f"question {question.name}"
    writing.fidelity.changed("question", place, "its rows are questions of their own there, in a group")
    if question.valid_if:
        writing.fidelity.lost("constraint", place, f"{question.valid_if[:200]!r}")
    parts = [f". >= {question.minimum:g}"] if question.minimum is not None else []
    parts += [f". <= {question.maximum:g}"] if question.maximum is not None else []
    type = "text" if question.kind == "open" else "decimal" if question.decimals else "integer"
    _around(question, "field-list", conditions, writing)
    for row in question.rows:
        column = row_column(question, row)
        _inner(question, row.name, column, row.text, row.show_if, type, writing, " and ".join(parts))
    writing.sheets.survey.append({"type": "end_group"})


def _sum(question: Question, conditions: list[Expression], writing: Writing) -> None:
    """Numbers that add up: questions of their own, the last with the total as its constraint."""
    place = f"question {question.name}"
    writing.fidelity.changed("question", place, "its options are questions of their own there, in a group")
    columns = [option_column(question, option) for option in question.options]
    names = [writing.paths.targets[column].name for column in columns]
    before = " + ".join(f"coalesce(${{{name}}}, 0)" for name in names[:-1])
    total = f"{before} + . = {question.total:g}" if before else f". = {question.total:g}"
    _around(question, "field-list", conditions, writing)
    for option, column in zip(question.options, columns, strict=True):
        limit = total if column == columns[-1] else ""
        type = "decimal" if question.decimals else "integer"
        _inner(question, str(option.code), column, option.label, option.show_if, type, writing, limit)
    writing.sheets.survey.append({"type": "end_group"})


def _side_by_side(question: Question, conditions: list[Expression], writing: Writing) -> None:
    words = "its columns are questions of their own there"
    writing.fidelity.changed("question", f"question {question.name}", words)
    for side in sides(question):
        put(replace(side, required=question.required), conditions, writing)


_WRITERS: dict[str, Callable[[Question, list[Expression], Writing], None]] = {
    "single": _select, "scale": _select, "nps": _select, "multiple": _select, "rank": _select, "numeric": _number,
    "slider": _number, "open": _open, "date": _plain("date"), "display": _plain("note"), "technical": _technical,
    "grid": _grid, "grid_multiple": _grid, "sum": _sum, "side_by_side": _side_by_side,
}  # fmt: skip
