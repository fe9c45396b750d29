"""Qualtrics survey files read: choices, rows, carried choices, and their random order."""

import pytest

from .qsf_files import choices, logic, question, read, survey, term, words

SCALE = choices("Never", "Sometimes", "Always")


def one(folder, raw):
    """The first question of a file with this one."""
    return read(survey(raw), folder).instrument.questions[0]


# -- choices ---------------------------------------------------------------------------------------------------------


def test_choices_keep_what_qualtrics_says_of_them(tmp_path):
    listed = choices(
        "Tea", "None of the above", "Other", "Prefer not to say", "Tea", "", "Nobody asked",
        c3={"TextEntry": "true"}, c5={"ExclusiveAnswer": True},
        c6={"Image": {"Display": "A cup", "ImageLocation": "IM_1"}},
    )  # fmt: skip
    raw = question("QID1", selector="MAVR", Choices=listed, ChoiceOrder=["6", 5, "1"], AnalyzeChoices={"7": "No"})
    imported = read(survey(raw), tmp_path)
    found = {option.source: option for option in imported.instrument.questions[0].options}
    assert [*found] == ["6", "5", "1", "2", "3", "4", "7"]
    assert {id: option.label for id, option in found.items()} == {
        "6": "A cup", "5": "Tea", "1": "Tea (2)", "2": "None of the above", "3": "Other", "4": "Prefer not to say",
        "7": "Nobody asked",
    }  # fmt: skip
    assert [id for id, option in found.items() if option.specify] == ["3"]
    assert [id for id, option in found.items() if option.exclusive] == ["5", "2"]
    assert [id for id, option in found.items() if option.missing] == ["4", "7"]
    assert found["6"].image == "IM_1"
    said = words(imported, "changed")
    assert any("choice 1: another choice has the same wording" in one for one in said)
    assert any("choice 7: 'Nobody asked' is left out of analyses" in one for one in said)


def test_codes_are_recoded_values(tmp_path):
    def codes(recoded, selector="SAVR"):
        raw = question("QID1", selector=selector, Choices=choices("A", "B", "C"), RecodeValues=recoded)
        return [option.code for option in one(tmp_path, raw).options]

    assert codes({}) == [1, 2, 3]
    assert codes([]) == [1, 2, 3]
    assert codes({"1": "0", "2": "-9"}) == [0, -9, 3]
    assert codes({"1": "5", "2": "5", "3": "5"}) == [5, 6, 7]
    assert codes({"1": "1", "2": "01"}) == ["1", "01", "3"]
    assert codes({"1": "a b", "2": "x"}) == ["a b", "x", "3"]
    assert codes({"1": "a b", "2": "x"}, "MAVR") == ["a_b", "x", "3"]


def test_columns_have_the_names_of_export_tags(tmp_path):
    tags = {"1": "liking", "2": "Q1_2", "3": "no good", "4": False}
    rows = choices("A", "B", "C", "D")
    raw = question("QID1", "Matrix", "Likert", "SingleAnswer", Choices=rows, Answers=SCALE, ChoiceDataExportTags=tags)
    assert [item.name for item in one(tmp_path, raw).items()] == ["liking", "Q1_2", "no_good", "Q1_4"]
    several = question("QID1", selector="MAVR", ChoiceDataExportTags={"1": "ticked"})
    assert [item.name for item in one(tmp_path, several).items()] == ["ticked", "Q1_2"]


def test_a_row_can_ask_for_more(tmp_path):
    rows = choices("A", "Other", c2={"TextEntry": "true"})
    found = one(tmp_path, question("QID1", "Matrix", "Likert", "SingleAnswer", Choices=rows, Answers=SCALE))
    assert [(item.name, item.specifies) for item in found.items()] == [
        ("Q1_1", None), ("Q1_2", None), ("Q1_2_text", ("Q1_2", "")),
    ]  # fmt: skip
    imported = read(survey(question("QID1", "TE", "FORM", Choices=rows)), tmp_path)
    assert any("row 2: its answer is a text already" in note for note in words(imported, "not taken"))


@pytest.mark.parametrize(
    ("group", "when"),
    [
        ("SelectedChoices", "selected(Q1, 3)"), ("UnselectedChoices", "not selected(Q1, 3)"),
        ("DisplayedChoices", "shown(Q1)"), ("AllChoices", None),
    ],
)  # fmt: skip
def test_carried_choices_have_a_condition_each(tmp_path, group, when):
    listed = choices("A", "B", "Other", c3={"TextEntry": "true"})
    source = question("QID1", selector="MAVR", Choices=listed, RecodeValues={"1": "3", "3": "9"})
    locator = {"Locator": f"q://QID1/ChoiceGroup/{group}", "DynamicType": "ChoiceGroup", "Type": "Dynamic"}
    own = {"4": {"Display": "Own", "DisplayLogic": logic([term("q://QID1/SelectableChoice/2")])}}
    carrying = question("QID2", Choices=own, ChoiceOrder=["x1", "x2", "4"], DynamicChoices=locator)
    found = read(survey(source, carrying), tmp_path).instrument.question("Q2")
    other = "${Q1_9_text}" if group == "SelectedChoices" else "Other"
    assert [option.label for option in found.options] == ["A", "B", other, "Own"]
    assert [option.source for option in found.options] == ["x1", "x2", "x3", "4"]
    assert found.options[2].specify == (group != "SelectedChoices")  # what was written already is not asked again
    assert found.options[0].show_if == when
    assert found.options[3].show_if == "selected(Q1, 2)"


# -- random order ----------------------------------------------------------------------------------------------------

ANY = "{~Randomized~}"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"Type": "None"}, {"randomize": False, "flip": False}),
        ({"Type": "All"}, {"randomize": True}),
        ({"Type": "ScaleReversal"}, {"randomize": False, "flip": True}),
        ({"Type": "All", "ConsistentScaleReversal": True}, {"randomize": True, "flip": True}),
        ({"Type": "SubSet", "TotalRandSubset": "2"}, {"randomize": True, "show_only": 2}),
        ({"Type": "SubSet", "TotalRandSubset": 9}, {"randomize": True, "show_only": None}),
        ({"Type": "Sideways"}, {"randomize": False}),
    ],
)
def test_random_order(tmp_path, setting, expected):
    found = one(tmp_path, question("QID1", Choices=choices("A", "B", "C"), Randomization=setting))
    assert {name: getattr(found, name) for name in expected} == expected


def test_advanced_order_has_seats(tmp_path):
    seats = {
        "FixedOrder": ["3", ANY, "{~SubSet~}"],
        "RandomizeAll": [],
        "RandomSubSet": ["1", "2", "4"],
        "TotalRandSubset": 2,
        "Undisplayed": ["5"],
    }
    raw = question(
        "QID1", Choices=choices("A", "B", "C", "D", "E"), Randomization={"Type": "Advanced", "Advanced": seats}
    )
    imported = read(survey(raw), tmp_path)
    found = imported.instrument.questions[0]
    assert [(option.label, option.fixed) for option in found.options] == [
        ("C", True),
        ("A", False),
        ("B", False),
        ("D", False),
    ]
    assert (found.randomize, found.show_only) == (True, 2)
    assert any("choice 5: is set not to be displayed" in one for one in words(imported, "not taken"))
