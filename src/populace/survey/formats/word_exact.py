"""Word questionnaires of ours, read back: paragraphs by their styles, codes and flags from their brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from populace.errors import FileRefused, InstrumentError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.names import Names
from populace.survey.formats.word_terms import (
    BLOCK,
    INSTRUMENT,
    KINDS,
    OPTION,
    QUESTION,
    ROW,
    read_bracketed,
    read_terms,
)
from populace.survey.formats.word_text import Grid, Paragraph
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.question import Question, Skip
from populace.survey.scale import Option

#: styles of our paragraphs
_STYLES = ("Question", "Instruction", "Condition", "Option", "Note")
ASKED, TOLD, CONDITION, CHOICE, PEOPLE = (f"Populace {name}" for name in _STYLES)
_TITLE, _HEADING = "Title", "Heading 1"
ASKED_IF, GO_TO = "Asked if: ", "Go to "
_GO = re.compile(r"Go to (end of block|end of survey|\S+?)(?: if: (.*))?", re.DOTALL)
_MARK = re.compile(r"[○☐]\t|_+\t")


@dataclass
class _Asked:
    """A question in the making."""

    #: where it stands
    place: str
    #: fields of the record
    fields: dict[str, Any]
    #: its options, rows and skips
    options: list[Option] = field(default_factory=list)
    #: its rows
    rows: list[Row] = field(default_factory=list)
    #: its skips
    skips: list[Skip] = field(default_factory=list)


def is_ours(parts: Sequence[Paragraph | Grid]) -> bool:
    """Has the document paragraphs in our styles?"""
    return any(isinstance(part, Paragraph) and part.style in (ASKED, TOLD) for part in parts)


def imported_exactly(parts: Sequence[Paragraph | Grid], place: str) -> Imported:
    """The instrument of such a document. Raises `FileRefused` with the place of what cannot be."""
    reading = _Reading(Fidelity("Word questionnaire"))
    for part in parts:
        reading.part(part)
    try:
        return Imported(reading.instrument(), reading.fidelity)
    except InstrumentError as problem:
        raise FileRefused(f"{place}: {problem}") from None


class _Reading:
    """Walks over the paragraphs."""

    def __init__(self, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self.about: dict[str, Any] = {"id": "questionnaire"}
        self.title: str | None = None
        self.blocks: list[tuple[dict[str, Any], list[_Asked]]] = []
        self.names = Names()
        self.current: _Asked | None = None

    def part(self, part: Paragraph | Grid) -> None:
        """The next paragraph or table."""
        if isinstance(part, Grid):
            self._grid(part)
            return
        readers = {
            _TITLE: self._title, _HEADING: self._heading, ASKED: self._question, TOLD: self._told,
            CONDITION: self._condition, CHOICE: self._choice,
        }  # fmt: skip
        if part.style in readers:
            readers[part.style](part)
        elif part.text.strip():
            element = "note for people" if part.style == PEOPLE else "paragraph"
            self.fidelity.lost(element, part.place, f"{part.text[:60]!r} is in no style of a question")

    def _title(self, part: Paragraph) -> None:
        self.title = part.text
        self.fidelity.taken("title")

    def _heading(self, part: Paragraph) -> None:
        self.current = None
        # without a title, the bracket is all there is
        found = read_bracketed(part.text, BLOCK) or read_bracketed(f" {part.text}", BLOCK)
        title, id, said = found or (part.text, f"b{len(self.blocks) + 1}", {})
        if found is None:
            self.fidelity.changed("block", part.place, f"has no id; {id!r} is given")
        else:
            self.fidelity.taken("block")
        self.blocks.append(({"id": str(id), "title": title or None, **said}, []))

    def _question(self, part: Paragraph) -> None:
        name, tab, text = part.text.partition("\t")
        if not tab:
            name, text = "q", part.text
        claimed = self.names.claim(name, "question", part.place, self.fidelity)
        self.current = _Asked(part.place, {"name": claimed, "text": text})
        if not self.blocks:
            self.blocks.append(({"id": "main"}, []))
        self.blocks[-1][1].append(self.current)

    def _told(self, part: Paragraph) -> None:
        """What is said of the instrument, or of a question."""
        text = part.text.strip().removeprefix("(").removesuffix(")")
        if self.current is None:
            said = read_terms(text, INSTRUMENT)
            self._noted(said, "instrument", part)
            self.about |= said or {}
            return
        kind = max(
            (words for words in KINDS.values() if text == words or text.startswith(f"{words};")), key=len, default=""
        )
        said = read_terms(text[len(kind) :].removeprefix("; "), QUESTION) if kind else None
        self._noted(said, "instruction", part)
        if said is not None:
            self.current.fields |= said | {"kind": next(one for one, words in KINDS.items() if words == kind)}

    def _noted(self, said: dict[str, Any] | None, element: str, part: Paragraph) -> None:
        if said is None:
            self.fidelity.lost(element, part.place, f"{part.text[:80]!r} could not be read; write it as it was")
        else:
            self.fidelity.taken(element)

    def _condition(self, part: Paragraph) -> None:
        found = _GO.fullmatch(part.text)
        if self.current is not None and part.text.startswith(ASKED_IF):
            self.current.fields["show_if"] = part.text.removeprefix(ASKED_IF)
            self.fidelity.taken("condition")
        elif self.current is not None and found:
            self.current.skips.append(Skip(found[1], found[2]))
            self.fidelity.taken("skip")
        else:
            self.fidelity.lost("condition", part.place, f"{part.text[:80]!r} could not be read")

    def _choice(self, part: Paragraph) -> None:
        if self.current is None:
            self.fidelity.lost("option", part.place, f"{part.text[:60]!r} belongs to no question")
            return
        text = part.text[found.end() :] if (found := _MARK.match(part.text)) else part.text
        self._option(text, part.place)

    def _option(self, text: str, place: str) -> None:
        found = read_bracketed(text, OPTION)
        if found is None:
            code = max((one.code for one in self.current.options if isinstance(one.code, int)), default=0) + 1
            self.fidelity.changed("option", place, f"{text[:60]!r} has no code; it gets {code}")
            found = (text, code, {})
        else:
            self.fidelity.taken("option")
        label, code, said = found
        self.current.options.append(Option(code, label, **said))

    def _grid(self, part: Grid) -> None:
        """Rows, and in its first line the options of a grid."""
        if self.current is None or not part.rows:
            self.fidelity.lost("table", part.place, "belongs to no question")
            return
        head, *body = part.rows
        if self.current.fields.get("kind") in ("grid", "grid_multiple"):
            for text in head[1:]:
                self._option(text, part.place)
        for cells in body:
            found = read_bracketed(cells[0], ROW)
            if found is None:
                name = str(len(self.current.rows) + 1)
                self.fidelity.changed("row", part.place, f"{cells[0][:60]!r} has no name; it gets {name}")
                found = (cells[0], name, {})
            else:
                self.fidelity.taken("row")
            self.current.rows.append(Row(str(found[1]), found[0], **found[2]))

    def instrument(self) -> Instrument:
        """All of it."""
        blocks = tuple(
            Block(questions=tuple(self._made(one) for one in asked), **fields) for fields, asked in self.blocks if asked
        )
        return Instrument(title=self.title or str(self.about["id"]), blocks=blocks, **self.about)

    def _made(self, asked: _Asked) -> Question:
        fields = dict(asked.fields)
        if "kind" not in fields:
            labels = [option.label for option in asked.options if not option.missing]
            closed = "grid" if asked.rows else "scale" if look_ordered(labels) else "single"
            fields["kind"] = closed if asked.options else "open"
            self.fidelity.changed("question", asked.place, f"says no kind; taken for {fields['kind']!r}")
        else:
            self.fidelity.taken("question")
        return Question(**fields, options=tuple(asked.options), rows=tuple(asked.rows), skips=tuple(asked.skips))
