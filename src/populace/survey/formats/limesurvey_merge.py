"""Conditions of LimeSurvey after translation: what is merged into one of ours, what holds when nothing was asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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


def merged(kind: str, operands: tuple[Expression, ...], compares: Sequence[bool]) -> Expression | None:
    """`a == 1 or a == 2` as `a in [1, 2]`, boxes of one question as one `selected`; `and` of `!=` as `not in`.

    `compares` says of which operands LimeSurvey compares something: its `a != 1` is told from its `!(a == 1)` by that.
    """
    if kind == "both":
        return _none_of(operands) if all(compares[1:]) else None
    calls = [
        one for one in operands if isinstance(one, Call) and one.function == "selected" and len(one.arguments) == 2
    ]
    if len(calls) == len(operands) and len({one.arguments[0] for one in calls}) == 1:
        return Call("selected", (calls[0].arguments[0], *dict.fromkeys(one.arguments[1] for one in calls)))
    members = [one.right for one in operands if _is_equality(one)]
    if (
        len(members) == len(operands)
        and len({one.left for one in operands}) == len({type(one) for one in members}) == 1
    ):
        return OneOf(operands[0].left, tuple(dict.fromkeys(members)))
    return None


def _is_equality(one: Expression) -> bool:
    return isinstance(one, Compare) and one.operator == "==" and isinstance(one.right, Number | Text)


def _none_of(operands: tuple[Expression, ...]) -> Expression | None:
    first, *others = operands
    unequal = [one.operand for one in others if isinstance(one, Not) and _is_equality(one.operand)]
    if not (isinstance(first, Call) and first.function == "answered" and len(unequal) == len(others) > 1):
        return None
    members = [one.right for one in unequal]
    if {one.left for one in unequal} != {first.arguments[0]} or len({type(one) for one in members}) > 1:
        return None
    return OneOf(first.arguments[0], tuple(dict.fromkeys(members)), negated=True)


def differing(operands: tuple[Expression, ...], compares: Sequence[bool]) -> tuple[Expression, ...]:
    """`answered(a)` right before `not a == 2` is `a != 2`."""
    found: list[Expression] = []
    for (before, one), compared in zip(pairwise((None, *operands)), compares, strict=True):
        equality = one.operand if compared and isinstance(one, Not) and _is_equality(one.operand) else None
        if equality and before == Call("answered", (equality.left,)) and isinstance(equality.left, Name):
            found[-1] = Compare("!=", equality.left, equality.right)
        else:
            found.append(one)
    return tuple(found)


def without(expression: Expression, missing: frozenset[str]) -> bool | None:
    """What a condition is when these names are nothing: true, false, or not known from this alone."""
    match expression:
        case Not():
            inner = without(expression.operand, missing)
            return None if inner is None else not inner
        case Logic():
            found = [without(part, missing) for part in expression.operands]
            decisive = expression.operator == "or"
            return decisive if decisive in found else (None if None in found else not decisive)
        case Compare():
            return False if _nothing_in(expression.left, missing) or _nothing_in(expression.right, missing) else None
        case OneOf():
            return False if _nothing_in(expression.value, missing) else None
        case Call() if expression.function in ("answered", "selected", "contains", "startswith", "matches", "shown"):
            return False if _nothing_in(expression.arguments[0], missing) else None
        case Call() if expression.function == "unsupported":
            return False
        case Truth():
            return expression.value
    return None


def _nothing_in(value: Expression, missing: frozenset[str]) -> bool:
    match value:
        case Name():
            return value.name in missing
        case Arithmetic():
            return any(_nothing_in(part, missing) for part in value.operands)
        case Minus():
            return _nothing_in(value.operand, missing)
        case Call() if value.function in ("label", "length", "lower", "round", "floor", "ceil", "abs"):
            return _nothing_in(value.arguments[0], missing)
    return False
