"""Score columns: a question as one or several standardised numbers that can correlate with other questions.

A question with two options is one column. A scale is a column of equal steps and, from three steps on, one for its
bend: the ends against the middle. Any other question is one column per option: the standardised indicator of having
chosen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.models.choice import bend_scores, ordered_scores
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
    """Do the options lie along one axis?"""
    return len(prompt.options) == 2 or (prompt.ordinal and prompt.missing.count(False) >= 2)


def bends(prompt: Prompt) -> bool:
    """Is the question a scale with ends and a middle?"""
    return len(prompt.options) > 2 and prompt.ordinal and prompt.missing.count(False) >= 3


def column_count(prompt: Prompt) -> int:
    """Number of score columns of a question."""
    return 1 + bends(prompt) if one_axis(prompt) else len(prompt.options)


def axis_scores(prompt: Prompt, margin: np.ndarray) -> np.ndarray:
    """(K, 1 or 2) standardised scores of a question along one axis: steps, and the bend if it has one."""
    missing = np.array(prompt.missing)
    steps = ordered_scores(margin, missing)
    return np.concatenate([steps, bend_scores(margin, missing)], 1) if bends(prompt) else steps


def columns_of(prompts: Sequence[Prompt], margins: Sequence[np.ndarray], with_bends: bool = True) -> Columns:
    """Score columns of every question under its margin; without bends, a scale is one column."""
    scores = [_scores(prompt, margin, with_bends) for prompt, margin in zip(prompts, margins, strict=True)]
    counts = [len(part) for part in scores]
    start = np.concatenate([[0], np.cumsum(counts)])
    return Columns(np.repeat(np.arange(len(prompts)), counts), tuple(s for part in scores for s in part), start)


def _scores(prompt: Prompt, margin: np.ndarray, with_bends: bool) -> list[np.ndarray]:
    if one_axis(prompt):
        return list(axis_scores(prompt, margin).T[: None if with_bends else 1])
    away, near = -np.sqrt(margin / (1 - margin)), np.sqrt((1 - margin) / margin)
    return [np.where(np.arange(len(margin)) == k, near[k], away[k]) for k in range(len(margin))]


def column_features(features: Sequence[np.ndarray], margins: Sequence[np.ndarray], columns: Columns) -> np.ndarray:
    """(C, F) features of every column: the covariance of its score with its options' features (K, F)."""
    pairs = zip(columns.question, columns.scores, strict=True)
    return np.stack([(margins[q] * score) @ features[q] for q, score in pairs]).astype(np.float32)
