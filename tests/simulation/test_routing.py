"""Conditions of questions are carried out: who is not shown a question has no answer, and everybody else has one."""

import numpy as np
import pytest

from populace.data.codebook import Variable
from populace.data.files import read_dataset, write_dataset
from populace.errors import InstrumentError
from populace.models.fake import FakeModel
from populace.simulation.plan import obstacles
from populace.simulation.simulate import simulate
from populace.survey.scale import Option

CAR = {"name": "car", "kind": "single", "text": "Do you own a car?", "options": ["Yes", "No"]}
BRAND = {"name": "brand", "kind": "multiple", "text": "Which do you know?", "options": ["Alpha", "Beta", "Gamma"]}
CUPS = {"name": "cups", "kind": "numeric", "text": "How many cups?", "minimum": 0, "maximum": 9}
TASTE = {
    "name": "taste",
    "kind": "grid",
    "text": "How good is",
    "rows": [{"name": "tea", "text": "tea?"}, {"name": "milk", "text": "milk?"}],
    "options": ["Bad", "Good"],
}


def asked(question, condition):
    return question | {"show_if": condition}


@pytest.fixture
def panel(people, make):
    """Answers of the people to questions with conditions."""

    def run(*questions, **settings):
        return simulate(make.survey(*questions), people, FakeModel(), **settings).answers

    return run


def test_a_question_is_put_to_whom_it_is_meant_for_and_to_nobody_else(panel):
    answers = panel(CAR, asked(CUPS, "car == 1"))
    assert answers["car"].n_unique() == 2
    assert (answers["cups"].is_not_null() == (answers["car"] == 1)).all()


def test_all_items_of_a_question_are_put_or_none(panel):
    answers = panel(asked(TASTE, "sex == 1"), asked(BRAND, "taste_tea == 2 or age > 40"))
    men = answers["sex"] == 1
    assert (answers["taste_tea"].is_not_null() == men).all() and (answers["taste_milk"].is_not_null() == men).all()
    wanted = ((answers["taste_tea"] == 2) | (answers["age"] > 40)).fill_null(False)
    for code in (1, 2, 3):
        assert (answers[f"brand_{code}"].is_not_null() == wanted).all()


def test_who_was_not_asked_meets_no_comparison_with_the_answer_and_passes_on(panel):
    answers = panel(CAR, asked(CUPS, "car == 1"), asked(TASTE, "cups >= 5"), asked(BRAND, "not answered(taste_tea)"))
    many = (answers["cups"] >= 5).fill_null(False)
    assert (answers["taste_tea"].is_not_null() == many).all()
    assert (answers["brand_1"].is_not_null() == ~many).all()


def test_conditions_see_what_was_ticked_shown_and_said(panel):
    answers = panel(
        BRAND,
        asked(CAR, "selected(brand, 1, 3) and count(brand) < 3"),
        asked(CUPS, "shown(car) and label(car) == 'Yes'"),
    )
    ticks = answers.select("brand_1", "brand_2", "brand_3").sum_horizontal()
    met = ((answers["brand_1"] == 1) | (answers["brand_3"] == 1)) & (ticks < 3)
    assert (answers["car"].is_not_null() == met).all()
    assert (answers["cups"].is_not_null() == (answers["car"] == 1).fill_null(False)).all()


def test_answers_of_those_who_are_asked_do_not_depend_on_who_else_is(panel):
    everybody, some = panel(CAR), panel(asked(CAR, "sex == 1"))
    men = everybody["sex"] == 1
    assert some["car"].filter(men).equals(everybody["car"].filter(men))


def test_batches_and_workers_change_nothing(panel):
    questions = (CAR, asked(CUPS, "car == 1"), asked(BRAND, "cups > 3"))
    assert panel(*questions, batch_size=7).equals(panel(*questions))


def test_a_background_that_is_copied_counts_under_the_codes_of_the_instrument(panel):
    sex = {"name": "sex", "kind": "single", "text": "Are you male or female?", "options": [
        {"code": "f", "label": "Female"}, {"code": "m", "label": "Male"}]}  # fmt: skip
    answers = panel(sex, asked(CUPS, "sex == 'm'"))
    assert set(answers["sex"]) == {"f", "m"}
    assert (answers["cups"].is_not_null() == (answers["sex"] == "m")).all()


def test_a_number_that_stands_for_no_answer_is_none(make):
    refused = Variable("age", "How old are you?", "numeric", (Option(99, "Refused", missing=True),), "background")
    people = make.people(20, variables=(refused,), age=[99 if i % 4 == 0 else 30 for i in range(20)])
    age = {"name": "age", "kind": "numeric", "text": "How old are you?", "minimum": 18, "maximum": 98}
    answers = simulate(make.survey(age, asked(CAR, "age >= 65"), asked(CUPS, "answered(age)")), people, FakeModel())
    assert answers.codes("car").null_count() == 20
    assert answers.codes("cups").null_count() == 5
    assert np.isnan(answers.values("age")).sum() == 5
    before = simulate(make.survey(asked(CAR, "age >= 65")), people, FakeModel())
    assert before.codes("car").null_count() == 20


def test_what_is_known_beforehand_was_shown_to_everybody(panel):
    assert panel(asked(CAR, "shown(age)"))["car"].null_count() == 0


@pytest.mark.parametrize("suffix", [".sav", ".parquet", ".csv"])
def test_a_question_that_nobody_was_asked_is_read_again(people, make, tmp_path, suffix):
    nobody = (asked(CUPS, "age > 300"), asked(CAR, "age > 300"), asked(BRAND, "age > 300"))
    panel = simulate(make.survey(TASTE, *nobody), people, FakeModel())
    write_dataset(panel, tmp_path / f"panel{suffix}")
    found = read_dataset(tmp_path / f"panel{suffix}")
    assert found.codes("cups").null_count() == found.codes("car").null_count() == people.n


def test_the_panel_can_be_read_again(people, make, tmp_path):
    panel = simulate(make.survey(CAR, asked(CUPS, "car == 1")), people, FakeModel())
    write_dataset(panel, tmp_path / "panel.parquet")
    found = read_dataset(tmp_path / "panel.parquet").answers
    assert found.equals(panel.answers)
    assert (found["cups"].is_not_null() == (found["car"] == 1)).all()


@pytest.mark.parametrize(("condition", "words"), [
    ("car = ", "question 'cups', show_if"),
    ("car == 3", "3"),
    ("cra == 1", "'car'"),
    ("cups == 1", "asked later"),
    ("taste_tea == 1", "asked later"),
    ("brand == 1", "selected"),
    ("why == 'x'", "left out"),
    ("car + 1", "a condition is wanted"),
])  # fmt: skip
def test_a_condition_that_cannot_be_met_is_refused_with_its_place(people, make, condition, words):
    why = {"name": "why", "kind": "open", "text": "Why?"}
    survey = make.survey(why, CAR, BRAND, asked(CUPS, condition), TASTE)
    with pytest.raises(InstrumentError, match="question 'cups', show_if") as refusal:
        simulate(survey, people, FakeModel(), skip_open=True)
    assert words in str(refusal.value)


def test_without_people_a_name_no_question_has_is_taken_for_a_background(make, people):
    survey = make.survey(asked(CAR, "region == 2"))
    assert obstacles(survey) == []
    assert "'region'" in str(obstacles(survey, people=people)[0])
