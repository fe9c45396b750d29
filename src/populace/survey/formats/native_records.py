"""Mappings from files as records: known keys only, all that is needed, each of its kind; errors say where."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from populace.errors import InstrumentError
from populace.survey.names import did_you_mean, shown


@cache
def keys_of(record: type) -> dict[str, bool]:
    """Keys of a record's mapping, each with whether it must be there."""
    missing = dataclasses.MISSING
    return {f.name: f.default is missing and f.default_factory is missing for f in dataclasses.fields(record)}


def called(what: str, content: Any, key: str, number: int) -> str:
    """Words that say which one is meant: by its name when it has one, else by its number."""
    name = content.get(key) if isinstance(content, Mapping) else None
    return f"{what} {shown(name)}" if name else f"{what} number {number}"


def record(kind: type, content: Any, where: str, what: str) -> Any:
    """A record without records in it, from the mapping of its fields."""
    fields = flags(kind, dict(mapping(content, where, what, keys_of(kind))), f"{where}: ")
    tuples = [name for name in _typed(kind, "tuple") if name in fields]
    return kind(**fields | {name: tuple(sequence(fields[name], where, name)) for name in tuples})


def flags(kind: type, fields: dict[str, Any], start: str = "") -> dict[str, Any]:
    """These fields of a record, its flags proven to be true or false, and its words to be words."""
    for name in _typed(kind, "bool"):
        if name in fields and not isinstance(fields[name], bool):
            raise InstrumentError(f"{start}{name} is {shown(fields[name])}; expected true or false: correct it")
    for name in _typed(kind, "str | None"):
        if fields.get(name) is not None and not _is_words(name, fields[name]):
            raise InstrumentError(
                f"{start}{name} is {shown(fields[name])}; expected words: write it out or leave it away"
            )
    return fields


@cache
def _typed(kind: type, start: str) -> tuple[str, ...]:
    """Fields of a record whose declared type begins so; asked once per kind, for records come by the thousand."""
    return tuple(entry.name for entry in dataclasses.fields(kind) if entry.type.startswith(start))


def _is_words(name: str, value: Any) -> bool:
    """Texts may be empty, conditions may not."""
    return isinstance(value, str) and (bool(value.strip()) or name not in ("show_if", "when"))


def mapping(content: Any, where: str, what: str, keys: Mapping[str, bool]) -> Mapping[str, Any]:
    """`content` if it is a mapping with known keys only and all that must be there."""
    if not isinstance(content, Mapping):
        wanted = ", ".join(key for key, needed in keys.items() if needed)
        raise InstrumentError(f"{where}: {shown(content)} is not {what}; expected a mapping with {wanted}: rewrite it")
    for key in content:
        if key not in keys:
            hint = did_you_mean(key, keys)
            known = ", ".join(keys)
            raise InstrumentError(
                f"{where}: unknown key {shown(key)}{hint}; {what} may have {known}: rename or remove it"
            )
    for key, needed in keys.items():
        if needed and key not in content:
            raise InstrumentError(f"{where}: has no {key!r}; {what} needs it: add it")
    return content


def sequence(content: Any, where: str, what: str) -> list[Any]:
    if not isinstance(content, list | tuple):
        start = f"{where}: " if where else ""
        raise InstrumentError(f"{start}{what!r} is {shown(content)}; expected a list: rewrite it")
    return list(content)


@contextmanager
def placed(where: str) -> Iterator[None]:
    """Put the place in front of errors raised by the records themselves."""
    try:
        yield
    except InstrumentError as problem:
        joint = ", " if str(problem).startswith(("block ", "question ")) else ": "
        raise InstrumentError(f"{where}{joint}{problem}") from None


def short(name: Any, where: str) -> str:
    """A short name; YAML makes numbers of 1, 2, …"""
    if isinstance(name, bool) or not isinstance(name, int | str):
        raise InstrumentError(f"{where}: name is {shown(name)}; expected a short word or a whole number: correct it")
    return str(name)
