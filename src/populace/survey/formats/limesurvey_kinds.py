"""Questions of LimeSurvey, type by type, as ours. Most become one question, those with comments two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from populace.errors import InstrumentError
from populace.survey.expression_records import Call, Compare, Expression, Name, Not, Number
from populace.survey.formats.labels import look_ordered
from populace.survey.formats.limesurvey_conditions import relevance_of
from populace.survey.formats.limesurvey_expressions import Translation
from populace.survey.formats.limesurvey_names import constant
from populace.survey.formats.limesurvey_options import boxes_of, columns_of, options_of, rows_of
from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_reading import Reading, written
from populace.survey.formats.limesurvey_regex import only_digits
from populace.survey.formats.limesurvey_types import LOOKS, TYPES
from populace.survey.formats.translated import NotRead, both
from populace.survey.item import Row
from populace.survey.question import Question
from populace.survey.scale import Option

_COMMENT = "Please enter your comment here."
#: class by which our writer says which kind a list is, where its labels would not
KIND_CLASS = "populace-"

Fields = dict[str, Any]


def questions_of(plan: Plan, reading: Reading) -> list[Question]:
    """The questions that one of LimeSurvey becomes."""
    kind = TYPES[plan.asked.type][0]
    fields = _READERS[kind](plan, reading) if kind in _READERS else {}
    fields = {"kind": kind, "look": LOOKS.get(plan.asked.type)} | _common(plan, reading) | fields
    valid = [fields.pop("valid", None), fields.pop("checked", None)]
    fields["valid_if"] = written(both(*valid))
    question = Question(name=plan.name, source=plan.asked.qid, **fields)
    return [question, *_comments(plan, question)]


def _common(plan: Plan, reading: Reading) -> Fields:
    """What questions of every type have."""
    asked = plan.asked
    mandatory = asked.row.get("mandatory", "N")
    words = wording(plan, reading)
    checked, said = _checked(plan, reading)
    random = asked.on("random_order") or "random" in (
        asked.attribute("answer_order"),
        asked.attribute("subquestion_order"),
    )
    return {
        "text": words,
        "show_if": written(relevance_of(plan, reading)),
        "required": mandatory == "Y" and asked.type not in "X|I",
        "requested": mandatory == "S" and asked.type not in "X|I",
        "randomize": random,
        "checked": checked,
        "valid_text": said,
    }


def wording(plan: Plan, reading: Reading) -> str:
    """The question's words with its help, its code where it has none."""
    asked, texts = plan.asked, reading.texts
    both_texts = {
        language: text + (f"<br />{asked.helps[language]}" if asked.helps.get(language, "").strip() else "")
        for language, text in asked.texts.items()
    }
    if asked.helps.get(texts.language, "").strip():
        reading.fidelity.changed("help", asked.place, "is the end of the wording here")
    words = texts.of(both_texts, asked.place, plan.name)
    if words is None:
        reading.fidelity.changed("wording", asked.place, f"has no words; its code {asked.code!r} stands for them")
    return words or asked.code or plan.name


# -- kinds -----------------------------------------------------------------------------------------------------------


def _choice(plan: Plan, reading: Reading) -> Fields:
    options = options_of(plan, reading)
    real = [option for option in options if not option.missing]
    if len(options) < 1 or not real:
        raise InstrumentError("has no answer options")
    return {"options": options, "kind": _kind_of_list(plan, options, reading)}


def _kind_of_list(plan: Plan, options: tuple[Option, ...], reading: Reading) -> str:
    """A list is a scale where our writer says so, or its labels do."""
    said = _said_kind(plan)
    if said in ("single", "scale", "nps"):
        return said
    labels = [option.label for option in options if not (option.missing or option.specify)]
    if plan.asked.type not in "L!O" or not look_ordered(labels):
        return TYPES[plan.asked.type][0]
    reading.fidelity.changed("scale", plan.asked.place, "its answers are taken for a scale, by their words")
    return "scale"


def _said_kind(plan: Plan) -> str | None:
    """The kind that our writer said by a class."""
    classes = plan.asked.attribute("cssclass").split()
    return next((one.removeprefix(KIND_CLASS) for one in classes if one.startswith(KIND_CLASS)), None)


