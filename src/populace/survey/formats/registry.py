"""Formats of instruments: which file is of which, and the modules that read and write them.

A module of a format has `recognises(path) -> bool` (a look at the content), `read(path, place) -> Imported` and, where
the format can be written, `write(instrument, path) -> Fidelity`. Reading runs in a confined process
(`populace.survey.formats.foreign`), so a reader may trust the limits there and nothing else.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from populace.errors import FileRefused, UsageError
from populace.survey.names import did_you_mean


@dataclass(frozen=True)
class Format:
    """One format of instruments."""

    #: short name, for `--format`
    name: str
    #: name for people
    words: str
    #: suffixes of its files
    suffixes: tuple[str, ...]
    #: can it be written?
    writes: bool = True

    @property
    def module(self) -> ModuleType:
        """The module that reads and writes it."""
        return import_module(f"populace.survey.formats.{self.name}")


#: the registry, in the order in which files are tried
FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("qsf", "Qualtrics QSF", (".qsf", ".json")),
        Format("limesurvey", "LimeSurvey", (".lss", ".lsa")),
        Format("xlsform", "XLSForm", (".xlsx", ".xls")),
        Format("surveyjs", "SurveyJS", (".json",)),
        Format("triples", "Triple-S", (".sss", ".xml")),
        Format("ddi", "DDI Codebook", (".xml",)),
        Format("word", "Word questionnaire", (".docx",)),
        Format("questionnaire", "PDF or plain-text questionnaire", (".pdf", ".txt", ".md"), writes=False),
    )
}


def format_named(name: str) -> Format:
    """The format of that name; raises `UsageError` with the closest one."""
    if name not in FORMATS:
        raise UsageError(
            f"format {name!r} is unknown{did_you_mean(name, FORMATS)}; expected one of {', '.join(FORMATS)}"
        )
    return FORMATS[name]


def format_of(path: Path, suffix: str) -> Format:
    """The format of a file, by its suffix and then by its content. Raises `FileRefused` when it is none of ours."""
    fitting = [one for one in FORMATS.values() if suffix.lower() in one.suffixes]
    for one in fitting:
        if one.module.recognises(path):
            return one
    if not path.stat().st_size:
        raise FileRefused(f"{path} is empty (0 bytes); expected a questionnaire: export or copy it again")
    if _cut_archive(path):
        raise FileRefused(f"{path} is an archive that was cut short or damaged: export or copy it again")
    looked_for = " or ".join(one.words for one in fitting) or f"one of {', '.join(_suffixes())}"
    raise FileRefused(f"{path} is not {looked_for}, by its content; expected a questionnaire: check the file")


def _cut_archive(path: Path) -> bool:
    """Does it begin as a ZIP archive (.xlsx, .docx, .lsa) and not end as one?"""
    with path.open("rb") as file:
        return file.read(4) == b"PK\3\4" and not zipfile.is_zipfile(path)


def _suffixes() -> list[str]:
    return sorted({suffix for one in FORMATS.values() for suffix in one.suffixes})
