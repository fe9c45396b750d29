"""Translations of wordings as Qualtrics has them: beside the question, choice by choice."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from populace.survey.formats.qsf_write_ids import Ids
from populace.survey.formats.qsf_write_texts import TextWriter
from populace.survey.instrument import Instrument


def translated(
    instrument: Instrument,
    ids: Ids,
    language: str,
    texts: Mapping[str, str],
    writer: TextWriter,
    texts_only: Container[str],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(question, its texts) in one language. texts_only: questions that are but a text in the file."""
    fidelity = writer.fidelity
    places = {key: place for key, place in _places(instrument, ids) if place[2] == "" or place[0] not in texts_only}
    found: dict[str, dict[str, Any]] = {}
    for key, text in texts.items():
        if key not in places:
            fidelity.lost(
                "translated text", f"{language}, {key}", "only wordings, options and rows are translated there"
            )
            continue
        name, part, id = places[key]
        html = writer.html(text, f"{language}, {key}")
        content = found.setdefault(name, {})
        if part == "QuestionText":
            content[part] = html
        else:
            content.setdefault(part, {})[id] = {"Display": html}
        fidelity.taken("translated text")
    yield from found.items()


def _places(instrument: Instrument, ids: Ids) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Place of a text -> (question, part, id of the choice)."""
    for question in instrument.questions:
        own = ids.questions[question.name]
        yield question.name, (question.name, "QuestionText", "")
        answers = "Answers" if question.kind in ("grid", "grid_multiple") else "Choices"
        for option in question.options if question.kind not in ("numeric", "slider", "choice_task") else ():
            yield f"{question.name}/options/{option.code}", (question.name, answers, own.options[option.code])
        for row in question.rows:
            yield f"{question.name}/rows/{row.name}", (question.name, "Choices", own.rows[row.name])
