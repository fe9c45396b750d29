"""Writes instruments as XLSForms (.xlsx) that ODK, Kobo and SurveyCTO read."""

from __future__ import annotations

from pathlib import Path

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Name, Not, Number, Text, walk
from populace.survey.expressions import parse
from populace.survey.flow import (
    Branch,
    CheckQuota,
    Element,
    End,
    Flow,
    Loop,
    Roll,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
    elements,
)
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.translated import both
from populace.survey.formats.unrolled import unrolled
from populace.survey.formats.written import written_again, written_on_the_way
from populace.survey.formats.xlsform_names import Rows
from populace.survey.formats.xlsform_paths import Paths
from populace.survey.formats.xlsform_put import Writing, put
from populace.survey.formats.xlsform_sheets import Sheets
from populace.survey.formats.xlsform_wordings import Wordings
from populace.survey.instrument import Block, Instrument
from populace.survey.piping import pieces
from populace.survey.question import END_OF_SURVEY


def write(instrument: Instrument, path: Path) -> Fidelity:
    """Write a workbook, whole or not at all; what XLSForm cannot carry is in the answer."""
    fidelity = Fidelity("XLSForm")
    instrument = unrolled(instrument, lambda loop: not _repeats(loop), fidelity)
    rows = Rows(instrument, fidelity)
    paths = Paths(rows.targets)
    languages = (instrument.language, *(one for one in instrument.translations if one != instrument.language))
    sheets = Sheets(languages)
    wordings = Wordings(instrument, paths, sheets, fidelity)
    writing = Writing(instrument, rows, paths, wordings, sheets, fidelity)
    _Flow(writing).write()
    _settings(writing)
    sheets.write(path)
    return fidelity


def _settings(writing: Writing) -> None:
    instrument, sheets = writing.instrument, writing.sheets
    sheets.settings = {"form_title": instrument.title, "form_id": instrument.id, "clean_text_values": "no"}
    if sheets.languages != ("en",):
        sheets.settings["default_language"] = sheets.header("", instrument.language).removeprefix("::")
    for name in ("year", "country", "notes"):
        if getattr(instrument, name) is not None:
            writing.fidelity.lost(name, "instrument", f"{str(getattr(instrument, name))[:200]!r}")
    for quota in instrument.quotas:
        writing.fidelity.lost("quota", f"quota {quota.name}", "XLSForm has none")


