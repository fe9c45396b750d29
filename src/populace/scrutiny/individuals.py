"""Twins against their people: does each synthetic respondent answer as the person it stands for?

Two data sets are matched by respondent. Only agreement over people within one question counts: knowing that most
people agree with a statement says nothing about a person. Accuracy is shown, never alone, since an empty persona
already answers most questions as most people do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from populace.analysis.estimate import Estimate, mean_over_questions, normal_interval
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.scrutiny.sample import Question, Sample, sample_of, shared_questions
from populace.scrutiny.structure import correlations, structural_slope
from populace.scrutiny.variance import log_sd_ratio

#: people who answered a question on both sides, without whom it is left out
LEAST_PEOPLE = 20
#: questions a person needs for a profile
LEAST_PROFILE = 5
#: groups of people that the baselines predict one after another, each from the other groups
FOLDS = 10
#: penalties of the ridge baseline, in units of a standardised feature; the one with the least error left out is taken
RIDGES = (10.0, 100.0, 1000.0)
#: correlations are kept this far from one, so that Fisher's z exists
_LARGEST_R = 0.999
#: questions with numbers that a correlation structure needs
_LEAST_STRUCTURE = 3


@dataclass(frozen=True)
class Twins:
    """Predicted and given answers of the same people to the same questions, as numbers on each question's scale."""

    #: (n, Q) what was predicted: an answer, or its expectation; NaN for none
    predicted: np.ndarray
    #: (n, Q) what the person answered; NaN for none
    actual: np.ndarray
    #: (Q,) highest minus lowest point of each scale
    ranges: np.ndarray

    @property
    def paired(self) -> Twins:
        """The same with answers only where both sides have one."""
        both = ~np.isnan(self.predicted) & ~np.isnan(self.actual)
        return Twins(np.where(both, self.predicted, np.nan), np.where(both, self.actual, np.nan), self.ranges)

    def people(self, rows: np.ndarray) -> Twins:
        """The same of these people; repeats allowed, as in a bootstrap."""
        return Twins(self.predicted[rows], self.actual[rows], self.ranges)


@dataclass(frozen=True)
class Agreement:
    """One measure of agreement between predictions and people."""

    #: name of the measure
    measure: str
    #: value with its 95 % interval, people and questions both counted as sampled
    estimate: Estimate
    #: the same number for a person's own answers at another time, or None where nobody was asked twice
    ceiling: float | None = None
    #: name -> the same number for a simpler prediction
    baselines: Mapping[str, float] = field(default_factory=dict)


# -- measures, one number a question ---------------------------------------------------------------------------------


def item_correlations(twins: Twins) -> np.ndarray:
    """(Q,) Pearson r over people between predicted and given answers; 0 where the prediction is one for all.

    NaN where fewer than `LEAST_PEOPLE` have both, or the people do not vary. Reference: docs/methods/individuals.md.
    Example: predicted (1, 2, 3), given (1, 3, 2): covariance 1/3, variances 2/3: r = .5.
    """
    x, y, n = _centred(twins)
    over = np.nansum(x * y, axis=0)
    spread_x, spread_y = np.nansum(x**2, axis=0), np.nansum(y**2, axis=0)
    r = np.divide(over, np.sqrt(spread_x * spread_y), out=np.zeros(len(over)), where=spread_x * spread_y > 1e-12)
    return np.where((n >= LEAST_PEOPLE) & (spread_y > 1e-12), r, np.nan)


def weighted_kappa(twins: Twins) -> np.ndarray:
    """(Q,) quadratically weighted kappa: 1 − mean (x − y)² over its value if the two were unrelated.

    Formula: 2·cov/(Var x + Var y + (x̄ − ȳ)²), its closed form for quadratic weights, divisor n throughout.
    Reference: Cohen 1968. Example: x = (1, 2, 3), y = (1, 3, 2): 2·(1/3)/(2/3 + 2/3) = .5.
    """
    x, y, n = _centred(twins)
    paired = twins.paired
    gap = _mean(paired.predicted) - _mean(paired.actual)
    total = _mean(x**2) + _mean(y**2) + gap**2
    kappa = np.divide(2 * _mean(x * y), total, out=np.zeros(len(total)), where=total > 1e-12)
    return np.where(n >= LEAST_PEOPLE, kappa, np.nan)


