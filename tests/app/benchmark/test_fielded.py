"""A fielded survey cut to some questions: instrument, gaps, and how many checks a panel passes."""

import numpy as np
import polars as pl
import pytest

from populace.app.benchmark import fielded
from populace.app.benchmark.figures import Figure, Gap
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.models.baselines import Margins
from populace.scrutiny.report import Check, Report
from populace.survey.scale import Option

SCALE = tuple(Option(k, f"step {k}") for k in (1, 2, 3))


@pytest.fixture
def dataset():
    """120 people, ten of them interviewed twice; q2 is skipped by every third, q3 answered by few, q4 by all alike."""
    random = np.random.default_rng(0)
    ids = np.concatenate([np.arange(120), np.arange(10)])
    codes = lambda: random.integers(1, 4, 130)  # noqa: E731
    q2, q3 = codes().astype(float), codes().astype(float)
    q2[::3], q3[20:] = np.nan, np.nan
    columns = {
        "respondent_id": ids, "wave": np.repeat([1, 2], [120, 10]), "sex": random.integers(1, 3, 130),
        "note": ["text"] * 130, "q1": codes(), "q2": q2, "q3": q3, "q4": np.ones(130, int), "w": np.ones(130),
    }  # fmt: skip
    variables = (
        Variable("wave", "Wave", "numeric", role="design"),
        Variable("sex", "Your sex?", "single", (Option(1, "man"), Option(2, "woman")), "background"),
        Variable("note", "Anything else?", "text", role="background"),
        *(Variable(f"q{j}", f"Question {j}?", "ordinal", SCALE) for j in (1, 2, 3, 4)),
        Variable("w", "Weight", "numeric", role="weight"),
    )
    extra = {"weight": "w", "years": [2011, 2012], "country": "AU"}
    return DataSet(pl.DataFrame(columns), Codebook("tea", "Tea", variables, extra))


def test_only_questions_that_were_answered_and_divide_people_are_asked(dataset):
    assert fielded.askable(dataset) == ["q1", "q2"]
    assert fielded.tellable(dataset) == ["sex"]


def test_the_survey_keeps_first_interviews_and_becomes_an_instrument(dataset):
    survey = fielded.fielded(dataset, ["q1", "q2"], ["sex"])
    assert survey.people.n == 120 and survey.people.weights is None
    assert (survey.questions, survey.backgrounds) == (("q1", "q2"), ("sex",))
    assert (survey.instrument.year, survey.instrument.country) == (2012, "AU")
    assert [prompt.ordinal for prompt in survey.prompts] == [True, True]


def test_a_panel_has_gaps_where_its_people_have_them(dataset):
    survey = fielded.fielded(dataset, ["q1", "q2"], ["sex"])
    panel = fielded.panel_of(survey, Margins(*fielded.material(survey, survey.people)), survey.people, seed=1)
    assert panel.synthetic
    assert panel.codes("q2").is_null().to_list() == survey.people.codes("q2").is_null().to_list()
    assert panel.codes("q1").null_count() == 0
    assert panel.codes("sex").to_list() == survey.people.codes("sex").to_list()


def check(name, verdict, value=1.0, low=0.9, high=1.1, ceiling=1.0, scope="all"):
    return Check(name, "margins", scope, "all", value, low, high, ceiling, None, verdict, {}, "why")


def test_checks_of_the_whole_panel_count_and_those_without_a_verdict_do_not():
    checks = [
        check("tvd", "USABLE"), check("slope", "FAIL"), check("w1", "UNVERIFIED"), check("d2", "UNDERPOWERED"),
        check("cvm", "INDISTINGUISHABLE"), check("sd_ratio", "INDISTINGUISHABLE", scope="question"),
    ]  # fmt: skip
    report = Report(tuple(checks), {}, "a", "b", 10, 10, ("q1",))
    assert fielded.passed(report) == {"tvd": True, "slope": False, "d2": False, "cvm": True}


def test_figures_say_at_least_where_no_upper_limit_is_known_and_gaps_say_why():
    report = Report((check("n_star", "USABLE", 80, 50, None), check("tvd", "FAIL", None)), {}, "a", "b", 9, 9, ("q",))
    found = {one.measure: one for one in fielded.report_figures("R1", "tea", "populace", report)}
    assert found["n*"].at_least and found["n*"].low == 50
    assert isinstance(found["TVD"], Gap) and found["TVD"].reason == "why"
    assert found["correlation slope"].reason == "the check does not apply"


def test_a_slope_that_is_mostly_noise_is_no_figure():
    report = Report((check("slope", "UNDERPOWERED", 0.4, -7, 8),), {}, "a", "b", 9, 9, ("q",))
    found = {one.measure: one for one in fielded.report_figures("R1", "tea", "populace", report)}
    assert isinstance(found["correlation slope"], Gap)


def test_checks_passed_are_read_against_what_people_pass():
    ours = {"tea": {"tvd": True, "slope": False, "c2st": True}, "ale": {"tvd": False, "slope": False, "c2st": False}}
    people = {"tea": {"tvd": True, "slope": True}, "ale": {"tvd": True, "slope": True, "c2st": False}}
    random = np.random.default_rng(0)
    share, of_people = fielded.passed_figures("R1", "all", "populace", ours, people, random)
    # c2st of tea had no verdict for people: five checks, one passed; people pass four
    assert (share.value, share.ceiling, share.units, share.unit) == (1 / 5, 4 / 5, 2, "surveys")
    assert of_people.value == 1 / 4
    assert all(isinstance(one, Figure) and one.low <= one.value <= one.high for one in (share, of_people))
    (gap,) = fielded.passed_figures("R1", "all", "populace", {"tea": {}}, {"tea": {}}, random)
    assert isinstance(gap, Gap)
