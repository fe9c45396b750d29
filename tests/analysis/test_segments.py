"""Segments: found, counted and assigned; what is said where there are none."""

import json

import numpy as np
import pytest
import vl_convert

from populace.analysis.segments import segments
from populace.errors import DataError

ITEMS = ["q0", "q1", "q2", "q3"]


def test_segments_are_found_and_counted(two_kinds):
    data = two_kinds()
    found = segments(data, ITEMS, most=4)
    assert found.k == 2 and found.sizes[0].value == pytest.approx(0.6, abs=0.1)
    assert found.stability.value > 0.95
    assert found.means[0][1].value > found.means[0][2].value
    assert [choice.k for choice in found.choices] == [1, 2, 3, 4]
    np.testing.assert_array_equal(found.assign(data), found.members)


def test_weights_change_sizes(two_kinds):
    plain, weighted = (segments(two_kinds(**named), ITEMS, k=2) for named in ({}, {"weight": "w"}))
    small = plain.sizes[1].value
    assert sorted(size.value for size in weighted.sizes)[1] == pytest.approx(2 * small / (1 + small), abs=1e-9)


def test_who_left_out_a_question_is_in_no_segment(hand_made, scale):
    rng = np.random.default_rng(0)
    columns = [[None, *rng.integers(1, 6, 40)] for _ in range(3)]
    data = hand_made(*((scale(f"q{j}"), column) for j, column in enumerate(columns)))
    found = segments(data, ["q0", "q1", "q2"], k=2, resamples=20)
    assert found.members[0] == -1 and (found.members[1:] >= 0).all() and "1 of 41" in str(found)


def test_people_who_differ_by_degree_have_no_segments(hand_made, scale):
    rng = np.random.default_rng(0)
    data = hand_made(*((scale(f"q{j}"), rng.integers(1, 6, 300)) for j in range(6)))
    found = segments(data, [f"q{j}" for j in range(6)], most=4, resamples=20)
    assert "No number of segments repeats itself" in str(found)


def test_it_prints_plots_and_exports(two_kinds):
    found = segments(two_kinds(80), ITEMS, most=3, resamples=20)
    assert "prediction strength" in json.dumps(found.to_dict(), allow_nan=False) and "stability" in str(found)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})


def test_bad_requests_are_refused(two_kinds, hand_made, scale, choice):
    data = two_kinds(40)
    with pytest.raises(DataError, match="two or more"):
        segments(data, ITEMS, k=1)
    with pytest.raises(DataError, match="too few for 9 segments"):
        segments(data, ITEMS, k=9)
    with pytest.raises(DataError, match="more than one answer"):
        segments(hand_made((scale("a"), [1, 2] * 10), (scale("b"), [1, 1] * 10)), ["a", "b"], k=2)
    towns = hand_made((choice("town", "north", "south", "west"), ["north", "south", "west"] * 10))
    with pytest.raises(DataError, match="no order"):
        segments(towns, ["town"])
