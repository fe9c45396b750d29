"""Ordered answers as cuts through a normal variable: the arithmetic of the copula baseline.

A question with shares p is a standard normal Z cut at thresholds; its normal scores are the means of Z between them.
The covariance of two step functions of bivariate normals with correlation r is a power series in r (Mehler 1866),
whose coefficients come from Hermite polynomials at the thresholds. Inverting it undoes the attenuation by coarse
answers, as polychoric correlations do.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

#: terms of Mehler's series; the error is below .01 for correlations up to .95
TERMS = 40
#: latent correlations are sought between minus and plus this
_STRONGEST = 0.98
#: pairs of questions with fewer common answers count as uncorrelated
_LEAST_PAIRS = 10


def thresholds(shares: np.ndarray) -> np.ndarray:
    """(K-1,) cuts of a standard normal that give these shares."""
    return ndtri(np.cumsum(shares)[:-1])


def normal_scores(shares: np.ndarray) -> np.ndarray:
    """(K,) mean of a standard normal within each of its K intervals: (φ(lower) - φ(upper)) / share.

    Example: two equal shares give -.798 and .798.
    """
    density = np.concatenate([[0.0], _density(thresholds(shares)), [0.0]])
    return (density[:-1] - density[1:]) / shares


def hermite(shares: np.ndarray) -> np.ndarray:
    """(TERMS,) orthonormal Hermite coefficients of order 1, 2, … of the normal scores as a function of Z."""
    cuts, steps = thresholds(shares), np.diff(normal_scores(shares))
    before, here = np.zeros_like(cuts), np.ones_like(cuts)
    coefficients = np.empty(TERMS)
    for order in range(1, TERMS + 1):
        coefficients[order - 1] = np.sum(steps * _density(cuts) * here) / np.sqrt(order)
        before, here = here, (cuts * here - np.sqrt(order - 1) * before) / np.sqrt(order)
    return coefficients


def score_covariance(correlations: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """(p, p) covariance of normal scores at these latent correlations; `coefficients` is (p, TERMS)."""
    total = np.zeros_like(correlations)
    for column in coefficients.T[::-1]:
        total = (total + np.outer(column, column)) * correlations
    return total


def latent_correlations(scores: np.ndarray, coefficients: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """(p, p) latent correlations under which the (n, p) scores (NaN = no answer) correlate as they do.

    Pair by pair by bisection, then made a proper correlation matrix by lifting negative eigenvalues.
    """
    deviations = np.sqrt(np.outer(variances, variances))
    wanted = pairwise_correlations(scores) * deviations
    low, high = np.full_like(wanted, -_STRONGEST), np.full_like(wanted, _STRONGEST)
    for _ in range(30):
        middle = (low + high) / 2
        above = score_covariance(middle, coefficients) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found = np.where(deviations > 0, (low + high) / 2, 0.0)
    np.fill_diagonal(found, 1.0)
    return _proper((found + found.T) / 2)


def pairwise_correlations(scores: np.ndarray) -> np.ndarray:
    """(p, p) Pearson correlations over the people who answered both; 0 where too few did or nothing varies."""
    there = (~np.isnan(scores)).astype(float)
    values = np.nan_to_num(scores)
    n = np.maximum(there.T @ there, 1)
    mean = values.T @ there / n  # [i, j]: mean of i among those who answered i and j
    square = (values**2).T @ there / n
    covariance = values.T @ values / n - mean * mean.T
    variance = np.maximum(square - mean**2, 0)
    scale = np.sqrt(variance * variance.T)
    usable = (scale > 1e-12) & (n >= _LEAST_PAIRS)
    return np.clip(np.divide(covariance, scale, out=np.zeros_like(scale), where=usable), -1, 1)


def interval_probabilities(cuts: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """(n, K) chance that normals with (n,) means and deviations fall between the cuts."""
    below = ndtr((cuts[None, :] - mean[:, None]) / deviation[:, None])
    edges = np.concatenate([np.zeros((len(mean), 1)), below, np.ones((len(mean), 1))], axis=1)
    return np.maximum(np.diff(edges, axis=1), 0)


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _proper(matrix: np.ndarray) -> np.ndarray:
    """The matrix with eigenvalues lifted to be positive and its diagonal brought back to one."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= 1e-4:
        return matrix
    lifted = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(lifted))
    return lifted * np.outer(scale, scale)
