"""RemoteModel: a prompted general-purpose model, or a served one, as a respondent.

Interviews are put into text as for local models and sent to a service that speaks the common routes (chat,
completions, decisions, systemone, embeddings). What fails is no answer: its probabilities are NaN, it is listed with
its reason, and nothing is put in its place. All that is known of a respondent, and the questions, go to that service.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from populace.errors import ModelError, UsageError
from populace.models.base import Prediction, Told
from populace.models.decision import orders_of
from populace.models.remote_checks import read_settings
from populace.models.remote_desk import Desk, Service
from populace.models.remote_failure import Failed, Failure
from populace.models.remote_interview import Interview, Wordings, interviews
from populace.models.remote_settings import WAYS, Settings
from populace.models.remote_similarity import Embed, SimilarityWay
from populace.models.remote_ways import Asked, Decisions, Direct, Distribution, Draws, LogChances, Way
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.prompts.template import read_template
from populace.prompts.text import Writer

#: share of respondents whose answers may fail before a prediction should not be used
_MOST_FAILED = 0.1


def load_remote(path: str | Path) -> RemoteModel:
    """The remote model that a TOML file describes. `ModelError` names what is wrong in it."""
    return RemoteModel(read_settings(path))


class RemoteModel:
    """A model that answers over the network.

    embed: rates free texts in the way "similarity" where the settings name no model of embeddings. sleep: how to wait.
    """

    #: rows of NaN may come back: no answer, and listed why
    may_fail = True

    def __init__(
        self, settings: Settings, embed: Embed | None = None, context: Context | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, service: Service | None = None,
    ) -> None:  # fmt: skip
        if settings.way == "similarity" and embed is None and settings.similarity.model is None:
            raise ModelError(
                f"model {settings.name!r}: the way 'similarity' has nothing to compare texts with; expected a model of "
                "embeddings: set similarity.model"
            )
        self.settings, self.name = settings, settings.name
        self.hash = settings.hash if embed is None else _hash_with(settings, embed)
        self.service = service or Service(settings, sleep)
        self._embed = embed
        self.context = context or Context(persona=settings.persona)
        self._wordings = Wordings(Writer(read_template(settings.template)), self.context)
        self._way = _way(settings, embed)

    def __repr__(self) -> str:
        return f"RemoteModel({self.name!r}, {self.settings.url!r}, {self.settings.model!r}, way={self.settings.way!r})"

    def __reduce__(self) -> Any:
        raise UsageError(
            f"model {self.name!r} is remote and cannot be shared by processes, for they would not know each other's "
            "budget; expected one worker: leave workers away, requests are sent side by side as it is"
        )

    def open(self, n: int, history: Sequence[Told] = ()) -> RemoteSession:
        """Start interviews with `n` respondents who have already said `history`."""
        return RemoteSession(self, interviews(n, history))

    def within(self, context: Context) -> RemoteModel:
        """The same model, which reads this before the first question; on the same account."""
        return RemoteModel(self.settings, self._embed, context, service=self.service)

    def predict(self, prompts: Sequence[Prompt], history: Sequence[Told] = (), n: int = 1) -> list[Prediction]:
        """Distribution of each question among the respondents whose answers did not fail.

        The interval is the range over the orders of the options: how far the answer hangs on them, not how far people
        are away. A prediction is not to be used where more than a tenth of the answers failed; `ModelError` where all
        did.
        """
        return [self._prediction(prompt, self.open(n, history)) for prompt in prompts]

    def _prediction(self, prompt: Prompt, session: RemoteSession) -> Prediction:
        ways = session.ask_in_each(prompt)
        good = ~np.isnan(ways).any(axis=(0, 2))
        if not good.any():
            first = next(one for one in session.failures if one.lost)
            raise ModelError(
                f"model {self.name!r} gave no answer to {prompt.text!r} ({first.reason}: {first.reply}); expected one "
                "for some respondents at least: see what it says, and ask in another way"
            )
        means = ways[:, good].mean(axis=1)
        unsure = bool((~good).mean() > _MOST_FAILED)
        return Prediction(means.mean(axis=0), means.min(axis=0), means.max(axis=0), do_not_use=unsure)

    def answers(self, people: Sequence[Interview], prompt: Prompt) -> list[tuple[np.ndarray | Failed, list[Failed]]]:
        """For each interview the (orders, K) probabilities, or why there are none; and the draws that failed."""
        return _run(self._answers(people, prompt))

    async def _answers(
        self, people: Sequence[Interview], prompt: Prompt
    ) -> list[tuple[np.ndarray | Failed, list[Failed]]]:
        async with Desk(self.service) as desk:
            found = await asyncio.gather(*(self._answer(desk, one, prompt) for one in people), return_exceptions=True)
        # everything under way has come to its end, and is in the record, before an error ends the run
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return found

    async def _answer(
        self, desk: Desk, interview: Interview, prompt: Prompt
    ) -> tuple[np.ndarray | Failed, list[Failed]]:
        noted: list[Failed] = []
        orders = orders_of(prompt, self.settings.orders if self._way.ordered else 1)
        asked = [Asked(interview, prompt, order, self.settings, self._wordings, noted) for order in orders]
        found = await asyncio.gather(*(self._way.shares(desk, one) for one in asked), return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException) and not isinstance(one, Failed):
                raise one
        # an answer in some orders only would not be the average that was asked for
        failed = next((one for one in found if isinstance(one, Failed)), None)
        return (failed if failed is not None else np.array(found)), noted

    def describe(self) -> dict[str, Any]:
        """The model's card: how it is asked, what it has cost, what has failed."""
        settings = self.settings
        return {
            "name": self.name,
            "kind": "remote",
            "hash": self.hash,
            "summary": f"{settings.model} at {settings.url}, asked for {WAYS[settings.way]}",
            "url": settings.url,
            "model": settings.model,
            "way": settings.way,
            "route": settings.route,
            "template": settings.template,
            "instruction": settings.instruction or self._way.instruction,
            "temperature": settings.temperature,
            "orders": settings.orders if self._way.ordered else 1,
            "draws": settings.draws if settings.way == "draws" else 1,
            **self.service.account.describe(),
            "privacy": f"backgrounds, answers and questions are sent to {settings.url}",
            "cannot": ["answer without that service, its record excepted", "write open text in a panel"],
        }

    def bill(self) -> str:
        """What the run has used so far, in words."""
        return self.service.account.bill()


