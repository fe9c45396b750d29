"""Choice tasks and the multinomial logit."""

import json
import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.choice import ChoiceTasks, choice_tasks, effect_codes, part_worth_matrix
from populace.analysis.choice_logit import multinomial_logit, task_probabilities
from populace.analysis.choice_people import clustered_mean, respondent_weights
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.errors import DataError

SYSTEMS = ("ec", "er", "gc", "gr", "hp")


def long(tasks):
    """Long records of (respondent, task, alternative, chosen, attributes…) tuples."""
    return pl.DataFrame(
        tasks, schema=["respondent_id", "task", "alternative", "chosen", "brand", "price"], orient="row"
    )


@pytest.fixture
def choices():
    rng = np.random.default_rng(2)
    rows = []
    for person in range(60):
        for task in range(4):
            shown = [(str(rng.choice(["A", "B", "C"])), float(rng.choice([1, 2, 3]))) for _ in range(3)]
            worth = [{"A": 1.0, "B": 0.0, "C": -1.0}[b] - 0.7 * p + rng.gumbel() for b, p in shown]
            rows += [(f"p{person}", task, j, int(j == np.argmax(worth)), *shown[j]) for j in range(3)]
    return long(rows)


@pytest.fixture(scope="session")
def heating(corpora):
    """Long records of the Heating data, and the published fit."""
    folder = corpora / "reference"
    wide = pl.read_csv(folder / "Heating.csv")
    alternatives = [
        wide.select(
            respondent_id=pl.col("idcase").cast(pl.String),
            task=pl.lit(1),
            alternative=pl.lit(system),
            chosen=(pl.col("depvar") == system).cast(pl.Int8),
            system=pl.lit(system),
            ic=pl.col(f"ic.{system}"),
            oc=pl.col(f"oc.{system}"),
        )
        for system in SYSTEMS
    ]
    return pl.concat(alternatives), json.loads((folder / "golden.json").read_text())["heating_mnl"]


