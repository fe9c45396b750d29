"""How long calls and whole processes take, and how much memory a process needs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: seconds of work after which a measure has been repeated enough
ENOUGH = 1.0


def run_python(arguments: list[str], folder: Path) -> dict[str, float]:
    """Wall-clock and processor seconds and peak resident memory (MB) of one process, its cache in the folder."""
    environment = {**os.environ, "POPULACE_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT / "src")}
    began = time.perf_counter()
    with (folder / "messages.txt").open("w") as messages:
        child = subprocess.Popen(
            [sys.executable, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=messages
        )
        # resource.getrusage of this one child, not of all there ever were
        _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        said = (folder / "messages.txt").read_text()
        raise SystemExit(f"python {' '.join(arguments)} ended with {child.returncode}: {said.strip()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "seconds": seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_megabytes": usage.ru_maxrss / unit,
    }


def best(function: Callable[[], object], enough: float = ENOUGH) -> float:
    """Seconds of the fastest of several calls: what else runs on the machine only ever adds."""
    times: list[float] = []
    while not times or (sum(times) < enough and len(times) < 20) or (enough and len(times) < 3):
        times.append(once(function))
    return min(times)


def processor_seconds(function: Callable[[], object], times: int) -> float:
    """Processor seconds of the quickest of several calls: other programs take time, but no work, from this one."""
    return min(once(function, time.process_time) for _ in range(times))


def once(function: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds of one call, by this clock."""
    began = clock()
    function()
    return clock() - began
