"""How many people would decide an undecided check."""

import pytest

from populace.scrutiny.decide import as_good, needed, rounded_up
from populace.scrutiny.findings import hidden_error, seen_error
from populace.scrutiny.report import Check
from populace.scrutiny.tolerances import MARGINS


def check_of(name, value, low, high, ceiling, floor=None, baselines=None):
    group = MARGINS[name, "all"].group
    return Check(name, group, "all", "all", value, low, high, ceiling, floor, "UNDERPOWERED", baselines or {}, "words")


def test_the_example_of_the_docstring_comes_out():
    check = check_of("driver_shares", 0.02, -0.14, 0.18, 0.0)
    found = needed(check, 100, 10_000)
    # driver_shares: δ .10, τ .20; without a baseline the tolerance is enough: h' = .18, that is less than h = .16
    assert (found.people, found.rows_too) == (100, False)
    wide = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0)
    # h = .32, h' = .08: 1/n' = .0101·(.25)² − .0001
    assert needed(wide, 100, 10_000).people == rounded_up(1 / (0.0101 * 0.0625 - 0.0001))


def test_a_panel_with_too_few_rows_needs_rows_too():
    found = needed(check_of("driver_shares", 0.12, -0.20, 0.44, 0.0), 100, 100)
    # 2/n' = .02·(.25)²
    assert (found.people, found.rows_too) == (1600, True)


def test_a_baseline_about_as_good_takes_many_more_people():
    alone = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0)
    beside = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0, baselines={"copula": 0.16})
    assert needed(beside, 100, 10_000).people > needed(alone, 100, 10_000).people
    even = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0, baselines={"copula": 0.12})
    assert needed(even, 100, 10_000) is None


def test_a_baseline_that_no_number_of_people_tells_apart_is_named():
    numbers = {"copula": 0.12, "uniform": 0.5}
    even = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0, baselines=numbers)
    assert as_good(even, 100, 10_000) == "copula"
    assert as_good(check_of("driver_shares", 0.12, -0.20, 0.44, 0.0), 100, 10_000) is None
    ahead = check_of("driver_shares", 0.12, -0.20, 0.44, 0.0, baselines={"uniform": 0.5})
    assert as_good(ahead, 100, 10_000) is None


def test_ratios_are_followed_by_their_logarithm_and_worth_by_its_inverse():
    ratio = check_of("sd_ratio", 1.12, 0.95, 1.32, 1.0)
    # ln: gap .113, h .164, τ .20: h' = .087
    assert needed(ratio, 200, 100_000).people == pytest.approx(200 * (0.164 / 0.0867) ** 2, rel=0.05)
    worth = check_of("n_star", 120, 75, 300, 900)
    assert needed(worth, 500, 100_000).people > 500


def test_noise_goes_down_with_the_people():
    """TVD .07 at a floor of .06 hides an error of about .04: enough people would show that it is below .05."""
    check = check_of("tvd", 0.071, 0.06, 0.082, 0.06, 0.06)
    found = needed(check, 200, 5000)
    assert 200 < found.people < 100_000
    # and a larger sample needs no more
    assert needed(check, found.people, 5000).people <= needed(check, found.people, 5000).people + 1


def test_what_cannot_be_computed_has_no_number():
    assert needed(check_of("tvd", None, None, None, None), 100, 100) is None
    assert needed(check_of("d2", 0.01, 0.0, 0.02, 0.0), 100, 100) is None
    odd = Check("odd", "odd", "all", "all", 1.0, 0.5, 1.5, 1.0, None, "UNDERPOWERED")
    assert needed(odd, 100, 100) is None


@pytest.mark.parametrize(("people", "rounded"), [(412, 420), (57.2, 58), (9.1, 10), (100, 100), (12_345, 13_000)])
def test_numbers_of_people_are_rounded_up_to_two_digits(people, rounded):
    assert rounded_up(people) == rounded


@pytest.mark.parametrize("error", [0.0, 0.02, 0.05, 0.3])
def test_a_hidden_error_is_seen_again(error):
    assert hidden_error(seen_error(error, 0.06), 0.06) == pytest.approx(error, abs=1e-6)
