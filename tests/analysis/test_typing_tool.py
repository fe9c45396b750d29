"""Typing tool: the scoring sheet, how its accuracy is found, and what it is made of."""

import json

import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from populace.analysis.segments import segments
from populace.analysis.typing_tool import cross_validated, fit_sheet, select, typing_tool
from populace.errors import DataError


def test_the_sheet_is_the_worked_example():
    values = np.array([[-1.0], [1.0], [1.0], [3.0]])
    sheet = fit_sheet(values, np.array([0, 0, 1, 1]), np.ones(4), 2)
    constants, slopes = sheet.constants - np.log(0.5), sheet.weights[:, 0]
    assert constants == pytest.approx([0, -2], abs=0.01) and slopes == pytest.approx([0, 2], abs=0.01)
    assert sheet.classify(np.array([[0.0], [3.0], [np.nan]])).tolist() == [0, 1, -1]


def kinds(n, seed, q=6):
    """Three segments that differ on the first two questions only."""
    rng = np.random.default_rng(seed)
    members = rng.integers(0, 3, n)
    values = rng.standard_normal((n, q))
    values[:, 0] += 3 * (members == 1)
    values[:, 1] += 3 * (members == 2)
    return values, members


def test_it_places_people_as_linear_discriminant_analysis_does():
    values, members = kinds(300, 0)
    known = LinearDiscriminantAnalysis().fit(values, members).predict(values)
    found = fit_sheet(values, members, np.ones(300), 3).classify(values)
    assert (found == known).mean() > 0.99


@given(st.integers(0, 10_000))
def test_weights_are_rows_repeated(seed):
    values, members = kinds(60, seed)
    times = np.random.default_rng(seed).integers(1, 4, 60)
    weighted = fit_sheet(values, members, times.astype(float), 3)
    repeated = fit_sheet(*(np.repeat(part, times, axis=0) for part in (values, members)), np.ones(times.sum()), 3)
    assert weighted.weights == pytest.approx(repeated.weights) and weighted.constants == pytest.approx(
        repeated.constants
    )


def test_questions_that_tell_segments_apart_are_chosen_first():
    values, members = kinds(400, 1)
    assert sorted(select(values, members, np.ones(400), 2, 3)) == [0, 1]


def test_accuracy_on_noise_is_that_of_a_guess():
    rng = np.random.default_rng(2)
    values, members = rng.standard_normal((300, 20)), rng.integers(0, 2, 300)
    placed = cross_validated(values, members, np.ones(300), rng.integers(0, 5, 300), 3)
    # chosen and judged on the same people, three of twenty columns of noise would seem to help
    assert (placed[-1] == members).mean() == pytest.approx(0.5, abs=0.08)


@pytest.fixture(scope="module")
def survey(hand_made, scale):
    def make(n=300, seed=0):
        values, _ = kinds(n, seed)
        codes = np.digitize(values, [-0.5, 0.7, 1.9, 3.1]) + 1
        return hand_made(*((scale(f"q{j}"), codes[:, j]) for j in range(6)))

    return make


def test_a_tool_for_segments_is_short_and_says_how_often_it_is_right(survey):
    data = survey()
    found = segments(data, ["q0", "q1"], k=3, resamples=20)
    tool = typing_tool(data, found.members, [f"q{j}" for j in range(6)], most=3)
    assert set(tool.names[:2]) == {"q0", "q1"} and len(tool.accuracies) == 3
    assert tool.accuracies[1].low > 0.85 > tool.accuracies[0].value > tool.guess
    assert tool.confusion.sum(axis=1) == pytest.approx(1)
    right = (tool.classify(data) == found.members).mean()
    assert right == pytest.approx(tool.accuracy.value, abs=0.05)
    json.dumps(tool.to_dict(), allow_nan=False)
    assert "<path" in vl_convert.vegalite_to_svg(tool.chart() | {"width": 400}) and "Scoring sheet" in str(tool)


def test_bad_requests_are_refused(survey):
    data = survey(40)
    members = np.zeros(40, dtype=int)
    with pytest.raises(DataError, match="1 segments"):
        typing_tool(data, members, ["q0"])
    members[:3] = 1
    with pytest.raises(DataError, match="at least 10"):
        typing_tool(data, members, ["q0"])
    with pytest.raises(DataError, match="of 0 questions"):
        typing_tool(data, members, ["q0"], most=0)
    with pytest.raises(DataError, match="40 interviews"):
        typing_tool(data, members[:5], ["q0"])
    with pytest.raises(DataError, match="of float64"):
        typing_tool(data, members.astype(float), ["q0"])
