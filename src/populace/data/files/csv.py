"""CSV: codes as written, and the codebook as NAME.codebook.json beside it.

A cell of words that begins with = + - @ (or a tab or return) would be run as a formula by a spreadsheet; such cells
get a leading apostrophe, which is taken off again on reading. Numbers are left alone. An empty cell is no answer, a
quoted empty cell an empty text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from populace import atomic
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import PROVENANCE, DataSet
from populace.data.files.problems import cannot_write, readable, refuse
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID

#: key of the codebook file under which the writer notes what the CSV itself cannot say
_NOTE = "populace.csv"
_FORMULA = r"^('*[=+\-@\t\r])"
_ESCAPED = r"^'('*[=+\-@\t\r])"


def read(path: Path) -> DataSet:
    """A CSV file with NAME.codebook.json (or codebook.json) beside it."""
    codebook, note = _codebook(path)
    words = _words(path, whole="rows" in note)
    if note.get("rows", words.height) != words.height:
        raise DataError(
            f"{path} has {words.height:,} rows, its codebook says {note['rows']:,}; the file was cut short or edited: "
            f"copy it again, or remove {_NOTE!r} from the codebook if that is intended"
        )
    columns = [_typed(column, codebook, note, path) for column in words]
    return DataSet(pl.DataFrame(columns), codebook, str(path))


def write(dataset: DataSet, path: Path) -> None:
    """The CSV and its codebook; both are complete on disk before either replaces an older one."""
    integer_ids = dataset.answers[RESPONDENT_ID].dtype.is_integer()
    content = dataset.codebook.to_dict() | {_NOTE: {"rows": dataset.n, "integer_ids": integer_ids}}
    names = [path, path.with_suffix(".codebook.json")]
    with atomic.replacing_all(names) as (table, codebook), cannot_write():
        escaped(dataset.answers).write_csv(table)
        codebook.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")


def escaped(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with words that a spreadsheet would run as formulas made harmless, and 32-bit floats in full."""
    wide = pl.col(pl.Float32).cast(pl.Float64)
    return frame.with_columns(pl.col(pl.String).str.replace(_FORMULA, "'$1"), wide)


def _codebook(path: Path) -> tuple[Codebook, dict[str, Any]]:
    """The codebook beside a CSV, and what the writer noted in it."""
    beside = [path.with_suffix(".codebook.json"), path.with_name("codebook.json")]
    found = next((file for file in beside if file.is_file()), None)
    if found is None:
        raise DataError(
            f"{path} has no codebook beside it; expected {beside[0].name} with wording and options of every column: "
            "add it (docs/data.md shows the layout)"
        )
    codebook = Codebook.from_json(readable(found), str(found))
    note = codebook.extra.get(_NOTE)
    extra = {key: value for key, value in codebook.extra.items() if key != _NOTE}
    return Codebook(codebook.id, codebook.title, codebook.variables, extra), note if isinstance(note, dict) else {}


def _words(path: Path, whole: bool) -> pl.DataFrame:
    """Every cell as words; null where the cell is empty. With `whole`, the last line must have its end."""
    content = readable(path)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise DataError(f"{path}: byte {problem.start} is not UTF-8; expected UTF-8 text: save it as UTF-8") from None
    if _stops_short(content, whole):
        raise DataError(f"{path} stops in the middle of its last line; expected a whole one: export or copy it again")
    try:
        return pl.read_csv(content, infer_schema=False)
    except (pl.exceptions.PolarsError, ValueError) as problem:
        raise refuse(path, "a CSV file", problem) from None


def _stops_short(content: bytes, whole: bool) -> bool:
    """Is the end of the last line gone, or (in files from elsewhere, which may lack it) some of its commas?"""
    header, _, rest = content.partition(b"\n")
    last = rest.rpartition(b"\n")[2]
    if not last or whole:
        return not content.endswith(b"\n")
    return b'"' not in last + header and last.count(b",") < header.count(b",")


def _typed(column: pl.Series, codebook: Codebook, note: dict[str, Any], path: Path) -> pl.Series:
    """Words to what the variable stores; unknown columns stay words, for DataSet to refuse by name."""
    name = column.name
    if PROVENANCE.get(name) == pl.Boolean:
        return _truth(column, path)
    if PROVENANCE.get(name) == pl.Int64 or (name == RESPONDENT_ID and note.get("integer_ids")):
        return _parsed(column, pl.Int64, "a whole number", path)
    if name not in codebook or name == RESPONDENT_ID:
        return _plain(column)
    variable = codebook.variable(name)
    if variable.type == "numeric" or (variable.role == "weight" and not variable.closed):
        return _number(column, path)
    if variable.closed and not isinstance(variable.options[0].code, str):
        expected = f"a code, not a label{_code_of(column, variable)}"
        return _parsed(column.str.replace(r"\.0+$", ""), pl.Int64, expected, path)
    return _plain(column)


def _plain(column: pl.Series) -> pl.Series:
    """Words with the apostrophe taken off that the writer put there."""
    return column.str.replace(_ESCAPED, "$1")


def _truth(column: pl.Series, path: Path) -> pl.Series:
    """true and false, as spreadsheets write them too."""
    numbers = column.str.to_lowercase().replace({"true": "1", "false": "0"})
    return _parsed(numbers, pl.Int64, "true or false", path).cast(pl.Boolean)


def _number(column: pl.Series, path: Path) -> pl.Series:
    """Whole numbers when all are, else floats."""
    whole = column.cast(pl.Int64, strict=False)
    if whole.null_count() == column.null_count():
        return whole
    return _parsed(column, pl.Float64, "a number", path)


def _code_of(column: pl.Series, variable: Variable) -> str:
    """Which codes stand for which labels, when the column seems to hold labels."""
    if not column.is_in(list(variable.labels)).any():
        return ""
    pairs = [f"{option.code} for {option.label!r}" for option in variable.options[:4]]
    return f" ({', '.join(pairs)}{', …' if len(variable.options) > 4 else ''})"


def _parsed(column: pl.Series, kind: Any, expected: str, path: Path) -> pl.Series:
    """The column as numbers; the first cell that is none is named."""
    parsed = column.cast(kind, strict=False)
    failed = (parsed.is_null() & column.is_not_null() & (column != "")).arg_true()
    if len(failed):
        cell = f"{path}: column {column.name!r} has {column[failed[0]]!r} in row {failed[0] + 1:,}"
        raise DataError(f"{cell}; expected {expected}: correct the cell")
    return parsed
