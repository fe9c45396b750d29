"""Stated against derived importance: do the panel's own words explain its choices better than people's do?

People say that one thing matters and act on another. A panel in which what is said and what drives the outcome agree
more than among people is too rational. Which question asks how important which driver is stands in no codebook: it is
declared with `stated`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from populace.analysis.decomposition import shapley
from populace.analysis.importance import gaps, quadrant_kappa, quadrants, weighted_means, z_scores
from populace.errors import DataError, UsageError
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, Scale, not_judged, undecided
from populace.scrutiny.matched import LEAST_PERSONS, measured, of_matched, part_size
from populace.scrutiny.regressions import PERSONS_A_DRIVER
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations
from populace.survey.formats.native import load
from populace.survey.names import did_you_mean, shown

GROUP = "regressions"
#: drivers of an outcome: of fewer a correlation over drivers says nothing
LEAST_DRIVERS = 4
#: more would make every draw slow: all subsets of drivers are looked at
MOST_DRIVERS = 12
#: shown is the agreement, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))

_NAMES = ("stated_derived", "importance_gaps", "importance_quadrants")

#: outcome -> driver -> question that asks how important the driver is
Stated = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Model:
    """One outcome with its drivers, as columns of a sample."""

    #: column of the outcome
    outcome: int
    #: columns of the drivers
    drivers: tuple[int, ...]
    #: columns that ask how important each driver is
    importance: tuple[int, ...]


def read_stated(path: str | Path) -> dict[str, dict[str, str]]:
    """What a JSON or YAML file declares: outcome, below it driver: question that asks how important the driver is.

    Raises `InstrumentError` for a file that cannot be read, `UsageError` for another form.
    """
    found = load(Path(path))
    if not isinstance(found, Mapping) or not found:
        raise UsageError(
            f"{path} holds {shown(found)}; expected an outcome, and below it driver: question that asks how important "
            "the driver is; see docs/methods/stated_importance.md"
        )
    for outcome, pairs in found.items():
        _check_pairs(outcome, pairs)
    return {str(outcome): {str(driver): name for driver, name in pairs.items()} for outcome, pairs in found.items()}


def _check_pairs(outcome: object, pairs: object) -> None:
    if not isinstance(pairs, Mapping) or not all(isinstance(name, str) for name in pairs.values()):
        raise UsageError(
            f"stated[{outcome!r}] is {shown(pairs)}; expected driver: question that asks how important it is"
        )


def check_declared(stated: Stated | None, comparison: Comparison) -> None:
    """Raises `DataError` for what is declared and cannot be compared, `UsageError` for another form."""
    for outcome, pairs in (stated or {}).items():
        _check_pairs(outcome, pairs)
        if not LEAST_DRIVERS <= len(pairs) <= MOST_DRIVERS:
            raise DataError(
                f"outcome {outcome!r} has {len(pairs)} drivers with stated importance; expected {LEAST_DRIVERS} to "
                f"{MOST_DRIVERS}: declare {'more' if len(pairs) < LEAST_DRIVERS else 'the main ones'}"
            )
        for name in (outcome, *pairs, *pairs.values()):
            _check_name(name, comparison)
        _check_scales(list(pairs.values()), comparison)


def _check_name(name: str, comparison: Comparison) -> None:
    found = {question.name: question for question in comparison.questions}
    if name not in found:
        reasons = dict(comparison.set_aside)
        why = reasons.get(name) or f"no question that both sides answered{did_you_mean(name, found)}"
        raise DataError(f"stated importance names {name!r}: {why}; expected a question of both sides: correct the name")
    if not found[name].scored:
        raise DataError(
            f"stated importance names {name!r}, whose answers have no order; "
            "expected ordered options, two options or numbers: leave it out"
        )


def _check_scales(names: list[str], comparison: Comparison) -> None:
    steps = {q.name: 0 if q.cuts is not None else int(q.on_scale.sum()) for q in comparison.questions}
    if len({steps[name] for name in names}) > 1:
        few, many = min(names, key=steps.__getitem__), max(names, key=steps.__getitem__)
        raise DataError(
            f"stated importance {few!r} has {steps[few]} steps and {many!r} has {steps[many]}; "
            "expected one scale for all: choose questions with the same options"
        )


def profile_of(sample: Sample, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """(1, p) stated and derived importance: mean ratings, and LMG shares of R² of the outcome on the drivers."""
    said = weighted_means(sample.scores[:, list(model.importance)], sample.point)
    matrix = correlations(sample.scores[:, [*model.drivers, model.outcome]], sample.point)
    parts = np.maximum(shapley(matrix), 0.0)
    return said, parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-12)


def rationality(said: np.ndarray, derived: np.ndarray) -> float:
    """Correlation over drivers of stated (1, p) and derived (1, p) importance.

    Example: stated (3, 2, 1), derived (.5, .3, .2): r = .98: says and does the same.
    """
    return float(np.mean(z_scores(said) * z_scores(derived)))


def lack_of_agreement(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(3,) difference in rationality, 1 − r of the gaps z(stated) − z(derived), 1 − κ of the quadrants.

    Where chance alone would agree in everything, κ is 0. Reference: docs/methods/importance.md.
    Example: both sides the same: 0, 0, 0.
    """
    first, second = gaps(*ours)[0], gaps(*theirs)[0]
    kappa = quadrant_kappa(quadrants(*ours)[0], quadrants(*theirs)[0])
    return np.array([
        rationality(*ours) - rationality(*theirs),
        1 - float(np.mean(z_scores(first[None])[0] * z_scores(second[None])[0])),
        1 - (kappa or 0.0),
    ])  # fmt: skip


