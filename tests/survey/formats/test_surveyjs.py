"""SurveyJS JSON: every element read and written, its expressions with their meaning, files that are broken."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.expression_values import holds
from populace.survey.expressions import parse
from populace.survey.flow import Branch, Computed, End, Field, Loop, Round, SetData, ShowBlock, Shuffle, elements
from populace.survey.formats import surveyjs
from populace.survey.formats.fidelity import CHANGED, NOT_TAKEN, Imported
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.surveyjs_expressions import Translation
from populace.survey.formats.surveyjs_schema import schema, schema_problems
from populace.survey.formats.surveyjs_variables import Variable
from populace.survey.formats.surveyjs_words import Words, Written
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.question import END_OF_BLOCK, Question, Skip
from populace.survey.scale import Option
from populace.survey.walk import Walk

from ..strategies import instruments


def read(content: object, folder: Path, name: str = "study.json") -> Imported:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return surveyjs.read(path, name)


def asked(element: dict, folder: Path) -> Question:
    """The one question an element is."""
    return read({"elements": [element]}, folder).instrument.questions[0]


def notes(found: Imported, outcome: str) -> list[str]:
    return [f"{note.place}: {note.element}: {note.words}" for note in found.fidelity.notes if note.outcome == outcome]


def back(instrument: Instrument, folder: Path):
    """The instrument written and read, and the notes of writing."""
    path = folder / f"{instrument.id}.json"
    fidelity = surveyjs.write(instrument, path)
    assert schema_problems(json.loads(path.read_text(encoding="utf-8"))) == []
    return surveyjs.read(path, path.name).instrument, fidelity


def one_block(*questions: Question, **fields) -> Instrument:
    return Instrument("study", "Study", (Block("main", questions),), **fields)


# -- expressions -----------------------------------------------------------------------------------------------------

KNOWN = {
    "a": Variable("a", "closed", {"1": 1, "2": 2, "3": 3}),
    "w": Variable("w", "closed", {"Yes": "Yes", "No": "No"}),
    "m": Variable("m", "multiple", {"x": "x", "y": "y", "other": "other"}),
    "t": Variable("t", "text"),
    "n": Variable("n", "number"),
    "k": Variable("k", "number"),
    "b": Variable("b", "closed", {"true": 1, "false": 0}),
    "g.r": Variable("g_r", "cells", {"1": 1, "2": 2}),
    "e": Variable("e"),
    "m.length": parse("count(m)"),
}


def translated(text: str) -> tuple[str, list[str]]:
    translation = Translation(text, KNOWN.get)
    return str(translation.condition()), translation.kept


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("{a} = 1", "a == 1"),
        ("{a} == '1'", "a == 1"),
        ("1 = {a}", "a == 1"),
        ("5 > {n}", "n < 5"),
        ("{a} <> 2", "not a == 2"),
        ("{a} notequal 2", "not a == 2"),
        ("{a} notempty and {a} <> 2", "a != 2"),
        ("{a} notempty and {a} noneof [1, 2]", "a not in [1, 2]"),
        ("{w} = yes", 'w == "Yes"'),
        ("{n} greaterorequal 5 && !({a} = 1)", "n >= 5 and not a == 1"),
        ("{n} >= -2.5", "n >= -2.5"),
        ("{t} = 'Yes'", 'lower(t) == "yes"'),
        ("{t} = '12'", 't == "12"'),
        ("{t} contains 'Ab'", 'contains(lower(t), "ab")'),
        ("{t} notcontains 'x'", 'not contains(lower(t), "x")'),
        ("{t} empty", "not answered(t)"),
        ("{t} = ''", "not answered(t)"),
        ("{m} contains 'x'", 'selected(m, "x")'),
        ("{m} *= 'x'", 'selected(m, "x")'),
        ("{m} notcontains 'x'", 'not selected(m, "x")'),
        ("{m} anyof ['x', 'other']", 'selected(m, "x", "other")'),
        ("{m} allof ['x', 'y']", 'selected(m, "x") and selected(m, "y")'),
        ("{m} noneof ['x', 'y']", 'not selected(m, "x", "y")'),
        ("{m} = ['x', 'y']", 'selected(m, "x") and selected(m, "y") and count(m) == 2'),
        ("{a} anyof [1, 2, 7]", "a in [1, 2]"),
        ("[1, 2] contains {a}", "a in [1, 2]"),
        ("{b}", "b == 1"),
        ("{b} = false", "b == 0"),
        ("{a}", "answered(a)"),
        ("{g.r} contains 2", "g_r_2 == 1"),
        ("{n} + {k} = 100", "sum(n, k) == 100"),
        ("{n} * 2 > {k}", "n * 2 > k"),
        ("iif({a} = 1, 2, 3) = 2", "if(a == 1, 2, 3) == 2"),
        ("avg({n}, {k}) > 1", "mean(n, k) > 1"),
        ("displayValue('a') = 'One'", 'label(a) == "One"'),
        ("{e} = 'B' or {e} = 3", 'lower(e) == "b" or e == 3'),
        ("{t} = {e}", "t == e or not answered(t) and not answered(e)"),
        ("true", "true"),
    ],
)
def test_an_expression_has_the_same_meaning_here(text, ours):
    assert translated(text) == (ours, [])


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("{nobody} = 1", 'unsupported("{nobody} = 1")'),
        ("{a} = 1 or today() > {t}", 'a == 1 or unsupported("today() > {t}")'),
        ("!({a} = 1 and age({t}) > 3)", 'unsupported("!({a} = 1 and age({t}) > 3)")'),
        ("{a} = 9", 'unsupported("{a} = 9")'),
        ("{m} = 'x'", "unsupported(\"{m} = 'x'\")"),
        ("{n} ^ 2 > 4", 'unsupported("{n} ^ 2 > 4")'),
        ("{w} > 1", 'unsupported("{w} > 1")'),
        ("{a} = 1 and", 'unsupported("{a} = 1 and")'),
        ("'a' + {t} = 'ab'", "unsupported(\"'a' + {t} = 'ab'\")"),
    ],
)
def test_what_cannot_be_translated_is_kept_alone(text, ours):
    condition, kept = translated(text)
    assert condition == ours
    assert len(kept) == 1


@pytest.mark.parametrize("text", ["(" * 5_000 + "{a} = 1" + ")" * 5_000, "!" * 5_000 + "{a}", "{a} = 1 or " * 2_000])
def test_an_expression_beyond_all_bounds_ends_soon(text):
    condition, _ = translated(text)
    assert condition.startswith("unsupported(") or condition == "a == 1"


#: what SurveyJS gives (survey-core, read from its source) for answers a, n, t, m
MEANING = [
    ("{a} <> 2", {}, True),
    ("{a} <> 2", {"a": 2}, False),
    ("{n} < 5", {}, False),
    ("{n} + {k} = 7", {"n": 7}, True),
    ("{m} notcontains 'x'", {}, True),
    ("{m} noneof ['x']", {"m": {"y"}}, True),
    ("{m} anyof ['x', 'y']", {}, False),
    ("{t} = 'YES'", {"t": "yes"}, True),
    ("{t} contains 'ES'", {"t": "yes"}, True),
    ("{a} anyof [1, 2]", {"a": 2}, True),
    ("{t} = {e}", {}, True),
    ("{a} = 1 or {b}", {"b": 1}, True),
]


@pytest.mark.parametrize(("text", "answers", "expected"), MEANING)
def test_answers_meet_a_translation_as_they_meet_the_original(text, answers, expected):
    values = dict.fromkeys(("a", "w", "m", "t", "n", "k", "b", "e"))
    assert holds(Translation(text, KNOWN.get).condition(), values | answers) is expected


WRITTEN = Words(
    {name: name for name in ("a", "w", "m", "t", "n", "k", "b", "e")}, frozenset({"m"}), frozenset({"t", "e"})
)


@pytest.mark.parametrize(
    ("ours", "text"),
    [
        ("a == 1", "{a} = 1"),
        ("a != 1", "{a} notempty and {a} <> 1"),
        ("not a == 1", "{a} <> 1"),
        ('w == "No"', "{w} = 'No'"),
        ("not answered(t)", "{t} empty"),
        ('selected(m, "x")', "{m} contains 'x'"),
        ('selected(m, "x", "y")', "{m} anyof ['x', 'y']"),
        ("count(m) > 1", "{m.length} > 1"),
        ("a in [1, 2] or n >= 2 and k < 3", "{a} anyof [1, 2] or {n} >= 2 and {k} < 3"),
        ("(a == 1 or n > 2) and k > 3", "({a} = 1 or {n} > 2) and {k} > 3"),
        ('lower(t) == "yes"', "{t} = 'yes'"),
        ("if(a == 1, n, 0) > 2", "iif({a} = 1, {n}, 0) > 2"),
        ("round(mean(n, k)) == 2", "round(avg({n}, {k})) = 2"),
        ("floor(n) == 2", "floor({n}) = 2"),
        ('t == "it\'s"', "{t} = 'it\\'s'"),
    ],
)
def test_our_conditions_are_written_so_that_they_come_back(ours, text):
    written = Written(WRITTEN).text(parse(ours))
    assert written == text
    again = Translation(written, KNOWN.get)
    assert str(again.condition()) in (ours, 'lower(t) == "it\'s"')
    assert again.kept == []


def test_what_comes_from_surveyjs_and_was_not_translated_goes_back_as_it_was(tmp_path):
    first = read(
        {"elements": [{"type": "text", "name": "q", "visibleIf": "today() > {q}"}, {"type": "text", "name": "r"}]},
        tmp_path,
    ).instrument
    again, fidelity = back(first, tmp_path)
    assert first.questions[0].show_if == 'unsupported("today() > {q}")'
    assert again.content_hash == first.content_hash
    assert not fidelity.notes


# -- question types --------------------------------------------------------------------------------------------------


def test_choices_may_be_words_numbers_or_objects(tmp_path):
    element = {"type": "radiogroup", "name": "q", "choices": ["one", {"value": "two", "text": "Two"}, 3]}
    assert [(o.code, o.label) for o in asked(element, tmp_path).options] == [
        ("one", "one"),
        ("two", "Two"),
        ("3", "3"),
    ]
    element["choices"] = [1, "2", {"value": 3.0, "text": "Three"}]
    assert [o.code for o in asked(element, tmp_path).options] == [1, 2, 3]


@pytest.mark.parametrize(
    ("element", "kind", "fields"),
    [
        ({"type": "dropdown", "choices": ["a", "b"]}, "single", {"look": "dropdown"}),
        ({"type": "dropdown", "choicesMin": 1, "choicesMax": 2}, "single", {}),
        ({"type": "radiogroup", "choices": ["Never", "Sometimes", "Always"]}, "scale", {"look": "radiogroup"}),
        ({"type": "tagbox", "choices": [1, 2], "maxSelectedChoices": 2}, "multiple", {"at_most": 2, "look": "tagbox"}),
        ({"type": "boolean"}, "single", {"look": "boolean"}),
        ({"type": "rating", "rateMin": 0, "rateMax": 10, "title": "Recommend us?"}, "nps", {}),
        ({"type": "rating", "rateMin": 0, "rateMax": 10, "title": "Satisfied?"}, "scale", {}),
        ({"type": "rating", "rateType": "stars", "rateCount": 3}, "scale", {"look": "stars"}),
        ({"type": "ranking", "choices": [1, 2, 3]}, "rank", {"ranked": None}),
        (
            {"type": "ranking", "choices": [1, 2, 3], "selectToRankEnabled": True, "maxSelectedChoices": 2},
            "rank",
            {"ranked": 2},
        ),
        ({"type": "text"}, "open", {"format": None}),
        ({"type": "text", "inputType": "email", "maxLength": 9}, "open", {"format": "email", "longest": 9}),
        ({"type": "text", "inputType": "number", "min": "0", "max": 9, "step": 0.5}, "numeric", {"maximum": 9}),
        ({"type": "text", "inputType": "date"}, "date", {}),
        ({"type": "text", "inputType": "month"}, "open", {"look": "month"}),
        (
            {"type": "text", "maskType": "numeric", "maskSettings": {"precision": 1}},
            "numeric",
            {"decimals": 1},
        ),
        ({"type": "comment"}, "open", {"several_lines": True}),
        ({"type": "slider", "max": 10, "step": 5}, "slider", {"minimum": 0, "maximum": 10, "step": 5}),
        ({"type": "slider", "sliderType": "range"}, "slider", {"rows": (Row("from", "from"), Row("to", "to"))}),
        ({"type": "imagepicker", "choices": [1, 2], "multiSelect": True}, "multiple", {"look": "imagepicker"}),
        ({"type": "matrix", "columns": [1, 2], "rows": ["r"], "eachRowRequired": True}, "grid", {"required": True}),
        ({"type": "matrix", "columns": [1, 2], "rows": ["r"], "cellType": "checkbox"}, "grid_multiple", {}),
        ({"type": "matrix", "columns": [1, 2]}, "single", {}),
        ({"type": "html", "html": "<p>Hello</p>"}, "display", {"text": "Hello"}),
        ({"type": "image", "altText": "A map"}, "display", {"text": "[image: A map]"}),
        ({"type": "file"}, "technical", {"look": "file"}),
        ({"type": "matrixdynamic", "columns": [{"name": "c"}]}, "technical", {}),
        ({"type": "sortablelist", "choices": [1, 2]}, "rank", {}),
    ],
)
def test_a_type_is_one_of_our_kinds(element, kind, fields, tmp_path):
    other = {"type": "comment", "name": "other"}
    question = read({"elements": [{"name": "q", **element}, other]}, tmp_path).instrument.questions[0]
    assert question.kind == kind
    assert {name: getattr(question, name) for name in fields} == fields


def test_special_choices_are_what_they_mean(tmp_path):
    element = {
        "type": "checkbox", "name": "q", "choices": [1, 2], "choicesOrder": "random", "hasOther": True,
        "showNoneItem": True, "showDontKnowItem": True, "showRefuseItem": True, "dontKnowText": "No idea",
    }  # fmt: skip
    question = asked(element, tmp_path)
    assert question.options[2:] == (
        Option(97, "None", exclusive=True, fixed=True, source="none"),
        Option(99, "Refuse to answer", missing=True, exclusive=True, fixed=True, source="refused"),
        Option(98, "No idea", missing=True, exclusive=True, fixed=True, source="dontknow"),
        Option(96, "Other (describe)", specify=True, fixed=True, source="other"),
    )
    words = asked({**element, "choices": ["a", "b"]}, tmp_path)
    assert [option.code for option in words.options[2:]] == ["none", "refused", "dontknow", "other"]


def test_values_that_cannot_be_columns_have_columns_of_their_own(tmp_path):
    question = asked({"type": "checkbox", "name": "q", "choices": ["At home", "At/home", "x"]}, tmp_path)
    assert [(o.code, o.column) for o in question.options] == [
        ("At home", "q_At_home"),
        ("At/home", "q_At_home_2"),
        ("x", None),
    ]
    form = asked({"type": "multipletext", "name": "f", "items": [{"name": "First name"}, {"name": "b"}]}, tmp_path)
    assert [item.name for item in form.items()] == ["f_First_name", "f_b"]


def test_a_form_of_numbers_with_a_total_is_a_sum(tmp_path):
    element = {
        "type": "multipletext", "name": "s",
        "items": [{"name": "a", "inputType": "number"}, {"name": "b", "inputType": "number", "title": "Bread"}],
        "validators": [{"type": "expression", "expression": "{s.a} + {s.b} = 100"}],
    }  # fmt: skip
    question = asked(element, tmp_path)
    assert (question.kind, question.total, [o.label for o in question.options]) == ("sum", 100, ["a", "Bread"])
    element["validators"][0]["expression"] = "{s.a} + {s.c} = 100"
    assert asked(element, tmp_path).kind == "numeric"


def test_columns_of_a_table_stand_side_by_side(tmp_path):
    element = {
        "type": "matrixdropdown", "name": "t", "choices": ["low", "high"],
        "columns": [
            {"name": "q", "title": "Quality"},
            {"name": "why", "cellType": "comment"},
            {"name": "n", "cellType": "text", "inputType": "number", "max": 5},
            {"name": "uses", "cellType": "checkbox", "choices": ["at work", "home"]},
            {"name": "total", "cellType": "expression"},
        ],
        "rows": ["a", {"value": "b c", "text": "Bread"}],
    }  # fmt: skip
    found = read({"elements": [element, {"type": "text", "name": "r", "visibleIf": "{t.b c.q} = 'low'"}]}, tmp_path)
    table, text = found.instrument.questions
    assert [column.kind for column in table.columns] == ["single", "open", "numeric", "multiple"]
    assert text.show_if == 't_q_b_c == "low"'
    assert any("cells of type 'expression'" in note for note in notes(found, NOT_TAKEN))


# -- conditions, pages, panels ---------------------------------------------------------------------------------------

RADIO = {"type": "radiogroup", "name": "q", "choices": [1, 2]}
TEXT = {"type": "text", "name": "t"}


def test_a_page_with_a_condition_is_a_branch(tmp_path):
    pages = [{"name": "one", "elements": [RADIO]}, {"name": "two", "visibleIf": "{q} = 1", "elements": [TEXT]}]
    instrument = read({"pages": pages}, tmp_path).instrument
    assert instrument.flow == (ShowBlock("one"), Branch("q == 1", (ShowBlock("two"),)))


def test_conditions_of_panels_go_to_their_questions(tmp_path):
    inner = {"type": "panel", "name": "p", "visibleIf": "{q} = 1", "title": "About it", "elements": [
        {**TEXT, "visibleIf": "{q} <> 2"}]}  # fmt: skip
    instrument = read({"elements": [RADIO, {"type": "panel", "name": "o", "elements": [inner]}]}, tmp_path).instrument
    heading, text = instrument.questions[1:]
    assert (heading.kind, heading.text, heading.show_if) == ("display", "About it", "q == 1")
    assert text.show_if == "q == 1 and not q == 2"


def test_panels_in_random_order_are_shuffled_blocks(tmp_path):
    panels = [
        {"type": "panel", "name": name, "elements": [{"type": "text", "name": f"{name}1"}], "visibleIf": condition}
        for name, condition in (("a", ""), ("b", "{q} = 1"))
    ]
    pages = [{"elements": [RADIO]}, {"name": "s", "questionOrder": "random", "elements": panels}]
    instrument = read({"pages": pages}, tmp_path).instrument
    assert instrument.flow[1] == Shuffle("s", (ShowBlock("a"), Branch("q == 1", (ShowBlock("b"),))))
    again, _ = back(instrument, tmp_path)
    assert again.content_hash == instrument.content_hash


@pytest.mark.parametrize(
    ("more", "rounds", "condition"),
    [
        ({"minPanelCount": 2, "maxPanelCount": 2}, 2, None),
        ({"panelCount": 3, "allowAddPanel": False, "allowRemovePanel": False}, 3, None),
        ({"bindings": {"panelCount": "n"}, "maxPanelCount": 4}, 4, "n >= 2"),
        ({"maxPanelCount": 5}, 5, "kids_count >= 2"),
    ],
)
def test_a_dynamic_panel_is_a_loop(more, rounds, condition, tmp_path):
    panel = {
        "type": "paneldynamic", "name": "kids", "templateTitle": "Child {panelIndex}",
        "templateElements": [TEXT, {"type": "text", "name": "u", "visibleIf": "{panel.t} notempty"}], **more,
    }  # fmt: skip
    last = {"type": "comment", "name": "c", "title": "About {kids[0].t}"}
    instrument = read({"elements": [{**TEXT, "name": "n", "inputType": "number"}, panel, last]}, tmp_path).instrument
    (loop,) = [step for step in elements(instrument.flow) if isinstance(step, Loop)]
    assert (len(loop.rounds), loop.rounds[1].show_if) == (rounds, condition)
    assert instrument.question("u").show_if == "answered(t)"
    assert instrument.question("kids_entry").text == "Child ${loop.number}"
    assert instrument.question("c").text == "About ${t.1}"


def test_options_are_carried_forward_by_conditions(tmp_path):
    source = {"type": "checkbox", "name": "all", "choices": ["a", "b"], "showOtherItem": True}
    chosen = {"type": "radiogroup", "name": "best", "choicesFromQuestion": "all", "choicesFromQuestionMode": "selected"}
    others = {"type": "ranking", "name": "rest", "choicesFromQuestion": "all", "choicesFromQuestionMode": "unselected"}
    instrument = read({"elements": [others, source, chosen]}, tmp_path).instrument
    assert [(o.label, o.show_if) for o in instrument.question("best").options] == [
        ("a", 'selected(all, "a")'),
        ("b", 'selected(all, "b")'),
        ("${all_other_text}", 'selected(all, "other")'),
    ]
    assert instrument.question("rest").options[0].show_if == 'not selected(all, "a")'


def test_conditions_on_all_choices_are_conditions_on_each(tmp_path):
    source = {"type": "checkbox", "name": "all", "choices": ["a", "b"]}
    question = {"type": "radiogroup", "name": "q", "choices": ["a", "b"], "choicesVisibleIf": "{all} contains {item}"}
    table = {
        "type": "matrix",
        "name": "m",
        "columns": [1, 2],
        "rows": ["a", "b"],
        "rowsVisibleIf": "{all} contains {item}",
    }
    instrument = read({"elements": [source, question, table]}, tmp_path).instrument
    assert [option.show_if for option in instrument.question("q").options] == [
        'selected(all, "a")',
        'selected(all, "b")',
    ]
    assert [row.show_if for row in instrument.question("m").rows] == ['selected(all, "a")', 'selected(all, "b")']


def test_rules_become_conditions_answers_must_meet(tmp_path):
    element = {
        "type": "text", "name": "q", "requiredIf": "{t} notempty", "validators": [
            {"type": "text", "minLength": 3, "maxLength": 9},
            {"type": "expression", "expression": "{q} <> {t}", "text": "Say something else"},
            {"type": "regex", "regex": "^a"},
            {"type": "expression", "expression": "{q} = 'x'", "notificationType": "info"},
        ],
    }  # fmt: skip
    found = read({"elements": [TEXT, element]}, tmp_path)
    question = found.instrument.question("q")
    assert question.longest == 9
    assert question.valid_text == "Say something else"
    assert question.valid_if == (
        "not (lower(q) == lower(t) or not answered(q) and not answered(t)) and (not answered(q) or length(q) >= 3) and "
        "(not answered(t) or answered(q))"
    )
    assert len(notes(found, NOT_TAKEN)) == 2
    count = {"type": "checkbox", "name": "m", "choices": [1, 2], "validators": [{"type": "answercount", "minCount": 1}]}
    assert asked(count, tmp_path).at_least == 1


def test_triggers_are_steps_of_the_flow(tmp_path):
    pages = [
        {"name": "a", "elements": [RADIO]},
        {"name": "b", "elements": [TEXT, {**TEXT, "name": "u"}]},
        {"name": "c", "elements": [{**TEXT, "name": "v"}, {**TEXT, "name": "w"}]},
    ]
    triggers = [
        {"type": "complete", "expression": "{q} = 1"},
        {"type": "skip", "expression": "{t} = 'x'", "gotoName": "w"},
        {"type": "setvalue", "expression": "{q} = 2", "setToName": "group", "setValue": "B"},
        {"type": "copyvalue", "expression": "{q} = 2", "setToName": "copy", "fromName": "t"},
        {"type": "setvalue", "expression": "{q} = 2", "setToName": "t", "setValue": "B"},
    ]
    found = read({"pages": pages, "triggers": triggers, "completedHtml": "<b>Thanks</b>"}, tmp_path)
    instrument = found.instrument
    assert instrument.flow == (
        ShowBlock("a"),
        Branch("q == 1", (End("complete", "Thanks"),)),
        Branch("q == 2", (SetData((("group", "B"),)),)),
        Branch("q == 2", (SetData((("copy", "${t}"),)),)),
        ShowBlock("b"),
        ShowBlock("c"),
        End("complete", "Thanks"),
    )
    assert [q.show_if for q in instrument.questions[2:]] == ['not lower(t) == "x"', 'not lower(t) == "x"', None]
    assert any("answers 't' by itself" in note for note in notes(found, NOT_TAKEN))
    assert instrument.data == (Field("copy"), Field("group"))


def test_an_older_file_shows_by_triggers(tmp_path):
    content = {
        "pages": [{"questions": [RADIO, {**TEXT, "visible": False}]}],
        "triggers": [{"type": "visible", "name": "q", "operator": "equal", "value": 2, "questions": ["t"]}],
    }
    assert read(content, tmp_path).instrument.question("t").show_if == "q == 2"


def test_endings_for_some(tmp_path):
    content = {
        "elements": [RADIO],
        "completedHtmlOnCondition": [{"expression": "{q} = 1", "html": "One"}],
        "navigateToUrlOnCondition": [{"expression": "{q} = 1", "url": "https://example.org/1"}],
        "navigateToUrl": "https://example.org",
    }
    assert read(content, tmp_path).instrument.flow[1:] == (
        Branch("q == 1", (End("complete", "One", "https://example.org/1"),)),
        End("complete", None, "https://example.org"),
    )


def test_computed_values(tmp_path):
    content = {
        "calculatedValues": [{"name": "double", "expression": "{n} * 2"}],
        "elements": [
            {**TEXT, "name": "n", "inputType": "number"},
            {"type": "expression", "name": "bmi", "title": "Index", "expression": "{n} / {double}"},
            {**TEXT, "name": "hidden", "visible": False, "setValueExpression": "{n} + 1"},
            {**TEXT, "title": "{bmi} and {double}"},
        ],
    }
    instrument = read(content, tmp_path).instrument
    assert instrument.computed == (
        Computed("bmi", "n / double", "Index"),
        Computed("hidden", "sum(n, 1)"),
        Computed("double", "n * 2"),
    )
    assert instrument.question("t").text == "${bmi} and ${double}"


# -- wordings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("You said {q}.", "You said ${q}."),
        ("{q-Comment}, why?", "${q_other_text}, why?"),
        ("Price: ${q}", 'Price: ${"$"}${q}'),
        ("{no question} and ${x}", "{no question} and $${x}"),
        ("<p>A <b>bold</b></p><p>word &amp; {q}</p>", "A bold\nword & ${q}"),
        ("a < b", "a < b"),
    ],
)
def test_braces_are_filled_in(title, text, tmp_path):
    source = {**RADIO, "choices": ["a", "b"], "showOtherItem": True}
    instrument = read({"elements": [source, {**TEXT, "title": title}]}, tmp_path).instrument
    assert instrument.question("t").text == text
    again, _ = back(instrument, tmp_path)
    assert again.content_hash == instrument.content_hash


def test_display_text_is_html_and_titles_are_not(tmp_path):
    questions = (Question("d", "display", "1 < 2 & <b>\nso"), Question("t", "open", "Is <b>this</b> bold?"))
    again, fidelity = back(one_block(*questions), tmp_path)
    assert [question.text for question in again.questions] == ["1 < 2 & <b>\nso", "Is this bold?"]
    assert [note.element for note in fidelity.notes] == ["formatting"]


def test_languages_are_translations(tmp_path):
    one, line = {"de": "Eins", "fr": "Un"}, {"de": "Z", "fr": "L"}
    content = {
        "locale": "de",
        "elements": [
            {**RADIO, "title": {"default": "How?", "de": "Wie?"}, "choices": [{"value": 1, "text": one}, 2]},
            {"type": "matrix", "name": "m", "columns": [1, 2], "rows": [{"value": "r", "text": line}]},
        ],
    }  # fmt: skip
    instrument = read(content, tmp_path).instrument
    assert instrument.question("q").text == "Wie?"
    assert instrument.translations == {"en": {"q": "How?"}, "fr": {"q/options/1": "Un", "m/rows/r": "L"}}
    again, fidelity = back(instrument, tmp_path)
    assert again.content_hash == instrument.content_hash
    assert not fidelity.notes


def test_names_become_legal_and_unique(tmp_path):
    content = {
        "elements": [
            {**TEXT, "name": "first name"},
            {**TEXT, "name": "First name"},
            {"type": "checkbox", "name": "m", "choices": [1, 2]},
            {**TEXT, "name": "m_1", "visibleIf": "{first name} notempty"},
        ]
    }
    found = read(content, tmp_path)
    names = [question.name for question in found.instrument.questions]
    assert names == ["first_name", "First_name_2", "m", "m_1_2"]
    assert found.instrument.questions[3].show_if == "answered(first_name)"
    assert [q.source for q in found.instrument.questions] == ["first name", "First name", "m", "m_1"]
    assert len(notes(found, CHANGED)) == 3


def test_what_is_not_taken_is_told(tmp_path):
    content = {
        "showProgressBar": True, "cookieName": "x",
        "elements": [
            {**TEXT, "defaultValue": "x", "placeholder": "here", "invented": 3},
            {"type": "nothing like it", "name": "x"},
            {"type": "dropdown", "name": "d", "choicesByUrl": {"url": "https://example.org"}},
        ],
    }  # fmt: skip
    told = notes(read(content, tmp_path), NOT_TAKEN)
    for words in ("defaultValue", "invented = 3", "'nothing like it' is unknown", "choicesByUrl", "placeholder (1)"):
        assert sum(words in note for note in told) == 1, words


# -- writing ---------------------------------------------------------------------------------------------------------


def test_skips_and_ends_keep_everybody_on_their_way(tmp_path):
    q1 = Question(
        "q1", "single", "A?", options=(Option(1, "x"), Option(2, "y")), skips=(Skip(END_OF_BLOCK, "q1 == 1"),)
    )
    blocks = (
        Block("a", (q1, Question("q2", "open", "B?"))),
        Block("b", (Question("q3", "open", "C?"),)),
        Block("c", (Question("q4", "open", "D?"),)),
    )
    flow = (ShowBlock("a"), ShowBlock("b"), Branch("q1 == 2", (End("screened out"),)), ShowBlock("c"))
    path = tmp_path / "study.json"
    fidelity = surveyjs.write(Instrument("study", "Study", blocks, flow=flow), path)
    pages = json.loads(path.read_text(encoding="utf-8"))["pages"]
    assert pages[0]["elements"][1]["visibleIf"] == "{q1} <> 1"
    assert pages[2]["visibleIf"] == "{q1} <> 2"
    assert {note.element for note in fidelity.notes} == {"skip", "end"}


def test_an_end_right_after_its_question_is_a_trigger(tmp_path):
    q1 = Question("q1", "single", "A?", options=(Option(1, "x"), Option(2, "y")))
    blocks = (Block("a", (q1,)), Block("b", (Question("q2", "open", "B?"),)))
    flow = (ShowBlock("a"), Branch("q1 == 2", (End(text="Sorry"),)), ShowBlock("b"))
    instrument = Instrument("study", "Study", blocks, flow=flow)
    again, fidelity = back(instrument, tmp_path)
    assert again.content_hash == instrument.content_hash
    assert not fidelity.notes


def test_rounds_with_words_of_their_own_are_written_out(tmp_path):
    inner = (Question("q", "open", "What of ${loop.brand}?"), Question("r", "open", "Why?", show_if="answered(q)"))
    rounds = (Round("a", (("brand", "Acme"),)), Round("b", (("brand", "Best"),), "answered(q0)"))
    blocks = (Block("x", (Question("q0", "open", "First?"),)), Block("y", inner))
    instrument = Instrument("study", "Study", blocks, flow=(ShowBlock("x"), Loop("l", rounds, (ShowBlock("y"),))))
    again, _ = back(instrument, tmp_path)
    assert [q.name for q in again.questions] == ["q0", "q.a", "r.a", "q.b", "r.b"]
    assert again.question("q.b").text == "What of Best?"
    assert again.question("r.a").show_if == "answered(`q.a`)" or again.question("r.a").show_if == "answered(q.a)"
    assert [item.name for item in again.items()] == [item.name for item in instrument.items()]


def test_a_plain_loop_is_a_dynamic_panel(tmp_path):
    rounds = tuple(Round(str(k), (("number", str(k)),)) for k in (1, 2, 3))
    inner = (Question("q", "open", "Number ${loop.number}?"), Question("r", "open", "Why ${q}?", show_if="answered(q)"))
    last = Question("z", "open", "After ${q.2}", show_if="answered(q.1)")
    blocks = (Block("l", inner), Block("x", (last,)))
    flow = (Loop("l", rounds, (ShowBlock("l"),)), ShowBlock("x"))
    instrument = Instrument("study", "Study", blocks, flow=flow)
    again, fidelity = back(instrument, tmp_path)
    assert again.content_hash == instrument.content_hash
    assert not fidelity.notes


def test_sets_and_tasks_can_be_asked(tmp_path):
    options = tuple(Option(k, f"Thing {k}") for k in range(1, 5))
    instrument = one_block(Question("m", "best_worst", "Which?", options=options, sets=(((1, 2, 3), (2, 3, 4)),)))
    again, fidelity = back(instrument, tmp_path)
    assert [item.name for item in again.items()] == [item.name for item in instrument.items()]
    assert [note.outcome for note in fidelity.notes] == [CHANGED]


def test_what_is_computed_within_a_wording_is_a_calculated_value(tmp_path):
    instrument = one_block(Question("n", "numeric", "How many?"), Question("t", "open", "Twice is ${n * 2}, yes?"))
    again, fidelity = back(instrument, tmp_path)
    assert again.question("t").text == "Twice is ${piped1}, yes?"
    assert again.computed == (Computed("piped1", "n * 2"),)
    assert [note.element for note in fidelity.notes] == ["piping"]


CARRIED = (
    "stem", "item", "role", "unit", "requested", "flip", "show_only", "fixed", "new_page", "look", "valid_text",
    "decimals", "at_least", "option.image", "option.off_scale", "option.column", "option.missing", "option.exclusive",
    "option.fixed", "option.specify", "row.column", "row.fixed", "row.specify",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("surveyjs")


@settings(max_examples=40)
@given(
    instruments(flow=False, quotas=False, skips=False, most_blocks=2, most_questions=1, without=CARRIED),
    st.data(),
)
def test_an_instrument_that_is_written_without_a_note_comes_back_the_same(folder, instrument, data):
    instrument = replace(instrument, year=None, country=None)
    again, fidelity = back(instrument, folder)
    if not fidelity.notes:
        assert again.content_hash == instrument.content_hash


@settings(max_examples=15)
@given(instruments())
def test_whatever_is_written_is_valid_and_can_be_read(folder, instrument):
    path = folder / f"{instrument.id}.json"
    fidelity = surveyjs.write(instrument, path)
    assert schema_problems(json.loads(path.read_text(encoding="utf-8"))) == []
    lost = {note.element for note in fidelity.notes if note.outcome == NOT_TAKEN}
    try:
        assert surveyjs.read(path, path.name).instrument.questions
    except InstrumentError as problem:  # nothing is left to answer, and the report says so
        assert "no question can be answered" in str(problem)
        assert lost & {"block", "question", "flow"}


#: what keeps respondents from going the same way, when it is lost
WAYS = {
    "show_if", "option.show_if", "row.show_if", "row.specify", "branch", "end", "roll", "shuffle", "shuffle.pick",
    "block", "block.pick", "loop.pick", "loop.randomize", "skip", "set", "computed", "question",
}  # fmt: skip
ASKED = ("single", "scale", "open", "numeric", "date", "grid", "multiple", "nps", "display")
PLAIN = (
    "randomize", "flip", "show_only", "option.specify", "row.specify", "option.column", "row.column", "role",
    "block.randomize", "rows",
)  # fmt: skip


@settings(max_examples=20)
@given(instruments(kinds=ASKED, quotas=False, translations=False, without=PLAIN))
def test_respondents_go_the_same_way_through_what_is_read_back(folder, instrument):
    again, fidelity = back(instrument, folder)
    if {note.element for note in fidelity.notes} & {"set"} or drawn(instrument):
        return
    if {note.element for note in fidelity.notes if note.outcome == NOT_TAKEN} & WAYS:
        return
    known = sorted({one.name for one in (*instrument.data, *again.data)})
    for respondent in range(4):
        assert way(instrument, respondent, known) == way(again, respondent, known)


def drawn(instrument: Instrument) -> bool:
    """Does chance decide who is asked what?"""
    return any(
        isinstance(step, Shuffle) or (isinstance(step, Loop) and step.randomize) or step.KEY == "roll"
        for step in elements(instrument.flow)
    )


def way(instrument: Instrument, respondent: int, known: list[str]) -> list[str]:
    """The columns a respondent is put, whose answers depend on their names only."""
    data = {name: np.array([answer_text(name, respondent)], dtype=object) for name in known}
    steps = Walk(instrument, 1, data).visits()
    put: list[str] = []
    try:
        visit = next(steps)
        while True:
            put += [item.name for item in visit.items]
            visit = steps.send({item.name: answer(item, respondent) for item in visit.items} or None)
    except StopIteration:
        return put


def answer(item, respondent: int) -> np.ndarray:
    number = zlib.crc32(f"{item.name} {respondent}".encode())
    words = item.open or (not item.numeric and isinstance(item.options[0].code, str))
    if number % 5 == 0:
        return np.array([None], dtype=object) if words else np.array([np.nan])
    if item.numeric:
        return np.array([float(number % 7)])
    if item.options:
        code = item.options[number // 7 % len(item.options)].code
        return np.array([code], dtype=object if words else float)
    return np.array([answer_text(item.name, respondent)], dtype=object)


def answer_text(name: str, respondent: int) -> str:
    return "abc"[zlib.crc32(f"{name}{respondent}".encode()) % 3]


# -- broken and hostile files ----------------------------------------------------------------------------------------

TABLE = {"type": "matrix", "name": "m", "columns": [1, 2], "rows": ["a"]}
REPEATED = {"type": "paneldynamic", "name": "l", "panelCount": 2, "templateElements": [{**TEXT, "name": "x"}]}
PANEL = {"type": "panel", "elements": [TABLE]}
SURVEY = {
    "title": "Study",
    "pages": [
        {"name": "p", "elements": [{**RADIO, "visibleIf": "{t} = 1", "hasOther": True}, TEXT, PANEL]},
        {"elements": [REPEATED]},
    ],
    "triggers": [{"type": "complete", "expression": "{q} = 1"}],
}
ODD = [None, True, -1, 2.5, "", " ", "x", "{q}", [], {}, [1], {"a": 1}, [[]], "\0", {"default": "x", "de": "y"}, 10**20]


def places(content, path=()):
    yield path
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


@settings(max_examples=150)
@given(st.data())
def test_odd_values_anywhere_are_taken_or_refused(folder, data):
    content = json.loads(json.dumps(SURVEY))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from([path for path in places(content) if path]))
        part = content
        for key in path:
            part = part[key]
        part[last] = json.loads(json.dumps(data.draw(st.sampled_from(ODD))))
    try:
        read(content, folder, "odd.json")
    except InstrumentError as problem:
        assert "\n" not in str(problem)
        assert "odd.json" in str(problem)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_taken_or_refused(folder, place, bit):
    content = bytearray(json.dumps(SURVEY).encode())
    content[place % len(content)] ^= 1 << bit
    try:
        read(bytes(content), folder, "bit.json")
    except InstrumentError as problem:
        assert "bit.json" in str(problem)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (json.dumps(SURVEY).encode()[:200], "not valid JSON"),
        (b"[1, 2]", "no object"),
        (b'{"pages": [], "x": "\xff"}', "UTF-8"),
        (b'{"pages":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "levels"),
        (b'{"pages": []}', "no question"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(content, words, tmp_path):
    with pytest.raises(InstrumentError, match=words) as caught:
        read(content, tmp_path)
    assert "\n" not in str(caught.value)


def test_what_goes_round_in_circles_is_read(tmp_path):
    content = {
        "elements": [
            {"type": "checkbox", "name": "a", "choicesFromQuestion": "b"},
            {"type": "checkbox", "name": "b", "choicesFromQuestion": "a"},
            {**TEXT, "visibleIf": "{t} = 1"},
        ],
        "calculatedValues": [{"name": "c", "expression": "{d}"}, {"name": "d", "expression": "{c}"}],
    }
    found = read(content, tmp_path)
    assert len(found.instrument.questions) == 3
    assert sum("carry forward" in note for note in notes(found, NOT_TAKEN)) == 2


def test_more_questions_than_any_survey_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("populace.survey.formats.surveyjs_pages.MOST_QUESTIONS", 50)
    with pytest.raises(FileRefused, match="more than 50 questions"):
        read({"elements": [{"type": "text", "name": "q"}] * 51}, tmp_path)


def test_a_file_in_another_encoding_is_read(tmp_path):
    content = json.dumps({"elements": [{**TEXT, "title": "Größe?"}]}, ensure_ascii=False).encode("utf-16")
    assert read(content, tmp_path).instrument.questions[0].text == "Größe?"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"pages": [{"elements": []}]}', True),
        (b'{"elements": [{"type": "text"}]}', True),
        (b'{"title": "x"}', False),
        (b'{"SurveyEntry": {}, "SurveyElements": []}', False),
        (b'{"blocks": [], "questions": [{}]}', False),
        (b"not json", False),
        (b'{"pages": [{"na', True),
    ],
)
def test_its_files_are_recognised(content, expected, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    assert surveyjs.recognises(tmp_path / "x.json") is expected
    assert not surveyjs.recognises(tmp_path / "nowhere.json")


def test_the_schema_of_surveyjs_objects_to_what_is_wrong():
    assert schema()["title"] == "SurveyJS Library json schema"
    assert schema_problems({"pages": [{"elements": [{"type": "text", "name": "q"}]}]}) == []
    assert schema_problems({"pages": {"elements": 3}})


def test_the_sample_is_read_through_a_confined_process_and_written_back(corpora, tmp_path):
    path = corpora / "instruments" / "surveyjs" / "flying_etiquette.survey.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    found = import_instrument(path)
    named = [element["name"] for page in raw["pages"] for element in page["elements"]]
    assert [question.source for question in found.instrument.questions] == named
    assert [question.kind for question in found.instrument.questions] == ["scale", "grid", "nps", "multiple", "open"]
    assert found.instrument.question("rude").show_if == 'not travel == "Never"'
    again, fidelity = back(found.instrument, tmp_path)
    assert again.content_hash == found.instrument.content_hash
    assert not fidelity.notes


def test_the_schema_is_the_one_of_the_library(corpora):
    original = corpora / "instruments" / "surveyjs" / "surveyjs_definition.schema.json"
    assert schema() == json.loads(original.read_text(encoding="utf-8"))
