"""What the questions of one battery share beyond their words."""

import numpy as np
import pytest

from populace.models.battery import common_direction, with_battery
from populace.prompts.prompt import Prompt

AGREE = ("Disagree", "Neither", "Agree")
NOTHING = np.zeros((2, 64))


def asked(text, battery, options=AGREE, ordinal=True):
    return Prompt(text, options, ordinal, battery=battery)


def test_questions_of_one_battery_correlate_by_the_share_and_others_hardly():
    one, two = (with_battery(NOTHING, asked(text, "How much do you agree?"), 0.09)[0] for text in ("a", "b"))
    other = with_battery(NOTHING, asked("c", "How often do you do this?"), 0.09)[0]
    assert one @ two == pytest.approx(0.09)
    assert abs(one @ other) < 0.04


def test_only_the_steps_of_a_scale_get_the_common_part():
    loadings = np.full((2, 64), 0.01)
    assert (with_battery(loadings, asked("a", "stem"), 0.09)[1] == 0.01).all()


@pytest.mark.parametrize(
    "prompt",
    [asked("alone", None), asked("list", "stem", ("Tea", "Milk", "Water"), False)],
    ids=["a question by itself", "a list"],
)
def test_other_questions_stay_as_they_are(prompt):
    assert with_battery(NOTHING, prompt, 0.09) is NOTHING


def test_a_battery_is_found_again_whatever_case_and_points_its_stem_has():
    one = with_battery(NOTHING, asked("a", "How much do you AGREE:"), 0.09)
    assert (one == with_battery(NOTHING, asked("b", "How much do you agree?"), 0.09)).all()


def test_directions_are_unit_vectors():
    assert np.linalg.norm(common_direction("some stem", 64)) == pytest.approx(1)
