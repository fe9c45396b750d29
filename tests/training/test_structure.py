"""The shared space: loadings from correlations, and from text."""

import numpy as np
import pytest

from populace.models.columns import columns_of
from populace.prompts.prompt import Prompt
from populace.training.structure import (
    LONGEST,
    WIDTH,
    Correlations,
    correlate,
    fit_structure,
    refit,
    ridge_map,
    shortened,
)

FIVE = tuple("abcde")


def exact(loadings):
    """The correlations that loadings give, without noise."""
    values = loadings @ loadings.T
    precision = np.where(np.eye(len(loadings), dtype=bool), 0, 1000.0)
    return Correlations(np.where(precision > 0, values, 0).astype(np.float32), precision.astype(np.float32))


def test_correlations_are_those_of_the_answers_both_people_gave():
    positions = np.array([[0, 4], [4, 0], [2, -1], [-1, 2], [1, 3], [3, 1]] * 20)
    prompts = [Prompt("x", FIVE, True), Prompt("y", FIVE, True)]
    columns = columns_of(prompts, [np.full(5, 0.2)] * 2, with_bends=False)
    found = correlate(positions, columns)
    scores = (np.arange(5) - 2) / np.sqrt(2)
    both = positions[(positions >= 0).all(1)]
    assert found.values[0, 1] == pytest.approx(max(-1, np.mean(scores[both[:, 0]] * scores[both[:, 1]])), abs=1e-5)


def test_too_few_common_answers_say_nothing():
    positions = np.array([[0, 1]] * 20 + [[1, -1], [-1, 0]] * 100)
    columns = columns_of([Prompt("x", ("a", "b")), Prompt("y", ("a", "b"))], [np.array([0.5, 0.5])] * 2)
    assert correlate(positions, columns).precision[0, 1] == 0


def test_the_options_of_one_question_do_not_count_as_related():
    columns = columns_of([Prompt("x", ("a", "b", "c"))], [np.array([0.5, 0.3, 0.2])])
    found = correlate(np.random.default_rng(0).integers(0, 3, (500, 1)), columns)
    assert len(columns.scores) == 3
    assert (found.precision == 0).all()


def test_an_item_finds_its_place_from_its_correlations_with_the_others():
    random = np.random.default_rng(1)
    true = shortened(random.normal(size=(40, 4)) * 0.35)
    start = true.copy()
    start[0] = 0
    for _ in range(6):
        start = refit(exact(true), start, np.zeros_like(true), np.full(4, 10.0))
    assert start[0] == pytest.approx(true[0], abs=0.02)


def test_sweeps_settle_instead_of_swinging():
    """Two halves of a battery that move at once overshoot together; here every sweep leaves less to do."""
    random = np.random.default_rng(5)
    true = shortened(random.normal(size=(300, 3)) * 0.4)
    noise = random.normal(size=(300, 300)) * 0.05
    survey = exact(true)
    noisy = Correlations((survey.values + noise + noise.T).astype(np.float32), survey.precision)
    loadings, moves = true * 0.3, []
    for _ in range(12):
        new = refit(noisy, loadings, np.zeros_like(true), np.full(3, 0.01))
        moves.append(np.abs(new - loadings).max())
        loadings = new
    assert moves[-1] < 0.01
    assert moves[-1] < moves[5] < moves[0]


def test_no_loading_is_longer_than_a_column_allows():
    long = np.random.default_rng(2).normal(size=(5, 3)) * 9
    assert np.linalg.norm(shortened(long), axis=1).max() <= LONGEST + 1e-6
    assert np.linalg.norm(shortened(long, np.array([0.1, 0.2, 0.3, 0.4, 0.5])), axis=1) == pytest.approx(
        [0.1, 0.2, 0.3, 0.4, 0.5]
    )


def test_two_surveys_without_a_common_question_are_linked_by_text():
    """Loadings are a linear map of text; the map learned from both surveys predicts correlations across them."""
    random = np.random.default_rng(3)
    mapping = random.normal(size=(80, 3)) * 0.06
    texts = [random.normal(size=(300, 80)).astype(np.float32) for _ in range(3)]
    true = [shortened(x @ mapping) for x in texts]
    surveys = [exact(part) for part in true[:2]]
    fitted = fit_structure(surveys, texts[:2], [np.ones(300)] * 2, rounds=3, penalty=0.01)
    assert fitted.text.shape == (80, WIDTH)
    predicted = [x @ fitted.text for x in texts]
    across, expected = predicted[0] @ predicted[1].T, true[0] @ true[1].T
    unseen, wanted = predicted[2] @ predicted[2].T, true[2] @ true[2].T
    assert np.corrcoef(across.ravel(), expected.ravel())[0, 1] > 0.9
    assert np.corrcoef(unseen.ravel(), wanted.ravel())[0, 1] > 0.9


def test_a_column_without_weight_does_not_move_the_text_map():
    x = np.array([[1.0], [1.0], [1.0]])
    y = np.array([[1.0], [1.0], [9.0]])
    assert ridge_map(y, x, np.array([1.0, 1.0, 0.0]), 0.0)[0, 0] == pytest.approx(1.0)
