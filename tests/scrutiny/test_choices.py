"""Choices of a panel: as consistent as people's, by the same part-worths, as well predicted."""

import numpy as np
import polars as pl
import pytest

from populace.errors import DataError, UsageError
from populace.scrutiny import choices as module
from populace.scrutiny import choices_worth
from populace.scrutiny.choices import scrutinize_choices
from populace.scrutiny.choices_measures import Fit, at_random, coefficients, fit_of, loss, scale_ratio
from populace.scrutiny.choices_page import ChoicePage, render_choices
from populace.scrutiny.choices_sides import coded
from populace.scrutiny.choices_worth import inverse_limits, inverse_worth, worth_of_choices

BRANDS = np.array([0.8, 0.0, -0.8])


@pytest.fixture(autouse=True)
def short_chains(monkeypatch):
    """Chains long enough for these few people, and few draws."""
    for name, value in (("CHAIN", (20, 50, 1)), ("SPLITS", 6), ("FEW_SPLITS", 1), ("MOST_PERSONS", 80)):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(choices_worth, "SPLITS", 6)


def chosen(n, seed, brands=BRANDS, price=-0.6, scale=1.0, mixed=0.5, tasks=6):
    """(n·tasks·3 rows) choices among three offers of a brand at a price; `mixed`: how far people differ."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        own = brands + mixed * rng.standard_normal(3)
        for task in range(tasks):
            order, cost = rng.permutation(3), rng.integers(1, 5, 3)
            utility = scale * (own[order] + price * cost) + rng.gumbel(size=3)
            picked = int(utility.argmax())
            rows += [(person, task, k, int(k == picked), "ABC"[order[k]], float(cost[k])) for k in range(3)]
    names = ["respondent_id", "task", "alternative", "chosen", "brand", "price"]
    return pl.DataFrame(rows, schema=names, orient="row")


def best_worst(n, seed, scale=1.0):
    """Best and worst of four of six items."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        for task in range(5):
            items = rng.choice(6, 4, replace=False)
            utility = scale * items / 2 + rng.gumbel(size=4)
            best, worst = int(utility.argmax()), int(utility.argmin())
            rows += [(person, task, f"item {i}", int(k == best) - int(k == worst)) for k, i in enumerate(items)]
    return pl.DataFrame(rows, schema=["respondent_id", "task", "item", "best_worst"], orient="row")


def both(frame, other, price=None):
    return coded({"synthetic": frame, "human": other}, None, None, price, 0)


def tasks_of(frame, other):
    return both(frame, other).sides


def verdicts(report):
    return {check.check: check.verdict for check in report.checks}


def test_the_scale_ratio_is_found_again():
    sides = tasks_of(chosen(300, 1, scale=2.0, mixed=0.0), chosen(300, 2, mixed=0.0))
    assert np.exp(scale_ratio(sides["synthetic"], sides["human"])) == pytest.approx(2.0, rel=0.12)
    assert scale_ratio(sides["human"], sides["synthetic"]) == pytest.approx(
        -scale_ratio(sides["synthetic"], sides["human"]), abs=0.02
    )


def test_the_scale_ratio_of_two_shares_is_that_of_their_logits():
    """Logits of 1.099 (30 of 40) and .549 (about 38 of 60): λ = 2."""

    def binary(ones, n):
        rows = [(i, 0, k, int((i < ones) == (k == 0)), "AB"[k]) for i in range(n) for k in range(2)]
        return pl.DataFrame(rows, schema=["respondent_id", "task", "alternative", "chosen", "brand"], orient="row")

    sides = tasks_of(binary(3000, 4000), binary(3804, 6000))
    assert np.exp(scale_ratio(sides["synthetic"], sides["human"])) == pytest.approx(2.0, rel=0.01)


def test_the_loss_of_knowing_nothing_is_the_logarithm_of_the_alternatives():
    sides = tasks_of(chosen(50, 1), chosen(50, 2))
    assert loss(np.zeros(len(sides["human"].names)), sides["human"]) == pytest.approx(np.log(3))
    assert loss(coefficients(sides["human"]), sides["human"]) < np.log(3)


