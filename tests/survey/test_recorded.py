"""Random orders as data: which there are, how they are written, and that the machine takes them up again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.survey.flow import loops_of
from populace.survey.recorded import RandomOrder, random_orders, suffixes_of, versions_of

from .strategies import instruments
from .walking import Chance, block, conduct, single, survey

GRID = {
    "name": "g",
    "kind": "grid",
    "text": "How good?",
    "rows": ["tea", "milk"],
    "options": ["Bad", "Good"],
    "randomize": True,
    "flip": True,
}


def found(instrument):
    return [(one.key, one.members) for one in random_orders(instrument)]


def test_an_instrument_in_the_order_written_has_none():
    assert found(survey(block("a", "q1", "q2"))) == []


def test_every_random_order_is_listed_with_what_it_orders():
    question = single("q1", randomize=True)
    question["options"] = [{"code": "a", "label": "A"}, {"code": "b", "label": "B"}]
    shuffle = {"shuffle": {"id": "s", "members": [{"block": "one"}, {"section": {"flow": [{"block": "two"}]}}]}}
    loop = {"loop": {"id": "l", "rounds": [{"name": "x"}, {"name": "y"}], "pick": 1, "flow": [{"block": "three"}]}}
    one, three = block("one", question, GRID, randomize=True), block("three", single("q3", show_only=2), pick=1)
    instrument = survey(one, block("two", "q2"), three, flow=[shuffle, loop])
    assert found(instrument) == [
        ("s", ("one", "2")),
        ("l", ("x", "y")),
        ("one", ("q1", "g")),
        ("q1_order", ("a", "b")),
        ("g_order", ("1", "2")),
        ("g_rows_order", ("1", "2")),
        ("three.x", ("q3",)),
        ("three.y", ("q3",)),
        ("q3.x_order", ("1", "2", "3")),
        ("q3.y_order", ("1", "2", "3")),
    ]


def test_loops_within_loops_have_an_order_for_every_round_around_them():
    inner = {"loop": {"id": "i", "rounds": [{"name": "1"}, {"name": "2"}], "randomize": True, "flow": [{"block": "b"}]}}
    outer = {"loop": {"id": "o", "rounds": [{"name": "x"}, {"name": "y"}], "flow": [inner]}}
    instrument = survey(block("b", "q"), flow=[outer])
    assert found(instrument) == [("i.x", ("1", "2")), ("i.y", ("1", "2"))]
    assert suffixes_of(loops_of(instrument.flow)["b"]) == [".x.1", ".x.2", ".y.1", ".y.2"]
    assert suffixes_of(()) == [""]


def test_names_of_columns_are_legal():
    (order,) = random_orders(survey(block("part 1: über", "q1", "q2", randomize=True)))
    assert order.key == "part 1: über" and order.column == "part_1_über"


@pytest.mark.parametrize("codes", [["a|b", "c"], ["a", "|"]])
def test_members_whose_names_cannot_be_told_apart_are_written_by_their_places(codes):
    question = single("q", randomize=True)
    question["options"] = [{"code": code, "label": code} for code in codes]
    (order,) = random_orders(survey(block("a", question)))
    assert order.members == ("1", "2")


def test_a_block_that_is_named_like_the_place_of_another_is_not_taken_for_it():
    shuffle = {"shuffle": {"id": "s", "members": [{"block": "2"}, {"section": {"flow": [{"block": "b"}]}}]}}
    (order,) = random_orders(survey(block("2", "q1"), block("b", "q2"), flow=[shuffle]))
    assert order.members == ("1", "2")


ORDER = RandomOrder("o", "o", "Order of o", ("a", "b", "c"))


def test_an_order_is_written_as_it_was_seen():
    seen = np.array([[1, 0, -1], [2, 1, 0], [-1, -1, -1]])
    assert ORDER.texts(seen) == ["b|a", "c|b|a", None]
    assert ORDER.places(["b|a", "c|b|a", None, ""]).tolist() == [*seen.tolist(), [-1] * 3]
    assert ORDER.texts(np.zeros((0, 3), dtype=int)) == []


@pytest.mark.parametrize("text", ["x|a|y", "a", "a|", " |a"])
def test_what_is_no_member_is_left_out(text):
    assert ORDER.places([text]).tolist() == [[0, -1, -1]]


def test_a_member_that_stands_too_often_does_no_harm():
    assert ORDER.places(["a|a|a|a|b"]).tolist() == [[0, 0, 0]]


@given(st.lists(st.lists(st.sampled_from(range(3)), unique=True), min_size=1, max_size=5))
def test_what_is_written_is_read_again(orders):
    seen = np.full((len(orders), 3), -1)
    for row, order in enumerate(orders):
        seen[row, : len(order)] = order
    assert ORDER.places(ORDER.texts(seen)).tolist() == seen.tolist()


def test_versions_are_named_where_there_are_several():
    sets = {"kind": "best_worst", "text": "Best?", "options": ["A", "B", "C"]}
    loop = {"loop": {"id": "l", "rounds": [{"name": "x"}], "flow": [{"block": "b"}]}}
    instrument = survey(
        block("a", {"name": "one"} | sets | {"sets": [[[1, 2, 3]]]}),
        block("b", {"name": "two"} | sets | {"sets": [[[1, 2, 3]], [[3, 2, 1]]]}),
        flow=[{"block": "a"}, loop],
    )
    assert list(versions_of(instrument)) == ["two.x_version"]


@settings(max_examples=40)
@given(instruments(translations=False, quotas=False), st.integers(0, 9))
def test_the_machine_records_what_is_listed_and_takes_recorded_orders_up_again(instrument, seed):
    first = conduct(instrument, 6, chance=Chance(6, seed))
    orders = {order.key: order for order in random_orders(instrument)}
    assert set(first.walk.orders) <= set(orders)
    read = {key: orders[key].places(orders[key].texts(seen)) for key, seen in first.walk.orders.items()}
    again = conduct(instrument, 6, chance=Chance(6, seed + 100), orders=read, drawn=first.walk.state.values)
    assert {key: seen.tolist() for key, seen in again.walk.orders.items()} == {
        key: seen.tolist() for key, seen in first.walk.orders.items()
    }
    assert [again.of(row) for row in range(6)] == [first.of(row) for row in range(6)]
