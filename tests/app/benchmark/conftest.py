"""A made-up model that can be read like a survey language model, and questions to put to it."""

import hashlib

import numpy as np
import pytest

from populace.app.benchmark.shares import Asked
from populace.models.base import Prediction
from populace.models.encoder import QuestionVectors
from populace.prompts.prompt import Prompt
from populace.survey.question import Item
from populace.survey.scale import Option


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
