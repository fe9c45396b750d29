"""Tables of one question at a time: frequencies, nets, top and bottom boxes, means, select-all questions, NPS.

Every figure honours the design of the sample (`populace.data.design.design_of`); shares have Wilson intervals at the
effective sample size, means have t intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import numpy as np
from scipy.stats import t

from populace.analysis import charts
from populace.analysis.breakdown import Breakdown, Line, Lines, lines_of, offset
from populace.analysis.design_based import Linear, mean, quantiles, standard_deviation
from populace.analysis.estimate import LEVEL, Estimate
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import Design, design_of
from populace.errors import DataError

__all__ = [
    "Boxes",
    "Figure",
    "Frequencies",
    "frequencies",
    "Means",
    "means",
    "multi_select",
    "MultiSelect",
    "Nets",
    "nets",
    "Nps",
    "nps",
    "Percent",
    "top_box",
]

#: answers of 9 and 10 are promoters, 7 and 8 passives, 0 to 6 detractors (Reichheld 2003)
PROMOTERS, PASSIVES = 9, 7
#: respondents added to promoters and to detractors for the interval of the NPS, and in all (Rocks 2016)
_ADDED, _ADDED_IN_ALL = 0.75, 3.0

_DEFINITIONS = {
    "n": "Respondents, unweighted: who gave the answer, or for a whole question who answered it.",
    "weighted n": "Sum of the weights of the same respondents.",
    "share": "Weighted share of those who answered, with its 95 % interval (Wilson, at the effective sample size).",
    "effective n": "Size of the unweighted sample with the same precision (Kish): (Σw)² / Σw².",
    "mean": "Weighted mean with its 95 % t interval; ordinal answers count by their place on the scale.",
    "SD": "Weighted standard deviation with its 95 % interval.",
    "median": "The smallest answer that half of the weight does not exceed, with Woodruff's 95 % interval.",
    "design effect": "Variance of the mean over that of a simple random sample of as many answers.",
    "top less bottom": "Share in the top boxes less the share in the bottom boxes.",
    "promoters": "Weighted share of answers 9 and 10.",
    "passives": "Weighted share of answers 7 and 8.",
    "detractors": "Weighted share of answers 0 to 6.",
    "NPS": "100 times promoters less detractors, with its 95 % interval (adjusted Wald, Rocks 2016).",
}


@dataclass(frozen=True)
class Percent(Estimate):
    """An estimated share, written in per cent."""

    def __str__(self) -> str:
        return f"{_percent(self.value)} [{_percent(self.low)}, {_percent(self.high)}]"


@dataclass(frozen=True)
class Figure:
    """One figure of a table of one question."""

    #: variable or battery
    question: str
    #: the option, net, box or statistic
    label: str
    #: "option", "net", "box", "mean" …
    kind: str
    #: the estimate; a bare number where there is no interval; None where there is nothing
    estimate: Estimate | float | None
    #: unweighted number of respondents: who chose it for shares, who answered for means
    n: int
    #: weighted number of the same respondents
    weighted: float


@dataclass(frozen=True)
class _Tabulated(Result):
    """Tables with one line a figure."""

    #: all figures, in the order of the tables
    figures: tuple[Figure, ...]
    #: title and notes of each question's table
    heads: Mapping[str, tuple[str, tuple[str, ...]]]
    #: sentences for the reader
    remarks: tuple[str, ...]
    #: does it rest on synthetic rows?
    synthetic: bool

    def tables(self) -> tuple[Table, ...]:
        """One table a question."""
        groups = groupby(self.figures, key=lambda figure: figure.question)
        return tuple(self._table(question, tuple(figures)) for question, figures in groups)

    def _table(self, question: str, figures: tuple[Figure, ...]) -> Table:
        title, notes = self.heads[question]
        rows = tuple((figure.label, figure.n, figure.weighted, figure.estimate) for figure in figures)
        return Table(title, ("", "n", "weighted n", "share"), rows, notes)

    def chart(self) -> Spec | None:
        """Bars of the first question's shares."""
        first = [figure for figure in self.figures if figure.question == self.figures[0].question]
        rows = [_bar(figure.label, figure.estimate) for figure in first if isinstance(figure.estimate, Percent)]
        return charts.bars(rows, "Share", ".0%") if rows else None

    def notes(self) -> tuple[str, ...]:
        """What the figures rest on."""
        return self.remarks

    def definitions(self) -> Mapping[str, str]:
        """What the columns mean."""
        return _DEFINITIONS


@dataclass(frozen=True)
class Frequencies(_Tabulated):
    """How many gave each answer."""

    analysis: ClassVar[str] = "frequencies"


@dataclass(frozen=True)
class Nets(_Tabulated):
    """How many gave any answer of a group."""

    analysis: ClassVar[str] = "nets"


