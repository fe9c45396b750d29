"""Fitness of items for factor analysis and the number of dimensions: values of R's psych and worked examples."""

import numpy as np
import pytest

from populace.analysis.dimensionality import (
    bartlett,
    kmo,
    minimum_average_partial,
    null_correlations,
    parallel_analysis,
    squared_multiple_correlations,
)


def test_suitability_is_that_of_psych(bfi_correlations, golden):
    matrix, n = bfi_correlations
    expected = golden["bfi"]
    assert kmo(matrix)[0] == pytest.approx(expected["KMO"], abs=1e-6)
    assert bartlett(matrix, n)[:2] == pytest.approx(expected["bartlett"], abs=0.01)
    assert squared_multiple_correlations(matrix)[:5] == pytest.approx(expected["smc_A1_A5"], abs=1e-6)
    assert np.linalg.eigvalsh(matrix)[::-1][:8] == pytest.approx(expected["eigenvalues"], abs=1e-5)


def test_the_number_of_factors_is_that_of_psych(bfi_correlations, golden):
    matrix, n = bfi_correlations
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


def test_correlations_of_chance_are_as_wide_as_those_of_people():
    rng = np.random.default_rng(0)
    drawn = np.array([null_correlations(4, 50, rng)[0, 3] for _ in range(2000)])
    assert drawn.mean() == pytest.approx(0, abs=0.01)
    assert drawn.std() == pytest.approx(1 / np.sqrt(49), rel=0.05)


def test_unrelated_items_have_no_factor():
    parallel = parallel_analysis(null_correlations(8, 300, np.random.default_rng(3)), 300)
    assert parallel.component_count == 0
