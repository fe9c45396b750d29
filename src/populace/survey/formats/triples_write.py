"""Triple-S XML written: the variables of an instrument, without data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from populace import atomic
from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Name, Number
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.labels import look_ordered, says_exclusive, says_missing
from populace.survey.formats.triples_meta import Survey, Value, Variable, Words, as_read, xml_of
from populace.survey.instrument import Block, Instrument
from populace.survey.piping import literally, plainly
from populace.survey.question import Question
from populace.survey.scale import Option

WORDS = "Triple-S XML"
#: look of a single choice that is a logical variable
LOGICAL = "logical"


def write(instrument: Instrument, path: Path) -> Fidelity:
    """The instrument as a definition file without data; returns what the format cannot carry."""
    fidelity = Fidelity(WORDS)
    writer = _Writer(instrument, fidelity)
    atomic.write_text(path, xml_of(writer.survey()))
    return fidelity


class _Writer:
    """One instrument on its way to variables."""

    def __init__(self, instrument: Instrument, fidelity: Fidelity) -> None:
        self.instrument = instrument
        self.fidelity = fidelity
        self.place = 1
        self.placed: set[tuple[str, str]] = set()

    def survey(self) -> Survey:
        """The survey; what is lost is told."""
        variables: list[Variable] = []
        for question in self.instrument.questions:
            variables += self._variables(question)
        for field in self.instrument.data:
            kind = "quantity" if field.kind == "number" else "character"
            words = self._words(field.text or field.name)
            variables.append(
                Variable(
                    "",
                    field.name,
                    kind,
                    words,
                    use="weight" if kind == "quantity" else None,
                    size=None if kind == "quantity" else 255,
                )
            )
            if kind == "quantity" and len(self.instrument.data) == 1:
                self.fidelity.taken("data")
            else:
                variables[-1] = replace(variables[-1], use=None)
                self.fidelity.changed("data", f"embedded data {field.name!r}", "a variable like the questions")
        self._told()
        numbered = tuple(self._numbered(variable, number) for number, variable in enumerate(variables, 1))
        title = self._words(self.instrument.title)
        return Survey(title, numbered, name=self.instrument.id, language=self.instrument.language)

    def _told(self) -> None:
        """Parts of an instrument that Triple-S has nothing for."""
        instrument = self.instrument
        for name in ("year", "country", "notes", "flow", "computed", "quotas"):
            if getattr(instrument, name):
                self.fidelity.lost(name, "instrument", "Triple-S describes variables, not how they are asked")
        if len(instrument.blocks) > 1 or instrument.blocks[0] != Block("main", instrument.blocks[0].questions):
            self.fidelity.lost("block", "instrument", "variables stand in one list, without blocks")
        for language, texts in instrument.translations.items():
            for at in texts:
                if (language, at) not in self.placed:
                    self.fidelity.lost("translation", f"{language}, {at}", "there is no such text in the file")

    def _words(self, text: str, at: str | None = None) -> Words:
        others = {}
        for language, texts in self.instrument.translations.items() if at else ():
            if at in texts:
                others[language] = self._plain(texts[at])
                self.placed.add((language, at))
        return Words(self._plain(text), others)

    def _plain(self, text: str) -> str:
        try:
            plain = plainly(text)
        except InstrumentError:
            return text
        if as_read(plain) != plain:
            self.fidelity.changed("formatting", plain[:60], "what looks like formatting is taken out when read back")
        if "${" in text and literally(plain) != text:
            self.fidelity.changed("piping", text[:60], "stands as it is written")
            return text
        return plain

    def _numbered(self, variable: Variable, number: int) -> Variable:
        """With an identifier, and a place in a data file."""
        width = _width(variable)
        start, self.place = self.place, self.place + width
        return replace(variable, ident=str(number), start=start, finish=start + width - 1)

    def _variables(self, question: Question) -> list[Variable]:
        """The variables of a question."""
        place = f"question {question.name!r}"
        label = self._words(question.text, question.name)
        if question.kind in ("display", "technical"):
            self.fidelity.lost("question", place, f"kind {question.kind!r} has no answer")
            return []
        found = self._whole(question, label, place)
        if found is None:
            self.fidelity.changed("question", place, f"kind {question.kind!r} is a variable for each of its columns")
            found = [self._of_item(item) for item in question.items()]
        else:
            self.fidelity.taken("question")
            found += [self._of_item(item) for item in question.items() if item.specifies]
            if len(found) > 1:
                self.fidelity.changed("option.specify", place, "what is written beside an option is a variable")
        self._lost_fields(question, place)
        condition = self._filter(question, place)
        return [replace(variable, filter=condition) for variable in found]

    def _whole(self, question: Question, label: Words, place: str) -> list[Variable] | None:
        """The one variable that a question is, or None when it is one for each column."""
        name, options = question.name, question.options
        if question.kind in ("single", "scale", "nps"):
            if question.look == LOGICAL and [o.code for o in options] == [1, 0]:
                return [Variable("", name, "logical", label)]
            return [self._closed(question, "single", label, place)]
        if question.kind == "multiple":
            return [self._closed(question, "multiple", label, place)]
        if question.rows:
            return None
        if question.kind in ("numeric", "slider"):
            low, high = question.minimum, question.maximum
            ranges = (
                ((_number(low, question.decimals), _number(high, question.decimals)),)
                if None not in (low, high)
                else ()
            )
            digits = max((len(word.partition(".")[2]) for pair in ranges for word in pair), default=0)
            if (digits or None) != question.decimals:
                self.fidelity.changed("decimals", place, f"{digits} when read back, as the range has them")
            if not ranges and (low is not None or high is not None):
                self.fidelity.lost("limit", place, "a range has two ends")
            values = tuple(Value(str(o.code), self._words(o.label, f"{name}/options/{o.code}")) for o in options)
            return [Variable("", name, "quantity", label, ranges=ranges, values=values)]
        if question.kind == "date":
            return [Variable("", name, "date", label)]
        if question.kind == "open" and question.format == "time":
            return [Variable("", name, "time", label)]
        if question.kind == "open":
            if question.longest is None:
                self.fidelity.changed("longest", place, "texts have a size: 255")
            return [Variable("", name, "character", label, size=question.longest or 255)]
        return None

    def _closed(self, question: Question, kind: str, label: Words, place: str) -> Variable:
        values = []
        scale = [o.code for o in question.options if not o.missing and not o.off_scale]
        for option in question.options:
            score = None
            if question.kind in ("scale", "nps") and option.code in scale:
                score = float(scale.index(option.code) + 1)
            words = self._words(option.label, f"{question.name}/options/{option.code}")
            values.append(Value(str(option.code), words, score))
            self._told_option(option, question, place)
        literal = isinstance(question.options[0].code, str)
        self.fidelity.taken("option", len(values))
        return Variable("", question.name, kind, label, values=tuple(values), literal=literal)

    def _told_option(self, option: Option, question: Question, place: str) -> None:
        count = len(question.options)
        guessed = says_missing(option.label) and count > 2
        alone = question.kind == "multiple" and (guessed or says_exclusive(option.label))
        for name, has, again in (("missing", option.missing, guessed), ("exclusive", option.exclusive, alone)):
            if has != again:
                self.fidelity.changed(
                    f"option.{name}", f"{place}, option {option.code!r}", "read back by its label only"
                )
        if option.off_scale and question.kind != "scale":
            self.fidelity.lost("option.off_scale", place, f"option {option.code!r}")
        for name in ("show_if", "fixed", "image", "column"):
            if getattr(option, name):
                self.fidelity.lost(f"option.{name}", f"{place}, option {option.code!r}", "Triple-S has nothing for it")

    def _of_item(self, item: object) -> Variable:
        """A variable for one column."""
        label = self._words(item.text)
        if item.numeric is not None:
            low, high = item.numeric.minimum, item.numeric.maximum
            ranges = ((_number(low, None), _number(high, None)),) if None not in (low, high) else ()
            return Variable("", item.name, "quantity", label, ranges=ranges)
        if not item.options:
            return Variable("", item.name, "character", label, size=255)
        values = tuple(Value(str(option.code), self._words(option.label)) for option in item.options)
        return Variable("", item.name, "single", label, values=values, literal=isinstance(item.options[0].code, str))

    def _lost_fields(self, question: Question, place: str) -> None:
        for name in _LOST:
            if getattr(question, name) not in (None, False, (), "question"):
                self.fidelity.lost(name, place, "Triple-S describes variables, not how they are asked")
        if question.look and question.look != LOGICAL:
            self.fidelity.lost("look", place, f"{question.look!r}")
        if question.format not in (None, "time"):
            self.fidelity.lost("format", place, f"{question.format!r}")
        ordered = look_ordered([option.label for option in question.options if not option.missing])
        if question.kind == "single" and ordered and question.look != LOGICAL:
            self.fidelity.changed("kind", place, "read back, its labels make it an ordered scale")
        if question.kind in ("nps", "slider"):
            self.fidelity.changed("kind", place, "read back as a scale, or as a number")

    def _filter(self, question: Question, place: str) -> str | None:
        """The variable that says to whom a question applies."""
        if question.show_if is None:
            return None
        match parse(question.show_if):
            case Compare(operator="==", left=Name(name=name), right=Number(value=1)) if self._logical(name):
                self.fidelity.taken("show_if")
                return name
            case Call(function="answered", arguments=(Name(name=name),)) if not self._logical(name):
                if any(name == other.name for other in self.instrument.questions):
                    self.fidelity.taken("show_if")
                    return name
        self.fidelity.lost("show_if", place, f"{question.show_if[:200]}: a filter is one variable")
        return None

    def _logical(self, name: str) -> bool:
        return any(one.name == name and one.look == LOGICAL for one in self.instrument.questions)


_LOST = (
    "stem", "item", "role", "unit", "randomize", "step", "at_least", "at_most", "several_lines", "required",
    "requested", "valid_if", "valid_text", "flip", "show_only", "fixed", "new_page", "skips",
)  # fmt: skip


def _number(value: float | None, decimals: int | None) -> str:
    if decimals:
        return f"{value:.{decimals}f}"
    return f"{value:.10g}" if value is not None else ""


def _width(variable: Variable) -> int:
    """Characters of a variable in a data file of fixed width."""
    match variable.type:
        case "single":
            return max(len(value.code) for value in variable.values)
        case "multiple":
            return len(variable.values)
        case "quantity":
            words = [word for pair in variable.ranges for word in pair] + [value.code for value in variable.values]
            return max([len(word) for word in words] or [12])
        case "character":
            return max(variable.size or 1, 1)
    return {"logical": 1, "date": 8, "time": 6}[variable.type]
