"""Expressions of ours in the language of another program: what its writers share.

A dialect says its signs and how it writes comparisons, calls and names; which record is a condition and which a value
is the same everywhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Generic, Protocol, TypeVar

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
from populace.survey.formats.translated import NotRead

#: comparison -> the same one read from right to left
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class NotWritten(Exception):
    """An expression, or a part of it, that the other program cannot say."""


class Named(Protocol):
    """What one of our names is there."""

    @property
    def name(self) -> str:
        """Its name there."""

    @property
    def kind(self) -> str:
        """What can be asked of it; "closed" where it has labels."""


TargetT = TypeVar("TargetT", bound=Named)


class Dialect(ABC, Generic[TargetT]):
    """Writes expressions; knows what our names are there."""

    #: how truth, falsehood, "and" and "or" are written
    true: str
    false: str
    conjunction: str
    disjunction: str
    #: functions of ours that give a value there
    functions: Collection[str]

    def __init__(self, targets: Mapping[str, TargetT]) -> None:
        self.targets = targets

    def condition(self, expression: Expression) -> str:
        """A condition. Raises `NotWritten`."""
        match expression:
            case Truth():
                return self.true if expression.value else self.false
            case Not():
                return self._not(expression.operand)
            case Logic():
                sign = self.conjunction if expression.operator == "and" else self.disjunction
                return f" {sign} ".join(self._within(operand) for operand in expression.operands)
            case Compare():
                left, operator, right = _constant_last(expression)
                # nothing is not equal to anything with us
                return self.false if Text("") in (left, right) else self._compare(left, operator, right)
            case OneOf():
                return self._one_of(expression)
            case Call(function="if"):
                return f"if({', '.join(self.condition(part) for part in expression.arguments)})"
            case Call(function="unsupported"):
                return self._verbatim(expression.arguments[0].value)
            case Call():
                return self._called(expression)
        raise NotWritten(f"{expression} is no condition")

    def value(self, expression: Expression) -> str:
        """A value. Raises `NotWritten`."""
        match expression:
            case Number():
                return repr(expression.value)
            case Text():
                return self._quoted(expression.value)
            case Name():
                return self._value_named(expression)
            case Minus():
                return f"-({self.value(expression.operand)})"
            case Arithmetic():
                return self._chain(expression)
            case Call(function="unsupported"):
                return self._verbatim(expression.arguments[0].value)
            case Call(function="if"):
                condition, yes, no = expression.arguments
                return f"if({self.condition(condition)}, {self.value(yes)}, {self.value(no)})"
            case Call(function="label"):
                return self._labelled(expression)
            case Call() if expression.function in self.functions:
                return self._value_called(expression)
        return f"({self.condition(expression)})"

    def _differ(self, left: Expression, right: Expression) -> list[Name]:
        """Of two values that differ, which with us are both there, those for which this has to be said."""
        names = [part for part in (left, right) if isinstance(part, Name)]
        if not names and not (self._surely(left) and self._surely(right)):
            raise NotWritten(f"{Compare('!=', left, right)} differs where there is nothing")
        return names

    def _members(self, one: OneOf) -> tuple[Name, tuple[Number | Text, ...]]:
        """What is looked for in a list, and the list; one member alone, which would read as an equality, twice."""
        if not isinstance(one.value, Name):
            raise NotWritten(f"{one} lists values of something computed")
        return one.value, one.members if len(one.members) > 1 else one.members * 2

    def _chain(self, chain: Arithmetic) -> str:
        written = self._operand(chain.operands[0])
        for sign, operand in zip(chain.operators, chain.operands[1:], strict=True):
            written = self._step(written, sign, self._operand(operand))
        return written

    def _operand(self, operand: Expression) -> str:
        return f"({self.value(operand)})" if isinstance(operand, Arithmetic) else self.value(operand)

    def _labelled(self, call: Call) -> str:
        target = self._target(call.arguments[0])
        if target.kind != "closed":
            raise NotWritten(f"{call}: it has several labels or none")
        return self._label(target)

    def _verbatim(self, text: str) -> str:
        """What could not be read is written as it was, where it is of this language at all."""
        try:
            self._parse(text)
        except NotRead:
            raise NotWritten(f"{text!r} is of another program") from None
        return text

    def _target(self, name: Expression) -> TargetT:
        found = self.targets.get(name.name) if isinstance(name, Name) else None
        if found is None:
            raise NotWritten(f"there is no question {str(name)!r} in the file")
        return found

    # -- what each language has of its own -----------------------------------------------------------------------

    @abstractmethod
    def _within(self, expression: Expression) -> str:
        """A condition within "and" and "or"."""

    @abstractmethod
    def _not(self, operand: Expression) -> str:
        """The opposite of a condition."""

    @abstractmethod
    def _compare(self, left: Expression, operator: str, right: Expression) -> str:
        """A comparison; neither side is the empty text."""

    @abstractmethod
    def _one_of(self, one: OneOf) -> str:
        """Is a value one of a list?"""

    @abstractmethod
    def _called(self, call: Call) -> str:
        """A call that is a condition."""

    @abstractmethod
    def _value_named(self, name: Name) -> str:
        """The value of an answer."""

    @abstractmethod
    def _value_called(self, call: Call) -> str:
        """A call of one of `functions`."""

    @abstractmethod
    def _step(self, written: str, sign: str, operand: str) -> str:
        """What is written so far, and one operand more."""

    @abstractmethod
    def _label(self, target: TargetT) -> str:
        """The label of the answer to a closed question."""

    @abstractmethod
    def _parse(self, text: str) -> object:
        """Raises `NotRead` where a text is of another language."""

    @abstractmethod
    def _surely(self, expression: Expression) -> bool:
        """Is there always a value?"""

    @abstractmethod
    def _quoted(self, text: str) -> str:
        """A text in quotation marks."""


def _constant_last(compare: Compare) -> tuple[Expression, str, Expression]:
    """Left side, operator and right side, a constant on the right."""
    left, right, operator = compare.left, compare.right, compare.operator
    if isinstance(left, Number | Text) and not isinstance(right, Number | Text):
        return right, MIRRORED.get(operator, operator), left
    return left, operator, right
