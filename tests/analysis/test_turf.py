"""TURF: the best portfolios, against brute force and worked examples."""

import json
import sys
from itertools import combinations

import numpy as np
import polars as pl
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.turf import greedy, reach_bound, reach_of, search, turf, turf_of
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.scale import SELECTED, Option

#: a and b are liked by the same people, c by others
EXAMPLE = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)


def random_counts(n=300, items=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, items)) < rng.uniform(0.05, 0.4, items)


def test_reach_is_the_worked_example():
    counts = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=bool)
    assert reach_of(counts, np.ones(4), (0, 1)) == 0.75
    assert reach_of(counts, np.ones(4), (0, 1), depth=2) == 0.25


def test_two_items_for_different_people_beat_the_two_most_liked():
    found = turf_of(EXAMPLE, ["a", "b", "c"], size=2)
    best = found.portfolios[0]
    assert best.items == ("a", "c")
    assert best.reach.value == pytest.approx(0.8)
    assert best.frequency.value == pytest.approx(0.8)
    assert found.exact and found.gap == 0
    assert [(item, so_far.value) for item, so_far, _ in found.steps] == [("a", 0.6), ("c", 0.8)]


@pytest.mark.parametrize(("size", "depth"), [(1, 1), (3, 1), (3, 2), (4, 3)])
def test_the_search_finds_what_brute_force_finds(size, depth):
    counts, weights = random_counts(), np.random.default_rng(1).uniform(0.5, 2, 300)
    wanted = sorted(-round(reach_of(counts, weights, c, depth), 9) for c in combinations(range(9), size))[:5]
    found = [-round(reach_of(counts, weights, c, depth), 9) for c in search(counts, weights, size, depth, show=5)]
    assert found == wanted


@given(st.integers(0, 30), st.integers(1, 2))
def test_the_step_by_step_search_lies_between_its_guarantee_and_the_bound(seed, depth):
    counts, weights = random_counts(80, 8, seed), np.ones(80)
    best = reach_of(counts, weights, search(counts, weights, 3, depth)[0], depth)
    found = reach_of(counts, weights, greedy(counts, weights, 3, depth)[0], depth)
    assert found <= best + 1e-9
    assert best <= reach_bound(counts, weights, 3, depth) + 1e-9
    if depth == 1:
        assert found >= (1 - 1 / np.e) * best


def test_the_bound_without_a_linear_programme_holds_too(monkeypatch):
    monkeypatch.setattr(sys.modules["populace.analysis.turf"], "MOST_PATTERNS", 0)
    counts, weights = random_counts(), np.ones(300)
    best = reach_of(counts, weights, search(counts, weights, 3)[0])
    assert best <= reach_bound(counts, weights, 3) < 1
    assert reach_bound(counts, weights, 3, depth=2) == pytest.approx(reach_of(counts, weights, range(9), 2))


def test_many_items_are_searched_step_by_step_and_say_the_gap():
    found = turf_of(random_counts(400, 45, 2), [f"item {j}" for j in range(45)], size=6, resamples=20)
    assert not found.exact and found.possible > 8_000_000
    assert 0 <= found.gap < 0.2
    assert any("No portfolio reaches more than" in note for note in found.notes())
    assert len(found.portfolios) == 10
    reach = [p.reach.value for p in found.portfolios]
    assert reach == sorted(reach, reverse=True)


def test_twenty_items_choose_five_are_all_tried():
    found = turf_of(random_counts(300, 20, 3), [f"{j}" for j in range(20)], size=5, resamples=20)
    assert found.exact and found.possible == 15_504


def test_items_can_be_required():
    found = turf_of(EXAMPLE, ["a", "b", "c"], size=2, always=["b"])
    assert all("b" in p.items for p in found.portfolios)
    assert found.possible == 2


@given(st.permutations(range(5)))
def test_the_order_of_people_does_not_matter(order):
    one, two = (turf_of(EXAMPLE[list(rows)], ["a", "b", "c"], 2, resamples=0) for rows in (range(5), order))
    assert [p.items for p in one.portfolios] == [p.items for p in two.portfolios]
    assert one.portfolios[0].reach.value == pytest.approx(two.portfolios[0].reach.value)


