"""Conditions of options as array filters, where they are what LimeSurvey makes of array filters."""

from __future__ import annotations

from collections.abc import Sequence

from populace.survey.expression_records import Call, Expression, Logic, Name, Not, walk
from populace.survey.expressions import parse
from populace.survey.formats.limesurvey_codes import Codes
from populace.survey.formats.limesurvey_names import constant
from populace.survey.formats.translated import both
from populace.survey.instrument import Instrument
from populace.survey.scale import Option

_SHOWN, _HIDDEN = "array_filter", "array_filter_exclude"


class Filters:
    """The multiple choices that can filter, and the filters that were written."""

    def __init__(self, instrument: Instrument, codes: Codes) -> None:
        self.codes = codes
        #: multiple choice -> what its options are called in filters -> their codes
        self.boxes = {
            question.name: {_key(option): option.code for option in question.options}
            for question in instrument.questions
            if question.kind == "multiple"
        }
        #: question -> its filters: (attribute, question that filters)
        self.used: dict[str, list[tuple[str, str]]] = {}

    def of(self, question: str, options: Sequence[Option]) -> dict[str, str]:
        """The attributes that say all conditions of these options; none where they cannot."""
        conditions = [parse(option.show_if) for option in options if option.show_if]
        filters = dict.fromkeys(one for condition in conditions for one in self._mentioned(condition))
        filters = sorted(filters, key=lambda one: one[0])
        wanted = [option.show_if for option in options]
        if not filters or any(name not in self.boxes for _, name in filters):
            return {}
        if [self._condition(filters, _key(option)) for option in options] != wanted:
            return {}
        self.used[question] = filters
        names = {
            attribute: ";".join(self.codes.questions[name] for one, name in filters if one == attribute)
            for attribute in (_SHOWN, _HIDDEN)
        }
        return {attribute: name for attribute, name in names.items() if name}

    def _mentioned(self, condition: Expression) -> list[tuple[str, str]]:
        parts = condition.operands if isinstance(condition, Logic) else (condition,)
        return [
            (_HIDDEN if isinstance(part, Not) else _SHOWN, inner.arguments[0].name)
            for part in parts
            for inner in walk(part)
            if isinstance(inner, Call) and inner.function == "selected" and isinstance(inner.arguments[0], Name)
        ]

    def _condition(self, filters: list[tuple[str, str]], key: str) -> str | None:
        """What the reader makes of these filters for one option."""
        found: dict[str, dict[str, None]] = {_SHOWN: {}, _HIDDEN: {}}
        waiting = list(filters)
        for attribute, name in waiting:  # grows while it is gone through
            if name not in found[attribute]:
                found[attribute][name] = None
                waiting += self.used.get(name, [])
        shown = [self._ticked(name, key) for name in found[_SHOWN] if key in self.boxes[name]]
        hidden = [Not(self._ticked(name, key)) for name in found[_HIDDEN] if key in self.boxes[name]]
        condition = both(*shown, *hidden)
        return None if condition is None else str(condition)

    def _ticked(self, name: str, key: str) -> Expression:
        return Call("selected", (Name(name), constant(self.boxes[name][key])))


def _key(option: Option) -> str:
    return "other" if option.specify else str(option.code)
