"""CSV: codes as written, formulas made harmless, the codebook beside it."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.errors import DataError
from populace.survey.scale import Option


def rows_of(path: Path) -> list[dict[str, str]]:
    """What another program sees."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edited(path: Path, old: str, new: str) -> Path:
    """The same file after somebody changed it by hand."""
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8", newline="")
    return path


@pytest.fixture
def path(tmp_path, dataset) -> Path:
    write_dataset(dataset, tmp_path / "panel.csv")
    return tmp_path / "panel.csv"


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_dataset(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_codes_are_written_as_they_are_and_no_answer_is_an_empty_cell(path):
    assert [row["tax"] for row in rows_of(path)] == ["3", "-9", "", "2"]
    assert [row["sex"] for row in rows_of(path)] == ["f", "", "m", "f"]


@pytest.mark.parametrize("word", ["=1+1", "+1", "-1", "@sum", "\tx", "'=1", "''=1"])
def test_words_that_a_spreadsheet_would_run_are_escaped_and_come_back(tmp_path, answers, codebook, word):
    dataset = DataSet(answers.with_columns(why=pl.lit(word)), codebook)
    write_dataset(dataset, tmp_path / "panel.csv")
    assert rows_of(tmp_path / "panel.csv")[0]["why"] == "'" + word
    assert read_dataset(tmp_path / "panel.csv").codes("why")[0] == word


@pytest.mark.parametrize("word", ["'tis", "a=b", "'", "it's"])
def test_other_words_are_left_alone(tmp_path, answers, codebook, word):
    write_dataset(DataSet(answers.with_columns(why=pl.lit(word)), codebook), tmp_path / "panel.csv")
    assert rows_of(tmp_path / "panel.csv")[0]["why"] == word


def test_negative_numbers_are_left_alone(tmp_path, answers, codebook):
    dataset = DataSet(answers.with_columns(age=pl.Series([-1, -20, 3, None])), codebook)
    write_dataset(dataset, tmp_path / "panel.csv")
    assert [row["age"] for row in rows_of(tmp_path / "panel.csv")] == ["-1", "-20", "3", ""]


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=6), min_size=1, max_size=6))
def test_any_text_comes_back_as_it_was(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame = pl.DataFrame({"respondent_id": range(len(texts)), "t": pl.Series(texts, dtype=pl.String)})
    write_dataset(DataSet(frame, Codebook("t", "T", (Variable("t", "T?", "text"),))), path)
    assert read_dataset(path).codes("t").to_list() == texts


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_any_number_comes_back_to_the_last_digit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    frame = pl.DataFrame({"respondent_id": range(len(numbers)), "x": pl.Series(numbers, dtype=pl.Float64)})
    write_dataset(DataSet(frame, Codebook("t", "T", (Variable("x", "X?", "numeric"),))), path)
    assert read_dataset(path).codes("x").to_list() == numbers


def test_32_bit_numbers_come_back_to_the_last_digit(tmp_path, answers, codebook):
    dataset = DataSet(answers.with_columns(w=pl.Series([0.1, 0.2, 0.3, 1.0], dtype=pl.Float32)), codebook)
    write_dataset(dataset, tmp_path / "panel.csv")
    assert read_dataset(tmp_path / "panel.csv").content_hash == dataset.content_hash


def test_codes_that_a_spreadsheet_wrote_with_a_decimal_point_are_read(path):
    assert read_dataset(edited(path, "f,31,3,", "f,31,3.0,")).codes("tax")[0] == 3


def test_truth_values_that_a_spreadsheet_wrote_in_capitals_are_read(tmp_path, synthetic):
    write_dataset(synthetic, tmp_path / "panel.csv")
    assert read_dataset(edited(tmp_path / "panel.csv", "true", "TRUE")).synthetic


def test_a_csv_without_a_codebook_is_told_what_to_put_beside_it(path):
    path.with_suffix(".codebook.json").unlink()
    assert "has no codebook beside it; expected panel.codebook.json" in refusal(path)


def test_a_cell_that_is_no_code_is_named_with_its_row(path):
    assert "column 'tax' has 'often' in row 1; expected a code" in refusal(edited(path, "f,31,3,", "f,31,often,"))


def test_labels_in_the_place_of_codes_are_answered_with_the_codes(path):
    message = refusal(edited(path, "f,31,3,", "f,31,Agree,"))
    assert (
        "expected a code, not a label (3 for 'Agree', 1 for 'Neither', 2 for 'Disagree', -9 for \"Don't know\")"
        in message
    )


def test_a_code_the_codebook_lacks_is_refused_by_name(path):
    assert "column 'tax' has code 7 in 1 row" in refusal(edited(path, "f,31,3,", "f,31,7,"))


def test_a_file_with_fewer_rows_than_its_codebook_says_is_refused(path):
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("\nc,") + 1], encoding="utf-8")
    assert "has 2 rows, its codebook says 4" in refusal(path)


def test_rows_may_be_taken_out_on_purpose(path):
    note = path.with_suffix(".codebook.json")
    content = json.loads(note.read_text(encoding="utf-8"))
    del content["populace.csv"]
    note.write_text(json.dumps(content), encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("\nc,") + 1], encoding="utf-8")
    assert read_dataset(path).n == 2


def test_a_file_that_stops_in_the_middle_of_a_line_is_refused_even_without_a_row_count(tmp_path):
    codebook = Codebook("t", "T", (Variable("q", "Q?", "single", (Option(1, "A"), Option(2, "B"))),))
    (tmp_path / "t.codebook.json").write_text(codebook.to_json(), encoding="utf-8")
    (tmp_path / "t.csv").write_text("respondent_id,q\na,1\nb", encoding="utf-8")
    assert "stops in the middle of its last line" in refusal(tmp_path / "t.csv")


def test_a_file_from_elsewhere_without_a_last_line_end_is_read(tmp_path):
    codebook = Codebook("t", "T", (Variable("q", "Q?", "single", (Option(1, "A"), Option(2, "B"))),))
    (tmp_path / "t.codebook.json").write_text(codebook.to_json(), encoding="utf-8")
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfrespondent_id,q\r\n01,1\r\nb,2")
    assert read_dataset(tmp_path / "t.csv").answers.rows() == [("01", 1), ("b", 2)]


def test_a_file_that_is_not_utf_8_is_refused_with_the_place(path):
    path.write_bytes(path.read_bytes().replace("ü".encode(), b"\xfc"))
    assert "is not UTF-8" in refusal(path)
