"""Fits how guesses are mixed and how much they are worth, on questions that the guessing towers had never seen.

Batteries set aside say how the model does on new questions of houses it knows. For houses it does not know, towers
and memory are trained without one house at a time, and guess that house.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import bisect, minimize
from scipy.special import gammaln
from scipy.stats import beta

from populace.models.doubt import KINDS, LEAST_PEOPLE, MOST_PEOPLE, TRAITS, Doubt, Guess, kind_of, traits
from populace.models.nearby import on_scale

#: a house with fewer questions is not left out by itself, and a kind with fewer has no width of its own
FEWEST_OF_HOUSE, FEWEST_OF_KIND = 200, 60
#: truths count as if no more people had answered: surveys of the same people differ by more than sampling
MOST_COUNTED = 300
#: how strongly the traits' coefficients are drawn to zero
RIDGE = 0.05


@dataclass(frozen=True)
class Lesson:
    """One guess and what people answered."""

    #: the guess, by towers and memory that had never seen the question
    guess: Guess
    #: (K,) counts of answers
    counts: np.ndarray
    #: how much it counts
    weight: float


def house_of(source: str) -> str:
    """House of a survey: the first word of its name (gss, anes, 538)."""
    return re.match(r"[a-z]+|\d+|", source.lower()).group() or source


def houses_of(sources: Sequence[str]) -> np.ndarray:
    """(n,) house of every record; houses with few questions are one house together."""
    houses = np.array([house_of(source) for source in sources], dtype=object)
    names, counts = np.unique(houses.astype(str), return_counts=True)
    small = set(names[counts < FEWEST_OF_HOUSE])
    return np.array(["others" if house in small else house for house in houses])


def fit_doubt(lessons: Sequence[Lesson]) -> Doubt:
    """Mixing first, then people by trait, then the width of intervals by kind; see `Doubt`."""
    doubt = Doubt.unfitted()
    if not lessons:
        return doubt
    doubt = replace(doubt, mixing=_fit_mixing(lessons))
    doubt = replace(doubt, people=_fit_people(lessons, doubt))
    return replace(doubt, kinds=_fit_kinds(lessons, doubt))


def _fit_mixing(lessons: Sequence[Lesson]) -> np.ndarray:
    """(2,) the mixing with the lowest cross-entropy; drawn a little to equal parts."""
    used = [one for one in lessons if one.guess.memory is not None and len(one.guess.memory) > 1]
    prompts = [one.guess.prompt for one in used]
    learned = np.concatenate([on_scale(p, o.guess.towers.mean(0)) for p, o in zip(prompts, used, strict=True)])
    memory = np.concatenate([one.guess.memory for one in used])
    truth = np.concatenate([o.weight * on_scale(p, o.counts) for p, o in zip(prompts, used, strict=True)])
    near = np.repeat([one.guess.nearest for one in used], [len(one.guess.memory) for one in used])

    def loss(mixing: np.ndarray) -> float:
        part = 1 / (1 + np.exp(-(mixing[0] + mixing[1] * near)))
        mixed = (1 - part) * learned + part * memory
        return float(-(truth * np.log(np.maximum(mixed, 1e-6))).sum() / truth.sum() + 1e-4 * (mixing**2).sum())

    return minimize(loss, np.zeros(2), method="Nelder-Mead").x


def _fit_people(lessons: Sequence[Lesson], doubt: Doubt) -> np.ndarray:
    """(5,) coefficients under which the counts are likeliest (Dirichlet-multinomial around the mixed guess)."""
    shares = [np.maximum(doubt.shares(one.guess), 1e-4) for one in lessons]
    inputs = np.stack([traits(one.guess, share) for one, share in zip(lessons, shares, strict=True)])
    counts = [one.counts * min(1.0, MOST_COUNTED / one.counts.sum()) for one in lessons]
    weights = np.array([one.weight for one in lessons]) / sum(one.weight for one in lessons)
    owner = np.repeat(np.arange(len(lessons)), [len(share) for share in shares])
    share, count = np.concatenate(shares), np.concatenate(counts)
    total = np.bincount(owner, count)

    def loss(coefficients: np.ndarray) -> float:
        people = np.exp(np.clip(inputs @ coefficients, np.log(LEAST_PEOPLE), np.log(MOST_PEOPLE)))
        shape = people[owner] * share
        each = np.bincount(owner, gammaln(shape + count) - gammaln(shape))
        likelihood = gammaln(people) - gammaln(people + total) + each
        return float(-weights @ likelihood + RIDGE * (coefficients[1:] ** 2).sum() / 10)

    start = np.array([np.log(5.0), *np.zeros(TRAITS - 1)])
    return minimize(loss, start, method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-3, "fatol": 1e-6}).x


def _fit_kinds(lessons: Sequence[Lesson], doubt: Doubt) -> np.ndarray:
    """(3,) factors on the number of people with which 90 % intervals cover 90 %, one for each kind of question."""
    kinds = np.array([kind_of(one.guess.prompt) for one in lessons])
    factors = np.ones(len(KINDS))
    for kind in range(len(KINDS)):
        members = [lessons[i] for i in np.nonzero(kinds == kind)[0]]
        if len(members) >= FEWEST_OF_KIND:
            factors[kind] = _factor_for_coverage(members, doubt)
    return factors


def _factor_for_coverage(lessons: Sequence[Lesson], doubt: Doubt) -> float:
    shares = [doubt.shares(one.guess) for one in lessons]
    people = np.repeat([doubt.people_behind(one.guess) for one in lessons], [len(share) for share in shares])
    weight = np.concatenate([np.full(len(s), one.weight / len(s)) for s, one in zip(shares, lessons, strict=True)])
    truth = np.concatenate([one.counts / one.counts.sum() for one in lessons])
    return factor_for_coverage(np.concatenate(shares), truth, people, weight)


def factor_for_coverage(
    shares: np.ndarray, truth: np.ndarray, people: np.ndarray, weight: np.ndarray, level: float = 0.9
) -> float:
    """Factor on `people` with which central Beta intervals around shares cover `level` of the true shares.

    All arrays (T,), options of all questions end to end. Between 1/50 and 50.
    """
    tail = (1 - level) / 2

    def excess(log_factor: float) -> float:
        size = np.maximum(people * np.exp(log_factor), 0.5)
        low, high = (beta.ppf(q, size * shares, size * (1 - shares)) for q in (tail, 1 - tail))
        # an option that nobody chose is covered when the interval comes within a tenth of a point of zero
        covered = (truth >= np.where(low < 1e-3, 0.0, low)) & (truth <= high)
        return float(np.average(covered, weights=weight) - level)

    ends = (np.log(1 / 50), np.log(50))
    if excess(ends[0]) <= 0:
        return float(np.exp(ends[0]))
    return float(np.exp(ends[1] if excess(ends[1]) >= 0 else bisect(excess, *ends, xtol=0.01)))
