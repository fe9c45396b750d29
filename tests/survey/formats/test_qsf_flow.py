"""Qualtrics survey files read: blocks, skips, loops, the survey flow, embedded data, quotas, scores."""

import pytest

from populace.survey.flow import (
    Branch,
    CheckQuota,
    Computed,
    End,
    Field,
    Quota,
    Roll,
    Section,
    SetData,
    ShowBlock,
    Shuffle,
)

from .qsf_files import block, choices, embedded, logic, question, read, survey, term, words

YES = logic([term("q://QID1/SelectableChoice/1")])
TWO = (question("QID1"), question("QID2", "TE", "SL"))
SEATS = {"FixedOrder": ["{~Randomized~}", "QID2"], "RandomizeAll": ["QID1"]}
BLOCKS = [block("BL_1", "QID1"), block("BL_2", "QID2")]


def show(id, flow_id="FL_2"):
    return {"Type": "Standard", "ID": id, "FlowID": flow_id}


def flow_of(folder, *steps, elements=(), blocks=BLOCKS, questions=TWO):
    """The flow that is read, and the report."""
    imported = read(survey(*questions, blocks=blocks, flow=list(steps), elements=list(elements)), folder)
    return imported.instrument.flow, imported


# -- blocks ----------------------------------------------------------------------------------------------------------


def test_blocks_have_pages_titles_and_only_their_own_questions(tmp_path):
    pages = [{"Type": "Page Break"}, {"Type": "Question", "QuestionID": "QID2"}]
    listed = [block("BL_1", "QID1", *pages), block("BL_2", "QID2", "QID7"), block("BL_3", "QID3", Description="")]
    imported = read(survey(*TWO, question("QID3"), blocks=listed), tmp_path)
    first, second = imported.instrument.blocks
    assert (first.id, first.title, [one.new_page for one in first.questions]) == ("BL_1", "Block BL_1", [False, True])
    assert (second.id, second.title, len(second.questions)) == ("BL_3", None, 1)
    lost = words(imported, "not taken")
    assert "question: block BL_2, QID2: stands in another block too; the first counts" in lost
    assert "question: block BL_2, QID7: is not defined in the file" in lost
    assert imported.instrument.flow == ()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"RandomizeQuestions": "false"}, (False, None, [])),
        ({"RandomizeQuestions": "RandomizeAll"}, (True, None, [])),
        ({"RandomizeQuestions": "RandomWithOnlyX", "Randomization": {"TotalRandSubset": "1"}}, (True, 1, [])),
        ({"RandomizeQuestions": "Advanced", "Randomization": {"Advanced": SEATS}}, (True, None, ["Q2"])),
    ],
)
def test_blocks_in_random_order(tmp_path, options, expected):
    found = read(survey(*TWO, blocks=[block("BL_1", "QID1", "QID2", Options=options)]), tmp_path).instrument.blocks[0]
    assert (found.randomize, found.pick, [one.name for one in found.questions if one.fixed]) == expected


def skip(to, locator="q://QID1/SelectableChoice/1", condition="Selected"):
    return {
        "SkipLogicID": 1,
        "ChoiceLocator": locator,
        "Condition": condition,
        "SkipToDestination": to,
        "QuestionID": "QID1",
    }


def test_skips(tmp_path):
    one = {"Type": "Question", "QuestionID": "QID1"}
    one["SkipLogic"] = [skip("QID3"), skip("ENDOFBLOCK", condition="NotSelected"), skip("ENDOFSURVEY"), skip("QID1")]
    imported = read(survey(*TWO, question("QID3"), blocks=[block("BL_1", one, "QID2", "QID3")]), tmp_path)
    found = imported.instrument.questions[0].skips
    assert [(each.to, each.when) for each in found] == [
        ("Q3", "selected(Q1, 1)"), ("end of block", "not selected(Q1, 1)"), ("end of survey", "selected(Q1, 1)"),
    ]  # fmt: skip
    assert any("leads to QID1, which is no later question" in note for note in words(imported, "not taken"))


