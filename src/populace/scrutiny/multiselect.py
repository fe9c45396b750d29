"""Multiple choice: each option's share, how many options a person ticks, and which are ticked together.

The published worst case: answers drawn option by option have the right shares, but tick as many options and such
combinations of them as nobody would.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from populace.scrutiny.ceiling import UNRELATED
from populace.scrutiny.comparison import Comparison, Profile
from populace.scrutiny.findings import DISTANCE, ROOT, not_judged, of_all, undecided
from populace.scrutiny.habits import distance_of_distributions
from populace.scrutiny.margins import squared_distance
from populace.scrutiny.matched import LEAST_PERSONS, measured, of_matched, part_size
from populace.scrutiny.options import scored_shares
from populace.scrutiny.report import UNDERPOWERED, USABLE, Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations
from populace.scrutiny.tolerances import MARGINS

#: options that a multiple choice needs
LEAST_OPTIONS = 3
#: people who must have been asked on either side
LEAST_ASKED = 60
#: people who tick an option, and who do not, that its correlations say something
LEAST_TICKED = 20
#: most multiple choices looked at (sampled by seed)
MOST_BATTERIES = 12
#: check -> family
_NAMES = {"multi_options": "margins", "ticks": "margins", "co_ticking": "association"}


def multiple_choices(questions: tuple[Question, ...]) -> dict[str, np.ndarray]:
    """Battery -> its options, for batteries of questions that are ticked (1) or not (0)."""
    found: dict[str, list[int]] = {}
    for j, question in enumerate(questions):
        if question.battery is not None and question.cuts is None and set(_codes(question)) == {0, 1}:
            found.setdefault(question.battery, []).append(j)
    return {name: np.array(index) for name, index in found.items() if len(index) >= LEAST_OPTIONS}


def _codes(question: Question) -> list[int | str]:
    """Codes that stand on the scale."""
    return [code for code, kept in zip(question.codes, question.on_scale, strict=True) if kept]


def ticks(scores: np.ndarray, first_is_tick: np.ndarray) -> np.ndarray:
    """(n, q) 1 where ticked, 0 where not, NaN where not asked; scores are ranks, and some codebooks list 1 first.

    Example: scores (0, 1), 1 listed first: (1, 0).
    """
    return np.where(first_is_tick, 1 - scores, scores)


def tick_share(table: np.ndarray) -> np.ndarray:
    """(n,) share of the options that a person ticked; NaN for whoever was not asked about all. Example: (1, 0): .5."""
    return table.mean(axis=1)


def co_ticking(first: np.ndarray, second: np.ndarray) -> float:
    """Mean squared difference of two (q, q) correlation matrices of options, above the diagonal.

    Example: correlations .3 and .1 of two options: .04.
    """
    above = np.triu_indices(len(first), 1)
    return float(((first[above] - second[above]) ** 2).mean())


def checks(comparison: Comparison) -> list[Check]:
    """Shares of options, numbers of ticks, options ticked together."""
    found = multiple_choices(comparison.questions)
    if not found:
        reason = f"no multiple choice (a battery of {LEAST_OPTIONS} options or more, ticked or not)"
        return [not_judged(name, group, reason) for name, group in _NAMES.items()]
    chosen = comparison.rng("multiple choices").permutation(sorted(found))[:MOST_BATTERIES]
    batteries = {name: index for name, index in found.items() if name in chosen}
    said = f"{sum(map(len, batteries.values()))} options of {len(batteries)} multiple choices"
    return [_share_check(comparison, np.concatenate(list(batteries.values())), said), *_matched(comparison, batteries)]


def _share_check(comparison: Comparison, index: np.ndarray, said: str) -> Check:
    """Root of the mean squared error of an option's share, the noise of both sides taken out."""

    def measure(ours: Profile, theirs: Profile, j: int) -> np.ndarray:
        # two shares, ticked and not, err alike; in a half without two people who were asked nothing is known
        n, m = theirs.n[:, j], ours.n[:, j]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = squared_distance(theirs.shares[j], ours.shares[j], n, m) / 2
        return np.where(np.minimum(n, m) > 1, found, np.nan)

    return of_all(scored_shares(comparison, "multi_options", index, measure, ROOT), said)


