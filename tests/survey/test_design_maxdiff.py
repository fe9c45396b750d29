"""Designs of best-worst sets: counts worked by hand, connectedness, errors, utilities that come back."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.analysis.choice import Attribute, part_worth_matrix
from populace.analysis.choice_logit import multinomial_logit
from populace.analysis.maxdiff import maxdiff_tasks
from populace.errors import InstrumentError
from populace.survey.design import MaxDiffDesign, designed_sets
from populace.survey.design_quality import maxdiff_quality


def made(items: int, sets: int, size: int, versions: int = 1, seed: int = 1):
    return designed_sets(range(1, items + 1), MaxDiffDesign(sets, size, seed, versions))


def quality(items: int, *size: int):
    return maxdiff_quality(range(1, items + 1), made(items, *size))


def test_the_same_seed_gives_the_same_sets():
    assert made(5, 3, 3) == made(5, 3, 3) == (((1, 3, 4), (3, 2, 5), (2, 4, 1)),)
    assert made(5, 3, 3) != made(5, 3, 3, seed=2)


@pytest.mark.parametrize(("items", "sets", "size"), [(7, 7, 3), (13, 13, 4), (9, 12, 3)])
def test_every_pair_stands_together_once_where_that_is_possible(items, sets, size):
    # projective planes of order 2 and 3, affine plane of order 3: sets·size·(size − 1) = items·(items − 1)
    found = quality(items, sets, size)
    assert set(found.pairs.values()) == {1}
    assert set(found.items.values()) == {sets * size // items}
    assert found.efficiency == pytest.approx(1)


def test_items_pairs_and_positions_are_even_over_many_versions():
    # 50 x 12 x 4 places are 2400: 120 for each of 20 items, 30 in each position; 3600 pairs on 190: 18 or 19, nearly
    found = quality(20, 12, 4, 50)
    assert set(found.items.values()) == {120}
    assert {count for counts in found.positions.values() for count in counts} <= {29, 30, 31}
    assert min(found.pairs.values()) >= 16 and max(found.pairs.values()) <= 21
    assert found.efficiency > 0.998


def test_items_are_even_within_every_version_too():
    for version in made(10, 6, 4, 8):  # 24 places for 10 items: 2 or 3
        assert set(np.bincount(np.ravel(version))[1:]) == {2, 3}


def test_a_perfect_choice_of_pairs_is_the_best_there_is():
    # three items in one set: best tells (1 − 11'/3)/3, worst (1 − 11'/2)/2 of a pair drawn at random, together 7/12
    found = maxdiff_quality("abc", [[["a", "b", "c"]]], n=100)
    assert found.efficiency == pytest.approx(1)
    assert found.errors == pytest.approx(dict.fromkeys("abc", np.sqrt(12 / 7 * 2 / 3 / 100)))
    # det over effect codes: 3 items times the eigenvalues 7/12, twice
    assert found.d_error == pytest.approx((3 * (7 / 12) ** 2) ** -0.5)
    assert found.connected
    assert "100% as efficient" in found.words()


def test_sets_of_different_sizes_are_judged_too():
    found = maxdiff_quality("abcd", [[["a", "b", "c", "d"], ["a", "b", "c"]]])
    assert found.items == {"a": 2, "b": 2, "c": 2, "d": 1}
    assert found.positions["d"] == (0, 0, 0, 1)
    assert found.pairs["a", "d"] == 1
    assert found.errors["d"] > found.errors["a"] == pytest.approx(found.errors["b"])


def test_sets_that_do_not_meet_cannot_be_compared():
    found = maxdiff_quality("abcdefg", [[["a", "b", "c"], ["d", "e", "f"]]])
    assert found.groups == (("a", "b", "c"), ("d", "e", "f"), ("g",))
    assert not found.connected
    assert found.errors is None
    assert "fall into 3 groups" in found.words()


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 14), st.integers(1, 8), st.integers(3, 6), st.integers(1, 4), st.integers(0, 99))
def test_sets_have_no_item_twice_are_even_and_connected_or_refused(items, sets, size, versions, seed):
    try:
        found = made(items, sets, size, versions, seed)
    except InstrumentError as refused:
        assert str(refused).startswith("design: ")
        assert size > items or versions * sets * (size - 1) < items + size
        return
    assert {len(set(one)) for version in found for one in version} == {size}
    judged = maxdiff_quality(range(1, items + 1), found)
    assert judged.connected
    assert max(judged.items.values()) - min(judged.items.values()) <= 1


@pytest.mark.parametrize(
    ("items", "sets", "size", "words"),
    [
        (5, 2, 6, "size is 6 and there are 5 items"),
        (10, 2, 4, "2 sets of 4 cannot connect 10 items; expected at least 3 sets"),
        (9, 501, 3, "sets is 501; expected 500 at most"),
        (301, 200, 4, "there are 301 items; expected 300 at most"),
    ],
)
def test_what_cannot_be_designed_is_refused_in_one_sentence(items, sets, size, words):
    with pytest.raises(InstrumentError) as refused:
        made(items, sets, size)
    assert words in str(refused.value)


def test_a_design_that_would_take_too_long_is_refused():
    with pytest.raises(InstrumentError, match="are 90,000; expected 50,000 at most: use fewer versions"):
        made(9, 30, 3, versions=1_000)


@pytest.mark.parametrize(("field", "value"), [("sets", 0), ("size", 2), ("seed", -1), ("versions", "3"), ("sets", 1.0)])
def test_numbers_that_cannot_be_meant_are_named(field, value):
    fields = {"sets": 3, "size": 3, "seed": 1, field: value}
    with pytest.raises(InstrumentError, match=f"design: {field} is {value!r}; expected a whole number from"):
        MaxDiffDesign(**fields)


def test_utilities_are_recovered_with_the_errors_that_the_quality_promises():
    truth, people = np.array([0.6, 0.3, 0.1, 0.0, -0.1, -0.2, -0.3, -0.4]), 400
    sets, rng, rows = made(8, 6, 4, 10), np.random.default_rng(5), []
    for person in range(people):
        for number, one in enumerate(sets[person % 10]):
            items = np.array(one) - 1
            best = items[np.argmax(truth[items] + rng.gumbel(size=4))]
            left = items[items != best]
            worst = left[np.argmax(-truth[left] + rng.gumbel(size=3))]
            rows += [(f"p{person}", number, f"i{i}", int(i == best) - int(i == worst)) for i in items]
    records = pl.DataFrame(rows, schema=["respondent_id", "task", "item", "best_worst"], orient="row")
    data, names = maxdiff_tasks(records)
    fit, effects = multinomial_logit(data), part_worth_matrix([Attribute("item", names)], none=False)
    promised = np.array(list(maxdiff_quality(range(1, 9), sets, n=people).errors.values()))
    assert np.abs((effects @ fit.coefficients - truth) / promised).max() < 3.5
    found = np.sqrt(np.diag(effects @ fit.covariance @ effects.T))
    # the promise is for equal utilities; these differ somewhat
    assert found / promised == pytest.approx(np.ones(8), rel=0.25)
