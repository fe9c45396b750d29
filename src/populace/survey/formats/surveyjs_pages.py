"""Pages, panels and dynamic panels of SurveyJS: which questions stand together, and under which conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from populace.errors import FileRefused
from populace.survey.expression_records import Expression
from populace.survey.flow import Element
from populace.survey.formats.surveyjs_drafts import Draft, Reading, register
from populace.survey.formats.surveyjs_questions import drafted
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Variable

#: questions of one file
MOST_QUESTIONS = 20_000
#: panels within one another
_MOST_LEVELS = 50
#: rounds of a loop whose number respondents choose
_MOST_ROUNDS = 20


@dataclass
class Part:
    """Questions that are put together: a page, a piece of one, what a loop repeats."""

    #: name of the page or panel
    name: str
    #: heading
    title: str | None = None
    #: the questions
    drafts: list[Draft] = field(default_factory=list)
    #: in random order?
    randomize: bool = False
    #: conditions as written
    conditions: list[str] = field(default_factory=list)
    #: conditions in our language
    further: list[Expression] = field(default_factory=list)
    #: loop they are in
    loop: Repeat | None = None


@dataclass
class Repeat:
    """A dynamic panel."""

    #: the element
    raw: Raw
    #: our name
    name: str
    #: how many rounds
    rounds: int
    #: name of the question that says how many take place
    count: str | None = None
    #: conditions as written
    conditions: list[str] = field(default_factory=list)
    #: the dynamic panel around it
    outer: Repeat | None = None


@dataclass
class Page:
    """A page of the file: its parts, and what happens after it."""

    #: the object
    raw: Raw
    #: its parts, in order
    parts: list[Part] = field(default_factory=list)
    #: conditions as written
    conditions: list[str] = field(default_factory=list)
    #: conditions in our language
    further: list[Expression] = field(default_factory=list)
    #: name of the shuffle its parts are in
    shuffle: str | None = None
    #: flow after it
    after: list[Element] = field(default_factory=list)

    @property
    def drafts(self) -> list[Draft]:
        """All questions of the page."""
        return [draft for part in self.parts for draft in part.drafts]


class Pages:
    """The pages of one file on their way to parts of questions."""

    def __init__(self, raw: Raw, reading: Reading) -> None:
        self.raw = raw
        self.reading = reading
        self.random = raw.text("questionOrder", "questionsOrder") == "random"
        #: computed values met on the way: name, expression, words, element
        self.computed: list[tuple[str, str, str | None, Raw]] = []
        #: name in the file -> draft
        self.drafts: dict[str, Draft] = {}
        self._count = self._asked = 0

    def read(self) -> list[Page]:
        """The pages that ask or show anything."""
        return [page for raw in self._pages() if (page := self._page(raw)) is not None]

    def _pages(self) -> Iterator[Raw]:
        fidelity = self.reading.fidelity
        pages = self.raw.members("pages")
        loose = self.raw.members("elements", "questions")
        for number, page in enumerate([*pages, *([{"name": "page1", "elements": loose}] if loose else [])], 1):
            if isinstance(page, dict):
                yield Raw(page, f"page {page.get('name') or number}", fidelity)
            else:
                fidelity.lost("page", f"page {number}", "is no object")

    def _page(self, raw: Raw) -> Page | None:
        self._count += 1
        page = Page(raw, conditions=self._conditions(raw))
        name = raw.content.get("name")
        name = name if isinstance(name, str) and name.strip() else f"page{self._count}"
        random = self.random or raw.text("questionOrder", "questionsOrder") == "random"
        elements = raw.members("elements", "questions")
        title = self.reading.texts.words(raw, "title")
        if random and len(elements) > 1 and all(_is_panel(one) for one in elements):
            self._shuffled(page, raw, elements, name)
        else:
            page.parts = list(self._parts(raw, elements, name, title, random, (), None, 0))
        about = self.reading.texts.words(raw, "description")
        if about:
            self._describe(page, raw, name, about)
        page.parts = [part for part in page.parts if part.drafts]
        raw.tell_rest(self.reading.looks)
        if not page.parts:
            raw.lost("page", "asks and shows nothing")
            return None
        self.reading.fidelity.taken("page")
        return page

    def _conditions(self, raw: Raw) -> list[str]:
        """Conditions of a page or panel; what is hidden altogether has one that never holds."""
        found = list(filter(None, (raw.text("visibleIf"), raw.text("enableIf"))))
        if raw.text("enableIf"):
            raw.changed("enableIf", "what is not enabled is not asked")
        if raw.text("requiredIf") or raw.flag("isRequired"):
            raw.lost("required", "one answer of several questions that must be given")
        if raw.any("visible") is False and not raw.text("visibleIf"):
            raw.changed("visible", "hidden: asked of nobody unless a trigger shows it")
            found.append("false")
        return found

    def _describe(self, page: Page, raw: Raw, name: str, about: str) -> None:
        raw.changed("description", "the description of a page is text before its questions")
        draft = self._said(raw, f"{name}_description", about, (), None)
        page.parts.insert(0, Part(name)) if not page.parts or page.parts[0].loop else None
        page.parts[0].drafts.insert(0, draft)

    def _said(self, raw: Raw, wanted: str, text: str, around: Sequence[str], loop: Repeat | None) -> Draft:
        """Text of a page or panel as display text."""
        name = self.reading.names.free(wanted, raw.place, "text")
        draft = Draft(raw, name, "display", {"text": text}, conditions=list(around), loop=loop and loop.name)
        register(draft, self.reading)
        return draft

    def _shuffled(self, page: Page, raw: Raw, elements: list[Any], name: str) -> None:
        """Panels in random order: each a block."""
        page.shuffle = self.reading.names.free(name, raw.place, "page")
        for one in elements:
            panel = raw.within(one, f"panel {one.get('name')!r}")
            title = self.reading.texts.words(panel, "title")
            random = panel.text("questionOrder") == "random"
            inner = panel.members("elements", "questions")
            own = str(one.get("name") or f"{name}_{len(page.parts) + 1}")
            parts = list(self._parts(panel, inner, own, title, random, (), None, 1))
            for part in parts:
                part.conditions += self._conditions(panel)
            page.parts += parts
            panel.tell_rest(self.reading.looks)
            self.reading.fidelity.taken("panel")

    def _parts(
        self, raw: Raw, elements: list[Any], name: str, title: str | None, random: bool,
        around: Sequence[str], loop: Repeat | None, level: int,
    ) -> Iterator[Part]:  # fmt: skip
        """The questions of a page or panel; a loop within it, and a panel in random order, are parts of their own."""
        part = Part(name, title, randomize=random, loop=loop)
        for one in elements:
            if not isinstance(one, dict):
                raw.lost("question", "is no object")
                continue
            kind = one.get("type")
            element = raw.within(one, f"{'panel' if kind == 'panel' else 'question'} {one.get('name')!r}")
            if kind == "panel" and level >= _MOST_LEVELS:
                element.lost("panel", f"panels within one another more than {_MOST_LEVELS} deep")
            elif kind in ("panel", "paneldynamic"):
                read = self._panel if kind == "panel" else self._repeat
                inner = list(read(element, name, around, loop, level, part.drafts))
                if inner:
                    yield part
                    yield from inner
                    part = Part(name, title, randomize=random, loop=loop)
            elif kind == "expression":
                self._expression(element)
            else:
                part.drafts += self._question(element, around, loop)
        yield part

    def _panel(
        self, raw: Raw, name: str, around: Sequence[str], loop: Repeat | None, level: int, before: list[Draft]
    ) -> Iterator[Part]:
        """A panel: its questions go to those before it, unless they are in an order of their own."""
        conditions = [*around, *self._conditions(raw)]
        own = str(raw.content.get("name") or "panel")
        for key, wanted in (("title", own), ("description", f"{own}_description")):
            words = self.reading.texts.words(raw, key)
            if words:
                raw.changed("panel", f"its {key} is text before its questions")
                before.append(self._said(raw, wanted, words, conditions, loop))
        random = raw.text("questionOrder", "questionsOrder") == "random"
        elements = raw.members("elements", "questions")
        found = self._parts(raw, elements, name, None, random, conditions, loop, level + 1)
        parts = [part for part in found if part.drafts]
        raw.tell_rest(self.reading.looks)
        self.reading.fidelity.taken("panel")
        if len(parts) == 1 and not random and parts[0].loop is loop:
            before += parts[0].drafts
            return
        yield from parts

    def _question(self, raw: Raw, around: Sequence[str], loop: Repeat | None) -> list[Draft]:
        hidden = raw.any("visible") is False and not raw.text("visibleIf")
        if (hidden or raw.flag("readOnly")) and self._filled(raw):
            return []
        self._asked += 1
        if self._asked > MOST_QUESTIONS:
            raise FileRefused(
                f"{raw.place}: more than {MOST_QUESTIONS:,} questions; expected at most these: check the file"
            )
        drafts = drafted(raw, self.reading, around, loop and loop.name)
        if hidden:
            raw.changed("visible", "hidden: asked of nobody unless a trigger shows it")
            for draft in drafts:
                draft.conditions.append("false")
        for draft in drafts[:1]:
            self.drafts.setdefault(str(raw.content.get("name")), draft)
        return drafts

    def _filled(self, raw: Raw) -> bool:
        """A hidden question that the survey fills in by itself is a computed value."""
        text = raw.text("setValueExpression", "defaultValueExpression")
        if text is None:
            return False
        raw.changed("question", "hidden and filled in by the survey: a computed value")
        self._expression(raw, text)
        return True

    def _expression(self, raw: Raw, text: str | None = None) -> None:
        """An element that shows what is computed."""
        text = text or raw.text("expression")
        raw.any("visibleIf", "visible", "isRequired", "description")
        words = self.reading.texts.words(raw, "title")
        raw.tell_rest(self.reading.looks)
        if text is None:
            raw.lost("expression", "computes nothing")
            return
        self.compute(raw, str(raw.content.get("name") or "computed"), text, words)

    def compute(self, raw: Raw, word: str, text: str, words: str | None = None) -> None:
        name = self.reading.names.free(word, raw.place)
        self.reading.know(word, Variable(name))
        self.computed.append((name, text, words, raw))

    def _repeat(
        self, raw: Raw, name: str, around: Sequence[str], outer: Repeat | None, level: int, before: list[Draft]
    ) -> Iterator[Part]:
        """A dynamic panel: its questions once for every round."""
        conditions = [*around, *self._conditions(raw)]
        own = self.reading.names.free(str(raw.content.get("name") or "panel"), raw.place)
        repeat = Repeat(raw, own, 0, conditions=conditions, outer=outer)
        title = self.reading.texts.words(raw, "title")
        more = self.reading.texts.words(raw, "description")
        if title or more:
            raw.changed("panel", "its title is text before its questions")
            words = "\n".join(filter(None, (title, more)))
            before.append(self._said(raw, f"{own}_title", words, conditions, outer))
        self._rounds(repeat, before)
        for key in ("templateVisibleIf", "defaultPanelValue", "defaultValue", "validators"):
            if raw.any(key) is not None:
                raw.lost(key, "what holds for single panels")
        entry = self.reading.texts.words(raw, "templateTitle")
        elements = raw.members("templateElements")
        parts = [part for part in self._parts(raw, elements, own, None, False, (), repeat, level + 1) if part.drafts]
        about = self.reading.texts.words(raw, "templateDescription")
        for suffix, words in (("about", about), ("entry", entry)):
            if words and parts:
                raw.changed("panel", "the title of a single panel is text before its questions")
                parts[0].drafts.insert(0, self._said(raw, f"{own}_{suffix}", words, (), repeat))
        raw.tell_rest(self.reading.looks)
        self.reading.fidelity.taken("dynamic panel")
        if not parts or not repeat.rounds or outer is not None:
            reason = "one within another" if outer is not None else "no questions or no rounds"
            raw.lost("dynamic panel", f"{reason}: its questions are not asked")
            return
        yield from parts

    def _rounds(self, repeat: Repeat, before: list[Draft]) -> None:
        """How many rounds there are: a number in the file, the answer to a question, or what respondents add."""
        raw = repeat.raw
        count = raw.whole("panelCount") or 0
        least, most = raw.whole("minPanelCount") or 0, raw.whole("maxPanelCount")
        bound = raw.any("bindings")
        source = bound.get("panelCount") if isinstance(bound, dict) else None
        fixed = raw.any("allowAddPanel") is False and raw.any("allowRemovePanel") is False
        limit = min(most or _MOST_ROUNDS, _MOST_ROUNDS)
        if isinstance(source, str):
            repeat.rounds, repeat.count = limit, source
        elif least and least == most:
            repeat.rounds = least
        elif fixed:
            repeat.rounds = max(count, least)
        else:
            repeat.rounds, repeat.count = limit, self._how_many(repeat, least, limit, before)
        if repeat.count and (most or 100) > _MOST_ROUNDS:
            raw.changed("maxPanelCount", f"at most {_MOST_ROUNDS} rounds are asked")

    def _how_many(self, repeat: Repeat, least: int, limit: int, before: list[Draft]) -> str:
        """A question on how many rounds there are, where respondents would add them one by one."""
        raw = repeat.raw
        name = self.reading.names.free(f"{repeat.name}_count", raw.place)
        words = self.reading.texts.words(raw, "title", "addPanelText", "panelAddText") or str(raw.content.get("name"))
        least = min(least, limit - 1)
        fields = {"text": f"{words} (how many?)", "minimum": least, "maximum": limit}
        draft = Draft(raw, name, "numeric", fields, conditions=list(repeat.conditions))
        draft.variables = {name: Variable(name, "number")}
        register(draft, self.reading)
        raw.changed("dynamic panel", f"respondents add panels one by one; question {name!r} asks how many there are")
        before.append(draft)
        return name


def _is_panel(one: Any) -> bool:
    return isinstance(one, dict) and one.get("type") == "panel"
