"""Values of arguments: what one may look like in a file (as JSON Schema, from its type), and the Python value it stands
for."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from populace.analysis.breakdown import Breakdown
from populace.data.design import Margin
from populace.errors import InputError
from populace.survey.audience import Audience, audience
from populace.survey.names import did_you_mean, shown

#: margins and totals may be nested, one level a variable that is crossed
MARGIN = {"type": "object", "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "object"}]}}
_PLAIN = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Audience: {"type": "string", "description": "name of an audience, or the path of its file"},
    np.ndarray: {"type": "string", "description": "an earlier segmentation by its name, or a closed variable"},
}
#: words for the types of JSON Schema
_WORDS = {
    "string": "a word",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
    "array": "a list",
    "object": "a mapping",
}
_LISTS = (collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable, list, tuple)


def schema_of(hint: Any) -> dict[str, Any]:
    """JSON Schema of the values that an argument of this type may have in a file."""
    if hint in (Any, Margin):
        return {} if hint is Any else MARGIN
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if hint is Breakdown:
        return _breakdown_schema()
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in inside]}
    if origin is tuple and inside[-1] is not Ellipsis:
        items = [schema_of(one) for one in inside]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin in _LISTS:
        return {"type": "array", "items": schema_of(inside[0])}
    if origin is collections.abc.Mapping:
        return {"type": "object", "additionalProperties": schema_of(inside[1])}
    raise TypeError(f"no form in a file for values of type {hint}")


def _breakdown_schema() -> dict[str, Any]:
    hints = typing.get_type_hints(Breakdown)
    properties = {field.name: schema_of(hints[field.name]) for field in dataclasses.fields(Breakdown)}
    properties["question"] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    return {"type": "object", "properties": properties, "required": ["question"], "additionalProperties": False}


def check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """Refuse a value that the schema does not allow; the message opens with `where`."""
    if _validator(_frozen(schema)).is_valid(value):
        return
    _refuse_unknown_parts(value, schema, where)
    raise InputError(f"{where} is {shown(value)}; expected {' or '.join(in_words(schema))}: correct it")


def _refuse_unknown_parts(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """The unknown key of a mapping inside a list is named, where that is what is wrong."""
    inner = next((one for one in _objects(schema) if "properties" in one), None)
    for part in value if isinstance(value, list) else [value]:
        if inner is None or not isinstance(part, Mapping):
            continue
        for key in part:
            if key not in inner["properties"]:
                hint = did_you_mean(key, inner["properties"])
                known = ", ".join(inner["properties"])
                raise InputError(f"{where}: unknown key {shown(key)}{hint}; expected {known}: rename or remove it")


def _objects(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schema and those inside it, lists and alternatives."""
    inside = [*schema.get("anyOf", ()), *([schema["items"]] if schema.get("items") else [])]
    return [schema, *(found for one in inside for found in _objects(one))]


def in_words(schema: Mapping[str, Any]) -> list[str]:
    """What a schema allows, in words, alternatives apart."""
    if "anyOf" in schema:
        return list(dict.fromkeys(words for one in schema["anyOf"] for words in in_words(one)))
    if not schema:
        return ["anything"]
    words = schema.get("description") or _WORDS[schema["type"]]
    if schema["type"] == "array" and "prefixItems" in schema:
        return [f"{words} of {len(schema['prefixItems'])}"]
    if schema["type"] == "array" and schema.get("items"):
        return [f"{words} of {' or '.join(one.split(' ', 1)[-1] for one in in_words(schema['items']))}s"]
    return [words]


@cache
def _validator(schema: str) -> Any:
    import json

    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(schema))


def _frozen(schema: Mapping[str, Any]) -> str:
    import json

    return json.dumps(schema, sort_keys=True)


def python_value(value: Any, hint: Any) -> Any:
    """The Python value that a checked value of a file stands for: breakdowns, tuples, margins, audiences."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return python_value(value, _fitting(value, inside))
    if hint is Breakdown:
        question = value["question"]
        return Breakdown(**value | {"question": question if isinstance(question, str) else tuple(question)})
    if hint is Audience:
        return audience(value)
    if hint == Margin:
        return dict(_flat(value))
    if origin is tuple:
        return tuple(value)
    if origin in _LISTS and isinstance(value, list):
        return [python_value(one, inside[0]) for one in value]
    if origin is collections.abc.Mapping:
        keys = _crossed if tuple[str, ...] in typing.get_args(inside[0]) else lambda key: key
        return {keys(key): python_value(one, inside[1]) for key, one in value.items()}
    return value


def _fitting(value: Any, hints: tuple[Any, ...]) -> Any:
    """The first type that allows the value."""
    return next((one for one in hints if _validator(_frozen(schema_of(one))).is_valid(value)), Any)


def _crossed(key: str) -> str | tuple[str, ...]:
    """'sex x age' names two variables that are crossed."""
    names = tuple(part.strip() for part in str(key).split(" x "))
    return key if len(names) == 1 else names


def _flat(margin: Mapping[Any, Any], before: tuple[Any, ...] = ()) -> typing.Iterator[tuple[Any, float]]:
    """Cells of a nested margin: {Man: {young: .2, old: .3}} has the cells (Man, young) and (Man, old)."""
    for key, total in margin.items():
        if isinstance(total, Mapping):
            yield from _flat(total, (*before, key))
        else:
            yield ((*before, key) if before else key), total
