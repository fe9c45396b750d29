"""Utilities of people from their choices, hierarchical or one logit for all, and how well they predict unseen ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from populace.analysis.choice import NONE, Attribute, ChoiceTasks
from populace.analysis.choice_logit import multinomial_logit, task_probabilities
from populace.analysis.choice_people import clustered_mean
from populace.analysis.estimate import Estimate
from populace.analysis.hierarchical import hierarchical_logit, person_likelihood

__all__ = ["fitted", "held_out", "Holdout", "prior_covariance", "SETTLED", "Utilities"]

#: simulated values of the coefficients behind the intervals of a plain logit (Krinsky & Robb 1986)
SIMULATED = 4000
#: tasks a person needs before one can be held out
LEAST_TASKS = 3
#: R̂ above which a chain is said not to have settled
SETTLED = 1.1


@dataclass(frozen=True, eq=False)
class Utilities:
    """Coefficients of people (or of all people together, n = 1) with their uncertainty."""

    #: (n,) respondent ids; empty when the coefficients are common to all
    ids: tuple[str, ...]
    #: (n, K) point estimates
    point: np.ndarray
    #: (D, n, K) draws
    draws: np.ndarray
    #: (D, n) weights of people in each draw, sum 1: survey weights, times chance where people are a sample
    weights: np.ndarray
    #: respondents behind it
    n: int

    def estimate(self, statistic: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """(D, m) and (m,) : `statistic` of coefficients (n, K) and weights (n,) in every draw, and its point value.

        With people of their own the point is the mean over draws, which counts the spread between people in full; the
        spread of the point estimates is shrunken. Without, it is the statistic of the point estimate.
        """
        values = np.array([statistic(b.astype(float), w) for b, w in zip(self.draws, self.weights, strict=True)])
        return values, (values.mean(axis=0) if self.ids else statistic(self.point, np.ones(1)))


@dataclass(frozen=True)
class Holdout:
    """How well choices that the fit had not seen were predicted."""

    #: share of held-out choices that were the alternative of highest utility
    hits: Estimate
    #: share expected of a guess
    chance: float
    #: geometric mean of the predicted chance of what was chosen (root likelihood)
    likelihood: Estimate
    #: tasks held out
    tasks: int


def fitted(
    tasks: ChoiceTasks, method: str, attributes: Sequence[Attribute], draws: int, burn: int, thin: int, seed: int
) -> tuple[Utilities, np.ndarray, list[str]]:
    """Utilities, root likelihoods, and remarks on the fit."""
    rng = np.random.default_rng(seed)
    if method == "logit":
        return _pooled(tasks, rng)
    chain = hierarchical_logit(tasks, prior_covariance(attributes, tasks.names[-1] == NONE), draws, burn, thin, seed)
    counts = np.bincount(tasks.persons, minlength=len(tasks.ids))
    weights = np.bincount(tasks.persons, tasks.weights, minlength=len(tasks.ids)) / counts
    # people are a sample: the Bayesian bootstrap (Rubin 1981) adds that to every draw
    chance = weights * rng.exponential(size=(draws, len(weights)))
    fit = np.exp(person_likelihood(tasks, chain.point) / counts)
    found = Utilities(tasks.ids, chain.point, chain.draws, chance / chance.sum(axis=1, keepdims=True), len(tasks.ids))
    unsettled = chain.rhat > SETTLED
    remark = f"The chain has not settled (R̂ {chain.rhat:.2f}; expected below {SETTLED}): raise `burn` and `thin`."
    return found, fit, [remark] if unsettled else []


def _pooled(tasks: ChoiceTasks, rng: np.random.Generator) -> tuple[Utilities, np.ndarray, list[str]]:
    fit = multinomial_logit(tasks)
    draws = rng.multivariate_normal(fit.coefficients, fit.covariance, SIMULATED, method="svd")
    root = np.exp(fit.log_likelihood / tasks.weights.sum())
    found = Utilities((), fit.coefficients[None], draws[:, None], np.ones((SIMULATED, 1)), fit.n)
    return found, np.array([root]), [f"McFadden's R² {fit.mcfadden:.3f}."]


def prior_covariance(attributes: Sequence[Attribute], none: bool) -> np.ndarray:
    """(K, K) prior covariance between people: 1 for every part-worth, the same for all levels whatever the coding."""
    matrix = np.zeros((sum(a.width for a in attributes) + none,) * 2)
    column = 0
    for attribute in attributes:
        here = slice(column, column + attribute.width)
        matrix[here, here] = np.eye(attribute.width) - (1 / len(attribute.levels) if attribute.levels else 0)
        column += attribute.width
    if none:
        matrix[-1, -1] = 1.0
    return matrix


def held_out(tasks: ChoiceTasks, holdout: int, settings: tuple) -> tuple[Holdout | None, list[str]]:
    """Prediction of tasks that a first fit did not see."""
    if holdout <= 0:
        return None, []
    counts = np.bincount(tasks.persons, minlength=len(tasks.ids))
    if counts.min() < holdout + LEAST_TASKS - 1:
        few = f"{int(counts.min())} tasks"
        return None, [f"Nothing was held out: some people have only {few}, too few to spare {holdout}."]
    kept = _spared(tasks, holdout, settings[-1])
    found, _, _ = fitted(tasks.take(kept), *settings)
    return _predicted(tasks.take(~kept), found), []


def _spared(tasks: ChoiceTasks, holdout: int, seed: int) -> np.ndarray:
    """(T,) False for `holdout` tasks of every person, drawn at random."""
    order = np.lexsort((np.random.default_rng(seed).random(len(tasks.persons)), tasks.persons))
    rank = np.arange(len(order)) - np.searchsorted(tasks.persons, tasks.persons)
    kept = np.ones(len(order), dtype=bool)
    kept[order[rank < holdout]] = False
    return kept


def _predicted(tasks: ChoiceTasks, utilities: Utilities) -> Holdout:
    """Hits and likelihood of choices, averaged over the draws of every person."""
    person = tasks.persons[tasks.task_of_row] if utilities.ids else np.zeros(len(tasks.design), dtype=int)
    chances = np.zeros(len(tasks.design))
    draws = utilities.draws if utilities.ids else utilities.point[None]
    for draw in draws:
        chances += task_probabilities(tasks, np.einsum("rk,rk->r", tasks.design, draw[person])) / len(draws)
    best = np.maximum.reduceat(chances, tasks.starts)
    hits = (chances[tasks.chosen] >= best).astype(float)
    rate = clustered_mean(hits, tasks.weights, tasks.persons, (0.0, 1.0))
    log = clustered_mean(np.log(np.maximum(chances[tasks.chosen], 1e-300)), tasks.weights, tasks.persons)
    likelihood = Estimate(*(float(np.exp(x)) for x in (log.value, log.low, log.high)), log.n)
    return Holdout(rate, float(np.average(1 / tasks.sizes, weights=tasks.weights)), likelihood, len(tasks.starts))
