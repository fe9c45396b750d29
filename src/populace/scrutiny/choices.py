"""Choices of a panel against those of people: conjoint and MaxDiff tasks.

Choice tasks are no questions with options of their own, so they have an entrance of their own. Panel, people and
baselines are coded together (`choices_sides`), so that a level means the same on every side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import polars as pl
from scipy.stats import t as student

from populace.analysis.choice import ChoiceTasks
from populace.scrutiny.ceiling import LEAST_N
from populace.scrutiny.choices_measures import at_random, coefficients, distances, loss, root_likelihoods
from populace.scrutiny.choices_sides import Choices, coded, people_of
from populace.scrutiny.choices_supports import supports_of_choices
from populace.scrutiny.choices_worth import worth_of_choices
from populace.scrutiny.findings import DISTANCE, PLAIN, RATIO, SHARE, Scale, Z, not_judged, of_all, of_panel, undecided
from populace.scrutiny.habits import distance_of_distributions
from populace.scrutiny.report import FAIL, INDISTINGUISHABLE, UNVERIFIED, USABLE, VERDICTS, Check, Report, number
from populace.scrutiny.summary import worst

__all__ = ["GROUP", "judged", "scrutinize_choices"]

GROUP = "choice"
#: draws of parts; each costs some fits
SPLITS = 16
#: draws for the baselines
FEW_SPLITS = 4
#: persons a part needs
LEAST_PERSONS = 40
#: most persons of a side whose own utilities are looked at
MOST_PERSONS = 250
#: length of the chains behind persons' own utilities: draws kept, sweeps before, sweeps between
CHAIN = (60, 300, 2)
#: a baseline that anybody can make
RANDOM = "random choices"
#: shown is the agreement, computed with is what it lacks of 1
AGREEMENT = Scale(lambda lack: 1 - lack, bounds=(0.0, 2.0))

_NAMES = ("choice_scale", "part_worths", "choice_importance", "choice_likelihood", "rlh")


def scrutinize_choices(
    synthetic: pl.DataFrame,
    human: pl.DataFrame,
    ceiling: pl.DataFrame | None = None,
    baselines: Mapping[str, pl.DataFrame] | None = None,
    attributes: Sequence[str] | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    price: str | None = None,
) -> Report:
    """Hold synthetic choices against people's, in long records as `conjoint` or `maxdiff` take them.

    `ceiling`: choices of a second human sample; without it, parts of `human`. `baselines`: choices by simpler methods;
    random choices are always added. `attributes`, `levels` and `price` as in `conjoint`. Weights are not used.
    Raises `DataError` for records that `conjoint` or `maxdiff` refuse, and for sides of different tasks.
    """
    frames = {"synthetic": synthetic, "human": human} | ({} if ceiling is None else {"ceiling": ceiling})
    frames |= {f"baseline {name}": frame for name, frame in (baselines or {}).items()}
    return judged(coded(frames, attributes, levels, price, seed))


def judged(choices: Choices, names: tuple[str, str] = ("synthetic choices", "people's choices")) -> Report:
    """The report on choices that are coded already; `names` are those of the two data sets."""
    found = _checks(choices)
    sizes = [len(choices.sides[side].ids) for side in ("synthetic", "human")]
    worth = worth_of_choices(choices)
    attributes = tuple(attribute.name for attribute in choices.attributes)
    supports = supports_of_choices(found, *sizes, worth, choices.price is not None)
    summary = _summary(found, "ceiling" in choices.sides)
    return Report(tuple(found), summary, *names, *sizes, attributes, worth, supports)


# -- checks ------------------------------------------------------------------------------------------------------------


def _checks(choices: Choices) -> list[Check]:
    size = _part_size(choices, 2)
    if size < LEAST_PERSONS:
        reason = f"parts of {size} persons; {LEAST_PERSONS} are needed"
        return [undecided(name, GROUP, reason) for name in _NAMES]
    halves = _compared(choices, 2, lambda parts, side: distances(choices, parts[side], parts["reference"]))
    names = ", ".join(attribute.name for attribute in choices.attributes)
    made = [
        _check(name, choices, [part[:, i] for part in halves[:2]], _at(halves[2], i), scale, size, names)
        for i, (name, scale) in enumerate(zip(_NAMES[:3], (RATIO, AGREEMENT, SHARE), strict=True))
    ]
    return [*made, _likelihood_check(choices), _rlh_check(choices)]


def _at(baselines: Mapping[str, np.ndarray], i: int) -> dict[str, float]:
    return {name: float(found[i]) for name, found in baselines.items()}


def _part_size(choices: Choices, parts: int) -> int:
    sides = [len(choices.sides["human"].ids) // parts, len(choices.sides["synthetic"].ids)]
    sides += [len(choices.sides["ceiling"].ids)] if "ceiling" in choices.sides else []
    return min(*sides[:1], sides[1] // parts, *(part // parts for part in sides[2:]))


def _draws(choices: Choices, parts: int) -> Iterator[dict[str, ChoiceTasks]]:
    """Endless parts of one size: of people "reference", "others" and "people", of the panel, and of baselines."""
    rng = np.random.default_rng([choices.seed, parts, *b"choices"])
    size, sides = _part_size(choices, parts), choices.sides
    while True:
        pieces = parted(sides["human"], size, parts, rng)
        found = {"reference": pieces[0], "others": pieces[1], "people": pieces[-1]}
        if "ceiling" in sides:
            found["people"] = parted(sides["ceiling"], size, 1, rng)[0]
        found["synthetic"] = parted(sides["synthetic"], size, 1, rng)[0]
        found[RANDOM] = at_random(pieces[-1], rng)
        for side in sides:
            if side.startswith("baseline ") and len(sides[side].ids) >= size:
                found[side] = parted(sides[side], size, 1, rng)[0]
        yield found


def parted(tasks: ChoiceTasks, size: int, parts: int, rng: np.random.Generator) -> list[ChoiceTasks]:
    """So many random parts of that many persons, none in two."""
    order = rng.permutation(len(tasks.ids))
    return [people_of(tasks, np.sort(order[part * size : (part + 1) * size])) for part in range(parts)]


def _compared(
    choices: Choices, parts: int, distance: Callable[[dict[str, ChoiceTasks], str], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(S, M) distances of the panel, (S, M) of people, and (M,) of the baselines."""
    drawn = list(islice(_draws(choices, parts), SPLITS))
    synthetic, people = (np.array([distance(own, side) for own in drawn]) for side in ("synthetic", "people"))
    others = [side for side in drawn[0] if side == RANDOM or side.startswith("baseline ")]
    baselines = {
        side.removeprefix("baseline "): np.mean([distance(own, side) for own in drawn[:FEW_SPLITS]], axis=0)
        for side in others
    }
    return synthetic, people, baselines


