"""Questions of SurveyJS on their way to ours: what a question is, before its conditions and braces are translated.

Conditions may name questions that come later in the file, so every question is drafted first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Arithmetic, Call, Expression, Name, Number
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.surveyjs_choices import Choice, legal
from populace.survey.formats.surveyjs_expressions import Translation
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_texts import Texts, piped
from populace.survey.formats.surveyjs_variables import Lookup, Variable
from populace.survey.formats.translated import joined
from populace.survey.names import RESPONDENT_ID, name_problem
from populace.survey.question import Question
from populace.survey.scale import Option

#: characters of a name
_LONGEST = 100
_PANEL_NUMBER = ("panelIndex", "visiblePanelIndex")


@dataclass
class Draft:
    """A question before its conditions are translated."""

    #: the element of the file
    raw: Raw
    #: our name
    name: str
    #: kind of question
    kind: str
    #: fields of the question
    fields: dict[str, Any] = field(default_factory=dict)
    #: options, and the conditions on them
    choices: list[Choice] = field(default_factory=list)
    #: row's name -> conditions on it as written
    row_conditions: dict[str, list[str]] = field(default_factory=dict)
    #: conditions as written, those of the panels around included
    conditions: list[str] = field(default_factory=list)
    #: conditions in our language
    further: list[Expression] = field(default_factory=list)
    #: conditions answers must meet, as written, and in our language
    valid: list[str] = field(default_factory=list)
    #: what else answers must meet
    valid_further: list[Expression] = field(default_factory=list)
    #: condition under which there must be an answer, as written
    needed: str | None = None
    #: the question whose chosen, or not chosen, options are offered
    carried: tuple[str, str] | None = None
    #: name in braces -> what it is, of this question and its parts
    variables: dict[str, Variable | Expression] = field(default_factory=dict)
    #: name of the loop it is in
    loop: str | None = None

    @property
    def options(self) -> list[Option]:
        """The options of its choices."""
        return [choice.option for choice in self.choices]


class Names:
    """Names that are taken, and free ones like those of the file."""

    def __init__(self, fidelity: Fidelity) -> None:
        self._fidelity = fidelity
        self._taken = {RESPONDENT_ID}
        self._next: Counter[str] = Counter()

    def free(self, wanted: str, place: str, element: str = "name") -> str:
        """A legal name that nobody has; told when it is another than the file's."""
        name = wanted if not name_problem(wanted) else legal(wanted).lstrip("_.-")[:_LONGEST] or "q"
        name = name[:_LONGEST]
        name = self._unlike(name)
        if name != wanted:
            self._fidelity.changed(
                element, place, f"{wanted!r} is now {name!r}, for names are unique letters and digits"
            )
        self._taken.add(name.lower())
        return name

    def _unlike(self, name: str) -> str:
        """The name, or name_2, name_3, …; counts on from the last time, so that many equal names take no longer."""
        if name.lower() not in self._taken:
            return name
        while True:
            self._next[name.lower()] += 1
            other = f"{name}_{self._next[name.lower()] + 1}"
            if other.lower() not in self._taken:
                return other

    def take(self, name: str) -> None:
        """A name that is used from now on."""
        self._taken.add(name.lower())

    def taken(self, name: str) -> bool:
        """Is it used?"""
        return name.lower() in self._taken


