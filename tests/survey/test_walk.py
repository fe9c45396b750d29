"""The instrument machine: who is put which question, in which order, and what is kept of it."""

from collections import Counter

import numpy as np
import pytest

from populace.errors import InstrumentError
from populace.survey.walk import COMPLETE, OVER_QUOTA, SCREENED_OUT, Walk, labels_of

from .walking import Chance, block, conduct, single, survey

MEDIA = {"name": "media", "kind": "multiple", "text": "Which?", "options": ["Paper", "Radio", "Web"]}
GRID = {
    "name": "g",
    "kind": "grid",
    "text": "How good is",
    "rows": [{"name": "tea", "text": "tea?"}, {"name": "milk", "text": "milk?"}],
    "options": ["Bad", "Good"],
}


def rowed(question, *conditions):
    """A question whose rows have these conditions."""
    return question | {
        "rows": [row | ({"show_if": when} if when else {}) for row, when in zip(GRID["rows"], conditions, strict=True)]
    }


def optioned(question, *conditions):
    """A question whose options have these conditions."""
    return question | {
        "options": [
            {"code": code, "label": f"Option {code}"} | ({"show_if": when} if when else {})
            for code, when in enumerate(conditions, 1)
        ]
    }


# -- flow ------------------------------------------------------------------------------------------------------------


def test_without_a_flow_all_blocks_are_put_one_after_the_other():
    done = conduct(survey(block("a", "q1", "q2"), block("b", "q3")), 2)
    assert done.path == [("q1", [0, 1]), ("q2", [0, 1]), ("q3", [0, 1])]
    assert done.walk.ended.tolist() == [COMPLETE, COMPLETE]


def test_a_branch_parts_respondents_and_they_meet_again():
    flow = [
        {"block": "a"},
        {"branch": {"when": "q1 == 1", "then": [{"block": "b"}], "otherwise": [{"block": "c"}]}},
        {"block": "d"},
    ]
    blocks = [block(id, f"q{place}") for place, id in enumerate("abcd", 1)]
    done = conduct(survey(*blocks, flow=flow), 3, {"q1": [1, 2, None]})
    assert done.path == [("q1", [0, 1, 2]), ("q2", [0]), ("q3", [1, 2]), ("q4", [0, 1, 2])]
    assert done.walk.passed["branch q1 == 1", True] == 1 and done.walk.passed["branch q1 == 1", False] == 2


def test_who_is_at_an_end_is_asked_nothing_more_wherever_the_end_stands():
    screen = {"branch": {"when": "q1 == 1", "then": [{"end": {"kind": "screened out"}}, {"block": "b"}]}}
    looped = {"loop": {"id": "l", "rounds": [{"name": "x"}, {"name": "y"}], "flow": [
        {"block": "c"}, {"branch": {"when": "q3 == 2", "then": [{"section": {"flow": [{"end": {}}]}}]}}]}}  # fmt: skip
    flow = [{"block": "a"}, screen, {"shuffle": {"id": "s", "members": [looped]}}, {"block": "d"}]
    instrument = survey(*(block(id, f"q{place}") for place, id in enumerate("abcd", 1)), flow=flow)
    done = conduct(instrument, 3, {"q1": [1, 2, 2], "q3.x": [2, 2, 1], "q3.y": [1, 1, 2]})
    assert [done.of(row) for row in range(3)] == [["q1"], ["q1", "q3.x"], ["q1", "q3.x", "q3.y"]]
    assert done.walk.ended.tolist() == [SCREENED_OUT, COMPLETE, COMPLETE]


def test_after_an_end_nothing_is_written_counted_or_ended_once_more():
    screen = {"branch": {"when": "q1 == 1", "then": [{"end": {"kind": "screened out"}}]}}
    later = [{"set": {"x": "${q1}"}}, {"roll": {"name": "r", "low": 1, "high": 1}}, {"quota": "all"}, {"end": {}}]
    quotas = [{"name": "all", "when": "answered(q1)", "limit": 9}]
    done = conduct(survey(block("a", "q1"), flow=[{"block": "a"}, screen, *later], quotas=quotas), 2, {"q1": [1, 2]})
    assert done.walk.ended.tolist() == [SCREENED_OUT, COMPLETE]
    assert done.walk.state.values["x"].tolist() == [None, "Two"]
    assert np.isnan(done.walk.state.values["r"]).tolist() == [True, False]
    assert done.walk.fell["all"].tolist() == [-1, 1]


