"""What a batch of respondents has said so far, as the conditions of later questions see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from populace.survey.expression_arrays import Chosen
from populace.survey.expression_columns import holds_many
from populace.survey.expression_records import Expression
from populace.survey.question import Question


class Said:
    """Values by name: what was known beforehand, then what was answered; and to whom each question was put."""

    def __init__(self, n: int, known: Mapping[str, pl.Series], labels: Mapping[str, Mapping[int | str, str]]):
        self._n = n
        self._labels = labels
        self._values = {name: _values(column) for name, column in known.items()}
        # what is known beforehand was asked of everybody
        self._shown = dict.fromkeys(known, np.ones(n, dtype=bool))

    def meets(self, condition: Expression | None) -> np.ndarray:
        """(n,) whom a question with this condition is put to."""
        if condition is None:
            return np.ones(self._n, dtype=bool)
        return holds_many(condition, self._values, self._n, labels=self._labels, shown=self._shown)

    def add(self, question: Question, columns: Sequence[pl.Series], rows: np.ndarray) -> None:
        """The answers to a question (null for who gave none), put to the respondents `rows` (n,)."""
        self._shown[question.name] = rows
        for column in columns:
            self._values[column.name] = _values(column)
            self._shown[column.name] = rows
        if question.kind == "multiple":
            codes = tuple(option.code for option in question.options)
            given = {column.name: column for column in columns}
            chosen = [given[f"{question.name}_{code}"] for code in codes]
            table = np.column_stack([(column == 1).fill_null(False).to_numpy() for column in chosen])
            self._values[question.name] = Chosen(codes, table)


def _values(column: pl.Series) -> np.ndarray:
    """Numbers with NaN for null, or texts with None."""
    if column.dtype == pl.String:
        return np.array(column.to_list(), dtype=object)
    return column.cast(pl.Float64).to_numpy()
