"""All questions on one figure: how far each is from people, and how its spread compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from populace.analysis.result import cut
from populace.scrutiny import charts
from populace.scrutiny.exhibits import Exhibit, QuestionCard, rounded
from populace.scrutiny.wording import interval_text, percent, ratio

if TYPE_CHECKING:
    from populace.scrutiny.report import Check

#: so many questions at most in an overview; the table has all
MAX_OVERVIEW = 80
#: the check of a question's spread
SPREAD = "sd_ratio"
#: the range in which a ratio of standard deviations passes
SPREAD_BAND = (0.9, 1.1)


def distance_exhibit(cards: Sequence[QuestionCard], colours: Mapping[str, str]) -> Exhibit | None:
    """All questions on one chart, worst first by the last panel (the one a reader would use).

    `colours`: panel -> colour.
    """
    marked = [card for card in cards if any(mark.value is not None for mark in card.marks)]
    if not marked:
        return None
    ordered = sorted(marked, key=lambda card: -_value_of(card, list(colours)[-1]))
    subjects = {card.names: short_label(card) for card in ordered}
    rows = [
        {
            "subject": subjects[card.names],
            "wording": card.text,
            "series": mark.panel,
            "value": rounded(mark.value),
            "low": None if mark.low is None else rounded(max(mark.low, 0.0)),  # a distance; the axis starts at 0
            "high": rounded(mark.high),
            "ceiling": rounded(mark.ceiling),
            "verdict": mark.verdict,
        }
        for card in ordered[:MAX_OVERVIEW]
        for mark in card.marks
    ]
    table = tuple(
        (
            subjects[card.names],
            mark.panel,
            percent(mark.value),
            interval_text(mark.low, mark.high, percent),
            percent(mark.ceiling),
            mark.verdict,
        )
        for card in ordered
        for mark in card.marks
    )
    return Exhibit(
        key="distances",
        alt=f"Dot plot of {len(ordered)} questions: distance of every panel to people, and of people to people.",
        spec=charts.distance_chart(rows, list(subjects.values())[:MAX_OVERVIEW], colours),
        columns=("Question", "Panel", "TVD", "95 % interval", "People against people", "Verdict"),
        rows=table,
        legend=dict(colours),
    )


def _value_of(card: QuestionCard, panel: str) -> float:
    values = {mark.panel: mark.value for mark in card.marks}
    known = values.get(panel)
    return known if known is not None else max((v for v in values.values() if v is not None), default=0.0)


def short_label(card: QuestionCard, width: int = 52) -> str:
    """Number and first words of a question; the number keeps it unique."""
    return f"{card.number} · {cut(card.text, width)}"


def spread_exhibit(
    cards: Sequence[QuestionCard], checks: Mapping[str, Sequence[Check]], colours: Mapping[str, str]
) -> Exhibit | None:
    """Spread of every question relative to people, narrowest first by the last panel. `colours`: panel -> colour."""
    labels = {name: short_label(card) for card in cards for name in card.names if len(card.names) == 1}
    found = [(panel, check) for panel, own in checks.items() for check in own if _is_spread(check, labels)]
    if not found:
        return None
    last = {labels[check.subject]: check.value for _, check in found}  # the last panel wins
    subjects = sorted(last, key=lambda label: last[label])
    shown = subjects[:MAX_OVERVIEW]
    rows = [_spread_row(panel, check, labels[check.subject]) for panel, check in found]
    table = sorted(rows, key=lambda row: subjects.index(row["subject"]))
    return Exhibit(
        key="spread",
        alt=f"Dot plot of {len(subjects)} questions: standard deviation of every panel divided by that of people; "
        f"the band from {SPREAD_BAND[0]} to {SPREAD_BAND[1]} is the aim.",
        spec=charts.ratio_chart([row for row in rows if row["subject"] in shown], shown, colours, SPREAD_BAND),
        columns=("Question", "Panel", "SD ratio", "95 % interval"),
        rows=tuple(
            (row["subject"], row["series"], ratio(row["value"]), interval_text(row["low"], row["high"], ratio))
            for row in table
        ),
        legend=dict(colours),
    )


def _is_spread(check: Check, labels: Mapping[str, str]) -> bool:
    return check.check == SPREAD and check.subject in labels and check.value is not None


def _spread_row(panel: str, check: Check, label: str) -> dict[str, Any]:
    numbers = {"value": check.value, "low": check.low, "high": check.high}
    return {"subject": label, "wording": label, "series": panel} | {key: rounded(v, 3) for key, v in numbers.items()}
