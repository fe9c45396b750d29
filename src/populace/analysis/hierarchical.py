"""Hierarchical logit: part-worths of every person, each drawn towards what people have in common.

β_i ~ N(μ, Σ) over people, and a multinomial logit within a person. People with little information are drawn towards
μ, people with much keep their own. Estimated by Gibbs sampling with Metropolis steps for β_i.
Plain arrays in and out; nothing here knows a data set.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import invwishart

from populace.analysis.choice import ChoiceTasks
from populace.analysis.choice_logit import derivatives, task_probabilities
from populace.errors import DataError

__all__ = ["hierarchical_logit", "Hierarchy", "person_likelihood", "split_rhat"]

#: degrees of freedom of the prior of Σ beyond the number of coefficients
EXTRA_DF = 5
#: acceptance rates that step sizes are tuned to: of a person's Langevin step, and of moves of everybody
ACCEPTED, ACCEPTED_TOGETHER = 0.57, 0.3
#: sweeps between two renewals of the proposals while the chain warms up
RENEWAL = 50
#: variance of the weak normal prior that keeps the starting values finite
START_VARIANCE = 9.0


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Draws from the posterior distribution of everybody's coefficients."""

    #: (D, n, K) coefficients of people, in draws of the chain
    draws: np.ndarray
    #: (D, K) mean μ of the population
    means: np.ndarray
    #: (K, K) posterior mean of the covariance Σ between people
    covariance: np.ndarray
    #: share of accepted steps after the warm-up
    acceptance: float
    #: largest split R̂ of μ: near 1 when the chain has settled
    rhat: float

    @property
    def point(self) -> np.ndarray:
        """(n, K) posterior means of people."""
        return self.draws.mean(axis=0, dtype=np.float64)


def hierarchical_logit(
    tasks: ChoiceTasks, prior: np.ndarray, draws: int = 300, burn: int = 1500, thin: int = 5, seed: int = 1
) -> Hierarchy:
    """Gibbs sampling of the hierarchical logit, `draws` kept of `burn` + `draws`·`thin` sweeps.

    One sweep: β_i by a Langevin step (Roberts & Tweedie 1996) shaped like (H_i + Σ⁻¹)⁻¹, H_i the information of
    person i's tasks (shape and step are tuned in the warm-up and then fixed); two moves of everybody together, which
    let the chain settle sooner; μ ~ N(mean β, Σ/n) (flat prior); Σ ~ inverse Wishart with K + 5 degrees of freedom and
    prior mean `prior` (K, K).
    Assumption: utilities are normal over people. Weights are not used here: they enter where people are averaged.
    References: Rossi, Allenby & McCulloch 2005, chapter 5; Train 2009, chapter 12.
    Raises `DataError` for fewer than two people.
    """
    people, size = len(tasks.ids), tasks.design.shape[1]
    if people < 2:
        raise DataError(f"choices of {people} respondent; the hierarchical method needs two or more: ask more people")
    rng = np.random.default_rng(seed)
    chain = _Chain(tasks, prior, rng)
    for sweep in range(burn):
        if sweep % RENEWAL == 0:
            chain.renew()
        chain.sweep(tune=1 / (1 + sweep / 20) ** 0.6)
    chain.accepted = chain.proposed = 0
    kept, means, total = np.empty((draws, people, size), dtype=np.float32), np.empty((draws, size)), 0.0
    for draw in range(draws):
        for _ in range(thin):
            chain.sweep()
        kept[draw], means[draw] = chain.beta, chain.mean
        total = total + chain.covariance
    return Hierarchy(kept, means, total / draws, chain.accepted / chain.proposed, split_rhat(means))


def person_likelihood(tasks: ChoiceTasks, coefficients: np.ndarray) -> np.ndarray:
    """(N,) log-likelihood of each person's choices under their own coefficients (N, K)."""
    utilities = np.einsum("rk,rk->r", tasks.design, coefficients[tasks.persons[tasks.task_of_row]])
    chances = task_probabilities(tasks, utilities)[tasks.chosen]
    return np.bincount(tasks.persons, np.log(np.maximum(chances, 1e-300)), minlength=len(tasks.ids))


