"""Blocks of ours as blocks of Qualtrics: pages, skips, random order, loop and merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_write_ids import Ids, LoopIds
from populace.survey.formats.qsf_write_logic import LogicWriter
from populace.survey.formats.qsf_write_order import block_order
from populace.survey.formats.qsf_write_sets import Form, NotWritten, Term
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.instrument import Block
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip

_ENDS = {END_OF_BLOCK: "ENDOFBLOCK", END_OF_SURVEY: "ENDOFSURVEY"}


@dataclass(frozen=True)
class BlockWriter:
    """Writes one block."""

    #: ids of the file
    ids: Ids
    #: writes wordings and conditions
    texts: TextWriter
    logic: LogicWriter
    #: what becomes of them
    fidelity: Fidelity

    def block(self, block: Block, kind: str) -> dict[str, Any]:
        """The block; its questions stand elsewhere."""
        id = self.ids.blocks[block.id]
        place = f"block {block.id}"
        qids = [self.ids.questions[question.name].qid for question in block.questions]
        elements: list[dict[str, Any]] = []
        for question, qid in zip(block.questions, qids, strict=True):
            if question.new_page:
                elements.append({"Type": "Page Break"})
            skips = [one for skip in question.skips for one in self._skip(question, qid, skip, place)]
            numbered = [one | {"SkipLogicID": number} for number, one in enumerate(skips, 1)]
            elements.append({"Type": "Question", "QuestionID": qid} | ({"SkipLogic": numbered} if numbered else {}))
        options = {"BlockLocking": "false", **block_order(block, qids, self.fidelity, place)}
        options["BlockVisibility"] = "Expanded"
        if block.id in self.ids.loops:
            options |= self._looping(self.ids.loops[block.id], place)
        self.fidelity.taken("block")
        title = block.title or f"Block {block.id}"
        return {
            "Type": kind, "SubType": "", "Description": title, "ID": id, "BlockElements": elements, "Options": options,
        }  # fmt: skip

    # -- skips -------------------------------------------------------------------------------------------------------

    def _skip(self, question: Question, qid: str, skip: Skip, place: str) -> list[dict[str, Any]]:
        """Skips of Qualtrics hang on one comparison of the question's own answer each."""
        here = f"{place}, {qid} ({question.name})"
        try:
            terms = self._terms(question, skip)
        except (NotWritten, InstrumentError) as reason:
            self.fidelity.lost("skip", here, f"to {skip.to} when {(skip.when or 'always')[:200]}: {reason}")
            return []
        if any(term.target.question != qid or term.target.kind in ("field", "score", "loop") for term in terms):
            words = "a skip of Qualtrics hangs on the answer to its own question only"
            self.fidelity.lost("skip", here, f"to {skip.to} when {skip.when[:200]}: {words}")
            return []
        target = _ENDS.get(skip.to) or self.ids.questions[skip.to].qid
        self.fidelity.taken("skip")
        return [_skip_of(term, qid, target) for term in terms]

    def _terms(self, question: Question, skip: Skip) -> list[Term]:
        """Comparisons of which any one is enough."""
        if skip.when is None:
            target = self.logic.targets[question.name]
            return [Term(target, target.at("QuestionDisplayed"), "Displayed")]
        form: Form = self.logic.form(parse(skip.when), True)
        if isinstance(form, Term):
            return [form]
        if form.word != "Or" or not all(isinstance(one, Term) for one in form.parts):
            raise NotWritten("a skip of Qualtrics hangs on one comparison")
        return list(form.parts)

    # -- loops -------------------------------------------------------------------------------------------------------

    def _looping(self, ids: LoopIds, place: str) -> dict[str, Any]:
        """Rounds, and what is piped in in each of them."""
        loop, here = ids.loop, f"{place}, loop {ids.loop.id}"
        static = {
            ids.rounds[one.name]: {
                ids.fields[name]: self.texts.html(text, f"{here}, round {one.name}")
                for name, text in one.fields
                if name in ids.fields and not (ids.over is not None and ids.fields[name] == "1")
            }
            for one in loop.rounds
        }
        settings: dict[str, Any] = {"Static": static, "Randomization": self._order(loop.randomize, loop.pick, here)}
        locator = ""
        if ids.over is not None:
            settings["QID"] = self.ids.questions[ids.over.name].qid
            locator = settings["ChoiceGroupLocator"] = f"q://{settings['QID']}/ChoiceGroup/SelectedChoices"
        elif ids.counted is not None:
            settings["QID"] = self.ids.questions[ids.counted].qid
            settings["ChoiceGroupLocator"] = f"q://{settings['QID']}/LoopAndMerge/MergeOnNumericResponse"
            locator = f"{settings['ChoiceGroupLocator']}?v={len(loop.rounds)}"
        elif any(one.show_if is not None for one in loop.rounds):
            words = "rounds of a list have no conditions; all take place"
            self.fidelity.lost("condition of a round", here, words)
        settings |= {"Locator": locator} if locator else {}
        self.fidelity.taken("loop")
        return {"Looping": "Question" if locator else "Static", "LoopingOptions": settings}

    def _order(self, random: bool, pick: int | None, place: str) -> str | dict[str, Any]:
        if pick is not None and not random:
            words = "some rounds are drawn, and put in random order too: Qualtrics does not do one without the other"
            self.fidelity.changed("random order of a loop", place, words)
        if pick is not None:
            return {"Type": "SubSet", "TotalRandSubset": str(pick), "Advanced": None}
        return "All" if random else "None"


def _skip_of(term: Term, qid: str, target: str) -> dict[str, Any]:
    """One skip."""
    content = {
        "ChoiceLocator": term.left, "Condition": term.operator, "SkipToDestination": target, "Locator": term.left,
        "SkipToDescription": target, "Description": f"{qid} {term.operator}", "QuestionID": qid,
    }  # fmt: skip
    return content | ({"Value": term.right} if term.right is not None else {})
