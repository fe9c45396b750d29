"""Blocks of a Qualtrics file: pages, skips, random order, loop and merge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from populace.survey.flow import Flow, Loop, Round
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import plain_text
from populace.survey.formats.names import Names, legal
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_order import Order, order_of
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Unknown, read_locator
from populace.survey.formats.qsf_raw import entries, mapping, members
from populace.survey.instrument import Block
from populace.survey.piping import literally
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip

_ENDS = {"ENDOFBLOCK": END_OF_BLOCK, "ENDOFSURVEY": END_OF_SURVEY}
#: rounds of a loop over a number
_MOST_ROUNDS = 20


class BlockReader:
    """Reads the blocks of one file, once its questions are known."""

    def __init__(self, logic: LogicReader, piping: PipingReader, names: Names, fidelity: Fidelity) -> None:
        self.logic, self.piping, self.names, self.fidelity = logic, piping, names, fidelity
        self._ids: set[str] = set()

    def block(self, id: str, raw: Mapping[str, Any], questions: Mapping[str, Question]) -> Block | None:
        """The block, None when it asks nothing and shows nothing."""
        place = f"block {id}"
        order = self._order(id, raw, questions)
        pages = _pages(raw)
        found = []
        for qid in order.ids:
            question = questions.get(qid)
            if question is None:
                self.fidelity.lost("question", f"{place}, {qid}", "is not defined in the file, or stands in two blocks")
                continue
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
        return Block(self._id(id), tuple(skipped), title, order.random, order.pick)

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

    # -- loops -------------------------------------------------------------------------------------------------------

    def loop(self, id: str, raw: Mapping[str, Any]) -> Callable[[Flow], Loop] | None:
        """What puts the block's loop around a flow, None when it has none."""
        options = mapping(raw.get("Options"))
        kind, settings = str(options.get("Looping") or "None"), mapping(options.get("LoopingOptions"))
        if kind in ("None", "false", "") or not settings:
            return None
        place = f"block {id}, loop"
        rounds = self._rounds(settings, place)
        if not rounds:
            self.fidelity.lost("loop", place, "has no rounds; the block is put once")
            return None
        random = settings.get("Randomization")
        order = order_of([one.name for one in rounds], random if isinstance(random, dict) else {"Type": random})
        if order.lost:
            self.fidelity.lost("random order of a loop", place, order.lost)
        self.fidelity.taken("loop")
        name = self.names.claim(f"{legal(id)}_loop", "loop", place, Fidelity(""))
        return partial(_loop, name, rounds, order.random, order.pick)

    def _rounds(self, settings: Mapping[str, Any], place: str) -> tuple[Round, ...]:
        static = {id: mapping(one) for id, one in entries(settings.get("Static"))}
        locator = str(settings.get("Locator") or settings.get("ChoiceGroupLocator") or "")
        at = read_locator(locator) if locator else None
        if at is None:
            return tuple(
                self._round(id, {}, fields, number, len(static), None, place)
                for number, (id, fields) in enumerate(static.items(), 1)
            )
        try:
            draft = self.logic.places.draft(at.qid)
            if not at.property.startswith("ChoiceGroup"):
                return self._counted(static, str(self.logic.places.value(at)), place)
        except Unknown as reason:
            self.fidelity.lost("loop", place, f"goes over {locator!r}: {reason}")
            return ()
        choices = draft.options_raw or draft.rows_raw
        return tuple(
            self._round(
                id,
                {"1": choice.get("Display")},
                static.get(id, {}),
                number,
                len(choices),
                self._taken(locator, at.qid, id),
                place,
            )
            for number, (id, choice) in enumerate(choices.items(), 1)
        )

    def _counted(self, static: Mapping[str, Mapping[str, Any]], value: str, place: str) -> tuple[Round, ...]:
        count = len(static) or _MOST_ROUNDS
        if not static:
            self.fidelity.changed("loop", place, f"as many rounds as a number says: at most {_MOST_ROUNDS} here")
        return tuple(
            self._round(str(number), {}, static.get(str(number), {}), number, count, f"{value} >= {number}", place)
            for number in range(1, count + 1)
        )

    def _taken(self, locator: str, qid: str, id: str) -> str | None:
        """The condition of a round that belongs to a choice."""
        group = locator.split("ChoiceGroup/")[-1].split("?")[0]
        if group.startswith(("AllChoices", "AllAnswers")):
            return None
        at = read_locator(f"q://{qid}/SelectableChoice/{id}")
        try:
            if group.startswith("Displayed"):
                return str(self.logic.places.displayed(at))
            chosen = self.logic.places.selected(at)
        except Unknown as reason:
            self.fidelity.lost("loop", f"loop over {qid}, choice {id}", str(reason))
            return None
        return f"not {chosen}" if group.startswith("Un") else str(chosen)

    def _round(
        self,
        id: str,
        own: Mapping[str, Any],
        static: Mapping[str, Any],
        number: int,
        total: int,
        show_if: str | None,
        place: str,
    ) -> Round:
        texts = {key: plain_text(str(value or "")) for key, value in {**static, **own}.items() if value is not None}
        fields = [(f"field{legal(key)}", self.piping.text(text, place)) for key, text in sorted(texts.items())]
        fields += [("number", str(number)), ("total", literally(str(total)))]
        return Round(legal(id), tuple(fields), show_if)


def _loop(name: str, rounds: tuple[Round, ...], random: bool, pick: int | None, flow: Flow) -> Loop:
    return Loop(name, rounds, flow, random, pick)


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
