"""Worth and the number of rows: how it grows with more synthetic respondents, beside how it grows with more people.

Bias does not average out. Each size is measured on random parts of the panel; people are measured the same way, parts
of one half of them against the other half.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from populace.analysis.estimate import mean_over_questions
from populace.scrutiny.association import redrawn_distance
from populace.scrutiny.comparison import Comparison, profile
from populace.scrutiny.findings import Z, average, filled, spread
from populace.scrutiny.margins import measure, noise_replicates, sampling_noise, squared_distance
from populace.scrutiny.sample import Question, Sample
from populace.scrutiny.structure import Structure, correlations

#: the smallest part of a panel that is looked at; the next ones are twice as large
LEAST_ROWS = 25
#: random parts of each size, and splits of the people
DRAWS = 20
#: answers that every pair of questions needs in a part for its correlations to be computed
LEAST_PAIR = 20


@dataclass(frozen=True)
class Point:
    """What so many rows are worth."""

    #: interviews
    rows: int
    #: size of the random sample of people with the same squared error; None where the people show no error at all
    value: float | None
    #: lower 95 % limit
    low: float | None
    #: upper 95 % limit; None where it has none, since there are too few people to show one
    high: float | None

    def to_json(self) -> dict:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Curve:
    """Worth by number of rows."""

    #: "shares" or "correlations"
    what: str
    #: parts of the panel, the last point is all of it
    panel: tuple[Point, ...]
    #: parts of people, through the same code
    people: tuple[Point, ...]
    #: a panel without end, from which the panel's own sampling noise is taken out; its rows are 0
    endless: Point

    def to_json(self) -> dict:
        """Plain data."""
        return {
            "what": self.what,
            "panel": [point.to_json() for point in self.panel],
            "people": [point.to_json() for point in self.people],
            "endless": self.endless.to_json(),
        }


def in_people(rows: int, inverse: float, error: float) -> Point:
    """A point from 1/n* and its standard error.

    Example: 1/n* = .01 with error .001: n* = 100, from 1/.01196 = 83.6 to 1/.00804 = 124.4.
    """
    low, high = inverse - Z * error, inverse + Z * error
    value = 1 / inverse if inverse > 0 else None
    return Point(rows, value, 1 / high if high > 0 else None, 1 / low if low > 0 else None)


def sizes(rows: int) -> list[int]:
    """25, 50, 100 … and all rows. Example: 120 rows: 25, 50, 100, 120."""
    found = [LEAST_ROWS * 2**i for i in range(24) if LEAST_ROWS * 2**i < rows]
    # a last step of next to nothing shows nothing
    found = [size for size in found if size <= 0.9 * rows]
    return [*found, rows]


def parts(sample: Sample, size: int, draws: int, rng: np.random.Generator) -> Iterator[Sample]:
    """Random parts of about so many interviews, persons kept together; all of it once where that is the size."""
    persons = int(sample.persons.max()) + 1
    count = max(2, round(size * persons / sample.n))
    for _ in range(draws if count < persons else 1):
        chosen = np.zeros(persons, dtype=bool)
        chosen[rng.permutation(persons)[:count]] = True
        yield sample.take(np.flatnonzero(chosen[sample.persons]))


def curves(comparison: Comparison) -> tuple[Curve, ...]:
    """Worth for shares, and for correlations where there are enough questions with numbers."""
    found = [_of_shares(comparison)] if _human_variance(comparison).mean() > 0 else []
    kept = comparison.memory.get("structure")
    if kept is not None and float(kept[3].noise) > 0:
        found.append(_of_structure(comparison, *kept))
    return tuple(curve for curve in found if curve is not None)


# ------------------------------------------------------------------------------------------------- shares


def _human_variance(comparison: Comparison) -> np.ndarray:
    human = comparison.profile("human")
    return measure(human, human, comparison.questions).variance[0]


def _of_shares(comparison: Comparison) -> Curve:
    unit = float(_human_variance(comparison).mean())
    human, synthetic = comparison.profile("human"), comparison.profile("synthetic")
    replicates = noise_replicates(comparison, "synthetic").d2
    noise = np.array([sampling_noise(shares[0], 2.0) for shares in synthetic.shares])
    answered = synthetic.n[0] / comparison.synthetic.n
    rng = comparison.rng("growth")

    def point(rows: int, values: np.ndarray, own_noise: np.ndarray) -> Point:
        kept = np.isfinite(values)
        error = mean_over_questions(values[kept], filled(replicates + own_noise, values)[:, kept])[1]
        return in_people(rows, float(values[kept].mean()) / unit, error / unit)

    reference = [shares[0] for shares in human.shares]
    found = []
    for size in sizes(comparison.synthetic.n):
        drawn = [
            _distances(part, comparison.questions, reference, human.n[0])
            for part in parts(comparison.synthetic, size, DRAWS, rng)
        ]
        found.append(point(size, average(np.array(drawn)), noise / np.maximum(size * answered - 1, 1.0)))
    endless = measure(synthetic, human, comparison.questions).d2[0]
    return Curve("shares", tuple(found), _people_shares(comparison, unit, rng), point(0, endless, 0 * noise))


def _distances(part: Sample, questions: tuple[Question, ...], reference: list[np.ndarray], n: np.ndarray) -> np.ndarray:
    """(Q,) D̃² of a part from the reference shares of n effective answers; NaN where nobody in it answered."""
    found = profile(part, part.point, questions)
    return np.array([squared_distance(p, s[0], n[j]) for j, (p, s) in enumerate(zip(reference, found.shares))])  # noqa: B905


def _people_shares(comparison: Comparison, unit: float, rng: np.random.Generator) -> tuple[Point, ...]:
    """Parts of a half of the people against the other half, or parts of the second sample against all people."""
    drawn: dict[int, list[float]] = {}
    for people, reference in _people(comparison):
        against = profile(reference, reference.point, comparison.questions)
        shares = [share[0] for share in against.shares]
        for size in sizes(people.n):
            part = next(parts(people, size, 1, rng))
            values = _distances(part, comparison.questions, shares, against.n[0])
            drawn.setdefault(size, []).append(float(np.nanmean(values)) / unit)
    return _spread_points(drawn)


def _people(comparison: Comparison) -> Iterator[tuple[Sample, Sample]]:
    """People and the other people that they are held against, `DRAWS` times."""
    if comparison.ceiling is not None:
        yield from ((comparison.ceiling, comparison.human) for _ in range(DRAWS))
        return
    first, second = comparison.halves
    for a, b in zip(first[:DRAWS], second[:DRAWS], strict=True):
        yield comparison.human.take(np.flatnonzero(a > 0)), comparison.human.take(np.flatnonzero(b > 0))


def _spread_points(drawn: dict[int, list[float]]) -> tuple[Point, ...]:
    """A point for each size at which every draw gave a number; the spread over draws is the error of one sample."""
    most = max(map(len, drawn.values()), default=0)
    return tuple(
        in_people(size, float(np.mean(values)), float(spread(np.array(values))))
        for size, values in sorted(drawn.items())
        if len(values) == most and np.isfinite(values).all()
    )


# ------------------------------------------------------------------------------------------- correlations


def _of_structure(
    comparison: Comparison, index: np.ndarray, rows: np.ndarray, columns: np.ndarray, found: Structure
) -> Curve | None:
    unit = found.sizes[0] * found.noise
    own_noise = float(found.synthetic_boot.var(axis=0, ddof=1).mean())
    error = float(redrawn_distance(found, own_noise).std(ddof=1)) / unit
    rng = comparison.rng("growth of structure")
    synthetic = comparison.synthetic.columns(index)

    def related(part: Sample) -> np.ndarray:
        return correlations(part.scores, part.point)[0][rows, columns]

    def distance(r: np.ndarray) -> float:
        return float(((r - found.human[0]) ** 2).mean() - found.noise)

    enough = _enough_answers(synthetic, rows, columns)
    panel = []
    for size in sizes(comparison.synthetic.n):
        if size >= enough:
            values = [distance(related(part)) for part in parts(synthetic, size, DRAWS, rng)]
            panel.append(in_people(size, float(np.mean(values)) / unit, error))
    if not panel:
        return None
    endless = in_people(0, (distance(found.synthetic[0]) - own_noise) / unit, error)
    drawn: dict[int, list[float]] = {}
    for people, others in _people(comparison):
        first, second = people.columns(index), others.columns(index)
        r, noise = related(second), found.noise_at(second.effective_n)
        for size in sizes(people.n):
            if size >= enough:
                part = related(next(parts(first, size, 1, rng)))
                drawn.setdefault(size, []).append(float(((part - r) ** 2).mean() - noise) / unit)
    return Curve("correlations", tuple(panel), _spread_points(drawn), endless)


def _enough_answers(sample: Sample, rows: np.ndarray, columns: np.ndarray) -> float:
    """Interviews a part needs so that every pair has `LEAST_PAIR` common answers, as answers are spread here."""
    known = (sample.positions >= 0).astype(np.float32)
    common = (known.T @ known)[rows, columns] / sample.n
    return LEAST_PAIR / max(float(common.min()), 1e-9)
