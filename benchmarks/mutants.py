"""Damaged and twisted copies of questionnaires, and a worker that reads many of them in one confined process.

Mutations of bytes (flipped, cut out, doubled, cut off, filled with zeros) break what is read first; mutations of
structure (values of JSON and XML swapped for others, keys lost, parts repeated and nested) come through to what is
read last. Everything follows from a seed.
"""

from __future__ import annotations

import base64
import json
import random
import re
import time
from pathlib import Path
from typing import Any

#: what values of JSON are swapped for
STRANGE = (
    None, True, False, 0, -1, 10**18, 1e300, "", " ", "\u0000", "ü" * 300, "${q://QID1/ChoiceGroup/SelectedChoices}",
    "${", "<b>&lt;", [], {}, [[]], [None], {"0": {"0": None}}, "QID1", "1", "-1", "BL_1", "../../etc/passwd", "=1+1",
)  # fmt: skip


def mutants(content: bytes, count: int, seed: int, structured: bool) -> list[bytes]:
    """`count` damaged copies of a file; `structured` ones keep valid JSON where the file is JSON."""
    chance = random.Random(seed)
    if structured:
        try:
            tree = json.loads(content.decode("utf-8-sig"))
        except (ValueError, UnicodeDecodeError):
            return [_twisted_text(content, chance) for _ in range(count)]
        return [json.dumps(_twisted(json.loads(json.dumps(tree)), chance)).encode() for _ in range(count)]
    return [_damaged(content, chance) for _ in range(count)]


def _damaged(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        if not data:
            break
        at = chance.randrange(len(data))
        length = chance.choice((1, 2, 8, 64, 1000))
        match chance.randrange(6):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.randrange(256)
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case 4:
                del data[at:]
            case 5:
                data[at : at + length] = bytes(min(length, len(data) - at))
    return bytes(data)


def _twisted(tree: Any, chance: random.Random) -> Any:
    """A few values somewhere in the tree changed for others."""
    for _ in range(chance.choice((1, 2, 4, 10))):
        places = list(_places(tree))
        if not places:
            return chance.choice(STRANGE)
        parent, key = chance.choice(places)
        match chance.randrange(5):
            case 0 | 1:
                parent[key] = chance.choice(STRANGE)
            case 2:
                other, name = chance.choice(places)
                parent[key] = json.loads(json.dumps(other[name])) if name in _keys(other) else None
            case 3:
                del parent[key]
            case 4:
                parent[key] = [parent[key]] * chance.choice((1, 2, 50))
    return tree


def _keys(parent: Any) -> Any:
    return parent if isinstance(parent, dict) else range(len(parent))


def _places(tree: Any) -> Any:
    """(container, key) of every value, a sample of them where there are many."""
    stack, found = [tree], []
    while stack and len(found) < 20_000:
        part = stack.pop()
        if isinstance(part, dict | list):
            for key in list(_keys(part)):
                found.append((part, key))
                stack.append(part[key])
    return found


def _twisted_text(content: bytes, chance: random.Random) -> bytes:
    """Words between tags and in quotes changed for others; elements repeated and lost."""
    text = content.decode("utf-8", "replace")
    for _ in range(chance.choice((1, 2, 4, 10))):
        pieces = [m.span() for m in re.finditer(r">[^<>]{1,200}<|\"[^\"]{1,100}\"|<[^<>]{1,200}>", text)]
        if not pieces:
            break
        start, end = chance.choice(pieces)
        other = chance.choice(pieces)
        strange = str(chance.choice(STRANGE)).replace("\0", "")
        new = chance.choice(("", text[slice(*other)], text[start:end] * 2, text[start] + strange + text[end - 1]))
        text = text[:start] + new + text[end:]
    return text.encode()


def read_all(path: Path, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """What becomes of every file in a JSON list of base64: read, refused, or an error that nobody should see."""
    from populace.errors import PopulaceError
    from populace.survey.formats.native import from_dict
    from populace.survey.formats.registry import format_named

    module = format_named(arguments["format"]).module
    found = []
    for content in json.loads(path.read_text()):
        damaged = Path("mutant" + arguments["suffix"])
        damaged.write_bytes(base64.b64decode(content))
        start = time.monotonic()
        result: dict[str, Any] = {"end": "read"}
        try:
            imported = module.read(damaged, "mutant")
            again = from_dict(imported.instrument.to_dict())
            if again.content_hash != imported.instrument.content_hash:
                result = {"end": "error", "words": "what was read does not survive being written down"}
        except PopulaceError as problem:
            lines = str(problem).splitlines()
            result = (
                {"end": "refused"} if len(lines) == 1 else {"end": "error", "words": f"{len(lines)} lines: {lines[:2]}"}
            )
        except Exception as problem:
            import traceback

            last = traceback.extract_tb(problem.__traceback__)[-1]
            words = f"{type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"
            result = {"end": "error", "words": words[:300]}
        found.append(result | {"seconds": time.monotonic() - start})
    return found


def prepare(arguments: dict[str, Any]) -> None:
    """Import what is needed before files are out of reach."""
    import traceback

    import populace.survey.formats.native
    from populace.survey.formats.registry import format_named

    _ = (traceback, populace.survey.formats.native, format_named(arguments["format"]).module)
