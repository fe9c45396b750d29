"""Word questionnaires: ours read back exactly, others as well as can be."""

import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.formats import word
from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.word_exact import ASKED, CHOICE
from populace.survey.formats.word_terms import KINDS, OPTION, QUESTION, bracketed, read_bracketed, read_terms, terms
from populace.survey.instrument import Block, Instrument, read_instrument
from populace.survey.question import Question, Skip
from populace.survey.scale import Option

from ..strategies import WORDS, instruments

EXAMPLES = Path(__file__).parents[3] / "examples"
#: wordings with everything that means something in these documents
TRICKY = st.sampled_from(
    [
        "Yes [1; no answer]",
        '["a"]',
        "a\nb",
        "\tTab",
        "Go to q1 if: x",
        "○\tx",
        " x ",
        "[2",
        'x "y" [',
        "Q1.\tWell?",
        "(a; b)",
    ]
)
CARRIED = {"flow": False, "data": False, "computed": False, "quotas": False, "translations": False}


def written(instrument: Instrument, folder: Path) -> tuple[Imported, object]:
    """What reads back, and the notes of the writer."""
    path = folder / "questionnaire.docx"
    noted = word.write(instrument, path)
    return word.read(path, "questionnaire.docx"), noted


def document(*paragraphs: str | tuple[str, str]) -> docx.document.Document:
    """A document of others: texts, or texts with a style."""
    made = docx.Document()
    for one in paragraphs:
        text, style = one if isinstance(one, tuple) else (one, None)
        made.add_paragraph(text, style=style)
    return made


def read(made, folder: Path) -> Imported:
    made.save(folder / "other.docx")
    return word.read(folder / "other.docx", "other.docx")


# -- ours ------------------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(instruments(kinds=tuple(KINDS), words=WORDS | TRICKY, **CARRIED))
def test_what_word_can_carry_reads_back_the_same(tmp_path_factory, instrument):
    back, noted = written(instrument, tmp_path_factory.mktemp("word"))
    assert back.instrument.content_hash == instrument.content_hash
    assert back.instrument == instrument
    assert not noted.notes
    assert not back.fidelity.notes


@settings(max_examples=12)
@given(instruments())
def test_whatever_is_not_the_same_was_noted_by_the_writer(tmp_path_factory, instrument):
    try:
        back, noted = written(instrument, tmp_path_factory.mktemp("word"))
    except InstrumentError:  # nothing is left that can be answered
        assert not {question.kind for question in instrument.questions if question.items()} & set(KINDS)
        return
    if not noted.notes:
        assert back.instrument.content_hash == instrument.content_hash
    lost = {note.place for note in noted.notes if note.outcome == NOT_TAKEN and note.element == "question"}
    asked = [f"question {question.name!r}" for question in instrument.questions]
    assert lost == set(asked) - {f"question {question.name!r}" for question in back.instrument.questions}


@pytest.mark.parametrize("name", ["coffee.yaml", "city.json", "pulse.yaml"])
def test_the_examples_read_back_through_a_confined_process(name, tmp_path):
    instrument = read_instrument(EXAMPLES / name)
    word.write(instrument, tmp_path / "example.docx")
    assert import_instrument(tmp_path / "example.docx").instrument.content_hash == instrument.content_hash


def test_what_paper_cannot_carry_is_noted_and_written_for_people(tmp_path):
    back, noted = written(read_instrument(EXAMPLES / "loyalty.yaml"), tmp_path)
    lost = {(note.element, note.place) for note in noted.notes}
    assert ("flow", "flow") in lost
    assert {place for element, place in lost if element == "question"} == {
        "question 'important'", "question 'card'", "question 'uses'",
    }  # fmt: skip
    text = "\n".join(paragraph.text for paragraph in docx.Document(tmp_path / "questionnaire.docx").paragraphs)
    assert "Set 1: Low prices, Fresh food, Friendly staff" in text
    assert "Reward: 1% back; Fee: No fee / Reward: 2% back; Fee: $10 a year / Neither of them" in text
    assert any(note.element == "note for people" for note in back.fidelity.notes)


def test_a_person_sees_the_wording_the_options_and_where_to_go_on(tmp_path):
    asked = Question(
        "tea", "single", "Tea?", (Option(1, "Yes"), Option(2, "No")), skips=(Skip("end of block", "tea == 2"),)
    )
    last = Question("why", "open", "Why?", show_if="tea == 1", required=True)
    word.write(Instrument("t", "Tea", (Block("b", (asked, last), "Habits"),)), tmp_path / "t.docx")
    assert [paragraph.text for paragraph in docx.Document(tmp_path / "t.docx").paragraphs] == [
        "Tea", 'id "t"; language "en"', 'Habits ["b"]',
        "tea\tTea?", "(one answer)", "○\tYes [1]", "○\tNo [2]", "Go to end of block if: tea == 2",
        "why\tWhy?", "(in own words; required)", "Asked if: tea == 1",
    ]  # fmt: skip


