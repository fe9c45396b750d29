"""The specification of an analysis as records, read from a mapping or a YAML or JSON file.

Everything that can be wrong without looking at the data is refused here: unknown keys by name with the closest known
one, kinds, arguments that are not there, values of another type. docs/analyze.md describes the layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from populace.analysis import ANALYSES
from populace.app.analysis_spec import schema
from populace.app.analysis_spec.kinds import WEIGHTING, arguments_of, closest
from populace.app.analysis_spec.values import check, python_value
from populace.errors import InputError, InstrumentError
from populace.survey.formats import native
from populace.survey.names import did_you_mean, shown


@dataclass(frozen=True)
class Derived:
    """A variable made of another: its answers in groups."""

    #: name of the new variable
    name: str
    #: the variable it is made of
    source: str
    #: name of each group -> condition on the source
    groups: Mapping[str, Any]
    #: its wording
    text: str = ""


@dataclass(frozen=True)
class Asked:
    """One analysis that is asked for."""

    #: heading, sheet and slide title
    name: str
    #: name of the function
    kind: str
    #: arguments for the function, Python values
    arguments: Mapping[str, Any]
    #: whom it is about, all when empty
    filter: Mapping[str, Any] = field(default_factory=dict)
    #: file of choice data
    choices: Path | None = None
    #: variable that its groups become
    save_as: str | None = None
    #: offers to simulate, and by which rule
    offers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rule: str = "preference"


@dataclass(frozen=True)
class Spec:
    """What is to be analysed."""

    #: analyses in order
    analyses: tuple[Asked, ...]
    #: title of the report; the data set's where it is empty
    title: str = ""
    subtitle: str = ""
    #: facts for the disclosure
    about: Mapping[str, Any] = field(default_factory=dict)
    #: columns of the sampling design
    design: Mapping[str, str | None] = field(default_factory=dict)
    #: variables to make first
    derive: tuple[Derived, ...] = ()
    #: whom the whole report is about
    filter: Mapping[str, Any] = field(default_factory=dict)
    #: how to weight, before all analyses
    weighting: Asked | None = None


def read_spec(spec: Spec | Mapping[str, Any] | str | Path) -> Spec:
    """A specification from a file (.yaml, .yml, .json) or a mapping. Raises `InputError`."""
    if isinstance(spec, Spec):
        return spec
    if not isinstance(spec, str | Path):
        return from_dict(spec, "specification", Path())
    path = Path(spec)
    try:
        content = native.load(path)
    except InstrumentError as problem:
        raise InputError(str(problem).replace("expected an instrument file", "expected a specification")) from None
    return from_dict(content, str(path), path.parent)


def from_dict(content: Any, where: str, folder: Path) -> Spec:
    """A specification from parsed YAML or JSON; `where` opens every message, `folder` is where its paths start."""
    keys = schema.top_keys()
    _check_keys(content, keys, where, "a specification", ("analyses",))
    for key, value in content.items():
        _check_record(value, keys[key], f"{where}, {key}")
    defaults = _checked_defaults(content, where)
    common = _path(content.get("choices"), folder)
    analyses = tuple(
        _asked(one, f"{where}, {_called(one, number)}", folder, common, defaults)
        for number, one in enumerate(content["analyses"], 1)
    )
    _check_names(analyses, where)
    weighting = _weighting(content.get("weighting"), f"{where}, weighting")
    derive = tuple(
        Derived(one["name"], one["from"], one["groups"], one.get("text", "")) for one in content.get("derive", ())
    )
    plain = {key: content[key] for key in ("title", "subtitle", "about", "design", "filter") if key in content}
    return Spec(analyses, **plain, derive=derive, weighting=weighting)


def _check_record(value: Any, allowed: Mapping[str, Any], where: str) -> None:
    """A value against its schema; a wrong key of a mapping is named, in lists of mappings too."""
    inner = allowed.get("items", {}) if isinstance(value, list) else allowed
    for part in value if isinstance(value, list) else [value]:
        if "properties" in inner and isinstance(part, Mapping):
            place = f"{where} {shown(part['name'])}" if isinstance(part.get("name"), str) else where
            _check_keys(part, inner["properties"], place, "it", tuple(inner.get("required", ())))
            for key, one in part.items():
                check(one, inner["properties"][key], f"{place}: {key}")
    check(value, allowed, where)


def _asked(content: Any, where: str, folder: Path, choices: Path | None, defaults: Mapping[str, Any]) -> Asked:
    kind = _kind(content, where, tuple(ANALYSES))
    keys = schema.analysis_keys(kind)
    _check_keys(content, keys, where, f"an analysis of kind {kind}", ("name", *schema.needed_keys(kind)))
    for key, value in content.items():
        check(value, keys[key], f"{where}: {key}")
    own = _path(content.get("choices"), folder) or choices
    if "choices" not in keys:
        own = None
    elif own is None:
        raise InputError(
            f"{where}: kind {kind} needs choice data; expected the path of a .parquet or .csv file under 'choices', "
            "here or at the top: add it"
        )
    extra = {key: content[key] for key in ("filter", "save_as", "offers", "rule") if key in content}
    return Asked(content["name"], kind, _arguments(kind, defaults | content), choices=own, **extra)


def _weighting(content: Any, where: str) -> Asked | None:
    if content is None:
        return None
    kind = _kind(content, where, WEIGHTING)
    keys = {"kind": {}} | schema.argument_keys(kind)
    _check_keys(content, keys, where, kind, schema.needed_keys(kind))
    for key, value in content.items():
        check(value, keys[key], f"{where}: {key}")
    return Asked("Weighting", kind, _arguments(kind, content))


def _arguments(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Python values of the arguments that were given."""
    known = arguments_of(kind)
    return {name: python_value(content[name], known[name].hint) for name in known if name in content}


