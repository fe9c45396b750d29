"""Segments: would clusters found in the panel put people together as clusters found among people do?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np

from populace.analysis.agreement import adjusted_mutual_information, adjusted_rand
from populace.analysis.clusters import assign, k_means
from populace.analysis.latent_class_model import fit_classes
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, Scale, not_judged, undecided
from populace.scrutiny.matched import (
    FEW_SPLITS,
    LEAST_PERSONS,
    Matched,
    draws,
    measured,
    of_matched,
    part_size,
    related_items,
)
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Sample

GROUP = "segmentation"
#: clusters and classes looked at: the same number on both sides, as many as fit on a slide
SEGMENTS = 4
#: latent classes: each has a chance for every option, so fewer
CLASSES = 3
#: questions that segments need
LEAST_ITEMS = 4
#: persons in a part below which segments are left open
LEAST_SIZE = 150
#: draws of parts; each costs several clusterings
SEGMENT_SPLITS = 10
#: starts of k-means and of latent classes (few: both sides have as many, and draws are many)
STARTS, CLASS_STARTS = 4, 2
#: most questions with options that latent classes look at, most options of each, and draws
MOST_CLASS_ITEMS, MOST_OPTIONS, CLASS_SPLITS = 10, 12, 6
#: shown is the agreement, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))


def agreement(first: np.ndarray, second: np.ndarray, k: int, seed: int = 1) -> tuple[float, float]:
    """Rand index and mutual information (both adjusted for chance) of two solutions, over the rows of both samples.

    first: (n, d), second: (m, d). Each sample is clustered (k-means); all rows are then assigned to the centres of
    either. Label-free. Reference: Hubert & Arabie 1985; Vinh et al. 2010. Example: the same two far-apart groups: 1, 1.
    """
    centres = [k_means(points, k, starts=STARTS, seed=seed).centres for points in (first, second)]
    pairs = [[assign(points, own) for own in centres] for points in (first, second)]
    rand = np.mean([adjusted_rand(*pair) for pair in pairs])
    return float(rand), float(np.mean([adjusted_mutual_information(*pair) for pair in pairs]))


def likelihood(train: np.ndarray, test: np.ndarray, sizes: list[int], weights: np.ndarray, seed: int = 1) -> float:
    """Mean log-likelihood per answer of people (n, q) under latent classes fitted on others (m, q), −1 for no answer.

    Proper and label-free: the right answers' distribution has the highest expectation. Higher is better.
    Example: one class, one question with shares (.5, .5): ln .5 = −.693.
    """
    model = fit_classes(train, CLASSES, sizes=sizes, starts=CLASS_STARTS, seed=seed)
    answered = float((weights[:, None] * (test >= 0)).sum())
    return float((weights * model.log_likelihood(test)).sum()) / max(answered, 1e-9)


def checks(comparison: Comparison) -> list[Check]:
    """Clusters of questions with numbers, latent classes of questions with options."""
    return [*_cluster_checks(comparison), _class_check(comparison)]


def _cluster_checks(comparison: Comparison) -> list[Check]:
    names = ("segments_ari", "segments_ami")
    index = related_items(comparison, "segments")
    if len(index) < LEAST_ITEMS:
        reason = f"{len(index)} questions with numbers that most answered; segments need {LEAST_ITEMS}"
        return [not_judged(name, GROUP, reason) for name in names]
    size = part_size(comparison)
    if size < LEAST_SIZE:
        reason = f"parts of {size} persons; {LEAST_SIZE} are needed"
        return [undecided(name, GROUP, reason) for name in names]
    people = comparison.human.scores[:, index]
    centre, spread = np.nanmean(people, axis=0), np.nanstd(people, axis=0)

    def points(sample: Sample) -> np.ndarray:
        # no answer is the mean; units are those of people on both sides
        return np.nan_to_num((sample.scores - centre) / spread)

    def distance(ours: Sample, theirs: Sample) -> np.ndarray:
        return 1 - np.array(agreement(points(ours), points(theirs), SEGMENTS, comparison.seed % 2**32))

    found = measured(comparison, "segments", index, distance, SEGMENT_SPLITS)
    said = f"{SEGMENTS} clusters of {len(index)} questions"
    return [of_matched(n, GROUP, found.column(i), comparison, AGREEMENT, said) for i, n in enumerate(names)]


def _class_check(comparison: Comparison) -> Check:
    name = "class_likelihood"
    questions = comparison.questions
    closed = [
        j for j, question in enumerate(questions) if question.cuts is None and len(question.codes) <= MOST_OPTIONS
    ]
    closed = [j for j in closed if comparison.varied[j]]
    if len(closed) < LEAST_ITEMS:
        return not_judged(name, GROUP, f"{len(closed)} questions with options; latent classes need {LEAST_ITEMS}")
    size = part_size(comparison, 3)
    if size < max(LEAST_PERSONS, LEAST_SIZE // 2):
        return undecided(name, GROUP, f"parts of {size} persons; {LEAST_SIZE // 2} are needed")
    index = np.sort(comparison.rng("classes").permutation(closed)[:MOST_CLASS_ITEMS])
    sizes = [len(questions[j].labels) for j in index]
    seed = comparison.seed % 2**32

    def score(train: Sample, test: Sample) -> float:
        return likelihood(train.positions, test.positions, sizes, test.weights, seed)

    found = _losses(comparison, index, score)
    said = f"{CLASSES} classes of {len(index)} questions, natural logarithms"
    return of_matched(name, GROUP, found, comparison, PLAIN, said, needs_power=False)


def _losses(comparison: Comparison, index: np.ndarray, score: Callable[[Sample, Sample], float]) -> Matched:
    """Log-likelihood that people lose under a model of the panel instead of one of other people, in thirds of people.

    The reference is what is predicted; the standard is the mean of models of two other parts of people, and what one of
    them loses against the other is the ceiling.
    """
    drawn = list(islice(draws(comparison, "classes", index, 3), CLASS_SPLITS))
    human = np.array([[score(part, parts.reference) for part in (parts.others, parts.people)] for parts in drawn])
    pairs = list(zip(drawn, human.mean(axis=1), strict=True))
    few = pairs[: FEW_SPLITS // 4]
    baselines = {
        name: np.array([np.mean([own - score(parts.baselines[name], parts.reference) for parts, own in few])])
        for name in drawn[0].baselines
    }
    return Matched(
        np.array([[own - score(parts.synthetic, parts.reference)] for parts, own in pairs]),
        (human[:, 0] - human[:, 1])[:, None],
        baselines,
        part_size(comparison, 3),
        comparison.ceiling is not None,
    )
