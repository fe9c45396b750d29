"""LimeSurvey: both families of the format, ExpressionScript both ways, round trips, hostile files, the samples."""

import zipfile
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.errors import FileRefused, InstrumentError
from populace.survey.expression_values import evaluate, holds
from populace.survey.expressions import parse
from populace.survey.flow import Branch, CheckQuota, Computed, End, Field, Quota, Roll, SetData, ShowBlock, Shuffle
from populace.survey.formats import limesurvey
from populace.survey.formats.dialect_write import NotWritten
from populace.survey.formats.foreign import import_instrument
from populace.survey.formats.limesurvey import read, recognises
from populace.survey.formats.limesurvey_codes import Target
from populace.survey.formats.limesurvey_expressions import Translation
from populace.survey.formats.limesurvey_names import Lookup, Variable
from populace.survey.formats.limesurvey_scripts import Script
from populace.survey.instrument import Block, Instrument
from populace.survey.item import Row
from populace.survey.question import Question, Skip
from populace.survey.scale import Option
from populace.survey.tasks import Attribute, Tasks

from . import helpers
from .helpers import ANSWERS, conditions

# -- files made by hand ----------------------------------------------------------------------------------------------


def q(code, type, text="How?", **more):
    """A question as a mapping: subs and answers are (code, text, scale), attributes name -> value."""
    return {"code": code, "type": type, "text": text} | more


def _rows(section, rows):
    if not rows:
        return ""
    cells = "".join(
        "<row>" + "".join(f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in row.items()) + "</row>"
        for row in rows
    )
    return f"<{section}><fields/><rows>{cells}</rows></{section}>"


def lss(
    *questions,
    modern=True,
    languages=("en",),
    groups=None,
    words=None,
    settings=None,
    quotas=(),
    members=(),
    **sections,
):
    """A structure file of one group, or of several: {gid: (cells of the group, questions)}."""
    groups = groups or {"1": ({}, questions)}
    found = {name: [] for name in (
        "answers", "answer_l10ns", "groups", "group_l10ns", "questions", "subquestions", "question_l10ns",
        "question_attributes", "defaultvalues",
    )}  # fmt: skip
    qid, aid = 10, 0
    for place, (gid, (cells, asked)) in enumerate(groups.items()):
        own = {"gid": gid, "group_order": place, "randomization_group": "", "grelevance": "1"} | {
            key: value for key, value in cells.items() if key in ("randomization_group", "grelevance")
        }
        said = {"group_name": cells.get("title", ""), "description": cells.get("description", "")}
        if modern:
            found["groups"].append(own)
            found["group_l10ns"] += [{"gid": gid, "language": one, **said} for one in languages]
        else:
            found["groups"] += [own | said | {"language": one} for one in languages]
        for order, one in enumerate(asked):
            qid += 1
            parent, base = qid, {
                "qid": qid, "parent_qid": 0, "gid": gid, "type": one["type"], "title": one["code"], "scale_id": 0,
                "other": "N", "mandatory": "N", "question_order": order, "relevance": "1", "preg": "",
            }  # fmt: skip
            base |= {key: one[key] for key in ("other", "mandatory", "relevance", "preg") if key in one}
            _put(found, "questions", base, "question", one["text"], one.get("help", ""), modern, languages)
            for number, sub in enumerate(one.get("subs", ())):
                qid += 1
                code, text, scale, relevance = (*sub, *(0, "1")[len(sub) - 2 :])
                cells = {
                    "qid": qid, "parent_qid": parent, "gid": gid, "type": one["type"], "title": code,
                    "question_order": number, "scale_id": scale, "relevance": relevance,
                }  # fmt: skip
                _put(found, "subquestions", cells, "question", text, "", modern, languages)
            for number, answer in enumerate(one.get("answers", ())):
                aid += 1
                code, text, scale = (*answer, 0)[:3]
                cells = {"qid": parent, "code": code, "sortorder": number, "scale_id": scale, "assessment_value": 0}
                texts = text if isinstance(text, dict) else dict.fromkeys(languages, text)
                if modern:
                    found["answers"].append({"aid": aid, **cells})
                    found["answer_l10ns"] += [
                        {"aid": aid, "answer": texts.get(lg, ""), "language": lg} for lg in languages
                    ]
                else:
                    found["answers"] += [cells | {"answer": texts.get(lg, ""), "language": lg} for lg in languages]
            for name, value in one.get("attributes", {}).items():
                found["question_attributes"].append({"qid": parent, "attribute": name, "value": value})
            if "default" in one:
                default = {"qid": parent, "sqid": 0, "scale_id": 0, "defaultvalue": one["default"], "language": "en"}
                found["defaultvalues"].append(default)
    titles = [{"surveyls_language": one, "surveyls_title": "A survey"} | (words or {}) for one in languages]
    sid = {"sid": "77", "language": languages[0], "additional_languages": " ".join(languages[1:])} | (settings or {})
    body = "".join(_rows(name, rows) for name, rows in found.items())
    body += _rows("surveys", [sid]) + _rows("surveys_languagesettings", titles)
    body += _rows("quota", quotas) + _rows("quota_members", members)
    body += "".join(_rows(name, rows) for name, rows in sections.items())
    listed = "".join(f"<language>{one}</language>" for one in languages)
    return (
        f"<document><LimeSurveyDocType>Survey</LimeSurveyDocType><DBVersion>{630 if modern else 155}</DBVersion>"
        f"<languages>{listed}</languages>{body}</document>"
    )


def _put(found, section, cells, key, text, help, modern, languages):
    texts = text if isinstance(text, dict) else dict.fromkeys(languages, text)
    if modern:
        found[section].append(cells)
        found["question_l10ns"] += [
            {"qid": cells["qid"], key: texts.get(one, ""), "help": help, "language": one} for one in languages
        ]
    else:
        found[section] += [cells | {key: texts.get(one, ""), "help": help, "language": one} for one in languages]


