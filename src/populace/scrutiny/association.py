"""How answers hang together: correlations between questions, their strength, and how many people they are worth.

Statements are about this set of questions: intervals come from resampling respondents, not questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import AROUND_ONE, PLAIN, ROOT, Scored, Z, not_judged, of_all, of_panel, undecided
from populace.scrutiny.margins import in_people
from populace.scrutiny.report import FAIL, UNDERPOWERED, Check
from populace.scrutiny.sample import Sample
from populace.scrutiny.structure import (
    Structure,
    correlations,
    cramers_v,
    disattenuated_correlation,
    effective_dependence,
    first_component_share,
    reliability,
    structural_distance,
    structural_slope,
)
from populace.scrutiny.tolerances import MARGINS

GROUP = "association"
#: questions with numbers needed for a correlation structure
LEAST_QUESTIONS = 3
#: more questions than this are sampled down (by seed): pairs grow with the square
MOST_QUESTIONS = 100
#: people per question without which the strength of the whole matrix is not judged: small samples look dependent
LEAST_PER_QUESTION = 10
#: effective common answers a pair needs on both sides
LEAST_PAIR = 30
#: nominal questions with more options than this leave too thin tables
MOST_OPTIONS = 12
#: reliability of the human correlations below which slopes cannot be told from noise
LEAST_RELIABILITY = 0.3


def checks(comparison: Comparison) -> list[Check]:
    """Correlations of questions with numbers; Cramér's V of pairs with a nominal question."""
    index = _with_numbers(comparison)
    if len(index) < LEAST_QUESTIONS:
        reason = f"{len(index)} questions with numbers that vary; a correlation structure needs {LEAST_QUESTIONS}"
        asked = sum(question.scored for question in comparison.questions)
        without = undecided if asked >= LEAST_QUESTIONS else not_judged
        found = [without(name, GROUP, reason) for name in _NAMES]
    else:
        found = _correlation_checks(comparison, index)
    return found + _nominal_checks(comparison)


_NAMES = (
    "correlation_rmse", "slope", "correlation_of_correlations", "pc1_ratio", "effective_dependence", "n_star_structure",
)  # fmt: skip


def _with_numbers(comparison: Comparison) -> np.ndarray:
    """Questions with numbers that vary among people, at most `MOST_QUESTIONS` of them."""
    varies = (comparison.profile("human").variance[0] > 0) & comparison.varied
    scored = np.array([question.scored for question in comparison.questions])
    return _sampled(np.flatnonzero(varies & scored), MOST_QUESTIONS, comparison)


def _sampled(index: np.ndarray, most: int, comparison: Comparison) -> np.ndarray:
    if len(index) <= most:
        return index
    return np.sort(comparison.rng("structure").choice(index, most, replace=False))


def _correlation_checks(comparison: Comparison, index: np.ndarray) -> list[Check]:
    sides = sides_of(comparison, lambda sample, weights: correlations(sample.scores[:, index], weights))
    rows, columns = _pairs(comparison, index)
    if len(rows) < LEAST_QUESTIONS:
        reason = f"{len(rows)} pairs of questions with {LEAST_PAIR} common answers on both sides"
        return [undecided(name, GROUP, reason) for name in _NAMES]
    structure = structure_of(comparison, {side: matrices[:, rows, columns] for side, matrices in sides.items()})
    comparison.memory["structure"] = index, rows, columns, structure
    remark = _worst_pair(comparison, index, rows, columns, structure)
    found = [distance_check("correlation_rmse", structure, comparison, remark)]
    found += pattern_checks(structure, comparison)
    found += [_strength_check(name, sides, comparison) for name in ("pc1_ratio", "effective_dependence")]
    return [*found, _worth_check(structure, comparison)]


