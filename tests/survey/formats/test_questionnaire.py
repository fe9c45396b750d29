"""Questionnaires as people write them: what is recognised, what is assumed and said so, what is left for a person."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.formats import questionnaire
from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.questionnaire_instructions import instruction, instructions
from populace.survey.formats.questionnaire_marks import option_mark, options_in_line, question_mark
from populace.survey.formats.questionnaire_routing import Route, route
from populace.survey.formats.questionnaire_scales import scale_in_line, scale_in_wording
from populace.survey.question import END_OF_BLOCK, END_OF_SURVEY, Question, Skip

from ..strategies import PLAIN_WORDS


def read(text: str | bytes, folder: Path, name: str = "survey.txt") -> Imported:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return questionnaire.read(folder / name, name)


def asked(text: str, folder: Path) -> list[Question]:
    return list(read(text, folder).instrument.questions)


def labels(question: Question) -> list[str]:
    return [option.label for option in question.options]


def notes(found: Imported, outcome: str) -> list[str]:
    return [f"{note.place}: {note.words}" for note in found.fidelity.notes if note.outcome == outcome]


# -- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label", "rest"),
    [
        ("Q1. Why?", "Q1", "Why?"),
        ("Q12) Why?", "Q12", "Why?"),
        ("Q1: Why?", "Q1", "Why?"),
        ("S2a. Why?", "S2a", "Why?"),
        ("D5 - Why?", "D5", "Why?"),
        ("[Q5] Why?", "Q5", "Why?"),
        ("Q5 Why?", "Q5", "Why?"),
        ("Question 7: Why?", "Q7", "Why?"),
        ("Q3.", "Q3", ""),
        ("12. Why?", "12", "Why?"),
        ("12a) Why?", "12a", "Why?"),
    ],
)
def test_the_number_of_a_question_is_recognised(text, label, rest):
    mark = question_mark(text)
    assert (mark.label, mark.text) == (label, rest)


@pytest.mark.parametrize(
    "text", ["Why?", "Quality. It matters", "2026 was good", "A. Yes", "1.5 litres", "", "Covid19. Yes"]
)
def test_what_is_no_number_of_a_question_is_none(text):
    assert question_mark(text) is None


@pytest.mark.parametrize(
    ("text", "mark", "label", "code"),
    [
        ("☐ Yes", "box", "Yes", None),
        ("[ ] Yes", "box", "Yes", None),
        ("[x] Yes", "box", "Yes", None),
        ("○ Yes", "circle", "Yes", None),
        ("( ) Yes", "circle", "Yes", None),
        ("o\tYes", "circle", "Yes", None),
        ("☐ 3. Yes", "box", "Yes", 3),
        ("1. Yes", "number", "Yes", 1),
        ("1) Yes", "number", "Yes", 1),
        ("(1) Yes", "number", "Yes", 1),
        ("[98] Yes", "number", "Yes", 98),
        ("1 = Yes", "number", "Yes", 1),
        ("1\tYes", "number", "Yes", 1),
        ("-9. Yes", "number", "Yes", -9),
        ("Yes ..... 1", "number", "Yes", 1),
        ("Yes\t1", "number", "Yes", 1),
        ("a) Yes", "letter", "Yes", None),
        ("B. Yes", "letter", "Yes", None),
        ("- Yes", "bullet", "Yes", None),
        ("• Yes", "bullet", "Yes", None),
        ("- [ ] Yes", "box", "Yes", None),
    ],
)
def test_the_mark_of_an_option_is_recognised(text, mark, label, code):
    found = option_mark(text)
    assert (found.mark, found.label, found.code) == (mark, label, code)


@pytest.mark.parametrize("text", ["Yes", "only one", "", "-", "☐", "a lot", "I agree"])
def test_what_has_no_mark_is_no_option(text):
    assert option_mark(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SINGLE CODE", {"single": True}),
        ("select one", {"single": True}),
        ("Please select all that apply.", {"multiple": True}),
        ("CHECK ALL THAT APPLY", {"multiple": True}),
        ("MULTIPLE; RANDOMIZE", {"multiple": True, "random": True}),
        ("Choose up to three", {"multiple": True, "at_most": 3}),
        ("NUMERIC 18-99", {"numeric": True, "minimum": 18, "maximum": 99}),
        ("OPEN END", {"open": True}),
        ("rank order", {"rank": True}),
        ("in the last month", {}),
        ("single parents", {}),
        ("approximately", {}),
    ],
)
def test_what_a_bracket_instructs_is_understood_or_left_in_the_wording(text, told):
    assert instruction(text) == told
    rest, found, _ = instructions(f"Why ({text})?")
    assert (found, text in rest) == (told, not told)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Very bad 1 2 3 4 5 Very good", ["Very bad", "2", "3", "4", "Very good"]),
        ("0 1 2 3", ["0", "1", "2", "3"]),
        ("1 = never, 5 = always", ["never", "2", "3", "4", "always"]),
        ("1 (never) 2 (often) 3 (always)", ["never", "often", "always"]),
        ("Yes / No / Don't know", ["Yes", "No", "Don't know"]),
        ("Agree | Neutral | Disagree", ["Agree", "Neutral", "Disagree"]),
        ("1 3 2", []),
        ("and/or", []),
        ("Call 555 123 4567", []),
    ],
)
def test_a_scale_in_one_line_is_recognised(text, points):
    assert [point.label for point in scale_in_line(text)] == points


def test_a_scale_in_the_wording_is_recognised():
    text = "On a scale from 1 to 4, where 1 means bad and 4 means good, how is it?"
    assert [(point.code, point.label) for point in scale_in_wording(text)] == [
        (1, "bad"),
        (2, "2"),
        (3, "3"),
        (4, "good"),
    ]
    assert scale_in_wording("How often from 1 to 4?") == []


def test_several_options_in_one_line_are_told_apart():
    assert [one.label for one in options_in_line("( ) Yes  ( ) No  ( ) Don't know")] == ["Yes", "No", "Don't know"]
    assert [one.label for one in options_in_line("a) Yes b) No")] == ["Yes", "No"]
    assert options_in_line("It is (a) good and (b) bad") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[ASK IF Q1 = 2]", Route("ask", "Q1", (2,))),
        ("ASK ONLY IF Q1=1 OR 2", Route("ask", "Q1", (1, 2))),
        ("IF Q3 = 1-3, ASK Q4", Route("ask", "Q3", (1, 2, 3))),
        ("BASE: S1 = 1", Route("ask", "S1", (1,))),
        ("IF Q1=2 GO TO Q5", Route("skip", "Q1", (2,), "Q5")),
        ("If Q1 is 2, skip to question 5", Route("skip", "Q1", (2,), "5")),
        ("(SKIP TO Q5)", Route("skip", to="Q5")),
        ("→ Q5", Route("skip", to="Q5")),
        ("GO TO END", Route("skip", to="end")),
        ("TERMINATE", Route("skip", to="end")),
        ("THANK AND CLOSE", Route("skip", to="end")),
        ("ASK ALL", Route("all")),
        ("IF Q1=2 AND Q2=3 GO TO Q5", None),
        ("IF YES GO TO Q5", None),
        ("ASK IF AGED 18-34", None),
        ("PROGRAMMER: ROTATE", None),
    ],
)
def test_a_routing_instruction_is_read_only_when_it_is_unmistakable(text, expected):
    assert route(text) == expected


# -- documents -------------------------------------------------------------------------------------------------------

AGENCY = """Supermarkets 2026