def test_everything_stands_within_everything():
    branch = {"branch": {"when": "loop.size == 'big'", "then": [{"block": "b"}], "otherwise": [{"block": "c"}]}}
    rounds = [{"name": "x"}, {"name": "y", "show_if": "roll == 1"}]
    inner = {"loop": {"id": "inner", "rounds": rounds, "flow": [branch]}}
    outer = {"loop": {
        "id": "outer",
        "rounds": [{"name": "a", "fields": {"size": "big"}}, {"name": "z", "fields": {"size": "small"}}],
        "flow": [{"section": {"flow": [{"shuffle": {"id": "s", "members": [inner]}}]}}],
    }}  # fmt: skip
    flow = [{"roll": {"name": "roll", "low": 1, "high": 1}}, outer, {"set": {"done": "yes"}}]
    done = conduct(survey(block("b", "big"), block("c", "small"), flow=flow), 2)
    assert done.of(0) == done.of(1) == ["big.a.x", "big.a.y", "small.z.x", "small.z.y"]
    assert done.walk.state.values["done"].tolist() == ["yes", "yes"]
    assert done.walk.orders["s.a"].tolist() == done.walk.orders["s.z"].tolist() == [[0], [0]]


def test_a_block_may_be_put_in_both_arms_of_a_branch():
    arm = [{"block": "b"}]
    flow = [{"block": "a"}, {"branch": {"when": "q1 == 1", "then": arm, "otherwise": [*arm, {"block": "c"}]}}]
    done = conduct(survey(block("a", "q1"), block("b", "q2"), block("c", "q3"), flow=flow), 2, {"q1": [1, 2]})
    assert done.to("q2") == [0, 1] and done.to("q3") == [1]


def test_nobody_walks_without_harm():
    instrument = survey(block("a", single("q1", randomize=True), "q2", randomize=True))
    assert conduct(instrument, 0).path == []


# -- questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_put_to_whom_its_condition_lets_through():
    done = conduct(survey(block("a", "q1", single("q2", show_if="q1 in [1, 3]"))), 4, {"q1": [1, 2, 3, None]})
    assert done.to("q2") == [0, 2]
    assert done.walk.put_to["q2"].tolist() == [True, False, True, False]


def test_display_text_is_passed_by_and_counts_as_shown():
    text = {"name": "t", "kind": "display", "text": "Welcome.", "show_if": "q1 == 1"}
    done = conduct(survey(block("a", "q1", text, single("q2", show_if="shown(t)"))), 2, {"q1": [1, 2]})
    assert done.to("t") == done.to("q2") == [0]


def test_options_are_offered_by_their_conditions_and_nobody_is_left_without():
    question = optioned(single("q2"), "q1 == 1", "q1 < 3")
    done = conduct(
        survey(block("a", "q1", question, single("q3", show_if="not shown(q2)"))), 4, {"q1": [1, 2, 3, None]}
    )
    visit = done.visit("q2")
    assert visit.rows.tolist() == [0, 1]
    assert visit.offered.tolist() == [[True, True], [False, True]]
    assert done.to("q3") == [2, 3]


def test_rows_are_shown_by_their_conditions_and_only_those_count_as_put():
    question = rowed(GRID, "q1 == 1", "q1 < 3")
    after = single("q3", show_if="shown(g_tea)")
    done = conduct(survey(block("a", "q1", question, after)), 3, {"q1": [1, 2, 3], "g_tea": [2, 2, 2]})
    visit = done.visit("g")
    assert visit.rows.tolist() == [0, 1]
    assert visit.lines.tolist() == [[True, True], [False, True]]
    assert done.walk.put_to["g_tea"].tolist() == [True, False, False]
    assert done.walk.put_to["g_milk"].tolist() == [True, True, False]
    # what is sent for a row that was not shown is no answer
    assert done.walk.state.values["g_tea"].tolist()[:1] == [2]
    assert np.isnan(done.walk.state.values["g_tea"][1:]).all()
    assert done.to("q3") == [0]


