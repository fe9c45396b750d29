"""Choices of SurveyJS: values, texts, and the special ones (none, don't know, refuse, other)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from populace.survey.expression_records import MAX_NUMBER
from populace.survey.formats.fidelity import unlike
from populace.survey.formats.labels import says_exclusive, says_missing
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_texts import Texts
from populace.survey.formats.surveyjs_variables import Variable, as_word
from populace.survey.names import name_problem
from populace.survey.scale import Option

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_ILLEGAL = re.compile(r"[^\w.\-]+")
#: choices made of numbers by a rule, at most
_MOST_MADE = 10_000


@dataclass(frozen=True)
class Special:
    """A choice that SurveyJS adds by a switch."""

    #: its value there
    value: str
    #: the switch, and its older name
    switch: tuple[str, ...]
    #: property with its text
    text: str
    #: its text where none is given
    words: str
    #: its code where codes are numbers
    number: int
    #: what it means to us, in a multiple choice and elsewhere
    flags: tuple[str, ...]


#: in the order in which they are shown
SPECIALS = (
    Special("none", ("showNoneItem", "hasNone"), "noneText", "None", 97, ("exclusive",)),
    Special("refused", ("showRefuseItem",), "refuseText", "Refuse to answer", 99, ("exclusive", "missing")),
    Special("dontknow", ("showDontKnowItem",), "dontKnowText", "Don't know", 98, ("exclusive", "missing")),
    Special("other", ("showOtherItem", "hasOther"), "otherText", "Other (describe)", 96, ("specify",)),
)


@dataclass(frozen=True)
class Choice:
    """A choice on its way to an option."""

    #: value in SurveyJS, as words
    value: str
    #: what it becomes
    option: Option
    #: conditions on it, as written
    conditions: tuple[str, ...] = ()


def legal(text: str) -> str:
    """A text as part of a column's name."""
    return _ILLEGAL.sub("_", text).strip("_") or "x"


def codes_of(values: Sequence[Any]) -> list[int | str]:
    """Codes of values: numbers where all are whole numbers, however written, else words."""
    words = [as_word(value) for value in values]
    whole = all(_WHOLE.fullmatch(word) and word != "-0" and abs(int(word)) <= MAX_NUMBER for word in words)
    return [int(word) if whole else word for word in words]


def special_code(special: Special, codes: Iterable[int | str]) -> int | str:
    """The code of a special choice among others: its own value among words, a number that is free among numbers."""
    codes = list(codes)
    if not codes or isinstance(codes[0], str):
        return special.value
    tries = (special.number, -special.number, *(special.number + 100 * more for more in range(1, len(codes) + 3)))
    return next(number for number in tries if number not in codes)


def listed(raw: Raw, texts: Texts, at: str, *keys: str) -> list[Choice]:
    """Choices, columns or rate values of a list: of words, of numbers or of objects."""
    found = [one for one in raw.members(*keys) if _valued(one, raw, keys[0])]
    values = [_value(one) for one in found]
    kept, seen = [], set()
    for one, value in zip(found, values, strict=True):
        if as_word(value) in seen:
            raw.lost("choice", f"value {as_word(value)!r} stands twice; the first counts")
            continue
        seen.add(as_word(value))
        kept.append((one, value))
    codes = codes_of([value for _, value in kept])
    return [_choice(one, value, code, raw, texts, at) for (one, value), code in zip(kept, codes, strict=True)]


def _value(one: Any) -> Any:
    return one.get("value", one.get("name")) if isinstance(one, dict) else one


def _valued(one: Any, raw: Raw, what: str) -> bool:
    value = _value(one)
    if isinstance(value, str | int | float) and as_word(value):
        return True
    raw.lost("choice", f"an entry of {what} has no value that could be stored")
    return False


