"""Typing tool: a few questions that say to which segment a person belongs, and how often they are right.

A linear scoring sheet (Fisher's classification functions): for each segment a constant and a number to multiply each
answer with; the highest score wins. It runs in a spreadsheet or a screener. Formulas: docs/methods/typing_tool.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, complete, numbers, varying
from populace.analysis.estimate import Estimate, normal_interval
from populace.analysis.result import Result, Table
from populace.analysis.segment_profiles import checked_members
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError

#: people that the smallest segment needs
LEAST = 10
#: folds of the cross-validation
FOLDS = 10
#: part of the pooled variance that is added to itself, so that questions that repeat one another do no harm
_RIDGE = 1e-3

__all__ = ["Sheet", "cross_validated", "fit_sheet", "select", "typing_tool", "TypingTool"]


@dataclass(frozen=True)
class Sheet:
    """A scoring sheet: score = constant + Σ weight × answer; the segment with the highest score."""

    #: (k,) constants
    constants: np.ndarray
    #: (k, q) weights
    weights: np.ndarray

    def classify(self, values: np.ndarray) -> np.ndarray:
        """(n,) segment of people with these answers (n, q); −1 where one is missing."""
        scores = self.constants + np.nan_to_num(values) @ self.weights.T
        return np.where(np.isnan(values).any(axis=1), -1, scores.argmax(axis=1))


@dataclass(frozen=True)
class TypingTool(Result):
    """A short classifier for segments."""

    analysis: ClassVar[str] = "typing_tool"

    #: questions in the order in which they were chosen
    names: tuple[str, ...]
    #: their wordings
    labels: tuple[str, ...]
    #: the scoring sheet; an ordered answer counts as 0, 1, 2 … from the first option
    sheet: Sheet
    #: share of people placed rightly by 1, 2, … questions, with selection repeated in every fold
    accuracies: tuple[Estimate, ...]
    #: share placed rightly in each segment, by all the questions
    hits: tuple[Estimate, ...]
    #: share of the largest segment: what a guess would reach
    guess: float
    #: (k, k) share of the people of each segment (row) that are placed in each segment (column)
    confusion: np.ndarray
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    @property
    def accuracy(self) -> Estimate:
        """Share of people placed rightly."""
        return self.accuracies[-1]

    def classify(self, data: DataSet) -> np.ndarray:
        """(n,) segment of each interview of other data with these questions, −1 where one was not answered."""
        return self.sheet.classify(np.column_stack([numbers(data, name) for name in self.names]))

    def tables(self) -> tuple[Table, ...]:
        """Accuracy by length, the sheet, and where people are placed."""
        heads = tuple(f"segment {j + 1}" for j in range(len(self.hits)))
        steps = tuple(
            (str(place), name, label, accuracy)
            for place, (name, label, accuracy) in enumerate(
                zip(self.names, self.labels, self.accuracies, strict=True), 1
            )
        )
        constant = ("constant", *self.sheet.constants.tolist())
        sheet = (constant, *((n, *w) for n, w in zip(self.names, self.sheet.weights.T.tolist(), strict=True)))
        placed = tuple((h, *row, hit) for h, row, hit in zip(heads, self.confusion.tolist(), self.hits, strict=True))
        return (
            Table("Accuracy", ("questions", "added", "wording", "accuracy"), steps, (f"A guess: {self.guess:.3g}.",)),
            Table("Scoring sheet", ("question", *heads), sheet, ("Answers count 0, 1, 2 …; the highest score wins.",)),
            Table("Where people are placed", ("segment", *heads, "accuracy"), placed),
        )

    def chart(self) -> Spec:
        """Accuracy by number of questions, with its band."""
        rows = [{"x": p, "y": a.value, "low": a.low, "high": a.high} for p, a in enumerate(self.accuracies, 1)]
        return charts.lines(rows, "Questions asked", "Placed rightly", ".0%")

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            f"Accuracy by {FOLDS}-fold cross-validation in which the questions are chosen anew in every fold; "
            "it is agreement with the segmentation, which may itself be unstable.",
            *self.remarks,
        )


def typing_tool(data: DataSet, members: np.ndarray, names: Sequence[str], most: int = 6, seed: int = 1) -> TypingTool:
    """The best few of the questions for telling segments apart.

    members: (n,) segment of each interview from 0, −1 for none (`Segments.members`, `LatentClasses.members`). names:
    ordered, two-option or numeric questions to choose from, by forward selection. most: how many at most. Raises
    `DataError` for segments of fewer than ten people and members of other data.
    """
    if most < 1:
        raise DataError(f"a typing tool of {most} questions was asked for; expected one or more: raise most")
    members = checked_members(members, data)
    columns = columns_of(data, names)
    columns = varying(complete(columns.take(members[columns.rows] >= 0)))
    mine, groups = members[columns.rows], int(members.max()) + 1
    _check_segments(mine, groups)
    most = min(most, len(columns.names))
    folds = _folds(columns, seed)
    guesses = cross_validated(columns.values, mine, columns.weights, folds, most)
    chosen = select(columns.values, mine, columns.weights, most, groups)
    return _result(columns, mine, guesses, chosen, groups)


def _check_segments(members: np.ndarray, groups: int) -> None:
    sizes = np.bincount(members, minlength=groups)
    if groups < 2 or sizes.min() < LEAST:
        raise DataError(
            f"{groups} segments with {', '.join(map(str, sizes))} people who answered all questions; expected two or "
            f"more segments of at least {LEAST}: merge segments or use questions that all were asked"
        )


def _folds(columns: Columns, seed: int) -> np.ndarray:
    """(n,) fold of each interview; interviews of a person or cluster stay together."""
    people = int(columns.persons.max()) + 1
    if people < FOLDS:
        raise DataError(
            f"the interviews are of {people} persons or clusters; expected {FOLDS} or more, for accuracy is that for "
            "people whom the tool has not seen: use more people"
        )
    count = FOLDS
    return (np.random.default_rng(seed).permutation(people) % count)[columns.persons]


def _result(columns: Columns, members: np.ndarray, guesses: np.ndarray, chosen: list[int], groups: int) -> TypingTool:
    weights = columns.weights
    table = np.bincount(members * groups + guesses[-1], weights, minlength=groups**2).reshape(groups, groups)
    short = replace(
        columns,
        names=tuple(columns.names[j] for j in chosen),
        labels=tuple(columns.labels[j] for j in chosen),
        values=columns.values[:, chosen],
    )
    return TypingTool(
        short.names,
        short.labels,
        fit_sheet(short.values, members, weights, groups),
        tuple(_share(row == members, columns) for row in guesses),
        tuple(_share((guesses[-1] == j)[members == j], columns.take(members == j)) for j in range(groups)),
        float(table.sum(axis=1).max() / table.sum()),
        table / table.sum(axis=1, keepdims=True),
        columns.notes,
    )


def _share(right: np.ndarray, columns: Columns) -> Estimate:
    """Weighted share with an interval that counts persons (or clusters) as drawn."""
    share = float(np.average(right, weights=columns.weights))
    totals = np.bincount(columns.persons, columns.weights * (right - share))
    error = float(np.sqrt((totals**2).sum()) / columns.weights.sum())
    return normal_interval(share, error, kish_effective_n(columns.weights), bounds=(0, 1))


# -- arrays ------------------------------------------------------------------------------------------------------------


def fit_sheet(values: np.ndarray, members: np.ndarray, weights: np.ndarray, groups: int) -> Sheet:
    """Fisher's linear classification functions.

    Formula: score_g = ln share_g − ½ m_g′S⁻¹m_g + m_g′S⁻¹x, with m_g the mean of segment g and S the pooled variance
    within segments. Assumption: like spread in all segments. Reference: Fisher 1936; Rao 1948.
    Example: one question, two segments of equal size with means 0 and 2 and variance 1: scores 0 and 2x − 2.
    """
    indicator = (members[:, None] == np.arange(groups)) * weights[:, None]
    sizes = indicator.sum(axis=0)
    means = indicator.T @ values / np.maximum(sizes, 1e-300)[:, None]
    rest = values - means[members]
    pooled = rest.T @ (rest * weights[:, None]) / weights.sum()
    pooled += np.diag(_RIDGE * np.diag(pooled) + 1e-12)
    slopes = np.linalg.solve(pooled, means.T).T
    shares = np.maximum(sizes / sizes.sum(), 1e-12)
    return Sheet(np.log(shares) - (slopes * means).sum(axis=1) / 2, slopes)


def select(values: np.ndarray, members: np.ndarray, weights: np.ndarray, most: int, groups: int) -> list[int]:
    """Questions in the order of forward selection: each the one that, with those before, places most people rightly.

    Ties go to the question that separates the segments better by itself (Wilks' Λ), then to the first.
    """
    spread = _separation(values, members, weights, groups)
    chosen: list[int] = []
    while len(chosen) < most:
        rest = [j for j in range(values.shape[1]) if j not in chosen]
        scores = [(_right(values[:, [*chosen, j]], members, weights, groups), spread[j]) for j in rest]
        chosen.append(rest[max(range(len(rest)), key=lambda place: scores[place])])
    return chosen


def _right(values: np.ndarray, members: np.ndarray, weights: np.ndarray, groups: int) -> float:
    placed = fit_sheet(values, members, weights, groups).classify(values)
    return round(float(weights[placed == members].sum() / weights.sum()), 9)


def _separation(values: np.ndarray, members: np.ndarray, weights: np.ndarray, groups: int) -> np.ndarray:
    """(q,) share of each question's variance between segments, 1 − Λ."""
    indicator = (members[:, None] == np.arange(groups)) * weights[:, None]
    centre = np.average(values, axis=0, weights=weights)
    means = indicator.T @ values / np.maximum(indicator.sum(axis=0), 1e-300)[:, None]
    between = indicator.sum(axis=0) @ (means - centre) ** 2
    total = weights @ (values - centre) ** 2
    return np.divide(between, total, out=np.zeros_like(total), where=total > 0)


def cross_validated(
    values: np.ndarray, members: np.ndarray, weights: np.ndarray, folds: np.ndarray, most: int
) -> np.ndarray:
    """(most, n) segment that people are placed in by 1 … `most` questions, chosen and fitted without their fold."""
    groups = int(members.max()) + 1
    placed = np.full((most, len(values)), -1)
    for fold in np.unique(folds):
        out = folds == fold
        chosen = select(values[~out], members[~out], weights[~out], most, groups)
        for count in range(1, most + 1):
            short = chosen[:count]
            sheet = fit_sheet(values[~out][:, short], members[~out], weights[~out], groups)
            placed[count - 1, out] = sheet.classify(values[out][:, short])
    return placed
