"""Combined: the survey model and recorded language models or experts, answering together.

What a population answers to a question comes from the pool (`models/pool.py`); who answers what, the spread and the
connections, comes from the survey model, because a record has no persons in it. Pooled are questions whose margin
the survey model reads from their words: margins of a pilot, or of people met in training, are people's own answers
and stay as they are. A question of which no source has a record is left to the survey model.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from populace.errors import ModelError
from populace.models.library import CARD, DEFAULT, save_model
from populace.models.pool import KINDS, Pool, kind_of
from populace.models.recorded import Recorded, Source
from populace.models.surveylm import SurveyLM
from populace.models.targets import bounded, read_under
from populace.prompts.prompt import Prompt

#: name in cards
KIND = "combined"


class Combined(SurveyLM):
    """A survey model (see models/surveylm.py) with pooled margins."""

    def __init__(self, survey: SurveyLM, sources: Sequence[Source], pool: Pool, card: dict[str, Any] | None = None):
        if isinstance(survey, Combined):
            raise ModelError(f"model {survey.name!r} is combined already: combine the survey model it was made from")
        if pool.members[1:] != tuple(source.name for source in sources):
            raise ModelError(f"the pool is for {pool.members[1:]}, the sources are {[s.name for s in sources]}: fit it")
        self.survey, self.sources, self.pool = survey, tuple(sources), pool
        # the card stays that of a survey model, so that a pilot can adapt the pooled model and be saved as one
        named = {"name": f"{survey.name}+{_names(sources)}", "base_hash": survey.hash}
        super().__init__(survey.parameters, survey.encoder, {**survey.card, **named, **(card or {})})
        self.hash = (card or {}).get("hash", f"{survey.hash}+{_content_hash(self)[7:19]}")

    def read(self, prompts: Sequence[Prompt]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pooled margin (K,) and the survey model's loadings (columns, width) of every prompt."""
        return read_under(self.survey, prompts, self._margin)

    def pooled(self, prompt: Prompt) -> bool:
        """Has any source a say in this question?"""
        return self.survey.origin(prompt) == "text" and any(s.shares(prompt) is not None for s in self.sources)

    def _margin(self, prompt: Prompt, margin: np.ndarray) -> np.ndarray:
        if not self.pooled(prompt):
            return margin
        opinions = [margin, *(source.shares(prompt) for source in self.sources)]
        return bounded(self.pool.shares(kind_of(prompt), opinions, prompt.missing))

    def people_behind(self, prompt: Prompt) -> float:
        """Pseudo-people behind a prompt's margin: as fitted on the calibration questions where it is pooled."""
        return self.pool.people[kind_of(prompt)] if self.pooled(prompt) else super().people_behind(prompt)

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {**self.survey.describe(), **self.card, **_card(self), "hash": self.hash}


def _names(sources: Sequence[Source], most: int = 3) -> str:
    names = [source.name for source in sources]
    return "+".join(names) if len(names) <= most else f"{len(names)} sources"


def save(model: Combined, folder: Path, base: str | Path) -> Combined:
    """Write a combined model: the records and the pool, and of the survey model its name or folder and its hash.

    The survey model is not copied; `load` looks for it at `base`, seen from the folder when it is a path.
    """
    if not all(isinstance(source, Recorded) for source in model.sources):
        raise ModelError("only recorded sources can be saved; expected Recorded: record the others' answers first")
    place = DEFAULT if str(base) == DEFAULT else _seen_from(Path(folder), Path(base))
    card = {"name": model.name, **_card(model), "base": place}
    digest = save_model(Path(folder), to_tensors(model), card)
    return Combined(model.survey, model.sources, model.pool, {"hash": digest})


def _seen_from(folder: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(base.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return base.resolve().as_posix()


def _card(model: Combined) -> dict[str, Any]:
    """What the card of a combined model says besides its name."""
    calibrated = f"fitted on {model.pool.questions:,} questions" if model.pool.questions else "not fitted: a prior"
    return {
        "kind": KIND,
        "summary": f"{model.survey.name} pooled with {_names(model.sources)} ({calibrated})",
        "base_hash": model.survey.hash,
        "sources": [s.describe() if isinstance(s, Recorded) else {"name": s.name} for s in model.sources],
        "pool": {"form": model.pool.form, "questions": model.pool.questions, "scores": model.pool.scores},
        "settings": {kind: _named(model.pool, kind) for kind in KINDS},
        "people_behind": {kind: round(model.pool.people[kind], 1) for kind in KINDS},
    }


def _named(pool: Pool, kind: str) -> dict[str, dict[str, float]]:
    names = ("shrink", "temperature", "weight")
    rows = zip(pool.members, pool.settings[kind].tolist(), strict=True)
    return {member: {name: round(value, 3) for name, value in zip(names, row, strict=True)} for member, row in rows}


def to_tensors(model: Combined) -> dict[str, np.ndarray]:
    """Everything that determines the model's answers, besides the survey model, of which it has the hash."""
    pool = model.pool
    about = {"form": pool.form, "members": pool.members, "questions": pool.questions, "base_hash": model.survey.hash}
    tensors = {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "settings": np.stack([pool.settings[kind] for kind in KINDS]),
        "people": np.array([pool.people[kind] for kind in KINDS]),
    }
    for i, source in enumerate(model.sources):
        tensors |= source.tensors(f"source.{i}") if isinstance(source, Recorded) else {}
    return tensors


def _content_hash(model: Combined) -> str:
    content = b"".join(np.ascontiguousarray(array).tobytes() for array in to_tensors(model).values())
    return "sha256:" + hashlib.sha256(content).hexdigest()


def base_of(folder: Path, card: dict[str, Any]) -> str | Path:
    """Name or folder of the survey model that a combined model was made from."""
    base = card.get("base")
    if base == DEFAULT:
        return DEFAULT
    found = Path(folder) / str(base)
    if not (found / CARD).is_file():
        raise ModelError(
            f"{folder} was combined with a survey model at {str(base)!r}, seen from there, and none is there: "
            "put the model back in that place, or combine anew"
        )
    return found


def load(tensors: dict[str, np.ndarray], card: dict[str, Any], survey: SurveyLM) -> Combined:
    """A combined model from its weights, its card and the survey model it was made from; refuses another."""
    try:
        about = json.loads(tensors["about"].tobytes())
        names = tuple(about["members"])
        settings = dict(zip(KINDS, tensors["settings"], strict=True))
        people = dict(zip(KINDS, tensors["people"].tolist(), strict=True))
        sources = [Recorded.from_tensors(name, tensors, f"source.{i}") for i, name in enumerate(names[1:])]
        scores = card.get("pool", {}).get("scores", {})
        pool = Pool(names, about["form"], settings, people, about["questions"], scores)
    except (KeyError, TypeError, ValueError) as problem:
        raise ModelError(
            f"weights are not those of a {KIND} model of this version ({problem}): combine anew"
        ) from problem
    if survey.hash != about["base_hash"]:
        raise ModelError(
            f"model {card.get('name')!r} was combined with a survey model of hash {about['base_hash'][:19]}…, "
            f"{survey.name!r} at {card.get('base')!r} has {survey.hash[:19]}…: put that model back, or combine anew"
        )
    return Combined(survey, sources, pool, {"hash": card["hash"]})
