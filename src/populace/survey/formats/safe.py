"""XML, JSON and ZIP files from anywhere: what tools for surveys write is read, what breaks readers is refused.

For readers inside a confined process, whose limits hold what these checks cannot foresee. All raise `FileRefused`: one
line with file, place, what was found and what was expected. Threats: entities that multiply or fetch (XXE), nesting
that exhausts the stack, archives that unpack to more than they seem, entries that leave their folder.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from populace.errors import FileRefused

if TYPE_CHECKING:
    from lxml import etree

_MEGABYTE = 1 << 20
#: half of a character outside the basic plane, which no file can hold
_HALF = re.compile("[\ud800-\udfff]")
_GIVE_UP = "check where the file comes from, and export it again"


@dataclass(frozen=True)
class Json:
    """What a JSON file holds."""

    #: objects, lists, texts, numbers
    content: Any
    #: what had to be decided, one line each: keys that stand twice, broken characters
    repairs: tuple[str, ...]


def safe_json(path: Path, size: int = 256 * _MEGABYTE, depth: int = 200) -> Json:
    """A JSON file in any encoding of Unicode, of at most `size` bytes and `depth` levels.

    NaN, infinities and numbers that become one are refused. Of a key that stands twice in an object the last counts, as
    everywhere, and it is reported.
    """
    text = _text(path, _small(path, size))
    twice: Counter[str] = Counter()
    try:
        content = json.loads(
            text, object_pairs_hook=lambda pairs: _object(pairs, twice), parse_constant=_no_number, parse_float=_finite
        )
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno:,}, column {problem.colno:,}"
        raise FileRefused(f"{path}, {place}: not valid JSON ({problem.msg}): {_GIVE_UP}") from None
    except ValueError as problem:
        raise FileRefused(f"{path} holds a value that JSON cannot have ({problem}): {_GIVE_UP}") from None
    except RecursionError:
        raise _too_deep(path, depth) from None
    halves = _walk(path, content, depth)
    repairs = [f"key {key!r} stands {count + 1} times in one object; the last counts" for key, count in twice.items()]
    if halves:
        content = json.loads(_HALF.sub("\ufffd", json.dumps(content, ensure_ascii=False)))
        repairs.append(f"{halves:,} texts hold half a character; replaced by \ufffd")
    return Json(content, tuple(repairs))


def _small(path: Path, size: int) -> bytes:
    """The bytes of a file of at most `size`."""
    try:
        with path.open("rb") as file:
            content = file.read(size + 1)
    except OSError as problem:
        raise FileRefused(f"{path} cannot be read ({problem.strerror}): check the file") from None
    if len(content) > size:
        raise FileRefused(
            f"{path} has more than {size:,} bytes; expected at most these: check that it is the right file"
        )
    return content


def _text(path: Path, content: bytes) -> str:
    """Words in UTF-8, -16 or -32, with or without a mark; nothing else is JSON (RFC 8259)."""
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise FileRefused(f"{path}: byte {problem.start:,} is not {encoding.upper()}: save it as UTF-8") from None


def _object(pairs: list[tuple[str, Any]], twice: Counter[str]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice.update({key: count - 1 for key, count in Counter(key for key, _ in pairs).items() if count > 1})
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _finite(word: str) -> float:
    number = float(word)
    if math.isinf(number):
        raise ValueError(f"{word[:40]} is beyond all numbers")
    return number


def _walk(path: Path, content: Any, depth: int) -> int:
    """How many texts hold half a character; refuses what is nested too deeply."""
    halves, level = 0, [content]
    for _ in range(depth + 1):
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                below += part.values()
                halves += sum(1 for key in part if _HALF.search(key))
            elif isinstance(part, list):
                below += part
            elif isinstance(part, str) and _HALF.search(part):
                halves += 1
        if not below:
            return halves
        level = below
    raise _too_deep(path, depth)


def _too_deep(path: Path, depth: int) -> FileRefused:
    return FileRefused(f"{path} is nested more than {depth} levels deep; expected fewer: {_GIVE_UP}")


def safe_xml(
    path: Path,
    size: int = 256 * _MEGABYTE,
    depth: int = 100,
    elements: int = 2_000_000,
    content: bytes | None = None,
) -> etree._Element:
    """The root of an XML file of at most `size` bytes, `depth` levels and so many `elements`.

    `content` is what is read when it comes out of an archive; errors name `path`.

    A document type may be named, and is not fetched; one that declares entities is refused. Comments and processing
    instructions are left out; every element knows its line (`sourceline`).
    """
    from lxml import etree

    with path.open("rb") if content is None else io.BytesIO(content) as file:
        if content is None:
            _small(path, size)
        events = etree.iterparse(
            file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False,
            dtd_validation=False, huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            _watch(path, events, depth, elements)
        except etree.XMLSyntaxError as problem:
            line = problem.lineno or 1
            reason = (problem.msg or "it is empty").splitlines()[0]
            raise FileRefused(f"{path}, line {line:,}: not XML that is safe to read ({reason}): {_GIVE_UP}") from None
        return events.root


def _watch(path: Path, events: Any, depth: int, elements: int) -> None:
    """Follow the parser from element to element, and stop it where a limit is passed."""
    level = count = 0
    for event, element in events:
        if event == "end":
            level -= 1
            continue
        if not count:
            _refuse_entities(path, element)
        level, count = level + 1, count + 1
        if level > depth:
            raise FileRefused(f"{path}, line {element.sourceline:,}: nested more than {depth} deep: {_GIVE_UP}")
        if count > elements:
            raise FileRefused(f"{path} has more than {elements:,} elements; expected at most these: {_GIVE_UP}")


def _refuse_entities(path: Path, root: etree._Element) -> None:
    declared = root.getroottree().docinfo.internalDTD
    entities = [] if declared is None else [entity.name for entity in declared.iterentities()]
    if entities:
        raise FileRefused(
            f"{path} declares the entity {str(entities[0])[:60]!r}, which could fetch or multiply text; expected a "
            f"file without entities of its own: {_GIVE_UP}"
        )
