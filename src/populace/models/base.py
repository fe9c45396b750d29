"""The seam between fieldwork and whoever answers: ResponseModel and Session.

The interface is columnar: one question is put to many respondents at a time. It knows nothing of codes, files,
seeds or drawing; those belong to `populace.simulation`, so that every family of models inherits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from populace.prompts.prompt import Prompt


@dataclass(frozen=True)
class Told:
    """Answers already given to one prompt."""

    #: what was asked
    prompt: Prompt
    #: (n,) position of the chosen option, -1 where there is no answer
    choices: np.ndarray
    #: who the respondents are, told before an interview, rather than what they answered in one
    background: bool = False


@dataclass(frozen=True)
class Prediction:
    """Distribution of one question in a population, with its 90 % interval per option."""

    #: (K,) expected share of every option, sums to one
    distribution: np.ndarray
    #: (K,) lower end of the 90 % interval
    low: np.ndarray
    #: (K,) upper end of the 90 % interval
    high: np.ndarray
    #: number of people whose answers would tell as much, None where a model does not say
    people: float | None = None
    #: so unsure that the numbers should not be used
    do_not_use: bool = False


class Session(Protocol):
    """A batch of interviews in progress."""

    #: number of respondents in the batch
    n: int

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """Probability of every option: (rows, K), each row sums to one; given what was told so far."""
        ...

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Record the options chosen ((rows,) positions, -1 = no answer); later questions build on it."""
        ...

    def copy(self) -> Session:
        """The same interviews once more: what the copy is told does not reach this session."""
        ...


class ResponseModel(Protocol):
    """Anything that can say how respondents answer closed questions."""

    #: short name, recorded as provenance
    name: str
    #: hash of everything that determines the model's answers, recorded as provenance
    hash: str

    def open(self, n: int, history: Sequence[Told] = ()) -> Session:
        """Start interviews with `n` respondents who have already said `history`."""
        ...

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Distribution of each question among the `n` respondents described by `history`."""
        ...

    def describe(self) -> dict[str, Any]:
        """The model's card: kind, hash, training data, seed, scores, what it cannot do."""
        ...
