"""Spread and variety: do synthetic people differ from one another as much as people do?"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from populace.analysis.estimate import rejected
from populace.scrutiny.ceiling import AHEAD, judge
from populace.scrutiny.comparison import LEAST_ANSWERS, Comparison, Profile
from populace.scrutiny.findings import (
    LEAST_RATIO,
    RATIO,
    Scored,
    Z,
    average,
    filled,
    of_all,
    of_each,
    spread,
    undecided,
)
from populace.scrutiny.report import Check
from populace.scrutiny.tolerances import MARGINS

GROUP = "variance"


def log_sd_ratio(variance_s: np.ndarray, variance_h: np.ndarray) -> np.ndarray:
    """ln(SD_s/SD_h) = ½ ln(Var_s/Var_h), not below ln .01.

    Assumption: none on the form of the distribution; intervals come from the bootstrap, since the normal-theory F
    interval is invalid on rating scales. Reference: docs/methods/variance.md.
    Example: variances 1 and 4: ½ ln .25 = −.693, a ratio of .5.
    """
    return np.log(np.maximum(_ratio(np.sqrt(variance_s), np.sqrt(variance_h)), LEAST_RATIO))


def geometric_mean(log_ratios: np.ndarray) -> float:
    """exp(mean of logarithms): ratios .5 and 2 average to 1.

    Reference: docs/methods/variance.md. Example: ln .5 and ln 2: exp(0) = 1.
    """
    return float(np.exp(np.mean(log_ratios)))


def entropy(shares: np.ndarray, n: float | np.ndarray) -> np.ndarray:
    """Shannon entropy in nats with the Miller–Madow correction: −Σp ln p + (K₊ − 1)/(2n), K₊ options in use.

    shares: (…, K). Assumption: n large against K. Reference: Miller 1955.
    Example: p = (.5, .5), n = 100: .693 + 1/200 = .698.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = -np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1.0)), 0.0).sum(axis=-1)
        correction = ((shares > 0).sum(axis=-1) - 1) / (2 * np.asarray(n))
        return np.where(np.isnan(shares).any(axis=-1), np.nan, plain + correction)


def log_entropy_ratio(shares_s: np.ndarray, n_s: np.ndarray, shares_h: np.ndarray, n_h: np.ndarray) -> np.ndarray:
    """ln(H_s/H_h), not below ln .01, of `entropy` on both sides.

    Reference: docs/methods/variance.md. Example: one option only against (.5, .5): ln .01 (the least shown).
    """
    return np.log(np.maximum(_ratio(entropy(shares_s, n_s), entropy(shares_h, n_h)), LEAST_RATIO))


def too_narrow(log_ratios: np.ndarray, errors: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Which questions are surely too narrow: one-sided z test of ln ratio < −margin, false discoveries held at 5 %.

    Reference: docs/methods/variance.md; Benjamini & Hochberg 1995.
    Example: ln ratios (−.5, −.2, −.01), standard errors .05, margin .15: z = −7, −1 and 2.8, so only the first.
    """
    beyond = log_ratios + margin
    z = np.divide(beyond, errors, out=np.zeros_like(log_ratios), where=errors > 0)
    return rejected(norm.cdf(z))


def maybe_narrow(log_ratios: np.ndarray, errors: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Which questions may be too narrow: the lower 95 % limit of the ln ratio is below −margin.

    Reference: docs/methods/variance.md.
    Example: ln ratios (−.5, −.2, −.01), standard errors .05, margin .15: limits −.6, −.3, −.11: the first two.
    """
    return log_ratios - Z * errors < -margin


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    over, under = np.broadcast_arrays(np.asarray(over, dtype=float), np.asarray(under, dtype=float))
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0)


def checks(comparison: Comparison) -> list[Check]:
    """Spread of questions with numbers, variety of nominal ones."""
    questions = comparison.questions
    varies = (comparison.profile("human").variance[0] > 0) & comparison.varied
    scored = np.flatnonzero(np.array([question.scored for question in questions]) & varies)
    nominal = np.array([not question.scored for question in questions]) & comparison.varied
    found: list[Check] = []
    if not len(scored) and any(question.scored for question in questions):
        reason = f"in no question did {LEAST_ANSWERS} people leave the most frequent answer"
        found += [undecided(check, GROUP, reason) for check in ("sd_ratio", "too_narrow")]
    if len(scored):
        spreads = _scored("sd_ratio", comparison, scored, _sd_ratios)
        names = [questions[j].name for j in scored]
        found += [of_all(spreads), _too_narrow(spreads), *of_each(spreads, names)]
    if nominal.any():
        index = np.flatnonzero(nominal)
        varieties = _scored("entropy_ratio", comparison, index, _entropy_ratios)
        found += [of_all(varieties), *of_each(varieties, [questions[j].name for j in index])]
    return found


def _sd_ratios(s: Profile, h: Profile, index: np.ndarray) -> np.ndarray:
    return log_sd_ratio(s.variance[:, index], h.variance[:, index])


def _entropy_ratios(s: Profile, h: Profile, index: np.ndarray) -> np.ndarray:
    columns = [log_entropy_ratio(s.shares[j], s.n[:, j], h.shares[j], h.n[:, j]) for j in index]
    return np.column_stack(columns)


def _scored(check: str, comparison: Comparison, index: np.ndarray, ratios) -> Scored:
    """Log ratios of the panel, of its resamples, of people, and of the baselines."""
    side = comparison.profile
    human = side("human")
    second = comparison.ceiling is not None
    people = ratios(side("ceiling"), human, index) if second else ratios(side("half a"), side("half b"), index)
    return Scored(
        check,
        GROUP,
        ratios(side("synthetic"), human, index)[0],
        ratios(side("synthetic boot"), side("human boot"), index),
        average(people),
        ratios(side("ceiling boot"), side("human boot"), index) if second else None,
        None if second else people,
        {name: ratios(side(f"baseline {name}"), human, index)[0] for name in comparison.baselines},
        RATIO,
        n=np.minimum(human.n[0, index], side("synthetic").n[0, index]),
    )


def _too_narrow(spreads: Scored) -> Check:
    """Share of questions whose spread is too narrow by more than the margin of a question, beside that in people.

    The least share are the questions that surely are, the largest those that may be: with few people nothing is sure
    and much may be, with many the two meet. A test against no narrowing at all would find every trifle in the end.
    """
    check, scope = "too_narrow", "all"
    margin = MARGINS["sd_ratio", "question"].delta
    errors = spread(filled(spreads.replicates, spreads.values))
    sure = too_narrow(spreads.values, errors, margin)
    maybe = maybe_narrow(spreads.values, errors, margin) | sure
    people = _narrow_among_people(spreads, margin)
    low, high = float(sure.mean()), float(maybe.mean())
    verdict = judge(low - people, high - people, MARGINS[check, scope], AHEAD, float(np.median(spreads.n)))
    words = (
        f"{sure.sum()} of {len(sure)} questions have a spread surely below the human one by more than "
        f"{1 - np.exp(-margin):.0%}, {maybe.sum()} may have, people against people {people:.1%}"
    )
    return Check(check, GROUP, scope, "all", low, low, high, people, None, verdict, {}, words)


def _narrow_among_people(spreads: Scored, margin: float) -> float:
    if spreads.ceiling_splits is None:
        errors = spread(filled(spreads.ceiling_replicates, spreads.ceiling))
        return float(too_narrow(spreads.ceiling, errors, margin).mean())
    errors, splits = spread(spreads.ceiling_splits), spreads.ceiling_splits
    return float(np.mean([too_narrow(filled(row, spreads.ceiling), errors, margin).mean() for row in splits]))
