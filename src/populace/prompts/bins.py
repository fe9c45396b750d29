"""Numbers as ordered options: a numeric question is asked, learned and answered in bins.

A model chooses among options of any wording, so a number becomes "under 30", "30 to 39", … Cut points are round
numbers between the 5 % and 95 % points of the values at hand and the end bins are open, so that a pilot and a panel
of the same population are put in the same words although their youngest and oldest differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

#: how many bins a number with many values is cut into
MOST_BINS = 8
#: up to this many whole numbers are kept one by one (a 0-10 rating stays a 0-10 rating)
MOST_SINGLES = 12


@dataclass(frozen=True)
class Bins:
    """Half-open intervals [edges[i], edges[i+1]); the last one includes its upper edge."""

    #: (K + 1,) increasing edges
    edges: tuple[float, ...]
    #: True when the values are whole numbers
    integer: bool = True
    #: unit that follows a number, such as "years"; None when there is none
    unit: str | None = None
    #: True when the end bins are worded "under 30" and "70 or more"
    open_ends: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Wording of every bin."""
        last = len(self.edges) - 2
        return tuple(self._label(i, i == last) for i in range(last + 1))

    def positions(self, values: np.ndarray) -> np.ndarray:
        """(n,) bin of every value; values beyond the edges go to the end bins, missing ones are -1."""
        values = np.asarray(values, dtype=float)
        inside = np.searchsorted(np.asarray(self.edges[1:-1]), values, side="right")
        return np.where(np.isnan(values), -1, inside).astype(np.int32)

    def draw(self, positions: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        """(n,) values spread evenly over the chosen bins; whole numbers where the question asks for them."""
        edges = np.asarray(self.edges, dtype=float)
        positions = np.asarray(positions)
        low, high = edges[positions], edges[positions + 1]
        if not self.integer:
            return low + uniforms * (high - low)
        last = positions == len(edges) - 2
        count = np.maximum(np.ceil(high) - np.ceil(low) + last, 1)
        return np.ceil(low) + np.floor(uniforms * count)

    def _label(self, i: int, last: bool) -> str:
        words = self._range_words(self.edges[i], self.edges[i + 1], last)
        if self.open_ends and (i == 0 or last):
            words = f"{_number(self.edges[i])} or more" if last else f"under {_number(self.edges[1])}"
        return f"{words} {self.unit}" if self.unit else words

    def _range_words(self, low: float, high: float, last: bool) -> str:
        if not self.integer:
            return f"{_number(low)} to {_number(high)}"
        first, top = math.ceil(low), math.floor(high) if last else math.ceil(high) - 1
        return _number(first) if top <= first else f"{_number(first)} to {_number(top)}"


def bins_for(
    values: np.ndarray | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    integer: bool | None = None,
    unit: str | None = None,
) -> Bins:
    """Choose bins from observed values, or from a declared range when nothing was observed.

    Raises ValueError when there are neither two distinct values nor a range.
    """
    seen = np.empty(0) if values is None else np.asarray(values, dtype=float)
    seen = seen[~np.isnan(seen)]
    if len(np.unique(seen)) < 2 and (minimum is None or maximum is None or minimum >= maximum):
        raise ValueError("a number needs two observed values, or a minimum below a maximum")
    whole = bool(np.all(seen == np.round(seen))) if integer is None else integer
    if len(np.unique(seen)) < 2:
        return Bins(_edges_from_range(float(minimum), float(maximum), whole), whole, unit)
    distinct = np.unique(seen)
    if whole and len(distinct) <= MOST_SINGLES:
        return Bins((*distinct.tolist(), float(distinct[-1])), whole, unit)
    return Bins(_edges_from_values(seen, whole), whole, unit, open_ends=True)


def _edges_from_values(seen: np.ndarray, whole: bool) -> tuple[float, ...]:
    """Smallest value, round cuts between the 5 % and 95 % points, largest value."""
    low, middle, high = np.quantile(seen, [0.05, 0.5, 0.95])
    lopsided = seen.min() >= 0 and high - middle > 4 * max(middle - low, 0)
    cuts = _growing_cuts(high) if lopsided else _even_cuts(low, high)
    if whole:
        cuts = np.unique(np.ceil(cuts))
    inner = [float(c) for c in cuts if max(low, seen.min()) < c <= min(high, seen.max())]
    if not inner:
        inner = [float(middle if middle > seen.min() else np.unique(seen)[1])]
    return (float(seen.min()), *inner, float(seen.max()))


def _growing_cuts(high: float) -> np.ndarray:
    """1, 2, 5, 10, 20, 50 … up to `high`, for amounts with a long tail."""
    top = math.floor(math.log10(max(high, 1e-6)))
    return np.array([m * 10.0**power for power in range(top - 3, top + 1) for m in (1, 2, 5)])


def _even_cuts(low: float, high: float) -> np.ndarray:
    """Multiples of a round step."""
    step = _round_step((high - low) / (MOST_BINS - 1))
    return np.arange(math.floor(low / step), math.ceil(high / step) + 1) * step


def _edges_from_range(minimum: float, maximum: float, whole: bool) -> tuple[float, ...]:
    if whole and maximum - minimum < MOST_SINGLES:
        return (*np.arange(minimum, maximum + 1).tolist(), maximum)
    step = _round_step((maximum - minimum) / MOST_BINS)
    inner = np.arange(math.floor(minimum / step) * step + step, maximum, step)
    return (minimum, *(float(c) for c in inner if c > minimum), maximum)


def _round_step(size: float) -> float:
    """Smallest of 1, 2, 5, 10, 20, 25, 50 … times a power of ten that is not below `size`."""
    power = 10.0 ** math.floor(math.log10(max(size, 1e-9)))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= size * 0.999)


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:,.0f}"
