"""What reads back otherwise than it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.instrument import Instrument

_NOTHING = object()


def differences(read: Instrument, meant: Instrument, fidelity: Fidelity) -> None:
    """Note every part that is different, by its place."""
    if read.content_hash == meant.content_hash:
        return
    back, own = read.to_dict(), meant.to_dict()
    for name in _other(back, own, ("blocks",)):
        fidelity.lost("round trip", name, "reads back otherwise")
    blocks = {block["id"]: block for block in back["blocks"]}
    if [*blocks] != [block["id"] for block in own["blocks"]]:
        fidelity.lost("round trip", "blocks", "read back under other names or in another order")
    for block in own["blocks"]:
        _of_block(blocks.get(block["id"], {}), block, fidelity)


def _of_block(back: Mapping[str, Any], own: Mapping[str, Any], fidelity: Fidelity) -> None:
    for name in _other(back, own, ("questions",)):
        fidelity.lost("round trip", f"block {own['id']}", f"{name} reads back otherwise")
    questions = {question["name"]: question for question in back.get("questions", ())}
    for question in own["questions"]:
        there = questions.get(question["name"])
        place = f"question {question['name']}"
        if there is None:
            fidelity.lost("round trip", place, "is not read back under its name")
        elif others := _other(there, question):
            fidelity.lost("round trip", place, f"reads back with other {', '.join(others)}")


def _other(back: Mapping[str, Any], own: Mapping[str, Any], without: tuple[str, ...] = ()) -> list[str]:
    """Keys whose values differ, names in other tools apart."""
    keys = dict.fromkeys([*own, *back])
    return [
        key
        for key in keys
        if key not in (*without, "source") and _content(back.get(key, _NOTHING)) != _content(own.get(key, _NOTHING))
    ]


def _content(value: Any) -> Any:
    """A value without what parts of it are called elsewhere."""
    if isinstance(value, dict):
        return {key: _content(one) for key, one in value.items() if key not in ("source", "sources")}
    return [_content(one) for one in value] if isinstance(value, list) else value
