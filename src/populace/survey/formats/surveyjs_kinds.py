"""Question types of SurveyJS: each becomes a draft of one of our kinds.

One table, `TYPES`; a reader takes the object of the file and its name with us, and gives the draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from populace.survey.expression_records import Call, Name
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.surveyjs_choices import (
    Choice,
    codes_of,
    columned,
    legal,
    listed,
    made,
    marked,
    specials,
    told_apart,
    variable,
)
from populace.survey.formats.surveyjs_drafts import Draft, Reading, raw_name, with_variable
from populace.survey.formats.surveyjs_fields import comment, multipletext, slider, table_rows, text_line
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Variable, as_word
from populace.survey.names import name_problem
from populace.survey.scale import Option

Reader = Callable[[Raw, str, Reading], Draft]

#: words that ask for a recommendation, in a few languages
_RECOMMEND = re.compile(r"recommend|empf[ei]hl|recomend|recommand|consigli|aanbevel|nps", re.IGNORECASE)
#: values made for a rating at most
_MOST_RATES = 1_000


# -- closed questions ------------------------------------------------------------------------------------------------


def _choices(raw: Raw, name: str, reading: Reading, several: bool, *keys: str) -> tuple[list[Choice], bool]:
    """The choices of a question, and whether they are in random order."""
    at = f"{name}/options"
    order = raw.text("choicesOrder")
    randomize = order == "random"
    found = listed(raw, reading.texts, at, *(keys or ("choices",))) or made(raw)
    if order in ("asc", "desc"):
        found.sort(key=lambda choice: choice.option.label.casefold(), reverse=order == "desc")
        raw.changed("choicesOrder", f"sorted by their labels ({order})")
    elif order not in (None, "none", "random"):
        raw.lost("choicesOrder", f"{order!r}")
    found = [_conditioned(choice, raw) for choice in found]
    reading.fidelity.taken("choice", len(found))
    found += specials(raw, reading.texts, at, found, several, randomize)
    return apart(raw, marked(raw, found, several)), randomize


def apart(raw: Raw, choices: list[Choice]) -> list[Choice]:
    """Choices with labels of their own."""
    options = told_apart(raw, [choice.option for choice in choices])
    return [replace(choice, option=option) for choice, option in zip(choices, options, strict=True)]


def _conditioned(choice: Choice, raw: Raw) -> Choice:
    """A choice with the condition that is written once for all of them."""
    common = tuple(filter(None, (raw.text("choicesVisibleIf"), raw.text("choicesEnableIf"))))
    return replace(choice, conditions=(*choice.conditions, *common))


def _from_elsewhere(raw: Raw) -> tuple[str, str] | None:
    """The question whose options are carried forward, and which of them."""
    for key in ("choiceValuesFromQuestion", "choiceTextsFromQuestion"):
        if raw.text(key):
            raw.lost("carry forward", f"choices made of answers ({key}) are not known beforehand")
    source = raw.text("choicesFromQuestion")
    if raw.any("choicesByUrl"):
        raw.lost("choicesByUrl", "choices that a network service gives are not fetched")
    return (source, raw.text("choicesFromQuestionMode") or "all") if source else None


def _closed(raw: Raw, name: str, reading: Reading, kind: str, look: str | None = None, *keys: str) -> Draft:
    several = kind in ("multiple", "rank")
    carried = _from_elsewhere(raw)
    choices, randomize = _choices(raw, name, reading, several, *keys)
    draft = Draft(raw, name, kind, choices=choices, carried=carried)
    if not choices and not carried:
        raw.changed("question", "has no choices in the file; asked as an open question")
        draft.kind = "open"
        return with_variable(draft, "text")
    draft.fields |= {"randomize": randomize} if randomize else {}
    draft.fields |= {"look": look} if look else {}
    if kind == "single" and look in (None, "dropdown") and _ordered(choices):
        draft.kind, draft.fields["look"] = "scale", look or "radiogroup"
        raw.changed("question", "its choices are taken for an ordered scale, by their labels")
    return set_choices(draft, choices)


def _ordered(choices: list[Choice]) -> bool:
    """Do the labels stand in the order of a scale?"""
    return look_ordered([choice.option.label for choice in choices if not choice.option.missing])


def set_choices(draft: Draft, choices: list[Choice]) -> Draft:
    """These choices for a draft, and what expressions say of them."""
    if draft.kind in ("multiple", "rank", "sum"):
        options = columned(draft.name, [choice.option for choice in choices])
        choices = [replace(choice, option=option) for choice, option in zip(choices, options, strict=True)]
    draft.choices = choices
    own = raw_name(draft)
    known = variable(draft.name, "multiple" if draft.kind == "multiple" else "closed", choices)
    draft.variables = {} if draft.kind == "rank" else {own: known}
    if draft.kind == "multiple":
        draft.variables[f"{own}.length"] = Call("count", (Name(draft.name),))
    for choice in choices:
        if choice.option.specify:
            column = choice.option.column or f"{draft.name}_{choice.option.code}"
            draft.variables.setdefault(f"{own}-Comment", Variable(f"{column}_text", "text"))
    return draft


def _single(look: str | None) -> Reader:
    return lambda raw, name, reading: _closed(raw, name, reading, "single", look)


def _several(look: str | None) -> Reader:
    def read(raw: Raw, name: str, reading: Reading) -> Draft:
        draft = _closed(raw, name, reading, "multiple", look)
        limits = {"at_least": raw.whole("minSelectedChoices"), "at_most": raw.whole("maxSelectedChoices")}
        if raw.text("valuePropertyName"):
            raw.lost("property", "valuePropertyName: answers are stored as codes")
        if draft.kind == "multiple":
            draft.fields |= {key: value for key, value in limits.items() if value}
        return draft

    return read


def _imagepicker(raw: Raw, name: str, reading: Reading) -> Draft:
    return _closed(raw, name, reading, "multiple" if raw.flag("multiSelect") else "single", "imagepicker")


def _imagemap(raw: Raw, name: str, reading: Reading) -> Draft:
    raw.changed("question", "areas of a picture are taken as choices")
    raw.text("imageLink")
    kind = "multiple" if raw.any("multiSelect") is not False else "single"
    return _closed(raw, name, reading, kind, "imagemap", "areas")


def _ranking(raw: Raw, name: str, reading: Reading) -> Draft:
    draft = _closed(raw, name, reading, "rank")
    least, most = raw.whole("minSelectedChoices"), raw.whole("maxSelectedChoices")
    if draft.kind == "rank" and raw.flag("selectToRankEnabled") and most and most < len(draft.choices):
        draft.fields["ranked"] = most
        if least and least != most:
            raw.changed("minSelectedChoices", f"{most} are put in order, not {least} to {most}")
    return draft


def boolean(raw: Raw, name: str, reading: Reading) -> Draft:
    texts, at = reading.texts, f"{name}/options"
    true, false = raw.any("valueTrue"), raw.any("valueFalse")
    plain = true is None and false is None
    values = [("false" if false is None else false), ("true" if true is None else true)]
    codes = [0, 1] if plain else _words_or_numbers(values)
    labels = [
        texts.words(raw, "labelFalse", at=f"{at}/{codes[0]}") or "No",
        texts.words(raw, "labelTrue", "label", at=f"{at}/{codes[1]}") or "Yes",
    ]
    choices = [
        Choice(str(value), Option(code, label, source=str(value)))
        for value, code, label in zip(values, codes, told_labels(labels), strict=True)
    ]
    if raw.flag("swapOrder"):
        choices.reverse()
    reading.fidelity.taken("choice", 2)
    draft = set_choices(Draft(raw, name, "single", {"look": "boolean"}), choices)
    known = draft.variables[raw_name(draft)]
    also = {"true": codes[1], "false": codes[0]} | ({"1": 1, "0": 0} if plain else {})
    draft.variables[raw_name(draft)] = replace(known, codes={**also, **known.codes})
    return draft


def _words_or_numbers(values: list[Any]) -> list[int | str]:
    codes = codes_of(values)
    return codes if codes[0] != codes[1] else [0, 1]


def told_labels(labels: list[str]) -> list[str]:
    """Two labels that differ."""
    return labels if labels[0] != labels[1] else [labels[0], f"{labels[1]} (2)"]


def rating(raw: Raw, name: str, reading: Reading) -> Draft:
    at = f"{name}/options"
    choices = listed(raw, reading.texts, at, "rateValues")
    reading.fidelity.taken("choice", len(choices))
    low, step = raw.number("rateMin"), raw.number("rateStep") or 1
    high, count = raw.number("rateMax"), raw.whole("rateCount")
    if not choices:
        choices = _rates(raw, 1 if low is None else low, high, count, step)
    ends = [reading.texts.words(raw, key) for key in ("minRateDescription", "maxRateDescription")]
    choices = _described(choices, ends)
    fields: dict[str, Any] = {"look": look} if (look := _rating_look(raw)) else {}
    nps = [choice.option.code for choice in choices] == list(range(11)) and _recommends(raw)
    return set_choices(Draft(raw, name, "nps" if nps else "scale", fields), apart(raw, choices))


def _rates(raw: Raw, low: float, high: float | None, count: int | None, step: float) -> list[Choice]:
    """Values from a smallest to a largest one in steps, or so many of them."""
    if high is None:
        high = low + step * ((count or 5) - 1)
    many = int((high - low) / step) + 1 if step > 0 else 0
    if not 2 <= many <= _MOST_RATES:
        raw.lost("rating", f"values from {low} to {high} in steps of {step}; taken as 1 to 5")
        low, step, many = 1, 1, 5
    words = [as_word(round(low + place * step, 9)) for place in range(many)]
    return [Choice(word, Option(code, word, source=word)) for word, code in zip(words, codes_of(words), strict=True)]


def _described(choices: list[Choice], ends: list[str | None]) -> list[Choice]:
    """The words at both ends of a scale as part of the labels there."""
    for place, words in zip((0, -1), ends, strict=True):
        if words and choices:
            option = choices[place].option
            label = words if option.label == words else f"{option.label} ({words})"
            choices[place] = replace(choices[place], option=replace(option, label=label))
    return choices


def _rating_look(raw: Raw) -> str | None:
    rate, mode = raw.text("rateType"), raw.text("displayMode")
    return rate if rate in ("stars", "smileys") else "dropdown" if mode == "dropdown" else None


def _recommends(raw: Raw) -> bool:
    title = raw.any("title")
    words = " ".join(map(str, title.values())) if isinstance(title, dict) else str(title or "")
    return bool(_RECOMMEND.search(f"{raw.content.get('name')} {words}"))


def _matrix(raw: Raw, name: str, reading: Reading) -> Draft:
    several = raw.text("cellType") == "checkbox"
    choices = [_conditioned_column(choice, raw) for choice in listed(raw, reading.texts, f"{name}/options", "columns")]
    reading.fidelity.taken("choice", len(choices))
    rows, conditions = table_rows(raw, name, reading)
    choices = apart(raw, marked(raw, choices, several))
    for key in ("cells", "eachRowUnique"):
        if raw.any(key):
            raw.lost("property", f"{key}: what holds for single cells")
    if not choices:
        raw.lost("question", "a table without columns asks nothing; kept as text")
        return Draft(raw, name, "display")
    if not rows:
        raw.changed("question", "a table without rows is one question")
        return set_choices(Draft(raw, name, "multiple" if several else "single"), choices)
    draft = Draft(raw, name, "grid_multiple" if several else "grid", {"rows": tuple(rows)}, row_conditions=conditions)
    draft.choices = legal_codes(raw, choices) if several else choices
    draft.fields |= {"randomize": True} if raw.text("rowOrder", "rowsOrder") == "random" else {}
    if raw.flag("eachRowRequired", "isAllRowRequired"):
        draft.fields["required"] = True
    own = raw_name(draft)
    kind = "cells" if several else "closed"
    for row in rows:
        column = row.column or f"{name}_{row.name}"
        draft.variables[f"{own}.{row.source}"] = variable(column, kind, draft.choices)
    return draft


def _conditioned_column(choice: Choice, raw: Raw) -> Choice:
    common = raw.text("columnsVisibleIf")
    return replace(choice, conditions=(*choice.conditions, common)) if common else choice


def legal_codes(raw: Raw, choices: list[Choice]) -> list[Choice]:
    """Codes that can be part of the name of a cell's column."""
    taken: list[str] = []
    found = []
    for choice in choices:
        code = choice.option.code
        if name_problem(f"q_{code}"):
            code = legal(str(code))
            while code in taken:
                code += "_2"
            raw.changed("choice", f"value {choice.value!r} is now code {code!r}, for it is part of a column's name")
        taken.append(str(code))
        found.append(replace(choice, option=replace(choice.option, code=code)))
    return found


