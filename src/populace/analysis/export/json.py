"""JSON of every number with its definition, its interval, its base and the disclosure of its data."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from populace.analysis.estimate import LEVEL
from populace.analysis.export.document import Document, Exhibit
from populace.analysis.export.numbers import numbers_of
from populace.atomic import write_text

__all__ = ["content_of", "write_json"]


def write_json(document: Document, path: str | Path) -> Path:
    """Write the document as JSON; whole or not at all."""
    path = Path(path)
    write_text(path, json.dumps(content_of(document), ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return path


def content_of(document: Document) -> dict[str, Any]:
    """Plain values: disclosures, results with tables and charts, and the flat list of numbers."""
    disclosures = document.disclosures
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "date": document.date,
        "mark": document.mark,
        "synthetic": bool(document.mark),
        "disclosures": [asdict(one) | {"items": dict(one.items())} for one in disclosures],
        "results": [_result(exhibit, disclosures) for exhibit in document.exhibits],
        "interval_level": LEVEL,
        "numbers": [asdict(number) | {"synthetic": bool(number.mark)} for number in numbers_of(document)],
    }


def _result(exhibit: Exhibit, disclosures: tuple) -> dict[str, Any]:
    where = None if exhibit.disclosure is None else disclosures.index(exhibit.disclosure)
    head = {"name": exhibit.name, "mark": exhibit.mark, "synthetic": bool(exhibit.mark), "disclosure": where}
    return head | exhibit.result.to_dict() | {"definitions": dict(exhibit.result.definitions())}
