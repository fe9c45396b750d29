"""What Qualtrics has no field for, kept in its files for us: small objects under the key "Populace".

Every hint is a pair: what the file says without it, and what is meant. It counts only while the file still says the
first of both; whatever is changed in Qualtrics afterwards counts more than we remember. Qualtrics is not known to
mind keys of others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from populace.errors import InstrumentError
from populace.survey.expressions import parse
from populace.survey.flow import (
    Branch,
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
    Shuffle,
)
from populace.survey.formats.native import flags, record
from populace.survey.formats.qsf_raw import mapping
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.question import Question, Skip
from populace.survey.scale import Option

#: the key under which hints stand
KEY = "Populace"

_OPTION = tuple(one.name for one in fields(Option) if one.name != "source")
_ROW = tuple(one.name for one in fields(Row) if one.name != "source")
_MEMBERS = {"options": (Option, _OPTION), "rows": (Row, _ROW)}
#: fields that hold expressions
_CONDITIONS = ("show_if", "valid_if", "when", "value")
_LISTS = (*_MEMBERS, "columns", "skips", "sets", "tasks")
_QUESTION = tuple(one.name for one in fields(Question) if one.name not in (*_LISTS, "name", "source"))
#: fields of columns side by side, which have names of their own
_COLUMN = (*_QUESTION, "name")
_BLOCK = ("id", "title", "randomize", "pick")
_ELEMENT: dict[type[Element], tuple[str, ...]] = {
    Branch: ("when", "title"), Shuffle: ("id", "pick", "even"), Section: ("title",), End: ("kind", "text", "url"),
    Loop: ("id", "randomize", "pick"), Roll: ("low", "high"),
}  # fmt: skip
_INSTRUMENT = ("id", "title", "year", "country", "language", "notes")
_PARTS = {"data": Field, "computed": Computed, "quotas": Quota}

Record = TypeVar("Record", bound=Any)


def hints_of(raw: Any) -> dict[str, Any]:
    """The hints in a part of a file."""
    return mapping(mapping(raw).get(KEY))


# -- reading ---------------------------------------------------------------------------------------------------------


def _changes(record_: Any, hints: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Fields that are meant otherwise than the file says, as long as it says what it said."""
    found = {}
    for name in names:
        pair = hints.get(name)
        if isinstance(pair, list) and len(pair) == 2 and pair[0] == getattr(record_, name):
            found[name] = pair[1]
            if name in _CONDITIONS and pair[1] is not None:
                parse(pair[1])
    return flags(type(record_), found) if found else found


def corrected(record_: Record, hints: Mapping[str, Any], names: Sequence[str]) -> Record:
    """The record as it is meant. Raises `InstrumentError` when a hint cannot be."""
    changes = _changes(record_, hints, names)
    return replace(record_, **changes) if changes else record_


def corrected_question(question: Question, hints: Mapping[str, Any]) -> Question:
    """The question as it is meant."""
    changes = _changes(question, hints, _QUESTION) | _members(question, hints)
    columns = mapping(hints.get("columns"))
    if columns:
        changes["columns"] = tuple(_column(one, mapping(columns.get(one.source or ""))) for one in question.columns)
    pair = hints.get("skips")
    if isinstance(pair, list) and len(pair) == 2 and pair[0] == [asdict(skip) for skip in question.skips]:
        changes["skips"] = _records(Skip, pair[1])
    return replace(question, **changes) if changes else question


def _column(column: Question, hints: Mapping[str, Any]) -> Question:
    changes = _changes(column, hints, _COLUMN) | _members(column, hints)
    return replace(column, **changes) if changes else column


def _members(question: Question, hints: Mapping[str, Any]) -> dict[str, Any]:
    """Options and rows: single fields of some, or other ones altogether."""
    found = {}
    for key, (kind, names) in _MEMBERS.items():
        there, own = getattr(question, key), hints.get(key)
        if isinstance(own, dict):
            found[key] = tuple(corrected(one, mapping(own.get(one.source or "")), names) for one in there)
        elif isinstance(own, list) and len(own) == 2 and own[0] == _plain(there):
            found[key] = _records(kind, own[1])
    return found


def _records(kind: type, content: Any) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise InstrumentError(f"hints hold no list of {kind.__name__}s")
    found = tuple(record(kind, one, "a hint", f"a {kind.__name__.lower()}") for one in content)
    for one in found:
        for name in _CONDITIONS:
            if getattr(one, name, None) is not None:
                parse(getattr(one, name))
    return found


def corrected_block(block: Block, hints: Mapping[str, Any]) -> Block:
    """The block as it is meant."""
    return corrected(block, hints, _BLOCK)


