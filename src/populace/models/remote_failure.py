"""Failures: why a request, or a reply, is no answer. What fails is listed, and nothing takes its place."""

from __future__ import annotations

from dataclasses import dataclass

#: reason -> what it means; the words under which failures are counted
REASONS = {
    "busy": "the server had too much to do (429) at every attempt",
    "quota": "the account has no credit left (429 with a code that says so); not asked again",
    "server error": "the server failed (5xx) at every attempt",
    "request refused": "the server refused the request (4xx, or an error in place of a reply); not asked again",
    "redirected": "the server pointed elsewhere; a key is sent to no other place than the one named",
    "no connection": "the connection could not be made, or broke, at every attempt",
    "time limit": "there was no whole reply in time, at any attempt",
    "too large": "the reply is larger than any answer can be",
    "not JSON": "the reply is no JSON object",
    "incomplete": "the reply lacks what it must have, or has it twice, or as something else",
    "another model": "another model answered than was asked",
    "empty": "there is no text in the reply",
    "cut off": "the reply ends before the answer does",
    "filtered": "a filter of the server took the answer away",
    "refusal": "the model declined to answer",
    "off the list": "the answer is none of the options",
    "several answers": "the answer names more than one option",
    "ambiguous": "letter and wording of the answer belong to different options, or to several",
    "not one in sum": "the probabilities do not sum to one",
    "no log-probabilities": "the server gives none",
    "letters not listed": "the likeliest tokens are not the letters of the options",
    "too many options": "there are more options than letters",
    "not told apart": "the embedding does not tell the options, or their nearness to the answer, apart",
    "too few draws": "more than half of the draws failed",
}
#: characters kept of a reply
_KEPT = 500


class Failed(Exception):
    """A request or a reply that is no answer.

    reason: one of `REASONS`. reply: what came, as far as it is of use. kept: it is the model's own reply, and worth
    keeping in the record. again: another attempt may do better, after `wait` seconds where the server says so.
    server: the fault is the server's, not the answer's. billed: the attempt may have to be paid for.
    """

    def __init__(
        self, reason: str, reply: object = "", *, kept: bool = False, again: bool = False, wait: float | None = None,
        server: bool = False, billed: bool = False,
    ) -> None:  # fmt: skip
        if reason not in REASONS:
            raise ValueError(f"there is no reason {reason!r}")
        words = " ".join(str(reply).encode("utf-8", "replace").decode().split())
        self.reason, self.reply = reason, words if len(words) <= _KEPT else words[: _KEPT - 1] + "…"
        self.kept, self.again, self.wait, self.server, self.billed = kept, again, wait, server, billed
        super().__init__(reason)

    def __str__(self) -> str:
        return f"{self.reason}: {self.reply}" if self.reply else self.reason


@dataclass(frozen=True)
class Failure:
    """An answer that was asked for and not given, or a draw that had to be left out of one."""

    #: place of the respondent in the batch
    row: int
    #: wording of the question
    question: str
    #: one of `REASONS`
    reason: str
    #: what the server said, shortened
    reply: str
    #: is there no answer? False where one draw of several failed and the others stand
    lost: bool = True
