"""SurveyJS JSON, the format of the form library of that name: which files are such, reading and writing.

Reading is `surveyjs_read`, writing `surveyjs_write`; both are described in docs/formats/surveyjs.md.
"""

from __future__ import annotations

from pathlib import Path

from populace.errors import FileRefused
from populace.survey.formats.safe import safe_json
from populace.survey.formats.surveyjs_read import read
from populace.survey.formats.surveyjs_write import write

__all__ = ["read", "recognises", "write"]

_HEAD = 65_536


def recognises(path: Path) -> bool:
    """Is there an object with pages or elements in the file? A broken file is judged by its beginning."""
    try:
        content = safe_json(path).content
    except FileRefused:
        return _looks_like(path)
    if not isinstance(content, dict) or "SurveyEntry" in content or "blocks" in content:
        return False
    parts = [content.get(key) for key in ("pages", "elements", "questions")]
    return any(isinstance(part, list) and (not part or isinstance(part[0], dict)) for part in parts)


def _looks_like(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b'"pages"' in head and b'"SurveyElements"' not in head
