"""Columns of answers as the expression language sees them: kinds, reading, and what they are where another is wanted.

Numbers are float arrays with NaN for nothing, texts object arrays of str with None for nothing, truths boolean arrays,
multiple choices `Chosen` tables. One value for everybody stays a scalar until it meets an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from populace.errors import InstrumentError
from populace.survey.expression_values import as_number


@dataclass(frozen=True)
class Chosen:
    """The answers of n respondents to a multiple choice. A row without a code chosen is nothing."""

    #: the K codes of the question
    codes: tuple[int | str, ...]
    #: (n, K) booleans: who chose which
    table: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(self.codes))
        table = np.asarray(self.table)
        if table.ndim != 2 or table.shape[1] != len(self.codes) or table.dtype != bool:
            raise InstrumentError(
                f"table of a multiple choice is {table.dtype} of shape {table.shape}; expected booleans, one row per "
                f"respondent and one column for each of {len(self.codes)} codes"
            )
        object.__setattr__(self, "table", table)

    @cached_property
    def answered(self) -> np.ndarray:
        """Who chose anything at all."""
        return self.table.any(axis=1)

    def sets(self) -> list[frozenset[int | str]]:
        """The codes of each respondent."""
        return [frozenset(code for code, chosen in zip(self.codes, row, strict=True) if chosen) for row in self.table]


class Column(NamedTuple):
    """A value for every respondent, or one for all of them."""

    #: "number", "text", "truth", "set" or "nothing"
    kind: str
    #: array of length n or scalar; a truth that can be nothing is a float array of 1, 0 and NaN
    data: Any


NOTHING = Column("nothing", None)


def read_column(name: str, values: Any, n: int) -> Column:
    """A column as given: its kind by its type; empty texts and infinities are nothing.

    A column read before is taken as it is, so that a caller with many conditions can read its texts once.
    """
    if isinstance(values, Column):
        return values
    if isinstance(values, Chosen):
        check_length(name, len(values.table), n)
        return Column("set", values)
    values = np.asarray(values)
    if values.ndim:
        check_length(name, values.shape[0] if values.ndim == 1 else -1, n)
    if values.dtype.kind in "iuf":
        return Column("number", finite(values.astype(np.float64, copy=False)))
    if values.dtype.kind == "b":
        return Column("truth", values)
    return _read_objects(name, np.atleast_1d(values).astype(object, copy=False), bool(values.ndim))


def check_length(name: str, length: int, n: int) -> None:
    """Refuse a column of another length; -1 stands for no column at all."""
    if length != n:
        found = f"{length:,} values" if length >= 0 else "several dimensions"
        raise InstrumentError(f"column of {name!r} has {found}; expected one value for each of {n:,} respondents")


def _read_objects(name: str, values: np.ndarray, many: bool) -> Column:
    """An array of texts or truths with None."""
    kinds = set(map(type, values.tolist())) - {type(None)}
    if not kinds:
        return NOTHING
    if kinds <= {str}:
        empty = values == ""
        texts = np.where(empty, None, values) if empty.any() else values
        return text(texts if many else texts[0])
    if kinds <= {bool, np.bool_}:
        truths = np.array([np.nan if value is None else float(value) for value in values])
        return Column("truth", truths if many else truths[0])
    if all(issubclass(kind, int | float | np.number) and kind is not bool for kind in kinds):
        numbers = np.array([np.nan if value is None else float(value) for value in values])
        return Column("number", finite(numbers if many else numbers[0]))
    found = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise InstrumentError(f"column of {name!r} holds {found}; expected only texts, only truths or only numbers")


def truth(data: Any) -> Column:
    """A column of conditions."""
    return Column("truth", data)


def text(data: Any) -> Column:
    """A column of texts; one None for everybody is nothing."""
    return NOTHING if data is None else Column("text", data)


def condition_of(column: Column) -> Any:
    """Booleans where a condition is wanted."""
    if column.kind != "truth":
        return np.bool_(False)
    return column.data if np.asarray(column.data).dtype == bool else column.data == 1


def number_of(column: Column) -> Any:
    """Floats where a number is wanted."""
    if column.kind == "number":
        return column.data
    if column.kind == "truth":
        return np.asarray(column.data, dtype=np.float64)[()]
    if column.kind == "text":
        return each(written_number, column.data, np.float64)
    return np.float64(np.nan)


def written_number(text: str | None) -> float:
    """The number that a text is written as, else NaN."""
    number = as_number(text)
    return np.nan if number is None else number


def each(change: Callable[[Any], Any], texts: Any, dtype: Any) -> Any:
    """What `change` makes of every text; of each different one once, for most columns hold few."""
    if not isinstance(texts, np.ndarray):
        return np.dtype(dtype).type(change(texts)) if dtype is not object else change(texts)
    given = texts.tolist()
    made = {one: change(one) for one in set(given)}
    return np.fromiter(map(made.__getitem__, given), dtype, len(given))


def finite(numbers: Any) -> Any:
    """Infinities as nothing."""
    infinite = np.isinf(numbers)
    return np.where(infinite, np.nan, numbers)[()] if infinite.any() else numbers


def there(data: Any) -> Any:
    """Where a column of texts has one."""
    return np.not_equal(data, None) if isinstance(data, np.ndarray) else np.bool_(data is not None)


def spread(data: Any, n: int, dtype: Any = None) -> np.ndarray:
    """One value for everybody as an array; an array as a copy, so that nobody's column is handed out."""
    everybody = np.empty(n, dtype=dtype or np.asarray(data).dtype)
    everybody[:] = data
    return everybody
