"""Weaknesses of an instrument: what is remarked on, and what is not."""

from pathlib import Path

import pytest
from hypothesis import given

from populace.survey.flow import Branch, CheckQuota, Computed, Field, Loop, Quota, Round, ShowBlock
from populace.survey.instrument import Block, Instrument, read_instrument
from populace.survey.item import Row
from populace.survey.lint import CAUTION, FAULT, HINT, SEVERITIES, Remark, lint
from populace.survey.question import Question, Skip
from populace.survey.scale import Option

from .strategies import instruments

EXAMPLES = Path(__file__).parents[2] / "examples"
YES_NO = (Option(1, "Yes"), Option(2, "No"))


def options(*labels: str) -> tuple[Option, ...]:
    return tuple(Option(code, label) for code, label in enumerate(labels, 1))


def instrument(*questions: Question, **fields) -> Instrument:
    return Instrument("t", "T", (Block("main", questions),), **fields)


def remarks(*questions: Question, check: str, **fields) -> list[Remark]:
    return [one for one in lint(instrument(*questions, **fields)) if one.check == check]


def asked(text: str, kind: str = "open", *labels: str, **fields) -> Question:
    return Question("q", kind, text, options(*labels), **fields)


def grid(*rows: str, labels=("Agree", "Disagree"), text="Do you agree?") -> Question:
    return Question("q", "grid", text, options(*labels), rows=tuple(Row(str(n), row) for n, row in enumerate(rows, 1)))


def test_a_remark_is_one_line_with_severity_place_words_and_remedy():
    remark = Remark("labels", HINT, "question 'q'", "has no labels", "add some")
    assert str(remark) == "hint: question 'q': has no labels: add some"


def test_faults_come_first():
    first = asked("How old are you?", "single", "18-24", "24-30", "31 or older")
    second = Question("r", "open", "Why?", required=True)
    third = Question("s", "single", "Surely you know?", YES_NO, show_if="nothing == 1")
    found = [one.severity for one in lint(instrument(first, second, third))]
    assert found == sorted(found, key=SEVERITIES.index)
    assert {FAULT, CAUTION} <= set(found)


# -- logic -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"show_if": "colour == 1"},
        {"show_if": "colour =="},
        {"valid_if": "colour > 1"},
        {"text": "Why ${colour}?"},
        {"text": "Why ${colour?"},
        {"skips": (Skip("end of block", "colour == 1"),)},
        {"show_if": 'unsupported("$e{x}")'},
        {"show_if": "q1 == 7"},
    ],
)
def test_conditions_and_piping_that_cannot_be_carried_out_are_faults(fields):
    first = Question("q1", "single", "Coffee?", YES_NO)
    found = remarks(first, Question("q2", "open", **{"text": "Why?"} | fields), check="logic")
    assert found
    assert {one.severity for one in found} == {FAULT}
    assert all(one.place.startswith("question 'q2'") for one in found)
    assert all(one.remedy and "\n" not in str(one) for one in found)


def test_flow_quotas_and_computed_values_are_looked_at_too():
    flow = (Branch("colour == 1", (ShowBlock("main"),)),)
    (one,) = remarks(asked("Why?"), check="logic", flow=flow)
    assert "colour" in str(one)
    assert remarks(asked("Why?"), check="logic", computed=(Computed("score", "sum(colour)"),))
    quotas, flow = (Quota("n", "colour == 1", 5),), (ShowBlock("main"), CheckQuota("n"))
    assert remarks(asked("Why?"), check="logic", quotas=quotas, flow=flow)


def test_a_quota_that_is_never_checked_is_named():
    quotas = (Quota("n", "answered(q)", 5),)
    (one,) = remarks(asked("Why?"), check="quota", quotas=quotas)
    assert one.place == "quota 'n'"
    assert not remarks(asked("Why?"), check="quota", quotas=quotas, flow=(ShowBlock("main"), CheckQuota("n")))


