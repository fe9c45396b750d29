"""Item response: items that function otherwise in the panel, and how well persons fit the people's model."""

import polars as pl

from populace.data.dataset import DataSet
from populace.scrutiny.comparison import compare
from populace.scrutiny.item_response import checks


def found_of(panel, people):
    return {check.check: check for check in checks(compare(panel, people, resamples=30))}


def verdicts(panel, people):
    return {name: check.verdict for name, check in found_of(panel, people).items()}


def test_people_against_people_pass(scale):
    found = found_of(scale(1200, 1), scale(1200, 2))
    assert {check.verdict for check in found.values()} <= {"INDISTINGUISHABLE", "USABLE"}
    assert "none of 5 items" in found["dif_items"].words


def test_a_higher_position_on_the_scale_is_no_differential_functioning(scale):
    assert verdicts(scale(1200, 1, mean=0.4), scale(1200, 2))["dif_items"] == "INDISTINGUISHABLE"


def test_items_answered_otherwise_at_the_same_trait_fail_and_are_named(scale):
    found = found_of(scale(1200, 1, agree=0.6), scale(1200, 2))["dif_items"]
    assert found.verdict == "FAIL"
    # agreeing with everything is a higher trait for four items, and the other way round for the fifth
    assert "R²: q4 " in found.words


def test_an_item_that_measures_something_else_fails(scale):
    loose = scale(1200, 1, loadings=(1.2, 0.0, 1.0, 0.9, -1.2))
    assert verdicts(loose, scale(1200, 2))["dif_items"] == "FAIL"


def test_answers_that_go_together_too_well_do_not_fit_people(scale):
    found = found_of(scale(1200, 1, loadings=(9.0, 9.0, 9.0, 9.0, -9.0)), scale(1200, 2))["person_fit"]
    assert found.verdict == "FAIL"
    assert "too well" in found.words


def test_answers_that_do_not_go_together_do_not_fit_people(scale):
    people = scale(1200, 1)
    names = [name for name in people.answers.columns if name.startswith("q")]
    mixed = people.answers.with_columns(pl.col(name).shuffle(seed=k) for k, name in enumerate(names))
    assert verdicts(DataSet(mixed, people.codebook), scale(1200, 2))["person_fit"] == "FAIL"


def test_few_people_leave_it_open_and_answers_without_a_scale_are_not_judged(scale):
    assert set(verdicts(scale(80, 1), scale(80, 2)).values()) == {"UNDERPOWERED"}
    loose = scale(600, 1, loadings=(0.0,) * 5)
    assert set(verdicts(loose, loose).values()) == {"UNVERIFIED"}


def test_gaps_are_no_defect(scale):
    assert "FAIL" not in verdicts(scale(1200, 1, missing=0.1), scale(1200, 2, missing=0.1)).values()


def test_a_panel_that_says_one_thing_only_fails_without_a_warning(scale, variable, data_set):
    one = data_set(*((variable(f"q{j}", battery="b"), [3] * 400) for j in range(5)))
    found = found_of(one, scale(400, 2))
    assert found["dif_items"].verdict == "FAIL"
    assert "one answer only" in found["dif_items"].words


def test_an_item_that_the_trait_tells_apart_wholly_is_said_and_not_counted(scale):
    # one item is all there is to the trait: nothing is left to be answered otherwise
    people = [scale(900, seed, loadings=(60.0, 0.7, 0.6, 0.5, -0.6)) for seed in (1, 2)]
    found = found_of(*people)["dif_items"]
    assert found.verdict != "FAIL"
    assert "one answer only" not in found.words
