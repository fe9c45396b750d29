"""The multinomial logit of choice tasks, fitted by maximum likelihood. docs/methods/choice.md has the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populace.analysis.choice import ChoiceTasks
from populace.analysis.estimate import Estimate, normal_interval
from populace.errors import DataError
from populace.survey.names import listed

__all__ = ["derivatives", "LogitFit", "multinomial_logit", "task_probabilities"]

#: half the squared Newton step in units of the likelihood at which the maximum counts as found
TOLERANCE = 1e-16
#: Newton steps before giving up; a logit needs about six
MOST_STEPS = 100
#: information left in some direction, as a share of that at the start, below which a coefficient runs to infinity
LEAST_INFORMATION = 1e-7


@dataclass(frozen=True, eq=False)
class LogitFit:
    """A multinomial logit at its maximum."""

    #: names of the coefficients
    names: tuple[str, ...]
    #: (K,) coefficients
    coefficients: np.ndarray
    #: (K, K) covariance, robust and clustered by respondent
    covariance: np.ndarray
    #: log-likelihood at the maximum (weighted)
    log_likelihood: float
    #: log-likelihood of equal chances for all alternatives
    null_log_likelihood: float
    #: respondents with a positive weight
    n: int

    @property
    def errors(self) -> np.ndarray:
        """(K,) robust standard errors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def mcfadden(self) -> float:
        """1 − logL/logL₀ (McFadden 1974): 0 for guessing."""
        return 1 - self.log_likelihood / self.null_log_likelihood

    def estimate(self, name: str) -> Estimate:
        """One coefficient with its 95 % interval."""
        k = self.names.index(name)
        return normal_interval(self.coefficients[k], float(self.errors[k]), self.n)


def task_probabilities(tasks: ChoiceTasks, utilities: np.ndarray) -> np.ndarray:
    """(rows,) chance of every alternative within its task: exp(v) / Σ exp(v).

    Example: two alternatives with utilities 0 and ln 3: chances ¼ and ¾.
    """
    top = np.maximum.reduceat(utilities, tasks.starts)
    powers = np.exp(utilities - top[tasks.task_of_row])
    return powers / np.add.reduceat(powers, tasks.starts)[tasks.task_of_row]


def multinomial_logit(tasks: ChoiceTasks) -> LogitFit:
    """Coefficients β that make the choices most likely, P(j) = exp(x_j'β) / Σ_k exp(x_k'β), by Newton's method.

    Covariance: H⁻¹ (Σ_g s_g s_g') H⁻¹ · G/(G − 1), with s_g the summed scores of respondent g: honest when a person
    answers several tasks and when weights differ. Assumption: independence of irrelevant alternatives within a task.
    References: McFadden 1974; Train 2009, chapter 3; Cameron & Miller 2015.
    Example: one column, 1 for A and 0 for B, of 40 people 30 chose A: β = ln 3 = 1.099, SE = √(1/30 + 1/10) = .365
    (times √(40/39)).
    Raises `DataError` where no finite β exists: a column that never varies within a task, or choices that a column
    predicts without exception.
    """
    people = len(np.unique(tasks.persons[tasks.weights > 0]))
    if people < 2:
        raise DataError(f"choices of {people} respondents; expected two or more with a positive weight: ask more")
    fitted, information, scores, likelihood = _maximum(tasks)
    inverse = np.linalg.inv(information)
    by_person = _sums(scores, tasks.persons, len(tasks.ids))
    covariance = inverse @ (by_person.T @ by_person) @ inverse * people / (people - 1)
    null = float(-(tasks.weights * np.log(tasks.sizes)).sum())
    return LogitFit(tasks.names, fitted, covariance, likelihood, null, people)


def _maximum(tasks: ChoiceTasks) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """β at the maximum, information (K, K), scores (T, K) and log-likelihood there."""
    fitted = np.zeros(tasks.design.shape[1])
    likelihood, scores, information = derivatives(tasks, fitted)
    _check_identified(tasks, information)
    start = information
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(information, scores.sum(axis=0))
        if step @ scores.sum(axis=0) / 2 < TOLERANCE:
            return fitted, information, scores, likelihood
        fitted, (likelihood, scores, information) = _uphill(tasks, fitted, step, likelihood)
        _check_finite(tasks, start, information)
    raise DataError(f"the logit did not converge in {MOST_STEPS} steps: leave attributes out, or merge rare levels")


def _uphill(tasks: ChoiceTasks, fitted: np.ndarray, step: np.ndarray, likelihood: float) -> tuple:
    """A step that does not lower the likelihood: the full one, or a half of it, and so on."""
    for halving in range(40):
        trial = fitted + step * 0.5**halving
        found = derivatives(tasks, trial)
        if found[0] >= likelihood - 1e-9 * abs(likelihood):
            break
    return trial, found


def derivatives(tasks: ChoiceTasks, coefficients: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Weighted log-likelihood, its scores by task (T, K), and the information matrix (K, K)."""
    chances = task_probabilities(tasks, tasks.design @ coefficients)
    expected = np.add.reduceat(chances[:, None] * tasks.design, tasks.starts)
    scores = tasks.weights[:, None] * (tasks.design[tasks.chosen] - expected)
    centred = tasks.design - expected[tasks.task_of_row]
    information = (centred * (chances * tasks.weights[tasks.task_of_row])[:, None]).T @ centred
    with np.errstate(divide="ignore"):
        likelihood = float((tasks.weights * np.log(np.maximum(chances[tasks.chosen], 1e-300))).sum())
    return likelihood, scores, information


def _check_identified(tasks: ChoiceTasks, information: np.ndarray) -> None:
    """Every column varies within tasks, and none follows from the others."""
    spread = np.sqrt(np.diag(information))
    constant = [name for name, size in zip(tasks.names, spread, strict=True) if size <= 1e-12 * (1 + spread.max())]
    if constant:
        raise DataError(
            f"{listed(constant)} is the same for all alternatives of every task; expected attributes that differ "
            "within a task: leave it out"
        )
    values, vectors = np.linalg.eigh(information / np.outer(spread, spread))
    if values[0] < 1e-9:
        together = [tasks.names[k] for k in np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)]
        raise DataError(
            f"the effects of {listed(together)} cannot be told apart: within tasks one follows from the others; "
            "expected a design in which they vary independently: leave one out"
        )


def _check_finite(tasks: ChoiceTasks, start: np.ndarray, information: np.ndarray) -> None:
    """No direction in which the likelihood still rises at infinity (perfect separation)."""
    spread = np.sqrt(np.diag(start))
    root = np.linalg.inv(np.linalg.cholesky(start / np.outer(spread, spread)))
    values, vectors = np.linalg.eigh(root @ (information / np.outer(spread, spread)) @ root.T)
    if values[0] < LEAST_INFORMATION:
        direction = np.abs(root.T @ vectors[:, 0])
        raise DataError(
            f"{tasks.names[int(direction.argmax())]!r} predicts the choices without exception, so that its effect has "
            "no finite estimate; expected some choices against it: collect more choices, merge the level with "
            "another, or use the hierarchical method, which shrinks it"
        )


def _sums(values: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros((size, values.shape[1]))
    np.add.at(total, groups, values)
    return total
