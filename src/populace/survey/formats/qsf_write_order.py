"""Random order of ours as Qualtrics has it: of choices and statements, and of the questions of a block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_write_ids import QuestionIds
from populace.survey.instrument import Block
from populace.survey.question import Question

#: stands in the place of whatever chance puts there
_ANY = "{~Randomized~}"


def randomization(question: Question, ids: QuestionIds, fidelity: Fidelity, place: str) -> dict[str, Any] | None:
    """The order of choices, or of statements where there are some; None where it is as written."""
    if question.kind in ("display", "technical", "choice_task", "date") or not (question.rows or question.options):
        return None
    if question.rows:
        members = [ids.rows[row.name] for row in question.rows]
        fixed = [ids.rows[row.name] for row in question.rows if row.fixed]
    else:
        members = [ids.options[option.code] for option in question.options]
        fixed = [ids.options[option.code] for option in question.options if option.fixed]
    if question.show_only is not None and not question.rows:
        if not question.randomize:
            words = "some are drawn, and shown in random order too: Qualtrics does not do one without the other"
            fidelity.changed("random order", place, words)
        _reversal(question, fidelity, place)
        return _subset(members, fixed, question.show_only)
    if question.show_only is not None:
        fidelity.lost("random subset of options", place, "a matrix shows all its scale points")
    if not question.randomize:
        return {"Type": "ScaleReversal", "Advanced": None, "TotalRandSubset": ""} if question.flip else None
    _reversal(question, fidelity, place)
    fidelity.taken("random order")
    if not fixed:
        return {"Type": "All", "Advanced": None, "TotalRandSubset": ""}
    return {"Type": "Advanced", "Advanced": seats(members, fixed, None), "TotalRandSubset": ""}


def _reversal(question: Question, fidelity: Fidelity, place: str) -> None:
    if question.flip:
        fidelity.lost("reversed scale", place, "an order is random or reversed there, not both")


def _subset(members: Sequence[str], fixed: Sequence[str], count: int) -> dict[str, Any]:
    if fixed:
        return {"Type": "Advanced", "Advanced": seats(members, fixed, count), "TotalRandSubset": ""}
    return {"Type": "SubSet", "Advanced": None, "TotalRandSubset": str(count)}


def seats(members: Sequence[str], fixed: Sequence[str], count: int | None) -> dict[str, Any]:
    """Seats: those of certain members, the others for whoever chance puts there."""
    keep = frozenset(fixed)
    moving = [one for one in members if one not in keep]
    drawn = count is not None
    return {
        "FixedOrder": [one if one in keep else _ANY for one in members],
        "RandomizeAll": [] if drawn else moving,
        "RandomSubSet": moving if drawn else [],
        "Undisplayed": [],
        "TotalRandSubset": count if drawn else 0,
        "QuestionsPerPage": 0,
    }


def block_order(block: Block, qids: Sequence[str], fidelity: Fidelity, place: str) -> dict[str, Any]:
    """What the options of a block say about the order of its questions."""
    if not block.randomize and block.pick is None:
        return {"RandomizeQuestions": "false"}
    if not block.randomize:
        words = "some are drawn, and put in random order too: Qualtrics does not do one without the other"
        fidelity.changed("random order of questions", place, words)
    fixed = [qid for qid, question in zip(qids, block.questions, strict=True) if question.fixed]
    order = {"Advanced": seats(qids, fixed, block.pick), "EvenPresentation": False}
    fidelity.taken("random order of questions")
    return {"RandomizeQuestions": "Advanced", "Randomization": order}
