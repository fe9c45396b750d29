"""Further looks at single questions: KS similarity, Jensen–Shannon divergence, coverage, options that nobody chose.

The first two are there to compare with published figures; `margins` has the measures to rely on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from populace.analysis.estimate import rejected
from populace.scrutiny.ceiling import AHEAD, judge
from populace.scrutiny.comparison import Comparison, Profile
from populace.scrutiny.findings import PLAIN, ROOT, Scale, Scored, Z, average, finding, of_all
from populace.scrutiny.margins import GROUP, squared_distance, uniform
from populace.scrutiny.report import FAIL, UNDERPOWERED, Check
from populace.scrutiny.sample import Question
from populace.scrutiny.tolerances import MARGINS

#: an option counts as in use from this share among people on
IN_USE = 0.02
#: people whose intervals are narrow enough (5 points to either side) to be missed
LEAST_COVERAGE = 385
#: draws of two samples of one population for the KS distance that chance gives
CHANCE_DRAWS = 200
#: shown is the similarity, computed with is the distance
SIMILARITY = Scale(lambda distance: 1 - distance, bounds=(0.0, 1.0))


def ks_distance(p: np.ndarray, s: np.ndarray) -> np.ndarray:
    """max|F − G| of (…, K) shares in the order of the scale; 1 − it is the KS similarity.

    Example: p = (.5, 0, .5), s = (.5, .5, 0): F − G = (0, −.5): .5.
    """
    return np.abs(np.cumsum(p - s, axis=-1)).max(axis=-1)


def ks_floor(p: np.ndarray, n: float, m: float, rng: np.random.Generator) -> float:
    """The KS distance that samples of n and m answers of one population have by chance, by simulation.

    p: (K,) shares. scipy's p-values are wrong where answers are tied. Example: five even options, n = m = 200: .062.
    """
    share = p / p.sum()
    drawn = [rng.multinomial(max(int(size), 1), share, CHANCE_DRAWS) / max(int(size), 1) for size in (n, m)]
    return float(ks_distance(*drawn).mean())


def divergence(p: np.ndarray, s: np.ndarray, n: np.ndarray | float, m: np.ndarray | float) -> np.ndarray:
    """Jensen–Shannon divergence in bits of (…, K) shares, less (K₊ − 1)/8·(1/n + 1/m)/ln 2, what chance adds.

    The divergence, not its root. K₊: options that either side chose. May be negative. Reference: Lin 1991;
    docs/methods/margins.md. Example: p = (.5, .5), s = (.6, .4), n = m = 1000: .00728 − .00036 = .00692.
    """
    middle = (p + s) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = [np.where(side > 0, side * np.log2(side / middle), 0.0).sum(axis=-1) for side in (p, s)]
        chance = ((middle > 0).sum(axis=-1) - 1) / 8 * (1 / np.asarray(n) + 1 / np.asarray(m)) / np.log(2)
    return (parts[0] + parts[1]) / 2 - chance


def expected_coverage(n: np.ndarray, m: np.ndarray) -> np.ndarray:
    """How often a 95 % interval of n answers holds the estimate of m others of the same population.

    Formula: 2Φ(1.96/√(1 + n/m)) − 1. Example: n = m: 2Φ(1.386) − 1 = .834; m without end: .95.
    """
    return 2 * norm.cdf(Z / np.sqrt(1 + np.asarray(n) / np.asarray(m))) - 1


def covered(p: np.ndarray, s: np.ndarray, n: float) -> np.ndarray:
    """(…,) share of options whose human 95 % interval (Wilson) holds the panel's share; p, s: (…, K).

    Example: p = (.5, .5), n = 100: intervals .404 to .596, so s = (.55, .45) is covered (1) and (.7, .3) is not (0).
    """
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return (np.abs(s - middle) <= half).mean(axis=-1)


def checks(comparison: Comparison) -> list[Check]:
    """Whole-panel checks only: questions one by one are judged by `margins`."""
    ordered = np.flatnonzero([question.ordered for question in comparison.questions] & comparison.answered)
    found = [_ks_check(comparison, ordered)] if len(ordered) else []
    found += [_divergence_check(comparison), _coverage_check(comparison), _unused_check(comparison)]
    offered = np.flatnonzero([bool(_missing(question).any()) for question in comparison.questions])
    return [*found, *([_missing_check(comparison, offered)] if len(offered) else [])]


def _missing(question: Question) -> np.ndarray:
    """(K,) don't know, refusal and what else stands off the scale."""
    return ~question.on_scale