# -- loops -----------------------------------------------------------------------------------------------------------


def looped(folder, **settings):
    kind = settings.pop("kind", "Static")
    options = {"Looping": kind, "LoopingOptions": settings}
    several = question("QID1", selector="MAVR", Choices=choices("Bread", "Milk"))
    number = question(
        "QID3", "TE", "SL", Validation={"Settings": {"Type": "ContentType", "ContentType": "ValidNumber"}}
    )
    text = question("QID2", "TE", "SL", QuestionText="Why ${lm://Field/1}?")
    blocks = [block("BL_1", "QID1", "QID3"), block("BL_2", "QID2", Options=options)]
    flow, imported = flow_of(
        folder, show("BL_1"), show("BL_2", "FL_3"), blocks=blocks, questions=(several, text, number)
    )
    return (flow[1] if flow else None), imported


def test_a_loop_over_a_list(tmp_path):
    static = {"1": {"1": "Bread", "10": "x", "2": "<b>y</b>"}, "2": {"1": "${e://Field/z}"}}
    loop, imported = looped(tmp_path, Static=static, Randomization="All")
    assert loop.id == "BL_2_loop" and loop.randomize and loop.flow == (ShowBlock("BL_2"),)
    assert [(one.name, one.show_if) for one in loop.rounds] == [("1", None), ("2", None)]
    assert dict(loop.rounds[0].fields) == {
        "field1": "Bread",
        "field2": "y",
        "field10": "x",
        "number": "1",
        "total": "2",
    }
    assert dict(loop.rounds[1].fields)["field1"] == "${z}"
    assert [item.text for item in imported.instrument.items()][-2:] == ["Why Bread?", "Why ${z}?"]


def test_a_loop_over_choices(tmp_path):
    locator = "q://QID1/ChoiceGroup/SelectedChoices"
    loop, _ = looped(tmp_path, kind="Question", Locator=locator, QID="QID1", Static={"1": {"2": "loaf"}})
    assert [(one.name, one.show_if) for one in loop.rounds] == [("1", "selected(Q1, 1)"), ("2", "selected(Q1, 2)")]
    assert dict(loop.rounds[0].fields)["field1"] == "Bread" and dict(loop.rounds[0].fields)["field2"] == "loaf"
    loop, _ = looped(tmp_path, kind="Question", Locator=locator.replace("Selected", "All"))
    assert [one.show_if for one in loop.rounds] == [None, None]


def test_a_loop_as_often_as_a_number_says(tmp_path):
    locator = "q://QID3/LoopAndMerge/MergeOnNumericResponse?v=3"
    loop, _ = looped(tmp_path, kind="Question", Locator=locator, Randomization={"Type": "SubSet", "TotalRandSubset": 2})
    assert [one.show_if for one in loop.rounds] == ["Q3 >= 1", "Q3 >= 2", "Q3 >= 3"]
    assert (loop.randomize, loop.pick) == (True, 2)


def test_a_loop_over_nothing_is_named(tmp_path):
    loop, imported = looped(tmp_path, kind="Question", Locator="q://QID9/ChoiceGroup/SelectedChoices")
    assert loop is None
    assert any("goes over 'q://QID9" in note for note in words(imported, "not taken"))


# -- flow ------------------------------------------------------------------------------------------------------------


