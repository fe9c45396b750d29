"""Survey design arithmetic: weights, what they cost in precision, and how to match them to known margins.

Plain arrays in, plain arrays out; nothing here knows a data set or an audience.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from populace.errors import DataError
from populace.survey.names import listed

#: a margin: codes of a variable (or tuples of codes of several variables) -> their total in the population
Margin = Mapping[Any, float]


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
