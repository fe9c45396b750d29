"""DataSet: answers of people or of synthetic respondents, in one form.

One row per interview, one column per variable, codes as the codebook lists them, null where there is no answer.
Columns that start with "_" are provenance: who made the row, from what. A DataSet does not know whether a model or a
person answered; `synthetic` only reads what the rows say of themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape

import numpy as np
import polars as pl

from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, did_you_mean, listed

#: provenance columns of synthetic rows, with their types
PROVENANCE = {
    "_synthetic": pl.Boolean,
    "_model": pl.String,
    "_model_hash": pl.String,
    "_instrument_hash": pl.String,
    "_seed": pl.Int64,
    "_version": pl.String,
}

#: columns that tell the interviews of one respondent apart
_OCCASION = ("wave", "year")
#: rows of the HTML table before it is cut
_ROWS_SHOWN = 30


@dataclass(frozen=True, eq=False, repr=False)
class DataSet:
    """Answers with their codebook. Raises `DataError` when the two do not fit together.

    Columns are brought into one form first: respondent_id to the front, whole floats to integers where codes are
    integers, NaN and infinities to null, which `notes` counts.
    """

    #: one row per interview; respondent_id, the codebook's variables, and provenance columns
    answers: pl.DataFrame
    #: what the columns mean
    codebook: Codebook
    #: where the data came from, for messages: a path or a few words
    source: str = ""
    #: what was changed in the answers on the way in, for whoever reads the data in
    notes: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        if RESPONDENT_ID not in self.codebook:
            variables = (RESPONDENT, *self.codebook.variables)
            object.__setattr__(self, "codebook", replace(self.codebook, variables=variables))
        where = self.source or f"data set {self.codebook.id!r}"
        _check_columns(self.answers, self.codebook, where)
        object.__setattr__(self, "notes", _not_numbers(self.answers, where))
        object.__setattr__(self, "answers", _in_one_form(self.answers, self.codebook, where))
        _check_ids(self.answers, where)
        _check_codes(self.answers, self.codebook, where)

    def noting(self, notes: Iterable[str]) -> DataSet:
        """The same data with further notes."""
        other = copy(self)
        object.__setattr__(other, "notes", (*self.notes, *notes))
        return other

    @property
    def n(self) -> int:
        """Number of interviews (rows)."""
        return self.answers.height

    @cached_property
    def respondent_ids(self) -> np.ndarray:
        """(n,) identifiers: integers, or strings as objects."""
        return self.answers[RESPONDENT_ID].to_numpy()

    @property
    def n_respondents(self) -> int:
        """Number of different respondents; below `n` when some were interviewed more than once."""
        return self.answers[RESPONDENT_ID].n_unique()

    @property
    def id(self) -> str:
        """Short name, from the codebook."""
        return self.codebook.id

    def names(self, role: str | None = None) -> tuple[str, ...]:
        """Names of the variables, in order; with `role`, only those of that role."""
        variables = self.codebook.variables if role is None else self.codebook.by_role(role)
        return tuple(variable.name for variable in variables)

    def codes(self, name: str) -> pl.Series:
        """(n,) answers as stored; provenance columns included."""
        if name not in self.answers.columns:
            hint = did_you_mean(name, self.answers.columns)
            raise DataError(f"{self.source or self.id} has no column {name!r}{hint}: check the name")
        return self.answers[name]

    def positions(self, name: str) -> np.ndarray:
        """(n,) int32 position of each answer in the variable's options, -1 for null."""
        variable = self.codebook.variable(name)
        if not variable.closed:
            raise DataError(
                f"variable {name!r} is of type {variable.type!r} and has no options to number; "
                f"expected a closed one: use codes({name!r}) instead"
            )
        return _positions(self.codes(name), variable)

    def values(self, name: str) -> np.ndarray:
        """(n,) float64 numbers of a numeric variable, NaN for null and for codes the codebook marks as missing."""
        variable = self.codebook.variable(name)
        if variable.type != "numeric":
            raise DataError(f"variable {name!r} is of type {variable.type!r}; expected a numeric one: check the name")
        values = self.codes(name).cast(pl.Float64).fill_null(np.nan).to_numpy(writable=True)
        values[np.isin(values, [option.code for option in variable.options if option.missing])] = np.nan
        return values

    def scores(self, name: str) -> np.ndarray:
        """(n,) float64 rank on the scale from 0 (ordered or two options), or the number of a numeric variable.

        NaN for no answer, don't know, refused, and what is off the scale.
        """
        variable = self.codebook.variable(name)
        if not variable.scored:
            raise DataError(
                f"variable {name!r} is of type {variable.type!r} and its answers have no order; "
                "expected ordered options, two options or numbers: choose another variable or make it ordinal"
            )
        if not variable.closed:
            return self.values(name)
        ranks = {option.code: float(rank) for rank, option in enumerate(variable.scale)}
        return np.array([*(ranks.get(code, np.nan) for code in variable.codes), np.nan])[self.positions(name)]

    @cached_property
    def weights(self) -> np.ndarray | None:
        """(n,) float64 weights, or None when the codebook names no weight; no weight in a row counts as zero."""
        name = self.codebook.weight
        if name is None:
            return None
        weights = self.answers[name].cast(pl.Float64).fill_null(0.0).to_numpy()
        bad = ~np.isfinite(weights) | (weights < 0)
        if bad.any() or not weights.any():
            what = f"{int(bad.sum()):,} negative values" if bad.any() else "only zeros"
            where = self.source or self.id
            raise DataError(f"{where}: weight {name!r} has {what}; expected zero or more in every row: correct them")
        return weights

    def rows(self, index: np.ndarray) -> DataSet:
        """These rows, by position (repeats allowed, as in a bootstrap) or by a mask of n booleans."""
        index = np.asarray(index)
        chosen = self.answers.filter(pl.Series(index)) if index.dtype == bool else self.answers[index]
        return _unchecked(chosen, self.codebook, self.source)

    def keep(self, names: Iterable[str]) -> DataSet:
        """Only these variables, besides respondent_id and provenance."""
        kept = [RESPONDENT_ID, *(name for name in names if name != RESPONDENT_ID)]
        codebook = self.codebook.keep(kept)
        provenance = [name for name in self.answers.columns if name.startswith("_")]
        return _unchecked(self.answers.select(*kept, *provenance), codebook, self.source)

    @property
    def synthetic(self) -> bool:
        """True when any row says that a model answered it."""
        return "_synthetic" in self.answers.columns and bool(self.answers["_synthetic"].any())

    @property
    def synthetic_note(self) -> tuple[str, ...]:
        """The sentence that every table made from synthetic rows carries, as a tuple of notes; empty for people."""
        if not self.synthetic:
            return ()
        rows = int(self.answers["_synthetic"].sum())
        return (f"SYNTHETIC: {'all' if rows == self.n else f'{rows:,} of'} {self.n:,} respondents are synthetic.",)

    @cached_property
    def content_hash(self) -> str:
        """'sha256:…' of codebook and answers; file format and integer width do not matter."""
        return content_hash_of(self.codebook, self.answers)

    def __repr__(self) -> str:
        people = "" if self.n_respondents == self.n else f" of {self.n_respondents:,} respondents"
        counts = [f"{len(self.names(role)):,} {role}" for role in ("question", "background") if self.names(role)]
        variables = f"{' + '.join(counts) or 'no'} variables"
        kind = "synthetic" if self.synthetic else "human"
        weight = f", weight {self.codebook.weight!r}" if self.codebook.weight else ""
        return f"DataSet({self.id!r}, {kind}, {self.n:,} interviews{people}, {variables}{weight})"

    def _repr_html_(self) -> str:
        shown = [variable for variable in self.codebook.variables if variable.role != "id"]
        head = "".join(f"<th>{name}</th>" for name in ("name", "type", "text", "answers", "options"))
        body = "".join(_html_row(variable, self.answers[variable.name]) for variable in shown[:_ROWS_SHOWN])
        more = len(shown) - _ROWS_SHOWN
        rest = f"<p>… and {more:,} more variables</p>" if more > 0 else ""
        return f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{body}</table>{rest}"


