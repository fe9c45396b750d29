"""What a report shows besides results as they are: why there is none, and whom one is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec


@dataclass(frozen=True)
class NotComputed(Result):
    """Why there are no figures."""

    #: what happened, what was expected, what to do
    reason: str
    #: kind of analysis that was asked for
    analysis: str = ""

    def tables(self) -> tuple[Table, ...]:
        """The reason."""
        return (Table("Not computed", ("", "reason"), ((self.analysis, self.reason),)),)


@dataclass(frozen=True, eq=False)
class Noted(Result):
    """A result with a note that the specification adds: whom it is about."""

    #: the result
    result: Result
    #: whom it is about
    note: str

    @property
    def analysis(self) -> str:  # type: ignore[override]
        """Kind of analysis."""
        return self.result.analysis

    def tables(self) -> tuple[Table, ...]:
        """Those of the result."""
        return self.result.tables()

    def chart(self) -> Spec | None:
        """That of the result."""
        return self.result.chart()

    def notes(self) -> tuple[str, ...]:
        """Whom it is about, and what the result says."""
        return (self.note, *self.result.notes())

    def definitions(self) -> Mapping[str, str]:
        """Those of the result."""
        return self.result.definitions()
