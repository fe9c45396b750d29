"""What Qualtrics has no field for, kept in its files: it counts as long as the file says what it said."""

import json

import pytest

from populace.survey.formats import qsf
from populace.survey.formats.qsf_write import to_qsf
from populace.survey.question import Question
from populace.survey.scale import Option

from .test_qsf_write import THREE, back, element, instrument, lost, payload


def test_hints_count_only_while_the_file_says_what_it_said(tmp_path):
    whole = instrument(
        Question("a", "scale", "A?", (Option(1, "Tea"), Option(2, "Milk", missing=True))),
        Question("n", "numeric", "N?", unit="cups"),
    )
    content, fidelity = to_qsf(whole)
    assert payload(content, 2)["Configuration"]["Populace"] == {"unit": [None, "cups"]}
    assert (
        lost(fidelity, "changed")[0]
        == "unit: QID2 (n): 'cups': Qualtrics has no place for it; kept in the file for Populace"
    )
    assert back(content, tmp_path).content_hash == whole.content_hash
    payload(content)["Selector"] = "MAVR"  # changed in Qualtrics: no scale any more
    assert back(content, tmp_path).question("a").kind == "multiple"


@pytest.mark.parametrize(
    "hints",
    [
        {"kind": ["single", "telepathy"]}, {"kind": ["single", 7]}, {"required": [False, "yes"]}, {"kind": "scale"},
        {"options": {"1": {"code": [1, 2]}}}, {"options": {"1": {"label": ["One", ""]}}}, {"skips": [[], 5]},
        {"skips": [[], [{"to": "nowhere"}]]}, {"options": [1, 2]}, {"rows": [[], [{"x": 1}]]}, [], "x",
        {"columns": {"1": {}}},
        {"text": ["Q?", None]}, {"minimum": [None, "low"]}, {"show_if": [None, ""]}, {"show_if": [None, "a b"]},
    ],
)  # fmt: skip
def test_hints_that_lead_nowhere_are_left_out(tmp_path, hints):
    whole = instrument(Question("q", "single", "Q?", THREE), Question("last", "open", "?"))
    content, _ = to_qsf(whole)
    payload(content)["Configuration"]["Populace"] = hints
    assert back(content, tmp_path).question("q").options == back(to_qsf(whole)[0], tmp_path).question("q").options


def test_hints_that_break_the_whole_are_left_out_with_a_note(tmp_path):
    content, _ = to_qsf(instrument(Question("q", "single", "Q?", THREE)))
    element(content, "SO")["Populace"] = {"computed": [[], [{"name": "q", "value": "1"}]]}
    (tmp_path / "x.qsf").write_text(json.dumps(content))
    imported = qsf.read(tmp_path / "x.qsf", "x.qsf")
    assert imported.instrument.computed == ()
    assert "cannot be followed" in imported.fidelity.notes[-1].words
