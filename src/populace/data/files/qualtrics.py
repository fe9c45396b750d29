"""Answers in the layout of Qualtrics exports: three header rows (name, wording, ImportId), older ones with two.

`read` finds every column of an instrument by its ImportId; `write` gives synthetic answers in the very same layout, so
that what was made for the real export works on them.
"""

from __future__ import annotations

import ast
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from populace import atomic
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import PROVENANCE, DataSet
from populace.data.files import sheets
from populace.data.files.qualtrics_columns import RECORDED, Columns, Meant, says_id
from populace.data.files.qualtrics_values import Reader, spelled
from populace.errors import DataError
from populace.survey.instrument import Instrument
from populace.survey.item import Item
from populace.survey.names import RESPONDENT_ID, listed
from populace.survey.recorded import BETWEEN, RandomOrder

#: cells of one file
_MOST = 200_000_000


@dataclass(frozen=True)
class Header:
    """A column of an export, as its header rows describe it."""

    #: name
    name: str
    #: wording
    text: str
    #: ImportId, "" where there is none
    import_id: str
    #: what is ordered, in columns of orders
    choice_id: str | None = None
    #: the cells of the header rows as they stand in a file, to write them again to the letter
    cells: tuple[str, ...] = ()


@dataclass
class Export:
    """A file, split into header and rows."""

    headers: list[Header]
    rows: list[list[str]]
    #: number of header rows
    depth: int


@dataclass
class Read:
    """What became of the columns of an export."""

    #: kind of column -> how many
    counts: dict[str, int] = field(default_factory=dict)
    #: what was changed or left out, one line each
    notes: list[str] = field(default_factory=list)


def load(path: Path) -> Export:
    """Header and rows of a .csv, .tsv or .xlsx export. Raises `DataError`."""
    table = cells_of(path)
    if len(table) < 2:
        raise DataError(f"{path} {too_short(table)}; expected an export with two or three header rows: check it")
    width = len(table[0])
    ids = [_import_id(cell) for cell in table[2]] if len(table) > 2 else []
    depth = 3 if sum(one is not None for one in ids) > width / 2 else 2
    if depth == 2:
        ids = [None] * width
    cells = zip(*(_padded(row, width) for row in table[:depth]), strict=True)
    headers = [
        Header(own[0].replace("\xa0", " ").strip(), own[1], *(id or ("", None)), own)
        for own, id in zip(cells, [*ids, *[None] * width], strict=False)
    ]
    return Export(headers, [_padded(row, width) for row in table[depth:] if any(row)], depth)


def read(path: str | Path, instrument: Instrument, id_column: str | None = None) -> tuple[DataSet, Read]:
    """Answers of an export to an instrument that was imported from the survey's .qsf, and what became of its columns.

    id_column: header of the column that tells respondents apart; without it ResponseId where there is one, else the
    number of the row. Names, addresses and places of people are not taken. Raises `DataError`.
    """
    path = Path(path)
    export, found = load(path), Read()
    columns = Columns(instrument)
    meant = [_meaning(header, columns) for header in export.headers]
    if not any(one.kind in ("answer", "choices") for one in meant):
        raise DataError(
            f"{path}: none of its {len(meant):,} columns belongs to a question of {instrument.id!r}; expected an "
            "export of that survey: check that survey and export belong together"
        )
    for one in meant:
        found.counts[one.kind] = found.counts.get(one.kind, 0) + 1
    cells = [list(column) for column in zip(*export.rows, strict=True)] or [[] for _ in export.headers]
    reader = Reader(instrument, found.notes)
    series, variables, names = [], [], set()
    ids = _ids(export, cells, id_column, path)
    for variable, values in _columns(export, cells, meant, reader, columns, id_column, found):
        if variable.name in names:
            found.notes.append(f"column {variable.name!r} stands twice; the first counts")
            continue
        names.add(variable.name)
        variables.append(variable)
        series.append(values)
    codebook = Codebook(
        instrument.id, instrument.title, (RESPONDENT, *variables), {"country": instrument.country, "weight": None}
    )
    frame = pl.DataFrame([pl.Series(RESPONDENT_ID, ids, dtype=pl.String), *series])
    return DataSet(frame, codebook, str(path)).noting(found.notes), found


