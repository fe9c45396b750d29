"""Files of statistics packages (SPSS, Stata), parsed by a C library: the worker of `foreign.py`.

Runs in a confined process only, because a damaged file can crash the library.
"""

from __future__ import annotations

import io
from array import array
from contextlib import suppress
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
}


def parse(path: Path, arguments: dict[str, Any]) -> Answer:
    """Columns as the table "answers"; title, notes, texts, labels, missing, measure, sets, doubts as value.

    `arguments`: the suffix, which tells the kind of file, and the name by which errors call the file. Raises
    `DataError` when the library refuses the file.
    """
    kind, read, options = _KINDS[arguments["suffix"]]
    try:
        columns, meta = read(path, output_format="dict", **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as problem:
        if "allocate memory" in str(problem):
            raise MemoryError(str(problem)) from None
        raise refuse(Path(arguments["name"]), kind, problem) from None
    kinds = meta.readstat_variable_types
    frame = pl.DataFrame([_column(name, values, kinds[name]) for name, values in columns.items()])
    table = io.BytesIO()
    frame.write_ipc(table)
    said = _said(meta)
    doubtful = doubts(frame, said["texts"], said["labels"])
    return Answer({**said, "doubts": doubtful}, {"answers": table.getvalue()})


def _column(name: str, values: list[Any], kind: str) -> pl.Series:
    """A column from the list of its values; numbers through an array, which takes a third of the time."""
    if kind != "string":
        with suppress(TypeError, ValueError):  # nothing in place of a number; dates; letters (Stata's missing values)
            return pl.Series(name, np.frombuffer(array("d", values)), nan_to_null=True)
        with suppress(TypeError, ValueError):
            return pl.Series(name, np.array(values, dtype=np.float64), nan_to_null=True)
    return pl.Series(name, values, dtype=pl.String if kind == "string" else None, strict=False)


def _said(meta: Any) -> dict[str, Any]:
    """What the file says of its columns, by their names."""
    return {
        "title": meta.file_label or "",
        "notes": list(meta.notes or []),
        "texts": dict(meta.column_names_to_labels),
        "labels": {name: list(labels.items()) for name, labels in meta.variable_value_labels.items()},
        "missing": dict(meta.missing_ranges),
        "measure": dict(meta.variable_measure),
        "sets": {name: group["variable_list"] for name, group in (meta.mr_sets or {}).items()},
    }
