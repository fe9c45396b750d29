"""Factors out of a correlation matrix, how well they give it back, and where people stand on them.

How to read the numbers: docs/methods/factors.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import chi2

from populace.analysis.rotation import Rotation
from populace.errors import DataError

__all__ = ["degrees_of_freedom", "extract", "Extraction", "factor_fit", "regression_scores"]

#: least uniqueness of an item: one that ends there is a Heywood case
LEAST_UNIQUENESS = 0.005


@dataclass(frozen=True)
class Extraction:
    """Unrotated factors of a correlation matrix."""

    #: (p, k) loadings
    loadings: np.ndarray
    #: (p,) variance of each item that the factors do not explain
    uniqueness: np.ndarray
    #: did the search end at a minimum?
    converged: bool

    @property
    def heywood(self) -> np.ndarray:
        """(p,) True for items that the factors explain wholly: the solution is improper."""
        return self.uniqueness <= LEAST_UNIQUENESS * 1.001


def extract(matrix: np.ndarray, count: int, method: str = "minres", start: np.ndarray | None = None) -> Extraction:
    """Factors by least squares of the residual correlations ("minres", Harman & Jones 1966) or likelihood ("ml").

    Both search over the uniquenesses ψ, .005 ≤ ψ ≤ 1 (Jöreskog 1967): minres minimises ½Σ_{j>k} λ_j(R − Ψ)², ml
    Σ_{j>k} (λ_j − ln λ_j − 1) of Ψ^-½ R Ψ^-½. The same communalities as iterated principal axes, with a flag for
    convergence. Example: one factor with loadings .8, .6, .5 comes back from its correlations .48, .40, .30.
    """
    if method not in ("minres", "ml"):
        raise DataError(f"method {method!r} is unknown; expected 'minres' or 'ml': correct it")
    objective = _minres if method == "minres" else _likelihood
    if start is None:
        start = np.clip(1 / np.diag(np.linalg.inv(matrix)) * (1 - count / (2 * len(matrix))), 0.01, 0.995)
    limits = [(LEAST_UNIQUENESS, 1.0)] * len(matrix)
    options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-7, "maxls": 60}
    found = minimize(objective, start, (matrix, count), "L-BFGS-B", True, bounds=limits, options=options)
    _, gradient = objective(found.x, matrix, count)
    free = (found.x > LEAST_UNIQUENESS * 1.001) & (found.x < 1)
    # the search may stop for want of digits; the slope says whether it had arrived
    arrived = found.success or bool(np.abs(gradient[free]).max(initial=0.0) < 1e-4)
    return Extraction(_loadings(found.x, matrix, count, method), found.x, arrived)


def _minres(psi: np.ndarray, matrix: np.ndarray, count: int) -> tuple[float, np.ndarray]:
    values, vectors = np.linalg.eigh(matrix - np.diag(psi))
    rest, beyond = values[:-count], vectors[:, :-count]
    return float((rest**2).sum() / 2), -(beyond**2) @ rest


def _likelihood(psi: np.ndarray, matrix: np.ndarray, count: int) -> tuple[float, np.ndarray]:
    root = np.sqrt(psi)
    values = np.linalg.eigvalsh(matrix / np.outer(root, root))
    rest = np.maximum(values[:-count], 1e-12)
    loadings = _loadings(psi, matrix, count, "ml")
    gap = (loadings**2).sum(axis=1) + psi - np.diag(matrix)
    return float((rest - np.log(rest) - 1).sum()), gap / psi**2


def _loadings(psi: np.ndarray, matrix: np.ndarray, count: int, method: str) -> np.ndarray:
    root = np.sqrt(psi) if method == "ml" else np.ones(len(psi))
    reduced = (matrix - np.diag(psi)) / np.outer(root, root)
    values, vectors = np.linalg.eigh(reduced)
    top = np.sqrt(np.maximum(values[: -count - 1 : -1], 0.0))
    return root[:, None] * vectors[:, : -count - 1 : -1] * top


def degrees_of_freedom(p: int, count: int) -> int:
    """((p − k)² − p − k)/2: correlations less free loadings. Example: p = 25, k = 5: 185."""
    return ((p - count) ** 2 - p - count) // 2


def factor_fit(matrix: np.ndarray, found: Extraction, n: float) -> dict[str, float | None]:
    """How well the factors give back the correlations: χ², df, p, TLI, RMSEA, RMSR, BIC.

    Formula: F = ln|Σ| − ln|R| + tr(RΣ⁻¹) − p; χ² = c·F, c = n − 1 − (2p + 5)/6 − 2k/3 (Bartlett 1950), and
    χ²₀ = −c·ln|R|; TLI = (χ²₀/df₀ − χ²/df)/(χ²₀/df₀ − 1); RMSEA = √(max(0, χ²/(n·df) − 1/(n − 1))); RMSR the root
    mean square residual correlation; BIC = χ² − df·ln n: all as in R's psych. None where no degree of freedom is left.
    """
    p, count = found.loadings.shape
    implied = found.loadings @ found.loadings.T
    np.fill_diagonal(implied, (found.loadings**2).sum(axis=1) + found.uniqueness)
    gap = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(matrix)[1] + np.trace(np.linalg.solve(implied, matrix)) - p
    gap = max(float(gap), 0.0)
    df = degrees_of_freedom(p, count)
    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * count / 3
    chi, null = multiplier * gap, -multiplier * np.linalg.slogdet(matrix)[1]
    residual = (matrix - implied)[np.triu_indices(p, 1)]
    fit = {"chi2": chi, "df": df, "p": None, "tli": None, "rmsea": None, "rmsr": float(np.sqrt((residual**2).mean()))}
    if df > 0:
        ratio = null / (p * (p - 1) / 2)
        fit["p"] = float(chi2.sf(chi, df))
        fit["tli"] = float((ratio - chi / df) / (ratio - 1)) if ratio > 1 else None
        fit["rmsea"] = float(np.sqrt(max(0.0, chi / (n * df) - 1 / (n - 1))))
        fit["bic"] = chi - df * float(np.log(n))
    return fit


def regression_scores(scores: np.ndarray, matrix: np.ndarray, rotation: Rotation) -> np.ndarray:
    """(n, k) factor scores of (n, p) standardised answers: Z R⁻¹ Λ Φ (Thurstone 1935)."""
    return scores @ np.linalg.solve(matrix, rotation.loadings @ rotation.phi)
