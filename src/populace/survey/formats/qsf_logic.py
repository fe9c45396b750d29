"""Conditions of a Qualtrics file as expressions of ours.

A condition is a dictionary of numbered sets of numbered comparisons. Within a set "and" binds tighter than "or"; sets
are joined by the word on the first comparison of the later one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Text
from populace.survey.expressions import MAX_CHARACTERS
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import plain_text
from populace.survey.formats.qsf_places import Locator, Places, Unknown, compare, literal, negated, read_locator
from populace.survey.formats.qsf_raw import mapping, yes
from populace.survey.formats.qsf_regex import from_regex
from populace.survey.piping import pieces

#: operators that compare a value with a text
_COMPARED = {
    "EqualTo": "==", "GreaterThan": ">", "GreaterThanOrEqual": ">=", "LessThan": "<", "LessThanOrEqual": "<=",
    "GreaterThanOrEqualTo": ">=", "LessThanOrEqualTo": "<=", "Is": "==",
}  # fmt: skip
#: comparisons of one condition
_MOST = 1_000


class LogicReader:
    """Translates conditions; what cannot be translated becomes `unsupported(…)` and is noted."""

    def __init__(self, places: Places, fidelity: Fidelity, piping: Callable[[str, str], str]) -> None:
        self.places, self.fidelity, self.piping = places, fidelity, piping
        self._translated: dict[tuple[str, str, str, str, bool], Expression] = {}

    def condition(self, logic: Any, element: str, place: str) -> str | None:
        """The condition as text, None when there is none."""
        sets = _numbered(logic)
        if not sets:
            return None
        try:
            joined = self._joined(sets, element, place)
            if joined is None:
                return None
            text = str(joined)
            if len(text) > MAX_CHARACTERS:
                raise InstrumentError(f"it has {len(text):,} characters; expected at most {MAX_CHARACTERS:,}")
        except InstrumentError as problem:
            self.fidelity.lost(element, place, f"cannot be written down ({problem})")
            return str(_unsupported(f"a condition of {len(sets)} sets"))
        self.fidelity.taken(element)
        return text

    def _joined(self, sets: list[tuple[str, Mapping[str, Any]]], element: str, place: str) -> Expression | None:
        """The sets, one after the other."""
        joined: Expression | None = None
        for number, (kind, group) in enumerate(sets):
            condition = self._set(group, element, place)
            if condition is None:
                continue
            word = _word(group, kind) if number else "and"
            joined = condition if joined is None else _join(word, [joined, condition])
        return joined

    def _set(self, group: Mapping[str, Any], element: str, place: str) -> Expression | None:
        """One set: "and" first, then "or"."""
        comparisons = [mapping(group[key]) for key in sorted(filter(str.isdecimal, group), key=int)][:_MOST]
        ored: list[list[Expression]] = []
        words = set()
        for number, comparison in enumerate(comparisons):
            word = str(comparison.get("Conjuction") or comparison.get("Conjunction") or "And").lower()
            if number:
                words.add(word)
            translated = self.comparison(comparison, element, place)
            if number and word != "or":
                ored[-1].append(translated)
            else:
                ored.append([translated])
        if len(words) > 1:
            self.fidelity.changed(element, place, '"and" and "or" in one set: "and" is taken to bind tighter')
        parts = [_join("and", group) for group in ored]
        return _join("or", parts) if parts else None

    def comparison(self, comparison: Mapping[str, Any], element: str, place: str) -> Expression:
        """One comparison, or `unsupported(…)`."""
        try:
            return self._comparison(comparison)
        except (Unknown, InstrumentError) as reason:
            words = _in_words(comparison)
            self.fidelity.lost(element, place, f"{words}: {reason}")
            return _unsupported(words)

    def _comparison(self, comparison: Mapping[str, Any]) -> Expression:
        """The comparison; surveys repeat the same ones, which are translated once."""
        operator = str(comparison.get("Operator") or comparison.get("Condition"))
        right = str(comparison.get("RightOperand") if comparison.get("RightOperand") is not None else "")
        left = str(comparison.get("LeftOperand") or comparison.get("ChoiceLocator") or "")
        key = (str(comparison.get("LogicType")), operator, left, right, yes(comparison.get("IgnoreCase")))
        if key not in self._translated:
            self._translated[key] = self._translate(*key)
        return self._translated[key]

    def _translate(self, kind: str, operator: str, left: str, right: str, alike: bool) -> Expression:
        if kind == "Question" or (kind == "None" and left.startswith("q://")):
            return self._about_question(left, operator, right, alike)
        if kind in ("EmbeddedField", "PanelData"):
            name = left.removeprefix("m://").removeprefix("e://Field/")
            return self._about_value(Name(self.places.field(name)), operator, right, alike)
        if kind in ("LoopAndMerge", "Loop") and "Field/" in left:
            return self._about_value(Name(f"loop.field{left.split('Field/')[1]}"), operator, right)
        if kind in ("Score", "Scoring") or left.startswith("gr://"):
            category = left.removeprefix("gr://").split("/")[0]
            if category not in self.places.scores:
                raise Unknown(f"there is no score {category!r}")
            return self._about_value(Name(self.places.scores[category]), operator, right)
        raise Unknown(f"conditions on {kind} are not known to a questionnaire")

    def _about_question(self, left: str, operator: str, right: str, alike: bool) -> Expression:
        at = read_locator(left)
        if at is None:
            raise Unknown(f"{left!r} points nowhere")
        match operator:
            case "Selected" | "NotSelected":
                condition = self.places.selected(at)
                return condition if operator == "Selected" else negated(condition)
            case "Displayed" | "NotDisplayed":
                condition = self.places.displayed(at)
                return condition if operator == "Displayed" else negated(condition)
        if at.property in ("SelectableChoice", "SelectableAnswer"):
            at = replace(at, property="SelectedChoicesRecode", ids=())
        value = self.places.value(at)
        if isinstance(value, Name) and self._several(at) and operator not in ("Empty", "NotEmpty"):
            raise Unknown(f"{at.qid} has several answers, which are no single value")
        return self._about_value(value, operator, right, alike)

    def _several(self, at: Locator) -> bool:
        """Can several choices be selected in what a locator names?"""
        question, side = self.places.columns(at.qid)
        several = (side or question).kind in ("multiple", "grid_multiple")
        return several and at.property not in ("ChoiceTextEntryValue", "SelectedChoiceText")

    def _about_value(self, value: Expression, operator: str, right: str, alike: bool = False) -> Expression:
        """A value compared; what is "not equal" or "does not contain" holds for whoever has none, as in Qualtrics.

        alike: capitals do not count.
        """
        if operator in ("Empty", "NotEmpty"):
            answered = self._answered(value)
            return answered if operator == "NotEmpty" else negated(answered)
        other = self._right(right)
        if isinstance(other, str) and alike and isinstance(literal(other), Text) and other:
            return self._about_text(Call("lower", (value,)), operator, other.lower())
        if isinstance(other, str):
            return self._about_text(value, operator, other)
        if operator in _COMPARED:
            return Compare(_COMPARED[operator], value, other)
        if operator in ("NotEqualTo", "IsNot"):
            return Not(Compare("==", value, other))
        raise Unknown(f"operator {operator!r} has no counterpart")

    def _about_text(self, value: Expression, operator: str, right: str) -> Expression:
        if operator in ("Contains", "DoesNotContain"):
            condition = Call("contains", (value, Text(right)))
            return condition if operator == "Contains" else Not(condition)
        if operator in ("MatchesRegex", "NotMatchesRegex"):
            condition = from_regex(value, right)
            return condition if operator == "MatchesRegex" else Not(condition)
        if right == "" and operator in ("EqualTo", "NotEqualTo", "Is", "IsNot"):
            answered = self._answered(value)
            return negated(answered) if operator in ("EqualTo", "Is") else answered
        if operator in ("EqualTo", "Is"):
            return _equal(value, right)
        if operator in ("NotEqualTo", "IsNot"):
            return Not(_equal(value, right))
        if operator in _COMPARED:
            return compare(_COMPARED[operator], value, right)
        raise Unknown(f"operator {operator!r} has no counterpart")

    def _right(self, right: str) -> str | Expression:
        """What a value is compared with: a text, or what is piped in."""
        if "${" not in right:
            return right
        found = pieces(self.piping(right, "a condition"))
        if len(found) == 1:
            return found[0]
        raise Unknown("it is compared with a text that is made of several parts")

    def _answered(self, value: Expression) -> Expression:
        if isinstance(value, Name):
            return Call("answered", (value,))
        if isinstance(value, Call) and value.function == "count":
            return compare(">", value, "0")
        raise Unknown("whether a computed value is empty cannot be asked")


def _equal(value: Expression, right: str) -> Expression:
    """Equal as texts; as numbers where that is what is compared."""
    return Compare("==", value, literal(right))


def _numbered(logic: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """(type, set) of the sets of a condition; a bare comparison is one."""
    content = mapping(logic)
    sets = [mapping(content[key]) for key in sorted(filter(str.isdecimal, content), key=int)]
    if any("LogicType" in one for one in sets):  # comparisons without a set around them
        return [("If", content)]
    return [(str(one.get("Type") or "If"), one) for one in sets]


def _word(group: Mapping[str, Any], kind: str) -> str:
    """How a set is joined to those before it."""
    first = mapping(group.get("0"))
    word = str(first.get("Conjuction") or first.get("Conjunction") or "").lower()
    return word if word in ("and", "or") else "or" if kind in ("OrIf", "ElseIf") else "and"


def _join(word: str, parts: list[Expression]) -> Expression:
    """Conditions joined; those of the same word become one."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.operands if isinstance(part, Logic) and part.operator == word else [part]
    return flat[0] if len(flat) == 1 else Logic(word, tuple(flat))


def _in_words(comparison: Mapping[str, Any]) -> str:
    """A comparison as Qualtrics describes it to its users."""
    spaced = str(comparison.get("Description") or "").replace("</span>", "</span> ")
    described = " ".join(plain_text(spaced).split())
    return re.sub(r"^(?:If|And|Or)\s+", "", described) or " ".join(
        str(comparison.get(key)) for key in ("LogicType", "LeftOperand", "Operator", "RightOperand")
    )


def _unsupported(words: str) -> Expression:
    return Call("unsupported", (Text(words[:200] or "a condition"),))
