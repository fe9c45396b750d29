"""Estimates that honour how the sample was drawn: Taylor linearisation on plain arrays.

Every estimator gives, besides its values, what each row contributes to them (its influence). Variance is then the same
arithmetic for all of them, and so is any difference of two estimates, of overlapping groups too: groups that share
people, clusters or strata are correlated, and the influences of the same rows say by how much.
References: Binder 1983; Särndal, Swensson & Wretman 1992; Lumley 2010, on whose R package the tests are based.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from scipy.special import expit
from scipy.stats import f, t

from populace.analysis.estimate import LEVEL, Estimate
from populace.data.design import Design
from populace.errors import DataError

__all__ = [
    "covariance",
    "degrees_of_freedom",
    "difference",
    "Linear",
    "mean",
    "quantiles",
    "rao_scott",
    "ratio",
    "regression",
    "share_interval",
    "Significance",
    "standard_deviation",
    "t_test",
    "total",
    "wald",
]

#: rounds of Newton's method for a logistic regression before it is given up
_ROUNDS = 50
#: linear predictors beyond this are a sign that the outcome is predicted perfectly
_PERFECT = 25.0


@dataclass(frozen=True, eq=False)
class Linear:
    """k estimates with what every row contributes to them. NaN where nobody answered; `estimates` gives None there."""

    #: (k,) the estimates
    values: np.ndarray
    #: (n, k) change of each estimate per unit of weight of a row; 0 for rows that do not matter to it
    influence: np.ndarray
    #: (n, k) which rows each estimate rests on: those with weight, in the group, that answered
    inside: np.ndarray
    #: how the sample was drawn
    design: Design
    #: gives (k,) variances of a simple random sample of the same size, where that is defined
    simple: Callable[[], np.ndarray] | None = None
    #: degrees of freedom that were spent on other estimates (coefficients of a model)
    spent: int = 0

    @cached_property
    def covariance(self) -> np.ndarray:
        """(k, k) by `covariance`."""
        return covariance(self.influence, self.design)

    @property
    def errors(self) -> np.ndarray:
        """(k,) standard errors."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @cached_property
    def answers(self) -> np.ndarray:
        """(k,) number of rows that each estimate rests on."""
        return self.inside.sum(axis=0)

    @cached_property
    def n(self) -> np.ndarray:
        """(k,) Kish effective number of them."""
        squares = np.square(self.design.weights) @ self.inside
        sums = self.design.weights @ self.inside
        return np.divide(sums**2, squares, out=np.zeros(len(squares)), where=squares > 0)

    @cached_property
    def df(self) -> np.ndarray:
        """(k,) degrees of freedom: clusters less strata that have such rows, less those spent on other estimates."""
        return np.maximum(degrees_of_freedom(self.inside, self.design) - self.spent, 0)

    @property
    def deff(self) -> np.ndarray:
        """(k,) design effect: variance over that of a simple random sample of as many answers; NaN where it has none.

        The simple random sample is without replacement where the design has a finite population, else with.
        """
        nothing = np.full(len(self.values), np.nan)
        if self.simple is None:
            return nothing
        simple = self.simple()
        return np.divide(np.diag(self.covariance), simple, out=nothing, where=simple > 0)

    def contrast(self, matrix: np.ndarray) -> Linear:
        """The m linear combinations matrix @ values; matrix: (m, k)."""
        matrix = np.atleast_2d(np.asarray(matrix, dtype=float))
        used = matrix != 0
        values = np.nan_to_num(self.values) @ matrix.T
        values[(used & np.isnan(self.values)).any(axis=1)] = np.nan
        inside = (self.inside.astype(float) @ used.T.astype(float)) > 0
        return Linear(values, self.influence @ matrix.T, inside, self.design, None, self.spent)

    def estimates(self, level: float = LEVEL) -> list[Estimate | None]:
        """value ± t·error each; None where nobody or one person answered, and where the variance is unknown or 0."""
        known = (self.df > 0) & np.isfinite(self.values) & (self.errors > _nought(self.values))
        low, high = (self.values + side * self._reach(level) * self.errors for side in (-1, 1))
        parts = zip(self.values.tolist(), low.tolist(), high.tolist(), self.n.tolist(), strict=True)
        return [Estimate(*part) if sure else None for part, sure in zip(parts, known, strict=True)]

    def shares(self, level: float = LEVEL) -> list[Estimate | None]:
        """As `estimates`, for shares: intervals by `share_interval`, inside 0 to 1 and never of no width at 0 or 1."""
        parts = zip(self.values, self.errors, self.n, self._reach(level), self.df > 0, strict=True)
        return [_wilson(share, error, n, reach) if sure else None for share, error, n, reach, sure in parts]

    def _reach(self, level: float) -> np.ndarray:
        """(k,) quantiles of t."""
        return t.ppf((1 + level) / 2, np.maximum(self.df, 1))


