"""The survey model and a record together: margins of the pool, persons of the survey model."""

import pickle
import shutil
from dataclasses import replace

import numpy as np
import pytest

from populace.errors import ModelError
from populace.models.combined import Combined, save
from populace.models.library import load_model, read_card, save_model, shipped_folder
from populace.models.pool import KINDS, Pool, prior_pool
from populace.models.recorded import Recorded
from populace.models.records import Record
from populace.models.surveylm import SurveyLM, to_tensors
from populace.models.targets import with_margins
from populace.prompts.prompt import Prompt

AGREE = ("Strongly agree", "Agree", "Disagree", "Strongly disagree")
GAP = (False, False, False, False, True)
TAXES = Prompt("The government should raise taxes on the rich to pay for robots.", AGREE, True)
HEALTH = Prompt("The government should pay for everybody's robot doctor.", (*AGREE, "Don't know"), True, GAP)
LUNCH = Prompt("What would you have for lunch on a spaceship?", ("Soup", "Bread", "Algae"))
OTHER = Prompt("Do you own a spaceship?", ("Yes", "No"))
TOLD = {TAXES: [1.0, 0, 0, 0], HEALTH: [0.9, 0.1, 0, 0, 0], LUNCH: [0, 0, 1.0]}


def source(told=TOLD, name="model-x"):
    return Recorded.of([Record(name, prompt, np.array(shares), 20) for prompt, shares in told.items()])


@pytest.fixture(scope="module")
def combined(shipped):
    return Combined(shipped, [source()], prior_pool(["survey", "model-x"]))


def panel(model, prompts, n, seed):
    """(n, Q) options chosen one after another."""
    random, session, out = np.random.default_rng(seed), model.open(n), []
    for prompt in prompts:
        shares = session.ask(prompt)
        chosen = (random.random((n, 1)) > np.cumsum(shares, 1)[:, :-1]).sum(1)
        session.tell(prompt, chosen)
        out.append(chosen)
    return np.stack(out, 1)


@pytest.mark.parametrize("prompt", [TAXES, HEALTH, LUNCH])
def test_people_of_whom_nothing_is_known_have_the_pooled_margin(combined, shipped, prompt):
    ((survey, _),) = shipped.read([prompt])
    told = np.array(TOLD[prompt])
    target = combined.pool.shares("list", [survey, told], prompt.missing)
    assert combined.open(1).ask(prompt)[0] == pytest.approx(target, abs=2e-3)
    assert np.abs(target - survey).max() > 0.05


def test_a_simulated_panel_has_the_pooled_margin_and_the_connections_of_the_survey_model(shipped):
    strong = replace(shipped.parameters, dials=replace(shipped.parameters.dials, text=2.5))
    survey = SurveyLM(strong, shipped.encoder, shipped.card)
    pray, matters = (Prompt(text, AGREE, True) for text in ("I pray every day.", "Religion is important in my life."))
    told = source({pray: [0, 1.0, 0, 0], matters: [0, 0, 1.0, 0]})
    combined, n = Combined(survey, [told], prior_pool(["survey", "model-x"])), 6000
    ours, theirs = (panel(model, (pray, matters), n, 1) for model in (combined, survey))
    assert np.bincount(ours[:, 1], minlength=4) / n == pytest.approx(combined.read([matters])[0][0], abs=0.025)
    both = [np.corrcoef(answers.T)[0, 1] for answers in (ours, theirs)]
    assert both[1] > 0.2
    assert both[0] == pytest.approx(both[1], abs=0.08)


def test_the_mass_of_dont_know_is_the_survey_models(combined, shipped):
    ((pooled, _),), ((survey, _),) = combined.read([HEALTH]), shipped.read([HEALTH])
    assert pooled[4] == pytest.approx(survey[4], abs=1e-4)


def test_a_question_without_a_record_is_left_to_the_survey_model(combined, shipped):
    assert combined.predict([OTHER])[0].distribution == pytest.approx(shipped.predict([OTHER])[0].distribution)
    assert not combined.pooled(OTHER)


def test_what_people_said_is_not_pooled(shipped):
    told = SurveyLM(with_margins(shipped, [LUNCH], [[0.5, 0.3, 0.2]]), shipped.encoder, shipped.card)
    combined = Combined(told, [source()], prior_pool(["survey", "model-x"]))
    assert combined.open(1).ask(LUNCH)[0] == pytest.approx([0.5, 0.3, 0.2], abs=2e-3)


