"""Stated against derived importance."""

import json

import numpy as np
import pytest
import vl_convert

from populace.analysis.drivers import key_drivers
from populace.analysis.importance import gaps, quadrant_kappa, quadrants, stated_derived, weighted_means, z_scores
from populace.errors import DataError

STATED, DERIVED = np.array([[3.0, 1.0]]), np.array([[0.2, 0.6]])


def test_gaps_and_quadrants_are_the_worked_examples():
    np.testing.assert_allclose(z_scores(np.array([[1.0, 3.0]])), [[-1, 1]])
    np.testing.assert_allclose(gaps(STATED, DERIVED), [[2, -2]])
    assert quadrants(STATED, DERIVED).tolist() == [[2, 1]]


def test_kappa_is_the_worked_example():
    assert quadrant_kappa(np.array([0, 3, 3, 0]), np.array([0, 3, 0, 0])) == pytest.approx(0.5)
    assert quadrant_kappa(np.array([3, 3]), np.array([3, 3])) is None


def test_means_leave_out_who_did_not_answer():
    values = np.array([[1.0, np.nan], [3.0, 2.0]])
    np.testing.assert_allclose(weighted_means(values, np.array([[1.0, 1], [3, 1]])), [[2, 2], [1.5, 2]])


@pytest.fixture(scope="module")
def survey(hand_made, scale):
    """Price drives and nobody says so; colour is said to matter and does not."""

    def make(n=400, price=1, colour=4):
        rng = np.random.default_rng(0)
        ratings = rng.integers(1, 6, (4, n))
        y = 1.0 * ratings[0] + 0.5 * ratings[1] + rng.standard_normal(n)
        said = [np.clip(level + rng.integers(0, 2, n), 1, 5) for level in (price, 4, colour, 1)]
        names = ("price", "service", "colour", "smell")
        return hand_made(
            (scale("liking"), np.digitize(y, [2, 3.5, 5, 6.5]) + 1),
            *((scale(name), column) for name, column in zip(names, ratings, strict=True)),
            *((scale(f"imp_{name}"), column) for name, column in zip(names, said, strict=True)),
        )

    return make


PAIRS = {name: f"imp_{name}" for name in ("price", "service", "colour", "smell")}


def test_drivers_fall_into_the_quadrants_they_were_made_for(survey):
    found = {d.name: d for d in stated_derived(survey(), "liking", PAIRS).drivers}
    assert {name: d.quadrant for name, d in found.items()} == {
        "price": "hidden",
        "service": "expected" if found["service"].derived.value < 0.25 else "key",
        "colour": "expected",
        "smell": "low",
    }
    assert found["price"].gap.high < 0 < found["colour"].gap.low and found["colour"].sure > 0.9


def test_derived_importance_is_that_of_key_drivers(survey):
    data = survey()
    shares = {d.name: d.share.value for d in key_drivers(data, "liking", list(PAIRS)).drivers}
    found = stated_derived(data, "liking", PAIRS)
    assert {d.name: d.derived.value for d in found.drivers} == pytest.approx(shares)


def test_it_prints_plots_and_exports(survey):
    found = stated_derived(survey(100), "liking", PAIRS, resamples=20)
    assert "hidden" in json.dumps(found.to_dict(), allow_nan=False) and "Agreement" in str(found)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})


def test_bad_requests_are_refused(survey, hand_made, scale):
    data = survey(60)
    with pytest.raises(DataError, match="expected driver: variable"):
        stated_derived(data, "liking", ["price"])
    with pytest.raises(DataError, match="expected 3 or more"):
        stated_derived(data, "liking", {"price": "imp_price", "colour": "imp_colour"})
    with pytest.raises(DataError, match="no variable 'imp_prise'"):
        stated_derived(data, "liking", {"price": "imp_prise"})
    same = dict.fromkeys(PAIRS, "imp_price")
    with pytest.raises(DataError, match="for every driver"):
        stated_derived(data, "liking", same)
    rng = np.random.default_rng(0)
    mixed = hand_made((scale("a"), rng.integers(1, 6, 30)), (scale("b", steps=3), rng.integers(1, 4, 30)))
    with pytest.raises(DataError, match="one scale for all"):
        stated_derived(mixed, "y", {"x": "a", "z": "b"})
