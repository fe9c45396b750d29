"""What guesses are worth is learned from questions that the guessing towers had never seen."""

import numpy as np
import pytest

from populace.models.doubt import Doubt, Guess
from populace.prompts.prompt import Prompt
from populace.training.doubts import Lesson, factor_for_coverage, fit_doubt, house_of, houses_of

SCALE = Prompt("So?", ("Agree", "Neither", "Disagree", "Never"), True)


def lessons(people, memory_people, n=300, seed=0):
    """Guesses around truths: towers worth `people`, the memory worth `memory_people`."""
    random = np.random.default_rng(seed)
    out = []
    for truth in random.dirichlet(np.full(4, 4.0), n):
        near = random.uniform(0.3, 0.9)
        towers = np.stack([random.dirichlet(people * truth + 0.1) for _ in range(2)])
        memory = random.dirichlet(memory_people * truth + 0.1)
        out.append(Lesson(Guess(SCALE, towers, memory, near), 1000 * truth, 1.0))
    return out


def test_the_better_guesser_gets_the_larger_part():
    assert fit_doubt(lessons(60, 4)).mixing @ [1, 0.6] < -1
    assert fit_doubt(lessons(4, 60)).mixing @ [1, 0.6] > 1


def test_better_guesses_are_worth_more_people():
    few, many = (fit_doubt(lessons(people, people)) for people in (4, 40))
    asked = lessons(20, 20, n=5, seed=9)
    assert all(many.people_behind(one.guess) > 2 * few.people_behind(one.guess) for one in asked)


@pytest.mark.parametrize("people", [4, 30])
def test_intervals_cover_nine_in_ten_shares_of_new_questions(people):
    doubt, new = fit_doubt(lessons(people, people)), lessons(people, people, seed=1)
    shares = np.concatenate([doubt.shares(one.guess) for one in new])
    truth = np.concatenate([one.counts / one.counts.sum() for one in new])
    worth = np.repeat([doubt.people_behind(one.guess) for one in new], 4)
    assert factor_for_coverage(shares, truth, worth, np.ones(len(shares))) == pytest.approx(1, abs=0.4)


def test_without_lessons_nothing_is_claimed_to_be_fitted():
    assert (fit_doubt([]).people == Doubt.unfitted().people).all()


def test_the_house_of_a_survey_is_the_first_word_of_its_name():
    assert [house_of(name) for name in ("gss_2006_2018", "anes_pilot_2016", "538_religion")] == ["gss", "anes", "538"]


def test_houses_with_few_questions_are_one_house_together():
    assert set(houses_of(["gss_1"] * 250 + ["acme"] * 3 + ["zeta"] * 2)) == {"gss", "others"}
