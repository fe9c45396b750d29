"""Latent classes: kinds of people who answer alike, for questions with options of any kind.

The model behind them is `latent_class_model`. Formulas and how to read the result: docs/methods/latent_classes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from populace.analysis import charts
from populace.analysis.clusters import STARTS
from populace.analysis.columns import Columns, columns_of, varying
from populace.analysis.estimate import Estimate, bootstrap_interval, normal_interval
from populace.analysis.latent_class_model import LatentClassModel, certainty, fit_classes, pattern_fit, resampled
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = ["ClassCount", "latent_classes", "LatentClasses"]


@dataclass(frozen=True)
class ClassCount:
    """What speaks for one number of classes."""

    #: number of classes
    k: int
    #: log-likelihood
    loglik: float
    #: free parameters
    parameters: int
    #: information criteria: less is better
    aic: float
    bic: float
    #: how surely people are classified: 1 − entropy of the posteriors over its greatest value; None for one class
    certainty: float | None
    #: "12 of 30" starts reached the maximum
    reached: str


@dataclass(frozen=True)
class LatentClasses(Result):
    """Latent classes, the largest first."""

    analysis: ClassVar[str] = "latent_classes"

    #: variables that the classes were made of
    names: tuple[str, ...]
    #: their wordings
    labels: tuple[str, ...]
    #: option labels of each variable
    options: tuple[tuple[str, ...], ...]
    #: the fitted model
    model: LatentClassModel
    #: share of each class
    sizes: tuple[Estimate, ...]
    #: chance of each option: per variable, per option, all people first and then the classes
    profiles: tuple[tuple[tuple[Estimate, ...], ...], ...]
    #: (n of the data set,) most likely class of each interview from 0, −1 where nothing was answered
    members: np.ndarray
    #: (n of the data set, K) chance of each class
    posterior: np.ndarray
    #: what speaks for each number of classes tried
    counts: tuple[ClassCount, ...]
    #: G² and X² against the table of all answers, with degrees of freedom; None where answers are missing
    fit: tuple[float, float, int] | None
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.sizes)

    def codes(self, data: DataSet) -> np.ndarray:
        """(n, q) answers of another data set with the same questions, as the model counts them, −1 for none."""
        return _codes(columns_of_all(data, self.names).values)

    def classify(self, data: DataSet) -> np.ndarray:
        """(n,) most likely class of each interview of another data set."""
        return self.model.posterior(self.codes(data)).argmax(axis=1)

    def log_likelihood(self, data: DataSet) -> Estimate:
        """Mean ln P(answers) of the people of another data set under this model, with its interval."""
        columns = columns_of_all(data, self.names)
        each = self.model.log_likelihood(_codes(columns.values))
        n = columns.effective_n
        mean = np.average(each, weights=columns.weights)
        totals = np.bincount(columns.persons, columns.weights * (each - mean))
        return normal_interval(mean, float(np.sqrt((totals**2).sum()) / columns.weights.sum()), n)

    def tables(self) -> tuple[Table, ...]:
        """Sizes and profiles, then how the number was chosen."""
        heads = tuple(f"class {j + 1}" for j in range(self.k))
        size = ("size", "", Estimate(1.0, 1.0, 1.0, self.model.n), *self.sizes)
        rows = [
            (f"{name}: {label}", option, *cells)
            for name, label, options, block in zip(self.names, self.labels, self.options, self.profiles, strict=True)
            for option, cells in zip(options, block, strict=True)
        ]
        return (Table("Latent classes", ("question", "option", "all", *heads), (size, *rows)), *self._choice())

    def chart(self) -> Spec:
        """The option of each question in which the classes differ most: its chance less that of all people."""
        heads = [f"class {j + 1} ({size.value:.0%})" for j, size in enumerate(self.sizes)]
        rows, down = [], []
        for label, options, block in zip(self.labels, self.options, self.profiles, strict=True):
            place = int(np.argmax([np.ptp([cell.value for cell in cells[1:]]) for cells in block]))
            down.append(f"{label} · {options[place]}")
            cells = block[place]
            rows += [
                {"row": down[-1], "column": head, "value": cell.value - cells[0].value}
                for head, cell in zip(heads, cells[1:], strict=True)
            ]
        return charts.heat(rows, heads, down, 0.6)

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            "Within a class answers are taken to be independent. Intervals start every resample at this solution, "
            "so they take the classes as these.",
            *self.remarks,
        )

    def _choice(self) -> tuple[Table, ...]:
        columns = ("classes", "log-likelihood", "parameters", "AIC", "BIC", "certainty", "starts that agree")
        rows = tuple(
            (str(c.k), _one(c.loglik), c.parameters, _one(c.aic), _one(c.bic), c.certainty, c.reached)
            for c in self.counts
        )
        tables = [Table("How many classes?", columns, rows, ("BIC decides: the least.",))]
        if self.fit is not None:
            names = ("G² (likelihood ratio)", "X² (Pearson)", "degrees of freedom")
            tables.append(
                Table("Fit to the table of answers", ("figure", "value"), tuple(zip(names, self.fit, strict=True)))
            )
        return tuple(tables)


def _one(value: float) -> str:
    return f"{value:,.1f}"


def latent_classes(
    data: DataSet,
    names: Sequence[str],
    k: int | None = None,
    most: int = 6,
    starts: int = STARTS,
    resamples: int = 200,
    seed: int = 1,
) -> LatentClasses:
    """Latent classes of people from questions with options.

    names: closed variables of any type; don't know and refused are no answer, and people who left questions out stay
    in (missing at random). k: number of classes, or None for the least BIC among 1 … `most`. starts: random starts for
    each number, 30 or more: maxima of fewer starts have been published as results and were not the best.
    Raises `DataError` for variables without options, fewer than two that vary, and more classes than the answers bear.
    """
    _check_closed(data, names)
    columns = varying(_answered(columns_of(data, names, nominal=True)), least=2)
    sizes = tuple(len(data.codebook.variable(name).scale) for name in columns.names)
    codes = _codes(columns.values)
    _check_count(k, most, starts, codes)
    tried = [k] if k is not None else range(1, most + 1)
    models = [fit_classes(codes, number, columns.weights, sizes, starts, seed) for number in tried]
    best = min(models, key=lambda model: model.bic)
    return _result(data, columns, codes, best, models, resamples, seed)


def _check_closed(data: DataSet, names: Sequence[str]) -> None:
    for name in names:
        if not data.codebook.variable(name).closed:
            raise DataError(
                f"variable {name!r} is of type {data.codebook.variable(name).type!r}; latent classes expect options: "
                "leave it out or cut it into ranges"
            )


def _answered(columns: Columns) -> Columns:
    """Interviews that answered at least one question."""
    some = ~np.isnan(columns.values).all(axis=1)
    if some.sum() < 10:
        raise DataError(f"{int(some.sum())} interviews answered any of the questions; expected 10 or more")
    gone = int((~some).sum())
    note = (f"{gone:,} interviews left out: none of the questions was answered.",) if gone else ()
    return replace(columns.take(some), notes=columns.notes + note)


def _check_count(k: int | None, most: int, starts: int, codes: np.ndarray) -> None:
    wanted = most if k is None else k
    patterns = len(np.unique(codes, axis=0))
    if wanted < 1 or starts < 1:
        raise DataError(f"{wanted} classes and {starts} starts were asked for; expected one or more of each")
    if k is not None and k >= patterns:
        raise DataError(f"people gave {patterns} different sets of answers; expected more than {k} for {k} classes")


def columns_of_all(data: DataSet, names: Sequence[str]) -> Columns:
    """Answers as positions, for every interview with weight."""
    return columns_of(data, names, nominal=True)


def _codes(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), -1, np.nan_to_num(values)).astype(np.int64)


def _result(
    data: DataSet,
    columns: Columns,
    codes: np.ndarray,
    model: LatentClassModel,
    models: Sequence[LatentClassModel],
    resamples: int,
    seed: int,
) -> LatentClasses:
    n = model.n
    shares, chances, overall = resampled(codes, model, columns.resampled(resamples, seed))
    posterior = np.full((data.n, len(model.shares)), np.nan)
    posterior[columns.rows] = model.posterior(codes)
    members = np.full(data.n, -1)
    members[columns.rows] = posterior[columns.rows].argmax(axis=1)
    profiles = tuple(
        tuple(
            (
                bootstrap_interval(overall[j][0, c], overall[j][1:, c], n, (0, 1)),
                *(
                    bootstrap_interval(model.chances[j][g, c], chances[j][:, g, c], n * model.shares[g], (0, 1))
                    for g in range(len(model.shares))
                ),
            )
            for c in range(model.chances[j].shape[1])
        )
        for j in range(len(columns.names))
    )
    scales = [data.codebook.variable(name).scale for name in columns.names]
    return LatentClasses(
        columns.names,
        columns.labels,
        tuple(tuple(option.label for option in scale) for scale in scales),
        model,
        tuple(bootstrap_interval(model.shares[g], shares[:, g], n, (0, 1)) for g in range(len(model.shares))),
        profiles,
        members,
        posterior,
        tuple(_count(one, codes, columns.weights) for one in models),
        pattern_fit(model, codes, columns.weights) if (codes >= 0).all() else None,
        (*_warnings(model, models, codes), *columns.notes),
    )


def _count(model: LatentClassModel, codes: np.ndarray, weights: np.ndarray) -> ClassCount:
    k = len(model.shares)
    sure = certainty(model.posterior(codes), weights) if k > 1 else None
    reached = f"{model.reached} of {model.starts}"
    return ClassCount(k, model.loglik, model.parameters, model.aic, model.bic, sure, reached)


def _warnings(model: LatentClassModel, models: Sequence[LatentClassModel], codes: np.ndarray) -> tuple[str, ...]:
    found = []
    if len(models) > 1 and model is models[-1]:
        found.append("BIC still falls at the most classes that were tried: raise most.")
    if model.reached < 2 and len(model.shares) > 1 and model.starts > 1:
        found.append("Only one start reached this maximum; there may be a better one: raise starts.")
    if model.parameters >= np.prod([float(c.shape[1]) for c in model.chances]) - 1:
        found.append("More parameters than cells in the table of answers: other classes would fit as well.")
    if model.shares.min() * model.n < 10:
        found.append(f"The smallest class has {model.shares.min() * model.n:.0f} people: do not interpret it.")
    missing = float((codes < 0).mean())
    return (*found, *((f"{missing:.1%} of answers are missing and taken as missing at random.",) if missing else ()))