class RemoteSession:
    """A batch of interviews with a remote model."""

    def __init__(self, model: RemoteModel, people: list[Interview]) -> None:
        self.n = len(people)
        self._model, self._people = model, people
        #: what failed so far, in this session and its copies
        self.failures: list[Failure] = []
        self._lost: set[tuple[int, Prompt]] = set()

    def ask(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(rows, K) probability of every option, averaged over orders; NaN where the request failed."""
        return self.ask_in_each(prompt, rows).mean(axis=0)

    def ask_in_each(self, prompt: Prompt, rows: np.ndarray | None = None) -> np.ndarray:
        """(orders, rows, K) the same in every order. Respondents of whom the same is known are asked about once."""
        wanted = list(range(self.n)) if rows is None else np.asarray(rows).tolist()
        different = list(dict.fromkeys(self._people[row] for row in wanted))
        answers = dict(zip(different, self._model.answers(different, prompt), strict=True))
        found = [answers[self._people[row]] for row in wanted]
        for row, (answer, noted) in zip(wanted, found, strict=True):
            self._list(row, prompt, answer, noted)
        shape = next((one.shape for one, _ in found if isinstance(one, np.ndarray)), (1, len(prompt.options)))
        nothing = np.full(shape, np.nan)
        shares = [one if isinstance(one, np.ndarray) else nothing for one, _ in found]
        return np.stack(shares, axis=1) if shares else np.zeros((shape[0], 0, shape[1]))

    def _list(self, row: int, prompt: Prompt, answer: np.ndarray | Failed, noted: list[Failed]) -> None:
        for one in noted:
            self.failures.append(Failure(row, prompt.text, one.reason, one.reply, lost=False))
        if isinstance(answer, Failed):
            self.failures.append(Failure(row, prompt.text, answer.reason, answer.reply))
            if (row, prompt) not in self._lost:  # a question may be put again; its answer is lost once
                self._lost.add((row, prompt))
                self._model.service.account.lost[answer.reason] += 1

    def tell(self, prompt: Prompt, choices: np.ndarray, rows: np.ndarray | None = None) -> None:
        """Record the options chosen (positions, -1 = no answer, which leaves no trace)."""
        wanted = range(self.n) if rows is None else np.asarray(rows).tolist()
        for row, choice in zip(wanted, np.asarray(choices).tolist(), strict=True):
            self._people[row] = self._people[row].told(prompt, choice)

    def copy(self) -> RemoteSession:
        """The same interviews once more; failures are listed together."""
        other = RemoteSession(self._model, list(self._people))
        other.failures, other._lost = self.failures, self._lost
        return other


def _way(settings: Settings, embed: Embed | None) -> Way:
    if settings.way == "similarity":
        return SimilarityWay(embed)
    ways = {"direct": Direct, "draws": Draws, "distribution": Distribution, "logprobs": LogChances,
            "decisions": Decisions}  # fmt: skip
    return ways[settings.way]()


def _hash_with(settings: Settings, embed: Embed) -> str:
    """The hash with the name of a function of embeddings, which is all that can be told of it."""
    name = f"{getattr(embed, '__module__', '')}.{getattr(embed, '__qualname__', type(embed).__qualname__)}"
    return "sha256:" + hashlib.sha256(f"{settings.hash} {name}".encode()).hexdigest()


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, also from within a notebook, whose thread has a loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
