"""Context: what a model reads before the first question of an interview."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """A text that respondents, or their time, knew."""

    #: the text
    text: str
    #: where it is from, and when
    source: str


@dataclass(frozen=True)
class Context:
    """What is known of a survey and what is read before it; the same for everybody in a batch."""

    #: title of the survey
    title: str | None = None
    #: current documents, the most important first
    passages: tuple[Passage, ...] = ()
    #: how backgrounds are put: as question and answer, or as one text about the person
    persona: bool = False
    #: something that is true of everybody in the batch
    about: str | None = None
