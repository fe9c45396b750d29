"""Decomposition: R² divided among drivers, on plain arrays: LMG (Shapley), relative weights, first and last.

R² of a linear regression, or McFadden's of a logistic one; over all subsets of drivers, or over random orders where
there are too many. Everything is computed for many weightings at once: the survey weights and bootstrap resamples.
Formulas and how to read them: docs/methods/drivers.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from populace.analysis.logit import fit_subsets, one_step

#: up to so many drivers every subset is looked at; beyond, random orders
EXACT = {"linear": 15, "logistic": 10}
#: random orders that are looked at beyond that
ORDERS = {"linear": 1000, "logistic": 100}
#: orders in each resample of a linear regression
_ORDERS_RESAMPLED = 100
#: a column that others explain to within this is taken to add nothing
_SINGULAR = 1e-9
#: numbers held in memory at a time
_MEMORY = 16_000_000


@dataclass(frozen=True)
class Decomposition:
    """R² of one outcome divided among p drivers; the first row on all answers, the other B rows in resamples."""

    #: "linear" (R²) or "logistic" (McFadden's R²)
    kind: str
    #: (1 + B,) share of variation (linear) or of the log-likelihood (logistic) explained by all drivers
    r2: np.ndarray
    #: (1 + B, p) LMG: mean gain in R² over all orders in which drivers can enter; sums to R²
    shapley: np.ndarray
    #: (1 + B, p) Johnson's relative weights; sum to R²
    relative: np.ndarray
    #: (1 + B, p) R² of each driver alone
    first: np.ndarray
    #: (1 + B, p) gain in R² of each driver on top of all others
    last: np.ndarray
    #: (1 + B, q) standardised coefficients of the columns (linear), log odds for one standard deviation (logistic)
    coefficients: np.ndarray
    #: (B,) LMG of a driver of pure noise
    noise: np.ndarray
    #: (p,) standard error that random orders leave in `shapley`, or None where it is exact
    sampling_error: np.ndarray | None = None


def standardised(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, q) columns with weighted mean 0 and variance 1; a constant column becomes zeros."""
    x = x - np.average(x, axis=0, weights=weights)
    spread = np.sqrt(np.average(x**2, axis=0, weights=weights))
    return np.divide(x, spread, out=np.zeros_like(x), where=spread > 1e-12)


