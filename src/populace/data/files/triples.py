"""Triple-S: a definition file (.sss or .xml) and its data file beside it, fixed width (.asc) or CSV.

A multiple variable becomes a 0/1 column for each code. On writing, such columns become one variable again (a bit for
each), texts that are not plain ASCII or hold line ends make the data file CSV, and columns that say who made a row
are variables whose names begin with "populace_".
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from populace.confined import confined
from populace.data.codebook import RESPONDENT, Codebook, variable_of
from populace.data.codebook import Variable as Column
from populace.data.dataset import PROVENANCE, DataSet
from populace.data.files.problems import readable
from populace.data.files.triples_write import PREFIX, write
from populace.errors import DataError
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.triples import Taken, codes_of, instrument_of
from populace.survey.formats.triples_meta import Survey, Variable
from populace.survey.names import RESPONDENT_ID, shown
from populace.survey.scale import Option

__all__ = ["read", "write"]

_WORKER = "populace.survey.formats.triples_meta:parse"
#: where the data file is looked for when the definition does not name it
_SUFFIXES = (".asc", ".ASC", ".csv", ".CSV", ".dat", ".DAT", ".txt")
_DAY, _TIME = r"^(\d{4})(\d\d)(\d\d)$", r"^(\d\d)(\d\d)(\d\d)$"


def read(path: Path) -> DataSet:
    """The answers a definition file describes. Raises `DataError`, and its `FileRefused` for a broken definition."""
    readable(path, at_most=4)
    survey = Survey.from_dict(confined(_WORKER, path, {"name": str(path)}).value)
    beside = _data_file(path, survey)
    fields = _fields(beside, survey)
    fidelity = Fidelity("Triple-S")
    instrument, taken = instrument_of(survey, path.stem, fidelity)
    notes: list[str] = []
    columns: list[pl.Series] = []
    described: list[Column] = [RESPONDENT]
    for one in taken:
        made, said = _columns(one, fields, notes)
        columns += made
        described += said
    ids = _serial(taken, fields)
    weight = next((one.name for one in taken if one.variable.use == "weight"), None)
    extra: dict[str, Any] = {"weight": weight}
    codebook = Codebook(instrument.id, instrument.title, tuple(described), extra)
    dataset = DataSet(pl.DataFrame([ids, *columns]), codebook, str(path))
    return dataset.noting([*(f"{beside}: {note}" for note in notes)])


def _data_file(path: Path, survey: Survey) -> Path:
    """The data file: the one named by the definition, in its folder, or one of its name."""
    named = [path.with_name(Path(survey.href.replace("\\", "/")).name)] if survey.href else []
    beside = [path.with_suffix(suffix) for suffix in _SUFFIXES if path.with_suffix(suffix) != path]
    found = next((file for file in [*named, *beside] if file.is_file()), None)
    if found is None:
        raise DataError(
            f"{path} has no data file beside it; expected {(named or beside)[0].name}: put it into that folder"
        )
    return found


def _text(path: Path) -> str:
    """The words of a data file: UTF-8, or what Windows programs write."""
    content = readable(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


@dataclass(frozen=True)
class _Fields:
    """The fields of a data file."""

    #: name of the file, for messages
    path: Path
    #: rows
    height: int
    #: first and last place, from 1 on -> the words there
    cut: Callable[[int, int], pl.Series]
    #: is it CSV, where places are fields and not characters?
    csv: bool


def _fields(path: Path, survey: Survey) -> _Fields:
    return _csv_fields(path, survey) if survey.csv else _fixed_fields(path, survey)


def _fixed_fields(path: Path, survey: Survey) -> _Fields:
    lines = _text(path).replace("\r\n", "\n").split("\n")[survey.skip :]
    while lines and not lines[-1].strip("\x1a "):
        lines.pop()
    whole = pl.Series("line", lines, dtype=pl.String)
    widest = int(whole.str.len_chars().max() or 0)
    needed = max((one.finish for one in survey.variables), default=0)
    if lines and widest < min(one.start for one in survey.variables if one.start):
        raise DataError(f"{path} has lines of {widest} characters; expected {needed}: it is not the file described")
    return _Fields(path, len(lines), lambda first, last: whole.str.slice(first - 1, last - first + 1), csv=False)


def _csv_fields(path: Path, survey: Survey) -> _Fields:
    try:
        table = pl.read_csv(
            io.BytesIO(_text(path).encode()), has_header=False, skip_rows=survey.skip, infer_schema=False,
            truncate_ragged_lines=False,
        )  # fmt: skip
    except pl.exceptions.NoDataError:
        table = pl.DataFrame()
    except (pl.exceptions.PolarsError, ValueError) as problem:
        reason = str(problem).splitlines()[0]
        raise DataError(f"{path} is not a CSV file ({reason}); expected one row for each respondent") from None

    def cut(first: int, last: int) -> pl.Series:
        if first > table.width or last > table.width:
            raise DataError(
                f"{path} has {table.width} fields; the definition asks for {last}: it is not the file described"
            )
        parts = [table.to_series(place - 1).fill_null("") for place in range(first, last + 1)]
        return parts[0] if len(parts) == 1 else pl.DataFrame(parts).select(pl.concat_list(pl.all())).to_series()

    return _Fields(path, table.height, cut, csv=True)


def _serial(taken: Sequence[Taken], fields: _Fields) -> pl.Series:
    """What tells respondents apart: the serial variable, or their place in the file."""
    one = next((one for one in taken if one.variable.use == "serial"), None)
    if one is None or not one.variable.start:
        return pl.Series(RESPONDENT_ID, range(1, fields.height + 1), dtype=pl.Int64)
    words = _words(one.variable, fields)
    whole = words.cast(pl.Int64, strict=False) if one.variable.type == "quantity" else None
    return (whole if whole is not None and not whole.null_count() else words).rename(RESPONDENT_ID)


def _words(variable: Variable, fields: _Fields) -> pl.Series:
    """The words of a variable, without spaces around them; null where there are none."""
    if not variable.start:
        raise DataError(
            f"{fields.path}: variable {variable.name!r} has no position; expected one: add it to the definition"
        )
    words = fields.cut(variable.start, variable.finish if not fields.csv else variable.start)
    stripped = words.str.strip_chars()
    return stripped.set(stripped == "", None)


def _columns(one: Taken, fields: _Fields, notes: list[str]) -> tuple[list[pl.Series], list[Column]]:
    """The columns of a variable, and what they mean."""
    variable = one.variable
    if variable.use == "serial":
        return [], []
    if variable.use == "weight":
        column = _numbers(variable, _words(variable, fields), notes)
        return [column.rename(one.name)], [Column(one.name, variable.label.text or one.name, "numeric", role="weight")]
    kept = _provenance(variable, fields)
    if kept is not None:
        return [kept], []
    described = [variable_of(item) for item in one.question.items()]
    if variable.type == "multiple" and len(described) > 1:
        return _several(one, described, fields, notes), described
    column = _READERS[variable.type](variable, _words(variable, fields), notes).rename(described[0].name)
    if described[0].closed:
        described, column = _with_unknown(described, column, variable, notes)
    return [column, *_empty(described[1:], fields)], described


def _empty(described: Sequence[Column], fields: _Fields) -> Iterator[pl.Series]:
    """Columns that the file does not have."""
    yield from (pl.Series(one.name, [None] * fields.height, dtype=pl.String) for one in described)


def _provenance(variable: Variable, fields: _Fields) -> pl.Series | None:
    """A column that says who made the rows."""
    name = "_" + variable.name.removeprefix(PREFIX)
    if not variable.name.startswith(PREFIX) or name not in PROVENANCE:
        return None
    words = _words(variable, fields)
    kind = PROVENANCE[name]
    whole = words.cast(pl.Int64, strict=False)
    return (words if kind == pl.String else whole.cast(kind)).rename(name)


def _codes(variable: Variable, words: pl.Series, notes: list[str]) -> pl.Series:
    """Codes as the codebook has them; what is no number where codes are is named."""
    known = codes_of(variable)
    if any(isinstance(code, str) for code in known.values()) or not known:
        return words
    whole = _parsed(words.str.replace(r"\.0+$", ""), pl.Int64, variable, notes)
    # in files of fixed width a zero is how some programs write nothing
    return whole if 0 in known.values() else whole.set(whole == 0, None)


def _with_unknown(
    described: list[Column], column: pl.Series, variable: Variable, notes: list[str]
) -> tuple[list[Column], pl.Series]:
    """Codes without a label become options that are their own labels."""
    first = described[0]
    unknown = sorted(set(column.drop_nulls().unique().to_list()) - set(first.codes))
    if not unknown:
        return described, column
    notes.append(f"variable {variable.name!r} holds codes without a label: {', '.join(map(str, unknown[:8]))}")
    labels = set(first.labels)
    more = tuple(Option(code, str(code) if str(code) not in labels else f"{code} (no label)") for code in unknown)
    return [replace(first, options=(*first.options, *more)), *described[1:]], column


def _several(one: Taken, described: list[Column], fields: _Fields, notes: list[str]) -> list[pl.Series]:
    """A 0/1 column for each code: bits, or codes spread over fields."""
    variable = one.variable
    codes = list(codes_of(variable))
    parts = _spread(variable, fields) if variable.subfields else None
    text = None if parts is not None else _bits(variable, fields)
    answered = pl.Series([False] * fields.height) if parts is not None else text.str.strip_chars() != ""
    for part in parts or ():
        answered = answered | (part != "")
    own = {item.name: place for place, item in enumerate(one.question.items()) if item.options}
    columns = []
    for place, (code, column) in enumerate(zip(codes, own, strict=True)):
        chosen = _in(parts, code) if parts is not None else text.str.slice(_bit(variable, codes, place), 1) == "1"
        columns.append(chosen.cast(pl.Int8).set(~answered, None).rename(column))
    if parts is not None:
        _told_unknown(variable, parts, codes, notes)
    return columns


def _bits(variable: Variable, fields: _Fields) -> pl.Series:
    last = variable.start if fields.csv else variable.finish
    return fields.cut(variable.start, last).fill_null("")


def _bit(variable: Variable, codes: list[str], place: int) -> int:
    """The place of a code's bit: in the order of the codes, or (one bit for every number) at its number."""
    width = variable.finish - variable.start + 1
    code = codes[place]
    return int(code) - 1 if len(codes) < width and code.isdecimal() and 0 < int(code) <= width else place


