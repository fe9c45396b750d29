"""Routing: everything in an instrument that depends on answers, and whether it can be carried out.

Conditions are written in the language of `populace.survey.expressions`, wordings with `${…}` in that of
`populace.survey.piping`. `populace.survey.walk` carries them out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known, problems, scope_of
from populace.survey.expression_records import Expression, names_in
from populace.survey.expressions import parse
from populace.survey.flow import Branch, CheckQuota, End, Flow, Loop, SetData, ShowBlock, Shuffle
from populace.survey.instrument import Block, Instrument, embedded
from populace.survey.names import listed, shown
from populace.survey.piping import as_text, pieces
from populace.survey.question import Question
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
    put = _Steps(instrument).first_put(instrument)
    for one in dependences(instrument):
        if one.question is not None and one.question in apart:
            continue
        later = {name for name, step in put.items() if step > one.step} - beforehand
        for words in _problems(one, scope, known is None, later, set(silent)):
            yield InstrumentError(words)


def _problems(
    one: Dependence, scope: Mapping[str, Known], any_name: bool, later: set[str], silent: set[str]
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
        yield from (start + words for words in (*found, *unanswered))


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
            self.found.append(Dependence(where, text, kind, self.end, question))

    def _write(self, name: str) -> None:
        self._written.setdefault(name, self.end)

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
            frozen = isinstance(element, Loop | Shuffle)
            self._frozen += frozen
            for inner in element.inner():
                self._flow(inner)
            self._frozen -= frozen

    def _block(self, block: Block) -> None:
        frozen = block.randomize
        self._frozen += frozen
        for question in block.questions:
            self._next()
            self._question(question)
            for name in (question.name, *(item.name for item in question.items())):
                self._write(name)
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
