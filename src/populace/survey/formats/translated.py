"""What readers of conditions in other languages share: what stands for a condition that could not be translated."""

from __future__ import annotations

from populace.survey.expression_records import MAX_PATTERN, Call, Expression, Logic, Name, Not, Text, walk


class NotRead(Exception):
    """An expression, or a part of it, that this program cannot put into its own language."""


def unsupported(text: str) -> Call:
    """What stands in place of a condition that could not be translated."""
    return Call("unsupported", (Text(" ".join(text.split())[:MAX_PATTERN] or "?"),))


def holds_unsupported(expression: Expression) -> bool:
    """Is there a part that could not be translated?"""
    return any(isinstance(part, Call) and part.function == "unsupported" for part in walk(expression))


def both(*conditions: Expression | None) -> Expression | None:
    """All of these conditions, each once; None where there are none."""
    parts = tuple(dict.fromkeys(one for one in conditions if one is not None))
    return Logic("and", parts) if len(parts) > 1 else parts[0] if parts else None


def negated(condition: Expression) -> Expression:
    """The opposite of a condition; of one that could not be translated nobody knows it either."""
    if isinstance(condition, Not):
        return condition.operand
    return unsupported(f"not ({condition})") if holds_unsupported(condition) else Not(condition)


def joined(operator: str, *conditions: Expression | None) -> Expression | None:
    """Conditions joined, those of the same kind within one another taken apart; None where there are none."""
    parts = [
        part
        for condition in conditions
        if condition is not None
        for part in (
            condition.operands if isinstance(condition, Logic) and condition.operator == operator else [condition]
        )
    ]
    return Logic(operator, tuple(parts)) if len(parts) > 1 else parts[0] if parts else None


def code_only(piece: Expression) -> bool:
    """`if(answered(q), q, "")`: within words the code of the answer, where the name alone would give its label."""
    if not (isinstance(piece, Call) and piece.function == "if" and isinstance(piece.arguments[1], Name)):
        return False
    return piece.arguments == code_of(piece.arguments[1]).arguments


def code_of(name: Name) -> Call:
    """The code of the answer to a closed question, within words."""
    return Call("if", (Call("answered", (name,)), name, Text("")))
