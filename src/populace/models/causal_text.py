"""Interviews as tokens: what `populace.prompts.text` writes, in the tokens of one model.

Pieces (opening, question, answer, rest) are read by the tokenizer one by one and put together, in training and in use:
a text is then the same tokens however much of it was read before.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from populace.errors import ModelError
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.prompts.template import filled, read_template
from populace.prompts.text import Writer

#: tokens of one piece
Ids = list[int]


class TokenWriter:
    """Writes interviews in the tokens of a model.

    tokenizer: one of Hugging Face. chat: questions and answers are turns of a chat. lettered: options have letters
    where there are enough that are one token each; otherwise answers are given in words.
    """

    def __init__(self, tokenizer: Any, template: str, chat: bool = False, lettered: bool = True) -> None:
        self._tokenizer = tokenizer
        wordings = read_template(template)
        letters = _single_letters(tokenizer, wordings.letter) if lettered else ""
        self.writer = Writer(wordings, letters)
        self.glue = _glue(tokenizer) if chat else PLAIN
        self._kept: dict[Any, Any] = {}

    @cached_property
    def start(self) -> Ids:
        """What every text begins with: the model's own mark, if it has one."""
        mark = self._tokenizer.bos_token_id
        return [] if mark is None or self.glue.before_system else [mark]

    def opening(self, context: Context, year: int | None, country: str | None, facts: Sequence[tuple[str, str]]) -> Ids:
        """The beginning of one person's interview."""
        shared, own = self.writer.opening(context, year, country), self.writer.known(facts, context.persona)
        # read apart, for the first part is the same for everybody
        return [*self.start, *self._ids(self.glue.before_system + shared), *self._ids(own + self.glue.after_system)]

    def question(self, prompt: Prompt, order: tuple[int, ...]) -> Ids:
        """The question, up to where the answer begins."""
        key = ("question", prompt, order)
        if key not in self._kept:
            text = self.writer.question(prompt, order)
            self._kept[key] = self._ids(self.glue.before_question + text + self.glue.after_question)
        return self._kept[key]

    def answers(self, prompt: Prompt, order: tuple[int, ...]) -> list[Ids]:
        """(K,) the tokens of every option's answer, in the order of the prompt. `ModelError` where two are alike."""
        key = ("answers", prompt, order)
        if key not in self._kept:
            found = [self._ids(text) for text in self.writer.answers(prompt, order)]
            _check_different(prompt, found)
            self._kept[key] = found
        return self._kept[key]

    def rests(self, prompt: Prompt) -> list[Ids]:
        """(K,) what follows every option's answer, before the next question."""
        key = ("rests", prompt)
        if key not in self._kept:
            self._kept[key] = [self._ids(text + self.glue.after_answer) for text in self.writer.rests(prompt)]
        return self._kept[key]

    @cached_property
    def silence(self) -> Ids:
        """What follows a question that is not answered."""
        return self._ids(self.writer.template.silence + self.glue.after_answer)

    def _ids(self, text: str) -> Ids:
        return list(self._tokenizer.encode(text, add_special_tokens=False)) if text else []


@dataclass(frozen=True)
class Glue:
    """What a chat template puts around system text, questions and answers; nothing where a model goes on with text."""

    before_system: str = ""
    after_system: str = ""
    before_question: str = ""
    after_question: str = ""
    after_answer: str = ""


PLAIN = Glue()
#: words that no template contains
_MARKS = ("populacesystemmark", "populacefirstmark", "populaceanswermark", "populacesecondmark")


def _glue(tokenizer: Any) -> Glue:
    """Found by having the chat template write four marks, and looking at what is between them."""
    system, first, answer, second = _MARKS
    messages = [
        {"role": "system", "content": system}, {"role": "user", "content": first},
        {"role": "assistant", "content": answer}, {"role": "user", "content": second},
    ]  # fmt: skip
    if not getattr(tokenizer, "chat_template", None):
        raise ModelError(
            "the tokenizer has no chat template: use the form for base models, or a chat model's tokenizer"
        )
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except Exception:  # templates raise what they like where they know no system role: then it goes with the question
        return _without_system(tokenizer, messages[1:])
    if not all(mark in text for mark in _MARKS):
        return _without_system(tokenizer, messages[1:])
    before_system, rest = text.split(system)
    after_system, rest = rest.split(first)
    after_question, rest = rest.split(answer)
    after_answer, _ = rest.split(second)
    return Glue(before_system, after_system, "", after_question, after_answer)


def _without_system(tokenizer: Any, messages: list[dict[str, str]]) -> Glue:
    _, first, answer, second = _MARKS
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    if not all(mark in text for mark in (first, answer, second)):
        raise ModelError(
            "the chat template drops what it is given; expected questions and answers in its text: mend it"
        )
    before, rest = text.split(first)
    after_question, rest = rest.split(answer)
    after_answer, _ = rest.split(second)
    return Glue(before, "", "", after_question, after_answer)


def _single_letters(tokenizer: Any, wording: str) -> str:
    """The letters that are read as one token, each another one."""
    found: dict[int, str] = {}
    for letter in string.ascii_uppercase:
        ids = tokenizer.encode(filled(wording, letter=letter), add_special_tokens=False)
        if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
            found.setdefault(ids[0], letter)
    return "".join(found.values())


def _check_different(prompt: Prompt, answers: list[Ids]) -> None:
    places: dict[tuple[int, ...], int] = {}
    for place, ids in enumerate(answers):
        other = places.setdefault(tuple(ids), place)
        if other != place:
            raise ModelError(
                f"{prompt.text!r}: options {prompt.options[other]!r} and {prompt.options[place]!r} are the same tokens "
                "for this model; expected wordings it can tell apart: reword one, or use a model with another tokenizer"
            )
