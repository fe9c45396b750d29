"""RateLimit: how long a request has to wait so that no minute holds more than is allowed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: seconds that limits are counted over
MINUTE = 60.0


class RateLimit:
    """Requests and tokens of the last minute, and those already let through to a later time."""

    def __init__(
        self, requests: int | None = None, tokens: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._requests, self._tokens, self._clock = requests, tokens, clock
        #: (time, tokens) of what was let through, in order
        self._passed: deque[tuple[float, int]] = deque()

    def wait(self, tokens: int) -> float:
        """Seconds until a request with so many tokens may go; it counts as gone then.

        A request that is larger than the limit goes when nothing else is in its minute.
        """
        if self._requests is None and self._tokens is None:
            return 0.0
        now = self._clock()
        while self._passed and self._passed[0][0] + MINUTE <= now:
            self._passed.popleft()
        start = self._first_time(max([now, *(when for when, _ in list(self._passed)[-1:])]), tokens)
        self._passed.append((start, tokens))
        return start - now

    def _first_time(self, start: float, tokens: int) -> float:
        """When so many tokens fit into the minute before, not earlier than `start`."""
        minute = deque((when, size) for when, size in self._passed if when + MINUTE > start)
        size = sum(one for _, one in minute)
        while minute and not self._fits(len(minute), size, tokens):
            when, one = minute.popleft()
            start, size = max(start, when + MINUTE), size - one
        return start

    def _fits(self, requests: int, size: int, tokens: int) -> bool:
        few = self._requests is None or requests < self._requests
        return few and (self._tokens is None or not requests or size + tokens <= self._tokens)
