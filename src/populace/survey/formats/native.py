"""Populace's own instrument format: JSON or YAML <-> Instrument.

Shorthands are allowed on reading and spelled out on writing: options may be plain strings (codes 1, 2, …) or the name
of a list under 'scales'; rows may be plain strings; 'questions' may stand in place of 'blocks' (one block, "main").
YAML is read by the 1.2 rules for words (yes, no, on, off and dates stay text), and repeated keys are refused.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from populace import atomic
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
from populace.survey.instrument import Block, Instrument
from populace.survey.names import did_you_mean, shown
from populace.survey.question import Question, Row, Skip
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

_JSON = (".json",)
_YAML = (".yaml", ".yml")
#: levels up to which YAML is read in C
_SHALLOW = 500


@cache
def _keys(record: type) -> dict[str, bool]:
    """Keys of a record's mapping, each with whether it must be there."""
    missing = dataclasses.MISSING
    return {f.name: f.default is missing and f.default_factory is missing for f in dataclasses.fields(record)}


_TOP = {**_keys(Instrument), "blocks": False, "questions": False, "scales": False}
_BLOCK = _keys(Block)
_QUESTION = _keys(Question)
#: columns stand side by side, and their rows are those of the question
_COLUMN = {key: needed for key, needed in _QUESTION.items() if key not in ("rows", "columns")}


