"""populace simulate: from files to a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from populace.app.chosen import check_audience, check_model, open_model, people_of
from populace.app.places import Population
from populace.data.files import read_dataset
from populace.data.files.parquet import hash_in
from populace.simulation.progress import Progress
from populace.simulation.simulate import simulate_to
from populace.survey.instrument import read_instrument


def simulate_file(
    instrument: Path,
    out: Path,
    population: Population,
    given: Path | None = None,
    model: str = "default",
    seed: int = 0,
    batch_size: int = 2000,
    skip_open: bool = False,
    workers: int = 1,
) -> dict[str, Any]:
    """Simulate a panel into `out`; returns what was done. A run that was stopped goes on."""
    began = time.monotonic()
    check_model(model)
    check_audience(population.audience)
    questionnaire = read_instrument(instrument)
    earlier = read_dataset(given) if given else None
    respondent = open_model(model)
    people = people_of(population, respondent, seed)
    simulate_to(out, questionnaire, people, respondent, seed, earlier, batch_size, Progress(), skip_open, workers)
    return {
        "out": str(out),
        "respondents": people.n,
        "questions": len(questionnaire.items()),
        "model": respondent.name,
        "model_hash": respondent.hash,
        "instrument_hash": questionnaire.content_hash,
        "content_hash": hash_in(out),
        "seed": seed,
        "seconds": round(time.monotonic() - began, 2),
    }
