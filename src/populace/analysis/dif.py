"""Differential item functioning: do items treat two groups alike?

Ordered logistic regression of every item on the trait, then with the group, then with group × trait. Formulas and how
to read them: docs/methods/irt.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import chi2

from populace.analysis import charts
from populace.analysis.estimate import Estimate, normal_interval, rejected
from populace.analysis.graded import GradedModel, fit_graded
from populace.analysis.irt import LEAST, LEAST_ITEMS, trait_items
from populace.analysis.logit import Ordered, cluster_inflation, fit_ordered
from populace.analysis.result import Result, Table
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError
from populace.survey.names import listed

#: share of Nagelkerke's R² that a group may add before an item is said to differ
LARGE = 0.02
#: rounds in which items that differ are taken out of the trait they are judged by
PURIFY = 5

__all__ = ["dif", "Dif", "dif_items", "DifItems", "nagelkerke"]


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
    columns, codes, _ = trait_items(data, names, group >= 0)
    group = group[columns.rows]
    sizes = np.bincount(group, minlength=2)
    if sizes.min() < LEAST:
        raise DataError(
            f"{labels[int(sizes.argmin())]!r} of {by!r} has {sizes.min()} people who answered items; expected {LEAST} "
            "or more in both groups: choose other groups"
        )
    clustered = len(np.unique(columns.persons)) < columns.n
    clusters = columns.persons if clustered else None
    found = dif_items(codes, group, columns.weights, PURIFY if purify else 0, clusters)
    n = columns.effective_n
    effects = tuple(
        None if fit is None else normal_interval(fit.slopes[1], fit.errors[1] * wider, n)
        for fit, wider in zip(found.fits, found.widened, strict=True)
    )
    lost = [name for name, fit in zip(columns.names, found.fits, strict=True) if fit is None]
    remarks = (f"No figures for {listed(lost)}: one group gave one answer only.",) if lost else ()
    remarks += ("Tests and intervals count persons or clusters as drawn together; strata are not used.",) * clustered
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
    #: (p,) factor by which clusters widen the errors of the group's coefficient, 1 without clusters
    widened: np.ndarray


def dif_items(
    codes: np.ndarray,
    group: np.ndarray,
    weights: np.ndarray | None = None,
    rounds: int = PURIFY,
    clusters: np.ndarray | None = None,
    trait: np.ndarray | None = None,
) -> DifItems:
    """Ordered logistic regression tests of every item (Swaminathan & Rogers 1990; Zumbo 1999; Choi et al. 2011).

    codes: (n, p) answers from 0, −1 for none. group: (n,) 0 or 1. Formula: logit P(X ≥ k) = trait; + group (uniform);
    + group × trait (non-uniform): likelihood ratios χ²(1), χ²(1), χ²(2), and Nagelkerke's R² of the last less that of
    the first. The trait is the EAP of a graded response model of all people, without items that differ, in up to
    `rounds` rounds, or `trait` (n,) where it is known from elsewhere. Weights are scaled to their Kish effective
    number; with `clusters` (n,) likelihood ratios are divided by `cluster_inflation`.
    """
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    weights = weights * (kish_effective_n(weights) / weights.sum())
    if trait is not None:
        return _tested(codes, group, weights, trait, clusters)
    model = fit_graded(codes, weights)
    differs = np.zeros(codes.shape[1], dtype=bool)
    for _ in range(rounds + 1):
        anchors = ~differs if (~differs).sum() >= LEAST_ITEMS else np.ones_like(differs)
        found = _tested(codes, group, weights, _anchored(model, codes, weights, anchors), clusters)
        if (found.differs == differs).all():
            break
        differs = found.differs
    return found


def _anchored(model: GradedModel, codes: np.ndarray, weights: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """(n,) trait from the anchors only."""
    if not anchors.all():
        model = fit_graded(codes[:, anchors], weights)
    return model.scores(codes[:, anchors])[0]


def _tested(
    codes: np.ndarray, group: np.ndarray, weights: np.ndarray, theta: np.ndarray, clusters: np.ndarray | None
) -> DifItems:
    tests = [_test(column, group, weights, theta, clusters) for column in codes.T]
    p_values = np.array([test[1] for test in tests])
    gains = np.array([test[2] for test in tests])
    known = np.isfinite(p_values[:, 2])
    differs = np.zeros(len(tests), dtype=bool)
    differs[known] = rejected(p_values[known, 2]) & (gains[known] > LARGE)
    widened = np.array([test[3] for test in tests])
    return DifItems(tuple(test[0] for test in tests), p_values, gains, differs, widened)


def _test(
    column: np.ndarray, group: np.ndarray, weights: np.ndarray, theta: np.ndarray, clusters: np.ndarray | None
) -> tuple[Ordered | None, tuple[float, float, float], float, float]:
    here = column >= 0
    nothing = (None, (np.nan,) * 3, np.nan, 1.0)
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
    inflation = np.ones(3)
    if clusters is not None:
        cases = ((2, 1), (3, 1), (3, 2))
        inflation = np.array(
            [cluster_inflation(fits[c], terms[:, :c], y, weights[here], clusters[here], k) for c, k in cases]
        )
        gains = gains / np.maximum(inflation, 1e-9)
    p_values = tuple(float(chi2.sf(gain, df)) for gain, df in zip(gains, (1, 1, 2), strict=True))
    n = weights[here].sum()
    gain = nagelkerke(none, both, n) - nagelkerke(none, base, n)
    return fits[2], p_values, gain, float(np.sqrt(inflation[0]))


def nagelkerke(none: float, loglik: float, n: float) -> float:
    """Nagelkerke's R²: (1 − exp(2(L₀ − L)/n))/(1 − exp(2L₀/n)) (Nagelkerke 1991).

    Example: L₀ = −69.3, L = −50, n = 100: .320/.750 = .427.
    """
    return float(-np.expm1(2 * (none - loglik) / n) / -np.expm1(2 * none / n))
