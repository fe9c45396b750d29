"""Regressions: the same key drivers, as predictable as people, the same coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from populace.analysis.decomposition import shapley
from populace.analysis.estimate import rejected
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import RATIO, SHARE, Scale, Z, not_judged, undecided
from populace.scrutiny.matched import LEAST_PERSONS, measured, of_matched, part_size, related_items
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations

GROUP = "regressions"
#: most drivers of an outcome: those most strongly linked with it among people
MOST_DRIVERS = 8
#: questions a regression needs besides the outcome
LEAST_DRIVERS = 3
#: most outcomes
MOST_OUTCOMES = 5
#: persons in a part for every driver below which regressions are left open
PERSONS_A_DRIVER = 12
#: share of an outcome that drivers explain among people, below which there is nothing to divide
LEAST_R2 = 0.05
#: shown is the rank correlation, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))
#: the same for shares
SIMILARITY = Scale(lambda lack: 1 - lack, bounds=(0.0, 1.0))

_NAMES = (
    "driver_shares", "driver_ranks", "r2_ratio", "sign_flips", "coefficients", "coefficient_coverage",
    "interval_overlap",
)  # fmt: skip


def share_distance(first: np.ndarray, second: np.ndarray) -> float:
    """½Σ|difference| of (p,) importances, each as a share of its sum; even shares where nothing is explained.

    Example: (.2, .2) and (.3, .1): shares (.5, .5) and (.75, .25): .25.
    """
    shares = [part / part.sum() if part.sum() > 1e-9 else np.full(len(part), 1 / len(part)) for part in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's ρ of (p,) importances; 0 where all are equal. Example: (1, 2, 3) and (1, 3, 2): .5."""
    ranks = [rankdata(part) - (len(part) + 1) / 2 for part in (first, second)]
    scale = np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float(ranks[0] @ ranks[1] / scale) if scale > 0 else 0.0


def adjusted(r2: float, n: float, predictors: int) -> float:
    """R² less what chance explains, 1 − (1 − R²)(n − 1)/(n − q − 1), at least .001 (Ezekiel 1930).

    Example: R² = .10, n = 101, q = 4: .0625.
    """
    return max(1 - (1 - r2) * (n - 1) / max(n - predictors - 1, 1.0), 0.001)


@dataclass(frozen=True)
class Fit:
    """One regression on one part of one side."""

    #: (p,) LMG importances, which sum to R²
    importances: np.ndarray
    #: R² corrected for the number of drivers
    r2: float
    #: (p,) coefficients, in scale points of the outcome for one point of the driver
    slopes: np.ndarray
    #: (p,) their standard errors
    errors: np.ndarray


def fit(matrix: np.ndarray, spreads: np.ndarray, n: float) -> Fit:
    """Regression of the last variable on the others, from (p + 1, p + 1) correlations, spreads and effective n.

    Standard errors are those of least squares: √((1 − R²)/(n − p − 1) · diag(R⁻¹)) in standard units.
    Example: one driver, r = .6, n = 102, spreads 1: slope .6, error √(.64/100) = .08.
    """
    p = len(matrix) - 1
    inverse = np.linalg.inv(matrix[:p, :p] + 1e-6 * np.eye(p))
    slopes = inverse @ matrix[:p, p]
    r2 = float(np.clip(slopes @ matrix[:p, p], 0.0, 1.0))
    errors = np.sqrt((1 - r2) / max(n - p - 1, 1.0) * np.diag(inverse))
    # a question without any variation has no slope, and its error has no limit
    scale = np.where(spreads[:p] > 0, spreads[p], 0.0) / np.where(spreads[:p] > 0, spreads[:p], 1.0)
    importances = np.maximum(shapley(matrix[None])[0], 0.0)
    return Fit(importances, adjusted(r2, n, p), slopes * scale, np.where(scale > 0, errors * scale, np.inf))


def coefficient_coverage(slopes: np.ndarray, others: np.ndarray, errors: np.ndarray) -> float:
    """Share of `others`' 95 % intervals that hold `slopes`; (p,) each, errors those of `others`.

    Reference: methods of synthetic-data inference (Raab, Nowok & Dibben 2016). Two samples of one size are covered
    83 % of the time. Example: slopes (.1, .9), others (.2, .2), errors .1: the first is within .196, so .5.
    """
    return float(np.mean(np.abs(slopes - others) <= Z * errors))


def interval_overlap(slopes: np.ndarray, errors: np.ndarray, others: np.ndarray, their_errors: np.ndarray) -> float:
    """Mean share of the 95 % intervals of two sides that lies in both: ½(common/own + common/theirs), 0 where apart.

    Reference: Karr et al. 2006. Coefficients without an error (no variation) have no overlap.
    Example: intervals 0 to 4 and 2 to 4: common 2, ½(2/4 + 2/2) = .75.
    """
    known = np.isfinite(errors) & np.isfinite(their_errors)
    # where answers explain one another wholly, intervals have hardly any length, and still some
    half, theirs = (np.where(known, np.maximum(Z * side, 1e-9), 1.0) for side in (errors, their_errors))
    common = np.minimum(slopes + half, others + theirs) - np.maximum(slopes - half, others - theirs)
    share = np.maximum(common, 0.0) * (1 / (2 * half) + 1 / (2 * theirs)) / 2
    return float(np.where(known, share, 0.0).mean())


