"""Key drivers: how much of an outcome each driver explains.

LMG (Shapley) shares of R² are the figure to read. Johnson's relative weights stand beside them; standardised
coefficients, each driver alone ("first") and each on top of all others ("last") say where the share comes from; a
driver of pure noise says what chance alone would give. All in docs/methods/drivers.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, complete, varying
from populace.analysis.decomposition import (
    EXACT,
    ORDERS,
    Decomposition,
    decompose_linear,
    decompose_logistic,
    standardised,
)
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.logit import CERTAIN, fit_subsets
from populace.analysis.outcome import LINEAR, OutcomeResult, outcome_of
from populace.analysis.result import Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

#: log odds for one standard deviation from which a coefficient is taken to have no limit, where one has none
LIMIT = 3.0
#: people who have to have answered the outcome, and all questions
LEAST = 10

__all__ = ["Driver", "key_drivers", "KeyDrivers", "regression", "Regression"]


@dataclass(frozen=True)
class Driver:
    """One driver's figures."""

    #: name of the variable
    name: str
    #: its wording in a few words
    label: str
    #: LMG: its part of R²
    importance: Estimate
    #: that part over R²
    share: Estimate
    #: Johnson's relative weight; None where a coefficient of the regression has no limit
    relative_weight: Estimate | None
    #: standardised coefficient; None for a driver of several dummy columns
    coefficient: Estimate | None
    #: R² of this driver alone
    first: Estimate
    #: R² lost without it
    last: Estimate
    #: importance less that of a driver of as many columns of pure noise
    beyond_noise: Estimate
    #: standard error from drawing orders, or None where all were looked at
    sampling_error: float | None

    @property
    def clear(self) -> bool:
        """Is it surely more important than noise?"""
        return self.beyond_noise.low > 0


@dataclass(frozen=True)
class KeyDrivers(OutcomeResult):
    """Key drivers of one outcome, the most important first."""

    analysis: ClassVar[str] = "key_drivers"

    #: drivers, by importance
    drivers: tuple[Driver, ...]
    #: R² of all drivers together (McFadden's for a logistic outcome)
    r2: Estimate
    #: R² corrected for the number of drivers
    adjusted_r2: float
    #: importance of a driver of pure noise
    noise: Estimate
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """Importance, then where it comes from."""
        return (self._importance(), self._sources(), self._model())

    def chart(self) -> Spec:
        """Bars of importance with intervals, noise last."""
        named = [(driver.label, driver.importance) for driver in self.drivers] + [("(random noise)", self.noise)]
        rows = [{"name": name, "value": e.value, "low": e.low, "high": e.high} for name, e in named]
        return charts.bars(rows, f"Part of {self.r2_name}", ".3f")

    def notes(self) -> tuple[str, ...]:
        """How to read the figures, and what was left out."""
        return (f"Importance is each driver's part of {self.r2_name} (LMG, also called Shapley value).", *self.remarks)

    def _importance(self) -> Table:
        columns = ("driver", "wording", "importance", "share of R²", "relative weight", "beyond noise", "clear")
        rows = [
            (d.name, d.label, d.importance, d.share, d.relative_weight, d.beyond_noise, "yes" if d.clear else "no")
            for d in self.drivers
        ]
        return Table(f"Key drivers of {self.outcome}: {self.label}", columns, tuple(rows))

    def _sources(self) -> Table:
        columns = ("driver", "standardised coefficient", "alone (first)", "on top of others (last)", "sampling error")
        rows = tuple((d.name, d.coefficient, d.first, d.last, d.sampling_error) for d in self.drivers)
        return Table("Where the importance comes from", columns, rows)

    def _model(self) -> Table:
        rows = (
            (self.r2_name, self.r2),
            ("adjusted for the number of drivers", self.adjusted_r2),
            ("importance of noise", self.noise),
        )
        return Table("The model", ("figure", "value"), rows)


