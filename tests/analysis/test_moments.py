"""Moments with their sampling covariance: classical formulas, weights, repeated people, and what has no moments."""

import numpy as np
import pytest

from populace.analysis.moments import normal_moments, ordinal_moments
from populace.errors import DataError


def test_means_and_covariances_are_divided_by_n():
    values = np.array([[0.0, 0], [1, 2], [2, 1]])
    found = normal_moments(values, np.ones(3), np.arange(3))
    assert found.vector == pytest.approx([1, 1, 2 / 3, 1 / 3, 2 / 3])


def test_the_sampling_variance_of_a_mean_is_the_textbooks():
    values = np.random.default_rng(0).normal(size=(500, 3))
    found = normal_moments(values, np.ones(500), np.arange(500))
    assert np.diag(found.sampling)[:3] == pytest.approx(values.var(axis=0) / 500)


def test_the_sampling_variance_of_normal_covariances_is_that_of_normal_theory():
    values = np.random.default_rng(0).normal(size=(40000, 2))
    found = normal_moments(values, np.ones(40000), np.arange(40000))
    # variances 2σ⁴/n, a covariance of unrelated items 1/n
    assert np.diag(found.sampling)[2:] * 40000 == pytest.approx([2, 1, 2], rel=0.05)


@pytest.mark.parametrize("kind", ["numbers", "ordinal"])
def test_a_person_interviewed_twice_adds_nothing(opinions, kind):
    steps = opinions(200, 1) - 1
    moments = ordinal_moments if kind == "ordinal" else normal_moments
    once = moments(steps, np.ones(200), np.arange(200))
    twice = moments(np.vstack([steps, steps]), np.ones(400), np.tile(np.arange(200), 2))
    assert twice.vector == pytest.approx(once.vector)
    # least squares divide by n − 1 interviews
    assert twice.sampling == pytest.approx(once.sampling, rel=0.01, abs=1e-9)


def test_weights_cost_certainty(opinions):
    steps = opinions(400, 1).astype(float)
    weights = np.where(np.arange(400) < 200, 1.0, 9.0)
    found = normal_moments(steps, weights, np.arange(400))
    share = weights / weights.sum()
    assert found.n == pytest.approx(1 / (share**2).sum())
    assert found.sampling[0, 0] == pytest.approx((share**2 * (steps[:, 0] - share @ steps[:, 0]) ** 2).sum())


def test_thresholds_vary_as_shares_do():
    codes = np.random.default_rng(0).integers(0, 2, (1000, 2))
    found = ordinal_moments(codes, np.ones(1000), np.arange(1000))
    # √(p(1 − p)/n)/φ(τ) at p = ½
    assert found.sampling[0, 0] == pytest.approx(0.25 / 1000 * 2 * np.pi, rel=0.01)


def test_items_that_repeat_others_have_no_moments(opinions):
    steps = opinions(100, 1)
    twice = np.column_stack([steps, steps[:, 0]])
    with pytest.raises(DataError, match="not positive definite"):
        normal_moments(twice.astype(float), np.ones(100), np.arange(100))
    with pytest.raises(DataError, match="items 'a' and 'e' fit a perfect relation"):
        ordinal_moments(twice - 1, np.ones(100), np.arange(100), list("abcde"))
