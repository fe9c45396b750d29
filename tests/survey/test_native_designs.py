"""Designs in instrument files: made on reading, written in full, refused with question and field."""

import copy
import re
from pathlib import Path

import pytest
import yaml

from populace.errors import InstrumentError
from populace.survey.design import ChoiceDesign, MaxDiffDesign, designed_sets, designed_tasks
from populace.survey.instrument import Instrument, read_instrument, write_instrument

CARD = {
    "name": "card",
    "kind": "choice_task",
    "text": "Which card would you take?",
    "tasks": {
        "attributes": [
            {"name": "Reward", "levels": ["1%", "2%", "Points"]},
            {"name": "Fee", "levels": ["No fee", "$10", "$20"]},
        ],
        "design": {
            "tasks": 6,
            "alternatives": 3,
            "versions": 2,
            "seed": 4,
            "prohibited": [{"Reward": "2%", "Fee": "$20"}],
        },
        "none": "Neither",
    },
}
WISH = {
    "name": "wish",
    "kind": "maxdiff",
    "text": "Which matters most, which least?",
    "options": ["Price", "Taste", "Origin", "Packaging", "Brand", {"code": 9, "label": "Don't know", "missing": True}],
    "design": {"sets": 5, "size": 3, "versions": 2, "seed": 4},
}


def instrument(*questions) -> Instrument:
    return read_instrument({"id": "t", "title": "T", "questions": list(questions)})


def with_design(question: dict, **fields) -> dict:
    """The question with these fields of its design changed, those that are None removed."""
    changed = copy.deepcopy(question)
    design = changed["tasks"]["design"] if "tasks" in changed else changed["design"]
    design |= fields
    for name in [name for name, value in fields.items() if value is None]:
        del design[name]
    return changed


def test_tasks_and_sets_are_made_on_reading():
    card, wish = instrument(CARD, WISH).questions
    prohibited = [{"Reward": "2%", "Fee": "$20"}]
    design = ChoiceDesign(6, 3, 4, versions=2, prohibited=prohibited)
    assert card.tasks == designed_tasks(card.tasks.attributes, design, "Neither")
    assert wish.sets == designed_sets([1, 2, 3, 4, 5], MaxDiffDesign(5, 3, 4, versions=2))


def test_options_that_are_no_answers_are_not_compared():
    assert {code for version in instrument(WISH).questions[0].sets for one in version for code in one} == {
        1,
        2,
        3,
        4,
        5,
    }


def test_the_same_file_gives_the_same_hash_and_another_seed_another():
    first = instrument(CARD, WISH).content_hash
    assert instrument(CARD, WISH).content_hash == first
    assert instrument(with_design(CARD, seed=5), WISH).content_hash != first
    assert instrument(CARD, with_design(WISH, seed=5)).content_hash != first


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_tasks_and_sets_are_written_in_full(tmp_path, suffix):
    made = instrument(CARD, WISH)
    path = tmp_path / f"instrument{suffix}"
    write_instrument(made, path)
    assert "design" not in path.read_text()
    assert "versions" in path.read_text()
    assert read_instrument(path).content_hash == made.content_hash


def test_the_questions_of_the_documentation_can_be_read():
    text = (Path(__file__).parents[2] / "docs" / "designs.md").read_text(encoding="utf-8")
    card, important = instrument(*yaml.safe_load(re.search("```yaml\n(.*?)```", text, re.DOTALL)[1])).questions
    assert (len(card.tasks.versions), card.tasks.count, card.tasks.alternatives) == (20, 8, 3)
    assert (len(important.sets), len(important.sets[0])) == (10, 7)


def test_expected_part_worths_can_be_given_in_a_file():
    priors = {"Reward": [-0.5, 0, 0.5], "Fee": [1, 0, -1]}
    fields = {"method": "efficient", "priors": priors, "none_prior": -1, "prohibited": []}
    card = instrument(with_design(CARD, **fields)).questions[0]
    design = ChoiceDesign(6, 3, 4, 2, "efficient", (), priors, -1)
    assert card.tasks == designed_tasks(card.tasks.attributes, design, "Neither")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (with_design(CARD, seed=None), "question 'card': design: has no 'seed'; a design of tasks needs it"),
        (with_design(CARD, taks=3), "question 'card': design: unknown key 'taks' (did you mean 'tasks'?)"),
        (with_design(CARD, tasks="six"), "question 'card': design: tasks is 'six'; expected a whole number"),
        (with_design(CARD, method="best"), "question 'card': design: method is 'best'"),
        (with_design(CARD, prohibited=[{"Reward": "2%"}]), "prohibited has {'Reward': '2%'}; expected levels of two"),
        (with_design(CARD, prohibited=[["Reward", "Fee"]]), "prohibited has ['Reward', 'Fee']; expected a level"),
        (with_design(CARD, prohibited=[{"Reward": "2%", "Fee": 20}]), "expected a level of each of two attributes"),
        (with_design(CARD, prohibited={"Reward": "2%"}), "'prohibited' is {'Reward': '2%'}; expected a list"),
        (with_design(CARD, priors=[1, 2]), "design: priors is [1, 2]; expected attributes with numbers"),
        (with_design(CARD, method="efficient", priors={"Fee": 1}), "'priors of Fee' is 1; expected a list"),
        (with_design(CARD, method="efficient", priors={"Fee": [1, "2", 3]}), "priors of 'Fee' are [1, '2', 3]"),
        (CARD | {"tasks": CARD["tasks"] | {"versions": []}}, "tasks: has both 'versions' and 'design'"),
        (CARD | {"tasks": CARD["tasks"] | {"none": 3}}, "tasks: none is 3; expected words"),
        (CARD | {"tasks": {"attributes": CARD["tasks"]["attributes"]}}, "neither 'versions' nor 'design'"),
        (CARD | {"design": WISH["design"]}, "'design' means nothing for kind 'choice_task': write it under 'tasks'"),
        (with_design(WISH, size=None), "question 'wish': design: has no 'size'; a design of sets needs it"),
        (with_design(WISH, size=6), "question 'wish': design: size is 6 and there are 5 items"),
        (WISH | {"sets": [[[1, 2, 3]]]}, "question 'wish': has both 'sets' and 'design'"),
        (WISH | {"design": 5}, "question 'wish': design: 5 is not a design of sets"),
        (WISH | {"kind": "single"}, "'design' means nothing for kind 'single': remove it or change the kind"),
        (WISH | {"kind": ["single"]}, "'design' means nothing for kind ['single']"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_question_and_field(question, words):
    with pytest.raises(InstrumentError) as refused:
        instrument(question)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
