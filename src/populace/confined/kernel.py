"""What the Linux kernel is asked to hold: no new privileges, no network, no new programs, few files.

Each request is independent: what one kernel or container does not grant, others still do. All are called through
ctypes, because Python 3.11 has none of them; none needs to be root. They bind the thread that asks and those it starts
later, so they are made first of all. Sources: prctl(2), unshare(2), landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path

from populace.confined import system_calls

_PDEATHSIG, _NO_NEW_PRIVS = 1, 38
_NEW_USER, _NEW_NET = 0x1000_0000, 0x4000_0000

#: Landlock's system calls, the same on every processor
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_FOLDER, _WRITE = 1 << 2, 1 << 3, 1 << 1
_ON_FILES = 0b1 | _WRITE | _READ_FILE | 1 << 14 | 1 << 15
#: what is allowed in the temporary folder: to write, read, list, remove, make and cut short plain files and folders
_IN_SCRATCH = _WRITE | _READ_FILE | _READ_FOLDER | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 14
#: version of Landlock -> how many kinds of access to files it knows
_KINDS = {1: 13, 2: 14, 3: 15, 4: 15}

#: where the system keeps libraries and what they look up; read, never written
_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/etc/ld.so.cache",
    "/usr/share/zoneinfo", "/dev/null", "/dev/urandom", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
    "/sys/fs/cgroup", "/sys/devices/system/cpu", "/etc/mime.types",
)  # fmt: skip


class Refused(OSError):
    """The kernel does not grant what was asked."""


def readable_places() -> tuple[str, ...]:
    """Folders and files of the system that libraries need."""
    return _SYSTEM


def die_with_parent(parent: int) -> None:
    """Be killed when the process that waits for the answer ends. Raises `Refused`."""
    _prctl(_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def no_new_privileges() -> None:
    """No program started from here can gain rights; also what lets us forbid system calls. Raises `Refused`."""
    _prctl(_NO_NEW_PRIVS, 1)


def no_network() -> None:
    """A network of its own, with nothing in it. Raises `Refused` where the system keeps that from users."""
    # root takes the network alone: in a user namespace it would lose the right to read other users' files
    kinds = [_NEW_NET] if os.geteuid() == 0 else []
    for kind in [*kinds, _NEW_USER | _NEW_NET]:
        if _libc().unshare(kind) == 0:
            return
    raise _refused("unshare")


def few_system_calls() -> None:
    """No sockets, no new processes or programs, no signals to others. Raises `Refused`."""
    program = system_calls.program()
    if program is None:
        raise Refused("system calls of this processor are not listed")
    code = ctypes.create_string_buffer(program, len(program))
    description = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    if _libc().prctl(22, 2, ctypes.c_char_p(description), 0, 0) != 0:
        raise _refused("seccomp")


def few_files(reading: Sequence[str], scratch: Path) -> None:
    """Read only these places, write only in `scratch`, start no program. Raises `Refused`."""
    version = _libc().syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise _refused("Landlock")
    handled = (1 << _KINDS.get(version, 16)) - 1
    rules = _ruleset(version, handled)
    for place in reading:
        _allow(rules, place, handled & (_READ_FILE | _READ_FOLDER))
    _allow(rules, str(scratch), handled & _IN_SCRATCH)
    restricted = _libc().syscall(_RESTRICT, rules, 0)
    os.close(rules)
    if restricted != 0:
        raise _refused("Landlock")


def _ruleset(version: int, handled: int) -> int:
    """A new set of rules: files, and where the version knows them TCP (none) and signals to others (none)."""
    size = 8 if version < 4 else 16 if version < 6 else 24
    content = struct.pack("QQQ", handled, 0b11, 0b11)[:size]
    rules = _libc().syscall(_CREATE, content, ctypes.c_size_t(size), 0)
    if rules < 0:
        raise _refused("Landlock")
    return rules


def _allow(rules: int, place: str, access: int) -> None:
    """Allow access beneath a folder, or to a file; places that are not there need no rule."""
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not Path(place).is_dir():
            access &= _ON_FILES
        if _libc().syscall(_ADD, rules, 1, struct.pack("=Qi", access, descriptor), 0) != 0:
            raise _refused("Landlock")
    finally:
        os.close(descriptor)


def _prctl(*arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:5]
    if _libc().prctl(padded[0], *(ctypes.c_ulong(value) for value in padded[1:])) != 0:
        raise _refused("prctl")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _refused(what: str) -> Refused:
    return Refused(f"{what}: {os.strerror(ctypes.get_errno())}")
