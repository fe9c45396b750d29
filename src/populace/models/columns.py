"""Score columns: a question as one or several standardised numbers that can correlate with other questions.

An ordered question, or one with two options, is one column of equal-step scores. Any other question is one column
per option: the standardised indicator of having chosen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.models.choice import ordered_scores
from populace.prompts.prompt import Prompt


@dataclass(frozen=True)
class Columns:
    """The score columns of a list of questions."""

    #: (C,) question of every column
    question: np.ndarray
    #: C arrays (K,) of standardised scores under the question's margin
    scores: tuple[np.ndarray, ...]
    #: (Q + 1,) first column of every question
    start: np.ndarray


def one_axis(prompt: Prompt) -> bool:
    """Is the question one column?"""
    return len(prompt.options) == 2 or (prompt.ordinal and prompt.missing.count(False) >= 2)


def columns_of(prompts: Sequence[Prompt], margins: Sequence[np.ndarray]) -> Columns:
    """Score columns of every question under its margin."""
    scores = [_scores(prompt, margin) for prompt, margin in zip(prompts, margins, strict=True)]
    counts = [len(part) for part in scores]
    start = np.concatenate([[0], np.cumsum(counts)])
    return Columns(np.repeat(np.arange(len(prompts)), counts), tuple(s for part in scores for s in part), start)


def _scores(prompt: Prompt, margin: np.ndarray) -> list[np.ndarray]:
    if one_axis(prompt):
        return [ordered_scores(margin, np.array(prompt.missing))[:, 0]]
    away, near = -np.sqrt(margin / (1 - margin)), np.sqrt((1 - margin) / margin)
    return [np.where(np.arange(len(margin)) == k, near[k], away[k]) for k in range(len(margin))]


def column_features(features: Sequence[np.ndarray], margins: Sequence[np.ndarray], columns: Columns) -> np.ndarray:
    """(C, F) features of every column: the covariance of its score with its options' features (K, F)."""
    pairs = zip(columns.question, columns.scores, strict=True)
    return np.stack([(margins[q] * score) @ features[q] for q, score in pairs]).astype(np.float32)
