"""Qualtrics survey files read: questions, type by type, their choices, wordings and translations."""

import json

import pytest

from populace.errors import FileRefused
from populace.survey.formats import qsf
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.qsf_languages import code_of, language_of

from .qsf_files import block, choices, logic, question, read, survey, term, words, write

SCALE = choices("Never", "Sometimes", "Always")


def one(folder, raw, *others):
    """The first question of a file with these."""
    return read(survey(raw, *others), folder).instrument.questions[0]


def settings(kind, **fields):
    return {"Settings": {"ForceResponse": "OFF", "Type": kind, **fields}}


# -- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (question("QID1"), {"kind": "single", "look": None}),
        (question("QID1", selector="SAHR"), {"kind": "single", "look": "horizontal"}),
        (question("QID1", selector="SACOL"), {"kind": "single", "look": "columns"}),
        (question("QID1", selector="DL"), {"kind": "single", "look": "dropdown"}),
        (question("QID1", selector="SB"), {"kind": "single", "look": "select box"}),
        (question("QID1", Choices=SCALE), {"kind": "scale"}),
        (question("QID1", selector="MAVR"), {"kind": "multiple"}),
        (question("QID1", selector="MAHR"), {"kind": "multiple", "look": "horizontal"}),
        (question("QID1", selector="MSB"), {"kind": "multiple", "look": "select box"}),
        (
            question("QID1", selector="NPS", Choices={str(n): {"Display": str(n)} for n in range(11)}, ChoiceOrder=[]),
            {"kind": "nps"},
        ),
        (question("QID1", "Matrix", "Likert", "SingleAnswer", Choices=SCALE, Answers=SCALE), {"kind": "grid"}),
        (
            question("QID1", "Matrix", "Likert", "DL", Choices=SCALE, Answers=SCALE),
            {"kind": "grid", "look": "dropdown"},
        ),
        (
            question("QID1", "Matrix", "Likert", "MultipleAnswer", Choices=SCALE, Answers=SCALE),
            {"kind": "grid_multiple"},
        ),
        (
            question("QID1", "Matrix", "Bipolar", None, Choices=SCALE, Answers=SCALE),
            {"kind": "grid", "look": "bipolar"},
        ),
        (question("QID1", "Matrix", "TE", "Short", Choices=SCALE), {"kind": "open", "look": "matrix short"}),
        (question("QID1", "Matrix", "TE", "Short", Choices=SCALE, Answers=SCALE), {"kind": "side_by_side"}),
        (question("QID1", "Matrix", "CS", "WOTB", Choices=SCALE), {"kind": "numeric"}),
        (
            question("QID1", "Matrix", "MaxDiff", None, Choices=SCALE, Answers=choices("Best", "Worst")),
            {"kind": "best_worst", "sets": (((1, 2, 3),),)},
        ),
        (question("QID1", "TE", "SL"), {"kind": "open", "several_lines": False}),
        (question("QID1", "TE", "ML"), {"kind": "open", "several_lines": True}),
        (question("QID1", "TE", "ESTB"), {"kind": "open", "several_lines": True}),
        (question("QID1", "TE", "PW"), {"kind": "open", "look": "password"}),
        (question("QID1", "TE", "FORM", Choices=choices("Name", "Town")), {"kind": "open"}),
        (
            question("QID1", "TE", "SL", Validation=settings("ContentType", ContentType="ValidEmail")),
            {"format": "email"},
        ),
        (question("QID1", "TE", "SL", Validation=settings("ContentType", ContentType="ValidDate")), {"format": "date"}),
        (question("QID1", "TE", "SL", Validation=settings("TotalChar", TotalChars="80")), {"longest": 80}),
        (
            question(
                "QID1",
                "TE",
                "SL",
                Validation=settings(
                    "ContentType", ContentType="ValidNumber", ValidNumber={"Min": "1", "Max": "9", "NumDecimals": "2"}
                ),
            ),
            {"kind": "numeric", "minimum": 1, "maximum": 9, "decimals": 2},
        ),
        (question("QID1", "TE", "SL", Validation=settings("None", ContentType="ValidNumber")), {"kind": "open"}),
        (
            question(
                "QID1",
                "Slider",
                "HSLIDER",
                Choices=SCALE,
                Configuration={"CSSliderMin": 0, "CSSliderMax": 10, "GridLines": 5, "SnapToGrid": True},
            ),
            {"kind": "slider", "minimum": 0, "maximum": 10, "step": 2},
        ),
        (
            question("QID1", "Slider", "STAR", Choices=SCALE, Configuration={"StarCount": 7}),
            {"look": "stars", "maximum": 7},
        ),
        (question("QID1", "RO", "DND", Choices=SCALE), {"kind": "rank", "ranked": None}),
        (
            question("QID1", "RO", "DND", Choices=SCALE, Validation=settings("MaxChoices", MaxChoices="2")),
            {"ranked": 2},
        ),
        (
            question("QID1", "CS", "VRTL", Choices=SCALE, Validation=settings("ChoicesTotal", ChoiceTotal="100")),
            {"kind": "sum", "total": 100},
        ),
        (
            question("QID1", "CS", "VRTL", Choices=SCALE, Validation=settings("None", ChoiceTotal="100")),
            {"kind": "numeric"},
        ),
        (
            question("QID1", "PGR", "DragAndDrop", Choices=SCALE, Groups=["Good", "Bad"]),
            {"kind": "grid", "look": "drag and drop"},
        ),
        (question("QID1", "DD", "DL", Answers=choices("A ~ B", "A ~ C")), {"kind": "single", "look": "dropdown"}),
        (question("QID1", "DB", "TB"), {"kind": "display"}),
        (
            question("QID1", "DB", "GRB", GraphicsDescription="A cat"),
            {"kind": "display", "look": "graphic", "text": "Text of QID1\n[image: A cat]"},
        ),
        (question("QID1", "Timing", "PageTimer"), {"kind": "technical", "look": "timing"}),
        (question("QID1", "Captcha", "V2"), {"kind": "technical", "look": "captcha"}),
        (question("QID1", "HeatMap", "Image"), {"kind": "technical", "look": "heat map"}),
        (question("QID1", "Telepathy", "X"), {"kind": "technical", "look": "Telepathy"}),
        (question("QID1", Choices={}), {"kind": "technical", "look": "multiple choice without choices"}),
        (
            question("QID1", Validation=settings("None", ForceResponse="ON", ForceResponseType="ON")),
            {"required": True, "requested": False},
        ),
        (
            question("QID1", Validation=settings("None", ForceResponse="ON", ForceResponseType="RequestResponse")),
            {"required": False, "requested": True},
        ),
        (
            question("QID1", selector="MAVR", Validation=settings("ChoiceRange", MinChoices="1", MaxChoices="2")),
            {"at_least": 1, "at_most": 2},
        ),
        (
            question("QID1", selector="MAVR", Validation=settings("None", MinChoices="1", MaxChoices="2")),
            {"at_least": None, "at_most": None},
        ),
    ],
    ids=lambda value: None,
)
def test_every_type_of_question(tmp_path, raw, expected):
    found = one(tmp_path, raw, question("QID2"))
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.source == "QID1"