def test_rows_and_options_with_conditions_together_leave_out_whoever_finds_neither():
    question = optioned(rowed(GRID, "q1 == 1", "q1 == 3"), "q1 < 3", None)
    question["options"][1]["show_if"] = "q1 == 2"
    done = conduct(survey(block("a", "q1", question)), 3, {"q1": [1, 2, 3]})
    visit = done.visit("g")
    assert visit.rows.tolist() == [0]  # the second finds no row, the third no option
    assert visit.offered.tolist() == [[True, False]] and visit.lines.tolist() == [[True, False]]


def test_a_number_is_asked_for_though_dont_know_is_not_offered():
    unsure = {"code": 99, "label": "Don't know", "missing": True, "show_if": "q1 == 1"}
    number = {"name": "n", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 9, "options": [unsure]}
    visit = conduct(survey(block("a", "q1", number)), 2, {"q1": [1, 2]}).visit("n")
    assert visit.rows.tolist() == [0, 1] and visit.offered.tolist() == [[True], [False]]


@pytest.mark.parametrize("kind", ["open", "date", "display", "technical"])
def test_a_question_without_options_may_say_that_they_are_in_random_order(kind):
    question = {"name": "q", "kind": kind, "text": "What?", "randomize": True}
    done = conduct(survey(block("a", "q1", question)), 2)
    assert done.visit("q").option_order is None and done.walk.orders == {}


def test_several_codes_are_chosen_and_conditions_name_them():
    after = [single("q1", show_if="selected(media, 2)"), single("q2", show_if="count(media) > 1")]
    answers = {"media_1": [1, 0, 0], "media_2": [1, 1, 0], "media_3": [0, 0, None]}
    done = conduct(survey(block("a", MEDIA, *after)), 3, answers)
    assert done.to("q1") == [0, 1] and done.to("q2") == [0]
    assert done.walk.state.values["media"].sets() == [{1, 2}, {2}, frozenset()]


def test_an_option_with_a_column_of_its_own_is_chosen_in_it():
    media = MEDIA | {"options": [{"code": 1, "label": "Paper", "column": "reads"}, {"code": 2, "label": "Radio"}]}
    after = single("q1", show_if="selected(media, 1)")
    assert conduct(survey(block("a", media, after)), 2, {"reads": [0, 1], "media_2": [1, 0]}).to("q1") == [1]


def test_rows_of_several_choices_and_columns_side_by_side_have_codes_too():
    grid = GRID | {"kind": "grid_multiple"}
    column = {"name": "c", "kind": "multiple", "text": "Which?", "options": ["A", "B"]}
    side = {"name": "s", "kind": "side_by_side", "text": "Both", "rows": GRID["rows"], "columns": [column]}
    after = [single("q1", show_if="selected(g_milk, 2)"), single("q2", show_if="count(s_c_tea) == 2")]
    answers = {"g_milk_2": [1, 0], "g_tea_2": [0, 1], "s_c_tea_1": [1, 1], "s_c_tea_2": [0, 1]}
    done = conduct(survey(block("a", grid, side, *after)), 2, answers)
    assert done.to("q1") == [0] and done.to("q2") == [1]


# -- skips -----------------------------------------------------------------------------------------------------------


def skipping(name, *skips, **fields):
    return single(name, skips=[dict(zip(("to", "when"), skip, strict=False)) for skip in skips], **fields)


def test_the_first_skip_that_holds_decides():
    first = skipping("q1", ("q3", "q1 == 1"), ("end of block", "q1 < 3"), ("end of survey",))
    done = conduct(survey(block("a", first, "q2", "q3"), block("b", "q4")), 4, {"q1": [1, 2, 3, None]})
    assert [done.of(row)[1:] for row in range(4)] == [["q3", "q4"], ["q4"], [], []]
    assert done.walk.ended.tolist() == [COMPLETE] * 4
    assert done.walk.passed["skip to q3 when q1 == 1", True] == 1


def test_a_skip_counts_for_whoever_was_put_the_question_only():
    first = skipping("q2", ("end of survey",), show_if="q1 == 1")
    done = conduct(survey(block("a", "q1", first, "q3")), 2, {"q1": [1, 2]})
    assert done.to("q3") == [1]


def test_a_skip_after_display_text_is_carried_out():
    text = {"name": "t", "kind": "display", "text": "Bye.", "skips": [{"to": "end of block", "when": "q1 == 1"}]}
    assert conduct(survey(block("a", "q1", text, "q2")), 2, {"q1": [1, 2]}).to("q2") == [1]


