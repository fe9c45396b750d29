"""The ceiling of a prediction about persons: their own answers at another time, where people were interviewed twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populace.analysis.estimate import person_numbers
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.bootstrap import RESAMPLES, cluster_draws
from populace.app.benchmark.figures import Figure, Gap
from populace.app.benchmark.interviews import SMALLEST, Draws, Interviews, margins_of
from populace.training.corpus import Corpus

#: what gives the ceiling where people were interviewed twice, and people added to every row of its transition table
OWN_ANSWER, SHRUNK = "own answer about two years earlier", 5.0


@dataclass(frozen=True)
class Retest:
    """People set aside who were interviewed twice, predicted from their own earlier answer to the same question."""

    #: (m, T) loss of that prediction, and of the margin; 0 where not answered twice
    losses: np.ndarray
    margin: np.ndarray
    #: (m, T) answered twice
    scored: np.ndarray
    #: (m,) person of each pair of interviews
    person: np.ndarray


def retest_of(corpus: Corpus, targets: np.ndarray) -> Retest | None:
    """How people of other pairs of interviews moved from answer to answer predicts the second of each pair.

    Rows of the transition table are shrunk towards the margin as if `SHRUNK` more people had given that first answer.
    None where nobody set aside was interviewed twice.
    """
    order = np.lexsort((corpus.years, corpus.respondents.astype(str)))
    again = np.flatnonzero(corpus.respondents[order][1:] == corpus.respondents[order][:-1])
    first, second = order[again], order[again + 1]
    held = corpus.held[first]
    if not held.any() or held.all():
        return None
    columns = [_retest_column(corpus, q, first, second, held) for q in targets]
    losses_, margin, scored = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
    return Retest(losses_, margin, scored, person_numbers(corpus.respondents[first[held]]))


def _retest_column(
    corpus: Corpus, q: int, first: np.ndarray, second: np.ndarray, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses of the pairs set aside, of the margin, and whether both were answered."""
    before, after = (corpus.positions[rows, q].astype(int) for rows in (first, second))
    both = (before >= 0) & (after >= 0)
    taught, asked = both & ~held, both[held]
    (margin,) = margins_of(corpus, np.array([q]))
    table = np.tile(SHRUNK * margin, (len(margin), 1))
    np.add.at(table, (before[taught], after[taught]), 1)
    table /= table.sum(axis=1, keepdims=True)
    chance = np.maximum(table[before[held], after[held]], SMALLEST)
    usual = np.maximum(margin[after[held]], SMALLEST)
    return np.where(asked, -np.log(chance), 0.0), np.where(asked, -np.log(usual), 0.0), asked


def retest_figure(bench: Bench, regime: str, study: str, drawn: Interviews) -> Figure | Gap | None:
    """What a person's own earlier answer is worth, for the questions that are scored; None without a panel."""
    found = retest_of(drawn.corpus, drawn.targets)
    if found is None or not found.scored.any():
        return None
    random = bench.random(regime, study, "retest")
    persons = int(found.person.max()) + 1
    counts = random.multinomial(persons, np.full(persons, 1 / persons), bench.size(RESAMPLES, 200))
    draws = Draws(counts[:, found.person], cluster_draws([drawn.battery[drawn.targets]], len(counts), random))
    spread = draws.ratio(100 * found.scored * (found.losses - found.margin), found.scored * found.margin)
    note = f"{persons:,} people set aside who were interviewed again; questions that were put again"
    words = f"NLL against the margin (%), {OWN_ANSWER}"
    return spread.figure(regime, study, "people", words, int(found.scored.sum()), "answers", None, note)
