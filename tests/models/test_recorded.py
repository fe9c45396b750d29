"""Recorded answers find their question again, whatever the order of its options."""

import numpy as np
import pytest

from populace.errors import ModelError
from populace.models.recorded import Recorded, by_source
from populace.models.records import Record
from populace.prompts.prompt import Prompt

COLOURS = Prompt("What is your favourite colour?", ("Red", "Green", "Blue"))


def record(shares=(0.5, 0.3, 0.2), prompt=COLOURS, n=10.0, source="model-x"):
    return Record(source, prompt, np.array(shares), n)


def recorded(*records):
    return Recorded.of(records or [record()])


def test_case_punctuation_spacing_year_and_order_of_options_do_not_matter():
    asked = Prompt("what is your favourite  COLOUR", ("blue", "Red.", "green"), year=2024, country="US")
    assert recorded().shares(asked) == pytest.approx([0.2, 0.5, 0.3])


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt("What is your least favourite colour?", COLOURS.options),
        Prompt(COLOURS.text, ("Red", "Green", "Yellow")),
        Prompt(COLOURS.text, ("Red", "Green")),
        Prompt(COLOURS.text, ("Red", "Green", "Blue", "Other")),
    ],
)
def test_another_question_has_no_record(prompt):
    assert recorded().shares(prompt) is None
    with pytest.raises(ModelError, match="'model-x' has no record of the question"):
        recorded().predict([prompt])
    with pytest.raises(ModelError, match="record it, or combine"):
        recorded().open(3).ask(prompt)


def test_dont_know_may_be_on_one_side_only():
    with_gap = Prompt(COLOURS.text, (*COLOURS.options, "Don't know"), False, (False, False, False, True))
    assert recorded().shares(with_gap) == pytest.approx([0.5, 0.3, 0.2, 0])
    assert recorded(record((0.4, 0.2, 0.2, 0.2), with_gap)).shares(COLOURS) == pytest.approx([0.5, 0.25, 0.25])


def test_a_label_that_stands_twice_is_told_by_its_place():
    twice = Prompt("How old?", ("Under 30", "Other", "Other"))
    assert recorded(record((0.5, 0.4, 0.1), twice)).shares(twice) == pytest.approx([0.5, 0.4, 0.1])


def test_runs_are_pooled_by_their_answers():
    again = record((0.0, 1.0, 0.0), Prompt(COLOURS.text, ("Blue", "Red", "Green")), n=30)
    found = recorded(record((1.0, 0.0, 0.0)), again)
    assert len(found) == 1
    assert found.shares(COLOURS) == pytest.approx([1.0, 0, 0])
    mixed = recorded(record((1.0, 0.0, 0.0)), record((0.0, 0.0, 1.0), n=30))
    assert mixed.shares(COLOURS) == pytest.approx([0.25, 0, 0.75])
    assert mixed.people.tolist() == [40]


def test_everybody_gets_the_same_distribution_whatever_they_said():
    session = recorded().open(4)
    session.tell(COLOURS, np.array([0, 1, 2, -1]))
    assert session.ask(COLOURS) == pytest.approx(np.tile([0.5, 0.3, 0.2], (4, 1)))
    assert session.ask(COLOURS, np.array([1, 2])).shape == (2, 3)


def test_intervals_narrow_with_the_answers_behind_them():
    wide, narrow = (recorded(record(n=n)).predict([COLOURS])[0] for n in (5, 500))
    assert np.all(wide.low <= wide.distribution)
    assert np.all(wide.high >= wide.distribution)
    assert np.all(wide.high - wide.low > 4 * (narrow.high - narrow.low))


def test_sources_are_told_apart_and_hashes_follow_content():
    one, two = by_source([record(), record(source="model-y"), record(prompt=Prompt("Tea?", ("Y", "N")), shares=(1, 0))])
    assert (one.name, len(one), two.name, len(two)) == ("model-x", 2, "model-y", 1)
    assert recorded().hash == recorded().hash != recorded(record((0.6, 0.2, 0.2))).hash
    assert one.describe()["kind"] == "recorded"


def test_what_is_stored_holds_no_wording_and_answers_the_same():
    stored = recorded().tensors("source.0")
    assert all(array.dtype.kind in "iufb" for array in stored.values())
    again = Recorded.from_tensors("model-x", stored, "source.0")
    assert again.shares(COLOURS) == pytest.approx(recorded().shares(COLOURS))
    assert again.hash == recorded().hash
