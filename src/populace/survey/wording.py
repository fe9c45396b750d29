"""The words of a question as some respondents read them: `${…}` filled in.

Respondents who read the same words are one group, so that a text is made, and given to a model, once.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from populace.survey.piping import in_words, piped, plainly
from populace.survey.question import Question
from populace.survey.state import State
from populace.survey.walk import Visit

#: fields of a question that respondents read
_READ = ("text", "stem", "item", "valid_text")


def texts_of(question: Question) -> Iterator[str]:
    """Everything that respondents read of a question."""
    yield from (text for name in _READ if (text := getattr(question, name)))
    yield from (option.label for option in question.options)
    yield from (row.text for row in question.rows)
    for column in question.columns:
        yield from texts_of(column)
    if question.tasks:
        for attribute in question.tasks.attributes:
            yield from (attribute.name, *attribute.levels)
        yield from (question.tasks.none,) if question.tasks.none else ()


def has_piping(question: Question) -> bool:
    """Are there words to fill in?"""
    return any("${" in text for text in texts_of(question))


def worded(state: State, visit: Visit) -> list[tuple[np.ndarray, Question]]:
    """Places among the respondents of a visit, and the question as they read it; together all of them, each once."""
    everybody = np.arange(len(visit.rows))
    if not has_piping(visit.question):
        return [(everybody, visit.question)]
    texts = list(dict.fromkeys(text for text in texts_of(visit.question) if "${" in text))
    open_texts = [text for text in texts if piped(text)]
    fixed = {text: plainly(text) for text in texts if text not in open_texts}
    filled = [in_words(state.words(text, visit.rows, visit.place)) for text in open_texts]
    groups: dict[tuple[str, ...], list[int]] = {}
    for row, words in enumerate(zip(*filled, strict=True)) if filled else ():
        groups.setdefault(words, []).append(row)
    if not filled:
        return [(everybody, _reworded(visit.question, fixed))]
    return [
        (np.array(rows), _reworded(visit.question, {**fixed, **dict(zip(open_texts, words, strict=True))}))
        for words, rows in groups.items()
    ]


def _reworded(record: Any, words: dict[str, str]) -> Any:
    """A copy with these texts in place of others.

    Not checked again: whatever was piped in, an empty text included, is what a respondent would read.
    """
    changed = copy.copy(record)
    for name, value in vars(record).items():
        if isinstance(value, str) and value in words:
            object.__setattr__(changed, name, words[value].strip() or "…")
        elif isinstance(value, tuple) and value and hasattr(value[0], "__dataclass_fields__"):
            object.__setattr__(changed, name, tuple(_reworded(member, words) for member in value))
        elif name == "tasks" and value is not None:
            object.__setattr__(changed, name, _reworded(value, words))
        elif name == "levels":
            object.__setattr__(changed, name, _texts(value, words))
    return changed


def _texts(texts: Sequence[str], words: dict[str, str]) -> tuple[str, ...]:
    return tuple(words.get(text, text) for text in texts)
