"""Confirmatory factor analysis: values of lavaan, weights, and solutions that are none."""

import numpy as np
import pytest

from populace.analysis.cfa import cfa, material_of
from populace.analysis.fitting import log_likelihood
from populace.analysis.moments import normal_moments
from populace.errors import DataError

ABILITIES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
TRAITS = {trait: [f"{trait}{k}" for k in range(1, 6)] for trait in "AC"}
TWO = {"F": ["q0", "q1", "q2", "q3"], "G": ["q4", "q5", "q6", "q7"]}


def test_maximum_likelihood_is_that_of_lavaan(holzinger, golden):
    found, expected = cfa(holzinger, ABILITIES, estimator="ML"), golden["HolzingerSwineford1939"]
    assert found.converged and found.proper
    assert found.fit.test.chi2 == pytest.approx(expected["chisq"], abs=1e-3)
    assert found.fit.test.df == expected["df"]
    assert found.fit.cfi == pytest.approx(expected["cfi"], abs=5e-4)
    assert found.fit.tli == pytest.approx(expected["tli"], abs=5e-4)
    assert found.fit.rmsea.value == pytest.approx(expected["rmsea"], abs=5e-4)
    assert [found.fit.rmsea.low, found.fit.rmsea.high] == pytest.approx(expected["rmsea_ci"], abs=5e-4)
    assert found.fit.srmr == pytest.approx(expected["srmr"], abs=5e-4)
    assert log_likelihood(found.found) == pytest.approx(expected["logl"], abs=1e-3)


def test_reliability_of_the_factors_is_that_of_semtools(holzinger, golden):
    found, expected = cfa(holzinger, ABILITIES, estimator="ML"), golden["HolzingerSwineford1939"]
    assert [found.composite(factor).value for factor in ABILITIES] == pytest.approx(expected["omega"], abs=1e-4)
    assert [found.extracted(factor).value for factor in ABILITIES] == pytest.approx(expected["ave"], abs=1e-4)


def test_standardised_loadings_and_errors_are_those_of_lavaan(holzinger):
    point, errors = cfa(holzinger, ABILITIES, estimator="ML").solution
    # lavaan 0.6-14, standardizedSolution
    loadings = [0.7718807, 0.4236018, 0.5811323, 0.8515825, 0.8550657, 0.8380103, 0.5695162, 0.7230445, 0.6650096]
    spread = [0.0549727, 0.0596191, 0.0551393, 0.0225431, 0.0223412, 0.0233551, 0.0531548, 0.0505305, 0.0510942]
    assert point.loadings[0].sum(axis=1) == pytest.approx(loadings, abs=2e-5)
    assert errors.loadings[0].sum(axis=1) == pytest.approx(spread, abs=2e-5)


def test_robust_tests_and_errors_are_those_of_lavaan(holzinger):
    found = cfa(holzinger, ABILITIES, estimator="MLM")
    # lavaan 0.6-14, estimator MLM
    assert found.fit.test.chi2 == pytest.approx(80.87173, abs=1e-3)
    assert found.fit.cfi == pytest.approx(0.924503, abs=1e-5) and found.fit.tli == pytest.approx(0.886754, abs=1e-5)
    errors = np.sqrt(np.diag(found.found.covariance))[:9]
    theirs = [0.092988, 0.075097, 0.067522, 0.061027, 0.054616, 0.058146, 0.066832, 0.065315, 0.059039]
    assert errors == pytest.approx(theirs, abs=5e-6)


