"""Ways to ask: how a question becomes requests, and replies become the probabilities of its options."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from populace.models.remote_desk import Desk
from populace.models.remote_failure import Failed
from populace.models.remote_interview import Interview, Wordings
from populace.models.remote_reading import Shown, distribution_in, option_in
from populace.models.remote_record import Request
from populace.models.remote_replies import decision_of, letter_shares, log_chances_of, systemone_of, text_of
from populace.models.remote_settings import ROUTES, Settings
from populace.prompts.prompt import Prompt

#: tokens that replies need: a letter with its wording; a letter; a line for each option; a few sentences
_ANSWER, _LETTER, _LINES, SENTENCES = 64, 1, 1024, 300
#: tokens whose chances are asked for; more than any service gives is refused by most
_TOKENS = {"chat": 20, "completions": 5}
#: least part of the draws that an answer can rest on
_DRAWS = 0.5
#: name of the one question of a request
_QUESTION = "question"


@dataclass(frozen=True)
class Asked:
    """One question to one interview, with its options in one order."""

    interview: Interview
    prompt: Prompt
    #: positions of the options in the order shown
    order: tuple[int, ...]
    settings: Settings
    wordings: Wordings
    #: draws that failed, while the answer stands on others
    noted: list[Failed] = field(default_factory=list, compare=False)

    @property
    def shown(self) -> Shown:
        """The options as they are shown."""
        return Shown.of(self.prompt, self.order, self.wordings.writer)

    @property
    def question(self) -> str:
        """The question as it is written."""
        return self.wordings.question(self.prompt, self.order)


class Way(Protocol):
    """How a model is asked."""

    #: what the model is told to do
    instruction: str
    #: are options shown, so that their order may matter?
    ordered: bool

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) probability of every option in the order of the prompt. Raises `Failed`."""
        ...


def text_request(asked: Asked, instruction: str, question: str, length: int, sample: int, **more: Any) -> Request:
    """A request for text on the route of the settings."""
    settings, chat = asked.settings, asked.settings.route == "chat"
    length = settings.length or length
    if chat:
        told = settings.instruction or instruction
        content = {"messages": asked.wordings.messages(asked.interview, asked.prompt, question, told)}
    else:  # a model that goes on with a text reads what it was trained on, and stops where the answer's line ends
        told = settings.instruction or ""
        text = asked.wordings.text(asked.interview, asked.prompt, question, told)
        content = {"prompt": text, "stop": ["\n"]}
    drawn = {"seed": settings.seed + sample} if settings.seed is not None else {}
    heat = {"temperature": settings.temperature} if settings.temperature is not None else {}
    body = {"model": settings.model, **content, settings.length_field: length, **heat, **drawn, **more}
    return request_to(settings, settings.route, body | dict(settings.parameters), sample, length)


def request_to(settings: Settings, route: str, body: Mapping[str, Any], sample: int = 0, length: int = 0) -> Request:
    """A request to a route of the model's address."""
    return Request(settings.url.rstrip("/") + ROUTES[route][0], body, sample, length)


class Direct:
    """One answer; it has probability one. Everybody with the same text so gives the same answer."""

    instruction = "You are this person. Answer every question with the letter of one option and nothing else."
    ordered = True

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) one for the option that was named."""
        return await self.drawn(desk, asked, 0)

    async def drawn(self, desk: Desk, asked: Asked, sample: int) -> np.ndarray:
        """The answer of one draw."""
        shown, chat = asked.shown, asked.settings.route == "chat"
        instruction = self.instruction if shown.letters else self.instruction.replace("letter", "exact wording")
        request = text_request(asked, instruction, asked.question, _ANSWER, sample)
        position = await desk.send(request, lambda reply: option_in(text_of(reply, chat), shown))
        return np.eye(len(asked.prompt.options))[position]


class Draws(Direct):
    """Several answers to the same text, one request each; their shares are the probabilities.

    Draws that fail are noted and left out; where more than half do, the answer has failed.
    """

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) shares among the draws that gave an answer."""
        count = asked.settings.draws
        drawn = await asyncio.gather(*(self._one(desk, asked, sample) for sample in range(count)))
        good = [one for one in drawn if isinstance(one, np.ndarray)]
        bad = [one for one in drawn if isinstance(one, Failed)]
        if len(good) < _DRAWS * count:
            raise Failed("too few draws", f"{len(bad)} of {count} failed, the first by {bad[0]}")
        asked.noted.extend(bad)
        return np.mean(good, axis=0)

    async def _one(self, desk: Desk, asked: Asked, sample: int) -> np.ndarray | Failed:
        try:
            return await self.drawn(desk, asked, sample)
        except Failed as failed:
            return failed


