"""XLSForm expressions (`relevant`, `constraint`, `calculation`, `choice_filter`) put into our language.

Both languages mean different things where something is not answered, and every translation keeps what XPath means: an
answer that is not there is the empty text, so its `!=` holds for whoever did not answer (`not q == 2`), and no order
holds. A condition that cannot be translated becomes `unsupported("…")`, alone, in place of the smallest one that holds
it. In filters of choices the columns of a choice are written out, and what then compares two constants is decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
from populace.survey.formats.dialect import Translating
from populace.survey.formats.translated import NotRead, holds_unsupported
from populace.survey.formats.xlsform_grammar import tree_of
from populace.survey.formats.xlsform_regex import matching

if TYPE_CHECKING:
    from lark import Tree

_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^{}]*?)\s*\}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
#: functions that ours have too -> our name
_FUNCTIONS = {
    "min": "min", "max": "max", "sum": "sum", "abs": "abs", "round": "round", "string-length": "length",
    "floor": "floor", "ceiling": "ceil", "lower-case": "lower",
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(frozen=True)
class Variable:
    """What a name stands for."""

    #: our name
    name: str
    #: "closed", "multiple", "number", "text", "unknown" or "none" for what has no answer
    kind: str = "unknown"
    #: name of a choice -> our code
    codes: Mapping[str, int | str] = field(default_factory=dict)
    #: stands for the label of the answer to this question
    label_of: str | None = None


Lookup = Mapping[str, Variable]


class Translation(Translating):
    """The translation of one text."""

    def __init__(
        self, text: str, lookup: Lookup, own: str | None = None, columns: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.lookup, self.own = lookup, own
        #: columns of the choice that a filter is about
        self.columns = columns

    # -- conditions ----------------------------------------------------------------------------------------------

    def condition(self) -> Expression:
        """The text as a condition."""
        try:
            return self._condition(tree_of(self.text).children[0])
        except (NotRead, InstrumentError) as problem:
            return self._keep(self.text, problem)

    def _condition(self, tree: Tree) -> Expression:
        """A condition; what cannot be read is kept in the smallest place."""
        if tree.data in ("either", "both"):
            return self._joined(tree)
        if tree.data == "call" and str(tree.children[0]) in ("not", "boolean") and len(tree.children) == 2:
            return self._not(tree) if str(tree.children[0]) == "not" else self._condition(tree.children[1])
        try:
            return self._single(tree)
        except (NotRead, InstrumentError) as problem:
            return self._keep(self._slice(tree), problem)

    def _joined(self, tree: Tree) -> Expression:
        operands = [self._condition(part) for part in tree.children]
        decisive = Truth(tree.data == "either")
        if self.columns is not None:  # of a choice some parts are decided
            if decisive in operands:
                return decisive
            operands = [one for one in operands if not isinstance(one, Truth)]
            if len(operands) < 2:
                return operands[0] if operands else Truth(not decisive.value)
        merged = _merged(tree.children, operands) if tree.data == "either" else None
        operator = "or" if tree.data == "either" else "and"
        compares = all(part.data == "compare" for part in tree.children[1:])
        if tree.data == "both" and compares and (listed := _none_of(operands)):
            return listed
        return merged or Logic(operator, tuple(operands))

    def _not(self, tree: Tree) -> Expression:
        before = len(self.kept)
        read = self._condition(tree.children[1])
        if isinstance(read, Truth) and self.columns is not None:
            return Truth(not read.value)
        return self._opposite_of(tree, before, read)

    def _single(self, tree: Tree) -> Expression:
        match tree.data:
            case "compare":
                return self._compare(tree)
            case "call":
                return self._called(tree)
            case "number":
                return Truth(float(tree.children[0]) != 0)
            case "text":
                return Truth(str(tree.children[0])[1:-1] != "")
        variable = self._variable(tree)
        if variable is None or variable.kind == "none":
            raise NotRead("is no condition")
        return _answered(variable)

    def _called(self, tree: Tree) -> Expression:
        function, arguments = str(tree.children[0]), tree.children[1:]
        match function:
            case "true" | "false":
                return Truth(function == "true")
            case "selected" if len(arguments) == 2:
                return self._selected(arguments)
            case "contains" | "starts-with" if len(arguments) == 2:
                ours = "contains" if function == "contains" else "startswith"
                return Call(ours, (self.value(arguments[0]), self.value(arguments[1])))
            case "regex" if len(arguments) == 2 and arguments[1].data == "text":
                return matching(str(arguments[1].children[0])[1:-1], self.value(arguments[0]))
            case "if" if len(arguments) == 3:
                return Call("if", tuple(self._condition(part) for part in arguments))
        value = self.value(tree)
        if function in ("count-selected", "count-non-empty", "sum", "number"):
            return Not(Compare("==", value, Number(0)))
        raise NotRead(f"{function}() is no condition")

    def _selected(self, arguments: list[Tree]) -> Expression:
        variable, choice = self._variable(arguments[0]), self._constant(arguments[1])
        if variable is None or choice is None or variable.kind not in ("closed", "multiple"):
            raise NotRead("selected() of something else than a question and a choice")
        return Call("selected", (Name(variable.name), self._code(variable, choice)))

    def _code(self, variable: Variable, choice: str) -> Expression:
        if choice not in variable.codes:
            raise NotRead(f"{choice!r} is no choice of {variable.name!r}")
        code = variable.codes[choice]
        return Text(code) if isinstance(code, str) else Number(code)

    # -- comparisons ---------------------------------------------------------------------------------------------

    def _compare(self, tree: Tree) -> Expression:
        left, sign, right = tree.children
        operator = str(sign)
        one, other = self._constant(left), self._constant(right)
        if one is not None and other is not None:
            return Truth(_decided(operator, one, other, left, right))
        if one is not None:
            left, right, other, operator = right, left, one, _MIRRORED[operator]
        variable = self._variable(left)
        if other is not None and variable is not None:
            return self._with_constant(operator, variable, other, right.data == "number" or _minus(right))
        values = self.value(left), self.value(right)
        if Text("") in values:
            raise NotRead("compares something computed with nothing")
        if operator == "!=" and not all(_surely(value) for value in values):
            return Not(Compare("==", *values))
        return Compare({"=": "=="}.get(operator, operator), *values)

    def _with_constant(self, operator: str, variable: Variable, other: str, number: bool) -> Expression:
        if other == "":
            if operator not in ("=", "!="):
                raise NotRead(f"'{operator}' with nothing")
            return _answered(variable) if operator == "!=" else Not(_answered(variable))
        if variable.kind == "multiple":
            raise NotRead(f"compares the list of choices of {variable.name!r}; expected selected()")
        if variable.kind == "none":
            raise NotRead(f"{variable.name!r} has no answer")
        name = Name(variable.label_of) if variable.label_of else Name(variable.name)
        left: Expression = Call("label", (name,)) if variable.label_of else name
        if variable.kind == "closed" and operator in ("=", "!="):
            equal = Compare("==", left, self._code(variable, other))
            return equal if operator == "=" else Not(equal)
        if operator not in ("=", "!="):
            return self._ordered(operator, variable, left, other)
        numeric = _NUMBER.fullmatch(other) and (number or variable.kind == "number") and variable.kind != "text"
        equal = Compare("==", left, Number(float(other)) if numeric else Text(other))
        return equal if operator == "=" else Not(equal)

    def _ordered(self, operator: str, variable: Variable, left: Expression, other: str) -> Expression:
        """XPath orders numbers only."""
        if not _NUMBER.fullmatch(other):
            return Truth(False)
        if variable.kind == "closed" and any(isinstance(code, str) for code in variable.codes.values()):
            meant = [
                Text(str(code))
                for word, code in variable.codes.items()
                if _NUMBER.fullmatch(word) and _decided(operator, word, other)
            ]
            return OneOf(left, tuple(meant)) if meant else Truth(False)
        return Compare(operator, left, Number(float(other)))

    def _constant(self, tree: Tree) -> str | None:
        """Something written out, a column of the choice included."""
        match tree.data:
            case "text":
                return str(tree.children[0])[1:-1]
            case "number":
                return str(tree.children[0])
            case "minus" if tree.children[1].data == "number":
                return f"-{tree.children[1].children[0]}"
            case "path" if self.columns is not None and re.fullmatch(r"[A-Za-z_][\w\-]*", str(tree.children[0])):
                if str(tree.children[0]) not in self.columns:
                    raise NotRead(f"the choices have no column {str(tree.children[0])!r}")
                return self.columns[str(tree.children[0])]
        return None

    # -- values --------------------------------------------------------------------------------------------------

    def value(self, tree: Tree) -> Expression:
        """A value. Raises `NotRead`."""
        constant = self._constant(tree)
        if constant is not None:
            return Text(constant) if tree.data in ("text", "path") else Number(float(constant))
        match tree.data:
            case "reference" | "path":
                return self._named(tree)
            case "minus":
                return Minus(self.value(tree.children[1]))
            case "chain":
                signs = tuple({"div": "/", "mod": "%"}.get(str(sign), str(sign)) for sign in tree.children[1::2])
                return Arithmetic(tuple(self.value(part) for part in tree.children[::2]), signs)
            case "call":
                return self._value_called(tree)
        condition = self._condition(tree)
        if holds_unsupported(condition):
            raise NotRead("holds a condition that cannot be translated")
        return condition

    def calculation(self) -> Expression:
        """The text as a value. Raises `NotRead`."""
        return self.value(tree_of(self.text).children[0])

    def _named(self, tree: Tree) -> Expression:
        if str(tree.children[0]).replace(" ", "") == "position(..)":
            return Name("loop.number")
        variable = self._variable(tree)
        if variable is None or variable.kind in ("none", "multiple"):
            raise NotRead(f"{tree.children[0]} has no single value")
        return Call("label", (Name(variable.label_of),)) if variable.label_of else Name(variable.name)

    def _value_called(self, tree: Tree) -> Expression:
        function, arguments = str(tree.children[0]), tree.children[1:]
        match function:
            case "if" if len(arguments) == 3:
                condition = self._condition(arguments[0])
                if holds_unsupported(condition):
                    raise NotRead("depends on a condition that cannot be translated")
                return Call("if", (condition, self.value(arguments[1]), self.value(arguments[2])))
            case "number" | "string" | "boolean" if len(arguments) == 1:
                return self.value(arguments[0])
            case "coalesce" if len(arguments) == 2:
                variable = self._variable(arguments[0])
                if variable is not None:
                    return Call("if", (_answered(variable), self.value(arguments[0]), self.value(arguments[1])))
            case "count-selected" if len(arguments) == 1 and (variable := self._variable(arguments[0])):
                return Call("count", (Name(variable.name),))
            case "jr:choice-name" if len(arguments) == 2 and (variable := self._variable(arguments[0])):
                if variable.kind == "closed":
                    return Call("label", (Name(variable.name),))
            case "position" if len(arguments) == 1 and self._slice(arguments[0]) == "..":
                return Name("loop.number")
            case "int" if len(arguments) == 1:
                inner = self.value(arguments[0])
                below = Compare("<", inner, Number(0))
                return Call("if", (below, Call("ceil", (inner,)), Call("floor", (inner,))))
            case "true" | "false" | "selected" | "not" | "contains" | "starts-with" | "regex":
                return self._condition(tree)
        if function in _FUNCTIONS:
            return Call(_FUNCTIONS[function], tuple(self.value(part) for part in arguments))
        raise NotRead(f"{function}() has no counterpart")

    # -- names ---------------------------------------------------------------------------------------------------

    def _variable(self, tree: Tree) -> Variable | None:
        """The question that a reference or a path names; None for something computed."""
        if tree.data not in ("reference", "path"):
            return None
        words = str(tree.children[0])
        found = _REFERENCE.fullmatch(words)
        name = found[1] if found else words.split("/")[-1]
        if words == ".":
            name = self.own
        if found and words.startswith("${last-saved#"):
            raise NotRead("answers to an earlier form are not known")
        if tree.data == "path" and words != "." and "/" not in words:
            raise NotRead(f"{words!r} is no question: questions stand in ${{…}}")
        if name not in self.lookup:
            raise NotRead(f"there is no question {name!r}")
        return self.lookup[name]


def _answered(variable: Variable) -> Expression:
    return Call("answered", (Name(variable.label_of or variable.name),))


def _minus(tree: Tree) -> bool:
    return tree.data == "minus" and tree.children[1].data == "number"


def _decided(operator: str, one: str, other: str, left: Tree | None = None, right: Tree | None = None) -> bool:
    """A comparison of two constants: as numbers where one is a number, else as texts."""
    numbers = [float(word) if _NUMBER.fullmatch(word.strip()) else float("nan") for word in (one, other)]
    if operator in ("=", "!="):
        is_number = any(tree is not None and (tree.data == "number" or _minus(tree)) for tree in (left, right))
        same = numbers[0] == numbers[1] if is_number else one == other
        return same if operator == "=" else not same
    below, above = numbers[0] < numbers[1], numbers[0] > numbers[1]
    equal = numbers[0] == numbers[1]
    return {"<": below, ">": above, "<=": below or equal, ">=": above or equal}[operator]


def _surely(value: Expression) -> bool:
    """Is there always a value?"""
    return isinstance(value, Number | Truth) or (isinstance(value, Call) and value.function in ("count", "selected"))


def _merged(trees: list[Tree], operands: list[Expression]) -> Expression | None:
    """Boxes of one question as one `selected`; `'1' = ${a} or '2' = ${a}`, as we write it, as `a in [1, 2]`."""
    chosen = [
        one for one in operands if isinstance(one, Call) and one.function == "selected" and len(one.arguments) == 2
    ]
    if len(chosen) == len(operands) and len({one.arguments[0] for one in chosen}) == 1:
        return Call("selected", (chosen[0].arguments[0], *dict.fromkeys(one.arguments[1] for one in chosen)))
    turned = len(trees) == len(operands) and all(
        tree.data == "compare" and tree.children[0].data in ("text", "number") for tree in trees
    )
    equal = [one for one in operands if isinstance(one, Compare) and one.operator == "=="]
    if turned and len(equal) == len(operands) and len({one.left for one in equal}) == 1:
        members = tuple(dict.fromkeys(one.right for one in equal))
        if len({type(member) for member in members}) == 1 and isinstance(members[0], Number | Text):
            return OneOf(equal[0].left, members)
    return None


def _none_of(operands: list[Expression]) -> Expression | None:
    """`a != '' and a != 1 and a != 2`, as we write `a not in [1, 2]`; with one value `a != 1`."""
    first, *others = operands
    equal = [one.operand for one in others if isinstance(one, Not) and isinstance(one.operand, Compare)]
    if not (isinstance(first, Call) and first.function == "answered" and equal and len(equal) == len(others)):
        return None
    members = tuple(dict.fromkeys(one.right for one in equal))
    plain = all(one.operator == "==" and isinstance(one.right, Number | Text) for one in equal)
    if not plain or {one.left for one in equal} != {first.arguments[0]} or len({type(one) for one in members}) > 1:
        return None
    if len(others) == 1:
        return Compare("!=", first.arguments[0], members[0])
    return OneOf(first.arguments[0], members, negated=True)
