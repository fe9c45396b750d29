"""populace import, export and check on a small study."""

import json

import pytest

from populace.data.files import read_dataset
from populace.survey.instrument import read_instrument

QSF = {
    "SurveyEntry": {"SurveyName": "Tea", "SurveyLanguage": "EN", "SurveyStartDate": "2025-03-01 10:00:00"},
    "SurveyElements": [
        {
            "Element": "BL",
            "Payload": [
                {
                    "Type": "Default",
                    "ID": "BL_1",
                    "Description": "Main",
                    "BlockElements": [
                        {"Type": "Question", "QuestionID": "QID1"},
                        {"Type": "Question", "QuestionID": "QID2"},
                    ],
                }
            ],
        },
        {"Element": "FL", "Payload": {"Type": "Root", "Flow": [{"Type": "Block", "ID": "BL_1", "FlowID": "FL_2"}]}},
        {
            "Element": "SQ",
            "Payload": {
                "QuestionID": "QID1",
                "QuestionType": "MC",
                "Selector": "SAVR",
                "SubSelector": "TX",
                "DataExportTag": "tea",
                "QuestionText": "Do you drink <b>tea</b>?",
                "Choices": {"1": {"Display": "Yes"}, "2": {"Display": "No"}},
                "ChoiceOrder": [1, 2],
                "RecodeValues": {"1": "1", "2": "0"},
            },
        },
        {
            "Element": "SQ",
            "Payload": {
                "QuestionID": "QID2",
                "QuestionType": "MC",
                "Selector": "MAVR",
                "SubSelector": "TX",
                "DataExportTag": "kinds",
                "QuestionText": "Which kinds?",
                "Choices": {"1": {"Display": "Green"}, "2": {"Display": "Black"}},
                "ChoiceOrder": [1, 2],
                "DisplayLogic": {
                    "0": {
                        "0": {
                            "LogicType": "Question",
                            "LeftOperand": "q://QID1/SelectableChoice/1",
                            "Operator": "Selected",
                            "Type": "Expression",
                        },
                        "Type": "If",
                    },
                    "Type": "BooleanExpression",
                },
            },
        },
    ],
}
EXPORT = """ResponseId,tea,kinds_1,kinds_2
Response ID,Do you drink tea?,Which kinds? - Green,Which kinds? - Black
"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2_1""}","{""ImportId"":""QID2_2""}"
R_1,1,1,
R_2,0,,
R_3,1,,1
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "survey.qsf").write_text(json.dumps(QSF))
    (tmp_path / "export.csv").write_text(EXPORT)
    return tmp_path


@pytest.fixture
def study(cli, files):
    outcome = cli(
        "import", files / "survey.qsf", "--format", "qsf", "--data", files / "export.csv", "--out", files / "study"
    )
    assert outcome.code == 0, outcome.err
    return files / "study"


def test_a_survey_with_its_answers_becomes_a_study(study):
    instrument, answers = read_instrument(study), read_dataset(study)
    assert [question.name for question in instrument.questions] == ["tea", "kinds"]
    assert instrument.question("kinds").show_if == "selected(tea, 1)"
    assert answers.respondent_ids.tolist() == ["R_1", "R_2", "R_3"]
    assert answers.codes("tea").to_list() == [1, 0, 1]
    assert answers.codes("kinds_1").to_list() == [1, None, 0]


def test_the_report_says_what_was_changed_and_where(study):
    report = (study / "import.txt").read_text()
    assert "QID1 (tea): formatting" in report
    content = json.loads((study / "import.json").read_text())
    assert ["question", "taken", 2] in content["fidelity"]["counts"]


def test_an_earlier_study_is_not_replaced_unasked(cli, files, study):
    outcome = cli("import", files / "survey.qsf", "--format", "qsf", "--out", study)
    assert outcome.code == 2
    assert "--overwrite" in outcome.err


def test_answers_are_exported_in_the_columns_of_an_export(cli, files, study):
    out = files / "again.csv"
    outcome = cli("export", study, "--format", "qualtrics-csv", "--like", files / "export.csv", "--out", out)
    assert outcome.code == 0, outcome.err
    assert out.read_text(encoding="utf-8-sig") == EXPORT


def test_a_panel_of_the_imported_survey_keeps_its_logic(cli, files, study):
    panel = files / "panel.parquet"
    outcome = cli("simulate", study, "--audience", "us-adults", "-n", 50, "--model", "fake", "--out", panel)
    assert outcome.code == 0, outcome.err
    found = cli("check", study, "--answers", panel, "--json").json
    assert found["violations"] == []
    assert found["unreachable"] == {}


def test_answers_that_break_a_rule_are_found(cli, files, study):
    (files / "export.csv").write_text(EXPORT.replace("R_2,0,,", "R_2,0,1,"))
    out = files / "broken"
    cli("import", files / "survey.qsf", "--format", "qsf", "--data", files / "export.csv", "--out", out)
    found = cli("check", out, "--json").json
    assert {"rule": "was not put to", "column": "kinds_1", "respondents": 1} in found["violations"]


def test_spss_comes_with_the_syntax_for_its_sets(cli, files, study):
    out = files / "tea.sav"
    assert cli("export", study, "--format", "spss", "--out", out).code == 0
    syntax = (files / "tea.sps").read_text()
    assert "/MDGROUP NAME=$kinds" in syntax
    assert "VARIABLES=kinds_1 kinds_2 VALUE=1" in syntax
    assert read_dataset(out).codes("tea").to_list() == [1, 0, 1]


def test_an_unknown_format_is_refused_with_the_closest_one(cli, files, study):
    outcome = cli("export", study, "--format", "qualtrics_csv", "--out", files / "x.csv")
    assert outcome.code == 2
    assert "did you mean 'qualtrics-csv'" in outcome.err


def test_what_is_no_questionnaire_is_refused_in_one_line(cli, files):
    (files / "other.qsf").write_text('{"SurveyEntry": {}, "SurveyElements": [{"Element": "SQ"')
    outcome = cli("import", files / "other.qsf", "--format", "qsf", "--out", files / "other")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert not (files / "other").exists()
