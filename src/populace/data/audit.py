"""Audit: do answers keep the rules of their instrument? The same for people's answers and for synthetic ones.

The respondents walk through the instrument once more, with the answers they gave and the random orders that were
recorded: what was answered without having been put, what is no option that was offered, what breaks a limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from populace.data.dataset import DataSet
from populace.survey.instrument import Instrument, embedded
from populace.survey.item import Item
from populace.survey.kinds import chosen_columns, option_column, row_column
from populace.survey.recorded import random_orders
from populace.survey.walk import Visit, Walk

#: how far a sum may be off by rounding
_ROUNDING = 1e-6


@dataclass
class Audit:
    """What an audit found."""

    #: (rule, column) -> how many respondents break it
    violations: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: column -> to how many respondents it was put
    put: dict[str, int] = field(default_factory=dict)
    #: column -> how many of these answered
    answered: dict[str, int] = field(default_factory=dict)
    #: (condition, holds) -> how many respondents came by
    passed: Counter[tuple[str, bool]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Answers that break a rule."""
        return sum(self.violations.values())

    def lines(self) -> list[str]:
        """What was found, in words."""
        return [f"{column}: {rule}: {count:,} respondents" for (rule, column), count in self.violations.most_common()]


class _Turns:
    """No chance: where no order was recorded, everything is put as written."""

    def uniforms(self, label: str, rows: np.ndarray) -> np.ndarray:
        """(m,) the same for everybody, rising with the number at the end of the label."""
        number = label.rpartition(" ")[2]
        return np.full(len(rows), (int(number) if number.isdecimal() else 0) / 1e6)

    def turns(self, rows: np.ndarray) -> np.ndarray:
        """(m,) zeros."""
        return np.zeros(len(rows), dtype=np.int64)

    def shared(self, label: str, numbers: np.ndarray) -> np.ndarray:
        """(m,) the same for everybody."""
        return self.uniforms(label, numbers)


def audit(instrument: Instrument, dataset: DataSet) -> Audit:
    """Walk these answers through the instrument. Columns that the data do not have are not judged.

    Embedded data that were recorded are taken as they were written; without a recorded order everything counts as put
    in the order written, and where only some parts are put, as put to whoever has answers there.
    """
    values = {name: _values(dataset.answers[name]) for name in _known(instrument, dataset)}
    orders = {
        order.key: order.places(dataset.answers[order.column].to_list())
        for order in random_orders(instrument)
        if order.column in dataset.codebook
    }
    walk = Walk(instrument, dataset.n, {}, _Turns(), orders=orders)
    found = Audit(passed=walk.passed)
    outside = {name: column for name, column in values.items() if name not in {one.name for one in instrument.items()}}
    walk.state.values |= outside
    steps = walk.visits()
    visit = next(steps, None)
    while visit is not None:
        answers = {item.name: values[item.name][visit.rows] for item in visit.items if item.name in values}
        _judge(visit, answers, found)
        try:
            visit = steps.send(answers)
        except StopIteration:
            break
    _unasked(walk, values, instrument, found)
    return found


def _known(instrument: Instrument, dataset: DataSet) -> list[str]:
    """Answers and embedded data that the data set has."""
    names = [item.name for item in instrument.items()] + list(dict.fromkeys(embedded(instrument)))
    return [name for name in names if name in dataset.codebook]


def _values(column: pl.Series) -> np.ndarray:
    if column.dtype == pl.String:
        return np.array(column.to_list(), dtype=object)
    return column.cast(pl.Float64).to_numpy()


