"""Triple-S XML: the definition file of a survey read as an instrument, and an instrument written as one.

Triple-S describes variables, not an interview: there is no flow and no condition beyond "applies where this variable
is true". What comes with answers is read by `populace.data.files.triples`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Name, Number
from populace.survey.flow import Field
from populace.survey.formats.fidelity import Fidelity, Imported
from populace.survey.formats.labels import look_ordered, says_exclusive, says_missing
from populace.survey.formats.names import Names
from populace.survey.formats.surveyjs_choices import columned
from populace.survey.formats.triples_meta import Survey, Value, Variable, Words, read_survey
from populace.survey.formats.triples_write import LOGICAL, WORDS, write
from populace.survey.instrument import Block, Instrument
from populace.survey.piping import literally
from populace.survey.question import Question
from populace.survey.scale import Option, option_problem

__all__ = ["Taken", "instrument_of", "read", "recognises", "write"]

_YES_NO = (Option(1, "Yes"), Option(0, "No"))
_HEAD = 4_096


@dataclass(frozen=True)
class Taken:
    """A variable of the file, and the question it is; None for the serial number and the weight."""

    #: the variable
    variable: Variable
    #: our name
    name: str
    #: the question
    question: Question | None


def recognises(path: Path) -> bool:
    """Does an XML file begin with <sss>?"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    words = head.replace(b"\0", b"")
    return b"<sss" in words


def read(path: Path, place: str) -> Imported:
    """The variables of a definition file as questions. Raises `FileRefused` or `InstrumentError`, naming `place`."""
    fidelity = Fidelity(WORDS)
    survey = read_survey(path, place)
    try:
        instrument, _ = instrument_of(survey, Path(place).stem, fidelity)
    except InstrumentError as problem:
        raise InstrumentError(f"{place}: {problem}") from None
    return Imported(instrument, fidelity)


def instrument_of(survey: Survey, stem: str, fidelity: Fidelity) -> tuple[Instrument, tuple[Taken, ...]]:
    """The instrument of a survey, and which question every variable is."""
    for element, place, words in survey.left:
        fidelity.lost(element, place, words)
    names = Names()
    reader = _Reader(survey, fidelity, names)
    taken = tuple(reader.taken(variable) for variable in survey.variables)
    taken = tuple(reader.filtered(one, taken) for one in taken)
    data = tuple(
        Field(one.name, literally(one.variable.label.text) or None, "number")
        for one in taken
        if one.variable.use == "weight" and one.question is None
    )
    questions = tuple(one.question for one in taken if one.question)
    if not questions:
        raise InstrumentError("has no variable that is a question; expected one or more: check the file")
    title = literally(survey.title.text) or survey.name or stem
    block = Block("main", questions)
    instrument = Instrument(
        survey.name or stem, title, (block,), language=survey.language or "en", data=data,
        translations=reader.translations,
    )  # fmt: skip
    return instrument, taken


