"""Extraction of factors: values of R's psych, worked examples, and what must not matter."""

import numpy as np
import pytest

from populace.analysis.extraction import extract, factor_fit, regression_scores
from populace.analysis.items import correlations
from populace.analysis.rotation import matched, rotate

ONE_FACTOR = np.outer([0.8, 0.6, 0.5], [0.8, 0.6, 0.5]) + np.diag([0.36, 0.64, 0.75])


def test_minres_is_that_of_psych(bfi_correlations, golden):
    matrix, n = bfi_correlations
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


def test_minres_is_iterated_principal_axes_of_statsmodels(bfi_correlations):
    from statsmodels.multivariate.factor import Factor

    matrix, _ = bfi_correlations
    theirs = Factor(corr=matrix, n_factor=5, method="pa", smc=True).fit(maxiter=2000, tol=1e-9)
    assert extract(matrix, 5).uniqueness == pytest.approx(theirs.uniqueness, abs=1e-5)


def test_maximum_likelihood_is_that_of_psych(bfi_correlations, golden):
    matrix, n = bfi_correlations
    found = extract(matrix, 5, "ml")
    expected = golden["bfi"]
    assert found.converged
    fit = factor_fit(matrix, found, n)
    assert [fit["chi2"], fit["df"]] == pytest.approx(expected["ml5_chi"], abs=0.001)
    loadings = rotate(found.loadings, "varimax").loadings
    # R's varimax stops early: the file is three decimals right; these are its loadings with eps = 1e-14
    assert loadings[0] == pytest.approx(expected["ml5_varimax_kaiser_A1"], abs=7e-4)
    assert loadings[0] == pytest.approx([0.103441, 0.044499, 0.004809, -0.393003, -0.056655], abs=2e-6)


@pytest.mark.parametrize("method", ["minres", "ml"])
def test_one_factor_comes_back_from_its_correlations(method):
    found = extract(ONE_FACTOR, 1, method)
    assert found.converged
    assert np.abs(found.loadings[:, 0]) == pytest.approx([0.8, 0.6, 0.5], abs=1e-5)


def test_an_item_that_is_explained_wholly_is_called_so():
    impossible = np.array([[1, 0.9, 0.8], [0.9, 1, 0.3], [0.8, 0.3, 1]])
    assert extract(impossible, 1).heywood.tolist() == [True, False, False]


def test_scores_are_those_of_a_regression_on_the_factors():
    loadings = extract(ONE_FACTOR, 1).loadings
    scores = regression_scores(np.eye(3), ONE_FACTOR, rotate(loadings))
    assert scores[:, 0] == pytest.approx(np.linalg.solve(ONE_FACTOR, [0.8, 0.6, 0.5]), abs=1e-5)


def test_the_order_of_people_says_nothing_and_that_of_items_only_moves_rows(opinions):
    steps = opinions(400, 2, factors=2).astype(float)
    order, places = np.random.default_rng(0).permutation(400), np.random.default_rng(1).permutation(8)
    plain = rotate(extract(correlations(steps, np.ones(400)), 2).loadings)
    mixed = rotate(extract(correlations(steps[order][:, places], np.ones(400)), 2).loadings)
    positions, signs = matched(mixed.loadings, plain.loadings[places])
    assert mixed.loadings[:, positions] * signs == pytest.approx(plain.loadings[places], abs=1e-4)