@dataclass
class Reading:
    """What is gathered while a file is read."""

    #: what became of its elements
    fidelity: Fidelity
    #: wordings
    texts: Texts
    #: names
    names: Names
    #: properties of looks, counted
    looks: Counter[str] = field(default_factory=Counter)
    #: name in braces -> what it stands for
    variables: dict[str, Variable | Expression] = field(default_factory=dict)
    #: loop -> name in braces after "panel." -> what it stands for
    panels: dict[str, dict[str, Variable | Expression]] = field(default_factory=dict)
    #: embedded data found on the way: name -> kind
    data: dict[str, str] = field(default_factory=dict)
    #: longest text of all questions, None = any
    longest: int | None = None

    def know(self, name: str, found: Variable | Expression, loop: str | None = None) -> None:
        """What a name in braces stands for, here and without regard to capitals."""
        known = self.variables if loop is None else self.panels.setdefault(loop, {})
        known.setdefault(name, found)
        known.setdefault(name.lower(), found)

    def lookup(self, loop: str | None = None, item: Any = None, place: str = "") -> Lookup:
        """Finds what a name in braces stands for; in a loop, and for one choice, where these are given."""

        def found(name: str) -> Variable | Expression | None:
            return self._special(name, loop, item) or self._known(name) or self._data(name, place)

        return found

    def _special(self, name: str, loop: str | None, item: Any) -> Variable | Expression | None:
        known = self.panels.get(loop or "", {})
        if name.startswith("panel.") and loop:
            return known.get(name[6:]) or known.get(name[6:].lower())
        if loop and name == "panelIndex":
            return Arithmetic((Name("loop.number"), Number(1)), ("-",))
        return None

    def _known(self, name: str) -> Variable | Expression | None:
        return self.variables.get(name) or self.variables.get(name.lower()) or self._of_round(name)

    def _of_round(self, name: str) -> Variable | None:
        """`loop[0].question` is the question in the first round."""
        loop, opened, rest = name.partition("[")
        number, closed, question = rest.partition("].")
        known = self.panels.get(loop, {})
        found = known.get(question) or known.get(question.lower())
        if not (opened and closed and number.isdecimal() and len(number) < 4 and isinstance(found, Variable)):
            return None
        return replace(found, name=f"{found.name}.{int(number) + 1}")

    def _data(self, name: str, place: str) -> Variable | None:
        """What is no question is data that a page or program sets from outside."""
        if not place or name_problem(name) or "." in name or name in ("panel", "row", "item", "panelIndex", "rowIndex"):
            return None
        if self.names.taken(name):
            return None
        if name not in self.data:
            self.data[name] = "text"
            self.fidelity.changed(
                "variable", place, f"{name!r} is no question; taken as embedded data set from outside"
            )
        return Variable(name)

    def translated(self, text: str, raw: Raw, what: str, lookup: Lookup, value: bool = False) -> Expression:
        """An expression of the file in our language; what is not translated is noted."""
        translation = Translation(text, lookup)
        found = translation.value() if value else translation.condition()
        for kept in translation.kept:
            raw.lost(what, f"not translated, {kept}")
        if not translation.kept:
            self.fidelity.taken(what)
        return found

    def piped(self, text: str, loop: str | None = None) -> str:
        """A wording with its braces in our form."""
        if "{" not in text:
            return text
        found = self.lookup(loop)
        number = Name("loop.number")  # in wordings it counts from 1 on, in expressions from 0
        return piped(text, lambda name: number if loop and name in _PANEL_NUMBER else found(name))


def register(draft: Draft, reading: Reading) -> None:
    """Give a draft a name under which none of its columns collides, and let expressions know it."""
    columns = _columns(draft)
    if any(reading.names.taken(column) for column in columns):
        old = draft.name
        number = 2
        while any(reading.names.taken(column) for column in (f"{old}_{number}", *_columns(draft, f"{old}_{number}"))):
            number += 1
        draft.name = f"{old}_{number}"
        draft.raw.changed("name", f"{old!r} is now {draft.name!r}, for its columns would be those of another question")
        draft.variables = {key: renamed(found, old, draft.name) for key, found in draft.variables.items()}
        columns = _columns(draft)
    for column in (draft.name, *columns):
        reading.names.take(column)
    for name, found in draft.variables.items():
        reading.know(name, found, draft.loop)


def _columns(draft: Draft, name: str | None = None) -> list[str]:
    """Its columns beside the one of its own name."""
    name = name or draft.name
    if draft.carried:
        return []
    try:
        question = Question(name, draft.kind, "?", **fields_of(draft, name))
    except InstrumentError:
        return []  # told when the question is made
    return [item.name for item in question.items() if item.name != name]


def fields_of(draft: Draft, name: str | None = None) -> dict[str, Any]:
    """Fields of the question as far as they are known from the start."""
    fields = dict(draft.fields)
    fields.pop("text", None)
    if draft.choices:
        fields["options"] = tuple(_column_of(option, draft.name, name) for option in draft.options)
    if "rows" in fields:
        fields["rows"] = tuple(_column_of(row, draft.name, name) for row in fields["rows"])
    return fields