def key_drivers(
    data: DataSet,
    outcome: str,
    drivers: Sequence[str],
    event: Sequence[int | str] | None = None,
    resamples: int = 200,
    seed: int = 1,
    exact: int | None = None,
    orders: int | None = None,
) -> KeyDrivers:
    """What drives `outcome`: LMG shares of R² with bootstrap intervals.

    outcome: an ordered or numeric variable (linear regression on its rank), or one with two options, of which the
    second is the event (logistic regression). `event`: codes that count as the event, for any closed outcome.
    drivers: ordered, two-option or numeric variables enter as one column, others as dummy columns that count as one
    driver. Up to `exact` drivers (15 linear, 10 logistic) every subset is fitted, beyond that `orders` random orders
    (1,000 and 100), whose error is reported. Interviews without an answer to all are left out. Raises `DataError` for
    outcomes without variation, drivers that predict with certainty, and too few interviews.
    """
    model = regression(data, outcome, drivers, event)
    parts = model.decompose(model.columns.resampled(resamples, seed), seed, exact, orders)
    return _result(data, outcome, model, parts)


# -- from a data set to arrays -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Regression:
    """An outcome and its drivers as arrays."""

    #: the drivers that vary, for interviews that answered everything
    columns: Columns
    #: (n,) outcome: a number, or 0 and 1
    y: np.ndarray
    #: (n, q) columns of the regression
    x: np.ndarray
    #: (q,) driver of each column
    blocks: np.ndarray
    #: "linear" or "logistic"
    kind: str
    #: is the outcome of some people predicted with certainty, so that a coefficient has no limit?
    certain: bool
    #: what a reader has to know
    remarks: tuple[str, ...]

    def decompose(
        self, weights: np.ndarray, seed: int = 1, exact: int | None = None, orders: int | None = None
    ) -> Decomposition:
        """R² divided among the drivers, for each row of weights (1 + B, n)."""
        divide = decompose_linear if self.kind == "linear" else decompose_logistic
        limit, count = exact or EXACT[self.kind], orders or ORDERS[self.kind]
        return divide(self.x, self.y, weights, self.blocks, seed, limit, count)


def regression(
    data: DataSet, outcome: str, drivers: Sequence[str], event: Sequence[int | str] | None = None
) -> Regression:
    """Outcome and drivers of a data set, as `key_drivers` takes them; raises its errors."""
    if outcome in drivers:
        raise DataError(f"outcome {outcome!r} stands among the drivers; expected others: take it out of the list")
    columns, y, kind, remark = _outcome(columns_of(data, [outcome, *drivers], nominal=True), data, outcome, event)
    columns = varying(complete(columns, least=LEAST))
    y = y[columns.rows]
    x, blocks = _design(columns, data)
    _check_size(columns, x, y, outcome)
    certain = _certainty(x, y, columns.weights, outcome) if kind == "logistic" else ()
    return Regression(columns, y, x, blocks, kind, bool(certain), (remark, *certain, *columns.notes))


def _outcome(
    columns: Columns, data: DataSet, outcome: str, event: Sequence[int | str] | None
) -> tuple[Columns, np.ndarray, str, str]:
    """The drivers' columns, (n of the data set,) outcome, kind of regression, and what a reader has to know of it."""
    y, kind, words = outcome_of(data, outcome, event)
    kept = ~np.isnan(y[columns.rows])
    if kept.sum() < LEAST:
        raise DataError(
            f"{int(kept.sum())} of {columns.n:,} interviews have an answer to the outcome {outcome!r}; expected "
            f"{LEAST} or more: choose an outcome that more were asked"
        )
    columns = replace(
        columns.take(kept),
        names=columns.names[1:],
        labels=columns.labels[1:],
        values=columns.values[kept, 1:],
        notes=columns.notes + _unanswered(kept, outcome),
    )
    if kind == "linear":
        return columns, y, kind, LINEAR
    return columns, y, kind, f"The outcome counts {outcome} = {words}; R² is McFadden's (1 − ln L / ln L₀)."


def _unanswered(kept: np.ndarray, outcome: str) -> tuple[str, ...]:
    gone = int((~kept).sum())
    return (f"{gone:,} interviews left out: no answer to {outcome}.",) if gone else ()


