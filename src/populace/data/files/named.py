"""Tables of answers whose columns are named after questions: exports of LimeSurvey, ODK, Kobo, SurveyJS and others.

Which column belongs to which answer says `named_columns`, what its cells mean `named_cells`. Columns that belong to no
question are kept as they are; those that tell who somebody is are not taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files.named_cells import Cells
from populace.data.files.named_columns import meant
from populace.data.files.qualtrics import cells_of, too_short
from populace.data.files.qualtrics_columns import Meant
from populace.data.files.qualtrics_values import Reader
from populace.errors import DataError
from populace.survey.instrument import Instrument
from populace.survey.names import RESPONDENT_ID, listed

#: headers that are taken for the respondents' ids, in the order of preference
_IDS = (
    "respondent_id", "responseid", "response id", "id", "_id", "instanceid", "meta/instanceid", "meta-instanceid",
    "_uuid", "key", "token",
)  # fmt: skip


def read(path: str | Path, instrument: Instrument, id_column: str | None = None) -> tuple[DataSet, list[str]]:
    """Answers to an instrument from a table with one header row, and what was changed or left out.

    id_column: header of the column that tells respondents apart; without it a column called id, token or the like,
    else the number of the row. Raises `DataError`.
    """
    path = Path(path)
    table = cells_of(path)
    if len(table) < 2:
        raise DataError(f"{path} {too_short(table)}; expected a header and answers: check the file")
    headers = [cell.replace("\xa0", " ").strip() for cell in table[0]]
    rows = [(row + [""] * len(headers))[: len(headers)] for row in table[1:] if any(row)]
    cells = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in headers]
    belonging(path, headers, instrument)
    notes: list[str] = []
    columns = list(_Table(headers, cells, instrument, notes, id_column).columns())
    kept = {variable.name: (variable, series) for variable, series in reversed(columns)}
    ordered = [kept[name] for name in dict.fromkeys(variable.name for variable, _ in columns)]
    codebook = Codebook(instrument.id, instrument.title, (RESPONDENT, *(one for one, _ in ordered)))
    ids = pl.Series(RESPONDENT_ID, _ids(path, headers, cells, id_column, len(rows)), dtype=pl.String)
    frame = pl.DataFrame([ids, *(series for _, series in ordered)])
    return DataSet(frame, codebook, str(path)).noting(notes), notes


def belonging(path: Path, headers: Sequence[str], instrument: Instrument) -> list[str]:
    """The headers that are named after answers to an instrument; raises `DataError` where there is none."""
    found = [
        header
        for header, one in zip(headers, meant(headers, instrument), strict=True)
        if one.kind not in ("unknown", "personal")
    ]
    if not found:
        raise DataError(
            f"{path}: none of its columns ({listed(headers)}) is named after a question of {instrument.id!r}; expected "
            "answers to that questionnaire: check that the two belong together"
        )
    return found


class _Table:
    """The columns of one table as variables with their answers."""

    def __init__(
        self,
        headers: list[str],
        cells: list[list[str]],
        instrument: Instrument,
        notes: list[str],
        id_column: str | None,
    ) -> None:
        self.reader, self.cells = Reader(instrument, notes), Cells(instrument, notes)
        self.notes, self.id_column = notes, id_column
        self.table = [
            self._ticked(header, one, values)
            for header, one, values in zip(headers, meant(headers, instrument), cells, strict=True)
        ]

    def _ticked(self, header: str, one: Meant, values: list[str]) -> tuple[str, Meant, list[str]]:
        """A column with yes and no of its choices as 1 and 0."""
        if one.kind == "other" and not self.cells.is_text(one.name, values):
            one = Meant("answer", one.name)
        ticked = one.kind == "answer" and one.name in self.cells.labels
        return header, one, self.cells.ticks(one.name, values) if ticked else values

    def columns(self) -> Iterator[tuple[Variable, pl.Series]]:
        """All variables; several columns may give the same one, of which the first counts."""
        several = self._several()
        for header, one, values in self.table:
            match one.kind:
                case "answer":
                    yield self.reader.answers(one.name, values, several)
                case "choices":
                    yield from self.cells.choices(one.name, values)
                case "ranking":
                    yield from self.cells.ranking(one.name, values)
                case "other":
                    yield self.cells.text(one.name, values)
                case "unknown" if header and header != self.id_column and header.lower() != RESPONDENT_ID:
                    yield from self._kept(header, values)
        yield from self._ranked()
        # whoever wrote something chose it: for tables that have no other column for that
        for _, one, values in self.table:
            if one.kind == "other" and one.name in several:
                yield self.reader.answers(one.name, self.cells.ticks(one.name, values), several)
        self._tell()

    def _several(self) -> dict[str, list[bool]]:
        """Column of a multiple choice -> who answered the question at all."""
        chosen = [(Meant("answer", one.name) if one.kind == "other" else one, values) for _, one, values in self.table]
        return self.reader.rows_seen([one for one, _ in chosen], [values for _, values in chosen])

    def _kept(self, header: str, values: list[str]) -> Iterator[tuple[Variable, pl.Series]]:
        """A column of no question, as it is."""
        if any(values):
            name = self.reader.name_of(header)
            series = pl.Series(name, [value or None for value in values], dtype=pl.String)
            yield Variable(name, header, "text", (), "design"), series

    def _ranked(self) -> Iterator[tuple[Variable, pl.Series]]:
        places: dict[str, dict[int, list[str]]] = {}
        for _, one, values in self.table:
            if one.kind == "place":
                places.setdefault(one.name, {})[one.member] = values
        for name, columns in places.items():
            yield from self.cells.places(name, columns)

    def _tell(self) -> None:
        personal = [header for header, one, _ in self.table if one.kind == "personal"]
        if personal:
            self.notes.append(f"columns that tell who somebody is were not taken: {listed(personal)}")


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
