"""Loops written out, for formats that have none: every round has questions of its own.

Question `q` of round `r` is `q_r`; within the round its name means that one, elsewhere `q.r` does. Fields of the round
become words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from populace.survey.expression_records import Expression, Name, Text
from populace.survey.expressions import parse
from populace.survey.flow import Branch, Element, Flow, Loop, Round, Section, ShowBlock, elements
from populace.survey.formats.fidelity import Fidelity
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import row_column
from populace.survey.piping import literally, pieces
from populace.survey.question import Question

#: fields of records that hold conditions, and those that hold wordings
_CONDITIONS = {"show_if", "valid_if", "when", "value"}
_WORDS = {"text", "label", "stem", "item", "valid_text", "unit"}


def unrolled(instrument: Instrument, chosen: Callable[[Loop], bool], fidelity: Fidelity) -> Instrument:
    """The instrument without the loops that are chosen; loops within loops go with the outer one."""
    if not any(isinstance(one, Loop) and chosen(one) for one in elements(instrument.flow)):
        return instrument
    work = _Work(instrument, chosen, fidelity)
    flow = work.steps(instrument.flow)
    blocks = [copy for block in instrument.blocks for copy in work.blocks.get(block.id, [block])]
    outside = work.names
    computed = tuple(_renamed(one, outside, {}) for one in instrument.computed)
    quotas = tuple(_renamed(one, outside, {}) for one in instrument.quotas)
    blocks = [_renamed(block, outside, {}) for block in blocks]
    return replace(
        instrument, blocks=tuple(blocks), flow=tuple(_renamed(step, outside, {}) for step in flow), computed=computed,
        quotas=quotas, translations=work.translations(instrument),
    )  # fmt: skip


class _Work:
    """Copies of blocks, round by round."""

    def __init__(self, instrument: Instrument, chosen: Callable[[Loop], bool], fidelity: Fidelity) -> None:
        self.originals = {block.id: block for block in instrument.blocks}
        self.chosen, self.fidelity = chosen, fidelity
        self.taken = {question.name for question in instrument.questions} | set(self.originals)
        #: block -> its copies
        self.blocks: dict[str, list[Block]] = {}
        #: name in a round -> name of the copy
        self.names: dict[str, str] = {}
        #: question -> its copies
        self.copies: dict[str, list[str]] = {}

    def steps(self, flow: Flow) -> list[Element]:
        """The steps with loops written out."""
        found: list[Element] = []
        for step in flow:
            if isinstance(step, Loop) and self.chosen(step):
                found += self._loop(step)
            else:
                found.append(_within(step, self.steps))
        return found

    def _loop(self, loop: Loop) -> list[Element]:
        words = f"its {len(loop.rounds)} rounds are written out"
        self.fidelity.changed("loop", f"loop {loop.id}", words)
        if loop.randomize or loop.pick is not None:
            self.fidelity.lost("random order of rounds", f"loop {loop.id}", "all rounds are put, in their order")
        return [step for one in loop.rounds for step in self._round(loop, one, ())]

    def _round(self, loop: Loop, one: Round, around: tuple[Round, ...]) -> list[Element]:
        rounds = (*around, one)
        steps: list[Element] = []
        for step in loop.flow:
            if isinstance(step, Loop):
                steps += [inner for each in step.rounds for inner in self._round(step, each, rounds)]
            else:
                steps.append(self._copied(step, rounds))
        if one.show_if is None or not steps:
            return steps
        return [Branch(one.show_if, (steps[0] if len(steps) == 1 else Section(tuple(steps)),))]

    def _copied(self, step: Element, rounds: tuple[Round, ...]) -> Element:
        if isinstance(step, ShowBlock):
            return ShowBlock(self._block(self.originals[step.block], rounds))
        copied = _within(step, lambda flow: [self._copied(one, rounds) for one in flow])
        return _renamed(copied, {}, _fields(rounds))

    def _block(self, block: Block, rounds: tuple[Round, ...]) -> str:
        suffix = "".join(f"_{one.name}" for one in rounds)
        dotted = "".join(f".{one.name}" for one in rounds)
        own: dict[str, str] = {}
        questions = []
        for question in block.questions:
            copy = self._question(question, suffix)
            for old, new in zip(_names(question), _names(copy), strict=True):
                own[old] = new
                self.names[old + dotted] = new
            questions.append(copy)
        own |= {f"{old}{dotted}": new for old, new in own.items()}
        asked = tuple(_renamed(question, own, _fields(rounds)) for question in questions)
        copied = replace(block, id=self._free(f"{block.id}{suffix}"), questions=asked)
        self.blocks.setdefault(block.id, []).append(copied)
        return copied.id

    def _question(self, question: Question, suffix: str) -> Question:
        name = self._free(f"{question.name}{suffix}")
        self.copies.setdefault(question.name, []).append(name)
        options = tuple(replace(one, column=one.column and f"{one.column}{suffix}") for one in question.options)
        rows = tuple(replace(one, column=one.column and f"{one.column}{suffix}") for one in question.rows)
        return replace(question, name=name, options=options, rows=rows)

    def _free(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.taken:
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name)
        return name

    def translations(self, instrument: Instrument) -> dict[str, dict[str, str]]:
        """Translations, those of looped questions for every copy."""
        found: dict[str, dict[str, str]] = {}
        for language, texts in instrument.translations.items():
            own = found.setdefault(language, {})
            for place, text in texts.items():
                question, slash, rest = place.partition("/")
                for name in self.copies.get(question, [question]):
                    own[f"{name}{slash}{rest}"] = text
        return found


def _fields(rounds: tuple[Round, ...]) -> dict[str, str]:
    return {f"loop.{name}": text for one in rounds for name, text in one.fields}


def _names(question: Question) -> list[str]:
    """All names a question has in expressions."""
    rows = [row_column(question, row) for row in question.rows]
    return [question.name, *rows, *(item.name for item in question.items())]


def _within(step: Element, change: Callable[[Flow], list[Element]]) -> Element:
    """A step with the flows within it changed."""
    flows = {
        one.name: tuple(change(getattr(step, one.name))) for one in fields(step) if _is_flow(getattr(step, one.name))
    }
    return replace(step, **flows) if flows else step


def _is_flow(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(one, Element) for one in value)


def _renamed(record: Any, names: Mapping[str, str], constants: Mapping[str, str]) -> Any:
    """A record with names in its conditions and wordings replaced, and some of them by words."""
    changes = dict(_changes(record, names, constants))
    return replace(record, **changes) if changes else record


def _changes(record: Any, names: Mapping[str, str], constants: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for entry in fields(record):
        value = getattr(record, entry.name)
        if isinstance(value, str) and entry.name in _CONDITIONS:
            yield entry.name, str(_replaced(parse(value), names, constants))
        elif entry.name == "to" and value in names:
            yield entry.name, names[value]
        elif isinstance(value, str) and entry.name in _WORDS and "${" in value:
            yield entry.name, _worded(value, names, constants)
        elif isinstance(value, tuple) and any(is_dataclass(one) for one in value):
            yield entry.name, tuple(_renamed(one, names, constants) for one in value)
        elif entry.name == "values" and isinstance(value, tuple):
            yield entry.name, tuple((name, _worded(text, names, constants)) for name, text in value)


def _replaced(expression: Expression, names: Mapping[str, str], constants: Mapping[str, str]) -> Expression:
    if isinstance(expression, Name):
        if expression.name in constants:
            return Text(constants[expression.name])
        return Name(names.get(expression.name, expression.name))
    parts = {entry.name: _member(getattr(expression, entry.name), names, constants) for entry in fields(expression)}
    return replace(expression, **parts)


def _member(value: Any, names: Mapping[str, str], constants: Mapping[str, str]) -> Any:
    if isinstance(value, Expression):
        return _replaced(value, names, constants)
    return tuple(_member(one, names, constants) for one in value) if isinstance(value, tuple) else value


def _worded(text: str, names: Mapping[str, str], constants: Mapping[str, str]) -> str:
    """A wording with other names in its brackets; what stands for words is words."""
    written = ""
    for piece in pieces(text) if "${" in text else (text,):
        if isinstance(piece, str):
            written += literally(piece)
        elif isinstance(piece, Name) and piece.name in constants:
            written += constants[piece.name]
        else:
            written += f"${{{_replaced(piece, names, constants)}}}"
    return written
