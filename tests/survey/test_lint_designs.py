"""Remarks on designs: what they cannot tell; and the line on the quality of each."""

import pytest

from populace.survey.design import ChoiceDesign, MaxDiffDesign, designed_sets, designed_tasks
from populace.survey.instrument import Block, Instrument
from populace.survey.lint import CAUTION, FAULT, lint
from populace.survey.lint_designs import design_lines
from populace.survey.question import Question
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

PRICE, SIZE = Attribute("Price", ("$1", "$2")), Attribute("Size", ("Small", "Medium", "Large"))
ITEMS = tuple(Option(code, f"Item {code}") for code in range(1, 8))
GOOD_TASKS = designed_tasks((PRICE, SIZE), ChoiceDesign(6, 2, 1, versions=3), "Neither")
GOOD_SETS = designed_sets(range(1, 8), MaxDiffDesign(7, 3, 1))


def card(*versions, **fields) -> Question:
    return Question("card", "choice_task", "Which?", tasks=Tasks((PRICE, SIZE), versions, **fields))


def wish(*versions, items=ITEMS) -> Question:
    return Question("wish", "best_worst", "Which?", items, sets=versions)


def instrument(*questions: Question) -> Instrument:
    return Instrument("t", "T", (Block("main", questions),), language="de")


def remarks(question: Question) -> list[tuple[str, str]]:
    return [(one.severity, one.words) for one in lint(instrument(question)) if one.check == "design"]


def test_designs_of_ours_are_not_remarked_on():
    assert not remarks(Question("card", "choice_task", "Which?", tasks=GOOD_TASKS))
    assert not remarks(wish(*GOOD_SETS))


@pytest.mark.parametrize(
    ("question", "severity", "words"),
    [
        (card([[[1, 1], [2, 2]], [[2, 1], [1, 2]]]), FAULT, "no alternative has 'Size: Large'"),
        (card([[[1, 1], [2, 2]], [[2, 3], [1, 1]]]), FAULT, "do not tell the effects of 'Price', 'Size' apart"),
        (
            card([[[1, 1], [2, 2], [2, 2]], [[2, 1], [1, 3]], [[1, 2], [2, 3]]]),
            CAUTION,
            "equal another one of their task: 1",
        ),
        (
            card([[[1, 1], [2, 1]], [[1, 1], [2, 2]], [[1, 2], [2, 1]], [[1, 1], [2, 3]]]),
            CAUTION,
            "levels of 'Size' are shown 1 to 5 times",
        ),
        (wish([[1, 2, 3], [3, 4, 5], [5, 6, 1]]), FAULT, "no set shows the items with code 7"),
        (wish([[1, 2, 3], [4, 5, 6, 7]]), FAULT, "fall into 2 groups that no set compares"),
        (wish([[1, 2, 3], [1, 4, 5], [1, 6, 7]]), CAUTION, "some items are shown 1 times and others 3 times"),
    ],
)
def test_what_a_design_cannot_tell_is_remarked_on(question, severity, words):
    found = remarks(question)
    assert [(one, words in said) for one, said in found] == [(severity, True)]


def test_an_option_that_is_no_answer_need_not_be_shown():
    unsure = Option(99, "Don't know", missing=True)
    assert not remarks(wish(*GOOD_SETS, items=(*ITEMS, unsure)))


def test_every_design_has_a_line_on_its_quality():
    good = Question("card", "choice_task", "Which?", tasks=GOOD_TASKS)
    lines = design_lines(instrument(good, Question("why", "open", "Why?"), wish(*GOOD_SETS)))
    assert [line.split(":")[0] for line in lines] == ["question 'card'", "question 'wish'"]
    assert "3 x 6 choice tasks of 2 alternatives and none" in lines[0]
    assert "1 x 7 best-worst sets of 3 of 7 items: 100% as efficient" in lines[1]
    assert "items shown 3 times, pairs 1 times" in lines[1]


@pytest.mark.parametrize(
    "question",
    [
        card([[[1, 1]] * 101], *[[[[1, 1], [2, 2]]]] * 50_000),
        wish([tuple(range(2_000))] * 3, items=tuple(Option(code, f"Item {code}") for code in range(2_000))),
    ],
    ids=["card", "wish"],
)
def test_a_design_that_would_take_too_much_memory_is_not_judged_and_said_to_be(question):
    ((_, words),) = remarks(question)
    assert words == "its design is too large to be judged"
    assert design_lines(instrument(question)) == [f"question {question.name!r}: {words}"]
