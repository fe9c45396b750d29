"""What is gathered while an instrument is written as SurveyJS: the report, names, wordings, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression
from populace.survey.expressions import parse
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import html_text, plain_text
from populace.survey.formats.surveyjs_texts import braced
from populace.survey.formats.surveyjs_words import Words, Written

Element = dict[str, Any]


@dataclass
class Writing:
    """What is gathered while an instrument is written."""

    #: what became of its elements
    fidelity: Fidelity
    #: what SurveyJS calls things
    words: Words
    #: wordings in other languages
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: translations that found their place
    placed: set[tuple[str, str]] = field(default_factory=set)
    #: values computed for wordings: name -> expression
    piped: dict[str, str] = field(default_factory=dict)
    #: appended to names of questions in a round
    suffix: str = ""

    def condition(self, expression: Expression | str, place: str, what: str) -> str | None:
        """A condition as SurveyJS text; None, and a note, where it has no form there."""
        writer = Written(self.words)
        try:
            text = writer.text(parse(expression) if isinstance(expression, str) else expression)
        except (NotWritten, InstrumentError) as problem:
            self.fidelity.lost(what, place, f"{problem}; {str(expression)[:200]!r} holds for nobody there")
            return "1 = 2"
        for note in dict.fromkeys(writer.notes):
            self.fidelity.changed(what, place, note)
        if not writer.notes:
            self.fidelity.taken(what)
        return text

    def text(self, words: str, place: str, at: str | None = None, html: bool = False) -> Any:
        """A wording, in all languages where it is translated; `html` where SurveyJS takes it for HTML."""
        own = self._braced(words, place, html)
        others = {}
        for language, texts in self.translations.items() if at else ():
            if at in texts:
                others[language] = self._braced(texts[at], place, html)
                self.placed.add((language, at))
                self.fidelity.taken("translation")
        return {"default": own, **others} if others else own

    def _braced(self, words: str, place: str, html: bool) -> str:
        names = dict(self.words.names)
        filled = _filled(words, self.words.fields)
        text, computed = braced(filled, names)
        text = html_text(text) if html else text
        for number, expression in enumerate(computed):
            text = text.replace("{\0" + str(number) + "}", self._computed(expression, place))
        if not html and plain_text(text) != text:
            self.fidelity.changed("formatting", place, "what looks like formatting is taken out when read back")
        return text

    def _computed(self, expression: Expression, place: str) -> str:
        try:
            written = Written(self.words).text(expression)
        except NotWritten as problem:
            self.fidelity.lost("piping", place, f"{problem}: left out of the wording")
            return ""
        name = next((name for name, text in self.piped.items() if text == written), f"piped{len(self.piped) + 1}")
        self.piped[name] = written
        self.fidelity.changed("piping", place, f"what is computed within a wording is the calculated value {name!r}")
        return "{" + name + "}"


def _filled(text: str, fields: Mapping[str, str]) -> str:
    for name, value in fields.items():
        text = text.replace(f"${{{name}}}", value)
    return text
