"""Verdicts and the amount of evidence: what fails with many people does not pass with few.

A panel is planted whose faults are known. It is judged again and again with 100, 400 and 1,600 people a side. A check
that fails with 1,600 has no business to pass with fewer.
"""

from collections import Counter, defaultdict

import pytest

from populace.scrutiny import association, habits, margins, options, subgroups, variance
from populace.scrutiny.comparison import compare

SIZES = (100, 400, 1600)
SEEDS = range(4)
PASSES = ("INDISTINGUISHABLE", "USABLE")
#: the families that are quick; the others have tests of their own
FAMILIES = (margins, options, variance, association, subgroups, habits)
#: what is wrong with a panel: answers shifted, hardly related, or far too much alike
FAULTS = {"shifted": {"drift": 0.32}, "loose": {"loading": 0.5, "gap": 0.1}, "tight": {"loading": 1.4, "gap": 1.2}}


def verdicts(panel, people, seed):
    """(check, scope, subject) -> verdict."""
    comparison = compare(panel, people, seed=seed, resamples=60)
    found = [check for family in FAMILIES for check in family.checks(comparison)]
    return {(check.check, check.scope, check.subject): check.verdict for check in found}


@pytest.fixture(scope="module")
def tables(survey):
    """Fault (and "people" without any) -> check -> size -> how often it got which verdict."""
    found = {}
    for fault, changes in {**FAULTS, "people": {}}.items():
        found[fault] = defaultdict(lambda: defaultdict(Counter))
        for n in SIZES:
            for seed in SEEDS:
                panel, people = survey(n, 100 * seed + 1, **changes), survey(n, 100 * seed + 2)
                for key, verdict in verdicts(panel, people, seed).items():
                    found[fault][key][n][verdict] += 1
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_with_many_people_does_not_pass_with_few(tables, fault):
    """Of the checks that fail most of the time with 1,600, next to none passes with fewer: one in twenty at most."""
    wrong = {key: table for key, table in tables[fault].items() if table[SIZES[-1]]["FAIL"] > len(SEEDS) / 2}
    assert len(wrong) >= 4
    for n in SIZES[:-1]:
        passed = {key: sum(table[n][verdict] for verdict in PASSES) for key, table in wrong.items()}
        assert sum(passed.values()) <= 0.05 * len(wrong) * len(SEEDS), (n, passed)


def test_people_pass_more_checks_the_more_of_them_there_are(tables):
    """Evidence helps a good panel: that is what asking more people is for."""
    rates = []
    for n in SIZES:
        counts = sum((table[n] for table in tables["people"].values()), Counter())
        rates.append(sum(counts[verdict] for verdict in PASSES) / counts.total())
        assert counts["FAIL"] <= 0.02 * counts.total()
    assert rates == sorted(rates)
    assert rates[0] < 0.6 < 0.9 < rates[-1]


def test_too_few_people_in_every_group_leave_groups_undecided(survey):
    """Undecided counts against a family; "not looked at" would not, and few people would look better than many."""
    found = subgroups.checks(compare(survey(60, 1), survey(60, 2), resamples=30))
    assert {check.verdict for check in found} == {"UNDERPOWERED"}
