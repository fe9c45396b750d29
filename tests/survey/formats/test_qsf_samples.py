"""Real survey files of Qualtrics: nothing is dropped without a note, and all reads back what is written."""

import json
from collections import Counter

import pytest

from populace.survey.formats import qsf

#: of the folder with corpora
SAMPLES = [
    "conjoint/projoint_communities/survey.qsf",
    "instruments/qualtrics/qualtricstools/Many_Different_Question_Types/Sample_Survey.qsf",
    "instruments/qualtrics/qualtricstools/Multiple_Answer_Matrix_Questions/Multiple_Answer_Matrix_Questions.qsf",
    "instruments/qualtrics/qualtricstools/Survey_Logic/Survey_Logic_EVERYWHERE.qsf",
    "twin2k/accuracy_nudges/survey.qsf",
    "twin2k/default_eric/survey.qsf",
    "twin2k/infotainment/survey.qsf",
    "twin2k/junk_fees/survey.qsf",
    "twin2k/privacy/survey.qsf",
]


def _values(part):
    return [*part.values()] if isinstance(part, dict) else part or []


def _steps(flow):
    for step in _values(flow):
        yield step
        yield from _steps(step.get("Flow"))


def counted(path):
    """What a file holds, counted without the reader."""
    listed = json.loads(path.read_text(encoding="utf-8"))["SurveyElements"]
    defined = {one["Payload"]["QuestionID"]: one["Payload"] for one in listed if one["Element"] == "SQ"}
    blocks = [block for one in listed if one["Element"] == "BL" for block in _values(one["Payload"])]
    members = [member for one in blocks if one["Type"] != "Trash" for member in _values(one.get("BlockElements"))]
    found = Counter(skip=sum(len(member.get("SkipLogic") or []) for member in members))
    for raw in (defined[member["QuestionID"]] for member in members if member["Type"] == "Question"):
        found["question"] += 1
        found["display logic"] += bool(raw.get("DisplayLogic"))
        if raw["QuestionType"] not in ("Timing", "Meta", "Captcha", "DB"):
            listed_choices = [one for key in ("Choices", "Answers") for one in _values(raw.get(key)) if one]
            found["display logic of a choice"] += sum(bool(one.get("DisplayLogic")) for one in listed_choices)
            found["choices"] += len(listed_choices)
            for side in _values(raw.get("AdditionalQuestions")):
                found["choices"] += len(_values(side.get("Answers")))
                found["side logic"] += bool(side.get("DisplayLogic"))
        order = raw.get("Randomization")
        found["random order"] += isinstance(order, dict) and order.get("Type") not in (None, "None")
    for step in (step for one in listed if one["Element"] == "FL" for step in _steps(one["Payload"]["Flow"])):
        found[step["Type"]] += 1
        found["embedded data"] += len(_values(step.get("EmbeddedData")))
    return found


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_element_of_a_real_survey_is_accounted_for(corpora, sample):
    raw = counted(corpora / sample)
    imported = qsf.read(corpora / sample, sample)
    fidelity = imported.fidelity
    rows = {element: (taken, changed, lost) for element, taken, changed, lost in fidelity.table()}

    def taken(*elements):
        return sum(rows.get(element, (0, 0, 0))[0] for element in elements)

    assert len(imported.instrument.questions) == taken("question") == raw["question"]
    assert taken("choice", "row", "column of texts") == raw["choices"]
    assert taken("skip") == raw["skip"] and taken("random order") == raw["random order"]
    assert taken("display logic") == raw["display logic"]
    assert taken("display logic of a choice") == raw["display logic of a choice"]
    assert raw["side logic"] == sum("all columns side by side are shown" in note.words for note in fidelity.notes)
    assert taken("branch") == raw["Branch"] and taken("embedded data") == raw["embedded data"]
    assert taken("block in the flow") == raw["Block"] + raw["Standard"]
    assert sum(rows.get("randomizer", (0,))) == raw["BlockRandomizer"]
    assert taken("group") == raw["Group"] and taken("ending") == raw["EndSurvey"]
    assert rows.get("web service", (0, 0, 0))[2] == raw["WebService"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_real_surveys_read_back_as_they_were_written(corpora, tmp_path, sample):
    instrument = qsf.read(corpora / sample, sample).instrument
    fidelity = qsf.write(instrument, tmp_path / "survey.qsf")
    back = qsf.read(tmp_path / "survey.qsf", "survey.qsf")
    assert back.instrument.content_hash == instrument.content_hash
    assert [one.source for one in back.instrument.questions] == [one.source for one in instrument.questions]
    lost = {note.element for note in fidelity.notes if note.outcome == "not taken"}
    assert lost <= ({"display logic", "display logic of a choice", "branch"} if "Logic" in sample else set())
