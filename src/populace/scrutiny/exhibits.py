"""The numbers behind every figure of the page, each figure with its chart, its description and its table.

Answers and checks in, plain records out; `populace.scrutiny.page` lays them out. Answers are aligned by the same
functions as the checks' (`populace.scrutiny.sample`), so that a figure never shows other options than were judged.
Intervals drawn on shares are Wilson's at 95 % with Kish's effective size: they show how many people were asked and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from populace.data.design import kish_effective_n
from populace.scrutiny import association, charts
from populace.scrutiny.sample import Question, Sample, sample_of, shared_questions
from populace.scrutiny.summary import worst

if TYPE_CHECKING:
    from populace.data.codebook import Variable
    from populace.data.dataset import DataSet
    from populace.scrutiny.report import Check

__all__ = ["Exhibit", "Mark", "QuestionCard", "Share"]

#: what the people are called in charts and tables
PEOPLE = "People"
#: standard normal quantile of a two-sided 95 % interval
Z95 = 1.959964
#: a correlation needs so many people who answered both questions
MIN_PAIR = 30
#: so many questions at most in an overview; the table has all
MAX_OVERVIEW = 80
#: so many questions at most in the matrices; beyond that squares are too small to see
MAX_MATRIX = 80
#: the check that says how far apart two distributions of a question are, and the one for its spread
DISTANCE, SPREAD = "tvd", "sd_ratio"
#: the range in which a ratio of standard deviations passes
SPREAD_BAND = (0.9, 1.1)


@dataclass(frozen=True)
class Exhibit:
    """One figure: what is drawn, in words, and as a table."""

    #: unique on the page, letters, digits and hyphens
    key: str
    #: what the figure shows, for those who cannot see it
    alt: str
    #: Vega-Lite specification
    spec: Mapping[str, Any]
    #: headings of the table
    columns: tuple[str, ...]
    #: the same numbers as text
    rows: tuple[tuple[str, ...], ...]
    #: series shown -> colour, for the legend
    legend: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """Share of one option among those who answered."""

    #: label of the option
    option: str
    #: weighted share, 0 to 1
    value: float
    #: lower end of its interval, None where there is none
    low: float | None
    #: upper end of its interval
    high: float | None
    #: False for don't know, refusal and what else stands outside the scale
    on_scale: bool = True

    def renamed(self, option: str) -> Share:
        """The same share under another label."""
        return replace(self, option=option)


@dataclass(frozen=True)
class Mark:
    """How one panel did on one question."""

    #: name of the panel
    panel: str
    #: distance to the people
    value: float | None
    #: the same distance, people against people
    ceiling: float | None
    #: verdict of the check
    verdict: str
    #: its 95 % interval; None where the mark stands for several columns
    low: float | None = None
    high: float | None = None
    #: how many answerable columns the mark stands for; with several, value and ceiling are means, verdict the worst
    items: int = 1


@dataclass(frozen=True)
class QuestionCard:
    """One question of the page: wording, figure, bases and marks."""

    #: place in the questionnaire, from 1
    number: int
    #: names of its columns: one, or one per option where several could be chosen
    names: tuple[str, ...]
    #: wording shared with other questions of its battery
    stem: str | None
    #: its own wording
    text: str
    #: figure of shares
    exhibit: Exhibit
    #: who -> how many answered
    bases: Mapping[str, int]
    #: one per panel that was checked on this question
    marks: tuple[Mark, ...]

    @property
    def anchor(self) -> str:
        """Fragment identifier of the card."""
        return f"question-{self.number}"


@dataclass(frozen=True)
class Answers:
    """People and panels, aligned question by question."""

    #: questions that everybody has, in questionnaire order, open text left out
    questions: tuple[Question, ...]
    #: name of a question -> its variable, for the wording
    variables: Mapping[str, Variable]
    #: who -> answers, people first
    samples: Mapping[str, Sample]
    #: number of open-text questions left out
    open_text: int

    @property
    def panels(self) -> tuple[str, ...]:
        """Names of the synthetic series."""
        return tuple(who for who in self.samples if who != PEOPLE)

    @property
    def colours(self) -> dict[str, str]:
        """Colour of every series."""
        return charts.palette(PEOPLE if PEOPLE in self.samples else None, self.panels)

    @property
    def panel_colours(self) -> dict[str, str]:
        """Colours of the panels alone."""
        return {who: colour for who, colour in self.colours.items() if who != PEOPLE}


def answers_of(human: DataSet | None, panels: Mapping[str, DataSet]) -> Answers:
    """Align people and panels; without people, the first panel gives order and wording."""
    series = ({PEOPLE: human} if human is not None else {}) | dict(panels)
    if not series:
        return Answers((), {}, {}, 0)
    reference = next(iter(series.values()))
    shared = [{q.name for q in shared_questions(data, reference)} for data in series.values()]
    questions = tuple(q for q in shared_questions(reference, reference) if all(q.name in names for names in shared))
    questions = tuple(_offered(question, list(series.values())) for question in questions)
    variables = {question.name: reference.codebook.variable(question.name) for question in questions}
    samples = {who: sample_of(data, questions) for who, data in series.items()}
    open_text = sum(variable.type == "text" for variable in reference.codebook.by_role("question"))
    return Answers(questions, variables, samples, open_text)


def _offered(question: Question, series: Sequence[DataSet]) -> Question:
    """The question without a don't know or refusal that somebody was not offered; the checks leave it out too."""
    if question.cuts is not None:
        return question
    known = set.intersection(*(set(data.codebook.variable(question.name).codes) for data in series))
    kept = [i for i, code in enumerate(question.codes) if code in known]
    codes, labels = (tuple(values[i] for i in kept) for values in (question.codes, question.labels))
    return replace(question, codes=codes, labels=labels, on_scale=question.on_scale[kept])


