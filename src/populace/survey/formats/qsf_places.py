"""What conditions and piped texts of a Qualtrics file point at: questions, choices, rows, embedded data, scores.

A locator such as `q://QID5/SelectableChoice/2/4` names a question, a property and up to two ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number, Text, Truth
from populace.survey.formats.names import legal
from populace.survey.formats.qsf_kinds import Draft
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question


@dataclass(frozen=True)
class Locator:
    """Where a condition or a piped text points."""

    #: id of the question, with "#1" for a column side by side
    qid: str
    #: property, such as "SelectableChoice"
    property: str
    #: ids behind it
    ids: tuple[str, ...]


def read_locator(text: str) -> Locator | None:
    """A `q://` address, or None when it is none."""
    if not text.startswith("q://"):
        return None
    qid, _, rest = text[4:].partition("/")
    parts = [part for part in rest.split("?")[0].split("/") if part]
    if not qid or not parts:
        return None
    start = 2 if parts[0] == "ChoiceGroup" and len(parts) > 1 else 1
    return Locator(unquote(qid), "/".join(parts[:start]), tuple(parts[start:]))


class Unknown(Exception):
    """What is pointed at is not there, or has no counterpart; says why."""


@dataclass
class Places:
    """Everything that can be pointed at."""

    #: QID -> draft
    drafts: dict[str, Draft] = field(default_factory=dict)
    #: name of embedded data in the file -> ours
    fields: dict[str, str] = field(default_factory=dict)
    #: id of a category of scores -> name of the computed value
    scores: dict[str, str] = field(default_factory=dict)

    def draft(self, qid: str) -> Draft:
        """The question; of a column side by side its own draft."""
        whole, _, side = qid.partition("#")
        found = self.drafts.get(whole)
        if found is not None and side:
            found = found.sides.get(side)
        if found is None:
            raise Unknown(f"question {qid} is not in the survey")
        return found

    def columns(self, qid: str) -> tuple[Question, Question | None]:
        """The question and, side by side, the question that one of its columns is."""
        whole, _, side = qid.partition("#")
        question = self.draft(whole).question()
        if not side:
            return question, None
        keys = [(column.source or "").partition("/")[0] for column in question.columns]
        if side not in keys:
            raise Unknown(f"{whole} has no column {side}")
        return question, sides(question)[keys.index(side)]

    def field(self, name: str) -> str:
        """Our name of embedded data; noted as known from outside when the flow does not write it."""
        key = name.strip()
        if key not in self.fields:
            self.fields[key] = legal(key)
        return self.fields[key]

    # -- conditions --------------------------------------------------------------------------------------------------

    def selected(self, at: Locator) -> Expression:
        """Is what a locator names selected? Raises `Unknown`."""
        draft = self.draft(at.qid)
        question, side = self.columns(at.qid)
        asked = side or question
        if at.property == "SelectableAnswer" and at.ids:
            code = self._code(draft, at.ids[0])
            return _any([self._row_selected(asked, row_column(asked, row), code) for row in asked.rows])
        if not at.ids:
            raise Unknown(f"{at.property} of {at.qid} names no choice")
        if asked.rows and draft_rows(draft, self.drafts, at.qid):
            rows = draft_rows(draft, self.drafts, at.qid)
            row = rows.get(at.ids[0])
            if row is None:
                raise Unknown(f"{at.qid} has no row {at.ids[0]}")
            column = next(row_column(asked, one) for one in asked.rows if one.name == row)
            if len(at.ids) == 1:
                return Call("answered", (Name(column),))
            return self._row_selected(asked, column, self._code(draft, at.ids[1]))
        if asked.kind == "rank":
            option = next(one for one in asked.options if one.code == self._code(draft, at.ids[0]))
            return Call("answered", (Name(option_column(asked, option)),))
        return Call("selected", (Name(asked.name), _constant(self._code(draft, at.ids[0]))))

    def _row_selected(self, asked: Question, column: str, code: int | str) -> Expression:
        return Call("selected", (Name(column), _constant(code)))

    def _code(self, draft: Draft, id: str) -> int | str:
        if id not in draft.codes:
            raise Unknown(f"{draft.qid} has no choice {id}")
        return draft.codes[id]

    def displayed(self, at: Locator) -> Expression:
        """Was what a locator names shown? A choice without conditions is shown with its question."""
        draft = self.draft(at.qid.partition("#")[0])
        shown = Call("shown", (Name(draft.name),))
        if not at.ids or at.property == "QuestionDisplayed":
            return shown
        choice = draft.options_raw.get(at.ids[0]) or draft.rows_raw.get(at.ids[0])
        if choice is None:
            raise Unknown(f"{at.qid} has no choice {at.ids[0]}")
        if choice.get("DisplayLogic") or (draft.raw.get("Randomization") or {}).get("Type") in ("SubSet", "Advanced"):
            raise Unknown("whether a choice that has a condition of its own was shown cannot be asked")
        return shown

    def value(self, at: Locator) -> Expression:
        """The value that a locator names: a number, a text, a code. Raises `Unknown`."""
        draft = self.draft(at.qid)
        question, side = self.columns(at.qid)
        asked = side or question
        if at.property in ("SelectedChoicesCount", "SelectedAnswerCount"):
            return Call("count", (Name(asked.name),))
        if at.property == "TotalSum" and asked.kind == "sum":
            return Call("sum", tuple(Name(option_column(asked, option)) for option in asked.options))
        if at.property in (
            "SelectedChoicesRecode",
            "SelectedAnswerRecode",
            "ChoiceGroup/SelectedChoices",
            "ChoiceGroup/SelectedAnswers",
        ):
            return Name(self._column(draft, asked, at))
        if at.property in ("ChoiceTextEntryValue", "ChoiceNumericEntryValue", "ChoiceValue", "SelectedChoiceText"):
            return Name(self._column(draft, asked, at, written=True))
        raise Unknown(f"{at.property!r} has no counterpart")

    def _column(self, draft: Draft, asked: Question, at: Locator, written: bool = False) -> str:
        """The column that a locator with or without ids means."""
        rows = draft_rows(draft, self.drafts, at.qid)
        if at.ids and at.ids[0] in rows:
            column = next(row_column(asked, one) for one in asked.rows if one.name == rows[at.ids[0]])
            if asked.kind == "side_by_side" and len(at.ids) > 1:
                return f"{asked.name}_{legal(at.ids[1])}_{rows[at.ids[0]]}"
            return column
        if at.ids and at.ids[0] in draft.codes:
            option = next(one for one in asked.options if one.code == draft.codes[at.ids[0]])
            if written and option.specify:
                columned = asked.kind in ("multiple", "rank", "sum")
                return f"{option_column(asked, option) if columned else f'{asked.name}_{option.code}'}_text"
            if asked.kind in ("sum", "rank"):
                return option_column(asked, option)
        if asked.rows and len(asked.rows) == 1:
            return row_column(asked, asked.rows[0])
        if asked.rows or asked.kind in ("sum", "rank", "technical", "display"):
            raise Unknown(f"{at.qid} has several answers, and {at.property} names none of them")
        if written and asked.kind == "single" and not at.ids:
            raise Unknown(f"{at.qid} has no text of its own")
        return asked.name


def draft_rows(draft: Draft, drafts: Mapping[str, Draft], qid: str) -> dict[str, str]:
    """Id of a row -> its name; columns side by side share those of the whole."""
    whole = qid.partition("#")[0]
    return drafts[whole].rows if "#" in qid and whole in drafts else draft.rows


def _any(conditions: list[Expression]) -> Expression:
    if not conditions:
        return Truth(False)
    return conditions[0] if len(conditions) == 1 else Logic("or", tuple(conditions))


def _constant(code: int | str) -> Expression:
    return Text(code) if isinstance(code, str) else Number(code)


def compare(operator: str, value: Expression, right: str) -> Expression:
    """A comparison of a value with a text of the file, which may be a number."""
    return Compare(operator, value, literal(right))


def literal(text: str) -> Expression:
    """A number where it is written as one, else a text."""
    try:
        number = float(text)
    except ValueError:
        return Text(text)
    plain = text.strip().lstrip("-").replace(".", "", 1).isdecimal()
    return Number(number) if plain and abs(number) < 2**53 else Text(text)


def negated(condition: Expression) -> Expression:
    """Not: a double one is none."""
    return condition.operand if isinstance(condition, Not) else Not(condition)