@pytest.fixture
def imported(tmp_path):
    """Reads a file that `lss` makes of its arguments."""

    def _imported(*questions, **more):
        path = tmp_path / "survey.lss"
        path.write_text(lss(*questions, **more), encoding="utf-8")
        return read(path, "survey.lss")

    return _imported


YES_NO = q("y", "Y", "Yes?")
NUMBER = q("n", "N", "How many?")
LIST = q("l", "L", "Which?", answers=[("1", "Tea"), ("2", "Coffee"), ("3", "Water")])
BOXES = q("m", "M", "Which of these?", subs=[("a", "Apples"), ("b", "Pears"), ("c", "Plums")])
ASKED = (YES_NO, NUMBER, LIST, BOXES)

# -- types -----------------------------------------------------------------------------------------------------------

ROWS = [("r1", "First"), ("r2", "Second")]
LOW_HIGH = [("1", "Small one"), ("2", "Blue one")]
TYPES = {
    "Y": (YES_NO, "single", ["y"], ["Y", "N"]),
    "G": (q("g", "G"), "single", ["g"], ["F", "M"]),
    "5": (q("f", "5"), "scale", ["f"], [1, 2, 3, 4, 5]),
    "L": (LIST, "single", ["l"], [1, 2, 3]),
    "!": (q("d", "!", answers=[("a1", "One thing"), ("a2", "Other thing")]), "single", ["d"], ["a1", "a2"]),
    "O": (q("o", "O", answers=LOW_HIGH), "single", ["o", "o_comment"], [1, 2]),
    "M": (BOXES, "multiple", ["m_a", "m_b", "m_c"], ["a", "b", "c"]),
    "P": (q("p", "P", subs=ROWS), "multiple", ["p_r1", "p_r2", "p_r1comment", "p_r2comment"], ["r1", "r2"]),
    "A": (q("g", "A", subs=ROWS), "grid", ["g_r1", "g_r2"], [1, 2, 3, 4, 5]),
    "B": (q("g", "B", subs=ROWS), "grid", ["g_r1", "g_r2"], list(range(1, 11))),
    "C": (q("g", "C", subs=ROWS), "grid", ["g_r1", "g_r2"], ["Y", "U", "N"]),
    "E": (q("g", "E", subs=ROWS), "grid", ["g_r1", "g_r2"], ["I", "S", "D"]),
    "F": (q("g", "F", subs=ROWS, answers=LOW_HIGH), "grid", ["g_r1", "g_r2"], [1, 2]),
    "H": (q("g", "H", subs=ROWS, answers=LOW_HIGH), "grid", ["g_r1", "g_r2"], [1, 2]),
    "1": (
        q("d", "1", subs=ROWS, answers=[*LOW_HIGH, ("x", "X", 1), ("y", "Y", 1)]),
        "side_by_side", ["d_0_r1", "d_0_r2", "d_1_r1", "d_1_r2"], [],
    ),
    ":": (q("c", ":", subs=[*ROWS, ("k", "Col", 1)]), "side_by_side", ["c_k_r1", "c_k_r2"], []),
    ";": (q("c", ";", subs=[*ROWS, ("k", "Col", 1)]), "side_by_side", ["c_k_r1", "c_k_r2"], []),
    "K": (q("k", "K", subs=ROWS), "numeric", ["k_r1", "k_r2"], []),
    "Q": (q("k", "Q", subs=ROWS), "open", ["k_r1", "k_r2"], []),
    "R": (q("r", "R", answers=LOW_HIGH), "rank", ["r_1", "r_2"], [1, 2]),
    "N": (NUMBER, "numeric", ["n"], []),
    "S": (q("s", "S"), "open", ["s"], []),
    "T": (q("t", "T"), "open", ["t"], []),
    "U": (q("u", "U"), "open", ["u"], []),
    "D": (q("d", "D"), "date", ["d"], []),
    "X": (q("x", "X"), "display", [], []),
    "I": (q("i", "I"), "technical", [], []),
    "|": (q("u", "|"), "technical", [], []),
}  # fmt: skip


@pytest.mark.parametrize("modern", [True, False], ids=["l10ns", "repeated"])
@pytest.mark.parametrize("type", TYPES)
def test_every_type_is_a_kind_of_ours_in_both_families(type, modern, imported):
    question, kind, items, codes = TYPES[type]
    found = imported(NUMBER | {"code": "before"}, question, modern=modern).instrument
    first = found.questions[1]
    assert (first.kind, [option.code for option in first.options]) == (kind, codes)
    assert [item.name for item in found.items()][1:] == items


def test_an_equation_is_a_computed_value(imported):
    total = q("total", "*", "{n + 1}", attributes={"hidden": "1"})
    found = imported(NUMBER, total).instrument
    assert found.computed == (Computed("total", "n + 1"),)
    assert [question.name for question in found.questions] == ["n"]


def test_what_is_shown_of_an_equation_is_a_text(imported):
    found = imported(NUMBER, q("total", "*", "{n + 1}", relevance="n > 3")).instrument
    assert found.computed == (Computed("total", 'if(n > 3, n + 1, "")'),)
    assert (found.questions[1].text, found.questions[1].show_if) == ("${total}", "n > 3")


def test_an_equation_of_words_is_filled_in_after_its_group(imported):
    found = imported(NUMBER, q("said", "*", "{n} of them", attributes={"hidden": "1"})).instrument
    assert found.flow == (ShowBlock("g1"), SetData((("said", "${n} of them"),)))


def test_a_random_number_is_drawn(imported):
    draw = q("arm", "*", "{if(is_empty(arm.NAOK), rand(1, 4), arm.NAOK)}", attributes={"hidden": "1"})
    assert imported(draw, NUMBER).instrument.flow == (Roll("arm", 1, 4), ShowBlock("g1"))