def test_a_skip_over_a_skip_lands_where_it_leads():
    done = conduct(survey(block("a", skipping("q1", ("q3",)), skipping("q2", ("end of survey",)), "q3", "q4")), 1)
    assert done.of(0) == ["q1", "q3", "q4"]


def test_in_random_order_a_skip_leads_on_to_its_target_where_it_is_still_to_come():
    instrument = survey(block("a", skipping("q1", ("q4",)), "q2", "q3", "q4", randomize=True))
    done = conduct(instrument, 200)
    names = ["q1", "q2", "q3", "q4"]
    for row, order in enumerate(done.walk.orders["a"].tolist()):
        seen = [names[place] for place in order]
        after = seen.index("q1") + 1
        target = seen.index("q4")
        wanted = seen[:after] + seen[target:] if target >= after else seen
        assert done.of(row) == wanted
    assert len({tuple(order) for order in done.walk.orders["a"].tolist()}) == 24


def test_a_skip_to_a_question_that_was_not_drawn_leads_nowhere():
    instrument = survey(block("a", skipping("q1", ("q3",), fixed=True), "q2", "q3", pick=1))
    done = conduct(instrument, 60)
    ways = {tuple(done.of(row)) for row in range(60)}
    assert ways == {("q1", "q2"), ("q1", "q3")}


# -- loops -----------------------------------------------------------------------------------------------------------


def loop(*rounds, flow=("b",), **fields):
    made = [one if isinstance(one, dict) else {"name": one} for one in rounds]
    return {"loop": {"id": "l", "rounds": made, "flow": [{"block": id} for id in flow]} | fields}


def test_a_loop_puts_its_questions_once_a_round_under_their_own_names():
    flow = [{"block": "a"}, loop("x", {"name": "y", "show_if": "q1 == 1"})]
    done = conduct(survey(block("a", "q1"), block("b", "q2"), flow=flow), 2, {"q1": [1, 2], "q2.x": [3, 1]})
    assert done.path == [("q1", [0, 1]), ("q2.x", [0, 1]), ("q2.y", [0])]
    assert [item.name for item in done.visit("q2.x").items] == ["q2.x"]
    assert done.walk.state.values["q2.x"].tolist() == [3, 1]


def test_within_a_loop_a_name_is_that_of_the_round_and_outside_the_round_is_named():
    inside = single("q3", show_if="q2 == 1 and q1 == 1")
    flow = [{"block": "a"}, loop("x", "y"), {"block": "c"}]
    instrument = survey(
        block("a", "q1"), block("b", "q2", inside), block("c", single("q4", show_if="q2.y == 1")), flow=flow
    )
    done = conduct(instrument, 3, {"q1": [1, 1, 2], "q2.x": [1, 2, 1], "q2.y": [2, 1, 1]})
    assert done.to("q3.x") == [0] and done.to("q3.y") == [1] and done.to("q4") == [1, 2]


def test_a_name_in_a_round_is_never_taken_for_the_same_name_elsewhere():
    inside = single("q3", show_if="q2 == 1")
    instrument = survey(block("b", single("q2", show_if="loop.brand == 'Acme'"), inside),
                        flow=[loop({"name": "x", "fields": {"brand": "Bolt"}})])  # fmt: skip
    done = conduct(instrument, 1, known={"q2": np.array([1.0])})
    assert done.path == []  # what is known as q2 is no answer to q2 in round x


def test_loops_within_loops_see_the_rounds_around_them():
    inner = {"loop": {"id": "i", "rounds": [{"name": "p", "fields": {"size": "small"}}], "flow": [{"block": "c"}]}}
    outer = loop({"name": "x", "fields": {"brand": "Acme"}}, {"name": "y", "fields": {"brand": "Bolt"}})
    outer["loop"]["flow"].append(inner)
    question = single("q2", show_if="q1 == 1 and loop.brand == 'Bolt' and loop.size == 'small'")
    done = conduct(survey(block("b", "q1"), block("c", question), flow=[outer]), 2,
                   {"q1.x": [1, 1], "q1.y": [1, 2]})  # fmt: skip
    assert done.path == [("q1.x", [0, 1]), ("q1.y", [0, 1]), ("q2.y.p", [0])]


