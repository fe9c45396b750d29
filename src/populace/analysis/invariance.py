"""Measurement invariance: does a scale measure the same thing in the same way in every group?

Only where it does may groups be compared by it: loadings for relations, intercepts as well for means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis.cfa import Material, improper, material_of
from populace.analysis.charts import dots
from populace.analysis.estimate import Estimate, normal_interval
from populace.analysis.fitting import Fit, FitIndices, Test, difference, indices, release_test
from populace.analysis.measurement import measurement
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = ["invariance", "invariance_of", "InvarianceResult", "Level", "Shift", "verdict_of"]

#: largest loss of CFI, and gains of RMSEA and SRMR, that equality may cost (Cheung & Rensvold 2002; Chen 2007)
LOSS_CFI, GAIN_RMSEA = 0.010, 0.015
#: SRMR reacts more to loadings than to intercepts and residuals (Chen 2007)
GAIN_SRMR = {"thresholds": 0.030, "metric": 0.030, "scalar": 0.010, "strict": 0.010}
#: what a model has to reach to be said to fit: a generous convention
LEAST_CFI, MOST_SRMR = 0.90, 0.08
#: chance of calling any invariant item different, over all items
ALARM = 0.05
#: items of a factor that stay equal, so that groups remain on one scale
ANCHORS = 2
#: what each level of numbers, and of ordinal items, holds equal
_NUMBERS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
_ORDINAL = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}
#: what is released item by item at a level
_RELEASED = {"metric": "loadings", "scalar": "intercepts"}
HOLDS, FAILS, DOUBT, BEYOND, SAME = "holds", "does not hold", "in doubt", "not reached", "same model"
#: of the first model, in every group by itself: equality can still be tested, from where it stands
FITS, POOR = "fits", "fits poorly"
#: after these the next level is worth a look
_GOES_ON = (HOLDS, SAME, FITS, POOR)


@dataclass(frozen=True)
class Level:
    """One level of invariance."""

    #: "configural", "thresholds", "metric", "scalar" or "strict"
    name: str
    #: the model at the end of the search
    found: Fit
    #: how well it fits, None where the search did not end
    fit: FitIndices | None
    #: changes of CFI, RMSEA and SRMR from the level before; None at the first, at the same model, or without a solution
    changes: tuple[float, float, float] | None
    #: test of the equalities that this level adds
    test: Test | None
    #: of the first level "fits" or "fits poorly"; of others "holds", "does not hold", "in doubt", "not reached" or
    #: "same model" (it has as many parameters as the level before)
    verdict: str


@dataclass(frozen=True)
class Shift:
    """An item that is not invariant, with how far apart it is."""

    #: "metric" (its loading differs) or "scalar" (its intercept does)
    level: str
    #: name of the item
    item: str
    #: group that is compared with the first
    group: str
    #: p of the score test when it was released
    p: float
    #: difference from the first group: standard deviations of the item, for loadings per SD of the factor
    shift: Estimate


@dataclass(frozen=True)
class InvarianceResult(Result):
    """Levels of invariance of a model between groups."""

    analysis: ClassVar[str] = "invariance"

    #: items, factors and groups
    material: Material
    #: from configural on
    levels: tuple[Level, ...]
    #: items that are not invariant at the first level that fails, or at the scalar one
    shifts: tuple[Shift, ...]
    #: the level with those items released, None where there were none
    partial: Level | None
    #: what is wrong with a solution, what cannot be tested
    problems: tuple[str, ...]

    @property
    def attained(self) -> str | None:
        """The last level that holds, None where not even the first does."""
        held = None
        for level in self.levels:
            if level.verdict not in _GOES_ON:
                break
            held = level.name
        return held

    def tables(self) -> tuple[Table, ...]:
        rows = [_level_row(level) for level in (*self.levels, *([self.partial] if self.partial else []))]
        columns = ("level", "χ²", "df", "CFI", "RMSEA", "SRMR", "ΔCFI", "ΔRMSEA", "ΔSRMR", "Δχ² p", "verdict")
        first = Table("Measurement invariance", columns, tuple(rows), (self._in_words(),))
        if not self.shifts:
            return (first,)
        rows = [(s.item, s.level, s.group, s.shift, s.p) for s in self.shifts]
        columns = ("item", "level", f"group (against {self.material.groups[0]})", "shift in SD", "p")
        return first, Table("Items that are not invariant", columns, tuple(rows))

    def _in_words(self) -> str:
        words = {
            None: "The model has no solution in these groups: they cannot be compared by it.",
            "configural": "Only the pattern is the same: neither relations nor means may be compared.",
            "thresholds": "Thresholds are the same, loadings are not: neither relations nor means may be compared.",
            "metric": "Loadings are the same: relations may be compared between groups, means may not.",
            "scalar": "Loadings and intercepts are the same: relations and factor means may be compared.",
            "strict": "Everything is the same: relations, factor means and sums of the items may be compared.",
        }
        poor = self.levels[0].verdict == POOR
        caution = " But the model itself fits poorly (CFI below .90 or SRMR above .08): levels are relative to that."
        return words[self.attained] + caution * poor

    def chart(self) -> Spec | None:
        if self.shifts:
            several = len(self.material.groups) > 2
            rows = [
                {"name": s.item, "value": s.shift.value, "low": s.shift.low, "high": s.shift.high}
                | ({"series": s.group} if several else {})
                for s in self.shifts
            ]
            return dots(rows, f"shift from {self.material.groups[0]} in standard deviations", reference=0.0)
        rows = [{"name": level.name, "value": level.changes[0]} for level in self.levels if level.changes]
        return dots(rows, "change of CFI", reference=-LOSS_CFI, form=".3f") if rows else None

    def notes(self) -> tuple[str, ...]:
        sizes = ", ".join(
            f"{group} {moment.n:,.0f}"
            for group, moment in zip(self.material.groups, self.material.moments, strict=True)
        )
        rule = (
            f"A level holds when CFI falls by {LOSS_CFI} or less, RMSEA rises by {GAIN_RMSEA} or less and SRMR by .030 "
            "(thresholds, loadings) or .010 or less; where only RMSEA or SRMR objects it is in doubt."
        )
        basis = (
            f"{self.material.estimator}, effective n: {sizes}. Changes of fit have no interval; RMSEA has one of 90 %."
        )
        return (*self.problems, *self.material.remarks, rule, basis)


def _level_row(level: Level) -> tuple:
    name = level.name
    if level.fit is None:
        return (name, *(None,) * 9, "did not converge")
    test = level.fit.test
    changes = level.changes or (None, None, None)
    p = level.test.p if level.test else None
    return (name, test.chi2, test.df, level.fit.cfi, level.fit.rmsea, level.fit.srmr, *changes, p, level.verdict)


def invariance(
    data: DataSet,
    model: Mapping[str, Sequence[str]],
    by: str,
    estimator: str = "auto",
    reverse: Collection[str] = (),
) -> InvarianceResult:
    """Configural, metric, scalar and strict invariance of a model (factor: items) between the groups of `by`.

    Numbers: loadings, then intercepts, then residual variances are held equal. Ordinal items (WLSMV): thresholds come
    first, and levels are those of Wu & Estabrook (2016); two-option items allow scalar and strict only. Items that are
    not invariant are found by score tests and released one by one. Groups below 50 people are left out.
    """
    return invariance_of(material_of(data, model, by, estimator, reverse))


def invariance_of(material: Material) -> InvarianceResult:
    """The same from moments of groups, however they came about."""
    if len(material.groups) < 2:
        raise DataError("invariance compares groups and there is one; expected two or more: choose another variable")
    plan, problems = _plan(material)
    levels: list[Level] = []
    for name, equal in plan.items():
        start = _transferred(material, equal, levels[-1].found) if levels else None
        levels.append(_level(material, name, material.fitted(equal, start=start), levels))
    if levels[0].found.df <= 0:
        problems.append("The first model has no degrees of freedom: it fits whatever the answers are.")
    for level in levels:
        said = improper(material, level.found) if level.found.converged else ("the search DID NOT CONVERGE.",)
        problems += [f"{level.name}: {problem}" for problem in said]
    name = _to_release(levels)
    shifts, partial = _released(material, plan, levels, name) if name else ((), None)
    return InvarianceResult(material, tuple(levels), shifts, partial, tuple(problems))


def _plan(material: Material) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Levels that can be tested with these items, and why some cannot."""
    if material.steps is None:
        return dict(_NUMBERS), []
    if material.steps.min() > 2:
        return dict(_ORDINAL), []
    left = {name: equal for name, equal in _ORDINAL.items() if name not in ("thresholds", "metric")}
    said = "Items with two options: thresholds and loadings cannot be tested apart from intercepts (Wu & Estabrook)."
    return left, [said]


