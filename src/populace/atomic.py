"""Files are written whole or not at all.

Everything goes to a temporary file in the target's own directory, is flushed to the device and renamed over the
target. Whatever goes wrong, the target is either the old file or the new one, and the temporary file is gone, with
the folders that were made for it.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from populace.errors import OutOfSpace

#: what to do, by the kind of failure
_REMEDY = {
    errno.ENOSPC: "free some space or choose another disk",
    errno.EDQUOT: "free some space or choose another disk",
    errno.EFBIG: "raise the file size limit or choose another disk",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "choose a folder you may write to",
    errno.EISDIR: "choose another name: this one is a folder",
    errno.ENOTDIR: "choose another folder: part of the path is a file",
    errno.EEXIST: "choose another folder: part of the path is a file",
}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path to write to; on success it replaces `path`, on failure it is removed.

    Missing parent folders are made. Any OSError becomes `OutOfSpace`, naming the target.
    """
    with replacing_all([path]) as (temporary,):
        yield temporary


@contextmanager
def replacing_all(paths: list[str | Path]) -> Iterator[list[Path]]:
    """Like `replacing` for files that belong together: all are complete on disk before the first is renamed."""
    targets = [Path(path) for path in paths]
    temporaries = [target.with_name(f".{target.stem}.{uuid.uuid4().hex[:12]}{target.suffix}") for target in targets]
    made: list[Path] = []
    complete = False
    try:
        for target in targets:
            made += _make(target.parent)
        yield temporaries
        for temporary in temporaries:
            sync(temporary)
        for temporary, target in zip(temporaries, targets, strict=True):
            temporary.replace(target)
        for parent in {target.parent for target in targets}:
            sync(parent)
        complete = True
    except OSError as problem:
        raise _cannot_write(targets[0], problem) from problem
    finally:
        for temporary in temporaries:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        for folder in [] if complete else reversed(made):
            with suppress(OSError):  # a folder in which something else has appeared stays
                folder.rmdir()


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; returns the ones that were not there, the uppermost first."""
    absent = [place for place in (folder, *folder.parents) if not place.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return absent


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def sync(path: Path) -> None:
    """Flush a file or a folder to the device (folders where the system allows it)."""
    flags = os.O_RDONLY if os.name == "posix" else os.O_RDWR
    try:
        descriptor = os.open(path, flags)
    except OSError:
        if path.is_dir():  # Windows cannot open folders; there the rename itself is durable enough
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(target: Path, problem: OSError) -> OutOfSpace:
    reason = problem.strerror or str(problem)
    remedy = _REMEDY.get(problem.errno or 0, "check the disk and the folder, then run again")
    return OutOfSpace(f"{target} could not be written ({reason}); nothing was changed: {remedy}")
