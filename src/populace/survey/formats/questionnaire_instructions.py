"""What brackets and short lines instruct: "[SINGLE CODE]", "(select all that apply)", "Choose up to three."

Every pattern takes time in proportion to the text, and texts are short.
"""

from __future__ import annotations

import re

from populace.survey.formats.questionnaire_parts import LONGEST
from populace.survey.formats.questionnaire_routing import routes

_BRACKETS = re.compile(r"\[([^\[\]]{1,200})\]|\(([^()]{1,200})\)")
_PICK = r"(?:select|check|choose|mark|tick|pick|circle|click)"
_LOW_HIGH = r"(?P<low>-?\d{1,9})\s*(?:-|–|to)\s*(?P<high>\d{1,9})"
_OF = r"(?:[- ](?:code|choice|response|answer|select|punch))?"
_NAMED = (
    (
        "multiple",
        rf"{_PICK}\s+(?:all|any|as many|every|one or more)(?:\s.{{0,40}})?|all that apply|multi(?:ple)?{_OF}s?|"
        r"multiple answers? (?:allowed|possible)|ma",
    ),
    (
        "single",
        rf"{_PICK}\s+(?:only\s+)?(?:one|1|a single)(?:\s+(?:answer|option|response|only|box))?(?:\s+only)?|single{_OF}|"
        r"one answer(?: only)?|sa|radio|dropdown|drop[- ]down",
    ),
    ("rank", r"rank(?:ing)?(?: (?:order|question|these|them|all|in order.*|top \d+))?|(?:put|place) in order.*"),
    (
        "numeric",
        rf"num(?:eric|ber|erical)?(?: (?:answer|response|entry|open[- ]end|input))?(?:,?\s*(?:range\s*)?{_LOW_HIGH})?|"
        r"enter (?:a|the) (?:whole )?number|integer",
    ),
    ("slider", rf"slider(?:,?\s*(?:from\s*)?{_LOW_HIGH})?"),
    ("date", r"date(?: (?:picker|answer|field))?|(?:dd|mm)[/.\-](?:mm|dd)[/.\-]yy(?:yy)?"),
    (
        "open",
        r"open(?:[- ]?end(?:ed)?)?(?: (?:answer|text|response|question))?|free text|verbatim|essay(?: box)?|write in|"
        r"text(?: (?:box|field|area|answer|response))?|comment box",
    ),
    (
        "display",
        r"display(?: text)?|info(?:rmation)?(?: screen| page| text)?|intro(?:duction)?(?: text| screen)?|text only",
    ),
    ("nps", r"nps"),
    ("scale", r"scale|likert|rating(?: scale)?|\d{1,2}[- ]point scale"),
    ("random", r"(?:randomi[sz]e|rotate|shuffle)(?: (?:order|options|answers?|rows|list|statements))*|random order"),
    ("exclusive", r"exclusive|mutually exclusive"),
    (
        "fixed",
        r"(?:anchor(?:ed)?|fixed?|keep (?:last|at (?:the )?bottom)|do not (?:randomi[sz]e|rotate))"
        r"(?: (?:position|last))?",
    ),
    ("required", r"required|mandatory|force(?:d)?[- ]response|must answer"),
)
_INSTRUCTIONS = tuple((name, re.compile(pattern)) for name, pattern in _NAMED)
_UP_TO = re.compile(
    r"(?:select|choose|check|pick|mark|tick)\s+(?:up to|at most|no more than|a maximum of)\s+(\w+)|"
    r"(?:up to|max(?:imum)?\.?)\s+(\d{1,2})\s+(?:answers|options|responses)|"
    r"(?:select|choose|check|pick)\s+(?:the\s+)?top\s+(\w+)"
)
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=1)}


def instructions(text: str) -> tuple[str, dict[str, object], list[str]]:
    """(the text without them, what brackets in it instruct, brackets in capitals that are not understood).

    Brackets that route are listed under "routing".
    """
    known: dict[str, object] = {}
    unknown: list[str] = []
    if len(text) > LONGEST:
        return text, known, unknown

    def taken(found: re.Match[str]) -> str:
        inside = (found[1] or found[2]).strip()
        told = instruction(inside)
        if told:
            known.update(told)
            return ""
        if routes(inside):
            known.setdefault("routing", []).append(inside)
            return ""
        shouted = found[1] is not None and inside.isupper() and any(sign.isalpha() for sign in inside)
        if shouted:
            unknown.append(inside)
        return "" if shouted else found[0]

    rest = _BRACKETS.sub(taken, text)
    return " ".join(rest.split()) if known or unknown else text, known, unknown


def instruction(text: str) -> dict[str, object]:
    """What a bracket or a line instructs, {} when nothing is understood: {"multiple": True, "at_most": 3}."""
    plain = " ".join(text.lower().strip(" .:*()[]").split()).removeprefix("please ")
    if found := _UP_TO.fullmatch(plain) or _UP_TO.match(plain):
        word = next(group for group in found.groups() if group)
        count = _NUMBERS.get(word) or (int(word) if word.isdigit() else None)
        if count and len(plain.split()) <= 8:
            return {"multiple": True, "at_most": count}
    told: dict[str, object] = {}
    for piece in re.split(r"\s*[;,|/]\s*|\s+-\s+", plain)[:8]:
        for name, pattern in _INSTRUCTIONS:
            if found := pattern.fullmatch(piece):
                told[name] = True
                groups = found.groupdict()
                if groups.get("high"):
                    told |= {"minimum": int(groups["low"]), "maximum": int(groups["high"])}
                break
        else:
            return {}
    return told