def checks(comparison: Comparison) -> list[Check]:
    """Agreement of stated and derived importance within each side, and of their gaps between the sides."""
    if not comparison.stated:
        return [not_judged(name, GROUP, _undeclared(comparison.questions)) for name in _NAMES]
    index, models = models_of(comparison)
    size, most = part_size(comparison), max(len(model.drivers) for model in models)
    if size < max(LEAST_PERSONS, PERSONS_A_DRIVER * most):
        reason = f"parts of {size} persons; {PERSONS_A_DRIVER} a driver are needed"
        return [undecided(name, GROUP, reason) for name in _NAMES]

    def distance(ours: Sample, theirs: Sample) -> np.ndarray:
        pairs = [(profile_of(ours, model), profile_of(theirs, model)) for model in models]
        return np.mean([lack_of_agreement(*pair) for pair in pairs], axis=0)

    found = measured(comparison, "stated", index, distance)
    said = f"{number(_mean(comparison.synthetic, index, models))} in the panel, "
    said += f"{number(_mean(comparison.human, index, models))} among people; outcome {', '.join(comparison.stated)}"
    # in a panel of unrelated answers words and deeds agree less: the direction that matters is more
    settings = ((PLAIN, False, said), (AGREEMENT, True, ""), (AGREEMENT, True, ""))
    return [
        of_matched(name, GROUP, found.column(i), comparison, scale, remark, powered)
        for i, (name, (scale, powered, remark)) in enumerate(zip(_NAMES, settings, strict=True))
    ]


def _undeclared(questions: tuple[Question, ...]) -> str:
    asked = sum(any("important" in label.casefold() for label in question.labels) for question in questions)
    seen = f"{asked} questions have answers about importance, but " if asked else ""
    return f"{seen}nobody declared which question asks how important which driver of which outcome is: pass stated"


def models_of(comparison: Comparison) -> tuple[np.ndarray, list[Model]]:
    """The questions needed, and the models in terms of these columns."""
    places = {question.name: j for j, question in enumerate(comparison.questions)}
    needed = {name for outcome, pairs in comparison.stated.items() for name in (outcome, *pairs, *pairs.values())}
    index = np.array(sorted(places[name] for name in needed))
    column = {comparison.questions[j].name: i for i, j in enumerate(index)}
    models = [
        Model(column[outcome], tuple(column[d] for d in pairs), tuple(column[i] for i in pairs.values()))
        for outcome, pairs in comparison.stated.items()
    ]
    return index, models


def _mean(sample: Sample, index: np.ndarray, models: list[Model]) -> float:
    part = sample.columns(index)
    return float(np.mean([rationality(*profile_of(part, model)) for model in models]))
