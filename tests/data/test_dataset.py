"""Data sets: answers and codebook fit together, and what does not is named."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import read_dataset
from populace.errors import DataError
from populace.survey.scale import Option

SCALE = (Option(5, "High"), Option(1, "Low"), Option(3, "Middle"), Option(-1, "Refused", missing=True))


def survey(column, type="ordinal", options=SCALE, **columns) -> DataSet:
    """One variable q, with respondents 1, 2, …"""
    series = column if isinstance(column, pl.Series) else pl.Series(column)
    ids = pl.Series(range(1, len(series) + 1))
    frame = pl.DataFrame({"respondent_id": ids, "q": series, **columns})
    return DataSet(frame, Codebook("t", "T", (Variable("q", "Q?", type, options),)), "t.parquet")


def refusal(make, *args, **kwargs) -> str:
    with pytest.raises(DataError) as caught:
        make(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


# -- what it gives ---------------------------------------------------------------------------------------------------


def test_it_counts_interviews_and_lists_names_by_role(dataset):
    assert dataset.n == dataset.n_respondents == 4
    assert dataset.names("background") == ("sex", "age")
    assert dataset.names()[0] == "respondent_id"


def test_positions_follow_the_list_of_options_not_the_codes():
    positions = survey([1, 5, None, 3, -1, 5]).positions("q")
    assert positions.tolist() == [1, 0, -1, 2, 3, 0]
    assert positions.dtype == np.int32


def test_positions_of_codes_that_are_words(dataset):
    assert dataset.positions("sex").tolist() == [1, -1, 0, 1]


@given(
    st.lists(st.sampled_from([5, 1, 3, -1, None]), min_size=1),
    st.sampled_from([pl.Int8, pl.Int16, pl.Int64, pl.Float64]),
)
def test_positions_are_what_a_loop_would_find_for_every_integer_type(codes, kind):
    dataset = survey(pl.Series(codes, dtype=kind))
    wanted = [-1 if code is None else dataset.codebook.variable("q").codes.index(code) for code in codes]
    assert dataset.positions("q").tolist() == wanted


def test_a_code_larger_than_the_column_could_hold_does_no_harm():
    options = (Option(1, "One"), Option(30_000, "Many"))
    assert survey(pl.Series([1, None], dtype=pl.Int8), options=options).positions("q").tolist() == [0, -1]


def test_positions_of_a_number_are_refused_with_the_way_out(dataset):
    assert "'age' is of type 'numeric' and has no options to number" in refusal(dataset.positions, "age")


def test_values_of_a_number_are_floats_and_missing_codes_are_nan():
    dataset = survey([2, 99, None], "numeric", (Option(99, "Refused", missing=True),))
    np.testing.assert_array_equal(dataset.values("q"), [2.0, np.nan, np.nan])
    assert dataset.codes("q").to_list() == [2, 99, None]


def test_weights_come_from_the_column_that_the_codebook_names(dataset):
    assert dataset.weights.tolist() == [0.5, 1.25, 1.0, 2.0]


def test_without_a_named_weight_there_are_none(dataset):
    assert replace(dataset, codebook=replace(dataset.codebook, extra={})).weights is None


def test_a_row_without_weight_counts_for_nothing(answers, codebook):
    dataset = DataSet(answers.with_columns(w=pl.Series([1.0, None, 2.0, 1.0])), codebook)
    assert dataset.weights.tolist() == [1.0, 0.0, 2.0, 1.0]


@pytest.mark.parametrize(("weights", "reason"), [([-1.0, 1, 1, 1], "1 negative"), ([0.0, 0, 0, 0], "only zeros")])
def test_weights_that_cannot_be_weights_are_refused(answers, codebook, weights, reason):
    dataset = DataSet(answers.with_columns(w=pl.Series(weights)), codebook)
    assert reason in refusal(lambda: dataset.weights)


def test_rows_are_taken_by_position_with_repeats_as_in_a_bootstrap(dataset):
    part = dataset.rows(np.array([3, 0, 3]))
    assert part.respondent_ids.tolist() == ["d", "a", "d"]
    assert part.positions("tax").tolist() == [2, 0, 2]
    assert part.weights.tolist() == [2.0, 0.5, 2.0]


def test_rows_are_taken_by_mask(dataset):
    assert dataset.rows(np.array([False, True, True, False])).respondent_ids.tolist() == ["b", "c"]


def test_no_rows_at_all_are_a_data_set_too(dataset):
    part = dataset.rows(np.array([], dtype=int))
    assert part.n == 0
    assert part.positions("tax").shape == (0,)


def test_some_variables_are_kept_with_respondents_and_provenance(synthetic):
    part = synthetic.keep(["tax"])
    assert part.answers.columns[:2] == ["respondent_id", "tax"]
    assert part.synthetic
    assert part.codebook.weight is None


def test_rows_say_of_themselves_whether_they_are_synthetic(dataset, synthetic):
    assert not dataset.synthetic
    assert synthetic.synthetic


def test_a_column_that_is_not_there_is_answered_with_the_closest(dataset):
    assert "no column 'taxx' (did you mean 'tax'?)" in refusal(dataset.codes, "taxx")


# -- one form --------------------------------------------------------------------------------------------------------


def test_the_respondents_come_first_and_provenance_last(codebook, answers):
    mixed = answers.with_columns(_model=pl.lit("m")).select(
        "_model", "w", "tax", "respondent_id", "age", "sex", "news_tv", "why"
    )
    columns = DataSet(mixed, codebook).answers.columns
    assert (columns[0], columns[-1]) == ("respondent_id", "_model")


def test_a_codebook_without_respondents_gets_them(dataset):
    assert dataset.codebook.variables[0].role == "id"


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        (pl.Series([1.0, 5.0, float("nan")]), [1, 5, None]),
        (pl.Series([None, None, None]), [None, None, None]),
        (pl.Series([1, 5, 3], dtype=pl.UInt64), [1, 5, 3]),
    ],
)
def test_whole_floats_and_empty_columns_become_integer_codes(column, stored):
    codes = survey(column).codes("q")
    assert codes.to_list() == stored
    assert codes.dtype.is_integer()


def test_truth_values_are_codes_0_and_1():
    picked = (Option(0, "No"), Option(1, "Yes"))
    assert survey([True, False, None], "multi_item", picked).positions("q").tolist() == [1, 0, -1]


def test_numbers_that_are_none_become_no_answer_and_are_counted():
    column = pl.Series([1.5, float("nan"), float("inf"), None])
    dataset = survey(column, "numeric", ())
    assert dataset.codes("q").to_list() == [1.5, None, None, None]
    (note,) = dataset.notes
    assert "2 cells hold NaN or infinity (in 'q'), taken as no answer" in note


def test_a_code_that_is_infinite_is_no_answer_either():
    dataset = survey(pl.Series([1.0, float("inf"), float("nan")]))
    assert dataset.codes("q").to_list() == [1, None, None]
    assert "2 cells" in dataset.notes[0]


def test_answers_that_need_no_change_have_no_notes():
    assert survey(pl.Series([1, None, 5])).notes == ()


def test_categories_become_words():
    options = (Option("a", "A"), Option("b", "B"))
    column = pl.Series(["a", "b", None], dtype=pl.Categorical)
    assert survey(column, "single", options).codes("q").dtype == pl.String


# -- refusals --------------------------------------------------------------------------------------------------------


def test_an_option_code_the_codebook_lacks_is_refused_by_name():
    message = refusal(survey, [1, 4, 4, 5])
    assert message == (
        "t.parquet: column 'q' has code 4 in 2 rows; the codebook knows 5, 1, 3, -1: "
        "add the option to the codebook or correct the answers"
    )


def test_many_unknown_codes_are_counted_not_listed():
    message = refusal(survey, list(range(100)))
    assert "and 89 more in 97 rows" in message


def test_a_word_where_codes_are_numbers_is_refused():
    message = refusal(survey, ["High", "Low"])
    assert "column 'q' holds String such as 'High'; the codebook expects whole numbers" in message


def test_a_number_with_decimals_where_codes_are_whole_is_refused():
    assert "column 'q' has 2.5 in 1 row; expected whole-number codes" in refusal(survey, [1.0, 2.5])


@pytest.mark.parametrize(("type", "column"), [("numeric", ["many"]), ("text", [1.5])])
def test_a_column_of_another_type_than_its_variable_is_refused(type, column):
    assert "the codebook expects" in refusal(survey, column, type, ())


def test_a_column_without_a_variable_is_refused_with_the_closest(answers, codebook):
    message = refusal(DataSet, answers.rename({"tax": "taxes"}), codebook)
    assert "no variable for column 'taxes' (did you mean 'tax'?)" in message


def test_a_variable_without_a_column_is_refused(answers, codebook):
    assert "no column for variable 'why'" in refusal(DataSet, answers.drop("why"), codebook)


def test_answers_without_respondents_are_refused_with_the_closest_column(answers, codebook):
    message = refusal(DataSet, answers.rename({"respondent_id": "respondentid"}), codebook)
    assert "no column 'respondent_id' (did you mean 'respondentid'?)" in message


def test_a_row_without_respondent_is_refused(answers, codebook):
    nobody = answers.with_columns(respondent_id=pl.Series(["a", None, "c", "d"]))
    assert "1 rows have no respondent_id" in refusal(DataSet, nobody, codebook)


def test_a_respondent_twice_is_refused_unless_waves_tell_the_interviews_apart():
    variables = (Variable("wave", "Wave", "numeric", role="design"),)
    frame = pl.DataFrame({"respondent_id": ["a", "a"], "wave": [1, 2]})
    assert DataSet(frame, Codebook("t", "T", variables)).n_respondents == 1
    same = frame.with_columns(wave=pl.lit(1))
    assert "respondent_id 'a' stands in several rows with wave" in refusal(DataSet, same, Codebook("t", "T", variables))
    alone = refusal(DataSet, frame.drop("wave"), Codebook("t", "T", ()))
    assert "there is no column 'wave' or 'year'" in alone


# -- hash ------------------------------------------------------------------------------------------------------------


def test_the_hash_does_not_depend_on_the_width_of_integers(answers, codebook, dataset):
    wide = answers.with_columns(pl.col(pl.Int8, pl.Int16).cast(pl.Int64))
    assert DataSet(wide, codebook).content_hash == dataset.content_hash


def test_the_hash_does_not_depend_on_whole_numbers_being_stored_as_floats(answers, codebook, dataset):
    floats = answers.with_columns(age=pl.col("age").cast(pl.Float64))
    assert DataSet(floats, codebook).content_hash == dataset.content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"tax": pl.Series([3, -9, None, 3])},
        {"tax": pl.Series([3, -9, 2, None])},
        {"why": pl.Series(["=1+1", None, None, "x"])},
        {"why": pl.Series(["=1+", "1", None, "x"])},
        {"w": pl.Series([0.5, 1.25, 1.0, 2.0000000001])},
        {"respondent_id": pl.Series(["a", "b", "d", "c"])},
    ],
)
def test_the_hash_changes_with_any_answer(answers, codebook, change):
    before = answers.with_columns(why=pl.Series(["=1+1", "", None, "x"]))
    assert DataSet(before.with_columns(**change), codebook).content_hash != DataSet(before, codebook).content_hash


def test_the_hash_changes_with_the_codebook(answers, codebook, dataset):
    assert DataSet(answers, replace(codebook, title="Another")).content_hash != dataset.content_hash


def test_the_hash_does_not_depend_on_where_the_data_came_from(answers, codebook, dataset):
    assert DataSet(answers, codebook, "elsewhere").content_hash == dataset.content_hash


# -- looks -----------------------------------------------------------------------------------------------------------


def test_the_text_form_says_what_it_is(dataset, synthetic):
    assert repr(dataset) == "DataSet('small', human, 4 interviews, 3 question + 2 background variables, weight 'w')"
    assert "synthetic" in repr(synthetic)


def test_the_table_form_escapes_what_the_source_wrote(answers, codebook):
    described = [replace(v, text="<b>") if v.name == "why" else v for v in codebook.variables]
    page = DataSet(answers, replace(codebook, variables=tuple(described)))._repr_html_()
    assert "<b>" not in page


# -- real ------------------------------------------------------------------------------------------------------------


def test_every_real_data_set_loads(corpora):
    folders = [
        file.parent for file in sorted(corpora.glob("*/codebook.json")) if (file.parent / "answers.parquet").exists()
    ]
    assert folders
    for folder in folders:
        dataset = read_dataset(folder)
        assert dataset.n
        for name in dataset.names("background"):
            if dataset.codebook.variable(name).closed:
                positions = dataset.positions(name)
                assert np.array_equal(positions < 0, dataset.codes(name).is_null().to_numpy())


def test_the_panels_of_the_gss_are_several_interviews_of_one_respondent(corpora):
    gss = read_dataset(corpora / "gss_2006_2018")
    assert gss.n_respondents < gss.n
    assert gss.weights.shape == (gss.n,)


# -- answers as numbers ----------------------------------------------------------------------------------------------


def test_ordered_answers_are_ranks_whatever_their_codes():
    np.testing.assert_array_equal(survey([3, 5, 1, None, -1]).scores("q"), [2, 0, 1, np.nan, np.nan])


def test_two_options_are_zero_and_one_and_what_is_off_the_scale_is_no_answer():
    options = (Option("m", "Man"), Option("f", "Woman"), Option("x", "Other", off_scale=True))
    np.testing.assert_array_equal(survey(["f", "m", "x"], "single", options).scores("q"), [1, 0, np.nan])


def test_numbers_stay_numbers_and_what_has_no_order_is_refused():
    np.testing.assert_array_equal(survey([7.5, None], "numeric", ()).scores("q"), [7.5, np.nan])
    assert "no order" in refusal(survey([1, 3], "single").scores, "q")
