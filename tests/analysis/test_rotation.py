"""Rotation, Procrustes, matching of columns and Tucker's φ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from populace.analysis.extraction import extract
from populace.analysis.items import correlations
from populace.analysis.rotation import congruence, matched, procrustes, rotate
from populace.errors import DataError

SIMPLE = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6]]))


def turned(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("method", ["varimax", "oblimin"])
def test_simple_structure_is_found_again(method):
    found = rotate(SIMPLE @ turned(0.7), method)
    assert found.converged
    positions, signs = matched(found.loadings, SIMPLE)
    assert found.loadings[:, positions] * signs == pytest.approx(SIMPLE, abs=1e-4)
    assert found.phi == pytest.approx(np.eye(2), abs=1e-4)


def test_oblique_factors_give_back_their_correlation():
    phi = np.array([[1, 0.4], [0.4, 1]])
    unrotated = SIMPLE @ np.linalg.cholesky(phi)
    found = rotate(unrotated, "oblimin")
    assert abs(found.phi[0, 1]) == pytest.approx(0.4, abs=1e-4)
    assert found.loadings @ found.phi @ found.loadings.T == pytest.approx(SIMPLE @ phi @ SIMPLE.T)


def test_varimax_changes_no_communality():
    loadings = np.random.default_rng(0).normal(size=(8, 3)) / 3
    found = rotate(loadings, "varimax")
    assert (found.loadings**2).sum(axis=1) == pytest.approx((loadings**2).sum(axis=1))


def test_one_factor_is_only_turned_to_positive():
    assert rotate(-SIMPLE[:3, :1]).loadings == pytest.approx(SIMPLE[:3, :1])


def test_an_unknown_rotation_is_named():
    with pytest.raises(DataError, match="'promax' is unknown; expected one of oblimin"):
        rotate(SIMPLE, "promax")


def test_congruence_is_the_worked_example():
    assert congruence(np.array([[1.0], [1], [0]]), np.array([[1.0], [0], [0]]))[0, 0] == pytest.approx(0.707, abs=1e-3)
    assert congruence(np.zeros((3, 1)), np.ones((3, 1)))[0, 0] == 0


@given(st.floats(-3, 3), st.booleans())
def test_procrustes_undoes_any_turn(angle, mirrored):
    moved = SIMPLE @ turned(angle) * ([1, -1] if mirrored else [1, 1])
    assert procrustes(moved, SIMPLE) == pytest.approx(SIMPLE)


def test_columns_are_matched_as_in_the_worked_example():
    positions, signs = matched(SIMPLE[:, ::-1] * [-1, 1], SIMPLE)
    assert positions.tolist() == [1, 0] and signs.tolist() == [1, -1]


def test_men_and_women_have_the_congruence_of_psych(bfi, golden):
    items = list(bfi.names("question"))
    people = bfi.answers.drop_nulls(items)
    solutions = []
    for sex in (1, 2):
        answers = people.filter(people["gender"] == sex).select(items).to_numpy().astype(float)
        matrix = correlations(answers, np.ones(len(answers)))
        solutions.append(rotate(extract(matrix, 5).loadings, "varimax").loadings)
    men, women = solutions
    positions, signs = matched(men, women)
    phi = np.diag(congruence(men[:, positions] * signs, women))
    traits = [items[row][0] for row in np.abs(women).argmax(axis=0)]
    expected = golden["bfi"]["congruence_gender"]
    assert {trait: round(value, 2) for trait, value in zip(traits, phi, strict=True)} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("method", "key", "tolerance"),
    # R's varimax stops early
    [("varimax", "minres5_varimax_kaiser_A1", 6e-4), ("oblimin", "minres5_oblimin_A1", 6e-5)],
)
def test_rotations_are_those_of_psych(bfi_correlations, golden, method, key, tolerance):
    found = rotate(extract(bfi_correlations[0], 5).loadings, method)
    assert found.converged
    assert found.loadings[0] == pytest.approx(golden["bfi"][key], abs=tolerance)


def test_oblique_factors_are_related_as_in_psych(bfi_correlations, golden):
    found = rotate(extract(bfi_correlations[0], 5).loadings, "oblimin")
    expected = golden["bfi"]["oblimin_Phi_upper_abs"]
    assert np.abs(found.phi[np.triu_indices(5, 1)]) == pytest.approx(expected, abs=6e-5)
    assert found.loadings[15] == pytest.approx([0.8324, -0.1052, -0.0010, -0.1074, -0.0472], abs=6e-5)
