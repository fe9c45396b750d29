"""What the benchmark reads off a model's prediction: shares, intervals at any level, flags. One place, so that models
may say more than they must (models/base.py asks for a 90 % interval only)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy.special import betaincinv

from populace.models.base import Prediction

#: level of the interval that every prediction has
GIVEN = 0.9


def interval_of(prediction: Prediction, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(K,) limits of the central interval at `level`.

    A model that says how many people's answers a margin is worth gets the quantiles of a Beta with as many. Of others
    the 90 % interval is scaled on the logit, as if errors were normal there.
    """
    people = prediction.people
    if people:
        tails = (1 - level) / 2, (1 + level) / 2
        share = prediction.distribution
        return tuple(betaincinv(people * share, people * (1 - share), tail) for tail in tails)
    scale = NormalDist().inv_cdf((1 + level) / 2) / NormalDist().inv_cdf((1 + GIVEN) / 2)
    middle = _logit(prediction.distribution)
    return tuple(_share(middle + scale * (_logit(limit) - middle)) for limit in (prediction.low, prediction.high))


def flag_of(prediction: Prediction) -> bool | None:
    """True where the model says "do not use", None where it has no such flags."""
    return None if prediction.people is None else bool(prediction.do_not_use)


def _logit(shares: np.ndarray) -> np.ndarray:
    bounded = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.log(bounded / (1 - bounded))


def _share(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
