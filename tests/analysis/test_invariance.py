"""Measurement invariance: values of lavaan, a planted shift that is found, and groups that are the same."""

import numpy as np
import pytest

from populace.analysis.fitting import release_test
from populace.analysis.invariance import invariance, invariance_of, verdict_of
from populace.analysis.measurement import measurement
from populace.errors import DataError

ABILITIES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
TRAITS = {trait: [f"{trait}{k}" for k in range(1, 6)] for trait in "AC"}
ONE = {"F": [f"q{j}" for j in range(5)]}
LOADINGS = (0.8, 0.8, 0.7, 0.7, 0.6)


@pytest.fixture(scope="module")
def schools(holzinger):
    return invariance(holzinger, ABILITIES, "school", estimator="ML")


@pytest.fixture(scope="module")
def sexes(bfi):
    return invariance(bfi, TRAITS, "gender", estimator="WLSMV")


@pytest.mark.parametrize("place", range(4), ids=["configural", "metric", "scalar", "strict"])
def test_levels_are_those_of_lavaan(schools, golden, place):
    level = schools.levels[place]
    chi2, df, cfi, rmsea, srmr = golden["HolzingerSwineford1939"]["invariance_school"][level.name]
    assert level.found.converged
    assert (level.fit.test.chi2, level.fit.test.df) == (pytest.approx(chi2, abs=1e-3), df)
    assert (level.fit.cfi, level.fit.rmsea.value, level.fit.srmr) == pytest.approx((cfi, rmsea, srmr), abs=5.5e-4)


def test_differences_are_those_of_lavaan(schools):
    metric, scalar = schools.levels[1].test, schools.levels[2].test
    assert (metric.chi2, metric.df, metric.p) == (pytest.approx(8.192, abs=1e-3), 6, pytest.approx(0.224, abs=1e-3))
    assert (scalar.chi2, scalar.df, scalar.p) == (pytest.approx(40.059, abs=1e-3), 6, pytest.approx(4.4e-7, abs=1e-8))


def test_schools_may_be_compared_by_relations_and_not_by_means(schools):
    assert [level.verdict for level in schools.levels] == ["fits", "holds", "does not hold", "not reached"]
    assert schools.attained == "metric"
    assert "means may not" in str(schools)
    # the two tests that the literature names
    assert [shift.item for shift in schools.shifts] == ["x3", "x7"]
    assert all(shift.shift.high < 0 for shift in schools.shifts)
    assert schools.partial.verdict == "holds"


def test_score_tests_are_those_of_lavaan(schools):
    scalar, material = schools.levels[2].found, schools.material
    found = []
    for item in range(9):
        wider = measurement(material.structure, 2, ("loadings", "intercepts"), None, [("intercepts", item)])
        found.append(release_test(scalar, wider).chi2)
    # lavaan 0.6-14, lavTestScore
    theirs = [5.84726, 6.86327, 19.19250, 2.13880, 1.56273, 0.03249, 15.02145, 4.70954, 1.49790]
    assert found == pytest.approx(theirs, abs=2e-3)


def test_ordinal_levels_are_those_of_lavaan_and_semtools(sexes):
    # lavaan 0.6-14 with semTools 0.5-6, measEq.syntax(ID.cat = "Wu.Estabrook.2016", parameterization = "theta"):
    # statistic, df, adjusted statistic, CFI, RMSEA, SRMR
    theirs = {
        "configural": (494.944431, 68, 644.080860, 0.942364260, 0.0802646637, 0.0532987285),
        "thresholds": (510.438414, 98, 734.474159, 0.936322031, 0.0702772038, 0.0532986946),
        "metric": (540.337479, 106, 689.252724, 0.941646729, 0.0646863399, 0.0541550676),
        "scalar": (604.840005, 114, 706.952927, 0.940676243, 0.0628919132, 0.0539634672),
        "strict": (658.921997, 124, 736.592541, 0.938711339, 0.0612931771, 0.0549218935),
    }
    assert [level.name for level in sexes.levels] == list(theirs)
    for level in sexes.levels:
        value, df, chi2, cfi, rmsea, srmr = theirs[level.name]
        assert (level.found.value, level.found.df) == (pytest.approx(value, abs=1e-3), df)
        assert level.fit.test.chi2 == pytest.approx(chi2, abs=0.01)
        # lavaan's RMSEA divides by n − 1 in each group
        assert level.fit.rmsea.value == pytest.approx(rmsea, abs=5e-5)
        assert (level.fit.cfi, level.fit.srmr) == pytest.approx((cfi, srmr), abs=2e-6)


