"""Prices: crossings worked by hand, planted demand curves, and what cannot be computed."""

import json

import numpy as np
import polars as pl
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.pricing import crossing, gabor_granger, monotone, sensitivity_curves, trial, van_westendorp
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import DataError
from populace.survey.scale import Option

FIVE = tuple(Option(code, f"{code}") for code in range(1, 6))
YES = (Option(0, "No"), Option(1, "Yes"), Option(9, "Don't know", missing=True))
NAMES = ("too_cheap", "cheap", "expensive", "too_expensive")


def meter(prices, weights=None, intent=None):
    """A data set of four price questions, (n, 4)."""
    prices = np.asarray(prices, dtype=float)
    columns = {"respondent_id": np.arange(len(prices)), **{name: prices[:, j] for j, name in enumerate(NAMES)}}
    variables = [Variable(name, name, "numeric") for name in NAMES]
    if intent is not None:
        columns |= {"i1": intent[:, 0], "i2": intent[:, 1]}
        variables += [Variable(name, name, "ordinal", FIVE) for name in ("i1", "i2")]
    if weights is not None:
        columns["w"] = weights
        variables.append(Variable("w", "Weight", "numeric", role="weight"))
    return DataSet(
        pl.DataFrame(columns),
        Codebook("p", "Prices", tuple(variables), {"weight": "w" if weights is not None else None}),
    )


def answers(n=400, seed=0):
    rng = np.random.default_rng(seed)
    middle = np.exp(rng.normal(2.3, 0.3, n))
    return np.round(middle[:, None] * [0.5, 0.8, 1.25, 2.0] * np.exp(rng.normal(0, 0.05, (n, 4))), 2)


def test_curves_count_people_from_the_price_up_or_down():
    prices = np.array([[1.0, 3, 6, 8], [2, 5, 7, 9]])
    curves = sensitivity_curves(prices, np.ones((1, 2)), np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9]))[:, 0]
    assert curves[0].tolist() == [1, 0.5, 0, 0, 0, 0, 0, 0, 0]
    assert curves[1, 3] == 0.5
    assert curves[2].tolist() == [0, 0, 0, 0, 0, 0.5, 1, 1, 1]
    assert curves[3].tolist() == [0, 0, 0, 0, 0, 0, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("falling", "rising", "price"),
    [
        ([1, 0], [0, 1], 1.5),
        ([0.8, 0.2], [0.2, 0.4], 1.75),
        ([1, 0.5, 0], [0, 0.5, 1], 2.0),
        ([1, 0.5, 0.5, 0], [0, 0.5, 0.5, 1], 2.5),
        ([1, 1], [0, 0.5], None),
        ([0, 0], [0, 1], None),
    ],
)
def test_curves_cross_where_worked_by_hand(falling, rising, price):
    grid = np.arange(1.0, len(falling) + 1)
    assert crossing(grid, np.array(falling), np.array(rising)) == price


def test_points_stand_in_the_order_that_theory_says():
    found = van_westendorp(meter(answers()), *NAMES)
    values = {name: e.value for name, e in found.points.items()}
    assert values["marginal cheapness"] < values["optimal"] < values["marginal expensiveness"]
    assert values["marginal cheapness"] < values["indifference"] < values["marginal expensiveness"]
    assert all(e.low < e.value < e.high and e.n == 400 for e in found.points.values())


def test_points_of_a_symmetric_scale_are_its_middle():
    """Prices in logarithms lie symmetrically around ln 10: all curves meet in pairs around 10."""
    middle = 10 * np.exp(np.linspace(-0.5, 0.5, 2001))
    found = van_westendorp(meter(np.outer(middle, [0.5, 0.8, 1.25, 2.0])), *NAMES, resamples=20)
    assert found.points["indifference"].value == pytest.approx(10, rel=2e-3)
    assert found.points["marginal cheapness"].value == pytest.approx(10 * np.sqrt(0.4), rel=2e-3)
    assert found.points["marginal expensiveness"].value == pytest.approx(10 * np.sqrt(2.5), rel=2e-3)


def test_the_interval_of_a_point_covers_as_often_as_it_says():
    truth = van_westendorp(meter(answers(20000, 99)), *NAMES, resamples=20).points["indifference"].value
    hits = 0
    for seed in range(40):
        point = van_westendorp(meter(answers(150, seed)), *NAMES, resamples=100).points["indifference"]
        hits += point.low <= truth <= point.high
    assert hits >= 34


def test_twice_the_price_is_twice_every_point():
    one, two = (van_westendorp(meter(k * answers()), *NAMES, resamples=20) for k in (1, 2))
    assert two.points["optimal"].value == pytest.approx(2 * one.points["optimal"].value)


