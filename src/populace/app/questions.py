"""The two line formats of `populace predict`: questions in, distributions out.

One JSON object a line, so that other programs can be written against it:

    in   {"id": "q1", "text": "…", "options": ["Yes", "No"], "type": "single", "year": 2024}
    out  {"id": "q1", "distribution": [0.6, 0.4], "low": [0.5, 0.3], "high": [0.7, 0.5]}

An option is a label, or an object with `label` and, for don't know and the like, `missing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from populace.errors import InputError
from populace.models.base import Prediction
from populace.prompts.prompt import Prompt
from populace.survey.names import did_you_mean, listed

TYPES = ("single", "ordinal")
_REQUIRED = ("id", "text", "options", "type")
_KEYS = (*_REQUIRED, "year")
#: `code` is allowed so that options can be pasted from an instrument or a codebook; a model never sees it
_OPTION_KEYS = ("label", "missing", "code")
_YEARS = range(1900, 2101)


@dataclass(frozen=True)
class Asked:
    """One line of the questions file."""

    #: the caller's name for the question, given back as it came
    id: str | int
    #: what the model is asked
    prompt: Prompt


class _Fault(Exception):
    """What is wrong with one line, without the place."""


def read_questions(path: Path) -> list[Asked]:
    """Read all questions; InputError names the file, the line, what was expected and the fix."""
    asked: list[Asked] = []
    lines_of: dict[str, int] = {}
    faults: list[str] = []
    for number, line in _lines(path):
        try:
            one = _question(line)
            first = lines_of.setdefault(str(one.id), number)
            if first != number:
                raise _Fault(f"id {one.id!r} was used on line {first}; expected every id once: rename one of the two")
            asked.append(one)
        except _Fault as fault:
            faults.append(f"{path}, line {number}: {fault}")
    if faults:
        more = f" ({len(faults) - 1:,} more lines are wrong)" if len(faults) > 1 else ""
        raise InputError(faults[0] + more)
    if not asked:
        raise InputError(
            f"{path} has no questions; expected one JSON object a line with {', '.join(_REQUIRED)}: add some"
        )
    return asked


def prediction_lines(asked: Iterable[Asked], predictions: Iterable[Prediction]) -> Iterator[str]:
    """The lines of the answer file, in the order of the questions."""
    for one, found in zip(asked, predictions, strict=True):
        numbers = {name: _rounded(getattr(found, name)) for name in ("distribution", "low", "high")}
        if found.people is not None:
            numbers["people"] = round(float(found.people), 2)
        doubt = {"do_not_use": bool(found.do_not_use)}
        yield json.dumps({"id": one.id, **numbers, **doubt}, ensure_ascii=False, allow_nan=False)


def _rounded(values: Iterable[float]) -> list[float]:
    # eight digits: far finer than any interval, and sums still come to one
    return [round(float(value), 8) for value in values]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text (byte {error.start:,}); expected JSON lines in UTF-8: save it again as such"
        ) from None
    # not splitlines(): a wording may hold a line separator character that is no end of line to JSON
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _question(line: str) -> Asked:
    entry = _parsed(line)
    _check_keys(entry)
    name, text, kind = entry["id"], entry["text"], entry["type"]
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise _Fault(f"id is {name!r}; expected a word or a whole number: give the question one")
    if not isinstance(text, str) or not text.strip():
        raise _Fault(
            f"text of {name!r} is {text!r}; expected the wording of the question as a string: write what is asked"
        )
    if kind not in TYPES:
        hint = did_you_mean(kind, TYPES)
        raise _Fault(f"type of {name!r} is {kind!r}{hint}; expected 'single' or 'ordinal': change it")
    labels, missing = _options(name, entry["options"])
    return Asked(name, Prompt(text, labels, kind == "ordinal", missing, _year(name, entry.get("year"))))


def _year(name: str | int, year: object) -> int | None:
    # 2016.0 is how tables with gaps write 2016
    whole = int(year) if isinstance(year, float) and year.is_integer() else year
    if whole is not None and (isinstance(whole, bool) or not isinstance(whole, int) or whole not in _YEARS):
        raise _Fault(f"year of {name!r} is {year!r}; expected a whole number such as 2024: correct it or leave it away")
    return whole


def _parsed(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line, object_pairs_hook=_no_repeats)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        raise _Fault(f"not valid JSON ({reason}); expected one object on one line: correct the line") from None
    if not isinstance(entry, dict):
        raise _Fault(
            f"found {type(entry).__name__}; expected an object {{…}} with {', '.join(_REQUIRED)}: correct the line"
        )
    return entry


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Fault(f"key {twice!r} stands there twice; expected every key once: remove one")
    return entry


def _check_keys(entry: dict[str, Any]) -> None:
    for key in entry:
        if key not in _KEYS:
            raise _Fault(
                f"key {key!r} is unknown{did_you_mean(key, _KEYS)}; expected {', '.join(_KEYS)}: rename or remove it"
            )
    lacking = [key for key in _REQUIRED if key not in entry]
    if lacking:
        raise _Fault(f"{listed(lacking)} is missing; expected {', '.join(_REQUIRED)} in every line: add it")


def _options(name: str | int, options: object) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Labels and missing flags. Labels may repeat: published codebooks do so, and an answer is told by its place."""
    if not isinstance(options, list) or len(options) < 2:
        found = f"{len(options)} option(s)" if isinstance(options, list) else f"{options!r}"
        raise _Fault(
            f"options of {name!r}: found {found}; expected a list of two or more: list all that can be answered"
        )
    pairs = [_option(name, place, option) for place, option in enumerate(options, start=1)]
    return tuple(label for label, _ in pairs), tuple(missing for _, missing in pairs)


def _option(name: str | int, place: int, option: object) -> tuple[str, bool]:
    where = f"option {place} of {name!r}"
    entry = {"label": option} if isinstance(option, str) else option
    if not isinstance(entry, dict):
        raise _Fault(f"{where} is {option!r}; expected a string, or an object with 'label': put it in quotes")
    for key in entry:
        if key not in _OPTION_KEYS:
            hint = did_you_mean(key, _OPTION_KEYS)
            raise _Fault(
                f"{where}: key {key!r} is unknown{hint}; expected {', '.join(_OPTION_KEYS)}: rename or remove it"
            )
    label, missing = entry.get("label"), entry.get("missing", False)
    if not isinstance(label, str) or not label.strip():
        raise _Fault(f"{where}: label is {label!r}; expected words: give it a label")
    if not isinstance(missing, bool):
        raise _Fault(f"{where}: missing is {missing!r}; expected true or false: correct it")
    return label, missing
