"""recruit(): respondents, drawn from a model and brought to census margins, or taken from your own data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from populace.data.codebook import RESPONDENT, Codebook
from populace.data.dataset import DataSet
from populace.data.design import kish_deff, rake, systematic
from populace.errors import DataError, UsageError
from populace.models.base import ResponseModel
from populace.simulation.chance import respondent_keys, uniforms
from populace.simulation.plan import check_backgrounds
from populace.simulation.simulate import simulate
from populace.survey.audience import Audience
from populace.survey.audience import audience as audience_of
from populace.survey.names import RESPONDENT_ID

#: candidates drawn for every respondent wanted
OVERSAMPLE = 4
#: candidates drawn at least, so that small cells have people in them
LEAST = 2000
#: candidates drawn at most beyond those wanted: by then every cell has its people
SPARE = 40_000


def recruit(
    audience: Audience | str | Path | None = None,
    n: int | None = None,
    model: ResponseModel | str = "default",
    seed: int = 0,
    people: DataSet | None = None,
) -> DataSet:
    """Respondents with their backgrounds: `n` of an audience, or the people of a data set.

    Of an audience: more candidates than needed answer its background questions, each answer drawn from the model
    given the ones before, so that backgrounds hang together as the model has learned. The candidates are raked to the
    audience's margins, and `n` are drawn from them with chances proportional to their weights. The margins are met
    by the respondents themselves: they need no weight.

    Of `people`: the same people, after a check that a model can read their backgrounds.
    """
    if (audience is None) == (people is None):
        raise UsageError(
            "recruit needs either an audience (recruit('us-adults', n=1000)) or people=…: give one of them"
        )
    if people is not None:
        if n is not None:
            raise UsageError(f"n={n} goes with an audience; of people, all {people.n:,} are taken: leave n away")
        check_backgrounds(people)
        return people
    if n is None or n < 1:
        raise UsageError(f"n is {n}; expected the number of respondents to draw, 1 or more: say how many")
    if getattr(model, "may_fail", False):
        raise UsageError(
            f"recruit was given model {model.name!r}, whose answers may fail; expected one that draws every "
            "background: recruit with another model, such as 'default', and let this one answer the questionnaire"
        )
    population = audience if isinstance(audience, Audience) else audience_of(audience)
    candidates = simulate(population.instrument, _candidates(n), model, seed)
    weights = _raked(candidates, population, n)
    return _respondents(candidates, population, _drawn(candidates, population, weights, n, seed), kish_deff(weights))


def _candidates(n: int) -> DataSet:
    """People of whom nothing is known yet."""
    wanted = max(LEAST, min(OVERSAMPLE * n, n + SPARE))
    ids = pl.DataFrame({RESPONDENT_ID: np.arange(1, wanted + 1)})
    return DataSet(ids, Codebook("candidates", "Candidates", (RESPONDENT,)), "candidates")


def _raked(candidates: DataSet, population: Audience, n: int) -> np.ndarray:
    """(candidates,) weights under which the candidates have the margins of the population."""
    names = {name for margin in population.margins for name in margin.variables}
    labels = {name: _labels(candidates, name) for name in names}
    margins = {
        margin.variables: {cell if len(cell) > 1 else cell[0]: share for cell, share in margin.shares.items()}
        for margin in population.margins
    }
    if not margins:
        return np.ones(candidates.n)
    try:
        return rake(labels, margins, tolerance=1e-6, max_iterations=1000)
    except DataError as problem:
        raise DataError(
            f"{n:,} respondents of {population.id!r} cannot be brought to its margins: {problem} "
            "(recruiting more respondents draws more candidates)"
        ) from None


def _labels(candidates: DataSet, name: str) -> np.ndarray:
    labels = np.array(candidates.codebook.variable(name).labels, dtype=object)
    return labels[candidates.positions(name)]


def _drawn(candidates: DataSet, population: Audience, weights: np.ndarray, n: int, seed: int) -> np.ndarray:
    """(n,) rows of the candidates drawn.

    Systematic sampling from a list sorted by the margins' variables: every cell comes up as often as its weight
    says, give or take one person. Drawing at random would add the sampling error of a survey to known figures.
    """
    sorting = [candidates.positions(name) for margin in population.margins for name in margin.variables]
    order = np.lexsort(sorting[::-1]) if sorting else np.arange(candidates.n)
    (start,) = uniforms(respondent_keys(seed, ["start"]), population.id, "recruit")
    return np.sort(order[systematic(weights[order], n, start)])


def _respondents(candidates: DataSet, population: Audience, rows: np.ndarray, deff: float) -> DataSet:
    """The drawn candidates under new ids, and in the codebook how they were recruited."""
    chosen = candidates.rows(rows)
    ids = pl.Series(RESPONDENT_ID, np.arange(1, chosen.n + 1))
    recruited = {
        "audience": population.id,
        "candidates": candidates.n,
        "design_effect": round(deff, 3),
        "different_candidates": len(np.unique(rows)),
    }
    codebook = Codebook(
        population.id, population.title, chosen.codebook.variables, {**chosen.codebook.extra, "recruited": recruited}
    )
    return DataSet(chosen.answers.with_columns(ids), codebook, f"{chosen.n:,} respondents of {population.id!r}")
