"""combine(): a survey model and recorded sources, pooled as calibration questions say.

Calibration questions are questions whose human answers are known and that at least one source has answered too. They
should be like those that will be asked. Without any, the pool is the prior of `models/pool.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from populace.errors import DataError, ModelError
from populace.models.combined import Combined, save
from populace.models.pool import Pool, kind_of, prior_pool
from populace.models.recorded import Source
from populace.models.records import Record
from populace.models.surveylm import SurveyLM
from populace.training.pool import fit_pool


def combine(
    model: SurveyLM,
    sources: Sequence[Source],
    calibration: Sequence[Record] = (),
    out: Path | None = None,
    base: str | Path = "default",
    seed: int = 0,
) -> Combined:
    """Pool a survey model with recorded sources; saved to `out` when given, `base` being where the model came from.

    Calibration questions that no source has answered, or that the survey model knows from people, are left out; the
    card says how many were used. `seed` decides the folds. Raises `DataError` when not one can be used, `ModelError`
    for a model that cannot be combined.
    """
    if not isinstance(model, SurveyLM) or isinstance(model, Combined):
        raise ModelError(
            f"model {model.name!r} cannot be combined; expected a survey language model: "
            "use 'default' or a folder made by train or adapt"
        )
    if not sources:
        raise DataError("there is no source to combine with; expected recorded answers of one or more: add a file")
    combined = Combined(model, sources, fitted_pool(model, sources, calibration, seed))
    return combined if out is None else save(combined, out, base)


def fitted_pool(model: SurveyLM, sources: Sequence[Source], calibration: Sequence[Record], seed: int = 0) -> Pool:
    """The pool of the survey model and the sources, fitted on calibration questions; the prior without any."""
    names = ["survey", *(source.name for source in sources)]
    if not calibration:
        return prior_pool(names)
    usable = [record for record in calibration if _usable(model, sources, record)]
    if not usable:
        raise DataError(
            f"of {len(calibration):,} calibration questions none can be used, the first being "
            f"{calibration[0].prompt.text!r}; expected questions that a source has answered in the same words and "
            "that the survey model has not met: record answers to these, or leave the calibration away"
        )
    prompts = [record.prompt for record in usable]
    margins = [margin for margin, _ in model.read(prompts)]
    opinions = [[m, *(source.shares(p) for source in sources)] for p, m in zip(prompts, margins, strict=True)]
    return fit_pool(
        targets=[record.shares for record in usable],
        members=opinions,
        kinds=[kind_of(prompt) for prompt in prompts],
        missing=[prompt.missing for prompt in prompts],
        people=[record.n for record in usable],
        names=names,
        seed=seed,
    )


def _usable(model: SurveyLM, sources: Sequence[Source], record: Record) -> bool:
    """Would the pool be asked this question, and do people say anything about its substantive options?"""
    prompt = record.prompt
    told = sum(share for share, missing in zip(record.shares, prompt.missing, strict=True) if not missing)
    opinion = any(source.shares(prompt) is not None for source in sources)
    return opinion and told > 0 and prompt.missing.count(False) > 1 and model.origin(prompt) == "text"