@given(st.permutations(range(12)))
def test_the_order_of_people_does_not_matter(order):
    prices = answers(12)
    one, two = (van_westendorp(meter(prices[list(rows)]), *NAMES, resamples=20) for rows in (range(12), order))
    assert one.points["optimal"].value == pytest.approx(two.points["optimal"].value)


def test_a_weight_of_two_is_a_person_counted_twice():
    prices = answers(30)
    weighted = van_westendorp(meter(prices, np.r_[2.0, np.ones(29)]), *NAMES, resamples=20)
    doubled = van_westendorp(meter(np.vstack([prices, prices[:1]])), *NAMES, resamples=20)
    assert weighted.points["indifference"].value == pytest.approx(doubled.points["indifference"].value)


def test_people_whose_prices_contradict_one_another_are_counted():
    prices = answers(50)
    prices[0] = [9, 5, 3, 1]
    found = van_westendorp(meter(prices), *NAMES)
    assert found.n == 49
    assert "1 of 50 interviews (2%) left out: prices out of order." in found.notes()


def test_curves_that_do_not_cross_have_no_price_and_a_reason():
    """Everybody names one and the same price four times."""
    found = van_westendorp(meter(np.full((20, 4), 5.0)), *NAMES)
    assert set(found.points.values()) == {None}
    assert any("No price of optimal" in note for note in found.notes())
    assert "–" in str(found)


def test_trial_is_the_worked_example():
    assert trial(np.array([[1.0, 2, 4, 5]]), np.array([[0.7, 0.3]]), np.array([1.0, 2, 3, 4, 5]))[0] == pytest.approx(
        [0, 0.7, 0.5, 0.3, 0]
    )


def test_trial_of_equal_prices_keeps_the_chances_of_buying():
    assert trial(np.array([[2.0, 2, 4, 4]]), np.array([[0.7, 0.3]]), np.array([1.0, 2, 4, 5]))[0] == pytest.approx(
        [0, 0.7, 0.3, 0], abs=1e-6
    )


def test_intentions_give_prices_of_highest_trial_and_revenue():
    prices = np.tile([5.0, 10, 20, 30], (50, 1)) + np.arange(50)[:, None] / 100
    intent = np.tile([5, 3], (50, 1))
    found = van_westendorp(meter(prices, intent=intent), *NAMES, intent=("i1", "i2"))
    assert found.optima["highest trial"].value == pytest.approx(10.4, abs=0.5)
    assert found.trial.max() == pytest.approx(0.7, abs=0.03)
    # between the cheap price c and the expensive one p(.7 − .04(p − c)) is highest at (.7 + .04c)/.08, c = 10.245
    assert found.optima["highest revenue"].value == pytest.approx(13.87, abs=0.15)


def test_an_intention_needs_a_chance_for_every_answer():
    with pytest.raises(DataError, match="5 answers and the calibration 2"):
        van_westendorp(
            meter(answers(20), intent=np.full((20, 2), 3)), *NAMES, intent=("i1", "i2"), calibration=(0.0, 1.0)
        )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[:, ::-1], "have prices in order"),
        (lambda p: np.full_like(p, np.nan), "have an answer to all"),
    ],
)
def test_prices_that_cannot_be_used_are_refused(spoil, message):
    with pytest.raises(DataError, match=message):
        van_westendorp(meter(spoil(answers(30))), *NAMES)


def test_a_price_question_must_be_numeric():
    with pytest.raises(DataError, match="not numeric"):
        van_westendorp(meter(answers(20), intent=np.full((20, 2), 3)), "i1", *NAMES[1:])


# ------------------------------------------------------------------------------------------- Gabor-Granger


def ladder(highest, prices=(4, 6, 8, 10, 12), weights=None, extra=()):
    """Yes to every price up to one's own."""
    highest = np.asarray(highest, dtype=float)
    columns = {"respondent_id": np.arange(len(highest)), "most": highest}
    columns |= {f"at{p}": (highest >= p).astype(int) for p in prices} | dict(extra)
    variables = [Variable("most", "Highest price", "numeric")]
    variables += [Variable(f"at{p}", f"At {p}?", "single", YES) for p in prices]
    if weights is not None:
        columns["w"] = weights
        variables.append(Variable("w", "Weight", "numeric", role="weight"))
    book = Codebook("g", "Ladder", tuple(variables), {"weight": "w" if weights is not None else None})
    return DataSet(pl.DataFrame(columns), book)


