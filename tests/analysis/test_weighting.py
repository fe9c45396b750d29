"""Weights as a result for users: R's survey package, tables worked by hand, and what cannot be matched."""

import numpy as np
import pytest
import vl_convert

from populace.analysis import design_based, weighting
from populace.data.design import design_of
from populace.errors import DataError
from populace.survey.audience import audience

MARGINS = {"stype": {"E": 4421, "H": 755, "M": 1018}, "sch.wide": {"No": 1072, "Yes": 5122}}


def both(data):
    """Mean api00 and total enrolment with their errors, by the design that the data set names."""
    design = design_of(data)
    mean = design_based.mean(data.values("api00"), design)
    total = design_based.total(data.values("enroll"), design)
    return [mean.values[0], mean.errors[0]], [total.values[0], total.errors[0]]


def test_raked_schools_have_the_weights_means_and_errors_of_r(schools, golden_api):
    made, golden = weighting.rake(schools("apiclus1"), MARGINS), golden_api["rake_apiclus1"]
    mean, total = both(made.data)
    assert mean == pytest.approx(golden["mean_api00"], rel=5e-5)  # the file has five digits
    assert total == pytest.approx(golden["total_enroll"], rel=1e-6)
    assert made.deff == pytest.approx(golden["kish_deff"], rel=1e-6)
    assert made.effective_n == pytest.approx(golden["ess"], rel=1e-6)
    kinds = zip(made.data.answers["stype"], made.data.answers["sch.wide"], made.weights, strict=True)
    assert {f"{kind}|{wide}": round(weight, 6) for kind, wide, weight in kinds} == pytest.approx(golden["w"], rel=1e-6)


def test_post_stratified_schools_have_rs_mean_and_error(schools, golden_api):
    made = weighting.post_stratify(schools("apiclus1"), "stype", MARGINS["stype"])
    mean, total = both(made.data)
    assert mean == pytest.approx(golden_api["poststrat_stype"]["mean_api00"], rel=5e-5)
    assert total == pytest.approx(golden_api["poststrat_stype"]["total_enroll"], rel=2e-6)


def test_calibrated_schools_have_rs_mean_and_error(schools, golden_api):
    made = weighting.calibrate(schools("apiclus1"), {"stype": MARGINS["stype"], "api99": 3914069})
    mean, total = both(made.data)
    assert mean == pytest.approx(golden_api["greg_stype_api99"]["mean_api00"], rel=5e-5)
    assert total == pytest.approx(golden_api["greg_stype_api99"]["total_enroll"], rel=2e-6)


def people(hand_made, choice, **named):
    return hand_made((choice("sex", "man", "woman"), ["man"] * 2 + ["woman"] * 6), **named)


def test_shares_give_weights_of_mean_one_worked_by_hand(hand_made, choice):
    made = weighting.rake(people(hand_made, choice), {"sex": {"man": 0.5, "Woman": 0.5}})
    assert made.weights == pytest.approx([2, 2] + [2 / 3] * 6)
    assert made.effective_n == pytest.approx(64 / (8 + 6 * 4 / 9)) and made.data.codebook.weight == "raked_weight"
    (target,) = made.targets
    assert target.before.tolist() == [0.25, 0.75] and target.after == pytest.approx([0.5, 0.5])
    per_cent = weighting.rake(people(hand_made, choice), {"sex": {"man": 50, "woman": 50}})
    assert per_cent.weights == pytest.approx(made.weights)


def test_rounded_shares_are_brought_to_one_and_said(hand_made, choice):
    made = weighting.rake(people(hand_made, choice), {"sex": {"man": 0.333, "woman": 0.666}})
    assert made.targets[0].after == pytest.approx([1 / 3, 2 / 3])
    assert made.notes()[0] == "Shares of 'sex' were brought to a sum of 1."


def test_people_without_an_answer_are_refused_or_keep_their_share(hand_made, choice):
    data = hand_made((choice("sex", "man", "woman"), ["man", "woman", "woman", None]))
    half = {"sex": {"man": 0.5, "woman": 0.5}}
    with pytest.raises(DataError, match="1 respondents have no answer to it"):
        weighting.rake(data, half)
    assert weighting.rake(data, half, unanswered="own").weights == pytest.approx([1.5, 0.75, 0.75, 1])


def test_trimmed_weights_keep_the_cap_and_say_what_it_costs(hand_made, choice):
    data = hand_made((choice("sex", "man", "woman"), ["man"] * 19 + ["woman"]))
    made = weighting.rake(data, {"sex": {"man": 0.5, "woman": 0.5}}, trim=3)
    assert made.weights.max() == pytest.approx(3)
    assert "Trimming leaves margins up to 35 points from the population." in made.notes()


