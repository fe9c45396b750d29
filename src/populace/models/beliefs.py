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

#: respondents per block; fixed, because results must not depend on the size of a batch
BLOCK = 256
#: added to the diagonal of a belief's spread along several directions, so that it always has a root
JITTER = 1e-6


@dataclass(frozen=True)
class _View:
    """One block of beliefs seen along a question's directions."""

    #: (n, J, K) choice shares at the nodes
    shares: torch.Tensor
    #: (n, J, r) nodes
    nodes: torch.Tensor
    #: (n, r) mean along the directions
    centre: torch.Tensor
    #: (n, r, r) covariance along the directions
    spread: torch.Tensor
    #: (n, d, r) covariance of the belief with the directions
    reach: torch.Tensor


class Beliefs:
    """Gaussian beliefs about `n` latent persons of `width` dimensions."""

    def __init__(self, n: int, width: int):
        self.n = n
        padded = -(-n // BLOCK) * BLOCK
        self._mean = torch.zeros(padded, width)
        self._cov = torch.eye(width).expand(padded, width, width).clone()
        # views of the last question asked: telling its answer needs them again
        self._seen: tuple[Choice | None, list[_View]] = (None, [])

    def ask(self, choice: Choice, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option under each respondent's belief."""
        terms = _Terms(choice)
        shares = torch.cat([terms.predict(view) for view in self._views(choice, terms)])[: self.n].double().numpy()
        shares = shares if rows is None else shares[rows]
        return shares / shares.sum(1, keepdims=True)

    def tell(self, choice: Choice, chosen: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Update beliefs with the options chosen ((rows,) positions, -1 = no answer)."""
        everyone = np.full(len(self._mean), -1, dtype=np.int64)
        everyone[np.arange(self.n) if rows is None else rows] = chosen
        if not (everyone >= 0).any():
            return
        terms = _Terms(choice)
        for block, view in zip(self._blocks(), self._views(choice, terms), strict=True):
            told = torch.from_numpy(everyone[block])
            if bool((told >= 0).any()):
                terms.update(view, self._mean[block], self._cov[block], told)
        self._seen = (None, [])

    def _views(self, choice: Choice, terms: _Terms) -> list[_View]:
        if self._seen[0] is not choice:
            self._seen = (choice, [terms.view(self._mean[block], self._cov[block]) for block in self._blocks()])
        return self._seen[1]

    def _blocks(self) -> list[slice]:
        return [slice(start, start + BLOCK) for start in range(0, len(self._mean), BLOCK)]


class _Terms:
    """One question's parameters as tensors, with the operations on a block of beliefs."""

    def __init__(self, choice: Choice):
        self.directions = torch.tensor(choice.directions, dtype=torch.float32)
        self.slopes = torch.tensor(choice.slopes, dtype=torch.float32)
        self.intercepts = torch.tensor(choice.intercepts, dtype=torch.float32)
        points, weights = grid(len(self.directions))
        self.points = torch.tensor(points, dtype=torch.float32)
        self.weights = torch.tensor(weights, dtype=torch.float32)

    def view(self, mean: torch.Tensor, cov: torch.Tensor) -> _View:
        """The block along the directions, with choice shares at the Gauss-Hermite nodes."""
        n, width = mean.shape
        reach = (cov.view(n * width, width) @ self.directions.T).view(n, width, -1)
        centre = mean @ self.directions.T
        spread = torch.einsum("rd,nds->nrs", self.directions, reach)
        nodes = centre[:, None, :] + self._offsets(spread)
        shares = torch.softmax(torch.addmm(self.intercepts, nodes.flatten(0, 1), self.slopes.T), -1)
        return _View(shares.view(n, len(self.points), -1), nodes, centre, spread, reach)

    def _offsets(self, spread: torch.Tensor) -> torch.Tensor:
        """(n, J, r) nodes of the belief's spread around its centre."""
        if spread.shape[1] == 1:
            return self.points * spread.clamp(min=JITTER).sqrt()
        root = torch.linalg.cholesky(spread + JITTER * torch.eye(spread.shape[1]))
        return torch.einsum("jr,nsr->njs", self.points, root)

    def predict(self, view: _View) -> torch.Tensor:
        """(n, K) shares averaged over the nodes."""
        return torch.einsum("j,njk->nk", self.weights, view.shares)

    def update(self, view: _View, mean: torch.Tensor, cov: torch.Tensor, chosen: torch.Tensor) -> None:
        """Moment matching in place; rows with chosen < 0 stay as they are."""
        picked = chosen.clamp(min=0)[:, None, None].expand(-1, view.shares.shape[1], 1)
        mass = view.shares.gather(2, picked)[..., 0] * self.weights
        mass = mass / mass.sum(1, keepdim=True)
        centre = torch.einsum("nj,njr->nr", mass, view.nodes)
        off = view.nodes - centre[:, None, :]
        narrowed = torch.einsum("nj,njr,njs->nrs", mass, off, off)
        gain = _gain(view) * (chosen >= 0)[:, None, None]
        mean += torch.einsum("ndr,nr->nd", gain, centre - view.centre)
        cov.baddbmm_(gain @ (narrowed - view.spread), gain.transpose(1, 2))


def _gain(view: _View) -> torch.Tensor:
    """(n, d, r) reach times the inverse of the spread."""
    if view.spread.shape[1] == 1:
        return view.reach / view.spread.clamp(min=JITTER)
    spread = view.spread + JITTER * torch.eye(view.spread.shape[1])
    return torch.linalg.solve(spread, view.reach.transpose(1, 2)).transpose(1, 2)
