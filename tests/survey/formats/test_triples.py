"""Triple-S XML: every type of variable read and written, and files that are broken."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.flow import Field
from populace.survey.formats import triples
from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question, Row
from populace.survey.scale import Option

from ..strategies import instruments
from . import helpers
from .helpers import lists_of_questions, read_text, refused

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sss PUBLIC "-//triple-s//DTD Survey Interchange v2.0//EN" '
    '"http://www.triple-s.org/dtd/sss_v20.dtd">\n'
)
VALUES = '<values><value code="1">Yes</value><value code="2">No</value></values>'


def file(*variables: str, top: str = 'version="2.0"', title: str = "Study") -> str:
    body = "".join(variables)
    return (
        f"{HEAD}<sss {top}><date>1 May 2026</date><origin>Tool</origin><survey><name>study</name>"
        f'<title>{title}</title><record ident="A">{body}</record></survey></sss>'
    )


def variable(kind: str, inner: str = "", name: str = "q", label: str = "What?", more: str = "") -> str:
    return (
        f'<variable ident="{name}" type="{kind}"{more}><name>{name}</name><label>{label}</label>'
        f'<position start="1"/>{inner}</variable>'
    )


def read(text: str | bytes, folder: Path, name: str = "study.sss") -> Imported:
    return read_text(triples, text, folder / name)


def asked(text: str, folder: Path) -> Question:
    return read(file(text), folder).instrument.questions[0]


def notes(found: Imported, outcome: str) -> list[str]:
    return [f"{note.place}: {note.words}" for note in found.fidelity.notes if note.outcome == outcome]


def back(instrument: Instrument, folder: Path):
    return helpers.back(triples, instrument, folder / f"{instrument.id}.sss")


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        (variable("single", VALUES), "single", {}),
        (variable("multiple", VALUES), "multiple", {}),
        (variable("multiple", f'<spread subfields="2" width="1"/>{VALUES}'), "multiple", {}),
        (
            variable("quantity", '<values><range from="0.0" to="9.5"/></values>'),
            "numeric",
            {"minimum": 0, "maximum": 9.5, "decimals": 1},
        ),
        (variable("quantity", '<values><range from="1" to="9"/></values>'), "numeric", {"decimals": None}),
        (variable("character", "<size>20</size>"), "open", {"longest": 20}),
        (variable("logical"), "single", {"look": "logical", "options": (Option(1, "Yes"), Option(0, "No"))}),
        (variable("date"), "date", {}),
        (variable("time"), "open", {"format": "time"}),
        (variable("single", '<values><range from="1" to="3"/></values>'), "scale", {}),
        (variable("single"), "open", {}),
    ],
)
def test_a_variable_is_a_question(text, kind, fields, tmp_path):
    question = asked(text, tmp_path)
    assert (question.kind, question.text) == (kind, "What?")
    assert {name: getattr(question, name) for name in fields} == fields


def test_scores_make_a_scale_in_their_order(tmp_path):
    values = (
        '<values><value code="1" score="3">Good</value><value code="2" score="1">Bad</value>'
        '<value code="3" score="2">Fair</value><value code="4">Varies</value></values>'
    )
    question = asked(variable("single", values), tmp_path)
    assert question.kind == "scale"
    assert [option.label for option in question.options] == ["Bad", "Fair", "Good", "Varies"]
    assert [option.off_scale for option in question.options] == [False, False, False, True]


def test_codes_are_numbers_unless_the_file_says_that_they_are_words(tmp_path):
    values = '<values><value code="01">Yes</value><value code="2">No</value></values>'
    assert [o.code for o in asked(variable("single", values), tmp_path).options] == [1, 2]
    words = asked(variable("single", values, more=' format="literal"'), tmp_path)
    assert [option.code for option in words.options] == ["01", "2"]


def test_labelled_numbers_are_no_answer(tmp_path):
    inner = '<values><range from="0" to="99"/><value code="999">Refused</value></values>'
    assert asked(variable("quantity", inner), tmp_path).options == (Option(999, "Refused", missing=True, source="999"),)


def test_a_filter_is_a_condition(tmp_path):
    own = variable("character", name="why", more=' filter="car"')
    other = variable("character", name="more", more=' filter="q"')
    found = read(file(variable("logical", name="car"), variable("single", VALUES), own, other), tmp_path)
    assert found.instrument.question("why").show_if == "car == 1"
    assert found.instrument.question("more").show_if == "answered(q)"


def test_weight_and_serial_number_are_no_questions(tmp_path):
    weight = variable("quantity", name="w", label="Weight", more=' use="weight"')
    serial = variable("character", name="id", more=' use="serial"')
    instrument = read(file(serial, variable("single", VALUES), weight), tmp_path).instrument
    assert [question.name for question in instrument.questions] == ["q"]
    assert instrument.data == (Field("w", "Weight", "number"),)


def test_languages_and_lines(tmp_path):
    label = 'What<br/>now?<text xml:lang="fr">Quoi<br/>donc?</text><text mode="analysis">Short</text>'
    values = '<values><value code="1">Yes<text xml:lang="fr">Oui</text></value><value code="2">No</value></values>'
    found = read(file(variable("single", values, label=label), top='version="2.0" languages="en-GB fr"'), tmp_path)
    assert found.instrument.language == "en-GB"
    assert found.instrument.question("q").text == "What\nnow?"
    assert found.instrument.translations == {"fr": {"q": "Quoi\ndonc?", "q/options/1": "Oui"}}
    assert any("analysis" in note for note in notes(found, NOT_TAKEN))


def test_repairs_are_told(tmp_path):
    values = '<values><value code="1">Yes</value><value code="2">Yes</value><value code="2">No</value></values>'
    found = read(
        file(variable("single", values, name="a b"), variable("single", VALUES, name="a_b", label="")), tmp_path
    )
    first, second = found.instrument.questions
    assert (first.name, second.name, second.text) == ("a_b", "a_b_2", "a_b_2")
    assert [option.label for option in first.options] == ["Yes", "Yes (2)"]
    assert len(notes(found, CHANGED)) == 4
    assert len(notes(found, NOT_TAKEN)) == 1


# -- writing ---------------------------------------------------------------------------------------------------------

QUESTIONS = (
    Question("yes", "single", "Is it?", options=(Option(1, "Yes"), Option(0, "No")), look="logical"),
    Question("one", "single", "Which?", options=(Option("a", "Apple"), Option("b", "Pear")), show_if="yes == 1"),
    Question(
        "how", "scale", "How?", options=(Option(1, "Bad"), Option(2, "Good"), Option(9, "Varies", off_scale=True))
    ),
    Question("many", "multiple", "Which of these, 1 < 2 &\nmore?", options=(Option(1, "Ä"), Option(5, 'B "x"'))),
    Question("n", "numeric", "How many?", minimum=0, maximum=9.5, decimals=1),
    Question("t", "open", "Why?", longest=40, show_if="answered(one)"),
    Question("d", "date", "When?"),
    Question("h", "open", "What time?", format="time"),
)


def test_every_type_comes_back_the_same(tmp_path):
    instrument = Instrument(
        "study", "A study", (Block("main", QUESTIONS),), data=(Field("w", "Weight", "number"),),
        translations={"fr": {"one": "Laquelle ?", "one/options/a": "Pomme"}},
    )  # fmt: skip
    again, fidelity = back(instrument, tmp_path)
    assert not fidelity.notes
    assert again.content_hash == instrument.content_hash


def test_what_has_no_place_is_told(tmp_path):
    options = (Option(1, "A"), Option(2, "B", specify=True))
    questions = (
        Question("g", "grid", "Rate:", options=(options[0], Option(2, "B")), rows=(Row("x", "Ex"), Row("y", "Why"))),
        Question("s", "single", "Which?", options=options, required=True, show_if="g_x > 1"),
        Question("hello", "display", "Hello"),
    )
    again, fidelity = back(Instrument("study", "A study", (Block("main", questions),), year=2026), tmp_path)
    assert [question.name for question in again.questions] == ["g_x", "g_y", "s", "s_2_text"]
    assert {note.element for note in fidelity.notes} == {
        "question", "option.specify", "required", "show_if", "year",
    }  # fmt: skip


def test_words_that_look_like_formatting_are_told(tmp_path):
    questions = (Question("t", "open", "Is <b>this</b> bold?", longest=9),)
    again, fidelity = back(Instrument("study", "A study", (Block("main", questions),)), tmp_path)
    assert again.question("t").text == "Is this bold?"
    assert [note.element for note in fidelity.notes if note.outcome == CHANGED][:1] == ["formatting"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("triples")


KINDS = ("single", "multiple", "scale", "numeric", "open", "date")
CARRIED = (
    "stem", "item", "role", "unit", "randomize", "step", "at_least", "at_most", "several_lines", "required",
    "requested", "valid_if", "valid_text", "flip", "show_only", "fixed", "new_page", "look", "rows",
    "option.image", "option.column", "option.fixed", "option.specify", "option.show_if", "option.exclusive",
    "option.missing", "option.off_scale",
)  # fmt: skip


@settings(max_examples=60)
@given(lists_of_questions(KINDS, CARRIED))
def test_an_instrument_that_is_written_without_a_note_comes_back_the_same(folder, instrument):
    block = Block("main", instrument.blocks[0].questions)
    instrument = replace(instrument, blocks=(block,), year=None, country=None, notes=None)
    again, fidelity = back(instrument, folder)
    if not fidelity.notes:
        assert again.content_hash == instrument.content_hash


@settings(max_examples=25)
@given(instruments())
def test_whatever_is_written_can_be_read(folder, instrument):
    try:
        again, _ = back(instrument, folder)
    except InstrumentError as problem:
        assert "no variable" in str(problem) or "variables" in str(problem)
        return
    assert again.questions


# -- broken and hostile files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not XML"),
        (file(variable("single", VALUES))[:300], "not XML"),
        ("<codeBook/>", "expected <sss>"),
        ("<sss/>", "no <survey>"),
        (file(), "0 variables"),
        (file(variable("strange")), "expected one of single"),
        (file(variable("character", "<size>-1</size>")), "whole number"),
        (file('<variable ident="1" type="date"><position start="9" finish="2"/></variable>'), "position is 9 to 2"),
        ('<!DOCTYPE sss [<!ENTITY a "b">]><sss>&a;</sss>', "entity"),
        (file("<a>" * 300 + "</a>" * 300), "deep"),
        (file(variable("quantity", more=' use="weight"')), "no variable that is a question"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(text, words, tmp_path):
    refused(triples, text, words, tmp_path / "study.sss")


def test_more_variables_than_any_survey_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("populace.survey.formats.triples_meta._MOST", 3)
    with pytest.raises(FileRefused, match="4 variables"):
        read(file(*(variable("date", name=f"q{place}") for place in range(4))), tmp_path)


@settings(max_examples=80)
@given(st.integers(0, 100_000), st.integers(0, 7))
def test_a_flipped_bit_is_taken_or_refused(folder, place, bit):
    content = bytearray(file(variable("single", VALUES), variable("quantity", name="n")).encode())
    content[place % len(content)] ^= 1 << bit
    try:
        read(bytes(content), folder, "bit.sss")
    except InstrumentError as problem:
        assert "bit.sss" in str(problem)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (file().encode(), True),
        (file().replace("UTF-8", "UTF-16").encode("utf-16"), True),
        (b"<codeBook/>", False),
        (b"", False),
    ],
)
def test_its_files_are_recognised(content, expected, tmp_path):
    (tmp_path / "x.xml").write_bytes(content)
    assert triples.recognises(tmp_path / "x.xml") is expected
    assert not triples.recognises(tmp_path / "nowhere.xml")


def test_a_file_is_read_through_a_confined_process(tmp_path):
    (tmp_path / "x.xml").write_text(file(variable("single", VALUES)), encoding="utf-8")
    assert import_instrument(tmp_path / "x.xml").instrument.question("q").kind == "single"
