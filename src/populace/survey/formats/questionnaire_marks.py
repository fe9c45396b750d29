"""What the beginning, the end and the brackets of a line say: a number of a question, a mark of an option, a remark.

Every pattern takes time in proportion to the line, and lines are short (`questionnaire_parts.LONGEST`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from populace.survey.formats.questionnaire_parts import LONGEST, TICK

#: "Q12. …", "S2a) …", "Question 5: …", "[Q5] …", "Q5 …"
_LABELLED = re.compile(
    r"(?:question\s+(?P<word>\d{1,4}[a-z]?)|\[(?P<bracket>[A-Za-z]{1,4}[-_]?\d{1,4}[A-Za-z]?)\]|"
    r"(?P<label>[A-Za-z]{1,4}[-_]?\d{1,4}[A-Za-z]?(?:[._]\d{1,3})?)(?=\s*[.):\]\-–]\s|\s*[.:)]$)|"
    r"(?P<bare>[QSD]\d{1,4}[a-z]?)(?=\s))\s*[.):\]\-–]?\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
#: "12. …", "12) …"
_NUMBERED = re.compile(r"(?P<number>\d{1,4})(?P<letter>[a-z]?)\s*[.)]\s+(?P<rest>.+)", re.DOTALL)
_BOX = re.compile(r"(?:[☐□▢❏❐◻☑☒⬜]|\[\s?[xX✓]?\s?\])\s*(?P<rest>\S.*)", re.DOTALL)
_CIRCLE = re.compile(r"(?:[○◯⭘⚪◦◎●]|\(\s?\)|o(?=\s))\s*(?P<rest>\S.*)", re.DOTALL)
_CODE = re.compile(
    r"(?:[(\[](?P<inside>-?\d{1,4})[)\]]|(?P<code>-?\d{1,4})(?:\s*[.):]|\s+[-–=]|\t))\s*(?P<rest>\S.*)", re.DOTALL
)
_LETTER = re.compile(r"[(\[]?(?P<letter>[a-zA-Z])[)\].]\s+(?P<rest>\S.*)", re.DOTALL)
_BULLET = re.compile(r"(?:[-*+•·–—▪‣■➢✓])\s+(?P<rest>\S.*)", re.DOTALL)
#: "Yes ..... 1", "Yes    1"
_TRAILING = re.compile(r"(?P<rest>\S.{0,200}?)\s*(?:\.{3,}|…+|_{3,}|\t+)\s*[(\[]?(?P<code>-?\d{1,4})[)\]]?")
#: what is to be written on: "_____", "[open end]"
_FIELD = re.compile(r"_{3,}|\.{8,}|…{3,}")
_DATE_FIELD = re.compile(
    r"(?:_{1,4}|dd|mm|yyyy|yy)\s*[/.\-]\s*(?:_{1,4}|dd|mm)\s*[/.\-]\s*(?:_{1,4}|yyyy|yy|dd)", re.IGNORECASE
)
_SPECIFY = re.compile(
    r"[(\[,:\-–]?\s*(?:please\s+)?(?:specify|describe|write in|type in|enter)\b[^)\]]{0,40}[)\]:]?", re.IGNORECASE
)
_OTHER = re.compile(r"\b(?:others?|something else|somewhere else|another)\b", re.IGNORECASE)


@dataclass(frozen=True)
class OptionMark:
    """An option, taken from a line."""

    #: "box", "circle", "number", "letter", "bullet"
    mark: str
    #: its words
    label: str
    #: its code where the line has one
    code: int | None = None


@dataclass(frozen=True)
class QuestionMark:
    """The number of a question, and the rest of its line."""

    #: as the file has it, "Q12"
    label: str
    #: words after it
    text: str
    #: its number where it is a plain one, None for "Q12"
    number: int | None = None


def question_mark(text: str) -> QuestionMark | None:
    """The number at the beginning of a question."""
    if len(text) > LONGEST:
        return None
    if found := _LABELLED.fullmatch(text):
        label = found["word"] or found["bracket"] or found["label"] or found["bare"]
        if label[-1].isdigit() or label[-2:-1].isdigit():
            return QuestionMark(f"Q{label}" if found["word"] else label, found["rest"].strip())
    if found := _NUMBERED.fullmatch(text):
        return QuestionMark(found["number"] + found["letter"], found["rest"].strip(), int(found["number"]))
    return None


def option_mark(text: str) -> OptionMark | None:
    """The mark and the label of an option."""
    if len(text) > LONGEST:
        return None
    for mark, pattern in (("box", _BOX), ("circle", _CIRCLE)):
        if found := pattern.fullmatch(text):
            inner = _CODE.fullmatch(found["rest"]) or _TRAILING.fullmatch(found["rest"])
            return OptionMark(mark, inner["rest"].strip(), _code(inner)) if inner else OptionMark(mark, found["rest"])
    if found := _CODE.fullmatch(text):
        return OptionMark("number", found["rest"].strip(), _code(found))
    if found := _TRAILING.fullmatch(text):
        return OptionMark("number", found["rest"].strip(), int(found["code"]))
    if found := _LETTER.fullmatch(text):
        return OptionMark("letter", found["rest"].strip())
    if found := _BULLET.fullmatch(text):
        rest = found["rest"].strip()
        return option_mark(rest) if TICK.match(rest) else OptionMark("bullet", rest)
    return None


def _code(found: re.Match[str]) -> int:
    groups = found.groupdict()
    return int(groups.get("inside") or groups["code"])


def options_in_line(text: str) -> list[OptionMark]:
    """Several options in one line: each after a place to tick, or after a letter or number with a bracket."""
    if len(text) > LONGEST:
        return []
    for split in (_TICKED, _BRACKETED):
        places = [found.start() for found in split.finditer(text)]
        if len(places) > 1 and not text[: places[0]].strip():
            pieces = [text[start:end].strip() for start, end in zip(places, [*places[1:], None], strict=True)]
            marks = [option_mark(piece) for piece in pieces]
            if all(marks) and len({one.mark for one in marks}) == 1:
                return marks
    return []


def options_behind(text: str) -> tuple[str, list[OptionMark]]:
    """(a wording, options that stand behind it in the same line)."""
    ticks = [found.start() for found in TICK.finditer(text)] if len(text) <= LONGEST else []
    if len(ticks) > 1 and text[: ticks[0]].strip():
        marks = options_in_line(text[ticks[0] :])
        if marks:
            return text[: ticks[0]].strip(), marks
    return text, []


_TICKED = re.compile(TICK.pattern)
_BRACKETED = re.compile(r"(?:(?<=\s)|^)(?:\(?[a-z]\)|\(?[A-Z]\)|\(?\d{1,3}\))(?=\s)")


def is_field(text: str) -> str | None:
    """What is to be written on a line of blanks: "date", "numeric", "open"; None for a line that is none."""
    if len(text) > LONGEST:
        return None
    if _DATE_FIELD.search(text) and not re.search(r"[a-z]{5,}", text.lower().replace("yyyy", "")):
        return "date"
    coded = _TRAILING.fullmatch(text)
    if not _FIELD.search(text) or (coded and any(sign.isalpha() for sign in coded["rest"])):
        return None
    rest = _FIELD.sub(" ", text).strip(" :.$€£%").lower()
    if len(rest.split()) > 3:
        return None
    unit = rest.split(" (")[0] in _UNITS or bool(re.search(r"[$€£%]", text))
    return "numeric" if unit else "open"


_UNITS = {
    "years", "year", "years old", "months", "weeks", "days", "hours", "minutes", "people", "persons", "children",
    "times", "times a week", "times per week", "times a month", "hours per week", "dollars", "euros", "miles", "km",
    "kg", "cm", "percent", "points",
}  # fmt: skip


def unit_in(text: str) -> str | None:
    """The unit behind the blanks."""
    rest = _FIELD.sub(" ", text).strip(" :.").strip()
    return rest if rest.lower() in _UNITS or rest in ("$", "€", "£", "%") else None


def specified(label: str) -> tuple[str, bool]:
    """(a label without "please specify" and blanks, was there any?)."""
    bare = _FIELD.sub("", label)
    if _OTHER.search(bare) and _SPECIFY.search(bare):
        bare, asked = _SPECIFY.sub("", bare), True
    else:
        asked = bare != label
    return (bare.strip(" :,-–([") or label.strip()), asked
