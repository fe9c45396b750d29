"""Tables of two and of three questions."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.findings import hidden_error
from populace.scrutiny.triples import Tables, checks, noise_floor, pooled, raked, squared_error


def test_pooling_is_the_worked_example():
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    assert pooled(shares, 2, ordered=True).tolist() == [0, 0, 0, 1]
    assert pooled(shares, 2, ordered=False).tolist() == [1, 1, 1, 0]
    assert pooled(shares, 4, ordered=True).tolist() == [0, 1, 2, 3]


def test_pooling_leaves_no_empty_group():
    found = pooled(np.array([0.02, 0.95, 0.01, 0.01, 0.01]), 3, ordered=True)
    assert sorted(set(found.tolist())) == list(range(found.max() + 1))


def test_the_noise_floor_is_the_worked_example():
    assert noise_floor(np.full((1, 4), 0.25), np.array([200.0]), (2, 2))[0] == pytest.approx(0.0399, abs=1e-4)


def test_the_noise_floor_is_the_distance_of_samples_of_one_population():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(27, 0.7), 3)
    one, two = (rng.multinomial(2000, shares, (400, 3)) / 2000 for _ in range(2))
    seen = [np.abs(raked(a, b, (3, 3, 3)) - b).sum(axis=1) / 2 for a, b in zip(one, two, strict=True)]
    floor = noise_floor(shares, np.full(3, 2000.0), (3, 3, 3))
    np.testing.assert_allclose(np.mean(seen, axis=0), floor, rtol=0.05)


def test_raking_is_the_worked_example():
    goal = np.outer([0.8, 0.2], [0.8, 0.2]).reshape(1, 4)
    np.testing.assert_allclose(raked(np.array([[0.5, 0, 0, 0.5]]), goal, (2, 2)), [[0.8, 0, 0, 0.2]])


def test_raking_meets_the_margins_and_keeps_the_odds():
    rng = np.random.default_rng(1)
    table, goal = rng.dirichlet(np.ones(4), (2, 5))
    found, wanted = raked(table, goal, (2, 2)).reshape(-1, 2, 2), goal.reshape(-1, 2, 2)
    for axis in (1, 2):
        np.testing.assert_allclose(found.sum(axis=axis), wanted.sum(axis=axis), atol=1e-6)
    odds = [t[:, 0, 0] * t[:, 1, 1] / (t[:, 0, 1] * t[:, 1, 0]) for t in (found, table.reshape(-1, 2, 2))]
    np.testing.assert_allclose(odds[0], odds[1])


def test_an_option_that_nobody_chose_stays_empty_and_the_table_whole():
    found = raked(np.array([[0.5, 0, 0.5, 0]]), np.full((1, 4), 0.25), (2, 2))
    np.testing.assert_allclose(found, [[0.5, 0, 0.5, 0]])


def test_the_squared_error_is_that_of_the_hidden_error_and_goes_on_below_the_floor():
    found = squared_error(np.array([0.12, 0.08, 0.06]), 0.08)
    assert found[0] == pytest.approx(hidden_error(0.12, 0.08) ** 2)
    assert found[1] == pytest.approx(0, abs=1e-9)
    assert found[2] < 0


def test_shares_are_those_of_the_weighted_table(sample):
    people = sample([[0, 0, 1], [0, 1, 1], [1, 1, -1], [1, 1, 0]], [2.0, 1.0, 1.0, 1.0])
    tables = Tables(np.array([[0, 1], [0, 2]]), tuple(np.arange(2) for _ in range(3)), 2)
    shares, n = tables.shares(people)
    np.testing.assert_allclose(shares[0], [0.4, 0.2, 0, 0.4])
    # the third person did not answer the last question
    np.testing.assert_allclose(shares[1], [0, 0.75, 0.25, 0])
    np.testing.assert_allclose(n, [25 / 7, 16 / 6])


@pytest.fixture(scope="module")
def switches(variable, data_set):
    """Make people whose third answer is right where the first two agree: no pair is related, the three are."""

    def make(n, seed, related=True):
        rng = np.random.default_rng(seed)
        first, second, other = rng.integers(1, 3, (3, n))
        third = np.where(first == second, 1, 2) if related else other
        return data_set(
            *((variable(name, "single", 2), codes) for name, codes in zip("abc", (first, second, third), strict=True))
        )

    return make


def verdicts(panel, people):
    return {check.check: check.verdict for check in checks(compare(panel, people, resamples=30))}


def test_a_relation_of_three_is_seen_where_every_pair_is_right(switches):
    # nothing is to be seen in pairs of people either, which is said
    found = verdicts(switches(1500, 1, related=False), switches(1500, 2))
    assert found == {"pair_tvd": "UNDERPOWERED", "triple_tvd": "FAIL"}


def test_people_against_people_pass(survey):
    found = verdicts(survey(1500, 1, items=12, drift=0.05), survey(1500, 2, items=12, drift=0.05))
    assert set(found.values()) <= {"INDISTINGUISHABLE", "USABLE"}


def test_wrong_margins_alone_are_no_wrong_table(variable, data_set):
    def people(n, seed, cuts):
        rng = np.random.default_rng(seed)
        latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
        codes = 1 + np.digitize(latent / np.sqrt(2), cuts)
        return data_set(*((variable(f"q{j}", "single", 2), codes[:, j]) for j in range(4)))

    found = verdicts(people(1500, 1, [0.5]), people(1500, 2, [-0.2]))
    assert set(found.values()) <= {"INDISTINGUISHABLE", "USABLE"}


def test_few_people_leave_tables_open_and_one_question_has_none(survey, variable, data_set):
    assert set(verdicts(survey(60, 1), survey(60, 2)).values()) == {"UNDERPOWERED"}
    one = data_set((variable("a"), [1, 2, 3, 4] * 50))
    assert set(verdicts(one, one).values()) == {"UNVERIFIED"}


def test_questions_that_nobody_answered_together_make_no_table(variable, data_set):
    rng = np.random.default_rng(0)
    halves = [np.where(np.arange(400) % 2 == part, rng.integers(1, 6, 400), np.nan) for part in (0, 1)]
    people = data_set(*((variable(name), codes) for name, codes in zip("ab", halves, strict=True)))
    assert verdicts(people, people) == {"pair_tvd": "UNDERPOWERED", "triple_tvd": "UNVERIFIED"}


def test_a_panel_that_says_one_thing_only_fails_without_a_warning(survey, variable, data_set):
    one = data_set(*((variable(f"q{j}", battery="first" if j < 3 else "second"), [3] * 400) for j in range(6)))
    assert set(verdicts(one, survey(400, 2)).values()) == {"FAIL"}
