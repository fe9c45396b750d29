"""How a latent person chooses among options: margins, directions, and the arithmetic between them.

A question is described by its margin p (how a population answers) and by a few directions in the space of latent
persons (what pulls one way or the other). With z ~ N(0, I) for a person, the choice is

    P(k | z) = softmax_k( b_k + sum_r S_kr * beta_r * (u_r . z) )

where u_r are orthonormal directions, S_kr standardised option scores (sum_k p_k S_kr = 0, sum_k p_k S_kr^2 = 1),
beta_r slopes, and b intercepts solved so that the population's margin stays p whatever the slopes. Scores on the
option axis are Goodman's RC association (Goodman 1979, JASA 74) with a latent variable on the other axis.

A direction's *loading* is the covariance of the standardised score with u.z, so that the correlation of two items
is close to the inner product of their loading vectors; slopes are found from loadings by inverting that relation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

#: directions kept for a nominal question; more adds cost and little fit
MOST_DIRECTIONS = 3
#: nodes of the Gauss-Hermite rule by number of directions (1, 2, 3): accuracy against size of the product grid
NODES = {1: 17, 2: 5, 3: 4}
#: slopes at which the loading-slope relation is tabulated
SLOPES = np.concatenate([np.linspace(0, 2, 17), np.linspace(2.25, 7, 20)])
#: a share below this is raised to it before logarithms, so that no option is impossible
SMALLEST_SHARE = 1e-4


@dataclass(frozen=True)
class Choice:
    """Everything needed to ask one question of latent persons."""

    #: (K,) share of every option in the reference population
    margin: np.ndarray
    #: (r, d) orthonormal directions in the space of latent persons
    directions: np.ndarray
    #: (K, r) slope of every option along every direction
    slopes: np.ndarray
    #: (K,) intercepts that keep the margin
    intercepts: np.ndarray


@cache
def grid(directions: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (J, r) and weights (J,) that integrate over r independent standard normals (Gauss-Hermite product)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES[directions])
    weights = weights / weights.sum()
    points = np.stack(np.meshgrid(*[nodes] * directions, indexing="ij"), -1).reshape(-1, directions)
    shares = np.prod(np.stack(np.meshgrid(*[weights] * directions, indexing="ij"), -1).reshape(-1, directions), 1)
    return points, shares


def ordered_scores(margin: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(K, 1) standardised equal-step scores of an ordered scale; missing options score 0 and do not count."""
    weight = np.where(missing, 0.0, margin)
    steps = np.cumsum(~missing) - 1.0
    centred = np.where(missing, 0.0, steps - (weight @ steps) / weight.sum())
    spread = np.sqrt(weight @ centred**2)
    return (centred / max(spread, 1e-6))[:, None]


