"""The audit: a panel breaks no rule, and every kind of broken rule is found, with its column and for how many."""

import numpy as np
import polars as pl
import pytest

from populace.data.audit import Audit, audit
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.models.fake import FakeModel
from populace.simulation.simulate import simulate
from populace.survey.instrument import read_instrument
from populace.survey.scale import Option

N = 40
REGION = Variable("region", "Where?", "single", (Option(1, "North"), Option(2, "South")), "background")
AGE = Variable("age", "How old?", "numeric", (Option(99, "Refused", missing=True),), "background")


def people():
    frame = pl.DataFrame({
        "respondent_id": [f"p{row}" for row in range(N)],
        "region": [1 + row % 2 for row in range(N)],
        "age": [99 if row % 5 == 0 else 20 + row for row in range(N)],
    })  # fmt: skip
    return DataSet(frame, Codebook("people", "People", (REGION, AGE)), "people")


def single(name, *options, **fields):
    shown = list(options or ["One", "Two", "Three"])
    return {"name": name, "kind": "single", "text": f"{name}?", "options": shown} | fields


def survey(*questions, **fields):
    """Every question in a block of its own, b1, b2, …"""
    blocks = [{"id": f"b{place}", "questions": [question]} for place, question in enumerate(questions, 1)]
    return read_instrument({"id": "s", "title": "S", "blocks": fields.pop("blocks", blocks)} | fields)


def panel(instrument):
    return simulate(instrument, people(), FakeModel())


def changed(data, **columns):
    """The data with other values in some columns: {row: value}, or all of them."""
    made = {}
    for name, values in columns.items():
        column = data.answers[name].to_list()
        for row, value in values.items() if isinstance(values, dict) else enumerate(values):
            column[row] = value
        made[name] = pl.Series(name, column, dtype=data.answers.schema[name])
    loose = [
        Variable(one.name, one.text, "numeric" if data.answers.schema[one.name].is_numeric() else "text", (), one.role)
        if one.name in columns
        else one
        for one in data.codebook.variables
    ]
    return DataSet(data.answers.with_columns(**made), Codebook("d", "D", tuple(loose), data.codebook.extra), "data")


def without(data, *columns):
    return DataSet(data.answers.drop(*columns), data.codebook.keep(n for n in data.names() if n not in columns), "data")


def violations(instrument, data):
    return dict(audit(instrument, data).violations)


# -- panels ----------------------------------------------------------------------------------------------------------

SHUFFLE = {"id": "s", "members": [{"block": id} for id in ("b6", "b7", "b8")], "pick": 2, "even": True}
ROUNDS = [{"name": "x", "fields": {"size": "any"}}, {"name": "y", "fields": {"size": "big"}, "show_if": "q1 == 1"}]
EVERYTHING = {
    "flow": [
        {"block": "b1"},
        {"roll": {"name": "arm", "low": 1, "high": 2}},
        {"set": {"said": "${q1}"}},
        {"branch": {"when": "arm == 2 and said != 'Three'", "then": [{"block": "b2"}], "otherwise": [{"block": "b3"}]}},
        {"branch": {"when": "region == 1 or age > 50", "then": [{"block": "b4"}]}},
        {"branch": {"when": "label(region) == 'South'", "then": [{"block": "b5"}]}},
        {"shuffle": SHUFFLE},
        {"loop": {"id": "l", "rounds": ROUNDS, "flow": [{"block": "b9"}]}},
        {"branch": {"when": "q9.x == 1", "then": [{"end": {"kind": "screened out"}}]}},
        {"block": "b10"},
    ],
    "data": [{"name": "arm", "kind": "number"}],
    "computed": [{"name": "score", "value": "sum(q1, arm)"}],
}
BEST = {"kind": "best_worst", "text": "Best?", "options": list("ABCD"), "sets": [[[1, 2, 3]], [[2, 3, 4]]]}
QUESTIONS = [
    single("q1"),
    single("q2", randomize=True, show_only=2),
    single("q3", flip=True),
    {"name": "q4", "kind": "multiple", "text": "Which?", "options": list("ABC"), "at_least": 1, "at_most": 2},
    {"name": "q5", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 9},
    {"name": "q6"} | BEST,
    {"name": "q7", "kind": "rank", "text": "Order?", "options": list("ABC")},
    {"name": "q8", "kind": "sum", "text": "Parts?", "options": list("ABC"), "total": 10},
    single("q9", show_if="loop.size == 'any' or shown(q1)"),
    {"name": "q10", "kind": "grid", "text": "How?", "rows": [
        {"name": "a", "text": "a", "show_if": "score > 2"}, {"name": "b", "text": "b"}], "options": ["Bad", "Good"]},
]  # fmt: skip


