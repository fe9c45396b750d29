"""Expressions for one respondent: tables worked by hand, with missing values in every place."""

import math
from itertools import product

import pytest

from populace.errors import InstrumentError
from populace.survey.expression_values import evaluate, holds, is_like
from populace.survey.expressions import parse

RESPONDENT = {
    "age": 34,
    "score": 2.5,
    "q1": 1,
    "q2": 2,
    "q3": None,
    "sex": "f",
    "media": {1, 3},
    "none": set(),
    "why": "Because of the Price",
    "empty": "",
    "year": "1990",
    "born": "1990-05-17",
    "yes": True,
    "no": False,
    "loop.brand": "Acme",
    "first name": "Ada",
    "nan": math.nan,
}
LABELS = {"q1": {1: "Every day", 2: "Never"}, "q3": {1: "Agree"}, "media": {1: "TV", 2: "Radio", 3: "Web"}}


def value(text, **more):
    return evaluate(parse(text), RESPONDENT | more, labels=LABELS, shown={"q1": True, "q3": False})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # comparisons
        ("age == 34", True),
        ("age != 34", False),
        ("score < 2.5", False),
        ("score <= 2.5", True),
        ("q2 > q1", True),
        ('sex == "f"', True),
        ('sex == "F"', False),
        ('born < "2000-01-01"', True),
        ("year >= 1990", True),
        ("year == 1990", True),
        ("yes == true", True),
        ("no != true", True),
        # comparisons with nothing are false, whatever the operator
        ("q3 == 1", False),
        ("q3 != 1", False),
        ("q3 < 1", False),
        ("q3 >= 1", False),
        ("1 != q3", False),
        ("q3 == q3", False),
        ("q3 != q3", False),
        ("nan == nan", False),
        ('empty == ""', False),
        ('empty != "a"', False),
        ('why != ""', False),
        ("why == 5", False),
        ("why != 5", False),
        ("media == 1", False),
        ("media != 1", False),
        # lists
        ("q2 in [1, 2, 5]", True),
        ("q2 in [1, 5]", False),
        ("q2 not in [1, 5]", True),
        ("q3 in [1, 5]", False),
        ("q3 not in [1, 5]", False),
        ("not q3 in [1, 5]", True),
        ('sex in ["m", "f"]', True),
        ('sex not in ["m", "d"]', True),
        ('year in ["1990"]', True),
        ("year in [1990]", True),
        ("media in [1, 3]", False),
        # logic: nothing is false, `not` is plain
        ("q3", None),
        ("not q3", True),
        ("not q3 == 1", True),
        ("q3 and true", False),
        ("q3 or true", True),
        ("q3 or q3", False),
        ("yes and not no", True),
        ("not media", True),
        ("not age", True),
        # arithmetic
        ("age + 1 - 2 * 3", 29.0),
        ("7 % 3", 1.0),
        ("-7 % 3", 2.0),
        ("7 % -3", -2.0),
        ("1 / 4", 0.25),
        ("-age", -34.0),
        ("-(-1)", 1.0),
        ("age / 0", None),
        ("age % 0", None),
        ("age + q3", None),
        ("-q3", None),
        ("age + why", None),
        ("year + 1", 1991.0),
        ("yes + yes + no", 2.0),
        ("media + 1", None),
        ("9e15 * 9e15 * 9e15", 9e15 * 9e15 * 9e15),
        # functions of numbers
        ("sum(q1, q2, q3)", 3.0),
        ("mean(q1, q2, q3)", 1.5),
        ("min(q2, q1, q3)", 1.0),
        ("max(q2, q1, q3)", 2.0),
        ("sum(q3)", None),
        ("mean(q3, q3)", None),
        ("min(q3)", None),
        ("max(q3)", None),
        ("sum(q1 == 1, q2 == 2, q3 == 3)", 2.0),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("round(2.345, 1)", 2.3),
        ("round(0.49999999999999994)", 0.0),
        ("round(q3, 1)", None),
        ("floor(-1.5)", -2.0),
        ("ceil(-1.5)", -1.0),
        ("floor(q3)", None),
        ("ceil(q3)", None),
        ("abs(-3)", 3.0),
        ("abs(q3)", None),
        # functions of texts
        ("length(why)", 20.0),
        ("length(empty)", None),
        ("length(age)", None),
        ('contains(why, "Price")', True),
        ('contains(why, "price")', False),
        ('contains(lower(why), "price")', True),
        ('contains(q3, "a")', False),
        ('contains(why, "")', False),
        ('startswith(why, "Be")', True),
        ('startswith(empty, "")', False),
        ("lower(empty)", None),
        ('matches(why, "*Price")', True),
        ('matches(why, "*P?ice*")', True),
        ('matches(why, "Price*")', False),
        ('matches(empty, "*")', False),
        # sets
        ("selected(media, 3)", True),
        ("selected(media, 2)", False),
        ("selected(media, 2, 3)", True),
        ("selected(none, 1)", False),
        ("not selected(none, 1)", True),
        ("selected(q1, 1, 2)", True),
        ("selected(q3, 1)", False),
        ('selected(sex, "f")', True),
        ("count(media)", 2.0),
        ("count(none)", 0.0),
        ("count(media, q1, q2, q3)", 4.0),
        ("answered(media)", True),
        ("answered(none)", False),
        # the rest
        ("answered(q1)", True),
        ("answered(q3)", False),
        ("answered(empty)", False),
        ("answered(no)", True),
        ("shown(q1)", True),
        ("shown(q3)", False),
        ("label(q1)", "Every day"),
        ("label(q3)", None),
        ("label(media)", "TV, Web"),
        ('if(score > 2, "high", "low")', "high"),
        ('if(q3 > 2, "high", "low")', "low"),
        ('if(q3, 1, "")', None),
        ("if(yes, media, q1)", None),
        ('loop.brand == "Acme" and `first name` == "Ada"', True),
        ("media", frozenset({1, 3})),
        ("none", None),
        ("true", True),
        ('""', None),
    ],
)
def test_a_value_worked_by_hand(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("a", [True, False, None])
@pytest.mark.parametrize("b", [True, False, None])
def test_truths_are_joined_with_nothing_as_false(a, b):
    assert value("a and b", a=a, b=b) is (a is True and b is True)
    assert value("a or b", a=a, b=b) is (a is True or b is True)
    assert value("not a", a=a) is (a is not True)


def test_a_condition_that_is_nothing_or_no_truth_does_not_hold():
    assert holds(parse("q1 == 1"), RESPONDENT)
    assert not holds(parse("q3"), RESPONDENT)
    assert not holds(parse("age"), RESPONDENT)


def test_a_number_that_is_too_large_is_nothing():
    assert value("a * a", a=1e200) is None
    assert value("sum(a, a)", a=1.7e308) is None
    assert value("a", a=10**400) is None
    assert value("a + 1", a="1e999") is None
    assert value("round(a, 10)", a=1e300) == 1e300


@pytest.mark.parametrize(
    ("text", "number"), [(" 12 ", 12), ("-1.5", -1.5), ("1e3", 1000), (".5", 0.5), ("5.", 5), ("+3", 3)]
)
def test_a_text_written_as_a_number_counts_as_one(text, number):
    assert value("a + 0", a=text) == number


@pytest.mark.parametrize("text", ["1,5", "12 years", "0x10", "1_000", "nan", "inf", "٣", "--1", ""])
def test_any_other_text_is_no_number(text):
    assert value("a + 0", a=text) is None


def test_a_name_without_a_value_is_refused_with_the_closest_one():
    with pytest.raises(InstrumentError, match=r"no value for 'ages' \(did you mean 'age'\?\)"):
        value("ages > 3")
    with pytest.raises(InstrumentError, match=r"no record of having been shown for 'q2'"):
        value("shown(q2)")
    with pytest.raises(InstrumentError, match=r"no list of labels for 'sex'"):
        value("label(sex)")


def test_a_value_that_no_answer_can_be_is_refused():
    with pytest.raises(InstrumentError, match="value of 'a' is b'x'"):
        value("a == 1", a=b"x")
    with pytest.raises(InstrumentError, match="value of 'a' is"):
        value("answered(a)", a=[1.5, None])


def alike(text: str, pattern: str) -> bool:
    """What a pattern means, by its definition."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(alike(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and alike(text[1:], pattern[1:])


def test_patterns_mean_what_their_definition_says():
    texts = ["".join(signs) for length in range(5) for signs in product("ab", repeat=length)]
    patterns = ["".join(signs) for length in range(5) for signs in product("a*?b", repeat=length)]
    assert not [(t, p) for t in texts for p in patterns if is_like(t, p) != alike(t, p)]


def test_a_pattern_takes_signs_of_other_languages_literally_and_lines_as_text():
    assert is_like("a.c (x)\nb", "a.c (?)*")
    assert not is_like("abc", "a.c")
    assert not is_like("a", "[ab]")


def test_a_pattern_made_to_backtrack_is_answered_all_the_same():
    assert not is_like("a" * 20_000, "*".join(["a"] * 90) + "*b")
    assert not is_like("a" * 20_000, "*" + "a?" * 90 + "b*")
