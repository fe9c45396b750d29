"""What the options --model, --audience and --respondents stand for: a model, and people."""

from __future__ import annotations

import os
from pathlib import Path

from populace.app import console
from populace.app.places import Population
from populace.app.settings import read_settings
from populace.data.dataset import DataSet
from populace.data.files import read_dataset
from populace.errors import DataError, UsageError
from populace.models.base import ResponseModel
from populace.models.library import DEFAULT, PLAIN, load_model
from populace.simulation.recruit import recruit

#: file of text vectors inside the cache folder
VECTORS = "texts.sqlite"


def check_model(name: str) -> None:
    """Refuse a name that is no model of ours and no folder either."""
    known = (DEFAULT, *PLAIN)
    if name not in known and not Path(name).exists():
        raise UsageError(
            f"--model: there is no model or folder {name!r}; expected {', '.join(known)}, or the folder of a model: "
            "check the name"
        )


def open_model(name: str) -> ResponseModel:
    """The model of that name or folder, with the cache of text vectors that all runs share."""
    check_model(name)
    return load_model(name, vectors_file(read_settings().cache))


def vectors_file(cache: Path) -> Path | None:
    """The file of text vectors, or None where the cache folder cannot be used: the run is slower and the same."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        usable = os.access(cache, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        console.say(f"note: cache folder {cache} cannot be used, texts are read anew; POPULACE_CACHE sets another")
    return cache / VECTORS if usable else None


def people_of(population: Population, model: ResponseModel, seed: int) -> DataSet:
    """The people of the file, or as many as wanted drawn for the audience."""
    if population.respondents is not None:
        people = read_dataset(population.respondents)
        if not people.n:
            raise DataError(f"{population.respondents} has no rows; expected one respondent or more: check the export")
        if not people.names("background"):
            console.say(
                f"note: {population.respondents} has no variable of role 'background'; the model knows nothing of "
                "these people, and they will differ by chance alone"
            )
        return recruit(people=people)
    return recruit(population.audience, population.n, model=model, seed=seed)
