"""The command line under test, and a tiny study to run it on."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from populace.app.cli import run
from populace.data.codebook import Codebook
from populace.data.dataset import DataSet
from populace.data.files import write_dataset
from populace.survey.instrument import read_instrument

SOURCE = Path(__file__).parents[2] / "src"
AGREE = [{"code": code, "label": label} for code, label in enumerate(("Disagree", "Neither", "Agree"), start=1)]
INSTRUMENT = {
    "id": "tea",
    "title": "Tea",
    "blocks": [
        {
            "id": "you",
            "questions": [
                {
                    "name": "sex",
                    "kind": "single",
                    "text": "Are you a man or a woman?",
                    "role": "background",
                    "options": [{"code": 1, "label": "Man"}, {"code": 2, "label": "Woman"}],
                },
                {
                    "name": "age",
                    "kind": "scale",
                    "text": "How old are you?",
                    "role": "background",
                    "options": [{"code": 1, "label": "18 to 49"}, {"code": 2, "label": "50 or older"}],
                },
            ],
        },
        {
            "id": "tea",
            "questions": [
                {"name": "taste", "kind": "scale", "text": "Tea tastes good.", "options": AGREE},
                {"name": "calm", "kind": "scale", "text": "Tea makes me calm.", "options": AGREE},
                {
                    "name": "milk",
                    "kind": "single",
                    "text": "Do you take milk?",
                    "options": [{"code": 0, "label": "No"}, {"code": 1, "label": "Yes"}],
                },
            ],
        },
    ],
}


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one error line; fails when there is not exactly one."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert self.err.splitlines()[-1] == line, self.err
        assert "Traceback" not in self.err
        return line


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POPULACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("POPULACE_DEBUG", raising=False)

    def call(*arguments: object) -> Outcome:
        code = run([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return call


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Run a command in a process of its own, in the same empty folder."""
    monkeypatch.setenv("POPULACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))

    def call(*arguments: object, **options) -> Outcome:
        command = [sys.executable, "-m", "populace", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, **options)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@dataclass(frozen=True)
class Study:
    """Paths of a tiny study."""

    #: the questionnaire
    instrument: Path
    #: 60 people with backgrounds only
    people: Path
    #: the same people with all answers
    human: Path


def answers_of(n: int, seed: int = 0) -> DataSet:
    """People whose two attitudes hang together."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=n)
    columns = {
        "respondent_id": np.arange(1, n + 1),
        "sex": rng.integers(1, 3, n),
        "age": rng.integers(1, 3, n),
        "taste": 1 + np.digitize(mood + rng.normal(size=n), [-1, 1]),
        "calm": 1 + np.digitize(mood + rng.normal(size=n), [-1, 1]),
        "milk": rng.integers(0, 2, n),
    }
    return DataSet(pl.DataFrame(columns), Codebook.from_instrument(read_instrument(INSTRUMENT)))


@pytest.fixture(scope="session")
def people() -> DataSet:
    """Two hundred people in memory."""
    return answers_of(200)


@pytest.fixture
def study(tmp_path) -> Study:
    found = Study(tmp_path / "tea.json", tmp_path / "people.parquet", tmp_path / "human.parquet")
    found.instrument.write_text(json.dumps(INSTRUMENT))
    human = answers_of(60)
    write_dataset(human, found.human)
    write_dataset(human.keep(human.names("background")), found.people)
    return found
