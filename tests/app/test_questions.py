"""The line format of `populace predict`: what is accepted, and how a bad line is named."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.app.questions import prediction_lines, read_questions
from populace.errors import InputError
from populace.models.base import Prediction

GOOD = {"id": "q1", "text": "Do you own a car?", "options": ["Yes", "No"], "type": "single"}


def written(tmp_path, *lines):
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_prompt(tmp_path):
    (asked,) = read_questions(written(tmp_path, GOOD | {"type": "ordinal", "year": 2024}))
    assert asked.id == "q1"
    assert asked.prompt.text == "Do you own a car?"
    assert asked.prompt.options == ("Yes", "No")
    assert (asked.prompt.ordinal, asked.prompt.year) == (True, 2024)


def test_options_may_be_objects_that_mark_dont_know(tmp_path):
    options = ["Yes", {"label": "No"}, {"code": 9, "label": "Don't know", "missing": True}]
    (asked,) = read_questions(written(tmp_path, GOOD | {"options": options}))
    assert asked.prompt.options == ("Yes", "No", "Don't know")
    assert asked.prompt.missing == (False, False, True)


def test_published_questions_may_repeat_a_label(tmp_path):
    (asked,) = read_questions(written(tmp_path, GOOD | {"options": ["Yes", "No", "No"]}))
    assert len(asked.prompt.options) == 3


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n" + json.dumps(GOOD | {"id": 2}).encode() + b"\r\n"
    )
    assert [asked.id for asked in read_questions(path)] == ["q1", 2]


def test_a_year_that_a_table_wrote_as_a_float_is_understood(tmp_path):
    (asked,) = read_questions(written(tmp_path, GOOD | {"year": 2016.0}))
    assert asked.prompt.year == 2016


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('["q1"]', "found list; expected an object"),
        ('{"id": 1, "id": 2}', "key 'id' stands there twice"),
        (GOOD | {"option": []}, "key 'option' is unknown (did you mean 'options'?)"),
        ({"id": "q1", "text": "Do you own a car?"}, "'options', 'type' is missing"),
        (GOOD | {"id": None}, "id is None"),
        (GOOD | {"id": True}, "id is True"),
        (GOOD | {"id": ""}, "id is ''"),
        (GOOD | {"text": 7}, "text of 'q1' is 7; expected the wording of the question as a string"),
        (GOOD | {"text": "  "}, "write what is asked"),
        (GOOD | {"type": "ordnal"}, "type of 'q1' is 'ordnal' (did you mean 'ordinal'?)"),
        (GOOD | {"type": ["single"]}, "expected 'single' or 'ordinal'"),
        (GOOD | {"year": "2016"}, "year of 'q1' is '2016'"),
        (GOOD | {"year": 16}, "year of 'q1' is 16"),
        (GOOD | {"year": True}, "year of 'q1' is True"),
        (GOOD | {"options": []}, "found 0 option(s); expected a list of two or more"),
        (GOOD | {"options": ["Yes"]}, "found 1 option(s)"),
        (GOOD | {"options": "Yes"}, "found 'Yes'; expected a list"),
        (GOOD | {"options": {"Yes": 1, "No": 2}}, "expected a list of two or more"),
        (GOOD | {"options": ["Yes", 2]}, "option 2 of 'q1' is 2; expected a string"),
        (GOOD | {"options": ["Yes", ""]}, "option 2 of 'q1': label is ''"),
        (
            GOOD | {"options": ["Yes", {"label": "No", "mising": True}]},
            "key 'mising' is unknown (did you mean 'missing'?)",
        ),
        (GOOD | {"options": ["Yes", {"label": "No", "missing": "yes"}]}, "missing is 'yes'; expected true or false"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_the_fix(line, words, tmp_path):
    path = written(tmp_path, GOOD | {"id": "q0"}, line)
    with pytest.raises(InputError) as caught:
        read_questions(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert words in str(caught.value)
    assert "expected" in str(caught.value)


def test_an_id_used_twice_names_both_lines(tmp_path):
    with pytest.raises(InputError, match="line 3: id 'q1' was used on line 1"):
        read_questions(written(tmp_path, GOOD, "", GOOD | {"text": "Another?"}))


def test_a_number_and_its_digits_are_the_same_id(tmp_path):
    with pytest.raises(InputError, match="line 2: id '1' was used on line 1"):
        read_questions(written(tmp_path, GOOD | {"id": 1}, GOOD | {"id": "1"}))


def test_further_bad_lines_are_counted(tmp_path):
    with pytest.raises(InputError, match=r"line 1: .*\(2 more lines are wrong\)$"):
        read_questions(written(tmp_path, "{", "{", "{"))


def test_an_empty_file_and_another_encoding_are_named(tmp_path):
    with pytest.raises(InputError, match="has no questions"):
        read_questions(written(tmp_path, ""))
    (tmp_path / "latin.jsonl").write_bytes(json.dumps(GOOD | {"text": "é"}, ensure_ascii=False).encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        read_questions(tmp_path / "latin.jsonl")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "text", "options", "type", "year", "x"), json_values)))
def test_any_json_object_is_read_or_refused_by_line(tmp_path_factory, entry):
    path = tmp_path_factory.mktemp("any") / "questions.jsonl"
    path.write_text(json.dumps(entry), encoding="utf-8")
    try:
        (asked,) = read_questions(path)
    except InputError as error:
        assert "line 1" in str(error)
    else:
        assert len(asked.prompt.options) >= 2


def test_an_answer_line_has_the_id_as_it_came_and_shares_that_sum_to_one(tmp_path):
    asked = read_questions(written(tmp_path, GOOD | {"id": 7}))
    shares = np.array([1 / 3, 2 / 3])
    (line,) = prediction_lines(asked, [Prediction(shares, shares - 0.1, shares + 0.1)])
    answer = json.loads(line)
    assert answer["id"] == 7
    assert sum(answer["distribution"]) == pytest.approx(1, abs=1e-6)
    assert set(answer) == {"id", "distribution", "low", "high", "do_not_use"}


def test_a_number_that_is_none_never_reaches_the_file(tmp_path):
    asked = read_questions(written(tmp_path, GOOD))
    broken = Prediction(np.array([np.nan, 1.0]), np.zeros(2), np.ones(2))
    with pytest.raises(ValueError, match="JSON"):
        list(prediction_lines(asked, [broken]))
