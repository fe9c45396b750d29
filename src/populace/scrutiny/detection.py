"""Can a classifier tell synthetic from human? Both ways: too easy is a giveaway, harder than chance is a copy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import AROUND_HALF, finding, undecided
from populace.scrutiny.report import FAIL, UNDERPOWERED, Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.tolerances import MARGINS

GROUP = "detection"
FOLDS = 5
#: half-splits for the ceiling; each costs five fits, so fewer than for the other checks
SPLITS = 6
#: half-splits where copies may stand on both sides of a fold: people give about the same AUC there
LOOSE_SPLITS = 2
#: more questions than this are sampled down (by seed)
MOST_QUESTIONS = 100
#: most rows a side; more make the classifier slower, not the answer clearer
MOST_ROWS = 2000
#: below this many rows a side trees have nothing to split: logistic regression instead
TREES_FROM = 150
#: rows a side without which five folds make no sense
LEAST_ROWS = 20
#: how much more a cross-validated AUC varies than one of independent rows; measured on halves of the bfi data
#: (150, 425 and 1,218 rows a side: standard deviations .047, .025, .014 where the formula says .033, .020, .012)
CROSS_VALIDATED = 1.3
#: the tree learner takes at most this many categories
_MOST_CATEGORIES = 255


def auc_error(auc: float, m: float, n: float) -> float:
    """Standard error of an AUC over m synthetic and n human rows.

    Formula: √((A(1 − A) + (m − 1)(Q₁ − A²) + (n − 1)(Q₂ − A²))/(mn)), Q₁ = A/(2 − A), Q₂ = 2A²/(1 + A).
    Assumption: rows independent, scores roughly exponential. Reference: Hanley & McNeil 1982.
    Example: A = .5, m = n = 100: √((.25 + 2·99·.08333)/10,000) = .0409.
    """
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    total = auc * (1 - auc) + (m - 1) * (first - auc**2) + (n - 1) * (second - auc**2)
    return float(np.sqrt(max(total, 0.0) / (m * n)))


def two_sample_auc(
    synthetic: np.ndarray, human: np.ndarray, categorical: np.ndarray, seed: int,
    weights: tuple[np.ndarray, np.ndarray] | None = None, grouped: bool = True,
) -> float:  # fmt: skip
    """Mean AUC over folds of a classifier that tells the rows of `synthetic` from those of `human`.

    synthetic: (m, Q), human: (n, Q), NaN for no answer; categorical: (Q,) True for nominal questions.
    grouped: rows with the same answers stand in the same fold, so that a repeated row is not learned by heart;
    without it, copies of people in the other fold are taken for what they are copied from and the AUC falls below .5.
    Assumption: independent rows apart from that. Reference: Lopez-Paz & Oquab 2017; docs/methods/detection.md.
    Example: no row differs from any other: every score is equal, AUC .5.
    """
    rows = np.vstack([synthetic, human])
    label = np.repeat([1, 0], [len(synthetic), len(human)])
    weight = np.ones(len(rows)) if weights is None else np.concatenate(weights)
    pattern = np.unique(np.nan_to_num(rows, nan=-1.0), axis=0, return_inverse=True)[1].ravel()
    if len(np.unique(pattern)) < FOLDS:
        return 0.5
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    found = []
    for learn, test in folds.split(rows, groups=pattern if grouped else np.arange(len(rows))):
        if len(np.unique(label[learn])) == len(np.unique(label[test])) == 2:
            kept = _varies(rows[learn])
            model = _classifier(min(len(synthetic), len(human)), categorical[kept], rows[:, kept], seed)
            model = _fit(model, rows[learn][:, kept], label[learn], weight[learn])
            scores = model.predict_proba(rows[test][:, kept])[:, 1]
            found.append(roc_auc_score(label[test], scores, sample_weight=weight[test]))
    # a fold of one side only: the sides share no pattern worth a fold and are told apart at sight
    return float(np.mean(found)) if found else 1.0


def _varies(rows: np.ndarray) -> np.ndarray:
    """Columns with two different answers or more: the tree learner refuses the others."""
    known = ~np.isnan(rows)
    least, most = np.where(known, rows, np.inf).min(axis=0), np.where(known, rows, -np.inf).max(axis=0)
    return np.flatnonzero(most > least)


def _classifier(smaller: int, categorical: np.ndarray, rows: np.ndarray, seed: int):
    if smaller >= TREES_FROM:
        few = categorical & (np.nanmax(np.nan_to_num(rows), axis=0) < _MOST_CATEGORIES)
        return HistGradientBoostingClassifier(
            learning_rate=0.2,
            max_iter=25,
            max_leaf_nodes=15,
            categorical_features=few,
            early_stopping=False,
            random_state=seed,
        )
    scaled = make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0))  # no answer: the mean
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), np.flatnonzero(categorical)),
        (scaled, np.flatnonzero(~categorical)),
    )
    return make_pipeline(encoded, LogisticRegression(C=0.1, max_iter=500))


def _fit(model, rows: np.ndarray, label: np.ndarray, weight: np.ndarray):
    if isinstance(model, HistGradientBoostingClassifier):
        return model.fit(rows, label, sample_weight=weight)
    return model.fit(rows, label, logisticregression__sample_weight=weight)


@dataclass(frozen=True)
class Rows:
    """Answers of one side as the classifier sees them."""

    #: (n, Q) numbers, NaN for no answer
    values: np.ndarray
    #: (n,) weights
    weights: np.ndarray

    def take(self, rows: np.ndarray) -> Rows:
        return Rows(self.values[rows], self.weights[rows])


def _rows(sample: Sample, questions: tuple[Question, ...], rng: np.random.Generator) -> Rows:
    """At most `MOST_ROWS` rows; positions, or the numbers of numeric questions."""
    numeric = np.array([question.cuts is not None for question in questions])
    values = np.where(numeric, sample.scores, np.where(sample.positions >= 0, sample.positions, np.nan))
    found = Rows(values, sample.weights)
    return found if sample.n <= MOST_ROWS else found.take(np.sort(rng.choice(sample.n, MOST_ROWS, replace=False)))


def same_gaps(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Both sides with the gaps of a random row of the other side added, so that who skipped what gives nothing away.

    Example: no gaps on one side, every second row gapped on the other: half the rows of both get that gap.
    """
    gaps = np.isnan(first), np.isnan(second)
    if not (gaps[0].any() or gaps[1].any()):
        return first, second
    return (
        np.where(gaps[1][rng.integers(0, len(second), len(first))], np.nan, first),
        np.where(gaps[0][rng.integers(0, len(first), len(second))], np.nan, second),
    )


