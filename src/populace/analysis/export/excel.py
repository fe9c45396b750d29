"""A document as a workbook: an index, one sheet a result, every number with its definition, and the disclosure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from populace.analysis.estimate import Estimate
from populace.analysis.export.document import MARK_COLOUR, Document, Exhibit
from populace.analysis.export.numbers import is_number, number_format, numbers_of, plain
from populace.analysis.result import NOTHING, Table, in_words
from populace.atomic import replacing
from populace.errors import MissingExtra

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["sheet_names", "write_excel"]

#: tables with more columns of estimates than this show values only; their limits are on the sheet of all numbers
MOST_SPREAD = 4
#: sheets that every workbook has
INDEX, NUMBERS, DISCLOSURE = "Index", "All numbers", "Disclosure"
#: letters a sheet's name may have, and signs it may not
_LONGEST = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']+")
#: words that are a figure
_FIGURE = re.compile(r"[<≥≤−+-]? ?[\d.,]+ ?%?")
#: widest and narrowest column of figures, and narrowest one of letters, in letters; a sentence's line
_WIDEST, _NARROWEST, _MARKS, _SENTENCE = 60, 7, 3, 110
#: points of a line
_LINE = 15


@dataclass(frozen=True)
class _Column:
    """One column of the sheet."""

    #: head
    title: str
    #: cells: words, numbers or None
    cells: tuple[Any, ...]
    #: number format of each cell
    forms: tuple[str, ...]
    #: heading that it shares with its neighbours
    over: str = ""


def write_excel(document: Document, path: str | Path) -> Path:
    """Write the workbook; whole or not at all. The same document gives the same workbook."""
    path = Path(path)
    with replacing(path) as temporary, _workbook(temporary) as book:
        styles = _styles(book)
        names = sheet_names([exhibit.name for exhibit in document.exhibits])
        book.set_properties(_properties(document))
        _index(book.add_worksheet(INDEX), document, names, styles)
        for exhibit, name in zip(document.exhibits, names, strict=True):
            _result(book.add_worksheet(name), exhibit, styles)
        _numbers(book.add_worksheet(NUMBERS), document, styles)
        _disclosure(book.add_worksheet(DISCLOSURE), document, styles)
    return path


def sheet_names(names: Sequence[str]) -> list[str]:
    """Names that a workbook takes: at most 31 letters, without []:*?/\\', each once, none of the fixed ones."""
    taken = {name.lower() for name in (INDEX, NUMBERS, DISCLOSURE, "History")}
    found = []
    for name in names:
        base = " ".join(_FORBIDDEN.sub(" ", name).split()) or "Result"
        short, number = base[:_LONGEST].rstrip(), 2
        while short.lower() in taken:
            end = f" ({number})"
            short, number = base[: _LONGEST - len(end)].rstrip() + end, number + 1
        taken.add(short.lower())
        found.append(short)
    return found


def _workbook(path: Path) -> Workbook:
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtra(
            "workbooks need the package xlsxwriter, which is not installed: run `pip install xlsxwriter`"
        ) from None
    # words that begin with "=" or look like an address stay words
    return xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})


def _properties(document: Document) -> dict[str, Any]:
    return {
        "title": f"{document.mark}: {document.title}" if document.mark else document.title,
        "subject": document.subtitle,
        "keywords": document.mark,
        "comments": " ".join(document.sentences),
        "created": datetime.datetime.fromisoformat(document.date),
    }


def _styles(book: Workbook) -> dict[str, Any]:
    base = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
    head = {"bold": True, "bg_color": "#37474f", "font_color": "#ffffff", "text_wrap": True, "valign": "vcenter"}
    looks = {
        "title": {"bold": True, "font_size": 16},
        "mark": {"bold": True, "font_color": "#ffffff", "bg_color": MARK_COLOUR},
        "table": {"bold": True, "font_size": 12},
        "table_wrap": {"bold": True, "font_size": 12, "text_wrap": True},
        "figure": {"align": "right"},
        "head": head,
        "head_number": head | {"align": "right"},
        "word": {},
        "head_over": head | {"align": "center", "left": 1, "left_color": "#ffffff"},
        "wrap": {"text_wrap": True},
        "note_wrap": {"italic": True, "font_color": "#52606d", "text_wrap": True},
        "note": {"italic": True, "font_color": "#52606d"},
        "link": {"font_color": "#0b5394", "underline": 1},
        "nothing": {"align": "right", "font_color": "#52606d"},
    }
    found = {name: book.add_format(base | look) for name, look in looks.items()}
    # formats of numbers are made when first used
    found["number"] = _NumberFormats(book, base)
    return found


