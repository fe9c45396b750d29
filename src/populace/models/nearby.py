"""What similar questions were answered: kernel regression of margins on wording.

The counterpart of the margin tower: it cannot reason, but it remembers. A question takes the average margin of
training questions with as many options, weighted by how alike the topics and, place by place, the option labels are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populace.models.encoder import QuestionVectors

#: how fast weight falls off with topics and with labels that differ, and the weight of the average over the scale
TOPIC_REACH, LABEL_REACH, AVERAGE = 10.0, 10.0, 0.01
#: axes kept of topics and labels
AXES = 128


@dataclass(frozen=True)
class NearbyMargins:
    """Training questions, reduced to what the kernel needs."""

    #: (384, 128) axes on which topics and labels are compared
    axes: np.ndarray
    #: (R, 128) topics of the training questions
    topics: np.ndarray
    #: (L, 128) distinct labels
    labels: np.ndarray
    #: (sum K,) label of every option, questions end to end
    label_of: np.ndarray
    #: (sum K,) margins, questions end to end
    margins: np.ndarray
    #: (R + 1,) first option of every question
    start: np.ndarray

    def shares(self, vectors: QuestionVectors, average: np.ndarray) -> np.ndarray:
        """(K,) weighted mean margin of similar questions, drawn to `average` where nothing is similar."""
        size = len(average)
        rows = np.nonzero(np.diff(self.start) == size)[0]
        if not len(rows):
            return average
        topic, labels = _reduced(vectors.question[None], self.axes)[0], _reduced(vectors.labels, self.axes)
        options = self.start[rows][:, None] + np.arange(size)
        theirs = self.labels[self.label_of[options]]
        alike = np.einsum("kd,rkd->r", labels, theirs) / size
        near = self.topics[rows] @ topic
        weight = np.exp(TOPIC_REACH * (near - 1) + LABEL_REACH * (alike - 1))
        return (weight @ self.margins[options] + AVERAGE * average) / (weight.sum() + AVERAGE)

    def tensors(self) -> dict[str, np.ndarray]:
        """All arrays by name, for storage."""
        names = ("axes", "topics", "labels", "label_of", "margins", "start")
        stored = {name: getattr(self, name) for name in names}
        stored |= {name: stored[name].astype(np.float16) for name in ("topics", "labels")}
        return {f"nearby.{name}": array for name, array in stored.items()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray]) -> NearbyMargins:
        """Inverse of `tensors`."""
        names = ("axes", "topics", "labels", "label_of", "margins", "start")
        stored = {name: tensors[f"nearby.{name}"] for name in names}
        stored |= {name: stored[name].astype(np.float32) for name in ("topics", "labels")}
        return cls(**stored)


def remember(vectors: list[QuestionVectors], margins: list[np.ndarray]) -> NearbyMargins:
    """Keep training questions for comparison."""
    everything = np.concatenate([np.stack([v.question for v in vectors]), *[v.labels for v in vectors]])
    axes = np.linalg.eigh(everything.T @ everything)[1][:, ::-1][:, :AXES].astype(np.float32)
    distinct, label_of = np.unique(np.concatenate([v.labels for v in vectors]), axis=0, return_inverse=True)
    return NearbyMargins(
        axes,
        _reduced(np.stack([v.question for v in vectors]), axes),
        _reduced(distinct, axes),
        label_of.astype(np.int32),
        np.concatenate(margins).astype(np.float32),
        np.concatenate([[0], np.cumsum([len(m) for m in margins])]).astype(np.int32),
    )


def _reduced(vectors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    short = vectors @ axes
    return short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-6)
