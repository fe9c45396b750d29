"""Quotas: in the order of the run, whoever falls into a quota that is full is stopped where it is checked.

Everybody is interviewed as if there were room. Then it is counted, in order, who completes, and whoever comes to a full
quota is interviewed once more with its door closed: the same answers up to there, nothing after. Batches and workers
so make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from populace.models.base import ResponseModel
from populace.simulation.interview import interview
from populace.simulation.plan import Plan
from populace.simulation.recorded import COMPLETED, ENDED, quota_column
from populace.survey.flow import CheckQuota, elements

#: (quota, respondent) booleans: the quotas that are full for whom
Full = dict[str, np.ndarray]


def has_quotas(plan: Plan) -> bool:
    """Is there anything to close: is a quota checked on the way?"""
    return any(isinstance(element, CheckQuota) for element in elements(plan.instrument.flow))


def needed(plan: Plan) -> list[str]:
    """Columns that say who falls into which quota, and who completes."""
    return [ENDED, *(quota_column(quota.name) for quota in plan.instrument.quotas)]


def full_for(plan: Plan, frames: Iterable[pl.DataFrame]) -> Full:
    """Whom which quota is full for, from the columns `needed` of all batches in order."""
    quotas = plan.instrument.quotas
    counts = dict.fromkeys((quota.name for quota in quotas), 0)
    full = {quota.name: np.zeros(plan.n, dtype=bool) for quota in quotas}
    row = 0
    for frame in frames:
        ended = frame[ENDED].to_list()
        fell = {quota.name: frame[quota_column(quota.name)].to_list() for quota in quotas}
        for place in range(frame.height):
            inside = [quota for quota in quotas if fell[quota.name][place]]
            closed = [quota for quota in inside if counts[quota.name] >= quota.limit]
            for quota in closed:
                full[quota.name][row] = True
            if not closed and ended[place] == COMPLETED:
                for quota in inside:
                    counts[quota.name] += 1
            row += 1
    return full


def closed(plan: Plan, model: ResponseModel, frame: pl.DataFrame, start: int, full: Full) -> pl.DataFrame:
    """A batch, whose first respondent is `start` of the run, with everybody stopped who comes to a full quota."""
    span = np.arange(start, start + frame.height)
    stopped = np.zeros(frame.height, dtype=bool)
    for who in full.values():
        stopped |= who[span]
    if not stopped.any():
        return frame
    again = interview(plan, model, span[stopped], full)
    places = np.empty(frame.height, dtype=np.int64)
    places[~stopped] = np.arange((~stopped).sum())
    places[stopped] = (~stopped).sum() + np.arange(stopped.sum())
    return pl.concat([frame.filter(pl.Series(~stopped)), again])[places]


def close_in_memory(plan: Plan, model: ResponseModel, frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """All batches with their quotas closed."""
    full = full_for(plan, (frame.select(needed(plan)) for frame in frames))
    starts = np.cumsum([0, *(frame.height for frame in frames)])
    return [closed(plan, model, frame, int(start), full) for frame, start in zip(frames, starts, strict=False)]


def close_in_files(plan: Plan, model: ResponseModel, paths: Sequence[Path], folder: Path) -> list[Path]:
    """Files of all batches with their quotas closed, in a folder; those that do not change are taken as they are."""
    full = full_for(plan, (pl.read_parquet(path, columns=needed(plan), glob=False) for path in paths))
    start, written = 0, []
    for number, path in enumerate(paths):
        frame = pl.read_parquet(path, glob=False)
        after = closed(plan, model, frame, start, full)
        start += frame.height
        target = path
        if after is not frame:
            target = folder / f"closed-{number:06d}.parquet"
            after.write_parquet(target, compression="zstd")
        written.append(target)
    return written
