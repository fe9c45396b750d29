"""Panel and people at one size: random parts of every side with the same number of persons.

Some measures (a worst factor, a rank of drivers, clusters) depend on the sample size in ways no formula takes out. So
the panel is compared with people, and people with people, in parts of one size, again and again. What such parts of
the panel lack beyond what parts of people lack is its own error, whatever the measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from scipy.stats import t as student

from populace.scrutiny.ceiling import UNRELATED
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, Scale, Z, of_all, of_panel
from populace.scrutiny.report import FAIL, UNDERPOWERED, Check, number
from populace.scrutiny.sample import Sample
from populace.scrutiny.tolerances import MARGINS

#: draws of parts; each costs some fits, so fewer than the half-splits of cheaper checks
SPLITS = 16
#: draws for the baselines and for the worthless panel
FEW_SPLITS = 4
#: most persons in a part: more make a check slower, not clearer
MOST_PERSONS = 600
#: persons a part needs
LEAST_PERSONS = 60
#: most questions a check of this kind looks at (sampled by seed)
MOST_ITEMS = 40
#: share of the people who must have answered a question, on both sides
LEAST_ANSWERED = 0.5
#: (first part, second part) -> (M,) measures of how far the first is from the second
Distance = Callable[[Sample, Sample], np.ndarray]
#: N (first part, second part) -> (N, M) measures
Distances = Callable[[Sequence[tuple[Sample, Sample]]], np.ndarray]


@dataclass(frozen=True)
class Parts:
    """One draw: parts of all sides, with as many persons each."""

    #: people the others are held against
    reference: Sample
    #: other people: the last part, or part of the second human sample
    people: Sample
    #: the part of people next to the reference; the same as `people` where there are two parts and no second sample
    others: Sample
    #: part of the panel
    synthetic: Sample
    #: name -> part of a baseline
    baselines: Mapping[str, Sample]


@dataclass(frozen=True)
class Matched:
    """Measures of the panel, of people and of baselines, all against people in parts of one size."""

    #: (S, M) panel against people
    synthetic: np.ndarray
    #: (S, M) people against people
    people: np.ndarray
    #: name -> (M,) mean over some draws
    baselines: Mapping[str, np.ndarray]
    #: persons in a part
    size: int
    #: are the people of `people` a second sample?
    second: bool

    def column(self, index: int) -> Matched:
        """One of the measures alone."""
        baselines = {name: found[index : index + 1] for name, found in self.baselines.items()}
        cut = slice(index, index + 1)
        return replace(self, synthetic=self.synthetic[:, cut], people=self.people[:, cut], baselines=baselines)


def part_size(comparison: Comparison, parts: int = 2) -> int:
    """Persons in a part: half (or a third …) of the smallest side, so that draws vary as samples do."""
    sides = [comparison.human, comparison.synthetic]
    sides += [] if comparison.ceiling is None else [comparison.ceiling]
    return min(MOST_PERSONS, min(int(side.persons.max()) + 1 for side in sides) // parts)


def draws(comparison: Comparison, purpose: str, index: np.ndarray, parts: int = 2) -> Iterator[Parts]:
    """Endless draws of parts, of the questions `index`."""
    rng = comparison.rng(purpose)
    size = part_size(comparison, parts)
    human, synthetic = comparison.human.columns(index), comparison.synthetic.columns(index)
    second = None if comparison.ceiling is None else comparison.ceiling.columns(index)
    named = {name: sample.columns(index) for name, sample in comparison.baselines.items()}
    whole = {name: (comparison.substantive(s)[index] > 0).all() for name, s in comparison.baselines.items()}
    known = {name: s for name, s in named.items() if whole[name] and s.n >= LEAST_PERSONS}
    while True:
        pieces = _apart(human, size, parts, rng)
        people = pieces[-1] if second is None else some_persons(second, size, rng)
        baselines = {name: some_persons(sample, size, rng) for name, sample in known.items()}
        worthless = {UNRELATED: unrelated(pieces[-1], rng)}
        yield Parts(pieces[0], people, pieces[1], some_persons(synthetic, size, rng), worthless | baselines)


def _apart(sample: Sample, size: int, parts: int, rng: np.random.Generator) -> list[Sample]:
    """So many parts without a person in common."""
    order = rng.permutation(int(sample.persons.max()) + 1)
    chosen = [order[part * size : (part + 1) * size] for part in range(parts)]
    return [sample.take(np.flatnonzero(np.isin(sample.persons, some))) for some in chosen]


def some_persons(sample: Sample, size: int, rng: np.random.Generator) -> Sample:
    """So many persons at random, or all where there are fewer."""
    chosen = rng.permutation(int(sample.persons.max()) + 1)[:size]
    return sample.take(np.flatnonzero(np.isin(sample.persons, chosen)))


def unrelated(sample: Sample, rng: np.random.Generator) -> Sample:
    """The same answers to every question, each given by somebody else: right margins, no relation at all."""
    order = rng.permuted(np.tile(np.arange(sample.n)[:, None], sample.positions.shape[1]), axis=0)
    positions, scores = (np.take_along_axis(table, order, axis=0) for table in (sample.positions, sample.scores))
    return replace(sample, positions=positions, scores=scores)


def measured(
    comparison: Comparison, purpose: str, index: np.ndarray, distance: Distance, splits: int = SPLITS
) -> Matched:
    """`distance` of panel, people and baselines from people, in `splits` draws of parts."""

    def one_by_one(pairs: Sequence[tuple[Sample, Sample]]) -> np.ndarray:
        return np.array([distance(*pair) for pair in pairs])

    return measured_together(comparison, purpose, index, one_by_one, splits)


def measured_together(
    comparison: Comparison, purpose: str, index: np.ndarray, distances: Distances, splits: int = SPLITS
) -> Matched:
    """The same for a measure that is quicker for all pairs of parts at once."""
    drawn = list(islice(draws(comparison, purpose, index), splits))
    names = list(drawn[0].baselines)
    pairs = [
        [(parts.synthetic, parts.reference) for parts in drawn],
        [(parts.people, parts.reference) for parts in drawn],
        *([(parts.baselines[name], parts.reference) for parts in drawn[:FEW_SPLITS]] for name in names),
    ]
    whole = distances([pair for found in pairs for pair in found])
    synthetic, people, *others = np.split(whole, np.cumsum([len(found) for found in pairs])[:-1])
    baselines = {name: found.mean(axis=0) for name, found in zip(names, others, strict=True)}
    return Matched(synthetic, people, baselines, part_size(comparison), comparison.ceiling is not None)


def of_matched(
    name: str, group: str, found: Matched, comparison: Comparison, scale: Scale = PLAIN, remark: str = "",
    needs_power: bool = True,
) -> Check:  # fmt: skip
    """The check of one measure (the only column of `found`), an error that grows with the distance.

    Drawn without replacement, halves vary around the whole as samples of its size do around the truth (McCarthy 1969),
    so the spread over draws is the standard error; for measures that halves make more erratic it is on the safe side.
    `needs_power`: void where answers without any relation would pass too.
    """
    values, people = found.synthetic[:, 0], found.people[:, 0]
    # so few draws leave their spread uncertain: Student's quantile in place of the normal one
    wider = float(student.ppf(0.975, len(values) - 1)) / Z
    values = values.mean() + (values - values.mean()) * wider
    scored = of_panel(
        name, group, float(values.mean()), values, people, people if found.second else None,
        {other: float(number[0]) for other, number in found.baselines.items()}, scale, comparison.n,
    )  # fmt: skip
    check = of_all(scored, "; ".join(filter(None, (remark, f"in parts of {found.size} persons a side"))))
    if not needs_power or check.verdict == FAIL:
        return check
    worthless = float(found.baselines[UNRELATED][0]) - float(people.mean())
    if worthless > MARGINS[name, "all"].limits()[1]:
        return check
    words = f"{check.words}; void: unrelated answers ({number(scale.shown(worthless + people.mean()))}) would pass too"
    return replace(check, verdict=UNDERPOWERED, words=words)


def related_items(comparison: Comparison, purpose: str, most: int = MOST_ITEMS) -> np.ndarray:
    """Questions with numbers that vary among people and that half of both sides answered, at most `most` of them.

    Where there are more, questions of batteries come first, whole batteries as long as there is room.
    """
    scored = np.array([question.scored for question in comparison.questions])
    varies = (comparison.profile("human").variance[0] > 0) & comparison.varied
    sides = (comparison.human, comparison.synthetic)
    answered = np.min([(side.positions >= 0).mean(axis=0) for side in sides], axis=0) >= LEAST_ANSWERED
    index = np.flatnonzero(scored & varies & answered)
    if len(index) <= most:
        return index
    batteries = [comparison.questions[j].battery or "" for j in index]
    order = {name: place for place, name in enumerate(comparison.rng(purpose).permutation(sorted(set(batteries))))}
    ranked = sorted(range(len(index)), key=lambda i: (not batteries[i], order[batteries[i]], i))
    return np.sort(index[ranked[:most]])
