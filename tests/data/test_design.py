"""Weights: golden values from R's survey package, hand-worked tables, and what cannot be done."""

import csv
import json

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.design import (
    Design,
    calibrate,
    design_of,
    kish_deff,
    kish_effective_n,
    rake,
    rake_trimmed,
    systematic,
    trim,
    with_design,
)
from populace.errors import DataError


@pytest.fixture
def schools(corpora):
    """183 Californian schools: their codes, their scores, and R's answers."""
    folder = corpora / "reference"
    rows = list(csv.DictReader((folder / "apiclus1.csv").read_text(encoding="utf-8").splitlines()))
    codes = {name: np.array([row[name] for row in rows]) for name in ("stype", "sch.wide")}
    scores = np.array([float(row["api00"]) for row in rows])
    return codes, scores, json.loads((folder / "golden.json").read_text())["api"]["rake_apiclus1"]


def test_raking_gives_the_weights_of_r_survey(schools):
    codes, scores, golden = schools
    margins = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}
    weights = rake(codes, margins, np.full(len(scores), 33.847), tolerance=1e-10)
    for cell, expected in golden["w"].items():
        school_type, wide = cell.split("|")
        here = (codes["stype"] == school_type) & (codes["sch.wide"] == wide)
        # R stops at a coarser tolerance, so its last digits are not the limit
        assert weights[here] == pytest.approx(expected, rel=2e-4)
    assert np.average(scores, weights=weights) == pytest.approx(golden["mean_api00"][0], abs=0.01)
    assert kish_deff(weights) == pytest.approx(golden["kish_deff"], abs=1e-5)
    assert kish_effective_n(weights) == pytest.approx(golden["ess"], abs=1e-3)


def test_kish_figures_of_a_table_worked_by_hand():
    assert kish_effective_n(np.array([1, 1, 2])) == pytest.approx(16 / 6)
    assert kish_deff(np.array([1, 1, 2])) == pytest.approx(18 / 16)
    assert kish_deff(np.full(7, 3.0)) == pytest.approx(1.0)


def test_raked_weights_meet_a_cross_table_and_a_margin():
    codes = {"sex": np.array(list("mmffmf")), "age": np.array([1, 2, 1, 2, 2, 2]), "town": np.array([0, 1, 1, 0, 0, 1])}
    cross = {("m", 1): 0.2, ("m", 2): 0.3, ("f", 1): 0.1, ("f", 2): 0.4}
    weights = rake(codes, {("sex", "age"): cross, "town": {0: 0.6, 1: 0.4}})
    assert weights.sum() == pytest.approx(1)
    for (sex, age), share in cross.items():
        assert weights[(codes["sex"] == sex) & (codes["age"] == age)].sum() == pytest.approx(share, abs=1e-8)
    assert weights[codes["town"] == 0].sum() == pytest.approx(0.6, abs=1e-8)


def test_a_cell_without_people_is_named():
    with pytest.raises(DataError, match=r"margin 'sex': nobody in the sample is 'f'.*merge"):
        rake({"sex": np.array(["m", "m"])}, {"sex": {"m": 0.5, "f": 0.5}})


def test_people_without_a_total_are_named():
    with pytest.raises(DataError, match=r"1 people are 'x' or another option without a total"):
        rake({"sex": np.array(["m", "x"])}, {"sex": {"m": 1.0}})
    with pytest.raises(DataError, match=r"1 people are 'x', whose total is 0"):
        rake({"sex": np.array(["m", "x"])}, {"sex": {"m": 1.0, "x": 0.0}})


def test_an_empty_cell_of_total_zero_is_no_problem():
    assert rake({"sex": np.array(["m", "m"])}, {"sex": {"m": 4, "x": 0}}) == pytest.approx([2, 2])


def test_contradicting_margins_do_not_converge_and_say_so():
    codes = {"a": np.array([0, 1]), "b": np.array([0, 1])}
    with pytest.raises(DataError, match=r"did not converge in 50 rounds \(largest discrepancy"):
        rake(codes, {"a": {0: 0.5, 1: 0.5}, "b": {0: 0.9, 1: 0.1}}, max_iterations=50)


def test_margins_of_different_totals_are_refused():
    codes = {"a": np.array([0, 1]), "b": np.array([0, 1])}
    with pytest.raises(DataError, match=r"'a' sums to 1 and margin 'b' to 100"):
        rake(codes, {"a": {0: 0.5, 1: 0.5}, "b": {0: 60, 1: 40}})


@pytest.mark.parametrize("weights", [[1, -1], [1, float("nan")], [0, 0]])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(DataError, match="weights are"):
        kish_deff(np.array(weights))


def test_a_margin_of_an_unknown_variable_is_refused():
    with pytest.raises(DataError, match="needs 'age', which the sample lacks"):
        rake({"sex": np.array(["m"])}, {"age": {1: 1.0}})
    with pytest.raises(DataError, match="no margins"):
        rake({"sex": np.array(["m"])}, {})


def test_trimmed_weights_keep_their_sum_and_stay_below_the_cap():
    weights = np.array([1.0, 1, 1, 1, 1, 1, 1, 1, 1, 91])
    trimmed = trim(weights, most=3)
    assert trimmed.sum() == pytest.approx(100)
    assert trimmed.max() == pytest.approx(30)
    assert trimmed[:9] == pytest.approx(70 / 9)
    assert trim(np.ones(4), 2) == pytest.approx(np.ones(4))
    with pytest.raises(DataError, match="more than 1"):
        trim(weights, 1)


def test_trimming_goes_on_when_the_rest_passes_the_cap_in_its_turn():
    trimmed = trim(np.array([1.0, 1, 10, 19, 69]), most=1.5)
    assert trimmed.sum() == pytest.approx(100)
    assert trimmed.max() <= 30 + 1e-9


