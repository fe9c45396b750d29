"""Qualtrics survey files written: what is in them, what reads back, what is said of the rest."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from populace import read_instrument
from populace.errors import OutOfSpace
from populace.survey.flow import (
    Branch,
    CheckQuota,
    Computed,
    End,
    Field,
    Loop,
    Quota,
    Roll,
    Round,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)
from populace.survey.formats import qsf
from populace.survey.formats.qsf_write import to_qsf
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import KINDS
from populace.survey.question import Question, Row, Skip
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

from ..strategies import instruments

EXAMPLES = Path(__file__).parents[3] / "examples"
THREE = (Option(1, "One"), Option(2, "Two"), Option(3, "Three"))
CARRIED = tuple(kind for kind in KINDS if kind not in ("best_worst", "choice_task"))


def back(content, folder):
    """What is read from the content."""
    path = folder / "written.qsf"
    path.write_text(json.dumps(content), encoding="utf-8")
    return qsf.read(path, "written.qsf").instrument


def instrument(*questions, **fields):
    """An instrument of one block."""
    return Instrument("tea", "Tea", (Block("b", questions),), **fields)


def payload(content, number=1):
    """The definition of a question."""
    found = [one["Payload"] for one in content["SurveyElements"] if one["Element"] == "SQ"]
    return found[number - 1]


def element(content, kind):
    return next(one["Payload"] for one in content["SurveyElements"] if one["Element"] == kind)


def lost(fidelity, outcome="not taken"):
    return [f"{note.element}: {note.place}: {note.words}" for note in fidelity.notes if note.outcome == outcome]


# -- any instrument --------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(instruments(kinds=CARRIED, loops=False, without=("options",)))  # numbers with "don't know"
def test_what_is_written_reads_back_the_same(tmp_path_factory, any_):
    content, fidelity = to_qsf(any_)
    assert back(content, tmp_path_factory.mktemp("qsf")).content_hash == any_.content_hash, lost(fidelity)
    assert not [note for note in fidelity.notes if note.element == "round trip"]


@settings(max_examples=40)
@given(instruments())
def test_what_does_not_is_named_in_the_report(tmp_path_factory, any_):
    content, fidelity = to_qsf(any_)
    named = {note.element for note in fidelity.notes} & {"round trip", "instrument"}
    if "instrument" in named:  # nothing but texts is left of it
        assert all(question.kind not in CARRIED or not question.items() for question in any_.questions)
        return
    same = back(content, tmp_path_factory.mktemp("qsf")).content_hash == any_.content_hash
    assert same != bool(named)
    reasons = {"loop", "best_worst question", "choice_task question", "branch", "translated text"}
    assert same or {note.element for note in fidelity.notes if note.outcome == "not taken"} & reasons


@pytest.mark.parametrize("name", ["city.json", "coffee.yaml", "pulse.yaml"])
def test_examples_read_back_the_same(tmp_path, name):
    read = read_instrument(EXAMPLES / name)
    fidelity = qsf.write(read, tmp_path / "x.qsf")
    assert qsf.read(tmp_path / "x.qsf", "x").instrument.content_hash == read.content_hash
    assert not lost(fidelity)
    assert json.loads((tmp_path / "x.qsf").read_text(encoding="utf-8"))["SurveyEntry"]["SurveyName"] == read.title


def test_ids_of_qualtrics_stay(tmp_path):
    asked = (
        replace(Question("a", "single", "A?", (Option(7, "X", source="4"), Option(8, "Y"))), source="QID12"),
        Question("b", "open", "B?", source="QID12"),
        Question("c", "open", "C?", source="page1.q"),
        Question("d", "grid", "D?", THREE, rows=(Row("r", "R", source="9"), Row("s", "S", source="x1"))),
    )
    block = Block("BL_abc", asked)
    content, _ = to_qsf(Instrument("tea", "Tea", (block, Block("other", (Question("e", "open", "E?"),)))))
    assert [payload(content, n)["QuestionID"] for n in range(1, 6)] == ["QID12", "QID1", "QID2", "QID3", "QID4"]
    assert payload(content)["ChoiceOrder"] == ["4", "1"] and payload(content)["RecodeValues"] == {"4": "7", "1": "8"}
    assert payload(content, 4)["ChoiceOrder"] == ["9", "1"]
    assert payload(content, 4)["ChoiceDataExportTags"] == {"9": "d_r", "1": "d_s"}
    assert [one["ID"] for one in element(content, "BL").values()] == ["BL_abc", "BL_000000000000001", "BL_Trash"]
    assert element(content, "QC") is None and payload(content)["NextChoiceId"] == 5


# -- kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Question("q", "single", "Q?", THREE), ("MC", "SAVR", "TX")),
        (Question("q", "single", "Q?", THREE, look="horizontal"), ("MC", "SAHR", "TX")),
        (Question("q", "scale", "Q?", THREE, look="dropdown"), ("MC", "DL", "TX")),
        (Question("q", "multiple", "Q?", THREE), ("MC", "MAVR", "TX")),
        (Question("q", "multiple", "Q?", THREE, look="columns"), ("MC", "MACOL", "TX")),
        (Question("q", "nps", "Q?"), ("MC", "NPS", "TX")),
        (Question("q", "grid", "Q?", THREE, rows=(Row("a", "A"),)), ("Matrix", "Likert", "SingleAnswer")),
        (Question("q", "grid", "Q?", THREE, rows=(Row("a", "A"),), look="bipolar"), ("Matrix", "Bipolar", None)),
        (Question("q", "grid_multiple", "Q?", THREE, rows=(Row("a", "A"),)), ("Matrix", "Likert", "MultipleAnswer")),
        (Question("q", "numeric", "Q?"), ("TE", "SL", None)),
        (Question("q", "numeric", "Q?", rows=(Row("a", "A"),)), ("Matrix", "CS", "WOTB")),
        (Question("q", "slider", "Q?", minimum=0, maximum=5), ("Slider", "HSLIDER", None)),
        (Question("q", "slider", "Q?", minimum=0, maximum=5, look="stars"), ("Slider", "STAR", None)),
        (Question("q", "rank", "Q?", THREE), ("RO", "DND", "TX")),
        (Question("q", "sum", "Q?", THREE, total=10), ("CS", "VRTL", "TX")),
        (Question("q", "open", "Q?"), ("TE", "SL", None)),
        (Question("q", "open", "Q?", several_lines=True), ("TE", "ML", None)),
        (Question("q", "open", "Q?", rows=(Row("a", "A"),)), ("TE", "FORM", None)),
        (Question("q", "open", "Q?", rows=(Row("a", "A"),), look="matrix long"), ("Matrix", "TE", "Long")),
        (Question("q", "open", "Q?", look="password"), ("TE", "PW", None)),
        (Question("q", "date", "Q?"), ("TE", "SL", None)),
        (Question("q", "display", "Q."), ("DB", "TB", None)),
        (Question("q", "technical", "Q", look="timing"), ("Timing", "PageTimer", None)),
        (Question("q", "technical", "Q", look="browser"), ("Meta", "Browser", None)),
        (Question("q", "best_worst", "Q?", THREE, sets=(((1, 2, 3),),)), ("Matrix", "MaxDiff", None)),
    ],
)
def test_every_kind_is_a_type_of_qualtrics(tmp_path, asked, expected):
    whole = instrument(asked, Question("last", "open", "Why?"))
    content, fidelity = to_qsf(whole)
    found = payload(content)
    assert (found["QuestionType"], found["Selector"], found.get("SubSelector")) == expected
    assert back(content, tmp_path).content_hash == whole.content_hash
    assert not lost(fidelity)


def test_validation_is_written():
    def settings_of(asked):
        return payload(to_qsf(instrument(asked, Question("last", "open", "Why?")))[0])["Validation"]["Settings"]

    number = settings_of(Question("q", "numeric", "Q?", minimum=1, maximum=2.5, decimals=1, required=True))
    assert number["ValidNumber"] == {"Min": "1", "Max": "2.5", "NumDecimals": "1"}
    assert (number["Type"], number["ContentType"], number["ForceResponse"]) == ("ContentType", "ValidNumber", "ON")
    assert settings_of(Question("q", "open", "Q?", requested=True))["ForceResponse"] == "RequestResponse"
    several = settings_of(Question("q", "multiple", "Q?", THREE, at_least=1, at_most=2))
    assert (several["Type"], several["MinChoices"], several["MaxChoices"]) == ("ChoiceRange", "1", "2")
    assert settings_of(Question("q", "rank", "Q?", THREE, ranked=2))["MaxChoices"] == "2"
    assert settings_of(Question("q", "sum", "Q?", THREE, total=10))["ChoiceTotal"] == "10"
    assert settings_of(Question("q", "single", "Q?", THREE, valid_if="selected(q, 1)"))["Type"] == "CustomValidation"


def test_choices_say_what_they_are():
    options = (
        Option(1, "Other", specify=True), Option(5, "None", exclusive=True), Option(6, "No idea", missing=True),
        Option(7, "Cup", image="IM_1", show_if="answered(wave)"),
    )  # fmt: skip
    whole = instrument(Question("q", "multiple", "Q?", options), Question("last", "open", "?"), data=(Field("wave"),))
    found = payload(to_qsf(whole)[0])
    assert found["Choices"]["1"] == {"Display": "Other", "TextEntry": "true"}
    assert found["Choices"]["2"]["ExclusiveAnswer"] is True
    assert found["Choices"]["4"]["Image"]["ImageLocation"] == "IM_1"
    assert found["Choices"]["4"]["DisplayLogic"]["0"]["0"]["LogicType"] == "EmbeddedField"
    assert found["AnalyzeChoices"] == {"3": "No"}
    assert found["RecodeValues"] == {"1": "1", "2": "5", "3": "6", "4": "7"}


def test_wordings_and_piping_are_html():
    asked = (
        Question("sex", "single", "A & B\n<second>  line", THREE),
        Question("why", "open", "You said ${sex}, ${label(sex)}, ${sex + 0}, ${panel}; $${x} costs ${sex * 2}."),
    )
    content, fidelity = to_qsf(instrument(*asked, data=(Field("panel"),)))
    assert payload(content)["QuestionText"] == "A &amp; B<br />&lt;second&gt; &nbsp;line"
    chosen = "${q://QID1/ChoiceGroup/SelectedChoices}"
    recoded = "${q://QID1/SelectedChoicesRecode}"
    assert (
        payload(content, 2)["QuestionText"]
        == f"You said {chosen}, {chosen}, {recoded}, ${{e://Field/panel}}; ${{x}} costs …."
    )
    assert lost(fidelity) == ["piped text: QID2 (why): ${sex * 2} has no counterpart; '…' stands in its place"]


def test_kinds_that_qualtrics_keeps_elsewhere_are_texts(tmp_path):
    tasks = Tasks((Attribute("Price", ("1", "2")),), ((((1,), (2,)),),))
    whole = instrument(
        Question("last", "open", "Why?"),
        Question("bw", "best_worst", "Best?", THREE, sets=(((1, 2, 3), (3, 2, 1)),)),
        Question("card", "choice_task", "Which?", tasks=tasks),
    )
    content, fidelity = to_qsf(whole)
    assert [one.kind for one in back(content, tmp_path).questions] == ["open", "display", "display"]
    assert [note.split(":")[0] for note in lost(fidelity)] == [
        "best_worst question",
        "choice_task question",
        "round trip",
        "round trip",
    ]


# -- logic, order, flow ----------------------------------------------------------------------------------------------


def test_random_order_and_skips(tmp_path):
    fixed = (Option(1, "One"), Option(2, "Two"), Option(3, "Other", fixed=True))
    asked = (
        Question(
            "a",
            "single",
            "A?",
            fixed,
            randomize=True,
            skips=(Skip("c", "selected(a, 1) or a == 2"), Skip("end of block")),
        ),
        Question("b", "single", "B?", THREE, flip=True, new_page=True),
        Question("c", "multiple", "C?", THREE, randomize=True, show_only=2, fixed=True),
        Question("d", "open", "D?", skips=(Skip("end of survey", "selected(a, 1)"),)),
    )
    whole = Instrument("tea", "Tea", (Block("b", asked, randomize=True, pick=2),))
    content, fidelity = to_qsf(whole)
    seats = payload(content)["Randomization"]["Advanced"]
    assert seats["FixedOrder"] == ["{~Randomized~}", "{~Randomized~}", "3"] and seats["RandomizeAll"] == ["1", "2"]
    assert payload(content, 2)["Randomization"]["Type"] == "ScaleReversal"
    assert payload(content, 3)["Randomization"] == {"Type": "SubSet", "Advanced": None, "TotalRandSubset": "2"}
    block = element(content, "BL")["0"]
    assert block["Options"]["Randomization"]["Advanced"]["FixedOrder"] == [
        "{~Randomized~}",
        "{~Randomized~}",
        "QID3",
        "{~Randomized~}",
    ]
    assert [one["Type"] for one in block["BlockElements"]] == [
        "Question",
        "Page Break",
        "Question",
        "Question",
        "Question",
    ]
    skips = block["BlockElements"][0]["SkipLogic"]
    assert [(one["SkipToDestination"], one["Condition"]) for one in skips] == [
        ("QID3", "Selected"), ("QID3", "Selected"), ("ENDOFBLOCK", "Displayed"),
    ]  # fmt: skip
    assert "hangs on the answer to its own question only" in lost(fidelity)[0]
    assert back(content, tmp_path).content_hash == whole.content_hash


def steps(content):
    return element(content, "FL")["Flow"]


def test_flow(tmp_path):
    blocks = tuple(Block(f"b{n}", (Question(f"q{n}", "single", "Q?", THREE),)) for n in range(4))
    inner = Branch(
        "selected(q1, 1)", (ShowBlock("b2"),), (End("screened out", "Sorry.", "https://x.org/${panel}"),), "Way"
    )
    flow = (
        ShowBlock("b0"), SetData((("arm", "x ${q0}"),)), Roll("dice", 1, 6), CheckQuota("young"), ShowBlock("b1"),
        Shuffle("order", (inner, Section((ShowBlock("b3"),), "Rest")), 1, True), Branch("q1 * 2 == 4", (End(),)), End(),
    )  # fmt: skip
    data = (Field("panel", "Which panel"), Field("n", kind="number"))
    whole = Instrument("tea", "Tea", blocks, flow=flow, data=data, quotas=(Quota("young", "selected(q0, 1)", 5),))
    content, fidelity = to_qsf(whole)
    declared, _, arm, dice, quota, _, shuffle, stopped, end = steps(content)
    assert [(one["Field"], one["Type"], one["VariableType"]) for one in declared["EmbeddedData"]] == [
        ("panel", "Recipient", "String"), ("n", "Recipient", "Scale"),
    ]  # fmt: skip
    assert arm["EmbeddedData"][0]["Value"] == "x ${q://QID1/ChoiceGroup/SelectedChoices}"
    assert dice["EmbeddedData"][0]["Value"] == "${rand://int/1:6}"
    assert quota["BranchLogic"]["0"]["0"]["LeftOperand"] == "qo://QO_000000000000001/QuotaMet"
    assert quota["Flow"][0]["Options"]["ResponseFlag"] == "QuotaMet"
    assert (shuffle["SubSet"], shuffle["EvenPresentation"]) == (1, True)
    assert [one["Type"] for one in shuffle["Flow"]] == ["Group", "Group"]
    then, otherwise = shuffle["Flow"][0]["Flow"]
    assert then["Description"] == "Way" and then["BranchLogic"]["0"]["0"]["Operator"] == "Selected"
    assert otherwise["BranchLogic"]["0"]["0"]["Operator"] == "NotSelected"
    assert otherwise["Flow"][0]["Options"] == {
        "Advanced": "true", "SurveyTermination": "Redirect", "ResponseFlag": "Screened", "EOSRedirectURL": "https://x.org/${e://Field/panel}",
    }  # fmt: skip
    assert stopped["BranchLogic"]["0"]["0"]["LeftOperand"] == "condition_to_write_1"  # else everybody would be stopped
    assert end == {"Type": "EndSurvey", "FlowID": end["FlowID"]}
    assert element(content, "QO")["Occurrences"] == 5
    assert [note.split(":")[0] for note in lost(fidelity)] == ["message of an ending", "branch"]
    assert back(content, tmp_path).content_hash == whole.content_hash


def test_a_second_look_at_a_condition_is_named():
    blocks = tuple(Block(f"b{n}", (Question(f"q{n}", "single", "Q?", THREE),)) for n in range(2))
    flow = (Branch("not answered(q1)", (ShowBlock("b1"),), (ShowBlock("b0"),)),)
    _, fidelity = to_qsf(Instrument("tea", "Tea", blocks, flow=flow))
    assert any("looks at the condition once more" in note for note in lost(fidelity, "changed"))


def loop_of(loop, folder, *more):
    """Options of the block in a loop, the report, and whether all reads back."""
    first = Block("first", (Question("shops", "multiple", "Shops?", THREE), Question("n", "numeric", "How many?")))
    blocks = (first, Block("in", (Question("why", "open", "Why ${loop.shop}?"),)), *more)
    whole = Instrument("tea", "Tea", blocks, flow=(ShowBlock("first"), loop))
    content, fidelity = to_qsf(whole)
    options = element(content, "BL")["1"]["Options"]
    return options, fidelity, back(content, folder).content_hash == whole.content_hash, content


def test_loops(tmp_path):
    shops = [("shop", "Bread & Co")], [("shop", "Milk")], [("shop", "Tea")]
    rounds = tuple(Round(name, fields) for name, fields in zip("abc", shops, strict=True))
    options, fidelity, same, content = loop_of(Loop("l", rounds, (ShowBlock("in"),), randomize=True), tmp_path)
    assert options["Looping"] == "Static" and options["LoopingOptions"]["Randomization"] == "All"
    assert options["LoopingOptions"]["Static"] == {"1": {"1": "Bread &amp; Co"}, "2": {"1": "Milk"}, "3": {"1": "Tea"}}
    assert payload(content, 3)["QuestionText"] == "Why ${lm://Field/1}?"
    assert same and not lost(fidelity)
    chosen = tuple(
        Round(str(n), [("shop", label)], f"selected(shops, {n})") for n, label in enumerate(("One", "Two", "Three"), 1)
    )
    options, fidelity, same, _ = loop_of(Loop("l", chosen, (ShowBlock("in"),), pick=2, randomize=True), tmp_path)
    assert options["LoopingOptions"]["Locator"] == "q://QID1/ChoiceGroup/SelectedChoices"
    assert options["LoopingOptions"]["Randomization"]["TotalRandSubset"] == "2"
    assert same and not lost(fidelity)
    counted = tuple(Round(str(n), [("shop", f"no. {n}")], f"n >= {n}") for n in (1, 2))
    options, fidelity, same, _ = loop_of(Loop("l", counted, (ShowBlock("in"),)), tmp_path)
    assert options["LoopingOptions"]["Locator"] == "q://QID2/LoopAndMerge/MergeOnNumericResponse?v=2"
    assert same and not lost(fidelity)


def test_loops_that_qualtrics_does_not_have_are_named(tmp_path):
    rounds = (Round("a", [("shop", "x")], "n > 5"), Round("b", [("shop", "y")]))
    _, fidelity, same, _ = loop_of(Loop("l", rounds, (ShowBlock("in"),)), tmp_path)
    assert same and "rounds of a list have no conditions" in lost(fidelity)[0]
    other = Block("more", (Question("z", "open", "Z?"),))
    _, fidelity, same, _ = loop_of(Loop("l", rounds, (ShowBlock("in"), ShowBlock("more"))), tmp_path, other)
    assert not same and any("loops over one block" in note for note in lost(fidelity))


def test_scores_and_translations(tmp_path):
    asked = (
        Question("a", "single", "A?", THREE), Question("g", "grid", "G?", THREE, rows=(Row("r", "R"),)),
        Question("why", "open", "Why?", show_if="points > 2"),
    )  # fmt: skip
    computed = (
        Computed("points", "sum(if(selected(a, 1, 2), 2, 0), if(selected(g_r, 3), -0.5, 0))", "All points"),
        Computed("mean_", "mean(a, g_r)"),
    )
    translations = {"zh-Hans": {"a": "甲", "a/options/2": "二", "g/rows/r": "行", "nothing": "?"}}
    whole = instrument(*asked, computed=computed, translations=translations)
    content, fidelity = to_qsf(whole)
    assert payload(content)["GradingData"][1] == {"ChoiceID": "2", "Grades": {"SC_000000000000001": "2"}, "index": 1}
    assert payload(content, 2)["GradingData"][0]["AnswerID"] == "3"
    assert element(content, "SCO")["ScoringCategories"][0]["Description"] == "All points"
    assert payload(content, 3)["DisplayLogic"]["0"]["0"]["LeftOperand"] == "gr://SC_000000000000001/Score"
    assert payload(content)["Language"] == {"ZH-S": {"QuestionText": "甲", "Choices": {"2": {"Display": "二"}}}}
    assert set(element(content, "SO")["AvailableLanguages"]) == {"EN", "ZH-S"}
    assert [note.split(":")[0] for note in lost(fidelity)] == ["computed value", "translated text", "round trip"]
    assert back(content, tmp_path).translations["zh-Hans"] == {"a": "甲", "a/options/2": "二", "g/rows/r": "行"}
    assert back(content, tmp_path).computed == computed


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "x.qsf").mkdir()
    with pytest.raises(OutOfSpace, match=r"x\.qsf could not be written"):
        qsf.write(instrument(Question("q", "single", "Q?", THREE)), tmp_path / "x.qsf")
