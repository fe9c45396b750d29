"""Are these items fit for factor analysis, and how many dimensions do they have? From their correlations alone.

How to read the numbers: docs/methods/factors.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from populace.analysis.extraction import extract

__all__ = [
    "bartlett",
    "kmo",
    "minimum_average_partial",
    "null_correlations",
    "Parallel",
    "parallel_analysis",
    "squared_multiple_correlations",
]

#: draws of unrelated items in parallel analysis
DRAWS = 100


def squared_multiple_correlations(matrix: np.ndarray) -> np.ndarray:
    """(p,) share of each item's variance that the others explain: 1 − 1/diag(R⁻¹) (Guttman 1956).

    Example: two items with r = .5: .25.
    """
    return 1 - 1 / np.diag(np.linalg.inv(matrix))


def kmo(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Kaiser-Meyer-Olkin measure of all items and of each: Σr²/(Σr² + Σa²), a the partial correlations.

    Near 1: correlations are due to something common. Below .5: not fit for factors. Reference: Kaiser & Rice 1974.
    Example: two items: r = a, so .5.
    """
    inverse = np.linalg.inv(matrix)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    squares = matrix**2
    np.fill_diagonal(partial, 0.0)
    np.fill_diagonal(squares, 0.0)
    total = squares + partial
    each = np.divide(squares.sum(axis=1), total.sum(axis=1), out=np.full(len(matrix), 0.5), where=total.sum(axis=1) > 0)
    return (float(squares.sum() / total.sum()) if total.sum() > 0 else 0.5), each


def bartlett(matrix: np.ndarray, n: float) -> tuple[float, int, float]:
    """χ², degrees of freedom and p of the hypothesis that no items are related: −(n − 1 − (2p + 5)/6) ln|R|.

    Assumption: normal answers. Reference: Bartlett 1951. Example: p = 2, r = .5, n = 101: −98.5·ln .75 = 28.34, df 1.
    """
    p = len(matrix)
    value = -(n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(matrix)[1]
    df = p * (p - 1) // 2
    return float(value), df, float(chi2.sf(value, df))


def minimum_average_partial(matrix: np.ndarray, most: int | None = None) -> np.ndarray:
    """(most,) mean squared partial correlation after 1, 2, … principal components are taken out (Velicer 1976).

    The number of factors is where it is least. Example: two uncorrelated pairs of items with r = .8 each: taking out
    two components leaves partial correlations of −1 within the pairs.
    """
    values, vectors = np.linalg.eigh(matrix)
    loadings = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    p = len(matrix)
    found = []
    for m in range(1, (p - 1 if most is None else min(most, p - 1)) + 1):
        rest = matrix - loadings[:, :m] @ loadings[:, :m].T
        spread = np.sqrt(np.maximum(np.diag(rest), 1e-12))
        partial = rest / np.outer(spread, spread)
        found.append(((partial**2).sum() - (np.diag(partial) ** 2).sum()) / (p * (p - 1)))
    return np.array(found)


def null_correlations(p: int, n: float, rng: np.random.Generator) -> np.ndarray:
    """(p, p) correlations of n people on p unrelated normal items, from a Wishart draw (Bartlett 1933)."""
    root = np.tril(rng.standard_normal((p, p)), -1)
    np.fill_diagonal(root, np.sqrt(rng.chisquare(np.maximum(n - 1 - np.arange(p), 1.0))))
    products = root @ root.T
    scale = np.sqrt(np.diag(products))
    return products / np.outer(scale, scale)


@dataclass(frozen=True)
class Parallel:
    """Eigenvalues of the items beside those of unrelated ones."""

    #: (p,) eigenvalues of the correlation matrix
    components: np.ndarray
    #: (p,) 95th percentile of those of unrelated items
    components_chance: np.ndarray
    #: (p,) eigenvalues with the communalities of one common factor on the diagonal
    factors: np.ndarray
    #: (p,) 95th percentile of those of unrelated items
    factors_chance: np.ndarray

    @property
    def component_count(self) -> int:
        """How many components come before the first that chance would equal."""
        return _leading(self.components > self.components_chance)

    @property
    def factor_count(self) -> int:
        """The same for common factors; it tends to one too many in large samples."""
        return _leading(self.factors > self.factors_chance)


def _leading(above: np.ndarray) -> int:
    return int(np.argmin(above)) if not above.all() else len(above)


def parallel_analysis(
    matrix: np.ndarray,
    n: float,
    draws: int = DRAWS,
    seed: int = 1,
    chance: Callable[[np.random.Generator], np.ndarray] | None = None,
    percentile: float = 95.0,
) -> Parallel:
    """Parallel analysis (Horn 1965) in its component and its common-factor variant (Humphreys & Montanelli 1975).

    The real eigenvalues are compared with the 95th percentile (Glorfeld 1995) of those of as many people who answer
    unrelated items; `chance` draws such a correlation matrix, without it answers are normal.
    """
    rng = np.random.default_rng(seed)
    drawn = [null_correlations(len(matrix), n, rng) if chance is None else chance(rng) for _ in range(draws)]
    chances = [np.percentile(values, percentile, axis=0) for values in zip(*map(_eigenvalues, drawn), strict=True)]
    components, common = _eigenvalues(matrix)
    return Parallel(components, chances[0], common, chances[1])


def _eigenvalues(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, largest first, of the matrix and of the matrix reduced to what one factor shares."""
    reduced = matrix - np.diag(extract(matrix, 1).uniqueness)
    return np.linalg.eigvalsh(matrix)[::-1], np.linalg.eigvalsh(reduced)[::-1]
