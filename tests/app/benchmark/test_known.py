"""New people, known questions: who is told what and scored on what, and what the scores mean."""

from dataclasses import replace

import numpy as np
import pytest

from populace.app.benchmark import known
from populace.app.benchmark.known import Draws, auc_within, interviews, losses, margins_of, probabilities
from populace.models.baselines import Copula, Margins
from populace.prompts.prompt import Prompt
from populace.survey.question import Item
from populace.survey.scale import Option
from populace.training.corpus import Corpus

YES = (Option(0, "no"), Option(1, "yes"))


@pytest.fixture
def corpus():
    """600 people, half of them set aside: one background and 40 yes-or-no questions, in pairs, on one opinion."""
    random = np.random.default_rng(0)
    opinion = random.standard_normal((600, 1))
    answers = (opinion + random.standard_normal((600, 41)) > 0).astype(np.int8)
    answers[random.random(answers.shape) < 0.1] = -1
    names = ["sex", *(f"q{j}" for j in range(40))]
    # words of two questions must not be alike, else they would count as one battery
    words = [" ".join(f"{name}{part}" for part in "abcd") for name in names]
    items = tuple(
        Item(name, text, YES, role="background" if j == 0 else "question", battery=f"b{j // 2}" if j else None)
        for j, (name, text) in enumerate(zip(names, words, strict=True))
    )
    prompts = tuple(Prompt(item.text, ("no", "yes")) for item in items)
    return Corpus("made up", prompts, items, answers, np.arange(600), np.full(600, 2020), np.arange(600) % 2 == 0)


@pytest.fixture
def drawn(corpus):
    return interviews(corpus, ("sex",), "all questions", 200, 40, np.random.default_rng(1))


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


def test_only_questions_are_told_and_scored_when_asked_for(corpus):
    drawn = interviews(corpus, (), "questions", 50, 40, np.random.default_rng(1))
    assert 0 not in drawn.targets and (drawn.told_at[:, 0] < 0).all()
    everything = interviews(corpus, (), "all questions", 50, 41, np.random.default_rng(1))
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


def test_margins_gain_nothing_over_margins_and_a_copula_gains_more_with_every_answer(corpus, drawn):
    rows = np.flatnonzero(~corpus.held)
    choices = [corpus.positions[rows, q].astype(int) for q in range(41)]
    margin = losses(margins_of(corpus, drawn.targets), drawn)
    draws = Draws.of(drawn, 200, np.random.default_rng(2))

    def percent(model, stage):
        ((_, shares),) = probabilities(model, drawn, (stage,), np.random.default_rng(3))
        return draws.ratio(100 * drawn.scored * (losses(shares, drawn) - margin), drawn.scored * margin)

    assert percent(Margins(corpus.prompts, choices), 15).value == pytest.approx(0, abs=1e-9)
    copula = Copula(corpus.prompts, choices)
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


def test_a_persons_own_earlier_answer_is_the_ceiling_and_only_people_set_aside_are_scored(corpus):
    # everybody is interviewed again two years later, and gives the same answers nine times in ten
    random = np.random.default_rng(4)
    again = np.where(random.random(corpus.positions.shape) < 0.1, 1 - corpus.positions, corpus.positions)
    twice = replace(
        corpus,
        positions=np.concatenate([corpus.positions, np.where(corpus.positions < 0, -1, again)]).astype(np.int8),
        respondents=np.tile(corpus.respondents, 2),
        years=np.repeat([2018, 2020], 600),
        held=np.tile(corpus.held, 2),
    )
    found = known.retest_of(twice, np.arange(1, 41))
    assert len(found.person) == 300 and found.scored.shape == (300, 40)
    change = found.losses.sum() / found.margin.sum() - 1
    # entropy of a coin that falls on one side nine times in ten, over that of a fair one
    expected = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1)) / np.log(2) - 1
    assert change == pytest.approx(expected, abs=0.05)
    assert known.retest_of(corpus, np.arange(1, 41)) is None


def test_every_corpus_has_its_backgrounds_and_cells(corpora):
    import json

    for name, backgrounds in known.BACKGROUNDS.items():
        codebook = json.loads((corpora / name / "codebook.json").read_text(encoding="utf-8"))
        variables = {v["name"]: v["role"] for v in codebook["variables"]}
        assert all(variables[b] == "background" for b in (*backgrounds, *known.CELLS[name])), name
