"""A survey model and recorded answers, pooled as calibration questions say."""

import numpy as np
import pytest

from populace.errors import DataError, ModelError
from populace.models.library import load_model
from populace.models.recorded import Recorded
from populace.models.records import Record
from populace.prompts.prompt import Prompt
from populace.training.combine import combine

THINGS = (
    "robots", "spaceships", "dragons", "time machines", "moon cheese", "invisible hats", "flying carpets",
    "talking cats", "rubber swords", "glass pianos", "paper boats", "sand clocks", "wooden phones", "silent drums",
    "square wheels", "cloud maps", "tin whistles", "stone soups", "ice lamps", "feather beds",
)  # fmt: skip
PROMPTS = [Prompt(f"Would you rather own {thing} or sell them?", ("Own them", "Sell them")) for thing in THINGS]


def planted(seed=0):
    """Human answers, and a language model that knows the mode and shouts it."""
    truth = [np.array([share, 1 - share]) for share in np.random.default_rng(seed).uniform(0.1, 0.9, len(PROMPTS))]
    human = [Record("people", p, t, 1000) for p, t in zip(PROMPTS, truth, strict=True)]
    said = [Record("model-x", p, np.eye(2)[t.argmax()], 20) for p, t in zip(PROMPTS, truth, strict=True)]
    return human, Recorded.of(said)


@pytest.fixture(scope="module")
def survey():
    return load_model("default")


def tvd(margins, human):
    return np.mean([np.abs(m - record.shares).sum() / 2 for m, record in zip(margins, human, strict=True)])


def test_calibrated_on_ten_questions_the_other_ten_are_better_than_either_alone(survey):
    human, source = planted()
    combined = combine(survey, [source], human[:10])
    ours, theirs = ([m for m, _ in model.read(PROMPTS[10:])] for model in (combined, survey))
    alone = [source.shares(prompt) for prompt in PROMPTS[10:]]
    assert combined.pool.questions == 10
    assert tvd(ours, human[10:]) < 0.85 * min(tvd(theirs, human[10:]), tvd(alone, human[10:]))


def test_without_calibration_the_pool_is_a_prior_and_the_card_says_so(survey):
    combined = combine(survey, [planted()[1]])
    assert combined.pool.questions == 0
    assert "not fitted: a prior" in combined.describe()["summary"]


def test_a_saved_model_keeps_what_was_fitted(survey, tmp_path):
    human, source = planted()
    combined = combine(survey, [source], human, tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert again.hash == combined.hash
    assert again.pool.people == combined.pool.people
    assert again.describe()["pool"]["scores"]["pool"]["tvd"] == pytest.approx(combined.pool.scores["pool"]["tvd"])


def test_questions_nobody_recorded_are_left_out_and_counted(survey):
    human, source = planted()
    more = Record("people", Prompt("Unheard of?", ("Yes", "No")), np.array([0.5, 0.5]), 100)
    assert combine(survey, [source], [*human[:10], more]).pool.questions == 10
    with pytest.raises(DataError, match=r"of 1 calibration questions none can be used.*Unheard of"):
        combine(survey, [source], [more])


def test_only_a_survey_model_can_be_combined_and_only_once(survey):
    source = planted()[1]
    with pytest.raises(ModelError, match="'fake' cannot be combined"):
        combine(load_model("fake"), [source])
    with pytest.raises(ModelError, match="cannot be combined"):
        combine(combine(survey, [source]), [source])
    with pytest.raises(DataError, match="no source to combine with"):
        combine(survey, [])
