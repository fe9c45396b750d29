"""The latent class model: shares of classes and the chance of every option in each, by maximum likelihood.

Expectation maximisation on the different answer patterns, all starts (and all bootstrap resamples) at once. Own code:
the library for it needs pandas to run and fits people one by one, start after start. Formulas and how to read the
result: docs/methods/latent_classes.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from populace.analysis.clusters import STARTS, matched
from populace.data.design import kish_effective_n

__all__ = ["certainty", "fit_classes", "LatentClassModel", "pattern_fit", "resampled"]

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


def resampled(
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
