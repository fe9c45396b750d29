"""One comparison as two files: a page for people, the same numbers for programs."""

from __future__ import annotations

import json
from pathlib import Path

from populace import atomic
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.scrutiny.page import page_of, render_page
from populace.scrutiny.report import Report
from populace.survey.names import did_you_mean, listed


def check_common(synthetic: DataSet, human: DataSet) -> None:
    """Refuse two data sets without a question in common: a report on them would judge nothing."""
    ours, theirs = synthetic.names("question"), human.names("question")
    if set(ours) & set(theirs):
        return
    raise DataError(
        f"{synthetic.source or synthetic.id} and {human.source or human.id} share no question; expected some of the "
        f"same name on both sides, found {listed(ours, 3) or 'none'} and {listed(theirs, 3) or 'none'}"
        f"{_closest(ours, synthetic, human)}: rename the columns, or check that these are the files you meant"
    )


def _closest(ours: tuple[str, ...], synthetic: DataSet, human: DataSet) -> str:
    """Names that were probably meant to be the same, or that have another role on one side."""
    for one, other in ((synthetic, human), (human, synthetic)):
        role = next((name for name in one.names("question") if name in other.names("background")), None)
        if role:
            return f" ({role!r} is a question in {one.source or one.id} and a background in {other.source or other.id})"
    theirs = human.names("question")
    return next((f" ({name!r}{hint})" for name in ours if (hint := did_you_mean(name, theirs))), "")


def write_report(report: Report, synthetic: DataSet, human: DataSet, folder: Path) -> None:
    """`folder`/index.html and `folder`/report.json; both are complete on disk before either replaces an older one."""
    page = render_page(page_of(report, synthetic, human))
    numbers = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    with atomic.replacing_all([folder / "index.html", folder / "report.json"]) as (page_file, numbers_file):
        page_file.write_text(page, encoding="utf-8", newline="\n")
        numbers_file.write_text(numbers, encoding="utf-8", newline="\n")