def test_hidden_questions_are_embedded_data(imported):
    source = q("source", "S", "Where from", attributes={"hidden": "1"})
    written = q("wave", "S", "", attributes={"hidden": "1"}, default="7")
    found = imported(source, written, YES_NO).instrument
    assert found.data == (Field("source", "Where from"),)
    assert found.flow == (SetData((("wave", "7"),)), ShowBlock("g1"))


def test_numbers_that_add_up_are_a_sum(imported):
    (found,) = imported(q("k", "K", subs=ROWS, attributes={"equals_num_value": "100"})).instrument.questions
    assert (found.kind, found.total, [option.code for option in found.options]) == ("sum", 100, ["r1", "r2"])


def test_sliders_and_boxes_of_arrays(imported):
    slider = q("k", "K", subs=ROWS, attributes={"slider_layout": "1", "slider_min": "0", "slider_max": "7"})
    boxes = q("c", ":", subs=[*ROWS, ("k1", "C", 1), ("k2", "D", 1)], attributes={"multiflexible_checkbox": "1"})
    one, other = imported(slider, boxes).instrument.questions
    assert (one.kind, one.minimum, one.maximum) == ("slider", 0, 7)
    assert (other.kind, [option.code for option in other.options]) == ("grid_multiple", ["k1", "k2"])


def test_a_ranking_by_sub_questions_reads_as_one_by_answers(imported):
    (found,) = imported(q("r", "R", subs=ROWS, attributes={"max_answers": "1"})).instrument.questions
    assert (found.kind, found.ranked, [option.code for option in found.options]) == ("rank", 1, ["r1", "r2"])


def test_other_asks_for_more_and_makes_all_codes_words(imported):
    plain = {"other": "Y", "attributes": {"other_replace_text": "Something else"}}
    list_, boxes = imported(LIST | plain, BOXES | {"other": "Y"}).instrument.questions
    assert [option.code for option in list_.options] == ["1", "2", "3", "-oth-"]
    assert (list_.options[-1].specify, list_.options[-1].label) == (True, "Something else")
    assert [item.name for item in boxes.items()][-2:] == ["m_other", "m_other_text"]


def test_limits_flags_and_orders(imported):
    boxes = BOXES | {
        "mandatory": "S",
        "attributes": {
            "min_answers": "1", "max_answers": "2", "exclude_all_others": "c", "random_order": "1",
            "keep_codes_order": "c",
        },
    }  # fmt: skip
    number = NUMBER | {"mandatory": "Y", "attributes": {"min_num_value_n": "1", "max_num_value_n": "9", "suffix": "km"}}
    one, two = imported(boxes, number).instrument.questions
    assert (one.at_least, one.at_most, one.requested, one.required, one.randomize) == (1, 2, True, False, True)
    assert [(option.exclusive, option.fixed) for option in one.options] == [(False, False)] * 2 + [(True, True)]
    assert (two.minimum, two.maximum, two.unit, two.required) == (1, 9, "km", True)


def test_labels_that_say_no_answer_are_marked_and_noted(imported):
    found = imported(q("l", "L", answers=[("1", "Yes"), ("9", "Don't know")]))
    assert [option.missing for option in found.instrument.questions[0].options] == [False, True]
    assert any(note.element == "no answer" and "answer 9" in note.place for note in found.fidelity.notes)


def test_a_limit_that_depends_on_an_answer_is_a_condition_of_the_answer(imported):
    found = imported(NUMBER, q("k", "N", attributes={"max_num_value_n": "n"})).instrument
    assert found.questions[1].valid_if == "not k > n"


def test_validation_names_itself_and_each_row(imported):
    own = NUMBER | {"attributes": {"em_validation_q": "n > 2 && n < 9", "em_validation_q_tip": "Between"}}
    rows = q(
        "k", "K", subs=ROWS, attributes={"em_validation_sq": "this.NAOK > 1", "em_validation_q": "sum(self.NAOK) > 5"}
    )
    one, two = imported(own, rows).instrument.questions
    assert (one.valid_if, one.valid_text) == ("n > 2 and n < 9", "Between")
    assert two.valid_if == "sum(k_r1, k_r2) > 5 and k_r1 > 1 and k_r2 > 1"


# -- logic -----------------------------------------------------------------------------------------------------------


def test_relevance_of_questions_rows_and_groups(imported):
    asked = q("k", "K", subs=[("r1", "A", 0, 'y == "Y"'), ("r2", "B")], relevance="n > 3")
    groups = {
        "1": ({"title": "One"}, ASKED),
        "2": ({"grelevance": 'l == "2"', "description": "<p>Now</p>"}, [asked, q("x", "S")]),
    }
    found = imported(groups=groups).instrument
    assert found.flow == (ShowBlock("g1"), Branch("l == 2", (ShowBlock("g2"),)))
    assert found.question("k").show_if == "n > 3"
    assert [row.show_if for row in found.question("k").rows] == ['y == "Y"', None]
    assert found.question("g2_intro").text == "Now"


def test_array_filters_cascade_and_exclude(imported):
    second = q("m2", "M", subs=BOXES["subs"], attributes={"array_filter": "m"})
    third = q("l2", "L", answers=[("a", "A"), ("b", "B"), ("z", "Z")], attributes={"array_filter_exclude": "m2"})
    found = imported(BOXES, second, third).instrument
    assert [option.show_if for option in found.question("m2").options] == [f'selected(m, "{code}")' for code in "abc"]
    assert [option.show_if for option in found.question("l2").options] == [
        'selected(m, "a") and not selected(m2, "a")', 'selected(m, "b") and not selected(m2, "b")', None,
    ]  # fmt: skip