def test_rounds_in_random_order_are_recorded_and_conditions_hold_among_them():
    rounds = ["x", {"name": "y", "show_if": "q1 == 1"}, "z"]
    instrument = survey(block("a", "q1"), block("b", "q2"), flow=[{"block": "a"}, loop(*rounds, randomize=True)])
    done = conduct(instrument, 120, {"q1": [1, 2] * 60})
    for row in range(120):
        order = [place for place in done.walk.orders["l"][row].tolist() if place >= 0]
        assert done.of(row)[1:] == [f"q2.{'xyz'[place]}" for place in order]
        assert sorted(order) == ([0, 1, 2] if row % 2 == 0 else [0, 2])
    assert len({tuple(order) for order in done.walk.orders["l"].tolist()}) == 6 + 2


def test_some_rounds_are_drawn_and_put_in_the_order_written():
    instrument = survey(block("b", "q2"), flow=[loop("x", "y", "z", pick=2)])
    done = conduct(instrument, 90)
    ways = Counter(tuple(done.of(row)) for row in range(90))
    assert set(ways) == {("q2.x", "q2.y"), ("q2.x", "q2.z"), ("q2.y", "q2.z")}


def test_as_many_rounds_as_a_number_says():
    number = {"name": "n", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 3}
    rounds = [{"name": str(k), "show_if": f"n >= {k}"} for k in (1, 2, 3)]
    done = conduct(survey(block("a", number), block("b", "q"), flow=[{"block": "a"}, loop(*rounds)]), 4,
                   {"n": [0, 1, 3, None]})  # fmt: skip
    assert [len(done.of(row)) - 1 for row in range(4)] == [0, 1, 3, 0]


# -- random orders ---------------------------------------------------------------------------------------------------


def test_questions_in_random_order_leave_fixed_ones_in_their_place():
    done = conduct(survey(block("a", "q1", single("q2", fixed=True), "q3", "q4", randomize=True)), 100)
    assert {done.of(row)[1] for row in range(100)} == {"q2"}
    assert len({tuple(done.of(row)) for row in range(100)}) == 6


def test_some_questions_are_drawn_and_fixed_ones_always_put():
    done = conduct(survey(block("a", "q1", "q2", single("q3", fixed=True), pick=1)), 60)
    assert {tuple(done.of(row)) for row in range(60)} == {("q1", "q3"), ("q2", "q3")}


def test_questions_that_are_drawn_stand_in_the_order_written():
    done = conduct(survey(block("a", "q1", "q2", "q3", pick=2)), 60)
    assert {tuple(done.of(row)) for row in range(60)} == {("q1", "q2"), ("q1", "q3"), ("q2", "q3")}


def test_options_in_random_order_stand_in_the_visit_and_in_the_record():
    question = single("q", randomize=True)
    question["options"] = ["One", "Two", {"code": 9, "label": "None", "fixed": True}]
    done = conduct(survey(block("a", question)), 50)
    visit = done.visit("q")
    assert visit.offered is None
    assert set(map(tuple, visit.option_order.tolist())) == {(0, 1, 2), (1, 0, 2)}
    assert done.walk.orders["q_order"].tolist() == visit.option_order.tolist()


def test_rows_in_random_order_and_options_turned_round():
    done = conduct(survey(block("a", GRID | {"randomize": True, "flip": True})), 60)
    visit = done.visit("g")
    pairs = set(zip(map(tuple, visit.option_order.tolist()), map(tuple, visit.row_order.tolist()), strict=True))
    assert pairs == {(one, other) for one in ((0, 1), (1, 0)) for other in ((0, 1), (1, 0))}
    assert set(done.walk.orders) == {"g_order", "g_rows_order"}


def test_some_options_are_shown_and_the_others_not_offered():
    question = optioned(single("q2", show_only=2), None, None, "q1 == 1", None)
    done = conduct(survey(block("a", "q1", question)), 200, {"q1": [1, 2] * 100})
    visit = done.visit("q2")
    assert visit.offered.sum(axis=1).tolist() == [2] * 200
    assert not visit.offered[1::2, 2].any() and visit.offered[::2, 2].any()
    shown = [[place for place in order if place >= 0] for order in visit.option_order.tolist()]
    assert shown == [np.flatnonzero(row).tolist() for row in visit.offered]


def test_every_member_is_given_equally_often():
    shuffle = {"shuffle": {"id": "s", "members": [{"block": id} for id in "abc"], "pick": 2, "even": True}}
    instrument = survey(block("a", "q1"), block("b", "q2"), block("c", "q3"), flow=[shuffle])
    done = conduct(instrument, 99)
    assert [len(done.to(name)) for name in ("q1", "q2", "q3")] == [66, 66, 66]


