"""What is known of a batch of respondents in the middle of an instrument: values by name, and what they were shown.

Within a loop a name means the column of the current round (`q5` is `q5.a` in round a), and `loop.field` a field of it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from populace.errors import InstrumentError
from populace.survey.expression_arrays import NOTHING, Chosen
from populace.survey.expression_columns import evaluate_many, holds_many
from populace.survey.expression_records import Call, Expression, names_in, walk
from populace.survey.expressions import parse
from populace.survey.names import shown
from populace.survey.piping import as_text, in_words, pieces

#: computed values that name computed values that name …
_MOST_LEVELS = 50


@dataclass(frozen=True)
class Place:
    """Where in its loops an interview is; outside of loops nothing is different."""

    #: appended to the names of columns here
    suffix: str = ""
    #: name of a field of a loop -> its text in this round
    fields: Mapping[str, str] = field(default_factory=dict)

    def within(self, name: str, fields: Mapping[str, str]) -> Place:
        """One loop further in."""
        own = {f"loop.{key}": text for key, text in fields.items()}
        return Place(f"{self.suffix}.{name}", {**self.fields, **own})

    def suffixes(self) -> list[str]:
        """What may be appended to a name, the innermost first."""
        parts = self.suffix.split(".")
        return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


class State:
    """Values and what was shown, of n respondents."""

    def __init__(
        self,
        n: int,
        known: Mapping[str, Any],
        labels: Mapping[str, Mapping[int | str, str]],
        computed: Mapping[str, str] | None = None,
        asked: Container[str] = (),
    ) -> None:
        self.n = n
        #: name -> (n,) floats with NaN, (n,) objects with None, or a Chosen table
        self.values: dict[str, Any] = {name: _whole(values, n) for name, values in known.items()}
        #: name -> (n,) who was shown it
        self.shown: dict[str, np.ndarray] = {name: np.ones(n, dtype=bool) for name in known}
        self.labels = labels
        self.computed = dict(computed or {})
        #: names that have an answer once they are asked: what they are called in a round is nothing else outside it
        self._asked = asked
        #: names whose values belong to the caller, and are copied before they are changed
        self._given = set(known)
        #: name -> kinds of the objects it holds
        self._kinds: dict[str, set[type]] = {}
        self._level = 0

    # -- writing -----------------------------------------------------------------------------------------------------

    def show(self, name: str, rows: np.ndarray) -> None:
        """These respondents (places) are shown what is called so."""
        if name not in self.shown:
            self.shown[name] = np.zeros(self.n, dtype=bool)
        self.shown[name][rows] = True

    def put(self, name: str, rows: np.ndarray, values: np.ndarray) -> None:
        """The values (m,) of these respondents (places); floats with NaN, or objects with None."""
        kept = self.values.get(name)
        if kept is None or isinstance(kept, Chosen):
            kept = np.full(self.n, None, dtype=object) if values.dtype == object else np.full(self.n, np.nan)
        elif name in self._given:
            kept = kept.copy()
        self._given.discard(name)
        if object in (kept.dtype, values.dtype):
            kept, values = self._together(name, _objects(kept), _objects(values))
        kept[rows] = values
        self.values[name] = kept

    def _together(self, name: str, kept: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Objects that stand in one column: where texts, numbers and truths meet, all of them in words."""
        kinds = self._kinds[name] = self._kinds.get(name, _kinds(kept)) | _kinds(values)
        return (kept, values) if len(kinds) < 2 else (_in_texts(kept), _in_texts(values))

    def choose(self, name: str, codes: tuple[int | str, ...], rows: np.ndarray, table: np.ndarray) -> None:
        """The codes (m, K) that these respondents chose of a multiple choice."""
        kept = self.values.get(name)
        whole = kept.table if isinstance(kept, Chosen) else np.zeros((self.n, len(codes)), dtype=bool)
        whole[rows] = table
        self.values[name] = Chosen(codes, whole)

    # -- reading -----------------------------------------------------------------------------------------------------

    def holds(self, condition: str, rows: np.ndarray, place: Place) -> np.ndarray:
        """(m,) of these respondents, for whom does a condition hold here?"""
        known = compiled(condition)
        return holds_many(
            known.expression, self._columns(known, rows, place), len(rows), **self._said(known, rows, place)
        )

    def value(self, expression: str, rows: np.ndarray, place: Place) -> np.ndarray:
        """(m,) what an expression gives for these respondents."""
        return self._evaluate(compiled(expression), rows, place)

    def words(self, text: str, rows: np.ndarray, place: Place) -> np.ndarray:
        """(m,) a text with `${…}` filled in, as objects; one `${…}` alone keeps its type."""
        parts = pieces(text)
        if len(parts) == 1 and not isinstance(parts[0], str):
            return self._piped(parts[0], rows, place)
        written = [part if isinstance(part, str) else self._in_words(part, rows, place) for part in parts]
        if all(isinstance(part, str) for part in written):
            return np.full(len(rows), "".join(written), dtype=object)
        columns = ([part] * len(rows) if isinstance(part, str) else part for part in written)
        return np.array(["".join(row) for row in zip(*columns, strict=True)], dtype=object)

    def _in_words(self, part: Expression, rows: np.ndarray, place: Place) -> list[str]:
        return in_words(self._piped(part, rows, place))

    def _piped(self, part: Expression, rows: np.ndarray, place: Place) -> np.ndarray:
        """What a part of a text gives; labels may have words to be filled in themselves."""
        expression = as_text(part, self.labels)
        found = self._evaluate(_known(expression), rows, place)
        if not (isinstance(expression, Call) and expression.function == "label"):
            return found  # what respondents write is not read as piping
        filled = found.copy()
        for label in {label for label in found.tolist() if label and "${" in label}:
            here = found == label
            with self._deeper(label):
                filled[here] = in_words(self.words(label, rows[here], place))
        return filled

    def _evaluate(self, known: Compiled, rows: np.ndarray, place: Place) -> np.ndarray:
        columns = self._columns(known, rows, place)
        return evaluate_many(known.expression, columns, len(rows), **self._said(known, rows, place))

    def _columns(self, known: Compiled, rows: np.ndarray, place: Place) -> dict[str, Any]:
        return {name: self._column(name, rows, place) for name in known.names}

    def _said(self, known: Compiled, rows: np.ndarray, place: Place) -> dict[str, Any]:
        shown = {name: self._shown(name, rows, place) for name in known.names} if known.asks_shown else {}
        return {"labels": self.labels, "shown": shown}

    def _column(self, name: str, rows: np.ndarray, place: Place) -> Any:
        """The values of these respondents; nothing for what has none yet."""
        if name in place.fields:
            others = {field: text for field, text in place.fields.items() if field != name}
            return self.words(place.fields[name], rows, Place(place.suffix, others))
        if name in self.computed:
            return self._computed(name, rows, place)
        for suffix in place.suffixes():
            if name + suffix in self.values:
                return _taken(self.values[name + suffix], rows, self.n)
            if name + suffix in self._asked:
                return NOTHING
        return NOTHING

    def _computed(self, name: str, rows: np.ndarray, place: Place) -> Any:
        with self._deeper(name):
            return self.value(self.computed[name], rows, place)

    @contextmanager
    def _deeper(self, what: str) -> Iterator[None]:
        """One level further; circles are refused."""
        if self._level >= _MOST_LEVELS:
            raise InstrumentError(f"{shown(what)} depends on itself, or on too many others: break the circle")
        self._level += 1
        try:
            yield
        finally:
            self._level -= 1

    def _shown(self, name: str, rows: np.ndarray, place: Place) -> Any:
        for suffix in place.suffixes():
            if name + suffix in self.shown:
                return self.shown[name + suffix][rows]
            if name + suffix in self._asked:
                break
        return np.zeros(len(rows), dtype=bool)