@dataclass(frozen=True)
class Significance:
    """A test: how far the data are from the hypothesis, and how often chance alone goes that far."""

    #: t or F
    statistic: float
    #: degrees of freedom of the hypothesis
    df: float
    #: degrees of freedom of the sample
    df_sample: float
    #: probability of a statistic at least as large when the hypothesis is true
    p: float


def covariance(influence: np.ndarray, design: Design) -> np.ndarray:
    """(k, k) covariance of estimates from the (n, k) influences of the rows, clusters drawn within strata.

    Formula: Σ_h (1−f_h)·n_h/(n_h−1)·Σ_i (z_hi−z̄_h)(z_hi−z̄_h)ᵀ, z_hi = Σ w·u over the rows of cluster i, n_h clusters
    and f_h sampled fraction in stratum h. Assumption: clusters drawn independently within strata, with replacement or
    with equal chances. Reference: Särndal, Swensson & Wretman 1992, chapter 5.
    Example: the mean of 1, 2, 3: influences (−1, 0, 1)/3, 3/2·(1+0+1)/9 = 1/3 = s²/n.
    """
    influence = np.asarray(influence, dtype=float)
    if design.calibration is not None:
        influence = design.calibration.residuals(influence)
    totals = _cluster_totals(influence * design.weights[:, None], design)
    stratum, drawn = design.cluster_strata, design.clusters_in_stratum
    single = drawn == 1
    centre = _strata_totals(totals, design) / drawn[:, None]
    if design.lonely == "adjust":
        centre[single] = totals.mean(axis=0)
    elif design.lonely == "average" and single.all():
        raise DataError("every stratum has one cluster only: there is no average variance to give them: merge strata")
    scale = (1 - design.fractions) * np.where(single, 1.0, drawn / np.maximum(drawn - 1, 1))
    centred = (totals - centre[stratum]) * np.sqrt(scale)[stratum][:, None]
    return centred.T @ centred * (_inflation(design) if design.lonely == "average" else 1.0)


def _inflation(design: Design) -> float:
    strata = len(design.clusters_in_stratum)
    return strata / (strata - design.lonely_strata)


def _cluster_totals(weighted: np.ndarray, design: Design) -> np.ndarray:
    """(P, k) sums over the rows of each cluster."""
    clusters = len(design.cluster_strata)
    if design.clusters is None and clusters == design.n:
        return weighted
    order, starts = design.cluster_order
    return np.add.reduceat(weighted[order], starts, axis=0)


def _strata_totals(totals: np.ndarray, design: Design) -> np.ndarray:
    """(H, k) sums over the clusters of each stratum."""
    if len(design.clusters_in_stratum) == 1:
        return totals.sum(axis=0, keepdims=True)
    order = np.argsort(design.cluster_strata, kind="stable")
    starts = np.cumsum(design.clusters_in_stratum) - design.clusters_in_stratum
    return np.add.reduceat(totals[order], starts, axis=0)


def degrees_of_freedom(inside: np.ndarray, design: Design) -> np.ndarray:
    """(k,) clusters less strata that have rows among these; inside: (n, k) booleans of rows with weight.

    Reference: Korn & Graubard 1999, chapter 5. Example: three rows drawn by themselves, one stratum: 2.
    """
    here = _cluster_totals(inside.astype(float), design) > 0
    return here.sum(axis=0) - (_strata_totals(here.astype(float), design) > 0).sum(axis=0)