def _check(
    name: str, choices: Choices, found: list[np.ndarray], baselines: Mapping[str, float], scale: Scale, size: int,
    remark: str = "",
) -> Check:  # fmt: skip
    """As for other measures of parts of one size: draws of halves vary as samples do, with Student's quantile."""
    values, people = found
    wider = float(student.ppf(0.975, len(values) - 1)) / Z
    second = "ceiling" in choices.sides
    n = min(len(choices.sides[side].ids) for side in ("synthetic", "human"))
    scored = of_panel(
        name, GROUP, float(values.mean()), values.mean() + (values - values.mean()) * wider, people,
        people if second else None, baselines, scale, float(n),
    )  # fmt: skip
    return of_all(scored, "; ".join(filter(None, (remark, f"in parts of {size} persons a side"))))


def _likelihood_check(choices: Choices) -> Check:
    """Log-likelihood that people's choices lose under a model of the panel, in thirds of people."""
    size = _part_size(choices, 3)
    if size < LEAST_N:
        return undecided("choice_likelihood", GROUP, f"parts of {size} persons; {LEAST_N} are needed")

    def lost(parts: dict[str, ChoiceTasks], side: str) -> np.ndarray:
        own = [loss(coefficients(parts[part]), parts["reference"]) for part in ("others", "people")]
        if side == "people":
            return np.array([own[1] - own[0]])
        return np.array([loss(coefficients(parts[side]), parts["reference"]) - np.mean(own)])

    values, people, baselines = _compared(choices, 3, lost)
    return _check("choice_likelihood", choices, [values[:, 0], people[:, 0]], _at(baselines, 0), PLAIN, size)