def test_versions_are_given_equally_often_and_counted_from_one():
    question = {"name": "m", "kind": "best_worst", "text": "Best?", "options": ["A", "B", "C"],
                "sets": [[[1, 2, 3]]] * 4}  # fmt: skip
    done = conduct(survey(block("a", question)), 40)
    assert Counter(done.walk.versions["m_version"].tolist()) == {1: 10, 2: 10, 3: 10, 4: 10}
    assert done.visit("m").versions.tolist() == (done.walk.versions["m_version"] - 1).tolist()


def test_known_orders_and_draws_are_taken_and_the_others_left_to_chance():
    flow = [{"roll": {"name": "arm", "low": 1, "high": 9}}, {"block": "a"}]
    instrument = survey(block("a", "q1", "q2", "q3", randomize=True), flow=flow)
    order = np.array([[2, 1, 0], [-1, -1, -1], [1, 2, 0]])
    done = conduct(instrument, 3, orders={"a": order}, drawn={"arm": np.array([7.0, np.nan, 3.0])})
    free = conduct(instrument, 3)
    assert done.of(0) == ["q3", "q2", "q1"] and done.of(2) == ["q2", "q3", "q1"]
    assert done.of(1) == free.of(1)
    assert done.walk.state.values["arm"].tolist() == [7, free.walk.state.values["arm"][1], 3]


def test_a_known_version_that_there_is_not_is_left_to_chance():
    question = {
        "name": "m",
        "kind": "best_worst",
        "text": "Best?",
        "options": ["A", "B", "C"],
        "sets": [[[1, 2, 3]]] * 2,
    }
    instrument = survey(block("a", question))
    free = conduct(instrument, 4).walk.versions["m_version"].tolist()
    known = np.array([0.0, 3.0, np.nan, 1.0])
    found = conduct(instrument, 4, drawn={"m_version": known}).walk.versions["m_version"].tolist()
    assert found == [*free[:3], 1]


def test_random_parts_need_a_source_of_chance():
    walk = Walk(survey(block("a", "q1", "q2", randomize=True)), 2)
    with pytest.raises(ValueError, match="chance"):
        next(walk.visits())


# -- embedded and computed data --------------------------------------------------------------------------------------


def test_data_are_written_on_the_way_and_keep_their_type():
    flow = [
        {"block": "a"},
        {"set": {"words": "said ${q1}", "label": "${q1}", "number": "${2 * q1}", "truth": "${q1 == 1}"}},
        {"branch": {"when": "number > 3 and not truth", "then": [{"block": "b"}]}},
    ]
    done = conduct(survey(block("a", "q1"), block("b", "q2"), flow=flow), 3, {"q1": [1, 2, None]})
    values = done.walk.state.values
    assert values["words"].tolist() == ["said One", "said Two", "said "]
    assert values["label"].tolist() == ["One", "Two", None]
    assert values["number"][:2].tolist() == [2, 4] and np.isnan(values["number"][2])
    assert values["truth"].tolist() == [True, False, False]
    assert done.to("q2") == [1]


def test_data_that_are_numbers_for_some_and_words_for_others_become_words():
    branch = {
        "branch": {"when": "q1 == 1", "then": [{"set": {"x": "${q1}${q1}"}}], "otherwise": [{"set": {"x": "${5}"}}]}
    }
    for first, other in ((1, 2), (2, 1)):
        flow = [{"block": "a"}, branch, {"branch": {"when": "x == 5", "then": [{"block": "b"}]}}]
        done = conduct(survey(block("a", "q1"), block("b", "q2"), flow=flow), 2, {"q1": [first, other]})
        assert sorted(done.walk.state.values["x"].tolist()) == ["5", "OneOne"]
        assert done.to("q2") == [1 if first == 1 else 0]


def test_what_is_known_beforehand_is_read_and_never_changed_for_its_owner():
    known = {"x": np.array([1, 2]), "y": 3}
    flow = [{"branch": {"when": "x == 2 and y == 3", "then": [{"block": "a"}]}}, {"set": {"x": "${x + 0.5}"}}]
    done = conduct(survey(block("a", single("q1", show_if="shown(x)")), flow=flow), 2, known=known)
    assert done.to("q1") == [1]
    assert done.walk.state.values["x"].tolist() == [1.5, 2.5]
    assert known["x"].tolist() == [1, 2]


