"""The commands on a tiny study: what they write, what they print, and that the same seed gives the same file."""

import json

import polars as pl
import pytest

from populace.data.files import read_dataset

QUESTIONS = [
    {"id": "q1", "text": "Do you own a car?", "options": ["Yes", "No"], "type": "single"},
    {"id": 2, "text": "Cars are useful.", "options": ["Disagree", "Neither", "Agree"], "type": "ordinal", "year": 2020},
]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS))
    return path


def simulate(cli, study, out, *more):
    arguments = ["--respondents", study.people, "--model", "fake", "--seed", 1, "--out", out]
    return cli("simulate", study.instrument, *arguments, *more)


def test_a_panel_keeps_the_people_and_says_that_it_is_synthetic(cli, study, tmp_path):
    outcome = simulate(cli, study, tmp_path / "made" / "panel.parquet", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["respondents"] == 60
    panel, people = read_dataset(tmp_path / "made" / "panel.parquet"), read_dataset(study.people)
    assert panel.respondent_ids.tolist() == people.respondent_ids.tolist()
    assert panel.codes("sex").to_list() == people.codes("sex").to_list()
    assert {"taste", "calm", "milk"} <= set(panel.names("question"))
    assert panel.synthetic
    assert panel.answers["_seed"].unique().to_list() == [1]
    assert panel.answers["_model_hash"][0] == outcome.json["model_hash"]


def test_the_same_seed_gives_the_same_panel_whatever_the_batch_size(cli, study, tmp_path):
    simulate(cli, study, tmp_path / "one.parquet")
    simulate(cli, study, tmp_path / "two.parquet", "--batch-size", 7)
    assert pl.read_parquet(tmp_path / "one.parquet").equals(pl.read_parquet(tmp_path / "two.parquet"))


def test_the_panel_of_two_workers_is_that_of_one(cli, shell, study, tmp_path):
    arguments = ["simulate", study.instrument, "--respondents", study.people, "--model", "fake", "--seed", 1]
    assert shell(*arguments, "--batch-size", 20, "--workers", 2, "--out", "two.parquet").code == 0
    simulate(cli, study, tmp_path / "one.parquet")
    one, two = (read_dataset(tmp_path / f"{name}.parquet") for name in ("one", "two"))
    assert one.content_hash == two.content_hash


def test_the_hash_of_the_content_is_shown(cli, study, tmp_path):
    outcome = simulate(cli, study, tmp_path / "panel.parquet", "--json")
    assert outcome.json["content_hash"] == read_dataset(tmp_path / "panel.parquet").content_hash
    again = simulate(cli, study, tmp_path / "again.parquet")
    assert outcome.json["content_hash"] in again.out


def test_the_same_command_makes_the_same_panel_again(cli, study, tmp_path):
    simulate(cli, study, tmp_path / "panel.parquet")
    before = (tmp_path / "panel.parquet").read_bytes()
    assert simulate(cli, study, tmp_path / "panel.parquet").code == 0
    assert (tmp_path / "panel.parquet").read_bytes() == before


def test_a_report_is_made_anew_without_asking(cli, study, tmp_path):
    for _ in range(2):
        outcome = cli("scrutinize", study.human, study.human, "--out", tmp_path / "report")
        assert outcome.code == 0, outcome.err


def test_numbers_that_are_none_are_counted_where_data_are_read(cli, study, tmp_path):
    human = read_dataset(study.human)
    holes = human.answers.with_columns(milk=pl.Series([float("nan")] * 3 + [1.0] * 57))
    holes.write_parquet(study.human, metadata={"populace.codebook": human.codebook.to_json()})
    outcome = cli("scrutinize", study.human, study.human, "--out", tmp_path / "report")
    assert "note: " in outcome.err
    assert "3 cells hold NaN or infinity (in 'milk'), taken as no answer" in outcome.err


def test_people_are_drawn_for_an_audience_and_their_backgrounds_are_in_the_panel(cli, study, tmp_path):
    survey = json.loads(study.instrument.read_text())
    (tmp_path / "short.json").write_text(json.dumps(survey | {"blocks": survey["blocks"][1:]}))
    audience = ["--audience", "us-adults", "-n", 200, "--model", "fake", "--seed", 1]
    outcome = cli("simulate", tmp_path / "short.json", *audience, "--out", "panel.parquet")
    assert outcome.code == 0, outcome.err
    panel = read_dataset(tmp_path / "panel.parquet")
    assert panel.n == 200
    assert {"sex", "agegroup", "race", "education", "region"} <= set(panel.names("background"))


def test_given_answers_inform_the_panel(cli, study, tmp_path):
    survey = json.loads(study.instrument.read_text())
    survey["blocks"][1]["questions"] = survey["blocks"][1]["questions"][2:]
    study.instrument.write_text(json.dumps(survey))
    simulate(cli, study, tmp_path / "without.parquet")
    outcome = simulate(cli, study, tmp_path / "with.parquet", "--given", study.human)
    assert outcome.code == 0, outcome.err
    with_given, without = (read_dataset(tmp_path / f"{name}.parquet").codes("milk") for name in ("with", "without"))
    assert not with_given.equals(without)


def test_progress_goes_to_standard_error_and_the_result_alone_to_standard_output(cli, study, tmp_path):
    outcome = simulate(cli, study, tmp_path / "panel.parquet", "--json")
    assert len(outcome.out.splitlines()) == 1
    assert "60 of 60 respondents" in outcome.err


def test_predict_answers_every_question_in_order(cli, study, questions, tmp_path):
    out = tmp_path / "made" / "predictions.jsonl"
    outcome = cli("predict", questions, "--respondents", study.people, "--model", "fake", "--out", out, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["questions"] == 2
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [answer["id"] for answer in answers] == ["q1", 2]
    for answer, question in zip(answers, QUESTIONS, strict=True):
        assert len(answer["distribution"]) == len(answer["low"]) == len(answer["high"]) == len(question["options"])
        assert sum(answer["distribution"]) == pytest.approx(1, abs=1e-6)
        triples = zip(answer["low"], answer["distribution"], answer["high"], strict=True)
        assert all(0 <= low <= share <= high <= 1 for low, share, high in triples)


def test_predict_draws_an_audience_and_repeats_itself(cli, questions, tmp_path):
    for name in ("one", "two"):
        arguments = ["--audience", "us-adults", "-n", 100, "--model", "fake", "--seed", 3, "--out", tmp_path / name]
        assert cli("predict", questions, *arguments).code == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_scrutiny_writes_a_page_and_the_same_numbers(cli, study, tmp_path):
    simulate(cli, study, tmp_path / "panel.parquet")
    outcome = cli("scrutinize", tmp_path / "panel.parquet", study.human, "--out", tmp_path / "report", "--json")
    assert outcome.code == 0, outcome.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    keys = {"check", "group", "scope", "value", "low", "high", "ceiling", "floor", "verdict"}
    assert report["checks"]
    assert all(keys <= set(check) for check in report["checks"])
    assert {check["scope"] for check in report["checks"]} <= {"question", "battery", "pair", "all"}
    assert report["summary"]["verdict"] == outcome.json["verdict"]
    assert (tmp_path / "report" / "index.html").read_text().lstrip().lower().startswith("<!doctype html>")


def test_panel_and_people_the_wrong_way_round_are_noticed(cli, study, tmp_path):
    simulate(cli, study, tmp_path / "panel.parquet")
    outcome = cli("scrutinize", study.human, tmp_path / "panel.parquet", "--out", tmp_path / "report")
    assert outcome.code == 2
    assert "swap the two" in outcome.error


def test_people_against_people_run_through_the_same_command(cli, study, tmp_path):
    assert cli("scrutinize", study.human, study.human, "--out", tmp_path / "report").code == 0


def test_models_are_listed_and_described(cli):
    assert "fake" in cli("models").out
    assert {"fake", "uniform"} <= {card["name"] for card in cli("models", "--json").json["models"]}
    shown = cli("models", "show", "fake", "--json")
    assert shown.json["name"] == "fake"
    assert "kind: fake" in cli("models", "show", "fake").out


def test_a_model_that_cannot_be_adapted_says_so(cli, study, tmp_path):
    arguments = ["--pilot", study.human, "--instrument", study.instrument, "--model", "fake", "--out", tmp_path / "m"]
    outcome = cli("adapt", *arguments)
    assert outcome.code == 1
    assert "cannot be adapted" in outcome.error
    assert not (tmp_path / "m").exists()
