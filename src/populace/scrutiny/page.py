"""The report as one HTML file that opens anywhere, without a network.

`page_of` or the caller makes a `PageDocument` (plain data), `render_page` turns it into HTML, `write_page` puts it
into a folder. The page holds its own charts (Vega, from the package vl-convert), style and script; its content
security policy forbids every request. Wording is escaped by Jinja, specifications by `_script_json`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from populace.analysis.export.templating import environment
from populace.atomic import write_text
from populace.errors import MissingExtra, UsageError
from populace.scrutiny import charts, exhibits, overviews, relations, scorecard, wording, worth_figures
from populace.scrutiny.aligned import PEOPLE, Answers, answers_of
from populace.scrutiny.exhibits import QuestionCard, Share
from populace.scrutiny.supports import MEANING, side_by_side

if TYPE_CHECKING:
    import jinja2

    from populace.data.dataset import DataSet
    from populace.scrutiny.report import Report
    from populace.scrutiny.sample import Question

__all__ = ["page_of", "PageDocument", "Panel", "render_page", "rendered", "UnverifiedSection", "write_page"]

#: a model's share, lower and upper limit
Claim = tuple[float, float, float]
#: so many questions are open when the page opens; the rest unfold
OPEN_QUESTIONS = 12
#: what the only series of an unverified section is called
SYNTHETIC = "Synthetic"
TEMPLATES = Path(__file__).parent / "templates"

METHOD_NOTES = (
    "TVD (total variation distance) is half the sum of absolute differences between two sets of shares: the part of "
    "the answers that would have to change for the two to be alike.",
    "“People against people” is the same figure computed between two samples of people by the same code: the best a "
    "panel can be expected to reach. “Chance” is what sampling alone would give between samples of this size.",
    "Shares are weighted where the data have weights. Whiskers are Wilson intervals at 95 % with Kish's effective "
    "sample size; on synthetic bars they show how many respondents were simulated, not how wrong the model may be.",
    "Correlations are Pearson's over scale positions, among those who answered both questions; don't know, refusals "
    "and options off the scale are left out. They need 30 people.",
)


@dataclass(frozen=True)
class Panel:
    """Synthetic respondents and what scrutiny found about them."""

    #: what the panel is called on the page: short, unique
    name: str
    #: its answers
    data: DataSet
    #: checks against the people of the document
    report: Report
    #: one sentence: how the panel was made
    description: str = ""


@dataclass(frozen=True)
class UnverifiedSection:
    """Answers to questions that no people were asked, with the model's own intervals."""

    #: heading
    title: str
    #: what was asked, of whom, and what is not known
    intro: str
    #: synthetic answers
    data: DataSet
    #: item name -> (distribution, low, high), one number per option, 90 % intervals
    intervals: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]] = field(default_factory=dict)


@dataclass(frozen=True)
class PageDocument:
    """Everything the page says; no HTML in it."""

    #: heading and title of the page
    title: str
    #: the honest first paragraph, one sentence each
    lead: tuple[str, ...]
    #: answers of people; None when there are none
    human: DataSet | None
    #: synthetic panels, the one to be used last
    panels: tuple[Panel, ...]
    #: what the panels had to beat: name -> answers
    baselines: Mapping[str, DataSet] = field(default_factory=dict)
    #: results nobody could check
    unverified: tuple[UnverifiedSection, ...] = ()
    #: label -> value: model hash, seed, instrument hash, version, dates
    provenance: Mapping[str, Any] = field(default_factory=dict)
    #: further remarks on methods, one paragraph each
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [PEOPLE, *(panel.name for panel in self.panels)]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise UsageError(
                f"two series of the page are called {twice!r}; expected a name of its own for every panel, and none "
                f"called {PEOPLE!r}: rename one"
            )


