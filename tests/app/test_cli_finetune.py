"""populace train --base: from the command line to a model that simulates."""

import json

import numpy as np
from tests.training.conftest import WORDINGS, made_up_survey

from populace.data.files import read_dataset, write_dataset
from populace.training.causal import finetune as module


def test_a_new_causal_model_is_trained_and_simulates(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LOOKED_AT", 8)
    monkeypatch.setattr(module, "CALIBRATED_ON", 8)
    write_dataset(made_up_survey("made_up"), tmp_path / "made_up")
    out = tmp_path / "model"
    trained = cli(
        "train", tmp_path / "made_up", "--base", "new-tiny", "--steps", 4, "--length", 256, "--texts", 2, "--out", out
    )
    assert trained.code == 0, trained.err
    assert "<svg" in (out / "curves.html").read_text() or "vega" in (out / "curves.html").read_text()
    shown = cli("models", "show", out, "--json").json
    assert shown["settings"]["method"] == "full" and shown["kind"] == "causal"
    questions = [
        {"name": f"q{k}", "kind": "scale", "text": text, "options": ["Disagree", "Neither", "Agree"]}
        for k, text in enumerate(WORDINGS[:3])
    ]
    (tmp_path / "s.json").write_text(json.dumps({"id": "s", "title": "S", "questions": questions}))
    panel = tmp_path / "panel.parquet"
    done = cli("simulate", tmp_path / "s.json", "--audience", "us-adults", "-n", 100, "--model", out, "--out", panel)
    assert done.code == 0, done.err
    answers = read_dataset(panel)
    assert answers.n == 100 and set(np.unique(answers.codes("q0"))) <= {1, 2, 3}


def test_an_adapter_for_random_weights_is_refused_in_one_line(cli, tmp_path):
    write_dataset(made_up_survey("made_up"), tmp_path / "made_up")
    done = cli("train", tmp_path / "made_up", "--base", "new-tiny", "--method", "lora", "--out", tmp_path / "model")
    assert done.code == 2 and "use method full" in done.err and len(done.err.strip().splitlines()) == 1
