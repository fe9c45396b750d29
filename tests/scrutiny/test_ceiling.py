"""Verdicts: what follows from an interval, its margins and the baselines."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.scrutiny.ceiling import AHEAD, BEHIND, LEVEL, judge
from populace.scrutiny.findings import AROUND_ONE, PLAIN, hidden_error, standing_of
from populace.scrutiny.tolerances import MARGINS, Margin

ERROR = Margin("margins", "an error", 0.02, 0.05, "upper", "difference", "for the test")
RATIO = Margin("variance", "a ratio", 0.10, 0.20, "both", "difference", "for the test")


@pytest.mark.parametrize(("low", "high", "standing", "verdict"), [
    (0.00, 0.01, AHEAD, "INDISTINGUISHABLE"),
    (0.00, 0.01, BEHIND, "INDISTINGUISHABLE"),
    (0.03, 0.04, AHEAD, "USABLE"),
    (0.03, 0.04, LEVEL, "UNDERPOWERED"),
    (0.03, 0.04, BEHIND, "FAIL"),
    (0.06, 0.09, AHEAD, "FAIL"),
    (0.06, 0.09, LEVEL, "FAIL"),
    (0.01, 0.08, AHEAD, "UNDERPOWERED"),
    (0.01, 0.03, AHEAD, "USABLE"),
    (0.01, 0.03, BEHIND, "UNDERPOWERED"),
    (-0.9, 0.01, AHEAD, "INDISTINGUISHABLE"),
])  # fmt: skip
def test_a_verdict_follows_from_the_interval_and_the_baselines(low, high, standing, verdict):
    assert judge(low, high, ERROR, standing, 1000) == verdict


@pytest.mark.parametrize(("others", "standing"), [
    ({}, AHEAD), ({"a": 0.09}, AHEAD), ({"a": 0.03, "b": 0.09}, LEVEL), ({"a": 0.01}, BEHIND),
])  # fmt: skip
def test_a_baseline_is_better_only_beyond_its_error(others, standing):
    assert standing_of(0.04, others, dict.fromkeys(others, 0.01), PLAIN, "upper") == standing


def test_being_ahead_by_chance_is_not_being_ahead():
    others = {"a": 0.09}
    found = [standing_of(0.04, others, {"a": error}, PLAIN, "upper") for error in (0.01, 0.02, 0.03, 0.10)]
    assert found == [AHEAD, AHEAD, LEVEL, LEVEL]


#: what passes is better than what does not; among the verdicts that pass nothing, knowing is not worse than not knowing
WORTH = {"INDISTINGUISHABLE": 2, "USABLE": 1, "UNDERPOWERED": 0, "FAIL": 0}
number = st.floats(-0.5, 0.5)


@given(number, st.floats(0, 0.3), st.floats(1, 10), st.sampled_from(sorted(MARGINS)), st.floats(0, 0.2))
def test_a_wider_interval_never_gets_a_better_verdict(gap, half, factor, key, hidden):
    """Whatever the check, and with baselines that a wider interval makes harder to be ahead of."""
    margin, wide = MARGINS[key], factor * half
    for narrower, wider in ((AHEAD, AHEAD), (AHEAD, LEVEL), (LEVEL, LEVEL), (BEHIND, BEHIND), (BEHIND, LEVEL)):
        near = judge(gap - half, gap + half, margin, narrower, 1000, hidden=hidden)
        far = judge(gap - wide, gap + wide, margin, wider, 1000, hidden=factor * hidden)
        assert WORTH[far] <= WORTH[near]


def test_the_error_that_noise_hides_is_found_again():
    """The mean of |error + noise| over many draws, turned round."""
    rng = np.random.default_rng(0)
    noise = 0.06 * np.sqrt(np.pi / 2) * rng.standard_normal(400_000)
    for error in (0.0, 0.02, 0.05, 0.10, 0.30):
        seen = float(np.abs(error + noise).mean())
        assert hidden_error(seen, 0.06) == pytest.approx(error, abs=0.006)
    assert hidden_error(0.05, 0.06) == 0
    assert hidden_error(0.9, 0.01) == pytest.approx(0.9)
    assert hidden_error(0.2, 0.0) == 0.2


def test_nothing_passes_where_noise_may_hide_more_than_the_tolerance():
    assert judge(0.0, 0.01, ERROR, AHEAD, 400, hidden=0.04) == "INDISTINGUISHABLE"
    assert judge(0.0, 0.01, ERROR, AHEAD, 400, hidden=0.06) == "UNDERPOWERED"
    assert judge(0.06, 0.09, ERROR, AHEAD, 400, hidden=0.06) == "FAIL"


def test_ratios_are_compared_by_their_distance_from_one():
    assert standing_of(1.1, {"a": 0.8}, {"a": 0.01}, AROUND_ONE, "both") == AHEAD
    assert standing_of(0.7, {"a": 1.1}, {"a": 0.01}, AROUND_ONE, "both") == BEHIND


@pytest.mark.parametrize(("low", "high", "verdict"), [
    (-0.05, 0.05, "INDISTINGUISHABLE"),
    (-0.15, 0.05, "USABLE"),
    (-0.40, -0.25, "FAIL"),
    (0.25, 0.40, "FAIL"),
    (-0.30, 0.05, "UNDERPOWERED"),
    (-0.30, 0.30, "UNDERPOWERED"),
])  # fmt: skip
def test_a_ratio_is_judged_on_both_sides(low, high, verdict):
    assert judge(low, high, RATIO, AHEAD, 1000) == verdict


def test_a_handful_of_answers_decides_nothing():
    assert judge(0.0, 0.0, ERROR, AHEAD, 29) == "UNDERPOWERED"


def test_a_measure_that_is_mostly_noise_can_fail_but_not_pass():
    noisy = Margin("margins", "an error", 0.02, 0.05, "upper", "difference", "for the test", most_noise=0.1)
    assert judge(0.0, 0.01, noisy, AHEAD, 40, noise=0.15) == "UNDERPOWERED"
    assert judge(0.2, 0.30, noisy, AHEAD, 40, noise=0.15) == "FAIL"


def test_a_panel_at_the_margin_passes_at_most_one_time_in_twenty():
    """Type-I error of the equivalence test: the true error of the mean is the margin itself."""
    rng = np.random.default_rng(0)
    margin = MARGINS["mean_error", "question"]
    error = (2 / 500) ** 0.5
    found = margin.delta + error * rng.standard_normal(4000)
    passed = [judge(d - 1.96 * error, d + 1.96 * error, margin, BEHIND, 500) == "INDISTINGUISHABLE" for d in found]
    assert np.mean(passed) <= 0.05