def _design(columns: Columns, data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    """(n, q) columns and (q,) the driver each belongs to: dummies for drivers whose answers have no order."""
    parts = []
    for name, values in zip(columns.names, columns.values.T, strict=True):
        if data.codebook.variable(name).scored:
            parts.append(values[:, None])
        else:
            parts.append((values[:, None] == np.unique(values)[1:]).astype(float))
    blocks = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    return np.column_stack(parts), blocks


def _check_size(columns: Columns, x: np.ndarray, y: np.ndarray, outcome: str) -> None:
    if len(np.unique(y)) < 2:
        raise DataError(f"all {len(y):,} interviews give one answer to {outcome!r}; expected an outcome that varies")
    needed = x.shape[1] + 3
    if columns.n < needed:
        raise DataError(
            f"{columns.n:,} interviews for {x.shape[1]} columns of drivers; expected {needed} or more: "
            "use fewer drivers"
        )


def _certainty(x: np.ndarray, y: np.ndarray, weights: np.ndarray, outcome: str) -> tuple[str, ...]:
    """A remark on people whose outcome is predicted with certainty; refuses when that is everybody."""
    scaled = standardised(x, weights)
    whole = np.ones((1, x.shape[1]), dtype=bool)
    theta = fit_subsets(scaled, y, weights[None, :], whole).coefficients[0]
    certain = np.abs(theta[0] + scaled @ theta[1:]) > CERTAIN
    if certain.all():
        raise DataError(
            f"the drivers predict {outcome!r} with certainty (perfect separation), so odds have no limit; "
            "expected some of both outcomes everywhere: leave out the driver that restates the outcome"
        )
    return (
        f"{certain.sum():,} interviews share an answer with which all had the same outcome; its coefficient has no "
        "limit; it and the relative weights are not shown.",
    ) * bool(certain.any())


def _result(data: DataSet, outcome: str, model: Regression, parts: Decomposition) -> KeyDrivers:
    columns, blocks, remarks = model.columns, model.blocks, model.remarks
    n = columns.effective_n
    order = np.argsort(-parts.shapley[0], kind="stable")
    if parts.sampling_error is not None:
        remarks += (f"{len(order)} drivers: LMG from random orders, with the error that leaves (sampling error).",)
    if len(set(blocks)) < len(blocks):
        remarks += ("A driver with options without order counts as one, over all its dummy columns.",)
    return KeyDrivers(
        outcome,
        data.codebook.variable(outcome).short,
        parts.kind,
        tuple(_driver(model, parts, int(j), n) for j in order),
        bootstrap_interval(parts.r2[0], parts.r2[1:], n, (0, 1)),
        _adjusted(parts, n, len(blocks)),
        bootstrap_interval(float(parts.noise.mean()), parts.noise, n, (0, 1)),
        remarks,
    )


def _adjusted(parts: Decomposition, n: float, q: int) -> float | None:
    """Linear: 1 − (1 − R²)(n − 1)/(n − q − 1) (Ezekiel 1930); McFadden's has no such form that needs R² only."""
    if parts.kind != "linear" or n <= q + 1:
        return None
    return float(1 - (1 - parts.r2[0]) * (n - 1) / (n - q - 1))


def _driver(model: Regression, parts: Decomposition, j: int, n: float) -> Driver:
    def estimate(values: np.ndarray, bounds: tuple[float, float] = (0, 1)) -> Estimate:
        return bootstrap_interval(float(values[0]), values[1:], n, bounds)

    columns, mine = model.columns, np.flatnonzero(model.blocks == j)
    slopes = parts.coefficients[:, mine[0]]
    limited = not model.certain or abs(slopes[0]) < LIMIT
    # a driver of several columns is set against as many of noise
    noise = sum(np.roll(parts.noise, shift) for shift in range(len(mine)))
    beyond = np.concatenate([[parts.shapley[0, j] - noise.mean()], parts.shapley[1:, j] - noise])
    return Driver(
        columns.names[j],
        columns.labels[j],
        estimate(parts.shapley[:, j]),
        estimate(parts.shapley[:, j] / np.maximum(parts.r2, 1e-12)),
        None if model.certain else estimate(parts.relative[:, j]),
        estimate(slopes, (-np.inf, np.inf)) if len(mine) == 1 and limited else None,
        estimate(parts.first[:, j]),
        estimate(parts.last[:, j]),
        estimate(beyond, (-1, 1)),
        None if parts.sampling_error is None else float(parts.sampling_error[j]),
    )
