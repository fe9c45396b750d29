"""Tables whose columns are named after questions: LimeSurvey, ODK, Kobo and plain tables."""

import pytest

from populace.data.files import named
from populace.data.files.named_columns import meant
from populace.errors import DataError
from populace.survey.formats.foreign import import_instrument
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


# -- exports of LimeSurvey -------------------------------------------------------------------------------------------

YES_NO = [{"code": "Y", "label": "Yes"}, {"code": "N", "label": "No"}]
BRANDS = [{"code": "a", "label": "Alma"}, {"code": "b", "label": "Bora"}, {"code": "c", "label": "Cima"}]
ROWS = [{"name": "SQ1", "text": "At home"}, {"name": "SQ2", "text": "At work"}]
LIME = read_instrument(
    {
        "id": "lime",
        "title": "Lime",
        "questions": [
            {
                "name": "table",
                "kind": "side_by_side",
                "text": "How much and how often?",
                "rows": ROWS,
                "columns": [
                    {"name": "much", "kind": "numeric", "text": "Cups"},
                    {"name": "often", "kind": "numeric", "text": "Days"},
                ],
            },
            {
                "name": "dual",
                "kind": "side_by_side",
                "text": "Now and then?",
                "rows": ROWS,
                "columns": [
                    {"name": "0", "kind": "single", "text": "Now", "options": YES_NO},
                    {"name": "1", "kind": "single", "text": "Then", "options": YES_NO},
                ],
            },
            {"name": "tick", "kind": "grid_multiple", "text": "Where?", "rows": ROWS, "options": BRANDS},
            {"name": "order", "kind": "rank", "text": "Rank them.", "options": BRANDS},
            {
                "name": "digits",
                "kind": "rank",
                "text": "Rank these.",
                "options": [{"code": 1, "label": "One"}, {"code": 2, "label": "Two"}],
            },
            {
                "name": "one",
                "kind": "single",
                "text": "Which one?",
                "options": [*BRANDS, {"code": "-oth-", "label": "Other", "specify": True}],
            },
            {
                "name": "many",
                "kind": "multiple",
                "text": "Which of them?",
                "options": [*BRANDS, {"code": "other", "label": "Other", "specify": True}],
            },
        ],
    }
)


def lime(tmp_path, text):
    """Answers in a table with an id in front of each row, since rows without any cell are left out."""
    path = tmp_path / "lime.csv"
    header, *rows = text.splitlines()
    path.write_text("\n".join([f"id,{header}", *(f"{number},{row}" for number, row in enumerate(rows, 1))]))
    return named.read(path, LIME)


@pytest.mark.parametrize("headers", ["table[SQ1_much],table[SQ2_often]", "table_SQ1_much,table_SQ2_often"])
def test_a_cell_of_two_dimensions_is_found_by_its_row_and_then_its_column(tmp_path, headers):
    answers, notes = lime(tmp_path, f"{headers}\n3,5\n")
    assert answers.codes("table_much_SQ1").to_list() == [3]
    assert answers.codes("table_often_SQ2").to_list() == [5]
    assert notes == []


@pytest.mark.parametrize("headers", ["dual[SQ1][1],dual[SQ1][2]", "dual_SQ1_0,dual_SQ1_1", "dual[SQ1#0],dual[SQ1#1]"])
def test_two_scales_are_counted_from_one_in_brackets_and_from_zero_without(tmp_path, headers):
    answers, _ = lime(tmp_path, f"{headers}\nY,N\n")
    assert answers.codes("dual_0_SQ1").to_list() == ["Y"]
    assert answers.codes("dual_1_SQ1").to_list() == ["N"]


def test_boxes_of_two_dimensions_are_found(tmp_path):
    answers, _ = lime(tmp_path, "tick[SQ1_a],tick[SQ1_b],tick[SQ1_c]\n1,,0\n,,\n")
    assert answers.codes("tick_SQ1_a").to_list() == [1, None]
    assert answers.codes("tick_SQ1_b").to_list() == [0, None]


@pytest.mark.parametrize("cells", ["b,c,a", "Bora,Cima,Alma"])
def test_the_first_second_and_third_choice_become_the_places_of_the_options(tmp_path, cells):
    answers, notes = lime(tmp_path, f"order[1],order[2],order[3]\n{cells}\nb,,\n,,\n")
    assert answers.codes("order_a").to_list() == [3, None, None]
    assert answers.codes("order_b").to_list() == [1, 1, None]
    assert answers.codes("order_c").to_list() == [2, None, None]
    assert notes == []


def test_a_number_in_brackets_is_a_place_even_where_options_have_numbers(tmp_path):
    answers, _ = lime(tmp_path, "digits[1],digits[2]\n2,1\n")
    assert answers.codes("digits_1").to_list() == [2]
    assert answers.codes("digits_2").to_list() == [1]


def test_without_brackets_a_number_is_the_column_of_the_option_of_that_code_and_else_a_place(tmp_path):
    answers, _ = lime(tmp_path, "digits_1,digits_2,order_1,order_2\n1,2,c,a\n")
    assert answers.codes("digits_1").to_list() == [1]
    assert [answers.codes(f"order_{code}").to_list() for code in "abc"] == [[2], [None], [1]]


def test_what_is_no_option_of_a_ranking_is_named(tmp_path):
    _, notes = lime(tmp_path, "order[1],order[2]\nb,tea\n")
    assert notes == ["order: 'tea' are no choices of the question; they were left out"]


def test_other_is_the_text_beside_a_single_choice(tmp_path):
    answers, _ = lime(tmp_path, "one,one[other]\n-oth-,Mint\na,\n")
    assert answers.codes("one").to_list() == ["-oth-", "a"]
    assert answers.codes("one_-oth-_text").to_list() == ["Mint", None]


