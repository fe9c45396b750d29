"""Figures: no number without an interval, no NaN, and "at least" where there is no upper limit."""

import math

import pytest

from populace.app.benchmark.figures import Figure, Gap, from_dict
from populace.errors import DataError


def figure(**changes):
    return Figure(**{"regime": "R2", "study": "all", "system": "populace", "measure": "TVD", "value": 0.2} | {
        "low": 0.1, "high": 0.3, "units": 40, "unit": "questions"} | changes)  # fmt: skip


@pytest.mark.parametrize("name", ["value", "low", "high", "ceiling"])
def test_a_figure_that_is_no_number_is_refused_with_its_name(name):
    with pytest.raises(DataError, match=r"R2 / all / populace / TVD"):
        figure(**{name: math.nan})


def test_a_figure_comes_back_from_json_as_it_was():
    for one in (figure(), figure(high=math.inf, ceiling=0.02, note="remark")):
        assert from_dict(one.to_dict()) == one


def test_a_figure_without_an_upper_limit_is_at_least_and_valid_json():
    one = figure(high=math.inf)
    assert one.at_least
    assert one.to_dict()["high"] is None


def test_a_gap_comes_back_from_json_with_its_reason():
    gap = Gap("R2", "all", "populace", "TVD", "no questions")
    assert from_dict(gap.to_dict()) == gap