def test_ordinal_items_are_those_of_lavaans_wlsmv(bfi):
    found = cfa(bfi, TRAITS, estimator="WLSMV")
    # lavaan 0.6-14, estimator WLSMV, 2,632 people
    assert found.found.value == pytest.approx(449.278, abs=1e-3)
    assert found.fit.test.chi2 == pytest.approx(593.4957, abs=2e-3)
    assert found.fit.cfi == pytest.approx(0.9464576, abs=1e-6)
    assert found.fit.tli == pytest.approx(0.9291351, abs=1e-6)
    rmsea = found.fit.rmsea
    assert (rmsea.value, rmsea.low, rmsea.high) == pytest.approx((0.079086, 0.073572, 0.084732), abs=2e-5)
    assert found.fit.srmr == pytest.approx(0.0506166, abs=1e-6)
    point, errors = found.solution
    assert np.abs(point.loadings[0, :5, 0]) == pytest.approx(
        [0.408169, 0.722235, 0.786804, 0.569990, 0.675675], abs=2e-5
    )
    assert errors.loadings[0, :5, 0] == pytest.approx([0.018570, 0.013299, 0.012099, 0.017057, 0.013589], rel=1e-3)
    assert abs(found.correlation("A", "C").value) == pytest.approx(0.370665, abs=2e-5)
    assert errors.correlations[0, 0, 1] == pytest.approx(0.022049, rel=1e-3)


def test_weighted_estimates_are_those_of_lavaan(holzinger):
    values = holzinger.answers.select(f"x{k}" for k in range(1, 10)).to_numpy()
    weights = 1.0 + np.arange(1, 302) % 3
    from populace.analysis.fitting import fit
    from populace.analysis.measurement import measurement

    structure = np.kron(np.eye(3), np.ones((3, 1))).astype(bool)
    found = fit(measurement(structure), [normal_moments(values, weights, np.arange(301))], "MLM")
    # lavaan 0.6-14 with sampling.weights; its test is of 301 people, ours of the effective 258
    theirs = [0.842, 0.531, 0.670, 0.990, 1.108, 0.922, 0.587, 0.724, 0.696]
    assert np.abs(found.theta[:9]) == pytest.approx(theirs, abs=6e-4)
    assert found.value * 301 / found.moments[0].n == pytest.approx(83.680, abs=2e-3)


def test_weights_are_repeated_rows(battery, opinions):
    steps = opinions(200, 1, factors=2)
    repeats = np.random.default_rng(0).integers(1, 4, 200)
    weighted = cfa(battery(steps, repeats), TWO, estimator="ML")
    repeated = cfa(battery(np.repeat(steps, repeats, axis=0)), TWO, estimator="ML")
    assert weighted.solution[0].loadings == pytest.approx(repeated.solution[0].loadings, abs=1e-5)
    # but they are no more people: the test knows
    assert weighted.material.n < 200 and weighted.fit.test.chi2 < repeated.fit.test.chi2


def test_the_order_of_people_and_items_says_nothing(battery, opinions):
    steps = opinions(300, 1, factors=2)
    mixed = battery(steps[np.random.default_rng(0).permutation(300)])
    turned = {factor: items[::-1] for factor, items in reversed(TWO.items())}
    plain, other = cfa(battery(steps), TWO), cfa(mixed, turned)
    assert other.fit.test.chi2 == pytest.approx(plain.fit.test.chi2, abs=1e-4)
    for item in TWO["F"]:
        assert other.loading(item, "F").value == pytest.approx(plain.loading(item, "F").value, abs=1e-5)


def test_an_item_read_from_its_other_end_changes_its_sign_only(battery, opinions):
    steps = opinions(300, 1, factors=2)
    plain, turned = cfa(battery(steps), TWO), cfa(battery(steps), TWO, reverse=["q1"])
    assert turned.loading("q1", "F").value == pytest.approx(-plain.loading("q1", "F").value, abs=1e-5)
    assert turned.composite("F").value == pytest.approx(plain.composite("F").value, abs=1e-5)


def test_the_estimator_follows_the_scale(battery, opinions, holzinger, bfi):
    assert cfa(battery(opinions(200, 1, factors=2)), TWO).found.estimator == "WLSMV"
    assert cfa(holzinger, ABILITIES).found.estimator == "MLM"
    assert cfa(bfi, TRAITS).found.estimator == "MLM"


