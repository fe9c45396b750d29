"""The file format of recorded answers: how a language model, an expert or a survey answered known questions.

One JSON object a line, or a Parquet file with columns of the same names:

    {"text": "Do you own a car?", "options": ["Yes", "No"], "shares": [0.7, 0.3], "source": "model-x", "n": 20}

`options` and `type` are those of `populace predict`; `shares` stand in the order of the options, or by label in an
object; `source` names who answered, model and method together, and `n` how many answers (runs, samples, people) are
behind the shares, 1 unless given. The same question of the same source may come again: runs are pooled by `n`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from populace.errors import InputError
from populace.models.known import plain
from populace.prompts.prompt import Prompt

#: shares may miss one by this much: published figures are rounded
ROUNDING = 0.02
_REQUIRED = ("text", "options", "shares")
_KEYS = (*_REQUIRED, "source", "n", "type", "id", "year")
_OPTION_KEYS = ("label", "missing", "code")
_TYPES = ("single", "ordinal")


@dataclass(frozen=True)
class Record:
    """One question as one source answered it."""

    #: who answered
    source: str
    #: what was asked
    prompt: Prompt
    #: (K,) share of every option, sums to one
    shares: np.ndarray
    #: answers behind the shares
    n: float


class Fault(Exception):
    """What is wrong with one line, without the place."""


def read_records(path: Path, source: str | None = None) -> list[Record]:
    """Read all records; `source` names those that do not say themselves, without it they are refused.

    InputError names file, line, what was expected and the fix.
    """
    records = [made_of(path, line, entry, lambda e: _record(e, source)) for line, entry in entries(Path(path))]
    if not records:
        raise InputError(
            f"{path} has no records; expected one JSON object a line with {', '.join(_REQUIRED)}: add some"
        )
    return records


def made_of(path: Path, line: int, entry: dict[str, Any], make: Any) -> Any:
    """`make(entry)`, with the place put before what is wrong."""
    try:
        return make(entry)
    except Fault as fault:
        raise InputError(f"{path}, line {line:,}: {fault}") from None


def entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered objects of a JSON lines or Parquet file."""
    if path.suffix.lower() == ".parquet":
        yield from enumerate(_parquet_rows(path), start=1)
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text (byte {error.start:,}); expected JSON lines in UTF-8, or a name that ends in "
            ".parquet: save it as such"
        ) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, made_of(path, number, {"line": line}, _parsed)


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import polars as pl

    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as problem:
        raise InputError(f"{path} is not a Parquet file ({problem}); expected one: export it again") from None
    for row in table.iter_rows(named=True):
        yield {key: value for key, value in row.items() if value is not None}


def _parsed(raw: dict[str, str]) -> dict[str, Any]:
    try:
        entry = json.loads(raw["line"])
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        raise Fault(f"not valid JSON ({reason}); expected one object on one line: correct the line") from None
    if not isinstance(entry, dict):
        raise Fault(f"found {type(entry).__name__}; expected an object {{…}}: correct the line")
    return entry


def check_keys(entry: Mapping[str, Any], required: Sequence[str], known: Sequence[str]) -> None:
    """Refuse keys that nobody knows, and entries that lack one."""
    strange = [key for key in entry if key not in known]
    if strange:
        raise Fault(f"key {strange[0]!r} is unknown; expected {', '.join(known)}: rename or remove it")
    lacking = [key for key in required if key not in entry]
    if lacking:
        raise Fault(f"{lacking[0]!r} is missing; expected {', '.join(required)} in every line: add it")


def _record(entry: dict[str, Any], source: str | None) -> Record:
    check_keys(entry, _REQUIRED, _KEYS)
    text, kind, name = entry["text"], entry.get("type", "single"), entry.get("source", source)
    if not isinstance(text, str) or not text.strip():
        raise Fault(f"text is {text!r}; expected the wording of the question: write what was asked")
    if kind not in _TYPES:
        raise Fault(f"type is {kind!r}; expected 'single' or 'ordinal': change it")
    if not isinstance(name, str) or not name.strip():
        raise Fault(f"source is {name!r}; expected a name such as 'model-x persona': say who answered")
    labels, missing = _options(entry["options"])
    shares = shares_of(entry["shares"], labels)
    return Record(name, Prompt(text, labels, kind == "ordinal", missing), shares / shares.sum(), size_of(entry))


def _options(options: object) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    if not isinstance(options, list) or len(options) < 2:
        raise Fault(f"options are {options!r}; expected a list of two or more: list all that could be answered")
    found = [({"label": option} if isinstance(option, str) else option) for option in options]
    for option in found:
        if not isinstance(option, dict) or not isinstance(option.get("label"), str) or set(option) - {*_OPTION_KEYS}:
            raise Fault(f"option {option!r} cannot be read; expected a label, or {{'label': …, 'missing': true}}")
    return tuple(option["label"] for option in found), tuple(option.get("missing") is True for option in found)


def shares_of(shares: object, labels: Sequence[str], optional: Sequence[str] = ()) -> np.ndarray:
    """(K,) shares from a list in the order of labels, or from an object by label; they must sum to one.

    Labels are compared without case and punctuation; those in `optional` may be left out and get 0.
    """
    values = _by_label(shares, labels, optional) if isinstance(shares, dict) else shares
    if not isinstance(values, list) or len(values) != len(labels):
        found = f"{len(values)} shares" if isinstance(values, list) else f"shares {values!r}"
        raise Fault(f"{found} for {len(labels)} options; expected one share per option, in their order or by label")
    for label, value in zip(labels, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise Fault(f"share of {label!r} is {value!r}; expected a number between 0 and 1: correct it")
    total = float(sum(values))
    if abs(total - 1) > ROUNDING:
        hint = "divide percentages by 100" if abs(total - 100) < 100 * ROUNDING else "correct or complete them"
        raise Fault(f"shares sum to {total:g}; expected 1 within {ROUNDING:g}: {hint}")
    return np.array(values, float)


def _by_label(shares: dict[str, Any], labels: Sequence[str], optional: Sequence[str]) -> list[Any]:
    given = {plain(label): value for label, value in shares.items()}
    wanted = [plain(label) for label in labels]
    if len(set(wanted)) < len(wanted):
        raise Fault("two options have the same label, so that shares by label are unclear: give a list of shares")
    strange = [label for label in shares if plain(label) not in wanted]
    if strange:
        raise Fault(f"option {strange[0]!r} is none of {', '.join(map(repr, labels))}: write the label as it is asked")
    if len(given) < len(shares):
        raise Fault("two labels of shares are the same but for case or punctuation: keep one")
    left = [label for label, key in zip(labels, wanted, strict=True) if key not in given and label not in optional]
    if left:
        raise Fault(f"option {left[0]!r} has no share; expected one for every option: add it, 0 if nobody chose it")
    return [given.get(key, 0.0) for key in wanted]


def size_of(entry: Mapping[str, Any], otherwise: float = 1.0) -> float:
    """`n` of an entry: how many answers are behind its shares."""
    n = entry.get("n", otherwise)
    if isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) or n <= 0:
        raise Fault(
            f"n is {n!r}; expected the number of answers behind the shares, above 0: correct it or leave it away"
        )
    return float(n)
