"""Item response theory: how items work along one trait, how precisely they measure it, and whether they treat two
groups alike.

Graded response model (two-option items: the two-parameter logistic) by marginal maximum likelihood over a standard
normal trait; differential item functioning by ordered logistic regression on that trait. Formulas and how to read
them: docs/methods/irt.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from scipy.stats import chi2

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, varying
from populace.analysis.estimate import Estimate, normal_interval, rejected
from populace.analysis.logit import Ordered, fit_ordered
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError
from populace.survey.names import listed

#: points of the trait over which the likelihood is summed
NODES = np.linspace(-6, 6, 61)
#: where item information is shown
SHOWN = (-2.0, -1.0, 0.0, 1.0, 2.0)
#: people that a model needs
LEAST = 30
#: share of Nagelkerke's R² that a group may add before an item is said to differ
LARGE = 0.02
#: rounds in which items that differ are taken out of the trait they are judged by
PURIFY = 5
#: items that the trait needs to rest on
LEAST_ITEMS = 3

__all__ = [
    "dif",
    "Dif",
    "dif_items",
    "fit_graded",
    "GradedModel",
    "item_response",
    "ItemResponse",
    "linked",
    "person_fit",
]


@dataclass(frozen=True)
class GradedModel:
    """A graded response model: P(answer ≥ k | θ) = 1/(1 + exp(c_k − aθ)), θ standard normal."""

    #: (p,) slopes a: how sharply an item separates people
    slopes: np.ndarray
    #: per item (K − 1,) increasing intercepts c
    cuts: tuple[np.ndarray, ...]
    #: covariance of the parameters: item by item a, then c; one a before all where it is common
    covariance: np.ndarray
    #: one slope for all items?
    common: bool
    #: maximised log-likelihood, weights with mean 1
    loglik: float
    #: did the search arrive?
    converged: bool

    @property
    def difficulties(self) -> tuple[np.ndarray, ...]:
        """Per item (K − 1,) points b = c/a of the trait at which answering k or more becomes likelier than not."""
        return tuple(cuts / slope for slope, cuts in zip(self.slopes, self.cuts, strict=True))

    def slope_errors(self) -> np.ndarray:
        """(p,) standard errors of the slopes."""
        places = [slope for slope, _ in _places(self.cuts, self.common)]
        return np.sqrt(np.maximum(np.diag(self.covariance)[places], 0))

    def difficulty_errors(self) -> tuple[np.ndarray, ...]:
        """Per item (K − 1,) standard errors of the difficulties, by the delta method: Var(c/a)."""
        found = []
        for slope, cuts, (at, places) in zip(self.slopes, self.cuts, _places(self.cuts, self.common), strict=True):
            gradients = np.column_stack([-cuts / slope**2, np.full(len(cuts), 1 / slope)])
            parts = np.array([self.covariance[np.ix_([at, place], [at, place])] for place in places])
            found.append(np.sqrt(np.maximum(np.einsum("ki,kij,kj->k", gradients, parts, gradients), 0)))
        return tuple(found)

    def chances(self, theta: np.ndarray) -> list[np.ndarray]:
        """Per item (K, Q) chance of each answer at Q points of the trait."""
        return [_chances(slope, cuts, theta) for slope, cuts in zip(self.slopes, self.cuts, strict=True)]

    def scores(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) expected trait given the answers (EAP; Bock & Mislevy 1982) and its posterior standard deviation.

        codes: (n, p) answers from 0, −1 for none. Without any answer: 0 and 1, the population.
        """
        logs = _prior() + sum(_log_rows(p, column) for p, column in zip(self.chances(NODES), codes.T, strict=True))
        posterior = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
        mean = posterior @ NODES
        return mean, np.sqrt(np.maximum(posterior @ NODES**2 - mean**2, 0))

    def information(self, theta: np.ndarray) -> np.ndarray:
        """(p, Q) Fisher information of each item, Σ_k (dP_k/dθ)²/P_k (Samejima 1969); its root is 1/error of θ."""
        found = []
        for slope, cuts in zip(self.slopes, self.cuts, strict=True):
            change = slope * -np.diff(_spreads(slope, cuts, theta), axis=0)
            found.append((change**2 / _chances(slope, cuts, theta)).sum(axis=0))
        return np.array(found)


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
        values = np.column_stack([data.scores(name) for name in self.names])
        return _traits(self.model, _recoded(values, self.steps))

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
    columns, codes, steps = _items(data, names)
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


