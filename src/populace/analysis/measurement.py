"""Measurement models: which parameters are free, equal across groups or fixed, and the moments that they imply.

y* = ν + Λη + ε, η with means α and covariances Φ, ε with variances θ. Observed items are y*; ordinal ones are y* cut at
thresholds, of which only (τ − μ)/σ and correlations can be seen. One class describes single- and multi-group models at
every level of invariance.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

__all__ = ["Block", "implied", "independence", "measurement", "Measurement"]

#: the matrices of a model, in the order in which parameters are numbered
MATRICES = ("loadings", "phi", "means", "intercepts", "residuals", "thresholds")


@dataclass(frozen=True)
class Block:
    """One matrix of parameters in all groups."""

    #: (G, …) number of the free parameter at each place, -1 where it is fixed; equal numbers are equal parameters
    index: np.ndarray
    #: (G, …) value where it is fixed
    fixed: np.ndarray

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """(G, …) values under these parameters."""
        return np.where(self.index >= 0, np.append(theta, 0.0)[self.index], self.fixed)


@dataclass(frozen=True)
class Measurement:
    """Which parameters a model has."""

    #: (G, p, m) Λ
    loadings: Block
    #: (G, m, m) Φ, symmetric
    phi: Block
    #: (G, m) α
    means: Block
    #: (G, p) ν
    intercepts: Block
    #: (G, p) θ
    residuals: Block
    #: (G, T) τ of all items one after another; no columns where items are numbers
    thresholds: Block
    #: (T,) item that each threshold belongs to
    threshold_items: np.ndarray
    #: are items ordinal: moments are thresholds and correlations, not means and covariances?
    ordinal: bool = field(default=False)

    @cached_property
    def count(self) -> int:
        """Number of free parameters."""
        return 1 + max(int(getattr(self, name).index.max(initial=-1)) for name in MATRICES)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return self.loadings.index.shape[0]

    def matrices(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Every matrix under these parameters."""
        return {name: getattr(self, name).filled(theta) for name in MATRICES}

    def parameters(self, matrices: dict[str, np.ndarray]) -> np.ndarray:
        """The parameters that give these matrices; equal parameters take the average of their places."""
        total, places = np.zeros(self.count), np.zeros(self.count)
        for name in MATRICES:
            index = getattr(self, name).index
            free = index >= 0
            np.add.at(total, index[free], matrices[name][free])
            np.add.at(places, index[free], 1.0)
        return total / np.maximum(places, 1.0)


class _Numbering:
    """Hands out numbers to free parameters, one after another."""

    def __init__(self) -> None:
        self.next = 0

    def block(self, free: np.ndarray, equal: np.ndarray, fixed: np.ndarray) -> Block:
        """free, fixed: (G, …); equal: (…) places that have one number in all groups in which they are free."""
        index = np.full(free.shape, -1)
        for place in zip(*np.nonzero(free.any(axis=0)), strict=True):
            groups = np.flatnonzero(free[(slice(None), *place)])
            size = 1 if equal[place] else len(groups)
            index[(groups, *place)] = self.next + np.arange(len(groups)) % size
            self.next += size
        return Block(index, np.broadcast_to(fixed, free.shape).astype(float))

    def symmetric(self, free: np.ndarray, fixed: np.ndarray) -> Block:
        """As `block` for (G, m, m) symmetric matrices, free in every group by itself."""
        lower = np.tril(np.ones(free.shape[1:], dtype=bool))
        block = self.block(free & lower, np.zeros(free.shape[1:], dtype=bool), fixed)
        index = np.maximum(block.index, block.index.transpose(0, 2, 1))
        return Block(index, block.fixed)


def measurement(
    structure: np.ndarray,
    groups: int = 1,
    equal: Collection[str] = (),
    steps: np.ndarray | None = None,
    released: Collection[tuple[str, int]] = (),
) -> Measurement:
    """The model with these equalities across groups, identified by factors of mean 0 and variance 1 in the first group.

    structure: (p, m) True where an item loads on a factor. equal: names of matrices that are equal in all groups.
    steps: (p,) steps of ordinal items, None for numbers. released: (matrix, item) that are not equal after all.
    Variances of factors are free in later groups once loadings are equal, means once intercepts are. Ordinal items have
    residual variance 1 and intercept 0; in later groups both are free as soon as thresholds are equal (Wu & Estabrook
    2016, theta parameterisation), until intercepts or residuals are declared equal.
    """
    p, m = structure.shape
    ordinal = steps is not None
    numbers = _Numbering()
    later = np.arange(groups) > 0

    def same(name: str) -> np.ndarray:
        return np.array([name in equal and (name, i) not in released for i in range(p)])

    loadings = numbers.block(
        np.broadcast_to(structure, (groups, p, m)), np.broadcast_to(same("loadings")[:, None], (p, m)), np.zeros(1)
    )
    diagonal = np.eye(m, dtype=bool)
    phi_free = ~diagonal | (diagonal & later[:, None, None] & ("loadings" in equal))
    phi = numbers.symmetric(np.broadcast_to(phi_free, (groups, m, m)), diagonal.astype(float))
    moved = np.broadcast_to(later[:, None] & ("intercepts" in equal), (groups, m))
    means = numbers.block(moved, np.zeros(m, dtype=bool), np.zeros(1))
    if not ordinal:
        every = np.ones((groups, p), dtype=bool)
        intercepts = numbers.block(every, same("intercepts"), np.zeros(1))
        residuals = numbers.block(every, same("residuals"), np.ones(1))
        empty = np.zeros((groups, 0))
        thresholds = Block(empty.astype(int), empty)
        return Measurement(loadings, phi, means, intercepts, residuals, thresholds, np.zeros(0, dtype=int))
    items = np.repeat(np.arange(p), steps - 1)
    identified = later[:, None] & ("thresholds" in equal)
    intercepts = numbers.block(identified & ~same("intercepts"), np.zeros(p, dtype=bool), np.zeros(1))
    residuals = numbers.block(identified & ~same("residuals"), np.zeros(p, dtype=bool), np.ones(1))
    thresholds = numbers.block(np.ones((groups, len(items)), dtype=bool), same("thresholds")[items], np.zeros(1))
    return Measurement(loadings, phi, means, intercepts, residuals, thresholds, items, ordinal=True)


