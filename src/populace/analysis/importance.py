"""Stated against derived importance: what people say matters, and what goes with the outcome.

Stated importance is the mean rating of "how important is …"; derived importance is each driver's LMG share of R². Both
are standardised over the drivers, so that they can be set against each other. Formulas: docs/methods/importance.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.drivers import Regression, regression
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

#: quadrants by (derived above average) + 2·(stated above average)
QUADRANTS = ("low", "hidden", "expected", "key")
#: drivers that a comparison needs
LEAST = 3

__all__ = ["Importance", "StatedDerived", "gaps", "quadrant_kappa", "quadrants", "stated_derived", "z_scores"]


@dataclass(frozen=True)
class Importance:
    """One driver, stated and derived."""

    #: name of the driver
    name: str
    #: its wording
    label: str
    #: mean of the stated importance
    stated: Estimate
    #: LMG share of R²
    derived: Estimate
    #: z(stated) − z(derived): above 0 people say more than shows
    gap: Estimate
    #: one of `QUADRANTS`
    quadrant: str
    #: share of resamples in which the driver falls into this quadrant
    sure: float


@dataclass(frozen=True)
class StatedDerived(Result):
    """Stated against derived importance."""

    analysis: ClassVar[str] = "stated_derived"

    #: name of the outcome
    outcome: str
    #: drivers in the order given
    drivers: tuple[Importance, ...]
    #: correlation of stated and derived importance over drivers
    correlation: Estimate
    #: R² of all drivers together
    r2: Estimate
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """One row a driver, and the agreement of the two."""
        columns = ("driver", "wording", "stated", "derived share", "gap (z)", "quadrant", "sure")
        rows = tuple((d.name, d.label, d.stated, d.derived, d.gap, d.quadrant, d.sure) for d in self.drivers)
        agreement = (("correlation of stated and derived", self.correlation), ("R² of all drivers", self.r2))
        return (
            Table(f"Stated and derived importance: {self.outcome}", columns, rows, ("Stated: mean rank from 0.",)),
            Table("Agreement", ("figure", "value"), agreement),
        )

    def chart(self) -> Spec:
        """Stated across, derived up, divided at the means."""
        rows = [{"name": d.label, "x": d.stated.value, "y": d.derived.value} for d in self.drivers]
        middle = (float(np.mean([row["x"] for row in rows])), float(np.mean([row["y"] for row in rows])))
        return charts.quadrants(rows, "Stated importance", "Derived importance (share of R²)", middle)

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            "key: stated and derived above average; hidden: derived only; expected: stated only; low: neither. "
            "The interval of the correlation is that of the people asked, not of the drivers chosen.",
            *self.remarks,
        )


def stated_derived(
    data: DataSet,
    outcome: str,
    stated: Mapping[str, str],
    event: Sequence[int | str] | None = None,
    resamples: int = 200,
    seed: int = 1,
) -> StatedDerived:
    """What people say is important against what goes with `outcome`.

    stated: driver -> the variable that asks how important it is; all on one scale (or all numeric). Drivers and
    `event` as in `key_drivers`. Interviews without outcome or drivers are left out; a stated importance that was not
    answered is left out of its mean. Raises `DataError` for fewer than three drivers, scales that differ, and stated
    importance that is the same for all drivers.
    """
    _check_scales(data, stated)
    model = regression(data, outcome, list(stated), event)
    names = model.columns.names
    if len(names) < LEAST:
        raise DataError(
            f"{len(names)} drivers of {outcome!r} vary; expected {LEAST} or more to compare what is stated with what "
            "is derived: name more"
        )
    weights = model.columns.resampled(resamples, seed)
    ratings = np.column_stack([data.scores(stated[name])[model.columns.rows] for name in names])
    _check_answered(ratings, [stated[name] for name in names])
    said = weighted_means(ratings, weights)
    parts = model.decompose(weights, seed)
    derived = parts.shapley / np.maximum(parts.r2, 1e-12)[:, None]
    if np.ptp(said[0]) < 1e-12:
        raise DataError(f"stated importance of {outcome!r} is {said[0, 0]:.3g} for every driver; expected differences")
    return _result(outcome, model, said, derived, parts.r2)


def _check_scales(data: DataSet, stated: Mapping[str, str]) -> None:
    if not isinstance(stated, Mapping) or not stated:
        raise DataError(f"stated is {stated!r}; expected driver: variable that asks how important it is: write it so")
    steps = {}
    for name in stated.values():
        variable = data.codebook.variable(name)
        data.scores(name)  # refuses variables without an order
        steps[name] = len(variable.scale) if variable.closed else 0
    if len(set(steps.values())) > 1:
        few, many = min(steps, key=steps.__getitem__), max(steps, key=steps.__getitem__)
        raise DataError(
            f"stated importance {few!r} has {steps[few]} options and {many!r} has {steps[many]}; "
            "expected one scale for all: choose variables with the same options"
        )


def _check_answered(ratings: np.ndarray, names: Sequence[str]) -> None:
    empty = np.flatnonzero(np.isnan(ratings).all(axis=0))
    if len(empty):
        raise DataError(
            f"nobody who answered the drivers answered {names[empty[0]]!r}; expected ratings: choose another variable"
        )


def _result(outcome: str, model: Regression, said: np.ndarray, derived: np.ndarray, r2: np.ndarray) -> StatedDerived:
    n = model.columns.effective_n
    gap, place = gaps(said, derived), quadrants(said, derived)
    together = np.mean(z_scores(said) * z_scores(derived), axis=1)

    def driver(j: int) -> Importance:
        return Importance(
            model.columns.names[j],
            model.columns.labels[j],
            bootstrap_interval(said[0, j], said[1:, j], n),
            bootstrap_interval(derived[0, j], derived[1:, j], n, (0, 1)),
            bootstrap_interval(gap[0, j], gap[1:, j], n),
            QUADRANTS[place[0, j]],
            float((place[1:, j] == place[0, j]).mean()),
        )

    return StatedDerived(
        outcome,
        tuple(driver(j) for j in range(said.shape[1])),
        bootstrap_interval(together[0], together[1:], n, (-1, 1)),
        bootstrap_interval(r2[0], r2[1:], n, (0, 1)),
        model.remarks,
    )


# -- arrays ------------------------------------------------------------------------------------------------------------


def weighted_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, p) means of columns (n, p) with gaps (NaN), one row for each row of weights (R, n)."""
    known = ~np.isnan(values)
    total = weights @ known
    return np.divide(weights @ np.where(known, values, 0), total, out=np.zeros_like(total), where=total > 0)


