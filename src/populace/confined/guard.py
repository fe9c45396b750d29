"""What Python itself is told not to do while a foreign file is parsed, on every system.

An audit hook sees what Python code does (PEP 578), not what a C library does: that is what the kernel is for. Attempts
are noted, because a library may try something and go on without.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

#: beginnings of audit events that a parser never needs
_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile",
    "os.kill", "os.putenv", "pty.", "ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "pickle.", "urllib.",
    "http.", "ftplib.", "smtplib.", "poplib.", "imaplib.", "telnetlib.", "nntplib.", "webbrowser.", "winreg.",
    "_winapi.CreateProcess", "msvcrt.", "sqlite3.", "syslog.", "resource.prlimit", "resource.setrlimit",
    "signal.pthread_kill", "cpython.remote_debugger_script",
)  # fmt: skip
#: events that change files -> how many of their first arguments are paths
_CHANGES = {
    "os.remove": 1, "os.rename": 2, "os.rmdir": 1, "os.mkdir": 1, "os.link": 2, "os.symlink": 2, "os.truncate": 1,
    "os.chmod": 1, "os.chown": 1, "os.chflags": 1, "os.utime": 1, "os.setxattr": 1, "os.removexattr": 1,
}  # fmt: skip
_LOOKS = {"os.listdir", "os.scandir", "os.chdir", "os.walk", "glob.glob"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Forbidden(PermissionError):
    """The parser tried something that no parser needs."""


def install(reading: Sequence[str], scratch: Path) -> list[str]:
    """Forbid from now on all but reading these places and writing in `scratch`; returns the list of attempts."""
    attempts: list[str] = []
    sys.addaudithook(_hook(_within([*reading, str(scratch)]), _within([str(scratch)]), attempts))
    return attempts


def _hook(
    may_read: Callable[[Any], bool], may_write: Callable[[Any], bool], attempts: list[str]
) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            refuse(event)
        elif event == "open":
            path, _, flags = arguments
            if (flags or 0) & _WRITING and not may_write(path):
                refuse(f"open {path!r} for writing")
            elif not may_read(path):
                refuse(f"open {path!r}")
        elif event in _CHANGES and not all(may_write(path) for path in arguments[: _CHANGES[event]]):
            refuse(f"{event} on {arguments[0]!r}")
        elif event in _LOOKS and not may_read(arguments[0]):
            refuse(f"{event} of {arguments[0]!r}")

    def refuse(what: str) -> None:
        if len(attempts) < 20:
            attempts.append(what[:200])
        raise Forbidden(f"{what[:200]} is forbidden to a parser of foreign files")

    return hook


def _within(places: Sequence[str]) -> Callable[[Any], bool]:
    """Does a path lie in one of these places? Open descriptors do: what they lead to was allowed when they opened."""
    roots = [os.path.realpath(place) for place in places]
    beginnings = tuple(root.rstrip(os.sep) + os.sep for root in roots)

    def within(path: Any) -> bool:
        if isinstance(path, int):
            return True
        name = os.path.realpath("." if path is None else os.fsdecode(path))
        return name in roots or name.startswith(beginnings)

    return within
