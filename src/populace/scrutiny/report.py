"""Check and Report: what the checks found, as plain data and as something to read.

A report is data first (`to_json`); tables, pages and summaries are made from that.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from textwrap import TextWrapper
from typing import TYPE_CHECKING

from populace.analysis.result import cut
from populace.atomic import replacing
from populace.errors import InputError
from populace.scrutiny.definitions import definitions
from populace.scrutiny.verdicts import FAIL, INDISTINGUISHABLE, UNDERPOWERED, UNVERIFIED, USABLE, VERDICTS
from populace.survey.names import did_you_mean

if TYPE_CHECKING:
    from populace.scrutiny.supports import Supports
    from populace.scrutiny.worth import Worth

__all__ = [
    "FAIL", "INDISTINGUISHABLE", "SCOPES", "UNDERPOWERED", "UNVERIFIED", "USABLE", "VERDICTS", "Check", "finite",
    "interval", "number", "Report",
]  # fmt: skip

#: scopes a check can have
SCOPES = ("question", "battery", "pair", "group", "all")

_CHECK_KEYS = (
    "check", "group", "scope", "subject", "value", "low", "high", "ceiling", "floor", "verdict", "baselines", "words",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One finding: a number with interval, human ceiling and baselines, and what follows from it."""

    #: name of the measure, one of those in `populace.scrutiny.tolerances.MARGINS`
    check: str
    #: family, one of `populace.scrutiny.summary.USES`
    group: str
    #: one of `SCOPES`
    scope: str
    #: the question, battery, pair or group it is about; "all" for the whole panel
    subject: str
    #: error or ratio of the synthetic panel; None when there is no number
    value: float | None
    #: lower 95 % limit
    low: float | None
    #: upper 95 % limit
    high: float | None
    #: the same number for people against people, at the size compared here
    ceiling: float | None
    #: what sampling noise alone gives, where the measure is not corrected for it
    floor: float | None
    #: one of `VERDICTS`
    verdict: str
    #: name -> the same number for a simpler method
    baselines: Mapping[str, float] = field(default_factory=dict)
    #: the finding in a sentence
    words: str = ""

    def to_json(self) -> dict:
        """Plain data; numbers that are not finite become None."""
        content = {key: finite(value) for key, value in asdict(self).items()}
        content["baselines"] = {name: finite(value) for name, value in self.baselines.items()}
        return {key: content[key] for key in _CHECK_KEYS}


@dataclass(frozen=True, repr=False)
class Report:
    """All findings about one synthetic panel."""

    #: the findings, in the order of the checks
    checks: tuple[Check, ...]
    #: counts, headline numbers, overall verdict and a sentence, see `populace.scrutiny.summary`
    summary: Mapping[str, object]
    #: name of the synthetic data set
    synthetic_name: str
    #: name of the human data set
    human_name: str
    #: synthetic interviews
    n_synthetic: int
    #: human interviews
    n_human: int
    #: names of the questions that were compared
    questions: tuple[str, ...]
    #: how many people the panel is worth; None where nothing was compared
    worth: Worth | None = None
    #: what the data support, analysis by analysis
    supports: Supports | None = None

    def check(self, name: str, subject: str | None = None) -> Check:
        """The finding of that name: about `subject`, or without one about the whole panel. Raises `InputError`."""
        found = [check for check in self.checks if check.check == name]
        if not found:
            hint = did_you_mean(name, {check.check for check in self.checks})
            raise InputError(f"the report has no check {name!r}{hint}: look at report.checks for the names")
        wanted = [check for check in found if check.subject == (subject or "all")]
        wanted = wanted or (found if subject is None and len(found) == 1 else [])
        if not wanted:
            known = ", ".join(repr(check.subject) for check in found[:8])
            raise InputError(f"check {name!r} has no subject {subject or 'all'!r}; expected one of {known}: name it")
        return wanted[0]

    def to_json(self) -> dict:
        """Plain data, ready for `json.dumps`."""
        return {
            "synthetic": self.synthetic_name,
            "human": self.human_name,
            "n_synthetic": self.n_synthetic,
            "n_human": self.n_human,
            "questions": list(self.questions),
            "summary": _plain(self.summary),
            "supports": None if self.supports is None else self.supports.to_json(),
            "worth": None if self.worth is None else _plain(self.worth.to_json()),
            "checks": [check.to_json() for check in self.checks],
            "definitions": definitions((check.check, check.scope) for check in self.checks),
        }

    def write(self, path: str | Path) -> Path:
        """Write the report as a JSON file, whole or not at all. Raises `OutOfSpace`."""
        with replacing(path) as part:
            part.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")
        return Path(path)

    def __repr__(self) -> str:
        lines = [f"Report: {self.synthetic_name} ({self.n_synthetic:,}) against {self.human_name} ({self.n_human:,})"]
        lines += [f"{self.summary['verdict']}: {self.summary['sentence']}"]
        lines += [] if self.worth is None else [self.worth.sentence]
        lines += ["", *([] if self.supports is None else [*self.supports.lines(), ""])]
        table = _aligned([_row(check) for check in self.checks if check.scope != "question"])
        return "\n".join([*_wrapped(lines), *table, "", *_wrapped([self._questions_line()])])

    def _questions_line(self) -> str:
        questions = [check for check in self.checks if check.scope == "question"]
        counts = [f"{sum(check.verdict == verdict for check in questions)} {verdict}" for verdict in VERDICTS]
        return f"{len(questions)} checks of single questions: {', '.join(counts)}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in (*_HEAD, "in words"))
        body = "".join(_html_row(check) for check in self.checks if check.scope != "question")
        title = f"{self.synthetic_name} ({self.n_synthetic:,}) against {self.human_name} ({self.n_human:,})"
        return (
            f"<h4>{escape(title)}</h4><p><b>{escape(str(self.summary['verdict']))}</b>: "
            f"{escape(str(self.summary['sentence']))}</p><table><tr>{head}</tr>{body}</table>"
            f"<p>{escape(self._questions_line())}</p>"
        )


