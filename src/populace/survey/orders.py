"""Random orders: who sees options, rows, questions, blocks and rounds in which order, and which of them.

Orders are arrays (m, k) of the places of k members, -1 where a respondent gets fewer. All chance comes from the
caller, so that the same respondent gets the same order whoever else is interviewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from populace.survey.question import Question


class Chance(Protocol):
    """Where random numbers come from."""

    def uniforms(self, label: str, rows: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1) for what is called so, one for each of these respondents."""

    def turns(self, rows: np.ndarray) -> np.ndarray:
        """(m,) running numbers of these respondents, from 0 on."""

    def shared(self, label: str, numbers: np.ndarray) -> np.ndarray:
        """(m,) numbers in [0, 1); respondents with the same of `numbers` get the same."""


def options_vary(question: Question) -> bool:
    """Do respondents see its options in different orders, or different ones of them?"""
    shuffled = question.randomize and not question.rows
    return bool(question.options) and (shuffled or question.show_only is not None or question.flip)


def rows_vary(question: Question) -> bool:
    """Do respondents see its rows in different orders?"""
    return question.randomize and bool(question.rows)


def written_order(there: np.ndarray) -> np.ndarray:
    """(m, k) places in the order written, from (m, k) booleans of who gets what."""
    m, k = there.shape
    if there.all():
        return np.broadcast_to(np.arange(k), (m, k))
    order = np.argsort(~there, axis=1, kind="stable")
    return np.where(np.arange(k) < there.sum(axis=1)[:, None], order, -1)


def random_order(
    there: np.ndarray, fixed: np.ndarray, pick: int | None, chance: Chance, label: str, rows: np.ndarray
) -> np.ndarray:
    """(m, k) random order of the members that are there; fixed ones keep their place among them.

    there: (m, k) booleans; fixed: (k,) booleans; pick: how many of those not fixed each respondent gets, None = all.
    """
    numbers = np.column_stack([chance.uniforms(f"{label} {place}", rows) for place in range(there.shape[1])])
    if pick is not None:
        there = there & (fixed | _smallest(np.where(there & ~fixed, numbers, np.inf), pick))
    written = written_order(there)
    if there.shape[1] == 0:
        return written
    seated = np.where(written >= 0, fixed[np.maximum(written, 0)], True)  # seats that nobody is moved to
    movers = np.argsort(np.where(there & ~fixed, numbers, np.inf), axis=1, kind="stable")
    next_mover = np.cumsum(~seated, axis=1) - 1
    return np.where(seated, written, np.take_along_axis(movers, np.maximum(next_mover, 0), axis=1))


def flipped(order: np.ndarray, half: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """The order turned round for whom `half` (m,) says so; fixed members keep their place."""
    turned = order.copy()
    for row in np.flatnonzero(half):
        seats = [seat for seat, member in enumerate(order[row]) if member >= 0 and not fixed[member]]
        turned[row, seats] = order[row, seats[::-1]]
    return turned


def even_order(members: int, pick: int, chance: Chance, label: str, rows: np.ndarray) -> np.ndarray:
    """(m, members) who gets which `pick` members, -1 after them: each member equally often.

    As many respondents in turn as there are members share one random order and take it up where the one before
    stopped, so that together they get every member `pick` times.
    """
    turns = chance.turns(rows)
    group, seat = turns // members, turns % members
    numbers = np.column_stack([chance.shared(f"{label} {place}", group) for place in range(members)])
    order = np.argsort(numbers, axis=1, kind="stable")
    taken = (seat[:, None] * pick + np.arange(pick)) % members
    found = np.full((len(rows), members), -1)
    found[:, :pick] = np.take_along_axis(order, taken, axis=1)
    return found


def members_in(column: np.ndarray) -> list[int]:
    """The different members at one position."""
    return [int(member) for member in np.unique(column) if member >= 0]


def in_written_order(order: np.ndarray) -> np.ndarray:
    """The same members in the order written."""
    last = order.shape[1]
    sorted_members = np.sort(np.where(order < 0, last, order), axis=1)
    return np.where(sorted_members == last, -1, sorted_members)


def position_of(order: np.ndarray, member: int, otherwise: np.ndarray) -> np.ndarray:
    """(m,) where a member stands in each order; `otherwise` where it is not in it."""
    found = order == member
    return np.where(found.any(axis=1), found.argmax(axis=1), otherwise)


def shown_in(order: np.ndarray) -> np.ndarray:
    """(m, k) which members are in each order."""
    shown = np.zeros((order.shape[0], order.shape[1] + 1), dtype=bool)
    np.put_along_axis(shown, order, True, axis=1)  # -1 lands in the column that is cut off
    return shown[:, :-1]


def all_there(there: np.ndarray | None, m: int, k: int) -> np.ndarray:
    """(m, k) who gets what; None stands for everybody and everything."""
    return np.ones((m, k), dtype=bool) if there is None else there


def _smallest(numbers: np.ndarray, count: int) -> np.ndarray:
    """(m, k) the `count` smallest of every row, infinite ones never."""
    ranks = np.argsort(np.argsort(numbers, axis=1, kind="stable"), axis=1, kind="stable")
    return (ranks < count) & np.isfinite(numbers)
