"""Conditions of Qualtrics files in our language, and back."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from populace.survey.expression_checks import Known, check, scope_of
from populace.survey.expression_records import Logic, Name, Not, replace_names
from populace.survey.expression_values import holds
from populace.survey.expressions import parse
from populace.survey.flow import Field
from populace.survey.formats.fidelity import Fidelity
from populace.survey.formats.qsf_places import Unknown
from populace.survey.formats.qsf_raw import parts_of
from populace.survey.formats.qsf_read import Reader, without_hints
from populace.survey.formats.qsf_regex import from_regex, to_regex
from populace.survey.formats.qsf_write import to_qsf
from populace.survey.instrument import Block, Instrument
from populace.survey.kinds import chosen_columns
from populace.survey.question import Question, Row
from populace.survey.scale import Option

from ..strategies import conditions
from .qsf_files import block, choices, embedded, logic, question, read, survey, term, words

THREE = (Option(1, "One"), Option(2, "Two"), Option(5, "Five"))
ROWS = (Row("x", "X"), Row("y", "Y"))
QUESTIONS = (
    Question("sex", "single", "Sex?", (Option("f", "Woman"), Option("m", "Man", specify=True))),
    Question("pick", "single", "Pick?", THREE),
    Question("media", "multiple", "Media?", THREE),
    Question("grid", "grid", "Grid?", THREE, rows=(Row("a", "A"), Row("b", "B", specify=True))),
    Question("many", "grid_multiple", "Many?", THREE, rows=(Row("a", "A"), Row("b", "B"))),
    Question("age", "numeric", "Age?", minimum=0, maximum=99),
    Question("hours", "numeric", "Hours?", rows=ROWS),
    Question("warm", "slider", "Warm?", minimum=0, maximum=10),
    Question("warms", "slider", "Warm?", minimum=0, maximum=10, rows=(Row("x", "X"),)),
    Question("why", "open", "Why?"),
    Question("form", "open", "Form?", rows=ROWS),
    Question("day", "date", "Day?"),
    Question("order", "rank", "Order?", THREE),
    Question("split", "sum", "Split?", THREE, total=10),
    Question("text", "display", "Read this."),
    Question(
        "side", "side_by_side", "Side?", rows=ROWS,
        columns=(Question("1", "single", "C1?", THREE), Question("2", "open", "C2?")),
    ),
)  # fmt: skip
LAST = Question("last", "open", "Last?")
DATA = (Field("panel"), Field("wave", kind="number"))
INSTRUMENT = Instrument("all", "All", (Block("b", (*QUESTIONS, LAST)),), data=DATA)
SCOPE = scope_of(INSTRUMENT)
#: names that hints would put right
RENAMED = {"warm_1": "warm", "side_1_1": "side_1_x", "side_1_2": "side_1_y", "side_2_1": "side_2_x"}
RENAMED |= {"side_2_2": "side_2_y"}


def several(conditions):
    """The conditions as they are read back without any hints; None where one is not written."""
    last = tuple(replace(LAST, name=f"last{n}", show_if=one) for n, one in enumerate(conditions))
    content, _ = to_qsf(replace(INSTRUMENT, blocks=(Block("b", (*QUESTIONS, *last)),)))
    fidelity = Fidelity("test")
    back = Reader(parts_of(without_hints(content), "here", fidelity), fidelity).instrument()
    found = [back.question(one.name).show_if for one in last]
    return [one and str(replace_names(parse(one), RENAMED)) for one in found]


def written(condition: str) -> str | None:
    return several([condition])[0]


# -- any condition ---------------------------------------------------------------------------------------------------


def _values(known: Known) -> st.SearchStrategy:
    if known.kind == "closed":
        return st.none() | st.sampled_from(known.codes)
    if known.kind == "multiple":
        return st.frozensets(st.sampled_from(known.codes))
    numbers, texts = st.integers(-3, 12), st.sampled_from(["", "a", "ab", "b*", "Tea", "5", "tea time"])
    return st.none() | {"number": numbers, "text": texts}.get(known.kind, numbers | texts)


@st.composite
def respondents(draw):
    """Answers to everything that is asked, those to single choices as the whole says."""
    values = {name: draw(_values(known)) for name, known in SCOPE.items() if known.kind != "shown only"}
    for asked in QUESTIONS:
        for name, columns in chosen_columns(asked).items():
            chosen = values[name]
            values |= {column: (int(code in chosen) if chosen else None) for code, column in columns.items()}
    return values, {name: draw(st.booleans()) for name in SCOPE}


@st.composite
def nested(draw, level: int = 0):
    """Conditions within one another."""
    if level == 2 or draw(st.booleans()):
        return parse(draw(conditions(QUESTIONS, ["panel"])))
    inner = [draw(nested(level + 1)) for _ in range(draw(st.integers(2, 3)))]
    joined = Logic(draw(st.sampled_from(["and", "or"])), tuple(inner))
    return Not(joined) if draw(st.booleans()) else joined


@settings(max_examples=25)
@given(st.lists(nested(), min_size=5, max_size=5), st.lists(respondents(), min_size=6, max_size=6))
def test_what_is_written_holds_for_the_same_respondents(conditions, people):
    backs = several(str(condition) for condition in conditions)
    assume(any(backs))
    for condition, back in zip(conditions, backs, strict=True):
        for values, shown in people if back else ():
            assert holds(parse(back), values, shown=shown) == holds(condition, values, shown=shown), back


EXACT = [
    "selected(pick, 2)",
    "not selected(pick, 2)",
    "selected(sex, \"f\")",
    "selected(media, 1) or selected(media, 5)",
    "selected(media, 1) and not selected(media, 5)",
    "selected(grid_a, 2)",
    "selected(many_b, 5)",
    "selected(side_1_x, 2)",
    "age > 17",
    "age >= 18 and age <= 65",
    "not age == 5",
    "not answered(age)",
    "hours_x > 2.5",
    "warm < 3",
    "warms_x == 7",
    "answered(why)",
    "contains(why, \"price\")",
    "not contains(why, \"price\")",
    "startswith(why, \"a.b\")",
    "matches(why, \"*end\")",
    "matches(why, \"a*b?c\")",
    "why == \"tea & more\"",
    "lower(why) == \"tea\"",
    "contains(lower(why), \"tea\")",
    "form_x == \"x\"",
    "side_2_y == \"x\"",
    "sex_m_text == \"x\"",
    "grid_b_text == \"x\"",
    "day > \"2026-01-01\"",
    "order_2 == 1",
    "split_5 > 3",
    "count(media) > 2",
    "panel == \"B\"",
    "panel == 2",
    "answered(panel)",
    "age > wave",
    "shown(text)",
    "not shown(pick)",
    "selected(pick, 1) or age > 3 and panel == 1",
    "(selected(pick, 1) or age > 3) and panel == 1",
]  # fmt: skip


@pytest.mark.parametrize("condition", EXACT)
def test_what_qualtrics_says_as_we_do_comes_back_to_the_letter(condition):
    check(parse(condition), SCOPE, "truth")
    assert written(condition) == condition


@pytest.mark.parametrize(
    ("condition", "back"),
    [
        ("pick == 2", "selected(pick, 2)"),
        ("pick != 2", "selected(pick, 1) or selected(pick, 5)"),
        ("not pick in [1, 2]", "not selected(pick, 1) and not selected(pick, 2)"),
        ("pick > 1", "selected(pick, 2) or selected(pick, 5)"),
        ("answered(pick)", "selected(pick, 1) or selected(pick, 2) or selected(pick, 5)"),
        ("media_5 == 1", "selected(media, 5)"),
        ("answered(media)", "count(media) > 0"),
        ("age != 5", "answered(age) and not age == 5"),
        ("not age < 5", "not answered(age) or age >= 5"),
        ("age in [1, 2]", "age == 1 or age == 2"),
        ("5 < age", "age > 5"),
        ("matches(why, \"*a*\")", "contains(why, \"a\")"),
        ("not (age > 1 and age < 5)", "not answered(age) or age <= 1 or not answered(age) or age >= 5"),
        ("age > 1 and (age < 5 or age > 7 and wave == 1)", "age > 1 and age < 5 or age > 1 and age > 7 and wave == 1"),
    ],
)  # fmt: skip
def test_what_it_says_otherwise_means_the_same(condition, back):
    assert written(condition) == back


@pytest.mark.parametrize(
    "condition",
    [
        "age * 2 > 5", "length(why) > 3", "pick == age", "why == \"${x}\"", "not contains(why, \"x\") == true",
        "media_1 == 0", "not startswith(why, \"a\")", "not why < \"b\"", "shown(grid_a)", "pick == 3",
        "unsupported(\"the moon is full\")", "true",
    ],
)  # fmt: skip
def test_what_it_cannot_say_is_named(condition):
    blocks = (Block("b", (*QUESTIONS, replace(LAST, show_if=condition))),)
    instrument = replace(INSTRUMENT, blocks=blocks)
    content, fidelity = to_qsf(instrument)
    lost = [note for note in fidelity.notes if note.outcome == "not taken"]
    assert [(note.element, note.place) for note in lost] == [("display logic", "QID17 (last)")]
    assert condition in lost[0].words
    last = [one["Payload"] for one in content["SurveyElements"] if one["Element"] == "SQ"][-1]
    assert "DisplayLogic" not in last
    assert last["Configuration"]["Populace"]["show_if"] == [None, condition]


def test_too_many_comparisons_are_named():
    condition = " and ".join(f"(age == {n} or age == {n + 100} and panel == 1)" for n in range(9))
    _, fidelity = to_qsf(replace(INSTRUMENT, blocks=(Block("b", (*QUESTIONS, replace(LAST, show_if=condition))),)))
    assert [
        "takes more than 200 comparisons" in note.words for note in fidelity.notes if note.outcome == "not taken"
    ] == [True]


def test_sets_are_never_mixed():
    """Within a set all is joined by one word, so that nothing hangs on which of both binds tighter."""
    condition = '(selected(pick, 1) or age > 3) and panel == 1 and (age < 9 or why == "x")'
    content, _ = to_qsf(replace(INSTRUMENT, blocks=(Block("b", (*QUESTIONS, replace(LAST, show_if=condition))),)))
    shown = [one["Payload"] for one in content["SurveyElements"] if one["Element"] == "SQ"][-1]["DisplayLogic"]
    sets = [[one for key, one in group.items() if key.isdecimal()] for key, group in shown.items() if key.isdecimal()]
    assert [len(group) for group in sets] == [2, 1, 2]
    assert [{one["Conjuction"] for one in group[1:]} for group in sets] == [{"Or"}, set(), {"Or"}]
    assert [group[0].get("Conjuction") for group in sets] == [None, "And", "And"]
    assert [shown[str(n)]["Type"] for n in range(3)] == ["If", "AndIf", "AndIf"]


# -- what a file says ------------------------------------------------------------------------------------------------

FIRST = question("QID1", Choices=choices("Tea", "Coffee", "Other", c3={"TextEntry": "true"}), RecodeValues={"2": "7"})
TEXT = question("QID2", "TE", "SL")
GRID = question("QID3", "Matrix", "Likert", "SingleAnswer", Choices=choices("A", "B"), Answers=choices("x", "y"))


def shown_if(condition, folder, *others):
    """The condition of a question after these, and what became of it."""
    last = question("QID9", "TE", "SL", DisplayLogic=condition)
    imported = read(survey(FIRST, TEXT, GRID, *others, last), folder)
    return imported.instrument.question("Q9").show_if, imported


@pytest.mark.parametrize(
    ("one", "ours"),
    [
        (term("q://QID1/SelectableChoice/2"), "selected(Q1, 7)"),
        (term("q://QID1/SelectableChoice/1", "NotSelected"), "not selected(Q1, 1)"),
        (term("q://QID1/QuestionDisplayed", "Displayed"), "shown(Q1)"),
        (term("q://QID1/ChoiceDisplayed/1", "NotDisplayed"), "not shown(Q1)"),
        (term("q://QID1/SelectedChoicesRecode", "EqualTo", "7"), "Q1 == 7"),
        (term("q://QID1/SelectedChoicesRecode", "GreaterThanOrEqual", "2"), "Q1 >= 2"),
        (term("q://QID1/SelectedChoicesCount", "GreaterThan", "1"), "count(Q1) > 1"),
        (term("q://QID1/ChoiceTextEntryValue/3", "Contains", "x"), "contains(Q1_3_text, \"x\")"),
        (term("q://QID2/ChoiceTextEntryValue", "Empty"), "not answered(Q2)"),
        (term("q://QID2/ChoiceTextEntryValue", "EqualTo", "Tea", IgnoreCase=1), "lower(Q2) == \"tea\""),
        (term("q://QID2/ChoiceTextEntryValue", "EqualTo", "5", IgnoreCase=1), "Q2 == 5"),
        (term("q://QID2/ChoiceTextEntryValue", "NotEqualTo", ""), "answered(Q2)"),
        (term("q://QID2/ChoiceTextEntryValue", "MatchesRegex", "^(a|b)$"), "Q2 == \"a\" or Q2 == \"b\""),
        (term("q://QID2/ChoiceTextEntryValue", "MatchesRegex", "/ab/i"), "contains(lower(Q2), \"ab\")"),
        (term("q://QID2/ChoiceTextEntryValue", "GreaterThan", "${e://Field/wave}"), "Q2 > wave"),
        (term("q://QID3/SelectableChoice/2/1"), "selected(Q3_2, 1)"),
        (term("q://QID3/SelectableChoice/2"), "answered(Q3_2)"),
        (term("q://QID3/SelectableAnswer/2"), "selected(Q3_1, 2) or selected(Q3_2, 2)"),
        (term("q://QID3/AnswerDisplayed/2", "Displayed"), "shown(Q3)"),
        (embedded("wave", "EqualTo", "2"), "wave == 2"),
        (embedded("e://Field/wave", "IsNot", "B"), "not wave == \"B\""),
        (term("m://FirstName", "NotEmpty", LogicType="PanelData"), "answered(FirstName)"),
    ],
)  # fmt: skip
def test_every_comparison_is_translated(tmp_path, one, ours):
    found, imported = shown_if(logic([one]), tmp_path)
    assert found == ours
    assert not [note for note in imported.fidelity.notes if "display logic" in note.element and note.outcome != "taken"]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (term("q://QID77/SelectableChoice/1"), "question QID77 is not in the survey"),
        (term("q://QID1/SelectableChoice/9"), "QID1 has no choice 9"),
        (term("q://QID1/ChoiceTextEntryValue/1", "Empty"), "nothing is written beside choice 1"),
        (term("q://QID2/SelectableChoice/1"), "QID2 has no choice 1"),
        (term("q://QID3/SelectableChoice/7/1"), "QID3 has no row 7"),
        (term("q://QID3/SelectedAnswerRecode", "EqualTo", "1"), "names none of them"),
        (term("q://QID1/Nonsense", "EqualTo", "1"), "'Nonsense' has no counterpart"),
        (term("q://3_QID1/SelectableChoice/1"), "QID1 has no round 3"),
        (term("q://QID2/ChoiceTextEntryValue", "MatchesRegex", "a{2}"), "more than letters"),
        (term("q://QID2/ChoiceTextEntryValue", "Sounds", "x"), "operator 'Sounds' has no counterpart"),
        (term("loc://PostalCode", "EqualTo", "1", LogicType="GeoIP"), "conditions on GeoIP are not known"),
        (term("nowhere"), "points nowhere"),
        (term("gr://SC_1/Score", "GreaterThan", "1", LogicType="Score"), "there is no score 'SC_1'"),
    ],
)
def test_what_cannot_be_translated_is_kept_in_its_place(tmp_path, one, reason):
    both = logic([term("q://QID1/SelectableChoice/1"), one | {"Conjuction": "And"}])
    found, imported = shown_if(both, tmp_path)
    assert found.startswith('selected(Q1, 1) and unsupported("')
    notes = [
        note for note in imported.fidelity.notes if note.outcome == "not taken" and note.element == "display logic"
    ]
    assert len(notes) == 1 and reason in notes[0].words and notes[0].place == "QID9 (Q9)"


def test_words_bind_as_in_qualtrics(tmp_path):
    a, b, c = (term(f"q://QID1/SelectableChoice/{n}") for n in (1, 2, 3))
    mixed = logic([a, b | {"Conjuction": "Or"}, c | {"Conjuction": "And"}])
    found, imported = shown_if(mixed, tmp_path)
    assert found == "selected(Q1, 1) or selected(Q1, 7) and selected(Q1, 3)"
    assert any('"and" is taken to bind tighter' in note for note in words(imported, "changed"))
    two = logic([a, b | {"Conjuction": "Or"}], [c | {"Conjuction": "And"}])
    assert shown_if(two, tmp_path)[0] == "(selected(Q1, 1) or selected(Q1, 7)) and selected(Q1, 3)"
    either = logic([a], [b, c | {"Conjuction": "And"}], kinds=("If", "OrIf"))
    assert shown_if(either, tmp_path)[0] == "selected(Q1, 1) or selected(Q1, 7) and selected(Q1, 3)"
    bare = {"0": a, "1": b | {"Conjuction": "Or"}, "Type": "BooleanExpression"}
    assert shown_if(bare, tmp_path)[0] == "selected(Q1, 1) or selected(Q1, 7)"


def test_rounds_of_a_loop_are_named(tmp_path):
    options = {"Looping": "Static", "LoopingOptions": {"Static": {"1": {"1": "Bread"}, "2": {"1": "Milk"}}}}
    last = question("QID9", "TE", "SL", DisplayLogic=logic([term("q://2_QID1/SelectableChoice/1")]))
    blocks = [block("BL_1", "QID1", Options=options), block("BL_2", "QID9")]
    assert read(survey(FIRST, last, blocks=blocks), tmp_path).instrument.question("Q9").show_if == "selected(Q1.2, 1)"


def test_embedded_data_called_as_a_question_get_a_name_of_their_own(tmp_path):
    found, imported = shown_if(logic([embedded("Q1", "EqualTo", "x")]), tmp_path)
    assert found == 'Q1_2 == "x"'
    assert "Q1_2" in [field.name for field in imported.instrument.data]


# -- regular expressions ---------------------------------------------------------------------------------------------


@given(st.text(max_size=12), st.booleans(), st.booleans())
def test_a_text_survives_as_a_regular_expression(text, start, end):
    assume(text and not ("*" in text or "?" in text))
    found = from_regex(Name("q"), to_regex(text, start, end))
    expected = {
        (True, True): "q ==", (True, False): "startswith(q", (False, False): "contains(q", (False, True): "matches(q",
    }  # fmt: skip
    assert str(found).startswith(expected[start, end])


@pytest.mark.parametrize(
    "pattern", ["", "a+", "[ab]", "(a)(b)", "a|b|", "\\d", "a\\", "^$", "(?i)a", "/a/x", "a" * 2000, "a\\*.*"]
)
def test_more_is_not_understood(pattern):
    with pytest.raises(Unknown):
        from_regex(Name("q"), pattern)