def test_the_result_shows_loadings_with_intervals_and_says_how_it_was_made(battery, opinions):
    found = cfa(battery(opinions(500, 2, factors=2)), TWO)
    fits, loadings, quality, related = found.tables()
    assert "WLSMV" in fits.title and len(loadings.rows) == 8 and len(quality.rows) == 2 and len(related.rows) == 1
    estimate = found.loading("q0", "F")
    assert estimate.low < 0.8 < estimate.high and estimate.n == 500
    assert found.correlation("F", "G").low < 0.3 < found.correlation("F", "G").high
    assert len(found.chart()["data"]["values"]) == 8
    assert "diagonally weighted least squares" in " ".join(found.notes())


def test_groups_have_their_own_loadings_until_they_are_equal(holzinger):
    apart = cfa(holzinger, ABILITIES, by="school", estimator="ML")
    assert apart.loading("x1", "visual", 0).value != apart.loading("x1", "visual", 1).value
    equal = cfa(holzinger, ABILITIES, by="school", equal=["loadings"], estimator="ML")
    assert equal.found.df == apart.found.df + 6
    assert {row["series"] for row in equal.chart()["data"]["values"]} == {"Pasteur", "Grant-White"}


def test_a_model_that_always_fits_is_said_to(battery, opinions):
    found = cfa(battery(opinions(300, 1)), {"F": ["q0", "q1", "q2"]})
    assert found.found.df == 0 and "fits whatever the answers are" in " ".join(found.notes())
    assert dict(row for row in found.tables()[0].rows)["p"] is None


def test_an_impossible_solution_is_named(hand_made, number):
    root = np.linalg.cholesky(np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]]))
    values = np.random.default_rng(0).normal(size=(300, 3)) @ root.T
    data = hand_made(*((number(f"x{k}"), column.tolist()) for k, column in enumerate(values.T)))
    found = cfa(data, {"F": ["x0", "x1", "x2"]}, estimator="ML")
    assert not found.proper
    assert found.notes()[0] == "IMPROPER solution: negative residual variance of x0 (Heywood)."


def test_a_search_without_an_end_gives_no_figures(battery, opinions, monkeypatch):
    monkeypatch.setattr("populace.analysis.fitting._ROUNDS", 1)
    found = cfa(battery(opinions(300, 1, factors=2)), TWO)
    assert not found.converged and found.fit is None and found.loading("q0", "F") is None
    assert "DID NOT CONVERGE" in found.notes()[0] and found.chart() is None
    assert found.tables()[0].rows == (("converged", "no"),)


@pytest.mark.parametrize(
    ("model", "named", "words"),
    [
        ({}, {}, "names no factor"),
        ({"F": "q0"}, {}, "factor 'F' has items 'q0'"),
        ({"F": ["q0"]}, {}, "two different items"),
        ({"F": ["q0", "q1"]}, {}, "expected three or more"),
        ({"F": ["q0", "q1", "q9"]}, {}, "no variable 'q9'"),
        ({"F": ["q0", "q1", "q2"]}, {"estimator": "GLS"}, "estimator 'GLS' is unknown"),
        ({"F": ["q0", "q1", "q2"]}, {"equal": ["slopes"]}, "'equal' names 'slopes'"),
        ({"F": ["q0", "q1", "q2"]}, {"by": "q0"}, "one of the items"),
        ({"F": ["q0", "q1", "q2"]}, {"by": "group"}, "1 groups of 50 people"),
    ],
)
def test_what_cannot_be_fitted_is_named(battery, opinions, model, named, words):
    data = battery(opinions(100, 1), groups=["a"] * 90 + ["b"] * 10)
    with pytest.raises(DataError, match=words):
        cfa(data, model, **named)


def test_small_groups_are_left_out_and_said_to_be(hand_made, scale, choice, opinions):
    steps = opinions(160, 1)
    pairs = [(scale(f"q{j}"), column.tolist()) for j, column in enumerate(steps.T)]
    groups = ["a"] * 75 + ["b"] * 75 + ["c"] * 10
    material = material_of(hand_made(*pairs, (choice("g", "a", "b", "c"), groups)), {"F": ["q0", "q1", "q2"]}, "g")
    assert material.groups == ("a", "b") and "fewer than 50 people ('c')" in " ".join(material.remarks)
