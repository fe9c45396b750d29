"""Every number of a document, one by one: where it stands, what it means, its interval and base; and how it is written.

Shared by the JSON file, the workbook and the deck, so that all of them say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from populace.analysis.estimate import Estimate
from populace.analysis.export.document import Document, Exhibit
from populace.analysis.result import Table, in_words

__all__ = ["definition_of", "Number", "number_format", "numbers_of"]


@dataclass(frozen=True)
class Number:
    """One number of a table."""

    #: name of the result it stands in
    exhibit: str
    #: name of the analysis
    analysis: str
    #: title of the table
    table: str
    #: first cells of its row, and name of its column
    row: str
    column: str
    #: the number; limits of its interval and base where it has them
    value: float
    low: float | None
    high: float | None
    n: float | None
    #: what it means
    definition: str
    #: "SYNTHETIC", "PARTLY SYNTHETIC" or ""
    mark: str


def numbers_of(document: Document) -> Iterator[Number]:
    """Every number of every table, in order."""
    for exhibit in document.exhibits:
        definitions = exhibit.result.definitions()
        mark = exhibit.mark
        for table in exhibit.result.tables():
            yield from _numbers(exhibit, table, definitions, mark)


def _numbers(exhibit: Exhibit, table: Table, definitions: Mapping[str, str], mark: str) -> Iterator[Number]:
    for row in table.rows:
        label = row_label(row)
        for column, cell in zip(table.columns, row, strict=True):
            if not is_number(cell) and not isinstance(cell, Estimate):
                continue
            estimate = isinstance(cell, Estimate)
            value, low, high, n = (cell.value, cell.low, cell.high, cell.n) if estimate else (cell, None, None, None)
            if not is_number(value):
                continue
            meaning = definition_of(table, row, column, definitions)
            limits = (finite(low), finite(high), finite(n))
            yield Number(
                exhibit.name, exhibit.result.analysis, table.title, label, column, plain(value), *limits, meaning, mark
            )


def definition_of(table: Table, row: Sequence[Any], column: str, definitions: Mapping[str, str]) -> str:
    """What a number means: the definition of its column, then that of its row; else the place it stands in."""
    found = [definitions[key] for key in (column, *(str(cell) for cell in words_of(row))) if key in definitions]
    if not found and "value" in definitions:
        found = [definitions["value"]]
    return " ".join(dict.fromkeys(found)) or f"{column or 'figure'} of {row_label(row)}, table “{table.title}”"


def row_label(row: Sequence[Any]) -> str:
    """The words that name a row; its first cell where it has no words."""
    words = words_of(row)
    return " · ".join(words) or (in_words(row[0]) if row else "")


def words_of(row: Sequence[Any]) -> list[str]:
    """Leading cells of a row that are words."""
    words = []
    for cell in row:
        if not isinstance(cell, str):
            break
        words.append(cell)
    return words


def is_number(value: Any) -> bool:
    """A finite number, no truth value."""
    value = value.item() if hasattr(value, "item") else value
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def finite(value: Any) -> float | None:
    """The number, or None."""
    return plain(value) if is_number(value) else None


def plain(value: Any) -> float | int:
    """A number of Python's own."""
    return value.item() if hasattr(value, "item") else value


def number_format(cells: Sequence[Any]) -> str:
    """The format of a column in a workbook: per cent as the cells write themselves, else by the size of the numbers."""
    written = [str(cell) for cell in cells if isinstance(cell, Estimate)]
    if written and all("%" in text for text in written):
        return "0.0%" if any("." in text.split("%")[0] for text in written) else "0%"
    values = [cell.value if isinstance(cell, Estimate) else cell for cell in cells]
    values = [abs(float(value)) for value in values if is_number(value)]
    if not values or all(value == int(value) for value in values):
        return "#,##0"
    most = max(values)
    return "#,##0" if most >= 10_000 else "#,##0.0" if most >= 100 else "0.00" if most >= 10 else "0.000"
