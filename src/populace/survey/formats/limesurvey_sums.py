"""Small questions about expressions of LimeSurvey and of ours, for their translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number, OneOf, Text, Truth
from populace.survey.formats.translated import NotRead

if TYPE_CHECKING:
    from lark import Tree


def refuse(function: str) -> Expression:
    """No function of ours does that."""
    raise NotRead(f"{function}() has no counterpart")


def function_of(tree: Tree) -> str:
    """Name of the function that is called, in small letters."""
    return str(tree.children[0]).lower()


def unquoted(token: str) -> str:
    """What stands between quotes."""
    return str(token)[1:-1].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")


def differs_at_zero(operator: str, other: Number) -> bool:
    """Would a sum of nothing meet the condition, being 0?"""
    value = other.value
    return {"==": value == 0, "!=": value != 0, "<": value > 0, "<=": value >= 0, ">": value < 0, ">=": value <= 0}[
        operator
    ]


def sum_of_nothing(value: Expression) -> bool:
    """A sum that is 0 where there is nothing to add."""
    return isinstance(value, Call) and value.function == "sum" and value.arguments[0] == Number(0)


def never_nothing(value: Expression) -> bool:
    """Is there always a value?"""
    if isinstance(value, Compare | OneOf | Logic | Not):
        return True
    if isinstance(value, Call) and value.function == "sum":
        return any(map(never_nothing, value.arguments))
    if isinstance(value, Call):
        return value.function in ("count", "selected", "answered")
    return isinstance(value, Number | Truth) or (isinstance(value, Text) and bool(value.value))


def guards_sum(condition: Expression, value: Expression) -> bool:
    """`count(a, b) > 0` around `sum(a, b)`: our sum of them."""
    if not (isinstance(value, Call) and value.function == "sum" and len(value.arguments) > 1):
        return False
    return (
        condition == Compare(">", Call("count", value.arguments[1:]), Number(0))
        if all(isinstance(one, Name) for one in value.arguments[1:])
        else False
    )