def test_crossed_margins_and_audiences_are_margins_too(random_survey):
    data = random_survey(200, 1)
    shares = {(sex, town): 1 / 6 for sex in ("man", "woman") for town in ("north", "south", "west")}
    crossed = weighting.rake(data, {("sex", "town"): shares})
    assert crossed.targets[0].after == pytest.approx(np.full(6, 1 / 6))
    same = weighting.post_stratify(data, ("sex", "town"), shares)
    assert same.weights == pytest.approx(crossed.weights)
    with pytest.raises(DataError, match="has no variable"):
        weighting.rake(data, audience("us-adults"))


def test_weights_start_from_those_there_and_rows_of_none_stay_out(random_survey):
    data = random_survey(100, 2, weight="w")
    first = weighting.rake(data, {"sex": {"man": 0.5, "woman": 0.5}})
    ratio = first.weights / data.weights
    assert len(np.unique(ratio.round(9))) == 2
    assert first.data.codebook.extra["calibration"] == {"weight": "w", "cells": [["sex"]]}


def test_the_margins_of_raked_data_have_no_error_any_more(random_survey):
    made = weighting.rake(random_survey(100, 3), {"sex": {"man": 0.5, "woman": 0.5}})
    share = design_based.mean((made.data.positions("sex") == 0).astype(float), design_of(made.data))
    assert share.values[0] == pytest.approx(0.5) and share.errors[0] == pytest.approx(0, abs=1e-9)


def test_means_can_be_matched_beside_shares(random_survey):
    data = random_survey(100, 4)
    made = weighting.calibrate(data, {"sex": {"man": 0.5, "woman": 0.5}, "age": 45}, bounds=(0.3, 3))
    assert np.average(data.values("age"), weights=made.weights) == pytest.approx(45)
    assert made.weights.sum() == pytest.approx(100) and made.weights.min() >= 0.3 * 0.999
    assert "after" in made.notes()[0]


def test_a_report_on_weights_tells_what_they_cost(random_survey):
    report = weighting.weight_report(random_survey(100, 5, weight="w"))
    assert report.effective_n < 100 < 100 * report.deff and report.chart() is None
    assert "column 'w'" in str(report) and "no interval" in report.notes()[-1]
    assert weighting.weight_report(random_survey(100, 5)).deff == pytest.approx(1)


def test_synthetic_rows_are_said_in_every_table_and_the_chart_can_be_drawn(hand_made, choice):
    made = weighting.rake(people(hand_made, choice, synthetic=True), {"sex": {"man": 0.5, "woman": 0.5}})
    assert made.synthetic and all("SYNTHETIC" in table.notes[-1] for table in made.tables())
    assert "<path" in vl_convert.vegalite_to_svg(made.chart() | {"width": 400})


@pytest.mark.parametrize(
    ("margins", "message"),
    [
        ({}, "no margins"),
        ({"sex": {"man": 0.5, "women": 0.5}}, "no option 'women'.*did you mean 'woman'"),
        ({"sex": {"man": 0.5}}, "expected a total for every option"),
        ({"age": {"man": 0.5}}, "type 'numeric' and has no options"),
        ({("sex", "town"): {"man": 1.0}}, "expected 2 options"),
        ({"sex": {"man": 60, "woman": 50}, "town": {"north": 1, "south": 1, "west": 1}}, "expected one total for all"),
    ],
)
def test_margins_that_cannot_be_met_are_refused_by_name(random_survey, margins, message):
    with pytest.raises(DataError, match=message):
        weighting.rake(random_survey(60, 6), margins)


def test_impossible_calibrations_are_refused(random_survey):
    data = random_survey(60, 7)
    half = {"sex": {"man": 0.5, "woman": 0.5}}
    with pytest.raises(DataError, match="weights below zero"):
        weighting.calibrate(data, half | {"age": 78})
    with pytest.raises(DataError, match="within the bounds"):
        weighting.calibrate(data, half | {"age": 78}, bounds=(0.5, 2))
    with pytest.raises(DataError, match="no closed variable"):
        weighting.calibrate(data, {"age": 50})
    with pytest.raises(DataError, match="already has a column 'w'"):
        weighting.rake(data, half, name="w")
    with pytest.raises(DataError, match="unanswered is 'drop'"):
        weighting.rake(data, half, unanswered="drop")
