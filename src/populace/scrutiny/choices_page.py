"""The report on choices as a page: by the template of the other reports, with part-worths in place of questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from populace.scrutiny import charts, scorecard
from populace.scrutiny.aligned import PEOPLE
from populace.scrutiny.choices_figures import Part, parts_of
from populace.scrutiny.choices_sides import Choices
from populace.scrutiny.choices_worth import ChoiceWorth
from populace.scrutiny.page import rendered
from populace.scrutiny.report import Report
from populace.scrutiny.scorecard import Row, Scorecard
from populace.scrutiny.supports import MEANING, side_by_side
from populace.scrutiny.worth import people
from populace.scrutiny.worth_figures import WorthRow, WorthShown
from populace.survey.names import listed

__all__ = ["ChoicePage", "render_choices"]

#: what the synthetic side is called on the page
PANEL = "Synthetic choices"
#: check -> what its number is, one line
_PLAIN = {
    "choice_scale": "Scale ratio λ against people; above 1: too consistent, simulated shares too extreme.",
    "part_worths": "Correlation with people's part-worths, whatever the scale.",
    "choice_importance": "Share of importance that lies with other attributes or items than among people.",
    "choice_likelihood": "Log-likelihood a choice of new people loses when the panel predicts it; 0: nothing.",
    "rlh": "How far the fit of persons' own utilities, person by person, lies from people's.",
}
METHOD_NOTES = (
    "Scale ratio λ (Swait & Louviere 1993): people choose by v = x′β, the panel by λ·x′β, both estimated together. The "
    "larger λ, the less chance there is in the choices.",
    "Part-worths are those of one logit for all respondents of a side; a weak prior keeps them finite where a panel "
    "never deviates. Intervals are clustered by respondent.",
    "Root likelihood (RLH) is the geometric mean of the chance that a person's own utilities, from a hierarchical "
    "logit, give to what the person chose.",
    "All but likelihood and RLH are computed in random halves of people and as many respondents of the panel. “People "
    "against people” is the same figure between halves of people, or from the second human sample where there is one.",
    "“Random choices” are drawn among the alternatives that people were shown. Weights are not used.",
)


@dataclass(frozen=True)
class ChoicePage:
    """Everything the page says; no HTML in it."""

    #: heading and title of the page
    title: str
    #: the checks
    report: Report
    #: the choices they were made on
    choices: Choices
    #: what is known of the panel, of people, and of this report: card -> label -> text
    provenance: Mapping[str, Mapping[str, str]]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Part-worths and importance of both sides."""
        return parts_of(self.choices, charts.palette(PEOPLE, [PANEL]), PANEL)


@dataclass(frozen=True)
class _Size:
    """Respondents of a side, under the name that the template knows."""

    #: respondents
    n: int


@dataclass(frozen=True)
class _Side:
    """The panel as the template shows it."""

    name: str
    description: str
    data: _Size
    report: Report


@dataclass(frozen=True)
class _Document:
    """The document as the template shows it."""

    title: str
    lead: tuple[str, ...]
    human: _Size
    panels: tuple[_Side, ...]
    notes: tuple[str, ...]


def render_choices(page: ChoicePage) -> str:
    """The page as HTML. Raises `MissingExtra` when the package that brings Vega is not installed."""
    report, colours = page.report, charts.palette(PEOPLE, [PANEL])
    side = _Side(PANEL, f"Choices from {report.synthetic_name}.", _Size(report.n_synthetic), report)
    document = _Document(page.title, _lead(page), _Size(report.n_human), (side,), page.choices.remarks)
    headline = scorecard.headline(PANEL, report)
    nothing = dict.fromkeys(("distances", "spread", "correlations"))
    empty = dict.fromkeys(("open_questions", "folded_questions", "unverified"), ())
    return rendered(
        {
            **nothing,
            **empty,
            "document": document,
            "people": PEOPLE,
            "colours": colours,
            "headlines": [headline],
            "verified": headline.verified,
            "card": _card(report),
            "open_text": 0,
            "supports": side_by_side({PANEL: report.supports}),
            "worth": _worth(report.worth),
            "parts": page.parts,
            "verdicts": scorecard.VERDICT_WORDS,
            "answer_words": MEANING,
            "ceiling": report.summary["ceiling"],
            "method_notes": METHOD_NOTES,
            "provenance": [(name, dict(values)) for name, values in page.provenance.items()],
        }
    )


def _lead(page: ChoicePage) -> tuple[str, ...]:
    """The first paragraph: how many were compared, what came out, and how far that carries."""
    report, choices = page.report, page.choices
    synthetic, human = (_tasks(choices, side) for side in ("synthetic", "human"))
    of = "items" if choices.best_worst else "attributes"
    names = choices.attributes[0].levels if choices.best_worst else report.questions
    return (
        f"{report.n_synthetic:,} synthetic respondents with {synthetic:,} choice tasks were compared with "
        f"{report.n_human:,} people ({report.human_name}) with {human:,}, on {len(names)} {of}: "
        f"{listed(names).replace(chr(39), '')}.",
        str(report.summary["sentence"]),
        "What was not compared is not known.",
    )


def _tasks(choices: Choices, side: str) -> int:
    """Tasks of a side; best and worst are two choices of one task."""
    return len(choices.sides[side].starts) // (2 if choices.best_worst else 1)


def _card(report: Report) -> Scorecard:
    """The scorecard with every check in the open, each with its plain words."""
    found = scorecard.scorecard({PANEL: report.checks})
    labels = {scorecard.words_for(name).label: plain for name, plain in _PLAIN.items()}
    rows = {group: tuple(_told(row, labels) for row in own) for group, own in (found.groups | found.further).items()}
    return replace(found, groups=rows, further={})


def _told(row: Row, labels: Mapping[str, str]) -> Row:
    return replace(row, plain=row.plain or labels.get(row.label, ""))


def _worth(worth: Any) -> WorthShown | None:
    if not isinstance(worth, ChoiceWorth):
        return None
    size = worth.sizes[0]
    between = size.interval or size.words
    cell = ("–" if size.value is None else size.number, between)
    baselines = {name: people(value) for name, value in size.baselines.items()}
    plain = "Random sample of people whose logit predicts choices as well (n*)."
    row = WorthRow("Choices", plain, {PANEL: cell}, people(size.ceiling), baselines)
    return WorthShown(worth.sentence, (row,), (), tuple(baselines), {})
