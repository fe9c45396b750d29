"""Results of parts of the benchmark on disk, so that a killed run goes on and nothing is measured twice.

A result is found again only under everything it depends on: model, splits, data, code and settings. A change in any
of them gives another key, so that a stale number cannot reach the page.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from populace import atomic

#: the package's folder, whose files are the code that results depend on
SOURCE = Path(__file__).parents[2]


class Store:
    """A folder of JSON files, one a part."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def keep(self, part: str, key: Mapping[str, Any], compute: Callable[[], Any]) -> Any:
        """The part's value: read when it is there under this key, computed and written when it is not.

        Values are what JSON can hold; a damaged file is computed anew.
        """
        path = self.path(part, key)
        if (found := _read(path, key)) is not None:
            return found["value"]
        value = json.loads(json.dumps(compute(), allow_nan=False))
        content = {"part": part, "key": dict(key), "value": value}
        atomic.write_text(path, json.dumps(content, ensure_ascii=False) + "\n")
        return value

    def path(self, part: str, key: Mapping[str, Any]) -> Path:
        """File of a part under a key."""
        plain = re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")
        return self.folder / f"{plain}-{digest_of(key)[:12]}.json"


def _read(path: Path, key: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if found["key"] == json.loads(json.dumps(key)) and "value" in found else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def digest_of(content: Any) -> str:
    """Hexadecimal digest of anything JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def digest_of_files(paths: tuple[Path, ...]) -> str:
    """Digest of files, and of all files in folders, by name and content."""
    hashed = hashlib.sha256()
    for path in _files(paths):
        hashed.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            hashed.update(hashlib.file_digest(file, "sha256").digest())
    return hashed.hexdigest()


def digest_of_code(uses: Iterable[str]) -> str:
    """Digest of parts of our source, such as "models" or "app/benchmark/questions.py"."""
    return digest_of_files(tuple(SOURCE / part for part in sorted(uses)))


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        yield from (p for p in inside if "__pycache__" not in p.parts and p.suffix != ".safetensors")