def test_branches_groups_and_endings(tmp_path):
    end = {
        "Type": "EndSurvey",
        "FlowID": "FL_5",
        "Options": {
            "ResponseFlag": "Screened",
            "EOSRedirectURL": "https://x.org/${e://Field/id}",
            "EOSMessage": "MS_1",
        },
    }
    branch = {"Type": "Branch", "FlowID": "FL_3", "Description": "Out", "BranchLogic": YES, "Flow": [end]}
    group = {"Type": "Group", "FlowID": "FL_6", "Description": "Rest", "Flow": [show("BL_2"), {"Type": "EndSurvey"}]}
    found, imported = flow_of(tmp_path, show("BL_1"), branch, group)
    assert found == (
        ShowBlock("BL_1"),
        Branch("selected(Q1, 1)", (End("screened out", None, "https://x.org/${id}"),), title="Out"),
        Section((ShowBlock("BL_2"), End()), "Rest"),
    )
    assert any("message of an ending: flow FL_5" in note for note in words(imported, "not taken"))
    assert imported.instrument.data == (Field("id"),)


def test_randomizers(tmp_path):
    parts = [show("BL_1"), {"Type": "Group", "FlowID": "FL_8", "Description": "G", "Flow": [show("BL_2")]}]
    one = {"Type": "BlockRandomizer", "FlowID": "FL_7", "SubSet": "1", "EvenPresentation": True, "Flow": parts}
    found, _ = flow_of(tmp_path, one)
    members = (ShowBlock("BL_1"), Section((ShowBlock("BL_2"),), "G"))
    assert found == (Shuffle("FL_7", members, 1, True, ("Block BL_1", "FL_8")),)


def test_embedded_data(tmp_path):
    listed = [
        {"Field": "panel", "Type": "Recipient", "Description": "Panel of the respondent", "VariableType": "Scale"},
        {"Field": "group", "Type": "Custom", "Value": "a ${q://QID1/ChoiceGroup/SelectedChoices}"},
        {"Field": "dice", "Type": "Custom", "Value": "${rand://int/6:1}"},
        {"Field": "last one", "Type": "Custom", "Value": "x"},
        {"Type": "Custom"},
    ]
    found, imported = flow_of(
        tmp_path, {"Type": "EmbeddedData", "FlowID": "FL_9", "EmbeddedData": listed}, show("BL_1"), show("BL_2")
    )
    assert found[:3] == (SetData((("group", "a ${Q1}"),)), Roll("dice", 1, 6), SetData((("last_one", "x"),)))
    assert imported.instrument.data == (Field("panel", "Panel of the respondent", "number"),)


@pytest.mark.parametrize("kind", ["WebService", "TableOfContents", "ReferenceSurvey", "Magic"])
def test_what_lies_outside_is_named_and_what_is_within_stays(tmp_path, kind):
    found, imported = flow_of(tmp_path, {"Type": kind, "FlowID": "FL_9", "Flow": [show("BL_1")]}, show("BL_2"))
    assert found == () and any("flow FL_9" in note for note in words(imported, "not taken"))


def test_blocks_that_nobody_comes_to_are_named(tmp_path):
    _, imported = flow_of(tmp_path, {"Type": "Branch", "FlowID": "FL_3", "BranchLogic": YES, "Flow": [show("BL_2")]})
    assert "block: block BL_1: is not in the flow; nobody is put its questions" in words(imported, "not taken")
    _, imported = flow_of(tmp_path, show("BL_1"), show("BL_9"))
    assert any("block BL_9 has no questions or is not there" in note for note in words(imported, "not taken"))


def test_a_flow_that_only_puts_blocks_in_order_is_none(tmp_path):
    assert flow_of(tmp_path, show("BL_1"), show("BL_2"))[0] == ()
    assert flow_of(tmp_path, show("BL_2"), show("BL_1"))[0] == (ShowBlock("BL_2"), ShowBlock("BL_1"))


def test_too_deep_a_flow_is_cut_off(tmp_path):
    inner = [show("BL_1")]
    for _ in range(60):
        inner = [{"Type": "Group", "FlowID": "FL_9", "Flow": inner}]
    found, imported = flow_of(tmp_path, show("BL_2"), *inner)
    assert found == (ShowBlock("BL_2"),)
    assert any("nested more than 50 deep" in note for note in words(imported, "not taken"))


# -- quotas and scores -----------------------------------------------------------------------------------------------

