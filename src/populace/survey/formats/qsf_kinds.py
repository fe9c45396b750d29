"""Questions of a Qualtrics survey file: from type and selector to a kind, with options, rows and their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.markup import plain_text
from populace.survey.formats.names import legal
from populace.survey.formats.qsf_draft import Draft, settings_of
from populace.survey.formats.qsf_entry import EntryReader, active
from populace.survey.formats.qsf_raw import entries, mapping, members, number, ordered
from populace.survey.question import Question
from populace.survey.scale import Option

#: selectors of a multiple choice with one answer, and with several
_SINGLE = {
    "SAVR": None, "SAHR": "horizontal", "SACOL": "columns", "DL": "dropdown", "SB": "select box", "NPS": "nps",
    "TB": None,
}  # fmt: skip
_SEVERAL = {"MAVR": None, "MAHR": "horizontal", "MACOL": "columns", "MSB": "select box"}
#: what the survey software measures or does by itself
_TECHNICAL = {
    "Timing": "timing", "Meta": "browser", "Captcha": "captcha", "FileUpload": "file upload", "Signature": "signature",
    "HeatMap": "heat map", "HotSpot": "hot spot", "Draw": "drawing", "Highlight": "highlighting",
    "ScreenCapture": "screen capture", "OrgHierarchy": "organization hierarchy", "HL": "highlighting",
    "SS": "graphic slider",
}  # fmt: skip
#: of these, what people answer; it has no counterpart here
_ANSWERED = {
    "FileUpload", "Signature", "HeatMap", "HotSpot", "Draw", "Highlight", "ScreenCapture", "OrgHierarchy",
    "HL", "SS",
}  # fmt: skip


class KindReader(EntryReader):
    """Reads the questions of one file."""

    def draft(self, qid: str, raw: Mapping[str, Any]) -> Draft:
        """The question with its choices; logic is added when all questions are known."""
        tag = str(raw.get("DataExportTag") or qid)
        place = f"{qid} ({tag.strip()})"
        draft = Draft(qid, self.names.claim(tag, "question name", place, self.fidelity), place, raw=raw)
        draft.fields = {"name": draft.name, "source": qid, "text": self.text(raw.get("QuestionText"), draft.place)}
        kind, selector = str(raw.get("QuestionType")), str(raw.get("Selector"))
        try:
            self._read(draft, kind, selector)
            _ = draft.question
        except InstrumentError as problem:
            self.fidelity.lost("question", draft.place, f"cannot be put ({problem})")
            draft.sides.clear()
            self.unknown(draft, kind)
        self._own_columns(draft)
        self.names.add(*(item.name for item in draft.question.items()))
        return draft

    def _read(self, draft: Draft, kind: str, selector: str) -> None:
        reader = _READERS.get(kind)
        if reader is not None:
            reader(self, draft, selector)
        elif kind in _TECHNICAL:
            self._technical(draft, kind)
        else:
            self.unknown(draft, kind)
        self._validation(draft)

    def _own_columns(self, draft: Draft) -> None:
        """Another name where columns of the question would have names that are taken: those of Q3 and of Q3_1."""
        columns = [item.name for item in draft.question.items()]
        if len(set(columns)) < len(columns):
            for key in ("options", "rows"):
                draft.fields[key] = tuple(replace(one, column=None) for one in draft.fields.get(key, ()))
            self.fidelity.changed("export tag", draft.place, "columns of one name; they get the ordinary ones")
            del draft.question
        before, count = draft.name, 1
        while self._taken(draft, before):
            count += 1
            draft.name = draft.fields["name"] = f"{before}_{count}"
            del draft.question
        if draft.name != before:
            words = f"name {before!r} is {draft.name!r} here: another question has a column that would be called alike"
            self.fidelity.changed("question name", draft.place, words)
            self.names.add(draft.name)

    def _taken(self, draft: Draft, before: str) -> bool:
        """Has another question a name of this one? Columns with names of their own were given them already."""
        own = {one.column for key in ("options", "rows") for one in draft.fields.get(key, ())}
        columns = (item.name for item in draft.question.items() if item.name != draft.name)
        others = [name for name in columns if name not in own and name.removesuffix("_text") not in own]
        return any(name in self.names for name in others) or (draft.name != before and draft.name in self.names)

    def _multiple_choice(self, draft: Draft, selector: str) -> None:
        choices = self.with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        several = selector in _SEVERAL
        look = (_SEVERAL if several else _SINGLE).get(selector)
        if not several and selector not in _SINGLE:
            self.fidelity.changed("selector", draft.place, f"{selector!r} is not known; taken as one answer")
        if not choices:
            self.unknown(draft, "multiple choice without choices")
            return
        draft.fields["kind"] = "multiple" if several else "single"
        self.options(draft, choices, several)
        codes = [option.code for option in draft.fields["options"]]
        if selector == "NPS" and codes == list(range(11)):
            draft.fields["kind"] = "nps"
        elif not several:
            self._ordered(draft)
        draft.fields["look"] = look if look != "nps" else None

    def _ordered(self, draft: Draft) -> None:
        labels = [option.label for option in draft.fields["options"] if not option.missing]
        if look_ordered(labels):
            draft.fields["kind"] = "scale"
            words = f"taken as a scale by its labels, {labels[0]!r} … {labels[-1]!r}"
            self.fidelity.changed("scale", draft.place, words)

    def _matrix(self, draft: Draft, selector: str) -> None:
        rows = self.with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not rows:
            self.unknown(draft, "matrix without statements")
            return
        if selector == "Profile":
            self._profile(draft, rows)
            return
        sub = str(draft.raw.get("SubSelector"))
        self.rows(draft, rows, written=selector not in ("TE", "CS", "MaxDiff"))
        answers = ordered(draft.raw.get("Answers"), draft.raw.get("AnswerOrder"))
        if selector in ("TE", "CS") or not answers:
            draft.fields["kind"] = "open" if selector != "CS" else "numeric"
            draft.fields["look"] = f"matrix {sub.lower()}" if sub in ("Short", "Medium", "Long", "Essay") else None
            if answers and len(answers) > 1:
                self._text_matrix(draft, answers)
            return
        several = sub == "MultipleAnswer"
        draft.fields["kind"] = "grid_multiple" if several else "grid"
        self.options(draft, answers, several)
        if selector not in ("Likert", "Profile", "Bipolar", "MaxDiff"):
            self.fidelity.changed("selector", draft.place, f"matrix of type {selector!r} is laid out as a grid")
        looks = {"Bipolar": "bipolar", "DL": "dropdown", "DND": "drag and drop"}
        draft.fields["look"] = looks.get(selector) or looks.get(sub)
        if selector == "MaxDiff":
            self._best_worst_matrix(draft)

    def _text_matrix(self, draft: Draft, answers: list[tuple[str, dict[str, Any]]]) -> None:
        """Several texts for every row: one column of texts side by side for each."""
        labels = self.labels(answers, draft.place, "column")
        self.fidelity.taken("column of texts", len(answers))
        draft.fields["kind"] = "side_by_side"
        draft.fields["look"] = None
        draft.fields["columns"] = tuple(Question(legal(id), "open", labels[id], source=f"/{id}") for id, _ in answers)
        draft.sides = {id: Draft(f"{draft.qid}#{id}", legal(id), draft.place) for id, _ in answers}

    def _best_worst_matrix(self, draft: Draft) -> None:
        """A matrix of type MaxDiff is one set of best and worst over all its statements."""
        rows = draft.fields.pop("rows")
        codes = [int(row.name) if row.name.isdecimal() else row.name for row in rows]
        whole = all(isinstance(code, int) for code in codes)
        draft.fields["options"] = tuple(
            Option(code if whole else str(code), row.text, source=row.source)
            for code, row in zip(codes, rows, strict=True)
        )
        draft.fields |= {"kind": "best_worst", "look": None}
        draft.fields["sets"] = ((tuple(option.code for option in draft.fields["options"]),),)
        draft.codes, draft.rows = {row.source: code for row, code in zip(rows, codes, strict=True)}, {}
        self.fidelity.changed("MaxDiff matrix", draft.place, "taken as one set of best and worst")

    def _profile(self, draft: Draft, rows: list[tuple[str, dict[str, Any]]]) -> None:
        """Every statement has answers of its own: as many as the longest, told apart by their place."""
        answers = mapping(draft.raw.get("Answers"))
        most = max((len(mapping(answers.get(id))) for id, _ in rows), default=0)
        if not most:
            self.unknown(draft, "profile matrix without answers")
            return
        self.rows(draft, rows)
        draft.fields["kind"] = "grid"
        places = [(str(place), {"Display": f"Answer {place}"}) for place in range(1, most + 1)]
        self.options(draft, places)
        worded = []
        for row in draft.fields["rows"]:
            own = [
                f"{place}: {plain_text(str(mapping(one).get('Display')))}"
                for place, one in entries(answers.get(row.source))
            ]
            worded.append(replace(row, text=f"{row.text} ({'; '.join(own)})"))
        draft.fields["rows"] = tuple(worded)
        self.fidelity.changed("profile matrix", draft.place, "the answers of a row stand in its wording")

    def _pick_group_rank(self, draft: Draft, selector: str) -> None:
        """Pick, group and rank: into which group each thing was put."""
        items = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        groups = [(str(n), {"Display": one}) for n, one in enumerate(members(draft.raw.get("Groups")), 1)]
        if not items or not groups:
            self.unknown(draft, "pick, group and rank without choices or groups")
            return
        draft.fields["kind"] = "grid"
        self.rows(draft, items)
        self.options(draft, groups)
        draft.fields["look"] = "drag and drop"
        self.fidelity.changed(
            "pick, group and rank", draft.place, "kept is which group each is put in, not the order there"
        )

    def _drill_down(self, draft: Draft, selector: str) -> None:
        """Several lists of which each depends on the one before: one choice among all ends."""
        answers = ordered(draft.raw.get("Answers"), draft.raw.get("AnswerOrder"))
        if not answers:
            self.unknown(draft, "drill down without answers")
            return
        draft.fields |= {"kind": "single", "look": "dropdown"}
        self.options(draft, answers)
        self.fidelity.changed("drill down", draft.place, "taken as one choice among all its entries")

    def _side_by_side(self, draft: Draft, selector: str) -> None:
        rows = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        parts = entries(draft.raw.get("AdditionalQuestions"))
        if not rows or not parts:
            self.unknown(draft, "side by side without statements or columns")
            return
        draft.fields["kind"] = "side_by_side"
        self.rows(draft, rows)
        columns: list[Question] = []
        for place, (key, raw) in enumerate(parts, 1):
            side = Draft(f"{draft.qid}#{key}", str(place), f"{draft.place}, column {key}", raw=raw)
            side.fields = {"name": str(place), "source": key}
            side.fields["text"] = self.text(raw.get("QuestionText"), side.place)
            answers = ordered(raw.get("Answers"), raw.get("AnswerOrder"))
            if str(raw.get("Selector")) == "TE" and answers:
                columns += self._text_sides(side, answers)
            else:
                self._side(side, raw)
                columns.append(Question(**side.fields))
            draft.sides[key] = side
        draft.fields["columns"] = tuple(columns)

    def _text_sides(self, side: Draft, answers: list[tuple[str, dict[str, Any]]]) -> list[Question]:
        """A column of several texts: one column of ours for each."""
        labels = self.labels(answers, side.place, "column")
        self.fidelity.taken("column of texts", len(answers))
        return [
            Question(
                f"{side.name}_{legal(id)}",
                "open",
                f"{side.fields['text']} {labels[id]}",
                source=f"{side.fields['source']}/{id}",
            )
            for id, _ in answers
        ]

    def _side(self, side: Draft, raw: Mapping[str, Any]) -> None:
        answers = ordered(raw.get("Answers"), raw.get("AnswerOrder"))
        sub = str(raw.get("SubSelector"))
        if str(raw.get("Selector")) == "TE" or not answers:
            side.fields["kind"] = "open"
            return
        several = sub == "MultipleAnswer"
        side.fields["kind"] = "multiple" if several else "single"
        self.options(side, answers, several)
        side.fields["look"] = "dropdown" if sub == "DL" else None

    def _display(self, draft: Draft, selector: str) -> None:
        draft.fields["kind"] = "display"
        if selector in ("GRB", "PTB"):
            draft.fields["look"] = {"GRB": "graphic", "PTB": "preview"}[selector]
            words = draft.raw.get("GraphicsDescription")
            if draft.raw.get("Graphics") and not str(words or "").strip():
                self.fidelity.lost("picture", draft.place, "lies in a library, and no words say what is on it")
            if isinstance(words, str) and words.strip() and words not in draft.fields["text"]:
                draft.fields["text"] = f"{draft.fields['text']}\n[image: {words.strip()}]".strip("…\n")
        elif selector == "FLB":
            draft.fields["look"] = "file"

    def _technical(self, draft: Draft, kind: str) -> None:
        draft.fields |= {"kind": "technical", "look": _TECHNICAL[kind]}
        if kind in _ANSWERED:
            self.fidelity.lost("question", draft.place, f"{_TECHNICAL[kind]} has no counterpart; its place is kept")
        else:
            self.fidelity.taken(f"question: {_TECHNICAL[kind]}")

    # -- validation --------------------------------------------------------------------------------------------------

    def _validation(self, draft: Draft) -> None:
        settings = settings_of(draft.raw)
        if not settings:
            return
        answered = draft.fields["kind"] not in ("display", "technical")
        forced = str(settings.get("ForceResponse")).upper()
        kind = str(settings.get("ForceResponseType") or "").upper()
        if answered and forced in ("ON", "TRUE"):
            draft.fields["required" if kind != "REQUESTRESPONSE" else "requested"] = True
        elif answered and (forced == "REQUESTRESPONSE" or kind == "REQUESTRESPONSE"):
            draft.fields["requested"] = forced == "REQUESTRESPONSE"
        self.fidelity.taken("validation")
        limited = active(settings, "MinChoices", "MaxChoices", "ChoiceRange", "SelectMany")
        if draft.fields["kind"] in ("multiple", "grid_multiple") and limited:
            count = len(draft.fields["options"])
            least, most = number(settings.get("MinChoices")), number(settings.get("MaxChoices"))
            if least and 0 < least <= count:
                draft.fields["at_least"] = int(least)
            if most and (draft.fields.get("at_least") or 0) <= most <= count and most > 0:
                draft.fields["at_most"] = int(most)


_READERS: dict[str, Callable[[KindReader, Draft, str], None]] = {
    "MC": KindReader._multiple_choice,
    "Matrix": KindReader._matrix,
    "TE": KindReader.text_entry,
    "Slider": KindReader.slider,
    "RO": KindReader.rank_order,
    "CS": KindReader.constant_sum,
    "NPS": KindReader._multiple_choice,
    "PGR": KindReader._pick_group_rank,
    "DD": KindReader._drill_down,
    "SBS": KindReader._side_by_side,
    "DB": KindReader._display,
}
