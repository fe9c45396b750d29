"""How answers hang together."""

import numpy as np
import pytest

from populace.scrutiny.association import checks
from populace.scrutiny.comparison import compare


def find(found, name):
    return next(check for check in found if check.check == name)


def test_opinions_that_hang_together_too_tightly_fail(survey):
    found = checks(compare(survey(800, 1, loading=2.5), survey(800, 2), resamples=60))
    assert find(found, "pc1_ratio").value > 1.3
    assert find(found, "pc1_ratio").verdict == "FAIL"
    assert find(found, "correlation_rmse").verdict == "FAIL"


def test_the_first_component_of_noise_is_no_evidence_of_anything(survey):
    """People and panel without structure: the ratio is near 1 and says nothing."""
    found = checks(compare(survey(1500, 1, loading=0.0, gap=0.0), survey(1500, 2, loading=0.0, gap=0.0), resamples=60))
    check = find(found, "pc1_ratio")
    assert check.value == pytest.approx(1, abs=0.05)
    assert check.verdict == find(found, "effective_dependence").verdict == "UNDERPOWERED"
    assert "too little to be told from unrelated ones" in check.words


def test_a_panel_that_hangs_together_is_seen_against_people_who_do_not(survey):
    found = checks(compare(survey(1500, 1, loading=2.5), survey(1500, 2, loading=0.0, gap=0.0), resamples=60))
    assert find(found, "pc1_ratio").verdict == "FAIL"


def test_two_questions_make_no_structure(survey):
    found = checks(compare(survey(100, 1, items=2), survey(100, 2, items=2)))
    assert {check.verdict for check in found} == {"UNVERIFIED"}
    assert "needs 3" in found[0].words


def test_nominal_questions_are_compared_by_cramers_v(variable, data_set):
    rng = np.random.default_rng(0)
    asked = [variable("brand", "single", 4), variable("shop", "single", 4)]
    brand = rng.integers(1, 5, 600)
    human = data_set((asked[0], brand), (asked[1], np.where(rng.random(600) < 0.6, brand, rng.integers(1, 5, 600))))
    apart = data_set((asked[0], brand), (asked[1], rng.integers(1, 5, 600)), name="apart")
    check = find(checks(compare(apart, human, resamples=50)), "cramers_v_rmse")
    assert check.value == pytest.approx(0.6, abs=0.08)
    assert check.verdict == "FAIL"


def test_a_small_sample_does_not_judge_the_strength_of_a_large_matrix(survey):
    found = checks(compare(survey(70, 1, items=10), survey(70, 2, items=10), resamples=50))
    check = find(found, "effective_dependence")
    assert check.verdict == "UNDERPOWERED"
    assert "100 people a side" in check.words
