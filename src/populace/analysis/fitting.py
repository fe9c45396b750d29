"""Fitting of measurement models to moments: maximum likelihood, and diagonally weighted least squares (DWLS).

Both are Fisher scoring with a weight matrix: that of normal theory at the model (which gives maximum likelihood, Lee &
Jennrich 1979), or the inverse sampling variances of the moments (DWLS). Robust tests and standard errors come from the
sampling covariance of the moments in either case (Satorra & Bentler 1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import block_diag
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from populace.analysis.estimate import Estimate
from populace.analysis.measurement import Measurement, implied, independence
from populace.analysis.moments import Moments
from populace.errors import DataError

__all__ = ["difference", "Fit", "fit", "FitIndices", "indices", "release_test", "rmsea", "Test"]

#: how a model can be estimated: likelihood, likelihood with robust tests and errors, DWLS with robust ones
ESTIMATORS = ("ML", "MLM", "WLSMV")
#: rounds of scoring, and of halving one step
_ROUNDS, _HALVINGS = 500, 30
#: the search ends when the next step would gain less of the test statistic
_GAIN = 1e-12


@dataclass(frozen=True)
class Test:
    """A χ² test."""

    #: the statistic, as the estimator adjusts it
    chi2: float
    #: degrees of freedom
    df: int
    #: probability of so much or more if the model held; None without degrees of freedom
    p: float | None


@dataclass(frozen=True)
class Fit:
    """A model at the end of the search."""

    #: what was fitted
    model: Measurement
    #: to which moments, one a group
    moments: tuple[Moments, ...]
    #: "ML", "MLM" or "WLSMV"
    estimator: str
    #: (q,) parameters
    theta: np.ndarray
    #: n·F, before any adjustment
    value: float
    #: did the search end at a minimum?
    converged: bool

    @property
    def df(self) -> int:
        """Moments less parameters."""
        return sum(len(moment.vector) for moment in self.moments) - self.model.count

    @cached_property
    def _weighed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(q, P) weighed derivatives, (q, q) inverse information, and (P, P) W·V over all groups."""
        parts = implied(self.model, self.theta)
        jacobian = [part.jacobian for part in parts]
        weigh = [_weigher(moment, part.covariance) for moment, part in zip(self.moments, parts, strict=True)]
        weighed = np.hstack([w(j) for w, j in zip(weigh, jacobian, strict=True)])
        information = weighed @ np.hstack(jacobian).T
        sampled = [w(moment.sampling).T for w, moment in zip(weigh, self.moments, strict=True)]
        return weighed, _inverse(information), _block_diagonal(sampled)

    @cached_property
    def sampling(self) -> np.ndarray:
        """(P, P) sampling covariance of all moments."""
        return _block_diagonal([moment.sampling for moment in self.moments])

    @cached_property
    def residual_products(self) -> np.ndarray:
        """(P, P) U·V: its eigenvalues are the weights of χ² variables that make up the test statistic.

        U = W − WΔ(Δ'WΔ)⁻¹Δ'W, V the sampling covariance of the moments (Satorra & Bentler 1994).
        """
        weighed, inverse, sampled = self._weighed
        return sampled - weighed.T @ (inverse @ (weighed @ self.sampling))

    @cached_property
    def covariance(self) -> np.ndarray:
        """(q, q) sampling covariance of the parameters: of normal theory under ML, else robust (sandwich)."""
        weighed, inverse, _ = self._weighed
        if self.estimator == "ML":
            return inverse
        return inverse @ (weighed @ self.sampling @ weighed.T) @ inverse

    @cached_property
    def test(self) -> Test:
        """The test of exact fit."""
        return adjusted(self.value, self.df, None if self.estimator == "ML" else self.residual_products, self.estimator)

    @cached_property
    def baseline(self) -> Fit:
        """The independence model on the same moments."""
        p = len(self.moments[0].mean)
        return fit(independence(p, len(self.moments), self.moments[0].steps), self.moments, self.estimator)


def adjusted(value: float, df: int, products: np.ndarray | None, estimator: str) -> Test:
    """The statistic as the estimator wants it, with p.

    MLM: T·df/tr(UV) (Satorra & Bentler 1994). WLSMV: aT + df − a·tr(UV), a = √(df/tr(UVUV)): mean and variance as those
    of χ² with df degrees of freedom (Asparouhov & Muthén 2010). ML: T. Example: UV the identity of size df leaves T.
    """
    if df <= 0:
        return Test(value, df, None)
    if products is not None:
        first = float(np.trace(products))
        if estimator == "MLM":
            value = value * df / first
        else:
            scale = np.sqrt(df / float((products * products.T).sum()))
            value = scale * value + df - scale * first
    value = max(float(value), 0.0)
    return Test(value, df, float(chi2.sf(value, df)))


