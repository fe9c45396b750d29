"""Tables of answers whose columns are named after questions: exports of LimeSurvey, ODK, Kobo, SurveyJS and others.

`Q1[SQ001]`, `group/q1`, `q1/option` and `q1_option` all find the column of the instrument; cells may hold codes or
wordings. Columns that belong to no question are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files.qualtrics import cells_of
from populace.data.files.qualtrics_columns import Meant
from populace.data.files.qualtrics_values import Reader
from populace.errors import DataError
from populace.survey.instrument import Instrument
from populace.survey.kinds import chosen_columns
from populace.survey.names import RESPONDENT_ID, listed

#: headers that are taken for the respondents' ids, in the order of preference
_IDS = ("respondent_id", "responseid", "response id", "id", "_id", "instanceid", "meta/instanceid", "_uuid", "token")


def read(path: str | Path, instrument: Instrument, id_column: str | None = None) -> tuple[DataSet, list[str]]:
    """Answers to an instrument from a table with one header row, and what was changed or left out.

    id_column: header of the column that tells respondents apart; without it a column called id, token or the like,
    else the number of the row. Raises `DataError`.
    """
    path = Path(path)
    table = cells_of(path)
    if len(table) < 2:
        raise DataError(f"{path} has {len(table)} rows; expected a header and answers: check the file")
    headers = [cell.replace("\xa0", " ").strip() for cell in table[0]]
    rows = [(row + [""] * len(headers))[: len(headers)] for row in table[1:] if any(row)]
    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in headers]
    meant = _meant(headers, instrument)
    if not any(one.kind in ("answer", "choices") for one in meant):
        raise DataError(
            f"{path}: none of its columns ({listed(headers)}) is named after a question of {instrument.id!r}; expected "
            "answers to that questionnaire: check that the two belong together"
        )
    notes: list[str] = []
    columns = list(_columns(headers, cells, meant, Reader(instrument, notes), id_column))
    kept = {variable.name: (variable, series) for variable, series in reversed(columns)}
    ordered = [kept[name] for name in dict.fromkeys(variable.name for variable, _ in columns)]
    codebook = Codebook(instrument.id, instrument.title, (RESPONDENT, *(one for one, _ in ordered)))
    ids = pl.Series(RESPONDENT_ID, _ids(path, headers, cells, id_column, len(rows)), dtype=pl.String)
    frame = pl.DataFrame([ids, *(series for _, series in ordered)])
    return DataSet(frame, codebook, str(path)).noting(notes), notes


def _columns(
    headers: list[str], cells: list[list[str]], meant: list[Meant], reader: Reader, id_column: str | None
) -> Iterator[tuple[Variable, pl.Series]]:
    several = reader.rows_seen(meant, cells)
    for header, one, values in zip(headers, meant, cells, strict=True):
        if one.kind == "answer":
            yield reader.answers(one.name, values, several)
        elif one.kind == "choices":
            yield from reader.choices(one.name, values)
        elif header and header != id_column and any(values) and header.lower() != RESPONDENT_ID:
            name = reader.name_of(header)
            series = pl.Series(name, [value or None for value in values], dtype=pl.String)
            yield Variable(name, header, "text", (), "design"), series


def _meant(headers: list[str], instrument: Instrument) -> list[Meant]:
    names = {item.name.lower(): item.name for item in instrument.items()}
    several = {q.name.lower(): q.name for q in instrument.questions if q.kind == "multiple"}
    for question in instrument.questions:
        for columns in chosen_columns(question).values():
            names |= {f"{question.name}/{code}".lower(): column for code, column in columns.items()}
    return [_one(header, names, several) for header in headers]


def _one(header: str, names: dict[str, str], several: dict[str, str]) -> Meant:
    for name in _spellings(header):
        if name in names:
            return Meant("answer", names[name])
        if name in several:
            return Meant("choices", several[name])
    return Meant("unknown")


def _spellings(header: str) -> Iterator[str]:
    """What a header may stand for: itself, without its groups, with brackets as part of the name."""
    text = header.lower()
    bracketed = re.sub(r"\[(\w+)\]", r"_\1", text.replace("][", "_"))
    parts = text.split("/")
    yield from (text, bracketed, parts[-1], "/".join(parts[-2:]), re.sub(r"[^\w.\-]+", "_", bracketed).strip("_"))


def _ids(path: Path, headers: list[str], cells: list[list[str]], id_column: str | None, n: int) -> list[str]:
    if id_column is not None and id_column not in headers:
        raise DataError(f"{path} has no column {id_column!r}; its columns are {listed(headers)}: check the name")
    lower = [header.lower() for header in headers]
    for wanted in [id_column.lower()] if id_column else _IDS:
        if wanted in lower:
            values = cells[lower.index(wanted)]
            if all(values) and (id_column or len(set(values)) == n):
                return values
            if id_column:
                raise DataError(f"{path}, column {id_column!r}: some rows have no id: choose another column")
    return [str(number) for number in range(1, n + 1)]
