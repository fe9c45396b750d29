"""What is learned: cross-entropy at the answers, and nowhere else.

At a lettered question the model's scores of the letters, made to sum to one among themselves, are held to the answer of
a person (one) or to the shares of a group (forward Kullback-Leibler divergence, up to a constant; SubPOP, arXiv
2502.16761). What is expected of answers of persons is the same, so both can be mixed. Answers in words are learned
token by token, among all tokens.
"""

from __future__ import annotations

import torch

from populace.training.causal.packing import Batch


def losses(logits: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """(S,) loss and (S,) weight of every spot; logits are those at `places` of the batch."""
    count = len(batch.spots)
    widest = max(len(spot.tokens) for _, spot, _ in batch.spots)
    tokens = torch.zeros(count, widest, dtype=torch.long)
    wanted = torch.zeros(count, widest)
    there = torch.zeros(count, widest, dtype=torch.bool)
    for place, (_, spot, _) in enumerate(batch.spots):
        size = len(spot.tokens)
        tokens[place, :size] = torch.tensor(spot.tokens)
        wanted[place, :size] = torch.tensor(spot.shares)
        there[place, :size] = True
    tokens, wanted, there = (one.to(logits.device) for one in (tokens, wanted, there))
    among = torch.tensor([spot.among for _, spot, _ in batch.spots], device=logits.device)
    logits = logits.float()
    scores = logits.gather(1, tokens).masked_fill(~there, -torch.inf)
    total = torch.where(among, scores.logsumexp(1), logits.logsumexp(1))
    logs = (scores - total[:, None]).masked_fill(~there, 0.0)
    weights = torch.tensor([spot.weight for _, spot, _ in batch.spots], device=logits.device)
    return -(wanted * logs).sum(1), weights


def places(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """(S,) rows and (S,) columns of the tokens after which answers begin."""
    rows = torch.tensor([row for row, _, _ in batch.spots], dtype=torch.long)
    columns = torch.tensor([column for _, _, column in batch.spots], dtype=torch.long)
    return rows, columns