def fit(model: Measurement, moments: Sequence[Moments], estimator: str = "ML", start: np.ndarray | None = None) -> Fit:
    """The parameters that bring the model closest to the moments. Raises `DataError` where they are not identified.

    `converged` is False where the search did not end at a minimum within 500 rounds; such a fit must not be read.
    """
    moments = tuple(moments)
    theta = _start(model, moments) if start is None else start
    value = _value(model, theta, moments)
    if not np.isfinite(value):
        theta = _start(model, moments)
        value = _value(model, theta, moments)
    converged = model.count == 0
    for _ in range(_ROUNDS if model.count else 0):
        gradient, information = _slope(model, theta, moments)
        step = _damped(information, gradient)
        gain = float(gradient @ step)
        if gain < _GAIN * max(1.0, value):
            converged = gain >= -_GAIN
            break
        theta, following = _shortened(model, theta, step, value, moments)
        if following >= value:
            converged = gain < 1e-5 * max(1.0, value)
            break
        value = following
    if converged and model.count:
        _inverse(_slope(model, theta, moments)[1])
    return Fit(model, moments, estimator, theta, max(value, 0.0), converged)


def _damped(information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The step of Fisher scoring; along directions that hardly matter on the way it is kept short."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    floor = np.maximum(values, 1e-8 * max(values[-1], 1e-300))
    return vectors @ ((vectors.T @ (gradient / scale)) / floor) / scale


def _shortened(
    model: Measurement, theta: np.ndarray, step: np.ndarray, value: float, moments: Sequence[Moments]
) -> tuple[np.ndarray, float]:
    """The first of the step, its half, its quarter … that lowers the statistic."""
    for halving in range(_HALVINGS):
        trial = theta + step / 2**halving
        following = _value(model, trial, moments)
        if following < value:
            return trial, following
    return theta, value


def _value(model: Measurement, theta: np.ndarray, moments: Sequence[Moments]) -> float:
    """Σ over groups of n·F; infinite where the model's covariances are impossible.

    F = ln|Σ| + tr(SΣ⁻¹) − ln|S| − p + (m − μ)'Σ⁻¹(m − μ) of numbers; Σ (s − σ)²/v of ordinal items, v the sampling
    variance of each moment, thresholds included.
    """
    total = 0.0
    for moment, part in zip(moments, implied(model, theta, derivatives=False), strict=True):
        values = np.linalg.eigvalsh(part.covariance)
        if values[0] <= 1e-10 * max(values[-1], 1.0) or not np.isfinite(values).all():
            return np.inf
        if moment.ordinal:
            total += float(((moment.vector - part.vector) ** 2 / _variances(moment)).sum())
            continue
        gap = moment.mean - part.mean
        inverse = np.linalg.inv(part.covariance)
        logs = np.log(values).sum() - np.linalg.slogdet(moment.covariance)[1]
        fitted = float((inverse * (moment.covariance + np.outer(gap, gap))).sum())
        total += moment.n * (logs + fitted - len(gap))
    return total


def _slope(model: Measurement, theta: np.ndarray, moments: Sequence[Moments]) -> tuple[np.ndarray, np.ndarray]:
    """Half the downward slope of the statistic, and half its expected curvature."""
    gradient, information = np.zeros(model.count), np.zeros((model.count, model.count))
    for moment, part in zip(moments, implied(model, theta), strict=True):
        weighed = _weigher(moment, part.covariance)(part.jacobian)
        gradient += weighed @ _gap(moment, part)
        information += weighed @ part.jacobian.T
    return gradient, information


def _gap(moment: Moments, part) -> np.ndarray:
    """Moments less what the model implies; covariances about the model's means, as the likelihood has it."""
    gap = moment.vector - part.vector
    if not moment.ordinal:
        p = len(part.mean)
        upper = np.triu_indices(p)
        gap[p:] += np.outer(gap[:p], gap[:p])[upper]
    return gap


def _variances(moment: Moments) -> np.ndarray:
    return np.maximum(np.diag(moment.sampling), 1e-12)


def _weigher(moment: Moments, covariance: np.ndarray):
    """A function from (…, P) derivatives to the same times the weight matrix of the group, n included."""
    if moment.ordinal:
        variances = _variances(moment)
        return lambda rows: rows / variances
    inverse = np.linalg.inv(covariance)
    p = len(inverse)
    upper = np.triu_indices(p)
    # a covariance stands twice in the matrix, a variance once
    twice = np.where(upper[0] == upper[1], 0.5, 1.0)

    def weigh(rows: np.ndarray) -> np.ndarray:
        full = np.zeros((len(rows), p, p))
        full[:, *upper] = rows[:, p:]
        full[:, *upper[::-1]] = rows[:, p:]
        products = inverse @ full @ inverse
        return moment.n * np.hstack([rows[:, :p] @ inverse, products[:, *upper] * twice])

    return weigh


def _inverse(information: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(scaled)
    if len(values) and values[0] < 1e-11:
        raise DataError(
            "the model is not identified: some parameters can take any value; expected two items or more a factor "
            "(three where there is one factor) and factors that are related: add items or merge factors"
        )
    return (vectors / values) @ vectors.T / np.outer(scale, scale)


def _block_diagonal(blocks: Sequence[np.ndarray]) -> np.ndarray:
    return block_diag(*blocks)


def _start(model: Measurement, moments: Sequence[Moments]) -> np.ndarray:
    """Loadings of .6 with the signs of the first component of each factor's items, factors related as their sums."""
    matrices = {name: block.copy() for name, block in model.matrices(np.zeros(model.count)).items()}
    structure = model.loadings.index[0] >= 0
    pooled = sum(m.n * _correlation(m.covariance) for m in moments) / sum(m.n for m in moments)
    standard = np.zeros(structure.shape)
    for j in range(structure.shape[1]):
        own = np.flatnonzero(structure[:, j])
        _, vectors = np.linalg.eigh(pooled[np.ix_(own, own)])
        first = vectors[:, -1] * (1.0 if vectors[:, -1].sum() >= 0 else -1.0)
        standard[own, j] = np.sign(first + 1e-12) * 0.6 / np.sqrt(np.maximum(structure[own].sum(axis=1), 1))
    rest = 1 - (standard**2).sum(axis=1)
    # two-item factors are not identified while factors are unrelated
    sums = _correlation(standard.T @ pooled @ standard)
    phi = np.clip(sums, -0.8, 0.8) * (1 - np.eye(len(sums))) + np.eye(len(sums))
    phi = phi if not len(phi) or np.linalg.eigvalsh(phi)[0] > 0.1 else (phi + np.eye(len(phi)) * 2) / 3
    for g, moment in enumerate(moments):
        spread = np.sqrt(np.diag(moment.covariance))
        unit = 1 / np.sqrt(rest) if model.ordinal else spread
        matrices["loadings"][g] = standard * unit[:, None]
        matrices["phi"][g] = phi
        matrices["residuals"][g] = 1.0 if model.ordinal else rest * spread**2
        matrices["intercepts"][g] = moment.mean
        if model.ordinal:
            items = model.threshold_items
            matrices["thresholds"][g] = moment.vector[: len(items)] * unit[items]
    return model.parameters(matrices)


def _correlation(covariance: np.ndarray) -> np.ndarray:
    spread = np.sqrt(np.diag(covariance))
    return covariance / np.outer(spread, spread)


@dataclass(frozen=True)
class FitIndices:
    """How well a model fits."""

    #: the test of exact fit
    test: Test
    #: comparative fit index
    cfi: float
    #: Tucker-Lewis index, None without degrees of freedom
    tli: float | None
    #: root mean square error of approximation with its 90 % interval
    rmsea: Estimate
    #: standardised root mean square residual
    srmr: float


def indices(found: Fit) -> FitIndices:
    """CFI, TLI, RMSEA and SRMR, from the adjusted statistics of model and baseline.

    CFI = 1 − max(χ² − df, 0)/max(χ²₀ − df₀, χ² − df, 0) (Bentler 1990); TLI = (χ²₀/df₀ − χ²/df)/(χ²₀/df₀ − 1).
    """
    test, null = found.test, found.baseline.test
    over, most = max(test.chi2 - test.df, 0.0), max(null.chi2 - null.df, test.chi2 - test.df, 0.0)
    cfi = 1 - over / most if most > 0 else 1.0
    ratio = null.chi2 / null.df if null.df else 1.0
    tli = (ratio - test.chi2 / test.df) / (ratio - 1) if test.df > 0 and ratio > 1 else None
    n = sum(moment.n for moment in found.moments)
    return FitIndices(test, cfi, tli, rmsea(test.chi2, test.df, n, len(found.moments)), srmr(found))


def rmsea(value: float, df: int, n: float, groups: int = 1, level: float = 0.90) -> Estimate:
    """√(G·max(χ² − df, 0)/(df·n)), with the interval of the non-central χ² (Browne & Cudeck 1993; Steiger 1998).

    90 % as is usual: its lower limit decides the test of close fit. Example: χ² = 85.306, df = 24, n = 301: .092
    [.071, .114]. Without degrees of freedom 0.
    """
    if df <= 0:
        return Estimate(0.0, 0.0, 0.0, n)
    unit = groups / (df * n)
    limits = [_noncentrality(value, df, (1 + side * level) / 2) for side in (1, -1)]
    return Estimate(*(float(np.sqrt(unit * amount)) for amount in (max(value - df, 0.0), *limits)), n)


def _noncentrality(value: float, df: int, below: float) -> float:
    """The λ under which χ²(df, λ) is below the value with that probability; 0 where none is small enough."""
    if chi2.cdf(value, df) <= below:
        return 0.0
    high = max(value, 1.0)
    while ncx2.cdf(value, df, high) > below:
        high *= 2
    return float(brentq(lambda amount: ncx2.cdf(value, df, amount) - below, 1e-12, high))


def srmr(found: Fit) -> float:
    """Root mean square residual in units of the items' spread, groups weighted by n (Bentler 1995).

    Over the p(p + 1)/2 covariances, and the means where there are groups; of ordinal items over correlations, whose
    diagonal counts with residual 0.
    """
    total, people = 0.0, 0.0
    for moment, part in zip(found.moments, implied(found.model, found.theta, derivatives=False), strict=True):
        total += moment.n * _root_residual(moment, part, means=len(found.moments) > 1)
        people += moment.n
    return total / people


def _root_residual(moment: Moments, part, means: bool) -> float:
    p = len(moment.mean)
    if moment.ordinal:
        residual = (moment.vector - part.vector)[-(p * (p - 1) // 2) :]
        return float(np.sqrt((residual**2).sum() / (p * (p + 1) / 2)))
    spread = np.sqrt(np.diag(moment.covariance))
    residual = ((moment.covariance - part.covariance) / np.outer(spread, spread))[np.triu_indices(p)]
    if means:
        residual = np.concatenate([residual, (moment.mean - part.mean) / spread])
    return float(np.sqrt((residual**2).mean()))


def log_likelihood(found: Fit) -> float:
    """Normal log-likelihood at the parameters; of numbers only. Effective n where there are weights."""
    total = 0.0
    for moment in found.moments:
        p = len(moment.mean)
        total -= moment.n / 2 * (p * np.log(2 * np.pi) + np.linalg.slogdet(moment.covariance)[1] + p)
    return float(total - found.value / 2)


def difference(stricter: Fit, looser: Fit) -> Test:
    """Test of the equalities that the stricter model adds.

    ML: difference of χ². Robust: the same with U = U₀ − U₁ of both models in `adjusted` (Satorra 2000; with MLM it is
    the scaled difference of Satorra & Bentler 2001).
    """
    df = stricter.df - looser.df
    products = None if stricter.estimator == "ML" else stricter.residual_products - looser.residual_products
    return adjusted(max(stricter.value - looser.value, 0.0), df, products, stricter.estimator)


def release_test(found: Fit, wider: Measurement) -> Test:
    """Score test of what a wider model would free, without fitting it (Lagrange multiplier, "modification index").

    t = δ̃We with δ̃ the new derivatives less what the old parameters explain of them; χ² = t'(δ̃WVWδ̃')⁻¹t, under ML
    V = W⁻¹. Reference: Satorra 1989.
    """
    theta = wider.parameters(found.model.matrices(found.theta))
    parts, old = implied(wider, theta), implied(found.model, found.theta)
    jacobian = np.hstack([part.jacobian for part in parts])
    known = np.hstack([part.jacobian for part in old])
    weighed, inverse, _ = found._weighed
    new = jacobian - (jacobian @ weighed.T) @ inverse @ known
    weigh = [_weigher(moment, part.covariance) for moment, part in zip(found.moments, old, strict=True)]
    edges = np.cumsum([0, *(len(moment.vector) for moment in found.moments)])
    pieces = [w(new[:, a:b]) for w, a, b in zip(weigh, edges, edges[1:], strict=False)]
    heavy = np.hstack(pieces)
    score = heavy @ np.concatenate([_gap(moment, part) for moment, part in zip(found.moments, old, strict=True)])
    spread = heavy @ new.T if found.estimator == "ML" else heavy @ found.sampling @ heavy.T
    df = wider.count - found.model.count
    values, vectors = np.linalg.eigh(spread)
    top = values[-df:] > 1e-10 * max(values[-1], 1e-300)
    along = (vectors[:, -df:].T @ score)[top]
    value = float((along**2 / values[-df:][top]).sum())
    return Test(value, df, float(chi2.sf(value, df)))
