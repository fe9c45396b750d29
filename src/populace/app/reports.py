"""One comparison as two files: a page for people, the same numbers for programs."""

from __future__ import annotations

import json
from pathlib import Path

from populace import atomic
from populace.data.dataset import DataSet
from populace.scrutiny.page import page_of, render_page
from populace.scrutiny.report import Report


def write_report(report: Report, synthetic: DataSet, human: DataSet, folder: Path) -> None:
    """`folder`/index.html and `folder`/report.json; both are complete on disk before either replaces an older one."""
    page = render_page(page_of(report, synthetic, human))
    numbers = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    with atomic.replacing_all([folder / "index.html", folder / "report.json"]) as (page_file, numbers_file):
        page_file.write_text(page, encoding="utf-8", newline="\n")
        numbers_file.write_text(numbers, encoding="utf-8", newline="\n")
