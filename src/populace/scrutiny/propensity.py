"""Propensity scores: how far a logistic regression tells panel from people, and what chance alone would give (S_pMSE).

Beside the classifier: it says how much is due to chance by a formula, and it can be asked for means and for relations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
from sklearn.linear_model import LogisticRegression

from populace.scrutiny.ceiling import UNRELATED
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import Scale, finding, not_judged, undecided
from populace.scrutiny.matched import LEAST_ANSWERED, LEAST_PERSONS, MOST_ITEMS, draws, part_size, unrelated
from populace.scrutiny.report import FAIL, UNDERPOWERED, Check
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import correlations
from populace.scrutiny.tolerances import MARGINS

GROUP = "detection"
#: half-splits for the ceiling
SPLITS = 6
#: questions whose pairs are looked at: those with the strongest links among people
PAIRED = 10
#: rows for every term without which a logistic regression learns by heart
ROWS_A_TERM = 10


def excess(ours: np.ndarray, theirs: np.ndarray, weights: tuple[np.ndarray, np.ndarray]) -> tuple[float, float, float]:
    """How much of who is who terms tell beyond chance, its standard error, and S_pMSE.

    ours: (m, t), theirs: (n, t) terms of the model; weights sum to the effective sizes. pMSE = mean (p̂ − c)², c the
    share of the panel; by chance it is (k − 1)c(1 − c)/N for samples that are independent, k terms with the constant.
    S_pMSE = pMSE over that; the excess is (pMSE − chance)/(c(1 − c)), of which 0 is nothing and 1 all, with error
    √(2(k − 1) + 4N·excess)/N (noncentral χ²). Reference: Snoke et al. 2018, whose null is for panels made from the same
    people (c(1 − c)² in place of c(1 − c)). Example: t = 25, N = 2,436, c = .5: chance .00257.
    """
    rows = np.vstack([ours, theirs])
    label = np.repeat([1, 0], [len(ours), len(theirs)])
    weight = np.concatenate(weights)
    total, c = float(weight.sum()), float(weights[0].sum() / weight.sum())
    model = LogisticRegression(C=1e3, solver="newton-cholesky", max_iter=300).fit(rows, label, weight)
    fitted = model.predict_proba(rows)[:, 1]
    error = float((weight * (fitted - c) ** 2).sum() / total) / (c * (1 - c))
    # terms that follow from others, as of options that exclude one another, count once
    terms = float(np.linalg.matrix_rank(rows - rows.mean(axis=0)))
    over = error - terms / total
    return over, float(np.sqrt(2 * terms + 4 * total * max(over, 0.0))) / total, error / max(terms / total, 1e-12)


@dataclass(frozen=True)
class Terms:
    """How answers become terms of a model; units are those of people."""

    #: questions and their places
    questions: tuple[Question, ...]
    #: (Q,) mean and spread of scores among people
    centre: np.ndarray
    spread: np.ndarray
    #: pairs of scored questions whose products are terms
    pairs: tuple[tuple[int, int], ...] = ()

    def of(self, sample: Sample) -> np.ndarray:
        """(n, t) scores of questions with numbers, one 0/1 column an option of others, and products; no answer is 0."""
        units = np.nan_to_num((sample.scores - self.centre) / self.spread)
        columns = [units[:, [j]] for j, question in enumerate(self.questions) if question.scored]
        for j, question in enumerate(self.questions):
            if not question.scored:
                columns.append((sample.positions[:, j, None] == np.arange(1, len(question.labels))).astype(float))
        columns += [(units[:, a] * units[:, b])[:, None] for a, b in self.pairs]
        return np.hstack(columns)


def checks(comparison: Comparison) -> list[Check]:
    """Main effects; then relations too."""
    names = ("propensity", "propensity_pairs")
    size = part_size(comparison)
    if size < LEAST_PERSONS:
        reason = f"parts of {size} persons; {LEAST_PERSONS} are needed"
        return [undecided(name, GROUP, reason) for name in names]
    index, terms, paired = _terms(comparison)
    if not len(index):
        return [not_judged(name, GROUP, "no question that most of both sides answered") for name in names]
    found = [_check(names[0], comparison, index, terms)]
    if not paired.pairs:
        return [*found, not_judged(names[1], GROUP, "fewer than three questions with numbers: no pairs")]
    return [*found, _powered(_check(names[1], comparison, index, paired))]


def _terms(comparison: Comparison) -> tuple[np.ndarray, Terms, Terms]:
    """Questions, the main effects of all, and main effects and products of the most linked ones."""
    sides = (comparison.human, comparison.synthetic)
    answered = np.min([(side.positions >= 0).mean(axis=0) for side in sides], axis=0) >= LEAST_ANSWERED
    index = np.flatnonzero(answered & comparison.varied)
    index = np.sort(comparison.rng("propensity").permutation(index)[:MOST_ITEMS])
    questions = tuple(comparison.questions[j] for j in index)
    human = comparison.human.columns(index)
    scored = np.array([question.scored for question in questions], dtype=bool)
    centre, spread = np.zeros(len(index)), np.ones(len(index))
    if scored.any():
        centre[scored] = np.nanmean(human.scores[:, scored], axis=0)
        spread[scored] = np.maximum(np.nanstd(human.scores[:, scored], axis=0), 1e-9)
    terms = Terms(questions, centre, spread)
    places = np.flatnonzero(scored)
    if len(places) < 3:
        return index, terms, terms
    links = np.abs(correlations(human.scores[:, places], human.point)[0]).sum(axis=0)
    top = np.sort(places[np.argsort(-links, kind="stable")[:PAIRED]])
    return index, terms, replace(terms, pairs=tuple((int(a), int(b)) for a, b in combinations(top, 2)))


def _excess(ours: Sample, theirs: Sample, terms: Terms) -> tuple[float, float, float]:
    sizes = tuple(side.weights * (side.effective_n / side.weights.sum()) for side in (ours, theirs))
    return excess(terms.of(ours), terms.of(theirs), sizes)


def _check(name: str, comparison: Comparison, index: np.ndarray, terms: Terms) -> Check:
    human, synthetic = comparison.human.columns(index), comparison.synthetic.columns(index)
    width = terms.of(human.take(np.arange(1))).shape[1]
    drawn = list(islice(draws(comparison, name, index), SPLITS))
    if 2 * part_size(comparison) < ROWS_A_TERM * width:
        return undecided(name, GROUP, f"parts of {part_size(comparison)} persons for {width} terms")
    value, error, standard = _excess(synthetic, human, terms)
    people = np.array([_excess(parts.people, parts.reference, terms)[0] for parts in drawn])
    baselines = {
        other: _excess(comparison.baselines[other].columns(index), human, terms)[0] for other in drawn[0].baselines
        if other != UNRELATED
    }  # fmt: skip
    baselines[UNRELATED] = _excess(unrelated(human, comparison.rng("unrelated")), human, terms)[0]
    of_people = float(people.std(ddof=1)) / (1 if comparison.ceiling is not None else len(people) ** 0.5)
    remark = f"S_pMSE {standard:.2f} with {width} terms (1: chance)"
    return finding(
        name, GROUP, "all", "all", Scale(float, bounds=(-1.0, 1.0)), value, error, float(people.mean()),
        float(np.hypot(error, of_people)), baselines if name != "propensity" else _others(baselines), None,
        min(human.effective_n, synthetic.effective_n), remark=remark,
    )  # fmt: skip


def _others(baselines: Mapping[str, float]) -> dict[str, float]:
    """Baselines without the one that has people's own margins: main effects cannot see what it lacks."""
    return {name: value for name, value in baselines.items() if name != UNRELATED}


def _powered(check: Check) -> Check:
    """Void where unrelated answers would pass too."""
    if check.verdict == FAIL or check.value is None:
        return check
    if check.baselines[UNRELATED] - check.ceiling > MARGINS[check.check, "all"].delta:
        return check
    return replace(check, verdict=UNDERPOWERED, words=f"{check.words}; void: unrelated answers would pass too")
