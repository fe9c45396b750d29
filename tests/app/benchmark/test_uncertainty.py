"""Uncertainty: what counts as covered, whether predicted errors come true, and whether flags help."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from populace.app.benchmark import uncertainty
from populace.app.benchmark.answers import flag_of, interval_of
from populace.app.benchmark.bootstrap import cluster_draws
from populace.app.benchmark.figures import Gap
from populace.app.benchmark.shares import OURS
from populace.models.base import Prediction


def row(people, low, high, flag=None, ours=None):
    levels = {name: [list(low), list(high)] for name in ("0.5", "0.8", "0.9")}
    return {"people": list(people), "n": 10**6, "ordinal": False, "intervals": levels, "flag": flag, "systems": {
        OURS: list(people if ours is None else ours)}}  # fmt: skip


def test_coverage_is_that_of_the_example():
    assert uncertainty.covered(row([0.2, 0.8], [0.1, 0.5], [0.3, 0.7]), 0.9) == 0.5


def test_an_option_nobody_chose_is_covered_by_an_interval_that_comes_close_to_zero():
    assert uncertainty.covered(row([0.0, 1.0], [0.0005, 0.9], [0.1, 1.0]), 0.9) == 1


def planted(factor=1.0, n=300, seed=0):
    """Errors drawn as the intervals say, times a factor."""
    rng, rows = np.random.default_rng(seed), []
    for _ in range(n):
        ours, spread = rng.uniform(0.3, 0.7), rng.uniform(0.01, 0.1)
        people = ours + factor * rng.normal() * spread
        half = 1.645 * spread
        rows.append(
            row(
                [people, 1 - people],
                [ours - half, 1 - ours - half],
                [ours + half, 1 - ours + half],
                ours=[ours, 1 - ours],
            )
        )
    return rows


def figures(rows, seed=0):
    draws = cluster_draws([np.arange(len(rows))], 500, np.random.default_rng(seed))
    return draws, {one.measure: one for one in uncertainty.error_figures("R2", rows, draws)}


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_ratio_of_actual_to_predicted_error_finds_how_sure_the_model_is(factor):
    _, found = figures(planted(factor))
    for third in ("lowest", "middle", "highest"):
        ratio = found[f"actual over predicted error, {third} third"]
        assert ratio.value == pytest.approx(factor, rel=0.25)
        assert ratio.low < factor * 1.05
        assert ratio.high > factor * 0.95
    assert found["rank correlation of predicted and actual error"].low > 0.2


def test_intervals_that_are_right_cover_as_often_as_they_say():
    rows = planted()
    draws, _ = figures(rows)
    ninety = uncertainty.coverage_figures("R2", rows, draws)[-1]
    assert ninety.measure == "coverage of 90 % intervals"
    assert ninety.low < 90 < ninety.high


def test_ten_questions_that_are_all_covered_leave_room_for_others():
    rows = [row([0.5, 0.5], [0.4, 0.4], [0.6, 0.6]) for _ in range(10)]
    draws = cluster_draws([np.arange(10)], 100, np.random.default_rng(0))
    ninety = uncertainty.coverage_figures("R2", rows, draws)[-1]
    assert (ninety.value, ninety.high) == (100, 100)
    assert ninety.low == pytest.approx(72.2, abs=0.1)


def test_predicted_errors_that_say_nothing_are_a_gap_and_no_number():
    rows = [row([0.5, 0.5], [0.4, 0.4], [0.6, 0.6], ours=[0.4 + 0.01 * i, 0.6 - 0.01 * i]) for i in range(20)]
    _, found = figures(rows)
    assert isinstance(found["rank correlation of predicted and actual error"], Gap)


def test_a_flag_on_the_worst_questions_separates_them():
    rows = [row([0.5, 0.5], [0, 0], [1, 1], False, [0.49, 0.51]) for _ in range(30)]
    rows += [row([0.5, 0.5], [0, 0], [1, 1], True, [0.1, 0.9]) for _ in range(10)]
    draws = cluster_draws([np.arange(40)], 200, np.random.default_rng(0))
    found = {one.measure: one for one in uncertainty.flag_figures("R2", rows, draws)}
    assert found["TVD of flagged minus others"].value == pytest.approx(0.39)
    assert found["AUC of the flag for the worst quarter by TVD"].value == 1
    assert found["AUC of the flag for the worst quarter by error in points"].value == 1
    assert found["questions flagged, %"].value == 25


def test_a_model_without_flags_gives_a_gap():
    (gap,) = uncertainty.flag_figures("R2", [row([0.5, 0.5], [0, 0], [1, 1])] * 3, np.ones((5, 3)))
    assert isinstance(gap, Gap)


PREDICTED = Prediction(np.array([0.3, 0.7]), np.array([0.1, 0.5]), np.array([0.5, 0.9]))


def test_the_ninety_percent_interval_is_the_models_own_and_others_lie_inside_it():
    low, high = interval_of(PREDICTED, 0.9)
    assert low == pytest.approx(PREDICTED.low)
    assert high == pytest.approx(PREDICTED.high)
    narrower = [interval_of(PREDICTED, level) for level in (0.8, 0.5)]
    assert PREDICTED.low[0] < narrower[0][0][0] < narrower[1][0][0] < 0.3


def test_a_margin_worth_ten_people_has_the_intervals_of_a_beta_with_ten():
    found = replace(PREDICTED, people=10.0, do_not_use=True)
    for level in (0.5, 0.9):
        low, high = interval_of(found, level)
        assert [low[0], high[0]] == pytest.approx(beta.ppf([(1 - level) / 2, (1 + level) / 2], 3, 7))
    assert flag_of(found) is True
    assert flag_of(PREDICTED) is None