def page_of(
    report: Report,
    synthetic: DataSet,
    human: DataSet | None,
    title: str | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> PageDocument:
    """The document of one panel compared with people; questions people were not asked get a section of their own.

    `provenance` is what the caller knows of the run (version, date, command); what the rows say of themselves is added.
    """
    name = "Synthetic panel"
    compared = human is not None and bool(report.questions)
    return PageDocument(
        title=title or f"{synthetic.codebook.title}: do the synthetic answers hold up?",
        lead=lead_of(report),
        human=human if compared else None,
        panels=(Panel(name, synthetic, report, f"Answers from {_short(report.synthetic_name)}."),),
        unverified=_not_asked(synthetic, human) if compared else (),
        provenance=provenance or {},
    )


def lead_of(report: Report) -> tuple[str, ...]:
    """The first paragraph: how many were compared, what came out, and how far that carries."""
    if not report.questions:
        return (
            f"{report.n_synthetic:,} synthetic respondents answered; none of it could be compared with people.",
            "Every number below is a model's guess whose error nobody has measured.",
        )
    return (
        f"{report.n_synthetic:,} synthetic respondents were compared with {report.n_human:,} people "
        f"({_short(report.human_name)}) on {len(report.questions):,} questions.",
        str(report.summary.get("sentence", "")),
        "What was not compared is not known.",
    )


def _short(source: str) -> str:
    """Name of a data set; of a path, the last part."""
    return str(source).rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]


def _not_asked(synthetic: DataSet, human: DataSet) -> tuple[UnverifiedSection, ...]:
    """Questions of the panel that people were not asked, without intervals: nobody claimed any."""
    theirs = set(human.names())
    asked = synthetic.codebook.by_role("question")
    names = [variable.name for variable in asked if variable.type != "text" and variable.name not in theirs]
    if not names:
        return ()
    intro = f"People were not asked {len(names):,} question{'s' * (len(names) != 1)} of the panel."
    return (UnverifiedSection("Answers nobody could check", intro, synthetic.keep(names)),)


def provenance_of(data: DataSet) -> dict[str, str]:
    """What the rows of a panel say of themselves: every different value of the provenance columns."""
    labels = {
        "_model": "Model",
        "_model_hash": "Model hash",
        "_instrument_hash": "Instrument hash",
        "_seed": "Seed",
        "_version": "Populace version",
    }
    known = {column: label for column, label in labels.items() if column in data.answers.columns}
    found = {label: data.codes(column).drop_nulls().unique().sort() for column, label in known.items()}
    values = {label: ", ".join(str(value) for value in column) for label, column in found.items() if len(column)}
    return values | {"Answers hash": data.content_hash}


def write_page(document: PageDocument, folder: str | Path) -> Path:
    """Write the page to `folder`/index.html (the folder is made if need be) and return its path."""
    path = Path(folder) / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, render_page(document))
    return path


def render_page(document: PageDocument) -> str:
    """The page as HTML. Raises `MissingExtra` when the package that brings Vega is not installed."""
    return rendered(_context(document))


def rendered(context: Mapping[str, Any]) -> str:
    """The page of everything its template shows, with style, scripts and policy. Raises `MissingExtra`."""
    scripts = (chart_library(), _asset("page.js"))
    template = _environment().get_template("page.html.jinja")
    html = template.render(**context, style=_asset("page.css"), scripts=scripts, policy=_policy(scripts))
    return html.strip() + "\n"


# ----------------------------------------------------------------------------------------- what is laid out


def _context(document: PageDocument) -> dict[str, Any]:
    """Everything the template shows, worked out from the document."""
    checks = {panel.name: panel.report.checks for panel in document.panels}
    answers = answers_of(document.human, {panel.name: panel.data for panel in document.panels})
    cards = exhibits.question_cards(answers, checks)
    headlines = [scorecard.headline(panel.name, panel.report) for panel in document.panels]
    last = document.panels[-1].report if document.panels else None
    return {
        "document": document,
        "people": PEOPLE,
        "colours": answers.colours,
        "headlines": headlines,
        "verified": any(headline.verified for headline in headlines),
        "card": scorecard.scorecard(checks),
        "open_questions": cards[:OPEN_QUESTIONS],
        "folded_questions": cards[OPEN_QUESTIONS:],
        "open_text": answers.open_text,
        "distances": overviews.distance_exhibit(cards, answers.panel_colours),
        "spread": overviews.spread_exhibit(cards, checks, answers.panel_colours),
        "parts": (),
        "correlations": relations.correlations(answers, cards),
        "supports": side_by_side({panel.name: panel.report.supports for panel in document.panels}),
        "worth": worth_figures.worth_shown(
            {panel.name: panel.report.worth for panel in document.panels}, answers.panel_colours
        ),
        "unverified": [_unverified(i, section) for i, section in enumerate(document.unverified, start=1)],
        "verdicts": scorecard.VERDICT_WORDS,
        "answer_words": MEANING,
        "ceiling": last.summary.get("ceiling", "") if last else "",
        "method_notes": METHOD_NOTES,
        "provenance": _provenance(document),
    }


