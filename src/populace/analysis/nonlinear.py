"""Drivers that are not straight lines: what a curve explains beyond a line, and penalty against reward.

`spline_gain` asks of each driver by itself whether the outcome bends; `penalty_reward` asks, of all drivers together,
whether a low rating costs more than a high one brings. Formulas and how to read them: docs/methods/nonlinear.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, complete, varying
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError

#: quantiles of the knots of the curve (Harrell 2015, table 2.3)
KNOTS = (0.05, 0.35, 0.65, 0.95)
#: people a low or a high rating needs for a coefficient of its own
LEAST = 10
#: asymmetry below which a driver counts as even
LOPSIDED = 0.1

__all__ = ["Curve", "penalty_reward", "PenaltyReward", "Response", "spline_gain", "SplineGain"]


@dataclass(frozen=True)
class Curve:
    """One driver's line and curve."""

    #: name of the driver
    name: str
    #: its wording
    label: str
    #: R² of a straight line
    line: Estimate
    #: adjusted R² of the curve less that of the line; None where the driver has two values only
    gain: Estimate | None
    #: part correlation of the square given the line: below 0 the curve bends down, above 0 up
    bend: Estimate | None

    @property
    def shape(self) -> str:
        """The curve in words."""
        if self.gain is None or self.bend is None:
            return "two values"
        if self.gain.low <= 0:
            return "straight"
        if self.bend.high < 0:
            return "bends down"
        return "bends up" if self.bend.low > 0 else "curved"


@dataclass(frozen=True)
class SplineGain(Result):
    """What curves explain beyond lines."""

    analysis: ClassVar[str] = "spline_gain"

    #: name of the outcome
    outcome: str
    #: drivers in the order given
    curves: tuple[Curve, ...]
    #: what was left out
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """One row a driver."""
        columns = ("driver", "wording", "R² of a line", "gain of a curve", "bend", "shape")
        rows = tuple((c.name, c.label, c.line, c.gain, c.bend, c.shape) for c in self.curves)
        return (Table(f"Lines and curves: {self.outcome}", columns, rows),)

    def chart(self) -> Spec | None:
        """Gains with their intervals."""
        rows = [
            {"name": c.label, "value": c.gain.value, "low": c.gain.low, "high": c.gain.high}
            for c in self.curves
            if c.gain is not None
        ]
        return charts.dots(rows, "Adjusted R² gained by a curve", 0.0, ".3f") if rows else None

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return ("Each driver by itself. A gain whose interval holds 0: a straight line will do.", *self.remarks)


def spline_gain(data: DataSet, outcome: str, drivers: Sequence[str], resamples: int = 200, seed: int = 1) -> SplineGain:
    """Adjusted R² that a natural cubic spline of each driver gains over a straight line.

    outcome and drivers: ordered, two-option or numeric variables. Interviews without an answer to the outcome or to
    the driver at hand are left out. Raises `DataError` for variables without numbers and outcomes that do not vary.
    """
    columns = columns_of(data, [outcome, *drivers])
    curves, remarks = [], []
    for j in range(1, len(columns.names)):
        pair = varying(complete(_pick(columns, [0, j])))
        if pair.names != (outcome, columns.names[j]):
            _refuse_constant(outcome, pair)
            remarks += pair.notes[-1:]
            continue
        curves.append(_curve(pair, resamples, seed))
    return SplineGain(outcome, tuple(curves), tuple(remarks))


def _pick(columns: Columns, index: list[int]) -> Columns:
    names, labels = (tuple(part[j] for j in index) for part in (columns.names, columns.labels))
    return replace(columns, names=names, labels=labels, values=columns.values[:, index])


def _refuse_constant(outcome: str, columns: Columns) -> None:
    if outcome not in columns.names:
        raise DataError(f"all give one answer to {outcome!r}; expected an outcome that varies: choose another")


def _curve(pair: Columns, resamples: int, seed: int) -> Curve:
    y, x = pair.values.T
    weights = pair.resampled(resamples, seed)
    line, gain, bend = curve_figures(x, y, weights)
    n = pair.effective_n
    two = len(np.unique(x)) < 3
    return Curve(
        pair.names[1],
        pair.labels[1],
        bootstrap_interval(line[0], line[1:], n, (0, 1)),
        None if two else bootstrap_interval(gain[0], gain[1:], n, (-1, 1)),
        None if two else bootstrap_interval(bend[0], bend[1:], n),
    )


@dataclass(frozen=True)
class Response:
    """What a low and a high rating of one driver do to the outcome."""

    #: name of the driver
    name: str
    #: its wording
    label: str
    #: change of the outcome from a middle to a low rating, in units of the outcome; None where too few rate so
    penalty: Estimate | None
    #: change from a middle to a high rating
    reward: Estimate | None
    #: (reward + penalty)/(|reward| + |penalty|): −1 only penalty, 1 only reward; None where one is missing
    asymmetry: Estimate | None

    @property
    def kind(self) -> str:
        """Kano's word for it; "unclear" where neither side nor their difference is sure."""
        if self.penalty is None or self.reward is None or self.asymmetry is None:
            return "too few answers"
        if self.penalty.low > 0 or self.reward.high < 0:
            return "runs the other way"
        if self.penalty.high >= 0 and self.reward.low <= 0:
            return "indifferent"
        if self.asymmetry.high < 0 and self.asymmetry.value < -LOPSIDED:
            return "basic"
        if self.asymmetry.low > 0 and self.asymmetry.value > LOPSIDED:
            return "excitement"
        return "performance" if self.penalty.high < 0 and self.reward.low > 0 else "unclear"


