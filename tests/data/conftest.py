"""A small data set with everything in it."""

import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.survey.scale import Option


@pytest.fixture
def codebook() -> Codebook:
    agree = (Option(3, "Agree"), Option(1, "Neither"), Option(2, "Disagree"), Option(-9, "Don't know", missing=True))
    picked = (Option(0, "Not selected"), Option(1, "Selected"))
    return Codebook(
        "small",
        "A small survey",
        (
            Variable("sex", "Sex", "single", (Option("m", "Male"), Option("f", "Female")), "background"),
            Variable("age", "How old are you?", "numeric", role="background", extra={"universe": "all"}),
            Variable("tax", "Taxes are too high.", "ordinal", agree, battery="views", stem="Agree?", item="Taxes"),
            Variable("news_tv", "Which? Television", "multi_item", picked, battery="news"),
            Variable("why", "Why?", "text"),
            Variable("w", "Weight", "numeric", role="weight"),
        ),
        {"weight": "w", "licence": "CC0", "years": [2020], "caveats": ["Made by hand."]},
    )


@pytest.fixture
def answers() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "respondent_id": ["a", "b", "c", "d"],
            "sex": ["f", None, "m", "f"],
            "age": [31, 50, None, 18],
            "tax": [3, -9, None, 2],
            "news_tv": [1, 0, 0, None],
            "why": ["=1+1", "", None, 'He said "no", twice.\nThen: yes — ü'],
            "w": [0.5, 1.25, 1.0, 2.0],
        },
        schema_overrides={"tax": pl.Int8, "news_tv": pl.Int8, "age": pl.Int16},
    )


@pytest.fixture
def dataset(answers, codebook) -> DataSet:
    return DataSet(answers, codebook)


@pytest.fixture
def synthetic(answers, codebook) -> DataSet:
    rows = answers.with_columns(
        _synthetic=pl.lit(True),
        _model=pl.lit("fake"),
        _model_hash=pl.lit("sha256:1"),
        _instrument_hash=pl.lit("sha256:2"),
        _seed=pl.lit(7, dtype=pl.Int64),
        _version=pl.lit("0.1"),
    )
    return DataSet(rows, codebook)
