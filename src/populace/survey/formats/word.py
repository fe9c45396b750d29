"""Word questionnaires: read as well as can be, and written so that people can read them and they read back.

A document of ours has paragraphs of its own styles and is read exactly (`word_exact`); any other document is read like
a questionnaire in plain text (`questionnaire_build`), with a list to review.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.questionnaire_build import imported
from populace.survey.formats.questionnaire_marks import option_mark, question_mark
from populace.survey.formats.questionnaire_parts import Line, Part, parts_of, table
from populace.survey.formats.word_exact import imported_exactly, is_ours
from populace.survey.formats.word_text import Grid, Paragraph, contents, opened
from populace.survey.formats.word_write import write

__all__ = ["read", "recognises", "write"]

_HEADINGS = ("heading", "title", "überschrift", "titre")


def recognises(path: Path) -> bool:
    """Is this an archive with the body of a Word document?"""
    try:
        with zipfile.ZipFile(path) as archive:
            return "word/document.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return False


def read(path: Path, place: str) -> Imported:
    """The questions of a document. Raises `FileRefused` when it holds none, or is no Word document."""
    parts = list(contents(opened(path, place), place))
    if is_ours(parts):
        return imported_exactly(parts, place)
    return imported(list(_written(parts)), place, Fidelity("Word questionnaire"))


def _written(parts: Iterable[Paragraph | Grid]) -> Iterator[Part]:
    """Paragraphs as lines; each is complete, so that nothing goes on in the next one."""
    for part in parts:
        if isinstance(part, Grid):
            yield table([[cell.strip() for cell in row] for row in part.rows], part.place)
            continue
        heading = part.style.lower().startswith(_HEADINGS)
        lines = part.text.split("\n")
        marked = _marked(part.mark, lines[0])
        for line in parts_of([marked, *lines[1:]], part.place.replace("{", "{{").replace("}", "}}")):
            yield Line(line.text, part.place, heading) if isinstance(line, Line) else line


def _marked(mark: str, text: str) -> str:
    """A text behind the number or bullet of its list, unless it has a mark of its own."""
    own = question_mark(text) or option_mark(text)
    return f"{mark} {text}" if mark and text.strip() and not own else text
