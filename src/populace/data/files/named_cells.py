"""Cells of tables that other tools export: several choices in one cell, "other" with its text, and rankings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from populace.data.codebook import Variable, variable_of
from populace.survey.instrument import Instrument
from populace.survey.kinds import chosen_columns, option_column
from populace.survey.names import listed

#: what stands for "not chosen" and for "chosen" in the column of a choice, and for "not asked"
_NOT = frozenset({"0", "0.0", "n", "no", "false", "not selected", "unchecked"})
_YES = frozenset({"1", "1.0", "y", "yes", "true", "selected", "checked"})
_NOT_ASKED = frozenset({"n/a", "na", "-99"})
#: what separates choices in one cell; spaces only where nothing else fits, since wordings hold them
_SEPARATORS = (",;|\n", ",;|\n ")


class Cells:
    """Reads cells by the questions of one instrument."""

    def __init__(self, instrument: Instrument, notes: list[str]) -> None:
        self.notes = notes
        self.items = {item.name: item for item in instrument.items()}
        self.questions = {question.name: question for question in instrument.questions}
        #: name of a multiple choice -> code -> its column, and -> spelling -> code
        chosen = {name: found for q in instrument.questions for name, found in chosen_columns(q).items()}
        #: name of a multiple choice -> code -> its column; those in loops are told apart by their exact names only
        self.columns = {name: found for name, found in chosen.items() if self.items.keys() >= set(found.values())}
        #: column of a choice -> its wording
        self.labels = {
            column: self.items[column].item or "" for found in self.columns.values() for column in found.values()
        }

    def ticks(self, column: str, values: Sequence[str]) -> list[str]:
        """Cells of one choice: "0" where they say no, "1" where they hold something else, "" where nobody was asked."""
        label = self.labels[column].lower()
        return [_tick(value.strip().lower(), label) for value in values]

    def is_text(self, column: str, values: Sequence[str]) -> bool:
        """Does the column of an "other" hold what people wrote, and not whether they chose it?"""
        known = {*_NOT, *_YES, *_NOT_ASKED, "", self.labels[column].lower()}
        return any(value.strip().lower() not in known for value in values)

    def text(self, column: str, values: Sequence[str]) -> tuple[Variable, pl.Series]:
        """What people wrote beside a choice."""
        variable = variable_of(self.items[f"{column}_text"])
        texts = [value if value.strip().lower() not in ("", *_NOT_ASKED) else None for value in values]
        return variable, pl.Series(variable.name, texts, dtype=pl.String)

    def choices(self, name: str, values: Sequence[str]) -> Iterator[tuple[Variable, pl.Series]]:
        """A column for each choice from cells that hold several, as names or as wordings."""
        columns = self.columns[name]
        spelled = {str(code): code for code in columns} | {
            self.labels[column]: code for code, column in columns.items()
        }
        split = self._split(name, values, spelled)
        for code, column in columns.items():
            chosen = [None if codes is None else int(code in codes) for codes in split]
            yield variable_of(self.items[column]), pl.Series(column, chosen, dtype=pl.Int16)

    def ranking(self, name: str, values: Sequence[str]) -> Iterator[tuple[Variable, pl.Series]]:
        """The place of each option from cells that hold the options in their order."""
        split = self._split(name, values, self._options(name))
        yield from self._places(name, split)

    def places(self, name: str, columns: Mapping[int, Sequence[str]]) -> Iterator[tuple[Variable, pl.Series]]:
        """The place of each option from columns that hold who came first, second …"""
        spelled, lost, ranked = self._options(name), set(), []
        for cells in zip(*(columns[place] for place in sorted(columns)), strict=True):
            lost |= {cell for cell in cells if cell and cell not in spelled}
            ranked.append([spelled.get(cell) for cell in cells] if any(cells) else None)
        self._say(name, lost)
        first = min(columns)
        yield from self._places(name, [codes and [None] * (first - 1) + codes for codes in ranked])

    def _options(self, name: str) -> dict[str, int | str]:
        options = self.questions[name].options
        return {option.label: option.code for option in options} | {str(option.code): option.code for option in options}

    def _places(
        self, name: str, ranked: Sequence[Sequence[int | str | None] | None]
    ) -> Iterator[tuple[Variable, pl.Series]]:
        question = self.questions[name]
        for option in question.options:
            column = option_column(question, option)
            places = [
                codes.index(option.code) + 1 if codes is not None and option.code in codes else None for codes in ranked
            ]
            allowed = {one.code for one in self.items[column].options}
            places = [place if place in allowed else None for place in places]
            yield variable_of(self.items[column]), pl.Series(column, places, dtype=pl.Int16)

    def _split(
        self, name: str, values: Sequence[str], spelled: Mapping[str, int | str]
    ) -> list[list[int | str] | None]:
        """The codes in each cell, None where it is empty; what is no choice is told."""
        told = {value for value in values if value.strip() and value.strip().lower() not in _NOT_ASKED}
        attempts = [{value: _parts(value.strip(), spelled, signs) for value in told} for signs in _SEPARATORS]
        best = min(attempts, key=lambda one: sum(bool(unknown) for _, unknown in one.values()))
        self._say(name, {part for _, unknown in best.values() for part in unknown})
        return [best[value][0] if value in best else None for value in values]

    def _say(self, name: str, lost: set[str]) -> None:
        if lost:
            self.notes.append(f"{name}: {listed(sorted(lost))} are no choices of the question; they were left out")


def _tick(value: str, label: str) -> str:
    if value in _NOT_ASKED or not value:
        return ""
    return "0" if value in _NOT and value != label else "1"


def _parts(cell: str, spelled: Mapping[str, int | str], signs: str) -> tuple[list[int | str], list[str]]:
    """(codes, what is none) of a cell; of the spellings that fit the longest is taken."""
    by_length = sorted(spelled, key=len, reverse=True)
    codes: list[int | str] = []
    unknown: list[str] = []
    rest = cell
    while rest:
        found = next((one for one in by_length if one and _begins(rest, one, signs)), None)
        if found is None:
            length = next((place for place, sign in enumerate(rest) if sign in signs), len(rest))
            unknown.append(rest[:length])
        else:
            length = len(found)
            codes.append(spelled[found])
        rest = rest[length:].lstrip(signs + " ")
    return codes, [part for part in unknown if part.strip()]


def _begins(rest: str, one: str, signs: str) -> bool:
    return rest.startswith(one) and (len(rest) == len(one) or rest[len(one)] in signs)
