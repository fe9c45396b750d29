"""Files of statistics packages (SPSS, Stata, SAS), parsed by a C library: the worker of `foreign.py`.

Runs in a confined process only, because a damaged file can crash the library.
"""

from __future__ import annotations

import io
from array import array
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyreadstat

from populace.confined import Answer
from populace.data.files.integrity import doubts
from populace.data.files.problems import refuse

#: suffix -> (kind of file in words, function of pyreadstat, its arguments)
_KINDS: dict[str, tuple[str, Any, dict[str, Any]]] = {
    ".sav": ("an SPSS file", pyreadstat.read_sav, {"user_missing": True}),
    ".zsav": ("an SPSS file", pyreadstat.read_sav, {"user_missing": True}),
    ".por": ("an SPSS portable file", pyreadstat.read_por, {}),
    ".dta": ("a Stata file", pyreadstat.read_dta, {"user_missing": True}),
    ".sas7bdat": ("a SAS data set", pyreadstat.read_sas7bdat, {"user_missing": True}),
    ".sas7bcat": ("a SAS catalog of formats", pyreadstat.read_sas7bcat, {}),
    ".xpt": ("a SAS transport file", pyreadstat.read_xport, {}),
}

#: letters of missing values, in the order of their codes; SAS has one without a letter
_ALPHABET = "abcdefghijklmnopqrstuvwxyz_"


def parse(path: Path, arguments: dict[str, Any]) -> Answer:
    """Columns as the table "answers"; what the file says of them (`spss.Meta`) as value.

    `arguments`: the suffix, which tells the kind of file, and the name by which errors call the file. Raises
    `DataError` when the library refuses the file.
    """
    kind, read, options = _KINDS[arguments["suffix"]]
    try:
        columns, meta = read(path, output_format="dict", **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as problem:
        if "allocate memory" in str(problem):
            raise MemoryError(str(problem)) from None
        raise refuse(Path(arguments["name"]), kind, problem) from None
    kinds = meta.readstat_variable_types
    letters = {name: codes for name, values in columns.items() if (codes := _letters(name, values, meta))}
    plain = {name: _without_letters(values, letters.get(name, {})) for name, values in columns.items()}
    frame = pl.DataFrame([_column(name, values, kinds[name]) for name, values in plain.items()])
    table = io.BytesIO()
    frame.write_ipc(table)
    said = _said(meta, letters)
    doubtful = doubts(
        frame, said["texts"], {name: _labels(pairs, {}) for name, pairs in meta.variable_value_labels.items()}
    )
    return Answer({**said, "doubts": doubtful}, {"answers": table.getvalue()})


def _column(name: str, values: list[Any], kind: str) -> pl.Series:
    """A column from the list of its values; numbers through an array, which takes a third of the time."""
    if kind != "string":
        with suppress(TypeError, ValueError):  # nothing in place of a number; dates; letters (Stata's missing values)
            return pl.Series(name, np.frombuffer(array("d", values)), nan_to_null=True)
        with suppress(TypeError, ValueError):
            return pl.Series(name, np.array(values, dtype=np.float64), nan_to_null=True)
    return pl.Series(name, values, dtype=pl.String if kind == "string" else None, strict=False)


def _letters(name: str, values: list[Any], meta: Any) -> dict[str, int | None]:
    """Letter of a missing value of Stata or SAS (`.a`, `.Z`, `._`) -> a code below zero that no answer has.

    None for dates and times, which become words and can have no such code.
    """
    labels = meta.variable_value_labels.get(name, {})
    if meta.readstat_variable_types[name] == "string":
        return {}
    letters = sorted({one for one in (*meta.missing_user_values.get(name, []), *labels) if isinstance(one, str)})
    if not letters:
        return {}
    if any(not isinstance(value, str | int | float | None) for value in values):
        return dict.fromkeys(letters)
    taken = {value for value in (*values, *labels) if isinstance(value, int | float)}
    for base in count(0, 100):
        codes = {letter: -base - _ALPHABET.index(letter.lower()) - 1 for letter in letters}
        if taken.isdisjoint(codes.values()):
            return codes
    raise AssertionError("finitely many values leave a code free")


def _without_letters(values: list[Any], codes: dict[str, int | None]) -> list[Any]:
    """Values with codes in place of letters."""
    return [codes[value] if isinstance(value, str) else value for value in values] if codes else values


def _said(meta: Any, letters: dict[str, dict[str, int | None]]) -> dict[str, Any]:
    """What the file says of its columns, by their names."""
    labels = {name: _labels(pairs, letters.get(name, {})) for name, pairs in meta.variable_value_labels.items()}
    coded = {name: {letter: code for letter, code in codes.items() if code} for name, codes in letters.items()}
    for name, codes in coded.items():
        known = {code for code, _ in labels.get(name, [])}
        more = [(code, f"Missing (.{letter})") for letter, code in codes.items() if code not in known]
        labels[name] = [*labels.get(name, []), *more]
    return {
        "title": meta.file_label or "",
        "notes": list(meta.notes or []),
        "texts": dict(meta.column_names_to_labels),
        "labels": labels,
        "missing": {**meta.missing_ranges, **{name: list(codes.values()) for name, codes in coded.items() if codes}},
        "measure": dict(meta.variable_measure),
        "sets": {name: group["variable_list"] for name, group in (meta.mr_sets or {}).items()},
        "letters": letters,
        "formats": {name: form for name, form in meta.variable_to_label.items() if form},
        "catalog": {name: list(pairs.items()) for name, pairs in meta.value_labels.items()},
    }


def _labels(labels: dict[Any, str], codes: dict[str, int | None]) -> list[tuple[Any, str]]:
    """Pairs of code and label."""
    return [(codes.get(code, code) if isinstance(code, str) else code, label) for code, label in labels.items()]