def content_hash_of(codebook: Codebook, answers: Iterable[pl.Series]) -> str:
    """The content hash of a data set of these columns, in this order."""
    return hash_of(json.dumps(codebook.to_dict(), sort_keys=True), answers)


def hash_of(codebook: str, answers: Iterable[pl.Series]) -> str:
    """'sha256:…' of a codebook's JSON text and the answers: a frame, or its columns one after another.

    Taken column by column, so that a file larger than the memory can be hashed with one column in memory at a time.
    """
    digest = hashlib.sha256(codebook.encode())
    for column in answers:
        for part in _bytes_of(column):
            digest.update(part)
    return "sha256:" + digest.hexdigest()


def _unchecked(answers: pl.DataFrame, codebook: Codebook, source: str) -> DataSet:
    """A part of a data set that was checked already; checking again would cost more than taking the part."""
    part = object.__new__(DataSet)
    for name, value in (("answers", answers), ("codebook", codebook), ("source", source)):
        object.__setattr__(part, name, value)
    return part


def _check_columns(answers: pl.DataFrame, codebook: Codebook, where: str) -> None:
    """Every variable has its column and every column its variable."""
    columns = [name for name in answers.columns if not name.startswith("_")]
    if RESPONDENT_ID not in columns:
        raise DataError(
            f"{where}: no column {RESPONDENT_ID!r}{did_you_mean(RESPONDENT_ID, columns)}; "
            "expected one identifier per row: add it"
        )
    known = {variable.name for variable in codebook.variables}
    unknown = [name for name in columns if name not in known]
    if unknown:
        hint = did_you_mean(unknown[0], known - set(columns))
        raise DataError(
            f"{where}: the codebook has no variable for column {listed(unknown)}{hint}: "
            "describe it in the codebook or drop the column"
        )
    absent = [variable.name for variable in codebook.variables if variable.name not in columns]
    if absent:
        hint = did_you_mean(absent[0], columns)
        raise DataError(
            f"{where}: the answers have no column for variable {listed(absent)}{hint}: "
            "add the column or take the variable out of the codebook"
        )


