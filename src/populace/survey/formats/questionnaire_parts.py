"""A written questionnaire as lines and tables, wherever they come from: plain text, Markdown, PDF, Word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: characters of a line; what is longer is no line of a questionnaire and is read as text only
LONGEST = 5_000


@dataclass(frozen=True)
class Line:
    """One line or paragraph; an empty one separates."""

    #: its words
    text: str
    #: where it stands, in the words of the file
    place: str
    #: is it a heading?
    heading: bool = False


@dataclass(frozen=True)
class Table:
    """Cells in rows, all of one length."""

    #: words of the cells
    rows: tuple[tuple[str, ...], ...]
    #: where it stands
    place: str


Part = Line | Table

_CIRCLES, _BOXES = "○◯⭘⚪◦◎●", "☐□▢❏❐◻☑☒⬜"
#: a place to tick, as tables and lines of text have it
TICK = re.compile(rf"[{_CIRCLES}{_BOXES}]|\[\s?[xX✓]?\s?\]|\(\s?\)")
BOX = re.compile(rf"[{_BOXES}]|\[\s?[xX✓]?\s?\]")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__)(?=[^\W_]|[\[(])(.{1,2000}?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<!\w)\*(?=[^\W_]|[\[(])([^*]{1,500})(?<=\S)\*(?!\w)")
_RULE = re.compile(r"\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*|[-*_=]{3,}")
_UNDERLINE = re.compile(r"(={3,}|-{3,})\s*")
_GAP = re.compile(r"\s{2,}|\t+")


def parts_of(lines: Sequence[str], place: str = "line {}") -> Iterator[Part]:
    """Lines of plain text or Markdown as parts; `place` gets the number of the line."""
    number = 0
    while number < len(lines):
        where = place.format(number + 1)
        size = _table_size(lines, number)
        if size:
            yield _table(lines[number : number + size], where)
            number += size
            continue
        text, following = _plain(lines[number]), lines[number + 1] if number + 1 < len(lines) else ""
        found = _HEADING.fullmatch(text)
        underlined = bool(text) and _UNDERLINE.fullmatch(following) is not None and not _MARKED.match(text)
        if found:
            yield Line(found[2].strip(" #"), where, heading=True)
        elif not (_RULE.fullmatch(text) and text and "__" not in text):
            yield Line(text, where, heading=underlined)
        number += 2 if underlined else 1


_MARKED = re.compile(rf"[-*•{_CIRCLES}{_BOXES}]|\d+[.)]|[\[(]")


def _plain(line: str) -> str:
    """A line without the emphasis of Markdown."""
    text = line.rstrip().replace("\u00a0", " ")
    if len(text) > LONGEST:
        return text.strip()
    text = re.sub(r"\\([\\`*_{}\[\]()#+\-.!>|])", r"\1", text).strip()
    return _ITALIC.sub(r"\1", _EMPHASIS.sub(r"\2", text.removeprefix("> ")))


def _table_size(lines: Sequence[str], start: int) -> int:
    """How many lines from here on are a table; 0 when none are."""
    if "|" in lines[start]:
        size = _run(lines, start, lambda line: line.strip().startswith("|") or line.count("|") > 1)
        return size if size > 1 else 0
    return _ticked_size(lines, start)


def _ticked_size(lines: Sequence[str], start: int) -> int:
    """A line of labels, then lines of a statement with as many places to tick."""
    if len(lines[start]) > LONGEST or start + 1 >= len(lines):
        return 0
    head = _GAP.split(lines[start].strip())
    if len(head) < 2 or TICK.search(lines[start]):
        return 0

    def ticked(line: str) -> bool:
        cells = _GAP.split(line.strip()) if len(line) <= LONGEST else []
        return len(cells) == len(head) + 1 and all(TICK.fullmatch(cell) or cell.isdigit() for cell in cells[1:])

    size = _run(lines, start + 1, ticked)
    return size + 1 if size else 0


def _run(lines: Sequence[str], start: int, fits) -> int:
    size = 0
    while start + size < len(lines) and fits(lines[start + size]):
        size += 1
    return size


def _table(lines: Sequence[str], place: str) -> Table:
    if "|" in lines[0]:
        kept = [line.strip() for line in lines if not _RULE.fullmatch(line.strip())]
        rows = [[_plain(cell) for cell in line.removeprefix("|").removesuffix("|").split("|")] for line in kept]
    else:
        rows = [["", *_GAP.split(lines[0].strip())], *(_GAP.split(line.strip()) for line in lines[1:])]
    return table(rows, place)


def table(rows: Sequence[Sequence[str]], place: str) -> Table:
    """A table whose rows are made equally long."""
    width = max((len(row) for row in rows), default=0)
    return Table(tuple((*row, *[""] * (width - len(row))) for row in rows), place)
