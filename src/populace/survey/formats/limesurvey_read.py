"""Reads LimeSurvey structure files: groups become blocks, relevance the flow and conditions, quotas quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from populace.errors import InstrumentError
from populace.survey.flow import Branch, CheckQuota, Computed, Element, End, Field, Section, ShowBlock, Shuffle
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.limesurvey_equations import Outcome, equation, hidden_field, tokens
from populace.survey.formats.limesurvey_kinds import questions_of
from populace.survey.formats.limesurvey_names import Lookup
from populace.survey.formats.limesurvey_plans import plans_of
from populace.survey.formats.limesurvey_quotas import quotas_of
from populace.survey.formats.limesurvey_raw import Asked, Group, Raw, load
from populace.survey.formats.limesurvey_reading import Reading, block_of
from populace.survey.formats.limesurvey_remarks import note_attributes, note_survey
from populace.survey.formats.limesurvey_texts import Texts
from populace.survey.formats.names import Names
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question

FORMAT = "LimeSurvey"


def read(path: Path, place: str) -> Imported:
    """The instrument in a file. Raises `FileRefused`, and `InstrumentError` when nothing in it is asked."""
    fidelity = Fidelity(FORMAT)
    raw = load(path, place, fidelity)
    reading = _reading(raw, fidelity)
    try:
        return Imported(_Assembly(reading).instrument(), fidelity)
    except InstrumentError as problem:
        raise InstrumentError(f"{place}: {problem}") from None


def _reading(raw: Raw, fidelity: Fidelity) -> Reading:
    lookup, names = Lookup(), Names()
    plans = plans_of(raw, lookup, names, fidelity)
    words = raw.words.get(raw.languages[0], {})
    fixed = {
        "SURVEYNAME": words.get("surveyls_title", ""), "SURVEYDESCRIPTION": words.get("surveyls_description", ""),
        "SID": raw.sid, "SURVEYID": raw.sid,
    }  # fmt: skip
    texts = Texts(raw.languages, lookup, fidelity, fixed)
    by_code = {plan.asked.code: plan for plan in reversed(plans)}
    return Reading(raw, lookup, texts, fidelity, plans, by_code, names)


class _Assembly:
    """Puts an instrument together, group by group."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.raw, self.fidelity = reading, reading.raw, reading.fidelity
        self.plans = {plan.asked.qid: plan for plan in reading.listed}
        self.blocks: list[Block] = []
        self.computed: list[Computed] = []
        self.fields: list[Field] = []

    def instrument(self) -> Instrument:
        words = self.raw.words.get(self.raw.languages[0], {})
        note_survey(self.reading)
        flow = [*self._welcome(), *self._groups(), *self._end()]
        plain = all(isinstance(element, ShowBlock) for element in flow)
        quotas, title = quotas_of(self.reading), self.reading.texts.plain(words.get("surveyls_title", ""), "title")
        flow, plain = (_checked(flow, quotas), False) if quotas else (flow, plain)
        return Instrument(
            words.get("surveyls_alias", "").strip() or self.raw.sid,
            title or f"Survey {self.raw.sid}",
            tuple(self.blocks),
            language=self.raw.languages[0],
            notes=self.reading.texts.plain(words.get("surveyls_description", ""), "description"),
            flow=() if plain else tuple(flow),
            data=(*self.fields, *tokens(self.reading)),
            computed=tuple(self.computed),
            quotas=tuple(quota for quota, _ in quotas),
            translations=self.reading.texts.others,
        )

    # -- groups --------------------------------------------------------------------------------------------------

    def _groups(self) -> list[Element]:
        """The groups in order, those that are put in random order together as one shuffle."""
        steps, seen = [], Counter()
        for name, run in groupby(self.raw.groups, key=lambda group: group.shuffled):
            members = [(group, self._group(group)) for group in run]
            if not name:
                steps += [step for _, found in members for step in found]
                continue
            seen[name] += 1
            if seen[name] > 1:
                words = f"random order with the earlier groups of {name!r} is not kept: others stand in between"
                self.fidelity.lost("random order of groups", f"group {members[0][0].gid}", words)
            steps += self._shuffled(name, [_one(found) for _, found in members if found])
        return steps

    def _shuffled(self, name: str, members: list[Element]) -> list[Element]:
        if len(members) < 2:
            return members
        self.fidelity.taken("random order of groups")
        place = f"randomization group {name!r}"
        return [Shuffle(self.reading.names.claim(name, "random order of groups", place, self.fidelity), tuple(members))]

    def _group(self, group: Group) -> list[Element]:
        """The steps of one group."""
        outcome, questions = Outcome(), []
        place = f"group {group.gid}"
        block = block_of(group.gid)
        title = self.reading.texts.of(group.titles, f"{place}, title")
        above = self.reading.texts.of(group.descriptions, f"{place}, description")
        if above:
            questions.append(Question(self._claim(f"{block}_intro"), "display", above))
            self.fidelity.changed("group description", place, "is a display text at the start of its block")
        for asked in group.asked:
            questions += self._asked(asked, outcome)
        self.computed += outcome.computed
        self.fields += outcome.fields
        steps = [*outcome.before, *self._block(block, questions, title, group), *outcome.after]
        condition = self.reading.condition(group.relevance, "relevance of a group", place)
        if condition is not None and steps:
            return [Branch(str(condition), tuple(steps))]
        return steps

    def _claim(self, name: str) -> str:
        name = self.reading.names.free(name)
        self.reading.names.add(name)
        return name

    def _block(self, block: str, questions: list[Question], title: str | None, group: Group) -> list[Element]:
        if not questions:
            self.fidelity.changed("group", f"group {group.gid}", "puts no questions, and is no block")
            return []
        questions, randomize = self._random_questions(questions, group)
        self.blocks.append(Block(block, tuple(questions), title, randomize))
        self.fidelity.taken("group")
        return [ShowBlock(block)]

    def _asked(self, asked: Asked, outcome: Outcome) -> list[Question]:
        """The questions one of the file becomes; one that cannot be is noted and left out."""
        plan = self.plans.get(asked.qid)
        if plan is None:
            return []
        note_attributes(plan, self.reading)
        try:
            if plan.role == "field":
                hidden_field(plan, self.reading, outcome)
                return []
            if plan.role == "computed":
                return equation(plan, self.reading, outcome)
            questions = questions_of(plan, self.reading)
        except InstrumentError as problem:
            self.fidelity.lost("question", asked.place, str(problem))
            return []
        if asked.on("hidden"):
            self.fidelity.changed("hidden question", asked.place, "is put to nobody here")
            questions = [replace(question, show_if="false") for question in questions]
        self.fidelity.taken("question")
        return questions

    def _random_questions(self, questions: list[Question], group: Group) -> tuple[list[Question], bool]:
        """Questions of one randomization group are in random order, the others stay in their places."""
        named = {asked.qid: asked.attribute("random_group") for asked in group.asked if asked.attribute("random_group")}
        counts = Counter(named.values())
        shared = [name for name, count in counts.items() if count > 1]
        for name in shared[1:]:
            words = f"random order of {counts[name]} questions ({name!r}) is not kept: a block has one random order"
            self.fidelity.lost("random order of questions", f"group {group.gid}", words)
        for name, count in counts.items():
            if count == 1:
                words = f"random order {name!r} of one question in its group is not kept"
                self.fidelity.lost("random order of questions", f"group {group.gid}", words)
        if not shared:
            return questions, False
        self.fidelity.taken("random order of questions")
        moving = [named.get(question.source or "") == shared[0] for question in questions]
        return [replace(one, fixed=not moves) for one, moves in zip(questions, moving, strict=True)], True

    # -- beginning and end -----------------------------------------------------------------------------------------

    def _welcome(self) -> list[Element]:
        texts = {language: row.get("surveyls_welcometext", "") for language, row in self.raw.words.items()}
        name = self.reading.names.free("welcome")
        words = self.reading.texts.of(texts, "welcome text", name)
        if not words:
            return []
        self._claim(name)
        self.blocks.insert(0, Block("welcome", (Question(name, "display", words),)))
        self.fidelity.changed("welcome text", "survey", "is a display text in a block of its own")
        return [ShowBlock("welcome")]

    def _end(self) -> list[Element]:
        row = self.raw.words.get(self.raw.languages[0], {})
        words = self.reading.texts.plain(row.get("surveyls_endtext", ""), "end text")
        url = row.get("surveyls_url", "").strip() or None
        if words or url:
            self.fidelity.taken("end text")
        return [End("complete", words, url)] if words or url else []


def _one(steps: list[Element]) -> Element:
    return steps[0] if len(steps) == 1 else Section(tuple(steps))


def _checked(flow: Iterable[Element], quotas: list[tuple[object, str]]) -> list[Element]:
    """The flow with every quota checked after the group of the last question it depends on."""
    found: list[Element] = []
    for step in flow:
        found.append(step)
        shown = _blocks_of(step)
        found += [CheckQuota(quota.name) for quota, block in quotas if block in shown]
    return found


def _blocks_of(step: Element) -> set[str]:
    if isinstance(step, ShowBlock):
        return {step.block}
    return {block for inner in step.inner() for one in inner for block in _blocks_of(one)}
