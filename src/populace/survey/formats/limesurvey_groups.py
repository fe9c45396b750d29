"""Writes blocks as groups of a LimeSurvey file, and what is computed or known beforehand as hidden questions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Not, names_in
from populace.survey.expressions import parse
from populace.survey.flow import Computed, Field, Roll, ShowBlock
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.limesurvey_kinds import comment_of
from populace.survey.formats.limesurvey_parts import fill
from populace.survey.formats.limesurvey_put import Put, Writing
from populace.survey.formats.limesurvey_sides import type_of
from populace.survey.formats.limesurvey_types import TYPES
from populace.survey.formats.written import written_on_the_way
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import sides
from populace.survey.question import END_OF_SURVEY, Question


class Groups:
    """The groups written so far."""

    def __init__(self, writing: Writing) -> None:
        self.writing, self.fidelity, self.sheets = writing, writing.fidelity, writing.sheets
        self.blocks = {block.id: block for block in writing.instrument.blocks}
        #: blocks that were written
        self.done: set[str] = set()
        self._numbers = {int(one[1:]) for one in self.blocks if _numbered(one)}
        self._waiting = list(writing.instrument.computed)
        self._declared = {one.name: one for one in writing.instrument.data}
        self._written: set[str] = set()
        self._orders: dict[str, int] = {}
        #: conditions under which the survey is over for somebody, from skips
        self._over: list[Expression] = []

    # -- groups --------------------------------------------------------------------------------------------------

    def _group(
        self, gid: str, title: str, above: Question | None, conditions: list[Expression], shuffle: str = ""
    ) -> None:
        place = f"group {gid}"
        relevance = self.writing.relevance(
            [*(Not(one) for one in self._over), *conditions], "condition of a block", place
        )
        order = self.sheets.number("group order")
        shared = {"gid": gid, "sid": self.sheets.sid, "group_order": order, "randomization_group": shuffle}
        self.sheets.add("groups", **shared, grelevance=relevance)
        words = self.writing.texts("text", above.text, above.name, place) if above else []
        for language in self.sheets.languages:
            self.sheets.add(
                "group_l10ns", id=self.sheets.number("group l10n"), group_name=self.writing.wordings.html(title, place),
                description=dict(words).get(language, ""), language=language, **shared, grelevance=relevance,
            )  # fmt: skip

    def _free(self) -> str:
        """A number that no block has in its id."""
        number = next(n for n in range(1, len(self._numbers) + 2) if n not in self._numbers)
        self._numbers.add(number)
        return str(number)

    def block(self, name: str, conditions: list[Expression], shuffle: str) -> None:
        """One block; a second time it is noted only."""
        block, place = self.blocks[name], f"block {name}"
        if name in self.done:
            self.fidelity.lost("block", place, "is put a second time; LimeSurvey puts a group once")
            return
        self.done.add(name)
        gid = name[1:] if _numbered(name) else self._free()
        if name != f"g{gid}":
            self.fidelity.changed("block", place, f"id {name!r} is 'g{gid}' there")
        questions = list(block.questions)
        above = questions.pop(0) if _description(block) else None
        self._group(gid, block.title or "", above, conditions, shuffle)
        if block.pick is not None:
            self.fidelity.lost("questions at random", place, f"all are put there, not {block.pick} of them")
        self._questions(gid, questions, block)
        self.fidelity.taken("block")
        self._compute(gid)

    def _questions(self, gid: str, questions: list[Question], block: Block) -> None:
        skipped: list[tuple[str, Expression]] = []
        comments = {one.name: two for one, two in pairwise(questions) if _comments(one, two)}
        for question in questions:
            if any(question is comment for comment in comments.values()):
                continue
            skipped = [(to, when) for to, when in skipped if to != question.name]
            conditions = [*([parse(question.show_if)] if question.show_if else []), *(Not(when) for _, when in skipped)]
            self._question(
                gid, question, comments.get(question.name), conditions, block.randomize and not question.fixed
            )
            for skip in question.skips:
                when = parse(skip.when) if skip.when else parse("true")
                words = f"to {skip.to!r}: what lies between has the opposite as a condition there"
                self.fidelity.changed("skip", f"question {question.name}", words)
                skipped.append((skip.to, when))
                if skip.to == END_OF_SURVEY:
                    self._over.append(when)

    def _question(
        self, gid: str, question: Question, comment: Question | None, conditions: list[Expression], moves: bool
    ) -> None:
        type = type_of(question, comment is not None)
        if type is None and question.kind == "side_by_side":
            words = "its columns are questions of their own there"
            self.fidelity.changed("question", f"question {question.name}", words)
            for side in sides(question):
                self.writing.codes.add(side)
                self._question(gid, side, None, conditions, moves)
            return
        if type is None:
            words = f"LimeSurvey has no question of kind {question.kind!r}"
            self.fidelity.lost("question", f"question {question.name}", words)
            return
        if comment is not None:
            self.writing.codes.beside(question, comment, "comment")
            self.fidelity.taken("question")
        put = Put(self.writing, question, type, gid, self._order(gid))
        if moves:
            put.attributes["random_group"] = f"r{gid}"
        fill(put, conditions)

    def _order(self, gid: str) -> int:
        self._orders[gid] = self._orders.get(gid, 0) + 1
        return self._orders[gid]

    # -- hidden questions ------------------------------------------------------------------------------------------

    def fields(self) -> None:
        """Embedded data that come with the respondents: hidden questions in a group of their own."""
        later = written_on_the_way(self.writing.instrument.flow)
        fields = [field for field in self.writing.instrument.data if field.name not in later]
        if not fields:
            return
        gid = self._free()
        self._group(gid, "", None, [])
        for field in fields:
            self._hidden(gid, field.name, _type(field), field.text or "")
            self.fidelity.taken("embedded data")

    def _hidden(self, gid: str, name: str, type: str, html_of: str, raw: str = "") -> str:
        """A hidden question; `raw` is HTML that is ready."""
        sheets, qid = self.sheets, self.sheets.number("qid")
        sheets.add(
            "questions", qid=qid, parent_qid="0", sid=sheets.sid, gid=gid, type=type,
            title=self.writing.codes.questions[name], other="N", mandatory="N", encrypted="N",
            question_order=str(self._order(gid)), scale_id="0", same_default="0", relevance="1",
            question_theme_name=TYPES[type][1], same_script="0",
        )  # fmt: skip
        html = raw or self.writing.wordings.html(html_of, f"embedded data {name}")
        for language in sheets.languages:
            sheets.add("question_l10ns", id=sheets.number("l10n"), qid=qid, question=html, language=language)
        sheets.add("question_attributes", qid=qid, attribute="hidden", value="1")
        return qid

    def data(self, name: str, text: str, conditions: list[Expression]) -> None:
        """Embedded data that are written on the way: a hidden question with a default answer, in a group of its own."""
        if name in self._written:
            self.fidelity.lost("embedded data", f"embedded data {name}", f"is not written anew there: {text[:200]!r}")
            return
        self._written.add(name)
        declared = self._declared.get(name)
        if declared is not None and not declared.text:
            self.fidelity.lost("declaration", f"embedded data {name}", "is known there by what is written into it")
        gid = self._free()
        self._group(gid, "", None, conditions)
        said = declared.text if declared is not None else None
        qid = self._hidden(gid, name, _type(declared) if said else "S", said or "")
        dvid = self.sheets.number("dvid")
        self.sheets.add("defaultvalues", dvid=dvid, qid=qid, scale_id="0", sqid="0")
        value = self.writing.wordings.html(text, f"embedded data {name}")
        for language in self.sheets.languages:
            number = self.sheets.number("default l10n")
            self.sheets.add("defaultvalue_l10ns", id=number, dvid=dvid, language=language, defaultvalue=value)
        self.fidelity.taken("embedded data")

    def roll(self, step: Roll, conditions: list[Expression]) -> None:
        """A random number: a hidden equation that keeps what it drew."""
        gid, code = self._free(), self.writing.codes.questions[step.name]
        if step.name in self._declared:
            self.fidelity.lost("declaration", f"embedded data {step.name}", "is known there by what is drawn")
        self._group(gid, "", None, conditions)
        drawn = f"{{if(is_empty({code}.NAOK), rand({step.low}, {step.high}), {code}.NAOK)}}"
        self._hidden(gid, step.name, "*", "", drawn)
        self.fidelity.taken("random number")

    def _compute(self, gid: str) -> None:
        """Computed values whose questions are all written by now, after them."""
        later = {
            name
            for block in self.blocks.values()
            if block.id not in self.done
            for question in block.questions
            for name in (question.name, *(item.name for item in question.items()))
        }
        ready = [one for one in self._waiting if not later & set(names_in(parse(one.value)))]
        for computed in ready:
            self._waiting.remove(computed)
            self._computed(gid, computed)

    def _computed(self, gid: str, computed: Computed) -> None:
        place = f"computed value {computed.name}"
        value = parse(computed.value)
        try:
            written = self.writing.script.value(value)
        except (NotWritten, InstrumentError) as problem:
            self.fidelity.lost("computed value", place, f"{computed.value[:200]!r}: {problem}")
            return
        self._hidden(gid, computed.name, "*", "", "{" + written + "}")
        if computed.text:
            self.fidelity.lost("remark", place, f"{computed.text!r}")
        self.fidelity.taken("computed value")

    def finish(self) -> None:
        """Computed values of questions that were not written."""
        for computed in self._waiting:
            self.fidelity.lost("computed value", f"computed value {computed.name}", "its questions are not written")


def _type(field: Field) -> str:
    return "N" if field.kind == "number" else "S"


def _numbered(block: str) -> bool:
    number = block[1:]
    return block[:1] == "g" and number.isascii() and number.isdigit() and number[0] != "0" and len(number) < 10


def written_apart(instrument: Instrument) -> set[str]:
    """Questions that are none in LimeSurvey: comments, texts above a group, the welcome text."""
    found = {"welcome"} if welcome_of(instrument) else set()
    for block in instrument.blocks:
        found |= {two.name for one, two in pairwise(block.questions) if _comments(one, two)}
        found |= {block.questions[0].name} if _description(block) else set()
    return found


def welcome_of(instrument: Instrument) -> str:
    """The text of a first block that is one text and nothing else: LimeSurvey's welcome text."""
    first = instrument.steps[0]
    block = next((one for one in instrument.blocks if first == ShowBlock(one.id)), None)
    if block is None or (block.id, block.title, len(block.questions)) != ("welcome", None, 1):
        return ""
    (question,) = block.questions
    return question.text if question == Question("welcome", "display", question.text) else ""


def _description(block: Block) -> bool:
    """Is the first question what LimeSurvey has above the questions of a group?"""
    first = block.questions[0]
    if len(block.questions) < 2 or block.randomize or not _numbered(block.id):
        return False
    return first == Question(f"{block.id}_intro", "display", first.text, source=first.source)


def _comments(question: Question, following: Question) -> bool:
    """Is the question that follows what LimeSurvey calls a comment?"""
    if question.kind not in ("single", "scale", "multiple"):
        return False
    if question.kind != "multiple" and any(option.specify for option in question.options):
        return False
    return following == replace(comment_of(question), source=following.source)
