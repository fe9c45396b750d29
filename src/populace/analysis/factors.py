"""Exploratory factor analysis: which items belong together, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from populace.analysis.charts import heat
from populace.analysis.dimensionality import Parallel, bartlett, kmo, minimum_average_partial, parallel_analysis
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.extraction import Extraction, degrees_of_freedom, extract, factor_fit
from populace.analysis.items import Items, correlations, items_of, smoothed
from populace.analysis.polychoric import polychorics, shared_steps
from populace.analysis.result import Result, Table
from populace.analysis.rotation import Rotation, matched, procrustes, rotate
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = ["factors", "FactorsResult"]


@dataclass(frozen=True)
class FactorsResult(Result):
    """Factors of a set of items."""

    analysis: ClassVar[str] = "factors"

    #: names of the items
    names: tuple[str, ...]
    #: a few words for each
    labels: tuple[str, ...]
    #: "minres" or "ml"
    method: str
    #: "pearson" or "polychoric"
    correlation: str
    #: "oblimin", "varimax" or "none"
    rotation: str
    #: (p, p) the correlations
    matrix: np.ndarray
    #: Kaiser-Meyer-Olkin measure
    kmo: Estimate
    #: (p,) the same of each item
    kmo_items: np.ndarray
    #: χ², df and p of Bartlett's test
    bartlett: tuple[float, int, float]
    #: eigenvalues beside chance
    parallel: Parallel
    #: mean squared partial correlation after 1, 2, … components
    partials: np.ndarray
    #: the factors before rotation
    extraction: Extraction
    #: and after
    rotated: Rotation
    #: (p, k) loadings with their intervals
    loadings: tuple[tuple[Estimate, ...], ...]
    #: (p,) share of each item that the factors explain
    communalities: tuple[Estimate, ...]
    #: (k, k) correlations of factors; the upper triangle is used
    phi: tuple[tuple[Estimate, ...], ...]
    #: χ², df, p, TLI, RMSEA, RMSR, BIC
    fit: dict[str, float | None]
    #: effective number of people
    n: float
    #: what was left out, what did not converge
    remarks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of factors."""
        return self.rotated.loadings.shape[1]

    @property
    def factor_names(self) -> tuple[str, ...]:
        """F1, F2, …"""
        return tuple(f"F{k + 1}" for k in range(self.count))

    def tables(self) -> tuple[Table, ...]:
        parts = [self._loading_table(), self._suitability(), self._counts(), self._fit_table()]
        if self.rotation == "oblimin" and self.count > 1:
            parts.insert(1, self._factor_correlations())
        return tuple(parts)

    def _loading_table(self) -> Table:
        rows = [(label, *self.loadings[i], self.communalities[i]) for i, label in enumerate(self.labels_of_rows)]
        return Table(
            f"Loadings ({self.method}, {self.rotation})", ("item", *self.factor_names, "communality"), tuple(rows)
        )

    @property
    def labels_of_rows(self) -> tuple[str, ...]:
        """Name and words of each item."""
        pairs = zip(self.names, self.labels, strict=True)
        return tuple(name if label == name else f"{name}: {label}" for name, label in pairs)

    def _factor_correlations(self) -> Table:
        names = self.factor_names
        pairs = [(i, j) for i in range(self.count) for j in range(i + 1, self.count)]
        rows = [(f"{names[i]} – {names[j]}", self.phi[i][j]) for i, j in pairs]
        return Table("Correlations of the factors", ("pair", "correlation"), tuple(rows))

    def _suitability(self) -> Table:
        value, df, p = self.bartlett
        rows = (
            ("Kaiser-Meyer-Olkin measure", self.kmo, _kmo_word(self.kmo.value)),
            (f"Bartlett χ²({df:,})", value, f"p {_p_words(p)}"),
        )
        return Table("Fit for factor analysis?", ("measure", "value", "reading"), rows)

    def _counts(self) -> Table:
        shown = min(len(self.names), max(8, self.count + 2))
        rows = [
            (
                str(m + 1),
                float(self.parallel.components[m]),
                float(self.parallel.components_chance[m]),
                float(self.parallel.factors[m]),
                float(self.parallel.factors_chance[m]),
                float(self.partials[m]) if m < len(self.partials) else None,
            )
            for m in range(shown)
        ]
        found = (
            f"Parallel analysis: {self.parallel.component_count} (components), {self.parallel.factor_count} (factors); "
            f"minimum average partial: {int(np.argmin(self.partials)) + 1}. Used: {self.count}.",
        )
        columns = ("number", "eigenvalue", "chance (95 %)", "factor eigenvalue", "chance (95 %) ", "average partial")
        return Table("How many factors?", columns, tuple(rows), found)

    def _fit_table(self) -> Table:
        words = {"chi2": "χ²", "df": "degrees of freedom", "p": "p", "tli": "TLI", "rmsea": "RMSEA", "rmsr": "RMSR"}
        rows = [(word, self.fit.get(key)) for key, word in words.items()]
        return Table("How well the factors give back the correlations", ("measure", "value"), tuple(rows))

    def chart(self) -> Spec:
        rows = [
            {"row": row, "column": name, "value": self.loadings[i][k].value}
            for i, row in enumerate(self.labels_of_rows)
            for k, name in enumerate(self.factor_names)
        ]
        return heat(rows, self.factor_names, self.labels_of_rows, 1.0)

    def notes(self) -> tuple[str, ...]:
        basis = (
            f"{self.correlation.title()} correlations, effective n {self.n:,.0f}; intervals of loadings by bootstrap."
        )
        return (
            *self.remarks,
            basis,
            "Eigenvalues are judged against chance, fit by convention; they have no interval.",
        )


