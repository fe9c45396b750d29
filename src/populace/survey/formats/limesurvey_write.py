"""Writes instruments as LimeSurvey structure files (.lss) that LimeSurvey 6 reads."""

from __future__ import annotations

import zlib
from pathlib import Path

from populace import atomic
from populace.survey.expression_records import Compare, Expression, Logic, Not, OneOf, names_in
from populace.survey.expressions import parse
from populace.survey.flow import (
    Branch,
    CheckQuota,
    Element,
    End,
    Flow,
    Roll,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.limesurvey_codes import Codes
from populace.survey.formats.limesurvey_filters import Filters
from populace.survey.formats.limesurvey_groups import Groups, welcome_of, written_apart
from populace.survey.formats.limesurvey_put import Writing
from populace.survey.formats.limesurvey_rows import Sheets
from populace.survey.formats.limesurvey_scripts import Script
from populace.survey.formats.limesurvey_wordings import Wordings
from populace.survey.formats.unrolled import unrolled
from populace.survey.instrument import Instrument


def write(instrument: Instrument, path: Path) -> Fidelity:
    """Write a file, whole or not at all; what LimeSurvey cannot carry is in the answer."""
    fidelity = Fidelity("LimeSurvey")
    instrument = unrolled(instrument, lambda loop: True, fidelity)
    codes = Codes(instrument, written_apart(instrument), fidelity)
    script = Script(codes.targets)
    languages = (instrument.language, *(one for one in instrument.translations if one != instrument.language))
    sheets = Sheets(_sid(instrument, fidelity), languages)
    writing = Writing(
        instrument, codes, script, Wordings(script, fidelity), sheets, Filters(instrument, codes), fidelity
    )
    _Flow(writing).write()
    atomic.write_text(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + sheets.xml())
    return fidelity


def _sid(instrument: Instrument, fidelity: Fidelity) -> str:
    if instrument.id.isascii() and instrument.id.isdigit() and instrument.id[0] != "0" and len(instrument.id) <= 9:
        return instrument.id
    return str(100_000 + zlib.crc32(instrument.id.encode()) % 900_000)


class _Flow:
    """Walks the flow: blocks become groups with the conditions around them."""

    def __init__(self, writing: Writing) -> None:
        self.writing, self.fidelity, self.instrument = writing, writing.fidelity, writing.instrument
        self.groups = Groups(writing)
        #: conditions under which the interview is over
        self.over: list[Expression] = []
        self.welcome = welcome_of(self.instrument)
        self.end: End | None = None

    def write(self) -> None:
        steps = list(self.instrument.steps)
        if self.welcome:
            steps.pop(0)
            self.fidelity.taken("welcome text")
        if steps and isinstance(steps[-1], End) and steps[-1].kind == "complete":
            self.end = steps.pop()
            self.fidelity.taken("end text")
        self.groups.fields()
        self._steps(tuple(steps), [])
        self.groups.finish()
        for block in self.instrument.blocks:
            if block.id not in self.groups.done and not (self.welcome and block.id == "welcome"):
                self.fidelity.lost("block", f"block {block.id}", "is not put anywhere")
        self._quotas()
        self._survey()

    # -- steps -----------------------------------------------------------------------------------------------------

    def _steps(self, flow: Flow, conditions: list[Expression], shuffle: str = "") -> None:
        for step in flow:
            self._step(step, conditions, shuffle)

    def _step(self, step: Element, conditions: list[Expression], shuffle: str) -> None:
        around = [*(Not(one) for one in self.over), *conditions]
        match step:
            case ShowBlock():
                self.groups.block(step.block, around, shuffle)
            case Branch():
                self._branch(step, conditions, shuffle)
            case Section():
                self._section(step, conditions, shuffle)
            case Shuffle():
                self._shuffle(step, conditions)
            case SetData():
                for name, text in step.values:
                    self.groups.data(name, text, around)
            case Roll():
                self.groups.roll(step, around)
            case End():
                self._ended(step, conditions)

    def _branch(self, step: Branch, conditions: list[Expression], shuffle: str) -> None:
        when = parse(step.when)
        if step.title:
            self.fidelity.lost("remark", f"branch {step.when[:80]!r}", f"{step.title!r}")
        if len(step.then) > 1 or step.otherwise:
            words = "is a condition of each of its groups there"
            self.fidelity.changed("branch", f"branch {step.when[:80]!r}", words)
        self._steps(step.then, [*conditions, when], shuffle)
        self._steps(step.otherwise, [*conditions, Not(when)], shuffle)

    def _section(self, step: Section, conditions: list[Expression], shuffle: str) -> None:
        self.fidelity.changed("section", f"section {step.title or ''}".strip(), "its groups stand one after the other")
        self._steps(step.flow, conditions, shuffle)

    def _shuffle(self, step: Shuffle, conditions: list[Expression]) -> None:
        place = f"shuffle {step.id}"
        if step.pick is not None or step.even:
            self.fidelity.lost("random order of groups", place, "all of its groups are put there, each at random")
        if len(step.id) > 20:
            self.fidelity.changed("random order of groups", place, f"is called {step.id[:20]!r} there")
        self._steps(step.members, conditions, step.id[:20])

    def _ended(self, step: End, conditions: list[Expression]) -> None:
        words = f"{step.kind!r}: what follows is not put there, and the answers count as complete"
        self.fidelity.changed("end of the interview", f"end {step.kind}", words)
        if step.text or step.url:
            self.fidelity.lost("end text", f"end {step.kind}", f"{(step.text or step.url)[:200]!r}")
        self.over.append(Logic("and", tuple(conditions)) if len(conditions) > 1 else (conditions or [parse("true")])[0])

    # -- the survey itself -------------------------------------------------------------------------------------------

    def _survey(self) -> None:
        instrument, sheets, words = self.instrument, self.writing.sheets, self.writing.wordings
        for name in ("year", "country"):
            if getattr(instrument, name) is not None:
                self.fidelity.lost(name, "instrument", f"{getattr(instrument, name)!r}")
        sheets.settings()
        end = self.end or End()
        if end.url and len(end.url) > 2_000:
            self.fidelity.lost("address at the end", "end", f"{end.url[:200]!r} is too long")
        alias = "" if instrument.id == sheets.sid else instrument.id
        for number, language in enumerate(sheets.languages):
            translated = instrument.translations.get(language, {}) if number else {}
            sheets.add(
                "surveys_languagesettings", surveyls_survey_id=sheets.sid, surveyls_language=language,
                surveyls_title=words.html(instrument.title, "title"),
                surveyls_description=words.html(instrument.notes, "notes"),
                surveyls_welcometext=words.html(translated.get("welcome", self.welcome), "welcome text"),
                surveyls_endtext=words.html(end.text, "end text"), surveyls_url=(end.url or "")[:2_000],
                surveyls_alias=alias, surveyls_dateformat="9", surveyls_numberformat="0",
            )  # fmt: skip

    def _quotas(self) -> None:
        checked = {step.quota for step in _checks(self.instrument.flow)}
        for quota in self.instrument.quotas:
            members = self._members(parse(quota.when))
            place = f"quota {quota.name}"
            if members is None or quota.name not in checked:
                words = f"{quota.when[:200]!r} is no list of answers" if members is None else "is checked nowhere"
                self.fidelity.lost("quota", place, words)
                continue
            sheets, number = self.writing.sheets, self.writing.sheets.number("quota")
            sheets.add(
                "quota", id=number, sid=sheets.sid, name=quota.name, qlimit=str(quota.limit), action="1", active="1",
                autoload_url="0",
            )  # fmt: skip
            for qid, code in members:
                member = sheets.number("member")
                sheets.add("quota_members", id=member, sid=sheets.sid, qid=qid, quota_id=number, code=code)
            self.fidelity.taken("quota")

    def _members(self, when: Expression) -> list[tuple[str, str]] | None:
        """Question and answer of everything that has to be so, None where it is no list of answers."""
        together = when.operands if isinstance(when, Logic) and when.operator == "and" else (when,)
        found: list[tuple[str, str]] = []
        for one in together:
            alternatives = one.operands if isinstance(one, Logic) and one.operator == "or" else (one,)
            members = [self._answer(alternative) for alternative in alternatives]
            if None in members or len({qid for qid, _ in members}) > 1 or members[0][0] in dict(found):
                return None
            found += members
        return found

    def _answer(self, one: Expression) -> tuple[str, str] | None:
        if isinstance(one, Compare) and one.operator == "==" and hasattr(one.right, "value"):
            name, value = one.left, one.right.value
        elif getattr(one, "function", "") == "selected" and len(one.arguments) == 2:
            name, value = one.arguments[0], one.arguments[1].value
        else:
            return None
        (asked,) = names_in(name) or ("",)
        codes = self.writing.codes.options.get(asked, {})
        if isinstance(one, OneOf) or asked not in self.writing.numbers or value not in codes:
            return None
        return self.writing.numbers[asked], codes[value]


def _checks(flow: Flow) -> list[CheckQuota]:
    found = [step for step in flow if isinstance(step, CheckQuota)]
    return found + [check for step in flow for inner in step.inner() for check in _checks(inner)]
