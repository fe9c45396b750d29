"""Polychoric correlations: the relations of the opinions behind rating scales, which margins do not weaken.

Pearson correlations of ranks depend on how answers are spread over the scale, so a panel with other margins or less
spread has other correlations of the same opinions. Polychoric ones take each scale for a normal opinion cut at
thresholds of its own. They are fitted once a side; resamples follow from how much each interview moves them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from populace.analysis.polychoric import Polychoric, polychorics, shared_steps
from populace.scrutiny.association import (
    LEAST_QUESTIONS,
    distance_check,
    enough_common,
    pattern_checks,
    sides_of,
    structure_of,
)
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import not_judged, undecided
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Sample
from populace.scrutiny.structure import Structure

GROUP = "association"
#: most questions (sampled by seed): pairs grow with the square
MOST_QUESTIONS = 60
#: most steps of a scale: tables of longer ones are too thin
MOST_STEPS = 11
#: effective people a side below which tables of two scales are too thin
LEAST_PEOPLE = 100
#: largest standard error of a human correlation that is looked at: beyond it the table says hardly anything
MOST_ERROR = 0.20

_NAMES = ("polychoric_rmse", "polychoric_slope", "polychoric_pattern")
#: (R, n) weights -> (R, P) correlations
Under = Callable[[np.ndarray], np.ndarray]


def checks(comparison: Comparison) -> list[Check]:
    """Error, slope and pattern of the polychoric correlations of all pairs of scales."""
    index = _scales(comparison)
    if len(index) < LEAST_QUESTIONS:
        reason = f"{len(index)} scales with answers that vary; polychoric correlations need {LEAST_QUESTIONS}"
        return [not_judged(name, GROUP, reason) for name in _NAMES]
    if comparison.n < LEAST_PEOPLE:
        reason = f"{comparison.n:.0f} people on one side; tables of two scales need {LEAST_PEOPLE}"
        return [undecided(name, GROUP, reason) for name in _NAMES]
    structure, pairs = _structure(comparison, index)
    if len(pairs) < LEAST_QUESTIONS:
        reason = f"{len(pairs)} pairs of scales whose correlation is known to ±{2 * MOST_ERROR:.1f} among people"
        return [undecided(name, GROUP, reason) for name in _NAMES]
    remark = f"{len(pairs):,} pairs; {_worst(comparison, structure, pairs)}"
    found = [distance_check(_NAMES[0], structure, comparison, remark)]
    return found + pattern_checks(structure, comparison, _NAMES[1:])


def _scales(comparison: Comparison) -> np.ndarray:
    """Ordered and two-option questions that vary among people, at most `MOST_QUESTIONS`."""
    fits = [
        question.scored and question.cuts is None and int(question.on_scale.sum()) <= MOST_STEPS
        for question in comparison.questions
    ]
    varies = (comparison.profile("human").variance[0] > 0) & comparison.varied
    index = np.flatnonzero(np.array(fits, dtype=bool) & varies)
    if len(index) <= MOST_QUESTIONS:
        return index
    return np.sort(comparison.rng("polychoric").choice(index, MOST_QUESTIONS, replace=False))


def _structure(comparison: Comparison, index: np.ndarray) -> tuple[Structure, np.ndarray]:
    """Correlations on all sides, and the (P, 2) pairs of questions they belong to."""
    known: dict[int, Under] = {}

    def compute(sample: Sample, weights: np.ndarray) -> np.ndarray:
        if id(sample) not in known:
            known[id(sample)] = resampler(sample.columns(index))
        return known[id(sample)](weights)

    sides = sides_of(comparison, compute)
    rows, columns = np.triu_indices(len(index), 1)
    noise, limit = sides["human boot"].std(axis=0, ddof=1), np.abs(sides["human"][0]) < 1
    kept = enough_common(comparison, index)[rows, columns] & (noise < MOST_ERROR) & (noise > 0) & limit
    found = structure_of(comparison, {side: values[:, kept] for side, values in sides.items()})
    return found, np.column_stack([index[rows[kept]], index[columns[kept]]])


def resampler(sample: Sample) -> Under:
    """A function from (R, n) weights to (R, P) polychoric correlations of the pairs i < j, row by row.

    The correlations are fitted under the sample's own weights; under others they are r + Σᵢ(w'ᵢ/wᵢ)·(Σw/Σw')·dᵢ with dᵢ
    what interview i moves (infinitesimal jackknife), so that 400 resamples cost a matrix product and no fit.
    A scale without variation has correlation 0 with the others. Assumption: tables thick enough to be moved in a
    straight line. Reference: Muthén 1984; Efron & Tibshirani 1993, chapter 21; docs/methods/ordinal.md.
    Example: the sample's own weights give the fitted correlations back.
    """
    codes = np.where(np.isnan(sample.scores), -1, sample.scores).astype(int)
    place, count = _varied(codes), codes.shape[1]
    pairs = np.column_stack(np.triu_indices(count, 1))
    inside = np.isin(pairs, place).all(axis=1)
    if inside.any():
        codes = shared_steps(codes[:, place], [str(j) for j in place])[0]
        fitted = polychorics(codes, sample.weights)

    def under(weights: np.ndarray) -> np.ndarray:
        found = np.zeros((len(weights), len(pairs)))
        if inside.any():
            found[:, inside] = _moved(fitted, codes, sample.weights, weights)
        return found

    return under


def _varied(codes: np.ndarray) -> np.ndarray:
    """Columns with two different answers or more."""
    return np.flatnonzero([len(np.unique(column[column >= 0])) > 1 for column in codes.T])


def _moved(fitted: Polychoric, codes: np.ndarray, own: np.ndarray, weights: np.ndarray) -> np.ndarray:
    ratio = (weights / own * (own.sum() / weights.sum(axis=1, keepdims=True))).astype(np.float32)
    moved = np.zeros((len(weights), len(fitted.pairs)))
    start = 0
    # every interview for itself: chunks come in the order of the rows
    for chunk in fitted.influences(codes, own, np.arange(len(codes))):
        moved += ratio[:, start : start + len(chunk)] @ chunk.astype(np.float32)
        start += len(chunk)
    # where answers fit a perfect relation there is no slope to follow
    moved[:, fitted.at_limit] = 0.0
    point = np.where(
        fitted.at_limit, np.sign(fitted.matrix[tuple(fitted.pairs.T)]), fitted.matrix[tuple(fitted.pairs.T)]
    )
    return np.clip(point + moved, -1.0, 1.0)


def _worst(comparison: Comparison, found: Structure, pairs: np.ndarray) -> str:
    worst = int(np.argmax(np.abs(found.synthetic - found.human)[0]))
    names = " × ".join(comparison.questions[j].name for j in pairs[worst])
    return f"furthest off {names}: {found.synthetic[0, worst]:.2f} for {found.human[0, worst]:.2f}"
