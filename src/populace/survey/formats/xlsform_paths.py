"""Our conditions and values as XLSForm has them. What XPath means by them is what we mean, nothing included.

`xlsform_expressions` reads all of it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

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
from populace.survey.formats.xlsform_grammar import tree_of
from populace.survey.formats.xlsform_regex import regex_of

_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_FUNCTIONS = {
    "min": "min", "max": "max", "round": "round", "abs": "abs", "length": "string-length", "floor": "floor",
    "ceil": "ceiling", "lower": "lower-case",
}  # fmt: skip


class NotWritten(Exception):
    """An expression that XLSForm cannot say."""


@dataclass(frozen=True)
class Target:
    """What one of our names is in a form."""

    #: name of the row
    name: str
    #: "closed", "multiple", "box" (an option of a multiple choice), "number", "text", "unknown" or "none"
    kind: str = "unknown"
    #: our code -> name of the choice
    codes: Mapping[int | str, str] = field(default_factory=dict)
    #: name of the choice, of a box
    choice: str = ""


class Paths:
    """Writes expressions; knows what our names are there. `own` is the question whose constraint is written."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self.targets = targets
        self.own: str | None = None

    def condition(self, expression: Expression) -> str:
        """A condition. Raises `NotWritten`."""
        match expression:
            case Truth():
                return "true()" if expression.value else "false()"
            case Not():
                return self._not(expression.operand)
            case Logic():
                return f" {expression.operator} ".join(self._within(part) for part in expression.operands)
            case Compare():
                return self._compare(expression)
            case OneOf():
                return self._one_of(expression)
            case Call():
                return self._called(expression)
        raise NotWritten(f"{expression} is no condition")

    def _within(self, expression: Expression) -> str:
        written = self.condition(expression)
        several = isinstance(expression, Logic | OneOf) or (
            isinstance(expression, Compare) and expression.operator == "!="
        )
        several = several or (isinstance(expression, Call) and len(expression.arguments) > 2)
        return f"({written})" if several else written

    def _not(self, operand: Expression) -> str:
        if (
            isinstance(operand, Call)
            and operand.function == "answered"
            and self._target(operand.arguments[0]).kind != "box"
        ):
            return f"{self._named(operand.arguments[0])} = ''"
        return f"not({self.condition(operand)})"

    def _compare(self, compare: Compare) -> str:
        left, right, operator = compare.left, compare.right, compare.operator
        if isinstance(left, Number | Text) and not isinstance(right, Number | Text):
            left, right, operator = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        if Text("") in (left, right):
            return "false()"  # nothing is not equal to anything with us
        one, other = self.value(left), self._other(left, right, operator)
        if operator == "!=":
            given = [f"{self.value(part)} != ''" for part in (left, right) if isinstance(part, Name)]
            if not given and not (_surely(left) and _surely(right)):
                raise NotWritten(f"{compare} differs where there is nothing")
            return " and ".join([*given, f"{one} != {other}"])
        return f"{one} {'=' if operator == '==' else operator} {other}"

    def _other(self, left: Expression, right: Expression, operator: str) -> str:
        if isinstance(left, Name) and isinstance(right, Number | Text):
            target = self._target(left)
            if target.kind == "closed" and operator in ("==", "!="):
                return _quoted(target.codes.get(right.value, str(right.value)))
        return self.value(right)

    def _one_of(self, one: OneOf) -> str:
        if not isinstance(one.value, Name):
            raise NotWritten(f"{one} lists values of something computed")
        name = self._named(one.value)
        members = one.members if len(one.members) > 1 else one.members * 2  # one alone would read as an equality
        others = [self._other(one.value, member, "==") for member in members]
        if one.negated:
            return " and ".join([f"{name} != ''", *(f"{name} != {other}" for other in others)])
        return " or ".join(f"{other} = {name}" for other in others)

    def _called(self, call: Call) -> str:
        match call.function:
            case "answered":
                target = self._target(call.arguments[0])
                return "true()" if target.kind == "box" else f"{self._named(call.arguments[0])} != ''"
            case "selected":
                target = self._target(call.arguments[0])
                if target.kind not in ("closed", "multiple"):
                    raise NotWritten(f"{call} asks for codes of what has none")
                name = self._named(call.arguments[0])
                parts = [f"selected({name}, {_quoted(self._choice(target, code))})" for code in call.arguments[1:]]
                return " or ".join(parts)
            case "contains" | "startswith":
                function = "contains" if call.function == "contains" else "starts-with"
                return f"{function}({self.value(call.arguments[0])}, {self.value(call.arguments[1])})"
            case "matches":
                return f"regex({self.value(call.arguments[0])}, {_quoted(regex_of(call.arguments[1].value))})"
            case "if":
                return f"if({', '.join(self.condition(part) for part in call.arguments)})"
            case "unsupported":
                return self._verbatim(call.arguments[0].value)
        raise NotWritten(f"{call.function}() has no counterpart")

    def _verbatim(self, text: str) -> str:
        """What could not be read is written as it was, where it is an expression of XLSForm at all."""
        try:
            tree_of(text)
        except NotRead:
            raise NotWritten(f"{text!r} is of another program") from None
        known = {target.name for target in self.targets.values()}
        if unknown := [name for name in _REFERENCE.findall(text) if name not in known]:
            raise NotWritten(f"{text!r} names {unknown[0]!r}, which is not in the file")
        return text

    def _choice(self, target: Target, code: Expression) -> str:
        if code.value not in target.codes:
            raise NotWritten(f"{code} is no choice of {target.name!r}")
        return target.codes[code.value]

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, expression: Expression) -> str:
        """A value. Raises `NotWritten`."""
        match expression:
            case Number():
                return repr(expression.value)
            case Text():
                return _quoted(expression.value)
            case Name():
                return self._value_named(expression)
            case Minus():
                return f"-({self.value(expression.operand)})"
            case Arithmetic():
                return self._chain(expression)
            case Call() if expression.function in ("if", "label", "count", "sum", "mean", "unsupported", *_FUNCTIONS):
                return self._value_called(expression)
        return f"({self.condition(expression)})"

    def _value_named(self, name: Name) -> str:
        target = self._target(name)
        if target.kind == "box":
            return f"if(selected({self._reference(target.name)}, {_quoted(target.choice)}), 1, 0)"
        if target.kind == "multiple":
            raise NotWritten(f"{name} has no single value there")
        return self._named(name)

    def _chain(self, chain: Arithmetic) -> str:
        signs = {"/": "div", "%": "mod"}
        written = self._operand(chain.operands[0])
        for sign, operand in zip(chain.operators, chain.operands[1:], strict=True):
            written += f" {signs.get(sign, sign)} {self._operand(operand)}"
        return written

    def _operand(self, operand: Expression) -> str:
        return f"({self.value(operand)})" if isinstance(operand, Arithmetic) else self.value(operand)

    def _value_called(self, call: Call) -> str:
        match call.function:
            case "unsupported":
                return self._verbatim(call.arguments[0].value)
            case "if":
                condition, yes, no = call.arguments
                return f"if({self.condition(condition)}, {self.value(yes)}, {self.value(no)})"
            case "label":
                target = self._target(call.arguments[0])
                if target.kind != "closed":
                    raise NotWritten(f"{call}: it has several labels or none")
                return f"jr:choice-name({self._reference(target.name)}, '{self._reference(target.name)}')"
            case "count":
                return " + ".join(self._counted(name) for name in call.arguments)
            case "sum":
                return f"({' + '.join(f'coalesce({self.value(part)}, 0)' for part in call.arguments)})"
            case "mean":
                raise NotWritten(f"{call}: the mean of what there is has no counterpart")
        return f"{_FUNCTIONS[call.function]}({', '.join(self.value(part) for part in call.arguments)})"

    def _counted(self, name: Expression) -> str:
        if self._target(name).kind == "multiple":
            return f"count-selected({self._named(name)})"
        return f"if({self._named(name)} != '', 1, 0)"

    def _named(self, name: Expression) -> str:
        target = self._target(name)
        if target.kind in ("none", "box"):
            raise NotWritten(f"{name} has no value of its own there")
        return "." if target.name == self.own else self._reference(target.name)

    def _reference(self, name: str) -> str:
        return f"${{{name}}}"

    def _target(self, name: Expression) -> Target:
        found = self.targets.get(name.name) if isinstance(name, Name) else None
        if found is None:
            raise NotWritten(f"there is no question {str(name)!r} in the file")
        return found


def _surely(expression: Expression) -> bool:
    """Is there always a value?"""
    if isinstance(expression, Call):
        return expression.function in ("count", "selected")
    return isinstance(expression, Number | Truth) or (isinstance(expression, Text) and bool(expression.value))


def _quoted(text: str) -> str:
    if "'" not in text:
        return f"'{text}'"
    if '"' in text:
        raise NotWritten(f"{text!r} has both kinds of quotation marks")
    return f'"{text}"'
