"""Curves and penalty-reward contrasts."""

import json

import numpy as np
import pytest
import statsmodels.api as sm
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.nonlinear import (
    asymmetry,
    curve_figures,
    penalties,
    penalty_reward,
    spline_basis,
    spline_gain,
    spline_knots,
    weighted_quantiles,
    weighted_r2,
)
from populace.errors import DataError


def test_the_spline_is_the_worked_example():
    basis = spline_basis(np.array([0.0, 1, 2, 3]), np.array([0.0, 1, 2]))
    np.testing.assert_allclose(basis, [[0, 0], [1, 0.25], [2, 1.5], [3, 3]])


def test_the_spline_is_straight_beyond_its_knots():
    x = np.array([-3.0, -2, -1, 6, 7, 8])
    curved = spline_basis(x, np.array([0.0, 1, 3, 5]))[:, 1:]
    np.testing.assert_allclose(curved[:3], 0)
    np.testing.assert_allclose(np.diff(curved[3:], 2, axis=0), 0, atol=1e-9)


def test_few_values_have_few_knots():
    assert spline_knots(np.repeat([1.0, 2, 3], 5), np.ones(15)).tolist() == [1, 2, 3]
    assert len(spline_knots(np.arange(50.0), np.ones(50))) == 4
    # most people at one value: knots are spread over the values there are
    assert spline_knots(np.array([1.0] * 90 + [2, 3, 4, 5]), np.ones(94)).tolist() == [1, 2, 4, 5]


def test_a_parabola_is_no_line_and_all_bend():
    x = np.array([-1.0, 0, 1])
    line, _, bend = curve_figures(x, x**2, np.ones((1, 3)))
    assert line[0] == pytest.approx(0, abs=1e-9) and bend[0] == pytest.approx(1)
    assert curve_figures(x, -(x**2), np.ones((1, 3)))[2][0] == pytest.approx(-1)


def test_regressions_are_those_of_statsmodels():
    rng = np.random.default_rng(0)
    x, y, weights = rng.standard_normal((80, 3)), rng.standard_normal(80), rng.uniform(0.5, 2, 80)
    r2, slopes = weighted_r2(x, y, weights[None])
    known = sm.WLS(y, sm.add_constant(x), weights=weights).fit()
    assert r2[0] == pytest.approx(known.rsquared)
    assert slopes[0, 1:] == pytest.approx(known.params[1:])


def test_penalty_and_reward_are_the_worked_example():
    rating = np.repeat([0, 1, 2], 4)
    ends = np.stack([rating == 0, rating == 2], axis=1)[:, None].astype(float)
    slopes, r2 = penalties(ends, np.array([1.0, 3, 4])[rating], np.ones((1, 12)))
    assert slopes[0, 0] == pytest.approx([-2, 1]) and r2[0] == pytest.approx(1)
    assert asymmetry(np.array([-2.0]), np.array([1.0]))[0] == pytest.approx(-1 / 3)
    assert asymmetry(np.zeros(1), np.zeros(1))[0] == 0


def test_weighted_quantiles_are_the_worked_example():
    assert weighted_quantiles(np.array([3.0, 1, 2]), np.ones(3), [0.5])[0] == 2
    assert weighted_quantiles(np.array([3.0, 1, 2]), np.array([5.0, 1, 1]), [0.5])[0] == 3


@given(st.integers(0, 10_000))
def test_weights_are_rows_repeated_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    x, y, times = rng.integers(0, 5, 40).astype(float), rng.standard_normal(40), rng.integers(1, 4, 40)
    ends = np.stack([x < 1, x > 3], axis=1)[:, None].astype(float)
    order = rng.permutation(int(times.sum()))
    again = [np.repeat(part, times, axis=0)[order] for part in (ends, y)]
    weighted = penalties(ends, y, times[None].astype(float))
    for one, other in zip(weighted, penalties(*again, np.ones((1, len(order)))), strict=True):
        assert one == pytest.approx(other, abs=1e-8)


@pytest.fixture(scope="module")
def survey(hand_made, scale, choice, number):
    rng = np.random.default_rng(0)
    n = 600
    basic, exciting, even, idle = rng.integers(1, 6, (4, n))
    y = -2.0 * (basic < 3) + 0.2 * (basic > 3) + 2.0 * (exciting > 3) + 0.7 * even + rng.standard_normal(n)
    return hand_made(
        (number("y"), y.round(3)),
        (scale("basic"), basic),
        (scale("exciting"), exciting),
        (scale("even"), even),
        (scale("idle"), idle),
        (number("age"), rng.integers(18, 80, n)),
        (choice("sex", "man", "woman"), rng.choice(["man", "woman"], n)),
        (scale("short", steps=2), rng.integers(1, 3, n)),
    )


def test_drivers_are_told_by_what_low_and_high_ratings_do(survey):
    found = penalty_reward(survey, "y", ["basic", "exciting", "even", "idle"])
    assert [r.kind for r in found.responses] == ["basic", "excitement", "performance", "indifferent"]
    assert found.responses[0].penalty.value == pytest.approx(-2, abs=0.35)


def test_a_driver_that_runs_the_other_way_is_said_to(hand_made, scale):
    rng = np.random.default_rng(0)
    a = rng.integers(1, 6, 300)
    data = hand_made((scale("a"), a), (scale("y"), np.clip(6 - a + rng.integers(-1, 2, 300), 1, 5)))
    assert penalty_reward(data, "y", ["a"]).responses[0].kind == "runs the other way"


def test_bends_are_seen_and_lines_left_alone(survey):
    found = {curve.name: curve for curve in spline_gain(survey, "y", ["basic", "even", "age", "sex"]).curves}
    assert found["basic"].shape == "bends down" and found["basic"].gain.low > 0
    assert found["even"].shape == found["age"].shape == "straight"
    assert found["sex"].gain is None and found["sex"].shape == "two values"


def test_results_print_plot_and_export(survey):
    for found in (
        spline_gain(survey, "y", ["basic", "sex"], resamples=20),
        penalty_reward(survey, "y", ["basic", "age"], resamples=20),
    ):
        assert "basic" in json.dumps(found.to_dict(), allow_nan=False) and "basic" in str(found)
        assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})


def test_few_ratings_at_an_end_give_no_figure(hand_made, scale):
    a = [1] * 3 + [3, 4, 5] * 20
    found = penalty_reward(hand_made((scale("a"), a), (scale("y"), a)), "y", ["a"], resamples=20)
    assert found.responses[0].penalty is None and found.responses[0].kind == "too few answers"
    assert "Fewer than 10" in str(found)


def test_what_cannot_be_judged_is_refused(survey, hand_made, scale):
    with pytest.raises(DataError, match="leave no middle"):
        penalty_reward(survey, "y", ["short"])
    flat = hand_made((scale("y"), [2] * 20), (scale("a"), [1, 2] * 10))
    for judge in (spline_gain, penalty_reward):
        with pytest.raises(DataError, match="all give one answer to 'y'"):
            judge(flat, "y", ["a"])


def test_a_driver_with_one_answer_is_left_out_and_named(hand_made, scale):
    data = hand_made((scale("y"), [1, 2] * 10), (scale("a"), [3] * 20), (scale("b"), [1, 2, 3, 4] * 5))
    found = spline_gain(data, "y", ["a", "b"], resamples=20)
    assert [curve.name for curve in found.curves] == ["b"] and "one answer: a" in str(found)
