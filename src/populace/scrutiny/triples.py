"""Crosstabs: how many people stand in the wrong cell of tables of two and of three questions.

Correlations look at pairs and at straight lines; a table of two questions sees any relation, one of three what two
questions do together to a third. Tables are raked to the people's margins before they are compared: wrong margins have
checks of their own, and would be counted once more in every table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod

import numpy as np

from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import ROOT, hidden_error, not_judged, undecided
from populace.scrutiny.matched import LEAST_ANSWERED, LEAST_PERSONS, measured_together, of_matched, part_size
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Question, Sample

GROUP = "triples"
#: most questions, and most tables of two and of three (sampled by seed)
MOST_QUESTIONS, MOST_TABLES = 60, 300
#: draws of parts: tables are many and their mean is steady
SPLITS = 12
#: rounds of raking; tables of four by four settle in five
ROUNDS = 12
#: mean of a folded standard normal
_FOLD = float(np.sqrt(2 / np.pi))
#: options of a question are pooled to so many, so that cells hold enough people: in tables of two, of three
POOLED = {2: 4, 3: 3}
#: persons of a part that a table needs
LEAST_TABLE = 60
_NAMES = {2: "pair_tvd", 3: "triple_tvd"}


@dataclass(frozen=True)
class Tables:
    """Tables of two or three questions each, all with as many cells."""

    #: (T, 2) or (T, 3) questions of each
    questions: np.ndarray
    #: one (K,) array a question: the group that each option is pooled into
    groups: tuple[np.ndarray, ...]
    #: groups at most, so that a table has `steps` to the power of its questions cells
    steps: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of each table. Example: two questions in four groups: (4, 4)."""
        return (self.steps,) * self.questions.shape[1]

    def shares(self, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
        """(T, cells) weighted shares of those who answered all questions of a table, and (T,) how many they are
        (Kish)."""
        pooled = np.column_stack([np.append(group, -1)[sample.positions[:, j]] for j, group in enumerate(self.groups)])
        cells = prod(self.shape)
        code = np.zeros((sample.n, len(self.questions)), dtype=np.int64)
        known = np.ones(code.shape, dtype=bool)
        for column in self.questions.T:
            code = code * self.steps + pooled[:, column]
            known &= pooled[:, column] >= 0
        weights = np.broadcast_to(sample.weights[:, None], code.shape)[known]
        places = (code + cells * np.arange(code.shape[1]))[known]
        counts = np.bincount(places, weights, cells * code.shape[1]).reshape(-1, cells)
        squares = (known * sample.weights[:, None] ** 2).sum(axis=0)
        total = counts.sum(axis=1)
        return counts / np.maximum(total, 1e-12)[:, None], total**2 / np.maximum(squares, 1e-12)


def pooled(shares: np.ndarray, steps: int, ordered: bool) -> np.ndarray:
    """(K,) group, from 0, of each option with these shares among people; at most `steps` groups.

    Ordered options: neighbours together, groups as even as they can be. Others: the most frequent alone, the rest
    together. Example: shares (.1, .2, .3, .4), two groups: ordered (0, 0, 0, 1) by the middle of each option (.05, .2,
    .45, .8), unordered (1, 1, 1, 0).
    """
    if len(shares) <= steps:
        return np.arange(len(shares))
    if ordered:
        middle = np.cumsum(shares) - shares / 2
        return np.unique(np.minimum((middle * steps).astype(int), steps - 1), return_inverse=True)[1]
    ranks = np.argsort(np.argsort(-shares, kind="stable"), kind="stable")
    return np.minimum(ranks, steps - 1)


def raked(shares: np.ndarray, goal: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(T, cells) tables of this shape, with the relations of `shares` and the margins of `goal`.

    What a table never contains it cannot be given: an option nobody chose stays empty, and the rest is made to sum to
    1. Source: Deming & Stephan 1940. Example, two by two: (.5, 0, 0, .5), margins (.8, .2) twice: (.8, 0, 0, .2).
    """
    table, goal = shares.reshape(-1, *shape), goal.reshape(-1, *shape)
    axes = range(1, table.ndim)
    others = {axis: tuple(a for a in axes if a != axis) for axis in axes}
    for _ in range(ROUNDS):
        for axis in axes:
            now, wanted = (one.sum(axis=others[axis], keepdims=True) for one in (table, goal))
            table = table * np.divide(wanted, now, out=np.zeros_like(now), where=now > 0)
    table = table.reshape(shares.shape)
    return table / np.maximum(table.sum(axis=1, keepdims=True), 1e-12)


def noise_floor(shares: np.ndarray, n: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(T,) TVD that two samples of n people have by chance after raking: ½√(2/π)Σ√(2v/n).

    v = p(1 − p·a′(A′DA)⁻a) is the variance of a cell that its margins leave, A the margins' indicators, D = diag(p).
    Source: Deville & Särndal 1992. Example: four equal cells, n = 200: v = .25·.25, ½·.798·4·√(.0625·.01) = .0399.
    """
    a = np.concatenate([np.eye(k)[place.ravel()] for k, place in zip(shape, np.indices(shape), strict=True)], axis=1)
    within = np.linalg.pinv(np.einsum("ci,tc,cj->tij", a, shares, a), hermitian=True)
    explained = shares * np.einsum("ci,tij,cj->tc", a, within, a)
    left = shares * np.clip(1 - explained, 0, None)
    return np.sqrt(2 / np.pi) * np.sqrt(2 * left / n[:, None]).sum(axis=1) / 2


def checks(comparison: Comparison) -> list[Check]:
    """Tables of two and of three questions."""
    index = _asked(comparison)
    size = part_size(comparison)
    if len(index) < 2:
        reason = f"{len(index)} questions that most answered; a table takes two"
        return [not_judged(name, GROUP, reason) for name in _NAMES.values()]
    if size < LEAST_PERSONS:
        return [
            undecided(name, GROUP, f"parts of {size} persons; {LEAST_PERSONS} are needed") for name in _NAMES.values()
        ]
    tables = {width: _tables(comparison, index, width) for width in _NAMES}
    made = {width: found for width, found in tables.items() if len(found.questions)}
    without = [_without(width, len(index)) for width in _NAMES if width not in made]
    return [*_table_checks(comparison, index, made), *without] if made else without


def _without(width: int, count: int) -> Check:
    if count < width:
        return not_judged(_NAMES[width], GROUP, f"{count} questions that most answered; a table takes {width}")
    return undecided(_NAMES[width], GROUP, f"no table of {width} questions has {LEAST_TABLE} persons of a part")


def _asked(comparison: Comparison) -> np.ndarray:
    """Questions that half of both sides answered and that vary among people."""
    sides = (comparison.human, comparison.synthetic)
    answered = np.min([(side.positions >= 0).mean(axis=0) for side in sides], axis=0) >= LEAST_ANSWERED
    index = np.flatnonzero(answered & comparison.varied)
    if len(index) <= MOST_QUESTIONS:
        return index
    return np.sort(comparison.rng("tables").choice(index, MOST_QUESTIONS, replace=False))


def _table_checks(comparison: Comparison, index: np.ndarray, tables: Mapping[int, Tables]) -> list[Check]:
    human = comparison.human.columns(index)
    share = part_size(comparison) / (int(human.persons.max()) + 1)
    floors = []
    for found in tables.values():
        shares, n = found.shares(human)
        floors.append(float(noise_floor(shares, n * share, found.shape).mean()))
    raw: list[np.ndarray] = []

    def distances(pairs: Sequence[tuple[Sample, Sample]]) -> np.ndarray:
        raw.append(np.column_stack([_mean_tvd(found, pairs) for found in tables.values()]))
        return np.column_stack([squared_error(column, floor) for column, floor in zip(raw[0].T, floors, strict=True)])

    found = measured_together(comparison, "tables", index, distances, SPLITS)
    return [
        of_matched(
            _NAMES[width], GROUP, found.column(i), comparison, ROOT, _said(tables[width], raw[0][:, i], floors[i])
        )
        for i, width in enumerate(tables)
    ]


def _said(tables: Tables, raw: np.ndarray, floor: float) -> str:
    ours, theirs = (number(float(raw[part * SPLITS : (part + 1) * SPLITS].mean())) for part in (0, 1))
    count, width = tables.questions.shape
    return (
        f"{count:,} tables of {width} questions, options pooled to {tables.steps}, margins raked; "
        f"uncorrected {ours}, people {theirs}, sampling noise alone {number(floor)}"
    )


def _mean_tvd(tables: Tables, pairs: Sequence[tuple[Sample, Sample]]) -> np.ndarray:
    """(N,) mean TVD over the tables of each pair of samples, the first raked to the second."""
    known: dict[int, np.ndarray] = {}
    for sample in (sample for pair in pairs for sample in pair):
        if id(sample) not in known:
            known[id(sample)] = tables.shares(sample)[0]
    tables_of = [(known[id(one)], known[id(two)]) for one, two in pairs]
    return np.array([np.abs(raked(s, h, tables.shape) - h).sum(axis=1).mean() / 2 for s, h in tables_of])


def squared_error(raw: np.ndarray, floor: float) -> np.ndarray:
    """Square of the real TVD behind one that noise inflates, below 0 where it is less than noise alone gives.

    `hidden_error` squared; below the floor it goes on as the straight line it is near the floor, 2σ²(raw/floor − 1), so
    that the mean over draws without error is 0. Example: at the floor 0.
    """
    line = 2 * (floor / _FOLD) ** 2 * (raw / floor - 1)
    hidden = np.array([hidden_error(float(one), floor) ** 2 for one in raw])
    return np.where(raw > floor, hidden, line)


def _tables(comparison: Comparison, index: np.ndarray, width: int) -> Tables:
    """All tables, or a random sample of them, as far as enough persons answered all their questions."""
    human = comparison.profile("human")
    steps = POOLED[width]
    groups = tuple(pooled(human.shares[j][0], steps, _is_ordered(comparison.questions[j])) for j in index)
    questions = _all_or_some(comparison, len(index), width)
    found = Tables(questions, groups, steps)
    parts = [
        found.shares(side.columns(index))[1] / (int(side.persons.max()) + 1) * part_size(comparison)
        for side in (comparison.human, comparison.synthetic)
    ]
    return Tables(questions[np.min(parts, axis=0) >= LEAST_TABLE], groups, steps)


def _is_ordered(question: Question) -> bool:
    # don't know stands beside the scale: with it, options have no order
    return question.ordered and bool(question.on_scale.all())


def _all_or_some(comparison: Comparison, count: int, width: int) -> np.ndarray:
    if comb(count, width) <= MOST_TABLES:
        return np.array(list(combinations(range(count), width)), dtype=int).reshape(-1, width)
    rng = comparison.rng(_NAMES[width])
    drawn = np.sort([rng.choice(count, width, replace=False) for _ in range(MOST_TABLES)], axis=1)
    return np.unique(drawn, axis=0)
