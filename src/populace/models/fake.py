"""FakeModel: a deterministic model for tests, documentation and first steps. It knows nothing of people.

Every wording gets a direction in a small space from its hash, and every answer moves the respondent along it, so that
answers hang together, differ between respondents, and depend on what was said before, as they would with a real model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from populace.models.base import Prediction, Told
from populace.prompts.prompt import Prompt

#: dimensions of the space in which respondents and options lie
_DIMENSIONS = 3
#: how much one answer moves the respondent, and what is left of earlier moves: long interviews stay varied
_STEP, _KEPT = 0.5, 0.9
#: log-odds taken from don't know, refused and no answer
_MISSING = -2.5


class FakeModel:
    """A response model that is a pure function of seed, wordings and earlier answers."""

    name = "fake"

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.hash = "sha256:" + hashlib.sha256(f"populace fake model 1, seed {seed}".encode()).hexdigest()

    def __repr__(self) -> str:
        return f"FakeModel(seed={self.seed})"

    def open(self, n: int, history: Sequence[Told] = ()) -> FakeSession:
        """Start interviews with `n` respondents who have already said `history`."""
        session = FakeSession(self.seed, n)
        for told in history:
            session.tell(told.prompt, told.choices)
        return session

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Mean distribution among the respondents, with the sampling error of `n` people as its interval."""
        session = self.open(n, history)
        return [_prediction(session.ask(prompt).mean(axis=0), n) for prompt in prompts]

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {
            "name": self.name,
            "kind": "fake",
            "hash": self.hash,
            "seed": self.seed,
            "summary": "deterministic answers from hashes of the wording; for tests and first steps only",
            "cannot": ["write open text", "say anything about people"],
        }


class FakeSession:
    """A batch of interviews: one point per respondent, moved by every answer."""

    def __init__(self, seed: int, n: int) -> None:
        self.n = n
        self._seed = seed
        self._state = np.zeros((_DIMENSIONS, n))

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option."""
        bias, loadings = _option_parameters(self._seed, prompt)
        state = self._state if rows is None else self._state[:, rows]
        # sums are written out, element by element: a respondent's odds then do not depend on who else is in the batch
        logits = bias[None, :] + sum(s[:, None] * w[None, :] for s, w in zip(state, loadings.T, strict=True))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / sum(odds.T)[:, None]

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Move the respondents by what they chose; -1 moves nobody."""
        _, loadings = _option_parameters(self._seed, prompt)
        step = np.vstack([loadings * _STEP, np.zeros(_DIMENSIONS)])[choices].T
        kept = np.where(np.asarray(choices) < 0, 1.0, _KEPT)
        where = slice(None) if rows is None else rows
        self._state[:, where] = self._state[:, where] * kept + step

    def copy(self) -> FakeSession:
        """The same interviews once more."""
        other = FakeSession(self._seed, self.n)
        other._state = self._state.copy()
        return other


@lru_cache(maxsize=4096)
def _option_parameters(seed: int, prompt: Prompt) -> tuple[np.ndarray, np.ndarray]:
    """(K,) log-odds and (K, dimensions) directions of the options."""
    size = len(prompt.options)
    direction = _normals(f"{seed}|{prompt.text}", _DIMENSIONS)
    bias = 0.6 * np.concatenate([_normals(f"{seed}|{prompt.text}|{option}", 1) for option in prompt.options])
    if prompt.ordinal:
        steps = np.linspace(-1, 1, size)[:, None]
        loadings = steps * direction
    else:
        loadings = np.array([_normals(f"{seed}|{prompt.text}|{option}|to", _DIMENSIONS) for option in prompt.options])
    missing = np.array(prompt.missing)
    return bias + _MISSING * missing, np.where(missing[:, None], 0.0, loadings)


def _normals(text: str, size: int) -> np.ndarray:
    """(size,) standard normal numbers, a pure function of the text."""
    seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
    return np.random.Generator(np.random.Philox(seed)).standard_normal(size)


def _prediction(share: np.ndarray, n: int) -> Prediction:
    half = 1.645 * np.sqrt(share * (1 - share) / max(n, 1))
    return Prediction(share, np.clip(share - half, 0, 1), np.clip(share + half, 0, 1))
