"""Writes one question as rows of a LimeSurvey file: itself, its sub-questions, answers and attributes."""

from __future__ import annotations

from dataclasses import dataclass, field

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Logic
from populace.survey.expressions import parse
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import says_missing
from populace.survey.formats.limesurvey_codes import Codes
from populace.survey.formats.limesurvey_filters import Filters
from populace.survey.formats.limesurvey_kinds import KIND_CLASS
from populace.survey.formats.limesurvey_rows import Sheets
from populace.survey.formats.limesurvey_scripts import Script
from populace.survey.formats.limesurvey_sides import said_kind
from populace.survey.formats.limesurvey_types import TYPES
from populace.survey.formats.limesurvey_wordings import Wordings
from populace.survey.instrument import Instrument
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option


@dataclass
class Writing:
    """One instrument that is being written."""

    #: the instrument
    instrument: Instrument
    #: codes and names there
    codes: Codes
    #: writes conditions
    script: Script
    #: writes texts
    wordings: Wordings
    #: rows of the file
    sheets: Sheets
    #: array filters
    filters: Filters
    #: what became of it
    fidelity: Fidelity
    #: our question -> its number there
    numbers: dict[str, str] = field(default_factory=dict)

    def relevance(self, conditions: list[Expression], element: str, place: str) -> str:
        """Conditions that all have to hold; "1" where there are none, "0" where one cannot be said."""
        if not conditions:
            return "1"
        joined = conditions[0]
        try:
            if len(conditions) > 1:
                joined = Logic("and", tuple(conditions))
            written = self.script.condition(joined)
        except (NotWritten, InstrumentError) as problem:
            words = f"{str(joined)[:200]!r} is never met there: {problem}"
            self.fidelity.lost(element, place, words)
            return "0"
        self.fidelity.taken(element)
        return written

    def texts(self, section: str, own: str | None, at: str, place: str) -> list[tuple[str, str]]:
        """(language, HTML) of a wording in all languages; the survey's own where there is no translation."""
        found = [(self.sheets.languages[0], self.wordings.html(own, place))]
        for language in self.sheets.languages[1:]:
            text = self.instrument.translations.get(language, {}).get(at)
            found.append((language, self.wordings.html(text if text is not None else own, place)))
        return found


