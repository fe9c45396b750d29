"""How people round numbers: POPULACE_DATA=FOLDER python benchmarks/heaping.py

Estimates the weights of `populace.simulation.heaping` on surveys of people, and says what they give on surveys that
were not used: how far the numbers within the bins lie from people's, evenly spread and heaped. Takes a minute.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from populace.data.files import read_dataset
from populace.prompts.bins import bins_for
from populace.simulation.heaping import ESTIMATE, RATING, Weights, log_weights, weights_of
from populace.survey.item import Item, NumericRange

USED = (
    "gss_2006_2018", "anes_2012", "anes_2016", "anes_2020", "anes_pilot_2016", "anes_pilot_2018", "anes_pilot_2020",
    "shed_2021",
)  # fmt: skip
#: not used for the weights
OTHERS = ("displayr_phone", "displayr_burger_tracker", "food_choices", "r_community_2018", "young_people")
#: coded by somebody else, or asked for a number that is known: no estimates
NOT_SAID = re.compile(r"Senator|DUQ8|PRESTG10|SEI10|Population of the place|Length in current|ID number|Inflation|1972")
NAMES = [field.name for field in fields(Weights)]
#: strength of the ridge that keeps weights finite which nothing speaks for
RIDGE = 1e-3


@dataclass(frozen=True)
class Bin:
    """One bin of one question."""

    #: (k,) numbers that can be said
    numbers: np.ndarray
    #: (k,) how many people said them
    counts: np.ndarray
    #: (k, 8) which weights apply
    features: np.ndarray


@dataclass(frozen=True)
class Question:
    """A number that people gave."""

    survey: str
    item: Item
    bins: tuple[Bin, ...]

    @property
    def people(self) -> int:
        """How many gave it."""
        return int(sum(one.counts.sum() for one in self.bins))


def questions(folder: Path, surveys: tuple[str, ...]) -> Iterator[Question]:
    """Whole numbers with a range of more than a dozen, of 100 people or more; the largest half percent is left out."""
    for survey in surveys:
        people = read_dataset(folder / survey)
        for variable in people.codebook.variables:
            if variable.type != "numeric" or variable.role not in ("question", "background"):
                continue
            values = people.values(variable.name)
            values = values[np.isfinite(values)]
            text = variable.text or variable.name
            if len(values) < 100 or values.min() < 0 or (values != np.round(values)).any() or NOT_SAID.search(text):
                continue
            most = float(np.quantile(values, 0.995))
            most = 100.0 if 90 < most <= 100 else most
            if most - values.min() > 12:
                limits = NumericRange(float(values.min()), most)
                yield Question(survey, Item(variable.name, text, numeric=limits), _bins(values[values <= most], limits))


def _bins(values: np.ndarray, limits: NumericRange) -> tuple[Bin, ...]:
    bins = bins_for(None, limits.minimum, limits.maximum, True)
    found = []
    for place, (low, high) in enumerate(zip(bins.edges, bins.edges[1:], strict=False)):
        last = place == len(bins.edges) - 2
        numbers = np.arange(np.ceil(low), np.floor(high) + 1 if last else np.ceil(high))
        counts = (values[:, None] == numbers).sum(axis=0) if len(numbers) < 2000 else _counted(values, numbers)
        if len(numbers) > 1 and counts.sum() >= 10:
            found.append(Bin(numbers, counts, _features(numbers, limits)))
    return tuple(found)


def _counted(values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    inside = values[(values >= numbers[0]) & (values <= numbers[-1])]
    return np.bincount((inside - numbers[0]).astype(np.int64), minlength=len(numbers))


def _features(numbers: np.ndarray, limits: NumericRange) -> np.ndarray:
    none = dict.fromkeys(NAMES, 0.0)
    return np.column_stack([log_weights(numbers, 1.0, Weights(**none | {name: 1.0}), limits) for name in NAMES])


def fitted(several: list[Question], kept: list[str]) -> Weights:
    """Conditional logit within bins; each question counts alike, and has a slope and a weight of zero of its own."""
    places = [NAMES.index(name) for name in kept]
    size = len(kept)

    def loss(all_: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = RIDGE / 2 * all_ @ all_, RIDGE * all_
        for number, question in enumerate(several):
            own = slice(size + 2 * number, size + 2 * number + 2)
            for one in question.bins:
                nuisance = np.column_stack([np.log1p(one.numbers), one.numbers == 0])
                logits = one.features[:, places] @ all_[:size] + nuisance @ all_[own]
                logits = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
                value -= one.counts @ logits / question.people
                rest = (one.counts - one.counts.sum() * np.exp(logits)) / question.people
                slope[:size] -= one.features[:, places].T @ rest
                slope[own] -= nuisance.T @ rest
        return value, slope

    found = minimize(loss, np.zeros(size + 2 * len(several)), jac=True, method="L-BFGS-B").x[:size]
    return Weights(**dict.fromkeys(NAMES, 0.0) | dict(zip(kept, found.round(2).tolist(), strict=True)))


def away(question: Question, weights: Weights | None) -> float:
    """Total variation distance from people's numbers within the bins, averaged over people."""
    total = 0.0
    for one in question.bins:
        chances = np.ones(len(one.numbers))
        if weights is not None:
            chances = np.exp(log_weights(one.numbers, 1.0, weights, question.item.numeric))
        total += np.abs(one.counts - one.counts.sum() * chances / chances.sum()).sum() / 2
    return total / question.people


def main() -> None:
    """Estimate, and compare."""
    folder = Path(os.environ["POPULACE_DATA"])
    used = list(questions(folder, USED))
    kinds = {"rating": RATING, "estimate": ESTIMATE}
    kept = {"rating": ["main", "tens", "quarters", "fives", "low", "high"], "estimate": NAMES[:6]}
    for name, now in kinds.items():
        mine = [one for one in used if weights_of(one.item) is now]
        print(f"{name}: {len(mine)} questions; in use {now}\n  estimated {fitted(mine, kept[name])}")
        for survey in sorted({one.survey for one in mine}):
            rest = [one for one in mine if one.survey != survey]
            print(f"  without {survey}: {fitted(rest, kept[name])}" if rest else f"  all of {survey}")
    print("surveys that were not used: distance from people within bins, evenly spread -> heaped")
    for name, weights in {**kinds, "exact": None}.items():
        mine = [one for one in questions(folder, OTHERS) if weights_of(one.item) is weights]
        even, heaped = (np.array([away(one, how) for one in mine]) for how in (None, weights))
        differences = heaped - even
        error = differences.std(ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else np.nan
        print(f"  {name}: {len(mine)} questions {even.mean():.2f} -> {heaped.mean():.2f} (difference "
              f"{differences.mean():.2f}, standard error {error:.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
