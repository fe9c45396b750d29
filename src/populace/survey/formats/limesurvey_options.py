"""Options and rows of LimeSurvey questions: labels, codes, filters by earlier questions, "other", what excludes all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from populace.survey.expression_records import Call, Compare, Expression, Logic, Name, Not
from populace.survey.formats.labels import says_missing
from populace.survey.formats.limesurvey_names import constant
from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_raw import Asked, Sub
from populace.survey.formats.limesurvey_reading import Reading, written
from populace.survey.formats.limesurvey_types import BUILT_IN, TICKED
from populace.survey.formats.translated import both
from populace.survey.item import Row
from populace.survey.scale import Option

_FILTERS = ("array_filter", "array_filter_exclude")


def options_of(plan: Plan, reading: Reading, scale: int = 0) -> tuple[Option, ...]:
    """The answers of one scale, "other" at its place."""
    asked, codes = plan.asked, plan.answers.get(scale, {})
    if asked.type in BUILT_IN:
        _note_built_in(asked, reading)
        return tuple(Option(codes[word], label, source=word) for word, label in BUILT_IN[asked.type])
    found = []
    for answer in (one for one in asked.answers if one.scale == scale and one.code in codes):
        at = f"{plan.name}/options/{codes[answer.code]}"
        words = _label(answer.texts, f"{asked.place}, answer {answer.code}", at, answer.code, reading)
        found.append(Option(codes[answer.code], words, source=answer.code))
    if asked.type in "L!OR":
        found = [replace(one, show_if=_filter(plan, one.source or "", reading)) for one in found]
    return _finished(_with_other(found, plan, reading), plan, reading)


def boxes_of(plan: Plan, reading: Reading) -> tuple[Option, ...]:
    """The sub-questions as options: boxes to tick, things to rank, parts of a sum."""
    asked, found = plan.asked, []
    alone = _listed(asked.attribute("exclude_all_others")) if asked.type in TICKED else []
    for sub in _fresh(asked, plan, 0):
        code = plan.rows[sub.code]
        words = _label(sub.texts, f"{asked.place}, {sub.code}", f"{plan.name}/options/{code}", sub.code, reading)
        show_if = _sub_condition(sub, plan, reading)
        found.append(Option(code, words, exclusive=sub.code in alone, show_if=show_if, source=sub.code))
    return _finished(_with_other(found, plan, reading), plan, reading)


def rows_of(plan: Plan, reading: Reading) -> tuple[Row, ...]:
    """The sub-questions as rows."""
    asked, found = plan.asked, []
    fixed = _listed(asked.attribute("keep_codes_order"))
    for sub in _fresh(asked, plan, 0):
        name = str(plan.rows[sub.code])
        words = _label(sub.texts, f"{asked.place}, {sub.code}", f"{plan.name}/rows/{name}", sub.code, reading)
        show_if = _sub_condition(sub, plan, reading)
        found.append(Row(name, words, show_if, sub.code in fixed, source=sub.code))
        reading.fidelity.taken("row")
    return tuple(found)


def columns_of(plan: Plan, reading: Reading) -> list[tuple[str, str]]:
    """Name and heading of the columns of an array with two dimensions."""
    asked = plan.asked
    for sub in _fresh(asked, plan, 1):
        if sub.relevance.strip() not in ("", "1"):
            place = f"{asked.place}, column {sub.code}"
            reading.fidelity.lost("condition of a column", place, f"not taken: {sub.relevance[:200]}")
    part = "options" if plan.grid_of_boxes else "columns"
    found = []
    for sub in _fresh(asked, plan, 1):
        code, place = plan.columns[sub.code], f"{asked.place}, column {sub.code}"
        found.append((str(code), _label(sub.texts, place, f"{plan.name}/{part}/{code}", sub.code, reading)))
    return found


def _fresh(asked: Asked, plan: Plan, scale: int) -> list[Sub]:
    """Sub-questions of one scale, each code once."""
    known = plan.columns if scale else plan.rows
    first = {sub.code: sub for sub in reversed(asked.subs) if sub.scale == scale and sub.code in known}
    return [sub for sub in asked.subs if first.get(sub.code) is sub]


def _listed(value: str) -> list[str]:
    return [code.strip() for code in value.replace(",", ";").split(";") if code.strip()]


def _label(texts: dict[str, str], place: str, at: str, code: str, reading: Reading) -> str:
    words = reading.texts.of(texts, place, at)
    if words is None:
        reading.fidelity.changed("label", place, f"has no words; its code {code!r} stands for them")
    return words or code


def _note_built_in(asked: Asked, reading: Reading) -> None:
    if not reading.raw.languages[0].startswith("en"):
        words = "LimeSurvey fills these labels in by language; they are in English here"
        reading.fidelity.changed("built-in labels", asked.place, words)


def _with_other(options: list[Option], plan: Plan, reading: Reading) -> list[Option]:
    """The option that LimeSurvey adds, where `other_position` has it."""
    asked = plan.asked
    if plan.other is None:
        return options
    words = reading.texts.of(
        asked.attributes.get("other_replace_text", {}), f"{asked.place}, other", f"{plan.name}/options/{plan.other}"
    )
    show_if = _filter(plan, "other", reading)
    other = Option(plan.other, words or "Other", specify=True, show_if=show_if, source="other")
    where, code = asked.attribute("other_position"), asked.attribute("other_position_code")
    if where == "beginning":
        return [other, *options]
    place = next((n for n, one in enumerate(options, 1) if where == "specific" and one.source == code), len(options))
    return [*options[:place], other, *options[place:]]


def _finished(options: Sequence[Option], plan: Plan, reading: Reading) -> tuple[Option, ...]:
    """Labels made unique, what stands for no answer marked, places in random order kept."""
    asked, seen, found = plan.asked, set(), []
    fixed = _listed(asked.attribute("keep_codes_order"))
    for option in options:
        label, count = option.label, 1
        while label in seen:
            count += 1
            label = f"{option.label} ({count})"
        seen.add(label)
        if count > 1:
            words = f"label {option.label!r} stands twice; it is {label!r} here"
            reading.fidelity.changed("label", f"{asked.place}, answer {option.source}", words)
        found.append(replace(option, label=label, fixed=option.source in fixed))
        reading.fidelity.taken("answer option")
    return _missing(found, asked, reading)


def _missing(options: list[Option], asked: Asked, reading: Reading) -> tuple[Option, ...]:
    flags = [says_missing(option.label) for option in options]
    if all(flags):
        return tuple(options)
    for option, flag in zip(options, flags, strict=True):
        if flag:
            place = f"{asked.place}, answer {option.source}"
            reading.fidelity.changed("no answer", place, f"{option.label!r} is taken for no answer, by its words")
    return tuple(replace(option, missing=flag) for option, flag in zip(options, flags, strict=True))


# -- filters ---------------------------------------------------------------------------------------------------------


def _sub_condition(sub: Sub, plan: Plan, reading: Reading) -> str | None:
    place = f"{plan.asked.place}, {sub.code}"
    own = reading.condition(sub.relevance, "condition of a row or option", place, plan.asked.code)
    return written(both(_filters(plan, sub.code, reading), own))


def _filter(plan: Plan, code: str, reading: Reading) -> str | None:
    return written(_filters(plan, code, reading))


def _filters(plan: Plan, code: str, reading: Reading) -> Expression | None:
    """Array filters: shown where the sub-question of the same code of an earlier question has an answer, or none."""
    shown, hidden = _sources(plan, reading)
    given = [condition for source in shown if (condition := _given(source, code)) is not None]
    absent = [Not(condition) for source in hidden if (condition := _given(source, code)) is not None]
    return both(*given, *absent)


def _sources(plan: Plan, reading: Reading) -> tuple[list[Plan], list[Plan]]:
    """The questions that filter and those that exclude, with those that do so to these."""
    if plan.asked.qid not in reading.sources:
        found: dict[str, dict[str, Plan]] = {attribute: {} for attribute in _FILTERS}
        waiting = _filtering(plan)
        for _, code in waiting:
            if code in reading.plans:
                reading.fidelity.taken("array filter")
            else:
                reading.fidelity.lost("array filter", plan.asked.place, f"there is no question {code!r}")
        for attribute, code in waiting:  # grows while it is gone through
            source = reading.plans.get(code)
            if source is not None and code not in found[attribute]:
                found[attribute][code] = source
                waiting += _filtering(source)
        reading.sources[plan.asked.qid] = tuple(list(one.values()) for one in found.values())
    return reading.sources[plan.asked.qid]


def _filtering(plan: Plan) -> list[tuple[str, str]]:
    return [(attribute, code) for attribute in _FILTERS for code in _listed(plan.asked.attribute(attribute))]


def _given(source: Plan, code: str) -> Expression | None:
    """Has the sub-question of that code an answer? None when there is none of that code."""
    if source.asked.type == "R" and code in source.answers.get(0, {}):
        return Call("answered", (Name(f"{source.name}_{source.answers[0][code]}"),))
    if code == "other" and source.other is not None and source.asked.type in TICKED:
        return Call("selected", (Name(source.name), constant(source.other)))
    if code not in source.rows:
        return None
    row = source.rows[code]
    if source.asked.type in TICKED:
        return Call("selected", (Name(source.name), constant(row)))
    if source.grid_of_boxes:
        return Compare(">", Call("count", (Name(f"{source.name}_{row}"),)), constant(0))
    return _any_answered(_cells(source, row))


def _cells(source: Plan, row: int | str) -> list[str]:
    columns: Iterable[int | str] = (0, 1) if source.asked.type == "1" else source.columns.values()
    return [f"{source.name}_{column}_{row}" for column in columns] or [f"{source.name}_{row}"]


def _any_answered(columns: list[str]) -> Expression:
    answered = tuple(Call("answered", (Name(column),)) for column in columns)
    return answered[0] if len(answered) == 1 else Logic("or", answered)