# ---------------------------------------------------------------------------------------------- questions


def question_cards(answers: Answers, checks: Mapping[str, Sequence[Check]]) -> tuple[QuestionCard, ...]:
    """A card for every question, in questionnaire order."""
    groups = question_groups(answers)
    return tuple(question_card(i, group, answers, checks) for i, group in enumerate(groups, start=1))


def question_groups(answers: Answers) -> list[tuple[int, ...]]:
    """Columns (by place) that make one question: options of a multiple choice together, everything else alone."""
    groups: list[tuple[int, ...]] = []
    for j, question in enumerate(answers.questions):
        before = answers.variables[answers.questions[j - 1].name] if j else None
        if before is not None and _same_question(before, answers.variables[question.name]):
            groups[-1] += (j,)
        else:
            groups.append((j,))
    return groups


def _same_question(before: Variable, now: Variable) -> bool:
    if before.type != "multi_item" or now.type != "multi_item":
        return False
    shared = before.battery or before.stem
    return shared is not None and shared == (now.battery or now.stem)


def question_card(
    number: int, group: Sequence[int], answers: Answers, checks: Mapping[str, Sequence[Check]], key: str = "shares"
) -> QuestionCard:
    """The card of one question."""
    names = tuple(answers.questions[j].name for j in group)
    first = answers.variables[names[0]]
    several = len(group) > 1
    text = (first.stem or first.text) if several else (first.item or first.text)
    shares = worth_showing({who: group_shares(sample, group, answers) for who, sample in answers.samples.items()})
    if PEOPLE not in answers.samples:  # how many were simulated says nothing of the error, and nothing else is known
        shares = {who: [replace(share, low=None, high=None) for share in own] for who, own in shares.items()}
    return QuestionCard(
        number=number,
        names=names,
        stem=first.stem if first.item and not several else None,
        text=text,
        exhibit=shares_exhibit(f"{key}-{number}", text, shares, answers.colours),
        bases={who: int((s.positions[:, list(group)] >= 0).any(axis=1).sum()) for who, s in answers.samples.items()},
        marks=tuple(mark for panel, found in checks.items() if (mark := mark_of(panel, found, names)) is not None),
    )


