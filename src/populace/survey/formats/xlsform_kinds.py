"""Questions of XLSForm, type by type, as ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not, Number
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.translated import both
from populace.survey.formats.xlsform_choices import options_of
from populace.survey.formats.xlsform_form import Node
from populace.survey.formats.xlsform_plans import Plan, table_heading, table_rows
from populace.survey.formats.xlsform_reading import Reading, written
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option

Fields = dict[str, Any]
#: looks that say what the question is, and how they are called with us
_LOOKS = {"minimal": "dropdown", "autocomplete": "dropdown"}
#: entries of a row that are read, or say nothing about asking and answering
_READ = {
    "type", "name", "label", "hint", "bind", "control", "choices", "itemset", "list_name", "choice_filter", "children",
    "parameters", "media", "default", "guidance_hint", "trigger", "query",
}  # fmt: skip
_BINDS = {"relevant", "constraint", "required", "calculate", "readonly", "type", "jr:constraintMsg", "jr:requiredMsg"}


def question_of(plan: Plan, reading: Reading) -> Question:
    """The question that a row becomes. Raises `InstrumentError` for a row that cannot be one."""
    node = plan.node
    fields: Fields = {"kind": plan.kind, "text": wording(plan, reading)}
    fields |= _common(node, reading)
    reading.constraint = reading.condition(node, node.bind("constraint"), "constraint")
    fields["valid_if"] = written(reading.constraint)
    fields |= _READERS[plan.kind](plan, reading)
    if plan.kind == "table":
        fields.pop("valid_if", None)
    _note(node, reading)
    return Question(name=plan.name, source=node.name, **fields)


def wording(plan: Plan, reading: Reading) -> str:
    """The label with its hint; the name where there is none."""
    node = plan.node
    heading = table_heading(node) if plan.kind == "table" else node
    content = heading.content if heading is not None else node.content
    words = reading.texts.of(content.get("label"), node.place, plan.name)
    hint = reading.texts.of(content.get("hint"), f"{node.place}, hint", instead=False)
    picture = _media(node, reading)
    if hint:
        reading.fidelity.changed("hint", node.place, "is the end of the wording here")
    if words is None and picture is None:
        reading.fidelity.changed("label", node.place, f"has no label; its name {node.name!r} stands for it")
    lines = [words or (None if picture else node.name or plan.name), picture, hint]
    return "\n".join(line for line in lines if line)


def _media(node: Node, reading: Reading) -> str | None:
    media = node.content.get("media")
    if not isinstance(media, Mapping):
        return None
    for kind in (one for one in media if one != "image"):
        reading.fidelity.lost(f"media, {kind}", node.place, f"{media[kind]!r} is not shown"[:200])
    picture = reading.texts.of(media.get("image"), f"{node.place}, image")
    return f"[image: {picture}]" if picture else None


def _common(node: Node, reading: Reading) -> Fields:
    required = str(node.bind("required") or "").strip().lower()
    always = required in ("yes", "true", "true()", "1")
    if required and not always and required not in ("no", "false", "false()", "0"):
        words = f"is required only if {required[:200]!r}"
        reading.fidelity.lost("required", node.place, words)
    show_if = reading.condition(node, node.bind("relevant"), "relevant")
    message = node.bind("jr:constraintMsg") if node.bind("constraint") else None
    look = node.control("appearance") or None
    return {
        "required": always,
        "show_if": written(show_if),
        "valid_text": reading.texts.of(message, f"{node.place}, constraint message"),
        "look": _LOOKS.get(look or "", look),
    }


def _note(node: Node, reading: Reading) -> None:
    """Entries that are not taken."""
    for key in ("default", "guidance_hint", "trigger", "query"):
        if node.content.get(key):
            reading.fidelity.lost(key.replace("_", " "), node.place, f"{str(node.content[key])[:200]!r}")
    for key in (one for one in node.content if one not in _READ):
        reading.fidelity.lost(key, node.place, f"{str(node.content[key])[:200]!r}")
    bind = node.content.get("bind")
    for key in (one for one in bind if one not in _BINDS) if isinstance(bind, Mapping) else ():
        reading.fidelity.lost(key, node.place, f"{str(bind[key])[:200]!r}")
    if node.bind("jr:requiredMsg"):
        reading.fidelity.lost("required message", node.place, f"{str(node.bind('jr:requiredMsg'))[:200]!r}")
    control = node.content.get("control")
    extra = [key for key in control if key not in ("appearance", "rows")] if isinstance(control, Mapping) else []
    if extra:
        reading.fidelity.lost("layout", node.place, f"{', '.join(extra)}: not needed to ask or answer")


# -- kinds -----------------------------------------------------------------------------------------------------------


def _list(plan: Plan, reading: Reading) -> Fields:
    options = options_of(plan, reading)
    randomize = str(_parameters(plan.node).get("randomize", "")).lower() == "true"
    return {"options": options, "randomize": randomize}


def _single(plan: Plan, reading: Reading) -> Fields:
    fields = _list(plan, reading)
    labels = [option.label for option in fields["options"] if not (option.missing or option.specify)]
    likert = "likert" in plan.node.control("appearance")
    if likert or look_ordered(labels):
        if not likert:
            words = "its choices are taken for a scale, by their words"
            reading.fidelity.changed("scale", plan.node.place, words)
        return fields | {"kind": "scale"} | ({"look": None} if plan.node.control("appearance") == "likert" else {})
    return fields | {"kind": "single"}


def _multiple(plan: Plan, reading: Reading) -> Fields:
    fields = _list(plan, reading)
    limits, rest = _counted(reading.constraint, plan)
    alone, rest = _exclusive(rest, plan)
    options = tuple(_alone(option) if option.code in alone else option for option in fields["options"])
    return fields | limits | {"options": options, "valid_if": written(both(*rest))}


def _alone(option: Option) -> Option:
    return replace(option, exclusive=True)


def _counted(constraint: Expression | None, plan: Plan) -> tuple[Fields, list[Expression]]:
    """Limits to how many choices are selected, taken out of a constraint."""
    limits: Fields = {}
    rest = []
    count = Call("count", (Name(plan.name),))
    for part in _parts(constraint):
        limit = _limit(part, count)
        if limit and limit[0] not in limits and limit[1] == int(limit[1]) and 0 <= limit[1] <= len(plan.codes):
            limits[limit[0].replace("minimum", "at_least").replace("maximum", "at_most")] = int(limit[1])
        else:
            rest.append(part)
    return limits, rest


def _exclusive(parts: list[Expression], plan: Plan) -> tuple[set[int | str], list[Expression]]:
    """`not(selected(., 'none') and count-selected(.) > 1)`: chosen alone."""
    alone: set[int | str] = set()
    rest = []
    more = Compare(">", Call("count", (Name(plan.name),)), Number(1))
    for part in parts:
        inner = part.operand if isinstance(part, Not) else None
        if isinstance(inner, Logic) and inner.operator == "and" and inner.operands[1:] == (more,):
            first = inner.operands[0]
            if isinstance(first, Call) and first.function == "selected" and first.arguments[0] == Name(plan.name):
                alone |= {code.value for code in first.arguments[1:]}
                continue
        rest.append(part)
    return alone, rest


def _parts(condition: Expression | None) -> list[Expression]:
    if condition is None:
        return []
    return list(condition.operands) if isinstance(condition, Logic) and condition.operator == "and" else [condition]


def _limit(part: Expression, value: Expression) -> tuple[str, float] | None:
    """A limit that a condition sets to a value: minimum or maximum, and which."""
    if not (isinstance(part, Compare) and part.left == value and isinstance(part.right, Number)):
        return None
    return {">=": ("minimum", part.right.value), "<=": ("maximum", part.right.value)}.get(part.operator)


def _number(plan: Plan, reading: Reading) -> Fields:
    fields: Fields = {"kind": "numeric"}
    rest = []
    for part in _parts(reading.constraint):
        limit = _limit(part, Name(plan.name))
        if limit and limit[0] not in fields:
            fields[limit[0]] = limit[1]
        else:
            rest.append(part)
    low, high = fields.get("minimum"), fields.get("maximum")
    if low is not None and high is not None and low >= high:
        return {"kind": "numeric"} | _decimals(plan, reading)
    message = {} if rest else {"valid_text": None}
    if not rest and plan.node.bind("jr:constraintMsg"):
        words = "what is said when a limit is passed is not kept: the limits are those of the number"
        reading.fidelity.lost("constraint message", plan.node.place, words)
    return fields | {"valid_if": written(both(*rest))} | message | _decimals(plan, reading)


def _decimals(plan: Plan, reading: Reading) -> Fields:
    if plan.kind != "decimal":
        return {}
    reading.fidelity.changed("decimal", plan.node.place, "has at most 2 decimals here, any number there")
    return {"decimals": 2}


def _slider(plan: Plan, reading: Reading) -> Fields:
    parameters = _parameters(plan.node)
    low, high, step = (
        _float(parameters.get(key), default) for key, default in (("start", 1), ("end", 10), ("step", 1))
    )
    if low >= high:
        raise InstrumentError(f"goes from {low:g} to {high:g}; expected the first below the second")
    return {"minimum": low, "maximum": high, "step": step if step > 0 else None}


def _open(plan: Plan, reading: Reading) -> Fields:
    node, look = plan.node, plan.node.control("appearance")
    fields: Fields = {"several_lines": "multiline" in look or bool(node.control("rows"))}
    rest = []
    for part in _parts(reading.constraint):
        limit = _limit(part, Call("length", (Name(plan.name),)))
        if limit and limit[0] == "maximum" and limit[1] == int(limit[1]) and limit[1] >= 0:
            fields["longest"] = int(limit[1])
        else:
            rest.append(part)
    if "numbers" in look.split():
        fields["format"] = "number"
    plain = look in ("multiline", "numbers")
    return fields | {"valid_if": written(both(*rest))} | ({"look": None} if plain else {})


def _date(plan: Plan, reading: Reading) -> Fields:
    if plan.kind == "time":
        return {"kind": "open", "format": "time"}
    if plan.kind == "datetime":
        reading.fidelity.lost("time of day", plan.node.place, "the day is kept")
    return {"kind": "date"}


def _note_text(plan: Plan, reading: Reading) -> Fields:
    return {"kind": "display", "required": False, "valid_if": None, "valid_text": None}


def _acknowledge(plan: Plan, reading: Reading) -> Fields:
    return {"kind": "single", "options": (Option("OK", "OK"),), "look": "acknowledge"}


def _recorded(plan: Plan, reading: Reading) -> Fields:
    reading.fidelity.changed("question", plan.node.place, f"of type {plan.node.type!r}: its answer is no column here")
    return {"kind": "technical", "look": plan.node.type, "required": False, "valid_if": None, "valid_text": None}


def _table(plan: Plan, reading: Reading) -> Fields:
    """Selects of one list under one row of labels: a grid."""
    rows = table_rows(plan.node)
    first = reading.plans.of(rows[0])
    found = [_table_row(plan, row, reading) for row in rows]
    required = {str(row.bind("required") or "no").lower() for row in rows}
    if len(required) > 1:
        reading.fidelity.lost("required", plan.node.place, "only some of its rows are required")
    always = required <= {"yes", "true", "true()", "1"}
    options = options_of(first, reading, at=plan.name)
    kind = "grid" if first.kind == "single" else "grid_multiple"
    return {"kind": kind, "options": options, "rows": tuple(found), "required": always, "look": None}


def _table_row(plan: Plan, row: Node, reading: Reading) -> Row:
    own = reading.plans.of(row)
    start = f"{plan.name}_"
    name = own.name.removeprefix(start) if own.name.startswith(start) and len(own.name) > len(start) else own.name
    words = reading.texts.of(row.content.get("label"), row.place, f"{plan.name}/rows/{name}")
    hint = reading.texts.of(row.content.get("hint"), f"{row.place}, hint", instead=False)
    if hint:
        reading.fidelity.changed("hint", row.place, "is the end of the wording here")
    if reading.condition(row, row.bind("constraint"), "constraint") is not None:
        reading.fidelity.lost("constraint", row.place, "a row of a grid has none of its own")
    show_if = reading.condition(row, row.bind("relevant"), "relevant")
    _note(row, reading)
    reading.fidelity.taken("row")
    text = "\n".join(part for part in (words or row.name, hint) if part)
    return Row(name, text, written(show_if), column=None if own.name == start + name else own.name, source=row.name)


_READERS: dict[str, Callable[[Plan, Reading], Fields]] = {
    "single": _single, "multiple": _multiple, "rank": _list, "integer": _number, "decimal": _number, "slider": _slider,
    "open": _open, "date": _date, "datetime": _date, "time": _date, "note": _note_text, "acknowledge": _acknowledge,
    "recorded": _recorded, "table": _table,
}  # fmt: skip


def _parameters(node: Node) -> Mapping[str, Any]:
    parameters = node.content.get("parameters")
    return parameters if isinstance(parameters, Mapping) else {}


def _float(value: Any, default: float) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default
