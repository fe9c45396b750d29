"""R² divided among drivers: R's values, worked examples, and what must not matter."""

import csv
import json
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.decomposition import (
    correlations,
    decompose_linear,
    decompose_logistic,
    random_orders,
    relative_weights,
    sampled_shapley,
    shapley,
    shapley_coefficients,
    subset_r2,
    subsets,
)


@pytest.fixture(scope="module")
def golden(corpora):
    return json.loads((corpora / "reference" / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(corpora):
    """Numbers of a reference file, outcome last."""

    def give(name):
        lines = (corpora / "reference" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        rows = np.array([row[1:] for row in csv.reader(lines[1:])], dtype=float)
        return np.column_stack([rows[:, 1:], rows[:, 0]])

    return give


def once(columns):
    return correlations(columns, np.ones((1, len(columns))))


@pytest.mark.parametrize(("name", "key"), [("swiss", "swiss_Fertility"), ("attitude", "attitude_rating")])
def test_lmg_and_relative_weights_are_those_of_r(golden, table, name, key):
    matrix, known = once(table(name)), golden[key]
    assert shapley(matrix).sum() == pytest.approx(known["R2"], abs=1e-6)
    assert shapley(matrix)[0] == pytest.approx(list(known["lmg"].values()), abs=1e-8)
    assert relative_weights(matrix)[0] == pytest.approx(list(known["johnson_rw"].values()), abs=1e-8)


def test_first_last_and_coefficients_are_those_of_r(golden, table):
    columns, known = table("swiss"), golden["swiss_Fertility"]
    parts = decompose_linear(columns[:, :-1], columns[:, -1], np.ones((1, len(columns))))
    assert parts.first[0] == pytest.approx(known["first"], abs=1e-8)
    assert parts.last[0] == pytest.approx(known["last"], abs=1e-8)
    # Pratt's measure is coefficient times correlation
    assert parts.coefficients[0] * once(columns)[0, -1, :-1] == pytest.approx(known["pratt"], abs=1e-7)


def test_with_two_drivers_relative_weights_are_lmg(table):
    matrix = once(table("swiss")[:, [2, 3, 5]])
    assert shapley(matrix)[0] == pytest.approx([0.4000596, 0.1744475], abs=1e-7)
    assert relative_weights(matrix)[0] == pytest.approx(shapley(matrix)[0], abs=1e-12)


def mtcars():
    """Correlations of mpg and drivers from their published moments, to seven figures (Henderson & Velleman 1981)."""
    names = ("cyl", "disp", "hp", "gear", "am", "vs", "mpg")
    upper = {
        ("cyl", "disp"): 0.9020329, ("cyl", "hp"): 0.8324475, ("cyl", "gear"): -0.4926866, ("cyl", "am"): -0.5226070,
        ("cyl", "vs"): -0.8108118, ("cyl", "mpg"): -0.8521620, ("disp", "hp"): 0.7909486,
        ("disp", "gear"): -0.5555692, ("disp", "mpg"): -0.8475514, ("hp", "gear"): -0.1257043,
        ("hp", "mpg"): -0.7761684, ("gear", "mpg"): 0.4802848, ("am", "vs"): 0.1683451, ("am", "mpg"): 0.5998324,
        ("vs", "mpg"): 0.6640389,
    }  # fmt: skip

    def pick(*chosen):
        size = len(chosen)
        value = {(a, a): 1.0 for a in names} | upper | {(b, a): r for (a, b), r in upper.items()}
        return np.array([value[a, b] for a in chosen for b in chosen]).reshape(1, size, size)

    return pick


def test_relative_weights_and_general_dominance_of_mtcars(golden):
    known = golden["mtcars"]
    found = relative_weights(mtcars()("cyl", "disp", "hp", "gear", "mpg"))[0]
    assert found == pytest.approx([known["rw_mpg"][name] for name in ("cyl", "disp", "hp", "gear")], abs=2e-6)
    found = shapley(mtcars()("am", "vs", "cyl", "mpg"))[0]
    assert found == pytest.approx(
        [known["general_dominance_mpg_am_vs_cyl"][name] for name in ("am", "vs", "cyl")], abs=2e-6
    )


def test_two_like_drivers_share_as_in_the_worked_example():
    matrix = np.array([[[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]])
    assert shapley(matrix)[0] == pytest.approx([1 / 6, 1 / 6])


def test_weights_of_one_driver_give_its_r2():
    np.testing.assert_array_equal(shapley_coefficients(1), [[-1], [1]])


def by_all_orders(matrix, blocks):
    p = int(blocks.max()) + 1
    r2 = dict(zip(map(tuple, subsets(p)), subset_r2(matrix, blocks)[0], strict=True))
    total = np.zeros(p)
    for order in permutations(range(p)):
        inside = np.zeros(p, dtype=bool)
        for j in order:
            before = r2[tuple(inside)]
            inside[j] = True
            total[j] += r2[tuple(inside)] - before
    return total / len(list(permutations(range(p))))


def made(seed, n=60, q=4):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, q + 1)) @ (np.eye(q + 1) + rng.uniform(-0.7, 0.7, (q + 1, q + 1)))


@given(st.integers(0, 10_000))
def test_lmg_is_the_mean_over_all_orders_and_sums_to_r2(seed):
    matrix, blocks = once(made(seed)), np.array([0, 0, 1, 2])
    found = shapley(matrix, blocks)[0]
    assert found == pytest.approx(by_all_orders(matrix, blocks), abs=1e-10)
    assert found.sum() == pytest.approx(subset_r2(matrix, blocks)[0, -1])


@given(st.integers(0, 10_000))
def test_the_order_of_rows_drivers_and_signs_does_not_matter(seed):
    columns, rng = made(seed), np.random.default_rng(seed)
    order = rng.permutation(4)
    turned = columns[rng.permutation(60)][:, [*order, 4]] * rng.choice([-3.0, 2.0], 5)
    for divide in (shapley, relative_weights):
        assert divide(once(turned))[0] == pytest.approx(divide(once(columns))[0][order], abs=1e-9)


@given(st.integers(0, 10_000))
def test_weights_are_rows_repeated(seed):
    columns, times = made(seed), np.random.default_rng(seed).integers(1, 4, 60)
    repeated = once(np.repeat(columns, times, axis=0))
    weighted = correlations(columns, times[None].astype(float))
    assert shapley(weighted)[0] == pytest.approx(shapley(repeated)[0], abs=1e-10)


def test_drivers_that_have_nothing_in_common_have_their_own_r2():
    matrix = np.eye(4)[None].copy()
    matrix[0, :3, 3] = matrix[0, 3, :3] = 0.3, -0.4, 0.5
    for divide in (shapley, relative_weights):
        assert divide(matrix)[0] == pytest.approx([0.09, 0.16, 0.25])


def test_a_driver_given_twice_takes_half_each():
    columns = made(3)
    doubled = np.column_stack([columns[:, 0], columns])
    found = shapley(once(doubled))[0]
    assert found[0] == pytest.approx(found[1]) and found.sum() == pytest.approx(shapley(once(columns))[0].sum())
    assert relative_weights(once(doubled))[0].sum() == pytest.approx(found.sum())


def test_all_orders_sampled_are_lmg_and_few_say_how_wrong_they_are():
    matrix = once(made(5))
    every = np.array(list(permutations(range(4))))
    paired = np.stack([every, every[:, ::-1]], axis=1).reshape(-1, 4)
    assert sampled_shapley(matrix, paired)[0][0] == pytest.approx(shapley(matrix)[0])
    matrix = once(made(6, n=200, q=12))
    found, error = sampled_shapley(matrix, random_orders(12, 400))
    assert (np.abs(found - shapley(matrix))[0] < 4 * error + 1e-12).all()
    assert (error < 0.02).all()


def test_beyond_the_limit_orders_are_sampled_and_the_error_is_told():
    columns = made(7, n=150, q=6)
    weights = np.random.default_rng(0).multinomial(150, np.full(150, 1 / 150), size=21).astype(float)
    weights[0] = 1
    exact = decompose_linear(columns[:, :-1], columns[:, -1], weights)
    drawn = decompose_linear(columns[:, :-1], columns[:, -1], weights, exact=3, orders=600)
    assert exact.sampling_error is None
    assert (np.abs(drawn.shapley[0] - exact.shapley[0]) < 5 * drawn.sampling_error + 1e-12).all()
    assert drawn.shapley[:, :].sum(axis=1) == pytest.approx(drawn.r2, abs=1e-8)


def outcome(columns):
    return (columns[:, -1] > np.median(columns[:, -1])).astype(float)


def test_a_logistic_outcome_divides_mcfaddens_r2():
    columns, y = made(8, n=120), outcome(made(8, n=120))
    weights = np.vstack([np.ones(120), np.random.default_rng(1).multinomial(120, np.full(120, 1 / 120), size=20)])
    parts = decompose_logistic(columns[:, :-1], y, weights)
    assert parts.shapley.sum(axis=1) == pytest.approx(parts.r2)
    assert parts.relative.sum(axis=1) == pytest.approx(parts.r2)
    drawn = decompose_logistic(columns[:, :-1], y, weights, exact=2, orders=200)
    assert (np.abs(drawn.shapley[0] - parts.shapley[0]) < 5 * drawn.sampling_error + 1e-12).all()
    assert drawn.first == pytest.approx(parts.first) and drawn.last == pytest.approx(parts.last)


def test_which_of_two_outcomes_counts_does_not_matter():
    columns, y = made(9, n=100), outcome(made(9, n=100))
    weights = np.ones((2, 100))
    one, other = (decompose_logistic(columns[:, :-1], side, weights) for side in (y, 1 - y))
    assert one.shapley == pytest.approx(other.shapley, abs=1e-8)
    assert one.coefficients == pytest.approx(-other.coefficients, abs=1e-6)


def test_noise_explains_one_nth():
    rng = np.random.default_rng(0)
    columns = rng.standard_normal((200, 4))
    parts = decompose_linear(columns[:, :3], columns[:, 3], np.ones((401, 200)))
    assert parts.noise.mean() == pytest.approx(1 / 199, rel=0.25)
