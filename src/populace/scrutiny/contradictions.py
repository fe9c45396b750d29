"""Contradictions: two answers that people hardly ever give together. People contradict themselves at some rate.

Which answers contradict each other is learned from one half of the people and counted in the other half, so that the
rate of people is not flattered; a panel must contradict itself as often as they do: neither more nor never.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import poisson

from populace.scrutiny.ceiling import UNRELATED
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import RATIO, not_judged, of_all, of_panel, spread, undecided
from populace.scrutiny.matched import unrelated
from populace.scrutiny.report import Check
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.tolerances import MARGINS

GROUP = "association"
NAME = "contradictions"
#: two answers contradict each other when they are given together less than so often as unrelated answers would be
RARE = 1 / 3
#: times that unrelated answers would be given together, without which nothing is learned
LEAST_EXPECTED = 8.0
#: expected number of pairs that seem rare by chance alone
MOST_FALSE = 0.1
#: half-splits of people: learned in one half, counted in the other, and the other way round
RULE_SPLITS = 5
#: most questions looked at (sampled by seed)
MOST_QUESTIONS = 120
#: contradictions of people that a comparison needs
LEAST_COUNT = 20.0


def sides_of(positions: np.ndarray, questions: tuple[Question, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(n, C) answers as 0/1 columns and (C,) the question of each: scales as their lower and upper third, others whole.

    positions: (n, Q), −1 for none. Example: five steps: 1–2 low, 4–5 high (the middle is neither).
    """
    columns, owners = [], []
    for j, question in enumerate(questions):
        for members in _parts(question):
            columns.append(np.isin(positions[:, j], members))
            owners.append(j)
    table = np.column_stack(columns) if columns else np.zeros((len(positions), 0), dtype=bool)
    return table.astype(np.float32), np.array(owners, dtype=int)


def _parts(question: Question) -> list[np.ndarray]:
    places = np.flatnonzero(question.on_scale)
    if not question.ordered:
        return [places[k : k + 1] for k in range(len(places))]
    place = np.arange(len(places)) / max(len(places) - 1, 1)
    return [places[place <= 1 / 3 + 1e-9], places[place >= 2 / 3 - 1e-9]]


