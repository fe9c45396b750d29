"""Files: the right format by its suffix, whole or not at all, the same back as was written."""

import random
import resource
import shutil

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.data.files.parquet import CODEBOOK_KEY
from populace.errors import DataError, OutOfSpace
from populace.survey.scale import Option

SUFFIXES = ["", ".parquet", ".csv", ".sav", ".zsav"]


def refusal(path) -> str:
    with pytest.raises(DataError) as caught:
        read_dataset(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def survey(n: int) -> DataSet:
    """n respondents with a scale, a number and text."""
    draw = np.random.default_rng(1)
    scale = (Option(1, "Low"), Option(2, "High"), Option(9, "Don't know", missing=True))
    variables = (
        Variable("q", "Q?", "ordinal", scale),
        Variable("x", "X?", "numeric"),
        Variable("t", "T?", "text"),
    )
    answers = pl.DataFrame(
        {
            "respondent_id": np.arange(n),
            "q": draw.choice([1, 2, 9], n),
            "x": draw.normal(size=n),
            "t": [f"answer {number}" for number in range(n)],
        }
    )
    return DataSet(answers, Codebook("s", "S", variables))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_back_the_same(tmp_path, dataset, suffix):
    # an empty text is no answer in SPSS; everything else is the same in every format
    answers = dataset.answers.with_columns(pl.col("why").replace("", None) if "sav" in suffix else pl.col("why"))
    dataset = DataSet(answers, dataset.codebook)
    path = tmp_path / f"panel{suffix}"
    write_dataset(dataset, path)
    back = read_dataset(path)
    assert back.codebook == dataset.codebook
    assert back.answers.cast(dict(dataset.answers.schema)).equals(dataset.answers)
    assert back.content_hash == dataset.content_hash


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_provenance_survives_every_format(tmp_path, synthetic, suffix):
    path = tmp_path / f"panel{suffix}"
    write_dataset(synthetic, path)
    back = read_dataset(path)
    provenance = [name for name in synthetic.answers.columns if name.startswith("_")]
    assert back.synthetic
    assert back.answers.select(provenance).equals(synthetic.answers.select(provenance))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("ids", [["01", "1", "-2", "a"], [4, 3, 2**53, 1]])
def test_respondent_ids_keep_their_type_and_their_zeros(tmp_path, answers, codebook, suffix, ids):
    path = tmp_path / f"panel{suffix}"
    write_dataset(DataSet(answers.with_columns(respondent_id=pl.Series(ids)), codebook), path)
    assert read_dataset(path).respondent_ids.tolist() == ids


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_data_set_without_rows_survives(tmp_path, dataset, suffix):
    path = tmp_path / f"panel{suffix}"
    write_dataset(dataset.rows(np.array([], dtype=int)), path)
    assert read_dataset(path).n == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_existing_file_is_replaced_and_nothing_else_is_left(tmp_path, dataset, suffix):
    path = tmp_path / f"panel{suffix}"
    write_dataset(survey(3), path)
    before = sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*"))
    write_dataset(dataset, path)
    assert read_dataset(path).id == "small"
    assert sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*")) == before


@pytest.fixture
def small_files():
    """No file may grow beyond 4 kB: to a program this looks like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_told_in_one_line_and_leaves_the_old_file(tmp_path, request, suffix):
    path = tmp_path / f"panel{suffix}"
    old, new = survey(5), survey(5000)
    write_dataset(old, path)
    before = sorted(tmp_path.rglob("*"))
    request.getfixturevalue("small_files")
    with pytest.raises(OutOfSpace) as caught:
        write_dataset(new, path)
    assert "could not be written" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    assert read_dataset(path).n == 5


# -- what cannot be read ---------------------------------------------------------------------------------------------


def test_a_path_that_is_not_there_is_named(tmp_path):
    assert "nowhere.parquet does not exist" in refusal(tmp_path / "nowhere.parquet")


def test_an_unknown_suffix_is_answered_with_the_known_ones(tmp_path):
    (tmp_path / "a.xlsx").write_text("x")
    known = ".parquet, .csv, .sav, .zsav, .por, .dta, .sas7bdat, .xpt, .sss"
    assert f"expected {known} or a folder" in refusal(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match=r"ends in '\.odt'"):
        write_dataset(survey(2), tmp_path / "a.odt")


def test_a_folder_without_codebook_or_answers_is_told_what_it_lacks(tmp_path):
    assert "has no codebook.json" in refusal(tmp_path)
    (tmp_path / "codebook.json").write_text("{}")
    assert "has no answers.parquet" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".sav", ".zsav"])
def test_an_empty_file_is_told_to_be_empty(tmp_path, suffix):
    path = tmp_path / f"panel{suffix}"
    write_dataset(survey(3), path)
    path.write_bytes(b"")
    assert f"{path} is empty (0 bytes)" in refusal(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".sav", ".zsav"])
def test_a_file_that_is_cut_short_is_refused_by_name(tmp_path, suffix, share):
    path = tmp_path / f"panel{suffix}"
    write_dataset(survey(300), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refusal(path)
    assert str(path) in message
    assert "copy it again" in message


def test_a_parquet_file_with_a_changed_bit_is_never_read_as_other_answers(tmp_path):
    path = tmp_path / "panel.parquet"
    dataset = survey(300)
    write_dataset(dataset, path)
    whole = path.read_bytes()
    flip, refused = random.Random(3), 0
    for _ in range(60):
        damaged = bytearray(whole)
        # the footer is left alone: the Parquet library prints its own complaint about those
        damaged[flip.randrange(4, int(len(whole) * 0.5))] ^= 1 << flip.randrange(8)
        path.write_bytes(damaged)
        try:
            assert read_dataset(path).content_hash == dataset.content_hash  # a byte that means nothing
        except DataError as problem:
            refused += 1
            assert str(path) in str(problem)
    assert refused > 30


def test_a_damaged_sav_file_is_refused_or_read_but_never_ends_the_program(tmp_path):
    path = tmp_path / "panel.sav"
    write_dataset(survey(50), path)
    whole = path.read_bytes()
    flip = random.Random(1)
    for _ in range(6):
        damaged = bytearray(whole)
        for _ in range(5):
            damaged[flip.randrange(len(whole))] = flip.randrange(256)
        path.write_bytes(damaged)
        try:
            read_dataset(path)
        except DataError as problem:
            assert "\n" not in str(problem)


# -- Parquet ---------------------------------------------------------------------------------------------------------


def test_a_parquet_file_carries_its_codebook_inside(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "panel.parquet")
    metadata = pl.read_parquet_metadata(tmp_path / "panel.parquet")
    assert Codebook.from_json(metadata[CODEBOOK_KEY]) == dataset.codebook


def test_a_parquet_file_from_elsewhere_takes_the_codebook_beside_it(tmp_path, dataset):
    dataset.answers.write_parquet(tmp_path / "panel.parquet")
    assert "carries no codebook" in refusal(tmp_path / "panel.parquet")
    (tmp_path / "panel.codebook.json").write_text(dataset.codebook.to_json(), encoding="utf-8")
    assert read_dataset(tmp_path / "panel.parquet").content_hash == dataset.content_hash


def test_an_edited_parquet_file_that_kept_its_seal_is_refused(tmp_path, dataset):
    path = tmp_path / "panel.parquet"
    write_dataset(dataset, path)
    edited = pl.read_parquet(path).with_columns(tax=pl.lit(3, dtype=pl.Int8))
    edited.write_parquet(path, metadata=pl.read_parquet_metadata(path))
    assert "holds other answers than were written" in refusal(path)


def test_a_parquet_file_that_unpacks_to_far_more_than_it_seems_is_refused(tmp_path, dataset, monkeypatch):
    monkeypatch.setattr("populace.data.files.parquet._MANY_CELLS", 100_000)
    write_dataset(dataset, tmp_path / "panel.parquet")
    assert read_dataset(tmp_path / "panel.parquet").n == dataset.n
    pl.select(a=pl.repeat(1, 3_000_000)).write_parquet(tmp_path / "bomb.parquet")
    assert "unpacks to 3,000,000 cells" in refusal(tmp_path / "bomb.parquet")


def test_the_folder_form_is_the_layout_of_the_corpora(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "panel")
    assert sorted(file.name for file in (tmp_path / "panel").iterdir()) == ["answers.parquet", "codebook.json"]


# -- real ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".sav"])
@pytest.mark.parametrize("name", ["538_weather", "displayr_phone", "young_people"])
def test_a_real_survey_survives_every_format(tmp_path, corpora, name, suffix):
    dataset = read_dataset(corpora / name)
    write_dataset(dataset, tmp_path / f"{name}{suffix}")
    assert read_dataset(tmp_path / f"{name}{suffix}").content_hash == dataset.content_hash


def test_a_file_that_was_moved_away_takes_nothing_from_its_old_place(tmp_path, dataset):
    write_dataset(dataset, tmp_path / "a" / "panel.sav")
    shutil.move(tmp_path / "a" / "panel.sav", tmp_path / "other.sav")
    assert read_dataset(tmp_path / "other.sav").codebook == dataset.codebook
