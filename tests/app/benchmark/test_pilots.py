"""Pilots: what a pilot is worth by itself must come out as its size; groups; ratios."""

import numpy as np
import polars as pl
import pytest

from populace.app.benchmark import fielded, pilots
from populace.app.benchmark.pilots import COPULA, OURS, PILOT, TOTALS, Judges, figures_of, groups_of
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.models.baselines import Copula, Margins
from populace.survey.scale import Option

SCALE = tuple(Option(k, f"step {k}") for k in range(1, 6))
SEX = (Option(1, "man"), Option(2, "woman"))


def people(n, seed):
    """Answers to eight questions that hang on sex and one opinion."""
    random = np.random.default_rng(seed)
    sex, age = random.integers(1, 3, n), random.integers(18, 80, n)
    opinion = random.standard_normal(n) + 0.8 * (sex == 2)
    columns = {"respondent_id": np.arange(n), "sex": sex, "age": age}
    for j in range(8):
        columns[f"q{j}"] = np.searchsorted([-1, 0, 1, 2], opinion + random.standard_normal(n)) + 1
    variables = (
        Variable("sex", "Your sex?", "single", SEX, "background"),
        Variable("age", "Your age?", "numeric", role="background"),
        *(Variable(f"q{j}", f"Question {j}?", "ordinal", SCALE) for j in range(8)),
    )
    return DataSet(pl.DataFrame(columns), Codebook("tea", "Tea", variables, {"years": [2020]}))


@pytest.fixture(scope="module")
def survey():
    return fielded.fielded(people(9000, 0), [f"q{j}" for j in range(8)], ["sex", "age"])


def rows_of(survey, size, count):
    """Rows of many pilots of one size, with a model that repeats the pilot's margins in place of ours."""
    found = []
    rest = survey.people.rows(np.arange(5000, 9000))
    for number in range(count):
        pilot = survey.people.rows(np.arange(size) + number * size)
        groups = groups_of(pilot, rest, ("sex",))
        judges = Judges(survey, rest, groups[1])
        models = (Margins(*fielded.material(survey, pilot)), Copula(*fielded.material(survey, pilot)))
        for system, predicted in pilots._predictions(judges, pilot, groups[0], *models):
            found += pilots.margin_rows("tea", size, number, system, predicted, judges)
        answers = {PILOT: pilot, OURS: fielded.panel_of(survey, models[0], rest, number)}
        found += pilots.structure_rows("tea", size, number, answers, rest, 0)
    return found


@pytest.fixture(scope="module")
def figures(survey):
    found = figures_of(rows_of(survey, 100, 40), np.random.default_rng(1), 200)
    return {(one.study, one.system, one.measure): one for one in found}


def test_a_pilot_of_a_hundred_is_worth_a_hundred(figures):
    totals = figures["all", PILOT, "n*, totals, pilot of 100"]
    assert totals.low < 100 < totals.high and totals.value == pytest.approx(100, rel=0.2)
    groups = figures["all", PILOT, "n*, groups, pilot of 100"]
    assert groups.value == pytest.approx(50, rel=0.2)
    structure = figures["all", PILOT, "n*, correlations, pilot of 100"]
    assert structure.value == pytest.approx(100, rel=0.2)


def test_margins_are_no_better_than_the_pilot_they_repeat_and_know_no_groups_and_no_correlations(figures):
    times = {kind: figures["all", OURS, f"n* over the pilot's, {kind}, pilot of 100"] for kind in pilots.KINDS}
    assert times["totals"].value == pytest.approx(1, abs=0.1)
    assert times["groups"].high < 1
    assert times["correlations"].high < 1
    same = figures["all", TOTALS, "n* over the pilot's, groups, pilot of 100"]
    assert times["groups"].value == pytest.approx(same.value, rel=0.1)


def test_a_copula_of_the_pilot_uses_everybody_for_every_group(figures):
    assert figures["all", COPULA, "n* over the pilot's, groups, pilot of 100"].low > 1


def test_totals_of_the_pilot_are_not_shown_as_another_system(figures):
    assert ("all", TOTALS, "n*, totals, pilot of 100") not in figures


def test_a_panel_may_be_larger_than_the_judges_whose_backgrounds_it_has(survey):
    twice = survey.people.rows(np.resize(np.arange(10), 20))
    panel = fielded.panel_of(survey, Margins(*fielded.material(survey, survey.people)), pilots.renumbered(twice), 0)
    assert panel.n_respondents == 20
    assert panel.codes("q0")[:10].to_list() != panel.codes("q0")[10:].to_list()


def test_groups_cross_backgrounds_in_bands_and_leave_small_ones_out():
    pilot, judges = people(40, 1), people(600, 2)
    ours, theirs = groups_of(pilot, judges, ("sex", "age"))
    assert theirs.max() == 5 and (np.bincount(theirs) >= pilots.LEAST_GROUP).all()
    assert set(ours) <= set(theirs)
    few = judges.rows(np.arange(120))
    _, thin = groups_of(pilot, few, ("sex", "age"))
    assert (thin == -1).all() or (np.bincount(thin[thin >= 0]) >= pilots.LEAST_GROUP).all()
    assert (groups_of(pilot, judges, ("nothing",))[1] == -1).all()


def test_a_group_that_the_pilot_does_not_have_gets_the_pilots_total():
    counts, fallback = np.zeros(3), np.array([1.0, 1.0, 2.0])
    assert pilots._shares_or(counts, fallback).tolist() == [0.25, 0.25, 0.5]
    assert pilots._shares_or(np.array([4.0, 0, 0]), fallback).tolist() == [1, 0, 0]
    assert pilots._shares_or(counts, counts).tolist() == [1 / 3] * 3
