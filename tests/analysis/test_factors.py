"""Exploratory factor analysis: values of R's psych, worked examples, and planted structure that is found."""

import numpy as np
import pytest

from populace.analysis.estimate import Estimate
from populace.analysis.factors import (
    bartlett,
    extract,
    factor_fit,
    factors,
    kmo,
    minimum_average_partial,
    null_correlations,
    parallel_analysis,
    regression_scores,
    squared_multiple_correlations,
)
from populace.analysis.items import correlations
from populace.analysis.rotation import matched, rotate
from populace.errors import DataError

ONE_FACTOR = np.outer([0.8, 0.6, 0.5], [0.8, 0.6, 0.5]) + np.diag([0.36, 0.64, 0.75])


@pytest.fixture(scope="module")
def people(bfi):
    """Correlations of the 25 items among the 2,436 people who answered all."""
    answers = bfi.answers.select(bfi.names("question")).drop_nulls().to_numpy().astype(float)
    return correlations(answers, np.ones(len(answers))), len(answers)


def test_suitability_is_that_of_psych(people, golden):
    matrix, n = people
    expected = golden["bfi"]
    assert kmo(matrix)[0] == pytest.approx(expected["KMO"], abs=1e-6)
    assert bartlett(matrix, n)[:2] == pytest.approx(expected["bartlett"], abs=0.01)
    assert squared_multiple_correlations(matrix)[:5] == pytest.approx(expected["smc_A1_A5"], abs=1e-6)
    assert np.linalg.eigvalsh(matrix)[::-1][:8] == pytest.approx(expected["eigenvalues"], abs=1e-5)


def test_minres_is_that_of_psych(people, golden):
    matrix, n = people
    expected, found = golden["bfi"], extract(matrix, 5)
    assert found.converged and not found.heywood.any()
    assert 1 - found.uniqueness[:5] == pytest.approx(expected["minres5_communalities_A1_A5"], abs=1e-5)
    assert (found.loadings**2).sum(axis=0) == pytest.approx(expected["minres5_SSload"], abs=2e-6)
    fit, theirs = factor_fit(matrix, found, n), expected["minres5_fit"]
    assert fit["chi2"] == pytest.approx(theirs["chi"], abs=0.001) and fit["df"] == theirs["dof"]
    assert fit["tli"] == pytest.approx(theirs["TLI"], abs=1e-6)
    assert fit["rmsea"] == pytest.approx(theirs["RMSEA"], abs=1e-7)
    assert fit["rmsr"] == pytest.approx(theirs["rms"], abs=1e-7)
    assert fit["bic"] == pytest.approx(theirs["BIC"], abs=0.001)


def test_minres_is_iterated_principal_axes_of_statsmodels(people):
    from statsmodels.multivariate.factor import Factor

    matrix, _ = people
    theirs = Factor(corr=matrix, n_factor=5, method="pa", smc=True).fit(maxiter=2000, tol=1e-9)
    assert extract(matrix, 5).uniqueness == pytest.approx(theirs.uniqueness, abs=1e-5)


def test_maximum_likelihood_is_that_of_psych(people, golden):
    matrix, n = people
    found = extract(matrix, 5, "ml")
    expected = golden["bfi"]
    assert found.converged
    fit = factor_fit(matrix, found, n)
    assert [fit["chi2"], fit["df"]] == pytest.approx(expected["ml5_chi"], abs=0.001)
    loadings = rotate(found.loadings, "varimax").loadings
    # R's varimax stops early: the file is three decimals right; these are its loadings with eps = 1e-14
    assert loadings[0] == pytest.approx(expected["ml5_varimax_kaiser_A1"], abs=7e-4)
    assert loadings[0] == pytest.approx([0.103441, 0.044499, 0.004809, -0.393003, -0.056655], abs=2e-6)


@pytest.mark.parametrize(
    ("method", "key", "tolerance"),
    # R's varimax stops early
    [("varimax", "minres5_varimax_kaiser_A1", 6e-4), ("oblimin", "minres5_oblimin_A1", 6e-5)],
)
def test_rotations_are_those_of_psych(people, golden, method, key, tolerance):
    found = rotate(extract(people[0], 5).loadings, method)
    assert found.converged
    assert found.loadings[0] == pytest.approx(golden["bfi"][key], abs=tolerance)


def test_oblique_factors_are_related_as_in_psych(people, golden):
    found = rotate(extract(people[0], 5).loadings, "oblimin")
    expected = golden["bfi"]["oblimin_Phi_upper_abs"]
    assert np.abs(found.phi[np.triu_indices(5, 1)]) == pytest.approx(expected, abs=6e-5)
    assert found.loadings[15] == pytest.approx([0.8324, -0.1052, -0.0010, -0.1074, -0.0472], abs=6e-5)


def test_the_number_of_factors_is_that_of_psych(people, golden):
    matrix, n = people
    expected = golden["bfi"]
    parallel = parallel_analysis(matrix, n, draws=50)
    assert (parallel.factor_count, parallel.component_count) == tuple(expected["parallel"].values())
    partials = minimum_average_partial(matrix, most=8)
    assert partials == pytest.approx(expected["MAP"], abs=6e-6) and np.argmin(partials) + 1 == 5


def test_two_items_are_the_worked_examples():
    pair = np.array([[1, 0.5], [0.5, 1]])
    assert squared_multiple_correlations(pair) == pytest.approx([0.25, 0.25])
    assert kmo(pair)[0] == pytest.approx(0.5)
    value, df, _ = bartlett(pair, 101)
    assert (value, df) == (pytest.approx(28.34, abs=0.01), 1)


