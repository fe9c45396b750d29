"""Polychoric correlations: how strongly the opinions behind two rating scales hang together.

An answer is taken for a normally distributed opinion cut at thresholds. Two steps: thresholds from each item alone,
then one correlation per pair by maximum likelihood (Olsson 1979). All pairs are solved side by side as arrays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from populace.analysis.charts import heat
from populace.analysis.estimate import Estimate, normal_interval
from populace.analysis.items import Items, correlations, items_of, person_chunks
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = ["bivariate_normal", "Polychoric", "polychoric", "PolychoricResult", "polychorics", "shared_steps"]

#: correlations are looked for between -LIMIT and LIMIT; one that ends there has no maximum inside
LIMIT = 0.999
#: rounds of the search; it halves the interval in the worst case, and needs about six
_ROUNDS = 60


@dataclass(frozen=True)
class Polychoric:
    """Thresholds and polychoric correlations of p items, with what their standard errors are made of."""

    #: (p, p) correlations, 1 on the diagonal
    matrix: np.ndarray
    #: (p, K+1) thresholds of the standard normal: -inf, the K-1 cuts of the item, then inf
    cuts: np.ndarray
    #: (p,) number of steps of each item
    steps: np.ndarray
    #: (P, 2) the pairs i < j in the order of the lower triangle's transpose
    pairs: np.ndarray
    #: (P,) which pairs ended at ±LIMIT: the answers fit a perfect relation, so there is no estimate inside
    at_limit: np.ndarray
    #: (P,) sum of the weights of the people behind each pair
    totals: np.ndarray
    #: (p,) sum of the weights of the people behind each item
    item_totals: np.ndarray
    #: (P, K+1, K+1) derivative of the log-likelihood of a cell by the correlation; 0 in the last row and column
    slopes: np.ndarray
    #: (P,) information of one person about the correlation
    information: np.ndarray
    #: (P, 2, K-1) cross information of correlation and the thresholds of its first and second item
    cross: np.ndarray

    def thresholds(self, item: int) -> np.ndarray:
        """(K-1,) thresholds of one item."""
        return self.cuts[item, 1 : self.steps[item]]

    def influences(
        self, codes: np.ndarray, weights: np.ndarray, persons: np.ndarray, cuts: bool = False
    ) -> Iterator[np.ndarray]:
        """Chunks of rows, one a person, whose cross products sum to the sampling covariance of the correlations.

        codes: (n, p) steps from 0, -1 for none; weights, persons: (n,). With `cuts`, all thresholds come first.
        Formula: influence of a person on ρ = (s − Σ_k B_k·d_k)/A with s the score of their cell, A the information,
        B the cross information with the thresholds and d = (1{x ≤ k} − F_k)/φ(τ_k) the influence on a threshold.
        Reference: Muthén 1984; Jöreskog 1994. The sum over people of squared weighted influences is the variance.
        """
        for rows, starts in person_chunks(persons):
            parts = [self._on_pairs(codes[rows])]
            if cuts:
                parts.insert(0, self._on_cuts(codes[rows]))
            yield np.add.reduceat(weights[rows, None] * np.hstack(parts), starts, axis=0)

    def _on_pairs(self, codes: np.ndarray) -> np.ndarray:
        i, j = self.pairs.T
        each = np.arange(len(i))
        through_first, through_second = self._through_thresholds
        # an answer that is not there is -1: the last, empty place of every table
        score = self.slopes[each, codes[:, i], codes[:, j]] / self.totals
        first = through_first[each, codes[:, i]] / self.item_totals[i]
        second = through_second[each, codes[:, j]] / self.item_totals[j]
        return (score - first - second) / self.information

    def _on_cuts(self, codes: np.ndarray) -> np.ndarray:
        tables = self._threshold_influences
        return np.hstack([table[codes[:, k]] / self.item_totals[k] for k, table in enumerate(tables)])

    def errors(self, codes: np.ndarray, weights: np.ndarray, persons: np.ndarray) -> np.ndarray:
        """(p, p) standard errors of the correlations, 0 on the diagonal."""
        variance = sum((chunk**2).sum(axis=0) for chunk in self.influences(codes, weights, persons))
        found = np.zeros_like(self.matrix)
        found[tuple(self.pairs.T)] = np.sqrt(variance)
        return found + found.T

    @cached_property
    def _threshold_influences(self) -> list[np.ndarray]:
        """One (K+1, T) table an item: influence of a person with that answer on its T = K-1 thresholds."""
        widest = self.cuts.shape[1] - 1
        return [_influence_on_cuts(self.thresholds(k), widest) for k in range(len(self.steps))]

    @cached_property
    def _through_thresholds(self) -> tuple[np.ndarray, np.ndarray]:
        """Two (P, K+1) tables: what an answer does to a correlation by moving the thresholds of either item."""
        sides = []
        for side in (0, 1):
            tables = [self._threshold_influences[k] for k in self.pairs[:, side]]
            rows = [table @ self.cross[p, side, : table.shape[1]] for p, table in enumerate(tables)]
            sides.append(np.array(rows).reshape(len(self.pairs), -1))
        return sides[0], sides[1]


def _influence_on_cuts(thresholds: np.ndarray, widest: int) -> np.ndarray:
    answers = np.arange(widest + 1)[:, None]
    below = answers <= np.arange(len(thresholds))[None, :]
    table = (below - ndtr(thresholds)) / _density(thresholds)
    table[widest] = 0.0
    return table


def polychorics(codes: np.ndarray, weights: np.ndarray, start: np.ndarray | None = None) -> Polychoric:
    """Polychoric correlations of (n, p) codes: steps 0, 1, …, all of them in use, -1 for no answer.

    Formula: thresholds τ_k = Φ⁻¹(share of answers up to k); ρ maximises Σ n_ab ln π_ab(ρ), with π_ab the probability
    of a cell under a bivariate normal. Two-by-two tables with one empty cell get half an answer there, margins kept.
    Assumption: a bivariate normal opinion behind each pair. Reference: Olsson 1979. `start`: a matrix to begin from.
    Example: two yes/no items split in half, 1/3 in each of the cells yes-yes and no-no: ρ = sin(π/6) = .5.
    """
    steps = codes.max(axis=0) + 1
    widest = int(steps.max())
    pairs = np.column_stack(np.triu_indices(len(steps), 1))
    counts = _tables(codes, weights, widest)
    item_totals = np.array([weights[codes[:, k] >= 0].sum() for k in range(len(steps))])
    tables = _filled(counts[pairs[:, 0], pairs[:, 1]], steps[pairs])
    cuts = _cuts(codes, weights, steps, item_totals)
    first, second = cuts[pairs[:, 0]], cuts[pairs[:, 1]]
    rho = np.zeros(len(pairs)) if start is None else np.clip(start[tuple(pairs.T)], -0.9, 0.9)
    rho = _solve(tables, first, second, rho)
    matrix = np.eye(len(steps))
    matrix[tuple(pairs.T)] = matrix[tuple(pairs.T[::-1])] = rho
    totals = tables.sum(axis=(1, 2))
    slopes, information, cross = _information(tables, first, second, rho)
    at_limit = np.abs(rho) >= LIMIT - 1e-6
    padded = np.pad(slopes, ((0, 0), (0, 1), (0, 1)))
    return Polychoric(matrix, cuts, steps, pairs, at_limit, totals, item_totals, padded, information, cross)


def bivariate_normal(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """P(X ≤ h, Y ≤ k) of standard normals with correlation ρ, |ρ| < 1; h, k may be infinite.

    Formula: ½[Φ(h) + Φ(k)] − T(h, a) − T(k, b) − δ/2, T of Owen, a = (k − ρh)/(h√(1−ρ²)), b likewise, δ = 1 where h
    and k differ in sign (0 counts as positive). Reference: Owen 1956. Example: h = k = 0, ρ = .5: 1/4 + 1/12 = 1/3.
    """
    h, k, rho = np.broadcast_arrays(h, k, rho)
    # at exactly 0 the formula is 0/0: a hair beside it is right to 1e-17; what is infinite is put right below
    x, y = (np.where(np.isfinite(z), np.where(z == 0, 1e-17, z), 1.0) for z in (h, k))
    root = np.sqrt(1 - rho**2)
    inner = owens_t(x, (y - rho * x) / (x * root)) + owens_t(y, (x - rho * y) / (y * root))
    value = (ndtr(x) + ndtr(y)) / 2 - inner - ((x < 0) != (y < 0)) / 2
    value = np.where(np.isposinf(h), ndtr(k), np.where(np.isposinf(k), ndtr(h), value))
    return np.where(np.isneginf(h) | np.isneginf(k), 0.0, np.clip(value, 0.0, 1.0))


def _density(x: np.ndarray) -> np.ndarray:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _bivariate_density(h: np.ndarray, k: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Density, 0 at infinity; it is also the derivative of the probability by the correlation."""
    finite = np.isfinite(h) & np.isfinite(k)
    h, k = np.where(finite, h, 0.0), np.where(finite, k, 0.0)
    rest = 1 - rho**2
    return np.where(finite, np.exp(-(h**2 + k**2 - 2 * rho * h * k) / (2 * rest)) / (2 * np.pi * np.sqrt(rest)), 0.0)


