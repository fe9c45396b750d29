"""Order of items: does the panel rank a battery's items as people do? What a chart of a battery is read for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from populace.scrutiny.ceiling import UNRELATED
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import Scale, not_judged, undecided
from populace.scrutiny.matched import LEAST_PERSONS, Matched, measured, of_matched, part_size
from populace.scrutiny.multiselect import multiple_choices
from populace.scrutiny.regressions import rank_correlation
from populace.scrutiny.report import INDISTINGUISHABLE, UNDERPOWERED, USABLE, Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.style import grids
from populace.scrutiny.tolerances import MARGINS

GROUP = "margins"
NAME = "item_order"
#: items a battery needs for its order to say something
LEAST_ITEMS = 5
#: most batteries looked at (sampled by seed)
MOST_BATTERIES = 20
#: shown is the rank correlation, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))


def item_means(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(q,) weighted means of (n, q) answers, 0 where nobody answered. Example: (0, 1), (1, NaN), weights 1: .5, 1."""
    known = ~np.isnan(scores)
    total = weights @ known
    return np.divide(weights @ np.where(known, scores, 0.0), total, out=np.zeros(scores.shape[1]), where=total > 0)


def checks(comparison: Comparison) -> list[Check]:
    """Mean over batteries of Spearman's ρ between the items' means, and that over the ρ of people's own halves."""
    batteries = _batteries(comparison.questions)
    if not batteries:
        return [not_judged(NAME, GROUP, f"no battery of {LEAST_ITEMS} or more items with one scale")]
    if part_size(comparison) < LEAST_PERSONS:
        return [undecided(NAME, GROUP, f"parts of {part_size(comparison)} persons; {LEAST_PERSONS} are needed")]
    index = np.unique(np.concatenate(batteries))
    blocks = [np.searchsorted(index, battery) for battery in batteries]

    def distance(ours: Sample, theirs: Sample) -> np.ndarray:
        means = [item_means(side.scores, side.weights) for side in (ours, theirs)]
        return np.array([1 - np.mean([rank_correlation(*(side[block] for side in means)) for block in blocks])])

    found = measured(comparison, NAME, index, distance)
    return [_check(comparison, found, f"{len(batteries)} batteries, {sum(map(len, batteries))} items")]


def _check(comparison: Comparison, found: Matched, said: str) -> Check:
    """Unrelated answers keep all means, so that they are no baseline here: items in random order are, with ρ = 0."""
    others = {name: lack for name, lack in found.baselines.items() if name != UNRELATED}
    found = replace(found, baselines={"items in random order": np.ones(1)} | others)
    people, panel = (1 - float(part.mean()) for part in (found.people, found.synthetic))
    attained = f"; attainment {number(panel / people)}" if people > 0 else ""
    check = of_matched(NAME, GROUP, found, comparison, AGREEMENT, f"{said}{attained}", needs_power=False)
    if check.verdict not in (INDISTINGUISHABLE, USABLE) or people > MARGINS[NAME, "all"].tolerance:
        return check
    return replace(check, verdict=UNDERPOWERED, words=f"{check.words}; void: people's own halves hardly agree")


def _batteries(questions: tuple[Question, ...]) -> list[np.ndarray]:
    """Batteries whose items stand on one scale, ticked or rated."""
    scored = {name: index for name, index in grids(questions).items() if all(questions[j].scored for j in index)}
    found = [index for index in (scored | multiple_choices(questions)).values() if len(index) >= LEAST_ITEMS]
    return found[:MOST_BATTERIES]
