"""Latent persons in interview: what answers say about a person, and what the person will answer.

Each respondent is a Gaussian belief N(m, C) over the latent space, starting at N(0, I), the population. Asking
integrates the choice probabilities over the belief along the question's few directions (Gauss-Hermite); telling
updates the belief by matching the first two moments of the exact posterior along those directions (assumed-density
filtering, Minka 2001). Sampling answers one after another from these predictions therefore draws from the joint
distribution of the answers: spread and connections come from one belief, and no answer is ever the mode by rule.

Respondents are handled in blocks of a fixed size, padded at the end, so that every number is computed by the same
operations whatever the batch it arrives in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from populace.models.choice import Choice, grid
from populace.models.threads import in_threads

#: respondents per block; fixed, because results must not depend on the size of a batch
BLOCK = 256
#: added to the diagonal of a belief's spread along several directions, so that it always has a root
JITTER = 1e-6


@dataclass(frozen=True)
class _View:
    """One block of beliefs seen along a question's directions."""

    #: (n, K) choice shares averaged over the nodes
    expected: torch.Tensor
    #: (n, K, J) choice shares at the nodes
    shares: torch.Tensor
    #: (n, r, J) nodes
    nodes: torch.Tensor
    #: (n, r) mean along the directions
    centre: torch.Tensor
    #: (n, r, r) covariance along the directions
    spread: torch.Tensor
    #: (n, r, d) covariance of the directions with the belief
    reach: torch.Tensor


class Beliefs:
    """Gaussian beliefs about `n` latent persons of `width` dimensions."""

    def __init__(self, n: int, width: int):
        self.n = n
        padded = -(-n // BLOCK) * BLOCK
        self._mean = torch.zeros(padded, width)
        self._cov = torch.eye(width).expand(padded, width, width).clone()
        self._blocks = [slice(start, start + BLOCK) for start in range(0, padded, BLOCK)]
        # the last question asked and its views: telling its answer needs them again
        self._asked: tuple[Choice, _Terms, list[_View]] | None = None

    def ask(self, choice: Choice, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option under each respondent's belief."""
        if not self.n:
            return np.zeros((0, len(choice.margin)))
        _, views = self._seen(choice)
        shares = np.concatenate([view.expected.numpy() for view in views], dtype=np.float64)[: self.n]
        shares = shares if rows is None else shares[rows]
        return shares / shares.sum(1, keepdims=True)

    def tell(self, choice: Choice, chosen: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Update beliefs with the options chosen ((rows,) positions, -1 = no answer)."""
        everyone = np.full(len(self._mean), -1, dtype=np.int64)
        everyone[np.arange(self.n) if rows is None else rows] = chosen
        if not (everyone >= 0).any():
            return
        terms, views = self._seen(choice)
        told = torch.from_numpy(everyone)

        def update(piece: tuple[slice, _View]) -> None:
            block, view = piece
            if bool((told[block] >= 0).any()):
                terms.update(view, self._mean[block], self._cov[block], told[block])

        in_threads(update, zip(self._blocks, views, strict=True))
        self._asked = None

    def _seen(self, choice: Choice) -> tuple[_Terms, list[_View]]:
        if self._asked is None or self._asked[0] is not choice:
            terms = _Terms(choice)
            views = in_threads(lambda block: terms.view(self._mean[block], self._cov[block]), self._blocks)
            self._asked = (choice, terms, views)
        return self._asked[1:]


class _Terms:
    """One question's parameters as tensors, with the operations on a block of beliefs."""

    def __init__(self, choice: Choice):
        self.directions = torch.tensor(choice.directions, dtype=torch.float32)
        self.slopes = torch.tensor(choice.slopes, dtype=torch.float32)
        self.intercepts = torch.tensor(choice.intercepts, dtype=torch.float32)[:, None]
        points, weights = grid(len(self.directions))
        self.points = torch.tensor(points.T, dtype=torch.float32)
        self.weights = torch.tensor(weights, dtype=torch.float32)

    def view(self, mean: torch.Tensor, cov: torch.Tensor) -> _View:
        """The block along the directions, with choice shares at the Gauss-Hermite nodes."""
        reach = self.directions @ cov
        centre = mean @ self.directions.T
        spread = reach @ self.directions.T
        nodes = centre[:, :, None] + self._offsets(spread)
        # options before nodes: the softmax then runs along whole rows of nodes
        shares = torch.softmax(self._pull(nodes) + self.intercepts, 1)
        return _View(shares @ self.weights, shares, nodes, centre, spread, reach)

    def _pull(self, nodes: torch.Tensor) -> torch.Tensor:
        """(n, K, J) slopes times nodes."""
        return self.slopes * nodes if len(self.directions) == 1 else self.slopes @ nodes

    def _offsets(self, spread: torch.Tensor) -> torch.Tensor:
        """(n, r, J) nodes of the belief's spread around its centre."""
        if len(self.directions) == 1:
            return self.points * spread.clamp(min=JITTER).sqrt()
        root = torch.linalg.cholesky(spread + JITTER * torch.eye(len(self.directions)))
        return root @ self.points

    def update(self, view: _View, mean: torch.Tensor, cov: torch.Tensor, chosen: torch.Tensor) -> None:
        """Moment matching in place; rows with chosen < 0 stay as they are."""
        mass = view.shares[torch.arange(len(chosen)), chosen.clamp(min=0)] * self.weights
        mass = (mass / mass.sum(1, keepdim=True))[:, None, :]
        centre = (view.nodes * mass).sum(2)
        off = view.nodes - centre[:, :, None]
        narrowed = (off * mass) @ off.transpose(1, 2)
        gain = _gain(view) * (chosen >= 0)[:, None, None]
        mean += (gain * (centre - view.centre)[:, :, None]).sum(1)
        change = narrowed - view.spread
        if len(self.directions) == 1:
            cov.addcmul_((change * gain).transpose(1, 2), gain)
        else:
            cov.baddbmm_((change @ gain).transpose(1, 2), gain)


def _gain(view: _View) -> torch.Tensor:
    """(n, r, d) inverse of the spread times the reach."""
    if view.spread.shape[1] == 1:
        return view.reach / view.spread.clamp(min=JITTER)
    return torch.linalg.inv(view.spread + JITTER * torch.eye(view.spread.shape[1])) @ view.reach