def test_random_choices_stay_within_their_tasks():
    human = tasks_of(chosen(50, 1), chosen(50, 2))["human"]
    drawn = at_random(human, np.random.default_rng(0))
    place = drawn.chosen - drawn.starts
    assert ((place >= 0) & (place < drawn.sizes)).all()
    assert set(place) == {0, 1, 2}


def test_people_against_people_fail_nothing():
    report = scrutinize_choices(chosen(160, 1), chosen(160, 2))
    assert set(verdicts(report)) == {"choice_scale", "part_worths", "choice_importance", "choice_likelihood", "rlh"}
    assert "FAIL" not in verdicts(report).values()
    assert report.questions == ("brand", "price")
    assert report.check("choice_scale").low < 1 < report.check("choice_scale").high
    assert "choices" in repr(report)


def test_too_consistent_choices_fail():
    report = scrutinize_choices(chosen(160, 1, scale=5.0), chosen(160, 2, scale=0.7, mixed=0.0))
    assert verdicts(report)["choice_scale"] == "FAIL"
    assert verdicts(report)["rlh"] == "FAIL"
    assert report.summary["verdict"] == "FAIL"
    assert report.summary["not_supported"] == ["choice models"]


def test_a_panel_that_never_deviates_has_a_finite_scale_and_fails():
    report = scrutinize_choices(chosen(120, 1, scale=500.0, mixed=0.0), chosen(120, 2))
    assert verdicts(report)["choice_scale"] == "FAIL"
    assert np.isfinite(report.check("choice_scale").value)


def test_other_preferences_fail():
    found = verdicts(scrutinize_choices(chosen(160, 1, brands=BRANDS[::-1], price=0.0), chosen(160, 2)))
    assert (found["part_worths"], found["choice_likelihood"]) == ("FAIL", "FAIL")


def test_random_choices_are_the_baseline_and_others_can_be_added():
    report = scrutinize_choices(
        chosen(100, 1), chosen(100, 2), ceiling=chosen(100, 3), baselines={"rule": chosen(100, 4, scale=3.0)}
    )
    check = report.check("choice_scale")
    assert set(check.baselines) == {"random choices", "rule"}
    assert check.baselines["random choices"] < 0.3 < 1.5 < check.baselines["rule"]


def test_best_worst_choices_run_through():
    same = verdicts(scrutinize_choices(best_worst(90, 1), best_worst(90, 2)))
    assert "FAIL" not in same.values()
    assert verdicts(scrutinize_choices(best_worst(90, 1, 4.0), best_worst(90, 2)))["choice_scale"] == "FAIL"


def test_one_choice_a_person_has_no_fit_of_its_own():
    found = verdicts(scrutinize_choices(chosen(100, 1, tasks=1), chosen(100, 2, tasks=1)))
    assert found["rlh"] == "UNVERIFIED"


def test_few_people_are_undecided():
    report = scrutinize_choices(chosen(30, 1), chosen(30, 2))
    assert set(verdicts(report).values()) == {"UNDERPOWERED"}
    assert report.summary["undecided"] == ["choice models"]


def test_the_same_seed_gives_the_same_report():
    first, second = (scrutinize_choices(chosen(100, 1), chosen(100, 2), seed=3).to_json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("change", "said"), [
    (lambda frame: frame.drop("price"), "no column 'price'"),
    (lambda frame: frame.drop("respondent_id"), "no column 'respondent_id'"),
    (lambda frame: frame.with_columns(brand=pl.lit("A")), "level of 'brand' 'B' is in the human choices and never"),
    (lambda frame: frame.with_columns(brand=pl.col("brand").replace("C", "D")), "'D' is in the synthetic choices"),
    (lambda frame: frame.with_columns(brand=pl.col("brand").replace("C", "B")), "'C' is in the human choices"),
    (lambda frame: frame.with_columns(brand=pl.col("price")), "'brand' is numbers on one side and words"),
    (lambda frame: frame.with_columns(price=2.0), "different values of 'price'"),
    (lambda frame: frame.with_columns(chosen=0), "^synthetic choices: no task has a choice"),
    (lambda frame: frame.with_columns(chosen=1), "^synthetic choices: respondent '0' chose 3 alternatives"),
    (lambda frame: frame.filter(pl.col("alternative") == 0), "^synthetic choices: no task has a choice among two"),
    (lambda frame: frame.filter(pl.col("respondent_id") == 0), "of 1 respondent; expected two"),
    (lambda frame: frame.clear(), "^synthetic choices have no rows"),
    (lambda frame: frame.drop("task"), "one row per alternative shown"),
    (lambda frame: frame.drop("chosen", "alternative").rename({"brand": "item"}), "not of the kind"),
])  # fmt: skip
def test_sides_that_do_not_fit_together_are_refused(change, said):
    with pytest.raises(DataError, match=said):
        scrutinize_choices(change(chosen(60, 1)), chosen(60, 2))


