"""Similarity: a free text is rated by its likeness to statements that stand for the options.

Semantic-similarity rating (Maier et al. 2025, arXiv 2510.08338): with s_k the mean cosine of the answer's embedding
with the statements of option k, p_k is proportional to (s_k - min s) ^ (1 / T). The temperature T is calibrated for
every question on the statements themselves: each set of statements is rated by the others as if it were answers, and T
is where their own options become likeliest. Statements that are not nearest to their own option more often than by
chance cannot rate anything, and the answer fails.

Example: cosines .9, .6, .5 give .4, .1, 0 above the least, and at T = 1 the probabilities .8, .2, 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from populace.models.remote_desk import Desk
from populace.models.remote_failure import Failed
from populace.models.remote_reading import free_text
from populace.models.remote_record import Request
from populace.models.remote_replies import text_of, unit_vectors, vectors_of
from populace.models.remote_settings import EMBEDDINGS, Settings
from populace.models.remote_ways import SENTENCES, Asked, text_request
from populace.prompts.prompt import Prompt

#: texts -> one vector each
Embed = Callable[[list[str]], Sequence[Sequence[float]]]
#: statements for options that have none of their own; what is in braces stands for question and option
STATEMENTS = ("{label}", "My answer is: {label}.", "{text} {label}.")
#: temperatures that are tried
_TEMPERATURES = np.geomspace(0.1, 3.0, 30)
#: cosines that are nearer to each other say nothing
_LEAST = 1e-6
#: chance of an option that the rating gives none, in the calibration
_FLOOR = 1e-3


class SimilarityWay:
    """A free text, rated by its likeness to statements for the options."""

    instruction = "You are this person. Answer in one or two sentences in your own words."
    ordered = False

    def __init__(self, embed: Embed | None = None) -> None:
        self._embed = embed

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) the rating of one free text."""
        request = text_request(asked, self.instruction, f"Question: {asked.prompt.text}\nAnswer:", SENTENCES, 0)
        chat = asked.settings.route == "chat"
        text = await desk.send(request, lambda reply: free_text(text_of(reply, chat)))
        statements = statements_of(asked.prompt, asked.settings.similarity.anchors)
        anchors = await self._vectors(desk, asked.settings, [one for some in statements for one in some])
        anchors = anchors.reshape(len(statements), len(asked.prompt.options), -1)
        answer = (await self._vectors(desk, asked.settings, [text]))[0]
        return rating(anchors @ answer, temperature_of(anchors), text)

    async def _vectors(self, desk: Desk, settings: Settings, texts: list[str]) -> np.ndarray:
        """(n, d) vectors of length one."""
        if self._embed is not None:
            return unit_vectors(self._embed(texts))
        url = (settings.similarity.url or settings.url).rstrip("/") + EMBEDDINGS
        request = Request(url, {"model": settings.similarity.model, "input": texts, "encoding_format": "float"})
        return await desk.send(request, lambda reply: vectors_of(reply, len(texts)))


def statements_of(prompt: Prompt, own: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Sets of statements, one for every option in each; the user's where all options have some."""
    if all(label in own for label in prompt.options):
        return [list(some) for some in zip(*(own[label] for label in prompt.options), strict=True)]
    return [
        [one.replace("{text}", prompt.text).replace("{label}", label) for label in prompt.options] for one in STATEMENTS
    ]


def rating(cosines: np.ndarray, temperature: float, text: str = "") -> np.ndarray:
    """(K,) probabilities from the (sets, K) cosines of an answer. `Failed` where all options are equally near."""
    near = cosines.mean(axis=0)
    above = near - near.min()
    if above.max() < _LEAST:
        raise Failed("not told apart", text, kept=True)
    odds = (above / above.max()) ** (1 / temperature)
    return odds / odds.sum()


def temperature_of(anchors: np.ndarray) -> float:
    """The temperature at which (sets, K, d) statements, rated by the other sets, are likeliest their own option.

    1 where there is one set only. `Failed` where the sets agree no more than chance on which statement is whose.
    """
    sets, options, _ = anchors.shape
    if sets < 2:
        return 1.0
    near = np.concatenate([_near(anchors, left_out) for left_out in range(sets)])
    own = np.tile(np.arange(options), sets)
    if (near.argmax(axis=1) == own).mean() <= 1 / options:
        raise Failed("not told apart", "the statements of the options are no nearer to their own than to others")
    return float(max(_TEMPERATURES, key=lambda t: _likelihood(near, own, t)))


def _near(anchors: np.ndarray, left_out: int) -> np.ndarray:
    """(K, K) mean cosine of each statement of one set with the statements of every option in the others."""
    others = np.delete(anchors, left_out, axis=0)
    return np.einsum("kd,sjd->kj", anchors[left_out], others) / len(others)


def _likelihood(near: np.ndarray, own: np.ndarray, temperature: float) -> float:
    above = near - near.min(axis=1, keepdims=True)
    odds = (above / np.maximum(above.max(axis=1, keepdims=True), _LEAST)) ** (1 / temperature)
    shares = odds / np.maximum(odds.sum(axis=1, keepdims=True), _LEAST)
    return float(np.log(np.maximum(shares[np.arange(len(own)), own], _FLOOR)).sum())
