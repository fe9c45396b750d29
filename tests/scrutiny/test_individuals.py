"""Twins against their people: examples worked by hand, and planted twins that know more or less of their people."""

import numpy as np
import pytest

from populace.errors import DataError
from populace.scrutiny import individuals as module
from populace.scrutiny.individuals import (
    Twins,
    agreements,
    calibration_error,
    corrected,
    exact_accuracy,
    individuals,
    item_correlations,
    log_sd_ratios,
    matched,
    normalized_accuracy,
    profile_correlation,
    simple_predictions,
    squared_error_skill,
    weighted_kappa,
)


def pair(predicted, actual, ranges=(4.0,)):
    return Twins(np.array(predicted, float), np.array(actual, float), np.array(ranges))


def people(n=400, questions=6, seed=0):
    """Answers that hang on one opinion of each person, on a scale of 1 to 7."""
    random = np.random.default_rng(seed)
    opinion = random.standard_normal((n, 1))
    return np.clip(np.round(4 + opinion + random.standard_normal((n, questions))), 1, 7), opinion


def found(results):
    return {one.measure: one for one in results}


@pytest.fixture
def three_people(monkeypatch):
    monkeypatch.setattr(module, "LEAST_PEOPLE", 1)


@pytest.mark.usefixtures("three_people")
def test_the_examples_of_the_docstrings_come_out():
    crossed = pair([[1], [2], [3]], [[1], [3], [2]])
    assert item_correlations(crossed) == pytest.approx([0.5])
    assert weighted_kappa(crossed) == pytest.approx([0.5])
    two = pair([[1], [2]], [[1], [4]])
    assert normalized_accuracy(two) == pytest.approx([0.75])
    assert exact_accuracy(two) == pytest.approx([0.5])
    assert squared_error_skill(two) == pytest.approx([1 - 2 / 2.25])
    assert calibration_error(np.full(4, 0.25), np.array([1, 0, 0, 0])) == pytest.approx(0)
    assert calibration_error(np.full(2, 0.9), np.array([1, 0])) == pytest.approx(0.4)
    assert corrected(0.3, 0.64) == pytest.approx(0.375)


@pytest.mark.usefixtures("three_people")
def test_spread_is_compared_on_the_answers_that_both_sides_have():
    halved = pair([[1], [1.5], [2], [9]], [[1], [2], [3], [np.nan]])
    assert np.exp(log_sd_ratios(halved)) == pytest.approx([0.5])


def test_one_answer_for_everybody_knows_nobody_however_accurate_it_is():
    actual, _ = people()
    same = Twins(np.full(actual.shape, 4.0), actual, np.full(6, 6.0))
    results = found(agreements(same, resamples=20))
    assert results["normalized_accuracy"].estimate.value > 0.75
    assert results["item_r"].estimate.value == 0
    assert profile_correlation(same) == 0


def test_predicting_the_means_of_questions_is_no_profile():
    random = np.random.default_rng(1)
    levels = np.array([1.5, 6.5, 2, 6, 1, 7])
    actual = np.round(levels + random.uniform(-1, 1, (300, 6)))
    guess = levels + random.uniform(-1, 1, (300, 6))
    assert np.corrcoef(guess.ravel(), actual.ravel())[0, 1] > 0.9
    assert abs(profile_correlation(Twins(guess, actual, np.full(6, 6.0)))) < 0.1


def test_a_planted_correlation_comes_back_within_its_interval():
    actual, opinion = people(1500)
    random = np.random.default_rng(2)
    guess = opinion + random.standard_normal(actual.shape)
    item_r = found(agreements(Twins(guess, actual, np.full(6, 6.0)), resamples=50))["item_r"].estimate
    expected = np.mean([np.corrcoef(guess[:, j], actual[:, j])[0, 1] for j in range(6)])
    assert item_r.value == pytest.approx(expected, abs=0.01)
    assert item_r.low < 0.48 < item_r.high


