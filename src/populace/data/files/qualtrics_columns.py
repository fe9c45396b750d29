"""Columns of Qualtrics exports: what an ImportId stands for in an instrument, and which columns a survey has.

Columns are found by ImportId, never by wording: wordings are shortened and translated. Ids separate by '_' in current
exports and by '-' in older ones; `QID4#2_3` is row 3 of the second column side by side, `2_QID5` round 2 of a loop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from populace.survey.flow import Loop, Roll, SetData, Shuffle, elements, loops_of
from populace.survey.instrument import Instrument
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question, Row
from populace.survey.recorded import random_orders
from populace.survey.scale import Option

#: ImportId of what Qualtrics records by itself -> (column, words)
RECORDED = {
    "startDate": ("StartDate", "Start Date"),
    "endDate": ("EndDate", "End Date"),
    "status": ("Status", "Response Type"),
    "progress": ("Progress", "Progress"),
    "duration": ("Duration (in seconds)", "Duration (in seconds)"),
    "finished": ("Finished", "Finished"),
    "recordedDate": ("RecordedDate", "Recorded Date"),
    "_recordId": ("ResponseId", "Response ID"),
    "distributionChannel": ("DistributionChannel", "Distribution Channel"),
    "userLanguage": ("UserLanguage", "User Language"),
}
#: ImportIds that tell who somebody is; they are not taken
PERSONAL = frozenset(
    {
        "ipAddress", "recipientLastName", "recipientFirstName", "recipientEmail", "locationLatitude",
        "locationLongitude", "externalDataReference", "panel-RecipientLastName", "panel-RecipientFirstName",
        "panel-RecipientEmail", "panel-ExternalDataReference", "Location-LocationLatitude",
        "Location-LocationLongitude", "Location-LocationAccuracy", "Q_RecipientPhone",
    }
)  # fmt: skip
#: the same in exports without ImportIds, by name or wording without spaces and capitals
_PERSONAL_WORDS = frozenset(
    {
        "ipaddress", "recipientlastname", "recipientfirstname", "recipientemail", "externaldatareference",
        "externalreference", "locationlatitude", "locationlongitude", "locationaccuracy", "name", "email",
        "emailaddress", "panel-recipientlastname", "panel-recipientfirstname", "panel-recipientemail",
    }
)  # fmt: skip
_ID_WORDS = frozenset({"responseid", "recordid"})
_QUESTION = re.compile(r"(?:(?P<round>[\w.]+?)[_-])?(?P<qid>QID\d+)(?P<side>#\d+)?(?P<rest>[_-].*)?")
#: what timers and browsers measure, in the order of the columns
TECHNICAL = {
    "timing": (("FIRST_CLICK", "First Click"), ("LAST_CLICK", "Last Click"), ("PAGE_SUBMIT", "Page Submit"),
               ("CLICK_COUNT", "Click Count")),
    "browser": (("BROWSER", "Browser"), ("VERSION", "Version"), ("OS", "Operating System"),
                ("RESOLUTION", "Resolution")),
}  # fmt: skip


@dataclass(frozen=True)
class Meant:
    """What a column of an export stands for."""

    #: "answer", "choices" (several in one cell), "order", "embedded", "recorded", "technical", "personal" or "unknown"
    kind: str
    #: item, question (of "choices" and "order"), embedded data; None for what has no name here
    name: str | None = None
    #: place of the member among those of an order
    member: int | None = None


@dataclass(frozen=True)
class Column:
    """A column as Qualtrics writes it."""

    #: header
    name: str
    #: wording
    text: str
    #: ImportId
    import_id: str
    #: what is ordered, in columns of orders
    choice_id: str | None = None
    #: what it stands for
    meant: Meant = Meant("recorded")


class Columns:
    """The columns of one instrument, found by ImportId."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._loops = loops_of(instrument.flow)
        #: name under which an order is recorded -> the order
        self.orders = {order.key: order for order in random_orders(instrument)}
        self._listed = list(self._layout())
        self._named = {_plainly(column.name): column.meant for column in reversed(self._listed)}
        self._meant = {(_key(column.import_id), column.choice_id): column.meant for column in self._listed}

    def layout(self) -> list[Column]:
        """All columns, in the order of an export."""
        return self._listed

    def meant(self, import_id: str, choice_id: str | None) -> Meant:
        """What a column with this ImportId stands for."""
        if import_id in PERSONAL:
            return Meant("personal")
        key = _key(import_id)
        spellings = (key, f"{key}_TEXT", key.removesuffix("_TEXT"))
        for spelling, choice in product(spellings, (choice_id, choice_id and choice_id.strip())):
            if (spelling, choice) in self._meant:
                return self._meant[spelling, choice]
        if import_id in RECORDED:
            return Meant("recorded")
        found = _QUESTION.fullmatch(import_id)
        if found and not found["rest"] and self._several(found["qid"]):
            return Meant("choices", self._several(found["qid"]))
        return Meant("technical" if found else "unknown")

    def by_name(self, header: str, text: str = "") -> Meant:
        """What a column of this name and wording stands for, in exports without ImportIds."""
        found = self._named.get(_plainly(header))
        if found is not None:
            return found
        if {_word(header), _word(text)} & _PERSONAL_WORDS:
            return Meant("personal")
        return Meant("recorded" if {_word(header), _word(text)} & _RECORDED_WORDS else "unknown")

    def _several(self, qid: str) -> str | None:
        """The multiple choice whose answers stand in one cell."""
        return next((q.name for q in self.instrument.questions if q.kind == "multiple" and _id(q) == qid), None)

    # -- layout ------------------------------------------------------------------------------------------------------

    def _layout(self) -> Iterator[Column]:
        for import_id, (name, words) in RECORDED.items():
            yield Column(name, words, import_id)
        for block in self.instrument.blocks:
            for rounds in self._rounds(self._loops.get(block.id, ())):
                for question in block.questions:
                    yield from self._of(question, rounds)
        for name in self._embedded():
            yield Column(name, name, name, meant=Meant("embedded", name))
        yield from self._orders()

    def _rounds(self, loops: tuple[Loop, ...]) -> list[tuple[str, ...]]:
        return list(product(*([one.name for one in loop.rounds] for loop in loops)))

    def _of(self, question: Question, rounds: tuple[str, ...]) -> Iterator[Column]:
        prefix = "".join(f"{one}_" for one in rounds)
        suffix = "".join(f".{one}" for one in rounds)
        parts = sides(question) if question.kind == "side_by_side" else ()
        if not parts:
            for ids, item, words, header in _answers(question):
                meant = Meant("answer", item + suffix)
                yield Column(f"{prefix}{header}", words, f"{prefix}{_id(question)}{ids}", meant=meant)
        for column, side in zip(question.columns, parts, strict=bool(parts)):
            key, _, answer = (column.source or column.name).partition("/")
            beside, behind = f"#{key}" if key else "", f"_{answer}_TEXT" if answer else ""
            for ids, item, words, _ in _answers(side):
                place, meant = f"{beside}{ids}{behind}", Meant("answer", item + suffix)
                name = f"{prefix}{question.name}{place}"
                yield Column(name, words, f"{prefix}{_id(question)}{place}", meant=meant)
        for id, words in TECHNICAL.get(question.look or "", ()) if question.kind == "technical" else ():
            text = f"{question.text} - {words}"
            yield Column(
                f"{prefix}{question.name}_{words}", text, f"{prefix}{_id(question)}_{id}", meant=Meant("technical")
            )
        for row in question.rows if parts else ():
            if row.specify:
                ids, item, words, header = _beside(question, row)
                meant = Meant("answer", item + suffix)
                yield Column(f"{prefix}{header}", words, f"{prefix}{_id(question)}{ids}", meant=meant)
        yield from _orders_of(question, prefix, suffix)

    def _embedded(self) -> list[str]:
        written = [name for one in elements(self.instrument.flow) if isinstance(one, SetData) for name, _ in one.values]
        rolled = [one.name for one in elements(self.instrument.flow) if isinstance(one, Roll)]
        scores = [one.name for one in self.instrument.computed]
        return list(dict.fromkeys([*(one.name for one in self.instrument.data), *written, *rolled, *scores]))

    def _orders(self) -> Iterator[Column]:
        for one in elements(self.instrument.flow):
            if isinstance(one, Shuffle):
                sources = one.sources or tuple(str(place) for place in range(1, len(one.members) + 1))
                for place, source in enumerate(sources):
                    yield _order(one.id, one.id, source, one.id, place)
        for block in self.instrument.blocks:
            if block.randomize or block.pick is not None:
                for place, question in enumerate(block.questions):
                    yield _order(block.title or block.id, block.id, question.name, block.id, place)