def split_rhat(draws: np.ndarray) -> float:
    """Largest R̂ over the columns of (D, K) draws, first half of the chain against the second.

    Formula: √(((h − 1)/h·W + B/h)/W), h draws a half, W the mean variance within halves, B h times the variance of
    their means. Reference: Gelman et al. 2013, section 11.4. Example: two halves alike: √((h − 1)/h), just below 1.
    """
    half = len(draws) // 2
    halves = np.stack([draws[:half], draws[half : 2 * half]])
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = half * halves.mean(axis=1).var(axis=0, ddof=1)
    ratio = ((half - 1) / half * within + between / half) / np.maximum(within, 1e-300)
    return float(np.sqrt(ratio.max()))


class _Chain:
    """The state of the sampler."""

    def __init__(self, tasks: ChoiceTasks, prior: np.ndarray, rng: np.random.Generator):
        self.tasks, self.rng = tasks, rng
        self.people, self.size = len(tasks.ids), tasks.design.shape[1]
        self.rivals, self.padding = _rivals(tasks)
        start = _start(tasks)
        self.beta = np.tile(start, (self.people, 1))
        self.mean, self.covariance = start, prior.copy()
        self.df = self.size + EXTRA_DF
        self.scale = prior * (self.df - self.size - 1)
        self.information = _informations(tasks, start)
        self.steps = np.full(self.people, 1.65 / self.size ** (1 / 6))
        self.shift_root = np.linalg.cholesky(np.linalg.inv(self.information.sum(axis=0) + np.linalg.inv(prior)))
        self.shift_step = self.stretch_step = 2.4 / np.sqrt(self.size)
        self.likelihood, self.slope = self._likelihood(self.beta)
        self.accepted = self.proposed = 0

    def renew(self) -> None:
        """Shapes of the proposals from the present Σ."""
        shape = np.linalg.inv(self.information + np.linalg.inv(self.covariance))
        self.roots = np.linalg.cholesky((shape + shape.transpose(0, 2, 1)) / 2)

    def sweep(self, tune: float = 0.0) -> None:
        """One draw of everything; `tune` moves step sizes towards the wanted acceptance."""
        self.steps *= np.exp(tune * (self._move() - ACCEPTED))
        self.shift_step *= np.exp(tune * (self._shift() - ACCEPTED_TOGETHER))
        self.stretch_step *= np.exp(tune * (self._stretch() - ACCEPTED_TOGETHER))
        centre = self.beta.mean(axis=0)
        root = np.linalg.cholesky(self.covariance / self.people)
        self.mean = centre + root @ self.rng.standard_normal(self.size)
        around = self.beta - self.mean
        drawn = invwishart.rvs(self.df + self.people, self.scale + around.T @ around, random_state=self.rng)
        self.covariance = np.atleast_2d(drawn)

    def _move(self) -> np.ndarray:
        """Langevin step for everybody at once; returns (n,) chances of acceptance."""
        inverse, step = np.linalg.inv(self.covariance), self.steps[:, None]
        noise = self.rng.standard_normal((self.people, self.size))
        pull = self._pull(self.slope, self.beta, inverse)
        trial = self.beta + step * _times(self.roots, step / 2 * pull + noise)
        likelihood, slope = self._likelihood(trial)
        back = noise + step / 2 * (pull + self._pull(slope, trial, inverse))
        gain = (
            likelihood - self.likelihood + _prior(trial - self.mean, inverse) - _prior(self.beta - self.mean, inverse)
        )
        chance = np.exp(np.minimum(gain + ((noise**2).sum(axis=1) - (back**2).sum(axis=1)) / 2, 0.0))
        moved = self.rng.random(self.people) < chance
        self.beta, self.slope = (np.where(moved[:, None], *pair) for pair in ((trial, self.beta), (slope, self.slope)))
        self.likelihood = np.where(moved, likelihood, self.likelihood)
        self.accepted += int(moved.sum())
        self.proposed += self.people
        return chance

    def _pull(self, slope: np.ndarray, beta: np.ndarray, inverse: np.ndarray) -> np.ndarray:
        """(n, K) gradient of the log posterior, in the coordinates of the proposals."""
        return _times(self.roots.transpose(0, 2, 1), slope - (beta - self.mean) @ inverse)

    def _shift(self) -> float:
        """Everybody and μ moved by one vector: the prior is the same, so only the likelihood decides."""
        by = self.shift_step * self.shift_root @ self.rng.standard_normal(self.size)
        return self._together(self.beta + by, self.mean + by, self.covariance, 0.0)

    def _stretch(self) -> float:
        """Everybody and μ multiplied, coefficient by coefficient, and Σ with them.

        With factors c = exp(e): Δ log prior + log Jacobian = (1 − ν) Σe − ½[tr(V(CΣC)⁻¹) − tr(VΣ⁻¹)], ν and V those
        of the inverse Wishart prior (Liu & Sabatti 2000: moves along a group).
        """
        by = self.stretch_step * self.rng.standard_normal(self.size) / np.sqrt(2 * self.people)
        factors = np.exp(by)
        covariance = self.covariance * np.outer(factors, factors)
        inverse, before = np.linalg.inv(covariance), np.linalg.inv(self.covariance)
        gain = (1 - self.df) * by.sum() - 0.5 * (self.scale * (inverse - before)).sum()
        return self._together(self.beta * factors, self.mean * factors, covariance, gain)

    def _together(self, beta: np.ndarray, mean: np.ndarray, covariance: np.ndarray, gain: float) -> float:
        """Accept or reject a move of everybody; returns its chance."""
        likelihood, slope = self._likelihood(beta)
        chance = float(np.exp(min(0.0, likelihood.sum() - self.likelihood.sum() + gain)))
        if self.rng.random() < chance:
            self.beta, self.mean, self.covariance = beta, mean, covariance
            self.likelihood, self.slope = likelihood, slope
        return chance

    def _likelihood(self, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) log-likelihood of everybody's choices, −Σ ln(1 + Σ_j exp(v_j − v_chosen)), and its gradient (n, K)."""
        rivals = _times(self.rivals, beta).reshape(self.padding.shape) + self.padding
        powers = np.exp(np.minimum(rivals, 700.0))
        total = 1 + powers.sum(axis=1)
        chances = (powers / total[:, None, :]).reshape(self.people, -1)
        return -np.log(total).sum(axis=1), -_times(self.rivals.transpose(0, 2, 1), chances)


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(n, p) products of (n, p, q) matrices and (n, q) vectors."""
    return (matrices @ vectors[:, :, None])[:, :, 0]


def _rivals(tasks: ChoiceTasks) -> tuple[np.ndarray, np.ndarray]:
    """Alternatives not chosen less the chosen one, in blocks of one size: (n, (J − 1)·T, K), and (n, J − 1, T) padding.

    The padding is 0 where an alternative was shown and −∞ where the block is only filled up.
    """
    people, size = len(tasks.ids), tasks.design.shape[1]
    place = np.arange(len(tasks.persons)) - np.searchsorted(tasks.persons, np.arange(people))[tasks.persons]
    task = np.delete(tasks.task_of_row, tasks.chosen)
    rank = np.arange(len(task)) - np.searchsorted(task, np.arange(len(tasks.starts)))[task]
    where = (tasks.persons[task], rank, place[task])
    blocks = np.zeros((people, int(rank.max()) + 1, int(place.max()) + 1, size))
    padding = np.full(blocks.shape[:3], -np.inf)
    blocks[where] = np.delete(tasks.design, tasks.chosen, axis=0) - tasks.design[tasks.chosen[task]]
    padding[where] = 0.0
    return blocks.reshape(people, -1, size), padding


def _start(tasks: ChoiceTasks) -> np.ndarray:
    """Coefficients common to all, under a weak normal prior so that they are finite whatever the choices."""
    fitted, ridge = np.zeros(tasks.design.shape[1]), np.eye(tasks.design.shape[1]) / START_VARIANCE
    for _ in range(25):
        _, scores, information = derivatives(tasks, fitted)
        fitted = fitted + np.linalg.solve(information + ridge, scores.sum(axis=0) - ridge @ fitted)
    return fitted


def _informations(tasks: ChoiceTasks, coefficients: np.ndarray) -> np.ndarray:
    """(n, K, K) information of each person's tasks at common coefficients."""
    chances = task_probabilities(tasks, tasks.design @ coefficients)
    expected = np.add.reduceat(chances[:, None] * tasks.design, tasks.starts)
    centred = (tasks.design - expected[tasks.task_of_row]) * np.sqrt(chances)[:, None]
    found = np.zeros((len(tasks.ids), len(coefficients), len(coefficients)))
    bounds = np.searchsorted(tasks.persons[tasks.task_of_row], np.arange(len(tasks.ids) + 1))
    for person, (low, high) in enumerate(pairwise(bounds)):
        found[person] = centred[low:high].T @ centred[low:high]
    return found


def _prior(distance: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    return -0.5 * np.einsum("nk,nk->n", distance @ inverse, distance)