def factors(
    data: DataSet,
    names: Sequence[str] | str,
    count: int | None = None,
    method: str = "minres",
    rotation: str = "oblimin",
    correlation: str = "pearson",
    reverse: Collection[str] = (),
    resamples: int = 200,
    seed: int = 1,
) -> FactorsResult:
    """Exploratory factor analysis of items, weighted, of people who answered all of them.

    count: number of factors, by default what parallel analysis of components says (Horn). method: "minres" or "ml".
    rotation: "oblimin", "varimax" or "none". correlation: "pearson" (of ranks) or "polychoric". Intervals come from
    resampling persons; each resample is laid over the solution before it is rotated (Zientek & Thompson 2007).
    Raises `DataError` where there are too few items for so many factors, or items that are the same.
    """
    if correlation not in ("pearson", "polychoric"):
        raise DataError(f"correlation {correlation!r} is unknown; expected 'pearson' or 'polychoric': correct it")
    items = items_of(data, names, reverse, least=3).complete()
    matrix_of, chance, merged = _matrices(items, correlation)
    matrix, changed = smoothed(matrix_of(items.weights))
    n, p = items.effective_n, len(items.names)
    _check_apart(matrix, items.names, n)
    parallel = parallel_analysis(matrix, n, seed=seed, chance=chance)
    remarks = [*items.notes, *merged, *(["The correlation matrix was smoothed."] if changed else [])]
    if count is None:
        count = _chosen(parallel.component_count, p, remarks)
    if count < 1 or degrees_of_freedom(p, count) < 0:
        raise DataError(f"{count} factors of {p} items cannot be told apart; expected fewer: lower 'count'")
    found = extract(matrix, count, method)
    turned = rotate(found.loadings, rotation, seed)
    boot = _bootstrap(items, matrix_of, found, turned, method, rotation, resamples, seed)
    remarks += _warnings(found, turned, items.names, boot)
    return FactorsResult(
        items.names,
        items.labels,
        method,
        correlation,
        rotation,
        matrix,
        bootstrap_interval(kmo(matrix)[0], boot.kmo, n),
        kmo(matrix)[1],
        bartlett(matrix, n),
        parallel,
        minimum_average_partial(matrix, most=max(8, count + 2)),
        found,
        turned,
        _estimates(turned.loadings, boot.loadings, n),
        tuple(bootstrap_interval(1 - u, boot.communalities[:, i], n) for i, u in enumerate(found.uniqueness)),
        _estimates(turned.phi, boot.phi, n),
        factor_fit(matrix, found, n),
        n,
        tuple(remarks),
    )


def _matrices(items: Items, correlation: str) -> tuple[Callable, Callable | None, list[str]]:
    """How a correlation matrix comes from weights, how one of unrelated items is drawn, and what was merged."""
    if correlation == "pearson":
        return (lambda weights: correlations(items.values, weights)), None, []
    codes, merged = shared_steps(items.codes(), items.names)
    first = polychorics(codes, items.weights, correlations(items.values, items.weights))

    def matrix_of(weights: np.ndarray) -> np.ndarray:
        kept = weights > 0
        used, _ = shared_steps(codes[kept], items.names)
        return polychorics(used, weights[kept], first.matrix).matrix

    shares = [np.bincount(codes[:, k], items.weights) / items.weights.sum() for k in range(codes.shape[1])]
    people = int(items.effective_n)

    def chance(rng: np.random.Generator) -> np.ndarray:
        drawn = np.column_stack([rng.choice(len(share), size=people, p=share) for share in shares])
        used, _ = shared_steps(drawn, items.names)
        return smoothed(polychorics(used, np.ones(people)).matrix)[0]

    return matrix_of, chance, merged


