"""Routing: is everybody asked whom people's answers show to be asked, and nobody else?

Skip rules stand in no codebook in a form that a program could follow, so they are learned from people: a question that
nobody answered of those who gave certain answers to an earlier one, though others did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from populace.analysis.estimate import rejected
from populace.scrutiny.ceiling import AHEAD, judge
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import PLAIN, finding, not_judged, undecided
from populace.scrutiny.report import Check, number
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.style import least_variance
from populace.scrutiny.tolerances import MARGINS

GROUP = "margins"
#: people who gave an answer, that it may say who is asked
LEAST_ANSWERED = 30
#: share of them who may have answered a question that they were not to be asked (errors of the data)
MOST_EXCEPTIONS = 0.01
#: share of those asked who must have answered, for an answer to say that the question is put
LEAST_ASKED = 0.9
#: −ln of the chance that so many gave no answer, were the question put to everybody alike
EVIDENCE = 25.0
#: people whom a rule must concern on either side: of fewer a break of one in twenty may go unseen
LEAST_CONCERNED = 60
#: share of those concerned that break a rule, above people's share, from which on the rule counts as broken
BROKEN = 0.03
#: half-splits of people that give the ceiling; each learns all rules anew
RULE_SPLITS = 8
#: questions named in a sentence
_NAMED = 3


@dataclass(frozen=True)
class Rule:
    """Who is asked a question, by the answer to an earlier one."""

    #: position of the question
    question: int
    #: column of the answer that decides: a question's position, or the number of questions plus a background's
    gate: int
    #: (K,) options of the gate after which the question is not put
    never: np.ndarray
    #: (K,) options after which it is
    always: np.ndarray


def learned(answered: np.ndarray, gates: np.ndarray, options: np.ndarray) -> list[Rule]:
    """At most one rule for each question: by the gate that settles most people's case.

    answered: (n, Q) who answered; gates: (n, G) positions of closed answers, −1 for none, the first Q those of the
    questions; options: (G,) options of each, 0 for columns that decide nothing. Only earlier questions and background
    are gates. A rule needs an option after which at most 1 % answered, though by chance, at the rate of all, this
    would happen with probability e⁻²⁵. Example: 60 said no and none answered, 60 said yes and all did: "no" is never.
    """
    asked = answered.mean(axis=0)
    deciding = np.flatnonzero(options)
    hot = [gates[:, gate, None] == np.arange(options[gate]) for gate in deciding]
    if not hot:
        return []
    given = np.hstack(hot).astype(np.float32)
    count = given.sum(axis=0)
    rate = (given.T @ answered.astype(np.float32)) / np.maximum(count, 1)[:, None]
    never = (rate <= MOST_EXCEPTIONS) & (count > 0)[:, None]
    always = (rate >= LEAST_ASKED) & (count >= LEAST_ANSWERED)[:, None]
    starts = np.concatenate([[0], np.cumsum(options[deciding])])
    skipped = np.add.reduceat(never * count[:, None], starts[:-1])
    settled = skipped + np.add.reduceat(always * count[:, None], starts[:-1])
    settled = np.where(_possible(skipped, asked, deciding), settled + _nearer(deciding, len(asked))[:, None], 0.0)
    best = settled.argmax(axis=0)
    return [
        Rule(j, int(deciding[g]), never[starts[g] : starts[g + 1], j], always[starts[g] : starts[g + 1], j])
        for j, g in enumerate(best)
        if settled[g, j] > 0
    ]


def _possible(skipped: np.ndarray, asked: np.ndarray, deciding: np.ndarray) -> np.ndarray:
    """(G, Q) where the gate comes before the question, and so many without an answer are no chance."""
    places = np.arange(len(asked))
    earlier = (deciding[:, None] < places) | (deciding[:, None] >= len(asked))
    varies = (asked > 0) & (asked < 1)
    unlikely = -skipped * np.log1p(-np.where(varies, asked, 0.0)) >= EVIDENCE
    return earlier & varies & unlikely & (skipped >= LEAST_ANSWERED)


def _nearer(deciding: np.ndarray, questions: int) -> np.ndarray:
    """(G,) a trifle more for gates further on, so that of two that settle as much the nearer one is named."""
    return 1e-3 * np.where(deciding < questions, deciding, 0) / max(questions, 1)


def broken(rule: Rule, answered: np.ndarray, gates: np.ndarray) -> np.ndarray:
    """(n,) 1 where a person answered though never asked, or did not though always asked; 0 where not, NaN elsewhere.

    Example: gate (no, yes, yes, none given), answered (yes, yes, no, yes): 1, 0, 1, NaN.
    """
    place = gates[:, rule.gate]
    never, always = (np.append(part, False)[place] for part in (rule.never, rule.always))
    given = answered[:, rule.question]
    return np.where(never, given, np.where(always, ~given, np.nan)).astype(float)


@dataclass(frozen=True)
class Kept:
    """How a sample keeps the rules."""

    #: (rules,) share of those concerned who break it
    rate: np.ndarray
    #: (rules,) effective number of people concerned
    n: np.ndarray


def kept(rules: list[Rule], answered: np.ndarray, gates: np.ndarray, weights: np.ndarray) -> Kept:
    """Rates of breaking each rule under weights (n,)."""
    table = np.column_stack([broken(rule, answered, gates) for rule in rules])
    known = ~np.isnan(table)
    total = weights @ known
    squares = (weights**2) @ known
    rate = np.divide(weights @ np.where(known, table, 0.0), total, out=np.zeros(len(rules)), where=total > 0)
    return Kept(rate, np.divide(total**2, squares, out=np.zeros(len(rules)), where=squares > 0))


def checks(comparison: Comparison) -> list[Check]:
    """Each rule, and the share of rules broken."""
    name = "routing"
    sides = _sides(comparison)
    options = _options(comparison)
    people = comparison.human
    rules = learned(*sides["human"], options)
    if not rules:
        reason = "nobody is skipped: no question's answers depend on an earlier answer among these people"
        return [not_judged(name, GROUP, reason)]
    theirs = kept(rules, *sides["human"], people.weights)
    ours = kept(rules, *sides["synthetic"], comparison.synthetic.weights)
    enough = np.minimum(theirs.n, ours.n) >= LEAST_CONCERNED
    if not enough.any():
        most = float(np.minimum(theirs.n, ours.n).max())
        reason = f"{len(rules)} skip rules, each concerning at most {most:.0f} on one side; {LEAST_CONCERNED} needed"
        return [undecided(name, GROUP, reason)]
    rules = [rule for rule, good in zip(rules, enough, strict=True) if good]
    theirs, ours = (Kept(side.rate[enough], side.n[enough]) for side in (theirs, ours))
    others = {
        side.removeprefix("baseline "): kept(rules, *sides[side], sample.weights)
        for side, sample in _baselines(comparison).items()
    }
    return [
        _all_check(comparison, rules, theirs, ours, others, options, int((~enough).sum())),
        *_each(comparison, rules, theirs, ours, others),
    ]


def _baselines(comparison: Comparison) -> dict[str, Sample]:
    return {f"baseline {name}": sample for name, sample in comparison.baselines.items()}


def _sides(comparison: Comparison) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Side -> (n, Q) who answered and (n, G) answers that may decide."""
    samples = {"human": comparison.human, "synthetic": comparison.synthetic} | _baselines(comparison)
    if comparison.ceiling is not None:
        samples["ceiling"] = comparison.ceiling
    return {
        side: (sample.positions >= 0, np.hstack([sample.positions, comparison.background[side].positions]))
        for side, sample in samples.items()
    }


