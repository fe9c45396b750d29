"""Regular expressions in LimeSurvey (`regexMatch`, validation) and what they are with us, where they are simple."""

from __future__ import annotations

import re

from populace.survey.expression_records import MAX_PATTERN, Call, Expression, Text
from populace.survey.formats.translated import NotRead

_WHOLE = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)
_ESCAPE = re.compile(r"\\([^\w\s])")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/]")
#: part of a pattern -> what it is in ours
_WILD = {".*": "*", ".": "?"}
_PIECE = re.compile(r"\\[^\w\s]|\.\*|\.|[^\\^$.|?*+()\[\]{}]", re.DOTALL)
#: validation that demands a number, a whole one
_DIGITS = re.compile(r"/\^\[?(?:\\d|0-9)\]?(?:\+|\{\d+(?:,\d*)?\})\$/")


def pattern_of(regex: str, text: Expression) -> Expression:
    """A condition that a text fits. Raises `NotRead` for what our patterns cannot say."""
    found = _WHOLE.fullmatch(regex)
    if not found or found[2] not in ("", "s", "u", "su", "us"):
        raise NotRead("a regular expression that ours cannot say")
    body, start, end = found[1], found[1].startswith("^"), found[1].endswith("$") and not found[1].endswith("\\$")
    body = body[1 if start else 0 : -1 if end else None]
    pieces = _PIECE.findall(body)
    if "".join(pieces) != body:
        raise NotRead("a regular expression that ours cannot say")
    if not start and not end and not any(piece in _WILD for piece in pieces):
        return Call("contains", (text, Text("".join(_plain(piece) for piece in pieces))))
    if any(_plain(piece) in ("*", "?") for piece in pieces if piece not in _WILD):
        raise NotRead("a regular expression that ours cannot say")
    pattern = "*" * (not start) + "".join(_WILD.get(piece) or _plain(piece) for piece in pieces) + "*" * (not end)
    if len(pattern) > MAX_PATTERN:
        raise NotRead("a regular expression that is too long for ours")
    return Call("matches", (text, Text(pattern)))


def _plain(piece: str) -> str:
    return _ESCAPE.sub(r"\1", piece)


def regex_of(pattern: str) -> str:
    """Our pattern (`*` any text, `?` one character) as a regular expression, which `pattern_of` reads back."""
    written = "".join(
        {"*": ".*", "?": "."}.get(sign) or _SPECIAL.sub(lambda one: "\\" + one[0], sign) for sign in pattern
    )
    return f"/^{written}$/s"


def only_digits(regex: str) -> bool:
    """Does a validation demand digits and nothing else?"""
    return _DIGITS.fullmatch(regex.strip()) is not None
