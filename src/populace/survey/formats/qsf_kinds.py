"""Questions of a Qualtrics survey file: from type and selector to a kind, with options, rows and their codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import look_ordered, says_exclusive, says_missing
from populace.survey.formats.markup import had_markup, plain_text
from populace.survey.formats.names import Names, legal
from populace.survey.formats.qsf_raw import entries, mapping, members, number, ordered, yes
from populace.survey.item import Row
from populace.survey.names import name_problem
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
#: type of text entry -> how an open answer has to look
_FORMATS = {
    "ValidEmail": "email", "ValidPhone": "phone", "ValidZip": "postal code", "ValidDate": "date", "ValidURL": "url",
}  # fmt: skip


@dataclass
class Draft:
    """A question on its way in: its fields, and what its choices are called on both sides."""

    #: its id in Qualtrics
    qid: str
    #: name and place for notes
    name: str
    place: str
    #: fields of the `Question`
    fields: dict[str, Any] = field(default_factory=dict)
    #: id of a choice that is an option -> its code
    codes: dict[str, int | str] = field(default_factory=dict)
    #: id of a choice that is a row -> its name
    rows: dict[str, str] = field(default_factory=dict)
    #: definitions of choices that are options, and that are rows, by id
    options_raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows_raw: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: side by side: number of the column -> its draft
    sides: dict[str, Draft] = field(default_factory=dict)
    #: the definition in the file
    raw: Mapping[str, Any] = field(default_factory=dict)

    def question(self) -> Question:
        """The question, without its logic."""
        return Question(**self.fields)


class KindReader:
    """Reads the questions of one file."""

    def __init__(self, fidelity: Fidelity, sources: Mapping[str, Mapping[str, Any]]) -> None:
        self.fidelity = fidelity
        #: QID -> definition, of all questions of the file
        self.sources = sources
        self.names = Names()

    def draft(self, qid: str, raw: Mapping[str, Any]) -> Draft:
        """The question with its choices; logic is added when all questions are known."""
        tag = str(raw.get("DataExportTag") or qid)
        place = f"{qid} ({tag.strip()})"
        draft = Draft(qid, self.names.claim(tag, "question name", place, self.fidelity), place, raw=raw)
        draft.fields = {"name": draft.name, "source": qid, "text": self.text(raw.get("QuestionText"), draft.place)}
        kind, selector = str(raw.get("QuestionType")), str(raw.get("Selector"))
        reader = _READERS.get(kind)
        if reader is not None:
            reader(self, draft, selector)
        elif kind in _TECHNICAL:
            self._technical(draft, kind)
        else:
            self._unknown(draft, kind)
        self._validation(draft)
        for name in (item.name for item in draft.question().items()):
            self.names.add(name)
        return draft

    # -- texts -------------------------------------------------------------------------------------------------------

    def text(self, html: Any, place: str, instead: str = "…") -> str:
        """A wording as plain text, piping as in the file; `instead` where there is none."""
        raw = html if isinstance(html, str) else "" if html is None else str(html)
        text = plain_text(raw)
        if had_markup(raw):
            self.fidelity.changed("formatting", place, "left out: wordings are plain text here")
        if text.strip():
            self.fidelity.taken("text")
            return text
        self.fidelity.changed("text", place, f"has no wording; {instead!r} stands in its place")
        return instead

    def _labels(self, choices: Iterable[tuple[str, Mapping[str, Any]]], place: str, what: str) -> dict[str, str]:
        """Id -> label of choices, every one different."""
        labels: dict[str, str] = {}
        for id, choice in choices:
            display = choice.get("Display")
            here = f"{place}, {what} {id}"
            picture = mapping(choice.get("Image"))
            if picture and not str(display or "").strip():
                display = picture.get("Display") or "[image]"
            label = self.text(display, here, f"({id})")
            if label in labels.values():
                count = 2
                while f"{label} ({count})" in labels.values():
                    count += 1
                self.fidelity.changed(what, here, f"another {what} has the same wording; this one is numbered {count}")
                label = f"{label} ({count})"
            labels[id] = label
        return labels

    # -- options and rows --------------------------------------------------------------------------------------------

    def options(self, draft: Draft, choices: list[tuple[str, dict[str, Any]]], several: bool = False) -> None:
        """Options of a question, in the order shown, with the codes that the data have."""
        labels = self._labels(choices, draft.place, "choice")
        codes = self._codes(draft, [id for id, _ in choices])
        draft.codes, draft.options_raw = codes, dict(choices)
        draft.fields["options"] = tuple(
            self._option(draft, id, choice, labels[id], codes[id], several) for id, choice in choices
        )
        self.fidelity.taken("choice", len(choices))

    def _option(
        self, draft: Draft, id: str, choice: Mapping[str, Any], label: str, code: int | str, several: bool
    ) -> Option:
        exclusive = several and yes(choice.get("ExclusiveAnswer"))
        here = f"{draft.place}, choice {id}"
        if several and not exclusive and says_exclusive(label):
            exclusive = True
            self.fidelity.changed(
                "exclusive choice", here, f"{label!r} is taken to rule out the others, by its wording"
            )
        missing = says_missing(label)
        if missing:
            self.fidelity.changed("missing answer", here, f"{label!r} is taken for no answer, by its wording")
        return Option(
            code,
            label,
            missing=missing,
            exclusive=exclusive,
            specify=yes(choice.get("TextEntry")),
            image=_address(choice),
            source=id,
        )

    def _codes(self, draft: Draft, ids: list[str]) -> dict[str, int | str]:
        """Id -> code: the recoded value where there is one, else the id; all numbers or all words, each once."""
        recoded = mapping(draft.raw.get("RecodeValues"))
        wanted = {id: str(recoded.get(id, id)).strip() or id for id in ids}
        if draft.fields.get("kind") in ("multiple", "rank", "sum"):  # become parts of names of columns
            wanted = {id: code if name_problem(f"q_{code}") is None else legal(code) for id, code in wanted.items()}
        for id, code in list(wanted.items()):
            others = [other for key, other in wanted.items() if key != id]
            if code in others and list(wanted.values()).index(code) != ids.index(id):
                new = self._new_code(wanted)
                words = f"value {code!r} stands for several choices; this one is {new!r} here, {code!r} is the first"
                self.fidelity.changed("recoded value", f"{draft.place}, choice {id}", words)
                wanted[id] = new
        whole = all(_is_whole(code) for code in wanted.values())
        return {id: int(code) if whole else code for id, code in wanted.items()}

    def _new_code(self, codes: Mapping[str, str]) -> str:
        numbers = [int(code) for code in codes.values() if _is_whole(code)]
        return str(max([*numbers, 0]) + 1)

    def rows(self, draft: Draft, choices: list[tuple[str, dict[str, Any]]]) -> None:
        """Rows of a grid, with the names that their columns have in the data."""
        labels = self._labels(choices, draft.place, "row")
        tags = mapping(draft.raw.get("ChoiceDataExportTags"))
        recoded = mapping(draft.raw.get("RecodeValues")) if draft.raw.get("QuestionType") == "Slider" else {}
        rows, used = [], set()
        for id, choice in choices:
            name = legal(str(recoded.get(id, id)))
            while name in used:
                name += "_"
            used.add(name)
            tag = tags.get(id)
            column = self._column(draft, id, tag, f"{draft.name}_{name}") if isinstance(tag, str) and tag else None
            rows.append(Row(name, labels[id], column=column, source=id))
            draft.rows[id], draft.rows_raw[id] = name, choice
            if yes(choice.get("TextEntry")):
                self.fidelity.lost("text entry of a row", f"{draft.place}, row {id}", "rows are not written into here")
        draft.fields["rows"] = tuple(rows)
        self.fidelity.taken("row", len(rows))

    def _column(self, draft: Draft, id: str, tag: str, ordinary: str) -> str | None:
        """A column with a name of its own."""
        name = self.names.free(legal(tag))
        if name == ordinary:
            return None
        self.names.add(name)
        if name != tag:
            self.fidelity.changed("export tag", f"{draft.place}, row {id}", f"{tag!r} is {name!r} here")
        return name

    def _with_carried(
        self, draft: Draft, choices: list[tuple[str, dict[str, Any]]]
    ) -> list[tuple[str, dict[str, Any]]]:
        """The choices and, before them, those carried forward from another question, under the ids x1, x2, …"""
        locator = str(mapping(draft.raw.get("DynamicChoices")).get("Locator") or "")
        if not locator:
            return choices
        source = self.sources.get(locator.removeprefix("q://").split("/")[0].replace("%23", "#"))
        if source is None or not locator.startswith("q://"):
            self.fidelity.lost("carry forward", draft.place, f"choices of {locator!r} are not in this file")
            return choices
        found = entries(source.get("Choices"))
        carried = [(f"x{id}", {**choice, "DisplayLogic": None}) for id, choice in found]
        own = [(id, choice) for id, choice in choices if not id.startswith("x")]
        self.fidelity.changed(
            "carry forward", draft.place, f"{len(carried)} choices of {locator!r}, each with a condition"
        )
        return [*carried, *own]

    def _profile(self, draft: Draft, rows: list[tuple[str, dict[str, Any]]]) -> None:
        """Every statement has answers of its own: as many as the longest, told apart by their place."""
        answers = mapping(draft.raw.get("Answers"))
        most = max((len(mapping(answers.get(id))) for id, _ in rows), default=0)
        if not most:
            self._unknown(draft, "profile matrix without answers")
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

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _multiple_choice(self, draft: Draft, selector: str) -> None:
        choices = self._with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        several = selector in _SEVERAL
        look = (_SEVERAL if several else _SINGLE).get(selector)
        if not several and selector not in _SINGLE:
            self.fidelity.changed("selector", draft.place, f"{selector!r} is not known; taken as one answer")
        if not choices:
            self._unknown(draft, "multiple choice without choices")
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
        rows = self._with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not rows:
            self._unknown(draft, "matrix without statements")
            return
        if selector == "Profile":
            self._profile(draft, rows)
            return
        sub = str(draft.raw.get("SubSelector"))
        self.rows(draft, rows)
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
        labels = self._labels(answers, draft.place, "column")
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

    def _text_entry(self, draft: Draft, selector: str) -> None:
        settings = _settings(draft.raw)
        choices = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        if selector == "FORM" and choices:
            self.rows(draft, choices)
            draft.fields["kind"] = "open"
            return
        content = str(settings.get("ContentType") or "")
        if str(settings.get("Type")) == "ContentType" and content == "ValidNumber":
            limits = mapping(settings.get("ValidNumber"))
            draft.fields["kind"] = "numeric"
            self._limits(draft, limits.get("Min"), limits.get("Max"), limits.get("NumDecimals"))
            return
        draft.fields["kind"] = "open"
        if str(settings.get("Type")) == "ContentType" and content in _FORMATS:
            draft.fields["format"] = _FORMATS[content]
        draft.fields["several_lines"] = selector in ("ML", "ESTB")
        if selector == "PW":
            draft.fields["look"] = "password"
        most = number(settings.get("TotalChars") or settings.get("MaxChars"))
        if most and str(settings.get("Type")) in ("TotalChar", "CharRange"):
            draft.fields["longest"] = int(most)

    def _limits(self, draft: Draft, low: Any, high: Any, decimals: Any) -> None:
        smallest, largest, digits = number(low), number(high), number(decimals)
        if smallest is not None and largest is not None and smallest >= largest:
            self.fidelity.lost("range", draft.place, f"smallest {low!r} is not below largest {high!r}")
            smallest = largest = None
        draft.fields |= {"minimum": smallest, "maximum": largest}
        if digits is not None and 0 <= digits <= 10:
            draft.fields["decimals"] = int(digits)

    def _slider(self, draft: Draft, selector: str) -> None:
        settings = mapping(draft.raw.get("Configuration"))
        rows = self._with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not rows:
            self._unknown(draft, "slider without statements")
            return
        draft.fields["kind"] = "slider"
        self.rows(draft, rows)
        if selector == "STAR":
            self._limits(draft, 0, settings.get("StarCount") or 5, 0)
            draft.fields["look"] = "stars"
        else:
            low, high = number(settings.get("CSSliderMin")), number(settings.get("CSSliderMax"))
            self._limits(draft, 0 if low is None else low, 100 if high is None else high, settings.get("NumDecimals"))
            draft.fields["look"] = "bar" if selector == "HBAR" else None
        if draft.fields.get("minimum") is None:
            self._limits(draft, 0, 100, settings.get("NumDecimals"))
        lines = number(settings.get("GridLines"))
        if yes(settings.get("SnapToGrid")) and lines:
            draft.fields["step"] = (draft.fields["maximum"] - draft.fields["minimum"]) / lines
        if yes(settings.get("NotApplicable")):
            label = str(settings.get("NotApplicableText") or "Not applicable")
            draft.fields["options"] = (Option(-1, label, missing=True),)
        labels = [self.text(mapping(one).get("Display"), draft.place, "…") for one in members(draft.raw.get("Labels"))]
        if any(label != "…" for label in labels):
            draft.fields["text"] += "\n[" + " | ".join(labels) + "]"
            self.fidelity.changed("labels of a slider", draft.place, "stand in the wording, in brackets")

    def _rank_order(self, draft: Draft, selector: str) -> None:
        choices = self._with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not choices:
            self._unknown(draft, "ranking without choices")
            return
        draft.fields["kind"] = "rank"
        self.options(draft, choices)
        most = number(_settings(draft.raw).get("MaxChoices"))
        if most and 1 <= most <= len(choices):
            draft.fields["ranked"] = int(most)

    def _constant_sum(self, draft: Draft, selector: str) -> None:
        choices = self._with_carried(draft, ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder")))
        if not choices:
            self._unknown(draft, "constant sum without choices")
            return
        settings = _settings(draft.raw)
        total = number(settings.get("ChoiceTotal") or settings.get("ChoicesTotal"))
        draft.fields["kind"] = "sum" if total else "numeric"
        if total:
            self.options(draft, choices)
            draft.fields["total"] = total
        else:
            self.rows(draft, choices)
            self._limits(draft, 0, None, None)
            self.fidelity.changed("constant sum", draft.place, "has no total; taken as a number for each choice")

    def _pick_group_rank(self, draft: Draft, selector: str) -> None:
        """Pick, group and rank: into which group each thing was put."""
        items = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        groups = [(str(n), {"Display": one}) for n, one in enumerate(members(draft.raw.get("Groups")), 1)]
        if not items or not groups:
            self._unknown(draft, "pick, group and rank without choices or groups")
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
            self._unknown(draft, "drill down without answers")
            return
        draft.fields |= {"kind": "single", "look": "dropdown"}
        self.options(draft, answers)
        self.fidelity.changed("drill down", draft.place, "taken as one choice among all its entries")

    def _side_by_side(self, draft: Draft, selector: str) -> None:
        rows = ordered(draft.raw.get("Choices"), draft.raw.get("ChoiceOrder"))
        parts = entries(draft.raw.get("AdditionalQuestions"))
        if not rows or not parts:
            self._unknown(draft, "side by side without statements or columns")
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
        labels = self._labels(answers, side.place, "column")
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

    def _unknown(self, draft: Draft, kind: str) -> None:
        draft.fields |= {"kind": "technical", "look": kind[:60] or None}
        for key in ("options", "rows", "columns"):
            draft.fields.pop(key, None)
        self.fidelity.lost("question", draft.place, f"{kind!r} is of a kind that is not known; its place is kept")

    # -- validation --------------------------------------------------------------------------------------------------

    def _validation(self, draft: Draft) -> None:
        settings = _settings(draft.raw)
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
        if draft.fields["kind"] in ("multiple", "grid_multiple"):
            count = len(draft.fields["options"])
            least, most = number(settings.get("MinChoices")), number(settings.get("MaxChoices"))
            if least and 0 < least <= count:
                draft.fields["at_least"] = int(least)
            if most and (draft.fields.get("at_least") or 0) <= most <= count and most > 0:
                draft.fields["at_most"] = int(most)


def _settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the validation."""
    return mapping(mapping(raw.get("Validation")).get("Settings"))


def _address(choice: Mapping[str, Any]) -> str | None:
    """Where the picture of a choice lies."""
    picture = mapping(choice.get("Image"))
    return str(picture.get("ImageLocation")) if picture.get("ImageLocation") else None


def _is_whole(code: str) -> bool:
    return code.lstrip("-").isdecimal() and code.isascii() and len(code) <= 15


_READERS: dict[str, Callable[[KindReader, Draft, str], None]] = {
    "MC": KindReader._multiple_choice,
    "Matrix": KindReader._matrix,
    "TE": KindReader._text_entry,
    "Slider": KindReader._slider,
    "RO": KindReader._rank_order,
    "CS": KindReader._constant_sum,
    "NPS": KindReader._multiple_choice,
    "PGR": KindReader._pick_group_rank,
    "DD": KindReader._drill_down,
    "SBS": KindReader._side_by_side,
    "DB": KindReader._display,
}