def _tables(codes: np.ndarray, weights: np.ndarray, widest: int) -> np.ndarray:
    """(p, p, K, K) weighted cross tables of all items, by one product of indicators."""
    n, p = codes.shape
    indicators = (codes[:, :, None] == np.arange(widest)).reshape(n, p * widest).astype(float)
    return ((indicators * weights[:, None]).T @ indicators).reshape(p, widest, p, widest).transpose(0, 2, 1, 3)


def _filled(tables: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Two-by-two tables with one empty cell get half an answer there, and keep their margins."""
    tables = tables.copy()
    empty = tables[:, :2, :2] <= 0
    one = (steps == 2).all(axis=1) & (empty.sum(axis=(1, 2)) == 1)
    for p in np.flatnonzero(one):
        sign = np.array([[1.0, -1.0], [-1.0, 1.0]]) * (1 if empty[p, 0, 0] or empty[p, 1, 1] else -1)
        tables[p, :2, :2] += 0.5 * sign
    return np.maximum(tables, 0.0)


def _cuts(codes: np.ndarray, weights: np.ndarray, steps: np.ndarray, item_totals: np.ndarray) -> np.ndarray:
    cuts = np.full((len(steps), int(steps.max()) + 1), np.inf)
    cuts[:, 0] = -np.inf
    for k, size in enumerate(steps):
        known = codes[:, k] >= 0
        shares = np.bincount(codes[known, k], weights[known], minlength=size) / item_totals[k]
        if (shares <= 0).any():
            raise DataError(
                f"step {int(np.argmin(shares)) + 1} of {size} of item number {k + 1} has no answers; "
                "expected answers at every step: merge it with its neighbour"
            )
        cuts[k, 1:size] = ndtri(np.cumsum(shares)[:-1])
    return cuts


def _second_difference(corners: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(corners, axis=1), axis=2)


def _cells(first: np.ndarray, second: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P, K, K) probabilities of the cells and their derivatives by the correlation."""
    h, k, r = first[:, :, None], second[:, None, :], rho[:, None, None]
    return _second_difference(bivariate_normal(h, k, r)), _second_difference(_bivariate_density(h, k, r))


def _solve(tables: np.ndarray, first: np.ndarray, second: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Fisher scoring for all pairs at once, kept inside an interval that the sign of the slope shrinks."""
    low, high = np.full(len(rho), -LIMIT), np.full(len(rho), LIMIT)
    going = np.arange(len(rho))
    rho = rho.copy()
    for _ in range(_ROUNDS):
        cells, change = _cells(first[going], second[going], rho[going])
        safe = np.maximum(cells, 1e-14)
        slope = (tables[going] * change / safe).sum(axis=(1, 2))
        size = tables[going].sum(axis=(1, 2)) * (change**2 / safe).sum(axis=(1, 2))
        low[going] = np.where(slope >= 0, rho[going], low[going])
        high[going] = np.where(slope <= 0, rho[going], high[going])
        following = rho[going] + slope / np.maximum(size, 1e-300)
        outside = (following <= low[going]) | (following >= high[going])
        following = np.where(outside, (low[going] + high[going]) / 2, following)
        moved = np.abs(following - rho[going])
        rho[going] = following
        going = going[moved > 1e-9]
        if not len(going):
            break
    return np.clip(rho, -LIMIT, LIMIT)


def _information(
    tables: np.ndarray, first: np.ndarray, second: np.ndarray, rho: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score of every cell, information about ρ, and cross information with both items' thresholds.

    Taken at the observed shares, as Muthén (1984) does.
    """
    cells, change = _cells(first, second, rho)
    safe = np.maximum(cells, 1e-14)
    scores = change / safe
    shares = tables / tables.sum(axis=(1, 2), keepdims=True)
    information = np.maximum((shares * scores**2).sum(axis=(1, 2)), 1e-12)
    cross = np.stack(
        [
            _cross(shares * scores / safe, first, second, rho),
            _cross((shares * scores / safe).transpose(0, 2, 1), second, first, rho),
        ],
        axis=1,
    )
    return scores, information, cross


def _cross(ratio: np.ndarray, own: np.ndarray, other: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """(P, K-1) Σ over cells of the score times ∂ln π/∂τ_k: raising τ_k moves mass from step k+1 to step k."""
    tau = own[:, 1:-1]
    finite = np.isfinite(tau)
    tau = np.where(finite, tau, 0.0)
    r = rho[:, None, None]
    given = ndtr((other[:, None, :] - r * tau[:, :, None]) / np.sqrt(1 - r**2))
    moved = np.diff(given, axis=2) * _density(tau)[:, :, None]
    return np.where(finite, ((ratio[:, :-1] - ratio[:, 1:]) * moved).sum(axis=2), 0.0)


def shared_steps(codes: np.ndarray, names: Sequence[str], groups: np.ndarray | None = None) -> tuple[np.ndarray, list]:
    """Codes renumbered so that every step is in use in every group; empty steps join their lower neighbour.

    codes: (n, p), -1 for none; groups: (n,) from 0. Returns the codes and a note for every item that was changed.
    An empty lowest step joins the next. Example: steps 0, 1, 3 in use of 0 … 3: 3 becomes 2, and the note says so.
    """
    groups = np.zeros(len(codes), dtype=int) if groups is None else groups
    changed, notes = codes.copy(), []
    for k, name in enumerate(names):
        column, size = codes[:, k], int(codes[:, k].max()) + 1
        used = np.ones(size, dtype=bool)
        for group in range(int(groups.max()) + 1):
            used &= np.bincount(column[(groups == group) & (column >= 0)], minlength=size) > 0
        if used.sum() < 2:
            raise DataError(
                f"item {name!r} has fewer than two steps that every group uses; expected two or more: leave it out"
            )
        if not used.all():
            places = np.maximum(np.cumsum(used) - 1, 0)
            changed[:, k] = np.append(places, -1)[column]
            gone = int((~used).sum())
            noun = "a step" if gone == 1 else f"{gone} steps"
            notes.append(f"{name}: {noun} that nobody (or not every group) chose merged with the next.")
    return changed, notes


@dataclass(frozen=True)
class PolychoricResult(Result):
    """Polychoric correlations of a set of items."""

    analysis: ClassVar[str] = "polychoric"

    #: names of the items
    names: tuple[str, ...]
    #: a few words for each
    labels: tuple[str, ...]
    #: (p, p) correlations
    matrix: np.ndarray
    #: (p, p) standard errors
    errors: np.ndarray
    #: (p, p) Pearson correlations of the ranks, for comparison
    pearson: np.ndarray
    #: (p, p) effective number of people behind each pair
    pair_n: np.ndarray
    #: thresholds of each item
    thresholds: tuple[np.ndarray, ...]
    #: pairs of names without an estimate inside the limits
    at_limit: tuple[tuple[str, str], ...]
    #: what was left out or merged
    remarks: tuple[str, ...] = ()

    def correlation(self, first: str, second: str) -> Estimate | None:
        """The correlation of two items; None where their answers fit a perfect relation."""
        if (first, second) in self.at_limit or (second, first) in self.at_limit:
            return None
        i, j = self.names.index(first), self.names.index(second)
        return normal_interval(self.matrix[i, j], self.errors[i, j], self.pair_n[i, j], bounds=(-1.0, 1.0))

    def tables(self) -> tuple[Table, ...]:
        rows = [
            (f"{a} – {b}", self.correlation(a, b), float(self.pearson[i, j]))
            for i, a in enumerate(self.names)
            for j, b in enumerate(self.names)
            if i < j
        ]
        cuts = [(name, ", ".join(f"{cut:.2f}" for cut in self.thresholds[i])) for i, name in enumerate(self.names)]
        return (
            Table("Polychoric correlations", ("pair", "polychoric", "Pearson of ranks"), tuple(rows)),
            Table("Thresholds of the scales", ("item", "thresholds"), tuple(cuts)),
        )

    def chart(self) -> Spec:
        rows = [
            {"row": a, "column": b, "value": float(self.matrix[i, j])}
            for i, a in enumerate(self.names)
            for j, b in enumerate(self.names)
        ]
        return heat(rows, self.names, self.names, 1.0)

    def notes(self) -> tuple[str, ...]:
        limit = [f"{a} – {b}: the answers fit a perfect relation; there is no estimate." for a, b in self.at_limit]
        return (*self.remarks, *limit, "Pearson correlations are shown for comparison and have no interval.")


def polychoric(data: DataSet, names: Sequence[str] | str, reverse: Collection[str] = ()) -> PolychoricResult:
    """Polychoric correlations of ordered items, weighted, every pair of the people who answered both.

    Standard errors are those of the two-step estimator under the weights (sandwich form). Raises `DataError` for
    numeric and nominal variables and for items that do not vary.
    """
    items = items_of(data, names, reverse)
    codes, merged = shared_steps(items.codes(), items.names)
    found = polychorics(codes, items.weights, start=correlations(items.values, items.weights))
    limit = tuple((items.names[i], items.names[j]) for i, j in found.pairs[found.at_limit])
    return PolychoricResult(
        items.names,
        items.labels,
        found.matrix,
        found.errors(codes, items.weights, items.persons),
        correlations(items.values, items.weights),
        _pair_n(items),
        tuple(found.thresholds(k) for k in range(len(items.names))),
        limit,
        (*items.notes, *merged),
    )


def _pair_n(items: Items) -> np.ndarray:
    known = ~np.isnan(items.values)
    total = (known * items.weights[:, None]).T @ known
    squares = (known * items.weights[:, None] ** 2).T @ known
    return total**2 / np.maximum(squares, 1e-300)
