"""Moments: what a measurement model is fitted to, with the sampling covariance that weights and repeats give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.analysis.items import person_chunks
from populace.analysis.polychoric import polychorics
from populace.data.design import kish_effective_n
from populace.errors import DataError

__all__ = ["Moments", "normal_moments", "ordinal_moments"]


@dataclass(frozen=True)
class Moments:
    """Moments of one group: means and covariances of numbers, or thresholds and correlations of ordinal items."""

    #: (P,) means and upper triangle with diagonal; or thresholds of all items and upper triangle without
    vector: np.ndarray
    #: (P, P) sampling covariance of the vector, from how much each person moves it
    sampling: np.ndarray
    #: (p,) means; zeros of ordinal items
    mean: np.ndarray
    #: (p, p) covariances (divided by n), or polychoric correlations
    covariance: np.ndarray
    #: effective number of people
    n: float
    #: number of interviews
    interviews: int
    #: (p,) steps of ordinal items, None for numbers
    steps: np.ndarray | None = None

    @property
    def ordinal(self) -> bool:
        """Are these thresholds and correlations?"""
        return self.steps is not None


def normal_moments(values: np.ndarray, weights: np.ndarray, persons: np.ndarray) -> Moments:
    """Weighted means and covariances (divided by the sum of weights) of (n, p) complete answers.

    A person moves a moment by w/Σw·(x − x̄), and by w/Σw·((x − x̄)(y − ȳ) − s_xy): cross products of these, summed over
    people, are the sampling covariance (Browne 1984). Raises `DataError` when covariances are not positive definite.
    """
    share = weights / weights.sum()
    mean = share @ values
    centred = values - mean
    covariance = (centred * share[:, None]).T @ centred
    upper = np.triu_indices(len(mean))
    sampling = np.zeros((len(mean) + len(upper[0]),) * 2)
    for rows, starts in person_chunks(persons):
        part = centred[rows]
        moved = np.hstack([part, part[:, upper[0]] * part[:, upper[1]] - covariance[upper]])
        moved = np.add.reduceat(share[rows, None] * moved, starts, axis=0)
        sampling += moved.T @ moved
    _check_definite(covariance)
    vector = np.concatenate([mean, covariance[upper]])
    return Moments(vector, sampling, mean, covariance, kish_effective_n(weights), len(weights))


def _check_definite(covariance: np.ndarray) -> None:
    spread = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    least = np.linalg.eigvalsh(covariance / np.outer(spread, spread))[0]
    if least < 1e-8:
        raise DataError(
            "the items' covariances are not positive definite (an item repeats others, or there are fewer people than "
            "items); expected items that differ: leave some out, or use more people"
        )


def ordinal_moments(
    codes: np.ndarray, weights: np.ndarray, persons: np.ndarray, names: Sequence[str] | None = None
) -> Moments:
    """Thresholds and polychoric correlations of (n, p) complete codes, every step in use.

    Sampling covariance as in `polychoric` (Muthén 1984). Raises `DataError` where two items fit a perfect relation;
    `names` are for that message.
    """
    found = polychorics(codes, weights)
    if found.at_limit.any():
        names = names or [f"number {k + 1}" for k in range(codes.shape[1])]
        i, j = found.pairs[np.argmax(found.at_limit)]
        raise DataError(
            f"items {names[i]!r} and {names[j]!r} fit a perfect relation, so they have no polychoric correlation; "
            "expected items that differ: leave one out"
        )
    cuts = np.concatenate([found.thresholds(k) for k in range(len(found.steps))])
    vector = np.concatenate([cuts, found.matrix[tuple(found.pairs.T)]])
    sampling = np.zeros((len(vector),) * 2)
    for chunk in found.influences(codes, weights, persons, cuts=True):
        sampling += chunk.T @ chunk
    mean = np.zeros(codes.shape[1])
    n = kish_effective_n(weights)
    # divided by n - 1, as lavaan does for least squares
    sampling *= n / (n - 1)
    return Moments(vector, sampling, mean, found.matrix, n, len(weights), found.steps.astype(int))
