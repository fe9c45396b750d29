"""How choices are measured: one logit for each side, its scale against people's, and how well it predicts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from populace.analysis.choice import ChoiceTasks
from populace.analysis.choice_logit import derivatives
from populace.analysis.choice_logit import task_probabilities as probabilities
from populace.analysis.conjoint import importance_shares
from populace.analysis.conjoint_fit import prior_covariance
from populace.analysis.hierarchical import hierarchical_logit, person_likelihood
from populace.scrutiny.choices_sides import Choices

__all__ = [
    "at_random",
    "coefficients",
    "distances",
    "Fit",
    "fit_of",
    "importance",
    "loss",
    "root_likelihoods",
    "scale_ratio",
]

#: precision of the weak prior that keeps coefficients finite where a panel never deviates
RIDGE = 1 / 9
#: Newton steps; a logit needs about six
_STEPS = 40


@dataclass(frozen=True, eq=False)
class Fit:
    """One logit for all respondents of a side."""

    #: (K,) coefficients
    beta: np.ndarray
    #: (K, K) covariance, robust and clustered by respondent
    covariance: np.ndarray
    #: (K, K) information of all choices at the coefficients
    information: np.ndarray


def fit_of(tasks: ChoiceTasks) -> Fit:
    """The logit of `coefficients` with its covariance, as `analysis.choice_logit.multinomial_logit` computes it.

    Two respondents or more.
    """
    beta = coefficients(tasks)
    _, scores, information = derivatives(tasks, beta)
    people = len(tasks.ids)
    summed = np.zeros((people, len(beta)))
    np.add.at(summed, tasks.persons, scores)
    inverse = np.linalg.inv(information + RIDGE * np.eye(len(beta)))
    covariance = inverse @ (summed.T @ summed) @ inverse * people / (people - 1)
    return Fit(beta, covariance, information)


def coefficients(tasks: ChoiceTasks) -> np.ndarray:
    """(K,) coefficients of one logit for all, under a weak normal prior of variance 9 that keeps them finite."""
    fitted = np.zeros(tasks.design.shape[1])
    for _ in range(_STEPS):
        _, scores, information = derivatives(tasks, fitted)
        slope = scores.sum(axis=0) - RIDGE * fitted
        step = np.linalg.solve(information + RIDGE * np.eye(len(fitted)), slope)
        fitted = fitted + step
        if step @ slope < 1e-10:
            break
    return fitted


def scale_ratio(ours: ChoiceTasks, theirs: ChoiceTasks, start: np.ndarray | None = None) -> float:
    """ln λ: how much more consistent the first choices are, if the utilities were the same, v = λ·x'β and x'β.

    β and λ together by maximum likelihood (Fisher scoring), from the coefficients of `theirs`. λ > 1: less noise.
    Reference: Swait & Louviere 1993. Example: logits of 1.099 against .549 in people: λ = 2, ln λ = .69.
    """
    beta, log_scale = coefficients(theirs) if start is None else start, 0.0
    for _ in range(_STEPS):
        scale = np.exp(log_scale)
        score, information = _scaled(theirs, beta, 1.0, False)
        more, other = _scaled(ours, beta, scale, True)
        score, information = score + more, information + other
        prior = RIDGE * np.append(np.ones(len(beta)), 1.0)
        slope = score - prior * np.append(beta, log_scale)
        step = np.linalg.solve(information + np.diag(prior), slope)
        step *= min(1.0, 1.0 / max(np.abs(step).max(), 1e-12))
        beta, log_scale = beta + step[:-1], float(np.clip(log_scale + step[-1], -4.0, 4.0))
        if np.abs(step).max() < 1e-7:
            break
    return log_scale


def _scaled(tasks: ChoiceTasks, beta: np.ndarray, scale: float, free: bool) -> tuple[np.ndarray, np.ndarray]:
    """Score (K + 1,) and information (K + 1, K + 1) of β and ln λ; without `free`, λ is not a parameter of these."""
    utility = tasks.design @ beta * scale
    design = np.column_stack([tasks.design * scale, utility * free])
    chances = probabilities(tasks, utility)
    expected = np.add.reduceat(chances[:, None] * design, tasks.starts)
    centred = design - expected[tasks.task_of_row]
    return (design[tasks.chosen] - expected).sum(axis=0), (centred * chances[:, None]).T @ centred


def loss(beta: np.ndarray, tasks: ChoiceTasks) -> float:
    """Mean −ln of the chance that a model gives to what was chosen."""
    chances = probabilities(tasks, tasks.design @ beta)[tasks.chosen]
    return float(-np.log(np.maximum(chances, 1e-300)).mean())


def importance(choices: Choices, beta: np.ndarray) -> np.ndarray:
    """(attributes,) shares of importance; items of a MaxDiff by their share of the spread of utilities."""
    if len(choices.attributes) > 1:
        return importance_shares(beta[None], choices.attributes)[0]
    spread = np.abs(choices.worths @ beta)
    return spread / max(spread.sum(), 1e-12)


def distances(choices: Choices, ours: ChoiceTasks, theirs: ChoiceTasks) -> np.ndarray:
    """(3,) ln of the scale ratio, 1 − r of part-worths, share of importance that lies elsewhere."""
    betas = [coefficients(side) for side in (ours, theirs)]
    worths = [choices.worths @ beta for beta in betas]
    flat = min(float(np.std(part)) for part in worths) < 1e-9
    r = 0.0 if flat else float(np.corrcoef(*worths)[0, 1])
    shares = [importance(choices, beta) for beta in betas]
    return np.array([scale_ratio(ours, theirs, betas[1]), 1 - r, float(np.abs(shares[0] - shares[1]).sum() / 2)])


def at_random(tasks: ChoiceTasks, rng: np.random.Generator) -> ChoiceTasks:
    """The same tasks, in each an alternative chosen at random."""
    return replace(tasks, chosen=tasks.starts + np.floor(rng.random(len(tasks.starts)) * tasks.sizes).astype(int))


def root_likelihoods(tasks: ChoiceTasks, choices: Choices, chain: tuple[int, int, int]) -> np.ndarray:
    """(n,) geometric mean of the chance that each person's own utilities give to what the person chose.

    `chain`: draws kept, sweeps before, sweeps between.
    """
    prior = prior_covariance(choices.attributes, choices.none)
    found = hierarchical_logit(tasks, prior, *chain, choices.seed % 2**32)
    return np.exp(person_likelihood(tasks, found.point) / np.bincount(tasks.persons, minlength=len(tasks.ids)))
