"""Prices written in words, "$0.99" or "1,29 €", as numbers; docs/methods/conjoint.md has the rule."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from populace.errors import DataError
from populace.survey.names import shown

__all__ = ["price_numbers", "with_prices"]

#: marks between groups of three digits that are never a decimal sign: spaces and apostrophes
_GAPS = " \u00a0\u202f'’"
#: a number with its marks; a full stop right after a letter belongs to the word ("Rs.500")
_NUMBER = re.compile(rf"(?:(?<![^\W\d_])[.,])?\d(?:[\d.,{_GAPS}]*\d)?")
#: signs around a number that make it something else than a price
_SIGNS = "-−–+~<>%"
#: prices quoted in a note at most
_QUOTED = 6


@dataclass(frozen=True)
class _Price:
    """One level of a price attribute, taken apart."""

    #: as written
    text: str
    #: its number with marks, without spaces and apostrophes
    number: str
    #: what stands around the number: currency sign or words, in no order
    unit: tuple[str, ...]

    @property
    def decimal(self) -> str:
        """Its decimal sign, "" for none, "?" where 1,299 may be a thousand or a little more than one."""
        marks = [sign for sign in self.number if sign in ".,"]
        if len(set(marks)) == 2:
            return marks[-1]
        if len(marks) != 1:
            return ""
        before, after = re.split("[.,]", self.number)
        return "?" if len(after) == 3 and before not in ("", "0") else marks[0]

    @property
    def grouping(self) -> set[str]:
        """Full stops and commas that surely part groups of three digits."""
        if self.decimal == "?":
            return set()
        return {sign for sign in self.number if sign in ".,"} - {self.decimal}


def with_prices(
    choices: pl.DataFrame, price: str | None, levels: Collection[str] = ()
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The records with the words of a price column read as numbers, and a note that quotes them.

    Unchanged where `price` is None, no column, a number already, or has `levels` of its own. Raises `DataError`.
    """
    if price is None or price not in choices.columns or price in levels:
        return choices, ()
    column = choices[price]
    if column.dtype.is_numeric() or not column.drop_nulls().len():
        return choices, ()
    found = price_numbers(column.cast(pl.String).drop_nulls().unique().to_list(), price)
    numbers = column.cast(pl.String).replace_strict(found, return_dtype=pl.Float64)
    return choices.with_columns(numbers.alias(price)), (_note(price, found),)


def price_numbers(texts: Iterable[str], price: str = "price") -> dict[str, float]:
    """Text -> number of every level of a price, in order of the number.

    Each has one number and, before or behind it, the same currency sign or words ("dollar" and "dollars" are the
    same). With both full stop and comma the last is the decimal sign; a mark that occurs twice parts thousands, and so
    do spaces and apostrophes; three digits behind a single mark are ambiguous unless another level settles it. Nothing
    is converted from one currency to another. Raises `DataError` for what can be read in two ways or none.
    Example: "$0.99" and "$1,299.00": .99 and 1299; "1,29 €": 1.29; "1,299" alone: refused.
    """
    found = [_taken_apart(text, price) for text in dict.fromkeys(texts)]
    other = next((one for one in found if one.unit != found[0].unit), None)
    if other is not None:
        raise _refused(price, f"has {shown(found[0].text)} and {shown(other.text)}, which differ in more than a number")
    sign = _decimal_sign(found, price)
    values = {one.text: _value(one, sign, price) for one in found}
    return dict(sorted(values.items(), key=lambda pair: pair[1]))


def _taken_apart(text: str, price: str) -> _Price:
    numbers = _NUMBER.findall(text)
    if len(numbers) != 1:
        raise _refused(price, f"has {shown(text)}, with {len(numbers) or 'no'} number{'s' * (len(numbers) != 1)} in it")
    around = _NUMBER.sub(" ", text)
    if any(sign in around for sign in _SIGNS):
        raise _refused(price, f"has {shown(text)}, a number with a sign that no price has")
    unit = tuple(sorted(word.removesuffix("s") for word in around.casefold().split()))
    return _Price(text, numbers[0], unit)


def _decimal_sign(found: list[_Price], price: str) -> str:
    """The decimal sign of the column, "" where none is needed."""
    signs = {one.decimal: one for one in found if one.decimal in (".", ",")}
    parting = {sign: one for one in found for sign in one.grouping}
    if len(signs) == 2:
        one, other = signs.values()
        raise _refused(price, f"has {shown(one.text)} and {shown(other.text)}, with two decimal signs")
    if set(signs) & set(parting):
        sign = next(iter(signs))
        one, other = signs[sign], parting[sign]
        raise _refused(price, f"has {shown(one.text)} and {shown(other.text)}, where {sign!r} means two things")
    unsettled = [one for one in found if one.decimal == "?" and not signs and not _mark(one) <= set(parting)]
    if unsettled:
        raise _refused(price, f"has {shown(unsettled[0].text)}, which may be thousands or a decimal number")
    return next(iter(signs), "")


def _mark(one: _Price) -> set[str]:
    return {sign for sign in one.number if sign in ".,"}


def _value(one: _Price, decimal: str, price: str) -> float:
    """The number, once the decimal sign is known. Groups have three digits."""
    whole, _, rest = one.number.partition(decimal) if decimal else (one.number, "", "")
    groups = re.split(f"[.,{_GAPS}]", whole)
    wrong = [group for group in groups[1:] if len(group) != 3] or (len(groups) > 1 and not 1 <= len(groups[0]) <= 3)
    if wrong or not (rest.isdigit() or not rest):
        raise _refused(price, f"has {shown(one.text)}, which cannot be read as one number")
    return float(f"{''.join(groups) or '0'}.{rest or '0'}")


def _refused(price: str, why: str) -> DataError:
    return DataError(
        f"choices: price {price!r} {why}; expected one number in each level and the same currency around it, "
        "such as '$0.99' or '1,29 €': write numbers into the column, or leave 'price' out and keep them as levels"
    )


def _note(price: str, found: Mapping[str, float]) -> str:
    said = [f"{shown(text)} as {number:.10g}" for text, number in list(found.items())[:_QUOTED]]
    more = f" and {len(found) - _QUOTED} more" if len(found) > _QUOTED else ""
    return f"Prices in column {price!r} were read as numbers: {', '.join(said)}{more}."
