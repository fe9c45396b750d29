"""Options of `populace scrutinize` that depend on whether answers or choices are judged, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from populace.app.places import existing
from populace.errors import UsageError


def files_by_name(texts: Sequence[str], option: str) -> dict[str, Path]:
    """Name -> file of an option given as NAME=FILE. Example: "demographics=cells.parquet"."""
    found: dict[str, Path] = {}
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign or not name.strip() or not path:
            raise UsageError(f"{option} {text}; expected a name and a file, NAME=FILE: write it so")
        if name.strip() in found:
            raise UsageError(
                f"{option}: two are called {name.strip()!r}; expected a name of its own for each: rename one"
            )
        existing(Path(path), f"{option} {name.strip()}", "a file like SYN")
        found[name.strip()] = Path(path)
    return found


def refuse_with_choices(given: Mapping[str, object]) -> None:
    """Refuse options that are about questions where choices are judged. `given`: option -> its value."""
    wrong = next((option for option, value in given.items() if value), None)
    if wrong is not None:
        raise UsageError(
            f"{wrong} was given with --choices; expected options of choice tasks only (--ceiling, --baseline): leave "
            f"{wrong} away, since it is about questions"
        )
