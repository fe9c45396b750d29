"""Threads: whole pieces of work side by side, instead of several threads inside every operation.

Respondents are handled in blocks and texts in batches whose operations take well under a millisecond each. To split
every one of them among threads that wait for each other costs more than it brings, and far more where other programs
want the processor too. Here each thread takes whole pieces and computes them alone; the numbers of a piece are then
the same however many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import Any

import torch
from threadpoolctl import ThreadpoolController


def in_threads(function: Callable[[Any], Any], pieces: Iterable[Any]) -> list[Any]:
    """function(piece) of every piece, in order, by as many threads as torch may use."""
    pieces, threads = list(pieces), torch.get_num_threads()
    if threads == 1:
        return [function(piece) for piece in pieces]
    torch.set_num_threads(1)
    try:
        with _numpy_threads().limit(limits=1, user_api="blas"):
            return [function(pieces[0])] if len(pieces) == 1 else list(_pool(threads).map(function, pieces))
    finally:
        torch.set_num_threads(threads)


@cache
def _numpy_threads() -> ThreadpoolController:
    """The threads of numpy's own matrix library, which wait for work by spinning."""
    return ThreadpoolController()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that are all started, each told to compute alone: the setting belongs to the thread that makes it."""
    pool, started = ThreadPoolExecutor(threads, "populace", torch.set_num_threads, (1,)), Barrier(threads)
    list(pool.map(lambda _: started.wait(), range(threads)))
    return pool
