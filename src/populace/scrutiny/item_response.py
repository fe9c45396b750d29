"""Item response: do people of the panel with the same trait answer an item as people do, and person by person?

A graded response model of the people gives everybody on both sides a trait. Items that panel and people answer
otherwise at the same trait function differentially; persons whose answers hardly go together fit the model badly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.analysis.dif import LARGE, dif_items
from populace.analysis.graded import GradedModel, fit_graded, person_fit
from populace.analysis.irt import recoded
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.equivalence import Scale, candidates_of, fitting
from populace.scrutiny.findings import not_judged, undecided
from populace.scrutiny.matched import (
    LEAST_PERSONS,
    measured_together,
    of_matched,
    part_size,
    related_items,
    some_persons,
)
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Sample
from populace.scrutiny.scales import LEAST_ROWS

GROUP = "scales"
#: most scales (sampled by seed), and draws of parts: every item is a few regressions
MOST_SCALES, SPLITS = 5, 6
#: most persons of a side behind the people's model and the words: more make them slower, not clearer
MOST_PERSONS = 4000
#: items named in the words
_NAMED = 6
_NAMES = ("dif_items", "person_fit")


@dataclass(frozen=True)
class Calibrated:
    """A scale with the graded model of the people."""

    #: the items
    scale: Scale
    #: per item the scores that people gave
    steps: tuple[np.ndarray, ...]
    #: their model
    model: GradedModel

    def codes(self, sample: Sample) -> np.ndarray:
        """(n, p) place of each answer among those that people gave, -1 for none."""
        return recoded(sample.scores[:, self.scale.places], self.steps)


def checks(comparison: Comparison) -> list[Check]:
    """Items that function differentially, and how well persons fit the people's model."""
    index = related_items(comparison, "item response")
    if len(index) < LEAST_ROWS:
        reason = f"{len(index)} questions with numbers that most answered; a scale needs {LEAST_ROWS}"
        return [not_judged(name, GROUP, reason) for name in _NAMES]
    candidates = candidates_of(comparison, index) if part_size(comparison) >= LEAST_PERSONS else []
    if not candidates:
        reason = f"no battery or factor with {LEAST_PERSONS} persons a part who answered all of {LEAST_ROWS} questions"
        return [undecided(name, GROUP, reason) for name in _NAMES]
    scales = _calibrated(comparison, index, fitting(comparison, index, candidates))
    if not scales:
        reason = f"none of {len(candidates)} batteries or factors is one scale among these people"
        return [not_judged(name, GROUP, reason) for name in _NAMES]
    found = measured_together(comparison, "item response", index, lambda pairs: distances(pairs, scales), SPLITS)
    remarks = _words(comparison, index, scales)
    return [
        # unrelated answers to the right questions are no differential functioning, and person fit sees them
        of_matched(name, GROUP, found.column(i), comparison, remark=remarks[i], needs_power=name == "person_fit")
        for i, name in enumerate(_NAMES)
    ]


def _calibrated(comparison: Comparison, index: np.ndarray, scales: Sequence[Scale]) -> list[Calibrated]:
    """The people's models; scales whose search does not arrive are left out."""
    human = _few(comparison, "human", index)
    found = []
    for scale in scales[:MOST_SCALES]:
        values = human.scores[:, scale.places]
        some = ~np.isnan(values).all(axis=1)
        steps = tuple(np.unique(column[~np.isnan(column)]) for column in values.T)
        model = fit_graded(recoded(values[some], steps), human.weights[some])
        if model.converged:
            found.append(Calibrated(scale, steps, model))
    return found


def _few(comparison: Comparison, side: str, index: np.ndarray) -> Sample:
    rng = comparison.rng(f"item response of {side}")
    return some_persons(getattr(comparison, side).columns(index), MOST_PERSONS, rng)


def distances(pairs: Sequence[tuple[Sample, Sample]], scales: Sequence[Calibrated]) -> np.ndarray:
    """(N, 2) share of items that function differentially, and how far apart the mean fit of persons is."""
    return np.array([[_differing(pair, scales)[0].mean(), abs(np.subtract(*_fits(pair, scales)))] for pair in pairs])


def _differing(pair: tuple[Sample, Sample], scales: Sequence[Calibrated]) -> tuple[np.ndarray, np.ndarray]:
    """Does each item function differentially, and by how much of Nagelkerke's R² (NaN where it cannot be fitted)?"""
    flags, gains = [], []
    for one in scales:
        codes = [one.codes(sample) for sample in pair]
        group = np.repeat([1, 0], [len(side) for side in codes])
        both, weights = np.vstack(codes), np.concatenate([sample.weights / sample.weights.mean() for sample in pair])
        some = (both >= 0).any(axis=1)
        trait = one.model.scores(both[some])[0]
        found = dif_items(both[some], group[some], weights[some], trait=trait)
        # where a side gives one answer only, or the other side's answers are told apart wholly, nothing can be fitted
        flags.append(found.differs | np.isnan(found.gains))
        gains.append(found.gains)
    return np.concatenate(flags), np.concatenate(gains)


def _fits(pair: tuple[Sample, Sample], scales: Sequence[Calibrated]) -> tuple[float, float]:
    """Weighted mean of l_z on both sides, over the scales; persons without answers left out."""
    means = []
    for sample in pair:
        fits = np.array([person_fit(one.model, one.codes(sample)) for one in scales])
        known = np.isfinite(fits)
        weights = np.broadcast_to(sample.weights, fits.shape)
        means.append(float((np.where(known, fits, 0) * weights).sum() / max((known * weights).sum(), 1e-12)))
    return means[0], means[1]


def _words(comparison: Comparison, index: np.ndarray, scales: Sequence[Calibrated]) -> tuple[str, str]:
    """What up to `MOST_PERSONS` a side say: the items that differ most, and the mean fit of persons on both sides."""
    pair = (_few(comparison, "synthetic", index), _few(comparison, "human", index))
    flags, gains = _differing(pair, scales)
    names = [comparison.questions[index[j]].name for one in scales for j in one.scale.places]
    order = sorted(np.flatnonzero(flags), key=lambda i: -np.nan_to_num(gains[i], nan=np.inf))
    told = [f"{names[i]} {number(gains[i]) if np.isfinite(gains[i]) else 'one answer only'}" for i in order[:_NAMED]]
    more = f" and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    items = (
        f"group and group by trait add more than {LARGE:g} of Nagelkerke's R²: {', '.join(told)}{more}"
        if len(order)
        else f"none of {len(names)} items among {MOST_PERSONS:,} persons a side at most"
    )
    ours, theirs = _fits(pair, scales)
    fit = f"mean l_z of the panel {number(ours)}, of people {number(theirs)}; above: answers go together too well"
    return items, fit