def test_attributes_of_best_worst_choices_are_refused():
    with pytest.raises(UsageError, match="leave them out"):
        scrutinize_choices(best_worst(60, 1), best_worst(60, 2), attributes=["item"])


def in_words(frame, form="${:.2f}"):
    """The same choices with prices as a questionnaire writes them."""
    return frame.with_columns(price=pl.col("price").map_elements(form.format, return_dtype=pl.String))


def test_prices_in_words_are_the_same_prices():
    frames = chosen(60, 1), chosen(60, 2)
    as_numbers, as_words = both(*frames, price="price"), both(*map(in_words, frames), price="price")
    for side, tasks in as_numbers.sides.items():
        np.testing.assert_array_equal(as_words.sides[side].design, tasks.design)
    assert "'$1.00' as 1, '$2.00' as 2" in as_words.remarks[0]


def test_without_a_price_words_are_levels_of_their_own():
    found = both(*map(in_words, (chosen(60, 1), chosen(60, 2)))).attributes[1]
    assert found.levels == ("$1.00", "$2.00", "$3.00", "$4.00")


@pytest.mark.parametrize(("price", "said"), [("prise", "did you mean 'price'"), ("brand", "with no numbers in it")])
def test_a_price_that_is_none_is_refused(price, said):
    with pytest.raises(DataError, match=said):
        scrutinize_choices(chosen(60, 1), chosen(60, 2), price=price)


def test_keys_of_another_type_and_columns_of_one_side_do_not_matter():
    """Tools write ids and numbers of tasks as they like, and add columns of their own."""
    panel, people = chosen(60, 1), chosen(60, 2)
    other = panel.with_columns(pl.col("respondent_id", "task").cast(pl.String))
    mixed = tasks_of(other, people.with_columns(version=pl.lit(3)))
    np.testing.assert_array_equal(mixed["human"].design, tasks_of(panel, people)["human"].design)
    assert coefficients(mixed["synthetic"]) == pytest.approx(coefficients(tasks_of(panel, people)["synthetic"]))


def test_items_that_only_one_side_saw_are_refused():
    other = best_worst(60, 1).with_columns(pl.col("item").replace("item 5", "item 9"))
    with pytest.raises(DataError, match="item 'item 9' is in the synthetic choices and never in the human ones"):
        scrutinize_choices(other, best_worst(60, 2))


def test_the_covariance_is_that_of_a_plain_logit():
    from populace.analysis.choice_logit import multinomial_logit

    tasks = tasks_of(chosen(200, 1), chosen(200, 2))["human"]
    fit, plain = fit_of(tasks), multinomial_logit(tasks)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(plain.errors, rel=0.01)


def worths(bias, people=200, rows=100, draws=600):
    """(draws, 3) 1/n* and its limits where coefficients vary as those of so many people do, and the panel's are off."""
    rng = np.random.default_rng(1)
    root = rng.standard_normal((4, 4))
    unit, information = root @ root.T + np.eye(4), 50 * np.linalg.inv(root @ root.T + 2 * np.eye(4))

    def drawn(mean, size):
        return [Fit(beta, unit / size, information) for beta in rng.multivariate_normal(mean, unit / size, draws)]

    sides = zip(drawn(bias, rows), drawn(np.zeros(4), people), strict=True)
    share = bias @ information @ bias / np.trace(information @ unit)
    found = [(inverse_worth(*two, people), *inverse_limits(*two, people)) for two in sides]
    return np.array(found), 1 / rows + share


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_worth_in_people_is_right_on_average_and_its_interval_holds_it(bias):
    """As many people are worth their number: 1/n* = 1/100 without bias; with it the loss by bias is added."""
    found, truth = worths(np.full(4, bias))
    values, low, high = found.T
    assert values.mean() == pytest.approx(truth, rel=0.06)
    # without bias, the truth lies on the lower limit of whatever is found, and only the upper one can miss it
    assert ((low <= truth + 1e-9) & (truth <= high)).mean() == pytest.approx(0.95 if bias else 0.975, abs=0.025)