def normalized_accuracy(twins: Twins) -> np.ndarray:
    """(Q,) mean of 1 − |x − y|/range. Never a headline: what an empty persona reaches has to stand beside it.

    Reference: docs/methods/individuals.md. Example: five points, x = (1, 2), y = (1, 4): 1 − (0 + 2/4)/2 = .75.
    """
    paired = twins.paired
    return _where_enough(1 - _mean(np.abs(paired.predicted - paired.actual)) / twins.ranges, paired)


def exact_accuracy(twins: Twins) -> np.ndarray:
    """(Q,) share of answers that are met exactly; predictions are rounded to the nearest point of the scale.

    Example: x = (1, 2), y = (1, 4): .5.
    """
    paired = twins.paired
    hit = np.where(np.isnan(paired.actual), np.nan, np.abs(paired.predicted - paired.actual) < 0.5)
    return _where_enough(_mean(hit), paired)


def squared_error_skill(twins: Twins) -> np.ndarray:
    """(Q,) 1 − MSE/MSE of everybody's mean: below 0, the mean of the question predicts people better.

    Reference: Murphy 1988. Example: x = (1, 2), y = (1, 4): MSE 2, around the mean 2.25: 1 − 2/2.25 = .111.
    """
    _, y, _ = _centred(twins)
    paired = twins.paired
    error, spread = _mean((paired.predicted - paired.actual) ** 2), _mean(y**2)
    return _where_enough(1 - np.divide(error, spread, out=np.full(len(error), np.nan), where=spread > 1e-12), paired)


def log_sd_ratios(twins: Twins) -> np.ndarray:
    """(Q,) ln of the spread of predictions over that of the people; averages to the geometric mean ratio.

    Reference: docs/methods/variance.md. Example: SDs .5 and 1: ln .5 = −.693.
    """
    x, y, _ = _centred(twins)
    with np.errstate(invalid="ignore"):
        return _where_enough(log_sd_ratio(_mean(x**2), _mean(y**2)), twins.paired)


def _as_it_is(value: np.ndarray | float) -> np.ndarray | float:
    return value


#: measure -> (function of a question, how it is shown); all are averaged over questions on the function's own scale
PER_QUESTION: dict[str, tuple[Callable[[Twins], np.ndarray], Callable]] = {
    "item_r": (lambda twins: fisher(item_correlations(twins)), np.tanh),
    "kappa": (weighted_kappa, _as_it_is),
    "normalized_accuracy": (normalized_accuracy, _as_it_is),
    "exact_accuracy": (exact_accuracy, _as_it_is),
    "mse_skill": (squared_error_skill, _as_it_is),
    "sd_ratio": (log_sd_ratios, np.exp),
}


# -- measures of the whole -------------------------------------------------------------------------------------------


def profile_correlation(twins: Twins) -> float:
    """Mean over people of r between a person's predicted and given answers, every question centred and standardised.

    Without centring the question means are predicted, not the person: then any prediction of margins scores high.
    Reference: Cronbach 1955; docs/methods/individuals.md. Example: two questions, deviations (1, −1) and (.5, −.5):
    r = 1.
    """
    x, y, _ = _centred(twins)
    x, y = _over(x, np.sqrt(_mean(x**2))), _over(y, np.sqrt(_mean(y**2)))
    enough = (~np.isnan(x * y)).sum(axis=1) >= LEAST_PROFILE
    if not enough.any():
        return float("nan")
    r = item_correlations_of_rows(x[enough], y[enough])
    return float(np.tanh(np.nanmean(fisher(r))))


def item_correlations_of_rows(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) r along each row of two (n, Q) arrays; 0 where a row does not vary."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    x, y = x - np.nanmean(x, axis=1, keepdims=True), y - np.nanmean(y, axis=1, keepdims=True)
    scale = np.sqrt(np.nansum(x**2, axis=1) * np.nansum(y**2, axis=1))
    return np.divide(np.nansum(x * y, axis=1), scale, out=np.zeros(len(x)), where=scale > 1e-12)


