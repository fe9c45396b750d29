"""Checks side by side, and verdicts in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from populace.scrutiny.check_words import CHECK_WORDS, FURTHER_WORDS, GROUP_WORDS, aim_of, words_for
from populace.scrutiny.report import VERDICTS, Check, Report
from populace.scrutiny.scorecard import VERDICT_WORDS, headline, scorecard
from populace.scrutiny.summary import USES
from populace.scrutiny.tolerances import MARGINS

TVD = Check("tvd", "margins", "all", "all", 0.04, 0.03, 0.05, 0.02, 0.01, "USABLE", {"uniform": 0.2}, "words")
SLOPE = Check("slope", "association", "all", "all", 1.3, 1.2, 1.4, 0.98, None, "FAIL")
ODD = Check("kappa_of_twins", "twins", "all", "all", 0.1234, None, None, None, None, "UNDERPOWERED")


def report_of(*checks: Check, **summary: object) -> Report:
    return Report(checks, summary, "panel", "people", 100, 200, ("q1",))


def test_every_verdict_of_the_report_has_words():
    assert set(VERDICT_WORDS) == set(VERDICTS)


def test_every_survey_wide_check_has_words():
    known = {check for check, scope in MARGINS if scope == "all"}
    assert known <= set(CHECK_WORDS) | set(FURTHER_WORDS)
    assert not set(CHECK_WORDS) & set(FURTHER_WORDS)


def test_panels_stand_side_by_side():
    rows = scorecard({"A": [TVD], "B": [replace(TVD, value=0.1, low=0.08, high=0.12, verdict="FAIL")]}).groups
    (row,) = rows["Single questions"]
    assert (row.cells["A"].value, row.cells["A"].interval) == ("4.0 %", "3.0 % to 5.0 %")
    assert (row.cells["B"].value, row.cells["B"].verdict) == ("10.0 %", "FAIL")
    assert (row.ceiling, row.floor, row.baselines) == ("2.0 %", "1.0 %", {"uniform": "20.0 %"})


def test_a_check_of_one_panel_only_leaves_the_other_empty():
    (row,) = scorecard({"A": [TVD], "B": []}).groups["Single questions"]
    assert set(row.cells) == {"A"}


def test_checks_of_single_questions_are_not_on_the_scorecard():
    assert not scorecard({"A": [replace(TVD, scope="question", subject="q1")]}).groups


def test_a_check_the_page_does_not_know_is_shown_all_the_same():
    further = scorecard({"A": [ODD]}).further
    assert further["Twins"][0].label == "Kappa of twins"
    assert further["Twins"][0].cells["A"].value == "0.123"


def test_a_panel_without_error_left_is_worth_more_than_its_lower_limit():
    check = replace(TVD, check="n_star", value=float("inf"), low=820.4, high=None)
    (row,) = scorecard({"A": [check]}).groups["Single questions"]
    assert row.cells["A"].value == "over 820"


def test_a_check_that_could_not_be_made_keeps_its_reason():
    check = replace(TVD, value=None, low=None, high=None, verdict="UNVERIFIED", words="too few")
    (row,) = scorecard({"A": [check]}).groups["Single questions"]
    assert (row.cells["A"].value, row.cells["A"].interval, row.cells["A"].words) == ("–", "", "too few")


@pytest.mark.parametrize(
    ("check", "aim"),
    [
        ("tvd", "people + 2.0 %"),
        ("slope", "0.90 to 1.10"),
        ("sd_ratio", "0.90 to 1.11"),
        ("c2st", "people ± 0.05"),
        ("n_star", "500 or more"),
        ("rmse_pp", "people + 1.5 pts"),
        ("congruence", "people − 0.05"),
        ("extreme_stability", "people ± 0.10"),
        ("unheard_of", ""),
    ],
)
def test_the_aim_is_the_margin_that_gave_the_verdict(check, aim):
    assert aim_of(check) == aim


def test_the_headline_takes_the_reports_verdict():
    found = headline("A", report_of(TVD, SLOPE, verdict="FAIL", groups={"margins": "USABLE", "association": "FAIL"}))
    assert found.verdict == "FAIL"
    assert found.families == {"Single questions": "USABLE", "Relations": "FAIL"}
    assert found.counts == {"USABLE": 1, "FAIL": 1}
    assert found.sentence == "Does not hold for relations; holds for single questions."


def test_without_a_summary_the_headline_is_the_worst_check():
    assert headline("A", report_of(TVD, SLOPE)).verdict == "FAIL"


def test_copied_people_void_the_headline():
    found = headline("A", report_of(TVD, verdict="FAIL", groups={"margins": "USABLE", "privacy": "FAIL"}))
    assert found.sentence == "People were copied, so no other score counts."


def test_nothing_compared_is_said_plainly():
    found = headline("A", report_of(replace(TVD, verdict="UNVERIFIED")))
    assert not found.verified
    assert "Nothing here was compared with people" in found.sentence


def test_families_have_words():
    assert {margin.group for margin in MARGINS.values()} == set(GROUP_WORDS) == set(USES)


def test_answers_given_by_somebody_else_have_no_column():
    check = replace(TVD, baselines={"unrelated answers": 0.5, "uniform": 0.3})
    assert scorecard({"A": [check]}).baselines == ("uniform",)


def test_every_check_of_the_whole_panel_has_words():
    assert {name for name, scope in MARGINS if scope == "all"} == set(CHECK_WORDS) | set(FURTHER_WORDS)


def test_every_family_of_a_report_has_a_row_on_the_scorecard():
    """A family that fails must not have its figures among the further checks alone."""
    shown = {MARGINS[place].group for place in MARGINS if place[1] == "all" and words_for(place[0]).plain}
    assert shown >= {family for family in GROUP_WORDS if family != "choice"}
