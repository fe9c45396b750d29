"""Conditions of ours as the logic of Qualtrics: sets of comparisons, each joined by "and" or by "or" alone.

"Not" is pushed down to the comparisons, which have opposites there; what is nested deeper than sets can be is
multiplied out. Both give equal conditions. What has no counterpart raises `NotWritten`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number, OneOf, Text
from populace.survey.expression_values import compared
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_regex import to_regex
from populace.survey.formats.qsf_write_places import Target
from populace.survey.formats.qsf_write_sets import MOST, Form, NotWritten, Term, as_sets, boolean, joined, multiplied
from populace.survey.formats.qsf_write_texts import TextWriter

_OPERATORS = {
    "==": "EqualTo", "!=": "NotEqualTo", "<": "LessThan", "<=": "LessThanOrEqual", ">": "GreaterThan",
    ">=": "GreaterThanOrEqual",
}  # fmt: skip
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class LogicWriter:
    """Writes the conditions of one block."""

    #: name -> what it stands for
    targets: Mapping[str, Target]
    #: name of a computed value -> id of its score
    scores: Mapping[str, str]
    #: writes what values are compared with
    texts: TextWriter
    #: what becomes of them
    fidelity: Fidelity

    def logic(self, condition: str, element: str, place: str) -> dict[str, Any] | None:
        """The condition, or None with a note where it cannot be written."""
        try:
            sets, same = self.sets(parse(condition))
        except (NotWritten, InstrumentError) as reason:
            self.fidelity.lost(element, place, f"{condition[:200]}: {reason}")
            return None
        if not same:
            self.fidelity.changed(element, place, f"{condition[:200]}: written as an equal condition")
        self.fidelity.taken(element)
        return boolean(sets)

    def negated(self, condition: str, element: str, place: str) -> dict[str, Any] | None:
        """The opposite of a condition."""
        try:
            opposite = str(Not(parse(condition)))
        except InstrumentError:
            opposite = condition
        return self.logic(opposite, element, place)

    def sets(self, expression: Expression) -> tuple[list[tuple[str, list[Term], str]], bool]:
        """(word to the set before, comparisons, word between them) of every set; is it built like ours?"""
        form = self.form(expression, True)
        sets = as_sets(form)
        same = sets is not None
        if sets is None:
            sets = as_sets(multiplied(form))
        if sets is None or sum(len(terms) for _, terms, _ in sets) > MOST:
            raise NotWritten(f"takes more than {MOST} comparisons; split it up")
        return sets, same

    # -- parts -------------------------------------------------------------------------------------------------------

    def form(self, expression: Expression, holds: bool) -> Form:
        """A condition, or its opposite, without any "not"."""
        match expression:
            case Not():
                return self.form(expression.operand, not holds)
            case Logic():
                word = "And" if (expression.operator == "and") == holds else "Or"
                return joined(word, [self.form(part, holds) for part in expression.operands])
            case Compare():
                return self._compared(expression, holds)
            case OneOf():
                return self._one_of(expression, holds)
            case Call() if expression.function in _CALLS:
                return _CALLS[expression.function](self, expression, holds)
        raise NotWritten(f"{expression} has no counterpart")

    def _target(self, expression: Expression) -> tuple[Target, bool]:
        """What a name stands for; are capitals left out of account?"""
        alike = isinstance(expression, Call) and expression.function == "lower"
        if alike:
            (expression,) = expression.arguments
        if isinstance(expression, Name):
            if expression.name in self.scores:
                return Target("score", self.scores[expression.name]), alike
            if expression.name in self.targets and self.targets[expression.name].kind != "shown":
                return self.targets[expression.name], alike
        raise NotWritten(f"{expression} has no name there")

    def _compared(self, comparison: Compare, holds: bool) -> Form:
        left, operator, right = comparison.left, comparison.operator, comparison.right
        if isinstance(left, Number | Text) and not isinstance(right, Number | Text):
            left, operator, right = right, _MIRRORED[operator], left
        if isinstance(left, Call) and left.function == "count":
            return self._counted(left, operator, right, holds)
        target, alike = self._target(left)
        if target.kind in ("closed", "ticked"):
            return self._of_codes(target, lambda code: _is(code, operator, right), holds)
        if target.kind == "multiple":
            raise NotWritten(f"{left} has several answers")
        return self._of_value(target, operator, self._right(right), holds, alike)

    def _right(self, expression: Expression) -> str:
        """What a value is compared with."""
        if isinstance(expression, Text):
            if "${" in expression.value or not expression.value:
                raise NotWritten(f"nothing can be compared with {expression} there")
            return expression.value
        if isinstance(expression, Number):
            return str(expression)
        piped = self.texts.pipe(expression)
        if piped is None or not isinstance(expression, Name):
            raise NotWritten(f"{expression} has no counterpart")
        if expression.name in self.targets and self.targets[expression.name].kind not in ("number", "text", "field"):
            raise NotWritten(f"a value cannot be compared with the answer to {expression} there")
        return f"${{{piped}}}"

    def _of_value(self, target: Target, operator: str, right: str, holds: bool, alike: bool = False) -> Form:
        """A value compared. What has none is unequal for Qualtrics, and neither equal nor unequal for us."""
        there, empty = self._there(target, True), self._there(target, False)

        def term(sign: str) -> Term:
            return Term(target, _left(target), _OPERATORS[sign], right, alike)

        if operator == "==":
            return term("==" if holds else "!=")
        if operator == "!=":
            return joined("And", [there, term("!=")]) if holds else joined("Or", [empty, term("==")])
        if holds:
            return term(operator)
        if target.kind not in ("number", "score"):
            raise NotWritten("the opposite of an order of texts cannot be said there")
        return joined("Or", [empty, term(_OPPOSITE[operator])])

    def _there(self, target: Target, holds: bool) -> Form:
        """Is there an answer?"""
        if target.kind == "closed":
            return self._of_codes(target, lambda code: True, holds)
        if target.kind == "multiple" and not target.ids:
            return Term(target, target.at("SelectedChoicesCount"), "GreaterThan" if holds else "EqualTo", "0")
        if target.kind == "multiple":
            return self._of_codes(target, lambda code: True, holds)
        if target.kind == "ticked":
            raise NotWritten("whether there is an answer cannot be asked of a single choice")
        return Term(target, _left(target), "NotEmpty" if holds else "Empty")

    def _of_codes(self, target: Target, wanted: Callable[[int | str], bool], holds: bool) -> Form:
        """One of the choices with these codes is selected, or none of them."""
        if target.kind == "ticked":
            if wanted(0):
                raise NotWritten("that a choice is not selected, by those who answered, cannot be asked")
            ids = list(target.codes.values()) if wanted(1) else []
        else:
            ids = [id for code, id in target.codes.items() if wanted(code)]
        if not ids:
            raise NotWritten("it holds for nobody, or for everybody")
        operator = "Selected" if holds else "NotSelected"
        terms = [Term(target, target.at("SelectableChoice", id), operator) for id in ids]
        return joined("Or" if holds else "And", terms)

    def _one_of(self, expression: OneOf, holds: bool) -> Form:
        target, alike = self._target(expression.value)
        if target.kind in ("closed", "ticked"):
            operator, together = ("!=", all) if expression.negated else ("==", any)
            return self._of_codes(
                target, lambda code: together(_is(code, operator, one) for one in expression.members), holds
            )
        if target.kind == "multiple":
            raise NotWritten(f"{expression.value} has several answers")
        rights = [self._right(member) for member in expression.members]
        equal = [Term(target, _left(target), "EqualTo", right, alike) for right in rights]
        unequal = [Term(target, _left(target), "NotEqualTo", right, alike) for right in rights]
        if not expression.negated:
            return joined("Or", equal) if holds else joined("And", unequal)
        if holds:
            return joined("And", [self._there(target, True), *unequal])
        return joined("Or", [self._there(target, False), *equal])

    def _counted(self, call: Call, operator: str, right: Expression, holds: bool) -> Form:
        """How many choices are selected: 0 is a number too."""
        if len(call.arguments) != 1 or not isinstance(right, Number):
            raise NotWritten(f"{call} has no counterpart")
        target, _ = self._target(call.arguments[0])
        if target.kind not in ("multiple", "closed") or target.ids:
            raise NotWritten(f"{call} has no counterpart")
        if not holds:
            operator = _OPPOSITE.get(operator) or ("!=" if operator == "==" else "==")
        if operator == "!=":  # 0 choices are no empty value, so unequal is unequal
            return Term(target, target.at("SelectedChoicesCount"), "NotEqualTo", str(right))
        return Term(target, target.at("SelectedChoicesCount"), _OPERATORS[operator], str(right))

    # -- functions ---------------------------------------------------------------------------------------------------

    def _answered(self, call: Call, holds: bool) -> Form:
        target, _ = self._target(call.arguments[0])
        return self._there(target, holds)

    def _shown(self, call: Call, holds: bool) -> Form:
        name = call.arguments[0].name
        target = self.targets.get(name)
        if target is None or target.kind not in ("shown", "closed", "multiple", "number", "text") or target.ids:
            raise NotWritten(f"whether {name} was shown cannot be asked")
        if "#" in target.id:
            raise NotWritten(f"whether {name} was shown cannot be asked")
        return Term(target, target.at("QuestionDisplayed"), "Displayed" if holds else "NotDisplayed")

    def _selected(self, call: Call, holds: bool) -> Form:
        name, *codes = call.arguments
        target, _ = self._target(name)
        if target.kind in ("closed", "multiple", "ticked"):
            return self._of_codes(target, lambda code: any(_is(code, "==", one) for one in codes), holds)
        equal = [Term(target, _left(target), "EqualTo" if holds else "NotEqualTo", self._right(one)) for one in codes]
        return joined("Or" if holds else "And", equal)

    def _contains(self, call: Call, holds: bool) -> Form:
        target, right, alike = self._of_text(call)
        return Term(target, _left(target), "Contains" if holds else "DoesNotContain", right, alike)

    def _startswith(self, call: Call, holds: bool) -> Form:
        target, right, alike = self._of_text(call)
        return self._regex(target, to_regex(right, end=False), holds, alike)

    def _matches(self, call: Call, holds: bool) -> Form:
        target, right, alike = self._of_text(call)
        start, end = not right.startswith("*"), not right.endswith("*")
        core = right[0 if start else 1 : None if end else -1]
        if not core.strip("*"):
            return self._there(target, holds)
        return self._regex(target, to_regex(core, start, end, wildcards=True), holds, alike)

    def _of_text(self, call: Call) -> tuple[Target, str, bool]:
        target, alike = self._target(call.arguments[0])
        right = call.arguments[1]
        if target.kind not in ("text", "field", "loop") or not isinstance(right, Text):
            raise NotWritten(f"{call} has no counterpart")
        return target, self._right(right), alike

    def _regex(self, target: Target, pattern: str, holds: bool, alike: bool) -> Form:
        if not holds:
            raise NotWritten("the opposite of a regular expression cannot be said there")
        return Term(target, _left(target), "MatchesRegex", f"/{pattern}/i" if alike else pattern)


_CALLS: dict[str, Callable[[LogicWriter, Call, bool], Form]] = {
    "answered": LogicWriter._answered, "shown": LogicWriter._shown, "selected": LogicWriter._selected,
    "contains": LogicWriter._contains, "startswith": LogicWriter._startswith, "matches": LogicWriter._matches,
}  # fmt: skip


def _is(code: int | str, operator: str, right: Expression) -> bool:
    """Does a code fit a comparison with a constant?"""
    if not isinstance(right, Number | Text):
        raise NotWritten(f"an answer cannot be compared with {right} there")
    other = (right.value or None) if isinstance(right, Text) else float(right.value)
    return compared(operator, code if isinstance(code, str) else float(code), other)


def _left(target: Target) -> str:
    """The locator of a value."""
    match target.kind:
        case "score":
            return f"gr://{target.id}/Score"
        case "field":
            return target.id
        case "loop":
            return f"lm://{target.id}"
    return target.at(target.written)
