"""Skips written as SurveyJS, which has none: what is skipped gets a condition that holds for everybody else."""

from __future__ import annotations

from populace.survey.expression_records import Expression, Truth
from populace.survey.expressions import parse
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.translated import joined, negated
from populace.survey.instrument import Block
from populace.survey.question import END_OF_SURVEY, Question

#: conditions that hold together
Conditions = tuple[Expression, ...]


def skipped(block: Block, under: Conditions, fidelity: Fidelity) -> tuple[dict[str, Conditions], Conditions]:
    """Question -> what must hold so that nobody skipped it; and what must hold after the block."""
    ends: Conditions = ()
    hidden: dict[str, Conditions] = {}
    names = [question.name for question in block.questions]
    for place, question in enumerate(block.questions):
        put = (*_put_if(question), *hidden.get(question.name, ()))
        for skip in question.skips:
            words = f"a skip to {skip.to!r}: what lies between has the opposite condition"
            fidelity.changed("skip", f"question {question.name!r}", words)
            goal = names.index(skip.to) if skip.to in names else len(names)
            when = () if skip.when is None else (parse(skip.when),)
            for passed in names[place + 1 : goal]:
                known = hidden.get(passed, ())
                hidden[passed] = (*known, _none_of(*(one for one in (*put, *when) if one not in known)))
            if skip.to == END_OF_SURVEY:
                ends = (*ends, _none_of(*under, *put, *when))
            put = (*put, _none_of(*when))  # the first skip that holds decides
    return hidden, ends


def _put_if(question: Question) -> Conditions:
    """Conditions under which a question is put: its own, and that there is something to choose."""
    own = () if question.show_if is None else (parse(question.show_if),)
    for members in (question.options, question.rows):
        shown = [member.show_if for member in members]
        if shown and all(shown):
            own = (*own, joined("or", *(parse(text) for text in shown if text)))
    return own


def _none_of(*conditions: Expression) -> Expression:
    """The opposite of all these conditions together; of none, which always hold, nothing."""
    together = joined("and", *conditions)
    return Truth(False) if together is None else negated(together)
