"""MaxDiff (best-worst scaling): how much people prefer each of many items, from choices of best and worst.

Data come as long records: one row per item shown, with `respondent_id`, `task`, `item`, and either `best_worst`
(1 best, −1 worst, 0 neither) or two columns `best` and `worst` of 1 and 0. With a column `shown`, rows where it is 0 or
null are dropped, so that a full respondent × task × item layout can be passed too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from populace.analysis import charts
from populace.analysis.choice import ChoiceTasks, effect_codes
from populace.analysis.choice_logit import multinomial_logit
from populace.analysis.choice_people import clustered_mean, respondent_weights, synthetic_note
from populace.analysis.conjoint import preference_shares
from populace.analysis.conjoint_fit import SETTLED
from populace.analysis.estimate import Estimate, normal_interval
from populace.analysis.hierarchical import hierarchical_logit, person_likelihood
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, did_you_mean, listed

__all__ = ["best_worst_records", "best_worst_tasks", "maxdiff", "MaxDiff", "maxdiff_tasks"]

METHODS = ("hb", "logit")


@dataclass(frozen=True, eq=False)
class MaxDiff(Result):
    """Counts, logit and share of preference of every item."""

    analysis = "maxdiff"

    #: items, the most preferred first
    items: tuple[str, ...]
    #: (best − worst) / times shown, from −1 to 1
    counts: Mapping[str, Estimate]
    #: utility of one logit for all people, the mean of items is 0; None where it has no finite estimate
    logit: Mapping[str, Estimate] | None
    #: share of preference in per cent, which sum to 100; from people's own utilities where there are any
    shares: Mapping[str, Estimate]
    #: respondent ids in the order of `utilities`
    ids: tuple[str, ...]
    #: (n, items) utilities of people, in the order of `items`; None with method "logit"
    utilities: np.ndarray | None
    #: (n,) root likelihood of people: geometric mean of the chance given to what they chose; None with "logit"
    fit: np.ndarray | None
    #: what was left out, how the fit went
    remarks: tuple[str, ...]

    def individual(self) -> pl.DataFrame:
        """One row a person: respondent_id and share of preference of every item, in per cent."""
        if self.utilities is None:
            raise DataError("a plain logit has no individual utilities; expected method 'hb': fit with it")
        shares = 100 * preference_shares(self.utilities)
        return pl.DataFrame({RESPONDENT_ID: self.ids}).hstack(pl.DataFrame(shares, schema=list(self.items)))

    def top(self, most: int = 3) -> np.ndarray:
        """(n, items) True for the `most` items of highest utility of every person: what `turf_of` can take."""
        if self.utilities is None:
            raise DataError("a plain logit has no individual utilities; expected method 'hb': fit with it")
        ranks = np.argsort(np.argsort(-self.utilities, axis=1, kind="stable"), axis=1)
        return ranks < most

    def tables(self) -> tuple[Table, ...]:
        rows = tuple(
            (item, self.shares[item], self.counts[item], self.logit[item] if self.logit else None)
            for item in self.items
        )
        notes = (
            "Share of preference: chance in per cent that the item is chosen as best among all; items sum to 100.",
            "Count: times best less times worst, over times shown.",
        )
        return (Table("Preference for items", ("item", "share of preference", "count", "utility"), rows, notes),)

    def chart(self) -> Spec:
        rows = [{"name": i, "value": s.value, "low": s.low, "high": s.high} for i, s in self.shares.items()]
        return charts.bars(rows, "Share of preference (sum 100)", ".0f")

    def notes(self) -> tuple[str, ...]:
        if self.fit is None:
            return ("One logit for all people; standard errors are clustered by respondent.", *self.remarks)
        fit = (
            f"Root likelihood of people: median {np.median(self.fit):.2f}, tenth percentile "
            f"{np.percentile(self.fit, 10):.2f}."
        )
        return ("Shares from the utilities of every person (hierarchical logit).", fit, *self.remarks)

    def definitions(self) -> Mapping[str, str]:
        return {
            "share of preference": "Chance in per cent that the item is chosen as best among all items, averaged over "
            "people.",
            "count": "Times chosen best less times chosen worst, over times shown.",
            "utility": "Coefficient of one best-worst logit for all people; the mean over items is 0.",
        }


def maxdiff(
    choices: pl.DataFrame,
    respondents: DataSet | None = None,
    method: str = "hb",
    draws: int = 300,
    burn: int = 1500,
    thin: int = 5,
    seed: int = 1,
) -> MaxDiff:
    """Analyse best-worst choices in long records (see above).

    `respondents`: the same people's data set, for weights. `method`: "hb" (utilities of every person, drawn towards
    what people have in common) or "logit" (one for all). Raises `DataError`.
    """
    if method not in METHODS:
        raise DataError(f"method is {method!r}{did_you_mean(method, METHODS)}; expected 'hb' or 'logit'")
    frame, remarks = best_worst_records(choices)
    weights = respondent_weights(frame[RESPONDENT_ID], respondents)
    gone = frame.filter(pl.Series(weights <= 0))[RESPONDENT_ID].n_unique()
    remarks += [f"{gone:,} respondents of weight zero were left out."] * bool(gone)
    frame, weights = frame.filter(pl.Series(weights > 0)), weights[weights > 0]
    items, place = np.unique(frame["item"].to_numpy().astype(str), return_inverse=True)
    if len(items) < 3 or not frame.height:
        raise DataError(f"MaxDiff of {len(items)} items ({listed(items.tolist())}); expected three or more: add items")
    tasks = _tasks_of(frame, place, items.tolist(), weights)
    counts = _counts(frame, place, items.tolist(), weights)
    logit, fitted, more = _logit(tasks, items.tolist())
    if method == "hb":
        shares, utilities, fit, rest = _individual(tasks, len(items), draws, burn, thin, seed)
    else:
        shares, utilities, fit, rest = _common_shares(fitted, len(items), seed, more), None, None, []
    order = np.argsort([-share.value for share in shares], kind="stable")
    ranked = [str(items[j]) for j in order]
    return MaxDiff(
        tuple(ranked),
        {name: counts[name] for name in ranked},
        None if logit is None else {name: logit[name] for name in ranked},
        {name: shares[j] for name, j in zip(ranked, order, strict=True)},
        tasks.ids,
        None if utilities is None else utilities[:, order],
        fit,
        (*remarks, *more, *rest, *synthetic_note(choices, respondents)),
    )


def maxdiff_tasks(choices: pl.DataFrame) -> tuple[ChoiceTasks, tuple[str, ...]]:
    """The best and worst choices of long records as tasks with effect-coded items, all people alike, and the items.

    Raises `DataError` as `maxdiff` does.
    """
    frame, _ = best_worst_records(choices)
    items, place = np.unique(frame["item"].to_numpy().astype(str), return_inverse=True)
    names = items.tolist()
    return _tasks_of(frame, place, names, np.ones(frame.height)), tuple(names)


def best_worst_tasks(
    place: np.ndarray, best: np.ndarray, worst: np.ndarray, task: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Signs, items, tasks and choices of the two choices that every best-worst task holds.

    place (rows,) item shown, best and worst (rows,) bool, task (rows,) numbers from 0 in order. The best is chosen
    among all shown, P = exp(u)/Σ exp(u); the worst among those left, P = exp(−u)/Σ exp(−u). Returned are, for rows of
    the doubled tasks: +1 or −1, the item, the number of the choice (2·task or 2·task + 1), and what was chosen.
    Reference: Marley & Louviere 2005 (sequential best-worst). Example: items (0, 1, 2), best 0, worst 2: the first
    choice is 0 of {0, 1, 2}; the second is 2 of {1, 2} with signs −1.
    """
    left = ~best
    sign = np.concatenate([np.ones(len(place)), -np.ones(int(left.sum()))])
    item = np.concatenate([place, place[left]])
    number = np.concatenate([2 * task, 2 * task[left] + 1])
    chosen = np.concatenate([best, worst[left]])
    order = np.argsort(number, kind="stable")
    return sign[order], item[order], number[order], chosen[order]


