"""Reliability: values of psych and semTools, worked examples, turned items, and scales too short for a measure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populace.analysis.items import correlations, covariances, items_of
from populace.analysis.reliability import (
    alpha,
    alpha_without,
    item_rest,
    omega_hierarchical,
    omega_total,
    reliability,
    schmid_leiman,
    standardized_alpha,
)
from populace.errors import DataError

PAIR = np.array([[1, 0.5], [0.5, 1]])
TRIPLE = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
#: correlations of nine ability tests (Thurstone & Thurstone 1941, as printed by McDonald 1999)
THURSTONE = """.828 .776 .779 .439 .493 .460 .432 .464 .425 .674 .447 .489 .443 .590 .541 .447 .432 .401
.381 .402 .288 .541 .537 .534 .350 .367 .320 .555 .380 .358 .359 .424 .446 .325 .598 .452"""


@pytest.fixture(scope="module")
def thurstone():
    matrix = np.zeros((9, 9))
    matrix[np.tril_indices(9, -1)] = [float(value) for value in THURSTONE.split()]
    return matrix + matrix.T + np.eye(9)


def turned(data, golden, trait):
    names = [f"{trait}{k}" for k in range(1, 6)]
    return items_of(data, names, [name for name in golden["bfi"]["reversed"] if name in names])


@pytest.mark.parametrize("trait", "ACENO")
def test_values_of_psych(bfi, golden, trait):
    items, expected = turned(bfi, golden, trait), golden["bfi"]
    assert alpha(covariances(items.values, items.weights)) == pytest.approx(
        expected["alpha_raw_pairwise"][trait], abs=6e-6
    )
    assert standardized_alpha(correlations(items.values, items.weights)) == pytest.approx(
        expected["alpha_std_pairwise"][trait], abs=6e-6
    )
    complete = items.complete()
    n, value = expected["alpha_raw_listwise_per_scale"][trait]
    assert complete.n == n
    assert alpha(covariances(complete.values, complete.weights)) == pytest.approx(value, abs=1e-6)
    omega = omega_total(correlations(complete.values, complete.weights))
    assert omega == pytest.approx(expected["omega_total_1factor_minres_listwise"][trait], abs=2e-6)


def test_values_of_the_attitude_survey(corpora, golden):
    lines = (corpora / "reference" / "attitude.csv").read_text(encoding="utf-8").splitlines()[1:]
    scores = np.array([[float(cell) for cell in line.split(",")[1:]] for line in lines])
    weights = np.ones(len(scores))
    found = alpha(covariances(scores, weights)), standardized_alpha(correlations(scores, weights))
    assert found == pytest.approx(golden["attitude_rating"]["alpha"], abs=1e-7)


def test_omegas_of_thurstone(thurstone, golden):
    hierarchical, total, proper = omega_hierarchical(thurstone)
    expected = golden["thurstone_omega"]
    assert proper
    # psych's minres stops at about six decimals
    assert hierarchical == pytest.approx(expected["omega_h"], abs=5e-6)
    assert total == pytest.approx(expected["omega_t"], abs=5e-6)
    assert alpha(thurstone) == pytest.approx(expected["alpha"], abs=1e-6)


def test_general_and_group_loadings_give_the_communalities_back(thurstone):
    general, group, _ = schmid_leiman(thurstone)
    from populace.analysis.extraction import extract

    communalities = 1 - extract(thurstone, 3).uniqueness
    assert general**2 + (group**2).sum(axis=1) == pytest.approx(communalities, abs=1e-3)


def test_omega_hierarchical_does_not_mind_which_end_an_item_has(thurstone):
    signs = np.array([1, -1, 1, 1, -1, 1, 1, 1, 1])
    assert omega_hierarchical(thurstone * np.outer(signs, signs))[0] == pytest.approx(0.736, abs=1e-3)


def test_worked_examples():
    assert alpha(PAIR) == pytest.approx(2 / 3)
    assert standardized_alpha(TRIPLE) == pytest.approx(0.75)
    assert item_rest(PAIR) == pytest.approx([0.5, 0.5])
    assert alpha_without(TRIPLE) == pytest.approx([2 / 3] * 3)
    loadings = np.array([0.8, 0.6, 0.5])
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1)
    assert omega_total(matrix) == pytest.approx(0.674, abs=1e-3)


@settings(max_examples=20)
@given(st.integers(0, 999))
def test_the_order_of_people_and_items_says_nothing(opinions, seed):
    steps = opinions(80, seed).astype(float)
    order, places = np.random.default_rng(seed).permutation(80), np.random.default_rng(seed).permutation(4)
    plain, mixed = (covariances(part, np.ones(80)) for part in (steps, steps[order][:, places]))
    assert alpha(mixed) == pytest.approx(alpha(plain))
    assert item_rest(mixed) == pytest.approx(item_rest(plain)[places])


def test_a_scale_has_all_measures_with_intervals(battery, opinions):
    steps = opinions(300, 4, (0.8, 0.7, 0.7, 0.6), factors=2, correlation=0.6)
    names = [f"q{j}" for j in range(8)]
    (scale,) = reliability(battery(steps), {"both": names}, resamples=30).scales
    for measure in (scale.alpha, scale.standardized, scale.ordinal, scale.omega_total, *scale.item_rest):
        assert measure.low <= measure.value <= measure.high and measure.n == 300
    # rough steps hide part of the reliability
    assert scale.ordinal.value > scale.alpha.value
    assert all(without.value < scale.alpha.value for without in scale.without)


def test_batteries_are_taken_where_no_scale_is_named(bfi):
    found = reliability(bfi.keep([f"N{k}" for k in range(1, 6)]), resamples=20)
    assert [scale.name for scale in found.scales] == ["N"]
    assert "omega hierarchical expects 6 items" in " ".join(found.notes())
    assert found.scales[0].omega_hierarchical is None
    table, items = found.tables()
    assert table.rows[0][-1] is None and len(items.rows) == 5
    assert found.chart()["data"]["values"][0]["name"] == "N"


def test_an_item_that_runs_against_the_rest_is_named_and_can_be_turned(battery, opinions):
    steps = opinions(300, 4)
    steps[:, 2] = 6 - steps[:, 2]
    data, names = battery(steps), [f"q{j}" for j in range(4)]
    found = reliability(data, names, resamples=20)
    assert "q2 runs against the rest" in " ".join(found.notes())
    right = reliability(data, names, reverse=["q2"], resamples=20)
    assert right.scales[0].alpha.value > found.scales[0].alpha.value + 0.2


def test_weights_change_the_figures_as_repeated_people_would(battery, opinions):
    steps = opinions(200, 5)
    weights = np.where(np.arange(200) < 100, 3.0, 0.0)
    names = [f"q{j}" for j in range(4)]
    half = reliability(battery(steps[:100]), names, resamples=20).scales[0]
    weighted = reliability(battery(steps, weights), names, resamples=20).scales[0]
    assert weighted.alpha.value == pytest.approx(half.alpha.value)
    assert weighted.ordinal.value == pytest.approx(half.ordinal.value)


def test_two_items_have_alpha_and_no_omega(battery, opinions):
    (scale,) = reliability(battery(opinions(100, 1, (0.8, 0.8))), ["q0", "q1"], resamples=20).scales
    assert scale.alpha.value > 0.4 and scale.omega_total is None and scale.without == (None, None)


def test_numbers_have_no_ordinal_alpha(hand_made, number):
    rng = np.random.default_rng(0)
    common = rng.normal(size=100)
    pairs = [(number(f"x{k}"), (common + rng.normal(size=100)).tolist()) for k in range(3)]
    found = reliability(hand_made(*pairs), ["x0", "x1", "x2"], resamples=20)
    assert found.scales[0].ordinal is None and "ordinal alpha expects ordered options" in " ".join(found.notes())


def test_what_cannot_be_done_is_named(battery, opinions):
    data = battery(opinions(100, 1))
    with pytest.raises(DataError, match="no battery of three items"):
        reliability(data)
    with pytest.raises(DataError, match="'reverse' names 'q9'"):
        reliability(data, ["q0", "q1"], reverse=["q9"])
