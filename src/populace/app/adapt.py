"""populace adapt: from a pilot, a topline or both to the folder of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from populace.app.chosen import check_audience, check_model, open_model, people_of, read_data
from populace.app.places import Population
from populace.errors import UsageError
from populace.models.base import ResponseModel, Told
from populace.models.combined import Combined
from populace.models.library import save_model
from populace.models.surveylm import SurveyLM, to_tensors
from populace.models.targets import with_margins
from populace.prompts.render import prompt_of
from populace.simulation.plan import told_by
from populace.survey.instrument import Instrument, read_instrument
from populace.training.adapt import adapt
from populace.training.topline import read_topline, with_topline

#: people drawn of an audience to bring a topline about
PEOPLE = 2000


def adapt_file(
    instrument: Path,
    out: Path,
    pilot: Path | None = None,
    topline: Path | None = None,
    audience: str | None = None,
    model: str = "default",
) -> dict[str, Any]:
    """Adapt a model into `out`; returns what was done."""
    check_model(model)
    check_audience(audience)
    questionnaire = read_instrument(instrument)
    figures = read_topline(topline, questionnaire) if topline else []
    people = read_data(pilot) if pilot else None
    base = open_model(model)
    adapted = base if people is None else adapt(people, questionnaire, base)
    if people is not None and isinstance(base, Combined):
        adapted = _with_pooled(adapted, base, questionnaire)
    if figures:
        history = _backgrounds(audience, base, questionnaire)
        adapted = with_topline(adapted, figures, None, history, PEOPLE if history else 1)
    digest = save_model(out, to_tensors(adapted.parameters), adapted.card)
    return {
        "out": str(out),
        "pilot": people.n if people else 0,
        "topline": len(figures),
        "model": adapted.name,
        "model_hash": digest,
        "base": model,
    }


def check_sources(pilot: Path | None, topline: Path | None, audience: str | None) -> None:
    """Refuse a call with nothing to adapt to, or with an audience that has no say."""
    if pilot is None and topline is None:
        raise UsageError("nothing to adapt to; expected --pilot PILOT, --topline FIGURES or both: add one")
    if audience is not None and topline is None:
        raise UsageError(f"--audience {audience} was given without --topline; expected both or neither: leave it away")


def _with_pooled(adapted: SurveyLM, base: Combined, instrument: Instrument) -> SurveyLM:
    """What the records say of questions that the pilot did not answer, kept as margins of the adapted model."""
    prompts = [prompt_of(item, instrument.year, instrument.country) for item in instrument.items() if item.options]
    left = [prompt for prompt in prompts if base.pooled(prompt) and adapted.origin(prompt) == "text"]
    if not left:
        return adapted
    margins = [margin for margin, _ in base.read(left)]
    return SurveyLM(with_margins(adapted, left, margins), adapted.encoder, adapted.card)


def _backgrounds(audience: str | None, model: ResponseModel, instrument: Instrument) -> list[Told]:
    """Backgrounds of people drawn for the audience, as the simulation will tell them."""
    if audience is None:
        return []
    people = people_of(Population(audience, None, PEOPLE), model, seed=0)
    return told_by(people, instrument.year, instrument.country or people.codebook.extra.get("country"))
