"""What conditions and piped texts of a Qualtrics file point at: questions, choices, rows, embedded data, scores.

A locator such as `q://QID5/SelectableChoice/2/4` names a question, a property and up to two ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from populace.survey.expression_records import (
    Call,
    Compare,
    Expression,
    Logic,
    Name,
    Not,
    Number,
    Text,
    Truth,
    names_in,
    replace_names,
)
from populace.survey.formats.names import Names, legal
from populace.survey.formats.qsf_draft import Draft
from populace.survey.formats.qsf_raw import mapping
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
    #: round of a loop that the question is meant in, "" for the one where one is
    round: str = ""
    #: what follows behind a question mark
    query: str = ""


_ROUND = re.compile(r"(\d{1,9})_(QID.+)")


def read_locator(text: str) -> Locator | None:
    """A `q://` address, or None when it is none."""
    if not text.startswith("q://"):
        return None
    qid, _, rest = text[4:].partition("/")
    rest, _, query = rest.partition("?")
    parts = [part for part in rest.split("/") if part]
    if not qid or not parts:
        return None
    start = 2 if parts[0] in ("ChoiceGroup", "LoopAndMerge") and len(parts) > 1 else 1
    looped = _ROUND.fullmatch(unquote(qid))
    qid, round = (looped[2], looped[1]) if looped else (unquote(qid), "")
    return Locator(qid, "/".join(parts[:start]), tuple(parts[start:]), round, query)


class Unknown(Exception):
    """What is pointed at is not there, or has no counterpart; says why."""


@dataclass
class Places:
    """Everything that can be pointed at."""

    #: names that are taken
    names: Names
    #: QID -> draft
    drafts: dict[str, Draft] = field(default_factory=dict)
    #: name of embedded data in the file -> ours
    fields: dict[str, str] = field(default_factory=dict)
    #: id of a category of scores -> name of the computed value
    scores: dict[str, str] = field(default_factory=dict)
    #: QID of a question in a loop -> names of its rounds
    rounds: dict[str, frozenset[str]] = field(default_factory=dict)

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
        question = self.draft(whole).question
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
            self.fields[key] = self.names.free(legal(key))
            self.names.add(self.fields[key])
        return self.fields[key]

    # -- conditions --------------------------------------------------------------------------------------------------

    def selected(self, at: Locator) -> Expression:
        """Is what a locator names selected? Raises `Unknown`."""
        return self._in_round(self._selected(at), at)

    def displayed(self, at: Locator) -> Expression:
        """Was what a locator names shown? A choice without conditions is shown with its question."""
        return self._in_round(self._displayed(at), at)

    def value(self, at: Locator) -> Expression:
        """The value that a locator names: a number, a text, a code. Raises `Unknown`."""
        return self._in_round(self._value(at), at)

    def _in_round(self, expression: Expression, at: Locator) -> Expression:
        """The same of a certain round of the question's loop."""
        if not at.round:
            return expression
        if at.round not in self.rounds.get(at.qid.partition("#")[0], ()):
            raise Unknown(f"{at.qid} has no round {at.round}")
        return replace_names(expression, {name: f"{name}.{at.round}" for name in names_in(expression)})

    def _selected(self, at: Locator) -> Expression:
        draft = self.draft(at.qid)
        question, side = self.columns(at.qid)
        asked = side or question
        if not at.ids:
            raise Unknown(f"{at.property} of {at.qid} names no choice")
        if at.property == "SelectableAnswer":
            code = _constant(self._code(draft, at.ids[0]))
            return _any([Call("selected", (Name(row_column(asked, row)), code)) for row in asked.rows])
        if asked.rows:
            column = self._row_column(asked, at)
            if len(at.ids) == 1:
                return Call("answered", (Name(column),))
            return Call("selected", (Name(column), _constant(self._code(draft, at.ids[1]))))
        code = self._code(draft, at.ids[0])
        if asked.kind in ("rank", "sum"):
            option = next(one for one in asked.options if one.code == code)
            return Call("answered", (Name(option_column(asked, option)),))
        if asked.kind not in (*_CLOSED, "multiple"):
            raise Unknown(f"{at.qid} is a question of which nothing is selected")
        return Call("selected", (Name(asked.name), _constant(code)))

    def _row_column(self, asked: Question, at: Locator) -> str:
        """The column of the row that a locator names; columns side by side share the rows of the whole."""
        name = self.drafts[at.qid.partition("#")[0]].rows.get(at.ids[0])
        found = next((row_column(asked, row) for row in asked.rows if row.name == name), None)
        if found is None:
            raise Unknown(f"{at.qid} has no row {at.ids[0]}")
        return found

    def _code(self, draft: Draft, id: str) -> int | str:
        if id not in draft.codes:
            raise Unknown(f"{draft.qid} has no choice {id}")
        return draft.codes[id]

    def _displayed(self, at: Locator) -> Expression:
        draft = self.draft(at.qid.partition("#")[0])
        shown = Call("shown", (Name(draft.name),))
        if not at.ids or at.property == "QuestionDisplayed":
            return shown
        places = [draft.rows_raw, draft.options_raw]
        if at.property in ("AnswerDisplayed", "SelectableAnswer"):
            places.reverse()
        choice = next((one[at.ids[0]] for one in places if at.ids[0] in one), None)
        if choice is None:
            raise Unknown(f"{at.qid} has no choice {at.ids[0]}")
        kind = mapping(draft.raw.get("Randomization")).get("Type")
        if choice.get("DisplayLogic") or kind in ("SubSet", "Advanced") or draft.raw.get("DynamicChoices"):
            raise Unknown("whether a choice that has a condition of its own was shown cannot be asked")
        return shown

    def _value(self, at: Locator) -> Expression:
        draft = self.draft(at.qid)
        question, side = self.columns(at.qid)
        asked = side or question
        if at.property in ("SelectedChoicesCount", "SelectedAnswerCount", "SelectedChoicesCountForAnswer"):
            return self._count(asked, at)
        if at.property == "TotalSum" and asked.kind == "sum":
            return Call("sum", tuple(Name(option_column(asked, option)) for option in asked.options))
        if at.property in _CHOSEN:
            return Name(self._chosen(draft, asked, at))
        if at.property in _WRITTEN:
            return Name(self._written(draft, asked, at))
        raise Unknown(f"{at.property!r} has no counterpart")

    def _count(self, asked: Question, at: Locator) -> Expression:
        """How many choices are selected."""
        if asked.kind == "grid_multiple" and at.ids and at.property != "SelectedChoicesCountForAnswer":
            return Call("count", (Name(self._row_column(asked, at)),))
        if asked.kind not in (*_CLOSED, "multiple") or at.ids:
            raise Unknown(f"{at.property} of {at.qid} has no counterpart")
        return Call("count", (Name(asked.name),))

    def _chosen(self, draft: Draft, asked: Question, at: Locator) -> str:
        """The column of what was chosen; of one row where there are rows."""
        if asked.rows:
            if at.ids:
                return self._row_column(asked, at)
            if len(asked.rows) == 1:
                return row_column(asked, asked.rows[0])
        elif asked.kind in (*_CLOSED, "multiple", "numeric", "slider", "open", "date"):
            return asked.name
        raise Unknown(f"{at.qid} has several answers, and {at.property} names none of them")

    def _written(self, draft: Draft, asked: Question, at: Locator) -> str:
        """The column of what was written: an answer, or the text beside a choice."""
        if asked.rows:
            return self._written_in_row(asked, at)
        if asked.options and at.ids and asked.kind not in ("numeric", "slider"):
            return self._beside(asked, self._code(draft, at.ids[0]), at)
        if asked.kind in ("open", "numeric", "slider", "date"):
            return asked.name
        raise Unknown(f"{at.qid} has no text of its own")

    def _written_in_row(self, asked: Question, at: Locator) -> str:
        if not at.ids and len(asked.rows) == 1:
            return row_column(asked, asked.rows[0])
        if not at.ids:
            raise Unknown(f"{at.qid} has several answers, and {at.property} names none of them")
        if asked.kind == "side_by_side":
            answer = next((one for one in asked.columns if (one.source or "").endswith(f"/{at.ids[-1]}")), None)
            if answer is None or len(at.ids) < 2:
                raise Unknown(f"{at.qid} has several answers, and {at.property} names none of them")
            return f"{asked.name}_{answer.name}_{self.drafts[at.qid].rows.get(at.ids[0])}"
        column = self._row_column(asked, at)
        if asked.kind in ("open", "numeric", "slider"):
            return column
        if any(row.specify and row_column(asked, row) == column for row in asked.rows):
            return f"{column}_text"
        raise Unknown(f"nothing is written beside row {at.ids[0]} of {at.qid}")

    def _beside(self, asked: Question, code: int | str, at: Locator) -> str:
        """The text beside a choice; of a ranking or a sum the number that it was given."""
        option = next(one for one in asked.options if one.code == code)
        columned = asked.kind in ("multiple", "rank", "sum")
        if asked.kind in ("rank", "sum") and at.property != "ChoiceTextEntryValue":
            return option_column(asked, option)
        if not option.specify:
            if asked.kind in ("rank", "sum"):
                return option_column(asked, option)
            raise Unknown(f"nothing is written beside choice {at.ids[0]} of {at.qid}")
        return f"{option_column(asked, option) if columned else f'{asked.name}_{option.code}'}_text"


#: kinds of one answer among several
_CLOSED = ("single", "scale", "nps")
#: properties that name what was chosen, and what was written
_CHOSEN = (
    "SelectedChoicesRecode", "SelectedAnswerRecode", "ChoiceGroup/SelectedChoices", "ChoiceGroup/SelectedAnswers",
)  # fmt: skip
_WRITTEN = ("ChoiceTextEntryValue", "ChoiceNumericEntryValue", "ChoiceValue", "SelectedChoiceText")


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