class _Flow:
    """Walks the flow: blocks become groups, branches their conditions."""

    def __init__(self, writing: Writing) -> None:
        self.writing, self.fidelity, self.sheets = writing, writing.fidelity, writing.sheets
        self.blocks = {block.id: block for block in writing.instrument.blocks}
        self.done: set[str] = set()
        #: conditions under which the interview is over
        self.over: list[Expression] = []
        self._groups = 0
        #: conditions of the groups around the one at hand
        self._within: list[Expression] = []
        #: embedded data written at several places -> their rows, of which the last that has a value counts
        self._places: dict[str, list[str]] = {name: [] for name in written_again(writing.instrument.flow)}

    def write(self) -> None:
        """All rows of the survey sheet."""
        instrument = self.writing.instrument
        later = written_on_the_way(instrument.flow)
        for field in instrument.data:
            if field.name in later:
                reason = "is known there by what is written into it"
                self.fidelity.lost("declaration", f"embedded data {field.name}", reason)
            else:
                self._field(field.name, field.text, field.kind)
        waiting = list(instrument.computed)
        self._steps(instrument.steps, [])
        for name, rows in self._places.items():
            self._last_of(name, rows)
        for computed in waiting:
            self._computed(computed.name, computed.value, computed.text)
        for block in (one for one in self.blocks if one not in self.done):
            self.fidelity.lost("block", f"block {block}", "is not put anywhere")

    def _steps(self, flow: Flow, conditions: list[Expression]) -> None:
        for step in flow:
            self._step(step, conditions)

    def _step(self, step: Element, conditions: list[Expression]) -> None:
        match step:
            case ShowBlock():
                self._block(self.blocks[step.block], conditions)
            case Branch():
                self._branch(step, conditions)
            case Section():
                self._around(step.flow, conditions, step.title)
            case Shuffle():
                words = "its members stand one after the other there"
                self.fidelity.lost("random order of blocks", f"shuffle {step.id}", words)
                self._steps(step.members, conditions)
            case Loop():
                self._loop(step, conditions)
            case SetData():
                for name, text in step.values:
                    self._written(name, text, conditions)
            case Roll():
                drawn = f"once(int(random() * {step.high - step.low + 1}) + {step.low})"
                if self._calculate(step.name, drawn, conditions, []):
                    self.fidelity.taken("random number")
            case CheckQuota():
                self.fidelity.lost("quota", f"quota {step.quota}", "is not checked there")
            case End():
                self._ended(step, conditions)

    # -- groups --------------------------------------------------------------------------------------------------

    def _block(self, block: Block, conditions: list[Expression]) -> None:
        place = f"block {block.id}"
        if block.id in self.done:
            self.fidelity.lost("block", place, "is put a second time; a form puts a group once")
            return
        self.done.add(block.id)
        if block.randomize or block.pick is not None:
            self.fidelity.lost("random order of questions", place, "they stand in the order of the file")
        conditions = [*(Not(one) for one in self.over), *conditions]
        plain = block.id == "main" and not conditions and not block.title and not self._groups
        self._groups += 1
        if not plain:
            self._begin(block.id, block.title, conditions, place)
        self._questions(block)
        if not plain:
            self.sheets.survey.append({"type": "end_group"})
        self.fidelity.taken("block")

    def _begin(self, wanted: str, title: str | None, conditions: list[Expression], place: str) -> None:
        writing = self.writing
        name = writing.rows.claim(wanted) if wanted not in writing.rows.names else writing.rows.claim(f"{wanted}_group")
        words = writing.wordings.cells("label", title, None, place) if title else {}
        relevant = writing.condition(conditions, "relevant of a group", place)
        self.sheets.survey.append({"type": "begin_group", "name": name, **words, "relevant": relevant})

    def _questions(self, block: Block) -> None:
        skipped: list[tuple[str, Expression]] = []
        for question in block.questions:
            skipped = [(to, when) for to, when in skipped if to != question.name]
            conditions = [*([parse(question.show_if)] if question.show_if else []), *(Not(when) for _, when in skipped)]
            put(question, conditions, self.writing)
            for skip in question.skips:
                when = parse(skip.when) if skip.when else parse("true")
                words = f"to {skip.to!r}: what lies between has the opposite as a condition there"
                self.fidelity.changed("skip", f"question {question.name}", words)
                skipped.append((skip.to, when))
                if skip.to == END_OF_SURVEY:
                    self.over.append(when)

    def _branch(self, step: Branch, conditions: list[Expression]) -> None:
        when = parse(step.when)
        if step.title:
            self.fidelity.lost("remark", f"branch {step.when[:80]!r}", f"{step.title!r}")
        for flow, condition in ((step.then, when), (step.otherwise, Not(when))):
            if len(flow) == 1 and isinstance(flow[0], ShowBlock | SetData | Roll | End):
                self._steps(flow, [*conditions, condition])
            elif flow:
                self._around(flow, [*conditions, condition], None)
        if step.otherwise:
            self.fidelity.changed("branch", f"branch {step.when[:80]!r}", "its two ways are two groups there")

    def _around(self, flow: Flow, conditions: list[Expression], title: str | None) -> None:
        """A group that holds others."""
        self._groups += 1
        self._begin(f"part_{self._groups}", title, conditions, f"part {self._groups}")
        self._within += conditions
        self._steps(flow, [])
        del self._within[len(self._within) - len(conditions) :]
        self.sheets.survey.append({"type": "end_group"})

    def _loop(self, loop: Loop, conditions: list[Expression]) -> None:
        place = f"loop {loop.id}"
        count = _count(loop)
        name = self.writing.rows.claim(loop.id)
        try:
            written = self.writing.paths.value(count)
        except NotWritten as problem:
            self.fidelity.lost("loop", place, f"the number of rounds: {problem}")
            written = str(len(loop.rounds))
        relevant = self.writing.condition(conditions, "relevant of a group", place)
        self.sheets.survey.append({"type": "begin_repeat", "name": name, "repeat_count": written, "relevant": relevant})
        self._steps(loop.flow, [])
        self.sheets.survey.append({"type": "end_repeat"})
        self.fidelity.taken("loop")

    def _ended(self, step: End, conditions: list[Expression]) -> None:
        if step.text or step.url:
            self.fidelity.lost("end text", f"end {step.kind}", f"{(step.text or step.url)[:200]!r}")
        around = [*self._within, *conditions]
        if around:
            words = f"{step.kind!r}: what follows is not put there, and the answers count as complete"
            self.fidelity.changed("end of the interview", f"end {step.kind}", words)
            self.over.append(both(*around))

    # -- data ----------------------------------------------------------------------------------------------------

    def _field(self, name: str, text: str | None, kind: str) -> None:
        words = self.writing.wordings.cells("label", text, None, f"embedded data {name}") if text else {}
        self.sheets.survey.append({"type": "hidden", "name": self.writing.rows.names[name], **words})
        if kind != "text":
            self.fidelity.lost("kind of embedded data", f"embedded data {name}", f"{kind!r}")
        self.fidelity.taken("embedded data")

    def _calculate(self, name: str, calculation: str, conditions: list[Expression], parts: list[Expression]) -> bool:
        """The row of embedded data, made of `parts`; is it written?"""
        used = {
            one.name for part in [*parts, *conditions, *self._within] for one in walk(part) if isinstance(one, Name)
        }
        if name in self._places and name in used:
            self.fidelity.lost("embedded data", f"embedded data {name}", "is made of its own earlier value")
            return False
        row = self.writing.rows.names[name]
        if name in self._places:
            row = self.writing.rows.claim(f"{name}_{len(self._places[name]) + 1}")
            self._places[name].append(row)
        relevant = self.writing.condition(conditions, "relevant", f"calculation {name}")
        self.sheets.survey.append({"type": "calculate", "name": row, "calculation": calculation, "relevant": relevant})
        return True

    def _last_of(self, name: str, rows: list[str]) -> None:
        """The row that others refer to: names stand only once in a form."""
        if not rows:
            return
        calculation = f"${{{rows[0]}}}"
        for row in rows[1:]:
            calculation = f"if(${{{row}}} != '', ${{{row}}}, {calculation})"
        self.sheets.survey.append(
            {"type": "calculate", "name": self.writing.rows.names[name], "calculation": calculation}
        )
        words = f"is written at {len(rows)} places: each has a row of its own, and one more has the last that is there"
        self.fidelity.changed("embedded data", f"embedded data {name}", words)

    def _written(self, name: str, text: str, conditions: list[Expression]) -> None:
        """Embedded data that are written on the way: a text put together."""
        try:
            cut = list(pieces(text))
            parts = [
                self.writing.paths.value(Text(part) if isinstance(part, str) else _label(part, self.writing))
                for part in cut
            ]
        except (NotWritten, InstrumentError) as problem:
            self.fidelity.lost("embedded data", f"embedded data {name}", f"{text[:200]!r}: {problem}")
            return
        joined = ", ".join(parts) or "''"
        named = [part for part in cut if not isinstance(part, str)]
        if self._calculate(name, f"concat({joined})", conditions, named):
            self.fidelity.taken("embedded data")

    def _computed(self, name: str, value: str, text: str | None) -> None:
        try:
            written = self.writing.paths.value(parse(value))
        except (NotWritten, InstrumentError) as problem:
            self.fidelity.lost("computed value", f"computed value {name}", f"{value[:200]!r}: {problem}")
            return
        words = self.writing.wordings.cells("label", text, None, f"computed value {name}") if text else {}
        row = {"type": "calculate", "name": self.writing.rows.names[name], **words, "calculation": written}
        self.sheets.survey.append(row)
        self.fidelity.taken("computed value")