@pytest.mark.parametrize("method", ["minres", "ml"])
def test_one_factor_comes_back_from_its_correlations(method):
    found = extract(ONE_FACTOR, 1, method)
    assert found.converged
    assert np.abs(found.loadings[:, 0]) == pytest.approx([0.8, 0.6, 0.5], abs=1e-5)


def test_an_item_that_is_explained_wholly_is_called_so():
    impossible = np.array([[1, 0.9, 0.8], [0.9, 1, 0.3], [0.8, 0.3, 1]])
    assert extract(impossible, 1).heywood.tolist() == [True, False, False]


def test_correlations_of_chance_are_as_wide_as_those_of_people():
    rng = np.random.default_rng(0)
    drawn = np.array([null_correlations(4, 50, rng)[0, 3] for _ in range(2000)])
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert drawn.std() == pytest.approx(1 / np.sqrt(49), rel=0.05)


def test_unrelated_items_have_no_factor():
    parallel = parallel_analysis(null_correlations(8, 300, np.random.default_rng(3)), 300)
    assert parallel.component_count == 0


def test_scores_are_those_of_a_regression_on_the_factors():
    loadings = extract(ONE_FACTOR, 1).loadings
    scores = regression_scores(np.eye(3), ONE_FACTOR, rotate(loadings))
    assert scores[:, 0] == pytest.approx(np.linalg.solve(ONE_FACTOR, [0.8, 0.6, 0.5]), abs=1e-5)


@pytest.mark.parametrize("correlation", ["pearson", "polychoric"])
def test_planted_factors_are_found_with_intervals(battery, opinions, correlation):
    steps = opinions(600, 1, (0.8, 0.7, 0.7, 0.6), factors=2)
    found = factors(battery(steps), [f"q{j}" for j in range(8)], correlation=correlation, resamples=20)
    assert found.count == 2 and found.extraction.converged and found.rotated.converged
    first = int(np.argmax([found.loadings[0][k].value for k in range(2)]))
    assert all(found.loadings[i][first].value > 0.45 for i in range(4))
    assert all(found.loadings[i][first].high < 0.3 for i in range(4, 8))
    for row in found.loadings:
        assert all(isinstance(cell, Estimate) and cell.low <= cell.value <= cell.high for cell in row)
    # a true correlation of .3
    assert found.phi[0][1].low < 0.3 < found.phi[0][1].high + 0.05
    assert {table.title for table in found.tables()} >= {"How many factors?", "Fit for factor analysis?"}
    assert len(found.chart()["data"]["values"]) == 16


def test_the_order_of_people_says_nothing_and_that_of_items_only_moves_rows(opinions):
    steps = opinions(400, 2, factors=2).astype(float)
    order, places = np.random.default_rng(0).permutation(400), np.random.default_rng(1).permutation(8)
    plain = rotate(extract(correlations(steps, np.ones(400)), 2).loadings)
    mixed = rotate(extract(correlations(steps[order][:, places], np.ones(400)), 2).loadings)
    positions, signs = matched(mixed.loadings, plain.loadings[places])
    assert mixed.loadings[:, positions] * signs == pytest.approx(plain.loadings[places], abs=1e-4)


def test_weights_count_people_and_cost_certainty(battery, opinions):
    steps = opinions(300, 3)
    weights = np.where(np.arange(300) < 150, 3.0, 1.0)
    weights[-20:] = 0
    names = [f"q{j}" for j in range(4)]
    found = factors(battery(steps, weights), names, count=1, resamples=20)
    assert found.matrix == pytest.approx(correlations(steps[:280].astype(float), weights[:280]))
    assert found.n == pytest.approx((150 * 3 + 130) ** 2 / (150 * 9 + 130))


def test_items_without_a_factor_are_told_so(battery):
    steps = np.random.default_rng(5).integers(1, 6, (300, 6))
    found = factors(battery(steps), [f"q{j}" for j in range(6)], resamples=20)
    assert found.count == 1 and any("finds no factor" in note for note in found.notes())


def test_a_heywood_case_is_said_plainly(hand_made, number):
    # correlations .9, .8 and .5: the first item would have to share more than all it has
    root = np.linalg.cholesky(np.array([[1, 0.9, 0.8], [0.9, 1, 0.5], [0.8, 0.5, 1]]))
    values = np.random.default_rng(0).normal(size=(200, 3)) @ root.T
    data = hand_made(*((number(f"x{k}"), column.tolist()) for k, column in enumerate(values.T)))
    found = factors(data, ["x0", "x1", "x2"], count=1, resamples=20)
    assert found.extraction.heywood.tolist() == [True, False, False]
    assert any(note.startswith("IMPROPER solution (Heywood case): the factors explain x0") for note in found.notes())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 5}, "5 factors of 6 items cannot be told apart"),
        ({"count": 0}, "0 factors"),
        ({"method": "pca"}, "method 'pca' is unknown"),
        ({"rotation": "promax"}, "'promax' is unknown"),
        ({"correlation": "kendall"}, "'kendall' is unknown"),
    ],
)
def test_what_cannot_be_done_is_named(battery, opinions, change, words):
    data = battery(opinions(100, 1, (0.7,) * 6))
    with pytest.raises(DataError, match=words):
        factors(data, [f"q{j}" for j in range(6)], resamples=20, **change)


def test_items_that_are_the_same_are_refused(battery, opinions):
    steps = opinions(100, 1)
    with pytest.raises(DataError, match="'q0' and 'q4' are the same"):
        factors(battery(np.column_stack([steps, steps[:, 0]])), [f"q{j}" for j in range(5)])