class _Reader:
    """The variables of one file on their way to questions."""

    def __init__(self, survey: Survey, fidelity: Fidelity, names: Names) -> None:
        self.survey = survey
        self.fidelity = fidelity
        self.names = names
        self.translations: dict[str, dict[str, str]] = {}
        if survey.title.others:
            fidelity.lost("translation", "title", "titles are not translated")

    def taken(self, variable: Variable) -> Taken:
        place = f"variable {variable.name}"
        name = self.names.claim(variable.name, "name", place, self.fidelity)
        if variable.use in ("serial", "weight"):
            self.fidelity.taken(variable.use)
            return Taken(variable, name, None)
        if variable.use:
            self.fidelity.lost("use", place, f"{variable.use!r}")
        question = self._question(variable, name, place)
        for column in [item.name for item in question.items()]:
            self.names.add(column)
        self.fidelity.taken(f"{variable.type} variable")
        self._translated(name, variable.label)
        return Taken(variable, name, question)

    def _translated(self, at: str, words: Words) -> None:
        for language, text in words.others.items():
            self.translations.setdefault(language, {})[at] = literally(text)
            self.fidelity.taken("translation")

    def _question(self, variable: Variable, name: str, place: str) -> Question:
        text = literally(variable.label.text) or name
        if not variable.label.text:
            self.fidelity.changed("label", place, "has no label; its name stands in its place")
        shared = {"text": text, "source": variable.ident}
        match variable.type:
            case "single" | "multiple":
                return self._closed(variable, name, place, shared)
            case "quantity":
                return self._quantity(variable, name, place, shared)
            case "logical":
                return Question(name, "single", options=_YES_NO, look=LOGICAL, **shared)
            case "date":
                return Question(name, "date", **shared)
            case "time":
                return Question(name, "open", format="time", **shared)
        return Question(name, "open", longest=variable.size or None, **shared)

    # -- codes -------------------------------------------------------------------------------------------------------

    def _closed(self, variable: Variable, name: str, place: str, shared: dict[str, str]) -> Question:
        several = variable.type == "multiple"
        options = self._options(variable, name, place)
        if not options:
            self.fidelity.changed("values", place, "has no labelled codes; taken as text")
            return Question(name, "open", **shared)
        options = tuple(self._marked(option, several, len(options), place) for option in options)
        if all(option.missing for option in options):
            options = tuple(replace(option, missing=False) for option in options)
        if several:
            return Question(name, "multiple", options=_columned(name, options), **shared)
        scores = {value.code: value.score for value in reversed(listed(variable))}
        scored = [scores[option.source or ""] is not None for option in options]
        if any(scored):
            options = tuple(
                replace(option, off_scale=not has and not option.missing)
                for option, has in zip(options, scored, strict=True)
            )
            return Question(name, "scale", options=self._by_score(variable, options, place), **shared)
        ordered = look_ordered([option.label for option in options if not option.missing])
        if ordered:
            self.fidelity.changed("values", place, "taken for an ordered scale, by their labels")
        return Question(name, "scale" if ordered else "single", options=options, **shared)

    def _by_score(self, variable: Variable, options: tuple[Option, ...], place: str) -> tuple[Option, ...]:
        """Options in the order of their scores, those without one last."""
        by_code = {value.code: value.score for value in reversed(listed(variable))}
        scores = [by_code[option.source or ""] for option in options]
        known = [score for score in scores if score is not None]
        self.fidelity.taken("score", len(known))
        if known != [float(rank) for rank in range(1, len(known) + 1)]:
            self.fidelity.changed("score", place, "scores say in which order codes stand, and no more")
        if known in (sorted(known), sorted(known, reverse=True)):
            return options
        self.fidelity.changed("score", place, "codes are put in the order of their scores")
        order = sorted(range(len(options)), key=lambda at: (scores[at] is None, scores[at] or 0.0))
        return tuple(options[at] for at in order)

    def _options(self, variable: Variable, name: str, place: str) -> tuple[Option, ...]:
        values = self._listed(variable, place)
        codes = codes_of(variable)
        found: list[Option] = []
        labels: set[str] = set()
        for value in values:
            code = codes[value.code]
            label = literally(value.label.text) or value.code
            if not value.label.text:
                self.fidelity.changed("value", place, f"code {value.code} has no label; it is its own")
            own, count = label, 1
            while own in labels:
                count += 1
                own = f"{label} ({count})"
            if own != label:
                self.fidelity.changed("value", place, f"label {label!r} stands twice; now {own!r}")
            labels.add(own)
            found.append(Option(code, own, source=value.code))
            self._translated(f"{name}/options/{code}", value.label)
        problem = option_problem(found)
        if problem:
            raise InstrumentError(f"{place}: {problem}")
        self.fidelity.taken("value", len(found))
        return tuple(found)

    def _listed(self, variable: Variable, place: str) -> list[Value]:
        """Values with a code of their own."""
        kept, seen = [], set()
        for value in listed(variable):
            if not value.code or value.code in seen:
                self.fidelity.lost("value", place, f"code {value.code!r} stands twice or is empty")
                continue
            seen.add(value.code)
            kept.append(value)
        return kept

    def _marked(self, option: Option, several: bool, count: int, place: str) -> Option:
        """An option whose label alone says that it is no answer, or that it stands alone."""
        missing = says_missing(option.label) and count > 2
        alone = several and (missing or says_exclusive(option.label))
        if missing or alone:
            self.fidelity.changed("value", place, f"{option.label!r} is taken for no answer, or for one given alone")
        return replace(option, missing=missing, exclusive=alone)

    # -- numbers -----------------------------------------------------------------------------------------------------

    def _quantity(self, variable: Variable, name: str, place: str, shared: dict[str, str]) -> Question:
        limits = _limits(variable)
        if limits is None and variable.ranges:
            self.fidelity.lost("range", place, f"{variable.ranges[0][0]!r} to {variable.ranges[0][1]!r}")
        if len(variable.ranges) > 1:
            self.fidelity.changed("range", place, "several ranges are taken as one")
        low, high, decimals = limits or (None, None, None)
        options = tuple(replace(option, missing=True) for option in self._options(variable, name, place))
        if options:
            self.fidelity.changed("value", place, "labelled numbers are taken for no answer")
        return Question(
            name, "numeric", minimum=low, maximum=high, decimals=decimals or None, options=options, **shared
        )

    # -- filters -----------------------------------------------------------------------------------------------------

    def filtered(self, one: Taken, all_taken: tuple[Taken, ...]) -> Taken:
        """A question with the condition that its filter is."""
        wanted = one.variable.filter
        if not wanted or one.question is None:
            return one
        place = f"variable {one.variable.name}"
        source = next((t for t in all_taken if wanted in (t.variable.name, t.variable.ident) and t.question), None)
        if source is None or source is one:
            self.fidelity.lost("filter", place, f"{wanted!r} is no other variable")
            return one
        name = Name(source.name)
        logical = source.question is not None and source.question.look == LOGICAL
        condition = Compare("==", name, Number(1)) if logical else Call("answered", (name,))
        if not logical:
            self.fidelity.changed("filter", place, f"applies where {wanted!r} is answered")
        else:
            self.fidelity.taken("filter")
        return replace(one, question=replace(one.question, show_if=str(condition)))


