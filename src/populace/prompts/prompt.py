"""Prompt: one closed question as a model sees it.

A prompt knows wording and order only. Codes, column names and answers stay outside, so that no model can
learn a survey's numbering instead of its words.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prompt:
    """One closed question put to a model; hashable, so that embeddings are computed once per prompt."""

    #: full wording of the question, a battery's stem included
    text: str
    #: wording of every option, in the order shown
    options: tuple[str, ...]
    #: True when the options stand in the order of a scale (missing options excepted)
    ordinal: bool = False
    #: per option: does it stand outside the scale (don't know, refused, no answer, off-scale)?
    missing: tuple[bool, ...] = ()
    #: year of fieldwork, when known: opinions drift
    year: int | None = None
    #: ISO country code of the population, when known
    country: str | None = None
    #: stem shared with the other questions of its battery; its words are part of `text` already
    battery: str | None = None

    def __post_init__(self) -> None:
        if not self.missing:
            object.__setattr__(self, "missing", (False,) * len(self.options))
        if len(self.options) < 2:
            raise ValueError(f"a prompt needs two options or more, {self.text!r} has {len(self.options)}")
        if len(self.missing) != len(self.options):
            raise ValueError(f"{len(self.missing)} missing flags for {len(self.options)} options of {self.text!r}")
