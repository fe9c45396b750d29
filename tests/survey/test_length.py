"""How long an instrument takes: the rule of thumb, worked by hand."""

import pytest
from hypothesis import given

from populace.survey.flow import Branch, End, Loop, Round, Section, ShowBlock, Shuffle
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.length import Length, length_of, minutes, question_length
from populace.survey.question import Question
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

from .strategies import instruments

ABC = tuple(Option(code, label) for code, label in enumerate(["Red apples", "Bread", "Cheese"], 1))
ROWS = (Row("a", "At home"), Row("b", "Away"))
TASKS = Tasks((Attribute("Price", ("one", "two")),), ((((1,), (2,)), ((2,), (1,))),))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question("q", "single", "Which one is it?", ABC), Length(8, 1, 1, 0)),
        (Question("q", "multiple", "Which ones?", ABC), Length(6, 1, 1.5, 0)),
        (Question("q", "grid", "How good?", ABC, rows=ROWS), Length(9, 1, 2, 0)),
        (Question("q", "grid_multiple", "How good?", ABC, rows=ROWS), Length(9, 1, 3, 0)),
        (Question("q", "numeric", "How many?"), Length(2, 1, 1, 0)),
        (Question("q", "numeric", "How many?", rows=ROWS), Length(5, 1, 2, 0)),
        (Question("q", "rank", "Put in order", ABC), Length(7, 1, 3, 0)),
        (Question("q", "rank", "Put in order", ABC, ranked=1), Length(7, 1, 1, 0)),
        (Question("q", "sum", "Divide", ABC, total=10), Length(5, 1, 3, 0)),
        (Question("q", "best_worst", "Best?", ABC, sets=[[[1, 2, 3], [3, 2, 1]]]), Length(9, 1, 4, 0)),
        (Question("q", "choice_task", "Which?", tasks=TASKS), Length(9, 1, 2, 0)),
        (Question("q", "open", "Why so?"), Length(2, 1, 0, 1)),
        (Question("q", "open", "Where?", rows=ROWS), Length(4, 1, 0, 2)),
        (Question("q", "display", "Thank you very much."), Length(4)),
        (Question("q", "technical", "Browser"), Length()),
        (Question("q", "open", "Why ${if(a == 1, 'yes', 'no')} so?"), Length(3, 1, 0, 1)),
        (Question("q", "open", "Why ${broken"), Length(2, 1, 0, 1)),
    ],
)
def test_a_question_asks_for_this_much(question, expected):
    assert question_length(question) == expected


def test_columns_side_by_side_are_questions_for_every_row():
    columns = (Question("x", "single", "Which?", ABC), Question("y", "open", "Why?"))
    asked = Question("q", "side_by_side", "And", rows=ROWS, columns=columns)
    assert question_length(asked) == Length(10, 1, 2, 2)


def test_the_formula_is_words_by_five_and_five_and_two_and_a_half_and_fifteen_seconds():
    assert Length(words=100, questions=4, decisions=6, texts=1).minutes == (20 + 20 + 15 + 15) / 60


def instrument(*flow, **blocks) -> Instrument:
    """Blocks a (an open end: 20.4 s), b (two such), c (one word that is shown: .2 s)."""
    ends = [Question(name, "open", "Why so?") for name in "xyz"]
    made = (
        Block("a", (ends[0],)),
        Block("b", (ends[1], ends[2]), **blocks),
        Block("c", (Question("w", "display", "Hello"),)),
    )
    return Instrument("t", "T", made, flow=flow)


A, B, C = (ShowBlock(id) for id in "abc")
END = 20.4


@pytest.mark.parametrize(
    ("flow", "seconds"),
    [
        ((), 3 * END + 0.2),
        ((A, C), END + 0.2),
        ((Branch("true", (A,), (B,)), C), 2 * END + 0.2),
        ((Branch("true", (End("screened out"),)), A), END),
        ((A, End(), B), END),
        ((Shuffle("s", (A, B)),), 3 * END),
        ((Shuffle("s", (A, B), pick=1),), 1.5 * END),
        ((Section((A, Section((C,)))),), END + 0.2),
        ((Loop("l", (Round("1"), Round("2"), Round("3")), (A,)),), 3 * END),
        ((Loop("l", (Round("1"), Round("2"), Round("3")), (A,), pick=2),), 2 * END),
    ],
)
def test_the_longest_way_counts_and_the_mean_of_what_is_drawn(flow, seconds):
    assert minutes(instrument(*flow)) == pytest.approx(seconds / 60)


def test_of_questions_that_are_drawn_the_mean_counts():
    assert minutes(instrument(B, pick=1, randomize=True)) == pytest.approx(END / 60)


def test_with_what_was_put_the_mean_respondent_counts():
    assert minutes(instrument(), {"x": 1, "y": 0.5, "w": 0}) == pytest.approx(1.5 * END / 60)


@given(instruments())
def test_no_instrument_takes_less_than_nothing(made):
    assert 0 <= length_of(made).minutes < 1e6
    assert minutes(made, {question.name: 1 for question in made.questions}) >= 0