def _label(value: Expression, writing: Writing) -> Expression:
    """Within words the name of a closed question is its label."""
    target = writing.paths.targets.get(value.name) if isinstance(value, Name) else None
    return Call("label", (value,)) if target is not None and target.kind == "closed" else value


def _repeats(loop: Loop) -> bool:
    """Is a loop what a form repeats: rounds by number, in order, that have nothing of their own?"""
    own = {name for one in loop.rounds for name, _ in one.fields}
    inner = any(isinstance(one, Loop) for one in elements(loop.flow))
    return not (loop.randomize or loop.pick or own - {"number"} or inner) and _count(loop) is not None


def _count(loop: Loop) -> Expression | None:
    """How often a loop goes round: a number, or what all rounds are compared with; None for anything else."""
    wanted = [str(number) for number in range(1, len(loop.rounds) + 1)]
    if [one.name for one in loop.rounds] != wanted:
        return None
    if all(one.show_if is None for one in loop.rounds):
        return Number(len(loop.rounds))
    counts = set()
    for number, one in enumerate(loop.rounds, 1):
        condition = parse(one.show_if) if one.show_if else None
        if not isinstance(condition, Compare) or (condition.operator, condition.right) != (">=", Number(number)):
            return None
        counts.add(condition.left)
    return counts.pop() if len(counts) == 1 else None
