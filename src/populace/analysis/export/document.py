"""Document: named results with the disclosure of their data, ready to be written in any format."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from populace.analysis.export.disclosure import Disclosure, disclosure_of
from populace.analysis.result import Result
from populace.data.dataset import DataSet
from populace.errors import UsageError

__all__ = ["Document", "document_of", "Exhibit", "MARK_COLOUR"]

#: of every synthetic mark: dark violet, 9 : 1 against white, unlike any series; the word says it too
MARK_COLOUR = "#6a1b9a"


@dataclass(frozen=True, eq=False)
class Exhibit:
    """One result under a name."""

    #: heading, sheet and slide title
    name: str
    #: what is shown
    result: Result
    #: of the data it was made from; None where nobody said
    disclosure: Disclosure | None = None

    @property
    def mark(self) -> str:
        """The mark of its data; a result that says itself that rows are synthetic is marked whatever the disclosure."""
        if self.disclosure is not None and self.disclosure.mark:
            return self.disclosure.mark
        notes = [*self.result.notes(), *(note for table in self.result.tables() for note in table.notes)]
        said = [note for note in notes if note.startswith("SYNTHETIC")]
        if not said:
            return ""
        return "SYNTHETIC" if all(note.startswith("SYNTHETIC: all") for note in said) else "PARTLY SYNTHETIC"

    def definitions(self) -> dict[str, str]:
        """What the figures mean: definitions of columns and rows that are there, and of what stands in cells."""
        there = {"value", "low, high", "letters"}
        for table in self.result.tables():
            there |= {*table.columns, *(cell for row in table.rows for cell in row if isinstance(cell, str))}
        return {name: words for name, words in self.result.definitions().items() if name in there}

    def remarks(self) -> tuple[str, ...]:
        """Notes of the result, each once."""
        return tuple(dict.fromkeys(self.result.notes()))


@dataclass(frozen=True, eq=False)
class Document:
    """Results to be written together. Raises `UsageError` for none, and for a name given twice."""

    #: title of the whole
    title: str
    #: results in order
    exhibits: tuple[Exhibit, ...]
    #: a line under the title
    subtitle: str = ""
    #: day of the report, ISO
    date: str = field(default_factory=lambda: datetime.date.today().isoformat())

    def __post_init__(self) -> None:
        names = [exhibit.name for exhibit in self.exhibits]
        twice = next((name for name in names if names.count(name) > 1), None)
        if not names or twice is not None or not all(name.strip() for name in (self.title, *names)):
            what = f"two results are called {twice!r}" if twice else "a document without title, results or their names"
            raise UsageError(f"{what}; expected a title and one result or more, each with a name of its own: add them")

    @property
    def disclosures(self) -> tuple[Disclosure, ...]:
        """Of all data behind the results, each once."""
        return tuple(dict.fromkeys(exhibit.disclosure for exhibit in self.exhibits if exhibit.disclosure is not None))

    @property
    def mark(self) -> str:
        """The mark of the whole file: "" only where no result has one."""
        marks = {exhibit.mark for exhibit in self.exhibits}
        return "" if marks == {""} else "SYNTHETIC" if marks == {"SYNTHETIC"} else "PARTLY SYNTHETIC"

    @property
    def sentences(self) -> tuple[str, ...]:
        """Who answered, a sentence for each data set; and that some results do not say."""
        unknown = any(exhibit.disclosure is None for exhibit in self.exhibits)
        rest = ("For some results it is not stated who answered.",) if unknown else ()
        return (*(disclosure.sentence for disclosure in self.disclosures), *rest)


def document_of(title: str, results: dict[str, Result], data: DataSet | Disclosure, subtitle: str = "") -> Document:
    """A document of results that were all made from one data set."""
    disclosure = disclosure_of(data) if isinstance(data, DataSet) else data
    return Document(title, tuple(Exhibit(name, result, disclosure) for name, result in results.items()), subtitle)
