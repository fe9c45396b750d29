"""Twins: reading a study as far as this comparison needs it, arms, piped text, and predictions of outcomes."""

import csv
import json

import numpy as np
import pytest

from populace.app.benchmark import twins
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure
from populace.app.benchmark.twins import option_values, plain, predicted, read_study
from populace.models.base import Told
from populace.models.baselines import Margins, Uniform
from populace.prompts.prompt import Prompt

PEOPLE = 40


def question(id, tag, kind, text, **parts):
    named = {"QuestionID": id, "DataExportTag": tag, "QuestionType": kind, "QuestionText": text}
    return {"Element": "SQ", "Payload": named | parts}


def choices(*labels):
    return {str(k + 1): {"Display": label} for k, label in enumerate(labels)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A study of two arms, a grid and a piped question; the outcome counts staying green."""
    study = tmp_path / "defaults"
    study.mkdir()
    scale = choices("1 = bad", "2", "3 = good")
    elements = [
        question("QID1", "story", "DB", "You get <b>a letter</b>."),
        question("QID2", "timer", "Timing", "Timing"),
        question("QID3", "IN", "MC", "Stay&nbsp;or switch?", Selector="SAHR", Choices=choices("Stay", "Go green")),
        question("QID4", "OUT", "MC", "Stay?", Selector="SAHR", Choices=choices("Stay green", "Switch")),
        question("QID5", "Fair", "MC", "How fair is ${e://Field/fee}?", Selector="SAHR", Choices=scale,
                 RecodeValues={"1": "3", "2": 2, "3": 1}),
        question("QID6", "Why", "TE", "Why?"),
        question("QID7", "Grid", "Matrix", "Rate", Selector="Likert", SubSelector="SingleAnswer",
                 Choices=choices("tea", "milk"), Answers=scale),
        {"Element": "BL", "Payload": {"1": {"BlockElements": [
            {"Type": "Question", "QuestionID": "QID1"}, {"Type": "Question", "QuestionID": "QID2"},
            {"Type": "Question", "QuestionID": "QID3"}, {"Type": "Page Break"}]}}},
    ]  # fmt: skip
    (study / "survey.qsf").write_text(json.dumps({"SurveyElements": elements}), encoding="utf-8")
    random = np.random.default_rng(0)
    arm, chose = np.arange(PEOPLE) % 2, random.integers(1, 3, PEOPLE)
    names = ["IN", "OUT", "Fair", "Why", "Grid_2", "fee", "TWIN_ID"]
    ids = ["QID3", "QID4", "QID5", "QID6", "QID7_2", "fee", "TWIN_ID"]
    rows = [
        [
            chose[i] if not arm[i] else "",
            chose[i] if arm[i] else "",
            1 + i % 3,
            "words",
            1 + i % 2,
            ["tax", "tip"][i % 2],
            i,
        ]
        for i in range(PEOPLE)
    ]
    with (study / "response.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, names, [json.dumps({"ImportId": one}) for one in ids], *rows])
    green = np.where(arm == 0, chose == 2, chose == 1).astype(int)
    with (study / "outcomes_individual.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["TWIN_ID", "variable_name", "value", "respondent_type"])
        writer.writerows([[i, "green", green[i], "human"] for i in range(PEOPLE)])
        writer.writerows([[i, "green", 1, "twin"] for i in range(PEOPLE)])
    monkeypatch.setitem(twins.OUTCOMES, "defaults", {"green": ("IN", "OUT"), "fair": ("Fair", "Grid_2")})
    return study


def test_closed_questions_are_read_with_their_preface_codes_and_answers(folder):
    study = read_study(folder)
    columns = {(column.name, column.prompt.text): column for column in study.columns}
    assert ("IN", "You get a letter. Stay or switch?") in columns
    assert ("Grid_2", "Rate milk") in columns
    assert not any(name == "Why" for name, _ in columns)
    grid = columns["Grid_2", "Rate milk"]
    assert grid.prompt.ordinal and grid.codes.tolist() == [1, 2, 3]
    assert grid.positions.tolist() == [0, 1] * (PEOPLE // 2)


def test_piped_text_makes_a_version_for_each_group_that_saw_it(folder):
    fair = [column for column in read_study(folder).columns if column.name == "Fair"]
    assert [column.prompt.text for column in fair] == ["How fair is tax?", "How fair is tip?"]
    assert ((fair[0].positions >= 0) == (np.arange(PEOPLE) % 2 == 0)).all()
    assert {column.prompt.battery for column in fair} == {"How fair is ${e://Field/fee}?"}
    # the export stores recoded values: the first option is stored as 3
    assert fair[0].codes.tolist() == [3, 2, 1]
    assert fair[0].positions[:3].tolist() == [2, -1, 0]


def test_what_an_option_counts_in_an_outcome_is_read_off_the_people_who_chose_it(folder):
    study = read_study(folder)
    first, second = study.parts("green")
    assert option_values(first, study.human["green"]).tolist() == [0, 1]
    assert option_values(second, study.human["green"]).tolist() == [1, 0]


def test_the_expected_outcome_is_that_of_the_arm_a_person_was_in(folder):
    study = read_study(folder)
    columns = [column for column in study.columns if column.name in ("IN", "OUT", "Fair", "Grid_2")]
    model = Margins([c.prompt for c in columns], [c.positions for c in columns])
    said = predicted(model, study, [], False, np.random.default_rng(0))
    for arm, column in enumerate(study.parts("green")):
        rows = np.arange(PEOPLE) % 2 == arm
        share = model.share(column.prompt) @ option_values(column, study.human["green"])
        assert np.allclose(said.expected[rows, 0], share)
    assert set(said.drawn[:, 0]) <= {0.0, 1.0}
    # the mean of a piped question and a row of a grid
    assert (said.expected[:, 1] > 1).all() and (said.expected[:, 1] < 3).all()


def test_an_outcome_is_never_told_to_the_model_that_predicts_it(folder):
    study = read_study(folder)
    asked = []

    class Spy:
        name = hash = "spy"

        def open(self, n, history=()):
            asked.append({told.prompt.text for told in history})
            return Uniform().open(n)

    predicted(Spy(), study, [], True, np.random.default_rng(0))
    outcome = {column.prompt.text for column in study.parts("green")}
    assert not outcome & asked[0]
    assert outcome <= asked[1]


def test_options_with_numbers_before_them_are_put_in_their_order_without_the_numbers():
    answers = {1: "2 - 30-49", 2: "1 - 18-29", 3: "10 - older"}
    told = twins._told_of("How old are you?", answers, np.array([3, 1, 7]))
    assert told.prompt.options == ("18-29", "30-49", "older") and told.prompt.ordinal
    assert told.choices.tolist() == [2, 1, -1]


def test_wording_loses_its_markup():
    assert plain("How <b>fair</b>&nbsp;is\n it?") == "How fair is it?"


def test_background_becomes_indicators():
    told = [Told(Prompt("Sex?", ("man", "woman")), np.array([0, 1, -1]))]
    assert twins.one_hot(told).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_studies_count_alike_over_all_outcomes_and_correlations_are_averaged_on_fishers_scale(tmp_path):
    def numbers(r, accuracy):
        return {"individual r": np.arctanh(r).tolist(), "normalised accuracy": accuracy}

    items = {
        "big": {twins.BACKGROUND: numbers([0.2] * 4, [0.6] * 4), twins.TWIN: numbers([0.1] * 4, [0.7] * 4)},
        "small": {twins.BACKGROUND: numbers([0.6], [0.8]), twins.TWIN: numbers([0.5], [0.9])},
    }
    bench = Bench(tmp_path, tmp_path, quick=True)
    figures = twins.overall(bench, items)
    found = {(one.system, one.measure): one for one in figures if one.study == "all"}
    alike = {(one.system, one.measure): one for one in figures if one.study != "all"}
    expected = np.tanh((np.arctanh(0.2) + np.arctanh(0.6)) / 2)
    assert found[twins.BACKGROUND, "individual r"].value == pytest.approx(expected)
    assert found[twins.BACKGROUND, "normalised accuracy"].value == pytest.approx(0.7)
    assert found[twins.BACKGROUND, "individual r, minus LLM twins"].low > 0
    assert (twins.BACKGROUND, "SD ratio") not in found
    assert alike[twins.BACKGROUND, "normalised accuracy"].value == pytest.approx((4 * 0.6 + 0.8) / 5)


def slope(study, system, value):
    return Figure("twins", study, system, "structure slope", value, value - 0.1, value + 0.1, 8, "outcomes")


def test_structure_slopes_are_averaged_over_the_studies_that_have_one(tmp_path):
    bench = Bench(tmp_path, tmp_path, quick=True)
    found = [
        slope("infotainment", twins.TWIN, 0.4),
        slope("accuracy_nudges", twins.TWIN, 0.8),
        slope("infotainment, 49 long profiles", twins.TWIN, 9.0),
        slope("infotainment", twins.BACKGROUND, 0.1),
    ]
    (mean,) = twins.overall_slopes(bench, found)
    assert (mean.system, mean.study, mean.units) == (twins.TWIN, "all", 2)
    assert mean.value == pytest.approx(0.6)
    assert (mean.low, mean.high) == pytest.approx((0.4, 0.8))


def test_all_outcomes_of_the_studies_are_found_but_the_one_that_is_said_to_be_out_of_reach(corpora):
    found = {}
    for name in list(twins.OUTCOMES):
        study = read_study(corpora / twins.FOLDER / name)
        missing = set(study.human) - set(twins.OUTCOMES[name])
        found[name] = len(twins.OUTCOMES[name])
        assert {f"{name}: {one}" for one in missing} <= set(twins.UNCOVERED)
        for outcome in twins.OUTCOMES[name]:
            seen = np.sum([column.positions >= 0 for column in study.parts(outcome)], axis=0)
            assert (seen >= 1).mean() > 0.95, (name, outcome)
    assert sum(found.values()) == 39
