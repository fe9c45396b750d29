"""How honest the uncertainty is: intervals that cover what they say, predicted errors that come true, flags that help.

Nothing is asked anew: the rows of R2, R3, synthbench and drift carry the model's intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import binomtest, rankdata, spearmanr

from populace.app.benchmark import bootstrap, drift, questions, shares, surveys, synthbench
from populace.app.benchmark.bench import Bench, NotTrained
from populace.app.benchmark.bootstrap import Spread
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.individuals import concordance
from populace.app.benchmark.shares import LEVELS, OURS, Row

REGIME = "uncertainty"
#: half-width of a 90 % interval in standard deviations
NINETY = 1.645
#: resamples for ranks, which have no sums to be quick with
DRAWS = 400
#: an option that nobody chose counts as covered when the interval comes this close to zero
NEARLY_NONE = 1e-3
#: where rows come from
SOURCES: dict[str, Callable[[Bench], list[Row]]] = {
    "R2": questions.question_rows,
    "R3": lambda bench: surveys.all_rows(bench)[0],
    "synthbench": lambda bench: synthbench.recorded_rows(bench, synthbench.SUBSTANTIVE),
    "drift": drift.year_rows,
}


def measure(bench: Bench) -> list[Figure | Gap]:
    """Coverage, predicted error and flags of every regime that judges margins."""
    figures: list[Figure | Gap] = []
    for regime, read in SOURCES.items():
        try:
            rows = read(bench)
        except NotTrained as problem:
            figures.append(Gap(REGIME, regime, OURS, "coverage", str(problem)))
            continue
        figures += _of_regime(bench, regime, rows)
    return figures


def _of_regime(bench: Bench, regime: str, rows: Sequence[Row]) -> list[Figure | Gap]:
    if len(rows) < 2:
        return [Gap(REGIME, regime, OURS, "coverage", f"{len(rows)} questions: too few")]
    clusters = shares.KNOWN_SURVEYS if regime == "R2" else shares.NEW_SURVEYS
    figures: list[Figure | Gap] = []
    for study, own in [(regime, rows), *((f"{regime}, {k}", p) for k, p in shares.by_group(rows, "kind").items())]:
        if len(own) >= 2:
            figures += coverage_figures(study, own, shares.draws_of(own, bench.random(REGIME, study), clusters))
    draws = shares.draws_of(rows, bench.random(REGIME, regime, "error"), clusters)
    return [*figures, *error_figures(regime, rows, draws), *flag_figures(regime, rows, draws)]


def coverage_figures(study: str, rows: Sequence[Row], draws: np.ndarray) -> list[Figure | Gap]:
    """Share of people's shares inside the intervals, questions counting alike whatever their number of options."""
    figures = []
    for level in LEVELS:
        inside = np.array([covered(row, level) for row in rows])
        spread = bootstrap.mean(100 * inside, draws)
        figure = spread.figure(
            REGIME,
            study,
            OURS,
            f"coverage of {100 * level:.0f} % intervals",
            len(rows),
            note="people's own sampling error counts",
        )
        figures.append(_never_sure(figure) if isinstance(figure, Figure) and np.ptp(inside) == 0 else figure)
    return figures


def _never_sure(figure: Figure) -> Figure:
    """Where every question is covered alike, draws of questions show no spread: Wilson's limits in their place.

    Example: 10 of 10 covered: 72 to 100 %.
    """
    covers = round(figure.value / 100 * figure.units)
    limits = binomtest(covers, figure.units).proportion_ci(method="wilson")
    note = f"{figure.note}; every question the same, so Wilson's limits"
    return replace(figure, low=100 * limits.low, high=100 * limits.high, note=note)


def covered(row: Row, level: float) -> float:
    """Share of the options whose people's share lies in the interval. Example: .2 in [.1, .3], .8 in [.5, .7]: .5."""
    low, high = (np.array(limit) for limit in row["intervals"][f"{level:g}"])
    people = np.array(row["people"])
    return float(np.mean((people >= np.where(low < NEARLY_NONE, 0, low)) & (people <= high)))