def _answers(question: Question) -> Iterator[tuple[str, str, str, str]]:
    """(ids behind the question's, item, words, header) of its answers."""
    text, name = question.text, question.name
    match question.kind:
        case "single" | "scale" | "nps":
            yield "", name, text, name
            for option in question.options:
                if option.specify:
                    yield _specified(question, option, f"{name}_{option.code}")
        case "multiple" | "rank" | "sum":
            for option in question.options:
                column = option_column(question, option)
                yield f"_{_choice(option)}", column, f"{text} - {option.label}", column
                if option.specify:
                    yield _specified(question, option, column)
        case "best_worst" | "choice_task":
            for place, item in enumerate(question.items(), 1):
                yield f"_{place}", item.name, item.text, item.name
        case "open" | "numeric" | "date" if not question.rows:
            yield "_TEXT", name, text, name
        case "slider" if not question.rows:
            yield "_1", name, text, f"{name}_1"
        case _:
            yield from _of_rows(question)


def _specified(question: Question, option: Option, column: str) -> tuple[str, str, str, str]:
    """The text beside an option."""
    words = f"{question.text} - {option.label} - Text"
    return f"_{_choice(option)}_TEXT", f"{column}_text", words, f"{column}_TEXT"


def _of_rows(question: Question) -> Iterator[tuple[str, str, str, str]]:
    """Answers row by row. The statements of a matrix are numbered in headers, whatever their ids are."""
    grid = question.kind in ("grid", "grid_multiple")
    for place, row in enumerate(question.rows, 1):
        column, words = row_column(question, row), f"{question.text} - {row.text}"
        id = row.source or row.name
        numbered = f"{question.name}_{place}" if grid and row.column is None and row.source else column
        if question.kind == "grid_multiple":
            for option in question.options:
                ids, item = f"_{id}_{_choice(option)}", f"{column}_{option.code}"
                yield ids, item, f"{words} - {option.label}", f"{numbered}_{option.code}"
        else:
            yield f"_{id}", column, words, numbered
        if row.specify:
            yield _beside(question, row)


