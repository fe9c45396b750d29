"""Dimensions, factors, reliability."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.scales import alpha_gap, chance_eigenvalues, checks, dimensions, worst_congruence


def test_dimensions_are_the_worked_example():
    values = np.array([2.1, 0.9, 0.0])
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    assert dimensions(turn * values @ turn.T, np.array([1.2, 1.0, 0.8])) == 1


def test_unrelated_answers_have_no_dimension():
    rng = np.random.default_rng(0)
    chance = chance_eigenvalues(8, 400, rng)
    counts = [dimensions(np.corrcoef(rng.standard_normal((8, 400))), chance) for _ in range(40)]
    assert np.mean(np.array(counts) > 0) <= 0.15


def test_swapped_and_turned_factors_are_the_same_factors():
    target = np.array([[0.8, 0.1], [0.7, 0.0], [0.1, 0.6], [0.0, 0.9]])
    assert worst_congruence(target[:, ::-1] * [-1, 1], target) == pytest.approx(1)


def test_the_gap_of_alphas_is_the_worked_example():
    assert alpha_gap(np.array([0.8, 0.7, np.nan]), np.array([0.75, 0.9, np.nan])) == pytest.approx(0.2)


@pytest.fixture(scope="module")
def traits(variable, data_set):
    """Make people with two opinions, four questions each, one of the four asked the other way round."""

    def make(n, seed, loading=1.2, mixed=False):
        rng = np.random.default_rng(seed)
        opinions = rng.standard_normal((n, 2))
        pairs = []
        for j in range(8):
            own = opinions[:, (j % 2 if mixed else j // 4)] * (-1 if j % 4 == 3 else 1)
            codes = np.searchsorted([-1.2, -0.4, 0.4, 1.2], loading * own + rng.standard_normal(n)) + 1
            pairs.append((variable(f"q{j}", battery="first" if j < 4 else "second"), codes))
        return data_set(*pairs)

    return make


def verdicts(panel, people):
    return {check.check: check.verdict for check in checks(compare(panel, people, resamples=30))}


def test_people_against_people_pass(traits):
    assert set(verdicts(traits(1200, 1), traits(1200, 2)).values()) == {"INDISTINGUISHABLE"}


def test_other_factors_fail(traits):
    found = verdicts(traits(800, 1, mixed=True), traits(800, 2))
    assert (found["congruence"], found["alpha_difference"]) == ("FAIL", "FAIL")


def test_too_much_reliability_fails_as_too_little_does(traits):
    for loading in (0.5, 4.0):
        assert verdicts(traits(800, 1, loading), traits(800, 2))["alpha_difference"] == "FAIL"


def test_questions_asked_the_other_way_round_are_turned(traits):
    found = {check.check: check for check in checks(compare(traits(800, 1), traits(800, 2), resamples=30))}
    assert "for 0.8" in found["alpha_difference"].words


def test_few_people_leave_factors_open(traits):
    assert set(verdicts(traits(60, 1), traits(60, 2)).values()) == {"UNDERPOWERED"}


def test_few_questions_have_no_factors(variable, data_set):
    people = data_set((variable("a"), [1, 2, 3, 4] * 50), (variable("b"), [1, 2, 2, 4] * 50))
    assert set(verdicts(people, people).values()) == {"UNVERIFIED"}


def test_a_panel_that_says_one_thing_only_fails_without_a_warning(traits, variable, data_set):
    one = data_set(*((variable(f"q{j}", battery="first" if j < 4 else "second"), [3] * 400) for j in range(8)))
    assert verdicts(one, traits(400, 2))["congruence"] == "FAIL"
