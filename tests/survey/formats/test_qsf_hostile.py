"""Broken and hostile Qualtrics files: refused in one line, or read with notes; never a crash, never for long."""

import json
import random

import pytest

from populace import read_instrument
from populace.errors import FileRefused
from populace.survey.formats import qsf
from populace.survey.formats.qsf_write import to_qsf

from .qsf_files import block, choices, embedded, logic, question, read, survey, term, words, write
from .test_qsf_write import EXAMPLES

#: what stands in the place of a part of a file
JUNK = [
    None, True, 0, -1, 10**18, 1.5, "", "x", "1", "\0", "é" * 50, "Selected", "-5", [], {}, [[]], {"1": {}}, ["1"],
    {"0": {"0": {}}}, "${q://QID1/QuestionText}", "q://QID1/SelectableChoice/1", {"Type": "x"}, "<img alt=a>",
    {"a": {"b": {"c": []}}},
]  # fmt: skip


def refusal(content, folder):
    """Why a file is refused."""
    with pytest.raises(FileRefused) as raised:
        qsf.read(write(content, folder), "survey.qsf")
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{}", "has no list of SurveyElements"),
        ("[]", "has no list of SurveyElements"),
        ('{"SurveyElements": 1}', "has no list of SurveyElements"),
        ('{"SurveyElements": []}', "no question can be answered"),
        ('{"SurveyElements": [' + "[" * 10_000, "nested"),
        ('{"SurveyElements": [', "not valid JSON"),
        ('{"SurveyElements": [NaN]}', "NaN is no number"),
    ],
)
def test_what_is_no_survey_is_refused(tmp_path, content, why):
    assert why in refusal(content, tmp_path)


def test_too_much_is_refused(tmp_path):
    many = [{"Element": "SQ", "Payload": {"QuestionID": f"QID{n}"}} for n in range(100_000)]
    assert "has 100,000 questions; expected at most 10,000" in refusal({"SurveyElements": many}, tmp_path)
    listed = {str(n): {"Display": "x"} for n in range(200_001)}
    assert "200,001 choices" in refusal(survey(question("QID1", Choices=listed)), tmp_path)
    half = {str(n): {"Display": "x"} for n in range(1_000)}
    grid = question("QID1", "Matrix", "Likert", "MultipleAnswer", Choices=half, Answers=half)
    assert "1,000,000 columns" in refusal(survey(grid), tmp_path)
    options = {"Looping": "Static", "LoopingOptions": {"Static": {str(n): {} for n in range(100_000)}}}
    loop = survey(question("QID1", Choices=choices("A", "B", "C")), blocks=[block("BL_1", "QID1", Options=options)])
    assert "300,000 columns" in refusal(loop, tmp_path)


def test_other_encodings_are_read_or_refused(tmp_path):
    content = survey(question("QID1", QuestionText="Thé ?"))
    path = tmp_path / "survey.qsf"
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        path.write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)
        assert qsf.read(path, "x").instrument.questions[0].text == "Thé ?"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="latin-1")
    with pytest.raises(FileRefused, match="is not UTF-8"):
        qsf.read(path, "x")


def test_zeros_and_halves_of_characters_do_not_get_through(tmp_path):
    imported = read(survey(question("QID1", QuestionText="a\0b \ud83d c")), tmp_path)
    assert imported.instrument.questions[0].text == "ab � c"
    assert any("half a character" in note for note in words(imported, "changed"))


def test_ids_that_stand_twice(tmp_path):
    again = question("QID1", QuestionText="Second")
    imported = read(
        survey(question("QID1"), again, blocks=[block("BL_1", "QID1", "QID1"), block("BL_1", "QID1")]), tmp_path
    )
    assert [one.text for one in imported.instrument.questions] == ["Text of QID1"]
    lost = words(imported, "not taken")
    assert "question: QID1: its id is missing or stands twice" in lost
    assert "block: block BL_1: its id stands twice; the first counts" in lost


def test_a_question_that_cannot_be_put_keeps_its_place(tmp_path):
    bad = question(
        "QID2",
        "SBS",
        "SBSMatrix",
        Choices=choices("A"),
        AdditionalQuestions={"1": {"Answers": {"": {}}, "RecodeValues": {"": " "}}},
    )
    imported = read(survey(question("QID1"), bad), tmp_path)
    assert len(imported.instrument.questions) == 2


