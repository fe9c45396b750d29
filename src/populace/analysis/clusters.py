"""Clusters of points: k-means with many starts, and how many clusters there are.

How to read the numbers: docs/methods/segments.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["assign", "Clusters", "gap_statistic", "k_means", "matched", "prediction_strength", "together"]

#: random starts of the solution that is reported
STARTS = 30
#: starts where a solution only serves to choose k, or to see how stable it is
FEW_STARTS = 5


@dataclass(frozen=True)
class Clusters:
    """A k-means solution, the largest cluster first."""

    #: (n,) cluster of each row, from 0
    labels: np.ndarray
    #: (k, d) means
    centres: np.ndarray
    #: weighted sum of squared distances to the centres
    within: float


def k_means(
    points: np.ndarray, k: int, weights: np.ndarray | None = None, starts: int = STARTS, seed: int = 1
) -> Clusters:
    """k-means (Lloyd 1982), the best of `starts` k-means++ starts, clusters by weight.

    points: (n, d). Minimises Σ wᵢ‖xᵢ − centre‖². Assumption: round clusters of like spread. Example: points 0, 1, 10,
    11 with k = 2: centres .5 and 10.5, within 1.
    """
    from sklearn.cluster import KMeans  # a second to import, and only needed here

    weights = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    model = KMeans(k, n_init=starts, random_state=seed, tol=1e-10, max_iter=1000)
    labels = model.fit_predict(points, sample_weight=weights)
    order = np.argsort(-np.bincount(labels, weights, minlength=k), kind="stable")
    return Clusters(np.argsort(order)[labels], model.cluster_centers_[order], float(model.inertia_))


def assign(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n,) nearest centre of each point over the coordinates it has (NaN for none), −1 where it has none."""
    known = ~np.isnan(points)
    distance = known @ (centres**2).T - 2 * np.where(known, points, 0) @ centres.T
    return np.where(known.any(axis=1), distance.argmin(axis=1), -1)


def matched(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(k,) which row of `second` (k, d) goes with each row of `first`: least total squared distance (Kuhn 1955).

    Example: first 0, 10; second 11, 1: (1, 0).
    """
    distance = ((first[:, None] - second[None]) ** 2).sum(axis=2)
    return linear_sum_assignment(distance)[1]


def prediction_strength(
    points: np.ndarray,
    k: int,
    weights: np.ndarray | None = None,
    persons: np.ndarray | None = None,
    splits: int = 10,
    seed: int = 1,
) -> np.ndarray:
    """(splits,) prediction strength of k clusters in random halves of the persons.

    Formula: both halves are clustered; min over clusters of the second half of the share of its pairs of people whom
    the centres of the first half also put together. 1: the same clusters. Reference: Tibshirani & Walther 2005, who
    keep the largest k with mean + standard error ≥ .8. Example: two far-apart groups, k = 2: 1.
    """
    weights = np.ones(len(points)) if weights is None else weights
    persons = np.arange(len(points)) if persons is None else persons
    rng = np.random.default_rng(seed)
    return np.array([_one_strength(points, k, weights, persons, rng, seed + s) for s in range(splits)])


def _one_strength(
    points: np.ndarray, k: int, weights: np.ndarray, persons: np.ndarray, rng: np.random.Generator, seed: int
) -> float:
    people = int(persons.max()) + 1
    first = (rng.permutation(people) < people // 2)[persons]
    if min(len(np.unique(points[half], axis=0)) for half in (first, ~first)) < k:
        return 0.0
    theirs = k_means(points[first], k, weights[first], FEW_STARTS, seed)
    ours = k_means(points[~first], k, weights[~first], FEW_STARTS, seed)
    return together(ours.labels, assign(points[~first], theirs.centres), weights[~first])


def together(ours: np.ndarray, theirs: np.ndarray, weights: np.ndarray) -> float:
    """Least share, over our clusters, of pairs (by weight) that are in one of their clusters too.

    Example: ours (0, 0, 0, 1, 1), theirs (0, 0, 1, 1, 1): of three pairs in the first one stays, the second stays: ⅓.
    A cluster of one person counts as kept.
    """
    k = int(max(ours.max(), theirs.max())) + 1
    table = np.bincount(ours * k + theirs, weights, minlength=k * k).reshape(k, k)
    alone = np.bincount(ours, weights**2, minlength=k)
    pairs = table.sum(axis=1) ** 2 - alone
    kept = (table**2).sum(axis=1) - alone
    return float(np.divide(kept, pairs, out=np.ones(k), where=pairs > 1e-9).min())


def gap_statistic(
    points: np.ndarray, most: int, weights: np.ndarray | None = None, references: int = 10, seed: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(most,) gap, its error, and the within sum of squares, of 1 … most clusters.

    Formula: mean of ln W over uniform data in the box of the principal components, less ln W of the data; error
    SD·√(1 + 1/references). The usual choice is the smallest k with gap(k) ≥ gap(k + 1) − error(k + 1).
    Reference: Tibshirani, Walther & Hastie 2001.
    """
    weights = np.ones(len(points)) if weights is None else weights
    centre = np.average(points, axis=0, weights=weights)
    axes = np.linalg.svd(points - centre, full_matrices=False)[2]
    turned = (points - centre) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    rng = np.random.default_rng(seed)
    within = _within(points, most, weights, FEW_STARTS * 2, seed)
    drawn = [rng.uniform(low, high, turned.shape) @ axes for _ in range(references)]
    logs = np.log([_within(cloud, most, weights, 2, seed) for cloud in drawn])
    errors = logs.std(axis=0) * np.sqrt(1 + 1 / references)
    return logs.mean(axis=0) - np.log(within), errors, within


def _within(points: np.ndarray, most: int, weights: np.ndarray, starts: int, seed: int) -> np.ndarray:
    return np.array([max(k_means(points, k, weights, starts, seed).within, 1e-12) for k in range(1, most + 1)])
