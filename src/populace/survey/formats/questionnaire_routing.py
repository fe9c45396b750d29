"""Routing instructions of written questionnaires: "ASK IF Q1 = 2", "(GO TO Q5)", "IF Q1 = 1 OR 2, SKIP TO Q4".

What is unmistakable (one question that is there, codes that it has, a later question) becomes a condition or a skip;
everything else is kept as a remark for the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from populace.survey.formats.questionnaire_parts import LONGEST

_CODES = r"(?P<codes>\d{1,4}(?:\s*(?:,|/|or|OR|-|–)\s*\d{1,4}){0,20})"
_QUESTION = r"(?P<question>[A-Za-z]{0,4}[-_]?\d{1,4}[A-Za-z]?)"
_END = r"(?:the )?end(?: of (?:the )?(?:survey|questionnaire|section|block))?|close"
_TARGET = rf"(?:question\s+)?(?P<to>[A-Za-z]{{0,4}}[-_]?\d{{1,4}}[A-Za-z]?|{_END})"
_IS = r"\s*(?:=|==|is|:|in|codes?|answer(?:ed)?)\s*(?:codes?\s*)?"
_ON = r"(?:go|skip|jump|continue)\s*to"
_SIGN = r"(?:→|->|=>|➔|»)"
_STOPS = r"terminate|screen ?out|close|end (?:the )?(?:survey|interview)"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_ASK = _pattern(rf"(?:ask|show|display|answer)(?:\s+(?:only|this|question|Q\w+))*\s+if\s+{_QUESTION}{_IS}{_CODES}\.?")
_IF_ASK = _pattern(rf"if\s+{_QUESTION}{_IS}{_CODES}\s*,?\s*(?:ask|show)(?:\s+(?:this|Q\w+))?:?")
_BASE = _pattern(rf"(?:base|filter)\s*:\s*{_QUESTION}{_IS}{_CODES}\.?")
_IF_GO = _pattern(rf"if\s+{_QUESTION}{_IS}{_CODES}\s*,?\s*(?:then\s+)?(?:please\s+)?{_ON}\s+{_TARGET}\.?")
_GO = _pattern(rf"{_SIGN}?\s*(?:please\s+)?{_ON}\s+{_TARGET}\.?")
_ARROW = _pattern(rf"{_SIGN}\s*{_TARGET}\.?")
_STOP = _pattern(rf"{_SIGN}?\s*(?:thank (?:you )?and )?(?:{_STOPS})(?: (?:survey|interview))?\.?")
_EVERYBODY = _pattern(
    r"(?:ask|show)(?: to)? (?:all|everyone|everybody)(?: respondents)?\.?|"
    r"base\s*:\s*(?:all|everyone|all respondents)\.?"
)
#: how a line of its own begins when it routes
_ROUTES = re.compile(
    r"(?:ASK|IF|SHOW|SKIP|GO ?TO|TERMINATE|SCREEN|CONTINUE|BASE|FILTER|ROUTE|ROUTING|PROGRAMM?ER|PROG|THANK AND|END)\b|"
    r"(?:if|ask if|ask only if|show if|skip to|go to|please skip|please go|continue to)\b"
    r".{0,200}\b(?:go to|skip|ask|end|terminate|continue|Q\d|question \d)"
)
_TAIL = _pattern(
    rf"(?P<tail>[(\[]\s*{_SIGN}?\s*(?:(?:please\s+)?{_ON}|{_STOPS}|thank)\b[^()\[\]]{{0,80}}[)\]]|"
    rf"{_SIGN}\s*\S[^()\[\]]{{0,60}}|\b(?:GO ?TO|SKIP TO)\s+Q?\d\w{{0,4}}|\bTERMINATE)\s*$"
)


@dataclass(frozen=True)
class Route:
    """What a routing instruction says, when it can be understood."""

    #: "ask" for a condition of the question, "skip" for a way on, "all" for nothing special
    kind: str
    #: question that the condition speaks of; None for the one it stands with
    question: str | None = None
    #: codes that meet the condition; () for any answer
    codes: tuple[int, ...] = ()
    #: question to go on with, "end" for the end of the survey
    to: str | None = None


def routes(text: str) -> bool:
    """Is a line, or what stands in a bracket, a routing instruction?"""
    return len(text) <= LONGEST and (_ROUTES.match(text.strip(" [](){}*")) is not None or route(text) is not None)


def route(text: str) -> Route | None:
    """What an instruction says; None when it is not unmistakable."""
    plain = text.strip(" []{}*()").strip()
    if len(plain) > 300:
        return None
    if _EVERYBODY.fullmatch(plain):
        return Route("all")
    for pattern in (_ASK, _IF_ASK, _BASE):
        if found := pattern.fullmatch(plain):
            return Route("ask", found["question"], codes_in(found["codes"]))
    if found := _IF_GO.fullmatch(plain):
        return Route("skip", found["question"], codes_in(found["codes"]), _target(found["to"]))
    for pattern in (_GO, _ARROW):
        if found := pattern.fullmatch(plain):
            return Route("skip", to=_target(found["to"]))
    return Route("skip", to="end") if _STOP.fullmatch(plain) else None


def tail(label: str) -> tuple[str, str | None]:
    """(a label without the instruction at its end, the instruction)."""
    found = _TAIL.search(label) if len(label) <= LONGEST else None
    if not found or not label[: found.start()].strip():
        return label, None
    return label[: found.start()].strip(), found["tail"].strip()


def codes_in(text: str) -> tuple[int, ...]:
    """Codes of a list such as "1, 2 or 5-7"."""
    codes: list[int] = []
    for piece in re.split(r",|/|or", text.lower()):
        ends = [int(number) for number in re.findall(r"\d+", piece)]
        if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 100:
            codes += range(ends[0], ends[1] + 1)
        else:
            codes += ends
    return tuple(dict.fromkeys(codes))


def _target(text: str) -> str:
    plain = text.lower().removeprefix("the ")
    return "end" if plain == "close" or plain.startswith("end") else text
