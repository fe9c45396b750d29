"""Key drivers of data sets: what is reported, what is refused, and what must not matter."""

import json
import warnings

import numpy as np
import pytest
import vl_convert

from populace.analysis.drivers import key_drivers
from populace.errors import DataError


@pytest.fixture(scope="module")
def survey(hand_made, scale, choice, number):
    """300 people whose satisfaction follows price and service, not colour; towns differ."""

    def make(n=300, seed=0, **named):
        rng = np.random.default_rng(seed)
        price, service = rng.integers(1, 6, n), rng.integers(1, 6, n)
        town = rng.choice(["north", "south", "west"], n)
        liking = 0.8 * price + 0.4 * service + 1.0 * (town == "west") + rng.standard_normal(n)
        return hand_made(
            (scale("price"), price),
            (scale("service"), service),
            (scale("colour"), rng.integers(1, 6, n)),
            (choice("town", "north", "south", "west"), town),
            (scale("liking"), np.digitize(liking, [2.5, 3.5, 4.5, 5.5]) + 1),
            (choice("buys", "no", "yes"), np.where(liking > 4, "yes", "no")),
            (number("w", "weight"), rng.uniform(0.5, 2, n)),
            **named,
        )

    return make


NAMES = ["colour", "price", "service", "town"]


def test_drivers_come_in_the_order_of_their_importance(survey):
    found = key_drivers(survey(), "liking", NAMES)
    assert [driver.name for driver in found.drivers][:2] == ["price", "service"]
    assert sum(driver.importance.value for driver in found.drivers) == pytest.approx(found.r2.value)
    assert sum(driver.share.value for driver in found.drivers) == pytest.approx(1)
    clear = {driver.name: driver.clear for driver in found.drivers}
    assert clear == {"price": True, "service": True, "town": True, "colour": False}
    for driver in found.drivers:
        assert driver.importance.low <= driver.importance.value <= driver.importance.high


def test_a_driver_with_options_without_order_counts_as_one(survey):
    found = {driver.name: driver for driver in key_drivers(survey(), "liking", NAMES).drivers}
    assert found["town"].coefficient is None and found["price"].coefficient.low > 0


def test_an_outcome_of_two_options_is_divided_by_its_likelihood(survey):
    found = key_drivers(survey(), "buys", NAMES)
    assert found.kind == "logistic" and found.drivers[0].name == "price"
    assert found.drivers[0].coefficient.value > 0 and found.adjusted_r2 is None
    assert "McFadden" in str(found) and "buys = yes" in str(found)


def test_an_event_is_named_by_codes(survey):
    found = key_drivers(survey(), "liking", ["price", "service"], event=[4, 5])
    assert found.kind == "logistic" and "step 4, step 5" in found.remarks[0]
    turned = key_drivers(survey(), "liking", ["price", "service"], event=[1, 2, 3])
    assert turned.r2.value == pytest.approx(found.r2.value)
    assert turned.drivers[0].coefficient.value == pytest.approx(-found.drivers[0].coefficient.value)


def test_weights_and_their_effective_number_are_used(survey):
    plain, weighted = (key_drivers(survey(**named), "liking", NAMES) for named in ({}, {"weight": "w"}))
    assert plain.r2.n == 300 and 200 < weighted.r2.n < 290
    assert plain.r2.value != weighted.r2.value


def test_the_same_seed_gives_the_same_figures(survey):
    one, same, other = (key_drivers(survey(), "liking", NAMES, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one.drivers[0].importance.low != other.drivers[0].importance.low


def test_it_prints_plots_and_exports(survey):
    found = key_drivers(survey(n=80), "liking", NAMES, resamples=20)
    assert "random noise" in json.dumps(found.to_dict(), allow_nan=False)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})
    assert "sampling error" in str(found)


def test_many_drivers_are_sampled_and_say_so(survey):
    found = key_drivers(survey(), "liking", NAMES, exact=2, orders=200, resamples=20)
    assert found.drivers[0].sampling_error > 0 and "random orders" in str(found)
    exact = key_drivers(survey(), "liking", NAMES, resamples=20)
    assert found.drivers[0].importance.value == pytest.approx(exact.drivers[0].importance.value, abs=0.02)


def test_a_driver_that_does_not_vary_is_left_out_and_named(survey, hand_made, scale):
    rng = np.random.default_rng(1)
    data = hand_made((scale("y"), rng.integers(1, 6, 50)), (scale("a"), rng.integers(1, 6, 50)), (scale("b"), [3] * 50))
    found = key_drivers(data, "y", ["a", "b"], resamples=20)
    assert [driver.name for driver in found.drivers] == ["a"] and "gave one answer: b" in str(found)


def refusal(*args, **named):
    with pytest.raises(DataError) as caught:
        key_drivers(*args, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_bad_requests_are_refused_in_one_line(survey):
    data = survey(n=60)
    assert "among the drivers" in refusal(data, "liking", ["price", "liking"])
    assert "no variable 'prise'" in refusal(data, "liking", ["prise"])
    assert "without an order" in refusal(data, "town", ["price"])
    assert "event=[9]" in refusal(data, "liking", ["price"], event=[9])
    assert "resamples" in refusal(data, "liking", ["price"], resamples=3)


def test_an_outcome_without_variation_is_refused(hand_made, scale):
    data = hand_made((scale("y"), [3] * 30), (scale("a"), list(range(1, 6)) * 6))
    assert "one answer to 'y'" in refusal(data, "y", ["a"])


def test_too_few_people_are_refused(hand_made, scale):
    assert "0 of 1 interviews" in refusal(hand_made((scale("y"), [None]), (scale("a"), [1])), "y", ["a"])
    few = hand_made((scale("y"), [1, 2, 3, 4] * 3), (scale("a"), [1, None, 2, None] * 3))
    assert "6 of 12 interviews" in refusal(few, "y", ["a"])


def test_a_driver_that_restates_the_outcome_is_refused(hand_made, scale, choice):
    yes = np.array(["no", "yes"] * 20)
    data = hand_made((choice("buys", "no", "yes"), yes), (scale("a"), np.where(yes == "yes", 5, 2)))
    assert "perfect separation" in refusal(data, "buys", ["a"])


def test_an_answer_with_one_outcome_only_is_said_and_has_no_coefficient(hand_made, choice):
    rng = np.random.default_rng(0)
    town = np.array(["west"] * 6 + ["north", "south"] * 57)
    buys = np.where(rng.random(120) < 0.3 + 0.3 * (town == "south"), "yes", "no")
    buys[:6] = "no"
    data = hand_made((choice("buys", "no", "yes"), buys), (choice("town", "north", "south", "west"), town))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = key_drivers(data, "buys", ["town"], resamples=20)
    assert "6 interviews share an answer" in str(found) and found.drivers[0].relative_weight is None


def test_forty_options_without_order_are_one_driver(hand_made, scale, choice):
    rng = np.random.default_rng(0)
    towns = [f"town {k}" for k in range(40)]
    data = hand_made((choice("town", *towns), rng.choice(towns, 400)), (scale("y"), rng.integers(1, 6, 400)))
    found = key_drivers(data, "y", ["town"], resamples=20)
    assert len(found.drivers) == 1 and not found.drivers[0].clear
