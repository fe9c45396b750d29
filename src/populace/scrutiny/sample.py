"""Answers as arrays: the questions both sides share, aligned option by option.

A `Sample` does not say whether people or a model answered, so every check runs on two human samples as it runs on a
synthetic and a human one. That is where the ceiling comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from populace.analysis.estimate import person_numbers
from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.errors import DataError

#: a numeric question with more different answers than this is cut into quantile bins for its distribution
MOST_VALUES = 10
#: quartile ranges beyond the quartiles of the human numbers that means, spreads and correlations do not look
FENCE = 3.0
#: bins of a numeric background variable
BACKGROUND_BINS = 4


@dataclass(frozen=True)
class Question:
    """A question as the checks see it: options in the human codebook's order."""

    #: name of the column
    name: str
    #: "ordinal", "binary", "nominal" or "numeric"
    kind: str
    #: codes of the options, on both sides alike; empty for numeric questions
    codes: tuple[int | str, ...]
    #: labels of the options, or of the bins of a numeric question
    labels: tuple[str, ...]
    #: (K,) True where the option stands on the scale (not missing, not off the scale)
    on_scale: np.ndarray
    #: battery of the question, or None
    battery: str | None = None
    #: inner cuts of the bins of a numeric question
    cuts: np.ndarray | None = None
    #: limits that numbers are drawn in to, so that one answer of a million does not make mean, spread and correlation
    limits: tuple[float, float] = (-np.inf, np.inf)

    @property
    def scored(self) -> bool:
        """Do its answers have numbers that can be averaged?"""
        return self.kind != "nominal"

    @property
    def ordered(self) -> bool:
        """Does its distribution have an order with more than two steps?"""
        return self.kind in ("ordinal", "numeric") and int(self.on_scale.sum()) > 2


