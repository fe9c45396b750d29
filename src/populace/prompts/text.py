"""Prompts as text: the one place where questions become what a language model reads, in training and in use.

An interview is a text that grows: opening, what is known of the person, then one question after the other, each with
its answer. What is read first changes least, so that a model reads it once: survey and passages are the same for all,
backgrounds for all questions of a person, and only the question is new.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field

from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.prompts.template import Template, filled, read_template

#: letters of options; questions with more options are answered in words
LETTERS = string.ascii_uppercase


@dataclass(frozen=True)
class Writer:
    """Turns prompts into text by a template."""

    #: the wordings
    template: Template = field(default_factory=read_template)
    #: letters that the model reads as one token each, in order
    letters: str = LETTERS

    def opening(self, context: Context, year: int | None = None, country: str | None = None) -> str:
        """What every respondent of a survey begins with."""
        about = [
            filled(wording, **{name: value})
            for name, wording, value in (
                ("title", self.template.title, context.title),
                ("year", self.template.year, year),
                ("country", self.template.country, country),
            )
            if value
        ]
        passages = [filled(self.template.passage, source=one.source, text=one.text) for one in context.passages]
        person = [filled(self.template.persona, persona=context.about)] if context.about else []
        return filled(self.template.opening, about="".join(about)) + "".join([*passages, *person])

    def known(self, facts: Sequence[tuple[str, str]], persona: bool = False) -> str:
        """What is known of a person: pairs of question and answer."""
        if not facts:
            return ""
        if persona:
            words = " ".join(f"{text.rstrip(' .:')}: {answer}." for text, answer in facts)
            return filled(self.template.persona, persona=words)
        return "".join(filled(self.template.background, text=text, answer=answer) for text, answer in facts)

    def lettered(self, prompt: Prompt) -> bool:
        """Do the options have letters?"""
        return len(prompt.options) <= len(self.letters)

    def question(self, prompt: Prompt, order: Sequence[int]) -> str:
        """The question with its options in this order (positions), up to where the answer begins."""
        if self.lettered(prompt):
            pairs = zip(self.letters, order, strict=False)
            options = [filled(self.template.option, letter=one, label=prompt.options[k]) for one, k in pairs]
        else:
            options = [filled(self.template.option_in_full, label=prompt.options[k]) for k in order]
        return filled(self.template.question, text=prompt.text, options="".join(options))

    def answers(self, prompt: Prompt, order: Sequence[int]) -> list[str]:
        """(K,) what follows the question for every option, in the order of the prompt: what is learned and scored."""
        if not self.lettered(prompt):
            return [filled(self.template.in_full, label=label) for label in prompt.options]
        letter_of = dict(zip(order, self.letters, strict=False))
        return [filled(self.template.letter, letter=letter_of[k]) for k in range(len(prompt.options))]

    def rests(self, prompt: Prompt) -> list[str]:
        """(K,) what follows the answer, before the next question; read, and not learned."""
        if not self.lettered(prompt):
            return [self.template.rest_in_full] * len(prompt.options)
        return [filled(self.template.rest, label=label) for label in prompt.options]