def _kind(content: Any, where: str, known: tuple[str, ...]) -> str:
    if not isinstance(content, Mapping):
        raise InputError(f"{where} is {shown(content)}; expected a mapping with a name and a kind: rewrite it")
    kind = content.get("kind")
    if kind is None:
        raise InputError(f"{where}: has no 'kind'; expected one of {', '.join(known)}: add it")
    if kind not in known:
        hint = f" (did you mean {closest(kind)!r}?)" if closest(kind) in known else did_you_mean(kind, known)
        raise InputError(
            f"{where}: kind {shown(kind)} is unknown{hint}; expected one of {', '.join(known)}: choose one"
        )
    return kind


def _checked_defaults(content: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Defaults, each of which some analysis of the specification takes."""
    defaults = dict(content.get("defaults", {}))
    kinds = [one["kind"] for one in content["analyses"] if isinstance(one, Mapping) and one.get("kind") in ANALYSES]
    known = {name: argument for kind in kinds for name, argument in arguments_of(kind).items() if not argument.needed}
    for name, value in defaults.items():
        if name not in known:
            raise InputError(
                f"{where}, defaults: no analysis takes {shown(name)}{did_you_mean(name, known)}; expected one of "
                f"{', '.join(sorted(known)) or 'none'}: rename or remove it"
            )
        check(value, schema.schema_of(known[name].hint), f"{where}, defaults: {name}")
    return defaults


def _check_keys(content: Any, known: Mapping[str, Any], where: str, what: str, needed: tuple[str, ...]) -> None:
    """Refuse what is no mapping, keys that are not known, and keys that are not there."""
    if not isinstance(content, Mapping):
        raise InputError(
            f"{where}: found {shown(content)}; expected a mapping with {', '.join(needed) or 'keys'}: write it as "
            "docs/analyze.md shows"
        )
    for key in content:
        if key not in known:
            raise InputError(
                f"{where}: unknown key {shown(key)}{did_you_mean(key, known)}; {what} may have {', '.join(known)}: "
                "rename or remove it"
            )
    for key in needed:
        if key not in content:
            raise InputError(f"{where}: has no {key!r}; {what} needs it: add it")


def _check_names(analyses: tuple[Asked, ...], where: str) -> None:
    for key in ("name", "save_as"):
        names = [getattr(one, key) for one in analyses if getattr(one, key) is not None]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"{where}: two analyses have {key} {twice!r}; expected each once: rename one")


def _called(content: Any, number: int) -> str:
    name = content.get("name") if isinstance(content, Mapping) else None
    return f"analysis {shown(name)}" if name else f"analysis number {number}"


def _path(path: str | None, folder: Path) -> Path | None:
    return None if path is None else folder / path
