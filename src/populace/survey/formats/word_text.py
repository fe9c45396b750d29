"""The body of a Word document as paragraphs and tables of plain text, numbers and bullets of lists included."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from populace.errors import FileRefused
from populace.survey.formats.archive import safe_zip

_BODY = "word/document.xml"
#: paragraphs and cells of one document
_MOST = 100_000
_SKIPPED = {qn("w:del"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
#: check boxes of symbol fonts
_SYMBOLS = {"F0A8": "☐", "F06F": "☐", "F071": "☐", "F0A1": "○", "F06D": "○", "F0B7": "•", "F0E0": "→", "F0E8": "→"}
_SPACES = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-", qn("w:softHyphen"): ""}


@dataclass(frozen=True)
class Paragraph:
    """One paragraph."""

    #: its text; ends of lines within it are kept
    text: str
    #: name of its style, "" when it has none
    style: str
    #: "1.", "a)", "•" when it belongs to a list
    mark: str
    #: where it stands
    place: str


@dataclass(frozen=True)
class Grid:
    """One table."""

    #: texts of its cells
    rows: tuple[tuple[str, ...], ...]
    #: where it stands
    place: str


def opened(path: Path, place: str) -> Document:
    """The document, when its archive is harmless. Raises `FileRefused`."""
    with safe_zip(path) as archive:
        if _BODY not in archive.names:
            raise FileRefused(f"{place} is no Word document: it has no {_BODY}: save it as .docx")
        for name in archive.names:  # proves the checksums
            archive.read(name)
    try:
        document = docx.Document(io.BytesIO(path.read_bytes()))
        _ = document.element.body, document.styles
    except (
        PackageNotFoundError,
        BadZipFile,
        etree.LxmlError,
        KeyError,
        ValueError,
        AttributeError,
        TypeError,
    ) as problem:
        reason = (str(problem) or type(problem).__name__).splitlines()[0][:120]
        raise FileRefused(f"{place} is no Word document that can be read ({reason}): save it anew") from None
    return document


def contents(document: Document, place: str) -> Iterator[Paragraph | Grid]:
    """Paragraphs and tables in order. Raises `FileRefused` for a document without end."""
    styles = {style.style_id: style.name or "" for style in document.styles}
    lists = _Lists(document)
    for number, element in enumerate(_blocks(document.element.body), start=1):
        if number > _MOST:
            raise FileRefused(f"{place} has more than {_MOST:,} paragraphs; expected a questionnaire: split it")
        if element.tag == qn("w:tbl"):
            yield Grid(tuple(_rows(element)), f"table after paragraph {number - 1}")
        else:
            style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            id = "" if style is None else style.get(qn("w:val"), "")
            yield Paragraph(_text(element), styles.get(id, ""), lists.mark(element, id), f"paragraph {number}")


def _blocks(body: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables, those in content controls included."""
    for element in body:
        if element.tag in (qn("w:p"), qn("w:tbl")):
            yield element
        elif element.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:smartTag")):
            yield from _blocks(element)


def _rows(grid: etree._Element) -> Iterator[tuple[str, ...]]:
    for row in grid.iterchildren(qn("w:tr")):
        cells = list(row.iterchildren(qn("w:tc"), qn("w:sdt")))
        yield tuple("\n".join(map(_text, cell.iter(qn("w:p")))) for cell in cells)


def _text(element: etree._Element) -> str:
    """The text that is seen: deleted words and instructions of fields are not."""
    pieces: list[str] = []
    pending = list(reversed(element))
    while pending:
        part = pending.pop()
        if part.tag in _SKIPPED:
            continue
        if part.tag == qn("w:t"):
            pieces.append(part.text or "")
        elif part.tag in _SPACES:
            pieces.append(_SPACES[part.tag])
        elif part.tag == qn("w:sym"):
            pieces.append(_SYMBOLS.get(part.get(qn("w:char"), "").upper(), ""))
        elif part.tag == qn("w:checkBox"):
            pieces.append("☐ ")
        elif part.tag not in (qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr")):
            pending.extend(reversed(part))
    return "".join(pieces)


class _Lists:
    """Counts the paragraphs of lists, as Word does when it shows their numbers."""

    def __init__(self, document: Document) -> None:
        #: (list, level) -> (format, text), such as ("decimal", "%1.")
        self._levels: dict[tuple[str, str], tuple[str, str]] = {}
        #: style -> (list, level)
        self._styles: dict[str, tuple[str, str]] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        numbering = next(
            (one.target_part for one in document.part.rels.values() if one.reltype == RELATIONSHIP_TYPE.NUMBERING), None
        )
        if numbering is not None and hasattr(numbering, "element"):
            self._read(numbering.element)
        for style in document.styles.element.iterchildren(qn("w:style")):
            found = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if found is not None:
                self._styles[style.get(qn("w:styleId"), "")] = _numbered(found)

    def _read(self, numbering: etree._Element) -> None:
        abstract = {one.get(qn("w:abstractNumId")): one for one in numbering.iterchildren(qn("w:abstractNum"))}
        for one in numbering.iterchildren(qn("w:num")):
            named = one.find(qn("w:abstractNumId"))
            kind = abstract.get(None if named is None else named.get(qn("w:val")))
            for level in () if kind is None else kind.iterchildren(qn("w:lvl")):
                form, text = (level.find(qn(name)) for name in ("w:numFmt", "w:lvlText"))
                key = (one.get(qn("w:numId"), ""), level.get(qn("w:ilvl"), "0"))
                self._levels[key] = tuple("" if part is None else part.get(qn("w:val"), "") for part in (form, text))

    def mark(self, paragraph: etree._Element, style: str) -> str:
        """The number or bullet before a paragraph."""
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        listed = _numbered(own) if own is not None else self._styles.get(style)
        if listed is None or listed[0] in ("", "0"):
            return ""
        form, text = self._levels.get(listed, ("bullet", ""))
        if form in ("bullet", "none", ""):
            return "•" if form == "bullet" else ""
        counts, level = self._counts[listed[0]], int(listed[1]) if listed[1].isdigit() else 0
        counts[level] = counts.get(level, 0) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        return re.sub(r"%(\d)", lambda found: _numeral(counts.get(int(found[1]) - 1, 1), form), text)


def _numbered(found: etree._Element) -> tuple[str, str]:
    """(list, level) of a paragraph."""
    parts = (found.find(qn(name)) for name in ("w:numId", "w:ilvl"))
    id, level = ("" if part is None else part.get(qn("w:val"), "") for part in parts)
    return id, level or "0"


def _numeral(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and number <= 26:
        letter = chr(ord("a") + number - 1)
        return letter if form == "lowerLetter" else letter.upper()
    return str(number)
