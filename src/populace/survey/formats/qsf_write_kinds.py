"""Questions of ours as questions of Qualtrics, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import says_missing
from populace.survey.formats.qsf_write_ids import QuestionIds
from populace.survey.formats.qsf_write_logic import LogicWriter
from populace.survey.formats.qsf_write_order import randomization
from populace.survey.formats.qsf_write_places import is_text_matrix
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option

Payload = dict[str, Any]

_SINGLE = {"horizontal": "SAHR", "columns": "SACOL", "dropdown": "DL", "select box": "SB"}
_SEVERAL = {"horizontal": "MAHR", "columns": "MACOL", "select box": "MSB"}
_GRID = {"dropdown": "DL", "drag and drop": "DND"}
_TECHNICAL = {
    "timing": ("Timing", "PageTimer", ("First Click", "Last Click", "Page Submit", "Click Count")),
    "browser": ("Meta", "Browser", ("Browser", "Version", "Operating System", "Screen Resolution", "Flash Version",
                                    "Java Support", "User Agent")),
    "captcha": ("Captcha", "V2", ()),
    "file upload": ("FileUpload", "FileUpload", ()),
    "signature": ("Signature", "Signature", ()),
}  # fmt: skip
_FORMATS = {
    "email": "ValidEmail", "phone": "ValidPhone", "postal code": "ValidZip", "url": "ValidURL", "date": "ValidDate",
}  # fmt: skip
_TEXT_MATRIX = {f"matrix {size.lower()}": size for size in ("Short", "Medium", "Long", "Essay")}


@dataclass(frozen=True)
class KindWriter:
    """Writes the questions of one block."""

    #: writes wordings and conditions
    texts: TextWriter
    logic: LogicWriter
    #: what becomes of them
    fidelity: Fidelity

    def payload(self, question: Question, ids: QuestionIds) -> Payload:
        """The definition of a question, without its translations and scores."""
        place = f"{ids.qid} ({question.name})"
        content: Payload = {
            "QuestionText": self.texts.html(question.text, place),
            "DefaultChoices": False,
            "DataExportTag": question.name,
            "QuestionType": "DB",
            "Selector": "TB",
            "DataVisibility": {"Private": False, "Hidden": False},
            "Configuration": {"QuestionDescriptionOption": "UseText"},
            "QuestionDescription": _short(question.text),
            "Validation": {"Settings": {"ForceResponse": "OFF", "ForceResponseType": "ON", "Type": "None"}},
            "GradingData": [],
            "Language": [],
            "NextChoiceId": 1,
            "NextAnswerId": 1,
            "QuestionID": ids.qid,
        }
        _WRITERS[question.kind](self, question, ids, content, place)
        self._validation(question, content, place)
        order = randomization(question, ids, self.fidelity, place)
        if order is not None and content["QuestionType"] not in ("DB", "Timing", "Meta"):
            content["Randomization"] = order
        if question.show_if is not None:
            shown = self.logic.logic(question.show_if, "display logic", place)
            content |= {"DisplayLogic": shown | {"inPage": False}} if shown else {}
        self.fidelity.taken("question")
        return content

    # -- choices -----------------------------------------------------------------------------------------------------

    def _choices(self, members: Sequence[Option | Row], ids: Sequence[str], place: str) -> dict[str, Payload]:
        """Options or rows by their ids."""
        return {id: self._choice(one, f"{place}, choice {id}") for one, id in zip(members, ids, strict=True)}

    def _choice(self, one: Option | Row, place: str) -> Payload:
        text = one.label if isinstance(one, Option) else one.text
        content: Payload = {"Display": self.texts.html(text, place)}
        if one.specify:
            content["TextEntry"] = "true"
        if isinstance(one, Option):
            content |= {"ExclusiveAnswer": True} if one.exclusive else {}
            content |= {"Image": {"Display": text, "ImageLocation": one.image}} if one.image else {}
        if one.show_if is not None:
            shown = self.logic.logic(one.show_if, "display logic of a choice", place)
            content |= {"DisplayLogic": shown | {"inPage": False}} if shown else {}
        self.fidelity.taken("choice" if isinstance(one, Option) else "row")
        return content

    def options(self, question: Question, ids: Mapping[int | str, str], content: Payload, place: str, key: str) -> None:
        """Options as choices, or as answers of a grid, with their codes."""
        order = [ids[option.code] for option in question.options]
        content[key] = self._choices(question.options, order, place)
        content[f"{key[:-1]}Order"] = order
        content[f"Next{key[:-1]}Id"] = _next(order)
        recoded = {ids[option.code]: str(option.code) for option in question.options}
        if any(id != code for id, code in recoded.items()):
            content["RecodeValues"] = recoded
        if any(isinstance(option.code, str) for option in question.options):
            words = "codes are words; Qualtrics is documented to recode to numbers only"
            self.fidelity.changed("recoded value", place, words)
        left_out = {ids[one.code]: "No" for one in question.options if one.missing and not says_missing(one.label)}
        if left_out:
            content["AnalyzeChoices"] = left_out

    def rows(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        """Rows as statements, with the names of their columns."""
        order = [ids.rows[row.name] for row in question.rows]
        content["Choices"] = self._choices(question.rows, order, place)
        content["ChoiceOrder"] = order
        content["NextChoiceId"] = _next(order)
        columns = {ids.rows[row.name]: row.column or f"{question.name}_{row.name}" for row in question.rows}
        own = any(column != f"{question.name}_{id}" for id, column in columns.items())
        content["ChoiceDataExportTags"] = columns if own and question.kind != "side_by_side" else False

    def _columns(self, question: Question, ids: QuestionIds, content: Payload) -> None:
        """Columns of options that have names of their own."""
        named = {ids.options[one.code]: one.column for one in question.options if one.column}
        if named:
            content["ChoiceDataExportTags"] = named

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _one(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        several = question.kind == "multiple"
        selectors, plain = (_SEVERAL, "MAVR") if several else (_SINGLE, "SAVR")
        selector = "NPS" if question.kind == "nps" else selectors.get(question.look or "", plain)
        content |= {"QuestionType": "MC", "Selector": selector, "SubSelector": "TX"}
        self.options(question, ids.options, content, place, "Choices")
        if several:
            self._columns(question, ids, content)

    def _grid(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        sub = "MultipleAnswer" if question.kind == "grid_multiple" else _GRID.get(question.look or "", "SingleAnswer")
        content |= {"QuestionType": "Matrix", "Selector": "Likert", "SubSelector": sub}
        if question.kind == "grid" and question.look == "bipolar":
            content["Selector"] = "Bipolar"
            del content["SubSelector"]
        self.rows(question, ids, content, place)
        self.options(question, ids.options, content, place, "Answers")

    def _side_by_side(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        if is_text_matrix(question):
            self._text_matrix(question, ids, content, place)
            return
        content |= {"QuestionType": "SBS", "Selector": "SBSMatrix", "NumberOfQuestions": len(question.columns)}
        self.rows(question, ids, content, place)
        content["AdditionalQuestions"] = {}
        for column in question.columns:
            key = ids.columns[column.name]
            here = f"{place}, column {key}"
            side: Payload = {
                "QuestionText": self.texts.html(column.text, here),
                "QuestionType": "Matrix",
                "Selector": "Likert",
                "SubSelector": _GRID.get(column.look or "", "SingleAnswer"),
                "Validation": {"Settings": {"ForceResponse": "OFF", "Type": "None"}},
                "DataExportTag": f"{question.name}#{key}",
                "QuestionID": f"{ids.qid}#{key}",
                "Choices": content["Choices"],
                "ChoiceDataExportTags": False,
                "QuestionDescription": _short(column.text),
                "Configuration": {"QuestionDescriptionOption": "UseText"},
            }
            if column.kind in ("open", "numeric"):
                side |= {"Selector": "TE", "SubSelector": "Short"}
            else:
                side |= {"SubSelector": "MultipleAnswer"} if column.kind == "multiple" else {}
                self.options(column, ids.column_options[column.name], side, here, "Answers")
            self.fidelity.taken("column side by side")
            content["AdditionalQuestions"][key] = side

    def _text_matrix(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content |= {"QuestionType": "Matrix", "Selector": "TE", "SubSelector": "Short"}
        self.rows(question, ids, content, place)
        order = [ids.columns[column.name] for column in question.columns]
        content["Answers"] = {
            key: {"Display": self.texts.html(column.text, f"{place}, column {key}")}
            for key, column in zip(order, question.columns, strict=True)
        }
        content |= {"AnswerOrder": order, "NextAnswerId": _next(order)}

    def _numeric(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        if question.rows:
            content |= {"QuestionType": "Matrix", "Selector": "CS", "SubSelector": "WOTB"}
            self.rows(question, ids, content, place)
            return
        content |= {"QuestionType": "TE", "Selector": "SL"}
        limits = {"Min": question.minimum, "Max": question.maximum, "NumDecimals": question.decimals}
        content["Validation"]["Settings"] |= {
            "Type": "ContentType",
            "ContentType": "ValidNumber",
            "ValidNumber": {key: "" if value is None else str(value) for key, value in limits.items()},
        }

    def _slider(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        stars = question.look == "stars" and question.minimum == 0 and isinstance(question.maximum, int)
        selector = "STAR" if stars else "HBAR" if question.look == "bar" else "HSLIDER"
        content |= {"QuestionType": "Slider", "Selector": selector}
        if question.rows:
            self.rows(question, ids, content, place)
        else:
            content |= {"Choices": {"1": {"Display": "&nbsp;"}}, "ChoiceOrder": ["1"], "NextChoiceId": 2}
        settings = content["Configuration"]
        if stars:
            settings |= {"StarCount": question.maximum, "StarType": "discrete"}
        else:
            settings |= {"CSSliderMin": question.minimum, "CSSliderMax": question.maximum}
            settings |= {"NumDecimals": "" if question.decimals is None else str(question.decimals), "ShowValue": True}
            settings |= _grid_lines(question)
        if len(question.options) == 1:
            text = self.texts.html(question.options[0].label, place)
            settings |= {"NotApplicable": True, "NotApplicableText": text}

    def _rank(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content |= {"QuestionType": "RO", "Selector": "DND", "SubSelector": "TX"}
        self.options(question, ids.options, content, place, "Choices")
        self._columns(question, ids, content)
        if question.ranked is not None:
            content["Validation"]["Settings"] |= {"Type": "MaxChoices", "MaxChoices": str(question.ranked)}

    def _sum(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content |= {"QuestionType": "CS", "Selector": "VRTL", "SubSelector": "TX", "ClarifyingSymbolType": "None"}
        self.options(question, ids.options, content, place, "Choices")
        self._columns(question, ids, content)
        total = {"Type": "ChoicesTotal", "ChoiceTotal": str(question.total), "EnforceRange": "ON"}
        content["Validation"]["Settings"] |= total
        if question.unit:
            content |= {"ClarifyingSymbolType": "After", "ClarifyingSymbol": question.unit}

    def _open(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content |= {"QuestionType": "TE", "Selector": "ML" if question.several_lines else "SL"}
        if question.rows and (question.look or "").startswith("matrix"):
            sub = _TEXT_MATRIX.get(question.look or "", "Short")
            content |= {"QuestionType": "Matrix", "Selector": "TE", "SubSelector": sub}
        elif question.rows:
            content["Selector"] = "FORM"
        elif question.look == "password":
            content["Selector"] = "PW"
        if question.rows:
            self.rows(question, ids, content, place)
        settings = content["Validation"]["Settings"]
        if question.rows:
            return
        if question.format in _FORMATS:
            settings |= {"Type": "ContentType", "ContentType": _FORMATS[question.format]}
        elif question.longest is not None:
            settings |= {"Type": "TotalChar", "TotalChars": str(question.longest)}

    def _date(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content |= {"QuestionType": "TE", "Selector": "SL"}
        date = {"ContentType": "ValidDate", "ValidDateType": "DateWithFormat", "ValidDateFormat": "yyyy-mm-dd"}
        content["Validation"]["Settings"] |= {"Type": "ContentType", **date}

    def _display(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        content["Validation"] = {"Settings": {"Type": "None"}}

    def _technical(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        if question.look not in _TECHNICAL:
            self._display(question, ids, content, place)
            words = f"{question.look or 'a measurement'} cannot be set up; a text stands in its place"
            self.fidelity.lost("question", place, words)
            return
        kind, selector, measured = _TECHNICAL[question.look]
        content |= {"QuestionType": kind, "Selector": selector}
        del content["Validation"]
        if kind == "Timing":
            content["Configuration"] |= {"MinSeconds": "0", "MaxSeconds": "0"}
        written = {"TextEntry": 1} if kind == "Meta" else {}
        if measured:
            content["Choices"] = {str(n): {"Display": one, **written} for n, one in enumerate(measured, 1)}

    def _best_worst(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        codes = tuple(option.code for option in question.options)
        if question.sets != ((codes,),):
            words = "several sets are a project of their own in Qualtrics; a text stands in its place"
            self._replaced(question, ids, content, place, words)
            return
        content |= {"QuestionType": "Matrix", "Selector": "MaxDiff", "ChoiceDataExportTags": False}
        self.options(question, ids.options, content, place, "Choices")
        ends = {"1": {"Display": "Best"}, "2": {"Display": "Worst"}}
        content |= {"Answers": ends, "AnswerOrder": ["1", "2"], "NextAnswerId": 3}

    def _choice_task(self, question: Question, ids: QuestionIds, content: Payload, place: str) -> None:
        words = "choice tasks are a project of their own in Qualtrics; a text stands in its place"
        self._replaced(question, ids, content, place, words)

    def _replaced(self, question: Question, ids: QuestionIds, content: Payload, place: str, words: str) -> None:
        self._display(question, ids, content, place)
        self.fidelity.lost(f"{question.kind} question", place, words)

    # -- validation --------------------------------------------------------------------------------------------------

    def _validation(self, question: Question, content: Payload, place: str) -> None:
        """One kind of validation is possible; whether there has to be an answer stands beside it."""
        if content["QuestionType"] in ("DB", "Timing", "Meta", "Captcha") or "Validation" not in content:
            return
        settings = content["Validation"]["Settings"]
        if question.required:
            settings |= {"ForceResponse": "ON", "ForceResponseType": "ON"}
        elif question.requested:
            settings |= {"ForceResponse": "RequestResponse", "ForceResponseType": "RequestResponse"}
        limits = {"MinChoices": question.at_least, "MaxChoices": question.at_most}
        given = {key: str(value) for key, value in limits.items() if value is not None}
        if given:
            settings |= {"Type": "ChoiceRange" if len(given) == 2 else next(iter(given)), **given}
        if question.valid_if is None:
            return
        if settings["Type"] != "None":
            words = (
                f"{question.valid_if[:200]}: a question is validated in one way there, and that is {settings['Type']}"
            )
            self.fidelity.lost("custom validation", place, words)
            return
        valid = self.logic.logic(question.valid_if, "custom validation", place)
        if valid:
            settings |= {"Type": "CustomValidation", "CustomValidation": {"Logic": valid, "Message": {}}}


Writer = Callable[[KindWriter, Question, QuestionIds, Payload, str], None]
_WRITERS: dict[str, Writer] = {
    "single": KindWriter._one, "scale": KindWriter._one, "nps": KindWriter._one, "multiple": KindWriter._one,
    "grid": KindWriter._grid, "grid_multiple": KindWriter._grid, "side_by_side": KindWriter._side_by_side,
    "numeric": KindWriter._numeric, "slider": KindWriter._slider, "rank": KindWriter._rank, "sum": KindWriter._sum,
    "open": KindWriter._open, "date": KindWriter._date, "display": KindWriter._display,
    "technical": KindWriter._technical, "best_worst": KindWriter._best_worst,
    "choice_task": KindWriter._choice_task,
}  # fmt: skip


def _short(text: str) -> str:
    """The first words of a wording, as Qualtrics lists questions."""
    line = " ".join(text.split())
    return line if len(line) <= 99 else f"{line[:96]}..."


def _next(ids: Sequence[str]) -> int:
    return max((int(id) for id in ids), default=0) + 1


def _grid_lines(question: Question) -> Payload:
    """Lines of a slider that answers snap to, where its step divides it evenly."""
    lines = (question.maximum - question.minimum) / question.step if question.step else 0
    even = lines >= 1 and float(lines).is_integer() and (question.maximum - question.minimum) / lines == question.step
    return {"GridLines": int(lines) if even else 10, "SnapToGrid": bool(even)}
