"""What goes with what: a shared space of latent persons from the correlations of many surveys.

Surveys have different people and different questions, so no matrix of persons by questions covers them. Their
correlations do: item i has a loading vector l_i, items of one survey correlate by l_i . l_j, and the text of an item
says where its vector should lie, l_i = W' x_i + r_i. The text part is what links surveys, and what places questions
nobody has asked yet. Estimation alternates closed-form steps: a bilinear start (all from text), ridge regressions of
every item on the others of its survey with the text as prior mean, and a ridge regression of loadings on text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from populace.models.columns import Columns

#: dimensions of the space
WIDTH = 64
#: standard deviation of what a low-rank model leaves of a true correlation
MISFIT = 0.03
#: fewer common answers than this and a correlation is not used
FEWEST_COMMON = 30
#: columns that are refitted at a time, and how much of its way each goes
BLOCK, STRIDE = 128, 0.6
#: sweeps over the columns of a survey between two looks at the text
SWEEPS = 3
#: while text is learned, loadings keep closer to it than they will: this share of the variance around it
TIGHT = 0.3
#: longest loading vector: some of every answer is its own
LONGEST = 0.97


@dataclass(frozen=True)
class Correlations:
    """Pairwise correlations of one survey's columns."""

    #: (C, C) correlations; zero where there are too few common answers
    values: np.ndarray
    #: (C, C) precision of each: 1 / (1 / n_ij + misfit^2), zero within a question and where unusable
    precision: np.ndarray


def correlate(positions: np.ndarray, columns: Columns) -> Correlations:
    """Pairwise-complete correlations; positions (n, Q) with -1 for no answer."""
    answered = (positions >= 0).astype(np.float32)
    values = np.zeros((len(positions), len(columns.scores)), np.float32)
    for c, (q, score) in enumerate(zip(columns.question, columns.scores, strict=True)):
        values[:, c] = np.where(positions[:, q] >= 0, score[positions[:, q]], 0.0)
    common = (answered.T @ answered)[np.ix_(columns.question, columns.question)]
    correlation = np.clip(values.T @ values / np.maximum(common, 1), -1, 1)
    precision = 1 / (1 / np.maximum(common, 1) + MISFIT**2)
    unusable = (common < FEWEST_COMMON) | (columns.question[:, None] == columns.question[None])
    return Correlations(np.where(unusable, 0, correlation), np.where(unusable, 0, precision).astype(np.float32))


def text_start(surveys: Sequence[Correlations], features: Sequence[np.ndarray], ridge: float = 30.0) -> np.ndarray:
    """(F, WIDTH) map whose loadings best reproduce all correlations from text alone (closed form, ridge).

    Minimises sum_surveys |C - X M X'|^2 over positive semi-definite M, up to the weighting of surveys, then takes
    the root of M's leading part.
    """
    width = features[0].shape[1]
    gram, cross = np.zeros((width, width)), np.zeros((width, width))
    for survey, x in zip(surveys, features, strict=True):
        weight = len(x) ** -0.5
        gram += weight * x.T @ x
        cross += weight * x.T @ survey.values @ x
    size, axes = np.linalg.eigh(gram)
    middle = axes.T @ cross @ axes / np.outer(size + ridge, size + ridge)
    value, vectors = np.linalg.eigh(axes @ ((middle + middle.T) / 2) @ axes.T)
    start = vectors[:, -WIDTH:] * np.sqrt(np.maximum(value[-WIDTH:], 0))
    return start * np.sqrt(_scale(surveys, features, start))


def _scale(surveys: Sequence[Correlations], features: Sequence[np.ndarray], start: np.ndarray) -> float:
    """Regression slope of observed on predicted correlations: brings the start to the right size."""
    both = own = 0.0
    for survey, x in zip(surveys, features, strict=True):
        loadings, usable = x @ start, survey.precision > 0
        if not usable.any():  # a survey of one question
            continue
        predicted = (loadings @ loadings.T)[usable]
        both += float((predicted * survey.values[usable]).mean())
        own += float((predicted**2).mean())
    return max(both / max(own, 1e-12), 1e-3)