def test_side_by_side(tmp_path):
    parts = {
        "1": {"QuestionText": "Eat?", "Selector": "Likert", "SubSelector": "SingleAnswer", "Answers": SCALE},
        "2": {"QuestionText": "Where?", "Selector": "Likert", "SubSelector": "MultipleAnswer", "Answers": choices("A")},
        "3": {"QuestionText": "Why?", "Selector": "TE", "SubSelector": "Short", "Answers": choices("First", "Second")},
        "4": {"QuestionText": "Note", "Selector": "TE", "SubSelector": "Short"},
    }
    found = one(tmp_path, question("QID1", "SBS", "SBSMatrix", Choices=choices("Apple"), AdditionalQuestions=parts))
    assert [(one.name, one.kind, one.text) for one in found.columns] == [
        ("1", "single", "Eat?"), ("2", "multiple", "Where?"), ("3_1", "open", "Why? First"),
        ("3_2", "open", "Why? Second"), ("4", "open", "Note"),
    ]  # fmt: skip
    assert [item.name for item in found.items()] == ["Q1_1_1", "Q1_2_1_1", "Q1_3_1_1", "Q1_3_2_1", "Q1_4_1"]


# -- names and texts -------------------------------------------------------------------------------------------------


def test_names_are_unique_words(tmp_path):
    tags = ["Q 1", "q_1", "Q3_1", "Q3", "_x", ""]
    grid = {"Choices": SCALE, "Answers": SCALE, "QuestionType": "Matrix", "Selector": "Likert"}
    raws = [question(f"QID{n}", DataExportTag=tag, **(grid if tag == "Q3" else {})) for n, tag in enumerate(tags, 1)]
    imported = read(survey(*raws), tmp_path)
    assert [one.name for one in imported.instrument.questions] == ["Q_1", "q_1_2", "Q3_1", "Q3_2", "x", "QID6"]
    assert any("name 'Q3' is 'Q3_2' here" in note for note in words(imported, "changed"))


