"""Coherence of a person: like answers to like questions, and to every second question of a battery as to the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import DISTANCE, not_judged, undecided
from populace.scrutiny.habits import distance_of_distributions
from populace.scrutiny.matched import LEAST_PERSONS, of_matched, part_size, related_items
from populace.scrutiny.patterns import Usual, usual
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Sample
from populace.scrutiny.structure import correlations
from populace.scrutiny.style import grids
from populace.scrutiny.thirds import PARTS, in_thirds

GROUP = "style"
#: correlation from which on two questions count as synonyms (or, below zero, antonyms)
SYNONYMS = 0.5
#: pairs of synonyms that a person's coherence needs, and most that are looked at
LEAST_PAIRS, MOST_PAIRS = 3, 30
#: batteries, and items in each, that even-odd consistency needs
LEAST_BATTERIES, LEAST_ITEMS = 4, 4


@dataclass(frozen=True)
class Synonyms:
    """Questions that go together among people."""

    #: how to standardise
    usual: Usual
    #: (P, 2) pairs of questions
    pairs: np.ndarray
    #: (P,) 1 for synonyms, −1 for antonyms
    signs: np.ndarray


def synonyms(sample: Sample) -> Synonyms:
    """The pairs with the strongest correlations, at least .5 either way, at most 30."""
    matrix = correlations(sample.scores, sample.point)[0]
    pairs = np.argwhere(np.triu(np.abs(matrix) >= SYNONYMS, 1))
    r = matrix[pairs[:, 0], pairs[:, 1]]
    strongest = np.argsort(-np.abs(r), kind="stable")[:MOST_PAIRS]
    return Synonyms(usual(sample), pairs[strongest], np.sign(r[strongest]))


def apart(known: Synonyms, scores: np.ndarray) -> np.ndarray:
    """(n,) mean over pairs of |z_a − s·z_b|: how far a person's answers to like questions lie apart; NaN without any.

    z in people's standard deviations, s −1 for antonyms. Reference: Meade & Craig 2012 (psychometric synonyms).
    Example: z = (1, 0) of synonyms: 1.
    """
    if not len(known.pairs):
        return np.full(len(scores), np.nan)
    z = (scores - known.usual.mean) / known.usual.spread
    gaps = np.abs(z[:, known.pairs[:, 0]] - known.signs * z[:, known.pairs[:, 1]])
    answered = ~np.isnan(gaps)
    count = answered.sum(axis=1)
    total = np.where(answered, gaps, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(scores), np.nan), where=count > 0)


def even_odd(halves: np.ndarray) -> np.ndarray:
    """(n,) correlation over batteries of a person's two (n, B, 2) half means; NaN below four batteries or no variation.

    Reference: Johnson 2005. Example: halves (1, 1), (2, 2), (3, 3), (0, 0): 1.
    """
    known = ~np.isnan(halves).any(axis=2)
    count = known.sum(axis=1)
    values = np.where(known[:, :, None], halves, 0.0)
    mean = values.sum(axis=1) / np.maximum(count, 1)[:, None]
    centred = np.where(known[:, :, None], halves - mean[:, None], 0.0)
    over = centred.prod(axis=2).sum(axis=1)
    under = np.sqrt((centred**2).sum(axis=1).prod(axis=1))
    usable = (count >= LEAST_BATTERIES) & (under > 1e-9)
    return np.divide(over, under, out=np.full(len(halves), np.nan), where=usable)


def checks(comparison: Comparison) -> list[Check]:
    """Distances between synonyms, and even-odd consistency, as distributions over persons."""
    index = related_items(comparison, "coherence")
    size = part_size(comparison, PARTS)
    if len(index) < 2 * LEAST_PAIRS:
        reason = f"{len(index)} questions with numbers that most answered; coherence needs {2 * LEAST_PAIRS}"
        return [not_judged(name, GROUP, reason) for name in ("synonyms", "even_odd")]
    if size < LEAST_PERSONS:
        reason = f"parts of {size} persons; {LEAST_PERSONS} are needed"
        return [undecided(name, GROUP, reason) for name in ("synonyms", "even_odd")]
    return [_synonym_check(comparison, index), _even_odd_check(comparison)]


def _synonym_check(comparison: Comparison, index: np.ndarray) -> Check:
    name = "synonyms"
    pairs = len(synonyms(comparison.human.columns(index)).pairs)
    if pairs < LEAST_PAIRS:
        reason = f"{pairs} pairs of questions correlate at ±{SYNONYMS} among people; {LEAST_PAIRS} are needed"
        return not_judged(name, GROUP, reason)

    def distance(known: Synonyms, ours: Sample, theirs: Sample) -> np.ndarray:
        sides = [apart(known, side.scores) for side in (ours, theirs)]
        return np.array([distance_of_distributions(*sides, (ours.weights, theirs.weights))])

    found = in_thirds(comparison, name, index, synonyms, distance)
    return of_matched(name, GROUP, found, comparison, DISTANCE, f"{pairs} pairs of questions")


def _even_odd_check(comparison: Comparison) -> Check:
    name = "even_odd"
    questions = comparison.questions
    batteries = [part for part in grids(questions).values() if len(part) >= LEAST_ITEMS]
    batteries = [part for part in batteries if all(questions[j].scored for j in part) and comparison.varied[part].all()]
    if len(batteries) < LEAST_BATTERIES:
        reason = f"{len(batteries)} batteries of {LEAST_ITEMS} rated items or more; {LEAST_BATTERIES} are needed"
        return not_judged(name, GROUP, reason)
    index = np.unique(np.concatenate(batteries))
    blocks = [np.searchsorted(index, part) for part in batteries]

    def distance(known: tuple[Usual, np.ndarray], ours: Sample, theirs: Sample) -> np.ndarray:
        sides = [even_odd(_halves(known, side.scores, blocks)) for side in (ours, theirs)]
        return np.array([distance_of_distributions(*sides, (ours.weights, theirs.weights))])

    found = in_thirds(comparison, name, index, lambda sample: _keyed(sample, blocks), distance)
    return of_matched(name, GROUP, found, comparison, DISTANCE, f"{len(batteries)} batteries")


def _keyed(sample: Sample, blocks: list[np.ndarray]) -> tuple[Usual, np.ndarray]:
    """How to standardise, and (q,) which way each item of its battery points: its sign in the first component."""
    matrix, signs = correlations(sample.scores, sample.point)[0], np.ones(sample.scores.shape[1])
    for block in blocks:
        signs[block] = np.where(np.linalg.eigh(matrix[np.ix_(block, block)])[1][:, -1] < 0, -1.0, 1.0)
    return usual(sample), signs


def _halves(known: tuple[Usual, np.ndarray], scores: np.ndarray, blocks: list[np.ndarray]) -> np.ndarray:
    """(n, B, 2) means of every second item of each battery and of the others, all turned one way."""
    own, signs = known
    z = (scores - own.mean) / own.spread * signs
    return np.stack([np.stack([_mean(z[:, block[k::2]]) for k in range(2)], axis=1) for block in blocks], axis=1)


def _mean(z: np.ndarray) -> np.ndarray:
    known = ~np.isnan(z)
    count = known.sum(axis=1)
    total = np.where(known, z, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(z), np.nan), where=count > 0)
