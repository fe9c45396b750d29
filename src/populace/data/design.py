"""Survey design: how respondents were drawn and weighted, what that costs in precision, and matching known margins.

`Design` and `design_of` say how a data set was drawn; the rest is arithmetic on plain arrays that knows no data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import did_you_mean, listed, shown

#: a margin: codes of a variable (or tuples of codes of several variables) -> their total in the population
Margin = Mapping[Any, float]
#: what to do with a stratum of one cluster, whose variance cannot be estimated: centre it at the mean of all clusters,
#: give it the average variance of the others, count it as drawn with certainty (no variance), or refuse
LONELY = ("adjust", "average", "certainty", "refuse")


@dataclass(frozen=True, eq=False)
class Calibration:
    """How weights were matched to a population: what variance estimation needs to know of it."""

    #: (n,) weights before
    weights: np.ndarray
    #: (n, p) what was matched: 0/1 columns of cells, and numbers
    auxiliary: np.ndarray

    def residuals(self, influence: np.ndarray) -> np.ndarray:
        """(n, k) influence less what the auxiliary columns explain of it, by regression with the weights before.

        Assumption: the estimator is, in large samples, the regression estimator (Deville & Särndal 1992); exact for
        linear calibration and post-stratification. Example: one cell and equal weights: influences less their mean.
        """
        root = np.sqrt(self.weights)[:, None]
        basis = self._basis
        explained = basis @ (basis.T @ (influence * root))
        return influence - np.divide(explained, root, out=np.zeros_like(explained), where=root > 0)

    @cached_property
    def _basis(self) -> np.ndarray:
        """Orthonormal columns that span √d·auxiliary; columns that repeat others are left out."""
        left, size, _ = np.linalg.svd(np.sqrt(self.weights)[:, None] * self.auxiliary, full_matrices=False)
        return left[:, size > size.max(initial=0) * 1e-10]


@dataclass(frozen=True, eq=False)
class Design:
    """How a sample was drawn: weights, and perhaps strata, clusters and population sizes. Raises `DataError`.

    Clusters are those of the first stage, and are counted within strata: cluster 1 of stratum 1 is another one than
    cluster 1 of stratum 2. Rows of weight zero are not in the sample. Without clusters every row is one.
    """

    #: (n,) how many people of the population each row stands for, in any unit
    weights: np.ndarray
    #: (n,) stratum of each row; None: one stratum
    strata: np.ndarray | None = None
    #: (n,) cluster (primary sampling unit) of each row; None: every row is drawn by itself
    clusters: np.ndarray | None = None
    #: (n,) clusters in the population of the row's stratum (1 or more) or the fraction of them drawn (below 1);
    #: None: the population is large
    fpc: np.ndarray | None = None
    #: what to do with strata of one cluster, one of `LONELY`
    lonely: str = "adjust"
    #: set when the weights were matched to a population
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.lonely not in LONELY:
            raise DataError(
                f"lonely strata are to be treated by {shown(self.lonely)}; expected one of {', '.join(LONELY)}: "
                "choose one"
            )
        object.__setattr__(self, "weights", _checked(self.weights))
        for name in ("strata", "clusters", "fpc"):
            column = getattr(self, name)
            if column is not None and len(column) != self.n:
                raise DataError(f"design has {self.n:,} weights, but {len(column):,} {name}: give one a row")
        if self.lonely == "refuse" and self.lonely_strata:
            raise DataError(
                f"{self.lonely_strata:,} strata have one cluster only, so that their variance is unknown; expected two "
                f"or more: merge strata, or set lonely to {', '.join(LONELY[:-1])}"
            )

    @property
    def n(self) -> int:
        """Number of rows, those of weight zero included."""
        return len(self.weights)

    @cached_property
    def effective_n(self) -> float:
        """Kish effective number of rows."""
        return kish_effective_n(self.weights)

    @cached_property
    def _numbered(self) -> tuple[np.ndarray, np.ndarray]:
        """(n,) cluster of each row, 0 for rows not in the sample, and (P,) stratum of each cluster."""
        here = np.flatnonzero(self.weights > 0)
        stratum = _numbers(self.strata, here)
        if self.clusters is None:
            cluster, of_cluster = np.arange(len(here)), stratum
        else:
            pairs = stratum * (len(here) + 1) + _numbers(self.clusters, here)
            _, first, cluster = np.unique(pairs, return_index=True, return_inverse=True)
            of_cluster = stratum[first]
        numbers = np.zeros(self.n, dtype=np.int64)
        numbers[here] = cluster.ravel()
        return numbers, of_cluster

    @property
    def cluster_numbers(self) -> np.ndarray:
        """(n,) number of each row's cluster from 0; 0 for rows of weight zero, which add nothing to it."""
        return self._numbered[0]

    @cached_property
    def cluster_order(self) -> tuple[np.ndarray, np.ndarray]:
        """(m,) rows with weight, cluster by cluster, and (P,) where each cluster begins among them."""
        here = np.flatnonzero(self.weights > 0)
        numbers = self.cluster_numbers[here]
        sizes = np.bincount(numbers)
        return here[np.argsort(numbers, kind="stable")], np.cumsum(sizes) - sizes

    @property
    def cluster_strata(self) -> np.ndarray:
        """(P,) number of each cluster's stratum from 0."""
        return self._numbered[1]

    @cached_property
    def clusters_in_stratum(self) -> np.ndarray:
        """(H,) clusters drawn in each stratum."""
        return np.bincount(self.cluster_strata)

    @cached_property
    def fractions(self) -> np.ndarray:
        """(H,) share of the clusters of each stratum that was drawn, 0 where the population is large."""
        drawn = self.clusters_in_stratum
        if self.fpc is None:
            return np.zeros(len(drawn))
        sizes = _of_strata(np.asarray(self.fpc, dtype=float), self)
        fractions = np.where(sizes < 1, sizes, drawn / np.maximum(sizes, 1))
        if (fractions > 1 + 1e-9).any():
            worst = int(np.argmax(fractions))
            raise DataError(
                f"fpc says that a stratum has {sizes[worst]:g} clusters in the population, but {drawn[worst]:,} are in "
                "the sample; expected at least as many: correct fpc"
            )
        return np.minimum(fractions, 1.0)

    @property
    def lonely_strata(self) -> int:
        """Number of strata of one cluster that were not drawn in full."""
        return int(((self.clusters_in_stratum == 1) & (self.fractions < 1)).sum())

    @property
    def df(self) -> int:
        """Degrees of freedom: clusters less strata."""
        return len(self.cluster_strata) - len(self.clusters_in_stratum)

    @property
    def words(self) -> str:
        """The design in a sentence, for notes."""
        parts = ["weighted" if np.ptp(self.weights[self.weights > 0]) > 0 else "unweighted"]
        if self.strata is not None:
            parts.append(f"{len(self.clusters_in_stratum):,} strata")
        if self.clusters is not None:
            parts.append(f"{len(self.cluster_strata):,} clusters")
        if self.fpc is not None:
            parts.append("finite population")
        if self.calibration is not None:
            parts.append("matched to known margins")
        if self.lonely_strata:
            parts.append(f"{self.lonely_strata:,} strata of one cluster ({self.lonely})")
        return "Sample: " + ", ".join(parts) + "."


