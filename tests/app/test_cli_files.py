"""populace import, export and check on a small study."""

import json
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from populace.data.files import read_dataset
from populace.survey.instrument import read_instrument

EXAMPLES = Path(__file__).parents[2] / "examples"

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


def test_a_questionnaire_of_ours_becomes_a_study_with_answers_by_column_name(cli, files):
    rows = ["id,visits", "a,3", "b,1"]
    (files / "answers.csv").write_text("\n".join(rows) + "\n")
    (files / "own.yaml").write_text(
        "id: own\ntitle: Own\nquestions:\n- {name: visits, kind: numeric, text: How many?, minimum: 0, maximum: 9}\n"
    )
    out = files / "own"
    outcome = cli("import", files / "own.yaml", "--data", files / "answers.csv", "--id-column", "id", "--out", out)
    assert outcome.code == 0, outcome.err
    assert read_instrument(out).content_hash == read_instrument(files / "own.yaml").content_hash
    assert read_dataset(out).values("visits").tolist() == [3, 1]


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


def test_the_quality_of_designs_is_said(cli):
    outcome = cli("check", EXAMPLES / "loyalty.yaml")
    assert "question 'card': 2 x 2 choice tasks of 2 alternatives and none: 88% as efficient" in outcome.out
    assert "question 'important': 2 x 2 best-worst sets of 3 of 5 items: 93% as efficient" in outcome.out
    assert len(cli("check", EXAMPLES / "loyalty.yaml", "--json").json["designs"]) == 2


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


# -- broken files ----------------------------------------------------------------------------------------------------

GARBAGE = bytes(range(255, -1, -1)) * 12
BROKEN = {
    "empty.qsf": (b"", "is empty (0 bytes)"),
    "cut.qsf": (json.dumps(QSF).encode()[:900], "not valid JSON"),
    "garbage.qsf": (GARBAGE, "is not Qualtrics QSF"),
    "other.qsf": (b'{"a": 1}', "is not Qualtrics QSF"),
    "empty.xlsx": (b"", "is empty (0 bytes)"),
    "garbage.xlsx": (GARBAGE, "is not XLSForm"),
    "cut.xlsx": (b"PK\x03\x04" + GARBAGE, "was cut short"),
    "cut.lss": (b'<?xml version="1.0"?>\n<document>\n <LimeSurveyDocType>Survey</LimeSurveyDocType>\n <gro', "line 4"),
    "garbage.csv": (GARBAGE, "is not UTF-8"),
    "empty.csv": (b"", "is empty"),
}
ANSWERS = {
    "wrong.csv": (b"a,b,c\n1,2,3\n", "none of its 3 columns"),
    "header.csv": (b"ResponseId,tea\n", "has 1 row;"),
    "empty.csv": (b"", "is empty"),
    "garbage.csv": (GARBAGE, "is not UTF-8"),
    "garbage.sas7bdat": (GARBAGE, "is not a SAS data set"),
    "garbage.xlsx": (GARBAGE, "garbage.xlsx"),
    "garbage.odt": (GARBAGE, "ends in '.odt'"),
}


def refused(outcome, words, out):
    """One line that says what is wrong, and nothing written."""
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("error: ") and outcome.err.count("\n") == 1, outcome.err
    assert words in outcome.err
    assert ": " in outcome.err.removeprefix("error: ")
    assert not out.exists()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_questionnaire_is_one_line_and_no_study(cli, tmp_path, name):
    content, words = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    outcome = cli("import", tmp_path / name, "--out", tmp_path / "study")
    refused(outcome, words, tmp_path / "study")
    assert name in outcome.err


@pytest.mark.parametrize("name", ANSWERS)
def test_broken_answers_are_one_line_and_no_half_of_a_study(cli, files, name):
    content, words = ANSWERS[name]
    (files / name).write_bytes(content)
    outcome = cli("import", files / "survey.qsf", "--data", files / name, "--out", files / "study")
    refused(outcome, words, files / "study")


def test_an_spss_file_that_was_cut_in_half_leaves_an_earlier_study_as_it_was(cli, files, study):
    cli("export", study, "--format", "spss", "--out", files / "tea.sav")
    whole = (files / "tea.sav").read_bytes()
    (files / "tea.sav").write_bytes(whole[: len(whole) // 2])
    before = {path.name: path.read_bytes() for path in study.iterdir()}
    outcome = cli("import", files / "survey.qsf", "--data", files / "tea.sav", "--out", study, "--overwrite")
    assert outcome.code == 1 and outcome.err.count("\n") == 1
    assert "is not an SPSS file that can be read, or is cut short" in outcome.err
    assert {path.name: path.read_bytes() for path in study.iterdir()} == before


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xpt"])
def test_answers_in_files_of_statistics_packages_are_taken(cli, files, suffix):
    frame = pl.DataFrame({"tea": [1.0, 0.0], "kinds_1": [1.0, None]})
    writers = {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta, ".xpt": pyreadstat.write_xport}
    writers[suffix](frame, files / f"tea{suffix}")
    outcome = cli("import", files / "survey.qsf", "--data", files / f"tea{suffix}", "--out", files / "study")
    assert outcome.code == 0, outcome.err
    assert read_dataset(files / "study").codes("tea").to_list() == [1, 0]
    assert "2 columns are named after answers" in (files / "study" / "import.txt").read_text()


def test_a_file_of_another_survey_is_refused(cli, files):
    pyreadstat.write_sav(pl.DataFrame({"coffee": [1.0]}), files / "other.sav")
    outcome = cli("import", files / "survey.qsf", "--data", files / "other.sav", "--out", files / "study")
    refused(outcome, "none of its columns ('respondent_id', 'coffee')", files / "study")


def test_an_unknown_format_is_wrong_use(cli, files):
    outcome = cli("import", files / "survey.qsf", "--format", "qfs", "--out", files / "study")
    assert outcome.code == 2
    assert outcome.err.startswith("error: format 'qfs' is unknown (did you mean 'qsf'?)")
    assert not (files / "study").exists()
