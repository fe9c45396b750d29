"""Our conditions and values in ExpressionScript. What LimeSurvey means by them is what we mean, nothing included.

Every name is written with `.NAOK`: without it LimeSurvey would take the whole condition for false where a question was
not put. `limesurvey_expressions` reads all of it back.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from populace.survey.formats.limesurvey_codes import Target
from populace.survey.formats.limesurvey_grammar import tree_of
from populace.survey.formats.limesurvey_regex import regex_of
from populace.survey.formats.translated import NotRead

#: our functions that LimeSurvey has under this name
_FUNCTIONS = {
    "min": "min", "max": "max", "round": "round", "floor": "floor", "ceil": "ceil", "abs": "abs", "length": "strlen",
    "lower": "strtolower",
}  # fmt: skip
_ORDER = {"<": lambda a: a > 0, "<=": lambda a: a >= 0, ">": lambda a: a < 0, ">=": lambda a: a <= 0}


class NotWritten(Exception):
    """An expression that LimeSurvey cannot say."""


class Script:
    """Writes expressions; knows what our names are there."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self.targets = targets

    def condition(self, expression: Expression) -> str:
        """A condition. Raises `NotWritten`."""
        match expression:
            case Truth():
                return "1" if expression.value else "0"
            case Not():
                return self._not(expression.operand)
            case Logic():
                sign = " && " if expression.operator == "and" else " || "
                return sign.join(self._within(operand) for operand in expression.operands)
            case Compare():
                return self._compare(expression)
            case OneOf():
                return self._one_of(expression)
            case Call():
                return self._called(expression)
        raise NotWritten(f"{expression} is no condition")

    def _within(self, expression: Expression) -> str:
        written = self.condition(expression)
        return f"({written})" if isinstance(expression, Logic) else written

    def _not(self, operand: Expression) -> str:
        if self._is_answered(operand):
            return f"is_empty({self._named(operand.arguments[0])})"
        inner = self.condition(operand)
        # `!is_empty()` reads as answered()
        twice = isinstance(operand, Not) and self._is_answered(operand.operand)
        return f"!(!(!{inner}))" if twice else f"!({inner})"

    def _is_answered(self, operand: Expression) -> bool:
        """Is it `answered(q)` of a question with one answer?"""
        if not (isinstance(operand, Call) and operand.function == "answered"):
            return False
        return self._target(operand.arguments[0]).kind not in ("multiple", "placed", "ticked")

    def _compare(self, compare: Compare) -> str:
        left, right, operator = compare.left, compare.right, compare.operator
        if isinstance(left, Number | Text) and not isinstance(right, Number | Text):
            left, right, operator = right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        if Text("") in (left, right):
            return "0"  # nothing is not equal to anything with us
        if isinstance(left, Name) and self._target(left).kind == "placed":
            return self._placed(left, operator, right)
        one, other = self._side(left, operator, right), self._other(left, right, operator)
        if operator == "!=":
            given = [f"!is_empty({self._named(part)})" for part in (left, right) if isinstance(part, Name)]
            if not given and not (_surely(left) and _surely(right)):
                raise NotWritten(f"{compare} differs where there is nothing")
            return f"({' && '.join([*given, f'{one} != {other}'])})" if given else f"{one} != {other}"
        return f"{one} {operator} {other}"

    def _side(self, left: Expression, operator: str, right: Expression) -> str:
        if isinstance(left, Call) and left.function == "sum" and isinstance(right, Number):
            zero = {"==": right.value == 0, "!=": True}.get(operator)
            if not (_ORDER[operator](right.value) if zero is None else zero):
                return self._sum(left)
        return self.value(left)

    def _other(self, left: Expression, right: Expression, operator: str) -> str:
        """The right side; codes of closed questions stand in quotes where it is an equality."""
        if not (isinstance(left, Name) and isinstance(right, Number | Text)):
            return self.value(right)
        target = self._target(left)
        if target.kind == "closed" and operator in ("==", "!="):
            return _quoted(target.codes.get(right.value, str(right.value)))
        if target.kind in ("multiple", "ticked", "none"):
            raise NotWritten(f"{left} is compared with {right}")
        return self.value(right)

    def _placed(self, left: Name, operator: str, right: Expression) -> str:
        """The place of an option is a question of which option stands there."""
        target = self._target(left)
        if operator != "==" or not isinstance(right, Number) or not float(right.value).is_integer():
            raise NotWritten(f"the place of {left} is compared by {operator!r}")
        return f"{target.name}_{int(right.value)}.NAOK == {_quoted(next(iter(target.codes.values())))}"

    def _one_of(self, one: OneOf) -> str:
        if not isinstance(one.value, Name):
            raise NotWritten(f"{one} lists values of something computed")
        operator, word = ("!=", "and") if one.negated else ("==", "or")
        members = one.members if len(one.members) > 1 else one.members * 2  # one alone would read as an equality
        name = self._named(one.value)
        parts = [f"{name} {operator} {self._other(one.value, member, operator)}" for member in members]
        parts = [f"!is_empty({name})", *parts] if one.negated else parts
        return f"({f' {word} '.join(parts)})"

    def _called(self, call: Call) -> str:
        match call.function:
            case "answered":
                return self._answered(call.arguments[0])
            case "selected":
                return self._selected(call)
            case "shown":
                target = self._target(call.arguments[0])
                return f"{target.parts[0] if target.parts else target.name}.relevanceStatus"
            case "contains":
                return f"!is_empty(strstr({self.value(call.arguments[0])}, {self.value(call.arguments[1])}))"
            case "startswith" if isinstance(call.arguments[1], Text) and call.arguments[1].value:
                part = call.arguments[1].value
                return f"substr({self.value(call.arguments[0])}, 0, {len(part)}) == {_quoted(part)}"
            case "matches":
                return f"regexMatch({_quoted(regex_of(call.arguments[1].value))}, {self.value(call.arguments[0])})"
            case "if":
                return f"if({', '.join(self.condition(part) for part in call.arguments)})"
            case "unsupported":
                return self._verbatim(call.arguments[0].value)
        raise NotWritten(f"{call} is no condition")

    def _verbatim(self, text: str) -> str:
        """What could not be read is written as it was, where it is ExpressionScript at all."""
        try:
            tree_of(text)
        except NotRead:
            raise NotWritten(f"{text!r} is of another program") from None
        return text

    def _answered(self, name: Expression) -> str:
        target = self._target(name)
        if target.kind == "multiple":
            return f"count({target.together}.NAOK) > 0"
        if target.kind == "placed":
            raise NotWritten(f"{name} is the place of an option in a ranking")
        return "1" if target.kind == "ticked" else f"!is_empty({self._named(name)})"

    def _selected(self, call: Call) -> str:
        name, *codes = call.arguments
        target = self._target(name)
        if target.kind == "multiple":
            parts = [self._box(target, self._code(target, code)) for code in codes]
        elif target.kind == "closed":
            parts = [f"{target.name}.valueNAOK == {_quoted(self._code(target, code))}" for code in codes]
        else:
            raise NotWritten(f"{call} asks for codes of what has none")
        return f"({' or '.join(parts)})" if len(parts) > 1 else parts[0]

    def _box(self, target: Target, code: str) -> str:
        """A box that is ticked; "other" is by what is written beside it."""
        there = f"{target.name}_{code}.NAOK"
        return f"!is_empty({there})" if code == "other" else f'{there} == "Y"'

    def _code(self, target: Target, code: Expression) -> str:
        if code.value not in target.codes:
            raise NotWritten(f"{code} is no code of {target.name!r}")
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
                return self._named(expression)
            case Minus():
                return f"-({self.value(expression.operand)})"
            case Arithmetic():
                return self._chain(expression)
            case Call() if expression.function not in ("answered", "selected", "shown", "contains", "matches"):
                return self._value_called(expression)
        return f"({self.condition(expression)})"

    def _chain(self, chain: Arithmetic) -> str:
        written = self._operand(chain.operands[0])
        for sign, operand in zip(chain.operators, chain.operands[1:], strict=True):
            part = self._operand(operand)
            if sign == "%":
                written = f"({written} - {part} * floor({written} / {part}))"
            else:
                written = f"{written} {sign} {part}"
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
                return f"{target.name}.shown"
            case "count":
                return f"count({', '.join(self._counted(name) for name in call.arguments)})"
            case "sum":
                return self._sum_of_nothing(call)
            case "mean":
                inner = ", ".join(self._named(name) for name in call.arguments)
                return f"(sum({inner}) / count({inner}))"
        if call.function in _FUNCTIONS:
            return f"{_FUNCTIONS[call.function]}({', '.join(self.value(part) for part in call.arguments)})"
        return f"({self.condition(call)})"

    def _counted(self, name: Expression) -> str:
        target = self._target(name)
        return f"{target.together}.NAOK" if target.kind == "multiple" else self._named(name)

    def _sum(self, call: Call) -> str:
        return f"sum({', '.join(self.value(part) for part in call.arguments)})"

    def _sum_of_nothing(self, call: Call) -> str:
        """A sum; ours is nothing where there is nothing to add, LimeSurvey's is 0."""
        if not all(isinstance(part, Name) for part in call.arguments):
            if not any(_surely(part) for part in call.arguments):
                raise NotWritten(f"{call} is nothing where its parts are")
            return self._sum(call)
        return f'if(count({", ".join(self._named(part) for part in call.arguments)}) > 0, {self._sum(call)}, "")'

    def _named(self, name: Expression) -> str:
        target = self._target(name)
        if target.kind in ("multiple", "placed", "none"):
            raise NotWritten(f"{name} has no single value there")
        return f"{target.name}.NAOK"

    def _target(self, name: Expression) -> Target:
        found = self.targets.get(name.name) if isinstance(name, Name) else None
        if found is None:
            raise NotWritten(f"there is no question {str(name)!r} in the file")
        return found


def _surely(expression: Expression) -> bool:
    """Is there always a value?"""
    match expression:
        case Number() | Truth() | Compare() | OneOf() | Logic() | Not():
            return True
        case Text():
            return bool(expression.value)
        case Call():
            return expression.function in (
                "count",
                "selected",
                "answered",
                "shown",
                "contains",
                "startswith",
                "matches",
            )
    return False


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