def checks(comparison: Comparison) -> list[Check]:
    """Detectability with repeated rows kept together, and with copies allowed on both sides of the fold."""
    human, synthetic = comparison.human, comparison.synthetic
    if min(human.n, synthetic.n) < LEAST_ROWS:
        reason = f"{min(human.n, synthetic.n)} rows on one side; a classifier needs {LEAST_ROWS}"
        return [undecided(name, GROUP, reason) for name in ("c2st", "c2st_copies")]
    comparison = _narrowed(comparison)
    sides = (comparison.synthetic, comparison.human)
    ours, theirs = (_rows(side, comparison.questions, comparison.rng("detection")) for side in sides)
    baselines = {
        name: _auc(comparison, _rows(sample, comparison.questions, comparison.rng(name)), theirs)
        for name, sample in comparison.baselines.items()
        if sample.n >= LEAST_ROWS and comparison.complete(sample)
    }
    strict = _auc(comparison, ours, theirs)
    people = _people(comparison, theirs, True, SPLITS)
    planted = _auc(comparison, _unrelated(theirs, len(ours.weights), comparison.rng("planted")), theirs)
    noticed = planted - float(np.mean(people)) > MARGINS["c2st", "all"].tolerance
    found = [_check("c2st", comparison, strict, people, ours, theirs, baselines)]
    # without a row that stands on both sides the two ways of making folds ask the same
    shared = _share_rows(ours.values, theirs.values)
    if shared:
        strict, people = _auc(comparison, ours, theirs, False), _people(comparison, theirs, False, LOOSE_SPLITS)
    found.append(_check("c2st_copies", comparison, strict, people, ours, theirs, {}))
    return found if noticed else [_without_power(check, planted) for check in found]