@dataclass(frozen=True)
class Compiled:
    """An expression with what has to be looked up for it."""

    #: the expression
    expression: Expression
    #: names in it
    names: tuple[str, ...]
    #: does it ask what was shown?
    asks_shown: bool


@lru_cache(maxsize=50_000)
def compiled(text: str) -> Compiled:
    """An expression, read once however often it is asked for. Raises `InstrumentError`."""
    return _known(parse(text))


def _known(expression: Expression) -> Compiled:
    asks = any(isinstance(part, Call) and part.function == "shown" for part in walk(expression))
    return Compiled(expression, names_in(expression), asks)


def _whole(values: Any, n: int) -> Any:
    """Values as they are kept: one for everybody is spread, whole numbers become floats."""
    if isinstance(values, Chosen):
        return values
    values = np.asarray(values)
    values = values.astype(np.float64) if values.dtype.kind in "iu" else values
    values = values.astype(object) if values.dtype.kind == "U" else values
    return values if values.ndim else np.full(n, values.item(), dtype=values.dtype)


def _objects(values: np.ndarray) -> np.ndarray:
    """Values with None for nothing."""
    if values.dtype == object:
        return values
    return np.array([None if value != value else value for value in values.tolist()], dtype=object)


def _kinds(values: np.ndarray) -> set[type]:
    """What there is: texts, truths, numbers."""
    found = {type(value) for value in values.tolist()} - {type(None)}
    return {kind if kind in (str, bool) else float for kind in found}


def _in_texts(values: np.ndarray) -> np.ndarray:
    return np.array([words or None for words in in_words(values)], dtype=object)


def _taken(values: Any, rows: np.ndarray, n: int) -> Any:
    """The values of these respondents; all of them without a copy."""
    if len(rows) == n:
        return values
    return Chosen(values.codes, values.table[rows]) if isinstance(values, Chosen) else values[rows]
