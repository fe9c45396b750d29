"""Codebooks: the layout is kept whole, and what does not fit is named."""

import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.data.codebook import RESPONDENT, Codebook, Variable, variable_of
from populace.errors import DataError
from populace.survey.instrument import Block, Instrument
from populace.survey.question import Item, NumericRange, Question, Row
from populace.survey.scale import Option

YES_NO = (Option(1, "Yes"), Option(2, "No"))

# -- any codebook ----------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).filter(str.strip)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
known = {"name", "text", "type", "options", "role", "battery", "stem", "item", "id", "title", "variables", "weight"}
extras = st.dictionaries(texts.filter(lambda key: key not in known), values, max_size=3)


@st.composite
def variables(draw, name):
    kind = draw(st.sampled_from(["single", "ordinal", "multi_item", "numeric", "text"]))
    options = ()
    if kind not in ("numeric", "text"):
        codes = draw(
            st.lists(st.integers(-99, 999), min_size=1, max_size=6, unique=True)
            | st.lists(names, min_size=1, unique=True)
        )
        options = tuple(Option(code, draw(texts), *draw(st.tuples(*[st.booleans()] * 3))) for code in codes)
    parts = [draw(st.none() | texts) for _ in range(3)]
    role = draw(st.sampled_from(["question", "background", "weight", "design", "id"]))
    return Variable(name, draw(st.just("") | texts), kind, options, role, *parts, extra=draw(extras))


@st.composite
def codebooks(draw):
    listed = draw(st.lists(names, min_size=0, max_size=4, unique=True))
    described = tuple(draw(variables(name)) for name in listed)
    weight = {"weight": draw(st.sampled_from([None, "none", *listed]))}
    return Codebook(draw(texts), draw(texts), described, draw(extras) | weight)


@given(codebooks())
def test_a_codebook_survives_json_with_every_unknown_key(codebook):
    assert Codebook.from_json(codebook.to_json()) == codebook
    assert Codebook.from_dict(json.loads(codebook.to_json())).to_dict() == codebook.to_dict()


@given(codebooks())
def test_a_codebook_survives_another_process(codebook):
    assert pickle.loads(pickle.dumps(codebook)) == codebook  # noqa: S301 (our own bytes)


def test_keys_of_the_source_are_kept_and_written_back(codebook):
    content = codebook.to_dict()
    assert (content["licence"], content["variables"][1]["universe"]) == ("CC0", "all")
    assert Codebook.from_dict(content) == codebook


# -- what is in it ---------------------------------------------------------------------------------------------------


def test_variables_are_found_by_name_and_by_role(codebook):
    assert codebook.variable("tax").battery == "views"
    assert [variable.name for variable in codebook.by_role("background")] == ["sex", "age"]
    assert "tax" in codebook
    assert "taxes" not in codebook


def test_a_name_that_is_not_there_is_answered_with_the_closest(codebook):
    with pytest.raises(DataError, match=r"codebook 'small' has no variable 'taxx' \(did you mean 'tax'\?\)"):
        codebook.variable("taxx")


def test_an_unknown_role_is_answered_with_the_closest(codebook):
    with pytest.raises(DataError, match=r"role 'backround' is unknown \(did you mean 'background'\?\)"):
        codebook.by_role("backround")


@pytest.mark.parametrize(("written", "meant"), [(None, None), ("none", None), ("", None), ("w", "w")])
def test_the_weight_is_a_name_or_none(codebook, written, meant):
    assert replace(codebook, extra={"weight": written}).weight == meant


def test_a_weight_that_is_no_variable_is_refused(codebook):
    with pytest.raises(DataError, match=r"weight is 'wt', which is no variable \(did you mean 'w'\?\)"):
        replace(codebook, extra={"weight": "wt"})


def test_a_part_of_a_codebook_forgets_a_weight_that_was_left_out(codebook):
    assert codebook.keep(["tax", "w"]).weight == "w"
    assert codebook.keep(["tax"]).weight is None


# -- items -----------------------------------------------------------------------------------------------------------


def test_a_closed_variable_can_be_asked_with_its_options(codebook):
    item = codebook.variable("tax").to_item()
    assert (item.ordinal, item.battery, item.stem, item.item) == (True, "views", "Agree?", "Taxes")
    assert item.options == codebook.variable("tax").options


def test_a_number_can_be_asked_without_its_missing_codes_as_options():
    refused = Variable("kids", "How many children?", "numeric", (Option(99, "Refused", missing=True),))
    assert refused.to_item() == Item("kids", "How many children?", numeric=NumericRange())


def test_a_variable_without_wording_is_asked_by_its_name():
    assert Variable("V12", " ", "text").to_item().text == "V12"