def test_twins_that_hang_together_too_much_have_a_slope_above_one():
    random = np.random.default_rng(3)
    loadings = np.array([1, 1, 1, 0.3, 0.3, 0.3])
    answers = lambda noise: loadings * random.standard_normal((1500, 1)) + noise * random.standard_normal((1500, 6))  # noqa: E731
    actual = answers(1.0)
    slopes = [
        found(agreements(Twins(answers(noise), actual, np.ones(6)), resamples=30))["structure_slope"].estimate
        for noise in (0.4, 1.0, 3.0)
    ]
    assert slopes[0].low > 1
    assert slopes[1].low < 1 < slopes[1].high
    assert slopes[2].high < 1


def test_a_retest_gives_the_ceiling_and_the_corrected_correlation():
    random = np.random.default_rng(4)
    true = random.standard_normal((2000, 4))
    first, second = (true + 0.5 * random.standard_normal(true.shape) for _ in range(2))
    guess = true + random.standard_normal(true.shape)
    ranges = np.ones(4)
    results = found(agreements(Twins(guess, first, ranges), Twins(second, first, ranges), resamples=20))
    assert results["item_r"].ceiling == pytest.approx(1 / 1.25, abs=0.02)
    # with the person's own noise taken out, what is left is the correlation with the true answer
    assert results["item_r_corrected"].estimate.value == pytest.approx(1 / np.sqrt(2), abs=0.03)


def test_people_are_matched_by_who_they_are_not_by_where_they_stand(survey):
    human = survey(60, seed=5)
    order = np.random.default_rng(5).permutation(60)
    twins, names = matched(human.rows(order), human)
    assert names == tuple(f"q{j}" for j in range(6))
    assert np.array_equal(twins.predicted, twins.actual)
    assert (twins.ranges == 4).all()


def test_nobody_in_common_and_people_who_stand_twice_are_refused(survey, variable, data_set):
    human = survey(30, seed=6)
    strangers = data_set((variable("q0"), np.ones(30, int)), ids=[f"other {i}" for i in range(30)])
    with pytest.raises(DataError, match="none of the 30 respondents"):
        matched(strangers, human)
    with pytest.raises(DataError, match="repeat a respondent_id"):
        matched(human.rows(np.array([0, 0, 1])), human)


def test_two_data_sets_go_in_and_all_measures_come_out(survey):
    human, other = survey(120, seed=7), survey(120, seed=8)
    results = found(individuals(other, human, resamples=20))
    assert set(results) == {
        "item_r", "kappa", "normalized_accuracy", "exact_accuracy", "mse_skill", "sd_ratio", "profile_r",
        "structure_slope",
    }  # fmt: skip
    assert abs(results["item_r"].estimate.value) < 0.15
    assert all(one.estimate.low <= one.estimate.value <= one.estimate.high for one in results.values())


def test_baselines_never_see_the_answers_of_the_person_they_guess():
    actual, opinion = people(100)
    features = np.column_stack([opinion[:, 0] > 0, opinion[:, 0] > 1]).astype(float)
    before = simple_predictions(actual, features, seed=1)
    changed = actual.copy()
    changed[17] = 7 - changed[17]
    after = simple_predictions(changed, features, seed=1)
    for name in ("demographics", "nearest neighbour"):
        assert np.array_equal(before[name][17], after[name][17]), name


def test_demographics_that_matter_beat_the_mean_and_missing_answers_are_no_obstacle():
    actual, opinion = people(400)
    actual[::7, 2] = np.nan
    features = np.column_stack([opinion[:, 0] > cut for cut in (-1, 0, 1)]).astype(float)
    guesses = simple_predictions(actual, features)
    twins = {name: Twins(guess, actual, np.full(6, 6.0)) for name, guess in guesses.items()}
    results = found(agreements(twins["demographics"], baselines=guesses, resamples=20))
    assert results["item_r"].estimate.value > 0.5
    assert results["item_r"].baselines["item mean"] == results["item_r"].baselines["item mode"] == 0
    assert 0.2 < results["item_r"].baselines["nearest neighbour"] < results["item_r"].estimate.value
