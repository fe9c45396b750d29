"""Aligning two data sets."""

import numpy as np
import pytest

from populace.errors import DataError, UsageError
from populace.scrutiny.comparison import compare
from populace.scrutiny.sample import sample_of, shared_questions


def test_answers_are_placed_by_the_human_order_of_options_not_by_code(variable, data_set):
    down = variable("trend", labels=["rose", "same", "fell"])
    human = data_set((down, [1, 2, 3]))
    turned = type(down)("trend", down.text, "ordinal", tuple(reversed(down.options)))
    (question,) = shared_questions(data_set((turned, [1, 2, 3])), human)
    assert question.labels == ("rose", "same", "fell")
    assert sample_of(data_set((turned, [3, 2, 1])), (question,)).positions[:, 0].tolist() == [2, 1, 0]


def test_don_t_know_is_an_option_without_a_score(variable, data_set):
    people = data_set((variable("q", options=3, missing=1), [1, 3, 90, None]))
    (question,) = shared_questions(people, people)
    found = sample_of(people, (question,))
    assert found.positions[:, 0].tolist() == [0, 2, 3, -1]
    np.testing.assert_array_equal(found.scores[:, 0], [0, 2, np.nan, np.nan])


def test_an_option_that_only_one_side_was_offered_as_don_t_know_is_left_out(variable, data_set):
    human = data_set((variable("q", options=3, missing=1), [1, 3, 90]))
    synthetic = data_set((variable("q", options=3), [1, 2, 3]))
    (question,) = shared_questions(synthetic, human)
    assert sample_of(human, (question,)).positions[:, 0].tolist() == [0, 2, -1]


def test_other_codes_under_the_same_name_are_refused_by_name_and_code(variable, data_set):
    human, synthetic = data_set((variable("q", options=5), [1, 5])), data_set((variable("q", options=4), [1, 4]))
    with pytest.raises(DataError, match=r"question 'q' .*5: 'answer 5'") as problem:
        shared_questions(synthetic, human)
    assert "\n" not in str(problem.value)


def test_other_labels_under_the_same_code_are_refused(variable, data_set):
    human = data_set((variable("q", labels=["yes", "no"]), [1, 2]))
    synthetic = data_set((variable("q", labels=["no", "yes"]), [1, 2]))
    with pytest.raises(DataError, match="'yes'"):
        shared_questions(synthetic, human)


def test_case_and_spaces_of_labels_do_not_matter(variable, data_set):
    human = data_set((variable("q", labels=["Yes", "No"]), [1, 2]))
    synthetic = data_set((variable("q", labels=["yes ", "NO"]), [1, 2]))
    assert len(shared_questions(synthetic, human)) == 1


def test_a_number_and_a_closed_question_of_one_name_are_refused(variable, data_set):
    with pytest.raises(DataError, match="numeric in the human data and ordinal"):
        shared_questions(data_set((variable("q"), [1, 2])), data_set((variable("q", "numeric"), [1, 2])))


def test_numbers_with_few_values_get_a_bin_each_and_others_quantiles(variable, data_set):
    few = data_set((variable("children", "numeric"), [0, 1, 2, 1, 0] * 10))
    many = data_set((variable("income", "numeric"), np.arange(1000)))
    assert len(shared_questions(few, few)[0].labels) == 3
    (question,) = shared_questions(many, many)
    counts = np.bincount(sample_of(many, (question,)).positions[:, 0])
    assert counts.tolist() == [100] * 10


def test_people_without_weight_are_left_out(variable, data_set):
    weight = variable("weight", "numeric", role="weight")
    people = data_set((variable("q"), [1, 2, 3]), (weight, [1.0, 0.0, 3.0]), weight="weight")
    found = sample_of(people, shared_questions(people, people))
    assert found.weights.tolist() == [0.5, 1.5]
    assert found.effective_n == pytest.approx(4 / 2.5)


def test_questions_not_compared_are_listed_with_the_reason(variable, data_set):
    human = data_set((variable("a"), [1, 2] * 20), (variable("b"), [1] * 5 + [None] * 35))
    panel = data_set((variable("a"), [1, 2] * 20), (variable("b"), [1, 2] * 20), (variable("c"), [1, 2] * 20))
    aside = dict(compare(panel, human).set_aside)
    assert set(aside) == {"b", "c"}
    assert aside["b"].startswith("5 answers")
    assert "not asked" in aside["c"]


def test_a_ceiling_that_did_not_answer_a_question_is_refused_by_name(variable, data_set):
    people = data_set((variable("a"), [1, 2] * 20))
    other = data_set((variable("b"), [1, 2] * 20), name="other wave")
    with pytest.raises(DataError, match="other wave has 0 answers to 'a'"):
        compare(people, people, ceiling=other)


def test_too_few_resamples_are_refused(variable, data_set):
    people = data_set((variable("a"), [1, 2] * 20))
    with pytest.raises(UsageError, match="resamples is 3"):
        compare(people, people, resamples=3)


def test_taking_rows_and_columns_keeps_the_rest(sample):
    found = sample([[0, 1], [2, 3], [4, 0]], [1.0, 2.0, 3.0]).take(np.array([2, 0])).columns([1])
    assert found.positions.tolist() == [[0], [1]]
    assert found.weights.tolist() == [3.0, 1.0]
