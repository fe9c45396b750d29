"""Routing: everything in an instrument that depends on answers, and whether it can be carried out.

Conditions are written in the language of `populace.survey.expressions`, wordings with `${…}` in that of
`populace.survey.piping`. `populace.survey.walk` carries them out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known, problems, scope_of
from populace.survey.expression_records import Expression, Name, names_in
from populace.survey.expressions import parse
from populace.survey.flow import Branch, CheckQuota, End, Flow, Loop, SetData, ShowBlock, Shuffle
from populace.survey.instrument import Block, Instrument, embedded
from populace.survey.kinds import chosen_columns
from populace.survey.names import listed, shown
from populace.survey.piping import as_text, pieces
from populace.survey.question import Question
from populace.survey.recorded import suffixes_of
from populace.survey.wording import texts_of

__all__ = ["Dependence", "condition_of", "dependences", "routing_problems"]


@dataclass(frozen=True)
class Dependence:
    """Something that depends on answers."""

    #: where it stands: "question 'q1', show_if"
    where: str
    #: the condition, expression or wording
    text: str
    #: "condition", "value" or "wording"
    kind: str
    #: number of the step of the flow in which it is looked at; names of later steps have no answer then
    step: int
    #: name of the question it belongs to, None for the flow
    question: str | None = None
    #: the loops around it, outermost first
    loops: tuple[Loop, ...] = ()


def condition_of(question: Question) -> Expression | None:
    """The condition under which a question is put, None for always. Raises `InstrumentError` naming the question."""
    if question.show_if is None:
        return None
    try:
        return parse(question.show_if)
    except InstrumentError as problem:
        raise InstrumentError(f"question {question.name!r}, show_if: {problem}") from None


def dependences(instrument: Instrument) -> Iterator[Dependence]:
    """Everything that depends on answers, in the order of the flow."""
    steps = _Steps(instrument)
    yield from steps.found
    for one in instrument.computed:
        yield Dependence(f"computed {one.name!r}", one.value, "value", steps.end)


def routing_problems(
    instrument: Instrument,
    known: Mapping[str, Known] | None = None,
    silent: Iterable[str] = (),
    apart: Container[str | None] = (),
) -> Iterator[InstrumentError]:
    """What cannot be carried out, in the order of the flow.

    known: what is known of respondents beforehand, by name; None where nobody knows yet, and any name may be among it.
    silent: items that will have no answer. apart: questions that are not looked at. A condition may name what is known
    and what is asked before its question.
    """
    scope = dict(known or {}) | scope_of(instrument)
    # who is known may have answered a background that is asked at the end
    beforehand = {item.name for item in instrument.items("background")} if known is None else set(known)
    steps = _Steps(instrument)
    put = steps.first_put(instrument)
    looped = {name: loops for name, loops in steps.looped.items() if name not in beforehand}
    for one in dependences(instrument):
        if one.question is not None and one.question in apart:
            continue
        later = {name for name, step in put.items() if step > one.step} - beforehand
        for words in _problems(one, scope, known is None, later, set(silent), looped):
            yield InstrumentError(words)
    for question in instrument.questions:
        for column in question.columns if question.name not in apart else ():
            if column.show_if or column.skips or any(option.show_if for option in column.options):
                yield InstrumentError(
                    f"question {question.name!r}, column {column.name!r}: has conditions; columns side by side are put "
                    "together: give the conditions to the question or its rows, or ask the column by itself"
                )
    for name in _circles(instrument):
        yield InstrumentError(f"computed {name!r} depends on itself: take it out of its own value")


def named_before_put(instrument: Instrument) -> set[str]:
    """Questions that something depends on before they are put: their answers have to be known beforehand."""
    put, scope = _Steps(instrument).first_put(instrument), scope_of(instrument)
    return {
        name
        for one in dependences(instrument)
        for expression in _expressions(one, scope)
        for name in names_in(expression)
        if put.get(name, -1) > one.step
    }


def _circles(instrument: Instrument) -> Iterator[str]:
    """Computed values that come back to themselves."""
    named = {}
    for one in instrument.computed:
        with suppress(InstrumentError):  # reported where it stands
            named[one.name] = set(names_in(parse(one.value)))
    for name in named:
        reached, new = set(), named[name] & named.keys()
        while new:
            reached |= new
            new = {further for one in new for further in named[one] & named.keys()} - reached
        if name in reached:
            yield name


def _problems(
    one: Dependence,
    scope: Mapping[str, Known],
    any_name: bool,
    later: set[str],
    silent: set[str],
    looped: Mapping[str, list[tuple[Loop, ...]]],
) -> Iterator[str]:
    try:
        expressions = _expressions(one, scope)
    except InstrumentError as problem:
        yield f"{one.where}: {problem}"
        return
    start = f"{one.where} {shown(one.text)}: "
    for expression in expressions:
        names = names_in(expression)
        own = dict.fromkeys(names, Known("unknown")) | dict(scope) if any_name else scope
        found = problems(expression, own, "truth" if one.kind == "condition" else None)
        unanswered = _unanswered(set(names), later, silent if one.kind == "condition" else set())
        rounds = (words for name in names for words in _elsewhere(name, looped.get(name, []), one.loops))
        yield from (start + words for words in (*found, *unanswered, *rounds, *_several(one, expression, own)))


def _elsewhere(name: str, looped: list[tuple[Loop, ...]], around: tuple[Loop, ...]) -> Iterator[str]:
    """What belongs to a loop, named outside of it."""
    if not looped or any(around[: len(loops)] == loops for loops in looped):
        return
    loops = looped[0]
    if name.startswith("loop."):
        yield f"{name!r} is a field of loop {loops[-1].id!r}, which is not around it: name it within the loop"
        return
    suffix = "".join(f".{loop.rounds[0].name}" for loop in loops)
    yield f"{name!r} is asked in rounds of loop {loops[-1].id!r}: name that of one round, such as {name + suffix!r}"


def _several(one: Dependence, expression: Expression, scope: Mapping[str, Known]) -> Iterator[str]:
    """A multiple choice is no value that can be computed."""
    if one.kind == "value" and isinstance(expression, Name):
        known = scope.get(expression.name)
        if known is not None and known.type == "set":
            yield f"{expression} is a multiple choice: write count({expression}) or label({expression})"


def _expressions(one: Dependence, scope: Mapping[str, Known]) -> list[Expression]:
    if one.kind != "wording":
        return [parse(one.text)]
    labelled = {name for name, known in scope.items() if known.labels}
    return [as_text(piece, labelled) for piece in pieces(one.text) if not isinstance(piece, str)]


def _unanswered(names: set[str], later: set[str], silent: set[str]) -> Iterator[str]:
    """Names that have no answer yet, or will have none: their conditions would be met by nobody, or by everybody."""
    if names & later:
        yield f"{listed(sorted(names & later))} is asked later; expected what is asked before: change the order"
    if names & silent:
        yield f"{listed(sorted(names & silent))} is left out and has no answer: take it out of the condition"


class _Steps:
    """Numbers the steps of a flow; what is put in random order, or in rounds, is one step."""

    def __init__(self, instrument: Instrument) -> None:
        self._blocks = {block.id: block for block in instrument.blocks}
        self._quotas = {quota.name: quota for quota in instrument.quotas}
        self._frozen = 0
        self.end = 0
        self.found: list[Dependence] = []
        #: name -> the first step in which it is written
        self._written: dict[str, int] = {}
        self._loops: tuple[Loop, ...] = ()
        #: name -> the loops within which it has a value, once for each place
        self.looped: dict[str, list[tuple[Loop, ...]]] = {}
        self._flow(instrument.steps)

    def first_put(self, instrument: Instrument) -> dict[str, int]:
        """Name -> the step in which it is first put or written; what is known beforehand has none."""
        declared = {one.name for one in instrument.data}
        later = {name: step for name, step in self._written.items() if name not in declared}
        never = {name for name in embedded(instrument) if name not in self._written and name not in declared}
        return later | dict.fromkeys(never, self.end + 1)

    def _next(self) -> int:
        self.end += not self._frozen
        return self.end

    def _note(self, where: str, text: str | None, kind: str = "condition", question: str | None = None) -> None:
        if text is not None and (kind != "wording" or "${" in text):
            self.found.append(Dependence(where, text, kind, self.end, question, self._loops))

    def _write(self, name: str) -> None:
        self._written.setdefault(name, self.end)

    def _ask(self, name: str) -> None:
        """A name that has an answer from here on; in a loop one for every round."""
        self._write(name)
        if self._loops:
            self.looped[name] = [self._loops]
            for suffix in suffixes_of(self._loops):
                self._write(name + suffix)

    def _flow(self, flow: Flow) -> None:
        for element in flow:
            self._next()
            match element:
                case ShowBlock():
                    self._block(self._blocks[element.block])
                case Branch():
                    self._note("branch", element.when)
                case CheckQuota():
                    self._note(f"quota {element.quota!r}", self._quotas[element.quota].when)
                case SetData():
                    for name, text in element.values:
                        self._note(f"embedded data {name!r}", text, "wording")
                        self._write(name)
                case End():
                    self._note("end", element.text, "wording")
                case Loop():
                    for one in element.rounds:
                        self._note(f"loop {element.id!r}, round {one.name!r}", one.show_if)
            if hasattr(element, "name"):
                self._write(element.name)
            frozen, around = isinstance(element, Loop | Shuffle), self._loops
            self._frozen += frozen
            if isinstance(element, Loop):
                self._loops = (*around, element)
                self._fields(element)
            for inner in element.inner():
                self._flow(inner)
            self._frozen, self._loops = self._frozen - frozen, around

    def _fields(self, loop: Loop) -> None:
        for one in loop.rounds:
            for name, text in one.fields:
                self.looped.setdefault(f"loop.{name}", []).append(self._loops)
                self._note(f"loop {loop.id!r}, round {one.name!r}, field {name!r}", text, "wording")

    def _block(self, block: Block) -> None:
        frozen = block.randomize
        self._frozen += frozen
        for question in block.questions:
            self._next()
            self._question(question)
            for name in (question.name, *chosen_columns(question), *(item.name for item in question.items())):
                self._ask(name)
            # looked at when it is answered
            for skip in question.skips:
                self._next()
                self._note(f"question {question.name!r}, skip to {skip.to!r} when", skip.when, question=question.name)
            if question.valid_if:
                self._next()
                self._note(f"question {question.name!r}, valid_if", question.valid_if, question=question.name)
        self._frozen -= frozen

    def _question(self, question: Question) -> None:
        """Conditions of a question are looked at before it has an answer, so before its own step begins."""
        name, before = question.name, self.end
        self.end = before - (not self._frozen)
        self._note(f"question {name!r}, show_if", question.show_if, question=name)
        for option in question.options:
            self._note(f"question {name!r}, option {option.code!r}, show_if", option.show_if, question=name)
        for row in question.rows:
            self._note(f"question {name!r}, row {row.name!r}, show_if", row.show_if, question=name)
        for text in texts_of(question):
            self._note(f"question {name!r}, wording", text, "wording", name)
        self.end = before
