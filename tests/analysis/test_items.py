"""Items of a scale as numbers: covariances with gaps and weights, turned items, and what cannot be used."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.items import correlations, correlations_of, covariances, items_of, person_chunks, smoothed
from populace.errors import DataError


def test_a_covariance_is_the_worked_example():
    scores = np.array([[0.0, 0], [1, 2], [2, 1]])
    assert covariances(scores, np.ones(3))[0, 1] == pytest.approx(0.5)
    assert correlations(scores, np.ones(3))[0, 1] == pytest.approx(0.5)


def test_correlations_come_from_covariances_as_in_the_worked_example():
    assert correlations_of(np.array([[4.0, 3], [3, 9]]))[0, 1] == pytest.approx(0.5)


def test_without_gaps_and_weights_they_are_those_of_numpy():
    scores = np.random.default_rng(0).normal(size=(40, 4)) + 1000
    assert covariances(scores, np.ones(40)) == pytest.approx(np.cov(scores.T))
    assert correlations(scores, np.ones(40)) == pytest.approx(np.corrcoef(scores.T))


def test_a_gap_leaves_a_person_out_of_the_pairs_it_concerns():
    scores = np.random.default_rng(0).normal(size=(40, 3))
    scores[:9, 0] = np.nan
    found = covariances(scores, np.ones(40))
    assert found[0, 1] == pytest.approx(np.cov(scores[9:, 0], scores[9:, 1])[0, 1])
    assert found[1, 2] == pytest.approx(np.cov(scores[:, 1], scores[:, 2])[0, 1])


@given(st.lists(st.integers(1, 4), min_size=20, max_size=20), st.integers(0, 99))
def test_weights_are_repeated_rows(repeats, seed):
    scores = np.random.default_rng(seed).normal(size=(20, 3))
    weighted = correlations(scores, np.array(repeats, dtype=float))
    assert weighted == pytest.approx(correlations(np.repeat(scores, repeats, axis=0), np.ones(sum(repeats))))


def test_a_pair_that_nobody_answered_has_no_relation():
    scores = np.array([[1.0, np.nan], [2, np.nan], [np.nan, 1], [np.nan, 2]])
    assert correlations(scores, np.ones(4))[0, 1] == 0


def test_a_matrix_that_cannot_be_is_made_possible_and_others_are_left_alone():
    impossible = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    repaired, changed = smoothed(impossible)
    assert changed and np.linalg.eigvalsh(repaired)[0] > 0 and np.diag(repaired) == pytest.approx(1)
    assert not smoothed(np.eye(3))[1]


def test_a_person_is_never_split_between_chunks():
    chunks = list(person_chunks(np.array([1, 0, 1])))
    assert [chunk.tolist() for chunk, _ in chunks] == [[1, 0, 2]]
    assert chunks[0][1].tolist() == [0, 1]
    many = np.repeat(np.arange(9000), 2)
    pieces = list(person_chunks(many))
    assert len(pieces) > 1 and sum(len(starts) for _, starts in pieces) == 9000
    assert sorted(np.concatenate([rows for rows, _ in pieces])) == list(range(18000))


def test_items_are_ranks_and_dont_know_is_no_answer(battery):
    steps = np.tile([1.0, 2, 3, 4, 5], 4)[:, None] * np.ones(2)
    steps[0, 0] = 99
    items = items_of(battery(steps), ["q0", "q1"], reverse=["q1"])
    assert np.isnan(items.values[0, 0]) and items.values[1].tolist() == [1, 3]
    assert items.codes()[0].tolist() == [-1, 4]
    assert items.complete().n == 19 and "1 of 20" in items.complete().notes[-1]


def test_a_battery_may_be_named_instead_of_its_items(bfi):
    assert items_of(bfi, "N").names == ("N1", "N2", "N3", "N4", "N5")
    with pytest.raises(DataError, match=r"no battery 'M'.*'N'"):
        items_of(bfi, "M")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: np.column_stack([np.full(20, 3), s[:, 1]]), "'q0' has the same answer from all 20"),
        (lambda s: np.column_stack([np.full(20, np.nan), s[:, 1]]), "'q0' has 0 answers"),
        (lambda s: s[:1], "'q0' has 1 answer"),
    ],
)
def test_items_that_say_nothing_are_refused_by_name(battery, change, words):
    steps = np.tile([1.0, 2, 3, 4, 5], 4)[:, None] * np.ones(2)
    with pytest.raises(DataError, match=words):
        items_of(battery(change(steps)), ["q0", "q1"])


def test_names_are_checked(battery):
    data = battery(np.tile([1, 2, 3, 4, 5], 4)[:, None] * np.ones(2))
    with pytest.raises(DataError, match="no variable 'q7'"):
        items_of(data, ["q0", "q7"])
    with pytest.raises(DataError, match="'reverse' names 'q7'"):
        items_of(data, ["q0", "q1"], reverse=["q7"])
    with pytest.raises(DataError, match="1 items were given"):
        items_of(data, ["q0"])
