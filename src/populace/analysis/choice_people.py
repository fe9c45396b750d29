"""The people behind choice tasks: their weights, whether they are synthetic, and means that keep a person together."""

from __future__ import annotations

import numpy as np
import polars as pl

from populace.analysis.estimate import Estimate, normal_interval
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import RESPONDENT_ID, listed

__all__ = ["clustered_mean", "respondent_weights", "synthetic_note"]


def clustered_mean(values: np.ndarray, weights: np.ndarray, persons: np.ndarray, bounds=(-np.inf, np.inf)) -> Estimate:
    """Weighted mean of (n,) values with an interval that keeps a person's answers together.

    Formula: SE² = G/(G−1) Σ_g (Σ_{i∈g} w_i (y_i − ȳ))² / (Σw)², Taylor linearisation of the ratio. n is the number of
    people. Reference: Cochran 1977, section 6.13. Example: two people with answers (1, 1) and (0, 0): mean ½, sums of
    residuals 1 and −1, SE² = 2·2/16 = ¼.
    """
    mean = float((weights * values).sum() / weights.sum())
    by_person = np.bincount(persons, weights * (values - mean))
    people = len(np.unique(persons[weights > 0]))
    if people < 2:
        return Estimate(mean, bounds[0], bounds[1], people)
    error = np.sqrt(people / (people - 1) * (by_person**2).sum()) / weights.sum()
    return normal_interval(mean, float(error), people, bounds=bounds)


def synthetic_note(choices: pl.DataFrame, respondents: DataSet | None) -> tuple[str, ...]:
    """The sentence that results of synthetic choices carry: from a column `_synthetic`, or from the respondents."""
    if "_synthetic" not in choices.columns:
        return () if respondents is None else respondents.synthetic_note
    people = choices.group_by(RESPONDENT_ID).agg(pl.col("_synthetic").fill_null(False).any())["_synthetic"]
    if not people.any():
        return ()
    whole = "all" if people.all() else f"{people.sum():,} of"
    return (f"SYNTHETIC: {whole} {len(people):,} respondents are synthetic.",)


def respondent_weights(ids: pl.Series, respondents: DataSet | None) -> np.ndarray:
    """(rows,) weight of the respondent of every row; ones without a data set or without weights in it."""
    if respondents is None or respondents.weights is None:
        return np.ones(len(ids))
    known = respondents.respondent_ids.astype(str)
    if len(np.unique(known)) < len(known):
        raise DataError("respondents: several interviews per respondent; expected one row each: choose one wave")
    table = dict(zip(known.tolist(), respondents.weights.tolist(), strict=True))
    lost = sorted(set(ids.unique().to_list()) - set(table))
    if lost:
        raise DataError(
            f"choices: respondent {listed(lost, 3)} is not in {respondents.source or respondents.id}; expected "
            "everybody there, since weights come from it: use the data set of the same people"
        )
    return np.array([table[one] for one in ids.to_list()])
