"""Answers meet the condition of their question; what was sent back leaves no trace."""

import numpy as np
import pytest

from populace.data.audit import audit
from populace.models.library import load_model
from populace.simulation.simulate import simulate

BRANDS = {
    "name": "brand",
    "kind": "multiple",
    "text": "Which brands do you know?",
    "options": ["Alpha", "Beta", "Gamma"],
}
PARTS = {
    "name": "parts",
    "kind": "grid",
    "text": "How often",
    "rows": [{"name": "tea", "text": "do you drink tea?"}, {"name": "coffee", "text": "do you drink coffee?"}],
    "options": ["Never", "Sometimes", "Often"],
}


@pytest.fixture
def fake():
    return load_model("fake")


def answers(survey, people, model, **more):
    return simulate(survey, people, model, seed=3, **more).answers


def test_every_answer_meets_the_condition_of_its_question(make, fake):
    survey = make.survey(
        {"name": "cups", "kind": "numeric", "text": "Cups a day?", "minimum": 0, "maximum": 20},
        {
            "name": "tea",
            "kind": "numeric",
            "text": "Cups of tea a day?",
            "minimum": 0,
            "maximum": 20,
            "valid_if": "tea <= cups",
        },
        PARTS | {"valid_if": "parts_tea != parts_coffee"},
        BRANDS | {"valid_if": "not (selected(brand, 1) and selected(brand, 2))"},
    )
    panel = simulate(survey, make.people(200), fake, seed=3)
    assert panel.answers.null_count().select("cups", "tea", "parts_tea", "brand_1").row(0) == (0, 0, 0, 0)
    found = audit(survey, panel)
    assert found.total == 0, found.lines()
    assert (panel.answers["tea"] <= panel.answers["cups"]).all()
    assert panel.answers["parts_tea"].n_unique() == 3


def test_valid_answers_have_the_chances_of_the_model_given_that_they_are_valid(make):
    model = make.spy({"Which?": np.array([0.6, 0.1, 0.3])})
    survey = make.survey(
        {"name": "q", "kind": "single", "text": "Which?", "options": ["A", "B", "C"], "valid_if": "q != 1"}
    )
    given = answers(survey, make.people(4000), model)["q"]
    assert set(given.unique()) == {2, 3}
    # 0.1 of 0.4; three standard errors of a share of 4,000
    assert abs((given == 2).mean() - 0.25) < 3 * np.sqrt(0.25 * 0.75 / 4000)


def test_the_model_is_told_the_valid_answers_only_and_each_question_once(make):
    model = make.spy()
    question = {"name": "q", "kind": "single", "text": "Which?", "options": ["A", "B", "C"], "valid_if": "q = 2"}
    answers(make.survey(question), make.people(50), model)
    ((prompt, positions),) = model.told
    assert prompt.text == "Which?" and (positions == 1).all()


def test_who_is_interviewed_together_makes_no_difference(make, fake):
    survey = make.survey(PARTS | {"valid_if": "parts_tea != parts_coffee"}, BRANDS)
    people = make.people(90)
    together = answers(survey, people, fake)
    assert together.equals(answers(survey, people, fake, batch_size=7))


def test_the_shipped_model_is_told_as_often_whatever_the_batch(make):
    model = load_model()
    survey = make.survey(PARTS | {"valid_if": "parts_tea != parts_coffee"}, *[
        {"name": f"q{k}", "kind": "scale", "text": f"How much do you like drink {k}?", "options": ["No", "Yes"]}
        for k in range(3)
    ])  # fmt: skip
    people = make.people(40)
    assert answers(survey, people, model).equals(answers(survey, people, model, batch_size=7))


def test_a_condition_that_no_answer_meets_leaves_the_question_unanswered_and_says_so(make, fake):
    survey = make.survey(BRANDS | {"valid_if": "count(brand) > 5"})
    with pytest.warns(UserWarning, match=r"question 'brand': 20 of 20 respondents gave no answer in 200 attempts"):
        given = answers(survey, make.people(20), fake)
    assert given["brand_1"].null_count() == 20


def test_dont_know_is_not_judged(make):
    model = make.spy({"Which?": np.array([0.0, 0.0, 1.0])})
    options = ["A", "B", {"code": 9, "label": "Don't know", "missing": True}]
    survey = make.survey({"name": "q", "kind": "single", "text": "Which?", "options": options, "valid_if": "q < 2"})
    panel = simulate(survey, make.people(10), model, seed=1)
    assert set(panel.answers["q"]) == {9}
    assert audit(survey, panel).total == 0


def test_the_audit_finds_answers_that_do_not_meet_their_condition(make, fake):
    survey = make.survey({"name": "q", "kind": "single", "text": "Which?", "options": ["A", "B", "C"]})
    panel = simulate(survey, make.people(60), fake, seed=1)
    strict = make.survey(
        {"name": "q", "kind": "single", "text": "Which?", "options": ["A", "B", "C"], "valid_if": "q != 2"}
    )
    found = audit(strict, panel)
    assert found.violations == {("does not meet valid_if 'q != 2'", "q"): (panel.answers["q"] == 2).sum()}
    assert found.total > 0


def test_a_condition_that_no_answer_can_change_is_looked_at_once(make, fake):
    survey = make.survey(
        {"name": "car", "kind": "single", "text": "Do you own a car?", "options": ["Yes", "No"]},
        BRANDS | {"valid_if": "car = 1"},
    )
    with pytest.warns(UserWarning, match=r"gave no answer in 1 attempts that meets valid_if 'car = 1'"):
        given = answers(survey, make.people(60), fake)
    assert ((given["car"] == 1) == given["brand_1"].is_not_null()).all()
