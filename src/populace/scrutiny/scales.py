"""Scales: as many dimensions as among people, the same factors, the same reliability of declared batteries."""

from __future__ import annotations

import numpy as np

from populace.analysis.dimensionality import null_correlations
from populace.analysis.extraction import degrees_of_freedom, extract
from populace.analysis.items import covariances, smoothed
from populace.analysis.reliability import alpha
from populace.analysis.rotation import congruence, procrustes, rotate
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import DISTANCE, Scale, not_judged, undecided
from populace.scrutiny.matched import LEAST_PERSONS, Matched, measured, of_matched, part_size, related_items
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations

GROUP = "scales"
#: questions a factor analysis needs, and for every factor
LEAST_ITEMS, ITEMS_A_FACTOR = 6, 3
#: most factors looked at
MOST_FACTORS = 8
#: questions a scale needs
LEAST_ROWS = 3
#: persons per question in a part below which factors are left open
PERSONS_AN_ITEM = 5
#: draws of unrelated answers for the number of dimensions
CHANCE_DRAWS = 60
#: shown is φ itself, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))


def dimensions(matrix: np.ndarray, chance: np.ndarray) -> int:
    """How many eigenvalues come before the first that chance equals (Horn 1965).

    matrix: (p, p) correlations; chance: (p,) eigenvalues of unrelated answers, as from `chance_eigenvalues`.
    Example: eigenvalues 2.1, .9, .0 against 1.2, 1.0, .8: 1.
    """
    above = np.linalg.eigvalsh(matrix)[::-1] > chance
    return len(above) if above.all() else int(np.argmin(above))


def chance_eigenvalues(p: int, n: float, rng: np.random.Generator) -> np.ndarray:
    """(p,) 95th percentile of the eigenvalues of n people's unrelated answers to p questions (Glorfeld 1995)."""
    drawn = [np.linalg.eigvalsh(null_correlations(p, n, rng))[::-1] for _ in range(CHANCE_DRAWS)]
    return np.percentile(drawn, 95, axis=0)


def worst_congruence(loadings: np.ndarray, target: np.ndarray) -> float:
    """Tucker's φ of the worst factor once the loadings are laid over the target (Procrustes).

    loadings, target: (p, k). From .95 equal, .85 to .94 fair (Lorenzo-Seva & ten Berge 2006), where people agree with
    people that well. Example: the target with its columns swapped: 1.
    """
    return float(np.diag(congruence(procrustes(loadings, target), target)).min())


def alpha_gap(first: np.ndarray, second: np.ndarray) -> float:
    """Largest |Δα| over scales; (B,) alphas each, NaN where a scale has none. Example: (.8, .7) and (.75, .9): .2."""
    return float(np.nanmax(np.abs(first - second)))


def checks(comparison: Comparison) -> list[Check]:
    """Dimensions, factors and reliability, all in parts of one size."""
    return [*_factor_checks(comparison), _alpha_check(comparison)]


def _factor_checks(comparison: Comparison) -> list[Check]:
    names = ("dimensions", "congruence")
    index = related_items(comparison, "factors")
    size = part_size(comparison)
    if len(index) < LEAST_ITEMS:
        reason = f"{len(index)} questions with numbers that most answered; factors need {LEAST_ITEMS}"
        return [not_judged(name, GROUP, reason) for name in names]
    if size < max(LEAST_PERSONS, PERSONS_AN_ITEM * len(index)):
        reason = f"parts of {size} persons for {len(index)} questions; {PERSONS_AN_ITEM} a question are needed"
        return [undecided(name, GROUP, reason) for name in names]
    count, target = target_factors(comparison, index)
    if count < 1:
        return [undecided(name, GROUP, "these people's answers have no dimension beyond chance") for name in names]
    chance = chance_eigenvalues(len(index), size, comparison.rng("chance"))

    def distance(ours: Sample, theirs: Sample) -> np.ndarray:
        first, second = _matrix(ours), _matrix(theirs)
        counts = abs(dimensions(first, chance) - dimensions(second, chance))
        over = procrustes(extract(second, count).loadings, target)
        return np.array([counts, 1 - worst_congruence(extract(first, count).loadings, over)])

    found = measured(comparison, "factors", index, distance)
    said = f"{count} factors of {len(index)} questions"
    ours = _matrix(comparison.synthetic.columns(index))
    seen = dimensions(ours, chance_eigenvalues(len(index), comparison.synthetic.effective_n, comparison.rng("chance")))
    return [
        of_matched(
            names[0], GROUP, found.column(0), comparison, DISTANCE, f"{count} among people, {seen} in the panel"
        ),
        of_matched(names[1], GROUP, found.column(1), comparison, AGREEMENT, said),
    ]