# -- what is not answered --------------------------------------------------------------------------------------------


def _display(raw: Raw, name: str, reading: Reading) -> Draft:
    text = reading.texts.words(raw, "html", at=name)
    return Draft(raw, name, "display", {"text": text} if text else {})


def _image(raw: Raw, name: str, reading: Reading) -> Draft:
    words = reading.texts.words(raw, "altText", "text")
    raw.any("imageLink")
    raw.changed("image", "a picture is shown as its description")
    return Draft(raw, name, "display", {"text": f"[image: {words}]" if words else "[image]", "look": "image"})


def _not_answered(raw: Raw, name: str, reading: Reading) -> Draft:
    """Files and signatures: nothing that a respondent says."""
    kind = str(raw.content.get("type"))
    raw.lost("question", f"a {kind} cannot be answered in words; kept in its place without an answer")
    for key in ("maxSize", "maxFiles", "allowMultiple", "acceptedTypes", "sourceType", "dataFormat"):
        raw.any(key)
    return Draft(raw, name, "technical", {"look": kind})


#: type in the file -> its reader
TYPES: dict[str, Reader] = {
    "radiogroup": _single(None),
    "dropdown": _single("dropdown"),
    "buttongroup": _single("buttongroup"),
    "select2": _single("dropdown"),
    "checkbox": _several(None),
    "tagbox": _several("tagbox"),
    "imagepicker": _imagepicker,
    "imagemap": _imagemap,
    "ranking": _ranking,
    "sortablelist": _ranking,
    "boolean": boolean,
    "rating": rating,
    "barrating": lambda raw, name, reading: _closed(raw, name, reading, "scale"),
    "text": text_line,
    "datepicker": lambda raw, name, reading: with_variable(Draft(raw, name, "date"), "text"),
    "comment": comment,
    "editor": comment,
    "slider": slider,
    "nouislider": slider,
    "bootstrapslider": slider,
    "multipletext": multipletext,
    "matrix": _matrix,
    "html": _display,
    "image": _image,
    "file": _not_answered,
    "signaturepad": _not_answered,
    "microphone": _not_answered,
}
