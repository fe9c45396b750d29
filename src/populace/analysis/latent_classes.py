"""Latent classes: kinds of people who answer alike, for questions with options of any kind.

Expectation maximisation on the different answer patterns, all starts (and all bootstrap resamples) at once. Own code:
the library for it needs pandas to run and fits people one by one, start after start. Formulas and how to read the
result: docs/methods/latent_classes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.special import logsumexp

from populace.analysis import charts
from populace.analysis.columns import Columns, columns_of, varying
from populace.analysis.estimate import Estimate, bootstrap_interval, normal_interval
from populace.analysis.result import Result, Table
from populace.analysis.segments import STARTS, matched
from populace.analysis.theme import Spec
from populace.data.dataset import DataSet
from populace.data.design import kish_effective_n
from populace.errors import DataError

#: gain in log-likelihood per person below which a start has converged, and below which the best ones have
_ROUGH, _FINE = 1e-7, 1e-11
#: rounds of the two
_ROUNDS, _MORE_ROUNDS = 1000, 20_000
#: starts that go on to the fine tolerance
_BEST = 3
#: log-likelihoods nearer than this are the same maximum
SAME = 0.01
#: different sets of answers beyond which starts, and resamples, look at so many people drawn at random
_MANY = 4000
#: numbers held in memory at a time
_MEMORY = 4_000_000

__all__ = [
    "ClassCount",
    "fit_classes",
    "latent_classes",
    "LatentClasses",
    "LatentClassModel",
    "pattern_fit",
]


@dataclass(frozen=True)
class LatentClassModel:
    """A fitted latent class model, the largest class first."""

    #: (K,) share of each class
    shares: np.ndarray
    #: one (K, C) array an item: chance of each option in each class
    chances: tuple[np.ndarray, ...]
    #: maximised log-likelihood; with weights, of as many people as the weights are worth (Kish)
    loglik: float
    #: free parameters; an option that nobody chose is none
    parameters: int
    #: number of people, effective where there are weights
    n: float
    #: starts that reached this maximum, and starts made
    reached: int
    starts: int

    @property
    def aic(self) -> float:
        """−2 ln L + 2 × parameters (Akaike 1974)."""
        return -2 * self.loglik + 2 * self.parameters

    @property
    def bic(self) -> float:
        """−2 ln L + ln n × parameters (Schwarz 1978)."""
        return -2 * self.loglik + float(np.log(self.n)) * self.parameters

    def joint(self, codes: np.ndarray, smoothed: bool = False) -> np.ndarray:
        """(n, K) ln P(class and answers) of people with these answers (n, q), positions from 0, −1 for none.

        `smoothed`: as if one person more in each class had chosen among the options at random, so that an answer that
        nobody of a class gave is not impossible.
        """
        found = np.tile(np.log(np.maximum(self.shares, 1e-300)), (len(codes), 1))
        for column, chances in zip(codes.T, self.chances, strict=True):
            if smoothed:
                people = (self.n * self.shares)[:, None]
                chances = (people * chances + 1 / chances.shape[1]) / (people + 1)
            logs = np.log(np.maximum(chances, 1e-300)).T
            found[column >= 0] += logs[column[column >= 0]]
        return found

    def posterior(self, codes: np.ndarray) -> np.ndarray:
        """(n, K) chance of each class given the answers; the shares for people without any."""
        joint = self.joint(codes)
        return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))

    def log_likelihood(self, codes: np.ndarray) -> np.ndarray:
        """(n,) ln P(answers) of new people, smoothed: a proper, label-free score of the model on them."""
        return logsumexp(self.joint(codes, smoothed=True), axis=1)


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
    shares, chances, overall = _resampled(codes, model, columns.resampled(resamples, seed))
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


def _resampled(
    codes: np.ndarray, model: LatentClassModel, weights: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """(B, K) shares and (B, K, C) chances in resamples; and (1 + B, C) shares of the options among all people.

    With very many different answers the classes are refitted for a random m of the n people, and what resamples differ
    by is scaled by √(m/n) (Bickel, Götze & van Zwet 1997).
    """
    sizes = tuple(c.shape[1] for c in model.chances)
    table = _Patterns.of(codes, sizes)
    weights = weights * (model.n / weights.sum(axis=1))[:, None]
    people = _some_people(table, np.random.default_rng(0))
    part = _Patterns.of(codes[people], sizes)
    stacked = np.vstack([chances.T for chances in model.chances])
    shares, chances = _refitted(part, part.counts(weights[:, people]), model.shares, stacked)
    shrink = np.sqrt(len(people) / len(codes))
    if shrink < 1:
        shares = np.clip(model.shares + shrink * (shares - shares[0]), 0, 1)
        chances = np.clip(stacked + shrink * (chances - chances[0]), 0, 1)
    shares, chances = shares[1:], chances[1:]
    counts = table.counts(weights)
    cuts = np.cumsum([c.shape[1] for c in model.chances])[:-1]
    per_item = [block.transpose(0, 2, 1) for block in np.split(chances, cuts, axis=1)]
    answered = np.split(counts @ table.indicator, cuts, axis=1)
    return shares, per_item, [block / np.maximum(block.sum(axis=1, keepdims=True), 1e-300) for block in answered]


def _refitted(
    table: _Patterns, counts: np.ndarray, shares: np.ndarray, chances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(R, K) shares and (R, M, K) chances for every row of counts (R, P), started at a solution and matched to it."""
    size = max(1, _MEMORY // (len(table.codes) * len(shares)))
    found = []
    for i in range(0, len(counts), size):
        some = counts[i : i + size]
        start = (np.tile(shares, (len(some), 1)), np.tile(chances, (len(some), 1, 1)))
        found.append(_maximise(table, some, *start, _ROUGH * 10, 200))
    all_shares, all_chances = (np.concatenate([getattr(one, name) for one in found]) for name in ("shares", "chances"))
    for row in range(len(all_shares)):
        order = matched(chances.T, all_chances[row].T)
        all_shares[row], all_chances[row] = all_shares[row][order], all_chances[row][:, order]
    return all_shares, all_chances


# -- arrays ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Patterns:
    """The different sets of answers, once each."""

    #: (P, q) positions, −1 for none
    codes: np.ndarray
    #: (n,) which of them each person gave
    place: np.ndarray
    #: (P, M) 0/1, one column for every option of every item
    indicator: np.ndarray
    #: (M, q) 0/1, which item an option belongs to
    items: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, sizes: Sequence[int]) -> _Patterns:
        different, place = np.unique(codes, axis=0, return_inverse=True)
        columns = [column[:, None] == np.arange(size) for column, size in zip(different.T, sizes, strict=True)]
        owner = np.repeat(np.arange(len(sizes)), sizes)
        return cls(different, place.ravel(), np.hstack(columns).astype(float), np.eye(len(sizes))[owner])

    def counts(self, weights: np.ndarray) -> np.ndarray:
        """(R, P) total weight of each pattern, for each row of weights (R, n)."""
        return np.stack([np.bincount(self.place, row, minlength=len(self.codes)) for row in weights])


