"""Gates: does the panel reproduce people it was trained on, or the people it is compared with?

A failed gate voids every other score: copied people score better than people.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy.stats import hypergeom

from populace.scrutiny.ceiling import LEAST_N
from populace.scrutiny.comparison import Comparison
from populace.scrutiny.findings import Z, not_judged, undecided
from populace.scrutiny.report import FAIL, INDISTINGUISHABLE, UNDERPOWERED, Check
from populace.scrutiny.sample import Sample
from populace.scrutiny.tolerances import MARGINS

GROUP = "privacy"
#: a row of fewer answers than this is shared by chance too often to be evidence
LEAST_ITEMS = 10
#: people on a side without which the gate is not testable (docs/methods/privacy.md)
LEAST_PEOPLE = 500
#: share of people planted as copies to see whether the gate would notice
PLANTED = 0.01
#: limit of a one-sided test at 5 %: only more copies than by chance are a leak
ONE_SIDED = NormalDist().inv_cdf(0.95)
#: two data sets with more rows in common than this hold the same people
_SAME_PEOPLE = 0.5
#: candidates for copies held in memory at once
_CHUNK = 5_000_000
#: share of rows that have to have answered the questions they are looked up by
_ANSWERED = 0.25
#: different keys that a whole number of 64 bits holds
_MOST_KEYS = 2**62


def twins(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n,) how many of the other rows agree with each row in everything it answers.

    rows: (n, Q), others: (m, Q) positions, -1 for no answer. Rows with fewer than `LEAST_ITEMS` answers count none.
    Assumption: compared as integers; a tolerance would miss nothing here and distances in floating point did.
    Reference: docs/methods/privacy.md. Example: row (1, -1) and others (1, 0), (1, 2), (0, 2): 2 (were two
    answers enough).
    """
    counts = np.zeros(len(rows), dtype=int)
    enough = np.flatnonzero((rows >= 0).sum(axis=1) >= LEAST_ITEMS)
    if not len(enough) or not len(others):
        return counts
    # equal rows are looked up once: without it, ten thousand straight-liners would be a hundred million pairs
    own, place, _ = _different(rows[enough])
    theirs, _, times = _different(others)
    counts[enough] = _partners(own, theirs, times)[place]
    return counts


