"""Choice-based conjoint: planted part-worths, importance, willingness to pay and shares are recovered."""

import json

import numpy as np
import polars as pl
import pytest
import vl_convert

from populace.analysis.choice import Attribute
from populace.analysis.conjoint import conjoint, importance_shares, preference_shares
from populace.analysis.conjoint_fit import prior_covariance
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import DataError

#: planted means: brand A, B, C; wrap no, yes; price per unit; none against the average offer
BRAND, WRAP, PRICE, NOTHING = {"A": 1.0, "B": 0.2, "C": -1.2}, {"no": -0.4, "yes": 0.4}, -0.8, -0.5
SHORT = {"draws": 120, "burn": 400, "thin": 3}


def simulated(people=200, tasks=10, spread=0.7, seed=3, none=True):
    """Long records, and everybody's true part-worths (brand, wrap, price, none)."""
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for person in range(people):
        noise = rng.normal(0, spread, 6)
        brand = {k: v + n for (k, v), n in zip(BRAND.items(), noise[:3] - noise[:3].mean(), strict=True)}
        wrap = {"no": WRAP["no"] - noise[3] / 2, "yes": WRAP["yes"] + noise[3] / 2}
        price, nothing = PRICE + 0.3 * noise[4], NOTHING + noise[5]
        truth.append([*brand.values(), *wrap.values(), price, nothing])
        for task in range(tasks):
            offers = [
                (str(rng.choice(list(BRAND))), str(rng.choice(["no", "yes"])), float(rng.choice([1, 2, 3])))
                for _ in range(3)
            ]
            worth = [brand[b] + wrap[w] + price * (p - 2) + rng.gumbel() for b, w, p in offers]
            worth += [nothing + rng.gumbel()] if none else []
            offers += [(None, None, None)] if none else []
            rows += [(f"p{person}", task, j, int(j == np.argmax(worth)), *o) for j, o in enumerate(offers)]
    names = ["respondent_id", "task", "alternative", "chosen", "brand", "wrap", "price"]
    return pl.DataFrame(rows, schema=names, orient="row"), np.array(truth)


@pytest.fixture(scope="module")
def panel():
    return simulated()


@pytest.fixture(scope="module")
def hb(panel):
    return conjoint(panel[0], price="price", **SHORT)


@pytest.fixture(scope="module")
def logit(panel):
    return conjoint(panel[0], price="price", method="logit")


OFFERS = {
    "ours": {"brand": "A", "wrap": "yes", "price": 2.0},
    "theirs": {"brand": "B", "wrap": "no", "price": 1.0},
}


def inside(estimate, truth, slack=0.0):
    return estimate.low - slack <= truth <= estimate.high + slack


def test_planted_part_worths_are_recovered(hb, panel):
    truth = panel[1].mean(axis=0)
    found = list(hb.part_worths.values())
    assert [inside(e, t, 0.08) for e, t in zip(found, truth, strict=True)] == [True] * 7
    assert sum(e.value for e in found[:3]) == pytest.approx(0, abs=1e-6)


def test_people_are_told_apart(hb, panel):
    individual = hb.individual().drop("respondent_id").to_numpy()
    order = np.argsort([f"p{i}" for i in range(len(panel[1]))])
    truth = panel[1][order]
    r = [np.corrcoef(individual[:, k], truth[:, k])[0, 1] for k in range(7)]
    assert min(r[:5]) > 0.5 and r[6] > 0.5


def test_planted_willingness_to_pay_is_recovered(hb, panel):
    means = panel[1].mean(axis=0)
    worth = (means[4] - means[3]) / -means[5]
    estimate = hb.willingness_to_pay["wrap", "yes"]
    assert inside(estimate, worth)
    assert estimate.half_width < 0.5


def test_planted_importance_is_recovered(hb, panel):
    truth = panel[1]
    ranges = np.column_stack([np.ptp(truth[:, :3], axis=1), np.ptp(truth[:, 3:5], axis=1), 2 * np.abs(truth[:, 5])])
    wanted = (ranges / ranges.sum(axis=1, keepdims=True)).mean(axis=0)
    assert [inside(e, t, 0.02) for e, t in zip(hb.importance.values(), wanted, strict=True)] == [True] * 3
    assert sum(e.value for e in hb.importance.values()) == pytest.approx(1)


def test_planted_shares_are_recovered(hb, panel):
    truth = panel[1]
    utilities = np.column_stack([truth[:, 0] + truth[:, 4], truth[:, 1] + truth[:, 3] - truth[:, 5], truth[:, 6]])
    wanted = preference_shares(utilities).mean(axis=0)
    offers = hb.shares(OFFERS)
    assert list(offers.shares) == ["ours", "theirs", "none"]
    assert [inside(e, t, 0.01) for e, t in zip(offers.shares.values(), wanted, strict=True)] == [True] * 3
    assert sum(e.value for e in offers.shares.values()) == pytest.approx(1)


def test_individual_utilities_predict_better_than_common_ones(hb, logit):
    assert hb.holdout.hits.value > logit.holdout.hits.value > logit.holdout.chance
    assert hb.holdout.chance == 0.25 and hb.holdout.tasks == 200
    assert hb.holdout.likelihood.low > 0.25


def test_a_plain_logit_of_people_alike_finds_what_was_planted():
    records, truth = simulated(people=150, spread=0.0, seed=5)
    found = conjoint(records, price="price", method="logit", holdout=0)
    assert [inside(e, t) for e, t in zip(found.part_worths.values(), truth[0], strict=True)].count(True) >= 6
    assert inside(found.willingness_to_pay["brand", "B"], -0.8 / 0.8)


