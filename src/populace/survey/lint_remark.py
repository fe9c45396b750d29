"""What `populace.survey.lint` says: remarks with their place, how grave they are, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

#: wrong whoever answers; likely to do harm; worth a look
FAULT, CAUTION, HINT = "fault", "caution", "hint"
SEVERITIES = (FAULT, CAUTION, HINT)
#: place of what concerns all of it
EVERYWHERE = "whole instrument"


@dataclass(frozen=True)
class Remark:
    """One weakness of an instrument."""

    #: name of the check, see docs/check.md
    check: str
    #: one of `SEVERITIES`
    severity: str
    #: where it stands: "question 'q1'", "question 'q1', option 4"
    place: str
    #: what was found
    words: str
    #: what to do about it
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.place}: {self.words}: {self.remedy}"