def _columns(
    export: Export,
    cells: Sequence[list[str]],
    meant: Sequence[Meant],
    reader: Reader,
    columns: Columns,
    id_column: str | None,
    found: Read,
) -> Iterator[tuple[Variable, pl.Series]]:
    """Every column that is taken, with what it means."""
    orders: dict[str, list[tuple[int, list[str]]]] = {}
    several = reader.rows_seen(meant, cells)
    for header, one, values in zip(export.headers, meant, cells, strict=True):
        match one.kind:
            case "answer":
                yield reader.answers(one.name, values, several)
            case "choices":
                yield from reader.choices(one.name, values)
            case "order":
                orders.setdefault(one.name, []).append((one.member, values))
            case "embedded":
                yield _text(one.name, header.text or one.name, values)
            case "recorded" if header.name and any(values):
                yield _text(reader.name_of(header.name), header.text or header.name, values)
            case "unknown" if header.name and header.name != id_column and any(values):
                yield _text(reader.name_of(header.name), header.text or header.name, values)
    for name, parts in orders.items():
        yield _order(columns.orders[name], parts)
    dropped = [header.name for header, one in zip(export.headers, meant, strict=True) if one.kind == "personal"]
    if dropped:
        found.notes.append(f"columns that tell who people are were not taken: {listed(dropped)}")
    technical = [header.name for header, one in zip(export.headers, meant, strict=True) if one.kind == "technical"]
    if technical:
        found.notes.append(f"{len(technical)} columns of timers, browsers and unknown questions were not taken")


def _text(name: str, words: str, values: list[str]) -> tuple[Variable, pl.Series]:
    variable = Variable(name, words, "text", (), "design")
    return variable, pl.Series(name, [value or None for value in values], dtype=pl.String)


def _order(order: RandomOrder, parts: list[tuple[int, list[str]]]) -> tuple[Variable, pl.Series]:
    """At which place each member was seen, as the order in which they were."""
    texts = []
    for row in zip(*(values for _, values in parts), strict=True):
        placed = sorted((int(cell), member) for cell, (member, _) in zip(row, parts, strict=True) if cell.isdecimal())
        texts.append(BETWEEN.join(order.members[member] for _, member in placed) or None)
    variable = Variable(order.column, order.words, "text", (), "design")
    return variable, pl.Series(order.column, texts, dtype=pl.String)


def _meaning(header: Header, columns: Columns) -> Meant:
    if header.import_id:
        return columns.meant(header.import_id, header.choice_id)
    return columns.by_name(header.name, header.text)


def _ids(export: Export, cells: Sequence[list[str]], id_column: str | None, path: Path) -> list[str]:
    """Who the respondents are."""
    names = [header.name for header in export.headers]
    if id_column is not None:
        if id_column not in names:
            raise DataError(f"{path} has no column {id_column!r}; its columns are {listed(names)}: check the name")
        ids = cells[names.index(id_column)]
        if not all(ids):
            raise DataError(f"{path}, column {id_column!r}: {ids.count('')} rows have no id: choose another column")
        return [one.removesuffix(".0") for one in ids]
    for header, values in zip(export.headers, cells, strict=True):
        named = header.import_id in ("_recordId", "responseId") or (not header.import_id and says_id(header.text))
        if named and values and all(values) and len(set(values)) == len(values):
            return values
    return [str(number) for number in range(1, len(export.rows) + 1)]


# -- files -----------------------------------------------------------------------------------------------------------


def cells_of(path: Path) -> list[list[str]]:
    """The cells of a .csv, .tsv or .xlsx file as texts."""
    if path.suffix.lower() == ".xlsx":
        return sheets.rows_of(path)
    try:
        text = path.read_bytes().decode(_encoding(path))
    except OSError as problem:
        raise DataError(f"{path} cannot be read ({problem.strerror}): check the file") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 or UTF-16; expected a table of answers: save it as UTF-8") from None
    text = text.replace("\0", "")
    delimiter = "\t" if path.suffix.lower() == ".tsv" or "\t" in text.partition("\n")[0] else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise DataError(f"{path} is no table of cells ({problem}): export it again") from None
    if rows and len(rows) * len(rows[0]) > _MOST:
        raise DataError(f"{path} has more than {_MOST:,} cells; expected fewer: split it")
    return rows


def too_short(table: list[list[str]]) -> str:
    """How much too little a table holds, in words."""
    return f"has {len(table)} row{'' if len(table) == 1 else 's'}" if table else "is empty"


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _padded(row: list[str], width: int) -> list[str]:
    return (row + [""] * (width - len(row)))[:width]