def _transferred(material: Material, equal: Collection[str], before: Fit) -> np.ndarray | None:
    """Where to begin: the solution of the level before."""
    if not before.converged:
        return None
    model = measurement(material.structure, len(material.groups), equal, material.steps)
    return model.parameters(before.model.matrices(before.theta))


def _level(material: Material, name: str, found: Fit, before: Sequence[Level]) -> Level:
    fit = indices(found) if found.converged else None
    if not before:
        fits = fit is not None and fit.cfi >= LEAST_CFI and fit.srmr <= MOST_SRMR
        return Level(name, found, fit, None, None, FITS if fits else POOR if fit else FAILS)
    last = before[-1]
    changes = _changes(fit, last.fit)
    test = difference(found, last.found) if fit and last.fit and found.df > last.found.df else None
    stopped = any(level.verdict not in _GOES_ON for level in before)
    if stopped:
        verdict = BEYOND
    elif found.df == last.found.df:
        verdict, changes = SAME, None
    else:
        verdict = verdict_of(changes, GAIN_SRMR[name])
    return Level(name, found, fit, changes, test, verdict)


def _changes(fit: FitIndices | None, before: FitIndices | None) -> tuple[float, float, float] | None:
    if fit is None or before is None:
        return None
    return fit.cfi - before.cfi, fit.rmsea.value - before.rmsea.value, fit.srmr - before.srmr


