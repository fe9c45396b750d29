"""Cells of Qualtrics exports as codes, and back: codes or wordings, several choices, seen and not answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from populace.data.codebook import Variable, variable_of
from populace.data.dataset import DataSet
from populace.data.files.qualtrics_columns import Meant
from populace.survey.instrument import Instrument
from populace.survey.item import Item
from populace.survey.kinds import chosen_columns
from populace.survey.names import listed, name_problem
from populace.survey.scale import SELECTED, Option

#: what Qualtrics writes for a question that was seen and not answered, where the export asks for it
UNANSWERED = "-99"
_SEEN = Option(-99, "Seen, not answered", missing=True)


class Reader:
    """Reads the cells of one export."""

    def __init__(self, instrument: Instrument, notes: list[str]) -> None:
        self.notes = notes
        self.items = {item.name: item for item in instrument.items()}
        self.questions = {question.name: question for question in instrument.questions}
        #: column of a multiple choice -> all of its columns
        self.together = {
            column: tuple(columns.values())
            for question in instrument.questions
            for columns in chosen_columns(question).values()
            for column in columns.values()
        }

    def name_of(self, header: str) -> str:
        """A header as a legal name."""
        cleaned = "".join(sign if sign.isalnum() or sign in "_.-" else "_" for sign in header).strip("_")
        name = cleaned if cleaned and name_problem(cleaned) is None else f"v_{cleaned}"
        return f"{name}_" if name in self.items else name

    def rows_seen(self, meant: Sequence[Meant], cells: Sequence[list[str]]) -> dict[str, list[bool]]:
        """Column of a multiple choice -> which respondents answered it at all, in any of its columns."""
        given: dict[tuple[str, ...], list[bool]] = {}
        for one, values in zip(meant, cells, strict=True):
            group = self._group(one.name) if one.kind == "answer" else None
            if group:
                so_far = given.get(group, [False] * len(values))
                given[group] = [before or bool(value) for before, value in zip(so_far, values, strict=True)]
        return {column: given[group] for group in given for column in group}

    def _group(self, name: str | None) -> tuple[str, ...] | None:
        """The columns of the multiple choice that a column belongs to; in loops those of the same round."""
        base, _, rounds = (name or "").partition(".") if name not in self.together else (name, "", "")
        group = self.together.get(name or "") or self.together.get(base)
        if group is None or not rounds:
            return group
        return tuple(f"{column}.{rounds}" for column in group)

    def answers(self, name: str, values: list[str], several: dict[str, list[bool]]) -> tuple[Variable, pl.Series]:
        """One column of answers."""
        item = self.items[name]
        variable = variable_of(item)
        if item.open:
            texts = [None if value in ("", UNANSWERED) else _unescaped(value) for value in values]
            return variable, pl.Series(name, texts, dtype=pl.String)
        if name in several:
            return variable, self._selected(name, values, several[name])
        if item.numeric:
            return self._numbers(variable, values)
        return self._coded(variable, values)

    def _selected(self, name: str, values: list[str], answered: list[bool]) -> pl.Series:
        """1 where something stands in the cell, 0 where another choice was selected, nothing where none was."""
        unseen = {"", UNANSWERED, "0"}
        codes = [int(value not in unseen) if any_ else None for value, any_ in zip(values, answered, strict=True)]
        return pl.Series(name, codes, dtype=pl.Int16)

    def choices(self, question: str, values: list[str]) -> Iterator[tuple[Variable, pl.Series]]:
        """Several choices in one cell, joined by commas; wordings may hold commas themselves."""
        asked = self.questions[question]
        columns = next(iter(chosen_columns(asked).values()))
        labels = {str(option.code): option.code for option in asked.options}
        labels |= {option.label: option.code for option in asked.options}
        split = [_split("" if value == UNANSWERED else value, labels) for value in values]
        lost = sorted({part for _, unknown in split for part in unknown})
        if lost:
            self.notes.append(f"{question}: {listed(lost)} are no choices of the question; they were left out")
        for code, column in columns.items():
            chosen = [
                None if value in ("", UNANSWERED) else int(code in codes)
                for value, (codes, _) in zip(values, split, strict=True)
            ]
            yield variable_of(self.items[column]), pl.Series(column, chosen, dtype=pl.Int16)

    def _numbers(self, variable: Variable, values: list[str]) -> tuple[Variable, pl.Series]:
        numbers = [_number(value) for value in values]
        lost = sorted({value for value, number in zip(values, numbers, strict=True) if value and number is None})
        if lost:
            self.notes.append(f"{variable.name}: {listed(lost)} are no numbers; they were left out")
        if UNANSWERED in values:
            variable = _with(variable, _SEEN)
        if any(number is not None and not number.is_integer() for number in numbers):
            variable = Variable(**_fields(variable) | {"extra": {**variable.extra, "integer": False}})
        return variable, pl.Series(variable.name, numbers, dtype=pl.Float64)

    def _coded(self, variable: Variable, values: list[str]) -> tuple[Variable, pl.Series]:
        """Codes, also where wordings stand in the cells; what is neither becomes an option of its own."""
        codes: dict[str, int | str] = {" ".join(option.label.split()): option.code for option in variable.options}
        codes |= {str(option.code): option.code for option in variable.options}
        if UNANSWERED in values and UNANSWERED not in codes and all(isinstance(code, int) for code in variable.codes):
            variable = _with(variable, _SEEN)
            codes[UNANSWERED] = -99
        texts = {value: _plain(value) for value in set(values) if value}
        unknown = sorted({text for text in texts.values() if text not in codes})
        for text in unknown:
            code = self._code_for(text, variable)
            if code is not None:
                variable = _with(variable, Option(code, f"{text} (not in the questionnaire)"))
                codes[text] = code
        if unknown:
            self.notes.append(f"{variable.name}: {listed(unknown)} are no choices of the question; kept beside them")
        coded = [codes.get(texts[value]) if value else None for value in values]
        return variable, pl.Series(variable.name, coded)

    def _code_for(self, text: str, variable: Variable) -> int | str | None:
        if any(isinstance(code, str) for code in variable.codes):
            return text
        number = _number(text)
        if number is not None and number.is_integer() and int(number) not in variable.codes:
            return int(number)
        return max([*variable.codes, 0]) + 1


def spelled(dataset: DataSet, name: str, item: Item | None, labels: bool) -> list[str]:
    """The cells of a column: codes, or wordings; nothing for who has no answer and for what was not selected."""
    variable = dataset.codebook.variable(name)
    values = dataset.answers[name].to_list()
    if item is not None and item.options == SELECTED:
        mark = item.item or "1" if labels else "1"
        return [mark if value == 1 else "" for value in values]
    if variable.closed:
        words = {option.code: option.label if labels else str(option.code) for option in variable.options}
        return [_safe(words.get(value, str(value))) if value is not None else "" for value in values]
    if variable.type == "numeric":
        return ["" if value is None else _written(value) for value in values]
    return ["" if value is None else _safe(str(value)) for value in values]


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula; numbers stay numbers."""
    return f"'{text}" if _risky(text) else text


