"""Differences between groups."""

import numpy as np
import polars as pl
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.subgroups import (
    adjusted_r2,
    checks,
    difference_slope,
    explained,
    group_effects,
    within_variance,
)


def test_the_adjusted_r2_is_the_worked_example():
    assert adjusted_r2(0.10, 101, 4) == pytest.approx(0.0625)


def test_a_feature_that_is_the_group_is_fully_explained():
    column = np.array([[0.0], [0.0], [1.0], [1.0]])
    assert explained(column, column, np.ones((1, 4)))[0, 0] == pytest.approx(1.0)


def test_background_explains_nothing_on_average_where_it_does_not_matter():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((200, 300))
    dummies = (rng.integers(0, 5, 200)[:, None] == np.arange(4)).astype(float)
    assert abs(explained(features, dummies, np.ones((1, 200))).mean()) < 0.003


def test_the_regression_is_that_of_least_squares_with_gaps():
    rng = np.random.default_rng(1)
    dummies = (rng.integers(0, 3, 120)[:, None] == np.arange(2)).astype(float)
    y = dummies @ [1.0, -0.5] + rng.standard_normal(120)
    y[:15] = np.nan
    known = ~np.isnan(y)
    design = np.column_stack([np.ones(known.sum()), dummies[known]])
    residual = y[known] - design @ np.linalg.lstsq(design, y[known], rcond=None)[0]
    expected = adjusted_r2(1 - residual.var() / y[known].var(), known.sum(), 2)
    assert explained(y[:, None], dummies, np.ones((1, 120)))[0, 0] == pytest.approx(expected, abs=1e-6)


def test_a_group_effect_is_the_worked_example():
    found = group_effects(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([[1], [1], [0], [0]]), np.ones((1, 4)))
    assert found[0, 0, 0] == pytest.approx(-0.5)


def test_an_empty_group_has_no_effect():
    found = group_effects(np.array([[0.0], [1.0]]), np.array([[0], [0]]), np.ones((1, 2)))
    assert found[0, 0, 0] == 0


def test_the_slope_of_differences_is_the_worked_example():
    synthetic, human = np.array([[[0.2, -0.2]]]), np.array([[[0.4, -0.4]]])
    assert difference_slope(synthetic, human, np.full((1, 2), 0.01), np.ones(1))[0] == pytest.approx(0.533, abs=1e-3)


def find(found, name):
    return next(check for check in found if check.check == name)


def test_people_of_the_same_kind_differ_alike(survey):
    found = checks(compare(survey(1500, 1, gap=1.0), survey(1500, 2, gap=1.0), resamples=60))
    assert find(found, "difference_slope").value == pytest.approx(1, abs=0.15)
    assert find(found, "background_r2").value == pytest.approx(1, abs=0.3)
    assert "FAIL" not in {check.verdict for check in found}


def test_a_panel_without_differences_between_groups_fails(survey):
    found = checks(compare(survey(1500, 1, gap=0.0), survey(1500, 2, gap=1.0), resamples=60))
    assert {find(found, name).verdict for name in ("background_r2", "difference_slope")} == {"FAIL"}
    assert find(found, "difference_slope").value == pytest.approx(0, abs=0.1)


def test_a_panel_of_caricatures_fails(survey):
    found = checks(compare(survey(1500, 1, gap=2.5), survey(1500, 2, gap=1.0), resamples=60))
    assert find(found, "difference_slope").value > 1.4
    assert find(found, "background_r2").verdict == "FAIL"


def test_groups_that_do_not_differ_among_people_decide_nothing(survey):
    found = checks(compare(survey(300, 1, gap=0.0), survey(300, 2, gap=0.0), resamples=60))
    for name in ("background_r2", "difference_slope"):
        assert (find(found, name).verdict, find(found, name).value) == ("UNDERPOWERED", None)


def test_without_background_there_is_nothing_to_compare(variable, data_set):
    people = data_set(*((variable(f"q{j}"), [1, 2, 3, 4] * 50) for j in range(3)))
    found = checks(compare(people, people))
    assert {check.verdict for check in found} == {"UNVERIFIED"}


def test_a_baseline_is_scored_by_the_same_code(survey):
    flat = {"flat": survey(800, 3, gap=0.0), "people": survey(800, 4, gap=1.0)}
    found = checks(compare(survey(800, 1, gap=1.0), survey(800, 2, gap=1.0), baselines=flat, resamples=60))
    slope = find(found, "difference_slope")
    assert slope.baselines["flat"] == pytest.approx(0, abs=0.15)
    assert slope.baselines["people"] == pytest.approx(1, abs=0.2)


def test_variance_within_groups_is_the_worked_example():
    values, group = np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([[0.0], [0.0], [1.0], [1.0]])
    assert within_variance(values, group, np.ones((1, 4)))[0, 0] == pytest.approx(1.5, abs=1e-3)


def test_one_persona_for_each_background_fails(survey):
    people = survey(800, 2)
    sex = people.answers["sex"].to_numpy()
    own = people.answers.to_dict(as_series=False)
    for name in people.names("question"):
        answers = np.array(own[name], dtype=float)
        own[name] = [round(float(answers[sex == code].mean())) for code in sex]
    one = type(people)(pl.DataFrame(own), people.codebook, "personas")
    found = {check.check: check for check in checks(compare(one, people, resamples=50))}
    assert found["within_cell_sd"].verdict == "FAIL"
    assert found["within_cell_sd"].value < 0.5


def test_people_of_one_background_differ_as_people_do(survey):
    found = {check.check: check for check in checks(compare(survey(800, 1), survey(800, 2), resamples=50))}
    assert found["within_cell_sd"].verdict == "INDISTINGUISHABLE"