def _multiple(plan: Plan, reading: Reading) -> Fields:
    options = boxes_of(plan, reading)
    fields: Fields = {"options": options}
    limits = []
    for attribute, field, sign in (("min_answers", "at_least", ">="), ("max_answers", "at_most", "<=")):
        value = _number(plan, attribute)
        if isinstance(value, int) and 0 <= value <= len(options):
            fields[field] = value or None
        elif plan.asked.attribute(attribute):
            limits.append(_limit(plan, attribute, Call("count", (Name(plan.name),)), sign, reading))
    return fields | {"valid": both(*limits)}


def _rank(plan: Plan, reading: Reading) -> Fields:
    options = options_of(plan, reading) if plan.asked.answers else boxes_of(plan, reading)
    ranked = _number(plan, "max_answers") or _number(plan, "max_subquestions")
    fields: Fields = {"options": options}
    if isinstance(ranked, int) and 1 <= ranked < len(options):
        fields["ranked"] = ranked
    if plan.asked.attribute("min_answers"):
        words = f"at least {plan.asked.attribute('min_answers')} of them in order: not kept"
        reading.fidelity.lost("limit to answers", plan.asked.place, words)
    return fields


def _grid(plan: Plan, reading: Reading) -> Fields:
    return {"options": options_of(plan, reading), "rows": rows_of(plan, reading)}


def _numeric(plan: Plan, reading: Reading) -> Fields:
    if plan.asked.type == "K":
        return _numbers(plan, reading)
    fields, valid = _range(plan, [plan.name], reading)
    if _said_kind(plan) == "slider" and {"minimum", "maximum"} <= set(fields):
        fields["kind"] = "slider"
    return fields | {"valid": valid, "unit": _unit(plan, reading)}


def _numbers(plan: Plan, reading: Reading) -> Fields:
    """Several numbers: with a fixed sum a `sum`, with sliders sliders, else numbers in rows."""
    asked = plan.asked
    total = _number(plan, "equals_num_value")
    if total is not None and total > 0 and asked.type == "K":
        fields = _sum_limits(plan, reading)
        return fields | {
            "kind": "sum",
            "options": boxes_of(plan, reading),
            "total": total,
            "unit": _unit(plan, reading),
        }
    rows = rows_of(plan, reading)
    columns = [f"{plan.name}_{row.name}" for row in rows]
    fields, valid = _range(plan, columns, reading)
    sums = [
        _limit(plan, attribute, _sum(columns), sign, reading)
        for attribute, sign in (("equals_num_value", "=="), ("min_num_value", ">="), ("max_num_value", "<="))
        if asked.attribute(attribute) or asked.attribute(_OLDER[attribute])
    ]
    if asked.on("slider_layout"):
        fields = _slider(plan) | {"kind": "slider"}
    return fields | {"rows": rows, "valid": both(valid, *sums), "unit": _unit(plan, reading)}


def _sum(columns: list[str]) -> Expression:
    return Call("sum", tuple(Name(column) for column in columns)) if columns else Number(0)


#: attributes under the names of older versions
_OLDER = {
    "equals_num_value": "num_value_equals_sgqa", "min_num_value": "min_num_value_sgqa",
    "max_num_value": "max_num_value_sgqa",
}  # fmt: skip


def _sum_limits(plan: Plan, reading: Reading) -> Fields:
    """Limits to the numbers of a sum are limits that answers must meet."""
    columns = [f"{plan.name}_{code}" for code in plan.rows.values()]
    limits = [
        Compare(sign, Name(column), Number(limit))
        for attribute, sign in (("min_num_value_n", ">="), ("max_num_value_n", "<="))
        if (limit := _number(plan, attribute)) is not None and not (attribute == "min_num_value_n" and limit <= 0)
        for column in columns
    ]
    return {"valid": both(*limits), "decimals": 0 if plan.asked.on("num_value_int_only") else None}


def _slider(plan: Plan) -> Fields:
    low, high = _number(plan, "slider_min"), _number(plan, "slider_max")
    low, high = 0 if low is None else low, 100 if high is None else high
    step = _number(plan, "slider_accuracy")
    return {"minimum": low, "maximum": high if high > low else low + 100, "step": step if step and step > 0 else None}