def _import_id(cell: str) -> tuple[str, str | None] | None:
    """(ImportId, choiceId) of a header cell: JSON, in older exports as Python writes it."""
    cell = cell.strip()
    if not (cell.startswith("{") and "ImportId" in cell):
        return None
    try:
        content = json.loads(cell)
    except ValueError:
        try:
            content = ast.literal_eval(cell) if len(cell) < 2_000 else None
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(content, dict):
        return None
    choice = content.get("choiceId")
    return str(content.get("ImportId") or ""), None if choice is None else str(choice)


# -- writing ---------------------------------------------------------------------------------------------------------


def write(
    dataset: DataSet, instrument: Instrument, path: str | Path, like: str | Path | None = None, labels: bool = False
) -> list[str]:
    """Write answers as Qualtrics exports them; gives what could not be written, one line each.

    like: an export whose columns and header rows are taken over to the letter; columns that nobody answers stay empty.
    labels: wordings in place of codes. Provenance of synthetic answers follows in columns of its own. Texts that a
    spreadsheet would take for formulas are written with a leading apostrophe.
    """
    path = Path(path)
    columns = Columns(instrument)
    if like is not None:
        model = load(Path(like))
        headers, depth = model.headers, model.depth
        meant = [_meaning(header, columns) for header in headers]
    else:
        listed_columns = columns.layout()
        headers = [Header(one.name, one.text, one.import_id, one.choice_id) for one in listed_columns]
        meant, depth = [one.meant for one in listed_columns], 3
    items = {item.name: item for item in instrument.items()}
    written = [
        _written(header, one, dataset, items, columns.orders, labels)
        for header, one in zip(headers, meant, strict=True)
    ]
    provenance = [name for name in PROVENANCE if name in dataset.answers.columns]
    headers = [*headers, *(Header(name, f"Provenance: {name[1:]}", name) for name in provenance)]
    written += [[str(value) for value in dataset.answers[name].to_list()] for name in provenance]
    _write_table(path, headers, depth, written)
    taken = {one.name for one in meant if one.name}
    apart = [name for name in items if name in dataset.codebook and name not in taken]
    return (
        [f"{len(apart):,} columns have no place in the layout and were not written: {listed(apart)}"] if apart else []
    )


def _written(
    header: Header,
    meant: Meant,
    dataset: DataSet,
    items: Mapping[str, Item],
    orders: Mapping[str, RandomOrder],
    labels: bool,
) -> list[str]:
    """The cells of one column."""
    if meant.kind in ("answer", "embedded") and meant.name in dataset.codebook:
        return spelled(dataset, meant.name, items.get(meant.name), labels)
    if meant.kind == "order" and orders[meant.name].column in dataset.codebook:
        return _places(dataset.answers[orders[meant.name].column].to_list(), orders[meant.name], meant.member)
    if header.import_id in RECORDED or header.import_id == "responseId":
        return _recorded(header.import_id, dataset)
    return [""] * dataset.n


def _places(texts: Sequence[str | None], order: RandomOrder, member: int | None) -> list[str]:
    """At which place each respondent saw a member."""
    seen = order.places(texts) == (member or 0)
    places = np.where(seen.any(axis=1), seen.argmax(axis=1) + 1, 0)
    return [str(place) if place else "" for place in places.tolist()]


def _recorded(import_id: str, dataset: DataSet) -> list[str]:
    """What Qualtrics would have recorded; times are left empty, for nobody took any."""
    if import_id in ("_recordId", "responseId"):
        return [str(one) for one in dataset.respondent_ids.tolist()]
    fixed = {"progress": "100", "finished": "1", "status": "0"}
    channel = "synthetic" if dataset.synthetic else ""
    return [fixed.get(import_id, channel if import_id == "distributionChannel" else "")] * dataset.n


def _write_table(path: Path, headers: Sequence[Header], depth: int, columns: Sequence[list[str]]) -> None:
    above = zip(*(_header_cells(header, depth) for header in headers), strict=True)
    rows = [*above, *zip(*columns, strict=True)]
    if path.suffix.lower() == ".xlsx":
        sheets.write(path, rows)
        return
    text = io.StringIO(newline="")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    atomic.write_text(path, "\ufeff" + text.getvalue())


def _header_cells(header: Header, depth: int) -> tuple[str, ...]:
    """The cells of the header rows."""
    return header.cells or (header.name, header.text, _described(header))[:depth]


def _described(header: Header) -> str:
    content = {"ImportId": header.import_id}
    if header.choice_id is not None:
        content["choiceId"] = header.choice_id
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