def _rlh_check(choices: Choices) -> Check:
    """Distance of the distributions of root likelihoods under persons' own utilities."""
    counts = [len(tasks.starts) / len(tasks.ids) for tasks in choices.sides.values()]
    if min(counts) < 2:
        return not_judged("rlh", GROUP, "one choice a person says nothing of how consistent the person is")
    rng = np.random.default_rng([choices.seed, *b"rlh"])
    most = min(MOST_PERSONS, *(len(tasks.ids) for tasks in choices.sides.values()))
    looked_at = {side: parted(tasks, most, 1, rng)[0] for side, tasks in choices.sides.items()}
    looked_at[RANDOM] = at_random(parted(choices.sides["human"], most, 1, rng)[0], rng)
    fits = {side: root_likelihoods(tasks, choices, CHAIN) for side, tasks in looked_at.items()}
    human, half = fits["human"], most // 2
    values, people, others = [], [], {name: [] for name in fits if name == RANDOM or name.startswith("baseline ")}
    for _ in range(SPLITS):
        order = rng.permutation(most)
        reference, own = human[order[:half]], human[order[half : 2 * half]]
        own = rng.permutation(fits["ceiling"])[:half] if "ceiling" in fits else own
        values.append(_apart_by(rng.permutation(fits["synthetic"])[:half], reference))
        people.append(_apart_by(own, reference))
        for name, found in others.items():
            found.append(_apart_by(rng.permutation(fits[name])[:half], reference))
    baselines = {name.removeprefix("baseline "): float(np.mean(found)) for name, found in others.items()}
    medians = [number(float(np.median(fits[side]))) for side in ("synthetic", "human")]
    said = f"median {medians[0]} for {medians[1]} among people, by chance alone {number(_chance(choices))}"
    return _check("rlh", choices, [np.array(values), np.array(people)], baselines, DISTANCE, half, said)


def _apart_by(first: np.ndarray, second: np.ndarray) -> float:
    return distance_of_distributions(first, second, (np.ones(len(first)), np.ones(len(second))))


def _chance(choices: Choices) -> float:
    return float(np.exp(-np.log(choices.sides["human"].sizes).mean()))


def _summary(checks: Sequence[Check], second: bool) -> dict[str, object]:
    """Plain data for the head of the report, with the keys of every report."""
    made = [check for check in checks if check.verdict != UNVERIFIED]
    verdict = worst(made or checks)
    use = "choice models"
    said = {
        FAIL: "The data do not support {}.",
        USABLE: "The data support {}.",
        INDISTINGUISHABLE: "The data support {}.",
    }
    return {
        "verdict": verdict,
        "sentence": said.get(verdict, "Too few choices to say of {}.").format(use),
        "verdicts": {name: sum(check.verdict == name for check in checks) for name in VERDICTS},
        "groups": {GROUP: verdict},
        "headline": {},
        "supported": [use] if verdict in (INDISTINGUISHABLE, USABLE) else [],
        "not_supported": [use] if verdict == FAIL else [],
        "undecided": [use] if verdict not in (FAIL, INDISTINGUISHABLE, USABLE) else [],
        "ceiling": "people against people: " + ("a second human sample" if second else "random parts of the people"),
    }