def test_the_codebook_of_an_instrument_has_one_variable_for_each_item():
    instrument = Instrument(
        "t",
        "T",
        (
            Block(
                "main",
                (
                    Question("hi", "display", "Hello."),
                    Question("s", "single", "S?", YES_NO, role="background"),
                    Question("o", "scale", "O?", YES_NO),
                    Question("m", "multiple", "M?", YES_NO),
                    Question("g", "grid", "G:", YES_NO, rows=(Row("a", "A"),)),
                    Question("n", "numeric", "N?", minimum=0, maximum=9, unit="cups"),
                    Question("t", "open", "T?"),
                ),
            ),
        ),
        year=2026,
        country="US",
    )
    codebook = Codebook.from_instrument(instrument)
    assert [(variable.name, variable.type, variable.role) for variable in codebook.variables] == [
        ("respondent_id", "text", "id"),
        ("s", "single", "background"),
        ("o", "ordinal", "question"),
        ("m_1", "multi_item", "question"),
        ("m_2", "multi_item", "question"),
        ("g_a", "ordinal", "question"),
        ("n", "numeric", "question"),
        ("t", "text", "question"),
    ]
    assert tuple(variable.to_item() for variable in codebook.variables[1:]) == instrument.items()
    assert (codebook.extra["years"], codebook.extra["country"]) == ([2026], "US")


def test_a_single_question_that_stands_in_a_battery_is_not_taken_for_one_of_several():
    assert variable_of(Item("q", "Q?", YES_NO, battery="b")).type == "single"


# -- refusals --------------------------------------------------------------------------------------------------------


def variable(**changes) -> dict:
    return {"name": "q", "text": "Q?", "type": "single", "options": [{"code": 1, "label": "Yes"}]} | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "ordnal"}, "type is 'ordnal' (did you mean 'ordinal'?)"),
        ({"role": "weigth"}, "role is 'weigth' (did you mean 'weight'?)"),
        ({"options": []}, "type 'single' has no options"),
        ({"options": {"1": "Yes"}}, "expected a list of code and label"),
        ({"options": [{"code": 1}]}, "needs a 'code' and a 'label'"),
        ({"options": [{"code": 1, "label": "Yes", "mising": True}]}, "unknown key 'mising' (did you mean 'missing'?)"),
        ({"options": [{"code": 1, "label": "A"}, {"code": 1, "label": "B"}]}, "code 1 is used by 'A' and by 'B'"),
        ({"options": [{"code": 1.5, "label": "A"}]}, "has code 1.5; expected a whole number or a word"),
        ({"options": [{"code": 1, "label": ""}]}, "give it a label"),
        ({"name": "_q"}, "does not start with '_'"),
        ({"text": 5}, "text is 5; expected the wording"),
    ],
)
def test_a_variable_that_breaks_a_rule_is_refused_with_file_variable_and_reason(changes, reason):
    with pytest.raises(DataError) as caught:
        Codebook.from_dict({"id": "t", "title": "T", "variables": [variable(**changes)]}, "t/codebook.json")
    message = str(caught.value)
    assert message.startswith(f"t/codebook.json, variable {changes.get('name', 'q')!r}: ")
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize("key", ["text", "type"])
def test_a_key_that_every_variable_needs_is_asked_for(key):
    content = {name: value for name, value in variable().items() if name != key}
    with pytest.raises(DataError, match=f"variable 'q': has no '{key}'; every variable needs it"):
        Codebook.from_dict({"variables": [content]})


@pytest.mark.parametrize("content", [{}, [], {"variables": {}}, None])
def test_a_file_that_is_no_codebook_is_refused(content):
    with pytest.raises(DataError, match="has no list of 'variables'"):
        Codebook.from_dict(content)


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(DataError, match="variable 'q' stands twice"):
        Codebook.from_dict({"id": "t", "variables": [variable(), variable()]})


@pytest.mark.parametrize("text", ["{", b"\xff", "[" * 100_000, "9" * 5000])
def test_text_that_is_no_json_is_refused_with_its_file(text):
    with pytest.raises(DataError, match=r"^t\.json: "):
        Codebook.from_json(text, "t.json")


def test_labels_may_repeat_because_published_data_do_so():
    options = (Option(1, "Incorrect"), Option(2, "Incorrect"), Option(3, "Correct"))
    assert Variable("q", "Q?", "single", options).labels == ("Incorrect", "Incorrect", "Correct")


def test_the_respondent_variable_is_an_identifier():
    assert (RESPONDENT.name, RESPONDENT.role, RESPONDENT.type) == ("respondent_id", "id", "text")


# -- real ------------------------------------------------------------------------------------------------------------


def test_every_real_codebook_comes_back_as_it_was(corpora):
    files = sorted(corpora.glob("*/codebook.json"))
    assert files
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        assert Codebook.from_dict(content).to_dict() == content, file


def test_a_scale_leaves_out_what_does_not_stand_on_it():
    options = (Option(1, "Low"), Option(2, "High"), Option(8, "Depends", off_scale=True), Option(9, "?", missing=True))
    variable = Variable("q", "How much?", "single", options)
    assert [option.code for option in variable.scale] == [1, 2] and variable.scored
    assert not Variable("q", "Why?", "text").scored


def test_a_wording_is_cut_for_tables_and_a_row_goes_by_its_own():
    assert Variable("q", "How much " * 20, "numeric").short.endswith("…")
    assert len(Variable("q", "How much " * 20, "numeric").short) <= 60
    assert Variable("q", "Agree? Taxes", "numeric", item="Taxes").short == "Taxes"
    assert Variable("q", "", "numeric").short == "q"
