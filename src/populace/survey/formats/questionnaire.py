"""Questionnaires as people write them, in PDF, plain text or Markdown: read as well as can be, with a list to review.

There is no format here: numbers of questions, marks of options and words in brackets are recognised, every guess is
noted (`fidelity.changed`), and what is not understood is noted too (`fidelity.lost`). A person goes through the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from populace.errors import FileRefused
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.questionnaire_build import imported
from populace.survey.formats.questionnaire_parts import parts_of

_MEGABYTE = 1 << 20
#: bytes of a file, pages of a PDF, lines
_SIZE, _PAGES, _LINES = 64 * _MEGABYTE, 2_000, 100_000
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def recognises(path: Path) -> bool:
    """Is this a PDF, or text without control characters?"""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    if start.startswith(b"%PDF-"):
        return True
    return bool(start.strip()) and (b"\0" not in start or start[:2] in (b"\xff\xfe", b"\xfe\xff"))


def read(path: Path, place: str) -> Imported:
    """The questions of a written questionnaire. Raises `FileRefused` when there are none, or no text at all."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise FileRefused(f"{place} cannot be read ({problem.strerror}): check the file") from None
    if len(content) > _SIZE:
        raise FileRefused(f"{place} has more than {_SIZE:,} bytes; expected a questionnaire: check the file")
    if content.startswith(b"%PDF-"):
        fidelity = Fidelity("PDF questionnaire")
        return imported(list(parts_of(_pdf_lines(path, place), "line {}")), place, fidelity)
    fidelity = Fidelity("plain-text questionnaire")
    lines = _text(content, place, fidelity).splitlines()
    return imported(list(parts_of(_few(lines, place))), place, fidelity)


def _few(lines: Sequence[str], place: str) -> Sequence[str]:
    if len(lines) > _LINES:
        raise FileRefused(f"{place} has {len(lines):,} lines; expected a questionnaire of at most {_LINES:,}: split it")
    return lines


def _text(content: bytes, place: str, fidelity: Fidelity) -> str:
    """The text of a file; what is not Unicode is taken for Western European."""
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
        fidelity.changed("encoding", "the file", "is not Unicode; read as Western European (Windows-1252)")
    if "\0" in text:
        raise FileRefused(f"{place} holds NUL characters, which no text has: check that it is the right file")
    return text


def _pdf_lines(path: Path, place: str) -> list[str]:
    """The lines of text in a PDF, an empty one between pages."""
    lines: list[str] = []
    try:
        reader = PdfReader(path)
        if reader.is_encrypted:
            raise FileRefused(f"{place} is locked with a password; expected a PDF that opens: save it without")
        if len(reader.pages) > _PAGES:
            raise FileRefused(f"{place} has more than {_PAGES:,} pages; expected a questionnaire: split it")
        for page in reader.pages:
            lines += [*page.extract_text().splitlines(), ""]
            _few(lines, place)
    except FileRefused:
        raise
    except (
        PyPdfError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        OSError,
    ) as problem:
        reason = (str(problem) or type(problem).__name__).splitlines()[0][:120]
        raise FileRefused(f"{place} is no PDF that can be read ({reason}): save or export it again") from None
    if not any(line.strip() for line in lines):
        raise FileRefused(f"{place} holds no text; it may be a scan: expected a PDF with text, or run it through OCR")
    return lines
