"""populace demo: the whole road, once, with fewer resamples."""

import json

import numpy as np
import pytest

from populace.app.demo import PILOT, TABLE, read_study, run_demo, study_instrument
from populace.models.library import load_model
from populace.prompts.render import prompt_of

PANELS = ("zero-shot", "adapted")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo's result and the folder it wrote."""
    out = tmp_path_factory.mktemp("demo") / "report"
    return run_demo(out, quick=True), out


def test_pilot_and_judges_are_different_people():
    study = read_study(1996)
    assert study.pilot.n == PILOT
    assert study.judges.n == 944 - PILOT
    assert not set(study.pilot.respondent_ids) & set(study.judges.respondent_ids)


def test_a_zero_shot_panel_is_told_backgrounds_and_nothing_else():
    study = read_study(1996)
    assert set(study.people.names()) == {"respondent_id", "age", "educ", "income"}


def test_no_question_of_the_demo_was_met_in_training():
    model, instrument = load_model("default"), study_instrument("anes96")
    asked = [prompt_of(item, 1996, "US") for item in instrument.items("question")]
    assert {model.origin(prompt) for prompt in asked} == {"text"}


def test_the_pilot_makes_the_panel_better_and_it_beats_simpler_uses_of_the_pilot(demo):
    checks = {
        panel: {c["check"]: c for c in demo[0]["panels"][panel]["checks"] if c["scope"] == "all"} for panel in PANELS
    }
    zero, adapted = (checks[panel] for panel in PANELS)
    assert adapted["tvd"]["value"] < zero["tvd"]["value"]
    assert adapted["n_star"]["value"] > adapted["n_star"]["baselines"]["pilot"]
    assert adapted["correlation_rmse"]["value"] < adapted["correlation_rmse"]["baselines"]["pilot"]
    assert adapted["correlation_rmse"]["value"] < adapted["correlation_rmse"]["baselines"]["copula"] + 0.03


def test_every_number_of_the_table_has_its_interval_and_its_ceiling(demo):
    for panel in PANELS:
        for check in demo[0]["panels"][panel]["checks"]:
            if check["check"] in TABLE and check["scope"] == "all":
                assert check["low"] <= check["value"] <= check["high"]
                assert check["ceiling"] is not None
                assert set(check["baselines"]) >= {"uniform", "same-scale", "pilot", "cells", "copula"}


def test_the_concept_test_says_that_nobody_was_asked(demo):
    answers = demo[0]["concept_test"]
    assert {a["verdict"] for a in answers} == {"UNVERIFIED"}
    for answer in answers:
        assert sum(answer["distribution"]) == pytest.approx(1)
        assert (np.array(answer["low"]) <= answer["distribution"]).all()
        assert (np.array(answer["distribution"]) <= answer["high"]).all()


def test_page_and_numbers_are_written_and_agree(demo):
    result, out = demo
    numbers = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert numbers["panels"]["adapted"]["summary"] == json.loads(json.dumps(result["panels"]["adapted"]["summary"]))
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Can synthetic respondents stand in for the voters of 1996?" in page
    assert "UNVERIFIED" in page
    assert "zero-shot" in result["words"]
