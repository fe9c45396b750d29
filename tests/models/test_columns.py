"""Score columns of questions."""

import numpy as np
import pytest

from populace.models.columns import axis_scores, bends, column_count, columns_of
from populace.prompts.prompt import Prompt

SCALE = Prompt("So?", ("Agree", "Neither", "Disagree", "Don't know"), True, (False, False, False, True))
YES = Prompt("Yes?", ("Yes", "No"))
LIST = Prompt("Which?", ("Tea", "Milk", "Coffee"))
MARGIN = np.array([0.4, 0.2, 0.3, 0.1])


def test_steps_and_bend_are_standardised_and_uncorrelated():
    scores = axis_scores(SCALE, MARGIN)
    assert MARGIN @ scores == pytest.approx([0, 0], abs=1e-9)
    assert (scores * MARGIN[:, None]).T @ scores == pytest.approx(np.eye(2), abs=1e-9)


def test_the_bend_sets_the_ends_against_the_middle_and_leaves_dont_know_alone():
    bend = axis_scores(SCALE, MARGIN)[:, 1]
    assert bend[0] > 0 > bend[1]
    assert bend[2] > 0
    assert bend[3] == 0


def test_a_scale_from_its_other_end_has_steps_turned_and_the_same_bend():
    turned = Prompt("So?", ("Disagree", "Neither", "Agree", "Don't know"), True, (False, False, False, True))
    there, back = axis_scores(SCALE, MARGIN), axis_scores(turned, MARGIN[[2, 1, 0, 3]])[[2, 1, 0, 3]]
    assert back[:, 0] == pytest.approx(-there[:, 0])
    assert back[:, 1] == pytest.approx(there[:, 1])


@pytest.mark.parametrize(("prompt", "columns"), [(SCALE, 2), (YES, 1), (LIST, 3)])
def test_scales_have_two_columns_pairs_one_and_lists_one_per_option(prompt, columns):
    assert column_count(prompt) == columns
    assert len(columns_of([prompt], [np.full(len(prompt.options), 1 / len(prompt.options))]).scores) == columns


def test_a_scale_without_bends_is_one_column():
    assert len(columns_of([SCALE, YES], [MARGIN, np.array([0.5, 0.5])], with_bends=False).scores) == 2
    assert not bends(YES)


def test_where_only_two_answers_are_given_there_is_no_bend():
    assert axis_scores(SCALE, np.array([0.5, 0.0, 0.5, 0.0]))[:, 1] == pytest.approx(0, abs=1e-9)
