"""Text tower for margins: how a population answers a question nobody has asked it yet.

A small listwise network over the encoder's vectors: every option is read with its question and its place on the
scale, compared with the mean of all options, and scored. The year of fieldwork is an input. Several members trained
from different seeds are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from populace.models.encoder import WIDTH, QuestionVectors
from populace.prompts.prompt import Prompt

#: features of an option's place: position, its square, size of the list, first, last, ordered, missing, always one
PLACE = 8
#: year used when a prompt has none
USUAL_YEAR = 2018


def place_features(prompt: Prompt) -> np.ndarray:
    """(K, 8) where each option stands among the options that are on the scale."""
    count = len(prompt.options)
    missing = np.array(prompt.missing)
    on_scale = max(int((~missing).sum()), 1)
    rank = np.cumsum(~missing) - 1
    place = np.where(missing, 0.0, 2 * rank / max(on_scale - 1, 1) - 1)
    ordered = float(prompt.ordinal or on_scale == 2)
    first, last = (rank == 0) & ~missing, (rank == on_scale - 1) & ~missing
    columns = [
        place,
        place**2,
        np.full(count, count / 12),
        first,
        last,
        np.full(count, ordered),
        missing,
        np.ones(count),
    ]
    return np.stack(columns, 1).astype(np.float32)


def year_features(year: int | None) -> np.ndarray:
    """(2,) year and its square, in units of 15 years from 2005."""
    scaled = ((year or USUAL_YEAR) - 2005) / 15
    return np.array([scaled, scaled**2], dtype=np.float32)


class Questions(NamedTuple):
    """Several questions as tensors, their options end to end: nothing is padded."""

    #: (B, 384) question vectors
    question: torch.Tensor
    #: (B, 2) year features
    year: torch.Tensor
    #: (T, 384) option vectors, T = options of all questions
    options: torch.Tensor
    #: (T, 384) label vectors
    labels: torch.Tensor
    #: (T, 8) place features
    place: torch.Tensor
    #: (T,) question of every option
    owner: torch.Tensor


def tensors_of(prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors], years: Sequence[int | None]) -> Questions:
    """Tensors of several prompts."""
    owner = np.repeat(np.arange(len(prompts)), [len(p.options) for p in prompts])
    arrays = (
        np.stack([v.question for v in vectors]),
        np.stack([year_features(year) for year in years]),
        np.concatenate([v.options for v in vectors]),
        np.concatenate([v.labels for v in vectors]),
        np.concatenate([place_features(p) for p in prompts]),
        owner,
    )
    return Questions(*(torch.from_numpy(array) for array in arrays))


class MarginTower(nn.Module):
    """Log shares of every option of every question."""

    def __init__(self, hidden: int = 256, dropout: float = 0.3):
        super().__init__()
        self.option = nn.Linear(4 * WIDTH + PLACE, hidden)
        self.question = nn.Linear(WIDTH + 2, hidden)
        self.combine = nn.Linear(3 * hidden, hidden)
        self.score = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, asked: Questions) -> torch.Tensor:
        """(T,) log shares, normalised within each question."""
        drop, owner, count = self.dropout, asked.owner, len(asked.question)
        topic = asked.question[owner]
        parts = [drop(topic), drop(asked.options), drop(asked.labels), topic * asked.options * 10, asked.place]
        each = drop(F.gelu(self.option(torch.cat(parts, -1))))
        mean = _mean_by(each, owner, count)
        whole = F.gelu(self.question(torch.cat([drop(asked.question), asked.year], -1)))
        joined = torch.cat([each, mean[owner], whole[owner]], -1)
        logits = self.score(drop(F.gelu(self.combine(joined))))[:, 0].float()
        return logits - _logsumexp_by(logits, owner, count)[owner]


def _mean_by(values: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    total = torch.zeros(count, values.shape[1], dtype=values.dtype).index_add(0, owner, values)
    return total / torch.bincount(owner, minlength=count)[:, None].to(values.dtype)


def _logsumexp_by(logits: torch.Tensor, owner: torch.Tensor, count: int) -> torch.Tensor:
    most = torch.full((count,), -torch.inf).scatter_reduce(0, owner, logits.detach(), "amax")
    return torch.zeros(count).index_add(0, owner, torch.exp(logits - most[owner])).log() + most


def predict_margins(
    towers: Sequence[MarginTower], prompts: Sequence[Prompt], vectors: Sequence[QuestionVectors]
) -> list[np.ndarray]:
    """(K,) expected share of every option for each prompt, averaged over the towers.

    One question at a time, so that a question's numbers do not depend on its neighbours.
    """
    out = []
    with torch.inference_mode():
        for prompt, vector in zip(prompts, vectors, strict=True):
            asked = tensors_of([prompt], [vector], [prompt.year])
            shares = torch.stack([tower(asked).exp() for tower in towers]).mean(0)
            out.append(shares.double().numpy())
    return out
