"""What the questions of one battery share beyond what each of them says.

Questions put in one breath, under one stem and on one scale, are answered alike: people agree or rate highly by habit,
or have one opinion of the whole. Words of single questions do not show this, so questions read from text get a small
common part along a direction that belongs to their battery: a random one, found again from the stem. Two batteries'
directions are all but at right angles.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np

from populace.models.columns import one_axis
from populace.models.known import plain
from populace.prompts.prompt import Prompt


def with_battery(loadings: np.ndarray, prompt: Prompt, share: float) -> np.ndarray:
    """Column loadings (columns, d) of a question with its battery's part: two such questions correlate `share` more.

    Only the steps of a scale (or of two options) get it: lists have no direction that all of them share.
    """
    if not share or prompt.battery is None or not one_axis(prompt):
        return loadings
    common = np.sqrt(share) * common_direction(plain(prompt.battery), loadings.shape[1])
    return np.concatenate([loadings[:1] + common, loadings[1:]])


@cache
def common_direction(stem: str, width: int) -> np.ndarray:
    """(width,) unit vector of a stem."""
    seed = int.from_bytes(hashlib.sha256(stem.encode()).digest()[:8], "big")
    direction = np.random.default_rng(seed).standard_normal(width)
    return direction / np.linalg.norm(direction)
