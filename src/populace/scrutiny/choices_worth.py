"""How many people's choices the panel's are worth, and where more of them would end.

A logit learned from n people predicts the choices of others less well than one learned from endlessly many: what it
loses falls with 1/n. The panel's logit loses something too, and n* is the number of people whose logit loses as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from populace.analysis.choice import ChoiceTasks
from populace.scrutiny.choices_measures import Fit, at_random, fit_of
from populace.scrutiny.choices_sides import Choices, people_of
from populace.scrutiny.growth import Point
from populace.scrutiny.report import finite
from populace.scrutiny.worth import Size, people

__all__ = ["ChoiceWorth", "WHAT", "worth_of_choices"]

#: what a size is called
WHAT = "choices"
#: persons on either side below which nothing is said
LEAST_PERSONS = 40
#: where the two sides differ less than two samples of the same people nearly always do
TOO_CLOSE = "the panel is closer to these people than chance allows: was it learned from them"
#: halves of people for the ceiling; each costs two fits, and one by itself says little
SPLITS = 60


@dataclass(frozen=True)
class ChoiceWorth:
    """What the choices of a panel are worth in people."""

    #: the whole panel
    sizes: tuple[Size, ...]
    #: a panel without end, from which the panel's own sampling noise is taken out; its rows are 0
    endless: Point | None
    #: synthetic respondents
    rows: int

    def size(self, what: str, subject: str = "all") -> Size | None:
        """One of the sizes, or None."""
        return next((size for size in self.sizes if (size.what, size.subject) == (what, subject)), None)

    @property
    def sentence(self) -> str:
        """What the panel is worth, and that more rows do not help."""
        size = self.sizes[0]
        if size.value is None:
            return f"Worth in people is not known: {size.words}."
        first = "A logit learned from it predicts people's choices as well as one learned from this many people"
        return f"{first}: {size}. {self._plateau if size.resolved else f'But {size.words}?'}"

    @property
    def _plateau(self) -> str:
        endless = self.endless
        if endless is None or endless.value is None or endless.high is None:
            return (
                "There are too few people to show where it ends, but it does end: what is wrong with a panel does not "
                "average out as people's noise does."
            )
        return (
            f"More synthetic respondents do not raise it without end: any number of them is worth "
            f"{people(endless.value)} people [{people(endless.low)}, {people(endless.high)}]."
        )

    def to_json(self) -> dict:
        """Plain data."""
        endless = None if self.endless is None else {k: finite(v) for k, v in self.endless.to_json().items()}
        sizes = [size.to_json() for size in self.sizes]
        return {"sentence": self.sentence, "sizes": sizes, "endless": endless, "rows": self.rows}


def worth_of_choices(choices: Choices) -> ChoiceWorth:
    """Worth of the panel, with people in its place and with baselines in its place."""
    sides, rows = choices.sides, len(choices.sides["synthetic"].ids)
    least = min(rows, len(sides["human"].ids))
    if least < LEAST_PERSONS:
        reason = f"{least} persons on one side; {LEAST_PERSONS} are needed"
        return ChoiceWorth((Size(WHAT, "all", None, None, None, False, None, {}, reason),), None, rows)
    human, panel = fit_of(sides["human"]), fit_of(sides["synthetic"])
    whole, endless = (_point(panel, human, choices, own) for own in (True, False))
    rng = np.random.default_rng([choices.seed, *b"worth"])
    simple = {"random choices": at_random(sides["human"], rng)}
    simple |= {name.removeprefix("baseline "): own for name, own in sides.items() if name.startswith("baseline ")}
    others = {name: _point(fit_of(own), human, choices, True).value for name, own in simple.items()}
    known = {name: value for name, value in others.items() if value is not None}
    apart = whole.low is not None and whole.high is not None and whole.low < whole.high
    ceiling = _ceiling(choices, human, rng)
    size = Size(WHAT, "all", whole.value, whole.low, whole.high, apart, ceiling, known, "" if apart else TOO_CLOSE)
    return ChoiceWorth((size,), endless, rows)


def _point(panel: Fit, human: Fit, choices: Choices, own_noise: bool) -> Point:
    """n* of a panel's logit; without its own noise: of a panel without end. The value stays within its limits."""
    n = len(choices.sides["human"].ids)
    low, high = inverse_limits(panel, human, n, own_noise)
    inverse = float(np.clip(inverse_worth(panel, human, n, own_noise), low, high))
    rows = len(choices.sides["synthetic"].ids) if own_noise else 0
    return Point(rows, *(1 / x if x > 0 else None for x in (inverse, high, low)))


