"""What a model failed to answer: one column of the panel, so that it is kept with the answers of every batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import polars as pl

from populace.data.codebook import Variable
from populace.errors import InstrumentError
from populace.models.base import ResponseModel, Session
from populace.simulation.plan import Plan

#: the column that lists failed answers
FAILED = "failed_answers"
_BETWEEN = "; "


def listing(plan: Plan, model: ResponseModel) -> Plan:
    """The plan of a panel that lists failed answers, where the model may fail. `InstrumentError` for a name taken.

    What failed in an earlier panel, whose people are asked again, is not carried along.
    """
    if not getattr(model, "may_fail", False):
        return plan
    variables = plan.codebook.variables
    if any(variable.name == FAILED and variable.role != "design" for variable in variables):
        raise InstrumentError(
            f"{FAILED!r} is a question or a background; expected another name, for panels of model {model.name!r} list "
            "there what failed: rename it"
        )
    variable = Variable(FAILED, "Questions that the model failed to answer, and why", "text", (), "design")
    others = (one for one in variables if one.name != FAILED)
    codebook = replace(plan.codebook, variables=(*others, variable))
    return replace(plan, codebook=codebook)


class Failures:
    """What failed in one batch of interviews, question by question."""

    def __init__(self, session: Session, wanted: bool) -> None:
        self._session, self._seen = session, 0
        #: does the panel list them?
        self.wanted = wanted
        #: respondent -> "question: reason", each once
        self._found: list[dict[str, None]] = [{} for _ in range(session.n)]

    def note(self, question: str) -> None:
        """List under this question what has failed since the last one."""
        failures = getattr(self._session, "failures", ())
        for one in failures[self._seen :]:
            if one.lost:
                self._found[one.row][f"{question}: {one.reason}"] = None
        self._seen = len(failures)

    def series(self) -> pl.Series:
        """(n,) what failed, null for whom nothing did."""
        return pl.Series(FAILED, [_BETWEEN.join(found) or None for found in self._found], dtype=pl.String)


def in_words(column: pl.Series) -> str:
    """How many questions failed, for how many respondents and for which reasons."""
    listed = [one for cell in column.drop_nulls().to_list() for one in cell.split(_BETWEEN)]
    if not listed:
        return "no answer failed"
    reasons = Counter(one.rpartition(": ")[2] for one in listed)
    words = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
    people = len(column) - column.null_count()
    return (
        f"{len(listed):,} answers of {people:,} of {len(column):,} respondents failed and are left empty ({words}); "
        f"column {FAILED} lists them"
    )
