"""Settings: what the environment says, read here and nowhere else.

Everything else is an argument. Nothing is read at import; a command calls `read_settings` once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from populace.errors import UsageError

#: every variable we read -> what it means (docs/cli.md lists the same ones, by test)
VARIABLES = {
    "POPULACE_DATA": "folder with corpora, one folder each, for training and for tests that need real answers",
    "POPULACE_CACHE": "folder for text embeddings; default: the platform's cache folder",
    "POPULACE_THREADS": "number of processor threads to use; default: all",
    "POPULACE_DEBUG": "1 shows the traceback of an error, and the warnings of libraries",
}


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    #: folder with corpora, or None where POPULACE_DATA is not set
    data: Path | None
    #: folder for text embeddings
    cache: Path
    #: processor threads to use, None = as many as there are
    threads: int | None
    #: show tracebacks
    debug: bool


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; UsageError names the variable that makes no sense."""
    environ = os.environ if environ is None else environ
    data = environ.get("POPULACE_DATA", "")
    return Settings(
        data=Path(data).expanduser().absolute() if data else None,
        cache=_cache(environ),
        threads=_threads(environ.get("POPULACE_THREADS", "")),
        debug=environ.get("POPULACE_DEBUG", "") not in ("", "0"),
    )


def limit_threads(threads: int | None, environ: MutableMapping[str, str] | None = None) -> None:
    """Tell the numerical libraries how many threads to start; they read this when they are first imported."""
    environ = os.environ if environ is None else environ
    # threads that wait should sleep, not spin: on a busy machine spinning costs more than all the work
    environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if threads is not None:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"):
            environ[variable] = str(threads)


def share_threads(workers: int, threads: int | None, environ: MutableMapping[str, str] | None = None) -> None:
    """Divide the threads (by default the processor's cores) among so many processes that work side by side."""
    if workers > 1:
        limit_threads(max(1, (threads or usable_cores()) // workers), environ)


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads(value: str) -> int | None:
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise UsageError(f"POPULACE_THREADS is {value!r}; expected a whole number from 1 on; correct it or unset it")
    return int(value)


def _cache(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where a program keeps what it can make again: XDG on Linux, Library/Caches on a Mac, LOCALAPPDATA on Windows."""
    if chosen := environ.get("POPULACE_CACHE"):
        return Path(chosen).expanduser().absolute()
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "populace" / "Cache"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "populace"
    xdg = Path(environ.get("XDG_CACHE_HOME") or "")
    # the XDG rules: a relative path is to be ignored
    return (xdg if xdg.is_absolute() else Path.home() / ".cache") / "populace"


def read_secret(variable: str) -> str | None:
    """A key from the environment variable of that name; it is kept nowhere."""
    return os.environ.get(variable)