def _choice(one: Any, value: Any, code: int | str, raw: Raw, texts: Texts, at: str) -> Choice:
    word = as_word(value)
    if not isinstance(one, dict):
        return Choice(word, Option(code, texts.of(word, raw, "choice", None) or word, source=word))
    part = raw.within(one, f"choice {word!r}")
    label = texts.words(part, "text", "title", at=f"{at}/{code}") or word
    image = part.text("imageLink")
    flags = {
        "exclusive": part.flag("isExclusive"),
        "specify": part.flag("showCommentArea", "hasComment"),
        "fixed": part.any("randomize") is False,
    }
    conditions = tuple(filter(None, (part.text("visibleIf"), part.text("enableIf"))))
    if "enableIf" in part:
        part.changed("enableIf", "a choice that is not enabled is not shown")
    if part.any("elements"):
        part.lost("question", "questions within a choice")
    return Choice(word, Option(code, label, image=image, source=word, **flags), conditions)


def made(raw: Raw) -> list[Choice]:
    """Choices that a rule makes: from a number to a number in steps."""
    low, high, step = raw.number("choicesMin"), raw.number("choicesMax"), raw.number("choicesStep") or 1
    if not low and not high:
        return []
    count = int(((high or 0) - (low or 0)) / step) + 1
    if step <= 0 or not 0 < count <= _MOST_MADE:
        raw.lost("choices", f"choices from {low} to {high} in steps of {step}")
        return []
    values = [(low or 0) + place * step for place in range(count)]
    return [
        Choice(as_word(value), Option(code, as_word(value), source=as_word(value)))
        for value, code in zip(values, codes_of(values), strict=True)
    ]


def specials(raw: Raw, texts: Texts, at: str, choices: list[Choice], several: bool, randomize: bool) -> list[Choice]:
    """The special choices that are switched on."""
    found: list[Choice] = []
    for special in SPECIALS:
        text = raw.any(special.text)
        if not raw.flag(*special.switch):
            continue
        code = special_code(special, [choice.option.code for choice in [*choices, *found]])
        label = texts.of(text, raw, special.text, f"{at}/{code}") or special.words
        flags = {flag: True for flag in special.flags if several or flag != "exclusive"}
        option = Option(code, label, fixed=randomize, source=special.value, **flags)
        if special.value not in [choice.value for choice in choices]:
            found.append(Choice(special.value, option))
            raw.fidelity.taken("choice")
    if raw.flag("showSelectAllItem", "hasSelectAll"):
        raw.lost("choice", "'Select all' is a button and no answer")
    return found


def variable(name: str, kind: str, choices: Iterable[Choice]) -> Variable:
    """What expressions say of a question with these choices."""
    return Variable(name, kind, {choice.value: choice.option.code for choice in choices})


def told_apart(raw: Raw, options: Sequence[Option]) -> list[Option]:
    """Options with labels of their own."""
    labels: set[str] = set()
    apart = []
    for option in options:
        label, count = option.label, 1
        while label in labels:
            count += 1
            label = f"{option.label} ({count})"
        if label != option.label:
            raw.changed("choice", f"label {option.label!r} stands twice; now {label!r}")
        labels.add(label)
        apart.append(replace(option, label=label))
    return apart


def marked(raw: Raw, choices: Sequence[Choice], several: bool) -> list[Choice]:
    """Choices whose labels alone say that there is no answer, or (in a multiple choice) that nothing is chosen."""
    found = []
    for choice in choices:
        option = choice.option
        if not option.missing and says_missing(option.label) and len(choices) > 2:
            option = replace(option, missing=True)
        if several and not option.exclusive and (option.missing or says_exclusive(option.label)):
            option = replace(option, exclusive=True)
        if option != choice.option:
            raw.changed(
                "choice", f"{option.label!r} is taken for no answer, or for one that is given alone, by its label"
            )
        found.append(replace(choice, option=option))
    return found if any(not choice.option.missing for choice in found) else list(choices)


def columned(name: str, options: Sequence[Option]) -> list[Option]:
    """Options with a column each; a code that cannot be part of a column's name gets one that is."""
    taken = [f"{name}_{option.code}" for option in options]
    columns = []
    for option in options:
        if name_problem(f"{name}_{option.code}"):
            column = unlike([*taken, *taken], f"{name}_{legal(str(option.code))}")
            taken.append(column)
            option = replace(option, column=column)
        columns.append(option)
    return columns
