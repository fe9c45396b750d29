"""Bench: what every regime works with: data sets, models trained for the benchmark, results kept on disk.

A regime is a module with a function `measure(bench) -> list[Figure | Gap]`. What takes long in it goes through
`bench.keep`, so that a run that was stopped goes on; intervals and figures are computed anew each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

import populace
from populace.app.benchmark import guard, splits
from populace.app.benchmark.store import Store, digest_of, digest_of_code, digest_of_files
from populace.data.dataset import DataSet
from populace.data.deidentify import deidentify
from populace.data.files import read_dataset
from populace.errors import ModelError, UsageError
from populace.models.encoder import TextEncoder
from populace.models.library import CARD, DEFAULT, load_model, read_card
from populace.models.surveylm import SurveyLM
from populace.training.corpus import Corpus, corpus_of, margins_of, read_margins
from populace.training.material import Material, hold_out
from populace.training.train import train

#: what progress is told: stage, steps done, steps in all
Progress = Callable[[str, int, int], None]
T = TypeVar("T")
#: parts of our source on which every result depends, besides the regime's own module
CODE = ("models", "prompts", "data", "training/corpus.py", "training/material.py", "app/benchmark/splits.py")


class NotTrained(ModelError):
    """A model of the benchmark is not there and may not be trained now."""


class Bench:
    """Data, models and results of one benchmark."""

    def __init__(
        self,
        data: Path,
        work: Path,
        seed: int = 0,
        shipped: str | Path = DEFAULT,
        cache: Path | None = None,
        quick: bool = False,
        may_train: bool = True,
        progress: Progress = lambda stage, done, total: None,
    ) -> None:
        #: folder with corpora, one folder each
        self.data = Path(data)
        #: folder of results and of the models trained for the benchmark
        self.work = Path(work)
        #: decides every draw
        self.seed = seed
        #: name or folder of the model that is judged
        self.shipped = shipped
        #: file of text vectors
        self.cache = cache
        #: small samples: a smoke test, not a result
        self.quick = quick
        #: train models that are not there
        self.may_train = may_train
        #: whom to tell what goes on
        self.progress = progress
        self.store = Store(self.work / "results")
        self._models: dict[str, SurveyLM] = {}
        self._corpora: dict[str, Corpus] = {}
        self._materials: dict[str, Material] = {}
        self._shared: dict[str, Any] = {}

    # models ---------------------------------------------------------------------------------------------------------

    def model(self, name: str = splits.SHIPPED) -> SurveyLM:
        """A model by its name in the benchmark: "shipped", "without anes" (see splits), "until 2014".

        Trained when it is not there; raises `NotTrained` where that is not wanted. No model that has seen evaluation
        data comes through here.
        """
        if name not in self._models:
            model = load_model(self.shipped if name == splits.SHIPPED else self._fold(name), self.cache)
            guard.check_card(model.describe(), name)
            self._models[name] = model
        return self._models[name]

    def has(self, name: str) -> bool:
        """Is a model there without training?"""
        return name == splits.SHIPPED or (self._folder(name) / CARD).is_file()

    def trained_on(self, name: str = splits.SHIPPED) -> tuple[str, ...]:
        """Corpora of a model: the shipped one's card says, the others are defined in splits."""
        if name != splits.SHIPPED:
            return splits.corpora_of(name)
        data = self.model().describe().get("data", {})
        # older cards count the questions of margin files without naming the files
        return (*data.get("interviews", {}), *data.get("margin_files", splits.MARGIN_FILES))

    def _fold(self, name: str) -> Path:
        folder = self._folder(name)
        if not (folder / CARD).is_file():
            if not self.may_train:
                raise NotTrained(
                    f"model {name!r} is not trained; expected it in {folder}: run the benchmark without --no-train"
                )
            paths = [self._path(corpus) for corpus in splits.corpora_of(name)]
            until = {"until": splits.DRIFT_UNTIL} if name == splits.BEFORE else {}
            told = lambda stage, done, total: self.progress(f"{name}: {stage}", done, total)  # noqa: E731
            train(paths, folder, resume=True, seed=self.seed, cache=self.cache, progress=told, name=name, **until)
        return folder

    def _folder(self, name: str) -> Path:
        return self.work / "models" / f"{name.replace(' ', '-')}-{self._recipe(name)[:10]}"

    def _recipe(self, name: str) -> str:
        """Digest of how a model is trained: as the shipped one, on fewer corpora."""
        card = self._shipped_card
        same = {key: card.get(key) for key in ("version", "settings", "encoder_sha256", "encoder_recipe")}
        digests = {corpus: self.digest(corpus) for corpus in splits.corpora_of(name)}
        return digest_of({**same, "corpora": digests, "name": name, "seed": self.seed, "splits": splits.SPLITS_VERSION})

    @cached_property
    def _shipped_card(self) -> dict[str, Any]:
        return read_card(Path(self.shipped)) if Path(self.shipped).is_dir() else self.model().describe()

    # data -----------------------------------------------------------------------------------------------------------

    def dataset(self, name: str) -> DataSet:
        """A data set of people, de-identified as for training."""
        return deidentify(read_dataset(self._path(name)))[0]

    def corpus(self, name: str) -> Corpus:
        """The same as prompts and positions, with the people set aside marked; read once."""
        if name not in self._corpora:
            self.progress(f"reading {name}", 0, 1)
            self._corpora[name] = corpus_of(self.dataset(name))
        return self._corpora[name]

    def material(self, name: str = splits.SHIPPED) -> Material:
        """All that a model was trained on, with the batteries and people set aside for it.

        Raises `DataError` when the model knows what should have been set aside.
        """
        if name not in self._materials:
            until = splits.DRIFT_UNTIL if name == splits.BEFORE else None
            names = self.trained_on(name)
            files = [n for n in names if n in splits.MARGIN_FILES]
            corpora = [c for n in names if n not in files and (c := self._until(n, until)) is not None]
            records = [record for n in files for record in read_margins(self._path(n), until)]
            records += [record for corpus in corpora for record in margins_of(corpus)]
            self._materials[name] = hold_out(corpora, records)
            guard.check_material(self._materials[name], self.model(name))
        return self._materials[name]

    def _until(self, name: str, until: int | None) -> Corpus | None:
        return self.corpus(name) if until is None else corpus_of(self.dataset(name), until)

    def digest(self, *names: str) -> str:
        """Digest of data sets by content."""
        return digest_of([digest_of_files((self._path(name),)) for name in names])

    def _path(self, name: str) -> Path:
        path = self.data / name
        if not path.exists():
            raise UsageError(
                f"the benchmark needs the data set {name!r}, which is not in {self.data}; "
                "expected the folder of corpora: set POPULACE_DATA"
            )
        return path

    @cached_property
    def encoder(self) -> TextEncoder:
        """The text encoder, for baselines that look at wording alone."""
        return TextEncoder(self.cache)

    # chance, sizes, results -----------------------------------------------------------------------------------------

    def random(self, *words: str) -> np.random.Generator:
        """A generator for one purpose: the same for the same seed and words, whatever else was drawn."""
        return np.random.default_rng([self.seed, int(digest_of(list(words))[:12], 16)])

    def size(self, full: int, quick: int) -> int:
        """How many: `full`, or `quick` in a smoke test."""
        return quick if self.quick else full

    def shared(self, name: str, compute: Callable[[], T]) -> T:
        """Something that several parts need, made once in this run and never written."""
        if name not in self._shared:
            self._shared[name] = compute()
        return self._shared[name]

    def keep(
        self,
        part: str,
        compute: Callable[[], Any],
        models: Iterable[str] = (),
        data: Iterable[str] = (),
        uses: Iterable[str] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> Any:
        """Value of a part (anything JSON holds, no NaN): from an earlier run if nothing it depends on has changed.

        `models` are names of models, `data` of data sets, `uses` further parts of our source ("simulation", say), and
        `settings` all else that decides the value. The module in which `compute` is written counts by itself.
        """
        module = Path(sys.modules[compute.__module__].__file__)
        key = {
            "splits": splits.SPLITS_VERSION,
            "version": populace.__version__,
            "seed": self.seed,
            "quick": self.quick,
            "models": {name: self.model(name).hash for name in models},
            "data": {name: self.digest(name) for name in data},
            "code": digest_of_code({*CODE, *uses}) + digest_of_files((module,)),
            "settings": dict(settings or {}),
        }
        return self.store.keep(part, key, lambda: self._told(part, compute))

    def _told(self, part: str, compute: Callable[[], Any]) -> Any:
        self.progress(part, 0, 1)
        value = compute()
        self.progress(part, 1, 1)
        return value
