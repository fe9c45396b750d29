"""What LimeSurvey calls the parts of an instrument: codes of letters and digits, and names in its expressions."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.written import data_names
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column, row_column
from populace.survey.question import Question

#: characters of codes in LimeSurvey
_QUESTION, _SUB, _ANSWER = 20, 20, 5
_OTHER = {"single": "-oth-", "scale": "-oth-", "multiple": "other"}


@dataclass(frozen=True)
class Target:
    """What one of our names is in an expression of LimeSurvey."""

    #: its name there; of a multiple choice the question's
    name: str
    #: "closed", "multiple", "ticked", "placed" (place of an option in a ranking), "number", "text", "unknown"
    kind: str
    #: our code -> code there
    codes: dict[int | str, str] = field(default_factory=dict)
    #: names of its parts, where it has several
    parts: tuple[str, ...] = ()
    #: what stands for all its parts
    together: str = ""


class Codes:
    """Codes of all questions, options and rows of one instrument, but for those `apart` that are no questions there."""

    def __init__(self, instrument: Instrument, apart: Container[str], fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self._taken: set[str] = set()
        #: our question, embedded or computed name -> code
        self.questions: dict[str, str] = {}
        #: question and our code -> code there
        self.options: dict[str, dict[int | str, str]] = {}
        #: question and our row -> code there
        self.rows: dict[str, dict[str, str]] = {}
        #: our names in expressions
        self.targets: dict[str, Target] = {}
        for question in (one for one in instrument.questions if one.name not in apart):
            self.add(question)
        for name in data_names(instrument):
            code = self._claim(name, f"embedded data {name}")
            self.targets.setdefault(name, Target(code, "unknown"))

    def _claim(self, name: str, place: str) -> str:
        code = _fresh(_cleaned(name, _QUESTION), self._taken, _QUESTION)
        self._taken.add(code.lower())
        self.questions[name] = code
        if code != name:
            self.fidelity.changed("code", place, f"name {name!r} is {code!r} there: letters and digits, at most 20")
        return code

    def add(self, question: Question) -> None:
        """The codes of one question."""
        place = f"question {question.name}"
        code = self._claim(question.name, place)
        other = _OTHER.get(question.kind, "other")
        longest = _SUB if question.kind in ("multiple", "sum", "grid_multiple") else _ANSWER
        specify = [option.code for option in question.options if option.specify][:1]
        plain = [option.code for option in question.options if option.code not in specify]
        self.options[question.name] = self._codes(plain, longest, place) | dict.fromkeys(specify, other)
        if specify and specify[0] != other:
            self.fidelity.changed("code", f"{place}, option {specify[0]}", f"code {specify[0]!r} is {other!r} there")
        self.rows[question.name] = self._codes([row.name for row in question.rows], _SUB, place)
        self._aim(question, code)

    def _codes(self, ours: Iterable[int | str], longest: int, place: str) -> dict[int | str, str]:
        taken: set[str] = set()
        found: dict[int | str, str] = {}
        for one in ours:
            plain = re.sub(r"[^A-Za-z0-9]+", "", str(one))[:longest] or "A1"
            found[one] = _fresh(plain, taken, longest)
            taken.add(found[one].lower())
            if found[one] != str(one):
                self.fidelity.changed("code", f"{place}, {one}", f"code {one!r} is {found[one]!r} there")
        return found

    # -- names in expressions ------------------------------------------------------------------------------------

    def _aim(self, question: Question, code: str) -> None:
        options, rows, name = self.options[question.name], self.rows[question.name], question.name
        match question.kind:
            case "multiple":
                parts = tuple(f"{code}_{one}" for one in options.values())
                self.targets[name] = Target(code, "multiple", options, parts, f"that.{code}")
                for option in question.options:
                    self._add(option_column(question, option), f"{code}_{options[option.code]}", "ticked")
            case "rank":
                for option in question.options:
                    column = option_column(question, option)
                    self.targets[column] = Target(code, "placed", {option.code: options[option.code]})
            case "sum":
                for option in question.options:
                    self._add(option_column(question, option), f"{code}_{options[option.code]}", "number")
            case "grid_multiple" | "side_by_side":
                self._aim_cells(question, code)
            case _ if question.rows:
                for row in question.rows:
                    self._add(row_column(question, row), f"{code}_{rows[row.name]}", _kind(question), options)
            case "display" | "technical" | "best_worst" | "choice_task":
                self.targets[name] = Target(code, "none")
            case _:
                self._add(name, code, _kind(question), options)
        for option in (one for one in question.options if one.specify and question.kind in _OTHER):
            column = option_column(question, option) if question.kind == "multiple" else f"{name}_{option.code}"
            self._add(f"{column}_text", f"{code}_other", "text")

    def _aim_cells(self, question: Question, code: str) -> None:
        for row, there in self.rows[question.name].items():
            for column in question.columns:
                options = {option.code: str(option.code) for option in column.options}
                kind = _kind(column) if column.kind != "multiple" else "none"
                self._add(f"{question.name}_{column.name}_{row}", f"{code}_{there}_{column.name}", kind, options)
            for option, cell in self.options[question.name].items() if question.kind == "grid_multiple" else ():
                self._add(f"{question.name}_{row}_{option}", f"{code}_{there}_{cell}", "closed", {1: "1", 0: "0"})

    def _add(self, ours: str, there: str, kind: str, codes: dict[int | str, str] | None = None) -> None:
        self.targets[ours] = Target(there, kind, codes or {})

    def beside(self, question: Question, comment: Question, there: str) -> None:
        """A question that is the comment of another: its columns are named after that one."""
        code = self.questions[question.name]
        if comment.rows:  # all boxes, without the comments beside them
            together = f"that.{code}.nocomments"
            self.targets[question.name] = replace(self.targets[question.name], together=together)
        if not comment.rows:
            self._add(comment.name, f"{code}_{there}", "text")
        for row, option in zip(comment.rows, question.options, strict=False):
            self._add(row_column(comment, row), f"{code}_{self.options[question.name][option.code]}{there}", "text")


def _kind(question: Question) -> str:
    if question.kind in ("numeric", "slider", "sum"):
        return "number"
    return "text" if question.kind in ("open", "date") else "closed"


def _cleaned(name: str, longest: int) -> str:
    """A code that LimeSurvey takes: it begins with a letter."""
    plain = re.sub(r"[^A-Za-z0-9]+", "", name)
    return (plain if plain[:1].isalpha() else f"Q{plain}")[:longest]


def _fresh(code: str, taken: set[str], longest: int) -> str:
    """The code, or the first with a number that nobody has."""
    found, count = code, 1
    while found.lower() in taken:
        count += 1
        found = f"{code[: longest - len(str(count))]}{count}"
    return found
