"""State: what is known of respondents in the middle of an instrument, and what words and conditions make of it."""

import numpy as np
import pytest

from populace.errors import InstrumentError
from populace.survey.expression_arrays import Chosen
from populace.survey.state import Place, State

EVERYBODY, HERE = np.arange(3), Place()


def state(known=None, labels=None, **settings):
    return State(3, known or {}, labels or {}, **settings)


def floats(*values):
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def texts(*values):
    return np.array(values, dtype=object)


# -- places ----------------------------------------------------------------------------------------------------------


def test_a_place_looks_in_its_own_round_first_and_then_outwards():
    place = Place().within("x", {"brand": "Acme"}).within("1", {"size": "big"})
    assert place.suffix == ".x.1"
    assert place.suffixes() == [".x.1", ".x", ""]
    assert place.fields == {"loop.brand": "Acme", "loop.size": "big"}


def test_the_field_of_the_inner_loop_hides_that_of_the_outer():
    assert Place().within("x", {"n": "1"}).within("y", {"n": "2"}).fields["loop.n"] == "2"


def test_fields_may_be_made_of_answers_and_of_other_fields_and_never_go_in_circles():
    known = state({"q": floats(1, 2, None)})
    place = Place().within("x", {"a": "${q} of ${loop.b}", "b": "many", "c": "${loop.c}${loop.d}", "d": "${loop.c}!"})
    assert known.words("${loop.a}.", EVERYBODY, place).tolist() == ["1 of many.", "2 of many.", " of many."]
    assert known.words("<${loop.c}>", EVERYBODY, place).tolist() == ["<!>"] * 3


# -- writing ---------------------------------------------------------------------------------------------------------


def test_answers_are_kept_by_place_and_missing_for_the_others():
    one = state()
    one.put("q", np.array([2]), floats(5))
    one.put("q", np.array([0]), floats(7))
    assert one.values["q"].tolist()[::2] == [7, 5] and np.isnan(one.values["q"][1])
    one.put("t", np.array([1]), texts("a"))
    assert one.values["t"].tolist() == [None, "a", None]


@pytest.mark.parametrize("known", [np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0]), [1, 2, 3]])
def test_what_was_given_stays_as_it_is(known):
    before = list(known)
    one = state({"x": known})
    one.put("x", np.array([0]), floats(2.5))
    one.put("x", np.array([1]), floats(3.5))
    assert one.values["x"].tolist() == [2.5, 3.5, 3] and list(known) == before


def test_one_value_stands_for_everybody():
    one = state({"wave": 2, "panel": "A", "live": True})
    assert one.holds("wave == 2 and panel == 'A' and live", np.array([1]), HERE).tolist() == [True]


@pytest.mark.parametrize(("first", "then", "kept"), [
    (floats(3), texts("a"), ["3", "a", None]),
    (texts("a"), floats(3), ["a", "3", None]),
    (texts(True), texts("a"), ["true", "a", None]),
    (texts(True), floats(2.5), ["true", "2.5", None]),
    (texts(None), floats(4), [None, 4, None]),
    (floats(None), texts("a"), [None, "a", None]),
])  # fmt: skip
def test_values_of_several_kinds_in_one_column_become_words(first, then, kept):
    one = state()
    one.put("x", np.array([0]), first)
    one.put("x", np.array([1]), then)
    assert one.values["x"].tolist() == kept
    assert one.holds("x == 'a' or x > 100", EVERYBODY, HERE).tolist() == [value == "a" for value in kept]


def test_chosen_codes_are_kept_by_place():
    one = state()
    one.choose("m", (1, 2), np.array([1]), np.array([[True, True]]))
    one.choose("m", (1, 2), np.array([0]), np.array([[False, True]]))
    assert one.values["m"].table.tolist() == [[False, True], [True, True], [False, False]]
    assert one.holds("selected(m, 1)", np.array([0, 1]), HERE).tolist() == [False, True]


# -- reading ---------------------------------------------------------------------------------------------------------


def test_a_name_is_that_of_the_round_and_where_there_is_none_that_outside():
    one = state({"age": floats(30, 40, 50)})
    one.put("q.x", EVERYBODY, floats(1, 2, 1))
    assert one.holds("q == 1 and age < 45", EVERYBODY, Place().within("x", {})).tolist() == [True, False, False]
    assert one.holds("q == 1", EVERYBODY, Place().within("y", {})).tolist() == [False] * 3


