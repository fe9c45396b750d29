"""Stata .dta: labels and values, with the codebook and a do-file beside the file for what Stata's format cannot hold.

Stata has no declared missing values but `.a` to `.z`, no codes that are words, and names of 32 letters at most. Codes
are kept as numbers with their labels, and NAME.do turns those of "don't know" and the like into `.a`, `.b`, …; codes
that are words become 1, 2, … . NAME.codebook.json, where it lies beside the file, brings everything back on reading.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from populace import atomic
from populace.confined import Limits
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import spss
from populace.data.files.foreign import load
from populace.errors import DataError

#: limits of the format: letters of a name, characters of labels
_NAME, _LABEL, _VALUE_LABEL = 32, 80, 32_000
_RESERVED = {
    "_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n", "_N", "_pi", "_pred",
    "_rc", "_skip", "strL", "using", "with",
}  # fmt: skip
#: most options that can become `.a` to `.z`
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write(dataset: DataSet, path: Path) -> None:
    """One .dta file, NAME.codebook.json and NAME.do beside it."""
    import pyreadstat  # not for readers: what they read is parsed elsewhere

    names = stata_names(dataset.answers.columns)
    frame = pl.DataFrame([_column(dataset, column) for column in dataset.answers.columns]).rename(names)
    described = dataset.codebook.variables
    options = {
        "file_label": _cut(dataset.codebook.title, _LABEL),
        "column_labels": {names[v.name]: _cut(v.short if v.text else v.name, _LABEL) for v in described},
        "variable_value_labels": {names[v.name]: _labels(v) for v in described if v.options},
    }
    with atomic.replacing(path) as temporary:
        try:
            pyreadstat.write_dta(frame, temporary, **options)
        except pyreadstat.ReadstatError as problem:
            raise DataError(f"{path}: Stata cannot hold this data set ({problem}): write Parquet instead") from None
    content = {"names": names, "codebook": dataset.codebook.to_dict()}
    atomic.write_text(_beside(path), json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    atomic.write_text(path.with_suffix(".do"), _do_file(dataset, names, path.name))


def read(path: Path, limits: Limits | None = None) -> DataSet:
    """A .dta file, with its codebook where one lies beside it."""
    frame, said = load(path, limits)
    meta = spss.Meta(**said)
    dataset = spss.dataset_of(path, frame, meta)
    if not _beside(path).exists():
        return dataset
    try:
        content = json.loads(_beside(path).read_text(encoding="utf-8"))
        codebook, names = Codebook.from_dict(content["codebook"], str(_beside(path))), dict(content["names"])
    except (ValueError, KeyError, TypeError, OSError) as problem:
        return dataset.noting([f"{_beside(path)} cannot be used ({problem}); labels are those of the .dta file"])
    original = {stata: name for name, stata in names.items()}
    if set(dataset.answers.columns) != set(original):
        return dataset.noting([f"{_beside(path)} describes other columns; labels are those of the .dta file"])
    columns = []
    for name, stata in names.items():
        column, codes = dataset.answers[stata].rename(name), meta.letters.get(stata, {})
        columns.append(_restored(column, codebook.variable(name), codes) if name in codebook else column)
    return DataSet(pl.DataFrame(columns), codebook, str(path))


def stata_names(columns: list[str]) -> dict[str, str]:
    """Column -> a legal name that no other column has; Stata tells capitals apart, we do not."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        base = re.sub(r"[^A-Za-z0-9_]", "_", column)
        base = f"v{base}" if not base or base[0].isdigit() or base in _RESERVED else base
        base = base if not column.startswith("_") else f"populace{base}"
        name, count = base[:_NAME], 2
        while name.lower() in taken:
            name, count = f"{base[: _NAME - len(str(count)) - 1]}_{count}", count + 1
        taken.add(name.lower())
        found[column] = name
    return found


def _column(dataset: DataSet, name: str) -> pl.Series:
    """The column as Stata can have it: numbers, and words for texts and ids."""
    column = dataset.answers[name]
    variable = dataset.codebook.variable(name) if name in dataset.codebook else None
    if column.dtype == pl.Boolean:
        return column.cast(pl.Int8)
    if variable is not None and variable.closed and column.dtype == pl.String:
        place = {code: number for number, code in enumerate(variable.codes, 1)}
        return pl.Series(name, [place.get(value) for value in column.to_list()], dtype=pl.Int32)
    if column.dtype == pl.String:
        return column.fill_null("")
    return column.cast(pl.Float64) if column.dtype in (pl.Int64, pl.UInt64) else column


def _restored(column: pl.Series, variable: Variable, letters: Mapping[str, int]) -> pl.Series:
    """The column as it was: words for codes that were words, and what the do-file made `.a`, `.b`, … again its code."""
    if any(isinstance(code, str) for code in variable.codes):
        codes = dict(enumerate(variable.codes, 1))
        return pl.Series(column.name, [codes.get(value) for value in column.to_list()], dtype=pl.String)
    missing = dict(zip(_LETTERS, _missing(variable), strict=False))
    back = {code: missing[letter] for letter, code in letters.items() if letter in missing}
    return column.replace(back) if back else column


def _missing(variable: Variable) -> list[int]:
    """The missing codes that the do-file makes `.a`, `.b`, …, in this order."""
    return [option.code for option in variable.options if option.missing and isinstance(option.code, int)]


def _labels(variable: Variable) -> dict[int, str]:
    """Number -> label."""
    words = any(isinstance(code, str) for code in variable.codes)
    numbers = range(1, len(variable.codes) + 1) if words else variable.codes
    return {int(n): _cut(label, _VALUE_LABEL) for n, label in zip(numbers, variable.labels, strict=True)}


def _do_file(dataset: DataSet, names: Mapping[str, str], file: str) -> str:
    """What to run on the open file: missing values, the weight."""
    lines = [f"* What {file} cannot say by itself: run this on the open file."]
    if dataset.synthetic:
        lines.append("* Some or all rows are SYNTHETIC respondents: see the variables of provenance.")
    for variable in dataset.codebook.variables:
        if missing := _missing(variable):
            pairs = " \\ ".join(f"{code}=.{letter}" for code, letter in zip(missing, _LETTERS, strict=False))
            lines.append(f"mvdecode {names[variable.name]}, mv({pairs})")
    if dataset.codebook.weight:
        lines.append(f"svyset [pweight={names[dataset.codebook.weight]}]")
    return "\n".join(lines) + "\n"


def _beside(path: Path) -> Path:
    return path.with_suffix(".codebook.json")


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
