"""Names of other tools as names of ours: legal, unique, and as close to the original as can be."""

from __future__ import annotations

import re

from populace.survey.formats.fidelity import Fidelity
from populace.survey.names import RESPONDENT_ID, name_problem


class Names:
    """The names given so far; capitals do not make another name, for SPSS knows none."""

    def __init__(self, taken: tuple[str, ...] = ()) -> None:
        self._taken = {name.lower() for name in (*taken, RESPONDENT_ID)}
        self._next: dict[str, int] = {}

    def claim(self, wanted: str, element: str, place: str, fidelity: Fidelity) -> str:
        """A legal name that nobody has yet; a change is noted."""
        name = self.free(legal(wanted))
        self._taken.add(name.lower())
        if name != wanted:
            fidelity.changed(element, place, f"name {wanted!r} is {name!r} here: names are unique words for columns")
        return name

    def free(self, name: str) -> str:
        """The name, or the first of name_2, name_3, … that nobody has."""
        if name.lower() not in self._taken:
            return name
        count = self._next.get(name.lower(), 2)
        while f"{name}_{count}".lower() in self._taken:
            count += 1
        self._next[name.lower()] = count  # names are never given back: many equal ones take no longer than others
        return f"{name}_{count}"

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._taken

    def add(self, *names: str) -> None:
        """Names that are taken from now on."""
        self._taken.update(name.lower() for name in names)


def legal(name: str) -> str:
    """A name as a column can have it."""
    cleaned = re.sub(r"[^\w.\-]+", "_", name.replace("\xa0", " ").strip()).strip("_")
    if not cleaned:
        return "q"
    return cleaned if name_problem(cleaned) is None else f"q_{cleaned.lstrip('_.-')}"
