"""What writers of formats ask of a flow: which embedded data its steps write."""

from __future__ import annotations

from collections.abc import Iterator

from populace.survey.flow import Flow, Roll, SetData, elements
from populace.survey.instrument import Instrument, embedded


def written_on_the_way(flow: Flow) -> set[str]:
    """Names of embedded data that steps of the flow write."""
    found: set[str] = set()
    for element in elements(flow):
        if isinstance(element, SetData):
            found |= {name for name, _ in element.values}
        elif isinstance(element, Roll):
            found.add(element.name)
    return found


def data_names(instrument: Instrument) -> Iterator[str]:
    """Names of embedded and computed data, each once."""
    yield from dict.fromkeys([*embedded(instrument), *(one.name for one in instrument.computed)])
