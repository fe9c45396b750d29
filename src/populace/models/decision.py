"""decision.json: how a language model's scores become probabilities, kept beside its weights.

The file is that of Hugging Face decision models (labels and a temperature per question type), so that
`transformers serve` reads it; what it knows nothing of stands under "populace" and is passed over there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from populace.errors import ModelError
from populace.models.pool import kind_of
from populace.prompts.prompt import Prompt
from populace.prompts.template import LATEST, read_template

DECISION = "decision.json"
#: kinds of question that are calibrated apart (`populace.models.pool.kind_of`), and their types in Hugging Face's words
KINDS = {"binary": "noul", "ordered": "score", "list": "choice"}
#: positions of options that have a bias of their own
PLACES = ("first", "last", "missing")
#: orders of the options that answers are averaged over
ORDERS = 2


@dataclass(frozen=True)
class Decision:
    """From log probabilities of answers to probabilities of options."""

    #: name of the template that the model was trained with
    template: str = LATEST
    #: are questions put as turns of a chat?
    chat: bool = False
    #: do options have letters? Models that begin with random weights learn answers in words much sooner
    lettered: bool = True
    #: kind -> divisor of the scores
    temperature: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 1.0))
    #: kind -> place -> what is added to the score of the option shown there, before division
    bias: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    #: how many orders of the options are averaged over
    orders: int = ORDERS
    #: hash of the weights that an adapter belongs to; None = these are whole weights
    base: str | None = None

    def shares(self, prompt: Prompt, order: tuple[int, ...], scores: np.ndarray) -> np.ndarray:
        """(n, K) probabilities of the options, in the order of the prompt, from their scores when shown in an order."""
        kind = kind_of(prompt)
        moved = (scores + self._bias(prompt, order, kind)) / self.temperature.get(kind, 1.0)
        odds = np.exp(moved - moved.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def _bias(self, prompt: Prompt, order: tuple[int, ...], kind: str) -> np.ndarray:
        """(K,) what is added, in the order of the prompt."""
        own = self.bias.get(kind, {})
        return sum(own.get(name, 0.0) * there for name, there in places(prompt, order).items())


def places(prompt: Prompt, order: tuple[int, ...]) -> dict[str, np.ndarray]:
    """(K,) per name in `PLACES`: which options stand there. First and last are those of the options on the scale."""
    missing = np.array(prompt.missing)
    shown = [position for position in order if not missing[position]]
    found = {name: np.zeros(len(missing)) for name in PLACES}
    found["missing"] = missing.astype(np.float64)
    if shown:
        found["first"][shown[0]] = found["last"][shown[-1]] = 1.0
    return found


def orders_of(prompt: Prompt, count: int) -> list[tuple[int, ...]]:
    """Orders in which the options are shown, as written first; who stands outside the scale stays at the end.

    A scale is turned round; a list is turned round and moved on, so that each option stands in as many places as there
    are orders.
    """
    inside = [position for position, missing in enumerate(prompt.missing) if not missing]
    outside = tuple(position for position, missing in enumerate(prompt.missing) if missing)
    ways = [tuple(inside), tuple(inside[::-1])]
    if not prompt.ordinal:
        for step in range(1, len(inside)):
            moved = inside[step:] + inside[:step]
            ways += [tuple(moved), tuple(moved[::-1])]
    return [(*way, *outside) for way in list(dict.fromkeys(ways))[:count]]


def write_decision(decision: Decision, letters: str, folder: Path) -> None:
    """Write decision.json."""
    own = {
        "template": decision.template,
        "template_hash": read_template(decision.template).hash,
        "chat": decision.chat,
        "lettered": decision.lettered,
        "bias": {kind: dict(by_place) for kind, by_place in decision.bias.items()},
        "orders": decision.orders,
        "base": decision.base,
    }
    labels = {kind: list(letters) for kind in ("choice", "score")} | {"noul": list(letters[:2])}
    content = {
        "labels": labels if letters else {},
        "temperature": {theirs: decision.temperature.get(ours, 1.0) for ours, theirs in KINDS.items()},
        "populace": own,
    }
    (folder / DECISION).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_decision(folder: Path) -> Decision:
    """What decision.json says; what it does not say, and all where there is none, is as for a model out of the box."""
    path = folder / DECISION
    if not path.is_file():
        return Decision()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        own = content.get("populace", {})
        theirs = content.get("temperature", {})
        temperature = {ours: float(theirs.get(name, 1.0)) for ours, name in KINDS.items()}
        bias = {kind: {name: float(b) for name, b in by.items()} for kind, by in own.get("bias", {}).items()}
        found = Decision(
            own.get("template", LATEST), bool(own.get("chat", False)), bool(own.get("lettered", True)), temperature,
            bias, int(own.get("orders", ORDERS)), own.get("base"),
        )  # fmt: skip
    except (ValueError, TypeError, AttributeError) as problem:
        raise ModelError(f"{path} cannot be read ({problem}): restore it from where the model was made") from problem
    _check(path, found, own)
    return found


def _check(path: Path, decision: Decision, own: dict[str, Any]) -> None:
    if not all(np.isfinite(one) and one > 0 for one in decision.temperature.values()):
        raise ModelError(
            f"{path} has temperatures {dict(decision.temperature)}; expected positive numbers: calibrate anew"
        )
    expected = read_template(decision.template).hash
    if own.get("template_hash", expected) != expected:
        raise ModelError(
            f"{path}: the model was trained with another wording of template {decision.template!r}: "
            "use the version of Populace that made it, or train it anew"
        )