def checks(comparison: Comparison) -> list[Check]:
    """Drivers of the chosen outcomes: shares, order, strength and coefficients."""
    index = related_items(comparison, "regressions")
    models, why = models_or_why(comparison, index, _NAMES)
    if not models:
        return why
    found = measured(
        comparison, "regressions", index, lambda one, two: _distances(_fits(one, models), _fits(two, models))
    )
    said = outcomes_of(comparison, index, models)
    scales = (SHARE, AGREEMENT, RATIO, SHARE, SHARE, SIMILARITY, SIMILARITY)
    # how often signs turn and coefficients differ says little where answers are unrelated: they are small then
    powered = (True, True, False, False, False, False, False)
    return [
        of_matched(name, GROUP, found.column(i), comparison, scale, said, needs)
        for i, (name, scale, needs) in enumerate(zip(_NAMES, scales, powered, strict=True))
    ]


def models_or_why(
    comparison: Comparison, index: np.ndarray, names: Sequence[str]
) -> tuple[list[np.ndarray], list[Check]]:
    """Regressions that people's answers to `index` offer; without any, why the checks of these names are not made."""
    if len(index) <= LEAST_DRIVERS:
        reason = f"{len(index)} questions with numbers that most answered; a regression needs {LEAST_DRIVERS + 1}"
        return [], [not_judged(name, GROUP, reason) for name in names]
    size = part_size(comparison)
    if size < max(LEAST_PERSONS, PERSONS_A_DRIVER * min(MOST_DRIVERS, len(index) - 1)):
        reason = f"parts of {size} persons; {PERSONS_A_DRIVER} a driver are needed"
        return [], [undecided(name, GROUP, reason) for name in names]
    human = comparison.human.columns(index)
    models = chosen_models(_matrix(human), [comparison.questions[j] for j in index])
    reason = f"no question of these people is explained by others to {LEAST_R2:.0%}"
    return models, [] if models else [undecided(name, GROUP, reason) for name in names]


def outcomes_of(comparison: Comparison, index: np.ndarray, models: Sequence[np.ndarray]) -> str:
    """What is explained, in words."""
    outcomes = ", ".join(comparison.questions[index[model[-1]]].name for model in models)
    return f"{len(models)} outcome{'s' * (len(models) > 1)} ({outcomes})"


def chosen_models(matrix: np.ndarray, questions: list[Question]) -> list[np.ndarray]:
    """Drivers and, last, the outcome of every regression; people's answers alone decide.

    The outcome is the question of a battery (or of all, without batteries) with the strongest links to all others; its
    drivers are the questions most strongly linked with it. The most predictable outcomes come first.
    """
    # least of all is a question its own driver
    links = np.abs(matrix) - 2 * np.eye(len(matrix))
    names = [question.battery for question in questions]
    groups = {name: [i for i, own in enumerate(names) if own == name] for name in dict.fromkeys(names) if name}
    candidates = [group for group in groups.values() if len(group) > LEAST_DRIVERS] or [list(range(len(matrix)))]
    found = []
    for group in candidates:
        outcome = max(group, key=lambda i: links[i].sum())
        drivers = np.sort(np.argsort(-links[outcome], kind="stable")[: min(MOST_DRIVERS, len(matrix) - 1)])
        model = np.append(drivers, outcome)
        r2 = fit(matrix[np.ix_(model, model)], np.ones(len(model)), 1e9).r2
        if r2 >= LEAST_R2:
            found.append((r2, model))
    return [model for _, model in sorted(found, key=lambda pair: -pair[0])[:MOST_OUTCOMES]]


def _matrix(sample: Sample) -> np.ndarray:
    return correlations(sample.scores, sample.point)[0]


def _fits(sample: Sample, models: list[np.ndarray]) -> list[Fit]:
    matrix, spreads = _matrix(sample), _spreads(sample)
    known = ~np.isnan(sample.scores)
    share = sample.effective_n / sample.n
    return [
        fit(matrix[np.ix_(model, model)], spreads[model], share * float(known[:, model].sum(axis=0).min()))
        for model in models
    ]


def _spreads(sample: Sample) -> np.ndarray:
    known = ~np.isnan(sample.scores)
    weights = sample.weights[:, None] * known
    total = np.maximum(weights.sum(axis=0), 1e-12)
    values = np.where(known, sample.scores, 0.0)
    mean = (weights * values).sum(axis=0) / total
    return np.sqrt((weights * np.where(known, values - mean, 0.0) ** 2).sum(axis=0) / total)


def _distances(ours: list[Fit], theirs: list[Fit]) -> np.ndarray:
    """(7,) means over outcomes in the order of `_NAMES`."""
    pairs = list(zip(ours, theirs, strict=True))
    slopes, others = (np.concatenate([fit.slopes for fit in side]) for side in (ours, theirs))
    own, their = (np.concatenate([fit.errors for fit in side]) for side in (ours, theirs))
    errors = np.hypot(own, their)
    z = np.where(np.isfinite(errors), (slopes - others) / np.clip(errors, 1e-9, 1e9), 0.0)
    return np.array([
        np.mean([share_distance(one.importances, two.importances) for one, two in pairs]),
        np.mean([1 - rank_correlation(one.importances, two.importances) for one, two in pairs]),
        np.mean([np.log(one.r2 / two.r2) for one, two in pairs]),
        np.mean(slopes * others < 0),
        np.mean(rejected(2 * norm.sf(np.abs(z)))),
        1 - coefficient_coverage(slopes, others, their),
        1 - interval_overlap(slopes, own, others, their),
    ])  # fmt: skip