def _in_one_form(answers: pl.DataFrame, codebook: Codebook, where: str) -> pl.DataFrame:
    """respondent_id first, provenance last, and every column in the type its variable asks for."""
    provenance = [name for name in answers.columns if name.startswith("_")]
    middle = [name for name in answers.columns if name not in {RESPONDENT_ID, *provenance}]
    order = [RESPONDENT_ID, *middle, *provenance]
    if order != answers.columns:
        answers = answers.select(order)
    cast = [_cast(answers[name], codebook.variable(name), where) for name in [RESPONDENT_ID, *middle]]
    changed = [column for column in cast if column is not None]
    return answers.with_columns(changed) if changed else answers


def _not_numbers(answers: pl.DataFrame, where: str) -> tuple[str, ...]:
    """A note on NaN and infinities in the answers, which other programs write for "no answer" or by mistake."""
    floats = [column for column in answers if column.dtype.is_float()]
    counts = {column.name: int((~column.is_finite()).sum()) for column in floats if not column.is_finite().all()}
    if not counts:
        return ()
    cells = sum(counts.values())
    held = "cell holds" if cells == 1 else "cells hold"
    return (f"{where}: {cells:,} {held} NaN or infinity (in {listed(counts, 4)}), taken as no answer",)


def _cast(column: pl.Series, variable: Variable, where: str) -> pl.Series | None:
    """The column in the right type, or None when it is already."""
    if variable.name == RESPONDENT_ID:
        return _cast_ids(column, where)
    if variable.type == "numeric" or (variable.role == "weight" and not variable.closed):
        return _cast_numeric(column, where)
    if variable.type == "text" or isinstance(variable.options[0].code, str):
        return _cast_words(column, where)
    return _cast_codes(column, where)


def _cast_ids(column: pl.Series, where: str) -> pl.Series | None:
    if column.dtype == pl.String or column.dtype.is_integer():
        return None
    if column.dtype in (pl.Categorical, pl.Enum):
        return column.cast(pl.String)
    if column.dtype.is_float():
        return _cast_codes(column, where)
    raise _wrong_type(column, where, "words or whole numbers")


def _cast_numeric(column: pl.Series, where: str) -> pl.Series | None:
    if column.dtype.is_integer():
        return None
    if column.dtype == pl.Null or column.dtype.is_decimal():
        return column.cast(pl.Float64)
    if not column.dtype.is_float():
        raise _wrong_type(column, where, "numbers")
    finite = column.is_finite()
    return None if finite.all() else column.zip_with(finite.fill_null(False), pl.Series([None], dtype=column.dtype))


def _cast_words(column: pl.Series, where: str) -> pl.Series | None:
    if column.dtype == pl.String:
        return None
    if column.dtype in (pl.Categorical, pl.Enum, pl.Null):
        return column.cast(pl.String)
    raise _wrong_type(column, where, "words")


