"""populace combine: from a model and files of recorded answers to the folder of a combined model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from populace.app.chosen import check_model, open_model
from populace.app.console import count
from populace.errors import DataError
from populace.models.recorded import by_source
from populace.models.records import Record, read_records
from populace.training.combine import combine

#: what the people of a calibration file are called when it does not say
PEOPLE = "people"


def combine_files(
    model: str, recorded: Sequence[Path], out: Path, calibrate: Path | None = None, seed: int = 0
) -> dict[str, Any]:
    """Combine a model with recorded answers into `out`; returns what was done."""
    check_model(model)
    sources = by_source([record for path in recorded for record in read_records(path)])
    calibration = read_records(calibrate, PEOPLE) if calibrate else []
    _check_people(calibrate, calibration, {source.name for source in sources})
    combined = combine(open_model(model), sources, calibration, out, model, seed)
    return {
        "out": str(out),
        "model": combined.name,
        "model_hash": combined.hash,
        "base": model,
        "base_hash": combined.survey.hash,
        "sources": [{"name": source.name, "questions": len(source)} for source in sources],
        "calibration": {"given": len(calibration), "used": combined.pool.questions},
        "form": combined.pool.form,
        "scores": combined.pool.scores,
    }


def _check_people(path: Path | None, records: Sequence[Record], sources: set[str]) -> None:
    """Calibration answers are those of one group of people, and of nobody who is to be calibrated."""
    names = list(dict.fromkeys(record.source for record in records))
    if len(names) > 1:
        raise DataError(
            f"{path} has answers of {len(names)} sources ({names[0]!r}, {names[1]!r} …); "
            "expected those of people only: keep one"
        )
    if sources & set(names):
        raise DataError(
            f"{path}: {names[0]!r} is one of the recorded sources; expected answers of people: give another file"
        )


def in_words(result: dict[str, Any]) -> str:
    """The result for people, errors out of fold included."""
    sources = ", ".join(f"{source['name']} ({count(source['questions'], 'question')})" for source in result["sources"])
    lines = [f"combined {result['base']} with {sources}: {result['out']}"]
    used, given = result["calibration"]["used"], result["calibration"]["given"]
    if not used:
        return "\n".join([*lines, "not calibrated: the pool is a prior; --calibrate fits it to questions you know"])
    left = f" of {given:,}" if given > used else ""
    lines.append(f"calibrated on {used:,}{left} questions ({result['form']} pool); mean TVD to people, out of fold:")
    return "\n".join([*lines, *(f"  {_score(name, score)}" for name, score in result["scores"].items())])


def _score(name: str, score: dict[str, Any]) -> str:
    if score["tvd"] is None:
        return f"{name:<24} no question"
    error = "" if score["tvd_error"] is None else f" ± {1.96 * score['tvd_error']:.3f}"
    return f"{name:<24} {score['tvd']:.3f}{error} ({count(score['questions'], 'question')})"
