"""Fitting: tests, indices and score tests, against worked examples, refitted models and chance."""

import numpy as np
import pytest

from populace.analysis.fitting import adjusted, difference, fit, indices, release_test, rmsea, srmr
from populace.analysis.measurement import measurement
from populace.analysis.moments import normal_moments, ordinal_moments
from populace.errors import DataError

ONE = np.ones((4, 1), dtype=bool)


def moments_of(steps, ordinal):
    ones, persons = np.ones(len(steps)), np.arange(len(steps))
    return ordinal_moments(steps - 1, ones, persons) if ordinal else normal_moments(steps * 1.0, ones, persons)


def test_rmsea_is_the_worked_example():
    found = rmsea(85.306, 24, 301)
    assert (found.value, found.low, found.high) == pytest.approx((0.092, 0.071, 0.114), abs=5e-4)
    assert rmsea(10.0, 24, 301).value == 0 and rmsea(10.0, 24, 301).low == 0
    assert rmsea(0.0, 0, 301).high == 0


@pytest.mark.parametrize("estimator", ["MLM", "WLSMV"])
def test_an_adjustment_by_the_identity_changes_nothing(estimator):
    assert adjusted(7.0, 5, np.eye(5), estimator).chi2 == pytest.approx(7)


def test_adjusted_statistics_have_the_mean_and_variance_of_chi_square():
    products = np.diag([0.5, 1.0, 2.0])
    draws = np.random.default_rng(0).chisquare(1, (3000, 3)) @ np.diag(products)
    scaled = np.array([adjusted(value, 3, products, "WLSMV").chi2 for value in draws])
    # cut off at 0, which only the lowest few feel
    assert scaled.mean() == pytest.approx(3, rel=0.05) and scaled.var() == pytest.approx(6, rel=0.15)
    means = [adjusted(value, 3, products, "MLM").chi2 for value in draws]
    assert np.mean(means) == pytest.approx(3, rel=0.05)


def test_a_true_model_is_rejected_as_often_as_it_should(opinions):
    p_values = {"MLM": [], "WLSMV": []}
    for seed in range(60):
        steps = opinions(300, seed)
        for estimator, found in p_values.items():
            moments = moments_of(steps, estimator == "WLSMV")
            found.append(fit(measurement(ONE, steps=moments.steps), [moments], estimator).test.p)
    for found in p_values.values():
        assert np.mean(np.array(found) < 0.05) < 0.16
        assert 0.35 < np.mean(found) < 0.65


def test_estimates_give_the_loadings_back_that_made_the_answers(opinions):
    moments = moments_of(opinions(4000, 0), ordinal=True)
    found = fit(measurement(ONE, steps=moments.steps), [moments], "WLSMV")
    assert found.converged
    loadings = found.theta[:4]
    # residual variance 1: λ/√(1 + λ²) is the standardised loading
    assert np.abs(loadings) / np.sqrt(1 + loadings**2) == pytest.approx([0.8, 0.8, 0.7, 0.7], abs=0.03)


def test_a_saturated_model_fits_exactly(opinions):
    moments = moments_of(opinions(300, 0)[:, :3], ordinal=False)
    found = fit(measurement(ONE[:3]), [moments])
    assert (found.df, found.value) == (0, pytest.approx(0, abs=1e-8))
    assert found.test.p is None and srmr(found) == pytest.approx(0, abs=1e-6)
    assert indices(found).cfi == 1 and indices(found).tli is None


@pytest.mark.parametrize("estimator", ["ML", "MLM", "WLSMV"])
def test_a_score_test_is_close_to_fitting_the_wider_model(opinions, estimator):
    ordinal = estimator == "WLSMV"
    # one item is easier to agree with in the second group
    first, second = opinions(500, 1), opinions(500, 2, shift=np.array([0, 0, 0.4, 0]))
    moments = [moments_of(part, ordinal) for part in (first, second)]
    equal = ("thresholds", "loadings", "intercepts") if ordinal else ("loadings", "intercepts")
    scalar = fit(measurement(ONE, 2, equal, moments[0].steps), moments, estimator)
    scores = []
    for item in range(4):
        wider = measurement(ONE, 2, equal, moments[0].steps, [("intercepts", item)])
        scores.append(release_test(scalar, wider).chi2)
    assert int(np.argmax(scores)) == 2
    refitted = fit(measurement(ONE, 2, equal, moments[0].steps, [("intercepts", 2)]), moments, estimator)
    assert scores[2] == pytest.approx(difference(scalar, refitted).chi2, rel=0.2)
    assert difference(scalar, refitted).df == 1


def test_parameters_that_can_be_anything_are_refused():
    rng = np.random.default_rng(0)
    pairs = np.kron(np.eye(2), np.ones((2, 1))).astype(bool)
    common = rng.normal(size=(400, 2))
    # exactly unrelated pairs: each pair's two loadings only have a product
    values = np.repeat(common, 2, axis=1) + rng.normal(size=(400, 4))
    found = normal_moments(values, np.ones(400), np.arange(400))
    covariance = found.covariance.copy()
    covariance[:2, 2:] = covariance[2:, :2] = 0
    upper = np.triu_indices(4)
    apart = type(found)(
        np.concatenate([found.mean, covariance[upper]]), found.sampling, found.mean, covariance, 400, 400
    )
    with pytest.raises(DataError, match="not identified"):
        fit(measurement(pairs), [apart])
