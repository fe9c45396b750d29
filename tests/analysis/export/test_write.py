"""All formats at once."""

import pytest

from populace.analysis.export.write import FORMATS, file_name, write_document
from populace.errors import UsageError


def test_all_formats_are_written_and_say_what_they_are(document, tmp_path):
    paths = write_document(document, tmp_path / "out")
    assert [path.name for path in paths] == [f"tea-coffee-SYNTHETIC{s}" for s in (".html", ".xlsx", ".pptx", ".json")]
    assert all(path.stat().st_size > 1000 for path in paths)


def test_files_about_people_have_a_plain_name(human_document, tmp_path):
    (path,) = write_document(human_document, tmp_path, ["json"], name="Report 1")
    assert path.name == "report-1.json"


@pytest.mark.parametrize("formats", [["pdf"], "html", ["htm"]])
def test_an_unknown_format_is_refused_with_the_known_ones(document, tmp_path, formats):
    with pytest.raises(UsageError, match="expected a list of html, excel, powerpoint, json"):
        write_document(document, tmp_path, formats)


@pytest.mark.parametrize(
    ("title", "name"), [("Pies: who? 2015", "pies-who-2015"), ("///", "report"), ("Ärger", "ärger")]
)
def test_names_of_files_are_what_every_system_takes(title, name):
    assert file_name(title) == name


def test_there_is_a_writer_for_each_format():
    assert list(FORMATS) == ["html", "excel", "powerpoint", "json"]
