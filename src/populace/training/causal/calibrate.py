"""Calibration: one temperature and a bias for places per kind of question, on people who were set aside.

Minimises the loss of their answers (negative log-likelihood), kind by kind; a weak ridge keeps biases small where few
answers speak. Temperature: Guo et al. 2017 (arXiv 1706.04599); bias of places: Zheng et al. 2023 (arXiv 2309.03882).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from transformers import PreTrainedModel

from populace.models.causal_engine import Texts, tree_of
from populace.models.causal_text import TokenWriter
from populace.models.decision import KINDS, PLACES, Decision, places
from populace.models.pool import kind_of
from populace.training.causal.examples import Example

#: answers of a kind, at least; with fewer its scores are taken as they are
FEWEST = 200
#: strength of the ridge, in answers
RIDGE = 10.0
#: answers of each interview that are scored
FROM_EACH = 4


@dataclass(frozen=True)
class Answer:
    """One person's answer to one question."""

    kind: str
    #: (K,) scores of the options
    scores: np.ndarray
    #: (K, P) which of the places in `PLACES` each option stands in
    there: np.ndarray
    #: position of the option chosen
    chosen: int


def calibrated(decision: Decision, answers: Sequence[Answer]) -> tuple[Decision, dict[str, tuple[float, float]]]:
    """The decision with temperatures and biases; kind -> (loss before, loss after), in nats per answer."""
    temperature, bias, losses = dict(decision.temperature), dict(decision.bias), {}
    for kind in KINDS:
        own = [one for one in answers if one.kind == kind]
        if len(own) >= FEWEST:
            found = minimize(lambda p, own=own: _loss(p, own), np.zeros(1 + len(PLACES)), method="L-BFGS-B").x
            temperature[kind] = float(np.exp(found[0]))
            bias[kind] = dict(zip(PLACES, found[1:].round(4).tolist(), strict=True))
            before = _mean_loss(np.zeros(1 + len(PLACES)), own)
            losses[kind] = (before, _mean_loss(found, own))
    return replace(decision, temperature=temperature, bias=bias), losses


def answers_of(
    model: PreTrainedModel, tokens: TokenWriter, examples: Sequence[Example], random: np.random.Generator
) -> Iterator[Answer]:
    """Scores of all options at some places of the examples, each after all that comes before."""
    for example in examples:
        begun = [spot for spot in example.spots if spot.asked is not None]
        for place in random.permutation(len(begun))[:FROM_EACH]:
            spot = begun[place]
            prompt, order, chosen = spot.asked
            texts = Texts(model, 1)
            texts.grow([example.tokens[: spot.at]])
            scores = texts.log_chances(example.tokens[spot.at : spot.at + 1], tree_of(tokens.answers(prompt, order)))[0]
            there = np.stack([places(prompt, order)[name] for name in PLACES], axis=1)
            yield Answer(kind_of(prompt), scores, there, chosen)


def _loss(parameters: np.ndarray, answers: Sequence[Answer]) -> float:
    return _mean_loss(parameters, answers) + RIDGE / 2 * float(parameters @ parameters) / len(answers)


def _mean_loss(parameters: np.ndarray, answers: Sequence[Answer]) -> float:
    """Mean negative log-likelihood; options of all questions padded to the longest."""
    widest = max(len(one.scores) for one in answers)
    scores = np.full((len(answers), widest), -np.inf)
    for row, one in enumerate(answers):
        scores[row, : len(one.scores)] = (one.scores + one.there @ parameters[1:]) / np.exp(parameters[0])
    most = scores.max(axis=1, keepdims=True)
    total = most[:, 0] + np.log(np.exp(scores - most).sum(axis=1))
    chosen = scores[np.arange(len(answers)), [one.chosen for one in answers]]
    return float(np.mean(total - chosen))
