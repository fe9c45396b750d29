"""Twins: reading a study as far as this comparison needs it, arms, piped text, and predictions of outcomes."""

import numpy as np
import pytest

from populace.app.benchmark import twins
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure
from populace.app.benchmark.twin_studies import option_values, read_study
from populace.app.benchmark.twins import predicted
from populace.models.baselines import Margins, Uniform

PEOPLE = 40


def test_the_expected_outcome_is_that_of_the_arm_a_person_was_in(study_folder):
    study = read_study(study_folder)
    columns = [column for column in study.columns if column.name in ("IN", "OUT", "Fair", "Grid_2")]
    model = Margins([c.prompt for c in columns], [c.positions for c in columns])
    said = predicted(model, study, [], False, np.random.default_rng(0))
    for arm, column in enumerate(study.parts("green")):
        rows = np.arange(PEOPLE) % 2 == arm
        share = model.share(column.prompt) @ option_values(column, study.human["green"])
        assert np.allclose(said.expected[rows, 0], share)
    assert set(said.drawn[:, 0]) <= {0.0, 1.0}
    # the mean of a piped question and a row of a grid
    assert (said.expected[:, 1] > 1).all() and (said.expected[:, 1] < 3).all()


def test_an_outcome_is_never_told_to_the_model_that_predicts_it(study_folder):
    study = read_study(study_folder)
    asked = []

    class Spy:
        name = hash = "spy"

        def open(self, n, history=()):
            asked.append({told.prompt.text for told in history})
            return Uniform().open(n)

    predicted(Spy(), study, [], True, np.random.default_rng(0))
    outcome = {column.prompt.text for column in study.parts("green")}
    assert not outcome & asked[0]
    assert outcome <= asked[1]


def test_studies_count_alike_over_all_outcomes_and_correlations_are_averaged_on_fishers_scale(tmp_path):
    def numbers(r, accuracy):
        return {"individual r": np.arctanh(r).tolist(), "normalised accuracy": accuracy}

    items = {
        "big": {twins.BACKGROUND: numbers([0.2] * 4, [0.6] * 4), twins.TWIN: numbers([0.1] * 4, [0.7] * 4)},
        "small": {twins.BACKGROUND: numbers([0.6], [0.8]), twins.TWIN: numbers([0.5], [0.9])},
    }
    bench = Bench(tmp_path, tmp_path, quick=True)
    figures = twins.overall(bench, items)
    found = {(one.system, one.measure): one for one in figures if one.study == "all"}
    alike = {(one.system, one.measure): one for one in figures if one.study != "all"}
    expected = np.tanh((np.arctanh(0.2) + np.arctanh(0.6)) / 2)
    assert found[twins.BACKGROUND, "individual r"].value == pytest.approx(expected)
    assert found[twins.BACKGROUND, "normalised accuracy"].value == pytest.approx(0.7)
    assert found[twins.BACKGROUND, "individual r, minus LLM twins"].low > 0
    assert (twins.BACKGROUND, "SD ratio") not in found
    assert alike[twins.BACKGROUND, "normalised accuracy"].value == pytest.approx((4 * 0.6 + 0.8) / 5)


def slope(study, system, value):
    return Figure("twins", study, system, "structure slope", value, value - 0.1, value + 0.1, 8, "outcomes")


def test_structure_slopes_are_averaged_over_the_studies_that_have_one(tmp_path):
    bench = Bench(tmp_path, tmp_path, quick=True)
    found = [
        slope("infotainment", twins.TWIN, 0.4),
        slope("accuracy_nudges", twins.TWIN, 0.8),
        slope("infotainment, 49 long profiles", twins.TWIN, 9.0),
        slope("infotainment", twins.BACKGROUND, 0.1),
    ]
    (mean,) = twins.overall_slopes(bench, found)
    assert (mean.system, mean.study, mean.units) == (twins.TWIN, "all", 2)
    assert mean.value == pytest.approx(0.6)
    assert (mean.low, mean.high) == pytest.approx((0.4, 0.8))
