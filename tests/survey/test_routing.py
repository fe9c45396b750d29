"""Conditions of an instrument: which can be carried out, and what is wrong with the others."""

import pytest

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known
from populace.survey.instrument import read_instrument
from populace.survey.routing import condition_of, routing_problems


def instrument(condition):
    questions = [
        {"name": "tea", "kind": "single", "text": "Tea?", "options": ["Yes", "No"]},
        {"name": "cups", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 9, "show_if": condition},
        {"name": "milk", "kind": "single", "text": "Milk?", "options": ["Yes", "No"]},
    ]
    return read_instrument({"id": "tea", "title": "Tea", "questions": questions})


def test_a_question_without_a_condition_is_always_put():
    first, second, _ = instrument("tea == 1").questions
    assert condition_of(first) is None
    assert str(condition_of(second)) == "tea == 1"


def test_a_condition_that_cannot_be_read_names_the_question():
    with pytest.raises(InstrumentError, match="question 'cups', show_if: "):
        condition_of(instrument("tea == (").question("cups"))


def test_conditions_on_what_was_asked_before_and_on_what_is_known_can_be_carried_out():
    assert list(routing_problems(instrument("tea == 1 and age >= 18"), {"age": Known("number")})) == []
    # nobody knows yet who will be asked
    assert list(routing_problems(instrument("tea == 1 and age >= 18"))) == []


@pytest.mark.parametrize("condition", ["milk == 1", "cups > 2"])
def test_what_is_asked_later_cannot_decide(condition):
    (problem,) = routing_problems(instrument(condition))
    assert "is asked later" in str(problem)


def test_what_is_known_beforehand_decides_though_it_is_asked_later():
    assert list(routing_problems(instrument("milk == 1"), {"milk": Known("closed", (1, 2))})) == []


def test_a_background_asked_at_the_end_may_be_known_beforehand():
    age = {"name": "age", "kind": "numeric", "text": "Age?", "minimum": 18, "maximum": 99, "role": "background"}
    car = {"name": "car", "kind": "single", "text": "Car?", "options": ["Yes", "No"], "show_if": "age >= 18"}
    survey = read_instrument({"id": "c", "title": "C", "questions": [car, age]})
    assert list(routing_problems(survey)) == []
    (problem,) = routing_problems(survey, {})
    assert "is asked later" in str(problem)


def test_an_item_that_is_left_out_cannot_decide():
    (problem,) = routing_problems(instrument("answered(tea)"), silent=["tea"])
    assert "left out" in str(problem)