def _options(comparison: Comparison) -> np.ndarray:
    """(G,) options of questions and background that may decide; 0 for those of numbers."""
    columns: list[Question] = [*comparison.questions, *comparison.backgrounds]
    return np.array([0 if question.cuts is not None else len(question.labels) for question in columns], dtype=int)


def _errors(first: Kept, second: Kept) -> np.ndarray:
    """Standard errors of differences of rates; none of n is not known exactly (Agresti & Caffo 2000)."""
    return np.sqrt(least_variance(first.rate, first.n) + least_variance(second.rate, second.n))


def _share_broken(ours: Kept, theirs: Kept) -> tuple[float, float, np.ndarray]:
    """Share of rules surely broken, share that may be, and which are surely."""
    gap, error = ours.rate - theirs.rate, _errors(ours, theirs)
    sure = (rejected(norm.sf((gap - BROKEN) / error)) if len(gap) else np.zeros(0, dtype=bool)) & (gap > BROKEN)
    return float(sure.mean()), float((gap > BROKEN).mean()), sure


def _all_check(
    comparison: Comparison, rules: list[Rule], theirs: Kept, ours: Kept, others: Mapping[str, Kept],
    options: np.ndarray, thin: int,
) -> Check:  # fmt: skip
    """Share of rules surely broken (one-sided, Benjamini–Hochberg); at most all whose rate is above that of people."""
    low, high, sure = _share_broken(ours, theirs)
    ceiling = _people(comparison, options)
    margin = MARGINS["routing", "all"]
    verdict = judge(low, high, margin, AHEAD, float(np.median(np.minimum(theirs.n, ours.n))))
    worst = [j for j in np.argsort(theirs.rate - ours.rate, kind="stable") if sure[j]][:_NAMED]
    named = ", ".join(f"{_describe(comparison, rules[j])} {ours.rate[j]:.0%}" for j in worst)
    parts = [
        f"{margin.what}: {int(sure.sum())} of {len(rules)} surely, {round(high * len(rules))} perhaps",
        f"people against people {number(ceiling)}",
        f"worst: {named}" if named else "",
        f"{thin} rules that concern fewer than {LEAST_CONCERNED} people left out" if thin else "",
    ]
    shown = {name: _share_broken(other, theirs)[0] for name, other in others.items()}
    return Check("routing", GROUP, "all", "all", low, low, high, ceiling, None, verdict, shown,
                 "; ".join(filter(None, parts)))  # fmt: skip


