"""SurveyJS JSON written: blocks are pages, and the conditions of the flow are pushed down to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from populace import atomic
from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Truth, names_in
from populace.survey.expressions import parse
from populace.survey.flow import (
    Branch,
    CheckQuota,
    End,
    Flow,
    Loop,
    Roll,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)
from populace.survey.flow import Element as Step
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.surveyjs_loops import write_loop
from populace.survey.formats.surveyjs_read import WORDS
from populace.survey.formats.surveyjs_skips import Conditions, skipped
from populace.survey.formats.surveyjs_words import Written, quoted, words_of
from populace.survey.formats.surveyjs_writing import Element, Writing
from populace.survey.formats.surveyjs_written import element
from populace.survey.formats.translated import joined, negated
from populace.survey.instrument import Block, Instrument
from populace.survey.piping import pieces
from populace.survey.question import Question

#: what the condition of a branch can stand on just as well
_PLAIN_STEPS = (ShowBlock, End, SetData, Loop)


def write(instrument: Instrument, path: Path) -> Fidelity:
    """The instrument as a SurveyJS file; returns what the format cannot carry."""
    content, fidelity = to_surveyjs(instrument)
    if path.stem != instrument.id:
        fidelity.changed("id", "instrument", f"the file has the name {path.stem!r}, and that is its id when read back")
    atomic.write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return fidelity


def to_surveyjs(instrument: Instrument) -> tuple[dict[str, Any], Fidelity]:
    """The instrument in the form of SurveyJS, and what that cannot carry."""
    writer = SurveyWriter(instrument)
    return writer.content(), writer.fidelity


@dataclass(frozen=True)
class _Asked:
    """What was asked so far, for triggers."""

    #: number of the page -> names asked on it
    pages: list[set[str]]

    def last(self, names: Sequence[str]) -> bool:
        """Are all of these asked on the last page and on no other?"""
        where = {number for number, asked in enumerate(self.pages) for name in names if name in asked}
        known = all(any(name in asked for asked in self.pages) for name in names)
        return known and where == {len(self.pages) - 1}


class SurveyWriter:
    """One instrument on its way to a file."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.fidelity = Fidelity(WORDS)
        self.blocks = {block.id: block for block in instrument.blocks}
        self.writing = Writing(self.fidelity, words_of(instrument), instrument.translations)
        self.pages: list[Element] = []
        self.asked = _Asked([])
        self.calculated: dict[str, str] = {}
        self.triggers: list[Element] = []
        self.endings: list[tuple[str, End]] = []
        self.last: End | None = None
        #: has everybody come to an end?
        self.over = False
        #: who has not come to an end so far, where no trigger says so
        self.ended: list[Expression] = []
        self.shown: set[str] = set()

    def content(self) -> dict[str, Any]:
        """The file."""
        self._told()
        for one in self.instrument.computed:
            self._calculate(one.name, one.value)
            if one.text:
                self.fidelity.lost("computed.text", f"computed {one.name!r}", "calculated values have no description")
        self.flow(self.instrument.steps, ())
        unshown = [block.id for block in self.instrument.blocks if block.id not in self.shown]
        for id in unshown:
            self.fidelity.lost("block", f"block {id!r}", "is put to nobody by the flow")
        found: dict[str, Any] = {"title": self.writing.text(self.instrument.title, "title")}
        if self.instrument.language != "en":
            found["locale"] = self.instrument.language
        if self.instrument.notes:
            found["description"] = self.writing.text(self.instrument.notes, "notes")
        found["pages"] = self.pages
        self._finish(found)
        return found

    def _finish(self, found: dict[str, Any]) -> None:
        """What stands beside the pages."""
        calculated = {**self.calculated, **self.writing.piped}
        if calculated:
            found["calculatedValues"] = [
                {"name": name, "expression": text, "includeIntoResult": name in self.calculated}
                for name, text in calculated.items()
            ]
        if self.triggers:
            found["triggers"] = self.triggers
        on_text = [(when, end) for when, end in self.endings if end.text]
        on_url = [(when, end) for when, end in self.endings if end.url]
        if on_text:
            found["completedHtmlOnCondition"] = [
                {"expression": when, "html": self.writing.text(end.text or "", "end", html=True)}
                for when, end in on_text
            ]
        if on_url:
            found["navigateToUrlOnCondition"] = [{"expression": when, "url": end.url} for when, end in on_url]
        if self.last and self.last.text:
            found["completedHtml"] = self.writing.text(self.last.text, "end", html=True)
        if self.last and self.last.url:
            found["navigateToUrl"] = self.last.url
        for language, texts in self.instrument.translations.items():
            for at in texts:
                if (language, at) not in self.writing.placed:
                    self.fidelity.lost("translation", f"{language}, {at}", "there is no such text in the file")

    def _told(self) -> None:
        """Parts of an instrument that SurveyJS has nothing for."""
        for name in ("year", "country"):
            if getattr(self.instrument, name) is not None:
                self.fidelity.lost(name, "instrument", "SurveyJS has nothing for it")
        for quota in self.instrument.quotas:
            self.fidelity.lost("quota", f"quota {quota.name!r}", "SurveyJS counts nobody")
        used = self._used()
        names = [one.name for one in self.instrument.data]
        if names != sorted(names):
            self.fidelity.changed("data", "instrument", "embedded data stand in the order of their names")
        for one in self.instrument.data:
            if one.name not in used or one.text or one.kind != "text":
                self.fidelity.lost(
                    "data", f"embedded data {one.name!r}", "are set by the page that shows the survey, not described"
                )
            else:
                self.fidelity.taken("data")

    def _used(self) -> set[str]:
        content = json.dumps(self.instrument.to_dict(), ensure_ascii=False)
        return {one.name for one in self.instrument.data if content.count(one.name) > 1}

    def _calculate(self, name: str, text: str) -> None:
        place = f"computed {name!r}"
        writer = Written(self.writing.words)
        try:
            self.calculated[name] = writer.text(parse(text))
        except NotWritten as problem:
            self.fidelity.lost("computed", place, str(problem))
            return
        for note in dict.fromkeys(writer.notes):
            self.fidelity.changed("computed", place, note)
        if not writer.notes:
            self.fidelity.taken("computed")

    # -- flow --------------------------------------------------------------------------------------------------------

    def flow(self, flow: Flow, under: Conditions, rest: Flow = ()) -> None:
        """Write the steps, before `rest`, for whom these conditions hold."""
        for number, step in enumerate(flow):
            if self.over:
                return
            self._step(step, under, (*flow[number + 1 :], *rest))

    def _step(self, step: Step, under: Conditions, rest: Flow) -> None:
        """Write one step, before `rest`."""
        match step:
            case ShowBlock():
                self._show(self.blocks[step.block], under)
            case Branch():
                self._branch(step, under, rest)
            case Section():
                if step.title:
                    self.fidelity.lost("section", f"section {step.title!r}", "headings for readers have no place")
                self.flow(step.flow, under, rest)
            case Shuffle():
                self._shuffle(step, under, rest)
            case Loop():
                write_loop(self, step, under, rest)
            case SetData():
                self._set(step, under)
            case End():
                self._end(step, under, rest)
            case Roll():
                self.fidelity.lost("roll", f"embedded data {step.name!r}", "SurveyJS draws no random numbers")
            case CheckQuota():
                self.fidelity.lost("quota check", f"quota {step.quota!r}", "SurveyJS counts nobody")

    def _branch(self, branch: Branch, under: Conditions, rest: Flow) -> None:
        when = parse(branch.when)
        place = f"branch {branch.when!r}"
        if branch.title:
            self.fidelity.lost("branch.title", place, "remarks have no place")
        if branch.otherwise or len(branch.then) != 1 or not isinstance(branch.then[0], _PLAIN_STEPS):
            self.fidelity.changed("branch", place, "its condition stands on every page of it")
        self.flow(branch.then, (*under, when), rest)
        self.flow(branch.otherwise, (*under, negated(when)), rest)

    def when(self, under: Conditions, place: str) -> Expression | None:
        """What must hold here: these conditions, and that nobody has come to an end."""
        try:
            return joined("and", *under, *self.ended)
        except InstrumentError as problem:
            self.fidelity.lost("branch", place, f"{problem}; it is put to nobody")
            return Truth(False)

    def _end(self, end: End, under: Conditions, rest: Flow) -> None:
        """An end: a trigger where SurveyJS fires it just here, else the opposite condition on what follows."""
        if end.kind != "complete":
            self.fidelity.changed("end", f"end {end.kind!r}", "SurveyJS knows one kind of end")
        when = joined("and", *under)
        if when is None:
            if rest:
                self.fidelity.lost("flow", "after an end", "is put to nobody")
            self.last, self.over = end, True
            return
        text = self.writing.condition(when, "end", "end")
        if (end.text or end.url) and text:
            self.endings.append((text, end))
        if not rest:
            return
        if text and self.asked.last(names_in(when)):
            self.triggers.append({"type": "complete", "expression": text})
            return
        self.fidelity.changed("end", f"end where {when}", "what follows has the opposite condition")
        self.ended.append(negated(when))

    def _set(self, step: SetData, under: Conditions) -> None:
        """Embedded data written on the way are calculated values."""
        for name, text in step.values:
            place = f"embedded data {name!r}"
            try:
                value = self._value(text)
                when = self.when(under, place)
                before = self.calculated.get(name, "''")
                if when is not None:
                    value = f"iif({Written(self.writing.words).text(when)}, {value}, {before})"
            except NotWritten as problem:
                self.fidelity.lost("set", place, str(problem))
                continue
            self.calculated[name] = value
            self.writing.words = replace(self.writing.words, names={**self.writing.words.names, name: name})
            self.fidelity.changed("set", place, "a calculated value, up to date from the start")

    def _value(self, text: str) -> str:
        parts = [
            quoted(piece) if isinstance(piece, str) else Written(self.writing.words).text(piece)
            for piece in pieces(text)
        ]
        return " + ".join(parts) or "''"

    # -- pages -------------------------------------------------------------------------------------------------------

    def _show(self, block: Block, under: Conditions) -> None:
        """A block as one page, or several where questions start a new one."""
        if block.id in self.shown and not self.writing.suffix:
            self.fidelity.lost("block", f"block {block.id!r}", "is put a second time; names are unique in a survey")
            return
        self.shown.add(block.id)
        place = f"block {block.id!r}"
        if block.pick is not None:
            self.fidelity.lost("block.pick", place, "all questions are put, not some of them at random")
        hidden, ends = skipped(block, under, self.fidelity)
        for number, questions in enumerate(_on_pages(block), 1):
            page: Element = {
                "name": block.id + self.writing.suffix if number == 1 else f"{block.id}{self.writing.suffix}_{number}"
            }
            if block.title and number == 1:
                page["title"] = self.writing.text(block.title, place)
            self._add(page, questions, under, hidden, block.randomize)
        self.ended += ends
        self.fidelity.taken("block")

    def _add(
        self, page: Element, questions: Sequence[Question], under: Conditions,
        hidden: dict[str, Conditions], randomize: bool,
    ) -> None:  # fmt: skip
        """A page with these questions; without any it is left away."""
        page["elements"] = self.elements(questions, hidden)
        when = self.when(under, f"page {page['name']!r}")
        if when is not None:
            page["visibleIf"] = self.writing.condition(when, f"page {page['name']!r}", "branch")
        if randomize:
            page["questionOrder"] = "random"
        if not page["elements"]:
            self.fidelity.lost("block", f"page {page['name']!r}", "has nothing that SurveyJS can show")
            return
        self.pages.append(page)
        names = {name for question in questions for name in (question.name, *(i.name for i in question.items()))}
        self.asked.pages.append(names)

    def elements(self, questions: Sequence[Question], hidden: dict[str, Conditions]) -> list[Element]:
        found = []
        for number, question in enumerate(questions):
            if question.new_page and number == 0:
                self.fidelity.changed("new_page", f"question {question.name!r}", "its page is a block of its own")
            more = hidden.get(question.name, ())
            if more:
                own = parse(question.show_if) if question.show_if else None
                question = replace(question, show_if=str(joined("and", own, *more)))
            found += element(question, self.writing)
        return found

    def _shuffle(self, shuffle: Shuffle, under: Conditions, rest: Flow) -> None:
        """Blocks in random order: panels of one page."""
        place = f"shuffle {shuffle.id!r}"
        members = [_member(step) for step in shuffle.members]
        if shuffle.pick is not None:
            self.fidelity.lost("shuffle.pick", place, "all members are put, not some of them at random")
        if len(members) < 2 or any(one is None for one in members):
            self.fidelity.lost("shuffle", place, "members of several steps are put in their order")
            self.flow(shuffle.members, under, rest)
            return
        ends: Conditions = ()
        page: Element = {"name": shuffle.id, "questionOrder": "random", "elements": []}
        asked: set[str] = set()
        for id, condition in (one for one in members if one):
            block = self.blocks[id]
            self.shown.add(id)
            panel: Element = {"type": "panel", "name": id}
            if block.title:
                panel["title"] = self.writing.text(block.title, f"block {id!r}")
            if condition:
                panel["visibleIf"] = self.writing.condition(condition, f"block {id!r}", "branch")
            if block.randomize:
                panel["questionOrder"] = "random"
            own = (parse(condition),) if condition else ()
            hidden, over = skipped(block, (*under, *own), self.fidelity)
            panel["elements"] = self.elements(block.questions, hidden)
            if over:
                self.fidelity.lost("skip", f"block {id!r}", "other blocks of its page do not know of the end")
            ends = (*ends, *over)
            page["elements"].append(panel)
            asked |= {
                name for question in block.questions for name in (question.name, *(i.name for i in question.items()))
            }
            self.fidelity.taken("block")
        when = self.when(under, place)
        if when is not None:
            page["visibleIf"] = self.writing.condition(when, place, "branch")
        self.pages.append(page)
        self.asked.pages.append(asked)
        self.ended += ends
        if shuffle.even:
            self.fidelity.lost("shuffle.even", place, "orders are drawn for each respondent alone")


def _member(step: Step) -> tuple[str, str | None] | None:
    """The block that a member of a shuffle is, and its condition."""
    match step:
        case ShowBlock():
            return step.block, None
        case Branch(then=(ShowBlock(block=block),), otherwise=()):
            return block, step.when
    return None


def _on_pages(block: Block) -> list[list[Question]]:
    """The questions of a block, page by page."""
    pages: list[list[Question]] = [[]]
    for question in block.questions:
        if question.new_page and pages[-1]:
            pages.append([])
        pages[-1].append(question)
    return pages