@dataclass(frozen=True)
class PenaltyReward(Result):
    """Penalty-reward contrast."""

    analysis: ClassVar[str] = "penalty_reward"

    #: name of the outcome
    outcome: str
    #: drivers in the order given
    responses: tuple[Response, ...]
    #: R² of the regression on low and high ratings
    r2: Estimate
    #: what was left out
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """One row a driver."""
        columns = ("driver", "wording", "penalty", "reward", "asymmetry", "kind")
        rows = tuple((r.name, r.label, r.penalty, r.reward, r.asymmetry, r.kind) for r in self.responses)
        return (Table(f"Penalty and reward: {self.outcome}", columns, rows, (f"R² {self.r2}",)),)

    def chart(self) -> Spec | None:
        """Penalty and reward of each driver around zero."""
        rows = [
            {"name": r.label, "series": series, "value": e.value, "low": e.low, "high": e.high}
            for r in self.responses
            for series, e in (("penalty of a low rating", r.penalty), ("reward of a high rating", r.reward))
            if e is not None
        ]
        return charts.dots(rows, f"Change in {self.outcome}", 0.0) if rows else None

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            "Against a middle rating, all drivers together. Basic: a low rating costs more than a high one brings; "
            "excitement: the other way round; performance: both alike.",
            *self.remarks,
        )


def penalty_reward(
    data: DataSet, outcome: str, drivers: Sequence[str], box: int | None = None, resamples: int = 200, seed: int = 1
) -> PenaltyReward:
    """What low and high ratings do to the outcome, against middle ones (Brandt 1987).

    box: number of options at each end of a scale that count as low and as high; (K − 1)/2 rounded down, at most 3,
    when None, so that 5-point scales have two, one and two. Numeric drivers are cut at their thirds. Interviews
    without an answer to all are left out. Raises `DataError` for variables without numbers, two-point drivers, and
    outcomes that do not vary.
    """
    columns = varying(complete(columns_of(data, [outcome, *drivers])))
    _refuse_constant(outcome, columns)
    if len(columns.names) < 2:
        raise DataError(f"no driver of {outcome!r} has more than one answer; expected one or more: choose others")
    limits = [_limits(data, name, columns, j, box) for j, name in enumerate(columns.names[1:], 1)]
    ends = np.stack([_ends(columns.values[:, j], *limits[j - 1]) for j in range(1, len(columns.names))], axis=1)
    weights = columns.resampled(resamples, seed)
    slopes, r2 = penalties(ends, columns.values[:, 0], weights)
    n = columns.effective_n
    enough = [[kish_count(weights[0], ends[:, j, side]) >= LEAST for side in (0, 1)] for j in range(ends.shape[1])]
    responses = [_response(columns, j, slopes[:, j], enough[j], n) for j in range(ends.shape[1])]
    few = [columns.names[j + 1] for j in range(ends.shape[1]) if not all(enough[j])]
    note = (f"Fewer than {LEAST} low or high ratings, so no figure for them: {', '.join(few)}.",) if few else ()
    return PenaltyReward(
        outcome, tuple(responses), bootstrap_interval(r2[0], r2[1:], n, (0, 1)), (*columns.notes, *note)
    )


