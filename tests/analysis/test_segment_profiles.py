"""Profiles of segments: other questions told segment by segment."""

import json

import numpy as np
import pytest

from populace.analysis.segment_profiles import segment_profiles
from populace.errors import DataError


@pytest.fixture
def members(two_kinds):
    """The two kinds of people as segments: those who like everything first."""
    return (two_kinds().answers["q0"].to_numpy() < 4).astype(int)


def test_segments_are_described_by_other_questions(two_kinds, members):
    profile = segment_profiles(two_kinds(), members, ["sex", "age"])
    women, age = profile.profiles[0].rows[1], profile.profiles[1].rows[0]
    assert women[0] == "woman" and women[2].low > women[3].high
    assert age[0] == "mean" and age[2].low < 44.5 < age[3].high


def test_who_is_in_no_segment_is_not_counted(two_kinds, members):
    members[:50] = -1
    (table,) = segment_profiles(two_kinds(), members, ["sex"]).profiles
    assert table.rows[-1][:2] == ("people", 150)


def test_it_exports(two_kinds, members):
    result = segment_profiles(two_kinds(), members, ["sex"])
    assert "people" in json.dumps(result.to_dict(), allow_nan=False)


def test_segments_of_other_data_are_refused(two_kinds):
    with pytest.raises(DataError, match="one segment number"):
        segment_profiles(two_kinds(40), np.zeros(3, dtype=int), ["sex"])