@dataclass(frozen=True)
class MultiSelect(_Tabulated):
    """How many selected each option of a select-all question."""

    analysis: ClassVar[str] = "multi_select"


@dataclass(frozen=True)
class _Side(Result):
    """One table with one line a question."""

    #: all figures; those of a question stand together
    figures: tuple[Figure, ...]
    #: wording of each question
    titles: Mapping[str, str]
    #: title of the table
    title: str
    #: notes of the table
    told: tuple[str, ...]
    #: sentences for the reader
    remarks: tuple[str, ...]
    #: does it rest on synthetic rows?
    synthetic: bool

    def tables(self) -> tuple[Table, ...]:
        """One table, a row a question."""
        columns = list(dict.fromkeys(figure.label for figure in self.figures))
        rows = []
        for question, figures in groupby(self.figures, key=lambda figure: figure.question):
            found = {figure.label: figure for figure in figures}
            n = max(figure.n for figure in found.values())
            cells = [found[label].estimate if label in found else None for label in columns]
            rows.append((self.titles[question], n, *cells))
        return (Table(self.title, ("", "n", *columns), tuple(rows), self.told),)

    def _chart_of(self, kind: str, title: str, form: str) -> Spec | None:
        chosen = [figure for figure in self.figures if figure.kind == kind]
        rows = [_bar(self.titles[figure.question], figure.estimate) for figure in chosen if figure.estimate is not None]
        return charts.dots(rows, title, form=form) if rows else None

    def notes(self) -> tuple[str, ...]:
        """What the figures rest on."""
        return self.remarks

    def definitions(self) -> Mapping[str, str]:
        """What the columns mean."""
        return _DEFINITIONS


@dataclass(frozen=True)
class Means(_Side):
    """Mean, spread and median of questions with numbers."""

    analysis: ClassVar[str] = "means"

    def chart(self) -> Spec | None:
        """Means with their intervals."""
        return self._chart_of("mean", "Mean", ".2f")


@dataclass(frozen=True)
class Boxes(_Side):
    """Shares at both ends of rating scales."""

    analysis: ClassVar[str] = "top_box"

    def chart(self) -> Spec | None:
        """Top boxes with their intervals."""
        return self._chart_of("top", "Share in the top boxes", ".0%")


@dataclass(frozen=True)
class Nps(_Side):
    """Net promoter scores."""

    analysis: ClassVar[str] = "nps"

    def chart(self) -> Spec | None:
        """Scores with their intervals."""
        return self._chart_of("nps", "Net promoter score", ".0f")


def frequencies(data: DataSet, questions: str | Sequence[str], missing: bool = False) -> Frequencies:
    """Share of each option among those who answered; with `missing`, don't know and refused count as answers.

    Formula: Σw·1[option]/Σw, interval by `design_based.share_interval`. Reference: Wilson 1927.
    Example: answers a, a, b, b with weights 1, 1, 1, 3: a 2/6, b 4/6.
    """
    asked = [Breakdown(name, mean=False, missing=missing) for name in _list(questions)]
    return Frequencies(*_tabulated(data, asked))


def nets(data: DataSet, question: str, groups: Mapping[str, Sequence[Any]]) -> Nets:
    """Share of those who gave any answer of each named group of options (codes or labels); groups may overlap.

    Of a select-all question: any of these columns. Example: answers a, b, c; net {"a or b": [a, b]}: 2/3.
    """
    if not groups:
        raise DataError(f"no nets were given for {question!r}; expected a name and its options: write one")
    return Nets(*_tabulated(data, [Breakdown(question, groups, mean=False)]))


def multi_select(data: DataSet, question: str | Sequence[str]) -> MultiSelect:
    """Share that selected each option of a select-all question, and how many were selected on average.

    question: the battery, or the columns. Base: who answered any column; an empty cell counts as not selected where
    the file writes only what was selected. Example: two columns, (1, 0) and (1, 1): shares 1 and ½, 1.5 on average.
    """
    return MultiSelect(*_tabulated(data, [Breakdown(question if isinstance(question, str) else tuple(question))]))


def means(data: DataSet, questions: str | Sequence[str]) -> Means:
    """Mean, standard deviation and median of numeric and ordinal questions, don't know and refused left out.

    Ordinal answers count by their place on the scale: the codes where these rise by one along it, else 1, 2, 3 …
    Formula: see `design_based.mean`, `standard_deviation` and `quantiles`. Example: 1, 2, 3: mean 2, SD 1, median 2.
    """
    design = design_of(data)
    figures = tuple(figure for name in _list(questions) for figure in _mean_figures(data, name, design))
    constant = [figure.question for figure in figures if figure.label == "mean" and isinstance(figure.estimate, float)]
    told = (f"No interval where all gave the same answer: {', '.join(constant)}.",) if constant else ()
    told += ("Effective n and design effect describe the sample and have no interval.", *data.synthetic_note)
    return Means(figures, _titles(data, questions), "Means", told, _remarks(data, design), data.synthetic)


