"""Random orders: everybody gets each member once, fixed ones stay, and every order is as likely as the next."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.survey.orders import even_order, flipped, options_vary, random_order, rows_vary, written_order
from populace.survey.question import Question, Row
from populace.survey.scale import Option

from .walking import Chance

SIX = [list(one) for one in permutations(range(3))]


def rows_of(n):
    return np.arange(n)


@st.composite
def members(draw):
    """Who gets which members, which of them are fixed, how many are drawn."""
    n, k = draw(st.integers(0, 6)), draw(st.integers(1, 6))
    there = np.array(
        draw(st.lists(st.lists(st.booleans(), min_size=k, max_size=k), min_size=n, max_size=n)), dtype=bool
    )
    fixed = np.array(draw(st.lists(st.booleans(), min_size=k, max_size=k)))
    return there.reshape(n, k), fixed, draw(st.none() | st.integers(1, k))


@given(members(), st.integers(0, 99))
def test_an_order_has_whoever_is_there_once_and_fixed_ones_in_their_seats(case, seed):
    there, fixed, pick = case
    order = random_order(there, fixed, pick, Chance(len(there), seed), "o", rows_of(len(there)))
    assert order.shape == there.shape
    for row, seen in enumerate(order.tolist()):
        count = sum(place >= 0 for place in seen)
        assert seen[count:] == [-1] * (len(seen) - count)
        drawn = [place for place in seen[:count] if not fixed[place]]
        movable = np.flatnonzero(there[row] & ~fixed).tolist()
        assert set(drawn) <= set(movable)
        assert len(drawn) == len(set(drawn)) == (len(movable) if pick is None else min(pick, len(movable)))
        # a fixed one stands where it stands among those that are there, in the order written
        shown = sorted(seen[:count])
        assert [place for place in seen[:count] if fixed[place]] == np.flatnonzero(there[row] & fixed).tolist()
        assert all(seen[seat] == place for seat, place in enumerate(shown) if fixed[place])


@given(members(), st.integers(0, 99))
def test_a_respondent_has_the_same_order_alone(case, seed):
    there, fixed, pick = case
    chance = Chance(len(there), seed)
    together = random_order(there, fixed, pick, chance, "o", rows_of(len(there)))
    for row in range(len(there)):
        alone = random_order(there[[row]], fixed, pick, chance, "o", np.array([row]))
        assert alone.tolist() == together[[row]].tolist()


def test_every_order_is_equally_likely():
    there = np.ones((6000, 3), dtype=bool)
    order = random_order(there, np.zeros(3, dtype=bool), None, Chance(6000), "o", rows_of(6000))
    counts = Counter(map(tuple, order.tolist()))
    # chi-square with 5 degrees of freedom: 20.5 is exceeded once in a thousand
    assert len(counts) == 6 and sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 20.5


def test_every_pair_is_drawn_equally_often():
    there = np.ones((6000, 4), dtype=bool)
    order = random_order(there, np.zeros(4, dtype=bool), 2, Chance(6000), "o", rows_of(6000))
    counts = Counter(tuple(sorted(row[:2])) for row in order.tolist())
    assert len(counts) == 6 and sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 20.5


@pytest.mark.parametrize(("there", "order"), [
    ([True, True, True], [0, 1, 2]),
    ([False, True, True], [1, 2, -1]),
    ([True, False, False], [0, -1, -1]),
    ([False, False, False], [-1, -1, -1]),
])  # fmt: skip
def test_the_order_written_closes_up(there, order):
    assert written_order(np.array([there])).tolist() == [order]


def test_half_see_the_order_turned_round_with_fixed_members_in_their_place():
    order = np.array([[0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3, -1]])
    fixed = np.array([False, False, False, True])
    turned = flipped(order, np.array([True, False, True]), fixed)
    assert turned.tolist() == [[2, 1, 0, 3], [0, 1, 2, 3], [2, 1, 3, -1]]
    assert order.tolist()[0] == [0, 1, 2, 3]


# -- even presentation -----------------------------------------------------------------------------------------------


@given(
    st.integers(1, 7).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k))), st.integers(1, 4), st.integers(0, 99)
)
def test_over_whole_groups_every_member_is_given_exactly_equally_often(sizes, groups, seed):
    k, pick = sizes
    order = even_order(k, pick, Chance(k * groups, seed), "s", rows_of(k * groups))
    given_ = order[:, :pick]
    assert (order[:, pick:] == -1).all()
    assert all(len(set(row)) == pick for row in given_.tolist())
    assert np.bincount(given_.ravel(), minlength=k).tolist() == [pick * groups] * k


def test_the_last_group_may_be_cut_off_and_no_member_is_ahead_by_more_than_one():
    order = even_order(4, 1, Chance(10), "s", rows_of(10))
    counts = np.bincount(order[:, 0], minlength=4)
    assert counts.sum() == 10 and counts.max() - counts.min() <= 1


@pytest.mark.parametrize(("members", "pick"), [(4, 2), (5, 2), (5, 3), (6, 4)])
def test_at_any_moment_of_a_group_no_member_is_ahead_by_more_than_one(members, pick):
    given_ = even_order(members, pick, Chance(members), "s", rows_of(members))[:, :pick]
    for so_far in range(1, members + 1):
        counts = np.bincount(given_[:so_far].ravel(), minlength=members)
        assert counts.max() - counts.min() <= 1


def test_members_are_given_by_the_place_in_the_run_and_not_in_the_batch():
    whole = even_order(3, 2, Chance(9), "s", rows_of(9))
    parts = [even_order(3, 2, Chance(size, first=first), "s", rows_of(size)) for first, size in ((0, 4), (4, 5))]
    assert np.concatenate(parts).tolist() == whole.tolist()
    assert even_order(3, 2, Chance(9), "s", np.array([7, 2])).tolist() == whole[[7, 2]].tolist()


def test_groups_have_orders_of_their_own():
    order = even_order(3, 1, Chance(300), "s", rows_of(300))[:, 0].reshape(100, 3)
    assert len(set(map(tuple, order.tolist()))) == 6


# -- what varies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fields", "options", "rows"), [
    ({}, False, False),
    ({"randomize": True}, True, False),
    ({"flip": True}, True, False),
    ({"show_only": 1}, True, False),
])  # fmt: skip
def test_options_vary_where_chance_has_a_say(fields, options, rows):
    question = Question("q", "single", "Q?", options=(Option(1, "A"), Option(2, "B")), **fields)
    assert (options_vary(question), rows_vary(question)) == (options, rows)


def test_where_there_are_rows_it_is_them_that_are_put_in_random_order():
    grid = Question("q", "grid", "Q?", options=(Option(1, "A"),), rows=(Row("a", "A"),), randomize=True)
    assert (options_vary(grid), rows_vary(grid)) == (False, True)


@pytest.mark.parametrize("kind", ["open", "date", "display"])
def test_nothing_varies_where_there_is_nothing(kind):
    question = Question("q", kind, "Q?", randomize=True)
    assert (options_vary(question), rows_vary(question)) == (False, False)