def design_of(data: DataSet) -> Design:
    """The design that the codebook of a data set names: keys "weight", "strata", "cluster", "fpc" (columns),
    "lonely" (one of `LONELY`) and "calibration" (written by `populace.analysis.weighting`).

    Where no cluster is named and people were interviewed more than once, people are the clusters. Raises `DataError`
    for columns that are not there or have holes in rows with weight.
    """
    weights = np.ones(data.n) if data.weights is None else data.weights
    strata, clusters, fpc = (_design_column(data, key, weights) for key in ("strata", "cluster", "fpc"))
    if clusters is None and data.n_respondents < data.n:
        clusters = data.respondent_ids
    if fpc is not None and fpc.dtype.kind not in "iuf":
        raise DataError(f"{data.source or data.id}: fpc {data.codebook.extra['fpc']!r} holds no numbers: correct it")
    lonely = data.codebook.extra.get("lonely") or "adjust"
    return Design(weights, strata, clusters, fpc, lonely, _calibration(data))


def with_design(data: DataSet, **named: str | None) -> DataSet:
    """The data set with these columns as its design: weight=, strata=, cluster=, fpc=, and lonely= one of `LONELY`.

    What is not named stays as it is; None takes it away. Raises `DataError` for what cannot be used.
    """
    known = ("weight", "strata", "cluster", "fpc", "lonely")
    for key, name in named.items():
        if key not in known:
            raise DataError(f"a design has no {key!r}{did_you_mean(key, known)}; expected one of {', '.join(known)}")
        if key != "lonely" and name is not None:
            data.codebook.variable(name)
    codebook = replace(data.codebook, extra=dict(data.codebook.extra) | named)
    found = DataSet(data.answers, codebook, data.source)
    design_of(found).fractions  # noqa: B018  (raises for an fpc that cannot be)
    return found


