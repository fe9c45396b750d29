"""Which alternatives there can be: attributes tied by prohibitions, and the levels they may have together.

Attributes that no prohibition names are free of all others, so that prohibitions are settled factor by factor, exactly,
however many alternatives there are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from populace.errors import InstrumentError
from populace.survey.design import Level
from populace.survey.design_information import effect_rows
from populace.survey.names import listed
from populace.survey.tasks import Attribute

#: most combinations of the levels of attributes that prohibitions tie together
_MOST_COMBINATIONS = 100_000


@dataclass(frozen=True, eq=False)
class Factor:
    """One attribute, or several that prohibitions tie together."""

    #: places of the attributes
    attributes: tuple[int, ...]
    #: (C, attributes) levels, from 0, that they may have together
    combinations: np.ndarray


def factors(
    attributes: Sequence[Attribute], prohibited: Sequence[tuple[Level, Level]], alternatives: int
) -> tuple[Factor, ...]:
    """Factors of these attributes; raises `InstrumentError` when prohibitions leave too little."""
    pairs = _by_place(attributes, prohibited)
    counts = [len(attribute.levels) for attribute in attributes]
    found = tuple(Factor(group, _combinations(group, counts, pairs)) for group in _tied(len(counts), pairs))
    for factor in found:
        _check_levels(attributes, factor)
        _check_separable(attributes, factor)
    profiles = math.prod(len(factor.combinations) for factor in found)
    if profiles < alternatives:
        raise InstrumentError(
            f"design: {profiles} different alternatives are permitted and a task has {alternatives}; expected as many "
            "or more: use fewer alternatives, or allow more pairs of levels"
        )
    return found


#: prohibited levels, by the places of two attributes, the smaller first
_Pairs = dict[tuple[int, int], list[tuple[int, int]]]


def _by_place(attributes: Sequence[Attribute], prohibited: Sequence[tuple[Level, Level]]) -> _Pairs:
    place = {attribute.name: number for number, attribute in enumerate(attributes)}
    pairs: _Pairs = {}
    for pair in prohibited:
        (a, i), (b, j) = sorted((place[name], attributes[place[name]].levels.index(level)) for name, level in pair)
        pairs.setdefault((a, b), []).append((i, j))
    return pairs


def _tied(count: int, pairs: _Pairs) -> list[tuple[int, ...]]:
    """Attributes that a chain of prohibitions joins, in the order of the first of them."""
    group = list(range(count))
    for a, b in pairs:
        old, new = group[b], group[a]
        group = [new if one == old else one for one in group]
    return [tuple(a for a in range(count) if group[a] == one) for one in dict.fromkeys(group)]


def _combinations(group: Sequence[int], counts: Sequence[int], pairs: _Pairs) -> np.ndarray:
    """(C, attributes) permitted levels, built attribute by attribute."""
    table = np.arange(counts[group[0]])[:, None]
    for place, attribute in enumerate(group[1:], 1):
        levels = counts[attribute]
        table = np.hstack([np.repeat(table, levels, axis=0), np.tile(np.arange(levels), len(table))[:, None]])
        kept = np.ones(len(table), dtype=bool)
        for before, other in enumerate(group[:place]):
            for first, second in pairs.get((other, attribute), ()):
                kept &= (table[:, before] != first) | (table[:, place] != second)
        table = table[kept]
        if len(table) > _MOST_COMBINATIONS:
            raise InstrumentError(
                f"design: prohibitions join attributes with more than {_MOST_COMBINATIONS:,} combinations of levels; "
                "expected fewer: prohibit pairs of fewer attributes"
            )
    return table


def _check_levels(attributes: Sequence[Attribute], factor: Factor) -> None:
    for column, place in enumerate(factor.attributes):
        levels = attributes[place].levels
        missing = set(range(len(levels))) - set(factor.combinations[:, column].tolist())
        if missing:
            raise InstrumentError(
                f"design: the prohibited pairs leave no alternative with level {levels[min(missing)]!r} of attribute "
                f"{attributes[place].name!r}: allow some of them, or remove the level"
            )


def _check_separable(attributes: Sequence[Attribute], factor: Factor) -> None:
    """Effects of tied attributes can be told apart when their columns are independent over what is permitted."""
    if len(factor.attributes) == 1:
        return
    columns = factor.combinations.T
    rows = [effect_rows(len(attributes[a].levels))[c] for a, c in zip(factor.attributes, columns, strict=True)]
    coded = np.hstack(rows)
    if np.linalg.matrix_rank(coded - coded.mean(axis=0)) < coded.shape[1]:
        names = listed(attributes[place].name for place in factor.attributes)
        raise InstrumentError(
            f"design: the prohibited pairs tie the attributes {names} so closely that their effects cannot be told "
            "apart: allow some of the pairs"
        )