def test_wordings_are_plain_text(tmp_path):
    html = "<div><b>How</b> &amp; why?<br>Say:&nbsp;<img alt='a cat' src='x'></div>"
    imported = read(survey(question("QID1", QuestionText=html), question("QID2", QuestionText=None)), tmp_path)
    assert [one.text for one in imported.instrument.questions] == ["How & why?\nSay: [image: a cat]", "…"]
    said = words(imported, "changed")
    assert "formatting: QID1 (Q1): left out: wordings are plain text here" in said
    assert any("QID2 (Q2): has no wording" in one for one in said)


@pytest.mark.parametrize(
    ("piped", "ours"),
    [
        ("${q://QID1/ChoiceGroup/SelectedChoices}", "${Q1}"),
        ("${q://QID1/SelectedChoicesRecode}", "${Q1 + 0}"),
        ("${q://QID1/QuestionText}", "Text of QID1"),
        ("${q://QID1/ChoiceDescription/2}", "No"),
        ("${e://Field/My%20name}", "${My_20name}"),
        ("${e://Field/wave}", "${wave}"),
        ("${m://FirstName}", "${FirstName}"),
        ("${lm://Field/2}", "${loop.field2}"),
        ("${lm://CurrentLoopNumber}", "${loop.number}"),
        ("${nothing", "$${nothing"),
        ("${date://CurrentDate/DS}", "$${date://CurrentDate/DS}"),
        ("${q://QID77/QuestionText}", "$${q://QID77/QuestionText}"),
    ],
)
def test_piping_is_ours(tmp_path, piped, ours):
    imported = read(survey(question("QID1"), question("QID2", QuestionText=f"a {piped} b")), tmp_path)
    assert imported.instrument.question("Q2").text == f"a {ours} b"
    lost = [note for note in words(imported, "not taken") if note.startswith("piped text") and piped in note]
    assert len(lost) == (ours.startswith("$${") and piped != "${nothing")  # which is no piping for Qualtrics either


def test_translations(tmp_path):
    french = {
        "QuestionText": "Du th&eacute; ?",
        "Choices": {"1": {"Display": "Oui"}, "2": {"Display": ""}},
        "Labels": [1],
    }
    grid = {"QuestionText": "Et ?", "Choices": {"1": {"Display": "Rang"}}, "Answers": {"1": {"Display": "Jamais"}}}
    imported = read(
        survey(
            question("QID1", Language={"FR": french}, RecodeValues={"1": "7"}),
            question(
                "QID2", "Matrix", "Likert", "SingleAnswer", Choices=SCALE, Answers=SCALE, Language={"PT-BR": grid}
            ),
        ),
        tmp_path,
    )
    assert imported.instrument.translations == {
        "fr": {"Q1": "Du thé ?", "Q1/options/7": "Oui"},
        "pt-BR": {"Q2": "Et ?", "Q2/rows/1": "Rang", "Q2/options/1": "Jamais"},
    }
    assert any("Labels: translations have no place for it" in one for one in words(imported, "not taken"))


