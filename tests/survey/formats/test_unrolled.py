"""Loops written out: names, conditions and wordings of every round."""

import pytest

from populace.survey.flow import Branch, Computed, Loop, Round, SetData, ShowBlock
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.unrolled import unrolled
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.question import Question, Skip
from populace.survey.scale import Option

OPTIONS = (Option("a", "Apples"), Option("b", "Pears"))
ROUNDS = (
    Round("x", (("brand", "Acme"),), "selected(first, \"a\")"),
    Round("y", (("brand", "Best {of} all"),)),
)  # fmt: skip


@pytest.fixture
def looped() -> Instrument:
    """A block in a loop, one before and one after it that name what was asked in the loop."""
    inner = (
        Question("q", "single", "How is ${loop.brand}?", OPTIONS, skips=(Skip("w", 'q == "a"'),)),
        Question(
            "m", "multiple", "Which of ${q}?", (Option(1, "One", column="own"), Option(2, "Two")), show_if='q == "b"'
        ),
        Question("w", "open", "Why?", rows=(Row("r", "Row", 'loop.brand == "Acme"'),)),
    )
    steps = (SetData((("s", "${loop.brand}"),)), ShowBlock("each"))
    return Instrument(
        "i", "I",
        (
            Block("before", (Question("first", "multiple", "F", OPTIONS),)),
            Block("each", inner),
            Block("after", (Question("last", "open", "${q.x} and ${m.y}", show_if="answered(w_r.y)"),)),
        ),
        flow=(ShowBlock("before"), Loop("loop", ROUNDS, steps), ShowBlock("after")),
        computed=(Computed("score", "count(q.x, q.y) + own.x"),),
        translations={"de": {"q": "Wie?", "q/options/a": "Äpfel", "last": "Und?"}},
    )  # fmt: skip


def test_every_round_has_questions_of_its_own(looped):
    fidelity = Fidelity("x")
    found = unrolled(looped, lambda loop: True, fidelity)
    assert [block.id for block in found.blocks] == ["before", "each_x", "each_y", "after"]
    assert [item.name for item in found.items() if item.name not in ("first_a", "first_b", "last")] == [
        "q_x", "own_x", "m_x_2", "w_x_r", "q_y", "own_y", "m_y_2", "w_y_r",
    ]  # fmt: skip
    assert fidelity.table() == [("loop", 0, 1, 0)]


def test_names_mean_the_round_they_stand_in(looped):
    found = unrolled(looped, lambda loop: True, Fidelity("x"))
    assert found.question("q_x").text == "How is Acme?"
    assert found.question("q_y").text == "How is Best {of} all?"
    assert found.question("q_y").skips == (Skip("w_y", 'q_y == "a"'),)
    assert (found.question("m_x").text, found.question("m_x").show_if) == ("Which of ${q_x}?", 'q_x == "b"')
    assert found.question("w_y").rows[0].show_if == '"Best {of} all" == "Acme"'
    assert (found.question("last").text, found.question("last").show_if) == ("${q_x} and ${m_y}", "answered(w_y_r)")
    assert found.computed == (Computed("score", "count(q_x, q_y) + own_x"),)
    assert found.translations["de"] == {
        "q_x": "Wie?", "q_y": "Wie?", "q_x/options/a": "Äpfel", "q_y/options/a": "Äpfel", "last": "Und?",
    }  # fmt: skip


def test_conditions_of_rounds_are_branches(looped):
    found = unrolled(looped, lambda loop: True, Fidelity("x"))
    (branch,) = [step for step in found.flow if isinstance(step, Branch)]
    assert branch.when == 'selected(first, "a")'
    assert branch.then[0].flow == (SetData((("s", "Acme"),)), ShowBlock("each_x"))
    assert found.flow[2:4] == (SetData((("s", "Best {of} all"),)), ShowBlock("each_y"))


def test_loops_that_are_not_chosen_stay(looped):
    assert unrolled(looped, lambda loop: False, Fidelity("x")) is looped
    assert unrolled(unrolled(looped, lambda loop: True, Fidelity("x")), lambda loop: True, Fidelity("x")).flow[2:]


def test_loops_within_loops_go_with_the_outer_one():
    inner = Loop("in", (Round("1"), Round("2")), (ShowBlock("b"),))
    both = Instrument(
        "i", "I", (Block("b", (Question("q", "open", "Q"),)),), flow=(Loop("out", (Round("a"), Round("z")), (inner,)),)
    )
    found = unrolled(both, lambda loop: True, Fidelity("x"))
    assert [question.name for question in found.questions] == ["q_a_1", "q_a_2", "q_z_1", "q_z_2"]
    assert len(found.items()) == len(both.items())
