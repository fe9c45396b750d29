"""Ids of a Qualtrics file: those that questions, choices and blocks came with where they can stay, else new ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from populace.survey.expression_records import Call, Compare, Name, Number, Text
from populace.survey.flow import Flow, Loop, Round, ShowBlock
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column
from populace.survey.question import Question

_QID = re.compile(r"QID[1-9]\d{0,11}")
_CHOICE = re.compile(r"[1-9]\d{0,8}")
_BLOCK = re.compile(r"BL_\w{1,40}", re.ASCII)
_FLOW = re.compile(r"FL_([1-9]\d{0,8})")


@dataclass(frozen=True)
class QuestionIds:
    """What a question and its parts are called in the file."""

    #: of the question, "QID5"
    qid: str
    #: code of an option -> its id
    options: Mapping[int | str, str] = field(default_factory=dict)
    #: name of a row -> its id
    rows: Mapping[str, str] = field(default_factory=dict)
    #: name of a column side by side -> its key
    columns: Mapping[str, str] = field(default_factory=dict)
    #: name of a column side by side -> code of an option -> its id
    column_options: Mapping[str, Mapping[int | str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class LoopIds:
    """A loop as Qualtrics has one: the rounds of a block."""

    #: the loop
    loop: Loop
    #: name of a round -> its id
    rounds: Mapping[str, str]
    #: field -> its number
    fields: Mapping[str, str]
    #: question whose choices the rounds are, None where they are listed
    over: Question | None = None
    #: name of the number that says how many rounds there are
    counted: str | None = None


class Ids:
    """All ids of one file."""

    def __init__(self, instrument: Instrument) -> None:
        qids = kept((question.source for question in instrument.questions), _QID, "QID{}".format)
        both = zip(instrument.questions, qids, strict=True)
        #: name of a question -> ids
        self.questions = {question.name: _of_question(question, qid) for question, qid in both}
        names = kept((block.id for block in instrument.blocks), _BLOCK, lambda number: f"BL_{number:015d}")
        #: block -> its id
        self.blocks = {block.id: name for block, name in zip(instrument.blocks, names, strict=True)}
        #: block -> its loop
        self.loops = {
            block: _loop_ids(loop, instrument, self.questions) for block, loop in single_loops(instrument.flow).items()
        }
        self._flows: set[str] = set()
        self._count = 1

    def flow(self, wanted: str | None = None) -> str:
        """An id of a step of the flow; the one that is wanted where it is free and has the right form."""
        if wanted and _FLOW.fullmatch(wanted) and wanted not in self._flows:
            self._flows.add(wanted)
            return wanted
        while (name := f"FL_{self._count}") in self._flows:
            self._count += 1
        self._flows.add(name)
        return name

    def keep_flows(self, names: Iterable[str]) -> None:
        """Ids that are not given to other steps; FL_1 is the flow itself."""
        self._flows.add("FL_1")
        self._reserved = {name for name in names if _FLOW.fullmatch(name)} - {"FL_1"}
        self._flows |= self._reserved

    def reserved(self, name: str) -> str:
        """The id kept for this step, or a new one."""
        if name in self._reserved:
            self._reserved.discard(name)
            return name
        return self.flow()

    @property
    def flow_count(self) -> int:
        """Highest number of a step."""
        return max(int(name[3:]) for name in self._flows)


def kept(sources: Iterable[str | None], form: re.Pattern[str], made: Callable[[int], str]) -> list[str]:
    """Sources of the right form stay the first time they are met; everything else gets a new id."""
    sources = list(sources)
    there = {one for one in sources if one and form.fullmatch(one)}
    used: set[str] = set()
    found, number = [], 0
    for source in sources:
        if source in there and source not in used:
            name = source
        else:
            number += 1
            while made(number) in there or made(number) in used:
                number += 1
            name = made(number)
        used.add(name)
        found.append(name)
    return found


def choice_ids(sources: Sequence[str | None]) -> list[str]:
    """Ids of choices: whole numbers."""
    return kept(sources, _CHOICE, str)


def _of_question(question: Question, qid: str) -> QuestionIds:
    codes = [option.code for option in question.options]
    if question.kind == "nps" and codes == list(range(11)):
        options = {code: str(code) for code in codes}
    else:
        options = dict(zip(codes, choice_ids([one.source for one in question.options]), strict=True))
    rows = zip(question.rows, choice_ids([row.source for row in question.rows]), strict=True)
    keys = choice_ids([(one.source or "").strip("/") for one in question.columns])
    return QuestionIds(
        qid,
        options,
        {row.name: id for row, id in rows},
        {column.name: key for column, key in zip(question.columns, keys, strict=True)},
        {column.name: _of_question(column, qid).options for column in question.columns},
    )


# -- loops -----------------------------------------------------------------------------------------------------------


def single_loops(flow: Flow) -> dict[str, Loop]:
    """Block -> the loop around it, of loops that Qualtrics can have: around one block and within no other."""
    found: dict[str, Loop] = {}
    for loop in _outermost(flow):
        if len(loop.flow) == 1 and isinstance(loop.flow[0], ShowBlock) and loop.flow[0].block not in found:
            found[loop.flow[0].block] = loop
    return found


def _outermost(flow: Flow) -> Iterable[Loop]:
    for element in flow:
        if isinstance(element, Loop):
            yield element
        else:
            for inner in element.inner():
                yield from _outermost(inner)


def _loop_ids(loop: Loop, instrument: Instrument, questions: Mapping[str, QuestionIds]) -> LoopIds:
    over = _over(loop, instrument)
    if over is not None:
        rounds = {
            one.name: questions[over.name].options[option.code]
            for one, option in zip(loop.rounds, over.options, strict=True)
        }
        labels = [option.label for option in over.options]
        first = next(
            (name for name in _fields(loop) if [dict(r.fields).get(name) for r in loop.rounds] == labels), None
        )
        return LoopIds(loop, rounds, _numbers([name for name in _fields(loop) if name != first], first, 2), over)
    counted = _counted(loop, instrument)
    if counted is not None:
        rounds = {one.name: str(number) for number, one in enumerate(loop.rounds, 1)}
    else:
        rounds = dict(
            zip((one.name for one in loop.rounds), choice_ids([one.name for one in loop.rounds]), strict=True)
        )
    return LoopIds(loop, rounds, _numbers(_fields(loop), None, 1), None, counted)


def _fields(loop: Loop) -> list[str]:
    """Fields that are written; Qualtrics counts rounds by itself."""
    names = dict.fromkeys(name for one in loop.rounds for name, _ in one.fields)
    total = str(len(loop.rounds))
    counts = {"number": [str(n) for n in range(1, len(loop.rounds) + 1)], "total": [total] * len(loop.rounds)}
    texts = {name: [dict(one.fields).get(name) for one in loop.rounds] for name in names}
    return [name for name in names if texts[name] != counts.get(name)]


def _numbers(names: Sequence[str], first: str | None, start: int) -> dict[str, str]:
    """Numbers of fields: field3 is 3, the others get those that are free."""
    wanted = [name.removeprefix("field") if name.startswith("field") else None for name in names]
    wanted = [one if one and _CHOICE.fullmatch(one) and int(one) >= start else None for one in wanted]
    taken = {one for one in wanted if one}
    found, number = ({first: "1"} if first else {}), start
    for name, one in zip(names, wanted, strict=True):
        if one and one not in found.values():
            found[name] = one
            continue
        while str(number) in taken or str(number) in found.values():
            number += 1
        found[name] = str(number)
    return found


def _over(loop: Loop, instrument: Instrument) -> Question | None:
    """The question whose choices the rounds are: each takes place when one of them is selected."""
    for question in instrument.questions:
        if question.kind not in ("single", "scale", "multiple") or len(question.options) != len(loop.rounds):
            continue
        wanted = [_taken(question, option.code) for option in question.options]
        if all(one.show_if in conditions for one, conditions in zip(loop.rounds, wanted, strict=True)):
            return question
    return None


def _taken(question: Question, code: int | str) -> tuple[str, ...]:
    """How it can be written that an option is selected."""
    constant = Text(code) if isinstance(code, str) else Number(code)
    chosen = str(Call("selected", (Name(question.name), constant)))
    if question.kind != "multiple":
        return chosen, str(Compare("==", Name(question.name), constant))
    option = next(one for one in question.options if one.code == code)
    return chosen, str(Compare("==", Name(option_column(question, option)), Number(1)))


def _counted(loop: Loop, instrument: Instrument) -> str | None:
    """The number that says how many rounds there are: the k-th takes place where it is k or more."""

    def fits(one: Round, number: int, name: str) -> bool:
        return one.show_if == f"{Name(name)} >= {number}"

    first = loop.rounds[0].show_if or ""
    for question in instrument.questions:
        named = question.kind == "numeric" and not question.rows and first.startswith(str(Name(question.name)))
        if named and all(fits(one, number, question.name) for number, one in enumerate(loop.rounds, 1)):
            return question.name
    return None
