"""FakeModel: what tests and documentation may rely on."""

import numpy as np
import pytest

from populace.models.base import Told
from populace.models.fake import FakeModel
from populace.prompts.prompt import Prompt

AGREE = ("Disagree", "Neither", "Agree", "Don't know")
TAX = Prompt("Taxes are too high.", AGREE, ordinal=True, missing=(False, False, False, True))
CAR = Prompt("Do you own a car?", ("Yes", "No"))


def told(prompt, *choices):
    return Told(prompt, np.array(choices))


def test_probabilities_are_the_same_every_time_and_sum_to_one():
    first, second = (FakeModel().open(3, [told(CAR, 0, 1, -1)]).ask(TAX) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == (3, 4)
    assert first.sum(axis=1) == pytest.approx(1)
    assert (first > 0).all()


def test_seed_wording_and_options_each_change_the_probabilities():
    here = FakeModel().open(1).ask(TAX)
    assert not np.allclose(here, FakeModel(1).open(1).ask(TAX))
    assert not np.allclose(here, FakeModel().open(1).ask(Prompt("Taxes are too low.", AGREE, True, TAX.missing)))
    assert FakeModel().hash != FakeModel(1).hash


def test_what_was_said_before_changes_what_is_said_next():
    yes, no, silent = FakeModel().open(3, [told(CAR, 0, 1, -1)]).ask(TAX)
    assert not np.allclose(yes, no)
    assert np.array_equal(silent, FakeModel().open(1).ask(TAX)[0])


def test_an_answer_told_in_the_interview_counts_as_much_as_one_told_before():
    session = FakeModel().open(3)
    session.tell(CAR, np.array([1]), rows=np.array([2]))
    assert np.array_equal(session.ask(TAX), FakeModel().open(3, [told(CAR, -1, -1, 1)]).ask(TAX))
    assert np.array_equal(session.ask(TAX, rows=np.array([2])), session.ask(TAX)[2:])


def test_dont_know_is_rare():
    assert FakeModel().open(1).ask(TAX)[0, 3] < 0.2


def test_a_prediction_is_the_mean_distribution_inside_its_interval():
    history = [told(CAR, *[0] * 50, *[1] * 50)]
    (prediction,) = FakeModel().predict([TAX], history, n=100)
    assert prediction.distribution == pytest.approx(FakeModel().open(100, history).ask(TAX).mean(axis=0))
    assert (prediction.low <= prediction.distribution).all()
    assert (prediction.high >= prediction.distribution).all()


def test_the_card_says_that_it_is_a_fake():
    card = FakeModel(7).describe()
    assert card["kind"] == card["name"] == "fake"
    assert card["seed"] == 7
