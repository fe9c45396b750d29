"""Routing instructions as conditions and skips, where they are unmistakable; everything else is noted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from populace.survey.expression_records import Call, Compare, Expression, Name, Number, OneOf
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.questionnaire_drafts import Draft
from populace.survey.formats.questionnaire_routing import Route, route
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip

_ELEMENT = "routing instruction"
_CLOSED = ("single", "scale", "nps", "multiple")


class Router:
    """Remembers which draft became which question, and carries out what stands beside them."""

    def __init__(self, fidelity: Fidelity) -> None:
        self.fidelity = fidelity
        self._drafts: dict[str, Draft] = {}
        #: label in the file, without case -> question; None where several have it
        self._by_label: dict[str, Question | None] = {}
        #: the first question of the next block
        self._next: str | None = None
        #: name of a question of this block -> its place
        self._places: dict[str, int] = {}

    def remember(self, draft: Draft, question: Question) -> None:
        """This draft is that question."""
        self._drafts[question.name] = draft
        if draft.label is not None:
            for label in {_plain(draft.label), _plain(question.name)}:
                self._by_label[label] = None if label in self._by_label else question

    def routed(self, questions: Sequence[Question], following: Sequence[Question]) -> list[Question]:
        """The questions of a block with their conditions and skips; `following` are those of the next block."""
        self._next = next((one.name for one in following if one.kind != "display"), None)
        self._places = {question.name: place for place, question in enumerate(questions)}
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> Question:
        draft = self._drafts.get(question.name)
        if draft is None:
            return question
        for text in draft.before:
            question = self._shown(question, text, draft)
        for text in draft.after:
            read = route(text)
            if read is not None and read.kind != "skip":
                question = self._shown(question, text, draft)
            else:
                question = self._skipping(question, text, None, draft)
        for option, own in zip(question.options, draft.options, strict=False):
            for text in own.routing:
                question = self._skipping(question, text, option.code, draft)
        return question

    def _shown(self, question: Question, text: str, draft: Draft) -> Question:
        """A condition before a question."""
        read = route(text)
        if read is not None and read.kind == "all":
            self.fidelity.taken(_ELEMENT)
            return question
        if read is None or read.kind != "ask":
            return self._left(question, text, draft, "could not be understood without doubt")
        condition, reason = self._condition(read, question)
        if condition is None:
            return self._left(question, text, draft, reason)
        joined = f"({question.show_if}) and {condition}" if question.show_if else str(condition)
        self.fidelity.changed(_ELEMENT, draft.place, f"{text!r} is read as the condition {str(condition)!r}")
        return replace(question, show_if=joined)

    def _skipping(self, question: Question, text: str, code: int | str | None, draft: Draft) -> Question:
        """A way on after a question, or after one of its options."""
        read = route(text)
        if read is None or read.kind != "skip":
            return self._left(question, text, draft, "could not be understood without doubt")
        to = self._target(read.to, question)
        if to is None:
            return self._left(question, text, draft, "leads to no later question of the same section")
        condition: Expression | None = None
        if code is not None:
            condition = _chosen(question, (code,))
        elif read.question is not None:
            condition, reason = self._condition(read, None)
            if condition is None:
                return self._left(question, text, draft, reason)
        when = str(condition) if condition is not None else None
        ending = "; the survey ends as a complete one, which may be a screen-out" if to == END_OF_SURVEY else ""
        words = f"{text!r} is read as: go to {to}" + (f" if {when}" if when else "") + ending
        self.fidelity.changed(_ELEMENT, draft.place, words)
        return replace(question, skips=(*question.skips, Skip(to, when)))

    def _left(self, question: Question, text: str, draft: Draft, reason: str) -> Question:
        place = f"{draft.place} ({draft.label})" if draft.label else draft.place
        self.fidelity.lost(_ELEMENT, place, f"{text!r} {reason}; write it as a condition by hand")
        return question

    def _condition(self, read: Route, question: Question | None) -> tuple[Expression | None, str]:
        """The condition about another question, or why there is none."""
        asked = self._by_label.get(_plain(read.question))
        if asked is None:
            return None, f"names {read.question!r}, which is no question before it"
        if question is not None and asked.name == question.name:
            return None, "speaks of the question itself"
        if asked.kind not in _CLOSED:
            return None, f"names {read.question!r}, which has no single list of options"
        unknown = [code for code in read.codes if code not in {option.code for option in asked.options}]
        if unknown:
            return None, f"names code {unknown[0]} of {read.question!r}, which it does not have"
        return _chosen(asked, read.codes), ""

    def _target(self, to: str | None, question: Question) -> str | None:
        if to == "end":
            return END_OF_SURVEY
        asked = self._by_label.get(_plain(to or ""))
        if asked is not None and asked.name == self._next:
            return END_OF_BLOCK
        later = asked is not None and self._places.get(asked.name, -1) > self._places[question.name]
        return asked.name if later else None


def _chosen(question: Question, codes: Sequence[int | str]) -> Expression:
    name, constants = Name(question.name), tuple(Number(code) for code in codes)
    if question.kind not in ("single", "scale", "nps"):
        return Call("selected", (name, *constants))
    return Compare("==", name, constants[0]) if len(constants) == 1 else OneOf(name, constants)


def _plain(label: str) -> str:
    """ "Q5", "q5", "5" and "Question 5" are one."""
    return re.sub(r"^q(?=\d)", "", label.lower().removeprefix("question").strip(" ._-"))