def target_factors(comparison: Comparison, index: np.ndarray) -> tuple[int, np.ndarray]:
    """Number of factors among all people, and their loadings turned to simple structure (oblimin)."""
    human = comparison.human.columns(index)
    matrix = _matrix(human)
    chance = chance_eigenvalues(len(index), human.effective_n, comparison.rng("chance"))
    count = min(dimensions(matrix, chance), MOST_FACTORS, len(index) // ITEMS_A_FACTOR)
    while count > 1 and degrees_of_freedom(len(index), count) < 0:
        count -= 1
    if count < 1:
        return 0, np.zeros((len(index), 0))
    return count, rotate(extract(matrix, count).loadings, seed=comparison.seed % 2**32).loadings


def _matrix(sample: Sample) -> np.ndarray:
    return smoothed(correlations(sample.scores, sample.point)[0])[0]


def batteries(questions: tuple[Question, ...], index: np.ndarray) -> dict[str, np.ndarray]:
    """Battery -> places in `index` of its questions, for batteries of `LEAST_ROWS` or more."""
    found: dict[str, list[int]] = {}
    for place, j in enumerate(index):
        if questions[j].battery is not None:
            found.setdefault(str(questions[j].battery), []).append(place)
    return {name: np.array(places) for name, places in found.items() if len(places) >= LEAST_ROWS}


def _alpha_check(comparison: Comparison) -> Check:
    name = "alpha_difference"
    index = related_items(comparison, "scales")
    named = batteries(comparison.questions, index)
    if not named:
        return not_judged(name, GROUP, f"no battery of {LEAST_ROWS} questions with numbers that most answered")
    if part_size(comparison) < LEAST_PERSONS:
        return undecided(name, GROUP, f"parts of {part_size(comparison)} persons; {LEAST_PERSONS} are needed")
    whole = comparison.human.columns(index)
    keys = [_keys(whole.columns(places)) for places in named.values()]

    def alphas(sample: Sample) -> np.ndarray:
        return np.array([
            _alpha(sample.scores[:, places] * key, sample.weights)
            for places, key in zip(named.values(), keys, strict=True)
        ])  # fmt: skip

    theirs, ours = alphas(whole), alphas(comparison.synthetic.columns(index))
    if not np.isfinite(theirs).any():
        return undecided(name, GROUP, "no battery of these people has a reliability")
    found: Matched = measured(
        comparison, "scales", index, lambda one, two: np.array([alpha_gap(alphas(one), alphas(two))])
    )
    worst = int(np.nanargmax(np.abs(ours - theirs)))
    said = f"furthest off {list(named)[worst]}: {number(ours[worst])} for {number(theirs[worst])}"
    return of_matched(name, GROUP, found, comparison, DISTANCE, said)


def _keys(sample: Sample) -> np.ndarray:
    """(p,) ±1: which questions of a battery point the other way, by the first component of people's answers."""
    first = np.linalg.eigh(_matrix(sample))[1][:, -1]
    keys = np.where(first < 0, -1.0, 1.0)
    return keys if keys.sum() >= 0 else -keys


def _alpha(values: np.ndarray, weights: np.ndarray) -> float:
    found = alpha(np.nan_to_num(covariances(values, weights)))
    return max(found, -1.0) if np.isfinite(found) else 0.0