class _NumberFormats(dict):
    """Excel format -> cell format of this workbook."""

    def __init__(self, book: Workbook, base: dict[str, Any]):
        super().__init__()
        self._book, self._base = book, base

    def __missing__(self, form: str) -> Any:
        self[form] = self._book.add_format(self._base | {"num_format": form, "align": "right"})
        return self[form]


def _start(sheet: Worksheet, title: str, mark: str, styles: dict[str, Any], columns: int = 6) -> int:
    """Title and mark at the top, and in the printed head; returns the next free row."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{mark.replace('&', '&&')}&C&A&R&P / &N")
    sheet.hide_gridlines(2)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, title, styles["title"])
    if not mark:
        return 2
    sheet.set_header(f'&C&"Calibri,Bold"{mark}')
    sheet.set_tab_color(MARK_COLOUR)
    for column in range(columns):
        sheet.write_blank(1, column, None, styles["mark"])
    sheet.write_string(1, 0, f"{mark}: made from answers that a model gave", styles["mark"])
    return 3


def _index(sheet: Worksheet, document: Document, names: Sequence[str], styles: dict[str, Any]) -> None:
    row = _start(sheet, document.title, document.mark, styles)
    for text in (document.subtitle, document.date, *document.sentences):
        if text:
            sheet.write_string(row, 0, text, styles["word"])
            row += 1
    row += 1
    for column, head in enumerate(("Sheet", "Analysis", "Mark", "Tables")):
        sheet.write_string(row, column, head, styles["head"])
    for exhibit, name in zip(document.exhibits, names, strict=True):
        row += 1
        _link(sheet, row, name, exhibit.name, styles)
        titles = "; ".join(table.title for table in exhibit.result.tables())
        for column, text in enumerate((exhibit.result.analysis, exhibit.mark, titles), start=1):
            sheet.write_string(row, column, text, styles["word"])
    for name, words in ((NUMBERS, "every number with its interval, base and definition"), (DISCLOSURE, "who answered")):
        row += 1
        _link(sheet, row, name, name, styles)
        sheet.write_string(row, 1, words, styles["word"])
    for column, width in enumerate((40, 22, 20, 100)):
        sheet.set_column(column, column, width)


def _link(sheet: Worksheet, row: int, name: str, text: str, styles: dict[str, Any]) -> None:
    sheet.write_url(row, 0, f"internal:'{name}'!A1", styles["link"], string=text[:255])


def _result(sheet: Worksheet, exhibit: Exhibit, styles: dict[str, Any]) -> None:
    """All tables of a result, one under the other, with notes and definitions."""
    spread = [_spread(table) for table in exhibit.result.tables()]
    row = _start(sheet, exhibit.name, exhibit.mark, styles, max([6, *(len(columns) for columns in spread)]))
    _link_back(sheet, styles, max([6, *(len(columns) for columns in spread)]))
    widths = _widths(spread)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    for table, columns in zip(exhibit.result.tables(), spread, strict=True):
        row = _table(sheet, row, table, columns, exhibit.mark, styles, widths)
    row = _notes(sheet, row, exhibit.remarks(), widths, styles["note_wrap"])
    definitions = exhibit.definitions()
    if definitions:
        sheet.write_string(row, 0, "What the figures mean", styles["table"])
        meanings = [f"{name}: {words}" for name, words in definitions.items()]
        row = _notes(sheet, row + 1, meanings, widths, styles["wrap"])
    sheet.freeze_panes(0, 1)


def _link_back(sheet: Worksheet, styles: dict[str, Any], columns: int) -> None:
    # beside the second row: a long title runs on over the first
    sheet.write_url(1, columns, f"internal:'{INDEX}'!A1", styles["link"], string="Index")


def _table(
    sheet: Worksheet,
    row: int,
    table: Table,
    columns: Sequence[_Column],
    mark: str,
    styles: dict[str, Any],
    widths: Sequence[int],
) -> int:
    """One table with caption, head, cells and notes; returns the next free row."""
    title = f"{table.title} ({mark})" if mark else table.title
    # a bold letter takes a little more room
    row = _notes(sheet, row, [title], [round(0.85 * width) for width in widths], styles["table_wrap"]) - 1
    row = _heads(sheet, row, columns, widths, styles)
    for place, column in enumerate(columns):
        for down, (cell, form) in enumerate(zip(column.cells, column.forms, strict=True), start=1):
            _cell(sheet, row + down, place, cell, form, styles)
    return _notes(sheet, row + 1 + len(table.rows), table.notes, widths, styles["note_wrap"])


def _heads(
    sheet: Worksheet, row: int, columns: Sequence[_Column], widths: Sequence[int], styles: dict[str, Any]
) -> int:
    """Heads in rows high enough for their words, headings over several columns above; returns the row of the heads.

    Programs other than Excel do not make rows of wrapped words higher by themselves.
    """
    if any(column.over for column in columns):
        _spans(sheet, row, columns, widths, styles)
        row += 1
    lines = 1
    for place, column in enumerate(columns):
        sheet.write_string(row, place, column.title, styles["head" if place == 0 else "head_number"])
        lines = max(lines, _lines_of(column.title, widths[place] - 1))
    sheet.set_row(row, _LINE * lines + 2)
    return row


def _spans(
    sheet: Worksheet, row: int, columns: Sequence[_Column], widths: Sequence[int], styles: dict[str, Any]
) -> None:
    place, lines = 0, 1
    for over, run in groupby(columns, key=lambda column: column.over):
        last = place + len(tuple(run)) - 1
        if last > place:
            sheet.merge_range(row, place, row, last, over, styles["head_over"])
        else:
            sheet.write_string(row, place, over, styles["head_over"])
        lines = max(lines, _lines_of(over, sum(widths[place : last + 1]) - 1))
        place = last + 1
    sheet.set_row(row, _LINE * lines + 2)


def _lines_of(words: str, letters: int) -> int:
    """Lines that words take in a column of so many letters, broken between words where it can be."""
    return max(1, len(wrap(words, max(1, letters))))


def _notes(sheet: Worksheet, row: int, lines: Sequence[str], widths: Sequence[int], style: Any) -> int:
    """Sentences over the width of the table, in rows high enough for them; returns the next free row."""
    last, letters = _reach(widths)
    for line in lines:
        sheet.merge_range(row, 0, row, last, line, style)
        sheet.set_row(row, _LINE * _lines_of(line, letters))
        row += 1
    return row + 1


def _reach(widths: Sequence[int]) -> tuple[int, int]:
    """The last column that sentences go over, and the letters that fit there; two columns or more."""
    widths = [*widths, *([9] * max(0, 6 - len(widths)))]
    letters, last = widths[0], 0
    while last < 1 or (letters < _SENTENCE and last + 1 < len(widths)):
        last += 1
        letters += widths[last]
    return last, letters


def _cell(sheet: Worksheet, row: int, place: int, cell: Any, form: str, styles: dict[str, Any]) -> None:
    if is_number(cell):
        sheet.write_number(row, place, plain(cell), styles["number"][form])
    elif isinstance(cell, str) and cell != NOTHING:
        sheet.write_string(row, place, cell, styles["figure" if _FIGURE.fullmatch(cell) and place else "word"])
    else:
        sheet.write_string(row, place, in_words(cell), styles["nothing"])


def _spread(table: Table) -> list[_Column]:
    """The columns of the sheet: an estimate becomes its value, limits and base; where many, its value and letters."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.columns)
    estimates = [any(isinstance(cell, Estimate) for cell in cells) for cells in columns]
    wide = sum(estimates) > MOST_SPREAD
    found = []
    overs = [over for over, count in table.spans for _ in range(count)] or [""] * len(columns)
    for over, title, cells, is_estimate in zip(overs, table.own_heads, columns, estimates, strict=True):
        if not is_estimate:
            spread = [_Column(title, tuple(cells), _own_forms(cells))]
        elif wide:
            spread = _values(title, cells)
        else:
            spread = _intervals(title, cells)
        found += [replace(column, over=over) for column in spread]
    return found


