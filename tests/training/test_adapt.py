"""A pilot teaches a model one instrument."""

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook
from populace.data.dataset import DataSet
from populace.errors import DataError, ModelError
from populace.models.library import load_model
from populace.simulation.simulate import simulate
from populace.survey.instrument import read_instrument
from populace.training.adapt import FEWEST_PEOPLE, adapt, leaning_on_factors, shrunk_correlations

SCALE = [{"code": i, "label": label} for i, label in enumerate(("Never", "Sometimes", "Often", "Always"))]
YES = [{"code": 1, "label": "Yes"}, {"code": 2, "label": "No"}]
QUESTIONS = [
    {"name": "tea", "kind": "scale", "text": "How often do you drink tea?", "options": SCALE},
    {"name": "milk", "kind": "scale", "text": "How often do you put milk in your tea?", "options": SCALE},
    {"name": "pot", "kind": "single", "text": "Do you own a tea pot?", "options": YES},
]
INSTRUMENT = read_instrument({"id": "tea", "title": "Tea", "blocks": [{"id": "b", "questions": QUESTIONS}]})


def people(n, seed=0):
    """People whose tea and milk go together (correlation about .8), pots independent, margins lopsided."""
    random = np.random.default_rng(seed)
    liking = random.normal(size=n)
    tea = np.digitize(liking + 0.3 * random.normal(size=n), [-1.5, -1.0, 0.0])
    milk = np.digitize(liking + 0.3 * random.normal(size=n), [-0.5, 1.0, 1.8])
    columns = {"respondent_id": np.arange(n), "tea": tea, "milk": milk, "pot": 1 + (random.random(n) < 0.9)}
    return DataSet(pl.DataFrame(columns), Codebook.from_instrument(INSTRUMENT))


def panel(model, n=4000):
    """Synthetic people without any background."""
    nobody = DataSet(pl.DataFrame({"respondent_id": np.arange(n)}), Codebook("nobody", "", ()))
    return simulate(INSTRUMENT, nobody, model, seed=1)


def correlation(dataset, one, two):
    return np.corrcoef(dataset.positions(one), dataset.positions(two))[0, 1]


@pytest.fixture(scope="module")
def adapted():
    return adapt(people(150), INSTRUMENT, "default")


def test_margins_move_to_the_pilot(adapted):
    pilot, answers = people(150), panel(adapted)
    for name in ("tea", "milk", "pot"):
        shares = [np.bincount(d.positions(name), minlength=4) / d.n for d in (pilot, answers)]
        assert np.abs(shares[0] - shares[1]).sum() / 2 < 0.04


def test_connections_of_the_pilot_appear_and_others_do_not(adapted):
    answers = panel(adapted)
    assert correlation(answers, "tea", "milk") == pytest.approx(correlation(people(5000, 1), "tea", "milk"), abs=0.12)
    assert abs(correlation(answers, "tea", "pot")) < 0.2


def test_a_model_without_pilot_does_not_know_these_margins():
    before = np.bincount(panel(load_model("default")).positions("pot"), minlength=2) / 4000
    assert before[1] < 0.85


def test_after_a_pilot_backgrounds_take_nobody_further_than_the_pilot_says(adapted):
    # the gain makes up for what words leave out of a background; a pilot's loadings leave out nothing
    assert load_model("default").parameters.dials.background > 1
    assert adapted.parameters.dials.background == 1


def test_an_adapted_model_is_saved_and_answers_the_same(adapted, tmp_path):
    saved = adapt(people(150), INSTRUMENT, "default", tmp_path / "tea-model")
    again = load_model(tmp_path / "tea-model")
    assert saved.hash == again.hash != adapted.hash
    assert again.card["pilot_people"] == 150
    assert panel(again, 300).answers["tea"].to_list() == panel(saved, 300).answers["tea"].to_list()


def test_the_same_pilot_gives_the_same_model(tmp_path):
    hashes = {adapt(people(60), INSTRUMENT, "default", tmp_path / name).hash for name in ("a", "b")}
    assert len(hashes) == 1


def test_too_small_a_pilot_is_refused():
    with pytest.raises(DataError, match=f"has 9 people.*expected answers of {FEWEST_PEOPLE} people or more"):
        adapt(people(9), INSTRUMENT, "default")


def test_a_pilot_that_answers_nothing_of_the_instrument_is_refused():
    other = DataSet(pl.DataFrame({"respondent_id": np.arange(50)}), Codebook("empty", "", ()))
    with pytest.raises(DataError, match="answers no question of instrument 'tea'"):
        adapt(other, INSTRUMENT, "default")


def test_a_code_that_is_no_option_of_the_instrument_is_refused_by_name():
    shorter = {
        "id": "tea",
        "title": "Tea",
        "blocks": [{"id": "b", "questions": [QUESTIONS[0] | {"options": SCALE[:3]}]}],
    }
    with pytest.raises(DataError, match="column 'tea': code 3 is not an option"):
        adapt(people(50), read_instrument(shorter), "default")


def test_a_model_that_learns_nothing_is_refused():
    with pytest.raises(ModelError, match="model 'fake' cannot be adapted"):
        adapt(people(50), INSTRUMENT, "fake")


def test_correlations_are_drawn_to_what_is_expected_by_as_much_as_they_are_noisy():
    expected, observed = np.zeros((4, 4)), np.full((4, 4), 0.1)
    sure, unsure = (shrunk_correlations(expected, observed, np.full((4, 4), v)) for v in (1e-6, 1.0))
    assert sure == pytest.approx(observed, abs=0.01)
    assert np.abs(unsure).max() < 0.01


def test_a_correlation_too_strong_for_chance_is_kept():
    expected, observed = np.zeros((8, 8)), np.zeros((8, 8))
    observed[0, 1] = observed[1, 0] = 0.8
    kept = shrunk_correlations(expected, observed, np.full((8, 8), 0.01))
    assert kept[0, 1] > 0.7


def test_leaning_on_common_factors_takes_out_noise():
    """Thirty columns on two factors: noise added to their correlations shrinks, what they share stays."""
    random = np.random.default_rng(3)
    loadings = np.zeros((30, 2))
    loadings[:15, 0], loadings[15:, 1] = 0.7, 0.6
    true = loadings @ loadings.T + np.diag(1 - (loadings**2).sum(1))
    noise = np.triu(random.normal(size=(30, 30)) * 0.1, 1)
    noisy = true + noise + noise.T
    pairs = ~np.eye(30, dtype=bool)
    leaning = leaning_on_factors(noisy, pairs)
    assert np.mean((leaning - true)[pairs] ** 2) < 0.6 * np.mean((noisy - true)[pairs] ** 2)
    assert leaning[:15, :15][pairs[:15, :15]].mean() == pytest.approx(0.49, abs=0.03)
    assert (np.diag(leaning) == np.diag(noisy)).all()


def test_columns_of_one_question_are_left_as_they_are():
    correlations = np.full((9, 9), 0.4)
    usable = np.ones((9, 9), bool)
    usable[:3, :3] = False
    assert (leaning_on_factors(correlations, usable)[:3, :3] == 0.4).all()


def test_two_columns_have_no_common_factors_to_lean_on():
    correlations = np.array([[1.0, 0.3], [0.3, 1.0]])
    assert leaning_on_factors(correlations, ~np.eye(2, dtype=bool)) is correlations
