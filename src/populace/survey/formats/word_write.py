"""An instrument as a Word questionnaire: for people to read and comment on, and to be read back.

Questions of kinds that Word cannot carry (side by side, best and worst, choice tasks) are written for people only, and
the flow is not written; both are noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Pt, RGBColor

from populace import atomic
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.word_exact import ASKED, ASKED_IF, CHOICE, CONDITION, GO_TO, PEOPLE, TOLD
from populace.survey.formats.word_terms import BLOCK, INSTRUMENT, KINDS, OPTION, QUESTION, ROW, bracketed, terms
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question
from populace.survey.scale import Option
from populace.survey.tasks import Tasks

#: characters that XML cannot hold, and those that it makes into others
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\r]")
#: kinds whose options are ticked with others
_BOXES = ("multiple", "grid_multiple")
_GREY = RGBColor(0x70, 0x70, 0x70)
_BLANK = "______"


def write(instrument: Instrument, path: Path) -> Fidelity:
    """Write the document, whole or not at all; what it cannot carry is noted."""
    writing = _Writing(Fidelity("Word questionnaire"))
    writing.instrument(instrument)
    with atomic.replacing(path) as temporary:
        writing.document.save(str(temporary))
    return writing.fidelity


class _Writing:
    """Adds paragraph after paragraph."""

    def __init__(self, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self.document: Document = docx.Document()
        self._place = ""
        #: questions that are written for people only
        self._unread: set[str] = set()
        _add_styles(self.document)

    def instrument(self, instrument: Instrument) -> None:
        """Title, blocks, and notes on what is left out."""
        self._place = "title"
        self._unread = {one.name for one in instrument.questions if one.kind not in KINDS}
        self._paragraph(instrument.title, "Title")
        self._paragraph("; ".join(terms(instrument, INSTRUMENT, ("id", "language"))), TOLD)
        for block in instrument.blocks:
            self._block(block)
        self._left_out(instrument)

    def _block(self, block: Block) -> None:
        self._place = f"block {block.id!r}"
        heading = bracketed(block.title or "", block.id, terms(block, BLOCK))
        self._paragraph(heading if block.title else heading.removeprefix(" "), "Heading 1")
        self.fidelity.taken("block")
        for question in block.questions:
            self._place = f"question {question.name!r}"
            if question.kind in KINDS:
                self._question(question)
            else:
                self._for_people(question)

    def _question(self, question: Question) -> None:
        self._paragraph(f"{question.name}\t{question.text}", ASKED)
        self._paragraph(f"({'; '.join([KINDS[question.kind], *terms(question, QUESTION)])})", TOLD)
        if question.show_if is not None:
            self._paragraph(ASKED_IF + question.show_if, CONDITION)
        if question.kind not in ("grid", "grid_multiple"):
            for option in question.options:
                self._paragraph(f"{_mark(question)}\t{self._option(option)}", CHOICE)
        if question.rows:
            self._grid(question)
        for skip in question.skips:
            if skip.to in self._unread:
                words = f"leads to {skip.to!r}, which does not read back; left out"
                self.fidelity.lost("skip", self._place, words)
                continue
            self._paragraph(f"{GO_TO}{skip.to}" + (f" if: {skip.when}" if skip.when is not None else ""), CONDITION)
        self.fidelity.taken("question")
        self.fidelity.taken("option", len(question.options))
        self.fidelity.taken("row", len(question.rows))

    def _option(self, option: Option) -> str:
        return bracketed(option.label, option.code, terms(option, OPTION))

    def _grid(self, question: Question) -> None:
        """Rows with places to tick, or a blank for each."""
        ticked = question.kind in ("grid", "grid_multiple")
        heads = [self._option(option) for option in question.options] if ticked else [""]
        table = self.document.add_table(rows=len(question.rows) + 1, cols=len(heads) + 1, style="Table Grid")
        for cell, text in zip(table.rows[0].cells[1:], heads, strict=True):
            cell.text = self._clean(text)
        for cells, row in zip((one.cells for one in table.rows[1:]), question.rows, strict=False):
            cells = list(cells)
            cells[0].text = self._clean(bracketed(row.text, row.name, terms(row, ROW)))
            for cell in cells[1:]:
                cell.text = _mark(question) if ticked else _BLANK
        self.document.add_paragraph()

    def _for_people(self, question: Question) -> None:
        """A question that people can read and that does not read back."""
        for text in (f"{question.name}. {question.text}", *_described(question)):
            self._paragraph(text, PEOPLE)
        self.fidelity.lost(
            "question", self._place, f"kind {question.kind!r} is written for people and does not read back"
        )

    def _paragraph(self, text: str, style: str) -> None:
        self.document.add_paragraph(self._clean(text), style=style)

    def _clean(self, text: str) -> str:
        clean = _UNWRITABLE.sub("\ufffd", text)
        if clean != text:
            self.fidelity.changed("text", self._place, "holds characters that Word cannot; they are replaced by \ufffd")
        return clean

    def _left_out(self, instrument: Instrument) -> None:
        """What a sheet of paper has no place for."""
        if instrument.flow:
            self.fidelity.lost(
                "flow", "flow", f"{len(instrument.flow)} steps; the blocks are written one after the other"
            )
        for element, names in (
            ("embedded data", [one.name for one in instrument.data]),
            ("computed value", [one.name for one in instrument.computed]),
            ("quota", [one.name for one in instrument.quotas]),
            ("translation", list(instrument.translations)),
        ):
            for name in names:
                self.fidelity.lost(element, f"{element} {name!r}", "a Word questionnaire has no place for it")


def _mark(question: Question) -> str:
    """What stands before an option."""
    return "☐" if question.kind in _BOXES else "___" if question.kind in ("rank", "sum") else "○"


def _described(question: Question) -> Iterator[str]:
    """The parts of a question, a line each."""
    yield from (f"○ {option.label}" for option in question.options)
    yield from (f"{row.text}: {_BLANK}" for row in question.rows)
    yield from (
        f"{column.text} ({', '.join(o.label for o in column.options) or _BLANK})" for column in question.columns
    )
    labels = {option.code: option.label for option in question.options}
    for number, together in enumerate(question.sets[0] if question.sets else (), 1):
        yield f"Set {number}: {', '.join(labels[code] for code in together)}"
    if question.tasks:
        yield from _cards(question.tasks)


def _cards(tasks: Tasks) -> Iterator[str]:
    for number, cards in enumerate(tasks.versions[0]):
        wordings = (tasks.wording(0, number, card) for card in range(len(cards)))
        yield f"Task {number + 1}: " + " / ".join(wordings) + (f" / {tasks.none}" if tasks.none else "")


def _add_styles(document: Document) -> None:
    """Our paragraph styles; a reader knows paragraphs by them."""
    looks = {ASKED: (11, True, None), TOLD: (9, False, _GREY), CONDITION: (9, False, _GREY), CHOICE: (11, False, None),
             PEOPLE: (11, False, None)}  # fmt: skip
    for name, (size, bold, color) in looks.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        style.font.size, style.font.bold = Pt(size), bold
        style.font.italic = name in (TOLD, CONDITION)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.keep_with_next = name in (ASKED, TOLD)
        if name == CHOICE:
            style.paragraph_format.left_indent = Pt(18)
        if name == ASKED:
            style.paragraph_format.space_before = Pt(12)
        if color is not None:
            style.font.color.rgb = color
