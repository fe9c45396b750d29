"""Numbers fitted after training, on people and batteries that training never saw.

The *known* and *text* dials scale loadings so that predictions of individuals are neither too sure nor too shy. The
*people behind* a known margin are set so that nominal 90 % intervals cover 90 % of the later shares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from populace.models.beliefs import Beliefs
from populace.models.choice import Choice
from populace.models.surveylm import Dials, Parameters, SurveyLM, choice_of
from populace.training.corpus import Corpus
from populace.training.doubts import factor_for_coverage

#: grids on which the two dials are tried
KNOWN_GRID, TEXT_GRID = (0.8, 0.85, 0.9, 0.95, 1.0), (0.0, 0.4, 0.7, 1.0, 1.3)
#: losses this close (nats) are as good as equal: then the larger dial is taken, since panels flatten before losses
#: tell. True correlations of two new questions are 1.2 times those expected from text, of a new and a known one .8
#: times; the loss here sees the second kind alone.
AS_GOOD = 0.005
#: people per corpus, questions told and questions asked in one trial
PEOPLE, CONTEXT, TARGETS = 300, 40, 40


@dataclass(frozen=True)
class Trial:
    """Held-out people of one corpus with what they are told and asked."""

    #: corpus the people come from
    corpus: Corpus
    #: rows of the people
    people: np.ndarray
    #: columns told first: backgrounds and earlier answers
    context: np.ndarray
    #: columns asked
    targets: np.ndarray
    #: True when targets are scored with their true margin, so that only structure counts
    true_margin: bool


def trials(
    corpora: Sequence[Corpus], held_questions: Sequence[np.ndarray], seed: int, told: int = CONTEXT
) -> tuple[list[Trial], list[Trial]]:
    """Trials on questions of training, and on held-out batteries; one of each per corpus that has enough.

    `told` questions are told in each.
    """
    random = np.random.default_rng(seed)
    known, unseen = [], []
    for corpus, held in zip(corpora, held_questions, strict=True):
        tuning = corpus.held if corpus.tuning is None else corpus.tuning
        rows = random.permutation(np.nonzero(tuning)[0])[:PEOPLE]
        answered = (corpus.positions[rows] >= 0).mean(0)
        often = random.permutation(np.nonzero((answered > 0.3) & ~held)[0])
        context = often[:told]
        if len(often) > told:
            known.append(Trial(corpus, rows, context, often[told : told + TARGETS], False))
        asked = random.permutation(np.nonzero((answered > 0.2) & held)[0])[:TARGETS]
        if len(asked):
            unseen.append(Trial(corpus, rows, context, asked, True))
    return known, unseen


def mean_loss(model: SurveyLM, trial_list: Sequence[Trial]) -> tuple[float, float]:
    """Mean NLL per answer of the model, and of the margins alone."""
    losses = [_trial_loss(model, trial) for trial in trial_list]
    weights = [len(a) for a, _ in losses]
    ours, margins = (np.average([np.mean(part[i]) for part in losses], weights=weights) for i in (0, 1))
    return float(ours), float(margins)


def _trial_loss(model: SurveyLM, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    prompts, answers = trial.corpus.prompts, trial.corpus.positions[trial.people].astype(int)
    model.prepare([prompts[q] for q in (*trial.context, *trial.targets)])
    beliefs = Beliefs(len(trial.people), model.parameters.width)
    for q in trial.context:
        beliefs.tell(model.choice(prompts[q]), answers[:, q])
    ours, margins = [], []
    for q in trial.targets:
        choice = _with_true_margin(model, trial, q) if trial.true_margin else model.choice(prompts[q])
        rows = np.nonzero(answers[:, q] >= 0)[0]
        chosen = answers[rows, q]
        ours.append(-np.log(beliefs.ask(choice, rows)[np.arange(len(rows)), chosen]))
        margins.append(-np.log(choice.margin[chosen]))
    return np.concatenate(ours), np.concatenate(margins)


def _with_true_margin(model: SurveyLM, trial: Trial, question: int) -> Choice:
    """The model's structure with the corpus' own margin."""
    prompt = trial.corpus.prompts[question]
    chosen = trial.corpus.positions[:, question]
    counts = np.bincount(chosen[chosen >= 0], minlength=len(prompt.options)) + 0.5
    margin = counts / counts.sum()
    vectors = model.encoder.encode([prompt])[0]
    return choice_of(prompt, margin, model.text_loadings(prompt, vectors, margin))


def fit_dials(
    parameters: Parameters,
    build: Callable[[Parameters], SurveyLM],
    known: Sequence[Trial],
    unseen: Sequence[Trial],
) -> tuple[Dials, dict[str, float]]:
    """Choose the dials with the lowest loss on their trials; returns them with the losses that decided.

    A dial without trials (a corpus too small to set anything aside) stays as it is.
    """
    scores: dict[str, float] = {}
    for name, grid, trial_list in (("known", KNOWN_GRID, known), ("text", TEXT_GRID, unseen)):
        if not trial_list:
            continue
        losses = {}
        for value in grid:
            tried = build(replace(parameters, dials=replace(parameters.dials, **{name: value})))
            losses[value], margins = mean_loss(tried, trial_list)
        best = max(value for value, loss in losses.items() if loss <= min(losses.values()) + AS_GOOD)
        parameters = replace(parameters, dials=replace(parameters.dials, **{name: best}))
        scores |= {f"{name}_gain_nats": margins - losses[best], f"{name}_margin_nats": margins}
    return parameters.dials, scores


def people_for_coverage(predicted: Sequence[np.ndarray], true: Sequence[np.ndarray], level: float = 0.9) -> float:
    """Number of pseudo-people with which central Beta intervals cover `level` of the true shares.

    Questions count equally, whatever their number of options. Between 1 and 2,500.
    """
    shares, truth = np.concatenate(list(predicted)), np.concatenate(list(true))
    weight = np.concatenate([np.full(len(p), 1 / len(p)) for p in predicted])
    return 50 * factor_for_coverage(shares, truth, np.full(len(shares), 50.0), weight, level)
