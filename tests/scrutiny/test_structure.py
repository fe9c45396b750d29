"""Correlations between questions, their strength, and how far two sets of them are apart: worked examples."""

import numpy as np
import pytest

from populace.scrutiny.structure import (
    correlations,
    cramers_v,
    disattenuated_correlation,
    effective_dependence,
    first_component_share,
    reliability,
    structural_distance,
    structural_slope,
    structural_worth,
)

#: correlations with variance .0267
HUMAN = np.array([0.1, 0.3, 0.5])
NOISE = 0.0026667


def test_the_correlation_is_the_worked_example():
    found = correlations(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]]), np.ones((1, 3)))
    assert found[0, 0, 1] == pytest.approx(0.5)


def test_correlations_are_those_of_numpy_with_and_without_gaps():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (300, 4)).astype(float)
    scores[:, 1] += scores[:, 0]
    np.testing.assert_allclose(correlations(scores, np.ones((1, 300)))[0], np.corrcoef(scores.T), atol=1e-5)
    scores[rng.random((300, 4)) < 0.2] = np.nan
    both = ~np.isnan(scores[:, 0]) & ~np.isnan(scores[:, 1])
    expected = np.corrcoef(scores[both, 0], scores[both, 1])[0, 1]
    assert correlations(scores, np.ones((1, 300)))[0, 0, 1] == pytest.approx(expected, abs=1e-5)


def test_a_weight_of_two_is_a_person_twice():
    scores = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [4.0, 2.0]])
    twice = np.vstack([scores, scores[2:3]])
    weighted = correlations(scores, np.array([[1.0, 1.0, 2.0, 1.0]]))
    np.testing.assert_allclose(weighted, correlations(twice, np.ones((1, 5))), atol=1e-5)


def test_large_numbers_lose_no_digits():
    rng = np.random.default_rng(0)
    scores = 1e6 + rng.standard_normal((200, 2))
    np.testing.assert_allclose(correlations(scores, np.ones((1, 200)))[0], np.corrcoef(scores.T), atol=1e-4)


def test_nothing_is_associated_with_a_constant():
    found = correlations(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.ones((1, 3)))
    assert found[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_the_structural_distance_is_the_worked_example():
    found = structural_distance(np.array([0.5, 0.2]), np.array([0.4, 0.4]), np.full(2, 0.005))
    assert found == pytest.approx(0.02)


def test_reliability_and_slope_are_the_worked_examples():
    synthetic = np.array([0.1, 0.2, 0.3])
    assert reliability(HUMAN, NOISE) == pytest.approx(0.9, abs=1e-5)
    assert structural_slope(synthetic, HUMAN, NOISE) == pytest.approx(0.556, abs=1e-3)
    assert disattenuated_correlation(synthetic, HUMAN, NOISE / 4, NOISE) == pytest.approx(1.11, abs=0.01)


def test_strength_is_the_worked_example():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert first_component_share(matrix) == pytest.approx(0.75)
    assert effective_dependence(matrix) == pytest.approx(0.134, abs=1e-3)
    assert effective_dependence(np.ones((2, 2))) == pytest.approx(1 - np.sqrt(2e-6), abs=1e-6)


def test_the_worth_of_a_structure_is_the_worked_example():
    assert structural_worth(0.004, 0.001, 1000) == pytest.approx(250)
    assert structural_worth(-0.001, 0.001, 1000) == np.inf


def test_cramers_v_is_the_worked_example():
    rows = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [30, 20, 20, 30], axis=0)
    found = cramers_v(rows, np.array([2, 2]), np.array([[0, 1]]), np.ones((1, 100), np.float32), np.array([100.0]))
    assert found[0, 0] == pytest.approx(0.174, abs=1e-3)


def test_cramers_v_is_zero_on_average_where_nothing_is_associated():
    rng = np.random.default_rng(0)
    pair, n = np.array([[0, 1]]), np.array([80.0])
    found = [
        cramers_v(rng.integers(0, 5, (80, 2)), np.array([5, 5]), pair, np.ones((1, 80), np.float32), n)[0, 0]
        for _ in range(200)
    ]
    # without the correction the mean would be about .22
    assert np.mean(found) < 0.06


def test_a_slope_survives_noise_in_the_human_correlations():
    rng = np.random.default_rng(0)
    truth = rng.normal(0.2, 0.15, 4000)
    human = truth + rng.normal(0, 0.1, 4000)
    plain = np.polyfit(human, 1.3 * truth, 1)[0]
    assert plain < 1.0
    assert structural_slope(1.3 * truth, human, 0.01) == pytest.approx(1.3, abs=0.05)


@pytest.mark.parametrize("size", [50, 100, 200, 400])
def test_the_structure_of_a_sample_of_people_is_worth_its_size(size):
    """Methods 8, on five-point answers: 50/100/200/400 come back within 20 %."""
    rng = np.random.default_rng(size)
    loadings = rng.normal(0, 0.6, (3, 12))

    def people(n):
        answers = rng.standard_normal((n, 3)) @ loadings + rng.standard_normal((n, 12))
        return np.searchsorted([-1.2, -0.4, 0.4, 1.2], answers).astype(float)

    rows, columns = np.triu_indices(12, 1)
    distances, noises = [], []
    for _ in range(12):
        human = people(1200)
        boot = rng.multinomial(1200, np.full(1200, 1 / 1200), 60).astype(np.float32)
        v = correlations(human, boot)[:, rows, columns].var(axis=0, ddof=1)
        r_h = correlations(human, np.ones((1, 1200)))[0, rows, columns]
        r_s = correlations(people(size), np.ones((1, size)))[0, rows, columns]
        distances.append(structural_distance(r_s, r_h, v))
        noises.append(v.mean())
    assert structural_worth(np.mean(distances), np.mean(noises), 1200) == pytest.approx(size, rel=0.2)
