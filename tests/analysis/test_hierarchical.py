"""Utilities of every person by the hierarchical logit."""

import numpy as np
import pytest

from populace.analysis.choice import ChoiceTasks
from populace.analysis.hierarchical import hierarchical_logit, person_likelihood, split_rhat
from populace.errors import DataError


def simulated(people=150, tasks=10, alternatives=3, size=3, seed=0, spread=1.0):
    """Tasks of people whose coefficients are normal around (−1 … 1), and those coefficients."""
    rng = np.random.default_rng(seed)
    beta = np.linspace(-1, 1, size) + spread * rng.standard_normal((people, size))
    design = rng.standard_normal((people * tasks * alternatives, size))
    persons = np.repeat(np.arange(people), tasks)
    utilities = (design * beta[np.repeat(persons, alternatives)]).sum(axis=1) + rng.gumbel(size=len(design))
    starts = np.arange(people * tasks) * alternatives
    chosen = utilities.reshape(-1, alternatives).argmax(axis=1) + starts
    names, ids = tuple(map(str, range(size))), tuple(map(str, range(people)))
    return ChoiceTasks(design, starts, chosen, persons, np.ones(len(persons)), names, ids), beta


def short(tasks, seed=1, draws=150):
    return hierarchical_logit(tasks, np.eye(tasks.design.shape[1]), draws=draws, burn=300, thin=3, seed=seed)


@pytest.fixture(scope="module")
def fitted():
    tasks, beta = simulated()
    return tasks, beta, short(tasks)


def test_planted_people_are_told_apart(fitted):
    _, beta, found = fitted
    assert [np.corrcoef(found.point[:, k], beta[:, k])[0, 1] > 0.75 for k in range(3)] == [True] * 3


def test_the_mean_and_the_spread_of_people_are_found(fitted):
    _, beta, found = fitted
    error = found.means.std(axis=0)
    assert (np.abs(found.means.mean(axis=0) - beta.mean(axis=0)) < 3.5 * error).all()
    assert (np.abs(np.diag(found.covariance) - 1) < 0.5).all()


def test_intervals_of_people_cover_as_often_as_they_say(fitted):
    _, beta, found = fitted
    low, high = np.percentile(found.draws, [5, 95], axis=0)
    assert np.mean((low < beta) & (beta < high)) == pytest.approx(0.9, abs=0.04)


def test_the_chain_settles_and_accepts(fitted):
    *_, found = fitted
    assert found.rhat < 1.2
    assert 0.3 < found.acceptance < 0.85


def test_people_who_answered_little_are_drawn_to_the_mean():
    tasks, _ = simulated(people=80)
    first = np.flatnonzero(tasks.persons == 0)
    kept = np.ones(len(tasks.persons), dtype=bool)
    kept[first[1:]] = False
    found = short(tasks.take(kept), draws=100)
    others = np.abs(found.point[1:] - found.point.mean(axis=0)).mean()
    assert np.abs(found.point[0] - found.point.mean(axis=0)).mean() < others


def test_the_same_seed_gives_the_same_draws():
    tasks, _ = simulated(people=20, tasks=3)
    one, two, other = (short(tasks, seed, draws=20).draws for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_choices_without_exception_still_have_finite_utilities():
    tasks, _ = simulated(people=20, tasks=3, size=1)
    best = np.maximum.reduceat(tasks.design[:, 0], tasks.starts)
    chosen = np.flatnonzero(tasks.design[:, 0] == best[tasks.task_of_row])
    sure = ChoiceTasks(tasks.design, tasks.starts, chosen, tasks.persons, tasks.weights, tasks.names, tasks.ids)
    found = short(sure, draws=50)
    assert np.isfinite(found.draws).all() and found.point.min() > 0


def test_tasks_of_different_sizes_have_their_own_likelihood():
    """One task of three alternatives, one of two: 1/3 and 1/2 at equal utilities."""
    design, starts = np.zeros((5, 1)), np.array([0, 3])
    design[0] = 1.0
    tasks = ChoiceTasks(design, starts, np.array([1, 3]), np.array([0, 1]), np.ones(2), ("a",), ("x", "y"))
    assert person_likelihood(tasks, np.zeros((2, 1))) == pytest.approx(np.log([1 / 3, 1 / 2]))


def test_halves_alike_have_no_excess():
    half = np.random.default_rng(0).standard_normal((50, 2))
    assert split_rhat(np.vstack([half, half])) == pytest.approx(np.sqrt(49 / 50))
    assert split_rhat(np.vstack([half, half + 5])) > 3


def test_one_person_is_too_few():
    tasks, _ = simulated(people=1, tasks=3)
    with pytest.raises(DataError, match="two or more"):
        short(tasks)