@dataclass(frozen=True)
class _Maxima:
    """Where expectation maximisation arrived, for B starts or resamples."""

    shares: np.ndarray  # (B, K)
    chances: np.ndarray  # (B, M, K)
    logliks: np.ndarray  # (B,)


def _maximise(
    table: _Patterns, counts: np.ndarray, shares: np.ndarray, chances: np.ndarray, tolerance: float, rounds: int
) -> _Maxima:
    """Expectation maximisation (Dempster, Laird & Rubin 1977) from B starts; counts (B, P) or (1, P)."""
    shares, chances = shares.copy(), chances.copy()
    logliks = np.full(len(shares), -np.inf)
    counts = np.broadcast_to(counts, (len(shares), counts.shape[1]))
    active = np.arange(len(shares))
    for _ in range(rounds):
        joint = table.indicator @ np.log(np.maximum(chances[active], 1e-300))
        joint += np.log(np.maximum(shares[active], 1e-300))[:, None, :]
        top = joint.max(axis=2, keepdims=True)
        joint = np.exp(joint - top)
        total = joint.sum(axis=2, keepdims=True)
        here = counts[active]
        found = (here * (np.log(total) + top)[..., 0]).sum(axis=1)
        going = found - logliks[active] > tolerance * here.sum(axis=1)
        logliks[active] = found
        if not going.any():
            break
        active, joint, total, here = active[going], joint[going], total[going], here[going]
        joint *= here[..., None] / total
        sums = joint.sum(axis=1)
        shares[active] = sums / sums.sum(axis=1, keepdims=True)
        chosen = table.indicator.T @ joint
        answered = table.items @ (table.items.T @ chosen)
        chances[active] = np.where(answered > 0, chosen / np.maximum(answered, 1e-300), chances[active])
    return _Maxima(shares, chances, logliks)


