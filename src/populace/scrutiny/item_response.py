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
from populace.survey.names import listed

GROUP = "scales"
#: most scales (sampled by seed), and draws of parts: every item is a few regressions
MOST_SCALES, SPLITS = 5, 6
#: most persons of a side behind the people's model and the words: more make them slower, not clearer
MOST_PERSONS = 4000
#: people below whom their own model flatters them: l_z of the people it is fitted to is then .1 and more too high
LEAST_FITTED = 400
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
    pair = (_few(comparison, "synthetic", index), _few(comparison, "human", index))
    items = _differing(pair, scales)
    names = [comparison.questions[index[j]].name for one in scales for j in one.scale.places]
    found = measured_together(comparison, "item response", index, lambda pairs: distances(pairs, scales), SPLITS)
    # unrelated answers to the right questions are no differential functioning, and person fit sees them
    dif = of_matched(_NAMES[0], GROUP, found.column(0), comparison, remark=_item_words(items, names), needs_power=False)
    if not items.judged.any():
        dif = undecided(_NAMES[0], GROUP, f"of {len(names)} items the trait tells all answers apart")
    if comparison.human.n < LEAST_FITTED:
        fit = undecided(_NAMES[1], GROUP, f"{comparison.human.n} people; {LEAST_FITTED} are needed for a model of them")
        return [dif, fit]
    fit = of_matched(_NAMES[1], GROUP, found.column(1), comparison, remark=_fit_words(pair, scales))
    return [dif, fit]


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
    return np.array([[_differing(pair, scales).share, abs(np.subtract(*_fits(pair, scales)))] for pair in pairs])


@dataclass(frozen=True)
class _Items:
    """Items of all scales, panel against people."""

    #: (p,) functions differentially
    differs: np.ndarray
    #: (p,) gain of Nagelkerke's R²; NaN where nothing can be fitted
    gains: np.ndarray
    #: (p,) one side gives one answer only
    silent: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """(p,) whether anything can be said; where the trait tells the answers apart wholly, nothing can."""
        return self.silent | np.isfinite(self.gains)

    @property
    def share(self) -> float:
        """Of the items that can be judged, those that function differentially."""
        return float(self.differs.sum() / max(self.judged.sum(), 1))


def _differing(pair: tuple[Sample, Sample], scales: Sequence[Calibrated]) -> _Items:
    """Which items panel and people answer otherwise at the same trait."""
    parts = []
    for one in scales:
        codes = [one.codes(sample) for sample in pair]
        group = np.repeat([1, 0], [len(side) for side in codes])
        both, weights = np.vstack(codes), np.concatenate([sample.weights / sample.weights.mean() for sample in pair])
        some = (both >= 0).any(axis=1)
        trait = one.model.scores(both[some])[0]
        found = dif_items(both[some], group[some], weights[some], trait=trait)
        silent = np.any([_one_answer(side) for side in codes], axis=0)
        parts.append((found.differs | silent, found.gains, silent))
    return _Items(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _one_answer(codes: np.ndarray) -> np.ndarray:
    """(p,) is there one answer only?"""
    return np.array([len(np.unique(column[column >= 0])) == 1 for column in codes.T])


def _fits(pair: tuple[Sample, Sample], scales: Sequence[Calibrated]) -> tuple[float, float]:
    """Weighted mean of l_z on both sides, over the scales; persons without answers left out."""
    means = []
    for sample in pair:
        fits = np.array([person_fit(one.model, one.codes(sample)) for one in scales])
        known = np.isfinite(fits)
        weights = np.broadcast_to(sample.weights, fits.shape)
        means.append(float((np.where(known, fits, 0) * weights).sum() / max((known * weights).sum(), 1e-12)))
    return means[0], means[1]


def _item_words(items: _Items, names: Sequence[str]) -> str:
    """The items that differ most, and those of which nothing can be said."""
    order = sorted(np.flatnonzero(items.differs), key=lambda i: -np.nan_to_num(items.gains[i], nan=np.inf))
    told = [f"{names[i]} {'one answer only' if items.silent[i] else number(items.gains[i])}" for i in order[:_NAMED]]
    more = f" and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    count = int(items.judged.sum())
    said = (
        f"group and group by trait add more than {LARGE:g} of Nagelkerke's R²: {', '.join(told)}{more}"
        if len(order)
        else f"none of {count} items among {MOST_PERSONS:,} persons a side at most"
    )
    unfit = [names[i] for i in np.flatnonzero(~items.judged)]
    return f"{said}; the trait tells all answers apart: {listed(unfit)}" if unfit else said


def _fit_words(pair: tuple[Sample, Sample], scales: Sequence[Calibrated]) -> str:
    ours, theirs = _fits(pair, scales)
    return f"mean l_z of the panel {number(ours)}, of people {number(theirs)}; above: answers go together too well"
