"""Linearised estimates: R's survey package, tables worked by hand, and what must not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis import design_based as based
from populace.data.design import Calibration, Design, design_of
from populace.errors import DataError

SIX = 5e-7  # six significant digits
FIVE = 5e-5  # where the reference file has five


def test_stratified_schools_have_the_mean_error_and_design_effect_of_r(schools, golden_api):
    data, golden = schools("apistrat"), golden_api["apistrat"]
    mean = based.mean(data.values("api00"), design_of(data))
    assert mean.values[0] == pytest.approx(golden["mean"], rel=SIX)
    assert mean.errors[0] == pytest.approx(golden["se"], rel=SIX)
    assert mean.deff[0] == pytest.approx(golden["deff"], rel=SIX)
    total = based.total(data.values("enroll"), design_of(data))
    assert [total.values[0], total.errors[0], total.deff[0]] == pytest.approx(golden["total_enroll"], rel=SIX)
    assert mean.df[0] == 197


def test_without_a_finite_population_the_error_is_rs_too(schools, golden_api):
    data, golden = schools("apistrat", fpc=False), golden_api["apistrat"]
    mean = based.mean(data.values("api00"), design_of(data))
    assert mean.errors[0] == pytest.approx(golden["se_nofpc"], rel=SIX)
    # R's "replace": the variance with fpc over that of a sample with replacement
    with_fpc = based.mean(data.values("api00"), design_of(schools("apistrat"))).covariance[0, 0]
    assert with_fpc / mean.simple()[0] == pytest.approx(golden["deff_replace"], rel=SIX)


def test_clustered_schools_have_rs_values(schools, golden_api):
    data, golden = schools("apiclus1"), golden_api["apiclus1"]
    mean = based.mean(data.values("api00"), design_of(data))
    assert mean.values[0] == pytest.approx(golden["mean"], rel=SIX)
    assert mean.errors[0] == pytest.approx(golden["se"], rel=SIX)
    assert mean.deff[0] == pytest.approx(golden["deff"], rel=SIX)
    total = based.total(data.values("enroll"), design_of(data))
    assert [total.values[0], total.errors[0]] == pytest.approx(golden["total_enroll"], rel=SIX)
    loose = based.mean(data.values("api00"), design_of(schools("apiclus1", fpc=False)))
    assert loose.errors[0] == pytest.approx(golden["se_nofpc"], rel=SIX)


def test_a_simple_random_sample_has_rs_values(schools, golden_api):
    data = schools("apisrs")
    mean = based.mean(data.values("api00"), design_of(data))
    assert mean.values[0] == pytest.approx(golden_api["apisrs"]["mean"], rel=SIX)
    assert mean.errors[0] == pytest.approx(golden_api["apisrs"]["se"], rel=SIX)


def test_quartiles_are_rs(schools, golden_api):
    data = schools("apistrat")
    quartiles = based.quantiles(data.values("api00"), design_of(data))
    assert [quartile.value for quartile in quartiles] == golden_api["apistrat"]["q25_50_75"]
    assert all(quartile.low < quartile.value < quartile.high for quartile in quartiles)


@pytest.mark.parametrize("name", ["apistrat", "apiclus1"])
def test_the_test_of_independence_is_that_of_rao_and_scott(schools, golden_api, name):
    data = schools(name)
    test = based.rao_scott(data.positions("sch.wide"), data.positions("stype"), design_of(data))
    *figures, p = golden_api["rao_scott_schwide_stype"][name]
    assert [test.statistic, test.df, test.df_sample] == pytest.approx(figures, rel=FIVE)
    assert test.p == pytest.approx(p, rel=5e-4)  # the file has four digits of it


def test_regression_coefficients_are_those_of_svyglm(schools, golden_api):
    data = schools("apistrat")
    predictors = np.column_stack([np.ones(data.n), *(data.values(name) for name in ("ell", "meals", "mobility"))])
    fit = based.regression(data.values("api00"), predictors, design_of(data))
    golden = np.array(list(golden_api["svyglm_apistrat"].values()))
    assert fit.values == pytest.approx(golden[:, 0], rel=SIX)
    assert fit.errors == pytest.approx(golden[:, 1], rel=SIX)
    assert fit.df.tolist() == [194] * 4
    # the logistic regression has no value in the reference file; svy 0.35, run once, gave these
    wide = based.regression(data.positions("sch.wide").astype(float), predictors, design_of(data), "logistic")
    assert wide.values == pytest.approx([0.835837, -0.00249, -0.003152, 0.060897], abs=1e-6)
    assert wide.errors == pytest.approx([0.455621, 0.013253, 0.009199, 0.031935], abs=1e-6)


def test_the_difference_of_two_groups_is_that_of_svyttest(schools, golden_api):
    data = schools("apiclus1")
    met = data.positions("comp.imp")
    gap = based.difference(data.values("api00"), met == 1, met == 0, design_of(data))
    (test,) = based.t_test(gap)
    assert [test.statistic, test.df_sample, test.p] == pytest.approx(golden_api["ttest_comp.imp_apiclus1"], rel=FIVE)


def test_a_domain_counts_its_own_clusters_and_strata(schools):
    data = schools("apistrat")
    domain = based.mean(data.values("api00"), design_of(data), data.positions("stype") == 0)
    # svy 0.35, run once: 674.43 (12.38248), 99 degrees of freedom
    assert domain.values[0] == pytest.approx(674.43) and domain.errors[0] == pytest.approx(12.38248, rel=SIX)
    assert domain.df[0] == 99


def test_a_mean_worked_by_hand():
    mean = based.mean(np.array([1.0, 2, 3]), Design(np.ones(3)))
    assert mean.values[0] == 2 and mean.covariance[0, 0] == pytest.approx(1 / 3)
    assert mean.df[0] == 2 and mean.deff[0] == pytest.approx(1)
    weighted = based.mean(np.array([1.0, 3]), Design(np.array([1.0, 3])))
    assert weighted.values[0] == 2.5


def test_totals_ratios_spreads_and_quantiles_worked_by_hand():
    design = Design(np.array([10.0, 20]))
    assert based.total(np.array([1.0, 3]), design).values[0] == 70
    even = Design(np.ones(2))
    assert based.ratio(np.array([1.0, 3]), np.array([2.0, 2]), even).values[0] == 1
    assert based.standard_deviation(np.array([1.0, 2, 3]), Design(np.ones(3))).values[0] == pytest.approx(1)
    median, top = based.quantiles(np.array([4.0, 2, 1, 3]), Design(np.ones(4)), (0.5, 1.0))
    assert median.value == 2 and top.value == 4


def test_clusters_worked_by_hand():
    # two clusters with sums of influence (-1 + 0)/4 and (0 + 1)/4: 2/1·(1/16 + 1/16) = 1/4
    design = Design(np.ones(4), clusters=np.array(["a", "a", "b", "b"]))
    assert based.mean(np.array([1.0, 2, 2, 3]), design).covariance[0, 0] == pytest.approx(0.25)


def test_a_regression_worked_by_hand():
    x = np.column_stack([np.ones(3), np.arange(3.0)])
    fit = based.regression(np.array([1.0, 2, 3]), x, Design(np.ones(3)))
    assert fit.values == pytest.approx([1, 1]) and fit.errors == pytest.approx([0, 0], abs=1e-9)
    # logistic on a 2 x 2 table: the slope is the log odds ratio, ln(3·3) for 1:3 against 3:1
    y, group = np.array([1.0, 0, 0, 0, 1, 1, 1, 0]), np.repeat([0.0, 1], 4)
    odds = based.regression(y, np.column_stack([np.ones(8), group]), Design(np.ones(8)), "logistic")
    assert odds.values == pytest.approx([-np.log(3), 2 * np.log(3)])


def test_a_regression_on_a_group_is_the_difference_of_its_means():
    rng = np.random.default_rng(4)
    y, group = rng.normal(size=60), rng.integers(0, 2, 60).astype(float)
    design = Design(rng.uniform(1, 3, 60), clusters=rng.integers(0, 9, 60))
    fit = based.regression(y, np.column_stack([np.ones(60), group]), design)
    gap = based.difference(y, group == 1, group == 0, design)
    assert fit.values[1] == pytest.approx(gap.values[0]) and fit.errors[1] == pytest.approx(gap.errors[0])
    assert fit.df[1] == gap.df[0] == 7


def test_wilsons_interval_worked_by_hand():
    none = based.share_interval(0.0, 0.0, 10, 1e9)
    assert (none.low, none.high) == (0, pytest.approx(3.8415 / 13.8415, abs=1e-4))
    half = based.share_interval(0.5, 0.05, 100, 1e9)
    assert (half.low + half.high) / 2 == pytest.approx(0.5) and 0.4 < half.low < 0.41
    known = based.share_interval(0.3, 0.0, 50, 9)
    assert known.low == known.value == known.high


def test_groups_that_share_people_are_compared_with_their_covariance():
    y = np.array([1.0, 0, 10, -10, 0, 0])
    one, other = np.array([1, 1, 1, 1, 0, 0], dtype=bool), np.array([0, 0, 1, 1, 1, 1], dtype=bool)
    design = Design(np.ones(6))
    gap = based.difference(y, one, other, design)
    apart = based.mean(y, design, one).covariance[0, 0] + based.mean(y, design, other).covariance[0, 0]
    assert gap.values[0] == 0.25 and gap.covariance[0, 0] < apart / 10
    same = based.difference(y, one, one, design)
    assert based.t_test(same) == [None]


def test_one_respondent_nobody_and_equal_answers_have_no_interval():
    design = Design(np.ones(4))
    y = np.array([3.0, 3, 3, np.nan])
    groups = np.array([[1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 1, 0]], dtype=bool)
    mean = based.mean(y, design, groups)
    assert mean.estimates() == [None] * 3 and np.isnan(mean.values[1]) and mean.values[2] == 3
    assert mean.shares()[0] is None
    assert based.quantiles(y, design, (0.5,), groups[:, 0]) == [None]
    assert based.quantiles(np.full(4, np.nan), design, (0.5,)) == [None]


def test_several_estimates_are_tested_together():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(50, 2)) + 1
    mean = based.mean(y, Design(np.ones(50)))
    together, alone = based.wald(mean), based.wald(mean.contrast([[1, 0]]))
    (t,) = based.t_test(mean.contrast([[1, 0]]))
    assert alone.statistic == pytest.approx(t.statistic**2) and alone.p == pytest.approx(t.p)
    assert together.df == 2 and together.df_sample == 48
    assert based.wald(mean.contrast([[1, 0], [2, 0]])) is None


def test_independence_in_a_simple_sample_is_close_to_pearsons_test():
    rng = np.random.default_rng(2)
    rows, columns = rng.integers(0, 3, 4000), rng.integers(0, 2, 4000)
    test = based.rao_scott(rows, columns, Design(np.ones(4000)))
    assert test.df == pytest.approx(2, rel=0.01)
    table = np.zeros((3, 2))
    np.add.at(table, (rows, columns), 1)
    expected = np.outer(table.sum(1), table.sum(0)) / 4000
    assert test.statistic == pytest.approx(((table - expected) ** 2 / expected).sum() / 2, rel=0.01)
    assert based.rao_scott(rows, np.zeros(4000, dtype=int), Design(np.ones(4000))) is None


def test_empty_cells_do_not_stop_the_test_of_independence():
    rows, columns = np.array([0, 0, 0, 1, 1, 2, 2, -1] * 5), np.array([0, 0, 1, 1, 1, 1, 1, 0] * 5)
    test = based.rao_scott(rows, columns, Design(np.ones(40)))
    assert np.isfinite(test.p) and test.statistic > 0


def test_lonely_strata_are_treated_as_asked():
    y, strata = np.array([1.0, 3, 8]), np.array([0, 0, 1])
    variance = {
        lonely: based.mean(y, Design(np.ones(3), strata, lonely=lonely)).covariance[0, 0]
        for lonely in ("adjust", "certainty", "average")
    }
    # influences (-1, -1/3, 4/3); stratum 0: 2·((1/3)² + (1/3)²) = 4/9
    assert variance["certainty"] == pytest.approx(4 / 9)
    assert variance["average"] == pytest.approx(8 / 9)
    assert variance["adjust"] == pytest.approx(4 / 9 + (4 / 3) ** 2)
    every = Design(np.ones(3), np.arange(3), lonely="average")
    with pytest.raises(DataError, match="every stratum has one cluster"):
        based.mean(y, every).errors


def test_a_sample_of_everybody_has_no_error():
    design = Design(np.ones(4), fpc=np.full(4, 4.0))
    assert based.mean(np.array([1.0, 2, 3, 9]), design).errors[0] == 0
    half = Design(np.ones(4), fpc=np.full(4, 0.5))
    assert half.fractions.tolist() == [0.5]


def test_matched_margins_take_their_part_of_the_variance_away():
    sex = np.array([0.0, 0, 0, 1, 1, 1])
    y = 10 * sex + np.array([0, 1, 2, 0, 1, 2])
    cells = np.column_stack([sex, 1 - sex])
    plain = Design(np.ones(6))
    matched = Design(np.ones(6), calibration=Calibration(np.ones(6), cells))
    # what is left is the spread within the sexes: 6/5·Σ(1 + 0 + 1)·2/36
    assert based.mean(y, matched).covariance[0, 0] == pytest.approx(6 / 5 * 4 / 36)
    assert based.mean(y, matched).errors[0] < based.mean(y, plain).errors[0]
    assert based.mean(sex, matched).errors[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("y", "x", "family", "message"),
    [
        ([1, 2, 3, 4], [[1, 1]] * 4, "linear", "rank 1"),
        ([0, 0, 1, 1], [[1, 0], [1, 0], [1, 1], [1, 1]], "logistic", "no finite solution"),
        ([0, 0, 0, 0], [[1, 0], [1, 1], [1, 0], [1, 1]], "logistic", "expected 0 and 1"),
        ([0, 1, 0, 1], [[1, 0], [1, 1], [1, 0], [1, 2]], "probit", "'linear' or 'logistic'"),
    ],
)
def test_regressions_without_a_solution_are_refused(y, x, family, message):
    with pytest.raises(DataError, match=message):
        based.regression(np.array(y, float), np.array(x, float), Design(np.ones(4)), family)


FLOATS = st.floats(-100, 100, allow_nan=False)


@given(st.lists(st.tuples(FLOATS, st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=30), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, chance):
    def estimate(rows):
        y, weights, strata = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        mean = based.mean(y, Design(weights + 1, strata))
        return [mean.values[0], mean.covariance[0, 0], mean.df[0]]

    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert estimate(shuffled) == pytest.approx(estimate(rows), rel=1e-6, abs=1e-6)


@given(st.lists(st.tuples(FLOATS, st.integers(1, 4)), min_size=2, max_size=15))
def test_a_weight_is_so_many_rows_of_one_cluster(rows):
    y, times = (np.array(column) for column in zip(*rows, strict=True))
    people = np.arange(len(y))
    weighted = based.mean(y.astype(float), Design(times.astype(float)))
    repeated = based.mean(
        np.repeat(y, times).astype(float), Design(np.ones(times.sum()), clusters=people.repeat(times))
    )
    assert repeated.values == pytest.approx(weighted.values, abs=1e-9)
    assert repeated.covariance == pytest.approx(weighted.covariance, abs=1e-9)
    assert repeated.df == weighted.df


@given(st.lists(FLOATS, min_size=3, max_size=20), st.floats(0.01, 100))
def test_rows_of_no_weight_and_the_unit_of_weights_change_nothing(values, unit):
    y = np.array(values)
    plain = based.mean(y, Design(np.ones(len(y))))
    padded = based.mean(np.append(y, [1e6, -1e6]), Design(np.append(np.full(len(y), unit), [0, 0])))
    assert padded.values == pytest.approx(plain.values, abs=1e-9)
    assert padded.covariance == pytest.approx(plain.covariance, rel=1e-6, abs=1e-9)
    assert padded.df == plain.df and padded.answers == plain.answers


def test_intervals_of_clustered_shares_cover_the_truth():
    """Monte Carlo: 15 clusters of 8 with a common leaning; 95 % intervals cover .3 about 95 times in a hundred."""
    rng = np.random.default_rng(3)
    clusters, inside = np.repeat(np.arange(15), 8), 0
    for _ in range(400):
        leaning = rng.beta(1.5, 3.5, 15)
        (share,) = based.mean(
            (rng.random(120) < leaning[clusters]).astype(float), Design(np.ones(120), None, clusters)
        ).shares()
        inside += share.low <= 0.3 <= share.high
    assert 0.92 <= inside / 400 <= 0.985