def mean(values: np.ndarray, design: Design, within: np.ndarray | None = None) -> Linear:
    """Weighted means: of k columns, or of one column in k groups. NaN is no answer.

    values: (n,) or (n, k). within: (n,) or (n, k) booleans, the group or groups (domains), which may overlap.
    Formula: ȳ = Σwy/Σw, influence (y − ȳ)/Σw in the group and 0 outside: the group's size counts as random.
    Reference: Särndal, Swensson & Wretman 1992, chapter 5. Example: values 1, 3 with weights 1, 3: 10/4 = 2.5.
    """
    values, inside = _columns(values, within, design)
    sums = _sums(inside, design)
    means = np.divide(_sums(values, design), sums, out=np.full(len(sums), np.nan), where=sums > 0)
    influence = np.where(inside, values - np.nan_to_num(means), 0.0)
    influence = np.divide(influence, sums, out=np.zeros_like(influence), where=sums > 0)
    return Linear(means, influence, inside, design, partial(_simple_variance, values, inside, means, design))


def total(values: np.ndarray, design: Design, within: np.ndarray | None = None) -> Linear:
    """Weighted sums Σwy: totals of the population where weights sum to it; influence y. Arguments as for `mean`.

    Reference: Särndal, Swensson & Wretman 1992, chapter 3. Example: values 1, 3 with weights 10, 20: 70.
    """
    values, inside = _columns(values, within, design)
    sums = _sums(inside, design)
    means = np.divide(_sums(values, design), sums, out=np.full(len(sums), np.nan), where=sums > 0)
    simple = partial(_simple_variance, values, inside, means, design, sums)
    return Linear(_sums(values, design), values, inside, design, simple)


def ratio(over: np.ndarray, under: np.ndarray, design: Design, within: np.ndarray | None = None) -> Linear:
    """Ratios of sums Σwy/Σwx; influence (y − Rx)/Σwx. Rows with no answer to either are left out.

    Reference: Särndal, Swensson & Wretman 1992, chapter 5. Example: y = 1, 3 and x = 2, 2, equal weights: 4/4 = 1.
    """
    known = ~np.isnan(over) & ~np.isnan(under)
    y, inside = _columns(np.where(known, over, np.nan), within, design)
    x = np.where(inside, np.nan_to_num(under).reshape(len(under), -1), 0.0)
    sums = _sums(x, design)
    ratios = np.divide(_sums(y, design), sums, out=np.full(len(sums), np.nan), where=sums != 0)
    influence = np.divide(y - np.nan_to_num(ratios) * x, sums, out=np.zeros_like(x), where=sums != 0)
    return Linear(ratios, influence, inside, design)


def standard_deviation(values: np.ndarray, design: Design, within: np.ndarray | None = None) -> Linear:
    """Standard deviations; arguments as for `mean`.

    Formula: s² = n/(n−1)·Σw(y − ȳ)²/Σw, influence ((y − ȳ)² − σ²)·s/(2σ²Σw) with σ² = Σw(y − ȳ)²/Σw.
    Reference: Särndal, Swensson & Wretman 1992, chapter 5. Example: 1, 2, 3: 1.
    """
    means = mean(values, design, within)
    columns, inside = _columns(values, within, design)
    squares = np.where(inside, (columns - np.nan_to_num(means.values)) ** 2, 0.0)
    sums = _sums(inside, design)
    variance = np.divide(_sums(squares, design), sums, out=np.full(len(sums), np.nan), where=sums > 0)
    n = inside.sum(axis=0)
    deviation = np.sqrt(variance * n / np.maximum(n - 1, 1))
    slope = np.divide(deviation, 2 * variance * sums, out=np.zeros_like(sums), where=variance * sums > 0)
    influence = np.where(inside, squares - np.nan_to_num(variance), 0.0) * np.nan_to_num(slope)
    return Linear(np.where(n > 1, deviation, np.nan), influence, inside, design)


