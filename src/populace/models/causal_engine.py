"""Reading on: batches of texts that grow, kept as keys and values so that nothing is read twice.

Rows of a batch grow by different numbers of tokens; shorter ones are filled up, and what fills them is masked. What is
asked is read after it, looked at, and taken away again. Several possible answers are read at once as a tree: each token
sees what comes before it on its own branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import DynamicCache, PreTrainedModel

from populace.models.causal_text import Ids

#: kinds of layers whose keys and values can be kept and cut
_PLAIN_LAYERS = {"full_attention"}


@dataclass(frozen=True)
class Tree:
    """Beginnings that several answers share, each token once."""

    #: tokens of the inner nodes, parents before children
    tokens: tuple[int, ...]
    #: place of each node's parent, -1 = the end of the question
    parents: tuple[int, ...]
    #: per answer: (node that is stood at, token that follows); -1 = the end of the question
    steps: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def depths(self) -> list[int]:
        """Of each node, how many tokens come before it since the question."""
        found: list[int] = []
        for parent in self.parents:
            found.append(0 if parent < 0 else found[parent] + 1)
        return found


def tree_of(answers: Sequence[Ids]) -> Tree:
    """The tree of these answers; of answers of one token each it has no inner node."""
    nodes: dict[tuple[int, ...], int] = {}
    tokens: list[int] = []
    parents: list[int] = []
    steps = []
    for answer in answers:
        at, own = -1, []
        for place, token in enumerate(answer):
            own.append((at, token))
            if place == len(answer) - 1:
                break
            begun = tuple(answer[: place + 1])
            if begun not in nodes:
                nodes[begun] = len(tokens)
                tokens.append(token)
                parents.append(at)
            at = nodes[begun]
        steps.append(tuple(own))
    return Tree(tuple(tokens), tuple(parents), tuple(steps))


class Texts:
    """A batch of texts in one model; rows grow, and can be asked how they go on."""

    def __init__(self, model: PreTrainedModel, n: int) -> None:
        self.n = n
        self._model = model
        self._cache = DynamicCache()
        #: (n, T) which of the tokens read belong to the text
        self._there = torch.zeros(n, 0, dtype=torch.bool, device=model.device)
        #: tokens read last that may be taken back
        self._open = 0

    @property
    def lengths(self) -> np.ndarray:
        """(n,) tokens of every row."""
        return self._there.sum(1).cpu().numpy()

    def grow(self, pieces: Sequence[Ids]) -> None:
        """Read a piece at the end of every row; a row may have none."""
        longest = max(map(len, pieces), default=0)
        if not longest:
            return
        tokens = torch.zeros(self.n, longest, dtype=torch.long)
        there = torch.zeros(self.n, longest, dtype=torch.bool)
        for row, piece in enumerate(pieces):
            tokens[row, : len(piece)] = torch.tensor(piece, dtype=torch.long)
            there[row, : len(piece)] = True
        self._read(tokens.to(self._model.device), there.to(self._model.device))

    def log_chances(self, question: Ids, tree: Tree) -> np.ndarray:
        """(n, K) log probability of each answer after the question. The question stays until `take_back` or `grow`."""
        logits = self._asked(question, tree)
        logs = torch.log_softmax(logits.float(), dim=-1)
        found = torch.stack([sum(logs[:, 1 + node, token] for node, token in own) for own in tree.steps], dim=1)
        return found.double().cpu().numpy()

    def take_back(self) -> None:
        """Forget the question asked last."""
        self._drop(self._open)
        self._open = 0

    def keep(self, rows: np.ndarray) -> None:
        """What was asked last is part of the text from now on, of the rows with (n,) True; of others it never was."""
        if self._open:
            self._there[~torch.as_tensor(rows, device=self._there.device), -self._open :] = False
        self._open = 0

    def rows(self, rows: np.ndarray) -> Texts:
        """A copy with these rows."""
        other = Texts(self._model, len(rows))
        places = torch.as_tensor(rows, device=self._model.device)
        pairs = [(keys[places], values[places]) for keys, values, _ in self._cache if keys is not None]
        other._cache = DynamicCache(pairs) if pairs else DynamicCache()
        other._there, other._open = self._there[places], self._open
        return other

    def _asked(self, question: Ids, tree: Tree) -> torch.Tensor:
        """(n, 1 + nodes, V) logits at the end of the question and at the nodes of the tree."""
        size, nodes = len(question), len(tree.tokens)
        tokens = torch.tensor([[*question, *tree.tokens]], device=self._model.device).expand(self.n, -1)
        there = torch.ones(self.n, size + nodes, dtype=torch.bool, device=self._model.device)
        keep = torch.arange(size - 1, size + nodes, device=self._model.device)
        if not nodes:
            logits = self._read(tokens, there, keep)
            self._open = size
            return logits
        depths = torch.tensor(tree.depths, device=self._model.device)
        positions = self._there.sum(1, keepdim=True) + torch.cat(
            [torch.arange(size, device=depths.device), size + depths]
        )
        logits = self._forward(tokens, self._branches(size, tree), positions, keep)
        self._cache.crop(-nodes)
        self._there = torch.cat([self._there, there[:, :size]], dim=1)
        self._open = size
        return logits

    def _branches(self, size: int, tree: Tree) -> torch.Tensor:
        """(n, 1, size + nodes, T + size + nodes) what each token sees, as numbers to be added."""
        count = size + len(tree.tokens)
        own = torch.ones(count, count, dtype=torch.bool).tril()
        own[size:, size:] = False
        for node, parent in enumerate(tree.parents):
            if parent >= 0:
                own[size + node] = own[size + parent]
            own[size + node, size + node] = True
        seen = torch.cat(
            [self._there[:, None, :].expand(-1, count, -1), own.to(self._there.device).expand(self.n, -1, -1)], dim=2
        )
        least = torch.finfo(self._model.dtype).min
        return torch.where(seen, 0.0, least).to(self._model.dtype)[:, None]

    def _read(self, tokens: torch.Tensor, there: torch.Tensor, keep: torch.Tensor | None = None) -> torch.Tensor:
        positions = self._there.sum(1, keepdim=True) + there.cumsum(1) - 1
        seen = torch.cat([self._there, there], dim=1)
        logits = self._forward(tokens, seen.long(), positions.clamp(min=0), keep)
        self._there = seen
        return logits

    @torch.inference_mode()
    def _forward(
        self, tokens: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, keep: torch.Tensor | None
    ) -> torch.Tensor:
        return self._model(
            input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=self._cache, use_cache=True,
            logits_to_keep=1 if keep is None else keep,
        ).logits  # fmt: skip

    def _drop(self, count: int) -> None:
        if count:
            self._cache.crop(-count)
            self._there = self._there[:, :-count]


def naive_log_chances(model: PreTrainedModel, text: Ids, answers: Sequence[Ids]) -> np.ndarray:
    """(K,) log probability of each answer after one text, read anew for each: slow, and what the others are held to."""
    found = []
    for answer in answers:
        tokens = torch.tensor([[*text, *answer]], device=model.device)
        with torch.inference_mode():
            logs = torch.log_softmax(model(input_ids=tokens, use_cache=False).logits[0].float(), dim=-1)
        places = range(len(text) - 1, len(text) + len(answer) - 1)
        found.append(sum(float(logs[place, token]) for place, token in zip(places, answer, strict=True)))
    return np.array(found)


def keeps_plain_keys(model: PreTrainedModel) -> bool:
    """Are keys and values of all layers kept whole, so that questions can be taken back exactly?"""
    config = model.config.get_text_config(decoder=True)
    kinds = set(getattr(config, "layer_types", None) or ())
    sliding = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return kinds <= _PLAIN_LAYERS and (bool(kinds) or sliding is None)
