"""What the options --model, --audience and --respondents stand for: a model, and people."""

from __future__ import annotations

import os
from pathlib import Path

from populace.app import console
from populace.app.places import Population, existing
from populace.app.settings import read_settings
from populace.data.dataset import DataSet
from populace.data.files import read_dataset
from populace.errors import DataError, UsageError
from populace.models.base import ResponseModel
from populace.models.library import DEFAULT, PLAIN, load_model
from populace.simulation.recruit import recruit
from populace.survey.audience import list_audiences
from populace.survey.names import did_you_mean

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


def check_audience(name: str | None) -> None:
    """Refuse a name that is no audience of ours and no file either; None (people are given) passes."""
    known = list_audiences()
    if name is None or name in known:
        return
    if Path(name).suffix != ".json":
        raise UsageError(
            f"--audience: there is no audience {name!r}{did_you_mean(name, known)}; expected {', '.join(known)}, or "
            "the path of an audience file (.json): check the name"
        )
    existing(Path(name), "--audience", "an audience in JSON")


def read_data(path: Path) -> DataSet:
    """The data set at this path; what was changed in it on the way in is said."""
    found = read_dataset(path)
    say_notes(found)
    return found


def say_notes(dataset: DataSet) -> None:
    """What was changed in a data set on the way in, a line each."""
    for note in dataset.notes:
        console.say(f"note: {note}")


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
    # drawing takes thousands of candidates and knowledge of how backgrounds hang together
    if getattr(model, "may_fail", False) or not getattr(model, "recruits", True):
        console.say(f"note: respondents are drawn by model {DEFAULT!r}; {model.name!r} answers the questionnaire")
        model = open_model(DEFAULT)
    return recruit(population.audience, population.n, model=model, seed=seed)