def _beside(question: Question, row: Row) -> tuple[str, str, str, str]:
    """The text beside a row."""
    column = row_column(question, row)
    return f"_{row.source or row.name}_TEXT", f"{column}_text", f"{question.text} - {row.text} - Text", f"{column}_TEXT"


def _orders_of(question: Question, prefix: str, suffix: str) -> Iterator[Column]:
    """The order in which choices, or rows, were seen."""
    if question.kind in ("display", "technical"):
        return
    qid, name = f"{prefix}{_id(question)}_DO", f"{prefix}{question.name}"
    if question.randomize and question.rows:
        for place, row in enumerate(question.rows):
            yield _order(
                name, qid.removesuffix("_DO"), row.source or row.name, f"{question.name}{suffix}_rows_order", place
            )
    elif question.randomize or question.show_only is not None or question.flip:
        for place, option in enumerate(question.options):
            yield _order(name, qid.removesuffix("_DO"), _choice(option), f"{question.name}{suffix}_order", place)


def _order(name: str, import_id: str, choice: str, ordered: str, place: int) -> Column:
    words = f"{name} - Display Order - {choice}"
    return Column(f"{name}_DO_{choice}", words, f"{import_id}_DO", choice, Meant("order", ordered, place))


def says_id(text: str) -> bool:
    """Does a header say that the ids of responses stand below?"""
    return _word(text) in _ID_WORDS


def _word(text: str) -> str:
    return re.sub(r"[\s_]+", "", text).lower()


def _plainly(header: str) -> str:
    """A header as names of ours are written, capitals apart."""
    return re.sub(r"[^\w.\-#]+", "_", header.strip()).strip("_").lower()


_RECORDED_WORDS = (
    frozenset(_word(word) for column in RECORDED.values() for word in column) | _ID_WORDS | {"responseset"}
)


def _id(question: Question) -> str:
    return question.source or question.name


def _choice(option: Option) -> str:
    return str(option.source or option.code)


def _key(import_id: str) -> str:
    """An ImportId in the current spelling: older ones join by '-', and repeat the word TEXT behind an id."""
    found = _QUESTION.fullmatch(import_id)
    if not found:
        return import_id
    rest = (found["rest"] or "").replace("-", "_")
    start = f"{found['round']}_" if found["round"] else ""
    return f"{start}{found['qid']}{found['side'] or ''}{rest}"
