"""The JSON Schema (2020-12) of a specification, for editors and other programs; made from the functions themselves.

`analysis.schema.json` beside this file is what `schema()` gives; a test compares the two.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from populace.analysis import ANALYSES
from populace.analysis.export.disclosure import Disclosure
from populace.app.analysis_spec.conditions import CONDITION, FILTER
from populace.app.analysis_spec.kinds import GROUPING, PATTERNED, WEIGHTING, arguments_of, purpose, takes
from populace.app.analysis_spec.values import schema_of

#: design of the data set -> what it names
DESIGN = {
    "weight": "column of weights; null: no weights",
    "strata": "column of strata",
    "cluster": "column of clusters",
    "fpc": "column of population sizes",
    "lonely": "what to do with strata of one cluster: adjust, average, certainty or refuse",
}
#: keys of a derived variable
DERIVED: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "minLength": 1},
    "from": {"type": "string"},
    "text": {"type": "string"},
    "groups": {"type": "object", "additionalProperties": CONDITION, "minProperties": 1},
}
#: facts about the study that data cannot know
ABOUT = tuple(
    field.name
    for field in fields(Disclosure)
    if field.type == "str" and field.name not in ("title", "kind", "weighting", "content_hash")
)
_TEXT = {"type": "string"}
_PATH = {"type": "string", "description": "path of a file, seen from the folder of the specification"}
#: offers whose shares a conjoint simulates: name -> attribute -> level or number
OFFERS = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
    "minProperties": 2,
}


def top_keys() -> dict[str, dict[str, Any]]:
    """Keys of a specification with the schema of each."""
    return {
        "title": _TEXT | {"minLength": 1},
        "subtitle": _TEXT,
        "about": _record(dict.fromkeys(ABOUT, _TEXT) | {"limits": {"type": "array", "items": _TEXT}}),
        "design": _record({name: {"type": ["string", "null"], "description": words} for name, words in DESIGN.items()}),
        "derive": {"type": "array", "items": _record(DERIVED, ("name", "from", "groups"))},
        "filter": FILTER,
        "weighting": {"type": "object"},
        "choices": _PATH,
        "defaults": {"type": "object"},
        "analyses": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    }


def analysis_keys(kind: str) -> dict[str, dict[str, Any]]:
    """Keys of an analysis of this kind, its arguments last, with the schema of each."""
    keys: dict[str, dict[str, Any]] = {"name": _TEXT | {"minLength": 1}, "kind": {"const": kind}, "filter": FILTER}
    if takes(kind, "choices"):
        keys["choices"] = _PATH
    if kind in GROUPING:
        keys["save_as"] = _TEXT | {"minLength": 1, "description": "name of the variable that the groups become"}
    if kind == "conjoint":
        keys["offers"] = OFFERS
        keys["rule"] = {"enum": ["preference", "first"], "type": "string"}
    return keys | argument_keys(kind)


def argument_keys(kind: str) -> dict[str, dict[str, Any]]:
    """Arguments of a kind with the schema of each."""
    keys = {name: schema_of(argument.hint) for name, argument in arguments_of(kind).items()}
    return {name: _named(key) if name in PATTERNED else key for name, key in keys.items()}


def _named(key: dict[str, Any]) -> dict[str, Any]:
    """The schema with one name (a question, a pattern, a battery) allowed where a list of names is."""
    if "anyOf" in key:
        return {"anyOf": [*map(_named, key["anyOf"])]}
    if key.get("type") == "object" and key.get("additionalProperties"):
        return key | {"additionalProperties": _named(key["additionalProperties"])}
    return {"anyOf": [key, {"type": "string"}]} if key.get("items") == {"type": "string"} else key


def needed_keys(kind: str) -> tuple[str, ...]:
    """Arguments that have no value of their own."""
    return tuple(name for name, argument in arguments_of(kind).items() if argument.needed)


def schema() -> dict[str, Any]:
    """The whole schema."""
    keys = top_keys()
    keys["weighting"] = _by_kind(
        WEIGHTING, {kind: {"kind": {"const": kind}} | argument_keys(kind) for kind in WEIGHTING}
    )
    keys["analyses"]["items"] = _by_kind(tuple(ANALYSES), {kind: analysis_keys(kind) for kind in ANALYSES}, ("name",))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Specification of populace analyze",
    }
    return head | _record(keys, ("analyses",))


def _by_kind(
    kinds: tuple[str, ...], keys: dict[str, dict[str, dict[str, Any]]], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A mapping whose other keys depend on its kind."""
    cases = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": _record(keys[kind], (*needed, *needed_keys(kind))) | {"description": purpose(kind)},
        }
        for kind in kinds
    ]
    return {"type": "object", "properties": {"kind": {"enum": list(kinds)}}, "required": ["kind"], "allOf": cases}


def _record(keys: dict[str, dict[str, Any]], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": keys, "additionalProperties": False}
    return found | ({"required": list(needed)} if needed else {})