def test_what_is_there_is_no_fault():
    first = Question("q1", "single", "Coffee?", YES_NO)
    second = Question("q2", "open", "Why ${q1}, ${loop.brand} on ${panel}?", show_if="q1 == 1 and score > 0")
    flow = (Loop("l", (Round("a", (("brand", "Acme"),)),), (ShowBlock("main"),)),)
    fields = {"flow": flow, "data": (Field("panel"),), "computed": (Computed("score", "length(panel)"),)}
    assert not remarks(first, second, check="logic", **fields)


def test_a_translation_of_nothing_is_named_with_the_closest_place():
    texts = {"de": {"q1": "Kaffee?", "q1/options/1": "Ja", "q1/options/3": "?", "q9": "?"}}
    found = remarks(Question("q1", "single", "Coffee?", YES_NO), check="translation", translations=texts)
    assert [one.words.split(" (")[0] for one in found] == [
        "there is no text at 'q1/options/3'",
        "there is no text at 'q9'",
    ]


# -- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        (("18-24", "24-30", "31-40"), FAULT),
        (("18 to 24", "24 to 30"), FAULT),
        (("Under 18", "18–24", "24–99"), FAULT),
        (("$0 - $10,000", "$10,000 - $20,000", "More than $20,000"), FAULT),
        (("1-5", "5 or more"), FAULT),
        (("18-24", "26-30", "31+"), CAUTION),
        (("Under 18", "19-30", "31 or older"), CAUTION),
        (("0.5-1.0", "1.2-2.0"), CAUTION),
        (("Less than 5", "More than 5"), CAUTION),
        (("Up to 5", "More than 6"), CAUTION),
        (("18-24", "25-30", "31 or older"), None),
        (("65 and over", "18-34", "35-64", "Under 18"), None),
        (("Less than $10,000", "$10,000 to less than $20,000", "$20,000 or more"), None),
        (("$0-$9,999", "$10,000-$19,999", "over $19,999"), None),
        (("0.0-0.9", "1.0-1.9"), None),
        (("Less than 1 hour", "1-2 hours", "3 or more hours"), None),
        (("Never", "1-2 times", "Every day"), None),
        (("9-5", "Nights"), None),
        (("2019-2020 season", "2020-2021 season"), None),
    ],
)
def test_ranges_that_overlap_are_faults_and_gaps_are_cautions(labels, severity):
    found = remarks(asked("How much?", "single", *labels), check="ranges")
    assert [one.severity for one in found[:1]] == ([severity] if severity else [])


def test_a_number_that_belongs_to_two_ranges_is_named():
    (one,) = remarks(asked("How old are you?", "single", "18-24", "24-30"), check="ranges")
    assert one.words == "'18-24' and '24-30' overlap; whoever is at 24 belongs to both"


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (("Excellent", "Very good", "Good", "Poor"), "3 positive and 1 negative"),
        (("Very satisfied", "Satisfied", "Rather satisfied", "Dissatisfied"), "3 positive and 1 negative"),
        (("Strongly agree", "Agree", "Disagree"), "2 positive and 1 negative"),
        (("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree"), None),
        (("Strongly agree", "Agree", "Disagree", "Strongly disagree"), None),
        (("Not at all satisfied", "A little satisfied", "Rather satisfied", "Very satisfied"), None),
        (("Very important", "Important", "Not important"), None),
        (("Never", "Sometimes", "Often"), None),
        (("Good", "Bad", "Bread", "Butter", "Cheese", "Wine"), None),
    ],
)
def test_a_scale_has_as_many_points_on_either_side_and_a_middle_or_none(labels, found):
    remarked = remarks(asked("How is it?", "scale", *labels), check="balance")
    assert [found in one.words for one in remarked] == ([True] if found else [])


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        (("1", "2", "3", "4", "5"), CAUTION),
        (("Not at all", "2", "3", "4", "5"), CAUTION),
        (("Not at all", "2", "3", "4", "Completely"), HINT),
        (("1 - not at all", "2 - a little", "3 - completely"), None),
        (("Never", "Sometimes", "Often"), None),
        (("0", "1"), None),
    ],
)
def test_points_of_a_scale_have_labels(labels, severity):
    found = remarks(asked("How is it?", "scale", *labels), check="labels")
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_numbers_are_labels_where_something_is_counted_or_the_question_is_that_of_net_promoters():
    assert not remarks(asked("How many children have you?", "scale", "0", "1", "2", "3"), check="labels")
    assert not remarks(Question("q", "nps", "How likely?"), check="labels")


