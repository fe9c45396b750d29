"""D-efficient choice tasks: coordinate exchange from balanced and random tasks.

Task by task, the one exchange is made that lowers the D-error (`populace.survey.design_information`) most: another
level of an attribute in an alternative, or levels swapped between two; until nothing does or the effort is spent.
R. Meyer & C. Nachtsheim, "The coordinate-exchange algorithm for constructing exact optimal experimental designs",
Technometrics 37 (1995); swaps: J. Huber & K. Zwerina (1996). Of the algorithm for choice tasks of R. Kessels,
B. Jones, P. Goos & M. Vandebroek, "An efficient algorithm for constructing Bayesian optimal choice designs", Journal of
Business & Economic Statistics 27 (2009), it is the case with one value for each part-worth. What it finds is no worse
than the balanced tasks it starts from.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populace.survey.design_information import roots
from populace.survey.design_profiles import Factor
from populace.survey.design_random import Draws, random_levels

#: tasks of a usual size that are improved in all, and large ones at least; starts, rounds over all tasks at most
_EFFORT, _LEAST_EFFORT, _STARTS, _ROUNDS = 6_000, 50, 10, 25
#: tasks of all starts taken together
_STARTED = 600
#: combinations of a factor that are tried in an alternative, exchanges that are tried in a task
_TRIED, _EXCHANGES = 40, 300
#: multiplications for a task of a usual size
_USUAL = 500_000
#: gain in log det that counts
_GAIN = 1e-7
#: added to the information while a start cannot tell all effects apart, as a share of its mean
_RIDGE = 1e-6


def efficient_levels(
    start: np.ndarray, factors: Sequence[Factor], counts: Sequence[int], none: bool, worths: np.ndarray, draws: Draws
) -> np.ndarray:
    """(V, T, J, A) the levels of lowest D-error found from these tasks and from random ones."""
    shape = start.shape[:3]
    number = shape[0] * shape[1]
    starts = min(max(_STARTED // number, 1), _STARTS)
    effort = min(max(int(_EFFORT / _size(shape[2], factors, counts)), _LEAST_EFFORT) // starts, number * _ROUNDS)
    best, best_value = start, -np.inf
    for attempt in range(starts):
        levels = start if attempt == 0 else random_levels(factors, shape, draws)
        search = _Search(levels.reshape(number, *levels.shape[2:]), factors, counts, none, worths, draws)
        value = search.improved(effort)
        if value > best_value + _GAIN:
            best, best_value = search.levels.reshape(start.shape), value
    return best


def _size(alternatives: int, factors: Sequence[Factor], counts: Sequence[int]) -> float:
    """How much work a task is, 1 for a usual one."""
    exchanges = sum(alternatives * min(len(factor.combinations), _TRIED) + alternatives**2 / 2 for factor in factors)
    return max(min(exchanges, _EXCHANGES) * 2 * alternatives * (sum(counts) - len(counts)) ** 2 / _USUAL, 1.0)


class _Search:
    """Tasks on the way to a low D-error."""

    def __init__(
        self,
        levels: np.ndarray,
        factors: Sequence[Factor],
        counts: Sequence[int],
        none: bool,
        worths: np.ndarray,
        draws: Draws,
    ) -> None:
        self.levels = levels.copy()
        self._factors, self._draws = factors, draws
        self._roots = lambda tasks: roots(tasks, counts, none, worths)
        rows = self._roots(self.levels)
        self._information = np.einsum("nmk,nml->kl", rows, rows)
        self._information += np.eye(len(worths)) * _RIDGE * np.trace(self._information) / len(worths)
        self._inverse = np.linalg.inv(self._information)
        self._pairs = [(i, j) for i in range(levels.shape[1]) for j in range(i)]

    def improved(self, effort: int) -> float:
        """Improve so many tasks, one after the other, or until nothing changes; gives log det of the information."""
        number = len(self.levels)
        last = 0
        for step in range(effort):
            if self._improve(step % number):
                last = step
            elif step - last >= number:
                break
        return float(np.linalg.slogdet(self._information)[1])

    def _improve(self, task: int) -> bool:
        """Make the best exchange in a task; was there one?"""
        others = self._exchanges(self.levels[task])
        if not len(others):
            return False
        old, new = self._roots(self.levels[task][None])[0], self._roots(others)
        gains = self._gains(old, new)
        # rounded, so that equals stay equal on every computer
        best = int(np.argmax(np.round(gains, 9)))
        if gains[best] <= _GAIN:
            return False
        self._information += new[best].T @ new[best] - old.T @ old
        self._inverse = np.linalg.inv(self._information)
        self.levels[task] = others[best]
        return True

    def _gains(self, old: np.ndarray, new: np.ndarray) -> np.ndarray:
        """(C,) log det of the information with new rows (C, m, K) in place of old ones (m, K), less that of now.

        det(I − W'W + U'U) = det(I)·det(1 + S·R I⁻¹ R'), with R the rows of both and S their signs (Sylvester).
        """
        rows = np.concatenate([np.broadcast_to(old, new.shape), new], axis=1)
        signs = np.repeat([-1.0, 1.0], old.shape[0])
        inner = (rows @ self._inverse) @ rows.transpose(0, 2, 1)
        sign, value = np.linalg.slogdet(np.eye(len(signs)) + signs[:, None] * inner)
        return np.where(sign > 0, value, -np.inf)

    def _exchanges(self, task: np.ndarray) -> np.ndarray:
        """(C, J, A) the task with one factor changed, in one alternative or between two; no two alternatives alike."""
        found = []
        for factor in self._factors:
            combinations = factor.combinations
            if len(combinations) > _TRIED:
                combinations = combinations[np.unique(self._draws.below(len(combinations), _TRIED))]
            found += [_changed(task, factor, combinations), _swapped(task, factor, self._pairs)]
        others = _fresh(np.concatenate(found), task)
        return others if len(others) <= _EXCHANGES else others[self._draws.order(len(others))[:_EXCHANGES]]


def _changed(task: np.ndarray, factor: Factor, combinations: np.ndarray) -> np.ndarray:
    """The task with one of these combinations in one of its alternatives."""
    size, count = len(task), len(combinations)
    block = np.broadcast_to(task, (size, count, *task.shape)).copy()
    places = np.arange(size)
    for column, attribute in enumerate(factor.attributes):
        block[places, :, places, attribute] = combinations[:, column]
    return block.reshape(-1, *task.shape)


def _swapped(task: np.ndarray, factor: Factor, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """The task with the levels of a factor exchanged between two of its alternatives, which keeps their counts."""
    block = np.broadcast_to(task, (len(pairs), *task.shape)).copy()
    first, second = np.array(pairs).T
    each = np.arange(len(pairs))
    for attribute in factor.attributes:
        block[each, first, attribute], block[each, second, attribute] = task[second, attribute], task[first, attribute]
    return block


def _fresh(others: np.ndarray, task: np.ndarray) -> np.ndarray:
    """Those that differ from the task and have no two alternatives alike."""
    alike = (others[:, :, None, :] == others[:, None, :, :]).all(axis=3).sum(axis=(1, 2)) > task.shape[0]
    return others[~alike & (others != task).any(axis=(1, 2))]