def test_the_table_of_conditions_is_read_where_there_is_no_relevance(imported):
    table = [
        {"cid": 1, "qid": 15, "scenario": 1, "cqid": 13, "cfieldname": "77X1X13", "method": "==", "value": "1"},
        {"cid": 2, "qid": 15, "scenario": 1, "cqid": 13, "cfieldname": "77X1X13", "method": "==", "value": "3"},
        {"cid": 3, "qid": 15, "scenario": 1, "cqid": 12, "cfieldname": "77X1X12", "method": ">", "value": "4"},
        {"cid": 4, "qid": 15, "scenario": 2, "cqid": 11, "cfieldname": "77X1X11", "method": "==", "value": "N"},
    ]
    asked = [YES_NO, NUMBER, LIST, q("t", "T"), q("s", "S")]
    found = imported(*asked, modern=False, conditions=table)
    assert found.instrument.question("s").show_if == 'l in [1, 3] and n > 4 or y == "N"'
    assert ("condition", 0, 1, 0) in found.fidelity.table()


def test_quotas_are_checked_after_the_last_question_they_depend_on(imported):
    groups = {"1": ({}, ASKED), "2": ({}, [q("x", "S")])}
    quotas = [
        {"id": 1, "name": "men tea", "qlimit": 5, "action": 1, "active": 1},
        {"id": 2, "name": "off", "active": 0},
    ]
    members = [
        {"quota_id": 1, "qid": 13, "code": "1"}, {"quota_id": 1, "qid": 13, "code": "2"},
        {"quota_id": 1, "qid": 14, "code": "a"},
    ]  # fmt: skip
    found = imported(groups=groups, quotas=quotas, members=members).instrument
    assert found.quotas == (Quota("men_tea", '(l == 1 or l == 2) and selected(m, "a")', 5),)
    assert found.flow == (ShowBlock("g1"), CheckQuota("men_tea"), ShowBlock("g2"))


def test_groups_and_questions_in_random_order(imported):
    groups = {
        "1": ({"randomization_group": "r"}, [YES_NO]),
        "2": ({"randomization_group": "r"}, [NUMBER]),
        "3": (
            {},
            [LIST | {"attributes": {"random_group": "x"}}, q("s", "S"), BOXES | {"attributes": {"random_group": "x"}}],
        ),
    }
    found = imported(groups=groups).instrument
    assert found.flow == (Shuffle("r", (ShowBlock("g1"), ShowBlock("g2"))), ShowBlock("g3"))
    assert found.blocks[2].randomize
    assert [question.fixed for question in found.blocks[2].questions] == [False, True, False]


def test_texts_at_the_beginning_and_the_end(imported):
    words = {"surveyls_welcometext": "<b>Hello</b>", "surveyls_endtext": "Bye", "surveyls_url": "https://example.org"}
    found = imported(YES_NO, words=words).instrument
    assert found.blocks[0] == Block("welcome", (Question("welcome", "display", "Hello"),))
    assert found.flow[-1] == End("complete", "Bye", "https://example.org")


# -- wordings --------------------------------------------------------------------------------------------------------

WORDINGS = {
    "{y.shown}": "${y}",
    "{y}": '${if(answered(y), y, "")}',
    "{n}, {n + 1}": "${n}, ${n + 1}",
    "{list(that.m.shown)}": "${m}",
    "{m_a.shown}": '${if(selected(m, "a"), "Apples", "")}',
    "{if(y == 'Y', 'his', 'her')} name": '${if(y == "Y", "his", "her")} name',
    "{if(n &lt; 3 &amp;&amp; n > 1, 'few', 'many')}": '${if(n < 3 and n > 1, "few", "many")}',
    "{implode(' ', 'Hi', n, '!')}": "Hi ${n} !",
    "{SURVEYNAME}": "A survey",
    "{n.question}": "How many?",
    "a { b } and { c": "a { b } and { c",
    "<b>{n}</b> of <i>10</i>": "${n} of 10",
    "{TOKEN:FIRSTNAME}": "${token_firstname}",
    "{rand(1, 2)}": "{rand(1, 2)}",
    "{nobody}": "{nobody}",
}


@pytest.mark.parametrize(("html", "text"), WORDINGS.items())
def test_braces_are_piping(html, text, imported):
    assert imported(*ASKED, q("x", "X", html)).instrument.question("x").text == text


def test_braces_that_cannot_be_read_stay_and_are_noted(imported):
    found = imported(*ASKED, q("x", "X", "{rand(1, 2)} {n}")).fidelity
    assert ("piping", 1, 0, 1) in found.table()
    assert any("rand() has no counterpart" in note.words for note in found.notes)


def test_other_languages_are_translations(imported):
    texts = {"en": "Which?", "de": "<p>Welches?</p>"}
    asked = q("l", "L", texts, answers=[("1", {"en": "Tea", "de": "Tee"}), ("2", {"en": "Cola", "de": "Cola"})])
    for modern in (True, False):
        found = imported(asked, languages=("en", "de"), modern=modern).instrument
        assert found.translations == {"de": {"l": "Welches?", "l/options/1": "Tee"}}


def test_help_is_the_end_of_the_wording(imported):
    found = imported(NUMBER | {"help": "<i>Count all</i>"})
    assert found.instrument.questions[0].text == "How many?\nCount all"
    assert {"help", "formatting"} <= {note.element for note in found.fidelity.notes}


# -- nothing is left out without a note ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "element"),
    [
        (NUMBER | {"default": "3"}, "default answer"),
        (NUMBER | {"preg": "/^[1-4]$/"}, "validation"),
        (q("z", "Z"), "question"),
        (q("l", "L"), "question"),
        (NUMBER | {"attributes": {"time_limit": "30"}}, "attribute time_limit"),
        (NUMBER | {"relevance": "rand(1, 2) == 1"}, "relevance"),
        (NUMBER | {"attributes": {"array_filter": "nobody"}}, None),
        (q("r", "R", answers=LOW_HIGH, attributes={"min_answers": "1"}), "limit to answers"),
    ],
)
def test_what_is_not_taken_is_noted_with_its_place(question, element, imported):
    found = imported(q("first", "S"), question).fidelity
    lost = [(note.element, note.place) for note in found.notes if note.outcome == "not taken"]
    assert element is None or any(one == element and question["code"] in place for one, place in lost)