def quantiles(
    values: np.ndarray,
    design: Design,
    points: Sequence[float] = (0.25, 0.5, 0.75),
    within: np.ndarray | None = None,
    level: float = LEVEL,
) -> list[Estimate | None]:
    """Weighted quantiles of (n,) values, with Woodruff's interval: that of the share below, turned into values.

    Formula: the smallest value v with weighted share F(v) ≥ q; limits: the same at q ± t·SE(F(v)).
    Assumption: F is estimated well around q. Reference: Woodruff 1952. Example: 1, 2, 3, 4: the median is 2.
    """
    column, inside = _columns(values, within, design)
    inside = inside[:, 0]
    kept = np.flatnonzero(inside & (design.weights > 0))
    if len(kept) < 2:
        return [None] * len(points)
    order = kept[np.argsort(column[kept, 0], kind="stable")]
    ranked, heights = column[order, 0], np.cumsum(design.weights[order])
    at = np.array([_quantile(ranked, heights, point) for point in points])
    below = mean(np.where(inside[:, None], column <= at, np.nan), design)
    if below.df[0] < 1:
        return [None] * len(points)
    reach = t.ppf((1 + level) / 2, below.df) * below.errors
    return [
        Estimate(float(v), _quantile(ranked, heights, q - r), _quantile(ranked, heights, q + r), float(n))
        for v, q, r, n in zip(at, points, reach, below.n, strict=True)
    ]


def _quantile(ranked: np.ndarray, heights: np.ndarray, point: float) -> float:
    """The smallest value up to which a share of `point` of the weight lies."""
    sought = min(max(point, 0.0), 1.0) * heights[-1]
    # a sum of weights that is the share sought but for rounding reaches it
    return float(ranked[min(np.searchsorted(heights, sought * (1 - 1e-12)), len(ranked) - 1)])


def regression(
    outcome: np.ndarray,
    predictors: np.ndarray,
    design: Design,
    family: str = "linear",
    within: np.ndarray | None = None,
) -> Linear:
    """Coefficients of a linear or logistic regression on (n, p) predictors; the column of ones is yours to add.

    outcome: (n,), 0 and 1 for logistic. Rows with NaN anywhere are left out. Formula: β solves Σw·x(y − μ) = 0,
    influence A⁻¹x(y − μ), A = Σw·μ′xxᵀ. Degrees of freedom: those of the design, less p − 1. Reference: Binder 1983.
    Raises `DataError` for predictors that repeat one another and an outcome that is constant or predicted perfectly.
    Example: y = 1, 2, 3 on (1, x), x = 0, 1, 2: coefficients 1 and 1.
    """
    if family not in ("linear", "logistic"):
        raise DataError(f"family is {family!r}; expected 'linear' or 'logistic': choose one")
    known = ~np.isnan(outcome) & ~np.isnan(predictors).any(axis=1) & (design.weights > 0)
    known &= True if within is None else within
    x, y, w = (np.where(known.reshape(-1, *[1] * (a.ndim - 1)), a, 0.0) for a in (predictors, outcome, design.weights))
    _check_predictors(x, w)
    solve = _least_squares if family == "linear" else _logistic
    coefficients, fitted, slope = solve(x, y, w, known)
    bread = np.linalg.inv((x * (w * slope)[:, None]).T @ x)
    influence = np.where(known, y - fitted, 0.0)[:, None] * (x @ bread)
    inside = np.broadcast_to(known[:, None], influence.shape)
    return Linear(coefficients, influence, inside, design, spent=x.shape[1] - 1)


def _check_predictors(x: np.ndarray, w: np.ndarray) -> None:
    scaled = x * np.sqrt(w)[:, None]
    size = np.linalg.norm(scaled, axis=0)
    rank = np.linalg.matrix_rank(scaled / np.where(size > 0, size, 1.0)) if len(x) else 0
    if rank < x.shape[1]:
        raise DataError(
            f"the {x.shape[1]} predictors have rank {rank} over {int((w > 0).sum()):,} answers; expected none that is "
            "constant or made of the others: take one out"
        )


def _least_squares(x: np.ndarray, y: np.ndarray, w: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, ...]:
    root = np.sqrt(w)
    coefficients = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    return coefficients, x @ coefficients, np.ones(len(y))


