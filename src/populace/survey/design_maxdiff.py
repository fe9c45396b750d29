"""Best-worst sets: items equally often, pairs of items as equally often as can be, positions balanced.

    1. every set takes the items used least in its version, then least in all, then least together with those it has;
    2. items are exchanged between sets of a version as long as pairs become more even (Σ of squared counts, within the
       version and over all, falls); counts of items stay as they are;
    3. the order within sets is chosen for which every item stands in every position equally often.

Small designs are made several times over, and the most even connected one is kept. Connected: every item can be
compared with every other over a chain of sets. References: J. Louviere, T. Flynn & A. Marley, Best-Worst Scaling
(2015); Sawtooth Software, The MaxDiff System (technical paper).
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from populace.errors import InstrumentError
from populace.survey.design import MaxDiffDesign
from populace.survey.design_random import Draws

#: attempts at most, rounds of exchanges at most
_ATTEMPTS, _ROUNDS = 60, 8
#: pairs of sets compared in all rounds of an attempt
_COMPARED = 20_000
#: size of a set up to which all orders are compared, and random orders compared beyond
_ALL_ORDERS, _SOME_ORDERS = 6, 400


def sets_of(items: int, design: MaxDiffDesign) -> np.ndarray:
    """(V, S, size) places of the items of every set; raises `InstrumentError` when no connected design is found."""
    draws = Draws(design.seed)
    attempts = min(max(_COMPARED // (2 * design.versions * design.sets**2), 1), _ATTEMPTS)
    best, best_value = None, np.inf
    for _ in range(attempts):
        sets = _even(_dealt(items, design, draws), items, draws)
        pairs = pair_counts(sets, items)
        value = _squares(pairs)
        if value < best_value and groups_of(pairs).max() == 0:
            best, best_value = sets, value
        if best is not None and best_value <= _least_squares(pairs):
            break
    if best is None:
        raise InstrumentError(
            f"design: {design.versions * design.sets} sets of {design.size} do not connect {items} items; expected "
            "every item to be comparable with every other: add sets or versions"
        )
    return _placed(best, items, draws)


def pair_counts(sets: np.ndarray, items: int, weights: np.ndarray | None = None) -> np.ndarray:
    """(n, n) how many sets hold both items, counts of items on the diagonal; or the sum of the weights of these sets.

    sets (…, size), −1 where a set is smaller than others.
    """
    flat = sets.reshape(-1, sets.shape[-1])
    there = (flat[:, :, None] >= 0) & (flat[:, None, :] >= 0)
    cells = (flat[:, :, None] * items + flat[:, None, :])[there]
    each = None if weights is None else np.broadcast_to(weights[:, None, None], there.shape)[there]
    return np.bincount(cells, each, items * items).reshape(items, items).astype(float)


def groups_of(pairs: np.ndarray) -> np.ndarray:
    """(n,) number of the group of every item, from 0: items of one group can be compared over a chain of sets."""
    joined = pairs > 0
    np.fill_diagonal(joined, True)
    for _ in range(len(pairs).bit_length()):
        joined = (joined.astype(float) @ joined) > 0
    return np.unique(joined.argmax(axis=1), return_inverse=True)[1]


def _squares(pairs: np.ndarray) -> float:
    return float((np.triu(pairs, 1) ** 2).sum())


def _least_squares(pairs: np.ndarray) -> float:
    """Σ of squared counts if every pair stood together equally often, or nearly."""
    count = len(pairs) * (len(pairs) - 1) // 2
    each, more = divmod(int(np.triu(pairs, 1).sum()), count)
    return more * (each + 1) ** 2 + (count - more) * each**2


# -- which items ------------------------------------------------------------------------------------------------------


def _dealt(items: int, design: MaxDiffDesign, draws: Draws) -> np.ndarray:
    """(V, S, size): counts of items differ by one at most, within a version and over all."""
    sets = np.empty((design.versions, design.sets, design.size), dtype=np.int64)
    used, together = np.zeros(items), np.zeros((items, items))
    for version in sets:
        here = np.zeros(items)
        for one in version:
            taken, beside = np.zeros(items), np.zeros(items)
            for place in range(design.size):
                item = np.lexsort((draws.ties(items), beside, used, here, taken))[0]
                one[place] = item
                taken[item] = 1
                here[item] += 1
                used[item] += 1
                beside += together[item]
            together[one[:, None], one[None, :]] += 1
    return sets


def _even(sets: np.ndarray, items: int, draws: Draws) -> np.ndarray:
    """The sets after exchanges of items between sets of a version that make pairs more even."""
    pairs = list(combinations(range(sets.shape[1]), 2))
    overall = pair_counts(sets, items)
    rounds = min(max(_COMPARED // max(len(sets) * len(pairs), 1), 1), _ROUNDS)
    for _ in range(rounds):
        changed = False
        for version in sets:
            # both are made even: pairs of this version, and pairs over all of them
            own = pair_counts(version, items)
            weight = overall + own
            for number in draws.order(len(pairs))[: _COMPARED // len(sets)]:
                first, second = pairs[number]
                changed |= _exchange(version[first], version[second], weight)
            overall += pair_counts(version, items) - own
        if not changed:
            break
    return sets


def _exchange(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> bool:
    """Exchange the two items of two sets that make pairs most even; keeps `weight`, the counts of pairs, up to date.

    The sum of squares changes by 2·Σ (n_ju − n_iu + 1) over what i leaves and j joins, and likewise the other way;
    items in both sets lose and gain the same pairs and are left out.
    """
    own, other = ~np.isin(first, second), ~np.isin(second, first)
    mine, theirs = first[own], second[other]
    if not len(mine):
        return False
    left, right = weight[:, mine].sum(axis=1), weight[:, theirs].sum(axis=1)
    cross = weight[np.ix_(mine, theirs)]
    # of i: its pairs with the rest of its set go, those with the rest of the other set come
    leave = left[mine] - weight[mine, mine]
    come = right[mine][:, None] - cross
    away = right[theirs] - weight[theirs, theirs]
    gain = left[theirs][None, :] - cross
    # each unit of weight is counted within the version and over all, hence 2 per pair
    change = come + gain - leave[:, None] - away[None, :] + 4 * (len(mine) - 1)
    i, j = np.unravel_index(np.argmin(change), change.shape)
    if change[i, j] >= 0 or len(mine) == 1:
        return False
    a, b = mine[i], theirs[j]
    rest, rest_other = mine[mine != a], theirs[theirs != b]
    for item, gone, joined in ((a, rest, rest_other), (b, rest_other, rest)):
        _count(weight, item, gone, -2)
        _count(weight, item, joined, 2)
    first[first == a], second[second == b] = b, a
    return True


def _count(weight: np.ndarray, item: int, others: np.ndarray, step: int) -> None:
    weight[item, others] += step
    weight[others, item] += step


# -- in which order ---------------------------------------------------------------------------------------------------


def _placed(sets: np.ndarray, items: int, draws: Draws) -> np.ndarray:
    """The sets in random order within their version, their items in positions that are balanced."""
    number, size = sets.shape[0] * sets.shape[1], sets.shape[2]
    sets = np.take_along_axis(sets, draws.orders(*sets.shape[:2])[:, :, None], axis=1)
    orders = _orders(size, draws)
    count = np.zeros((items, size))
    flat = sets.reshape(number, size)
    places = np.arange(size)
    for again in (False, True, True):
        for one in flat:
            if again:
                count[one, places] -= 1
            each = count[one]
            cost = each[orders, places].sum(axis=1) + draws.ties(len(orders)) / 2
            one[:] = one[orders[np.argmin(cost)]]
            count[one, places] += 1
    return flat.reshape(sets.shape)


def _orders(size: int, draws: Draws) -> np.ndarray:
    """(orders, size) orders of the items of a set that are compared, the given one first."""
    if size <= _ALL_ORDERS:
        return np.array(list(permutations(range(size))))
    return np.vstack([np.arange(size), draws.orders(_SOME_ORDERS, size)])