def _tasks_of(frame: pl.DataFrame, place: np.ndarray, items: list[str], weights: np.ndarray) -> ChoiceTasks:
    """The records as choices with effect-coded items."""
    task = frame.select(pl.struct(RESPONDENT_ID, "task").rle_id()).to_series().to_numpy().astype(int)
    best, worst = (frame[name].to_numpy() for name in ("best", "worst"))
    sign, item, number, chosen = best_worst_tasks(place, best, worst, task)
    ids, persons = np.unique(frame[RESPONDENT_ID].to_numpy().astype(str), return_inverse=True)
    first = np.flatnonzero(np.diff(task, prepend=-1))
    one_each = np.unique(persons, return_index=True)[1]
    scaled = weights / weights[one_each].mean()
    return ChoiceTasks(
        sign[:, None] * effect_codes(len(items))[item],
        np.flatnonzero(np.diff(number, prepend=-1)),
        np.flatnonzero(chosen),
        np.repeat(persons[first], 2),
        np.repeat(scaled[first], 2),
        tuple(items[:-1]),
        tuple(ids.tolist()),
    )


def _counts(frame: pl.DataFrame, place: np.ndarray, items: list[str], weights: np.ndarray) -> dict[str, Estimate]:
    score = frame["best"].to_numpy().astype(float) - frame["worst"].to_numpy()
    persons = np.unique(frame[RESPONDENT_ID].to_numpy().astype(str), return_inverse=True)[1]
    rows = [place == j for j in range(len(items))]
    found = [clustered_mean(score[here], weights[here], persons[here], (-1.0, 1.0)) for here in rows]
    return dict(zip(items, found, strict=True))


