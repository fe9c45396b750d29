"""XLSForms (.xlsx, .xls) of ODK, Kobo and SurveyCTO, read through pyxform and written with openpyxl.

xlsform_form           the workbook, as pyxform reads it    xlsform_read       the reader
xlsform_plans          what each row becomes                xlsform_kinds      questions, type by type
xlsform_expressions    conditions into our language         xlsform_write      the writer
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from populace.survey.formats.xlsform_read import read
from populace.survey.formats.xlsform_write import write

__all__ = ["read", "recognises", "write"]

_OLE = b"\xd0\xcf\x11\xe0"
#: bytes of the list of sheets
_LARGEST = 1 << 20


def recognises(path: Path) -> bool:
    """Is this a workbook with a sheet named survey?"""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            if head == _OLE:
                content = head + file.read(64 << 20)
                return b"survey" in content or "survey".encode("utf-16-le") in content
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as sheets:
            return b'name="survey"' in sheets.read(_LARGEST).lower()
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, ValueError, EOFError):
        return False
