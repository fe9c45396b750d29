"""Numbers heap where people round, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.prompts.render import bins_of
from populace.simulation.heaping import ESTIMATE, RATING, Weights, heaped, log_weights, weights_of
from populace.survey.item import Item, NumericRange

WEIGHTS = Weights(main=5, tens=4, quarters=3, fives=2, finer=-1, exact=-2, low=0.25, high=0.5)
HOURS = Item("h", "How many hours did you work last week?", numeric=NumericRange(0, 80))
DEGREES = Item("d", "How warm do you feel about the police?", numeric=NumericRange(0, 100))


def drawn(item, weights, unit=1.0, n=4000):
    """Numbers with every bin as likely as its share of the range."""
    bins = bins_of(item)
    edges = np.asarray(bins.edges)
    spread = (np.arange(n) + 0.5) / n * (edges[-1] - edges[0]) + edges[0]
    positions = bins.positions(spread)
    return heaped(item, weights, unit, bins.edges, positions, np.random.default_rng(1).random(n)), bins, positions


@pytest.mark.parametrize(
    ("number", "weight"),
    [
        (37, 0), (420, 0), (40, 4), (300, 4), (45, 2), (450, 2), (50, 5), (10, 5), (100, 5), (25, 3), (750, 3),
        (125, -1), (4050, -1), (1234, -2), (372, -2), (7, 0), (0, 0.25), (9999, -1.5),
    ],
)  # fmt: skip
def test_every_number_has_the_weight_of_its_last_digits(number, weight):
    limits = NumericRange(0, 9999)
    assert log_weights(np.array([float(number)]), 1.0, WEIGHTS, limits)[0] == weight


def test_five_is_a_round_number_only_among_larger_ones():
    limits = NumericRange(None, None)
    assert log_weights(np.array([4.0, 5, 6]), 1.0, WEIGHTS, limits).tolist() == [0, 0, 0]
    assert log_weights(np.array([4.0, 5, 12]), 1.0, WEIGHTS, limits).tolist() == [0, 2, 0]


def test_tenths_are_as_round_as_whole_numbers_in_their_unit():
    limits = NumericRange(None, None)
    whole = log_weights(np.array([40.0, 45, 47]), 1.0, WEIGHTS, limits)
    assert (log_weights(np.array([4.0, 4.5, 4.7]), 0.1, WEIGHTS, limits) == whole).all()


def test_hours_heap_and_degrees_heap_and_ages_do_not():
    assert weights_of(HOURS) is ESTIMATE and weights_of(DEGREES) is RATING
    for text in ("What is your age?", "How old are you?", "In what year were you born?", "Wie alt sind Sie?"):
        assert weights_of(Item("a", text, numeric=NumericRange(18, 99))) is None
    assert weights_of(Item("p", "How many pages did you read?", numeric=NumericRange(0, 500))) is ESTIMATE


def test_most_degrees_are_multiples_of_five_as_those_of_people_are():
    values, _, _ = drawn(DEGREES, RATING)
    # of people in ANES .78 to .99, by mode and year
    assert 0.78 < (values % 5 == 0).mean() < 0.99
    assert len(np.unique(values)) > 50, "every number can be said"


def test_a_bin_keeps_its_share():
    values, bins, positions = drawn(HOURS, ESTIMATE)
    assert (bins.positions(values) == positions).all()
    assert (values % 5 == 0).mean() > 0.5


@given(
    low=st.integers(-50, 50), width=st.integers(1, 10**7), step=st.sampled_from([1.0, 2.0, 5.0, 0.5, 0.1, 7.0]),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_numbers_lie_in_their_bin_and_on_a_step(low, width, step, seed):
    item = Item("q", "How many?", numeric=NumericRange(low, low + width, step=step))
    bins = bins_of(item)
    rng = np.random.default_rng(seed)
    positions = rng.integers(0, len(bins.labels), 50)
    values = heaped(item, ESTIMATE, step, bins.edges, positions, rng.random(50))
    there = ~np.isnan(values)
    edges = np.asarray(bins.edges)
    low_ones, high_ones = edges[positions[there]], edges[positions[there] + 1]
    assert (values[there] >= low_ones - 1e-9).all() and (values[there] <= high_ones + 1e-9).all()
    steps = (values[there] - low) / step
    assert np.allclose(steps, np.round(steps), atol=1e-6)
