"""Expressions held against an instrument: names, codes, kinds of values."""

import pytest

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known, check, problems, scope_of
from populace.survey.expressions import parse
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question, Row
from populace.survey.scale import Option

SCOPE = {
    "age": Known("number"),
    "brand": Known("closed", (1, 2, 9), ("Acme", "Best", "Don't know")),
    "sex": Known("closed", ("m", "f"), ("Man", "Woman")),
    "media": Known("multiple", (1, 2, 3), ("TV", "Radio", "Web")),
    "why": Known("text"),
    "source": Known("unknown"),
    "member": Known("truth"),
    "grid": Known("shown only"),
}


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("age >= 18 and brand == 2", "truth"),
        ("brand >= 1.5", "truth"),
        ('sex == "f" or sex in ["m", "f"]', "truth"),
        ("selected(media, 1, 2) and count(media) > 1 and answered(media)", "truth"),
        ("selected(brand, 1)", "truth"),
        ('source == 5 or source == "a" or source > 1', "truth"),
        ("member and not member == true", "truth"),
        ("shown(grid)", "truth"),
        ('sum(brand == 1, sex == "f", member)', "number"),
        ("mean(age, brand) + source", "number"),
        ('contains(lower(why), "price") and length(why) > 3 and matches(source, "*")', "truth"),
        ('why < "b" and age in [1, 2] and why in ["a"]', "truth"),
        ('if(member, "a", "")', "text"),
        ("if(member, age, source)", "number"),
        ("if(member, source, source)", "unknown"),
        ("label(sex)", "text"),
        ("media", "set"),
        ("brand", "number"),
        ("sex", "text"),
        ("source", "unknown"),
        ('""', "nothing"),
    ],
)
def test_what_goes_together_has_a_type(text, type):
    assert check(parse(text), SCOPE) == type
    assert problems(parse(text), SCOPE) == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("agee > 3", ["no question or field 'agee'", "did you mean 'age'"]),
        ("shown(grdi)", ["no question or field 'grdi'", "did you mean 'grid'"]),
        ("brand == 3", ["expression 'brand == 3'", "3 is no code of 'brand'", "1, 2, 9", "correct the code"]),
        ("7 != brand", ["7 is no code of 'brand'"]),
        ('brand == "Acme"', ['"Acme" is no code of', "write 1"]),
        ('brand == "2"', ['"2" is no code of', "write 2"]),
        ("sex == 1", ["1 is no code of 'sex'", "'m', 'f'"]),
        ('sex == "Man"', ['write "m"']),
        ("brand in [1, 7]", ["7 is no code of 'brand'"]),
        ("selected(media, 4)", ["4 is no code of 'media'", "1, 2, 3"]),
        ("selected(age, 3)", ["'age' has no options to select", "=="]),
        ("media == 3", ["multiple choice has no single value", "selected("]),
        ("media in [1]", ["media is a multiple choice", "selected(media"]),
        ("media", ["is a set of codes, where a condition is wanted", "selected(media, code)"]),
        ("count(media) + media > 2", ["is a set of codes, where a number is wanted", "count(media)"]),
        ("age", ["is a number, where a condition is wanted", "answered(age)"]),
        ("not age and why", ["'age'", "is a number"]),
        ("member == 1", ["compares a number with a condition"]),
        ("member > true", ["conditions have no order"]),
        ('why == ""', ["always false", "not answered(name)"]),
        ('why in ["", "a"]', ["an empty text is nothing"]),
        ('sex < "n"', ["are words and have no order"]),
        ('brand >= "1"', ["are numbers", "without quotes"]),
        ("length(brand) > 3", ["is a number, where a text is wanted", "label(brand)"]),
        ("sum(why, age) > 2", ["'why'", "is a text, where a number is wanted"]),
        ("-why > 2", ["'why'", "is a text, where a number is wanted"]),
        ("sex + 1 > 2", ["'sex'", "is a text, where a number is wanted"]),
        ('if(member, 1, "a") == 1', ["gives a number and a text"]),
        ("if(member, media, media)", ["cannot give a multiple choice"]),
        ('label(why) == "x"', ["'why' has no options with labels"]),
        ("grid == 1", ["'grid' has no answer of its own", "shown(grid)"]),
        ("1", ["is a number, where a condition is wanted"]),
    ],
)
def test_what_does_not_go_together_is_refused_with_the_way_out(text, parts):
    with pytest.raises(InstrumentError) as caught:
        check(parse(text), SCOPE, "truth")
    message = str(caught.value)
    assert "\n" not in message
    assert not [part for part in parts if part not in message], message


def test_all_problems_are_listed_in_the_order_written():
    found = problems(parse("agee > 1 and brand == 3 and media == 1"), SCOPE, "truth")
    assert [part in problem for part, problem in zip(["agee", "brand == 3", "media == 1"], found, strict=True)] == [
        True,
        True,
        True,
    ]
    with pytest.raises(InstrumentError, match=r"'agee'.*and 2 more"):
        check(parse("agee > 1 and brand == 3 and media == 1"), SCOPE, "truth")


def test_a_long_list_of_problems_is_cut():
    text = " or ".join(f"x{number} > 1" for number in range(300))
    assert len(problems(parse(text), SCOPE, "truth")) == 20


def test_a_number_may_be_wanted_of_a_computed_field():
    assert check(parse("age * 2"), SCOPE, "number") == "number"
    with pytest.raises(InstrumentError, match="is a text, where a number is wanted"):
        check(parse("lower(why)"), SCOPE, "number")


def test_an_instrument_gives_its_items_its_multiple_choices_and_what_is_only_shown():
    options = (Option(1, "Yes"), Option(2, "No"))
    instrument = Instrument(
        "i",
        "I",
        (
            Block(
                "b",
                (
                    Question("one", "single", "One?", options),
                    Question("many", "multiple", "Many?", options),
                    Question("rows", "grid", "Rows?", options, rows=(Row("a", "A"), Row("b", "B"))),
                    Question("age", "numeric", "Age?"),
                    Question("why", "open", "Why?"),
                    Question("hello", "display", "Hello"),
                ),
            ),
        ),
    )
    yes_no = ((1, 2), ("Yes", "No"))
    selected = ((0, 1), ("Not selected", "Selected"))
    assert scope_of(instrument) == {
        "one": Known("closed", *yes_no),
        "many": Known("multiple", *yes_no),
        "many_1": Known("closed", *selected),
        "many_2": Known("closed", *selected),
        "rows": Known("shown only"),
        "rows_a": Known("closed", *yes_no),
        "rows_b": Known("closed", *yes_no),
        "age": Known("number"),
        "why": Known("text"),
        "hello": Known("shown only"),
    }


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda: Known("clsoed"), "expected one of closed"),
        (lambda: Known("closed", (1, 2), ("Yes",)), "2 codes have 1 labels"),
    ],
)
def test_what_a_name_stands_for_is_one_of_a_few_things(make, part):
    with pytest.raises(InstrumentError, match=part):
        make()


def test_an_open_answer_may_be_compared_with_a_number():
    # people type numbers into open fields, and what is written as a number counts as one
    assert check(parse("why > 5"), SCOPE, "truth") == "truth"
