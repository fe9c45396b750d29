"""From the way a confined process ended to an answer, or to the error that says what happened and what to do."""

from __future__ import annotations

import errno
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from populace import errors
from populace.confined.limits import Allowance, bytes_in_words
from populace.confined.wire import Answer, Nonsense, Protection, first_frame, last_frame

#: what to do with a file that is broken, or was made to break programs
_GIVE_UP = "check where it comes from, and export or copy it again"
#: what libraries say on standard error when they end the process for want of memory
_OUT_OF_MEMORY = ("memory allocation of", "out of memory", "bad_alloc", "cannot allocate memory", "MemoryError")


@dataclass(frozen=True)
class Ending:
    """What was left when the process had ended."""

    #: what it wrote, cut off beyond the limit
    output: bytes | bytearray
    #: the end of what it and its libraries said on standard error
    said: str
    #: exit code; negative: the signal that ended it
    code: int
    #: it wrote more than allowed
    overflowed: bool
    #: it was killed because its time on the clock was over
    late: bool


def answer_of(ending: Ending, path: Path, limits: Allowance) -> Answer:
    """The answer of the worker. Raises the `PopulaceError` it ended with, or a `FileRefused`."""
    start, place = first_frame(ending.output)
    if ending.overflowed:
        most = bytes_in_words(limits.output)
        raise errors.ParserOverflow(f"{path} gives more than {most}, the limit for its size: {_raise('output')}")
    try:
        last, tables = last_frame(ending.output, place)
    except Nonsense as problem:
        raise _without_answer(ending, path, limits, problem) from None
    if last.get("end") != "done":
        raise _said(last, path, limits)
    protection = Protection(_words(start, "held"), _words(start, "missing"))
    return replace(Answer(last.get("value"), tables), protection=protection, attempts=_words(last, "attempts"))


def _said(last: dict[str, Any], path: Path, limits: Allowance) -> errors.PopulaceError:
    """The error that the process itself could still name."""
    end, message = last.get("end"), " ".join(str(last.get("message", "")).split())[:4000]
    if end == "refused":
        return _ours(str(last.get("error")), message, path)
    if end == "memory":
        return _memory(path, limits)
    if end == "forbidden":
        return errors.ParserForbidden(f"{path} made its parser try what no parser needs ({message}): do not use it")
    if end == "failed" and last.get("errno") == errno.EFBIG:
        most = bytes_in_words(limits.written)
        return errors.ParserOverflow(f"{path} needs temporary files of more than {most}: {_raise('written')}")
    if end == "failed":
        return errors.ParserFailed(f"{path} cannot be read ({message}): {_GIVE_UP}")
    if end == "unready":
        return errors.ParserFailed(
            f"{path} was not opened, its parser cannot start ({message}): check the installation"
        )
    return errors.ParserNonsense(f"{path} ended its parser with {str(end)[:40]!r}, which is no answer: {_GIVE_UP}")


def _ours(name: str, message: str, path: Path) -> errors.PopulaceError:
    """An error of ours with the same class and words."""
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, errors.PopulaceError):
        return kind(message)
    return errors.ParserNonsense(f"{path} ended its parser with {name[:40]!r}, which is no error of ours: {_GIVE_UP}")


def _without_answer(ending: Ending, path: Path, limits: Allowance, problem: Nonsense) -> errors.FileRefused:
    """The error of a process that ended, or was ended, without an answer."""
    if ending.late:
        return errors.ParserTooSlow(
            f"{path} takes longer than {limits.clock:,.0f} seconds on the clock, the limit for its size: "
            f"{_raise('patience')}"
        )
    if ending.code == -getattr(signal, "SIGXCPU", 0):
        return errors.ParserTooSlow(
            f"{path} takes more than {limits.seconds:,} seconds of processor time, the limit for its size: "
            f"{_raise('seconds')}"
        )
    if any(words in ending.said for words in _OUT_OF_MEMORY):
        return _memory(path, limits)
    if ending.code:
        return errors.ParserCrashed(
            f"{path} crashed its parser ({_cause(ending)}); nothing was taken from it: {_GIVE_UP}"
        )
    return errors.ParserNonsense(f"{path} made its parser answer nonsense ({problem}): {_GIVE_UP}")


def _memory(path: Path, limits: Allowance) -> errors.ParserOutOfMemory:
    most = bytes_in_words(limits.memory)
    return errors.ParserOutOfMemory(
        f"{path} needs more than {most} of memory, the limit for its size: {_raise('memory')}"
    )


def _cause(ending: Ending) -> str:
    if ending.code > 0:
        lines = [line.strip() for line in ending.said.splitlines() if line.strip()] or ["no reason given"]
        return f"exit code {ending.code}: {lines[-1][:200]}"
    try:
        return signal.Signals(-ending.code).name
    except ValueError:
        return f"signal {-ending.code}"


def _raise(limit: str) -> str:
    return f"check that it is the file you meant; if you trust it, raise the limit {limit!r} (docs/foreign_files.md)"


def _words(frame: dict[str, Any] | None, key: str) -> tuple[str, ...]:
    """A list of words, whatever came."""
    found = (frame or {}).get(key, [])
    return tuple(str(word)[:300] for word in found[:50]) if isinstance(found, list) else ()
