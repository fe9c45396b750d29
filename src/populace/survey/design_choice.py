"""Choice tasks by a design: the method chooses levels, and what comes out is proven to separate all effects."""

from __future__ import annotations

import numpy as np

from populace.errors import InstrumentError
from populace.survey.design import ChoiceDesign
from populace.survey.design_balanced import balanced_levels
from populace.survey.design_efficient import efficient_levels
from populace.survey.design_information import information, inseparable_columns, separable
from populace.survey.design_profiles import factors
from populace.survey.design_random import Draws, random_levels
from populace.survey.names import listed
from populace.survey.tasks import Attribute, Tasks


def made(attributes: tuple[Attribute, ...], design: ChoiceDesign, none: str | None) -> Tasks:
    """Tasks by a design whose fields were found sound; raises `InstrumentError` when effects cannot be told apart."""
    found = factors(attributes, design.prohibited, design.alternatives)
    counts = [len(attribute.levels) for attribute in attributes]
    shape = (design.versions, design.tasks, design.alternatives)
    draws = Draws(design.seed)
    _check_size(counts, design, none is not None)
    if design.method == "random":
        levels = random_levels(found, shape, draws)
    else:
        levels = balanced_levels(found, counts, shape, draws)
    if design.method == "efficient":
        levels = efficient_levels(levels, found, counts, none is not None, worths_of(attributes, design, none), draws)
    matrix = information(levels, counts, none is not None, worths_of(attributes, design, none))
    if not separable(matrix):
        raise InstrumentError(
            f"design: {_size(design)} of method {design.method!r} do not tell the effects of "
            f"{listed(columns_named(attributes, inseparable_columns(matrix)))} apart: add tasks or versions"
        )
    versions = (levels + 1).tolist()
    return Tasks(attributes, versions, none)


def worths_of(attributes: tuple[Attribute, ...], design: ChoiceDesign | None, none: str | None) -> np.ndarray:
    """(K,) the part-worths a design expects, as coefficients of effect codes; zeros without a design."""
    worths: list[float] = []
    for attribute in attributes:
        own = np.array(design.part_worths(attribute) if design else [0.0] * len(attribute.levels))
        worths += (own - own.mean())[:-1].tolist()
    return np.array(worths + ([design.none_prior if design else 0.0] if none is not None else []))


def columns_named(attributes: tuple[Attribute, ...], columns: np.ndarray) -> list[str]:
    """Attributes to which some of these (K,) columns belong, and 'none' for its constant."""
    owners = [attribute.name for attribute in attributes for _ in attribute.levels[1:]]
    owners += ["none"] * (len(columns) - len(owners))
    return list(dict.fromkeys(owner for owner, one in zip(owners, columns, strict=True) if one))


def _check_size(counts: list[int], design: ChoiceDesign, none: bool) -> None:
    """A task tells as much as it has alternatives to compare."""
    effects = sum(counts) - len(counts) + none
    comparisons = design.versions * design.tasks * (design.alternatives - 1 + none)
    if comparisons < effects:
        raise InstrumentError(
            f"design: {_size(design)} allow {comparisons} comparisons and there are {effects} effects to tell apart; "
            "expected as many or more: add tasks, alternatives or versions"
        )


def _size(design: ChoiceDesign) -> str:
    versions = f"{design.versions:,} version{'s' * (design.versions > 1)}"
    return f"{versions} of {design.tasks} tasks with {design.alternatives} alternatives"
