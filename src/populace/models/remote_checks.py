"""Settings of a remote model from its file: every mistake is named before anything is sent."""

from __future__ import annotations

import json
import math
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from populace.errors import ModelError
from populace.models.remote_settings import (
    RESERVED,
    ROUTES,
    WAYS,
    Limits,
    Prices,
    Settings,
    Similarity,
    is_local,
)
from populace.prompts.template import read_template

_TABLES = {"prices": Prices, "limits": Limits, "similarity": Similarity}
#: least value of numbers; limits that may be None are checked where they are given
_LEAST = {
    "orders": 1, "draws": 1, "length": 1, "temperature": 0, "seed": 0, "input": 0, "output": 0,
    "requests_per_minute": 1, "tokens_per_minute": 1, "side_by_side": 1, "seconds": 0.01, "attempts": 1,
    "longest_wait": 0, "failures_in_a_row": 1, "money": 0, "tokens": 0,
}  # fmt: skip


def read_settings(path: str | Path) -> Settings:
    """The settings in a TOML file; `ModelError` names what is wrong and where. Replies are kept beside the file."""
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ModelError(f"{path} cannot be read ({problem}); expected a remote model in TOML: correct it") from None
    record = content.pop("record", f"{path.stem}.replies.sqlite")
    if record is not False and not (isinstance(record, str) and record):
        raise ModelError(f"{path}: record is {record!r}; expected the name of a file, or false: correct it")
    try:
        found = settings_of({"name": path.stem} | content)
    except ModelError as problem:
        raise ModelError(f"{path}: {problem}") from None
    return replace(found, record=None if record is False else path.parent / record)


def settings_of(content: Mapping[str, Any]) -> Settings:
    """The settings in plain data, as a TOML file has them. `ModelError` names what is wrong."""
    values = dict(content)
    tables = {name: _record(kind, values.pop(name, {}), name) for name, kind in _TABLES.items()}
    settings = _record(Settings, values | tables, "")
    _check_choice("way", settings.way, WAYS)
    _check_choice("route", settings.route, ROUTES)
    if settings.way not in ROUTES[settings.route][1]:
        right = [route for route, (_, ways) in ROUTES.items() if settings.way in ways]
        raise ModelError(
            f"way {settings.way!r} cannot be asked on route {settings.route!r}; expected {' or '.join(right)}"
        )
    _check_addresses(settings)
    _check_parameters(settings)
    read_template(settings.template)
    return settings


def _record(kind: type, content: Any, where: str) -> Any:
    """A record of that kind, every field of the right type."""
    if not isinstance(content, Mapping):
        raise ModelError(f"{where} is {content!r}; expected a table: write [{where}]")
    hints = get_type_hints(kind)
    unknown = [name for name in content if name not in hints]
    if unknown:
        raise ModelError(
            f"{_named(where, unknown[0])} is no setting; expected one of {', '.join(sorted(hints))}: check the spelling"
        )
    lacking = [one for one in ("url", "model", "name") if kind is Settings and one not in content]
    if lacking:
        raise ModelError(f"{lacking[0]} is missing; expected a text: add it")
    return kind(**{name: _value(value, hints[name], _named(where, name)) for name, value in content.items()})


def _named(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _value(value: Any, hint: Any, name: str) -> Any:
    """A value of the type that is asked for."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [one for one in get_args(hint) if one is not type(None)]
        return None if value is None else _value(value, inner[0], name)
    if name == "similarity.anchors":
        return _anchors(value)
    if get_origin(hint) is not None:
        if not isinstance(value, Mapping):
            raise ModelError(f"{name} is {value!r}; expected a table: write [{name}]")
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if hint is Path:
        return Path(value)
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise ModelError(f"{name} is {value!r}; expected {_WORDS.get(hint, hint.__name__)}: correct it")
    _check_number(value, name)
    return value


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _check_number(value: Any, name: str) -> None:
    least = _LEAST.get(name.rpartition(".")[2])
    if least is not None and not (math.isfinite(value) and value >= least):
        raise ModelError(f"{name} is {value}; expected {least} or more: correct it")
    if isinstance(value, str) and not value.strip():
        raise ModelError(f"{name} is empty; expected a text: correct it, or leave it away")


def _anchors(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or not all(
        isinstance(some, list) and some and all(isinstance(one, str) and one.strip() for one in some)
        for some in value.values()
    ):
        raise ModelError('similarity.anchors: expected a list of statements for every option: "Agree" = ["I agree."]')
    if len({len(some) for some in value.values()}) > 1:
        raise ModelError("similarity.anchors: expected as many statements for one option as for another: add some")
    return {label: tuple(some) for label, some in value.items()}


def _check_choice(name: str, value: str, known: Mapping[str, Any]) -> None:
    if value not in known:
        raise ModelError(f"{name} is {value!r}; expected one of {', '.join(known)}: correct it")


def _check_addresses(settings: Settings) -> None:
    _check_address("url", settings.url, settings.key)
    if settings.similarity.url is not None:
        _check_address("similarity.url", settings.similarity.url, settings.key)
    if settings.key is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", settings.key):
        # it may be the key itself: it is not repeated
        raise ModelError(
            "key is no name of an environment variable; expected a name such as OPENAI_API_KEY: a key itself does not "
            "belong into a file"
        )
    if not re.fullmatch(r"[A-Za-z0-9-]+", settings.key_header):
        raise ModelError(f"key_header is {settings.key_header!r}; expected the name of a header: correct it")


def _check_address(name: str, url: str, key: str | None) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or not url.isascii() or any(c.isspace() for c in url):
        raise ModelError(f"{name} is no address; expected one such as https://HOST/v1: correct it")
    if parts.username or parts.password or parts.query or parts.fragment:
        # what stands there may be secret: it is not repeated
        raise ModelError(
            f"{name} has a user, a question mark or a hash; expected https://HOST/v1 alone: keys are read from the "
            "environment variable that 'key' names"
        )
    if key is not None and parts.scheme == "http" and not is_local(url):
        raise ModelError(f"{name} is {url}; expected https, for the key would be readable on its way: write https")


def _check_parameters(settings: Settings) -> None:
    ours = [name for name in settings.parameters if name in RESERVED or name == settings.length_field]
    if ours:
        raise ModelError(f"parameters.{ours[0]} is set by Populace; expected other parameters: leave it away")
    try:
        json.dumps(settings.parameters, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ModelError(f"parameters cannot be sent ({problem}); expected what JSON can say: correct them") from None
