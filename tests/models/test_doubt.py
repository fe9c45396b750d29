"""How guesses are mixed, and how many people they are worth."""

import numpy as np
import pytest

from populace.models.doubt import Doubt, Guess, kind_of, traits
from populace.prompts.prompt import Prompt

SCALE = Prompt("So?", ("Agree", "Neither", "Disagree", "Don't know"), True, (False, False, False, True))
TOWERS = np.array([[0.4, 0.2, 0.3, 0.1], [0.2, 0.2, 0.5, 0.1]])


def guess(towers=TOWERS, memory=(0.8, 0.1, 0.1), nearest=0.6):
    return Guess(SCALE, np.asarray(towers), np.asarray(memory), nearest)


def test_towers_and_memory_are_mixed_on_the_scale_and_dont_know_is_the_towers():
    shares = Doubt.unfitted().shares(guess())
    assert shares[3] == pytest.approx(0.1)
    assert shares[:3] == pytest.approx(0.9 * (np.array([1 / 3, 2 / 9, 4 / 9]) + np.array([0.8, 0.1, 0.1])) / 2)
    assert shares.sum() == pytest.approx(1)


def test_memory_counts_for_more_where_something_similar_is_remembered():
    doubt = Doubt(np.array([-3.0, 6.0]), Doubt.unfitted().people, np.ones(3))
    assert doubt.shares(guess(nearest=0.9))[0] > doubt.shares(guess(nearest=0.3))[0]


def test_a_question_without_memory_has_the_towers_mean():
    alone = Guess(SCALE, TOWERS, None, 0.5)
    assert Doubt.unfitted().shares(alone) == pytest.approx([0.3, 0.2, 0.4, 0.1])


def test_guesses_that_lie_apart_are_worth_fewer_people():
    doubt = Doubt(np.zeros(2), np.array([2.0, 0, -4.0, 0, 0]), np.ones(3))
    together = guess(towers=TOWERS.mean(0)[None].repeat(2, 0), memory=(1 / 3, 2 / 9, 4 / 9))
    assert doubt.people_behind(together) > doubt.people_behind(guess())


def test_the_distance_between_towers_does_not_depend_on_their_number():
    two = traits(guess(), TOWERS.mean(0))
    four = traits(guess(towers=np.concatenate([TOWERS[:1], TOWERS[:1], TOWERS[1:], TOWERS[1:]])), TOWERS.mean(0))
    assert four[2] == pytest.approx(two[2], rel=0.35)


def test_kinds_are_told_by_the_options_on_the_scale():
    assert kind_of(Prompt("?", ("Yes", "No", "Don't know"), False, (False, False, True))) == 0
    assert kind_of(SCALE) == 1
    assert kind_of(Prompt("?", ("Tea", "Milk", "Coffee"))) == 2


def test_stored_and_read_again_it_says_the_same():
    doubt = Doubt(np.array([0.3, 1.0]), np.arange(5.0) / 9, np.array([0.5, 1, 2]))
    again = Doubt.from_tensors(doubt.tensors())
    assert again.people_behind(guess()) == doubt.people_behind(guess())
