"""Curvature: do drivers bend where they bend among people, and does a low rating cost what it costs among people?

Straight-line measures (correlations, regressions) are blind to both. The pairs are the regressions that `regressions`
chooses: what people's answers are explained by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from populace.analysis.estimate import rejected
from populace.analysis.nonlinear import curve_figures, penalties, weighted_quantiles
from populace.data.design import kish_effective_n
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, ROOT, not_judged, undecided
from populace.scrutiny.matched import Matched, measured_together, of_matched, related_items
from populace.scrutiny.regressions import GROUP, SIMILARITY, models_or_why, outcomes_of
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations

#: draws of parts
SPLITS = 12
#: most drivers of an outcome: the ones most strongly linked with it
MOST_DRIVERS = 4
#: drivers that surely bend among people, without which signs are not compared
LEAST_BENT = 3
#: persons of a part with an answer to both without which a pair counts as straight
LEAST_PAIR = 30

_NAMES = ("spline_gain", "curve_error", "penalty_reward", "curvature_signs")


@dataclass(frozen=True)
class Shapes:
    """How drivers work in one sample."""

    #: (P,) adjusted R² of a curve less that of a line
    gains: np.ndarray
    #: (P,) part correlation of the driver's square, above 0 where the curve bends up
    bends: np.ndarray
    #: (P,) its standard error, were there no bend
    errors: np.ndarray
    #: (P,) reward of the good plus penalty of the bad end, both as changes: 0 on a straight line; SDs of the outcome
    uneven: np.ndarray


@dataclass(frozen=True)
class Model:
    """One outcome and its drivers."""

    #: (p + 1,) places among the questions looked at, the outcome last
    places: np.ndarray
    #: (p, 2) ratings up to the first are low, from the second on high
    limits: np.ndarray
    #: (p,) 1 where high ratings go with a high outcome among people, -1 where with a low one
    signs: np.ndarray
    #: spread of the outcome among people
    spread: float


def checks(comparison: Comparison) -> list[Check]:
    """Gain of curves, their bends and signs, penalty against reward."""
    index = related_items(comparison, "regressions")
    chosen, why = models_or_why(comparison, index, _NAMES)
    if not chosen:
        return why
    human = comparison.human.columns(index)
    questions = [comparison.questions[j] for j in index]
    models = [model for places in chosen if (model := _model(human, questions, places)) is not None]
    if not models:
        return [undecided(name, GROUP, "no driver has three ratings or more") for name in _NAMES]
    whole = shapes(human, models)
    sure = rejected(2 * norm.sf(np.abs(whole.bends) / np.maximum(whole.errors, 1e-9)))
    found = measured_together(
        comparison, "curvature", index, lambda pairs: distances(pairs, models, sure, np.sign(whole.bends)), SPLITS
    )
    said = f"{len(whole.bends)} drivers of {outcomes_of(comparison, index, [model.places for model in models])}"
    ours = shapes(comparison.synthetic.columns(index), models)
    remarks = {
        "spline_gain": f"{said}; among people {whole.gains.mean():.3f}, in the panel {ours.gains.mean():.3f}",
        "curve_error": said,
        "penalty_reward": f"{said}; among people {whole.uneven.mean():.2f}, in the panel {ours.uneven.mean():.2f}",
        "curvature_signs": f"{int(sure.sum())} of {said} surely bend among people",
    }
    return [*_made(comparison, found, remarks), _signs(comparison, found, remarks["curvature_signs"], int(sure.sum()))]


def _made(comparison: Comparison, found: Matched, remarks: Mapping[str, str]) -> list[Check]:
    # a panel without curves is right where people have none: nothing has to be told from unrelated answers
    scales = {"spline_gain": PLAIN, "curve_error": ROOT, "penalty_reward": PLAIN}
    return [
        of_matched(name, GROUP, found.column(i), comparison, scale, remarks[name], needs_power=False)
        for i, (name, scale) in enumerate(scales.items())
    ]


def _signs(comparison: Comparison, found: Matched, said: str, count: int) -> Check:
    if count < LEAST_BENT:
        # people's answers run straight here: there is no sign to get wrong, and the other checks see invented bends
        return not_judged("curvature_signs", GROUP, f"{said}; {LEAST_BENT} are needed to compare their signs")
    return of_matched("curvature_signs", GROUP, found.column(3), comparison, SIMILARITY, said)


def _model(human: Sample, questions: Sequence[Question], places: np.ndarray) -> Model | None:
    """The model with its strongest drivers that have three ratings or more; None without any."""
    drivers = [j for j in places[:-1] if len(np.unique(human.scores[~np.isnan(human.scores[:, j]), j])) > 2]
    if not drivers:
        return None
    links = correlations(human.scores[:, [*drivers, places[-1]]], human.point)[0, -1, :-1]
    kept = np.sort(np.argsort(-np.abs(links), kind="stable")[:MOST_DRIVERS])
    drivers = [drivers[i] for i in kept]
    limits = np.array([_limits(human, questions[j], j) for j in drivers])
    signs = np.where(links[kept] < 0, -1.0, 1.0)
    return Model(np.array([*drivers, places[-1]]), limits, signs, float(np.nanstd(human.scores[:, places[-1]])))


def _limits(human: Sample, question: Question, j: int) -> tuple[float, float]:
    """Ends of a scale: (K − 1)/2 options on each side, at most three, as in `analysis.nonlinear`; thirds of numbers."""
    if question.cuts is not None:
        known = ~np.isnan(human.scores[:, j])
        low, high = weighted_quantiles(human.scores[known, j], human.weights[known], (1 / 3, 2 / 3))
        return (low, high) if low < high else (low - 1e-9, low + 1e-9)
    steps = int(question.on_scale.sum())
    width = min(3, (steps - 1) // 2)
    return width - 1.0, float(steps - width)


def shapes(sample: Sample, models: Sequence[Model]) -> Shapes:
    """Curves of every driver alone, and low and high ratings of all drivers of an outcome together."""
    curves = [_curve(sample, j, model.places[-1]) for model in models for j in model.places[:-1]]
    gains, bends, errors = np.array(curves).T
    return Shapes(gains, bends, errors, np.concatenate([_uneven(sample, model) for model in models]))


def _curve(sample: Sample, driver: int, outcome: int) -> tuple[float, float, float]:
    """Gain, bend and its standard error √((1 − R²)/(n − 3)); all 0 where one of the two does not vary."""
    both = ~np.isnan(sample.scores[:, [driver, outcome]]).any(axis=1)
    x, y, weights = sample.scores[both, driver], sample.scores[both, outcome], sample.weights[both]
    if both.sum() < LEAST_PAIR or x.min() == x.max() or y.min() == y.max():
        return 0.0, 0.0, 0.0
    line, gain, bend = (float(figure[0]) for figure in curve_figures(x, y, weights[None, :]))
    error = np.sqrt(max(1 - line - bend**2, 1e-6) / max(kish_effective_n(weights) - 3, 1.0))
    return gain, bend, float(error)


def _uneven(sample: Sample, model: Model) -> np.ndarray:
    values = sample.scores[:, model.places]
    full = ~np.isnan(values).any(axis=1)
    drivers, y = values[full, :-1], values[full, -1]
    if full.sum() < LEAST_PAIR:
        return np.zeros(len(model.limits))
    ends = np.stack([drivers <= model.limits[:, 0], drivers >= model.limits[:, 1]], axis=2).astype(float)
    slopes = penalties(ends, y, sample.weights[None, full])[0][0]
    return model.signs * slopes.sum(axis=1) / model.spread


def distances(
    pairs: Sequence[tuple[Sample, Sample]], models: Sequence[Model], sure: np.ndarray, signs: np.ndarray
) -> np.ndarray:
    """(N, 4): mean gain less that of people; mean squared error of bends, both errors taken out; mean reward less
    penalty, less that of people; share of drivers that surely bend among people (`sure`, `signs`) and bend otherwise.
    """
    known: dict[int, Shapes] = {}
    for sample in (sample for pair in pairs for sample in pair):
        if id(sample) not in known:
            known[id(sample)] = shapes(sample, models)
    return np.array([_distance(known[id(ours)], known[id(theirs)], sure, signs) for ours, theirs in pairs])


def _distance(ours: Shapes, theirs: Shapes, sure: np.ndarray, signs: np.ndarray) -> np.ndarray:
    noise = ours.errors**2 + theirs.errors**2
    return np.array([
        (ours.gains - theirs.gains).mean(),
        ((ours.bends - theirs.bends) ** 2 - noise).mean(),
        (ours.uneven - theirs.uneven).mean(),
        (np.sign(ours.bends) != signs)[sure].mean() if sure.any() else 0.0,
    ])  # fmt: skip
