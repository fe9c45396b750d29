"""Tables from files that only a C library can parse, read through a confined process."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl

from populace.confined import Limits, confined
from populace.data.files.problems import readable
from populace.errors import ParserNonsense

_WORKER = "populace.data.files.readstat:parse"


def load(path: Path, limits: Limits | None = None) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Columns as a file of SPSS, Stata or SAS has them, and what it says of them (see `readstat.parse`).

    Raises `DataError`, and its `FileRefused` where the parser had to be ended.
    """
    readable(path, at_most=4)
    answer = confined(_WORKER, path, {"suffix": path.suffix.lower(), "name": str(path)}, limits)
    try:
        return pl.read_ipc(io.BytesIO(answer.tables["answers"])), dict(answer.value)
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
    ) as problem:
        reason = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise ParserNonsense(f"{path} made its parser answer nonsense ({reason}): export or copy it again") from None
