"""Items of a scale as numbers: what factor analysis, reliability and confirmatory factor analysis start from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from populace.analysis.columns import Columns, columns_of, complete
from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import listed

__all__ = ["correlations", "correlations_of", "covariances", "Items", "items_of", "person_chunks", "smoothed"]

#: answers that an item needs at least
LEAST_ANSWERS = 10
#: smallest eigenvalue of a correlation matrix that counts as positive definite
_DEFINITE = 1e-8
#: interviews whose influence is held in memory at a time
_CHUNK = 8192


@dataclass(frozen=True)
class Items(Columns):
    """Columns with the number of steps of each scale."""

    #: number of steps of each scale, None for numeric variables
    steps: tuple[int | None, ...] = ()

    def codes(self) -> np.ndarray:
        """(n, p) int: rank of the answer, -1 for none. Raises `DataError` for numeric variables."""
        numeric = [name for name, steps in zip(self.names, self.steps, strict=True) if steps is None]
        if numeric:
            raise DataError(
                f"variable {listed(numeric)} is numeric and has no steps; polychoric correlations and WLSMV expect "
                "ordered options: leave it out, or use Pearson correlations (ML)"
            )
        return np.where(np.isnan(self.values), -1, np.nan_to_num(self.values)).astype(np.int64)

    def complete(self) -> Items:
        """Only interviews that answered every item; says in the notes how many were left out."""
        part = complete(self, LEAST_ANSWERS)
        _check_varied(part)
        return part


def items_of(data: DataSet, names: Sequence[str] | str, reverse: Collection[str] = (), least: int = 2) -> Items:
    """The answers to these items; a word instead of a list is the id of a battery. Items in `reverse` are turned round.

    Don't know, refused, and options off the scale are no answer. Weights have mean 1. Raises `DataError` for unknown
    names, variables without an order, items that hardly anybody answered or that do not vary, and fewer than `least`.
    """
    names = _of_battery(data, names) if isinstance(names, str) else tuple(names)
    if len(names) < least:
        raise DataError(f"{len(names)} items were given; expected {least} or more: name more items")
    unknown = [name for name in reverse if name not in names]
    if unknown:
        raise DataError(f"'reverse' names {listed(unknown)}, which is not among the items: correct the name")
    columns = columns_of(data, names)
    variables = [data.codebook.variable(name) for name in names]
    values = columns.values.copy()
    for j, variable in enumerate(variables):
        if variable.name in reverse:
            values[:, j] = _turned(values[:, j], variable)
    steps = tuple(len(variable.scale) if variable.closed else None for variable in variables)
    weights = columns.weights / columns.weights.mean()
    found = Items(**vars(columns) | {"values": values, "weights": weights, "steps": steps})
    _check_varied(found)
    return found


def _of_battery(data: DataSet, battery: str) -> tuple[str, ...]:
    found = tuple(variable.name for variable in data.codebook.variables if variable.battery == battery)
    if not found:
        known = sorted({variable.battery for variable in data.codebook.variables if variable.battery})
        raise DataError(
            f"{data.source or data.id} has no battery {battery!r}; expected a list of items or one of "
            f"{listed(known) or 'no batteries'}: correct it"
        )
    return found


def _turned(values: np.ndarray, variable: Variable) -> np.ndarray:
    """The scale read from its other end; numbers are mirrored between their smallest and largest."""
    if variable.closed:
        return len(variable.scale) - 1 - values
    return values if np.isnan(values).all() else np.nanmin(values) + np.nanmax(values) - values


def _check_varied(items: Items) -> None:
    for name, column in zip(items.names, items.values.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) < LEAST_ANSWERS:
            raise DataError(
                f"item {name!r} has {len(known)} answers on its scale; expected {LEAST_ANSWERS} or more: leave it out"
            )
        if known.min() == known.max():
            raise DataError(
                f"item {name!r} has the same answer from all {len(known):,} people who gave one; "
                "expected answers that vary: leave it out"
            )


def covariances(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(p, p) weighted covariances of (n, p) scores, each of the people who answered both items.

    Formula: Σw(x−x̄)(y−ȳ)/Σw · n/(n−1), n the effective number of pairs; with equal weights R's cov(use="pairwise").
    Example: x = (0, 1, 2), y = (0, 2, 1), equal weights: Σ(x−1)(y−1) = 1, over 2: .5.
    """
    known = ~np.isnan(scores)
    # centred first, so that large numbers do not lose digits
    centred = np.where(known, scores - np.nanmean(scores, axis=0), 0.0)
    weighted = weights[:, None] * known
    total = weighted.T @ known
    squares = (weighted * weights[:, None]).T @ known
    filled = np.where(total > 0, total, np.nan)
    mean = (centred * weights[:, None]).T @ known / filled
    products = (centred * weights[:, None]).T @ centred / filled - mean * mean.T
    n = filled**2 / np.where(squares > 0, squares, np.nan)
    return products * n / np.maximum(n - 1, 1)


def correlations(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(p, p) weighted Pearson correlations, each of the people who answered both items.

    Example: x = (0, 1, 2), y = (0, 2, 1), equal weights: .5 / √(1·1) = .5. Pairs that nobody answered, and items that
    do not vary under these weights, have correlation 0.
    """
    return correlations_of(covariances(scores, weights))


def correlations_of(covariance: np.ndarray) -> np.ndarray:
    """(p, p) correlations from covariances; 0 where there is no variance or no covariance is known.

    Example: variances 4 and 9, covariance 3: .5.
    """
    variance = np.nan_to_num(np.diag(covariance))
    scale = np.sqrt(np.where(variance > 0, variance, np.inf))
    matrix = np.clip(np.nan_to_num(covariance / np.outer(scale, scale)), -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def smoothed(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    """A positive definite correlation matrix, and whether anything was changed.

    Eigenvalues below 1e-4 are raised to it and the diagonal is brought back to 1 (Knol & Berger 1991). Correlations of
    different people, or polychoric ones, need not form one matrix. Example: the identity is left as it is.
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > _DEFINITE:
        return matrix, False
    raised = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    scale = np.sqrt(np.diag(raised))
    return raised / np.outer(scale, scale), True


def person_chunks(persons: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions of rows, a few thousand at a time, and where in them a new person starts; a person is never split.

    Example: persons (1, 0, 1): one chunk of rows (1, 0, 2), persons start at 0 and 1.
    """
    order = np.argsort(persons, kind="stable")
    starts = np.flatnonzero(np.diff(persons[order], prepend=-1))
    edges = [*starts[:: max(1, _CHUNK * len(starts) // len(order))], len(order)]
    for first, last in pairwise(edges):
        yield order[first:last], starts[(starts >= first) & (starts < last)] - first
