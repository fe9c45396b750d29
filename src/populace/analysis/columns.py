"""Columns: the answers an analysis works on, as numbers, with weights and persons.

One way for all analyses to take variables by name, leave out who did not answer, and say what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from populace.analysis.estimate import bootstrap_weights
from populace.data.codebook import Variable
from populace.data.dataset import DataSet
from populace.data.design import design_of, kish_effective_n
from populace.errors import DataError
from populace.survey.names import listed
from populace.survey.scale import Option

#: columns of any kind: items are some
Kind = TypeVar("Kind", bound="Columns")
#: resamples below which an interval would be a guess
LEAST_RESAMPLES = 20


@dataclass(frozen=True)
class Columns:
    """Numbers of some variables for the interviews that an analysis uses."""

    #: names of the variables
    names: tuple[str, ...]
    #: their wordings in a few words, different from one another
    labels: tuple[str, ...]
    #: (n, q) float64 numbers as `DataSet.scores` gives them, NaN for none
    values: np.ndarray
    #: (n,) positive weights, 1 where the data have none
    weights: np.ndarray
    #: (n,) which person, or cluster of the design, each interview belongs to, from 0
    persons: np.ndarray
    #: (n,) position of each interview in the data set
    rows: np.ndarray
    #: what was left out, and why
    notes: tuple[str, ...] = ()
    #: (n,) stratum of the design that each interview belongs to, from 0; None: the sample was drawn as one
    strata: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of interviews."""
        return len(self.weights)

    @property
    def effective_n(self) -> float:
        """Kish effective number of interviews."""
        return kish_effective_n(self.weights)

    def take(self, kept: np.ndarray) -> Columns:
        """These interviews only, by mask."""
        return replace(
            self,
            values=self.values[kept],
            weights=self.weights[kept],
            persons=np.unique(self.persons[kept], return_inverse=True)[1],
            rows=self.rows[kept],
            strata=None if self.strata is None else self.strata[kept],
        )

    def resampled(self, resamples: int, seed: int) -> np.ndarray:
        """(1 + resamples, n) weights: the survey weights first, then bootstrap resamples of persons or clusters, drawn
        within their strata.
        """
        if resamples < LEAST_RESAMPLES:
            raise DataError(f"{resamples} resamples give no interval; expected {LEAST_RESAMPLES} or more: raise it")
        rng = np.random.default_rng(seed)
        drawn = bootstrap_weights(self.weights, self.persons, resamples, rng, self.strata)
        return np.vstack([self.weights, drawn.astype(float)])


def columns_of(data: DataSet, names: Sequence[str], nominal: bool = False) -> Columns:
    """The variables as numbers, for every interview with a positive weight.

    With `nominal`, variables without an order are taken too, as the position of the answer among the options on the
    scale. Raises `DataError` for no names, names given twice, unknown ones, and variables without numbers.
    """
    _check_names(names)
    weights = np.ones(data.n) if data.weights is None else data.weights
    rows = np.flatnonzero(weights > 0)
    values = np.column_stack([numbers(data, name, nominal)[rows] for name in names])
    labels = _labels(data, names)
    design = design_of(data)
    persons = design.cluster_numbers[rows]
    strata = None if design.strata is None else design.cluster_strata[persons]
    return Columns(tuple(names), labels, values, weights[rows], persons, rows, strata=strata)


def complete(columns: Kind, least: int = 10) -> Kind:
    """Interviews that answered all the variables; raises `DataError` when there are fewer than `least`."""
    answered = ~np.isnan(columns.values).any(axis=1)
    if answered.sum() < least:
        raise DataError(
            f"{answered.sum():,} of {columns.n:,} interviews have an answer to all of {listed(columns.names)}; "
            f"expected at least {least}: leave out the variables that few were asked"
        )
    left_out = int((~answered).sum())
    note = (f"{left_out:,} of {columns.n:,} interviews left out: no answer to one of the questions.",)
    return replace(columns.take(answered), notes=columns.notes + note * (left_out > 0))


def varying(columns: Columns, least: int = 1) -> Columns:
    """Without the variables to which all gave one answer; raises `DataError` when fewer than `least` remain."""
    constant = [j for j, column in enumerate(columns.values.T) if len(np.unique(column[~np.isnan(column)])) < 2]
    kept = [j for j in range(len(columns.names)) if j not in constant]
    gone = [columns.names[j] for j in constant]
    if len(kept) < least:
        raise DataError(
            f"only {len(kept)} of {listed(columns.names)} have more than one answer; expected {least} or more: "
            "choose other variables"
        )
    note = (f"Left out, because all gave one answer: {', '.join(gone)}.",)
    return replace(
        columns,
        names=tuple(columns.names[j] for j in kept),
        labels=tuple(columns.labels[j] for j in kept),
        values=columns.values[:, kept],
        notes=columns.notes + note * bool(gone),
    )


def _check_names(names: Sequence[str]) -> None:
    if isinstance(names, str) or not len(names):
        raise DataError(f"variables are {names!r}; expected a list of one name or more: write them as a list")
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise DataError(f"variable {twice[0]!r} is named twice; expected each once: take one out")


def event_of(variable: Variable) -> Option:
    """The option that counts as 1 where a variable has two: "selected" of a select-all question, else the second."""
    if variable.type == "multi_item":
        return next((option for option in variable.scale if option.code == 1), variable.scale[-1])
    return variable.scale[1]


def numbers(data: DataSet, name: str, nominal: bool = False) -> np.ndarray:
    """(n,) answers as numbers: `DataSet.scores`, but of select-all questions 1 for selected, whatever the order of the
    options; with `nominal` the position on the scale where there is no order. NaN for no answer.

    Example: options "Selected" (1) and "Not selected" (0), in this order: 1 and 0.
    """
    variable = data.codebook.variable(name)
    if variable.type == "multi_item" and variable.scored:
        chosen = event_of(variable).code
        of = {option.code: float(option.code == chosen) for option in variable.scale}
        return np.array([*(of.get(code, np.nan) for code in variable.codes), np.nan])[data.positions(name)]
    if variable.scored or not (nominal and variable.closed):
        return data.scores(name)
    places = {option.code: float(place) for place, option in enumerate(variable.scale)}
    return np.array([*(places.get(code, np.nan) for code in variable.codes), np.nan])[data.positions(name)]


def _labels(data: DataSet, names: Sequence[str]) -> tuple[str, ...]:
    short = [data.codebook.variable(name).short for name in names]
    return tuple(
        f"{words} ({name})" if short.count(words) > 1 else words for words, name in zip(short, names, strict=True)
    )