def _describe(comparison: Comparison, rule: Rule) -> str:
    columns: list[Question] = [*comparison.questions, *comparison.backgrounds]
    gate = columns[rule.gate]
    answers = "/".join(repr(gate.labels[k]) for k in np.flatnonzero(rule.never)[:_NAMED])
    return f"{columns[rule.question].name} (not put after {gate.name} {answers})"


def _people(comparison: Comparison, options: np.ndarray) -> float:
    """Share of rules that other people break: those of the second sample, or of one half under the other's rules."""
    answered, gates = _sides(comparison)["human"]
    if comparison.ceiling is not None:
        pairs = [(np.ones(len(answered), dtype=bool), None)]
    else:
        halves = (half[:RULE_SPLITS] > 0 for half in comparison.halves)
        pairs = list(zip(*halves, strict=True))
    shares = []
    for learn, test in pairs:
        rules = learned(answered[learn], gates[learn], options)
        if not rules:
            continue
        own = kept(rules, answered[learn], gates[learn], comparison.human.weights[learn])
        if test is None:
            other = kept(rules, *_sides(comparison)["ceiling"], comparison.ceiling.weights)
        else:
            other = kept(rules, answered[test], gates[test], comparison.human.weights[test])
        enough = np.minimum(own.n, other.n) >= LEAST_CONCERNED
        if enough.any():
            own, other = (Kept(side.rate[enough], side.n[enough]) for side in (own, other))
            shares.append(_share_broken(other, own)[0])
    return float(np.mean(shares)) if shares else 0.0


def _each(
    comparison: Comparison, rules: list[Rule], theirs: Kept, ours: Kept, others: Mapping[str, Kept]
) -> list[Check]:
    """The rate of breaking each rule above that of people; people among themselves differ by nothing on average."""
    errors = _errors(ours, theirs)
    return [
        finding(
            "routing", GROUP, "question", comparison.questions[rule.question].name, PLAIN,
            float(ours.rate[j] - theirs.rate[j]), float(errors[j]), 0.0, float(errors[j]),
            {name: float(other.rate[j] - theirs.rate[j]) for name, other in others.items() if other.n[j] > 0},
            None, float(min(theirs.n[j], ours.n[j])),
            remark=f"rule: {_describe(comparison, rule)}; people {number(float(theirs.rate[j]))}",
        )
        for j, rule in enumerate(rules)
    ]  # fmt: skip
