"""Chance in designs: numbers from a seed, and tasks drawn at random.

Everything is made of uniform numbers of one stream, whose values no version of numpy has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populace.survey.design_profiles import Factor


class Draws:
    """Random choices from one seed."""

    def __init__(self, seed: int) -> None:
        self._uniform = np.random.default_rng(seed).random

    def below(self, limit: int, count: int) -> np.ndarray:
        """(count,) whole numbers from 0 to limit − 1."""
        return (self._uniform(count) * limit).astype(np.int64)

    def order(self, count: int) -> np.ndarray:
        """(count,) the numbers 0 to count − 1 in random order."""
        return np.argsort(self._uniform(count), kind="stable")

    def orders(self, rows: int, count: int) -> np.ndarray:
        """(rows, count) a random order for each row."""
        return np.argsort(self._uniform((rows, count)), axis=1, kind="stable")

    def ties(self, count: int) -> np.ndarray:
        """(count,) numbers in [0, 1) that decide between equals."""
        return self._uniform(count)


def random_levels(factors: Sequence[Factor], shape: tuple[int, int, int], draws: Draws) -> np.ndarray:
    """(V, T, J, A) levels drawn independently among what is permitted, no two alternatives of a task alike."""
    versions, tasks, alternatives = shape
    width = sum(len(factor.attributes) for factor in factors)
    levels = np.zeros((versions * tasks, alternatives, width), dtype=np.int64)
    again = np.ones(levels.shape[:2], dtype=bool)
    while again.any():
        levels[again] = profiles(factors, int(again.sum()), width, draws)
        again = repeated(levels)
    return levels.reshape(*shape, width)


def profiles(factors: Sequence[Factor], count: int, width: int, draws: Draws) -> np.ndarray:
    """(count, A) permitted alternatives, each as likely as any other."""
    levels = np.zeros((count, width), dtype=np.int64)
    for factor in factors:
        levels[:, factor.attributes] = factor.combinations[draws.below(len(factor.combinations), count)]
    return levels


def repeated(levels: np.ndarray) -> np.ndarray:
    """(N, J) bool: which alternatives of tasks (N, J, A) equal an earlier one of their task; none there (−1) never."""
    alike = (levels[:, :, None, :] == levels[:, None, :, :]).all(axis=3) & (levels[:, :, None, 0] >= 0)
    return np.tril(alike, -1).any(axis=2)