def _items(
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
    return columns, _recoded(columns.values, steps), steps


def _recoded(values: np.ndarray, steps: Sequence[np.ndarray]) -> np.ndarray:
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


@dataclass(frozen=True)
class Dif(Result):
    """Differential item functioning: do people of two groups with the same trait answer alike?"""

    analysis: ClassVar[str] = "dif"

    #: variable that divides the groups, and the labels of the first and second
    by: str
    groups: tuple[str, str]
    #: names of the items
    names: tuple[str, ...]
    #: their wordings
    labels: tuple[str, ...]
    #: log odds of a higher answer in the second group at the same trait (uniform DIF); None where it cannot be found
    effects: tuple[Estimate | None, ...]
    #: (p, 3) likelihood-ratio p-values: group, group × trait, both together; NaN where not found
    p_values: np.ndarray
    #: (p,) Nagelkerke's R² gained by group and group × trait
    gains: np.ndarray
    #: (p,) does the item differ: false discovery rate 5 % over the items, and a gain above .02
    differs: np.ndarray
    #: what a reader has to know
    remarks: tuple[str, ...] = ()

    def tables(self) -> tuple[Table, ...]:
        """One row an item."""
        first, second = self.groups
        heads = ("item", "wording", "log odds", "p group", "p group × trait", "p both", "ΔR²", "differs")
        rows = tuple(
            (name, label, effect, *(_known(p) for p in ps), _known(gain), "yes" if differs else "no")
            for name, label, effect, ps, gain, differs in zip(
                self.names, self.labels, self.effects, self.p_values, self.gains, self.differs, strict=True
            )
        )
        return (Table(f"Do items differ between {first} and {second} ({self.by})?", heads, rows),)

    def chart(self) -> Spec | None:
        """Log odds of the second group with intervals."""
        rows = [
            {"name": label, "value": e.value, "low": e.low, "high": e.high}
            for label, e in zip(self.labels, self.effects, strict=True)
            if e is not None
        ]
        return (
            charts.dots(rows, f"Log odds of a higher answer: {self.groups[1]} against {self.groups[0]}", 0.0)
            if rows
            else None
        )

    def notes(self) -> tuple[str, ...]:
        """How to read it."""
        return (
            f"Log odds above 0: {self.groups[1]} answer higher than {self.groups[0]} of the same trait. An item "
            f"differs when its test of both survives a false discovery rate of 5 % and ΔR² (Nagelkerke) exceeds "
            f"{LARGE}. ΔR² has no interval; the tests say whether it is chance.",
            *self.remarks,
        )


def dif(
    data: DataSet, names: Sequence[str], by: str, groups: tuple[int | str, int | str] | None = None, purify: bool = True
) -> Dif:
    """Which items people of two groups answer differently although their trait is the same.

    names: three or more ordered or two-option items of one trait. by: variable that divides the people; `groups`: two
    of its codes, where it has more than two options. purify: items that differ are taken out of the trait that the
    others are judged by, in up to five rounds. Raises `DataError` for other than two groups, groups of fewer than 30
    people, and the errors of `item_response`.
    """
    if by in names:
        raise DataError(f"{by!r} is among the items and divides the groups; expected another variable: take it out")
    group, labels = _groups(data, by, groups)
    columns, codes, _ = _items(data, names, group >= 0)
    group = group[columns.rows]
    sizes = np.bincount(group, minlength=2)
    if sizes.min() < LEAST:
        raise DataError(
            f"{labels[int(sizes.argmin())]!r} of {by!r} has {sizes.min()} people who answered items; expected {LEAST} "
            "or more in both groups: choose other groups"
        )
    found = dif_items(codes, group, columns.weights, PURIFY if purify else 0)
    n = columns.effective_n
    effects = tuple(None if fit is None else normal_interval(fit.slopes[1], fit.errors[1], n) for fit in found.fits)
    lost = [name for name, fit in zip(columns.names, found.fits, strict=True) if fit is None]
    remarks = (f"No figures for {listed(lost)}: one group gave one answer only.",) if lost else ()
    figures = (effects, found.p_values, found.gains, found.differs)
    return Dif(by, labels, columns.names, columns.labels, *figures, (*remarks, *columns.notes))


def _groups(data: DataSet, by: str, groups: tuple[int | str, int | str] | None) -> tuple[np.ndarray, tuple[str, str]]:
    """(n,) 0, 1, or −1 for neither, and the two labels."""
    variable = data.codebook.variable(by)
    chosen = tuple(option.code for option in variable.scale) if groups is None else tuple(groups)
    if len(chosen) != 2 or not set(chosen) <= set(variable.codes):
        raise DataError(
            f"{by!r} has {f'the codes {listed(variable.codes, 12)}' if variable.codes else 'no options'}, and groups "
            f"are {chosen if groups else 'not given'}; expected two groups: name two codes with groups=(first, second)"
        )
    places = [variable.codes.index(code) for code in chosen]
    table = np.full(len(variable.codes) + 1, -1)
    table[places] = 0, 1
    return table[data.positions(by)], tuple(variable.labels[place] for place in places)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# -- arrays ------------------------------------------------------------------------------------------------------------


def _prior() -> np.ndarray:
    """(Q,) log weights of the nodes: the standard normal."""
    logs = -(NODES**2) / 2
    return logs - logsumexp(logs)


def _spreads(slope: float, cuts: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """(K + 1, Q) P(1 − P) at every boundary, zero beyond the first and last."""
    upper = expit(slope * theta - cuts[:, None])
    return np.pad(upper * (1 - upper), ((1, 1), (0, 0)))


def _chances(slope: float, cuts: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """(K, Q) chance of each answer."""
    upper = np.pad(expit(slope * theta - cuts[:, None]), ((1, 1), (0, 0)))
    upper[0] = 1.0
    return np.maximum(-np.diff(upper, axis=0), 1e-12)


def _log_rows(chances: np.ndarray, column: np.ndarray) -> np.ndarray:
    """(n, Q) log chance of each person's answer at each node, 0 where there is none."""
    table = np.vstack([np.log(chances), np.zeros(chances.shape[1])])
    return table[column]


def _places(cuts: Sequence[np.ndarray], common: bool) -> list[tuple[int, list[int]]]:
    """Where each item's slope and intercepts stand among the parameters."""
    found, at = [], int(common)
    for part in cuts:
        slope = 0 if common else at
        first = at if common else at + 1
        found.append((slope, list(range(first, first + len(part)))))
        at = first + len(part)
    return found


class _Likelihood:
    """Marginal likelihood of a graded response model on the different sets of answers."""

    def __init__(self, codes: np.ndarray, weights: np.ndarray, common: bool) -> None:
        self.codes, place = np.unique(codes, axis=0, return_inverse=True)
        self.place = place.ravel()
        self.counts = np.bincount(self.place, weights)
        self.common = common
        self.steps = [int(column.max()) for column in codes.T]
        self.places = _places([np.zeros(k) for k in self.steps], common)
        self.size = int(common) + sum(self.steps) + (0 if common else len(self.steps))
        indicator = [column[:, None] == np.arange(k + 1) for column, k in zip(self.codes.T, self.steps, strict=True)]
        self.indicator = np.hstack(indicator).astype(float)
        self.edges = np.cumsum([0, *(k + 1 for k in self.steps)])

    def unpack(self, parameters: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Slopes and intercepts."""
        return parameters[[a for a, _ in self.places]], [parameters[c] for _, c in self.places]

    def posterior(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(P,) log-likelihood and (P, Q) posterior over the nodes of every set of answers."""
        chances = [_chances(a, c, NODES) for a, c in zip(*self.unpack(parameters), strict=True)]
        logs = self.indicator @ np.log(np.vstack(chances)) + _prior()
        top = logs.max(axis=1, keepdims=True)
        each = np.exp(logs - top)
        total = each.sum(axis=1, keepdims=True)
        return (np.log(total) + top)[:, 0], each / total

    def derivatives(self, parameters: np.ndarray) -> list[np.ndarray]:
        """Per item (K, 1 + K − 1, Q): derivative of ln P(answer) by the slope and each intercept."""
        found = []
        for slope, cuts in zip(*self.unpack(parameters), strict=True):
            spreads, chances = _spreads(slope, cuts, NODES), _chances(slope, cuts, NODES)
            by = np.zeros((len(cuts) + 1, len(cuts) + 1, len(NODES)))
            by[:, 0] = NODES * -np.diff(spreads, axis=0)
            for k in range(len(cuts)):
                by[k, k + 1], by[k + 1, k + 1] = spreads[k + 1], -spreads[k + 1]
            found.append(by / chances[:, None])
        return found

    def value_and_gradient(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Log-likelihood and its gradient."""
        logs, posterior = self.posterior(parameters)
        expected = self.indicator.T @ (posterior * self.counts[:, None])
        gradient = np.zeros(self.size)
        for j, by in enumerate(self.derivatives(parameters)):
            here = expected[self.edges[j] : self.edges[j + 1]]
            gradient[self._of(j)] += np.einsum("ktq,kq->t", by, here)
        return float(self.counts @ logs), gradient

    def scores(self, parameters: np.ndarray) -> np.ndarray:
        """(P, m) gradient of the log-likelihood of every set of answers."""
        _, posterior = self.posterior(parameters)
        found = np.zeros((len(self.codes), self.size))
        for j, by in enumerate(self.derivatives(parameters)):
            for k in range(self.steps[j] + 1):
                here = self.codes[:, j] == k
                found[np.ix_(here, self._of(j))] += posterior[here] @ by[k].T
        return found

    def information(self, parameters: np.ndarray) -> np.ndarray:
        """(m, m) observed information: minus the derivative of the gradient, by central differences."""
        rows = []
        for m in range(self.size):
            step = np.zeros(self.size)
            step[m] = 1e-4
            ahead, behind = (self.value_and_gradient(parameters + side * step)[1] for side in (1, -1))
            rows.append((behind - ahead) / 2e-4)
        found = np.array(rows)
        return (found + found.T) / 2

    def _of(self, j: int) -> list[int]:
        return [self.places[j][0], *self.places[j][1]]


def fit_graded(
    codes: np.ndarray,
    weights: np.ndarray | None = None,
    persons: np.ndarray | None = None,
    common_slope: bool = False,
) -> GradedModel:
    """Graded response model by marginal maximum likelihood (Samejima 1969; Bock & Aitkin 1981).

    codes: (n, p) answers from 0 without empty ones, −1 for none. persons: (n,) who or which cluster, for the errors.
    Formula: L = Π_i Σ_q A_q Π_j P_j(x_ij | θ_q)^{wᵢ} over 61 equally spaced nodes with normal weights. Covariance:
    H⁻¹VH⁻¹, H observed information, V the sum over persons of weighted scores squared (Huber 1967).
    Assumption: one normal trait explains what items share. Example: two-option items give the two-parameter logistic.
    """
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float) / np.mean(weights)
    persons = np.arange(len(codes)) if persons is None else persons
    likelihood = _Likelihood(codes, weights, common_slope)
    parameters, converged = _maximised(likelihood, _start(codes, weights, likelihood))
    slopes, cuts = likelihood.unpack(parameters)
    slopes = np.asarray(slopes)
    covariance = _robust(likelihood, parameters, weights, persons)
    loglik = likelihood.value_and_gradient(parameters)[0]
    model = GradedModel(slopes, tuple(cuts), covariance, common_slope, loglik, converged)
    return _upright(model)


def _start(codes: np.ndarray, weights: np.ndarray, likelihood: _Likelihood) -> np.ndarray:
    """Slopes of 1 with the sign of the first principal component, intercepts from the shares."""
    known = codes >= 0
    centred = np.where(known, codes - np.nanmean(np.where(known, codes, np.nan), axis=0), 0)
    first = np.linalg.svd(centred / centred.std(axis=0), full_matrices=False)[2][0]
    start = np.zeros(likelihood.size)
    for j, (slope, cuts) in enumerate(likelihood.places):
        shares = np.bincount(codes[known[:, j], j], weights[known[:, j]], minlength=len(cuts) + 1)
        below = np.cumsum(shares)[:-1] / shares.sum()
        start[slope] = 1.0 if likelihood.common else np.where(first[j] * first.sum() >= 0, 1.0, -1.0)
        start[cuts] = np.log(below / (1 - below)) * 1.2
    return start


def _maximised(likelihood: _Likelihood, start: np.ndarray) -> tuple[np.ndarray, bool]:
    """The maximum, searched over slopes, first intercepts and log distances of the others, which keep their order."""
    total = likelihood.counts.sum()

    def opened(free: np.ndarray) -> np.ndarray:
        parameters = free.copy()
        for _, cuts in likelihood.places:
            parameters[cuts[1:]] = free[cuts[0]] + np.cumsum(np.exp(np.clip(free[cuts[1:]], -12, 6)))
        return parameters

    def closed(parameters: np.ndarray) -> np.ndarray:
        free = parameters.copy()
        for _, cuts in likelihood.places:
            free[cuts[1:]] = np.log(np.maximum(np.diff(parameters[cuts]), 1e-3))
        return free

    def objective(free: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = likelihood.value_and_gradient(opened(free))
        turned = gradient.copy()
        for _, cuts in likelihood.places:
            # every later intercept moves with an earlier one
            later = np.cumsum(gradient[cuts][::-1])[::-1]
            turned[cuts[0]], turned[cuts[1:]] = later[0], later[1:] * np.exp(np.clip(free[cuts[1:]], -12, 6))
        return -value / total, -turned / total

    limits = [(-20.0, 20.0)] * likelihood.size
    options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-8, "maxcor": 30}
    found = minimize(objective, closed(start), jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return opened(found.x), bool(np.abs(found.jac).max() < 1e-4)


def _robust(likelihood: _Likelihood, parameters: np.ndarray, weights: np.ndarray, persons: np.ndarray) -> np.ndarray:
    scores = likelihood.scores(parameters)[likelihood.place] * weights[:, None]
    totals = np.zeros((int(persons.max()) + 1, scores.shape[1]))
    np.add.at(totals, persons, scores)
    inverse = np.linalg.pinv(likelihood.information(parameters), hermitian=True)
    return inverse @ (totals.T @ totals) @ inverse


def _upright(model: GradedModel) -> GradedModel:
    """The same model with the trait turned so that most slopes are positive."""
    return replace(model, slopes=-model.slopes) if model.slopes.sum() < 0 else model


def reliability(traits: np.ndarray, errors: np.ndarray, weights: np.ndarray) -> float:
    """Empirical reliability of EAP scores: Var(θ̂)/(Var(θ̂) + mean error²). Example: variance .6, error² .4: .6."""
    mean = np.average(traits, weights=weights)
    variance = np.average((traits - mean) ** 2, weights=weights)
    return float(variance / (variance + np.average(errors**2, weights=weights)))


def linked(
    slopes: np.ndarray, difficulties: np.ndarray, to_slopes: np.ndarray, to_difficulties: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters brought to another calibration's trait by mean and sigma (Marco 1977).

    Formula: A = SD(b_to)/SD(b), B = mean(b_to) − A·mean(b); b* = A·b + B, a* = a/A. Example: b (0, 1) to (1, 3): A 2,
    B 1, so b* = (1, 3) and slopes are halved.
    """
    stretch = np.std(to_difficulties) / np.std(difficulties)
    return slopes / stretch, stretch * difficulties + np.mean(to_difficulties) - stretch * np.mean(difficulties)


def person_fit(model: GradedModel, codes: np.ndarray) -> np.ndarray:
    """(n,) l_z: log-likelihood of a person's answers at their trait, less its expectation, over its spread.

    Roughly standard normal for people who follow the model; far below 0: answers that do not go together.
    Reference: Drasgow, Levine & Williams 1985. NaN for people without answers.
    """
    theta, _ = model.scores(codes)
    each, expected, variance = np.zeros(len(codes)), np.zeros(len(codes)), np.zeros(len(codes))
    for slope, cuts, column in zip(model.slopes, model.cuts, codes.T, strict=True):
        here = column >= 0
        chances = _chances(slope, cuts, theta[here])
        logs = np.log(chances)
        mean = (chances * logs).sum(axis=0)
        each[here] += logs[column[here], np.arange(here.sum())]
        expected[here] += mean
        variance[here] += (chances * logs**2).sum(axis=0) - mean**2
    return np.divide(each - expected, np.sqrt(variance), out=np.full(len(codes), np.nan), where=variance > 1e-12)


@dataclass(frozen=True)
class DifItems:
    """Tests of p items."""

    #: regressions on trait and group; None where an item did not vary in a group
    fits: tuple[Ordered | None, ...]
    #: (p, 3) p-values of group, group × trait, and both
    p_values: np.ndarray
    #: (p,) gain in Nagelkerke's R² of both
    gains: np.ndarray
    #: (p,) flagged
    differs: np.ndarray


def dif_items(
    codes: np.ndarray, group: np.ndarray, weights: np.ndarray | None = None, rounds: int = PURIFY
) -> DifItems:
    """Ordered logistic regression tests of every item (Swaminathan & Rogers 1990; Zumbo 1999; Choi et al. 2011).

    codes: (n, p) answers from 0, −1 for none. group: (n,) 0 or 1. Formula: logit P(X ≥ k) = trait; + group (uniform);
    + group × trait (non-uniform): likelihood ratios χ²(1), χ²(1), χ²(2), and Nagelkerke's R² of the last less that of
    the first. The trait is the EAP of a graded response model of all people, without items that differ, in up to
    `rounds` rounds. Weights are scaled to their Kish effective number.
    """
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    weights = weights * (kish_effective_n(weights) / weights.sum())
    model = fit_graded(codes, weights)
    differs = np.zeros(codes.shape[1], dtype=bool)
    for _ in range(rounds + 1):
        anchors = ~differs if (~differs).sum() >= LEAST_ITEMS else np.ones_like(differs)
        found = _tested(codes, group, weights, _anchored(model, codes, weights, anchors))
        if (found.differs == differs).all():
            break
        differs = found.differs
    return found


def _anchored(model: GradedModel, codes: np.ndarray, weights: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """(n,) trait from the anchors only."""
    if not anchors.all():
        model = fit_graded(codes[:, anchors], weights)
    return model.scores(codes[:, anchors])[0]


def _tested(codes: np.ndarray, group: np.ndarray, weights: np.ndarray, theta: np.ndarray) -> DifItems:
    tests = [_test(column, group, weights, theta) for column in codes.T]
    p_values = np.array([test[1] for test in tests])
    gains = np.array([test[2] for test in tests])
    known = np.isfinite(p_values[:, 2])
    differs = np.zeros(len(tests), dtype=bool)
    differs[known] = rejected(p_values[known, 2]) & (gains[known] > LARGE)
    return DifItems(tuple(test[0] for test in tests), p_values, gains, differs)


def _test(
    column: np.ndarray, group: np.ndarray, weights: np.ndarray, theta: np.ndarray
) -> tuple[Ordered | None, tuple[float, float, float], float]:
    here = column >= 0
    nothing = (None, (np.nan,) * 3, np.nan)
    if any(len(np.unique(column[here & (group == side)])) < 2 for side in (0, 1)):
        return nothing
    y = np.unique(column[here], return_inverse=True)[1].ravel()
    trait, second = theta[here], group[here].astype(float)
    terms = np.column_stack([trait, second, trait * second])
    fits = [fit_ordered(terms[:, :count], y, weights[here]) for count in range(4)]
    if not all(fit.converged for fit in fits):
        return nothing
    none, base, uniform, both = (fit.loglik for fit in fits)
    gains = 2 * np.maximum([uniform - base, both - uniform, both - base], 0)
    p_values = tuple(float(chi2.sf(gain, df)) for gain, df in zip(gains, (1, 1, 2), strict=True))
    n = weights[here].sum()
    return fits[2], p_values, nagelkerke(none, both, n) - nagelkerke(none, base, n)


def nagelkerke(none: float, loglik: float, n: float) -> float:
    """Nagelkerke's R²: (1 − exp(2(L₀ − L)/n))/(1 − exp(2L₀/n)) (Nagelkerke 1991).

    Example: L₀ = −69.3, L = −50, n = 100: .320/.750 = .427.
    """
    return float(-np.expm1(2 * (none - loglik) / n) / -np.expm1(2 * none / n))
