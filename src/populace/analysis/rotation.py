"""Rotation of loadings, and how to lay one solution over another: Procrustes, matching of columns, Tucker's φ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from populace.errors import DataError

__all__ = ["congruence", "matched", "procrustes", "rotate", "Rotation"]

#: how loadings can be rotated
METHODS = ("oblimin", "varimax", "none")
#: random starts besides the unrotated solution: criteria have local minima
RANDOM_STARTS = 8


@dataclass(frozen=True)
class Rotation:
    """Rotated loadings, the largest factor first, each with a positive sum."""

    #: (p, k) loadings; of oblique factors the pattern
    loadings: np.ndarray
    #: (k, k) correlations of the factors
    phi: np.ndarray
    #: (k, k) T with loadings = unrotated · inv(T)'
    transform: np.ndarray
    #: did the search end at a minimum?
    converged: bool


def rotate(
    loadings: np.ndarray,
    method: str = "oblimin",
    seed: int = 1,
    start: np.ndarray | None = None,
    starts: int = RANDOM_STARTS,
) -> Rotation:
    """Rotate (p, k) loadings to simple structure: "oblimin" (γ = 0, oblique), "varimax" (rows at length 1), "none".

    Formula: oblimin minimises Σ_{j<l} Σ_i λ_ij² λ_il²; varimax maximises the variance of squared loadings, here of rows
    divided by their length (Kaiser 1958). The best of several starts, unrotated and random, by gradient projection
    (Jennrich 2002; statsmodels). With `start`, the only start is that transform.
    Example: loadings that are simple stay as they are.
    """
    if method not in METHODS:
        raise DataError(f"rotation {method!r} is unknown; expected one of {', '.join(METHODS)}: correct it")
    count = loadings.shape[1]
    if method == "none" or count == 1:
        return _in_order(loadings, np.eye(count), True)
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True)) if method == "varimax" else np.ones((len(loadings), 1))
    scaled = loadings / np.where(length > 0, length, 1.0)
    rng = np.random.default_rng(seed)
    random = [np.linalg.qr(rng.standard_normal((count, count)))[0] for _ in range(starts)]
    begun = [np.eye(count), *random] if start is None else [start]
    ends = [_descended(scaled, method, first) for first in begun]
    transform, converged = min(ends, key=lambda end: _criterion(_applied(scaled, end[0]), method))
    return _in_order(loadings, transform, converged)


def _descended(loadings: np.ndarray, method: str, start: np.ndarray) -> tuple[np.ndarray, bool]:
    """The transform at the end of the search from this start, and whether one more step would leave it there."""
    from statsmodels.multivariate.factor_rotation import rotate_factors

    arguments = ("oblimin", 0, "oblique") if method == "oblimin" else ("varimax",)
    # statsmodels keeps a log of log10(gradient), which may be exactly 0
    with np.errstate(divide="ignore"):
        _, end = rotate_factors(loadings, *arguments, T=start, max_tries=1000, tol=1e-7)
        _, beyond = rotate_factors(loadings, *arguments, T=end, max_tries=1, tol=1e-7)
    return end, bool(np.isfinite(end).all() and np.abs(beyond - end).max() < 1e-4)


def _applied(loadings: np.ndarray, transform: np.ndarray) -> np.ndarray:
    return loadings @ np.linalg.inv(transform).T


def _criterion(loadings: np.ndarray, method: str) -> float:
    squares = loadings**2
    if method == "varimax":
        return -float(squares.var(axis=0).sum())
    return float((squares.sum(axis=1) ** 2 - (squares**2).sum(axis=1)).sum())


def _in_order(loadings: np.ndarray, transform: np.ndarray, converged: bool) -> Rotation:
    """Largest factor first, signs such that the loadings of each sum to a positive number."""
    turned = _applied(loadings, transform)
    phi = transform.T @ transform
    order = np.argsort(-np.diag(phi @ turned.T @ turned), kind="stable")
    signs = np.where(turned[:, order].sum(axis=0) < 0, -1.0, 1.0)
    transform = transform[:, order] * signs
    return Rotation(turned[:, order] * signs, transform.T @ transform, transform, converged)


def congruence(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(k, l) Tucker's φ of the columns of (p, k) and (p, l) loadings: Σab/√(Σa²Σb²).

    Reference: Tucker 1951; from .95 equal, .85 to .94 fair (Lorenzo-Seva & ten Berge 2006). A column of zeros is
    congruent with nothing (0). Example: (1, 1, 0) and (1, 0, 0): 1/√2 = .707.
    """
    lengths = np.sqrt(np.outer((first**2).sum(axis=0), (second**2).sum(axis=0)))
    return np.divide(first.T @ second, lengths, out=np.zeros_like(lengths), where=lengths > 0)


def procrustes(loadings: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(p, k) loadings · Q, Q the orthogonal matrix that brings them closest to the target (Schönemann 1966).

    Formula: loadings'·target = U S V', Q = U V'. Example: columns in another order or with other signs come back.
    """
    left, _, right = np.linalg.svd(loadings.T @ target)
    return loadings @ (left @ right)


def matched(loadings: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which column of the loadings is which column of the target: positions and signs, by the largest sum of |φ|.

    loadings[:, positions] * signs lies over the target. Reference: Kuhn 1955 (assignment).
    Example: loadings whose two columns are swapped and one negative: positions (1, 0), signs (1, −1).
    """
    phi = congruence(loadings, target)
    positions = linear_sum_assignment(-np.abs(phi).T)[1]
    signs = np.where(phi[positions, np.arange(target.shape[1])] < 0, -1.0, 1.0)
    return positions, signs
