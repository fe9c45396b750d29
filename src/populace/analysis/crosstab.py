"""Crosstab: questions down the side, groups across the top, and letters where groups surely differ.

Every difference is tested by linearisation (`letters`, `design_based`), so weights, strata and clusters count, and
columns that share respondents (a select-all question as banner) are compared with their covariance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.breakdown import Breakdown, Line, Lines, lines_of
from populace.analysis.design_based import Linear, Significance, mean, rao_scott, wald
from populace.analysis.estimate import Estimate
from populace.analysis.letters import CORRECTIONS, FAMILIES, letter_of, letters
from populace.analysis.result import Result, Table, cut
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import Design, design_of
from populace.errors import DataError
from populace.survey.names import did_you_mean, shown

__all__ = ["Block", "Cell", "Column", "Crosstab", "crosstab", "Group", "Row"]

#: marks a cell of a small base
SMALL = "*"
#: letters of an option, and of a question before it, in the head of a table
_LONGEST, _SHORT = 40, 28


@dataclass(frozen=True)
class Cell(Estimate):
    """A figure of a crosstab with its interval and the letters of the columns it is surely larger than."""

    #: letters of columns of the same heading with a significantly lower figure
    letters: str = ""
    #: does it rest on a small base?
    small: bool = False
    #: "share" or "mean"
    kind: str = "share"

    def __str__(self) -> str:
        number = f"{100 * self.value:.0f}%" if self.kind == "share" else f"{self.value:.2f}"
        return " ".join(part for part in (number + SMALL * self.small, self.letters) if part)


@dataclass(frozen=True)
class Column:
    """One column of the banner."""

    #: name of the question it comes from, "" for the total
    heading: str
    #: the option or net
    label: str
    #: how letters call it, "" for the total
    letter: str
    #: wording of the question in a few words
    title: str = ""

    @property
    def head(self) -> str:
        """The option with its letter, for where the question stands above it."""
        label = cut(self.label, _LONGEST)
        return f"{label} ({self.letter})" if self.letter else label

    def __str__(self) -> str:
        question = cut(self.title, _SHORT) or self.heading
        colon = "" if question.endswith(("?", "…", ":", ".")) else ":"
        return f"{question}{colon} {self.head}" if self.letter else self.head


@dataclass(frozen=True)
class Row:
    """One line of a block."""

    #: the option, net, box or mean
    label: str
    #: "option", "net", "box" or "mean"
    kind: str
    #: one a column; a bare number where there is no interval, None where the base is too small
    cells: tuple[Cell | float | None, ...]


@dataclass(frozen=True)
class Group:
    """The test of one heading of the banner against one question."""

    #: the question of the heading, in a few words
    heading: str
    #: what was tested, or why nothing was
    words: str
    #: the result
    test: Significance | None


@dataclass(frozen=True)
class Block:
    """One question over the whole banner."""

    #: variable or battery
    name: str
    #: its wording
    title: str
    #: respondents in each column
    bases: tuple[int, ...]
    #: sum of their weights
    weighted: tuple[float, ...]
    #: Kish effective number of them
    effective: tuple[float, ...]
    #: the lines
    rows: tuple[Row, ...]
    #: one a heading
    groups: tuple[Group, ...]
    #: bases and what lines mean
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Crosstab(Result):
    """Questions by groups."""

    analysis: ClassVar[str] = "crosstab"

    #: the banner, the total first
    columns: tuple[Column, ...]
    #: one a question
    blocks: tuple[Block, ...]
    #: level of the tests behind the letters
    alpha: float
    #: correction for many tests, one of `CORRECTIONS`
    correction: str
    #: tests that are corrected together, one of `FAMILIES`
    family: str
    #: effective bases below this are marked
    low_base: float
    #: effective bases below this are not shown
    suppress_below: float
    #: headings, in words, whose columns share respondents
    overlapping: tuple[str, ...]
    #: the design in a sentence
    sample: str
    #: notes that every table carries: that rows are synthetic
    marks: tuple[str, ...]

    @property
    def synthetic(self) -> bool:
        """Does it rest on synthetic rows?"""
        return bool(self.marks)

    def tables(self) -> tuple[Table, ...]:
        """One table a question: three bases, then the lines."""
        return tuple(self._table(block) for block in self.blocks)

    def chart(self, block: int = 0) -> Spec | None:
        """How far each column is from the total, for one question (the first)."""
        return _chart(self, self.blocks[block])

    def notes(self) -> tuple[str, ...]:
        """How to read letters, marks and tests."""
        families = {"row": "one line and one heading", "table": "one question and one heading"}
        corrected = "" if self.correction == "none" else f", corrected ({self.correction}) over {families[self.family]}"
        letters = (
            f"A letter: significantly larger than the column of that letter under the same heading "
            f"(level {self.alpha:g}{corrected}; t tests that honour the sample's design)."
        )
        shared = f"Columns share respondents, and are compared with that in mind: {', '.join(self.overlapping)}."
        return (self.sample, letters, *([shared] if self.overlapping else []))

    def definitions(self) -> Mapping[str, str]:
        """What the figures mean."""
        return {
            "Base (unweighted)": "Respondents of the column who answered the question.",
            "Base (weighted)": "Sum of their weights.",
            "Base (effective)": "Size of the unweighted sample with the same precision (Kish): (Σw)² / Σw².",
            "value": "Weighted share of the column's respondents who answered, or their weighted mean.",
            "low, high": "95 % interval: Wilson at the effective sample size for shares, t for means.",
            "letters": "Columns of the same heading whose figure is significantly lower.",
        }

    def _table(self, block: Block) -> Table:
        rows = (
            ("Base (unweighted)", *block.bases),
            ("Base (weighted)", *block.weighted),
            ("Base (effective)", *block.effective),
            *((row.label, *row.cells) for row in block.rows),
        )
        notes = [*block.notes, *(_group_words(group) for group in block.groups), *self._base_notes(block), *self.marks]
        heads = (("", ""), *((column.title or column.heading, column.head) for column in self.columns))
        return Table(block.title, ("", *(str(column) for column in self.columns)), rows, tuple(notes), heads)

    def _base_notes(self, block: Block) -> list[str]:
        least, small = self.suppress_below, [n for n in block.effective if self.suppress_below <= n < self.low_base]
        hidden = [str(column) for column, n in zip(self.columns, block.effective, strict=True) if n < least]
        notes = [f"{SMALL} effective base below {self.low_base:g}: read with care."] if small else []
        if hidden:
            notes.append(f"Not shown, effective base below {least:g}: {', '.join(hidden)}.")
        return notes


@dataclass(frozen=True, eq=False)
class _Heading:
    """A question of the banner: its columns as masks."""

    name: str
    title: str
    labels: tuple[str, ...]
    #: (n, C) who is in each column
    masks: np.ndarray

    @property
    def overlapping(self) -> bool:
        return bool((self.masks.sum(axis=1) > 1).any())


def crosstab(
    data: DataSet,
    questions: Sequence[str | Sequence[str] | Breakdown] | str | Breakdown,
    banner: Sequence[str | Sequence[str] | Breakdown] | str | Breakdown,
    alpha: float = 0.05,
    correction: str = "none",
    family: str = "row",
    low_base: float = 75,
    suppress_below: float = 30,
) -> Crosstab:
    """Questions down the side by groups across the top: column shares, means, three bases, letters and tests.

    questions, banner: variables, batteries of select-all questions, or `Breakdown`s with nets and boxes; in the banner
    a breakdown with nets gives the nets as columns. alpha: level of the letters. correction: one of `CORRECTIONS`, over
    all pairs of columns of a `family`. low_base, suppress_below: on effective bases.
    Formula: see `letters.pairwise`; degrees of freedom are those of the respondents in either column, less 1.
    Reference: Lumley 2010; Rao & Scott 1984; Benjamini & Hochberg 1995.
    Example: 60 of 100 men and 40 of 100 women say yes: t = 2.82, p = .005, so men get the women's letter.
    """
    _check_settings(alpha, correction, family)
    design = design_of(data)
    headings = [_heading(data, asked) for asked in _several(banner)]
    columns = _columns(headings)
    masks = np.column_stack([np.ones(data.n, dtype=bool), *(heading.masks for heading in headings)])
    settings = (alpha, correction, family, low_base, suppress_below)
    found = [lines_of(data, asked) for asked in _several(questions)]
    blocks = tuple(_block(lines, headings, columns, masks, design, settings) for lines in found)
    overlapping = tuple(heading.title for heading in headings if heading.overlapping)
    return Crosstab(columns, blocks, *settings, overlapping, design.words, data.synthetic_note)


def _check_settings(alpha: float, correction: str, family: str) -> None:
    if not 0 < alpha < 1:
        raise DataError(f"alpha is {alpha:g}; expected a level between 0 and 1, such as 0.05: correct it")
    for key, value, known in (("correction", correction, CORRECTIONS), ("family", family, FAMILIES)):
        if value not in known:
            hint = did_you_mean(value, known)
            raise DataError(f"{key} is {shown(value)}{hint}; expected one of {', '.join(known)}: choose one")


def _several(asked: Any) -> list[Any]:
    found = [asked] if isinstance(asked, (str, Breakdown)) else list(asked)
    if not found:
        raise DataError("a crosstab needs one question and one banner heading or more; got none: name them")
    return found


def _heading(data: DataSet, asked: Any) -> _Heading:
    found = lines_of(data, asked)
    kind = "net" if isinstance(asked, Breakdown) and asked.nets else "option"
    lines = [line for line in found.lines if line.kind == kind]
    if not lines:
        raise DataError(
            f"{found.name!r} has no options to make columns of; expected a closed question: cut numbers into options"
        )
    masks = np.column_stack([line.values == 1 for line in lines])
    return _Heading(found.name, _title(data, asked, found), tuple(line.label for line in lines), masks)


def _title(data: DataSet, asked: Any, found: Lines) -> str:
    """A question of the banner in a few words: what the breakdown says, else its short wording."""
    if isinstance(asked, Breakdown) and asked.title:
        return asked.title
    words = data.codebook.variable(found.name).short if found.name in data.codebook else found.title
    return cut(words, 60)


def _columns(headings: Sequence[_Heading]) -> tuple[Column, ...]:
    places = [(heading, label) for heading in headings for label in heading.labels]
    named = [Column(heading.name, label, letter_of(i), heading.title) for i, (heading, label) in enumerate(places)]
    return (Column("", "Total", ""), *named)


def _block(
    lines: Lines,
    headings: Sequence[_Heading],
    columns: tuple[Column, ...],
    masks: np.ndarray,
    design: Design,
    settings: tuple[Any, ...],
) -> Block:
    alpha, correction, family, low_base, suppress_below = settings
    used = lines.base[:, None] & masks & (design.weights > 0)[:, None]
    bases = mean(lines.base.astype(float), design, used)
    effective = np.where(bases.answers > 0, bases.n, 0.0)
    visible = effective >= max(suppress_below, 1e-9)
    found = [mean(line.values, design, masks) for line in lines.lines]
    counts = [len(heading.labels) for heading in headings]
    names = [column.letter for column in columns]
    shares = [line.share for line in lines.lines]
    marks = letters(found, shares, used, counts, names, visible, design, (alpha, correction, family))
    rows = tuple(
        Row(line.label, line.kind, _cells(line, means, marked, visible, effective < low_base))
        for line, means, marked in zip(lines.lines, found, marks, strict=True)
    )
    weighted = tuple((design.weights @ used).tolist())
    groups = tuple(_group(lines, heading, design) for heading in headings)
    answers = tuple(int(n) for n in bases.answers)
    return Block(lines.name, lines.title, answers, weighted, tuple(effective.tolist()), rows, groups, lines.notes)


def _cells(
    line: Line, means: Linear, letters: Sequence[str], visible: np.ndarray, small: np.ndarray
) -> tuple[Cell | float | None, ...]:
    kind = "share" if line.share else "mean"
    estimates = means.shares() if line.share else means.estimates()
    return tuple(
        None
        if not shown_ or not np.isfinite(value)
        else float(value)
        if estimate is None
        else Cell(estimate.value, estimate.low, estimate.high, estimate.n, marked, bool(low), kind)
        for estimate, value, marked, shown_, low in zip(estimates, means.values, letters, visible, small, strict=True)
    )


def _group(lines: Lines, heading: _Heading, design: Design) -> Group:
    """The test of a whole heading: Rao–Scott for one answer of several, Wald for means."""
    if heading.overlapping:
        return Group(heading.title, "no overall test, its columns share respondents", None)
    columns = np.where(heading.masks.any(axis=1), heading.masks.argmax(axis=1), -1)
    if lines.places is not None:
        return Group(heading.title, "Rao-Scott test of independence", rao_scott(lines.places, columns, design))
    if len(lines.lines) == 1 and not lines.lines[0].share:
        return Group(heading.title, "Wald test of equal means", _equal_means(lines.lines[0], heading, design))
    return Group(heading.title, "no overall test, several answers are possible", None)


def _equal_means(line: Line, heading: _Heading, design: Design) -> Significance | None:
    means = mean(line.values, design, heading.masks)
    known = np.flatnonzero(means.answers > 1)
    if len(known) < 2:
        return None
    against = np.zeros((len(known) - 1, len(means.values)))
    against[:, known[0]] = -1
    against[np.arange(len(known) - 1), known[1:]] = 1
    return wald(means.contrast(against))


def _group_words(group: Group) -> str:
    if group.test is None:
        reason = "" if group.words.startswith("no ") else ": too few answers or categories"
        return f"{group.heading}: {group.words}{reason}."
    test = group.test
    p = "p < 0.001" if test.p < 0.001 else f"p = {test.p:.3f}"
    return f"{group.heading}: {group.words}, F({test.df:.4g}, {test.df_sample:.4g}) = {test.statistic:.3g}, {p}."


def _chart(result: Crosstab, block: Block) -> Spec | None:
    rows = [row for row in block.rows if row.kind != "mean" and isinstance(row.cells[0], Cell)]
    cells = [
        {"row": row.label, "column": str(column), "value": _points(cell.value - row.cells[0].value)}
        for row in rows
        for column, cell in zip(result.columns[1:], row.cells[1:], strict=True)
        if isinstance(cell, Cell)
    ]
    if not cells:
        return None
    limit = max(0.1, *(abs(cell["value"]) for cell in cells))
    across, down = [str(column) for column in result.columns[1:]], [row.label for row in rows]
    return charts.heat(cells, across, down, limit, "+.0%")


def _points(gap: float) -> float:
    """A difference of shares; what is shown as nought has no sign."""
    return gap if abs(gap) >= 0.005 else 0.0
