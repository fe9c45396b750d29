"""Other margins for the same persons."""

import numpy as np
import pytest

from populace.models.base import Told
from populace.models.surveylm import SurveyLM
from populace.models.targets import read_under, solved_margins, with_margins
from populace.prompts.prompt import Prompt

AGREE = ("Strongly agree", "Agree", "Disagree", "Strongly disagree")
ROBOTS = Prompt("Robots should pay a tax.", AGREE, True)
LUNCH = Prompt("What do you have for lunch on a spaceship?", ("Soup", "Bread", "Algae"))
SEX = Prompt("What is your sex?", ("Male", "Female"))


def changed(model, *told):
    return SurveyLM(with_margins(model, *zip(*told, strict=True)), model.encoder, model.card)


def asked(model, prompt, history=(), n=1):
    return model.open(n, history).ask(prompt).mean(0)


@pytest.mark.parametrize(("prompt", "margin"), [(ROBOTS, [0.1, 0.2, 0.3, 0.4]), (LUNCH, [0.7, 0.25, 0.05])])
def test_people_of_whom_nothing_is_known_have_the_margin(shipped, prompt, margin):
    model = changed(shipped, (prompt, margin))
    assert asked(model, prompt) == pytest.approx(margin, abs=2e-3)
    assert model.origin(prompt) == "adapted"


def test_other_questions_are_answered_as_before(shipped):
    model = changed(shipped, (ROBOTS, [0.1, 0.2, 0.3, 0.4]))
    assert asked(model, LUNCH) == pytest.approx(asked(shipped, LUNCH), abs=1e-6)


def test_the_loadings_are_those_that_the_text_has_under_the_new_margin(shipped):
    margin = np.array([0.1, 0.2, 0.3, 0.4])
    ((found, loadings),) = read_under(shipped, [ROBOTS], lambda prompt, old: margin)
    (expected,) = shipped.loadings_under([ROBOTS], [margin])
    assert found is margin
    assert loadings[:, : expected.shape[1]] == pytest.approx(expected)


def test_margins_of_an_earlier_adaptation_are_kept(shipped):
    first = changed(shipped, (ROBOTS, [0.1, 0.2, 0.3, 0.4]))
    both = changed(first, (LUNCH, [0.7, 0.2, 0.1]))
    assert asked(both, ROBOTS) == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=2e-3)
    assert changed(both, (ROBOTS, [0.4, 0.3, 0.2, 0.1])).parameters.adapted.keys.size == 2


def test_a_share_of_zero_leaves_the_option_possible(shipped):
    shares = asked(changed(shipped, (LUNCH, [0.5, 0.5, 0.0])), LUNCH)
    assert 0 < shares[2] < 1e-3


def test_a_population_of_known_backgrounds_meets_the_target(shipped):
    pray = Prompt("How often do you knit at home?", ("Never", "Sometimes", "Often"), True)
    women = [Told(SEX, np.ones(8, int))]
    target = np.array([0.2, 0.3, 0.5])
    plain = changed(shipped, (pray, target))
    (margin,) = solved_margins(shipped, [pray], [target], women, 8)
    solved = changed(shipped, (pray, margin))
    assert np.abs(asked(plain, pray, women, 8) - target).max() > 2e-3
    assert asked(solved, pray, women, 8) == pytest.approx(target, abs=2e-4)