@pytest.mark.parametrize(("kind", "severity"), [("single", CAUTION), ("multiple", HINT)])
def test_a_single_option_is_remarked_on(kind, severity):
    (one,) = remarks(asked("Do you consent?", kind, "I consent"), check="single option")
    assert one.severity == severity


@pytest.mark.parametrize(
    ("text", "labels", "found"),
    [
        ("Which country has the most people?", ("India", "China"), True),
        ("What is the capital of Australia?", ("Sydney", "Canberra"), True),
        ("What is the capital of Australia?", ("Sydney", "I do not know"), False),
        ("Which brand do you buy most?", ("Acme", "Bolt"), False),
    ],
)
def test_not_knowing_is_an_answer_to_questions_of_knowledge(text, labels, found):
    assert [one.severity for one in remarks(asked(text, "single", *labels), check="don't know")] == [HINT] * found


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (("Acme", "Bolt", "Cord", "Drum"), True),
        (("Acme", "Bolt", "Cord", "Another one, different"), False),
        (("Acme", "Bolt", "None of these"), False),
        (("Acme", "Bolt", "Cord", "Other"), False),
        (("Never", "Rarely", "Sometimes", "Often"), False),
        (("18-24", "25-34", "35-44", "45 or older"), False),
        (("Very good", "Good", "Bad", "Very bad"), False),
        (("Acme", "Bolt"), False),
    ],
)
def test_a_list_leaves_room_for_what_it_forgot(labels, found):
    assert bool(remarks(asked("Which do you buy?", "multiple", *labels), check="other")) == found


# -- wording ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "How satisfied are you with the price and quality of our coffee?",
        "Do you read or watch the news?",
        "Do you trust the police and the courts?",
        "How would you rate the speed as well as the service?",
    ],
)
def test_two_things_at_once_are_hinted_at(text):
    (one,) = remarks(asked(text, "scale", "Very", "Not at all"), check="double-barrelled")
    assert (one.severity, one.place) == (HINT, "question 'q'")


@pytest.mark.parametrize(
    "text",
    [
        "Do you agree or disagree with this?",
        "How satisfied or dissatisfied are you with the service?",
        "Do you live in a city or in the country?",
        "How much do you trust Johnson and Johnson?",
        "Which is better, between tea and coffee?",
        "How likely are you to recommend us to friends and family?",
        "Thank you, and now a few words about you. How old are you?",
        "Where do you shop, and how often do you go there?",
    ],
)
def test_one_thing_is_one_thing(text):
    assert not remarks(asked(text, "scale", "Very", "Not at all"), check="double-barrelled")


def test_alternatives_that_are_the_options_are_one_question():
    assert not remarks(asked("Do you buy or rent?", "single", "I buy", "I rent"), check="double-barrelled")
    assert remarks(asked("Do you buy or rent?", "single", "Yes", "No"), check="double-barrelled")


def test_statements_of_a_grid_are_looked_at_one_by_one():
    (one,) = remarks(grid("It is cheap and fresh.", "It is near."), check="double-barrelled")
    assert one.place == "question 'q', row '1'"


@pytest.mark.parametrize(
    ("text", "check", "severity"),
    [
        ("Don't you agree that taxes are high?", "leading", CAUTION),
        ("As everyone knows, coffee is healthy. Do you drink it?", "leading", CAUTION),
        ("What about the greedy banks?", "loaded", HINT),
    ],
)
def test_wordings_that_suggest_an_answer_are_remarked_on(text, check, severity):
    (one,) = remarks(asked(text), check=check)
    assert one.severity == severity