def _range(plan: Plan, columns: list[str], reading: Reading) -> tuple[Fields, Expression | None]:
    """Limits of numbers; those that depend on other answers are conditions that answers must meet."""
    fields: Fields = {}
    valid = []
    for attribute, field, sign in (("min_num_value_n", "minimum", ">="), ("max_num_value_n", "maximum", "<=")):
        value = _number(plan, attribute)
        if value is not None:
            fields[field] = value
        elif plan.asked.attribute(attribute):
            valid += [_limit(plan, attribute, Name(column), sign, reading) for column in columns]
    if None not in (low := fields.get("minimum"), high := fields.get("maximum")) and low >= high:
        words = f"from {low:g} to {high:g} is no range; the limits are left away"
        reading.fidelity.changed("limit to answers", plan.asked.place, words)
        fields = {}
    if plan.asked.on("num_value_int_only"):
        fields["decimals"] = 0
    return fields, both(*valid)


def _unit(plan: Plan, reading: Reading) -> str | None:
    """What stands behind the field; what stands before it is not kept."""
    before = reading.texts.of(plan.asked.attributes.get("prefix", {}), f"{plan.asked.place}, prefix")
    if before:
        reading.fidelity.lost("prefix", plan.asked.place, f"{before!r} before the field")
    return reading.texts.of(plan.asked.attributes.get("suffix", {}), f"{plan.asked.place}, suffix")


def _open(plan: Plan, reading: Reading) -> Fields:
    asked = plan.asked
    if asked.type in "SQ" and asked.on("numbers_only"):
        fields = _numbers(plan, reading) if asked.type == "Q" else _numeric(plan, reading)
        return fields | {"kind": fields.get("kind", "numeric")}
    longest = _number(plan, "maximum_chars")
    fields = {
        "several_lines": asked.type in "TU",
        "longest": longest if isinstance(longest, int) and longest > 0 else None,
        "format": _format(plan, reading),
    }
    for attribute in ("prefix", "suffix"):
        words = reading.texts.of(asked.attributes.get(attribute, {}), f"{asked.place}, {attribute}")
        if words:
            reading.fidelity.lost(attribute, asked.place, f"{words!r} beside the field")
    return fields | ({"rows": rows_of(plan, reading)} if asked.type == "Q" else {})


def _format(plan: Plan, reading: Reading) -> str | None:
    """A regular expression that answers have to fit, where it is a format of ours."""
    regex = plan.asked.row.get("preg", "").strip()
    if not regex or plan.asked.type not in "SQTU":
        return None
    if only_digits(regex) or r"\w@" in regex or "@[" in regex:
        found = "number" if only_digits(regex) else "email"
        reading.fidelity.changed(
            "validation", plan.asked.place, f"the pattern {regex[:100]!r} is the format {found!r} here"
        )
        return found
    return None


def _date(plan: Plan, reading: Reading) -> Fields:
    form = plan.asked.attribute("date_format").lower()
    if form and not any(sign in form for sign in "dmy".replace("m", "")):
        return {"kind": "open", "format": "time"}
    if "h" in form:
        reading.fidelity.lost("time of day", plan.asked.place, f"of the format {form!r} the day is kept")
    return {}


def _side_by_side(plan: Plan, reading: Reading) -> Fields:
    if plan.grid_of_boxes:
        options = tuple(Option(plan.columns[sub.code], label, source=sub.code) for sub, label in _headed(plan, reading))
        return {"kind": "grid_multiple", "options": options, "rows": rows_of(plan, reading)}
    rows = rows_of(plan, reading)
    columns = _scales(plan, reading) if plan.asked.type == "1" else _fields(plan, rows, reading)
    return {"rows": rows, "columns": tuple(columns)}


def _headed(plan: Plan, reading: Reading) -> list[tuple[Any, str]]:
    labels = dict(columns_of(plan, reading))
    return [(sub, labels[str(plan.columns[sub.code])]) for sub in plan.asked.subs if sub.scale == 1]


def _scales(plan: Plan, reading: Reading) -> list[Question]:
    found = []
    for scale, attribute in ((0, "dualscale_headerA"), (1, "dualscale_headerB")):
        place = f"{plan.asked.place}, scale {scale + 1}"
        header = reading.texts.of(plan.asked.attributes.get(attribute, {}), place, f"{plan.name}/columns/{scale}")
        options = options_of(plan, reading, scale)
        if not options:
            raise InstrumentError(f"scale {scale + 1} has no answer options")
        found.append(Question(str(scale), "scale", header or f"Scale {scale + 1}", options))
    return found


