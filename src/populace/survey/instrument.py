"""Instrument: questions in blocks, with a stable hash.

Reading and writing files is `populace.survey.formats`; this file knows the record, its rules and how it looks.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from populace.errors import InstrumentError
from populace.survey.names import did_you_mean, shown
from populace.survey.question import Item, Question

#: rows of the HTML table before it is cut
_ROWS_SHOWN = 50


@dataclass(frozen=True)
class Block:
    """Questions that are put together."""

    #: short unique name
    id: str
    #: the questions, in order
    questions: tuple[Question, ...]
    #: heading
    title: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple(self.questions))
        if not isinstance(self.id, str) or not self.id.strip():
            raise InstrumentError(f"block id is {shown(self.id)}; expected a short word such as 'main': give it one")
        if self.title is not None and not isinstance(self.title, str):
            raise InstrumentError(f"block {self.id!r}: title is {shown(self.title)}; expected words: write it")
        if not self.questions:
            raise InstrumentError(f"block {self.id!r} has no questions; expected one or more: add some or remove it")


@dataclass(frozen=True)
class Instrument:
    """A questionnaire. Raises `InstrumentError` when names collide or nothing is asked."""

    #: short name of the instrument
    id: str
    #: title for people
    title: str
    #: blocks in order
    blocks: tuple[Block, ...]
    #: year of fieldwork
    year: int | None = None
    #: ISO 3166 code of the population's country, such as "US"
    country: str | None = None
    #: language of the wording (BCP 47)
    language: str = "en"
    #: remarks for readers of the file
    notes: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        problem = _field_problem(self) or _block_problem(self) or _collision(self)
        if problem:
            raise InstrumentError(problem)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in order."""
        return tuple(question for block in self.blocks for question in block.questions)

    def items(self, role: str | None = None) -> tuple[Item, ...]:
        """All answerable columns, in order; with `role`, only those of that role."""
        return tuple(item for q in self.questions for item in q.items() if role in (None, item.role))

    def question(self, name: str) -> Question:
        """The question of that name; raises `InstrumentError` naming the closest one."""
        found = {question.name: question for question in self.questions}
        if name not in found:
            raise InstrumentError(f"instrument {self.id!r} has no question {name!r}{did_you_mean(name, found)}")
        return found[name]

    @cached_property
    def content_hash(self) -> str:
        """'sha256:…' of the content: key order, spacing and shorthands of the file do not matter."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain data in the layout of the file format, without keys that hold their default."""
        return _plain(self)

    def __repr__(self) -> str:
        count = len(self.questions)
        return f"Instrument({self.id!r}, {count:,} question{'s' * (count != 1)}, {len(self.items()):,} items)"

    def _repr_html_(self) -> str:
        shown = self.questions[:_ROWS_SHOWN]
        more = len(self.questions) - len(shown)
        head = "".join(f"<th>{name}</th>" for name in ("name", "kind", "text", "options"))
        body = "".join(_html_row(question) for question in shown)
        rest = f"<p>… and {more:,} more questions</p>" if more else ""
        return f"<h4>{escape(self.title)}</h4><table><tr>{head}</tr>{body}</table>{rest}"


def read_instrument(source: str | Path | dict[str, Any]) -> Instrument:
    """Read an instrument from a JSON or YAML file (by suffix), or from a dictionary of the same layout.

    Raises `InstrumentError` that names file, block, question and the fix.
    """
    from populace.survey.formats import native

    return native.read(Path(source)) if isinstance(source, str | Path) else native.from_dict(source)


def write_instrument(instrument: Instrument, path: str | Path) -> None:
    """Write an instrument as JSON or YAML (by suffix), whole or not at all."""
    from populace.survey.formats import native

    native.write(instrument, Path(path))


def _plain(value: Any) -> Any:
    """Records as mappings, tuples as lists."""
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    if not is_dataclass(value):
        return value
    content = {}
    for field in fields(value):
        member = getattr(value, field.name)
        if field.default is MISSING or member != field.default:
            content[field.name] = _plain(member)
    return content


def _field_problem(instrument: Instrument) -> str | None:
    for field in ("id", "title", "language"):
        value = getattr(instrument, field)
        if not isinstance(value, str) or not value.strip():
            return f"{field} is {shown(value)}; expected words: write it"
    year = instrument.year
    if year is not None and (isinstance(year, bool) or not isinstance(year, int)):
        return f"year is {shown(year)}; expected a whole number such as 2026: correct it or leave it away"
    for field in ("country", "notes"):
        value = getattr(instrument, field)
        if value is not None and not isinstance(value, str):
            return f"{field} is {shown(value)}; expected words: correct it or leave it away"
    return None


def _block_problem(instrument: Instrument) -> str | None:
    ids = [block.id for block in instrument.blocks]
    twice = next((id for id in ids if ids.count(id) > 1), None)
    if twice is not None:
        return f"block id {twice!r} is used twice; expected unique ids: rename one of them"
    if not instrument.items():
        return "no question can be answered; expected one or more besides display text: add questions"
    return None


def _collision(instrument: Instrument) -> str | None:
    """Two questions of one name, or two items that would share a column."""
    owner: dict[str, tuple[str, str]] = {}
    for block in instrument.blocks:
        for question in block.questions:
            for name in dict.fromkeys([question.name, *(item.name for item in question.items())]):
                if name in owner:
                    return _collision_message(name, owner[name], (block.id, question.name))
                owner[name] = (block.id, question.name)
    return None


def _collision_message(name: str, first: tuple[str, str], second: tuple[str, str]) -> str:
    if first[1] == second[1] == name:
        return f"block {second[0]!r}, question {name!r}: block {first[0]!r} has one of that name too: rename one"
    return (
        f"block {second[0]!r}, question {second[1]!r}: its column {name!r} collides with question {first[1]!r} "
        f"in block {first[0]!r}: rename one of them"
    )


def _html_row(question: Question) -> str:
    options = " · ".join(option.label for option in question.options[:12])
    if len(question.options) > 12:
        options += f" · … ({len(question.options)})"
    cells = (question.name, question.kind, question.text, options)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
