"""Qualtrics survey files written: elements of the file, and hints for what Qualtrics has no field for.

What is written is read back at once. What is read otherwise than it is meant becomes a hint where there is a place for
one (`qsf_hints`); what is still different is named in the report.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from populace import atomic
from populace.errors import InstrumentError
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_hints import KEY, block_hints, element_hints, instrument_hints, question_hints
from populace.survey.formats.qsf_languages import code_of
from populace.survey.formats.qsf_raw import parts_of
from populace.survey.formats.qsf_read import Reader
from populace.survey.formats.qsf_write_blocks import BlockWriter
from populace.survey.formats.qsf_write_compare import differences
from populace.survey.formats.qsf_write_flow import FlowWriter
from populace.survey.formats.qsf_write_hints import Noted
from populace.survey.formats.qsf_write_ids import Ids
from populace.survey.formats.qsf_write_kinds import KindWriter
from populace.survey.formats.qsf_write_logic import LogicWriter
from populace.survey.formats.qsf_write_places import loop_targets, targets_of
from populace.survey.formats.qsf_write_scores import Scores, scores_of
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.formats.qsf_write_translations import translated
from populace.survey.instrument import Block, Instrument

Raw = dict[str, Any]


def write(instrument: Instrument, path: Path) -> Fidelity:
    """Write the instrument as a survey that Qualtrics imports; gives what the format cannot carry, with its places."""
    content, fidelity = to_qsf(instrument)
    atomic.write_text(path, json.dumps(content, ensure_ascii=False) + "\n")
    return fidelity


def to_qsf(instrument: Instrument) -> tuple[Raw, Fidelity]:
    """The content of the file, and what became of the instrument."""
    writer = _Writer(instrument, Fidelity("Qualtrics QSF"))
    content = writer.content()
    writer.hint(content)
    return content, writer.fidelity


@dataclass
class _Writer:
    """One instrument on its way to a file."""

    #: what is written
    instrument: Instrument
    #: what becomes of it
    fidelity: Fidelity

    def __post_init__(self) -> None:
        self.ids = Ids(self.instrument)
        self.targets = targets_of(self.instrument, self.ids)
        self.scores: Scores = scores_of(self.instrument, self.targets, self.fidelity)
        #: definitions of questions by name, options of blocks by id
        self.questions: dict[str, Raw] = {}
        self.blocks: dict[str, Raw] = {}

    def content(self) -> Raw:
        """The file without hints."""
        blocks = {
            str(n): self._block(one, "Standard" if n else "Default") for n, one in enumerate(self.instrument.blocks)
        }
        trash = {"Type": "Trash", "Description": "Trash / Unused Questions", "ID": "BL_Trash", "BlockElements": []}
        blocks[str(len(blocks))] = trash
        self._translate()
        texts, logic = self._writers(None)
        quotas = {quota.name: f"QO_{number:015d}" for number, quota in enumerate(self.instrument.quotas, 1)}
        self.flows = FlowWriter(self.instrument, self.ids, texts, logic, quotas, self.fidelity)
        self.root = self.flows.flow()
        self.options = self._options()
        elements = [
            _element("BL", "Survey Blocks", None, blocks),
            _element("FL", "Survey Flow", None, self.root),
            _element("PROJ", "CORE", None, {"ProjectCategory": "CORE", "SchemaVersion": "1.1.0"}, "1.1.0"),
            _element("QC", "Survey Question Count", str(self._highest()), None),
            _element("RS", f"RS_{self._short()}", "Default Response Set", None),
            _element("SCO", "Scoring", None, self._scoring()),
            _element("SO", "Survey Options", None, self.options),
            *(_element("SQ", one["QuestionID"], one["QuestionDescription"], one) for one in self.questions.values()),
            _element("STAT", "Survey Statistics", None, {"MobileCompatible": True, "ID": "Survey Statistics"}),
            *self._quotas(logic, quotas),
        ]
        id = f"SV_{self._short()}"
        return {"SurveyEntry": self._entry(id), "SurveyElements": [{"SurveyID": id, **one} for one in elements]}

    def _writers(self, block: str | None) -> tuple[TextWriter, LogicWriter]:
        """What writes wordings and conditions of a block, or of the flow."""
        targets = self.targets | loop_targets(self.ids.loops.get(block or ""))
        texts = TextWriter(targets, self.scores.ids, self.fidelity)
        return texts, LogicWriter(targets, self.scores.ids, texts, self.fidelity)

    def _block(self, block: Block, kind: str) -> Raw:
        texts, logic = self._writers(block.id)
        kinds = KindWriter(texts, logic, self.fidelity)
        for question in block.questions:
            ids = self.ids.questions[question.name]
            payload = kinds.payload(question, ids)
            payload["GradingData"] = self.scores.grading.get(ids.qid, [])
            self.questions[question.name] = payload
        raw = BlockWriter(self.ids, texts, logic, self.fidelity).block(block, kind)
        self.blocks[block.id] = raw
        return raw

    def _translate(self) -> None:
        texts_only = {name for name, payload in self.questions.items() if payload["QuestionType"] == "DB"}
        writer = TextWriter(self.targets, self.scores.ids, self.fidelity)
        for language, texts in self.instrument.translations.items():
            for name, content in translated(self.instrument, self.ids, language, texts, writer, texts_only):
                payload = self.questions[name]
                payload["Language"] = (payload["Language"] or {}) | {code_of(language): content}

    # -- other elements ----------------------------------------------------------------------------------------------

    def _short(self) -> str:
        """Fifteen letters and digits that stay the same as long as the content does."""
        return self.instrument.content_hash.removeprefix("sha256:")[:15]

    def _highest(self) -> int:
        return max(int(ids.qid.removeprefix("QID")) for ids in self.ids.questions.values())

    def _entry(self, id: str) -> Raw:
        year, nothing = self.instrument.year, "0000-00-00 00:00:00"
        started = f"{year:04d}-01-01 00:00:00" if year is not None and 1900 <= year < 2100 else nothing
        return {
            "SurveyID": id, "SurveyName": self.instrument.title, "SurveyDescription": self.instrument.notes,
            "SurveyOwnerID": "", "SurveyBrandID": "", "DivisionID": None,
            "SurveyLanguage": code_of(self.instrument.language), "SurveyActiveResponseSet": f"RS_{self._short()}",
            "SurveyStatus": "Inactive", "SurveyStartDate": started, "SurveyExpirationDate": nothing,
            "SurveyCreationDate": nothing, "CreatorID": "", "LastModified": nothing, "LastAccessed": nothing,
            "LastActivated": nothing, "Deleted": None,
        }  # fmt: skip

    def _options(self) -> Raw:
        languages = [code_of(one) for one in (self.instrument.language, *self.instrument.translations)]
        return {
            "BackButton": "false", "SaveAndContinue": "true", "SurveyProtection": "PublicSurvey",
            "BallotBoxStuffingPrevention": "false", "NoIndex": "Yes", "SecureResponseFiles": "true",
            "SurveyExpiration": "None", "SurveyTermination": "DefaultMessage", "Header": "", "Footer": "",
            "ProgressBarDisplay": "None", "PartialData": "+1 week", "ValidationMessage": "", "PreviousButton": " << ",
            "NextButton": " >> ", "SurveyTitle": self.instrument.title, "NewScoring": 1,
            "AvailableLanguages": {one: [] for one in languages},
        }  # fmt: skip

    def _scoring(self) -> Raw:
        return {
            "ScoringCategories": self.scores.categories, "ScoringCategoryGroups": [], "ScoringSummaryCategory": None,
            "ScoringSummaryAfterQuestions": 0, "ScoringSummaryAfterSurvey": 0, "DefaultScoringCategory": None,
            "AutoScoringCategory": None,
        }  # fmt: skip

    def _quotas(self, logic: LogicWriter, ids: dict[str, str]) -> list[Raw]:
        found = []
        for quota in self.instrument.quotas:
            id, when = ids[quota.name], logic.logic(quota.when, "quota", f"quota {quota.name}")
            when = when or self.flows.stand_in(quota.when, True, f"quota {quota.name}")
            action = {"ActionType": "ForBranching", "Type": "Expression", "LogicType": "QuotaAction"}
            payload = {
                "Name": quota.name, "Occurrences": quota.limit, "Logic": when, "LogicType": "Simple",
                "QuotaAction": "ForBranching", "OverQuotaAction": None, "ID": id, "QuotaRealm": "Survey",
                "ActionInfo": {"0": {"0": action, "Type": "If"}, "Type": "BooleanExpression"}, "QuotaSchedule": None,
                "EndSurveyOptions": {"EndingType": "Default", "ResponseFlag": "QuotaMet"}, "Count": 0,
            }  # fmt: skip
            found.append(_element("QO", id, quota.name, payload))
        if found:
            group = {"ID": "QG_000000000000001", "Name": "Default Quota Group", "Selected": True, "Public": False}
            group |= {"MultipleMatch": "PlaceInAll", "Quotas": [one["PrimaryAttribute"] for one in found]}
            found.append(_element("QG", group["ID"], "Default Quota Group", group))
        return found

    # -- hints -------------------------------------------------------------------------------------------------------

    def hint(self, content: Raw) -> None:
        """Read the file back, add hints for what is read otherwise, and note what stays different."""
        try:
            reader, read = _read(content)
        except InstrumentError as problem:
            self.fidelity.lost("instrument", "the file", f"cannot be read back: {problem}")
            return
        noted = Noted(self.fidelity)
        self._hint_parts(reader, read, noted)
        self._hint_flow(reader, noted)
        if self.instrument.flow and not read.flow and self.instrument.flow == self.instrument.steps:
            self.options[KEY] = self.options.get(KEY, {}) | {"flow": "written"}
        noted.tell()
        differences(_read(content)[1], self.instrument, self.fidelity)

    def _hint_parts(self, reader: Reader, read: Instrument, noted: Noted) -> None:
        """Questions, blocks, the instrument as a whole."""
        there = {question.source: question for block in reader.blocks.values() for question in block.questions}
        for question in self.instrument.questions:
            payload = self.questions[question.name]
            back = there.get(payload["QuestionID"])
            if back is None or (payload["QuestionType"] == "DB" and question.kind not in ("display", "technical")):
                continue
            hints = question_hints(back, question)
            if hints:
                payload["Configuration"][KEY] = hints
                noted.question(f"{payload['QuestionID']} ({question.name})", hints)
        for block in self.instrument.blocks:
            raw = self.blocks[block.id]
            hints = block_hints(reader.blocks[raw["ID"]], block) if raw["ID"] in reader.blocks else {}
            if hints:
                raw["Options"][KEY] = hints
                noted.part(f"block {block.id}", hints)
        hints = instrument_hints(read, self.instrument)
        if hints:
            self.options[KEY] = hints
            noted.part("survey", hints)

    def _hint_flow(self, reader: Reader, noted: Noted) -> None:
        looped = {self.ids.blocks[block]: raw for block, raw in self.blocks.items()}
        for raw, element in self.flows.written:
            back = reader.steps.get(raw["FlowID"])
            if type(back) is not type(element):
                continue
            hints = element_hints(back, element)
            if not hints:
                continue
            place = looped[raw["ID"]]["Options"]["LoopingOptions"] if "ID" in raw else raw
            place[KEY] = place.get(KEY, {}) | hints
            noted.part(f"flow {raw['FlowID']}", hints)
        for raw, branch, alone in self.flows.otherwise:
            back = reader.steps.get(raw["FlowID"])
            hints = {"reads": getattr(back, "when", None), "otherwise": branch.when, "title": branch.title}
            raw[KEY] = hints | ({"alone": True} if alone else {})


def _element(kind: str, primary: str, secondary: str | None, payload: Any, tertiary: str | None = None) -> Raw:
    return {
        "Element": kind, "PrimaryAttribute": primary, "SecondaryAttribute": secondary, "TertiaryAttribute": tertiary,
        "Payload": payload,
    }  # fmt: skip


def _read(content: Raw) -> tuple[Reader, Instrument]:
    """What a reader makes of the file, without its report."""
    apart = Fidelity("")
    reader = Reader(parts_of(json.loads(json.dumps(content)), "the file", apart), apart)
    return reader, reader.instrument()