def refit(
    survey: Correlations,
    loadings: np.ndarray,
    prior: np.ndarray,
    variance: np.ndarray,
    longest: float | np.ndarray = LONGEST,
) -> np.ndarray:
    """One sweep: every column's loadings given the others, l_i ~ N(prior_i, variance) (ridge in closed form).

    Columns are taken in blocks, each given what the blocks before it have become (Gauss and Seidel), and a block goes
    only part of its way: when all columns moved at once and all the way, two halves of a battery overshot together
    and fits swung to and fro for ever.
    """
    width, current = loadings.shape[1], loadings.copy()
    outer = _squares(current)
    precision = np.diag(1 / variance).astype(np.float32)
    for start in range(0, len(loadings), BLOCK):
        rows = slice(start, start + BLOCK)
        weight = survey.precision[rows]
        left = (weight @ outer).reshape(-1, width, width) + precision
        right = (weight * survey.values[rows]) @ current + prior[rows] / variance
        new = np.linalg.solve(left, right[..., None])[..., 0]
        own = longest[rows] if isinstance(longest, np.ndarray) else longest
        current[rows] = shortened(current[rows] + STRIDE * (new - current[rows]), own)
        outer[rows] = _squares(current[rows])
    return current


def _squares(loadings: np.ndarray) -> np.ndarray:
    """(C, d * d) outer product of every column's loadings with themselves."""
    return (loadings[:, :, None] * loadings[:, None, :]).reshape(len(loadings), -1)


def shortened(loadings: np.ndarray, longest: float | np.ndarray = LONGEST) -> np.ndarray:
    """Loading vectors no longer than `longest`, one number or one per column."""
    size = np.linalg.norm(loadings, axis=-1, keepdims=True)
    return loadings * np.minimum(1, np.reshape(longest, (-1, 1)) / np.maximum(size, 1e-9))


def ridge_map(loadings: np.ndarray, features: np.ndarray, weights: np.ndarray, penalty: float) -> np.ndarray:
    """(F, d) weighted ridge regression of loadings on features; the penalty is relative to the mean eigenvalue."""
    weighted = features * weights[:, None]
    gram = weighted.T @ features
    gram += penalty * np.trace(gram) / len(gram) * np.eye(len(gram))
    return np.linalg.solve(gram, weighted.T @ loadings).astype(np.float32)


@dataclass(frozen=True)
class Structure:
    """The fitted space."""

    #: list of (C_s, WIDTH) loadings of every survey's columns
    loadings: list[np.ndarray]
    #: (F, WIDTH) map from text features to loadings
    text: np.ndarray
    #: (WIDTH,) variance of loadings around what their text says
    variance: np.ndarray


def fit_structure(
    surveys: Sequence[Correlations],
    features: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    rounds: int = 3,
    penalty: float = 0.3,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Structure:
    """Alternate between items and text; `weights` are lists of (C_s,) importance of columns for the text map.

    While the text map is learned, loadings keep closer to their text than they finally may: what is peculiar to a
    survey, and its noise, would otherwise be carried into the map.
    """
    text = text_start(surveys, features)
    loadings = [shortened(x @ text).astype(np.float32) for x in features]
    stacked, importance = np.concatenate(features), np.concatenate(weights)
    variance = np.full(WIDTH, 0.01, np.float32)
    for turn in range(rounds):
        prior = [x @ text for x in features] if turn else [part.copy() for part in loadings]
        for s, survey in enumerate(surveys):
            loadings[s] = _swept(survey, loadings[s], prior[s], variance * TIGHT)
        last = turn == rounds - 1
        text = ridge_map(np.concatenate(loadings), stacked, importance, penalty if last else 0.02)
        variance = np.maximum(((np.concatenate(loadings) - stacked @ text) ** 2).mean(0), 1e-4)
        progress(turn + 1, rounds + 1)
    own = variance / TIGHT
    for s, survey in enumerate(surveys):
        for _ in range(2):
            loadings[s] = _swept(survey, loadings[s], features[s] @ text, own)
    progress(rounds + 1, rounds + 1)
    return Structure(loadings, text, own)


def _swept(survey: Correlations, loadings: np.ndarray, prior: np.ndarray, variance: np.ndarray) -> np.ndarray:
    for _ in range(SWEEPS):
        loadings = refit(survey, loadings, prior, variance)
    return loadings