ASKED = {f"at{p}": p for p in (4, 6, 8, 10, 12)}
#: 10 people: 10 buy at 4, 8 at 6, 7 at 8, 3 at 10, 1 at 12
TEN = [4, 4, 6, 8, 8, 8, 8, 10, 10, 12]


def test_demand_and_revenue_are_worked_by_hand():
    found = gabor_granger(ladder(TEN), ASKED)
    assert [e.value for e in found.demand] == pytest.approx([1, 0.8, 0.7, 0.3, 0.1])
    assert [e.value for e in found.revenue] == pytest.approx([4, 4.8, 5.6, 3.0, 1.2])
    assert found.optimum.value == 8 and found.optimum.low <= 8 <= found.optimum.high
    assert sum(found.contenders.values()) == pytest.approx(1)


def test_a_unit_cost_moves_the_optimum_up():
    found = gabor_granger(ladder(TEN), ASKED, cost=3.0)
    assert [e.value for e in found.revenue] == pytest.approx([1, 2.4, 3.5, 2.1, 0.9])
    assert "profit" in str(found)


def test_the_highest_price_says_the_same_as_a_ladder():
    one, two = gabor_granger(ladder(TEN), ASKED), gabor_granger(ladder(TEN), highest="most")
    assert two.prices == one.prices
    assert [e.value for e in two.demand] == pytest.approx([e.value for e in one.demand])


def test_a_planted_demand_curve_has_its_optimum():
    """Willingness uniform on 0 … 20: demand 1 − p/20, revenue highest at 10."""
    rng = np.random.default_rng(0)
    prices = tuple(range(2, 20, 2))
    found = gabor_granger(ladder(rng.uniform(0, 20, 2000), prices), {f"at{p}": p for p in prices})
    assert found.optimum.low <= 10 <= found.optimum.high
    assert [e.value for e in found.demand] == pytest.approx([1 - p / 20 for p in prices], abs=0.03)
    assert all(e.low <= 1 - p / 20 <= e.high for e, p in zip(found.demand, prices, strict=True))


def test_smoothing_is_the_worked_example():
    assert monotone(np.array([0.6, 0.3, 0.5]), np.ones(3)) == pytest.approx([0.6, 0.4, 0.4])


def test_elasticity_is_the_worked_example():
    two = ladder([1, 1, 1, 2, 2, 2, 0.5, 0.5, 0.5, 0.5], (1, 2))
    found = gabor_granger(two, {"at1": 1, "at2": 2})
    assert found.tables()[1].rows[1][4] == pytest.approx(-1)


def test_people_not_asked_a_price_do_not_count_there():
    data = ladder(TEN)
    some = data.answers.with_columns(at4=pl.when(pl.col("respondent_id") > 1).then("at4"))
    found = gabor_granger(DataSet(some, data.codebook), ASKED)
    assert found.bought[0].value == 1
    assert found.n == 10


def test_dont_know_is_not_buying():
    data = ladder(TEN, extra={"at4": [9, *[1] * 9]})
    assert gabor_granger(data, ASKED).bought[0].value == pytest.approx(0.9)


def test_weights_count():
    heavy = gabor_granger(ladder(TEN, weights=[1.0] * 9 + [10.0]), ASKED)
    assert heavy.demand[-1].value == pytest.approx(10 / 19)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one"),
        ({"prices": ASKED, "highest": "most"}, "give one"),
        ({"prices": {"at4": 4}}, "two different ones"),
        ({"prices": {"at4": 4, "at6": 4}}, "two different ones"),
        ({"prices": {"at4": -1, "at6": 4}}, "not above zero"),
        ({"prices": {"att4": 4, "at6": 6}}, "did you mean 'at4'"),
        ({"prices": {"most": 4, "at6": 6}}, "expected options"),
        ({"prices": ASKED, "buy": [7]}, "none of the codes 7"),
        ({"highest": "at4"}, "not numeric"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(arguments, message):
    with pytest.raises(DataError, match=message):
        gabor_granger(ladder(TEN), **arguments)


def test_nobody_asked_is_refused():
    data = ladder(TEN)
    none = data.answers.with_columns(at4=pl.lit(None, dtype=pl.Int64))
    with pytest.raises(DataError, match="nobody was asked price 4"):
        gabor_granger(DataSet(none, data.codebook), ASKED)


def test_results_print_plot_and_export():
    for found in (gabor_granger(ladder(TEN), ASKED), van_westendorp(meter(answers(40)), *NAMES)):
        assert "price" in str(found)
        json.dumps(found.to_dict(), allow_nan=False)
        assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})