def test_costs_alone_explain_heating_as_published(heating):
    records, golden = heating
    tasks, coded, _ = choice_tasks(records, ["ic", "oc"])
    fit = multinomial_logit(tasks)
    found = fit.coefficients / [attribute.scale for attribute in coded]
    assert found == pytest.approx([golden["no_asc"]["ic"], golden["no_asc"]["oc"]], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(golden["no_asc"]["LL"], abs=1e-4)
    assert fit.null_log_likelihood == pytest.approx(golden["LL0"], abs=1e-4)


def test_constants_of_the_systems_are_as_published(heating):
    records, golden = heating
    tasks, coded, _ = choice_tasks(records, ["ic", "oc", "system"])
    fit = multinomial_logit(tasks)
    worths = part_worth_matrix(coded, none=False) @ fit.coefficients
    wanted = golden["asc_ref_hp"]
    assert worths[:2] == pytest.approx([wanted["ic"], wanted["oc"]], abs=1e-8)
    assert (worths[2:6] - worths[6]) == pytest.approx(wanted["asc_ec_er_gc_gr"], abs=1e-6)
    assert fit.log_likelihood == pytest.approx(wanted["LL"], abs=1e-4)


def pairs(chose_a, people):
    """One task each: A (1) against B (0)."""
    design = np.tile([[1.0], [0.0]], (people, 1))
    starts = 2 * np.arange(people)
    chosen = starts + (np.arange(people) >= chose_a)
    ids = tuple(map(str, range(people)))
    return ChoiceTasks(design, starts, chosen, np.arange(people), np.ones(people), ("a",), ids)


def test_a_logit_of_one_column_is_the_worked_example():
    fit = multinomial_logit(pairs(30, 40))
    assert fit.coefficients[0] == pytest.approx(np.log(3))
    assert fit.errors[0] == pytest.approx(np.sqrt((1 / 30 + 1 / 10) * 40 / 39))
    assert fit.estimate("a").n == 40


def test_chances_within_a_task_are_the_worked_example():
    tasks = pairs(1, 1)
    assert task_probabilities(tasks, np.array([0.0, np.log(3)])) == pytest.approx([0.25, 0.75])


def test_huge_utilities_do_not_overflow():
    assert task_probabilities(pairs(1, 1), np.array([5000.0, 0.0])).tolist() == [1.0, 0.0]


def test_the_clustered_mean_is_the_worked_example():
    estimate = clustered_mean(np.array([1.0, 1, 0, 0]), np.ones(4), np.array([0, 0, 1, 1]))
    assert estimate.value == 0.5
    assert estimate.half_width == pytest.approx(1.959964 / 2)


def test_levels_sum_to_zero():
    assert effect_codes(3).tolist() == [[1, 0], [0, 1], [-1, -1]]
    np.testing.assert_allclose(effect_codes(4).sum(axis=0), 0)


def test_planted_coefficients_are_found(choices):
    tasks, coded, _ = choice_tasks(choices)
    fit = multinomial_logit(tasks)
    worths = part_worth_matrix(coded, none=False) @ fit.coefficients
    errors = np.sqrt(np.diag(part_worth_matrix(coded, none=False) @ fit.covariance @ part_worth_matrix(coded, False).T))
    assert (np.abs(worths - [1, 0, -1, -0.7]) < 3 * errors).all()
    assert 0.05 < errors[0] < 0.2


def test_intervals_cover_as_often_as_they_say():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(300):
        fit = multinomial_logit(pairs(int(rng.binomial(200, 0.6)), 200))
        hits += abs(fit.coefficients[0] - np.log(1.5)) < 1.96 * fit.errors[0]
    assert 0.91 <= hits / 300 <= 0.985


@given(st.permutations(range(12)))
def test_the_order_of_the_rows_does_not_matter(order):
    keys = [(p, t, a) for p in range(3) for t in (0, 1) for a in (0, 1)]
    frame = long([(f"p{p}", t, a, int((p + t) % 2 == a), "AB"[a], float(1 + (p * t + a) % 2)) for p, t, a in keys])
    one, two = (choice_tasks(frame[list(rows)])[0] for rows in (range(12), order))
    np.testing.assert_array_equal(one.design, two.design)
    np.testing.assert_array_equal(one.chosen, two.chosen)


def respondents(ids, weights):
    variables = (Variable("w", "Weight", "numeric", role="weight"),)
    book = Codebook("people", "People", variables, {"weight": "w"})
    return DataSet(pl.DataFrame({"respondent_id": ids, "w": weights}), book)


def test_a_weight_of_two_is_a_person_counted_twice(choices):
    ids = sorted(set(choices["respondent_id"]))
    weights = [2.0 if i % 2 else 1.0 for i in range(len(ids))]
    tasks, coded, _ = choice_tasks(choices, respondents=respondents(ids, weights))
    again = choices.filter(pl.col("respondent_id").is_in(ids[1::2])).with_columns(pl.col("respondent_id") + "x")
    twice, coded_twice, _ = choice_tasks(pl.concat([choices, again]))
    found, doubled = (
        part_worth_matrix(c, none=False) @ multinomial_logit(t).coefficients
        for t, c in ((tasks, coded), (twice, coded_twice))
    )
    assert found == pytest.approx(doubled, abs=1e-8)


def test_people_of_weight_zero_are_left_out(choices):
    ids = sorted(set(choices["respondent_id"]))
    tasks, _, notes = choice_tasks(choices, respondents=respondents(ids, [0.0, *[1.0] * (len(ids) - 1)]))
    assert len(tasks.ids) == len(ids) - 1 and "weight zero" in notes[0]


def test_a_person_without_a_weight_is_named(choices):
    with pytest.raises(DataError, match="'p59' is not in"):
        choice_tasks(choices, respondents=respondents([f"p{i}" for i in range(59)], [1.0] * 59))


def test_without_weights_everybody_counts_the_same():
    assert respondent_weights(pl.Series(["a", "b"]), None).tolist() == [1, 1]


def test_an_alternative_without_attributes_chooses_nothing():
    frame = long([("a", 1, 1, 0, "A", 1.0), ("a", 1, 2, 1, "B", 2.0), ("a", 1, 3, 0, None, None)])
    tasks, coded, _ = choice_tasks(frame)
    assert tasks.names[-1] == "none"
    assert tasks.design[2].tolist() == [0, 0, 1]
    assert coded[0].levels == ("A", "B") and coded[1].levels == ()


def test_tasks_that_nobody_answered_are_counted(choices):
    silent = choices.filter(pl.col("task") == 0).with_columns(chosen=pl.lit(0), task=pl.lit(9))
    _, _, notes = choice_tasks(pl.concat([choices, silent.cast(choices.schema)]))
    assert notes == ("60 tasks without an answer or without an alternative were left out.",)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop("chosen"), "no column 'chosen'"),
        (lambda f: f.with_columns(chosen=pl.lit(1)), "chose 3 alternatives"),
        (lambda f: f.with_columns(chosen=pl.col("chosen") + 1), "expected 1"),
        (lambda f: f.with_columns(chosen=pl.lit("x")), "expected 1 or 0"),
        (lambda f: f.with_columns(chosen=pl.lit(0)), "no task has a choice"),
        (lambda f: f.with_columns(alternative=pl.lit(1)), "twice in task"),
        (lambda f: f.with_columns(brand=pl.lit("A"), price=pl.lit(1.0)), "no column varies"),
        (lambda f: f.with_columns(task=pl.lit(None)), "have no 'task'"),
        (lambda f: f.with_columns(price=pl.when(pl.col("price") > 1).then("price")), "is empty in"),
        (lambda f: f.filter(pl.col("task") > 99), "no rows"),
        (lambda f: f.with_columns(price=pl.col("price").replace(3.0, float("nan"))), "no numbers"),
    ],
)
def test_records_that_cannot_be_used_are_refused_with_a_reason(choices, spoil, message):
    with pytest.raises(DataError, match=message):
        choice_tasks(spoil(choices))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attributes": ["brnd"]}, "did you mean 'brand'"),
        ({"levels": {"brand": ["A", "B"]}}, "which 'levels' does not list"),
        ({"levels": {"brnd": ["A"]}}, "no attribute 'brnd'"),
    ],
)
def test_wrong_names_are_refused_with_the_likely_one(choices, arguments, message):
    with pytest.raises(DataError, match=message):
        choice_tasks(choices, **arguments)