@pytest.fixture(scope="module")
def everything():
    instrument = survey(*QUESTIONS, **EVERYTHING)
    return instrument, panel(instrument)


def test_a_panel_breaks_no_rule(everything):
    found = audit(*everything)
    assert found.lines() == [] and found.total == 0
    # the ways that were gone are told
    assert found.put["q1"] == found.answered["q1"] == N
    assert 0 < found.put["q4_1"] < N and found.put["q2"] + found.put["q3"] == N
    assert found.passed["branch region == 1 or age > 50", True] == found.put["q4_1"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_panel_that_was_written_and_read_breaks_no_rule(everything, tmp_path, suffix):
    instrument, data = everything
    write_dataset(data, tmp_path / f"panel{suffix}")
    assert audit(instrument, read_dataset(tmp_path / f"panel{suffix}")).lines() == []


def test_where_no_order_was_recorded_what_has_answers_counts_as_put(everything):
    instrument, data = everything
    orders = [name for name in ("s", "q2_order", "q3_order", "q6_version") if name in data.names()]
    assert len(orders) == 4
    assert audit(instrument, without(data, *orders)).lines() == []


def test_drawn_questions_rounds_and_parts_without_a_record_are_those_with_answers():
    inner = {"shuffle": {"id": "s", "members": [{"block": "c"}, {"section": {"flow": [{"block": "d"}]}}], "pick": 1}}
    loop = {"loop": {"id": "l", "rounds": [{"name": "x"}, {"name": "y"}, {"name": "z"}], "pick": 2,
                     "flow": [{"block": "b"}, inner]}}  # fmt: skip
    blocks = [
        {"id": "a", "questions": [single("q1"), single("q2"), single("q3")], "pick": 1, "randomize": True},
        {"id": "b", "questions": [single("q4"), single("q5")], "pick": 1},
        *({"id": id, "questions": [single(name)]} for id, name in (("c", "q6"), ("d", "q7"))),
    ]
    instrument = survey(blocks=blocks, flow=[{"block": "a"}, loop])
    data = panel(instrument)
    orders = [one.name for one in data.codebook.variables if one.text.startswith("Order of")]
    assert len(orders) == 1 + 1 + 3 + 3
    assert audit(instrument, data).lines() == audit(instrument, without(data, *orders)).lines() == []


def test_columns_that_the_data_do_not_have_are_not_judged(everything):
    instrument, data = everything
    assert "q5" not in audit(instrument, without(data, "q5")).put


def test_a_column_that_was_put_to_nobody_is_listed():
    found = audit(*(lambda one: (one, panel(one)))(survey(single("q1"), single("q2", show_if="q1 == 1 and q1 == 2"))))
    assert found.put == {"q1": N, "q2": 0} and found.answered == {"q1": N, "q2": 0}


def test_answers_that_are_left_out_break_no_rule(everything):
    instrument, data = everything
    silent = changed(data, **{name: [None] * N for name in ("q2", "q3", "q5", "q7_1", "q7_2", "q7_3")})
    found = audit(instrument, silent)
    assert found.lines() == [] and found.answered["q2"] == 0 and found.put["q2"] > 0


def test_a_background_that_is_asked_at_the_end_was_known_before():
    region = single("region", "North", "South", text="Where?")
    instrument = survey(single("q1", show_if="region == 1"), region)
    data = panel(instrument)
    assert audit(instrument, data).lines() == []
    assert audit(instrument, data).put["q1"] == N / 2


def test_codes_with_which_data_mark_a_missing_answer_are_none():
    instrument = survey(single("q1"), single("q2", show_if="answered(q1)"))
    options = (Option(1, "One"), Option(2, "Two"), Option(3, "Three"), Option(-99, "Seen, not answered", missing=True))
    frame = pl.DataFrame({"respondent_id": [1, 2], "q1": [1, -99], "q2": [2, None]})
    variables = (Variable("q1", "q1?", "single", options), Variable("q2", "q2?", "single", options))
    found = audit(instrument, DataSet(frame, Codebook("d", "D", variables), "data"))
    assert found.lines() == [] and found.answered == {"q1": 1, "q2": 1} and found.put == {"q1": 2, "q2": 1}


# -- broken rules ----------------------------------------------------------------------------------------------------

THREE = [{"code": code, "label": f"Option {code}"} for code in (1, 2, 3)]
NONE = {"code": 9, "label": "None", "exclusive": True}
SEVERAL = {"name": "m", "kind": "multiple", "text": "Which?", "at_least": 1, "at_most": 2, "options": [*THREE, NONE]}
HIDDEN = [THREE[0] | {"show_if": "first != 1"}, *THREE[1:]]
LINES = [{"name": "a", "text": "a", "show_if": "first != 1"}, {"name": "b", "text": "b"}]
FIRST = single("first")


def planted(instrument, **columns):
    """What is found when answers are changed in a panel in which everybody said 1 at first."""
    data = panel(instrument)
    assert violations(instrument, data) == {}
    return violations(instrument, changed(data, **columns))


def ones(question, **fields):
    """A survey in which everybody says 1 at first, then a question."""
    return survey(single("first", "One"), question, **fields)


@pytest.mark.parametrize(("question", "columns", "found"), [
    (single("q"), {"q": {0: 7, 3: 8}}, {("is no option", "q"): 2}),
    ({"name": "q", "kind": "numeric", "text": "N?", "minimum": 1, "maximum": 9}, {"q": {0: 0, 1: 10, 2: 11}},
     {("is below the smallest number", "q"): 1, ("is above the largest number", "q"): 2}),
    ({"name": "q", "kind": "slider", "text": "N?", "minimum": 1, "maximum": 9, "step": 4}, {"q": {0: 2, 1: 5}},
     {("is not on a step", "q"): 1}),
    (SEVERAL, {"m_1": {0: 1}, "m_2": {0: 0}, "m_3": {0: 0}, "m_9": {0: 1}},
     {("an exclusive option with others", "m"): 1}),
    (SEVERAL, {"m_1": {0: 1}, "m_2": {0: 1}, "m_3": {0: 1}, "m_9": {0: 0}}, {("more options than allowed", "m"): 1}),
    (SEVERAL, {"m_1": {0: 0}, "m_2": {0: 0}, "m_3": {0: 0}, "m_9": {0: 0}}, {("fewer options than allowed", "m"): 1}),
    (SEVERAL, {"m_1": {0: None}, "m_2": {0: None}, "m_3": {0: None}, "m_9": {0: None}}, {}),
    (SEVERAL, {"m_1": {0: 5}}, {("is no option", "m_1"): 1}),
    ({"name": "q", "kind": "rank", "text": "Order?", "options": list("AB")}, {"q_1": {0: 2}, "q_2": {0: 2}},
     {("a place is given twice", "q"): 1}),
    ({"name": "q", "kind": "sum", "text": "Parts?", "options": list("AB"), "total": 10}, {"q_1": {0: 4}, "q_2": {0: 4}},
     {("numbers do not add up to the total", "q"): 1}),
    ({"name": "q", "kind": "best_worst", "text": "Best?", "options": list("ABCD"), "sets": [[[1, 2, 3]]]},
     {"q_1_best": {0: 2, 1: 4}, "q_1_worst": {0: 2, 1: 1}},
     {("one option is best and worst", "q_1"): 1, ("option was not in the set", "q_1"): 1}),
    ({"name": "q", "kind": "choice_task", "text": "Which?", "tasks": {
        "attributes": [{"name": "a", "levels": ["x", "y"]}], "versions": [[[[1], [2]], [[1], [2], [2]]]]}},
     {"q_1": {0: 3}, "q_2": {0: 3}}, {("alternative was not in the task", "q_1"): 1}),
])  # fmt: skip
def test_an_answer_that_cannot_be_is_found(question, columns, found):
    assert planted(ones(question), **columns) == found


@pytest.mark.parametrize(("question", "columns", "found"), [
    (single("q", *HIDDEN), {"q": {0: 1, 2: 1}}, {("option was not offered", "q"): 2}),
    ({"name": "q", "kind": "multiple", "text": "Which?", "options": HIDDEN}, {"q_1": {0: 1, 1: 0}},
     {("option was not offered", "q_1"): 1}),
    ({"name": "q", "kind": "rank", "text": "Order?", "options": HIDDEN}, {"q_1": {0: 3}},
     {("option was not offered", "q_1"): 1}),
    ({"name": "q", "kind": "sum", "text": "Parts?", "options": HIDDEN, "total": 10}, {"q_1": {0: 0}},
     {("option was not offered", "q_1"): 1}),
    ({"name": "q", "kind": "grid", "text": "How?", "rows": LINES, "options": ["A", "B"]}, {"q_a": {0: 1}},
     {("row was not shown", "q_a"): 1}),
    ({"name": "q", "kind": "grid", "text": "How?", "rows": LINES, "options": HIDDEN}, {"q_b": {0: 1}},
     {("option was not offered", "q_b"): 1}),
    ({"name": "q", "kind": "grid_multiple", "text": "Which?", "rows": LINES, "options": ["A", "B"]},
     {"q_a_2": {0: 1, 1: 0}}, {("row was not shown", "q_a_2"): 1}),
    ({"name": "q", "kind": "grid_multiple", "text": "Which?", "rows": [LINES[1]], "options": HIDDEN},
     {"q_b_1": {0: 1}}, {("option was not offered", "q_b_1"): 1}),
    ({"name": "q", "kind": "side_by_side", "text": "Which?", "rows": LINES, "columns": [
        {"name": "c", "kind": "numeric", "text": "N?", "minimum": 0, "maximum": 2}]},
     {"q_c_a": {0: 1}}, {("row was not shown", "q_c_a"): 1}),
    ({"name": "q", "kind": "numeric", "text": "N?", "minimum": 0, "maximum": 5, "options": [
        {"code": 9, "label": "Don't know", "missing": True, "show_if": "first != 1"}]},
     {"q": {0: 9}}, {("option was not offered", "q"): 1}),
    ({"name": "q", "kind": "best_worst", "text": "Best?", "options": HIDDEN, "sets": [[[1, 2, 3]]]},
     {"q_1_best": {0: 1}, "q_1_worst": {0: 2}}, {("option was not offered", "q_1_best"): 1}),
])  # fmt: skip
def test_an_answer_to_what_was_not_shown_is_found(question, columns, found):
    assert planted(ones(question), **columns) == found


SAID = {"first": [1] * 10 + [2] * 10 + [3] * 20}


@pytest.mark.parametrize(("instrument", "put"), [
    (survey(FIRST, single("q", show_if="first == 1")), range(10)),
    (survey(single("first", skips=[{"to": "end of survey", "when": "first == 3"}]), single("q")), range(20)),
    (survey(blocks=[{"id": "a", "questions": [single("first", skips=[{"to": "end of block", "when": "first != 2"}]),
                                             single("q")]}]), range(10, 20)),
    (survey(FIRST, single("q"), flow=[{"block": "b1"}, {"branch": {"when": "first < 3", "then": [{"block": "b2"}]}}]),
     range(20)),
    (survey(FIRST, single("q"), flow=[{"block": "b1"}, {"branch": {"when": "first == 1", "then": [
        {"end": {"kind": "screened out"}}]}}, {"block": "b2"}]), range(10, 40)),
    (survey(FIRST, single("q", show_if="s > 2"), computed=[{"name": "s", "value": "first + 1"}]), range(10, 40)),
    (survey(FIRST, single("q", show_if="region == 2 and first == 3")), range(21, 40, 2)),
])  # fmt: skip
def test_whoever_answers_what_was_not_put_to_them_is_found(instrument, put):
    there = [2 if row in put else None for row in range(N)]
    data = changed(panel(instrument), **SAID, q=there)
    assert violations(instrument, data) == {}
    assert audit(instrument, data).put["q"] == len(put)
    everybody = changed(data, q=[2] * N)
    assert violations(instrument, everybody) == {("was not put to", "q"): N - len(put)}


def test_a_round_that_does_not_take_place_has_no_answers():
    loop = {
        "loop": {
            "id": "l",
            "rounds": [{"name": "x"}, {"name": "y", "show_if": "first == 1"}],
            "flow": [{"block": "b2"}],
        }
    }
    instrument = survey(FIRST, SEVERAL, flow=[{"block": "b1"}, loop])
    data = panel(instrument)
    rows = [row for row, code in enumerate(data.answers["first"].to_list()) if code != 1][:2]
    columns = {f"m_{code}.y": dict.fromkeys(rows, int(code == 1)) for code in (1, 2, 3, 9)}
    found = violations(instrument, changed(data, **columns))
    assert found == {("was not put to", name): 2 for name in columns}
    # what is wrong within a round is told under its name
    several = changed(data, **{f"m_{code}.x": {0: 1} for code in (1, 2, 3)} | {"m_9.x": {0: 0}})
    assert violations(instrument, several) == {("more options than allowed", "m.x"): 1}


def test_recorded_draws_decide_who_was_put_what():
    flow = [{"roll": {"name": "arm", "low": 1, "high": 2}}, {"branch": {"when": "arm == 2", "then": [{"block": "b1"}]}}]
    instrument = survey(single("q"), flow=flow)
    data = panel(instrument)
    arms = data.answers["arm"].to_list()
    assert set(arms) == {"1", "2"} and violations(instrument, data) == {}
    swapped = changed(data, arm=["1" if arm == "2" else "2" for arm in arms])
    assert violations(instrument, swapped) == {("was not put to", "q"): arms.count("2")}


def test_recorded_orders_decide_who_was_put_what():
    flow = [{"shuffle": {"id": "s", "members": [{"block": "b1"}, {"block": "b2"}], "pick": 1}}]
    instrument = survey(single("q1"), single("q2"), flow=flow)
    data = panel(instrument)
    row = data.answers["s"].to_list().index("b1")
    assert violations(instrument, changed(data, s={row: "b2"})) == {("was not put to", "q1"): 1}


def test_recorded_versions_decide_what_was_in_a_set():
    instrument = survey({"name": "q"} | BEST)
    data = panel(instrument)
    versions = data.answers["q_version"].to_list()
    assert set(versions) == {1, 2}
    outside = sum(4 in ends for ends, version in zip(data.answers.select("q_1_best", "q_1_worst").rows(), versions,
                                                    strict=True) if version == 2)  # fmt: skip
    found = violations(instrument, changed(data, q_version=[1] * N))
    assert outside > 0 and found == {("option was not in the set", "q_1"): outside}


def test_some_options_were_shown_and_others_not():
    instrument = survey(single("q", show_only=1))
    data = panel(instrument)
    row = data.answers["q_order"].to_list().index("1")
    assert violations(instrument, changed(data, q={row: 3})) == {("option was not offered", "q"): 1}


def test_data_that_come_with_respondents_are_taken_as_they_are():
    instrument = survey(
        single("q", show_if="panel == 'A' and wave > 1"), data=[{"name": "panel"}, {"name": "wave", "kind": "number"}]
    )
    frame = pl.DataFrame({"respondent_id": [1, 2, 3], "panel": ["A", "B", "A"], "wave": [2, 2, 1], "q": [1, 2, 3]})
    variables = (Variable("panel", "P", "text", (), "design"), Variable("wave", "W", "numeric", (), "design"),
                 Codebook.from_instrument(instrument).variable("q"))  # fmt: skip
    found = audit(instrument, DataSet(frame, Codebook("d", "D", variables), "data"))
    assert dict(found.violations) == {("was not put to", "q"): 2}


def test_data_that_are_written_on_the_way_follow_from_the_answers():
    fresh = {"branch": {"when": "not answered(x)", "then": [{"block": "b2"}]}}
    flow = [
        {"block": "b1"},
        fresh,
        {"set": {"x": "${first}"}},
        {"branch": {"when": "x == 'One'", "then": [{"block": "b3"}]}},
    ]
    instrument = survey(FIRST, single("q2"), single("q3"), flow=flow, data=[{"name": "x"}])
    data = panel(instrument)
    assert violations(instrument, data) == {} and audit(instrument, data).put["q2"] == N
    # a file that says otherwise changes nothing
    assert violations(instrument, changed(data, x=["?"] * N)) == {}


# -- the words -------------------------------------------------------------------------------------------------------


def test_what_was_found_is_told_most_frequent_first():
    found = Audit()
    found.violations["is no option", "q"] = 2
    found.violations["was not put to", "r"] = 1200
    assert found.total == 1202
    assert found.lines() == ["r: was not put to: 1,200 respondents", "q: is no option: 2 respondents"]


def test_nobody_breaks_nothing():
    instrument = survey(*QUESTIONS, **EVERYTHING)
    empty = panel(instrument).rows(np.zeros(N, dtype=bool))
    assert audit(instrument, empty).lines() == []