def structure_slope(twins: Twins, noise: float) -> float:
    """Errors-in-variables slope of predicted on given correlations between questions; NaN for fewer than three.

    `noise` is the mean sampling variance of the given ones. Reference: docs/methods/association.md.
    """
    one = np.ones((1, len(twins.actual)))
    rows, columns = np.triu_indices(twins.actual.shape[1], 1)
    if twins.actual.shape[1] < _LEAST_STRUCTURE:
        return float("nan")
    r_s, r_h = (correlations(side, one)[:, rows, columns] for side in (twins.predicted, twins.actual))
    return float(structural_slope(r_s, r_h, noise)[0])


def corrected(r: float, reliability: float) -> float:
    """r over the root of the retest reliability: what could be reached at most counts as 1.

    Reference: Spearman 1904. Example: r = .3, reliability .64: .375.
    """
    return r / np.sqrt(max(reliability, 1e-9))


def fisher(r: np.ndarray) -> np.ndarray:
    """Fisher's z = artanh r, r kept within ±.999, so that correlations can be averaged."""
    return np.arctanh(np.clip(r, -_LARGEST_R, _LARGEST_R))


def calibration_error(probabilities: np.ndarray, hits: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error Σ n_b/n·|mean probability − share of hits| over equal-width bins.

    probabilities, hits: (m,) of every option offered to every person. Reference: Naeini, Cooper & Hauskrecht 2015.
    Example: four options with .25, one chosen: 0; two with .9, one chosen: .4.
    """
    place = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    gaps = np.bincount(place, probabilities, bins) - np.bincount(place, np.asarray(hits, float), bins)
    return float(np.abs(gaps).sum() / count.sum())


# -- people and their twins ------------------------------------------------------------------------------------------


def matched(synthetic: DataSet, human: DataSet) -> tuple[Twins, tuple[str, ...]]:
    """Answers of both sides to the questions with numbers that they share, people matched by respondent_id.

    Raises `DataError` when nobody, or a respondent twice, is on a side. Weights do not count: each person is one.
    """
    rows_s, rows_h = _matched_rows(synthetic, human)
    questions = tuple(question for question in shared_questions(synthetic, human) if question.scored)
    if not questions:
        raise DataError("the two sides share no question with numbers: give both answers to the same questions")
    samples = [_unweighted(data, rows, questions) for data, rows in ((synthetic, rows_s), (human, rows_h))]
    ranges = np.array([_range(question, samples[1].scores[:, j]) for j, question in enumerate(questions)])
    names = tuple(question.name for question in questions)
    return Twins(samples[0].scores, samples[1].scores, ranges), names


def individuals(
    synthetic: DataSet,
    human: DataSet,
    retest: DataSet | None = None,
    baselines: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    resamples: int = 200,
) -> tuple[Agreement, ...]:
    """Hold each synthetic respondent against the person of the same respondent_id.

    `retest`: the same people's answers at another time, which give the ceiling. `baselines`: name -> (n, Q) simpler
    predictions for `matched(synthetic, human)`, see `simple_predictions`.
    """
    twins, _ = matched(synthetic, human)
    again = None if retest is None else matched(retest, human)[0]
    return agreements(twins, again, baselines, seed, resamples)


def agreements(
    twins: Twins,
    retest: Twins | None = None,
    baselines: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    resamples: int = 200,
) -> tuple[Agreement, ...]:
    """All measures with intervals, ceiling and baselines; `retest` holds other answers of people to the questions."""
    others = {name: Twins(guess, twins.actual, twins.ranges) for name, guess in (baselines or {}).items()}
    drawn = np.random.default_rng(seed).integers(0, len(twins.actual), (resamples, len(twins.actual)))
    noise = _structure_noise(twins, drawn)
    whole = {"profile_r": profile_correlation, "structure_slope": lambda part: structure_slope(part, noise)}
    found = [_averaged(name, twins, retest, others, drawn) for name in PER_QUESTION]
    found += [_of_whole(name, measure, twins, retest, others, drawn) for name, measure in whole.items()]
    if retest is not None:
        found.append(_corrected(found[0]))
    return tuple(agreement for agreement in found if np.isfinite(agreement.estimate.value))


def _averaged(
    name: str, twins: Twins, retest: Twins | None, others: Mapping[str, Twins], drawn: np.ndarray
) -> Agreement:
    """A measure averaged over questions; the interval counts people and questions as sampled."""
    measure, shown = PER_QUESTION[name]
    values = measure(twins)
    kept = np.flatnonzero(np.isfinite(values))
    if not len(kept):
        return Agreement(name, Estimate(float("nan"), float("nan"), float("nan"), 0))
    replicates = np.array([measure(twins.people(rows)) for rows in drawn])[:, kept]
    replicates = np.where(np.isfinite(replicates), replicates, values[kept])
    value, error = mean_over_questions(values[kept], replicates)
    plain = normal_interval(value, error, len(kept))
    estimate = Estimate(*(float(shown(part)) for part in (plain.value, plain.low, plain.high)), len(kept))
    means = {other: float(shown(_average(measure(part)[kept]))) for other, part in others.items()}
    ceiling = None if retest is None else float(shown(_average(measure(retest)[kept])))
    return Agreement(name, estimate, ceiling, means)


def _of_whole(
    name: str,
    measure: Callable[[Twins], float],
    twins: Twins,
    retest: Twins | None,
    others: Mapping[str, Twins],
    drawn: np.ndarray,
) -> Agreement:
    """A measure of all questions together; the interval comes from resampling people."""
    value = measure(twins)
    replicates = np.array([measure(twins.people(rows)) for rows in drawn]) if np.isfinite(value) else np.zeros(2)
    estimate = normal_interval(value, float(np.nanstd(replicates, ddof=1)), len(twins.actual))
    ceiling = None if retest is None else measure(retest)
    return Agreement(name, estimate, ceiling, {other: measure(part) for other, part in others.items()})


def _corrected(item_r: Agreement) -> Agreement:
    """The same correlation as a share of what a person's own answers at another time reach."""
    scale = corrected(1.0, max(item_r.ceiling or 0.0, 0.0) or 1e-9)
    estimate = Estimate(*(part * scale for part in (item_r.estimate.value, item_r.estimate.low, item_r.estimate.high)),
                        item_r.estimate.n)  # fmt: skip
    return Agreement("item_r_corrected", estimate, 1.0, {n: r * scale for n, r in item_r.baselines.items()})


def _structure_noise(twins: Twins, drawn: np.ndarray) -> float:
    """Mean sampling variance of the people's own correlations."""
    size = twins.actual.shape[1]
    rows, columns = np.triu_indices(size, 1)
    if size < _LEAST_STRUCTURE:
        return 0.0
    counts = np.stack([np.bincount(row, minlength=len(twins.actual)) for row in drawn]).astype(float)
    return float(correlations(twins.actual, counts)[:, rows, columns].var(axis=0, ddof=1).mean())


# -- the compulsory baselines ----------------------------------------------------------------------------------------


def simple_predictions(actual: np.ndarray, features: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Predictions (n, Q) that need no model, from the answers of other people to the same questions.

    "item mean" and "item mode": everybody gets the same answer; "demographics": ridge regression on the (n, F)
    features; "nearest neighbour": the answers of the person with the most similar features. The last two predict each
    of `FOLDS` groups from the others. They know how people answered these very questions, which a zero-shot
    prediction does not. Reference: docs/methods/individuals.md.
    """
    same = {"item mean": _mean(actual), "item mode": np.array([_mode(column) for column in actual.T])}
    found = {name: np.tile(values, (len(actual), 1)) for name, values in same.items()}
    fold = np.random.default_rng(seed).permutation(len(actual)) % FOLDS
    for name, guess in (("demographics", _ridge), ("nearest neighbour", _nearest)):
        found[name] = np.full(actual.shape, np.nan)
        for number in np.unique(fold):
            test, rest = fold == number, fold != number
            found[name][test] = guess(actual[rest], features[rest], features[test])
    return found


def _mode(column: np.ndarray) -> float:
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return float(values[np.argmax(counts)]) if len(values) else float("nan")


def _ridge(actual: np.ndarray, features: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Ridge on standardised features, one question at a time, on those who answered it."""
    centre, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    known, wanted = (features - centre) / scale, (asked - centre) / scale
    return np.column_stack([_ridge_column(known, column, wanted) for column in actual.T])


def _ridge_column(features: np.ndarray, column: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """One question; of the penalties, the one with the least squared error on people left out one at a time."""
    there = ~np.isnan(column)
    if not there.any():
        return np.full(len(asked), np.nan)
    x, mean = features[there], column[there].mean()
    y = column[there] - mean
    errors, weights = [], []
    for penalty in RIDGES:
        solved = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T)
        weights.append(solved @ y)
        # what a person adds to the own prediction: dividing by the rest leaves the person out
        own = np.einsum("nf,fn->n", x, solved)
        errors.append((((y - x @ weights[-1]) / (1 - own)) ** 2).mean())
    return mean + asked @ weights[int(np.argmin(errors))]


def _nearest(actual: np.ndarray, features: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Answers of the nearest person who answered; Euclidean on the features as they are."""
    distance = (asked**2).sum(1)[:, None] + (features**2).sum(1)[None] - 2 * asked @ features.T
    return np.column_stack([_nearest_column(column, distance) for column in actual.T])


def _nearest_column(column: np.ndarray, distance: np.ndarray) -> np.ndarray:
    there = np.flatnonzero(~np.isnan(column))
    if not len(there):
        return np.full(len(distance), np.nan)
    return column[there[np.argmin(distance[:, there], axis=1)]]


# -- small steps -----------------------------------------------------------------------------------------------------


def _matched_rows(synthetic: DataSet, human: DataSet) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the respondents who are on both sides, in the order of the human side."""
    places = []
    for data in (synthetic, human):
        ids = [str(respondent) for respondent in data.respondent_ids.tolist()]
        places.append({respondent: row for row, respondent in enumerate(ids)})
        if len(places[-1]) < len(ids):
            raise DataError(
                f"{data.source or data.id}: {len(ids) - len(places[-1]):,} rows repeat a respondent_id; "
                "expected one interview a person: keep one wave"
            )
    both = [respondent for respondent in places[1] if respondent in places[0]]
    if not both:
        raise DataError(
            f"none of the {human.n:,} respondents of {human.source or human.id} is among the {synthetic.n:,} of "
            f"{synthetic.source or synthetic.id}; expected the same people on both sides: check respondent_id"
        )
    return tuple(np.array([place[respondent] for respondent in both]) for place in places)


def _unweighted(data: DataSet, rows: np.ndarray, questions: tuple[Question, ...]) -> Sample:
    return sample_of(data.keep([question.name for question in questions]).rows(rows), questions)


def _range(question: Question, scores: np.ndarray) -> float:
    """Highest minus lowest point of the scale; of a number, of what people said."""
    if question.codes:
        return float(question.on_scale.sum() - 1)
    return max(float(np.nanmax(scores) - np.nanmin(scores)), 1e-9)


def _centred(twins: Twins) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n, Q) deviations of both sides from their question's mean, and (Q,) people with both."""
    paired = twins.paired
    n = (~np.isnan(paired.actual)).sum(axis=0)
    return paired.predicted - _mean(paired.predicted), paired.actual - _mean(paired.actual), n


def _where_enough(values: np.ndarray, paired: Twins) -> np.ndarray:
    return np.where((~np.isnan(paired.actual)).sum(axis=0) >= LEAST_PEOPLE, values, np.nan)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean along the first axis, NaN left out; NaN where nothing is known."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))


def _average(values: np.ndarray) -> float:
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else float("nan")


def _over(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values in units of a scale; 0 where everybody has the same one."""
    return values * np.divide(1.0, scale, out=np.zeros(len(scale)), where=scale > 1e-9)