def _provenance(document: PageDocument) -> list[tuple[str, dict[str, str]]]:
    """Cards of the provenance section: the run, then every panel."""
    own = [("This report", {str(key): str(value) for key, value in document.provenance.items()})]
    panels = [(panel.name, provenance_of(panel.data)) for panel in document.panels]
    sections = [(section.title, provenance_of(section.data)) for section in document.unverified]
    return [(name, values) for name, values in own + panels + sections if values]


def _unverified(number: int, section: UnverifiedSection) -> dict[str, Any]:
    """Questions of an unverified section, with the model's intervals where it gave any and none otherwise."""
    answers = answers_of(None, {SYNTHETIC: section.data})
    groups = enumerate(exhibits.question_groups(answers), start=1)
    cards = [_unverified_card(i, group, answers, section, f"unverified-{number}") for i, group in groups]
    return {"section": section, "cards": cards, "anchor": f"unverified-{number}"}


def _unverified_card(
    number: int, group: Sequence[int], answers: Answers, section: UnverifiedSection, key: str
) -> QuestionCard:
    """A question's card whose figure shows what the model claims."""
    card = exhibits.question_card(number, group, answers, {}, key)
    shares = exhibits.group_shares(answers.samples[SYNTHETIC], group, answers)
    claimed = [_with_claim(share, claim) for share, claim in zip(shares, _claims(group, answers, section), strict=True)]
    shown = exhibits.worth_showing({SYNTHETIC: claimed})
    colours = {SYNTHETIC: charts.UNVERIFIED_COLOUR}  # no panel's colour: nothing above vouches for these bars
    figure = exhibits.shares_exhibit(card.exhibit.key, card.text, shown, colours, "90 %")
    return replace(card, exhibit=figure)


def _claims(group: Sequence[int], answers: Answers, section: UnverifiedSection) -> list[Claim | None]:
    """The model's (share, low, high) for every bar of a question's figure; None where it gave none that fits."""
    questions = [answers.questions[j] for j in group]
    own = [_claims_of(question, section) for question in questions]
    if len(group) == 1:
        return own[0]
    return [claims[exhibits.chosen_option(question)] for question, claims in zip(questions, own, strict=True)]


def _claims_of(question: Question, section: UnverifiedSection) -> list[Claim | None]:
    intervals = section.intervals.get(question.name)
    if intervals is None or len(intervals[0]) != len(question.labels):
        return [None] * len(question.labels)
    return [(float(p), float(low), float(high)) for p, low, high in zip(*intervals, strict=True)]


def _with_claim(share: Share, claim: Claim | None) -> Share:
    """The model's own number and interval: the sample of respondents would only add noise to the former."""
    if claim is None:
        return replace(share, low=None, high=None)
    value, low, high = claim
    return replace(share, value=value, low=low, high=high)


# --------------------------------------------------------------------------------------------- HTML and safety


@cache
def chart_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; nothing is fetched to make it."""
    try:
        import vl_convert
    except ImportError:
        raise MissingExtra(
            "the page needs the package vl-convert-python, which is not installed; it brings the chart library: "
            "run `pip install vl-convert-python`"
        ) from None
    script = "window.vegaEmbed=vegaEmbed;"
    return _inline(vl_convert.javascript_bundle(script))


def _inline(script: str) -> str:
    """A script that can stand inside an HTML element; the parser would turn CR LF into LF and change its hash."""
    script = script.replace("\r\n", "\n").replace("\r", "\n")
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _policy(scripts: Sequence[str]) -> str:
    """Content security policy: these two scripts and this style, and nothing from anywhere."""
    hashes = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'none'; font-src 'none'; object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _script_json(value: Any) -> Markup:
    """JSON that cannot end the element it stands in, whatever the labels say."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704  # every sign that HTML could read is escaped above


@cache
def _environment() -> jinja2.Environment:
    filters = {
        "script_json": _script_json,
        "percent": wording.percent,
        "ratio": wording.ratio,
        "count": lambda n: f"{n:,}",
        "slug": lambda text: "".join(c if c.isalnum() and c.isascii() else "-" for c in text.lower()),
    }
    return environment(TEMPLATES, filters, {})


def _asset(name: str) -> str:
    return _inline((TEMPLATES / name).read_text(encoding="utf-8"))
