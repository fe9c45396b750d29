"""Regular expressions of XLSForm constraints and what they are with us, where they are simple."""

from __future__ import annotations

import re

from populace.survey.expression_records import MAX_PATTERN, Call, Expression, Text
from populace.survey.formats.translated import NotRead

_PIECE = re.compile(r"\\[^\w\s]|\.\*|\.|[^\\^$.|?*+()\[\]{}]", re.DOTALL)
_WILD = {".*": "*", ".": "?"}
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


def matching(regex: str, text: Expression) -> Expression:
    """A condition that all of a text fits, as `regex()` demands. Raises `NotRead` for what our patterns cannot say."""
    body = regex.removeprefix("^").removesuffix("$")
    pieces = _PIECE.findall(body)
    if "".join(pieces) != body:
        raise NotRead("a regular expression that ours cannot say")
    plain = [piece[-1] for piece in pieces if piece not in _WILD]
    pattern = "".join(_WILD.get(piece) or piece[-1] for piece in pieces)
    if any(sign in "*?" for sign in plain) or len(pattern) > MAX_PATTERN:
        raise NotRead("a regular expression that ours cannot say")
    return Call("matches", (text, Text(pattern)))


def regex_of(pattern: str) -> str:
    """Our pattern (`*` any text, `?` one character) as a regular expression, which `matching` reads back."""
    return "".join({"*": ".*", "?": "."}.get(sign) or _SPECIAL.sub(lambda one: "\\" + one[0], sign) for sign in pattern)
