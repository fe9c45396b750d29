"""Response style: straight-lining. The human rate is the target, not zero."""

from __future__ import annotations

import numpy as np

from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, Scored, average, filled, not_judged, of_all, of_each, spread
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Question, Sample

GROUP = "style"
#: rows a grid needs before one answer throughout says something
LEAST_ROWS = 3


def straight_lines(positions: np.ndarray) -> np.ndarray:
    """(n,) 1 where a person gave one answer to all rows of a grid, 0 where not, NaN where a row is unanswered.

    positions: (n, rows), -1 for no answer. Assumption: the rows share one scale. Reference: docs/methods/style.md.
    Example: rows (2, 2, 2), (2, 3, 2), (2, -1, 2): 1, 0, NaN.
    """
    same = (positions == positions[:, :1]).all(axis=1).astype(float)
    return np.where((positions >= 0).all(axis=1), same, np.nan)


def rates(lines: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, B) weighted share of straight-liners in each grid, NaN where nobody answered it whole.

    lines: (n, B) as from `straight_lines`; weights: (R, n). Example: lines (1, 0, NaN), weights 1: .5.
    """
    known = ~np.isnan(lines)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ np.where(known, lines, 0.0)) / (weights @ known)


def grids(questions: tuple[Question, ...]) -> dict[str, np.ndarray]:
    """Battery -> its questions, for batteries of `LEAST_ROWS` or more with one set of three options or more."""
    found: dict[tuple, list[int]] = {}
    for j, question in enumerate(questions):
        if question.battery is not None and len(question.labels) > 2 and question.cuts is None:
            found.setdefault((question.battery, question.labels), []).append(j)
    return {str(key[0]): np.array(index) for key, index in found.items() if len(index) >= LEAST_ROWS}


def least_variance(rate: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Variance of a rate with one success and one failure added, p̃(1 − p̃)/(n + 2); a bootstrap of 0 of n gives 0.

    Reference: Agresti & Caffo 2000. Example: 0 of 98: p̃ = 1/100, .0099/100 = .000099.
    """
    adjusted = (rate * n + 1) / (n + 2)
    return adjusted * (1 - adjusted) / (n + 2)


def checks(comparison: Comparison) -> list[Check]:
    """Straight-lining above the human rate, by grid and on average."""
    batteries = grids(comparison.questions)
    batteries = {name: index for name, index in batteries.items() if _answered(comparison, index)}
    if not batteries:
        reason = f"no grid of {LEAST_ROWS} or more rows with one scale that both sides answered"
        return [not_judged("straight_line", GROUP, reason)]
    scored = _scored(comparison, list(batteries.values()))
    human = rates(_lines(comparison.human, batteries.values()), comparison.human.point)[0]
    remark = f"human rate {number(float(human.mean()))}, synthetic {number(float((human + scored.values).mean()))}"
    return [of_all(scored, remark), *of_each(scored, list(batteries), "battery")]


def _widened(replicates: np.ndarray, values: np.ndarray, least: np.ndarray, comparison: Comparison) -> np.ndarray:
    """Resamples whose standard deviation is not below `least`."""
    noise = comparison.rng("straight lines").standard_normal(replicates.shape)
    short = np.sqrt(np.maximum(0.0, least**2 - spread(replicates) ** 2))
    return filled(replicates, values) + noise * short


def _answered(comparison: Comparison, index: np.ndarray) -> bool:
    return all((side.positions[:, index] >= 0).all(axis=1).any() for side in (comparison.synthetic, comparison.human))


def _lines(sample: Sample, batteries) -> np.ndarray:
    return np.column_stack([straight_lines(sample.positions[:, index]) for index in batteries])


def _scored(comparison: Comparison, batteries: list[np.ndarray]) -> Scored:
    """Differences of rates, synthetic minus human."""
    human, synthetic, second = comparison.human, comparison.synthetic, comparison.ceiling
    theirs = _lines(human, batteries)
    ours = _lines(synthetic, batteries)
    point, boot = rates(theirs, human.point), rates(theirs, comparison.human_boot)
    if second is None:
        people = rates(theirs, comparison.halves[0]) - rates(theirs, comparison.halves[1])
        people_boot = None
    else:
        people = rates(_lines(second, batteries), second.point) - point
        people_boot = rates(_lines(second, batteries), comparison.ceiling_boot) - boot
    sides = ((human, theirs), (synthetic, ours))
    answered = [np.isfinite(lines).sum(axis=0) * side.effective_n / side.n for side, lines in sides]
    rate = rates(ours, synthetic.point)
    least = np.sqrt(sum(least_variance(side[0], n) for side, n in zip((point, rate), answered, strict=True)))
    replicates = _widened(rates(ours, comparison.synthetic_boot) - boot, (rate - point)[0], least, comparison)
    return Scored(
        "straight_line",
        GROUP,
        (rate - point)[0],
        replicates,
        average(people),
        people_boot,
        people if second is None else None,
        {
            name: (rates(_lines(sample, batteries), sample.point) - point)[0]
            for name, sample in comparison.baselines.items()
        },
        PLAIN,
        n=np.minimum(*answered),
    )
