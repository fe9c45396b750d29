"""Margins, scores, loadings and slopes: the arithmetic of a choice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.models.choice import (
    choice_from_effects,
    choice_from_loadings,
    grid,
    intercepts_of,
    longest_loading,
    nominal_scores,
    ordered_scores,
    slope_of,
)

NO = np.zeros(5, bool)


def shares_of(choice, z):
    """(n, K) choice probabilities of persons z (n, d)."""
    logits = choice.intercepts + z @ choice.directions.T @ choice.slopes.T
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def nearly_exact_shares(choice):
    """(K,) shares of the population by a rule far finer than any in use, for a single direction."""
    z = np.linspace(-8, 8, 4001)
    weights = np.exp(-(z**2) / 2)
    return weights / weights.sum() @ shares_of(choice, z[:, None] * choice.directions)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=9), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_population_keeps_its_margin_whatever_the_loading(raw, part):
    margin = np.array(raw) / np.sum(raw)
    scores = ordered_scores(margin, np.zeros(len(margin), bool))
    loading = part * longest_loading(margin, scores[:, 0])
    choice = choice_from_loadings(margin, scores, np.array([[loading, 0.0, 0.0]]))
    assert nearly_exact_shares(choice) == pytest.approx(margin, abs=0.002)
    points, weights = grid(choice.nodes)
    assert weights @ shares_of(choice, points * choice.directions) == pytest.approx(margin, abs=0.002)


@pytest.mark.parametrize("size", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("options", [3, 4, 6])
def test_a_list_keeps_its_margin_too_however_far_apart_its_people_are(options, size):
    random = np.random.default_rng(options)
    margin = random.dirichlet(np.full(options, 2.0))
    choice = choice_from_effects(margin, size * random.normal(size=(options, 5)), False, np.zeros(options, bool))
    z = random.normal(size=(200_000, 5))
    z = np.concatenate([z, -z])
    assert shares_of(choice, z).mean(0) == pytest.approx(choice.margin, abs=0.005)
    points, weights = grid(choice.nodes)
    assert weights @ shares_of(choice, points @ choice.directions) == pytest.approx(choice.margin, abs=0.003)


@pytest.mark.parametrize("nodes", [(3,), (9,), (65,), (5, 3), (13, 9, 5)])
def test_nodes_have_mean_zero_and_variance_one(nodes):
    """So that an answer that says nothing leaves a belief as it was."""
    points, weights = grid(nodes)
    assert weights.sum() == pytest.approx(1)
    assert weights @ points == pytest.approx(np.zeros(len(nodes)), abs=1e-12)
    assert (points * weights[:, None]).T @ points == pytest.approx(np.eye(len(nodes)), abs=1e-12)


def test_steeper_questions_get_more_nodes():
    margin = np.array([0.5, 0.5])
    scores = ordered_scores(margin, np.zeros(2, bool))
    counts = [len(grid(choice_from_loadings(margin, scores, np.array([[x]])).nodes)[1]) for x in (0, 0.3, 0.6, 0.79)]
    assert counts == sorted(counts)
    assert counts[0] < 10 < counts[-1] < 100


def test_a_question_that_nearly_everybody_answers_alike_can_be_as_steep_as_it_may():
    """Where Newton's method starts matters here: from the logarithms of the shares it does not arrive."""
    margin = np.array([0.0011, 0.0008, 0.9947, 0.0002, 0.0032])
    scores = ordered_scores(margin, np.zeros(5, bool))
    loading = 0.8 * longest_loading(margin, scores[:, 0])
    choice = choice_from_loadings(margin, scores, np.array([[loading]]))
    assert nearly_exact_shares(choice) == pytest.approx(margin, abs=0.001)


def test_the_covariance_of_score_and_direction_is_the_loading():
    margin = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    scores = ordered_scores(margin, NO)
    choice = choice_from_loadings(margin, scores, np.array([[0.6, 0.0]]))
    z = np.random.default_rng(1).normal(size=(200_000, 2))
    expected_score = shares_of(choice, z) @ scores[:, 0]
    assert np.mean(expected_score * z[:, 0]) == pytest.approx(0.6, abs=0.01)
    assert np.mean(expected_score * z[:, 1]) == pytest.approx(0.0, abs=0.01)


def test_two_items_correlate_by_the_product_of_their_loadings():
    margin = np.array([0.25, 0.25, 0.25, 0.25])
    scores = ordered_scores(margin, np.zeros(4, bool))
    one = choice_from_loadings(margin, scores, np.array([[0.5, 0.3]]))
    two = choice_from_loadings(margin, scores, np.array([[0.2, -0.6]]))
    random = np.random.default_rng(2)
    z = random.normal(size=(100_000, 2))
    drawn = [(shares_of(c, z).cumsum(1) < random.random((len(z), 1))).sum(1).clip(0, 3) for c in (one, two)]
    assert np.corrcoef(*drawn)[0, 1] == pytest.approx(0.5 * 0.2 - 0.3 * 0.6, abs=0.02)


def test_ordered_scores_have_mean_zero_and_variance_one():
    """Two options of .25 and .75 score -1.732 and .577, worked by hand."""
    scores = ordered_scores(np.array([0.25, 0.75]), np.zeros(2, bool))[:, 0]
    assert scores == pytest.approx([-np.sqrt(3), 1 / np.sqrt(3)])


def test_a_dont_know_has_no_place_on_the_scale():
    margin = np.array([0.2, 0.3, 0.3, 0.2])
    scores = ordered_scores(margin, np.array([False, False, False, True]))[:, 0]
    assert scores[3] == 0
    assert margin @ scores == pytest.approx(0, abs=1e-12)


def test_nominal_scores_are_orthonormal_under_the_margin():
    margin = np.array([0.4, 0.3, 0.2, 0.1])
    effects = np.random.default_rng(3).normal(size=(4, 6))
    scores = nominal_scores(margin, effects - margin @ effects)
    assert scores.T @ (margin[:, None] * scores) == pytest.approx(np.eye(3), abs=1e-9)


def test_people_who_choose_an_option_lie_where_its_effect_says():
    margin = np.array([0.5, 0.3, 0.2])
    effects = np.array([[0.3, 0.0], [-0.2, 0.3], [-0.45, -0.45]])
    choice = choice_from_effects(margin, effects, False, np.zeros(3, bool))
    z = np.random.default_rng(4).normal(size=(200_000, 2))
    shares = shares_of(choice, z)
    seen = (shares.T @ z) / shares.sum(0)[:, None]
    assert seen == pytest.approx(effects - margin @ effects, abs=0.06)


def test_slopes_grow_with_loadings():
    margin, scores = np.full(5, 0.2), ordered_scores(np.full(5, 0.2), NO)[:, 0]
    slopes = [slope_of(size, margin, scores) for size in (0.0, 0.2, 0.5, 0.8)]
    assert slopes[0] == 0
    assert slopes == sorted(slopes)


def test_without_slopes_the_intercepts_are_the_logarithms_of_the_margin():
    margin = np.array([0.1, 0.9])
    assert intercepts_of(margin, np.zeros((2, 1))) == pytest.approx(np.log(margin))