def test_a_level_that_decides_every_choice_is_named_not_estimated(choices):
    always = choices.with_columns(brand=pl.when(pl.col("chosen") == 1).then(pl.lit("A")).otherwise(pl.lit("B")))
    with pytest.raises(DataError, match="without exception"):
        multinomial_logit(choice_tasks(always)[0])


def test_attributes_that_follow_from_one_another_are_named(choices):
    twin = choices.with_columns(cost=2 * pl.col("price") + 1)
    with pytest.raises(DataError, match="'price', 'cost' cannot be told apart"):
        multinomial_logit(choice_tasks(twin)[0])


def test_an_attribute_that_never_varies_within_a_task_is_named(choices):
    own = choices.with_columns(age=pl.col("respondent_id").str.slice(1).cast(pl.Float64))
    with pytest.raises(DataError, match="'age' is the same"):
        multinomial_logit(choice_tasks(own, ["price", "age"])[0])


def test_one_respondent_has_no_standard_error(choices):
    with pytest.raises(DataError, match="1 respondents; expected two"):
        multinomial_logit(choice_tasks(choices.filter(pl.col("respondent_id") == "p1"))[0])


def test_forty_levels_do_not_warn():
    rng = np.random.default_rng(3)
    rows = [
        (f"p{i}", t, a, int(a == (i + t) % 2), f"level {rng.integers(40)}", float(rng.integers(1, 4)))
        for i in range(300)
        for t in range(3)
        for a in range(2)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = multinomial_logit(choice_tasks(long(rows))[0])
    assert len(fit.names) == 40 and np.isfinite(fit.errors).all()
