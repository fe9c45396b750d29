"""Outcomes: which answers count as 1, what kind of regression follows, and what is no outcome."""

import numpy as np
import pytest

from populace.analysis.outcome import outcome_of
from populace.errors import DataError


@pytest.fixture
def data(hand_made, scale, choice, number):
    return hand_made(
        (scale("liking"), [1, 5, 99, None]),
        (choice("vote", "yes", "no"), ["yes", "no", None, "no"]),
        (choice("town", "north", "south", "west"), ["north", "south", "west", None]),
        (number("age"), [20, 30, 40, None]),
    )


def test_of_two_options_the_second_counts(data):
    y, kind, words = outcome_of(data, "vote")
    np.testing.assert_array_equal(y, [0, 1, np.nan, 1])
    assert (kind, words) == ("logistic", "no")


def test_scales_and_numbers_are_linear(data):
    assert outcome_of(data, "liking")[1:] == outcome_of(data, "age")[1:] == ("linear", "")
    np.testing.assert_array_equal(outcome_of(data, "liking")[0], [0, 4, np.nan, np.nan])


def test_an_event_makes_any_closed_question_an_outcome(data):
    y, kind, words = outcome_of(data, "town", event=["north", "west"])
    np.testing.assert_array_equal(y, [1, 0, 1, np.nan])
    assert (kind, words) == ("logistic", "north, west")


def test_dont_know_counts_only_where_it_is_the_event(data):
    np.testing.assert_array_equal(outcome_of(data, "liking", event=[5])[0], [0, 1, np.nan, np.nan])
    np.testing.assert_array_equal(outcome_of(data, "liking", event=[5, 99])[0], [0, 1, 1, np.nan])


def test_no_order_and_events_that_do_not_fit_are_refused(data):
    with pytest.raises(DataError, match="without an order"):
        outcome_of(data, "town")
    with pytest.raises(DataError, match=r"event=\[7\] does not fit 'liking'"):
        outcome_of(data, "liking", event=[7])
    with pytest.raises(DataError, match="does not fit 'age'"):
        outcome_of(data, "age", event=[20])
