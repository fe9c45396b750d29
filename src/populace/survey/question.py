"""Questions of every kind, and the items they consist of.

A `Question` is what the author writes; an `Item` is one answerable column, which is what a model is asked and what
a data set stores. What a kind demands and which items it has stands in one table, `RULES`: a new kind (ranking,
constant sum, MaxDiff) is one more entry there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from populace.errors import InstrumentError
from populace.survey.names import did_you_mean, name_problem, shown
from populace.survey.scale import SELECTED, Option, option_problem

ROLES = ("question", "background")


@dataclass(frozen=True)
class Row:
    """One row of a grid."""

    #: short name, appended to the question's name
    name: str
    #: wording of the row
    text: str


@dataclass(frozen=True)
class NumericRange:
    """Where the answers to a numeric question lie; None = not declared."""

    #: smallest answer
    minimum: float | None = None
    #: largest answer
    maximum: float | None = None
    #: word that follows the number, such as "years"
    unit: str | None = None
    #: True when answers are whole numbers
    integer: bool = True


@dataclass(frozen=True)
class Item:
    """One answerable column. Closed items have options, numeric items a range, open-text items neither."""

    #: name of the column
    name: str
    #: full wording, a battery's stem included
    text: str
    #: answers that can be chosen, in the order shown; empty for numeric and open items
    options: tuple[Option, ...] = ()
    #: True when the options stand in the order of a scale (missing and off-scale ones excepted)
    ordinal: bool = False
    #: "question" or "background"
    role: str = "question"
    #: id shared by the items of one battery
    battery: str | None = None
    #: the battery's common wording
    stem: str | None = None
    #: the item's own wording within the battery
    item: str | None = None
    #: range of a numeric item
    numeric: NumericRange | None = None


@dataclass(frozen=True)
class Question:
    """One question of an instrument. Raises `InstrumentError` when it breaks a rule of its kind."""

    #: short unique name; becomes the column name
    name: str
    #: one of `KINDS` (aliases in `ALIASES` are accepted)
    kind: str
    #: full wording
    text: str
    #: answers that can be chosen
    options: tuple[Option, ...] = ()
    #: common wording when the question is one of a battery
    stem: str | None = None
    #: own wording within that battery
    item: str | None = None
    #: rows of a grid
    rows: tuple[Row, ...] = ()
    #: "question", or "background" for what is known of a respondent beforehand
    role: str = "question"
    #: smallest answer to a numeric question
    minimum: float | None = None
    #: largest answer to a numeric question
    maximum: float | None = None
    #: unit of a numeric question
    unit: str | None = None
    #: may the options (of a grid: the rows) be shown in random order?
    randomize: bool = False
    #: condition under which the question is put; kept word for word
    show_if: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.kind, str):
            object.__setattr__(self, "kind", ALIASES.get(self.kind, self.kind))
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "rows", tuple(self.rows))
        for limit in ("minimum", "maximum"):  # 1 and 1.0 are one limit, and must have one hash
            value = getattr(self, limit)
            if isinstance(value, float) and value.is_integer():
                object.__setattr__(self, limit, int(value))
        problem = _common_problem(self) or RULES[self.kind].problem(self)
        if problem:
            raise InstrumentError(f"question {shown(self.name)}: {problem}")

    def items(self) -> tuple[Item, ...]:
        """The answerable columns of this question, in order; none for display text."""
        return RULES[self.kind].items(self)


@dataclass(frozen=True)
class KindRule:
    """What one kind of question demands and which columns it has."""

    #: the kind's name
    kind: str
    #: one line for authors and error messages
    summary: str
    #: what is wrong with a question of this kind, or None
    problem: Callable[[Question], str | None]
    #: the columns of a question of this kind
    items: Callable[[Question], tuple[Item, ...]]


def _common_problem(question: Question) -> str | None:
    """Rules that hold for every kind."""
    problem = name_problem(question.name)
    if problem:
        return problem
    if not isinstance(question.kind, str) or question.kind not in RULES:
        hint = did_you_mean(question.kind, [*RULES, *ALIASES])
        return f"kind {shown(question.kind)} is unknown{hint}; expected one of {', '.join(KINDS)}: change the kind"
    if not isinstance(question.text, str) or not question.text.strip():
        return f"text is {shown(question.text)}; expected the wording of the question: write what is asked"
    if question.role not in ROLES:
        hint = did_you_mean(question.role, ROLES)
        return f"role is {shown(question.role)}{hint}; expected 'question' or 'background': change the role"
    for field in ("stem", "item", "unit", "show_if"):
        value = getattr(question, field)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            return f"{field} is {shown(value)}; expected words: write it out or leave it away"
    return None


def _closed_problem(question: Question) -> str | None:
    """Rules of every kind with options."""
    if len(question.options) < 2:
        found = "no options" if not question.options else f"one option ({question.options[0].label!r})"
        return f"has {found}; a {question.kind} question needs two or more: add options or change the kind"
    return _option_problem(question) or _refuse(question, "minimum", "maximum", "unit")


def _option_problem(question: Question) -> str | None:
    problem = option_problem(question.options)
    if problem:
        return problem
    labels: dict[str, int | str] = {}
    for option in question.options:
        if option.label in labels:
            return (
                f"label {option.label!r} is used by codes {labels[option.label]!r} and {option.code!r}; "
                "a respondent cannot tell them apart: reword one of them"
            )
        labels[option.label] = option.code
    return None


def _choice_problem(question: Question) -> str | None:
    problem = _closed_problem(question) or _refuse(question, "rows")
    if problem or any(not option.missing for option in question.options):
        return problem
    return "every option is marked missing; expected at least one real answer: unmark it"


def _multiple_problem(question: Question) -> str | None:
    problem = _choice_problem(question)
    if problem:
        return problem
    for option in question.options:
        if isinstance(option.code, str) and name_problem(f"{question.name}_{option.code}"):
            return (
                f"code {option.code!r} cannot be part of a column name; expected letters, digits, '_', '.' or '-': "
                "change the code"
            )
    return None


def _grid_problem(question: Question) -> str | None:
    problem = _closed_problem(question)
    if problem:
        return problem
    if not question.rows:
        return "has no rows; a grid needs one or more: add 'rows' or change the kind to 'scale'"
    names: set[str] = set()
    for row in question.rows:
        if name_problem(f"{question.name}_{row.name}") or not row.name:
            return f"row name {row.name!r} cannot be part of a column name: use letters, digits, '_', '.' or '-'"
        if not isinstance(row.text, str) or not row.text.strip():
            return f"row {row.name!r} has text {shown(row.text)}; expected the wording of the row: write it"
        if row.name in names:
            return f"row name {row.name!r} is used twice; expected unique names: rename one of them"
        names.add(row.name)
    return None


def _numeric_problem(question: Question) -> str | None:
    low, high = question.minimum, question.maximum
    for field, value in (("minimum", low), ("maximum", high)):
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
        ):
            return f"{field} is {shown(value)}; expected a number: correct it or leave it away"
    if low is not None and high is not None and low >= high:
        return f"minimum {low:g} is not below maximum {high:g}: swap or correct them"
    return _refuse(question, "options", "rows")


def _plain_problem(question: Question) -> str | None:
    return _refuse(question, "options", "rows", "minimum", "maximum", "unit")


def _refuse(question: Question, *fields: str) -> str | None:
    """A field that means nothing for this kind would be lost without a word, so it is refused."""
    for field in fields:
        if getattr(question, field) not in (None, ()):
            return f"{field!r} means nothing for kind {question.kind!r}: remove it or change the kind"
    return None


def _one(question: Question) -> Item:
    """The single column of a question that has just one."""
    return Item(
        question.name,
        question.text,
        question.options,
        ordinal=question.kind == "scale",
        role=question.role,
        stem=question.stem,
        item=question.item,
    )


def _numeric_items(question: Question) -> tuple[Item, ...]:
    limits = [value for value in (question.minimum, question.maximum) if value is not None]
    whole = all(float(value).is_integer() for value in limits)
    return (replace(_one(question), numeric=NumericRange(question.minimum, question.maximum, question.unit, whole)),)


def _multiple_items(question: Question) -> tuple[Item, ...]:
    return tuple(
        Item(
            f"{question.name}_{option.code}",
            f"{question.text} {option.label}",
            SELECTED,
            role=question.role,
            battery=question.name,
            stem=question.text,
            item=option.label,
        )
        for option in question.options
    )


def _grid_items(question: Question) -> tuple[Item, ...]:
    return tuple(
        Item(
            f"{question.name}_{row.name}",
            f"{question.text} {row.text}",
            question.options,
            ordinal=True,
            role=question.role,
            battery=question.name,
            stem=question.text,
            item=row.text,
        )
        for row in question.rows
    )


#: the registry: one entry per kind
RULES: dict[str, KindRule] = {
    rule.kind: rule
    for rule in (
        KindRule("single", "one of several options", _choice_problem, lambda q: (_one(q),)),
        KindRule("multiple", "any number of options", _multiple_problem, _multiple_items),
        KindRule("scale", "one of several ordered options", _choice_problem, lambda q: (_one(q),)),
        KindRule("grid", "several rows on one scale", _grid_problem, _grid_items),
        KindRule("numeric", "a number", _numeric_problem, _numeric_items),
        KindRule("open", "text in the respondent's own words", _plain_problem, lambda q: (_one(q),)),
        KindRule("display", "text that is shown and not answered", _plain_problem, lambda q: ()),
    )
}

KINDS = tuple(RULES)

#: other names under which files may call a kind
ALIASES = {
    "ordinal": "scale",
    "open text": "open",
    "open_text": "open",
    "text": "open",
    "display text": "display",
    "display_text": "display",
}
