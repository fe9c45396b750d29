"""What names in braces stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from populace.survey.expression_records import Expression
from populace.survey.formats.translated import NotRead


@dataclass(frozen=True)
class Variable:
    """What a name in braces stands for."""

    #: our name
    name: str
    #: "closed", "multiple", "number", "text", "unknown", or "cells" for one row of a table in which several are chosen
    kind: str = "unknown"
    #: value in SurveyJS, as words -> our code
    codes: Mapping[str, int | str] = field(default_factory=dict)

    def code(self, value: object) -> int | str:
        """Our code of a value. Raises `NotRead` for a value that is none of the choices."""
        word = as_word(value)
        if word in self.codes:
            return self.codes[word]
        alike = [code for raw, code in self.codes.items() if raw.casefold() == word.casefold()]
        if not alike:
            raise NotRead(f"{word!r} is no choice of {self.name!r}")
        return alike[0]


#: finds what a name in braces stands for: a variable, something to compute, or None
Lookup = Callable[[str], Variable | Expression | None]


def as_word(value: object) -> str:
    """A value of SurveyJS as it compares with others: 1, 1.0 and "1" are one, true and "true" too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
