"""Items: the answerable columns that questions consist of.

An `Item` is what a model is asked and what a data set stores. A grid has one for each row, a multiple choice one for
each option, a ranking one for each place.
"""

from __future__ import annotations

from dataclasses import dataclass

from populace.survey.scale import Option


@dataclass(frozen=True)
class Row:
    """One row of a grid: a statement, a brand, a field of a form."""

    #: short name, appended to the question's name
    name: str
    #: wording of the row
    text: str
    #: condition under which the row is shown, see `populace.survey.expressions`
    show_if: str | None = None
    #: stays in its place when the rows are shown in random order
    fixed: bool = False
    #: name of its column where it is not the question's name, '_' and the row's
    column: str | None = None
    #: what it is called in the tool it came from; no part of the content
    source: str | None = None
    #: whoever answers it is asked to write more ("other: …")
    specify: bool = False


@dataclass(frozen=True)
class NumericRange:
    """Where the answers to a numeric question lie; None = not declared."""

    #: smallest answer
    minimum: float | None = None
    #: largest answer
    maximum: float | None = None
    #: word that follows the number, such as "years"
    unit: str | None = None
    #: True when answers are whole numbers
    integer: bool = True
    #: distance between possible answers, from the minimum on
    step: float | None = None


@dataclass(frozen=True)
class Item:
    """One answerable column. Closed items have options, numeric items a range, open-text items neither."""

    #: name of the column
    name: str
    #: full wording, a battery's stem included
    text: str
    #: answers that can be chosen, in the order shown; empty for numeric and open items
    options: tuple[Option, ...] = ()
    #: True when the options stand in the order of a scale (missing and off-scale ones excepted)
    ordinal: bool = False
    #: "question" or "background"
    role: str = "question"
    #: id shared by the items of one battery
    battery: str | None = None
    #: the battery's common wording
    stem: str | None = None
    #: the item's own wording within the battery
    item: str | None = None
    #: range of a numeric item
    numeric: NumericRange | None = None
    #: for an open item that says more about another answer ("other, please specify"): the option's column and code;
    #: of a row its column and ""
    specifies: tuple[str, int | str] | None = None

    @property
    def open(self) -> bool:
        """Is the answer a text?"""
        return not self.options and self.numeric is None
