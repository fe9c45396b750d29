"""Profiles of segments: any segments of people described by other questions. Formulas: docs/methods/segments.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis.columns import columns_of, complete
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.result import Result, Table
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError

__all__ = ["checked_members", "group_means", "segment_profiles", "SegmentProfiles"]


@dataclass(frozen=True)
class SegmentProfiles(Result):
    """Segments described by other questions."""

    analysis: ClassVar[str] = "segment_profiles"

    #: one table a question
    profiles: tuple[Table, ...]
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """Shares of options, or means of numbers, in each segment."""
        return self.profiles

    def notes(self) -> tuple[str, ...]:
        """What was left out."""
        return self.remarks


def segment_profiles(
    data: DataSet, members: np.ndarray, names: Sequence[str], resamples: int = 200, seed: int = 1
) -> SegmentProfiles:
    """Any segments described by other questions: shares of the options, means of numeric variables.

    members: (n,) segment of each interview from 0, −1 for none, as `Segments.members` has it. Don't know and refused
    are no answer. Raises `DataError` for another length, and variables that are text.
    """
    members = checked_members(members, data)
    tables = [_profile(data, members, name, resamples, seed) for name in names]
    return SegmentProfiles(tuple(tables), ("Intervals take the segments as given.",))


def checked_members(members: np.ndarray, data: DataSet) -> np.ndarray:
    """(n,) integers; raises `DataError` where the segments do not belong to these data."""
    members = np.asarray(members)
    if members.shape != (data.n,) or members.dtype.kind not in "iu" or members.max(initial=-1) < 0:
        raise DataError(
            f"members has shape {members.shape} of {members.dtype}; expected one segment number from 0 for each of "
            f"{data.n:,} interviews, −1 for none: pass the members of a segmentation of these data"
        )
    return members


def _profile(data: DataSet, members: np.ndarray, name: str, resamples: int, seed: int) -> Table:
    columns = columns_of(data, [name], nominal=True)
    columns = complete(columns.take(members[columns.rows] >= 0), least=1)
    mine, k = members[columns.rows], int(members.max()) + 1
    groups = np.column_stack([np.ones(columns.n), mine[:, None] == np.arange(k)]).astype(float)
    variable = data.codebook.variable(name)
    if variable.closed:
        values = (columns.values == np.arange(len(variable.scale))).astype(float)
        rows = [option.label for option in variable.scale]
    else:
        values, rows = columns.values, ["mean"]
    _, means = group_means(values, groups, columns.resampled(resamples, seed))
    bounds = (0, 1) if variable.closed else (-np.inf, np.inf)
    cells = [
        [_cell(means[:, g, j], columns.weights[groups[:, g] > 0], bounds) for g in range(k + 1)]
        for j in range(len(rows))
    ]
    heads = ("", "all", *(f"segment {j + 1}" for j in range(k)))
    bases = ("people", *(int(group.sum()) for group in groups.T))
    return Table(f"{name}: {variable.short}", heads, (*((r, *c) for r, c in zip(rows, cells, strict=True)), bases))


def _cell(values: np.ndarray, weights: np.ndarray, bounds: tuple[float, float]) -> Estimate | None:
    if not len(weights):
        return None
    return bootstrap_interval(values[0], values[1:], kish_effective_n(weights), bounds)


def group_means(values: np.ndarray, groups: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, g) share of each group (n, g), 0/1, and (R, g, q) means of the columns in it; rows of weights (R, n).

    A group that a resample drew nobody of has NaN there, which `bootstrap_interval` leaves out.
    """
    size = weights @ groups
    sums = np.stack([weights @ (groups * column[:, None]) for column in values.T], axis=2)
    means = np.divide(sums, size[..., None], out=np.full(sums.shape, np.nan), where=size[..., None] > 0)
    return size / weights.sum(axis=1, keepdims=True), means