def test_systematic_draws_come_up_their_expected_number_of_times():
    weights = np.array([0.5, 1.0, 2.5, 0.0, 4.0])
    for start in (0.0, 0.3, 0.999):
        counts = np.bincount(systematic(weights, 16, start), minlength=5)
        assert (np.abs(counts - weights * 2) < 1).all()
        assert counts.sum() == 16
        assert counts[3] == 0


def survey(weights, **columns):
    """A data set with a weight and these columns."""
    table = pl.DataFrame({"respondent_id": list(range(len(weights))), "w": weights, **columns})
    variables = [Variable(name, name, "numeric", role="design") for name in ("w", *columns)]
    return DataSet(table, Codebook("s", "S", tuple(variables)), "people.csv")


def test_the_codebook_names_the_design_of_a_data_set():
    data = with_design(
        survey([1.0, 2, 0, 1], h=[7, 7, 7, 9], psu=[1, 2, 3, 1]),
        weight="w",
        strata="h",
        cluster="psu",
        lonely="certainty",
    )
    design = design_of(data)
    assert design.weights.tolist() == [1, 2, 0, 1]
    assert design.cluster_strata.tolist() == [0, 0, 1]  # cluster 1 of stratum 9 is not cluster 1 of stratum 7
    assert (design.df, design.lonely_strata, design.lonely) == (1, 1, "certainty")
    assert design.words == "Sample: weighted, 2 strata, 3 clusters, 1 strata of one cluster (certainty)."
    assert design_of(survey([1.0, 2])).words == "Sample: unweighted."


def test_people_interviewed_twice_are_clusters():
    table = pl.DataFrame({"respondent_id": [1, 1, 2, 3], "wave": [1, 2, 1, 1]})
    data = DataSet(table, Codebook("s", "S", (Variable("wave", "Wave", "numeric", role="design"),)))
    assert design_of(data).df == 2


def test_columns_taken_out_are_forgotten_by_the_design():
    data = with_design(survey([1.0, 2], h=[1, 1], x=[3, 4]), weight="w", strata="h")
    kept = data.keep(["w", "x"])
    assert kept.codebook.weight == "w" and design_of(kept).strata is None


def test_population_sizes_are_numbers_of_clusters_or_fractions():
    strata, sizes = np.array([1, 1, 2, 2]), np.array([4, 4, 2, 2])
    assert Design(np.ones(4), strata, fpc=sizes).fractions.tolist() == [0.5, 1.0]
    assert Design(np.ones(4), strata, fpc=np.array([0.1, 0.1, 0.5, 0.5])).fractions.tolist() == [0.1, 0.5]


@pytest.mark.parametrize(
    ("named", "columns", "message"),
    [
        ({"strata": "h"}, {"h": [1, None]}, "1 rows with weight have no strata"),
        ({"strata": "g"}, {"h": [1, 1]}, "no variable 'g'"),
        ({"fpc": "N"}, {"N": [9, 8]}, "fpc runs from 8 to 9"),
        ({"fpc": "N"}, {"N": [0, 0]}, "fpc runs from 0 to 0"),
        ({"fpc": "N"}, {"N": [1, 1]}, "has 1 clusters in the population, but 2"),
        ({"lonely": "ignore"}, {}, "lonely strata are to be treated by 'ignore'"),
        ({"strata": "h", "lonely": "refuse"}, {"h": [1, 2]}, "2 strata have one cluster only"),
        ({"stratum": "h"}, {"h": [1, 1]}, "did you mean 'strata'"),
    ],
)
def test_designs_that_cannot_be_are_refused(named, columns, message):
    with pytest.raises(DataError, match=message):
        with_design(survey([1.0, 1], **columns), **named)


def test_raking_and_trimming_in_turn_meet_margins_and_cap():
    sex, age = np.array(list("mmmmmmmf" * 10)), np.tile([0, 1], 40)
    margins = {"sex": {"m": 0.75, "f": 0.25}, "age": {0: 0.5, 1: 0.5}}
    start = np.where(np.arange(80) == 0, 20.0, 1.0)
    assert rake({"sex": sex, "age": age}, margins, start).max() * 80 > 5
    weights = rake_trimmed({"sex": sex, "age": age}, margins, start, most=3)
    assert weights.max() <= 3 * weights.mean() * (1 + 1e-5)
    assert weights[sex == "f"].sum() / weights.sum() == pytest.approx(0.25, abs=1e-4)


def test_a_cap_that_the_margins_exclude_wins():
    sex = np.array(list("m" * 19 + "f"))
    weights = rake_trimmed({"sex": sex}, {"sex": {"m": 0.5, "f": 0.5}}, most=2)
    assert weights.max() == pytest.approx(2 * weights.mean())


def test_calibrated_weights_have_the_totals_and_stay_in_their_bounds():
    matrix = np.column_stack([np.ones(5), [1.0, 2, 3, 4, 5]])
    free = calibrate(matrix, np.array([10, 35.0]), np.ones(5))
    assert matrix.T @ free == pytest.approx([10, 35])
    bound = calibrate(matrix, np.array([10, 35.0]), np.full(5, 2.0), (0.5, 1.6))
    assert matrix.T @ bound == pytest.approx([10, 35]) and (bound >= 1).all() and (bound <= 3.2).all()
    assert calibrate(np.ones((2, 1)), np.array([10.0]), np.ones(2)).tolist() == [5, 5]
    with pytest.raises(DataError, match="no weights have these totals"):
        calibrate(matrix, np.array([10, 49.0]), np.ones(5), (0.5, 2))
