"""CausalLM: any causal language model of Hugging Face as a respondent.

An interview is one growing text (`populace.prompts.text`). Every option's probability is read from the model's next
tokens, averaged over orders of the options and calibrated; what a respondent says stays in the text before the next
question, so that answers of one person hang together as far as the model has learned it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel

from populace.errors import ModelError
from populace.models.base import Prediction, Told
from populace.models.causal_engine import Texts, keeps_plain_keys, naive_log_chances, tree_of
from populace.models.causal_text import Ids, TokenWriter
from populace.models.decision import Decision, orders_of
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt

#: texts that are read together at first; halved where memory does not suffice
TOGETHER = 64
#: of a full context, what is kept of the answers: dropping some at every question would mean to read all anew
KEPT = 0.75
#: figures kept of probabilities: the last ones depend on how many texts are read together
FIGURES = 6


class CausalLM:
    """A causal language model that answers questionnaires.

    model: in evaluation mode. tokens: how interviews are written for it. decision: how scores become probabilities.
    """

    #: respondents are drawn by another model: thousands of candidates are too many, and it knows no census
    recruits = False

    def __init__(
        self, model: PreTrainedModel, tokens: TokenWriter, decision: Decision, card: dict[str, Any],
        context: Context = Context(), together: int = TOGETHER,
    ) -> None:  # fmt: skip
        self.model, self.tokens, self.decision, self.context = model, tokens, decision, context
        self.card = card
        self.together = together
        self.name: str = card["name"]
        self.hash: str = card["hash"]
        self.limit = _limit_of(model)
        #: can what was read be kept from question to question?
        self.keeps = keeps_plain_keys(model)

    def open(self, n: int, history: Sequence[Told] = ()) -> CausalSession:
        """Start interviews with `n` respondents who have already said `history`."""
        return CausalSession(self, n, history)

    def within(self, context: Context) -> CausalLM:
        """The same model, which reads this before the first question."""
        return CausalLM(self.model, self.tokens, self.decision, self.card, context, self.together)

    def calibrated(self, decision: Decision) -> CausalLM:
        """The same model with another calibration."""
        return CausalLM(self.model, self.tokens, decision, self.card, self.context, self.together)

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Distribution of each question among the respondents of `history`.

        The interval is the range over the orders of the options: how far the answer hangs on them. It says nothing of
        how far people are away; scrutiny does.
        """
        found = []
        for prompt in prompts:
            session = self.open(n, history)
            ways = [session.ask_in(prompt, order).mean(axis=0) for order in orders_of(prompt, self.decision.orders)]
            found.append(Prediction(np.mean(ways, axis=0), np.min(ways, axis=0), np.max(ways, axis=0)))
        return found

    def describe(self) -> dict[str, Any]:
        """The model's card."""
        return {
            **self.card,
            "kind": "causal",
            "parameters": sum(one.numel() for one in self.model.parameters()),
            "context": self.limit,
            "template": self.decision.template,
            "chat": self.decision.chat,
            "letters": self.tokens.writer.letters,
            "orders": self.decision.orders,
            "reads": "on" if self.keeps else "every text anew: its layers do not keep keys and values whole",
        }


def _limit_of(model: PreTrainedModel) -> int:
    config = model.config.get_text_config(decoder=True)
    return int(getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or 2**31)


@dataclass
class _Part:
    """Some of the texts of a session, read together."""

    #: (m,) their places in the session
    rows: np.ndarray
    #: what has been read of them; None = to be read (again)
    texts: Texts | None = None