def _pairs(comparison: Comparison, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns, among the questions `index`, of the pairs with enough common answers on both sides."""
    rows, columns = np.triu_indices(len(index), 1)
    enough = enough_common(comparison, index)[rows, columns]
    return rows[enough], columns[enough]


def worth_of_structure(comparison: Comparison) -> Check:
    """n* of the structure alone, for part of a panel say: the check that `checks` ends with."""
    index = _with_numbers(comparison)
    rows, columns = _pairs(comparison, index)
    if len(rows) < LEAST_QUESTIONS:
        return undecided("n_star_structure", GROUP, f"{len(rows)} pairs with {LEAST_PAIR} common answers on both sides")

    def compute(sample: Sample, weights: np.ndarray) -> np.ndarray:
        return correlations(sample.scores[:, index], weights)[:, rows, columns]

    sides = sides_of(comparison, compute)
    return _worth_check(structure_of(comparison, sides), comparison)


def sides_of(comparison: Comparison, compute) -> dict[str, np.ndarray]:
    """`compute(sample, weights)` for every side of the comparison."""
    human, synthetic = comparison.human, comparison.synthetic
    found = {
        "synthetic": compute(synthetic, synthetic.point),
        "human": compute(human, human.point),
        "synthetic boot": compute(synthetic, comparison.synthetic_boot),
        "human boot": compute(human, comparison.human_boot),
    }
    if comparison.ceiling is not None:
        found["ceiling"] = compute(comparison.ceiling, comparison.ceiling.point)
        found["ceiling boot"] = compute(comparison.ceiling, comparison.ceiling_boot)
    else:
        found["half a"], found["half b"] = (compute(human, half) for half in comparison.halves)
    for name, sample in comparison.baselines.items():
        if comparison.complete(sample):
            found[f"baseline {name}"] = compute(sample, sample.point)
    return found


def structure_of(comparison: Comparison, sides: Mapping[str, np.ndarray], v: np.ndarray | None = None) -> Structure:
    """The sides put in their places; `v` is the bootstrap variance unless given."""
    second = comparison.ceiling is not None
    n = comparison.human.effective_n
    of_people = (comparison.ceiling.effective_n, n) if second else (n / 2, n / 2)
    prefix = "baseline "
    return Structure(
        sides["synthetic"],
        sides["human"],
        sides["synthetic boot"],
        sides["human boot"],
        sides["ceiling" if second else "half a"],
        sides["human" if second else "half b"],
        sides.get("ceiling boot"),
        {side.removeprefix(prefix): found for side, found in sides.items() if side.startswith(prefix)},
        (n, comparison.synthetic.effective_n, *of_people),
        sides["human boot"].var(axis=0, ddof=1) if v is None else v,
    )


def enough_common(comparison: Comparison, index: np.ndarray) -> np.ndarray:
    """(Q, Q) which pairs have enough common answers on both sides."""
    return np.minimum(*(_common(sample, index) for sample in (comparison.human, comparison.synthetic))) >= LEAST_PAIR


def _common(sample: Sample, index: np.ndarray) -> np.ndarray:
    known = (sample.positions[:, index] >= 0).astype(float)
    return known.T @ known * (sample.effective_n / sample.n)


def _worst_pair(
    comparison: Comparison, index: np.ndarray, rows: np.ndarray, columns: np.ndarray, found: Structure
) -> str:
    worst = int(np.argmax(np.abs(found.synthetic - found.human)[0]))
    pair = " × ".join(comparison.questions[index[side[worst]]].name for side in (rows, columns))
    raw = float(np.sqrt(((found.synthetic - found.human) ** 2).mean()))
    numbers = f"{found.synthetic[0, worst]:.2f} for {found.human[0, worst]:.2f}"
    return f"uncorrected {raw:.3f}; furthest off {pair}: {numbers}"


def _distance_scored(check: str, found: Structure, comparison: Comparison, divisor: float = 1.0) -> Scored:
    """Structural distance; people are brought to the size of the panel by the noise they would have at it."""
    n, m, n_a, n_b = found.sizes
    people = structural_distance(found.people_a, found.people_b, found.v * n / n_b)
    people = people - found.noise_at(n_a) + found.noise_at(m)
    second = None
    if found.people_boot is not None:
        second = _redrawn_distance(found.people_a, found.people_boot, found, found.noise_at(n_a)) / divisor
    own_noise = float(found.synthetic_boot.var(axis=0, ddof=1).mean())
    return of_panel(
        check,
        GROUP,
        structural_distance(found.synthetic, found.human, found.v)[0] / divisor,
        _redrawn_distance(found.synthetic, found.synthetic_boot, found, own_noise) / divisor,
        people / divisor,
        second,
        {name: structural_distance(r, found.human, found.v)[0] / divisor for name, r in found.baselines.items()},
        PLAIN if divisor != 1.0 else ROOT,
        comparison.n,
    )


def redrawn_distance(found: Structure, own_noise: float) -> np.ndarray:
    """(R,) distances of the panel in other samples; own_noise: mean sampling variance of its associations."""
    return _redrawn_distance(found.synthetic, found.synthetic_boot, found, own_noise)


def _redrawn_distance(r: np.ndarray, boot: np.ndarray, found: Structure, own_noise: float) -> np.ndarray:
    """(R,) distances in other samples: the difference shrunk to its corrected length plus the noise of a resample."""
    difference = r - found.human
    observed = float((difference**2).mean())
    left = max(0.0, observed - found.noise - own_noise) / observed if observed > 0 else 0.0
    # around their own mean: a bootstrapped Cramér's V is too high
    noise = (boot - boot.mean(axis=0)) - (found.human_boot - found.human_boot.mean(axis=0))
    drawn = difference * left**0.5 + noise
    return (drawn**2).mean(axis=1) - found.noise


def distance_check(check: str, found: Structure, comparison: Comparison, remark: str) -> Check:
    return of_all(_distance_scored(check, found, comparison), remark)


def _worth_check(found: Structure, comparison: Comparison) -> Check:
    """n* of the structure, on the scale of 1/n*."""
    n = found.sizes[0]
    check = of_all(_distance_scored("n_star_structure", found, comparison, n * found.noise))
    return in_people(check, n, f"from {found.human.shape[1]:,} pairs of questions")


def pattern_checks(
    found: Structure, comparison: Comparison, names: tuple[str, str] = ("slope", "correlation_of_correlations")
) -> list[Check]:
    """Slope and correlation of the synthetic on the human correlations."""
    _, m, n_a, n_b = found.sizes
    noise, noise_b = found.noise, found.noise_at(n_b)

    def slope(r_s: np.ndarray, r_h: np.ndarray, of_s: float, of_h: float) -> np.ndarray:
        return structural_slope(r_s, r_h, of_h)

    checks = []
    for name, measure in zip(names, (slope, disattenuated_correlation), strict=True):
        # resampled correlations carry the noise twice: that of the data and that of the resample
        second = found.people_boot
        if second is not None:
            second = measure(second, found.human_boot, 2 * found.noise_at(n_a), 2 * noise)
        scored = of_panel(
            name,
            GROUP,
            measure(found.synthetic, found.human, found.noise_at(m), noise)[0],
            measure(found.synthetic_boot, found.human_boot, 2 * found.noise_at(m), 2 * noise),
            measure(found.people_a, found.people_b, found.noise_at(n_a), noise_b),
            second,
            {key: measure(r, found.human, found.noise_at(m), noise)[0] for key, r in found.baselines.items()},
            AROUND_ONE,
            comparison.n,
        )
        checks.append(_resolved(of_all(scored), float(reliability(found.human, noise)[0])))
    return checks


def _resolved(check: Check, reliable: float) -> Check:
    """Undecided where the human correlations are mostly noise: nothing can be lined up with them."""
    if reliable >= LEAST_RELIABILITY:
        return check
    words = f"{check.words}; human correlations are mostly sampling noise (reliability {max(0.0, reliable):.2f})"
    return replace(check, verdict=UNDERPOWERED, words=words)


_STRENGTHS = {"pc1_ratio": first_component_share, "effective_dependence": effective_dependence}
#: what unrelated answers to so many questions have of each
_UNRELATED = {"pc1_ratio": lambda questions: 1 / questions, "effective_dependence": lambda _: 0.0}


def _strength_check(name: str, sides: Mapping[str, np.ndarray], comparison: Comparison) -> Check:
    """How strongly everything hangs together, synthetic over human, both corrected for what noise adds."""
    strength = {side: _STRENGTHS[name](matrices) for side, matrices in sides.items()}
    second = comparison.ceiling is not None

    def corrected(side: str) -> float:
        # sampling noise inflates eigenvalues; the bootstrap inflates them by about as much again
        point, boot = float(strength[side][0]), float(strength[f"{side} boot"].mean())
        return max(2 * point - boot, 1e-3)

    def resampled(side: str) -> np.ndarray:
        boot = strength[f"{side} boot"]
        return boot / boot.mean() if boot.mean() > 0 else np.ones_like(boot)

    ratio = corrected("synthetic") / corrected("human")
    if second:
        people = np.array([corrected("ceiling") / corrected("human")])
        people_boot = people[0] * resampled("ceiling") / resampled("human")
    else:
        people, people_boot = strength["half a"] / strength["half b"], None
    plain = float(strength["human"][0])
    baselines = {
        side.removeprefix("baseline "): float(value[0]) / plain
        for side, value in strength.items()
        if side.startswith("baseline ")
    }
    replicates = ratio * resampled("synthetic") / resampled("human")
    scored = of_panel(name, GROUP, ratio, replicates, people, people_boot, baselines, AROUND_ONE, comparison.n)
    check = of_all(scored, f"synthetic {strength['synthetic'][0]:.3f}, human {plain:.3f}")
    questions = sides["human"].shape[-1]
    needed = LEAST_PER_QUESTION * questions
    if comparison.n < needed:
        words = f"{check.words}; {needed} people a side are needed for so many questions"
        return replace(check, verdict=UNDERPOWERED, words=words)
    least = corrected("human") * (1 - Z * float(resampled("human").std(ddof=1)))
    return _told_from_unrelated(check, _UNRELATED[name](questions), least)


def _told_from_unrelated(check: Check, unrelated: float, human: float) -> Check:
    """Passes only where unrelated answers would not: their strength over the least that the human one may be.

    Without structure among people every panel without structure has a ratio near 1, and the ratio says nothing. It
    may still fail: a panel whose answers all hang together is seen against any people.
    """
    tolerance = MARGINS[check.check, "all"].tolerance
    if check.verdict == FAIL or unrelated < (1 - tolerance) * human:
        return check
    words = f"{check.words}; these people's answers hang together too little to be told from unrelated ones"
    return replace(check, verdict=UNDERPOWERED, words=words)


def _nominal_checks(comparison: Comparison) -> list[Check]:
    """Association of pairs in which at least one question is nominal."""
    usable = [j for j, question in enumerate(comparison.questions) if len(question.labels) <= MOST_OPTIONS]
    index = _sampled(np.array(usable, dtype=int), MOST_QUESTIONS // 2, comparison)
    nominal = np.array([not comparison.questions[j].scored for j in index])
    rows, columns = np.triu_indices(len(index), 1)
    if not nominal.any() or not len(rows):
        return []
    kept = (nominal[rows] | nominal[columns]) & enough_common(comparison, index)[rows, columns]
    if not kept.any():
        reason = f"no pair with a nominal question has {LEAST_PAIR} common answers on both sides"
        return [undecided("cramers_v_rmse", GROUP, reason)]
    pairs = np.column_stack([rows[kept], columns[kept]])
    options = np.array([len(comparison.questions[j].labels) for j in index])

    def compute(sample: Sample, weights: np.ndarray) -> np.ndarray:
        common = _common(sample, index)[pairs[:, 0], pairs[:, 1]]
        share = weights.sum(axis=1, keepdims=True) ** 2 / (weights**2).sum(axis=1, keepdims=True) / sample.effective_n
        return cramers_v(sample.positions[:, index], options, pairs, weights, np.maximum(common * share, 3.0))

    first, second = (compute(comparison.human, half) for half in comparison.halves)
    # V is cut off at 0, so its bootstrap overstates its noise; halves of half the size have four times the noise
    structure = structure_of(comparison, sides_of(comparison, compute), ((first - second) ** 2).mean(axis=0) / 4)
    return [distance_check("cramers_v_rmse", structure, comparison, f"{len(pairs):,} pairs with a nominal question")]
