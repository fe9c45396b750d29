"""What writers of formats ask of a flow: which embedded data its steps write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from populace.survey.flow import Flow, Roll, SetData, elements
from populace.survey.instrument import Instrument, embedded


def written_on_the_way(flow: Flow) -> set[str]:
    """Names of embedded data that steps of the flow write."""
    return set(_writings(flow))


def written_again(flow: Flow) -> list[str]:
    """Names of embedded data that several steps of the flow write, in their order."""
    return [name for name, count in Counter(_writings(flow)).items() if count > 1]


def _writings(flow: Flow) -> Iterator[str]:
    for element in elements(flow):
        if isinstance(element, SetData):
            yield from (name for name, _ in element.values)
        elif isinstance(element, Roll):
            yield element.name


def data_names(instrument: Instrument) -> Iterator[str]:
    """Names of embedded and computed data, each once."""
    yield from dict.fromkeys([*embedded(instrument), *(one.name for one in instrument.computed)])
