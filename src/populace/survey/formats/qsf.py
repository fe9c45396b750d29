"""Qualtrics survey files (.qsf), read and written with all their logic.

qsf_raw        the file, part by part                  qsf_read      from the parts to an instrument
qsf_kinds      questions, type by type                 qsf_logic     conditions into our language
qsf_flow       branches, randomizers, endings          qsf_write     the writer
qsf_hints      what Qualtrics has no field for
"""

from __future__ import annotations

from pathlib import Path

from populace.errors import FileRefused, InstrumentError
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.qsf_raw import parts_of
from populace.survey.formats.qsf_read import Reader, without_hints
from populace.survey.formats.qsf_write import write
from populace.survey.formats.safe import safe_json

__all__ = ["read", "recognises", "write"]

#: bytes looked at to tell a survey file
_HEAD = 4096


def recognises(path: Path) -> bool:
    """Does the beginning look like a survey exported from Qualtrics?"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    marks = [mark.encode(encoding) for mark in ('"SurveyEntry"', '"SurveyElements"') for encoding in _ENCODINGS]
    return any(mark in head for mark in marks)


_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def read(path: Path, place: str) -> Imported:
    """The instrument, and what became of the file. Raises `FileRefused`."""
    found = safe_json(path)
    try:
        return _imported(found.content, place, found.repairs)
    except InstrumentError as problem:
        if isinstance(problem, FileRefused):
            raise
        # what was kept in the file for us may be what leads nowhere
        plain = without_hints(found.content)
        if plain == found.content:
            raise FileRefused(f"{place} holds no questionnaire that can be put ({problem})") from None
    try:
        imported = _imported(plain, place, found.repairs)
    except InstrumentError as problem:
        if isinstance(problem, FileRefused):
            raise
        raise FileRefused(f"{place} holds no questionnaire that can be put ({problem})") from None
    imported.fidelity.changed("hint", place, "what the file says for Populace cannot be followed, and is left out")
    return imported


def _imported(content: object, place: str, repairs: tuple[str, ...]) -> Imported:
    fidelity = Fidelity("Qualtrics QSF")
    for repair in repairs:
        fidelity.changed("JSON", place, repair)
    return Imported(Reader(parts_of(content, place, fidelity), fidelity).instrument(), fidelity)
