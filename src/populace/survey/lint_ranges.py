"""Ranges of numbers as labels write them: "18 to 24", "$10,000 - $14,999", "under 18", "65 or older"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = r"[$€£]?\s?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?[%€£]?"
#: words that may stand between and after the numbers
_UNIT = r"(?:\s?(?:years?|months?|weeks?|days?|hours?|minutes?|people|times|persons?|dollars?|miles?|km|old|of age))*"
_BETWEEN = re.compile(
    rf"(?:between |from )?{_NUMBER}{_UNIT}\s*(-|–|—|to under|to less than|to below|up to|to|and)\s*{_NUMBER}{_UNIT}"
)
_BELOW = re.compile(rf"(under|below|less than|fewer than|younger than|<)\s*{_NUMBER}{_UNIT}")
_UP_TO = re.compile(
    rf"(?:up to|at most|≤)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}\s*(?:or|and) (?:less|fewer|under|younger|below)"
)
_ABOVE = re.compile(rf"(?:over|above|more than|older than|>)\s*{_NUMBER}{_UNIT}")
_FROM = re.compile(
    rf"(?:at least|≥)\s*{_NUMBER}{_UNIT}|{_NUMBER}{_UNIT}\s*(?:\+|(?:or|and) (?:more|over|older|above|up|longer))"
)

_SHORT_OF = ("to under", "to less than", "to below")


@dataclass(frozen=True, order=True)
class Range:
    """What a label stands for."""

    #: lowest number
    low: float
    #: does it begin just above that number ("more than 65")?
    above: bool
    #: highest number
    high: float
    #: does it end just below that number ("under 18")?
    below: bool

    def overlaps(self, after: Range) -> bool:
        """Does a range that begins later hold a number of this one?"""
        return after.low < self.high or (after.low == self.high and not after.above and not self.below)

    def leaves_out(self, after: Range, unit: float) -> bool:
        """Is there a number between this range and a later one, numbers being `unit` apart?"""
        gap = after.low - self.high
        if self.below and after.above:
            return gap >= 0
        return gap > (0 if self.below or after.above else unit)


def range_of_label(label: str) -> Range | None:
    """What a label stands for, None when it is no range."""
    text = " ".join(label.lower().split()).strip(" .")
    if found := _BETWEEN.fullmatch(text):
        low, high = _value(found[1]), _value(found[3])
        return Range(low, False, high, found[2] in _SHORT_OF) if low <= high else None
    if found := _BELOW.fullmatch(text):
        return Range(-math.inf, False, _value(found[2]), True)
    if found := _UP_TO.fullmatch(text):
        return Range(-math.inf, False, _value(found[1] or found[2]), False)
    if found := _ABOVE.fullmatch(text):
        return Range(_value(found[1]), True, math.inf, False)
    if found := _FROM.fullmatch(text):
        return Range(_value(found[1] or found[2]), False, math.inf, False)
    return None


def unit_of(labels: Sequence[str]) -> float:
    """How far numbers lie apart, going by how exactly the labels are written: 1, or 0.1 where they have one decimal."""
    decimals = [len(found) for label in labels for found in re.findall(r"\d\.(\d+)", label)]
    return 10.0 ** -max(decimals, default=0) * (1 + 1e-9)


def _value(written: str) -> float:
    return float(written.replace(",", ""))
