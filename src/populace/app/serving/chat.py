"""The chat route: a respondent answers closed questions in the form that chat clients know, /v1/chat/completions.

The system message describes the respondent; each user message is a question with its options, each assistant message
the answer given before. What comes back is drawn from the model's probabilities, unless the temperature is 0.
"""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from populace.app.serving.decisions import text_of, usage_of
from populace.app.serving.respondents import (
    MOST_FACTS,
    Respondent,
    lettered,
    open_session,
    prompt_of,
    question_in,
    respondent_in,
)
from populace.errors import InputError
from populace.models.base import ResponseModel, Told
from populace.models.remote_failure import Failed
from populace.models.remote_reading import Shown, option_in
from populace.prompts.prompt import Prompt
from populace.prompts.text import Writer


class Chat(BaseModel):
    """A request to /v1/chat/completions; what a respondent has no use for is passed over."""

    model: str = ""
    messages: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=2 * MOST_FACTS)]
    #: 0 = the likeliest option; anything else divides the log-odds
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    n: Annotated[int, Field(ge=1, le=1000)] = 1
    seed: int | None = None
    logprobs: bool = False
    top_logprobs: Annotated[int, Field(ge=0, le=1000)] = 0
    stream: bool = False


def chat(model: ResponseModel, request: Chat) -> dict[str, Any]:
    """The completion."""
    if request.stream:
        raise InputError("answers are one line and come at once; expected stream to be false: leave it away")
    who, history, prompt = _interview(request.messages)
    shares = open_session(model, who, history).ask(prompt)[0]
    answers = lettered(prompt.options)
    choices = [
        {
            "index": number,
            "message": {"role": "assistant", "content": answers[place], "refusal": None},
            "finish_reason": "stop",
            "logprobs": _logprobs(shares, answers, place, request) if request.logprobs else None,
        }
        for number, place in enumerate(_drawn(shares, request))
    ]
    usage = usage_of([text_of(message) for message in request.messages], request.n)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model.name,
        "choices": choices,
        "usage": usage,
    }


def _interview(messages: list[dict[str, Any]]) -> tuple[Respondent, list[Told], Prompt]:
    """Who is asked, what was answered before, and the question at the end."""
    roles = [message.get("role") for message in messages]
    told = [message for message, role in zip(messages, roles, strict=True) if role in ("system", "developer")]
    who = respondent_in("\n".join(text_of(message) for message in told))
    turns = [message for message, role in zip(messages, roles, strict=True) if role not in ("system", "developer")]
    expected = ["user" if k % 2 == 0 else "assistant" for k in range(len(turns))]
    if [turn.get("role") for turn in turns] != expected or len(turns) % 2 == 0:
        raise InputError(
            "the messages are no interview; expected questions and answers by turns, a question at the end"
        )
    prompts = [prompt_of(*question_in(text_of(turn)), False, who) for turn in turns[::2]]
    history = [_told(prompt, text_of(turn)) for prompt, turn in zip(prompts, turns[1::2], strict=False)]
    return who, history, prompts[-1]


def _told(prompt: Prompt, answer: str) -> Told:
    shown = Shown.of(prompt, range(len(prompt.options)), Writer())
    try:
        return Told(prompt, np.array([option_in(answer, shown)]))
    except Failed as problem:
        raise InputError(
            f"the answer {answer[:60]!r} to {prompt.text[:60]!r} is {problem.reason}; expected one of its options"
        ) from None


def _drawn(shares: np.ndarray, request: Chat) -> list[int]:
    """Options of the choices wanted."""
    if request.temperature == 0:
        return [int(np.argmax(shares))] * request.n
    odds = np.where(shares > 0, shares, 0.0) ** (1 / request.temperature)
    return np.random.default_rng(request.seed).choice(len(shares), request.n, p=odds / odds.sum()).tolist()


def _logprobs(shares: np.ndarray, answers: list[str], place: int, request: Chat) -> dict[str, Any]:
    """Log-probabilities of the letters, the answer taken as one token."""
    logs = np.log(np.maximum(shares, 1e-300)).tolist()
    entries = [
        {"token": answer.split(".")[0], "logprob": log, "bytes": None}
        for answer, log in zip(answers, logs, strict=True)
    ]
    top = sorted(entries, key=lambda one: -one["logprob"])[: request.top_logprobs]
    return {"content": [{**entries[place], "top_logprobs": top}], "refusal": None}
