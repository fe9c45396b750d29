"""Routing: under which conditions the questions of an instrument are put, and whether these conditions can be met.

Conditions are written in the language of `populace.survey.expressions`. What respondents said is not known here:
`populace.simulation.said` carries conditions out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from populace.errors import InstrumentError
from populace.survey.expression_checks import Known, problems, scope_of
from populace.survey.expression_records import Expression, names_in
from populace.survey.expressions import parse
from populace.survey.instrument import Instrument
from populace.survey.names import listed, shown
from populace.survey.question import Question

__all__ = ["condition_of", "routing_problems"]


def condition_of(question: Question) -> Expression | None:
    """The condition under which a question is put, None for always. Raises `InstrumentError` naming the question."""
    if question.show_if is None:
        return None
    try:
        return parse(question.show_if)
    except InstrumentError as problem:
        raise InstrumentError(f"question {question.name!r}, show_if: {problem}") from None


def routing_problems(
    instrument: Instrument, known: Mapping[str, Known] | None = None, silent: Iterable[str] = ()
) -> Iterator[InstrumentError]:
    """Conditions that cannot be carried out, in the order of the questions.

    known: what is known of respondents beforehand, by name; None where nobody knows yet, and any name may be among it.
    silent: items that will have no answer. A condition may name what is known and what is asked before its question.
    """
    scope = dict(known or {}) | scope_of(instrument)
    # who is known may have answered a background that is asked at the end
    beforehand = {item.name for item in instrument.items("background")} if known is None else set(known)
    later = {question.name: _names_from(instrument, question) for question in instrument.questions if question.show_if}
    for question in instrument.questions:
        try:
            condition = condition_of(question)
        except InstrumentError as problem:
            yield problem
            continue
        if condition is not None:
            own = dict.fromkeys(names_in(condition), Known("unknown")) | scope if known is None else scope
            places = {"later": later[question.name] - beforehand, "silent": set(silent)}
            for words in (*problems(condition, own, "truth"), *_unanswered(condition, **places)):
                yield InstrumentError(f"question {question.name!r}, show_if {shown(question.show_if)}: {words}")


def _names_from(instrument: Instrument, question: Question) -> set[str]:
    """Names of this question and of those after it."""
    questions = instrument.questions
    after = questions[questions.index(question) :]
    return {name for one in after for name in (one.name, *(item.name for item in one.items()))}


def _unanswered(condition: Expression, later: set[str], silent: set[str]) -> Iterator[str]:
    """Names that have no answer yet, or will have none: their conditions would be met by nobody, or by everybody."""
    names = set(names_in(condition))
    if names & later:
        yield f"{listed(sorted(names & later))} is asked later; expected what is asked before: change the order"
    if names & silent:
        yield f"{listed(sorted(names & silent))} is left out and has no answer: take it out of the condition"
