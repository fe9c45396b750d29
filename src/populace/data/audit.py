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
from populace.data.unrecorded import seen_orders
from populace.survey.flow import Element, Roll, SetData, elements
from populace.survey.instrument import Instrument, embedded
from populace.survey.item import Item
from populace.survey.kinds import cells, chosen_columns, option_column, sides
from populace.survey.question import Question
from populace.survey.recorded import random_orders, versions_of
from populace.survey.routing import named_before_put
from populace.survey.walk import Visit, Walk

#: how far a sum may be off by rounding
_ROUNDING = 1e-6
#: kinds whose answers are the codes of their options
_CODED = ("single", "scale", "nps", "grid", "best_worst", "numeric", "slider")


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

    What was known of respondents beforehand, rolled numbers, orders and versions are taken as they were recorded;
    without a recorded order everything counts as put in the order written, and where only some parts are put, as put
    to whoever has answers there. Embedded data that are written on the way follow from the answers.
    """
    items = {item.name: item for item in instrument.items() if item.name in dataset.codebook}
    values = {name: _answers(dataset, item) for name, item in items.items()}
    walk = Walk(
        instrument, dataset.n, _beforehand(instrument, dataset), _Turns(),
        orders=_orders(instrument, dataset, values), drawn=_numbers(instrument, dataset),
    )  # fmt: skip
    walk.state.labels = {**_labels(dataset), **walk.state.labels}
    found = Audit(put=dict.fromkeys(values, 0), answered=dict.fromkeys(values, 0), passed=walk.passed)
    came = {name: np.zeros(dataset.n, dtype=bool) for name in values}
    steps = walk.visits()
    visit = next(steps, None)
    while visit is not None:
        answers = {item.name: values[item.name][visit.rows] for item in visit.items if item.name in values}
        for name in answers:
            came[name][visit.rows] = True
        _judge(visit, answers, found, f"{visit.question.name}{visit.place.suffix}_version" in dataset.codebook)
        if visit.question.valid_if and len(answers) == len(visit.items):
            name = f"{visit.question.name}{visit.place.suffix}"
            _count(found, f"does not meet valid_if {visit.question.valid_if!r}", name, ~walk.accepts(visit, answers))
        try:
            visit = steps.send(answers)
        except StopIteration:
            break
    for name, column in values.items():
        _count(found, "was not put to", name, _there(column) & ~came[name])
    return found


# -- what was recorded -----------------------------------------------------------------------------------------------


def _answers(dataset: DataSet, item: Item) -> np.ndarray:
    """The answers to an item. Codes with which data mark a missing answer are none, unless they are its options."""
    values = _values(dataset.answers[item.name])
    own = {option.code for option in item.options}
    marks = [one.code for one in dataset.codebook.variable(item.name).options if one.missing and one.code not in own]
    if marks:
        values = np.where(np.isin(values, marks), None if values.dtype == object else np.nan, values)
    return values


def _values(column: pl.Series) -> np.ndarray:
    if column.dtype == pl.String:
        return np.array(column.to_list(), dtype=object)
    return column.cast(pl.Float64).to_numpy()


def _beforehand(instrument: Instrument, dataset: DataSet) -> dict[str, np.ndarray]:
    """Backgrounds and embedded data that came with the respondents."""
    put = named_before_put(instrument)
    asked = {item.name for item in instrument.items()}
    names = [name for name in dataset.names("background") if name not in asked or name in put]
    written = {name for name in embedded(instrument) if name not in {one.name for one in instrument.data}}
    written |= {name for element in elements(instrument.flow) for name in _written_by(element)}
    names += [one.name for one in instrument.data if one.name in dataset.codebook and one.name not in written]
    return {name: _known(dataset, name) for name in dict.fromkeys(names)}


def _written_by(element: Element) -> list[str]:
    if isinstance(element, Roll):
        return [element.name]
    return [name for name, _ in element.values] if isinstance(element, SetData) else []


def _known(dataset: DataSet, name: str) -> np.ndarray:
    """Codes; of a number, nothing where it stands for no answer."""
    numeric = dataset.codebook.variable(name).type == "numeric"
    return dataset.values(name) if numeric else _values(dataset.answers[name])


def _labels(dataset: DataSet) -> dict[str, dict[int | str, str]]:
    variables = [dataset.codebook.variable(name) for name in dataset.names("background")]
    return {one.name: dict(zip(one.codes, one.labels, strict=True)) for one in variables if one.options and one.closed}


def _orders(instrument: Instrument, dataset: DataSet, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Recorded orders, and what follows from the answers where there are none."""
    answered = {name: _there(column) for name, column in values.items()}
    recorded = {
        order.key: order.places(dataset.answers[order.column].to_list())
        for order in random_orders(instrument)
        if order.column in dataset.codebook
    }
    return seen_orders(instrument, answered, dataset.n) | recorded


def _numbers(instrument: Instrument, dataset: DataSet) -> dict[str, np.ndarray]:
    """Rolled numbers, and versions of sets and tasks."""
    rolled = [element.name for element in elements(instrument.flow) if isinstance(element, Roll)]
    names = [name for name in (*rolled, *versions_of(instrument)) if name in dataset.codebook]
    return {name: dataset.answers[name].cast(pl.Float64, strict=False).to_numpy() for name in names}


# -- what is wrong ---------------------------------------------------------------------------------------------------


