"""Files in JSON and YAML: read by strict rules, and written for people.

YAML is read by the 1.2 rules for words (yes, no, on, off and dates stay text), and repeated keys are refused.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from populace import atomic
from populace.errors import InstrumentError
from populace.survey.formats.native_records import placed

_JSON = (".json",)
_YAML = (".yaml", ".yml")
#: levels up to which YAML is read in C
_SHALLOW = 500


def dump(content: Any, path: Path) -> None:
    """Write JSON or YAML, by the suffix, whole or not at all."""
    _check_suffix(path)
    if path.suffix.lower() in _JSON:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    else:
        text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    atomic.write_text(path, text)


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
    with placed(str(path)):
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