def _logistic(x: np.ndarray, y: np.ndarray, w: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, ...]:
    """Newton's method (iteratively reweighted least squares)."""
    _check_binary(y[known])
    w = w / w[known].mean()
    coefficients = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        fitted = expit(x @ coefficients)
        slope = fitted * (1 - fitted)
        if np.abs(x @ coefficients)[known].max() > _PERFECT:
            break
        step = np.linalg.solve((x * (w * slope)[:, None]).T @ x, x.T @ (w * (y - fitted)))
        coefficients = coefficients + step
        if np.abs(x @ step).max() < 1e-10:
            fitted = expit(x @ coefficients)
            return coefficients, fitted, fitted * (1 - fitted)
    raise DataError(
        "the logistic regression has no finite solution: some predictors tell the two outcomes apart perfectly; "
        "expected both outcomes at every level of a predictor: merge levels or take the predictor out"
    )


def _check_binary(y: np.ndarray) -> None:
    if not np.isin(y, (0, 1)).all() or len(np.unique(y)) < 2:
        raise DataError(
            f"outcome has values {np.unique(y)[:4].tolist()}; expected 0 and 1, both, for a logistic regression: recode"
        )


def share_interval(share: float, error: float, n: float, df: float, level: float = LEVEL) -> Estimate:
    """Wilson's interval at the effective sample size of the design.

    Formula: (p + t²/2m ± t·√(p(1−p)/m + t²/4m²))/(1 + t²/m), m = p(1−p)/SE², t of the design's degrees of freedom;
    where all answers are equal SE says nothing and m is the Kish effective number. Assumption: clusters do not matter
    where all answers are equal. Reference: Wilson 1927; Franco, Little, Louis & Slud 2019, for survey designs.
    Example: p = 0, m = 10, t = 1.96: [0, 3.84/13.84] = [0, .278].
    """
    return _wilson(share, error, n, float(t.ppf((1 + level) / 2, df)))


def _wilson(share: float, error: float, n: float, quantile: float) -> Estimate:
    spread = share * (1 - share)
    if spread <= 1e-12:
        size = n
    elif error**2 <= 1e-14 * spread:
        return Estimate(float(share), float(share), float(share), float(n))
    else:
        size = spread / error**2
    reach = quantile**2 / size
    middle = (share + reach / 2) / (1 + reach)
    half = np.sqrt(reach * max(spread, 0.0) + reach**2 / 4) / (1 + reach)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Estimate(float(share), float(min(low, share)), float(max(high, share)), float(n))


def t_test(linear: Linear) -> list[Significance | None]:
    """Two-sided tests that each estimate is 0: t = value/error; None where the variance is unknown or nought.

    Reference: Lumley 2010. Example: value 2, error 1, 30 degrees of freedom: t = 2, p = .055.
    """
    known = np.isfinite(linear.values) & (linear.df > 0) & (linear.errors > _nought(linear.values))
    return [
        Significance(float(v / e), 1.0, float(df), float(2 * t.sf(abs(v / e), df))) if k else None
        for v, e, df, k in zip(linear.values, linear.errors, linear.df, known, strict=True)
    ]


def difference(values: np.ndarray, one: np.ndarray, other: np.ndarray, design: Design) -> Linear:
    """Mean of `values` in the rows of mask `one` less that in mask `other`; the masks may overlap.

    Degrees of freedom: those of the rows in either, less 1. Reference: Lumley 2010, svyttest.
    Example: values 1, 3 against 2, 2: 0.
    """
    means = mean(values, design, np.column_stack([one, other]))
    return replace(means.contrast([[1, -1]]), spent=1)


def wald(linear: Linear) -> Significance | None:
    """Test that all k estimates are 0 together: F = W·(ν − k + 1)/(νk), W = bᵀV⁻¹b, ν the design's degrees of freedom.

    None where the variance is unknown or V cannot be inverted. Reference: Korn & Graubard 1990.
    Example: one estimate: F = t².
    """
    count, df = len(linear.values), float(linear.df.max())
    if df - count + 1 <= 0 or not np.isfinite(linear.values).all() or np.linalg.matrix_rank(linear.covariance) < count:
        return None
    statistic = float(linear.values @ np.linalg.solve(linear.covariance, linear.values))
    statistic *= (df - count + 1) / (df * count)
    return Significance(statistic, float(count), float(df - count + 1), float(f.sf(statistic, count, df - count + 1)))


