"""What XLSForm calls the parts of an instrument: names of rows and choices, and what our names are in expressions."""

from __future__ import annotations

import re

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.written import data_names
from populace.survey.formats.xlsform_paths import Target
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


class Rows:
    """Names of all rows of one form."""

    def __init__(self, instrument: Instrument, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self._taken: set[str] = set()
        #: our name -> name of the row
        self.names: dict[str, str] = {}
        #: question -> our code -> name of the choice
        self.choices: dict[str, dict[int | str, str]] = {}
        #: our names in expressions
        self.targets: dict[str, Target] = {}
        for question in instrument.questions:
            self.add(question)
        for name in data_names(instrument):
            self.targets.setdefault(name, Target(self.claim(name), "unknown"))

    def claim(self, name: str) -> str:
        """A name that nobody has."""
        plain = re.sub(r"[^A-Za-z0-9_.\-]+", "_", name)
        plain = plain if _LEGAL.fullmatch(plain) else f"q{plain}"
        found, count = plain, 1
        while found.lower() in self._taken:
            count += 1
            found = f"{plain}_{count}"
        self._taken.add(found.lower())
        self.names[name] = found
        if found != name:
            self.fidelity.changed("name", name, f"is {found!r} there")
        return found

    def add(self, question: Question) -> None:
        """The names of one question."""
        if question.kind == "side_by_side":
            for side in sides(question):
                self.add(side)
            return
        name = self.claim(question.name)
        choices = self.choices[question.name] = self._choices(question)
        match question.kind:
            case "multiple":
                self.targets[question.name] = Target(name, "multiple", choices)
                for option in question.options:
                    box = Target(name, "box", choice=choices[option.code])
                    self.targets[option_column(question, option)] = box
            case "grid" | "grid_multiple" | "numeric" | "slider" | "open" if question.rows:
                self._rows(question, choices)
            case "sum":
                for option in question.options:
                    column = option_column(question, option)
                    self.targets[column] = Target(self.claim(column), "number")
            case "display" | "technical" | "rank" | "best_worst" | "choice_task":
                self.targets[question.name] = Target(name, "none")
            case _:
                self.targets[question.name] = Target(name, _kind(question), choices)
        self._specify(question)

    def _rows(self, question: Question, choices: dict[int | str, str]) -> None:
        for row in question.rows:
            column = row_column(question, row)
            kind = "multiple" if question.kind == "grid_multiple" else _kind(question)
            name = self.claim(column)
            self.targets[column] = Target(name, kind, choices)
            for option in question.options if kind == "multiple" else ():
                self.targets[f"{column}_{option.code}"] = Target(name, "box", choice=choices[option.code])

    def _specify(self, question: Question) -> None:
        for option in (one for one in question.options if one.specify):
            column = (
                option_column(question, option) if question.kind == "multiple" else f"{question.name}_{option.code}"
            )
            wanted = self.other_of(question) if option.code == "other" else f"{column}_text"
            self.targets[f"{column}_text"] = Target(self.claim(wanted), "text")

    def other_of(self, question: Question) -> str:
        """Name of the text in which "other" is specified."""
        return f"{self.names[question.name]}_other"

    def _choices(self, question: Question) -> dict[int | str, str]:
        found: dict[int | str, str] = {}
        for option in question.options:
            plain = re.sub(r"\s+", "_", str(option.code))
            while plain in found.values():
                plain = f"{plain}_2"
            found[option.code] = plain
            if plain != str(option.code):
                self.fidelity.changed("choice", f"question {question.name}", f"code {option.code!r} is {plain!r} there")
        return found


def _kind(question: Question) -> str:
    if question.kind in ("numeric", "slider", "sum"):
        return "number"
    return "text" if question.kind in ("open", "date") else "closed"
