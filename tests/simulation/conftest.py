"""A small population and a small survey that most tests of fieldwork use."""

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.survey.instrument import Instrument, read_instrument
from populace.survey.scale import Option

SEX = Variable("sex", "Are you male or female?", "single", (Option(1, "Male"), Option(2, "Female")), "background")
AGE = Variable("age", "How old are you?", "numeric", role="background")
TOWN = Variable("town", "Do you live in a town?", "single", (Option("y", "Yes"), Option("n", "No")), "background")

CLOSED = [
    {"name": "car", "kind": "single", "text": "Do you own a car?", "options": ["Yes", "No"]},
    {
        "name": "taste",
        "kind": "grid",
        "text": "How good is the taste of",
        "rows": [{"name": "tea", "text": "tea?"}, {"name": "coffee", "text": "coffee?"}],
        "options": ["Bad", "Fair", "Good", {"code": 9, "label": "Don't know", "missing": True}],
    },
    {"name": "cups", "kind": "numeric", "text": "How many cups a day?", "minimum": 0, "maximum": 20},
    {
        "name": "brand",
        "kind": "multiple",
        "text": "Which brands do you know?",
        "options": ["Alpha", "Beta", {"code": 9, "label": "None of these", "exclusive": True}],
    },
]


def make_people(n: int = 60, variables=(SEX, AGE, TOWN), **columns) -> DataSet:
    """People with ids p1, p2, …, two backgrounds with codes and one with numbers."""
    answers = {
        "respondent_id": [f"p{i}" for i in range(1, n + 1)],
        "sex": [1 + i % 2 for i in range(n)],
        "age": [18 + 7 * i % 60 for i in range(n)],
        "town": ["y" if i % 3 else None for i in range(n)],
    }
    kept = {"respondent_id", *(variable.name for variable in variables)}
    frame = pl.DataFrame({name: column for name, column in (answers | columns).items() if name in kept})
    return DataSet(frame, Codebook("people", "People", variables), "people")


def make_survey(*questions, **fields) -> Instrument:
    """An instrument of these questions, or of the closed ones above."""
    content = {"id": "survey", "title": "Survey", "questions": list(questions or CLOSED)}
    return read_instrument(content | fields)


class Spy:
    """A model that gives every option the same chance and remembers what it was told and asked."""

    name, hash = "spy", "sha256:spy"

    def __init__(self, chances=None):
        self.history, self.asked, self.told, self.opened = [], [], [], []
        self.chances = chances or {}

    def open(self, n, history=()):
        self.n = n
        self.opened.append(n)
        self.history = list(history)
        return self

    def ask(self, prompt, rows=None):
        self.asked.append((prompt, rows))
        size = len(prompt.options)
        chance = self.chances.get(prompt.text, np.full(size, 1 / size))
        return np.tile(chance, (self.n if rows is None else len(rows), 1))

    def tell(self, prompt, choices, rows=None):
        self.told.append((prompt, choices))

    def copy(self):
        """Gives the same chances and is not listened to."""
        other = Spy(self.chances)
        other.n = self.n
        return other


@pytest.fixture
def people() -> DataSet:
    return make_people()


@pytest.fixture
def survey() -> Instrument:
    return make_survey()


@pytest.fixture(scope="session")
def make():
    """The makers above, for tests that need another population, survey or model."""

    class Makers:
        people = staticmethod(make_people)
        survey = staticmethod(make_survey)
        spy = Spy

    return Makers