class Put:
    """One question on its way into the file."""

    def __init__(self, writing: Writing, question: Question, type: str, gid: str, order: int) -> None:
        self.writing, self.question, self.type, self.gid, self.order = writing, question, type, gid, order
        self.place = f"question {question.name}"
        self.qid = writing.sheets.number("qid")
        self.attributes: dict[str, str] = {}
        writing.numbers[question.name] = self.qid

    def lost(self, element: str, words: str) -> None:
        self.writing.fidelity.lost(element, self.place, words)

    def row(self, conditions: list[Expression]) -> None:
        """The question's own row and words."""
        question, sheets = self.question, self.writing.sheets
        other = any(option.specify for option in question.options) and self.type in "L!OMP"
        relevance = self.writing.relevance(conditions, "condition", self.place)
        sheets.add(
            "questions", qid=self.qid, parent_qid="0", sid=sheets.sid, gid=self.gid, type=self.type,
            title=self.writing.codes.questions[question.name], preg=self._pattern(), other="Y" if other else "N",
            mandatory="Y" if question.required else "S" if question.requested else "N", encrypted="N",
            question_order=str(self.order), scale_id="0", same_default="0", relevance=relevance,
            question_theme_name=TYPES[self.type][1], same_script="0",
        )  # fmt: skip
        self._words(self.qid, question.text, question.name)
        self.writing.fidelity.taken("question")

    def _words(self, qid: str, text: str, at: str) -> None:
        sheets = self.writing.sheets
        for language, html in self.writing.texts("question", text, at, self.place):
            sheets.add("question_l10ns", id=sheets.number("l10n"), qid=qid, question=html, language=language)

    def _pattern(self) -> str:
        if self.question.format in (None, "text"):
            return ""
        known = {"number": r"/^\d+$/", "email": r"/^[^@\s]+@[^@\s]+\.[^@\s]+$/"}
        if self.question.format not in known:
            self.lost("format", f"answers have to be of the format {self.question.format!r}")
        return known.get(self.question.format, "")

    def sub(self, code: str, text: str, at: str, scale: int = 0, show_if: str | None = None) -> None:
        """A sub-question."""
        sheets, qid = self.writing.sheets, self.writing.sheets.number("qid")
        conditions = [parse(show_if)] if show_if else []
        relevance = self.writing.relevance(conditions, "condition of a row or option", f"{self.place}, {code}")
        order = sheets.number(f"order of {self.qid}, {scale}")
        sheets.add(
            "subquestions", qid=qid, parent_qid=self.qid, sid=sheets.sid, gid=self.gid, type=self.type, title=code,
            other="N", mandatory="N", encrypted="N", question_order=order, scale_id=str(scale), same_default="0",
            relevance=relevance, same_script="0",
        )  # fmt: skip
        self._words(qid, text, at)
        self.writing.fidelity.taken("row" if self.question.rows else "answer option")

    def rows(self, rows: tuple[Row, ...]) -> None:
        """Rows as sub-questions."""
        codes = self.writing.codes.rows[self.question.name]
        for row in rows:
            self.sub(codes[row.name], row.text, f"{self.question.name}/rows/{row.name}", show_if=row.show_if)
            if row.column:
                words = f"row {row.name}: its column is {row.column!r} here"
                self.writing.fidelity.changed("column", self.place, words)
        self.keep([codes[row.name] for row in rows if row.fixed])

    def boxes(self, options: tuple[Option, ...]) -> None:
        """Options as sub-questions."""
        codes = self.writing.codes.options[self.question.name]
        # the box that LimeSurvey adds can have no condition but a filter
        filtered = any(one.specify and one.show_if for one in options) and self.filtered(options)
        for option in options:
            self.flags(option, exclusive=self.question.kind == "multiple")
            if option.specify and self.type in "MP":
                self.other(option, filtered)
            else:
                at = f"{self.question.name}/options/{option.code}"
                self.sub(codes[option.code], option.label, at, show_if=None if filtered else option.show_if)
        self.keep([codes[option.code] for option in options if option.fixed])
        alone = [codes[option.code] for option in options if option.exclusive]
        if alone:
            self.attributes["exclude_all_others"] = ";".join(alone)

    def answers(self, options: tuple[Option, ...], scale: int = 0, codes: dict[int | str, str] | None = None) -> None:
        """Options as answers."""
        sheets = self.writing.sheets
        codes = codes or self.writing.codes.options[self.question.name]
        filtered = self.filtered(options) if self.type in "L!OR" else False
        for place, option in enumerate(options, 1):
            self.flags(option)
            if option.specify and self.type in "L!O" and codes[option.code] == "-oth-":
                self.other(option, filtered)
                continue
            if option.show_if and not filtered:
                self.lost("condition of an option", f"option {option.code}: {option.show_if[:200]!r}")
            aid = sheets.number("aid")
            sheets.add(
                "answers", aid=aid, qid=self.qid, code=codes[option.code], sortorder=str(place), assessment_value="0",
                scale_id=str(scale),
            )  # fmt: skip
            at = f"{self.question.name}/options/{option.code}"
            for language, html in self.writing.texts("answer", option.label, at, f"{self.place}, option {option.code}"):
                sheets.add("answer_l10ns", id=sheets.number("answer l10n"), aid=aid, answer=html, language=language)
            self.writing.fidelity.taken("answer option")
        if self.type in "L!OR":
            self.keep([codes[option.code] for option in options if option.fixed and not option.specify])

    def filtered(self, options: tuple[Option, ...]) -> bool:
        """Are the conditions of these options written as array filters?"""
        attributes = self.writing.filters.of(self.question.name, options)
        self.attributes |= attributes
        if attributes:
            self.writing.fidelity.taken("array filter")
        return bool(attributes)

    def other(self, option: Option, filtered: bool = False) -> None:
        """The option that asks for more."""
        options = self.question.options
        at = f"{self.question.name}/options/{option.code}"
        sheets = self.writing.sheets
        for language, html in self.writing.texts("other", option.label, at, f"{self.place}, other"):
            sheets.add(
                "question_attributes", qid=self.qid, attribute="other_replace_text", value=html, language=language
            )
        place = options.index(option)
        if place == 0 and len(options) > 1:
            self.attributes["other_position"] = "beginning"
        elif place < len(options) - 1:
            codes = self.writing.codes.options[self.question.name]
            self.attributes |= {"other_position": "specific", "other_position_code": codes[options[place - 1].code]}
        if option.show_if and not filtered:
            self.lost("condition of an option", f"option {option.code}: {option.show_if[:200]!r}")
        self.writing.fidelity.taken("answer option")

    def keep(self, codes: list[str]) -> None:
        """Codes that stay in their places."""
        if codes:
            before = self.attributes.get("keep_codes_order")
            self.attributes["keep_codes_order"] = ";".join([*([before] if before else []), *codes])

    def flags(self, option: Option, exclusive: bool = False) -> None:
        """What LimeSurvey does not keep of an option."""
        said = {
            "off_scale": option.off_scale, "image": bool(option.image), "exclusive": option.exclusive and not exclusive,
            "specify": option.specify and self.type not in "L!OMP", "column": bool(option.column),
        }  # fmt: skip
        for name in (one for one, given in said.items() if given):
            self.lost(f"option, {name}", f"option {option.code} is marked {name!r}")
        if option.missing != says_missing(option.label) and self.question.kind not in ("numeric", "slider"):
            words = (
                f"option {option.code} is {'' if option.missing else 'not '}marked as no answer; its words say other"
            )
            self.lost("option, missing", words)

    def finish(self) -> None:
        """The attributes."""
        said = said_kind(self.question, self.type)
        if said:
            self.attributes["cssclass"] = f"{KIND_CLASS}{said}"
        for name, value in self.attributes.items():
            self.attribute(name, value)

    def attribute(self, name: str, value: str, language: str = "") -> None:
        """One attribute."""
        self.writing.sheets.add("question_attributes", qid=self.qid, attribute=name, value=value, language=language)
