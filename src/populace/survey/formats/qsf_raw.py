"""The parts of a Qualtrics survey file (.qsf), in one shape: lists and dictionaries both occur for the same thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from populace.errors import FileRefused
from populace.survey.formats.fidelity import Fidelity

#: elements of the file that say nothing about asking or answering
_APART = {
    "RS": "response set", "STAT": "statistics", "NT": "note", "PL": "preview link", "BR": "branding", "PROJ": "project",
    "QG": "group of quotas",
}  # fmt: skip
#: questions, choices of all questions, and columns of answers of one file
_MOST, _MOST_CHOICES, _MOST_COLUMNS = 10_000, 200_000, 200_000


@dataclass
class Raw:
    """A file, element by element."""

    #: what the file says of the survey as a whole
    entry: Mapping[str, Any]
    #: QID -> definition
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: id -> block, trash left out
    blocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: steps of the flow
    flow: list[Any] = field(default_factory=list)
    #: settings of the survey
    options: dict[str, Any] = field(default_factory=dict)
    #: categories of scores
    scoring: dict[str, Any] = field(default_factory=dict)
    #: elements that say nothing about asking or answering -> how many
    apart: dict[str, int] = field(default_factory=dict)
    #: quotas
    quotas: list[dict[str, Any]] = field(default_factory=list)


def recognised(content: Any) -> bool:
    """Is this the content of a Qualtrics survey file?"""
    return isinstance(content, dict) and isinstance(content.get("SurveyElements"), list)


def parts_of(content: Any, place: str, fidelity: Fidelity) -> Raw:
    """The parts of a file's content; what is set aside is noted. Raises `FileRefused`."""
    if not recognised(content):
        raise FileRefused(f"{place} has no list of SurveyElements; expected a survey exported from Qualtrics: check it")
    raw = Raw(mapping(content.get("SurveyEntry")))
    for element in content["SurveyElements"]:
        _take(element, raw, fidelity)
    if len(raw.questions) > _MOST:
        raise FileRefused(f"{place} has {len(raw.questions):,} questions; expected at most {_MOST:,}: split it")
    _refuse_size(raw, place)
    for kind, count in raw.apart.items():
        fidelity.lost(kind, "the file", f"{count} of these: not needed to ask or answer")
    _set_aside_trash(raw, fidelity)
    return raw


def _refuse_size(raw: Raw, place: str) -> None:
    """Refuse what would take too long: every choice costs time, every column of answers too, once per round."""
    choices = {qid: len(entries(one.get("Choices"))) for qid, one in raw.questions.items()}
    answers = {qid: len(entries(one.get("Answers"))) for qid, one in raw.questions.items()}
    listed = sum(choices.values()) + sum(answers.values())
    if listed > _MOST_CHOICES:
        raise FileRefused(f"{place} has {listed:,} choices; expected at most {_MOST_CHOICES:,}: split it")
    columns = 0
    for block in raw.blocks.values():
        settings = mapping(mapping(block.get("Options")).get("LoopingOptions"))
        rounds = max(1, len(entries(settings.get("Static"))), choices.get(str(settings.get("QID")), 0))
        for qid in question_ids(block):
            question = raw.questions.get(qid, {})
            carried = str(mapping(question.get("DynamicChoices")).get("Locator")).split("/")[2:3]
            rows = choices.get(qid, 0) + sum(choices.get(one, 0) for one in carried)
            parts = sum(
                len(entries(one.get("Answers"))) or 1 for _, one in entries(question.get("AdditionalQuestions"))
            )
            columns += rounds * max(1, rows) * max(1, answers.get(qid, 0), parts)
    if columns > _MOST_COLUMNS:
        words = f"has questions for about {columns:,} columns of answers; expected at most {_MOST_COLUMNS:,}: split it"
        raise FileRefused(f"{place} {words}")