def test_a_weight_of_two_is_a_person_counted_twice():
    weights = np.array([1.0, 1, 1, 2, 1])
    one = turf_of(EXAMPLE, ["a", "b", "c"], 2, weights=weights)
    two = turf_of(np.vstack([EXAMPLE, EXAMPLE[3]]), ["a", "b", "c"], 2)
    assert [p.reach.value for p in one.portfolios] == pytest.approx([p.reach.value for p in two.portfolios])


def test_intervals_are_those_of_a_share():
    counts = np.random.default_rng(0).random((800, 3)) < 0.3
    reach = turf_of(counts, ["a", "b", "c"], 1, resamples=400).portfolios[0].reach
    assert reach.half_width == pytest.approx(1.96 * np.sqrt(reach.value * (1 - reach.value) / 800), rel=0.15)


LIKING = (Option(1, "no"), Option(2, "maybe"), Option(3, "yes"), Option(9, "don't know", missing=True))


@pytest.fixture
def data():
    variables = (
        Variable("tea", "Tea", "multi_item", SELECTED, battery="d"),
        Variable("milk", "Milk", "multi_item", SELECTED, battery="d"),
        Variable("ale", "Ale", "ordinal", LIKING),
        Variable("rum", "Rum", "ordinal", LIKING),
        Variable("cups", "Cups a day", "numeric"),
        Variable("why", "Why?", "text"),
        Variable("w", "Weight", "numeric", role="weight"),
    )
    answers = {
        "respondent_id": list("abcdef"),
        "tea": [1, 1, 0, 0, None, 1],
        "milk": [0, 1, 1, 0, None, 1],
        "ale": [3, 2, 1, 9, None, 3],
        "rum": [1, 3, 3, 1, None, 3],
        "cups": [0, 3, 5, None, None, 2],
        "why": ["x"] * 6,
        "w": [1.0, 1, 1, 1, 1, 0],
    }
    return DataSet(pl.DataFrame(answers), Codebook("drinks", "Drinks", variables, {"weight": "w"}))


def test_select_all_questions_need_nothing_more(data):
    found = turf(data, ["tea", "milk"], 2)
    assert found.portfolios[0].reach.value == pytest.approx(3 / 4)
    assert found.n == 4
    assert "1 of 5 interviews left out: no answer to any item." in found.notes()


def test_the_codes_that_count_are_said(data):
    found = turf(data, ["ale", "rum"], 1, codes=[2, 3])
    assert {p.items[0]: p.reach.value for p in found.portfolios} == pytest.approx({"Ale": 2 / 4, "Rum": 2 / 4})


def test_numbers_count_from_a_limit_on(data):
    assert turf(data, ["cups"], 1, least=3).portfolios[0].reach.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"items": ["ale"]}, "expected `codes`"),
        ({"items": ["cups"]}, "`least`"),
        ({"items": ["why"], "codes": [1]}, "type 'text'"),
        ({"items": ["tee"]}, "did you mean 'tea'"),
        ({"items": ["ale"], "codes": [7]}, "none of the codes 7"),
        ({"items": ["tea", "milk"], "size": 3}, "expected 1 to 2"),
        ({"items": ["tea", "milk"], "size": 2, "depth": 3}, "expected 1 to 2"),
        ({"items": ["tea", "milk"], "size": 1, "always": ["ale"]}, "no item 'ale'"),
        ({"items": []}, "expected a list of one name"),
        ({"items": ["ale"], "codes": [9], "size": 1}, None),
        ({"items": ["cups"], "least": 99, "size": 1}, "no item counts for anybody"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(data, arguments, message):
    if message is None:
        assert turf(data, **arguments).portfolios[0].reach.value == pytest.approx(1 / 4)
        return
    with pytest.raises(DataError, match=message):
        turf(data, **arguments)


def test_results_print_plot_and_export():
    found = turf_of(EXAMPLE, ["a", "b", "c"], 2)
    assert "Best portfolios" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})
