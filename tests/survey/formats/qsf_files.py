"""Small survey files of Qualtrics, made by hand for the tests."""

import json
from pathlib import Path
from typing import Any

from populace.survey.formats import qsf
from populace.survey.formats.fidelity import Imported

Raw = dict[str, Any]


def choices(*labels: str, **more: Raw) -> Raw:
    """Choices 1, 2, … with these labels; `more` are fields of single ones, as c2={…}."""
    return {str(n): {"Display": label, **more.get(f"c{n}", {})} for n, label in enumerate(labels, 1)}


def question(qid: str, kind: str = "MC", selector: str = "SAVR", sub: str | None = "TX", **fields: Any) -> Raw:
    """A question; choices Yes and No where none are given and some are needed."""
    given = {"Choices": choices("Yes", "No"), "ChoiceOrder": ["1", "2"]} if kind == "MC" else {}
    return {
        "QuestionText": f"Text of {qid}", "DataExportTag": qid.replace("QID", "Q"), "QuestionType": kind,
        "Selector": selector, "SubSelector": sub, "Configuration": {}, "Language": [], "QuestionID": qid,
        "Validation": {"Settings": {"ForceResponse": "OFF", "Type": "None"}}, **given, **fields,
    }  # fmt: skip


def survey(
    *questions: Raw,
    blocks: list[Raw] | Raw | None = None,
    flow: list[Raw] | None = None,
    entry: Raw | None = None,
    elements: list[Raw] = (),
) -> Raw:
    """The content of a file; one block with all questions where none are given."""
    if blocks is None:
        blocks = [block("BL_1", *(one["QuestionID"] for one in questions))]
    listed = [*blocks.values()] if isinstance(blocks, dict) else blocks
    if flow is None:
        flow = [{"Type": "Block", "ID": one["ID"], "FlowID": f"FL_{n}"} for n, one in enumerate(listed, 2)]
    root = {"Type": "Root", "FlowID": "FL_1", "Flow": flow}
    return {
        "SurveyEntry": {"SurveyID": "SV_1", "SurveyName": "Tea", "SurveyLanguage": "EN", **(entry or {})},
        "SurveyElements": [
            {"Element": "BL", "Payload": blocks},
            {"Element": "FL", "Payload": root},
            *({"Element": "SQ", "PrimaryAttribute": one.get("QuestionID"), "Payload": one} for one in questions),
            *elements,
        ],
    }


def block(id: str, *members: str | Raw, **fields: Any) -> Raw:
    """A block of questions (by id), or of whole elements."""
    elements = [one if isinstance(one, dict) else {"Type": "Question", "QuestionID": one} for one in members]
    return {"Type": "Standard", "Description": f"Block {id}", "ID": id, "BlockElements": elements, **fields}


def term(
    locator: str, operator: str = "Selected", right: str | None = None, word: str | None = None, **more: Any
) -> Raw:
    """One comparison about a question."""
    content = {"LogicType": "Question", "LeftOperand": locator, "ChoiceLocator": locator, "Operator": operator, **more}
    content |= {"Type": "Expression"} | ({} if right is None else {"RightOperand": right})
    return content | ({} if word is None else {"Conjuction": word})


def embedded(name: str, operator: str, right: str | None = None, word: str | None = None) -> Raw:
    """One comparison about embedded data."""
    return term(name, operator, right, word, LogicType="EmbeddedField")


def logic(*sets: list[Raw], kinds: tuple[str, ...] = ()) -> Raw:
    """A condition of these sets."""
    found: Raw = {}
    for number, group in enumerate(sets):
        kind = kinds[number] if number < len(kinds) else "If"
        found[str(number)] = {**{str(n): one for n, one in enumerate(group)}, "Type": kind}
    return found | {"Type": "BooleanExpression"}


def write(content: Any, folder: Path) -> Path:
    """The content as a file."""
    path = folder / "survey.qsf"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def read(content: Any, folder: Path) -> Imported:
    """What is read from such a file."""
    return qsf.read(write(content, folder), "survey.qsf")


def words(imported: Imported, outcome: str) -> list[str]:
    """Element, place and words of the notes of one outcome; what every file has is left out."""
    notes = (note for note in imported.fidelity.notes if note.outcome == outcome)
    return [f"{note.element}: {note.place}: {note.words}" for note in notes]
