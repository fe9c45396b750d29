"""The outcome of a regression: which answers count, what kind of regression that makes, and results about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.analysis.columns import event_of, numbers
from populace.analysis.result import Result
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = ["LINEAR", "outcome_of", "OutcomeResult"]

#: what a reader has to know of a linear regression
LINEAR = "Linear regression; ordered answers count as 0, 1, 2 …"


@dataclass(frozen=True)
class OutcomeResult(Result):
    """A result about one outcome."""

    #: name of the outcome
    outcome: str
    #: its wording
    label: str
    #: "linear" or "logistic"
    kind: str

    @property
    def r2_name(self) -> str:
        """What its R² is called."""
        return "R²" if self.kind == "linear" else "McFadden's R²"


def outcome_of(data: DataSet, name: str, event: Sequence[int | str] | None = None) -> tuple[np.ndarray, str, str]:
    """(n,) the outcome as numbers, NaN for no answer; "linear" or "logistic"; and in words what counts as 1, or "".

    A variable with two options, and any closed one with `event` (codes that count), has an outcome of 0 and 1; ordered
    and numeric ones their rank or number. Raises `DataError` for events that do not fit, and outcomes without an order.
    """
    variable = data.codebook.variable(name)
    if event is not None:
        values = _event(data, name, event)
        return values, "logistic", ", ".join(option.label for option in variable.options if option.code in event)
    if not variable.scored:
        raise DataError(
            f"outcome {name!r} has options without an order; expected ordered options, two options or numbers: "
            "say with event=[codes] which answers count"
        )
    if variable.closed and len(variable.scale) == 2:
        return numbers(data, name), "logistic", event_of(variable).label
    return numbers(data, name), "linear", ""


def _event(data: DataSet, name: str, event: Sequence[int | str]) -> np.ndarray:
    variable = data.codebook.variable(name)
    unknown = [code for code in event if code not in variable.codes]
    if isinstance(event, str) or not len(event) or unknown or not variable.closed:
        raise DataError(f"event={event!r} does not fit {name!r}; expected codes among {list(variable.codes)[:12]}")
    wanted = [place for place, code in enumerate(variable.codes) if code in event]
    known = ~np.isnan(numbers(data, name, nominal=True))
    # a don't-know that is named as an event counts; otherwise it is no answer
    return np.where(np.isin(data.positions(name), wanted), 1.0, np.where(known, 0.0, np.nan))
