"""The sheets of an XLSForm that is written, and the workbook they make."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell

from populace import atomic

_SURVEY = (
    "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation",
    "appearance", "parameters", "choice_filter", "repeat_count",
)  # fmt: skip
#: column of the choices by which options with conditions are filtered
SHOWN = "shown_by"


class Sheets:
    """Rows of the sheets survey, choices and settings."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        self.languages = languages
        self.survey: list[dict[str, str]] = []
        self.choices: list[dict[str, str]] = []
        self.settings: dict[str, str] = {}
        self._lists: dict[tuple[tuple[tuple[str, str], ...], ...], str] = {}

    def header(self, what: str, language: str) -> str:
        """Column of a wording in one language."""
        if self.languages == ("en",):
            return what
        return f"{what}::{language} ({language})" if len(language) <= 3 or "-" in language else f"{what}::{language}"

    def words(self, what: str, texts: Mapping[str, str]) -> dict[str, str]:
        """The cells of a wording."""
        return {self.header(what, language): text for language, text in texts.items() if text}

    def list_of(self, wanted: str, rows: list[dict[str, str]]) -> str:
        """Name of a list of choices; one that is there already is used again."""
        key = tuple(tuple(sorted(row.items())) for row in rows)
        if key not in self._lists:
            names = set(self._lists.values())
            name, count = wanted, 1
            while name in names:
                count += 1
                name = f"{wanted}_{count}"
            self._lists[key] = name
            self.choices += [{"list_name": name, **row} for row in rows]
        return self._lists[key]

    def write(self, path: Path) -> None:
        """Write the workbook, whole or not at all; cells are texts, so that none is taken for a formula."""
        book = Workbook(write_only=True)
        _sheet(book, "survey", _SURVEY, self.survey)
        _sheet(book, "choices", ("list_name", "name", "label"), self.choices)
        _sheet(book, "settings", tuple(self.settings), [self.settings])
        content = BytesIO()
        book.save(content)
        with atomic.replacing(path) as temporary:
            temporary.write_bytes(content.getvalue())


def _sheet(book: Workbook, title: str, first: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    used = dict.fromkeys(key for row in rows for key, value in row.items() if value)
    headers = [key for key in first if key in used or key in ("type", "name", "list_name")]
    headers += [key for key in used if key not in headers]
    headers.sort(key=lambda key: _place(first, key))
    sheet = book.create_sheet(title)
    sheet.append(headers)
    for row in rows:
        sheet.append([_cell(sheet, row.get(key, "")) for key in headers])


def _place(first: tuple[str, ...], key: str) -> int:
    stem = key.partition("::")[0]
    return first.index(stem) if stem in first else len(first)


def _cell(sheet: object, text: str) -> WriteOnlyCell | None:
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"  # a text that begins with = is no formula
    return cell
