"""Beliefs about latent persons: asking, telling, and what must not depend on the batch."""

import numpy as np
import pytest
import torch

from populace.models import beliefs as module
from populace.models.beliefs import BLOCK, PENDING, Beliefs
from populace.models.choice import choice_from_effects, choice_from_loadings, ordered_scores

WIDTH = 6


def scale(loading, options=5, direction=0):
    margin = np.full(options, 1 / options)
    loadings = np.zeros((1, WIDTH))
    loadings[0, direction] = loading
    return choice_from_loadings(margin, ordered_scores(margin, np.zeros(options, bool)), loadings)


def nominal(seed=0):
    effects = np.random.default_rng(seed).normal(size=(4, WIDTH)) * 0.3
    return choice_from_effects(np.array([0.4, 0.3, 0.2, 0.1]), effects, False, np.zeros(4, bool))


def drawn(probabilities, random):
    return (probabilities.cumsum(1) < random.random((len(probabilities), 1))).sum(1).clip(0, probabilities.shape[1] - 1)


@pytest.mark.parametrize("choice", [scale(0.7), nominal()])
def test_who_has_said_nothing_answers_like_the_population(choice):
    assert Beliefs(3, WIDTH).ask(choice) == pytest.approx(np.tile(choice.margin, (3, 1)), abs=0.01)


def test_an_answer_moves_related_questions_and_no_others():
    beliefs = Beliefs(2, WIDTH)
    beliefs.tell(scale(0.8), np.array([4, 0]))
    related, unrelated = beliefs.ask(scale(0.8)), beliefs.ask(scale(0.8, direction=1))
    assert related[0, 4] > 0.35 > related[0, 0]
    assert related[1, 0] > 0.35 > related[1, 4]
    assert unrelated == pytest.approx(np.full((2, 5), 0.2), abs=0.01)


def test_no_answer_changes_nothing():
    beliefs = Beliefs(2, WIDTH)
    before = beliefs.ask(scale(0.6))
    beliefs.tell(scale(0.8), np.array([-1, -1]))
    beliefs.tell(nominal(), np.array([-1, 2]))
    assert beliefs.ask(scale(0.6))[0] == pytest.approx(before[0], abs=0)


def test_asking_does_not_change_a_belief():
    beliefs = Beliefs(4, WIDTH)
    beliefs.tell(scale(0.8), np.array([0, 1, 2, 3]))
    first = beliefs.ask(nominal())
    beliefs.ask(scale(0.3))
    assert (beliefs.ask(nominal()) == first).all()


@pytest.mark.parametrize("first, second", [(scale(0.8), scale(0.7)), (nominal(), scale(0.7)), (nominal(1), nominal(2))])
def test_answers_drawn_one_after_another_keep_the_margin_and_the_joint_distribution(first, second):
    """The filter against the exact joint distribution, by drawing latent persons outright."""
    random = np.random.default_rng(5)
    n = 12_000
    beliefs = Beliefs(n, WIDTH)
    one = drawn(beliefs.ask(first), random)
    beliefs.tell(first, one)
    two = drawn(beliefs.ask(second), random)
    z = random.normal(size=(n, WIDTH))
    exact = []
    for choice in (first, second):
        logits = choice.intercepts + z @ choice.directions.T @ choice.slopes.T
        powers = np.exp(logits)
        exact.append(drawn(powers / powers.sum(1, keepdims=True), random))
    size = (len(first.margin), len(second.margin))
    tables = [np.histogram2d(a, b, bins=[np.arange(s + 1) for s in size])[0] / n for a, b in ((one, two), exact)]
    assert np.abs(tables[0] - tables[1]).sum() / 2 < 0.035


def test_a_respondent_gets_the_same_numbers_in_any_batch():
    random = np.random.default_rng(6)
    questions = [scale(0.5, 7, i % WIDTH) for i in range(2 * PENDING)] + [nominal(i) for i in range(5)]
    answers = [random.integers(0, len(q.margin), 700) for q in questions]
    everyone, few = Beliefs(700, WIDTH), Beliefs(37, WIDTH)
    rows = random.permutation(700)[:37]
    answers[3][rows] = answers[PENDING + 1][rows] = -1
    for question, chosen in zip(questions, answers, strict=True):
        assert (everyone.ask(question)[rows] == few.ask(question)).all()
        everyone.tell(question, chosen)
        few.tell(question, chosen[rows])


def test_rows_can_be_asked_and_told_alone():
    beliefs = Beliefs(5, WIDTH)
    beliefs.tell(scale(0.8), np.array([4]), np.array([3]))
    asked = beliefs.ask(scale(0.8), np.array([2, 3]))
    assert asked.shape == (2, 5)
    assert asked[1, 4] > asked[0, 4]


def after(questions, answers):
    """What people say next, having given these answers."""
    beliefs = Beliefs(len(answers[0]), WIDTH)
    for question, chosen in zip(questions, answers, strict=True):
        beliefs.ask(question)
        beliefs.tell(question, chosen)
    return beliefs.ask(scale(0.7))


@pytest.fixture
def interview():
    random = np.random.default_rng(7)
    questions = [nominal(i) if i % 3 == 0 else scale(0.4, 5, i % WIDTH) for i in range(12)]
    return questions, [random.integers(-1, len(q.margin), BLOCK + 5) for q in questions]


def test_when_covariances_are_brought_up_to_date_does_not_matter(interview, monkeypatch):
    usual = after(*interview)
    for pending in (3, 100):
        monkeypatch.setattr(module, "PENDING", pending)
        assert after(*interview) == pytest.approx(usual, abs=1e-6)


def test_what_is_not_kept_between_asking_and_telling_is_found_again(interview, monkeypatch):
    usual = after(*interview)
    monkeypatch.setattr(module, "KEPT", 0)
    assert (after(*interview) == usual).all()


def test_a_belief_only_gets_narrower(interview):
    """The likelihood of a choice is log-concave."""
    questions, answers = interview
    beliefs = Beliefs(len(answers[0]), WIDTH)
    before = np.ones(WIDTH)
    for question, chosen in zip(questions, answers, strict=True):
        beliefs.tell(question, np.maximum(chosen, 0))
        now = beliefs._blocks[0].along(torch.eye(WIDTH)).diagonal(dim1=1, dim2=2).numpy()
        assert (now <= before + 1e-4).all()
        before = now
