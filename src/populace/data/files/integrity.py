"""Signs that a file was damaged although it can be read: what no survey holds, told and left as it is.

A damaged .sav file often reads well: a changed bit makes another number. These are signs, not proof; a damaged 4 that
reads as a 5 is seen by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

#: numbers beyond these powers of ten come from a changed exponent, not from people
_LARGEST, _SMALLEST = 1e30, 1e-30
#: characters that no keyboard writes, and the one that stands for what could not be read
_BROKEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\uFFFD]"


def doubts(
    frame: pl.DataFrame, texts: Mapping[str, str | None], labels: Mapping[str, list[tuple[Any, str]]]
) -> list[str]:
    """One line for each column, and for the labels, that shows a sign of damage; empty for a sound file.

    `texts` and `labels`: column -> its wording, and its pairs of code and label.
    """
    found = [line for column in frame for line in _in_column(column, labels.get(column.name, []))]
    words = [*frame.columns, *texts.values(), *(label for pairs in labels.values() for _, label in pairs)]
    broken = pl.Series([word or "" for word in words], dtype=pl.String).str.contains(_BROKEN).sum()
    return [*found, *([f"{broken:,} names, wordings or labels hold broken characters"] if broken else [])]


def _in_column(column: pl.Series, labels: list[tuple[Any, str]]) -> Iterator[str]:
    if column.dtype == pl.String:
        if broken := column.str.contains(_BROKEN).sum():
            yield f"column {column.name!r} holds broken characters in {_rows(broken)}"
    elif column.dtype.is_float():
        size = column.abs()
        if strange := ((size > _LARGEST) | ((size > 0) & (size < _SMALLEST))).sum():
            yield f"column {column.name!r} holds numbers that no survey has in {_rows(strange)}"
        codes = [code for code, _ in labels if isinstance(code, int | float)]
        if codes and all(float(code).is_integer() for code in codes):
            between = (column.is_finite() & (column != column.round())).sum()
            if between:
                yield f"column {column.name!r} has labels for whole numbers and other numbers in {_rows(between)}"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