Thank you for taking part. This takes five minutes.

SECTION A: ABOUT YOU
====================

Q1. Are you...? [SINGLE CODE]
1. Male
2. Female
3. Other (please specify) ____
9. Prefer not to say

Q2. How old are you?
____ years

Q3) In which of these have you shopped
in the last month? (Select all that apply)
☐ Cornerstone
☐ Somewhere else: ________
☐ None of these  -> GO TO Q5

[ASK IF Q1=1 OR 2]
Q4. How much do you agree with these statements?

| | Strongly agree | Agree | Disagree | Strongly disagree |
|---|---|---|---|---|
| Prices are fair | ○ | ○ | ○ | ○ |
| Staff are friendly | ○ | ○ | ○ | ○ |

Q5. How likely are you to recommend us to a friend?
Not at all likely 0 1 2 3 4 5 6 7 8 9 10 Extremely likely

IF Q5 < 7 AND Q2 > 30 GO TO Q7

Q6. Why did you give that score? [OPEN END]

Q7. Please rank these in order of importance.
a) Price
b) Quality

Q8. When did you last shop?
__/__/____
"""


def test_a_questionnaire_of_an_agency_is_read_question_by_question(tmp_path):
    found = read(AGENCY, tmp_path)
    instrument = found.instrument
    assert instrument.title == "Supermarkets 2026"
    assert [block.title for block in instrument.blocks] == [None, "SECTION A: ABOUT YOU"]
    assert {question.name: question.kind for question in instrument.questions} == {
        "text": "display", "Q1": "single", "Q2": "numeric", "Q3": "multiple", "Q4": "grid", "Q5": "nps", "Q6": "open",
        "Q7": "rank", "Q8": "date",
    }  # fmt: skip
    first = instrument.question("Q1")
    assert [(option.code, option.label) for option in first.options] == [
        (1, "Male"), (2, "Female"), (3, "Other"), (9, "Prefer not to say"),
    ]  # fmt: skip
    assert [option.specify for option in first.options] == [False, False, True, False]
    assert first.options[-1].missing
    third = instrument.question("Q3")
    assert third.text == "In which of these have you shopped in the last month?"
    assert [(option.specify, option.exclusive) for option in third.options] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert third.skips == (Skip("Q5", "selected(Q3, 3)"),)
    assert instrument.question("Q2").unit == "years"
    grid = instrument.question("Q4")
    assert grid.show_if == "Q1 in [1, 2]"
    assert [row.text for row in grid.rows] == ["Prices are fair", "Staff are friendly"]
    assert (instrument.question("Q5").options[0].label, instrument.question("Q5").options[10].label) == (
        "Not at all likely",
        "Extremely likely",
    )


def test_every_guess_and_everything_that_is_left_is_in_the_list_with_its_line(tmp_path):
    found = read(AGENCY, tmp_path)
    (left,) = notes(found, NOT_TAKEN)
    assert "'IF Q5 < 7 AND Q2 > 30 GO TO Q7' could not be understood without doubt" in left
    guesses = "\n".join(notes(found, CHANGED))
    for part in (
        "line 8 (Q1): option 'Prefer not to say' is taken for no answer",
        "line 17 (Q3): option 'None of these' is taken to rule out the others",
        "line 17: '-> GO TO Q5' is read as: go to Q5 if selected(Q3, 3)",
        "line 24: '[ASK IF Q1=1 OR 2]' is read as the condition 'Q1 in [1, 2]'",
        "line 31 (Q5): 0 to 10 and 'recommend': taken for a net promoter question",
        "line 38 (Q7): the wording asks for an order: taken for a ranking",
    ):
        assert part in guesses, guesses
    assert {row[0]: row[1] for row in found.fidelity.table()}["question"] == 8


def test_plain_numbers_are_questions_or_options_by_where_they_stand(tmp_path):
    text = "1. Do you drink coffee?\n 1. Yes\n 2. No (Skip to 3)\n2. And tea?\n a. Green\n b. Black\n3. Why?\n"
    first, second, third = asked(text, tmp_path)
    assert (first.name, labels(first), first.skips) == ("Q1", ["Yes", "No"], (Skip("Q3", "Q1 == 2"),))
    assert (second.name, labels(second)) == ("Q2", ["Green", "Black"])
    assert (third.name, third.kind, third.source) == ("Q3", "open", "3")


def test_where_questions_are_called_q1_and_q2_plain_numbers_are_options(tmp_path):
    first, second = asked("Q1. Which?\n1. One?\n2. Two?\nQ2. And?\n1. Three\n2. Four\n", tmp_path)
    assert (labels(first), labels(second)) == (["One?", "Two?"], ["Three", "Four"])


def test_markdown_is_read_without_its_signs(tmp_path):
    text = "# A *short* survey\n\n**Q1.** Do you **like** tea?\n- [ ] Yes\n- [ ] No\n\n## More\n\n**Q2.** Why\\_so?\n"
    found = read(text, tmp_path, "survey.md").instrument
    assert found.title == "A short survey"
    assert [question.text for question in found.questions] == ["Do you like tea?", "Why_so?"]
    assert found.blocks[1].title == "More"


def test_lines_without_a_mark_below_a_question_are_options_and_that_is_said(tmp_path):
    found = read("Q1. Where do you live?\n\nIn a city\nIn a suburb\n\nQ2. Why?\n", tmp_path)
    assert labels(found.instrument.question("Q1")) == ["In a city", "In a suburb"]
    assert "2 lines without a mark are taken for options, from 'In a city' on" in "\n".join(notes(found, CHANGED))


def test_a_grid_in_columns_of_text_is_a_grid(tmp_path):
    text = "Q1. How good?\n\n              Bad   Good\nThe coffee    ( )   ( )\nThe tea       ( )   ( )\n"
    (question,) = asked(text, tmp_path)
    assert (question.kind, labels(question), [row.text for row in question.rows]) == (
        "grid",
        ["Bad", "Good"],
        ["The coffee", "The tea"],
    )


def test_a_table_of_options_and_codes_is_a_list(tmp_path):
    (question,) = asked("Q1. Which?\n\n| Tea | 1 |\n| Coffee | 7 |\n", tmp_path)
    assert [(option.code, option.label) for option in question.options] == [(1, "Tea"), (7, "Coffee")]


def test_codes_that_stand_twice_are_replaced_and_labels_that_do_are_numbered(tmp_path):
    found = read("Q1. Which?\n1. Tea\n1. Coffee\n3. Tea\n", tmp_path)
    assert [(option.code, option.label) for option in found.instrument.questions[0].options] == [
        (1, "Tea"), (2, "Coffee"), (3, "Tea (2)"),
    ]  # fmt: skip
    assert len(notes(found, CHANGED)) == 2


def test_names_that_stand_twice_are_told_apart_and_routing_to_them_is_left_to_a_person(tmp_path):
    found = read("Q1. Why?\n[ASK IF Q2=1]\nQ3. What?\nQ2. A?\n1. Yes\n2. No\nQ2. B?\n1. Yes\n2. No\n", tmp_path)
    assert [question.name for question in found.instrument.questions] == ["Q1", "Q3", "Q2", "Q2_2"]
    assert found.instrument.question("Q3").show_if is None
    assert "no question before it" in notes(found, NOT_TAKEN)[0]


@pytest.mark.parametrize(
    ("text", "skips"),
    [
        ("Q1. Tea?\n1. Yes\n2. No -> TERMINATE\nQ2. Why?\n", (Skip(END_OF_SURVEY, "Q1 == 2"),)),
        ("Q1. Tea?\n1. Yes\n2. No\n\nIF Q1=2 GO TO Q3\n\nQ2. Why?\nQ3. How?\n", (Skip("Q3", "Q1 == 2"),)),
        ("Q1. Tea?\n1. Yes\n2. No (GO TO Q3)\nQ2. Why?\n\n# More\n\nQ3. How?\n", (Skip(END_OF_BLOCK, "Q1 == 2"),)),
        ("Q1. Tea?\n1. Yes\n2. No (GO TO Q9)\nQ2. Why?\n", ()),
        ("Q1. Tea?\n1. Yes\n2. No\nIF Q1=7 GO TO Q3\nQ2. Why?\nQ3. How?\n", ()),
        ("Q1. Tea?\n1. Yes\n2. No\nIF NOT SURE GO TO Q3\nQ2. Why?\nQ3. How?\n", ()),
    ],
)
def test_skips_lead_to_later_questions_or_are_left_to_a_person(tmp_path, text, skips):
    found = read(text, tmp_path)
    assert found.instrument.question("Q1").skips == skips
    assert bool(notes(found, NOT_TAKEN)) == (not skips)


def test_a_condition_stands_before_or_within_its_question(tmp_path):
    text = (
        "Q1. Tea?\n1. Yes\n2. No\n\nASK IF Q1 = 1\nQ2. Why?\n\nQ3. [ASK IF Q1=2] Why not?\n\nASK ALL\nQ4. What else?\n"
    )
    found = {question.name: question.show_if for question in asked(text, tmp_path)}
    assert found == {"Q1": None, "Q2": "Q1 == 1", "Q3": "Q1 == 2", "Q4": None}


def test_a_dollar_bracket_in_a_text_is_no_piping(tmp_path):
    (question,) = asked("Q1. Why ${this}?\n", tmp_path)
    assert question.text == "Why $${this}?"


def test_a_programmers_note_is_not_part_of_the_wording_and_is_noted(tmp_path):
    found = read("Q1. Why? [PIPE IN BRAND]\n[PROGRAMMER: NEW SCREEN]\nQ2. How?\n", tmp_path)
    assert found.instrument.question("Q1").text == "Why?"
    assert len(notes(found, NOT_TAKEN)) == 2


# -- files -----------------------------------------------------------------------------------------------------------


def pdf(lines: list[str]) -> bytes:
    """A page of text, as small as a PDF can be."""
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    shown = "BT /F1 10 Tf 50 780 Td 12 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
    ]
    content, starts = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    end = (
        f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{len(content)}\n%%EOF\n"
    )
    return (content + end).encode("latin-1")


PAGE = [
    "A survey",
    "",
    "Q1. How often do you drink coffee, at home",
    "or at work?",
    "( ) Daily",
    "( ) Weekly",
    "( ) Never",
]


def test_a_pdf_is_read_like_text_and_lines_that_go_on_are_joined(tmp_path):
    (question,) = read(pdf(PAGE), tmp_path, "survey.pdf").instrument.questions
    assert question.text == "How often do you drink coffee, at home or at work?"
    assert labels(question) == ["Daily", "Weekly", "Never"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", pdf(PAGE)), ("a.txt", AGENCY.encode()), ("a.md", b"Q1. Why?\n")]
)
def test_files_are_read_in_a_confined_process(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    found = import_instrument(tmp_path / name)
    assert found.instrument.questions
    assert found.instrument == questionnaire.read(tmp_path / name, str(tmp_path / name)).instrument


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_usual_encodings(tmp_path, encoding):
    found = read("Q1. Zürich?\n☐ Ja".replace("☐", "-").encode(encoding), tmp_path)
    assert found.instrument.questions[0].text == "Zürich?"
    assert any(note.element == "encoding" for note in found.fidelity.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"Dear Sir,\nthis is a letter.\n", "holds no question that could be recognised"),
        ("a.txt", b"Q1. Why?\0", "holds NUL characters"),
        ("a.txt", b"\n \n", "holds no question"),
        ("a.pdf", pdf([]), "holds no text; it may be a scan"),
        ("a.pdf", b"%PDF-1.4\n", "is no PDF that can be read"),
        ("a.pdf", pdf(PAGE)[:300], "a.pdf"),
    ],
)
def test_a_file_without_questions_is_refused_in_one_line(tmp_path, name, content, words):
    with pytest.raises(FileRefused) as caught:
        read(content, tmp_path, name)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=40)
@given(st.integers(0), st.integers(1, 255), st.integers(0, 40))
def test_a_pdf_that_was_damaged_is_read_or_refused(tmp_path_factory, place, change, cut):
    content = bytearray(pdf(PAGE))
    content[place % len(content)] ^= change
    try:
        read(bytes(content[: len(content) - cut]), tmp_path_factory.mktemp("pdf"), "a.pdf")
    except InstrumentError as problem:
        assert "\n" not in str(problem)


def test_recognising_needs_a_look_only(tmp_path):
    for name, content, expected in (
        ("a.pdf", pdf(PAGE), True),
        ("a.txt", b"Q1. Why?", True),
        ("a.txt", b"", False),
        ("a.txt", b"PK\0\0", False),
        ("a.txt", "Q1. Why?".encode("utf-16"), True),
    ):
        (tmp_path / name).write_bytes(content)
        assert questionnaire.recognises(tmp_path / name) == expected
    assert not questionnaire.recognises(tmp_path / "nowhere.txt")


# -- any text --------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "Q1. ",
        "Q2) ",
        "1. ",
        "2. ",
        "a) ",
        "☐ ",
        "( ) ",
        "- ",
        "[SINGLE]",
        "(select all that apply)",
        "ASK IF Q1=1",
        "GO TO Q2",
        "→ Q9",
        "____",
        "1 2 3 4 5",
        "Yes",
        "No",
        "Why?",
        "|",
        "| a | b |",
        "\t",
        "  ",
        "# ",
        "===",
        "${x}",
        "[",
        "]",
        "Don't know",
        "TERMINATE",
        "how old are you?",
        "on a scale from 1 to 5",
        "/",
        "1 = bad, 3 = good",
        "\u2028",
        "Other: ___",
        ":",
    ]
)


@settings(max_examples=200)
@given(st.lists(st.lists(PIECES, max_size=5).map("".join), max_size=25).map("\n".join))
def test_whatever_stands_in_a_text_is_read_or_refused_in_one_line(tmp_path_factory, text):
    try:
        found = read(text, tmp_path_factory.getbasetemp())
    except InstrumentError as problem:
        assert "\n" not in str(problem)
        assert isinstance(problem, FileRefused)
        return
    assert found.instrument.items()
    assert all("\n" not in line for line in found.fidelity.lines(None))


@st.composite
def written(draw):
    """Questions as a careful author writes them: (name, kind, wording, labels, mark)."""
    made = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        kind = draw(st.sampled_from(["single", "multiple", "open"]))
        count = 0 if kind == "open" else draw(st.integers(2, 5))
        words = st.lists(PLAIN_WORDS.map(str.capitalize), min_size=count, max_size=count, unique_by=str.lower)
        mark = draw(st.sampled_from(["{n}. ", "( ) ", "- ", "{n}) ", "☐ "]))
        made.append((f"Q{number}", kind, draw(PLAIN_WORDS).capitalize() + "?", draw(words), mark))
    return made


@settings(max_examples=80)
@given(written())
def test_what_a_careful_author_wrote_is_read_back(tmp_path_factory, questions):
    lines = []
    for name, kind, text, options, mark in questions:
        told = {"single": "[SINGLE CODE]", "multiple": "(Select all that apply)", "open": "[OPEN END]"}[kind]
        lines += [f"{name}. {text} {told}", *(mark.format(n=n) + label for n, label in enumerate(options, 1)), ""]
    found = read("\n".join(lines), tmp_path_factory.getbasetemp()).instrument
    assert [(one.name, one.text, labels(one)) for one in found.questions] == [
        (name, text, options) for name, _, text, options, _ in questions
    ]
    # an order of options may be seen where there is none
    for one, (_, kind, *_) in zip(found.questions, questions, strict=True):
        assert one.kind == kind or (one.kind, kind) == ("scale", "single")


@pytest.mark.parametrize(
    "line",
    ["(" * 4000, "1 " * 2000, "_" * 4999, "a) " * 1600, "[ ] " * 1200, "| " * 2400, "IF Q1=" + "1," * 2000, "." * 4999,
     "1-" * 2400, "x " * 100_000, "/a" * 2400, "**a" * 1600, "\t" * 4900 + "x", "( " * 2400 + ")" * 100],
    ids=lambda line: line[:6],
)  # fmt: skip
def test_long_lines_of_signs_end_in_an_answer(tmp_path, line):
    found = read(f"Q1. Why?\n{line}\nQ2. {line}\nQ3. How?\n", tmp_path)
    assert {"Q1", "Q3"} <= {question.name for question in found.instrument.questions}


def test_many_questions_are_read(tmp_path):
    text = "\n".join(f"Q{n}. Number {n}?\n1. Yes\n2. No\n" for n in range(1, 3001))
    assert len(asked(text, tmp_path)) == 3000
