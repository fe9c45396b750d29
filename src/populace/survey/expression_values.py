"""What an expression is for one respondent. What it means stands in `populace.survey.expressions`.

Evaluation never fails on an answer: what does not fit is nothing (None). `expression_columns` does the same for many
respondents at once, and property tests hold the two against each other.
"""

from __future__ import annotations

import math
import numbers
import re
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import (
    Arithmetic,
    Call,
    Compare,
    Expression,
    Logic,
    Minus,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
)
from populace.survey.names import did_you_mean, shown

#: what an expression can be: number, text, truth, codes of a multiple choice, nothing
Value = float | str | bool | frozenset[int | str] | None

_WRITTEN_NUMBER = re.compile(r"\s{0,9}([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s{0,9}")


def evaluate(
    expression: Expression,
    values: Mapping[str, Any],
    *,
    labels: Mapping[str, Mapping[int | str, str]] | None = None,
    shown: Mapping[str, bool] | None = None,
) -> Value:
    """The value of an expression for one respondent.

    `values` has an entry for every name: a number or code, a text, a truth, the codes chosen (any collection), or None.
    `labels` (name -> code -> wording) is needed for label(), `shown` (name -> was it put?) for shown(). Raises
    `InstrumentError` when a name has no entry.
    """
    return _Respondent(values, labels or {}, shown or {}).value(expression)


def holds(
    expression: Expression,
    values: Mapping[str, Any],
    *,
    labels: Mapping[str, Mapping[int | str, str]] | None = None,
    shown: Mapping[str, bool] | None = None,
) -> bool:
    """Does a condition hold for one respondent? Like `evaluate`, with nothing (and what is no truth) as False."""
    return evaluate(expression, values, labels=labels, shown=shown) is True


def entry(name: str, entries: Mapping[str, Any], what: str) -> Any:
    """The entry of that name; raises `InstrumentError` naming the closest one there is."""
    if name not in entries:
        hint = did_you_mean(name, entries) if len(entries) < 1_000 else ""
        raise InstrumentError(f"there is no {what} for {name!r}{hint}; expected one for every name: add it")
    return entries[name]


@dataclass(frozen=True)
class _Respondent:
    """One respondent's answers, and what is said of the questions."""

    #: name -> answer
    values: Mapping[str, Any]
    #: name -> code -> wording
    labels: Mapping[str, Mapping[int | str, str]]
    #: name -> was it put?
    shown: Mapping[str, bool]

    def value(self, expression: Expression) -> Value:
        match expression:
            case Number():
                return float(expression.value)
            case Text() | Truth():
                return _clean(expression.value)
            case Name():
                return self._named(expression)
            case Not():
                return not self._condition(expression.operand)
            case Logic():
                joined = all if expression.operator == "and" else any
                return joined([self._condition(operand) for operand in expression.operands])
            case Compare():
                return compared(expression.operator, self.value(expression.left), self.value(expression.right))
            case OneOf():
                return self._one_of(expression)
            case Arithmetic():
                return self._chain(expression)
            case Minus():
                number = self._number(expression.operand)
                return None if number is None else -number
            case Call():
                return getattr(self, f"_{expression.function}")(*expression.arguments)
        raise TypeError(f"{type(expression).__name__} is no record of an expression")

    def _named(self, name: Name) -> Value:
        return _clean(entry(name.name, self.values, "value"), name.name)

    def _condition(self, expression: Expression) -> bool:
        return self.value(expression) is True

    def _number(self, expression: Expression) -> float | None:
        return as_number(self.value(expression))

    def _text(self, expression: Expression) -> str | None:
        value = self.value(expression)
        return value if isinstance(value, str) else None

    def _one_of(self, expression: OneOf) -> bool:
        value = self.value(expression.value)
        if value is None or isinstance(value, frozenset):
            return False
        operator = "!=" if expression.negated else "=="
        found = [compared(operator, value, _clean(member.value)) for member in expression.members]
        return all(found) if expression.negated else any(found)

    def _chain(self, chain: Arithmetic) -> float | None:
        total, *others = [self._number(operand) for operand in chain.operands]
        for operator, other in zip(chain.operators, others, strict=True):
            if total is None or other is None:
                return None
            total = _computed(operator, total, other)
        return total

    # one method a function of `FUNCTIONS`, by its name

    def _answered(self, name: Name) -> bool:
        return self._named(name) is not None

    def _shown(self, name: Name) -> bool:
        return bool(entry(name.name, self.shown, "record of having been shown"))

    def _selected(self, name: Name, *codes: Number | Text) -> bool:
        value = self._named(name)
        if isinstance(value, frozenset):
            return any(code.value in value for code in codes)
        return any(compared("==", value, _clean(code.value)) for code in codes)

    def _count(self, *names: Name) -> float:
        values = [self._named(name) for name in names]
        return float(sum(len(value) if isinstance(value, frozenset) else value is not None for value in values))

    def _label(self, name: Name) -> str | None:
        value = self._named(name)
        labels = entry(name.name, self.labels, "list of labels")
        if isinstance(value, frozenset):
            return ", ".join(label for code, label in labels.items() if code in value) or None
        return None if value is None else labels.get(value) or None

    def _if(self, condition: Expression, then: Expression, otherwise: Expression) -> Value:
        value = self.value(then if self._condition(condition) else otherwise)
        return None if isinstance(value, frozenset) else value

    def _there(self, expressions: Iterable[Expression]) -> list[float]:
        found = [self._number(expression) for expression in expressions]
        return [number for number in found if number is not None]

    def _sum(self, *expressions: Expression) -> float | None:
        return added(self._there(expressions))

    def _mean(self, *expressions: Expression) -> float | None:
        numbers_there = self._there(expressions)
        total = added(numbers_there)
        return None if total is None else total / len(numbers_there)

    def _min(self, *expressions: Expression) -> float | None:
        return min(self._there(expressions), default=None)

    def _max(self, *expressions: Expression) -> float | None:
        return max(self._there(expressions), default=None)

    def _round(self, expression: Expression, digits: Number = Number(0)) -> float | None:
        number = self._number(expression)
        return None if number is None else rounded(number, digits.value)

    def _floor(self, expression: Expression) -> float | None:
        number = self._number(expression)
        return None if number is None else float(math.floor(number))

    def _ceil(self, expression: Expression) -> float | None:
        number = self._number(expression)
        return None if number is None else float(math.ceil(number))

    def _abs(self, expression: Expression) -> float | None:
        number = self._number(expression)
        return None if number is None else abs(number)

    def _length(self, expression: Expression) -> float | None:
        text = self._text(expression)
        return None if text is None else float(len(text))

    def _lower(self, expression: Expression) -> str | None:
        text = self._text(expression)
        return None if text is None else text.lower()

    def _contains(self, whole: Expression, part: Expression) -> bool:
        text, searched = self._text(whole), self._text(part)
        return text is not None and searched is not None and searched in text

    def _startswith(self, whole: Expression, part: Expression) -> bool:
        text, searched = self._text(whole), self._text(part)
        return text is not None and searched is not None and text.startswith(searched)

    def _matches(self, whole: Expression, pattern: Text) -> bool:
        text = self._text(whole)
        return text is not None and is_like(text, pattern.value)

    def _unsupported(self, original: Text) -> bool:
        """Holds for nobody; `check` refuses it, so that it is met only where somebody decided to go on."""
        return False


