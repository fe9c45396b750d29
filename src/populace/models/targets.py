"""A survey language model whose population answers some questions as told: other margins, the same persons.

The structure stays the model's own. Loadings are covariances of standardised scores, so those of known and adapted
questions are kept; those read from text are read again under the new margin, on which they depend. Intercepts follow
from margin and loadings (`choice_from_loadings` solves them), so that people of whom nothing is known have the margin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from populace.models.base import Told
from populace.models.known import KnownQuestions, key_of
from populace.models.surveylm import Parameters, SurveyLM
from populace.prompts.prompt import Prompt

#: rounds in which the margins of a population of known backgrounds are brought to their targets
ROUNDS = 6
#: the largest gap that is left standing, as a share
CLOSE_ENOUGH = 1e-4
#: no target is smaller: an answer that nobody gives cannot be drawn, nor conditioned on
SMALLEST = 1e-4


def read_under(
    model: SurveyLM, prompts: Sequence[Prompt], margin_of: Callable[[Prompt, np.ndarray], np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Margin (K,) and loadings (columns, width) of every prompt, with `margin_of(prompt, the model's margin)`."""
    read = model.read(prompts)
    margins = [margin_of(prompt, margin) for prompt, (margin, _) in zip(prompts, read, strict=True)]
    anew = [q for q, p in enumerate(prompts) if model.origin(p) == "text" and margins[q] is not read[q][0]]
    loadings = [part for _, part in read]
    under = model.loadings_under([prompts[q] for q in anew], [margins[q] for q in anew])
    for q, found in zip(anew, under, strict=True):
        loadings[q] = np.pad(found, ((0, 0), (0, loadings[q].shape[1] - found.shape[1])))
    return list(zip(margins, loadings, strict=True))


def with_margins(model: SurveyLM, prompts: Sequence[Prompt], margins: Sequence[np.ndarray]) -> Parameters:
    """The model's parameters with these margins among its adapted questions; a question it had there is replaced."""
    told = dict(zip(prompts, margins, strict=True))
    read = read_under(model, list(told), lambda prompt, _: bounded(told[prompt]))
    before = _entries(model.parameters.adapted, model.parameters.width)
    after = [(key_of(prompt), margin, loadings) for prompt, (margin, loadings) in zip(told, read, strict=True)]
    return replace(model.parameters, adapted=KnownQuestions.of(*zip(*before, *after, strict=True)))


def solved_margins(
    model: SurveyLM,
    prompts: Sequence[Prompt],
    targets: Sequence[np.ndarray],
    history: Sequence[Told] = (),
    n: int = 1,
) -> list[np.ndarray]:
    """Margins under which the `n` respondents of `history` meet the targets.

    People whose backgrounds are known are not the population a margin is about: those of one country or one panel
    lean one way. The margin is moved by the gap in log-odds until their mean answer is the target.
    """
    wanted = [bounded(target) for target in targets]
    if not history:
        return wanted
    margins = list(wanted)
    for _ in range(ROUNDS):
        tried = SurveyLM(with_margins(model, prompts, margins), model.encoder, model.card)
        met = [found.distribution for found in tried.predict(prompts, history, n)]
        gaps = zip(margins, wanted, met, strict=True)
        margins = [bounded(margin * target / share) for margin, target, share in gaps]
        if max(np.abs(a - b).max() for a, b in zip(met, wanted, strict=True)) < CLOSE_ENOUGH:
            break
    return margins


def bounded(margin: np.ndarray) -> np.ndarray:
    """The margin without zeros, summing to one."""
    margin = np.maximum(np.asarray(margin, float), SMALLEST)
    return margin / margin.sum()


def _entries(table: KnownQuestions, width: int) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Key, margin and loadings (columns, width) of every question of a table."""
    out = []
    for i, key in enumerate(table.keys):
        loadings = table.loadings[table.column_start[i] : table.column_start[i + 1]].astype(np.float32)
        padded = np.pad(loadings, ((0, 0), (0, width - loadings.shape[1])))
        out.append((int(key), table.margins[table.option_start[i] : table.option_start[i + 1]], padded))
    return out
