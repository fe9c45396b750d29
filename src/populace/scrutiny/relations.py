"""How answers hang together, as figures: a matrix of correlations for every series, and pair by pair against people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from populace.analysis.result import cut
from populace.scrutiny import charts, structure
from populace.scrutiny.aligned import PEOPLE, Answers
from populace.scrutiny.exhibits import Exhibit, QuestionCard
from populace.scrutiny.sample import Sample
from populace.scrutiny.wording import ratio

if TYPE_CHECKING:
    from populace.data.codebook import Variable

#: a correlation needs so many people who answered both questions
MIN_PAIR = 30
#: so many questions at most in the matrices; beyond that squares are too small to see
MAX_MATRIX = 80


@dataclass(frozen=True)
class Correlations:
    """Correlation matrices of the same questions for every series, and their comparison."""

    #: heatmap of every series
    heatmaps: Mapping[str, Exhibit]
    #: panels against people; None without people
    scatter: Exhibit | None
    #: end of the colour scale and of the scatter's axes
    limit: float
    #: questions shown, and questions that could have been
    shown: int
    #: number of questions with an order
    available: int


def correlations(answers: Answers, cards: Sequence[QuestionCard]) -> Correlations | None:
    """Matrices of the questions whose answers have an order (scales, yes/no, numbers), in questionnaire order."""
    columns = ordered_columns(answers)
    shown = columns[:MAX_MATRIX]
    if len(shown) < 3:
        return None
    numbers = column_numbers(cards)
    names = [answers.questions[j].name for j in shown]
    labels = [numbers[name] for name in names]
    matrices = {who: correlation_matrix(sample.columns(shown)) for who, sample in answers.samples.items()}
    limit = _colour_limit(matrices.values())
    heatmaps = {who: _heatmap(i, who, matrix, labels, limit) for i, (who, matrix) in enumerate(matrices.items())}
    wordings = [
        f"{label} · {cut(_own_words(answers.variables[n]), 34)}" for label, n in zip(labels, names, strict=True)
    ]
    compared = PEOPLE in matrices and answers.panels
    scatter = _scatter(matrices, wordings, limit, answers.panel_colours) if compared else None
    return Correlations(heatmaps, scatter, limit, len(shown), len(columns))


def column_numbers(cards: Sequence[QuestionCard]) -> dict[str, str]:
    """Column -> its number on the page: "7", or "9a", "9b" … where one question has several columns."""
    return {
        name: str(card.number) if len(card.names) == 1 else f"{card.number}{_letters(i)}"
        for card in cards
        for i, name in enumerate(card.names)
    }


def _letters(i: int) -> str:
    """a, b … z, aa, ab …"""
    return ("" if i < 26 else _letters(i // 26 - 1)) + "abcdefghijklmnopqrstuvwxyz"[i % 26]


def _own_words(variable: Variable) -> str:
    return variable.item or variable.text


def ordered_columns(answers: Answers) -> list[int]:
    """Places of the questions that have an order and that nobody's respondents answer with one voice."""
    return [
        j
        for j, question in enumerate(answers.questions)
        if question.scored and all(_varies(sample.scores[:, j]) for sample in answers.samples.values())
    ]


def _varies(scores: np.ndarray) -> bool:
    known = scores[np.isfinite(scores)]
    return known.size > 1 and bool(np.ptp(known) > 0)


def correlation_matrix(sample: Sample) -> np.ndarray:
    """(J, J) correlations as the checks compute them; NaN where fewer than 30 people answered both."""
    known = np.isfinite(sample.scores).astype(float)
    matrix = structure.correlations(sample.scores, sample.point)[0]
    return np.where(known.T @ known >= MIN_PAIR, matrix, np.nan)


def _colour_limit(matrices: Iterable[np.ndarray]) -> float:
    """A round number that holds nearly all correlations off the diagonal."""
    values = np.concatenate([np.abs(m[np.tril_indices_from(m, -1)]) for m in matrices])
    values = values[np.isfinite(values)]
    largest = float(np.quantile(values, 0.995)) if values.size else 1.0
    return next((limit for limit in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if largest <= limit), 1.0)


def _lower(labels: Sequence[str]) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(labels)) for j in range(i)]


def _heatmap(index: int, who: str, matrix: np.ndarray, labels: Sequence[str], limit: float) -> Exhibit:
    cells = [(labels[i], labels[j], float(matrix[i, j])) for i, j in _lower(labels) if np.isfinite(matrix[i, j])]
    rows = [{"a": a, "b": b, "r": round(r, 2)} for a, b, r in cells]
    strongest = sorted(cells, key=lambda cell: -abs(cell[2]))[:10]
    mean = float(np.mean([abs(r) for *_, r in cells])) if cells else 0.0
    return Exhibit(
        key=f"matrix-{index}",
        alt=f"Correlation matrix of {len(labels)} questions, {who}: mean absolute correlation {mean:.2f}.",
        spec=charts.correlation_heatmap(rows, labels, limit),
        columns=("Question", "with question", "correlation (the ten strongest)"),
        rows=tuple((a, b, ratio(r)) for a, b, r in strongest),
    )


def _scatter(
    matrices: Mapping[str, np.ndarray], labels: Sequence[str], limit: float, colours: Mapping[str, str]
) -> Exhibit:
    people = matrices[PEOPLE]
    numbers = [label.split(" · ")[0] for label in labels]
    wordings = {f"{numbers[j]} × {numbers[i]}": f"{labels[j]} × {labels[i]}" for i, j in _lower(labels)}
    rows = [
        {
            "pair": f"{numbers[j]} × {numbers[i]}",
            "series": who,
            "human": round(float(people[i, j]), 3),
            "panel": round(float(matrices[who][i, j]), 3),
        }
        for i, j in _lower(labels)
        for who in colours
        if np.isfinite(people[i, j]) and np.isfinite(matrices[who][i, j])
    ]
    last = [row for row in rows if row["series"] == list(colours)[-1]]
    widest = sorted(last, key=lambda row: -abs(row["panel"] - row["human"]))[:8]
    return Exhibit(
        key="correlations",
        alt=f"Scatter plot of {len(_lower(labels))} correlations: in the panel against among people, with the line on "
        "which both agree.",
        spec=charts.correlation_scatter(rows, colours, limit),
        columns=("Pair", "People", list(colours)[-1]),
        rows=tuple((wordings[r["pair"]], ratio(r["human"]), ratio(r["panel"])) for r in widest),
        legend=dict(colours),
    )
