"""Segments: k-means, the number of segments, profiles, and agreement of two solutions."""

import json

import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from populace.analysis.segments import (
    adjusted_mutual_information,
    adjusted_rand,
    assign,
    cross_assignment,
    gap_statistic,
    k_means,
    matched,
    prediction_strength,
    segment_profiles,
    segments,
    together,
)
from populace.errors import DataError

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


def test_agreement_does_not_depend_on_names():
    one, other = np.array([0, 0, 1, 1, 2]), np.array([2, 2, 0, 0, 1])
    assert adjusted_rand(one, other) == adjusted_mutual_information(one, other) == pytest.approx(1)


def test_centres_are_matched_whatever_their_order():
    assert matched(np.array([[0.0], [10.0]]), np.array([[11.0], [1.0]])).tolist() == [1, 0]


def blobs(seed, sizes=(60, 60, 60), far=8.0):
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal([far * j, far * (j % 2)], 1, (size, 2)) for j, size in enumerate(sizes)])


def test_prediction_strength_is_one_for_the_true_number_and_low_beyond():
    points = blobs(0)
    assert prediction_strength(points, 3, splits=4).mean() == pytest.approx(1, abs=0.02)
    assert prediction_strength(points, 4, splits=4).mean() < 0.8


def test_the_gap_statistic_finds_three_groups_and_one_where_there_is_one():
    gaps, errors, within = gap_statistic(blobs(1), 5, references=5)
    assert int(np.argmax(gaps[:-1] >= gaps[1:] - errors[1:])) + 1 == 3
    assert (np.diff(within) <= 0).all()
    cloud = np.random.default_rng(0).uniform(size=(200, 2))
    gaps, errors, _ = gap_statistic(cloud, 3, references=5)
    assert gaps[0] >= gaps[1] - errors[1]


def test_two_samples_of_the_same_groups_agree_and_noise_does_not():
    same = cross_assignment(blobs(2), blobs(3, (90, 45, 45)), 3, starts=5)
    assert same.rand == pytest.approx((1, 1)) and same.information == pytest.approx((1, 1))
    assert same.profile < 0.5 and same.sizes == pytest.approx(1 / 6)
    noise = np.random.default_rng(0).uniform(0, 16, (180, 2))
    assert max(cross_assignment(blobs(2), noise, 3, starts=5).rand) < 0.95


@pytest.fixture(scope="module")
def survey(hand_made, scale, choice, number):
    """Two kinds of people: 60 % who like everything, 40 % who like nothing; women like more often."""

    def make(n=200, seed=0, **named):
        rng = np.random.default_rng(seed)
        kind = (rng.random(n) < 0.4).astype(int)
        level = np.where(kind, 1.5, 4.5)[:, None] + rng.choice([-0.5, 0.5], (n, 4))
        woman = rng.random(n) < np.where(kind, 0.2, 0.7)
        answers = np.clip(np.floor(level + rng.choice([0, 0, 0, 1], (n, 4))), 1, 5).astype(int)
        return hand_made(
            *((scale(f"q{j}"), answers[:, j]) for j in range(4)),
            (choice("sex", "man", "woman"), np.where(woman, "woman", "man")),
            (number("age"), rng.integers(20, 70, n)),
            (number("w", "weight"), np.where(kind, 2.0, 1.0)),
            **named,
        )

    return make


ITEMS = ["q0", "q1", "q2", "q3"]


def test_segments_are_found_counted_and_described(survey):
    data = survey()
    found = segments(data, ITEMS, most=4)
    assert found.k == 2 and found.sizes[0].value == pytest.approx(0.6, abs=0.1)
    assert found.stability.value > 0.95
    assert found.means[0][1].value > found.means[0][2].value
    assert [choice.k for choice in found.choices] == [1, 2, 3, 4]
    profile = segment_profiles(data, found.members, ["sex", "age"])
    women = profile.profiles[0].rows[1]
    assert women[0] == "woman" and women[2].low > women[3].high
    np.testing.assert_array_equal(found.assign(data), found.members)


def test_weights_change_sizes(survey):
    plain, weighted = (segments(survey(**named), ITEMS, k=2) for named in ({}, {"weight": "w"}))
    small = plain.sizes[1].value
    assert sorted(size.value for size in weighted.sizes)[1] == pytest.approx(2 * small / (1 + small), abs=1e-9)


def test_who_left_out_a_question_is_in_no_segment(hand_made, scale):
    rng = np.random.default_rng(0)
    columns = [[None, *rng.integers(1, 6, 40)] for _ in range(3)]
    data = hand_made(*((scale(f"q{j}"), column) for j, column in enumerate(columns)))
    found = segments(data, ["q0", "q1", "q2"], k=2, resamples=20)
    assert found.members[0] == -1 and (found.members[1:] >= 0).all() and "1 of 41" in str(found)


def test_people_who_differ_by_degree_have_no_segments(hand_made, scale):
    rng = np.random.default_rng(0)
    data = hand_made(*((scale(f"q{j}"), rng.integers(1, 6, 300)) for j in range(6)))
    found = segments(data, [f"q{j}" for j in range(6)], most=4, resamples=20)
    assert "No number of segments repeats itself" in str(found)


def test_it_prints_plots_and_exports(survey):
    found = segments(survey(80), ITEMS, most=3, resamples=20)
    assert "prediction strength" in json.dumps(found.to_dict(), allow_nan=False) and "stability" in str(found)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})
    json.dumps(segment_profiles(survey(80), found.members, ["sex"]).to_dict(), allow_nan=False)


def test_bad_requests_are_refused(survey, hand_made, scale, choice):
    data = survey(40)
    with pytest.raises(DataError, match="two or more"):
        segments(data, ITEMS, k=1)
    with pytest.raises(DataError, match="too few for 9 segments"):
        segments(data, ITEMS, k=9)
    with pytest.raises(DataError, match="more than one answer"):
        segments(hand_made((scale("a"), [1, 2] * 10), (scale("b"), [1, 1] * 10)), ["a", "b"], k=2)
    towns = hand_made((choice("town", "north", "south", "west"), ["north", "south", "west"] * 10))
    with pytest.raises(DataError, match="no order"):
        segments(towns, ["town"])
    with pytest.raises(DataError, match="one segment number"):
        segment_profiles(data, np.zeros(3, dtype=int), ["sex"])
