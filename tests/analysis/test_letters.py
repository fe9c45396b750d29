"""Letters: tests worked by hand, corrections, and how often chance makes one."""

import json

import numpy as np
import pytest

from populace.analysis.design_based import mean
from populace.analysis.letters import common_variance, corrected, letter_of, pairwise
from populace.data.design import Design


def test_the_test_of_two_shares_worked_by_hand():
    inside = np.repeat([True, False], 100)
    y = np.repeat([1.0, 0, 1, 0], [60, 40, 40, 60])
    shares = mean(y, Design(np.ones(200)), np.column_stack([inside, ~inside]))
    p = pairwise(shares.values, shares.covariance, shares.n, np.full((2, 2), 198.0), shares=True)
    # common share ½ at 99.5 effective respondents each: t = .2/√(.25·2/99.5)
    assert p[0, 1] == pytest.approx(0.0053, abs=2e-4) and np.isnan(p[0, 0])


def test_a_column_in_which_nobody_chose_an_option_is_not_surely_lower():
    """0 of 10 against 5 of 10: p̄ = ¼, variance .25·.75·(1/10 + 1/m); 0 of 10 against 1 of 90 is nothing at all."""
    inside = np.repeat([True, False], 10)
    y = np.r_[np.zeros(10), np.ones(5), np.zeros(5)]
    shares = mean(y, Design(np.ones(20)), np.column_stack([inside, ~inside]))
    m = 0.25 / shares.covariance[1, 1]
    common = 0.5 * m / (10 + m)
    assert common_variance(shares.values, shares.covariance, shares.n)[0, 1] == pytest.approx(
        common * (1 - common) * (1 / 10 + 1 / m)
    )
    rare = mean(
        np.r_[np.zeros(10), 1, np.zeros(89)],
        Design(np.ones(100)),
        np.column_stack([np.arange(100) < 10, np.arange(100) >= 10]),
    )
    assert pairwise(rare.values, rare.covariance, rare.n, np.full((2, 2), 98.0), shares=True)[0, 1] > 0.5


def test_corrections_for_many_tests_worked_by_hand():
    p = np.array([0.01, 0.04, np.nan])
    assert corrected(p, "none")[:2].tolist() == [0.01, 0.04]
    assert corrected(p, "bonferroni")[:2] == pytest.approx([0.02, 0.08])
    assert corrected(p, "benjamini-hochberg")[:2] == pytest.approx([0.02, 0.04])
    assert np.isnan(corrected(p, "bonferroni")[2])


def test_bh_rejects_what_benjamini_and_hochberg_rejected(corpora):
    golden = json.loads((corpora / "reference" / "golden.json").read_text(encoding="utf-8"))["bh1995"]
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1,
    ]
    p = np.array(p)
    assert (corrected(p, "benjamini-hochberg") <= 0.05).sum() == golden["fdr_reject"]
    assert (corrected(p, "bonferroni") <= 0.05).sum() == golden["bonferroni_reject"]


def test_chance_makes_a_letter_about_as_often_as_the_level_says():
    """Monte Carlo, clustered and weighted, no difference in truth: 5 % of tests at the level of 5 %."""
    rng = np.random.default_rng(15)
    clusters = np.repeat(np.arange(40), 10)
    p = []
    for _ in range(500):
        group, leaning = rng.integers(0, 2, 400), rng.beta(2, 6, 40)
        y = (rng.random(400) < leaning[clusters]).astype(float)
        shares = mean(y, Design(rng.uniform(0.5, 2, 400), None, clusters), np.column_stack([group == 0, group == 1]))
        p.append(pairwise(shares.values, shares.covariance, shares.n, np.full((2, 2), 38.0), shares=True)[0, 1])
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.075


def test_letters_go_on_after_the_alphabet():
    assert [letter_of(place) for place in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
