"""Codebook: what the columns of a data set mean.

The layout on disk is one JSON object: id, title, variables, and whatever else the source says (licence, population,
years, weight, caveats …). Keys this program does not know are kept and written back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from populace.errors import DataError
from populace.survey.instrument import Instrument
from populace.survey.names import RESPONDENT_ID, did_you_mean, shown
from populace.survey.question import Item, NumericRange
from populace.survey.scale import Option, option_problem

TYPES = ("single", "ordinal", "multi_item", "numeric", "text")
#: types whose answers are codes of options
CLOSED = ("single", "ordinal", "multi_item")
ROLES = ("question", "background", "weight", "design", "id")

_KNOWN = ("name", "text", "type", "options", "role", "battery", "stem", "item")
#: keys of the codebook that name columns of the sampling design, see `populace.data.design`
_DESIGN_KEYS = ("weight", "strata", "cluster", "fpc", "calibration")
_OPTION_KEYS = ("code", "label", "missing", "exclusive", "off_scale")


@dataclass(frozen=True)
class Variable:
    """One column: its wording, its type and its options. Raises `DataError` when it breaks a rule."""

    #: name of the column
    name: str
    #: full wording
    text: str
    #: one of `TYPES`
    type: str
    #: options in the order of the scale (missing and off-scale ones last), empty for numeric and text
    options: tuple[Option, ...] = ()
    #: one of `ROLES`
    role: str = "question"
    #: id shared by the rows of one battery
    battery: str | None = None
    #: common wording of the battery
    stem: str | None = None
    #: the row's own wording
    item: str | None = None
    #: keys of the source that this program does not use, kept as they are
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))
        problem = _variable_problem(self)
        if problem:
            raise DataError(f"variable {shown(self.name)}: {problem}")

    def __hash__(self) -> int:
        return hash((self.name, self.text, self.type, self.options))

    def __reduce__(self) -> tuple[Any, ...]:
        values = (self.name, self.text, self.type, self.options, self.role, self.battery, self.stem, self.item)
        return (Variable, (*values, dict(self.extra)))

    @property
    def closed(self) -> bool:
        """Are the answers codes of options?"""
        return self.type in CLOSED

    @property
    def codes(self) -> tuple[int | str, ...]:
        """Codes of the options, in their order."""
        return tuple(option.code for option in self.options)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the options, in their order."""
        return tuple(option.label for option in self.options)

    @property
    def scale(self) -> tuple[Option, ...]:
        """Options that stand on the scale, in its order: without don't know, refused, and what is off the scale."""
        return tuple(option for option in self.options if not (option.missing or option.off_scale))

    @property
    def scored(self) -> bool:
        """Do the answers have numbers that can be averaged: ordered options, two options, or numbers themselves?"""
        return self.type == "numeric" or (self.closed and (self.type == "ordinal" or len(self.scale) == 2))

    @property
    def short(self) -> str:
        """A few words for tables and charts: the row's wording, the source's label, the wording or the name, cut at 60
        characters."""
        words = " ".join(str(self.item or self.extra.get("label") or self.text or self.name).split())
        return words if len(words) <= 60 else words[:59].rstrip() + "…"

    def to_item(self) -> Item:
        """The variable as something that can be asked."""
        role = "background" if self.role == "background" else "question"
        text = self.text.strip() or self.name
        shared = {"role": role, "battery": self.battery, "stem": self.stem, "item": self.item}
        if self.type == "numeric":
            return Item(self.name, text, numeric=_numeric_range(self.extra), **shared)
        return Item(self.name, text, self.options if self.closed else (), self.type == "ordinal", **shared)

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the layout of codebook.json."""
        content: dict[str, Any] = {"name": self.name, "text": self.text, "stem": self.stem, "item": self.item}
        content |= {"type": self.type, "options": [_option_to_dict(option) for option in self.options]}
        return content | {"battery": self.battery, "role": self.role} | dict(self.extra)


@dataclass(frozen=True)
class Codebook:
    """The variables of a data set. Raises `DataError` when names repeat."""

    #: short name of the data set
    id: str
    #: title for people
    title: str
    #: one per column, in order
    variables: tuple[Variable, ...]
    #: keys of the source that this program does not use (and "weight", "years", "country"), kept as they are
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "extra", MappingProxyType(dict(self.extra)))
        if len(self._by_name) < len(self.variables):
            names = [variable.name for variable in self.variables]
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"codebook {self.id!r}: variable {twice!r} stands twice; expected unique names: rename one")
        weight = self.weight
        if weight is not None and weight not in self._by_name:
            hint = did_you_mean(weight, self._by_name)
            raise DataError(
                f"codebook {self.id!r}: weight is {weight!r}, which is no variable{hint}; "
                "expected the name of a column: correct it or set it to null"
            )

    def __hash__(self) -> int:
        return hash((self.id, self.variables))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Codebook, (self.id, self.title, self.variables, dict(self.extra)))

    @cached_property
    def _by_name(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    @property
    def weight(self) -> str | None:
        """Name of the weight column, or None."""
        name = self.extra.get("weight")
        return None if name in (None, "", "none") else name

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def variable(self, name: str) -> Variable:
        """The variable of that name; raises `DataError` naming the closest one."""
        if name not in self._by_name:
            hint = did_you_mean(name, self._by_name)
            raise DataError(f"codebook {self.id!r} has no variable {name!r}{hint}: check the name")
        return self._by_name[name]

    def by_role(self, role: str) -> tuple[Variable, ...]:
        """The variables of one role, in order."""
        if role not in ROLES:
            raise DataError(f"role {role!r} is unknown{did_you_mean(role, ROLES)}; expected one of {', '.join(ROLES)}")
        return tuple(variable for variable in self.variables if variable.role == role)

    def keep(self, names: Iterable[str]) -> Codebook:
        """The codebook of these columns only, in the order given; a weight (stratum, …) left out is forgotten."""
        variables = tuple(self.variable(name) for name in names)
        left = {variable.name for variable in variables}
        lost = [key for key in _DESIGN_KEYS if key in self.extra and not _design_columns(self.extra[key]) <= left]
        return replace(self, variables=variables, extra=dict(self.extra) | dict.fromkeys(lost))

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the layout of codebook.json."""
        variables = [variable.to_dict() for variable in self.variables]
        return {"id": self.id, "title": self.title} | dict(self.extra) | {"variables": variables}

    @classmethod
    def from_dict(cls, content: Any, where: str = "codebook") -> Codebook:
        """A codebook from plain data; `where` opens every error message."""
        if not isinstance(content, Mapping) or not isinstance(content.get("variables"), list):
            raise DataError(f"{where}: has no list of 'variables'; expected a codebook as in docs/data.md: add it")
        variables = [_variable_from_dict(variable, where) for variable in content["variables"]]
        extra = {key: value for key, value in content.items() if key not in ("id", "title", "variables")}
        name = str(content.get("id") or where)
        try:
            return cls(name, str(content.get("title") or name), tuple(variables), extra)
        except DataError as problem:
            raise DataError(f"{where}: {problem}") from None

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "codebook") -> Codebook:
        """A codebook from JSON text; `where` opens every error message."""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as problem:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
            raise DataError(f"{where}: not valid JSON ({problem}): correct the file there") from None
        return cls.from_dict(content, where)

    def to_json(self, indent: int | None = 1) -> str:
        """JSON text in the layout of codebook.json."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @classmethod
    def from_instrument(cls, instrument: Instrument) -> Codebook:
        """The codebook of answers to an instrument: respondent_id first, then one variable per item."""
        extra: dict[str, Any] = {"country": instrument.country, "weight": None}
        if instrument.year is not None:
            extra["years"] = [instrument.year]
        variables = (RESPONDENT, *(variable_of(item) for item in instrument.items()))
        return cls(instrument.id, instrument.title, variables, extra)


def variable_of(item: Item) -> Variable:
    """The variable that stores the answers to an item."""
    extra = {}
    if item.numeric is not None:
        limits = item.numeric
        declared = {"minimum": limits.minimum, "maximum": limits.maximum, "unit": limits.unit, "step": limits.step}
        extra = {key: value for key, value in declared.items() if value is not None} | {"integer": item.numeric.integer}
    return Variable(
        item.name, item.text, _type_of(item), item.options, item.role, item.battery, item.stem, item.item, extra
    )


def _design_columns(named: Any) -> set[str]:
    """Columns that a key of the design names."""
    if isinstance(named, Mapping):
        cells = [name for cell in named.get("cells", ()) for name in cell]
        return {*cells, *named.get("numbers", ()), *([named["weight"]] if named.get("weight") else [])}
    return set() if named in (None, "", "none") else {str(named)}


def _type_of(item: Item) -> str:
    if item.numeric:
        return "numeric"
    if not item.options:
        return "text"
    if item.ordinal:
        return "ordinal"
    return "multi_item" if item.battery and {option.code for option in item.options} == {0, 1} else "single"


def _numeric_range(extra: Mapping[str, Any]) -> NumericRange:
    """What the codebook declares about a number; data from elsewhere usually declare nothing."""
    limits = [extra.get(key) if isinstance(extra.get(key), int | float) else None for key in ("minimum", "maximum")]
    unit = extra.get("unit")
    return NumericRange(*limits, unit if isinstance(unit, str) else None, bool(extra.get("integer", True)))


def _variable_problem(variable: Variable) -> str | None:
    if not isinstance(variable.name, str) or not variable.name.strip() or variable.name.startswith("_"):
        return "expected a name that is not empty and does not start with '_' (provenance does): rename it"
    if not isinstance(variable.text, str):
        return f"text is {shown(variable.text)}; expected the wording: write it"
    for key, value, known in (("type", variable.type, TYPES), ("role", variable.role, ROLES)):
        if value not in known:
            return (
                f"{key} is {shown(value)}{did_you_mean(value, known)}; expected one of {', '.join(known)}: correct it"
            )
    if variable.type in CLOSED and not variable.options:
        return f"type {variable.type!r} has no options; expected code and label of each: add them or make it 'text'"
    return option_problem(variable.options)


def _variable_from_dict(content: Any, where: str) -> Variable:
    name = content.get("name") if isinstance(content, Mapping) else None
    if not name:
        raise DataError(f"{where}: {shown(content)} has no 'name'; expected a variable: give it a name and a type")
    for key in ("type", "text"):
        if key not in content:
            raise DataError(f"{where}, variable {shown(name)}: has no {key!r}; every variable needs it: add it")
    extra = {key: value for key, value in content.items() if key not in _KNOWN}
    place = f"{where}, variable {shown(name)}"
    listed = content.get("options") or []
    if not isinstance(listed, list):
        raise DataError(f"{place}: options is {shown(listed)}; expected a list of code and label: rewrite it")
    options = tuple(_option_from_dict(option, place) for option in listed)
    parts = {key: content.get(key) for key in ("battery", "stem", "item")}
    role = content.get("role") or "question"
    try:
        return Variable(name, content["text"] or "", content["type"], options, role, extra=extra, **parts)
    except DataError as problem:
        raise DataError(f"{where}, {problem}") from None


def _option_from_dict(content: Any, place: str) -> Option:
    if not isinstance(content, Mapping) or "code" not in content or "label" not in content:
        raise DataError(f"{place}: option {shown(content)} needs a 'code' and a 'label': add what is not there")
    for key in content:
        if key not in _OPTION_KEYS:
            hint = did_you_mean(key, _OPTION_KEYS)
            raise DataError(
                f"{place}: unknown key {shown(key)}{hint} in option {shown(content['label'])}: rename or remove it"
            )
    flags = {key: bool(content.get(key, False)) for key in _OPTION_KEYS[2:]}
    return Option(content["code"], content["label"], **flags)


def _option_to_dict(option: Option) -> dict[str, Any]:
    content: dict[str, Any] = {"code": option.code, "label": option.label, "missing": option.missing}
    for flag in ("exclusive", "off_scale"):
        if getattr(option, flag):
            content[flag] = True
    return content


#: the first variable of every codebook
RESPONDENT = Variable(RESPONDENT_ID, "Respondent identifier", "text", role="id")
