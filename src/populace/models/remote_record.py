"""Record: replies of a service by everything that determines them, in one SQLite file; or in memory for one run.

The same request gives the same reply again: a run can be repeated to the byte without the service, and one that was
stopped does not pay twice. There are no keys in it, for they are no part of a request's content.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from populace.errors import ModelError, OutOfSpace

_TABLE = """CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, reply TEXT NOT NULL, digest TEXT NOT NULL
)"""
#: marks the file as ours ("PoRe")
_MARK = 0x506F5265
#: seconds to wait for another process that writes
_WAIT = 30.0


@dataclass(frozen=True)
class Request:
    """One request, whole."""

    #: where it goes
    url: str
    #: what is sent: model, every parameter, all content
    body: Mapping[str, Any]
    #: number of the draw: the same request once more
    sample: int = 0
    #: tokens that the reply may have
    length: int = field(default=0, compare=False)

    @cached_property
    def content(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    @cached_property
    def text(self) -> str:
        """Everything that determines the reply, in one order."""
        whole = {"url": self.url, "body": self.body, "sample": self.sample}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @cached_property
    def key(self) -> str:
        """What the reply is found by."""
        return _sha256(self.text)


class Record:
    """Replies by request: a context, in which its file is open once there is something to read or to write."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._memory: dict[str, str] = {}
        self._file: _Connection | None = None

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def reply(self, request: Request) -> str | None:
        """The reply as it came, or None. `ModelError` for a file that is damaged or another's."""
        if self.path is None:
            return self._memory.get(request.key)
        if not self.path.is_file():
            return None
        found = self._open().execute("SELECT request, reply, digest FROM replies WHERE key = ?", (request.key,))
        row = found.fetchone()
        if row is None:
            return None
        if row[0] != request.text or row[2] != _sha256(row[1]):
            raise ModelError(
                f"{self.path}: the reply {request.key[:12]}… was altered; expected it as it came: restore the file, or "
                "delete it to ask anew"
            )
        return row[1]

    def keep(self, request: Request, reply: str) -> None:
        """Write a reply down; what was written first stays."""
        if self.path is None:
            self._memory.setdefault(request.key, reply)
            return
        row = (request.key, request.text, reply, _sha256(reply))
        with self._open() as file:  # one transaction: what was paid for is on the disk when this returns
            file.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?)", row)

    def _open(self) -> _Connection:
        if self._file is not None:
            return self._file
        try:
            file = sqlite3.connect(self.path, timeout=_WAIT, factory=_Connection)
        except sqlite3.Error as problem:
            raise OutOfSpace(f"{self.path} cannot be opened ({problem}): free space or choose another record") from None
        file.path = self.path
        try:
            self._check(file)
        except BaseException:
            file.close()
            raise
        self._file = file
        return file

    def _check(self, file: _Connection) -> None:
        mark = file.execute("PRAGMA application_id").fetchone()[0]
        tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if mark != _MARK and tables:
            raise ModelError(
                f"{self.path} is another program's database; expected a record of replies: choose another name in "
                "'record'"
            )
        if not tables:
            file.execute(f"PRAGMA application_id = {_MARK}")
            file.execute(_TABLE)


class _Connection(sqlite3.Connection):
    """A connection whose errors are ours."""

    path: Path | None = None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*arguments)
        except sqlite3.OperationalError as problem:
            raise OutOfSpace(
                f"{self.path} cannot be written or read ({problem}): free space, or end the program that holds it, and "
                "run the same command again"
            ) from None
        except sqlite3.DatabaseError as problem:
            raise ModelError(
                f"{self.path} is damaged or no record of replies ({problem}): restore it, or delete it to ask anew"
            ) from None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
