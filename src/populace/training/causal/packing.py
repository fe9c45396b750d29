"""Batches: several examples stand in one row, and none of them sees another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from populace.training.causal.examples import Example, Spot


@dataclass(frozen=True)
class Batch:
    """Rows of tokens, ready to be read."""

    #: (b, L) tokens, zero where there are none
    tokens: torch.Tensor
    #: (b, L) place of each token in its own example
    positions: torch.Tensor
    #: (b, L) number of the example in its row from 1 on; 0 where there is none
    members: torch.Tensor
    #: (row, spot) with the spot's place in the row
    spots: tuple[tuple[int, Spot, int], ...]

    def mask(self, dtype: torch.dtype) -> torch.Tensor:
        """(b, 1, L, L) what each token sees: what comes before it in its own example; added to the scores."""
        size = self.tokens.shape[1]
        same = self.members[:, :, None] == self.members[:, None, :]
        seen = same & torch.ones(size, size, dtype=torch.bool, device=same.device).tril()
        return torch.where(seen, 0.0, torch.finfo(dtype).min).to(dtype)[:, None]

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(self.tokens.to(device), self.positions.to(device), self.members.to(device), self.spots)

    @property
    def size(self) -> int:
        """Tokens that are read."""
        return int((self.members > 0).sum())


def packed(rows: Sequence[Sequence[Example]], length: int) -> Batch:
    """A batch of these rows; `length` tokens wide, or as wide as the longest row needs."""
    width = max(1, min(length, max((sum(map(len, row)) for row in rows), default=1)))
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    positions, members = torch.zeros_like(tokens), torch.zeros_like(tokens)
    spots = []
    for number, row in enumerate(rows):
        start = 0
        for member, example in enumerate(row, 1):
            end = start + len(example)
            tokens[number, start:end] = torch.tensor(example.tokens, dtype=torch.long)
            positions[number, start:end] = torch.arange(len(example))
            members[number, start:end] = member
            spots += [(number, spot, start + spot.at) for spot in example.spots]
            start = end
    return Batch(tokens, positions, members, tuple(spots))


def filled(examples: Sequence[Example], length: int) -> list[list[Example]]:
    """Rows of at most `length` tokens: each example into the first row with room, the longest first."""
    rows: list[list[Example]] = []
    room: list[int] = []
    for example in sorted(examples, key=len, reverse=True):
        place = next((k for k, left in enumerate(room) if left >= len(example)), None)
        if place is None:
            rows.append([])
            room.append(length)
            place = len(rows) - 1
        rows[place].append(example)
        room[place] -= len(example)
    return rows
