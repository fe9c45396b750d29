"""Our wordings as LimeSurvey has them: HTML, and values in braces."""

from __future__ import annotations

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Name
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.limesurvey_scripts import Script
from populace.survey.formats.markup import html_text, plain_text
from populace.survey.formats.translated import code_only
from populace.survey.piping import literally, pieces

#: control characters, which XML cannot hold
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class Wordings:
    """Turns our texts into HTML."""

    def __init__(self, script: Script, fidelity: Fidelity) -> None:
        self.script, self.fidelity = script, fidelity

    def html(self, text: str | None, place: str) -> str:
        """One wording."""
        if not text:
            return ""
        try:
            parts = pieces(text)
        except InstrumentError as problem:
            self.fidelity.changed("piping", place, f"is written as words: {problem}")
            parts = (text,)
        return "".join(
            self._words(part, place) if isinstance(part, str) else self._value(part, place) for part in parts
        )

    def _words(self, words: str, place: str) -> str:
        html = html_text(words.translate(_CONTROL)).replace("{", "&#123;").replace("}", "&#125;")
        if plain_text(f"<p>|{html}|</p>") != f"|{words}|":
            self.fidelity.changed("wording", place, "runs of spaces or control characters are one space")
        return html

    def _value(self, value: Expression, place: str) -> str:
        try:
            return "{" + self._braced(value) + "}"
        except NotWritten as problem:
            self.fidelity.lost("piping", place, f"${{{value}}} is written as words: {problem}")
            return html_text(literally(f"${{{value}}}")).replace("{", "&#123;").replace("}", "&#125;")

    def _braced(self, value: Expression) -> str:
        if isinstance(value, Name):
            target = self.script.targets.get(value.name)
            if target is None:
                raise NotWritten(f"there is no question {value.name!r} in the file")
            if target.kind == "multiple":
                return f"list({target.together}.shown)"
            if target.kind in ("placed", "none", "ticked"):
                raise NotWritten(f"{value} has no words there")
            return f"{target.name}.shown" if target.kind == "closed" else f"{target.name}.NAOK"
        if code_only(value):
            return self.script.value(value.arguments[1])
        return self.script.value(value)
