"""What a panel records beside the answers: random orders, versions, embedded and computed data, and endings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from populace.data.codebook import Variable
from populace.errors import InstrumentError
from populace.survey.expression_arrays import written_number
from populace.survey.expression_checks import Known, check, scope_of
from populace.survey.expression_records import Expression, names_in
from populace.survey.expressions import parse
from populace.survey.flow import ENDINGS, CheckQuota, End, elements
from populace.survey.instrument import Instrument, embedded
from populace.survey.piping import in_words
from populace.survey.recorded import RandomOrder, random_orders, versions_of
from populace.survey.scale import Option
from populace.survey.state import Place
from populace.survey.walk import Walk

#: name of the column that says how an interview ended
ENDED = "ended_as"
#: its code for a complete interview
COMPLETED = ENDINGS.index("complete") + 1
#: computed values that name computed values that name …
_MOST_LEVELS = 50


@dataclass(frozen=True)
class Recorded:
    """One column, and how it is taken from a finished walk."""

    #: what the column means
    variable: Variable
    #: walk -> (n,) values
    series: Callable[[Walk], pl.Series]


def recorded(instrument: Instrument) -> tuple[Recorded, ...]:
    """The columns that a run of this instrument records, in their order."""
    beside = (_ends, _quotas, _data, _orders, _versions, _computed)
    return tuple(column for part in beside for column in part(instrument))


def _ends(instrument: Instrument) -> Iterator[Recorded]:
    if any(
        isinstance(one, CheckQuota) or (isinstance(one, End) and one.kind != "complete")
        for one in elements(instrument.flow)
    ):
        options = tuple(Option(place, kind) for place, kind in enumerate(ENDINGS, 1))
        codes = {option.label: option.code for option in options}
        variable = Variable(ENDED, "How the interview ended", "single", options, "design")
        yield Recorded(variable, lambda walk: pl.Series(ENDED, [codes[kind] for kind in walk.ended], dtype=pl.Int16))


def quota_column(quota: str) -> str:
    """The column that says who falls into a quota."""
    return f"quota_{quota}"


def _quotas(instrument: Instrument) -> Iterator[Recorded]:
    for quota in instrument.quotas:
        name = quota_column(quota.name)
        variable = Variable(name, f"Falls into quota {quota.name}", "numeric", (), "design", extra={"integer": True})
        yield Recorded(variable, _fell(name, quota.name))


def _fell(name: str, quota: str) -> Callable[[Walk], pl.Series]:
    def series(walk: Walk) -> pl.Series:
        visits = walk.fell.get(quota, np.full(walk.n, -1))
        return pl.Series(name, [1 if visit >= 0 else None for visit in visits.tolist()], dtype=pl.Int64)

    return series


def _data(instrument: Instrument) -> Iterator[Recorded]:
    """Embedded data as texts; numbers where they are declared to be."""
    declared = {field.name: field for field in instrument.data}
    for name in dict.fromkeys(embedded(instrument)):
        field = declared.get(name)
        words = (field.text if field else None) or f"Embedded data {name}"
        numeric = field is not None and field.kind == "number"
        variable = Variable(name, words, "numeric" if numeric else "text", (), "design", extra={"integer": False})
        yield Recorded(variable, _taken(name, numeric))


def _taken(name: str, numeric: bool) -> Callable[[Walk], pl.Series]:
    def series(walk: Walk) -> pl.Series:
        values = walk.state.values.get(name, np.full(walk.n, None, dtype=object))
        if numeric:
            return pl.Series(name, _numbers(values), nan_to_null=True)
        return pl.Series(name, _texts(values), dtype=pl.String)

    return series


def _computed(instrument: Instrument) -> Iterator[Recorded]:
    types = _types(instrument)
    for one in instrument.computed:
        text = types[one.name] not in ("number", "truth")
        kind = "text" if text else "numeric"
        role = "design" if text else "question"
        variable = Variable(one.name, one.text or f"Computed: {one.value}", kind, (), role, extra={"integer": False})
        yield Recorded(variable, _evaluated(one.name, one.value, text))


def _types(instrument: Instrument) -> dict[str, str]:
    """Computed value -> "number", "truth", "text" or something else; one may name another, before or behind it."""
    values = {one.name: parse(one.value) for one in instrument.computed}
    # names of no question are known of respondents, one way or another
    scope = {name: Known("unknown") for value in values.values() for name in names_in(value)} | scope_of(instrument)
    types = {name: check(value, scope) for name, value in values.items()}
    for _ in range(_MOST_LEVELS):
        scope |= {name: Known(one) for name, one in types.items() if one in ("number", "truth", "text")}
        before, types = types, {name: _type(value, scope, types[name]) for name, value in values.items()}
        if types == before:
            break
    return types


def _type(value: Expression, scope: Mapping[str, Known], otherwise: str) -> str:
    try:
        return check(value, scope)
    except InstrumentError:  # adds to a text, say: what it gives then is nothing
        return otherwise


def _evaluated(name: str, expression: str, text: bool) -> Callable[[Walk], pl.Series]:
    def series(walk: Walk) -> pl.Series:
        values = walk.state.value(expression, np.arange(walk.n), Place())
        if text:
            return pl.Series(name, _texts(values), dtype=pl.String)
        return pl.Series(name, _numbers(values), nan_to_null=True)

    return series


def _orders(instrument: Instrument) -> Iterator[Recorded]:
    """Orders of blocks, questions, rounds, options and rows, as far as they are random."""
    for order in random_orders(instrument):
        yield Recorded(Variable(order.column, order.words, "text", (), "design"), _written(order))


def _written(order: RandomOrder) -> Callable[[Walk], pl.Series]:
    def series(walk: Walk) -> pl.Series:
        seen = walk.orders.get(order.key)
        texts = [None] * walk.n if seen is None else order.texts(seen)
        return pl.Series(order.column, texts, dtype=pl.String)

    return series


def _versions(instrument: Instrument) -> Iterator[Recorded]:
    for name in versions_of(instrument):
        words = f"Version of the tasks of {name.removesuffix('_version')}"
        yield Recorded(Variable(name, words, "numeric", (), "design"), _version(name))


def _version(name: str) -> Callable[[Walk], pl.Series]:
    def series(walk: Walk) -> pl.Series:
        values = walk.versions.get(name, np.zeros(walk.n, dtype=np.int64))
        return pl.Series(name, [value or None for value in values.tolist()], dtype=pl.Int64)

    return series


def _numbers(values: np.ndarray) -> np.ndarray:
    """Numbers with NaN for nothing; truths are 1 and 0."""
    if values.dtype != object:
        return values.astype(np.float64)
    return np.array([_number(value) for value in values.tolist()], dtype=np.float64)


def _number(value: object) -> float:
    """A number, a truth, or a text that is written as a number; NaN for everything else."""
    if value is None or isinstance(value, str):
        return written_number(value)
    return float(value) if isinstance(value, int | float) else np.nan


def _texts(values: np.ndarray) -> list[str | None]:
    return [words or None for words in in_words(values)]


def by_name(columns: tuple[Recorded, ...]) -> Mapping[str, Recorded]:
    """Recorded columns by their names."""
    return {one.variable.name: one for one in columns}
