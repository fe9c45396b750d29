"""Small made-up surveys that a training can go through in seconds."""

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.survey.scale import Option

AGREE = tuple(Option(i + 1, label) for i, label in enumerate(("Disagree", "Neither", "Agree")))
WORDINGS = (
    "Taxes on the rich should be raised.",
    "The government should provide health care for everyone.",
    "Immigration should be reduced.",
    "The police can be trusted.",
    "Climate change is a serious problem.",
    "Women should be able to decide about an abortion.",
)


def made_up_survey(name, n=400, seed=0, questions=len(WORDINGS)):
    """Answers of `n` people with one attitude behind all questions, signs alternating."""
    random = np.random.default_rng(seed)
    attitude = random.normal(size=n)
    columns = {"respondent_id": np.arange(n), "age": random.integers(18, 80, n), "sex": random.integers(1, 3, n)}
    for q in range(questions):
        leaning = attitude * (1 if q % 2 == 0 else -1) + random.normal(size=n)
        columns[f"q{q}"] = 1 + np.digitize(leaning, [-0.5, 0.5])
    sex = (Option(1, "Male"), Option(2, "Female"))
    variables = [
        Variable("age", "What is your age?", "numeric", role="background"),
        Variable("sex", "What is your sex?", "single", sex, "background"),
        *(Variable(f"q{q}", f"{WORDINGS[q]} Do you agree?", "ordinal", AGREE) for q in range(questions)),
    ]
    return DataSet(pl.DataFrame(columns), Codebook(name, name, tuple(variables), {"years": [2020], "country": "US"}))


@pytest.fixture(scope="session")
def survey():
    """One made-up survey of 400 people."""
    return made_up_survey("made_up")
