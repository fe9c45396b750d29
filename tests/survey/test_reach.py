"""Which questions can be reached: shown by an example, or shown to be impossible."""

from itertools import pairwise

import pytest

from populace.survey.instrument import read_instrument
from populace.survey.reach import reach


def question(name, **fields):
    return {"name": name, "kind": "single", "text": f"{name}?", "options": ["A", "B", "C"]} | fields


def instrument(*questions, **fields):
    content = {"id": "t", "title": "T", "blocks": [{"id": "main", "questions": list(questions)}]}
    return read_instrument(content | fields)


def test_without_conditions_everything_is_reached():
    found = reach(instrument(question("a"), question("b")))
    assert found.proven
    assert found.reached == ("a", "b")


def test_a_rare_answer_is_found():
    number = {"name": "n", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 10_000}
    found = reach(instrument(number, question("a"), question("b", show_if="n == 7777 and a == 3")))
    assert found.proven


def test_conditions_that_rule_each_other_out_are_named():
    found = reach(instrument(question("a"), question("b", show_if="a == 1 and a == 2")))
    assert "a == 1 and a == 2" in found.unreachable["b"]
    assert found.reached == ("a",)


def test_a_condition_on_a_question_that_nobody_reaches_is_unreachable_too():
    found = reach(
        instrument(question("a"), question("b", show_if="a == 1 and a == 2"), question("c", show_if="b == 1"))
    )
    assert set(found.unreachable) == {"b", "c"}


def test_a_chain_of_conditions_is_followed_back():
    names = "abcdef"
    chain = [question(names[0])] + [question(after, show_if=f"{before} == 3") for before, after in pairwise(names)]
    assert reach(instrument(*chain)).proven


def test_what_stands_after_the_end_is_unreachable():
    blocks = [{"id": one, "questions": [question(one)]} for one in "ab"]
    flow = [{"block": "a"}, {"end": {}}, {"block": "b"}]
    found = reach(read_instrument({"id": "t", "title": "T", "blocks": blocks, "flow": flow}))
    assert set(found.unreachable) == {"b"}


def test_whom_a_branch_screens_out_does_not_come_to_what_follows():
    blocks = [{"id": "a", "questions": [question("a")]}, {"id": "b", "questions": [question("b", show_if="a == 1")]}]
    flow = [{"block": "a"}, {"branch": {"when": "a == 1", "then": [{"end": {"kind": "screened out"}}]}}, {"block": "b"}]
    found = reach(read_instrument({"id": "t", "title": "T", "blocks": blocks, "flow": flow}))
    assert set(found.unreachable) == {"b"}


def test_a_skip_that_always_leads_past_a_question_is_the_reason():
    found = reach(instrument(question("a", skips=[{"to": "end of block"}]), question("b")))
    assert "skip" in found.unreachable["b"]


def test_a_block_outside_the_flow_is_unreachable():
    blocks = [{"id": one, "questions": [question(one)]} for one in "ab"]
    found = reach(read_instrument({"id": "t", "title": "T", "blocks": blocks, "flow": [{"block": "a"}]}))
    assert set(found.unreachable) == {"b"}


@pytest.mark.parametrize(
    ("condition", "reached"),
    [
        ("selected(m, 1) and not selected(m, 2)", True),
        ("selected(m, 1, 2) and count(m) == 0", False),
        ("answered(m) and not selected(m, 1) and not selected(m, 2) and not selected(m, 3)", False),
    ],
)
def test_sets_of_a_multiple_choice(condition, reached):
    multiple = {"name": "m", "kind": "multiple", "text": "Which?", "options": ["A", "B", "C"]}
    found = reach(instrument(multiple, question("b", show_if=condition)))
    assert ("b" in found.reached) == reached


def test_embedded_data_take_the_values_the_flow_writes_and_no_others():
    blocks = [{"id": "a", "questions": [question("a", show_if='arm == "x"'), question("b", show_if='arm == "z"')]}]
    arms = [{"set": {"arm": "x"}}, {"set": {"arm": "y"}}]
    flow = [{"shuffle": {"id": "arms", "pick": 1, "members": arms}}, {"block": "a"}]
    found = reach(read_instrument({"id": "t", "title": "T", "blocks": blocks, "flow": flow}))
    assert found.reached == ("a",)
    assert set(found.unreachable) == {"b"}


def test_what_arithmetic_asks_for_is_left_undecided_not_called_impossible():
    number = {"name": "n", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 10_000}
    found = reach(instrument(number, question("b", show_if="n * 3 == 741")))
    assert found.undecided == ("b",)
    assert not found.proven


def test_a_condition_that_could_not_be_translated_is_supposed_to_hold():
    found = reach(instrument(question("a"), question("b", show_if='a == 2 and unsupported("on a phone")')))
    assert found.proven


def test_rounds_of_a_loop_have_their_own_conditions():
    blocks = [
        {"id": "a", "questions": [question("a")]},
        {"id": "b", "questions": [question("q"), question("r", show_if="q == 2")]},
    ]
    rounds = [{"name": "x", "show_if": "a == 1"}, {"name": "y", "show_if": "a == 2"}]
    flow = [{"block": "a"}, {"loop": {"id": "l", "rounds": rounds, "flow": [{"block": "b"}]}}]
    assert reach(read_instrument({"id": "t", "title": "T", "blocks": blocks, "flow": flow})).proven
