"""Agreement of two segmentations, whatever their names."""

import numpy as np
import pytest

from populace.analysis.agreement import adjusted_mutual_information, adjusted_rand, cross_assignment


def test_agreement_does_not_depend_on_names():
    one, other = np.array([0, 0, 1, 1, 2]), np.array([2, 2, 0, 0, 1])
    assert adjusted_rand(one, other) == adjusted_mutual_information(one, other) == pytest.approx(1)


def test_two_samples_of_the_same_groups_agree_and_noise_does_not(blobs):
    same = cross_assignment(blobs(2), blobs(3, (90, 45, 45)), 3, starts=5)
    assert same.rand == pytest.approx((1, 1)) and same.information == pytest.approx((1, 1))
    assert same.profile < 0.5 and same.sizes == pytest.approx(1 / 6)
    noise = np.random.default_rng(0).uniform(0, 16, (180, 2))
    assert max(cross_assignment(blobs(2), noise, 3, starts=5).rand) < 0.95