def _check_apart(matrix: np.ndarray, names: Sequence[str], n: float) -> None:
    i, j = np.unravel_index(np.argmax(np.abs(np.triu(matrix, 1))), matrix.shape)
    if abs(matrix[i, j]) > 0.995:
        raise DataError(
            f"items {names[i]!r} and {names[j]!r} are the same up to their sign (r = {matrix[i, j]:.3f}); "
            "expected items that differ: leave one out"
        )
    if n < len(names) + 2:
        raise DataError(
            f"{n:.0f} people (effective) answered all {len(names)} items; expected more people than items: "
            "leave out items that few people answered"
        )


def _chosen(suggested: int, p: int, remarks: list[str]) -> int:
    most = max(k for k in range(1, p) if degrees_of_freedom(p, k) >= 0)
    if suggested < 1:
        remarks.append("Parallel analysis finds no factor: the items hang together no more than chance. One is shown.")
    if suggested > most:
        remarks.append(f"Parallel analysis suggests {suggested} factors; {p} items carry {most} at most.")
    return min(max(suggested, 1), most)


@dataclass(frozen=True)
class _Boot:
    """What resamples gave, one first index each."""

    loadings: np.ndarray
    phi: np.ndarray
    communalities: np.ndarray
    kmo: np.ndarray
    #: resamples without a proper solution
    failed: int


def _bootstrap(
    items: Items,
    matrix_of: Callable,
    found: Extraction,
    turned: Rotation,
    method: str,
    rotation: str,
    resamples: int,
    seed: int,
) -> _Boot:
    """Extraction and rotation in resamples of persons, each laid over the solution of all."""
    kept, failed = [], 0
    for weights in items.resampled(resamples, seed)[1:]:
        matrix, _ = smoothed(matrix_of(weights))
        again = extract(matrix, found.loadings.shape[1], method, np.clip(found.uniqueness, 0.01, 0.995))
        over = procrustes(again.loadings, found.loadings)
        rotated = rotate(over, rotation, start=turned.transform)
        if not (again.converged and rotated.converged):
            failed += 1
            continue
        positions, signs = matched(rotated.loadings, turned.loadings)
        phi = rotated.phi[np.ix_(positions, positions)] * np.outer(signs, signs)
        kept.append((rotated.loadings[:, positions] * signs, phi, 1 - again.uniqueness, kmo(matrix)[0]))
    if not kept:
        shape = found.loadings.shape
        return _Boot(
            np.zeros((0, *shape)), np.zeros((0, shape[1], shape[1])), np.zeros((0, shape[0])), np.zeros(0), failed
        )
    return _Boot(*(np.array(part) for part in zip(*kept, strict=True)), failed)


def _estimates(values: np.ndarray, replicates: np.ndarray, n: float) -> tuple[tuple[Estimate, ...], ...]:
    return tuple(
        tuple(bootstrap_interval(value, replicates[:, i, k], n) for k, value in enumerate(row))
        for i, row in enumerate(values)
    )


def _warnings(found: Extraction, turned: Rotation, names: Sequence[str], boot: _Boot) -> list[str]:
    said = []
    if not found.converged:
        said.append("The extraction DID NOT CONVERGE: do not use these loadings; try fewer factors.")
    if found.heywood.any():
        whole = ", ".join(name for name, bad in zip(names, found.heywood, strict=True) if bad)
        said.append(f"IMPROPER solution (Heywood case): the factors explain {whole} wholly. Try fewer factors.")
    if not turned.converged:
        said.append("The rotation DID NOT CONVERGE: read communalities and fit, not single loadings.")
    if boot.failed:
        said.append(f"{boot.failed} resamples did not converge and are not in the intervals.")
    return said


def _kmo_word(value: float) -> str:
    """Kaiser's words for his measure (Kaiser 1974)."""
    limits = ((0.9, "marvellous"), (0.8, "meritorious"), (0.7, "middling"), (0.6, "mediocre"), (0.5, "miserable"))
    return next((word for limit, word in limits if value >= limit), "unacceptable")


def _p_words(p: float) -> str:
    return "< .001" if p < 0.001 else f"= {p:.3f}"