def _clean(value: Any, name: str = "") -> Value:
    """A value as the language knows it: empty texts and sets, NaN and infinities are nothing."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Real):
        return _finite(float(value)) if abs(value) <= sys.float_info.max else None
    if type(value).__name__ == "bool":  # a truth of numpy, which this module does without
        return bool(value)
    if isinstance(value, Set | list | tuple) and all(isinstance(code, int | str) for code in value):
        return frozenset(value) or None
    raise InstrumentError(f"value of {name!r} is {shown(value)}; expected a number, text, truth, codes or None")


def as_number(value: Value) -> float | None:
    """A value where a number is wanted."""
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return float(value)
    found = _WRITTEN_NUMBER.fullmatch(value) if isinstance(value, str) else None
    return _finite(float(found[1])) if found else None


def compared(operator: str, left: Value, right: Value) -> bool:
    """Two values compared; False when one of them is nothing where it has to be a number or text."""
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = as_number(left), as_number(right)
        if left is None or right is None:
            return False
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def _computed(operator: str, left: float, right: float) -> float | None:
    if operator in "/%" and right == 0:
        return None
    match operator:
        case "+":
            return _finite(left + right)
        case "-":
            return _finite(left - right)
        case "*":
            return _finite(left * right)
        case "/":
            return _finite(left / right)
    return _finite(left % right)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def added(numbers_there: list[float]) -> float | None:
    """The sum from left to right, or nothing when there is nothing to add or no finite sum."""
    total = 0.0
    for number in numbers_there:
        total += number
    return _finite(total) if numbers_there else None


def rounded(number: float, digits: int) -> float | None:
    """The nearest number of so many decimals, halves away from zero as people round by hand."""
    size = abs(number) * 10.0**digits
    if not math.isfinite(size):
        return number
    whole = float(math.floor(size))
    return math.copysign((whole + (size - whole >= 0.5)) / 10.0**digits, number)


def is_like(text: str, pattern: str) -> bool:
    """Is the whole text like the pattern, in which * is any text and ? one character?

    Pieces between stars are looked for from left to right, each at the first place where it fits: a later place could
    not help the next one. A piece has a fixed length and no choices within, so no step is ever taken back: at most
    characters of the text times characters of the longest piece (at most 200).
    """
    first, *others = _pieces(pattern)
    if not others:
        return first.fullmatch(text) is not None
    *middle, last = others
    found, end = first.match(text), len(text) - (len(pattern) - pattern.rfind("*") - 1)
    for piece in middle:
        found = found and piece.search(text, found.end(), end)
    return found is not None and found.end() <= end and last.match(text, end) is not None


@lru_cache(maxsize=1_024)
def _pieces(pattern: str) -> tuple[re.Pattern[str], ...]:
    """What stands between the stars, ready to be looked for."""
    return tuple(
        re.compile("".join("." if sign == "?" else re.escape(sign) for sign in piece), re.DOTALL)
        for piece in pattern.split("*")
    )
