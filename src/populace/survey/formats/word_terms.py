"""The words in brackets by which a Word questionnaire of ours says what its look does not: codes, flags, limits.

    ○ Don't know [8; no answer]        Beans ["beans"; column "food_beans"]        (number; from 0; to 12; unit "cups")

Values are JSON, so that any text can stand there; everything reads back exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

#: kind of question -> what its instruction says
KINDS = {
    "single": "one answer",
    "scale": "one answer on a scale",
    "nps": "one answer from 0 to 10",
    "multiple": "any number of answers",
    "grid": "one answer in each row",
    "grid_multiple": "any number of answers in each row",
    "numeric": "a number",
    "slider": "a place between two ends",
    "rank": "in order",
    "sum": "numbers with a sum",
    "open": "in own words",
    "date": "a date",
    "display": "shown only",
    "technical": "measured by the software",
}
#: field -> how it is called; flags stand alone, other fields are followed by their value
QUESTION = {
    "required": "required", "requested": "asked once more", "randomize": "random order", "flip": "reversed for half",
    "fixed": "keeps its place", "new_page": "new page", "several_lines": "several lines", "minimum": "from",
    "maximum": "to", "step": "step", "decimals": "decimals", "unit": "unit", "total": "total", "ranked": "first",
    "at_least": "at least", "at_most": "at most", "show_only": "options shown", "format": "looks like",
    "longest": "characters", "valid_if": "valid if", "valid_text": "else says", "stem": "stem", "item": "item",
    "look": "look", "source": "called", "role": "role",
}  # fmt: skip
OPTION = {
    "missing": "no answer", "exclusive": "rules out others", "off_scale": "off the scale", "specify": "write in",
    "fixed": "keeps its place", "show_if": "shown if", "image": "picture", "column": "column", "source": "called",
}  # fmt: skip
ROW = {
    "fixed": "keeps its place", "show_if": "shown if", "column": "column", "source": "called", "specify": "write in",
}  # fmt: skip
BLOCK = {"randomize": "random order", "pick": "questions put"}
INSTRUMENT = {"id": "id", "year": "year", "country": "country", "language": "language", "notes": "notes"}


def terms(record: Any, names: Mapping[str, str], always: tuple[str, ...] = ()) -> list[str]:
    """What is to be said of a record: its fields that do not hold their default, and those in `always`."""
    said = []
    for entry in fields(record):
        value = getattr(record, entry.name)
        if entry.name not in names or (value == entry.default and entry.name not in always):
            continue
        words = names[entry.name]
        said.append(words if value is True else f"{words} {json.dumps(value, ensure_ascii=False)}")
    return said


def read_terms(text: str, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The fields that words in a bracket say, None when they say something else."""
    by_words = {words: field for field, words in names.items()}
    found: dict[str, Any] = {}
    while text:
        words = max((one for one in by_words if _begins(text, one)), key=len, default=None)
        if words is None:
            return None
        field, rest = by_words[words], text[len(words) :]
        if rest.startswith(" "):
            value, rest = _value(rest[1:])
            if rest is None:
                return None
        else:
            value = True
        if field in found or (rest and not rest.startswith("; ")) or rest == "; ":
            return None
        found[field], text = value, rest[2:]
    return found


def _begins(text: str, words: str) -> bool:
    return text == words or text.startswith((f"{words};", f"{words} "))


def _value(text: str) -> tuple[Any, str | None]:
    """(the JSON value at the start of a text, what follows); None for what follows when there is no value."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None, None
    return value, text[end:]


def bracketed(label: str, name: int | str, said: list[str]) -> str:
    """A label with its code or name, and what else is said of it."""
    return f"{label} [{'; '.join([json.dumps(name, ensure_ascii=False), *said])}]"


def read_bracketed(text: str, names: Mapping[str, str]) -> tuple[str, int | str, dict[str, Any]] | None:
    """(label, code or name, fields), None when no such bracket ends the text."""
    if not text.endswith("]"):
        return None
    start = text.rfind(" [")
    for _ in range(100):
        if start < 0:
            return None
        name, rest = _value(text[start + 2 : -1])
        if rest is not None and not isinstance(name, bool) and isinstance(name, int | str):
            said = {} if not rest else read_terms(rest[2:], names) if rest.startswith("; ") and rest[2:] else None
            if said is not None:
                return text[:start], name, said
        start = text.rfind(" [", 0, start)
    return None