def _column_of(part: Any, old: str, name: str | None) -> Any:
    if name is None or part.column is None:
        return part
    return replace(part, column=name + part.column.removeprefix(old))


def renamed(found: Variable | Expression, old: str, new: str) -> Variable | Expression:
    """What an expression is told of a question, under its new name."""
    if isinstance(found, Variable) and (found.name == old or found.name.startswith(f"{old}_")):
        return replace(found, name=new + found.name.removeprefix(old))
    return found


def finished(draft: Draft, reading: Reading) -> Question:
    """The question, with conditions and wordings in our form."""
    raw, lookup = draft.raw, reading.lookup(draft.loop, place=draft.raw.place)
    fields = fields_of(draft, draft.name)
    shown = [reading.translated(text, raw, "visibleIf", lookup) for text in draft.conditions]
    fields["show_if"] = _text(joined("and", *shown, *draft.further))
    valid = [reading.translated(text, raw, "validator", lookup) for text in draft.valid]
    fields["valid_if"] = _text(joined("and", *valid, *draft.valid_further))
    if fields["valid_if"] is None:
        fields.pop("valid_text", None)
    if draft.choices:
        fields["options"] = tuple(
            _option(choice, option, draft, reading)
            for choice, option in zip(draft.choices, fields["options"], strict=True)
        )
    if "rows" in fields:
        fields["rows"] = tuple(_row(row, draft, reading) for row in fields["rows"])
    if "columns" in fields:
        fields["columns"] = tuple(_worded(column, draft, reading) for column in fields["columns"])
    if fields.get("valid_text"):
        fields["valid_text"] = reading.piped(fields["valid_text"], draft.loop)
    text = reading.piped(draft.fields.get("text") or draft.name, draft.loop)
    source = raw.content.get("name")
    source = source if isinstance(source, str) and source.strip() else None
    try:
        return Question(draft.name, draft.kind, text, source=source, **fields)
    except InstrumentError as problem:
        raw.lost("question", f"kept in its place without an answer: {problem}")
        return Question(draft.name, "technical", text, source=source)


def _text(condition: Expression | None) -> str | None:
    return None if condition is None else str(condition)


def _option(choice: Choice, option: Option, draft: Draft, reading: Reading) -> Option:
    """An option with its condition: its own, and that of what is carried forward."""
    conditions = [_of_item(text, choice.value) for text in choice.conditions]
    lookup = reading.lookup(draft.loop, place=draft.raw.place)
    found = [reading.translated(text, draft.raw, "choice condition", lookup) for text in conditions]
    return replace(option, label=reading.piped(option.label, draft.loop), show_if=_joined(option.show_if, found))


def _joined(first: str | None, found: list[Expression]) -> str | None:
    return _text(joined("and", parse(first) if first else None, *found))


def _of_item(text: str, value: str) -> str:
    """A condition on every choice, as it is for one: `{item}` is its value."""
    written = "'" + value.replace("'", "\\'").replace('"', '\\"') + "'"
    for name in ("{item}", "{choice}", "{item.value}"):
        text = text.replace(name, written)
    return text


def _row(row: Any, draft: Draft, reading: Reading) -> Any:
    conditions = [_of_item(text, row.source or row.name) for text in draft.row_conditions.get(row.name, ())]
    lookup = reading.lookup(draft.loop, place=draft.raw.place)
    found = [reading.translated(text, draft.raw, "row condition", lookup) for text in conditions]
    return replace(row, text=reading.piped(row.text, draft.loop), show_if=_joined(row.show_if, found))


def _worded(column: Question, draft: Draft, reading: Reading) -> Question:
    options = tuple(replace(one, label=reading.piped(one.label, draft.loop)) for one in column.options)
    return replace(column, text=reading.piped(column.text, draft.loop), options=options)


def raw_name(draft: Draft) -> str:
    name = draft.raw.content.get("name")
    return name if isinstance(name, str) else draft.name


def with_variable(draft: Draft, kind: str) -> Draft:
    draft.variables = {raw_name(draft): Variable(draft.name, kind)}
    if kind == "text":
        draft.variables[f"{raw_name(draft)}.length"] = Call("length", (Name(draft.name),))
    return draft
