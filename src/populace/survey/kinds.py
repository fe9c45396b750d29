"""Kinds of question: what each demands of its author, and which columns it has.

One table, `RULES`, holds them all; a new kind is one more entry. A field that means nothing for a kind is refused
there, for it would be lost without a word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from populace.survey.item import Item, NumericRange, Row
from populace.survey.names import name_problem, shown
from populace.survey.scale import SELECTED, Option, option_problem

if TYPE_CHECKING:
    from populace.survey.question import Question

#: what an open answer has to look like
FORMATS = ("text", "email", "phone", "postal code", "url", "date", "time", "number")
#: the options of a net promoter question that names none
NPS = tuple(Option(code, str(code)) for code in range(11))
#: most alternatives, sets and versions of choice tasks
_MOST_TASKS = 100_000


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
    #: fields that mean something for this kind, of `SPECIAL`
    fields: frozenset[str] = frozenset()


#: fields of a question that mean something for some kinds only
SPECIAL = (
    "options", "rows", "columns", "minimum", "maximum", "unit", "step", "decimals", "total", "ranked", "at_least",
    "at_most", "format", "longest", "several_lines", "sets", "tasks", "flip", "show_only",
)  # fmt: skip
_LISTED = {"options", "flip", "show_only"}
_ROWED = (*_LISTED, "rows", "at_least", "at_most")
_NUMBER = {"minimum", "maximum", "unit", "step", "decimals"}
_TEXT = {"format", "longest", "several_lines"}


def special_problem(question: Question) -> str | None:
    """A field that means nothing for the question's kind, or a number where none can be."""
    for field in SPECIAL:
        value = getattr(question, field)
        given = value is not None and value is not False and value != ()  # 0 is a number that was given
        if given and field not in RULES[question.kind].fields:
            return f"{field!r} means nothing for kind {question.kind!r}: remove it or change the kind"
    for field in ("minimum", "maximum", "step", "total"):
        value = getattr(question, field)
        if value is not None and not _is_number(value):
            return f"{field} is {shown(value)}; expected a number: correct it or leave it away"
    for field in ("decimals", "ranked", "at_least", "at_most", "longest", "show_only"):
        value = getattr(question, field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            return f"{field} is {shown(value)}; expected a whole number from 0 on: correct it or leave it away"
    if question.show_only == 0:
        return "show_only is 0; expected how many options are shown, from 1 on: correct it or leave it away"
    return None


# -- what is wrong ---------------------------------------------------------------------------------------------------


def _closed(question: Question) -> str | None:
    """Rules of every kind with options."""
    if not question.options:
        return f"has no options; a {question.kind} question needs them: add options or change the kind"
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


def _choice(question: Question) -> str | None:
    problem = _closed(question)
    if problem or any(not option.missing for option in question.options):
        return problem
    return "every option is marked missing; expected at least one real answer: unmark it"


def _columned(question: Question) -> str | None:
    """Options with a column each: their codes become parts of names."""
    problem = _choice(question)
    if problem:
        return problem
    for option in question.options:
        if option.column is None and name_problem(f"{question.name}_{option.code}"):
            return (
                f"code {option.code!r} cannot be part of a column name; expected letters, digits, '_', '.' or '-': "
                "change the code"
            )
    return _named(option.column for option in question.options)


def _multiple(question: Question) -> str | None:
    return _columned(question) or _count_problem(question, len(question.options))


def _count_problem(question: Question, most: int) -> str | None:
    """Limits to how many are chosen."""
    low, high = question.at_least or 0, most if question.at_most is None else question.at_most
    if low > high:
        return f"at_least {low} is more than at_most {high}: swap or correct them"
    if low > most:
        return f"at_least is {low} and there are {most} options: correct it"
    return None


def _rank(question: Question) -> str | None:
    problem = _columned(question)
    if problem:
        return problem
    if question.ranked is not None and not 1 <= question.ranked <= len(question.options):
        return f"ranked is {question.ranked}; expected 1 to {len(question.options)}, how many are put in order"
    return None


def _sum(question: Question) -> str | None:
    problem = _columned(question)
    if problem:
        return problem
    if question.total is None or question.total <= 0:
        return f"total is {shown(question.total)}; expected what the numbers add up to, such as 100: add it"
    return None


def _rows(question: Question) -> str | None:
    if not question.rows:
        return f"has no rows; a {question.kind} question needs one or more: add 'rows' or change the kind"
    names: set[str] = set()
    for row in question.rows:
        as_text = isinstance(row.name, str) and bool(row.name)
        if not as_text or (row.column is None and name_problem(f"{question.name}_{row.name}")):
            return f"row name {row.name!r} cannot be part of a column name: use letters, digits, '_', '.' or '-'"
        if not isinstance(row.text, str) or not row.text.strip():
            return f"row {row.name!r} has text {shown(row.text)}; expected the wording of the row: write it"
        if row.name in names:
            return f"row name {row.name!r} is used twice; expected unique names: rename one of them"
        names.add(row.name)
    return _named(row.column for row in question.rows)


def _named(columns: Iterable[str | None]) -> str | None:
    """Columns that have a name of their own."""
    return next((problem for column in columns if column is not None and (problem := name_problem(column))), None)


def _grid(question: Question) -> str | None:
    return _choice(question) or _rows(question)


def _grid_multiple(question: Question) -> str | None:
    problem = _columned(question) or _rows(question) or _count_problem(question, len(question.options))
    return problem or next(
        (
            "options of a grid have no column of their own; one belongs to a row and an option: leave 'column' away"
            for option in question.options
            if option.column
        ),
        None,
    )


def _side_by_side(question: Question) -> str | None:
    problem = _rows(question)
    if problem:
        return problem
    if not question.columns:
        return "has no columns; a side-by-side question needs one or more: add 'columns'"
    names = [column.name for column in question.columns]
    for column in question.columns:
        if column.kind not in SIDES:
            return f"column {column.name!r} is {column.kind!r}; expected one of {', '.join(SIDES)}: change its kind"
        if column.rows or names.count(column.name) > 1:
            return f"column {column.name!r} has rows of its own, or its name twice: the rows are the question's"
    return None


def _numeric(question: Question) -> str | None:
    low, high = question.minimum, question.maximum
    if low is not None and high is not None and low >= high:
        return f"minimum {low:g} is not below maximum {high:g}: swap or correct them"
    if question.step is not None and question.step <= 0:
        return f"step is {question.step:g}; expected how far answers lie apart, more than 0: correct it"
    if question.options and not all(option.missing for option in question.options):
        return "has options that are answers; a number has only options marked missing (don't know): change the kind"
    problem = option_problem(question.options)
    if problem or not question.rows:
        return problem
    return _rows(question)


def _slider(question: Question) -> str | None:
    for field in ("minimum", "maximum"):
        if getattr(question, field) is None:
            return f"{field} is not given; a slider has two ends: add it"
    return _numeric(question)


def _open(question: Question) -> str | None:
    if question.format is not None and question.format not in FORMATS:
        return f"format is {shown(question.format)}; expected one of {', '.join(FORMATS)}: change it"
    twice = next((row.name for row in question.rows if row.specify), None)
    if twice is not None:
        return f"row {twice!r} asks for more words, and its answer is words already: leave 'specify' away"
    return _rows(question) if question.rows else None


def _nps(question: Question) -> str | None:
    if [option.code for option in question.options if not option.missing] != list(range(11)):
        return "a net promoter question has the options 0 to 10: correct them, or leave them away"
    return _choice(question)


def _nothing(question: Question) -> None:
    """Display text and what the survey software measures have no rules of their own."""


def _best_worst(question: Question) -> str | None:
    problem = _choice(question)
    if problem:
        return problem
    codes = {option.code for option in question.options}
    if not question.sets or not all(question.sets):
        return "has no sets; expected which options are shown together, in each version: add 'sets'"
    if sum(len(version) for version in question.sets) > _MOST_TASKS:
        return f"has more than {_MOST_TASKS:,} sets: use fewer versions"
    if len({len(version) for version in question.sets}) > 1:
        return "its versions have different numbers of sets; expected as many in each: complete them"
    for place, together in ((p, s) for version in question.sets for p, s in enumerate(version, 1)):
        unknown = [code for code in together if code not in codes]
        if unknown or len(set(together)) < max(len(together), 3):
            return (
                f"set {place} is {shown(list(together))}; expected three different codes or more of the options: "
                "correct it"
            )
    return None


def _choice_task(question: Question) -> str | None:
    if question.tasks is None:
        return "has no tasks; expected attributes and the alternatives of every task: add 'tasks'"
    return question.tasks.problem()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# -- which columns ---------------------------------------------------------------------------------------------------


def plain(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options as a codebook has them: codes, labels and what they mean, not how they are shown."""
    return tuple(
        Option(option.code, option.label, option.missing, option.exclusive, option.off_scale) for option in options
    )


def _one(question: Question) -> Item:
    """The single column of a question that has just one."""
    return Item(
        question.name,
        question.text,
        plain(question.options),
        ordinal=question.kind in ("scale", "nps"),
        role=question.role,
        stem=question.stem,
        item=question.item,
    )


def _single_items(question: Question) -> tuple[Item, ...]:
    details = (
        _detail(question, option, f"{question.name}_{option.code}", question.name)
        for option in question.options
        if option.specify
    )
    return (_one(question), *details)


def _detail(question: Question, option: Option, column: str, chosen_in: str) -> Item:
    """What is written beside an option."""
    text = f"{question.text} {option.label}"
    return Item(f"{column}_text", text, role=question.role, specifies=(chosen_in, option.code))


def range_of(question: Question) -> NumericRange:
    """The range of a numeric question: whole numbers unless its limits, step or decimals say otherwise."""
    limits = [value for value in (question.minimum, question.maximum, question.step) if value is not None]
    whole = all(float(value).is_integer() for value in limits) and not question.decimals
    return NumericRange(question.minimum, question.maximum, question.unit, whole, question.step)


def _numeric_items(question: Question) -> tuple[Item, ...]:
    asked = replace(_one(question), numeric=range_of(question))
    return _by_row(question, asked) if question.rows else (asked,)


def _open_items(question: Question) -> tuple[Item, ...]:
    return _by_row(question, _one(question)) if question.rows else (_one(question),)


def _by_row(question: Question, like: Item) -> tuple[Item, ...]:
    """A column for each row, asked like this one, and texts beside those that ask for more."""
    items: list[Item] = []
    for row in question.rows:
        name, text = row_column(question, row), f"{question.text} {row.text}"
        items.append(replace(like, name=name, text=text, battery=question.name, stem=question.text, item=row.text))
        if row.specify:
            items.append(_beside(question, row))
    return tuple(items)


def _beside(question: Question, row: Row) -> Item:
    """What is written beside a row."""
    column, text = row_column(question, row), f"{question.text} {row.text}"
    return Item(f"{column}_text", text, role=question.role, specifies=(column, ""))


def row_column(question: Question, row: Row) -> str:
    """The column of a row."""
    return row.column or f"{question.name}_{row.name}"


def option_column(question: Question, option: Option) -> str:
    """The column of an option, in kinds that have one for each."""
    return option.column or f"{question.name}_{option.code}"


def _by_option(question: Question, **asked: object) -> tuple[Item, ...]:
    """A column for each option, and texts beside those that ask for more."""
    items: list[Item] = []
    for option in question.options:
        name = option_column(question, option)
        text = f"{question.text} {option.label}"
        shared = {"role": question.role, "battery": question.name, "stem": question.text, "item": option.label}
        items.append(Item(name, text, **shared, **asked))
        if option.specify:
            items.append(_detail(question, option, name, name))
    return tuple(items)


def _multiple_items(question: Question) -> tuple[Item, ...]:
    return _by_option(question, options=SELECTED)


def _rank_items(question: Question) -> tuple[Item, ...]:
    """The place each option was given; nothing for what is not among the first."""
    places = tuple(
        Option(place, f"Place {place}") for place in range(1, (question.ranked or len(question.options)) + 1)
    )
    return _by_option(question, options=places, ordinal=True)


def _sum_items(question: Question) -> tuple[Item, ...]:
    whole = float(question.total).is_integer() and not question.decimals
    return _by_option(question, numeric=NumericRange(0, question.total, question.unit, whole))


def _grid_items(question: Question) -> tuple[Item, ...]:
    # battery, stem and wording are those of the row
    return _by_row(question, replace(_one(question), ordinal=True))


def _grid_multiple_items(question: Question) -> tuple[Item, ...]:
    items: list[Item] = []
    for row in question.rows:
        name, words = row_column(question, row), f"{question.text} {row.text}"
        shared = {"role": question.role, "battery": name, "stem": words}
        items += [
            Item(f"{name}_{option.code}", f"{words} {option.label}", SELECTED, item=option.label, **shared)
            for option in question.options
        ]
        if row.specify:
            items.append(_beside(question, row))
    return tuple(items)


#: kind of a column of a side-by-side question -> the kind of question it is for all rows
SIDES = {
    "single": "grid", "scale": "grid", "multiple": "grid_multiple", "open": "open", "numeric": "numeric",
}  # fmt: skip


def sides(question: Question) -> tuple[Question, ...]:
    """The questions that the columns of a side-by-side question are, each with its rows."""
    return tuple(
        replace(
            column,
            name=f"{question.name}_{column.name}",
            kind=SIDES[column.kind],
            text=f"{question.text} {column.text}",
            rows=tuple(replace(row, column=None, specify=False) for row in question.rows),
            role=question.role,
        )
        for column in question.columns
    )


def chosen_columns(question: Question) -> dict[str, dict[int | str, str]]:
    """Name of a multiple choice -> code -> its column: the question, the rows of a grid, those side by side."""
    if question.kind == "multiple":
        return {question.name: {option.code: option_column(question, option) for option in question.options}}
    if question.kind == "grid_multiple":
        names = [row_column(question, row) for row in question.rows]
        return {name: {option.code: f"{name}_{option.code}" for option in question.options} for name in names}
    if question.kind == "side_by_side":
        return {name: columns for side in sides(question) for name, columns in chosen_columns(side).items()}
    return {}


def cells(question: Question) -> dict[str, tuple[int | None, int | None]]:
    """Column -> places of the row and of the option that it belongs to, None where it belongs to none."""
    found: dict[str, tuple[int | None, int | None]] = {item.name: (None, None) for item in question.items()}
    if question.kind in ("multiple", "rank", "sum", "single", "scale"):
        own = question.kind in ("multiple", "rank", "sum")
        for place, option in enumerate(question.options):
            name = option_column(question, option) if own else f"{question.name}_{option.code}"
            found |= {column: (None, place) for column in (name, f"{name}_text") if column in found}
    for side in sides(question) if question.kind == "side_by_side" else (question,):
        for line, row in enumerate(side.rows):
            name = row_column(side, row)
            several = enumerate(side.options) if side.kind == "grid_multiple" else ()
            found |= {f"{name}_{option.code}": (line, place if side is question else None) for place, option in several}
            found |= {column: (line, None) for column in (name, f"{name}_text") if column in found}
    for line, row in enumerate(question.rows):  # what is written beside a row of several columns
        beside = f"{row_column(question, row)}_text"
        found |= {beside: (line, None)} if beside in found else {}
    return found


def _side_by_side_items(question: Question) -> tuple[Item, ...]:
    answers = (item for side in sides(question) for item in side.items())
    return (*answers, *(_beside(question, row) for row in question.rows if row.specify))


def _best_worst_items(question: Question) -> tuple[Item, ...]:
    """Best and worst of every set. Versions differ in what they show, so the options are all there are."""
    return tuple(
        Item(
            f"{question.name}_{place}_{end}",
            f"{question.text} {wording}",
            plain(question.options),
            role=question.role,
            battery=question.name,
            stem=question.text,
            item=f"{wording}, set {place}",
        )
        for place in range(1, len(question.sets[0]) + 1)
        for end, wording in (("best", "Best"), ("worst", "Worst"))
    )


def _choice_task_items(question: Question) -> tuple[Item, ...]:
    options = question.tasks.options()
    return tuple(
        Item(f"{question.name}_{place}", question.text, options, role=question.role)
        for place in range(1, question.tasks.count + 1)
    )


def _kind(
    kind: str,
    summary: str,
    problem: Callable[[Question], str | None],
    items: Callable[[Question], tuple[Item, ...]],
    *fields: str,
) -> KindRule:
    return KindRule(kind, summary, problem, items, frozenset(fields))


#: the registry: one entry per kind
RULES: dict[str, KindRule] = {
    rule.kind: rule
    for rule in (
        _kind("single", "one of several options", _choice, _single_items, *_LISTED),
        _kind("multiple", "any number of options", _multiple, _multiple_items, *_LISTED, "at_least", "at_most"),
        _kind("scale", "one of several ordered options", _choice, _single_items, *_LISTED),
        _kind("nps", "how likely to recommend, 0 to 10", _nps, lambda q: (_one(q),), "options"),
        _kind("grid", "several rows on one scale", _grid, _grid_items, *_LISTED, "rows"),
        _kind("grid_multiple", "any number of options for each row", _grid_multiple, _grid_multiple_items, *_ROWED),
        _kind("side_by_side", "several questions for each row", _side_by_side, _side_by_side_items, "rows", "columns"),
        _kind("numeric", "a number, or one for each row", _numeric, _numeric_items, *_NUMBER, "rows", "options"),
        _kind("slider", "a place between two ends", _slider, _numeric_items, *_NUMBER, "rows", "options"),
        _kind("rank", "options in order, all or the first few", _rank, _rank_items, *_LISTED, "ranked"),
        _kind("sum", "numbers that add up to a total", _sum, _sum_items, *_LISTED, "total", "unit", "decimals"),
        _kind("best_worst", "the best and worst of several sets", _best_worst, _best_worst_items, "options", "sets"),
        _kind("choice_task", "one of several described alternatives", _choice_task, _choice_task_items, "tasks"),
        _kind("open", "text in the respondent's own words", _open, _open_items, *_TEXT, "rows"),
        _kind("date", "a day", _nothing, lambda q: (_one(q),)),
        _kind("display", "text that is shown and not answered", _nothing, lambda q: ()),
        _kind("technical", "what the survey software measures by itself", _nothing, lambda q: ()),
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
    "maxdiff": "best_worst",
    "conjoint": "choice_task",
    "ranking": "rank",
    "constant_sum": "sum",
}
