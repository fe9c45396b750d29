"""Foreign tables: read through a confined process, and whatever is in the file, we live and say what happened."""

import base64
import json
import random
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from populace import errors
from populace.confined import Limits
from populace.confined.run import run
from populace.data.files import read_dataset
from populace.data.files.foreign import load
from populace.data.files.integrity import doubts

HERE = str(Path(__file__).parents[1] / "confined")
FRAME = pl.DataFrame(
    {"q": [float(number % 5 + 1) for number in range(30)], "x": [number / 3 for number in range(30)], "t": ["ä b"] * 30}
)
LABELS = {"q": {1: "low", 5: "high"}}


@pytest.fixture
def path(tmp_path):
    pyreadstat.write_sav(FRAME, tmp_path / "small.sav", variable_value_labels=LABELS, missing_ranges={"x": [5]})
    return tmp_path / "small.sav"


def refused(path, limits=None) -> errors.DataError:
    with pytest.raises(errors.DataError) as caught:
        load(path, limits)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_columns_and_what_the_file_says_of_them_come_back(path):
    frame, said = load(path)
    assert frame.equals(FRAME)
    assert said["labels"]["q"] == [[1.0, "low"], [5.0, "high"]]
    assert said["doubts"] == []


@pytest.mark.parametrize(("suffix", "write"), [(".dta", pyreadstat.write_dta), (".por", pyreadstat.write_por)])
def test_stata_and_portable_files_are_parsed_the_same_way(tmp_path, suffix, write):
    write(FRAME.with_columns(t=pl.lit("ab")), tmp_path / f"small{suffix}")
    frame, _ = load(tmp_path / f"small{suffix}")
    assert frame["q" if suffix == ".dta" else "Q"].to_list() == FRAME["q"].to_list()


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    for suffix in (".sav", ".dta", ".por"):
        (tmp_path / f"words{suffix}").write_text("words " * 50)
        assert type(refused(tmp_path / f"words{suffix}")) is errors.DataError


def test_limits_reach_the_parser(path):
    assert type(refused(path, Limits(file=100))) is errors.FileTooLarge
    assert type(refused(path, Limits(output=100, output_per_byte=0))) is errors.ParserOverflow


def test_a_file_that_crashes_the_library_is_refused_and_we_live(path):
    """Labels for a variable that is not there end the process with a segmentation fault (pyreadstat 1.3.7)."""
    whole = path.read_bytes()
    # a record of type 4: how many variables have the labels, and their numbers
    at = whole.index(struct.pack("<3i", 4, 1, 1))
    path.write_bytes(whole[: at + 8] + struct.pack("<i", 0x800001) + whole[at + 12 :])
    refused(path)


# -- damaged files ---------------------------------------------------------------------------------------------------


def damaged(whole: bytes, count: int) -> Iterator[bytes]:
    """Files cut short, with bits flipped, with bytes replaced and with pieces doubled."""
    draw = random.Random(4)
    for number in range(count):
        content = bytearray(whole)
        if number % 4 == 0:
            del content[draw.randrange(len(content)) :]
        elif number % 4 == 3:
            at, length = draw.randrange(len(content)), draw.randrange(64)
            content[at:at] = content[at : at + length]
        else:
            for _ in range(draw.choice([1, 4])):
                place = draw.randrange(len(content))
                content[place] = content[place] ^ 1 << draw.randrange(8) if number % 2 else draw.randrange(256)
        yield bytes(content)


def outcomes(files: list[bytes], folder: Path) -> list[str | None]:
    """What became of each file: None, or why it was refused; after one that ends the process the others go on."""
    batch = folder / "batch.json"
    batch.write_text(json.dumps([base64.b64encode(content).decode() for content in files]))
    try:
        return run("mutants:parse_all", batch, {"suffix": ".sav"}, places=[HERE]).value
    except errors.FileRefused as problem:
        ended = int(re.findall(r"parses (\d+)", "".join(problem.__notes__))[-1])
        # those before it were parsed without harm, but what became of them is lost with the process
        before = outcomes(files[:ended], folder) if ended else []
        return [*before, type(problem).__name__, *outcomes(files[ended + 1 :], folder)]


@pytest.mark.parametrize("options", [{}, {"row_compress": True}, {"compress": True}], ids=["plain", "rows", "zsav"])
def test_damaged_files_are_refused_or_read_and_never_end_us(tmp_path, options):
    path = tmp_path / "small.sav"
    pyreadstat.write_sav(FRAME, path, variable_value_labels=LABELS, missing_ranges={"x": [5]}, **options)
    files = list(damaged(path.read_bytes(), 70))
    found = outcomes(files, tmp_path)
    assert len(found) == len(files)
    assert all(found[::4]), "a file that was cut short was read as if it were whole"
    assert not all(found)


def test_damaged_files_go_the_whole_way_to_a_data_set_or_a_refusal(path):
    whole = path.read_bytes()
    for content in damaged(whole, 6):
        path.write_bytes(content)
        try:
            dataset = read_dataset(path)
        except errors.DataError as problem:
            assert "\n" not in str(problem)
        else:
            assert isinstance(dataset.notes, tuple)


# -- signs of damage -------------------------------------------------------------------------------------------------


def test_a_sound_file_leaves_no_doubt():
    assert doubts(FRAME, {"q": "Größe?\n", "x": None, "t": ""}, {"q": [(1, "low"), (5, "high")]}) == []
    assert doubts(FRAME.clear(), {}, {}) == []


def test_signs_of_damage_are_told_column_by_column():
    frame = pl.DataFrame(
        {"q": [1.0, 2.5, None], "x": [1e200, 1e-200, 0.0], "y": [-1e12, 3.5, 1e-6], "t": ["a", "b\1", None]}
    )
    assert doubts(frame, {"q": "Q\ufffd"}, {"q": [(1.0, "low")]}) == [
        "column 'q' has labels for whole numbers and other numbers in 1 row",
        "column 'x' holds numbers that no survey has in 2 rows",
        "column 't' holds broken characters in 1 row",
        "1 names, wordings or labels hold broken characters",
    ]


def test_doubts_reach_whoever_reads_the_data(tmp_path):
    path = tmp_path / "odd.sav"
    pyreadstat.write_sav(FRAME.with_columns(x=pl.lit(1e-200)), path)
    assert read_dataset(path).notes == (
        f"{path}: column 'x' holds numbers that no survey has in 30 rows; the file may be damaged",
    )
