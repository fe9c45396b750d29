"""Lines and tables of a written questionnaire gathered into drafts of questions, one after the other.

A draft holds what belongs together; what kind of question it is is decided in `questionnaire_build`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.questionnaire_instructions import instruction, instructions
from populace.survey.formats.questionnaire_marks import (
    OptionMark,
    is_field,
    option_mark,
    options_behind,
    options_in_line,
    question_mark,
    unit_in,
)
from populace.survey.formats.questionnaire_parts import LONGEST, Line, Part, Table
from populace.survey.formats.questionnaire_routing import route, routes, tail
from populace.survey.formats.questionnaire_scales import scale_in_line

#: words of a line without a mark that may be an option
_SHORT = 12
#: words of a line that may be the title
_TITLE = 15


@dataclass
class OptionDraft:
    """An option in the making."""

    #: its words
    label: str
    #: its code where the file has one
    code: int | None = None
    #: what brackets beside it say
    told: dict[str, object] = field(default_factory=dict)
    #: routing instructions beside it
    routing: list[str] = field(default_factory=list)


@dataclass
class Draft:
    """A question, or a text, in the making."""

    #: where it stands
    place: str
    #: its words so far
    text: str
    #: number or name in the file, None where it has none
    label: str | None = None
    #: options so far
    options: list[OptionDraft] = field(default_factory=list)
    #: marks of the options, "box" and so on
    marks: set[str] = field(default_factory=set)
    #: rows of a grid
    rows: list[str] = field(default_factory=list)
    #: what brackets and lines instruct: {"multiple": True}
    told: dict[str, object] = field(default_factory=dict)
    #: lines without a mark after the wording
    loose: list[str] = field(default_factory=list)
    #: routing instructions before and after it
    before: list[str] = field(default_factory=list)
    #: routing instructions after it
    after: list[str] = field(default_factory=list)
    #: was a line without a mark continued?
    ended: bool = False

    @property
    def answered(self) -> bool:
        """Is there something to answer with?"""
        return bool(self.options or self.rows or {"open", "numeric", "date", "slider"} & set(self.told))


@dataclass
class SectionDraft:
    """Questions under one heading."""

    #: the heading
    title: str | None
    #: its questions and texts
    drafts: list[Draft] = field(default_factory=list)


class Gathering:
    """Walks over the parts of a document and gathers drafts."""

    def __init__(self, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self.title: str | None = None
        self.sections = [SectionDraft(None)]
        self.current: Draft | None = None
        self._waiting: list[str] = []
        self._blank = True
        self._lettered = False
        self._last = 0

    def gather(self, parts: Iterable[Part]) -> list[SectionDraft]:
        """The sections of a document; those without questions are left out."""
        parts = list(parts)
        labels = [mark for part in parts if isinstance(part, Line) and (mark := question_mark(part.text))]
        # where questions are called Q1, Q2, lines that begin with plain numbers are options
        lettered = [mark.number is None for mark in labels]
        self._lettered = lettered[:1] == [True] or sum(lettered) >= 2
        for part in parts:
            if isinstance(part, Table):
                self._table(part)
            elif part.text.strip():
                self._line(part)
            self._blank = isinstance(part, Table) or not part.text.strip()
        for text in self._waiting:
            self.fidelity.lost("routing instruction", "end of the file", f"{text!r}: nothing follows it")
        return [section for section in self.sections if section.drafts]

    # -- lines -------------------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> None:
        text = line.text.strip()
        if line.heading and not self._starts(text):
            self._heading(text, line)
        elif self._starts(text):
            self._question(text, line)
        elif self._instructed(text, line):
            return
        elif not self._answer(text):
            self._words(text, line)

    def _heading(self, text: str, line: Line) -> None:
        if self.title is None and not any(section.drafts for section in self.sections):
            self.title = text
        else:
            self.current = None
            self.sections.append(SectionDraft(text))
        self.fidelity.taken("heading")

    def _starts(self, text: str) -> bool:
        """Does a question begin here, and not an option with a number?"""
        mark = question_mark(text)
        if mark is None:
            return False
        if mark.number is None:
            return True
        if self._lettered:
            return False
        if self.current is None or self.current.label is None:
            return mark.number <= 1 or mark.number == self._last + 1 or mark.text.endswith("?")
        return self._next_number(mark.number, mark.text)

    def _next_number(self, number: int, text: str) -> bool:
        """A plain number within a question: the next question, or the next option?"""
        if number != self._last + 1:
            return text.endswith("?") and number > self._last
        options = self.current.options
        next_option = (options[-1].code or 0) + 1 == number if options else number == 1
        return not next_option or text.endswith(("?", ":"))

    def _question(self, text: str, line: Line) -> None:
        mark = question_mark(text)
        wording, options = options_behind(mark.text)
        words, told, routing = self._read(wording, line.place)
        self._last = mark.number if mark.number is not None else self._last
        self._begin(Draft(line.place, words, mark.label, told=told))
        self.current.before += routing
        self.current.text, instructed = tail(self.current.text)
        self.current.after += [instructed] if instructed else []
        for option in options:
            self._option(option)

    def _begin(self, draft: Draft) -> None:
        draft.before, self._waiting = self._waiting, []
        self.sections[-1].drafts.append(draft)
        self.current = draft

    def _read(self, text: str, place: str) -> tuple[str, dict[str, object], list[str]]:
        """(a text without brackets that instruct, what they say, those that route)."""
        words, told, unknown = instructions(text)
        self._unknown(unknown, place)
        routing = told.pop("routing", [])
        return words, told, routing

    def _unknown(self, unknown: list[str], place: str) -> None:
        for text in unknown:
            self.fidelity.lost("instruction", place, f"[{text}]: not understood; write it into the instrument by hand")

    def _instructed(self, text: str, line: Line) -> bool:
        """A line that says how to answer, or where to go on."""
        told = instruction(text)
        if told and self.current is not None and not (set(told) <= {"open", "scale", "display"} and text[:1].isalpha()):
            self.current.told |= told
            return True
        if routes(text):
            # after the options it says where to go on, after a blank line it belongs to what follows
            read = route(text)
            if read is not None and read.kind == "skip" and self.current is not None:
                self.current.after.append(text)
                return True
            closed = (
                self.current is None or self._blank or text.upper().lstrip("[( ").startswith(("ASK", "BASE", "SHOW"))
            )
            (self._waiting if closed else self.current.after).append(text)
            return True
        if text.startswith("[") and text.endswith("]") and text.isupper():
            self._unknown([text[1:-1]], line.place)
            return True
        return False

    def _answer(self, text: str) -> bool:
        """Options, scales and blanks to write on."""
        if self.current is None or (self.current.label is None and not self.current.text.endswith(("?", ":"))):
            return False
        written = is_field(tail(text)[0])
        if written and not self.current.options:
            self.current.told |= {written: True} | ({"unit": unit_in(text)} if unit_in(text) else {})
            return True
        marks = options_in_line(text) or scale_in_line(text)
        words, instructed = tail(text)
        one = None if marks else option_mark(words)
        if not marks and one is None:
            return False
        for mark in marks or [one]:
            self._option(mark)
        if instructed and not marks:
            self.current.options[-1].routing.append(instructed)
        return True

    def _option(self, mark: OptionMark) -> None:
        label, instructed = tail(mark.label)
        label, told, routing = self._read(label, f"{self.current.place}, option {len(self.current.options) + 1}")
        routing += [instructed] if instructed else []
        self.current.options.append(OptionDraft(label or mark.label, mark.code, told, routing))
        self.current.marks.add(mark.mark)

    def _words(self, text: str, line: Line) -> None:
        """A line without any mark: goes on with what was before, or begins something."""
        current = self.current
        if current is not None and not self._blank and not current.loose and self._goes_on(text):
            return
        if current is not None and current.label is not None and not current.answered and self._may_be_option(text):
            current.loose.append(text)
        elif text.endswith("?"):
            self.fidelity.changed("question", line.place, "has no number; taken for a question because it ends in '?'")
            words, told, routing = self._read(text, line.place)
            self._begin(Draft(line.place, words, told=told))
            self.current.before += routing
        elif self.title is None and self._nothing_yet() and len(text.split()) <= _TITLE and not text.endswith("."):
            self.title = text
        else:
            self._begin(Draft(line.place, text, told={"display": True}))

    def _nothing_yet(self) -> bool:
        return self.current is None and len(self.sections) == 1 and not self.sections[0].drafts

    def _may_be_option(self, text: str) -> bool:
        return len(text.split()) <= _SHORT and not text.endswith(("?", ".", ":"))

    def _goes_on(self, text: str) -> bool:
        """Is this the rest of the line before?"""
        current = self.current
        if len(current.text) > LONGEST:
            return False
        if current.told.get("display") and current.label is None:
            current.text += f" {text}"
            return True
        if current.options and not current.rows and text[:1].islower() and len(current.options[-1].label) < LONGEST:
            current.options[-1].label += f" {text}"
            return True
        unfinished = not current.text.endswith(("?", ".", ":", "!"))
        if not current.answered and (unfinished or text[:1].islower() or not self._may_be_option(text)):
            words, told, routing = self._read(f"{current.text} {text}", current.place)
            current.text, current.told = words, current.told | told
            current.before += routing
            return True
        return False

    # -- tables ------------------------------------------------------------------------------------------------------

    def _table(self, table: Table) -> None:
        """A grid below its question, or a list of options with their codes."""
        head, *body = table.rows if table.rows else ((),)
        current = self.current
        if current is None or current.answered or len(head) < 2:
            self.fidelity.lost("table", table.place, "belongs to no question; write it into the instrument by hand")
            return
        if len(head) == 2 and all(_is_code(row[1]) or _is_code(row[0]) for row in table.rows):
            for left, right in table.rows:
                code, label = (left, right) if _is_code(left) else (right, left)
                self._option(OptionMark("number", label.strip(), int(code)))
            return
        if not body or len(head) < 3:
            for row in table.rows:
                self._option(option_mark(row[0]) or OptionMark("bullet", row[0] or row[1]))
            return
        for label in head[1:]:
            mark = option_mark(label)
            self._option(mark if mark and mark.mark == "number" else OptionMark("bullet", label or "?"))
        current.marks = {"box"} if any(_BOXES & set("".join(row[1:])) for row in body) else {"circle"}
        current.rows += [row[0] for row in body if row[0].strip()]
        if head[0].strip():
            current.text = f"{current.text} {head[0].strip()}"


_BOXES = set("☐□▢❏❐◻☑☒⬜")


def _is_code(text: str) -> bool:
    return text.strip().isdigit() and len(text.strip()) <= 4
