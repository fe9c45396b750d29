"""Exploratory factor analysis: planted structure that is found, and what is said where there is none."""

import numpy as np
import pytest

from populace.analysis.estimate import Estimate
from populace.analysis.factors import factors
from populace.analysis.items import correlations
from populace.errors import DataError


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
