"""The file format of recorded answers: what is accepted, and how a bad line is named."""

import json

import polars as pl
import pytest

from populace.errors import InputError
from populace.models.records import read_records

GOOD = {"text": "Do you own a car?", "options": ["Yes", "No"], "shares": [0.7, 0.3], "source": "model-x", "n": 20}


def written(folder, *lines):
    path = folder / "recorded.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_record(tmp_path):
    (record,) = read_records(written(tmp_path, GOOD | {"type": "ordinal", "year": 2024, "id": "q1"}))
    assert (record.source, record.n, record.prompt.options) == ("model-x", 20, ("Yes", "No"))
    assert record.prompt.ordinal
    assert record.shares == pytest.approx([0.7, 0.3])


def test_shares_may_go_by_label_and_miss_one_by_rounding(tmp_path):
    (record,) = read_records(written(tmp_path, GOOD | {"shares": {"no": 0.31, "YES": 0.7}}))
    assert record.shares == pytest.approx([0.7 / 1.01, 0.31 / 1.01])


def test_options_may_be_objects_that_mark_dont_know(tmp_path):
    options = ["Yes", {"label": "No"}, {"label": "Don't know", "missing": True, "code": 9}]
    (record,) = read_records(written(tmp_path, GOOD | {"options": options, "shares": [0.5, 0.3, 0.2]}))
    assert record.prompt.missing == (False, False, True)


def test_parquet_says_the_same_as_json_lines(tmp_path):
    other = GOOD | {"options": ["Red", "Green", "Blue"], "shares": [0.5, 0.25, 0.25], "n": 4}
    path = tmp_path / "recorded.parquet"
    pl.DataFrame([GOOD, other]).write_parquet(path)
    for one, two in zip(read_records(path), read_records(written(tmp_path, GOOD, other)), strict=True):
        assert (one.prompt, one.source, one.n, one.shares.tolist()) == (
            two.prompt,
            two.source,
            two.n,
            two.shares.tolist(),
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shares": [0.7, 0.1]}, "line 2: shares sum to 0.8; expected 1"),
        ({"shares": [70, 30]}, "divide percentages by 100"),
        ({"shares": [0.7, 0.2, 0.1]}, "3 shares for 2 options"),
        ({"shares": [1.2, -0.2]}, "share of 'No' is -0.2"),
        ({"shares": [float("nan"), 1]}, "share of 'Yes' is nan"),
        ({"shares": {"Yes": 0.7, "Nope": 0.3}}, "option 'Nope' is none of 'Yes', 'No'"),
        ({"shares": {"Yes": 1.0}}, "option 'No' has no share"),
        ({"options": ["Yes", "yes"], "shares": {"Yes": 1.0}}, "two options have the same label"),
        ({"shares": "most"}, "shares 'most' for 2 options"),
        ({"options": ["Yes"]}, "expected a list of two or more"),
        ({"options": ["Yes", {"lable": "No"}]}, "cannot be read; expected a label"),
        ({"text": " "}, "expected the wording"),
        ({"type": "likert"}, "expected 'single' or 'ordinal'"),
        ({"source": ""}, "say who answered"),
        ({"n": 0}, "n is 0"),
        ({"share": [1, 0]}, "key 'share' is unknown"),
    ],
)
def test_a_wrong_line_is_named_with_what_was_expected(tmp_path, change, words):
    with pytest.raises(InputError, match=r"recorded\.jsonl, line 2") as error:
        read_records(written(tmp_path, GOOD, GOOD | change))
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "found list"),
        ("{}", "'text' is miss"),
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path, line, words):
    with pytest.raises(InputError, match=words):
        read_records(written(tmp_path, line))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")
    (tmp_path / "b.parquet").write_bytes(b"nothing")
    for name, words in (("a.jsonl", "not UTF-8"), ("b.parquet", "not a Parquet file")):
        with pytest.raises(InputError, match=words):
            read_records(tmp_path / name)
    with pytest.raises(InputError, match="has no records"):
        read_records(written(tmp_path, ""))


def test_a_file_of_people_need_not_name_its_source(tmp_path):
    line = {key: value for key, value in GOOD.items() if key != "source"}
    (record,) = read_records(written(tmp_path, line), "people")
    assert record.source == "people"
    with pytest.raises(InputError, match="source is None"):
        read_records(written(tmp_path, line))