@pytest.mark.parametrize("text", ["Do you think that taxes are high?", "Is this island corruptible?"])
def test_plain_wordings_are_not(text):
    assert not remarks(asked(text), check="leading") + remarks(asked(text), check="loaded")


def test_words_are_looked_for_in_english_only():
    text, fields = "Don't you agree?", {"language": "de-AT"}
    assert remarks(asked(text), check="leading", language="en-GB")
    assert not remarks(asked(text), check="leading", **fields)
    assert remarks(asked("Wie alt?", "single", "18-24", "24-30"), check="ranges", **fields)


@pytest.mark.parametrize(("count", "severity"), [(50, None), (51, HINT), (91, CAUTION)])
def test_long_wordings_are_remarked_on(count, severity):
    found = remarks(asked("word " * count), check="long")
    assert [one.severity for one in found] == ([severity] if severity else [])


# -- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "severity"), [(8, None), (9, HINT), (16, CAUTION)])
def test_long_grids_are_remarked_on(count, severity):
    found = remarks(grid(*(f"Statement {n}" for n in range(count))), check="rows")
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_open_ends_that_must_be_answered_are_remarked_on():
    assert remarks(asked("Why?", required=True), check="required")
    assert not remarks(asked("Why?", requested=True), check="required")
    assert not remarks(asked("How?", "single", "Well", "Badly", required=True), check="required")


def test_a_wording_that_stands_twice_is_one_remark_with_all_its_places():
    again = [Question(f"q{n}", "open", text) for n, text in enumerate(["Why?", "How?", " why? ", "WHY?"])]
    (one,) = remarks(*again, check="duplicate")
    assert one.place == "question 'q0'"
    assert "q2" in one.words
    assert "q3" in one.words
    (one,) = remarks(grid("Cheap", "Fresh", "cheap"), check="duplicate")
    assert one.place == "question 'q', row '1'"


def test_the_same_words_after_another_text_or_for_other_people_are_another_question():
    def shown(name, text):
        return Question(name, "display", text)

    asked_twice = [
        shown("a", "An ad"),
        Question("b", "open", "Why?"),
        shown("c", "A film"),
        Question("d", "open", "Why?"),
    ]
    assert not remarks(*asked_twice, check="duplicate")
    conditions = [Question(f"q{n}", "open", "Why?", show_if=f"x == {n}") for n in range(2)]
    assert not remarks(*conditions, check="duplicate")


def test_batteries_of_agreement_are_hinted_at_unless_statements_are_turned():
    plain = ["I like it.", "It is good.", "It is fresh.", "It is near."]
    assert remarks(grid(*plain), check="agreement")
    assert not remarks(grid(*plain[:3], "It is not near."), check="agreement")
    assert not remarks(grid(*plain, labels=("Never", "Often")), check="agreement")
    assert not remarks(grid(*plain[:3]), check="agreement")


@pytest.mark.parametrize(("count", "severity"), [(40, None), (50, HINT), (90, CAUTION)])
def test_a_long_instrument_is_remarked_on(count, severity):
    ends = [Question(f"q{n}", "open", f"Why {n}?") for n in range(count)]
    found = remarks(*ends, check="length")
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert not found or f"about {20.4 * count / 60:.0f} minutes" in found[0].words


@pytest.mark.parametrize("name", ["coffee.yaml", "pulse.yaml", "loyalty.yaml", "city.json"])
def test_the_examples_have_no_weakness(name):
    assert lint(read_instrument(EXAMPLES / name)) == ()


@given(instruments())
def test_any_instrument_can_be_looked_at(made):
    for one in lint(made):
        assert one.severity in SEVERITIES
        assert "\n" not in str(one)
        assert one.place and one.words and one.remedy
