"""Designs of choice tasks and of best-worst sets: what is wanted of them, and the tasks and sets that follow.

    ChoiceDesign  -> designed_tasks   choice-based conjoint: random, balanced or D-efficient
    MaxDiffDesign -> designed_sets    best-worst scaling: items and pairs of items equally often

The same design gives the same tasks: all chance comes from its seed. How good a design is, made here or elsewhere,
says `populace.survey.design_quality`. docs/designs.md has examples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from populace.errors import InstrumentError
from populace.survey.names import did_you_mean, listed, shown
from populace.survey.tasks import Attribute, Tasks

__all__ = ["METHODS", "ChoiceDesign", "MaxDiffDesign", "designed_sets", "designed_tasks"]

METHODS = ("random", "balanced", "efficient")
#: most alternatives times attributes, and most positions of sets: beyond, reading would take too long
MOST_CELLS, MOST_POSITIONS = 100_000, 50_000
#: most alternatives of a task, most items of a set; most items and levels in all; most effects of an efficient design
_MOST_TOGETHER, _MOST_EFFECTS, _MOST_SEARCHED = 50, 300, 80
#: most sets of a version
_MOST_SETS = 500

#: a level: name of its attribute, its words
Level = tuple[str, str]


@dataclass(frozen=True)
class ChoiceDesign:
    """What is wanted of choice tasks. Raises `InstrumentError` when a number or a word cannot be meant."""

    #: tasks that a respondent sees
    tasks: int
    #: alternatives of a task, choosing none of them not counted
    alternatives: int
    #: decides all chance
    seed: int
    #: different sets of tasks; a respondent works through one of them
    versions: int = 1
    #: one of `METHODS`
    method: str = "balanced"
    #: pairs of levels that never stand together in an alternative
    prohibited: tuple[tuple[Level, Level], ...] = ()
    #: part-worths that are expected, by attribute: one number per level, 0 where none are given; "efficient" only
    priors: tuple[tuple[str, tuple[float, ...]], ...] = ()
    #: expected utility of choosing none, against the average alternative
    none_prior: float = 0.0

    def __post_init__(self) -> None:
        pairs = tuple(tuple(pair.items()) if isinstance(pair, Mapping) else tuple(pair) for pair in self.prohibited)
        object.__setattr__(self, "prohibited", tuple(tuple(map(tuple, pair)) for pair in pairs))
        priors = self.priors.items() if isinstance(self.priors, Mapping) else self.priors
        object.__setattr__(self, "priors", tuple((name, tuple(worths)) for name, worths in priors))
        _whole(self, tasks=1, alternatives=2, versions=1, seed=0)
        if self.method not in METHODS:
            hint = did_you_mean(self.method, METHODS)
            raise InstrumentError(f"design: method is {shown(self.method)}{hint}; expected one of {', '.join(METHODS)}")
        if not _is_number(self.none_prior):
            raise InstrumentError(f"design: none_prior is {shown(self.none_prior)}; expected a number: correct it")

    def part_worths(self, attribute: Attribute) -> tuple[float, ...]:
        """The part-worths expected of the levels of an attribute."""
        return dict(self.priors).get(attribute.name, (0.0,) * len(attribute.levels))

    @property
    def expects_nothing(self) -> bool:
        """Are all part-worths expected to be 0?"""
        return not self.none_prior and not any(worth for _, worths in self.priors for worth in worths)


@dataclass(frozen=True)
class MaxDiffDesign:
    """What is wanted of best-worst sets. Raises `InstrumentError` when a number cannot be meant."""

    #: sets that a respondent sees
    sets: int
    #: items of a set
    size: int
    #: decides all chance
    seed: int
    #: different lists of sets; a respondent works through one of them
    versions: int = 1

    def __post_init__(self) -> None:
        _whole(self, sets=1, size=3, versions=1, seed=0)


def designed_tasks(attributes: Sequence[Attribute], design: ChoiceDesign, none: str | None = None) -> Tasks:
    """Choice tasks by a design; `none` is the wording of choosing none of the alternatives.

    Raises `InstrumentError` for prohibitions that name no level, leave a level without any alternative or tie
    attributes together, and for designs too small to tell all effects apart.
    """
    problem = _choice_problem(tuple(attributes), design, none)
    if problem:
        raise InstrumentError(f"design: {problem}")
    # numpy is loaded here, so that reading a questionnaire without designs needs none
    from populace.survey.design_choice import made

    return made(tuple(attributes), design, none)


def designed_sets(codes: Sequence[int | str], design: MaxDiffDesign) -> tuple[tuple[tuple[int | str, ...], ...], ...]:
    """Versions of best-worst sets of these items by a design; raises `InstrumentError` when it is too small."""
    problem = _sets_problem(len(codes), design)
    if problem:
        raise InstrumentError(f"design: {problem}")
    from populace.survey.design_maxdiff import sets_of

    places = sets_of(len(codes), design)
    return tuple(tuple(tuple(codes[place] for place in one) for one in version) for version in places.tolist())


# -- what cannot be meant --------------------------------------------------------------------------------------------


def _choice_problem(attributes: tuple[Attribute, ...], design: ChoiceDesign, none: str | None) -> str | None:
    levels = sum(len(attribute.levels) for attribute in attributes)
    cells = design.versions * design.tasks * design.alternatives * max(len(attributes), 1)
    if design.alternatives > _MOST_TOGETHER:
        return f"alternatives is {design.alternatives}; expected {_MOST_TOGETHER} at most: use fewer"
    if levels > _MOST_EFFECTS:
        return f"attributes have {levels:,} levels in all; expected {_MOST_EFFECTS} at most: use fewer"
    if design.method == "efficient" and levels - len(attributes) > _MOST_SEARCHED:
        return (
            f"attributes have {levels - len(attributes)} effects; expected {_MOST_SEARCHED} at most for method "
            "'efficient': use fewer levels or method 'balanced'"
        )
    if cells > MOST_CELLS:
        return (
            f"versions x tasks x alternatives x attributes are {cells:,}; expected {MOST_CELLS:,} at most: "
            "use fewer versions"
        )
    # the record knows what is wrong with attributes; any two alternatives show it
    problem = Tasks(attributes, [[[[1] * len(attributes)] * 2]], none).problem()
    return problem or _prohibited_problem(attributes, design) or _priors_problem(attributes, design, none)


def _prohibited_problem(attributes: tuple[Attribute, ...], design: ChoiceDesign) -> str | None:
    known = {attribute.name: attribute.levels for attribute in attributes}
    for pair in design.prohibited:
        if len(pair) != 2 or pair[0][0] == pair[1][0]:
            return f"prohibited has {shown(dict(pair))}; expected levels of two attributes: name one of each"
        for name, level in pair:
            if name not in known:
                return f"prohibited names attribute {shown(name)}{did_you_mean(name, known)}; there is none: rename it"
            if level not in known[name]:
                return (
                    f"prohibited names level {shown(level)} of attribute {name!r}{did_you_mean(level, known[name])}; "
                    f"expected one of {listed(known[name])}: reword it"
                )
    return None


def _priors_problem(attributes: tuple[Attribute, ...], design: ChoiceDesign, none: str | None) -> str | None:
    if (design.priors or design.none_prior) and design.method != "efficient":
        return f"priors mean nothing for method {design.method!r}: remove them or use method 'efficient'"
    if design.none_prior and none is None:
        return "none_prior is given and none of the alternatives cannot be chosen: remove it, or give 'none' its words"
    known = {attribute.name: attribute.levels for attribute in attributes}
    for name, worths in design.priors:
        if name not in known:
            return f"priors name attribute {shown(name)}{did_you_mean(name, known)}; there is none: rename it"
        if len(worths) != len(known[name]) or not all(map(_is_number, worths)):
            return f"priors of {name!r} are {shown(list(worths))}; expected a number for each of {listed(known[name])}"
    return None


def _sets_problem(items: int, design: MaxDiffDesign) -> str | None:
    sets, positions = design.versions * design.sets, design.versions * design.sets * design.size
    if design.size > min(items, _MOST_TOGETHER):
        return f"size is {design.size} and there are {items} items; expected as many or fewer: use smaller sets"
    if items > _MOST_EFFECTS:
        return f"there are {items:,} items; expected {_MOST_EFFECTS} at most: use fewer"
    if design.sets > _MOST_SETS:
        return f"sets is {design.sets:,}; expected {_MOST_SETS} at most: use fewer"
    if positions > MOST_POSITIONS:
        return f"versions x sets x size are {positions:,}; expected {MOST_POSITIONS:,} at most: use fewer versions"
    if sets * (design.size - 1) < items - 1:
        return (
            f"{sets} sets of {design.size} cannot connect {items} items; expected at least "
            f"{math.ceil((items - 1) / (design.size - 1))} sets over all versions: add sets or versions"
        )
    return None


def _whole(design: object, **least: int) -> None:
    for field, low in least.items():
        value = getattr(design, field)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            raise InstrumentError(
                f"design: {field} is {shown(value)}; expected a whole number from {low} on: correct it"
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
