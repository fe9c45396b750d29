"""Which type of LimeSurvey one of our questions is."""

from __future__ import annotations

from collections.abc import Sequence

from populace.survey.formats.labels import look_ordered
from populace.survey.formats.limesurvey_types import BUILT_IN, LOOKS
from populace.survey.question import Question
from populace.survey.scale import Option

_BY_LOOK = {look: type for type, look in LOOKS.items()}


def type_of(question: Question, commented: bool) -> str | None:
    """The type, None for what LimeSurvey has none for. `commented`: with the comment that follows."""
    match question.kind:
        case "single" | "scale" | "nps":
            return _list(question, commented)
        case "multiple":
            return "P" if commented else "M"
        case "grid":
            return _grid(question)
        case "grid_multiple":
            return ":"
        case "side_by_side":
            return _side_by_side(question)
        case "numeric" | "slider":
            return "K" if question.rows else "N"
        case "open":
            return _open(question)
        case "technical":
            return {"file upload": "|", "language": "I"}.get(question.look or "")
    return {"rank": "R", "sum": "K", "date": "D", "display": "X"}.get(question.kind)


def _list(question: Question, commented: bool) -> str:
    if commented:
        return "O"
    built_in = {"single": "YG", "scale": "5"}.get(question.kind, "")
    for type in built_in:
        if _is_built_in(question.options, type) and not question.randomize and question.look is None:
            return type
    return "!" if question.look == "dropdown" else "L"


def _grid(question: Question) -> str:
    for type in "ABCE":
        if _is_built_in(question.options, type) and question.look is None:
            return type
    return "H" if question.look == "by column" else "F"


def _is_built_in(options: Sequence[Option], type: str) -> bool:
    """Are these the options that LimeSurvey fills in for a type, and nothing else?"""
    whole = type in "5AB"
    wanted = [(int(code) if whole else code, label) for code, label in BUILT_IN[type]]
    plain = [Option(code, label) for code, label in wanted]
    return [Option(one.code, one.label, one.missing, one.exclusive, one.off_scale, one.specify, one.show_if, one.fixed,
                   one.image) for one in options] == plain  # fmt: skip


def _side_by_side(question: Question) -> str | None:
    kinds = {column.kind for column in question.columns}
    if [column.name for column in question.columns] == ["0", "1"] and kinds <= {"single", "scale"}:
        return "1"
    if kinds == {"open"}:
        return ";"
    limits = {(column.minimum, column.maximum, column.step) for column in question.columns}
    return ":" if kinds == {"numeric"} and len(limits) == 1 else None


def _open(question: Question) -> str:
    if question.rows:
        return "Q"
    if question.several_lines:
        return "U" if question.look == "huge" else "T"
    return "S"


def said_kind(question: Question, type: str) -> str | None:
    """The kind that the class of a list has to say, because its labels would say another."""
    if type not in "L!O" and not (type == "N" and question.kind == "slider"):
        return None
    labels = [option.label for option in question.options if not (option.missing or option.specify)]
    looks = "scale" if look_ordered(labels) else "single"
    return None if question.kind == looks else question.kind
