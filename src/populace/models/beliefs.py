"""Latent persons in interview: what answers say about a person, and what the person will answer.

Each respondent is a Gaussian belief N(m, C) over the latent space, starting at N(0, I), the population. Asking
integrates the choice probabilities over the belief along the question's few directions (see `grid`); telling updates
the belief by matching the first two moments of the exact posterior along those directions (assumed-density
filtering, Minka 2001). Sampling answers one after another from these predictions therefore draws from the joint
distribution of the answers: spread and connections come from one belief, and no answer is ever the mode by rule.

Respondents are handled in blocks of a fixed size, padded at the end, so that every number is computed by the same
operations whatever the batch it arrives in.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch

from populace.models.choice import Choice, grid
from populace.models.threads import in_threads

#: respondents per block; fixed, because results must not depend on the size of a batch
BLOCK = 256
#: added to the diagonal of a belief's spread along several directions, so that it always has a root
JITTER = 1e-6
#: outer products by which covariances may differ from their last full matrices, before these are brought up to date
PENDING = 16
#: numbers kept between asking and telling; with more, the shares at the nodes are computed again
KEPT = 2**25


class Beliefs:
    """Gaussian beliefs about `n` latent persons of `width` dimensions."""

    def __init__(self, n: int, width: int):
        self.n = n
        self._blocks = [_Block(width) for _ in range(-(-n // BLOCK))]
        # the last question asked and its views: telling its answer needs them again
        self._asked: tuple[Choice, list[_View]] | None = None

    def ask(self, choice: Choice, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option under each respondent's belief."""
        if not self.n:
            return np.zeros((0, len(choice.margin)))
        shares = np.concatenate(self._expected(choice), dtype=np.float64)[: self.n]
        shares = shares if rows is None else shares[rows]
        return shares / shares.sum(1, keepdims=True)

    def tell(self, choice: Choice, chosen: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Update beliefs with the options chosen ((rows,) positions, -1 = no answer)."""
        everyone = np.full(len(self._blocks) * BLOCK, -1, dtype=np.int64)
        everyone[np.arange(self.n) if rows is None else rows] = chosen
        terms, told = _Terms(choice), torch.from_numpy(everyone).split(BLOCK)
        known = self._asked is not None and self._asked[0] is choice
        views = self._asked[1] if known else [None] * len(self._blocks)

        def update(piece: tuple[_Block, torch.Tensor, _View | None]) -> None:
            terms.update(*piece)

        in_threads(update, zip(self._blocks, told, views, strict=True))
        self._asked = None

    def take_further(self, factor: float) -> None:
        """Multiply the means of all beliefs, which are distances from the population; spreads stay."""
        for block in self._blocks:
            block.mean *= factor
        self._asked = None

    def copy(self) -> Beliefs:
        """The same beliefs; what one is told does not reach the other."""
        other = Beliefs(0, 0)
        other.n, other._blocks = self.n, deepcopy(self._blocks)
        return other

    def _expected(self, choice: Choice) -> list[np.ndarray]:
        """(BLOCK, K) expected shares of every block; its views are kept for telling when they are not too large."""
        if self._asked is None or self._asked[0] is not choice:
            terms = _Terms(choice)
            self._asked = None
            if len(self._blocks) * BLOCK * len(terms.weights) * len(choice.margin) > KEPT:
                return in_threads(lambda block: terms.view(block).expected.numpy(), self._blocks)
            self._asked = (choice, in_threads(terms.view, self._blocks))
        return [view.expected.numpy() for view in self._asked[1]]


class _Block:
    """Beliefs of one block: means, and covariances as a matrix less a few outer products of vectors.

    An answer takes r such products out of a covariance. To write them down is far less to move through memory than
    the whole matrix, which follows after PENDING of them. When that happens depends on the questions told, never on who
    answered them: otherwise a respondent's rounding would depend on the others in the batch.
    """

    def __init__(self, width: int):
        #: (BLOCK, d) means
        self.mean = torch.zeros(BLOCK, width)
        # (BLOCK, d, d), None as long as it is the identity
        self._matrix: torch.Tensor | None = None
        # (PENDING, BLOCK, d) left and right vectors of the products, of which so many are in use
        self._left, self._right = torch.empty(PENDING, BLOCK, width), torch.empty(PENDING, BLOCK, width)
        self._used = 0

    def along(self, directions: torch.Tensor) -> torch.Tensor:
        """(BLOCK, r, d) covariance of each belief with its (r, d) directions."""
        reach = self._matrix_along(directions)
        if not self._used:
            return reach
        left, right = self._left[: self._used], self._right[: self._used]
        return torch.baddbmm(reach, (left @ directions.T).permute(1, 2, 0), right.transpose(0, 1), alpha=-1)

    def _matrix_along(self, directions: torch.Tensor) -> torch.Tensor:
        if self._matrix is None:
            return directions.expand(BLOCK, *directions.shape)
        if len(directions) > 1:
            return directions @ self._matrix
        # all rows of the matrices, which are symmetric, times one vector: faster than a product for each matrix
        return (self._matrix.view(-1, directions.shape[1]) @ directions[0]).view(BLOCK, 1, -1)

    def narrow(self, left: torch.Tensor, right: torch.Tensor) -> None:
        """Take the outer products of (BLOCK, r, d) vectors out of the covariances; their sum is symmetric."""
        if self._used + left.shape[1] > PENDING:
            self._settle()
        places = slice(self._used, self._used + left.shape[1])
        self._left[places], self._right[places] = left.transpose(0, 1), right.transpose(0, 1)
        self._used = places.stop

    def _settle(self) -> None:
        if self._matrix is None:
            width = self.mean.shape[1]
            self._matrix = torch.eye(width).expand(BLOCK, width, width).clone()
        left, right = self._left[: self._used], self._right[: self._used]
        self._matrix.baddbmm_(left.permute(1, 2, 0), right.transpose(0, 1), alpha=-1)
        self._used = 0


@dataclass(frozen=True)
class _View:
    """One block of beliefs seen along a question's directions."""

    #: (BLOCK, K) choice shares averaged over the nodes
    expected: torch.Tensor
    #: (K, BLOCK, J) choice shares at the nodes
    shares: torch.Tensor
    #: (r, BLOCK, J) nodes, as distances from the mean
    offsets: torch.Tensor
    #: (BLOCK, r, r) covariance along the directions
    spread: torch.Tensor
    #: (BLOCK, r, d) covariance of the directions with the belief
    reach: torch.Tensor


class _Terms:
    """One question's parameters as tensors, with the operations on a block of beliefs.

    Options and directions come before respondents and nodes, so that operations run along long rows.
    """

    def __init__(self, choice: Choice):
        self.directions = torch.tensor(choice.directions, dtype=torch.float32)
        self.slopes = torch.tensor(choice.slopes, dtype=torch.float32)
        self.intercepts = torch.tensor(choice.intercepts, dtype=torch.float32)
        points, weights = grid(choice.nodes)
        self.points = torch.tensor(points.T, dtype=torch.float32)
        self.weights = torch.tensor(weights, dtype=torch.float32)

    def view(self, block: _Block) -> _View:
        """The block along the directions, with choice shares at the nodes."""
        reach = block.along(self.directions)
        spread = reach @ self.directions.T
        offsets = self._root(spread).transpose(0, 1) @ self.points
        shares = torch.softmax(self._pull(offsets) + self._at_mean(block)[:, :, None], 0)
        return _View((shares @ self.weights).T, shares, offsets, spread, reach)

    def _at_mean(self, block: _Block) -> torch.Tensor:
        """(K, BLOCK) log odds of the options for a person at the mean of each belief."""
        return torch.addmm(self.intercepts[:, None], self.slopes, self.directions @ block.mean.T)

    def _pull(self, offsets: torch.Tensor) -> torch.Tensor:
        """(K, BLOCK, J) slopes times nodes."""
        if len(offsets) == 1:
            return self.slopes[:, :, None] * offsets
        return (self.slopes @ offsets.flatten(1)).view(-1, *offsets.shape[1:])

    def _root(self, spread: torch.Tensor) -> torch.Tensor:
        """(BLOCK, r, r) lower triangular root of the covariance along the directions."""
        if len(self.directions) == 1:
            return spread.clamp(min=JITTER).sqrt()
        return torch.linalg.cholesky(spread + JITTER * torch.eye(len(self.directions)))

    def update(self, block: _Block, chosen: torch.Tensor, view: _View | None) -> None:
        """Moment matching in place; rows with chosen < 0 stay as they are."""
        if view is None:
            view = self.view(block)
        mass = view.shares[chosen.clamp(min=0), torch.arange(BLOCK)] * self.weights
        mass = mass / mass.sum(1, keepdim=True)
        shift = (view.offsets * mass).sum(2)
        off = view.offsets - shift[:, :, None]
        narrowed = (off * mass).transpose(0, 1) @ off.permute(1, 2, 0)
        gain = torch.where((chosen >= 0)[:, None, None], _gain(view), 0.0)
        block.mean += (gain * shift.T[:, :, None]).sum(1)
        block.narrow(gain, _product(view.spread - narrowed, gain))


def _product(small: torch.Tensor, wide: torch.Tensor) -> torch.Tensor:
    """(n, r, r) times (n, r, d); for a single direction, without a matrix product for every respondent."""
    return small * wide if small.shape[1] == 1 else small @ wide


def _gain(view: _View) -> torch.Tensor:
    """(BLOCK, r, d) inverse of the spread times the reach."""
    if view.spread.shape[1] == 1:
        return view.reach / view.spread.clamp(min=JITTER)
    return torch.linalg.inv(view.spread + JITTER * torch.eye(view.spread.shape[1])) @ view.reach
