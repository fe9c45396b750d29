"""Polychoric correlations: golden values of psych and lavaan, worked tables, and answers that leave no estimate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from populace.analysis.polychoric import bivariate_normal, polychoric, polychorics, shared_steps
from populace.errors import DataError


def complete(data, names):
    return data.answers.select(names).drop_nulls().to_numpy().astype(int) - 1


def test_the_bivariate_normal_is_the_worked_example():
    assert bivariate_normal(0, 0, 0.5) == pytest.approx(1 / 3)


def test_the_bivariate_normal_is_that_of_scipy_and_knows_infinity():
    rng = np.random.default_rng(0)
    for h, k, rho in zip(*rng.normal(size=(2, 20)), rng.uniform(-0.98, 0.98, 20), strict=True):
        expected = multivariate_normal.cdf([h, k], cov=[[1, rho], [rho, 1]])
        assert bivariate_normal(h, k, rho) == pytest.approx(expected, abs=1e-9)
    assert bivariate_normal(-np.inf, 1, 0.3) == 0
    assert bivariate_normal(np.inf, 0, 0.3) == pytest.approx(0.5)
    assert bivariate_normal(0, 1, 0.3) == pytest.approx(multivariate_normal.cdf([0, 1], cov=[[1, 0.3], [0.3, 1]]))


def test_two_halved_items_are_the_worked_example():
    codes = np.array([[0, 0]] * 2 + [[1, 1]] * 2 + [[0, 1], [1, 0]])
    found = polychorics(codes, np.ones(6))
    assert found.matrix[0, 1] == pytest.approx(0.5)
    assert found.thresholds(0) == pytest.approx([0])


def test_values_of_psych(bfi, golden):
    names = [f"A{k}" for k in range(1, 6)] + [n for n in bfi.names("question") if n[0] != "A"]
    codes = complete(bfi, names)
    assert len(codes) == golden["bfi"]["n_listwise"]
    found = polychorics(codes[:, :5], np.ones(len(codes)))
    # psych stops its search at about four decimals
    assert found.matrix[0, 1] == pytest.approx(golden["bfi"]["polychoric_A1A2"], abs=5e-5)
    assert found.matrix[1, 2] == pytest.approx(golden["bfi"]["polychoric_A2A3"], abs=5e-5)
    assert found.thresholds(0) == pytest.approx(golden["bfi"]["polychoric_tau_A1"], abs=5e-6)


def test_values_and_sampling_variances_of_lavaan(bfi):
    codes = complete(bfi, [f"{trait}{k}" for trait in "AC" for k in range(1, 6)])
    n = len(codes)
    found = polychorics(codes, np.ones(n))
    assert found.matrix[0, 1:3] == pytest.approx([-0.410178, -0.323901], abs=1e-6)
    # lavaan 0.6-14, diagonal of NACOV
    expected = [0.6832960, 0.8079062, 1.1202111, 0.8140839]
    assert n * found.errors(codes, np.ones(n), np.arange(n))[0, 1:5] ** 2 == pytest.approx(expected, rel=1e-6)


@settings(max_examples=15)
@given(st.integers(0, 999))
def test_weights_are_repeated_rows_and_the_order_of_rows_says_nothing(opinions, seed):
    codes = np.vstack([opinions(60, seed, (0.7, 0.6, 0.5)) - 1, np.arange(5)[:, None] * np.ones((1, 3), dtype=int)])
    repeats = np.random.default_rng(seed).integers(1, 4, len(codes))
    weighted = polychorics(codes, repeats.astype(float)).matrix
    repeated = np.random.default_rng(seed).permutation(np.repeat(codes, repeats, axis=0))
    assert weighted == pytest.approx(polychorics(repeated, np.ones(len(repeated))).matrix, abs=1e-7)


@settings(max_examples=10)
@given(st.integers(0, 999))
def test_a_scale_read_from_its_other_end_changes_the_sign_only(opinions, seed):
    codes = opinions(400, seed, (0.7, 0.6, 0.5)) - 1
    plain = polychorics(codes, np.ones(400)).matrix
    turned = codes.copy()
    turned[:, 0] = 4 - turned[:, 0]
    signs = np.outer([-1, 1, 1], [-1, 1, 1])
    assert polychorics(turned, np.ones(400)).matrix == pytest.approx(plain * signs, abs=1e-7)


def test_standard_errors_are_the_spread_over_samples(opinions):
    values, errors = [], []
    for seed in range(150):
        codes, _ = shared_steps(opinions(250, seed, (0.8, 0.6)) - 1, ["a", "b"])
        found = polychorics(codes, np.ones(250))
        values.append(found.matrix[0, 1])
        errors.append(found.errors(codes, np.ones(250), np.arange(250))[0, 1])
    assert np.mean(values) == pytest.approx(0.48, abs=0.02)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_a_person_interviewed_twice_adds_nothing(opinions):
    codes = opinions(300, 1, (0.8, 0.6)) - 1
    once = polychorics(codes, np.ones(300)).errors(codes, np.ones(300), np.arange(300))
    twice, persons = np.vstack([codes, codes]), np.tile(np.arange(300), 2)
    assert polychorics(twice, np.ones(600)).errors(twice, np.ones(600), persons) == pytest.approx(once)


def test_one_empty_cell_of_four_leaves_an_estimate_and_two_do_not():
    one = np.array([[0, 0]] * 20 + [[1, 1]] * 20 + [[0, 1]] * 10)
    assert 0.8 < polychorics(one, np.ones(50)).matrix[0, 1] < 0.99
    two = np.array([[0, 0]] * 20 + [[1, 1]] * 20)
    assert polychorics(two, np.ones(40)).at_limit.all()


def test_empty_steps_join_their_neighbour():
    codes, notes = shared_steps(np.array([[0, 0], [1, 1], [3, 2], [-1, 0]]), ["a", "b"])
    assert codes[:, 0].tolist() == [0, 1, 2, -1]
    assert len(notes) == 1 and notes[0].startswith("a: a step")
    groups = np.array([0, 0, 1, 1])
    merged, _ = shared_steps(np.array([[0], [1], [1], [2]]), ["a"], np.zeros(4, dtype=int))
    assert merged[:, 0].tolist() == [0, 1, 1, 2]
    with pytest.raises(DataError, match="'a' has fewer than two steps that every group uses"):
        shared_steps(np.array([[0], [1], [1], [2]]), ["a"], groups)


def test_the_result_has_every_pair_with_its_interval(battery, opinions):
    steps = opinions(500, 2, (0.8, 0.8, 0.8)).astype(float)
    steps[:50, 0] = np.nan
    found = polychoric(battery(steps), ["q0", "q1", "q2"])
    estimate = found.correlation("q0", "q1")
    assert estimate.low < 0.64 < estimate.high and estimate.n == 450
    assert found.correlation("q1", "q2").n == 500
    # answers are cut at few steps, which weakens Pearson's
    assert found.pearson[0, 1] < estimate.value
    table, thresholds = found.tables()
    assert len(table.rows) == 3 and thresholds.rows[0][1].count(",") == 3
    assert found.chart()["data"]["values"]


def test_items_that_are_the_same_have_no_estimate(battery, opinions):
    steps = opinions(100, 2, (0.8, 0.8))
    found = polychoric(battery(np.column_stack([steps, steps[:, 0]])), ["q0", "q1", "q2"])
    assert found.correlation("q0", "q2") is None
    assert "q0 – q2: the answers fit a perfect relation" in " ".join(found.notes())


def test_numbers_have_no_steps(hand_made, number):
    data = hand_made((number("age"), list(range(20))), (number("income"), list(range(20, 0, -1))))
    with pytest.raises(DataError, match="numeric and has no steps"):
        polychoric(data, ["age", "income"])
