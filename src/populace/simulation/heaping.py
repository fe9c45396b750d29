"""Numbers as people say them: 40 hours rather than 41, 85 degrees rather than 83, but 41 years of age.

A model says in which bin a number lies; which number of the bin it is, people decide by rounding. The weights below
are a conditional logit of the numbers within a bin, every question counted alike, the slope of its distribution taken
out; estimated by `benchmarks/heaping.py` on GSS 2006-2018, ANES 2012-2020 and SHED 2021 (docs/simulation.md has what
they give on surveys that were not used). What people know exactly, such as an age or a year, does not heap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from populace.survey.item import Item, NumericRange

#: most numbers of a bin that are told apart; wider bins are counted in larger units
_MOST = 2_000
#: below this nobody rounds
_SMALL = 10
#: what people know exactly: how old, since when, in which year
_EXACT = re.compile(
    r"\b(age|aged|ages|old|older|born|birth|birthday|birthdays|years?|alter|alt|älter|geboren|jahre?|jahren|âge|née?|"
    r"ans?|années?|edad|años?|nacid[oa]|nació)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Weights:
    """Log weights of round numbers against others of two digits, such as 37 or 420."""

    #: 10, 50, 100, 500: one digit before the zeros, 1 or 5
    main: float
    #: 20, 30, 400: one digit before the zeros, another
    tens: float
    #: 25, 75, 250
    quarters: float
    #: 15, 35, 450, and 5 where larger numbers are in reach
    fives: float
    #: 125, 4,050: three digits, of which the last is 5
    finer: float
    #: 37.2, 1,234: everything with more digits
    exact: float
    #: the smallest and the largest possible number
    low: float = 0.0
    high: float = 0.0


#: degrees, percentages and other judgements from 0 to 100
RATING = Weights(main=3.8, tens=2.7, quarters=1.5, fives=2.1, finer=0.0, exact=0.0, low=3.7, high=-0.3)
#: hours, times, amounts
ESTIMATE = Weights(main=2.3, tens=3.0, quarters=1.9, fives=1.65, finer=-0.3, exact=-3.3)


def weights_of(item: Item) -> Weights | None:
    """How the answers to an item heap; None = they do not."""
    if (item.numeric.minimum, item.numeric.maximum) == (0, 100):
        return RATING
    return None if _EXACT.search(item.text) else ESTIMATE


def heaped(
    item: Item, weights: Weights, unit: float, edges: tuple[float, ...], positions: np.ndarray, uniforms: np.ndarray
) -> np.ndarray:
    """(n,) numbers in the bins chosen, multiples of `unit` from the item's minimum on; NaN where a bin has none.

    Example: hours from 0 to 80 in a bin from 30 up to 50 are 40 for every second respondent, and 41 for one in forty.
    """
    found = np.full(len(positions), np.nan)
    for place in np.unique(positions):
        here = positions == place
        numbers = _numbers(item.numeric, unit, edges[place], edges[place + 1], last=place == len(edges) - 2)
        if len(numbers):
            chances = np.exp(log_weights(numbers, unit, weights, item.numeric))
            cuts = np.cumsum(chances / chances.sum())
            found[here] = numbers[np.minimum(np.searchsorted(cuts, uniforms[here], side="right"), len(numbers) - 1)]
    return found


def _numbers(limits: NumericRange, unit: float, low: float, high: float, last: bool) -> np.ndarray:
    """The numbers that can be said in a bin [low, high), the last one with its upper end."""
    start = limits.minimum or 0.0
    most = high if limits.maximum is None else min(high, limits.maximum)
    first = np.ceil((low - start) / unit - 1e-9)
    top = np.floor((most - start) / unit + 1e-9)
    if not last and start + top * unit >= high - 1e-9 * unit:
        top -= 1
    apart = max(1, int(np.ceil((top - first + 1) / _MOST)))
    apart = apart if apart == 1 else 10 ** int(np.ceil(np.log10(apart)))
    first = np.ceil(first / apart) * apart
    return np.round(start + np.arange(first, top + 1, apart) * unit, 9)


def log_weights(numbers: np.ndarray, unit: float, weights: Weights, limits: NumericRange) -> np.ndarray:
    """(k,) log weights of numbers of one bin, counted in units: 0.5 in steps of 0.1 is as round as 5 is in whole ones.

    Example: 37 -> 0, 40 -> `tens`, 45 -> `fives`, 50 -> `main`, 75 -> `quarters`.
    """
    counted = np.abs(np.round(numbers / unit))
    large = counted >= _SMALL
    size = 10.0 ** np.maximum(np.floor(np.log10(counted + 0.5)), 0)
    digits = np.floor(counted / size * 100 + 1e-6).astype(np.int64)  # the first three, 100 to 999
    found = np.where(digits % 10 == 5, weights.finer, weights.exact)
    shorter = np.isclose(counted / size * 10 % 1, 0)
    found = np.where(shorter, 0.0, np.where(np.isclose(counted / size * 100 % 1, 0), found, weights.exact))
    found = np.where(shorter & (digits % 100 == 50), weights.fives, found)
    found = np.where(np.isin(digits, (250, 750)), weights.quarters, found)
    found = np.where(digits % 100 == 0, np.where(np.isin(digits, (100, 500)), weights.main, weights.tens), found)
    five = weights.fives if large.any() else 0.0
    found = np.where(large, found, np.where(counted == 5, five, 0.0))
    return found + weights.low * (numbers == limits.minimum) + weights.high * (numbers == limits.maximum)
