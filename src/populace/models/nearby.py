"""What similar questions were answered: kernel regression of margins on wording.

The counterpart of the margin tower: it cannot reason, but it remembers. A question takes the average margin of
training questions with as many options on the scale, ordered or not as it is, weighted by how alike the topics and,
place by place, the option labels are. Don't-know and refusal are left to the tower: surveys offer them or not by
house, not by question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.models.encoder import QuestionVectors
from populace.prompts.prompt import Prompt

#: how fast weight falls off with topics and with labels that differ, and the weight of the average over the scale
TOPIC_REACH, LABEL_REACH, AVERAGE = 10.0, 10.0, 0.01
#: axes kept of topics and labels
AXES = 128


@dataclass(frozen=True)
class NearbyMargins:
    """Training questions, reduced to what the kernel needs; only options on the scale."""

    #: (384, 128) axes on which topics and labels are compared
    axes: np.ndarray
    #: (R, 128) topics of the training questions
    topics: np.ndarray
    #: (R,) is the question an ordered scale?
    ordered: np.ndarray
    #: (R,) weight of the question: items of a large battery count less
    weight: np.ndarray
    #: (L, 128) distinct labels
    labels: np.ndarray
    #: (sum K,) label of every option, questions end to end
    label_of: np.ndarray
    #: (sum K,) margins, questions end to end
    margins: np.ndarray
    #: (R + 1,) first option of every question
    start: np.ndarray

    def shares(self, prompt: Prompt, vectors: QuestionVectors, average: np.ndarray) -> np.ndarray:
        """(S,) weighted mean margin of similar questions over the S options on the scale.

        Drawn to `average` (S,) where nothing is similar.
        """
        on_scale, size = ~np.array(prompt.missing), len(average)
        rows = np.nonzero((np.diff(self.start) == size) & (self.ordered == ordered(prompt)))[0]
        if not len(rows):
            return average
        labels = _reduced(vectors.labels[on_scale], self.axes)
        options = self.start[rows][:, None] + np.arange(size)
        alike = np.einsum("kd,rkd->r", labels, self.labels[self.label_of[options]]) / size
        near = self.topics[rows] @ self._topic(vectors)
        weight = self.weight[rows] * np.exp(TOPIC_REACH * (near - 1) + LABEL_REACH * (alike - 1))
        return (weight @ self.margins[options] + AVERAGE * average) / (weight.sum() + AVERAGE)

    def nearest(self, vectors: QuestionVectors) -> float:
        """Cosine of the most similar topic among the training questions."""
        return float((self.topics @ self._topic(vectors)).max())

    def joined(self, other: NearbyMargins) -> NearbyMargins:
        """Both memories in one; they must share their axes."""
        if not np.array_equal(self.axes, other.axes):
            raise ValueError("memories with different axes cannot be joined: build the second with `axes` of the first")
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _LISTS}
        label_of = np.concatenate([self.label_of, other.label_of + len(self.labels)])
        start = np.concatenate([self.start, other.start[1:] + self.start[-1]])
        return NearbyMargins(self.axes, label_of=label_of, start=start, **both)

    def _topic(self, vectors: QuestionVectors) -> np.ndarray:
        return _reduced(vectors.question[None], self.axes)[0]

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays by name, for storage."""
        stored = {name: getattr(self, name) for name in _NAMES}
        stored |= {name: stored[name].astype(np.float16) for name in _HALF}
        return {f"nearby.{name}": array for name, array in stored.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray]) -> NearbyMargins:
        """Inverse of `tensors`."""
        stored = {name: tensors[f"nearby.{name}"] for name in _NAMES}
        stored |= {name: stored[name].astype(np.float32) for name in _HALF}
        return cls(**stored)


_NAMES = ("axes", "topics", "ordered", "weight", "labels", "label_of", "margins", "start")
_LISTS = ("topics", "ordered", "weight", "labels", "margins")
_HALF = ("axes", "topics", "weight", "labels", "margins")


def ordered(prompt: Prompt) -> bool:
    """Is the prompt a scale of three steps or more? Two options have no order to speak of."""
    return prompt.ordinal and prompt.missing.count(False) > 2


def scale_of(prompt: Prompt) -> tuple[str, ...]:
    """Labels of the options on the scale."""
    return tuple(label for label, missing in zip(prompt.options, prompt.missing, strict=True) if not missing)


def on_scale(prompt: Prompt, shares: np.ndarray) -> np.ndarray:
    """(S,) shares among the options on the scale, summing to one."""
    kept = shares[~np.array(prompt.missing)]
    return kept / kept.sum() if kept.sum() > 0 else np.full(len(kept), 1 / max(len(kept), 1))


def remember(
    prompts: Sequence[Prompt],
    vectors: Sequence[QuestionVectors],
    margins: Sequence[np.ndarray],
    weights: Sequence[float],
    axes: np.ndarray | None = None,
) -> NearbyMargins:
    """Keep training questions for comparison, on axes of their own unless some are given."""
    labels = [v.labels[~np.array(p.missing)] for p, v in zip(prompts, vectors, strict=True)]
    shares = [on_scale(p, m) for p, m in zip(prompts, margins, strict=True)]
    topics = np.stack([v.question for v in vectors])
    if axes is None:
        everything = np.concatenate([topics, *labels])
        axes = np.linalg.eigh(everything.T @ everything)[1][:, ::-1][:, :AXES].astype(np.float32)
    distinct, label_of = np.unique(np.concatenate(labels), axis=0, return_inverse=True)
    return NearbyMargins(
        axes,
        _reduced(topics, axes),
        np.array([ordered(p) for p in prompts]),
        np.asarray(weights, np.float32),
        _reduced(distinct, axes),
        label_of.astype(np.int32),
        np.concatenate(shares).astype(np.float32),
        np.concatenate([[0], np.cumsum([len(m) for m in shares])]).astype(np.int32),
    )


def _reduced(vectors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    short = vectors @ axes
    return short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-6)
