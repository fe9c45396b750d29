"""What the data support, analysis by analysis."""

import json
from dataclasses import replace

import pytest

from populace.scrutiny.analyses import ANALYSES, FAMILY_ROLES, ROLES, role_of
from populace.scrutiny.report import Check
from populace.scrutiny.supports import ANSWERS, MEANING, side_by_side, supports_of
from populace.scrutiny.tolerances import MARGINS
from populace.scrutiny.worth import Size, Worth

KEYS = {analysis.key for analysis in ANALYSES}
#: checks that decide one analysis each, all as good as people
GOOD = ("tvd", "n_star", "rmse_pp", "correlation_rmse", "slope", "pc1_ratio", "n_star_structure")


def check(name, verdict="INDISTINGUISHABLE", value=0.03, low=0.02, high=0.04, ceiling=0.02, words="words", **others):
    group = MARGINS[name, "all"].group
    return Check(
        name, group, "all", "all", value, low, high, ceiling, None, verdict, others.get("baselines", {}), words
    )


def found(*checks, worth=None):
    return supports_of(checks, 400, 500, worth)


@pytest.mark.parametrize("name", sorted({name for name, _ in MARGINS}))
def test_every_check_speaks_of_an_analysis_or_of_none_on_purpose(name):
    group = next(margin.group for (other, _), margin in MARGINS.items() if other == name)
    assert role_of(name, group) is not None, f"scrutiny/analyses.py: what does {name} decide, or warn of?"


@pytest.mark.parametrize("role", [*ROLES.values(), *FAMILY_ROLES.values()])
def test_roles_name_analyses_that_exist(role):
    assert set(role.decides) | set(role.warns) <= KEYS
    assert not set(role.decides) & set(role.warns)


def test_what_an_analysis_needs_decides_it():
    for analysis in ANALYSES:
        assert all(analysis.key in ROLES[name].decides for name in analysis.needs)


def test_the_table_knows_no_check_that_does_not_exist():
    assert set(ROLES) <= {name for name, _ in MARGINS}


def test_every_analysis_has_one_answer_a_reason_and_people():
    supports = found(*(check(name) for name in GOOD))
    assert [support.analysis for support in supports.analyses] == [analysis.key for analysis in ANALYSES]
    for support in supports.analyses:
        assert support.answer in ANSWERS
        assert support.because
        assert support.settle.endswith(".")


@pytest.mark.parametrize(
    ("verdicts", "answer"),
    [
        (("INDISTINGUISHABLE", "INDISTINGUISHABLE"), "yes"),
        (("INDISTINGUISHABLE", "USABLE"), "with care"),
        (("USABLE", "UNDERPOWERED"), "undecided"),
        (("UNDERPOWERED", "FAIL"), "no"),
        (("UNVERIFIED", "INDISTINGUISHABLE"), "yes"),
        (("UNVERIFIED", "UNVERIFIED"), "not looked at"),
    ],
)
def test_the_answer_follows_from_the_checks_that_decide(verdicts, answer):
    supports = found(*(check(name, verdict) for name, verdict in zip(("mean_error", "w1"), verdicts, strict=True)))
    assert supports.of("means").answer == answer


def test_little_evidence_is_never_a_yes():
    assert found(check("mean_error", "UNDERPOWERED"), check("w1")).of("means").answer == "undecided"


def test_margins_alone_say_nothing_of_crosstabs_but_may_rule_them_out():
    assert found(check("tvd")).of("crosstabs").answer == "not looked at"
    assert found(check("tvd", "FAIL")).of("crosstabs").answer == "no"
    assert found(check("tvd"), check("difference_slope")).of("crosstabs").answer == "yes"


def test_a_check_that_warns_makes_a_yes_a_case_for_care_and_says_so():
    supports = found(check("mean_error"), check("w1"), check("sd_ratio", "FAIL", 0.6, 0.5, 0.7, 1.0))
    means = supports.of("means")
    assert means.answer == "with care"
    assert any(reason.startswith("Spread 0.60 (0.50 to 0.70), people 1.00: fails") for reason in means.because)


def test_reasons_carry_figures_intervals_and_the_ceiling():
    totals = found(check("tvd", "FAIL", 0.21, 0.19, 0.23)).of("totals")
    assert totals.because == ("Answers that would have to change 21.0 % (19.0 % to 23.0 %), people 2.0 %: fails",)