Measure = Callable[[Profile, Profile, int], np.ndarray]


def scored_shares(comparison: Comparison, check: str, index: np.ndarray, measure: Measure, scale: Scale) -> Scored:
    """The measure of panel, people and baselines, question by question; the panel's noise by redrawn shares."""
    side = comparison.profile
    human, second = side("human"), comparison.ceiling is not None

    def over(ours: Profile, theirs: Profile) -> np.ndarray:
        return np.column_stack([measure(ours, theirs, j) for j in index])

    people = over(side("ceiling"), human) if second else over(side("half a"), side("half b"))
    baselines = {"uniform": uniform(comparison.questions)}
    baselines |= {name: side(f"baseline {name}") for name in comparison.baselines}
    return Scored(
        check,
        GROUP,
        over(side("synthetic"), human)[0],
        over(_redrawn(comparison, "synthetic"), human),
        average(people),
        over(_redrawn(comparison, "ceiling"), human) if second else None,
        None if second else people,
        {name: over(found, human)[0] for name, found in baselines.items()},
        scale,
        n=np.minimum(human.n[0, index], side("synthetic").n[0, index]),
    )


def _redrawn(comparison: Comparison, name: str) -> Profile:
    """Profile of `name` in other samples: the human shares, the difference shrunk to its real length, new noise."""
    key = f"{name} redrawn"
    if key not in comparison.memory:
        comparison.memory[key] = _redraw(comparison, name)
    return comparison.memory[key]


def _redraw(comparison: Comparison, name: str) -> Profile:
    point, human = comparison.profile(name), comparison.profile("human")
    boot, human_boot = comparison.profile(f"{name} boot"), comparison.profile("human boot")
    shares = []
    for j in range(len(comparison.questions)):
        p, q = human.shares[j], point.shares[j]
        observed = ((q - p) ** 2).sum()
        real = max(0.0, float(squared_distance(p, q, human.n[0, j], point.n[0, j])[0]))
        left = (real / observed) ** 0.5 if observed > 0 else 0.0
        drawn = p + (q - p) * left + (boot.shares[j] - q) - (human_boot.shares[j] - p)
        drawn = np.maximum(drawn, 0.0)
        shares.append(drawn / drawn.sum(axis=1, keepdims=True))
    rows = np.repeat(point.n, comparison.resamples, axis=0)
    return Profile(tuple(shares), rows, rows, rows, rows)


def _ks_check(comparison: Comparison, index: np.ndarray) -> Check:
    rng = comparison.rng("ks")
    human, synthetic = comparison.profile("human"), comparison.profile("synthetic")

    def measure(ours: Profile, theirs: Profile, j: int) -> np.ndarray:
        scale = comparison.questions[j].on_scale
        shares = [side.shares[j][:, scale] for side in (ours, theirs)]
        with np.errstate(invalid="ignore", divide="ignore"):
            return ks_distance(*(part / part.sum(axis=1, keepdims=True) for part in shares))

    def floor(j: int, n: float, m: float) -> float:
        return ks_floor(human.shares[j][0, comparison.questions[j].on_scale], n, m, rng)

    scored = scored_shares(comparison, "ks", index, measure, SIMILARITY)
    floors = np.array([floor(j, human.n[0, j], synthetic.n[0, j]) for j in index])
    first = comparison.profile("ceiling") if comparison.ceiling is not None else comparison.profile("half a")
    other = human if comparison.ceiling is not None else comparison.profile("half b")
    theirs = np.array([floor(j, float(first.n[:, j].mean()), float(other.n[:, j].mean())) for j in index])
    # people at the sizes compared here: halves differ more by chance, and by so much more
    by = floors - theirs
    splits = None if scored.ceiling_splits is None else np.maximum(scored.ceiling_splits + by, 0.0)
    people = np.maximum(scored.ceiling + by, 0.0)
    return of_all(replace(scored, floor=floors, ceiling=people, ceiling_splits=splits))


