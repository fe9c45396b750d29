"""What respondents saw where no order was recorded: of parts of which only some are put, those that have answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from populace.survey.flow import Element, Flow, Loop, ShowBlock, Shuffle, loops_of
from populace.survey.instrument import Block, Instrument
from populace.survey.orders import written_order
from populace.survey.question import Question
from populace.survey.recorded import suffixes_of

#: for each part (n,) who has an answer in it
_Parts = list[np.ndarray]


def seen_orders(instrument: Instrument, answered: Mapping[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    """Name of an order of which only a part is seen -> (n, k) places in the order written, -1 after them.

    answered: column -> (n,) who has an answer there.
    """
    answers = _Answers(instrument, answered, n)
    found = {**dict(answers.of_flow(instrument.steps, "")), **dict(answers.of_blocks())}
    return {key: written_order(np.column_stack(parts)) for key, parts in found.items()}


class _Answers:
    """Who has answers to what."""

    def __init__(self, instrument: Instrument, answered: Mapping[str, np.ndarray], n: int) -> None:
        self.instrument, self.answered, self.n = instrument, answered, n
        self.blocks: Mapping[str, Block] = {block.id: block for block in instrument.blocks}

    def of_flow(self, flow: Flow, suffix: str) -> Iterator[tuple[str, _Parts]]:
        """Shuffles and loops."""
        for element in flow:
            if isinstance(element, Shuffle) and element.pick is not None:
                yield element.id + suffix, [self.any(self.columns((one,), suffix)) for one in element.members]
            within = [suffix]
            if isinstance(element, Loop):
                within = [f"{suffix}.{one.name}" for one in element.rounds]
                if element.pick is not None:
                    yield element.id + suffix, [self.any(self.columns(element.flow, one)) for one in within]
            for inner in element.inner():
                for one in within:
                    yield from self.of_flow(inner, one)

    def of_blocks(self) -> Iterator[tuple[str, _Parts]]:
        """Questions of blocks, options of questions."""
        loops = loops_of(self.instrument.flow)
        for block in self.instrument.blocks:
            for suffix in suffixes_of(loops.get(block.id, ())):
                if block.pick is not None:
                    questions = block.questions
                    yield block.id + suffix, [self.any(_columns(one, suffix)) for one in questions]
                for question in block.questions:
                    if question.show_only is not None:
                        # which were shown besides the chosen ones cannot be known
                        yield f"{question.name}{suffix}_order", [np.ones(self.n, dtype=bool)] * len(question.options)

    def columns(self, flow: Sequence[Element], suffix: str) -> Iterator[str]:
        """All columns of a flow."""
        for element in flow:
            if isinstance(element, ShowBlock):
                for question in self.blocks[element.block].questions:
                    yield from _columns(question, suffix)
            rounds = [f".{one.name}" for one in element.rounds] if isinstance(element, Loop) else [""]
            for inner in element.inner():
                for one in rounds:
                    yield from self.columns(inner, suffix + one)

    def any(self, columns: Iterator[str]) -> np.ndarray:
        """(n,) who has an answer in any of them."""
        found = np.zeros(self.n, dtype=bool)
        for column in columns:
            found |= self.answered.get(column, False)
        return found


def _columns(question: Question, suffix: str) -> Iterator[str]:
    return (item.name + suffix for item in question.items())
