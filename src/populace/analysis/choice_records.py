"""Long records of choice tasks: the columns they need, what is refused, and which tasks were answered.

One row per alternative shown, with `respondent_id`, `task`, `alternative`, `chosen` (1 or 0) and one column per
attribute. docs/methods/choice.md has the layout with an example.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, did_you_mean

__all__ = ["answered", "checked", "KEYS"]

#: columns of the long records that are no attributes
KEYS = (RESPONDENT_ID, "task", "alternative", "chosen")


def checked(choices: pl.DataFrame) -> pl.DataFrame:
    """Long records with the columns they need, in a canonical order of rows."""
    _check_columns(choices, KEYS, "choices")
    chosen = choices["chosen"]
    if chosen.dtype != pl.Boolean and not chosen.dtype.is_numeric():
        raise DataError(f"choices: column 'chosen' holds {chosen.dtype}; expected 1 or 0: recode it")
    known = chosen.cast(pl.Float64)
    wrong = known.drop_nulls().filter(~known.drop_nulls().is_in([0.0, 1.0]))
    if len(wrong):
        raise DataError(f"choices: column 'chosen' has {wrong[0]:g}; expected 1 (chosen) or 0: recode it")
    frame = choices.with_columns(pl.col(RESPONDENT_ID).cast(pl.String), chosen=known.fill_null(0.0))
    keys = frame.select(KEYS[:3])
    if keys.is_duplicated().any():
        twice = keys.filter(keys.is_duplicated()).row(0)
        raise DataError(
            f"choices: respondent {twice[0]!r} has alternative {twice[2]!r} twice in task {twice[1]!r}; "
            "expected one row per alternative: remove the repeats"
        )
    return frame.sort(KEYS[:3])


def _check_columns(frame: pl.DataFrame, needed: Sequence[str], what: str) -> None:
    """The columns are there, none of the keys is null, and there are rows."""
    for name in needed:
        if name not in frame.columns:
            hint = did_you_mean(name, frame.columns)
            raise DataError(f"{what}: no column {name!r}{hint}; expected {', '.join(needed)}: rename or add it")
    for name in needed[:3]:
        if frame[name].null_count():
            raise DataError(f"{what}: {frame[name].null_count():,} rows have no {name!r}: fill it in, or drop the rows")
    if not frame.height:
        raise DataError(f"{what}: no rows; expected one per alternative shown: pass the records")


def answered(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Tasks with one choice and two or more alternatives; the others are an error, or were not answered."""
    task = [RESPONDENT_ID, "task"]
    counted = frame.with_columns(_picked=pl.col("chosen").sum().over(task), _of=pl.len().over(task))
    double = counted.filter(pl.col("_picked") > 1)
    if double.height:
        raise DataError(
            f"choices: respondent {double[RESPONDENT_ID][0]!r} chose {double['_picked'][0]:g} alternatives in task "
            f"{double['task'][0]!r}; "
            "expected one: correct column 'chosen'"
        )
    kept = counted.filter((pl.col("_picked") == 1) & (pl.col("_of") > 1)).drop("_picked", "_of")
    lost = frame.select(task).unique().height - kept.select(task).unique().height
    if not kept.height:
        raise DataError("choices: no task has a choice among two alternatives or more: fill in column 'chosen'")
    return kept, [f"{lost:,} tasks without an answer or without an alternative were left out."] if lost else []
