"""Random numbers: uniform, independent, and a function of who is asked what."""

import numpy as np
import pytest

from populace.simulation.chance import choose, respondent_keys, uniforms

KEYS = respondent_keys(7, range(100_000))


def chi_square(counts):
    """Standardised: near 0, its standard deviation 1."""
    expected = counts.sum() / counts.size
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = counts.size - 1
    return (statistic - freedom) / np.sqrt(2 * freedom)


def test_the_numbers_of_this_version_are_the_numbers_of_every_version():
    """A panel can be made again years later only if these stay as they are."""
    numbers = uniforms(respondent_keys(1, [17, "anna"]), "q1")
    assert numbers.tolist() == [0.4239341262581797, 0.676034227854671]


def test_numbers_depend_on_seed_respondent_item_and_purpose_and_on_nothing_else():
    number = uniforms(respondent_keys(1, ["a", "b"]), "q1")[1]
    assert uniforms(respondent_keys(1, ["b"]), "q1")[0] == number
    assert uniforms(respondent_keys(2, ["b"]), "q1")[0] != number
    assert uniforms(respondent_keys(1, ["b"]), "q2")[0] != number
    assert uniforms(respondent_keys(1, ["b"]), "q1", "within the bin")[0] != number


def test_a_second_interview_of_a_respondent_gets_other_numbers():
    first, second, other = respondent_keys(1, ["a", "a", "b"])
    assert len({first, second, other}) == 3
    assert respondent_keys(1, ["b", "a"])[1] == first


def test_an_id_is_taken_as_written():
    assert respondent_keys(1, [17]) == respondent_keys(1, ["17"])


def test_numbers_are_uniform_on_zero_to_one():
    numbers = np.sort(uniforms(KEYS, "satisfaction"))
    assert numbers[0] >= 0
    assert numbers[-1] < 1
    steps = np.arange(1, len(numbers) + 1) / len(numbers)
    assert np.abs(numbers - steps).max() * np.sqrt(len(numbers)) < 1.63  # Kolmogorov-Smirnov, 1 %
    assert abs(chi_square(np.histogram(numbers, 1000, (0, 1))[0])) < 4


def test_every_bit_of_a_number_is_as_often_one_as_zero():
    bits = (uniforms(KEYS, "q1") * 2.0**53).astype(np.uint64)
    for place in range(53):
        share = ((bits >> np.uint64(place)) & np.uint64(1)).mean()
        assert share == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(len(bits)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (uniforms(KEYS, "q1"), uniforms(KEYS, "q2")),  # neighbouring items
        (uniforms(KEYS, "q1"), uniforms(KEYS, "q1", "within the bin")),
        (uniforms(KEYS, "q1")[:-1], uniforms(KEYS, "q1")[1:]),  # neighbouring respondents
        (uniforms(KEYS, "q1"), uniforms(respondent_keys(8, range(100_000)), "q1")),  # neighbouring seeds
        (uniforms(KEYS, "q1"), uniforms(respondent_keys(7, ["x"] * 100_000), "q1")),
    ],
    ids=["items", "purposes", "respondents", "seeds", "occasions"],
)
def test_two_series_of_numbers_are_independent(one, other):
    joint = np.histogram2d(one, other, bins=30, range=[[0, 1], [0, 1]])[0]
    assert abs(chi_square(joint)) < 4
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / np.sqrt(len(one))
    # the difference of two independent uniforms is uniform too, modulo 1: no lattice, no shifted copies
    assert abs(chi_square(np.histogram((one - other) % 1, 1000, (0, 1))[0])) < 4


def test_no_two_numbers_of_a_panel_are_the_same():
    numbers = np.concatenate([uniforms(KEYS[:20_000], f"q{item}") for item in range(50)])
    assert len(np.unique(numbers)) == len(numbers)


def test_draws_have_the_probabilities_asked_for():
    probabilities = np.tile([0.1, 0.0, 0.65, 0.25], (len(KEYS), 1))
    shares = np.bincount(choose(probabilities, uniforms(KEYS, "q")), minlength=4) / len(KEYS)
    assert shares == pytest.approx([0.1, 0, 0.65, 0.25], abs=0.005)


@pytest.mark.parametrize("number", [0.0, 0.5, np.nextafter(1, 0)])
@pytest.mark.parametrize("row", [[0, 1, 0], [0, 0.5, 0.5, 0, 0], [1 / 3] * 3 + [0], [0.1] * 10 + [0]])
def test_an_impossible_option_is_never_drawn(number, row):
    probabilities = np.array([row], dtype=float)
    assert probabilities[0, choose(probabilities, np.array([number]))[0]] > 0


def test_rounding_at_one_does_not_fall_off_the_end():
    """Ten times 0.1 sums to less than one; a number just below one still has an option."""
    rows = np.array([[0.1] * 10, [0.7, 0.1, 0.1, 0.1 - 1e-12, *[0] * 6]])
    assert choose(rows, np.full(2, np.nextafter(1, 0))).tolist() == [9, 3]
