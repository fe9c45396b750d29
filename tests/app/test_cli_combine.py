"""populace combine and adapt --topline, as people type them."""

import json

import numpy as np
import polars as pl
import pytest

from populace.data.files import read_dataset, write_dataset

AGREE = ["Disagree", "Neither", "Agree"]
TASTE = {"text": "Tea tastes good.", "options": AGREE, "type": "ordinal"}
MILK = {"text": "Do you take milk?", "options": ["No", "Yes"]}
ODD = [{"text": f"Would you swap a {thing} for a dragon?", "options": ["Yes", "No"]} for thing in ("cup", "hat", "cat")]
SAID = [
    TASTE | {"shares": [0, 0, 1], "source": "model-x", "n": 20},
    MILK | {"shares": [0, 1], "source": "model-x", "n": 20},
    *({**question, "shares": [1, 0], "source": "model-x", "n": 20} for question in ODD),
]
HUMAN = [{**question, "shares": [0.7, 0.3], "n": 500} for question in ODD]


def lines(path, entries):
    path.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    return path


@pytest.fixture
def recorded(tmp_path):
    return lines(tmp_path / "recorded.jsonl", SAID)


def predicted(cli, study, model, question):
    asked = lines(study.people.parent / "q.jsonl", [{"type": "single", "id": 1} | question])
    outcome = cli("predict", asked, "--respondents", study.people, "--model", model, "--out", "pred.jsonl")
    assert outcome.code == 0, outcome.err
    return np.array(json.loads((study.people.parent / "pred.jsonl").read_text())["distribution"])


def test_a_combined_model_predicts_and_simulates(cli, study, recorded, tmp_path):
    assert cli("combine", "default", "--with", recorded, "--out", "both").code == 0
    before, after = (predicted(cli, study, model, TASTE) for model in ("default", "both"))
    assert after[2] > before[2]
    made = cli("simulate", study.instrument, "--respondents", study.people, "--model", "both", "--out", "p.parquet")
    assert made.code == 0, made.err
    assert pl.read_parquet(tmp_path / "p.parquet").height == 60


def test_calibration_is_reported_with_its_errors(cli, recorded, tmp_path):
    human = lines(tmp_path / "human.jsonl", [*HUMAN, MILK | {"text": "Unheard of?", "shares": [0.5, 0.5]}])
    command = ("combine", "default", "--with", recorded, "--calibrate", human, "--out", "both")
    words = cli(*command).out
    assert "calibrated on 3 of 4 questions (linear pool); mean TVD to people, out of fold:" in words
    assert "±" in words
    result = cli(*command, "--overwrite", "--json").json
    assert result["calibration"] == {"given": 4, "used": 3}
    assert result["sources"] == [{"name": "model-x", "questions": 5}]
    assert result["scores"]["pool"]["tvd"] < result["scores"]["model-x"]["tvd"]
    assert cli("models", "show", "both", "--json").json["kind"] == "combined"


def test_without_calibration_it_says_that_the_pool_is_a_prior(cli, recorded):
    assert "the pool is a prior; --calibrate" in cli("combine", "default", "--with", recorded, "--out", "both").out


def test_several_files_are_several_sources(cli, recorded, tmp_path):
    other = lines(tmp_path / "other.jsonl", [TASTE | {"shares": [0.2, 0.3, 0.5], "source": "expert"}])
    result = cli("combine", "default", "--with", recorded, "--with", other, "--out", "both", "--json").json
    assert [source["name"] for source in result["sources"]] == ["model-x", "expert"]


def test_a_pilot_adapts_a_combined_model_and_keeps_what_was_recorded(cli, study, recorded, tmp_path):
    assert cli("combine", "default", "--with", recorded, "--out", "both").code == 0
    pilot = tmp_path / "pilot.parquet"
    write_dataset(read_dataset(study.human).keep(["sex", "age", "taste"]), pilot)
    done = cli("adapt", "--pilot", pilot, "--instrument", study.instrument, "--model", "both", "--out", "mine")
    assert done.code == 0, done.err
    assert predicted(cli, study, "mine", MILK) == pytest.approx(predicted(cli, study, "both", MILK), abs=0.03)
    assert cli("models", "show", "mine", "--json").json["kind"] == "surveylm"


def test_a_topline_is_met_with_and_without_an_audience(cli, study, tmp_path):
    figures = lines(tmp_path / "topline.jsonl", [{"id": "milk", "shares": {"No": 0.9, "Yes": 0.1}}])
    command = ("adapt", "--topline", figures, "--instrument", study.instrument)
    done = cli(*command, "--out", "mine")
    assert "adapted default to 1 figure: mine" in done.out
    assert predicted(cli, study, "mine", MILK)[0] == pytest.approx(0.9, abs=0.05)
    assert cli(*command, "--audience", "us-adults", "--out", "theirs").code == 0
    asked = lines(tmp_path / "q.jsonl", [{"type": "single", "id": 1} | MILK])
    everybody = ("predict", asked, "--audience", "us-adults", "--model", "theirs", "--seed", "5", "--out", "us.jsonl")
    assert cli(*everybody).code == 0
    found = json.loads((tmp_path / "us.jsonl").read_text())["distribution"]
    assert found[0] == pytest.approx(0.9, abs=0.005)


def test_a_pilot_and_a_topline_go_together(cli, study, tmp_path):
    figures = lines(tmp_path / "topline.jsonl", [{"id": "milk", "shares": {"No": 0.9, "Yes": 0.1}}])
    done = cli(
        *("adapt", "--pilot", study.human, "--topline", figures, "--instrument", study.instrument, "--out", "mine")
    )
    assert "adapted default to 60 people and 1 figure: mine" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["combine", "default", "--with", "no.jsonl", "--out", "m"], 2, "--with: there is no file"),
        (["combine", "defualt", "--with", "recorded.jsonl", "--out", "m"], 2, "there is no model or folder 'defualt'"),
        (["combine", "fake", "--with", "recorded.jsonl", "--out", "m"], 1, "'fake' cannot be combined"),
        (["combine", "default", "--with", "recorded.jsonl", "--calibrate", "no", "--out", "m"], 2, "--calibrate"),
        (["combine", "default", "--with", "bad.jsonl", "--out", "m"], 1, "bad.jsonl, line 1: shares sum to 0.5"),
        (["combine", "default", "--with", "recorded.jsonl", "--calibrate", "recorded.jsonl", "--out", "m"], 1,
         "'model-x' is one of the recorded sources"),
        (["adapt", "--instrument", "tea.json", "--out", "m"], 2, "add one"),
        (["adapt", "--instrument", "tea.json", "--pilot", "human.parquet", "--audience", "us-adults", "--out", "m"], 2,
         "without --topline"),
        (["adapt", "--instrument", "tea.json", "--topline", "bad.jsonl", "--out", "m"], 1, "bad.jsonl, line 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_with_the_fix(cli, study, recorded, tmp_path, arguments, code, words):
    lines(tmp_path / "bad.jsonl", [TASTE | {"shares": [0.5, 0, 0], "source": "model-x"}])
    outcome = cli(*arguments)
    assert outcome.code == code
    assert words in outcome.error