def _design_column(data: DataSet, key: str, weights: np.ndarray) -> np.ndarray | None:
    """(n,) the column that a key of the codebook names, or None."""
    name = data.codebook.extra.get(key)
    if name in (None, "", "none"):
        return None
    column = data.codes(name)
    holes = int((column.is_null().to_numpy() & (weights > 0)).sum())
    if holes:
        raise DataError(
            f"{data.source or data.id}: {holes:,} rows with weight have no {key} ({name!r}); expected one in every "
            f"row: fill them in, or set {key!r} to null in the codebook"
        )
    return column.fill_null(strategy="zero").to_numpy() if column.dtype.is_numeric() else column.to_numpy()


def _calibration(data: DataSet) -> Calibration | None:
    """The calibration in the codebook: {"weight": column before or null, "cells": [[names], …], "numbers": [names]}."""
    described = data.codebook.extra.get("calibration")
    if not described:
        return None
    base = described.get("weight")
    weights = np.ones(data.n) if base is None else data.codes(base).cast(float).fill_null(0.0).to_numpy()
    cells, numbers = described.get("cells", []), described.get("numbers", [])
    return Calibration(_checked(weights), auxiliary(data, cells, numbers))


def auxiliary(data: DataSet, cells: list[list[str]], numbers: list[str]) -> np.ndarray:
    """(n, p) 0/1 columns of every cell of these (cross-)classifications, no answer being a cell, then the numbers."""
    columns = [_indicators(np.column_stack([data.positions(name) for name in names])) for names in cells]
    columns += [data.values(name)[:, None] for name in numbers]
    return np.nan_to_num(np.column_stack(columns)) if columns else np.zeros((data.n, 0))


def _indicators(positions: np.ndarray) -> np.ndarray:
    place = np.unique(positions, axis=0, return_inverse=True)[1].ravel()
    return np.eye(place.max() + 1)[place]


