"""Reads the instrument in a foreign file: the worker of `foreign.py`, run in a confined process only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from populace.survey.formats.registry import format_named, format_of


def parse(path: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    """The instrument and what became of the file, as plain data.

    `arguments`: "name", by which errors call the file; "suffix"; "format", None to find out. Raises `FileRefused`.
    """
    chosen = arguments["format"]
    form = format_named(chosen) if chosen else format_of(path, arguments["suffix"])
    imported = form.module.read(path, arguments["name"])
    return {"instrument": imported.instrument.to_dict(), "fidelity": imported.fidelity.to_dict(), "format": form.name}