def rare_pairs(table: np.ndarray, known: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """(P, 2) pairs of columns of different questions that people give together less than a third as often as by chance.

    table: (n, C) answers, known: (n, C) whether the question was answered. Expected is n_i·n_j/n among those who
    answered both; a pair must be so rare that, of all pairs, .1 would seem so by chance (Poisson).
    Example: 60 of 120 agree with A, 60 with B, 3 with both: 30 expected, so a contradiction.
    """
    together = (table.T @ table).astype(float)
    first = (table.T @ known).astype(float)
    total = (known.T @ known).astype(float)
    expected = np.divide(first * first.T, total, out=np.zeros_like(total), where=total > 0)
    different = np.triu(owners[:, None] != owners[None, :])
    candidates = different & (expected >= LEAST_EXPECTED)
    chance = np.ones_like(expected)
    chance[candidates] = poisson.cdf(together[candidates], expected[candidates])
    seen = candidates & (together <= RARE * expected) & (chance <= MOST_FALSE / max(int(candidates.sum()), 1))
    return np.argwhere(seen)


def counted(pairs: np.ndarray, table: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n, 2) contradictions of each person, and pairs of questions in which there could have been one."""
    if not len(pairs):
        return np.zeros((len(table), 2))
    first, second = pairs.T
    return np.column_stack([
        (table[:, first] * table[:, second]).sum(axis=1), (known[:, first] * known[:, second]).sum(axis=1),
    ]).astype(float)  # fmt: skip


def log_rate(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R,) ln of the rate of contradictions under weights (R, n), half a one added, so that none is not −∞."""
    sums = weights.astype(float) @ counts
    return np.log((sums[:, 0] + 0.5) / (sums[:, 1] + 1.0))


def checks(comparison: Comparison) -> list[Check]:
    """The rate of contradictions against that of people."""
    index = _index(comparison)
    questions = tuple(comparison.questions[j] for j in index)
    if len(questions) < 2:
        return [not_judged(NAME, GROUP, "fewer than two questions with several answers in use")]
    people, named, pairs = _counts(comparison, index, questions)
    total = float((comparison.human.weights[:, None] * people)[:, 0].sum())
    if not pairs:
        reason = "no two answers that these people surely give together less than a third as often as by chance"
        return [undecided(NAME, GROUP, reason)]
    if total < LEAST_COUNT:
        reason = f"people contradict themselves {total:.0f} times; {LEAST_COUNT:.0f} are needed to compare rates"
        return [undecided(NAME, GROUP, reason)]
    return [_check(comparison, people, named, pairs)]


def _index(comparison: Comparison) -> np.ndarray:
    """Questions in which enough people differ; of many as many as keep it quick, whole batteries or not."""
    closed = np.array([question.cuts is None or question.ordered for question in comparison.questions], dtype=bool)
    index = np.flatnonzero(comparison.varied & closed)
    return np.sort(comparison.rng(NAME).permutation(index)[:MOST_QUESTIONS])


def _counts(
    comparison: Comparison, index: np.ndarray, questions: tuple[Question, ...]
) -> tuple[np.ndarray, dict[str, np.ndarray], float]:
    """(n, 2) contradictions of people under rules of others; those of every other side; mean number of pairs."""
    human, rng = comparison.human, comparison.rng(NAME)
    others: dict[str, Sample] = {"synthetic": comparison.synthetic, UNRELATED: unrelated(human, rng)}
    others |= {f"baseline {name}": sample for name, sample in comparison.baselines.items()}
    if comparison.ceiling is not None:
        others["ceiling"] = comparison.ceiling
    tables = {name: _table(sample, index, questions) for name, sample in others.items()}
    table, known, owners = _table(human, index, questions)
    people, found = np.zeros((human.n, 2)), {name: np.zeros((sample.n, 2)) for name, sample in others.items()}
    pairs = 0
    for first, second in zip(*(half[:RULE_SPLITS] for half in comparison.halves), strict=True):
        for learn, test in ((first > 0, second > 0), (second > 0, first > 0)):
            rules = rare_pairs(table[learn], known[learn], owners)
            pairs += len(rules)
            people[test] += counted(rules, table[test], known[test])
            for name, (own, answered, _) in tables.items():
                found[name] += counted(rules, own, answered)
    # everybody of the others was counted under all rules, people under one half's rules only
    return people / RULE_SPLITS, {n: c / (2 * RULE_SPLITS) for n, c in found.items()}, pairs / (2 * RULE_SPLITS)


def _table(sample: Sample, index: np.ndarray, questions: tuple[Question, ...]) -> tuple[np.ndarray, ...]:
    positions = sample.positions[:, index]
    table, owners = sides_of(positions, questions)
    return table, (positions >= 0).astype(np.float32)[:, owners], owners


def _check(comparison: Comparison, people: np.ndarray, named: Mapping[str, np.ndarray], pairs: float) -> Check:
    human, synthetic = comparison.human, comparison.synthetic
    point = log_rate(people, human.point)[0]
    boot = log_rate(people, comparison.human_boot)
    ours = log_rate(named["synthetic"], synthetic.point)[0]
    replicates = log_rate(named["synthetic"], comparison.synthetic_boot) - boot
    # none of n is not known exactly: at least the noise of counts
    least = np.sqrt(sum(1 / (_total(c, s) + 0.5) for c, s in ((people, human), (named["synthetic"], synthetic))))
    short = np.sqrt(max(0.0, least**2 - float(spread(replicates)) ** 2))
    replicates = replicates + short * comparison.rng("contradictions noise").standard_normal(len(replicates))
    if comparison.ceiling is not None:
        theirs = np.array([log_rate(named["ceiling"], comparison.ceiling.point)[0] - point])
        theirs_boot = log_rate(named["ceiling"], comparison.ceiling_boot) - boot
    else:
        theirs, theirs_boot = np.subtract(*(log_rate(people, half) for half in comparison.halves)), None
    baselines = {
        name.removeprefix("baseline "): float(log_rate(counts, _weights(comparison, name))[0] - point)
        for name, counts in named.items()
        if name == UNRELATED or name.startswith("baseline ")
    }
    scored = of_panel(NAME, GROUP, ours - point, replicates, theirs, theirs_boot, baselines, RATIO, comparison.n)
    rates = [np.exp(rate) for rate in (ours, point)]
    remark = f"{rates[0]:.2%} of {pairs:.0f} pairs of answers, people {rates[1]:.2%}"
    check = of_all(scored, remark)
    if baselines[UNRELATED] > MARGINS[NAME, "all"].tolerance:
        return check
    return undecided(NAME, GROUP, f"unrelated answers contradict each other as seldom; {remark}")


def _total(counts: np.ndarray, sample: Sample) -> float:
    return float((counts[:, 0] * sample.weights).sum()) * sample.effective_n / sample.n


def _weights(comparison: Comparison, name: str) -> np.ndarray:
    if name == UNRELATED:
        return comparison.human.point
    return comparison.baselines[name.removeprefix("baseline ")].point
