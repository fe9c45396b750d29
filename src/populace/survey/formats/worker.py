"""Reads the instrument in a foreign file: the worker of `foreign.py`, run in a confined process only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from populace.survey.formats.registry import FORMATS, format_named, format_of


def prepare(arguments: dict[str, Any]) -> None:
    """Import the readers that may be needed, while that is still possible; a format that is not there yet is none."""
    chosen = arguments["format"]
    named = (
        [format_named(chosen)]
        if chosen
        else [one for one in FORMATS.values() if arguments["suffix"].lower() in one.suffixes]
    )
    for one in named:
        _ = one.module


def parse(path: Path, arguments: dict[str, Any]) -> dict[str, Any]:
    """The instrument and what became of the file, as plain data.

    `arguments`: "name", by which errors call the file; "suffix"; "format", None to find out. Raises `FileRefused`.
    """
    chosen = arguments["format"]
    form = format_named(chosen) if chosen else format_of(path, arguments["suffix"])
    imported = form.module.read(path, arguments["name"])
    return {"instrument": imported.instrument.to_dict(), "fidelity": imported.fidelity.to_dict(), "format": form.name}