def test_circles_end(tmp_path):
    """Wordings that pipe in one another, choices carried in a circle, a question that hangs on itself."""
    pipes = "".join(f"${{q://QID{n}/QuestionText}}" for n in range(1, 60))
    raws = [question(f"QID{n}", "TE", "SL", QuestionText=pipes) for n in range(1, 60)]
    carried = {"Locator": "q://QID70/ChoiceGroup/SelectedChoices"}
    own = logic([term("q://QID70/SelectableChoice/1")])
    raws.append(question("QID70", DynamicChoices=carried, DisplayLogic=own))
    imported = read(survey(*raws), tmp_path)
    assert imported.instrument.question("Q70").show_if == 'selected(Q70, "1")'
    assert any("in a circle, or too often" in note for note in words(imported, "not taken"))
    assert max(len(one.text) for one in imported.instrument.questions) < 1_000_000


def test_conditions_beyond_all_bounds_are_named(tmp_path):
    many = logic([embedded("wave", "EqualTo", str(n), "Or") for n in range(900)])
    long = logic([embedded("wave", "EqualTo", "x" * 20_000)])
    sets = logic(*[[embedded("wave", "EqualTo", str(n), "And")] for n in range(3_000)])
    raws = [question(f"QID{n}", "TE", "SL", DisplayLogic=one) for n, one in enumerate((many, long, sets), 1)]
    imported = read(survey(*raws), tmp_path)
    assert all(one.show_if.startswith("unsupported(") for one in imported.instrument.questions)
    lost = [note for note in words(imported, "not taken") if note.startswith("display logic")]
    assert len(lost) == 3 and all("cannot be written down" in note for note in lost)


def _places(part, found):
    """Every (container, key) of a content."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        found.append((part, key))
        if isinstance(value, dict | list):
            _places(value, found)
    return found


def _mutant(content, chance):
    """The content with some parts replaced, left out or put elsewhere."""
    content = json.loads(json.dumps(content))
    places = _places(content["SurveyElements"], [])
    for _ in range(chance.choice([1, 1, 2, 3, 8, 20])):
        part, key = chance.choice(places)
        if key not in part if isinstance(part, dict) else key >= len(part):
            continue
        kind = chance.random()
        if kind < 0.5:
            part[key] = json.loads(json.dumps(chance.choice(JUNK)))
        elif kind < 0.7:
            del part[key]
        elif kind < 0.85:
            other, name = chance.choice(places)
            if name in other if isinstance(other, dict) else name < len(other):
                part[key] = json.loads(json.dumps(other[name]))
        elif isinstance(part, dict):
            part[chance.choice(["1", "2", "x", "9999999", "", "QID1"])] = part[key]
    return content


def test_mutants_are_read_or_refused(tmp_path):
    """A survey with every kind and every step, broken in 80 ways."""
    content, _ = to_qsf(read_instrument(EXAMPLES / "loyalty.yaml"))
    chance, read_ = random.Random(20), 0
    for _ in range(80):
        path = write(_mutant(content, chance), tmp_path)
        try:
            imported = qsf.read(path, "survey.qsf")
            read_ += 1
        except FileRefused as problem:
            assert "\n" not in str(problem)
            continue
        to_qsf(imported.instrument)
    assert read_ > 50


def test_bytes_that_changed_are_read_or_refused(tmp_path):
    content = json.dumps(to_qsf(read_instrument(EXAMPLES / "coffee.yaml"))[0]).encode()
    chance, path, refused = random.Random(21), tmp_path / "survey.qsf", 0
    for _ in range(300):
        broken = bytearray(content)
        at = chance.randrange(len(broken))
        broken[at : at + chance.choice([1, 1, 40, len(broken)])] = bytes([chance.randrange(256)]) * chance.randrange(3)
        path.write_bytes(bytes(broken))
        qsf.recognises(path)
        try:
            qsf.read(path, "survey.qsf")
        except FileRefused as problem:
            refused += 1
            assert "\n" not in str(problem)
    assert 50 < refused < 300
