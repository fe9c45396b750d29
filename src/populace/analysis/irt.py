"""Item response theory: how items work along one trait, and how precisely they measure it.

Graded response model (two-option items: the two-parameter logistic) by marginal maximum likelihood (`graded`). Whether
items treat two groups alike: `dif`. Formulas and how to read them: docs/methods/irt.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, numbers, varying
from populace.analysis.estimate import Estimate, normal_interval
from populace.analysis.graded import GradedModel, fit_graded, linked, person_fit, reliability
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.names import listed

#: where item information is shown
SHOWN = (-2.0, -1.0, 0.0, 1.0, 2.0)
#: people that a model needs
LEAST = 30
#: items that the trait needs to rest on
LEAST_ITEMS = 3

__all__ = ["fit_graded", "GradedModel", "item_response", "ItemResponse", "linked", "person_fit", "trait_items"]


@dataclass(frozen=True)
class ItemResponse(Result):
    """Items along one trait."""

    analysis: ClassVar[str] = "item_response"

    #: names of the items
    names: tuple[str, ...]
    #: their wordings
    labels: tuple[str, ...]
    #: options that somebody chose, as ranks on the scale, per item
    steps: tuple[np.ndarray, ...]
    #: the fitted model
    model: GradedModel
    #: slopes
    slopes: tuple[Estimate, ...]
    #: difficulties, per item; None where the slope may be zero, so that there is no such point
    difficulties: tuple[tuple[Estimate | None, ...], ...]
    #: (n of the data set,) trait of each interview and its error; NaN where nothing was answered
    traits: np.ndarray
    errors: np.ndarray
    #: share of the variance of the traits that is not error
    reliability: float
    #: number of people, effective where there are weights
    n: float
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def score(self, data: DataSet) -> tuple[np.ndarray, np.ndarray]:
        """(n,) trait and error of the interviews of other data with these items, NaN where nothing was answered."""
        values = np.column_stack([numbers(data, name) for name in self.names])
        return _traits(self.model, recoded(values, self.steps))

    def tables(self) -> tuple[Table, ...]:
        """Parameters, information, and the model."""
        most = max(len(row) for row in self.difficulties)
        heads = tuple(f"difficulty {k + 1}" for k in range(most))
        rows = tuple(
            (name, label, slope, *row, *([None] * (most - len(row))))
            for name, label, slope, row in zip(self.names, self.labels, self.slopes, self.difficulties, strict=True)
        )
        return (Table("Items", ("item", "wording", "slope", *heads), rows), self._information(), self._model())

    def chart(self) -> Spec:
        """Information along the trait: all items, and the three that tell most."""
        theta = np.linspace(-3, 3, 25)
        each = self.model.information(theta)
        best = np.argsort(-each.max(axis=1), kind="stable")[:3]
        curves = [("all items", each.sum(axis=0)), *((self.names[j], each[j]) for j in best)]
        rows = [
            {"series": name, "x": x, "y": y}
            for name, curve in curves
            for x, y in zip(theta.tolist(), curve.tolist(), strict=True)
        ]
        return charts.lines(rows, "Trait", "Information", ".1f")

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            "The trait has mean 0 and standard deviation 1 in the population. Slope: how sharply an item separates "
            "people; difficulty: where on the trait the next answer becomes likelier than not.",
            *self.remarks,
        )

    def _information(self) -> Table:
        each = self.model.information(np.array(SHOWN))
        total = each.sum(axis=0)
        rows = [(name, *row) for name, row in zip(self.names, each.tolist(), strict=True)]
        ends = [("all items", *total.tolist()), ("error of the trait", *(1 / np.sqrt(total + 1)).tolist())]
        heads = ("item", *(f"at {theta:g}" for theta in SHOWN))
        note = "The error of the trait counts the population as one more piece of information."
        return Table("Information", heads, (*rows, *ends), (note,))

    def _model(self) -> Table:
        rows = (
            ("people (effective)", round(self.n, 1)),
            ("log-likelihood", f"{self.model.loglik:,.2f}"),
            ("parameters", len(self.model.covariance)),
            ("reliability of the trait", self.reliability),
        )
        return Table("The model", ("figure", "value"), rows)


def item_response(data: DataSet, names: Sequence[str], common_slope: bool = False) -> ItemResponse:
    """Graded response model of ordered items; with two options each, the two-parameter logistic model.

    names: three or more ordered or two-option variables of one trait; an item that runs the other way gets a negative
    slope. common_slope: one slope for all (with two options the one-parameter logistic model). Standard errors are
    robust and honour weights and persons or clusters. People who left items out stay in (missing at random). Raises
    `DataError` for numeric or unordered variables, fewer than three items that vary, and fewer than 30 people.
    """
    columns, codes, steps = trait_items(data, names)
    model = fit_graded(codes, columns.weights, columns.persons, common_slope)
    slopes = tuple(
        normal_interval(*pair, columns.effective_n) for pair in zip(model.slopes, model.slope_errors(), strict=True)
    )
    traits, errors = _traits(model, codes)
    everyone = np.full((2, data.n), np.nan)
    everyone[:, columns.rows] = traits, errors
    return ItemResponse(
        columns.names,
        columns.labels,
        steps,
        model,
        slopes,
        _difficulties(model, slopes, columns.effective_n),
        everyone[0],
        everyone[1],
        reliability(traits, errors, columns.weights),
        columns.effective_n,
        (*_remarks(model, columns, slopes), *columns.notes),
    )


def trait_items(
    data: DataSet, names: Sequence[str], among: np.ndarray | None = None
) -> tuple[Columns, np.ndarray, tuple[np.ndarray, ...]]:
    """Columns of the items that vary, (n, p) codes of options that somebody chose, and which those are."""
    for name in names:
        variable = data.codebook.variable(name)
        if not (variable.closed and variable.scored):
            raise DataError(
                f"variable {name!r} is of type {variable.type!r} without an order of options; item response theory "
                "expects ordered or two options: leave it out or cut it into ranges"
            )
    columns = columns_of(data, names)
    some = ~np.isnan(columns.values).all(axis=1)
    some &= True if among is None else among[columns.rows]
    if some.sum() < LEAST:
        raise DataError(
            f"{int(some.sum())} people answered any of the items; expected {LEAST} or more: use more people"
        )
    columns = varying(columns.take(some), least=LEAST_ITEMS)
    steps = tuple(np.unique(column[~np.isnan(column)]) for column in columns.values.T)
    return columns, recoded(columns.values, steps), steps


def recoded(values: np.ndarray, steps: Sequence[np.ndarray]) -> np.ndarray:
    """(n, p) position among the steps that were chosen when the model was fitted (the nearest), −1 for none."""
    codes = np.full(values.shape, -1)
    for j, known in enumerate(steps):
        here = ~np.isnan(values[:, j])
        codes[here, j] = np.abs(values[here, j, None] - known).argmin(axis=1)
    return codes


def _traits(model: GradedModel, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    silent = (codes < 0).all(axis=1)
    return tuple(np.where(silent, np.nan, part) for part in model.scores(codes))


def _difficulties(model: GradedModel, slopes: Sequence[Estimate], n: float) -> tuple[tuple[Estimate | None, ...], ...]:
    errors = model.difficulty_errors()
    return tuple(
        tuple(
            normal_interval(b, error, n) if slopes[j].low * slopes[j].high > 0 else None
            for b, error in zip(difficulties, errors[j], strict=True)
        )
        for j, difficulties in enumerate(model.difficulties)
    )


def _remarks(model: GradedModel, columns: Columns, slopes: Sequence[Estimate]) -> tuple[str, ...]:
    found = []
    flat = [name for name, slope in zip(columns.names, slopes, strict=True) if slope.low * slope.high <= 0]
    reverse = [name for name, slope in zip(columns.names, slopes, strict=True) if slope.high < 0]
    if flat:
        found.append(f"The slope of {listed(flat)} may be zero, so that it has no difficulty.")
    if reverse:
        found.append(f"Negative slope, so running the other way: {listed(reverse)}.")
    if np.abs(model.slopes).max() > 6:
        found.append("A slope above 6: the item all but repeats others.")
    if not model.converged:
        found.append("The search for the maximum did not arrive: take the figures as rough.")
    return tuple(found)