def mark_of(panel: str, checks: Sequence[Check], names: Sequence[str]) -> Mark | None:
    """The panel's distance on a question; over several columns the mean distance and the worst verdict."""
    found = [check for check in checks if check.check == DISTANCE and check.subject in names]
    if not found:
        return None
    if len(found) == 1:
        return Mark(panel, found[0].value, found[0].ceiling, found[0].verdict, found[0].low, found[0].high)
    return Mark(panel, _mean(c.value for c in found), _mean(c.ceiling for c in found), worst(found), items=len(found))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(known)) if known else None


# ------------------------------------------------------------------------------------------------- shares


def group_shares(sample: Sample, group: Sequence[int], answers: Answers) -> list[Share]:
    """Shares of a question's options; where several could be chosen, the share that chose each."""
    if len(group) == 1:
        return option_shares(sample, group[0], answers.questions[group[0]])
    variables = [answers.variables[answers.questions[j].name] for j in group]
    labels = distinct([variable.item or variable.text for variable in variables])
    chosen = (option_shares(sample, j, answers.questions[j])[chosen_option(answers.questions[j])] for j in group)
    return [share.renamed(label) for share, label in zip(chosen, labels, strict=True)]


def worth_showing(shares: Mapping[str, Sequence[Share]]) -> dict[str, list[Share]]:
    """The shares without a don't know, refusal or off-scale option that nobody at all gave."""
    given = {share.option for own in shares.values() for share in own if share.on_scale or share.value > 0}
    return {who: [share for share in own if share.option in given] for who, own in shares.items()}


def chosen_option(question: Question) -> int:
    """Place of "Selected" among the options of a yes/no column: the last one on the scale."""
    return int(np.flatnonzero(question.on_scale)[-1])


def option_shares(sample: Sample, column: int, question: Question) -> list[Share]:
    """Weighted share of every option among those who answered, don't know and refusal included."""
    labels = distinct(question.labels)
    positions = sample.positions[:, column]
    given = positions >= 0
    if not given.any():
        return [Share(label, 0.0, None, None, on) for label, on in zip(labels, question.on_scale.tolist(), strict=True)]
    weights = sample.weights[given]
    shares = np.bincount(positions[given], weights, minlength=len(labels)) / weights.sum()
    low, high = wilson(shares, kish_effective_n(weights))
    parts = zip(labels, shares.tolist(), low.tolist(), high.tolist(), question.on_scale.tolist(), strict=True)
    return [Share(*part) for part in parts]


def wilson(share: np.ndarray, n: float) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share (Wilson 1927): (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).

    With p = .5 and n = 100: .4038 to .5962.
    """
    share = np.asarray(share, float)
    middle = share + Z95**2 / (2 * n)
    half = Z95 * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    scale = 1 + Z95**2 / n
    return np.clip((middle - half) / scale, 0, 1), np.clip((middle + half) / scale, 0, 1)


def distinct(labels: Sequence[str]) -> list[str]:
    """The labels, numbered where the same words stand twice (published data do so)."""
    seen: dict[str, int] = {}
    result = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return result


def shares_exhibit(
    key: str, text: str, shares: Mapping[str, Sequence[Share]], colours: Mapping[str, str], interval: str = "95 %"
) -> Exhibit:
    """Grouped bars of one question."""
    options = [share.option for share in next(iter(shares.values()))]
    rows = [
        {"option": s.option, "series": who, "share": _r(s.value), "low": _r(s.low), "high": _r(s.high)}
        for who, own in shares.items()
        for s in own
    ]
    table = tuple((option, *(_share_text(own[i]) for own in shares.values())) for i, option in enumerate(options))
    used = {who: colours[who] for who in shares}
    bounded = any(share.low is not None for own in shares.values() for share in own)
    return Exhibit(
        key=key,
        alt=f"Bar chart of the shares of {len(options)} answers to “{text}”: {_in_words(shares)}.",
        spec=charts.shares_chart(rows, options, used),
        columns=("Answer", *(f"{who} ({interval} interval)" if bounded else who for who in shares)),
        rows=table,
        legend=used,
    )


def _in_words(shares: Mapping[str, Sequence[Share]]) -> str:
    """The most frequent answer of every series."""
    tops = {who: max(own, key=lambda share: share.value) for who, own in shares.items()}
    return "; ".join(f"{who} most often “{top.option}” ({top.value:.0%})" for who, top in tops.items())


def _share_text(share: Share) -> str:
    if share.low is None or share.high is None:
        return f"{100 * share.value:.1f} %"
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _r(value: float | None, digits: int = 4) -> float | None:
    """Rounded for the file's size; None for what is unknown."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