def _fields(plan: Plan, rows: tuple[Row, ...], reading: Reading) -> list[Question]:
    """Columns of an array of numbers or texts."""
    asked = plan.asked
    limits: Fields = {"kind": "open"}
    if asked.type == ":":
        low, high, step = (_number(plan, f"multiflexible_{end}") for end in ("min", "max", "step"))
        chosen = not asked.on("input_boxes")  # a list of numbers: 1 to 10 unless it says otherwise
        low, high = (1 if low is None and chosen else low), (10 if high is None and chosen else high)
        if low is not None and high is not None and low >= high:
            low = high = None
        limits = {"kind": "numeric", "minimum": low, "maximum": high, "step": step if step and step > 0 else None}
    elif asked.on("numbers_only"):
        limits = {"kind": "numeric"}
    return [Question(name=name, text=text, **limits) for name, text in columns_of(plan, reading)]


_READERS: dict[str, Callable[[Plan, Reading], Fields]] = {
    "single": _choice, "scale": _choice, "multiple": _multiple, "rank": _rank, "grid": _grid, "numeric": _numeric,
    "open": _open, "date": _date, "side_by_side": _side_by_side,
}  # fmt: skip


# -- limits and validation -------------------------------------------------------------------------------------------


def _number(plan: Plan, attribute: str) -> int | float | None:
    """An attribute that is a number written out."""
    value = plan.asked.attribute(attribute)
    try:
        found = float(value)
    except ValueError:
        return None
    if not abs(found) < 2**53:
        return None
    return int(found) if found.is_integer() else found


def _limit(plan: Plan, attribute: str, value: Expression, sign: str, reading: Reading) -> Expression | None:
    """A limit that is written as an expression, as a condition; who left the question out meets it."""
    text = plan.asked.attribute(attribute) or plan.asked.attribute(_OLDER.get(attribute, ""))
    try:
        limit = Translation(text, reading.lookup).value()
    except (NotRead, InstrumentError) as problem:
        reading.fidelity.lost("limit to answers", plan.asked.place, f"{attribute} {text[:200]!r}: {problem}")
        return None
    reading.fidelity.taken("limit to answers")
    opposite = {">=": "<", "<=": ">", "==": "!="}[sign]
    return Not(Compare(opposite, value, limit))


def _checked(plan: Plan, reading: Reading) -> tuple[Expression | None, str | None]:
    """The validation of the question and of each of its sub-questions, and what is said when it fails."""
    asked = plan.asked
    place = f"{asked.place}, validation"
    found = [reading.condition(asked.attribute("em_validation_q"), "validation", place, asked.code)]
    each = asked.attribute("em_validation_sq")
    for sub in asked.subs if each else ():
        reading.lookup.this = f"{asked.code}_{sub.code}"
        found.append(reading.condition(each, "validation", f"{place} of {sub.code}", asked.code))
    if each and not asked.subs:
        reading.lookup.this = asked.code
        found.append(reading.condition(each, "validation", place, asked.code))
    reading.lookup.this = None
    tips = [asked.attributes.get(f"em_validation_{part}_tip", {}) for part in ("q", "sq")]
    said = [words for tip in tips if (words := reading.texts.of(tip, place))]
    condition = both(*found)
    return condition, (" ".join(said) or None) if condition is not None else None


def _comments(plan: Plan, question: Question) -> list[Question]:
    """The comments of a list or a multiple choice with comments, as a question of its own."""
    return [comment_of(question)] if plan.asked.type in "OP" else []


def comment_of(question: Question) -> Question:
    """The question for comments: one text beside a list, one for each box that is ticked beside a multiple choice."""
    shared = {"kind": "open", "text": _COMMENT, "show_if": question.show_if, "source": question.source}
    if question.kind != "multiple":
        return Question(name=f"{question.name}_comment", several_lines=True, **shared)
    rows = tuple(
        Row(
            f"{option.code}comment",
            option.label,
            str(Call("selected", (Name(question.name), constant(option.code)))),
            column=f"{question.name}_{option.code}comment",
        )
        for option in question.options
    )
    return Question(name=f"{question.name}_comment", rows=rows, **shared)
