"""The steps from the parts of a Qualtrics survey file to an instrument."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.flow import Element, Field, Flow, Quota, Roll, SetData, elements
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import plain_text
from populace.survey.formats.names import legal
from populace.survey.formats.qsf_blocks import BlockReader
from populace.survey.formats.qsf_draft import Draft
from populace.survey.formats.qsf_flow import FlowReader, embedded_names, put_blocks, tidy
from populace.survey.formats.qsf_hints import KEY, corrected_instrument, corrected_question, hints_of
from populace.survey.formats.qsf_kinds import KindReader
from populace.survey.formats.qsf_languages import language_of
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_loops import LoopReader, is_looped, round_names
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Places
from populace.survey.formats.qsf_question import QuestionReader
from populace.survey.formats.qsf_raw import Raw, entries, mapping, number, question_ids
from populace.survey.formats.qsf_scores import scores_of
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question

#: settings of the survey that say something else than how it looks -> what they are
_SETTINGS = {"EOSRedirectURL": "address where respondents are sent at the end", "QuotaGroups": "groups of quotas"}
_NOTHING = (None, "", "None", "false", False, [], {}, "http://", "https://")


@dataclass
class Reader:
    """Reads one file."""

    #: its parts
    raw: Raw
    #: what became of it
    fidelity: Fidelity
    #: FlowID -> the step that was read there
    steps: dict[str, Element] = field(default_factory=dict)
    #: id of a block in the file -> the block that was read
    blocks: dict[str, Block] = field(default_factory=dict)
    #: QID -> the question as it is meant, where the file has hints for us
    meant: dict[str, Question] = field(default_factory=dict)

    def instrument(self) -> Instrument:
        """The instrument; every part is noted."""
        kinds = KindReader(self.fidelity, self.raw.questions)
        places = self._places(kinds)
        scores = scores_of(self.raw, places, kinds.names, self.fidelity)
        piping = PipingReader(places, self.fidelity)
        logic = LogicReader(places, self.fidelity, piping.text)
        questions = QuestionReader(logic, piping, self.fidelity)
        made = {qid: questions.question(draft) for qid, draft in places.drafts.items()}
        reader = BlockReader(logic, self.fidelity)
        read = {id: reader.block(id, block, made) for id, block in self.raw.blocks.items()}
        self.blocks = {id: self._corrected(block) for id, block in read.items() if block is not None}
        quotas = dict(self._quotas(logic, kinds))
        flows = self._flows(logic, piping, kinds, quotas)
        flow = flows.flow(self.raw.flow)
        self.steps = flows.read
        parts = {"computed": tuple(scores), "quotas": tuple(quotas.values()), "data": self._data(flow, flows, places)}
        return self._whole(flow, parts, self._translations(places, piping))

    def _whole(self, flow: Flow, parts: Mapping[str, Any], translations: dict[str, dict[str, str]]) -> Instrument:
        entry, blocks = self.raw.entry, tuple(self.blocks.values())
        put = put_blocks(flow)
        for block in blocks:
            if flow and block.id not in put:
                self.fidelity.lost("block", f"block {block.id}", "is not in the flow; nobody is put its questions")
        instrument = Instrument(
            id=legal(str(entry.get("SurveyName") or "survey")),
            title=plain_text(str(entry.get("SurveyName") or "")) or "Survey",
            blocks=blocks,
            year=_year(entry, self.fidelity),
            language=language_of(str(entry.get("SurveyLanguage") or "en")),
            notes=plain_text(str(entry.get("SurveyDescription") or "")) or None,
            flow=tidy(flow, [block.id for block in blocks], hints_of(self.raw.options).get("flow") == "written"),
            translations=translations,
            **parts,
        )
        return corrected_instrument(instrument, hints_of(self.raw.options))

    # -- questions ---------------------------------------------------------------------------------------------------

    def _places(self, kinds: KindReader) -> Places:
        """All questions, and the names of embedded data."""
        places = Places(kinds.names)
        for block in self.raw.blocks.values():
            rounds = round_names(block, self.raw.questions) if is_looped(block) else frozenset()
            for qid in question_ids(block):
                if qid in self.raw.questions and qid not in places.drafts:
                    places.drafts[qid] = kinds.draft(qid, self.raw.questions[qid])
                    places.rounds |= {qid: rounds} if rounds else {}
                    self.fidelity.taken("question")
        self._left_out(places)
        for name in dict.fromkeys(name.strip() for name in embedded_names(self.raw.flow)):
            place = f"embedded data {name}"
            places.fields[name] = kinds.names.claim(name, "embedded data name", place, self.fidelity)
        return places

    def _left_out(self, places: Places) -> None:
        """Questions in no block, and settings of the survey."""
        for qid in self.raw.questions:
            if qid not in places.drafts:
                self.fidelity.lost("question", qid, "stands in no block; nobody is put it")
        apart = [key for key, value in self.raw.options.items() if value not in _NOTHING and key != KEY]
        for key in filter(_SETTINGS.get, apart):
            self.fidelity.lost("setting of the survey", key, f"{_SETTINGS[key]}: {str(self.raw.options[key])[:200]!r}")
        others = [key for key in apart if key not in _SETTINGS]
        if others:
            words = f"{len(others)} of these ({', '.join(others[:5])} …): not needed to ask or answer"
            self.fidelity.lost("settings of the survey", "survey options", words)

    def _corrected(self, block: Block) -> Block:
        """The block with its questions as they are meant, where the file has hints for us."""
        questions = tuple(self._meant(question) for question in block.questions)
        return block if questions == block.questions else replace(block, questions=questions)

    def _meant(self, question: Question) -> Question:
        hints = hints_of(mapping(self.raw.questions.get(question.source or "")).get("Configuration"))
        if not hints:
            return question
        try:
            meant = self.meant[question.source or ""] = corrected_question(question, hints)
            self.fidelity.taken("hint")
            return meant
        except (InstrumentError, TypeError) as problem:
            self.fidelity.changed("hint", f"{question.source} ({question.name})", f"cannot be followed ({problem})")
            return question

    # -- flow, data, quotas ------------------------------------------------------------------------------------------

    def _flows(
        self, logic: LogicReader, piping: PipingReader, kinds: KindReader, quotas: Mapping[str, Quota]
    ) -> FlowReader:
        loops = LoopReader(logic, piping, kinds.names, self.fidelity)
        around = {id: loop for id in self.blocks if (loop := loops.loop(id, self.raw.blocks[id]))}
        ids = {id: block.id for id, block in self.blocks.items()}
        titles = {id: block.title or id for id, block in self.blocks.items()}
        named = {id: quota.name for id, quota in quotas.items()}
        return FlowReader(logic, piping, ids, titles, around, named, kinds.names, self.fidelity)

    def _data(self, flow: Flow, flows: FlowReader, places: Places) -> tuple[Field, ...]:
        """Embedded data that come from outside: declared as such, or written nowhere."""
        written = {name for element in elements(flow) for name in _written(element)}
        outside = [Field(name) for name in places.fields.values() if name not in flows.data and name not in written]
        return (*flows.data.values(), *outside)

    def _quotas(self, logic: LogicReader, kinds: KindReader) -> Iterator[tuple[str, Quota]]:
        """Quotas with their conditions, by their ids in the file."""
        for place_, raw in enumerate(self.raw.quotas, 1):
            id = str(raw.get("ID") or raw.get("QuotaID") or place_)
            place = f"quota {raw.get('Name') or id}"
            if isinstance(raw.get("Logic"), list):
                self.fidelity.lost("quota", place, "is a cross-logic quota; write one quota for each of its cells")
                continue
            when = logic.condition(raw.get("Logic"), "quota", place)
            limit = number(raw.get("Occurrences") if raw.get("Occurrences") is not None else raw.get("Limit"))
            if when is None or limit is None or limit < 0:
                self.fidelity.lost("quota", place, "has no condition or no limit that can be read")
                continue
            name = kinds.names.claim(str(raw.get("Name") or id), "quota name", place, self.fidelity)
            yield id, Quota(name, when, int(limit))

    # -- translations ------------------------------------------------------------------------------------------------

    def _translations(self, places: Places, piping: PipingReader) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for draft in places.drafts.values():
            for language, content in mapping(draft.raw.get("Language")).items():
                texts = found.setdefault(language_of(str(language)), {})
                for key, html in self._translated(draft, mapping(content), str(language)):
                    text = plain_text(html)
                    if text.strip():
                        texts[key] = piping.text(text, f"{draft.place}, {language}")
                        self.fidelity.taken("translated text")
        return {language: texts for language, texts in found.items() if texts}

    def _translated(self, draft: Draft, content: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
        """(place of a text, its wording) in one language."""
        if isinstance(content.get("QuestionText"), str):
            yield draft.name, content["QuestionText"]
        others = [key for key in content if key not in ("QuestionText", "Choices", "Answers") and content[key]]
        if others and draft.fields["kind"] not in ("display", "technical"):
            words = f"{', '.join(map(str, others[:5]))}: translations have no place for it"
            self.fidelity.lost("translated text", f"{draft.place}, {language}", words)
        question = self.meant.get(draft.qid, draft.question)
        rows = {row.source: row.name for row in question.rows}
        codes = {option.source: option.code for option in question.options}
        for key in ("Choices", "Answers"):
            for id, one in entries(content.get(key)):
                display = one.get("Display")
                if not isinstance(display, str):
                    continue
                if id in draft.rows and (key == "Choices" or id not in draft.codes):
                    yield f"{draft.name}/rows/{rows.get(id, draft.rows[id])}", display
                elif id in draft.codes:
                    yield f"{draft.name}/options/{codes.get(id, draft.codes[id])}", display


def _written(element: Element) -> tuple[str, ...]:
    """Embedded data that a step of the flow writes."""
    if isinstance(element, SetData):
        return tuple(name for name, _ in element.values)
    return (element.name,) if isinstance(element, Roll) else ()


def _year(entry: Mapping[str, Any], fidelity: Fidelity) -> int | None:
    """The year in which the survey started."""
    for key in ("SurveyStartDate", "SurveyCreationDate"):
        found = re.match(r"(19|20)\d\d", str(entry.get(key) or ""))
        if found:
            fidelity.changed("year", key, f"the year of fieldwork is taken to be {found[0]}")
            return int(found[0])
    return None


def without_hints(part: Any) -> Any:
    """A part of a file without what stands there for us."""
    if isinstance(part, dict):
        return {key: without_hints(value) for key, value in part.items() if key != KEY}
    return [without_hints(one) for one in part] if isinstance(part, list) else part
