"""Five published Qualtrics studies, with the real answers of their respondents: logic, layout and audit end to end."""

import csv

import numpy as np
import polars as pl
import pytest

from populace.data.audit import audit
from populace.data.codebook import RESPONDENT, Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import qualtrics
from populace.models.fake import FakeModel
from populace.simulation.simulate import simulate
from populace.survey.formats.foreign import import_instrument
from populace.survey.instrument import read_instrument
from populace.survey.reach import reach
from populace.survey.scale import Option

STUDIES = {"accuracy_nudges": 1003, "default_eric": 600, "infotainment": 300, "junk_fees": 400, "privacy": 1200}
#: kinds of columns whose cells must come out as they went in
EXACT = ("answer", "choices", "order", "embedded")


@pytest.fixture(scope="module", params=STUDIES)
def study(request, corpora):
    folder = corpora / "twin2k" / request.param
    imported = import_instrument(folder / "survey.qsf")
    answers, found = qualtrics.read(folder / "response.csv", imported.instrument, "TWIN_ID")
    return folder, imported, answers, found


def cells(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    return rows[:3], [row for row in rows[3:] if any(row)]


def test_every_answer_of_the_export_finds_its_question(study):
    folder, imported, answers, found = study
    assert answers.n == STUDIES[folder.name]
    asked = {item.name for item in imported.instrument.items()}
    there = {name for name in answers.answers.columns if name in asked}
    assert found.counts["answer"] == len(there) > 0
    assert not [note for note in found.notes if "no choices of the question" in note]


def test_what_people_answered_keeps_the_rules_of_the_imported_logic(study):
    _, imported, answers, _ = study
    judged = audit(imported.instrument, answers)
    assert judged.lines() == []
    closed = [item.name for item in imported.instrument.items() if not item.open and item.name in answers.codebook]
    # all of them finished: whoever was put a closed question answered it, no more and no fewer
    assert {name: judged.put[name] for name in closed} == {name: judged.answered[name] for name in closed}


#: conditions that answers can contradict: of branches, and of questions with a column; the others show texts
CONDITIONS = {"accuracy_nudges": 9, "default_eric": 0, "infotainment": 0, "junk_fees": 28, "privacy": 6}


def test_any_condition_turned_into_its_opposite_is_noticed(study):
    folder, imported, answers, _ = study
    content = imported.instrument.to_dict()
    places = [place for place in conditions_in(content) if can_be_contradicted(place, imported.instrument, answers)]
    assert len(places) == CONDITIONS[folder.name]
    for holder, key in places:
        before = holder[key]
        holder[key] = f"not ({before})"
        assert audit(read_instrument(content), answers).total, before
        holder[key] = before


def conditions_in(content):
    """(mapping, key) of every condition in an instrument's plain data."""
    if isinstance(content, dict):
        yield from ((content, key) for key in ("show_if", "when") if isinstance(content.get(key), str))
    for part in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from conditions_in(part)


def can_be_contradicted(place, instrument, answers) -> bool:
    """Does the condition decide over closed answers that the export has?"""
    holder, key = place
    if key == "when" or "kind" not in holder:
        return True
    items = instrument.question(holder["name"]).items()
    return any(not item.open and item.name in answers.codebook for item in items)


def test_every_question_can_be_reached(study):
    assert reach(study[1].instrument).proven


def test_the_real_answers_are_written_back_to_the_letter(study, tmp_path):
    folder, imported, answers, _ = study
    out = tmp_path / "again.csv"
    assert qualtrics.write(answers, imported.instrument, out, like=folder / "response.csv") == []
    (headers, before), (again, after) = cells(folder / "response.csv"), cells(out)
    export, columns = qualtrics.load(folder / "response.csv"), qualtrics.Columns(imported.instrument)
    assert [row[: len(headers[0])] for row in again] == headers
    for place, header in enumerate(export.headers):
        if header.import_id and columns.meant(header.import_id, header.choice_id).kind in EXACT:
            assert [row[place] for row in before] == [row[place] for row in after], header.name


def test_a_panel_of_the_same_respondents_keeps_every_rule_and_reads_back_the_same(study, tmp_path):
    folder, imported, answers, _ = study
    people = people_with(answers.respondent_ids)
    panel = simulate(imported.instrument, people, FakeModel(), seed=1, skip_open=True)
    assert audit(imported.instrument, panel).lines() == []
    out = tmp_path / "panel.csv"
    qualtrics.write(panel, imported.instrument, out, like=folder / "response.csv")
    back, _ = qualtrics.read(out, imported.instrument)
    for item in imported.instrument.items():
        if not item.open and item.name in back.codebook:
            np.testing.assert_array_equal(back.values(item.name), panel.values(item.name)) if item.numeric else None
            assert back.codes(item.name).to_list() == panel.codes(item.name).to_list(), item.name


def people_with(ids) -> DataSet:
    """Respondents of whom only a sex is known."""
    sex = Variable("sex", "Sex", "single", (Option(1, "Male"), Option(2, "Female")), "background")
    ids = [str(one) for one in ids.tolist()]
    frame = pl.DataFrame({"respondent_id": ids, "sex": [1 + number % 2 for number in range(len(ids))]})
    return DataSet(frame, Codebook("people", "People", (RESPONDENT, sex)))