def test_a_roll_is_a_whole_number_each_equally_likely():
    instrument = survey(block("a", "q"), flow=[{"roll": {"name": "r", "low": -1, "high": 2}}, {"block": "a"}])
    counts = Counter(conduct(instrument, 4000).walk.state.values["r"].tolist())
    assert set(counts) == {-1, 0, 1, 2} and all(900 < count < 1100 for count in counts.values())


def test_computed_values_are_up_to_date_wherever_they_are_named():
    computed = [{"name": "score", "value": "2 * half"}, {"name": "half", "value": "sum(q1, q2)"}]
    questions = "q1", single("q2", show_if="score == 2"), single("q3", show_if="score >= 6")
    done = conduct(survey(block("a", *questions), computed=computed), 2, {"q1": [1, 3], "q2": [2, 2]})
    assert done.to("q2") == [0] and done.to("q3") == [0, 1]


def test_computed_values_that_go_in_circles_are_refused():
    computed = [{"name": "x", "value": "y + 1"}, {"name": "y", "value": "x + 1"}]
    with pytest.raises(InstrumentError, match="depends on itself"):
        conduct(survey(block("a", single("q1", show_if="x == 1")), computed=computed))


# -- quotas ----------------------------------------------------------------------------------------------------------

QUOTA = {"quotas": [{"name": "ones", "when": "q1 == 1", "limit": 1}]}


@pytest.mark.parametrize(("full", "ended"), [
    ((), [COMPLETE] * 3),
    (["ones"], [OVER_QUOTA, COMPLETE, OVER_QUOTA]),
    ({"ones": np.array([False, True, True])}, [COMPLETE, COMPLETE, OVER_QUOTA]),
])  # fmt: skip
def test_whoever_falls_into_a_full_quota_is_stopped_where_it_is_checked(full, ended):
    flow = [{"block": "a"}, {"quota": "ones"}, {"block": "b"}]
    done = conduct(survey(block("a", "q1"), block("b", "q2"), flow=flow, **QUOTA), 3, {"q1": [1, 2, 1]}, full=full)
    assert done.walk.ended.tolist() == ended
    assert done.to("q2") == [row for row in range(3) if ended[row] == COMPLETE]
    assert done.walk.fell["ones"].tolist() == [1, -1, 1]
    assert done.walk.put_at["q1"].tolist() == [0, 0, 0]


# -- words -----------------------------------------------------------------------------------------------------------


def test_labels_are_there_under_every_name_that_has_them():
    grid = GRID | {"kind": "grid_multiple"}
    number = {"name": "n", "kind": "numeric", "text": "N?", "options": [{"code": 9, "label": "None", "missing": True}]}
    labels = labels_of(survey(block("b", "q", MEDIA, grid, number), flow=[loop("x")]))
    assert labels["q"] == labels["q.x"] == {1: "One", 2: "Two", 3: "Three"}
    assert labels["media"] == labels["media.x"] == {1: "Paper", 2: "Radio", 3: "Web"}
    assert labels["g_tea"] == labels["g_tea.x"] == {1: "Bad", 2: "Good"}
    assert labels["g_tea_1"] == {0: "Not selected", 1: "Selected"}
    assert "n" not in labels  # 42 has no label, so it would be piped in as nothing


# -- one and many ----------------------------------------------------------------------------------------------------


def test_a_respondent_alone_goes_the_same_way_as_among_others():
    shuffle = {
        "shuffle": {"id": "s", "members": [{"block": "a"}, {"block": "b"}, {"block": "c"}], "pick": 2, "even": True}
    }
    instrument = survey(
        block("a", single("q1", randomize=True), "q2", "q3", randomize=True),
        block("b", single("q4", show_if="q1 == 1"), "q5"),
        block("c", single("q6", show_only=1)),
        flow=[shuffle],
    )
    answers = {"q1": [1, 2, 3] * 4}
    together = conduct(instrument, 12, answers)
    for row in range(12):
        alone = conduct(instrument, 1, {"q1": [answers["q1"][row]]}, chance=Chance(1, first=row))
        assert alone.of(0) == together.of(row)
        assert {name: order[0].tolist() for name, order in alone.walk.orders.items()} == {
            name: order[row].tolist() for name, order in together.walk.orders.items() if name in alone.walk.orders
        }
