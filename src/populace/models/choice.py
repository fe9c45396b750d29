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
from statistics import NormalDist

import numpy as np

#: directions kept for a nominal question; more adds cost and little fit
MOST_DIRECTIONS = 3
#: slopes at which the loading-slope relation is tabulated; most questions need only the gentle ones
GENTLE, STEEP = np.linspace(0, 2, 17), np.linspace(2.25, 7, 20)
#: steepest step from one option to the next (log odds per standard deviation): by then an answer is a cut through its
#: direction for all that can be told, and its loading within .5 % of the largest there is
STEEPEST_STEP = 24.0
#: largest range of slopes along each of 2 or 3 directions: steeper ones would need thousands of nodes
STEEPEST_RANGE = {1: math.inf, 2: 8.0, 3: 5.0}
#: steps of Newton's method at most; five to ten are usual
MOST_STEPS = 50
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
    #: nodes along every direction that integrate it well enough, see `grid`
    nodes: tuple[int, ...]


@cache
def grid(nodes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Points (J, r) and weights (J,) that integrate over r independent standard normals.

    A product of evenly spaced nodes weighted by the normal density, stretched to variance one. For a smooth step of
    slope a the error falls like exp(-2 pi^2 / (a h)) with the distance h of the nodes (Trefethen and Weideman 2014,
    SIAM Review 56), where the nodes of Gauss and Hermite are too far apart in the middle and wasted outside. Of a
    product the corners, which hold next to nothing, are left away.
    """
    widest = 4.0 if len(nodes) == 1 else 3.5
    axes = [_even_nodes(count, min(1.3 * math.sqrt(count - 1), widest)) for count in nodes]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(nodes))
    points = points[np.linalg.norm(points, axis=1) <= max(axis[-1] for axis in axes) + 0.3]
    weights = np.exp(-(points**2).sum(1) / 2)
    weights /= weights.sum()
    return points / np.sqrt(weights @ points**2), weights


def _even_nodes(count: int, farthest: float) -> np.ndarray:
    return np.linspace(-farthest, farthest, count)


def nodes_for(steepness: np.ndarray) -> tuple[int, ...]:
    """Nodes along each of r directions for steps of (r,) steepness (slope of log odds per standard deviation).

    An odd number each; shares are then right to .0005 along one direction and to .002 along several.
    """
    wanted = 2.5 * steepness + 5 if len(steepness) == 1 else 2 * steepness + 2.6
    return tuple(max(3, 2 * math.ceil((each - 1) / 2) + 1) for each in wanted)


def ordered_scores(margin: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(K, 1) standardised equal-step scores of an ordered scale; missing options score 0 and do not count."""
    weight = np.where(missing, 0.0, margin)
    steps = np.cumsum(~missing) - 1.0
    centred = np.where(missing, 0.0, steps - (weight @ steps) / weight.sum())
    spread = np.sqrt(weight @ centred**2)
    return (centred / max(spread, 1e-6))[:, None]


def bend_scores(margin: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(K, 1) standardised scores of the ends of a scale against its middle, uncorrelated with the equal steps.

    Some people take to the ends of any scale and some to the middle. Missing options score 0 and do not count; all
    are 0 where answers leave no room for a bend.
    """
    steps = ordered_scores(margin, missing)[:, 0]
    weight = np.where(missing, 0.0, margin) / margin[~missing].sum()
    bent = steps**2 - weight @ steps**2
    bent = np.where(missing, 0.0, bent - (weight @ (bent * steps)) / max(weight @ steps**2, 1e-9) * steps)
    spread = np.sqrt(margin @ bent**2)
    return (bent / spread if spread > 1e-3 else np.zeros_like(bent))[:, None]


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
        slopes = slopes * np.minimum(1, STEEPEST_RANGE[len(sizes)] / np.maximum(np.ptp(slopes, axis=0), 1e-9))
    intercepts = intercepts_of(margin, slopes)
    return Choice(margin, directions, slopes, intercepts, nodes_for(_steepness(slopes, intercepts)))


def _steepness(slopes: np.ndarray, intercepts: np.ndarray) -> np.ndarray:
    """(r,) steepest place along every direction: twice the largest spread of the slopes of options in competition.

    Two options a apart in slope are a logistic step of slope a; many options in a row are many gentle steps.
    """
    points, _ = grid(_fine(slopes[None]))
    shares = _softmax(intercepts + points @ slopes.T)
    spread = shares @ slopes**2 - (shares @ slopes) ** 2
    return 2 * np.sqrt(np.maximum(spread, 0).max(0))


def _orthonormal(directions: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Same logits, directions made orthonormal: slopes @ directions is left unchanged."""
    left, size, right = np.linalg.svd(slopes @ directions, full_matrices=False)
    keep = directions.shape[0]
    return right[:keep], (left * size)[:, :keep]


def slope_of(loading: float, margin: np.ndarray, scores: np.ndarray) -> float:
    """Slope at which the standardised score has covariance `loading` with its direction (0 <= loading < 1)."""
    slopes, reached = _curve(margin, scores, GENTLE)
    if loading > reached[-1]:
        slopes, reached = _curve(margin, scores, np.concatenate([GENTLE[-1:], STEEP]))
    return float(np.interp(loading, np.maximum.accumulate(reached), slopes))


def longest_loading(margin: np.ndarray, scores: np.ndarray) -> float:
    """The largest covariance that a standardised score can have with a direction.

    Few options cannot follow a continuous direction closely: two equal shares reach about .79 (the square root of
    2 / pi in the limit), seven options .95.
    """
    return float(_curve(margin, scores, STEEP[-1:])[1][0])


def hermite_coefficients(loading: float, margin: np.ndarray, scores: np.ndarray, terms: int) -> np.ndarray:
    """(terms,) coefficients of order 1, 2, … of the expected score as a function of its standard normal direction.

    The correlation of two scores whose directions have cosine rho is sum_h a_h b_h rho^h (Mehler's formula); the
    first coefficient is the loading.
    """
    slope = slope_of(loading, margin, scores)
    # far out, because high powers live there
    points = _even_nodes(121, 7.5)
    weights = np.exp(-(points**2) / 2)
    logits = intercepts_of(margin, slope * scores[:, None]) + points[:, None] * slope * scores
    expected = _softmax(logits) @ scores
    basis = np.polynomial.hermite_e.hermevander(points, terms)[:, 1:]
    return (weights / weights.sum() * expected) @ basis / np.sqrt([math.factorial(h) for h in range(1, terms + 1)])


def _curve(margin: np.ndarray, scores: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes, made gentler where their steepest step would be too steep, and the loading reached at each."""
    step = max(float(np.diff(np.sort(scores)).max()), 1e-9)
    slopes = slopes * min(1.0, STEEPEST_STEP / step / STEEP[-1])
    stacked = slopes[:, None, None] * scores[:, None]
    points, weights = grid(_fine(stacked))
    logits = intercepts_of(margin, stacked, len(slopes))[:, None, :] + points[None] * stacked[:, None, :, 0]
    return slopes, _softmax(logits) @ scores @ (weights * points[:, 0])


def _fine(stacked: np.ndarray) -> tuple[int, ...]:
    """Nodes that are enough for all of (batch, K, r) slopes, whatever the intercepts."""
    return nodes_for(np.ptp(stacked, axis=1).max(0))


def intercepts_of(margin: np.ndarray, slopes: np.ndarray, batch: int | None = None) -> np.ndarray:
    """Intercepts with E_z softmax(b + slopes z) = margin, z standard normal; slopes (K, r) or (batch, K, r).

    Newton's method on a convex function: E log sum exp(b + slopes z) - margin . b.
    """
    stacked = slopes if batch else slopes[None]
    margin = margin / margin.sum()  # stored shares are rounded, and only shares that sum to one can be reached
    points, weights = grid(_fine(stacked))
    pull = points @ stacked.transpose(0, 2, 1)
    intercepts = np.log(np.maximum(margin, SMALLEST_SHARE)) + _cuts(margin, stacked)
    for _ in range(MOST_STEPS):
        each = _softmax(intercepts[:, None, :] + pull)
        shares = weights @ each
        if np.abs(shares - margin).max() < 1e-9:
            break
        intercepts += _newton_step(margin - shares, each, shares, weights)
    return intercepts if batch else intercepts[0]


def _cuts(margin: np.ndarray, stacked: np.ndarray) -> np.ndarray:
    """(batch, K) where to start: intercepts of answers that are cuts through a single direction, zero for several."""
    if stacked.shape[2] > 1:
        return np.zeros(stacked.shape[:2])
    order = np.argsort(stacked[-1, :, 0], kind="stable")
    below = np.clip(np.cumsum(margin[order])[:-1], 1e-12, 1 - 1e-12)
    # not scipy's: importing it takes longer than all the questions of a survey
    cuts = np.array([NormalDist().inv_cdf(share) for share in below])
    steps = -np.diff(stacked[:, order, 0], axis=1) * cuts
    out = np.zeros(stacked.shape[:2])
    out[:, order[1:]] = np.cumsum(steps, axis=1)
    return out


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
