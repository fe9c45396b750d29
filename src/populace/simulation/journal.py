"""Journal: the finished batches of a run, in a folder beside its output, so that a killed run can go on.

The folder holds header.json, which says what run it belongs to, and one Parquet file per finished batch, named by
number and SHA-256 of its bytes. Files appear whole or not at all and are flushed to the device before they count. A
file that was damaged since does not match its name and is made again. While a run writes to it, the folder is locked.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from populace import atomic
from populace.errors import JournalError

try:
    import fcntl
except ImportError:  # Windows has no such locks; two runs into one journal are then not noticed
    fcntl = None

_HEADER = "header.json"
_NAME = re.compile(r"batch-(\d{6})-([0-9a-f]{64})\.parquet")


class Journal:
    """The journal of one run, a context that holds its lock. `JournalError` when the folder is another run's."""

    def __init__(self, folder: str | Path, header: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        path = self.folder / _HEADER
        if path.exists():
            _check_same_run(path, header)
        else:
            self._refuse_strangers()
            atomic.write_text(path, json.dumps(dict(header), indent=1) + "\n")
        self._lock = _locked(self.folder)
        self._files = self._intact()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def __contains__(self, batch: int) -> bool:
        return batch in self._files

    @property
    def batches(self) -> tuple[int, ...]:
        """Numbers of the batches that are finished and intact."""
        return tuple(sorted(self._files))

    @property
    def paths(self) -> list[Path]:
        """Files of the finished batches, in order."""
        return [self._files[batch] for batch in self.batches]

    def add(self, batch: int, frame: pl.DataFrame) -> None:
        """Keep a finished batch; it is on the device when this returns."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd")
        content = buffer.getvalue()
        path = self.folder / f"batch-{batch:06d}-{hashlib.sha256(content).hexdigest()}.parquet"
        with atomic.replacing(path) as temporary:
            temporary.write_bytes(content)
        self._files[batch] = path

    def remove(self) -> None:
        """Delete the folder: the panel is where it belongs. The header goes last, so that it is known to be ours."""
        for path in self.paths:
            path.unlink()
        (self.folder / _HEADER).unlink()
        self.folder.rmdir()

    def _intact(self) -> dict[int, Path]:
        """Finished batches by number; damaged and half-written files are removed."""
        found: dict[int, Path] = {}
        for path in sorted(self.folder.iterdir()):
            if path.name == _HEADER:
                continue
            match = _NAME.fullmatch(path.name)
            if match and int(match[1]) not in found and _sha256(path) == match[2]:
                found[int(match[1])] = path
            else:
                path.unlink()
        return found

    def _refuse_strangers(self) -> None:
        """A folder with files but no header is not ours to write to."""
        if self.folder.exists() and (not self.folder.is_dir() or any(_not_ours(self.folder))):
            raise JournalError(
                f"{self.folder} exists and is not the journal of a run (it has no {_HEADER}): "
                "move it away, or choose another output"
            )


def _locked(folder: Path) -> int | None:
    """Descriptor that holds the folder's lock; the system lets go of it when the process ends, however it ends."""
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise JournalError(f"another process is writing to {folder}: wait for it to end, or stop it") from None
    except OSError:  # a file system without locks
        os.close(descriptor)
        return None
    return descriptor


def _not_ours(folder: Path) -> list[Path]:
    """Files that no run left there; a header that was being written is ours."""
    return [path for path in folder.iterdir() if not path.name.startswith(".header.")]


def _check_same_run(path: Path, header: Mapping[str, Any]) -> None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        differing = next((field for field in (*header, *found) if found.get(field) != header.get(field)), None)
    except (OSError, ValueError, AttributeError):
        raise JournalError(f"{path} cannot be read; expected the header of a run: delete {path.parent}") from None
    if differing is not None:
        raise JournalError(
            f"{path.parent} is the journal of another run: {differing} is {found.get(differing)!r} there and "
            f"{header.get(differing)!r} here; repeat that run as it was, or delete the folder to begin again"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
