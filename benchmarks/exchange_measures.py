"""Questionnaires and data of other tools: how fast they are read and written, and how fast the machine routes."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from timing import run_python


def routing(people: int, questions: int) -> dict[str, float]:
    """Respondent-questions a second that the instrument machine routes: conditions, skips, branches, random orders.

    The answers are drawn beforehand and not counted.
    """
    import numpy as np

    from populace.simulation.chance import respondent_keys, uniforms
    from populace.survey.formats.native import from_dict
    from populace.survey.walk import Walk

    class Dice:
        keys = respondent_keys(0, range(people))

        def uniforms(self, label: str, rows: Any) -> Any:
            return uniforms(self.keys[rows], label)

        def turns(self, rows: Any) -> Any:
            return rows

        def shared(self, label: str, numbers: Any) -> Any:
            return uniforms(respondent_keys(0, numbers.tolist()), label)

    instrument = from_dict(_questionnaire(questions))
    drawn = np.random.default_rng(0).integers(1, 6, people).astype(float)
    walk, put = Walk(instrument, people, {}, Dice()), 0
    start = time.process_time()
    steps = walk.visits()
    visit = next(steps, None)
    while visit is not None:
        put += len(visit.rows) * len(visit.items)
        try:
            visit = steps.send({item.name: drawn[visit.rows] for item in visit.items})
        except StopIteration:
            break
    seconds = time.process_time() - start
    return {"respondents": people, "questions": questions, "put": put, "seconds": seconds, "per_second": put / seconds}


def _questionnaire(questions: int) -> dict[str, Any]:
    """Blocks of twenty: every third question has a condition, every tenth a skip, every fifth block a random order."""
    blocks = []
    for start in range(0, questions, 20):
        random = start // 20 % 5 == 4
        block = {"id": f"b{start}", "randomize": random, "questions": []}
        for number in range(start, min(start + 20, questions)):
            question = {"name": f"q{number}", "kind": "scale", "text": f"Question {number}?", "options": list("abcde")}
            if not random and number % 3 == 1 and number > start:
                question["show_if"] = f"q{number - 1} >= 3 or q{number - 1} == 1"
            if not random and number % 10 == 5:
                question["skips"] = [{"to": "end of block", "when": f"q{number} == 5"}]
            block["questions"].append(question)
        blocks.append(block)
    flow = [{"block": block["id"]} for block in blocks]
    if len(blocks) > 2:
        branch = {"when": "q0 == 1", "then": [flow[1]], "otherwise": [flow[2]]}
        flow = [flow[0], {"branch": branch}, *flow[3:]]
    return {"id": "routing", "title": "Routing", "blocks": blocks, "flow": flow}


def importing(questions: int) -> dict[str, float]:
    """Seconds from a Qualtrics file of so many questions to an instrument, the confined process included."""
    from populace.survey.formats.foreign import import_instrument

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.qsf"
        path.write_text(json.dumps(_survey(questions)))
        start = time.perf_counter()
        imported = import_instrument(path)
        seconds = time.perf_counter() - start
    return {"questions": len(imported.instrument.questions), "seconds": seconds}


def _survey(questions: int) -> dict[str, Any]:
    """A Qualtrics file: five options each, every third question with display logic, forty to a block."""
    elements, blocks = [], []
    for number in range(1, questions + 1):
        if number % 40 == 1:
            blocks.append({"Type": "Standard", "ID": f"BL_{number}", "Description": "", "BlockElements": []})
        blocks[-1]["BlockElements"].append({"Type": "Question", "QuestionID": f"QID{number}"})
        payload = {
            "QuestionID": f"QID{number}",
            "QuestionType": "MC",
            "Selector": "SAVR",
            "SubSelector": "TX",
            "DataExportTag": f"v{number}",
            "QuestionText": f"<p>How much do you agree with statement <b>{number}</b>?</p>",
            "Choices": {str(place): {"Display": f"Answer {place} to it"} for place in range(1, 6)},
            "ChoiceOrder": [1, 2, 3, 4, 5],
            "Validation": {"Settings": {"ForceResponse": "ON", "ForceResponseType": "ON", "Type": "None"}},
        }
        if number % 3 == 2:
            where = f"q://QID{number - 1}/SelectableChoice/1"
            one = {"LogicType": "Question", "LeftOperand": where, "Operator": "Selected", "Type": "Expression"}
            payload["DisplayLogic"] = {"0": {"0": one, "Type": "If"}, "Type": "BooleanExpression"}
        elements.append({"Element": "SQ", "PrimaryAttribute": f"QID{number}", "Payload": payload})
    flow = [{"Type": "Block", "ID": block["ID"], "FlowID": f"FL_{place}"} for place, block in enumerate(blocks, 2)]
    elements += [{"Element": "BL", "Payload": blocks}, {"Element": "FL", "Payload": {"Type": "Root", "Flow": flow}}]
    return {"SurveyEntry": {"SurveyName": "Large", "SurveyLanguage": "EN"}, "SurveyElements": elements}


_SPSS = """
import json, resource, sys, time
import numpy as np, polars as pl
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset, write_dataset
from populace.survey.scale import Option
n, k, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
random = np.random.default_rng(0)
options = (*(Option(code, f"Label {code}") for code in range(1, 6)), Option(9, "Don't know", missing=True))
closed = [Variable(f"q{j}", f"How much do you agree with statement {j}?", "ordinal", options) for j in range(k)]
frame = pl.DataFrame({"respondent_id": [f"r{i}" for i in range(n)]}
                     | {f"q{j}": random.choice([1, 2, 3, 4, 5, 9], n) for j in range(k)})
dataset = DataSet(frame, Codebook("t", "T", (RESPONDENT, *closed)))
start = time.perf_counter(); write_dataset(dataset, path); written = time.perf_counter() - start
start = time.perf_counter(); again = read_dataset(path); read = time.perf_counter() - start
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
from pathlib import Path
Path(sys.argv[4]).write_text(json.dumps({"write_seconds": written, "read_seconds": read, "peak_megabytes": peak / 1024,
                  "equal": float(again.content_hash == dataset.content_hash)}))
"""


def spss(people: int, columns: int) -> dict[str, float]:
    """Seconds to write and to read an SPSS file, and the most memory that either process took."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        run_python(["-c", _SPSS, str(people), str(columns), str(Path(folder) / "t.sav"), str(found)], Path(folder))
        return {"respondents": people, "columns": columns, **json.loads(found.read_text())}