def _spread(variable: Variable, fields: _Fields) -> list[pl.Series]:
    """The fields codes are spread over, without spaces and leading zeros."""
    count = variable.subfields
    if fields.csv:
        parts = [fields.cut(variable.start + place, variable.start + place) for place in range(count)]
    else:
        width = variable.width or (variable.finish - variable.start + 1) // count
        starts = [variable.start + place * width for place in range(count)]
        parts = [fields.cut(start, start + width - 1) for start in starts]
    stripped = [part.fill_null("").str.strip_chars() for part in parts]
    return stripped if variable.literal else [part.str.replace(r"^0+(\d*)$", "$1") for part in stripped]


def _in(parts: list[pl.Series], code: str) -> pl.Series:
    """Is the code in one of the fields?"""
    bare = (code.lstrip("0") or "0") if code.isdecimal() else code
    found = pl.Series([False] * len(parts[0]))
    for part in parts:
        found = found | part.is_in([code, bare])
    return found


def _told_unknown(variable: Variable, parts: list[pl.Series], codes: list[str], notes: list[str]) -> None:
    known = {code for word in codes for code in (word, word.lstrip("0"))} | {""}
    found = {value for part in parts for value in part.unique().to_list()} - known
    if found:
        notes.append(f"variable {variable.name!r} holds codes without a label: {', '.join(sorted(found)[:8])}")


