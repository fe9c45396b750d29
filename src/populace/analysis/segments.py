"""Segments: groups of people found by k-means, how many there are, and whether they would come back.

`segment_profiles` describes them by other questions, `agreement` compares two solutions. Formulas:
docs/methods/segments.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.agreement import adjusted_rand
from populace.analysis.clusters import (
    FEW_STARTS,
    STARTS,
    Clusters,
    assign,
    gap_statistic,
    k_means,
    prediction_strength,
)
from populace.analysis.columns import Columns, columns_of, complete, numbers, varying
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.result import Result, Table
from populace.analysis.segment_profiles import group_means
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError

__all__ = ["segments", "Segments"]

#: prediction strength that a number of segments needs (Tibshirani & Walther 2005)
STRONG = 0.8
#: people beyond which k is chosen on a random part of them
MOST = 3000
#: resamples in which all is fitted again to see whether the segments come back
REFITS = 20


@dataclass(frozen=True)
class Choice:
    """What speaks for one number of segments."""

    #: number of segments
    k: int
    #: share of variance between segments
    explained: float
    #: prediction strength over splits: mean and range of the mean; None for one segment, where it is 1 by definition
    strength: Estimate | None
    #: gap statistic with its error as interval
    gap: Estimate


@dataclass(frozen=True)
class Segments(Result):
    """Segments of people, the largest first."""

    analysis: ClassVar[str] = "segments"

    #: variables that the segments were made of
    names: tuple[str, ...]
    #: their wordings
    labels: tuple[str, ...]
    #: (n of the data set,) segment of each interview from 0, −1 where questions were not answered
    members: np.ndarray
    #: share of each segment
    sizes: tuple[Estimate, ...]
    #: mean of every variable: one row a variable; all people first, then the segments
    means: tuple[tuple[Estimate, ...], ...]
    #: (k, q) centres in the units of the clustering
    centres: np.ndarray
    #: (q,) what was taken off each variable, and by what it was divided
    centre: np.ndarray
    scale: np.ndarray
    #: (q,) standard deviation of each variable
    spread: np.ndarray
    #: adjusted Rand index of the solution with those of resamples
    stability: Estimate
    #: what speaks for every number of segments tried; empty when k was given
    choices: tuple[Choice, ...] = ()
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """Number of segments."""
        return len(self.sizes)

    def assign(self, data: DataSet) -> np.ndarray:
        """(n,) the segment of each interview of another data set with these variables, −1 where none was answered."""
        values = np.column_stack([numbers(data, name) for name in self.names])
        return assign((values - self.centre) / self.scale, self.centres)

    def tables(self) -> tuple[Table, ...]:
        """Sizes and profile, then how k was chosen."""
        heads = tuple(f"segment {j + 1}" for j in range(self.k))
        size = ("size", "", Estimate(1.0, 1.0, 1.0, self.sizes[0].n), *self.sizes)
        rows = [(name, label, *row) for name, label, row in zip(self.names, self.labels, self.means, strict=True)]
        profile = Table("Segments", ("variable", "wording", "all", *heads), (size, *rows))
        return (profile, self._stability(), *self._choice())

    def chart(self) -> Spec:
        """How far each segment's mean is from that of all, in standard deviations."""
        heads = [f"segment {j + 1} ({size.value:.0%})" for j, size in enumerate(self.sizes)]
        rows = [
            {"row": label, "column": head, "value": (e.value - row[0].value) / spread}
            for label, row, spread in zip(self.labels, self.means, self.spread, strict=True)
            for head, e in zip(heads, row[1:], strict=True)
        ]
        return charts.heat(rows, heads, list(self.labels), 1.5)

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return ("Intervals take the segments as given; stability says whether they would come back.", *self.remarks)

    def _stability(self) -> Table:
        note = "Adjusted Rand index of these segments with those found in resamples: 1 the same, 0 chance."
        return Table("Do they come back?", ("figure", "value"), (("stability", self.stability),), (note,))

    def _choice(self) -> tuple[Table, ...]:
        if not self.choices:
            return ()
        columns = ("segments", "variance between", "prediction strength", "gap")
        rows = tuple((str(c.k), c.explained, c.strength, c.gap) for c in self.choices)
        notes = ("Prediction strength and gap: mean over splits or reference data ± its standard error.",)
        return (Table("How many segments?", columns, rows, notes),)


