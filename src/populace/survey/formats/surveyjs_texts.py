"""Wordings of SurveyJS: one text or several languages, HTML, and `{names}` that are filled in.

`{q1}` in a title is `${q1}` for us, the label of the answer where there are labels. Braces around what is no question
are words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from populace.survey.expression_records import Call, Expression, Name
from populace.survey.formats.markup import had_markup, plain_text
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Lookup, Variable
from populace.survey.piping import literally, pieces

_BRACES = re.compile(r"\{([^{}\n]{1,200})\}")
DEFAULT = "default"


class Texts:
    """Picks the wording in the survey's language and remembers the others by their place."""

    def __init__(self, language: str) -> None:
        self.language = language
        #: language -> place of the text -> its wording, still with braces
        self.others: dict[str, dict[str, str]] = {}

    def words(self, raw: Raw, *keys: str, at: str | None = None) -> str | None:
        """The wording of a property; `at` is its place for translations, None for what has none with us."""
        return self.of(raw.any(*keys), raw, keys[0], at)

    def of(self, value: Any, raw: Raw, what: str, at: str | None) -> str | None:
        """The wording a value holds: a text, a number, or an object of languages."""
        if isinstance(value, Mapping):
            return self._of_languages(value, raw, what, at)
        if isinstance(value, bool | list) or value is None:
            return None
        return self._plain(str(value), raw, what)

    def _of_languages(self, value: Mapping[str, Any], raw: Raw, what: str, at: str | None) -> str | None:
        texts = {key: word for key, word in value.items() if isinstance(word, str) and word.strip()}
        if not texts:
            return None
        own = next(key for key in (self.language, DEFAULT, *texts) if key in texts)
        others = {("en" if key == DEFAULT else key): word for key, word in texts.items() if key != own}
        others = {key: word for key, word in others.items() if key != self.language}
        if others and at is None:
            raw.lost("translation", f"{what} in {', '.join(sorted(others))}: translations have no place for it")
        for language, word in others.items() if at else ():
            plain = self._plain(word, raw, what)
            if plain:
                self.others.setdefault(language, {})[at] = plain
                raw.fidelity.taken("translation")
        return self._plain(texts[own], raw, what)

    def _plain(self, text: str, raw: Raw, what: str) -> str | None:
        if "<" not in text and "&" not in text:
            return text.strip() or None
        if had_markup(text):
            raw.changed("formatting", f"{what}: formatting was removed")
        return plain_text(text) or None


def piped(text: str, lookup: Lookup) -> str:
    """A wording in which `{q1}` of SurveyJS is `${q1}`."""
    written, start = "", 0
    for found in _BRACES.finditer(text):
        expression = _named(lookup(found[1].strip().removeprefix("#")))
        if expression is None:
            continue
        before = text[start : found.start()]
        # a dollar before what is filled in would make it words
        dollar = before.endswith("$")
        written += literally(before[:-1] if dollar else before) + '${"$"}' * dollar + f"${{{expression}}}"
        start = found.end()
    return written + literally(text[start:])


def _named(found: Variable | Expression | None) -> Expression | None:
    return Name(found.name) if isinstance(found, Variable) else found


def braced(text: str, words: Mapping[str, str]) -> tuple[str, list[Expression]]:
    """A wording of ours with the braces of SurveyJS, and the expressions that have no name there.

    `words`: our name -> name in SurveyJS. What has no name becomes `{pipe…}` of the place in the list.
    """
    written, computed = "", []
    for piece in pieces(text) if "${" in text else (text,):
        if isinstance(piece, str):
            written += piece
            continue
        name = piece.arguments[0] if isinstance(piece, Call) and piece.function == "label" else piece
        if isinstance(name, Name) and name.name in words:
            written += "{" + words[name.name] + "}"
        elif str(piece) == '"$"':
            written += "$"
        else:
            computed.append(piece)
            written += "{\0" + str(len(computed) - 1) + "}"
    return written, computed