def _limits(data: DataSet, name: str, columns: Columns, j: int, box: int | None) -> tuple[float, float]:
    """Ratings up to the first are low, ratings from the second are high."""
    variable = data.codebook.variable(name)
    if not variable.closed:
        low, high = weighted_quantiles(columns.values[:, j], columns.weights, (1 / 3, 2 / 3))
        return (low, high) if low < high else (low - 1e-9, low + 1e-9)
    steps = len(variable.scale)
    width = box or min(3, (steps - 1) // 2)
    if width < 1 or 2 * width >= steps:
        raise DataError(
            f"driver {name!r} has {steps} options, of which {width} at each end leave no middle; expected three "
            "options or more and a smaller box: leave it out or lower box"
        )
    return width - 1.0, float(steps - width)


def _ends(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """(n, 2) is it a low, is it a high rating."""
    return np.column_stack([values <= low, values >= high]).astype(float)


def _response(columns: Columns, j: int, slopes: np.ndarray, enough: list[bool], n: float) -> Response:
    penalty, reward = (
        bootstrap_interval(slopes[0, side], slopes[1:, side], n) if enough[side] else None for side in (0, 1)
    )
    uneven = asymmetry(slopes[:, 0], slopes[:, 1])
    both = bootstrap_interval(uneven[0], uneven[1:], n, (-1, 1)) if all(enough) else None
    return Response(columns.names[j + 1], columns.labels[j + 1], penalty, reward, both)


# -- arrays ------------------------------------------------------------------------------------------------------------


def kish_count(weights: np.ndarray, chosen: np.ndarray) -> float:
    """Effective number of the people chosen (0/1)."""
    here = weights[chosen > 0]
    return kish_effective_n(here) if len(here) else 0.0


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, at: Sequence[float]) -> np.ndarray:
    """Smallest values at which the cumulative weight reaches each share. Example: 1, 2, 3 at .5: 2."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return values[order][np.minimum(np.searchsorted(reached, np.asarray(at) - 1e-12), len(values) - 1)]


def spline_basis(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """(n, k − 1) natural cubic spline with k knots: x itself, then k − 2 curved columns, straight beyond the ends.

    Formula: Harrell 2015, equation 2.25, divided by (t_k − t_1)². Example: knots 0, 1, 2: column two is
    (x₊³ − 2(x − 1)₊³ + (x − 2)₊³)/4, at x = 0, 1, 2, 3: 0, .25, 1.5, 3.
    """
    last, before = knots[-1], knots[-2]

    def cube(knot: float) -> np.ndarray:
        return np.maximum(x - knot, 0) ** 3

    curved = [
        cube(t) - cube(before) * (last - t) / (last - before) + cube(last) * (before - t) / (last - before)
        for t in knots[:-2]
    ]
    return np.column_stack([x, *(column / (last - knots[0]) ** 2 for column in curved)])


def spline_knots(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Four knots at the usual quantiles, spread over the values where those coincide; fewer for few values."""
    values = np.unique(x)
    count = min(len(KNOTS), len(values))
    knots = np.unique(weighted_quantiles(x, weights, KNOTS))
    return knots if len(knots) == count else values[np.linspace(0, len(values) - 1, count).round().astype(int)]


def weighted_r2(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R,) R² and (R, q + 1) coefficients, intercept first, of y on x (n, q), for each row of weights (R, n)."""
    design = np.column_stack([np.ones(len(x)), x])
    size = design.shape[1]
    total = weights.sum(axis=1)
    y = y - np.average(y, weights=weights[0])
    # a column at a time: all products at once would not fit for many drivers
    gram = np.stack([weights @ (design * column[:, None]) for column in design.T], axis=1)
    gram += 1e-12 * total[:, None, None] * np.eye(size)
    along = weights @ (design * y[:, None])
    slopes = np.linalg.solve(gram, along[..., None])[..., 0]
    spread = weights @ y**2 - (weights @ y) ** 2 / total
    explained = (slopes * along).sum(axis=1) - (weights @ y) ** 2 / total
    r2 = np.divide(explained, spread, out=np.zeros_like(spread), where=spread > 0)
    return r2.clip(0, 1), slopes


def curve_figures(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(R,) R² of the line, adjusted gain of the spline, and bend, for each row of weights.

    Formulas: R²_adj = 1 − (1 − R²)(n − 1)/(n − q − 1), n the Kish effective number; gain = R²_adj(spline) −
    R²_adj(line); bend = part correlation of x² given x.
    Example: y = x², x = −1, 0, 1: the line explains nothing, the bend is 1.
    """
    x = (x - np.average(x, weights=weights[0])) / x.std()
    n = kish_effective_n(weights[0])
    line, _ = weighted_r2(x[:, None], y, weights)
    if len(np.unique(x)) < 3:
        return line, np.zeros_like(line), np.zeros_like(line)
    basis = spline_basis(x, spline_knots(x, weights[0]))
    curve, _ = weighted_r2(basis, y, weights)
    both, slopes = weighted_r2(np.column_stack([x, x**2]), y, weights)
    bend = np.sign(slopes[:, 2]) * np.sqrt(np.maximum(both - line, 0))
    return line, _adjusted(curve, n, basis.shape[1]) - _adjusted(line, n, 1), bend


def _adjusted(r2: np.ndarray, n: float, q: int) -> np.ndarray:
    return 1 - (1 - r2) * (n - 1) / max(n - q - 1, 1)


def penalties(ends: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, p, 2) coefficients of low and high ratings of p drivers, and (R,) R², for each row of weights.

    ends: (n, p, 2) 0/1. Formula: y = a + Σ_j (b_j·low_j + c_j·high_j). Assumption: drivers add up. Reference: Brandt
    1987. Example: one driver, y = 1 where low, 3 in the middle, 4 where high: penalty −2, reward 1.
    """
    n, p, _ = ends.shape
    r2, slopes = weighted_r2(ends.reshape(n, -1), y, weights)
    return slopes[:, 1:].reshape(-1, p, 2), r2


def asymmetry(penalty: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """(reward + penalty)/(|reward| + |penalty|). Example: penalty −2, reward 1: −1/3. Neither: 0."""
    size = np.abs(reward) + np.abs(penalty)
    return np.divide(reward + penalty, size, out=np.zeros_like(size), where=size > 0)
