"""Questions found again by their wording."""

import numpy as np

from populace.models.known import KnownQuestions, key_of, scale_key
from populace.prompts.prompt import Prompt

CAR = Prompt("Do you own a car?", ("Yes", "No"))
TEA = Prompt("How often do you drink tea?", ("Never", "Sometimes", "Daily"), True)


def table():
    return KnownQuestions.of(
        [key_of(CAR), key_of(TEA)],
        [np.array([0.7, 0.3]), np.array([0.2, 0.5, 0.3])],
        [np.ones((1, 4)), np.zeros((1, 4))],
    )


def test_case_spacing_and_punctuation_do_not_matter():
    assert key_of(CAR) == key_of(Prompt("do you own  a car", ("yes", "NO")))


def test_other_words_or_another_order_of_options_are_another_question():
    assert key_of(CAR) != key_of(Prompt("Do you own a bike?", ("Yes", "No")))
    assert key_of(CAR) != key_of(Prompt("Do you own a car?", ("No", "Yes")))


def test_signs_that_change_the_meaning_count():
    assert key_of(Prompt("x", ("$1-2", "$3+"))) != key_of(Prompt("x", ("1 2", "3")))


def test_a_question_gets_its_margin_and_loadings_back():
    margin, loadings = table().find(TEA)
    assert margin.round(4).tolist() == [0.2, 0.5, 0.3]
    assert loadings.shape == (1, 4)


def test_new_wording_is_not_found():
    assert table().find(Prompt("Do you own a boat?", ("Yes", "No"))) is None


def test_of_a_question_met_twice_the_later_entry_counts():
    twice = KnownQuestions.of([1, 1], [np.array([0.1, 0.9]), np.array([0.4, 0.6])], [np.zeros((1, 2))] * 2)
    assert twice.find_key(1, 2)[0].round(4).tolist() == [0.4, 0.6]
    assert len(twice) == 1


def test_a_table_survives_storage():
    again = KnownQuestions.from_tensors(table().tensors("known"), "known")
    assert again.find(CAR)[0].tolist() == table().find(CAR)[0].tolist()


def test_an_option_list_has_a_digest_of_its_own():
    assert scale_key(("Yes", "No")) == scale_key(("yes", "no")) != scale_key(("No", "Yes"))