def test_intervals_follow_the_people_behind_the_pool(shipped):
    prior = prior_pool(["survey", "model-x"])
    widths = []
    for people in (5.0, 80.0):
        pool = Pool(prior.members, prior.form, prior.settings, dict.fromkeys(KINDS, people))
        (found,) = Combined(shipped, [source()], pool).predict([LUNCH])
        assert np.all((found.low <= found.distribution) & (found.distribution <= found.high))
        widths.append(found.high - found.low)
    assert np.all(widths[0] > 2 * widths[1])


def test_neither_neighbours_nor_the_order_of_a_list_change_a_prediction(combined, shipped):
    again = Combined(shipped, [source()], combined.pool)
    turned = Prompt(LUNCH.text, LUNCH.options[::-1])
    alone, back = again.predict([LUNCH])[0].distribution, again.predict([TAXES, turned])[1].distribution
    assert combined.predict([HEALTH, LUNCH])[0 + 1].distribution == pytest.approx(alone, abs=1e-9)
    ((one, _),), ((two, _),) = shipped.read([LUNCH]), shipped.read([turned])
    # the pool adds nothing: whatever hangs on the order of options is the survey model's own
    assert np.abs(back[::-1] - alone).max() <= np.abs(two[::-1] - one).max() + 1e-4


def test_a_saved_model_answers_the_same_and_says_what_it_is(combined, tmp_path):
    saved = save(combined, tmp_path / "m", "default")
    again = load_model(tmp_path / "m")
    assert again.hash == saved.hash == read_card(tmp_path / "m")["hash"]
    for prompt in TOLD:
        assert again.read([prompt])[0][0] == pytest.approx(combined.read([prompt])[0][0], abs=1e-6)
    card = again.describe()
    assert card["kind"] == "combined"
    assert read_card(tmp_path / "m")["base"] == "default"
    assert card["settings"]["list"]["model-x"] == {"shrink": 0.75, "temperature": 1.0, "weight": 0.5}
    assert "a prior" in card["summary"]
    words = (tmp_path / "m" / "weights.safetensors").read_bytes()
    assert b"spaceship" not in words


def test_another_survey_model_in_the_place_of_the_first_is_refused(shipped, tmp_path):
    base = tmp_path / "models" / "base"
    shutil.copytree(shipped_folder(), base)
    save(Combined(load_model(base), [source()], prior_pool(["survey", "model-x"])), tmp_path / "models" / "m", base)
    assert load_model(tmp_path / "models" / "m").survey.hash == shipped.hash
    (tmp_path / "models").rename(tmp_path / "moved")
    assert load_model(tmp_path / "moved" / "m").survey.hash == shipped.hash
    other = with_margins(shipped, [LUNCH], [[0.5, 0.3, 0.2]])
    save_model(tmp_path / "moved" / "base", to_tensors(other), shipped.card)
    with pytest.raises(ModelError, match="put that model back, or combine anew"):
        load_model(tmp_path / "moved" / "m")
    shutil.rmtree(tmp_path / "moved" / "base")
    with pytest.raises(ModelError, match="none is there"):
        load_model(tmp_path / "moved" / "m")


def test_weights_of_something_else_are_refused(tmp_path):
    save_model(tmp_path / "m", {"a": np.zeros(2)}, {"name": "m", "kind": "combined", "base": "default"})
    with pytest.raises(ModelError, match="not those of a combined model"):
        load_model(tmp_path / "m")


def test_a_combined_model_is_not_combined_again(combined):
    with pytest.raises(ModelError, match="combined already"):
        Combined(combined, [source()], prior_pool(["survey", "model-x"]))


def test_a_pool_for_other_sources_is_refused(shipped):
    with pytest.raises(ModelError, match="fit it"):
        Combined(shipped, [source()], prior_pool(["survey", "model-y"]))


def test_a_live_source_takes_part_but_cannot_be_saved(shipped, tmp_path):
    class Live:
        name = "live"

        def shares(self, prompt):
            return np.eye(len(prompt.options))[0]

    combined = Combined(shipped, [Live()], prior_pool(["survey", "live"]))
    assert combined.open(1).ask(OTHER)[0, 0] > shipped.open(1).ask(OTHER)[0, 0]
    with pytest.raises(ModelError, match="only recorded sources can be saved"):
        save(combined, tmp_path / "m", "default")


def test_it_can_be_sent_to_another_process(combined):
    again = pickle.loads(pickle.dumps(combined))  # noqa: S301 - our own bytes
    assert again.predict([LUNCH])[0].distribution == pytest.approx(combined.predict([LUNCH])[0].distribution)