def test_a_panel_without_end_has_no_noise_of_its_own():
    fit = Fit(np.zeros(1), np.full((1, 1), 0.01), np.ones((1, 1)))
    panel = Fit(np.full(1, 0.02**0.5), np.full((1, 1), 0.01), np.ones((1, 1)))
    assert inverse_worth(panel, fit, 100) == pytest.approx(1 / 100)
    assert inverse_worth(panel, fit, 100, own_noise=False) == pytest.approx(0)


def test_a_worse_panel_is_worth_fewer_people_and_random_choices_hardly_any():
    right = worth_of_choices(both(chosen(200, 1), chosen(200, 2)))
    wrong = worth_of_choices(both(chosen(200, 1, brands=BRANDS / 2), chosen(200, 2)))
    assert wrong.sizes[0].value < 60 < right.sizes[0].value
    assert right.sizes[0].baselines["random choices"] < 10
    assert wrong.sizes[0].low < wrong.sizes[0].value < wrong.sizes[0].high
    assert wrong.endless.value < 100
    assert "do not raise it without end" in wrong.sentence


def test_a_panel_closer_to_people_than_chance_allows_has_no_narrow_interval():
    """Copied choices differ by nothing at all."""
    people = chosen(120, 2)
    worth = worth_of_choices(both(people, people))
    assert not worth.sizes[0].resolved
    assert "closer to these people than chance allows: was it learned from them?" in worth.sentence


def test_worth_is_not_given_for_few_people():
    worth = worth_of_choices(both(chosen(30, 1), chosen(200, 2)))
    assert worth.sizes[0].value is None
    assert "30 persons on one side" in worth.sentence


def test_too_consistent_choices_spoil_the_simulator_and_not_the_order_of_preferences():
    report = scrutinize_choices(chosen(250, 1, scale=3.0, mixed=0.2), chosen(250, 2, mixed=0.2), price="price")
    answers = {support.analysis: support.answer for support in report.supports.analyses}
    assert answers["simulator"] == "no"
    assert answers["preferences"] != "no"
    assert answers["persons"] == "no"
    assert answers["prices"] == "not looked at"


def page_of(frame, other, **arguments):
    choices = both(frame, other, **arguments)
    report = module.judged(choices, ("panel", "people"))
    return ChoicePage("Tea", report, choices, {"People's choices": {"Sponsor": "us"}})


def test_the_page_shows_every_check_in_the_open_with_worth_and_what_it_supports():
    page = page_of(chosen(100, 1), chosen(100, 2), price="price")
    html = render_choices(page)
    for wanted in ("Consistency of choices", "Part-worths the same", "How many people is it worth", "Share simulator",
                   "Willingness to pay", "brand: A", "Synthetic", "random choices", "Sponsor"):  # fmt: skip
        assert wanted in html, wanted
    assert "Further checks" not in html
    assert [part.anchor for part in page.parts] == ["part-worths", "importance"]


def test_intervals_of_the_figures_hold_their_values():
    page = page_of(chosen(100, 1), chosen(100, 2))
    for part in page.parts:
        rows = part.exhibit.spec["data"]["values"]
        assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
        assert {row["series"] for row in rows} == {"People", "Synthetic choices"}


def test_the_page_of_best_worst_choices_shows_items():
    page = page_of(best_worst(60, 1), best_worst(60, 2))
    assert [part.anchor for part in page.parts] == ["part-worths"]
    assert "item 3" in render_choices(page)
    assert "300 choice tasks" in render_choices(page)
