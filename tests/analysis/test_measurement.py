"""Measurement models: how many parameters each level has, and that derivatives are those of the moments."""

import numpy as np
import pytest

from populace.analysis.measurement import Block, implied, independence, measurement

TWO = np.kron(np.eye(2), np.ones((3, 1))).astype(bool)
FIVE = np.full(6, 5)
NUMBERS = ((), ("loadings",), ("loadings", "intercepts"), ("loadings", "intercepts", "residuals"))
ORDINAL = tuple(("thresholds", *equal) if k else () for k, equal in enumerate([(), *NUMBERS]))


def count(*arguments, **named):
    return measurement(TWO, *arguments, **named).count


def test_equal_numbers_are_equal_parameters():
    block = Block(np.array([[0, -1], [0, 1]]), np.array([[9.0, 5], [9, 9]]))
    assert block.filled(np.array([2.0, 3.0])).tolist() == [[2, 5], [2, 3]]


def test_levels_of_numbers_have_the_parameters_of_the_textbook():
    # loadings 6, correlation 1, intercepts 6, residuals 6
    assert count() == 19
    # two groups apart; then less 6 loadings, plus 2 factor variances; then less 6 intercepts, plus 2 means; less 6
    assert [count(2, equal) for equal in NUMBERS] == [38, 34, 30, 24]


def test_levels_of_ordinal_items_have_the_parameters_of_wu_and_estabrook():
    # loadings 6, correlation 1, thresholds 24, in two groups
    free = 2 * 31
    equal_thresholds = free - 24 + 12
    equal_loadings = equal_thresholds - 6 + 2
    equal_intercepts = equal_loadings - 6 + 2
    found = [count(2, equal, FIVE) for equal in ORDINAL]
    assert found == [free, equal_thresholds, equal_loadings, equal_intercepts, equal_intercepts - 6]


def test_a_released_item_has_one_more_parameter():
    assert count(2, NUMBERS[2], released=[("intercepts", 4)]) == count(2, NUMBERS[2]) + 1
    assert count(2, ORDINAL[3], FIVE, released=[("intercepts", 4)]) == count(2, ORDINAL[3], FIVE) + 1


def test_the_baseline_has_means_and_variances_or_thresholds_only():
    assert independence(6).count == 12
    assert independence(6, 2, FIVE).count == 48


def test_one_factor_implies_products_of_loadings():
    model = measurement(np.ones((3, 1), dtype=bool))
    at = model.matrices(np.zeros(model.count))
    at["loadings"][0, :, 0], at["residuals"][0], at["intercepts"][0] = [0.8, 0.6, 0.5], [0.36, 0.64, 0.75], [1, 2, 3]
    (part,) = implied(model, model.parameters(at))
    assert part.covariance == pytest.approx(np.array([[1, 0.48, 0.4], [0.48, 1, 0.3], [0.4, 0.3, 1]]))
    assert part.vector == pytest.approx([1, 2, 3, 1, 0.48, 0.4, 1, 0.3, 1])


def test_ordinal_items_imply_thresholds_in_units_of_their_spread():
    model = measurement(np.ones((3, 1), dtype=bool), steps=np.array([2, 2, 2]))
    at = model.matrices(np.zeros(model.count))
    at["loadings"][0, :, 0], at["thresholds"][0] = [1, 1, 1], [0, 1, -1]
    (part,) = implied(model, model.parameters(at))
    # variance 1 + 1, covariance 1
    assert part.vector == pytest.approx([0, 1 / np.sqrt(2), -1 / np.sqrt(2), 0.5, 0.5, 0.5])


@pytest.mark.parametrize("equal", [*NUMBERS, *ORDINAL[1:]], ids=str)
@pytest.mark.parametrize("groups", [1, 3])
def test_derivatives_are_those_of_the_moments(equal, groups):
    steps = FIVE if "thresholds" in equal else None
    model = measurement(TWO, groups, equal, steps, released=[("intercepts", 1)])
    theta = 0.5 + 0.3 * np.random.default_rng(0).random(model.count)
    vectors = [part.jacobian for part in implied(model, theta)]
    for k in range(model.count):
        step = np.eye(model.count)[k] * 1e-6
        up, down = (implied(model, theta + side, derivatives=False) for side in (step, -step))
        for g in range(groups):
            slope = (up[g].vector - down[g].vector) / 2e-6
            assert vectors[g][k] == pytest.approx(slope, abs=1e-7)


def test_matrices_and_parameters_are_two_forms_of_one_thing():
    model = measurement(TWO, 2, ("loadings",))
    theta = np.random.default_rng(0).random(model.count)
    assert model.parameters(model.matrices(theta)) == pytest.approx(theta)
