"""Scales that stand in one line: "Very bad 1 2 3 4 5 Very good", "1 = never, 5 = always", "Yes / No / Don't know"."""

from __future__ import annotations

import re

from populace.survey.formats.questionnaire_marks import OptionMark
from populace.survey.formats.questionnaire_parts import LONGEST

_RUN = re.compile(r"(?P<low>\D{0,80}?)\s*(?P<numbers>-?\d{1,2}(?:[\s.…|–—_-]+\d{1,2}){2,20})(?:\s+(?P<high>\D{1,80}))?")
_ANCHOR = re.compile(r"(?P<code>-?\d{1,2})\s*(?:=|:|means|is|[-–]|\()\s*[\"'“”]?(?P<label>[^\d=\"'“”;,()]{2,80})")
_RANGE = re.compile(
    r"(?:from|of|between|scale|rate|rating)\s*:?\s*(?P<low>-?\d{1,2})\s*(?:to|-|–|and)\s*(?P<high>\d{1,2})",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"[^/|]{1,40}(?:\s*[/|]\s*[^/|]{1,40}){1,9}")
_SPAN = 21


def scale_in_line(text: str) -> list[OptionMark]:
    """The points of a scale that is written in a line of its own; [] when the line is none."""
    if len(text) > 400:
        return []
    if found := _RUN.fullmatch(text.strip()):
        numbers = [int(number) for number in re.findall(r"\d+", found["numbers"])]
        if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
            return _points(numbers, {numbers[0]: found["low"], numbers[-1]: found["high"] or ""})
    anchors = {int(found["code"]): found["label"] for found in _ANCHOR.finditer(text)}
    if len(anchors) >= 2 and _only_anchors(text) and max(anchors) - min(anchors) < _SPAN:
        return _points(list(range(min(anchors), max(anchors) + 1)), anchors)
    if _SLASHED.fullmatch(text) and " " in text and not text.endswith("?"):
        labels = [piece.strip() for piece in re.split(r"[/|]", text)]
        if all(labels) and len({label.lower() for label in labels}) == len(labels) and len(labels[0].split()) <= 5:
            return [OptionMark("slash", label) for label in labels]
    return []


def scale_in_wording(text: str) -> list[OptionMark]:
    """The points of a scale that the wording describes: "from 1 to 7, where 1 means … and 7 means …"."""
    if len(text) > LONGEST or not re.search(r"\b(?:scale|rate|rating)\b", text, re.IGNORECASE):
        return []
    found = next((one for one in _RANGE.finditer(text) if 2 < int(one["high"]) - int(one["low"]) + 1 <= _SPAN), None)
    if found is None:
        return []
    low, high = int(found["low"]), int(found["high"])
    anchors = {int(one["code"]): one["label"] for one in _ANCHOR.finditer(text) if low <= int(one["code"]) <= high}
    return _points(list(range(low, high + 1)), {code: label for code, label in anchors.items() if " to " not in label})


def _points(codes: list[int], labels: dict[int, str]) -> list[OptionMark]:
    """Points with the labels there are; the others are their numbers."""
    plain = {code: re.sub(r"\s+(?:and|to)$", "", label.strip(" .,:;-–—()=\"'“”")) for code, label in labels.items()}
    return [OptionMark("scale", plain.get(code) or str(code), code) for code in codes]


def _only_anchors(text: str) -> bool:
    """Does a line hold nothing but a scale, so that it is no wording?"""
    return re.match(r"\W*-?\d", text) is not None and not text.rstrip().endswith("?")