def inverse_worth(panel: Fit, human: Fit, n: int, own_noise: bool = True) -> float:
    """1/n*, without bias; it may be negative.

    d = β_panel − β_people and A, the information of people's choices: a logit that is off by d loses ½ d'Ad of
    log-likelihood. E d'Ad counts the noise of both sides, so that of people is taken out, tr(A V_people) with the
    covariance V clustered by person; what n people lose is that too. Hence
    1/n* = (d'Ad − tr(A V_people)) / (n tr(A V_people)). Not `own_noise`: tr(A V_panel) is taken out too. Assumption:
    errors small enough for the quadratic; far from people, n* is an order of magnitude.
    Reference: Takeuchi 1976 (loss of an estimated model).
    Example: one coefficient, V_people = V_panel = .01 of 100 people each: E d² = .02, so 1/n* = .01/(100·.01) = 1/100.
    """
    d, a = panel.beta - human.beta, human.information
    unit = float(np.trace(a @ human.covariance))
    excess = float(d @ a @ d) - unit - (0.0 if own_noise else float(np.trace(a @ panel.covariance)))
    return excess / (n * unit)


def inverse_limits(panel: Fit, human: Fit, n: int, own_noise: bool = True) -> tuple[float, float]:
    """95 % limits of 1/n*: those of the bias δ'Aδ, and the panel's own noise tr(A V_panel) on top.

    d'Ad is taken as c·χ² with ν degrees of freedom and noncentrality δ'Aδ/c, where c = tr(ACAC)/tr(AC) and
    ν = tr(AC)²/tr(ACAC) for C = V_panel + V_people (Satterthwaite 1946); the noncentrality is bounded by inverting the
    test.
    """
    d, a = panel.beta - human.beta, human.information
    noise = a @ (panel.covariance + human.covariance)
    total, squared = float(np.trace(noise)), float(np.trace(noise @ noise))
    scale, freedom = squared / total, total**2 / squared
    own = float(np.trace(a @ panel.covariance)) if own_noise else 0.0
    unit = n * float(np.trace(a @ human.covariance))
    limits = (_noncentrality(float(d @ a @ d) / scale, freedom, tail) for tail in (0.975, 0.025))
    low, high = ((scale * limit + own) / unit for limit in limits)
    return low, high


def _noncentrality(found: float, freedom: float, tail: float) -> float:
    """The noncentrality under which a χ² at most `found` has this probability; 0 where none is so likely."""
    if chi2.cdf(found, freedom) <= tail:
        return 0.0
    upper = found + 1.0
    while ncx2.cdf(found, freedom, upper) > tail:
        upper *= 2
    return float(brentq(lambda value: ncx2.cdf(found, freedom, value) - tail, 1e-9, upper))


def _ceiling(choices: Choices, human: Fit, rng: np.random.Generator) -> float | None:
    """Worth of as many people as the panel has rows: of the second sample, or of halves of people, by the same code."""
    sides, rows = choices.sides, len(choices.sides["synthetic"].ids)
    if "ceiling" in sides:
        second = len(sides["ceiling"].ids)
        inverse = inverse_worth(fit_of(sides["ceiling"]), human, len(sides["human"].ids)) * second / rows
        return 1 / inverse if inverse > 0 else None
    found = []
    for _ in range(SPLITS):
        halves = _halves(sides["human"], rng)
        size = len(halves[0].ids)
        found.append(inverse_worth(fit_of(halves[0]), fit_of(halves[1]), size) * size / rows)
    inverse = float(np.mean(found))
    return 1 / inverse if inverse > 0 else None


def _halves(tasks: ChoiceTasks, rng: np.random.Generator) -> tuple[ChoiceTasks, ChoiceTasks]:
    order, half = rng.permutation(len(tasks.ids)), len(tasks.ids) // 2
    return people_of(tasks, np.sort(order[:half])), people_of(tasks, np.sort(order[half : 2 * half]))
