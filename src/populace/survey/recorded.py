"""Random orders as data: which an instrument has, and how one respondent's order is written down.

"b|a" says that b was seen first, then a, and nothing else. Members are written as readers of the data know them:
blocks by id, questions by name, rounds and rows by name, options by code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from populace.survey.flow import Element, Flow, Loop, ShowBlock, Shuffle, loops_of
from populace.survey.instrument import Instrument
from populace.survey.orders import options_vary, rows_vary
from populace.survey.question import Question

#: what stands between the members of an order
BETWEEN = "|"


@dataclass(frozen=True)
class RandomOrder:
    """An order that chance settles, for every respondent anew."""

    #: under which name the machine records it
    key: str
    #: name of its column
    column: str
    #: what it says, in words
    words: str
    #: its members, in the order written
    members: tuple[str, ...]

    def texts(self, order: np.ndarray) -> list[str | None]:
        """(n,) orders in writing, from (n, k) places; None for who saw nothing of it."""
        different, places = np.unique(order, axis=0, return_inverse=True)
        written = [
            BETWEEN.join(self.members[place] for place in row if place >= 0) or None for row in different.tolist()
        ]
        return [written[place] for place in places.ravel().tolist()]

    def places(self, texts: Sequence[str | None]) -> np.ndarray:
        """(n, k) places, -1 for what was not seen, from orders in writing."""
        place_of = {member: place for place, member in enumerate(self.members)}
        found = np.full((len(texts), len(self.members)), -1, dtype=np.int16)
        for row, text in enumerate(texts):
            seen = [place_of[member] for member in (text or "").split(BETWEEN) if member in place_of]
            found[row, : len(seen)] = seen[: len(self.members)]
        return found


def random_orders(instrument: Instrument) -> tuple[RandomOrder, ...]:
    """The random orders of an instrument: of parts and rounds, of questions in blocks, of options and rows."""
    loops = loops_of(instrument.flow)
    found = [*_of_flow(instrument.steps, ("",))]
    for block in instrument.blocks:
        suffixes = suffixes_of(loops.get(block.id, ()))
        if block.randomize or block.pick is not None:
            names = tuple(question.name for question in block.questions)
            found += [_order(block.id + suffix, "questions of", names) for suffix in suffixes]
        for question in block.questions:
            found += [one for suffix in suffixes for one in _of_question(question, suffix)]
    return tuple(found)


def _of_flow(flow: Flow, suffixes: Sequence[str]) -> Iterator[RandomOrder]:
    for element in flow:
        if isinstance(element, Shuffle):
            members = tuple(_member(one, place) for place, one in enumerate(element.members, 1))
            yield from (_order(element.id + suffix, "parts of", members) for suffix in suffixes)
        within = suffixes
        if isinstance(element, Loop):
            names = tuple(one.name for one in element.rounds)
            if element.randomize or element.pick is not None:
                yield from (_order(element.id + suffix, "rounds of", names) for suffix in suffixes)
            within = [f"{suffix}.{name}" for suffix in suffixes for name in names]
        for inner in element.inner():
            yield from _of_flow(inner, within)


def _of_question(question: Question, suffix: str) -> Iterator[RandomOrder]:
    name = question.name + suffix
    if options_vary(question):
        codes = tuple(str(option.code) for option in question.options)
        yield _order(f"{name}_order", "options of", codes, name)
    if rows_vary(question):
        yield _order(f"{name}_rows_order", "rows of", tuple(row.name for row in question.rows), name)


def versions_of(instrument: Instrument) -> Iterator[str]:
    """Names under which it is recorded which version of its sets or tasks a respondent got."""
    loops = loops_of(instrument.flow)
    for block in instrument.blocks:
        for question in block.questions:
            if len(question.sets) > 1 or (question.tasks and len(question.tasks.versions) > 1):
                yield from (f"{question.name}{suffix}_version" for suffix in suffixes_of(loops.get(block.id, ())))


def suffixes_of(loops: tuple[Loop, ...]) -> list[str]:
    """What is appended to names in every round of these loops, outermost first."""
    suffixes = [""]
    for loop in loops:
        suffixes = [f"{suffix}.{one.name}" for suffix in suffixes for one in loop.rounds]
    return suffixes


def _member(element: Element, place: int) -> str:
    return element.block if isinstance(element, ShowBlock) else str(place)


def _order(key: str, words: str, members: tuple[str, ...], of: str | None = None) -> RandomOrder:
    if len(set(members)) < len(members) or any(BETWEEN in member for member in members):
        members = tuple(str(place) for place in range(1, len(members) + 1))  # names that cannot be told apart
    return RandomOrder(key, _column(key), f"Order of the {words} {of or key}", members)


def _column(key: str) -> str:
    """A name of something as a column can have it."""
    return re.sub(r"[^\w.\-]+", "_", key).strip("_.-") or "order"