def segments(
    data: DataSet,
    names: Sequence[str],
    k: int | None = None,
    most: int = 8,
    standardise: bool = True,
    starts: int = STARTS,
    resamples: int = 200,
    seed: int = 1,
) -> Segments:
    """Segments of people by k-means.

    names: ordered, two-option or numeric variables. k: number of segments; when None, the largest up to `most` whose
    prediction strength reaches .8. `standardise`: divide each variable by its standard deviation, so that wide scales
    do not rule. Interviews without an answer to all variables are left out. Raises `DataError` when fewer than two
    variables vary and when there are fewer than ten people a segment.
    """
    columns = varying(complete(columns_of(data, names)), least=2)
    _check_number(k, most, columns)
    centre = np.average(columns.values, axis=0, weights=columns.weights)
    spread = np.sqrt(np.average((columns.values - centre) ** 2, axis=0, weights=columns.weights))
    scale = spread if standardise else np.ones_like(spread)
    points = (columns.values - centre) / scale
    most = max(2, min(most, columns.n // 10))
    choices = () if k is not None else _choices(points, columns, most, seed)
    number, remarks = (k, ()) if k is not None else _chosen(choices)
    found = k_means(points, number, columns.weights, starts, seed)
    return _result(data, columns, found, (centre, scale, spread), points, choices, remarks, resamples, seed)


def _check_number(k: int | None, most: int, columns: Columns) -> None:
    wanted = most if k is None else k
    if wanted < 2:
        raise DataError(f"{wanted} segments were asked for; expected two or more: raise the number")
    least = 10 * (2 if k is None else k)
    patterns = len(np.unique(columns.values, axis=0))
    if columns.n < least or patterns < (2 if k is None else k):
        raise DataError(
            f"{columns.n:,} interviews with {patterns:,} different answers are too few for {k or 2} segments; expected "
            f"{least} or more: ask for fewer segments"
        )


def _choices(points: np.ndarray, columns: Columns, most: int, seed: int) -> tuple[Choice, ...]:
    """What speaks for 1 … most segments, judged on at most `MOST` people."""
    rng = np.random.default_rng(seed)
    part = np.sort(rng.permutation(len(points))[:MOST])
    points, weights = points[part], columns.weights[part]
    persons = np.unique(columns.persons[part], return_inverse=True)[1]
    most = min(most, len(np.unique(points, axis=0)))
    gaps, errors, within = gap_statistic(points, most, weights, seed=seed)
    n = kish_effective_n(weights)
    return tuple(
        Choice(
            k,
            float(1 - within[k - 1] / within[0]),
            _strength(points, k, weights, persons, n, seed) if k > 1 else None,
            Estimate(float(gaps[k - 1]), float(gaps[k - 1] - errors[k - 1]), float(gaps[k - 1] + errors[k - 1]), n),
        )
        for k in range(1, most + 1)
    )


def _strength(points: np.ndarray, k: int, weights: np.ndarray, persons: np.ndarray, n: float, seed: int) -> Estimate:
    splits = prediction_strength(points, k, weights, persons, seed=seed)
    mean, error = float(splits.mean()), float(splits.std(ddof=1) / np.sqrt(len(splits)))
    return Estimate(mean, max(0.0, mean - error), min(1.0, mean + error), n)


def _chosen(choices: tuple[Choice, ...]) -> tuple[int, tuple[str, ...]]:
    """The largest k that is strong enough; else the strongest, with a warning."""
    tried = [choice for choice in choices if choice.strength is not None]
    strong = [choice.k for choice in tried if choice.strength.high >= STRONG]
    by_gap = next((c.k for c, d in pairwise(choices) if c.gap.value >= d.gap.low), choices[-1].k)
    gap = f"The gap statistic says {by_gap}."
    if strong:
        return max(strong), (f"{max(strong)} segments: the most that repeat themselves in halves of the sample. {gap}",)
    best = max(tried, key=lambda choice: choice.strength.value)
    return best.k, (
        f"No number of segments repeats itself in halves of the sample (prediction strength {best.strength.value:.2f} "
        f"at {best.k}, {STRONG} expected): people differ by degree, not by kind. {gap}",
    )


def _result(
    data: DataSet,
    columns: Columns,
    found: Clusters,
    units: tuple[np.ndarray, np.ndarray, np.ndarray],
    points: np.ndarray,
    choices: tuple[Choice, ...],
    remarks: tuple[str, ...],
    resamples: int,
    seed: int,
) -> Segments:
    n, k = columns.effective_n, len(found.centres)
    weights = columns.resampled(resamples, seed)
    groups = np.column_stack([np.ones(columns.n), found.labels[:, None] == np.arange(k)]).astype(float)
    shares, means = group_means(columns.values, groups, weights)
    members = np.full(data.n, -1)
    members[columns.rows] = found.labels
    effective = [kish_effective_n(columns.weights[group > 0]) for group in groups.T]
    return Segments(
        columns.names,
        columns.labels,
        members,
        tuple(bootstrap_interval(shares[0, g], shares[1:, g], n, (0, 1)) for g in range(1, k + 1)),
        tuple(
            tuple(bootstrap_interval(means[0, g, j], means[1:, g, j], effective[g]) for g in range(k + 1))
            for j in range(len(columns.names))
        ),
        found.centres,
        *units,
        _stability(points, found, weights[1 : REFITS + 1], n, seed),
        choices,
        (*remarks, *columns.notes),
    )


def _stability(points: np.ndarray, found: Clusters, weights: np.ndarray, n: float, seed: int) -> Estimate:
    """Mean and range of the agreement of all people's labels with those by the centres of resamples."""
    again = []
    for place, row in enumerate(weights):
        drawn = row > 0
        other = k_means(points[drawn], len(found.centres), row[drawn], FEW_STARTS, seed + place)
        again.append(adjusted_rand(found.labels, assign(points, other.centres)))
    low, high = np.quantile(again, [0.025, 0.975])
    return Estimate(float(np.mean(again)), float(low), float(high), n)