def rao_scott(rows: np.ndarray, columns: np.ndarray, design: Design) -> Significance | None:
    """Test of independence of two classifications: Pearson's X², corrected for the design (second order).

    rows, columns: (n,) numbers of the categories from 0, −1 for no answer. Formula: Δ = (CᵀD⁻¹C/N)⁻¹CᵀD⁻¹VD⁻¹C, D the
    cell shares, C the contrasts of interaction, V the covariance of the cell shares; F = X²/tr Δ on d = (tr Δ)²/tr Δ²
    and d·ν degrees of freedom. None where one side has a single category. Reference: Rao & Scott 1984; Lumley 2010.
    Example: for a simple random sample Δ is close to the identity and F to X²/((r − 1)(c − 1)).
    """
    known = (rows >= 0) & (columns >= 0) & (design.weights > 0)
    kinds = [np.unique(side[known], return_inverse=True) for side in (rows, columns)]
    r, c = (len(found) for found, _ in kinds)
    if min(r, c) < 2:
        return None
    cell = np.full(len(rows), -1)
    cell[known] = kinds[0][1] * c + kinds[1][1]
    shares = mean(np.where(known[:, None], cell[:, None] == np.arange(r * c), np.nan), design)
    return _rao_scott(shares, int(known.sum()), r, c) if shares.df[0] > 0 else None


def _rao_scott(shares: Linear, n: int, r: int, c: int) -> Significance:
    table = shares.values.reshape(r, c)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = n * float(((table - expected) ** 2 / expected).sum())
    inverse = np.divide(1.0, shares.values, out=np.zeros(r * c), where=shares.values > 0)
    contrasts = _interaction(r, c)
    inner = contrasts.T * inverse
    delta = np.linalg.pinv(inner @ contrasts / n, hermitian=True) @ (inner @ shares.covariance @ inner.T)
    trace = float(np.trace(delta))
    df = trace**2 / float(np.trace(delta @ delta))
    statistic, nu = pearson / trace, float(shares.df[0])
    return Significance(statistic, df, df * nu, float(f.sf(statistic, df, df * nu)))


def _interaction(r: int, c: int) -> np.ndarray:
    """(rc, (r−1)(c−1)) contrasts of the cells that are orthogonal to rows and to columns."""
    return np.kron(_against_the_mean(r), _against_the_mean(c))


def _against_the_mean(count: int) -> np.ndarray:
    return (np.eye(count) - 1 / count)[:, 1:]


def _columns(values: np.ndarray, within: np.ndarray | None, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) values with 0 where there is none, and (n, k) where there is one inside the group."""
    values = np.asarray(values, dtype=float)
    values = values.reshape(len(values), -1)
    inside = ~np.isnan(values)
    if within is not None:
        inside = inside & np.asarray(within, dtype=bool).reshape(len(values), -1)
    inside = inside & (design.weights > 0)[:, None]
    return np.where(inside, values, 0.0), inside


def _sums(columns: np.ndarray, design: Design) -> np.ndarray:
    return design.weights @ columns


def _simple_variance(
    values: np.ndarray, inside: np.ndarray, means: np.ndarray, design: Design, factor: np.ndarray | float = 1.0
) -> np.ndarray:
    """(k,) factor²·s²/n of a simple random sample of as many answers, with its finite population where there is one."""
    n, sums = inside.sum(axis=0), _sums(inside, design)
    squares = design.weights @ np.where(inside, values - np.nan_to_num(means), 0.0) ** 2
    several = np.where(n > 1, n - 1, 1) * np.where(sums > 0, sums, 1.0)
    left = np.where(sums > n, (sums - n) / np.where(sums > 0, sums, 1.0), np.nan) if design.fpc is not None else 1.0
    return np.where(n > 1, squares / several * left * np.square(factor), np.nan)


def _nought(value: float | np.ndarray) -> float | np.ndarray:
    """Errors up to this are rounding."""
    return 1e-12 * np.maximum(1.0, np.abs(value))
