"""Our conditions and values in ExpressionScript. What LimeSurvey means by them is what we mean, nothing included.

Every name is written with `.NAOK`: without it LimeSurvey would take the whole condition for false where a question was
not put. `limesurvey_expressions` reads all of it back.
"""

from __future__ import annotations

from populace.survey.expression_records import (
    Call,
    Compare,
    Expression,
    Logic,
    Name,
    Not,
    Number,
    OneOf,
    Text,
    Truth,
)
from populace.survey.formats.dialect_write import Dialect, NotWritten
from populace.survey.formats.limesurvey_codes import Target
from populace.survey.formats.limesurvey_grammar import tree_of
from populace.survey.formats.limesurvey_regex import regex_of

#: our functions that LimeSurvey has under this name
_FUNCTIONS = {
    "min": "min", "max": "max", "round": "round", "floor": "floor", "ceil": "ceil", "abs": "abs", "length": "strlen",
    "lower": "strtolower",
}  # fmt: skip
#: functions that always give something
_SURE = ("count", "selected", "answered", "shown", "contains", "startswith", "matches")
_ORDER = {"<": lambda a: a > 0, "<=": lambda a: a >= 0, ">": lambda a: a < 0, ">=": lambda a: a <= 0}


class Script(Dialect[Target]):
    """Writes expressions of ExpressionScript."""

    true, false, conjunction, disjunction = "1", "0", "&&", "||"
    functions = frozenset({"count", "sum", "mean", *_FUNCTIONS})

    def _within(self, expression: Expression) -> str:
        written = self.condition(expression)
        return f"({written})" if isinstance(expression, Logic) else written

    def _not(self, operand: Expression) -> str:
        if self._is_answered(operand):
            return f"is_empty({self._value_named(operand.arguments[0])})"
        inner = self.condition(operand)
        # `!is_empty()` reads as answered()
        twice = isinstance(operand, Not) and self._is_answered(operand.operand)
        return f"!(!(!{inner}))" if twice else f"!({inner})"

    def _is_answered(self, operand: Expression) -> bool:
        """Is it `answered(q)` of a question with one answer?"""
        if not (isinstance(operand, Call) and operand.function == "answered"):
            return False
        return self._target(operand.arguments[0]).kind not in ("multiple", "placed", "ticked")

    def _compare(self, left: Expression, operator: str, right: Expression) -> str:
        if isinstance(left, Name) and self._target(left).kind == "placed":
            return self._placed(left, operator, right)
        one, other = self._side(left, operator, right), self._other(left, right, operator)
        if operator != "!=":
            return f"{one} {operator} {other}"
        given = [f"!is_empty({self._value_named(part)})" for part in self._differ(left, right)]
        return f"({' && '.join([*given, f'{one} != {other}'])})" if given else f"{one} != {other}"

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
            return self._quoted(target.codes.get(right.value, str(right.value)))
        if target.kind in ("multiple", "ticked", "none"):
            raise NotWritten(f"{left} is compared with {right}")
        return self.value(right)

    def _placed(self, left: Name, operator: str, right: Expression) -> str:
        """The place of an option is a question of which option stands there."""
        target = self._target(left)
        if operator != "==" or not isinstance(right, Number) or not float(right.value).is_integer():
            raise NotWritten(f"the place of {left} is compared by {operator!r}")
        return f"{target.name}_{int(right.value)}.NAOK == {self._quoted(next(iter(target.codes.values())))}"

    def _one_of(self, one: OneOf) -> str:
        asked, members = self._members(one)
        operator, word = ("!=", "and") if one.negated else ("==", "or")
        name = self._value_named(asked)
        parts = [f"{name} {operator} {self._other(asked, member, operator)}" for member in members]
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
                return f"substr({self.value(call.arguments[0])}, 0, {len(part)}) == {self._quoted(part)}"
            case "matches":
                return f"regexMatch({self._quoted(regex_of(call.arguments[1].value))}, {self.value(call.arguments[0])})"
        raise NotWritten(f"{call} is no condition")

    def _answered(self, name: Expression) -> str:
        target = self._target(name)
        if target.kind == "multiple":
            return f"count({target.together}.NAOK) > 0"
        if target.kind == "placed":
            raise NotWritten(f"{name} is the place of an option in a ranking")
        return "1" if target.kind == "ticked" else f"!is_empty({self._value_named(name)})"

    def _selected(self, call: Call) -> str:
        name, *codes = call.arguments
        target = self._target(name)
        if target.kind == "multiple":
            parts = [self._box(target, self._code(target, code)) for code in codes]
        elif target.kind == "closed":
            parts = [f"{target.name}.valueNAOK == {self._quoted(self._code(target, code))}" for code in codes]
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

    def _step(self, written: str, sign: str, operand: str) -> str:
        if sign == "%":
            return f"({written} - {operand} * floor({written} / {operand}))"
        return f"{written} {sign} {operand}"

    def _label(self, target: Target) -> str:
        return f"{target.name}.shown"

    def _value_called(self, call: Call) -> str:
        match call.function:
            case "count":
                return f"count({', '.join(self._counted(name) for name in call.arguments)})"
            case "sum":
                return self._sum_of_nothing(call)
            case "mean":
                inner = ", ".join(self._value_named(name) for name in call.arguments)
                return f"(sum({inner}) / count({inner}))"
        return f"{_FUNCTIONS[call.function]}({', '.join(self.value(part) for part in call.arguments)})"

    def _counted(self, name: Expression) -> str:
        target = self._target(name)
        return f"{target.together}.NAOK" if target.kind == "multiple" else self._value_named(name)

    def _sum(self, call: Call) -> str:
        return f"sum({', '.join(self.value(part) for part in call.arguments)})"

    def _sum_of_nothing(self, call: Call) -> str:
        """A sum; ours is nothing where there is nothing to add, LimeSurvey's is 0."""
        if not all(isinstance(part, Name) for part in call.arguments):
            if not any(self._surely(part) for part in call.arguments):
                raise NotWritten(f"{call} is nothing where its parts are")
            return self._sum(call)
        return f'if(count({", ".join(self._value_named(part) for part in call.arguments)}) > 0, {self._sum(call)}, "")'

    def _value_named(self, name: Name) -> str:
        target = self._target(name)
        if target.kind in ("multiple", "placed", "none"):
            raise NotWritten(f"{name} has no single value there")
        return f"{target.name}.NAOK"

    def _parse(self, text: str) -> object:
        return tree_of(text)

    def _surely(self, expression: Expression) -> bool:
        match expression:
            case Number() | Truth() | Compare() | OneOf() | Logic() | Not():
                return True
            case Text():
                return bool(expression.value)
            case Call():
                return expression.function in _SURE
        return False

    def _quoted(self, text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