def test_other_of_a_multiple_choice_is_its_text_and_that_it_was_chosen(tmp_path):
    answers, _ = lime(tmp_path, "many[a],many[b],many[c],many[other]\nY,,,Mint\nY,,,\n,,,\n")
    assert answers.codes("many_a").to_list() == [1, 1, None]
    assert answers.codes("many_other").to_list() == [1, 0, None]
    assert answers.codes("many_other_text").to_list() == ["Mint", None, None]


@pytest.mark.parametrize(("no", "yes", "unasked"), [("No", "Yes", "N/A"), ("0", "1", ""), ("False", "True", "")])
def test_words_for_not_chosen_are_understood(tmp_path, no, yes, unasked):
    answers, _ = lime(tmp_path, f"many[a],many[b]\n{yes},{no}\n{no},{no}\n{unasked},{unasked}\n")
    assert answers.codes("many_a").to_list() == [1, 0, None]
    assert answers.codes("many_b").to_list() == [0, 0, None]


def test_columns_that_tell_who_somebody_is_are_left_out_and_named(tmp_path):
    answers, notes = lime(tmp_path, "one,ipaddr,Last name,startlanguage\na,127.0.0.1,Gil,en\n")
    assert answers.answers.columns == ["respondent_id", "id", "one", "startlanguage"]
    assert notes == ["columns that tell who somebody is were not taken: 'ipaddr', 'Last name'"]


def test_our_own_names_of_columns_come_before_those_of_other_tools(tmp_path):
    digits = read_instrument(
        {
            "id": "digits",
            "title": "D",
            "questions": [
                {
                    "name": "q",
                    "kind": "side_by_side",
                    "text": "Q",
                    "rows": [{"name": "1", "text": "A"}, {"name": "2", "text": "B"}],
                    "columns": [{"name": str(k), "kind": "numeric", "text": f"C{k}"} for k in (1, 2)],
                }
            ],
        }
    )
    (tmp_path / "a.csv").write_text("q_1_2,q_2_1\n12,21\n")
    (tmp_path / "b.csv").write_text("q[1_2],q[2_1]\n12,21\n")
    ours, theirs = (named.read(tmp_path / name, digits)[0] for name in ("a.csv", "b.csv"))
    assert (ours.codes("q_1_2").to_list(), ours.codes("q_2_1").to_list()) == ([12], [21])
    assert (theirs.codes("q_1_2").to_list(), theirs.codes("q_2_1").to_list()) == ([21], [12])


@pytest.mark.parametrize(
    "path", ["limesurvey/demosurveys/limesurvey2_sample_survey_english.lss", "xlsform/table-list.xls"]
)
def test_every_column_of_a_real_survey_is_found_by_its_own_name(corpora, path):
    instrument = import_instrument(corpora / "instruments" / path).instrument
    names = [item.name for item in instrument.items()]
    found = meant(names, instrument)
    assert [one.name for one in found] == names
    assert {one.kind for one in found} <= {"answer", "other"}


# -- exports of ODK and Kobo -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["many", "g/many", "g1/g2/many", "g-many", "g:many"])
@pytest.mark.parametrize("cell", ["a c", "Alma Cima", "a,c", "Alma, Cima", "a|c"])
def test_several_choices_in_one_cell_are_split_by_spaces_too(tmp_path, header, cell):
    answers, notes = lime(tmp_path, f'{header}\n"{cell}"\n""\nb\n')
    assert answers.codes("many_a").to_list() == [1, None, 0]
    assert answers.codes("many_c").to_list() == [1, None, 0]
    assert notes == []


def test_choices_in_one_cell_and_in_columns_of_their_own_are_the_same(tmp_path):
    answers, notes = lime(
        tmp_path, "g/many,g/many/a,g/many/b,g/many/c,g/many/other,g/many_other\na other,1,0,0,1,Mint\n"
    )
    assert [answers.codes(f"many_{code}").to_list() for code in ("a", "b", "c", "other")] == [[1], [0], [0], [1]]
    assert answers.codes("many_other_text").to_list() == ["Mint"]
    assert notes == []


def test_a_ranking_in_one_cell_is_in_its_order(tmp_path):
    answers, _ = lime(tmp_path, "g/order,one\nc a b,a\nb,a\n,a\n")
    assert answers.codes("order_a").to_list() == [2, None, None]
    assert answers.codes("order_b").to_list() == [3, 1, None]
    assert answers.codes("order_c").to_list() == [1, None, None]


def test_the_text_of_other_stands_in_a_column_beside_the_question(tmp_path):
    answers, _ = lime(tmp_path, "g/one,g/one_other\n-oth-,Mint\n")
    assert answers.codes("one_-oth-_text").to_list() == ["Mint"]


def test_a_question_called_other_is_no_text_beside_another(tmp_path):
    options = [{"code": 1, "label": "Yes"}, {"code": 2, "label": "Else", "specify": True}]
    pair = read_instrument(
        {
            "id": "pair",
            "title": "P",
            "questions": [
                {"name": "q", "kind": "single", "text": "Q", "options": options},
                {"name": "q_other", "kind": "numeric", "text": "How many others?"},
            ],
        }
    )
    (tmp_path / "a.csv").write_text("q,q_other,q[other]\n2,7,Mint\n")
    answers, _ = named.read(tmp_path / "a.csv", pair)
    assert answers.codes("q_other").to_list() == [7]
    assert answers.codes("q_2_text").to_list() == ["Mint"]


def test_of_two_columns_for_one_answer_the_closer_spelling_has_it(tmp_path):
    answers, _ = lime(tmp_path, "x-one,one\nb,a\n")
    assert answers.codes("one").to_list() == ["a"]
    assert answers.codes("x-one").to_list() == ["b"]
