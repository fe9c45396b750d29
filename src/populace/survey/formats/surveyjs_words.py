"""Our expressions put into SurveyJS, so that they mean there what they mean here.

Where the two differ, the difference is written out: our `q != 2` is false for whoever did not answer, which is
`{q} notempty and {q} <> 2` there. Functions that SurveyJS has not are written under our names; the page that shows the
survey has to register them, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.surveyjs_expressions import REGISTERED, Translation
from populace.survey.formats.surveyjs_variables import as_word
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question


@dataclass(frozen=True)
class Words:
    """What our names are called in SurveyJS."""

    #: our name -> name in braces
    names: Mapping[str, str]
    #: names of multiple choices
    multiple: frozenset[str] = frozenset()
    #: names whose answers are texts
    texts: frozenset[str] = frozenset()
    #: column of one option -> name in braces of its question, and the option's code
    cells: Mapping[str, tuple[str, int | str]] = field(default_factory=dict)
    #: fields of a loop and their texts in this round
    fields: Mapping[str, str] = field(default_factory=dict)

    def in_round(self, names: Mapping[str, str], fields: Mapping[str, str]) -> Words:
        """The same within a round of a loop, where questions have other names."""
        return replace(self, names={**self.names, **names}, fields={**self.fields, **fields})


def words_of(instrument: Instrument) -> Words:
    """What SurveyJS calls the questions, columns and data of an instrument."""
    asked = words_of_questions(instrument.questions)
    names = {one.name: one.name for one in (*instrument.data, *instrument.computed)}
    texts = asked.texts | {one.name for one in instrument.data}
    return replace(asked, names={**names, **asked.names}, texts=texts)


def words_of_questions(questions: Iterable[Question]) -> Words:
    """What SurveyJS calls these questions and their columns."""
    names: dict[str, str] = {}
    cells: dict[str, tuple[str, int | str]] = {}
    texts: set[str] = set()
    multiple: set[str] = set()
    for question in questions:
        found, own = _of_question(question)
        names |= found
        cells |= own
        texts |= {item.name for item in question.items() if item.open}
        multiple |= {question.name} if question.kind == "multiple" else set()
    return Words(names, frozenset(multiple), frozenset(texts), cells)


def _of_question(question: Question) -> tuple[dict[str, str], dict[str, tuple[str, int | str]]]:
    name, kind = question.name, question.kind
    names: dict[str, str] = {}
    cells: dict[str, tuple[str, int | str]] = {}
    if not question.rows and kind not in ("rank", "sum", "best_worst", "choice_task", "display", "technical"):
        names[name] = name
    for option in question.options:
        column = option_column(question, option)
        if kind == "multiple":
            cells[column] = (name, option.code)
        if kind == "sum":
            names[column] = f"{name}.{as_word(option.code)}"
        if option.specify:
            names[f"{column}_text" if kind in ("multiple", "sum", "rank") else f"{name}_{option.code}_text"] = (
                f"{name}-Comment"
            )
    for row in question.rows if kind != "side_by_side" else ():
        column = row_column(question, row)
        names[column] = f"{name}.{row.name}"
        if kind == "grid_multiple":
            cells |= {f"{column}_{option.code}": (f"{name}.{row.name}", option.code) for option in question.options}
    for side, column in zip(sides(question), question.columns, strict=True) if kind == "side_by_side" else ():
        for row in side.rows:
            cell = f"{side.name}_{row.name}"
            names[cell] = f"{name}.{row.name}.{column.name}"
            if column.kind == "multiple":
                cells |= {f"{cell}_{option.code}": (names[cell], option.code) for option in column.options}
    if kind == "best_worst":
        names |= {item.name: _of_set(item.name) for item in question.items()}
    if kind == "choice_task":
        names |= {item.name: item.name for item in question.items()}
    return names, cells


def _of_set(column: str) -> str:
    """Best and worst of a set are the rows of a table."""
    table, _, end = column.rpartition("_")
    return f"{table}.{end}"


# how strongly a written part binds: or 1, and 2, comparison 3, sum 4, product 5, anyof 6, one thing 7
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _LISTED, _ONE = range(1, 8)
_FUNCTIONS = {"if": "iif", "sum": "sum", "mean": "avg", "min": "min", "max": "max", "round": "round"}


class Written:
    """One expression as SurveyJS text; `notes` says where the two languages differ."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.notes: list[str] = []

    def text(self, expression: Expression) -> str:
        """The text. Raises `NotWritten` where SurveyJS has no form for a part."""
        return self._written(expression)[0]

    def _in(self, expression: Expression, level: int) -> str:
        text, own = self._written(expression)
        return text if own >= level else f"({text})"

    def _written(self, expression: Expression) -> tuple[str, int]:
        match expression:
            case Number():
                value = expression.value
                return (repr(value), _ONE) if "e" not in repr(value) else self._refuse(f"the number {value!r}")
            case Text():
                return quoted(expression.value), _ONE
            case Truth():
                return ("true" if expression.value else "false"), _ONE
            case Name():
                return self._name(expression.name), _ONE
            case Not():
                return self._not(expression.operand)
            case Logic():
                level = _OR if expression.operator == "or" else _AND
                joint = f" {expression.operator} "
                return joint.join(self._in(part, level + 1) for part in expression.operands), level
            case Compare():
                return self._compared(expression)
            case OneOf():
                return self._one_of(expression)
            case Arithmetic():
                return self._chain(expression)
            case Minus():
                return f"0 - {self._in(expression.operand, _PRODUCT)}", _SUM
            case Call():
                return self._called(expression)
        raise TypeError(f"{type(expression).__name__} is no record of an expression")

    def _refuse(self, what: str) -> tuple[str, int]:
        raise NotWritten(f"SurveyJS has no form for {what}")

    def _name(self, name: str) -> str:
        if name in self.words.fields:
            return quoted(self.words.fields[name])
        if name not in self.words.names:
            self._refuse(name)
        return "{" + self.words.names[name] + "}"

    def _not(self, operand: Expression) -> tuple[str, int]:
        match operand:
            case Call(function="answered", arguments=(Name() as name,)):
                return f"{self._name(name.name)} empty", _ONE
            case Compare(operator="==") if self._cell(operand) is None:
                left, right = self._sides(operand)
                return f"{left} <> {right}", _COMPARISON
        return f"!({self._written(operand)[0]})", _ONE

    def _cell(self, expression: Compare) -> str | None:
        """Is one option of several chosen, or not?"""
        match expression:
            case Compare(operator=sign, left=Name(name=name), right=Number(value=value)) if name in self.words.cells:
                question, code = self.words.cells[name]
                asked = f"{{{self.words.names.get(question, question)}}} contains {constant(code)}"
                if (sign, value) in (("==", 1), ("!=", 0)):
                    return asked
                if (sign, value) in (("==", 0), ("!=", 1)):
                    self.notes.append("an option not chosen is the same as a question not answered")
                    return f"!({asked})"
        return None

    def _compared(self, expression: Compare) -> tuple[str, int]:
        cell = self._cell(expression)
        if cell is not None:
            return cell, _ONE if cell.startswith("!") else _LISTED
        left, right = self._sides(expression)
        if expression.operator != "!=":
            return f"{left} {'=' if expression.operator == '==' else expression.operator} {right}", _COMPARISON
        names = [part for part in (expression.left, expression.right) if isinstance(part, Name)]
        there = "".join(f"{self._name(part.name)} notempty and " for part in names)
        return f"{there}{left} <> {right}", _AND if there else _COMPARISON

    def _sides(self, expression: Compare) -> tuple[str, str]:
        """Both sides; SurveyJS takes no account of capitals, so that it needs no lower()."""
        sides = [expression.left, expression.right]
        lowered = [side.arguments[0] for side in sides if isinstance(side, Call) and side.function == "lower"]
        texts = [side.value for side in sides if isinstance(side, Text)]
        if expression.operator in ("==", "!=") and lowered and texts == [texts[0].lower()] if texts else False:
            sides = [
                side.arguments[0] if isinstance(side, Call) and side.function == "lower" else side for side in sides
            ]
        elif texts and texts[0].lower() != texts[0].upper() and any(self._is_text(side) for side in sides):
            self.notes.append("SurveyJS compares texts without regard to capitals")
        return self._in(sides[0], _SUM), self._in(sides[1], _SUM)

    def _is_text(self, side: Expression) -> bool:
        return isinstance(side, Name) and side.name in self.words.texts

    def _one_of(self, expression: OneOf) -> tuple[str, int]:
        value, negated = expression.value, expression.negated
        members = ", ".join(constant(member.value) for member in expression.members)
        name = self._in(value, _ONE)
        if not negated:
            return f"{name} anyof [{members}]", _LISTED
        return f"{name} notempty and {name} noneof [{members}]", _AND

    def _chain(self, chain: Arithmetic) -> tuple[str, int]:
        level = _SUM if chain.operators[0] in "+-" else _PRODUCT
        parts = [self._in(part, level + 1) for part in chain.operands]
        if "+" in chain.operators:
            self.notes.append("in sums SurveyJS leaves out what is not answered")
        rest = zip(chain.operators, parts[1:], strict=True)
        return parts[0] + "".join(f" {sign} {part}" for sign, part in rest), level

    def _called(self, call: Call) -> tuple[str, int]:
        function, arguments = call.function, call.arguments
        match function:
            case "answered":
                return f"{self._name(arguments[0].name)} notempty", _ONE
            case "selected":
                return self._selected(call)
            case "count":
                return self._count(call)
            case "label":
                return f"displayValue({quoted(self._name(arguments[0].name)[1:-1])})", _ONE
            case "shown":
                self.notes.append("SurveyJS has no function shown(): the page has to register it")
                return f"shown({quoted(self._name(arguments[0].name)[1:-1])})", _ONE
            case "unsupported":
                return self._kept(arguments[0].value)
            case "contains":
                return self._contains(*arguments)
        inner = ", ".join(self._written(argument)[0] for argument in arguments)
        if function in _FUNCTIONS:
            return f"{_FUNCTIONS[function]}({inner})", _ONE
        if function not in REGISTERED:
            self._refuse(f"{function}()")
        self.notes.append(f"SurveyJS has no function {function}(): the page has to register it")
        return f"{function}({inner})", _ONE

    def _selected(self, call: Call) -> tuple[str, int]:
        name, *codes = call.arguments
        members = [constant(code.value) for code in codes]
        written = self._name(name.name)
        if name.name not in self.words.multiple:
            return (f"{written} = {members[0]}", _COMPARISON) if len(members) == 1 else (
                f"{written} anyof [{', '.join(members)}]", _LISTED)  # fmt: skip
        if len(members) == 1:
            return f"{written} contains {members[0]}", _LISTED
        return f"{written} anyof [{', '.join(members)}]", _LISTED

    def _count(self, call: Call) -> tuple[str, int]:
        parts = []
        for name in call.arguments:
            written = self._name(name.name)
            several = name.name in self.words.multiple
            parts.append(f"{written[:-1]}.length}}" if several else f"iif({written} notempty, 1, 0)")
        return " + ".join(parts), _ONE if len(parts) == 1 else _SUM

    def _contains(self, whole: Expression, part: Expression) -> tuple[str, int]:
        if not isinstance(part, Text):
            self._refuse("contains() of something else than a text in quotes")
        if isinstance(whole, Call) and whole.function == "lower" and part.value == part.value.lower():
            whole = whole.arguments[0]
        elif part.value.lower() != part.value.upper():
            self.notes.append("SurveyJS compares texts without regard to capitals")
        if not isinstance(whole, Name):
            self._refuse("contains() of something else than an answer")
        return f"{self._name(whole.name)} contains {quoted(part.value)}", _LISTED

    def _kept(self, text: str) -> tuple[str, int]:
        """What came from SurveyJS and was not translated goes back as it was."""
        known = dict.fromkeys(self.words.names.values())
        again = Translation(text, lambda name: known.get(name))
        again.condition()
        if not again.kept or "is no expression of SurveyJS" in again.kept[0]:
            self._refuse(f"the untranslated condition {text[:60]!r}")
        return text, _OR


def constant(value: int | float | str) -> str:
    """A code as SurveyJS writes it."""
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    """A text in quotes; quotes within are written with a backslash."""
    if "\\'" in text or '\\"' in text or text.endswith("\\"):
        raise NotWritten("SurveyJS has no form for a backslash before a quotation mark")
    return "'" + text.replace("'", "\\'").replace('"', '\\"') + "'"
