"""Can a classifier tell synthetic from human?"""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.detection import auc_error, checks, same_gaps, two_sample_auc

#: three questions with an order
ORDERED = np.zeros(3, dtype=bool)


def test_the_error_of_an_auc_is_the_worked_example():
    assert auc_error(0.5, 100, 100) == pytest.approx(0.0409, abs=1e-4)


def test_nothing_to_tell_apart_is_a_coin():
    rows = np.ones((50, 3))
    assert two_sample_auc(rows, rows, ORDERED, 0) == 0.5


@pytest.mark.parametrize("n", [60, 400])
def test_people_cannot_be_told_from_people(n):
    """60 rows: logistic regression; 400: trees."""
    rng = np.random.default_rng(1)
    found = two_sample_auc(rng.standard_normal((n, 3)), rng.standard_normal((n, 3)), ORDERED, 0)
    assert abs(found - 0.5) < 3 * 1.3 * auc_error(0.5, n, n)


@pytest.mark.parametrize("n", [60, 400])
def test_a_shifted_sample_is_told_apart(n):
    rng = np.random.default_rng(2)
    assert two_sample_auc(rng.standard_normal((n, 3)) + 1, rng.standard_normal((n, 3)), ORDERED, 0) > 0.75


def test_nominal_questions_are_told_apart_by_their_options():
    rng = np.random.default_rng(3)
    odd = rng.choice([0.0, 2.0, 4.0], (400, 1))
    even = rng.choice([1.0, 3.0, 5.0], (400, 1))
    mixed = np.where(rng.random((400, 1)) < 0.5, odd, even)
    # one question: its options are all there is to learn, so rows that say the same must be on both sides of a fold
    assert two_sample_auc(odd, mixed, np.ones(1, dtype=bool), 0, grouped=False) > 0.7


def test_a_row_repeated_on_one_side_is_not_learned_by_heart():
    """Twenty patterns a side, each many times: in mixed folds they are recognised, in grouped ones hardly."""
    rng = np.random.default_rng(4)
    repeated = [rng.standard_normal((20, 3))[rng.integers(0, 20, 300)] for _ in range(2)]
    assert two_sample_auc(*repeated, ORDERED, 0, grouped=False) > 0.95
    assert two_sample_auc(*repeated, ORDERED, 0) < 0.8


def test_copies_are_taken_for_what_they_are_copied_from():
    rng = np.random.default_rng(5)
    human = rng.integers(0, 5, (500, 12)).astype(float)
    copied = human[rng.integers(0, 500, 500)]
    assert two_sample_auc(copied, human, np.zeros(12, dtype=bool), 0, grouped=False) < 0.4


def test_who_skipped_what_gives_nothing_away():
    rng = np.random.default_rng(6)
    human, synthetic = rng.standard_normal((400, 3)), rng.standard_normal((400, 3))
    human[rng.random((400, 3)) < 0.3] = np.nan
    assert two_sample_auc(synthetic, human, ORDERED, 0) > 0.7
    masked = same_gaps(synthetic, human, rng)
    assert abs(two_sample_auc(*masked, ORDERED, 0) - 0.5) < 0.08
    assert np.isnan(masked[0]).mean() == pytest.approx(np.isnan(masked[1]).mean(), abs=0.05)


def by_name(found):
    return {check.check: check for check in found}


def test_a_panel_of_another_opinion_fails(survey):
    found = by_name(checks(compare(survey(400, 1, loading=3.0), survey(400, 2, loading=0.0))))
    assert found["c2st"].verdict == "FAIL"
    assert found["c2st"].value > 0.7


def test_copies_of_the_people_compared_with_fail_below_chance(survey):
    human = survey(700, 1, items=12, loading=0.3)
    copied = human.rows(np.random.default_rng(0).integers(0, 700, 700))
    found = by_name(checks(compare(renumbered(copied), human)))
    assert found["c2st_copies"].value < 0.4
    assert found["c2st_copies"].verdict == "FAIL"
    assert "copied" in found["c2st_copies"].words


def renumbered(data):
    import polars as pl

    return type(data)(data.answers.with_columns(pl.Series("respondent_id", range(data.n))), data.codebook, "copied")


def test_few_people_decide_nothing(survey):
    found = by_name(checks(compare(survey(50, 1), survey(50, 2))))
    assert found["c2st"].verdict == "UNDERPOWERED"


def test_too_few_rows_for_five_folds_are_said_to_be(survey):
    found = by_name(checks(compare(survey(15, 1), survey(400, 2))))
    assert {check.verdict for check in found.values()} == {"UNDERPOWERED"}


def test_a_classifier_that_would_not_notice_unrelated_answers_passes_nobody(survey):
    """Among people whose answers do not hang together there is no structure that a panel could lack."""
    found = by_name(checks(compare(survey(400, 1, loading=0.0, gap=0.0), survey(400, 2, loading=0.0, gap=0.0))))
    for check in found.values():
        assert check.verdict == "UNDERPOWERED"
        assert "unrelated answers planted on purpose was hardly told apart" in check.words


def test_the_same_seed_gives_the_same_auc(survey):
    twice = [by_name(checks(compare(survey(200, 1), survey(200, 2), seed=3)))["c2st"].value for _ in range(2)]
    assert twice[0] == twice[1]
