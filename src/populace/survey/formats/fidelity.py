"""What became of a file's content on its way in or out: taken, changed or not taken, each with its place.

A reader or writer notes every element it meets. Nothing is left out without a note, so that the numbers say how much
of a file was understood.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from populace.survey.instrument import Instrument

TAKEN, CHANGED, NOT_TAKEN = "taken", "changed", "not taken"
OUTCOMES = (TAKEN, CHANGED, NOT_TAKEN)
#: notes shown of one kind before they are counted only
_SHOWN = 20


@dataclass(frozen=True)
class Note:
    """What became of one element."""

    #: one of `OUTCOMES`
    outcome: str
    #: kind of element, such as "question", "display logic", "choice text"
    element: str
    #: where it stands, in the words of the file: "QID12 (Q3), choice 4"
    place: str
    #: what was changed into what, or why it was not taken; "" for what was taken as it is
    words: str = ""


@dataclass
class Fidelity:
    """The notes of one import or export, collected while it runs."""

    #: format in words, "Qualtrics QSF"
    format: str
    #: what was changed or not taken, in the order of the file
    notes: list[Note] = field(default_factory=list)
    #: (element, outcome) -> how many
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def taken(self, element: str, count: int = 1) -> None:
        """So many elements of this kind were taken as they are."""
        self.counts[element, TAKEN] += count

    def changed(self, element: str, place: str, words: str) -> None:
        """An element was taken in another form."""
        self._note(Note(CHANGED, element, place, words))

    def lost(self, element: str, place: str, words: str) -> None:
        """An element was not taken."""
        self._note(Note(NOT_TAKEN, element, place, words))

    def _note(self, note: Note) -> None:
        self.notes.append(note)
        self.counts[note.element, note.outcome] += 1

    def total(self, outcome: str) -> int:
        """How many elements came to this."""
        return sum(count for (_, found), count in self.counts.items() if found == outcome)

    def table(self) -> list[tuple[str, int, int, int]]:
        """(element, taken, changed, not taken) of every kind of element, in the order they were met."""
        elements = dict.fromkeys(element for element, _ in self.counts)
        return [(element, *(self.counts[element, outcome] for outcome in OUTCOMES)) for element in elements]

    def lines(self, shown: int | None = _SHOWN) -> list[str]:
        """The report in words: a line for each kind of element, then what was changed and not taken."""
        taken, changed, lost = (self.total(outcome) for outcome in OUTCOMES)
        written = [f"{self.format}: {taken:,} elements taken, {changed:,} changed, {lost:,} not taken"]
        width = max((len(element) for element, *_ in self.table()), default=0)
        for element, *counts in self.table():
            written.append(f"  {element:<{width}}  " + "  ".join(f"{count:>6,}" for count in counts))
        for outcome in (NOT_TAKEN, CHANGED):
            notes = [note for note in self.notes if note.outcome == outcome]
            written += [f"{outcome}: {note.place}: {note.element}: {note.words}" for note in notes[:shown]]
            if shown is not None and len(notes) > shown:
                written.append(f"{outcome}: {len(notes) - shown:,} more, see the report")
        return written

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        counts = [[element, outcome, count] for (element, outcome), count in self.counts.items()]
        return {"format": self.format, "counts": counts, "notes": [asdict(note) for note in self.notes]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Fidelity:
        """From plain data."""
        counts = Counter({(element, outcome): count for element, outcome, count in content["counts"]})
        return cls(content["format"], [Note(**note) for note in content["notes"]], counts)


@dataclass(frozen=True)
class Imported:
    """An instrument from elsewhere, and what became of its file."""

    #: the instrument
    instrument: Instrument
    #: what was taken, changed and not taken
    fidelity: Fidelity


def unlike(names: Iterable[str], name: str) -> str:
    """The name, or the first of name_2, name_3, … that is not among `names` (compared without capitals)."""
    taken = {one.lower() for one in names}
    tries = (name if count == 1 else f"{name}_{count}" for count in range(1, len(taken) + 2))
    return next(one for one in tries if one.lower() not in taken)
