"""recruit(): respondents with the margins of their population, or people whose backgrounds can be read."""

import numpy as np
import pytest

from populace.data.codebook import Variable
from populace.errors import DataError, UsageError
from populace.models.fake import FakeModel
from populace.simulation.recruit import recruit
from populace.survey.audience import Audience, Margin, audience
from populace.survey.instrument import read_instrument
from populace.survey.scale import Option


@pytest.fixture(scope="module")
def thousand():
    return recruit("us-adults", 1000, FakeModel(), seed=1)


def test_recruits_have_all_backgrounds_in_full_wording_and_say_that_they_are_synthetic(thousand):
    assert thousand.n == 1000
    assert thousand.names("background") == ("sex", "agegroup", "race", "education", "region")
    assert thousand.names("question") == ()
    for question in audience("us-adults").questions:
        variable = thousand.codebook.variable(question.name)
        assert (variable.text, variable.options) == (question.text, question.options)
    assert thousand.synthetic
    assert thousand.weights is None
    assert thousand.respondent_ids.tolist() == list(range(1, 1001))
    assert thousand.answers.null_count().sum_horizontal().item() == 0


def shares(dataset, *names):
    """Cell of labels -> share, unweighted."""
    columns = [np.array(dataset.codebook.variable(n).labels)[dataset.positions(n)].tolist() for n in names]
    cells = list(zip(*columns, strict=True))
    return {cell: cells.count(cell) / len(cells) for cell in set(cells)}


def test_recruits_meet_the_census_margins_without_a_weight(thousand):
    for margin in audience("us-adults").margins:
        found = shares(thousand, *margin.variables)
        for cell, share in margin.shares.items():
            # within a cell of the first margin, every cell comes up as its weight says, give or take one person
            assert found.get(cell, 0) == pytest.approx(share, abs=0.012), cell
    first = audience("us-adults").margins[0]
    found = shares(thousand, *first.variables)
    assert max(abs(found[cell] - share) for cell, share in first.shares.items()) <= 1.5 / 1000


def test_the_same_seed_recruits_the_same_people(thousand):
    assert recruit(audience("us-adults"), 1000, FakeModel(), seed=1).answers.equals(thousand.answers)
    assert not recruit("us-adults", 1000, FakeModel(), seed=2).answers.equals(thousand.answers)


def test_backgrounds_hang_together_as_the_model_says(thousand):
    """The fake model makes what is said depend on what was said; raking keeps such dependence."""
    table = np.histogram2d(thousand.positions("race"), thousand.positions("education"), bins=(5, 5))[0]
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    assert ((table - expected) ** 2 / expected).sum() > 2 * 16


def test_a_handful_of_respondents_can_be_recruited_too():
    few = recruit("us-adults", 7, FakeModel())
    assert few.n == 7
    assert len(set(few.codes("agegroup"))) >= 4


def test_the_codebook_says_how_they_were_recruited(thousand):
    recruited = thousand.codebook.extra["recruited"]
    assert recruited["audience"] == "us-adults"
    assert recruited["candidates"] == 4000
    assert recruited["design_effect"] > 1
    assert 0 < recruited["different_candidates"] <= 1000


class Stubborn(FakeModel):
    """A model that knows no women."""

    def open(self, n, history=()):
        session = super().open(n, history)
        session.ask = lambda prompt, rows=None: np.tile([1.0] + [0.0] * (len(prompt.options) - 1), (n, 1))
        return session


def test_a_model_that_never_draws_a_group_is_an_error_that_names_it():
    with pytest.raises(DataError, match=r"10 respondents of 'us-adults' cannot be brought to its margins.*nobody"):
        recruit("us-adults", 10, Stubborn())


def test_an_audience_without_margins_is_drawn_as_the_model_says():
    content = {"id": "c", "title": "C"}
    question = {"name": "sex", "kind": "single", "role": "background", "text": "Sex?", "options": ["a", "b"]}
    instrument = read_instrument(content | {"questions": [question]})
    club = Audience("c", "C", None, (), instrument)
    assert recruit(club, 50, FakeModel()).n == 50
    margin = Margin(("sex",), {("a",): 0.9, ("b",): 0.1}, "register")
    skewed = recruit(Audience("c", "C", None, (margin,), instrument), 50, FakeModel())
    assert (skewed.codes("sex") == 1).sum() == 45


def test_people_are_taken_as_they_are(people):
    assert recruit(people=people) is people


def test_people_with_a_background_that_no_model_can_read_are_refused(make):
    mute = Variable("v1", "", "single", (Option(1, "a"), Option(2, "b")), "background")
    with pytest.raises(DataError, match=r"background 'v1' has no wording in the codebook.*write its 'text'"):
        recruit(people=make.people(2, (mute,), v1=[1, 2]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either an audience"),
        ({"audience": "us-adults", "people": "people"}, "either an audience"),
        ({"audience": "us-adults"}, "n is None"),
        ({"audience": "us-adults", "n": 0}, "n is 0"),
        ({"people": "people", "n": 5}, "all 60 are taken"),
    ],
)
def test_wrong_use_says_what_to_give(arguments, message, people):
    if "people" in arguments:
        arguments = arguments | {"people": people}
    with pytest.raises(UsageError, match=message):
        recruit(**arguments)