def _judge(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """Everything that can be wrong with the answers to one question."""
    for item in visit.items:
        if item.name in answers:
            there = _there(answers[item.name])
            found.put[item.name] = found.put.get(item.name, 0) + len(visit.rows)
            found.answered[item.name] = found.answered.get(item.name, 0) + int(there.sum())
            _judge_item(item, answers[item.name], there, found)
    _judge_offered(visit, answers, found)
    _judge_counts(visit, answers, found)


def _judge_item(item: Item, values: np.ndarray, there: np.ndarray, found: Audit) -> None:
    if item.open:
        return
    codes = {option.code for option in item.options}
    if item.numeric is None:
        wrong = [value not in codes for value in values[there].tolist()]
        _count(found, "is no option", item.name, np.array(wrong, dtype=bool))
        return
    numbers = values[there].astype(np.float64)
    numbers = numbers[~np.isin(numbers, [code for code in codes if isinstance(code, int)])]
    low, high = item.numeric.minimum, item.numeric.maximum
    _count(found, "is below the smallest number", item.name, numbers < (-np.inf if low is None else low))
    _count(found, "is above the largest number", item.name, numbers > (np.inf if high is None else high))


def _judge_offered(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """Options and rows that were not shown have no answers."""
    question, suffix = visit.question, visit.place.suffix
    if visit.lines is not None:
        for place, row in enumerate(question.rows):
            column = row_column(question, row) + suffix
            if column in answers:
                _count(found, "row was not shown", column, _there(answers[column]) & ~visit.lines[:, place])
    if visit.offered is None:
        return
    for place, option in enumerate(question.options):
        hidden = ~visit.offered[:, place]
        for item in visit.items:
            if item.name not in answers:
                continue
            if question.kind in ("multiple", "rank", "sum"):
                chosen = _there(answers[item.name]) & (item.name == option_column(question, option) + suffix)
            elif item.numeric is None and not item.open:
                chosen = answers[item.name] == option.code
            else:
                continue
            _count(found, "option was not offered", item.name, hidden & chosen)


def _judge_counts(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """How many were selected, and what rules out what; what numbers add up to; ranks that stand twice."""
    question, suffix = visit.question, visit.place.suffix
    for name, columns in chosen_columns(question).items():
        given = [answers.get(column + suffix) for column in columns.values()]
        if any(values is None for values in given):
            continue
        table = np.column_stack([values == 1 for values in given])
        alone = np.array([option.exclusive for option in question.options])
        counts, answered = table.sum(axis=1), table.any(axis=1)
        _count(found, "an exclusive option with others", name, (table & alone).any(axis=1) & (counts > 1))
        free = answered & ~(table & alone).any(axis=1)
        _count(found, "fewer options than allowed", name, free & (counts < (question.at_least or 0)))
        _count(found, "more options than allowed", name, counts > (question.at_most or len(columns)))
    if question.kind in ("sum", "rank"):
        columns = [answers.get(option_column(question, option) + suffix) for option in question.options]
        if all(values is not None for values in columns):
            _judge_parts(question.name, np.column_stack(columns), question.total, found)


def _judge_parts(name: str, table: np.ndarray, total: float | None, found: Audit) -> None:
    given = ~np.isnan(table)
    if total is not None:
        sums = np.where(given, table, 0).sum(axis=1)
        _count(
            found, "numbers do not add up to the total", name, given.any(axis=1) & (np.abs(sums - total) > _ROUNDING)
        )
        return
    ordered = np.sort(np.where(given, table, np.nan), axis=1)
    _count(found, "a place is given twice", name, (np.diff(ordered, axis=1) == 0).any(axis=1))


def _unasked(walk: Walk, values: Mapping[str, np.ndarray], instrument: Instrument, found: Audit) -> None:
    """Answers to what was never put."""
    for item in instrument.items():
        if item.name in values:
            put = walk.put_to.get(item.name, np.zeros(walk.n, dtype=bool))
            _count(found, "was not put to", item.name, _there(values[item.name]) & ~put)


def _there(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value is not None for value in values.tolist()], dtype=bool)
    return ~np.isnan(values)


def _count(found: Audit, rule: str, column: str, wrong: np.ndarray) -> None:
    if wrong.any():
        found.violations[rule, column] += int(wrong.sum())
