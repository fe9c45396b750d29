"""Clusters: k-means, nearest centres, and the number of clusters."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from populace.analysis.agreement import adjusted_rand
from populace.analysis.clusters import assign, gap_statistic, k_means, matched, prediction_strength, together

LINE = np.array([[0.0], [1.0], [10.0], [11.0], [12.0]])


def test_k_means_of_iris_is_that_of_r(corpora):
    known = json.loads((corpora / "reference" / "golden.json").read_text(encoding="utf-8"))["iris"]
    flowers, species = load_iris(return_X_y=True)
    found = k_means(flowers, 3)
    assert found.within == pytest.approx(known["kmeans3_ss"], abs=1e-5)
    assert sorted(np.bincount(found.labels)) == known["kmeans3_sizes"]
    assert adjusted_rand(found.labels, species) == pytest.approx(known["ARI_kmeans3_species"], abs=1e-7)


def test_the_largest_cluster_comes_first():
    found = k_means(LINE, 2)
    assert found.centres[:, 0] == pytest.approx([11, 0.5]) and found.labels.tolist() == [1, 1, 0, 0, 0]
    assert found.within == pytest.approx(2.5)
    heavy = k_means(LINE, 2, np.array([5.0, 5, 1, 1, 1]))
    assert heavy.centres[:, 0] == pytest.approx([0.5, 11])


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_weights_are_rows_repeated_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    points = np.vstack([rng.normal(side, 0.3, (12, 2)) for side in (0, 3, 6)])
    times, order = rng.integers(1, 4, 36), rng.permutation(36)
    weighted = k_means(points, 3, times)
    repeated = k_means(np.repeat(points, times, axis=0), 3)
    assert weighted.within == pytest.approx(repeated.within)
    mixed = k_means(points[order], 3, times[order])
    assert adjusted_rand(mixed.labels, weighted.labels[order]) == pytest.approx(1)


def test_people_go_to_the_nearest_centre_by_what_they_answered():
    centres = np.array([[0.0, 0.0], [5.0, 5.0]])
    points = np.array([[1.0, 1.0], [np.nan, 4.0], [np.nan, np.nan]])
    assert assign(points, centres).tolist() == [0, 1, -1]


def test_pairs_that_stay_together_are_the_worked_example():
    ours, theirs = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    assert together(ours, theirs, np.ones(5)) == pytest.approx(1 / 3)
    assert together(ours, 1 - ours, np.ones(5)) == 1
    assert together(np.array([0, 1, 1]), np.array([1, 0, 0]), np.ones(3)) == 1


def test_centres_are_matched_whatever_their_order():
    assert matched(np.array([[0.0], [10.0]]), np.array([[11.0], [1.0]])).tolist() == [1, 0]


def test_prediction_strength_is_one_for_the_true_number_and_low_beyond(blobs):
    points = blobs(0)
    assert prediction_strength(points, 3, splits=4).mean() == pytest.approx(1, abs=0.02)
    assert prediction_strength(points, 4, splits=4).mean() < 0.8


def test_the_gap_statistic_finds_three_groups_and_one_where_there_is_one(blobs):
    gaps, errors, within = gap_statistic(blobs(1), 5, references=5)
    assert int(np.argmax(gaps[:-1] >= gaps[1:] - errors[1:])) + 1 == 3
    assert (np.diff(within) <= 0).all()
    cloud = np.random.default_rng(0).uniform(size=(200, 2))
    gaps, errors, _ = gap_statistic(cloud, 3, references=5)
    assert gaps[0] >= gaps[1] - errors[1]
