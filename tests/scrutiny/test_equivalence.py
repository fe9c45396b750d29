"""Measurement equivalence, and the many small one-factor models behind it."""

import numpy as np
import pytest

from populace.analysis.fitting import fit
from populace.analysis.fitting import indices as exact_indices
from populace.analysis.measurement import measurement
from populace.analysis.moments import normal_moments
from populace.scrutiny.comparison import compare
from populace.scrutiny.equivalence import checks, shifts
from populace.scrutiny.one_factor import LEVELS, Groups, indices, solve


def groups_of(*pairs):
    moments = [[(x.mean(axis=0), np.cov(x.T, bias=True), float(len(x))) for x in pair] for pair in pairs]
    return Groups(*(np.array([[one[part] for one in pair] for pair in moments]) for part in range(3)))


def items(n, seed, loadings=(0.9, 0.8, 0.7, 0.6), shift=0.0, mean=0.0):
    rng = np.random.default_rng(seed)
    values = np.outer(rng.standard_normal(n) + mean, loadings) + 0.7 * rng.standard_normal((n, len(loadings)))
    values[:, -1] += shift
    return values


@pytest.mark.parametrize("level", LEVELS)
def test_side_by_side_fits_are_those_of_the_analysis(level):
    pairs = [(items(400, 1), items(300, 2, shift=0.4, mean=0.5)), (items(200, 3), items(250, 4, (0.2, 0.8, 0.7, 0.9)))]
    groups = groups_of(*pairs)
    found = solve(groups, level)
    model = measurement(np.ones((4, 1), dtype=bool), 2, LEVELS[level])
    assert found.df == 2 * (4 + 10) - model.count
    for i, pair in enumerate(pairs):
        exact = fit(model, tuple(normal_moments(x, np.ones(len(x)), np.arange(len(x))) for x in pair))
        measures = indices(found, groups)
        theirs = exact_indices(exact)
        assert found.chi2[i] == pytest.approx(exact.value, abs=0.01)
        assert measures.cfi[i] == pytest.approx(theirs.cfi, abs=1e-4)
        assert measures.rmsea[i] == pytest.approx(theirs.rmsea.value, abs=1e-4)
        assert measures.srmr[i] == pytest.approx(theirs.srmr, abs=1e-3)


def test_a_group_without_a_factor_has_a_solution_too():
    rng = np.random.default_rng(0)
    groups = groups_of((items(300, 1), rng.standard_normal((300, 4))))
    for level in LEVELS:
        assert np.isfinite(solve(groups, level).chi2).all()
    assert solve(groups, "metric").variance[0] < 0.1


def test_shifts_are_the_worked_example():
    groups = Groups(
        np.array([[[0, 0, 0, 0], [0.1, 0.1, 0.1, 0.5]]]), np.tile(np.eye(4), (1, 2, 1, 1)), np.full((1, 2), 200.0)
    )
    found, errors = shifts(groups, np.ones((1, 4)))
    np.testing.assert_allclose(found[0], [0, 0, 0, 0.4], atol=1e-12)
    np.testing.assert_allclose(errors[0], 0.1)


def found_of(panel, people):
    return {check.check: check for check in checks(compare(panel, people, resamples=30))}


def verdicts(panel, people):
    return {name: check.verdict for name, check in found_of(panel, people).items()}


def test_people_against_people_pass_with_and_without_a_declared_battery(scale):
    assert set(verdicts(scale(1200, 1), scale(1200, 2)).values()) <= {"INDISTINGUISHABLE", "USABLE"}
    loose = verdicts(scale(1200, 1, battery=None), scale(1200, 2, battery=None))
    assert "FAIL" not in loose.values()
    assert loose["metric_cfi"] == "INDISTINGUISHABLE"


def test_a_higher_position_on_the_scale_is_no_shift(scale):
    found = verdicts(scale(1200, 1, mean=0.3), scale(1200, 2))
    assert (found["scalar_cfi"], found["shifted_items"]) == ("INDISTINGUISHABLE", "INDISTINGUISHABLE")


def test_agreeing_with_everything_fails_scalar_invariance_and_names_the_item(scale):
    found = found_of(scale(1200, 1, agree=0.5), scale(1200, 2))
    assert found["scalar_cfi"].verdict == "FAIL"
    assert found["metric_cfi"].verdict == "INDISTINGUISHABLE"
    assert "not scalar-invariant, in standard deviations: q4 +" in found["shifted_items"].words


def test_items_that_measure_less_in_the_panel_fail_metric_invariance(scale):
    found = verdicts(scale(1200, 1, loadings=(1.2, 0.1, 1.0, 0.9, -1.2)), scale(1200, 2))
    assert found["metric_cfi"] == "FAIL"


def test_a_panel_without_the_factor_is_not_passed(scale):
    found = found_of(scale(1200, 1, loadings=(0.0,) * 5), scale(1200, 2))
    assert {check.verdict for check in found.values()} <= {"UNDERPOWERED", "FAIL"}
    assert "hardly hang together" in found["metric_cfi"].words


def test_few_people_leave_it_open_and_answers_without_a_scale_are_not_judged(scale):
    assert set(verdicts(scale(80, 1), scale(80, 2)).values()) == {"UNDERPOWERED"}
    loose = scale(600, 1, loadings=(0.0,) * 5)
    assert set(verdicts(loose, loose).values()) == {"UNVERIFIED"}


def test_gaps_are_met_by_complete_answers_and_too_many_leave_it_open(scale):
    assert "FAIL" not in verdicts(scale(1200, 1, missing=0.1), scale(1200, 2, missing=0.1)).values()
    assert set(verdicts(scale(300, 1, missing=0.3), scale(300, 2, missing=0.3)).values()) == {"UNDERPOWERED"}


def test_two_questions_are_no_scale(variable, data_set):
    two = data_set((variable("a"), [1, 2, 3, 4] * 50), (variable("b"), [1, 2, 2, 4] * 50))
    assert set(verdicts(two, two).values()) == {"UNVERIFIED"}


def test_a_panel_that_says_one_thing_only_is_not_passed_and_gives_no_warning(scale, variable, data_set):
    one = data_set(*((variable(f"q{j}", battery="b"), [3] * 400) for j in range(5)))
    assert set(verdicts(one, scale(400, 2)).values()) <= {"UNDERPOWERED", "FAIL"}


def test_items_that_do_not_vary_in_one_group_end_without_a_warning():
    rng = np.random.default_rng(0)
    people = items(200, 1, (0.9, 0.8, 0.7))
    still = np.full((200, 3), 2.0) + 0.03 * rng.standard_normal((200, 3))
    groups = groups_of((people, still), (still, people))
    for level in LEVELS:
        assert np.isfinite(solve(groups, level).chi2).all()
