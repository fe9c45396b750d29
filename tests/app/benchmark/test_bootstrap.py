"""The cluster bootstrap: nested draws, joint draws of systems, and intervals that cover."""

import numpy as np
import pytest

from populace.app.benchmark.bootstrap import Spread, by_survey, cluster_draws, combined, mean, ratio_of_sums
from populace.app.benchmark.figures import Figure, Gap


def test_without_clusters_as_many_questions_are_drawn_as_there_are():
    draws = cluster_draws([np.zeros(5)], 50, np.random.default_rng(1))
    assert (draws.sum(1) == 5).all()


def test_a_cluster_that_is_drawn_twice_has_twice_as_many_draws_of_its_questions():
    surveys = np.array(["a", "a", "b", "c"])
    draws = cluster_draws([surveys], 200, np.random.default_rng(1))
    of_a = draws[:, :2].sum(1)
    assert set(of_a) <= {0, 2, 4, 6}
    assert {0, 2, 4} <= set(of_a)


def test_batteries_nest_inside_surveys_even_when_their_names_repeat():
    surveys, batteries = np.array(["a", "a", "b", "b"]), np.array(["x", "y", "x", "y"])
    draws = cluster_draws([surveys, batteries], 300, np.random.default_rng(1))
    # survey a drawn once: two batteries of it, so two questions, in any mix
    assert {tuple(row) for row in draws[draws[:, :2].sum(1) == 2][:, :2]} == {(2, 0), (1, 1), (0, 2)}


def test_strata_are_in_every_draw_with_all_their_questions():
    strata = np.array(["gss", "gss", "anes", "anes", "anes"])
    draws = cluster_draws([np.arange(5)], 100, np.random.default_rng(1), strata)
    assert (draws[:, :2].sum(1) == 2).all()
    assert (draws[:, 2:].sum(1) == 3).all()


def test_a_ratio_of_sums_is_that_of_the_example():
    found = ratio_of_sums([1, 3], [1, 1], np.array([[2, 0], [1, 1]]))
    assert found.value == 2
    assert found.replicates.tolist() == [1, 2]


def test_a_denominator_that_reaches_zero_makes_the_figure_at_least_its_lower_limit():
    rng = np.random.default_rng(2)
    variance, error = np.full(30, 0.6), rng.normal(0.0005, 0.004, 30)
    spread = ratio_of_sums(variance, error, cluster_draws([np.arange(30)], 500, rng))
    figure = spread.figure("R2", "all", "populace", "n*", 30)
    assert isinstance(figure, Figure)
    assert figure.at_least
    assert figure.value == figure.low > 0


def test_a_number_that_is_not_defined_becomes_a_gap_with_a_reason():
    gap = Spread(np.nan, np.full(10, np.nan)).figure("R2", "all", "populace", "r", 3, "pairs")
    assert isinstance(gap, Gap)
    assert "3 pairs" in gap.reason


def test_systems_of_the_same_draws_differ_by_nothing_when_they_are_the_same():
    values = np.random.default_rng(3).random(20)
    draws = cluster_draws([np.arange(20)], 100, np.random.default_rng(4))
    difference = combined(np.subtract, mean(values, draws), mean(values, draws))
    assert difference.value == 0
    assert difference.interval == (0, 0)


def test_clusters_widen_the_interval_of_values_that_are_alike_inside_them():
    rng = np.random.default_rng(5)
    battery = np.repeat(np.arange(10), 8)
    values = rng.normal(size=10)[battery] + rng.normal(scale=0.1, size=80)
    wide, narrow = (
        np.diff(mean(values, cluster_draws(levels, 1000, rng)).interval) for levels in ([battery], [np.arange(80)])
    )
    assert wide > 1.8 * narrow


def test_intervals_cover_a_planted_mean_about_as_often_as_they_say():
    rng, covered = np.random.default_rng(6), 0
    for _ in range(200):
        battery = np.repeat(np.arange(25), 4)
        values = rng.normal(size=25)[battery] + rng.normal(size=100)
        low, high = mean(values, cluster_draws([battery], 300, rng)).interval
        covered += low <= 0 <= high
    assert 0.9 <= covered / 200 <= 1.0


def test_every_survey_has_the_same_weight_whatever_its_number_of_questions():
    weights = by_survey(["a", "a", "a", "b"])
    assert weights[:3].sum() == pytest.approx(weights[3]) == 0.5