# ----------------------------------------------------------------------------------------------- overviews


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
            "value": _r(mark.value),
            "low": None if mark.low is None else _r(max(mark.low, 0.0)),  # a distance; the axis starts at 0
            "high": _r(mark.high),
            "ceiling": _r(mark.ceiling),
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
    return f"{card.number} · {_shortened(card.text, width)}"


def _shortened(text: str, width: int) -> str:
    """First words of a text, on at most so many signs."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


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
    return {"subject": label, "wording": label, "series": panel} | {key: _r(v, 3) for key, v in numbers.items()}


# -------------------------------------------------------------------------------------------- correlations


@dataclass(frozen=True)
class Correlations:
    """Correlation matrices of the same questions for every series, and their comparison."""

    #: heatmap of every series
    heatmaps: Mapping[str, Exhibit]
    #: panels against people; None without people
    scatter: Exhibit | None
    #: end of the colour scale and of the scatter's axes
    limit: float
    #: questions shown, and questions that could have been
    shown: int
    #: number of questions with an order
    available: int


def correlations(answers: Answers, cards: Sequence[QuestionCard]) -> Correlations | None:
    """Matrices of the questions whose answers have an order (scales, yes/no, numbers), in questionnaire order."""
    columns = ordered_columns(answers)
    shown = columns[:MAX_MATRIX]
    if len(shown) < 3:
        return None
    numbers = column_numbers(cards)
    names = [answers.questions[j].name for j in shown]
    labels = [numbers[name] for name in names]
    matrices = {who: correlation_matrix(sample.columns(shown)) for who, sample in answers.samples.items()}
    limit = _colour_limit(matrices.values())
    heatmaps = {who: _heatmap(i, who, matrix, labels, limit) for i, (who, matrix) in enumerate(matrices.items())}
    wordings = [
        f"{label} · {_shortened(_own_words(answers.variables[n]), 34)}" for label, n in zip(labels, names, strict=True)
    ]
    compared = PEOPLE in matrices and answers.panels
    scatter = _scatter(matrices, wordings, limit, answers.panel_colours) if compared else None
    return Correlations(heatmaps, scatter, limit, len(shown), len(columns))


def column_numbers(cards: Sequence[QuestionCard]) -> dict[str, str]:
    """Column -> its number on the page: "7", or "9a", "9b" … where one question has several columns."""
    return {
        name: str(card.number) if len(card.names) == 1 else f"{card.number}{_letters(i)}"
        for card in cards
        for i, name in enumerate(card.names)
    }


def _letters(i: int) -> str:
    """a, b … z, aa, ab …"""
    return ("" if i < 26 else _letters(i // 26 - 1)) + "abcdefghijklmnopqrstuvwxyz"[i % 26]


def _own_words(variable: Variable) -> str:
    return variable.item or variable.text


def ordered_columns(answers: Answers) -> list[int]:
    """Places of the questions that have an order and that nobody's respondents answer with one voice."""
    return [
        j
        for j, question in enumerate(answers.questions)
        if question.scored and all(_varies(sample.scores[:, j]) for sample in answers.samples.values())
    ]


def _varies(scores: np.ndarray) -> bool:
    known = scores[np.isfinite(scores)]
    return known.size > 1 and bool(np.ptp(known) > 0)


