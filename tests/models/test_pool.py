"""Pooling opinions: the formulas by hand, and what is left alone."""

import numpy as np
import pytest

from populace.models.pool import KINDS, Pool, kind_of, prior_pool
from populace.prompts.prompt import Prompt

SURVEY, LLM = np.array([0.5, 0.5]), np.array([1.0, 0.0])


def pool_of(*settings, form="linear"):
    """A pool with the same (shrink, temperature, weight) of every member for all kinds."""
    table = np.array(settings, float)
    names = ("survey", *(f"llm {i}" for i in range(1, len(settings))))
    return Pool(names, form, dict.fromkeys(KINDS, table), dict.fromkeys(KINDS, 10.0))


def test_the_prior_keeps_a_quarter_of_a_language_model_and_half_of_the_survey_model():
    # .25 x (1, 0) + .75 x (.5, .5) = (.625, .375); half of that and half of (.5, .5)
    assert prior_pool(["survey", "llm"]).shares("binary", [SURVEY, LLM]) == pytest.approx([0.5625, 0.4375])


def test_several_language_models_share_one_half():
    # the second is uniform: 1/2 x (.5, .5) + 1/4 x (.625, .375) + 1/4 x (.5, .5)
    found = prior_pool(["survey", "a", "b"]).shares("binary", [SURVEY, LLM, SURVEY])
    assert found == pytest.approx([0.53125, 0.46875])


def test_the_logarithmic_pool_is_the_normalised_geometric_mean():
    found = pool_of((0, 1, 0.5), (0, 1, 0.5), form="log").shares("list", [np.array([0.2, 0.8]), np.array([0.5, 0.5])])
    assert found == pytest.approx([1 / 3, 2 / 3])  # sqrt(.1) : sqrt(.4) = 1 : 2


def test_a_temperature_of_two_takes_the_square_root():
    found = pool_of((0, 2, 1), (0, 1, 0)).shares("list", [np.array([0.2, 0.8]), SURVEY])
    assert found == pytest.approx([1 / 3, 2 / 3])


def test_the_mass_of_missing_options_is_the_survey_models():
    survey, llm = np.array([0.4, 0.4, 0.2]), np.array([0.6, 0.0, 0.4])
    found = prior_pool(["survey", "llm"]).shares("binary", [survey, llm], [False, False, True])
    assert found == pytest.approx([0.8 * 0.5625, 0.8 * 0.4375, 0.2])


def test_where_nobody_else_has_an_opinion_the_survey_model_stands():
    survey = np.array([0.3, 0.7])
    assert pool_of((0.5, 2, 0.5), (0, 1, 0.5)).shares("list", [survey, None]) == pytest.approx(survey)


def test_weights_of_those_present_are_scaled_up():
    both = pool_of((0, 1, 0.5), (0, 1, 0.5)).shares("list", [SURVEY, LLM])
    third = pool_of((0, 1, 0.25), (0, 1, 0.25), (0, 1, 0.5)).shares("list", [SURVEY, LLM, None])
    assert third == pytest.approx(both)


def test_a_language_model_that_only_refuses_has_no_opinion():
    survey = np.array([0.3, 0.5, 0.2])
    found = prior_pool(["survey", "llm"]).shares("binary", [survey, np.array([0, 0, 1.0])], [False, False, True])
    assert found == pytest.approx(survey)


@pytest.mark.parametrize("form", ["linear", "log"])
def test_reordered_options_give_reordered_shares(form):
    random = np.random.default_rng(0)
    members = list(random.dirichlet(np.ones(5), 3))
    pool = pool_of((0.1, 1.2, 0.4), (0.7, 0.8, 0.3), (0.5, 1, 0.3), form=form)
    order, missing = random.permutation(5), np.array([False, False, True, False, False])
    straight = pool.shares("list", members, missing)
    assert straight.sum() == pytest.approx(1)
    assert pool.shares("list", [m[order] for m in members], missing[order]) == pytest.approx(straight[order])


def test_a_unanimous_language_model_leaves_no_option_impossible():
    found = pool_of((0, 1, 0.5), (0.75, 1, 0.5), form="log").shares("binary", [SURVEY, LLM])
    assert found.min() > 0.2


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        (Prompt("?", ("Yes", "No")), "binary"),
        (Prompt("?", ("Yes", "No", "Don't know"), False, (False, False, True)), "binary"),
        (Prompt("?", ("Never", "Sometimes", "Often"), True), "ordered"),
        (Prompt("?", ("Tea", "Coffee", "Water")), "list"),
    ],
)
def test_the_kind_of_a_question_is_told_by_its_substantive_options(prompt, kind):
    assert kind_of(prompt) == kind
