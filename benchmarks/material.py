"""What the benchmarks ask: a questionnaire of any length whose wording no survey has, so that every text is read."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import polars as pl

from populace.data.codebook import RESPONDENT, Codebook
from populace.data.dataset import DataSet
from populace.prompts.prompt import Prompt
from populace.prompts.render import prompt_of
from populace.survey.instrument import Instrument
from populace.survey.names import RESPONDENT_ID

TOPICS = (
    "electric buses in your town", "frozen vegetables", "paying by telephone", "public libraries", "night trains",
    "loyalty cards of supermarkets", "solar panels on rented houses", "second-hand clothes", "local newspapers",
    "oat milk", "shared bicycles", "video calls with a doctor", "streaming services with advertising", "allotments",
    "wood-burning stoves", "parcel lockers", "gym memberships", "home insurance", "cooking lessons at school",
    "fixed-price menus", "travel by coach", "self-service tills", "refill stations", "weather apps", "community choirs",
)  # fmt: skip

AGREE = ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree")
LIKELY = ("Very likely", "Somewhat likely", "Not too likely", "Not at all likely")
OFTEN = ("Every day", "Several times a week", "About once a week", "About once a month", "Less often", "Never")
REASONS = ("The price", "The quality", "It is convenient", "The environment", "Something else")
TRUST = tuple(str(step) for step in range(11))

#: (kind, wording, options); one question in five has an unordered list, as questionnaires do
WORDINGS = (
    ("scale", "How much do you agree or disagree: there should be more {} around here.", AGREE),
    ("scale", "How likely are you to spend more on {} in the next twelve months?", LIKELY),
    ("single", "What matters most to you when you think of {}?", REASONS),
    ("single", "Have you heard anything about {} in the last week?", ("Yes", "No")),
    ("scale", "How often do {} come up when you talk with friends or family?", OFTEN),
    ("scale", "On a scale from 0 to 10, how much do you trust those who offer {}?", TRUST),
    ("single", "Who should decide about {} in the first place?", ("The state", "The city", "Firms", "Each household")),
    ("scale", "How much do you agree or disagree: people who care about {} are like me.", AGREE),
    ("single", "Would you pay five dollars a month for {}?", ("Yes", "No", "Don't know")),
    ("scale", "All in all, how satisfied are you with {}?", ("Very", "Fairly", "Not very", "Not at all")),
)


def questionnaire(length: int) -> dict[str, Any]:
    """An instrument of that many questions, as JSON would have it; no two questions are alike up to 250."""
    questions = [_question(i) for i in range(length)]
    return {
        "id": f"bench-{length}",
        "title": f"{length} questions",
        "year": 2024,
        "country": "US",
        "blocks": [{"id": "all", "questions": questions}],
    }


def prompts_of(instrument: Instrument) -> list[Prompt]:
    """Its items as a model sees them."""
    return [prompt_of(item, instrument.year, instrument.country) for item in instrument.items()]


def strangers(people: int) -> DataSet:
    """People of whom nothing is known."""
    ids = pl.DataFrame({RESPONDENT_ID: np.arange(1, people + 1)})
    return DataSet(ids, Codebook("strangers", "Strangers", (RESPONDENT,)), "strangers")


def _question(i: int) -> dict[str, Any]:
    rounds, wording = divmod(i, len(WORDINGS))
    kind, text, labels = WORDINGS[wording]
    topic = TOPICS[(rounds + 3 * wording) % len(TOPICS)]
    options = [
        {"code": code, "label": label} | ({"missing": True} if label == "Don't know" else {})
        for code, label in zip(count(1), labels, strict=False)
    ]
    return {"name": f"q{i + 1}", "kind": kind, "text": text.format(topic), "options": options}
