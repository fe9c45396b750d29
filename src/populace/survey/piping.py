"""Piping: what `${…}` in a wording stands for.

Between the brackets stands an expression of `populace.survey.expressions`. The name of a closed question or a multiple
choice gives the wording of the answer, any other expression its value; nothing gives an empty text. `$${` is a plain
`${`. Fields of a loop are named `loop.field`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache

import numpy as np

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Expression, Name, names_in
from populace.survey.expressions import parse
from populace.survey.names import shown

#: pieces of one text
_MOST_PIECES = 200


@lru_cache(maxsize=20_000)
def pieces(text: str) -> tuple[str | Expression, ...]:
    """What a text consists of: words, and expressions in between. Raises `InstrumentError` naming the text."""
    found: list[str | Expression] = []
    words, start = "", 0
    while (at := text.find("${", start)) >= 0:
        if text[at - 1 : at] == "$" and at > start:
            words, start = words + text[start : at - 1] + "${", at + 2
            continue
        end = _end(text, at + 2)
        words += text[start:at]
        found += [words] if words else []
        found.append(_expression(text, at + 2, end))
        words, start = "", end + 1
        if len(found) > _MOST_PIECES:
            raise InstrumentError(f"text {shown(text)} pipes in more than {_MOST_PIECES} values; expected fewer")
    words += text[start:]
    return (*found, *([words] if words else []))


def piped(text: str) -> bool:
    """Does a text have anything to fill in?"""
    return "${" in text and any(not isinstance(piece, str) for piece in pieces(text))


def plainly(text: str) -> str:
    """A text without piping as respondents read it: `$${` is `${`."""
    return "".join(piece for piece in pieces(text) if isinstance(piece, str)) if "${" in text else text


def piped_names(text: str) -> tuple[str, ...]:
    """The names a text depends on."""
    expressions = (piece for piece in pieces(text) if not isinstance(piece, str))
    return tuple(dict.fromkeys(name for expression in expressions for name in names_in(expression)))


def literally(text: str) -> str:
    """A text in which nothing is to be filled in, as an author writes it."""
    return text.replace("${", "$${")


def as_text(expression: Expression, labelled: Container[str]) -> Expression:
    """What an expression gives within words: the name of something with labels gives the label."""
    named = isinstance(expression, Name) and expression.name in labelled
    return Call("label", (expression,)) if named else expression


def in_words(values: np.ndarray) -> list[str]:
    """What `evaluate_many` gave, as words: 3.0 is 3, nothing is no word."""
    return [_words(value) for value in values.tolist()]


def _words(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def _end(text: str, start: int) -> int:
    """Where the bracket closes; one in quotes or backticks does not."""
    quote = ""
    signs: Iterator[int] = iter(range(start, len(text)))
    for place in signs:
        sign = text[place]
        if quote:
            if sign == "\\" and quote != "`":
                next(signs, None)
            elif sign == quote:
                quote = ""
        elif sign in "\"'`":
            quote = sign
        elif sign == "}":
            return place
    raise InstrumentError(f"text {shown(text)}: the bracket of '${{' at character {start - 1} is not closed: add '}}'")


def _expression(text: str, start: int, end: int) -> Expression:
    try:
        return parse(text[start:end])
    except InstrumentError as problem:
        raise InstrumentError(f"text {shown(text)}, at character {start - 1}: {problem}") from None
