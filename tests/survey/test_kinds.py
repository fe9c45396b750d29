"""Kinds of question: what each of the newer ones demands, and which columns it has."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from populace.errors import InstrumentError
from populace.survey.formats.native import schema
from populace.survey.item import NumericRange, Row
from populace.survey.kinds import ALIASES, KINDS, NPS, RULES, SPECIAL, sides
from populace.survey.names import name_problem
from populace.survey.question import Question
from populace.survey.scale import SELECTED, Option
from populace.survey.tasks import Attribute, Tasks

from .strategies import questions

ABC = tuple(Option(code, label) for code, label in enumerate(["Apples", "Bread", "Cheese"], 1))
OTHER = Option(9, "Other", specify=True)
ROWS = (Row("a", "Aldi"), Row("b", "Bee"))
TASKS = Tasks((Attribute("Price", ("1", "2")),), ((((1,), (2,)), ((2,), (1,))),), none="Neither")


def names(kind: str, **fields) -> list[str]:
    return [item.name for item in Question("q", kind, "What?", **fields).items()]


def refusal(kind: str, **fields) -> str:
    with pytest.raises(InstrumentError) as caught:
        Question("q", kind, "What?", **fields)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "fields", "columns"),
    [
        ("nps", {}, ["q"]),
        ("grid_multiple", {"options": ABC, "rows": ROWS}, ["q_a_1", "q_a_2", "q_a_3", "q_b_1", "q_b_2", "q_b_3"]),
        ("slider", {"minimum": 0, "maximum": 100}, ["q"]),
        ("slider", {"minimum": 0, "maximum": 100, "rows": ROWS}, ["q_a", "q_b"]),
        ("numeric", {"rows": ROWS}, ["q_a", "q_b"]),
        ("rank", {"options": ABC}, ["q_1", "q_2", "q_3"]),
        ("sum", {"options": ABC, "total": 100}, ["q_1", "q_2", "q_3"]),
        ("best_worst", {"options": ABC, "sets": [[[1, 2, 3]]]}, ["q_1_best", "q_1_worst"]),
        ("choice_task", {"tasks": TASKS}, ["q_1", "q_2"]),
        ("open", {"rows": ROWS}, ["q_a", "q_b"]),
        ("date", {}, ["q"]),
        ("display", {}, []),
        ("technical", {}, []),
    ],
)
def test_a_kind_has_these_columns(kind, fields, columns):
    assert names(kind, **fields) == columns


def test_whoever_chooses_other_writes_into_a_column_of_its_own():
    single, text = Question("q", "single", "What?", (*ABC, OTHER)).items()
    assert (text.name, text.open, text.specifies) == ("q_9_text", True, ("q", 9))
    assert not single.open
    multiple = Question("q", "multiple", "What?", (*ABC, OTHER)).items()
    assert multiple[-1].name == "q_9_text"
    assert multiple[-1].specifies == ("q_9", 9)


def test_columns_have_the_names_that_options_and_rows_give_them():
    named = (replace(ABC[0], column="fruit"), *ABC[1:], replace(OTHER, column="rest"))
    assert names("multiple", options=named) == ["fruit", "q_2", "q_3", "rest", "rest_text"]
    assert names("grid", options=ABC, rows=(Row("a", "Aldi", column="aldi"), ROWS[1])) == ["aldi", "q_b"]


def test_a_column_cannot_have_any_name():
    assert "cannot be a column" in refusal("multiple", options=(replace(ABC[0], column="a b"), ABC[1]))
    assert "no column of their own" in refusal("grid_multiple", options=(replace(ABC[0], column="a"),), rows=ROWS)


def test_places_of_a_ranking_are_ordered_and_only_as_many_as_are_asked_for():
    (first, *_) = Question("q", "rank", "Order these.", ABC, ranked=2).items()
    assert first.ordinal
    assert [option.label for option in first.options] == ["Place 1", "Place 2"]
    assert (first.text, first.battery, first.item) == ("Order these. Apples", "q", "Apples")


def test_the_numbers_of_a_sum_go_from_nothing_to_the_total():
    (first, *_) = Question("q", "sum", "Divide 10 points.", ABC, total=10.0, unit="points").items()
    assert first.numeric == NumericRange(0, 10, "points", integer=True)
    (first, *_) = Question("q", "sum", "Divide.", ABC, total=1, decimals=2).items()
    assert not first.numeric.integer


def test_a_net_promoter_question_has_the_options_0_to_10():
    question = Question("q", "nps", "How likely?")
    assert question.options == NPS
    assert question.items()[0].ordinal
    assert question == Question("q", "nps", "How likely?", NPS)
    assert "has the options 0 to 10" in refusal("nps", options=ABC)
    unsure = Option(99, "Don't know", missing=True)
    assert Question("q", "nps", "How likely?", (*NPS, unsure)).items()[0].options[-1] == unsure


def test_columns_side_by_side_are_grids_numbers_and_texts_with_the_rows_of_the_question():
    columns = (
        Question("often", "scale", "how often?", ABC),
        Question("which", "multiple", "which?", ABC[:2]),
        Question("much", "numeric", "how much?", minimum=0),
        Question("why", "open", "why?"),
    )
    question = Question("q", "side_by_side", "For each:", rows=ROWS, columns=columns)
    assert [side.kind for side in sides(question)] == ["grid", "grid_multiple", "numeric", "open"]
    assert [item.name for item in question.items()] == [
        "q_often_a", "q_often_b",
        "q_which_a_1", "q_which_a_2", "q_which_b_1", "q_which_b_2",
        "q_much_a", "q_much_b", "q_why_a", "q_why_b",
    ]  # fmt: skip
    assert question.items()[0].text == "For each: how often? Aldi"


def test_best_and_worst_are_chosen_among_all_options_for_versions_show_different_ones():
    question = Question("q", "best_worst", "Which?", (*ABC, Option(4, "Dates")), sets=[[[1, 2, 3]], [[2, 3, 4]]])
    best, worst = question.items()
    assert [option.code for option in best.options] == [1, 2, 3, 4]
    assert (best.item, worst.item) == ("Best, set 1", "Worst, set 1")


def test_a_step_or_decimals_make_a_number_decimal():
    def whole(**fields) -> bool:
        return Question("q", "numeric", "How much?", **fields).items()[0].numeric.integer

    assert whole(minimum=0, maximum=10, step=2)
    assert not whole(minimum=0, step=0.5)
    assert not whole(minimum=0, decimals=1)


def test_a_number_may_have_a_dont_know_and_nothing_else_to_choose():
    unsure = Option(-1, "Don't know", missing=True)
    assert Question("q", "numeric", "How much?", (unsure,)).items()[0].options == (unsure,)
    assert "has only options marked missing" in refusal("numeric", options=ABC)


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("sum", {"options": ABC}, "expected what the numbers add up to"),
        ("sum", {"options": ABC, "total": 0}, "expected what the numbers add up to"),
        ("rank", {"options": ABC, "ranked": 4}, "ranked is 4; expected 1 to 3"),
        ("rank", {"options": ABC, "ranked": 0}, "ranked is 0; expected 1 to 3"),
        ("slider", {"minimum": 0}, "maximum is not given; a slider has two ends"),
        ("slider", {"minimum": 5, "maximum": 5}, "minimum 5 is not below maximum 5"),
        ("numeric", {"step": 0}, "step is 0"),
        ("numeric", {"decimals": -1}, "decimals is -1; expected a whole number from 0 on"),
        ("numeric", {"decimals": 1.5}, "decimals is 1.5"),
        ("multiple", {"options": ABC, "at_least": 3, "at_most": 2}, "at_least 3 is more than at_most 2"),
        ("multiple", {"options": ABC, "at_least": 4}, "at_least 4 is more than at_most 3"),
        ("multiple", {"options": ABC, "at_least": 4, "at_most": 5}, "at_least is 4 and there are 3 options"),
        ("grid_multiple", {"options": ABC}, "has no rows"),
        ("side_by_side", {"rows": ROWS}, "has no columns"),
        ("best_worst", {"options": ABC}, "has no sets"),
        ("best_worst", {"options": ABC, "sets": [[[1, 2]]]}, "expected three different codes"),
        ("best_worst", {"options": ABC, "sets": [[[1, 2, 2]]]}, "expected three different codes"),
        ("best_worst", {"options": ABC, "sets": [[[1, 2, 7]]]}, "set 1 is [1, 2, 7]"),
        ("best_worst", {"options": ABC, "sets": [[[1, 2, 3]], [[1, 2, 3]] * 2]}, "different numbers of sets"),
        ("choice_task", {}, "has no tasks"),
        ("open", {"format": "e-mail"}, "format is 'e-mail'; expected one of"),
        ("single", {"options": ABC, "minimum": 0}, "'minimum' means nothing for kind 'single'"),
        ("date", {"options": ABC}, "'options' means nothing for kind 'date'"),
    ],
)
def test_what_a_kind_lacks_or_cannot_have_is_said(kind, fields, words):
    assert words in refusal(kind, **fields)


def test_a_column_side_by_side_has_no_rows_and_is_of_a_kind_that_fits():
    grid = Question("g", "grid", "How?", ABC, rows=ROWS)
    assert "expected one of single, scale" in refusal("side_by_side", rows=ROWS, columns=(grid,))
    twice = (Question("x", "open", "X?"),) * 2
    assert "its name twice" in refusal("side_by_side", rows=ROWS, columns=twice)


def test_a_single_option_is_enough_for_a_record():
    assert names("single", options=ABC[:1]) == ["q"]
    assert names("multiple", options=ABC[:1]) == ["q_1"]


@pytest.mark.parametrize(("alias", "kind"), ALIASES.items())
def test_an_alias_leads_to_a_kind(alias, kind):
    assert kind in KINDS
    assert alias not in KINDS


def test_every_special_field_means_something_for_some_kind():
    assert set(SPECIAL) == {field for rule in RULES.values() for field in rule.fields}


def test_the_schema_allows_each_kind_the_fields_that_the_table_does():
    question = schema()["$defs"]["question"]
    told = {}
    for rule in question["allOf"]:
        refused = {field for field, allowed in rule["then"]["properties"].items() if allowed is False}
        for kind in rule["if"]["properties"]["kind"]["enum"]:
            told[kind] = set(SPECIAL) - refused
    assert set(told) == {*KINDS, *ALIASES}
    assert told == {kind: set(RULES[ALIASES.get(kind, kind)].fields) for kind in told}


@pytest.mark.parametrize("kind", KINDS)
def test_any_question_of_a_kind_has_columns_of_its_own_with_names_that_can_be_columns(kind):
    @settings(max_examples=25)
    @given(questions((kind,), name="Q7"))
    def holds(question):
        columns = [item.name for item in question.items()]
        assert len(set(columns)) == len(columns)
        assert not [name for name in columns if name_problem(name) or not name.startswith("Q7")]
        for item in question.items():
            assert item.role == question.role
            assert item.options == SELECTED or all(option.show_if is None for option in item.options)
        json.dumps([item.text for item in question.items()])

    holds()