def predicted_error(row: Row) -> float:
    """Root mean square of the options' standard deviations, in points, from the 90 % interval."""
    low, high = (np.array(limit) for limit in row["intervals"]["0.9"])
    return float(100 * np.sqrt(np.mean(((high - low) / (2 * NINETY)) ** 2)))


def error_figures(regime: str, rows: Sequence[Row], draws: np.ndarray) -> list[Figure | Gap]:
    """Predicted against actual error: rank correlation, and their ratio by third of the predicted error."""
    predicted = np.array([predicted_error(row) for row in rows])
    scores = shares.scores(rows, OURS)
    squared = scores.d2 / scores.options
    actual = 100 * np.sqrt(np.maximum(squared, 0))
    figures = [
        _by_draws(lambda p, a: float(spearmanr(p, a).statistic), predicted, actual, draws[:DRAWS]).figure(
            REGIME, regime, OURS, "rank correlation of predicted and actual error", len(rows)
        )
    ]
    thirds = np.minimum((rankdata(predicted, method="ordinal") - 1) * 3 // len(rows), 2)
    for third, name in enumerate(("lowest", "middle", "highest")):
        own = thirds == third
        if not own.any():
            continue
        ratio = bootstrap.ratio_of_sums(1e4 * squared[own], predicted[own] ** 2, draws[:, own])
        spread = bootstrap.combined(lambda r: np.sqrt(np.maximum(r, 0)), ratio)
        measure = f"actual over predicted error, {name} third"
        note = f"predicted {np.sqrt(np.mean(predicted[own] ** 2)):.1f} points; 1 is right, above 1 too sure"
        figures.append(spread.figure(REGIME, regime, OURS, measure, int(own.sum()), note=note))
    return figures


def _by_draws(function: Callable[..., float], x: np.ndarray, y: np.ndarray, draws: np.ndarray) -> Spread:
    """A statistic without sums: questions are repeated as often as they were drawn."""
    place = np.arange(len(x))
    found = []
    for row in draws:
        chosen = np.repeat(place, row)
        usable = len(np.unique(x[chosen])) > 1 and len(np.unique(y[chosen])) > 1
        found.append(function(x[chosen], y[chosen]) if usable else np.nan)
    whole = function(x, y) if len(np.unique(x)) > 1 and len(np.unique(y)) > 1 else np.nan
    return Spread(whole, np.array(found))


def flag_figures(regime: str, rows: Sequence[Row], draws: np.ndarray) -> list[Figure | Gap]:
    """How much worse flagged questions are, and how well the flag finds the worst quarter."""
    flags = [row["flag"] for row in rows]
    if None in flags:
        return [Gap(REGIME, regime, OURS, '"do not use" flags', "the model sets no such flags")]
    flagged = np.array(flags, bool)
    scores = shares.scores(rows, OURS)
    tvd, actual = scores.tvd, np.maximum(scores.d2 / scores.options, 0) ** 0.5
    share = bootstrap.mean(100.0 * flagged, draws).figure(REGIME, regime, OURS, "questions flagged, %", len(rows))
    if flagged.all() or not flagged.any():
        what = "all" if flagged.any() else "no"
        return [share, Gap(REGIME, regime, OURS, "TVD of flagged minus others", f"{what} questions are flagged")]
    worse, others = (bootstrap.ratio_of_sums(tvd * part, 1.0 * part, draws) for part in (flagged, ~flagged))
    gap = bootstrap.combined(lambda a, b: np.where(np.isfinite(a) & np.isfinite(b), a - b, np.nan), worse, others)
    return [
        share,
        gap.figure(REGIME, regime, OURS, "TVD of flagged minus others", len(rows)),
        *(_found(regime, flagged, error, name, draws) for name, error in (("TVD", tvd), ("error in points", actual))),
    ]


def _found(regime: str, flagged: np.ndarray, error: np.ndarray, name: str, draws: np.ndarray) -> Figure | Gap:
    """AUC of the flag for the quarter of questions with the largest errors."""
    worst = (error >= np.quantile(error, 0.75)).astype(int)
    found = _by_draws(lambda f, w: concordance(f, w) or 0.5, flagged.astype(float), worst, draws[:DRAWS])
    measure = f"AUC of the flag for the worst quarter by {name}"
    return found.figure(REGIME, regime, OURS, measure, len(flagged), note="chance has .5")
