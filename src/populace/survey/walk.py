"""The instrument machine: a batch of respondents on their way through an instrument, together.

`Walk.visits()` is a generator: it gives one `Visit` after the other (a question, with the respondents it is put to,
the options they are offered and the order they see), and is sent their answers. The same machine walks one person in
a browser and a hundred thousand synthetic respondents; nobody is ever put a question that the rules keep from them.
Where respondents go different ways, the machine follows one group after the other: work is in proportion to the
questions that are put.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from populace.survey.expression_checks import Known, scope_of
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
)
from populace.survey.instrument import Block, Instrument, suffixed
from populace.survey.item import Item
from populace.survey.kinds import cells, chosen_columns
from populace.survey.orders import (
    Chance,
    all_there,
    even_order,
    flipped,
    in_written_order,
    members_in,
    options_vary,
    position_of,
    random_order,
    rows_vary,
    shown_in,
    written_order,
)
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip
from populace.survey.state import Place, State

#: how an interview stands that has not ended early
COMPLETE, SCREENED_OUT, OVER_QUOTA = "complete", "screened out", "over quota"

#: answers to a visit: column -> (m,) floats with NaN for nothing, or objects with None
Answers = Mapping[str, np.ndarray]
_Steps = Generator["Visit", Answers | None, None]


@dataclass(frozen=True)
class Visit:
    """A question as it is put to some respondents."""

    #: the question as its author wrote it
    question: Question
    #: its columns, in order, under the names they have here
    items: tuple[Item, ...]
    #: (m,) places of the respondents in the batch
    rows: np.ndarray
    #: where in its loops the interview is
    place: Place
    #: (m, K) which options are offered, None = all
    offered: np.ndarray | None = None
    #: (m, R) which rows are shown, None = all
    lines: np.ndarray | None = None
    #: (m, K) places of the options in the order seen, -1 = not offered; None = as written
    option_order: np.ndarray | None = None
    #: (m, R) places of the rows in the order seen, likewise
    row_order: np.ndarray | None = None
    #: (m,) version of the sets or tasks, from 0 on; None where there are none
    versions: np.ndarray | None = None
    #: column -> (m,) who finds it, for columns of rows and options that are not shown to all
    found: Mapping[str, np.ndarray] = field(default_factory=dict)

    def some(self, places: np.ndarray) -> Visit:
        """The visit of some of the respondents, by their places (k,) in it."""
        several = ("rows", "offered", "lines", "option_order", "row_order", "versions")
        cut = {name: values[places] for name in several if (values := getattr(self, name)) is not None}
        return replace(self, **cut, found={name: there[places] for name, there in self.found.items()})


class Walk:
    """n respondents in an instrument.

    known: what is known of them beforehand, name -> values as for `expression_columns`. chance: where random orders
    come from; needed only where the instrument has some. full: names of quotas that are full, for all, or (n,) for
    whom. orders: random orders that are known already, name -> (n, k) places, -1 where nothing was seen; who has none
    gets one by chance. drawn: numbers of rolls and versions of tasks that are known, name -> (n,) floats, NaN
    likewise.
    """

    def __init__(
        self,
        instrument: Instrument,
        n: int,
        known: Mapping[str, Any] | None = None,
        chance: Chance | None = None,
        full: Collection[str] | Mapping[str, np.ndarray] = (),
        orders: Mapping[str, np.ndarray] | None = None,
        drawn: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.instrument, self.n = instrument, n
        self._chance, self._orders, self._drawn = chance, dict(orders or {}), dict(drawn or {})
        self._full = dict(full) if isinstance(full, Mapping) else dict.fromkeys(full, np.ones(n, dtype=bool))
        self._blocks = {block.id: block for block in instrument.blocks}
        self._quotas = {quota.name: quota for quota in instrument.quotas}
        computed = {one.name: one.value for one in instrument.computed}
        scope = scope_of(instrument)
        self.state = State(n, known or {}, _labels(scope), computed, scope)
        #: (n,) how each interview ended
        self.ended = np.full(n, COMPLETE, dtype=object)
        #: name -> (n, k) orders as far as they are random, -1 for what was not shown
        self.orders: dict[str, np.ndarray] = {}
        #: name -> (n,) versions of sets and tasks, from 1 on, 0 = not shown
        self.versions: dict[str, np.ndarray] = {}
        #: quota -> (n,) number of visits before its check for who fell into it, -1 for everybody else
        self.fell: dict[str, np.ndarray] = {}
        #: column -> (n,) number of the visit in which it was put, -1 = never; kept where there are quotas
        self.put_at: dict[str, np.ndarray] = {}
        #: column -> (n,) to whom it was put
        self.put_to: dict[str, np.ndarray] = {}
        #: (what, holds) -> how many respondents: conditions, skips and ways out that were come by
        self.passed: Counter[tuple[str, bool]] = Counter()
        self._alive = np.ones(n, dtype=bool)
        self._visits = 0
        self._items: dict[int, tuple[Item, ...]] = {}

    def visits(self) -> _Steps:
        """Every question as it is put; send the answers to each. Display text and measurements have no answers."""
        yield from self._flow(self.instrument.steps, np.arange(self.n), Place())

    # -- the flow ----------------------------------------------------------------------------------------------------

    def _flow(self, flow: Flow, rows: np.ndarray, place: Place) -> _Steps:
        for element in flow:
            rows = rows[self._alive[rows]]
            if not len(rows):
                return
            yield from self._element(element, rows, place)

    def _element(self, element: Element, rows: np.ndarray, place: Place) -> _Steps:
        match element:
            case ShowBlock():
                yield from self._block(self._blocks[element.block], rows, place)
            case Branch():
                holds = self._holds(f"branch {element.when}", element.when, rows, place)
                yield from self._flow(element.then, rows[holds], place)
                yield from self._flow(element.otherwise, rows[~holds], place)
            case Section():
                yield from self._flow(element.flow, rows, place)
            case Shuffle():
                yield from self._shuffle(element, rows, place)
            case Loop():
                yield from self._loop(element, rows, place)
            case SetData() | Roll():
                self._write(element, rows, place)
            case CheckQuota():
                self._check(element, rows, place)
            case End():
                self._end(rows, element.kind)

    def _shuffle(self, shuffle: Shuffle, rows: np.ndarray, place: Place) -> _Steps:
        count = len(shuffle.members)
        if shuffle.even and shuffle.pick and shuffle.pick < count:
            order = even_order(count, shuffle.pick, self._dice(), shuffle.id + place.suffix, rows)
        else:
            order = self._random(count, (), shuffle.pick, shuffle.id + place.suffix, rows)
        order = self._record(shuffle.id + place.suffix, rows, order)
        for position in range(count):
            for member in members_in(order[:, position]):
                here = rows[order[:, position] == member]
                yield from self._flow((shuffle.members[member],), here, place)

    def _loop(self, loop: Loop, rows: np.ndarray, place: Place) -> _Steps:
        conditions = (one.show_if for one in loop.rounds)
        there = np.column_stack(
            [
                np.ones(len(rows), dtype=bool) if when is None else self._holds(f"round {when}", when, rows, place)
                for when in conditions
            ]
        )
        order = written_order(there)
        if loop.randomize or loop.pick is not None:
            fixed = np.zeros(len(loop.rounds), dtype=bool)
            order = random_order(there, fixed, loop.pick, self._dice(), loop.id + place.suffix, rows)
            order = order if loop.randomize else in_written_order(order)
            order = self._record(loop.id + place.suffix, rows, order)
        for position in range(len(loop.rounds)):
            for number in members_in(order[:, position]):
                here, one = rows[order[:, position] == number], loop.rounds[number]
                yield from self._flow(loop.flow, here, place.within(one.name, dict(one.fields)))

    def _write(self, element: SetData | Roll, rows: np.ndarray, place: Place) -> None:
        if isinstance(element, SetData):
            for name, text in element.values:
                self.state.put(name, rows, _plain(self.state.words(text, rows, place)))
            return
        numbers = self._dice().uniforms(element.name + place.suffix, rows)
        rolled = element.low + np.floor(numbers * (element.high - element.low + 1))
        known = self._drawn.get(element.name, np.full(self.n, np.nan))[rows]
        self.state.put(element.name, rows, np.where(np.isnan(known), rolled, known))

    def _check(self, check: CheckQuota, rows: np.ndarray, place: Place) -> None:
        quota = self._quotas[check.quota]
        fell = rows[self._holds(f"quota {quota.name}", quota.when, rows, place)]
        kept = self.fell.setdefault(quota.name, np.full(self.n, -1))
        kept[fell] = self._visits
        if quota.name in self._full:
            self._end(fell[self._full[quota.name][fell]], OVER_QUOTA)

    def _end(self, rows: np.ndarray, kind: str) -> None:
        self.ended[rows] = kind
        self._alive[rows] = False

    # -- a block -----------------------------------------------------------------------------------------------------

    def _block(self, block: Block, rows: np.ndarray, place: Place) -> _Steps:
        count = len(block.questions)
        if block.randomize or block.pick is not None:
            fixed = [question.fixed for question in block.questions]
            order = self._random(count, fixed, block.pick, block.id + place.suffix, rows)
            order = order if block.randomize else in_written_order(order)
            order = self._record(block.id + place.suffix, rows, order)
        else:
            order = written_order(np.ones((len(rows), count), dtype=bool))
        #: first position at which each respondent goes on after a skip
        resume = np.zeros(len(rows), dtype=np.int64)
        for position in range(count):
            for number in members_in(order[:, position]):
                here = (order[:, position] == number) & (resume <= position) & self._alive[rows]
                if here.any():
                    question = block.questions[number]
                    shown = yield from self._question(question, rows[here], place)
                    if question.skips:
                        self._skip(question, block, rows, here & np.isin(rows, shown), order, resume, place)

    def _skip(
        self,
        question: Question,
        block: Block,
        rows: np.ndarray,
        here: np.ndarray,
        order: np.ndarray,
        resume: np.ndarray,
        place: Place,
    ) -> None:
        """Where those who were put the question go on; the first skip that holds decides."""
        left = np.flatnonzero(here)
        for skip in question.skips:
            if not len(left):
                return
            holds = self._skips(skip, rows[left], place)
            gone, left = left[holds], left[~holds]
            if skip.to == END_OF_SURVEY:
                self._end(rows[gone], COMPLETE)
            elif skip.to == END_OF_BLOCK:
                resume[gone] = order.shape[1]
            else:
                target = [one.name for one in block.questions].index(skip.to)
                resume[gone] = position_of(order[gone], target, resume[gone])

    def _skips(self, skip: Skip, rows: np.ndarray, place: Place) -> np.ndarray:
        if skip.when is None:
            return np.ones(len(rows), dtype=bool)
        return self._holds(f"skip to {skip.to} when {skip.when}", skip.when, rows, place)

    # -- a question --------------------------------------------------------------------------------------------------

    def _question(self, question: Question, rows: np.ndarray, place: Place) -> Generator[Visit, Any, np.ndarray]:
        """Put a question to whom its condition lets through; gives their places."""
        if question.show_if is not None:
            rows = rows[self._holds(f"{question.name}{place.suffix}", question.show_if, rows, place)]
        visit = self._visit(question, rows, place)
        if not len(visit.rows):
            return visit.rows
        self._mark(visit)
        answers = yield visit
        self._visits += 1
        self._take(visit, answers or {})
        return visit.rows

    def _visit(self, question: Question, rows: np.ndarray, place: Place) -> Visit:
        """The question for these respondents, without those who would find nothing to answer."""
        offered = self._there(question.options, rows, place)
        lines = self._there(question.rows, rows, place)
        some = np.ones(len(rows), dtype=bool)
        if offered is not None and question.kind not in ("numeric", "slider"):  # a number can be given in any case
            some &= offered.any(axis=1)
        if lines is not None:
            some &= lines.any(axis=1)
        rows, offered, lines = (one if one is None else one[some] for one in (rows, offered, lines))
        option_order, row_order = self._seen_orders(question, rows, place, offered, lines)
        if question.show_only is not None:
            offered = shown_in(option_order)
        items, version = self._items_of(question, place), self._version(question, rows, place)
        found = _found(question, place.suffix, offered, lines)
        return Visit(question, items, rows, place, offered, lines, option_order, row_order, version, found)

    def _there(self, members: Sequence[Any], rows: np.ndarray, place: Place) -> np.ndarray | None:
        """(m, K) whose conditions let them be there; None when there are no conditions."""
        if all(member.show_if is None for member in members):
            return None
        there = np.ones((len(rows), len(members)), dtype=bool)
        for number, member in enumerate(members):
            if member.show_if is not None:
                there[:, number] = self.state.holds(member.show_if, rows, place)
        return there

    def _seen_orders(
        self,
        question: Question,
        rows: np.ndarray,
        place: Place,
        offered: np.ndarray | None,
        lines: np.ndarray | None,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """The order of the options and of the rows, where either is random."""
        name = question.name + place.suffix
        option_order = row_order = None
        if options_vary(question):
            there = all_there(offered, len(rows), len(question.options))
            option_order = self._option_order(question, there, name, rows, shuffled=not question.rows)
            option_order = self._record(f"{name}_order", rows, option_order)
        if rows_vary(question):
            there = all_there(lines, len(rows), len(question.rows))
            fixed = np.array([row.fixed for row in question.rows])
            row_order = random_order(there, fixed, None, self._dice(), f"{name} rows", rows)
            row_order = self._record(f"{name}_rows_order", rows, row_order)
        return option_order, row_order

    def _option_order(
        self, question: Question, there: np.ndarray, name: str, rows: np.ndarray, shuffled: bool
    ) -> np.ndarray:
        fixed = np.array([option.fixed for option in question.options])
        order = written_order(there)
        if (question.randomize and shuffled) or question.show_only is not None:
            order = random_order(there, fixed, question.show_only, self._dice(), f"{name} options", rows)
            order = order if question.randomize and shuffled else in_written_order(order)
        if question.flip:
            half = self._dice().uniforms(f"{name} flip", rows) < 0.5
            order = flipped(order, half, fixed)
        return order

    def _version(self, question: Question, rows: np.ndarray, place: Place) -> np.ndarray | None:
        count = len(question.sets) or (len(question.tasks.versions) if question.tasks else 0)
        if not count:
            return None
        name = question.name + place.suffix
        zeros = np.zeros(len(rows), dtype=np.int64)
        version = zeros if count == 1 else even_order(count, 1, self._dice(), name, rows)[:, 0]
        if f"{name}_version" in self._drawn:
            known = self._drawn[f"{name}_version"][rows]
            version = np.where((known >= 1) & (known <= count), known - 1, version).astype(np.int64)
        kept = self.versions.setdefault(f"{name}_version", np.zeros(self.n, dtype=np.int64))
        kept[rows] = version + 1
        return version

    def _items_of(self, question: Question, place: Place) -> tuple[Item, ...]:
        """The columns of a question here; made once, for the same question is put to many groups."""
        if id(question) not in self._items:
            self._items[id(question)] = question.items()
        items = self._items[id(question)]
        return items if not place.suffix else tuple(suffixed(item, place.suffix) for item in items)

    def _mark(self, visit: Visit) -> None:
        """Note what was shown to whom."""
        self.state.show(visit.question.name + visit.place.suffix, visit.rows)
        for item in visit.items:
            rows = visit.rows[visit.found[item.name]] if item.name in visit.found else visit.rows
            self.state.show(item.name, rows)
            self.put_to.setdefault(item.name, np.zeros(self.n, dtype=bool))[rows] = True
            if self._quotas:
                self.put_at.setdefault(item.name, np.full(self.n, -1))[rows] = self._visits

    def _take(self, visit: Visit, answers: Answers) -> None:
        """Keep the answers, and what follows from them: the codes chosen of a multiple choice.

        Whatever is sent of rows and options that were not shown is no answer.
        """
        hidden = {name: ~there for name, there in visit.found.items() if name in answers}
        if hidden:
            answers = {**answers, **{name: _without(answers[name], who) for name, who in hidden.items()}}
        for name, values in answers.items():
            self.state.put(name, visit.rows, values)
        for name, columns in chosen_columns(visit.question).items():
            given = [answers.get(column + visit.place.suffix) for column in columns.values()]
            table = np.column_stack([_selected(values, len(visit.rows)) for values in given])
            self.state.choose(name + visit.place.suffix, tuple(columns), visit.rows, table)

    def accepts(self, visit: Visit, answers: Answers) -> np.ndarray:
        """(m,) whose answers meet the condition of the question; who gives none, or "don't know", is not judged.

        The answers are kept until others are sent for the same respondents.
        """
        self._take(visit, answers)
        said = [_says_something(item, answers[item.name]) for item in visit.items if item.name in answers]
        silent = ~np.logical_or.reduce(said) if said else np.ones(len(visit.rows), dtype=bool)
        return silent | self.state.holds(visit.question.valid_if or "true", visit.rows, visit.place)

    # -- shared ------------------------------------------------------------------------------------------------------

    def _holds(self, what: str, condition: str, rows: np.ndarray, place: Place) -> np.ndarray:
        holds = self.state.holds(condition, rows, place)
        count = int(holds.sum())
        self.passed[what, True] += count
        self.passed[what, False] += len(rows) - count
        return holds

    def _random(self, count: int, fixed: Sequence[bool], pick: int | None, label: str, rows: np.ndarray) -> np.ndarray:
        there = np.ones((len(rows), count), dtype=bool)
        kept = np.array(fixed, dtype=bool) if len(fixed) else np.zeros(count, dtype=bool)
        return random_order(there, kept, pick, self._dice(), label, rows)

    def _record(self, name: str, rows: np.ndarray, order: np.ndarray) -> np.ndarray:
        """The order, where it is known already that one; kept under its name."""
        known = self._orders.get(name)
        if known is not None:
            there = (known[rows] >= 0).any(axis=1)
            order = np.where(there[:, None], known[rows], order)
        kept = self.orders.setdefault(name, np.full((self.n, order.shape[1]), -1, dtype=np.int16))
        kept[rows] = order
        return order

    def _dice(self) -> Chance:
        if self._chance is None:
            raise ValueError("the instrument has random parts; expected a source of chance: pass chance=")
        return self._chance


def labels_of(instrument: Instrument) -> dict[str, dict[int | str, str]]:
    """name -> code -> wording, of all that is closed; in loops under the name in the loop and in every round."""
    return _labels(scope_of(instrument))


def _labels(scope: Mapping[str, Known]) -> dict[str, dict[int | str, str]]:
    return {name: dict(zip(one.codes, one.labels, strict=True)) for name, one in scope.items() if one.labels}


def _found(
    question: Question, suffix: str, offered: np.ndarray | None, lines: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Column -> (m,) who finds it, for columns that belong to a row or an option which not all are shown."""
    found: dict[str, np.ndarray] = {}
    if offered is None and lines is None:
        return found
    for name, (row, option) in cells(question).items():
        parts = [] if row is None or lines is None else [lines[:, row]]
        parts += [] if option is None or offered is None else [offered[:, option]]
        if parts:
            found[name + suffix] = np.logical_and.reduce(parts)
    return found


def _says_something(item: Item, values: np.ndarray) -> np.ndarray:
    """Who gave an answer that is more than "don't know"."""
    there = np.array([one is not None for one in values]) if values.dtype == object else ~np.isnan(values)
    missing = [option.code for option in item.options if option.missing]
    return there & ~np.isin(values, missing) if missing else there


def _without(values: np.ndarray, who: np.ndarray) -> np.ndarray:
    """The values with nothing for some."""
    return np.where(who, None if values.dtype == object else np.nan, values)


def _selected(values: np.ndarray | None, m: int) -> np.ndarray:
    """Who selected, from the column of an option: 1 is yes."""
    if values is None:
        return np.zeros(m, dtype=bool)
    return np.asarray(values == 1, dtype=bool)


def _plain(values: np.ndarray) -> np.ndarray:
    """Values as the state keeps them: numbers as floats, texts and truths as objects."""
    return values.astype(np.float64) if values.dtype.kind in "iuf" else values.astype(object)
