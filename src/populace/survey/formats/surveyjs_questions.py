"""What all questions of SurveyJS have: wording, conditions, rules that answers must meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from populace.survey.expression_records import Call, Compare, Expression, Name, Not, Number, Text
from populace.survey.expressions import parse
from populace.survey.formats.surveyjs_choices import Choice
from populace.survey.formats.surveyjs_drafts import Draft, Reading, register
from populace.survey.formats.surveyjs_kinds import TYPES, set_choices
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_tables import matrixdropdown, matrixdynamic
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.formats.translated import joined, negated

_READERS = {**TYPES, "matrixdropdown": matrixdropdown, "matrixdynamic": matrixdynamic}
#: answers put in by the survey itself
_FILLED = (
    "defaultValue",
    "defaultValueExpression",
    "setValueExpression",
    "setValueIf",
    "resetValueIf",
    "defaultRowValue",
)


def drafted(raw: Raw, reading: Reading, around: Sequence[str], loop: str | None) -> list[Draft]:
    """The question an element is, and one for the comment beside it; nothing for a type that is unknown."""
    kind = raw.content.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raw.lost("question", f"type {kind!r} is unknown")
        return []
    own = raw.content.get("name")
    word = own if isinstance(own, str) and own.strip() else str(own or f"{kind}")
    name = reading.names.free(word, raw.place)
    draft = reader(raw, name, reading)
    draft.loop = loop
    draft.conditions = [*around, *filter(None, (raw.text("visibleIf"),))]
    _common(draft, reading)
    register(draft, reading)
    reading.fidelity.taken("question")
    comment = _comment(draft, reading)
    raw.tell_rest(reading.looks)
    return [draft, *comment]


def _common(draft: Draft, reading: Reading) -> None:
    """Wording, conditions and rules."""
    raw = draft.raw
    _worded(draft, reading)
    enabled = raw.text("enableIf")
    if enabled:
        draft.conditions.append(enabled)
        raw.changed("enableIf", "a question that is not enabled is not asked")
    if draft.kind in ("display", "technical"):
        for key in (*_FILLED, "isRequired", "requiredIf", "validators"):
            raw.any(key)
        return
    if raw.flag("isRequired"):
        draft.fields["required"] = True
    for key in _FILLED:
        if raw.any(key) is not None:
            raw.lost(key, "answers that the survey fills in by itself")
    if raw.any("correctAnswer") is not None:
        raw.lost("correctAnswer", "right and wrong answers are not scored")
    value = raw.text("valueName")
    if value and value != raw.content.get("name"):
        raw.changed("valueName", f"answers are stored under the question's own name, not under {value!r}")
        for key, found in list(draft.variables.items()):
            draft.variables.setdefault(value + key.removeprefix(str(raw.content.get("name"))), found)
    _validators(draft, reading)


def _worded(draft: Draft, reading: Reading) -> None:
    """Title and description as one wording."""
    raw, at = draft.raw, draft.name
    if draft.raw.content.get("type") in ("html", "image"):
        title = draft.fields.get("text") or reading.texts.words(raw, "title")
        raw.any("title", "description")
    else:
        title = reading.texts.words(raw, "title", at=at)
        more = reading.texts.words(raw, "description")
        if more:
            raw.changed("description", "now at the end of the wording")
            title = f"{title or raw.content.get('name')}\n{more}"
    if not title:
        own = raw.content.get("name")
        title = own if isinstance(own, str) and own.strip() else draft.name
    draft.fields["text"] = title


# -- rules -----------------------------------------------------------------------------------------------------------


def _validators(draft: Draft, reading: Reading) -> None:
    raw = draft.raw
    needed = raw.text("requiredIf")
    if needed:
        words = reading.texts.words(raw, "requiredErrorText")
        draft.fields |= {"valid_text": words} if words else {}
        raw.changed("requiredIf", "now a condition that answers must meet")
        draft.needed = needed
    for one in raw.members("validators"):
        if not isinstance(one, dict):
            raw.lost("validator", "is no object")
            continue
        part = raw.within(one, f"validator {one.get('type')!r}")
        kind = str(one.get("type") or "").removesuffix("validator")
        if part.text("notificationType") in ("warning", "info"):
            part.lost("validator", "a hint that does not keep anybody from going on")
            continue
        _validator(kind, part, draft, reading)


def _validator(kind: str, part: Raw, draft: Draft, reading: Reading) -> None:
    taken = {
        "expression": _expression_rule,
        "answercount": _count_rule,
        "numeric": _numeric_rule,
        "text": _text_rule,
        "email": _email_rule,
    }.get(kind)
    if taken is None or not taken(part, draft):
        part.lost("validator", f"rule {part.content.get('regex')!r}" if kind == "regex" else "means nothing here")
        return
    words = reading.texts.words(part, "text", at=None)
    if words and (draft.valid or draft.valid_further):
        draft.fields.setdefault("valid_text", words)
    elif words:
        reading.looks["text of a validator"] += 1
    if kind != "expression":
        reading.fidelity.taken("validator")


def _expression_rule(part: Raw, draft: Draft) -> bool:
    text = part.text("expression")
    if text and draft.kind != "sum":
        draft.valid.append(text)
    return text is not None


def _count_rule(part: Raw, draft: Draft) -> bool:
    limits = {"at_least": part.whole("minCount"), "at_most": part.whole("maxCount")}
    if draft.kind == "multiple":
        draft.fields |= {key: value for key, value in limits.items() if value}
    return draft.kind == "multiple"


def _numeric_rule(part: Raw, draft: Draft) -> bool:
    limits = {"minimum": part.number("minValue"), "maximum": part.number("maxValue")}
    if draft.kind not in ("numeric", "slider") or "rows" in draft.fields:
        return draft.kind in ("numeric", "sum")
    fields = draft.fields | {key: value for key, value in limits.items() if value is not None}
    low, high = fields.get("minimum"), fields.get("maximum")
    if low is not None and high is not None and low >= high:
        return False
    draft.fields = fields
    return True


def _text_rule(part: Raw, draft: Draft) -> bool:
    if draft.kind != "open" or "rows" in draft.fields:
        return False
    least, most = part.whole("minLength"), part.whole("maxLength")
    if most:
        draft.fields["longest"] = min(most, draft.fields.get("longest", most))
    if least:
        # an empty answer meets the rule: whether there must be one is another
        long = Compare(">=", Call("length", (Name(draft.name),)), Number(least))
        draft.valid_further.append(joined("or", Not(Call("answered", (Name(draft.name),))), long))
    if part.any("allowDigits") is False:
        part.lost("validator", "texts without digits")
    return True


def _email_rule(part: Raw, draft: Draft) -> bool:
    if draft.kind == "open":
        draft.fields["format"] = "email"
    return draft.kind == "open"


def needed_if(draft: Draft, reading: Reading) -> None:
    """`requiredIf`: an answer, or the condition does not hold. Called when all questions are known."""
    text = draft.needed
    if text:
        lookup = reading.lookup(draft.loop, place=draft.raw.place)
        condition = reading.translated(text, draft.raw, "requiredIf", lookup)
        draft.valid_further.append(joined("or", negated(condition), _some_answer(draft)))


def _some_answer(draft: Draft) -> Expression:
    rows = draft.fields.get("rows")
    if not rows or draft.kind == "side_by_side":
        return Call("answered", (Name(draft.name),))
    return joined("or", *(Call("answered", (Name(row.column or f"{draft.name}_{row.name}"),)) for row in rows))


def _comment(draft: Draft, reading: Reading) -> list[Draft]:
    """A field for a comment beside a question is a question of its own."""
    raw = draft.raw
    if raw.content.get("type") in ("imagemap",) or not raw.flag("showCommentArea", "hasComment"):
        return []
    name = reading.names.free(f"{draft.name}_comment", raw.place)
    text = reading.texts.words(raw, "commentText", at=name) or "Comment"
    raw.changed("comment", f"the field for a comment is question {name!r}")
    other = Draft(raw.within({"name": None}, "comment"), name, "open", {"text": text, "several_lines": True})
    other.conditions, other.loop = list(draft.conditions), draft.loop
    other.variables = {f"{raw.content.get('name')}-Comment": Variable(name, "text")}
    register(other, reading)
    return [other]


# -- carry forward ---------------------------------------------------------------------------------------------------


def carry_forward(drafts: dict[str, Draft], draft: Draft, level: int = 0) -> None:
    """Give a draft the options of the question it takes them from."""
    source_name, mode = draft.carried or ("", "")
    draft.carried = None
    source = drafts.get(source_name)
    if source is not None and source.carried and level < 50:
        carry_forward(drafts, source, level + 1)
    if source is None or not source.choices or source is draft:
        draft.raw.lost("carry forward", f"the choices come from {source_name!r}, which has none")
        if not draft.choices:
            draft.kind, draft.fields = "open", {"text": draft.fields["text"]}
        return
    draft.raw.fidelity.taken("carry forward")
    kept = set_choices(draft, [_carried(choice, source, mode) for choice in source.choices])
    kept.variables = kept.variables | draft.variables


def _carried(choice: Choice, source: Draft, mode: str) -> Choice:
    """An option as another question offers it."""
    option = choice.option
    condition = _chosen(source, option.code)
    shown: Any = {"selected": condition, "unselected": Not(condition)}.get(mode)
    label = option.label
    if option.specify and mode == "selected":
        column = option.column or f"{source.name}_{option.code}"
        label = "{" + f"{source.raw.content.get('name')}-Comment" + "}" if column else label
    before = parse(option.show_if) if option.show_if else None
    both = joined("and", before, shown)
    changed = replace(option, label=label, show_if=str(both) if both else None, specify=False, column=None, fixed=False)
    return Choice(choice.value, changed, choice.conditions)


def _chosen(source: Draft, code: int | str) -> Expression:
    constant = Text(code) if isinstance(code, str) else Number(code)
    if source.kind == "multiple":
        return Call("selected", (Name(source.name), constant))
    return Compare("==", Name(source.name), constant)