def corrected_element(element: Element, hints: Mapping[str, Any]) -> Element:
    """The step of the flow as it is meant."""
    changes = _changes(element, hints, _ELEMENT.get(type(element), ()))
    if isinstance(element, Loop) and _pair(hints, "rounds", _rounds(element)):
        changes["rounds"] = tuple(_round(one) for one in hints["rounds"][1])
    if isinstance(element, SetData) and _pair(hints, "values", [list(pair) for pair in element.values]):
        changes["values"] = tuple((str(name), str(text)) for name, text in hints["values"][1])
    return replace(element, **changes) if changes else element


def _pair(hints: Mapping[str, Any], name: str, there: Any) -> bool:
    pair = hints.get(name)
    return isinstance(pair, list) and len(pair) == 2 and pair[0] == there and isinstance(pair[1], list)


def _round(content: Any) -> Round:
    known = flags(Round, {"name": content["name"], "show_if": content.get("show_if")})
    if known["show_if"] is not None:
        parse(known["show_if"])
    return Round(str(known["name"]), tuple((str(n), str(t)) for n, t in content["fields"]), known["show_if"])


def corrected_instrument(instrument: Instrument, hints: Mapping[str, Any]) -> Instrument:
    """The instrument as it is meant, its blocks and its flow apart."""
    changes = _changes(instrument, hints, _INSTRUMENT)
    for name, kind in _PARTS.items():
        if _pair(hints, name, [asdict(one) for one in getattr(instrument, name)]):
            changes[name] = _records(kind, hints[name][1])
    return replace(instrument, **changes) if changes else instrument


# -- writing ---------------------------------------------------------------------------------------------------------


def pairs(read: Any, meant: Any, names: Sequence[str]) -> dict[str, Any]:
    """Field -> (what was read, what is meant), where they differ."""
    return {
        name: [getattr(read, name), getattr(meant, name)]
        for name in names
        if getattr(read, name) != getattr(meant, name) or type(getattr(read, name)) is not type(getattr(meant, name))
    }


def question_hints(read: Question, meant: Question, names: Sequence[str] = _QUESTION) -> dict[str, Any]:
    """What makes the question that was read the one that is meant."""
    hints = pairs(read, meant, names)
    for key, (_, own) in _MEMBERS.items():
        there, wanted = getattr(read, key), getattr(meant, key)
        if len(there) != len(wanted):
            hints[key] = [_plain(there), _plain(wanted)]
        elif found := _of_members(there, wanted, own):
            hints[key] = found
    if len(read.columns) == len(meant.columns):
        both = zip(read.columns, meant.columns, strict=True)
        found = {one.source: question_hints(one, other, _COLUMN) for one, other in both}
        hints |= {"columns": {key: own for key, own in found.items() if own}} if any(found.values()) else {}
    if read.skips != meant.skips:
        hints["skips"] = [[asdict(skip) for skip in one.skips] for one in (read, meant)]
    return hints


def _of_members(read: Sequence[Any], meant: Sequence[Any], names: Sequence[str]) -> Any:
    """By the ids that the members have in the file; where they have none, the lists themselves."""
    if any(one.source is None for one in read):
        return [_plain(read), _plain(meant)] if _plain(read) != _plain(meant) else None
    found = {one.source: pairs(one, other, names) for one, other in zip(read, meant, strict=True)}
    return {id: own for id, own in found.items() if own}


def block_hints(read: Block, meant: Block) -> dict[str, Any]:
    """What makes the block that was read the one that is meant, its questions apart."""
    return pairs(read, meant, _BLOCK)


def element_hints(read: Element, meant: Element) -> dict[str, Any]:
    """What makes the step that was read the one that is meant, what is within apart."""
    hints = pairs(read, meant, _ELEMENT.get(type(read), ()))
    if isinstance(read, Loop) and isinstance(meant, Loop) and read.rounds != meant.rounds:
        hints["rounds"] = [_rounds(read), _rounds(meant)]
    if isinstance(read, SetData) and isinstance(meant, SetData) and read.values != meant.values:
        hints["values"] = [[list(pair) for pair in one.values] for one in (read, meant)]
    return hints


def instrument_hints(read: Instrument, meant: Instrument) -> dict[str, Any]:
    """What makes the instrument that was read the one that is meant, blocks and flow apart."""
    hints = pairs(read, meant, _INSTRUMENT)
    for name in _PARTS:
        both = [[asdict(one) for one in getattr(instrument, name)] for instrument in (read, meant)]
        hints |= {name: both} if both[0] != both[1] else {}
    return hints


def _plain(members: Sequence[Any]) -> list[dict[str, Any]]:
    """Options or rows as mappings, without what they are called in the file."""
    return [{name: value for name, value in asdict(one).items() if name != "source"} for one in members]


def _rounds(loop: Loop) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "fields": [list(pair) for pair in one.fields], "show_if": one.show_if} for one in loop.rounds
    ]