def test_a_skip_to_what_does_not_read_back_is_left_out_and_noted(tmp_path):
    sets = [[[1, 2, 3]]]
    options = tuple(Option(code, label) for code, label in enumerate("abc", 1))
    asked = (Question("a", "open", "A?", skips=(Skip("m"),)), Question("m", "best_worst", "M?", options, sets=sets))
    back, noted = written(Instrument("t", "T", (Block("b", asked),)), tmp_path)
    assert back.instrument.question("a").skips == ()
    assert ("skip", "question 'a'") in {(note.element, note.place) for note in noted.notes}


def test_characters_that_word_cannot_hold_are_replaced_and_noted(tmp_path):
    back, noted = written(Instrument("t", "T", (Block("b", (Question("q", "open", "Why\x07?"),)),)), tmp_path)
    assert back.instrument.question("q").text == "Why\ufffd?"
    (note,) = noted.notes
    assert (note.outcome, note.place) == (CHANGED, "question 'q'")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "old.docx"
    path.write_bytes(b"old")
    monkeypatch.setattr("docx.document.Document.save", lambda self, target: (_ for _ in ()).throw(ValueError("full")))
    with pytest.raises(ValueError, match="full"):
        word.write(read_instrument(EXAMPLES / "pulse.yaml"), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_person_adds_in_our_document_is_taken_and_noted(tmp_path):
    word.write(read_instrument(EXAMPLES / "pulse.yaml"), tmp_path / "p.docx")
    made = docx.Document(tmp_path / "p.docx")
    for text, style in (
        ("○\tSomething in between", CHOICE), ("How happy are you?", ASKED), ("Very happy", CHOICE),
        ("Not happy", CHOICE), ("Ask the client about this.", "Normal"),
    ):  # fmt: skip
        made.add_paragraph(text, style=style)
    back = read(made, tmp_path)
    assert back.instrument.question("trust").options[-1] == Option(6, "Something in between")
    assert [option.code for option in back.instrument.question("q").options] == [1, 2]
    assert back.instrument.question("q").kind == "single"
    assert [note.element for note in back.fidelity.notes if note.outcome == NOT_TAKEN] == ["paragraph"]
    assert sum(note.element == "option" for note in back.fidelity.notes) == 3


def test_what_breaks_a_rule_is_refused_with_the_file(tmp_path):
    word.write(read_instrument(EXAMPLES / "pulse.yaml"), tmp_path / "p.docx")
    made = docx.Document(tmp_path / "p.docx")
    made.add_paragraph("○\tAlways [1]", style=CHOICE)
    with pytest.raises(FileRefused, match=r"other\.docx: question 'trust': code 1 is used by"):
        read(made, tmp_path)


@given(st.one_of(WORDS, TRICKY), st.integers() | WORDS | TRICKY)
def test_a_bracket_reads_back_whatever_stands_before_it(label, code):
    option = Option(code, label, missing=True, show_if='a in ["]", "; "]', source="[x]")
    found = read_bracketed(bracketed(label, code, terms(option, OPTION)), OPTION)
    assert found == (label, code, {"missing": True, "show_if": option.show_if, "source": "[x]"})


@pytest.mark.parametrize(
    "text",
    ["required; required", "required;", "from", 'from "', "random order; ", "requireds", "from 1 to 2", "[", "x"],
)
def test_what_is_no_list_of_terms_is_not_taken_for_one(text):
    found = read_terms(text, QUESTION)
    assert found is None or text == "from"


# -- others ----------------------------------------------------------------------------------------------------------


def test_a_document_with_headings_paragraphs_and_lists_is_read(tmp_path):
    made = document(
        ("Coffee survey", "Title"),
        "Thank you for taking part.",
        ("Habits", "Heading 1"),
        "Q1. Do you drink coffee?",
        ("Yes", "List Bullet"),
        ("No (GO TO Q3)", "List Bullet"),
        "Q2. How many cups a day?",
        "____ cups",
        "Q3. Which of these have you bought? (Select all that apply)",
        "☐ Beans",
        "☐ Other, please specify: ______",
    )
    back = read(made, tmp_path)
    assert back.instrument.title == "Coffee survey"
    assert [block.title for block in back.instrument.blocks] == [None, "Habits"]
    kinds = {question.name: question.kind for question in back.instrument.questions}
    assert kinds == {"text": "display", "Q1": "single", "Q2": "open", "Q3": "multiple"}
    assert back.instrument.question("Q1").skips == (Skip("Q3", "Q1 == 2"),)
    assert [option.specify for option in back.instrument.question("Q3").options] == [False, True]


def numbered(made, text: str, level: int, list_id: int):
    """A paragraph of a list as Word numbers it."""
    paragraph = made.add_paragraph(text)
    properties = OxmlElement("w:numPr")
    for name, value in (("w:ilvl", level), ("w:numId", list_id)):
        part = OxmlElement(name)
        part.set(qn("w:val"), str(value))
        properties.append(part)
    paragraph._p.get_or_add_pPr().append(properties)


def test_numbers_that_word_counts_are_numbers_of_questions_and_options(tmp_path):
    made = docx.Document()
    numbering = made.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "99")
    for level, (form, text) in enumerate((("decimal", "%1."), ("lowerLetter", "%2)"))):
        lvl = OxmlElement("w:lvl")
        lvl.set(qn("w:ilvl"), str(level))
        for name, value in (("w:numFmt", form), ("w:lvlText", text)):
            part = OxmlElement(name)
            part.set(qn("w:val"), value)
            lvl.append(part)
        abstract.append(lvl)
    numbering.insert(0, abstract)
    list_id = numbering.add_num(99).numId
    for level, text in (
        (0, "Do you drink coffee?"),
        (1, "Yes"),
        (1, "No"),
        (0, "And tea?"),
        (1, "Green"),
        (1, "Black"),
    ):
        numbered(made, text, level, list_id)
    asked = read(made, tmp_path).instrument.questions
    assert [(one.name, [option.label for option in one.options]) for one in asked] == [
        ("Q1", ["Yes", "No"]),
        ("Q2", ["Green", "Black"]),
    ]


