"""One order of reading for every question, so that the order on the page cannot change what is read.

An unordered list is read by the alphabet; a scale is read from whichever end comes first by the alphabet; options
outside the scale (don't know, refused) come last. A model that reads only this form, and turns what it found back into
the order shown, treats every order of a list alike, and a scale and its reverse as mirror images, exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from populace.prompts.prompt import Prompt


def canonical(prompt: Prompt) -> tuple[Prompt, np.ndarray]:
    """The prompt in the order of reading, and (K,) the position shown of every option read."""
    order = np.array(_order(prompt))
    if (order == np.arange(len(order))).all():
        return prompt, order
    options = tuple(prompt.options[k] for k in order)
    return replace(prompt, options=options, missing=tuple(prompt.missing[k] for k in order)), order


def _order(prompt: Prompt) -> list[int]:
    def label(position: int) -> str:
        return prompt.options[position].casefold()

    on_scale = [k for k, missing in enumerate(prompt.missing) if not missing]
    outside = [k for k, missing in enumerate(prompt.missing) if missing]
    if prompt.ordinal and len(on_scale) > 2:
        turned = on_scale[::-1]
        on_scale = min(on_scale, turned, key=lambda way: [label(k) for k in way])
    else:
        on_scale = sorted(on_scale, key=label)
    return [*on_scale, *sorted(outside, key=label)]
