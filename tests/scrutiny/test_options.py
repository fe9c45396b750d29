"""Further looks at single questions."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.options import checks, covered, divergence, expected_coverage, ks_distance, ks_floor


def test_the_ks_distance_is_the_worked_example():
    assert ks_distance(np.array([0.5, 0, 0.5]), np.array([0.5, 0.5, 0])) == pytest.approx(0.5)


def test_the_ks_distance_by_chance_is_the_worked_example():
    assert ks_floor(np.full(5, 0.2), 200, 200, np.random.default_rng(0)) == pytest.approx(0.062, abs=0.004)


def test_the_divergence_is_the_worked_example():
    p, s = np.array([0.5, 0.5]), np.array([0.6, 0.4])
    assert divergence(p, s, 1000, 1000) == pytest.approx(0.00692, abs=2e-5)


def test_the_correction_takes_chance_out_of_the_divergence():
    rng = np.random.default_rng(0)
    p, s = rng.multinomial(300, np.full(5, 0.2), (2, 4000)) / 300
    assert divergence(p, s, 300, 300).mean() == pytest.approx(0, abs=1e-4)


def test_two_samples_of_one_population_cover_each_other_as_expected():
    assert expected_coverage(100, 100) == pytest.approx(0.834, abs=1e-3)
    rng = np.random.default_rng(0)
    p, s = rng.binomial(400, 0.4, (2, 4000)) / 400
    two = [np.stack([part, 1 - part], axis=-1) for part in (p, s)]
    assert covered(*two, 400).mean() == pytest.approx(expected_coverage(400, 400), abs=0.02)


def test_coverage_is_the_worked_example():
    p = np.array([0.5, 0.5])
    assert covered(p, np.array([0.55, 0.45]), 100) == 1
    assert covered(p, np.array([0.7, 0.3]), 100) == 0


def find(panel, people):
    return {check.check: check for check in checks(compare(panel, people, resamples=40))}


def test_people_against_people_pass(survey):
    found = find(survey(900, 1, items=12), survey(900, 2, items=12))
    assert {found[name].verdict for name in ("ks", "jsd", "unused_options")} == {"INDISTINGUISHABLE"}
    assert "FAIL" not in {check.verdict for check in found.values()}


def test_answers_that_are_shifted_fail(survey):
    found = find(survey(900, 1, items=12, drift=0.35), survey(900, 2, items=12))
    assert {found[name].verdict for name in ("ks", "jsd", "coverage")} == {"FAIL"}


def test_intervals_of_few_people_prove_nothing(survey):
    found = find(survey(150, 1, items=12, drift=0.25), survey(150, 2, items=12))
    assert found["coverage"].verdict != "INDISTINGUISHABLE"


@pytest.fixture(scope="module")
def undecided_people(variable, data_set):
    """Make people of whom some do not know."""

    def make(n, seed, unknown=0.15, top=5):
        rng = np.random.default_rng(seed)
        asked = [variable(f"q{j}", missing=1) for j in range(6)]
        codes = np.where(rng.random((n, 6)) < unknown, 90, rng.integers(1, top + 1, (n, 6)))
        return data_set(*((one, codes[:, j]) for j, one in enumerate(asked)))

    return make


def test_a_panel_that_always_knows_fails(undecided_people):
    found = find(undecided_people(600, 1, unknown=0.0), undecided_people(600, 2))
    assert found["dont_know"].value == pytest.approx(-0.15, abs=0.02)
    assert (found["dont_know"].verdict, found["unused_options"].verdict) == ("FAIL", "FAIL")
    assert found["unused_options"].value == pytest.approx(1 / 6)


def test_people_who_know_as_often_pass(undecided_people):
    found = find(undecided_people(900, 1), undecided_people(900, 2))
    assert (found["dont_know"].verdict, found["unused_options"].verdict) == ("INDISTINGUISHABLE", "INDISTINGUISHABLE")


def test_an_option_that_few_would_have_chosen_is_not_surely_unused(undecided_people):
    """Of 40 respondents nobody may choose what one in forty people chooses."""
    found = find(undecided_people(40, 1, unknown=0.0), undecided_people(600, 2, unknown=0.03))
    assert found["unused_options"].low == 0
    assert found["unused_options"].verdict != "FAIL"


def test_where_nobody_was_offered_it_there_is_no_dont_know(survey):
    assert "dont_know" not in find(survey(200, 1), survey(200, 2))