def test_importance_is_the_worked_example():
    attributes = (Attribute("a", ("x", "y")), Attribute("b", ("x", "y")))
    assert importance_shares(np.array([[-1.0, -0.5]]), attributes)[0] == pytest.approx([2 / 3, 1 / 3])


def test_shares_are_the_worked_example():
    utilities = np.array([[0.0, np.log(3)]])
    assert preference_shares(utilities)[0] == pytest.approx([0.25, 0.75])
    assert preference_shares(utilities, "first")[0].tolist() == [0, 1]


def test_the_prior_treats_all_levels_alike():
    """Part-worths of three levels, the last included, have one variance."""
    prior = prior_covariance((Attribute("a", ("x", "y", "z")),), none=True)
    codes = np.array([[1, 0], [0, 1], [-1, -1]])
    variance = np.diag(codes @ prior[:2, :2] @ codes.T)
    assert variance == pytest.approx([2 / 3] * 3)
    assert prior[2, 2] == 1


def test_the_best_offer_takes_all_by_the_first_rule(hb):
    shares = hb.shares(OFFERS, rule="first").shares
    assert shares["ours"].value > hb.shares(OFFERS).shares["ours"].value


def test_renaming_levels_changes_nothing(panel):
    records = panel[0]
    renamed = records.with_columns(pl.col("brand").replace({"A": "Z", "C": "0"}))
    one, two = (conjoint(r, method="logit", holdout=0) for r in (records, renamed))
    assert one.part_worths["brand", "A"].value == pytest.approx(two.part_worths["brand", "Z"].value)


def test_weights_move_the_result_to_those_who_count(panel):
    records, truth = panel
    ids = [f"p{i}" for i in range(len(truth))]
    fans = truth[:, 0] > np.median(truth[:, 0])
    book = Codebook("people", "People", (Variable("w", "Weight", "numeric", role="weight"),), {"weight": "w"})
    people = DataSet(pl.DataFrame({"respondent_id": ids, "w": np.where(fans, 9.0, 1.0)}), book)
    plain, weighted = (conjoint(records, respondents=r, holdout=0, **SHORT) for r in (None, people))
    assert weighted.part_worths["brand", "A"].value > plain.part_worths["brand", "A"].value + 0.1


def test_results_print_plot_and_export(hb):
    text = str(hb)
    assert "Importance of attributes" in text and "Willingness to pay" in text and "held-out choices predicted" in text
    json.dumps(hb.to_dict(), allow_nan=False)
    json.dumps(hb.shares(OFFERS).to_dict(), allow_nan=False)
    for result in (hb, hb.shares(OFFERS)):
        assert "<path" in vl_convert.vegalite_to_svg(result.chart() | {"width": 400})


def test_a_price_that_does_not_matter_has_no_willingness_to_pay():
    records, _ = simulated(people=40, seed=7)
    blind = records.with_columns(price=pl.col("price").shuffle(seed=1).over(pl.col("price").is_null()))
    found = conjoint(blind, price="price", method="logit", holdout=0)
    assert set(found.willingness_to_pay.values()) == {None}
    assert any("No willingness to pay" in note for note in found.notes())


def test_too_few_tasks_to_spare_one_are_said():
    records, _ = simulated(people=20, tasks=2)
    found = conjoint(records, method="logit")
    assert found.holdout is None and any("Nothing was held out" in note for note in found.notes())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "hp"}, "expected 'hb' or 'logit'"),
        ({"price": "prise"}, "did you mean 'price'"),
        ({"price": "brand"}, "with no numbers in it"),
    ],
)
def test_wrong_arguments_are_refused(panel, arguments, message):
    with pytest.raises(DataError, match=message):
        conjoint(panel[0], **arguments)


@pytest.mark.parametrize(
    ("offers", "arguments", "message"),
    [
        ({"a": OFFERS["ours"]}, {"none": False}, "expected two or more"),
        ({"a": {"brand": "A"}}, {}, "does not say its 'price', 'wrap'|'wrap', 'price'"),
        ({"a": OFFERS["ours"] | {"brand": "Q"}}, {}, "no level 'Q'"),
        ({"a": OFFERS["ours"] | {"brnd": "A"}}, {}, "did you mean 'brand'"),
        ({"a": OFFERS["ours"] | {"price": "cheap"}}, {}, "expected a number"),
        ({"a": OFFERS["ours"]}, {"rule": "best"}, "expected 'preference' or 'first'"),
    ],
)
def test_offers_that_make_no_sense_are_refused(logit, offers, arguments, message):
    with pytest.raises(DataError, match=message):
        logit.shares(offers, **arguments)


def test_a_plain_logit_has_nobody_s_own_utilities(logit):
    with pytest.raises(DataError, match="method 'hb'"):
        logit.individual()


def test_nothing_cannot_be_chosen_where_it_was_not_offered():
    records, _ = simulated(people=20, none=False)
    with pytest.raises(DataError, match="none=False"):
        conjoint(records, method="logit", holdout=0).shares(OFFERS, none=True)


def test_synthetic_choices_are_marked(panel):
    made = panel[0].with_columns(_synthetic=pl.lit(True))
    found = conjoint(made, method="logit", holdout=0)
    mark = "SYNTHETIC: all 200 respondents are synthetic."
    assert mark in found.notes() and mark in found.shares(OFFERS).notes()
