"""Questions: what each kind demands, and which columns it has."""

import pytest

from populace.errors import InstrumentError
from populace.survey.question import KINDS, RULES, Item, KindRule, NumericRange, Question, Row
from populace.survey.scale import SELECTED, Option

YES_NO = (Option(1, "Yes"), Option(2, "No"))
AGREE = (Option(1, "Agree"), Option(2, "Disagree"), Option(9, "Don't know", missing=True))


def refusal(*args, **fields) -> str:
    """The message with which a question is refused."""
    with pytest.raises(InstrumentError) as caught:
        Question(*args, **fields)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_single_question_is_one_item_of_its_own_name():
    question = Question("q1", "single", "Do you drink coffee?", YES_NO, role="background")
    assert question.items() == (Item("q1", "Do you drink coffee?", YES_NO, role="background"),)


def test_a_scale_is_ordinal_and_keeps_its_missing_option():
    (item,) = Question("q1", "scale", "Agree?", AGREE).items()
    assert item.ordinal
    assert [option.missing for option in item.options] == [False, False, True]


@pytest.mark.parametrize(
    ("alias", "kind"),
    [
        ("ordinal", "scale"),
        ("open text", "open"),
        ("open_text", "open"),
        ("text", "open"),
        ("display text", "display"),
        ("ranking", "rank"),
    ],
)
def test_other_names_of_a_kind_are_accepted_and_replaced(alias, kind):
    options = YES_NO if kind in ("scale", "rank") else ()
    assert Question("q1", alias, "What?", options).kind == kind


def test_a_multiple_question_has_one_yes_or_no_item_for_each_option():
    question = Question(
        "news", "multiple", "Which do you read?", (Option(1, "Papers"), Option(7, "None", exclusive=True))
    )
    papers, none = question.items()
    assert papers == Item(
        "news_1", "Which do you read? Papers", SELECTED, battery="news", stem="Which do you read?", item="Papers"
    )
    assert none.name == "news_7"
    assert [option.code for option in none.options] == [0, 1]


def test_a_grid_has_one_item_for_each_row_and_they_are_a_battery():
    question = Question(
        "v", "grid", "How much do you agree:", AGREE, rows=(Row("tax", "Taxes are low."), Row("b", "Buses."))
    )
    first, second = question.items()
    assert first == Item(
        "v_tax",
        "How much do you agree: Taxes are low.",
        AGREE,
        ordinal=True,
        battery="v",
        stem="How much do you agree:",
        item="Taxes are low.",
    )
    assert (second.name, second.battery) == ("v_b", "v")


def test_a_numeric_question_is_one_item_with_a_range_and_no_options():
    (item,) = Question("age", "numeric", "How old are you?", minimum=18, maximum=99, unit="years").items()
    assert item.options == ()
    assert item.numeric == NumericRange(18, 99, "years", integer=True)


def test_a_limit_with_decimals_makes_the_answers_decimal():
    (item,) = Question("share", "numeric", "What share?", minimum=0, maximum=0.5).items()
    assert not item.numeric.integer


def test_open_text_is_one_item_with_neither_options_nor_a_range():
    (item,) = Question("why", "open", "Why?").items()
    assert (item.options, item.numeric) == ((), None)


def test_display_text_has_no_items():
    assert Question("hello", "display", "Welcome.").items() == ()


def test_a_closed_question_may_have_a_single_option():
    question = Question("agree", "multiple", "Do you consent?", (Option(1, "I consent"),))
    assert [item.name for item in question.items()] == ["agree_1"]


@pytest.mark.parametrize("kind", ["single", "scale", "multiple", "grid", "grid_multiple", "rank", "sum", "best_worst"])
def test_a_closed_question_without_options_is_refused(kind):
    message = refusal("q1", kind, "Which?")
    assert message == (f"question 'q1': has no options; a {kind} question needs them: add options or change the kind")


def test_an_unknown_kind_is_refused_with_the_closest_one():
    message = refusal("q1", "singel", "Which?", YES_NO)
    assert "kind 'singel' is unknown (did you mean 'single'?)" in message
    assert ", ".join(KINDS) in message


@pytest.mark.parametrize("text", ["", "  \n", None, 5])
def test_a_question_without_wording_is_refused(text):
    assert "expected the wording of the question" in refusal("q1", "open", text)


@pytest.mark.parametrize("name", ["", "_q", "a b", "-q", "q\n", None, 3, "q;drop"])
def test_a_name_that_cannot_be_a_column_is_refused(name):
    assert "name" in refusal(name, "open", "Why?")


@pytest.mark.parametrize("name", ["q1", "V20.1a", "größe", "1st", "a-b_c"])
def test_names_may_have_letters_digits_and_a_few_signs(name):
    assert Question(name, "open", "Why?").name == name


