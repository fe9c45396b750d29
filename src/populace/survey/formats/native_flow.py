"""The flow of an instrument, and the data beside its questions, from the mappings of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from populace.errors import InstrumentError
from populace.survey.flow import (
    MOST_LEVELS,
    Branch,
    CheckQuota,
    Computed,
    Element,
    End,
    Field,
    Loop,
    Quota,
    Roll,
    Round,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)
from populace.survey.formats.native_records import called, flags, keys_of, mapping, record, sequence, short
from populace.survey.names import did_you_mean, shown


def flow(content: Any, level: int = 0) -> tuple[Element, ...]:
    """The elements of a flow, each a mapping with its kind as the one key."""
    if level > MOST_LEVELS:
        raise InstrumentError(f"flow is nested more than {MOST_LEVELS} deep; expected fewer levels: flatten it")
    return tuple(_element(one, number, level) for number, one in enumerate(sequence(content, "", "a flow"), 1))


def _element(content: Any, number: int, level: int) -> Element:
    where = f"flow, step {number}"
    if not isinstance(content, Mapping) or len(content) != 1:
        raise InstrumentError(f"{where} is {shown(content)}; expected one of {', '.join(_ELEMENTS)} with what it takes")
    ((key, value),) = content.items()
    if key not in _ELEMENTS:
        raise InstrumentError(
            f"{where}: unknown step {shown(key)}{did_you_mean(key, _ELEMENTS)}; expected one of {', '.join(_ELEMENTS)}"
        )
    kind = _ELEMENTS[key]
    if kind in (ShowBlock, CheckQuota):
        if not isinstance(value, str):
            raise InstrumentError(f"{where}: {key} is {shown(value)}; expected the name of a {key}: write it")
        return kind(value)
    if kind is SetData:
        return SetData(_pairs(value, where))
    fields = dict(mapping(value, where, f"a {key}", keys_of(kind)))
    for name in ("then", "otherwise", "flow", "members"):
        if name in fields:
            fields[name] = flow(fields[name], level + 1)
    if "rounds" in fields:
        fields["rounds"] = tuple(_round(one, n) for n, one in enumerate(sequence(fields["rounds"], where, "rounds"), 1))
    return kind(**flags(kind, fields, f"{where}: "))


def _round(content: Any, number: int) -> Round:
    where = f"round number {number}"
    fields = flags(Round, dict(mapping(content, where, "a round", keys_of(Round))), f"{where}: ")
    return Round(short(fields["name"], where), _pairs(fields.get("fields", {}), "fields"), fields.get("show_if"))


def _pairs(content: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(content, Mapping) or not all(isinstance(text, str) for text in content.values()):
        raise InstrumentError(f"{where}: {shown(content)} is no list of names and texts: put numbers in quotes")
    return tuple(content.items())


def _each(kind: type, what: str) -> Callable[[Any], tuple[Any, ...]]:
    """Reads a list of records."""
    return lambda content: tuple(
        record(kind, one, called(what, one, "name", number), f"a {what}")
        for number, one in enumerate(sequence(content, "", what), 1)
    )


def _translations(content: Any) -> dict[str, dict[str, str]]:
    if not isinstance(content, Mapping):
        raise InstrumentError(f"translations is {shown(content)}; expected languages with their texts: rewrite it")
    return {language: dict(_pairs(texts, f"translations, {shown(language)}")) for language, texts in content.items()}


_ELEMENTS = {kind.KEY: kind for kind in (ShowBlock, Branch, Shuffle, Section, SetData, Roll, Loop, CheckQuota, End)}
#: how the parts of an instrument beside its blocks are read
PARTS: dict[str, Callable[[Any], Any]] = {
    "flow": flow,
    "data": _each(Field, "field"),
    "computed": _each(Computed, "computed value"),
    "quotas": _each(Quota, "quota"),
    "translations": _translations,
}
