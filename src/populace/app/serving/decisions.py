"""Decision routes: a probability for every option of typed questions, /v1/decisions and /v1/systemone.

Both have three kinds of question: a choice among options, a score on ordered levels, and yes or no. Shapes of requests
and answers: openai 3.54 (`client.decisions`), transformers 5.23 (`transformers.decision`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from populace.app.serving.respondents import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    Respondent,
    Text,
    open_session,
    prompt_of,
    respondent_in,
)
from populace.errors import InputError
from populace.models.base import ResponseModel
from populace.prompts.prompt import Prompt

YES_NO = ("Yes", "No")


class Choice(BaseModel):
    """One option of a choice."""

    value: str | bool
    description: str | None = None


class Level(BaseModel):
    """One level of a score."""

    label: Text
    description: str | None = None


class Question(BaseModel):
    """A question of /v1/decisions."""

    type: Literal["choice", "score", "predicate"]
    instructions: Text
    name: str | None = None
    choices: Annotated[list[Choice], Field(max_length=MOST_OPTIONS)] = []
    levels: Annotated[list[Level], Field(max_length=MOST_OPTIONS)] = []


class Decisions(BaseModel):
    """A request to /v1/decisions."""

    model: str = ""
    #: messages, of which those of the system (or developer) describe the respondent; or that description itself
    input: str | list[dict[str, Any]] = ""
    questions: Annotated[list[Question], Field(min_length=1, max_length=MOST_QUESTIONS)]


class SystemOne(BaseModel):
    """A request to /v1/systemone."""

    model: str = ""
    state: str | dict[str, Any] | None = None
    questions: Annotated[dict[str, dict[str, Any]], Field(min_length=1, max_length=MOST_QUESTIONS)]


def decide(model: ResponseModel, request: Decisions) -> dict[str, Any]:
    """The answer to a request to /v1/decisions."""
    who = respondent_in(_described(request.input))
    prompts = [_prompt(question, who) for question in request.questions]
    found = shares_of(model, who, prompts)
    answers = [_answer(question, shares) for question, shares in zip(request.questions, found, strict=True)]
    usage = usage_of([prompt.text for prompt in prompts], len(prompts))
    return {"model": model.name, "answers": answers, "usage": {
        "input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"],
        "total_tokens": usage["total_tokens"],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }}  # fmt: skip


def decide_systemone(model: ResponseModel, request: SystemOne) -> dict[str, Any]:
    """The answer to a request to /v1/systemone; questions and answers are read and written by transformers."""
    from transformers.decision import DecisionConfig, parse_questions

    who = respondent_in(request.state)
    labels = [str(k) for k in range(MOST_OPTIONS)]
    config = DecisionConfig(labels={"choice": labels, "score": labels})
    try:
        questions = parse_questions(request.questions, config)
    except ValueError as problem:
        raise InputError(" ".join(str(problem).split())) from None
    prompts = []
    for one in questions:
        if not isinstance(one.instructions, str) or not one.instructions.strip():
            raise InputError(f"question {one.name!r} has no instructions; expected the wording of the question: add it")
        options = _systemone_options(one)
        prompts.append(_checked(one.instructions, options, one.type == "score", who, one.name))
    found = shares_of(model, who, prompts)
    answers = {one.name: one.answer(shares.tolist()) for one, shares in zip(questions, found, strict=True)}
    return {"model": model.name, "answers": answers, "usage": usage_of([p.text for p in prompts], len(prompts))}


def shares_of(model: ResponseModel, who: Respondent, prompts: Sequence[Prompt]) -> list[np.ndarray]:
    """(K,) shares per prompt: each is asked as if it were the only one."""
    session = open_session(model, who)
    return [session.ask(prompt)[0] for prompt in prompts]


def usage_of(texts: Sequence[str], answers: int) -> dict[str, int]:
    """Words read and answers given: models of people have no tokens of their own."""
    read = sum(len(text.split()) for text in texts)
    return {"prompt_tokens": read, "completion_tokens": answers, "total_tokens": read + answers}


def _described(messages: str | list[dict[str, Any]]) -> str:
    """What messages say of the respondent."""
    if isinstance(messages, str):
        return messages
    told = [one for one in messages if one.get("role") in ("system", "developer", "user")]
    if len(told) > 1:
        raise InputError("input has several messages; expected one, that describes the respondent: put it into one")
    return text_of(told[0]) if told else ""


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, whole or in parts."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        raise InputError(f"a message of role {message.get('role')!r} has no text: add its content")
    return content


def _prompt(question: Question, who: Respondent) -> Prompt:
    if question.type == "predicate":
        options: list[str] = list(YES_NO)
    elif question.type == "score":
        options = [_labelled(level.label, level.description) for level in question.levels]
    else:
        options = [_labelled(_in_text(choice.value), choice.description) for choice in question.choices]
    return _checked(question.instructions, options, question.type == "score", who, question.name)


def _checked(text: str, options: Sequence[str], ordinal: bool, who: Respondent, name: str | None) -> Prompt:
    if len(options) < 2 or len(set(options)) < len(options):
        raise InputError(
            f"question {name or text[:60]!r} has options {list(options)[:5]}; expected two different ones or more"
        )
    return prompt_of(text, options, ordinal, who)


def _in_text(value: str | bool) -> str:
    return value if isinstance(value, str) else "Yes" if value else "No"


def _labelled(label: str, description: str | None) -> str:
    return f"{label}: {description}" if description else label


def _systemone_options(question: Any) -> list[str]:
    if question.type == "noul":
        return [text or YES_NO[option == "false"] for option, text in _pairs(question)]
    if question.type == "score":
        return [str(text) for _, text in _pairs(question)]
    return [_labelled(option, text) for option, text in _pairs(question)]


def _pairs(question: Any) -> list[tuple[str, Any]]:
    return list(zip(question.options, question.descriptions, strict=True))


def _answer(question: Question, shares: np.ndarray) -> dict[str, Any]:
    """The answer in the words of /v1/decisions."""
    best, size = int(np.argmax(shares)), len(shares)
    named = {"type": question.type, "name": question.name}
    if question.type == "predicate":
        return {**named, "probability": float(shares[0])}
    if question.type == "choice":
        pairs = zip(question.choices, shares.tolist(), strict=True)
        probabilities = [{"value": choice.value, "probability": share} for choice, share in pairs]
        confidence = max(0.0, (float(shares[best]) - 1 / size) / (1 - 1 / size))
        return {
            **named,
            "choice": question.choices[best].value,
            "confidence": confidence,
            "probabilities": probabilities,
        }
    levels = np.arange(size)
    even = float(np.abs(levels - (size - 1) / 2).mean())
    confidence = max(0.0, 1 - float(shares @ np.abs(levels - best)) / even)
    pairs = enumerate(zip(question.levels, shares.tolist(), strict=True))
    probabilities = [{"value": k, "label": level.label, "probability": share} for k, (level, share) in pairs]
    return {**named, "score": float(shares @ levels), "confidence": confidence, "probabilities": probabilities}
