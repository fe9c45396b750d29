"""SAS files: wordings, labels from a catalog, missing values with letters; damaged files are refused or read."""

import base64
import json
import lzma
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from populace.confined.run import run
from populace.data.files import read_dataset, write_dataset
from populace.errors import DataError

from . import sas_files
from .test_foreign import HERE, damaged

COLUMNS = {
    "tea": ("Do you like tea?", "YESNO8.", [1, 2, "A", "B", None]),
    "cups": ("How many cups?", None, [3, 2.5, None, "Z", 1]),
    "town": ("Which town?", "$TOWN12.", ["m", "p", None, "m", "m"]),
    "day": ("Which day?", "DATE9", [1, 2, "C", 4, 5]),
}
FORMATS = {"YESNO": {1: "Yes", 2: "No", "A": "Refused", "D": "Nobody has it"}, "$TOWN": {"m": "Madrid", "p": "Paris"}}


@pytest.fixture
def path(tmp_path):
    sas_files.data(tmp_path / "tea.sas7bdat", COLUMNS)
    return tmp_path / "tea.sas7bdat"


def options(dataset, name):
    return {option.code: (option.label, option.missing) for option in dataset.codebook.variable(name).options}


def test_a_data_set_that_sas_wrote_is_read(tmp_path):
    packed = Path(__file__).parent / "samples" / "iris.sas7bdat.xz"
    (tmp_path / "iris.sas7bdat").write_bytes(lzma.decompress(packed.read_bytes()))
    iris = read_dataset(tmp_path / "iris.sas7bdat")
    assert iris.n == 150 and iris.notes == ()
    assert iris.codes("Sepal_Length").sum() == pytest.approx(876.5)
    assert iris.codes("Species").unique().sort().to_list() == ["setosa", "versic", "virgin"]


def test_labels_come_from_the_catalog_beside_the_file(path):
    sas_files.catalog(path.with_suffix(".sas7bcat"), FORMATS)
    found = read_dataset(path)
    assert found.codebook.variable("tea").text == "Do you like tea?"
    assert options(found, "tea") == {
        1: ("Yes", False), 2: ("No", False), -2: ("Missing (.B)", True), -1: ("Refused", True)
    }  # fmt: skip
    assert options(found, "town") == {"m": ("Madrid", False), "p": ("Paris", False)}
    assert found.codes("town").to_list() == ["m", "p", None, "m", "m"]


def test_a_catalog_called_formats_serves_all_files_of_a_folder(path):
    sas_files.catalog(path.with_name("formats.sas7bcat"), FORMATS)
    assert options(read_dataset(path), "town") == {"m": ("Madrid", False), "p": ("Paris", False)}


def test_without_a_catalog_the_formats_that_lack_labels_are_named(path):
    found = read_dataset(path)
    assert any("formats $TOWN, YESNO are not in the file" in note and "tea.sas7bcat" in note for note in found.notes)
    assert found.codes("tea").to_list() == [1, 2, -1, -2, None]


def test_a_catalog_without_a_format_or_broken_is_told_and_the_answers_are_read(path):
    sas_files.catalog(path.with_suffix(".sas7bcat"), {"YESNO": FORMATS["YESNO"]})
    assert any("no labels for the formats $TOWN" in note for note in read_dataset(path).notes)
    whole = path.with_suffix(".sas7bcat").read_bytes()
    path.with_suffix(".sas7bcat").write_bytes(whole[:5000])
    found = read_dataset(path)
    assert found.n == 5 and any("answers are read without its labels" in note for note in found.notes)


def test_missing_values_with_letters_are_apart_from_answers_and_from_no_answer(path):
    found = read_dataset(path)
    assert found.codes("cups").to_list() == [3, 2.5, None, -26, 1]
    assert options(found, "cups") == {-26: ("Missing (.Z)", True)}
    assert found.codes("day").to_list() == ["1960-01-02", "1960-01-03", None, "1960-01-05", "1960-01-06"]
    assert any("tea .A is -1" in note and "cups .Z is -26" in note for note in found.notes)
    assert any("dates" in note and "'day'" in note for note in found.notes)
    assert not any("damaged" in note for note in found.notes)


def test_codes_of_letters_are_never_those_of_answers(tmp_path):
    sas_files.data(tmp_path / "t.sas7bdat", {"x": ("X", None, [-1, -101, "A", "_"])})
    assert read_dataset(tmp_path / "t.sas7bdat").codes("x").to_list() == [-1, -101, -201, -227]


def test_a_transport_file_is_read(tmp_path):
    frame = pl.DataFrame({"q": [1.0, None, 3.0], "day": [1.0, 2.0, None], "t": ["a", None, "ü"]})
    labels = {"q": "Größe?"}
    pyreadstat.write_xport(
        frame, tmp_path / "t.xpt", column_labels=labels, variable_format={"day": "DATE9."}, file_label="Our pilot"
    )
    found = read_dataset(tmp_path / "t.xpt")
    assert found.codebook.title == "Our pilot"
    assert found.codebook.variable("q").text == "Größe?"
    assert found.codes("q").to_list() == [1, None, 3]
    assert found.codes("day").to_list() == ["1960-01-02", "1960-01-03", None]
    assert found.codes("t").to_list() == ["a", None, "ü"]


def test_sas_files_are_not_written(path, tmp_path):
    with pytest.raises(DataError, match=r"read only.*\.sav"):
        write_dataset(read_dataset(path), tmp_path / "out.xpt")


@pytest.mark.parametrize("suffix", [".sas7bdat", ".xpt"])
def test_files_that_were_cut_short_are_refused_in_one_line(path, tmp_path, suffix):
    if suffix == ".xpt":
        path = tmp_path / "t.xpt"
        pyreadstat.write_xport(pl.DataFrame({"q": [1.0, 2.0] * 40}), path)
    whole = path.read_bytes()
    for length in (0, 3, 79, 700, len(whole) // 2 + 7, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError) as caught:
            read_dataset(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".sas7bdat", ".sas7bcat", ".xpt"])
def test_damaged_files_are_refused_or_read_and_never_end_us(path, tmp_path, suffix):
    if suffix == ".xpt":
        pyreadstat.write_xport(pl.DataFrame({"q": [1.0, 2.0], "t": ["a", "b"]}), tmp_path / "tea.xpt")
    elif suffix == ".sas7bcat":
        sas_files.catalog(tmp_path / "tea.sas7bcat", FORMATS)
    files = list(damaged((tmp_path / f"tea{suffix}").read_bytes(), 60))
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps([base64.b64encode(content).decode() for content in files]))
    found = run("mutants:parse_all", batch, {"suffix": suffix}, places=[HERE]).value
    assert len(found) == len(files)
    assert any(found) and not all(found)
    assert not any("\n" in words for words in found if words)
