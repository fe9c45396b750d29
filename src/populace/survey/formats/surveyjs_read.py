"""SurveyJS JSON read: pages are blocks, panels are conditions on their questions, dynamic panels are loops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from populace.errors import FileRefused, InstrumentError
from populace.survey.expression_records import Compare, Expression, Name, Number
from populace.survey.flow import Branch, Computed, Element, Field, Loop, Round, ShowBlock, Shuffle
from populace.survey.formats.fidelity import Fidelity, Imported, unlike
from populace.survey.formats.safe import safe_json
from populace.survey.formats.surveyjs_drafts import Draft, Names, Reading, finished
from populace.survey.formats.surveyjs_flow import endings, triggered
from populace.survey.formats.surveyjs_pages import Page, Pages, Part, Repeat
from populace.survey.formats.surveyjs_questions import carry_forward, needed_if
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_texts import Texts
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.formats.translated import joined
from populace.survey.instrument import Block, Instrument

WORDS = "SurveyJS"


def read(path: Path, place: str) -> Imported:
    """The questionnaire in a SurveyJS file. Raises `FileRefused` or `InstrumentError`, naming `place`."""
    found = safe_json(path)
    if not isinstance(found.content, dict):
        raise FileRefused(f"{place} holds no object; expected a survey with 'pages': check that it is the right file")
    fidelity = Fidelity(WORDS)
    for repair in found.repairs:
        fidelity.changed("file", "file", repair)
    try:
        return Imported(_Survey(found.content, fidelity, Path(place).stem).instrument(), fidelity)
    except InstrumentError as problem:
        kind = FileRefused if isinstance(problem, FileRefused) else InstrumentError
        raise kind(f"{place}: {problem}") from None


class _Survey:
    """One file on its way to an instrument."""

    def __init__(self, content: dict[str, Any], fidelity: Fidelity, stem: str) -> None:
        self.raw = Raw(content, "survey", fidelity)
        self.stem = stem
        language = self.raw.text("locale") or "en"
        self.reading = Reading(fidelity, Texts(language), Names(fidelity))
        self.reading.longest = self.raw.whole("maxTextLength") or None
        self.pages = Pages(self.raw, self.reading)
        self.ids: list[str] = []

    def instrument(self) -> Instrument:
        """The instrument; everything in the file is noted."""
        pages = self.pages.read()
        self._calculated()
        for draft in self._all(pages):
            if draft.carried:
                carry_forward(self.pages.drafts, draft)
                register_again(draft, self.reading)
        triggers = triggered(self.raw, pages, self.reading)
        for draft in self._all(pages):
            needed_if(draft, self.reading)
        computed = self._computed()
        flow, blocks = self._flow(pages)
        flow = endings(self.raw, flow, triggers, self.reading)
        plain = all(isinstance(element, ShowBlock) for element in flow)
        title = self.reading.texts.words(self.raw, "title") or self.stem
        about = self.reading.texts.words(self.raw, "description")
        self._told()
        return Instrument(
            self.stem, self.reading.piped(title), tuple(blocks), language=self.reading.texts.language, notes=about,
            flow=() if plain else tuple(flow), computed=computed, translations=self._translations(),
            data=tuple(Field(name, kind=kind) for name, kind in sorted(self.reading.data.items())),
        )  # fmt: skip

    def _calculated(self) -> None:
        for one in self.raw.members("calculatedValues"):
            raw = self.raw.within(one, f"calculated value {one.get('name')!r}") if isinstance(one, dict) else None
            text = raw and raw.text("expression")
            if not raw or not text or not isinstance(one.get("name"), str):
                self.raw.lost("calculated value", "has no name or no expression")
                continue
            raw.any("includeIntoResult")
            raw.tell_rest(self.reading.looks)
            self.pages.compute(raw, one["name"], text)

    def _computed(self) -> tuple[Computed, ...]:
        found = []
        for name, text, words, raw in self.pages.computed:
            lookup = self.reading.lookup(place=raw.place)
            value = self.reading.translated(text, raw, "calculated value", lookup, value=True)
            found.append(Computed(name, str(value), self.reading.piped(words) if words else None))
        return tuple(found)

    def _loop(self, repeat: Repeat, flow: tuple[Element, ...]) -> Element:
        found = self.reading.lookup(place=repeat.raw.place)(repeat.count) if repeat.count else None
        rounds = []
        for number in range(1, repeat.rounds + 1):
            enough = Compare(">=", Name(found.name), Number(number)) if isinstance(found, Variable) else None
            rounds.append(Round(str(number), (("number", str(number)),), str(enough) if enough else None))
        loop = Loop(repeat.name, tuple(rounds), flow)
        return self._under(loop, repeat.raw, repeat.conditions, [])

    # -- putting together --------------------------------------------------------------------------------------------

    def _all(self, pages: list[Page]) -> Iterator[Draft]:
        for page in pages:
            yield from page.drafts

    def _flow(self, pages: list[Page]) -> tuple[list[Element], list[Block]]:
        flow: list[Element] = []
        blocks: list[Block] = []
        for page in pages:
            steps = tuple(self._steps(page, blocks))
            steps = (Shuffle(page.shuffle, steps),) if page.shuffle else steps
            flow += self._conditional(steps, page.raw, page.conditions, page.further)
            flow += page.after
        return flow, blocks

    def _steps(self, page: Page, blocks: list[Block]) -> Iterator[Element]:
        """The blocks of a page; those of one dynamic panel make one loop."""
        waiting: list[Element] = []
        for place, part in enumerate(page.parts):
            block = self._block(part)
            blocks.append(block)
            step = self._under(ShowBlock(block.id), page.raw, part.conditions, part.further)
            if part.loop is None:
                yield step
                continue
            waiting.append(step)
            following = page.parts[place + 1].loop if place + 1 < len(page.parts) else None
            if following is not part.loop:
                yield self._loop(part.loop, tuple(waiting))
                waiting = []

    def _block(self, part: Part) -> Block:
        id = unlike(self.ids, part.name) if part.name in self.ids else part.name
        self.ids.append(id)
        questions = tuple(finished(draft, self.reading) for draft in part.drafts)
        title = self.reading.piped(part.title) if part.title else None
        return Block(id, questions, title, randomize=part.randomize)

    def _under(self, element: Element, raw: Raw, conditions: Sequence[str], further: Sequence[Expression]) -> Element:
        (found,) = self._conditional((element,), raw, conditions, further)
        return found

    def _conditional(
        self, steps: tuple[Element, ...], raw: Raw, conditions: Sequence[str], further: Sequence[Expression]
    ) -> tuple[Element, ...]:
        lookup = self.reading.lookup(place=raw.place)
        found = [self.reading.translated(text, raw, "visibleIf", lookup) for text in conditions]
        condition = joined("and", *found, *further)
        return steps if condition is None else (Branch(str(condition), steps),)

    def _translations(self) -> dict[str, dict[str, str]]:
        return {
            language: {place: self.reading.piped(text) for place, text in texts.items()}
            for language, texts in self.reading.texts.others.items()
        }

    def _told(self) -> None:
        self.raw.tell_rest(self.reading.looks)
        looks: Counter[str] = self.reading.looks
        if looks:
            names = ", ".join(f"{key} ({count})" for key, count in sorted(looks.items()))
            self.reading.fidelity.lost("look", "survey", f"not needed to ask or answer: {names}"[:2_000])


def register_again(draft: Draft, reading: Reading) -> None:
    """Columns and variables of a draft whose options came later."""
    for name, found in draft.variables.items():
        known = reading.variables if draft.loop is None else reading.panels.setdefault(draft.loop, {})
        known[name] = known[name.lower()] = found
