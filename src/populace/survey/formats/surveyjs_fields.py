"""Question types of SurveyJS that take words and numbers: lines of text, comments, sliders, forms."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from populace.survey.formats.surveyjs_choices import (
    Choice,
    codes_of,
    legal,
)
from populace.survey.formats.surveyjs_drafts import Draft, Reading, raw_name, with_variable
from populace.survey.formats.surveyjs_raw import Raw
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.item import Row
from populace.survey.names import name_problem
from populace.survey.scale import Option

#: what a field of one line asks for -> format of an open answer
_FORMATS = {"email": "email", "url": "url", "tel": "phone", "time": "time"}


_NUMBERS = ("number", "range")


#: a sum of questions that has to be a number: {q.a} + {q.b} = 100
_SUM = re.compile(r"\s*((?:\{[^{}]+\}\s*\+\s*)+\{[^{}]+\})\s*={1,2}\s*(\d+(?:\.\d+)?)\s*")


def text_line(raw: Raw, name: str, reading: Reading) -> Draft:
    kind = raw.text("inputType") or "text"
    mask = raw.any("maskSettings") if isinstance(raw.any("maskSettings"), dict) else {}
    masked = raw.text("maskType") or "none"
    numeric = [one for one in raw.members("validators") if isinstance(one, dict) and one.get("type") == "numeric"]
    if kind in _NUMBERS or masked in ("numeric", "currency") or (kind == "text" and numeric):
        return _numeric(raw, name, reading, kind, mask)
    if kind == "date" or masked == "datetime":
        for limit in ("min", "max"):
            if raw.text(limit):
                raw.lost("limit", f"{limit} {raw.text(limit)!r} of a date")
        return with_variable(Draft(raw, name, "date"), "text")
    fields: dict[str, Any] = {"format": _FORMATS[kind]} if kind in _FORMATS else {}
    if kind not in _FORMATS and kind != "text":
        fields["look"] = kind
    if masked == "pattern":
        raw.lost("mask", f"pattern {mask.get('pattern')!r}")
    return with_variable(Draft(raw, name, "open", fields | _longest(raw, reading)), "text")


def _longest(raw: Raw, reading: Reading) -> dict[str, int]:
    longest = raw.whole("maxLength") or reading.longest
    return {"longest": longest} if longest else {}


def _numeric(raw: Raw, name: str, reading: Reading, kind: str, mask: dict[str, Any]) -> Draft:
    settings = raw.within(mask, "mask")
    fields = {
        "minimum": _first(raw.number("min"), settings.number("min")),
        "maximum": _first(raw.number("max"), settings.number("max")),
        "step": raw.number("step"),
        "decimals": settings.whole("precision"),
        "unit": settings.text("suffix"),
        "look": "range" if kind == "range" else None,
    }
    fields = {key: value for key, value in fields.items() if value is not None}
    if fields.get("step", 1) <= 0:
        raw.lost("limit", f"step {fields.pop('step')}")
    return with_variable(Draft(raw, name, "numeric", _in_order(raw, fields)), "number")


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _in_order(raw: Raw, fields: dict[str, Any]) -> dict[str, Any]:
    """Limits of which the lower is below the upper."""
    low, high = fields.get("minimum"), fields.get("maximum")
    if low is not None and high is not None and low >= high:
        raw.lost("limit", f"smallest {low} is not below largest {high}")
        fields = {key: value for key, value in fields.items() if key not in ("minimum", "maximum")}
    return fields


def comment(raw: Raw, name: str, reading: Reading) -> Draft:
    fields = {"several_lines": True, **_longest(raw, reading)}
    return with_variable(Draft(raw, name, "open", fields), "text")


def slider(raw: Raw, name: str, reading: Reading) -> Draft:
    low, high = _first(raw.number("min", "rangeMin"), 0), _first(raw.number("max", "rangeMax"), 100)
    if low >= high:
        raw.lost("limit", f"smallest {low} is not below largest {high}; taken as 0 to 100")
        low, high = 0, 100
    step = raw.number("step")
    fields: dict[str, Any] = {"minimum": low, "maximum": high}
    fields |= {"step": step} if step and step > 0 and step != 1 else {}
    if raw.text("sliderType") == "range":
        raw.changed("question", "a slider with two ends is taken as two sliders, from and to")
        fields["rows"] = (Row("from", "from"), Row("to", "to"))
        return Draft(raw, name, "slider", fields)
    return with_variable(Draft(raw, name, "slider", fields), "number")


def multipletext(raw: Raw, name: str, reading: Reading) -> Draft:
    parts = [raw.within(one, f"item {one.get('name')!r}") for one in raw.members("items") if isinstance(one, dict)]
    rows, kept = _rows_of(raw, name, [(part.text("name"), part) for part in parts], reading, "title")
    if not rows:
        raw.changed("question", "has no items; asked as one open question")
        return with_variable(Draft(raw, name, "open"), "text")
    reading.fidelity.taken("item", len(rows))
    numeric = all(_is_number(part) for part in kept)
    draft = Draft(raw, name, "numeric" if numeric else "open", {"rows": tuple(rows)})
    draft.fields |= _shared_limits(raw, kept) if numeric else _shared_format(raw, kept, reading)
    kind = "number" if numeric else "text"
    own = raw_name(draft)
    draft.variables = {f"{own}.{row.source}": Variable(row.column or f"{name}_{row.name}", kind) for row in rows}
    total = _total(raw, own, rows) if numeric else None
    return _sum(draft, rows, total) if total else draft


def _is_number(part: Raw) -> bool:
    rules = [one for one in part.members("validators") if isinstance(one, dict) and one.get("type") == "numeric"]
    return part.text("inputType") in _NUMBERS or bool(rules)


def _shared_limits(raw: Raw, parts: list[Raw]) -> dict[str, Any]:
    """Limits that all items have; others are told."""
    found = []
    for part in parts:
        rules = [one for one in part.members("validators") if isinstance(one, dict)]
        rule = next((part.within(one, "validator") for one in rules if one.get("type") == "numeric"), None)
        low = _first(part.number("min"), rule and rule.number("minValue"))
        high = _first(part.number("max"), rule and rule.number("maxValue"))
        found.append({"minimum": low, "maximum": high, "step": part.number("step")})
        _told_required(part)
    if any(limits != found[0] for limits in found):
        raw.lost("limit", "items of one question have different limits")
        return {}
    return _in_order(raw, {key: value for key, value in found[0].items() if value is not None})


def _shared_format(raw: Raw, parts: list[Raw], reading: Reading) -> dict[str, Any]:
    formats = [_FORMATS.get(part.text("inputType") or "", part.text("inputType")) for part in parts]
    for part in parts:
        _told_required(part)
    same = len(set(formats)) == 1 and formats[0] in _FORMATS.values()
    if not same and any(formats):
        raw.changed("question", "items of different types are taken as texts")
    lengths = {part.whole("maxLength") for part in parts}
    longest = lengths.pop() if len(lengths) == 1 else None
    return ({"format": formats[0]} if same else {}) | ({"longest": longest} if longest else {})


def _told_required(part: Raw) -> None:
    part.any("validators")
    if part.flag("isRequired"):
        part.lost("required", "an item that must be answered; the question need not")


def _total(raw: Raw, own: str, rows: list[Row]) -> float | None:
    """What the items add up to, where a validator says so of all of them."""
    wanted = {f"{own}.{row.source}" for row in rows}
    for one in raw.members("validators"):
        text = one.get("expression") if isinstance(one, dict) else None
        found = _SUM.fullmatch(text) if isinstance(text, str) and len(text) < 10_000 else None
        if found and {part.strip(" {}") for part in found[1].split("+")} == wanted and float(found[2]) > 0:
            return float(found[2])
    return None


def _sum(draft: Draft, rows: list[Row], total: float) -> Draft:
    """Numbers with a total: the items are the options."""
    draft.kind, draft.fields = "sum", {"total": total}
    codes = codes_of([row.source for row in rows])
    draft.choices = [
        Choice(row.source, Option(code, row.text, column=row.column, source=row.source))
        for row, code in zip(rows, codes, strict=True)
    ]
    return draft


def _rows_of(
    raw: Raw, name: str, found: list[tuple[str | None, Raw]], reading: Reading, key: str
) -> tuple[list[Row], list[Raw]]:
    """Rows with names of their own, and the objects they were made of."""
    rows, parts, seen = [], [], set()
    for value, part in found:
        if not value or not value.strip() or value in seen:
            raw.lost("row", f"value {value!r} stands twice" if value else "has no name")
            continue
        seen.add(value)
        text = reading.texts.words(part, key, at=f"{name}/rows/{value}") or value
        column = None if not name_problem(f"{name}_{value}") else f"{name}_{legal(value)}"
        taken = [row.column or f"{name}_{row.name}" for row in rows]
        while column in taken:
            column += "_2"
        rows.append(Row(value, text, column=column, source=value))
        parts.append(part)
    return rows, parts


def table_rows(raw: Raw, name: str, reading: Reading) -> tuple[list[Row], dict[str, list[str]]]:
    """The rows of a table, and the conditions on them."""
    found = []
    for one in raw.members("rows"):
        value = one.get("value") if isinstance(one, dict) else one
        word = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        content = one if isinstance(one, dict) else {"text": one}
        found.append((word, raw.within(content, f"row {word!r}")))
    rows, parts = _rows_of(raw, name, found, reading, "text")
    reading.fidelity.taken("row", len(rows))
    common = raw.text("rowsVisibleIf")
    conditions = {
        row.name: [text for text in (part.text("visibleIf"), part.text("enableIf"), common) if text]
        for row, part in zip(rows, parts, strict=True)
    }
    return [
        replace(row, fixed=part.any("randomize") is False) for row, part in zip(rows, parts, strict=True)
    ], conditions
