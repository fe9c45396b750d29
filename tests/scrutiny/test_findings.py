"""From measured numbers to checks."""

import numpy as np
import pytest

from populace.scrutiny.findings import (
    RATIO,
    RATIO_RANGE,
    ROOT,
    Scored,
    average,
    finding,
    not_judged,
    of_all,
    of_each,
    spread,
)


def scored(values, n, check="tvd", ceiling=0.03, **others):
    values = np.asarray(values, dtype=float)
    noise = 0.001 * np.random.default_rng(0).standard_normal((50, len(values)))
    people = np.full((10, len(values)), ceiling)
    return Scored(
        check, "margins", values, values + noise, people.mean(axis=0), None, people, {}, n=np.asarray(n), **others
    )


def test_what_is_unknown_is_left_out_of_means_and_spreads():
    numbers = np.array([[1.0, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(average(numbers), [2.0, np.nan])
    np.testing.assert_allclose(spread(numbers), [np.sqrt(2), 0.0])


def test_thin_questions_stay_out_of_the_mean_and_are_said_to():
    check = of_all(scored([0.03, 0.03, 0.9], [500, 500, 12]))
    assert check.value == pytest.approx(0.03)
    assert "1 thin questions left out" in check.words


def test_where_all_questions_are_thin_they_are_shown_and_decide_nothing():
    check = of_all(scored([0.03, 0.9], [12, 12]))
    assert check.value == pytest.approx(0.465)
    assert check.verdict == "UNDERPOWERED"
    assert "12 answers" in check.words


def test_questions_that_differ_widen_the_interval_of_their_mean():
    alike, apart = (of_all(scored(values, [500] * 4)) for values in ([0.1] * 4, [0.0, 0.2, 0.0, 0.2]))
    assert apart.high - apart.low > 5 * (alike.high - alike.low)


def test_every_question_gets_its_own_check():
    found = of_each(scored([0.03, 0.30], [500, 500]), ["a", "b"])
    assert [(check.subject, check.verdict) for check in found] == [("a", "INDISTINGUISHABLE"), ("b", "FAIL")]


def test_a_root_is_shown_as_root_and_its_margin_squared():
    check = of_all(scored([0.0004], [500], "rmse_pp", 0.0, scale=ROOT))
    assert check.value == pytest.approx(0.02)
    assert check.verdict == "UNDERPOWERED"


def test_a_logarithm_is_shown_as_ratio():
    check = finding("sd_ratio", "variance", "all", "all", RATIO, np.log(0.9), 0.01, 0.0, 0.01, {}, None, 500)
    assert (check.value, check.ceiling) == pytest.approx((0.9, 1.0))
    assert check.verdict == "USABLE"


def test_a_ratio_that_may_be_zero_is_judged_by_factors():
    """.7 to .9 lies within a factor of 1.5; −.2 to .2 lies outside a factor of 2 whatever its logarithm."""
    near = finding("background_r2", "subgroups", "all", "all", RATIO_RANGE, 0.8, 0.05, 1.0, 0.05, {}, None, 500)
    far = finding("background_r2", "subgroups", "all", "all", RATIO_RANGE, 0.0, 0.1, 1.0, 0.1, {}, None, 500)
    assert (near.verdict, far.verdict) == ("INDISTINGUISHABLE", "FAIL")


def test_a_baseline_that_could_not_be_scored_is_not_shown():
    known = {"cells": 0.3, "broken": float("nan")}
    check = finding("sd_ratio", "variance", "all", "all", RATIO, 0.0, 0.01, 0.0, 0.01, known, None, 500)
    assert set(check.baselines) == {"cells"}


def test_a_check_that_was_not_made_says_why():
    check = not_judged("c2st", "detection", "no rows")
    assert (check.verdict, check.value, check.words) == ("UNVERIFIED", None, "no rows")
