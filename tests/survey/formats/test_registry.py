"""The formats: which file is of which."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from populace.errors import FileRefused, UsageError
from populace.survey.formats.registry import FORMATS, Format, format_named, format_of

SOURCE = Path(__file__).parents[3] / "src" / "populace" / "survey" / "formats"
#: the formats that are there; each is a module of its name
THERE = [one for one in FORMATS.values() if (SOURCE / f"{one.name}.py").is_file()]


@pytest.fixture
def told(monkeypatch) -> dict[str, bytes]:
    """Formats in place of the real ones: name -> how a file of it begins."""
    starts = {"first": b"1", "second": b"2"}
    for name, start in starts.items():
        module = ModuleType(f"populace.survey.formats.{name}")
        module.recognises = lambda path, start=start: path.read_bytes().startswith(start)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("populace.survey.formats.registry.FORMATS", {
        "first": Format("first", "First format", (".one", ".both")),
        "second": Format("second", "Second format", (".two", ".both")),
    })  # fmt: skip
    return starts


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("a.one", b"1", "first"), ("a.both", b"1", "first"), ("a.both", b"2", "second"), ("a.two", b"2", "second")],
)
def test_a_file_is_of_the_format_whose_suffix_and_content_it_has(told, tmp_path, name, content, expected):
    path = written(tmp_path, name, content)
    assert format_of(path, path.suffix).name == expected


def test_the_suffix_may_be_in_capitals(told, tmp_path):
    assert format_of(written(tmp_path, "A.ONE", b"1"), ".ONE").name == "first"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.both", b"3", "is not First format or Second format, by its content"),
        ("a.one", b"2", "is not First format, by its content"),
        ("a.three", b"1", "is not one of .both, .one, .two, by its content"),
    ],
)
def test_a_file_of_no_format_is_refused_with_what_was_looked_for(told, tmp_path, name, content, words):
    path = written(tmp_path, name, content)
    with pytest.raises(FileRefused) as caught:
        format_of(path, path.suffix)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_format_is_refused_with_the_closest_one():
    with pytest.raises(UsageError, match=r"format 'limesurvy' is unknown \(did you mean 'limesurvey'\?\)"):
        format_named("limesurvy")


def test_names_and_suffixes_are_written_in_one_way():
    for name, one in FORMATS.items():
        assert one.name == name
        assert one.words
        assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in one.suffixes)


@pytest.mark.parametrize("form", THERE, ids=lambda form: form.name)
def test_the_module_of_a_format_reads_and_where_it_says_so_writes(form):
    assert callable(form.module.recognises)
    assert callable(form.module.read)
    assert callable(getattr(form.module, "write", None)) == form.writes


@pytest.mark.parametrize("form", THERE, ids=lambda form: form.name)
@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"{", b"<", b"PK\x03\x04", b"%PDF-1.7", b"\xff\xfe\x00"])
def test_a_look_at_a_broken_file_never_fails(form, content, tmp_path):
    for suffix in form.suffixes:
        assert form.module.recognises(written(tmp_path, f"broken{suffix}", content)) in (True, False)
    assert form.module.recognises(tmp_path / "nowhere") in (True, False)