def _judge(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit, versions: bool) -> None:
    """Everything that can be wrong with the answers to one question. versions: is it known which sets were shown?"""
    for item in visit.items:
        if item.name in answers:
            there = _there(answers[item.name])
            shown = visit.found.get(item.name, np.ones(len(visit.rows), dtype=bool))
            found.put[item.name] += int(shown.sum())
            found.answered[item.name] += int((there & shown).sum())
            _judge_item(item, answers[item.name], there, found)
    _judge_offered(visit, answers, found)
    _judge_counts(visit, answers, found)
    if versions or len(visit.question.sets) == 1 or (visit.question.tasks and len(visit.question.tasks.versions) == 1):
        _judge_sets(visit, answers, found)


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
    if item.numeric.step is not None:
        steps = (numbers - (low or 0.0)) / item.numeric.step
        _count(found, "is not on a step", item.name, np.abs(steps - np.round(steps)) > _ROUNDING)


def _judge_offered(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """Options and rows that were not shown have no answers."""
    question, suffix = visit.question, visit.place.suffix
    several = {column + suffix for columns in chosen_columns(question).values() for column in columns.values()}
    places = cells(question)
    for name, there in visit.found.items():
        if name in answers:
            given = answers[name] == 1 if name in several else _there(answers[name])
            hidden_row = visit.lines is not None and places[name.removesuffix(suffix)][0] is not None
            _count(found, "row was not shown" if hidden_row else "option was not offered", name, given & ~there)
    if visit.offered is None:
        return
    for item in visit.items if question.kind in _CODED else ():
        for place, option in enumerate(question.options):
            if item.name in answers and not item.open and _is_code(item, option.code):
                chosen = answers[item.name] == option.code
                _count(found, "option was not offered", item.name, chosen & ~visit.offered[:, place])


def _is_code(item: Item, code: int | str) -> bool:
    """Can this code be nothing but that of an option?"""
    if item.numeric is None:
        return True
    low, high = item.numeric.minimum, item.numeric.maximum
    return isinstance(code, int) and ((low is not None and code < low) or (high is not None and code > high))


def _judge_counts(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """How many were selected, and what rules out what; what numbers add up to; ranks that stand twice."""
    question, suffix = visit.question, visit.place.suffix
    for asked in sides(question) if question.kind == "side_by_side" else (question,):
        for name, columns in chosen_columns(asked).items():
            given = [answers.get(column + suffix) for column in columns.values()]
            if all(values is not None for values in given):
                offered = None if asked is not question else visit.offered
                _judge_selected(name + suffix, asked, np.column_stack(given), offered, found)
    if question.kind in ("sum", "rank"):
        columns = [answers.get(option_column(question, option) + suffix) for option in question.options]
        if all(values is not None for values in columns):
            _judge_parts(question.name + suffix, np.column_stack(columns), question.total, found)


def _judge_selected(name: str, question: Question, given: np.ndarray, offered: np.ndarray | None, found: Audit) -> None:
    """One multiple choice; somebody who was offered fewer options than are wanted has to select those."""
    table, answered = given == 1, (~np.isnan(given)).any(axis=1)
    exclusive = np.array([option.exclusive for option in question.options])
    counts, alone = table.sum(axis=1), (table & exclusive).any(axis=1)
    _count(found, "an exclusive option with others", name, alone & (counts > 1))
    there = np.ones(table.shape, dtype=bool) if offered is None else offered
    least = np.minimum(question.at_least or 0, (there & ~exclusive).sum(axis=1))
    _count(found, "fewer options than allowed", name, answered & ~alone & (counts < least))
    most = len(exclusive) if question.at_most is None else question.at_most
    _count(found, "more options than allowed", name, ~alone & (counts > most))


def _judge_parts(name: str, table: np.ndarray, total: float | None, found: Audit) -> None:
    given = ~np.isnan(table)
    if total is not None:
        sums = np.where(given, table, 0).sum(axis=1)
        wrong = given.any(axis=1) & (np.abs(sums - total) > _ROUNDING)
        _count(found, "numbers do not add up to the total", name, wrong)
        return
    ordered = np.sort(table, axis=1)  # nothing comes last
    _count(found, "a place is given twice", name, (np.diff(ordered, axis=1) == 0).any(axis=1))


def _judge_sets(visit: Visit, answers: Mapping[str, np.ndarray], found: Audit) -> None:
    """Best and worst are two of their set, and an alternative is one of its task."""
    question, suffix = visit.question, visit.place.suffix
    for place in range(len(question.sets[0]) if question.sets else 0):
        ends = [answers.get(f"{question.name}_{place + 1}_{end}{suffix}") for end in ("best", "worst")]
        if any(values is None for values in ends):
            continue
        name = f"{question.name}_{place + 1}{suffix}"
        _count(found, "one option is best and worst", name, _there(ends[0]) & (ends[0] == ends[1]))
        for version in np.unique(visit.versions):
            here = visit.versions == version
            outside = [_there(values) & ~np.isin(values, question.sets[version][place]) & here for values in ends]
            _count(found, "option was not in the set", name, outside[0] | outside[1])
    for place in range(question.tasks.count if question.tasks else 0):
        name = f"{question.name}_{place + 1}{suffix}"
        counts = np.array([len(version[place]) for version in question.tasks.versions])
        if name in answers:
            _count(found, "alternative was not in the task", name, answers[name] > counts[visit.versions])


def _there(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value is not None and value != "" for value in values.tolist()], dtype=bool)
    return ~np.isnan(values)


def _count(found: Audit, rule: str, column: str, wrong: np.ndarray) -> None:
    if wrong.any():
        found.violations[rule, column] += int(wrong.sum())