def top_box(data: DataSet, questions: str | Sequence[str], boxes: int = 2) -> Boxes:
    """Share of the highest and of the lowest `boxes` options of rating scales, and the difference of the two.

    The scale runs in the order of the options; which ones are highest is written below the table.
    Example: scale 1 … 5, answers 5, 4, 1: top 2 2/3, bottom 2 1/3, difference 1/3.
    """
    if boxes < 1:
        raise DataError(f"boxes is {boxes}; expected 1 or more: say how many options of each end count")
    design = design_of(data)
    figures, told = [], {}
    for name in _list(questions):
        found = lines_of(data, Breakdown(name, boxes=boxes, mean=False))
        figures += _box_figures(found, design)
        told.setdefault(found.notes[-1], []).append(name)
    notes = tuple(told) if len(told) == 1 else tuple(f"{', '.join(names)}: {note}" for note, names in told.items())
    titles, title = _titles(data, questions), f"Top {boxes} and bottom {boxes}"
    notes = (*notes, *data.synthetic_note)
    return Boxes(tuple(figures), titles, title, notes, _remarks(data, design), data.synthetic)


def nps(data: DataSet, questions: str | Sequence[str]) -> Nps:
    """Net promoter score: 100·(share of 9 and 10 − share of 0 to 6) of answers from 0 to 10.

    Interval: three respondents are added to the effective number m, ¾ of them promoters and ¾ detractors (Rocks 2016),
    m = (p + d − (p − d)²)/SE² by linearisation; so it is never of no width. Reference: Reichheld 2003; Rocks 2016.
    Example: answers 10, 10, 8, 3: 100·(½ − ¼) = 25.
    """
    design = design_of(data)
    figures = tuple(figure for name in _list(questions) for figure in _nps_figures(data, name, design))
    told = ("NPS in points from -100 to 100: promoters (9, 10) less detractors (0 to 6).", *data.synthetic_note)
    title = "Net promoter score"
    return Nps(figures, _titles(data, questions), title, told, _remarks(data, design), data.synthetic)


def nps_interval(promoters: float, detractors: float, error: float, n: float, df: float) -> Estimate:
    """Net promoter score in points with its interval, from shares, the standard error of their difference and n.

    Formula: see `nps`. Reference: Rocks 2016. Example: p = 1, d = 0, n = 27: p̃ = 27.75/30, d̃ = .75/30,
    centre .9, SE √((.95 − .81)/30) = .068.
    """
    score = promoters - detractors
    spread = promoters + detractors - score**2
    size = spread / error**2 if spread > 0 and error > 0 else n
    shares = [(size * share + _ADDED) / (size + _ADDED_IN_ALL) for share in (promoters, detractors)]
    centre = shares[0] - shares[1]
    reach = float(t.ppf((1 + LEVEL) / 2, df)) * ((sum(shares) - centre**2) / (size + _ADDED_IN_ALL)) ** 0.5
    low, high = max(-1.0, min(centre - reach, score)), min(1.0, max(centre + reach, score))
    return Estimate(100 * score, 100 * low, 100 * high, n)


def percents(shares: Linear) -> list[Percent | None]:
    """Estimates of shares that are written in per cent."""
    return [
        None if found is None else Percent(found.value, found.low, found.high, found.n) for found in shares.shares()
    ]


def _tabulated(data: DataSet, asked: Sequence[Breakdown]) -> tuple[Any, ...]:
    """What `_Tabulated` holds, for these questions."""
    design = design_of(data)
    found = [lines_of(data, breakdown) for breakdown in asked]
    figures = tuple(
        _line_figure(lines.name, line, design)
        for lines, breakdown in zip(found, asked, strict=True)
        for line in lines.lines
        if not breakdown.nets or line.kind == "net"
    )
    heads = {lines.name: (lines.title, (*lines.notes, *data.synthetic_note)) for lines in found}
    if len(heads) < len(found):
        raise DataError("a question is named twice; expected each once: take one out")
    return figures, heads, _remarks(data, design), data.synthetic


def _line_figure(question: str, line: Line, design: Design) -> Figure:
    estimated = mean(line.values, design)
    chosen = (line.values == 1 if line.share else ~np.isnan(line.values)) & (design.weights > 0)
    estimate = percents(estimated)[0] if line.share else _or_number(estimated.estimates()[0], estimated.values[0])
    return Figure(question, line.label, line.kind, estimate, int(chosen.sum()), float(design.weights[chosen].sum()))


