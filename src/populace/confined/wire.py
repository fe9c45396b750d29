"""What the two processes say to each other: a request, and an answer as frames of JSON followed by tables.

A frame is its length (8 bytes) and JSON in ASCII. Two frames come back: the protections that hold, sent before the file
is opened, and how it ended, with the sizes of the tables that follow it. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any

_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True)
class Protection:
    """What held while the file was parsed, and what this system could not offer."""

    #: protections in force, in words
    held: tuple[str, ...] = ()
    #: protections that are not, with the reason
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a worker found."""

    #: anything that JSON can say
    value: Any = None
    #: name -> bytes of an Arrow file
    tables: dict[str, bytes] = field(default_factory=dict)
    #: how the process was held; filled in by `confined`
    protection: Protection = Protection()
    #: forbidden things that the parser tried and went on without; filled in by `confined`
    attempts: tuple[str, ...] = ()


class Nonsense(ValueError):
    """What came back is no answer."""


def framed(content: dict[str, Any]) -> bytes:
    """One frame."""
    text = json.dumps(content).encode("ascii")
    return _LENGTH.pack(len(text)) + text


def first_frame(content: bytes | bytearray) -> tuple[dict[str, Any] | None, int]:
    """The first frame and where it ends; None when it never came whole."""
    try:
        return _frame(content, 0)
    except Nonsense:
        return None, 0


def last_frame(content: bytes | bytearray, start: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """How it ended, and the tables; raises `Nonsense` unless frames and tables fill `content` to the last byte."""
    ending, place = _frame(content, start)
    sizes = ending.get("tables", {})
    if not isinstance(sizes, dict) or not all(type(size) is int and size >= 0 for size in sizes.values()):
        raise Nonsense("the sizes of its tables are no sizes")
    if place + sum(sizes.values()) != len(content):
        raise Nonsense(f"its tables have {len(content) - place:,} bytes and should have {sum(sizes.values()):,}")
    tables = {}
    for name, size in sizes.items():
        tables[name] = bytes(memoryview(content)[place : place + size])
        place += size
    return ending, tables


def _frame(content: bytes | bytearray, start: int) -> tuple[dict[str, Any], int]:
    begin = start + _LENGTH.size
    if len(content) < begin:
        raise Nonsense("it stops before its beginning")
    end = begin + _LENGTH.unpack_from(content, start)[0]
    if end > len(content):
        raise Nonsense("it stops too early")
    try:
        frame = json.loads(content[begin:end].decode("ascii"))
    except (ValueError, RecursionError):
        raise Nonsense("it is not JSON") from None
    if not isinstance(frame, dict):
        raise Nonsense("it is not an object")
    return frame, end
