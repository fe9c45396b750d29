"""Exploratory factor analysis: are these items fit for it, how many factors, which items belong together?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize
from scipy.stats import chi2

from populace.analysis.charts import heat
from populace.analysis.estimate import Estimate, bootstrap_interval
from populace.analysis.items import Items, correlations, items_of, smoothed
from populace.analysis.polychoric import polychorics, shared_steps
from populace.analysis.result import Result, Table
from populace.analysis.rotation import Rotation, matched, procrustes, rotate
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.errors import DataError

__all__ = [
    "bartlett",
    "extract",
    "Extraction",
    "factor_fit",
    "factors",
    "FactorsResult",
    "kmo",
    "minimum_average_partial",
    "parallel_analysis",
    "regression_scores",
    "squared_multiple_correlations",
]

#: least uniqueness of an item: one that ends there is a Heywood case
LEAST_UNIQUENESS = 0.005
#: draws of unrelated items in parallel analysis
DRAWS = 100


def squared_multiple_correlations(matrix: np.ndarray) -> np.ndarray:
    """(p,) share of each item's variance that the others explain: 1 − 1/diag(R⁻¹) (Guttman 1956).

    Example: two items with r = .5: .25.
    """
    return 1 - 1 / np.diag(np.linalg.inv(matrix))


def kmo(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Kaiser-Meyer-Olkin measure of all items and of each: Σr²/(Σr² + Σa²), a the partial correlations.

    Near 1: correlations are due to something common. Below .5: not fit for factors. Reference: Kaiser & Rice 1974.
    Example: two items: r = a, so .5.
    """
    inverse = np.linalg.inv(matrix)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    squares = matrix**2
    np.fill_diagonal(partial, 0.0)
    np.fill_diagonal(squares, 0.0)
    total = squares + partial
    each = np.divide(squares.sum(axis=1), total.sum(axis=1), out=np.full(len(matrix), 0.5), where=total.sum(axis=1) > 0)
    return (float(squares.sum() / total.sum()) if total.sum() > 0 else 0.5), each


def bartlett(matrix: np.ndarray, n: float) -> tuple[float, int, float]:
    """χ², degrees of freedom and p of the hypothesis that no items are related: −(n − 1 − (2p + 5)/6) ln|R|.

    Assumption: normal answers. Reference: Bartlett 1951. Example: p = 2, r = .5, n = 101: −98.5·ln .75 = 28.34, df 1.
    """
    p = len(matrix)
    value = -(n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(matrix)[1]
    df = p * (p - 1) // 2
    return float(value), df, float(chi2.sf(value, df))


def minimum_average_partial(matrix: np.ndarray, most: int | None = None) -> np.ndarray:
    """(most,) mean squared partial correlation after 1, 2, … principal components are taken out (Velicer 1976).

    The number of factors is where it is least. Example: two uncorrelated pairs of items with r = .8 each: taking out
    two components leaves partial correlations of −1 within the pairs.
    """
    values, vectors = np.linalg.eigh(matrix)
    loadings = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0.0))
    p = len(matrix)
    found = []
    for m in range(1, (p - 1 if most is None else min(most, p - 1)) + 1):
        rest = matrix - loadings[:, :m] @ loadings[:, :m].T
        spread = np.sqrt(np.maximum(np.diag(rest), 1e-12))
        partial = rest / np.outer(spread, spread)
        found.append(((partial**2).sum() - (np.diag(partial) ** 2).sum()) / (p * (p - 1)))
    return np.array(found)


def null_correlations(p: int, n: float, rng: np.random.Generator) -> np.ndarray:
    """(p, p) correlations of n people on p unrelated normal items, from a Wishart draw (Bartlett 1933)."""
    root = np.tril(rng.standard_normal((p, p)), -1)
    np.fill_diagonal(root, np.sqrt(rng.chisquare(np.maximum(n - 1 - np.arange(p), 1.0))))
    products = root @ root.T
    scale = np.sqrt(np.diag(products))
    return products / np.outer(scale, scale)


