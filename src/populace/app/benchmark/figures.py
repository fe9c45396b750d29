"""Figure: one number of the benchmark with everything it may not travel without; Gap: why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from populace.errors import DataError


@dataclass(frozen=True)
class Figure:
    """A number with its interval, what it rests on, and what people reach. Raises `DataError` when it is no number.

    `high` may be infinite: the figure then reads "at least `low`", and `value` repeats `low`.
    """

    #: regime it belongs to, a key of run.REGIMES
    regime: str
    #: data set, or "all"
    study: str
    #: who is measured: "populace", a baseline, another model
    system: str
    #: what is measured, such as "TVD" or "n*"
    measure: str
    #: the estimate
    value: float
    #: lower limit of the 95 % interval
    low: float
    #: upper limit of the 95 % interval
    high: float
    #: how many units it rests on
    units: int
    #: what a unit is, in the plural: "questions", "answers", "pairs"
    unit: str
    #: what people reach against people, None where that is not defined
    ceiling: float | None = None
    #: remark for readers
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low"):
            if not math.isfinite(getattr(self, name)):
                raise DataError(
                    f"figure {self.name}: {name} is {getattr(self, name)}; "
                    "expected a number: report a Gap with a reason"
                )
        if math.isnan(self.high) or self.high == -math.inf:
            raise DataError(f"figure {self.name}: high is {self.high}; expected a number: report a Gap with a reason")
        if self.ceiling is not None and not math.isfinite(self.ceiling):
            raise DataError(f"figure {self.name}: ceiling is {self.ceiling}; expected a number or None: leave it away")

    @property
    def name(self) -> str:
        """Which figure it is, for messages."""
        return f"{self.regime} / {self.study} / {self.system} / {self.measure}"

    @property
    def at_least(self) -> bool:
        """Is only the lower limit known?"""
        return math.isinf(self.high)

    def to_dict(self) -> dict[str, Any]:
        """As JSON: an infinite upper limit is null."""
        return {**asdict(self), "high": None if self.at_least else self.high}


@dataclass(frozen=True)
class Gap:
    """A figure that could not be computed."""

    #: as in `Figure`
    regime: str
    #: as in `Figure`
    study: str
    #: as in `Figure`
    system: str
    #: as in `Figure`
    measure: str
    #: why there is no number, in words
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def from_dict(content: Mapping[str, Any]) -> Figure | Gap:
    """Inverse of `to_dict`."""
    if "reason" in content:
        return Gap(**content)
    return Figure(**{**content, "high": math.inf if content["high"] is None else content["high"]})