def _logit(tasks: ChoiceTasks, items: list[str]) -> tuple[dict[str, Estimate] | None, tuple | None, list[str]]:
    """Utilities of one logit for all with intervals, (coefficients, covariance, n), or a remark why there is none."""
    try:
        fit = multinomial_logit(tasks)
    except DataError as problem:
        return None, None, [f"No utilities of one logit for all: {problem}."]
    codes = effect_codes(len(items))
    values, errors = codes @ fit.coefficients, np.sqrt(np.einsum("ik,kl,il->i", codes, fit.covariance, codes))
    found = [normal_interval(v, float(e), fit.n) for v, e in zip(values, errors, strict=True)]
    return dict(zip(items, found, strict=True)), (fit.coefficients, fit.covariance, fit.n), []


def _common_shares(fitted: tuple | None, items: int, seed: int, remarks: list[str]) -> list[Estimate]:
    """Shares of the common utilities, with simulated intervals (Krinsky & Robb 1986)."""
    if fitted is None:
        raise DataError(f"{remarks[0]} Use method 'hb'")
    coefficients, covariance, n = fitted
    codes = effect_codes(items)
    drawn = np.random.default_rng(seed).multivariate_normal(coefficients, covariance, 4000, method="svd")
    return _estimates(
        100 * preference_shares(drawn @ codes.T), 100 * preference_shares((codes @ coefficients)[None])[0], n
    )


def _individual(
    tasks: ChoiceTasks, items: int, draws: int, burn: int, thin: int, seed: int
) -> tuple[list[Estimate], np.ndarray, np.ndarray, list[str]]:
    """Shares with intervals, utilities of people (n, items), root likelihoods (n,), and remarks."""
    prior = np.eye(items - 1) - 1 / items
    chain = hierarchical_logit(tasks, prior, draws, burn, thin, seed)
    counts = np.bincount(tasks.persons, minlength=len(tasks.ids))
    weights = np.bincount(tasks.persons, tasks.weights, minlength=len(tasks.ids)) / counts
    # people are a sample: the Bayesian bootstrap (Rubin 1981) adds that to every draw
    chance = weights * np.random.default_rng(seed).exponential(size=(draws, len(weights)))
    chance /= chance.sum(axis=1, keepdims=True)
    codes = effect_codes(items)
    shares = [100 * w @ preference_shares(b.astype(float) @ codes.T) for b, w in zip(chain.draws, chance, strict=True)]
    shares = np.array(shares)
    fit = np.exp(person_likelihood(tasks, chain.point) / counts)
    remark = f"The chain has not settled (R̂ {chain.rhat:.2f}; expected below {SETTLED}): raise `burn` and `thin`."
    found = _estimates(shares, shares.mean(axis=0), len(tasks.ids))
    return found, chain.point @ codes.T, fit, [remark] if chain.rhat > SETTLED else []


