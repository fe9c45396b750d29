"""Remarks on logic: conditions, computed values and piping that name what is not there, translations of nothing."""

from __future__ import annotations

from collections.abc import Iterator

from populace.survey.expression_checks import known_item
from populace.survey.flow import CheckQuota, elements
from populace.survey.instrument import Instrument
from populace.survey.lint_remark import CAUTION, FAULT, Remark
from populace.survey.names import did_you_mean, shown
from populace.survey.question import Question
from populace.survey.routing import dependences, routing_problems


def unknown_names(instrument: Instrument) -> Iterator[Remark]:
    """Conditions, values and wordings that cannot be carried out as they are written."""
    background = {item.name: known_item(item) for item in instrument.items("background")}
    places = sorted({one.where for one in dependences(instrument)}, key=len, reverse=True)
    for problem in routing_problems(instrument, background):
        words = str(problem)
        place = next((place for place in places if words.startswith(place)), "")
        found, _, remedy = words[len(place) :].lstrip(": ").rpartition(": ")
        yield Remark("logic", FAULT, place or "logic", found or remedy, remedy if found else "correct it")


def unchecked_quotas(instrument: Instrument) -> Iterator[Remark]:
    """Quotas that stop nobody."""
    checked = {element.quota for element in elements(instrument.flow) if isinstance(element, CheckQuota)}
    for quota in instrument.quotas:
        if quota.name not in checked:
            remedy = f"add 'quota: {quota.name}' to the flow, after what it depends on"
            yield Remark("quota", CAUTION, f"quota {quota.name!r}", "is never checked, so it stops nobody", remedy)


def missing_places(instrument: Instrument) -> Iterator[Remark]:
    """Translations of texts that are not there."""
    places = {place for question in instrument.questions for place in places_of(question)}
    for language, texts in instrument.translations.items():
        for place in texts:
            if place not in places:
                yield Remark(
                    "translation",
                    CAUTION,
                    f"translations, {language}",
                    f"there is no text at {shown(place)}{did_you_mean(place, places)}",
                    "name a question, 'question/options/code' or 'question/rows/row'",
                )


def places_of(question: Question) -> Iterator[str]:
    """Where the texts of a question stand, as translations name them."""
    yield question.name
    yield from (f"{question.name}/options/{option.code}" for option in question.options)
    yield from (f"{question.name}/rows/{row.name}" for row in question.rows)