def independence(p: int, groups: int = 1, steps: np.ndarray | None = None) -> Measurement:
    """The baseline model: no factors, so that items are unrelated; means and variances, or thresholds, are free."""
    return measurement(np.zeros((p, 0), dtype=bool), groups, steps=steps)


@dataclass(frozen=True)
class Implied:
    """Moments of one group under a model, with their derivatives by the q free parameters."""

    #: (p,) means of y*
    mean: np.ndarray
    #: (p, p) covariances of y*
    covariance: np.ndarray
    #: (P,) moments in the order of `moments.Moments.vector`
    vector: np.ndarray
    #: (q, P) derivatives
    jacobian: np.ndarray


def implied(model: Measurement, theta: np.ndarray, derivatives: bool = True) -> list[Implied]:
    """The moments of every group: means and covariances, or thresholds and correlations of ordinal items.

    Formula: Σ = ΛΦΛ' + Θ, μ = ν + Λα; of ordinal items (τ − μ)/√diag Σ and Σ scaled to a diagonal of 1.
    """
    matrices = model.matrices(theta)
    return [_implied(model, g, {k: v[g] for k, v in matrices.items()}, derivatives) for g in range(model.groups)]


def _implied(model: Measurement, g: int, at: dict[str, np.ndarray], derivatives: bool) -> Implied:
    loadings, phi = at["loadings"], at["phi"]
    covariance = loadings @ phi @ loadings.T + np.diag(at["residuals"])
    mean = at["intercepts"] + loadings @ at["means"]
    p, q = len(mean), model.count if derivatives else 0
    by_mean, by_covariance, by_cut = np.zeros((q, p)), np.zeros((q, p, p)), np.zeros((q, len(at["thresholds"])))
    if derivatives:
        _by_loadings(model.loadings.index[g], loadings, phi, at["means"], by_mean, by_covariance)
        _by_phi(model.phi.index[g], loadings, by_covariance)
        for j, k in _free(model.means.index[g]):
            by_mean[k] += loadings[:, j]
        for i, k in _free(model.intercepts.index[g]):
            by_mean[k, i] += 1.0
        for i, k in _free(model.residuals.index[g]):
            by_covariance[k, i, i] += 1.0
        for t, k in _free(model.thresholds.index[g]):
            by_cut[k, t] += 1.0
    if model.ordinal:
        return _standardized(model, mean, covariance, at["thresholds"], by_mean, by_covariance, by_cut)
    upper = np.triu_indices(p)
    vector = np.concatenate([mean, covariance[upper]])
    return Implied(mean, covariance, vector, np.hstack([by_mean, by_covariance[:, *upper]]))


def _free(index: np.ndarray) -> list[tuple[int, int]]:
    return [(int(i), int(index[i])) for i in np.flatnonzero(index >= 0)]


def _by_loadings(index, loadings, phi, alpha, by_mean, by_covariance) -> None:
    towards = phi @ loadings.T
    for i, j in zip(*np.nonzero(index >= 0), strict=True):
        k = index[i, j]
        by_covariance[k, i, :] += towards[j]
        by_covariance[k, :, i] += towards[j]
        by_mean[k, i] += alpha[j]


def _by_phi(index, loadings, by_covariance) -> None:
    for i, j in zip(*np.nonzero(np.tril(index >= 0)), strict=True):
        change = np.outer(loadings[:, i], loadings[:, j])
        by_covariance[index[i, j]] += change if i == j else change + change.T


def _standardized(model, mean, covariance, thresholds, by_mean, by_covariance, by_cut) -> Implied:
    """Moments of ordinal items: thresholds in units of y*'s spread, and correlations."""
    variance = np.maximum(np.diag(covariance), 1e-12)
    spread = np.sqrt(variance)
    items, upper = model.threshold_items, np.triu_indices(len(mean), 1)
    cuts = (thresholds - mean[items]) / spread[items]
    matrix = covariance / np.outer(spread, spread)
    # d ln σ = dσ²/2σ²
    stretch = np.einsum("qii->qi", by_covariance) / (2 * variance)
    cut_change = (by_cut - by_mean[:, items]) / spread[items] - cuts * stretch[:, items]
    change = by_covariance / np.outer(spread, spread) - matrix * (stretch[:, :, None] + stretch[:, None, :])
    return Implied(mean, covariance, np.concatenate([cuts, matrix[upper]]), np.hstack([cut_change, change[:, *upper]]))