QUOTA = {"ID": "QO_1", "Name": "young people", "Occurrences": "20", "Logic": YES, "LogicType": "Simple"}


def met(id="QO_1"):
    one = {"LogicType": "Quota", "QuotaID": id, "Operator": "QuotaMet", "LeftOperand": f"qo://{id}/QuotaMet"}
    return {"0": {"0": {**one, "Type": "Expression"}, "Type": "If"}, "Type": "BooleanExpression"}


@pytest.mark.parametrize("payload", [QUOTA, [QUOTA], {"QO_1": QUOTA}])
def test_quotas(tmp_path, payload):
    check = {
        "Type": "Branch",
        "FlowID": "FL_3",
        "BranchLogic": met(),
        "Flow": [{"Type": "EndSurvey", "FlowID": "FL_4"}],
    }
    elements = [{"Element": "QO", "Payload": payload}, {"Element": "QG", "Payload": {"Quotas": ["QO_1"]}}]
    found, imported = flow_of(tmp_path, show("BL_1"), check, show("BL_2"), elements=elements)
    assert imported.instrument.quotas == (Quota("young_people", "selected(Q1, 1)", 20),)
    assert found[1] == CheckQuota("young_people")
    assert any("taken as its check" in note for note in words(imported, "changed"))


@pytest.mark.parametrize("change", [{"Occurrences": None}, {"Logic": {}}, {"LogicType": "Cross", "Logic": [YES, YES]}])
def test_quotas_that_cannot_be_kept_are_named(tmp_path, change):
    _, imported = flow_of(tmp_path, show("BL_1"), show("BL_2"), elements=[{"Element": "QO", "Payload": QUOTA | change}])
    assert imported.instrument.quotas == ()
    assert any(note.startswith("quota: quota young people") for note in words(imported, "not taken"))


def test_scores(tmp_path):
    points = [
        {"ChoiceID": "1", "Grades": {"SC_1": "2"}},
        {"ChoiceID": "2", "Grades": {"SC_1": "-1.5"}},
        {"Grades": {"SC_1": 1}},
    ]
    grid = question("QID3", "Matrix", "Likert", "SingleAnswer", Choices=choices("A"), Answers=choices("x", "y"))
    grid["GradingData"] = [{"ChoiceID": "1", "AnswerID": "2", "Grades": {"SC_1": 3}}]
    one = {**TWO[0], "GradingData": points}
    text = question("QID2", DisplayLogic=logic([term("gr://SC_1/Score", "GreaterThan", "2", LogicType="Score")]))
    categories = [{"ID": "SC_1", "Name": "Love of tea", "Description": "How much"}, {"ID": "SC_2", "Name": "Empty"}]
    scoring = {"Element": "SCO", "Payload": {"ScoringCategories": categories}}
    blocks = [block("BL_1", "QID1", "QID3", "QID2")]
    imported = read(survey(one, text, grid, blocks=blocks, elements=[scoring]), tmp_path)
    value = "sum(if(selected(Q1, 1), 2, 0), if(selected(Q1, 2), -1.5, 0), if(selected(Q3_1, 2), 3, 0))"
    assert imported.instrument.computed == (Computed("Love_of_tea", value, "How much"),)
    assert imported.instrument.question("Q2").show_if == "Love_of_tea > 2"
    lost = words(imported, "not taken")
    assert "score: score Empty (SC_2): no choice has points in it" in lost
    assert any("points of a score: QID1 (Q1), choice ?" in note for note in lost)


def test_a_branch_on_embedded_data(tmp_path):
    when = logic([embedded("wave", "EqualTo", "2")])
    found, _ = flow_of(
        tmp_path, show("BL_1"), {"Type": "Branch", "FlowID": "FL_3", "BranchLogic": when, "Flow": [show("BL_2")]}
    )
    assert found[1] == Branch("wave == 2", (ShowBlock("BL_2"),))
