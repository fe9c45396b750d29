"""Populace's own instrument format: JSON or YAML <-> Instrument.

Shorthands are allowed on reading and spelled out on writing: options may be plain strings (codes 1, 2, …) or the name
of a list under 'scales'; rows may be plain strings; 'questions' may stand in place of 'blocks' (one block, "main");
choice tasks and best-worst sets may be given by a design. Files are read by `native_files`, the flow by `native_flow`,
tasks and sets by `native_designs`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats.native_designs import nested, sets_of, tasks_of
from populace.survey.formats.native_files import dump, load
from populace.survey.formats.native_flow import PARTS
from populace.survey.formats.native_records import called, flags, keys_of, mapping, placed, record, sequence, short
from populace.survey.instrument import Block, Instrument
from populace.survey.names import did_you_mean, shown
from populace.survey.question import Question, Row, Skip
from populace.survey.scale import Option

__all__ = ["flags", "from_dict", "load", "read", "record", "schema", "write"]

_TOP = {**keys_of(Instrument), "blocks": False, "questions": False, "scales": False}
_BLOCK = keys_of(Block)
_QUESTION = {**keys_of(Question), "design": False}
#: columns stand side by side, and their rows are those of the question
_COLUMN = {key: needed for key, needed in _QUESTION.items() if key not in ("rows", "columns", "design")}


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
    dump(instrument.to_dict(), path)


def from_dict(content: Any, where: str = "instrument") -> Instrument:
    """An Instrument from parsed JSON or YAML; `where` opens every error message."""
    _refuse_no_mapping(content, where)
    top = mapping(content, where, "an instrument", _TOP)
    with placed(where):
        scales = _scales(top.get("scales"))
    blocks = _blocks(top, where)
    blocks = [_block(block, number, where, scales) for number, block in enumerate(sequence(blocks, where, "blocks"), 1)]
    fields = {key: top[key] for key in keys_of(Instrument) if key in top and key != "blocks"}
    with placed(where):
        fields |= {key: read(fields[key]) for key, read in PARTS.items() if key in fields}
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
    place = f"{where}, {called('block', content, 'id', number)}"
    block = mapping(content, place, "a block", _BLOCK)
    questions = [
        _question(question, number, place, scales)
        for number, question in enumerate(sequence(block["questions"], place, "questions"), 1)
    ]
    with placed(place):
        fields = flags(Block, {key: value for key, value in block.items() if key != "questions"})
    with placed(where):
        return Block(questions=tuple(questions), **fields)


def _question(
    content: Any,
    number: int,
    place: str,
    scales: Mapping[str, tuple[Option, ...]],
    known: Mapping[str, bool] = _QUESTION,
) -> Question:
    where = f"{place}, {called('question', content, 'name', number)}"
    fields = dict(mapping(content, where, "a question", known))
    with placed(where):
        if "options" in fields:
            fields["options"] = _options(fields["options"], scales)
        for key, read_one in _MEMBERS.items():
            if key in fields:
                members = sequence(fields[key], "", key)
                fields[key] = tuple(read_one(member, number) for number, member in enumerate(members, 1))
        if "columns" in fields:
            columns = sequence(fields["columns"], where, "columns")
            fields["columns"] = tuple(_question(one, n, where, scales, _COLUMN) for n, one in enumerate(columns, 1))
        if fields.get("tasks") is not None:
            fields["tasks"] = tasks_of(fields["tasks"])
        if "sets" in fields:
            fields["sets"] = nested(fields["sets"], 2, "sets")
        if "design" in fields:
            fields["sets"] = sets_of(fields.pop("design"), fields)
        fields = flags(Question, fields)
    with placed(place):
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
    return tuple(_option(option, number) for number, option in enumerate(sequence(content, "", "options"), 1))


def _option(content: Any, number: int) -> Option:
    if isinstance(content, str):
        return Option(number, content)
    return record(Option, content, called("option", content, "label", number), "an option")


def _row(content: Any, number: int) -> Row:
    if isinstance(content, str):
        return Row(str(number), content)
    row = record(Row, content, f"row number {number}", "a row")
    return dataclasses.replace(row, name=short(row.name, f"row number {number}"))


def _skip(content: Any, number: int) -> Skip:
    return record(Skip, content, f"skip number {number}", "a skip")


#: what the members of lists in a question are
_MEMBERS: dict[str, Callable[[Any, int], Any]] = {"rows": _row, "skips": _skip}
