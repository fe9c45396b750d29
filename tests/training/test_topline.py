"""Figures that the user knows are met by the panels of the model."""

import json

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook
from populace.data.dataset import DataSet
from populace.errors import InputError, ModelError
from populace.models.library import load_model
from populace.simulation.simulate import simulate
from populace.survey.instrument import read_instrument
from populace.training.adapt import adapt
from populace.training.topline import read_topline, with_topline

SCALE = [{"code": i, "label": label} for i, label in enumerate(("Never", "Sometimes", "Often", "Always"))]
GAP = {"code": 9, "label": "Don't know", "missing": True}
YES = [{"code": 1, "label": "Yes"}, {"code": 2, "label": "No"}, GAP]
QUESTIONS = [
    {"name": "tea", "kind": "scale", "text": "How often do you drink tea?", "options": SCALE},
    {"name": "milk", "kind": "scale", "text": "How often do you put milk in your tea?", "options": SCALE},
    {"name": "pot", "kind": "single", "text": "Do you own a tea pot?", "options": YES},
    {"name": "cups", "kind": "numeric", "text": "How many cups do you own?", "minimum": 0, "maximum": 20},
]
INSTRUMENT = read_instrument({"id": "tea", "title": "Tea", "blocks": [{"id": "b", "questions": QUESTIONS}]})
TEA = {"id": "tea", "shares": [0.1, 0.2, 0.3, 0.4]}


def figures(folder, *lines):
    path = folder / "topline.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return read_topline(path, INSTRUMENT)


def panel(model, n=4000):
    nobody = DataSet(pl.DataFrame({"respondent_id": np.arange(n)}), Codebook("nobody", "", ()))
    return simulate(INSTRUMENT, nobody, model, seed=1)


def shares(answers, name, options):
    return np.bincount(answers.positions(name), minlength=options) / answers.n


@pytest.fixture(scope="module")
def model():
    return load_model("default")


def margin(model, figure):
    return model.read([figure.prompt])[0][0]


def test_a_simulated_panel_meets_exact_figures(model, tmp_path):
    told = figures(tmp_path, TEA, {"id": "pot", "shares": {"yes": 0.8, "no": 0.15, "Don't know": 0.05}})
    answers = panel(with_topline(model, told))
    assert shares(answers, "tea", 4) == pytest.approx(TEA["shares"], abs=0.025)
    assert shares(answers, "pot", 3) == pytest.approx([0.8, 0.15, 0.05], abs=0.025)


def test_dont_know_is_left_to_the_model_where_the_figures_do_not_tell_it(model, tmp_path):
    for told in ({"Yes": 0.75, "No": 0.25}, [0.75, 0.25]):
        (figure,) = figures(tmp_path, {"id": "pot", "shares": told})
        before, after = margin(model, figure), margin(with_topline(model, [figure]), figure)
        assert after[2] == pytest.approx(before[2], abs=1e-4)
        assert after[0] / after[1] == pytest.approx(3, rel=1e-3)


def test_figures_of_few_people_are_weighed_against_the_model(model, tmp_path):
    (few,) = figures(tmp_path, TEA | {"n": 10})
    before, people = margin(model, few), model.people_behind(few.prompt)
    expected = (10 * np.array(TEA["shares"]) + people * before) / (10 + people)
    assert margin(with_topline(model, [few]), few) == pytest.approx(expected, abs=1e-5)


def test_intervals_are_as_wide_as_the_people_behind_the_figures(model, tmp_path):
    widths = []
    for n in (50, 5000):
        (figure,) = figures(tmp_path, TEA | {"n": n})
        (found,) = with_topline(model, [figure]).predict([figure.prompt])
        widths.append(found.high[0] - found.low[0])
    assert 4 < widths[0] / widths[1] < 20


def test_a_pilot_gives_the_connections_and_the_topline_the_margins(tmp_path):
    random = np.random.default_rng(0)
    liking = random.normal(size=200)
    tea, milk = (np.digitize(liking + 0.3 * random.normal(size=200), cuts) for cuts in ([-1, 0, 1], [-1, 0, 1]))
    columns = {"respondent_id": np.arange(200), "tea": tea, "milk": milk, "pot": 1, "cups": 4}
    adapted = adapt(DataSet(pl.DataFrame(columns), Codebook.from_instrument(INSTRUMENT)), INSTRUMENT, "default")
    answers = panel(with_topline(adapted, figures(tmp_path, TEA)))
    assert shares(answers, "tea", 4) == pytest.approx(TEA["shares"], abs=0.025)
    assert shares(answers, "milk", 4) == pytest.approx(shares(panel(adapted), "milk", 4), abs=0.03)
    assert np.corrcoef(answers.positions("tea"), answers.positions("milk"))[0, 1] > 0.7


def test_a_saved_model_answers_the_same(model, tmp_path):
    saved = with_topline(model, figures(tmp_path, TEA), tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert again.hash == saved.hash
    assert again.card["topline_questions"] == 1
    assert panel(again, 200).answers["tea"].to_list() == panel(saved, 200).answers["tea"].to_list()


def test_only_a_survey_model_can_be_given_figures(tmp_path):
    with pytest.raises(ModelError, match="'fake' cannot be adapted"):
        with_topline(load_model("fake"), figures(tmp_path, TEA))


def test_a_question_may_be_named_by_its_wording(tmp_path):
    (figure,) = figures(tmp_path, {"text": "do you own a tea pot", "shares": [0.5, 0.4, 0.1]})
    assert (figure.name, figure.missing_told) == ("pot", True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (TEA | {"shares": [0.1, 0.2, 0.3, 0.3]}, "shares sum to 0.9; expected 1"),
        (TEA | {"shares": {"Never": 0.5, "Rarely": 0.5}}, "option 'Rarely' is none of 'Never', 'Sometimes'"),
        (TEA | {"shares": {"Never": 0.5, "Often": 0.5}}, "option 'Sometimes' has no share"),
        (TEA | {"shares": [0.5, 0.5]}, "2 shares for 4 options"),
        (TEA | {"id": "coffee"}, "id 'coffee' belongs to 0 questions of instrument 'tea' (it asks tea, milk"),
        ({"shares": [1]}, "names no question"),
        ({"id": "cups", "shares": [0.5, 0.5]}, "has no options"),
        (TEA | {"N": 5}, "key 'N' is unknown"),
        (TEA | {"n": -5}, "n is -5"),
        (TEA, "has a figure on line 1 already"),
    ],
)
def test_a_wrong_line_is_named_with_what_was_expected(tmp_path, line, words):
    with pytest.raises(InputError, match=r"topline\.jsonl, line 2: ") as error:
        figures(tmp_path, TEA, line)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_without_figures_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no figures"):
        figures(tmp_path)
