"""Choice tasks: alternatives described by levels of attributes."""

import pytest
from hypothesis import given

from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

from .strategies import tasks

PRICE, SIZE = Attribute("Price", ["$1", "$2"]), Attribute("Size", ["Small", "Medium", "Large"])
#: two versions of two tasks; the second task of the second version has three alternatives
VERSIONS = [[[[1, 1], [2, 3]], [[2, 1], [1, 2]]], [[[1, 3], [2, 2]], [[2, 1], [1, 2], [1, 3]]]]
CARDS = Tasks((PRICE, SIZE), VERSIONS, none="None of these")


def test_tasks_are_counted_by_version_and_alternatives_by_the_largest_task():
    assert (CARDS.count, CARDS.alternatives) == (2, 3)


def test_an_alternative_or_none_is_chosen():
    assert CARDS.options() == (
        Option(1, "Alternative 1"),
        Option(2, "Alternative 2"),
        Option(3, "Alternative 3"),
        Option(0, "None of these"),
    )
    assert [option.code for option in Tasks((PRICE, SIZE), VERSIONS).options()] == [1, 2, 3]


def test_the_card_of_an_alternative_names_its_attributes_and_levels():
    assert CARDS.wording(0, 0, 1) == "Price: $2; Size: Large"
    assert CARDS.wording(1, 1, 2) == "Price: $1; Size: Large"


def test_lists_become_tuples_so_that_equal_tasks_are_equal_and_can_be_hashed():
    assert hash(CARDS) == hash(Tasks([PRICE, SIZE], tuple(map(tuple, VERSIONS)), "None of these"))


@pytest.mark.parametrize(
    ("attributes", "versions", "words"),
    [
        ((), VERSIONS, "attributes are none"),
        ((PRICE, PRICE), VERSIONS, "two have one name"),
        ((Attribute("Price", ("$1",)),), VERSIONS, "'Price' needs two different levels"),
        ((Attribute("Price", ("$1", "$1")),), VERSIONS, "'Price' needs two different levels"),
        ((PRICE, SIZE), (), "versions is empty"),
        ((PRICE, SIZE), ((),), "versions is empty"),
        ((PRICE, SIZE), (VERSIONS[0], VERSIONS[0][:1]), "different numbers of tasks"),
        ((PRICE, SIZE), [[[[1, 1]]]], "version 1, task 1 has 1 alternatives; expected two or more"),
        ((PRICE, SIZE), [[[[1, 1], [1, 4]]]], "version 1, task 1 has levels [1, 4]; expected one number per attribute"),
        ((PRICE, SIZE), [[[[1, 1], [0, 1]]]], "has levels [0, 1]"),
        ((PRICE, SIZE), [[[[1, 1], [1]]]], "has levels [1]"),
        ((PRICE, SIZE), [VERSIONS[0], [VERSIONS[0][0], [[1, 1], [3, 1]]]], "version 2, task 2 has levels [3, 1]"),
        ((PRICE, SIZE), [[[[1, 1], [2, 1]]] * 500_001], "more than 1,000,000 alternatives"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(attributes, versions, words):
    assert words in Tasks(attributes, versions).problem()


@given(tasks())
def test_any_sound_tasks_have_wordings_for_every_alternative(made):
    assert made.problem() is None
    for version, plan in enumerate(made.versions):
        for task, alternatives in enumerate(plan):
            for alternative in range(len(alternatives)):
                words = made.wording(version, task, alternative)
                assert all(f"{attribute.name}: " in words for attribute in made.attributes)
