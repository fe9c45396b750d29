"""DDI Codebook: variables, groups and what is known of a study, read and written, and files that are broken."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.flow import Field
from populace.survey.formats import ddi
from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Question, Row
from populace.survey.scale import Option

from ..strategies import instruments
from . import helpers
from .helpers import lists_of_questions, read_text, refused

CATEGORIES = "<catgry><catValu>1</catValu><labl>Yes</labl></catgry><catgry><catValu>2</catValu><labl>No</labl></catgry>"
REFUSED = '<catgry missing="Y"><catValu>9</catValu><labl>Refused</labl></catgry>'
NUMERIC = '<varFormat type="numeric"/>'
STUDY = (
    '<stdyDscr><citation><titlStmt><titl>A study</titl><IDNo agency="x">S1</IDNo></titlStmt></citation><stdyInfo>'
    '<abstract>About it.</abstract><sumDscr><collDate date="2019-03-01">March</collDate><nation abbr="US">USA</nation>'
    "<geogCover>All</geogCover></sumDscr></stdyInfo></stdyDscr>"
)


def file(*parts: str, study: str = STUDY, namespace: str = ' xmlns="ddi:codebook:2_5"') -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><codeBook version="2.5" xml:lang="en"{namespace}>{study}'
        f"<dataDscr>{''.join(parts)}</dataDscr></codeBook>"
    )


def var(inner: str, name: str = "q", label: str = "Label", more: str = "") -> str:
    return f'<var ID="V_{name}" name="{name}"{more}><labl>{label}</labl>{inner}</var>'


def read(text: str | bytes, folder: Path, name: str = "study.xml") -> Imported:
    return read_text(ddi, text, folder / name)


def asked(text: str, folder: Path) -> Question:
    return read(file(text), folder).instrument.questions[0]


def notes(found: Imported, outcome: str) -> list[str]:
    return [f"{note.place}: {note.element}: {note.words}" for note in found.fidelity.notes if note.outcome == outcome]


def back(instrument: Instrument, folder: Path):
    return helpers.back(ddi, instrument, folder / f"{instrument.id}.xml")


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        (var(CATEGORIES), "single", {}),
        (var(CATEGORIES, more=' nature="ordinal"'), "scale", {}),
        (var(CATEGORIES + REFUSED), "single", {}),
        (var(NUMERIC), "numeric", {}),
        (
            var(f'<valrng><range min="1" max="99"/></valrng>{REFUSED}{NUMERIC}', more=' dcml="1" measUnit="years"'),
            "numeric",
            {"minimum": 1, "maximum": 99, "decimals": 1, "unit": "years"},
        ),
        (var(CATEGORIES, more=' intrvl="contin" nature="ratio"'), "numeric", {"options": ()}),
        (var('<varFormat type="character"/>'), "open", {}),
        (var('<varFormat type="character" category="date"/>'), "date", {}),
        (var('<varFormat type="numeric" category="time"/>'), "open", {"format": "time"}),
    ],
)
def test_a_variable_is_a_question(text, kind, fields, tmp_path):
    question = asked(text, tmp_path)
    assert question.kind == kind
    assert {name: getattr(question, name) for name in fields} == fields


def test_codes_marked_missing_are_no_answers(tmp_path):
    more = (
        "<catgry><catValu>.</catValu><labl>System</labl></catgry><catgry><catValu>8</catValu><labl>Skip</labl></catgry>"
    )
    invalid = '<invalrng><item VALUE="8"/></invalrng>'
    found = read(file(var(invalid + CATEGORIES + REFUSED + more)), tmp_path)
    options = found.instrument.questions[0].options
    assert [(option.code, option.missing) for option in options] == [(1, False), (2, False), (9, True), (8, True)]
    assert any("code '.'" in note or "has no code" in note for note in notes(found, NOT_TAKEN))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("<qstn><qstnLit>Do you?</qstnLit></qstn>", "Do you?"),
        ("<qstn><preQTxt>Think.</preQTxt><qstnLit>Do you?</qstnLit></qstn>", "Think.\nDo you?"),
        ("<qstn>Do you?</qstn>", "Do you?"),
        ("", "Label"),
        ("<qstn><qstnLit>Costs ${5} &lt;b&gt;now&lt;/b&gt;</qstnLit></qstn>", "Costs $${5} now"),
    ],
)
def test_what_was_asked_comes_before_the_label(question, text, tmp_path):
    assert asked(var(question + CATEGORIES), tmp_path).text == text


def test_groups_are_one_question(tmp_path):
    yes = "<catgry><catValu>0</catValu><labl>No</labl></catgry><catgry><catValu>1</catValu><labl>Yes</labl></catgry>"
    groups = (
        '<varGrp ID="G1" name="m" type="multipleResp" var="V_m_1 V_m_2"><txt>Which?</txt></varGrp>'
        '<varGrp ID="G2" name="g" type="grid" var="V_g_a V_g_b"><labl>Rate:</labl></varGrp>'
        '<varGrp ID="G3" name="x" type="subject" var="V_m_1"><labl>Topic</labl></varGrp>'
    )
    members = [
        var(yes, "m_1", "Tea"),
        var(yes, "m_2", "Coffee"),
        var(CATEGORIES, "g_a", "A"),
        var(CATEGORIES, "g_b", "B"),
    ]
    instrument = read(file(groups, *members), tmp_path).instrument
    multiple, grid = instrument.questions
    assert (multiple.kind, multiple.text, [o.label for o in multiple.options]) == (
        "multiple",
        "Which?",
        ["Tea", "Coffee"],
    )
    assert (grid.kind, grid.text, [(row.name, row.text) for row in grid.rows]) == (
        "grid",
        "Rate:",
        [("a", "A"), ("b", "B")],
    )
    assert [item.name for item in instrument.items()] == ["m_1", "m_2", "g_a", "g_b"]


def test_a_group_whose_variables_differ_is_taken_apart(tmp_path):
    group = '<varGrp ID="G" name="g" type="grid" var="V_a V_b"><labl>Rate:</labl></varGrp>'
    found = read(file(group, var(CATEGORIES, "a"), var(CATEGORIES + REFUSED, "b")), tmp_path)
    assert [question.kind for question in found.instrument.questions] == ["single", "single"]
    assert any("not alike" in note for note in notes(found, CHANGED))


def test_what_is_known_of_the_study(tmp_path):
    instrument = read(file(var(CATEGORIES), var(NUMERIC, "w", "Weight", ' wgt="wgt"')), tmp_path).instrument
    assert (instrument.id, instrument.title, instrument.notes) == ("S1", "A study", "About it.")
    assert (instrument.year, instrument.country, instrument.language) == (2019, "US", "en")
    assert instrument.data == (Field("w", "Weight", "number"),)


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.icpsr.umich.edu/DDI"', ' xmlns="ddi:codebook:2_6"'])
def test_versions_differ_by_namespace_only(namespace, tmp_path):
    assert read(file(var(CATEGORIES), namespace=namespace), tmp_path).instrument.id == "S1"


def test_a_universe_is_a_condition_where_it_is_written_as_one(tmp_path):
    own = var(f"<universe>q == 1</universe>{CATEGORIES}", "a")
    other = var(f"<universe>All adults</universe>{CATEGORIES}", "b")
    found = read(file(var(CATEGORIES), own, other), tmp_path)
    assert [question.show_if for question in found.instrument.questions] == [None, "q == 1", None]
    assert any("All adults" in note for note in notes(found, NOT_TAKEN))


def test_other_languages_are_translations(tmp_path):
    question = '<qstn><qstnLit>Do you?</qstnLit><qstnLit xml:lang="fr">Et vous ?</qstnLit></qstn>'
    category = '<catgry><catValu>1</catValu><labl>Yes</labl><labl xml:lang="fr">Oui</labl></catgry>'
    more = "<catgry><catValu>2</catValu><labl>No</labl></catgry>"
    instrument = read(file(var(question + category + more)), tmp_path).instrument
    assert instrument.translations == {"fr": {"q": "Et vous ?", "q/options/1": "Oui"}}


def test_what_is_of_no_use_is_counted_and_the_rest_told(tmp_path):
    inner = "<qstn><qstnLit>Do you?</qstnLit><ivuInstr>Show card</ivuInstr></qstn>"
    more = "<sumStat type='mean'>1</sumStat><txt>Derived</txt>"
    told = notes(read(file(var(inner + more + CATEGORIES)), tmp_path), NOT_TAKEN)
    assert any("Show card" in note for note in told)
    assert any("Derived" in note for note in told)
    assert any("sumStat (1)" in note and "geogCover (1)" in note for note in told)


# -- writing ---------------------------------------------------------------------------------------------------------

SCALE = (Option(1, "Bad"), Option(2, "Good"), Option(9, "Refused", missing=True))
QUESTIONS = (
    Question("one", "single", "Which?", options=(Option("a", "Apple"), Option("b", "Pear"))),
    Question("how", "scale", "How is it, 1 < 2 &\nwhy?", options=SCALE, show_if='one == "a"'),
    Question("many", "multiple", "Which of these?", options=(Option(1, "Ä"), Option(5, 'B "x"')), show_if="how == 1"),
    Question("rate", "grid", "Rate:", options=SCALE, rows=(Row("x", "Ex"), Row("y", "Why"))),
    Question("n", "numeric", "How many?", minimum=0, maximum=9.5, decimals=1, unit="miles"),
    Question("t", "open", "Why?"),
    Question("d", "date", "When?"),
    Question("h", "open", "What time?", format="time"),
)


def test_every_kind_comes_back_the_same(tmp_path):
    instrument = Instrument(
        "study", "A study", (Block("main", QUESTIONS),), year=2026, country="DE", notes="Remarks.", language="de",
        translations={"fr": {"one": "Laquelle ?", "one/options/a": "Pomme", "many/options/5": "C", "rate/rows/x": "X"}},
    )  # fmt: skip
    again, fidelity = back(instrument, tmp_path)
    assert not fidelity.notes
    assert again.content_hash == instrument.content_hash


def test_what_has_no_place_is_told(tmp_path):
    options = (Option(1, "A"), Option(2, "B", specify=True))
    questions = (
        Question("s", "single", "Which?", options=options, required=True),
        Question("r", "rank", "Order?", options=(Option(1, "A"), Option(2, "B"))),
        Question("hello", "display", "Hello"),
    )
    instrument = Instrument("study", "A study", (Block("main", questions),), data=(Field("w", kind="number"),))
    again, fidelity = back(instrument, tmp_path)
    assert [question.name for question in again.questions] == ["s", "s_2_text", "r_1", "r_2"]
    assert {note.element for note in fidelity.notes} == {"question", "option.specify", "required", "data"}


def test_parts_of_a_variable_stand_in_the_order_of_the_standard(tmp_path):
    from lxml import etree

    ddi.write(Instrument("study", "A study", (Block("main", QUESTIONS),), year=2026), tmp_path / "study.xml")
    root = etree.parse(tmp_path / "study.xml").getroot()
    order = ["labl", "qstn", "valrng", "universe", "catgry", "varFormat"]
    for element in root.iter(f"{{{ddi.NAMESPACE}}}var"):
        tags = [etree.QName(child).localname for child in element]
        assert tags == sorted(tags, key=order.index)
    data = root.find(f"{{{ddi.NAMESPACE}}}dataDscr")
    tags = [etree.QName(child).localname for child in data]
    assert tags == sorted(tags, key=["varGrp", "var"].index)


def test_words_that_look_like_formatting_are_told(tmp_path):
    questions = (Question("t", "open", "Is <b>this</b> bold?"),)
    again, fidelity = back(Instrument("study", "A study", (Block("main", questions),)), tmp_path)
    assert again.question("t").text == "Is this bold?"
    assert [note.element for note in fidelity.notes if note.outcome == CHANGED][:1] == ["formatting"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ddi")


KINDS = ("single", "multiple", "scale", "numeric", "open", "date", "grid")
CARRIED = (
    "stem", "item", "role", "randomize", "step", "at_least", "at_most", "several_lines", "required", "requested",
    "valid_if", "valid_text", "flip", "show_only", "fixed", "new_page", "look", "longest", "option.image",
    "option.column", "option.fixed", "option.specify", "option.show_if", "option.exclusive", "option.off_scale",
    "row.fixed", "row.column", "row.show_if", "row.specify",
)  # fmt: skip


@settings(max_examples=60)
@given(lists_of_questions(KINDS, CARRIED))
def test_an_instrument_that_is_written_without_a_note_comes_back_the_same(folder, instrument):
    block = Block("main", instrument.blocks[0].questions)
    again, fidelity = back(replace(instrument, blocks=(block,)), folder)
    if not fidelity.notes:
        assert again.content_hash == replace(instrument, blocks=(block,)).content_hash


@settings(max_examples=25)
@given(instruments())
def test_whatever_is_written_can_be_read(folder, instrument):
    again, _ = back(instrument, folder)
    assert again.questions


# -- broken and hostile files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not XML"),
        (file(var(CATEGORIES))[:400], "not XML"),
        ("<sss/>", "expected <codeBook>"),
        (file(), "0 variables"),
        ('<!DOCTYPE codeBook [<!ENTITY a "b">]><codeBook>&a;</codeBook>', "entity"),
        (file("<a>" * 300 + "</a>" * 300), "deep"),
        (file(var(NUMERIC, more=' wgt="wgt"')), "no variable that is a question"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(text, words, tmp_path):
    refused(ddi, text, words, tmp_path / "study.xml")


def test_more_variables_than_any_survey_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(ddi, "_MOST", 3)
    with pytest.raises(FileRefused, match="4 variables"):
        read(file(*(var(CATEGORIES, f"q{place}") for place in range(4))), tmp_path)


def test_two_variables_of_one_name_are_told_apart(tmp_path):
    found = read(file(var(CATEGORIES), var(CATEGORIES, "Q")), tmp_path)
    assert [question.name for question in found.instrument.questions] == ["q", "Q_2"]


@settings(max_examples=80)
@given(st.integers(0, 100_000), st.integers(0, 7))
def test_a_flipped_bit_is_taken_or_refused(folder, place, bit):
    content = bytearray(file(var(CATEGORIES), var(NUMERIC, "n")).encode())
    content[place % len(content)] ^= 1 << bit
    try:
        read(bytes(content), folder, "bit.xml")
    except InstrumentError as problem:
        assert "bit.xml" in str(problem)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(file().encode(), True), (b'<ddi:codeBook xmlns:ddi="x">', True), (b"<sss/>", False), (b"", False)],
)
def test_its_files_are_recognised(content, expected, tmp_path):
    (tmp_path / "x.xml").write_bytes(content)
    assert ddi.recognises(tmp_path / "x.xml") is expected
    assert not ddi.recognises(tmp_path / "nowhere.xml")


def test_a_file_is_read_through_a_confined_process(tmp_path):
    (tmp_path / "x.xml").write_text(file(var(CATEGORIES)), encoding="utf-8")
    assert import_instrument(tmp_path / "x.xml").instrument.question("q").kind == "single"