@dataclass(frozen=True)
class Parallel:
    """Eigenvalues of the items beside those of unrelated ones."""

    #: (p,) eigenvalues of the correlation matrix
    components: np.ndarray
    #: (p,) 95th percentile of those of unrelated items
    components_chance: np.ndarray
    #: (p,) eigenvalues with the communalities of one common factor on the diagonal
    factors: np.ndarray
    #: (p,) 95th percentile of those of unrelated items
    factors_chance: np.ndarray

    @property
    def component_count(self) -> int:
        """How many components come before the first that chance would equal."""
        return _leading(self.components > self.components_chance)

    @property
    def factor_count(self) -> int:
        """The same for common factors; it tends to one too many in large samples."""
        return _leading(self.factors > self.factors_chance)


def _leading(above: np.ndarray) -> int:
    return int(np.argmin(above)) if not above.all() else len(above)


def parallel_analysis(
    matrix: np.ndarray,
    n: float,
    draws: int = DRAWS,
    seed: int = 1,
    chance: Callable[[np.random.Generator], np.ndarray] | None = None,
    percentile: float = 95.0,
) -> Parallel:
    """Parallel analysis (Horn 1965) in its component and its common-factor variant (Humphreys & Montanelli 1975).

    The real eigenvalues are compared with the 95th percentile (Glorfeld 1995) of those of as many people who answer
    unrelated items; `chance` draws such a correlation matrix, without it answers are normal.
    """
    rng = np.random.default_rng(seed)
    drawn = [null_correlations(len(matrix), n, rng) if chance is None else chance(rng) for _ in range(draws)]
    chances = [np.percentile(values, percentile, axis=0) for values in zip(*map(_eigenvalues, drawn), strict=True)]
    components, common = _eigenvalues(matrix)
    return Parallel(components, chances[0], common, chances[1])


