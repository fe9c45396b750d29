"""Straight-lining."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.style import checks, grids, least_variance, rates, straight_lines


def test_straight_lines_are_the_worked_example():
    found = straight_lines(np.array([[2, 2, 2], [2, 3, 2], [2, -1, 2]]))
    np.testing.assert_array_equal(found, [1.0, 0.0, np.nan])


def test_the_rate_is_that_of_those_who_answered_the_whole_grid():
    assert rates(np.array([[1.0], [0.0], [np.nan]]), np.ones((1, 3)))[0, 0] == pytest.approx(0.5)


def test_none_of_ninety_eight_is_not_known_exactly():
    assert least_variance(np.array([0.0]), np.array([98]))[0] == pytest.approx(0.000099)


def test_a_grid_needs_three_rows_with_one_scale(question):
    asked = [question(f"q{j}", battery="grid") for j in range(3)]
    assert {name: index.tolist() for name, index in grids(tuple(asked)).items()} == {"grid": [0, 1, 2]}
    assert grids(tuple(asked[:2])) == {}
    assert grids((*asked[:2], question("q2", options=4, battery="grid"))) == {}
    assert grids(tuple(question(f"q{j}", "binary", 2, "grid") for j in range(3))) == {}


def by_subject(found):
    return {check.subject: check for check in found}


def test_straight_liners_fail_in_their_grid_and_overall(survey):
    human = survey(800, 1)
    lazy = survey(800, 2)
    codes = lazy.answers.to_dict(as_series=False)
    for name in ("q0", "q1", "q2"):
        codes[name][:160] = [3] * 160
    lazy = type(lazy)(type(lazy.answers)(codes), lazy.codebook, "lazy")
    found = by_subject(checks(compare(lazy, human, resamples=50)))
    assert found["first"].value == pytest.approx(0.2, abs=0.05)
    assert found["first"].verdict == "FAIL"
    assert found["second"].verdict != "FAIL"
    assert found["first"].scope == "battery"


def test_people_against_people_pass(survey):
    found = checks(compare(survey(1500, 1), survey(1500, 2), resamples=50))
    assert "FAIL" not in {check.verdict for check in found}


def test_few_people_without_a_single_straight_line_prove_little(variable, data_set):
    asked = [variable(f"q{j}", battery="grid") for j in range(3)]
    people = data_set(*((one, [1 + j, 2 + j, 3] * 20) for j, one in enumerate(asked)))
    check = by_subject(checks(compare(people, people, resamples=50)))["grid"]
    assert check.high > 0.02


def test_without_a_grid_the_check_is_listed_as_not_made(variable, data_set):
    people = data_set((variable("q"), [1, 2, 3] * 20))
    (check,) = checks(compare(people, people))
    assert (check.check, check.verdict) == ("straight_line", "UNVERIFIED")
