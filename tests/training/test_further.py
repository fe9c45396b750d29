"""A team's own surveys on top of a trained model."""

import numpy as np
import pytest

from populace.data.files import write_dataset
from populace.errors import ModelError
from populace.models.baselines import Uniform
from populace.models.library import load_model, read_card
from populace.prompts.prompt import Prompt
from populace.training.further import train_further

from .conftest import WORDINGS, made_up_survey

ANSWERS = ("Disagree", "Neither", "Agree")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return load_model("default", tmp_path_factory.mktemp("cache") / "texts.sqlite")


@pytest.fixture(scope="module")
def further(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("further")
    write_dataset(made_up_survey("own", n=1500, seed=4), folder / "own.parquet")
    return train_further(base, [folder / "own.parquet"], folder / "model")


def asked(q):
    return Prompt(f"{WORDINGS[q]} Do you agree?", ANSWERS, True)


def test_it_knows_the_new_questions_and_what_goes_with_what(further):
    model = load_model(further)
    met = [q for q in range(6) if model.origin(asked(q)) == "known"]
    assert len(met) >= 4
    session = model.open(2)
    session.tell(asked(met[0]), np.array([0, 2]))
    sign = 1 if (met[-1] - met[0]) % 2 == 0 else -1
    answers = session.ask(asked(met[-1]))
    assert sign * (answers[1, 2] - answers[0, 2]) > 0.1


def test_the_base_model_is_not_changed(base, further):
    assert base.origin(asked(5)) == "text"


def test_the_card_says_what_changed_and_what_it_gained(base, further):
    card = read_card(further)
    assert card["base_hash"] == base.hash
    assert card["further"]["interviews"]["own"] == pytest.approx(1350, abs=40)
    scores = card["further"]["scores"]
    assert scores["known_gain_nats"] > scores["known_gain_nats_of_base"]


def test_a_model_that_learns_nothing_is_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot be trained further"):
        train_further(Uniform(), [], tmp_path / "out")