def _risky(text: str) -> bool:
    """Would a spreadsheet compute it, or does it look as if it had been kept from that already?"""
    bare = text.lstrip("'")
    return bare[:1] in ("=", "+", "-", "@", "\t", "\r") and _number(bare) is None


def _unescaped(text: str) -> str:
    """A text as it was before `_safe`."""
    return text[1:] if text[:1] == "'" and _risky(text[1:]) else text


def _written(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "")) if text else None
    except ValueError:
        return None
    return number if number is None or abs(number) < 1e300 else None


def _plain(value: str) -> str:
    """A cell as a code is written: "2.0" is 2."""
    value = value.strip()
    return value.removesuffix(".0") if value.removesuffix(".0").lstrip("-").isdecimal() else " ".join(value.split())


def _split(cell: str, labels: dict[str, int | str]) -> tuple[set[int | str], list[str]]:
    """(codes, what is none) of a cell; the longest wording that fits is taken first."""
    codes, unknown, rest = set(), [], cell.strip()
    by_length = sorted(labels, key=len, reverse=True)
    while rest:
        found = next((one for one in by_length if rest == one or rest.startswith(f"{one},")), None)
        part = found if found is not None else rest.split(",")[0]
        if found is not None:
            codes.add(labels[found])
        else:
            unknown.append(part)
        rest = rest[len(part) :].lstrip(",").strip()
    return codes, unknown


def _with(variable: Variable, option: Option) -> Variable:
    return Variable(**_fields(variable) | {"options": (*variable.options, option)})


def _fields(variable: Variable) -> dict:
    names = ("name", "text", "type", "options", "role", "battery", "stem", "item", "extra")
    return {name: getattr(variable, name) for name in names}
