"""Spread and variety."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.variance import (
    checks,
    entropy,
    geometric_mean,
    log_entropy_ratio,
    log_sd_ratio,
    maybe_narrow,
    too_narrow,
)


def test_the_spread_ratio_is_the_worked_example():
    assert log_sd_ratio(1.0, 4.0) == pytest.approx(-0.693, abs=1e-3)


def test_no_spread_at_all_still_has_a_logarithm():
    assert log_sd_ratio(0.0, 4.0) == pytest.approx(np.log(0.01))


def test_half_and_double_average_to_one():
    assert geometric_mean(np.log([0.5, 2.0])) == pytest.approx(1.0)


def test_entropy_is_the_worked_example():
    assert entropy(np.array([0.5, 0.5]), 100) == pytest.approx(0.698, abs=1e-3)


def test_one_option_only_has_the_least_variety_shown():
    one, even, n = np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]), np.array([100.0])
    assert log_entropy_ratio(one, n, even, n)[0] == pytest.approx(np.log(0.01))


def test_the_correction_takes_most_of_the_bias_out_of_entropy():
    rng = np.random.default_rng(0)
    shares = np.full(6, 1 / 6)
    found = entropy(rng.multinomial(60, shares, 4000) / 60, 60).mean()
    assert found == pytest.approx(np.log(6), abs=0.003)


def test_what_surely_is_and_what_may_be_too_narrow_are_the_worked_examples():
    ratios, errors = np.array([-0.5, -0.2, -0.01]), np.full(3, 0.05)
    assert too_narrow(ratios, errors, 0.15).tolist() == [True, False, False]
    assert maybe_narrow(ratios, errors, 0.15).tolist() == [True, True, False]


def test_a_trifle_of_narrowing_is_no_fault_however_many_people_show_it():
    ratios, errors = np.full(10, -0.03), np.full(10, 0.002)
    assert too_narrow(ratios, errors).all()
    assert not maybe_narrow(ratios, errors, 0.15).any()


def find(found, name, subject="all"):
    return next(check for check in found if (check.check, check.subject) == (name, subject))


def test_people_too_much_alike_fail(variable, data_set):
    rng = np.random.default_rng(0)
    asked = [variable(f"q{j}") for j in range(8)]
    human = data_set(*((one, rng.integers(1, 6, 400)) for one in asked))
    alike = data_set(*((one, rng.integers(2, 5, 400)) for one in asked), name="alike")
    found = checks(compare(alike, human, resamples=50))
    ratio = find(found, "sd_ratio")
    # variances of a die with three and with five faces: 8/12 and 24/12
    assert ratio.value == pytest.approx(np.sqrt(8 / 24), rel=0.05)
    assert ratio.verdict == "FAIL"
    narrow = find(found, "too_narrow")
    assert (narrow.value, narrow.high, narrow.verdict) == (1, 1, "FAIL")


def test_a_nominal_question_is_judged_by_its_variety(variable, data_set):
    asked = variable("brand", "single", 4)
    human = data_set((asked, [1, 2, 3, 4] * 100))
    one = data_set((asked, [1, 1, 1, 2] * 100), name="one")
    found = checks(compare(one, human, resamples=50))
    assert {check.check for check in found} == {"entropy_ratio"}
    # ¾ ¼ has entropy .562, four even shares 1.386
    assert find(found, "entropy_ratio", "brand").value == pytest.approx(0.562 / 1.386, rel=0.01)
    assert find(found, "entropy_ratio").verdict == "FAIL"


def test_few_people_cannot_show_that_nothing_is_too_narrow(survey):
    found = checks(compare(survey(60, 1), survey(60, 2), resamples=50))
    assert find(found, "too_narrow").verdict == "UNDERPOWERED"