#: letters on a line of a report in a terminal
WIDTH = 120
#: a cell without a number
_NOTHING = "–"
_HEAD = ("check", "subject", "value", "95 % interval", "ceiling", "floor", "best baseline", "verdict")


def number(value: float | None) -> str:
    """A number for people: three significant digits, '–' for none, '∞' for infinity."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) >= 0.001 or value == 0 else f"{value:.2g}"


def interval(low: float | None, high: float | None) -> str:
    """'[low, high]', or '–' when there is none."""
    return _NOTHING if low is None and high is None else f"[{number(low)}, {'∞' if high is None else number(high)}]"


def _wrapped(lines: list[str]) -> list[str]:
    """Sentences on lines that a terminal shows whole; what goes on stands a little to the right."""
    wrap = TextWrapper(WIDTH, subsequent_indent="  ", break_on_hyphens=False).wrap
    return [part for line in lines for part in wrap(line) or [""]]


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """A table with its head, without columns in which no check has anything."""
    kept = [j for j in range(len(_HEAD)) if not rows or any(row[j] != _NOTHING for row in rows)]
    heads = [_HEAD[j] for j in kept]
    cells = [heads, *([row[j] for j in kept] for row in rows)]
    widths = _widths(heads, [max(map(len, column)) for column in zip(*cells, strict=True)])
    lines = [[cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    return ["  ".join(line).rstrip() for line in lines]


def _widths(heads: list[str], widths: list[int]) -> list[int]:
    """Widths of columns on a line of `WIDTH`: subjects and baselines give way first, then whatever is widest."""
    words = [j for j, head in enumerate(heads) if head in ("subject", "best baseline")]
    for places, least in ((words, 12), (range(len(widths)), 1)):
        while sum(widths) + 2 * (len(widths) - 1) > WIDTH and max((widths[j] for j in places), default=0) > least:
            widths[max(places, key=widths.__getitem__)] -= 1
    return widths


def _row(check: Check) -> tuple[str, ...]:
    best = min(check.baselines.items(), key=lambda pair: abs(pair[1] - (check.ceiling or 0.0)), default=None)
    return (
        check.check,
        check.subject,
        number(check.value),
        interval(check.low, check.high),
        number(check.ceiling),
        number(check.floor),
        f"{number(best[1])} {best[0]}" if best else _NOTHING,
        check.verdict,
    )


def _html_row(check: Check) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in (*_row(check), check.words)) + "</tr>"


def finite(value: object) -> object:
    """The value, or None for a number that JSON has no word for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> object:
    """Nested mappings and sequences as dicts and lists, numbers finite or None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return finite(value)