def test_repairs_are_changes(imported):
    asked = q("l", "L", "", answers=[("a b", "Same"), ("c", "Same"), ("d", "")])
    found = imported(asked)
    (question,) = found.instrument.questions
    assert question.text == "l"
    assert [(option.code, option.label) for option in question.options] == [
        ("a_b", "Same"),
        ("c", "Same (2)"),
        ("d", "d"),
    ]
    assert {note.element for note in found.fidelity.notes} >= {"wording", "label", "answer option"}


def test_names_that_collide_are_changed(imported):
    found = imported(BOXES, q("m_a", "S"), q("M", "S"), q("m", "N"))
    assert [question.name for question in found.instrument.questions] == ["m", "m_a_2", "M_2", "m_3"]
    assert found.fidelity.counts["question", "changed"] == 3


# -- conditions ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lookup():
    names = Lookup()
    names.add(Variable("q", "closed", {"1": 1, "2": 2, "10": 10}, "q"), "q", "1X2X3")
    names.add(Variable("w", "closed", {"a": "a", "2": "2", "3": "3"}, "w"), "w")
    for box in "ab":
        names.add(Variable(f"m_{box}", "ticked", {}, "m", box, f"Box {box}"), f"m_{box}", part_of="m")
    names.add(Variable("n", "number", {}, "n", always=True), "n")
    names.add(Variable("k", "number", {}, "k"), "k")
    names.add(Variable("t", "text", {}, "t"), "t")
    return names


CONDITIONS = {
    "q == 1": "q == 1",
    'q.NAOK != "2"': "not q == 2",
    'q != "2"': "shown(q) and not q == 2",
    "is_empty(k.NAOK)": "not answered(k)",
    "is_empty(k)": "shown(k) and not answered(k)",
    "!is_empty(k)": "answered(k)",
    "q eq 1 or q eq 2": "q in [1, 2]",
    "q == 1 || q == 2": "q == 1 or q == 2",
    "q >= 2": "q >= 2",
    'q.NAOK < "2"': "q in [1, 10]",
    'q.NAOK > "1"': "q > 1",
    "w > 2": 'w in ["3"]',
    'm_a == "Y"': 'selected(m, "a")',
    'm_a.NAOK == ""': 'not selected(m, "a")',
    "count(that.m.NAOK) ge 2": "count(m) >= 2",
    "count(m_a.NAOK, m_b.NAOK) == 0": 'sum(selected(m, "a"), selected(m, "b")) == 0',
    "sum(n.NAOK, k.NAOK) > 3": "sum(n, k) > 3",
    "sum(n.NAOK, k.NAOK) < 3": "sum(0, n, k) < 3",
    "is_empty(k) || n == 3": "shown(k) and (not answered(k) or n == 3)",
    "!is_empty(q.NAOK) && q.NAOK != 1": "q != 1",
    "sum(n.NAOK, k.NAOK) / count(n.NAOK, k.NAOK) > 2": "mean(n, k) > 2",
    'regexMatch("/^ab.*$/", t)': 'matches(t, "ab*")',
    'substr(t.NAOK, 0, 2) == "ab"': 'startswith(t, "ab")',
    '!is_empty(strstr(t.NAOK, "x"))': 'contains(t, "x")',
    "1X2X3.NAOK == '1'": "q == 1",
    "q.relevanceStatus": "shown(q)",
    "n + 2 * k > -1": "n + 2 * k > -1",
    "1": "true",
    "n == 1 and rand(1, 2) == 1": 'n == 1 and unsupported("rand(1, 2) == 1")',
    "!(rand(1, 2) == 1)": 'unsupported("!(rand(1, 2) == 1)")',
    "q = 3": 'unsupported("q = 3")',
    "q == 7": 'unsupported("q == 7")',
    "nobody == 1": 'unsupported("nobody == 1")',
    "((((": 'unsupported("((((")',
    "(" * 5_000 + "1" + ")" * 5_000: None,
}  # fmt: skip


@pytest.mark.parametrize(("script", "ours"), CONDITIONS.items(), ids=lambda one: str(one)[:40])
def test_conditions_keep_what_limesurvey_means(script, ours, lookup):
    translation = Translation(script, lookup)
    found = str(translation.condition())
    assert found == ours if ours else found.startswith("unsupported(") or found == "true"
    assert bool(translation.kept) == ("unsupported" in found)


TARGETS = {
    "q": Target("q", "closed", {1: "1", 2: "2", 10: "10"}),
    "m": Target("m", "multiple", {"a": "a", "b": "b"}, ("m_a", "m_b"), "that.m"),
    "n": Target("n", "number"),
    "k": Target("k", "number"),
    "t": Target("t", "text"),
}
NUMBERS = ["n", "k", "n + k", "2 * n", "sum(n, k)", "max(n, 3)", "count(n, k)", "mean(n, k)", "-n", "n % 3"]


@given(conditions(NUMBERS, "count(m) == 0", "answered(k)"), ANSWERS)
def test_conditions_written_as_expression_script_mean_the_same_when_read(text, values):
    names = Lookup()
    names.add(Variable("q", "closed", {"1": 1, "2": 2, "10": 10}, "q"), "q")
    for box in "ab":
        names.add(Variable(f"m_{box}", "ticked", {}, "m", box), f"m_{box}", part_of="m")
    for name, kind in (("n", "number"), ("k", "number"), ("t", "text")):
        names.add(Variable(name, kind, {}, name), name)
    condition = parse(text)
    translation = Translation(Script(TARGETS).condition(condition), names)
    read_back = translation.condition()
    assert not translation.kept
    boxes = {f"m_{box}": int(box in values["m"]) for box in "ab"}
    assert holds(read_back, values | boxes) is holds(condition, values | boxes)


