"""From measured numbers to checks: interval, ceiling, baselines, verdict and words, the same way for every family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from scipy.stats import norm

from populace.analysis.estimate import mean_over_questions, normal_interval
from populace.scrutiny.ceiling import AHEAD, BEHIND, LEAST_N, LEVEL, judge
from populace.scrutiny.report import FAIL, UNDERPOWERED, UNVERIFIED, Check, interval, number
from populace.scrutiny.tolerances import MARGINS, Margin

Z = NormalDist().inv_cdf(0.975)
#: ratios below this are shown as this, so that their logarithm exists
LEAST_RATIO = 0.01


@dataclass(frozen=True)
class Scale:
    """Numbers are computed on one scale (ln, square) and shown on another."""

    #: computed -> shown
    shown: Callable[[float], float]
    #: computed value that means "no error"
    center: float = 0.0
    #: limits of what can be shown
    bounds: tuple[float, float] = (-np.inf, np.inf)
    #: computed as a ratio but judged by its logarithm
    judged_as_log: bool = False


PLAIN = Scale(float)
SHARE = Scale(float, bounds=(0.0, 1.0))
DISTANCE = Scale(float, bounds=(0.0, np.inf))
RATIO = Scale(lambda x: float(np.exp(x)))
ROOT = Scale(lambda x: float(np.sqrt(max(0.0, x))))
POINTS = Scale(lambda x: 100 * float(np.sqrt(max(0.0, x))))
AROUND_ONE = Scale(float, center=1.0)
RATIO_RANGE = Scale(float, center=1.0, judged_as_log=True)
AROUND_HALF = Scale(float, center=0.5, bounds=(0.0, 1.0))


#: differences in units of their noise, and what their absolute values are on average
_STEPS = np.linspace(0.0, 8.0, 1601)
_FOLDED = np.sqrt(2 / np.pi) * np.exp(-(_STEPS**2) / 2) + _STEPS * (1 - 2 * norm.cdf(-_STEPS))


def hidden_error(distance: float, floor: float) -> float:
    """The real distance behind one that noise inflates: the mean of a folded normal turned round.

    Formula: σ·f⁻¹(distance/σ), f(x) = √(2/π)e^(−x²/2) + x(1 − 2Φ(−x)), σ = floor/f(0); 0 at the floor and below.
    Errors and noise add in squares, so distance − floor is too small: at a floor of .06 an error of .05 shows as .078.
    Assumption: errors alike in all options (others of the same sum show more). Reference: Leone, Nelson & Nottingham
    1961. Example: distance .078, floor .06: σ = .0752, f(.67) = 1.04, so .050.
    """
    if floor <= 0:
        return distance
    unit = floor / float(_FOLDED[0])
    if distance >= unit * _STEPS[-1]:
        return distance
    return unit * float(np.interp(distance / unit, _FOLDED, _STEPS))


def seen_error(error: float, floor: float) -> float:
    """What a real distance shows as among noise: `hidden_error` the other way round. Example: .05 at .06: .078."""
    if floor <= 0 or error >= floor / float(_FOLDED[0]) * _STEPS[-1]:
        return error
    unit = floor / float(_FOLDED[0])
    return unit * float(np.interp(error / unit, _STEPS, _FOLDED))


@dataclass(frozen=True)
class Scored:
    """One measure on Q questions (or batteries, or the whole panel), on its computing scale."""

    #: name of the check
    check: str
    #: family
    group: str
    #: (Q,) measure of the synthetic panel
    values: np.ndarray
    #: (R, Q) the measure in resamples of respondents
    replicates: np.ndarray
    #: (Q,) human ceiling at the same size
    ceiling: np.ndarray
    #: (R, Q) resamples of the ceiling, drawn with the same reference people; or None
    ceiling_replicates: np.ndarray | None
    #: (S, Q) the ceiling in every half-split; or None
    ceiling_splits: np.ndarray | None
    #: name -> (Q,) measure of a baseline
    baselines: Mapping[str, np.ndarray]
    #: how numbers are shown
    scale: Scale = PLAIN
    #: (Q,) what noise alone gives, for measures that are not corrected for it
    floor: np.ndarray | None = None
    #: (Q,) factor of the margin (options of the question, say)
    unit: np.ndarray | None = None
    #: (Q,) effective answers on the thinner side
    n: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def gap_replicates(self) -> np.ndarray:
        """(R, Q) resamples of T − C, as far as C was resampled together with T."""
        return self.replicates if self.ceiling_replicates is None else self.replicates - self.ceiling_replicates

    def ceiling_error(self) -> np.ndarray:
        """(Q,) standard error of a ceiling averaged over half-splits."""
        if self.ceiling_splits is None or len(self.ceiling_splits) < 2:
            return np.zeros(len(self.values))
        return spread(self.ceiling_splits) / len(self.ceiling_splits) ** 0.5


def spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation along the first axis, NaN left out; 0 where fewer than two numbers are known."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(known, values - mean, 0.0) ** 2).sum(axis=0)
    return np.sqrt(squares / np.maximum(count - 1, 1))


def average(values: np.ndarray) -> np.ndarray:
    """Mean along the first axis, NaN left out; NaN where nothing is known."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def filled(replicates: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Resamples in which a number could not be computed, replaced by the estimate itself."""
    return np.where(np.isfinite(replicates), replicates, values)