def _take(element: Any, raw: Raw, fidelity: Fidelity) -> None:
    """One element, into its place."""
    if not isinstance(element, dict):
        fidelity.lost("element", "SurveyElements", f"is {type(element).__name__}, no element")
        return
    kind, payload = str(element.get("Element")), element.get("Payload")
    match kind:
        case "SQ" if isinstance(payload, dict):
            _take_question(element, payload, raw, fidelity)
        case "BL":
            _take_blocks(payload, raw, fidelity)
        case "FL":
            raw.flow = members(mapping(payload).get("Flow"))
        case "SO":
            raw.options = mapping(payload)
        case "SCO":
            raw.scoring = mapping(payload)
        case "QO" if isinstance(payload, dict | list):
            one = isinstance(payload, dict) and ("Logic" in payload or "Occurrences" in payload)
            raw.quotas += [payload] if one else [quota for quota in members(payload) if isinstance(quota, dict)]
        case "QC":
            fidelity.taken("count of questions")
        case _ if kind in _APART:
            raw.apart[_APART[kind]] = raw.apart.get(_APART[kind], 0) + 1
        case _:
            fidelity.lost("element", f"element {kind!r}", "of a kind that is not known")


def _take_question(element: Mapping[str, Any], payload: dict[str, Any], raw: Raw, fidelity: Fidelity) -> None:
    qid = str(payload.get("QuestionID") or element.get("PrimaryAttribute") or "")
    if not qid or qid in raw.questions:
        fidelity.lost("question", qid or "a question without QuestionID", "its id is missing or stands twice")
        return
    raw.questions[qid] = payload


def _take_blocks(payload: Any, raw: Raw, fidelity: Fidelity) -> None:
    for block in members(payload):
        if not isinstance(block, dict):
            continue
        id = str(block.get("ID") or f"block {len(raw.blocks) + 1}")
        if id in raw.blocks:
            fidelity.lost("block", f"block {id}", "its id stands twice; the first counts")
            continue
        raw.blocks[id] = block


def _set_aside_trash(raw: Raw, fidelity: Fidelity) -> None:
    """Questions that were thrown away stay in the file; nobody is asked them."""
    for id, block in list(raw.blocks.items()):
        if block.get("Type") == "Trash":
            del raw.blocks[id]
            inside = [qid for qid in question_ids(block) if raw.questions.pop(qid, None) is not None]
            if inside:
                words = f"{len(inside)} questions of the trash ({', '.join(inside[:5])} …)"
                fidelity.lost("questions in the trash", f"block {id}", f"{words} are not part of the survey")


def question_ids(block: Mapping[str, Any]) -> Iterator[str]:
    """The questions of a block, in order."""
    for element in members(block.get("BlockElements")):
        if isinstance(element, dict) and element.get("Type") == "Question":
            yield str(element.get("QuestionID"))


def mapping(value: Any) -> dict[str, Any]:
    """A dictionary; of anything else (an empty list, false, null) an empty one."""
    return value if isinstance(value, dict) else {}


def members(value: Any) -> list[Any]:
    """The members of a list, or the values of a dictionary in the order of its numbered keys."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value[key] for key in sorted(value, key=_numbered)]
    return []


def entries(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """(id, definition) of choices, whether they come as a dictionary or as a list (whose ids are 1, 2, …)."""
    if isinstance(value, dict):
        return [(str(key), mapping(one)) for key, one in value.items()]
    if isinstance(value, list):
        return [(str(number), mapping(one)) for number, one in enumerate(value, 1) if one is not None]
    return []


def ordered(choices: Any, order: Any) -> list[tuple[str, dict[str, Any]]]:
    """(id, definition) in the order shown; what the order forgets follows in the order of the file."""
    found = dict(entries(choices))
    wanted = [str(one) for one in members(order) if isinstance(one, int | str)]
    places = dict.fromkeys(id for id in wanted if id in found)
    return [(id, found[id]) for id in (*places, *(id for id in found if id not in places))]


def yes(value: Any) -> bool:
    """Is a setting on? Qualtrics writes true, "true", "ON", 1."""
    return value is True or str(value).lower() in ("true", "on", "1", "yes")


def number(value: Any) -> float | None:
    """A number, also as text; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(str(value).strip().replace(",", ""))
    except ValueError:
        return None
    return found if abs(found) < 2**53 else None


def _numbered(key: str) -> tuple[int, str]:
    return (int(key), "") if str(key).isdecimal() else (2**31, str(key))