@dataclass(frozen=True)
class Sample:
    """Answers of one side to the questions, in their order."""

    #: (n, Q) position of the answer among the question's options or bins, -1 for none
    positions: np.ndarray
    #: (n, Q) number of the answer: rank on the scale from 0, 0/1, or the number within its limits; NaN for none
    scores: np.ndarray
    #: (n,) weights, mean 1
    weights: np.ndarray
    #: (n,) which person each interview belongs to, from 0
    persons: np.ndarray

    @property
    def n(self) -> int:
        """Number of interviews."""
        return len(self.weights)

    @cached_property
    def effective_n(self) -> float:
        """Kish effective number of interviews."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @cached_property
    def point(self) -> np.ndarray:
        """(1, n) weight matrix of the point estimate."""
        return self.weights[None, :].astype(np.float32)

    def take(self, rows: np.ndarray) -> Sample:
        """These interviews only."""
        persons = np.unique(self.persons[rows], return_inverse=True)[1]
        return Sample(self.positions[rows], self.scores[rows], self.weights[rows], persons)

    def columns(self, index: np.ndarray | Sequence[int]) -> Sample:
        """These questions only."""
        index = np.asarray(index, dtype=int)
        return replace(self, positions=self.positions[:, index], scores=self.scores[:, index])


def shared_questions(synthetic: DataSet, human: DataSet, role: str = "question") -> tuple[Question, ...]:
    """Questions of that role on both sides, open text left out. Raises `DataError` where the options disagree."""
    theirs = set(synthetic.names(role))
    names = [name for name in human.names(role) if name in theirs]
    questions = [_question(synthetic, human, name) for name in names]
    return tuple(question for question in questions if question is not None)


def _question(synthetic: DataSet, human: DataSet, name: str) -> Question | None:
    ours, theirs = human.codebook.variable(name), synthetic.codebook.variable(name)
    if "text" in (ours.type, theirs.type):
        return None
    if ours.closed != theirs.closed:
        raise DataError(
            f"question {name!r} is {ours.type} in the human data and {theirs.type} in the synthetic data; "
            "expected the same question on both sides: rename one or give both the same codebook"
        )
    if not ours.closed:
        bins = BACKGROUND_BINS if ours.role == "background" else MOST_VALUES
        return _numeric_question(ours, human.values(name), bins)
    return _closed_question(ours, theirs)


def _closed_question(ours: Variable, theirs: Variable) -> Question:
    codes = _same_codes(ours, theirs)
    options = [option for option in ours.options if option.code in codes]
    on_scale = np.array([not (option.missing or option.off_scale) for option in options], dtype=bool)
    steps = int(on_scale.sum())
    kind = "binary" if steps == 2 else "ordinal" if ours.type == "ordinal" else "nominal"
    labels = tuple(option.label for option in options)
    return Question(ours.name, kind, tuple(option.code for option in options), labels, on_scale, ours.battery)


def _same_codes(ours: Variable, theirs: Variable) -> set[int | str]:
    """Codes judged: all substantive ones, which must agree, and missing ones that both sides offered."""
    plain = [
        {option.code: " ".join(option.label.split()).casefold() for option in variable.options if not option.missing}
        for variable in (ours, theirs)
    ]
    if plain[0] != plain[1]:
        differing = sorted(
            {code for code, _ in plain[0].items() ^ plain[1].items()}, key=lambda code: (str(type(code)), code)
        )
        human, synthetic = ([f"{code!r}: {part.get(code)!r}" for code in differing[:3]] for part in plain)
        raise DataError(
            f"question {ours.name!r} has other options in the human data ({', '.join(human)}) than in the synthetic "
            f"data ({', '.join(synthetic)}), {len(differing)} codes in all; expected the same codes and labels: "
            "recode one side or rename the question"
        )
    missing = [{option.code for option in variable.options if option.missing} for variable in (ours, theirs)]
    return set(plain[0]) | (missing[0] & missing[1])


def _numeric_question(variable: Variable, values: np.ndarray, most: int) -> Question | None:
    known = np.unique(values[~np.isnan(values)])
    if len(known) < 2:
        return None
    if len(known) <= most:
        cuts = (known[1:] + known[:-1]) / 2
    else:
        cuts = np.unique(np.nanquantile(values, np.arange(1, most) / most))
    edges = [f"{cut:g}" for cut in cuts]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    labels = (f"up to {edges[0]}", *between, f"over {edges[-1]}")
    on_scale = np.ones(len(labels), dtype=bool)
    return Question(variable.name, "numeric", (), labels, on_scale, variable.battery, cuts, _fences(values))


def _fences(values: np.ndarray) -> tuple[float, float]:
    """Tukey's outer fences; where half the people give one number, the 1st and 99th percentile."""
    low, high = np.nanquantile(values, [0.25, 0.75])
    if low == high:
        low, high = np.nanquantile(values, [0.01, 0.99])
        return float(low), float(high)
    return float(low - FENCE * (high - low)), float(high + FENCE * (high - low))


def sample_of(data: DataSet, questions: Sequence[Question]) -> Sample:
    """The answers of a data set to these questions; a question it does not have counts as unanswered."""
    placed = [_answers(data, question) for question in questions]
    positions = np.column_stack([place for place, _ in placed]) if placed else np.zeros((data.n, 0), dtype=np.int32)
    scores = np.column_stack([score for _, score in placed]) if placed else np.zeros((data.n, 0))
    weights = np.ones(data.n) if data.weights is None else data.weights
    kept = weights > 0
    weights = weights[kept] / weights[kept].mean() if kept.any() else weights[kept]
    persons = person_numbers(data.respondent_ids[kept])
    return Sample(positions[kept].astype(np.int32), scores[kept].astype(float), weights.astype(float), persons)


def _answers(data: DataSet, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """(n,) positions and (n,) scores of one question."""
    if question.name not in data.codebook:
        return np.full(data.n, -1), np.full(data.n, np.nan)
    if question.cuts is not None:
        values = data.values(question.name)
        known = ~np.isnan(values)
        places = np.where(known, np.searchsorted(question.cuts, np.nan_to_num(values)), -1)
        return places, np.clip(values, *question.limits)
    theirs = data.codebook.variable(question.name).codes
    places = {code: place for place, code in enumerate(question.codes)}
    table = np.array([places.get(code, -1) for code in theirs] + [-1])
    positions = table[data.positions(question.name)]
    return positions, _scores(positions, question)


def _scores(positions: np.ndarray, question: Question) -> np.ndarray:
    if not question.scored:
        return np.full(len(positions), np.nan)
    ranks = np.where(question.on_scale, np.cumsum(question.on_scale) - 1.0, np.nan)
    return np.append(ranks, np.nan)[positions]