def _intervals(title: str, cells: Sequence[Any]) -> list[_Column]:
    """Value, limits and base."""
    forms = _forms(cells)
    found = [_Column(title, tuple(_part(cell, "value") for cell in cells), forms)]
    found += [_Column(part, tuple(_part(cell, part) for cell in cells), forms) for part in ("low", "high")]
    bases = tuple(_part(cell, "n") for cell in cells)
    return [*found, _Column("n", bases, (number_format(bases),) * len(bases))]


def _values(title: str, cells: Sequence[Any]) -> list[_Column]:
    """Values, and letters or marks beside them where there are any."""
    values = _Column(title, tuple(_part(cell, "value") for cell in cells), _forms(cells))
    marks = tuple(_marks(cell) for cell in cells)
    return [values, _Column("", marks, ("",) * len(marks))] if any(marks) else [values]


def _own_forms(cells: Sequence[Any]) -> tuple[str, ...]:
    """One format of a column; one a cell where counts and fractions stand under one another, as figures of a model."""
    numbers = [abs(float(plain(cell))) for cell in cells if is_number(cell)]
    mixed = any(0 < number < 2 for number in numbers) and max(numbers, default=0) >= 100
    return tuple(number_format([cell] if mixed else cells) for cell in cells)


def _forms(cells: Sequence[Any]) -> tuple[str, ...]:
    """Formats of a column in which shares, means and bases may stand under one another."""
    kinds = ["%" if "%" in str(cell) else "" if isinstance(cell, Estimate) else None for cell in cells]
    shared = {
        kind: number_format([cell for cell, own in zip(cells, kinds, strict=True) if own == kind]) for kind in ("%", "")
    }
    return tuple(number_format([c]) if k is None else shared[k] for c, k in zip(cells, kinds, strict=True))


