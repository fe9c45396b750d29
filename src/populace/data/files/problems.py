"""What readers and writers say when a file cannot be read or written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from populace.errors import DataError


def readable(path: Path, at_most: int = -1) -> bytes:
    """The bytes of a file (the first `at_most`), or a `DataError` that says why there are none."""
    try:
        with path.open("rb") as file:
            content = file.read(at_most)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; expected a data file: check the path") from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read ({problem.strerror}): check the file and its permissions") from None
    if not content:
        raise DataError(f"{path} is empty (0 bytes); expected a data file: export or copy it again")
    return content


def refuse(path: Path, kind: str, problem: Exception) -> DataError:
    """The file is there, but is not what its suffix says or stops too early."""
    reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")
    return DataError(f"{path} is not {kind} that can be read, or is cut short ({reason}): export or copy it again")


@contextmanager
def cannot_write() -> Iterator[None]:
    """Polars tells of a full disk in words of its own; make it an OSError with its number again."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as problem:
        number = re.search(r"\(os error (\d+)\)", str(problem))
        if number is None or getattr(problem, "errno", None):
            raise
        code = int(number.group(1))
        raise OSError(code, os.strerror(code)) from problem
