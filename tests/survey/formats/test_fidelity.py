"""Notes on what became of a file's content."""

import json

import pytest

from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, TAKEN, Fidelity, Note, unlike


@pytest.fixture
def fidelity() -> Fidelity:
    """Three questions and an option taken, one of each changed, one theme not taken."""
    noted = Fidelity("Test format")
    noted.taken("question", 3)
    noted.taken("option")
    noted.changed("option", "Q1, choice 4", "no label: its code '4'")
    noted.changed("question", "Q2", "kind 'stars' is read as a scale")
    noted.lost("theme", "the file", "not needed to ask or answer")
    return noted


def test_elements_are_counted_by_kind_and_outcome_in_the_order_met(fidelity):
    assert fidelity.table() == [("question", 3, 1, 0), ("option", 1, 1, 0), ("theme", 0, 0, 1)]
    assert [fidelity.total(outcome) for outcome in (TAKEN, CHANGED, NOT_TAKEN)] == [4, 2, 1]


def test_what_is_not_as_it_was_has_a_note_with_its_place(fidelity):
    assert fidelity.notes[0] == Note(CHANGED, "option", "Q1, choice 4", "no label: its code '4'")
    assert [note.outcome for note in fidelity.notes] == [CHANGED, CHANGED, NOT_TAKEN]


def test_the_report_counts_first_and_lists_what_is_lost_before_what_is_changed(fidelity):
    head, *lines = fidelity.lines()
    assert head == "Test format: 4 elements taken, 2 changed, 1 not taken"
    assert lines[0].split() == ["question", "3", "1", "0"]
    assert lines[3:] == [
        "not taken: the file: theme: not needed to ask or answer",
        "changed: Q1, choice 4: option: no label: its code '4'",
        "changed: Q2: question: kind 'stars' is read as a scale",
    ]


def test_a_long_report_is_cut_and_says_how_much_is_left():
    noted = Fidelity("Test format")
    for place in range(30):
        noted.lost("quota", f"quota {place}", "no such thing here")
    lines = noted.lines(shown=5)
    assert sum(line.startswith("not taken: quota") for line in lines) == 5
    assert lines[-1] == "not taken: 25 more, see the report"
    assert len(noted.lines(shown=None)) == 2 + 30


def test_notes_travel_as_plain_data(fidelity):
    back = Fidelity.from_dict(json.loads(json.dumps(fidelity.to_dict())))
    assert (back.format, back.notes, back.counts) == (fidelity.format, fidelity.notes, fidelity.counts)


def test_nothing_noted_is_a_report_too():
    assert Fidelity("Test format").lines() == ["Test format: 0 elements taken, 0 changed, 0 not taken"]


@pytest.mark.parametrize(
    ("names", "expected"), [((), "q"), (("Q",), "q_2"), (("q", "q_2"), "q_3"), (("q", "q_3"), "q_2")]
)
def test_a_name_that_is_taken_gets_a_number(names, expected):
    assert unlike(names, "q") == expected
