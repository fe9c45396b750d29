"""Correlations between questions: what people show, what a model implies, and how the two are compared."""

import numpy as np
import pytest

from populace.app.benchmark import pairs
from populace.app.benchmark.figures import Figure, Gap
from populace.prompts.prompt import Prompt
from populace.training.corpus import Corpus

from .conftest import item_of

LABELS = ("Disagree", "Neither", "Agree")


def corpus_of(positions, labels=LABELS, ordinal=True):
    questions = [f"Statement number {q}: agree?" for q in range(positions.shape[1])]
    items = tuple(item_of(f"q{q}", text, labels, ordinal) for q, text in enumerate(questions))
    prompts = tuple(Prompt(text, labels, ordinal) for text in questions)
    n = len(positions)
    return Corpus("made_up", prompts, items, positions.astype(np.int8), np.arange(n), np.zeros(n), np.zeros(n, bool))


def answers(n=3000, questions=6, seed=0):
    rng = np.random.default_rng(seed)
    person = rng.normal(size=n)
    return np.stack(
        [np.digitize(person * w + rng.normal(size=n), [-0.5, 0.5]) for w in np.linspace(-1, 1, questions)], 1
    )


def test_correlations_of_people_are_those_of_numpy():
    positions = answers()
    scores = pairs.valid_positions(corpus_of(positions), np.arange(6))
    found, n = pairs.correlations(scores, np.arange(6), np.ones(3000, np.float32))
    assert found == pytest.approx(np.corrcoef(positions.T), abs=1e-4)
    assert (n == 3000).all()


def test_a_pair_with_too_few_common_answers_does_not_count():
    positions = answers(400)
    positions[:200, 0], positions[200:, 1] = -1, -1
    scores = pairs.valid_positions(corpus_of(positions), np.arange(6))
    found, n = pairs.correlations(scores, np.arange(6), np.ones(400, np.float32))
    assert found[0, 1] == n[0, 1] == 0
    assert n[2, 3] == 400


def test_dont_know_is_no_place_on_the_scale():
    corpus = corpus_of(np.array([[0, 3], [1, 1], [2, 2]]), (*LABELS, "Don't know"))
    missing = (False, False, False, True)
    prompts = tuple(Prompt(p.text, p.options, True, missing) for p in corpus.prompts)
    scores = pairs.valid_positions(Corpus("x", prompts, *list(vars(corpus).values())[2:]), np.arange(2))
    assert np.isnan(scores[0, 1])
    assert np.isfinite(scores[:, 0]).all()


class Joint:
    """A model that knows the joint distribution of two questions, and answers by conditioning."""

    def __init__(self, table):
        self.table = np.array(table, float)

    def open(self, n, history=()):
        return JointSession(self.table, n)


class JointSession:
    def __init__(self, table, n):
        self.table, self.n = table, n
        self.told = np.full((n, 2), -1)

    def ask(self, prompt, rows=None):
        which = 0 if prompt.text == "first" else 1
        out = []
        for told in self.told if rows is None else self.told[rows]:
            table = self.table.T if which else self.table
            other = told[1 - which]
            shares = table.sum(1) if other < 0 else table[:, other]
            out.append(shares / shares.sum() if told[which] < 0 else np.eye(len(shares))[told[which]])
        return np.array(out)

    def tell(self, prompt, choices, rows=None):
        self.told[slice(None) if rows is None else rows, 0 if prompt.text == "first" else 1] = choices


def test_a_models_correlation_is_that_of_the_joint_distribution_it_answers_from():
    table = np.array([[0.3, 0.1, 0.05], [0.05, 0.2, 0.3]])
    prompts = [Prompt("first", ("No", "Yes")), Prompt("second", LABELS, True)]
    found = pairs.model_correlations(Joint(table), prompts, 1)
    drawn = np.random.default_rng(0).choice(6, 200_000, p=table.ravel())
    assert found[0, 1] == pytest.approx(np.corrcoef(drawn // 3, drawn % 3)[0, 1], abs=0.01)


def part(true, predicted, noise, new, n=500, seed=0):
    """A survey's pairs as they are kept; every question a battery of its own."""
    columns = true.shape[1]
    rng = np.random.default_rng(seed)
    measured = true + rng.normal(size=true.shape) * np.sqrt(noise)
    return {
        "house": "gss",
        "survey": "gss",
        "new": new,
        "words": [f"word{q} only{q} of{q} its{q} own{q}" for q in range(columns)],
        "group": list(range(columns)),
        "n": np.full(true.shape, n).tolist(),
        "true": measured.tolist(),
        "noise": np.full(true.shape, noise).tolist(),
        "predicted": predicted.tolist(),
        "cosine": np.abs(predicted).tolist(),
    }


def planted(questions=40, new=15, seed=1):
    rng = np.random.default_rng(seed)
    loadings = rng.normal(size=(questions, 3)) * 0.4
    return (loadings @ loadings.T)[:new]


def figures(parts, kind=pairs.KNOWN):
    found = pairs.pair_figures("R2", "all", parts, kind, np.random.default_rng(2))
    return {(one.system, one.measure): one for one in found}


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_the_slope_finds_how_much_predictions_exaggerate_whatever_the_noise_of_people(factor):
    true = planted()
    found = figures([part(true, factor * true, 0.01, 15)])
    slope = found["populace", "slope of correlations"]
    assert slope.value == pytest.approx(factor, rel=0.12)
    assert slope.low < factor < slope.high
    assert found["populace", "r of correlations, noise of people removed"].value == pytest.approx(1, abs=0.05)
    assert found["populace", "r of correlations"].value < 0.95


def test_predictions_with_the_noise_of_a_hundred_people_are_worth_about_a_hundred_people():
    true, n = planted(80, 30), 2000
    rng = np.random.default_rng(3)
    predicted = true + rng.normal(size=true.shape) * np.sqrt(n * 0.0005 / 100)
    worth = figures([part(true, predicted, 0.0005, 30, n)])["populace", "n* of structure"]
    assert worth.value == pytest.approx(100, rel=0.2)


def test_signs_agree_where_predictions_are_right_and_half_the_time_by_chance():
    true = planted(80, 30)
    rng = np.random.default_rng(4)
    right = figures([part(true, true, 1e-4, 30)])["populace", "same sign where |r| > .1, %"]
    chance = figures([part(true, rng.permuted(true.ravel()).reshape(true.shape), 1e-4, 30)])
    assert right.value > 99
    assert 35 < chance["populace", "same sign where |r| > .1, %"].value < 65


def test_two_new_questions_are_one_pair():
    true = planted(20, 10)
    found = figures([part(true, true, 0.001, 10)], pairs.HELD)
    assert found["populace", "r of correlations"].units == 45


def test_few_pairs_give_a_gap():
    true = planted(6, 3)
    (gap,) = pairs.pair_figures("R2", "shed", [part(true, true, 0.001, 3)], pairs.HELD, np.random.default_rng(0))
    assert isinstance(gap, Gap)


def test_zero_has_a_worth_and_no_slope():
    found = figures([part(planted(), planted(), 0.001, 15)])
    assert isinstance(found["zero", "n* of structure"], Figure)
    assert ("zero", "slope of correlations") not in found


def test_groups_that_share_a_label_become_one_and_chains_too():
    joined = pairs._joined(np.array([0, 1, 2, 3]), ["a", "b", "b", "c"])
    assert joined.tolist() == [0, 1, 1, 3]
    chained = pairs._joined(np.array([0, 0, 1, 2]), ["a", "b", "b", "c"])
    assert chained.tolist() == [0, 0, 0, 2]
