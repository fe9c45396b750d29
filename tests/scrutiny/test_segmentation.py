"""Segments and latent classes."""

import numpy as np
import pytest

from populace.scrutiny.comparison import compare
from populace.scrutiny.segmentation import agreement, checks, likelihood


def groups(n, seed, apart=8.0):
    rng = np.random.default_rng(seed)
    return apart * rng.integers(0, 2, n)[:, None] + rng.standard_normal((n, 3))


def test_the_same_groups_agree_and_groups_that_lie_across_do_not():
    assert agreement(groups(200, 1), groups(300, 2), 2) == pytest.approx((1, 1))
    # two groups of the same size that lie across: each side keeps its own, and half of the people change theirs
    across = groups(200, 1) * [1, 0, 0] + groups(200, 3) * [0, 0, 1]
    along = groups(200, 4) * [0, 0, 1]
    assert agreement(across * [1, 1, 0.1], along, 2)[0] < 0.6


def test_likelihood_is_that_of_the_right_shares():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 2, (400, 3)), rng.integers(0, 2, (400, 3))
    assert likelihood(train, test, [2, 2, 2], np.ones(400)) == pytest.approx(np.log(0.5), abs=0.02)


def test_people_who_did_not_answer_do_not_count():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 2, (400, 3)), rng.integers(0, 2, (400, 3))
    gaps = np.vstack([test, np.full((100, 3), -1)])
    full, some = (likelihood(train, part, [2, 2, 2], np.ones(len(part))) for part in (test, gaps))
    assert some == pytest.approx(full)


@pytest.fixture(scope="module")
def kinds(variable, data_set):
    """Make four kinds of people by two opinions, or people who answer at random with the same shares."""

    def make(n, seed, related=True, shift=0.0):
        rng = np.random.default_rng(seed)
        sides = rng.choice([-1.3, 1.3], (n, 2))
        pairs = []
        for j in range(8):
            own = sides[:, j // 4] if related else rng.permutation(sides[:, j // 4])
            codes = np.searchsorted([-1.2, -0.4, 0.4, 1.2], own + shift + 0.8 * rng.standard_normal(n)) + 1
            pairs.append((variable(f"q{j}"), codes))
        return data_set(*pairs)

    return make


def verdicts(panel, people):
    return {check.check: check.verdict for check in checks(compare(panel, people, resamples=30))}


def test_people_against_people_pass(kinds):
    assert set(verdicts(kinds(1600, 1), kinds(1600, 2)).values()) <= {"INDISTINGUISHABLE", "USABLE"}


def test_a_panel_without_kinds_fails(kinds):
    assert set(verdicts(kinds(800, 1, related=False), kinds(800, 2)).values()) == {"FAIL"}


def test_other_answers_of_the_same_kinds_are_seen_by_the_likelihood(kinds):
    assert verdicts(kinds(800, 1, shift=0.5), kinds(800, 2))["class_likelihood"] == "FAIL"


def test_few_people_leave_segments_open_and_few_questions_have_none(kinds, variable, data_set):
    assert set(verdicts(kinds(120, 1), kinds(120, 2)).values()) == {"UNDERPOWERED"}
    two = data_set((variable("a"), [1, 2, 3, 4] * 80), (variable("b"), [1, 2, 2, 4] * 80))
    assert set(verdicts(two, two).values()) == {"UNVERIFIED"}
