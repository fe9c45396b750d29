"""Who is asked, and what: requests of other tools as respondents and prompts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from populace.errors import InputError
from populace.models.base import ResponseModel, Session, Told
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.prompts.text import LETTERS

#: limits of one request
MOST_QUESTIONS, MOST_FACTS, MOST_OPTIONS, LONGEST = 400, 1000, 1000, 20_000
Text = Annotated[str, Field(min_length=1, max_length=LONGEST)]
_OPTION = re.compile(r"\s*(?:([A-Z])[.):]|[-*•])\s+(\S.*)")
_MISSING = re.compile(r"\b(don.?t know|refused?|no answer|prefer not|not sure|no opinion)\b", re.IGNORECASE)


class Fact(BaseModel):
    """A question, its options, and what the respondent said."""

    model_config = ConfigDict(extra="forbid")

    question: Text
    options: Annotated[list[Text], Field(min_length=2, max_length=MOST_OPTIONS)]
    answer: Text
    #: do the options stand in the order of a scale?
    ordinal: bool = False

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> Fact:
        if self.answer not in self.options:
            raise ValueError(f"answer {self.answer[:80]!r} to {self.question[:80]!r} is none of its options")
        return self

    def told(self, background: bool) -> Told:
        """What a model is told."""
        prompt = prompt_of(self.question, self.options, self.ordinal)
        return Told(prompt, np.array([self.options.index(self.answer)]), background)


class Respondent(BaseModel):
    """What is known of the respondent; of nobody in particular, when nothing is."""

    model_config = ConfigDict(extra="forbid")

    #: who the respondent is
    background: Annotated[list[Fact], Field(max_length=MOST_FACTS)] = []
    #: what was answered before, in order
    earlier: Annotated[list[Fact], Field(max_length=MOST_FACTS)] = []
    #: who the respondent is, in a text; for language models
    about: Annotated[str, Field(max_length=LONGEST)] | None = None
    #: when and where
    year: int | None = None
    country: str | None = None

    @property
    def history(self) -> list[Told]:
        """What a model is told before the first question."""
        return [one.told(True) for one in self.background] + [one.told(False) for one in self.earlier]


def open_session(model: ResponseModel, who: Respondent, further: Sequence[Told] = ()) -> Session:
    """An interview with the respondent. Raises `InputError` for a text about somebody where a model reads answers."""
    if who.about:
        within = getattr(model, "within", None)
        if within is None:
            raise InputError(
                f"the state is a text, {who.about[:60]!r}; model {model.name!r} reads answers to questions: expected a "
                "JSON object with 'background' and 'earlier', each a list of {question, options, answer}"
            )
        model = within(Context(about=who.about))
    return model.open(1, [*who.history, *further])


def prompt_of(text: str, options: Sequence[str], ordinal: bool, who: Respondent | None = None) -> Prompt:
    """A question as models see it. "Don't know" and the like are known by their wording."""
    missing = tuple(bool(_MISSING.search(option)) for option in options)
    missing = (False,) * len(options) if all(missing) else missing
    year, country = (who.year, who.country) if who else (None, None)
    return Prompt(text, tuple(options), ordinal, missing, year, country)


def respondent_in(state: Any) -> Respondent:
    """The respondent whom a state describes: an object or its JSON, a text, or nothing."""
    if isinstance(state, str):
        text = state.strip()
        try:
            state = json.loads(text) if text.startswith("{") else {"about": text} if text else {}
        except (ValueError, RecursionError):
            raise InputError(
                f"the state begins as JSON and is none: {text[:60]!r}; expected an object: correct it"
            ) from None
    try:
        return Respondent.model_validate(state or {})
    except ValidationError as problem:
        raise InputError(f"the state is not as expected: {in_words(problem)}") from None


def question_in(text: str) -> tuple[str, list[str]]:
    """The question and the options in a message: options stand in lines of their own, "A. Yes" or "- Yes"."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if lines and lines[-1].strip() == "Answer:":
        lines.pop()
    found: list[str] = []
    while lines and (option := _OPTION.fullmatch(lines[-1])):
        found.insert(0, option[2].strip())
        lines.pop()
    wording = "\n".join(lines).strip().removeprefix("Question: ")
    if not wording or not 2 <= len(found) <= MOST_OPTIONS:
        raise InputError(
            f"the message {text.strip()[:80]!r} is no question with options; expected a question and two options or "
            'more, each in a line of its own, such as "A. Yes"'
        )
    return wording, found


def lettered(options: Sequence[str]) -> list[str]:
    """The answer for every option: letter and wording, or wording alone where there are more than letters."""
    if len(options) > len(LETTERS):
        return list(options)
    return [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]


def in_words(problem: ValidationError) -> str:
    """What is wrong with a request, in one line."""
    first, *others = problem.errors(include_url=False, include_input=False)
    place = ".".join(map(str, first["loc"])) or "it"
    more = f" (and {len(others)} more)" if others else ""
    return f"{place}: {first['msg']}{more}"
