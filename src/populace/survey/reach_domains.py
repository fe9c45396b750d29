"""Values that matter: for every name in conditions, a few values that stand for all others.

Conditions compare with constants, so values on the same side of all constants are alike. Where a condition does more
(arithmetic, two names compared, parts of texts), the few values are tried and prove nothing: `complete` says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from populace.survey.expression_records import Call, Compare, Expression, Name, Number, OneOf, Text, names_in, walk
from populace.survey.flow import Roll, SetData, elements
from populace.survey.instrument import Instrument, embedded
from populace.survey.item import Item
from populace.survey.kinds import chosen_columns
from populace.survey.piping import piped

#: codes of a multiple choice of which every set is tried
_MOST_CODES = 6
#: functions that look into texts: what they are asked of has more values than constants
_INSIDE = ("contains", "startswith", "matches", "length", "lower")


@dataclass
class Domain:
    """The values of one name that are tried."""

    #: numbers, texts, frozensets of codes; None for nothing
    values: list[Any] = field(default_factory=list)
    #: do these stand for every value there is?
    complete: bool = True


def domains(instrument: Instrument, expressions: Iterable[Expression]) -> dict[str, Domain]:
    """Name -> the values that matter, for items, multiple choices, embedded data and what is known from outside."""
    constants, inexact = _constants(expressions)
    found = {item.name: _of_item(item, constants, inexact) for item in instrument.items()}
    for question in instrument.questions:
        for name, columns in chosen_columns(question).items():
            found[name] = _of_choices(tuple(columns), constants.get(name, ()))
    written = _written(instrument)
    for name in dict.fromkeys([*embedded(instrument), *constants]):
        if name not in found:
            found[name] = _of_field(name, constants, written, instrument, inexact)
    return found


def _constants(expressions: Iterable[Expression]) -> tuple[dict[str, list[Any]], set[str]]:
    """Name -> what it is compared with; and names of which more is asked than a comparison with constants."""
    constants: dict[str, list[Any]] = {}
    inexact: set[str] = set()
    for expression in expressions:
        for part in walk(expression):
            for name, values in _compared(part):
                constants.setdefault(name, []).extend(values)
            inexact |= _beyond(part)
        for name in names_in(expression):
            constants.setdefault(name, [])
    return constants, inexact


def _compared(part: Expression) -> Iterator[tuple[str, list[Any]]]:
    match part:
        case Compare(left=Name() as name, right=Number() | Text() as value):
            yield name.name, [value.value]
        case Compare(left=Number() | Text() as value, right=Name() as name):
            yield name.name, [value.value]
        case OneOf(value=Name() as name):
            yield name.name, [member.value for member in part.members]
        case Call(function="selected"):
            yield part.arguments[0].name, [code.value for code in part.arguments[1:]]
        case Call(function="contains" | "startswith" | "matches", arguments=(Name() as name, Text() as text)):
            yield name.name, [text.value, text.value.replace("*", "").replace("?", "x")]


def _beyond(part: Expression) -> set[str]:
    """Names that a part asks more of than how they compare with constants."""
    plain = (Name, Number, Text)
    if isinstance(part, Compare):
        both = isinstance(part.left, Name) and isinstance(part.right, Name)
        if both or not (isinstance(part.left, plain) and isinstance(part.right, plain)):
            return {name for side in (part.left, part.right) for name in names_in(side)}
        return set()
    if isinstance(part, OneOf) and not isinstance(part.value, Name):
        return set(names_in(part.value))
    return set(names_in(part)) if isinstance(part, Call) and part.function in _INSIDE else set()


def _of_item(item: Item, constants: Mapping[str, list[Any]], inexact: set[str]) -> Domain:
    asked = constants.get(item.name, [])
    if item.numeric is not None:
        low, high = item.numeric.minimum, item.numeric.maximum
        values = _around([value for value in asked if isinstance(value, int | float)], low, high, item.numeric.integer)
        return Domain([None, *values], item.name not in inexact)
    if item.options:
        return Domain([None, *(option.code for option in item.options)])
    return _of_text(item.name, asked, inexact)


def _around(constants: list[float], low: float | None, high: float | None, whole: bool) -> list[float]:
    """Numbers on, below and above every constant, within the limits."""
    step = 1.0 if whole else 0.5
    found = {value + shift for value in constants for shift in (-step, 0, step)}
    found |= {value for value in (low, high) if value is not None} or {0.0}
    return sorted(v for v in found if (low is None or v >= low) and (high is None or v <= high))


def _of_text(name: str, asked: list[Any], inexact: set[str]) -> Domain:
    texts = [str(value) if not isinstance(value, float) else f"{value:g}" for value in asked]
    shifted = [f"{value + shift:g}" for value in asked if isinstance(value, int | float) for shift in (-1, 1)]
    return Domain([None, *dict.fromkeys([*texts, *shifted, "another text"])], name not in inexact)


def _of_choices(codes: tuple[int | str, ...], asked: Iterable[Any]) -> Domain:
    """Sets of the codes that are asked for, and of one that is not."""
    wanted = [code for code in codes if code in set(asked)]
    others = [code for code in codes if code not in set(wanted)][:1]
    pool = [*wanted[:_MOST_CODES], *others]
    sets = [frozenset(some) for size in range(len(pool) + 1) for some in combinations(pool, size)]
    return Domain([some or None for some in sets], len(wanted) <= _MOST_CODES)


def _of_field(
    name: str,
    constants: Mapping[str, list[Any]],
    written: Mapping[str, Domain],
    instrument: Instrument,
    inexact: set[str],
) -> Domain:
    """Embedded data: what the flow writes; where they come from outside, any text."""
    outside = name not in written or name in {one.name for one in instrument.data}
    domain = _of_text(name, constants.get(name, []), inexact) if outside else Domain([None])
    own = written.get(name, Domain([]))
    return Domain(list(dict.fromkeys([*domain.values, *own.values])), domain.complete and own.complete)


def _written(instrument: Instrument) -> dict[str, Domain]:
    """Embedded data that the flow writes, with the texts it writes."""
    found: dict[str, Domain] = {}
    for element in elements(instrument.flow):
        if isinstance(element, SetData):
            for name, text in element.values:
                domain = found.setdefault(name, Domain())
                domain.values += [] if piped(text) else [text or None]
                domain.complete &= not piped(text)
        elif isinstance(element, Roll):
            numbers = range(element.low, min(element.high, element.low + 50) + 1)
            found.setdefault(element.name, Domain()).values += [float(number) for number in numbers]
    return found