def of_each(scored: Scored, subjects: Sequence[str], scope: str = "question") -> list[Check]:
    """One check per question or battery."""
    errors = spread(filled(scored.replicates, scored.values))
    gap_errors = np.hypot(spread(filled(scored.gap_replicates(), scored.values)), scored.ceiling_error())
    units = np.ones(len(subjects)) if scored.unit is None else scored.unit
    return [
        finding(
            scored.check, scored.group, scope, subject, scored.scale,
            float(scored.values[j]), float(errors[j]), float(scored.ceiling[j]), float(gap_errors[j]),
            {name: float(numbers[j]) for name, numbers in scored.baselines.items()},
            None if scored.floor is None else float(scored.floor[j]), float(scored.n[j]), float(units[j]),
        )
        for j, subject in enumerate(subjects)
    ]  # fmt: skip


def of_all(scored: Scored, remark: str = "") -> Check:
    """One check of the mean over questions, whose interval counts questions as sampled too.

    Questions that fewer than `LEAST_N` answered stay out where others do not: they would drown the rest in noise.
    """
    scored, left_out = _without_thin(scored)
    remark = "; ".join(filter(None, (remark, f"{left_out} thin questions left out" if left_out else "")))
    value, error = mean_over_questions(scored.values, filled(scored.replicates, scored.values))
    gaps = scored.values - scored.ceiling
    gap, gap_error = mean_over_questions(gaps, filled(scored.gap_replicates(), scored.values))
    if scored.ceiling_splits is not None and len(scored.ceiling_splits) > 1:
        over_questions = average(scored.ceiling_splits.T)
        gap_error = float(np.hypot(gap_error, spread(over_questions) / len(over_questions) ** 0.5))
    baselines = {name: float(np.mean(numbers)) for name, numbers in scored.baselines.items()}
    differences = {name: _difference_error(scored, numbers) for name, numbers in scored.baselines.items()}
    return finding(
        scored.check, scored.group, "all", "all", scored.scale, value, error, value - gap, gap_error, baselines,
        None if scored.floor is None else float(np.mean(scored.floor)), float(np.median(scored.n)),
        1.0 if scored.unit is None else float(np.mean(scored.unit)), remark, differences,
    )  # fmt: skip


def _difference_error(scored: Scored, baseline: np.ndarray) -> float:
    """Standard error of the mean difference to a baseline over the same questions, as noisy as the panel."""
    replicates = filled(scored.replicates, scored.values)
    noise = 2**0.5 * (replicates - replicates.mean(axis=0))
    return mean_over_questions(scored.values - baseline, noise)[1]


def _without_thin(scored: Scored) -> tuple[Scored, int]:
    """The measure on the questions with enough answers, and how many have too few; all where none has enough."""
    kept = scored.n >= LEAST_N
    if kept.all() or not kept.any():
        return scored, 0

    def some(numbers: np.ndarray | None) -> np.ndarray | None:
        return None if numbers is None else numbers[..., kept]

    columns = ("values", "replicates", "ceiling", "ceiling_replicates", "ceiling_splits", "floor", "unit", "n")
    fewer = {name: some(getattr(scored, name)) for name in columns}
    baselines = {name: some(numbers) for name, numbers in scored.baselines.items()}
    return replace(scored, **fewer, baselines=baselines), int((~kept).sum())