class Distribution:
    """Percentages of all options, in words."""

    instruction = (
        "You estimate how people answer. For people like the one described, say what percentage would choose each "
        "option: one line for each letter, such as 'A: 40 %', and nothing else. The percentages sum to 100."
    )
    ordered = True

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) what the model says, divided by its sum where that is 100 % within rounding."""
        shown = asked.shown
        instruction = self.instruction if shown.letters else self.instruction.replace("letter", "option")
        request = text_request(asked, instruction, f"{asked.question}\n{instruction}", _LINES, 0)
        return await desk.send(request, lambda reply: distribution_in(text_of(reply, True), shown))


class LogChances:
    """The chances of the letters as the first token of the answer."""

    instruction = Direct.instruction
    ordered = True

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) chances of the letters, divided by their sum."""
        shown, route = asked.shown, asked.settings.route
        if not shown.letters:
            raise Failed("too many options", f"{len(asked.prompt.options)} options")
        chat = route == "chat"
        more = {"logprobs": True, "top_logprobs": _TOKENS[route]} if chat else {"logprobs": _TOKENS[route]}
        request = text_request(asked, self.instruction, asked.question, _LETTER, 0, **more)
        letters = sorted(shown.letters)
        shares = await desk.send(request, lambda reply: letter_shares(log_chances_of(reply, chat), letters))
        return _in_order(shares, [shown.letters[one] for one in letters])


class Decisions:
    """A probability for every option from a decision model, on /v1/decisions or /v1/systemone."""

    instruction = ""
    ordered = True

    async def shares(self, desk: Desk, asked: Asked) -> np.ndarray:
        """(K,) the probabilities."""
        names = _names([asked.prompt.options[place] for place in asked.order])
        body, read = (self._systemone if asked.settings.route == "systemone" else self._decisions)(asked, names)
        whole = {"model": asked.settings.model, **body, **asked.settings.parameters}
        shares = await desk.send(request_to(asked.settings, asked.settings.route, whole), read)
        return _in_order(shares, asked.order)

    def _decisions(self, asked: Asked, names: list[str]) -> tuple[dict[str, Any], Any]:
        told = asked.settings.instruction or self.instruction
        *state, _ = asked.wordings.messages(asked.interview, asked.prompt, "", told)
        question = {
            "type": "choice", "name": _QUESTION, "instructions": asked.prompt.text,
            "choices": [{"value": name} for name in names],
        }  # fmt: skip
        return {"input": state, "questions": [question]}, lambda reply: decision_of(reply, names)

    def _systemone(self, asked: Asked, names: list[str]) -> tuple[dict[str, Any], Any]:
        told = asked.settings.instruction or self.instruction
        state = asked.wordings.state(asked.interview, asked.prompt, told).rstrip()
        question = {"type": "choice", "instructions": asked.prompt.text, "criteria": dict.fromkeys(names)}
        body = {"state": state, "questions": {_QUESTION: question}}
        return body, lambda reply: systemone_of(reply, _QUESTION, names)


def _names(labels: Sequence[str]) -> list[str]:
    """The labels, numbered where one stands twice."""
    return list(labels) if len(set(labels)) == len(labels) else [f"{k}. {label}" for k, label in enumerate(labels, 1)]


def _in_order(shares: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """(K,) shares of the options in the order of the prompt, from those at these places."""
    found = np.zeros(len(shares))
    found[list(places)] = shares
    return found
