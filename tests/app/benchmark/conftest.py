"""A made-up model that can be read like a survey language model, and questions to put to it."""

import csv
import hashlib
import json

import numpy as np
import pytest

from populace.app.benchmark import twin_studies
from populace.app.benchmark.shares import Asked
from populace.models.base import Prediction
from populace.models.encoder import QuestionVectors
from populace.prompts.prompt import Prompt
from populace.survey.question import Item
from populace.survey.scale import Option
from populace.training.corpus import Corpus


def item_of(name, text, labels, ordinal=False, missing=(), battery=None, role="question"):
    options = tuple(Option(k, label, label in missing) for k, label in enumerate(labels))
    return Item(name, text, options, ordinal, role, battery=battery)


def asked_of(name, text, labels, counts, survey="tea", ordinal=False, missing=(), battery=None):
    flags = tuple(label in missing for label in labels)
    prompt = Prompt(text, tuple(labels), ordinal, flags)
    item = item_of(name, text, labels, ordinal, missing, battery)
    return Asked(prompt, np.array(counts, float), survey, name, item)


class Told:
    """A model that predicts the shares it is given, with intervals of a fixed half-width."""

    name, hash = "told", "sha256:told"

    def __init__(self, shares, half=0.1, known=()):
        self.shares, self.half, self.known = shares, half, set(known)

    def predict(self, prompts, history=(), n=1):
        found = [np.array(self.shares[prompt.text], float) for prompt in prompts]
        return [Prediction(s, np.clip(s - self.half, 0, 1), np.clip(s + self.half, 0, 1)) for s in found]

    def scale_average(self, prompt):
        return np.full(len(prompt.options), 1 / len(prompt.options))

    def origin(self, prompt):
        return "known" if prompt.text in self.known else "text"

    def describe(self):
        return {"name": self.name, "data": {"interviews": {}}}


class Letters:
    """An encoder whose vectors are drawn from a digest of the words: the same text, the same vector."""

    def encode(self, prompts):
        return [
            QuestionVectors(
                self._vector(p.text),
                np.stack([self._vector(p.text + o) for o in p.options]),
                np.stack([self._vector(o) for o in p.options]),
            )
            for p in prompts
        ]

    @staticmethod
    def _vector(text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        vector = np.random.default_rng(seed).normal(size=16)
        return vector / np.linalg.norm(vector)


@pytest.fixture
def letters():
    return Letters()


PEOPLE = 40


def question(id, tag, kind, text, **parts):
    named = {"QuestionID": id, "DataExportTag": tag, "QuestionType": kind, "QuestionText": text}
    return {"Element": "SQ", "Payload": named | parts}


def choices(*labels):
    return {str(k + 1): {"Display": label} for k, label in enumerate(labels)}


@pytest.fixture
def study_folder(tmp_path, monkeypatch):
    """A study of two arms, a grid and a piped question; the outcome counts staying green."""
    study = tmp_path / "defaults"
    study.mkdir()
    scale = choices("1 = bad", "2", "3 = good")
    elements = [
        question("QID1", "story", "DB", "You get <b>a letter</b>."),
        question("QID2", "timer", "Timing", "Timing"),
        question("QID3", "IN", "MC", "Stay&nbsp;or switch?", Selector="SAHR", Choices=choices("Stay", "Go green")),
        question("QID4", "OUT", "MC", "Stay?", Selector="SAHR", Choices=choices("Stay green", "Switch")),
        question("QID5", "Fair", "MC", "How fair is ${e://Field/fee}?", Selector="SAHR", Choices=scale,
                 RecodeValues={"1": "3", "2": 2, "3": 1}),
        question("QID6", "Why", "TE", "Why?"),
        question("QID7", "Grid", "Matrix", "Rate", Selector="Likert", SubSelector="SingleAnswer",
                 Choices=choices("tea", "milk"), Answers=scale),
        {"Element": "BL", "Payload": {"1": {"BlockElements": [
            {"Type": "Question", "QuestionID": "QID1"}, {"Type": "Question", "QuestionID": "QID2"},
            {"Type": "Question", "QuestionID": "QID3"}, {"Type": "Page Break"}]}}},
    ]  # fmt: skip
    (study / "survey.qsf").write_text(json.dumps({"SurveyElements": elements}), encoding="utf-8")
    random = np.random.default_rng(0)
    arm, chose = np.arange(PEOPLE) % 2, random.integers(1, 3, PEOPLE)
    names = ["IN", "OUT", "Fair", "Why", "Grid_2", "fee", "TWIN_ID"]
    ids = ["QID3", "QID4", "QID5", "QID6", "QID7_2", "fee", "TWIN_ID"]
    rows = [
        [
            chose[i] if not arm[i] else "",
            chose[i] if arm[i] else "",
            1 + i % 3,
            "words",
            1 + i % 2,
            ["tax", "tip"][i % 2],
            i,
        ]
        for i in range(PEOPLE)
    ]
    with (study / "response.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, names, [json.dumps({"ImportId": one}) for one in ids], *rows])
    green = np.where(arm == 0, chose == 2, chose == 1).astype(int)
    with (study / "outcomes_individual.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["TWIN_ID", "variable_name", "value", "respondent_type"])
        writer.writerows([[i, "green", green[i], "human"] for i in range(PEOPLE)])
        writer.writerows([[i, "green", 1, "twin"] for i in range(PEOPLE)])
    monkeypatch.setitem(twin_studies.OUTCOMES, "defaults", {"green": ("IN", "OUT"), "fair": ("Fair", "Grid_2")})
    return study


@pytest.fixture
def opinions():
    """600 people, half of them set aside: one background and 40 yes-or-no questions, in pairs, on one opinion."""
    yes_or_no = (Option(0, "no"), Option(1, "yes"))
    random = np.random.default_rng(0)
    opinion = random.standard_normal((600, 1))
    answers = (opinion + random.standard_normal((600, 41)) > 0).astype(np.int8)
    answers[random.random(answers.shape) < 0.1] = -1
    names = ["sex", *(f"q{j}" for j in range(40))]
    # words of two questions must not be alike, else they would count as one battery
    words = [" ".join(f"{name}{part}" for part in "abcd") for name in names]
    items = tuple(
        Item(name, text, yes_or_no, role="background" if j == 0 else "question", battery=f"b{j // 2}" if j else None)
        for j, (name, text) in enumerate(zip(names, words, strict=True))
    )
    prompts = tuple(Prompt(item.text, ("no", "yes")) for item in items)
    return Corpus("made up", prompts, items, answers, np.arange(600), np.full(600, 2020), np.arange(600) % 2 == 0)
