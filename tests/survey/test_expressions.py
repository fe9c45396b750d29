"""Expressions: what can be written, the one canonical form, limits, and what a wrong one is told."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.errors import InstrumentError
from populace.survey.expression_functions import FUNCTIONS, Function
from populace.survey.expression_records import (
    MAX_DEPTH,
    MAX_NODES,
    RESERVED,
    Arithmetic,
    Call,
    Compare,
    Expression,
    Logic,
    Minus,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
    names_in,
    replace_names,
)
from populace.survey.expressions import MAX_CHARACTERS, parse


def refusal(text) -> str:
    """The one line with which a text is refused."""
    with pytest.raises(InstrumentError) as caught:
        parse(text)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 700
    return message


def test_a_condition_reads_as_the_records_it_means():
    assert parse("age >= 18 and (uses == 2 or not answered(brand))") == Logic(
        "and",
        (
            Compare(">=", Name("age"), Number(18)),
            Logic("or", (Compare("==", Name("uses"), Number(2)), Not(Call("answered", (Name("brand"),))))),
        ),
    )


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("age>=18 AND uses=2", "age >= 18 and uses == 2"),
        ("a & b | !c", "a and b or not c"),
        ("a && b || c <> 1", "a and b or c != 1"),
        ("a ≤ 3 and b ≥ 2 and c ≠ 1", "a <= 3 and b >= 2 and c != 1"),
        ("x × 2 ÷ 3 − 1", "x * 2 / 3 - 1"),
        ("q in (1, 2,5)", "q in [1, 2, 5]"),
        ("q NOT IN [1]", "q not in [1]"),
        ("IF(Score>3, 'high', \"it's\")", 'if(Score > 3, "high", "it\'s")'),
        ("((a))", "a"),
        ("(a + b) + c", "(a + b) + c"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("(a or b) and c", "(a or b) and c"),
        ("not (a == b)", "not a == b"),
        ("(not a) == b", "(not a) == b"),
        ("-x * -2 - -(3)", "-x * -2 - -(3)"),
        ("2.50 + .5 + 1e3", "2.5 + 0.5 + 1000"),
        ("`age group` == 1", "`age group` == 1"),
        ("`age` == 1", "age == 1"),
        ("`and` == `a``b`", "`and` == `a``b`"),
        ("loop.brand == loop.1", "loop.brand == loop.1"),
        ("count > 1", "count > 1"),
        ("größe\n\t> 1", "größe > 1"),
        (r"'a\\b\"c\n'", r'"a\\b\"c\n"'),
        ("TRUE or False", "true or false"),
        ("andy and island and not_x", "andy and island and not_x"),
    ],
)
def test_every_spelling_is_written_in_one_canonical_form(written, canonical):
    expression = parse(written)
    assert str(expression) == canonical
    assert parse(canonical) == expression


def test_and_binds_more_than_or_and_not_more_than_and():
    assert parse("a or b and not c or d") == Logic(
        "or", (Name("a"), Logic("and", (Name("b"), Not(Name("c")))), Name("d"))
    )


def test_products_bind_more_than_sums_and_both_run_from_left_to_right():
    assert parse("1 - x - 2 * y % 3") == Arithmetic(
        (Number(1), Name("x"), Arithmetic((Number(2), Name("y"), Number(3)), ("*", "%"))), ("-", "-")
    )


def test_a_minus_before_a_number_belongs_to_it():
    assert parse("q in [-1, 2]") == OneOf(Name("q"), (Number(-1), Number(2)))
    assert parse("-1") == Number(-1)
    assert parse("-(1)") == Minus(Number(1))
    assert parse("- -1") == Minus(Number(-1))


def test_whole_numbers_are_one_number_however_written():
    assert parse("2.0") == parse("2") == Number(2.0)
    assert str(Number(2.0)) == "2"


def test_names_are_listed_once_in_the_order_of_first_mention():
    assert names_in(parse("b > 1 and answered(a) and b < 9 and selected(`c d`, 1)")) == ("b", "a", "c d")


def test_names_are_replaced_everywhere_and_others_stay():
    expression = parse('q1 in [1, 2] and selected(q2, "q1") and if(q3 > q1, -q1, q4) == label(q1)')
    changed = replace_names(expression, {"q1": "Q 1", "q4": "loop.x"})
    assert str(changed) == '`Q 1` in [1, 2] and selected(q2, "q1") and if(q3 > `Q 1`, -`Q 1`, loop.x) == label(`Q 1`)'
    assert replace_names(changed, {"Q 1": "q1", "loop.x": "q4"}) == expression


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["is empty", "age >= 18"]),
        (None, ["None", "in quotes"]),
        ("age >", ["at the end", "expected a name, a number"]),
        ("age 18", ["at character 5, '18'", "expected an operator"]),
        ("(age > 1", ["at the end", "expected ')'", "opened at character 1"]),
        ("sum(a, b", ["opened at character 4"]),
        ("q in [1, 2", ["expected ']'", "opened at character 6"]),
        ("q in x", ["expected a list such as"]),
        ("q in [x]", ["expected a number or a text"]),
        ("q in []", ["list after 'in' is empty"]),
        ("q in [1, 'a']", ["mixes numbers and texts"]),
        ("a > 1)", ["at character 6, ')'", "expected the end"]),
        ("1 < x < 5", ["at character 7", "1 < x and x < 5"]),
        ("a => 3", ["at character 3", "write '>='"]),
        ("a == “US”", ["at character 6", "straight quotes"]),
        ("a == 'US", ["at character 6", "is not closed"]),
        ("`a b == 1", ["at character 1", "second backtick"]),
        ("${q1} > 3", ["without $ and braces"]),
        ("why contains 'x'", ["contains(why, 'price')"]),
        ("a is 3", ["write '=='"]),
        ("conts(a, 'x')", ["at character 1", "no function 'conts'", "did you mean 'count'"]),
        ("x + selected(media)", ["at character 5", "selected() has 1 argument", "expected 2 or more"]),
        ("selected(media, q1)", ["argument 2 of selected() is 'q1'", "expected a code"]),
        ("answered(1)", ["argument 1 of answered() is '1'", "expected a name"]),
        ("round(x, 11)", ["a whole number from 0 to 10"]),
        ("matches(x, y)", ["expected a text in quotes"]),
        ("id == 12345678901234567890", ["at character 7", "'12345678901234567890'", "in quotes"]),
        (r"x == '\d'", ["at character 7", "\\\\ for a backslash"]),
        ("a anD b xor c", ["at character 9, 'xor c'", "did you mean 'or'"]),
        ("eval('1')", ["no function 'eval'"]),
        ("x.__class__()", ["no function 'x.__class__'"]),
        ("a; b", ["write ','"]),
        ("a @ b", ["at character 3, '@ b'", "cannot be read"]),
    ],
)
def test_a_wrong_text_is_told_where_what_was_expected_and_what_to_do(text, parts):
    message = refusal(text)
    assert not [part for part in parts if part not in message], message


def chain(operator: str, count: int) -> str:
    return operator.join(["a"] * count)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a" * (MAX_CHARACTERS + 1), "10,001 characters; expected at most 10,000"),
        (chain("+", 4_000), "more than 2,000"),
        (chain(" or ", 2_000), "more than 2,000"),
        ("not " * 2_000 + "a", "60 levels"),
        ("-" * 9_000 + "a", "60 levels"),
        ("abs(" * 61 + "a" + ")" * 61, "60 levels"),
        ("if(a, " * 61 + "1" + ", 2)" * 61, "60 levels"),
        ("a in [" + ",".join(["1"] * 1_001) + "]", "1,001 members"),
        (f"a in [{','.join(['1'] * 999)}] and b in [{','.join(['1'] * 999)}]", "more than 2,000"),
        ("a" * 201, "expected 1 to 200 characters"),
        (f"matches(a, '{'*' * 201}')", "at most 200 characters"),
    ],
)
def test_a_limit_that_is_broken_is_named(text, part):
    assert part in refusal(text)


def test_what_is_within_the_limits_is_read():
    assert len(parse(chain("+", 1_999)).operands) == 1_999
    assert str(parse("not " * (MAX_DEPTH - 1) + "a")).count("not") == MAX_DEPTH - 1
    assert len(parse("a in [" + ",".join(["1"] * 1_000) + "]").members) == 1_000
    assert parse("(" * 4_000 + "a" + ")" * 4_000) == Name("a")


def test_a_text_that_would_be_written_out_longer_than_can_be_read_is_refused():
    operand = "a" * 24
    assert "10,149 characters" in refusal("+".join([operand] * 376))


def test_no_record_can_be_made_beyond_the_limits_either():
    deep: Expression = Name("a")
    with pytest.raises(InstrumentError, match="60 levels"):
        for _ in range(MAX_DEPTH):
            deep = Not(deep)
    with pytest.raises(InstrumentError, match="more than 2,000"):
        Arithmetic((Name("a"),) * MAX_NODES, ("+",) * (MAX_NODES - 1))


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: Number(float("nan")), "cannot be computed with"),
        (lambda: Number(True), "cannot be computed with"),
        (lambda: Number(2**53 + 1), "in quotes"),
        (lambda: Text(3), "expected words"),
        (lambda: Truth(1), "expected true or false"),
        (lambda: Name("a\nb"), "can be printed"),
        (lambda: Name(" "), "1 to 200 characters"),
        (lambda: Not("a"), "expected a record"),
        (lambda: Logic("xor", (Name("a"), Name("b"))), "expected 'and' or 'or'"),
        (lambda: Logic("and", (Name("a"),)), "two conditions or more"),
        (lambda: Compare("=", Name("a"), Name("b")), "expected one of =="),
        (lambda: OneOf(Name("a"), (Name("b"),)), "expected numbers or texts"),
        (lambda: Arithmetic((Name("a"), Name("b"), Name("c")), ("+", "*")), "only"),
        (lambda: Arithmetic((Name("a"), Name("b")), ()), "one between each two"),
        (lambda: Call("exec", (Name("a"),)), "no function 'exec'"),
        (lambda: Call("if", (Name("a"),)), "expected 3"),
    ],
)
def test_a_record_that_means_nothing_cannot_be_made(make, part):
    with pytest.raises(InstrumentError) as caught:
        make()
    assert part in str(caught.value)


HOSTILE = [
    "(" * 9_999,
    "[" * 9_999,
    "not " * 2_500,
    "-" * 9_999,
    "if(" * 3_000,
    "a==(" * 2_400,
    '"' * 9_999,
    "'\\" * 4_999,
    "`" * 9_999,
    "\\" * 9_999,
    "\x00" * 9_999,
    "=<>" * 3_000,
    "9" * 9_999,
    "1e" * 4_999,
    "a." * 4_999,
    "a " * 4_999,
    "𝔘" * 9_999,
    "\ud800",
    "a in [" + "1," * 4_900,
    "__import__('os').system('true')",
    "{{7*7}}",
    "().__class__.__bases__",
    "lambda: 1",
    "a := 1",
    "a if b else c",
    "9**9**9",
    "'a' * 9999999999999999999",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_refused_by_name(text):
    assert refusal(text).startswith("expression ")


TOKENS = st.sampled_from(
    [*RESERVED, *FUNCTIONS, *"()[],+-*/%<>=!&|.\"'`\\ {}$;", "==", "a", "`b c`", "1", "2.5", '"x"', "\n", "ı", "٣", "ſ"]
)


@given(st.one_of(st.text(max_size=80), st.lists(TOKENS, max_size=40).map(" ".join), st.lists(TOKENS).map("".join)))
def test_any_text_is_an_expression_or_refused_in_one_line(text):
    try:
        expression = parse(text)
    except InstrumentError as error:
        assert "\n" not in str(error)
    else:
        assert parse(str(expression)) == expression


NUMBERS = st.builds(Number, st.integers(-(2**53), 2**53) | st.floats(-(2**53), 2**53))
TEXTS = st.builds(Text, st.text(max_size=20))
NAMES = st.builds(
    Name,
    st.sampled_from(["a", "q1.b", "loop.1", "and", "NOT", "In", "sum", "ın", "true"])
    | st.text(min_size=1, max_size=10).filter(lambda name: name.isprintable() and name.strip()),
)


def calls(function: Function, inner):
    """Calls of one function with arguments as it demands them."""
    kinds = {
        "name": NAMES,
        "code": NUMBERS | TEXTS,
        "digits": st.builds(Number, st.integers(0, 10)),
        "pattern": TEXTS,
    }
    arguments = [kinds.get(kind, inner) for kind in function.arguments]
    further = function.more or function.optional
    more = st.lists(kinds.get(further, inner), max_size=1 if function.optional else 3) if further else st.just([])
    return st.builds(lambda first, rest: Call(function.name, (*first, *rest)), st.tuples(*arguments), more)


def larger(inner):
    """Records made of records."""
    some = st.lists(inner, min_size=2, max_size=4).map(tuple)
    members = st.lists(NUMBERS, min_size=1, max_size=3) | st.lists(TEXTS, min_size=1, max_size=3)

    def chains(signs: str):
        return some.flatmap(
            lambda parts: st.builds(
                Arithmetic,
                st.just(parts),
                st.lists(st.sampled_from(signs), min_size=len(parts) - 1, max_size=len(parts) - 1).map(tuple),
            )
        )

    return st.one_of(
        st.builds(Not, inner),
        st.builds(Minus, inner),
        st.builds(Logic, st.sampled_from(["and", "or"]), some),
        st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner),
        st.builds(OneOf, inner, members.map(tuple), st.booleans()),
        chains("+-"),
        chains("*/%"),
        *(calls(function, inner) for function in FUNCTIONS.values()),
    )


EXPRESSIONS = st.recursive(NUMBERS | TEXTS | NAMES | st.builds(Truth, st.booleans()), larger, max_leaves=25)


@given(EXPRESSIONS)
def test_what_is_written_reads_back_to_an_equal_expression(expression):
    assert parse(str(expression)) == expression


@given(EXPRESSIONS)
def test_reading_changes_nothing_about_the_canonical_form(expression):
    assert str(parse(str(expression))) == str(expression)


def test_the_reference_lists_every_function():
    page = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")
    table = page.split("## Functions")[1].split("##")[0]
    assert set(re.findall(r"`(\w+)\(", table)) == set(FUNCTIONS)
