"""Conditions: who is meant by some answers to a question, in filters and in groups of derived variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from populace.analysis.breakdown import option_place
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import did_you_mean, shown

#: keys of a condition that is a mapping
KEYS = ("from", "to", "not")
_ONE = {"type": ["string", "number", "boolean"]}
_RANGE = {key: {"type": "number"} for key in ("from", "to")}
_ANSWERS = {"anyOf": [_ONE, {"type": "array", "items": _ONE, "minItems": 1}]}
#: JSON Schema of a condition: an option or number, a list of them, a range of numbers, or what it is not
CONDITION: dict[str, Any] = {
    "anyOf": [
        *_ANSWERS["anyOf"],
        {"type": "object", "properties": _RANGE, "additionalProperties": False, "minProperties": 1},
        {"type": "object", "properties": {"not": _ANSWERS}, "additionalProperties": False, "minProperties": 1},
    ]
}
#: JSON Schema of a filter: variable -> condition, all of which must hold
FILTER: dict[str, Any] = {"type": "object", "additionalProperties": CONDITION, "minProperties": 1}


def kept_by(data: DataSet, condition: Mapping[str, Any]) -> np.ndarray:
    """(n,) True for the interviews that meet all conditions; raises `DataError` where there is none."""
    kept = np.ones(data.n, dtype=bool)
    for name, wanted in condition.items():
        kept &= answered(data, name, wanted)
    if not kept.any():
        raise DataError(
            f"filter {shown(dict(condition))} leaves none of {data.n:,} interviews; expected some: check the options"
        )
    return kept


def answered(data: DataSet, name: str, wanted: Any) -> np.ndarray:
    """(n,) True where the answer to a question is one of those wanted; no answer is never one.

    wanted: an option (code or label) or a number, a list of them, {from, to} (numbers, both ends included), {not: …}.
    """
    if isinstance(wanted, Mapping):
        return _by_mapping(data, name, wanted)
    several = wanted if isinstance(wanted, list) else [wanted]
    variable = data.codebook.variable(name)
    if variable.closed:
        return np.isin(data.positions(name), [option_place(variable, one) for one in several])
    if variable.type == "numeric":
        return np.isin(data.values(name), [_number(one, name) for one in several])
    return data.codes(name).is_in([str(one) for one in several]).fill_null(False).to_numpy()


def _by_mapping(data: DataSet, name: str, wanted: Mapping[str, Any]) -> np.ndarray:
    unknown = next((key for key in wanted if key not in KEYS), None)
    if unknown is not None or not wanted or ("not" in wanted and len(wanted) > 1):
        raise DataError(
            f"condition on {name!r} is {shown(dict(wanted))}{did_you_mean(unknown, KEYS)}; expected options, from and "
            "to, or not: correct it"
        )
    if "not" in wanted:
        return data.codes(name).is_not_null().to_numpy() & ~answered(data, name, wanted["not"])
    return _in_range(data, name, wanted)


def _in_range(data: DataSet, name: str, wanted: Mapping[str, Any]) -> np.ndarray:
    variable = data.codebook.variable(name)
    if variable.type != "numeric":
        raise DataError(
            f"variable {name!r} has options; expected them in a list, since from and to are for numbers: list them"
        )
    values = data.values(name)
    low, high = (_number(wanted.get(key, end), name) for key, end in (("from", -np.inf), ("to", np.inf)))
    # comparisons with NaN, no answer, are false
    return (values >= low) & (values <= high)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"variable {name!r} holds numbers and is compared with {shown(value)}; expected a number")
    return float(value)