def _cast_codes(column: pl.Series, where: str) -> pl.Series | None:
    if column.dtype.is_integer():
        return None
    if column.dtype in (pl.Null, pl.Boolean):
        return column.cast(pl.Int8)
    if not column.dtype.is_float():
        raise _wrong_type(column, where, "whole numbers")
    column = column.zip_with(column.is_finite().fill_null(False), pl.Series([None], dtype=column.dtype))
    broken = column.drop_nulls().filter(column.drop_nulls() != column.drop_nulls().round())
    if len(broken):
        raise DataError(
            f"{where}: column {column.name!r} has {broken[0]!r} in {len(broken):,} row{'s' * (len(broken) != 1)}; "
            "expected whole-number codes: correct the answers or make the variable numeric"
        )
    return column.cast(pl.Int64)


def _wrong_type(column: pl.Series, where: str, expected: str) -> DataError:
    seen = column.drop_nulls()
    example = f" such as {seen[0]!r}" if len(seen) else ""
    return DataError(
        f"{where}: column {column.name!r} holds {column.dtype}{example}; the codebook expects {expected}: "
        "correct the column or the variable's type"
    )


def _check_ids(answers: pl.DataFrame, where: str) -> None:
    ids = answers[RESPONDENT_ID]
    if ids.null_count():
        raise DataError(
            f"{where}: {ids.null_count():,} rows have no {RESPONDENT_ID}; expected one in every row: fill them in"
        )
    if ids.n_unique() == len(ids):
        return
    occasion = [name for name in _OCCASION if name in answers.columns]
    keys = answers.select(RESPONDENT_ID, *occasion)
    repeated = keys.filter(keys.is_duplicated())
    if occasion and not repeated.height:
        return
    remedy = f"with {' and '.join(occasion)}" if occasion else "and there is no column 'wave' or 'year'"
    raise DataError(
        f"{where}: {RESPONDENT_ID} {repeated[RESPONDENT_ID][0]!r} stands in several rows {remedy}; "
        "expected one row per interview: remove the repeats or tell them apart by a column 'wave'"
    )


def _check_codes(answers: pl.DataFrame, codebook: Codebook, where: str) -> None:
    """Every code in a closed column is an option of its variable."""
    for variable in codebook.variables:
        if variable.closed:
            column = answers[variable.name]
            unknown = sorted(set(column.unique().to_list()) - {None, *variable.codes})
            if unknown:
                raise _unknown_code(column, unknown, variable, where)


def _unknown_code(column: pl.Series, unknown: list, variable: Variable, where: str) -> DataError:
    rows = int(column.is_in(unknown).sum())
    noun = "code" if len(unknown) == 1 else "codes"
    return DataError(
        f"{where}: column {variable.name!r} has {noun} {listed(unknown)} in {rows:,} row{'s' * (rows != 1)}; "
        f"the codebook knows {listed(variable.codes, 12)}: add the option to the codebook or correct the answers"
    )


def _positions(column: pl.Series, variable: Variable) -> np.ndarray:
    places = np.arange(len(variable.codes), dtype=np.int32)
    if column.dtype == pl.String:
        found = column.replace_strict(list(variable.codes), places, default=None, return_dtype=pl.Int32)
        return found.fill_null(-1).to_numpy()
    order = np.argsort(variable.codes)
    known = np.asarray(variable.codes, dtype=np.int64)[order]
    values = column.cast(pl.Int64).fill_null(variable.codes[0]).to_numpy()
    found = places[order][np.searchsorted(known, values)]
    if column.null_count():
        found[column.is_null().to_numpy()] = -1
    return found


def _bytes_of(column: pl.Series) -> Iterator[bytes]:
    """Name, kind, null mask and values of a column, the same for every width and for whole numbers as floats."""
    yield column.name.encode() + b"\0"
    yield np.packbits(column.is_null().to_numpy()).tobytes()
    if column.dtype == pl.String:
        yield b"text"
        filled = column.fill_null("")
        yield filled.str.len_bytes().cast(pl.Int64).to_numpy().tobytes()
        yield "".join(filled.to_list()).encode()
        return
    if column.dtype.is_float():
        values = column.fill_null(0).cast(pl.Float64).to_numpy()
        if (values != np.round(values)).any() or np.abs(values).max(initial=0) > 2**53:
            yield b"real" + values.tobytes()
            return
    yield b"whole" + column.cast(pl.Int64).fill_null(0).to_numpy().tobytes()


def _html_row(variable: Variable, column: pl.Series) -> str:
    answered = len(column) - column.null_count()
    options = " · ".join(option.label for option in variable.options[:8])
    cells = (variable.name, variable.type, variable.text, f"{answered:,}", options)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
