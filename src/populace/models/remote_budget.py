"""Account: what a run has used and paid, and whether it may go on."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from populace.errors import BudgetSpent
from populace.models.remote_settings import Settings

#: bytes of a text per token, at least: an estimate that is rather too high than too low
_BYTES = 3
#: tokens that a service may add around a request, and that its count may be off without being doubted
_AROUND = 4096


@dataclass(frozen=True)
class Use:
    """Tokens of one request."""

    #: tokens read
    read: int
    #: tokens written
    written: int

    @property
    def total(self) -> int:
        """Tokens in all."""
        return self.read + self.written


def expected(content: bytes, length: int) -> Use:
    """What a request will use at most, by its size and the length its reply may have."""
    return Use(len(content) // _BYTES + 1, length)


def used(reply: Any, content: bytes, length: int) -> Use | None:
    """What the server says a request used, in either of two languages; None where it says nothing believable."""
    usage = reply.get("usage") if isinstance(reply, dict) else None
    if not isinstance(usage, dict):
        return None
    counts = [
        next((usage[name] for name in names if name in usage), 0)
        for names in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    ]
    if not all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts):
        return None
    read, written = counts
    if not 0 < read <= len(content) + _AROUND or written > length + _AROUND:
        return None
    return Use(read, written)


class Account:
    """Tokens and money of a run; requests and failures by reason. One for all sessions of a model."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._prices, self._limits = settings, settings.prices, settings.limits
        self.requests = self.replayed = self.read = self.written = self.doubted = 0
        #: reason -> requests that failed
        self.failed: Counter[str] = Counter()
        #: reason -> answers that were not given
        self.lost: Counter[str] = Counter()
        #: server failures since the last reply
        self.in_a_row = 0
        self._held: Counter[Use] = Counter()

    @property
    def money(self) -> float:
        """What was paid, as far as the prices are right."""
        return self._prices.of(self.read, self.written)

    async def hold(self, use: Use, changed: asyncio.Condition) -> None:
        """Set aside what a request may use. Waits where others may give back enough; else `BudgetSpent`."""
        async with changed:
            while not self._fits(use):
                if not self._held:
                    raise self.spent()
                await changed.wait()
            self._held[use] += 1

    async def settle(self, use: Use, real: Use | None, changed: asyncio.Condition) -> None:
        """Give back what was set aside, and pay what was used; None = nothing."""
        async with changed:
            self._held[use] -= 1
            self._held += Counter()  # forgets what is zero
            if real is not None:
                self.pay(real)
            changed.notify_all()

    def pay(self, use: Use) -> None:
        """Count tokens as used."""
        self.read += use.read
        self.written += use.written

    def _fits(self, use: Use) -> bool:
        held = list(self._held.elements())
        read = self.read + sum(one.read for one in held) + use.read
        written = self.written + sum(one.written for one in held) + use.written
        money, tokens = self._limits.money, self._limits.tokens
        return (money is None or self._prices.of(read, written) <= money) and (
            tokens is None or read + written <= tokens
        )

    def spent(self) -> BudgetSpent:
        """The error that ends a run."""
        limits = [] if self._limits.money is None else [f"{self._limits.money:g} {self._prices.currency}"]
        limits += [] if self._limits.tokens is None else [f"{self._limits.tokens:,} tokens"]
        record = self._settings.record
        kept = f"replies are kept in {record} and cost nothing again" if record else "replies are not kept"
        return BudgetSpent(
            f"model {self._settings.name!r} stopped before the next request would exceed its budget of "
            f"{' or '.join(limits)}: {self.bill()}; {kept}: raise limits.money or limits.tokens and run the same "
            "command again"
        )

    def bill(self) -> str:
        """What was used, in words."""
        words = f"{self.requests:,} requests, {self.read + self.written:,} tokens"
        words += f", {self.money:.4g} {self._prices.currency}" if self._prices.input or self._prices.output else ""
        words += f"; {self.replayed:,} replies from the record" if self.replayed else ""
        return words + (f"; {self.doubted:,} counts of the server not believed" if self.doubted else "")

    def describe(self) -> dict[str, Any]:
        """The same for the model's card."""
        return {
            "requests": self.requests,
            "replies_from_record": self.replayed,
            "tokens_read": self.read,
            "tokens_written": self.written,
            "money": round(self.money, 6),
            "currency": self._prices.currency,
            "counts_not_believed": self.doubted,
            "failed_requests": dict(self.failed),
            "failed_answers": dict(self.lost),
        }
