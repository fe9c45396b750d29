"""Wordings of XLSForm: several languages, HTML and `${names}` that are filled in.

`${q}` of a choice question is the name of the choice, not its wording: `${if(answered(q), q, "")}` with us.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from populace.survey.expression_records import Expression, Name
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.markup import had_markup, plain_text
from populace.survey.formats.translated import code_of
from populace.survey.formats.xlsform_expressions import Lookup, Variable
from populace.survey.formats.xlsform_form import language_code, texts_of
from populace.survey.piping import literally

_REFERENCE = re.compile(r"\$\{\s*([^{}#\s]+)\s*\}")
#: values that are filled into one text
_MOST_VALUES = 95


class Texts:
    """Turns wordings into plain text with our piping, and remembers those in other languages by their place."""

    def __init__(self, language: str, lookup: Lookup, fidelity: Fidelity) -> None:
        self.language, self.lookup, self.fidelity = language, lookup, fidelity
        #: language -> place of the text -> its wording
        self.others: dict[str, dict[str, str]] = {}

    def of(self, value: Any, place: str, at: str | None = None, instead: bool = True) -> str | None:
        """The wording in the form's language, None for an empty one; `instead`: or in another one."""
        texts = {language: text for language, text in texts_of(value).items() if text.strip()}
        if not texts:
            return None
        own = next((key for key in (self.language, "default") if key in texts), next(iter(texts)) if instead else "")
        if own and own != self.language and not (own == "default" or self.language == "default"):
            self.fidelity.changed("wording", place, f"is there in {own!r} only, and stands for {self.language!r}")
        own_text = texts.get(own, "")
        self._others({key: text for key, text in texts.items() if key not in (own, "default")}, own_text, place, at)
        return self.plain(own_text, place)

    def _others(self, texts: Mapping[str, str], own: str, place: str, at: str | None) -> None:
        for language, text in texts.items():
            if at is None:
                self.fidelity.lost("translation", f"{place}, {language}", "translations have no place for it")
            elif text != own and (words := self.plain(text, f"{place}, {language}")):
                self.others.setdefault(language_code(language), {})[at] = words
                self.fidelity.taken("translation")

    def plain(self, text: str, place: str) -> str | None:
        """One wording."""
        if had_markup(text):
            self.fidelity.changed("formatting", place, "formatting was removed")
            text = text.replace("\n", "<br>")
        text = plain_text(text)
        parts = _REFERENCE.split(text)
        if len(parts) > 2 * _MOST_VALUES:
            self.fidelity.lost(
                "piping", place, f"more than {_MOST_VALUES} values in one text: it stays as it is written"
            )
            return literally(text) or None
        written = [
            literally(part) if number % 2 == 0 else self._filled(part, place) for number, part in enumerate(parts)
        ]
        return "".join(written) or None

    def _filled(self, name: str, place: str) -> str:
        variable = self.lookup.get(name)
        if variable is None or variable.kind == "none":
            self.fidelity.lost("piping", place, f"${{{name}}} stays as it is written: no question that has an answer")
            return literally(f"${{{name}}}")
        if variable.kind == "multiple":
            words = f"${{{name}}} gives the wordings of the choices here; XLSForm gives their names"
            self.fidelity.changed("piping", place, words)
        else:
            self.fidelity.taken("piping")
        return f"${{{_value(variable)}}}"


def _value(variable: Variable) -> Expression:
    if variable.kind == "closed":
        return code_of(Name(variable.name))
    return Name(variable.label_of or variable.name)