def _mean_figures(data: DataSet, name: str, design: Design) -> list[Figure]:
    variable = data.codebook.variable(name)
    if variable.closed and variable.type != "ordinal":
        raise DataError(
            f"variable {name!r} is of type {variable.type!r}; expected an ordinal or numeric one for a mean: use "
            "frequencies, or make it ordinal"
        )
    values = data.scores(name) + offset(variable)
    found = mean(values, design)
    spread = standard_deviation(values, design)
    inside = found.inside[:, 0]
    weighted = float(design.weights[inside].sum())
    deff = float(found.deff[0])
    statistics = {
        "effective n": float(found.n[0]),
        "mean": _or_number(found.estimates()[0], found.values[0]),
        "SD": _or_number(spread.estimates()[0], spread.values[0]),
        "median": quantiles(values, design, (0.5,))[0],
        "design effect": deff if np.isfinite(deff) else None,
    }
    return [Figure(name, label, label, value, int(inside.sum()), weighted) for label, value in statistics.items()]


def _box_figures(found: Lines, design: Design) -> list[Figure]:
    top, bottom = (line for line in found.lines if line.kind == "box")
    both = mean(np.column_stack([top.values, bottom.values]), design)
    inside = both.inside[:, 0]
    gap = both.contrast([[1, -1]])
    less = _or_number(gap.estimates()[0], gap.values[0])
    if isinstance(less, Estimate):
        less = Percent(less.value, max(-1.0, less.low), min(1.0, less.high), less.n)
    statistics = {"top": (top.label, percents(both)[0]), "bottom": (bottom.label, percents(both)[1])}
    statistics["difference"] = ("top less bottom", less)
    weighted, n = float(design.weights[inside].sum()), int(inside.sum())
    return [Figure(found.name, label, kind, value, n, weighted) for kind, (label, value) in statistics.items()]


def _nps_figures(data: DataSet, name: str, design: Design) -> list[Figure]:
    ratings = _ratings(data, name)
    known = ~np.isnan(ratings)
    masks = (ratings >= PROMOTERS, (ratings >= PASSIVES) & (ratings < PROMOTERS), ratings < PASSIVES)
    shares = mean(np.where(known[:, None], np.column_stack(masks), np.nan), design)
    gap = shares.contrast([[1, 0, -1]])
    score, inside = None, shares.inside[:, 0]
    if gap.df[0] > 0:
        p, _, d = shares.values.tolist()
        score = nps_interval(p, d, float(gap.errors[0]), float(gap.n[0]), float(gap.df[0]))
    statistics = dict(zip(("promoters", "passives", "detractors"), percents(shares), strict=True)) | {"nps": score}
    n, weighted = int(inside.sum()), float(design.weights[inside].sum())
    return [
        Figure(name, "NPS" if label == "nps" else label, label, value, n, weighted)
        for label, value in statistics.items()
    ]


def _ratings(data: DataSet, name: str) -> np.ndarray:
    """(n,) answers from 0 to 10, NaN for none."""
    variable = data.codebook.variable(name)
    steps = len(variable.scale)
    if variable.closed and (variable.type != "ordinal" or steps != 11):
        raise DataError(
            f"variable {name!r} ({variable.type}) has {steps} options on its scale; a net promoter score needs the 11 "
            "from 0 to 10: choose another question, or use top_box"
        )
    ratings = data.scores(name)
    if not variable.closed and not np.isin(ratings[~np.isnan(ratings)], np.arange(11)).all():
        raise DataError(
            f"variable {name!r} has numbers other than 0 to 10, which a net promoter score needs: recode it"
        )
    return ratings


def _list(questions: str | Sequence[str]) -> list[str]:
    names = [questions] if isinstance(questions, str) else list(questions)
    if not names:
        raise DataError("no question was named; expected one or more: name them")
    if len(set(names)) < len(names):
        raise DataError("a question is named twice; expected each once: take one out")
    return names


def _titles(data: DataSet, questions: str | Sequence[str]) -> dict[str, str]:
    short = {name: data.codebook.variable(name).short for name in _list(questions)}
    several = list(short.values())
    return {name: f"{words} ({name})" if several.count(words) > 1 else words for name, words in short.items()}


def _remarks(data: DataSet, design: Design) -> tuple[str, ...]:
    return (design.words, f"Intervals are {LEVEL:.0%} confidence intervals and honour this design.")


def _or_number(estimate: Estimate | None, value: float) -> Estimate | float | None:
    """The estimate, or the bare number where there is no interval, or nothing."""
    return estimate if estimate is not None or not np.isfinite(value) else float(value)


def _bar(name: str, estimate: Estimate | float) -> dict[str, Any]:
    if not isinstance(estimate, Estimate):
        return {"name": name, "value": estimate}
    return {"name": name, "value": estimate.value, "low": estimate.low, "high": estimate.high}


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
