"""Our conditions and values as XLSForm has them. What XPath means by them is what we mean, nothing included.

`xlsform_expressions` reads all of it back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from populace.survey.expression_records import (
    Call,
    Compare,
    Expression,
    Logic,
    Name,
    Number,
    OneOf,
    Text,
    Truth,
)
from populace.survey.formats.dialect_write import Dialect, NotWritten
from populace.survey.formats.xlsform_grammar import tree_of
from populace.survey.formats.xlsform_regex import regex_of

_REFERENCE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_SIGNS = {"/": "div", "%": "mod"}
_FUNCTIONS = {
    "min": "min", "max": "max", "round": "round", "abs": "abs", "length": "string-length", "floor": "floor",
    "ceil": "ceiling", "lower": "lower-case",
}  # fmt: skip


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


class Paths(Dialect[Target]):
    """Writes expressions of XLSForm. `own` is the question whose constraint is written."""

    true, false, conjunction, disjunction = "true()", "false()", "and", "or"
    functions = frozenset({"count", "sum", "mean", *_FUNCTIONS})

    def __init__(self, targets: Mapping[str, Target]) -> None:
        super().__init__(targets)
        self.own: str | None = None

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

    def _compare(self, left: Expression, operator: str, right: Expression) -> str:
        one, other = self.value(left), self._other(left, right, operator)
        if operator == "!=":
            given = [f"{self.value(part)} != ''" for part in self._differ(left, right)]
            return " and ".join([*given, f"{one} != {other}"])
        return f"{one} {'=' if operator == '==' else operator} {other}"

    def _other(self, left: Expression, right: Expression, operator: str) -> str:
        if isinstance(left, Name) and isinstance(right, Number | Text):
            target = self._target(left)
            if target.kind == "closed" and operator in ("==", "!="):
                return self._quoted(target.codes.get(right.value, str(right.value)))
        return self.value(right)

    def _one_of(self, one: OneOf) -> str:
        asked, members = self._members(one)
        name, others = self._named(asked), [self._other(asked, member, "==") for member in members]
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
                parts = [f"selected({name}, {self._quoted(self._choice(target, code))})" for code in call.arguments[1:]]
                return " or ".join(parts)
            case "contains" | "startswith":
                function = "contains" if call.function == "contains" else "starts-with"
                return f"{function}({self.value(call.arguments[0])}, {self.value(call.arguments[1])})"
            case "matches":
                return f"regex({self.value(call.arguments[0])}, {self._quoted(regex_of(call.arguments[1].value))})"
        raise NotWritten(f"{call.function}() has no counterpart")

    def _parse(self, text: str) -> object:
        return tree_of(text)

    def _verbatim(self, text: str) -> str:
        written = super()._verbatim(text)
        known = {target.name for target in self.targets.values()}
        if unknown := [name for name in _REFERENCE.findall(text) if name not in known]:
            raise NotWritten(f"{text!r} names {unknown[0]!r}, which is not in the file")
        return written

    def _choice(self, target: Target, code: Expression) -> str:
        if code.value not in target.codes:
            raise NotWritten(f"{code} is no choice of {target.name!r}")
        return target.codes[code.value]

    # -- values --------------------------------------------------------------------------------------------------

    def _value_named(self, name: Name) -> str:
        target = self._target(name)
        if target.kind == "box":
            return f"if(selected({self._reference(target.name)}, {self._quoted(target.choice)}), 1, 0)"
        if target.kind == "multiple":
            raise NotWritten(f"{name} has no single value there")
        return self._named(name)

    def _step(self, written: str, sign: str, operand: str) -> str:
        return f"{written} {_SIGNS.get(sign, sign)} {operand}"

    def _label(self, target: Target) -> str:
        return f"jr:choice-name({self._reference(target.name)}, '{self._reference(target.name)}')"

    def _value_called(self, call: Call) -> str:
        match call.function:
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

    def _surely(self, expression: Expression) -> bool:
        if isinstance(expression, Call):
            return expression.function in ("count", "selected")
        return isinstance(expression, Number | Truth) or (isinstance(expression, Text) and bool(expression.value))

    def _quoted(self, text: str) -> str:
        if "'" not in text:
            return f"'{text}'"
        if '"' in text:
            raise NotWritten(f"{text!r} has both kinds of quotation marks")
        return f'"{text}"'