def finding(
    check: str, group: str, scope: str, subject: str, scale: Scale, value: float, error: float,
    ceiling: float, gap_error: float, baselines: Mapping[str, float], floor: float | None, n: float,
    unit: float = 1.0, remark: str = "", differences: Mapping[str, float] | None = None,
) -> Check:  # fmt: skip
    """A check from an estimate and its standard error, both on the computing scale.

    differences: standard error of the difference to each baseline; by default that of two panels alike.
    """
    margin = MARGINS[check, scope]
    estimate = normal_interval(value, error, n, bounds=scale.bounds)
    gap = normal_interval(value - ceiling, gap_error, n)
    known = {name: number for name, number in baselines.items() if np.isfinite(number)}
    standing = standing_of(value, known, differences or dict.fromkeys(known, 2**0.5 * error), scale, margin.sided)
    limits = (gap.low, gap.high)
    if scale.judged_as_log:
        limits = tuple(float(np.log(max(1.0 + limit, LEAST_RATIO))) for limit in limits)
    hidden = None if floor is None else hidden_error(estimate.high, floor)
    verdict = judge(*limits, margin, standing, n, unit, floor, hidden)
    # of an agreement the largest error is the lower limit
    ends = sorted(scale.shown(limit) for limit in (estimate.low, estimate.high))
    numbers = [scale.shown(value), *ends, scale.shown(ceiling)]
    shown = {name: scale.shown(other) for name, other in known.items()}
    parts = (*numbers, None if floor is None else scale.shown(floor), shown)
    why = _why_open(verdict, floor, hidden, n, margin, standing)
    words = "; ".join(filter(None, (_words(margin.what, *parts), remark, why)))
    return Check(check, group, scope, subject, *parts[:5], verdict, shown, words)


def _why_open(verdict: str, floor: float | None, hidden: float | None, n: float, margin: Margin, standing: str) -> str:
    """Why nothing is decided, where it is not."""
    if verdict == FAIL and standing == BEHIND:
        return "a baseline is better"
    if verdict != UNDERPOWERED:
        return ""
    if n < LEAST_N:
        return f"{n:.0f} answers on one side decide nothing, {LEAST_N} are needed"
    if floor is not None and floor > margin.most_noise:
        return f"sampling noise above {number(margin.most_noise)} hides real error"
    if hidden is not None and hidden > margin.tolerance:
        return f"sampling noise may hide a real error of {number(hidden)}, more than {number(margin.tolerance)}"
    ahead = "" if standing == AHEAD else ", and not surely better than every baseline"
    return f"the interval is too wide to say{ahead}"


def standing_of(
    value: float, others: Mapping[str, float], errors: Mapping[str, float], scale: Scale, sided: str
) -> str:
    """AHEAD of every other or BEHIND one, each by more than its 95 % error, or LEVEL.

    Compared is the distance from "no error"; corrected errors may be negative, which is better still. Being ahead by
    chance is easier the fewer people there are, so it does not count.
    Example: error .04, others .03 and .09, standard error .01 each: .01 behind the better, within 1.96·.01: LEVEL.
    """

    def distance(number: float) -> float:
        return number if sided == "upper" else abs(number - scale.center)

    behind = {name: distance(value) - distance(other) for name, other in others.items()}
    if all(gap < -Z * errors[name] for name, gap in behind.items()):
        return AHEAD
    return BEHIND if any(gap > Z * errors[name] for name, gap in behind.items()) else LEVEL


def _words(
    what: str, value: float, low: float, high: float, ceiling: float, floor: float | None, baselines: Mapping
) -> str:
    text = f"{what}: {number(value)} {interval(low, high)}, people against people {number(ceiling)}"
    if floor is not None:
        text += f", sampling noise alone {number(floor)}"
    if baselines:
        text += ", " + ", ".join(f"{name} {number(other)}" for name, other in baselines.items())
    return text


def not_judged(check: str, group: str, reason: str, scope: str = "all", subject: str = "all") -> Check:
    """A check that could not be made, with the reason."""
    return Check(check, group, scope, subject, None, None, None, None, None, UNVERIFIED, {}, reason)


def undecided(check: str, group: str, reason: str) -> Check:
    """A check that people too few or too much alike leave open: more of them would settle it."""
    return Check(check, group, "all", "all", None, None, None, None, None, UNDERPOWERED, {}, reason)


def of_panel(
    check: str, group: str, value: float, replicates: np.ndarray, people: np.ndarray,
    people_replicates: np.ndarray | None, baselines: Mapping[str, float], scale: Scale, n: float,
) -> Scored:  # fmt: skip
    """One number for the whole panel: (R,) resamples, (S,) ceilings, and (R,) resamples of a second human sample."""
    splits = np.asarray(people, dtype=float)[:, None]
    second = None if people_replicates is None else people_replicates[:, None]
    return Scored(
        check, group, np.array([float(value)]), replicates[:, None], average(splits), second,
        None if second is not None else splits, {name: np.array([float(x)]) for name, x in baselines.items()},
        scale, n=np.array([n]),
    )  # fmt: skip