def fit_classes(
    codes: np.ndarray,
    k: int,
    weights: np.ndarray | None = None,
    sizes: Sequence[int] | None = None,
    starts: int = STARTS,
    seed: int = 1,
) -> LatentClassModel:
    """Latent class model of k classes by maximum likelihood, the best of `starts` random starts.

    codes: (n, q) positions from 0, −1 for none (left out of the likelihood). sizes: options of each item, the largest
    code + 1 when None. Formula: P(x) = Σ_c share_c Π_j chance_cj(x_j). Assumption: independent answers within a class.
    Reference: Lazarsfeld & Henry 1968; Goodman 1974. Weights are scaled to their Kish effective number, so that
    log-likelihood and BIC do not claim more people than there are. All starts run to a rough tolerance, the best to a
    fine one. Example: k = 1 gives the shares of the options.
    """
    codes = np.asarray(codes)
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    sizes = tuple(int(column.max()) + 1 for column in codes.T) if sizes is None else tuple(sizes)
    table = _Patterns.of(codes, sizes)
    n = kish_effective_n(weights)
    weights = weights * (n / weights.sum())
    counts = table.counts(weights[None])
    rng = np.random.default_rng(seed)
    starts = 1 if k == 1 else starts
    people = _some_people(table, rng)
    part = _Patterns.of(codes[people], sizes)
    some = part.counts(weights[None, people])
    rough = [_start(part, some, k, rng, size) for size in _batches(starts, max(1, _MEMORY // (k * some.size)))]
    logliks = np.concatenate([part.logliks for part in rough])
    best = np.argsort(-logliks)[:_BEST]
    shares, chances = (np.concatenate([getattr(part, name) for part in rough])[best] for name in ("shares", "chances"))
    if len(people) < len(codes):
        # an option that none of these people chose would stay impossible for ever
        chances = 0.999 * chances + 0.001 * _overall(table, counts)[:, None]
    found = _maximise(table, counts, shares, chances, _FINE, _MORE_ROUNDS)
    top = int(np.argmax(found.logliks))
    peak = found.logliks[top] if len(people) == len(codes) else logliks.max()
    reached = int((logliks > peak - SAME).sum())
    return _model(table, counts, found, top, n, max(reached, 1), starts)


def _some_people(table: _Patterns, rng: np.random.Generator) -> np.ndarray:
    """Positions of all people, or of `_MANY` drawn at random where there are more different sets of answers."""
    n = len(table.place)
    return np.arange(n) if len(table.codes) <= _MANY else np.sort(rng.permutation(n)[:_MANY])


def _batches(total: int, size: int) -> list[int]:
    return [min(size, total - i) for i in range(0, total, size)]


def _overall(table: _Patterns, counts: np.ndarray) -> np.ndarray:
    """(M,) share of each option among the answers to its item."""
    total = (counts @ table.indicator)[0]
    return total / np.maximum(table.items @ (table.items.T @ total), 1e-300)


def _start(table: _Patterns, counts: np.ndarray, k: int, rng: np.random.Generator, size: int) -> _Maxima:
    """Random starts: equal shares, chances drawn around those of all people."""
    overall = _overall(table, counts)
    drawn = rng.exponential(size=(size, len(table.items), k)) * overall[:, None]
    chances = drawn / np.maximum(table.items @ (table.items.T @ drawn), 1e-300)
    return _maximise(table, counts, np.full((size, k), 1 / k), chances, _ROUGH, _ROUNDS)


def _model(
    table: _Patterns, counts: np.ndarray, found: _Maxima, top: int, n: float, reached: int, starts: int
) -> LatentClassModel:
    shares, chances = found.shares[top], found.chances[top]
    order = np.argsort(-shares, kind="stable")
    sizes = table.items.sum(axis=0).astype(int)
    seen = (counts @ table.indicator)[0] > 0
    free = int(sum(max(int(part.sum()) - 1, 0) for part in np.split(seen, np.cumsum(sizes)[:-1])))
    k = len(shares)
    return LatentClassModel(
        shares[order],
        tuple(part[:, order].T for part in np.split(chances, np.cumsum(sizes)[:-1])),
        float(found.logliks[top]),
        k - 1 + k * free,
        n,
        reached,
        starts,
    )


def certainty(posterior: np.ndarray, weights: np.ndarray) -> float:
    """1 − mean entropy of the posteriors over ln K: 1 all people surely placed, 0 nobody (Ramaswamy et al. 1993)."""
    entropy = -(posterior * np.log(np.maximum(posterior, 1e-300))).sum(axis=1)
    return float(1 - np.average(entropy, weights=weights) / np.log(posterior.shape[1]))


def pattern_fit(
    model: LatentClassModel, codes: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float, int]:
    """G², X² and degrees of freedom of the model against the table of all answers; every answer given.

    Formulas: G² = 2ΣO ln(O/E); X² = Σ(O − E)²/E over all cells, empty ones too; df = cells − 1 − parameters, or
    people − 1 − parameters where there are fewer people than cells (as poLCA counts).
    """
    weights = np.ones(len(codes)) if weights is None else weights
    table = _Patterns.of(codes, [c.shape[1] for c in model.chances])
    observed = table.counts(weights[None])[0] * (model.n / weights.sum())
    expected = model.n * np.exp(logsumexp(model.joint(table.codes), axis=1))
    cells = float(np.prod([float(c.shape[1]) for c in model.chances]))
    g2 = 2 * float((observed * np.log(observed / expected)).sum())
    x2 = float(((observed - expected) ** 2 / expected).sum() + model.n - expected.sum())
    return g2, x2, int(min(cells, model.n)) - 1 - model.parameters
