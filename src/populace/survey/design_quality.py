"""How good choice tasks and best-worst sets are, whoever made them: balance, efficiency, errors to expect.

choice_quality    levels, pairs of levels and overlap of choice tasks; D-error, efficiency, errors of part-worths
maxdiff_quality   items, pairs of items and positions of best-worst sets; connectedness, efficiency, errors
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from populace.survey.design import ChoiceDesign
from populace.survey.design_choice import columns_named, worths_of
from populace.survey.design_information import (
    d_error,
    information,
    inseparable_columns,
    least_d_error,
    levels_of,
    worth_rows,
)
from populace.survey.design_maxdiff import groups_of, pair_counts
from populace.survey.design_profiles import factors
from populace.survey.design_random import Draws, random_levels
from populace.survey.names import listed
from populace.survey.tasks import Tasks

__all__ = ["RESPONDENTS", "ChoiceQuality", "MaxDiffQuality", "choice_quality", "maxdiff_quality"]

#: people for whom errors are given when nothing else is said
RESPONDENTS = 200
#: what efficiency is relative to
BOUND, RANDOM = "a perfectly balanced design", "tasks drawn at random"
#: random designs whose D-errors are averaged
_COMPARED = 20

#: code of an item
Code = int | str


@dataclass(frozen=True)
class ChoiceQuality:
    """How good choice tasks are."""

    #: versions, tasks of each, most alternatives of a task
    size: tuple[int, int, int]
    #: can none of the alternatives be chosen?
    none: bool
    #: attribute -> how often each level is shown
    levels: Mapping[str, tuple[int, ...]]
    #: two attributes -> how often each level of the first stands with each of the second
    pairs: Mapping[tuple[str, str], tuple[tuple[int, ...], ...]]
    #: attribute -> share of pairs of alternatives in a task that have the same level
    overlap: Mapping[str, float]
    #: alternatives that equal another one of their task
    repeated: int
    #: attributes whose effects cannot be told apart from others; empty when all can
    inseparable: tuple[str, ...]
    #: det(I⁻¹)^(1/K) for one respondent, see `populace.survey.design_information`; None when effects are inseparable
    d_error: float | None
    #: D-error of `reference` divided by that of these tasks; None when effects are inseparable
    efficiency: float | None
    #: `BOUND` or `RANDOM`
    reference: str
    #: attribute -> standard errors of the part-worths of its levels, all people alike; None as above
    errors: Mapping[str, tuple[float, ...]] | None
    #: respondents for whom they hold
    n: int

    @property
    def unshown(self) -> tuple[tuple[str, int], ...]:
        """Levels that are never shown: attribute and place of the level, from 0."""
        return tuple(
            (name, place) for name, counts in self.levels.items() for place, count in enumerate(counts) if not count
        )

    def words(self) -> str:
        """In one line."""
        versions, tasks, alternatives = self.size
        start = f"{versions:,} x {tasks} choice tasks of {alternatives} alternatives{' and none' * self.none}"
        if self.d_error is None:
            return f"{start}: do not tell the effects of {listed(self.inseparable)} apart"
        largest = max(error for errors in self.errors.values() for error in errors)
        reference = f"{self.efficiency:.0%} as efficient as {self.reference}"
        return (
            f"{start}: {reference}; with {self.n} respondents part-worths are known to ± {1.96 * largest:.2f} or better"
        )


@dataclass(frozen=True)
class MaxDiffQuality:
    """How good best-worst sets are."""

    #: versions, sets of each, most items of a set
    size: tuple[int, int, int]
    #: item -> how many sets show it
    items: Mapping[Code, int]
    #: two items -> how many sets show both
    pairs: Mapping[tuple[Code, Code], int]
    #: item -> how often it stands in each position
    positions: Mapping[Code, tuple[int, ...]]
    #: items that can be compared with one another over a chain of sets; one group when the design is connected
    groups: tuple[tuple[Code, ...], ...]
    #: det(I⁻¹)^(1/K) of best and worst of one respondent, utilities being equal; None when it is not connected
    d_error: float | None
    #: D-error of sets with all pairs equally often, divided by that of these sets; None as above
    efficiency: float | None
    #: item -> standard error of its utility, the mean of all being 0, all people alike; None as above
    errors: Mapping[Code, float] | None
    #: respondents for whom they hold
    n: int

    @property
    def connected(self) -> bool:
        """Can every item be compared with every other?"""
        return len(self.groups) == 1

    def words(self) -> str:
        """In one line."""
        versions, sets, size = self.size
        start = f"{versions:,} x {sets} best-worst sets of {size} of {len(self.items)} items"
        if not self.connected:
            return f"{start}: fall into {len(self.groups)} groups that cannot be compared"
        shown, together = self.items.values(), self.pairs.values()
        return (
            f"{start}: {self.efficiency:.0%} as efficient as {BOUND}; items shown {_span(shown)} times, pairs "
            f"{_span(together)} times; with {self.n} respondents utilities are known to "
            f"± {1.96 * max(self.errors.values()):.2f} or better"
        )


def _span(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def choice_quality(tasks: Tasks, design: ChoiceDesign | None = None, n: int = RESPONDENTS) -> ChoiceQuality:
    """How good choice tasks are; with a design, for the part-worths it expects, else for part-worths of 0.

    Efficiency is relative to a bound that no tasks of this size can beat (`least_d_error`; prohibited pairs keep tasks
    below it), or, where part-worths other than 0 are expected, to random tasks of the same size and prohibitions.
    """
    levels, counts = levels_of(tasks), [len(attribute.levels) for attribute in tasks.attributes]
    matrix = information(levels, counts, tasks.none is not None, worths_of(tasks.attributes, design, tasks.none))
    names = tuple(attribute.name for attribute in tasks.attributes)
    error = d_error(matrix)
    apart = () if error is not None else tuple(columns_named(tasks.attributes, inseparable_columns(matrix)))
    expected = design is not None and not design.expects_nothing
    return ChoiceQuality(
        size=(len(tasks.versions), tasks.count, tasks.alternatives),
        none=tasks.none is not None,
        levels={name: _counts(levels[..., a], counts[a]) for a, name in enumerate(names)},
        pairs={(names[a], names[b]): _table(levels, a, b, counts) for a, b in combinations(range(len(names)), 2)},
        overlap={name: _overlap(levels[..., a], counts[a]) for a, name in enumerate(names)},
        repeated=_repeated(levels),
        inseparable=apart,
        d_error=error,
        efficiency=error and (_random_d_error(tasks, design) if expected else _least(tasks, levels)) / error,
        reference=RANDOM if expected else BOUND,
        errors=None if error is None else _worth_errors(matrix, tasks, counts, n),
        n=n,
    )


def maxdiff_quality(
    codes: Sequence[Code], sets: Sequence[Sequence[Sequence[Code]]], n: int = RESPONDENTS
) -> MaxDiffQuality:
    """How good best-worst sets of these items are, given as versions of sets of codes.

    The best of a set is chosen among all, the worst among the others, by a logit of utilities (Marley & Louviere 2005).
    With equal utilities a set of k tells w·(1 − 11'/k) with w = 1/k + (k − 2)/(k − 1)². The determinant over items,
    the mean of which is 0, is largest when all pairs stand together equally often: efficiency is the geometric mean of
    the eigenvalues of I over their arithmetic mean. Example: three items in one set: w = 1/3 + 1/4, efficiency 1.
    """
    places = _places(codes, sets)
    pairs = pair_counts(places, len(codes))
    group = groups_of(pairs)
    groups = tuple(tuple(c for c, one in zip(codes, group, strict=True) if one == g) for g in range(group.max() + 1))
    error = efficiency = errors = None
    if len(groups) == 1:
        error, efficiency, errors = _utility_errors(places, codes, n)
    return MaxDiffQuality(
        size=(len(sets), len(sets[0]), places.shape[2]),
        items={code: int(pairs[i, i]) for i, code in enumerate(codes)},
        pairs={(codes[i], codes[j]): int(pairs[i, j]) for i, j in combinations(range(len(codes)), 2)},
        positions={code: tuple((places == i).sum(axis=(0, 1)).tolist()) for i, code in enumerate(codes)},
        groups=groups,
        d_error=error,
        efficiency=efficiency,
        errors=errors,
        n=n,
    )


# -- choice tasks ----------------------------------------------------------------------------------------------------


def _counts(levels: np.ndarray, count: int) -> tuple[int, ...]:
    return tuple(np.bincount(levels[levels >= 0], minlength=count).tolist())


def _table(levels: np.ndarray, a: int, b: int, counts: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    there = levels[..., 0] >= 0
    cell = levels[there][:, a] * counts[b] + levels[there][:, b]
    return tuple(map(tuple, np.bincount(cell, minlength=counts[a] * counts[b]).reshape(counts[a], -1).tolist()))


def _overlap(levels: np.ndarray, count: int) -> float:
    """Share of pairs of alternatives of a task that are alike in this attribute."""
    tasks = levels.reshape(-1, levels.shape[-1])
    number = np.broadcast_to(np.arange(len(tasks))[:, None], tasks.shape)
    shown = np.bincount((number * count + tasks)[tasks >= 0], minlength=len(tasks) * count).reshape(-1, count)
    sizes = shown.sum(axis=1)
    return float((shown * (shown - 1)).sum() / (sizes * (sizes - 1)).sum())


def _repeated(levels: np.ndarray) -> int:
    """Alternatives that equal another one of their task, of each kind one not counted."""
    number, place = np.nonzero(levels.reshape(-1, *levels.shape[2:])[..., 0] >= 0)
    shown = np.column_stack([number, levels.reshape(-1, *levels.shape[2:])[number, place]])
    return len(shown) - len(np.unique(shown, axis=0))


def _least(tasks: Tasks, levels: np.ndarray) -> float:
    counts = [len(attribute.levels) for attribute in tasks.attributes]
    return least_d_error((levels[..., 0] >= 0).sum(axis=2), counts, tasks.none is not None)


def _random_d_error(tasks: Tasks, design: ChoiceDesign) -> float:
    """Geometric mean of the D-errors of random tasks that tell all effects apart; infinite when none does."""
    found = factors(tasks.attributes, design.prohibited, design.alternatives)
    counts = [len(attribute.levels) for attribute in tasks.attributes]
    none, worths = tasks.none is not None, worths_of(tasks.attributes, design, tasks.none)
    shape, draws = (design.versions, design.tasks, design.alternatives), Draws(design.seed)
    errors = [d_error(information(random_levels(found, shape, draws), counts, none, worths)) for _ in range(_COMPARED)]
    known = [error for error in errors if error is not None]
    return float(np.exp(np.mean(np.log(known)))) if known else float("inf")


def _worth_errors(matrix: np.ndarray, tasks: Tasks, counts: Sequence[int], n: int) -> dict[str, tuple[float, ...]]:
    rows = worth_rows(counts, tasks.none is not None)
    errors = np.sqrt(np.einsum("ik,kl,il->i", rows, np.linalg.inv(matrix), rows) / n)
    ends = np.cumsum([0, *counts])
    names = (attribute.name for attribute in tasks.attributes)
    return {name: tuple(errors[a:b].tolist()) for name, (a, b) in zip(names, pairwise(ends), strict=True)}


# -- best-worst sets -------------------------------------------------------------------------------------------------


def _places(codes: Sequence[Code], sets: Sequence[Sequence[Sequence[Code]]]) -> np.ndarray:
    """(V, S, k) places of the items; −1 where a set is smaller than others."""
    place = {code: number for number, code in enumerate(codes)}
    widest = max(len(one) for version in sets for one in version)
    return np.array([[[place[c] for c in one] + [-1] * (widest - len(one)) for one in version] for version in sets])


def _utility_errors(places: np.ndarray, codes: Sequence[Code], n: int) -> tuple[float, float, dict[Code, float]]:
    """D-error, efficiency, and standard errors of the utilities."""
    flat = places.reshape(-1, places.shape[-1])
    k = (flat >= 0).sum(axis=1)
    weight = 1 / k + (k - 2) / (k - 1) ** 2
    matrix = np.diag(np.diag(pair_counts(flat, len(codes), weight))) - pair_counts(flat, len(codes), weight / k)
    matrix /= len(places)
    values = np.linalg.eigvalsh(matrix)[1:]
    # det(B'IB) of effect codes B is n times the product of the eigenvalues within sums of 0
    error = float(np.exp(-(np.log(len(codes)) + np.log(values).sum()) / len(values)))
    efficiency = float(np.exp(np.log(values).mean()) / values.mean())
    even = np.full_like(matrix, 1 / len(codes))
    errors = np.sqrt(np.diag(np.linalg.inv(matrix + even) - even) / n)
    return error, efficiency, dict(zip(codes, errors.tolist(), strict=True))