def test_the_name_of_the_respondents_column_is_taken():
    assert "taken by the respondents' own column" in refusal("respondent_id", "open", "Why?")


def test_two_options_with_one_code_are_refused_with_both_labels():
    message = refusal("q1", "single", "Which?", (Option(1, "Red"), Option(1, "Blue")))
    assert "code 1 is used by 'Red' and by 'Blue'" in message


def test_two_options_with_one_label_are_refused_with_both_codes():
    message = refusal("q1", "single", "Which?", (Option(1, "Red"), Option(2, "Red")))
    assert "label 'Red' is used by codes 1 and 2" in message


@pytest.mark.parametrize("label", ["", " ", None, 7])
def test_an_option_without_a_label_is_refused(label):
    assert "give it a label" in refusal("q1", "single", "Which?", (Option(1, label), Option(2, "Blue")))


@pytest.mark.parametrize("code", [True, 1.0, None, ""])
def test_a_code_is_a_whole_number_or_a_word(code):
    assert "expected a whole number or a word" in refusal("q1", "single", "Which?", (Option(code, "A"), Option(2, "B")))


def test_codes_of_one_question_are_all_numbers_or_all_words():
    assert "codes mix numbers and words" in refusal("q1", "single", "Which?", (Option(1, "A"), Option("b", "B")))


def test_a_question_whose_options_are_all_missing_is_refused():
    options = (Option(8, "Don't know", missing=True), Option(9, "Refused", missing=True))
    assert "every option is marked missing" in refusal("q1", "single", "Which?", options)


def test_a_grid_needs_rows():
    assert "has no rows" in refusal("q1", "grid", "Agree?", YES_NO)


def test_rows_of_one_name_are_refused():
    assert "row name 'a' is used twice" in refusal(
        "q1", "grid", "Agree?", YES_NO, rows=(Row("a", "One"), Row("a", "Two"))
    )


@pytest.mark.parametrize("row", [Row("", "One"), Row("a b", "One"), Row(-1, "One"), Row("a", "")])
def test_a_row_needs_a_short_name_and_words(row):
    assert "row" in refusal("q1", "grid", "Agree?", YES_NO, rows=(row,))


def test_a_minimum_above_the_maximum_is_refused():
    assert "minimum 9 is not below maximum 3" in refusal("n", "numeric", "How many?", minimum=9, maximum=3)


@pytest.mark.parametrize("limit", ["3", True, float("nan"), float("inf")])
def test_a_limit_is_a_number(limit):
    assert "expected a number" in refusal("n", "numeric", "How many?", minimum=limit)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("open", {"options": YES_NO}),
        ("display", {"rows": (Row("a", "A"),)}),
        ("single", {"options": YES_NO, "minimum": 1}),
        ("single", {"options": YES_NO, "minimum": 0}),
        ("scale", {"options": YES_NO, "several_lines": True}),
        ("numeric", {"total": 100}),
        ("single", {"options": YES_NO, "rows": (Row("a", "A"),)}),
        ("grid", {"options": YES_NO, "rows": (Row("a", "A"),), "unit": "kg"}),
    ],
)
def test_a_field_that_means_nothing_for_the_kind_is_refused_not_lost(kind, fields):
    assert "means nothing for kind" in refusal("q1", kind, "Which?", **fields)


def test_an_unknown_role_is_refused_with_the_closest_one():
    assert "did you mean 'background'?" in refusal("q1", "open", "Why?", role="backgroud")


def test_codes_of_a_multiple_question_must_fit_into_a_column_name():
    options = (Option("a b", "A"), Option("c", "C"))
    assert "code 'a b' cannot be part of a column name" in refusal("q1", "multiple", "Which?", options)


def test_a_kind_is_added_by_one_entry_in_the_table(monkeypatch):
    def items(question):
        return tuple(Item(f"{question.name}_{n}", question.text) for n in (1, 2))

    fields = frozenset({"options"})
    monkeypatch.setitem(RULES, "pairs", KindRule("pairs", "two of them", lambda question: None, items, fields))
    assert len(Question("q1", "pairs", "Which two?", YES_NO).items()) == 2


@pytest.mark.parametrize("field", ["stem", "item", "unit", "show_if", "valid_if", "valid_text", "look", "source"])
def test_words_are_words_or_left_away(field):
    assert f"{field} is ' '; expected words" in refusal("q1", "numeric", "How many?", **{field: " "})


def test_a_limit_of_1_0_is_1():
    question = Question("q1", "sum", "Divide.", YES_NO, total=100.0)
    assert (question.total, type(question.total)) == (100, int)
