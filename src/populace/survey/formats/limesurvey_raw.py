"""The parts of a LimeSurvey structure file (.lss, or .lss within .lsa), in one shape for both families of the format.

Up to database version 3xx rows are repeated in every language; later ones keep wordings in sections of their own
(`question_l10ns` and the like). Which of them it is, is seen by the sections, not by the number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from populace.errors import FileRefused
from populace.survey.formats.archive import safe_zip
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.safe import safe_xml

if TYPE_CHECKING:
    from lxml import etree

#: questions of one file, those within others included
_MOST = 100_000
#: sections that are read here or later
_READ = {
    "answers", "answer_l10ns", "groups", "group_l10ns", "questions", "subquestions", "question_l10ns",
    "question_attributes", "surveys", "surveys_languagesettings", "quota", "quota_members", "quota_languagesettings",
    "conditions", "defaultvalues", "defaultvalue_l10ns", "languages", "LimeSurveyDocType", "DBVersion",
}  # fmt: skip
#: sections that say nothing about asking or answering, and what they are
_APART = {
    "themes": "theme", "themes_inherited": "theme", "plugin_settings": "plug-in", "surveymenu": "menu",
    "survey_permissions": "permission",
}  # fmt: skip

Row = Mapping[str, str]
#: language -> wording
Texts = dict[str, str]


@dataclass
class Answer:
    """An answer option."""

    #: code
    code: str
    #: 0, or 1 for the second scale of a dual array
    scale: int
    #: wording in every language
    texts: Texts = field(default_factory=dict)
    #: points it earns
    score: str = "0"


@dataclass
class Sub:
    """A sub-question: a row, a column, a box to tick."""

    #: number in the file
    qid: str
    #: code
    code: str
    #: 0 for rows, 1 for columns
    scale: int
    #: condition
    relevance: str
    #: wording in every language
    texts: Texts = field(default_factory=dict)


@dataclass
class Asked:
    """A question."""

    #: number in the file
    qid: str
    #: number of its group
    gid: str
    #: one-character type
    type: str
    #: code
    code: str
    #: the other cells of its row: preg, other, mandatory, relevance
    row: Row
    #: wording in every language
    texts: Texts = field(default_factory=dict)
    #: help in every language
    helps: Texts = field(default_factory=dict)
    #: rows, columns, boxes
    subs: list[Sub] = field(default_factory=list)
    #: answer options
    answers: list[Answer] = field(default_factory=list)
    #: attribute -> language ("" for all) -> value
    attributes: dict[str, Texts] = field(default_factory=dict)
    #: default answers: number of the sub-question ("0" for none) -> value
    defaults: dict[str, str] = field(default_factory=dict)
    #: conditions of older files
    conditions: list[Row] = field(default_factory=list)

    @property
    def place(self) -> str:
        """What reports call it."""
        return f"question {self.code} ({self.qid})"

    def attribute(self, name: str) -> str:
        """The value of an attribute in all languages, "" where there is none."""
        return self.attributes.get(name, {}).get("", "").strip()

    def on(self, name: str) -> bool:
        """Is an attribute switched on?"""
        return self.attribute(name) in ("1", "Y")


@dataclass
class Group:
    """A group of questions."""

    #: number in the file
    gid: str
    #: condition
    relevance: str
    #: name under which groups are put in random order
    shuffled: str
    #: heading in every language
    titles: Texts = field(default_factory=dict)
    #: text above the questions in every language
    descriptions: Texts = field(default_factory=dict)
    #: its questions
    asked: list[Asked] = field(default_factory=list)


@dataclass
class Raw:
    """A file, part by part."""

    #: database version
    version: str
    #: number of the survey
    sid: str
    #: language of the survey, then those it is translated into
    languages: tuple[str, ...]
    #: settings of the survey
    settings: Row
    #: language -> its texts
    words: dict[str, Row]
    #: groups in order
    groups: list[Group]
    #: quotas
    quotas: list[Row]
    #: quota -> its members
    members: dict[str, list[Row]]
    #: quota -> its message
    messages: dict[str, str]

    @property
    def asked(self) -> list[Asked]:
        """All questions, in order."""
        return [asked for group in self.groups for asked in group.asked]


def load(path: Path, place: str, fidelity: Fidelity) -> Raw:
    """The parts of the file; what is set aside is noted. Raises `FileRefused`."""
    sections = _sections(path, place, fidelity)
    if _cell(sections, "LimeSurveyDocType") != "Survey" or not sections.get("questions"):
        raise FileRefused(f"{place} holds no LimeSurvey survey; expected one with questions, exported as .lss or .lsa")
    count = len(sections["questions"]) + len(sections.get("subquestions", []))
    languages = _languages(sections)
    if count > _MOST * max(len(languages), 1):
        raise FileRefused(f"{place} has {count:,} rows of questions; expected at most {_MOST:,}: split the survey")
    return _Reader(sections, languages, fidelity).raw()


def _sections(path: Path, place: str, fidelity: Fidelity) -> dict[str, list[Row]]:
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    if not packed:
        return _rows(safe_xml(path), fidelity)
    with safe_zip(path) as archive:
        found = [name for name in archive.names if name.lower().endswith(".lss")]
        if not found:
            raise FileRefused(f"{place} has no .lss file in it; expected a LimeSurvey archive: check the file")
        for name in archive.names:
            if name != found[0]:
                fidelity.lost("file in the archive", name, "not needed to ask or answer; answers are read on their own")
        return _rows(safe_xml(path, content=archive.read(found[0])), fidelity)


def _rows(root: etree._Element, fidelity: Fidelity) -> dict[str, list[Row]]:
    """Section -> its rows, a row being tag -> text; of a section that is one text, a row with that."""
    sections: dict[str, list[Row]] = {}
    if root.tag != "document":
        return sections
    for section in root:
        rows = [{cell.tag: cell.text or "" for cell in row} for row in section.iterfind("rows/row")]
        if not len(section):
            rows = [{"": (section.text or "").strip()}]
        elif section.tag == "languages":
            rows = [{"language": (language.text or "").strip()} for language in section]
        if section.tag in _READ:
            sections.setdefault(section.tag, []).extend(rows)
        elif section.tag in _APART:
            fidelity.lost(_APART[section.tag], f"section {section.tag}", "not needed to ask or answer")
        else:
            for number, _ in enumerate(rows, 1):
                fidelity.lost(section.tag, f"section {section.tag}, row {number}", "has no counterpart here")
    return sections


def _cell(sections: Mapping[str, list[Row]], section: str) -> str:
    rows = sections.get(section) or [{}]
    return rows[0].get("", "")


def _languages(sections: Mapping[str, list[Row]]) -> tuple[str, ...]:
    """The survey's language first."""
    settings = (sections.get("surveys") or [{}])[0]
    listed = [row.get("language", "") for row in sections.get("languages", [])]
    more = settings.get("additional_languages", "").split()
    found = dict.fromkeys([settings.get("language", ""), *listed, *more])
    return tuple(language for language in found if language) or ("en",)


