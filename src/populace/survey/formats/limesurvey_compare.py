"""Comparisons of LimeSurvey between something that is asked and something that is written out.

LimeSurvey compares as numbers what looks like numbers on both sides, unless one side stands in quotes; it orders texts
by their characters, and an order between a number and a text never holds. Answers are nothing as the empty text is:
different from every other, before none.
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from populace.survey.expression_records import Call, Compare, Expression, Name, Not, Number, OneOf, Text, Truth
from populace.survey.formats.limesurvey_names import Variable, constant
from populace.survey.formats.translated import NotRead

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge,
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Constant:
    """Something written out."""

    #: its characters
    text: str
    #: in quotes?
    quoted: bool


def mirrored(operator: str) -> str:
    """The operator with its sides exchanged."""
    return _MIRRORED[operator]


def compared(
    operator: str, variable: Variable, other: Constant, decided: list[str], chosen: bool = False
) -> Expression:
    """The comparison in our language. `chosen`: an equality as `selected`. Raises `NotRead`."""
    if variable.kind == "none":
        raise NotRead(f"{variable.name!r} has no answer")
    if not other.text.strip():
        return _with_nothing(operator, variable)
    if variable.kind == "ticked":
        return _ticked(operator, variable, other)
    if variable.kind == "placed":
        return _placed(operator, variable, other)
    if variable.kind == "closed":
        return _closed(operator, variable, other, chosen)
    return _open(operator, variable, other, decided)


def _with_nothing(operator: str, variable: Variable) -> Expression:
    if operator in ("==", "<="):
        return Not(variable.answered)
    if operator in ("!=", ">"):
        return variable.answered
    raise NotRead(f"'{operator}' with nothing")


def _ticked(operator: str, variable: Variable, other: Constant) -> Expression:
    if other.text != "Y" or operator not in ("==", "!="):
        raise NotRead(f"a box is 'Y' or empty, never {other.text!r}")
    return variable.ticked if operator == "==" else Not(variable.ticked)


def _placed(operator: str, variable: Variable, other: Constant) -> Expression:
    """Which option stands at a place of a ranking; we have the place of each option."""
    column = variable.codes.get(other.text)
    if column is None or operator not in ("==", "!="):
        raise NotRead(f"{other.text!r} is nothing that is ranked in {variable.question!r}")
    equal = Compare("==", Name(str(column)), constant(variable.box))
    return equal if operator == "==" else Not(equal)


def _closed(operator: str, variable: Variable, other: Constant, chosen: bool) -> Expression:
    if operator in _ORDERS:
        return _ordered(operator, variable, other)
    word = other.text if other.text in variable.codes else _same_number(variable, other.text)
    if word is None:
        raise NotRead(f"{other.text!r} is no answer to {variable.name!r}")
    code = constant(variable.codes[word])
    equal = Call("selected", (Name(variable.name), code)) if chosen else Compare("==", Name(variable.name), code)
    return equal if operator == "==" else Not(equal)


def _same_number(variable: Variable, text: str) -> str | None:
    """The code that is the same number, such as 1 for 01."""
    if not _NUMBER.fullmatch(text):
        return None
    alike = (word for word in variable.codes if _NUMBER.fullmatch(word) and float(word) == float(text))
    return next(alike, None)


def _ordered(operator: str, variable: Variable, other: Constant) -> Expression:
    """An order between codes: a comparison where it selects the same codes with us, else the codes themselves."""
    below = _ORDERS[operator]
    meant = [code for word, code in variable.codes.items() if _in_order(below, word, other)]
    if _NUMBER.fullmatch(other.text) and not any(isinstance(code, str) for code in variable.codes.values()):
        limit = float(other.text)
        if meant == [code for code in variable.codes.values() if below(code, limit)]:
            return Compare(operator, Name(variable.name), Number(limit))
    if not meant:
        return Truth(False)
    return OneOf(Name(variable.name), tuple(constant(code) for code in meant))


def _in_order(below: Callable[[Any, Any], bool], word: str, other: Constant) -> bool:
    numbers = _NUMBER.fullmatch(word) and _NUMBER.fullmatch(other.text)
    if numbers and not other.quoted:
        return below(float(word), float(other.text))
    if numbers or not (_NUMBER.fullmatch(word) or _NUMBER.fullmatch(other.text)):
        return below(word, other.text)
    return False


def _open(operator: str, variable: Variable, other: Constant, decided: list[str]) -> Expression:
    name, number = Name(variable.name), _NUMBER.fullmatch(other.text)
    if variable.kind == "number":
        if not number:
            raise NotRead(f"{variable.name!r} is a number, never {other.text!r}")
        if other.quoted and operator in _ORDERS:
            decided.append(f"{variable.name!r} is compared with {other.text!r} as numbers, not by characters")
        value: Expression = Number(float(other.text))
    elif number and not other.quoted and (operator in _ORDERS or variable.kind == "unknown"):
        value = Number(float(other.text))
    else:
        value = Text(other.text)
    return Not(Compare("==", name, value)) if operator == "!=" else Compare(operator, name, value)
