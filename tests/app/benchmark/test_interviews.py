"""Interviews of people set aside: who is told and scored on what, and what the scores mean."""

import numpy as np
import pytest

from populace.app.benchmark.interviews import Draws, auc_within, interviews, losses, margins_of, probabilities
from populace.models.baselines import Copula, Margins


@pytest.fixture
def drawn(opinions):
    return interviews(opinions, ("sex",), "all questions", 200, 40, np.random.default_rng(1))


def test_nobody_is_scored_on_what_was_told_and_only_people_set_aside_are_asked(drawn):
    assert drawn.corpus.held[drawn.rows].all()
    assert not (drawn.scored & (drawn.told_at[:, drawn.targets] >= 0)).any()
    assert (drawn.answers[:, drawn.targets][drawn.scored] >= 0).all()
    assert 0 not in drawn.targets and (drawn.told_at[:, 0] < 0).all()


def test_five_answers_come_first_then_ten_more_and_at_most_half_are_told(drawn):
    counts = [(drawn.told_at == stage).sum(axis=1) for stage in (1, 2, 3)]
    assert (counts[0] == 5).all() and (counts[1] == 10).all()
    answered = (drawn.answers[:, 1:] >= 0).sum(axis=1)
    assert ((drawn.told_at >= 0).sum(axis=1) == answered // 2).all()


def test_whoever_was_told_a_battery_mate_is_not_scored_alone(drawn):
    for person, target in zip(*np.nonzero(drawn.scored_alone), strict=True):
        mates = np.flatnonzero(drawn.battery == drawn.battery[drawn.targets[target]])
        assert (drawn.told_at[person, mates] < 0).all()
    assert 0 < drawn.scored_alone.sum() < drawn.scored.sum()


def test_only_questions_are_told_and_scored_when_asked_for(opinions):
    drawn = interviews(opinions, (), "questions", 50, 40, np.random.default_rng(1))
    assert 0 not in drawn.targets and (drawn.told_at[:, 0] < 0).all()
    everything = interviews(opinions, (), "all questions", 50, 41, np.random.default_rng(1))
    assert 0 in everything.targets


def test_the_area_under_the_curve_within_a_question():
    share = np.array([[0.1, 0.9]] * 5 + [[0.8, 0.2]] * 5)
    chosen = np.repeat([1, 0], 5)
    assert auc_within(share, chosen) == 1
    assert auc_within(share, 1 - chosen) == 0
    assert auc_within(np.tile([0.3, 0.7], (10, 1)), chosen) == 0.5
    assert np.isnan(auc_within(share[:6], chosen[:6]))


def test_losses_are_logarithms_of_what_was_chosen(drawn):
    shares = [np.array([0.25, 0.75])] * len(drawn.targets)
    found, answers = losses(shares, drawn), drawn.answers[:, drawn.targets]
    assert np.allclose(found[answers == 0], np.log(4))
    assert np.allclose(found[answers == 1], np.log(4 / 3))
    assert (found[answers < 0] == 0).all()


def test_margins_gain_nothing_over_margins_and_a_copula_gains_more_with_every_answer(opinions, drawn):
    rows = np.flatnonzero(~opinions.held)
    choices = [opinions.positions[rows, q].astype(int) for q in range(41)]
    margin = losses(margins_of(opinions, drawn.targets), drawn)
    draws = Draws.of(drawn, 200, np.random.default_rng(2))

    def percent(model, stage):
        ((_, shares),) = probabilities(model, drawn, (stage,), np.random.default_rng(3))
        return draws.ratio(100 * drawn.scored * (losses(shares, drawn) - margin), drawn.scored * margin)

    assert percent(Margins(opinions.prompts, choices), 15).value == pytest.approx(0, abs=1e-9)
    copula = Copula(opinions.prompts, choices)
    gains = [percent(copula, stage) for stage in (0, 5, 15)]
    assert gains[0].value > gains[1].value > gains[2].value
    assert gains[2].interval[1] < -10


def test_a_ratio_of_sums_is_drawn_over_people_and_questions():
    draws = Draws(np.array([[2, 0], [1, 1]]), np.array([[1, 1], [2, 0]]))
    over, under = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))
    spread = draws.ratio(over, under)
    assert spread.value == 2.5
    # twice the first person; then both people, the first question twice
    assert spread.replicates.tolist() == [1.5, 2.0]