def test_a_table_below_a_question_is_a_grid(tmp_path):
    made = document("Q1. How good is each of these?")
    table = made.add_table(rows=3, cols=3)
    for row, texts in zip(table.rows, [("", "Good", "Bad"), ("Bread", "○", "○"), ("Milk", "○", "○")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    (question,) = read(made, tmp_path).instrument.questions
    assert (question.kind, [row.text for row in question.rows]) == ("grid", ["Bread", "Milk"])
    assert [option.label for option in question.options] == ["Good", "Bad"]


def test_check_boxes_of_word_and_its_symbol_fonts_are_boxes(tmp_path):
    made = document("Q1. Which have you bought?")
    for label in ("Beans", "Pods"):
        run = made.add_paragraph().add_run()
        symbol = OxmlElement("w:sym")
        symbol.set(qn("w:font"), "Wingdings")
        symbol.set(qn("w:char"), "F0A8")
        run._r.append(symbol)
        run.add_text(f" {label}")
    (question,) = read(made, tmp_path).instrument.questions
    assert (question.kind, [option.label for option in question.options]) == ("multiple", ["Beans", "Pods"])


def test_deleted_words_are_not_read(tmp_path):
    made = document("Q1. Why do you drink coffee?")
    deleted, run, text = OxmlElement("w:del"), OxmlElement("w:r"), OxmlElement("w:delText")
    text.text = " NOT THIS"
    run.append(text)
    deleted.append(run)
    made.paragraphs[0]._p.append(deleted)
    (question,) = read(made, tmp_path).instrument.questions
    assert question.text == "Why do you drink coffee?"


# -- broken and hostile files ----------------------------------------------------------------------------------------


@pytest.fixture
def ours(tmp_path) -> bytes:
    """A sound document."""
    word.write(read_instrument(EXAMPLES / "pulse.yaml"), tmp_path / "sound.docx")
    return (tmp_path / "sound.docx").read_bytes()


def refused(content: bytes, folder: Path) -> str:
    (folder / "bad.docx").write_bytes(content)
    with pytest.raises(InstrumentError) as caught:
        word.read(folder / "bad.docx", "bad.docx")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def repacked(content: bytes, **changed: bytes | None) -> bytes:
    """The archive with other entries; None takes one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = Path(name).stem if name.startswith("word/") else name
            entry = changed.get(key, old.read(name))
            if entry is not None:
                new.writestr(name, entry)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_document_is_refused(ours, tmp_path, size):
    refused(ours[: size if isinstance(size, int) else int(len(ours) * size)], tmp_path)


def test_a_document_without_a_body_or_with_a_broken_one_is_refused(ours, tmp_path):
    assert "no Word document" in refused(repacked(ours, document=None), tmp_path)
    assert "no Word document" in refused(repacked(ours, document=b"<w:document"), tmp_path)
    entity = b'<!DOCTYPE x [<!ENTITY e "boom">]><x>&e;</x>'
    assert "bad.docx" in refused(repacked(ours, document=entity), tmp_path)


def test_a_document_that_asks_nothing_is_refused(tmp_path):
    document("Dear Sir or Madam,", "this is a letter.").save(tmp_path / "letter.docx")
    assert "holds no question that could be recognised" in refused((tmp_path / "letter.docx").read_bytes(), tmp_path)


def test_a_bomb_is_refused(ours, tmp_path):
    assert "bad.docx" in refused(repacked(ours, document=b" " * (300 << 20)), tmp_path)


@settings(max_examples=40)
@given(st.integers(0), st.integers(1, 255))
def test_a_document_of_which_a_byte_was_changed_is_read_or_refused(tmp_path_factory, place, change):
    folder = tmp_path_factory.getbasetemp()
    sound = folder / "sound-word.docx"
    if not sound.exists():
        word.write(read_instrument(EXAMPLES / "pulse.yaml"), sound)
    content = bytearray(sound.read_bytes())
    content[place % len(content)] ^= change
    path = tmp_path_factory.mktemp("mutant") / "mutant.docx"
    path.write_bytes(content)
    assert word.recognises(path) in (True, False)
    try:
        word.read(path, "mutant.docx")
    except InstrumentError as problem:
        assert "\n" not in str(problem)
