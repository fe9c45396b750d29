"""Features of an option from its text: what a linear map turns into "the kind of person who chooses this".

For option k of a question with margin p the features are (a) the option's wording in its question, (b) its wording
alone, (c) its place on the scale, and (d) the products of a few polarities (place, and the main contrasts among
labels such as agree-disagree or yes-no) with the question's topic: who agrees depends on what one agrees to. All are
centred under p, so that only differences between options of one question remain, and reversing the options changes
nothing but the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from populace.models.encoder import QuestionVectors
from populace.models.margins import place_features
from populace.prompts.prompt import Prompt

#: axes kept of topics, option wordings and labels; leading label axes that serve as polarities
TOPIC_AXES, SPAN_AXES, LABEL_AXES, POLARITIES = 64, 160, 160, 8


@dataclass(frozen=True)
class FeatureMap:
    """Fitted axes and scales; every field is an array, so that the map is stored as tensors."""

    #: the first features are wording: labels, then options in their question
    WORDING: ClassVar[int] = LABEL_AXES + SPAN_AXES

    #: (384,) and (384, 64) mean and main axes of questions
    topic_mean: np.ndarray
    topic_axes: np.ndarray
    #: (384, 160) main axes of option wordings and labels, centred within questions
    span_axes: np.ndarray
    label_axes: np.ndarray
    #: (160,) …: factors that bring features to comparable size
    span_scale: np.ndarray
    label_scale: np.ndarray
    #: (10,) factors of the polarities
    polarity_scale: np.ndarray

    def features(self, prompt: Prompt, vectors: QuestionVectors, margin: np.ndarray) -> np.ndarray:
        """(K, F) centred features of every option."""
        spans = _centred(vectors.options, margin) @ self.span_axes * self.span_scale
        labels = _centred(vectors.labels, margin) @ self.label_axes * self.label_scale
        polarities = self._polarities(prompt, labels / self.label_scale, margin)
        topic = (vectors.question - self.topic_mean) @ self.topic_axes
        products = (polarities[:, :, None] * topic[None, None, :]).reshape(len(margin), -1)
        return np.concatenate([labels, spans, polarities, products], 1)

    def _polarities(self, prompt: Prompt, labels: np.ndarray, margin: np.ndarray) -> np.ndarray:
        raw = np.concatenate([_scale_places(prompt), labels[:, :POLARITIES]], 1)
        return _centred(raw, margin) * self.polarity_scale

    def tensors(self) -> dict[str, np.ndarray]:
        """All fields by name, for storage."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def fit_features(
    prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors], margins: Sequence[np.ndarray], weights: np.ndarray
) -> FeatureMap:
    """Fit axes and scales on training questions; `weights` (Q,) say how much each question counts."""
    topics = np.stack([v.question for v in vectors])
    mean, axes = _main_axes(topics, weights, TOPIC_AXES)
    projected = (topics - mean) @ axes
    per_option = np.concatenate([w * m for w, m in zip(weights, margins, strict=True)])
    spans = np.concatenate([_centred(v.options, m) for v, m in zip(vectors, margins, strict=True)])
    labels = np.concatenate([_centred(v.labels, m) for v, m in zip(vectors, margins, strict=True)])
    span_axes = _main_axes(spans, per_option, SPAN_AXES, centre=False)[1]
    label_axes = _main_axes(labels, per_option, LABEL_AXES, centre=False)[1]
    shares = np.concatenate(list(margins))
    places = np.concatenate([_centred(_scale_places(p), m) for p, m in zip(prompts, margins, strict=True)])
    contrasts = np.concatenate([places, labels @ label_axes[:, :POLARITIES]], 1)
    return FeatureMap(
        topic_mean=mean,
        topic_axes=axes / projected.std(),
        span_axes=span_axes,
        label_axes=label_axes,
        span_scale=_block_scale(spans @ span_axes, shares, len(prompts)),
        label_scale=_block_scale(labels @ label_axes, shares, len(prompts)),
        polarity_scale=1 / np.sqrt(shares @ contrasts**2 / len(prompts)),
    )


def _scale_places(prompt: Prompt) -> np.ndarray:
    """(K, 2) place on the scale and its square, zero for unordered lists."""
    places = place_features(prompt)
    return places[:, :2] * places[:, 5:6]


def _centred(values: np.ndarray, margin: np.ndarray) -> np.ndarray:
    return values - margin @ values


def _main_axes(
    values: np.ndarray, weights: np.ndarray, count: int, centre: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean (d,) and leading principal axes (d, count)."""
    weights = weights / weights.sum()
    mean = weights @ values if centre else np.zeros(values.shape[1])
    scaled = (values - mean) * np.sqrt(weights)[:, None]
    axes = np.linalg.eigh(scaled.T @ scaled)[1][:, ::-1][:, :count]
    return mean, axes


def _block_scale(block: np.ndarray, shares: np.ndarray, questions: int) -> np.ndarray:
    """One factor for a whole block: features have mean square one on average."""
    size = np.sqrt(float(shares @ (block**2).sum(1)) / questions / block.shape[1])
    return np.full(block.shape[1], 1 / size)
