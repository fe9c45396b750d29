"""Map a function over work: here, in processes, or on a Ray cluster. Results come in the order of the work.

The function gets what all calls share (a model, say) once per worker, not once per call. It must be importable, and
what it gets and returns must be picklable. Work is handed out a little ahead of the results that are taken, so that
memory does not grow with the amount of work.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from populace.errors import MissingExtra, UsageError

ENGINES = ("processes", "ray")
#: pieces of work under way or waiting for each worker
_AHEAD = 2

_here: dict[str, Any] = {}


def map_work(
    function: Callable[[Any, Any], Any],
    work: Iterable[Any],
    shared: Any = None,
    workers: int = 1,
    engine: str = "processes",
) -> Iterator[Any]:
    """Yield function(shared, piece) for every piece of work, in order; with one worker, in this process.

    Raises what the function raises. `MissingExtra` when Ray is wanted and not installed.
    """
    if workers < 1 or engine not in ENGINES:
        raise UsageError(f"{workers} workers by {engine!r}: expected 1 or more, by {' or '.join(ENGINES)}")
    if workers == 1:
        return (function(shared, piece) for piece in work)
    return (_on_ray if engine == "ray" else _in_processes)(function, work, shared, workers)


def _in_processes(function: Callable[[Any, Any], Any], work: Iterable[Any], shared: Any, workers: int) -> Iterator[Any]:
    # spawned, not forked: a fork copies the locks of numerical libraries' threads, and hangs on them
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _remember, (function, shared))
    try:
        yield from _window((pool.submit(_call, piece) for piece in work), workers, lambda future: future.result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_ray(function: Callable[[Any, Any], Any], work: Iterable[Any], shared: Any, workers: int) -> Iterator[Any]:
    try:
        import ray
    except ImportError:
        raise MissingExtra("Ray is not installed; install it with: pip install 'populace[ray]'") from None
    if not ray.is_initialized():
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    everywhere, remote = ray.put(shared), ray.remote(function)
    yield from _window((remote.remote(everywhere, piece) for piece in work), workers, ray.get)


def _window(tasks: Iterator[Any], workers: int, result: Callable[[Any], Any]) -> Iterator[Any]:
    """Results in order, with a limited number of tasks under way."""
    waiting: deque[Any] = deque()
    for task in tasks:
        waiting.append(task)
        if len(waiting) > _AHEAD * workers:
            yield result(waiting.popleft())
    while waiting:
        yield result(waiting.popleft())


def _remember(function: Callable[[Any, Any], Any], shared: Any) -> None:
    """First thing in a worker: keep what is shared; Ctrl-C is for the process that asked for the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here.update(function=function, shared=shared)


def _call(piece: Any) -> Any:
    return _here["function"](_here["shared"], piece)
