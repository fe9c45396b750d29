"""Fine-tuning from a base and a survey to a model folder: stopped and gone on with, adapters, and what goes wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.models.tiny_causal import TEA, tiny_folder
from tests.training.conftest import made_up_survey

from populace.data.files import write_dataset
from populace.errors import JournalError, ModelError, UsageError
from populace.models.base import Told
from populace.models.library import load_model
from populace.prompts.prompt import Prompt
from populace.training.causal import finetune as module
from populace.training.causal.finetune import finetune
from populace.training.causal.loop import Loop
from populace.training.causal.settings import Settings

SHORT = Settings(method="full", steps=6, length=320, texts=2, together=2, look_every=3, save_every=2, rate=1e-3)


@pytest.fixture(scope="module", autouse=True)
def few():
    """A few interviews for looks and calibration: how much is looked at changes no step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LOOKED_AT", 12)
        patch.setattr(module, "CALIBRATED_ON", 12)
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpora") / "made_up"
    write_dataset(made_up_survey("made_up"), folder)
    return folder


@pytest.fixture(scope="module")
def trained(corpus, few, tmp_path_factory):
    """A new model, trained without a stop."""
    return finetune("new-tiny", [corpus], tmp_path_factory.mktemp("models") / "whole", SHORT)


def weights(folder):
    return load_file(folder / "model.safetensors")


def test_a_trained_model_answers_questionnaires_and_its_card_says_how_it_was_made(trained):
    model = load_model(trained)
    shares = model.open(2, [Told(TEA, np.array([0, 2]))]).ask(TEA)
    assert shares.shape == (2, 4) and np.allclose(shares.sum(axis=1), 1)
    card = model.describe()
    assert card["settings"]["steps"] == 6 and card["data"]["interviews"]["made_up"] > 300
    assert list(card["scores"]["loss_on_questions_set_aside"]) == ["0", "3", "6"]
    assert not trained.with_name("whole.training").exists()


@pytest.mark.parametrize("step", [2, 3])
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(corpus, trained, tmp_path, step):
    """Stopped at a checkpoint, or a step after one: that step is taken again."""
    out = tmp_path / "again"
    finetune("new-tiny", [corpus], out, SHORT, stop_after=step)
    assert not out.exists() and (tmp_path / "again.training").is_dir()
    finetune("new-tiny", [corpus], out, SHORT, resume=True)
    one, other = weights(trained), weights(out)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (
        json.loads((out / "card.json").read_text())["scores"]
        == json.loads((trained / "card.json").read_text())["scores"]
    )


def test_another_run_does_not_take_over_an_unfinished_one(corpus, tmp_path):
    out = tmp_path / "model"
    finetune("new-tiny", [corpus], out, SHORT, stop_after=2)
    with pytest.raises(JournalError, match="holds an unfinished training: add --resume"):
        finetune("new-tiny", [corpus], out, SHORT)
    with pytest.raises(JournalError, match="belongs to a training with another seed, settings"):
        finetune("new-tiny", [corpus], out, replace(SHORT, seed=1), resume=True)


def test_another_seed_is_another_model(corpus, trained, tmp_path):
    other = finetune("new-tiny", [corpus], tmp_path / "other", replace(SHORT, seed=1))
    assert any(not torch.equal(one, weights(other)[name]) for name, one in weights(trained).items() if one.ndim > 1)


def test_an_adapter_is_small_and_knows_its_base(corpus, tmp_path):
    base = tiny_folder(tmp_path / "base")
    before = load_model(base).open(1).ask(TEA)
    out = finetune(base, [corpus], tmp_path / "adapter", replace(SHORT, method="lora", rate=1e-2))
    assert not (out / "model.safetensors").exists() and (out / "adapter_model.safetensors").is_file()
    assert json.loads((out / "decision.json").read_text())["populace"]["base"].startswith("sha256:")
    after = load_model(out).open(1).ask(TEA)
    assert np.abs(after - before).max() > 1e-3
    assert np.array_equal(load_model(base).open(1).ask(TEA), before), "the base is as it was"


def test_training_lowers_the_loss_on_questions_set_aside(trained):
    looks = json.loads((trained / "card.json").read_text())["scores"]["loss_on_questions_set_aside"]
    assert looks["6"] < looks["0"] - 0.3


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(corpus, tmp_path, monkeypatch):
    whole = Loop._gradients

    def spoilt(self, rows):
        loss, read = whole(self, rows)
        return (float("nan"), read) if self.step == 4 else (loss, read)

    monkeypatch.setattr(Loop, "_gradients", spoilt)
    with pytest.raises(ModelError, match=r"the loss is nan at step 5: .* the checkpoint of step 4 in .* is kept"):
        finetune("new-tiny", [corpus], tmp_path / "model", SHORT)
    assert (tmp_path / "model.training" / "step-0000004").is_dir() and not (tmp_path / "model").exists()


def test_where_memory_does_not_suffice_fewer_texts_are_read_at_once(corpus, trained, tmp_path, monkeypatch):
    whole = Loop._read

    def small(self, batch):
        if len(batch.tokens) > 1:
            raise torch.OutOfMemoryError("too much")
        return whole(self, batch)

    monkeypatch.setattr(Loop, "_read", small)
    monkeypatch.setattr(Loop, "look", lambda self: 1.0)
    with pytest.warns(UserWarning, match="out of memory: 1 texts are read at once"):
        out = finetune("new-tiny", [corpus], tmp_path / "model", replace(SHORT, steps=2))
    assert (out / "model.safetensors").is_file()


def test_training_ends_when_looks_get_no_better(corpus, tmp_path, monkeypatch):
    looks = iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    monkeypatch.setattr(Loop, "look", lambda self: next(looks))
    settings = replace(SHORT, steps=50, look_every=2, patience=2)
    out = finetune("new-tiny", [corpus], tmp_path / "model", settings)
    card = json.loads((out / "card.json").read_text())
    assert card["steps"] == 6 and card["scores"]["loss_on_questions_set_aside"]["2"] == 1.0


@pytest.mark.parametrize(
    ("base", "kind", "words"),
    [
        ("new-huge", UsageError, "base 'new-huge' is unknown; expected new-tiny"),
        ("no/where", ModelError, "is no folder, and was not fetched before"),
    ],
)
def test_a_base_that_is_not_there_is_refused(corpus, tmp_path, base, kind, words):
    with pytest.raises(kind, match=words):
        finetune(base, [corpus], tmp_path / "model", SHORT)


def test_letters_are_asked_of_bases_and_words_of_new_models(corpus, trained, tmp_path):
    base = tiny_folder(tmp_path / "base")
    out = finetune(base, [corpus], tmp_path / "tuned", replace(SHORT, steps=1))
    prompt = Prompt("Tea?", ("Yes", "No"))
    assert load_model(out).tokens.writer.lettered(prompt)
    assert not load_model(trained).tokens.writer.lettered(prompt)


def test_random_weights_are_not_trained_by_an_adapter(corpus, tmp_path):
    with pytest.raises(UsageError, match="begins with random weights: all of them are trained, use method full"):
        finetune("new-tiny", [corpus], tmp_path / "model", replace(SHORT, method="lora"))
