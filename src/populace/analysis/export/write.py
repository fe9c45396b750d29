"""write_document(): a document into a folder, in the formats asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from populace.analysis.export.document import Document
from populace.analysis.export.excel import write_excel
from populace.analysis.export.html import write_html
from populace.analysis.export.json import write_json
from populace.analysis.export.powerpoint import write_powerpoint
from populace.errors import UsageError
from populace.survey.names import did_you_mean, shown

__all__ = ["FORMATS", "write_document"]

#: format -> suffix and writer
FORMATS: dict[str, tuple[str, Callable[[Document, Path], Path]]] = {
    "html": (".html", write_html),
    "excel": (".xlsx", write_excel),
    "powerpoint": (".pptx", write_powerpoint),
    "json": (".json", write_json),
}


def write_document(
    document: Document, folder: str | Path, formats: Sequence[str] = tuple(FORMATS), name: str = ""
) -> tuple[Path, ...]:
    """Write the document; returns the files. Names of files with synthetic content end in -SYNTHETIC.

    `name`: of the files without suffix (default: the title). Raises `UsageError` for an unknown format.
    """
    unknown = [form for form in formats if form not in FORMATS]
    if unknown or isinstance(formats, str):
        wrong = formats if isinstance(formats, str) else unknown[0]
        raise UsageError(
            f"format {shown(wrong)}{did_you_mean(wrong, FORMATS)}; expected a list of {', '.join(FORMATS)}: correct it"
        )
    stem = file_name(name or document.title) + (f"-{document.mark.replace(' ', '-')}" if document.mark else "")
    return tuple(FORMATS[form][1](document, Path(folder) / (stem + FORMATS[form][0])) for form in formats)


def file_name(title: str) -> str:
    """A name that every file system takes. Example: "Pies: who? 2015" is "pies-who-2015"."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-_")[:80] or "report"
