"""What a condition depends on: its atoms, and for closed questions the answers that make each true or false.

An atom is a part of a condition that is true or false and is not made of smaller conditions: a comparison, `in`,
answered(), selected(), a truth by name. Whoever asks which answers lead to a question combines atoms instead of trying
every respondent there could be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from populace.survey.expression_checks import Known
from populace.survey.expression_columns import holds_many
from populace.survey.expression_records import Call, Expression, Logic, Not, Truth, names_in, walk

#: combinations of answers tried for one atom
MAX_COMBINATIONS = 10_000


@dataclass(frozen=True)
class Atom:
    """One part of a condition that is true or false."""

    #: the part itself
    expression: Expression
    #: the names it speaks of, in the order of `names_in`
    names: tuple[str, ...]
    #: answers that make it true: one code (None = nothing) for each name; None when they are not finite
    true_when: tuple[tuple[int | str | None, ...], ...] | None = None
    #: answers that make it false, likewise
    false_when: tuple[tuple[int | str | None, ...], ...] | None = None


def atoms(expression: Expression, scope: Mapping[str, Known]) -> tuple[Atom, ...]:
    """The atoms of a condition, each once, in the order written.

    `true_when` and `false_when` together list every combination of codes and nothing of the closed questions an atom
    speaks of. They are None when it speaks of a number, a text, a multiple choice or of shown(), or when there are more
    than 10,000 combinations.
    """
    return tuple(_atom(part, scope) for part in dict.fromkeys(_parts(expression)))


def _parts(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Logic() | Not():
            inner = tuple(expression.parts())
        case Call(function="if"):
            inner = expression.arguments
        case Truth():
            inner = ()
        case _:
            yield expression
            return
    for part in inner:
        yield from _parts(part)


def _atom(expression: Expression, scope: Mapping[str, Known]) -> Atom:
    names = names_in(expression)
    known = [scope.get(name) for name in names]
    finite = all(one is not None and one.kind == "closed" and one.codes for one in known)
    about_showing = any(isinstance(part, Call) and part.function == "shown" for part in walk(expression))
    if not finite or about_showing or prod(len(one.codes) + 1 for one in known) > MAX_COMBINATIONS:
        return Atom(expression, names)
    answers = tuple(product(*((*one.codes, None) for one in known)))
    columns = {name: _column(answers, place) for place, name in enumerate(names)}
    labels = {name: dict(zip(one.codes, one.labels, strict=False)) for name, one in zip(names, known, strict=True)}
    true = holds_many(expression, columns, len(answers), labels=labels)
    return Atom(
        expression,
        names,
        tuple(answer for answer, holds in zip(answers, true, strict=True) if holds),
        tuple(answer for answer, holds in zip(answers, true, strict=True) if not holds),
    )


def _column(answers: tuple[tuple[int | str | None, ...], ...], place: int) -> np.ndarray:
    return np.array([answer[place] for answer in answers], dtype=object)
