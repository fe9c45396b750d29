"""Examples, packing, loss, step sizes, checkpoints and calibration, each by itself."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.models.tiny_causal import PARTY, TEA, tiny_model, tiny_tokenizer
from tests.training.conftest import made_up_survey

from populace.errors import JournalError, UsageError
from populace.models.causal_text import TokenWriter
from populace.models.decision import PLACES, Decision, places
from populace.training.causal import checkpoint
from populace.training.causal.calibrate import Answer, calibrated
from populace.training.causal.checkpoint import Checkpoint
from populace.training.causal.examples import (
    Example,
    GroupSampler,
    PeopleSampler,
    Spot,
    random_order,
)
from populace.training.causal.finetune import lessons
from populace.training.causal.new import new_model
from populace.training.causal.objective import losses
from populace.training.causal.objective import places as spots_at
from populace.training.causal.packing import filled, packed
from populace.training.causal.settings import Settings
from populace.training.corpus import corpus_of, margins_of
from populace.training.material import hold_out

TOKENIZER = tiny_tokenizer()


@pytest.fixture(scope="module")
def material():
    corpus = corpus_of(made_up_survey("made_up"))
    return hold_out([corpus], margins_of(corpus))


def sampler(material, tokens, length=400, people=None):
    known = [~held for held in material.held_questions]
    people = people or [~corpus.held for corpus in material.corpora]
    return PeopleSampler(tokens, material.corpora, people, known, known, material.weights, length)


# -- examples --------------------------------------------------------------------------------------------------------


def test_an_interview_is_what_the_person_answered(material):
    """Every question is followed by the letter of the answer in the data, in the order its options are shown in."""
    corpus = material.corpora[0]
    text_of = {prompt.text: number for number, prompt in enumerate(corpus.prompts)}
    example = sampler(material, TokenWriter(TOKENIZER, "survey-1")).draw(np.random.default_rng(3))
    asked = TOKENIZER.decode(example.tokens).split("Question: ")[1:]
    assert len(asked) == len(example.spots)
    rows = np.ones(len(corpus.respondents), dtype=bool)
    for piece in asked:
        lines = piece.split("\n")
        label = lines[-3].removeprefix("Answer: ").split(". ", 1)[1]
        question = text_of[lines[0]]
        rows &= corpus.positions[:, question] == corpus.prompts[question].options.index(label)
    assert rows.any(), "nobody in the data gave these answers together"


def test_a_spot_is_where_the_answer_begins_and_knows_its_options(material):
    tokens = TokenWriter(TOKENIZER, "survey-1")
    example = sampler(material, tokens).draw(np.random.default_rng(5))
    for spot in example.spots:
        prompt, order, chosen = spot.asked
        assert TOKENIZER.decode([example.tokens[spot.at]]) == ":"
        assert example.tokens[spot.at + 1] == spot.tokens[chosen]
        assert spot.shares[chosen] == 1 and sum(spot.shares) == 1
        assert [list(one) for one in tokens.answers(prompt, order)] == [[token] for token in spot.tokens]


def test_questions_set_aside_are_not_learned_and_people_set_aside_not_asked(material):
    held = [np.arange(len(one)) % 2 == 0 for one in material.held_questions]
    apart = replace(material, held_questions=held)
    tokens = TokenWriter(TOKENIZER, "survey-1")
    people = [corpus.held for corpus in material.corpora]
    corpus = material.corpora[0]
    texts = {corpus.prompts[k].text for k in np.flatnonzero(held[0])}
    drawn = [sampler(apart, tokens).draw(np.random.default_rng(k)) for k in range(40)]
    assert not any(text in TOKENIZER.decode(example.tokens) for example in drawn for text in texts if "agree" in text)
    only = sampler(material, tokens, people=people)
    answers = {tuple(row) for row in corpus.positions[corpus.held].tolist()}
    example = only.draw(np.random.default_rng(0))
    given = {spot.asked[0].text: spot.asked[2] for spot in example.spots}
    where = {prompt.text: number for number, prompt in enumerate(corpus.prompts)}
    assert any(all(row[where[text]] == k for text, k in given.items()) for row in answers)


def test_what_is_set_aside_is_in_no_lesson(material):
    """Neither persons nor groups: no question set aside is put, and no interview is that of a person set aside."""
    held = [np.arange(len(one)) == len(one) - 1 for one in material.held_questions]
    records = np.array([record.prompt.text == material.corpora[0].prompts[-1].text for record in material.records])
    apart = replace(material, held_questions=held, held_records=records)
    corpus = material.corpora[0]
    seen = {tuple(row) for row in corpus.positions[~corpus.held].tolist()}
    draw = lessons(TokenWriter(TOKENIZER, "survey-1"), apart, Settings(length=1000, groups=0.5))
    where = {prompt.text: number for number, prompt in enumerate(corpus.prompts)}
    persons = 0
    for number in range(300):
        spots = [spot for spot in draw(np.random.default_rng(number)).spots if spot.asked]
        assert corpus.prompts[-1].text not in {spot.asked[0].text for spot in spots}
        if max(spots[0].shares) == 1 and len(spots) > 3:
            persons += 1
            given = {where[spot.asked[0].text]: spot.asked[2] for spot in spots}
            assert any(all(row[k] == chosen for k, chosen in given.items()) for row in seen)
    assert persons > 50


def test_the_same_chance_draws_the_same_example(material):
    one = sampler(material, TokenWriter(TOKENIZER, "survey-1"))
    first, again = (one.draw(np.random.default_rng(9)) for _ in range(2))
    assert first.tokens == again.tokens and first.spots == again.spots
    assert one.draw(np.random.default_rng(10)).tokens != first.tokens


def test_a_group_answers_with_its_shares(material):
    corpus = material.corpora[0]
    groups = GroupSampler(TokenWriter(TOKENIZER, "survey-1"), replace(material, held_records=np.ones(
        len(material.records), dtype=bool)))  # fmt: skip
    sex = [item.name for item in corpus.items].index("sex")
    for k in range(60):
        example = groups.draw(np.random.default_rng(k))
        (spot,) = example.spots
        text = TOKENIZER.decode(example.tokens)
        if "What is your sex?" not in text:
            continue
        prompt = spot.asked[0]
        option = corpus.prompts[sex].options.index("Male" if "\nMale\n" in text else "Female")
        inside = ~corpus.held & (corpus.positions[:, sex] == option)
        chosen = corpus.positions[inside, list(corpus.prompts).index(prompt)]
        expected = np.bincount(chosen[chosen >= 0], minlength=len(prompt.options)) / (chosen >= 0).sum()
        assert np.allclose(spot.shares, expected)
        return
    pytest.fail("no group by sex was drawn")


def test_scales_are_shown_either_way_round_and_lists_in_any_order():
    scale = {random_order(TEA, np.random.default_rng(k)) for k in range(50)}
    assert scale == {(0, 1, 2, 3), (2, 1, 0, 3)}
    assert len({random_order(PARTY, np.random.default_rng(k)) for k in range(100)}) == 6


# -- packing and loss ------------------------------------------------------------------------------------------------


def example_of(*tokens, at=None):
    spots = [] if at is None else [Spot(at, (20, 21, 22), (0.2, 0.3, 0.5), weight=2.0)]
    return Example(list(tokens), spots)


def test_rows_are_filled_and_none_overflows():
    rows = filled([example_of(*range(size)) for size in (5, 3, 7, 2, 8)], 10)
    assert sorted(sum(map(len, row)) for row in rows) == [5, 10, 10]
    assert sum(len(row) for row in rows) == 5


def test_examples_in_a_row_do_not_see_each_other():
    """Scores are those of each example read by itself."""
    model = tiny_model(TOKENIZER)
    one, two = example_of(5, 6, 7, 8, at=2), example_of(9, 10, 11, at=1)
    batch = packed([[one, two], [two]], 16)
    with torch.no_grad():
        logits = model(
            input_ids=batch.tokens, attention_mask=batch.mask(torch.float32), position_ids=batch.positions
        ).logits[spots_at(batch)]
        alone = [model(input_ids=torch.tensor([one.tokens])).logits[0, 2]]
        alone += [model(input_ids=torch.tensor([two.tokens])).logits[0, 1]] * 2
    assert torch.allclose(logits, torch.stack(alone), atol=1e-5)


def test_the_loss_is_the_cross_entropy_among_the_options():
    """Scores 1, 2, 3 of three options with shares .2, .3, .5: ln(e + e^2 + e^3) - 2.3 = 1.1076."""
    batch = packed([[example_of(5, 6, at=1)]], 8)
    logits = torch.zeros(1, 30)
    logits[0, 20:23] = torch.tensor([1.0, 2.0, 3.0])
    logits[0, 3] = 99.0  # what is no option does not count
    each, weights = losses(logits, batch)
    assert each.item() == pytest.approx(math.log(math.e + math.e**2 + math.e**3) - 2.3, abs=1e-5)
    assert weights.tolist() == [2.0]


def test_answers_in_words_are_learned_among_all_tokens():
    spot = Spot(1, (7,), (1.0,), among=False)
    batch = packed([[Example([5, 6, 7], [spot])]], 8)
    each, _ = losses(torch.zeros(1, 30), batch)
    assert each.item() == pytest.approx(math.log(30), abs=1e-5)


def test_in_words_every_token_of_the_answer_is_a_spot(material):
    tokens = TokenWriter(TOKENIZER, "survey-1", lettered=False)
    example = sampler(material, tokens).draw(np.random.default_rng(2))
    begun = [spot for spot in example.spots if spot.asked]
    for spot in begun:
        prompt, order, chosen = spot.asked
        answer = tokens.answers(prompt, order)[chosen]
        assert example.tokens[spot.at + 1 : spot.at + 1 + len(answer)] == answer
    assert len(example.spots) == sum(len(tokens.answers(*s.asked[:2])[s.asked[2]]) for s in begun)


# -- settings --------------------------------------------------------------------------------------------------------


def test_the_step_size_grows_and_then_falls_to_a_tenth():
    settings = Settings(steps=100, rate=1.0, warm_up=0.1)
    rates = [settings.rate_at(step, new=False) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == rates[9] == pytest.approx(1.0)
    assert rates[9:] == sorted(rates[9:], reverse=True) and rates[-1] == pytest.approx(0.1, abs=0.01)
    assert Settings().rate_at(50, new=False) == pytest.approx(2e-4, rel=0.01)


@pytest.mark.parametrize("wrong", [{"method": "magic"}, {"steps": 0}, {"groups": 1.5}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Settings(**wrong)


def test_new_models_have_about_the_size_of_their_name_and_letters_of_one_token(material):
    model, tokenizer = new_model("new-5m", material, seed=0)
    assert 3e6 < sum(one.numel() for one in model.parameters()) < 8e6
    assert len(TokenWriter(tokenizer, "survey-1").writer.letters) == 26


# -- checkpoints -----------------------------------------------------------------------------------------------------


def checkpoint_of(step):
    return Checkpoint(step, {"w": torch.full((2,), float(step))}, {"w|exp_avg": torch.ones(2)}, {"looks": {}})


def test_the_last_whole_checkpoint_is_taken(tmp_path):
    for step in (1, 2):
        checkpoint.save(tmp_path, checkpoint_of(step), best=False)
    weights = tmp_path / "step-0000002" / checkpoint.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert checkpoint.latest(tmp_path).step == 1
    with pytest.raises(JournalError, match="was altered or cut off"):
        checkpoint.load(tmp_path / "step-0000002")


def test_the_best_checkpoint_outlives_later_ones(tmp_path):
    for step in range(1, 7):
        checkpoint.save(tmp_path, checkpoint_of(step), best=step == 2)
    assert sorted(path.name[-1] for path in tmp_path.glob("step-*")) == ["2", "5", "6"]
    assert checkpoint.best_of(tmp_path).weights["w"].tolist() == [2.0, 2.0]


def test_a_checkpoint_without_its_state_is_no_checkpoint(tmp_path):
    path = checkpoint.save(tmp_path, checkpoint_of(1), best=False)
    state = json.loads((path / checkpoint.STATE).read_text())
    (path / checkpoint.STATE).write_text(json.dumps({"step": state["step"]}))
    assert checkpoint.latest(tmp_path) is None


# -- calibration -----------------------------------------------------------------------------------------------------


def test_temperature_and_bias_are_found_again():
    """Answers drawn from scores halved and with 1 added to the first place: temperature 2, bias 2 (before dividing)."""
    random = np.random.default_rng(0)
    answers = []
    there = np.stack([places(TEA, (0, 1, 2, 3))[name] for name in PLACES], axis=1)
    for _ in range(6000):
        scores = random.normal(scale=2, size=4)
        odds = np.exp((scores + 2.0 * there[:, 0]) / 2.0)
        answers.append(Answer("ordered", scores, there, int(random.choice(4, p=odds / odds.sum()))))
    found, losses_ = calibrated(Decision(), answers)
    assert found.temperature["ordered"] == pytest.approx(2.0, rel=0.06)
    assert found.bias["ordered"]["first"] == pytest.approx(2.0, abs=0.2)
    assert abs(found.bias["ordered"]["missing"]) < 0.2
    before, after = losses_["ordered"]
    assert after < before
    assert found.temperature["binary"] == 1.0 and "binary" not in found.bias


def test_few_answers_calibrate_nothing():
    there = np.zeros((2, len(PLACES)))
    answers = [Answer("binary", np.array([3.0, 0.0]), there, k % 2) for k in range(50)]
    found, losses_ = calibrated(Decision(), answers)
    assert found == Decision() and losses_ == {}
