"""Fieldwork: many interviews, in batches, with progress and a journal.

Which answers come out is settled by plan and model alone; what happens here only decides when and where they are
computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl

import populace
from populace.errors import Interrupted, UsageError
from populace.models.base import ResponseModel
from populace.parallel import map_work
from populace.simulation.interview import interview
from populace.simulation.journal import Journal
from populace.simulation.plan import Plan
from populace.simulation.progress import Watcher


def conduct(
    plan: Plan, model: ResponseModel, batch_size: int, watcher: Watcher, workers: int = 1
) -> list[pl.DataFrame]:
    """All interviews, in memory, batch after batch."""
    spans = spans_of(plan.n, batch_size)
    with _watched(plan, watcher):
        return [frame for _, frame in _interviews(plan, model, dict(enumerate(spans)), watcher, workers)]


def conduct_to_journal(
    plan: Plan, model: ResponseModel, batch_size: int, watcher: Watcher, journal: Journal, workers: int = 1
) -> None:
    """All interviews that the journal lacks, into the journal. `Interrupted` on Ctrl-C; what is finished stays."""
    spans = spans_of(plan.n, batch_size)
    todo = {number: span for number, span in enumerate(spans) if number not in journal}
    try:
        with _watched(plan, watcher):
            for number, frame in _interviews(plan, model, todo, watcher, workers):
                journal.add(number, frame)
    except Interrupted as stop:  # the model stopped, by its budget: it says why, and here is said what is kept
        done = sum(len(spans[number]) for number in journal.batches)
        raise type(stop)(f"{stop}; {done:,} of {plan.n:,} respondents are finished, in {journal.folder}") from None
    except KeyboardInterrupt:
        done = sum(len(spans[number]) for number in journal.batches)
        raise Interrupted(
            f"stopped after {done:,} of {plan.n:,} respondents; they are kept in {journal.folder}: "
            "start the same run again to go on"
        ) from None


def header_of(
    plan: Plan, model: ResponseModel, batch_size: int, people_hash: str, given_hash: str | None
) -> dict[str, Any]:
    """What a journal's run is known by."""
    return {
        "journal": 1,
        "version": populace.__version__,
        "model": model.name,
        "model_hash": model.hash,
        "instrument_hash": plan.instrument.content_hash,
        "people_hash": people_hash,
        "given_hash": given_hash,
        "seed": plan.seed,
        "n": plan.n,
        "batch_size": batch_size,
        "left_out": list(plan.left_out),
    }


def spans_of(n: int, batch_size: int) -> list[range]:
    """Consecutive rows, `batch_size` at a time."""
    if batch_size < 1:
        raise UsageError(f"batch size is {batch_size}; expected 1 or more: the default is 2000")
    return [range(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]


def _interviews(
    plan: Plan, model: ResponseModel, spans: dict[int, range], watcher: Watcher, workers: int
) -> Iterator[tuple[int, pl.DataFrame]]:
    """(number, answers) of every span, in order."""
    done = plan.n - sum(map(len, spans.values()))
    watcher.update(done, plan.n)
    frames = map_work(_interview, spans.values(), (plan, model), workers)
    for number, frame in zip(spans, frames, strict=True):
        yield number, frame
        done += frame.height
        watcher.update(done, plan.n)


def _interview(shared: tuple[Plan, ResponseModel], span: range) -> pl.DataFrame:
    plan, model = shared
    return interview(plan, model, np.arange(span.start, span.stop))


@contextmanager
def _watched(plan: Plan, watcher: Watcher) -> Iterator[None]:
    watcher.start(plan.n, plan.n_asked)
    for text in plan.notes:
        watcher.note(text)
    try:
        yield
    finally:
        watcher.close()
