"""LimeSurvey structure files (.lss) and archives (.lsa): both families of the format, ExpressionScript, quotas.

limesurvey_raw            the file, part by part            limesurvey_read       the reader
limesurvey_plans          what each question becomes        limesurvey_kinds      questions, type by type
limesurvey_expressions    conditions into our language      limesurvey_write      the writer
"""

from __future__ import annotations

from pathlib import Path

from populace.survey.formats.limesurvey_read import read
from populace.survey.formats.limesurvey_write import write

__all__ = ["read", "recognises", "write"]

#: bytes that are looked at
_HEAD = 4_096


def recognises(path: Path) -> bool:
    """Is this a LimeSurvey survey, by its first bytes?"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if head.startswith(b"PK\x03\x04"):
        return b".lss" in head
    return any("LimeSurveyDocType" in head.decode(encoding, "ignore") for encoding in ("utf-8", "utf-16"))
