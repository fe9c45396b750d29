"""Stata files: what goes out comes back, and what the format cannot hold lies beside it."""

import polars as pl
import pyreadstat
import pytest

from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.data.files.stata import stata_names
from populace.errors import DataError
from populace.survey.scale import Option

AGREE = (Option(1, "Disagree"), Option(2, "Agree"), Option(9, "Don't know", missing=True))
TOWN = (Option("y", "Yes"), Option("n", "No"))


@pytest.fixture
def answers():
    variables = (
        RESPONDENT,
        Variable("a.b", "Do you agree?", "ordinal", AGREE),
        Variable("town", "In a town?", "single", TOWN, "background"),
        Variable("age", "How old?", "numeric"),
        Variable("why", "Why?", "text"),
        Variable("w", "Weight", "numeric", role="weight"),
    )
    frame = pl.DataFrame(
        {
            "respondent_id": ["r1", "r2", "r3"],
            "a.b": [1, 9, None],
            "town": ["y", None, "n"],
            "age": [34, None, 51],
            "why": ["Because", None, "So"],
            "w": [0.5, 1.25, 1.0],
        }
    )
    return DataSet(frame, Codebook("t", "T", variables, {"weight": "w"}))


def test_what_is_written_is_read_back_the_same(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    assert read_dataset(tmp_path / "t.dta").content_hash == answers.content_hash


def test_other_programs_see_numbers_with_labels(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    frame, meta = pyreadstat.read_dta(tmp_path / "t.dta", output_format="polars")
    assert frame["a_b"].to_list() == [1, 9, None]
    assert meta.variable_value_labels["a_b"] == {1: "Disagree", 2: "Agree", 9: "Don't know"}
    assert meta.variable_value_labels["town"] == {1: "Yes", 2: "No"}
    assert meta.column_names_to_labels["age"] == "How old?"


def test_the_do_file_declares_missing_values_and_the_weight(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    lines = (tmp_path / "t.do").read_text().splitlines()
    assert "mvdecode a_b, mv(9=.a)" in lines
    assert "svyset [pweight=w]" in lines


def test_missing_values_with_letters_are_codes_of_missing_options(tmp_path):
    answers = pl.DataFrame({"q": pl.Series([1.0, "a", 3.0, "b", None], dtype=pl.Object)})
    labels = {"q": {1: "Yes", 3: "No", "a": "Refused"}}
    pyreadstat.write_dta(
        answers, tmp_path / "t.dta", missing_user_values={"q": ["a", "b"]}, variable_value_labels=labels
    )
    found = read_dataset(tmp_path / "t.dta")
    assert found.codes("q").to_list() == [1, -1, 3, -2, None]
    missing = {option.code: option.label for option in found.codebook.variable("q").options if option.missing}
    assert missing == {-1: "Refused", -2: "Missing (.b)"}
    assert any("q .a is -1, q .b is -2" in note for note in found.notes)


def test_what_the_do_file_made_missing_is_its_code_again(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    frame, _ = pyreadstat.read_dta(tmp_path / "t.dta", output_format="polars")
    frame = frame.with_columns(pl.Series("a_b", [1.0, "a", None], dtype=pl.Object))
    pyreadstat.write_dta(frame, tmp_path / "t.dta", missing_user_values={"a_b": ["a"]})
    assert read_dataset(tmp_path / "t.dta").codes("a.b").to_list() == [1, 9, None]


def test_without_the_codebook_labels_still_make_options(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    (tmp_path / "t.codebook.json").unlink()
    found = read_dataset(tmp_path / "t.dta")
    assert found.codebook.variable("a_b").labels == ("Disagree", "Agree", "Don't know")


def test_a_codebook_of_other_columns_is_not_used_and_told(answers, tmp_path):
    write_dataset(answers, tmp_path / "t.dta")
    pyreadstat.write_dta(pl.DataFrame({"x": [1, 2]}), tmp_path / "t.dta")
    found = read_dataset(tmp_path / "t.dta")
    assert "other columns" in found.notes[0]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["q1", "Q1"], ["q1", "Q1_2"]),
        (["1st", "if"], ["v1st", "vif"]),
        (["a" * 40, "a" * 41], ["a" * 32, "a" * 30 + "_2"]),
        (["_model"], ["populace_model"]),
    ],
)
def test_names_are_legal_and_different(columns, names):
    assert list(stata_names(columns).values()) == names


def test_a_portable_file_can_be_read_and_not_written(answers, tmp_path):
    pyreadstat.write_por(pl.DataFrame({"Q1": [1.0, 2.0]}), tmp_path / "t.por", column_labels={"Q1": "Well?"})
    assert read_dataset(tmp_path / "t.por").codebook.variable("Q1").text == "Well?"
    with pytest.raises(DataError, match="read only"):
        write_dataset(answers, tmp_path / "out.por")
