"""Bench: which model is asked, what results depend on, what is set aside, and chance that stays the same."""

import numpy as np
import polars as pl
import pytest

from populace.app.benchmark import bench as module
from populace.app.benchmark import splits
from populace.app.benchmark.bench import Bench, NotTrained
from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import write_dataset
from populace.errors import DataError, UsageError
from populace.survey.scale import Option

from .conftest import Told

TOPICS = (
    "tea",
    "cars",
    "music",
    "taxes",
    "sports",
    "clothes",
    "politics",
    "weather",
    "work",
    "family",
    "films",
    "food",
)


def survey(name, seed=0, n=300):
    """Answers to a dozen unrelated questions."""
    rng = np.random.default_rng(seed)
    options = (Option(1, "Yes"), Option(2, "No"))
    columns = {"respondent_id": np.arange(n)} | {f"q{q}": rng.integers(1, 3, n) for q in range(len(TOPICS))}
    variables = tuple(
        Variable(f"q{q}", f"{name} {seed + q} asks: {topic * 3}?", "single", options) for q, topic in enumerate(TOPICS)
    )
    return DataSet(pl.DataFrame(columns), Codebook(name, name, variables, {"years": [2020]}))


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two houses with a survey each, a shipped model that learned from both, and trainings that are counted."""
    houses = {"gss": ("one",), "shed": ("two",)}
    monkeypatch.setattr(splits, "HOUSES", houses)
    monkeypatch.setattr(splits, "TRAINED", ("one", "two"))
    monkeypatch.setattr(splits, "MARGIN_FILES", ())
    monkeypatch.setattr(splits, "FOLDS", ("shed",))
    for number, name in enumerate(("one", "two")):
        write_dataset(survey(name, 100 * number), tmp_path / "data" / name)
    trained = []

    def train(paths, out, **options):
        trained.append(([path.name for path in paths], options.get("until")))
        out.mkdir(parents=True)
        (out / "card.json").write_text("{}")

    class Shipped(Told):
        def describe(self):
            card = {"name": "told", "version": "1", "settings": {}, "hold_out": {"seed": 20261, "people": 0.1}}
            return card | {"data": {"interviews": interviews, "margin_files": []}}

    made = Bench(tmp_path / "data", tmp_path / "work")
    interviews = {name: int((~made.corpus(name).held).sum()) for name in ("one", "two")}
    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "load_model", lambda name, cache: Shipped({}) if name == "default" else Told({}))
    made.trained = trained
    made.interviews = interviews
    return made


def test_the_shipped_model_is_loaded_and_not_trained(world):
    assert world.model().name == "told"
    assert world.trained == []


def test_a_fold_is_trained_once_without_its_house(world):
    assert not world.has("without shed")
    world.model("without shed")
    world.model("without shed")
    assert world.trained == [(["one"], None)]
    assert world.has("without shed")


def test_the_model_of_earlier_years_is_trained_until_then(world):
    world.model(splits.BEFORE)
    assert world.trained == [(["one", "two"], splits.DRIFT_UNTIL)]


def test_a_fold_trained_from_other_data_is_trained_anew(world):
    world.model("without shed")
    path = world.data / "one" / "codebook.json"
    path.write_text(path.read_text() + " ")
    module.digest_of_files.cache_clear()
    again = Bench(world.data, world.work)
    again.model("without shed")
    assert len(world.trained) == 2


def test_without_training_a_model_that_is_not_there_is_named_with_its_place(world):
    bench = Bench(world.data, world.work, may_train=False)
    with pytest.raises(NotTrained, match=r"without shed.*--no-train"):
        bench.model("without shed")


def test_a_data_set_that_is_not_there_is_named(world):
    with pytest.raises(UsageError, match=r"'three'.*POPULACE_DATA"):
        world.corpus("three")


def test_material_is_what_the_shipped_model_learned_from_with_batteries_set_aside(world):
    material = world.material()
    assert [corpus.name for corpus in material.corpora] == ["one", "two"]
    assert sum(held.sum() for held in material.held_questions) > 0


def test_material_of_a_model_that_knows_a_held_out_question_is_refused(world):
    held = next(
        prompt
        for corpus, out in zip(world.material().corpora, world.material().held_questions, strict=True)
        for prompt, is_held in zip(corpus.prompts, out, strict=True)
        if is_held
    )
    world.model().known.add(held.text)
    world._materials.clear()
    with pytest.raises(DataError, match="judged as new"):
        world.material()


def test_a_part_is_measured_again_when_model_settings_or_data_change(world):
    calls = []

    def measure(**changes):
        return world.keep("part", lambda: calls.append(1) or len(calls), models=["shipped"], data=["one"], **changes)

    assert [measure(), measure()] == [1, 1]
    assert measure(settings={"people": 5}) == 2
    world.model().hash = "sha256:other"
    assert measure() == 3


def test_chance_is_the_same_for_the_same_seed_and_words_and_differs_between_words(world):
    one, same, other = (world.random(*words).random() for words in (("R2", "all"), ("R2", "all"), ("R2", "anes")))
    assert one == same != other
    assert Bench(world.data, world.work, seed=1).random("R2", "all").random() != one
