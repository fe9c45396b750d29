"""How long it takes to judge a panel, and the same statistics by other libraries: pandas and statsmodels.

A ratio above 1 says how many times longer the other library takes for the same numbers in the same run; that they are
the same is checked, not assumed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from respondents import BACKGROUNDS, survey
from timing import processor_seconds, run_python

from populace.analysis.estimate import bootstrap_weights
from populace.scrutiny.comparison import profile
from populace.scrutiny.sample import sample_of, shared_questions
from populace.scrutiny.structure import correlations
from populace.scrutiny.subgroups import explained

#: resamples in comparisons with other libraries: enough to time, few enough to wait for
FEW = 10
#: largest difference of two libraries' numbers that is rounding
SAME = 1e-4
#: seeds of people and panel; the panel is a little too uniform and a little too consistent
PEOPLE, PANEL = 1, 2
STRENGTH, SPREAD = 0.9, 0.9


def battery(people: int, questions: int) -> dict[str, float]:
    """All checks of a panel against as many people, 200 resamples, in a process of its own; its slowest families."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = str(Path(__file__).with_name("one_battery.py"))
        cost = run_python([script, str(people), str(questions), "times.json"], folder)
        families = json.loads((folder / "times.json").read_text())
    slowest = dict(sorted(families.items(), key=lambda item: -item[1])[:3])
    return {
        "people": people,
        "questions": questions,
        **cost,
        **{f"{family}_processor_seconds": spent for family, spent in slowest.items()},
    }


def libraries(people: int, questions: int) -> dict[str, float]:
    """Processor seconds of three statistics under resampled weights, and how many times longer other libraries take."""
    data = survey(people, questions, PEOPLE)
    asked = shared_questions(data, data)
    sample = sample_of(data, asked)
    weights = bootstrap_weights(sample.weights, sample.persons, FEW, np.random.default_rng(0))
    scores = sample.scores[:, [question.scored for question in asked]]
    told = shared_questions(data, data, "background")
    groups = sample_of(data, told).positions
    dummies = np.hstack([groups[:, j, None] == np.arange(1, k) for j, k in enumerate(BACKGROUNDS.values())]).astype(
        float
    )
    work: dict[str, tuple[Callable, Callable]] = {
        "shares": (
            lambda: np.hstack(profile(sample, weights, asked).shares),
            lambda: pandas_shares(sample.positions, weights, [len(question.labels) for question in asked]),
        ),
        "correlations": (
            lambda: correlations(scores, np.ones((FEW, len(scores)), np.float32)),
            lambda: np.stack([pandas_correlations(scores) for _ in range(FEW)]),
        ),
        "regressions": (
            lambda: explained(scores, dummies, weights),
            lambda: statsmodels_r2(scores, dummies, weights),
        ),
    }
    found: dict[str, float] = {"people": people, "questions": questions, "resamples": FEW}
    for name, (ours, theirs) in work.items():
        gap = float(np.nanmax(np.abs(ours() - theirs())))
        if gap > SAME:
            raise SystemExit(f"{name}: the two libraries differ by {gap:.2g}; expected the same numbers")
        found[f"{name}_seconds"] = processor_seconds(ours, 5)
        found[f"{name}_ratio"] = processor_seconds(theirs, 2) / found[f"{name}_seconds"]
    return found


def pandas_shares(positions: np.ndarray, weights: np.ndarray, options: list[int]) -> np.ndarray:
    """(R, ΣK) weighted shares of every option by groupby, one resample at a time."""
    import pandas

    table = pandas.DataFrame(positions)
    rows = []
    for row in weights.astype(float):
        counts = [pandas.Series(row).groupby(table[j].where(table[j] >= 0)).sum().reindex(range(k), fill_value=0.0)
                  for j, k in enumerate(options)]  # fmt: skip
        rows.append(np.concatenate([(count / count.sum()).to_numpy() for count in counts]))
    return np.array(rows)


def pandas_correlations(scores: np.ndarray) -> np.ndarray:
    """(Q, Q) pairwise-complete correlations; pandas knows no weights."""
    import pandas

    return pandas.DataFrame(scores).corr().fillna(0.0).to_numpy()


def statsmodels_r2(scores: np.ndarray, dummies: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, Q) adjusted R² of every question on the background dummies, by weighted least squares."""
    from statsmodels.api import WLS, add_constant

    design = add_constant(dummies, has_constant="add")
    found = np.empty((len(weights), scores.shape[1]))
    for r, row in enumerate(weights.astype(float)):
        for j, column in enumerate(scores.T):
            used = ~np.isnan(column) & (row > 0)
            fitted = WLS(column[used], design[used], weights=row[used]).fit()
            w = row[used]
            n = w.sum() ** 2 / (w**2).sum()
            # statsmodels counts rows; we count people of effective weight, which is what a resample has
            found[r, j] = 1 - (1 - fitted.rsquared) * (n - 1) / (n - dummies.shape[1] - 1)
    return found