def _matched(comparison: Comparison, batteries: dict[str, np.ndarray]) -> list[Check]:
    names = ("ticks", "co_ticking")
    usable = {name: index for name, index in batteries.items() if _asked(comparison, index)}
    if part_size(comparison) < LEAST_PERSONS or not usable:
        reason = f"no multiple choice put to {LEAST_ASKED} persons in each half"
        return [undecided(name, _NAMES[name], reason) for name in names]
    index = np.concatenate(list(usable.values()))
    first_is_tick = np.array([_codes(comparison.questions[j])[0] == 1 for j in index])
    ends = np.cumsum([len(part) for part in usable.values()])
    blocks = [np.arange(end - len(part), end) for end, part in zip(ends, usable.values(), strict=True)]
    varied = _varied(comparison.human.columns(index))

    def distance(ours: Sample, theirs: Sample) -> np.ndarray:
        tables = [ticks(side.scores, first_is_tick) for side in (ours, theirs)]
        weights = (ours.weights, theirs.weights)
        apart = [
            distance_of_distributions(*(tick_share(table[:, block]) for table in tables), weights) for block in blocks
        ]
        return np.array([np.mean(apart), _together(ours, theirs, blocks, varied)])

    found = measured(comparison, "multiple choices", index, distance)
    sides = (comparison.synthetic, comparison.human)
    ours, theirs = (_mean_ticks(side.columns(index), first_is_tick, blocks) for side in sides)
    said = f"{number(ours)} ticks on average for {number(theirs)} among people"
    ticked = of_matched("ticks", _NAMES["ticks"], found.column(0), comparison, DISTANCE, said, needs_power=False)
    if not any(varied[block].sum() > 1 for block in blocks):
        reason = f"fewer than two options of a question that {LEAST_TICKED} people ticked and {LEAST_TICKED} did not"
        return [ticked, undecided("co_ticking", _NAMES["co_ticking"], reason)]
    pairs = of_matched("co_ticking", _NAMES["co_ticking"], found.column(1), comparison, ROOT, needs_power=False)
    worthless = float(found.baselines[UNRELATED][0] - found.people.mean())
    return [ticked, _powered(pairs, worthless)]


def _powered(check: Check, worthless: float) -> Check:
    """The check, void where options ticked without any relation would pass too."""
    if check.verdict not in ("INDISTINGUISHABLE", USABLE) or worthless > MARGINS["co_ticking", "all"].limits()[1]:
        return check
    return replace(check, verdict=UNDERPOWERED, words=f"{check.words}; void: unrelated answers would pass too")


def _asked(comparison: Comparison, index: np.ndarray) -> bool:
    sides = (comparison.human, comparison.synthetic)
    asked = [(side.positions[:, index] >= 0).all(axis=1).sum() * part_size(comparison) / side.n for side in sides]
    return min(asked) >= LEAST_ASKED


def _varied(human: Sample) -> np.ndarray:
    """(q,) options that enough people ticked, and enough did not."""
    known = ~np.isnan(human.scores)
    ones = np.where(known, human.scores, 0.0).sum(axis=0)
    return np.minimum(ones, known.sum(axis=0) - ones) >= LEAST_TICKED


def _together(ours: Sample, theirs: Sample, blocks: list[np.ndarray], varied: np.ndarray) -> float:
    found = []
    for block in blocks:
        kept = block[varied[block]]
        if len(kept) > 1:
            found.append(co_ticking(*(correlations(side.scores[:, kept], side.point)[0] for side in (ours, theirs))))
    return float(np.mean(found)) if found else 0.0


def _mean_ticks(sample: Sample, first_is_tick: np.ndarray, blocks: list[np.ndarray]) -> float:
    table = ticks(sample.scores, first_is_tick)
    means = []
    for block in blocks:
        whole = ~np.isnan(table[:, block]).any(axis=1)
        means.append(np.average(table[whole][:, block].sum(axis=1), weights=sample.weights[whole]))
    return float(np.mean(means))
