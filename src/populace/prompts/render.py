"""Survey items to prompts: the one renderer that training and simulation share.

A model is asked exactly as it was taught, because both sides come through here.
"""

from __future__ import annotations

import numpy as np

from populace.errors import InputError
from populace.prompts.bins import Bins, bins_for
from populace.prompts.prompt import Prompt
from populace.survey.question import Item


def prompt_of(item: Item, year: int | None = None, country: str | None = None, bins: Bins | None = None) -> Prompt:
    """The prompt of one closed or numeric item.

    Numeric items need `bins` (see `bins_of`); "don't know" and the like stand after them. An open-text item has no
    options and is refused.
    """
    if item.options and item.numeric is None:
        labels = tuple(option.label for option in item.options)
        # an off-scale option ("other party" on a left-right scale) has no place on the scale either
        missing = tuple(option.missing or (item.ordinal and option.off_scale) for option in item.options)
        return Prompt(item.text, labels, item.ordinal, missing, year, country, item.stem)
    if bins is None:
        raise InputError(f"item {item.name!r} has no options and no bins: give it options, or a minimum and a maximum")
    beside = tuple(option.label for option in item.options)
    missing = (False,) * len(bins.labels) + (True,) * len(beside) if beside else ()
    return Prompt(item.text, (*bins.labels, *beside), True, missing, year, country, item.stem)


def bins_of(item: Item, values: np.ndarray | None = None) -> Bins:
    """Bins of a numeric item: from observed values when there are any, else from its declared range."""
    declared = item.numeric
    limits = (declared.minimum, declared.maximum) if declared else (None, None)
    whole = declared.integer if declared and values is None else None
    try:
        return bins_for(values, *limits, whole, declared.unit if declared else None)
    except ValueError as problem:
        raise InputError(
            f"numeric item {item.name!r} cannot be cut into bins: {problem}; give it 'minimum' and 'maximum'"
        ) from problem
