"""Spreadsheets (.xlsx) as rows of texts: the worker reads them in a confined process, `write` makes them.

Only the first sheet counts. Formulas are not computed: the value that the program left there is read.
"""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from populace import atomic
from populace.confined import Answer, confined
from populace.errors import FileRefused
from populace.survey.formats.archive import safe_zip

_WORKER = "populace.data.files.sheets:parse"
#: rows, columns and cells of a sheet, and characters of all of them
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELLS, _MOST_CHARACTERS = 1_048_576, 16_384, 20_000_000, 500_000_000
#: what a library raises for a file that it cannot make out
_BROKEN = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError, ParseError,
    AssertionError, OverflowError,
)  # fmt: skip


def rows_of(path: Path) -> list[list[str]]:
    """The cells of the first sheet as texts. Raises `FileRefused`."""
    answer: Answer = confined(_WORKER, path, {"name": str(path)})
    return answer.value["rows"]


def prepare(arguments: dict[str, Any]) -> None:
    """Import the library while that is still possible; other programs than the worker do without."""
    import openpyxl.reader.excel  # noqa: F401


def parse(path: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    """The worker: rows of the first sheet. `arguments`: "name", by which errors call the file."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    name = arguments["name"]
    with safe_zip(path):
        pass
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheets = book.worksheets
        if not sheets:
            raise FileRefused(f"{name} has no sheet; expected one with a table: check the file")
        return {"rows": list(_rows(sheets[0].iter_rows(values_only=True), name))}
    except (*_BROKEN, InvalidFileException) as problem:
        said = str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__
        raise FileRefused(f"{name} is no spreadsheet that can be read ({said}): save it again, or as CSV") from None


def _rows(found: Iterable[Sequence[Any]], name: str) -> Iterator[list[str]]:
    """Rows without the empty cells at their ends, as long as they are not too many."""
    cells = characters = 0
    for number, values in enumerate(found, 1):
        row = [_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        cells, characters = cells + len(row), characters + sum(map(len, row))
        if number > _MOST_ROWS or len(row) > _MOST_COLUMNS or cells > _MOST_CELLS or characters > _MOST_CHARACTERS:
            raise FileRefused(f"{name} has more cells than a survey has answers; expected fewer: split it")
        yield row


def _text(value: Any) -> str:
    """A cell as a CSV file would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value).replace("\r\n", "\n").replace("_x000D_", "")


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write texts into one sheet, whole or not at all; none of them is a formula or a link."""
    import xlsxwriter

    with atomic.replacing(path) as temporary:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(str(temporary), options) as book:
            sheet = book.add_worksheet("Answers")
            for number, row in enumerate(rows):
                for column, text in enumerate(row):
                    if text:
                        sheet.write_string(number, column, text[:32_767])
