"""Qualtrics survey files (.qsf), read with all their logic."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from populace.errors import FileRefused, InstrumentError
from populace.survey.flow import Computed, Field, Quota, Roll, SetData, elements
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.markup import plain_text
from populace.survey.formats.names import legal
from populace.survey.formats.qsf_blocks import BlockReader
from populace.survey.formats.qsf_flow import FlowReader, embedded_names, put_blocks, tidy
from populace.survey.formats.qsf_kinds import Draft, KindReader
from populace.survey.formats.qsf_logic import LogicReader
from populace.survey.formats.qsf_order import order_of
from populace.survey.formats.qsf_piping import PipingReader
from populace.survey.formats.qsf_places import Places, Unknown, read_locator
from populace.survey.formats.qsf_raw import Raw, entries, load, mapping, members, number, question_ids
from populace.survey.instrument import Instrument
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option

__all__ = ["read", "recognises"]

#: bytes looked at to tell a survey file
_HEAD = 4096


def recognises(path: Path) -> bool:
    """Does the beginning look like a survey exported from Qualtrics?"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b'"SurveyEntry"' in head or b'"SurveyElements"' in head


def read(path: Path, place: str) -> Imported:
    """The instrument, and what became of the file. Raises `FileRefused`."""
    fidelity = Fidelity("Qualtrics QSF")
    raw = load(path, place, fidelity)
    try:
        return Imported(_Reader(raw, fidelity).instrument(), fidelity)
    except InstrumentError as problem:
        raise FileRefused(f"{place} holds no questionnaire that can be put ({problem})") from None


