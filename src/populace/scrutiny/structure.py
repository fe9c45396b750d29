"""The structure of answers in numbers: correlations between questions, how strong they are, how far two sets are apart.

Arrays only; `association` makes checks of them. Formulas: docs/methods/association.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

#: least share of variance between correlations that is not put down to noise when dividing by it
_LEAST_SIGNAL = 0.05


def correlations(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, Q, Q) pairwise-complete Pearson correlations of (n, Q) scores under each row of (R, n) weights.

    A question without variation has correlation 0 with the others: nothing is associated with it.
    Assumption: ranks on the scale as numbers. Reference: docs/methods/association.md (Pearson on codes).
    Example: scores (0, 1, 2) and (0, 2, 1), equal weights: cov 1/3, variances 2/3: r = .5.
    """
    known = ~np.isnan(scores)
    total = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, scores - np.where(known, scores, 0.0).sum(axis=0) / total, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / total)
    # standard units first: single precision is then enough
    z = (centred / np.where(spread > 0, spread, 1.0)).astype(np.float32)
    if known.all():
        return np.stack([_complete(z, row) for row in weights])
    both = np.hstack([z, known.astype(np.float32)])
    return np.stack([_pairwise(both, z**2, row) for row in weights])


def _complete(z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = float(weights.sum())
    # a matrix times its own transpose takes half the work of another product
    scaled = z * np.sqrt(weights)[:, None]
    products = (scaled.T @ scaled).astype(float) / total
    mean = (weights @ z).astype(float) / total
    variance = np.diag(products) - mean**2
    return _scaled(products - np.outer(mean, mean), variance[:, None], variance[None, :])


def _pairwise(both: np.ndarray, squared: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """both: (n, 2Q) numbers, 0 where there is none, and whether there is one; squared: (n, Q) their squares."""
    count, root = squared.shape[1], np.sqrt(weights)[:, None]
    scaled = both * root
    sums = (scaled.T @ scaled).astype(float)
    products, first, total = sums[:count, :count], sums[:count, count:], sums[count:, count:]
    squares = ((squared * root).T @ scaled[:, count:]).astype(float)
    total = np.where(total > 0, total, np.nan)
    mean = first / total
    variance = squares / total - mean**2
    return _scaled(products / total - mean * mean.T, variance, variance.T)


def _scaled(covariance: np.ndarray, variance: np.ndarray, other: np.ndarray) -> np.ndarray:
    # below this, rounding in single precision: no variation
    scale = np.sqrt(np.where((variance > 1e-6) & (other > 1e-6), variance * other, np.nan))
    matrix = np.clip(np.nan_to_num(covariance / scale), -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def structural_distance(r_s: np.ndarray, r_h: np.ndarray, v_h: np.ndarray) -> np.ndarray:
    """Mean over pairs of (r_s − r_h)² − v: squared error of a correlation, the human noise taken out.

    r_s, r_h: (…, P); v_h: (P,) sampling variance of r_h. Its root is the noise-corrected RMSE.
    Assumption: independent samples; v from the bootstrap, not from Fisher's z. Reference: docs/methods/association.md.
    Example: r_s = (.5, .2), r_h = (.4, .4), v = .005: (.01 + .04)/2 − .005 = .02.
    """
    return ((r_s - r_h) ** 2 - v_h).mean(axis=-1)


def reliability(r_h: np.ndarray, noise: float) -> np.ndarray:
    """1 − v̄/Var(r): share of the variance between correlations that is not sampling noise.

    Reference: docs/methods/association.md. Example: r = (.1, .3, .5), variance .0267, v̄ = .00267: .9.
    """
    variance = r_h.var(axis=-1)
    return 1 - np.divide(noise, variance, out=np.full_like(variance, np.inf), where=variance > 0)


def structural_slope(r_s: np.ndarray, r_h: np.ndarray, noise: float) -> np.ndarray:
    """Errors-in-variables slope of r_s on r_h: OLS slope over the reliability of r_h; > 1 over-constrained.

    Assumption: errors of the two sides are independent. Reference: Fuller 1987; docs/methods/association.md.
    Example: r_h = (.1, .3, .5), r_s = (.1, .2, .3), v̄ = .00267: cov .0133/(.0267 − .00267) = .556.
    """
    return _covariance(r_s, r_h) / _signal(r_h, noise)


def disattenuated_correlation(r_s: np.ndarray, r_h: np.ndarray, noise_s: float, noise_h: float) -> np.ndarray:
    """Correlation of correlations over the root of both reliabilities; 1 for the same pattern. May exceed 1.

    Reference: Spearman 1904; docs/methods/association.md.
    Example: r_h = (.1, .3, .5), r_s = (.1, .2, .3), v̄ = .00267 and .000667: 1/√(.9·.9) = 1.11.
    """
    return _covariance(r_s, r_h) / np.sqrt(_signal(r_s, noise_s) * _signal(r_h, noise_h))


def _covariance(r_s: np.ndarray, r_h: np.ndarray) -> np.ndarray:
    return ((r_s - r_s.mean(axis=-1, keepdims=True)) * (r_h - r_h.mean(axis=-1, keepdims=True))).mean(axis=-1)


def _signal(r: np.ndarray, noise: float) -> np.ndarray:
    variance = r.var(axis=-1)
    return np.maximum(np.maximum(variance - noise, _LEAST_SIGNAL * variance), 1e-9)


def first_component_share(matrices: np.ndarray) -> np.ndarray:
    """λ₁/Q of (…, Q, Q) correlation matrices: share of the first principal component.

    Reference: docs/methods/association.md (constraint). Example: two questions with r = .5: 1.5/2 = .75.
    """
    return np.linalg.eigvalsh(matrices)[..., -1] / matrices.shape[-1]


def effective_dependence(matrices: np.ndarray) -> np.ndarray:
    """1 − det(R)^(1/Q) of (…, Q, Q) correlation matrices; 0 independent, 1 redundant.

    Eigenvalues are kept at 1e-6 or more: pairwise-complete matrices may not be positive definite.
    Reference: Peña & Rodríguez 2003; docs/methods/association.md. Example: two questions with r = .5: 1 − √.75 = .134.
    """
    values = np.maximum(np.linalg.eigvalsh(matrices), 1e-6)
    return 1 - np.exp(np.log(values).mean(axis=-1))


def structural_worth(distance: float, noise: float, n: float) -> float:
    """n* of the structure = n·v̄/mean[(r_s − r_h)² − v]: sample of people with the same error of correlations.

    Reference: docs/methods/association.md. Example: n = 1000, v̄ = .001, distance .004: 250. Infinite if distance ≤ 0.
    """
    return n * noise / distance if distance > 0 else float("inf")


def cramers_v(
    positions: np.ndarray, options: np.ndarray, pairs: np.ndarray, weights: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """(R, P) bias-corrected Cramér's V of pairs of questions.

    positions: (n, Q), -1 for none; options: (Q,) number of options; pairs: (P, 2); weights: (R, n);
    n: (P,) effective common answers.
    Formula: φ̃² = max(0, χ²/n − (k − 1)(r − 1)/(n − 1)), k̃ = k − (k − 1)²/(n − 1), V = √(φ̃²/min(k̃ − 1, r̃ − 1)).
    Reference: Bergsma 2013. Example: table (30, 20; 20, 30), n = 100: χ² = 4, φ̃² = .04 − 1/99 = .0299,
    k̃ = 2 − 1/99, V = √(.0299/.9899) = .174.
    """
    hot = np.hstack([positions[:, j, None] == np.arange(k) for j, k in enumerate(options)]).astype(np.float32)
    # tables of some questions with all others are enough: of each pair the one that is in more of the pairs
    often = np.bincount(pairs.ravel(), minlength=len(options))
    first, second = np.where(often[pairs[:, 0]] >= often[pairs[:, 1]], pairs.T, pairs.T[::-1])
    some, place = np.unique(first, return_inverse=True)
    phi2 = np.stack([_phi_squared(hot, row, options, some)[place, second] for row in weights])
    k, r = options[first].astype(float), options[second].astype(float)
    corrected = np.maximum(0.0, phi2 - (k - 1) * (r - 1) / (n - 1))
    least = np.minimum(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return np.sqrt(corrected / np.maximum(least, 1e-9))


def _phi_squared(hot: np.ndarray, weights: np.ndarray, options: np.ndarray, some: np.ndarray) -> np.ndarray:
    """(S, Q) χ²/n of the questions `some` with every question: Σ n_ij²/(n_i·n_j) − 1 over the block of the pair."""
    starts, sizes = np.cumsum(options) - options, options[some]
    own = np.concatenate([np.arange(starts[j], starts[j] + options[j]) for j in some])
    above = np.cumsum(sizes) - sizes
    tables = ((hot[:, own] * weights[:, None]).T @ hot).astype(float)
    rows = np.repeat(np.add.reduceat(tables, starts, axis=1), options, axis=1)
    columns = np.repeat(np.add.reduceat(tables, above, axis=0), sizes, axis=0)
    parts = np.divide(tables**2, rows * columns, out=np.zeros_like(tables), where=tables > 0)
    return np.add.reduceat(np.add.reduceat(parts, above, axis=0), starts, axis=1) - 1


@dataclass(frozen=True)
class Structure:
    """Associations of one kind on all sides, pairs on the last axis."""

    #: (1, P) synthetic and human
    synthetic: np.ndarray
    human: np.ndarray
    #: (R, P) their resamples
    synthetic_boot: np.ndarray
    human_boot: np.ndarray
    #: (S, P) people on the two sides of the ceiling
    people_a: np.ndarray
    people_b: np.ndarray
    #: (R, P) resamples of the second human sample, or None for half-splits
    people_boot: np.ndarray | None
    #: name -> (1, P)
    baselines: Mapping[str, np.ndarray]
    #: human, synthetic and the two ceiling sizes
    sizes: tuple[float, float, float, float]
    #: (P,) sampling variance of the human associations
    v: np.ndarray

    @property
    def noise(self) -> float:
        """Its mean over pairs."""
        return float(self.v.mean())

    def noise_at(self, n: float) -> float:
        """The same for a sample of n people."""
        return self.noise * self.sizes[0] / n
