"""Replies of the routes: the one thing that is wanted of each, taken out of what must be there and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from populace.models.remote_failure import Failed

#: how far from one probabilities may sum; nearer, they are divided by their sum
SUM = 0.02
#: least part of all probability that the letters must have together, and that tokens listed must have before a letter
#: which is not among them counts as 0
LETTERS, LISTED = 0.5, 0.98
#: how far probabilities of tokens may exceed one: they are rounded
_ROUNDING = 1e-3


def text_of(reply: Mapping[str, Any], chat: bool) -> str:
    """The text of the one choice. `Failed` where there is none, not one, or not all of it."""
    choice = _choice(reply)
    message = choice.get("message") if chat else choice
    if not isinstance(message, Mapping):
        raise _incomplete("message", choice)
    if chat and message.get("refusal"):
        raise Failed("refusal", message["refusal"], kept=True)
    text = message.get("content" if chat else "text")
    _check_end(choice, text)
    if text is None or (isinstance(text, str) and not text.strip()):
        raise Failed("empty", choice.get("finish_reason"), kept=True)
    if not isinstance(text, str):
        raise _incomplete("a text", text)
    return text


def _choice(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = reply.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], Mapping):
        raise _incomplete("one choice", choices)
    return choices[0]


def _check_end(choice: Mapping[str, Any], text: object) -> None:
    end = choice.get("finish_reason")
    if end == "content_filter":
        raise Failed("filtered", text or "", kept=True)
    if end == "length":
        raise Failed("cut off", text or "", kept=True)
    if end not in ("stop", "eos", "end_turn", "stop_sequence"):
        raise _incomplete("finish_reason 'stop'", end)


def log_chances_of(reply: Mapping[str, Any], chat: bool) -> list[tuple[str, float]]:
    """(token, log probability) of the likeliest first tokens."""
    choice = _choice(reply)
    if choice.get("finish_reason") == "content_filter":
        raise Failed("filtered", "", kept=True)
    listed = _chat_tokens(choice) if chat else _completion_tokens(choice)
    for _, value in listed:
        if not _is_number(value) or math.isnan(value) or value > _ROUNDING:
            raise _incomplete("log-probabilities of 0 or less", value)
    if sum(math.exp(value) for _, value in listed) > 1 + _ROUNDING:
        raise Failed("not one in sum", listed)
    return listed


def _chat_tokens(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    given = choice.get("logprobs")
    content = given.get("content") if isinstance(given, Mapping) else None
    if not isinstance(content, list) or not content:
        raise Failed("no log-probabilities", given)
    listed = content[0].get("top_logprobs") if isinstance(content[0], Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise Failed("no log-probabilities", content[0])
    if not all(isinstance(one, Mapping) and isinstance(one.get("token"), str) for one in listed):
        raise _incomplete("tokens", listed)
    return [(one["token"], one.get("logprob")) for one in listed]


def _completion_tokens(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    given = choice.get("logprobs")
    listed = given.get("top_logprobs") if isinstance(given, Mapping) else None
    if not isinstance(listed, list) or not listed or not isinstance(listed[0], Mapping) or not listed[0]:
        raise Failed("no log-probabilities", given)
    return list(listed[0].items())


def letter_shares(listed: Sequence[tuple[str, float]], letters: Sequence[str]) -> np.ndarray:
    """(K,) share of every letter among the letters; ' A' and 'A' are one.

    `Failed` where the letters have less than `LETTERS` of all probability, or a letter is not listed and the tokens
    listed have less than `LISTED`: what is not known is not taken for 0.
    """
    mass = dict.fromkeys(letters, 0.0)
    seen = set()
    for token, value in listed:
        if (letter := token.strip()) in mass:
            mass[letter] += math.exp(value)
            seen.add(letter)
    total, known = sum(mass.values()), sum(math.exp(value) for _, value in listed)
    if total < LETTERS or (len(seen) < len(mass) and known < LISTED):
        raise Failed("letters not listed", [(token, round(value, 3)) for token, value in listed], kept=True)
    return np.array(list(mass.values())) / total


def decision_of(reply: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """(K,) probability of every option in a reply of /v1/decisions."""
    answers = reply.get("answers")
    if not isinstance(answers, list) or len(answers) != 1 or not isinstance(answers[0], Mapping):
        raise _incomplete("one answer", answers)
    answer = answers[0]
    if answer.get("type") == "refusal":
        raise Failed("refusal", answer, kept=True)
    given = answer.get("probabilities")
    if answer.get("type") != "choice" or not isinstance(given, list):
        raise _incomplete("the probabilities of a choice", answer)
    if not all(isinstance(one, Mapping) and isinstance(one.get("value"), str) for one in given):
        raise _incomplete("a value and its probability", given)
    return shares_of([(one["value"], one.get("probability")) for one in given], names)


def systemone_of(reply: Mapping[str, Any], question: str, names: Sequence[str]) -> np.ndarray:
    """(K,) probability of every option in a reply of /v1/systemone."""
    answers = reply.get("answers")
    answer = answers.get(question) if isinstance(answers, Mapping) and len(answers) == 1 else None
    given = answer.get("probabilities") if isinstance(answer, Mapping) else None
    if not isinstance(given, Mapping) or answer.get("type") != "choice":
        raise _incomplete("the probabilities of one choice", answers)
    return shares_of(list(given.items()), names)


def shares_of(given: Sequence[tuple[str, Any]], names: Sequence[str]) -> np.ndarray:
    """(K,) probabilities in the order of the names: each once, none else, numbers that sum to one."""
    if sorted(name for name, _ in given) != sorted(names):
        raise Failed("off the list", [name for name, _ in given], kept=True)
    by_name = dict(given)
    return summing_to_one([by_name[name] for name in names])


def summing_to_one(values: Sequence[Any], whole: float = 1.0) -> np.ndarray:
    """(K,) the values divided by their sum, if that is `whole` within `SUM` of it."""
    if not all(_is_number(value) and math.isfinite(value) and value >= 0 for value in values):
        raise _incomplete("probabilities", values)
    total = float(sum(values))
    if abs(total / whole - 1) > SUM:
        raise Failed("not one in sum", f"{list(values)} sum to {total:g}", kept=True)
    return np.array(values, dtype=np.float64) / total


def vectors_of(reply: Mapping[str, Any], count: int) -> np.ndarray:
    """(count, d) embeddings in the order in which they were asked for, each of length one."""
    data = reply.get("data")
    if not isinstance(data, list) or len(data) != count or not all(isinstance(one, Mapping) for one in data):
        raise _incomplete(f"{count} embeddings", data)
    if sorted(str(one.get("index")) for one in data) != sorted(map(str, range(count))):
        raise _incomplete("every index once", [one.get("index") for one in data])
    return unit_vectors([one.get("embedding") for one in sorted(data, key=lambda one: int(one["index"]))])


def unit_vectors(rows: Sequence[Any]) -> np.ndarray:
    """(n, d) vectors of length one; `Failed` where they are no vectors of one size, or zero."""
    try:
        vectors = np.array(rows, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise _incomplete("vectors of numbers of one size", rows) from None
    with np.errstate(over="ignore"):  # a length beyond all numbers is infinite, and refused as such
        lengths = np.linalg.norm(vectors, axis=1) if vectors.ndim == 2 else np.zeros(1)
    if vectors.ndim != 2 or not np.isfinite(lengths).all() or not (lengths > 0).all():
        raise _incomplete("vectors of finite numbers, not all 0", rows)
    return vectors / lengths[:, None]


def _is_number(value: object) -> bool:
    """Is it a number that can be reckoned with? A whole number of JSON may have thousands of digits."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return isinstance(value, float) or abs(value) < 2**63


def _incomplete(expected: str, found: object) -> Failed:
    return Failed("incomplete", f"expected {expected}, found {found!r:.300}", server=True)
