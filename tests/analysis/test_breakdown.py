"""A question as lines: what is in the base, what is a net, which numbers answers have."""

import numpy as np
import pytest

from populace.analysis.breakdown import Breakdown, lines_of, offset
from populace.data.codebook import Variable
from populace.errors import DataError
from populace.survey.scale import Option


def labels(lines):
    return [line.label for line in lines.lines]


def test_dont_know_and_no_answer_are_outside_the_base_and_counted_in_a_note(hand_made, scale):
    data = hand_made((scale(steps=3), [1, 2, 3, 99, None]))
    lines = lines_of(data, "tax")
    assert labels(lines) == ["step 1", "step 2", "step 3", "Mean (1 to 3)"]
    assert lines.base.tolist() == [True, True, True, False, False]
    assert lines.places.tolist() == [0, 1, 2, -1, -1]
    assert lines.notes == ("Base: 3 of 5 respondents who answered. Not in the base: Don't know 1, no answer 1.",)


def test_dont_know_can_be_an_answer_of_its_own(hand_made, scale):
    lines = lines_of(hand_made((scale(steps=2), [1, 99, None])), Breakdown("tax", missing=True))
    assert labels(lines) == ["step 1", "step 2", "Don't know"] and lines.base.tolist() == [True, True, False]


def test_off_the_scale_counts_as_an_answer_but_has_no_number(hand_made, scale):
    lines = lines_of(hand_made((scale(steps=4, off=True), [4, 98, 1])), Breakdown("tax", boxes=2))
    found = {line.label: line.values for line in lines.lines}
    assert found["It depends"].tolist() == [0, 1, 0]
    assert np.array_equal(found["Top 2"], [1, np.nan, 0], equal_nan=True)
    assert np.array_equal(found["Mean (1 to 4)"], [4, np.nan, 1], equal_nan=True)
    assert lines.notes[1] == "Top 2: 'step 3', 'step 4'. Bottom 2: 'step 1', 'step 2'."


def test_a_net_is_any_of_its_options_by_code_or_label(hand_made, scale):
    lines = lines_of(hand_made((scale(steps=3), [1, 2, 3, 99])), Breakdown("tax", {"low": [1, "STEP 2"]}, mean=False))
    assert np.array_equal(lines.lines[-1].values, [1, 1, 0, np.nan], equal_nan=True)


def test_numbers_of_a_scale_are_its_codes_where_these_rise_by_one(scale):
    assert offset(scale(steps=11, first=0)) == 0
    assert offset(scale(steps=5)) == 1
    assert offset(scale(steps=5, first=3)) == 1
    turned = Variable("q", "Q", "ordinal", (Option(3, "low"), Option(2, "mid"), Option(1, "high")))
    assert offset(turned) == 1


def test_select_all_questions_have_a_line_a_column_and_the_number_selected(hand_made, picks):
    acme, bolt = picks("brands", "Acme", "Bolt")
    data = hand_made((acme, [1, 1, 0, None]), (bolt, [0, 1, 0, None]))
    lines = lines_of(data, Breakdown("brands", {"any": ["Acme", "brands_2"]}))
    assert labels(lines) == ["Acme", "Bolt", "any", "Selected, on average"]
    assert np.array_equal(lines.lines[2].values, [1, 1, 0, np.nan], equal_nan=True)
    assert np.array_equal(lines.lines[3].values, [1, 2, 0, np.nan], equal_nan=True)
    assert lines.places is None and lines.base.tolist() == [True, True, True, False]


def test_an_empty_cell_is_a_no_where_the_file_writes_only_what_was_selected(hand_made, picks):
    acme, bolt = picks("brands", "Acme", "Bolt")
    data = hand_made((acme, [1, None, None]), (bolt, [None, 1, None]))
    first = lines_of(data, ("brands_1", "brands_2")).lines[0]
    assert np.array_equal(first.values, [1, 0, np.nan], equal_nan=True)


def test_columns_without_wordings_of_their_own_are_told_apart_by_what_differs(hand_made):
    options = (Option(0, "No"), Option(1, "Yes"))
    pair = [Variable(f"q{k}", f"Which do you know? {brand}", "multi_item", options) for k, brand in enumerate("AB")]
    lines = lines_of(hand_made((pair[0], [1, 0]), (pair[1], [0, 1])), ("q0", "q1"))
    assert labels(lines)[:2] == ["A", "B"] and lines.title == "Which do you know?"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("txa", "no variable or battery 'txa'.*did you mean 'tax'"),
        (Breakdown("tax", {"n": ["step 9"]}), "no option 'step 9'"),
        (Breakdown("tax", {"n": "step 1"}), "expected a list of options"),
        (Breakdown("tax", boxes=3), "has 5 options on its scale; expected an ordinal question with 6 or more"),
        (Breakdown("age", boxes=1), "numeric and has no options"),
        (("tax", "brands_1"), "'tax' is of type 'ordinal'; only the columns of a select-all question"),
        (Breakdown("brands", {"n": ["Zed"]}), "no column 'Zed'"),
        ("why", "open text"),
        ((), "named by no variable"),
    ],
)
def test_what_cannot_be_broken_down_is_refused_by_name(hand_made, scale, number, picks, asked, message):
    columns = [(column, [0, 1]) for column in picks("brands", "Acme", "Bolt")]
    data = hand_made(
        (scale(), [1, 2]), (number("age"), [1, 2]), (Variable("why", "Why?", "text"), ["a", "b"]), *columns
    )
    with pytest.raises(DataError, match=message):
        lines_of(data, asked)