def correlation_matrix(sample: Sample) -> np.ndarray:
    """(J, J) correlations as the checks compute them; NaN where fewer than 30 people answered both."""
    known = np.isfinite(sample.scores).astype(float)
    matrix = association.correlations(sample.scores, sample.point)[0]
    return np.where(known.T @ known >= MIN_PAIR, matrix, np.nan)


def _colour_limit(matrices: Iterable[np.ndarray]) -> float:
    """A round number that holds nearly all correlations off the diagonal."""
    values = np.concatenate([np.abs(m[np.tril_indices_from(m, -1)]) for m in matrices])
    values = values[np.isfinite(values)]
    largest = float(np.quantile(values, 0.995)) if values.size else 1.0
    return next((limit for limit in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if largest <= limit), 1.0)


def _lower(labels: Sequence[str]) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(labels)) for j in range(i)]


def _heatmap(index: int, who: str, matrix: np.ndarray, labels: Sequence[str], limit: float) -> Exhibit:
    cells = [(labels[i], labels[j], float(matrix[i, j])) for i, j in _lower(labels) if np.isfinite(matrix[i, j])]
    rows = [{"a": a, "b": b, "r": round(r, 2)} for a, b, r in cells]
    strongest = sorted(cells, key=lambda cell: -abs(cell[2]))[:10]
    mean = float(np.mean([abs(r) for *_, r in cells])) if cells else 0.0
    return Exhibit(
        key=f"matrix-{index}",
        alt=f"Correlation matrix of {len(labels)} questions, {who}: mean absolute correlation {mean:.2f}.",
        spec=charts.correlation_heatmap(rows, labels, limit),
        columns=("Question", "with question", "correlation (the ten strongest)"),
        rows=tuple((a, b, ratio(r)) for a, b, r in strongest),
    )


def _scatter(
    matrices: Mapping[str, np.ndarray], labels: Sequence[str], limit: float, colours: Mapping[str, str]
) -> Exhibit:
    people = matrices[PEOPLE]
    numbers = [label.split(" · ")[0] for label in labels]
    wordings = {f"{numbers[j]} × {numbers[i]}": f"{labels[j]} × {labels[i]}" for i, j in _lower(labels)}
    rows = [
        {
            "pair": f"{numbers[j]} × {numbers[i]}",
            "series": who,
            "human": round(float(people[i, j]), 3),
            "panel": round(float(matrices[who][i, j]), 3),
        }
        for i, j in _lower(labels)
        for who in colours
        if np.isfinite(people[i, j]) and np.isfinite(matrices[who][i, j])
    ]
    last = [row for row in rows if row["series"] == list(colours)[-1]]
    widest = sorted(last, key=lambda row: -abs(row["panel"] - row["human"]))[:8]
    return Exhibit(
        key="correlations",
        alt=f"Scatter plot of {len(_lower(labels))} correlations: in the panel against among people, with the line on "
        "which both agree.",
        spec=charts.correlation_scatter(rows, colours, limit),
        columns=("Pair", "People", list(colours)[-1]),
        rows=tuple((wordings[r["pair"]], ratio(r["human"]), ratio(r["panel"])) for r in widest),
        legend=dict(colours),
    )


# -------------------------------------------------------------------------------------------------- numbers


def percent(value: float | None) -> str:
    """A share in per cent with one decimal."""
    return "–" if value is None or not np.isfinite(value) else f"{signed(100 * value, 1)} %"


def ratio(value: float | None) -> str:
    """A ratio with two decimals."""
    return "–" if value is None or not np.isfinite(value) else signed(value, 2)


def signed(value: float, digits: int) -> str:
    """A number with so many decimals and a true minus sign; what rounds to zero has no sign."""
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.removeprefix("-")


def interval_text(low: float | None, high: float | None, put: Any) -> str:
    """An interval in words; empty when there is none, open at the top where the upper limit is unknown."""
    if low is None or not np.isfinite(low):
        return ""
    return f"{put(low)} to {put(high)}" if high is not None and np.isfinite(high) else f"{put(low)} or more"
