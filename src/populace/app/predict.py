"""populace predict: from a file of questions to a file of distributions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from populace import atomic
from populace.app.chosen import check_audience, check_model, open_model, people_of, say_notes
from populace.app.places import Population
from populace.app.questions import prediction_lines, read_questions
from populace.simulation.plan import told_by


def predict_file(
    questions: Path, out: Path, population: Population, model: str = "default", seed: int = 0
) -> dict[str, Any]:
    """Predict every question for these people into `out`; returns what was done."""
    check_model(model)
    check_audience(population.audience)
    asked = read_questions(questions)
    respondent = open_model(model)
    people = people_of(population, respondent, seed)
    say_notes(people)
    country = people.codebook.extra.get("country")
    prompts = [replace(one.prompt, country=country) for one in asked]
    predictions = respondent.predict(prompts, told_by(people, country=country), people.n)
    atomic.write_text(out, "".join(f"{line}\n" for line in prediction_lines(asked, predictions)))
    return {
        "out": str(out),
        "questions": len(asked),
        "respondents": people.n,
        "model": respondent.name,
        "model_hash": respondent.hash,
        "seed": seed,
    }