def correlations(columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(R, q, q) weighted Pearson correlations of columns (n, q), one matrix for each row of weights (R, n).

    A column that is constant in a resample correlates with nothing. Example: columns (0, 0), (1, 1), (2, 2) with any
    weights: 1.
    """
    q = columns.shape[1]
    columns = standardised(columns, weights[0])
    low, high = np.triu_indices(q)
    share = weights / weights.sum(axis=1, keepdims=True)
    moments = np.zeros((len(weights), q, q))
    moments[:, low, high] = share @ (columns[:, low] * columns[:, high])
    moments[:, high, low] = moments[:, low, high]
    means = share @ columns
    covariances = moments - means[:, :, None] * means[:, None, :]
    spread = np.sqrt(np.einsum("rii->ri", covariances).clip(0))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 1e-9)
    found = covariances * scale[:, :, None] * scale[:, None, :]
    found[:, np.arange(q), np.arange(q)] = 1.0
    return found


def subset_r2(matrices: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """(R, 2^p) R² of the last variable on every subset of p drivers; bit j of the position says whether j is in it.

    matrices: (R, q + 1, q + 1) correlations, the outcome last. blocks: (q,) driver of each column, increasing.
    Method: each driver in turn is either dropped or swept out (Goodnight 1979), which doubles the matrices and makes
    them smaller: all subsets at about twelve times the cost of storing their R².
    """
    states = matrices[:, None]
    for j in range(int(blocks.max()) + 1):
        width = int((blocks == j).sum())
        swept = states
        for _ in range(width):
            swept = _sweep(swept)
        states = np.concatenate([states[..., width:, width:], swept], axis=1)
    return 1 - states[..., 0, 0]


def _sweep(states: np.ndarray) -> np.ndarray:
    """Residual correlations given the first variable, which is taken out; nothing changes where it is explained."""
    pivot, row = states[..., :1, 0], states[..., 0, 1:]
    factor = np.divide(row, pivot, out=np.zeros_like(row), where=pivot > _SINGULAR)
    return states[..., 1:, 1:] - factor[..., :, None] * row[..., None, :]


def shapley_coefficients(p: int) -> np.ndarray:
    """(2^p, p) weights that turn R² of all subsets into LMG: Σ_S R²(S)·c_j(S).

    Formula: c_j(S) = (s − 1)!(p − s)!/p! where j is in S (s = size of S), −s!(p − s − 1)!/p! where it is not.
    Reference: Shapley 1953; Lindeman, Merenda & Gold 1980. Example: p = 1: (−1, 1), the driver's R² itself.
    """
    members = subsets(p)
    sizes = members.sum(axis=1)
    entering = np.array([0.0] + [factorial(s - 1) * factorial(p - s) / factorial(p) for s in range(1, p + 1)])
    leaving = np.array([factorial(s) * factorial(p - s - 1) / factorial(p) for s in range(p)] + [0.0])
    return np.where(members, entering[sizes][:, None], -leaving[sizes][:, None])


def subsets(p: int) -> np.ndarray:
    """(2^p, p) membership of every subset, in the order of `subset_r2`."""
    return (np.arange(2**p)[:, None] >> np.arange(p) & 1).astype(bool)


def shapley(matrices: np.ndarray, blocks: np.ndarray | None = None) -> np.ndarray:
    """(R, p) LMG: each driver's gain in R² averaged over all orders of entering; sums to R².

    matrices: (R, q + 1, q + 1) correlations, outcome last. Assumption: causal credit cannot be divided by data alone;
    LMG divides it as if every order were as likely. Reference: Lindeman, Merenda & Gold 1980; Grömping 2007.
    Example: two drivers correlated r = .5, each .5 with the outcome: R² = .333, each LMG .167.
    """
    blocks = np.arange(matrices.shape[1] - 1) if blocks is None else blocks
    p = int(blocks.max()) + 1
    size = max(1, _MEMORY // 2**p)
    weights = shapley_coefficients(p)
    parts = [subset_r2(matrices[i : i + size], blocks) @ weights for i in range(0, len(matrices), size)]
    return np.vstack([np.zeros((0, p)), *parts])


def random_orders(p: int, count: int, seed: int = 1) -> np.ndarray:
    """(count, p) orders of drivers, each followed by its reverse, which makes their average more exact."""
    rng = np.random.default_rng(seed)
    half = rng.permuted(np.tile(np.arange(p), (max(1, count // 2), 1)), axis=1)
    return np.stack([half, half[:, ::-1]], axis=1).reshape(-1, p)


def sampled_shapley(
    matrices: np.ndarray, orders: np.ndarray, blocks: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(R, p) LMG estimated from some orders, and (p,) its standard error on the first matrix.

    Formula: mean over orders of the gain in R² when the driver enters; the error is that of the mean of pairs of an
    order and its reverse. Reference: Castro, Gómez & Tejada 2009. Example: with all orders it is LMG itself.
    """
    blocks = np.arange(matrices.shape[1] - 1) if blocks is None else blocks
    size = max(1, _MEMORY // (len(orders) * matrices.shape[1] ** 2))
    chunks = (matrices[i : i + size] for i in range(0, len(matrices), size))
    gains = [_gains(chunk, orders, blocks) for chunk in chunks]
    means = [np.zeros((0, orders.shape[1])), *(gain.mean(axis=1) for gain in gains)]
    return np.vstack(means), _pair_error(gains[0][0]) if gains else np.zeros(orders.shape[1])


def _pair_error(gains: np.ndarray) -> np.ndarray:
    pairs = gains.reshape(-1, 2, gains.shape[1]).mean(axis=1)
    return pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.full(gains.shape[1], np.inf)


def _gains(matrices: np.ndarray, orders: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """(R, orders, p) gain in R² of each driver in each order."""
    count, p = orders.shape
    outcome = matrices.shape[1] - 1
    places = np.array([[column for j in order for column in np.flatnonzero(blocks == j)] for order in orders])
    states = matrices[
        :, np.c_[places, np.full(count, outcome)][:, :, None], np.c_[places, np.full(count, outcome)][:, None, :]
    ]
    column_gains = np.zeros((len(matrices), count, outcome))
    for step in range(outcome):
        before = states[..., -1, -1]
        states = _sweep(states)
        column_gains[:, np.arange(count), places[:, step]] = before - states[..., -1, -1]
    return np.stack([column_gains[..., blocks == j].sum(axis=-1) for j in range(p)], axis=-1)


def relative_weights(matrices: np.ndarray, blocks: np.ndarray | None = None) -> np.ndarray:
    """(R, p) Johnson's relative weights; sum to R² and need no subsets.

    Formula: Λ = R_xx^{1/2}, β = Λ⁻¹r_xy, weight_j = Σ_k Λ²_jk β²_k. Assumption: the orthogonal variables nearest to
    the drivers stand for them; Thomas et al. (2014) dispute that, so they are never shown alone.
    Reference: Johnson 2000. Example: with two drivers they are LMG.
    """
    root, inverse = _roots(matrices[:, :-1, :-1])
    beta = (inverse @ matrices[:, :-1, -1:])[..., 0]
    weights = np.einsum("rjk,rk->rj", root**2, beta**2)
    return _by_block(weights, blocks)


def _roots(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric square roots of correlation matrices and their (pseudo-)inverses."""
    values, vectors = np.linalg.eigh(matrices)
    values = np.where(values > _SINGULAR, values, 0.0)
    inverse = np.divide(1, np.sqrt(values), out=np.zeros_like(values), where=values > 0)
    return tuple((vectors * scale[:, None, :]) @ vectors.transpose(0, 2, 1) for scale in (np.sqrt(values), inverse))


def _by_block(values: np.ndarray, blocks: np.ndarray | None) -> np.ndarray:
    if blocks is None:
        return values
    return np.stack([values[:, blocks == j].sum(axis=1) for j in range(int(blocks.max()) + 1)], axis=1)


def _r2_of(matrices: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(R,) R² of the last variable on some columns."""
    states = matrices[:, np.r_[columns, matrices.shape[1] - 1][:, None], np.r_[columns, matrices.shape[1] - 1]]
    for _ in columns:
        states = _sweep(states)
    return 1 - states[:, 0, 0]


def decompose_linear(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    blocks: np.ndarray | None = None,
    seed: int = 1,
    exact: int = EXACT["linear"],
    orders: int = ORDERS["linear"],
) -> Decomposition:
    """R² of y (n,) on x (n, q) divided among drivers, for each row of weights (1 + B, n).

    blocks: (q,) driver of each column, increasing; one driver a column when None. Up to `exact` drivers every subset
    counts, beyond that `orders` random orders.
    """
    blocks = np.arange(x.shape[1]) if blocks is None else blocks
    p, columns = int(blocks.max()) + 1, np.arange(x.shape[1])
    found = correlations(np.column_stack([x, y]), weights)
    noisy = _with_noise(found, x, y, weights, seed)
    divide = _all_orders if p <= exact else _some_orders
    parts, noise, error = divide(found, noisy, blocks, seed, orders)
    r2 = _r2_of(found, columns)
    inverse = _roots(found[:, :-1, :-1])[1]
    return Decomposition(
        "linear",
        r2,
        parts,
        relative_weights(found, blocks),
        np.stack([_r2_of(found, columns[blocks == j]) for j in range(p)], axis=1),
        np.stack([r2 - _r2_of(found, columns[blocks != j]) for j in range(p)], axis=1),
        (inverse @ inverse @ found[:, :-1, -1:])[..., 0],
        noise,
        error,
    )


def _all_orders(
    found: np.ndarray, noisy: np.ndarray, blocks: np.ndarray, seed: int, orders: int
) -> tuple[np.ndarray, np.ndarray, None]:
    return shapley(found, blocks), shapley(noisy, np.r_[blocks, blocks.max() + 1])[:, -1], None


def _some_orders(
    found: np.ndarray, noisy: np.ndarray, blocks: np.ndarray, seed: int, orders: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Resamples are compared over the same, fewer orders, so that they differ by the people drawn and nothing else."""
    p = int(blocks.max()) + 1
    drawn = random_orders(p, orders, seed)
    parts, error = sampled_shapley(found[:1], drawn, blocks)
    again = sampled_shapley(found, drawn[:_ORDERS_RESAMPLED], blocks)[0]
    with_noise = random_orders(p + 1, _ORDERS_RESAMPLED, seed)
    noise = sampled_shapley(noisy, with_noise, np.r_[blocks, p])[0][:, -1]
    return np.vstack([parts, again[1:] + (parts[0] - again[0])]), noise, error


def _with_noise(found: np.ndarray, x: np.ndarray, y: np.ndarray, weights: np.ndarray, seed: int) -> np.ndarray:
    """(B, q + 2, q + 2) correlations of the resamples, a column of noise drawn anew for each before the outcome."""
    share = weights[1:] / weights[1:].sum(axis=1, keepdims=True)
    noise = np.random.default_rng(seed + 1).standard_normal(share.shape)
    noise -= (share * noise).sum(axis=1, keepdims=True)
    noise /= np.sqrt((share * noise**2).sum(axis=1, keepdims=True))
    columns = standardised(np.column_stack([x, y]), weights[0])
    spread = np.sqrt(np.maximum(share @ columns**2 - (share @ columns) ** 2, 1e-12))
    size = found.shape[1]
    kept = np.r_[np.arange(size - 1), size]
    wide = np.ones((len(share), size + 1, size + 1))
    wide[:, kept[:, None], kept] = found[1:]
    wide[:, kept, size - 1] = wide[:, size - 1, kept] = (share * noise) @ columns / spread
    return wide


def decompose_logistic(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    blocks: np.ndarray | None = None,
    seed: int = 1,
    exact: int = EXACT["logistic"],
    orders: int = ORDERS["logistic"],
) -> Decomposition:
    """McFadden's R² = 1 − ln L/ln L₀ of y (n,), 0 or 1, on x (n, q) divided among drivers, for each row of weights.

    Shapley values of 1 − ln L(S)/ln L₀ over subsets S of drivers, the general dominance of Azen & Traxel 2009.
    Resamples are one-step (`analysis/logit.py`). Arguments as for `decompose_linear`.
    """
    blocks = np.arange(x.shape[1]) if blocks is None else blocks
    p = int(blocks.max()) + 1
    x = standardised(x, weights[0])
    drawn = None if p <= exact else random_orders(p, orders, seed)
    members = subsets(p) if drawn is None else _subsets_along(drawn)
    fits = fit_subsets(x, y, weights, members[:, blocks], seed)
    null = _null_loglik(y, weights)
    r2 = 1 - fits.logliks / null[:, None]
    empty, whole = _places(members, np.array([np.zeros(p, dtype=bool), np.ones(p, dtype=bool)]))
    r2[:, empty] = 0.0  # known exactly, where one step would be near
    gains = None if drawn is None else _gains_along(r2, members, drawn)
    alone, without = (_places(members, np.eye(p, dtype=bool) ^ flip) for flip in (False, True))
    theta = one_step(x, y, weights, fits.coefficients[whole])
    return Decomposition(
        "logistic",
        r2[:, whole],
        r2 @ shapley_coefficients(p) if gains is None else gains.mean(axis=1),
        _logistic_relative(correlations(x, weights), theta[:, 1:], r2[:, whole], blocks),
        r2[:, alone],
        r2[:, [whole]] - r2[:, without],
        theta[:, 1:],
        _noise_gain(fits.noise / -null[1:, None], members.sum(axis=1)),
        None if gains is None else _pair_error(gains[0]),
    )


def _null_loglik(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(1 + B,) log-likelihood without drivers, every row brought to the total weight of the first."""
    share = (weights @ y / weights.sum(axis=1)).clip(1e-12, 1 - 1e-12)
    return weights[0].sum() * (share * np.log(share) + (1 - share) * np.log(1 - share))


def _subsets_along(orders: np.ndarray) -> np.ndarray:
    """(S, p) the different subsets met when drivers enter in these orders, and each driver alone and left out."""
    p = orders.shape[1]
    met = (np.argsort(orders, axis=1)[:, None, :] < np.arange(p + 1)[:, None]).reshape(-1, p)
    single = np.eye(p, dtype=bool)
    return np.unique(np.vstack([met, single, ~single]), axis=0)


def _places(members: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where these subsets stand among the members."""
    known = {row.tobytes(): place for place, row in enumerate(members)}
    return np.array([known[row.tobytes()] for row in np.ascontiguousarray(wanted)])


def _gains_along(r2: np.ndarray, members: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """(R, orders, p) gain in R² of each driver in each order."""
    count, p = orders.shape
    met = np.argsort(orders, axis=1)[:, None, :] < np.arange(p + 1)[:, None]
    places = _places(members, met.reshape(-1, p)).reshape(count, p + 1)
    gains = np.zeros((len(r2), count, p))
    gains[:, np.arange(count)[:, None], orders] = np.diff(r2[:, places], axis=2)
    return gains


def _noise_gain(gains: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(B,) LMG of a column of noise: its mean gain over subsets of one size, averaged over the sizes."""
    return np.mean([gains[:, sizes == size].mean(axis=1) for size in np.unique(sizes)], axis=0)


def _logistic_relative(matrices: np.ndarray, slopes: np.ndarray, r2: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """(R, p) relative weights of a logistic regression (Tonidandel & LeBreton 2010), scaled to sum to McFadden's R²."""
    root, _ = _roots(matrices)
    beta = (root @ slopes[..., None])[..., 0] ** 2
    share = beta / np.maximum(beta.sum(axis=1, keepdims=True), 1e-300)
    return _by_block(r2[:, None] * np.einsum("rjk,rk->rj", root**2, share), blocks)
