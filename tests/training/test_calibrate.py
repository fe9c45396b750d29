"""Numbers fitted on what was set aside."""

import numpy as np
import pytest

from populace.training.calibrate import people_for_coverage


def test_the_number_of_pseudo_people_is_recovered():
    """True shares drawn from Dirichlets with 40 people around the prediction."""
    random = np.random.default_rng(0)
    predicted = [random.dirichlet(np.full(4, 3.0)) for _ in range(1500)]
    true = [random.dirichlet(40 * p) for p in predicted]
    assert people_for_coverage(predicted, true) == pytest.approx(40, rel=0.12)


def test_perfect_predictions_count_as_many_people_and_wild_ones_as_few():
    predicted = [np.array([0.3, 0.7])] * 50
    assert people_for_coverage(predicted, predicted) == pytest.approx(2500)
    assert people_for_coverage(predicted, [np.array([1.0, 0.0])] * 50) == pytest.approx(1)
