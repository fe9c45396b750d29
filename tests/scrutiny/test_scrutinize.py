"""scrutinize(): the whole of it on small panels."""

import numpy as np
import polars as pl
import pytest

from populace.errors import DataError
from populace.scrutiny import VERDICTS, choices, scrutinize
from populace.scrutiny.tolerances import MARGINS


@pytest.fixture(scope="module")
def report(survey):
    baselines = {"tight": survey(300, 3, loading=3.0), "people": survey(300, 4)}
    return scrutinize(survey(300, 1, name="panel"), survey(300, 2), baselines=baselines, seed=5, resamples=50)


def test_every_check_stands_in_the_table_of_margins(report):
    assert {(check.check, check.scope) for check in report.checks} <= set(MARGINS)
    assert {check.verdict for check in report.checks} <= set(VERDICTS)
    # choice tasks are no questions: they are compared by scrutinize_choices()
    assert {check.group for check in report.checks} == {margin.group for margin in MARGINS.values()} - {choices.GROUP}


def test_no_number_stands_without_interval_ceiling_and_words(report):
    for check in report.checks:
        assert check.words
        if check.value is not None:
            assert check.low is not None
            assert check.ceiling is not None


def test_baselines_are_scored_by_the_same_code_wherever_people_are(report):
    for name in ("tvd", "sd_ratio", "slope", "pc1_ratio", "correlation_rmse", "straight_line", "c2st"):
        assert set(report.check(name).baselines) >= {"tight", "people"}, name
    assert set(report.check("tvd").baselines) == {"uniform", "tight", "people"}
    assert report.check("pc1_ratio").baselines["tight"] > report.check("pc1_ratio").baselines["people"]


def test_a_report_says_where_its_ceiling_comes_from(report):
    assert "half-splits" in report.summary["ceiling"]
    assert "n/2" in report.summary["ceiling"]


def test_the_same_arguments_give_the_same_report(survey):
    twice = [scrutinize(survey(120, 1), survey(120, 2), seed=9, resamples=30).to_json() for _ in range(2)]
    assert twice[0] == twice[1]


def test_a_second_human_sample_is_the_ceiling_when_there_is_one(survey):
    found = scrutinize(survey(400, 1), survey(400, 2), ceiling=survey(400, 3), resamples=50)
    assert found.summary["ceiling"].endswith("a second human sample of 400")
    assert found.check("tvd").ceiling == pytest.approx(found.check("tvd").value, abs=0.04)
    assert "FAIL" not in {check.verdict for check in found.checks}


def test_a_ceiling_of_other_people_is_seen_in_the_numbers(survey):
    found = scrutinize(survey(400, 1), survey(400, 2), ceiling=survey(400, 3, loading=3.0), resamples=50)
    assert found.check("pc1_ratio").ceiling > 1.2


def test_nothing_in_common_is_a_report_that_judges_nothing(variable, data_set):
    found = scrutinize(data_set((variable("a"), [1, 2] * 20)), data_set((variable("b"), [1, 2] * 20)))
    assert {check.verdict for check in found.checks} == {"UNVERIFIED"}
    assert found.summary["verdict"] == "UNVERIFIED"
    assert found.check("tvd", "a").words.startswith("people were not asked")
    assert "UNVERIFIED" in repr(found)


def test_a_question_only_the_panel_has_is_listed_as_not_judged(variable, data_set):
    human = data_set((variable("a"), [1, 2, 3, 4] * 20))
    panel = data_set((variable("a"), [1, 2, 3, 4] * 20), (variable("extra"), [1, 2, 3, 4] * 20))
    assert scrutinize(panel, human, resamples=30).check("tvd", "extra").verdict == "UNVERIFIED"


def test_the_same_name_with_other_options_is_an_error_that_names_it(variable, data_set):
    with pytest.raises(DataError, match="question 'a'"):
        scrutinize(data_set((variable("a", options=4), [1, 2])), data_set((variable("a"), [1, 2])))


def test_one_question_is_enough(variable, data_set):
    people = data_set((variable("a", "single", 2), [1, 2] * 50))
    found = scrutinize(people, people, resamples=30)
    assert found.check("tvd").value == 0
    assert found.check("slope").verdict == "UNVERIFIED"


def test_a_panel_in_which_all_say_the_same_breaks_nothing(variable, data_set, survey):
    one = data_set(*((variable(f"q{j}", battery="first" if j < 3 else "second"), [3] * 200) for j in range(6)))
    found = scrutinize(one, survey(200, 1), resamples=30)
    assert found.summary["verdict"] == "FAIL"
    assert found.check("sd_ratio").value == pytest.approx(0.01)
    assert found.check("slope").value == pytest.approx(0, abs=1e-6)


def test_people_who_all_say_the_same_break_nothing(variable, data_set):
    one = data_set(*((variable(f"q{j}"), [3] * 60) for j in range(4)))
    mixed = data_set(*((variable(f"q{j}"), [1, 2, 3, 4, 5, 3] * 10) for j in range(4)))
    assert scrutinize(mixed, one, resamples=30).check("tvd").value == pytest.approx(4 / 6)


def test_gaps_weights_numbers_and_several_interviews_a_person_go_together(variable, data_set):
    rng = np.random.default_rng(0)

    def people(seed):
        r = np.random.default_rng(seed)
        columns = [
            (variable("wave", "single", 2, "design"), [1, 2] * 100),
            (variable("sex", "single", 2, "background"), np.repeat(r.integers(1, 3, 100), 2)),
            (variable("age", "numeric", role="background"), np.repeat(r.integers(18, 90, 100), 2).astype(float)),
            (variable("brand", "single", 4, missing=1), r.choice([1, 2, 3, 4, 90], 200)),
            (variable("hours", "numeric"), r.gamma(2, 3, 200)),
            (variable("weight", "numeric", role="weight"), r.uniform(0.5, 2, 200)),
        ]
        for j in range(4):
            answers = r.integers(1, 6, 200).astype(float)
            answers[rng.random(200) < 0.2] = np.nan
            columns.append((variable(f"q{j}", battery="grid"), [None if a != a else int(a) for a in answers]))
        return data_set(*columns, ids=np.repeat(np.arange(100), 2), weight="weight")

    found = scrutinize(people(1), people(2), resamples=30, baselines={"again": people(3)})
    assert found.questions == ("brand", "hours", "q0", "q1", "q2", "q3")
    assert "FAIL" not in {check.verdict for check in found.checks if check.scope == "all"}


def test_a_baseline_without_some_questions_is_left_out_where_it_cannot_be_scored(survey):
    short = survey(200, 3).keep(["q0", "q1", "q2"])
    found = scrutinize(survey(200, 1), survey(200, 2), baselines={"short": short}, resamples=30)
    assert "short" in found.check("tvd", "q0").baselines
    assert "short" not in found.check("tvd", "q5").baselines
    assert "short" not in found.check("slope").baselines


def test_provenance_columns_do_not_disturb(survey):
    panel = survey(120, 1)
    marked = type(panel)(panel.answers.with_columns(pl.lit(True).alias("_synthetic")), panel.codebook, "panel")
    assert scrutinize(marked, survey(120, 2), resamples=30).n_synthetic == 120
