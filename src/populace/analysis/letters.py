"""Letters of a crosstab: which columns surely differ from which, by linearisation and with corrections for many tests.

How to read them: docs/methods/crosstab.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from string import ascii_uppercase

import numpy as np
from scipy.stats import false_discovery_control, t

from populace.analysis.design_based import Linear, degrees_of_freedom
from populace.data.design import Design

__all__ = ["common_variance", "corrected", "CORRECTIONS", "FAMILIES", "letter_of", "letters", "pairwise"]

#: how p-values are corrected for their number
CORRECTIONS = ("none", "bonferroni", "benjamini-hochberg")
#: tests that are corrected together: those of a line under a heading, or of a question under a heading
FAMILIES = ("row", "table")


def letter_of(place: int) -> str:
    """A … Z, then AA, AB … Example: 0 is A, 25 is Z, 26 is AA."""
    letters = ""
    while place >= 0:
        letters = ascii_uppercase[place % 26] + letters
        place = place // 26 - 1
    return letters


def letters(
    found: Sequence[Linear],
    shares: Sequence[bool],
    used: np.ndarray,
    headings: Sequence[int],
    names: Sequence[str],
    visible: np.ndarray,
    design: Design,
    rule: tuple[float, str, str],
) -> list[list[str]]:
    """Letters of every line and column: the columns of the same heading that have a significantly lower figure.

    found: the figures of each line in every column, the total first; shares: whether they are shares; used: (n, C) who
    is in each column and answered; headings: number of columns of each; names: the letter of each column; visible: (C,)
    columns with a base large enough; rule: level, one of `CORRECTIONS`, one of `FAMILIES`.
    """
    marks = [[""] * len(names) for _ in found]
    first = 1
    for count in headings:
        places = np.arange(first, first + count)
        first += count
        tested = places[visible[places]]
        if len(tested) < 2:
            continue
        df = _pair_df(used[:, tested], design)
        p = np.array([_p_values(means, tested, df, share) for means, share in zip(found, shares, strict=True)])
        for row, larger in enumerate(_larger(p, [means.values[tested] for means in found], rule)):
            for a, b in zip(*np.nonzero(larger), strict=True):
                marks[row][tested[a]] += names[tested[b]]
    return marks


def _p_values(means: Linear, places: np.ndarray, df: np.ndarray, shares: bool) -> np.ndarray:
    return pairwise(means.values[places], means.covariance[np.ix_(places, places)], means.n[places], df, shares)


def _pair_df(used: np.ndarray, design: Design) -> np.ndarray:
    """(k, k) degrees of freedom of the respondents in either of two columns, less 1."""
    df = np.zeros((used.shape[1],) * 2)
    pairs = list(combinations(range(used.shape[1]), 2))
    either = np.column_stack([used[:, a] | used[:, b] for a, b in pairs])
    for (a, b), value in zip(pairs, degrees_of_freedom(either, design) - 1, strict=True):
        df[a, b] = df[b, a] = max(value, 0)
    return df


def _larger(p: np.ndarray, values: Sequence[np.ndarray], rule: tuple[float, str, str]) -> np.ndarray:
    """(lines, k, k) booleans: is the figure of column a significantly larger than that of column b?"""
    alpha, correction, family = rule
    a, b = np.triu_indices(p.shape[1], 1)
    pairs = p[:, a, b]
    if family == "row":
        fixed = np.array([corrected(row, correction) for row in pairs])
    else:
        fixed = corrected(pairs.ravel(), correction).reshape(pairs.shape)
    level = np.ones_like(p)
    level[:, a, b] = level[:, b, a] = np.where(np.isnan(fixed), 1.0, fixed)
    gaps = np.array([column[:, None] - column[None, :] for column in values])
    return (level < alpha) & (gaps > 0)


def pairwise(values: np.ndarray, covariance: np.ndarray, n: np.ndarray, df: np.ndarray, shares: bool) -> np.ndarray:
    """(k, k) two-sided p-values of the differences of k estimates; NaN where there is no test.

    n: (k,) Kish effective numbers; df: (k, k) degrees of freedom of each pair. Formula: t = (ȳ_a − ȳ_b)/SE,
    SE² = V_aa + V_bb − 2V_ab by linearisation.
    For shares V is that of two columns with their common share (`common_variance`), as in the test of two proportions:
    a column in which nobody chose the option has no variance of its own, and everything would differ from it.
    Example: 60 of 100 against 40 of 100: common share ½, SE √(.25·2/99.5) = .0709, t = 2.82.
    """
    own = np.diag(covariance)
    gaps = values[:, None] - values[None, :]
    if shares:
        variance = common_variance(values, covariance, n)
    else:
        variance = own[:, None] + own[None, :] - 2 * covariance
        # columns of the same respondents differ by rounding only
        variance = np.where(variance > 1e-10 * (own[:, None] + own[None, :]), variance, 0.0)
    testable = (variance > 0) & (df > 0) & np.isfinite(gaps)
    p = np.full(gaps.shape, np.nan)
    p[testable] = 2 * t.sf(np.abs(gaps[testable]) / np.sqrt(variance[testable]), df[testable])
    return p


def common_variance(values: np.ndarray, covariance: np.ndarray, n: np.ndarray) -> np.ndarray:
    """(k, k) variance of the difference of two shares when both columns have one and the same share in truth.

    Formula: p̄(1 − p̄)(1/m_a + 1/m_b − 2ρ/√(m_a·m_b)), m = p(1 − p)/V the effective size of each column (Kish where all
    gave one answer), p̄ the share in both at these sizes, ρ the correlation of the two estimates (columns may share
    respondents, clusters or strata). Reference: Rao & Scott 1984, for effective sizes.
    Example: 0 of 10 and 5 of 10: p̄ = ¼, ρ = 0: .1875·.2 = .0375.
    """
    own, values = np.diag(covariance), np.nan_to_num(values)
    spread = values * (1 - values)
    varies = (spread > 1e-12) & (own > 1e-14 * spread)
    size = np.maximum(np.where(varies, spread / np.where(varies, own, 1.0), n), 1e-9)
    root = np.sqrt(np.where(varies, own, np.inf))
    related = np.clip(covariance / np.outer(root, root), -1, 1)
    common = (np.outer(size * values, np.ones_like(size)) + size * values) / (size[:, None] + size)
    inverse = 1 / size[:, None] + 1 / size - 2 * related / np.sqrt(np.outer(size, size))
    # columns of the same respondents differ by rounding only
    inverse = np.where(inverse > 1e-9 * (1 / size[:, None] + 1 / size), inverse, 0.0)
    return common * (1 - common) * inverse


def corrected(p: np.ndarray, correction: str) -> np.ndarray:
    """p-values corrected for their number: "none", "bonferroni" (p·m) or "benjamini-hochberg"; NaN is no test.

    Reference: Dunn 1961; Benjamini & Hochberg 1995. Example: p = (.01, .04) by Bonferroni: (.02, .08), by
    Benjamini–Hochberg: (.02, .04).
    """
    tested = ~np.isnan(p)
    fixed = p.copy()
    if correction == "bonferroni":
        fixed[tested] = np.minimum(p[tested] * tested.sum(), 1.0)
    elif correction == "benjamini-hochberg" and tested.any():
        fixed[tested] = false_discovery_control(p[tested])
    return fixed
