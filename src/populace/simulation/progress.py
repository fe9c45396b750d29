"""Progress of a run on stderr: how much is done, how fast, how long it will take."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol, TextIO

#: seconds between lines where there is no terminal
_PAUSE = 2.0


class Watcher(Protocol):
    """Anything that wants to know how far a run is."""

    def start(self, total: int, answers_each: int) -> None:
        """A run of `total` respondents begins, with so many answers each."""
        ...

    def update(self, done: int, total: int) -> None:
        """So many of all respondents are finished."""
        ...

    def note(self, text: str) -> None:
        """Something the user should know."""
        ...

    def close(self) -> None:
        """The run is over, finished or not."""
        ...


class Silent:
    """A watcher that says nothing."""

    def start(self, total: int, answers_each: int) -> None:
        """Say nothing."""

    def update(self, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Progress:
    """Rate and remaining time: a bar where there is a terminal, else a line every two seconds at most."""

    def __init__(self, stream: TextIO | None = None, clock: Any = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._bar: Any = None
        self.start(0, 0)

    def start(self, total: int, answers_each: int) -> None:
        """Begin to measure. What is already done at the first update (a resumed run) does not count as speed."""
        self._answers_each = answers_each
        self._began = self._clock()
        self._first: int | None = None
        self._last_line = -_PAUSE

    def update(self, done: int, total: int) -> None:
        """Show how far the run is."""
        if self._first is None:
            self._first, self._began = done, self._clock()
            if done < total:
                return
        words = self._words(done, total)
        if self._stream.isatty():
            self._show_bar(done, total, words)
        elif done == total or self._clock() - self._last_line >= _PAUSE:
            self._last_line = self._clock()
            print(words, file=self._stream, flush=True)

    def note(self, text: str) -> None:
        """Print a remark on a line of its own."""
        print(f"note: {text}", file=self._stream, flush=True)

    def close(self) -> None:
        """Give the terminal back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _words(self, done: int, total: int) -> str:
        seconds = max(self._clock() - self._began, 1e-9)
        rate = (done - (self._first or 0)) / seconds
        left = f", {_duration((total - done) / rate)} left" if rate > 0 and done < total else ""
        speed = f", {_rate(rate * self._answers_each)} answers/s, {_rate(rate)} respondents/s" if rate > 0 else ""
        return f"{done:,} of {total:,} respondents{speed}{left}"

    def _show_bar(self, done: int, total: int, words: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        if self._bar is None:
            columns = (BarColumn(), TextColumn("{task.description}"))
            self._bar = Bar(*columns, console=Console(file=self._stream))
            self._task = self._bar.add_task("", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, description=words)


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
