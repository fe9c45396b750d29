"""What is said of the parts of a LimeSurvey file that are not taken: settings, attributes, other languages."""

from __future__ import annotations

from collections import Counter

from populace.survey.formats.limesurvey_plans import Plan
from populace.survey.formats.limesurvey_reading import Reading
from populace.survey.formats.limesurvey_types import LAYOUT

#: attributes that are read
_READ = {
    "alphasort", "answer_order", "array_filter", "array_filter_exclude", "cssclass", "date_format", "dualscale_headerA",
    "dualscale_headerB", "em_validation_q", "em_validation_q_tip", "em_validation_sq", "em_validation_sq_tip",
    "equals_num_value", "equation", "exclude_all_others", "hidden", "input_boxes", "keep_codes_order", "max_answers",
    "max_num_value", "max_num_value_n", "max_num_value_sgqa", "max_subquestions", "maximum_chars", "min_answers",
    "min_num_value", "min_num_value_n", "min_num_value_sgqa", "multiflexible_checkbox", "multiflexible_max",
    "multiflexible_min", "multiflexible_step", "num_value_equals_sgqa", "num_value_int_only", "numbers_only",
    "other_position", "other_position_code", "other_replace_text", "prefix", "random_group",
    "random_order", "slider_accuracy", "slider_layout", "slider_max", "slider_min", "subquestion_order", "suffix",
}  # fmt: skip
#: values of attributes that say that nothing is changed
_OFF = {"", "0", "N", "default", "normal", "original"}


def note_attributes(plan: Plan, reading: Reading) -> None:
    """Attributes that are switched on and not taken, default answers, patterns, scripts."""
    asked, fidelity = plan.asked, reading.fidelity
    for name, values in asked.attributes.items():
        given = next((value for value in values.values() if value.strip() not in _OFF), None)
        if given is None or name in LAYOUT | _READ or name == "assessment_value":
            continue
        if name.startswith("time_limit") and asked.attribute("time_limit") in _OFF:
            continue
        fidelity.lost(f"attribute {name}", asked.place, f"{given[:200]!r}")
    if asked.attribute("alphasort") == "1" or "alphabetical" in (
        asked.attribute("answer_order"), asked.attribute("subquestion_order"),
    ):  # fmt: skip
        fidelity.lost("alphabetical order", asked.place, "answers stand in the order of the file")
    for sub, value in asked.defaults.items():
        if not (plan.role == "field" and sub == "0"):
            place = f"{asked.place}, sub-question {sub}" if sub != "0" else asked.place
            fidelity.lost("default answer", place, f"{value[:200]!r} is ticked or filled in beforehand")
    pattern = asked.row.get("preg", "").strip()
    if pattern:
        fidelity.lost("validation", asked.place, f"answers have to fit the pattern {pattern[:200]!r}")
    if asked.row.get("encrypted", "N") == "Y":
        fidelity.lost("encryption", asked.place, "answers are stored encrypted there")


def note_survey(reading: Reading) -> None:
    """Settings, e-mails, looks and texts in languages that the survey does not have."""
    raw, fidelity = reading.raw, reading.fidelity
    fidelity.lost("settings", "survey", f"{len(raw.settings)} settings: not needed to ask or answer")
    emails = sum(bool(text.strip()) for row in raw.words.values() for name, text in row.items() if "email" in name)
    if emails:
        fidelity.lost("e-mail", "survey", f"{emails} texts of e-mails: not needed to ask or answer")
    layout = Counter(
        name
        for plan in reading.listed
        for name, values in plan.asked.attributes.items()
        if name in LAYOUT and any(value.strip() not in _OFF for value in values.values())
    )
    if layout:
        words = f"{layout.total()} settings of how questions look: not needed to ask or answer"
        fidelity.lost("layout", "questions", words)
    _note_languages(reading)
    _note_scores(reading)
    if raw.settings.get("shownoanswer", "Y") not in ("N", "I") and any(
        plan.asked.row.get("mandatory", "N") == "N" for plan in reading.listed
    ):
        words = "LimeSurvey adds 'No answer' to closed questions that are not mandatory: here they are left out"
        fidelity.changed("no answer", "survey", words)


def _note_languages(reading: Reading) -> None:
    known = set(reading.raw.languages) | {""}
    strange = Counter(
        language
        for asked in reading.raw.asked
        for one in (asked, *asked.subs, *asked.answers)
        for language in one.texts
        if language not in known
    )
    for language, count in strange.items():
        words = f"{count} texts in a language that the survey does not have"
        reading.fidelity.lost("language", f"language {language}", words)
    for group in reading.raw.groups:
        further = [language for language in reading.raw.languages[1:] if group.titles.get(language, "").strip()]
        if further and group.titles.get(further[0]) != group.titles.get(reading.raw.languages[0]):
            reading.fidelity.lost("translation", f"group {group.gid}, title", "translations have no place for it")
    for words in (row for language, row in reading.raw.words.items() if language in reading.raw.languages[1:]):
        for name in ("surveyls_title", "surveyls_description", "surveyls_endtext"):
            if words.get(name, "").strip():
                place = f"{name.removeprefix('surveyls_')}, {words.get('surveyls_language', '')}"
                reading.fidelity.lost("translation", place, "translations have no place for it")


def _note_scores(reading: Reading) -> None:
    """Points that answers earn: kept nowhere, and needed only where LimeSurvey adds them up."""
    raw = reading.raw
    points = sum(answer.score.strip() not in ("", "0") for asked in raw.asked for answer in asked.answers)
    points += sum(asked.attribute("assessment_value") not in _OFF for asked in raw.asked)
    if not points:
        return
    used = raw.settings.get("assessments") == "Y"
    words = "add them up in computed values" if used else "LimeSurvey does not add them up in this survey"
    reading.fidelity.lost("score", "survey", f"points of {points} answers and questions: {words}")
