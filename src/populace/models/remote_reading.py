"""Reading answers in words: exactly one option, or percentages for all of them. What is not exact is a failure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from populace.models.known import plain
from populace.models.remote_failure import Failed
from populace.models.remote_replies import summing_to_one
from populace.prompts.prompt import Prompt
from populace.prompts.text import Writer

_MARKS = " \t\r\n*_`\"'“”‘’"
_PREFIX = re.compile(r"answer\s*:", re.IGNORECASE)
_LETTER = re.compile(r"\(?([A-Z])\)?[.):]?")
_LETTER_AND_LABEL = re.compile(r"\(?([A-Z])\)?\s*[.):\-–]\s*(.+)", re.DOTALL)
_DECLINED = re.compile(
    r"\bas an ai\b|\blanguage model\b|\bi(?:['’]m| am) (?:sorry|unable|not able)\b|"
    r"\bi (?:cannot|can['’]?t|can not|won['’]t)\b",
    re.IGNORECASE,
)
_FENCE = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_LINE = re.compile(r"[-*•\s]*(.+?)\s*[:=]\s*([0-9]+(?:[.,][0-9]+)?)\s*(%?)[\s.,;]*")


@dataclass(frozen=True)
class Shown:
    """The options as they were shown."""

    #: the question
    prompt: Prompt
    #: letter -> position of its option; empty where options have no letters
    letters: dict[str, int]

    @classmethod
    def of(cls, prompt: Prompt, order: Sequence[int], writer: Writer) -> Shown:
        """What the writer shows in this order."""
        lettered = writer.lettered(prompt)
        return cls(prompt, dict(zip(writer.letters, order, strict=False)) if lettered else {})

    def labelled(self, words: str) -> list[int]:
        """Positions of the options of that wording; case, spacing and punctuation do not matter."""
        key = plain(words)
        return [place for place, label in enumerate(self.prompt.options) if key and plain(label) == key]

    def position(self, words: str) -> int | None:
        """The option that a letter, a wording, or both name; None where none is, `Failed` where several are."""
        named = self.labelled(words)
        if (found := _LETTER.fullmatch(words)) and found[1] in self.letters:
            position = self.letters[found[1]]
            if named and position not in named:
                raise Failed("ambiguous", words, kept=True)
            return position
        if len(named) > 1:
            raise Failed("ambiguous", words, kept=True)
        if named:
            return named[0]
        if (found := _LETTER_AND_LABEL.fullmatch(words)) and found[1] in self.letters:
            return self._of_both(found[1], found[2], words)
        return None

    def _of_both(self, letter: str, label: str, words: str) -> int | None:
        position, named = self.letters[letter], self.labelled(label)
        if named and position not in named:
            raise Failed("ambiguous", words, kept=True)
        return position if named else None


def option_in(text: str, shown: Shown) -> int:
    """Position of the one option that a text names. `Failed` where it names none, or more than one."""
    words = _PREFIX.sub("", text.strip(_MARKS), count=1) if _PREFIX.match(text.strip(_MARKS)) else text
    words = words.strip(_MARKS)
    if not words:
        raise Failed("empty", text, kept=True)
    position = shown.position(words)
    if position is not None:
        return position
    raise Failed(_why_none(words, shown), text, kept=True)


def free_text(text: str) -> str:
    """An answer in somebody's own words. `Failed` where the model declined."""
    if _DECLINED.search(text):
        raise Failed("refusal", text, kept=True)
    return text.strip()


def _why_none(words: str, shown: Shown) -> str:
    if _DECLINED.search(words):
        return "refusal"
    # "A and B", but not "A person like me": letters that are words of their own, and nothing but joints between them
    left = re.sub(r"\b(?:and|or|both|either|[A-Z])\b", "", words)
    several = {one for one in re.findall(r"\b[A-Z]\b", words) if one in shown.letters}
    labels = [label for label in shown.prompt.options if plain(label) and plain(label) in plain(words)]
    return "several answers" if len(labels) > 1 or (len(several) > 1 and not re.search(r"\w", left)) else "off the list"


def distribution_in(text: str, shown: Shown) -> np.ndarray:
    """(K,) percentages or shares of every option, as a JSON object or one line each; nothing else may be there."""
    fenced = _FENCE.fullmatch(text.strip())
    words = fenced[1] if fenced else text.strip()
    if _DECLINED.search(words):
        raise Failed("refusal", text, kept=True)
    pairs, percent = _in_json(words) if words.startswith("{") else _in_lines(words)
    places = [shown.position(name.strip(_MARKS)) for name, _ in pairs]
    if None in places or sorted(places) != list(range(len(shown.prompt.options))):
        raise Failed("off the list", text, kept=True)
    values: list[Any] = [0.0] * len(pairs)
    for place, (_, value) in zip(places, pairs, strict=True):
        values[place] = value
    return _of_whole(values, percent, text)


def _of_whole(values: list[Any], percent: bool, text: str) -> np.ndarray:
    """Shares of one or of a hundred, whichever they sum to."""
    try:
        small = not percent and sum(values) < 2
        return summing_to_one(values, 1.0 if small else 100.0)
    except TypeError:
        raise Failed("off the list", text, kept=True) from None
    except Failed as failed:
        failed.kept, failed.server = True, False  # in words, what is no probability is the model's own doing
        raise


def _in_json(words: str) -> tuple[list[tuple[str, Any]], bool]:
    """Pairs in the order written, so that a name that stands twice is seen; and whether they are marked as percent."""
    try:
        pairs = json.loads(words, object_pairs_hook=list, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Failed("off the list", words, kept=True) from None
    if not all(isinstance(value, int | float | str) and not isinstance(value, bool) for _, value in pairs):
        raise Failed("off the list", words, kept=True)
    marked = [isinstance(value, str) for _, value in pairs]
    if any(marked):
        return _in_lines("\n".join(f"{name}: {value}" for name, value in pairs))
    return pairs, False


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _in_lines(words: str) -> tuple[list[tuple[str, float]], bool]:
    lines = [line for line in words.splitlines() if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if not lines or None in found:
        raise Failed("off the list" if lines else "empty", words, kept=True)
    marks = {one[3] for one in found}
    if len(marks) > 1:
        raise Failed("not one in sum", f"some in percent, some not: {words}", kept=True)
    return [(one[1], float(one[2].replace(",", "."))) for one in found], marks == {"%"}
