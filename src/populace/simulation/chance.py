"""Chance: random numbers that depend on who is asked what, and on nothing else.

A generator that hands out numbers one after another ties every answer to the size and order of the batches before it:
a run that was interrupted, or split among workers, would give another panel. Here a number is a pure function of
(seed, respondent, occasion, item), so any part of a panel can be computed at any time, anywhere, in any order.

Respondents and items are hashed once to 64 bits (BLAKE2b); a number is their sum sent twice through the finalizer of
SplitMix64 (Steele, Lea and Flood 2014; constants of Stafford's variant 13), in vectorised integer arithmetic. The
second round takes a second hash of the item, so that no two items are shifted copies of one another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = (np.uint64(shift) for shift in (30, 27, 31, 11))
#: distance of the doubles that come out
_STEP = 2.0**-53


def respondent_keys(seed: int, ids: Iterable[object]) -> np.ndarray:
    """(n,) 64-bit keys; an id that comes up again counts as another interview of the same respondent.

    Ids are taken as written: 17 and "17" are the same respondent.
    """
    seen: dict[str, int] = {}
    keys = []
    for respondent in map(str, ids):
        occasion = seen.get(respondent, 0)
        seen[respondent] = occasion + 1
        keys.append(_hash(f"{seed}\x1f{occasion}\x1f{respondent}", 8))
    return np.frombuffer(b"".join(keys), dtype="<u8").astype(np.uint64)


def uniforms(keys: np.ndarray, item: str, purpose: str = "answer") -> np.ndarray:
    """(n,) numbers in [0, 1), one for each respondent; `purpose` tells several numbers for one item apart."""
    first, second = np.frombuffer(_hash(f"{purpose}\x1f{item}", 16), dtype="<u8").astype(np.uint64)
    mixed = _mix(_mix(keys + first) + second)
    return (mixed >> _11).astype(np.float64) * _STEP


def choose(probabilities: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """(n,) positions drawn by inverting the cumulative distribution of each row of (n, K) probabilities.

    Impossible options are never drawn, whatever the rounding: the number is scaled to the row's own sum, which keeps
    it below the end, and an option is taken only where the cumulative sum rises.
    """
    cumulative = np.cumsum(probabilities, axis=1, dtype=np.float64)
    total = cumulative[:, -1]
    points = np.minimum(numbers * total, np.nextafter(total, 0))
    return (cumulative[:, :-1] <= points[:, None]).sum(axis=1)


def _hash(text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def _mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)