def nominal_scores(margin: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """(K, r) option scores along the main axes of the effects (correspondence analysis of options by persons).

    `effects` (K, d) is the mean latent person among those who choose each option.
    """
    root = np.sqrt(margin)[:, None]
    left, size, _ = np.linalg.svd(root * effects, full_matrices=False)
    keep = min(MOST_DIRECTIONS, len(margin) - 1, int(np.sum(size > 1e-6)) or 1)
    return left[:, :keep] / root


def choice_from_effects(margin: np.ndarray, effects: np.ndarray, ordinal: bool, missing: np.ndarray) -> Choice:
    """Build a Choice from a margin (K,) and option effects (K, d)."""
    margin = np.maximum(margin, SMALLEST_SHARE)
    margin = margin / margin.sum()
    effects = effects - margin @ effects
    one_axis = len(margin) == 2 or (ordinal and np.sum(~missing) >= 2)
    scores = ordered_scores(margin, missing) if one_axis else nominal_scores(margin, effects)
    return choice_from_loadings(margin, scores, (margin[:, None] * scores).T @ effects)


def choice_from_loadings(margin: np.ndarray, scores: np.ndarray, loadings: np.ndarray) -> Choice:
    """Build a Choice from a margin (K,), scores (K, r) and loadings (r, d) on the correlation scale."""
    sizes = np.linalg.norm(loadings, axis=1)
    directions = loadings / np.maximum(sizes, 1e-9)[:, None]
    slopes = scores * np.array([slope_of(size, margin, scores[:, r]) for r, size in enumerate(sizes)])
    if len(sizes) > 1:
        directions, slopes = _orthonormal(directions, slopes)
    return Choice(margin, directions, slopes, intercepts_of(margin, slopes))


def _orthonormal(directions: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Same logits, directions made orthonormal: slopes @ directions is left unchanged."""
    left, size, right = np.linalg.svd(slopes @ directions, full_matrices=False)
    keep = directions.shape[0]
    return right[:keep], (left * size)[:, :keep]


def slope_of(loading: float, margin: np.ndarray, scores: np.ndarray) -> float:
    """Slope at which the standardised score has covariance `loading` with its direction (0 <= loading < 1)."""
    return float(np.interp(loading, np.maximum.accumulate(_reached(margin, scores)), SLOPES))


def longest_loading(margin: np.ndarray, scores: np.ndarray) -> float:
    """The largest covariance that a standardised score can have with a direction.

    Few options cannot follow a continuous direction closely: two equal shares reach about .79 (the square root of
    2 / pi in the limit), seven options .95.
    """
    return float(_reached(margin, scores).max())


def hermite_coefficients(loading: float, margin: np.ndarray, scores: np.ndarray, terms: int) -> np.ndarray:
    """(terms,) coefficients of order 1, 2, … of the expected score as a function of its standard normal direction.

    The correlation of two scores whose directions have cosine rho is sum_h a_h b_h rho^h (Mehler's formula); the
    first coefficient is the loading.
    """
    slope = slope_of(loading, margin, scores)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    logits = intercepts_of(margin, slope * scores[:, None]) + nodes[:, None] * slope * scores
    expected = _softmax(logits) @ scores
    basis = np.polynomial.hermite_e.hermevander(nodes, terms)[:, 1:]
    return (weights * expected) @ basis / np.sqrt([math.factorial(h) for h in range(1, terms + 1)])


def _reached(margin: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Covariance of the score with its direction at every slope of the table."""
    points, weights = grid(1)
    slopes = scores[None, :] * SLOPES[:, None]
    intercepts = intercepts_of(margin, slopes[:, :, None], len(SLOPES))
    logits = intercepts[:, None, :] + points[None] * slopes[:, None, :]
    return _softmax(logits) @ scores @ (weights * points[:, 0])


def intercepts_of(margin: np.ndarray, slopes: np.ndarray, batch: int | None = None) -> np.ndarray:
    """Intercepts with E_z softmax(b + slopes z) = margin, z standard normal; slopes (K, r) or (batch, K, r).

    A few rounds of b <- b + log(margin) - log(E softmax), which always moves the right way, then Newton steps, since
    the rounds alone crawl when slopes are steep.
    """
    stacked = slopes if batch else slopes[None]
    points, weights = grid(stacked.shape[2])
    pull = points @ stacked.transpose(0, 2, 1)
    # exp(b + pull) is the product of its exponentials: none need be taken anew in a round
    pulled = np.exp(pull - pull.max(-1, keepdims=True))
    odds = np.tile(margin, (len(stacked), 1))
    for _ in range(6):
        total = pulled @ odds[:, :, None]
        odds *= margin / (odds * (pulled.transpose(0, 2, 1) @ (weights[:, None] / total))[:, :, 0])
    for _ in range(15):
        each = odds[:, None, :] * pulled
        each /= each.sum(-1, keepdims=True)
        shares = weights @ each
        if np.abs(shares - margin).max() < 1e-9:
            break
        odds *= np.exp(_newton_step(margin - shares, each, shares, weights))
    intercepts = np.log(odds)
    return intercepts if batch else intercepts[0]


def _newton_step(gap: np.ndarray, each: np.ndarray, shares: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(batch, K) step of the intercepts towards the margin, at most 2 long.

    A constant added to all intercepts changes nothing, so the slope matrix gets one added to stay invertible; the
    hair of ridge is for steep slopes and small shares, where it can be singular to rounding.
    """
    options = gap.shape[1]
    slope = shares[:, :, None] * np.eye(options) - each.transpose(0, 2, 1) @ (weights[:, None] * each)
    step = np.linalg.solve(slope + 1 / options + 1e-9 * np.eye(options), gap[..., None])[..., 0]
    return np.clip(step, -2, 2)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)
