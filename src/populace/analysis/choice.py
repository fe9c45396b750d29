"""Choice tasks as arrays: from long records to a design in which every level and number has its column.

Choice data come as long records: one row per alternative shown, with `respondent_id`, `task`, `alternative`, `chosen`
(1 or 0) and one column per attribute. Words are levels, numbers enter as numbers, and an alternative without any
attribute (all null) is the option of choosing nothing. docs/methods/choice.md has the layout with an example.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from populace.analysis.choice_people import respondent_weights
from populace.analysis.choice_records import KEYS, answered, checked
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, did_you_mean, listed, shown

__all__ = [
    "Attribute",
    "attribute_names",
    "choice_tasks",
    "ChoiceTasks",
    "coded_columns",
    "effect_codes",
    "NONE",
    "part_worth_matrix",
]

#: name of the constant of the alternative that chooses nothing
NONE = "none"


@dataclass(frozen=True)
class Attribute:
    """One attribute of the alternatives and how it stands in the design."""

    #: name of the column
    name: str
    #: levels in order, the first is what others are compared with; empty for a number
    levels: tuple[str, ...] = ()
    #: of a number: what is subtracted before it enters
    centre: float = 0.0
    #: of a number: what it is divided by
    scale: float = 1.0
    #: of a number: smallest and largest value shown
    limits: tuple[float, float] = (0.0, 0.0)

    @property
    def width(self) -> int:
        """Columns in the design: levels less one (they sum to zero), or one for a number."""
        return len(self.levels) - 1 if self.levels else 1


@dataclass(frozen=True, eq=False)
class ChoiceTasks:
    """Choices of people among alternatives; rows of one task stand together, tasks of one person too."""

    #: (rows, K) the alternatives shown
    design: np.ndarray
    #: (T,) first row of every task
    starts: np.ndarray
    #: (T,) row of the chosen alternative
    chosen: np.ndarray
    #: (T,) who answered: place in `ids`, from 0, increasing
    persons: np.ndarray
    #: (T,) weight of every task
    weights: np.ndarray
    #: (K,) names of the columns
    names: tuple[str, ...]
    #: (N,) respondent ids
    ids: tuple[str, ...]

    @cached_property
    def sizes(self) -> np.ndarray:
        """(T,) alternatives per task."""
        return np.diff(self.starts, append=len(self.design))

    @cached_property
    def task_of_row(self) -> np.ndarray:
        """(rows,) which task a row belongs to."""
        return np.repeat(np.arange(len(self.starts)), self.sizes)

    def take(self, tasks: np.ndarray) -> ChoiceTasks:
        """These tasks only, by a mask of T booleans; all people stay in `ids`."""
        starts = np.concatenate([[0], np.cumsum(self.sizes[tasks])[:-1]]).astype(int)
        rows = tasks[self.task_of_row]
        return replace(
            self,
            design=self.design[rows],
            starts=starts,
            chosen=(self.chosen - self.starts)[tasks] + starts,
            persons=self.persons[tasks],
            weights=self.weights[tasks],
        )


def choice_tasks(
    choices: pl.DataFrame,
    attributes: Sequence[str] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    respondents: DataSet | None = None,
) -> tuple[ChoiceTasks, tuple[Attribute, ...], tuple[str, ...]]:
    """The tasks of long records, how their attributes are coded, and notes on what was left out.

    `attributes`: names of columns; None takes all that vary within tasks. `levels`: order of the levels of an
    attribute (sorted where not given, an Enum keeps its own). `respondents`: gives weights by respondent_id.
    """
    frame, notes = answered(checked(choices))
    names = attribute_names(frame, attributes)
    frame, weights, more = _weighted(frame, respondents)
    absent = frame.select(pl.all_horizontal(pl.col(name).is_null() for name in names)).to_series().to_numpy()
    coded = tuple(_attribute(frame[name].filter(pl.Series(~absent)), (levels or {}).get(name)) for name in names)
    _check_level_names(levels, names)
    design, columns = _design(frame, coded, absent)
    tasks = _stacked(frame, design, columns, weights)
    return tasks, coded, (*notes, *more)


def part_worth_matrix(attributes: Sequence[Attribute], none: bool) -> np.ndarray:
    """(part-worths, K) matrix that turns coefficients into part-worths: M @ β.

    Rows: every level of every attribute (they sum to zero within an attribute), one unit of every number, and, with
    `none`, the option of choosing nothing against the average alternative.
    """
    blocks = [effect_codes(len(a.levels)) if a.levels else np.array([[1 / a.scale]]) for a in attributes]
    blocks += [np.eye(1)] if none else []
    matrix = np.zeros((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)))
    row = column = 0
    for block in blocks:
        matrix[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return matrix


def effect_codes(levels: int) -> np.ndarray:
    """(L, L − 1) rows of the levels: the unit vectors, and −1 everywhere for the last, so that effects sum to zero."""
    return np.vstack([np.eye(levels - 1), -np.ones((1, levels - 1))])


def coded_columns(attribute: Attribute, values: Iterable) -> np.ndarray:
    """(n, width) columns of the design for these values; `DataError` names a level that was never shown."""
    if not attribute.levels:
        numbers = np.array([_number(attribute, value) for value in values])
        return ((numbers - attribute.centre) / attribute.scale)[:, None]
    places = {level: place for place, level in enumerate(attribute.levels)}
    unknown = [value for value in values if str(value) not in places]
    if unknown:
        raise DataError(
            f"attribute {attribute.name!r} has no level {shown(unknown[0])}"
            f"{did_you_mean(unknown[0], attribute.levels)}; expected one of {listed(attribute.levels)}: correct it"
        )
    return effect_codes(len(places))[[places[str(value)] for value in values]]


def _number(attribute: Attribute, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise DataError(f"attribute {attribute.name!r} is {shown(value)}; expected a number: correct it")
    return float(value)


def attribute_names(frame: pl.DataFrame, attributes: Sequence[str] | None) -> tuple[str, ...]:
    """Columns that are attributes: those named, or all that vary within a task of these records."""
    if attributes is not None:
        unknown = [name for name in attributes if name not in frame.columns]
        if unknown:
            hint = did_you_mean(unknown[0], frame.columns)
            raise DataError(f"choices: no column for attribute {unknown[0]!r}{hint}: check the name")
        return tuple(attributes)
    others = [name for name in frame.columns if name not in KEYS and not name.startswith("_")]
    task = [RESPONDENT_ID, "task"]
    varying = frame.group_by(task).agg(pl.col(others).drop_nulls().n_unique()).drop(task).max().row(0) if others else ()
    names = tuple(name for name, different in zip(others, varying, strict=True) if different > 1)
    if not names:
        raise DataError("choices: no column varies within a task; expected one per attribute: add them")
    return names


def _check_level_names(levels: Mapping[str, Sequence[str]] | None, names: Sequence[str]) -> None:
    unknown = [name for name in levels or {} if name not in names]
    if unknown:
        raise DataError(f"levels: no attribute {unknown[0]!r}{did_you_mean(unknown[0], names)}: check the name")


def _attribute(column: pl.Series, order: Sequence[str] | None) -> Attribute:
    """How a column enters: as levels, or as a number."""
    where = f"choices: attribute {column.name!r}"
    if column.null_count():
        raise DataError(
            f"{where} is empty in {column.null_count():,} rows that have other attributes; expected a value in each, "
            "or none in all (the option of choosing nothing): fill it in"
        )
    if column.dtype.is_numeric() and order is None:
        return _numeric_attribute(column.cast(pl.Float64), where)
    words = column.cast(pl.String)
    enum = column.dtype.categories.to_list() if column.dtype == pl.Enum else None
    there = set(words.unique().to_list())
    wanted = [str(level) for level in order] if order is not None else enum or sorted(there)
    absent = there - set(wanted)
    if absent:
        raise DataError(f"{where} has level {shown(min(absent))}, which 'levels' does not list: add it there")
    kept = tuple(level for level in dict.fromkeys(wanted) if level in there)
    if len(kept) < 2:
        raise DataError(f"{where} has one level only, {listed(kept)}; expected two or more: leave it out")
    return Attribute(column.name, kept)


def _numeric_attribute(column: pl.Series, where: str) -> Attribute:
    if not column.is_finite().all():
        raise DataError(f"{where} has values that are no numbers: correct them")
    spread = float(column.std(ddof=0) or 0.0)
    if spread == 0:
        raise DataError(f"{where} is {column[0]:g} everywhere; expected different values: leave it out")
    limits = (float(column.min()), float(column.max()))
    return Attribute(column.name, (), float(column.mean()), spread, limits)


def _design(frame: pl.DataFrame, attributes: Sequence[Attribute], absent: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """(rows, K) design and its column names; the option of choosing nothing has a constant and else zeros."""
    present = pl.Series(~absent)
    parts, names = [], []
    for attribute in attributes:
        part = np.zeros((frame.height, attribute.width))
        values = frame[attribute.name].filter(present)
        part[~absent] = coded_columns(attribute, (values.cast(pl.String) if attribute.levels else values).to_list())
        parts.append(part)
        names += [f"{attribute.name}: {level}" for level in attribute.levels[:-1]] or [attribute.name]
    if absent.any():
        parts.append(absent[:, None].astype(float))
        names.append(NONE)
    return np.hstack(parts), names


def _stacked(frame: pl.DataFrame, design: np.ndarray, names: Sequence[str], weights: np.ndarray) -> ChoiceTasks:
    """Rows in order -> tasks; `weights` (rows,)."""
    numbers = frame.select(pl.struct(RESPONDENT_ID, "task").rle_id()).to_series().to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    chosen = np.flatnonzero(frame["chosen"].to_numpy() == 1)
    ids, persons = np.unique(frame[RESPONDENT_ID].to_numpy().astype(str), return_inverse=True)
    return ChoiceTasks(design, starts, chosen, persons[starts], weights[starts], tuple(names), tuple(ids.tolist()))


def _weighted(frame: pl.DataFrame, respondents: DataSet | None) -> tuple[pl.DataFrame, np.ndarray, list[str]]:
    """The frame without people of weight zero, the weight of every row (mean 1 over people), and a note."""
    weights = respondent_weights(frame[RESPONDENT_ID], respondents)
    kept = weights > 0
    gone = frame.filter(pl.Series(~kept))[RESPONDENT_ID].n_unique()
    notes = [f"{gone:,} respondents of weight zero were left out."] if gone else []
    frame, weights = frame.filter(pl.Series(kept)), weights[kept]
    if not frame.height:
        raise DataError("choices: all respondents have weight zero; expected positive ones: correct the weights")
    one_each = frame.select(pl.col(RESPONDENT_ID).is_first_distinct()).to_series().to_numpy()
    return frame, weights / weights[one_each].mean(), notes