@pytest.mark.parametrize(
    "text",
    [
        "q == 1", "q != 2", "q in [1, 2]", "q in [1]", "q not in [1, 2]", "not q == 1", "selected(q, 1)", "q >= 2",
        'selected(m, "a")', 'selected(m, "a", "b")', 'not selected(m, "a")', "count(m) >= 2", "answered(k)",
        "not answered(k)", "not not answered(k)", "n > 3 and (k < 2 or n == k)", "sum(n, k) >= 2", "sum(n, k) == 0",
        "sum(0, n, k) == 0", "mean(n, k) > 2", 't == "it\'s \\"x\\""', 't != "x"', "shown(q) and not answered(q)",
        'contains(t, "x") or startswith(t, "ab")', 'matches(t, "a*b?")', "(n + 2) * k > -3", "if(q == 1, n > 2, k > 2)",
        "answered(q) and not q == 1", "q == 1 or q == 2", "length(t) > 3", 'label(q) == "Tea"', "round(n / 3, 1) > 2",
    ],
)  # fmt: skip
def test_our_forms_are_told_apart(text, lookup):
    assert str(Translation(Script(TARGETS).condition(parse(text)), lookup).condition()) == str(parse(text))


@pytest.mark.parametrize("text", ["nobody == 1", "mean(n, 2) > 1", 'unsupported("$x =")', "sum(n, 2 * k) == n"])
def test_what_expression_script_cannot_say_is_refused(text):
    with pytest.raises(NotWritten):
        Script(TARGETS).condition(parse(text))


def test_a_mean_of_nothing_is_nothing_there_too(lookup):
    written = Script(TARGETS).value(parse("mean(n, k)"))
    assert evaluate(Translation(written, lookup).value(), {"n": None, "k": None}) is None


# -- writing and reading ---------------------------------------------------------------------------------------------


def back(instrument, tmp_path):
    return helpers.back(limesurvey, instrument, tmp_path / "written.lss")


def survey(*questions, **more):
    return Instrument("77", "A survey", (Block("g1", questions),), **more)


