"""Recorded: a response model whose distributions were written down before: by a language model, or by an expert.

Questions are found again by wording and labels, whatever the order of the options; case, spacing and punctuation do
not matter. A question that is not in the record is a `ModelError` for whoever asks it alone; `shares` says None
instead, and a pool then leaves the question to its other members. Anything that has a name and such a `shares`, a
language model that is asked while we wait included, can stand in the same place (`Source`).

Everybody gets the same distribution, whatever they said before: there are no persons in a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from populace.errors import ModelError
from populace.models.base import Prediction, Told
from populace.models.known import plain
from populace.models.records import Record, read_records
from populace.prompts.prompt import Prompt

_ARRAYS = ("texts", "labels", "start", "shares", "missing", "people")


class Source(Protocol):
    """Who has an opinion on how a population answers."""

    #: short name, recorded as provenance
    name: str

    def shares(self, prompt: Prompt) -> np.ndarray | None:
        """(K,) share of every option of the prompt, or None without an opinion."""
        ...


@dataclass(frozen=True)
class Recorded:
    """The answers of one source. Wordings are kept as digests, so that a saved model carries no questionnaire."""

    #: who answered, model and method
    name: str
    #: (Q,) digests of wording
    texts: np.ndarray
    #: (sum K,) digests of option labels, questions end to end
    labels: np.ndarray
    #: (Q + 1,) first option of every question
    start: np.ndarray
    #: (sum K,) shares
    shares_told: np.ndarray
    #: (sum K,) does the option stand for no answer?
    missing: np.ndarray
    #: (Q,) answers behind the shares
    people: np.ndarray
    #: digest of wording -> questions
    _where: dict[int, list[int]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for question, text in enumerate(self.texts):
            self._where.setdefault(int(text), []).append(question)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Recorded:
        """Put the records of one source together; runs of one question are pooled by the answers behind them."""
        runs: dict[tuple[int, ...], list[Record]] = {}
        for record in records:
            runs.setdefault((digest(record.prompt.text), *sorted(_labels_of(record.prompt))), []).append(record)
        pooled = [_pooled(same) for same in runs.values()]
        ends = np.cumsum([0, *(len(record.shares) for record in pooled)])
        return cls(
            pooled[0].source,
            np.array([digest(record.prompt.text) for record in pooled], np.int64),
            np.array([label for record in pooled for label in _labels_of(record.prompt)], np.int64),
            ends.astype(np.int32),
            np.concatenate([record.shares for record in pooled]),
            np.concatenate([record.prompt.missing for record in pooled]).astype(bool),
            np.array([record.n for record in pooled], float),
        )

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def hash(self) -> str:
        """Hash of everything that determines the answers."""
        content = b"".join(np.ascontiguousarray(array).tobytes() for array in self.tensors("").values())
        return "sha256:" + hashlib.sha256(self.name.encode() + content).hexdigest()

    def shares(self, prompt: Prompt) -> np.ndarray | None:
        """(K,) recorded shares in the order of the prompt's options, or None when there is no such question.

        Every substantive option has to be in the record. Don't know and the like may be on one side only; an option
        that the record lacks gets 0.
        """
        found = self._found(prompt)
        return None if found is None else found[0]

    def _found(self, prompt: Prompt) -> tuple[np.ndarray, float] | None:
        wanted = _labels_of(prompt)
        for question in self._where.get(digest(prompt.text), ()):
            options = slice(self.start[question], self.start[question + 1])
            place = {int(label): k for k, label in enumerate(self.labels[options])}
            lacking = any(label not in place and not gap for label, gap in zip(wanted, prompt.missing, strict=True))
            surplus = ~self.missing[options] & ~np.isin(self.labels[options], wanted)
            if lacking or surplus.any():
                continue
            told = self.shares_told[options]
            shares = np.array([told[place[label]] if label in place else 0.0 for label in wanted])
            if shares.sum() > 0:
                return shares / shares.sum(), float(self.people[question])
        return None

    def open(self, n: int, history: Sequence[Told] = ()) -> RecordedSession:
        """Start interviews with `n` respondents; what they said before makes no difference."""
        return RecordedSession(self, n)

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """The recorded distributions. Intervals say how far the source's own answers would vary if it were asked as
        often again, not how far it is from people: only a pool with calibration questions knows that.
        """
        return [self._prediction(prompt) for prompt in prompts]

    def _prediction(self, prompt: Prompt) -> Prediction:
        from scipy.special import betaincinv

        shares, people = self._told(prompt)
        # half an answer for every option: a share of 0 in 20 answers may be 5 % in truth
        counts = people * shares + 0.5
        low, high = (betaincinv(counts, counts.sum() - counts, q) for q in (0.05, 0.95))
        return Prediction(shares, np.minimum(low, shares), np.maximum(high, shares))

    def _told(self, prompt: Prompt) -> tuple[np.ndarray, float]:
        found = self._found(prompt)
        if found is None:
            raise ModelError(
                f"{self.name!r} has no record of the question {prompt.text!r} with the options "
                f"{', '.join(map(repr, prompt.options))}: record it, or combine the record with a survey model"
            )
        return found

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {
            "name": self.name,
            "kind": "recorded",
            "hash": self.hash,
            "questions": len(self),
            "answers": float(self.people.sum()),
            "summary": f"recorded answers of {self.name} to {len(self):,} questions",
            "cannot": ["answer other questions", "tell people apart", "write open text"],
        }

    def tensors(self, prefix: str) -> dict[str, np.ndarray]:
        """All arrays by name, for storage."""
        arrays = (self.texts, self.labels, self.start, self.shares_told, self.missing.astype(np.uint8), self.people)
        return {f"{prefix}.{name}": array for name, array in zip(_ARRAYS, arrays, strict=True)}

    @classmethod
    def from_tensors(cls, name: str, tensors: dict[str, np.ndarray], prefix: str) -> Recorded:
        """The source stored under `prefix`."""
        arrays = {key: tensors[f"{prefix}.{key}"] for key in _ARRAYS}
        return cls(name, *(arrays[key].astype(bool) if key == "missing" else arrays[key] for key in _ARRAYS))


class RecordedSession:
    """A batch of interviews with a record: nothing that is told changes what is answered."""

    def __init__(self, model: Recorded, n: int):
        self.n = n
        self._model = model

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) the recorded shares for everybody."""
        shares, _ = self._model._told(prompt)
        return np.tile(shares, (self.n if rows is None else len(rows), 1))

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Nothing to remember."""

    def copy(self) -> RecordedSession:
        """The same interviews once more."""
        return RecordedSession(self._model, self.n)


def read_recorded(path: Path) -> list[Recorded]:
    """The sources of a file (see models/records.py), in the order in which they first appear."""
    return by_source(read_records(path))


def by_source(records: Iterable[Record]) -> list[Recorded]:
    """One `Recorded` for every source."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record.source, []).append(record)
    return [Recorded.of(same) for same in found.values()]


def digest(*words: str) -> int:
    """64-bit digest of words without case, spacing and punctuation."""
    joined = "\0".join(plain(word) for word in words)
    return int.from_bytes(hashlib.sha256(joined.encode()).digest()[:8], "big", signed=True)


def _labels_of(prompt: Prompt) -> list[int]:
    """Digest of every option; the second option of a label that stands twice is told by its count."""
    seen: dict[str, int] = {}
    out = []
    for label in prompt.options:
        key = plain(label)
        seen[key] = seen.get(key, 0) + 1
        out.append(digest(label, str(seen[key])))
    return out


def _pooled(same: Sequence[Record]) -> Record:
    """Runs of one question as one record, options in the order of the first."""
    first = same[0]
    order = _labels_of(first.prompt)
    total = sum(record.n for record in same)
    shares = np.zeros(len(first.shares))
    for record in same:
        place = {label: k for k, label in enumerate(_labels_of(record.prompt))}
        shares += record.n / total * record.shares[[place[label] for label in order]]
    return Record(first.source, first.prompt, shares, total)
