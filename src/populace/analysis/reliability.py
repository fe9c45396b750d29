"""Reliability of a scale: alpha, ordinal alpha, omega, and what each item does to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis.charts import dots
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.extraction import extract
from populace.analysis.items import Items, correlations, correlations_of, covariances, items_of, smoothed
from populace.analysis.polychoric import polychorics, shared_steps
from populace.analysis.result import Result, Table
from populace.analysis.rotation import RANDOM_STARTS, rotate
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = [
    "alpha",
    "alpha_without",
    "item_rest",
    "omega_hierarchical",
    "omega_total",
    "reliability",
    "ReliabilityResult",
    "ScaleReliability",
    "schmid_leiman",
    "standardized_alpha",
]

#: group factors of the Schmid-Leiman solution, as is usual
GROUP_FACTORS = 3
#: items that omega total and omega hierarchical need
LEAST_OMEGA, LEAST_HIERARCHICAL = 3, 2 * GROUP_FACTORS
#: what the columns of the first table are called
_MEASURES = {
    "alpha": "alpha",
    "standardized": "standardised alpha",
    "ordinal": "ordinal alpha",
    "omega_total": "omega total",
    "omega_hierarchical": "omega hierarchical",
}


def alpha(covariance: np.ndarray) -> float:
    """Cronbach's α from (p, p) covariances: p/(p − 1)·(1 − tr C/Σ C).

    A lower bound of reliability when errors are unrelated; it grows with the number of items and says nothing on
    whether they measure one thing. Reference: Cronbach 1951.
    Example: two items, variances 1, r = .5: 2·(1 − 2/3) = .667.
    """
    p, total = len(covariance), covariance.sum()
    return float(p / (p - 1) * (1 - np.trace(covariance) / total)) if total > 0 else float("nan")


def standardized_alpha(matrix: np.ndarray) -> float:
    """α of items at equal variance: of (p, p) correlations; of polychoric ones it is the ordinal α (Zumbo et al. 2007).

    Example: three items, all r = .5: 1.5·(1 − 3/6) = .75.
    """
    return alpha(matrix)


def item_rest(covariance: np.ndarray) -> np.ndarray:
    """(p,) correlation of each item with the sum of the others. Example: two items with r = .5: .5 and .5."""
    own = np.diag(covariance)
    shared = covariance.sum(axis=1) - own
    rest = covariance.sum() - 2 * shared - own
    scale = np.sqrt(np.maximum(own * rest, 0.0))
    return np.divide(shared, scale, out=np.full(len(own), np.nan), where=scale > 0)


def alpha_without(covariance: np.ndarray) -> np.ndarray:
    """(p,) α of the scale without each item; p ≥ 3. Example: three items with r = .5: .667 each."""
    kept = [np.delete(np.delete(covariance, i, 0), i, 1) for i in range(len(covariance))]
    return np.array([alpha(part) for part in kept])


def omega_total(matrix: np.ndarray) -> float:
    """ω of one common factor (minres): (Σλ)²/((Σλ)² + Σ(1 − λ²)) (McDonald 1999).

    Assumption: one factor. Example: loadings .8, .6, .5: 3.61/(3.61 + 1.75) = .674.
    """
    loadings = extract(matrix, 1).loadings[:, 0]
    common = loadings.sum() ** 2
    return float(common / (common + (1 - loadings**2).sum()))


def schmid_leiman(
    matrix: np.ndarray, groups: int = GROUP_FACTORS, seed: int = 1, starts: int = RANDOM_STARTS
) -> tuple[np.ndarray, np.ndarray, bool]:
    """(p,) loadings on a general factor, (p, k) on group factors at right angles to it, and whether all is proper.

    Minres with oblimin; the factors' own common factor γ gives the general loadings Λγ, and Λ√(1 − γ²) what is left.
    Reference: Schmid & Leiman 1957. Not proper: a search that did not converge, or an item or factor explained wholly.
    """
    found = extract(matrix, groups)
    turned = rotate(found.loadings, "oblimin", seed, starts=starts)
    second = extract(smoothed(turned.phi)[0], 1)
    above = second.loadings[:, 0]
    above = above * (1.0 if above.sum() >= 0 else -1.0)
    proper = found.converged and turned.converged and second.converged
    proper = proper and not (found.heywood.any() or second.heywood.any())
    return turned.loadings @ above, turned.loadings * np.sqrt(second.uniqueness), proper


def omega_hierarchical(
    matrix: np.ndarray, groups: int = GROUP_FACTORS, seed: int = 1, starts: int = RANDOM_STARTS
) -> tuple[float, float, bool]:
    """ω_h = (Σg)²/ΣR and ω_t = 1 − Σu²/ΣR by the Schmid-Leiman solution, and whether it is proper.

    ω_h is the share of the scale's variance that is due to one general factor. Items that load negatively on it are
    turned round first, as in R's psych. Reference: Zinbarg, Revelle, Yovel & Li 2005.
    """
    general, group, proper = schmid_leiman(matrix, groups, seed, starts)
    signs = np.where(general < 0, -1.0, 1.0)
    total = float((matrix * np.outer(signs, signs)).sum())
    unique = 1 - general**2 - (group**2).sum(axis=1)
    return float(np.abs(general).sum() ** 2 / total), float(1 - unique.sum() / total), proper


@dataclass(frozen=True)
class ScaleReliability:
    """Reliability of one scale."""

    #: name of the scale
    name: str
    #: names of its items
    items: tuple[str, ...]
    #: α of the raw scores
    alpha: Estimate
    #: α at equal variances
    standardized: Estimate
    #: α of polychoric correlations, None where items are numeric
    ordinal: Estimate | None
    #: ω of one factor, None below three items
    omega_total: Estimate | None
    #: ω_h with three group factors, None below six items or where that solution is improper
    omega_hierarchical: Estimate | None
    #: (p,) correlation of each item with the others' sum
    item_rest: tuple[Estimate, ...]
    #: (p,) α without the item, None where only one would be left
    without: tuple[Estimate | None, ...]
    #: (p,) weighted mean of each item's ranks
    means: tuple[float, ...]
    #: why something is not there, what should be looked at
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class ReliabilityResult(Result):
    """Reliability of some scales."""

    analysis: ClassVar[str] = "reliability"

    #: one entry a scale
    scales: tuple[ScaleReliability, ...]

    def tables(self) -> tuple[Table, ...]:
        rows = [(s.name, len(s.items), *(getattr(s, measure) for measure in _MEASURES)) for s in self.scales]
        first = Table("Reliability", ("scale", "items", *_MEASURES.values()), tuple(rows))
        return (first, *(_item_table(scale) for scale in self.scales))

    def chart(self) -> Spec:
        rows = [
            {"name": s.name, "series": word, "value": found.value, "low": found.low, "high": found.high}
            for s in self.scales
            for measure, word in (("alpha", "alpha"), ("omega_total", "omega total"))
            if (found := getattr(s, measure)) is not None
        ]
        return dots(rows, "reliability", reference=0.7)

    def notes(self) -> tuple[str, ...]:
        said = [f"{scale.name}: {remark}" for scale in self.scales for remark in scale.remarks]
        return (*said, "Pairwise complete answers, weighted; intervals by resampling persons; means have none.")


def _item_table(scale: ScaleReliability) -> Table:
    rows = zip(scale.items, scale.means, scale.item_rest, scale.without, strict=True)
    columns = ("item", "mean rank", "correlation with the rest", "alpha without it")
    return Table(f"Items of {scale.name}", columns, tuple(rows))


def reliability(
    data: DataSet,
    scales: Mapping[str, Sequence[str]] | Sequence[str] | None = None,
    reverse: Collection[str] = (),
    resamples: int = 200,
    seed: int = 1,
) -> ReliabilityResult:
    """Reliability of scales: a mapping of name to items, one list of items, or all batteries of three scored items.

    Items in `reverse` are turned round first. Every covariance is of the people who answered both items, weighted.
    """
    named = _scales(data, scales)
    known = {name for names in named.values() for name in names}
    unknown = sorted(set(reverse) - known)
    if unknown:
        raise DataError(f"'reverse' names {unknown[0]!r}, which is in no scale: correct the name")
    return ReliabilityResult(
        tuple(
            _scale(name, items_of(data, names, set(reverse) & set(names)), resamples, seed)
            for name, names in named.items()
        )
    )


def _scales(data: DataSet, scales: Mapping[str, Sequence[str]] | Sequence[str] | None) -> dict[str, Sequence[str]]:
    if isinstance(scales, Mapping):
        return dict(scales)
    if scales is not None:
        return {"scale": scales}
    batteries: dict[str, list[str]] = {}
    for variable in data.codebook.variables:
        if variable.battery and variable.scored and variable.role == "question":
            batteries.setdefault(variable.battery, []).append(variable.name)
    found = {name: names for name, names in batteries.items() if len(names) >= LEAST_OMEGA}
    if not found:
        raise DataError(
            f"{data.source or data.id} has no battery of three items or more with an order; "
            "expected scales as a mapping of name to items: give them"
        )
    return found


def _scale(name: str, items: Items, resamples: int, seed: int) -> ScaleReliability:
    measured, remarks = _measures(items)
    point = measured(items.weights, RANDOM_STARTS)
    if not np.isfinite(point["alpha"][0]):
        raise DataError(
            f"scale {name!r}: the items' covariances sum to nothing, so there is no alpha; "
            "expected items that point the same way: name those to turn round in 'reverse'"
        )
    boot = [measured(weights, 0) for weights in items.resampled(resamples, seed)[1:]]
    found = {key: _estimates(values, [one[key] for one in boot], items.effective_n) for key, values in point.items()}
    if "omega_hierarchical" in found and found["omega_hierarchical"][0] is None:
        remarks.append("omega hierarchical: the three-factor solution is improper or did not converge.")
    return ScaleReliability(
        name,
        items.names,
        *(found.get(key, (None,))[0] for key in _MEASURES),
        found["rest"],
        found.get("without", (None,) * len(items.names)),
        tuple(float(np.average(column[known], weights=items.weights[known])) for column, known in _answered(items)),
        (*items.notes, *remarks, *_suspicious(items.names, point["rest"])),
    )


def _estimates(values: np.ndarray, replicates: list[np.ndarray], n: float) -> tuple[Estimate | None, ...]:
    stacked = np.array(replicates).reshape(len(replicates), len(values))
    return tuple(
        bootstrap_interval(value, stacked[:, i], n, (-np.inf, 1.0)) if np.isfinite(value) else None
        for i, value in enumerate(values)
    )


def _measures(items: Items) -> tuple[Callable[[np.ndarray, int], dict[str, np.ndarray]], list[str]]:
    """A function of weights (and of the number of random starts) to all that is measured, and why something is not."""
    p = len(items.names)
    remarks = []
    if p < LEAST_HIERARCHICAL:
        short = p < LEAST_OMEGA
        remarks.append(
            f"{'omega, and alpha without an item,' if short else 'omega hierarchical'} "
            f"expect{'' if short else 's'} {LEAST_OMEGA if short else LEAST_HIERARCHICAL} items or more."
        )
    codes = None
    if all(steps is not None for steps in items.steps):
        codes, merged = shared_steps(items.codes(), items.names)
        remarks += merged
    else:
        remarks.append("ordinal alpha expects ordered options, and some items are numeric.")
    first = correlations(items.values, items.weights)

    def measured(weights: np.ndarray, starts: int) -> dict[str, np.ndarray]:
        covariance = np.nan_to_num(covariances(items.values, weights))
        matrix, _ = smoothed(correlations_of(covariance))
        found = {"alpha": [alpha(covariance)], "standardized": [standardized_alpha(matrix)]}
        found["rest"] = item_rest(covariance)
        if p >= LEAST_OMEGA:
            found |= {"without": alpha_without(covariance), "omega_total": [omega_total(matrix)]}
        if p >= LEAST_HIERARCHICAL:
            value, _, proper = omega_hierarchical(matrix, starts=starts)
            found["omega_hierarchical"] = [value if proper else np.nan]
        if codes is not None:
            found["ordinal"] = [_ordinal_alpha(codes, weights, items.names, first)]
        return {key: np.asarray(values, dtype=float) for key, values in found.items()}

    return measured, remarks


def _ordinal_alpha(codes: np.ndarray, weights: np.ndarray, names: Sequence[str], start: np.ndarray) -> float:
    kept = weights > 0
    used, _ = shared_steps(codes[kept], names)
    return standardized_alpha(polychorics(used, weights[kept], start).matrix)


def _answered(items: Items) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(column, ~np.isnan(column)) for column in items.values.T]


def _suspicious(names: Sequence[str], rest: np.ndarray) -> list[str]:
    against = [name for name, r in zip(names, rest, strict=True) if r < 0]
    if not against:
        return []
    return [f"{', '.join(against)} run{'s' * (len(against) == 1)} against the rest: turn round with 'reverse'?"]
