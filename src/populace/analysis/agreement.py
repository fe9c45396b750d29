"""Agreement of two segmentations without names: two labellings of the same people, two solutions on their own samples.

How to read the numbers: docs/methods/segments.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populace.analysis.clusters import STARTS, assign, k_means, matched

__all__ = ["adjusted_mutual_information", "adjusted_rand", "cross_assignment", "CrossAssignment"]


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Adjusted Rand index of two labellings: 1 the same up to names, 0 by chance (Hubert & Arabie 1985).

    Example: (0, 0, 1, 1) and (1, 1, 0, 0): 1.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second))


def adjusted_mutual_information(first: np.ndarray, second: np.ndarray) -> float:
    """Adjusted mutual information of two labellings: 1 the same up to names, 0 by chance (Vinh et al. 2010)."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(first, second))


@dataclass(frozen=True)
class CrossAssignment:
    """Agreement of two solutions, each fitted on its own sample, on the people of both samples."""

    #: adjusted Rand index on the first sample's people, and on the second's
    rand: tuple[float, float]
    #: adjusted mutual information on both
    information: tuple[float, float]
    #: root mean squared difference of matched centres
    profile: float
    #: ½Σ|difference| of the shares of matched clusters, both by nearest centre of their own solution
    sizes: float


def cross_assignment(
    first: np.ndarray,
    second: np.ndarray,
    k: int,
    weights: tuple[np.ndarray, np.ndarray] | None = None,
    starts: int = STARTS,
    seed: int = 1,
) -> CrossAssignment:
    """k-means on each of two samples (n, d), (m, d) in the same units; then all people by both sets of centres.

    Label-free: no cluster has to be named to be compared. Example: two samples of the same two far-apart groups:
    Rand 1 on both, sizes differ as the samples do.
    """
    weights = weights or (np.ones(len(first)), np.ones(len(second)))
    ours, theirs = (k_means(points, k, w, starts, seed) for points, w in zip((first, second), weights, strict=True))
    pairs = [(assign(points, ours.centres), assign(points, theirs.centres)) for points in (first, second)]
    partner = matched(ours.centres, theirs.centres)
    shares = [np.bincount(c.labels, w, minlength=k) / w.sum() for c, w in zip((ours, theirs), weights, strict=True)]
    return CrossAssignment(
        tuple(adjusted_rand(*pair) for pair in pairs),
        tuple(adjusted_mutual_information(*pair) for pair in pairs),
        float(np.sqrt(np.mean((ours.centres - theirs.centres[partner]) ** 2))),
        float(np.abs(shares[0] - shares[1][partner]).sum() / 2),
    )
