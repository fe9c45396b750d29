"""Propensity scores."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.propensity import checks, excess


def test_two_samples_of_one_population_give_what_chance_gives():
    rng = np.random.default_rng(0)
    ones = (np.ones(500), np.ones(500))
    found = np.array([excess(*rng.standard_normal((2, 500, 10)), ones) for _ in range(60)])
    assert found[:, 2].mean() == pytest.approx(1.0, abs=0.12)
    assert found[:, 0].std() == pytest.approx(found[:, 1].mean(), rel=0.3)


def test_the_formula_of_chance_is_the_worked_example():
    rng = np.random.default_rng(0)
    ours, theirs = rng.standard_normal((2, 1218, 25))
    over, _, standard = excess(ours, theirs, (np.ones(1218), np.ones(1218)))
    # pMSE = S · .00257, and excess = (pMSE − .00257)/.25
    assert over == pytest.approx((standard - 1) * 0.00257 / 0.25, rel=0.01)


def test_sides_that_share_nothing_are_told_apart_wholly():
    rows = np.random.default_rng(0).standard_normal((300, 3))
    over, error, _ = excess(rows + 50, rows, (np.ones(300), np.ones(300)))
    assert over == pytest.approx(1, abs=0.05)
    assert np.isfinite(error)


def test_weights_of_nothing_change_nothing():
    rng = np.random.default_rng(0)
    ours, theirs = rng.standard_normal((2, 200, 3)) + 0.2
    doubled = excess(np.vstack([ours, ours]), theirs, (np.repeat([1.0, 0.0], 200), np.ones(200)))
    assert doubled[0] == pytest.approx(excess(ours, theirs, (np.ones(200), np.ones(200)))[0], abs=0.01)


def verdicts(panel, people):
    return {check.check: check.verdict for check in checks(compare(panel, people, resamples=30))}


def test_people_against_people_pass(survey):
    assert set(verdicts(survey(1500, 1), survey(1500, 2)).values()) == {"INDISTINGUISHABLE"}


def test_other_means_fail(survey):
    assert verdicts(survey(800, 1, drift=0.6), survey(800, 2))["propensity"] == "FAIL"


def test_other_relations_are_seen_by_pairs_alone(survey, variable, data_set):
    people, rng = survey(1500, 2, loading=1.5), np.random.default_rng(0)
    columns = [(people.codebook.variable(f"q{j}"), rng.permutation(people.answers[f"q{j}"])) for j in range(6)]
    found = verdicts(data_set(*columns), people)
    assert (found["propensity"], found["propensity_pairs"]) == ("INDISTINGUISHABLE", "FAIL")


def test_few_people_leave_it_open(survey):
    assert set(verdicts(survey(80, 1), survey(80, 2)).values()) == {"UNDERPOWERED"}


def test_nominal_questions_and_gaps_are_terms_too(variable, data_set):
    rng = np.random.default_rng(0)
    brand = variable("brand", "single", 4)

    def people(shares, n=600):
        codes = [None if rng.random() < 0.1 else int(code) for code in rng.choice([1, 2, 3, 4], n, p=shares)]
        return data_set((brand, codes), (variable("q"), rng.integers(1, 6, n)))

    found = verdicts(people([0.1, 0.1, 0.1, 0.7]), people([0.4, 0.3, 0.2, 0.1]))
    assert (found["propensity"], found["propensity_pairs"]) == ("FAIL", "UNVERIFIED")