def _numbers(labels: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """(rows,) labels numbered from 0."""
    if labels is None:
        return np.zeros(len(rows), dtype=np.int64)
    return np.unique(np.asarray(labels)[rows], return_inverse=True)[1].ravel()


def _of_strata(sizes: np.ndarray, design: Design) -> np.ndarray:
    """(H,) the one population size of each stratum."""
    here = design.weights > 0
    stratum = design.cluster_strata[design.cluster_numbers[here]]
    low, high = np.full(stratum.max() + 1, np.inf), np.full(stratum.max() + 1, -np.inf)
    np.minimum.at(low, stratum, sizes[here])
    np.maximum.at(high, stratum, sizes[here])
    if not np.isfinite(high).all() or (low <= 0).any() or (high - low > 1e-9 * high).any():
        worst = int(np.argmax((high - low > 0) | (low <= 0)))
        raise DataError(
            f"fpc runs from {low[worst]:g} to {high[worst]:g} within one stratum; expected one positive number a "
            "stratum: correct fpc"
        )
    return high


def kish_effective_n(weights: np.ndarray) -> float:
    """Size of the unweighted sample with the same precision: (Σw)² / Σw² (Kish 1965).

    Example: weights 1, 1, 2 give 16 / 6 = 2.67.
    """
    weights = _checked(weights)
    return float(weights.sum() ** 2 / np.square(weights).sum())


def kish_deff(weights: np.ndarray) -> float:
    """Design effect of unequal weights: n Σw² / (Σw)², 1 when all weights are equal (Kish 1965)."""
    return len(weights) / kish_effective_n(weights)


def rake(
    codes: Mapping[str, np.ndarray],
    margins: Mapping[str | tuple[str, ...], Margin],
    weights: np.ndarray | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 200,
) -> np.ndarray:
    """Weights under which the sample has the given margins: iterative proportional fitting (Deming and Stephan 1940).

    `codes`: variable -> (n,) codes of the sample. `margins`: a variable, or a tuple of variables for a cross-table,
    -> code (or tuple of codes) -> total. Totals are shares or counts; all margins must sum to the same total, which
    is what the weights sum to. `weights`: (n,) to start from, equal when None. Converged when no cell differs from
    its total by more than `tolerance` of it. Raises `DataError` for cells without people, people without a cell,
    margins that contradict one another, and no convergence.
    """
    if not margins:
        raise DataError("rake was given no margins; expected one or more: say what the weights are to match")
    n = len(next(iter(codes.values()), ()))
    fitted = np.ones(n) if weights is None else _checked(weights).copy()
    cells = [_cells(codes, _names(variables), margin, fitted) for variables, margin in margins.items()]
    _same_total(margins)
    worst = np.inf
    for _ in range(max_iterations):
        for place, totals in cells:
            fitted *= (totals / _sums(place, fitted, len(totals)))[place]
        worst = max(_discrepancy(place, totals, fitted) for place, totals in cells)
        if worst <= tolerance:
            return fitted
    raise DataError(
        f"raking to {listed(margins)} did not converge in {max_iterations} rounds (largest discrepancy {worst:.1%}); "
        "expected margins that agree with the cells the sample has: merge small options or drop a margin"
    )


def rake_trimmed(
    codes: Mapping[str, np.ndarray],
    margins: Mapping[str | tuple[str, ...], Margin],
    weights: np.ndarray | None = None,
    most: float = 5.0,
    rounds: int = 50,
) -> np.ndarray:
    """As `rake`, with no weight above `most` times the mean: raked and trimmed in turn until both hold.

    Where both cannot hold, which is seen by the excess over the cap no longer shrinking, the cap does and the margins
    are near.
    """
    last = np.inf
    for _ in range(rounds):
        raked = rake(codes, margins, weights)
        excess = float(raked.max() / (most * raked.mean())) - 1
        if excess <= 1e-6:
            return raked
        weights = trim(raked, most)
        if excess > 0.9 * last:
            break
        last = excess
    return weights


def calibrate(
    auxiliary: np.ndarray,
    totals: np.ndarray,
    weights: np.ndarray,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    rounds: int = 100,
) -> np.ndarray:
    """(n,) weights as near as possible to those given whose totals of the auxiliary columns are `totals` (GREG).

    auxiliary: (n, p); totals: (p,); bounds: how far a weight may change, as factors. Formula: w = d·F(xᵀλ) with
    F(u) = 1 + u cut at the bounds, λ by Newton's method (one step without bounds). Reference: Deville & Särndal 1992.
    Raises `DataError` where no such weights exist. Example: x = 1, totals 10, weights 1, 1: weights 5, 5.
    """
    weights, multipliers = _checked(weights), np.zeros(auxiliary.shape[1])
    size = np.maximum(np.abs(totals), 1e-9)
    for _ in range(rounds):
        linear = 1 + auxiliary @ multipliers
        factors = np.clip(linear, *bounds)
        missing = totals - auxiliary.T @ (weights * factors)
        if (np.abs(missing) <= 1e-8 * size).all():
            return weights * factors
        moving = weights * ((linear > bounds[0]) & (linear < bounds[1]))
        multipliers = multipliers + np.linalg.lstsq((auxiliary.T * moving) @ auxiliary, missing, rcond=None)[0]
    worst = float((np.abs(missing) / size).max())
    raise DataError(
        f"no weights have these totals (off by {worst:.1%}) within the bounds {bounds[0]:g} to {bounds[1]:g}; expected "
        "totals that agree with one another and with the sample: widen the bounds or give fewer totals"
    )


def trim(weights: np.ndarray, most: float = 5.0) -> np.ndarray:
    """Weights of the same sum with none above `most` times their mean; what is cut goes to the others in proportion.

    Trading bias for variance (Potter 1990): margins are no longer met exactly.
    """
    if most <= 1:
        raise DataError(f"weights cannot be trimmed at {most:g} times their mean; expected more than 1: raise 'most'")
    weights = _checked(weights)
    cap = most * weights.mean()
    trimmed = weights.copy()
    high = np.zeros(len(weights), dtype=bool)
    while (over := (trimmed > cap * (1 + 1e-12)) & ~high).any():
        high |= over
        rest = weights.sum() - cap * high.sum()
        trimmed = np.where(high, cap, weights * (rest / weights[~high].sum()))
    return trimmed


def systematic(weights: np.ndarray, n: int, start: float) -> np.ndarray:
    """(n,) positions drawn with chances proportional to the weights, by equal steps from one random start in [0, 1).

    Low-variance ("systematic") sampling: every position comes up its expected number of times, rounded up or down
    (Madow 1949). In a sorted list the sample is stratified along the order. Positions come back in increasing order.
    """
    steps = np.cumsum(_checked(weights))
    points = (start + np.arange(n)) * (steps[-1] / n)
    return np.minimum(np.searchsorted(steps, points, side="right"), len(steps) - 1)


def _checked(weights: np.ndarray) -> np.ndarray:
    weights = np.asarray(weights, dtype=float)
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        example = weights[bad][0]
        raise DataError(f"{bad.sum():,} weights are negative or no numbers (such as {example:g}): correct them")
    if not weights.any():
        raise DataError(f"all {len(weights):,} weights are zero; expected positive ones: correct them")
    return weights


def _names(variables: str | tuple[str, ...]) -> tuple[str, ...]:
    return (variables,) if isinstance(variables, str) else tuple(variables)


def _cells(
    codes: Mapping[str, np.ndarray], names: tuple[str, ...], margin: Margin, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n,) cell of every person and (cells,) totals; cells of no people and total 0 are left out."""
    missing = [name for name in names if name not in codes]
    if missing:
        raise DataError(f"margin {_title(names)} needs {listed(missing)}, which the sample lacks: add it to the codes")
    keys = [key if len(names) > 1 else (key,) for key in margin]
    totals = np.asarray(list(margin.values()), dtype=float)
    if not np.isfinite(totals).all() or (totals < 0).any():
        raise DataError(f"margin {_title(names)} has a negative or undefined total: correct it")
    place = _places([np.asarray(codes[name]) for name in names], keys, names)
    empty = (_sums(place, weights, len(keys)) <= 0) & (totals > 0)
    if empty.any():
        cell = _title(keys[int(np.argmax(empty))])
        raise DataError(
            f"margin {_title(names)}: nobody in the sample is {cell}, but the population has such people; "
            "expected one person or more in every cell: enlarge the sample, or merge the option with another"
        )
    kept = totals > 0
    outside = ~kept[place]
    if outside.any():
        cell = _title(keys[place[np.argmax(outside)]])
        raise DataError(
            f"margin {_title(names)}: {outside.sum():,} people are {cell}, whose total is 0: leave them out"
        )
    return (np.cumsum(kept) - 1)[place], totals[kept]


def _places(columns: list[np.ndarray], keys: list[tuple], names: tuple[str, ...]) -> np.ndarray:
    """(n,) place of every person's combination of codes among the keys."""
    known = {tuple(key): place for place, key in enumerate(keys)}
    people = list(zip(*(column.tolist() for column in columns), strict=True))
    place = np.fromiter((known.get(person, -1) for person in people), dtype=np.int64, count=len(people))
    if (place < 0).any():
        example = _title(people[int(np.argmax(place < 0))])
        raise DataError(
            f"margin {_title(names)}: {(place < 0).sum():,} people are {example} or another option without a total; "
            "expected a total for every option in the sample: add it, or leave these people out"
        )
    return place


def _sums(place: np.ndarray, weights: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(place, weights, minlength=size)


def _discrepancy(place: np.ndarray, totals: np.ndarray, weights: np.ndarray) -> float:
    return float(np.abs(_sums(place, weights, len(totals)) / totals - 1).max())


def _same_total(margins: Mapping[str | tuple[str, ...], Margin]) -> None:
    totals = {_title(_names(variables)): float(sum(margin.values())) for variables, margin in margins.items()}
    low, high = min(totals, key=totals.__getitem__), max(totals, key=totals.__getitem__)
    if totals[high] - totals[low] > 1e-6 * totals[high]:
        raise DataError(
            f"margin {low} sums to {totals[low]:g} and margin {high} to {totals[high]:g}; "
            "expected one total for all: use shares that sum to 1, or counts of the same population"
        )


def _title(names: tuple) -> str:
    return " x ".join(repr(name) for name in names)
