"""Names of ours as Qualtrics points at them: locators of questions, choices and rows, embedded data, scores, loops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from populace.survey.formats.qsf_write_ids import Ids, LoopIds, QuestionIds
from populace.survey.instrument import Instrument, embedded
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question

#: kinds of one answer among several
_CLOSED = ("single", "scale", "nps")
_TEXT, _NUMBER = "ChoiceTextEntryValue", "ChoiceNumericEntryValue"


@dataclass(frozen=True)
class Target:
    """What a name stands for in the file."""

    #: "closed", "multiple", "ticked" (one choice of several), "number", "text", "field", "score", "loop" or "shown"
    kind: str
    #: id of the question, "QID4#2" for a column side by side; of a score, a field, a loop field: its name
    id: str
    #: ids of the row, and of the choice
    ids: tuple[str, ...] = ()
    #: code -> id of the choice
    codes: Mapping[int | str, str] = field(default_factory=dict)
    #: property that names the value
    written: str = _TEXT
    #: property that names what was chosen
    chosen: str = "ChoiceGroup/SelectedChoices"

    @property
    def question(self) -> str:
        """The id of the whole question."""
        return self.id.partition("#")[0].rpartition("_")[2]

    def at(self, property: str, *ids: str) -> str:
        """A locator."""
        return "/".join([f"q://{quote(self.id)}", property, *self.ids, *ids])


def targets_of(instrument: Instrument, ids: Ids) -> dict[str, Target]:
    """Name -> what it stands for; fields of loops apart."""
    found: dict[str, Target] = {}
    for name in embedded(instrument):
        found[name] = Target("field", name)
    for block in instrument.blocks:
        for question in block.questions:
            own = dict(_of_question(question, ids.questions[question.name]))
            found |= own
            if block.id in ids.loops:
                found |= _in_rounds(own, ids.loops[block.id])
    return found


def _in_rounds(own: Mapping[str, Target], loop: LoopIds) -> dict[str, Target]:
    """What is asked in a loop, in each of its rounds."""
    return {
        f"{name}.{round}": replace(target, id=f"{id}_{target.id}")
        for round, id in loop.rounds.items()
        for name, target in own.items()
    }


def loop_targets(loop: LoopIds | None) -> dict[str, Target]:
    """Fields of the loop that one is in."""
    if loop is None:
        return {}
    found = {f"loop.{name}": Target("loop", f"Field/{number}") for name, number in loop.fields.items()}
    names = {name for one in loop.loop.rounds for name, _ in one.fields} - set(loop.fields)
    counts = {"number": "CurrentLoopNumber", "total": "TotalLoops"}
    return found | {f"loop.{name}": Target("loop", counts[name]) for name in names if name in counts}


def _of_question(question: Question, ids: QuestionIds) -> Iterator[tuple[str, Target]]:
    """Names that a question gives."""
    yield question.name, Target("shown", ids.qid)
    if question.kind == "side_by_side":
        yield from _of_sides(question, ids)
    elif question.rows:
        yield from _of_rows(question, ids.qid, ids.rows, ids.options, question.kind)
    else:
        yield from _plain(question, ids)
    for row in question.rows:
        if row.specify:
            yield f"{row_column(question, row)}_text", Target("text", ids.qid, (ids.rows[row.name],))


def _plain(question: Question, ids: QuestionIds) -> Iterator[tuple[str, Target]]:
    """Questions without rows."""
    kind, name = question.kind, question.name
    if kind in (*_CLOSED, "multiple"):
        yield name, Target("multiple" if kind == "multiple" else "closed", ids.qid, (), ids.options)
    if kind in ("open", "date"):
        yield name, Target("text", ids.qid)
    if kind == "numeric":
        yield name, Target("number", ids.qid)
    if kind == "slider":
        yield name, Target("number", ids.qid, ("1",), written=_NUMBER)
    for option in question.options:
        id = ids.options[option.code]
        if kind == "multiple":
            yield option_column(question, option), Target("ticked", ids.qid, (), {1: id})
        if kind in ("rank", "sum"):
            yield option_column(question, option), Target("number", ids.qid, (id,), written=_NUMBER)
        if option.specify and kind in (*_CLOSED, "multiple", "rank", "sum"):
            column = f"{name}_{option.code}" if kind in _CLOSED else option_column(question, option)
            yield f"{column}_text", Target("text", ids.qid, (id,))


def _of_rows(
    question: Question, qid: str, rows: Mapping[str, str], options: Mapping[int | str, str], kind: str
) -> Iterator[tuple[str, Target]]:
    """Questions with rows, and columns side by side."""
    for row in question.rows:
        column, id = row_column(question, row), rows[row.name]
        match kind:
            case "grid" | "grid_multiple":
                several = "multiple" if kind == "grid_multiple" else "closed"
                yield column, Target(several, qid, (id,), options, chosen="ChoiceGroup/SelectedAnswers")
            case "numeric" | "slider":
                yield column, Target("number", qid, (id,), written=_NUMBER)
            case "open":
                yield column, Target("text", qid, (id,))
        if kind == "grid_multiple":
            for code, choice in options.items():
                yield f"{column}_{code}", Target("ticked", qid, (id,), {1: choice})


def _of_sides(question: Question, ids: QuestionIds) -> Iterator[tuple[str, Target]]:
    """Columns side by side: texts of a matrix, or questions of their own."""
    for column, side in zip(question.columns, sides(question), strict=True):
        key = ids.columns[column.name]
        if is_text_matrix(question):
            for row in side.rows:
                yield row_column(side, row), Target("text", ids.qid, (ids.rows[row.name], key))
            continue
        kind = "open" if side.kind == "numeric" else side.kind  # a text field in the file
        yield from _of_rows(side, f"{ids.qid}#{key}", ids.rows, ids.column_options[column.name], kind)


def is_text_matrix(question: Question) -> bool:
    """Are the columns texts of one matrix, rather than questions side by side?"""
    return all(column.kind == "open" and (column.source or "").startswith("/") for column in question.columns)
