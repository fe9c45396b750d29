"""Blocks of a Qualtrics file: pages, skips, random order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.names import legal
from populace.survey.formats.qsf_hints import corrected_block, hints_of
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_order import Order, order_of
from populace.survey.formats.qsf_raw import mapping, members
from populace.survey.instrument import Block
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip

_ENDS = {"ENDOFBLOCK": END_OF_BLOCK, "ENDOFSURVEY": END_OF_SURVEY}


class BlockReader:
    """Reads the blocks of one file, once its questions are known."""

    def __init__(self, logic: LogicReader, fidelity: Fidelity) -> None:
        self.logic, self.fidelity = logic, fidelity
        self._ids: set[str] = set()
        self._placed: set[str] = set()

    def block(self, id: str, raw: Mapping[str, Any], questions: Mapping[str, Question]) -> Block | None:
        """The block, None when it asks nothing and shows nothing."""
        place = f"block {id}"
        order = self._order(id, raw, questions)
        pages = _pages(raw)
        found = []
        for qid in order.ids:
            question = questions.get(qid)
            if question is None:
                self.fidelity.lost("question", f"{place}, {qid}", "is not defined in the file")
                continue
            if qid in self._placed:
                self.fidelity.lost("question", f"{place}, {qid}", "stands in another block too; the first counts")
                continue
            self._placed.add(qid)
            if qid in order.fixed or qid in pages:
                question = replace(question, fixed=qid in order.fixed, new_page=qid in pages)
            found.append(question)
        for qid in order.hidden:
            self.fidelity.lost("question", f"{place}, {qid}", "is set not to be displayed to anybody")
        if order.lost:
            self.fidelity.lost("random order of questions", place, order.lost)
        if not found:
            self.fidelity.changed("block", place, "has no questions; it is left out")
            return None
        self.fidelity.taken("block")
        title = str(raw.get("Description") or "").strip() or None
        skipped = self._with_skips(raw, found, place, moved=order.random)
        block = Block(self._id(id), tuple(skipped), title, order.random, order.pick)
        return self.corrected(block, hints_of(raw.get("Options")), place)

    def corrected(self, block: Block, hints: Mapping[str, Any], place: str) -> Block:
        """The block as it is meant, where the file has hints for us."""
        try:
            meant = corrected_block(block, hints)
        except InstrumentError as problem:
            self.fidelity.changed("hint", place, f"cannot be followed ({problem})")
            return block
        if meant.id != block.id and meant.id in self._ids:
            self.fidelity.changed("hint", place, f"another block is called {meant.id!r} already")
            return block
        self._ids.add(meant.id)
        return meant

    def _id(self, id: str) -> str:
        name, count = legal(id), 2
        while name in self._ids:
            name, count = f"{legal(id)}_{count}", count + 1
        self._ids.add(name)
        return name

    def _order(self, id: str, raw: Mapping[str, Any], questions: Mapping[str, Question]) -> Order:
        ids = [
            str(one.get("QuestionID"))
            for one in map(mapping, members(raw.get("BlockElements")))
            if one.get("Type") == "Question"
        ]
        options = mapping(raw.get("Options"))
        kind = str(options.get("RandomizeQuestions") or "false")
        return order_of(list(dict.fromkeys(ids)), options.get("Randomization"), kind)

    # -- skips -------------------------------------------------------------------------------------------------------

    def _with_skips(self, raw: Mapping[str, Any], questions: list[Question], place: str, moved: bool) -> list[Question]:
        skips = {
            str(one.get("QuestionID")): members(one.get("SkipLogic"))
            for one in map(mapping, members(raw.get("BlockElements")))
            if one.get("SkipLogic")
        }
        later = {question.source: place for place, question in enumerate(questions)}
        found = []
        for number, question in enumerate(questions):
            own = [
                skip
                for one in skips.get(question.source or "", [])
                if (skip := self._skip(mapping(one), number, later, questions, f"{place}, {question.source}"))
            ]
            found.append(replace(question, skips=tuple(own)) if own else question)
        return found

    def _skip(
        self,
        raw: Mapping[str, Any],
        number: int,
        later: Mapping[str | None, int],
        questions: list[Question],
        place: str,
    ) -> Skip | None:
        target = str(raw.get("SkipToDestination"))
        to = _ENDS.get(target)
        if to is None:
            if later.get(target, -1) <= number:
                self.fidelity.lost("skip", place, f"leads to {target}, which is no later question of the block")
                return None
            to = questions[later[target]].name
        comparison = {"LogicType": "Question", **raw, "LeftOperand": raw.get("ChoiceLocator") or raw.get("Locator")}
        comparison |= {"Operator": raw.get("Condition"), "RightOperand": raw.get("Value")}
        when = self.logic.comparison(comparison, "skip", place)
        self.fidelity.taken("skip")
        return Skip(to, str(when))


def _pages(raw: Mapping[str, Any]) -> set[str]:
    """Questions that come right after a page break."""
    found, broken = set(), False
    for element in map(mapping, members(raw.get("BlockElements"))):
        if element.get("Type") == "Page Break":
            broken = True
        elif element.get("Type") == "Question":
            if broken:
                found.add(str(element.get("QuestionID")))
            broken = False
    return found