def test_ordinal_differences_are_those_of_lavaan(sexes):
    # lavTestLRT, method satorra.2000, which takes its weights at the looser model
    theirs = [34.37085, 21.01396, 44.36894, 51.67550]
    assert [level.test.chi2 for level in sexes.levels[1:]] == pytest.approx(theirs, rel=0.01)
    assert [level.test.df for level in sexes.levels[1:]] == [30, 8, 8, 10]


def test_two_option_items_start_at_the_scalar_level(battery, opinions):
    steps = (opinions(600, 1, LOADINGS) > 3) + 1
    found = invariance(battery(steps, groups=["a", "b"] * 300, size=2), ONE, "group")
    assert [level.name for level in found.levels] == ["configural", "scalar", "strict"]
    assert "cannot be tested apart" in " ".join(found.notes())


def test_groups_with_the_same_answers_are_the_same_at_every_level(battery, opinions):
    steps = np.repeat(opinions(300, 1, LOADINGS), 2, axis=0)
    found = invariance(battery(steps, groups=["a", "b"] * 300), ONE, "group")
    assert found.attained == "strict" and not found.shifts
    assert all(abs(level.test.chi2 - found.levels[1].test.chi2) < 10 for level in found.levels[1:])
    assert all(level.found.value == pytest.approx(found.levels[0].found.value, abs=1e-3) for level in found.levels)


@pytest.mark.parametrize("estimator", ["MLM", "WLSMV"])
def test_a_planted_shift_is_found_and_no_other(battery, opinions, estimator):
    groups = np.array(["a", "b"] * 600)
    shift = np.outer(groups == "b", [0, 0.5, 0, 0, 0])
    steps = opinions(1200, 1, LOADINGS, shift=shift)
    found = invariance(battery(steps, groups=groups), ONE, "group", estimator=estimator)
    assert [shift.item for shift in found.shifts] == ["q1"]
    shift = found.shifts[0]
    assert shift.level == "scalar" and shift.group == "b" and shift.shift.low > 0.2
    assert found.chart()["data"]["values"][0]["name"] == "q1"


def test_a_planted_loading_is_found_at_the_metric_level(battery, opinions):
    steps = opinions(1200, 1, LOADINGS)
    groups = np.array(["a", "b"] * 600)
    noise = np.random.default_rng(0).integers(1, 6, 1200)
    lost = (groups == "b") & (np.random.default_rng(1).random(1200) < 0.8)
    steps[lost, 0] = noise[lost]
    found = invariance(battery(steps, groups=groups), ONE, "group", estimator="MLM")
    assert found.levels[1].verdict == "does not hold" and found.attained == "configural"
    assert found.shifts[0].item == "q0" and found.shifts[0].level == "metric" and found.shifts[0].shift.high < 0


def test_swapping_the_groups_turns_the_shift_round(holzinger, schools):
    from dataclasses import replace

    material = schools.material
    turned = replace(material, groups=material.groups[::-1], moments=material.moments[::-1])
    other = invariance_of(turned)
    assert other.levels[2].fit.test.chi2 == pytest.approx(schools.levels[2].fit.test.chi2, abs=1e-4)
    assert [shift.item for shift in other.shifts] == ["x3", "x7"]
    assert all(shift.shift.low > 0 for shift in other.shifts)


def test_verdicts_are_the_worked_examples():
    assert verdict_of((-0.002, -0.004, 0.004), 0.03) == "holds"
    assert verdict_of((-0.039, 0.014, 0.011), 0.01) == "does not hold"
    assert verdict_of((-0.005, 0.020, 0.004), 0.01) == "in doubt"
    assert verdict_of(None, 0.01) == "does not hold"


def test_a_model_that_fits_poorly_is_said_to(bfi):
    three = {trait: [f"{trait}{k}" for k in range(1, 6)] for trait in "ACN"}
    found = invariance(bfi, three, "gender")
    assert found.levels[0].verdict == "fits poorly" and "the model itself fits poorly" in str(found)
    assert found.attained == "metric"


def test_one_group_cannot_be_compared(battery, opinions):
    data = battery(opinions(100, 1, LOADINGS), groups=["a"] * 100)
    with pytest.raises(DataError, match="1 groups of 50 people or more"):
        invariance(data, ONE, "group")