def _eigenvalues(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, largest first, of the matrix and of the matrix reduced to what one factor shares."""
    reduced = matrix - np.diag(extract(matrix, 1).uniqueness)
    return np.linalg.eigvalsh(matrix)[::-1], np.linalg.eigvalsh(reduced)[::-1]


@dataclass(frozen=True)
class Extraction:
    """Unrotated factors of a correlation matrix."""

    #: (p, k) loadings
    loadings: np.ndarray
    #: (p,) variance of each item that the factors do not explain
    uniqueness: np.ndarray
    #: did the search end at a minimum?
    converged: bool

    @property
    def heywood(self) -> np.ndarray:
        """(p,) True for items that the factors explain wholly: the solution is improper."""
        return self.uniqueness <= LEAST_UNIQUENESS * 1.001


def extract(matrix: np.ndarray, count: int, method: str = "minres", start: np.ndarray | None = None) -> Extraction:
    """Factors by least squares of the residual correlations ("minres", Harman & Jones 1966) or likelihood ("ml").

    Both search over the uniquenesses ψ, .005 ≤ ψ ≤ 1 (Jöreskog 1967): minres minimises ½Σ_{j>k} λ_j(R − Ψ)², ml
    Σ_{j>k} (λ_j − ln λ_j − 1) of Ψ^-½ R Ψ^-½. The same communalities as iterated principal axes, with a flag for
    convergence. Example: one factor with loadings .8, .6, .5 comes back from its correlations .48, .40, .30.
    """
    if method not in ("minres", "ml"):
        raise DataError(f"method {method!r} is unknown; expected 'minres' or 'ml': correct it")
    objective = _minres if method == "minres" else _likelihood
    if start is None:
        start = np.clip(1 / np.diag(np.linalg.inv(matrix)) * (1 - count / (2 * len(matrix))), 0.01, 0.995)
    limits = [(LEAST_UNIQUENESS, 1.0)] * len(matrix)
    options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-7, "maxls": 60}
    found = minimize(objective, start, (matrix, count), "L-BFGS-B", True, bounds=limits, options=options)
    _, gradient = objective(found.x, matrix, count)
    free = (found.x > LEAST_UNIQUENESS * 1.001) & (found.x < 1)
    # the search may stop for want of digits; the slope says whether it had arrived
    arrived = found.success or bool(np.abs(gradient[free]).max(initial=0.0) < 1e-4)
    return Extraction(_loadings(found.x, matrix, count, method), found.x, arrived)


def _minres(psi: np.ndarray, matrix: np.ndarray, count: int) -> tuple[float, np.ndarray]:
    values, vectors = np.linalg.eigh(matrix - np.diag(psi))
    rest, beyond = values[:-count], vectors[:, :-count]
    return float((rest**2).sum() / 2), -(beyond**2) @ rest


def _likelihood(psi: np.ndarray, matrix: np.ndarray, count: int) -> tuple[float, np.ndarray]:
    root = np.sqrt(psi)
    values = np.linalg.eigvalsh(matrix / np.outer(root, root))
    rest = np.maximum(values[:-count], 1e-12)
    loadings = _loadings(psi, matrix, count, "ml")
    gap = (loadings**2).sum(axis=1) + psi - np.diag(matrix)
    return float((rest - np.log(rest) - 1).sum()), gap / psi**2


def _loadings(psi: np.ndarray, matrix: np.ndarray, count: int, method: str) -> np.ndarray:
    root = np.sqrt(psi) if method == "ml" else np.ones(len(psi))
    reduced = (matrix - np.diag(psi)) / np.outer(root, root)
    values, vectors = np.linalg.eigh(reduced)
    top = np.sqrt(np.maximum(values[: -count - 1 : -1], 0.0))
    return root[:, None] * vectors[:, : -count - 1 : -1] * top


def degrees_of_freedom(p: int, count: int) -> int:
    """((p − k)² − p − k)/2: correlations less free loadings. Example: p = 25, k = 5: 185."""
    return ((p - count) ** 2 - p - count) // 2


def factor_fit(matrix: np.ndarray, found: Extraction, n: float) -> dict[str, float | None]:
    """How well the factors give back the correlations: χ², df, p, TLI, RMSEA, RMSR, BIC.

    Formula: F = ln|Σ| − ln|R| + tr(RΣ⁻¹) − p; χ² = c·F, c = n − 1 − (2p + 5)/6 − 2k/3 (Bartlett 1950), and
    χ²₀ = −c·ln|R|; TLI = (χ²₀/df₀ − χ²/df)/(χ²₀/df₀ − 1); RMSEA = √(max(0, χ²/(n·df) − 1/(n − 1))); RMSR the root
    mean square residual correlation; BIC = χ² − df·ln n: all as in R's psych. None where no degree of freedom is left.
    """
    p, count = found.loadings.shape
    implied = found.loadings @ found.loadings.T
    np.fill_diagonal(implied, (found.loadings**2).sum(axis=1) + found.uniqueness)
    gap = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(matrix)[1] + np.trace(np.linalg.solve(implied, matrix)) - p
    gap = max(float(gap), 0.0)
    df = degrees_of_freedom(p, count)
    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * count / 3
    chi, null = multiplier * gap, -multiplier * np.linalg.slogdet(matrix)[1]
    residual = (matrix - implied)[np.triu_indices(p, 1)]
    fit = {"chi2": chi, "df": df, "p": None, "tli": None, "rmsea": None, "rmsr": float(np.sqrt((residual**2).mean()))}
    if df > 0:
        ratio = null / (p * (p - 1) / 2)
        fit["p"] = float(chi2.sf(chi, df))
        fit["tli"] = float((ratio - chi / df) / (ratio - 1)) if ratio > 1 else None
        fit["rmsea"] = float(np.sqrt(max(0.0, chi / (n * df) - 1 / (n - 1))))
        fit["bic"] = chi - df * float(np.log(n))
    return fit


def regression_scores(scores: np.ndarray, matrix: np.ndarray, rotation: Rotation) -> np.ndarray:
    """(n, k) factor scores of (n, p) standardised answers: Z R⁻¹ Λ Φ (Thurstone 1935)."""
    return scores @ np.linalg.solve(matrix, rotation.loadings @ rotation.phi)


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
