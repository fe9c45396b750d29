"""with_topline(): a model whose panels meet published figures that the user knows.

A figure is the distribution of one question of an instrument among the population, with the number of people behind
it when that is known. Exact figures are met; figures of n people are weighed against the model's own margin as n
people against its pseudo-people (Dirichlet). Connections between questions stay the model's, or the pilot's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from populace.errors import InputError, ModelError
from populace.models.base import Told
from populace.models.known import plain
from populace.models.library import save_model
from populace.models.records import Fault, check_keys, entries, made_of, shares_of, size_of
from populace.models.surveylm import SurveyLM, to_tensors
from populace.models.targets import solved_margins, with_margins
from populace.prompts.prompt import Prompt
from populace.prompts.render import prompt_of
from populace.survey.instrument import Instrument
from populace.survey.question import Item

#: people behind a figure without n: it is met exactly, and its interval is narrow but not empty
EXACT = 1e6
_KEYS = ("id", "text", "shares", "n")


@dataclass(frozen=True)
class Figure:
    """The known answers of a population to one question."""

    #: name of the item
    name: str
    #: how it is put to the model
    prompt: Prompt
    #: (K,) shares, sum to one
    shares: np.ndarray
    #: people behind the shares; infinite when they are to be met exactly
    n: float
    #: do the shares say how many gave no answer? If not, that is left to the model
    missing_told: bool


def read_topline(path: Path, instrument: Instrument) -> list[Figure]:
    """Figures of a JSON lines file about questions of an instrument, one question a line:

        {"id": "tea", "shares": {"Never": 0.2, "Sometimes": 0.5, "Often": 0.3}, "n": 1000}

    `id` is the item's name, or `text` its wording; `shares` go by label or in the order of the options. Don't know and
    the like may be left out. InputError names file, line, what was expected and the fix.
    """
    read = [(line, made_of(path, line, entry, lambda e: _figure(e, instrument))) for line, entry in entries(Path(path))]
    if not read:
        raise InputError(f"{path} has no figures; expected one object a line with 'id' and 'shares': add some")
    first: dict[str, int] = {}
    for line, figure in read:
        if first.setdefault(figure.name, line) != line:
            raise InputError(
                f"{path}, line {line:,}: question {figure.name!r} has a figure on line {first[figure.name]:,} already; "
                "expected one figure per question: remove one"
            )
    return [figure for _, figure in read]


def _figure(entry: dict[str, Any], instrument: Instrument) -> Figure:
    check_keys(entry, ("shares",), _KEYS)
    item = _item(entry, instrument)
    if not item.options:
        raise Fault(f"question {item.name!r} has no options; expected a closed question: remove the line")
    prompt = prompt_of(item, instrument.year, instrument.country)
    shares = entry["shares"]
    optional = [label for label, missing in zip(prompt.options, prompt.missing, strict=True) if missing]
    substantive = [label for label in prompt.options if label not in optional]
    if isinstance(shares, list) and len(shares) == len(substantive) < len(prompt.options):
        shares = dict(zip(substantive, shares, strict=True))
    told = not isinstance(shares, dict) or any(plain(label) in map(plain, shares) for label in optional)
    found = shares_of(shares, prompt.options, optional)
    return Figure(item.name, prompt, found / found.sum(), size_of(entry, np.inf) if "n" in entry else np.inf, told)


def _item(entry: dict[str, Any], instrument: Instrument) -> Item:
    items = instrument.items()
    key = "id" if "id" in entry else "text"
    if key not in entry:
        raise Fault("the line names no question; expected 'id', the name of a question, or 'text': add it")
    by_name = {"id": lambda item: item.name, "text": lambda item: plain(item.text)}[key]
    wanted = plain(str(entry["text"])) if key == "text" else entry["id"]
    found = [item for item in items if by_name(item) == wanted]
    if len(found) != 1:
        some = ", ".join(item.name for item in items[:5])
        raise Fault(
            f"{key} {entry[key]!r} belongs to {len(found)} questions of instrument {instrument.id!r} "
            f"(it asks {some} …); expected exactly one: correct it"
        )
    return found[0]


def with_topline(
    model: SurveyLM,
    figures: Sequence[Figure],
    out: Path | None = None,
    history: Sequence[Told] = (),
    n: int = 1,
) -> SurveyLM:
    """The model with margins that meet the figures; saved to `out` when given.

    A margin is the answer of people of whom nothing is known. With the backgrounds of a population in `history`, the
    margins are moved until the mean answer of its `n` respondents meets the figures. Raises `ModelError` for a model
    that cannot be adapted.
    """
    if not isinstance(model, SurveyLM):
        raise ModelError(
            f"model {model.name!r} cannot be adapted; expected a survey language model: "
            "use 'default' or a folder made by train, adapt or combine"
        )
    prompts = [figure.prompt for figure in figures]
    current = [margin for margin, _ in model.read(prompts)]
    targets = [_target(model, figure, margin) for figure, margin in zip(figures, current, strict=True)]
    parameters = with_margins(model, prompts, solved_margins(model, prompts, targets, history, n))
    card = {**model.card, "name": f"{model.card['name']}+topline", "base_hash": model.hash}
    card |= {"topline_questions": len(figures), "pilot_people": _least_people(model, figures)}
    if out is not None:
        card["hash"] = save_model(Path(out), to_tensors(parameters), card)
    else:
        card["hash"] = f"{model.hash}+topline"
    return SurveyLM(parameters, model.encoder, card)


def _target(model: SurveyLM, figure: Figure, margin: np.ndarray) -> np.ndarray:
    """(K,) posterior mean of the figure's n people and the model's pseudo-people; the figure where n is infinite."""
    told = figure.shares
    if not figure.missing_told:
        missing = np.array(figure.prompt.missing)
        told = np.where(missing, margin, told * (1 - margin[missing].sum()))
    if np.isinf(figure.n):
        return told
    people = model.people_behind(figure.prompt)
    return (figure.n * told + people * margin) / (figure.n + people)


def _least_people(model: SurveyLM, figures: Sequence[Figure]) -> int:
    """People behind the weakest adapted margin, which the card says of all: intervals are rather too wide."""
    behind = [min(figure.n, EXACT) for figure in figures]
    if len(model.parameters.adapted):
        behind.append(model.card.get("pilot_people", 0))
    return int(min(behind))