class CausalSession:
    """A batch of interviews with a `CausalLM`."""

    def __init__(self, model: CausalLM, n: int, history: Sequence[Told] = ()) -> None:
        self.n = n
        self._model = model
        self._told = [one for one in history if not one.background]
        self._facts = _facts(n, [one for one in history if one.background])
        #: per respondent: opening, then one piece for each answered question; None until the first question
        self._pieces: list[list[Ids]] | None = None
        size = model.together
        self._parts = [_Part(np.arange(start, min(start + size, n))) for start in range(0, n, size)]
        #: the question that was put to everybody last, and the order of its options, while it stands at the end
        self._open: tuple[Prompt, tuple[int, ...]] | None = None
        #: (n,) how many answers of each respondent were dropped for lack of room
        self.dropped = np.zeros(n, dtype=np.int64)

    # -- the interface ----------------------------------------------------------------------------------------------

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option, averaged over orders of the options."""
        orders = orders_of(prompt, self._model.decision.orders)
        # as written comes last, for that is what an answer is told after
        shares = sum(self.ask_in(prompt, order, rows) for order in orders[::-1]) / len(orders)
        shares = np.round(shares, FIGURES)
        return shares / shares.sum(axis=1, keepdims=True)

    def ask_in(self, prompt: Prompt, order: tuple[int, ...], rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option when they are shown in this order."""
        self._begin(prompt)
        wanted = np.arange(self.n) if rows is None else np.asarray(rows)
        tokens = self._model.tokens
        question, answers = tokens.question(prompt, order), tokens.answers(prompt, order)
        self._make_room(len(question) + max(map(len, answers)))
        self._take_back()
        scores = np.zeros((self.n, len(answers)))
        asked = np.isin(np.arange(self.n), wanted)
        self._each(lambda part: self._score(part, asked, question, answers, scores, everybody=rows is None))
        if rows is None and self._model.keeps:
            self._open = (prompt, order)
        return self._model.decision.shares(prompt, order, scores[wanted])

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Record the options chosen (positions, -1 = no answer, which leaves no trace)."""
        self._begin(prompt)
        chosen = np.full(self.n, -1, dtype=np.int64)
        chosen[slice(None) if rows is None else rows] = choices
        order = tuple(orders_of(prompt, 1)[0])
        tokens = self._model.tokens
        question, answers, rests = tokens.question(prompt, order), tokens.answers(prompt, order), tokens.rests(prompt)
        ends = [None if k < 0 else answers[k] + rests[k] for k in chosen.tolist()]
        for pieces, end in zip(self._pieces, ends, strict=True):
            if end is not None:
                pieces.append(question + end)
        stands = self._open == (prompt, order)
        if not stands:
            self._take_back()
        self._open = None
        if self._model.keeps:
            self._each(lambda part: self._grow(part, question, ends, stands))

    def copy(self) -> CausalSession:
        """The same interviews once more; what was read is read again when it is needed."""
        other = CausalSession(self._model, self.n)
        other._told, other._facts = self._told, self._facts
        other._pieces = None if self._pieces is None else [list(pieces) for pieces in self._pieces]
        other.dropped = self.dropped.copy()
        return other

    # -- reading ----------------------------------------------------------------------------------------------------

    def _begin(self, prompt: Prompt) -> None:
        """Write what stands before the first question, once year and country are known from it."""
        if self._pieces is not None:
            return
        model = self._model
        self._pieces = [
            [model.tokens.opening(model.context, prompt.year, prompt.country, facts)] for facts in self._facts
        ]
        told, self._told = self._told, []
        for one in told:
            self.tell(one.prompt, one.choices)

    def _score(
        self, part: _Part, asked: np.ndarray, question: Ids, answers: list[Ids], scores: np.ndarray, everybody: bool
    ) -> None:
        rows = part.rows[asked[part.rows]]
        if not len(rows):
            return
        if not self._model.keeps:
            for row in rows:
                text = [token for piece in self._pieces[row] for token in piece]
                scores[row] = naive_log_chances(self._model.model, text + question, answers)
            return
        texts = self._read(part)
        if not everybody and len(rows) < len(part.rows):
            texts = texts.rows(np.flatnonzero(asked[part.rows]))
        scores[rows] = texts.log_chances(question, tree_of(answers))
        if not everybody and texts is part.texts:
            texts.take_back()

    def _read(self, part: _Part) -> Texts:
        """What has been read of these texts, read now if it is not."""
        if part.texts is None:
            texts = Texts(self._model.model, len(part.rows))
            texts.grow([[token for piece in self._pieces[row] for token in piece] for row in part.rows])
            part.texts = texts
        return part.texts

    def _grow(self, part: _Part, question: Ids, ends: list[Ids | None], stands: bool) -> None:
        """Read on with the answers given; whoever gave none has not been asked."""
        if part.texts is None:
            return
        own = [ends[row] for row in part.rows]
        if stands:
            part.texts.keep(np.array([end is not None for end in own]))
            part.texts.grow([end or [] for end in own])
        else:
            part.texts.grow([[] if end is None else question + end for end in own])

    def _take_back(self) -> None:
        for part in self._parts:
            if part.texts is not None:
                part.texts.take_back()
        self._open = None

    # -- room ---------------------------------------------------------------------------------------------------------

    def _make_room(self, more: int) -> None:
        """Drop the oldest answers of whoever would not have room for so many more tokens."""
        limit = self._model.limit
        sizes = np.array([sum(map(len, pieces)) for pieces in self._pieces])
        full = np.flatnonzero(sizes + more > limit)
        if not len(full):
            return
        for row in full:
            pieces = self._pieces[row]
            opening, answers = pieces[0], pieces[1:]
            while answers and len(opening) + sum(map(len, answers)) > KEPT * (limit - more):
                answers.pop(0)
                self.dropped[row] += 1
            if len(opening) + more > limit:
                raise ModelError(
                    f"model {self._model.name!r} reads {limit:,} tokens at most; what is known of a respondent and the "
                    f"question take {len(opening) + more:,}: shorten passages or backgrounds, or use another model"
                )
            self._pieces[row] = [opening, *answers]
        warnings.warn(
            f"model {self._model.name!r} reads {limit:,} tokens at most: the oldest answers of {len(full):,} "
            f"respondents ({int(self.dropped[full].sum()):,} so far) no longer count for what they say next",
            stacklevel=2,
        )
        self._open = None
        for part in self._parts:
            if np.isin(part.rows, full).any():
                part.texts = None

    def _each(self, work: Callable[[_Part], None]) -> None:
        """Do something with every part; a part that is too large for the memory is halved."""
        place = 0
        while place < len(self._parts):
            part = self._parts[place]
            try:
                work(part)
                place += 1
            except torch.OutOfMemoryError as problem:
                self._halve(place, problem)

    def _halve(self, place: int, problem: Exception) -> None:
        rows = self._parts[place].rows
        if len(rows) == 1:
            raise ModelError(
                f"model {self._model.name!r} has no memory for a single interview ({problem}): use a smaller model, "
                "or a device with more memory"
            ) from problem
        half = len(rows) // 2
        self._parts[place : place + 1] = [_Part(rows[:half]), _Part(rows[half:])]
        self._model.together = max(1, min(self._model.together, half))
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        warnings.warn(f"out of memory with {len(rows)} texts read together: going on with {half}", stacklevel=2)


def _facts(n: int, backgrounds: Sequence[Told]) -> list[list[tuple[str, str]]]:
    """Per respondent: question and answer of every background that is known."""
    found: list[list[tuple[str, str]]] = [[] for _ in range(n)]
    for one in backgrounds:
        for row, choice in enumerate(np.asarray(one.choices).tolist()):
            if choice >= 0:
                found[row].append((one.prompt.text, one.prompt.options[choice]))
    return found