def _estimates(values: np.ndarray, point: np.ndarray, n: int) -> list[Estimate]:
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    return [Estimate(float(p), float(min(a, p)), float(max(b, p)), n) for p, a, b in zip(point, low, high, strict=True)]


def best_worst_records(choices: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Rows shown, in a canonical order, with boolean columns `best` and `worst`; tasks without both are left out."""
    needed = (RESPONDENT_ID, "task", "item")
    for name in needed:
        if name not in choices.columns:
            hint = did_you_mean(name, choices.columns)
            raise DataError(f"choices: no column {name!r}{hint}; expected {', '.join(needed)}: rename or add it")
        if choices[name].null_count():
            raise DataError(f"choices: {choices[name].null_count():,} rows have no {name!r}: fill it in")
    frame = choices
    if "shown" in frame.columns:
        _check_zero_one(frame["shown"])
        frame = frame.filter(pl.col("shown").cast(pl.Float64).fill_null(0.0) > 0)
    frame = frame.with_columns(**_picks(frame)).with_columns(pl.col(RESPONDENT_ID, "item").cast(pl.String))
    frame = frame.select(*needed, "best", "worst").sort(needed)
    if frame.select(needed).is_duplicated().any():
        twice = frame.filter(frame.select(needed).is_duplicated()).row(0)
        raise DataError(f"choices: item {twice[2]!r} stands twice in task {twice[1]!r} of {twice[0]!r}: remove one")
    return _complete(frame)


def _picks(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """Expressions for best and worst from either layout."""
    if "best_worst" in frame.columns:
        column = frame["best_worst"]
        seen = set(column.drop_nulls().unique().to_list()) if column.dtype.is_numeric() else {column.dtype}
        if not seen <= {-1, 0, 1}:
            wrong = ", ".join(sorted(map(str, seen - {-1, 0, 1}))[:3])
            raise DataError(f"choices: column 'best_worst' has {wrong}; expected 1 (best), −1 (worst) or 0: recode it")
        value = pl.col("best_worst").fill_null(0)
        return {"best": value == 1, "worst": value == -1}
    for name in ("best", "worst"):
        if name not in frame.columns:
            hint = did_you_mean(name, frame.columns)
            raise DataError(f"choices: no column {name!r}{hint}; expected 'best' and 'worst', or 'best_worst': add it")
        _check_zero_one(frame[name])
    return {name: pl.col(name).cast(pl.Float64).fill_null(0.0) == 1 for name in ("best", "worst")}


def _check_zero_one(column: pl.Series) -> None:
    numbers = column.dtype == pl.Boolean or column.dtype.is_numeric()
    if not numbers or not set(column.drop_nulls().cast(pl.Float64).unique().to_list()) <= {0.0, 1.0}:
        raise DataError(f"choices: column {column.name!r} holds something else than 1 and 0: recode it")


def _complete(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Tasks with one best and one other worst among three items or more."""
    task = [RESPONDENT_ID, "task"]
    counted = frame.with_columns(
        bests=pl.col("best").sum().over(task),
        worsts=pl.col("worst").sum().over(task),
        both=(pl.col("best") & pl.col("worst")).any().over(task),
        size=pl.len().over(task),
    )
    wrong = counted.filter((pl.col("bests") > 1) | (pl.col("worsts") > 1) | pl.col("both"))
    if wrong.height:
        person, number = wrong.row(0)[:2]
        raise DataError(
            f"choices: task {number!r} of respondent {person!r} has {wrong['bests'][0]} best and {wrong['worsts'][0]} "
            "worst items, or one that is both; expected one best and one other worst: correct them"
        )
    kept = counted.filter((pl.col("bests") == 1) & (pl.col("worsts") == 1) & (pl.col("size") > 2))
    lost = frame.select(task).unique().height - kept.select(task).unique().height
    if not kept.height:
        raise DataError("choices: no task has a best and a worst among three items or more: fill the columns in")
    remarks = [f"{lost:,} tasks without a best and a worst were left out."] if lost else []
    return kept.select(frame.columns), remarks
