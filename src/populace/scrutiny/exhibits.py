"""The numbers behind the figures of single questions, each figure with its chart, its description and its table.

Answers and checks in, plain records out; `populace.scrutiny.page` lays them out. Intervals drawn on shares are
Wilson's at 95 % with Kish's effective size: they show how many people were asked and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from populace.data.design import kish_effective_n
from populace.scrutiny import charts
from populace.scrutiny.aligned import PEOPLE, Answers
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.summary import worst

if TYPE_CHECKING:
    from populace.data.codebook import Variable
    from populace.scrutiny.report import Check

__all__ = ["Exhibit", "Mark", "QuestionCard", "Share"]

#: standard normal quantile of a two-sided 95 % interval
Z95 = 1.959964
#: the check that says how far apart two distributions of a question are
DISTANCE = "tvd"


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
        {"option": s.option, "series": who, "share": rounded(s.value), "low": rounded(s.low), "high": rounded(s.high)}
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


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Rounded for the file's size; None for what is unknown."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)
