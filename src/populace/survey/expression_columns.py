"""What an expression is for many respondents at once. What it means stands in `populace.survey.expressions`.

The same meaning as `expression_values`, on the arrays of `expression_arrays`. Steps follow one another in the same
order as for one respondent, so results are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from populace.errors import InstrumentError
from populace.survey.expression_arrays import (
    NOTHING,
    Column,
    check_length,
    condition_of,
    each,
    finite,
    number_of,
    read_column,
    spread,
    text,
    there,
    truth,
    written_number,
)
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
from populace.survey.expression_values import entry, is_like

_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_COMPUTED = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.remainder}


def evaluate_many(
    expression: Expression,
    columns: Mapping[str, Any],
    n: int,
    *,
    labels: Mapping[str, Mapping[int | str, str]] | None = None,
    shown: Mapping[str, Any] | None = None,
) -> np.ndarray:
    """The value of an expression for n respondents: (n,) floats (NaN = nothing), booleans, or objects (None = nothing).

    `columns` has an entry for every name: a float or whole-number array, an array of texts or truths with None, a
    `Chosen` table, or one value for everybody. `labels` and `shown` as for `expression_values.evaluate`; an entry of
    `shown` may be an array. Truths of which some are nothing come as objects. Raises `InstrumentError` when a name has
    no entry, a column has another length, or the two sides of an if() are of different kinds.
    """
    kind, data = _Panel(columns, n, labels or {}, shown or {}).column(expression)
    if kind == "set":
        return np.array([codes or None for codes in data.sets()], dtype=object)
    if kind == "nothing":
        return np.full(n, None, dtype=object)
    if kind == "truth" and np.asarray(data).dtype != bool:
        missing = np.isnan(data)
        data = np.where(missing, None, (data == 1).astype(object)) if missing.any() else data == 1
    return spread(data, n, object if kind == "text" else None)


def holds_many(
    expression: Expression,
    columns: Mapping[str, Any],
    n: int,
    *,
    labels: Mapping[str, Mapping[int | str, str]] | None = None,
    shown: Mapping[str, Any] | None = None,
) -> np.ndarray:
    """(n,) booleans: for whom does a condition hold? Like `evaluate_many`, with nothing as False."""
    panel = _Panel(columns, n, labels or {}, shown or {})
    return spread(condition_of(panel.column(expression)), n)


class _Panel:
    """n respondents' answers, and what is said of the questions."""

    def __init__(self, columns: Mapping[str, Any], n: int, labels: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        self.columns, self.n, self.labels, self.shown = columns, n, labels, shown
        self.read: dict[str, Column] = {}

    def column(self, expression: Expression) -> Column:
        match expression:
            case Number():
                return Column("number", np.float64(expression.value))
            case Text():
                return Column("text", expression.value) if expression.value else NOTHING
            case Truth():
                return Column("truth", np.bool_(expression.value))
            case Name():
                return self.named(expression)
            case Not():
                return truth(~condition_of(self.column(expression.operand)))
            case Logic():
                join = np.logical_and if expression.operator == "and" else np.logical_or
                return truth(_folded(join, [condition_of(self.column(operand)) for operand in expression.operands]))
            case Compare():
                left, right = self.column(expression.left), self.column(expression.right)
                return truth(_compared(expression.operator, left, right))
            case OneOf():
                return truth(_one_of(self.column(expression.value), expression))
            case Arithmetic():
                return self.chain(expression)
            case Minus():
                return Column("number", -self.number(expression.operand))
            case Call():
                return _FUNCTIONS[expression.function](self, *expression.arguments)
        raise TypeError(f"{type(expression).__name__} is no record of an expression")

    def named(self, name: Name) -> Column:
        """The column of a name, read once however often it is mentioned."""
        if name.name not in self.read:
            self.read[name.name] = read_column(name.name, entry(name.name, self.columns, "column"), self.n)
        return self.read[name.name]

    def number(self, expression: Expression) -> Any:
        return number_of(self.column(expression))

    def text(self, expression: Expression) -> Any:
        column = self.column(expression)
        return column.data if column.kind == "text" else None

    def chain(self, chain: Arithmetic) -> Column:
        total, *others = [self.number(operand) for operand in chain.operands]
        with np.errstate(all="ignore"):
            for operator, other in zip(chain.operators, others, strict=True):
                total = finite(_COMPUTED[operator](total, other))
        return Column("number", total)


def _folded(join: Callable[[Any, Any], Any], parts: list[Any]) -> Any:
    joined = parts[0]
    for part in parts[1:]:
        joined = join(joined, part)
    return joined


def _compared(operator: str, left: Column, right: Column) -> Any:
    """Booleans of a comparison; False where a side is nothing."""
    if left.kind == right.kind == "text":
        return _compared_texts(operator, left.data, right.data)
    first, second = number_of(left), number_of(right)
    found = _COMPARED[operator](first, second)
    # every other comparison with NaN is False already
    return found & ~np.isnan(first) & ~np.isnan(second) if operator == "!=" else found


def _compared_texts(operator: str, left: Any, right: Any) -> Any:
    if operator == "==" and not (isinstance(left, np.ndarray) and isinstance(right, np.ndarray)):
        return np.asarray(np.equal(left, right), dtype=bool)  # a text is never equal to None
    both = there(left) & there(right)
    if operator in ("==", "!="):
        return np.asarray(_COMPARED[operator](left, right), dtype=bool) & both
    first, second = (np.where(both, side, "") for side in (left, right))
    return np.asarray(_COMPARED[operator](first, second), dtype=bool) & both


def _one_of(value: Column, expression: OneOf) -> Any:
    """Booleans of `in` and `not in`."""
    members = [member.value for member in expression.members]
    if value.kind == "text" and isinstance(members[0], str):
        wanted, given = {member for member in members if member}, value.data
        inside, known = each(lambda one: one in wanted, given, bool), there(given)
        lost = len(wanted) < len(set(members))
    else:
        numbers = np.array([written_number(m) if isinstance(m, str) else float(m) for m in members])
        given = number_of(value)
        inside, known, lost = _is_in(given, numbers[~np.isnan(numbers)]), ~np.isnan(given), np.isnan(numbers).any()
    # a member that is nothing, or no number where numbers are compared, leaves `not in` undecided: False
    return known & ~inside & ~np.bool_(lost) if expression.negated else inside


def _is_in(given: Any, numbers: np.ndarray) -> Any:
    if len(numbers) > 20:
        return np.isin(given, numbers)[()]
    return _folded(np.logical_or, [np.bool_(False), *(given == number for number in numbers)])


# one function each of `expression_functions.FUNCTIONS`, listed at the end


def _answered(panel: _Panel, name: Name) -> Column:
    kind, data = panel.named(name)
    if kind == "set":
        return truth(data.answered)
    if kind == "text":
        return truth(there(data))
    return truth(np.bool_(False) if kind == "nothing" else ~np.isnan(np.asarray(data, dtype=np.float64))[()])


def _shown(panel: _Panel, name: Name) -> Column:
    put = np.asarray(entry(name.name, panel.shown, "record of having been shown"), dtype=bool)
    if put.ndim:
        check_length(name.name, len(put), panel.n)
    return truth(put[()])


def _selected(panel: _Panel, name: Name, *codes: Number | Text) -> Column:
    column = panel.named(name)
    if column.kind != "set":
        equal = [_compared("==", column, panel.column(code)) for code in codes]
        return truth(_folded(np.logical_or, equal))
    places = [column.data.codes.index(code.value) for code in codes if code.value in column.data.codes]
    return truth(_folded(np.logical_or, [np.bool_(False), *(column.data.table[:, place] for place in places)]))


def _count(panel: _Panel, *names: Name) -> Column:
    total = np.float64(0)
    for name in names:
        kind, data = panel.named(name)
        total = total + (np.count_nonzero(data.table, axis=1) if kind == "set" else _answered(panel, name).data)
    return Column("number", total)


def _label(panel: _Panel, name: Name) -> Column:
    kind, data = panel.named(name)
    labels = entry(name.name, panel.labels, "list of labels")
    if kind == "set":
        found = [", ".join(label for code, label in labels.items() if code in codes) or None for codes in data.sets()]
        return Column("text", np.array(found, dtype=object))
    if kind == "nothing":
        return NOTHING
    if kind == "text":
        return text(each(lambda code: labels.get(code) or None, data, object))
    return text(_labels_of_numbers(data, labels))


def _labels_of_numbers(codes: Any, labels: Mapping[int | str, str]) -> Any:
    wordings = np.full(np.shape(codes), None, dtype=object)
    for code, label in labels.items():
        if not isinstance(code, str):
            wordings[np.equal(codes, code)] = label or None
    return wordings if wordings.ndim else wordings.item()


def _if(panel: _Panel, condition: Expression, then: Expression, otherwise: Expression) -> Column:
    holds = condition_of(panel.column(condition))
    arms = [NOTHING if arm.kind == "set" else arm for arm in map(panel.column, (then, otherwise))]
    kinds = {arm.kind for arm in arms if arm.kind != "nothing"}
    if not kinds:
        return NOTHING
    if len(kinds) > 1:
        raise InstrumentError(
            f"if(…, {then}, {otherwise}) is a {arms[0].kind} for some and a {arms[1].kind} for others; "
            "expected one kind: change one of the two"
        )
    kind = kinds.pop()
    if kind == "text":
        yes, no = (np.asarray(arm.data, dtype=object) for arm in arms)
    else:
        yes, no = (number_of(arm) for arm in arms)
    chosen = np.where(holds, yes, no)[()]
    if kind == "truth" and not np.isnan(chosen).any():
        chosen = chosen == 1
    return Column(kind, chosen)


def _summed(panel: _Panel, expressions: tuple[Expression, ...]) -> tuple[Any, Any]:
    """The sum of the numbers there are (NaN where it is nothing), and how many there are."""
    total, count = np.float64(0), np.float64(0)
    with np.errstate(all="ignore"):
        for number in map(panel.number, expressions):
            there = ~np.isnan(number)
            total = np.where(there, total + number, total)
            count = count + there
    return np.where((count > 0) & np.isfinite(total), total, np.nan)[()], count


def _sum(panel: _Panel, *expressions: Expression) -> Column:
    return Column("number", _summed(panel, expressions)[0])


def _mean(panel: _Panel, *expressions: Expression) -> Column:
    total, count = _summed(panel, expressions)
    return Column("number", total / np.maximum(count, 1))


def _extreme(pick: Callable[[Any, Any], Any]) -> Callable[..., Column]:
    """min or max of the numbers there are: numpy's fmin and fmax skip NaN."""
    return lambda panel, *expressions: Column("number", _folded(pick, [panel.number(part) for part in expressions]))


def _ofnumber_of(change: Callable[[Any], Any]) -> Callable[..., Column]:
    return lambda panel, expression: Column("number", change(panel.number(expression)))


def _round(panel: _Panel, expression: Expression, digits: Number = Number(0)) -> Column:
    number, unit = panel.number(expression), 10.0**digits.value
    with np.errstate(all="ignore"):
        size = np.abs(number) * unit
        whole = np.floor(size)
        near = np.copysign((whole + (size - whole >= 0.5)) / unit, number)
    return Column("number", np.where(np.isinf(size), number, near)[()])


def _length(panel: _Panel, expression: Expression) -> Column:
    words = panel.text(expression)
    return Column("number", each(lambda found: np.nan if found is None else float(len(found)), words, np.float64))


def _lower(panel: _Panel, expression: Expression) -> Column:
    return text(each(lambda words: words and words.lower(), panel.text(expression), object))


def _search(found: Callable[[str, str], bool]) -> Callable[..., Column]:
    """A condition on two texts."""

    def searched(panel: _Panel, whole: Expression, part: Expression) -> Column:
        texts, parts = panel.text(whole), panel.text(part)
        if not isinstance(parts, np.ndarray):
            return truth(each(lambda one: bool(one and parts and found(one, parts)), texts, bool))
        pairs = zip(spread(texts, panel.n, object), parts, strict=True)
        return truth(np.array([bool(one and part and found(one, part)) for one, part in pairs], dtype=bool))

    return searched


def _matches(panel: _Panel, whole: Expression, pattern: Text) -> Column:
    return truth(each(lambda one: one is not None and is_like(one, pattern.value), panel.text(whole), bool))


def _unsupported(panel: _Panel, original: Text) -> Column:
    return truth(np.bool_(False))


_FUNCTIONS: dict[str, Callable[..., Column]] = {
    "answered": _answered,
    "shown": _shown,
    "selected": _selected,
    "count": _count,
    "label": _label,
    "if": _if,
    "sum": _sum,
    "mean": _mean,
    "min": _extreme(np.fmin),
    "max": _extreme(np.fmax),
    "round": _round,
    "floor": _ofnumber_of(np.floor),
    "ceil": _ofnumber_of(np.ceil),
    "abs": _ofnumber_of(np.abs),
    "length": _length,
    "lower": _lower,
    "contains": _search(lambda one, part: part in one),
    "startswith": _search(str.startswith),
    "matches": _matches,
    "unsupported": _unsupported,
}
