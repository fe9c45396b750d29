"""Questions a model has met: their own margins and loadings, found again by wording, never by name.

The table stores a digest of wording and options, not the words, so that weights carry no questionnaire.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from populace.prompts.prompt import Prompt


def key_of(prompt: Prompt) -> int:
    """64-bit digest of wording and options; case, spacing and punctuation do not matter."""
    words = "\0".join(plain(part) for part in (prompt.text, *prompt.options))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big", signed=True)


def scale_key(options: Sequence[str]) -> int:
    """64-bit digest of an option list alone."""
    return key_of(Prompt("", tuple(options)))


def plain(text: str) -> str:
    """Wording without case, punctuation and spacing."""
    return " ".join(re.findall(r"[^\W_]+|[+\-–<>$%]", text.lower()))


@dataclass(frozen=True)
class KnownQuestions:
    """Margins and column loadings by question, stored end to end."""

    #: (Q,) digests of wording
    keys: np.ndarray
    #: (Q + 1,) first option of every question in `margins`
    option_start: np.ndarray
    #: (sum K,) shares of options
    margins: np.ndarray
    #: (Q + 1,) first column of every question in `loadings`
    column_start: np.ndarray
    #: (C, d) loadings of score columns
    loadings: np.ndarray
    #: digest -> position
    _where: dict[int, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._where.update({int(key): i for i, key in enumerate(self.keys)})

    @classmethod
    def of(cls, keys: Sequence[int], margins: Sequence[np.ndarray], loadings: Sequence[np.ndarray]) -> KnownQuestions:
        """Build the table; where a key stands twice, the later entry counts."""
        latest = {key: i for i, key in enumerate(keys)}
        chosen = sorted(latest.values())
        margins, loadings = [margins[i] for i in chosen], [loadings[i] for i in chosen]
        return cls(
            np.array([keys[i] for i in chosen], np.int64),
            _starts(margins),
            np.concatenate(margins).astype(np.float32),
            _starts(loadings),
            np.concatenate(loadings).astype(np.float16),
        )

    @classmethod
    def empty(cls, width: int) -> KnownQuestions:
        """A table without questions."""
        none = np.zeros(0, np.float32)
        start = np.zeros(1, np.int32)
        return cls(np.zeros(0, np.int64), start, none, start, np.zeros((0, width), np.float16))

    def joined(self, other: KnownQuestions) -> KnownQuestions:
        """Both tables in one; of a question in both, what the other says counts."""
        return KnownQuestions(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.option_start, other.option_start[1:] + self.option_start[-1]]),
            np.concatenate([self.margins, other.margins]),
            np.concatenate([self.column_start, other.column_start[1:] + self.column_start[-1]]),
            np.concatenate([self.loadings, other.loadings]),
        )

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, prompt: Prompt) -> tuple[np.ndarray, np.ndarray] | None:
        """Margin (K,) and loadings (columns, d) of a prompt, or None when its wording is new."""
        return self.find_key(key_of(prompt), len(prompt.options))

    def find_key(self, key: int, size: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Margin and loadings under a digest, if there are `size` options under it."""
        i = self._where.get(key)
        if i is None:
            return None
        margin = self.margins[self.option_start[i] : self.option_start[i + 1]].astype(float)
        if len(margin) != size:
            return None
        return margin, self.loadings[self.column_start[i] : self.column_start[i + 1]].astype(float)

    def tensors(self, prefix: str) -> dict[str, np.ndarray]:
        """All arrays by name, for storage."""
        names = ("keys", "option_start", "margins", "column_start", "loadings")
        return {f"{prefix}.{name}": getattr(self, name) for name in names}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], prefix: str) -> KnownQuestions:
        """The table stored under `prefix`."""
        names = ("keys", "option_start", "margins", "column_start", "loadings")
        return cls(*(tensors[f"{prefix}.{name}"] for name in names))


def _starts(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
