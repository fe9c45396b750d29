"""Balanced choice tasks: levels equally often, alike as seldom as can be within a task, pairs of levels evenly.

The idea is Sawtooth's complete enumeration (The CBC System for Choice-Based Conjoint Analysis, Sawtooth Software
technical paper), taken in two steps:

    1. which levels a task shows, attribute by attribute: those shown least in the task, then least in all, then least
       together with the others, so that counts of levels never differ by more than one;
    2. which alternative gets which of them: the order for which pairs of levels of two attributes have stood together
       least, gone through again once all tasks are there.

Attributes that prohibitions tie together are dealt out together; they are as balanced as what is permitted allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from populace.survey.design_profiles import Factor
from populace.survey.design_random import Draws, profiles, repeated

#: alternatives up to which all orders are compared, and random orders compared beyond
_ALL_ORDERS, _SOME_ORDERS = 6, 400
#: combinations of tied attributes that are looked at for one alternative
_LOOKED_AT = 400
#: tasks that are gone through again in all, rounds over all tasks at most
_AGAIN, _ROUNDS = 1_500, 10


def balanced_levels(
    factors: Sequence[Factor], counts: Sequence[int], shape: tuple[int, int, int], draws: Draws
) -> np.ndarray:
    """(V, T, J, A) levels of balanced tasks, no two alternatives of a task alike."""
    versions, tasks, alternatives = shape
    number = versions * tasks
    dealt = [_dealt(factor, counts, number, alternatives, draws) for factor in factors]
    orders = _orders(alternatives, draws)
    pairs = _Pairs(counts, alternatives)
    levels = np.full((number, alternatives, len(counts)), -1)
    for task in range(number):
        for place in draws.order(len(factors)):
            pairs.arrange(levels[task], factors[place], dealt[place][task], orders, draws)
        _replace_repeated(levels[task], factors, draws)
        pairs.add(levels[task], 1)
    for _ in range(min(max(_AGAIN // number, 1), _ROUNDS)):
        for task in range(number):
            pairs.add(levels[task], -1)
            for factor in factors:
                own = levels[task][:, factor.attributes].copy()
                levels[task][:, factor.attributes] = -1
                pairs.arrange(levels[task], factor, own, orders, draws)
            _replace_repeated(levels[task], factors, draws)
            pairs.add(levels[task], 1)
    levels = np.take_along_axis(levels, draws.orders(number, alternatives)[:, :, None], axis=1)
    return levels.reshape(*shape, len(counts))


# -- which levels a task shows ---------------------------------------------------------------------------------------


def _dealt(factor: Factor, counts: Sequence[int], number: int, size: int, draws: Draws) -> np.ndarray:
    """(N, J, attributes) combinations of a factor for every task."""
    if len(factor.attributes) == 1:
        return _dealt_levels(counts[factor.attributes[0]], number, size, draws)[:, :, None]
    return _dealt_combinations(factor, [counts[a] for a in factor.attributes], number, size, draws)


def _dealt_levels(levels: int, number: int, size: int, draws: Draws) -> np.ndarray:
    """(N, J) levels of one attribute: counts of levels differ by one at most, after any number of tasks."""
    dealt = np.empty((number, size), dtype=np.int64)
    count, together = np.zeros(levels), np.zeros((levels, levels))
    for task in range(number):
        shown, beside = np.zeros(levels), np.zeros(levels)
        for place in range(size):
            level = np.lexsort((draws.ties(levels), beside, count, shown))[0]
            dealt[task, place] = level
            shown[level] += 1
            count[level] += 1
            beside += together[level]
        np.add.at(together, (dealt[task][:, None], dealt[task][None, :]), 1)
    return dealt


def _dealt_combinations(factor: Factor, counts: Sequence[int], number: int, size: int, draws: Draws) -> np.ndarray:
    """(N, J, attributes): what was used least is used next; levels weigh twice as much as their combination."""
    combinations = factor.combinations
    used = np.zeros(len(combinations))
    count = [np.zeros(levels) for levels in counts]
    dealt = np.empty((number, size, len(counts)), dtype=np.int64)
    for task in range(number):
        shown = [np.zeros(levels) for levels in counts]
        for place in range(size):
            some = np.arange(len(combinations))
            if len(some) > _LOOKED_AT:
                some = draws.below(len(some), _LOOKED_AT)
            cost = used[some] + draws.ties(len(some)) / 2
            for column, levels in enumerate(combinations[some].T):
                cost += shown[column][levels] + 2 * (count[column] - count[column].min())[levels]
            best = some[np.argmin(cost)]
            used[best] += 1
            dealt[task, place] = combinations[best]
            for column, level in enumerate(combinations[best]):
                shown[column][level] += 1
                count[column][level] += 1
    return dealt


# -- which alternative gets which ------------------------------------------------------------------------------------


class _Pairs:
    """How often levels of two attributes have stood together in an alternative."""

    def __init__(self, counts: Sequence[int], size: int) -> None:
        self._starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        each = np.repeat(np.array(counts, dtype=float), counts)
        # rare pairs, those of attributes with many levels, weigh as much as frequent ones
        self._weights = np.outer(each, each)
        self._table = np.zeros_like(self._weights)
        self._places = np.arange(size)

    def add(self, task: np.ndarray, sign: int) -> None:
        """Count a task (J, A), or take it away."""
        level = task + self._starts
        index = (level[:, :, None], level[:, None, :])
        np.add.at(self._table, index, sign * self._weights[index])

    def arrange(self, task: np.ndarray, factor: Factor, own: np.ndarray, orders: np.ndarray, draws: Draws) -> None:
        """Give the alternatives of a task these combinations (J, attributes), in the best order."""
        others = task[0] >= 0
        cost = draws.ties(len(orders)) / 2
        if others.any():
            theirs = task[:, others] + self._starts[others]
            mine = own + self._starts[list(factor.attributes)]
            beside = self._table[:, theirs].sum(axis=2)
            each = beside[mine].sum(axis=1)
            cost += each[orders, self._places].sum(axis=1)
            cost += _alike(theirs, own, orders) * (1 + cost.max())
        task[:, factor.attributes] = own[orders[np.argmin(cost)]]


def _alike(task: np.ndarray, own: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """How many pairs of alternatives stay alike for each order of the combinations."""
    before = (task[:, None] == task[None]).all(axis=2)
    if before.sum() == len(task):  # each is like itself only
        return np.zeros(len(orders))
    same = (own[:, None] == own[None]).all(axis=2)
    return (same[orders[:, :, None], orders[:, None, :]] & before).sum(axis=(1, 2))


def _orders(size: int, draws: Draws) -> np.ndarray:
    """(orders, J) orders of the alternatives that are compared, the given one first."""
    if size <= _ALL_ORDERS:
        return np.array(list(permutations(range(size))))
    return np.vstack([np.arange(size), draws.orders(_SOME_ORDERS, size)])


def _replace_repeated(task: np.ndarray, factors: Sequence[Factor], draws: Draws) -> None:
    """Alternatives that no order keeps apart are drawn anew; needed where there are hardly more than a task shows."""
    while (again := repeated(task[None])[0]).any():
        task[again] = profiles(factors, int(again.sum()), task.shape[1], draws)