def number(text: str, default: int = 0) -> int:
    """A whole number, the default for what is none."""
    text = text.strip()
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) < 16 else default


class _Reader:
    """Puts the rows of a file together."""

    def __init__(self, sections: Mapping[str, list[Row]], languages: tuple[str, ...], fidelity: Fidelity) -> None:
        self.sections, self.languages, self.fidelity = sections, languages, fidelity
        self.asked: dict[str, Asked] = {}
        self.groups: dict[str, Group] = {}

    def rows(self, section: str) -> list[Row]:
        return self.sections.get(section, [])

    def raw(self) -> Raw:
        self._groups()
        self._questions()
        self._subs()
        self._answers()
        self._details()
        settings = (self.rows("surveys") or [{}])[0]
        members: dict[str, list[Row]] = {}
        for row in self.rows("quota_members"):
            members.setdefault(row.get("quota_id", ""), []).append(row)
        messages = {
            row.get("quotals_quota_id", ""): row.get("quotals_message", "")
            for row in self.rows("quota_languagesettings")
            if row.get("quotals_language") == self.languages[0]
        }
        words = {row.get("surveyls_language", ""): row for row in self.rows("surveys_languagesettings")}
        groups = list(self.groups.values())
        sid = settings.get("sid", "") or "survey"
        version = _cell(self.sections, "DBVersion")
        return Raw(version, sid, self.languages, settings, words, groups, self.rows("quota"), members, messages)

    def _fresh(self, rows: list[Row], key: str, what: str) -> list[tuple[Row, bool]]:
        """Rows with whether they are the first of their key; what stands twice in one language is noted."""
        seen: Counter[tuple[str, str]] = Counter()
        known: set[str] = set()
        found = []
        for row in rows:
            own, language = row.get(key, ""), row.get("language", "")
            seen[own, language] += 1
            if seen[own, language] > 1:
                self.fidelity.lost(what, f"{key} {own}", "stands more than once in the file; the first counts")
                continue
            found.append((row, own not in known))
            known.add(own)
        return found

    def _l10n(self, section: str, key: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows(section):
            found.setdefault(row.get(key, ""), []).append(row)
        return found

    def _groups(self) -> None:
        texts = self._l10n("group_l10ns", "gid")
        found: dict[str, tuple[int, Group]] = {}
        for row, first in self._fresh(self.rows("groups"), "gid", "group"):
            gid = row.get("gid", "")
            if first:
                group = Group(gid, row.get("grelevance", ""), row.get("randomization_group", "").strip())
                found[gid] = (number(row.get("group_order", "")), group)
            for part in texts.get(gid, []) if texts else [row]:
                found[gid][1].titles[part.get("language", "")] = part.get("group_name", "")
                found[gid][1].descriptions[part.get("language", "")] = part.get("description", "")
        self.groups = {group.gid: group for _, group in sorted(found.values(), key=lambda one: one[0])}

    def _questions(self) -> None:
        texts = self._l10n("question_l10ns", "qid")
        order: dict[str, int] = {}
        main = [row for row in self.rows("questions") if row.get("parent_qid", "0") in ("", "0")]
        for row, first in self._fresh(main, "qid", "question"):
            qid = row.get("qid", "")
            if first:
                self.asked[qid] = Asked(qid, row.get("gid", ""), row.get("type", ""), row.get("title", "").strip(), row)
                order[qid] = number(row.get("question_order", ""))
            asked = self.asked[qid]
            for part in texts.get(qid, []) if texts else [row]:
                asked.texts[part.get("language", "")] = part.get("question", "")
                asked.helps[part.get("language", "")] = part.get("help", "")
        for asked in sorted(self.asked.values(), key=lambda one: order[one.qid]):
            if asked.gid in self.groups:
                self.groups[asked.gid].asked.append(asked)
            else:
                self.fidelity.lost("question", asked.place, f"its group {asked.gid} is not in the file")

    def _subs(self) -> None:
        texts = self._l10n("question_l10ns", "qid")
        within = [row for row in self.rows("questions") if row.get("parent_qid", "0") not in ("", "0")]
        found: dict[str, tuple[int, str, Sub]] = {}
        for row, first in self._fresh([*self.rows("subquestions"), *within], "qid", "sub-question"):
            qid, parent = row.get("qid", ""), row.get("parent_qid", "")
            if parent not in self.asked:
                self.fidelity.lost("sub-question", f"sub-question {qid}", f"its question {parent} is not in the file")
                continue
            if first:
                sub = Sub(qid, row.get("title", "").strip(), number(row.get("scale_id", "")), row.get("relevance", ""))
                found[qid] = (number(row.get("question_order", "")), parent, sub)
            for part in texts.get(qid, []) if texts else [row]:
                found[qid][2].texts[part.get("language", "")] = part.get("question", "")
        for _, parent, sub in sorted(found.values(), key=lambda one: one[0]):
            self.asked[parent].subs.append(sub)

    def _answers(self) -> None:
        texts = self._l10n("answer_l10ns", "aid")
        found: dict[tuple[str, str, int], tuple[int, Answer]] = {}
        for row in self.rows("answers"):
            key = (row.get("qid", ""), row.get("code", ""), number(row.get("scale_id", "")))
            if key[0] not in self.asked:
                self.fidelity.lost("answer option", f"answer {key[1]}", f"its question {key[0]} is not in the file")
                continue
            if key not in found:
                answer = Answer(key[1].strip(), key[2], score=row.get("assessment_value", "0"))
                found[key] = (number(row.get("sortorder", "")), answer)
            elif texts or row.get("language", "") in found[key][1].texts:
                self.fidelity.lost(
                    "answer option", f"{self.asked[key[0]].place}, answer {key[1]}",
                    "its code stands more than once; the first counts",
                )  # fmt: skip
                continue
            for part in texts.get(row.get("aid", ""), []) if texts else [row]:
                found[key][1].texts[part.get("language", "")] = part.get("answer", "")
        for (qid, _, _), (_, answer) in sorted(found.items(), key=lambda one: one[1][0]):
            self.asked[qid].answers.append(answer)

    def _details(self) -> None:
        """Attributes, default answers and conditions, each with its question."""
        for row in self.rows("question_attributes"):
            asked = self.asked.get(row.get("qid", ""))
            if asked:
                values = asked.attributes.setdefault(row.get("attribute", ""), {})
                values.setdefault(row.get("language", ""), row.get("value", ""))
        texts = self._l10n("defaultvalue_l10ns", "dvid")
        for row in self.rows("defaultvalues"):
            asked = self.asked.get(row.get("qid", ""))
            values = [part.get("defaultvalue", "") for part in texts.get(row.get("dvid", ""), [])] if texts else []
            value = row.get("defaultvalue", "") or next(iter(values), "")
            if asked and value:
                asked.defaults.setdefault(row.get("sqid", "0") or "0", value)
        for row in self.rows("conditions"):
            asked = self.asked.get(row.get("qid", ""))
            if asked:
                asked.conditions.append(row)
            else:
                self.fidelity.lost("condition", f"condition {row.get('cid', '?')}", "its question is not in the file")