def verdict_of(changes: tuple[float, float, float] | None, gain_srmr: float) -> str:
    """What changes of CFI, RMSEA and SRMR say of the equalities that were added.

    Holds: all three within their limits. Does not hold: CFI falls by more than .010 (Cheung & Rensvold 2002), or there
    is no solution. In doubt: only RMSEA or SRMR object (Chen 2007). Example: (−.002, −.004, .004): holds;
    (−.039, .014, .011): does not hold.
    """
    if changes is None or changes[0] < -LOSS_CFI:
        return FAILS
    return HOLDS if changes[1] <= GAIN_RMSEA and changes[2] <= gain_srmr else DOUBT


def _to_release(levels: Sequence[Level]) -> str | None:
    """The level at which single items are looked for: the first that does not hold, else the scalar one."""
    for level in levels[1:]:
        if level.verdict in (FAILS, DOUBT):
            return level.name if level.name in _RELEASED and level.found.converged else None
    converged = {level.name for level in levels if level.found.converged and level.verdict == HOLDS}
    return "scalar" if "scalar" in converged else None


def _released(
    material: Material, plan: Mapping[str, tuple[str, ...]], levels: Sequence[Level], name: str
) -> tuple[tuple[Shift, ...], Level | None]:
    """Items released one by one, the worst first, while a score test over all items still says so."""
    place = [level.name for level in levels].index(name)
    matrix, found = _RELEASED[name], levels[place].found
    released: list[tuple[str, int]] = []
    p_values: list[float] = []
    while candidates := _candidates(material, matrix, released):
        tests = {i: release_test(found, _wider(material, plan[name], [*released, (matrix, i)])) for i in candidates}
        worst = min(candidates, key=lambda i: (tests[i].p, -tests[i].chi2))
        if tests[worst].p * len(candidates) >= ALARM:
            break
        following = material.fitted(plan[name], [*released, (matrix, worst)])
        if not following.converged:
            break
        found = following
        released.append((matrix, worst))
        p_values.append(tests[worst].p)
    if not released:
        return (), None
    partial = _level(material, f"{name}, partial", found, ())
    before = levels[place - 1]
    changes = _changes(partial.fit, before.fit)
    test = difference(found, before.found) if before.found.converged else None
    partial = Level(partial.name, found, partial.fit, changes, test, verdict_of(changes, GAIN_SRMR[name]))
    shifts = [
        Shift(name, material.names[i], group, p, _shift(material, found, matrix, i, g))
        for (_, i), p in zip(released, p_values, strict=True)
        for g, group in enumerate(material.groups)
        if g > 0
    ]
    return tuple(shifts), partial


def _candidates(material: Material, matrix: str, released: Sequence[tuple[str, int]]) -> list[int]:
    """Items that may still be released: every factor keeps some that are equal."""
    gone = {i for _, i in released}
    left = material.structure.copy()
    left[list(gone)] = False
    spare = left.sum(axis=0) > ANCHORS
    return [i for i in range(len(material.names)) if i not in gone and (spare | ~material.structure[i]).all()]


def _wider(material: Material, equal: Collection[str], released: Sequence[tuple[str, int]]):
    return measurement(material.structure, len(material.groups), equal, material.steps, released)


def _shift(material: Material, found: Fit, matrix: str, item: int, group: int) -> Estimate:
    """Difference of an item's intercept or loading from the first group, in the first group's units."""
    at = found.model.matrices(found.theta)
    moment = material.moments[0]
    loadings = at["loadings"][0]
    spread = np.sqrt((loadings @ at["phi"][0] @ loadings.T)[item, item] + at["residuals"][0, item])
    block = getattr(found.model, matrix)
    place = (item, int(np.argmax(material.structure[item]))) if matrix == "loadings" else (item,)
    ends = [block.index[(g, *place)] for g in (group, 0)]
    gradient = np.zeros(found.model.count)
    for end, sign in zip(ends, (1.0, -1.0), strict=True):
        if end >= 0:
            gradient[end] += sign
    value = at[matrix][(group, *place)] - at[matrix][(0, *place)]
    error = np.sqrt(max(float(gradient @ found.covariance @ gradient), 0.0))
    n = moment.n + material.moments[group].n
    return normal_interval(float(value / spread), float(error / spread), n)