def _unrelated(rows: Rows, size: int, rng: np.random.Generator) -> Rows:
    """A worthless panel: every question answered by random people, whoever answered the others."""
    drawn = rng.integers(0, len(rows.weights), (size, rows.values.shape[1]))
    return Rows(np.take_along_axis(rows.values, drawn, axis=0), np.ones(size))


def _without_power(check: Check, planted: float) -> Check:
    """A classifier that does not notice a worthless panel cannot pass any; what it does notice counts."""
    if check.verdict == FAIL:
        return check
    words = (
        f"{check.words}; void: a panel of unrelated answers planted on purpose was hardly told apart (AUC "
        f"{number(planted)})"
    )
    return replace(check, verdict=UNDERPOWERED, words=words)


def _narrowed(comparison: Comparison) -> Comparison:
    """The comparison with at most `MOST_QUESTIONS` questions."""
    count = len(comparison.questions)
    if count <= MOST_QUESTIONS:
        return comparison
    index = np.sort(comparison.rng("questions").choice(count, MOST_QUESTIONS, replace=False))
    return replace(
        comparison,
        questions=tuple(comparison.questions[j] for j in index),
        synthetic=comparison.synthetic.columns(index),
        human=comparison.human.columns(index),
        ceiling=None if comparison.ceiling is None else comparison.ceiling.columns(index),
        baselines={name: sample.columns(index) for name, sample in comparison.baselines.items()},
        memory={},
    )


def _auc(comparison: Comparison, ours: Rows, theirs: Rows, grouped: bool = True, purpose: str = "gaps") -> float:
    values = same_gaps(ours.values, theirs.values, comparison.rng(purpose))
    nominal = np.array([not question.scored for question in comparison.questions])
    even = tuple(side.weights / side.weights.mean() for side in (ours, theirs))
    return two_sample_auc(*values, nominal, comparison.seed % 2**32, even, grouped)


def _people(comparison: Comparison, theirs: Rows, grouped: bool, splits: int) -> list[float]:
    """AUCs of people against people: the second sample, or halves."""
    if comparison.ceiling is not None and comparison.ceiling.n >= LEAST_ROWS:
        second = _rows(comparison.ceiling, comparison.questions, comparison.rng("ceiling"))
        return [_auc(comparison, second, theirs, grouped)]
    found = []
    for split in range(splits):
        order = comparison.rng(f"half {split}").permutation(len(theirs.weights))
        half = len(order) // 2
        found.append(_auc(comparison, theirs.take(order[:half]), theirs.take(order[half:]), grouped))
    return found


def _share_rows(first: np.ndarray, second: np.ndarray) -> bool:
    patterns = {row.tobytes() for row in np.nan_to_num(first, nan=-1.0)}
    return any(row.tobytes() in patterns for row in np.nan_to_num(second, nan=-1.0))


def _check(
    name: str, comparison: Comparison, auc: float, people: list[float], ours: Rows, theirs: Rows, baselines: dict
) -> Check:
    m, n = (float(side.weights.sum() ** 2 / (side.weights**2).sum()) for side in (ours, theirs))
    ceiling = float(np.mean(people))
    if len(people) > 1:
        of_people = CROSS_VALIDATED * auc_error(0.5, n / 2, n / 2) / len(people) ** 0.5
    else:
        of_people = CROSS_VALIDATED * auc_error(ceiling, comparison.ceiling.effective_n, n)
    error = CROSS_VALIDATED * auc_error(auc, m, n)
    remark = "below chance: rows look copied from these people" if auc < ceiling - 0.1 else ""
    return finding(
        name, GROUP, "all", "all", AROUND_HALF, auc, error, ceiling, float(np.hypot(error, of_people)), baselines,
        None, min(m, n), remark=remark,
    )  # fmt: skip