@dataclass
class _Reader:
    """The steps from the parts of a file to an instrument."""

    raw: Raw
    fidelity: Fidelity

    def instrument(self) -> Instrument:
        """The instrument; every part is noted."""
        kinds = KindReader(self.fidelity, self.raw.questions)
        places = Places()
        for block in self.raw.blocks.values():
            for qid in question_ids(block):
                if qid in self.raw.questions and qid not in places.drafts:
                    places.drafts[qid] = kinds.draft(qid, self.raw.questions[qid])
                    self.fidelity.taken("question")
        self._orphans(places)
        for name in dict.fromkeys(embedded_names(self.raw.flow)):
            place = f"embedded data {name}"
            places.fields[name.strip()] = kinds.names.claim(name.strip(), "embedded data name", place, self.fidelity)
        scores = self._scores(places, kinds)
        piping = PipingReader(places, self.fidelity)
        logic = LogicReader(places, self.fidelity, piping.text)
        questions = {qid: self._question(draft, logic, piping) for qid, draft in places.drafts.items()}
        reader = BlockReader(logic, piping, kinds.names, self.fidelity)
        blocks = {id: reader.block(id, block, questions) for id, block in self.raw.blocks.items()}
        there = {id: block for id, block in blocks.items() if block is not None}
        loops = {id: loop for id in there if (loop := reader.loop(id, self.raw.blocks[id]))}
        flows = FlowReader(
            logic,
            piping,
            {id: block.id for id, block in there.items()},
            {id: block.title or id for id, block in there.items()},
            loops,
            kinds.names,
            self.fidelity,
        )
        quotas = self._quotas(logic, flows, kinds)
        flow = flows.flow(self.raw.flow)
        outside = {name: Field(name) for name in places.fields.values() if name not in flows.data}
        for block in there.values():
            if flow and block.id not in put_blocks(flow):
                self.fidelity.lost("block", f"block {block.id}", "is not in the flow; nobody is put its questions")
        written = {name for element in _written(flow) for name in element}
        data = [field for name, field in {**flows.data, **outside}.items() if name not in written or name in flows.data]
        entry = self.raw.entry
        return Instrument(
            id=legal(str(entry.get("SurveyName") or "survey")),
            title=plain_text(str(entry.get("SurveyName") or "")) or "Survey",
            blocks=tuple(there.values()),
            year=_year(entry, self.fidelity),
            language=str(entry.get("SurveyLanguage") or "en").lower(),
            notes=plain_text(str(entry.get("SurveyDescription") or "")) or None,
            flow=tidy(flow, [block.id for block in there.values()]),
            data=tuple(data),
            computed=tuple(scores),
            quotas=tuple(quotas),
            translations=self._translations(places, piping),
        )

    def _orphans(self, places: Places) -> None:
        for qid in self.raw.questions:
            if qid not in places.drafts:
                self.fidelity.lost("question", qid, "stands in no block; nobody is put it")
        apart = [key for key in self.raw.options if self.raw.options[key] not in (None, "", "None", "false", [], {})]
        if apart:
            words = f"{len(apart)} of these ({', '.join(apart[:5])} …): not needed to ask or answer"
            self.fidelity.lost("settings of the survey", "survey options", words)

    # -- questions ---------------------------------------------------------------------------------------------------

    def _question(self, draft: Draft, logic: LogicReader, piping: PipingReader) -> Question:
        """The question with its conditions, its order and its piping."""
        fields = dict(draft.fields)
        shown = mapping(draft.raw.get("DisplayLogic"))
        if shown:
            fields["show_if"] = logic.condition(shown, "display logic", draft.place)
            if shown.get("inPage") is True:
                self.fidelity.changed("display logic", draft.place, "in-page: looked at when the question comes up")
        carried = self._carried(draft, logic)
        if "options" in fields:
            fields["options"] = tuple(self._option(draft, option, logic, carried) for option in fields["options"])
        if "rows" in fields:
            fields["rows"] = tuple(self._row(draft, row, logic, carried) for row in fields["rows"])
        self._randomize(draft, fields)
        custom = mapping(mapping(mapping(draft.raw.get("Validation")).get("Settings")).get("CustomValidation"))
        if custom.get("Logic") and fields["kind"] not in ("display", "technical"):
            fields["valid_if"] = logic.condition(custom["Logic"], "custom validation", draft.place)
        return Question(**_piped(fields, piping, draft.place))

    def _option(self, draft: Draft, option: Option, logic: LogicReader, carried: Mapping[str, str | None]) -> Option:
        raw = draft.options_raw.get(option.source or "", {})
        when = self._choice_logic(draft, raw, option.source, logic, carried)
        return option if when is None else replace(option, show_if=when)

    def _row(self, draft: Draft, row: Row, logic: LogicReader, carried: Mapping[str, str | None]) -> Row:
        raw = draft.rows_raw.get(row.source or "", {})
        when = self._choice_logic(draft, raw, row.source, logic, carried)
        return row if when is None else replace(row, show_if=when)

    def _choice_logic(
        self,
        draft: Draft,
        raw: Mapping[str, Any],
        id: str | None,
        logic: LogicReader,
        carried: Mapping[str, str | None],
    ) -> str | None:
        place = f"{draft.place}, choice {id}"
        own = logic.condition(raw.get("DisplayLogic"), "display logic of a choice", place)
        conditions = [one for one in (carried.get(id or ""), own) if one]
        return " and ".join(f"({one})" if len(conditions) > 1 else one for one in conditions) or None

    def _carried(self, draft: Draft, logic: LogicReader) -> dict[str, str | None]:
        """Id of a carried choice -> the condition under which it is carried."""
        locator = str(mapping(draft.raw.get("DynamicChoices")).get("Locator") or "")
        at = read_locator(locator)
        if at is None:
            return {}
        group = at.property.rpartition("/")[2]
        return {
            id: self._carried_when(group, at.qid, id.removeprefix("x"), logic, draft.place)
            for id in (*draft.codes, *draft.rows)
            if id.startswith("x")
        }

    def _carried_when(self, group: str, qid: str, id: str, logic: LogicReader, place: str) -> str | None:
        at = read_locator(f"q://{qid}/SelectableChoice/{id}")
        try:
            if group.startswith(("Selected", "Unselected")):
                chosen = str(logic.places.selected(at))
                return chosen if group.startswith("Selected") else f"not {chosen}"
            if group.startswith("Displayed"):
                return str(logic.places.displayed(at))
        except Unknown as reason:
            self.fidelity.lost("carry forward", f"{place}, choice x{id}", str(reason))
            return None
        if not group.startswith("All"):
            self.fidelity.lost("carry forward", place, f"{group!r} is not known; all choices are carried")
        return None

    def _randomize(self, draft: Draft, fields: dict[str, Any]) -> None:
        settings = draft.raw.get("Randomization")
        members_of = "rows" if fields.get("rows") else "options"
        listed = fields.get(members_of, ())
        if not isinstance(settings, dict) or not listed or fields["kind"] in ("display", "technical"):
            return
        order = order_of([one.source for one in listed], settings)
        by_id = {one.source: one for one in listed}
        if order.lost:
            self.fidelity.lost("random order", draft.place, order.lost)
        for id in order.hidden:
            self.fidelity.lost("choice", f"{draft.place}, choice {id}", "is set not to be displayed to anybody")
        kept = [replace(by_id[id], fixed=True) if id in order.fixed else by_id[id] for id in order.ids]
        if kept:
            fields[members_of] = tuple(kept)
        fields["randomize"] = order.random
        if order.flip:
            fields["flip"] = bool(fields.get("options"))
        if order.pick and members_of == "options":
            fields["show_only"] = order.pick
        elif order.pick:
            self.fidelity.lost("random subset of rows", draft.place, "all rows are shown")
        if order.random or order.flip:
            self.fidelity.taken("random order")

    # -- scores, quotas, translations --------------------------------------------------------------------------------

    def _scores(self, places: Places, kinds: KindReader) -> list[Computed]:
        found = []
        for category in map(mapping, members(self.raw.scoring.get("ScoringCategories"))):
            id, words = str(category.get("ID")), str(category.get("Name") or "Score")
            terms = [term for draft in places.drafts.values() for term in _graded(draft, id, places)]
            if not terms:
                self.fidelity.lost("score", f"score {words} ({id})", "no choice has points in it")
                continue
            name = kinds.names.claim(words, "score name", f"score {id}", self.fidelity)
            try:
                found.append(Computed(name, f"sum({', '.join(terms)})", words))
                kinds.names.add(name)
                places.scores[id] = name
                self.fidelity.taken("score")
            except InstrumentError as problem:
                self.fidelity.lost("score", f"score {words} ({id})", str(problem))
        return found

    def _quotas(self, logic: LogicReader, flows: FlowReader, kinds: KindReader) -> Iterator[Quota]:
        """Quotas with their conditions, known by their ids to the flow."""
        found = []
        for number_, raw in enumerate(self.raw.quotas, 1):
            id = str(raw.get("ID") or raw.get("QuotaID") or number_)
            place = f"quota {raw.get('Name') or id}"
            logic_raw = raw.get("Logic") or mapping(raw.get("LogicType"))
            when = logic.condition(logic_raw, "quota", place)
            limit = number(raw.get("Occurrences") or raw.get("Limit"))
            if when is None or limit is None:
                self.fidelity.lost("quota", place, "has no condition or no limit that can be read")
                continue
            name = kinds.names.claim(str(raw.get("Name") or id), "quota name", place, self.fidelity)
            flows.quotas[id] = name
            found.append(Quota(name, when, int(limit)))
        return iter(found)

    def _translations(self, places: Places, piping: PipingReader) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for draft in places.drafts.values():
            for language, content in mapping(draft.raw.get("Language")).items():
                texts = found.setdefault(str(language).lower(), {})
                for key, html in _translated(draft, mapping(content)):
                    text = plain_text(html)
                    if text.strip():
                        texts[key] = piping.text(text, f"{draft.place}, {language}")
                        self.fidelity.taken("translated text")
        return {language: texts for language, texts in found.items() if texts}


