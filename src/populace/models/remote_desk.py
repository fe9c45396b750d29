"""Desk: sends the requests of one run side by side, with record, budget, rate limit and retries."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2

from populace.errors import BudgetSpent, ModelError
from populace.models.remote_budget import Account, Use, expected, used
from populace.models.remote_failure import Failed
from populace.models.remote_http import judged, new_client, object_of, post, written
from populace.models.remote_key import Key
from populace.models.remote_limits import RateLimit
from populace.models.remote_record import Record, Request
from populace.models.remote_settings import Settings

T = TypeVar("T")
#: seconds before the second attempt, doubled before each further one, up to the second number
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class Service:
    """What all runs with a model share: settings, key, record, account, rate limit, and how to wait."""

    def __init__(
        self, settings: Settings, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        if settings.replay and settings.record is None:
            raise ModelError(f"model {settings.name!r}: replay needs a record; expected the name of a file: set record")
        self.settings, self.sleep = settings, sleep
        self.key = Key(settings.key, settings.key_header)
        self.record = Record(settings.record)
        self.account = Account(settings)
        self.rate = RateLimit(settings.limits.requests_per_minute, settings.limits.tokens_per_minute, clock)


class Desk:
    """A context in which requests are sent; made anew for every question, for connections belong to one event loop."""

    def __init__(self, service: Service) -> None:
        self.service, self.settings = service, service.settings
        self._free = asyncio.Semaphore(self.settings.limits.side_by_side)
        self._changed = asyncio.Condition()
        #: request -> its reply under way, so that what is asked twice at once is sent once
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._client: httpx2.AsyncClient | None = None
        #: why nothing more is sent
        self._stopped: BudgetSpent | ModelError | None = None

    async def __aenter__(self) -> Desk:
        self.service.record.__enter__()
        return self

    async def __aexit__(self, *failure: object) -> None:
        self.service.record.__exit__()
        if self._client is not None:
            await self._client.aclose()

    async def send(self, request: Request, read: Callable[[dict[str, Any]], T]) -> T:
        """What `read` makes of the reply, from the record where it is there.

        Raises `Failed`; `BudgetSpent` and `ModelError` where the whole run has to stop.
        """
        if request.key not in self._tasks:
            self._tasks[request.key] = asyncio.create_task(self._answer(request, read))
        return await self._tasks[request.key]

    async def _answer(self, request: Request, read: Callable[[dict[str, Any]], T]) -> T:
        account, record = self.service.account, self.service.record
        known = record.reply(request)
        if known is None and self.settings.replay:
            raise ModelError(
                f"model {self.settings.name!r} answers from its record alone, and {record.path} has no reply to a "
                f"request of this run ({request.key[:12]}…): set replay = false, or repeat the run that was recorded"
            )
        try:
            if known is not None:
                account.replayed += 1
                return read(object_of(known))
            reply, text = await self._fetched(request)
            try:
                value = self._read(reply, request, read)
            except Failed as failed:
                if failed.kept:
                    record.keep(request, text)
                raise
        except Failed as failed:
            account.failed[failed.reason] += 1
            self._count_server(failed)
            raise
        account.in_a_row = 0
        record.keep(request, text)
        return value

    async def _fetched(self, request: Request) -> tuple[dict[str, Any], str]:
        """The reply, as an object and as it came: of as many attempts as it takes."""
        limits = self.settings.limits
        async with self._free:
            for attempt in itertools.count(1):
                try:
                    return await self._paid(request)
                except Failed as failed:
                    pause = failed.wait if failed.wait is not None else _pause(request.key, attempt)
                    if not failed.again or attempt >= limits.attempts or pause > limits.longest_wait:
                        raise
                await self.service.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _paid(self, request: Request) -> tuple[dict[str, Any], str]:
        """One attempt within the budget."""
        use, account = expected(request.content, request.length), self.service.account
        self._check_going_on()
        try:
            await account.hold(use, self._changed)
        except BudgetSpent as spent:
            self._stopped = spent
            raise
        real: Use | None = None
        try:
            reply, text = await self._attempt(request, use)
            real = self._use(reply, request, use)
            return reply, text
        except Failed as failed:
            # the server may have worked, and be paid, for what did not arrive
            real = use if failed.billed else None
            raise
        finally:
            await account.settle(use, real, self._changed)

    def _use(self, reply: dict[str, Any], request: Request, use: Use) -> Use:
        """What the server says it used, or what was expected where it says nothing believable."""
        found = used(reply, request.content, request.length)
        if found is None:
            self.service.account.doubted += 1
        return found or use

    async def _attempt(self, request: Request, use: Use) -> tuple[dict[str, Any], str]:
        service = self.service
        headers = service.key.headers()
        if wait := service.rate.wait(use.total):
            await service.sleep(wait)
        self._check_going_on()
        service.account.requests += 1
        try:
            response, body = await post(
                self._connections(), request.url, headers, request.content, self.settings.limits.seconds
            )
            # kept in one form, without a key that the server may have repeated
            text = service.key.hidden(written(judged(response, body)))
            return object_of(text), text
        except Failed as failed:
            failed.reply = service.key.hidden(failed.reply)
            raise

    def _connections(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = new_client(self.settings.local, self.settings.limits.side_by_side)
        return self._client

    def _check_going_on(self) -> None:
        if self._stopped is not None:
            raise self._stopped

    def _count_server(self, failed: Failed) -> None:
        """Stop where the server does nothing but fail: what is wrong there would be wrong with every request."""
        account, most = self.service.account, self.settings.limits.failures_in_a_row
        account.in_a_row = account.in_a_row + 1 if failed.server else 0
        if account.in_a_row >= most:
            self._stopped = ModelError(
                f"model {self.settings.name!r}: the last {account.in_a_row} requests to {self.settings.url} failed, "
                f"the last one by {failed}; expected replies: mend that and run the same command again"
            )

    def _read(self, reply: dict[str, Any], request: Request, read: Callable[[dict[str, Any]], T]) -> T:
        """What is wanted of the reply, if it is of the model that was asked; a dated or marked version of it is."""
        asked, found = request.body["model"], reply.get("model")
        if asked == self.settings.model and self.settings.served_as:
            asked = self.settings.served_as
        if isinstance(found, str) and (found == asked or found.startswith((f"{asked}-", f"{asked}@", f"{asked}:"))):
            return read(reply)
        raise Failed("another model", f"{found!r} answered, {asked!r} was asked", server=True)


def _pause(key: str, attempt: int) -> float:
    """Seconds before the next attempt: doubled every time, and spread so that requests do not come back together."""
    spread = hashlib.sha256(f"{key} {attempt}".encode()).digest()[0] / 255
    return min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE) * (0.75 + 0.5 * spread)