OPTIONS = (Option(1, "Red one"), Option(2, "Blue one"), Option(3, "Don't know", missing=True))
WORDS = (Option("a", "Red one"), Option("b", "Blue one"))
TWO = (Row("r1", "First"), Row("r2", "Second"))
KINDS = {
    "single": Question("q1", "single", "Which?", OPTIONS, required=True),
    "dropdown": Question("q1", "single", "Which?", WORDS, look="dropdown", randomize=True),
    "other": Question("q1", "single", "Which?", (*WORDS, Option("-oth-", "Else", specify=True))),
    "other first": Question("q1", "single", "Which?", (Option("-oth-", "Else", specify=True), *WORDS)),
    "yes": Question("q1", "single", "Yes?", (Option("Y", "Yes"), Option("N", "No"))),
    "scale": Question("q1", "scale", "How?", WORDS),
    "five": Question("q1", "scale", "How?", tuple(Option(point, str(point)) for point in range(1, 6))),
    "agreement": Question("q1", "single", "How?", (Option(1, "Never"), Option(2, "Sometimes"), Option(3, "Always"))),
    "nps": Question("q1", "nps", "Recommend?"),
    "multiple": Question(
        "q1", "multiple", "Which?",
        (*WORDS, Option("c", "None", exclusive=True, fixed=True), Option("other", "Else", specify=True)),
        at_least=1, at_most=2, requested=True, randomize=True,
    ),
    "grid": Question("q1", "grid", "How?", WORDS, rows=TWO),
    "grid by column": Question("q1", "grid", "How?", WORDS, rows=TWO, look="by column", randomize=True),
    "ten": Question("q1", "grid", "How?", tuple(Option(p, str(p)) for p in range(1, 11)), rows=TWO),
    "grid_multiple": Question("q1", "grid_multiple", "How?", WORDS, rows=TWO),
    "dual": Question(
        "q1", "side_by_side", "How?", rows=TWO,
        columns=(Question("0", "scale", "Now", OPTIONS), Question("1", "scale", "Then", WORDS)),
    ),
    "numbers": Question(
        "q1", "side_by_side", "How?", rows=TWO,
        columns=tuple(Question(c, "numeric", c, minimum=1, maximum=9, step=2) for c in ("c1", "c2")),
    ),
    "texts": Question("q1", "side_by_side", "How?", rows=TWO, columns=(Question("c1", "open", "C"),)),
    "numeric": Question("q1", "numeric", "How many?", minimum=0, maximum=9.5, unit="km"),
    "whole": Question("q1", "numeric", "How many?", decimals=0, valid_if="q1 > 3", valid_text="More"),
    "rows": Question("q1", "numeric", "How many?", rows=TWO, minimum=0, maximum=50),
    "slider": Question("q1", "slider", "How many?", rows=TWO, minimum=0, maximum=50, step=5),
    "one slider": Question("q1", "slider", "How many?", minimum=0, maximum=50),
    "sum": Question("q1", "sum", "Share", WORDS, total=100, decimals=0),
    "rank": Question("q1", "rank", "Order", OPTIONS[:2], ranked=1),
    "open": Question("q1", "open", "Why?", longest=50),
    "long": Question("q1", "open", "Why?", several_lines=True),
    "huge": Question("q1", "open", "Why?", several_lines=True, look="huge"),
    "form": Question("q1", "open", "Who?", rows=TWO),
    "email": Question("q1", "open", "Mail?", format="email"),
    "date": Question("q1", "date", "When?"),
    "display": Question("q1", "display", "Read <this> & {that}\nnow  please"),
    "upload": Question("q1", "technical", "Send", look="file upload"),
    "language": Question("q1", "technical", "Language", look="language"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_that_limesurvey_has_comes_back_as_it_was(name, tmp_path):
    before = survey(KINDS[name], Question("last", "open", "Anything?"))
    after, fidelity = back(before, tmp_path)
    assert [note for note in fidelity.notes if note.element != "wording"] == []
    assert after.content_hash == before.content_hash


def test_comments_texts_and_flow_come_back(tmp_path):
    from populace.survey.formats.limesurvey_kinds import comment_of

    boxes = Question("q1", "multiple", "Which?", WORDS)
    before = Instrument(
        "coffee at home",
        "A survey",
        (
            Block("welcome", (Question("welcome", "display", "Hello"),)),
            Block("g1", (Question("g1_intro", "display", "Above"), boxes, comment_of(boxes)), "One"),
            Block("g2", (Question("q2", "single", "${q1}? ${label}", OPTIONS), Question("q3", "open", "${q2}"))),
            Block("g3", (Question("q4", "open", 'Said ${if(answered(q2), q2, "")}'),)),
            Block(
                "g4",
                (Question("q5", "open", "E"), Question("q6", "open", "F", fixed=True), Question("q7", "open", "G")),
                randomize=True,
            ),
        ),
        notes="For readers",
        flow=(
            ShowBlock("welcome"),
            Roll("arm", 1, 4),
            SetData((("label", "x ${arm}"),)),
            ShowBlock("g1"),
            Branch('selected(q1, "a")', (ShowBlock("g2"),)),
            CheckQuota("reds"),
            Shuffle("mixed", (ShowBlock("g3"), ShowBlock("g4"))),
            End("complete", "Bye", "https://example.org"),
        ),
        data=(Field("panel", "Panel"), Field("size", None, "number")),
        computed=(Computed("score", "count(q1) + 1"),),
        quotas=(Quota("reds", "q2 == 1", 10),),
        translations={"de": {"q2": "Was?", "q2/options/1": "Rot", "q1/options/a": "Rotes"}},
    )
    after, fidelity = back(before, tmp_path)
    assert [note for note in fidelity.notes if note.outcome == "not taken"] == []
    assert after.to_dict() | {"blocks": 0} == before.to_dict() | {"blocks": 0}
    assert after.content_hash == before.content_hash


LOST = {
    "best_worst": (
        Question("q1", "best_worst", "B", (*OPTIONS[:2], Option(4, "Green")), sets=(((1, 2, 4),),)),
        "question",
    ),
    "choice_task": (
        Question("q1", "choice_task", "C", tasks=Tasks((Attribute("price", ("1", "2")),), ((((1,), (2,)),),))),
        "question",
    ),
    "skip": (Question("q1", "single", "S", WORDS, skips=(Skip("end of block", 'q1 == "a"'),)), "skip"),
    "flip": (Question("q1", "single", "S", WORDS, flip=True), "flip"),
    "step": (Question("q1", "numeric", "N", step=5), "step"),
    "image": (Question("q1", "single", "S", (Option(1, "A", image="a.png"), Option(2, "B"))), "option, image"),
    "missing": (Question("q1", "single", "S", (Option(1, "A", missing=True), Option(2, "B"))), "option, missing"),
    "unsupported": (Question("q1", "open", "S", show_if='unsupported("$x in")'), "condition"),
    "name": (Question("q_1", "open", "S"), "code"),
    "role": (Question("q1", "open", "S", role="background"), "role"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_written_is_noted(name, tmp_path):
    question, element = LOST[name]
    _, fidelity = back(survey(question, Question("last", "open", "Anything?")), tmp_path)
    assert element in {note.element for note in fidelity.notes}


def test_skips_and_endings_become_conditions_of_what_follows(tmp_path):
    first = Question("q1", "single", "S", WORDS, skips=(Skip("q3", 'q1 == "a"'), Skip("end of survey", 'q1 == "b"')))
    before = Instrument(
        "77",
        "T",
        (
            Block("g1", (first, Question("q2", "open", "X"), Question("q3", "open", "Y"))),
            Block("g2", (Question("q4", "open", "Z"),)),
        ),
        flow=(ShowBlock("g1"), Branch('q2 == "no"', (End("screened out"),)), ShowBlock("g2")),
    )
    after, _ = back(before, tmp_path)
    assert after.question("q2").show_if == 'not q1 == "a" and not q1 == "b"'
    assert after.question("q3").show_if == 'not q1 == "b"'
    assert after.flow[1].when == 'not q1 == "b" and not q2 == "no"'


codes = st.lists(st.integers(0, 99), min_size=2, max_size=4, unique=True) | st.lists(
    st.text("abcxyz", min_size=1, max_size=4), min_size=2, max_size=4, unique=True
)
texts = st.text(st.sampled_from("abc ä&<>{}'\"\n#"), min_size=1, max_size=12).map(
    lambda text: "\n".join(line.strip() for line in text.split("\n")).strip() or "x"
)


@st.composite
def surveys(draw):
    """Instruments that the format can carry whole."""
    asked, known = [], ["age > 3"]
    for number in range(draw(st.integers(1, 4))):
        name, kind = (
            f"v{number}",
            draw(st.sampled_from(["single", "multiple", "grid", "numeric", "open", "rank", "sum"])),
        )
        fields = {"show_if": draw(st.none() | st.sampled_from(known)), "required": draw(st.booleans())}
        if kind not in ("numeric", "open"):
            found = draw(codes)
            labels = [f"{label} {place}" for place, label in enumerate(draw(st.lists(texts, min_size=4, max_size=4)))]
            fields["options"] = tuple(Option(code, label) for code, label in zip(found, labels, strict=False))
        if kind == "grid":
            fields["rows"] = tuple(
                Row(f"r{place}", draw(texts), draw(st.none() | st.sampled_from(known))) for place in (1, 2)
            )
        if kind == "sum":
            fields["total"] = draw(st.integers(1, 100))
        if kind == "single":
            known.append(f"{name} == {found[0]!r}".replace("'", '"'))
        if kind == "multiple":
            known.append(f"not selected({name}, {found[0]!r})".replace("'", '"'))
        asked.append(Question(name, kind, draw(texts), **fields))
    cut = draw(st.integers(0, len(asked) - 1))
    blocks = [Block("g1", (Question("age", "numeric", "Age?"), *asked[:cut])), Block("g2", tuple(asked[cut:]), "Two")]
    flow = draw(st.sampled_from([(), (ShowBlock("g1"), Branch("answered(age)", (ShowBlock("g2"),)))]))
    return Instrument("77", "T", tuple(blocks), flow=flow)


@given(surveys())
def test_what_the_format_can_carry_comes_back_by_hash(tmp_path_factory, before):
    after, fidelity = back(before, tmp_path_factory.mktemp("lss"))
    if any(note.outcome == "not taken" for note in fidelity.notes):
        raise AssertionError(fidelity.lines())
    assert after.content_hash == before.content_hash


# -- files ------------------------------------------------------------------------------------------------------------


def test_an_archive_holds_the_survey(tmp_path):
    path = tmp_path / "survey.lsa"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("survey_77.lss", lss(YES_NO))
        archive.writestr("survey_77_responses.lsr", "<x/>")
    assert recognises(path)
    found = import_instrument(path)
    assert [question.name for question in found.instrument.questions] == ["y"]
    assert ("file in the archive", 0, 0, 1) in found.fidelity.table()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<document/>", b"<html>LimeSurveyDocType</html>", b"PK\x03\x04junk.lss", lss(YES_NO).encode()[:-200],
        lss(YES_NO).replace("Survey<", "Group<").encode(), b"\x00" * 500,
        lss(YES_NO).encode().replace(b"<row>", b"<row>\x00"),
        b'<!DOCTYPE a [<!ENTITY x "LimeSurveyDocType">]><document>&x;</document>', b"<document>" + b"<a>" * 5_000,
    ],
    ids=range(10),
)  # fmt: skip
def test_broken_files_are_refused_in_one_line(content, tmp_path):
    path = tmp_path / "broken.lss"
    path.write_bytes(content)
    recognises(path)
    with pytest.raises(FileRefused) as refused:
        read(path, "broken.lss")
    assert "\n" not in str(refused.value)


def test_a_survey_that_asks_nothing_is_refused(imported):
    with pytest.raises(InstrumentError, match="no question can be answered"):
        imported(q("x", "X"))


def test_ids_that_stand_twice_are_noted_and_the_first_counts(tmp_path):
    path = tmp_path / "twice.lss"
    path.write_text(lss(YES_NO, NUMBER).replace("<qid>12</qid>", "<qid>11</qid>"), encoding="utf-8")
    found = read(path, "twice.lss")
    assert [question.name for question in found.instrument.questions] == ["y"]
    assert ("question", 1, 0, 1) in found.fidelity.table()


def test_questions_that_depend_on_one_another_in_a_circle_are_read(imported):
    circle = [q("a", "M", subs=[("x", "X")], attributes={"array_filter": "b"}, relevance='b_x == "Y"'),
              q("b", "M", subs=[("x", "X")], attributes={"array_filter": "a"}, relevance='a_x == "Y"')]  # fmt: skip
    found = imported(*circle).instrument
    assert found.question("a").show_if == 'selected(b, "x")'


def test_other_encodings_are_read_by_their_declaration(tmp_path):
    path = tmp_path / "utf16.lss"
    path.write_bytes(lss(q("y", "Y", "Ça va?")).encode("utf-16"))
    assert recognises(path)
    assert read(path, "utf16").instrument.questions[0].text == "Ça va?"


def test_two_thousand_questions_are_read(tmp_path):
    path = tmp_path / "many.lss"
    path.write_text(
        lss(*(q(f"v{n}", "S", relevance=f"v{max(n - 1, 0)} == 'x'") for n in range(2_000))), encoding="utf-8"
    )
    assert len(read(path, "many").instrument.questions) == 2_000


# -- samples ---------------------------------------------------------------------------------------------------------

#: file -> questions, items
SAMPLES = {
    "demosurveys/limesurvey2_sample_survey_english.lss": (131, 502),
    "demosurveys/ls2_cascading_array_filter.lss": (10, 36),
    "demosurveys/ls2_group_relevance.lss": (32, 25),
    "imex_blank-survey.lss": (1, 1),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_whole(name, corpora):
    path = corpora / "instruments" / "limesurvey" / name
    found = import_instrument(path)
    assert (len(found.instrument.questions), len(found.instrument.items())) == SAMPLES[name]
    assert not [note for note in found.fidelity.notes if note.outcome == "not taken" and note.element == "question"]


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_written_once_come_back_by_hash(name, corpora, tmp_path):
    first = read(corpora / "instruments" / "limesurvey" / name, name).instrument
    second, _ = back(first, tmp_path)  # codes with underscores are changed by LimeSurvey's rules
    third, fidelity = back(second, tmp_path)
    assert third.content_hash == second.content_hash
    assert not [note for note in fidelity.notes if note.outcome == "not taken"]
    assert len(second.items()) == len(first.items())


def test_every_relevance_of_the_samples_is_translated(corpora):
    for name in SAMPLES:
        found = read(corpora / "instruments" / "limesurvey" / name, name).instrument
        conditions = [question.show_if for question in found.questions if question.show_if]
        assert not [condition for condition in conditions if "unsupported" in condition]