@pytest.mark.parametrize(
    ("ours", "theirs"), [("en", "EN"), ("pt-BR", "PT-BR"), ("zh-Hans", "ZH-S"), ("sr-Latn", "SR-LATN")]
)
def test_languages(ours, theirs):
    assert code_of(ours) == theirs and language_of(theirs) == ours


# -- the file --------------------------------------------------------------------------------------------------------


def test_lists_and_dictionaries_are_the_same(tmp_path):
    as_list = read(survey(question("QID1"), blocks=[block("BL_1", "QID1")]), tmp_path).instrument
    as_dict = read(survey(question("QID1"), blocks={"0": block("BL_1", "QID1")}), tmp_path).instrument
    listed = question("QID1", Choices=[None, {"Display": "Yes"}, {"Display": "No"}])
    assert as_list.content_hash == as_dict.content_hash
    assert [option.label for option in one(tmp_path, listed).options] == ["Yes", "No"]


def test_what_says_nothing_about_asking_is_counted(tmp_path):
    apart = [{"Element": kind, "Payload": None} for kind in ("RS", "STAT", "PROJ", "NT", "NT", "PL", "QC", "XX")]
    options = {
        "Element": "SO",
        "Payload": {"Header": "<b>x</b>", "BackButton": "false", "EOSRedirectURL": "https://x.org"},
    }
    imported = read(survey(question("QID1"), elements=[*apart, options]), tmp_path)
    lost = words(imported, "not taken")
    assert "note: the file: 2 of these: not needed to ask or answer" in lost
    assert "element: element 'XX': of a kind that is not known" in lost
    assert any("EOSRedirectURL: address where respondents are sent at the end: 'https://x.org'" in one for one in lost)
    assert any("1 of these (Header …)" in one for one in lost)


def test_the_trash_is_named(tmp_path):
    trash = block("BL_2", "QID2", "QID3", Type="Trash")
    imported = read(
        survey(*(question(f"QID{n}") for n in (1, 2, 3, 4)), blocks=[block("BL_1", "QID1"), trash]), tmp_path
    )
    assert [one.name for one in imported.instrument.questions] == ["Q1"]
    lost = words(imported, "not taken")
    assert any("2 questions of the trash (QID2, QID3 …)" in one for one in lost)
    assert "question: QID4: stands in no block; nobody is put it" in lost


def test_only_active_validation_counts(tmp_path):
    condition = {"Logic": logic([term("q://QID1/SelectableChoice/1")]), "Message": {"messageID": "MS_1"}}
    custom = question("QID1", Validation=settings("CustomValidation", CustomValidation=condition))
    stale = question("QID1", Validation=settings("None", CustomValidation=condition))
    imported = read(survey(custom), tmp_path)
    assert imported.instrument.questions[0].valid_if == "selected(Q1, 1)"
    assert any("message of a validation" in note for note in words(imported, "not taken"))
    assert one(tmp_path, stale).valid_if is None


def test_scripts_and_default_answers_are_named(tmp_path):
    raw = question("QID1", QuestionJS="alert(1)", DefaultChoices={"1": {"Selected": True}})
    lost = words(read(survey(raw), tmp_path), "not taken")
    assert "script: QID1 (Q1): JavaScript is not run" in lost
    assert "default answer: QID1 (Q1): nothing is filled in beforehand" in lost


def test_files_are_told_by_their_content(tmp_path):
    path = write(survey(question("QID1")), tmp_path)
    assert qsf.recognises(path)
    path.write_text(json.dumps(survey(question("QID1"))), encoding="utf-16")
    assert qsf.recognises(path) and qsf.read(path, "x").instrument.questions
    other = tmp_path / "other.json"
    other.write_text('{"pages": []}')
    assert not qsf.recognises(other) and not qsf.recognises(tmp_path / "absent.qsf")


def test_reading_happens_in_a_process_of_its_own(tmp_path):
    path = write(survey(question("QID1"), question("QID2", "TE", "SL")), tmp_path)
    imported = import_instrument(path)
    assert imported.fidelity.format == "Qualtrics QSF"
    assert imported.instrument == qsf.read(path, "x").instrument
    path.write_text("{}")
    with pytest.raises(FileRefused, match="is not Qualtrics QSF"):
        import_instrument(path)