def _divergence_check(comparison: Comparison) -> Check:
    def measure(ours: Profile, theirs: Profile, j: int) -> np.ndarray:
        return divergence(theirs.shares[j], ours.shares[j], theirs.n[:, j], ours.n[:, j])

    scored = scored_shares(comparison, "jsd", np.arange(len(comparison.questions)), measure, ROOT)
    return of_all(scored, "root of the mean divergence in bits, noise taken out; published figures are often 1 − it")


def _coverage_check(comparison: Comparison) -> Check:
    """Share of shares that people's intervals hold; expected is what people of the panel's size would have."""
    human, synthetic = comparison.profile("human"), comparison.profile("synthetic")
    places = range(len(comparison.questions))
    values = np.array([float(covered(human.shares[j], synthetic.shares[j], human.n[0, j])[0]) for j in places])
    expected = expected_coverage(human.n[0], synthetic.n[0])
    # questions are what is sampled: options of one hang together
    error = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.5
    error = max(error, 0.5 / len(values))
    baselines = {name: comparison.profile(f"baseline {name}") for name in comparison.baselines}
    found = {
        name: 1 - float(np.mean([covered(human.shares[j], side.shares[j], human.n[0, j])[0] for j in places]))
        for name, side in baselines.items()
    }
    n = float(np.median(np.minimum(human.n[0], synthetic.n[0])))
    check = finding(
        "coverage", GROUP, "all", "all", SIMILARITY, 1 - float(values.mean()), error, 1 - float(expected.mean()), error,
        found, None, n,
    )  # fmt: skip
    if n >= LEAST_COVERAGE or check.verdict == FAIL:
        return check
    words = f"{check.words}; intervals of {n:.0f} people hold almost anything, {LEAST_COVERAGE} are needed"
    return replace(check, verdict=UNDERPOWERED, words=words)


def _unused_check(comparison: Comparison) -> Check:
    """Share of options in use among people that the panel never chose, where chance would have it chosen.

    The least are those that are surely unused (exact binomial, Benjamini–Hochberg), the largest all that are unused.
    """
    name = "unused_options"
    human, synthetic = comparison.profile("human"), comparison.profile("synthetic")
    used, unused, chance = [], [], []
    for j in range(len(comparison.questions)):
        p, q = human.shares[j][0], synthetic.shares[j][0]
        kept = p >= IN_USE
        used.append(kept.sum())
        unused.append((q[kept] == 0).sum())
        chance.append(np.where(q[kept] == 0, (1 - p[kept]) ** synthetic.n[0, j], 1.0))
    total = max(int(np.sum(used)), 1)
    sure = int(rejected(np.concatenate(chance)).sum())
    low, high = sure / total, int(np.sum(unused)) / total
    verdict = judge(low, high, MARGINS[name, "all"], AHEAD, float(np.median(np.minimum(human.n[0], synthetic.n[0]))))
    words = (
        f"{int(np.sum(unused))} of {total} options that {IN_USE:.0%} of people chose are never chosen, {sure} of them "
        "surely not by chance; people against people 0"
    )
    return Check(name, GROUP, "all", "all", high, low, high, 0.0, None, verdict, {}, words)


def _missing_check(comparison: Comparison, index: np.ndarray) -> Check:
    """Mean share of don't know, refusal and answers off the scale, panel less people."""
    side = comparison.profile

    def measure(ours: Profile, theirs: Profile, j: int) -> np.ndarray:
        off = _missing(comparison.questions[j])
        return ours.shares[j][:, off].sum(axis=1) - theirs.shares[j][:, off].sum(axis=1)

    def over(ours: Profile, theirs: Profile) -> np.ndarray:
        return np.column_stack([measure(ours, theirs, j) for j in index])

    human, second = side("human"), comparison.ceiling is not None
    people = over(side("ceiling"), human) if second else over(side("half a"), side("half b"))
    scored = Scored(
        "dont_know",
        GROUP,
        over(side("synthetic"), human)[0],
        over(side("synthetic boot"), side("human boot")),
        average(people),
        over(side("ceiling boot"), side("human boot")) if second else None,
        None if second else people,
        {name: over(side(f"baseline {name}"), human)[0] for name in comparison.baselines},
        PLAIN,
        n=np.minimum(human.n[0, index], side("synthetic").n[0, index]),
    )
    mass = np.mean([human.shares[j][0, _missing(comparison.questions[j])].sum() for j in index])
    return of_all(scored, f"among people {mass:.1%}, in {len(index)} questions that offer it")