def test_a_better_baseline_is_named_with_its_number():
    words = "distance; a baseline is better"
    lost = check("tvd", "FAIL", 0.21, 0.19, 0.23, words=words, baselines={"pilot": 0.05, "uniform": 0.4})
    assert "“pilot” (5.0 %) is better" in found(lost).of("totals").because[0]


def test_questions_that_fail_by_themselves_are_named_worst_first():
    one = [
        Check("tvd", "margins", "question", f"q{i}", value, 0.1, 0.3, 0.02, None, verdict)
        for i, (value, verdict) in enumerate(((0.2, "FAIL"), (0.01, "USABLE"), (0.3, "FAIL")))
    ]
    totals = found(check("tvd"), *one).of("totals")
    assert totals.because[-1] == "2 of 3 questions fail by themselves, worst first: q2, q0"


def test_copied_people_void_everything():
    gate = check("exact_copies", "FAIL", words="12 % copied")
    supports = found(gate, *(check(name) for name in GOOD))
    assert supports.of("totals").answer == supports.of("correlations").answer == "no"
    assert "12 % copied" in supports.of("totals").because[0]
    assert supports.of("open_text").answer == "not looked at"


WORTH = Worth(
    (
        Size("shares", "all", 153.0, 95.0, 310.0, True, 400.0),
        Size("correlations", "all", 400.0, 61.0, None, False, 400.0),
        Size("shares", "groups", 40.0, 30.0, 60.0, True, 90.0),
    ),
    (),
    1.0,
    500,
)


def test_the_people_that_are_as_accurate_are_those_of_the_worth():
    supports = found(*(check(name, "USABLE") for name in (*GOOD, "n_star_groups")), worth=WORTH)
    assert supports.of("totals").people == 160
    assert "160 people (95 to 310) would be as accurate in shares; more than 310" in supports.of("totals").settle
    assert "61 people or more" in supports.of("correlations").settle
    assert supports.of("small_groups").settle.startswith("40 people of a group (30 to 60)")


def test_an_undecided_analysis_says_how_many_people_would_decide_it():
    open_check = check("driver_shares", "UNDERPOWERED", 0.12, -0.2, 0.44, 0.0)
    drivers = supports_of([open_check], 100, 10_000).of("drivers")
    assert drivers.answer == "undecided"
    assert drivers.people > 1000
    assert f"{drivers.people:,} people in place of 100 would decide it" in drivers.settle


def test_a_check_without_a_number_leaves_the_number_of_people_open():
    nothing = check("driver_shares", "UNDERPOWERED", None, None, None, None, words="too few answered")
    drivers = found(nothing).of("drivers")
    assert drivers.people is None
    assert "“Importance of drivers”" in drivers.settle
    assert drivers.because == ("Importance of drivers: too few answered",)


def test_tracking_says_which_change_could_not_be_seen():
    tracking = found(check("rmse_pp", value=2.0, low=1.0, high=3.0)).of("tracking")
    assert tracking.answer == "not looked at"
    # 1.96·√2·2 points
    assert "5.5 % (2.8 % to 8.3 %)" in tracking.because[-1]


def test_it_prints_and_goes_to_json():
    supports = found(*(check(name) for name in GOOD))
    assert "Totals and toplines: yes." in repr(supports)
    assert "yes: Totals and toplines; Crosstabs; Correlations" in supports.lines()
    content = json.loads(json.dumps(supports.to_json(), allow_nan=False))
    assert content[0]["analysis"] == "totals"
    assert content[0]["meaning"] == MEANING["yes"]


def test_panels_stand_side_by_side_with_the_reasons_of_the_last():
    one, two = found(check("mean_error", "FAIL")), found(check("mean_error"))
    rows = {row.title: row for row in side_by_side({"A": one, "B": two})}
    assert rows["Means and top-2-box"].answers == {"A": "no", "B": "yes"}
    assert rows["Means and top-2-box"].last == two.of("means")
    assert side_by_side({"A": one, "B": None}) == ()
    assert side_by_side({}) == ()


def test_checks_of_single_questions_decide_nothing():
    one = replace(check("mean_error", "FAIL"), scope="question", subject="q1")
    assert found(one, check("mean_error")).of("means").answer == "yes"
