"""Latent classes of a survey: their number, profiles with intervals, and what is refused."""

import json

import numpy as np
import pytest
import vl_convert

from populace.analysis import latent_class_model
from populace.analysis.latent_classes import latent_classes
from populace.errors import DataError

NAMES = [f"q{j}" for j in range(5)]


@pytest.fixture(scope="module")
def survey(hand_made, choice, two_classes):
    def make(n=400, seed=0, missing=0.0):
        codes, _ = two_classes(n, seed, missing)
        labels = np.array(["tea", "milk", "beer", None], dtype=object)
        return hand_made(*((choice(f"q{j}", "tea", "milk", "beer"), labels[codes[:, j]]) for j in range(5)))

    return make


def test_the_least_bic_decides_and_profiles_have_intervals(survey):
    data = survey(800)
    found = latent_classes(data, NAMES, most=3, resamples=50)
    assert found.k == 2 and [count.k for count in found.counts] == [1, 2, 3]
    tea = found.profiles[0][0]
    assert tea[1].low < 0.9 < tea[1].high and tea[2].low < 0.2 < tea[2].high
    assert tea[0].value == pytest.approx(np.mean(data.codes("q0").to_numpy() == "tea"))
    assert found.members.shape == (800,) and found.posterior.sum(axis=1) == pytest.approx(1)
    np.testing.assert_array_equal(found.classify(data), found.members)
    assert found.log_likelihood(data).value == pytest.approx(found.model.loglik / 800, abs=0.01)
    assert "raise most" not in str(found) and "raise most" in str(latent_classes(data, NAMES, most=2, resamples=20))


def test_it_prints_plots_and_exports(survey):
    found = latent_classes(survey(100, missing=0.1), NAMES, k=2, resamples=20)
    assert "missing at random" in str(found) and found.fit is None
    json.dumps(found.to_dict(), allow_nan=False)
    assert "<path" in vl_convert.vegalite_to_svg(found.chart() | {"width": 400})


def test_bad_requests_are_refused(survey, hand_made, number, choice):
    data = survey(40)
    with pytest.raises(DataError, match="expect options"):
        latent_classes(hand_made((number("age"), [1, 2])), ["age"])
    with pytest.raises(DataError, match="0 classes"):
        latent_classes(data, NAMES, k=0)
    nobody = hand_made((choice("a", "x", "y"), [None] * 12), (choice("b", "x", "y"), [None] * 12))
    with pytest.raises(DataError, match="0 interviews answered any"):
        latent_classes(nobody, ["a", "b"])
    same = hand_made((choice("a", "x", "y"), ["x"] * 12), (choice("b", "x", "y"), ["x", "y"] * 6))
    with pytest.raises(DataError, match="more than one answer"):
        latent_classes(same, ["a", "b"])
    few = hand_made((choice("a", "x", "y"), ["x", "y"] * 6), (choice("b", "x", "y"), ["x", "y"] * 6))
    with pytest.raises(DataError, match="2 different sets"):
        latent_classes(few, ["a", "b"], k=3)


def test_with_very_many_sets_of_answers_a_part_of_them_serves(monkeypatch, survey):
    whole = latent_classes(survey(800), NAMES, k=2, resamples=60)
    monkeypatch.setattr(latent_class_model, "_MANY", 100)
    part = latent_classes(survey(800), NAMES, k=2, resamples=60)
    assert part.model.loglik == pytest.approx(whole.model.loglik, abs=1e-3)
    assert part.sizes[0].half_width == pytest.approx(whole.sizes[0].half_width, rel=0.5)
