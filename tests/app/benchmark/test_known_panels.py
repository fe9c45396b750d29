"""Panels of known questions: which questions they are made of."""

import numpy as np
import polars as pl
import pytest

from populace.app.benchmark.known_panels import panel_questions
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.survey.names import RESPONDENT_ID
from populace.survey.scale import Option

#: half of the people are set aside
HELD = np.arange(80) % 2 == 0


@pytest.fixture
def make():
    """Make a survey of yes-or-no questions; None is no answer."""

    def make(**columns):
        yes_or_no = (Option(0, "No"), Option(1, "Yes"))
        variables = [Variable(name, f"Do you like {name}?", "single", yes_or_no) for name in columns]
        answers = pl.DataFrame({RESPONDENT_ID: range(80), **columns})
        return DataSet(answers, Codebook("likes", "Likes", (RESPONDENT, *variables)))

    return make


def answered(share):
    """Answers that divide people, by the first so many of them."""
    return [k % 4 // 2 if k < 80 * share else None for k in range(80)]


def test_the_most_answered_questions_of_training_come_first(make):
    data = make(tea=answered(0.8), milk=answered(1), beer=answered(0.9), wine=answered(1))
    assert panel_questions(data, HELD, 2, {"tea", "milk", "beer"}) == ["milk", "beer"]
    assert panel_questions(data, HELD, 9, {"tea", "milk", "beer"}) == ["milk", "beer", "tea"]


def test_any_two_are_answered_by_enough_people_set_aside(make):
    first, last = answered(0.7), answered(0.7)[::-1]
    data = make(tea=first, milk=last, beer=answered(0.6))
    # half of the people set aside are enough; tea and milk share two fifths of them
    assert panel_questions(data, HELD, 9, {"tea", "milk", "beer"}) == ["tea", "beer"]


def test_a_question_to_which_nearly_all_give_one_answer_is_left_out(make):
    data = make(tea=[1] * 77 + [0] * 3, milk=answered(1))
    assert panel_questions(data, HELD, 9, {"tea", "milk"}) == ["milk"]
