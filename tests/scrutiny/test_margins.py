"""Distributions: the worked examples of the docstrings, and what the estimators promise over many samples."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.margins import (
    checks,
    measure,
    noise_replicates,
    one_answer_variance,
    ordinal_distance,
    rmse_points,
    sampling_noise,
    squared_distance,
    standardized_difference,
    total_variation,
    total_variation_floor,
    uniform,
    wasserstein,
    wasserstein_floor,
    worth_in_people,
)

EVEN, TILTED = np.array([0.5, 0.5]), np.array([0.6, 0.4])
#: two populations of five options
P, S = np.array([0.10, 0.20, 0.30, 0.25, 0.15]), np.array([0.15, 0.25, 0.30, 0.20, 0.10])


def draw(shares, n, times, rng):
    return rng.multinomial(n, shares, size=times) / n


def test_sampling_noise_is_the_worked_example():
    assert sampling_noise(EVEN, 101) == pytest.approx(0.005)


def test_the_squared_distance_is_the_worked_example():
    assert squared_distance(EVEN, TILTED, 101) == pytest.approx(0.015)
    assert squared_distance(EVEN, TILTED, 101, 241) == pytest.approx(0.013)


def test_the_ordinal_distance_is_the_worked_example():
    assert ordinal_distance(EVEN, TILTED, 101) == pytest.approx(0.0075)
    assert ordinal_distance(EVEN, TILTED, 101, 241) == pytest.approx(0.0065)


def test_total_variation_is_the_worked_example():
    assert total_variation(EVEN, TILTED) == pytest.approx(0.1)
    assert total_variation_floor(EVEN, 200, 200) == pytest.approx(0.0399, abs=1e-4)


def test_the_wasserstein_distance_is_the_worked_example():
    assert wasserstein(np.array([0.5, 0, 0.5]), np.array([0.5, 0.5, 0])) == pytest.approx(0.25)
    assert wasserstein_floor(EVEN, 200, 200) == pytest.approx(0.0399, abs=1e-4)


def test_what_a_panel_is_worth_is_the_worked_example():
    assert one_answer_variance(EVEN, 101) == pytest.approx(0.505)
    assert worth_in_people(np.array([0.001, 0.003]), np.array([0.5, 0.7])) == pytest.approx(300)
    assert worth_in_people(np.array([-0.001]), np.array([0.5])) == np.inf


def test_the_error_in_points_is_the_worked_example():
    assert rmse_points(np.array([0.0008, 0.0012]), np.array([2, 6])) == pytest.approx(1.73, abs=0.01)


def test_single_questions_are_not_clipped_before_the_mean():
    assert rmse_points(np.array([0.0008, -0.0008]), np.array([2, 2])) == 0


def test_the_error_of_a_mean_is_the_worked_example():
    assert standardized_difference(3.4, 3.1, 1.2) == pytest.approx(0.25)


# what the estimators promise over many samples


@pytest.mark.parametrize(("distance", "truth"), [
    (squared_distance, ((P - S) ** 2).sum()),
    (ordinal_distance, (np.cumsum(P - S)[:-1] ** 2).sum()),
])  # fmt: skip
def test_the_corrected_distance_is_unbiased(distance, truth):
    rng = np.random.default_rng(1)
    found = distance(draw(P, 200, 20_000, rng), draw(S, 150, 20_000, rng), 200, 150)
    assert abs(found.mean() - truth) < 2 * found.std() / np.sqrt(len(found))


def test_the_distance_without_the_synthetic_correction_keeps_its_noise_as_error():
    rng = np.random.default_rng(2)
    found = squared_distance(draw(P, 200, 20_000, rng), draw(S, 150, 20_000, rng), 200)
    truth = ((P - S) ** 2).sum() + (S * (1 - S)).sum() / 150
    assert abs(found.mean() - truth) < 2 * found.std() / np.sqrt(len(found))


def test_the_corrected_distance_is_unbiased_under_weights_by_their_effective_size():
    """Lognormal weights, design effect about 1.5: uncorrected too high, corrected right."""
    rng = np.random.default_rng(3)
    n, times = 300, 3000
    weights = rng.lognormal(0, 0.63, (times, n))
    effective = weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)
    chosen = rng.choice(5, (times, n), p=P)
    shares = np.stack([(weights * (chosen == k)).sum(axis=1) for k in range(5)], axis=1) / weights.sum(axis=1)[:, None]
    found = squared_distance(shares, np.broadcast_to(S, shares.shape), effective)
    truth = ((P - S) ** 2).sum()
    assert ((shares - S) ** 2).sum(axis=1).mean() > 1.1 * truth
    assert abs(found.mean() - truth) < 2 * found.std() / np.sqrt(times)


@pytest.mark.parametrize(("distance", "floor"), [
    (total_variation, total_variation_floor),
    (wasserstein, wasserstein_floor),
])  # fmt: skip
def test_the_noise_floor_is_what_two_samples_of_one_population_show(distance, floor):
    rng = np.random.default_rng(4)
    found = distance(draw(P, 200, 60_000, rng), draw(P, 250, 60_000, rng)).mean()
    assert floor(P, 200, 250) == pytest.approx(found, rel=0.01)


@pytest.mark.parametrize("size", [50, 100, 200, 400])
def test_a_sample_of_people_is_worth_its_size(size):
    rng = np.random.default_rng(size)
    populations = rng.dirichlet(np.full(5, 3.0), 25)
    error = variance = 0.0
    for _ in range(40):
        human = np.stack([rng.multinomial(1218, p) / 1218 for p in populations])
        sample = np.stack([rng.multinomial(size, p) / size for p in populations])
        error += squared_distance(human, sample, 1218).sum()
        variance += one_answer_variance(human, 1218).sum()
    assert variance / error == pytest.approx(size, rel=0.2)


def test_the_plug_in_is_less_biased_than_the_plug_in_minus_the_floor():
    """Why the floor is printed and not subtracted."""
    rng = np.random.default_rng(5)
    truth = total_variation(P, S)
    found = total_variation(draw(P, 300, 5000, rng), draw(S, 300, 5000, rng)).mean()
    assert abs(found - truth) < abs(found - total_variation_floor(P, 300, 300) - truth)


def answers(variable, data_set, shares, n, rng, name="people"):
    return data_set(*((variable(f"q{j}"), rng.choice(5, n, p=p) + 1) for j, p in enumerate(shares)), name=name)


def test_intervals_of_single_questions_cover_the_truth(variable, data_set):
    rng = np.random.default_rng(6)
    humans, synthetics = rng.dirichlet(np.full(5, 5.0), 20), rng.dirichlet(np.full(5, 5.0), 20)
    synthetics = 0.8 * humans + 0.2 * synthetics
    truth = ((humans - synthetics) ** 2).sum(axis=1)
    covered = []
    for seed in range(25):
        sides = (answers(variable, data_set, shares, 300, rng) for shares in (synthetics, humans))
        comparison = compare(*sides, seed=seed, resamples=100)
        error = noise_replicates(comparison, "synthetic").d2.std(axis=0)
        found = measure(comparison.profile("synthetic"), comparison.profile("human"), comparison.questions).d2[0]
        covered.append(np.abs(found - truth) <= 1.96 * error)
    assert np.mean(covered) >= 0.90


def test_uniform_answers_come_with_the_distance_that_two_lines_of_arithmetic_give(variable, data_set):
    human = data_set((variable("q", options=4), [1] * 30 + [2] * 10))
    comparison = compare(human, human)
    found = measure(uniform(comparison.questions), comparison.profile("human"), comparison.questions)
    assert found.tvd[0, 0] == pytest.approx(0.5)
    assert found.d[0, 0] == pytest.approx((1.5 - 0.25) / np.std([0] * 30 + [1] * 10, ddof=1), rel=1e-5)


def find(found, name, subject="all"):
    return next(check for check in found if (check.check, check.subject) == (name, subject))


def test_every_check_of_margins_has_interval_ceiling_and_a_baseline(survey):
    found = checks(compare(survey(300, 1), survey(300, 2), resamples=50))
    assert {check.scope for check in found} == {"all", "question"}
    for check in found:
        assert check.low <= check.value <= (check.high or np.inf)
        assert check.ceiling is not None
        assert "uniform" in check.baselines


def test_a_panel_that_always_agrees_fails(variable, data_set, survey):
    human = survey(400, 1)
    yes = data_set(*((variable(f"q{j}", battery="first" if j < 3 else "second"), [5] * 400) for j in range(6)))
    found = checks(compare(yes, human, resamples=50))
    assert {find(found, name).verdict for name in ("tvd", "rmse_pp", "cvm", "w1", "mean_error", "n_star")} == {"FAIL"}
    assert find(found, "n_star").value < 10


def test_what_cannot_be_told_from_people_is_worth_at_least_all_of_them(survey):
    """The rule "≥ n, not resolvable": a panel that is the human sample itself."""
    human = survey(300, 1)
    check = find(checks(compare(human, human, resamples=50)), "n_star")
    assert (check.value, check.high) == (300, None)
    assert "not resolvable" in check.words


def test_don_t_know_is_an_answer_to_margins_but_no_place_on_the_scale(variable, data_set):
    asked = variable("q", options=3, missing=1)
    human = data_set((asked, [1, 2, 3, 90] * 50))
    never = data_set((asked, [1, 2, 3, 3] * 50), name="never")
    found = checks(compare(never, human, resamples=50))
    assert find(found, "tvd", "q").value == pytest.approx(0.25)
    # among 1, 2, 3: shares ⅓ ⅓ ⅓ against ¼ ¼ ½
    assert find(found, "w1", "q").value == pytest.approx((1 / 12 + 2 / 12) / 2)


def test_numbers_are_compared_in_bins_and_by_their_mean(variable, data_set):
    rng = np.random.default_rng(0)
    age = variable("age", "numeric")
    human = data_set((age, rng.integers(18, 80, 400)))
    older = data_set((age, rng.integers(38, 100, 400)), name="older")
    found = checks(compare(older, human, resamples=50))
    assert find(found, "mean_error", "age").value == pytest.approx(20 / np.sqrt(62**2 / 12), rel=0.15)
    assert find(found, "tvd", "age").verdict == "FAIL"


def test_weights_change_the_shares(variable, data_set):
    weight = variable("weight", "numeric", role="weight")
    human = data_set((variable("q", "single", 2), [1, 2] * 50), (weight, [3, 1] * 50), weight="weight")
    assert compare(human, human).profile("human").shares[0][0].tolist() == pytest.approx([0.75, 0.25])
    assert compare(human, human).profile("human").n[0, 0] == pytest.approx(100 * 16 / 20)