def _numbers(variable: Variable, words: pl.Series, notes: list[str]) -> pl.Series:
    """Whole numbers when all are, else floats."""
    whole = words.cast(pl.Int64, strict=False)
    if whole.null_count() == words.null_count():
        return whole
    return _parsed(words, pl.Float64, variable, notes)


def _parsed(words: pl.Series, kind: Any, variable: Variable, notes: list[str]) -> pl.Series:
    """The words as numbers; the first one that is none is refused by its row."""
    parsed = words.cast(kind, strict=False)
    failed = (parsed.is_null() & words.is_not_null()).arg_true()
    if len(failed):
        row = failed[0] + 1
        raise DataError(
            f"variable {variable.name!r} has {shown(words[failed[0]])} in row {row:,}; expected a number: correct the "
            "data file, or the position in the definition"
        )
    return parsed


def _logical(variable: Variable, words: pl.Series, notes: list[str]) -> pl.Series:
    known = {"1": 1, "0": 0, "T": 1, "F": 0, "t": 1, "f": 0, "Y": 1, "N": 0}
    return _parsed(words.replace({word: str(code) for word, code in known.items()}), pl.Int64, variable, notes)


#: type of a variable -> how its words are read
_READERS: dict[str, Callable[[Variable, pl.Series, list[str]], pl.Series]] = {
    "single": _codes,
    "multiple": _codes,
    "quantity": _numbers,
    "character": lambda variable, words, notes: words,
    "logical": _logical,
    "date": lambda variable, words, notes: words.str.replace(_DAY, "$1-$2-$3"),
    "time": lambda variable, words, notes: words.str.replace(_TIME, "$1:$2:$3"),
}