def _part(cell: Any, part: str) -> Any:
    """One of the numbers of an estimate; what is no estimate stands under its value."""
    if isinstance(cell, Estimate):
        return getattr(cell, part)
    return cell if part == "value" else ""


def _marks(cell: Any) -> str:
    """Letters of significance and marks of small bases that a cell carries."""
    letters, small = getattr(cell, "letters", ""), getattr(cell, "small", False)
    return " ".join(part for part in ("*" if small else "", letters) if part)


def _widths(spread: Sequence[Sequence[_Column]]) -> list[int]:
    """Letters of each column of the sheet: its longest cell, and words of its heads, which are broken into lines."""
    found = []
    for place in range(max((len(columns) for columns in spread), default=0)):
        here = [columns[place] for columns in spread if place < len(columns)]
        cells = [len(_written(cell, form)) for one in here for cell, form in zip(one.cells, one.forms, strict=True)]
        heads = [1.2 * max((len(word) for word in one.title.split()), default=0) for one in here]
        least = _MARKS if all(not one.title for one in here) and place else _NARROWEST
        found.append(min(_WIDEST, max(least, round(max([*cells, *heads])) + 2)))
    return found


def _written(cell: Any, form: str) -> str:
    """A cell about as the workbook shows it."""
    if is_number(cell) and form.endswith("%"):
        return "100.0%"
    return f"{cell:,.3f}" if is_number(cell) and "." in form else in_words(cell)


def _numbers(sheet: Worksheet, document: Document, styles: dict[str, Any]) -> None:
    """Every number in a row of its own, to be filtered."""
    heads = ("result", "table", "row", "column", "value", "low", "high", "n", "definition", "mark")
    row = _start(sheet, NUMBERS, document.mark, styles, len(heads))
    for column, head in enumerate(heads):
        sheet.write_string(row, column, head, styles["head"])
    top = row
    for number in numbers_of(document):
        row += 1
        words = (number.exhibit, number.table, number.row, number.column)
        for column, text in enumerate(words):
            sheet.write_string(row, column, text, styles["word"])
        for column, value in enumerate((number.value, number.low, number.high, number.n), start=4):
            if value is not None:
                sheet.write_number(row, column, value, styles["number"]["General"])
        sheet.write_string(row, 8, number.definition, styles["word"])
        sheet.write_string(row, 9, number.mark, styles["word"])
    sheet.autofilter(top, 0, max(row, top + 1), len(heads) - 1)
    sheet.freeze_panes(top + 1, 0)
    for column, width in enumerate((28, 32, 32, 20, 12, 12, 12, 10, 70, 18)):
        sheet.set_column(column, column, width)


def _disclosure(sheet: Worksheet, document: Document, styles: dict[str, Any]) -> None:
    row = _start(sheet, DISCLOSURE, document.mark, styles, 2)
    if not document.disclosures:
        sheet.write_string(row, 0, "It is not stated who answered.", styles["word"])
    for disclosure in document.disclosures:
        sheet.write_string(row, 0, disclosure.title, styles["table"])
        for label, text in disclosure.items():
            row += 1
            sheet.write_string(row, 0, label, styles["word"])
            sheet.write_string(row, 1, text, styles["wrap"])
        row += 2
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 110)
