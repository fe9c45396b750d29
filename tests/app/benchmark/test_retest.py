"""The ceiling of people interviewed twice."""

from dataclasses import replace

import numpy as np
import pytest

from populace.app.benchmark.retest import retest_of


def test_a_persons_own_earlier_answer_is_the_ceiling_and_only_people_set_aside_are_scored(opinions):
    # everybody is interviewed again two years later, and gives the same answers nine times in ten
    random = np.random.default_rng(4)
    again = np.where(random.random(opinions.positions.shape) < 0.1, 1 - opinions.positions, opinions.positions)
    twice = replace(
        opinions,
        positions=np.concatenate([opinions.positions, np.where(opinions.positions < 0, -1, again)]).astype(np.int8),
        respondents=np.tile(opinions.respondents, 2),
        years=np.repeat([2018, 2020], 600),
        held=np.tile(opinions.held, 2),
    )
    found = retest_of(twice, np.arange(1, 41))
    assert len(found.person) == 300 and found.scored.shape == (300, 40)
    change = found.losses.sum() / found.margin.sum() - 1
    # entropy of a coin that falls on one side nine times in ten, over that of a fair one
    expected = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1)) / np.log(2) - 1
    assert change == pytest.approx(expected, abs=0.05)
    assert retest_of(opinions, np.arange(1, 41)) is None
