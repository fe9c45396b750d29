"""SPSS .sav and .zsav: labels, measure levels, user-missing codes, long names, and a note that says what the file is.

The codebook travels inside the file, compressed, at the end of its note (SPSS: DISPLAY DOCUMENTS), because SPSS has no
place for batteries, roles, or labels beyond its limits. On reading it is used wherever it still fits the columns; what
was changed or added in SPSS, and files from elsewhere, are described from names, labels and measure levels.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import textwrap
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from populace import atomic
from populace.confined import Limits
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import PROVENANCE, DataSet
from populace.data.files.foreign import load
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, listed
from populace.survey.scale import Option

#: limits of the format, in bytes of UTF-8 (IBM SPSS Statistics: variables)
_NAME, _LABEL, _VALUE_LABEL, _NOTE_LINE = 64, 255, 120, 80
#: a string value longer than this cannot be declared missing
_STRING_MISSING = 8
#: whole numbers beyond this are not exact as doubles, the only numbers SPSS has
_EXACT = 2**53
#: a labelled column with more different unlabelled values than this is a number, not a scale
_MOST_UNLABELLED = 12

_RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
_BEGIN = "POPULACE CODEBOOK (lets Populace read this file back; leave as it is)"
_END = "POPULACE CODEBOOK END"
_MEASURE = {"ordinal": "ordinal", "numeric": "scale"}


# -- writing -----------------------------------------------------------------------------------------------------


def write(dataset: DataSet, path: Path) -> None:
    """One .sav (or, by suffix, compressed .zsav) file."""
    import pyreadstat  # not for readers: what they read is parsed elsewhere

    if path.suffix.lower() == ".por":
        raise DataError(f"{path}: portable files are read only; expected .sav or .zsav: rename the output")
    names = spss_names(dataset.answers.columns)
    frame = _exact(dataset.answers).rename(names)
    declared, undeclared = _missing(dataset)
    options = {
        "file_label": _cut(dataset.codebook.title, 64),
        "column_labels": {names[v.name]: _column_label(v) for v in dataset.codebook.variables},
        "variable_value_labels": {names[v.name]: _value_labels(v) for v in dataset.codebook.variables if v.options},
        "missing_ranges": {names[name]: ranges for name, ranges in declared.items()},
        "variable_measure": {names[v.name]: _MEASURE.get(v.type, "nominal") for v in dataset.codebook.variables},
        "variable_format": {name: "F8.0" for name, kind in frame.schema.items() if kind.is_integer()},
        "note": _note(dataset, names, undeclared),
        "compress": path.suffix.lower() == ".zsav",
        "row_compress": path.suffix.lower() != ".zsav",
    }
    with atomic.replacing(path) as temporary:
        try:
            pyreadstat.write_sav(frame, temporary, **options)
        except pyreadstat.ReadstatError as problem:
            if "write" not in str(problem).lower():
                raise DataError(f"{path}: SPSS cannot hold this data set ({problem}): write Parquet instead") from None
            raise OSError(f"{problem}") from problem


def spss_names(columns: list[str]) -> dict[str, str]:
    """Column -> a name that SPSS accepts: letters first, no '-', at most 64 bytes, unique whatever the case."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        base = re.sub(r"[^\w.$#@]", "_", "populace" + column if column.startswith("_") else column)
        if not base[0].isalpha() or base.lower() in _RESERVED:
            base = "v_" + base
        name, number = _cut(base, _NAME, "").rstrip("."), 1
        while name.lower() in taken:
            number += 1
            name = _cut(base, _NAME - 1 - len(str(number)), "").rstrip(".") + f"_{number}"
        names[column] = name
        taken.add(name.lower())
    return names


def _cut(text: str, most: int, mark: str = "…") -> str:
    """At most `most` bytes of UTF-8, never half a character, ending in `mark` when something was cut."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return raw[: most - len(mark.encode())].decode(errors="ignore") + mark


def _exact(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns in types that SPSS has; whole numbers that a double cannot hold are refused."""
    for column in frame:
        if column.dtype.is_integer() and len(column.drop_nulls()):
            low, high = int(column.min() or 0), int(column.max() or 0)
            if max(-low, high) > _EXACT:
                raise DataError(
                    f"column {column.name!r} has {max(low, high, key=abs)}, which SPSS cannot hold exactly; "
                    "expected whole numbers up to 2^53: make them words or write Parquet"
                )
    return frame.with_columns(pl.col(pl.Boolean).cast(pl.Int8))


def _column_label(variable: Variable) -> str:
    return _cut(" ".join(variable.text.split()) or variable.name, _LABEL)


def _value_labels(variable: Variable) -> dict[int | str, str]:
    return {option.code: _cut(option.label, _VALUE_LABEL) for option in variable.options}


def _missing(dataset: DataSet) -> tuple[dict[str, list[Any]], list[str]]:
    """Variable -> user-missing values, and the variables whose missing codes SPSS cannot all declare."""
    declared, undeclared = {}, []
    for variable in dataset.codebook.variables:
        missing = [option.code for option in variable.options if option.missing]
        if missing:
            ranges = _ranges(missing, _valid_values(dataset, variable))
            if ranges is None:
                undeclared.append(variable.name)
            else:
                declared[variable.name] = ranges
    return declared, undeclared


def _valid_values(dataset: DataSet, variable: Variable) -> list[float]:
    """Values that must not fall into a range of missing codes."""
    missing = {option.code for option in variable.options if option.missing}
    valid = [option.code for option in variable.options if not option.missing]
    if variable.type == "numeric":
        valid = dataset.answers[variable.name].drop_nulls().unique().to_list()
    return [value for value in valid if value not in missing]


def _ranges(missing: list[Any], valid: list[Any]) -> list[Any] | None:
    """Up to three values, or one range and one value; None when these codes do not fit into that."""
    if isinstance(missing[0], str):
        fits = len(missing) <= 3 and all(len(code.encode()) <= _STRING_MISSING for code in missing)
        return list(missing) if fits else None
    codes = sorted(missing)
    if len(codes) <= 3:
        return codes
    for inside, alone in ((codes, []), (codes[:-1], codes[-1:]), (codes[1:], codes[:1])):
        if not any(inside[0] <= value <= inside[-1] for value in valid):
            return [{"lo": inside[0], "hi": inside[-1]}, *alone]
    return None


def _note(dataset: DataSet, names: Mapping[str, str], undeclared: list[str]) -> list[str]:
    """Lines for people, then the codebook for Populace."""
    lines = ["Written by Populace.", *_provenance_lines(dataset)]
    if dataset.codebook.weight:
        lines.append(f"Weight: WEIGHT BY {names[dataset.codebook.weight]}.")
    if undeclared:
        shown = ", ".join(names[name] for name in undeclared[:20])
        lines.append(f"SPSS allows three missing values or one range; declare by hand, see the labels: {shown}.")
    wrapped = [part for line in lines for part in _wrapped(line)]
    packed = json.dumps({"codebook": dataset.codebook.to_dict(), "names": dict(names)}, ensure_ascii=False)
    code = base64.b64encode(zlib.compress(packed.encode(), 9)).decode()
    chunks = [code[start : start + _NOTE_LINE] for start in range(0, len(code), _NOTE_LINE)]
    return [*wrapped, _BEGIN, *chunks, _END]


def _provenance_lines(dataset: DataSet) -> list[str]:
    if not dataset.synthetic:
        return []
    rows = int(dataset.answers["_synthetic"].sum())
    lines = [f"SYNTHETIC DATA: {rows:,} of {dataset.n:,} rows were answered by a model, not by people."]
    for name in PROVENANCE:
        if name != "_synthetic" and name in dataset.answers.columns:
            values = dataset.answers[name].drop_nulls().unique(maintain_order=True).to_list()
            lines.append(f"{name[1:]}: {', '.join(map(str, values[:3]))}{', …' if len(values) > 3 else ''}")
    return lines


def _wrapped(line: str) -> list[str]:
    """Lines of at most 80 bytes."""
    width = _NOTE_LINE if line.isascii() else _NOTE_LINE // 4
    return textwrap.wrap(line, width) or [""]


# -- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meta:
    """What a file of a statistics package says of its columns, by their names there."""

    #: label of the file
    title: str
    #: lines of the note
    notes: list[str]
    #: column -> variable label or None
    texts: dict[str, str | None]
    #: column -> pairs of code and label
    labels: dict[str, list[tuple[Any, str]]]
    #: column -> user-missing values and ranges
    missing: dict[str, list[Any]]
    #: column -> nominal, ordinal, scale or unknown
    measure: dict[str, str]
    #: multiple-response set -> its columns
    sets: dict[str, list[str]]
    #: signs that the file was damaged, a line each
    doubts: list[str]
    #: column -> letter of a missing value of Stata or SAS, and the code that stands for it
    letters: dict[str, dict[str, int | None]]
    #: column -> name of its format (SAS)
    formats: dict[str, str]
    #: format -> pairs of code and label
    catalog: dict[str, list[tuple[Any, str]]]

    def labels_of(self, name: str) -> dict[Any, str]:
        """Code -> label of a column."""
        return dict(self.labels.get(name, []))


def read(path: Path, limits: Limits | None = None) -> DataSet:
    """A .sav or .zsav file, written by Populace or by anybody else; `limits` for what its parser may use."""
    frame, said = load(path, limits)
    return dataset_of(path, frame, Meta(**said))


def dataset_of(path: Path, frame: pl.DataFrame, meta: Meta) -> DataSet:
    """The data set of columns and what their file says of them."""
    inside, names = _inside(meta.notes)
    original = {name: names.get(name, _provenance_name(name)) for name in frame.columns}
    described = [
        _variable(name, original[name], frame[name], meta, inside)
        for name in frame.columns
        if not original[name].startswith("_")
    ]
    frame = _restored(frame.rename(original))
    if RESPONDENT_ID not in frame.columns:
        frame = frame.insert_column(0, pl.Series(RESPONDENT_ID, range(1, frame.height + 1), dtype=pl.Int64))
        described.insert(0, RESPONDENT)
    dataset = DataSet(frame, _codebook(described, inside, meta, path), str(path))
    return dataset.noting(
        [*(f"{path}: {doubt}; the file may be damaged" for doubt in meta.doubts), *_lettered(meta.letters)]
    )


def _lettered(letters: Mapping[str, Mapping[str, int | None]]) -> list[str]:
    """What became of missing values that are letters."""
    pairs = [(name, letter, code) for name, codes in letters.items() for letter, code in codes.items()]
    kept = [f"{name} .{letter} is {code}" for name, letter, code in pairs if code is not None]
    gone = sorted({name for name, _, code in pairs if code is None})
    more = f" and {len(kept) - 8:,} more" if len(kept) > 8 else ""
    notes = [f"missing values with letters are kept as codes below zero: {', '.join(kept[:8])}{more}"] if kept else []
    return [*notes, *([f"dates that are missing with a letter are no answer now: {listed(gone)}"] if gone else [])]


def _inside(notes: list[str]) -> tuple[Codebook | None, dict[str, str]]:
    """The codebook in the note and SPSS name -> column; nothing when it is absent or damaged."""
    lines = [line.strip() for line in notes]
    if _BEGIN not in lines or _END not in lines:
        return None, {}
    code = "".join(lines[lines.index(_BEGIN) + 1 : lines.index(_END)])
    try:
        packed = json.loads(zlib.decompress(base64.b64decode(code, validate=True)))
        return Codebook.from_dict(packed["codebook"]), {spss: column for column, spss in packed["names"].items()}
    except (binascii.Error, zlib.error, ValueError, KeyError, AttributeError, TypeError, DataError):
        return None, {}


def _provenance_name(name: str) -> str:
    """Provenance columns keep their meaning even when another program dropped the note."""
    column = name.removeprefix("populace")
    return column if column in PROVENANCE else name


def _variable(spss: str, name: str, column: pl.Series, meta: Meta, inside: Codebook | None) -> Variable:
    """The variable of the file's own codebook while it fits, else one described from labels and measure level."""
    known = inside.variable(name) if inside and name in inside else None
    if known and _fits(known, spss, column, meta):
        return known
    derived = _derived(spss, name, column, meta)
    if known is None:
        return derived
    return replace(derived, role=known.role, battery=known.battery, stem=known.stem, item=known.item, extra=known.extra)


def _fits(known: Variable, spss: str, column: pl.Series, meta: Meta) -> bool:
    """Are labels and codes still what the codebook in the note says?"""
    same_labels = meta.labels_of(spss) == _value_labels(known)
    same_text = (meta.texts.get(spss) or "") == _column_label(known)
    if known.type == "text":
        return (same_text and column.dtype == pl.String) or known.role == "id"
    return same_text and same_labels and (not known.closed or _values(column) <= set(known.codes))


def _derived(spss: str, name: str, column: pl.Series, meta: Meta) -> Variable:
    """A variable from what SPSS says of a column."""
    text = meta.texts.get(spss) or name
    if name == RESPONDENT_ID:
        return RESPONDENT
    labels = meta.labels_of(spss)
    options = _options(_values(column), labels, meta.missing.get(spss, []))
    if column.dtype != pl.String and not column.dtype.is_numeric():
        return Variable(name, text, "text")
    if _is_scale(_values(column), labels, options):
        kind = "ordinal" if meta.measure.get(spss) == "ordinal" else "single"
        battery = next((name for name, columns in meta.sets.items() if spss in columns), None)
        if battery and {option.code for option in options} == {0, 1}:
            kind = "multi_item"
        return Variable(name, text, kind, options, battery=battery)
    return Variable(name, text, "text") if column.dtype == pl.String else Variable(name, text, "numeric", options)


def _values(column: pl.Series) -> set[Any]:
    """Distinct answers; empty words, which SPSS has for no answer, are none."""
    return set(column.drop_nulls().unique().to_list()) - {""}


def _options(values: set[Any], labels: Mapping[Any, str], ranges: list[Any]) -> tuple[Option, ...]:
    """Labelled codes, and unlabelled ones that are few or missing; the missing ones last."""
    unlabelled = values - set(labels)
    if len(unlabelled) > _MOST_UNLABELLED or all(_is_missing(code, ranges) for code in labels):
        unlabelled = {value for value in unlabelled if _is_missing(value, ranges)}
    codes = sorted({*labels, *unlabelled}, key=lambda code: (_is_missing(code, ranges), code))
    if any(isinstance(code, float) and not code.is_integer() for code in codes):
        return ()
    return tuple(_option(code, labels.get(code), _is_missing(code, ranges)) for code in codes)


def _option(code: Any, label: str | None, missing: bool) -> Option:
    code = code if isinstance(code, str) else int(code)
    words = (label or "").strip() or (f"Missing ({code})" if missing else str(code))
    return Option(code, words, missing=missing)


def _is_missing(value: Any, ranges: list[Any]) -> bool:
    """Is the value declared user-missing?"""
    for span in ranges:
        low, high = (span["lo"], span["hi"]) if isinstance(span, Mapping) else (span, span)
        if isinstance(value, str) == isinstance(low, str) and low <= value <= high:
            return True
    return False


def _is_scale(values: set[Any], labels: Mapping[Any, str], options: tuple[Option, ...]) -> bool:
    """Labelled answers make a closed question; numbers of which only the missing codes are labelled do not."""
    real = {option.code for option in options if not option.missing}
    return bool(options and real & set(labels)) and values <= {option.code for option in options}


def _restored(frame: pl.DataFrame) -> pl.DataFrame:
    """Words for dates, null for empty words, integers for whole numbers, and provenance in its own types."""
    return frame.with_columns([_restored_column(column) for column in frame])


def _restored_column(column: pl.Series) -> pl.Series:
    kind = PROVENANCE.get(column.name)
    if kind is not None:
        return column.cast(kind, strict=False)
    if column.dtype == pl.String:
        return column.replace("", None)
    if not column.dtype.is_numeric():
        return column.cast(pl.String)
    present = column.drop_nulls()
    whole = len(present) and present.is_finite().all() and (present == present.round()).all()
    return column.cast(pl.Int64) if whole and abs(present).max() <= _EXACT else column


def _codebook(described: list[Variable], inside: Codebook | None, meta: Meta, path: Path) -> Codebook:
    """The file's own codebook with its order and extras while it has one, else a new one."""
    if inside is None:
        title = meta.title.strip() or path.stem
        return Codebook(path.stem, title, tuple(described), {"source": path.name, "weight": None})
    place = {variable.name: number for number, variable in enumerate(inside.variables)}
    ordered = sorted(described, key=lambda variable: place.get(variable.name, len(place)))
    weight = inside.weight if inside.weight in {variable.name for variable in ordered} else None
    extra = dict(inside.extra) if weight == inside.weight else {**inside.extra, "weight": None}
    return Codebook(inside.id, inside.title, tuple(ordered), extra)
