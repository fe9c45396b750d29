"""Training of the margin tower on question-years: soft labels, one year of each question at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from populace.models.margins import MarginTower, Reduced, tensors_of
from populace.training.corpus import MarginRecord

#: peak learning rate, weight decay, questions per step, warm-up steps
RATE, DECAY, BATCH, WARMUP = 1.5e-3, 0.02, 256, 50


def train_margin_tower(
    records: Sequence[MarginRecord],
    inputs: Sequence[Reduced],
    seed: int,
    epochs: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> MarginTower:
    """One member of the ensemble; every record counts alike, large batteries too.

    Arithmetic is in single precision: half precision is faster on few processors and several times slower on most.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    tower = MarginTower()
    optimizer = torch.optim.AdamW(tower.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.98))
    steps = max(1, epochs * len(records) // BATCH)
    for step in range(steps):
        _set_rate(optimizer, step, steps)
        chosen = random.choice(len(records), min(BATCH, len(records)), replace=False)
        loss = _loss(tower, [records[i] for i in chosen], [inputs[i] for i in chosen], random)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
        optimizer.step()
        progress(step + 1, steps)
    return tower.eval()


def _set_rate(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Linear warm-up, then a cosine to one hundredth."""
    rate = RATE * min(1.0, (step + 1) / WARMUP) * (0.5 * (1 + np.cos(np.pi * step / steps)) + 0.01)
    for group in optimizer.param_groups:
        group["lr"] = rate


def _loss(
    tower: MarginTower, records: list[MarginRecord], inputs: list[Reduced], random: np.random.Generator
) -> torch.Tensor:
    """Cross-entropy to the shares of one year of each question, drawn at random."""
    years = [list(r.counts)[random.integers(len(r.counts))] for r in records]
    counts = [record.counts[year] for record, year in zip(records, years, strict=True)]
    target = torch.from_numpy(np.concatenate([count / count.sum() for count in counts]).astype(np.float32))
    return -(target * tower(tensors_of(inputs, years))).sum() / len(records)
