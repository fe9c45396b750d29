"""Settings of a remote model: one TOML file says where it is, how it is asked, and what that may cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from populace.prompts.template import LATEST, read_template

#: way -> what it asks for
WAYS = {
    "direct": "one answer; it has probability one",
    "draws": "several answers; their shares are the probabilities",
    "distribution": "percentages in words",
    "logprobs": "the log-probabilities of the letters",
    "decisions": "a probability for every option, from a decision model",
    "similarity": "a free text, rated by its likeness to a statement for every option",
}
#: route -> where it is under the address, and the ways it can be asked in
ROUTES = {
    "chat": ("/chat/completions", ("direct", "draws", "distribution", "logprobs", "similarity")),
    "completions": ("/completions", ("direct", "draws", "logprobs", "similarity")),
    "decisions": ("/decisions", ("decisions",)),
    "systemone": ("/systemone", ("decisions",)),
}
EMBEDDINGS = "/embeddings"
#: parameters that are ours to set
RESERVED = ("model", "messages", "prompt", "input", "state", "questions", "n", "stream", "logprobs", "top_logprobs",
            "temperature", "seed", "stop")  # fmt: skip
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Prices:
    """What the service takes, as its price list says; nothing where it is free."""

    #: what the prices are in
    currency: str = "USD"
    #: price of a million tokens that are read
    input: float = 0.0
    #: price of a million tokens that are written
    output: float = 0.0

    def of(self, read: float, written: float) -> float:
        """What so many tokens cost."""
        return (read * self.input + written * self.output) / 1e6


@dataclass(frozen=True)
class Limits:
    """How fast, how long and how far a run may go; None = no limit."""

    #: requests in any 60 seconds
    requests_per_minute: int | None = None
    #: tokens in any 60 seconds
    tokens_per_minute: int | None = None
    #: requests under way at once
    side_by_side: int = 8
    #: for one attempt, from the first byte sent to the last one read
    seconds: float = 60.0
    #: of one request, the first included
    attempts: int = 5
    #: seconds: a server that asks for a longer pause is not waited for
    longest_wait: float = 60.0
    #: requests that fail one after the other by the server's fault before the run stops
    failures_in_a_row: int = 25
    #: what a run may cost, in the currency of the prices
    money: float | None = None
    #: tokens that a run may use, read and written
    tokens: int | None = None


@dataclass(frozen=True)
class Similarity:
    """How free texts are rated."""

    #: model of the embeddings; None = a function is passed in
    model: str | None = None
    #: address of the embeddings where it is another one
    url: str | None = None
    #: option -> statements that somebody of that option would make, the same number for each; others get their own
    anchors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """Everything about a remote model."""

    #: short name, recorded as provenance
    name: str
    #: address up to and with the version, https://HOST/v1
    url: str
    #: name of the model there
    model: str
    #: one of `WAYS`
    way: str = "direct"
    #: one of `ROUTES`
    route: str = "chat"
    #: wordings around a question, as for models that were trained with them
    template: str = LATEST
    #: are backgrounds put as one text about the person?
    persona: bool = False
    #: in place of the way's own instruction
    instruction: str | None = None
    #: environment variable that holds the key; None = the service needs none
    key: str | None = None
    #: header the key is sent in
    key_header: str = "Authorization"
    #: None = not sent, for services that refuse it
    temperature: float | None = 0.0
    #: sent plus the number of the draw; None = not sent
    seed: int | None = None
    #: orders of the options that answers are averaged over
    orders: int = 1
    #: answers drawn for every text, for the way "draws"
    draws: int = 10
    #: tokens that a reply may have; None = as the way needs
    length: int | None = None
    #: what the service calls that limit
    length_field: str = "max_tokens"
    #: what the service calls the model in its replies, where that is another name
    served_as: str | None = None
    #: further parameters, sent as they are
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prices: Prices = Prices()
    limits: Limits = Limits()
    similarity: Similarity = Similarity()
    #: SQLite file of replies; None = they are forgotten when the program ends
    record: Path | None = None
    #: answer from the record alone
    replay: bool = False

    @property
    def hash(self) -> str:
        """Hash of everything that determines the answers; not of names, keys, prices, limits and places."""
        left_out = {"name", "key", "key_header", "prices", "limits", "record", "replay", "similarity"}
        content = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}
        content["similarity"] = [self.similarity.model, self.similarity.url, dict(self.similarity.anchors)]
        content["template"] = read_template(self.template).hash
        text = json.dumps(content, sort_keys=True, default=dict)
        return "sha256:" + hashlib.sha256(f"populace remote model 1 {text}".encode()).hexdigest()

    @property
    def local(self) -> bool:
        """Is the service on this computer?"""
        return is_local(self.url)


def is_local(url: str) -> bool:
    """Does the address stay on this computer?"""
    return (urlsplit(url).hostname or "") in _LOCAL
