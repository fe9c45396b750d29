"""Random order in a Qualtrics file: of choices, of statements, of the questions of a block."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from populace.survey.formats.qsf_raw import mapping, members, number, yes

#: stand in the place of whatever chance puts there
_ANY = ("{~Randomized~}", "{~SubSet~}")


@dataclass(frozen=True)
class Order:
    """How members are ordered."""

    #: ids of the members, in the order written; without those never shown
    ids: tuple[str, ...]
    #: are they shown in random order?
    random: bool = False
    #: in reverse order for half of the respondents?
    flip: bool = False
    #: those that stay in their place
    fixed: frozenset[str] = frozenset()
    #: how many of the others are shown; None = all
    pick: int | None = None
    #: those that are never shown
    hidden: tuple[str, ...] = ()
    #: what could not be taken, in words
    lost: str | None = None


def order_of(ids: Sequence[str], settings: Any, kind: str | None = None) -> Order:
    """The order of members with these ids, from the settings of a question or a block."""
    content = mapping(settings)
    kind = str(content.get("Type") or kind or "None") if kind is None else kind
    total = number(content.get("TotalRandSubset"))
    found = _order(ids, kind, content, total)
    advanced = mapping(content.get("Advanced"))
    if yes(content.get("ConsistentScaleReversal")) or (kind == "Advanced" and yes(advanced.get("ScaleReversal"))):
        found = replace(found, flip=True)
    if yes(content.get("EvenPresentation")) and found.pick is not None and not found.lost:
        found = replace(found, lost="all are to be drawn equally often; chance alone decides here")
    return found


def _order(ids: Sequence[str], kind: str, content: Mapping[str, Any], total: float | None) -> Order:
    match kind:
        case "None" | "false" | "False" | "":
            return Order(tuple(ids))
        case "ScaleReversal":
            return Order(tuple(ids), flip=True)
        case "All" | "RandomizeAll" | "true" | "True" | "RandomWithXPerPage":
            return Order(tuple(ids), random=True)
        case "SubSet" | "RandomWithOnlyX":
            count = total or number(mapping(content.get("Advanced")).get("TotalRandSubset"))
            return Order(tuple(ids), random=True, pick=_count(count, len(ids)))
        case "Advanced":
            return _advanced(ids, mapping(content.get("Advanced")))
    return Order(tuple(ids), lost=f"random order of type {kind!r} is not known")


def _advanced(ids: Sequence[str], settings: Mapping[str, Any]) -> Order:
    """Seats: some for certain members, the others for whoever chance puts there."""
    known = frozenset(ids)
    seats = [str(one) for one in members(settings.get("FixedOrder"))]
    everywhere = [str(one) for one in members(settings.get("RandomizeAll")) if str(one) in known]
    drawn = [str(one) for one in members(settings.get("RandomSubSet")) if str(one) in known]
    hidden = tuple(str(one) for one in members(settings.get("Undisplayed")) if str(one) in known)
    movable, away = {*everywhere, *drawn}, frozenset(hidden)
    moving = [id for id in ids if id in movable and id not in away]
    fixed = dict.fromkeys(id for id in ids if id not in movable and id not in away)
    queue, placed = deque(moving), {}
    for seat in seats:
        if seat in _ANY and queue:
            placed[queue.popleft()] = None
        elif seat in fixed:
            placed[seat] = None
    placed |= dict.fromkeys([*queue, *fixed])
    total = _count(number(settings.get("TotalRandSubset")), len(drawn)) if drawn else None
    lost = "some are always shown and some drawn; all are drawn from alike here" if drawn and everywhere else None
    pick = None if total is None else total + len(everywhere)
    return Order(tuple(placed), bool(moving), False, frozenset(fixed), pick, hidden, lost)


def _count(wanted: float | None, most: int) -> int | None:
    """How many are drawn; None where that is all of them or no number."""
    return int(wanted) if wanted and 1 <= wanted < most else None
