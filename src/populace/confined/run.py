"""Start the process that parses one foreign file, listen to it, and end it, whatever it does."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from populace.confined.ending import Ending, answer_of
from populace.confined.limits import Allowance, Limits, allowance, bytes_in_words
from populace.confined.wire import Answer
from populace.confined.workers import WORKERS
from populace.errors import DataError, FileRefused, FileTooLarge, ParserFailed, UsageError

#: folder that the package `populace` lies in
_ROOT = Path(__file__).parents[2]
_START = "import sys; sys.path += sys.argv[1:]; from populace.confined.child import main; main()"
#: one thread each, and no surprises from the machine: a file is parsed the same way everywhere
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "POLARS_SKIP_CPU_CHECK": "1",
    "RAYON_NUM_THREADS": "1",
}
#: variables that say where libraries are
_LINKED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_CHUNK, _MOST_SAID = 1 << 20, 4096
#: seconds that a process which has said its last word gets to end by itself
_GRACE = 2.0


def confined(
    worker: str, path: str | Path, arguments: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> Answer:
    """Call a registered worker on one file, in a process that is thrown away afterwards.

    `worker` is "package.module:function" and stands in `workers.WORKERS`; `arguments` are anything that JSON can say.
    Raises the `PopulaceError` that the worker raises, a `FileRefused` for every other way to end, `DataError` when the
    file is not there, and `UsageError` when the worker is not registered.
    """
    if worker not in WORKERS:
        raise UsageError(f"{worker!r} is no worker for foreign files; expected one of {', '.join(sorted(WORKERS))}")
    return run(worker, path, arguments, limits)


def run(
    worker: str,
    path: str | Path,
    arguments: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    places: Sequence[str] = (),
) -> Answer:
    """Like `confined`, for any function in our installation or in further `places` to import from."""
    path, limits = Path(path), limits or Limits()
    most = allowance(limits, _size(path, limits.file))
    with tempfile.TemporaryDirectory(prefix="populace-", ignore_cleanup_errors=True) as folder:
        # the real path: what a link leads to is what may be opened
        request = {
            "worker": worker,
            "path": str(path.resolve()),
            "arguments": dict(arguments or {}),
            "allowance": asdict(most),
            "scratch": str(Path(folder).resolve()),
            "places": [*_places(), *places],
            "linked": [place for value in _linked().values() for place in value.split(os.pathsep) if place],
            "parent": os.getpid(),
        }
        ending = _ended(request, most)
    try:
        return answer_of(ending, path, most)
    except FileRefused as problem:
        if ending.said:  # shown with a traceback, not in the one line
            problem.add_note(f"the last words of its parser:\n{ending.said}")
        raise


def _size(path: Path, most: int) -> int:
    """Bytes of a plain file that is small enough."""
    try:
        about = path.stat()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; expected a file: check the path") from None
    except (OSError, ValueError) as problem:
        raise DataError(f"{path} cannot be read ({problem}): check the file and its permissions") from None
    if not stat.S_ISREG(about.st_mode):
        raise DataError(f"{path} is no plain file; expected one: check the path")
    if about.st_size > most:
        raise FileTooLarge(
            f"{path} has {bytes_in_words(about.st_size)}; expected at most {bytes_in_words(most)}: check that it is "
            "the file you meant; if you trust it, raise the limit 'file' (docs/foreign_files.md)"
        )
    return about.st_size


def _places() -> list[str]:
    """Where we and what we are installed with can be imported from; not the folder that the user works in."""
    installed = [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [str(_ROOT), *(entry for entry in installed if entry != str(_ROOT))]


def _command(request: Mapping[str, Any]) -> list[str]:
    # -I and -S: no variables, user folders or start-up files change what this Python does; -B: it leaves nothing behind
    return [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", _START, *request["places"]]


def _linked() -> dict[str, str]:
    """The variables that say where libraries are, as far as they are set."""
    found = {name: os.path.expandvars(f"${name}") for name in _LINKED}
    return {name: value for name, value in found.items() if value != f"${name}"}


def _environment(scratch: str) -> dict[str, str]:
    environment = _ENVIRONMENT | {"TMPDIR": scratch, "TEMP": scratch, "TMP": scratch, "HOME": scratch}
    # where some installations find the library that Python itself is
    environment |= _linked()
    if sys.platform == "win32":  # without it Windows cannot load its own libraries
        environment["SYSTEMROOT"] = os.path.expandvars("%SYSTEMROOT%")
    return environment


def _ended(request: Mapping[str, Any], most: Allowance) -> Ending:
    """Start the process, listen until it ends or its time is over, and end it with all that it started."""
    deadline = time.monotonic() + most.clock
    process = _started(request)
    try:
        output, said = _Listener(process.stdout, most.output), _Listener(process.stderr, _MOST_SAID, keep_on=True)
        with suppress(OSError):  # it ended before it had read the request; its ending says why
            process.stdin.write(json.dumps(request).encode("ascii"))
            process.stdin.close()
        output.join(max(0.0, deadline - time.monotonic()))
        late = output.is_alive()
        if not late and not output.overflowed:
            _let_end(process)
    finally:
        _kill(process)
    for listener in (output, said):
        listener.join(_GRACE)
    return Ending(output.heard, said.text(), process.returncode, output.overflowed, late)


def _started(request: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            _command(request),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=request["scratch"],
            env=_environment(request["scratch"]),
            start_new_session=True,
        )
    except OSError as problem:
        raise ParserFailed(
            f"{request['path']} was not opened, no process can be started to parse it ({problem.strerror}): check the "
            "memory and the number of processes that you may have"
        ) from None


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Give a process that has closed its output the time to end by itself, so that its exit code is its own."""
    if not hasattr(os, "waitid"):
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        return
    # it is not collected yet: until `_kill` its number must not become somebody else's
    until = time.monotonic() + _GRACE
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None and time.monotonic() < until:
        time.sleep(0.002)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started, which is in its group."""
    if hasattr(os, "killpg") and process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()


class _Listener(threading.Thread):
    """Reads a pipe to its end, or until it has given more than `most` bytes."""

    def __init__(self, pipe: BinaryIO, most: int, keep_on: bool = False) -> None:
        super().__init__(daemon=True)
        self._pipe, self._most, self._keep_on = pipe, most, keep_on
        #: what was read, never more than allowed
        self.heard = bytearray()
        #: there was more
        self.overflowed = False
        self.start()

    def run(self) -> None:
        """Read; with `keep_on`, read on and keep only the end."""
        with self._pipe:
            while chunk := self._pipe.read1(_CHUNK):
                self.heard += chunk
                if len(self.heard) > self._most:
                    self.overflowed = True
                    if not self._keep_on:
                        self.heard.clear()
                        return
                    del self.heard[: -self._most]

    def text(self) -> str:
        """What was heard, as words."""
        return bytes(self.heard).decode("utf-8", errors="replace")