def test_a_name_that_is_asked_in_a_round_is_nothing_else_before():
    one = state({"q": floats(1, 1, 1)}, asked={"q.x"})
    assert one.holds("q == 1", EVERYBODY, Place().within("x", {})).tolist() == [False] * 3
    assert one.holds("shown(q)", EVERYBODY, Place().within("x", {})).tolist() == [False] * 3
    assert one.holds("q == 1 and shown(q)", EVERYBODY, HERE).all()


def test_what_was_shown_is_known_for_each():
    one = state({"age": floats(30, 40, 50)})
    one.show("q", np.array([1]))
    assert one.holds("shown(q)", EVERYBODY, HERE).tolist() == [False, True, False]
    assert one.holds("shown(age) and not shown(other)", EVERYBODY, HERE).all()


def test_some_of_the_respondents_are_looked_at_and_all_of_them_alike():
    one = state({"q": floats(1, 2, 3), "m": Chosen((1, 2), np.array([[1, 0], [0, 1], [1, 1]], dtype=bool))})
    everybody = one.holds("q > 1 and selected(m, 2)", EVERYBODY, HERE)
    some = one.holds("q > 1 and selected(m, 2)", np.array([0, 2]), HERE)
    assert everybody.tolist() == [False, True, True] and some.tolist() == [False, True]


def test_a_computed_value_follows_the_answers_and_the_round():
    one = state({}, computed={"double": "2 * q", "twice": "2 * double"})
    one.put("q.x", EVERYBODY, floats(1, 2, None))
    assert one.value("twice", EVERYBODY, Place().within("x", {})).tolist()[:2] == [4, 8]
    assert np.isnan(one.value("twice", EVERYBODY, HERE).astype(float)).all()


def test_a_circle_of_computed_values_is_refused():
    with pytest.raises(InstrumentError, match="'a' depends on itself"):
        state({}, computed={"a": "a + 1"}).value("a", EVERYBODY, HERE)


# -- words -----------------------------------------------------------------------------------------------------------

LABELS = {"q": {1: "Yes", 2: "No"}, "m": {1: "Tea", 2: "Milk"}}


@pytest.mark.parametrize(("text", "words"), [
    ("You said ${q}.", ["You said Yes.", "You said No.", "You said ."]),
    ("${q + 1} of ${2}", ["2 of 2", "3 of 2", " of 2"]),
    ("${m}!", ["Tea, Milk!", "Milk!", "!"]),
    ("${label(m)}${count(m)}", ["Tea, Milk2", "Milk1", "0"]),
    ("${q == 1}.", ["true.", "false.", "false."]),
    ("${name}, $${q}", ["Ann, ${q}", "${q}, ${q}", ", ${q}"]),
    ("nothing to fill in", ["nothing to fill in"] * 3),
    ("", [""] * 3),
])  # fmt: skip
def test_words_are_filled_in(text, words):
    known = {
        "q": floats(1, 2, None),
        "m": Chosen((1, 2), np.array([[1, 1], [0, 1], [0, 0]], dtype=bool)),
        "name": texts("Ann", "${q}", None),  # what somebody writes is never read as piping
    }
    assert state(known, LABELS).words(text, EVERYBODY, HERE).tolist() == words


def test_one_value_alone_keeps_its_type():
    one = state({"q": floats(1, 2, None)}, LABELS)
    assert one.words("${q * 2}", EVERYBODY, HERE).dtype == np.float64
    assert one.words("${q}", EVERYBODY, HERE).tolist() == ["Yes", "No", None]
    assert one.words("${q == 2}", EVERYBODY, HERE).tolist() == [False, True, False]


def test_a_label_with_words_of_its_own_is_filled_in_too():
    labels = {"q": {1: "${other}", 2: "the ${r} one, for $${5}"}, "r": {1: "red", 2: "${q}"}}
    known = {"q": floats(1, 2, 2), "r": floats(2, 1, None), "other": texts("${r}", "no", "no")}
    found = state(known, labels).words("<${q}>", EVERYBODY, HERE).tolist()
    assert found == ["<${r}>", "<the red one, for ${5}>", "<the  one, for ${5}>"]
    assert state(known, labels).words("${label(q)}", EVERYBODY, HERE).tolist() == [one[1:-1] for one in found]


def test_labels_that_go_in_circles_are_refused():
    with pytest.raises(InstrumentError, match="depends on itself"):
        state({"q": floats(1, 1, 1)}, {"q": {1: "again ${q}"}}).words("${q}.", EVERYBODY, HERE)
