"""Wordings of LimeSurvey: HTML in several languages, with expressions in braces that are filled in.

`{q1.shown}` is `${q1}` with us; a text in braces that is no expression, or one that begins with a space, stays words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.limesurvey_names import Lookup
from populace.survey.formats.limesurvey_phrases import Phrase
from populace.survey.formats.markup import had_markup, plain_text
from populace.survey.formats.translated import NotRead
from populace.survey.piping import literally

#: stands for what is filled in while tags are removed; characters that no text needs
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000([0-9]+)\ue001")
#: characters of one expression in braces
_LONGEST = 10_000
#: values that are filled into one text
_MOST_VALUES = 95
_TAG = re.compile(r"<[^<>]*>")


class Texts:
    """Turns wordings into plain text with our piping, and remembers those in other languages by their place."""

    def __init__(
        self, languages: tuple[str, ...], lookup: Lookup, fidelity: Fidelity, fixed: Mapping[str, str]
    ) -> None:
        self.language, self.further = languages[0], languages[1:]
        self.lookup, self.fidelity = lookup, fidelity
        #: names that LimeSurvey fills in with what the file says, such as SURVEYNAME
        self.fixed = fixed
        #: language -> place of the text -> its wording
        self.others: dict[str, dict[str, str]] = {}
        #: values filled into the text at hand
        self.values = 0

    def of(self, texts: Mapping[str, str], place: str, at: str | None = None) -> str | None:
        """The wording in the survey's language, None for an empty one; `at` is its place for translations.

        What is the same in another language is not translated.
        """
        own = texts.get(self.language) or texts.get("")
        for language in self.further if at else ():
            html = texts.get(language, "")
            words = self.plain(html, f"{place}, {language}") if html != own else None
            if words:
                self.others.setdefault(language, {})[at] = words
                self.fidelity.taken("translation")
        return self.plain(own or "", place)

    def plain(self, html: str, place: str) -> str | None:
        """One wording."""
        if not html.strip():
            return None
        if had_markup(html):
            self.fidelity.changed("formatting", place, "formatting was removed")
        filled: list[str] = []
        self.values = 0
        html = html.replace("\ue000", "").replace("\ue001", "")
        pieces = [self._piece(piece, expression, place, filled) for piece, expression in braces(html)]
        text = literally(plain_text("".join(pieces)))
        return _MARKED.sub(lambda mark: filled[int(mark[1])], text) or None

    def _piece(self, piece: str, expression: bool, place: str, filled: list[str]) -> str:
        if not expression:
            return piece
        inner = unescape(_TAG.sub(" ", piece[1:-1])).replace("\xa0", " ").strip()
        filled.append(self._filled(inner, piece, place))
        return _MARK.format(len(filled) - 1)

    def _filled(self, inner: str, piece: str, place: str) -> str:
        if inner in self.fixed:
            return literally(plain_text(self.fixed[inner]))
        try:
            words = Phrase(inner, self.lookup).pieces()
        except (NotRead, InstrumentError) as problem:
            self.fidelity.lost("piping", place, f"{piece[:200]} stays as it is written: {problem}")
            return literally(plain_text(piece))
        self.values += sum(not isinstance(part, str) for part in words)
        if self.values > _MOST_VALUES:
            reason = f"{piece[:200]} stays as it is written: more than {_MOST_VALUES} values in one text"
            self.fidelity.lost("piping", place, reason)
            return literally(plain_text(piece))
        self.fidelity.taken("piping")
        return "".join(literally(_unmarked(part)) if isinstance(part, str) else _written(part) for part in words)


def _unmarked(words: str) -> str:
    """Words between values, with the spaces around them."""
    return plain_text(f"|{words}|")[1:-1]


def _written(value: Expression) -> str:
    return f"${{{value}}}"


def braces(html: str) -> Iterator[tuple[str, bool]]:
    """A text as pieces, and whether each is an expression in braces."""
    words = start = 0
    last = html.rfind("}")
    while 0 <= (opened := html.find("{", start)) < last:
        start = opened + 1
        if html[opened - 1 : opened] == "\\" or html[start].isspace() or html[start] == "}":
            continue
        closed = _closed(html, opened)
        yield html[words:opened], False
        yield html[opened : closed + 1], True
        words = start = closed + 1
    yield html[words:], False


def _closed(html: str, opened: int) -> int:
    """Where the brace closes, one in quotes apart; the first one when quotes are not closed."""
    quote = ""
    for place in range(opened + 1, min(len(html), opened + _LONGEST)):
        sign = html[place]
        if quote:
            quote = "" if sign == quote and html[place - 1] != "\\" else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "}":
            return place
    return html.index("}", opened)
