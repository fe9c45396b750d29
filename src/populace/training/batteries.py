"""How much the questions of a battery have in common beyond what their words say, on batteries set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from populace.models.columns import columns_of, one_axis
from populace.models.known import plain
from populace.models.surveylm import SurveyLM
from populace.training.corpus import Corpus
from populace.training.structure import correlate

#: fewer batteries than this say nothing about batteries
FEWEST_BATTERIES = 5
#: the common part at most
MOST_SHARED = 0.3


def shared_in_batteries(model: SurveyLM, corpora: Sequence[Corpus], held: Sequence[np.ndarray]) -> float | None:
    """Mean of true less expected correlations within batteries set aside, between 0 and MOST_SHARED.

    `held` are per corpus (Q,) True for questions set aside; `model` must not add a common part yet. Batteries count by
    the root of their size. None where there are fewer than FEWEST_BATTERIES.
    """
    found = [one for corpus, aside in zip(corpora, held, strict=True) for one in _gaps(model, corpus, aside)]
    if len(found) < FEWEST_BATTERIES:
        return None
    gaps, sizes = np.array(found).T
    return float(np.clip(np.average(gaps, weights=np.sqrt(sizes)), 0.0, MOST_SHARED))


def _gaps(model: SurveyLM, corpus: Corpus, held: np.ndarray) -> Iterator[tuple[float, int]]:
    """Mean gap and number of questions of every battery that has a pair of them."""
    batteries: dict[str, list[int]] = {}
    for q in np.nonzero(held)[0]:
        if corpus.prompts[q].battery and one_axis(corpus.prompts[q]):
            batteries.setdefault(plain(corpus.prompts[q].battery), []).append(int(q))
    for questions in batteries.values():
        gap = _gap(model, corpus, questions)
        if gap is not None:
            yield gap, len(questions)


def _gap(model: SurveyLM, corpus: Corpus, questions: list[int]) -> float | None:
    prompts = [corpus.prompts[q] for q in questions]
    positions = corpus.positions[~corpus.held][:, questions]
    margins = [_shares(column, len(own.options)) for column, own in zip(positions.T, prompts, strict=True)]
    observed = correlate(positions, columns_of(prompts, margins, with_bends=False))
    expected = np.stack([loadings[0] for loadings in model.loadings_under(prompts, margins)])
    usable = (observed.precision > 0) & np.triu(np.ones_like(observed.values, bool), 1)
    return float((observed.values - expected @ expected.T)[usable].mean()) if usable.any() else None


def _shares(chosen: np.ndarray, options: int) -> np.ndarray:
    """(K,) shares of options, half an answer added to each."""
    counts = np.bincount(chosen[chosen >= 0], minlength=options) + 0.5
    return counts / counts.sum()