def _different(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different rows, (n,) which of them each row is, and how often each stands there."""
    # sorting 100,000 long rows takes half a minute; sums of random numbers tell rows apart as well, which is checked
    factors = np.random.default_rng(0).integers(1, 2**63, rows.shape[1], dtype=np.uint64)
    sums = (rows + 1).astype(np.uint64) @ factors
    _, first, place, times = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    if not np.array_equal(rows[first][place], rows):
        found, place, times = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return found, place.ravel(), times
    return rows[first], place, times


def _partners(rows: np.ndarray, others: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(n,) twins of each row among the others, each of which stands for `times` rows.

    Rows that answered the same few telling questions are looked up by these answers; the rest by other questions.
    """
    counts = np.zeros(len(rows), dtype=int)
    pending = np.arange(len(rows))
    while len(pending):
        key = _key(rows[pending], others)
        ready = (rows[np.ix_(pending, key)] >= 0).all(axis=1)
        counts[pending[ready]] = _looked_up(rows[pending[ready]], others, times, key)
        pending = pending[~ready]
    return counts


def _key(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Questions that hardly two rows agree in by chance, and all of which a quarter of the rows or more answered."""
    chance = np.array([_agreement(row, other) for row, other in zip(rows.T, others.T, strict=True)])
    answered = np.ones(len(rows), dtype=bool)
    key: list[int] = []
    alike, room = 1.0, float(_MOST_KEYS)
    for j in np.argsort(chance, kind="stable"):
        narrower, left = answered & (rows[:, j] >= 0), room / _options(rows[:, j], others[:, j])
        if alike * len(others) < 1 or left < 1:
            break
        # every row answered something, so there always is a first question
        if narrower.mean() >= _ANSWERED or (not key and narrower.any()):
            answered, alike, room = narrower, alike * chance[j], left
            key.append(int(j))
    return np.array(key)


def _looked_up(rows: np.ndarray, others: np.ndarray, times: np.ndarray, key: np.ndarray) -> np.ndarray:
    """(n,) twins of rows that all answered the questions `key`."""
    sizes = [_options(rows[:, j], others[:, j]) for j in key]
    usable = np.flatnonzero((others[:, key] >= 0).all(axis=1))
    values, wanted = (np.ravel_multi_index(part[:, key].T, sizes) for part in (others[usable], rows))
    order = usable[np.argsort(values, kind="stable")]
    first, last = (np.searchsorted(np.sort(values), wanted, side) for side in ("left", "right"))
    rest = [j for j in range(rows.shape[1]) if j not in set(key.tolist())]
    counts = np.zeros(len(rows), dtype=int)
    # some rows at a time, so that memory does not grow with the candidates
    part = np.cumsum(last - first) // _CHUNK
    for number in np.unique(part):
        some = np.flatnonzero(part == number)
        left, right = np.repeat(some, (last - first)[some]), order[_ranges(first[some], last[some])]
        for j in rest:
            same = (rows[left, j] == others[right, j]) | (rows[left, j] < 0)
            left, right = left[same], right[same]
        counts += np.bincount(left, times[right], len(rows)).astype(int)
    return counts


def _ranges(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """All numbers of the ranges first to last, one range after another. Example: (2, 7), (4, 8): 2, 3, 7."""
    sizes = last - first
    return np.arange(sizes.sum()) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)


def _options(column: np.ndarray, other: np.ndarray) -> int:
    """How many options a question has, as far as anybody chose them."""
    return int(max(column.max(initial=0), other.max(initial=0))) + 1


def _agreement(column: np.ndarray, other: np.ndarray) -> float:
    """How often two rows agree in this question by chance: questions that tell most apart are looked at first."""
    most = _options(column, other)
    shares = [np.bincount(part[part >= 0], minlength=most) / max(len(part), 1) for part in (column, other)]
    return float(shares[0] @ shares[1] + (column < 0).mean())


def share_reproduced(counts: np.ndarray, others: int, size: int) -> float:
    """Share of people with a twin among `size` of the other rows, drawn at random.

    counts: (n,) twins of each person among all `others` rows. Formula: mean of 1 − C(others − t, size)/C(others, size).
    People and panels are compared at one size: more rows hit more people by chance.
    Assumption: none beyond the draw. Reference: hypergeometric distribution.
    Example: three people with 1, 1, 0 twins among 2 others, size 1: (½ + ½ + 0)/3 = .333.
    """
    return float(hypergeom.sf(0, others, counts, size).mean())


def excess(
    matched: float, total: float, matched_before: float, total_before: float, z: float = Z
) -> tuple[float, float, float]:
    """Difference of two shares with its interval (95 % for the usual z) from the two Wilson intervals [l, u].

    Formula: d − √((p₁ − l₁)² + (u₂ − p₂)²) to d + √((u₁ − p₁)² + (p₂ − l₂)²).
    Reference: Newcombe 1998, method 10. Example: 12 of 1,000 against 0 of 1,000: .012 [.0056, .0209].
    """
    (p, low, high), (before, low_before, high_before) = (
        wilson(matched, total, z),
        wilson(matched_before, total_before, z),
    )
    difference = p - before
    below, above = np.hypot(p - low, high_before - before), np.hypot(high - p, before - low_before)
    return difference, float(difference - below), float(difference + above)


def wilson(count: float, total: float, z: float = Z) -> tuple[float, float, float]:
    """A share and its Wilson interval (95 % for the usual z); the count may be an expected one.

    Formula: (p + z²/2n ± z√(p(1 − p)/n + z²/4n²))/(1 + z²/n). Reference: Wilson 1927.
    Example: 12 of 1,000: .012 [.0069, .0209].
    """
    p, z2 = count / total, z**2
    center = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = z * np.sqrt(p * (1 - p) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return p, float(max(0.0, center - half)), float(min(1.0, center + half))


def checks(comparison: Comparison) -> list[Check]:
    """Copies of training people above copies of people never seen; copies of the reference people."""
    return [_training(comparison), _reference(comparison)]


def _reference(comparison: Comparison) -> Check:
    """Rows of the human sample that stand in the panel, against what fresh people would reproduce."""
    name, human = "reference_copies", comparison.human.positions
    if human.shape[1] < LEAST_ITEMS:
        return not_judged(name, GROUP, _too_few(human.shape[1], "the two sides"))
    people = _testable(human)
    if people is None:
        return undecided(name, GROUP, f"fewer than {LEAST_N} people answered {LEAST_ITEMS} of the shared questions")
    return _gate(name, people, comparison.synthetic.positions, None)


def _training(comparison: Comparison) -> Check:
    """Training people who stand in the panel, against people never seen who do."""
    name = "exact_copies"
    if comparison.train is None:
        return not_judged(name, GROUP, "no training people were given: copies of them were not looked for")
    index, train = comparison.train
    if len(index) < LEAST_ITEMS:
        return not_judged(name, GROUP, _too_few(len(index), "training people and both sides"))
    people = _testable(train.positions)
    if people is None:
        return undecided(name, GROUP, f"fewer than {LEAST_N} training people answered {LEAST_ITEMS} shared questions")
    synthetic = comparison.synthetic.columns(index).positions
    return _gate(name, people, synthetic, _unseen(comparison, index, people))


def _too_few(count: int, who: str) -> str:
    return f"{count} questions shared by {who}; an exact copy is evidence from {LEAST_ITEMS} on"


def _testable(rows: np.ndarray) -> np.ndarray | None:
    """Rows with enough answers, or None when there are too few of them."""
    rows = rows[(rows >= 0).sum(axis=1) >= LEAST_ITEMS]
    return rows if len(rows) >= LEAST_N else None


def _unseen(comparison: Comparison, index: tuple[int, ...], train: np.ndarray) -> np.ndarray | None:
    """People the model has not seen: the second human sample or the reference, unless they are the training people."""
    samples: list[Sample | None] = [comparison.ceiling, comparison.human]
    for sample in samples:
        if sample is not None:
            rows = _testable(sample.columns(index).positions)
            if rows is not None and (twins(rows, train) > 0).mean() < _SAME_PEOPLE:
                return rows
    return None


@dataclass(frozen=True)
class Rates:
    """How often people stand in the panel, and how often they would by chance."""

    #: share of the people in the panel
    found: float
    #: people behind it
    total: int
    #: the same share of people never seen
    chance: float
    #: effective number of people behind that
    total_chance: float

    def excess(self, z: float = Z) -> tuple[float, float, float]:
        """Difference with its interval."""
        return excess(self.found * self.total, self.total, self.chance * self.total_chance, self.total_chance, z)

    @property
    def fails(self) -> bool:
        """More than the margin, and more than chance by a one-sided test at 5 %?"""
        value, low, _ = self.excess(ONE_SIDED)
        return value > MARGINS["exact_copies", "all"].delta and low > 0


def _rates(people: np.ndarray, synthetic: np.ndarray, unseen: np.ndarray | None) -> Rates:
    """Chance is what people never seen show; with none of them, what people show among one another."""
    counts = twins(people, synthetic)
    if unseen is not None:
        return Rates(float((counts > 0).mean()), len(people), float((twins(unseen, synthetic) > 0).mean()), len(unseen))
    others = len(people) - 1
    size = min(others, len(synthetic))
    among = np.maximum(twins(people, people) - 1, 0)
    found = share_reproduced(counts, len(synthetic), size)
    # twins among people come in pairs, so they are half as many facts
    return Rates(found, len(people), share_reproduced(among, others, size), len(people) / 2)


def _gate(name: str, people: np.ndarray, synthetic: np.ndarray, unseen: np.ndarray | None) -> Check:
    """FAIL on more copies than by chance; the gate must also notice copies planted on purpose."""
    rates = _rates(people, synthetic, unseen)
    value, low, high = rates.excess()
    planted = people[: max(1, round(PLANTED * len(people)))]
    leaked = np.vstack([np.where(planted >= 0, planted, 0), synthetic])
    noticed = rates.fails or _rates(people, leaked, unseen).fails
    verdict, remark = _verdict(name, rates, noticed, len(planted))
    whom = "people never seen" if unseen is not None else "people among one another"
    words = (
        f"{rates.found:.2%} of {len(people):,} people stand in the panel answer for answer, {whom} {rates.chance:.2%}; "
        f"excess {value:.2%} [{low:.2%}, {high:.2%}]{remark}"
    )
    return Check(name, GROUP, "all", "all", value, low, high, 0.0, rates.chance, verdict, {}, words)


def _verdict(name: str, rates: Rates, noticed: bool, planted: int) -> tuple[str, str]:
    if rates.fails:
        return FAIL, ""
    if not noticed:
        return UNDERPOWERED, f"; void: {planted} copies planted on purpose were not noticed"
    if rates.excess()[0] > MARGINS[name, "all"].delta:
        return UNDERPOWERED, "; too few people to tell this excess from chance"
    if rates.total < LEAST_PEOPLE:
        return UNDERPOWERED, f"; not testable below {LEAST_PEOPLE} people"
    return INDISTINGUISHABLE, f"; {planted} copies planted on purpose were noticed"
