"""Intervals for averages over questions: nested clusters are drawn with replacement, all systems in the same draw.

The unit of replication is the question, and questions come in batteries and surveys that resemble each other. One
draw is a weight for every question: how often its survey, its battery and the question itself were drawn. Whatever
is computed from the same draws has joint replicates, so differences and ratios of systems have intervals too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from populace.app.benchmark.figures import Figure, Gap

#: draws behind an interval, and its level
RESAMPLES, LEVEL = 2000, 0.95


@dataclass(frozen=True)
class Spread:
    """An estimate with its replicates; replicates of the same draws belong together, position by position."""

    #: the estimate
    value: float
    #: (R,) the estimate in every draw; NaN or infinite where it is not defined
    replicates: np.ndarray

    @property
    def interval(self) -> tuple[float, float]:
        """Percentile interval at LEVEL over the draws in which the estimate is defined."""
        usable = self.replicates[~np.isnan(self.replicates)]
        if not len(usable):
            return np.nan, np.nan
        tail = (1 - LEVEL) / 2
        # observed values only: replicates may be infinite, and nothing lies half-way to that
        return tuple(float(x) for x in np.quantile(usable, (tail, 1 - tail), method="closest_observation"))

    def figure(
        self,
        regime: str,
        study: str,
        system: str,
        measure: str,
        units: int,
        unit: str = "questions",
        ceiling: float | None = None,
        note: str = "",
    ) -> Figure | Gap:
        """The figure, "at least" its lower limit where the upper one is infinite; a `Gap` where there is no number."""
        low, high = self.interval
        place = (regime, study, system, measure)
        if np.isinf(high) and np.isfinite(low):
            return Figure(*place, low, low, np.inf, units, unit, ceiling, note)
        if not np.isfinite([self.value, low, high]).all():
            return Gap(*place, f"not defined on these {units:,} {unit}" + (f": {note}" if note else ""))
        return Figure(
            *place, float(self.value), min(low, self.value), max(high, self.value), units, unit, ceiling, note
        )


def cluster_draws(
    levels: Sequence[np.ndarray],
    resamples: int = RESAMPLES,
    rng: np.random.Generator | None = None,
    strata: np.ndarray | None = None,
) -> np.ndarray:
    """(R, Q) how often every question is drawn; `levels` are (Q,) labels of nested clusters, the widest first.

    `strata` (Q,) are parts that are there by design, not by chance: clusters are drawn inside each of them.

    Every cluster's members are drawn with replacement as often as there are members, once for each time the cluster
    itself was drawn. Assumption: clusters are a sample of those one might have asked; with few surveys the interval
    is too narrow. Reference: Davison & Hinkley 1997, section 3.8. Example: levels ([a, a, b],) and a draw of cluster
    a twice: its two questions together are drawn four times, the question of b never.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    questions = len(levels[0])
    path = np.zeros(questions, int) if strata is None else _numbers(strata)
    counts = np.ones((resamples, path.max(initial=0) + 1), int)
    for labels in (*levels, np.arange(questions)):
        deeper = np.unique(np.stack([path, _numbers(labels)]), axis=1, return_inverse=True)[1].ravel()
        counts = _drawn(counts, path, deeper, rng)
        path = deeper
    return counts[:, path]


def _numbers(labels: np.ndarray) -> np.ndarray:
    return np.unique(np.asarray(labels).astype(str), return_inverse=True)[1].ravel()


def _drawn(counts: np.ndarray, path: np.ndarray, deeper: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(R, members) draws of the members of every cluster, given how often the clusters were drawn."""
    parent = np.zeros(deeper.max() + 1, int)
    parent[deeper] = path
    out = np.zeros((len(counts), len(parent)), int)
    for cluster in np.unique(parent):
        members = np.flatnonzero(parent == cluster)
        # c independent draws of m from m are one multinomial draw of c times m
        wanted = counts[:, cluster] * len(members)
        out[:, members] = rng.multinomial(wanted, np.full(len(members), 1 / len(members)))
    return out


def ratio_of_sums(
    numerator: np.ndarray, denominator: np.ndarray, draws: np.ndarray, weights: np.ndarray | None = None
) -> Spread:
    """sum(w x) / sum(w y) over questions, with a replicate for each draw; infinite where the denominator is <= 0.

    A mean is the ratio to ones. Example: x = (1, 3), y = (1, 1): 2; the draw (2, 0) gives 1.
    """
    x, y = (np.asarray(part, float) * (1 if weights is None else weights) for part in (numerator, denominator))
    top, bottom = draws @ x, draws @ y
    replicates = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.inf)
    # a draw without any question says nothing
    replicates[draws.sum(1) == 0] = np.nan
    return Spread(float(x.sum() / y.sum()) if y.sum() > 0 else np.inf, replicates)


def mean(values: np.ndarray, draws: np.ndarray, weights: np.ndarray | None = None) -> Spread:
    """Weighted mean over questions."""
    return ratio_of_sums(values, np.ones(len(values)), draws, weights)


def combined(function: Callable[..., np.ndarray], *spreads: Spread) -> Spread:
    """A function of several spreads of the same draws. Example: combined(np.subtract, ours, theirs)."""
    with np.errstate(all="ignore"):
        value = function(*(np.float64(s.value) for s in spreads))
        return Spread(float(value), np.asarray(function(*(s.replicates for s in spreads)), float))


def by_survey(surveys: Sequence[str]) -> np.ndarray:
    """(Q,) weights that give every survey the same total, every question of a survey the same part of it."""
    numbers = _numbers(np.asarray(surveys))
    sizes = np.bincount(numbers)
    return 1 / (len(sizes) * sizes[numbers])
