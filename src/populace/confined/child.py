"""The process in which a foreign file is parsed: it gives up what it could do, then calls the worker.

Started by `run.py` in a fresh Python, with the request on its standard input; answers on what was its standard output.
What libraries print goes to standard error.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import signal
import sys
import sysconfig
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from populace.confined import guard
from populace.confined.wire import Answer, framed
from populace.errors import PopulaceError


def main() -> None:
    """Answer one request, and end."""
    gc.disable()  # a tenth of the time that imports take
    request = json.loads(sys.stdin.buffer.read())
    out = _own_output()
    faulthandler.enable()
    try:
        _send(out, *_answered(request, out))
    except MemoryError:
        _send(out, {"end": "memory"})
    finally:
        # nothing that is left behind gets to run
        os._exit(0)


def _own_output() -> BinaryIO:
    """The way to the parent, out of reach of libraries that print; standard input is closed."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return out


def _send(out: BinaryIO, ending: dict[str, Any], tables: tuple[bytes, ...] = ()) -> None:
    out.write(framed(ending))
    for table in tables:
        out.write(table)
    out.flush()


def _answered(request: dict[str, Any], out: BinaryIO) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """How it ended, and the tables; the protections are told before the file is opened."""
    path, scratch = Path(request["path"]), Path(request["scratch"])
    reading = [*request["places"], *request["linked"], *_python_places(), *_system_places(), str(path)]
    os.chdir(scratch)
    protection = Protected()
    protection.before_imports(request, reading, scratch)
    try:
        worker = _worker(request["worker"], request["arguments"])
    except Exception as problem:
        _send(out, protection.told())
        return {"end": "unready", "message": _one_line(problem)}, ()
    gc.enable()
    protection.memory(request["allowance"]["memory"])
    attempts = guard.install(reading, scratch)
    protection.held.append("Python: no network, no new processes, no files elsewhere (audit hook)")
    _send(out, protection.told())
    return _called(worker, path, request["arguments"], attempts)


def _worker(name: str, arguments: dict[str, Any]) -> Callable[[Path, dict[str, Any]], Any]:
    """The function, with all that it imports: a module that chooses by its arguments does so in `prepare`."""
    name, _, function = name.partition(":")
    module = import_module(name)
    if prepare := getattr(module, "prepare", None):
        prepare(arguments)
    return getattr(module, function)


def _called(
    worker: Callable[[Path, dict[str, Any]], Any], path: Path, arguments: dict[str, Any], attempts: list[str]
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    try:
        found = worker(path, arguments)
    except PopulaceError as problem:
        return {"end": "refused", "error": type(problem).__name__, "message": str(problem)}, ()
    except guard.Forbidden as problem:
        return {"end": "forbidden", "message": str(problem)}, ()
    except MemoryError:
        return {"end": "memory"}, ()
    except BaseException as problem:  # panics of Rust libraries are no Exceptions
        return {"end": "failed", "message": _one_line(problem), "errno": getattr(problem, "errno", None)}, ()
    answer = found if isinstance(found, Answer) else Answer(found)
    sizes = {name: len(table) for name, table in answer.tables.items()}
    ending = {"end": "done", "value": answer.value, "tables": sizes, "attempts": attempts}
    try:
        framed(ending)
    except (TypeError, ValueError, RecursionError) as problem:
        return {"end": "failed", "message": f"its result is not JSON ({problem})"}, ()
    return ending, tuple(answer.tables.values())


def _one_line(problem: BaseException) -> str:
    """Type and first line of an error of others."""
    lines = str(problem).strip().splitlines() or [""]
    return f"{type(problem).__name__}: {lines[0]}"[:300].rstrip(": ")


def _python_places() -> list[str]:
    """Where Python keeps its own library, and where distributions keep what its packages are linked with."""
    linked = (str(Path(prefix, "lib")) for prefix in (sys.prefix, sys.base_prefix))
    own = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *sys.path, *linked}
    return sorted(filter(os.path.isdir, own))


def _system_places() -> list[str]:
    if sys.platform != "linux":
        return []
    from populace.confined import kernel

    return list(kernel.readable_places())


class Protected:
    """Takes protections one by one, and keeps the list of those that hold and those that do not."""

    def __init__(self) -> None:
        #: protections in force
        self.held: list[str] = []
        #: protections that are not, with the reason
        self.missing: list[str] = []

    def told(self) -> dict[str, Any]:
        """The lists, as the parent is told."""
        return {"held": self.held, "missing": self.missing}

    def before_imports(self, request: dict[str, Any], reading: list[str], scratch: Path) -> None:
        """All that can be taken before libraries start threads, which would be left out."""
        self._resources(request["allowance"])
        if sys.platform != "linux":
            self.missing.append(f"network, processes and files are watched in Python only on {sys.platform}")
            return
        from populace.confined import kernel

        self._take("ends with the program", lambda: kernel.die_with_parent(request["parent"]))
        self._take("no new privileges", kernel.no_new_privileges)
        self._take("no network (namespace)", kernel.no_network)
        self._take("few files (Landlock)", lambda: kernel.few_files(reading, scratch))
        self._take("no sockets, processes or programs (seccomp)", kernel.few_system_calls)

    def memory(self, most: int) -> None:
        """The limit on memory, beyond what is in use now."""
        if sys.platform != "linux":
            self.missing.append(f"memory: {sys.platform} has no limit that holds")
            return
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        self._limit("memory", resource.RLIMIT_AS, pages * resource.getpagesize() + most)

    def _resources(self, allowance: dict[str, Any]) -> None:
        try:
            import resource
        except ImportError:
            self.missing.append(f"processor time, files written, open files: {sys.platform} has no limits on them")
            return
        # one second more, so that the reason is told apart from an outright kill
        self._limit("processor time", resource.RLIMIT_CPU, allowance["seconds"], 1)
        self._limit("files written", resource.RLIMIT_FSIZE, allowance["written"])
        self._limit("open files", resource.RLIMIT_NOFILE, allowance["open_files"])
        self._limit("no core files", resource.RLIMIT_CORE, 0)
        # should the program that waits die without us being told
        signal.alarm(int(allowance["clock"]) + 5)

    def _limit(self, name: str, kind: int, most: int, spare: int = 0) -> None:
        import resource

        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        spare = spare if hard == resource.RLIM_INFINITY else 0
        self._take(name, lambda: resource.setrlimit(kind, (most, most + spare)))

    def _take(self, name: str, take: Callable[[], None]) -> None:
        try:
            take()
        except (OSError, ValueError) as problem:
            self.missing.append(f"{name} ({problem})")
        else:
            self.held.append(name)