@cache
def _schema_text() -> str:
    return resources.files("populace.survey.formats").joinpath("instrument.schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the format, for editors and other programs."""
    return json.loads(_schema_text())


def read(path: Path) -> Instrument:
    """Read a JSON or YAML file, by its suffix."""
    return from_dict(load(path), str(path))


def write(instrument: Instrument, path: Path) -> None:
    """Write JSON or YAML, by the suffix, whole or not at all."""
    _check_suffix(path)
    content = instrument.to_dict()
    if path.suffix.lower() in _JSON:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    else:
        text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    atomic.write_text(path, text)


def from_dict(content: Any, where: str = "instrument") -> Instrument:
    """An Instrument from parsed JSON or YAML; `where` opens every error message."""
    _refuse_no_mapping(content, where)
    top = _mapping(content, where, "an instrument", _TOP)
    with _placed(where):
        scales = _scales(top.get("scales"))
    blocks = _blocks(top, where)
    blocks = [
        _block(block, number, where, scales) for number, block in enumerate(_sequence(blocks, where, "blocks"), 1)
    ]
    fields = {key: top[key] for key in _keys(Instrument) if key in top and key != "blocks"}
    with _placed(where):
        fields |= {key: read(fields[key]) for key, read in _PARTS.items() if key in fields}
        instrument = Instrument(**fields, blocks=tuple(blocks))
        _refuse_half_characters(content)
    return instrument


# -- reading, part by part ---------------------------------------------------------------------------------------


def _refuse_half_characters(content: Any) -> None:
    r"""Escapes such as \ud83d alone are half a character, which no file can hold."""
    try:
        json.dumps(content, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as problem:
        half = ascii(problem.object[problem.start : problem.end])
        raise InstrumentError(f"a text holds {half}, half a character; expected Unicode text: retype it") from None


def _refuse_no_mapping(content: Any, where: str) -> None:
    """What is no mapping at all is named in the words of the file: nothing in it, a list, a number."""
    if isinstance(content, Mapping):
        return
    if content is None or content in ([], ""):
        found = "is empty" if content is None else f"holds {content!r} and nothing else"
    else:
        found = f"holds {_kind_of(content)} ({shown(content)})"
    raise InstrumentError(
        f"{where} {found}; expected an instrument, a mapping with id, title and blocks of questions: write one "
        "(docs/instruments.md shows the layout), or check that this is the file you meant"
    )


def _kind_of(content: Any) -> str:
    return "a list" if isinstance(content, list | tuple) else "text" if isinstance(content, str) else "a single value"


def _blocks(top: Mapping[str, Any], where: str) -> Any:
    """The blocks of a file; questions without blocks are one block."""
    if ("blocks" in top) == ("questions" in top):
        found = "both 'blocks' and 'questions'" if "blocks" in top else "neither 'blocks' nor 'questions'"
        raise InstrumentError(f"{where}: has {found}; expected one of them: put the questions into 'blocks'")
    return top["blocks"] if "blocks" in top else [{"id": "main", "questions": top["questions"]}]


def _block(content: Any, number: int, where: str, scales: Mapping[str, tuple[Option, ...]]) -> Block:
    place = f"{where}, {_called('block', content, 'id', number)}"
    block = _mapping(content, place, "a block", _BLOCK)
    questions = [
        _question(question, number, place, scales)
        for number, question in enumerate(_sequence(block["questions"], place, "questions"), 1)
    ]
    with _placed(place):
        fields = flags(Block, {key: value for key, value in block.items() if key != "questions"})
    with _placed(where):
        return Block(questions=tuple(questions), **fields)


def _question(
    content: Any,
    number: int,
    place: str,
    scales: Mapping[str, tuple[Option, ...]],
    known: Mapping[str, bool] = _QUESTION,
) -> Question:
    where = f"{place}, {_called('question', content, 'name', number)}"
    fields = dict(_mapping(content, where, "a question", known))
    with _placed(where):
        if "options" in fields:
            fields["options"] = _options(fields["options"], scales)
        for key, read_one in _MEMBERS.items():
            if key in fields:
                members = _sequence(fields[key], "", key)
                fields[key] = tuple(read_one(member, number) for number, member in enumerate(members, 1))
        if "columns" in fields:
            columns = _sequence(fields["columns"], where, "columns")
            fields["columns"] = tuple(_question(one, n, where, scales, _COLUMN) for n, one in enumerate(columns, 1))
        if fields.get("tasks") is not None:
            fields["tasks"] = _tasks(fields["tasks"])
        if "sets" in fields:
            fields["sets"] = nested(fields["sets"], 2, "sets")
        fields = flags(Question, fields)
    with _placed(place):
        return Question(**fields)


def _scales(content: Any) -> dict[str, tuple[Option, ...]]:
    """Named option lists that questions may refer to."""
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise InstrumentError(f"'scales' is {shown(content)}; expected names with lists of options: rewrite it")
    scales = {}
    for name, options in content.items():
        if isinstance(options, str):
            raise InstrumentError(f"scale {shown(name)} is {shown(options)}; expected a list of options: rewrite it")
        scales[name] = _options(options, {})
    return scales


def _options(content: Any, scales: Mapping[str, tuple[Option, ...]]) -> tuple[Option, ...]:
    if isinstance(content, str):
        if content not in scales:
            hint = did_you_mean(content, scales)
            raise InstrumentError(
                f"options refer to scale {shown(content)}{hint}; it is not under 'scales': add it there"
            )
        return scales[content]
    return tuple(_option(option, number) for number, option in enumerate(_sequence(content, "", "options"), 1))


def _option(content: Any, number: int) -> Option:
    if isinstance(content, str):
        return Option(number, content)
    return record(Option, content, _called("option", content, "label", number), "an option")


def _row(content: Any, number: int) -> Row:
    if isinstance(content, str):
        return Row(str(number), content)
    row = record(Row, content, f"row number {number}", "a row")
    return dataclasses.replace(row, name=_short(row.name, f"row number {number}"))


def _short(name: Any, where: str) -> str:
    """A short name; YAML makes numbers of 1, 2, …"""
    if isinstance(name, bool) or not isinstance(name, int | str):
        raise InstrumentError(f"{where}: name is {shown(name)}; expected a short word or a whole number: correct it")
    return str(name)


def _skip(content: Any, number: int) -> Skip:
    return record(Skip, content, f"skip number {number}", "a skip")


def _tasks(content: Any) -> Tasks:
    fields = dict(_mapping(content, "tasks", "the tasks", _keys(Tasks)))
    listed = _sequence(fields["attributes"], "", "attributes")
    attributes = [record(Attribute, one, f"attribute number {n}", "an attribute") for n, one in enumerate(listed, 1)]
    for attribute in attributes:
        if not isinstance(attribute.name, str) or not all(
            isinstance(level, str) and level.strip() for level in attribute.levels
        ):
            name = shown(attribute.name)
            raise InstrumentError(f"attribute {name}: its name and levels are words: put numbers in quotes")
    return Tasks(tuple(attributes), nested(fields["versions"], 3, "versions"), fields.get("none"))


def nested(content: Any, depth: int, what: str) -> tuple[Any, ...]:
    """Lists within lists, `depth` levels below the first, as tuples."""
    members = _sequence(content, "", what)
    if depth:
        return tuple(nested(member, depth - 1, what) for member in members)
    for member in members:
        if isinstance(member, bool) or not isinstance(member, int | str):
            raise InstrumentError(f"{what} holds {shown(member)}; expected a whole number or a word: correct it")
    return tuple(members)


#: what the members of lists in a question are
_MEMBERS: dict[str, Callable[[Any, int], Any]] = {"rows": _row, "skips": _skip}


def _called(what: str, content: Any, key: str, number: int) -> str:
    """Words that say which one is meant: by its name when it has one, else by its number."""
    name = content.get(key) if isinstance(content, Mapping) else None
    return f"{what} {shown(name)}" if name else f"{what} number {number}"


def record(kind: type, content: Any, where: str, what: str) -> Any:
    """A record without records in it, from the mapping of its fields."""
    fields = flags(kind, dict(_mapping(content, where, what, _keys(kind))), f"{where}: ")
    tuples = [name for name in _typed(kind, "tuple") if name in fields]
    return kind(**fields | {name: tuple(_sequence(fields[name], where, name)) for name in tuples})


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


def _mapping(content: Any, where: str, what: str, keys: Mapping[str, bool]) -> Mapping[str, Any]:
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


def _sequence(content: Any, where: str, what: str) -> list[Any]:
    if not isinstance(content, list | tuple):
        start = f"{where}: " if where else ""
        raise InstrumentError(f"{start}{what!r} is {shown(content)}; expected a list: rewrite it")
    return list(content)


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """Put the place in front of errors raised by the records themselves."""
    try:
        yield
    except InstrumentError as problem:
        joint = ", " if str(problem).startswith(("block ", "question ")) else ": "
        raise InstrumentError(f"{where}{joint}{problem}") from None


# -- flow and data -----------------------------------------------------------------------------------------------


def _flow(content: Any, level: int = 0) -> tuple[Element, ...]:
    """The elements of a flow, each a mapping with its kind as the one key."""
    if level > MOST_LEVELS:
        raise InstrumentError(f"flow is nested more than {MOST_LEVELS} deep; expected fewer levels: flatten it")
    return tuple(_element(one, number, level) for number, one in enumerate(_sequence(content, "", "a flow"), 1))


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
    fields = dict(_mapping(value, where, f"a {key}", _keys(kind)))
    for name in ("then", "otherwise", "flow", "members"):
        if name in fields:
            fields[name] = _flow(fields[name], level + 1)
    if "rounds" in fields:
        fields["rounds"] = tuple(
            _round(one, n) for n, one in enumerate(_sequence(fields["rounds"], where, "rounds"), 1)
        )
    return kind(**flags(kind, fields, f"{where}: "))


def _round(content: Any, number: int) -> Round:
    where = f"round number {number}"
    fields = flags(Round, dict(_mapping(content, where, "a round", _keys(Round))), f"{where}: ")
    return Round(_short(fields["name"], where), _pairs(fields.get("fields", {}), "fields"), fields.get("show_if"))


def _pairs(content: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(content, Mapping) or not all(isinstance(text, str) for text in content.values()):
        raise InstrumentError(f"{where}: {shown(content)} is no list of names and texts: put numbers in quotes")
    return tuple(content.items())


def _each(kind: type, what: str) -> Callable[[Any], tuple[Any, ...]]:
    """Reads a list of records."""
    return lambda content: tuple(
        record(kind, one, _called(what, one, "name", number), f"a {what}")
        for number, one in enumerate(_sequence(content, "", what), 1)
    )


def _translations(content: Any) -> dict[str, dict[str, str]]:
    if not isinstance(content, Mapping):
        raise InstrumentError(f"translations is {shown(content)}; expected languages with their texts: rewrite it")
    return {language: dict(_pairs(texts, f"translations, {shown(language)}")) for language, texts in content.items()}


_ELEMENTS = {kind.KEY: kind for kind in (ShowBlock, Branch, Shuffle, Section, SetData, Roll, Loop, CheckQuota, End)}
#: how the parts of an instrument beside its blocks are read
_PARTS: dict[str, Callable[[Any], Any]] = {
    "flow": _flow,
    "data": _each(Field, "field"),
    "computed": _each(Computed, "computed value"),
    "quotas": _each(Quota, "quota"),
    "translations": _translations,
}


# -- files -------------------------------------------------------------------------------------------------------


def load(path: Path) -> Any:
    """What a JSON or YAML file holds, by the rules above. Raises `InstrumentError`, naming file and line."""
    _check_suffix(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InstrumentError(f"{path} does not exist; expected an instrument file: check the path") from None
    except OSError as problem:
        raise InstrumentError(f"{path} cannot be read ({problem.strerror}): check the file") from None
    except UnicodeDecodeError as problem:
        place = f"{path}: byte {problem.start}"
        raise InstrumentError(f"{place} is not UTF-8; expected UTF-8 text: save it as UTF-8") from None
    with _placed(str(path)):
        return _parse_json(text) if path.suffix.lower() in _JSON else _parse_yaml(text)


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in _JSON + _YAML:
        raise InstrumentError(
            f"{path} ends in {path.suffix!r}; expected .json, .yaml or .yml: rename the file, or "
            "read a questionnaire of another tool with `populace import`"
        )


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise InstrumentError(f"{place}: not valid JSON ({problem.msg}): correct the file there") from None
    except ValueError as problem:
        raise InstrumentError(f"holds a value that cannot be read ({problem}): correct it") from None
    except RecursionError:
        raise InstrumentError("is nested too deeply; expected blocks, questions, options: flatten it") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise InstrumentError(f"key {key!r} stands twice in one mapping; expected it once: remove one")
        content[key] = value
    return content


def _no_constant(word: str) -> None:
    raise InstrumentError(f"{word} is not a number that JSON knows: replace it")


def _parse_yaml(text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader if _is_shallow(text) else _DeepLoader)  # noqa: S506 (SafeLoaders)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise InstrumentError(f"{place}not valid YAML ({reason}): correct the file there") from None
    except ValueError as problem:
        raise InstrumentError(f"holds a value that cannot be read ({problem}): correct it") from None
    except RecursionError:
        raise InstrumentError("is nested too deeply; expected blocks, questions, options: flatten it") from None


# in C where PyYAML comes with it: ten times as fast, and the same
_CLoader, _CDumper = getattr(yaml, "CSafeLoader", yaml.SafeLoader), getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Words:
    """YAML whose only truth values are true and false: a country NO and an option Yes stay words."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.value in seen:
                message = f"key {key_node.value!r} stands twice in one mapping"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            if isinstance(key_node, yaml.ScalarNode):
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


class _Loader(_Words, _CLoader):
    """In C: for what is not nested deeply, for deep nesting would end the process."""


class _DeepLoader(_Words, yaml.SafeLoader):
    """In Python: stops by itself where the nesting is too deep."""


def _is_shallow(text: str) -> bool:
    """Can a text not be nested more than so deep, whatever it says: by brackets, by indentation, by "- - -"?"""
    # closing brackets do not count: they may stand in quotes
    opened = text.count("[") + text.count("{")
    lines = text.splitlines()
    indent = max((len(line) - len(line.lstrip(" ")) for line in lines), default=0)
    marks = max((line.count("- ") + line.count("? ") for line in lines), default=0)
    return opened + indent + marks <= _SHALLOW


class _Dumper(_CDumper):
    """Writes plain YAML without anchors; words that older readers take for truth values stay quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_BOOL = "tag:yaml.org,2002:bool"
_WORDS = (_BOOL, "tag:yaml.org,2002:timestamp")
for _kind in (_Loader, _DeepLoader):
    _kind.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _WORDS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _kind.add_implicit_resolver(_BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