def z_scores(values: np.ndarray) -> np.ndarray:
    """(R, p) each row less its mean, over its standard deviation (n, not n − 1). Example: (1, 3) -> (−1, 1)."""
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = centred.std(axis=-1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)


def gaps(stated: np.ndarray, derived: np.ndarray) -> np.ndarray:
    """(R, p) z(stated) − z(derived) over p drivers.

    Example: stated (3, 1), derived (.2, .6): z (1, −1) and (−1, 1), gaps (2, −2).
    """
    return z_scores(stated) - z_scores(derived)


def quadrants(stated: np.ndarray, derived: np.ndarray) -> np.ndarray:
    """(R, p) position in `QUADRANTS`: 0 low, 1 hidden, 2 expected, 3 key; divided at the means over drivers.

    Reference: Martilla & James 1977 (importance-performance analysis). Example: stated (3, 1), derived (.2, .6):
    expected, hidden.
    """
    return (z_scores(derived) > 0) + 2 * (z_scores(stated) > 0)


def quadrant_kappa(first: np.ndarray, second: np.ndarray) -> float | None:
    """Cohen's κ of two (p,) placements in quadrants; None where chance alone would agree in everything.

    Formula: (agreement − chance)/(1 − chance). Reference: Cohen 1960. Example: (0, 3, 3, 0) and (0, 3, 0, 0): ¾ agree,
    chance ½: ½.
    """
    shares = [np.bincount(part, minlength=len(QUADRANTS)) / len(part) for part in (first, second)]
    chance = float(shares[0] @ shares[1])
    if chance > 1 - 1e-12:
        return None
    return (float((np.asarray(first) == np.asarray(second)).mean()) - chance) / (1 - chance)
