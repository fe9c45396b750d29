"""A question of a Qualtrics survey file on its way in: its fields, and what its choices are called on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from populace.survey.formats.qsf_raw import mapping
from populace.survey.question import Question


@dataclass
class Draft:
    """A question on its way in."""

    #: its id in Qualtrics
    qid: str
    #: name and place for notes
    name: str
    place: str
    #: fields of the `Question`
    fields: dict[str, Any] = field(default_factory=dict)
    #: id of a choice that is an option -> its code
    codes: dict[str, int | str] = field(default_factory=dict)
    #: id of a choice that is a row -> its name
    rows: dict[str, str] = field(default_factory=dict)
    #: definitions of choices that are options, and that are rows, by id
    options_raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows_raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: side by side: number of the column -> its draft
    sides: dict[str, Draft] = field(default_factory=dict)
    #: the definition in the file
    raw: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def question(self) -> Question:
        """The question, without its logic; its fields are complete when it is first asked for."""
        return Question(**self.fields)


def settings_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the validation of a question."""
    return mapping(mapping(raw.get("Validation")).get("Settings"))
