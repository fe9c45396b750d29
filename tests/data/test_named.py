"""Tables whose columns are named after questions: LimeSurvey, ODK, Kobo and plain tables."""

import pytest

from populace.data.files import named
from populace.errors import DataError
from populace.survey.instrument import read_instrument

INSTRUMENT = read_instrument(
    {
        "id": "t",
        "title": "T",
        "questions": [
            {"name": "tea", "kind": "single", "text": "Tea?", "options": ["Yes", "No"]},
            {
                "name": "kinds",
                "kind": "multiple",
                "text": "Which?",
                "options": [{"code": "g", "label": "Green"}, {"code": "b", "label": "Black, strong"}],
            },
            {"name": "cups", "kind": "numeric", "text": "How many?", "minimum": 0, "maximum": 20},
            {"name": "why", "kind": "open", "text": "Why?"},
        ],
    }
)


def read(tmp_path, text, **options):
    path = tmp_path / "answers.csv"
    path.write_text(text)
    return named.read(path, INSTRUMENT, **options)


@pytest.mark.parametrize("header", ["tea", "TEA", "group/tea"])
def test_a_column_is_found_by_the_name_of_its_question(tmp_path, header):
    answers, _ = read(tmp_path, f"id,{header}\nx,1\ny,No\n")
    assert answers.codes("tea").to_list() == [1, 2]
    assert answers.respondent_ids.tolist() == ["x", "y"]


@pytest.mark.parametrize(
    "headers", ["kinds[g],kinds[b]", "kinds/g,kinds/b", "g1/kinds/g,g1/kinds/b", "kinds_g,kinds_b"]
)
def test_columns_of_a_multiple_choice_are_found_however_they_are_joined(tmp_path, headers):
    answers, _ = read(tmp_path, f"{headers}\n1,0\n,\n0,1\n")
    assert answers.codes("kinds_g").to_list() == [1, 0]
    assert answers.codes("kinds_b").to_list() == [0, 1]


def test_several_choices_in_one_cell_are_split_by_the_wordings(tmp_path):
    answers, notes = read(tmp_path, 'kinds,tea\n"Black, strong,Green",1\nGreen,1\n"Green,Blue",2\n')
    assert answers.codes("kinds_g").to_list() == [1, 1, 1]
    assert answers.codes("kinds_b").to_list() == [1, 0, 0]
    assert any("Blue" in note for note in notes)


def test_what_is_no_option_is_kept_and_named(tmp_path):
    answers, notes = read(tmp_path, "tea\n1\n7\n")
    assert answers.codes("tea").to_list() == [1, 7]
    assert "7" in notes[0]


def test_numbers_texts_and_columns_of_no_question_are_kept(tmp_path):
    answers, _ = read(tmp_path, "cups,why,region\n3,Habit,North\n2.5,,South\n")
    assert answers.codes("cups").to_list() == [3.0, 2.5]
    assert answers.codes("why").to_list() == ["Habit", None]
    assert answers.codes("region").to_list() == ["North", "South"]


def test_a_table_of_another_survey_is_refused(tmp_path):
    with pytest.raises(DataError, match="none of its columns"):
        read(tmp_path, "a,b\n1,2\n")


def test_an_id_column_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match="no column 'pid'"):
        read(tmp_path, "tea\n1\n", id_column="pid")
