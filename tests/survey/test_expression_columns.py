"""Expressions for many respondents at once: the same as for one after the other, on arrays of every form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import InstrumentError
from populace.survey.expression_arrays import Chosen, read_column
from populace.survey.expression_columns import evaluate_many, holds_many
from populace.survey.expression_functions import FUNCTIONS
from populace.survey.expression_records import (
    Arithmetic,
    Call,
    Compare,
    Logic,
    Minus,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
    walk,
)
from populace.survey.expression_values import evaluate, holds
from populace.survey.expressions import parse

NAN = np.nan
MEDIA = Chosen((1, 2, 3), np.array([[True, False, True], [False, False, False], [False, True, False]]))
COLUMNS = {
    "age": np.array([34, NAN, 17.0]),
    "q1": np.array([1, 2, 1]),
    "sex": np.array(["f", None, "m"], dtype=object),
    "yes": np.array([True, False, True]),
    "maybe": np.array([True, None, False], dtype=object),
    "media": MEDIA,
    "wave": 3,
    "country": "US",
    "lost": None,
}


def listed(text, **options):
    found = evaluate_many(parse(text), COLUMNS, 3, **options)
    assert isinstance(found, np.ndarray)
    assert found.shape == (3,)
    return [None if isinstance(one, float) and math.isnan(one) else one for one in found.tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age >= 18", [True, False, False]),
        ("age != 17", [True, False, False]),
        ("not age >= 18", [False, True, True]),
        ("age + wave", [37, None, 20]),
        ("age / (q1 - 1)", [None, None, None]),
        ("-age % 5", [1, None, 3]),
        ("age % -5", [-1, None, -3]),
        ("round(q1 + 0.5)", [2, 3, 2]),
        ("round(-q1 / 4, 1)", [-0.3, -0.5, -0.3]),
        (f"q1 in [1, {', '.join(map(str, range(3, 30)))}]", [True, False, True]),
        (f"age not in [34, {', '.join(map(str, range(30)))}]", [False, False, False]),
        ('sex == "f"', [True, False, False]),
        ('sex != "f"', [False, False, True]),
        ('sex in ["f", "d"]', [True, False, False]),
        ('sex not in ["f", "d"]', [False, False, True]),
        ("q1 not in [1]", [False, True, False]),
        ('country == "US" and wave == 3', [True, True, True]),
        ("answered(lost)", [False, False, False]),
        ("lost == 1 or lost != 1", [False, False, False]),
        ("yes and not maybe", [False, False, True]),
        ("maybe", [True, None, False]),
        ("selected(media, 2, 3)", [True, False, True]),
        ("selected(media, 9)", [False, False, False]),
        ("count(media, age, sex)", [4, 0, 3]),
        ("answered(media)", [True, False, True]),
        ("media", [frozenset({1, 3}), None, frozenset({2})]),
        ("mean(age, q1)", [17.5, 2, 9]),
        ('if(age >= 18, "adult", sex)', ["adult", None, "m"]),
        ("if(yes, maybe, true)", [True, True, False]),
        ("if(yes, age, lost)", [34, None, 17]),
        ("length(country)", [2, 2, 2]),
        ('not contains(country, "x")', [True, True, True]),
        ('country not in ["CA"] and not country in ["CA"]', [True, True, True]),
        ("1 + 1", [2, 2, 2]),
        ("true", [True, True, True]),
        ('"x"', ["x", "x", "x"]),
        ('""', [None, None, None]),
    ],
)
def test_a_column_worked_by_hand(text, expected):
    assert listed(text) == expected


def test_labels_and_what_was_shown_are_looked_up_for_all():
    labels = {"q1": {1: "Daily", 2: "Never"}, "sex": {"f": "Woman"}, "media": {1: "TV", 2: "Radio", 3: "Web"}}
    assert listed("label(q1)", labels=labels) == ["Daily", "Never", "Daily"]
    assert listed("label(sex)", labels=labels) == ["Woman", None, None]
    assert listed("label(media)", labels=labels) == ["TV, Web", None, "Radio"]
    assert listed("shown(age)", shown={"age": np.array([True, True, False])}) == [True, True, False]
    assert listed("shown(age)", shown={"age": True}) == [True, True, True]


def test_results_have_one_type_whoever_answers():
    assert evaluate_many(parse("age > 1"), COLUMNS, 3).dtype == bool
    assert evaluate_many(parse("wave"), COLUMNS, 3).dtype == np.float64
    assert evaluate_many(parse("q1"), COLUMNS, 3).dtype == np.float64
    assert evaluate_many(parse("sex"), COLUMNS, 3).dtype == object
    assert holds_many(parse("maybe"), COLUMNS, 3).tolist() == [True, False, False]
    assert holds_many(parse("age"), COLUMNS, 3).tolist() == [False, False, False]


def test_nobody_is_no_problem():
    columns = {"age": np.array([]), "media": Chosen((1,), np.zeros((0, 1), dtype=bool)), "sex": np.array([], object)}
    text = 'age > 1 and selected(media, 1) and sex == "a" or mean(age) > 1 and count(media) > 1'
    assert evaluate_many(parse(text), columns, 0).shape == (0,)


def test_the_columns_given_are_left_alone():
    age = np.array([1.0, np.inf, 3.0])
    found = evaluate_many(parse("age"), {"age": age}, 3)
    found[:] = 0
    assert age.tolist() == [1.0, np.inf, 3.0]


def test_texts_may_be_numpys_own_and_empty_ones_are_nothing():
    columns = {"a": np.array(["x", ""]), "b": np.array(["1", ""], dtype=np.dtypes.StringDType())}
    assert evaluate_many(parse("answered(a)"), columns, 2).tolist() == [True, False]
    assert holds_many(parse("b == 1"), columns, 2).tolist() == [True, False]


def test_a_column_may_be_read_once_for_many_conditions():
    columns = {"sex": read_column("sex", COLUMNS["sex"], 3)}
    assert holds_many(parse('sex == "m"'), columns, 3).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        ({}, "there is no column for 'a'"),
        ({"a": np.zeros(2)}, "column of 'a' has 2 values; expected one value for each of 3"),
        ({"a": np.zeros((3, 1))}, "several dimensions"),
        ({"a": np.array(["x", 1, None], dtype=object)}, "column of 'a' holds int, str"),
        ({"a": np.array([True, 1, None], dtype=object)}, "column of 'a' holds bool, int"),
        ({"a": Chosen((1,), np.zeros((2, 1), dtype=bool))}, "column of 'a' has 2 values"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, part):
    with pytest.raises(InstrumentError) as caught:
        evaluate_many(parse("a == 1"), columns, 3)
    assert part in str(caught.value)


def test_a_table_of_a_multiple_choice_has_a_column_for_every_code():
    with pytest.raises(InstrumentError, match="expected booleans, one row per respondent"):
        Chosen((1, 2), np.zeros((3, 1), dtype=bool))
    with pytest.raises(InstrumentError, match="expected booleans"):
        Chosen((1,), np.zeros((3, 1)))


def test_an_if_of_two_kinds_is_refused():
    with pytest.raises(InstrumentError, match="a number for some and a text for others"):
        evaluate_many(parse('if(age > 1, 1, "a")'), COLUMNS, 3)


# one after the other, and all at once

NUMBER_NAMES, TEXT_NAMES, TRUTH_NAMES, SET_NAMES = ["x", "y", "q"], ["t", "u"], ["f", "g"], ["m"]
LABELS = {
    **{name: {1: "One", 2: "Two", 2.5: ""} for name in NUMBER_NAMES},
    **{name: {"a": "Ay", "1": "First"} for name in TEXT_NAMES},
    "m": {3: "Three", 1: "One"},
}
CODES = (1, 2, 3)

floats = st.sampled_from([None, 0.0, 1.0, 2.0, -1.0, 2.5, -2.5, 1e308, 0.1, 3.0]) | st.floats(allow_nan=False)
words = st.sampled_from([None, "", "a", "ab", "A", "1", "2.5", " 1", "b*a", "x" * 30]) | st.text(max_size=5)
ROWS = st.fixed_dictionaries(
    {
        **dict.fromkeys(NUMBER_NAMES, floats),
        **dict.fromkeys(TEXT_NAMES, words),
        "f": st.booleans(),
        "g": st.none() | st.booleans(),
        "m": st.sets(st.sampled_from(CODES)),
    }
)


def named(names):
    return st.sampled_from(names).map(Name)


CONSTANTS = st.sampled_from([0, 1, 2, -1, 2.5, 3, 0.1, 1000]).map(Number)
WRITTEN = st.sampled_from(["", "a", "ab", "b", "1", "2.5"]).map(Text)
PATTERNS = st.text(alphabet="ab*?1", max_size=5).map(Text)
ANY_NAME = named([*NUMBER_NAMES, *TEXT_NAMES, *TRUTH_NAMES, *SET_NAMES])
LABELLED = named([*NUMBER_NAMES, *TEXT_NAMES, *SET_NAMES])


def call(function, *arguments):
    return st.tuples(*arguments).map(lambda parts: Call(function, parts))


def call_of_many(function, *first, more):
    rest = st.lists(more, max_size=3).map(tuple)
    return st.tuples(st.tuples(*first), rest).map(lambda parts: Call(function, parts[0] + parts[1]))


def expressions(depth: int):
    """(numbers, texts, truths) so deep; parts may be of a kind that is not wanted, which is then nothing."""
    if depth == 0:
        return CONSTANTS | named(NUMBER_NAMES), WRITTEN | named(TEXT_NAMES), named(TRUTH_NAMES)
    number, text, truth = expressions(depth - 1)
    any_kind = st.one_of(number, text, truth, named(SET_NAMES))
    members = st.lists(CONSTANTS, min_size=1, max_size=25) | st.lists(WRITTEN, min_size=1, max_size=3)
    pairs = st.tuples(any_kind, any_kind)
    numbers = st.one_of(
        number,
        *(
            st.builds(lambda parts, sign: Arithmetic(parts, (sign,)), pairs, st.sampled_from(signs))
            for signs in ("+-", "*/%")
        ),
        st.builds(Minus, any_kind),
        *(call_of_many(name, any_kind, more=any_kind) for name in ("sum", "mean", "min", "max")),
        *(call(name, any_kind) for name in ("floor", "ceil", "abs", "length", "round")),
        call("round", any_kind, st.integers(0, 10).map(Number)),
        call_of_many("count", ANY_NAME, more=ANY_NAME),
        call("if", any_kind, number, number),
    )
    texts = st.one_of(text, call("lower", any_kind), call("label", LABELLED), call("if", truth, text, text))
    truths = st.one_of(
        truth,
        st.builds(Not, any_kind),
        st.builds(Logic, st.sampled_from(["and", "or"]), st.lists(any_kind, min_size=2, max_size=3).map(tuple)),
        st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), any_kind, any_kind),
        st.builds(OneOf, any_kind, members.map(tuple), st.booleans()),
        st.builds(Truth, st.booleans()),
        call("answered", ANY_NAME),
        call("shown", ANY_NAME),
        call_of_many("selected", ANY_NAME, CONSTANTS | WRITTEN, more=CONSTANTS | WRITTEN),
        *(call(name, any_kind, any_kind) for name in ("contains", "startswith")),
        call("matches", any_kind, PATTERNS),
        call("unsupported", PATTERNS),
        call("if", truth, truth, truth),
    )
    return numbers, texts, truths


def columns_of(rows):
    columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in NUMBER_NAMES}
    columns |= {name: np.array([row[name] for row in rows], dtype=object) for name in [*TEXT_NAMES, "g"]}
    columns["f"] = np.array([row["f"] for row in rows], dtype=bool)
    columns["m"] = Chosen(CODES, np.array([[code in row["m"] for code in CODES] for row in rows], dtype=bool))
    return columns


@settings(max_examples=300)
@given(st.one_of(*expressions(3)), st.lists(ROWS, min_size=1, max_size=6), st.data())
def test_all_at_once_is_the_same_as_one_after_the_other(expression, rows, data):
    shown = {name: data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))) for name in rows[0]}
    alone = [
        evaluate(expression, row, labels=LABELS, shown={name: put[place] for name, put in shown.items()})
        for place, row in enumerate(rows)
    ]
    arrays = {name: np.array(put) for name, put in shown.items()}
    together = evaluate_many(expression, columns_of(rows), len(rows), labels=LABELS, shown=arrays)
    assert [None if one != one else one for one in together.tolist()] == alone


@settings(max_examples=300)
@given(st.one_of(*expressions(2)), ROWS)
def test_one_value_for_everybody_is_the_same_as_a_column_of_it(expression, row):
    shown = dict.fromkeys(row, True)
    constants = row | {"m": columns_of([row] * 3)["m"]}
    found = holds_many(expression, constants, 3, labels=LABELS, shown=shown)
    assert found.tolist() == [holds(expression, row, labels=LABELS, shown=shown)] * 3


def test_the_property_speaks_of_every_function():
    found = set()

    @settings(max_examples=500)
    @given(st.one_of(*expressions(2)))
    def gather(expression):
        found.update(part.function for part in walk(expression) if isinstance(part, Call))

    gather()
    assert found == set(FUNCTIONS)
