"""Instruments: names are unique, the hash follows the content and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.errors import InstrumentError
from populace.survey.instrument import Block, Instrument, read_instrument
from populace.survey.question import Question
from populace.survey.scale import Option

from .strategies import instruments

YES_NO = (Option(1, "Yes"), Option(2, "No"))


def instrument(*questions: Question) -> Instrument:
    return Instrument("test", "A test", (Block("main", questions or (Question("q1", "single", "Well?", YES_NO),)),))


def plain(**changes) -> dict:
    """A small instrument as it stands in a file."""
    question = {
        "name": "q1",
        "kind": "scale",
        "text": "Well?",
        "options": [{"code": 1, "label": "Yes"}, {"code": 2, "label": "No"}],
    }
    return {"id": "test", "title": "A test", "blocks": [{"id": "main", "questions": [question]}]} | changes


def test_questions_and_items_come_in_order_across_blocks():
    two = Instrument(
        "t",
        "T",
        (
            Block("a", (Question("x", "open", "X?"), Question("hi", "display", "Hello."))),
            Block("b", (Question("m", "multiple", "M?", YES_NO),)),
        ),
    )
    assert [question.name for question in two.questions] == ["x", "hi", "m"]
    assert [item.name for item in two.items()] == ["x", "m_1", "m_2"]


def test_items_can_be_asked_for_by_role():
    both = instrument(Question("age", "open", "Age?", role="background"), Question("q", "open", "Why?"))
    assert [item.name for item in both.items("background")] == ["age"]
    assert [item.name for item in both.items("question")] == ["q"]


def test_a_question_is_found_by_name_and_a_wrong_name_is_answered_with_the_closest():
    one = instrument(Question("coffee", "open", "Coffee?"))
    assert one.question("coffee").text == "Coffee?"
    with pytest.raises(InstrumentError, match=r"no question 'cofee' \(did you mean 'coffee'\?\)"):
        one.question("cofee")


def test_two_questions_of_one_name_are_refused_with_both_blocks():
    blocks = tuple(Block(id, (Question("q", "open", "Why?"),)) for id in ("a", "b"))
    with pytest.raises(InstrumentError, match="block 'b', question 'q': block 'a' has one of that name too"):
        Instrument("t", "T", blocks)


def test_a_question_that_would_share_a_column_with_an_option_is_refused():
    with pytest.raises(InstrumentError, match="column 'm_1' collides with question 'm'"):
        instrument(Question("m", "multiple", "M?", YES_NO), Question("m_1", "open", "Why?"))


def test_two_blocks_of_one_id_are_refused():
    blocks = tuple(Block("a", (Question(name, "open", "Why?"),)) for name in ("x", "y"))
    with pytest.raises(InstrumentError, match="block id 'a' is used twice"):
        Instrument("t", "T", blocks)


def test_a_block_without_questions_is_refused():
    with pytest.raises(InstrumentError, match="block 'a' has no questions"):
        Block("a", ())


def test_an_instrument_that_asks_nothing_is_refused():
    with pytest.raises(InstrumentError, match="no question can be answered"):
        instrument(Question("hi", "display", "Hello."))


@pytest.mark.parametrize("field", ["id", "title", "language"])
def test_an_instrument_needs_an_id_a_title_and_a_language(field):
    with pytest.raises(InstrumentError, match=f"{field} is ''"):
        replace(instrument(), **{field: ""})


@pytest.mark.parametrize("year", ["2026", True, 20.26])
def test_the_year_is_a_whole_number(year):
    with pytest.raises(InstrumentError, match="year is"):
        replace(instrument(), year=year)


def test_the_hash_does_not_depend_on_the_order_of_keys():
    content = plain(year=2026, country="US")
    question = content["blocks"][0]["questions"][0]
    turned = {key: content[key] for key in reversed(content)}
    turned["blocks"] = [{"questions": [{key: question[key] for key in reversed(question)}], "id": "main"}]
    assert read_instrument(turned).content_hash == read_instrument(content).content_hash


def test_the_hash_does_not_depend_on_shorthands_aliases_or_spelled_out_defaults():
    content = plain()
    short = {"id": "test", "title": "A test", "questions": [dict(content["blocks"][0]["questions"][0])]}
    short["questions"][0] |= {"options": ["Yes", "No"], "kind": "ordinal", "randomize": False, "stem": None}
    shared = plain(scales={"yn": ["Yes", "No"]})
    shared["blocks"][0]["questions"][0] = content["blocks"][0]["questions"][0] | {"options": "yn"}
    assert len({read_instrument(one).content_hash for one in (content, short, shared)}) == 1


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("title",), "Another test"),
        (("year",), 2027),
        (("blocks", 0, "id"), "first"),
        (("blocks", 0, "questions", 0, "name"), "q2"),
        (("blocks", 0, "questions", 0, "kind"), "single"),
        (("blocks", 0, "questions", 0, "text"), "Well? "),
        (("blocks", 0, "questions", 0, "role"), "background"),
        (("blocks", 0, "questions", 0, "randomize"), True),
        (("blocks", 0, "questions", 0, "show_if"), "a == 1"),
        (("blocks", 0, "questions", 0, "options", 0, "label"), "yes"),
        (("blocks", 0, "questions", 0, "options", 0, "code"), 3),
        (("blocks", 0, "questions", 0, "options", 1, "off_scale"), True),
        (("blocks", 0, "questions", 0, "options", 1, "show_if"), "a == 1"),
        (("blocks", 0, "questions", 0, "options", 1, "specify"), True),
        (("blocks", 0, "questions", 0, "skips"), [{"to": "end of block"}]),
        (("blocks", 0, "questions", 0, "look"), "dropdown"),
        (("blocks", 0, "questions", 0, "required"), True),
        (("blocks", 0, "randomize"), True),
        (("flow",), [{"block": "main"}]),
        (("flow",), [{"block": "main"}, {"end": {}}]),
        (("data",), [{"name": "panel"}]),
        (("computed",), [{"name": "score", "value": "q1"}]),
        (("quotas",), [{"name": "young", "when": "q1 == 1", "limit": 10}]),
        (("translations",), {"de": {"q1": "Nun?"}}),
    ],
)
def test_the_hash_changes_with_any_change_of_content(where, value):
    content = plain()
    before = read_instrument(content).content_hash
    place = content
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    assert read_instrument(content).content_hash != before


def test_the_hash_changes_with_the_order_of_options():
    content = plain()
    before = read_instrument(content).content_hash
    content["blocks"][0]["questions"][0]["options"].reverse()
    assert read_instrument(content).content_hash != before


def test_the_hash_does_not_depend_on_what_things_are_called_in_other_tools():
    named = plain()
    question = named["blocks"][0]["questions"][0]
    question["source"] = "QID7"
    question["options"][0]["source"] = "4"
    assert read_instrument(named).question("q1").source == "QID7"
    assert read_instrument(named).content_hash == read_instrument(plain()).content_hash


def test_the_hash_is_the_same_on_every_machine():
    pinned = "sha256:94b23d4f6e52d1cd379763271663c09b04d921388784e54cb19bded8f56750e9"
    assert read_instrument(plain()).content_hash == pinned


def test_a_limit_of_1_and_one_of_1_0_have_one_hash():
    hashes = {instrument(Question("n", "numeric", "How many?", minimum=low)).content_hash for low in (1, 1.0)}
    assert len(hashes) == 1


@given(instruments())
def test_any_instrument_in_plain_data_is_the_same_instrument(made):
    assert read_instrument(made.to_dict()) == made
    names = [item.name for item in made.items()]
    assert len(set(names)) == len(names)


def test_a_block_may_ask_some_of_its_questions_only():
    asked = tuple(Question(name, "open", "Why?") for name in "xyz")
    assert Block("a", asked, pick=2).pick == 2
    for pick in (0, True, 1.5):
        with pytest.raises(InstrumentError, match="expected a whole number from 1 on"):
            Block("a", asked, pick=pick)


def test_the_text_form_is_short():
    assert repr(instrument()) == "Instrument('test', 1 question, 1 items)"


def test_the_table_form_escapes_what_authors_wrote():
    page = instrument(Question("q", "open", "<script>alert(1)</script>"))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_table_form_of_a_long_instrument_is_cut_and_says_so():
    page = instrument(*(Question(f"q{n}", "open", "Why?") for n in range(60)))._repr_html_()
    assert "and 10 more questions" in page


@given(st.permutations(["id", "title", "blocks", "year", "notes"]))
def test_any_order_of_keys_gives_the_same_instrument(order):
    content = plain(year=2026, notes="None.")
    assert read_instrument({key: content[key] for key in order}) == read_instrument(content)
