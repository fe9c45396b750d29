"""What one person answers: ranking people, and who is told what."""

import numpy as np
import pytest

from populace.app.benchmark import individuals
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus

from .conftest import item_of


def test_concordance_is_that_of_the_example():
    assert individuals.concordance(np.array([0.2, 0.9, 0.4]), np.array([0, 1, 1])) == 1


def test_a_tie_counts_half_and_the_wrong_order_nothing():
    assert individuals.concordance(np.array([0.5, 0.5]), np.array([0, 1])) == 0.5
    assert individuals.concordance(np.array([0.9, 0.1]), np.array([0, 1])) == 0


def test_nobody_can_be_ranked_where_all_answered_the_same():
    assert individuals.concordance(np.array([0.5, 0.7]), np.array([1, 1])) is None


def test_a_scale_is_ranked_by_the_expected_position():
    prompt = Prompt("q", ("Low", "Middle", "High", "Don't know"), True, (False, False, False, True))
    probabilities = np.array([[0.8, 0.1, 0.1, 0], [0.1, 0.8, 0.1, 0], [0.1, 0.1, 0.7, 0.1], [0, 0, 0.1, 0.9]])
    assert individuals.auc(prompt, probabilities, np.array([0, 1, 2, 3])) == 1


def test_a_list_is_ranked_one_option_against_the_rest_weighted_by_choosers():
    prompt = Prompt("q", ("Tea", "Milk", "Beer"))
    probabilities = np.array([[0.8, 0.1, 0.1], [0.5, 0.4, 0.1], [0.1, 0.3, 0.6], [0.2, 0.1, 0.7]])
    # tea against the rest 1; milk: its one chooser (.3) is above two of three; beer 1
    assert individuals.auc(prompt, probabilities, np.array([0, 0, 1, 2])) == pytest.approx((2 * 1 + 2 / 3 + 1) / 4)


def made_up(n=500, questions=60, backgrounds=2, seed=0):
    rng = np.random.default_rng(seed)
    items = tuple(
        item_of(f"q{q}", f"q{q}?", ("Yes", "No"), role="background" if q < backgrounds else "question")
        for q in range(questions)
    )
    prompts = tuple(Prompt(item.text, ("Yes", "No")) for item in items)
    positions = rng.integers(0, 2, (n, questions)).astype(np.int8)
    held = rng.random(n) < 0.5
    return Corpus("made_up", prompts, items, positions, np.arange(n), np.full(n, 2020), held)


def test_only_people_set_aside_are_judged_and_held_out_questions_are_never_told():
    corpus, held = made_up(), np.arange(60) >= 50
    found = individuals.interviews_of(corpus, held, 100, np.random.default_rng(1))
    assert corpus.held[found.people].all()
    assert len(found.people) == 100
    assert not held[found.told].any()
    assert held[found.asked].all()
    assert found.background.tolist() == [0, 1]
    assert len(found.told) == 40


def test_a_corpus_with_too_few_answers_to_tell_is_left_out():
    corpus = made_up(questions=30)
    assert individuals.interviews_of(corpus, np.arange(30) >= 25, 100, np.random.default_rng(1)) is None


class Listener:
    """A model that notes what it is told."""

    def __init__(self):
        self.told = []

    def open(self, n, history=()):
        self.n = n
        return self

    def tell(self, prompt, choices, rows=None):
        self.told.append(prompt.text)

    def ask(self, prompt, rows=None):
        return np.full((self.n, 2), 0.5)


def test_backgrounds_come_first_and_every_stage_adds_answers():
    corpus = made_up()
    found = individuals.interviews_of(corpus, np.arange(60) >= 50, 50, np.random.default_rng(1))
    model, told = Listener(), {}
    for stage, shares in individuals.ask(model, found):
        told[stage] = len(model.told)
        assert len(shares) == len(found.asked)
    assert model.told[:2] == ["q0?", "q1?"]
    assert told == {0: 2, 15: 17, 40: 42}
