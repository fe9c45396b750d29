"""Piping: what a text consists of, and how an author writes a text in which nothing is to be filled in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.errors import InstrumentError
from populace.survey.expression_records import Expression, Name
from populace.survey.expressions import parse
from populace.survey.piping import as_text, in_words, literally, pieces, piped, piped_names, plainly


def parts(text):
    return [piece if isinstance(piece, str) else f"<{piece}>" for piece in pieces(text)]


@pytest.mark.parametrize(("text", "found"), [
    ("", []),
    ("plain", ["plain"]),
    ("${q}", ["<q>"]),
    ("a ${q} b", ["a ", "<q>", " b"]),
    ("${q}${r}", ["<q>", "<r>"]),
    ("${loop.brand}?", ["<loop.brand>", "?"]),
    ("$${q}", ["${q}"]),
    ("a $${q} ${r}", ["a ${q} ", "<r>"]),
    ("${q}$${r}", ["<q>", "${r}"]),
    ("$$${q}", ["$${q}"]),
    ("it costs $5, {really}", ["it costs $5, {really}"]),
    ("ends in $", ["ends in $"]),
    ("${'}'}", ['<"}">']),
    ("${\"a\\\"}\"}!", ['<"a\\"}">', "!"]),
    ("${`odd } name`}", ["<`odd } name`>"]),
    ("${'$'}${price}", ['<"$">', "<price>"]),
    ("${if(q == 1, 'a', 'b')}", ['<if(q == 1, "a", "b")>']),
    ("two\n${q}\nlines", ["two\n", "<q>", "\nlines"]),
])  # fmt: skip
def test_a_text_consists_of_words_and_expressions(text, found):
    assert parts(text) == found


@pytest.mark.parametrize(("text", "words"), [
    ("a ${q", "is not closed: add '}'"),
    ("a ${'}", "is not closed"),
    ("a ${}", "at character 3"),
    ("a ${q = }", "at character 3"),
    ("${q} " * 201, "more than 200"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(text, words):
    with pytest.raises(InstrumentError, match="text ") as refusal:
        pieces(text)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize(("text", "filled", "names"), [
    ("plain", False, ()),
    ("$${q}", False, ()),
    ("${q + r} ${q}", True, ("q", "r")),
    ("${2}", True, ()),
])  # fmt: skip
def test_names_a_text_depends_on(text, filled, names):
    assert piped(text) is filled and piped_names(text) == names


@given(st.text(st.sampled_from("${}ab$ '\"`\\"), max_size=12))
def test_whatever_an_author_means_literally_is_read_literally(text):
    written = literally(text)
    assert plainly(written) == text and not piped(written)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        found = pieces(text)
    except InstrumentError as refusal:
        assert "\n" not in str(refusal).replace(repr(text), "")
    else:
        assert all(isinstance(piece, str | Expression) and piece != "" for piece in found)


def test_the_name_of_something_with_labels_gives_the_label():
    assert str(as_text(Name("q"), {"q"})) == "label(q)"
    assert str(as_text(Name("q"), ())) == "q"
    assert str(as_text(parse("q + 1"), {"q"})) == "q + 1"


@pytest.mark.parametrize(("values", "words"), [
    (np.array([3.0, 2.5, np.nan, -0.0, 1e20]), ["3", "2.5", "", "0", "1e+20"]),
    (np.array([True, False]), ["true", "false"]),
    (np.array(["a", None, 4.0, True], dtype=object), ["a", "", "4", "true"]),
])  # fmt: skip
def test_values_in_words(values, words):
    assert in_words(values) == words