def _piped(fields: dict[str, Any], piping: PipingReader, place: str) -> dict[str, Any]:
    """The fields of a question with our piping in all their texts."""
    piped = fields | {"text": piping.text(fields["text"], place)}
    for key, what, text in (("options", "choice", "label"), ("rows", "row", "text"), ("columns", "column", "text")):
        if any("${" in getattr(one, text) for one in fields.get(key, ())):
            piped[key] = tuple(
                replace(one, **{text: piping.text(getattr(one, text), f"{place}, {what} {one.source}")})
                for one in fields[key]
            )
    return piped



def _graded(draft: Draft, category: str, places: Places) -> Iterator[str]:
    """Points that answers to a question give in a category."""
    for one in map(mapping, members(draft.raw.get("GradingData"))):
        points = number(mapping(one.get("Grades")).get(category))
        if not points:
            continue
        ids = "/".join(str(one[key]) for key in ("ChoiceID", "AnswerID") if one.get(key) not in (None, ""))
        at = read_locator(f"q://{draft.qid}/SelectableChoice/{ids}")
        try:
            chosen = places.selected(at) if at else None
        except Unknown:
            continue
        if chosen is not None:
            yield f"if({chosen}, {points:g}, 0)"


def _translated(draft: Draft, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place of a text, its wording) in one language."""
    if isinstance(content.get("QuestionText"), str):
        yield draft.name, content["QuestionText"]
    for key in ("Choices", "Answers"):
        for id, one in entries(content.get(key)):
            display = one.get("Display")
            if not isinstance(display, str):
                continue
            if id in draft.rows and (key == "Choices" or id not in draft.codes):
                yield f"{draft.name}/rows/{draft.rows[id]}", display
            elif id in draft.codes:
                yield f"{draft.name}/options/{draft.codes[id]}", display


def _written(flow: Any) -> Iterator[tuple[str, ...]]:
    for element in elements(flow):
        if isinstance(element, SetData):
            yield tuple(name for name, _ in element.values)
        elif isinstance(element, Roll):
            yield (element.name,)


def _year(entry: Mapping[str, Any], fidelity: Fidelity) -> int | None:
    """The year in which the survey started."""
    for key in ("SurveyStartDate", "SurveyCreationDate"):
        found = re.match(r"(19|20)\d\d", str(entry.get(key) or ""))
        if found:
            fidelity.changed("year", key, f"the year of fieldwork is taken to be {found[0]}")
            return int(found[0])
    return None
