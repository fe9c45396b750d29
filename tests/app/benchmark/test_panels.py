"""Panels of unseen surveys: who judges, which model may be judged, and means over surveys."""

import numpy as np
import pytest

from populace.app.benchmark import fielded, panels, splits
from populace.app.benchmark.bench import Bench
from populace.app.benchmark.figures import Figure


def figure(survey, system, measure, value, ceiling=1.0):
    return Figure(panels.REGIME, survey, system, measure, value, value - 0.1, value + 0.1, 20, "questions", ceiling)


def test_no_survey_is_judged_with_a_model_that_saw_its_house():
    for name in panels.SURVEYS:
        model = panels.model_of(name)
        assert name not in splits.corpora_of(model)
        house = splits.house_of(name)
        assert house is None or not set(splits.HOUSES[house]) & set(splits.corpora_of(model))
    # the survey of 1996 is of a house of which other years are among the corpora
    assert not set(splits.HOUSES["anes"]) & set(splits.corpora_of(panels.model_of(panels.ANES_1996)))


def test_people_of_1996_are_asked_what_they_were_asked_and_told_what_is_known_of_them(tmp_path):
    survey = panels.survey_of(Bench(tmp_path, tmp_path), panels.ANES_1996, 20)
    assert survey.people.n == 944
    assert set(survey.backgrounds) == {"age", "educ", "income"}
    assert not set(survey.questions) & set(survey.backgrounds)
    assert survey.instrument.year == 1996


def test_judges_and_the_others_are_different_people_and_as_many(tmp_path):
    survey = panels.survey_of(Bench(tmp_path, tmp_path), panels.ANES_1996, 3)
    judges, others = panels.halves(survey, 300, np.random.default_rng(0))
    assert judges.n == others.n == 300
    assert not set(judges.respondent_ids.tolist()) & set(others.respondent_ids.tolist())
    small, rest = panels.halves(survey, 5000, np.random.default_rng(0))
    assert small.n == rest.n == 472


def test_means_over_surveys_leave_worths_out_and_keep_the_ceiling(tmp_path):
    bench = Bench(tmp_path, tmp_path)
    found = [
        figure("a", fielded.OURS, "SD ratio", 0.9, 1.1), figure("b", fielded.OURS, "SD ratio", 1.3, 0.9),
        figure("a", fielded.OURS, "n*", 5.0), figure("b", fielded.OURS, "n*", 500.0),
        figure("a", fielded.COPULA, "SD ratio", 1.0),
    ]  # fmt: skip
    (mean,) = panels.overall(bench, found)
    assert (mean.study, mean.system, mean.measure) == ("all", fielded.OURS, "SD ratio")
    assert mean.value == pytest.approx(1.1) and mean.ceiling == pytest.approx(1.0)
    assert (mean.low, mean.high) == (0.9, 1.3)
    assert (mean.units, mean.unit) == (2, "surveys")


def test_the_same_seed_draws_the_same_questions_and_backgrounds_are_never_asked(corpora, tmp_path):
    one, two = (panels.survey_of(Bench(corpora, tmp_path), "displayr_cola", 20) for _ in range(2))
    assert one.questions == two.questions and len(one.questions) == 20
    assert one.backgrounds == panels.BACKGROUNDS["displayr_cola"]
    assert not set(one.questions) & set(one.backgrounds)
