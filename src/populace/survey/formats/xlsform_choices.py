"""Choices of XLSForm questions as options: labels, codes, pictures, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Logic
from populace.survey.formats.labels import says_missing
from populace.survey.formats.xlsform_form import Node
from populace.survey.formats.xlsform_plans import Plan
from populace.survey.formats.xlsform_reading import Reading, written
from populace.survey.scale import Option


def options_of(plan: Plan, reading: Reading, at: str | None = None) -> tuple[Option, ...]:
    """The choices of a question, those of one name as one."""
    node, found, filters = plan.node, {}, {}
    if not node.choices:
        raise InstrumentError("has no choices")
    for choice in node.choices:
        code = plan.codes[str(choice.get("name", ""))]
        show_if = _filter(node, choice, reading)
        if code in found:
            filters[code].append(show_if)
            reading.fidelity.changed("choice", node.place, f"choice {code!r} stands more than once; it is one here")
            continue
        found[code] = _option(plan, choice, code, reading, at or plan.name)
        filters[code] = [show_if]
    unique = _unique(list(found.values()), node, reading)
    return tuple(_shown(option, filters[option.code]) for option in unique)


def _option(plan: Plan, choice: Mapping[str, Any], code: int | str, reading: Reading, at: str) -> Option:
    node = plan.node
    place = f"{node.place}, choice {code}"
    media = choice.get("media") if isinstance(choice.get("media"), Mapping) else {}
    image = reading.texts.of(media.get("image"), place)
    label = reading.texts.of(choice.get("label"), place, f"{at}/options/{code}")
    if label is None:
        reading.fidelity.changed("label", place, f"has no label; its name {code!r} stands for it")
    reading.fidelity.taken("choice")
    specify = plan.other is not None and choice.get("name") == "other"
    missing = says_missing(label or "")
    if missing:
        reading.fidelity.changed("no answer", place, f"{label!r} is taken for no answer, by its words")
    return Option(code, label or str(code), missing, specify=specify, image=image, source=str(choice.get("name", "")))


def _unique(options: list[Option], node: Node, reading: Reading) -> list[Option]:
    seen: set[str] = set()
    found = []
    for option in options:
        label, count = option.label, 1
        while label in seen:
            count += 1
            label = f"{option.label} ({count})"
        seen.add(label)
        if count > 1:
            reading.fidelity.changed(
                "label", f"{node.place}, choice {option.code}", f"stands twice; it is {label!r} here"
            )
        found.append(replace(option, label=label))
    return [replace(one, missing=False) for one in found] if all(one.missing for one in found) else found


def _filter(node: Node, choice: Mapping[str, Any], reading: Reading) -> Expression | None:
    """The condition under which a choice passes the filter of choices."""
    text = str(node.content.get("choice_filter") or "").strip()
    if not text:
        return None
    columns = {str(key): str(value) for key, value in choice.items() if isinstance(value, str | int | float)}
    listed = {key: "" for other in node.choices for key in other if key not in ("label", "media")}
    return reading.condition(node, text, "choice filter", listed | columns)


def _shown(option: Option, filters: list[Expression | None]) -> Option:
    if None in filters:
        return option
    parts = tuple(dict.fromkeys(filters))
    return replace(option, show_if=written(Logic("or", parts) if len(parts) > 1 else parts[0]))
