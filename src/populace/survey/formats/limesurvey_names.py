"""What names in LimeSurvey stand for: codes of questions and sub-questions, and `12345X6X7` addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from populace.survey.expression_records import Call, Compare, Expression, Name, Number, Text

#: what follows a name and says which side of it is meant
VALUES = frozenset({"code", "value", "naok", "valuenaok"})
_ATTRIBUTES = VALUES | {"shown", "question", "relevancestatus", "qid", "gid", "sgqa", "type", "mandatory"}


@dataclass(frozen=True)
class Variable:
    """What a name stands for."""

    #: our name of the column
    name: str
    #: "closed", "ticked" (a box of a multiple choice), "placed" (a place of a ranking), "number", "text", "unknown";
    #: "none" for what has no answer
    kind: str = "unknown"
    #: value in LimeSurvey -> our code; of a place of a ranking -> column of the option
    codes: Mapping[str, int | str] = field(default_factory=dict)
    #: our name of the question, for whether it was shown
    question: str = ""
    #: code of the box within its question, number of the place
    box: int | str | None = None
    #: wording, for `.question`
    wording: str = ""
    #: what else is known of it: "qid", "gid", "type", ...
    facts: Mapping[str, str] = field(default_factory=dict)
    #: is it always put?
    always: bool = False

    @property
    def is_box(self) -> bool:
        """Is it a box of a multiple choice, "other" included?"""
        return self.box is not None and self.kind != "placed"

    @property
    def answered(self) -> Expression:
        """Is there an answer?"""
        if self.kind == "placed":
            return Compare(
                ">=", Call("count", tuple(Name(str(one)) for one in self.codes.values())), constant(self.box)
            )
        # "other" of a multiple choice is ticked by what is written beside it
        return self.ticked if self.box is not None else Call("answered", (Name(self.name),))

    @property
    def ticked(self) -> Expression:
        """Is the box ticked?"""
        return Call("selected", (Name(self.question), constant(self.box)))


def constant(code: int | str | None) -> Expression:
    """A code, written out."""
    return Text(code) if isinstance(code, str) else Number(code)


class Lookup:
    """All names of one survey. `self` and `this` are those of the question that is read."""

    def __init__(self) -> None:
        self._known: dict[str, Variable] = {}
        self._parts: dict[str, list[str]] = {}
        self._columns: dict[str, set[str]] = {}
        self._labelled: set[str] = set()
        #: embedded data that were asked for: `TOKEN:FIRSTNAME`
        self.tokens: dict[str, str] = {}
        self.own: str | None = None
        self.this: str | None = None

    def add(self, variable: Variable, *names: str, part_of: str | None = None) -> None:
        """Names of one variable; `part_of` is the code of the question it is a column of."""
        for name in names:
            self._known.setdefault(name, variable)
        self._columns.setdefault(variable.question or variable.name, {variable.question}).add(variable.name)
        if variable.kind == "closed":
            self._labelled.add(variable.name)
        if part_of is not None and names:
            self._parts.setdefault(part_of, []).append(names[0])

    def columns(self, variable: Variable) -> frozenset[str]:
        """Our names of all columns of its question, and of the question itself."""
        return frozenset(self._columns.get(variable.question or variable.name, {variable.name}))

    def labelled(self, name: str) -> bool:
        """Does our name stand for something with labels?"""
        return name in self._labelled

    def parts(self, name: str) -> list[Variable]:
        """The columns that `self` or `that.question` stands for; none when it stands for none."""
        stem, _ = split(name)
        words = stem.split(".")
        code = self.own if words[0] == "self" else words[1] if words[0] == "that" and len(words) > 1 else None
        extra = words[1:] if words[0] == "self" else words[2:]
        if code is None or extra not in ([], ["nocomments"]):
            return []
        found = [self._known[one] for one in self._parts.get(code, [code] if code in self._known else [])]
        return [one for one in found if one.is_box] if extra else found

    def find(self, name: str) -> Variable | None:
        """The variable of that name, its attribute left away."""
        stem, _ = split(name)
        stem = stem.removeprefix("INSERTANS:")
        if stem.startswith("TOKEN:"):
            return self._token(stem.removeprefix("TOKEN:"))
        if stem == "this":
            return self._known.get(self.this or self.own or "")
        if stem == "self":
            found = self.parts(name)
            return found[0] if len(found) == 1 else None
        return self._known.get(stem)

    def _token(self, field: str) -> Variable:
        name = self.tokens.setdefault(field, f"token_{field.lower()}")
        return Variable(name, "unknown", always=True)


def split(name: str) -> tuple[str, str]:
    """A name and its attribute in small letters, "" for none."""
    stem, dot, last = name.rpartition(".")
    return (stem, last.lower()) if dot and last.lower() in _ATTRIBUTES else (name, "")