def listed(variable: Variable) -> tuple[Value, ...]:
    """The codes of a variable; where only a range is given, the whole numbers in it."""
    if variable.values or variable.type not in ("single", "multiple") or not variable.ranges:
        return variable.values
    low, high = variable.ranges[0]
    if not (low.strip().isdecimal() and high.strip().isdecimal() and 0 <= int(high) - int(low) < 1_000):
        return ()
    return tuple(Value(str(code), Words(str(code))) for code in range(int(low), int(high) + 1))


def codes_of(variable: Variable) -> dict[str, int | str]:
    """Code as written -> our code: numbers unless the file says that they are words."""
    words = [value.code for value in listed(variable)]
    whole = not variable.literal and all(_is_whole(word) for word in words)
    return {word: int(word) if whole else word for word in words}


def _is_whole(word: str) -> bool:
    digits = word.removeprefix("-").removeprefix("+")
    return digits.isascii() and digits.isdecimal() and len(digits) < 16


def _columned(name: str, options: tuple[Option, ...]) -> tuple[Option, ...]:
    """Options with a column each, also where a code cannot be part of a name."""
    return tuple(columned(name, options))


def _limits(variable: Variable) -> tuple[float, float, int] | None:
    """Smallest and largest number, and how many decimals they are written with."""
    try:
        lows = [float(low) for low, _ in variable.ranges]
        highs = [float(high) for _, high in variable.ranges]
    except ValueError:
        return None
    if not lows or not min(lows) < max(highs) < float("inf") or min(lows) == -float("inf"):
        return None
    decimals = max(len(word.partition(".")[2].strip()) for pair in variable.ranges for word in pair)
    return min(lows), max(highs), decimals
