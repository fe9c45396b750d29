"""Wording: respondents who read the same words are one group, and everybody reads a question once."""

import numpy as np
import pytest

from populace.survey.question import Question
from populace.survey.walk import Walk
from populace.survey.wording import has_piping, texts_of, worded

from .walking import Chance, block, conduct, single, survey


def groups(instrument, n, answers, name, **settings):
    """(respondents, the question as they read it) of the one visit of a question."""
    done = conduct(instrument, n, answers, **settings)
    visit = done.visit(name)
    found = worded(done.walk.state, visit)
    places = sorted(place for group, _ in found for place in group.tolist())
    assert places == list(range(len(visit.rows)))
    return [(visit.rows[group].tolist(), question) for group, question in found]


def test_a_question_without_piping_is_put_as_it_is():
    instrument = survey(block("a", "q1", "q2"))
    ((rows, question),) = groups(instrument, 2, {"q1": [1, 2]}, "q2")
    assert rows == [0, 1] and question is instrument.question("q2")


def test_who_reads_the_same_words_is_one_group():
    after = single("q2", text="You said ${q1}. Why, after $${5}?", options=["Because ${q1}", "Other"])
    found = groups(survey(block("a", "q1", after)), 4, {"q1": [1, 2, 1, None]}, "q2")
    assert [rows for rows, _ in found] == [[0, 2], [1], [3]]
    assert [question.text for _, question in found][:2] == [
        "You said One. Why, after ${5}?",
        "You said Two. Why, after ${5}?",
    ]
    assert [question.options[0].label for _, question in found] == ["Because One", "Because Two", "Because"]
    assert [option.code for _, question in found for option in question.options] == [1, 2] * 3


def test_words_that_come_to_nothing_leave_a_sign():
    after = single("q2", text="${q1}")
    assert [question.text for _, question in groups(survey(block("a", "q1", after)), 1, {"q1": [None]}, "q2")] == ["…"]


def test_a_plain_bracket_needs_no_groups():
    ((rows, question),) = groups(survey(block("a", single("q1", text="Do you write $${x}?"))), 3, {}, "q1")
    assert rows == [0, 1, 2] and question.text == "Do you write ${x}?"


def test_fields_of_the_round_are_filled_in():
    loop = {"loop": {"id": "l", "rounds": [{"name": "x", "fields": {"brand": "Acme ${q1}"}}], "flow": [{"block": "b"}]}}
    instrument = survey(
        block("a", "q1"), block("b", single("q2", text="And ${loop.brand}?")), flow=[{"block": "a"}, loop]
    )
    found = groups(instrument, 2, {"q1": [1, 2]}, "q2.x")
    assert [question.text for _, question in found] == ["And Acme One?", "And Acme Two?"]


ROWS = [{"name": "r", "text": "of ${q1}"}]
SAMPLES = {
    "grid": {"rows": ROWS, "options": ["as ${q1}", "B"]},
    "grid_multiple": {"rows": ROWS, "options": ["as ${q1}", "B"]},
    "side_by_side": {
        "rows": ROWS,
        "columns": [{"name": "c", "kind": "single", "text": "by ${q1}", "options": ["as ${q1}", "B"]}],
    },
    "multiple": {"options": ["as ${q1}", "B"]},
    "rank": {"options": ["as ${q1}", "B"]},
    "sum": {"options": ["as ${q1}", "B"], "total": 10},
    "open": {"rows": ROWS},
    "best_worst": {"options": ["as ${q1}", "B", "C"], "sets": [[[1, 2, 3]]]},
    "choice_task": {
        "tasks": {
            "attributes": [{"name": "price for ${q1}", "levels": ["low ${q1}", "high"]}],
            "versions": [[[[1], [2]]]],
            "none": "not ${q1}",
        }
    },
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_text_of_every_kind_is_filled_in(kind):
    question = {"name": "q2", "kind": kind, "text": "Now ${q1}?", "stem": "on ${q1}"} | SAMPLES[kind]
    instrument = survey(block("a", "q1", question))
    before = [text for text in texts_of(instrument.question("q2")) if "${" in text]
    ((_, found),) = groups(instrument, 1, {"q1": [2]}, "q2")
    after = list(texts_of(found))
    assert len(before) >= 3 and not [text for text in after if "${" in text]
    assert {text.replace("${q1}", "Two") for text in before} <= set(after)
    # names and codes are what they were
    assert [item.name for item in found.items()] == [item.name for item in instrument.question("q2").items()]
    assert "${" not in " ".join([item.text for item in found.items()])


def test_the_words_of_cards_are_filled_in():
    question = {"name": "q2", "kind": "choice_task", "text": "Which?"} | SAMPLES["choice_task"]
    ((_, found),) = groups(survey(block("a", "q1", question)), 1, {"q1": [1]}, "q2")
    assert found.tasks.wording(0, 0, 0) == "price for One: low One"
    assert found.tasks.options()[-1].label == "not One"


def test_what_decides_is_not_what_is_read():
    question = Question("q", "display", "Text.", show_if="label(x) == '${y}'", source="${z}")
    assert not has_piping(question)


def test_the_question_itself_is_left_alone():
    instrument = survey(block("a", "q1", single("q2", text="So ${q1}?", options=["${q1}", "No"])))
    groups(instrument, 1, {"q1": [1]}, "q2")
    assert instrument.question("q2").text == "So ${q1}?"
    assert instrument.question("q2").options[0].label == "${q1}"


def test_words_are_those_of_the_moment():
    instrument = survey(block("a", "q1", single("q2", text="${q1} or ${q3}?"), "q3", randomize=True))
    walk = Walk(instrument, 60, chance=Chance(60))
    steps, read, told = walk.visits(), {}, {"q1": 1.0, "q2": 2.0, "q3": 3.0}
    visit = next(steps)
    while True:
        for group, question in worded(walk.state, visit) if visit.question.name == "q2" else ():
            read |= dict.fromkeys(visit.rows[group].tolist(), question.text)
        try:
            visit = steps.send({visit.question.name: np.full(len(visit.rows), told[visit.question.name])})
        except StopIteration:
            break
    for row, order in enumerate(walk.orders["a"].tolist()):
        before = order[: order.index(1)]
        assert read[row] == f"{'One' if 0 in before else ''} or {'Three' if 2 in before else ''}?".strip()
    assert len(set(read.values())) == 4
